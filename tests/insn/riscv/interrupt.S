//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and privilege: priority, enables, delegation, vectored entry, WFI, the CLINT's timer and software interrupts,
 * Sstc, xRET and its stacks, TVM, TW, TSR.
 */
#include "macros.h"
#ifdef QEMU /* what is found illegal late leaves any tval */
#define CHECK_ILLEGAL(epc, insn) la t6, trap_area; LX t5, TRAP_TVAL(t6); CHECK_TRAP_TVAL_REG(2, epc, t5)
#else
#define CHECK_ILLEGAL(epc, insn) CHECK_TRAP(2, epc, insn)
#endif
#if XLEN == 64
#define INTERRUPT (1 << 63)
#define MENVCFG_HIGH 0x30a
#define STCE (1 << 63)
#else
#define INTERRUPT (1 << 31)
#define MENVCFG_HIGH 0x31a
#define STCE (1 << 31)
#endif
#define SSI 1
#define MSI 3
#define STI 5
#define MTI 7
#define SEI 9
#define MEI 11
#define MIE 8
#define SIE 2
#define MPIE 0x80
#define SPIE 0x20
#define SPP 0x100
#define MPP 0x1800
#define TVM 0x100000
#define TW 0x200000
#define TSR 0x400000
.macro SET csr, v
    li t0, \v
    csrs \csr, t0
.endm
.macro CLEAR csr, v
    li t0, \v
    csrc \csr, t0
.endm
    /* M-mode interrupts are off, none is pending or enabled, nothing is delegated. */
.macro QUIET
    CLEAR mstatus, MIE | SIE
    csrw mie, x0
    csrw mip, x0
    csrw mideleg, x0
    csrw medeleg, x0
    li t0, CLINT
    sw x0, 0(t0)
    li t1, -1
    li t0, CLINT + 0x4000
    sw t1, 4(t0)
    sw t1, 0(t0)
.endm
    START
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    QUIET
    /* Which bits can be written, and what a write of ones makes of the rest. */
    li t0, -1
    csrw mip, t0
    csrr a0, mip
    li t0, 0x222
    and a0, a0, t0
    CHECK_EQ(a0, 0x222)
    csrw mip, x0
    csrr a0, mip
    andi a0, a0, 0x222
    CHECK_EQ(a0, 0)

    /* Of several pending in M mode: MEI (not to be had here), MSI, MTI, SEI, SSI, STI. */
.macro TAKE cause /* the pending interrupt with the highest priority is that */
    ON_TRAP(7f)
    la s2, 6f
    SET mstatus, MIE
6:  nop
    nop
    FAIL
7:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, INTERRUPT | \cause)
    la t6, trap_area
    LX a0, TRAP_EPC(t6)
    CHECK_EQ_REG(a0, s2)
    la t6, trap_area
    LX a0, TRAP_TVAL(t6)
    CHECK_EQ(a0, 0)
    la t6, trap_area
    LX a0, TRAP_STATUS(t6)
    andi a0, a0, MIE | MPIE
    CHECK_EQ(a0, MPIE) /* off now, on before */
    CLEAR mstatus, MIE | MPIE
.endm
    li t0, 0xaaa
    csrw mie, t0
    li t0, 0x222
    csrw mip, t0
    li t1, 1
    li t0, CLINT
    sw t1, 0(t0)
    li t0, CLINT + 0x4000
    sw x0, 0(t0)
    sw x0, 4(t0)
1:  csrr a0, mip
    andi a0, a0, 0x88
    li a3, 0x88
    bne a0, a3, 1b
    TAKE MSI
    li t0, CLINT
    sw x0, 0(t0)
    TAKE MTI
    li t0, CLINT + 0x4000
    li t1, -1
    sw t1, 4(t0)
1:  csrr a0, mip
    andi a0, a0, 0x80
    bnez a0, 1b
    TAKE SEI
    CLEAR mip, 0x200
    TAKE SSI
    CLEAR mip, 2
    TAKE STI
    /* disabled ones do not come; each enable counts */
    csrw mie, x0
    SET mstatus, MIE
    nop
    nop
    csrw mip, x0
    SET mie, 0x20
    nop
    CLEAR mstatus, MIE
    /* pending by a CSR write with everything else on: at the next instruction */
    csrw mie, x0
    csrw mip, x0
    SET mie, 2
    SET mstatus, MIE
    ON_TRAP(1f)
    csrsi mip, 2
2:  nop
    FAIL
1:  la t6, trap_area
    LX a0, TRAP_EPC(t6)
    la a1, 2b
    CHECK_EQ_REG(a0, a1)
    CLEAR mstatus, MIE | MPIE

    /* In U and S mode M's interrupts come whatever MIE says. */
    QUIET
    SET mie, 2
    SET mip, 2
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  nop
    FAIL
1:  CHECK_TRAP(INTERRUPT | SSI, 2b, 0)
    CHECK_TRAP_FROM(PRV_U)
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  nop
    FAIL
1:  CHECK_TRAP(INTERRUPT | SSI, 2b, 0)
    CHECK_TRAP_FROM(PRV_S)

    /* Delegated: not in M, in S with SIE, in U always. To stvec, with scause, sepc, SPP, SPIE. */
    SET mideleg, 0x222
    SET mstatus, MIE
    nop
    nop
    CLEAR mstatus, MIE
    csrr a0, mideleg
    CHECK_EQ(a0, 0x222)
    la t0, s_entry
    csrw stvec, t0
    CLEAR mstatus, SIE
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  nop /* SIE is off: it stays pending */
    nop
    csrr s3, sip
    csrsi sstatus, SIE
3:  nop
    ecall
    FAIL
s_entry_done: /* M mode, from s_entry's ecall */
1:  CHECK_EQ(s3, 2)
    csrr a0, scause
    CHECK_EQ(a0, INTERRUPT | SSI)
    csrr a0, sepc
    la a1, 3b
    CHECK_EQ_REG(a0, a1)
    csrr a0, stval
    CHECK_EQ(a0, 0)
    csrr a0, sstatus
    andi a0, a0, SPP | SPIE | SIE
    CHECK_EQ(a0, SPP | SPIE)
    la t6, trap_area
    LX a0, TRAP_EPC(t6)
    la a1, s_entry
    CHECK_EQ_REG(a0, a1)
    CLEAR mstatus, SIE | SPIE | SPP
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  nop
    FAIL
1:  CHECK_TRAP_FROM(PRV_S)
    csrr a0, sepc
    la a1, 2b
    CHECK_EQ_REG(a0, a1)
    csrr a0, sstatus
    andi a0, a0, SPP | SPIE | SIE
    CHECK_EQ(a0, 0)
    /* of several delegated: SEI, SSI, STI */
.macro TAKE_S cause
    CLEAR mstatus, SIE
    ON_TRAP(7f)
    ENTER(PRV_U, 6f)
6:  nop
    FAIL
7:  csrr a0, scause
    CHECK_EQ(a0, INTERRUPT | \cause)
.endm
    li t0, 0x222
    csrw mie, t0
    csrw mip, t0
    TAKE_S SEI
    CLEAR mip, 0x200
    TAKE_S SSI
    CLEAR mip, 2
    TAKE_S STI
    /* one of M's goes before all of S's */
    SET mip, 0x222
    li t0, CLINT
    li t1, 1
    sw t1, 0(t0)
1:  csrr a0, mip
    andi a0, a0, 8
    beqz a0, 1b
    SET mie, 8
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  nop
    FAIL
1:  CHECK_TRAP(INTERRUPT | MSI, 2b, 0)
    QUIET

    /* Delegated exceptions, their vectors; not from M. */
    li t0, 0xb109
    csrw medeleg, t0
    csrw sepc, x0
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  ecall
    FAIL
1:  csrr a0, scause
    CHECK_EQ(a0, 8)
    csrr a0, sepc
    la a1, 2b
    CHECK_EQ_REG(a0, a1)
    CHECK_TRAP_FROM(PRV_S)
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0x30200073 /* mret in U: illegal, not delegated */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x30200073)
    SET medeleg, 4
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0x30200073
    FAIL
1:  csrr a0, scause
    CHECK_EQ(a0, 2)
#ifndef QEMU
    csrr a0, stval
    CHECK_EQ(a0, 0x30200073)
#endif
    EXPECT_ILLEGAL(0x0000007b) /* M's own do not go down */
    csrw medeleg, x0
    /* vectored: interrupts at base + 4 * cause, exceptions at base */
    la t0, s_vectors + 1
    csrw stvec, t0
    csrr a0, stvec
    CHECK_EQ_REG(a0, t0)
    SET mideleg, 0x222
    SET medeleg, 0x100
    SET mie, 0x222
    SET mip, 0x20
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  nop
1:  la t6, trap_area
    LX a0, TRAP_EPC(t6)
    la a1, s_vectors + 4 * STI
    CHECK_EQ_REG(a0, a1)
    csrw mip, x0
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  ecall
1:  la t6, trap_area
    LX a0, TRAP_EPC(t6)
    la a1, s_vectors
    CHECK_EQ_REG(a0, a1)
    QUIET
    la t0, s_entry
    csrw stvec, t0

    /* sip and sie show what is delegated only. */
    SET mideleg, 0x20
    li t0, 0x222
    csrw mip, t0
    csrw mie, t0
    csrr a0, sip
    CHECK_EQ(a0, 0x20)
    csrr a0, sie
    CHECK_EQ(a0, 0x20)
    csrw sie, x0
    csrr a0, mie
    CHECK_EQ(a0, 0x202)
    csrw sip, x0
    csrr a0, mip
    andi a0, a0, 0x222
    CHECK_EQ(a0, 0x222) /* STIP is not S's to clear */
    SET mideleg, 2
    csrw sip, x0
    csrr a0, mip
    andi a0, a0, 0x222
    CHECK_EQ(a0, 0x220)
    QUIET

    /* mret and sret: MPIE to MIE, MPIE set, MPP to the least mode; and their mode. */
    CLEAR mstatus, MIE | MPIE | MPP
    SET mstatus, MPIE | 0x800
    la t0, 1f
    csrw mepc, t0
    ON_TRAP(2f)
    mret
1:  ecall
    FAIL
2:  CHECK_TRAP(9, 1b, 0)
    la t6, trap_area
    LX a0, TRAP_STATUS(t6)
    andi a0, a0, MPIE | MIE
    CHECK_EQ(a0, MPIE) /* MIE had become 1 */
    CLEAR mstatus, SPIE | SIE
    SET mstatus, SPP | SPIE
    la t0, 1f
    csrw sepc, t0
    csrw mepc, t0
    ON_TRAP(2f)
    sret /* in M mode it does what it does in S mode */
1:  ecall
    FAIL
2:  CHECK_TRAP(9, 1b, 0)
    csrr a0, sstatus
    andi a0, a0, SPP | SPIE | SIE
    CHECK_EQ(a0, SPIE | SIE)
    ON_TRAP(2f)
    sret /* SPP is U now */
2:  CHECK_TRAP(8, 1b, 0)
    CLEAR mstatus, SIE
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x30200073 /* mret in S */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x30200073)
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0x10200073 /* sret in U */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x10200073)

    /* TSR, TVM, TW */
    SET mstatus, TSR
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x10200073
    FAIL
1:  CHECK_ILLEGAL(2b, 0x10200073)
    CLEAR mstatus, TSR
    SET mstatus, TVM
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x12000073 /* sfence.vma */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x12000073)
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x18002573 /* csrr a0, satp */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x18002573)
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x18001073 /* csrw satp, x0 */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x18001073)
    csrr a0, satp /* M mode is free */
    sfence.vma
    CLEAR mstatus, TVM
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  sfence.vma
    csrr a0, satp
    ecall
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 9)
    SET mstatus, TW
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0x10500073 /* wfi */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x10500073)
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x10500073
    FAIL
1:  CHECK_ILLEGAL(2b, 0x10500073)
    CLEAR mstatus, TW
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0x12000073 /* sfence.vma in U */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x12000073)
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0x10002573 /* csrr a0, sstatus in U */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x10002573)
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x30002573 /* csrr a0, mstatus in S */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x30002573)

    /* Counters: mcounteren and scounteren */
    csrw mcounteren, x0
    csrw scounteren, x0
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0xc0102573 /* csrr a0, time */
    FAIL
1:  CHECK_ILLEGAL(2b, 0xc0102573)
    csrwi mcounteren, 7
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  csrr a0, time
    csrr a0, cycle
    csrr a0, instret
    ecall
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 9)
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  .4byte 0xc0002573 /* csrr a0, cycle */
    FAIL
1:  CHECK_ILLEGAL(2b, 0xc0002573)
    csrwi scounteren, 1
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  csrr a0, cycle
    ecall
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 8)

    /* WFI ends with an interrupt that is enabled, taken or not; the timer's wakes it. */
    QUIET
    SET mie, 0x80
    li a1, CLINT + 0x4000
    li a2, CLINT + 0xbff8
    lw t0, 0(a2)
    li t1, 20000 /* 2 ms */
    add t0, t0, t1
    sw t0, 0(a1)
    lw t1, 4(a2)
    sw t1, 4(a1)
1:  wfi
    csrr a0, mip
    andi a0, a0, 0x80
    beqz a0, 1b
    wfi /* pending: goes on at once */
    li t1, -1
    sw t1, 4(a1)
    lw t0, 0(a2)
    li t1, 20000
    add t0, t0, t1
    lw t1, 4(a2)
    ON_TRAP(7f)
    la s2, 6f
    sw t0, 0(a1)
    sw t1, 4(a1)
    SET mstatus, MIE
5:  wfi
6:  j 5b
7:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, INTERRUPT | MTI)
    QUIET
    /* an endless loop is left by the timer too */
    lw t0, 0(a2)
    li t1, 20000
    add t0, t0, t1
    lw t1, 4(a2)
    ON_TRAP(7f)
    sw t0, 0(a1)
    sw t1, 4(a1)
    SET mie, 0x80
    SET mstatus, MIE
5:  j 5b
7:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, INTERRUPT | MTI)
    la t6, trap_area
    LX a0, TRAP_EPC(t6)
    la a3, 5b
    CHECK_EQ_REG(a0, a3)
    QUIET

    /* Sstc: STIP follows time and stimecmp; not writable in mip then. */
    SET MENVCFG_HIGH, STCE
    li t0, -1
    csrw 0x14d, t0 /* stimecmp */
#if XLEN == 32
    csrw 0x15d, t0
#endif
    csrw mip, x0
    SET mip, 0x20
    csrr a0, mip
    andi a0, a0, 0x20
    CHECK_EQ(a0, 0)
    csrw 0x14d, x0
#if XLEN == 32
    csrw 0x15d, x0
#endif
1:  csrr a0, mip
    andi a0, a0, 0x20
    beqz a0, 1b
    CLEAR mip, 0x20
    csrr a0, mip
    andi a0, a0, 0x20
    CHECK_EQ(a0, 0x20)
    li t0, -1
    csrw 0x14d, t0
#if XLEN == 32
    csrw 0x15d, t0
#endif
1:  csrr a0, mip
    andi a0, a0, 0x20
    bnez a0, 1b
    SET mideleg, 0x20
    SET mie, 0x20
    csrwi mcounteren, 2
    CLEAR mstatus, SIE
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:
#if XLEN == 64
    csrr a0, time
    li a1, 20000
    add a0, a0, a1
    csrw 0x14d, a0
#else
    csrr a0, time
    csrr a2, timeh
    li a1, 20000
    add a0, a0, a1
    csrw 0x14d, a0
    csrw 0x15d, a2
#endif
    csrsi sstatus, SIE
5:  wfi
    j 5b
1:  csrr a0, scause
    CHECK_EQ(a0, INTERRUPT | STI)
    CHECK_TRAP_FROM(PRV_S)
    CLEAR mstatus, SIE
    csrw mie, x0
    li t0, -1
    csrw 0x14d, t0
    csrw mcounteren, x0
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x14d02573 /* csrr a0, stimecmp without TM */
    FAIL
1:  CHECK_ILLEGAL(2b, 0x14d02573)
    csrwi mcounteren, 2
    CLEAR MENVCFG_HIGH, STCE
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  .4byte 0x14d02573
    FAIL
1:  CHECK_ILLEGAL(2b, 0x14d02573)
    li a0, 0
    li a1, 0
    li a2, 0
    li t0, 0
    li t1, 0
    li s3, 0
    la t6, trap_area /* no times are left */
    SX x0, TRAP_COUNT(t6)
    PASS
    .balign 64
s_entry:
    ecall
    .balign 256
s_vectors:
    .rept 16
    ecall
    .endr
