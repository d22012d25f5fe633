//: rv64 -cpu max -DSV=39
//: rv64 -cpu max -DSV=48
//: rv64 -cpu max -DSV=57
//: rv32 -cpu max32 -DSV=32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation beyond permissions: accesses over page borders, large pages, reserved bits, addresses that are
 * not canonical, Svnapot, Svpbmt, flushes, code that moves, MPRV, atomics, walks that leave memory.
 */
#include "macros.h"
#include "paging.h"
#define VA(i) (TEST_VA + (i) * 4096)
    .bss
    .balign 4096
pages: .skip 16 * 4096
    .balign 65536
block: .skip 65536
#define PAGE(i) pages + (i) * 4096

    START
    PAGING_ON
    /* Neighbours in virtual memory that are none in physical memory. */
    MAP 0, PAGE(5), PTE_RWX
    MAP 1, PAGE(2), PTE_RWX
    MAP 2, PAGE(9), PTE_RW
    sfence.vma
    li a1, VA(1)
    li a2, 0x89abcdef
    li s2, 1
1:  sub s3, a1, s2
    RUN_OK(PRV_S, sw a2, 0(s3); lw a0, 0(s3); lhu s4, 2(s3); lbu s5, 3(s3))
    sub a0, a0, a2
    slli a0, a0, XLEN - 32
    CHECK_EQ(a0, 0)
    CHECK_EQ(s4, 0x89ab)
    CHECK_EQ(s5, 0x89)
    la t0, PAGE(2) - 1
    la t1, PAGE(6) - 1
    addi t2, s2, -1
    sub t1, t1, t2
    lbu a0, 0(t1) /* the first byte, on the first page */
    CHECK_EQ(a0, 0xef)
    li t1, 4
    sub t1, t1, s2
    add t0, t0, t1
    lbu a0, 0(t0) /* the last, on the second */
    CHECK_EQ(a0, 0x89)
    addi s2, s2, 1
    li t0, 4
    bne s2, t0, 1b
#if XLEN == 64
    li a2, 0x0123456789abcdef
    addi s3, a1, -3
    RUN_OK(PRV_S, sd a2, 0(s3); ld a0, 0(s3); fld fa0, 0(s3); fsd fa0, 1(s3); ld s4, 1(s3))
    CHECK_EQ_REG(a0, a2)
    CHECK_EQ_REG(s4, a2)
#endif
    /* The second page is missing: it faults with its own address, and nothing was stored on the first. */
    MAP 1, PAGE(2), 0
    sfence.vma
    la t0, PAGE(5)
    li t1, 4096 - 4
    add t0, t0, t1
    li t1, 0x11223344
    sw t1, 0(t0)
    li s3, VA(1) - 2
    li s4, VA(1)
    li a0, 5
    RUN_FAULT(PRV_S, 15, s4, sw a2, 0(s3))
    RUN_FAULT(PRV_S, 13, s4, lw a0, 0(s3))
    la t0, PAGE(5)
    li t1, 4096 - 4
    add t0, t0, t1
    lw a0, 0(t0)
    CHECK_EQ(a0, 0x11223344)
    /* The first is missing */
    MAP 0, PAGE(5), 0
    MAP 1, PAGE(2), PTE_RWX
    sfence.vma
    RUN_FAULT(PRV_S, 15, s3, sw a2, 0(s3))
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    /* The second may be read only. */
    MAP 0, PAGE(5), PTE_RWX
    MAP 1, PAGE(2), (PTE_V | PTE_R | PTE_A)
    sfence.vma
    RUN_FAULT(PRV_S, 15, s4, sw a2, 0(s3))
    RUN_OK(PRV_S, lw a0, 0(s3))

    /* Code over the border of pages that are no neighbours. */
    MAP 1, PAGE(2), PTE_RWX
    la t0, PAGE(5)
    li t1, 4094
    add t0, t0, t1
    li t1, 0x0513 /* addi a0, a0, 7 */
    sh t1, 0(t0)
    la t0, PAGE(2)
    li t1, 0x0075
    sh t1, 0(t0)
    li t1, 0x00000073 /* ecall */
    sh t1, 2(t0)
    sh x0, 4(t0)
    fence.i
    sfence.vma
    li a0, 1
    li s3, VA(1) - 2
    RUN_OK(PRV_S, jr s3)
    CHECK_EQ(a0, 8)
    MAP 1, PAGE(2), 0
    sfence.vma
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  jr s3
1:  li s4, VA(1)
    CHECK_TRAP_TVAL_REG(12, VA(1) - 2, s4)

    /* AMO, LR and SC: stores all, but LR. */
    li s3, VA(0)
    MAP 0, PAGE(5), (PTE_V | PTE_R | PTE_A)
    sfence.vma
    RUN_OK(PRV_S, lr.w a0, (s3))
    RUN_FAULT(PRV_S, 15, s3, amoadd.w a0, a2, (s3))
    RUN_FAULT(PRV_S, 15, s3, amoor.w x0, x0, (s3))
    MAP 0, PAGE(5), 0
    sfence.vma
    RUN_FAULT(PRV_S, 13, s3, lr.w a0, (s3))
    RUN_FAULT(PRV_S, 15, s3, amoswap.w a0, a2, (s3))

    /* A page gets another frame: sfence of its address is enough, for data ... */
    MAP 0, PAGE(5), PTE_RWX
    sfence.vma
    la t0, PAGE(5)
    li t1, 55
    sw t1, 0(t0)
    la t0, PAGE(6)
    li t1, 66
    sw t1, 0(t0)
    RUN_OK(PRV_S, lw a0, 0(s3))
    CHECK_EQ(a0, 55)
    MAP 0, PAGE(6), PTE_RWX
    sfence.vma s3, x0
    RUN_OK(PRV_S, lw a0, 0(s3); sw a0, 4(s3))
    CHECK_EQ(a0, 66)
    /* ... and for code */
    la t0, PAGE(5)
    li t1, 0x00100513 /* li a0, 1 */
    sw t1, 0(t0)
    li t2, 0x00000073
    sw t2, 4(t0)
    la t0, PAGE(6)
    li t1, 0x00200513 /* li a0, 2 */
    sw t1, 0(t0)
    sw t2, 4(t0)
    fence.i
    li s4, 50
3:  MAP 0, PAGE(5), PTE_RWX
    sfence.vma s3, x0
    RUN_OK(PRV_S, jr s3)
    CHECK_EQ(a0, 1)
    MAP 0, PAGE(6), PTE_RWX
    sfence.vma s3, x0
    RUN_OK(PRV_S, jr s3)
    CHECK_EQ(a0, 2)
    addi s4, s4, -1
    bnez s4, 3b
    /* execution rights go away */
    MAP 0, PAGE(6), PTE_RW
    sfence.vma s3, x0
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  jr s3
1:  CHECK_TRAP_TVAL_REG(12, VA(0), s3)

    /* Address spaces: a flush of one leaves ... at least the right answers. */
#if XLEN == 64
#define ASID_SHIFT 44
#else
#define ASID_SHIFT 22
#endif
    csrr s5, satp
    li t0, 1 << ASID_SHIFT
    or s6, s5, t0
    csrw satp, s6
    csrr a0, satp
    CHECK_EQ_REG(a0, s6)
    MAP 0, PAGE(6), PTE_RW
    sfence.vma
    la t0, PAGE(5)
    li t1, 55
    sw t1, 8(t0)
    la t0, PAGE(6)
    li t1, 66
    sw t1, 8(t0)
    RUN_OK(PRV_S, lw a0, 8(s3))
    CHECK_EQ(a0, 66)
    MAP 0, PAGE(5), PTE_RW
    li t0, 1
    sfence.vma x0, t0
    RUN_OK(PRV_S, lw a0, 8(s3))
    CHECK_EQ(a0, 55)
    MAP 0, PAGE(6), PTE_RW
    li t0, 1
    sfence.vma s3, t0
    RUN_OK(PRV_S, lw a0, 8(s3))
    CHECK_EQ(a0, 66)
    csrw satp, s5

    /* Large pages: a flush of any address in one forgets all of it. */
    la s7, l1
#if XLEN == 64
    li s8, 8 /* l1[1]: 2 MiB at TEST_VA + 2 MiB */
    add s7, s7, s8
    li s3, TEST_VA + 0x200000
#define LARGE_MASK 0x1fffff
#else
    la s7, root
    li s8, PTE_OF(ROOT_INDEX(TEST_VA) + 1)
    add s7, s7, s8
    li s3, TEST_VA + 0x400000
#define LARGE_MASK 0x3fffff
#endif
    la t0, _start
    srli t0, t0, 2
    ori t0, t0, PTE_RW
    SX t0, 0(s7)
    sfence.vma
    la s4, PAGE(6) + 8
    la t0, _start
    sub t0, s4, t0
    add s4, s3, t0 /* where PAGE(6) is seen */
    RUN_OK(PRV_S, lw a0, 0(s4))
    CHECK_EQ(a0, 66)
    la s5, PAGE(5) + 8
    la t0, _start
    sub t0, s5, t0
    add s5, s3, t0
    RUN_OK(PRV_S, lw a0, 0(s5))
    CHECK_EQ(a0, 55)
    SX x0, 0(s7)
    sfence.vma s4, x0
    RUN_FAULT(PRV_S, 13, s5, lw a0, 0(s5))
    RUN_FAULT(PRV_S, 13, s4, lw a0, 0(s4))
    /* not aligned to its size: a fault */
    la t0, PAGE(0)
    srli t0, t0, 2
    ori t0, t0, PTE_RW
    SX t0, 0(s7)
    sfence.vma
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, sw a0, 0(s3))

    /* A walk into nothing is an access fault of the access's kind. */
#ifndef QEMU /* takes what is not there for zeros */
    li t0, (0x8000000 >> 2) | PTE_V
    SX t0, 0(s7)
    sfence.vma
    RUN_FAULT(PRV_S, 5, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 7, s3, sw a0, 0(s3))
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  jr s3
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 1)
#endif
    /* A page where there is nothing, too; the pointer's A, D and U are reserved. */
    li s3, VA(3)
    li t0, (0x8000000 >> 2) | PTE_RWX
    la t1, l0
    SX t0, PTE_OF(3)(t1)
    sfence.vma
    RUN_FAULT(PRV_S, 5, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 7, s3, sw a0, 0(s3))
    li s3, LARGE_MASK + 1 + TEST_VA
#if XLEN == 64
    PTE t0, l0, (PTE_V | PTE_A)
    SX t0, 0(s7)
    sfence.vma
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    PTE t0, l0, (PTE_V | PTE_D)
    SX t0, 0(s7)
    sfence.vma
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    PTE t0, l0, (PTE_V | PTE_U)
    SX t0, 0(s7)
    sfence.vma
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
#endif
    SX x0, 0(s7)

#if XLEN == 64
    /* Addresses whose upper bits are no sign extension. */
    li s3, 1 << (SV - 1)
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    li s3, TEST_VA + (1 << SV)
    RUN_FAULT(PRV_S, 15, s3, sw a0, 0(s3))
    li s3, (-1 << SV) + TEST_VA
    RUN_FAULT(PRV_S, 13, s3, ld a0, 0(s3))
    li s3, 0x8000000040000000
    RUN_FAULT(PRV_S, 13, s3, ld a0, 0(s3))
    ON_TRAP(1f)
    ENTER(PRV_S, 2f)
2:  jr s3
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 12)
    la t6, trap_area
    LX a0, TRAP_TVAL(t6)
    CHECK_EQ_REG(a0, s3)

    /* Reserved bits 54 to 60 of leaves; PBMT without leave, and its values with; N. */
    li s3, VA(4)
    la s7, l0 + PTE_OF(4)
    la s8, PAGE(6)
    srli s8, s8, 2
    ori s8, s8, PTE_RWX
    li s4, 1 << 54
4:  or t0, s8, s4
    SX t0, 0(s7)
    sfence.vma
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    slli s4, s4, 1
    li t0, 1 << 61
    bne s4, t0, 4b
    li t0, PBMTE
    csrc MENVCFG_HIGH, t0
    li t0, 1 << 61
    or t0, t0, s8
    SX t0, 0(s7)
    sfence.vma
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    li t0, PBMTE
    csrs MENVCFG_HIGH, t0
    sfence.vma
    RUN_OK(PRV_S, lw a0, 8(s3))
    CHECK_EQ(a0, 66)
    li t0, 2 << 61
    or t0, t0, s8
    SX t0, 0(s7)
    sfence.vma
    RUN_OK(PRV_S, lw a0, 8(s3))
    CHECK_EQ(a0, 66)
#ifndef QEMU /* allows the reserved value */
    li t0, 3 << 61
    or t0, t0, s8
    SX t0, 0(s7)
    sfence.vma
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
#endif
    li t0, PBMTE
    csrc MENVCFG_HIGH, t0
    /* Svnapot: sixteen pages from one entry that all of them share; other forms are reserved. */
    la t0, block
    li t1, 0
5:  add t2, t0, t1
    srli t3, t1, 12
    sw t3, 0(t2)
    li t4, 4096
    add t1, t1, t4
    li t2, 65536
    bne t1, t2, 5b
    la t0, block
    srli t0, t0, 2
    li t1, (1 << 63) | (8 << 10) | PTE_RW
    or t0, t0, t1
    la t1, l0 + PTE_OF(16)
    li t2, 16
6:  SX t0, 0(t1)
    addi t1, t1, 8
    addi t2, t2, -1
    bnez t2, 6b
    sfence.vma
    li s3, VA(16)
    li s4, 0
4:  RUN_OK(PRV_S, lw a0, 0(s3))
    CHECK_EQ_REG(a0, s4)
    li t0, 4096
    add s3, s3, t0
    addi s4, s4, 1
    li t0, 16
    bne s4, t0, 4b
    li s3, VA(17) - 2
    RUN_OK(PRV_S, lw a0, 0(s3))
    CHECK_EQ(a0, 0x10000)
    la t0, block
    srli t0, t0, 2
    li t1, (1 << 63) | (4 << 10) | PTE_RW
    or t0, t0, t1
    la t1, l0 + PTE_OF(16)
    SX t0, 0(t1)
    sfence.vma
    li s3, VA(16)
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
#endif

    /* MPRV: M mode's loads and stores, not fetches, as MPP; SUM and MXR count; xRET to less than M clears it. */
    MAP 0, PAGE(6), (PTE_RW | PTE_U)
    MAP 1, PAGE(6), PTE_RW
    MAP 2, PAGE(6), (PTE_V | PTE_X | PTE_A)
    sfence.vma
    li s3, VA(0)
    li s4, VA(1)
    li s5, VA(2)
    la s6, PAGE(6)
.macro MPRV_ON prv
    li t0, 0x1800 | SUM | MXR
    csrc mstatus, t0
    li t0, (\prv << 11) | MPRV
    csrs mstatus, t0
.endm
    MPRV_ON PRV_U
    lw a0, 8(s3)
    li t0, MPRV
    csrc mstatus, t0
    CHECK_EQ(a0, 66)
    ON_TRAP(1f)
    MPRV_ON PRV_U
2:  lw a0, 0(s4)
    FAIL
1:  CHECK_TRAP_TVAL_REG(13, 2b, s4)
    CHECK_TRAP_FROM(PRV_M)
    MPRV_ON PRV_S
    lw a0, 8(s4)
    sw a0, 12(s4)
    li t0, MPRV
    csrc mstatus, t0
    CHECK_EQ(a0, 66)
    lw a0, 12(s6)
    CHECK_EQ(a0, 66)
    ON_TRAP(1f)
    MPRV_ON PRV_S
2:  lw a0, 0(s3)
    FAIL
1:  CHECK_TRAP_TVAL_REG(13, 2b, s3)
    MPRV_ON PRV_S
    li t0, SUM
    csrs mstatus, t0
    lw a0, 8(s3)
    li t0, MPRV
    csrc mstatus, t0
    CHECK_EQ(a0, 66)
    ON_TRAP(1f)
    MPRV_ON PRV_S
2:  lw a0, 8(s5)
    FAIL
1:  addi s7, s5, 8
    CHECK_TRAP_TVAL_REG(13, 2b, s7)
    MPRV_ON PRV_S
    li t0, MXR
    csrs mstatus, t0
    lw a0, 8(s5)
    li t0, MPRV
    csrc mstatus, t0
    CHECK_EQ(a0, 66)
    /* MPP M: no translation */
    MPRV_ON PRV_M
    lw a0, 8(s6)
    li t0, MPRV
    csrc mstatus, t0
    CHECK_EQ(a0, 66)
    ON_TRAP(2f)
    MPRV_ON PRV_S
    la t0, 1f
    csrw mepc, t0
    mret
1:  ecall
2:  la t6, trap_area
    LX a0, TRAP_STATUS(t6)
    li t0, MPRV
    and a0, a0, t0
    CHECK_EQ(a0, 0)
#ifndef QEMU /* its reservations are virtual addresses with values */
    /* A reservation does not go over to the page that comes to its address: same value, another place. */
    MAP 0, PAGE(1), PTE_RW
    sfence.vma
    la s2, PAGE(1)
    la s3, PAGE(3)
    li a1, 77
    li a2, 78
    sw a1, 0(s2)
    sw a1, 0(s3)
    li s4, VA(0)
    PTE s5, PAGE(3), PTE_RW
    la s6, l0
    RUN_OK(PRV_S, lr.w a0, (s4); SX s5, 0(s6); sfence.vma s4, x0; sc.w s7, a2, (s4))
    CHECK_EQ(s7, 1)
    lw a0, 0(s3)
    CHECK_EQ(a0, 77)
    /* nor from one regime to the next */
    MAP 0, PAGE(1), PTE_RW
    sfence.vma
    li t1, MPRV | 0x1800
    csrc mstatus, t1
    li t1, MPRV | 0x0800
    li s8, 0x1800
    csrs mstatus, t1
    lr.w a0, (s4)
    csrs mstatus, s8
    csrc mstatus, s8
    li t1, 0x0800
    csrs mstatus, t1
    sc.w s7, a2, (s4)
    li t1, MPRV
    csrc mstatus, t1
    CHECK_EQ(s7, 1)
#endif
    PASS
