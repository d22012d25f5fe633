//: rv64 -cpu max -DSV=39
//: rv64 -cpu max -DSV=48
//: rv64 -cpu max -DSV=57
//: rv32 -cpu max32 -DSV=32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables level by level: a leaf at each of them, also not aligned to its size, a pointer at the last; physical
 * addresses beyond memory; virtual ones that differ in their upper bits only; modes that satp does not take.
 */
#include "macros.h"
#include "paging.h"
#if XLEN == 64
#define LEVEL1_VA (TEST_VA + 0x400000) /* l1[2] */
#define LEVEL1_ENTRY l1 + PTE_OF(2)
#define LEVEL2_VA 0x140000000 /* root[5] */
#define LEVEL3_VA (1 << 39) /* root48[1] */
#define LEVEL4_VA (1 << 48) /* root57[1] */
#define LEVEL1_HALF (1 << 18)
#else
#define LEVEL1_HALF (1 << 19)
#define LEVEL1_VA (TEST_VA + 0x400000)
#define LEVEL1_ENTRY root + PTE_OF(ROOT_INDEX(LEVEL1_VA))
#endif
    .bss
    .balign 4096
page: .skip 2 * 4096
tables: .skip 3 * 4096

/* The entry at a symbol is that value. Clobbers t0, t1. */
.macro SET_ENTRY entry, value
    li t0, \value
    la t1, \entry
    SX t0, 0(t1)
    sfence.vma
.endm
/* s3: where the page is seen in a leaf of that level, which begins at va and at the physical address */
.macro SEEN_AT va, pa
    la s3, page
    li t0, (\va) - (\pa)
    add s3, s3, t0
.endm
/* What is in the page shows there, stores reach it, code runs. */
.macro WORKS
    la s2, page
    li t0, 0x00700513 /* li a0, 7 */
    sw t0, 0(s2)
    li t0, 0x00000073
    sw t0, 4(s2)
    li t0, 1234
    sw t0, 64(s2)
    sw x0, 128(s2)
    fence.i
    RUN_OK(PRV_S, lw a1, 64(s3); sw a1, 128(s3); jr s3)
    CHECK_EQ(a0, 7)
    CHECK_EQ(a1, 1234)
    lw a1, 128(s2)
    CHECK_EQ(a1, 1234)
    /* and the page behind it */
    li t0, 4096 - 2
    add s4, s3, t0
    RUN_OK(PRV_S, sw a1, 0(s4); lw a2, 0(s4))
    CHECK_EQ(a2, 1234)
.endm
.macro FAULTS page_not_access
    RUN_FAULT(PRV_S, 5 + 8 * \page_not_access, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 7 + 8 * \page_not_access, s3, sw a0, 0(s3))
    RUN_FAULT(PRV_S, 7 + 8 * \page_not_access, s3, amoadd.w a0, x0, (s3))
    RUN(PRV_S, jr s3)
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
.if \page_not_access
    CHECK_EQ(a0, 12)
.else
    CHECK_EQ(a0, 1)
.endif
    la t6, trap_area
    LX a0, TRAP_TVAL(t6)
    CHECK_EQ_REG(a0, s3)
.endm
/* A leaf at each level, its physical page number with a bit too many, U mode's, not valid. */
.macro LEVEL entry, va, pa, ppn, bit
    SEEN_AT \va, \pa
    SET_ENTRY \entry, ((\ppn) | PTE_RWX)
    WORKS
    SET_ENTRY \entry, ((\ppn) | PTE_RWX | PTE_U)
    FAULTS 1
    RUN_OK(PRV_U, lw a1, 64(s3); jr s3)
    CHECK_EQ(a0, 7)
    SET_ENTRY \entry, ((\ppn) | 0x400 | PTE_RWX) /* one page on */
    FAULTS 1
    SET_ENTRY \entry, ((\ppn) | (\bit) | PTE_RWX) /* half of its size on */
    FAULTS 1
    SET_ENTRY \entry, 0
    FAULTS 1
.endm

    START
    PAGING_ON
    LEVEL LEVEL1_ENTRY, LEVEL1_VA, 0x80000000, (0x80000000 >> 2), LEVEL1_HALF
#if XLEN == 64
    LEVEL root + PTE_OF(5), LEVEL2_VA, 0x80000000, (0x80000000 >> 2), (1 << 27)
#if SV >= 48
    LEVEL root48 + PTE_OF(1), LEVEL3_VA, 0, 0, (1 << 36)
#endif
#if SV >= 57
    LEVEL root57 + PTE_OF(1), LEVEL4_VA, 0, 0, (1 << 45)
#endif
#endif
    /* The last level has leaves only. */
    li s3, TEST_VA
    MAP 0, page, PTE_V
    sfence.vma
    FAULTS 1
    MAP 0, page, PTE_RWX
    MAP 1, page + 4096, PTE_RWX
    sfence.vma
    WORKS

    /* Physical addresses are wider than memory: nothing is there, not what the lower bits lead to. */
.macro BEYOND bit
    PTE t0, page, PTE_RWX
    li t1, 1 << \bit
    or t0, t0, t1
    la t1, l0
    SX t0, 0(t1)
    sfence.vma
    FAULTS 0
.endm
#if XLEN == 64
    .irp bit, 34, 38, 39, 45, 53
    BEYOND \bit
    .endr
#else
    BEYOND 30
    BEYOND 31
    SEEN_AT LEVEL1_VA, 0x80000000
    SET_ENTRY LEVEL1_ENTRY, (1 << 31) | (0x80000000 >> 2) | PTE_RWX
    FAULTS 0
    SET_ENTRY LEVEL1_ENTRY, 0
#endif
    MAP 0, page, PTE_RWX
    sfence.vma

    /* Addresses that are alike but for upper bits have pages of their own, in turns, without a fence. */
#if XLEN == 64
    /* s5: an address with tables of its own, which leads to the page after. */
    PTE t0, page + 4096, PTE_RWX
    la t1, tables + 8192
    SX t0, 0(t1)
    PTE t0, tables + 8192, PTE_V
    la t1, tables + 4096
    SX t0, 0(t1)
    PTE t0, tables + 4096, PTE_V
#if SV == 39 /* in the upper half */
    la t1, root + PTE_OF(511)
    SX t0, 0(t1)
    li s5, -0x40000000
#else
    la t1, tables + PTE_OF(ROOT_INDEX(TEST_VA))
    SX t0, 0(t1)
    PTE t0, tables, PTE_V
    la t1, root48 + PTE_OF(2)
    SX t0, 0(t1)
    li s5, TEST_VA + (2 << 39)
#endif
    sfence.vma
    li s3, TEST_VA
    la t0, page
    li t1, 111
    sw t1, 256(t0)
    la t0, page + 4096
    li t1, 222
    sw t1, 256(t0)
    li s6, 0
    li s7, 0
    li s8, 100
    RUN_OK(PRV_S, 9: lw t1, 256(s3); add s6, s6, t1; sw s8, 260(s5); lw t1, 256(s5); add s7, s7, t1; sw s6, 260(s3); \
        addi s8, s8, -1; bnez s8, 9b)
    CHECK_EQ(s6, 11100)
    CHECK_EQ(s7, 22200)
    la t0, page
    lw a0, 260(t0)
    CHECK_EQ(a0, 11100)
    la t0, page + 4096
    lw a0, 260(t0)
    CHECK_EQ(a0, 1)
#endif

    /* satp keeps what it has where the mode is none. */
#if XLEN == 64
    csrr s2, satp
    li s4, 1
1:  slli t0, s4, 60
    addi t1, s4, -8
    li t2, 3
    bltu t1, t2, 2f /* Sv39, Sv48, Sv57 */
    csrw satp, t0
    csrr a0, satp
    CHECK_EQ_REG(a0, s2)
2:  addi s4, s4, 1
    li t0, 16
    bne s4, t0, 1b
#endif
    /* A root that is nowhere */
#ifndef QEMU /* takes what is not there for zeros */
    li t0, SATP_MODE << SATP_MODE_SHIFT | 0x8000000 >> 12
    csrw satp, t0
    sfence.vma
    li s3, TEST_VA
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  nop
    FAIL
1:  la s4, 2b
    CHECK_TRAP_TVAL_REG(1, 2b, s4)
    CHECK_TRAP_FROM(PRV_S)
    ON_TRAP(1f)
    li t0, MPRV | 0x1800
    csrc mstatus, t0
    li t0, MPRV | 0x800
    csrs mstatus, t0
2:  lw a0, 0(s3)
    FAIL
1:  CHECK_TRAP(5, 2b, TEST_VA)
#endif
    PASS
