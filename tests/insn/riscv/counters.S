//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu max,zihpm=off -DNO_HPM noqemu
//: rv32 -cpu max32,zihpm=off -DNO_HPM noqemu
//: rv64 -cpu max,zicntr=off,zihpm=off -DNO_COUNTERS noqemu
//: rv64 -cpu rv64i,u=on,zicntr=on -DNO_FP -DNO_S -DNO_HPM noqemu
//: rv32 -cpu rv32i,u=on,zicntr=on -DNO_FP -DNO_S -DNO_HPM noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zicntr and Zihpm: which counters there are, who may read them by leave of mcounteren and scounteren, that nobody may
 * write them; what M mode writes to its own; mcountinhibit; time and the CLINT's. icount.S has what they count exactly.
 */
#include "macros.h"
#ifdef QEMU /* has counters 3 to 18, whose events can be chosen */
#define COUNTERS 19
#elif defined(NO_HPM)
#define COUNTERS 3
#else
#define COUNTERS 32
#endif
/* csrrs a0, csr, x0 and csrrw x0, csr, a1 */
#define READ(csr) (csr) << 20 | 0x2573
#define WRITE(csr) (csr) << 20 | 0x59073
#if COUNTERS == 32
#define ALL_COUNTERS 0xffffffff
#else
#define ALL_COUNTERS ((1 << COUNTERS) - 1)
#endif

    START
#ifndef NO_S
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
#endif
    li a1, 0
#ifdef NO_COUNTERS
    .set i, 0
    .rept 32
    EXPECT_ILLEGAL(READ(0xc00 + i))
    .set i, i + 1
    .endr
    li t0, -1
    csrw mcounteren, t0
    csrr a0, mcounteren
    CHECK_EQ(a0, 0)
    csrr a0, mcycle /* M mode's own are not of these extensions */
    csrr a0, minstret
    li a0, 0
#else
    /* They cannot be written, and one that does not exist cannot be read. */
    .set i, 0
    .rept 32
    EXPECT_ILLEGAL(WRITE(0xc00 + i))
.if i < COUNTERS
    csrr a0, 0xc00 + i
.if i > 2
    CHECK_EQ(a0, 0)
.endif
#if XLEN == 32
    EXPECT_ILLEGAL(WRITE(0xc80 + i))
    csrr a0, 0xc80 + i
.if i > 2
    CHECK_EQ(a0, 0)
.endif
#else
    EXPECT_ILLEGAL(READ(0xc80 + i))
#endif
.else
    EXPECT_ILLEGAL(READ(0xc00 + i))
    EXPECT_ILLEGAL(READ(0xc80 + i))
.endif
#ifndef QEMU
    /* M mode has all of them, and events, but for time: zero, and writes leave that. */
.if i > 2
    li t0, -1
    csrw 0xb00 + i, t0
    csrr a0, 0xb00 + i
    CHECK_EQ(a0, 0)
    csrw 0x320 + i, t0
    csrr a0, 0x320 + i
    CHECK_EQ(a0, 0)
.endif
#endif
    .set i, i + 1
    .endr
    EXPECT_ILLEGAL(READ(0xb01))

    /* The enables have a bit for each. */
    li t0, -1
    csrw mcounteren, t0
    csrr a0, mcounteren
#ifdef QEMU
    li t0, ALL_COUNTERS
    and a0, a0, t0
#endif
    CHECK_EQ(a0, ALL_COUNTERS)
#ifndef NO_S
    li t0, -1
    csrw scounteren, t0
    csrr a0, scounteren
#ifdef QEMU
    li t0, ALL_COUNTERS
    and a0, a0, t0
#endif
    CHECK_EQ(a0, ALL_COUNTERS)
#endif
    /* Each counter, with its bit alone or all but its bit in either register, from S and from U mode. */
    la tp, enables_name
    li s2, 0 /* counter */
next_counter:
    li s3, 0 /* 1: open in mcounteren, 2: in scounteren */
next_open:
    li t1, 1
    sll t1, t1, s2
    andi t0, s3, 1
    mv t2, t1
    bnez t0, 1f
    not t2, t1
1:  csrw mcounteren, t2
#ifndef NO_S
    andi t0, s3, 2
    mv t2, t1
    bnez t0, 1f
    not t2, t1
1:  csrw scounteren, t2
#endif
#ifdef NO_S
    li s4, PRV_U
#else
    li s4, PRV_S
#endif
next_privilege:
    la s6, reads
#if XLEN == 32
    slli t0, s2, 4
#else
    slli t0, s2, 3
#endif
    add s6, s6, t0
    li s7, 2 - XLEN / 32 /* on RV32 the high half first */
next_half:
    slli t0, s7, 3
    add s8, s6, t0
    ON_TRAP(tried)
    csrw mepc, s8
    li t0, 0x1800
    csrc mstatus, t0
    slli t0, s4, 11
    csrs mstatus, t0
    mret
tried:
    andi t0, s3, 1
#ifndef NO_S
    bnez s4, 1f /* S mode */
    srli t1, s3, 1
    and t0, t0, t1
#endif
1:  li a3, 2
    mv s9, t0
    beqz t0, 1f
    addi a3, s4, 8
1:  mv a1, s2
    mv a2, s3
    mv a6, s4
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    MATCH 1
    bnez s9, 1f
    LX a0, TRAP_EPC(t6)
    mv a3, s8
    MATCH 2
#ifndef QEMU /* any tval: it finds out late */
    LX a0, TRAP_TVAL(t6)
#if XLEN == 64
    lwu a3, 0(s8)
#else
    lw a3, 0(s8)
#endif
    MATCH 3
#endif
1:  addi s7, s7, -1
    bgez s7, next_half
    addi s4, s4, -1
    bgez s4, next_privilege
    addi s3, s3, 1
    li t0, 4
    beq s3, t0, 1f
    j next_open
1:  addi s2, s2, 1
    li t0, COUNTERS
    beq s2, t0, 1f
    j next_counter
1:
    /* mcountinhibit: bits for cycle and instret, none for time. They stand, each by itself, and keep what is written */
    li t0, 7
    csrw mcountinhibit, t0
    csrr a0, mcountinhibit
    CHECK_EQ(a0, 5)
    csrr a1, mcycle
    csrr a2, minstret
    csrr a3, cycle
    csrr a4, instret
    CHECK_EQ_REG(a1, a3)
    CHECK_EQ_REG(a2, a4)
    li t0, 0x12345678
    csrw mcycle, t0
    li t0, -5
    csrw minstret, t0
    csrr a0, mcycle
    CHECK_EQ(a0, 0x12345678)
    csrr a0, cycle
    CHECK_EQ(a0, 0x12345678)
    csrr a0, minstret
    CHECK_EQ(a0, -5)
    csrr a0, instret
    CHECK_EQ(a0, -5)
#if XLEN == 32
    li t0, 0x87654321
    csrw mcycleh, t0
    csrw minstreth, x0
    csrr a0, mcycleh
    CHECK_EQ(a0, 0x87654321)
    csrr a0, cycleh
    CHECK_EQ(a0, 0x87654321)
    csrr a0, instreth
    CHECK_EQ(a0, 0)
    csrr a0, mcycle
    CHECK_EQ(a0, 0x12345678)
    csrr a0, minstret
    CHECK_EQ(a0, -5)
#endif
    li t0, 1 /* instret goes on */
    csrw mcountinhibit, t0
    csrr a0, mcycle
    CHECK_EQ(a0, 0x12345678)
    li a2, -5
1:  csrr a0, minstret
    beq a0, a2, 1b
    csrr a0, cycle
    CHECK_EQ(a0, 0x12345678)
    li t0, 4
    csrw mcountinhibit, t0
    csrr a1, minstret
    li a2, 0x12345678
1:  csrr a0, mcycle
    beq a0, a2, 1b
    csrr a0, instret
    CHECK_EQ_REG(a0, a1)
    csrw mcountinhibit, x0
    /* Without it they go on, from what was written; the low half's carry reaches the high one. */
#if XLEN == 32
    li t0, 0x22
    csrw mcycleh, t0
    csrw minstreth, t0
    li t0, -1
    csrw mcycle, t0
    csrw minstret, t0
    li a1, 0x23
1:  csrr a0, mcycleh
    bne a0, a1, 1b
1:  csrr a0, minstreth
    bne a0, a1, 1b
    csrr a0, cycleh
    CHECK_EQ(a0, 0x23)
    csrr a0, instreth
    CHECK_EQ(a0, 0x23)
#else
    li t0, 0xffffffff
    csrw mcycle, t0
    csrw minstret, t0
1:  csrr a0, mcycle
    bgeu t0, a0, 1b
1:  csrr a0, minstret
    bgeu t0, a0, 1b
#endif
    csrr a0, cycle
    csrr a1, instret
    csrr a2, cycle
    csrr a3, instret
    bgeu a2, a0, 1f
    FAIL
1:  bgeu a3, a1, 1f
    FAIL
1:
    /* time is mtime: no less than what was read there before, no more than what is read there after. */
    li s2, CLINT + 0xbff8
    LX a0, 0(s2)
    csrr a1, time
    LX a2, 0(s2)
    bgeu a1, a0, 1f
    FAIL
1:  bgeu a2, a1, 1f
    FAIL
1:  csrr a0, time
1:  csrr a1, time
    beq a0, a1, 1b
#if XLEN == 32
    csrr a0, timeh
    lw a1, 4(s2)
    CHECK_EQ_REG(a0, a1)
#endif
    la t6, trap_area /* no times are left */
    SX x0, TRAP_COUNT(t6)
    .irp r, a0, a1, a2, a3, a4, a5, t0, t1, t2, t5
    li \r, 0
    .endr
#endif
    PASS
#ifndef NO_COUNTERS
    .balign 8
reads:
    .set i, 0
    .rept COUNTERS
    csrr a0, 0xc00 + i
    ecall
#if XLEN == 32
    csrr a0, 0xc80 + i
    ecall
#endif
    .set i, i + 1
    .endr
    .section .rodata
enables_name: .asciz "counter, enables, privilege: cause"
#endif
