//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which interrupt is taken: every set of enabled ones where all are pending, from M, S and U mode, with their enables,
 * for some delegations; it is the first in the manual's order among those that go to M mode, then among S mode's. And the
 * external ones' lines, which are or-ed with the bit that software owns.
 */
#include "macros.h"
#ifndef QEMU /* there it takes a device and its controller */
#define EXTERNAL (FINISHER + 0x10)
#define MEI 0x800
#else
#define MEI 0
#endif
#if XLEN == 64
#define INTERRUPT (1 << 63)
#else
#define INTERRUPT (1 << 31)
#endif
#define MIE 8
#define SIE 2
#define PENDING (0x22aa | MEI)
    .data
order: .byte 11, 3, 7, 9, 1, 5, 13 /* the last is the counters' overflow */
#define KINDS 7

    START
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    la t0, s_entry
    csrw stvec, t0
    csrw medeleg, x0
    /* All are pending. */
    li t0, 0x2222
    csrw mip, t0
    li t1, 1
    li t0, CLINT
    sw t1, 0(t0)
    li t0, CLINT + 0x4000
    sw x0, 0(t0)
    sw x0, 4(t0)
#ifndef QEMU
    li t0, EXTERNAL
    sw t1, 0(t0)
#endif
    li s2, PENDING
1:  csrr a0, mip
    and a0, a0, s2
    bne a0, s2, 1b
    la tp, name
    la s3, cases
next_case:
    lw s4, 0(s3) /* mideleg */
    lw s5, 4(s3) /* mstatus: the mode to come to, in MPP, and what MIE and SIE are there */
    bltz s4, all_done
    csrw mideleg, s4
    csrr a0, mideleg
    mv a3, s4
    MATCH 1
    li s6, 0
next_set:
    /* s7: what mie has */
    li s7, 0
    li t0, 0
1:  srl t1, s6, t0
    andi t1, t1, 1
    beqz t1, 2f
    la t2, order
    add t2, t2, t0
    lbu t2, 0(t2)
    li t1, 1
    sll t1, t1, t2
    or s7, s7, t1
2:  addi t0, t0, 1
    li t1, KINDS
    bne t0, t1, 1b
    and s7, s7, s2
    csrw mie, s7
    /* s8: those that can be taken, s9: in S mode. M mode's first */
    srli s10, s5, 11
    andi s10, s10, 3
    not t0, s4
    and s8, s7, t0
    li s9, 0
    li t0, PRV_M
    bne s10, t0, 1f
    andi t0, s5, 0x80
    bnez t0, 1f
    li s8, 0
1:  bnez s8, 3f
    and s8, s7, s4
    li s9, 1
    li t0, PRV_M
    beq s10, t0, 2f
    beqz s10, 3f
    andi t0, s5, SIE
    bnez t0, 3f
2:  li s8, 0
3:  /* a3: the first of them, or the call */
    addi a3, s10, 8
    beqz s8, 5f
    la t0, order
4:  lbu a3, 0(t0)
    addi t0, t0, 1
    srl t1, s8, a3
    andi t1, t1, 1
    beqz t1, 4b
    li t0, INTERRUPT
    or a3, a3, t0
5:  mv s11, a3
    li s1, 0
    ON_TRAP(back)
    la t0, attempt
    csrw mepc, t0
    li t0, 0x1800 | MIE | SIE | 0x80
    csrc mstatus, t0
    csrs mstatus, s5
    mret /* MIE is what MPIE was */
attempt:
    ecall
back:
    mv a1, s4
    mv a2, s5
    mv a6, s6
    mv a0, s1
    sltu a3, x0, s8
    and a3, a3, s9
    MATCH 2 /* in S mode first */
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    mv a3, s11
    beqz s1, 1f
    csrr a0, scause
1:  MATCH 3
    LX a0, TRAP_EPC(t6)
    beqz s1, 1f
    csrr a0, sepc
1:  la a3, attempt
    MATCH 4
    LX a0, TRAP_TVAL(t6)
    beqz s1, 1f
    csrr a0, stval
1:  li a3, 0
    MATCH 5
    addi s6, s6, 1
    li t0, 1 << KINDS
    beq s6, t0, 1f
    j next_set
1:  addi s3, s3, 8
    j next_case
all_done:
    csrw mie, x0
    csrw mideleg, x0
#ifndef QEMU
    /* S mode's line: shown with the bit that software owns, cleared by neither a write nor the other's end. */
    li s2, EXTERNAL
    csrw mip, x0
    sw x0, 0(s2)
.macro MIP_IS v
    csrr a0, mip
    li t0, 0xa00
    and a0, a0, t0
    CHECK_EQ(a0, \v)
.endm
    MIP_IS 0
    li t0, 2
    sw t0, 0(s2)
    MIP_IS 0x200
    csrw mip, x0
    MIP_IS 0x200
    csrsi mip, 2 /* reads the line, does not keep it */
    sw x0, 0(s2)
    MIP_IS 0
    csrr a0, mip
    andi a0, a0, 2
    CHECK_EQ(a0, 2)
    li t1, 0x200
    csrs mip, t1
    sw t0, 0(s2)
    sw x0, 0(s2)
    MIP_IS 0x200
    li t0, 2
    sw t0, 0(s2)
    csrc mip, t1
    MIP_IS 0x200
    sw x0, 0(s2)
    MIP_IS 0
    li t0, 1
    sw t0, 0(s2)
    MIP_IS 0x800
    li t0, -1
    csrw mip, t0 /* M mode's is not software's at all */
    csrw mip, x0
    MIP_IS 0x800
    sw x0, 0(s2)
    MIP_IS 0
    /* A line that comes on interrupts what runs, and ends a wait. */
    li t0, 0x800
    csrw mie, t0
    ON_TRAP(1f)
    csrsi mstatus, MIE
    li t0, 1
    sw t0, 0(s2)
2:  j 2b
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, INTERRUPT | 11)
    sw x0, 0(s2)
    ON_TRAP(1f)
    csrsi mstatus, MIE
    sw t0, 0(s2)
2:  wfi
    j 2b
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, INTERRUPT | 11)
    sw x0, 0(s2)
    csrw mie, x0
    la t6, trap_area /* where it came is chance */
    SX x0, TRAP_EPC(t6)
#endif
    PASS
    .balign 4
s_entry:
    li s1, 1
    csrw sie, x0 /* what M mode has for itself it would have had before */
    ecall
    .data
    .balign 4
.macro CASE mideleg, prv, enables
    .word \mideleg, (\prv) << 11 | (\enables)
.endm
cases:
    .irp deleg, 0, 0x2222, 0x202, 0x2020
    CASE \deleg, PRV_U, 0
    CASE \deleg, PRV_S, 0
    CASE \deleg, PRV_S, SIE
    CASE \deleg, PRV_M, SIE
    CASE \deleg, PRV_M, 0x80
    .endr
    .word -1, 0
    .section .rodata
name: .asciz "mideleg, mstatus, set of interrupts"
