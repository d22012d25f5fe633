//: rv64 -cpu max -DSV=39
//: rv32 -cpu max32 -DSV=32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Global pages in two address spaces: the kernel's, RAM and a page of TEST_VA, are the same in both; its other page there
 * is not global and differs, for data and for code. What is cached of one space never shows in the other.
 */
#include "macros.h"
#include "paging.h"
#define OWN TEST_VA
#define SHARED (TEST_VA + 4096)
#define PAGE(i) pages + (i) * 4096
#if XLEN == 64
#define ASID_SHIFT 44
#else
#define ASID_SHIFT 22
#endif
    .bss
    .balign 4096
pages: .skip 5 * 4096
root_b: .skip 4096
l1_b: .skip 4096
l0_b: .skip 4096

/* An entry of a table. Clobbers t0, t1. */
.macro ENTRY table, index, page, flags
    PTE t0, \page, \flags
    la t1, \table
    li t2, PTE_OF(\index)
    add t1, t1, t2
    SX t0, 0(t1)
.endm
/* Page i returns its number: li a0, 11 * (i + 1); ret */
.macro FUNCTION i
    la t0, PAGE(\i)
    li t1, 0x00000513 | (11 * (\i + 1)) << 20
    sw t1, 0(t0)
    li t1, 0x00008067
    sw t1, 4(t0)
.endm
.macro SPACE_A
    csrw satp, s2
.endm
.macro SPACE_B
    csrw satp, s3
.endm
/* What the function of a page and its first word say, in S mode. */
.macro EXPECT va, i
    li s4, \va
    RUN_OK(PRV_S, lw s5, 0(s4); jalr s4)
    CHECK_EQ(a0, 11 * (\i + 1))
    srli s5, s5, 20
    CHECK_EQ(s5, 11 * (\i + 1))
.endm

    START
    PAGING_ON
    /* Everything of the kernel is global, in both spaces. */
    ENTRY root, ROOT_INDEX(0x80000000), _start, (PTE_RWX | PTE_G)
    ENTRY root_b, ROOT_INDEX(0x80000000), _start, (PTE_RWX | PTE_G)
#if XLEN == 64
    ENTRY root_b, ROOT_INDEX(TEST_VA), l1_b, PTE_V
    ENTRY l1_b, 0, l0_b, PTE_V
#else
    ENTRY root_b, ROOT_INDEX(TEST_VA), l0_b, PTE_V
#endif
    FUNCTION 0
    FUNCTION 1
    FUNCTION 2
    FUNCTION 3
    FUNCTION 4
    ENTRY l0, 0, PAGE(0), PTE_RWX
    ENTRY l0_b, 0, PAGE(1), PTE_RWX
    ENTRY l0, 1, PAGE(2), (PTE_RWX | PTE_G)
    ENTRY l0_b, 1, PAGE(2), (PTE_RWX | PTE_G)
    csrr s2, satp
    li t0, 1 << ASID_SHIFT
    add s2, s2, t0
    la s3, root_b
    srli s3, s3, 12
    li t0, SATP_MODE << SATP_MODE_SHIFT | 2 << ASID_SHIFT
    or s3, s3, t0
    sfence.vma
    fence.i

    /* Only global pages, then those that are not, by turns. */
    SPACE_A
    EXPECT SHARED, 2
    SPACE_B
    EXPECT SHARED, 2
    EXPECT OWN, 1
    SPACE_A
    EXPECT SHARED, 2
    EXPECT OWN, 0
    SPACE_B
    EXPECT SHARED, 2
    EXPECT OWN, 1
    li s6, 100
1:  SPACE_A
    EXPECT OWN, 0
    SPACE_B
    EXPECT OWN, 1
    addi s6, s6, -1
    beqz s6, 2f
    j 1b
2:
    /* An entry that changes: fenced for all, by its address alone, and (what QEMU grants) by its address in one space. */
    ENTRY l0, 1, PAGE(3), (PTE_RWX | PTE_G)
    ENTRY l0_b, 1, PAGE(3), (PTE_RWX | PTE_G)
    sfence.vma
    EXPECT SHARED, 3
    SPACE_A
    EXPECT SHARED, 3
    ENTRY l0, 1, PAGE(4), (PTE_RWX | PTE_G)
    ENTRY l0_b, 1, PAGE(4), (PTE_RWX | PTE_G)
    li t0, SHARED
    sfence.vma t0
    EXPECT SHARED, 4
    SPACE_B
    EXPECT SHARED, 4
    ENTRY l0, 1, PAGE(2), (PTE_RWX | PTE_G)
    ENTRY l0_b, 1, PAGE(2), (PTE_RWX | PTE_G)
    li t0, SHARED
    li t1, 2
    sfence.vma t0, t1
    EXPECT SHARED, 2
    /* A space fenced: its own page goes, and only there must it. */
    ENTRY l0_b, 0, PAGE(4), PTE_RWX
    li t1, 2
    sfence.vma x0, t1
    EXPECT OWN, 4
    EXPECT SHARED, 2
    SPACE_A
    EXPECT OWN, 0
    /* It becomes global, and another's again. */
    ENTRY l0, 0, PAGE(3), (PTE_RWX | PTE_G)
    ENTRY l0_b, 0, PAGE(3), (PTE_RWX | PTE_G)
    sfence.vma
    EXPECT OWN, 3
    SPACE_B
    EXPECT OWN, 3
    ENTRY l0, 0, PAGE(0), PTE_RWX
    ENTRY l0_b, 0, PAGE(1), PTE_RWX
    sfence.vma
    EXPECT OWN, 1
    SPACE_A
    EXPECT OWN, 0
    /* A pointer makes what is below it global. */
#if XLEN == 64
    ENTRY l1, 0, l0, (PTE_V | PTE_G)
    ENTRY l1_b, 0, l0, (PTE_V | PTE_G)
#else
    ENTRY root, ROOT_INDEX(TEST_VA), l0, (PTE_V | PTE_G)
    ENTRY root_b, ROOT_INDEX(TEST_VA), l0, (PTE_V | PTE_G)
#endif
    sfence.vma
    EXPECT OWN, 0
    SPACE_B
    EXPECT OWN, 0
    EXPECT SHARED, 2
    /* Stores go where loads come from. */
    li s4, OWN + 8
    li s5, 0x1234
    RUN_OK(PRV_S, sw s5, 0(s4))
    SPACE_A
    RUN_OK(PRV_S, lw a0, 0(s4))
    CHECK_EQ(a0, 0x1234)
    PASS
