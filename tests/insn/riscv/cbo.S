//: rv64 -cpu max -DSV=39
//: rv32 -cpu max32 -DSV=32
//: rv64 -cpu max,cbom_blocksize=128,cbop_blocksize=128,cboz_blocksize=128 -DSV=48 -DBLOCK=128
//: rv32 -cpu max32,cbom_blocksize=16,cbop_blocksize=16,cboz_blocksize=16 -DSV=32 -DBLOCK=16
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zicbom, Zicboz, Zicbop: the size of a block, who may do what under menvcfg and senvcfg, which accesses fault and how,
 * and that a prefetch never does.
 */
#include "macros.h"
#include "paging.h"
#ifndef BLOCK
#define BLOCK 64
#endif
#define MENVCFG 0x30a
#define SENVCFG 0x10a
#define CBIE 0x30
#define CBCFE 0x40
#define CBZE 0x80
#define CBO (CBIE | CBCFE | CBZE)
#define R 1
#define W 2
#define NAPOT 0x18
    .bss
    .balign 4096
page: .skip 4096

/* tval of a fault is rs1, not the block. */
.macro TVAL rd, va
#ifdef QEMU /* it is the block there */
    andi \rd, \va, -BLOCK
#else
    mv \rd, \va
#endif
.endm
/* cbo.inval, cbo.clean and cbo.flush are alike. */
.macro MANAGE_OK prv, va
    RUN_OK(\prv, cbo.inval (\va); cbo.clean (\va); cbo.flush (\va))
.endm
.macro MANAGE_FAULT prv, cause, va
    TVAL s8, \va
    RUN_FAULT(\prv, \cause, s8, cbo.inval (\va))
    RUN_FAULT(\prv, \cause, s8, cbo.clean (\va))
    RUN_FAULT(\prv, \cause, s8, cbo.flush (\va))
.endm
.macro ZERO_OK prv, va
    RUN_OK(\prv, cbo.zero (\va))
.endm
.macro ZERO_FAULT prv, cause, va
    TVAL s8, \va
    RUN_FAULT(\prv, \cause, s8, cbo.zero (\va))
.endm
.macro PREFETCH prv, va
    RUN_OK(\prv, prefetch.i 0(\va); prefetch.r 32(\va); prefetch.w -32(\va))
.endm
.macro LEAF flags
    MAP 0, page, (\flags)
    sfence.vma
.endm
/* What PMP grants S and U of the page, before the entry for everything. */
.macro PMP_PAGE rights
    li t0, NAPOT | (\rights) | 0x1f00
    csrw pmpcfg0, t0
    sfence.vma
.endm

    START
    /* Every byte of one block becomes zero, wherever in it rs1 points, and none around it. */
    la s2, page
    li s3, 0
1:  add t0, s2, s3
    li t1, -1
    sw t1, 0(t0)
    addi s3, s3, 4
    li t0, 4 * BLOCK
    bne s3, t0, 1b
    addi a1, s2, 2 * BLOCK - 1
    cbo.zero (a1)
    li s3, 0
2:  add t0, s2, s3
    lw a0, 0(t0)
    li t1, -1
    srli t0, s3, 2
    li t2, BLOCK / 4
    bltu t0, t2, 1f
    li t2, 2 * BLOCK / 4
    bgeu t0, t2, 1f
    li t1, 0
1:  CHECK_EQ_REG(a0, t1)
    addi s3, s3, 4
    li t0, 4 * BLOCK
    bne s3, t0, 2b
    cbo.zero (s2)
    lw a0, BLOCK - 4(s2)
    CHECK_EQ(a0, 0)
    lw a0, 2 * BLOCK(s2)
    CHECK_EQ(a0, -1)
    cbo.inval (a1)
    cbo.clean (a1)
    cbo.flush (a1)
    lw a0, 2 * BLOCK(s2)
    CHECK_EQ(a0, -1)
    /* Nothing is there. */
    li a1, 0x8000007
#ifndef QEMU /* says that it was the block's start, and lets the others pass */
    EXPECT_TRAP_TVAL_REG(7, a1, cbo.zero (a1))
    EXPECT_TRAP_TVAL_REG(7, a1, cbo.clean (a1))
    EXPECT_TRAP_TVAL_REG(7, a1, cbo.flush (a1))
    EXPECT_TRAP_TVAL_REG(7, a1, cbo.inval (a1))
#endif
    prefetch.i 0(a1)
    prefetch.r 0(a1)
    prefetch.w 0(a1)

    /* Every value of the fields in menvcfg and senvcfg, in S and in U mode. */
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    la tp, matrix_name
    li s2, 0 /* menvcfg's */
next_m:
    andi t0, s2, CBIE
    addi t0, t0, -0x20
    beqz t0, skip_m
    csrw MENVCFG, s2
    csrr a0, MENVCFG
    andi a0, a0, CBO
    CHECK_EQ_REG(a0, s2)
    li s3, 0 /* senvcfg's */
next_s:
    andi t0, s3, CBIE
    addi t0, t0, -0x20
    beqz t0, skip_s
    csrw SENVCFG, s3
    csrr a0, SENVCFG
    andi a0, a0, CBO
    CHECK_EQ_REG(a0, s3)
    li s4, 0 /* operation, privilege: bit 0 */
next_op:
    la a1, page
    andi s5, s4, 1
    srli s6, s4, 1
    la t0, operations
    slli t1, s6, 3
    add s7, t0, t1
    ON_TRAP(tried)
    csrw mepc, s7
    li t0, 0x1800
    csrc mstatus, t0
    slli t0, s5, 11
    csrs mstatus, t0
    mret
    .balign 8
operations:
    cbo.inval (a1)
    ecall
    cbo.clean (a1)
    ecall
    cbo.flush (a1)
    ecall
    cbo.zero (a1)
    ecall
tried:
    la t0, masks
    add t0, t0, s6
    lbu t0, 0(t0)
    and t1, s2, t0
    snez a3, t1
    bnez s5, 1f
    and t1, s3, t0
    snez t1, t1
    and a3, a3, t1
1:  mv s8, a3
    li t0, 2 /* illegal instruction, or the ecall behind it */
    beqz a3, 1f
    addi t0, s5, 8
1:  mv a3, t0
    mv a1, s2
    mv a2, s3
    mv a6, s4
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    MATCH 1
    bnez s8, 1f
    LX a0, TRAP_TVAL(t6)
    lw a3, 0(s7)
#ifdef QEMU /* writes 0 where it finds out late */
    li a3, 0
#endif
    MATCH 2
    LX a0, TRAP_EPC(t6)
    mv a3, s7
    MATCH 3
1:  addi s4, s4, 1
    li t0, 8
    beq s4, t0, 1f
    j next_op
1:
skip_s:
    addi s3, s3, 0x10
    li t0, 0x100
    beq s3, t0, 1f
    j next_s
1:
skip_m:
    addi s2, s2, 0x10
    li t0, 0x100
    beq s2, t0, 1f
    j next_m
1:
    /* The reserved value is not to be had. */
    li t0, 0x20
    csrw MENVCFG, t0
    csrw SENVCFG, t0
#ifndef QEMU /* keeps it */
    csrr a0, MENVCFG
    andi a0, a0, CBIE
    addi a0, a0, -0x20
    snez a0, a0
    CHECK_EQ(a0, 1)
    csrr a0, SENVCFG
    andi a0, a0, CBIE
    addi a0, a0, -0x20
    snez a0, a0
    CHECK_EQ(a0, 1)
#endif

    /* Faults. Translation first: management may be done where a load or a store may, zeroing where a store may. */
    li t0, CBO
    csrw MENVCFG, t0
    csrw SENVCFG, t0
    PAGING_ON
    la t0, page
    srli t0, t0, 2
    ori t0, t0, (4096 >> 3) - 1
    csrw pmpaddr0, t0
    li t0, -1
    csrw pmpaddr1, t0
    PMP_PAGE R | W
    li s3, TEST_VA + 77
    LEAF PTE_RW
    MANAGE_OK PRV_S, s3
    ZERO_OK PRV_S, s3
    MANAGE_FAULT PRV_U, 15, s3
    ZERO_FAULT PRV_U, 15, s3
    PREFETCH PRV_U, s3
    LEAF PTE_V | PTE_R | PTE_A
    MANAGE_OK PRV_S, s3
    ZERO_FAULT PRV_S, 15, s3
    LEAF 0
    MANAGE_FAULT PRV_S, 15, s3
    ZERO_FAULT PRV_S, 15, s3
    PREFETCH PRV_S, s3
    LEAF PTE_RW | PTE_U
    MANAGE_OK PRV_U, s3
    ZERO_OK PRV_U, s3
    MANAGE_FAULT PRV_S, 15, s3
    ZERO_FAULT PRV_S, 15, s3
    li t0, SUM
    csrs mstatus, t0
    MANAGE_OK PRV_S, s3
    ZERO_OK PRV_S, s3
    csrc mstatus, t0
    LEAF PTE_V | PTE_X | PTE_A
    li t0, MXR
    csrs mstatus, t0
    MANAGE_OK PRV_S, s3
    ZERO_FAULT PRV_S, 15, s3
    csrc mstatus, t0
    /* a prefetch sets no A */
    li t0, ADUE
    csrs MENVCFG_HIGH, t0
    LEAF PTE_V | PTE_R | PTE_W | PTE_X
    PREFETCH PRV_S, s3
    la t0, l0
    LX a0, 0(t0)
    PTE a3, page, (PTE_V | PTE_R | PTE_W | PTE_X)
    CHECK_EQ_REG(a0, a3)
    /* Then the memory behind it. */
    LEAF PTE_RW
    PMP_PAGE R
    MANAGE_OK PRV_S, s3
    ZERO_FAULT PRV_S, 7, s3
    PMP_PAGE 0
    MANAGE_FAULT PRV_S, 7, s3
    ZERO_FAULT PRV_S, 7, s3
    PREFETCH PRV_S, s3
    /* The translation permits a load: so it is the memory's fault. */
    LEAF PTE_V | PTE_R | PTE_A
#ifndef QEMU /* takes the translation for the cause, as stores would have it */
    MANAGE_FAULT PRV_S, 7, s3
#endif
    ZERO_FAULT PRV_S, 15, s3
    PMP_PAGE R | W
    la t1, l0
    li t0, (0x8000000 >> 2) | PTE_RW
    SX t0, 0(t1)
    sfence.vma
#ifndef QEMU
    MANAGE_FAULT PRV_S, 7, s3
#endif
    ZERO_FAULT PRV_S, 7, s3
    /* M mode, with MPRV as S mode */
    LEAF 0
    ON_TRAP(1f)
    li t0, MPRV | 0x1800
    csrc mstatus, t0
    li t0, MPRV | 0x800
    csrs mstatus, t0
2:  cbo.flush (s3)
    FAIL
1:  TVAL s8, s3
    CHECK_TRAP_TVAL_REG(15, 2b, s8)
    CHECK_TRAP_FROM(PRV_M)
    ON_TRAP(1f)
    li t0, MPRV | 0x1800
    csrc mstatus, t0
    li t0, MPRV | 0x800
    csrs mstatus, t0
2:  cbo.zero (s3)
    FAIL
1:  TVAL s8, s3
    CHECK_TRAP_TVAL_REG(15, 2b, s8)
    /* 4 bytes of a page are protected: their block is, and no other, whatever was done in the page before. */
    LEAF PTE_RW
    PMP_PAGE R | W
    li s3, TEST_VA + 2 * BLOCK + 1
    li s4, TEST_VA + 3 * BLOCK + 1
    ZERO_OK PRV_S, s3
    ZERO_OK PRV_S, s4
    la t0, page + 3 * BLOCK + 4
    srli t0, t0, 2
    csrw pmpaddr0, t0
    li t0, 0x1f10 /* NA4 */
    csrw pmpcfg0, t0
    sfence.vma
    ZERO_OK PRV_S, s3
    MANAGE_OK PRV_S, s3
#ifndef QEMU /* looks at the first byte of the block */
    ZERO_FAULT PRV_S, 7, s4
    MANAGE_FAULT PRV_S, 7, s4
    ZERO_OK PRV_S, s3
    li s4, TEST_VA + 4 * BLOCK - 1
    ZERO_FAULT PRV_S, 7, s4
#endif
    li s4, TEST_VA + 4 * BLOCK
    ZERO_OK PRV_S, s4
    /* Code goes too, also where stores to its page were simple before. */
    la s2, page
    cbo.zero (s2)
    li s5, 2
again:
    li t0, 0x00008067 /* ret */
    sw t0, BLOCK(s2)
    fence.i
    addi s3, s2, BLOCK
    jalr s3
    cbo.zero (s2) /* beside it */
    jalr s3
    cbo.zero (s3)
    fence.i
    ON_TRAP(1f)
    jalr s3
    FAIL
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    LX a1, TRAP_EPC(t6)
    CHECK_EQ(a0, 2)
    CHECK_EQ_REG(a1, s3)
    addi s5, s5, -1
    bnez s5, again
    PASS
    .section .rodata
masks: .byte CBIE, CBCFE, CBCFE, CBZE
matrix_name: .asciz "menvcfg, senvcfg, operation and privilege: cause"
