//: rv64 -cpu max,svade=off,svadu=on -DSV=39 -DSVADU
//: rv64 -cpu max,svade=on,svadu=off -DSV=39 -DSVADE
//: rv64 -cpu max,svade=on,svadu=on -DSV=39 -DSVADE -DSVADU
//: rv64 -cpu max,svade=off,svadu=off -DSV=39
//: rv64 -cpu rv64,svade=on,svadu=on -DSV=48 -DSVADE -DSVADU
//: rv64 -cpu rv64 -DSV=57 -DSVADU
//: rv32 -cpu max32,svade=off,svadu=on -DSV=32 -DSVADU
//: rv32 -cpu max32,svade=on,svadu=off -DSV=32 -DSVADE
//: rv32 -cpu max32,svade=on,svadu=on -DSV=32 -DSVADE -DSVADU
//: rv32 -cpu max32,svade=off,svadu=off -DSV=32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A and D bits: who sets them, as -cpu and menvcfg.ADUE say. By software (Svade): an access that finds A clear, or a
 * store that finds D clear, is a page fault and leaves the entry alone. By hardware (Svadu): it sets them, and no other
 * bit, if the access is allowed. A hart with neither extension sets them too.
 */
#include "macros.h"
#include "paging.h"
#define RX (PTE_V | PTE_R | PTE_X)
#define RWX (RX | PTE_W)
#define RSW 0x300 /* software's bits */
    .bss
    .balign 4096
page: .skip 8192

/* Entry 0 is the page with those flags, nothing is cached of it. Clobbers t0, t1. */
.macro LEAF flags
    MAP 0, page, (\flags)
    sfence.vma
.endm
/* Entry n has the frame of its page, and exactly those flags. Clobbers a0, a3, t0. */
#define ENTRY_IS_AT(n, flags) la t0, l0; LX a0, PTE_OF(n)(t0); PTE a3, page + (n) * 4096, (flags); CHECK_EQ_REG(a0, a3)
#define ENTRY_IS(flags) ENTRY_IS_AT(0, flags)
/* A jump there. */
#define FETCH_OK(prv) RUN_OK(prv, jr s3)
#define FETCH_FAULT(prv) RUN(prv, jr s3) CHECK_TRAP_TVAL_REG(12, TEST_VA, s3)
/* In M mode, as S. */
#define WITH_MPRV(...) li t0, MPRV | 0x1800; csrc mstatus, t0; li t0, MPRV | 0x800; csrs mstatus, t0; __VA_ARGS__; \
    li t0, MPRV; csrc mstatus, t0
#define WITH_MPRV_FAULT(cause, ...) ON_TRAP(7f); li t0, MPRV | 0x1800; csrc mstatus, t0; li t0, MPRV | 0x800; \
    csrs mstatus, t0; 6: __VA_ARGS__; FAIL; 7: CHECK_TRAP_TVAL_REG(cause, 6b, s3)

/* The large page behind TEST_VA's is the start of RAM, with those flags; s7: where the page is seen there. */
#if XLEN == 64
#define LARGE_ENTRY l1 + PTE_OF(1)
#define LARGE_VA (TEST_VA + 0x200000)
#else
#define LARGE_ENTRY root + PTE_OF(ROOT_INDEX(TEST_VA) + 1)
#define LARGE_VA (TEST_VA + 0x400000)
#endif
.macro LARGE flags
    PTE t0, _start, (\flags)
    la t1, LARGE_ENTRY
    SX t0, 0(t1)
    sfence.vma
    la s7, page
    la t0, _start
    sub s7, s7, t0
    li t0, LARGE_VA
    add s7, s7, t0
.endm
.macro LARGE_IS flags
    la t0, LARGE_ENTRY
    LX a0, 0(t0)
    PTE a3, _start, (\flags)
    CHECK_EQ_REG(a0, a3)
.endm

    START
    /* What ADUE is from reset, and whether it can be written. */
    csrr a0, MENVCFG_HIGH
    li t0, ADUE
    and a0, a0, t0
#if defined(SVADU) && !defined(SVADE)
    CHECK_EQ(a0, ADUE)
#else
    CHECK_EQ(a0, 0)
#endif
    PAGING_ON
    li t0, 0xf0 /* cache blocks for S mode */
    csrs 0x30a, t0
    la t0, page
    li t1, 0x73 /* ecall */
    sw t1, 0(t0)
    fence.i
    li s3, TEST_VA
    li s4, TEST_VA + 4096
    li a2, 0x73
#if defined(SVADE)
    call software
#else
    call hardware
#endif
.macro SET_ADUE on
    li t0, ADUE
.if \on
    csrs MENVCFG_HIGH, t0
.else
    csrc MENVCFG_HIGH, t0
.endif
    csrr a0, MENVCFG_HIGH
    and a0, a0, t0
#ifdef SVADU
    CHECK_EQ(a0, \on * ADUE)
#else
    CHECK_EQ(a0, 0)
#endif
    sfence.vma
.endm
    SET_ADUE 0
#if defined(SVADE) || defined(SVADU)
    call software
#else
    call hardware
#endif
    SET_ADUE 1
#if defined(SVADE) && !defined(SVADU)
    call software
#else
    call hardware
#endif
    SET_ADUE 0
#if defined(SVADE) || defined(SVADU)
    call software
#endif
    PASS

software:
    /* neither bit */
    LEAF RWX | RSW
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, sw a2, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, amoor.w a0, x0, (s3))
    RUN_FAULT(PRV_S, 13, s3, lr.w a0, (s3))
    FETCH_FAULT(PRV_S)
    WITH_MPRV_FAULT(13, lw a0, 0(s3))
    WITH_MPRV_FAULT(15, sb a0, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, cbo.zero (s3))
    RUN_FAULT(PRV_S, 15, s3, cbo.clean (s3))
    ENTRY_IS(RWX | RSW)
    /* D without A: no different */
    LEAF RWX | PTE_D
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, sw a2, 0(s3))
    FETCH_FAULT(PRV_S)
    ENTRY_IS(RWX | PTE_D)
    /* A without D: all but stores */
    LEAF RWX | PTE_A
    RUN_OK(PRV_S, lw a0, 0(s3); lr.w a0, (s3); cbo.clean (s3); cbo.flush (s3))
    FETCH_OK(PRV_S)
    RUN_FAULT(PRV_S, 15, s3, sw a2, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, fsw fa0, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, amoadd.w a0, x0, (s3))
    RUN_FAULT(PRV_S, 15, s3, cbo.zero (s3))
    WITH_MPRV(lw a0, 0(s3))
    WITH_MPRV_FAULT(15, sw a2, 0(s3))
    ENTRY_IS(RWX | PTE_A)
    /* the store of a pair, which has its reservation */
    ON_TRAP(1f)
    ENTER(PRV_S, 3f)
3:  lr.w a0, (s3)
2:  sc.w a1, a2, (s3)
    FAIL
1:  CHECK_TRAP_TVAL_REG(15, 2b, s3)
    ENTRY_IS(RWX | PTE_A)
    /* both */
    LEAF RWX | PTE_A | PTE_D
    RUN_OK(PRV_S, lw a0, 0(s3); sw a2, 0(s3); amoor.w a0, x0, (s3))
    FETCH_OK(PRV_S)
    ENTRY_IS(RWX | PTE_A | PTE_D)
    /* U mode, and S mode for it */
    LEAF RWX | PTE_U
    RUN_FAULT(PRV_U, 13, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_U, 15, s3, sw a2, 0(s3))
    FETCH_FAULT(PRV_U)
    li t0, SUM
    csrs mstatus, t0
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    csrc mstatus, t0
    ENTRY_IS(RWX | PTE_U)
    /* Over the end of a page: the one that lacks its bit is the one that faults, and nothing is stored. */
    LEAF RWX | PTE_A | PTE_D
    MAP 1, page + 4096, (RWX | PTE_A)
    sfence.vma
    la t0, page + 4096 - 4
    li t1, 0x11111111
    sw t1, 0(t0)
    li s6, TEST_VA + 4096 - 2
    RUN_FAULT(PRV_S, 15, s4, sw a2, 0(s6))
    la t0, page + 4096 - 4
    lw a0, 0(t0)
    CHECK_EQ(a0, 0x11111111)
    RUN_OK(PRV_S, lw a0, 0(s6))
    LEAF RWX | PTE_A
    MAP 1, page + 4096, (RWX | PTE_A | PTE_D)
    sfence.vma
    RUN_FAULT(PRV_S, 15, s6, sw a2, 0(s6))
    ENTRY_IS(RWX | PTE_A)
    /* A large page. */
    LARGE RWX
    RUN_FAULT(PRV_S, 13, s7, lw a0, 0(s7))
    RUN_FAULT(PRV_S, 15, s7, sw a2, 0(s7))
    LARGE_IS RWX
    LARGE RWX | PTE_A
    RUN_OK(PRV_S, lw a0, 0(s7))
    RUN_FAULT(PRV_S, 15, s7, sw a2, 0(s7))
    LARGE_IS RWX | PTE_A
    ret

hardware:
    /* a load, a fetch and lr set A, a store D too; nothing else changes */
    LEAF RWX | RSW | PTE_G
    RUN_OK(PRV_S, lw a0, 0(s3))
    ENTRY_IS(RWX | RSW | PTE_G | PTE_A)
    /* the page is known now, and the first store is still seen */
    RUN_OK(PRV_S, lw a0, 0(s3); lw a0, 0(s3); sw a2, 0(s3))
    ENTRY_IS(RWX | RSW | PTE_G | PTE_A | PTE_D)
    LEAF RWX
    FETCH_OK(PRV_S)
    ENTRY_IS(RWX | PTE_A)
    LEAF RWX
    RUN_OK(PRV_S, lr.w a0, (s3))
    ENTRY_IS(RWX | PTE_A)
    RUN_OK(PRV_S, lr.w a0, (s3); sc.w a0, a2, (s3))
    CHECK_EQ(a0, 0)
    ENTRY_IS(RWX | PTE_A | PTE_D)
    LEAF RWX
    RUN_OK(PRV_S, sw a2, 0(s3))
    ENTRY_IS(RWX | PTE_A | PTE_D)
    LEAF RWX | PTE_A
    RUN_OK(PRV_S, sb a2, 0(s3))
    ENTRY_IS(RWX | PTE_A | PTE_D)
    LEAF RWX | PTE_D
    RUN_OK(PRV_S, lw a0, 0(s3))
    ENTRY_IS(RWX | PTE_A | PTE_D)
    LEAF RWX
    RUN_OK(PRV_S, amoor.w a0, x0, (s3)) /* stores what was there */
    ENTRY_IS(RWX | PTE_A | PTE_D)
    LEAF RWX
    RUN_OK(PRV_S, fsw fa0, 4(s3))
    ENTRY_IS(RWX | PTE_A | PTE_D)
    LEAF RWX
    RUN_OK(PRV_S, cbo.clean (s3); cbo.flush (s3); cbo.inval (s3))
    ENTRY_IS(RWX | PTE_A)
    addi s6, s3, 64
    RUN_OK(PRV_S, cbo.zero (s6))
    ENTRY_IS(RWX | PTE_A | PTE_D)
    LEAF RWX
    WITH_MPRV(lw a0, 0(s3))
    ENTRY_IS(RWX | PTE_A)
    WITH_MPRV(sw a2, 0(s3))
    ENTRY_IS(RWX | PTE_A | PTE_D)
    /* M mode's own stores go past the tables. */
    LEAF RWX
    la t0, page
    sw a2, 0(t0)
    ENTRY_IS(RWX)
    LEAF RWX | PTE_U
    RUN_OK(PRV_U, lw a0, 0(s3))
    ENTRY_IS(RWX | PTE_U | PTE_A)
    FETCH_OK(PRV_U)
    RUN_OK(PRV_U, sw a2, 0(s3))
    ENTRY_IS(RWX | PTE_U | PTE_A | PTE_D)
    /* What is not allowed sets nothing. */
    LEAF RX
    RUN_FAULT(PRV_S, 15, s3, sw a2, 0(s3))
    RUN_FAULT(PRV_U, 13, s3, lw a0, 0(s3))
    ENTRY_IS(RX)
    LEAF PTE_V | PTE_X
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    ENTRY_IS(PTE_V | PTE_X)
    LEAF PTE_V | PTE_R | PTE_W
    FETCH_FAULT(PRV_S)
    ENTRY_IS(PTE_V | PTE_R | PTE_W)
    LEAF RWX | PTE_U
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, sw a2, 0(s3))
    FETCH_FAULT(PRV_S)
    ENTRY_IS(RWX | PTE_U)
    LEAF RWX & ~PTE_V
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    ENTRY_IS(RWX & ~PTE_V)
    /* A store over the end of a page sets two D bits. */
    LEAF RWX
    MAP 1, page + 4096, (RWX)
    sfence.vma
    li s6, TEST_VA + 4096 - 2
    RUN_OK(PRV_S, lw a0, 0(s6))
    ENTRY_IS(RWX | PTE_A)
    ENTRY_IS_AT(1, RWX | PTE_A)
    RUN_OK(PRV_S, sw a2, 0(s6))
    ENTRY_IS(RWX | PTE_A | PTE_D)
    ENTRY_IS_AT(1, RWX | PTE_A | PTE_D)
    /* Bits that are taken away come back, again and again. */
    li s5, 50
1:  LEAF RWX
    RUN_OK(PRV_S, lw a0, 0(s3))
    ENTRY_IS(RWX | PTE_A)
    MAP 0, page, (RWX | PTE_A)
    sfence.vma s3, x0
    RUN_OK(PRV_S, sw a2, 0(s3))
    ENTRY_IS(RWX | PTE_A | PTE_D)
    addi s5, s5, -1
    bnez s5, 1b
    /* A large page. */
    LARGE RWX
    RUN_OK(PRV_S, lw a0, 0(s7))
    LARGE_IS RWX | PTE_A
    RUN_OK(PRV_S, sw a2, 0(s7))
    LARGE_IS RWX | PTE_A | PTE_D
    ret
