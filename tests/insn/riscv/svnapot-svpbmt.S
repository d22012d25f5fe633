//: rv64 -cpu rv64 -DSV=39
//: rv64 -cpu rv64,svnapot=on -DSV=39 -DSVNAPOT
//: rv64 -cpu rv64,svpbmt=on -DSV=48 -DSVPBMT
//: rv64 -cpu rv64,svnapot=on,svpbmt=on -DSV=57 -DSVNAPOT -DSVPBMT
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The upper bits of entries, N and PBMT, on harts that have one, both or neither extension: what is reserved faults, at
 * each kind of entry.
 */
#include "macros.h"
#include "paging.h"
#define N (1 << 63)
#define PBMT(n) ((n) << 61)
#ifdef SVNAPOT
#define HAVE_N 1
#else
#define HAVE_N 0
#endif
#ifdef SVPBMT
#define HAVE_PBMT 1
#else
#define HAVE_PBMT 0
#endif
    .bss
    .balign 65536
block: .skip 65536

/* An entry: the frame of a symbol, bits, and low bits of its page number. Clobbers t0, t1. */
.macro ENTRY entry, frame, bits, ppn=0
    la t0, \frame
    srli t0, t0, 2
    li t1, (\bits) | (\ppn) << 10
    or t0, t0, t1
    la t1, \entry
    sd t0, 0(t1)
    sfence.vma
.endm
.macro TRY ok
.if \ok
    RUN_OK(PRV_S, lw a0, 0(s3); sw a0, 4(s3))
.else
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 15, s3, sw a0, 0(s3))
    RUN(PRV_S, jr s3)
    CHECK_TRAP_TVAL_REG(12, TEST_VA + 16 * 4096, s3)
.endif
.endm
#define LEAF l0 + PTE_OF(16)
#define LARGE l1 + PTE_OF(1)

    START
    /* PBMTE is on from reset where there is Svpbmt, else zero for good. */
    li s2, PBMTE
    csrr a0, MENVCFG_HIGH
    and a0, a0, s2
    CHECK_EQ(a0, HAVE_PBMT * PBMTE)
    csrs MENVCFG_HIGH, s2
    csrr a0, MENVCFG_HIGH
    and a0, a0, s2
    CHECK_EQ(a0, HAVE_PBMT * PBMTE)
    PAGING_ON
    li s3, TEST_VA + 16 * 4096
    ENTRY LEAF, block, PTE_RWX
    TRY 1
    /* PBMT of a page */
    ENTRY LEAF, block, (PTE_RWX | PBMT(1))
    TRY HAVE_PBMT
    ENTRY LEAF, block, (PTE_RWX | PBMT(2))
    TRY HAVE_PBMT
#if !defined(QEMU) || !HAVE_PBMT /* allows the reserved value */
    ENTRY LEAF, block, (PTE_RWX | PBMT(3))
    TRY 0
#endif
#if HAVE_PBMT
    csrc MENVCFG_HIGH, s2
    sfence.vma
    ENTRY LEAF, block, (PTE_RWX | PBMT(1))
    TRY 0
    csrs MENVCFG_HIGH, s2
    sfence.vma
    TRY 1
#endif
    /* N: sixteen pages, by 8 in the lower bits of the number, and with no other */
    .set i, 0
    .rept 16
    ENTRY LEAF, block, (PTE_RWX | N), i
.if i == 8
    TRY HAVE_N
.else
    TRY 0
.endif
    .set i, i + 1
    .endr
    ENTRY LEAF, block, (PTE_RWX | N | PBMT(1)), 8
    TRY HAVE_N & HAVE_PBMT
    ENTRY LEAF, block, (PTE_RWX | N | 1 << 60), 8
    TRY 0
#if HAVE_N
    /* The address within the sixteen is the one that counts; A and D are set in the entry that was read. */
    la t0, block + 5 * 4096
    li t1, 55
    sw t1, 0(t0)
    li t0, ADUE
    csrs MENVCFG_HIGH, t0
    ENTRY LEAF + PTE_OF(5), block, (N | PTE_V | PTE_R | PTE_W), 8
    ENTRY LEAF + PTE_OF(6), block, (N | PTE_V | PTE_R | PTE_W), 8
    li s4, TEST_VA + 21 * 4096
    RUN_OK(PRV_S, lw a0, 0(s4))
    CHECK_EQ(a0, 55)
    la t0, LEAF + PTE_OF(5)
    ld a0, 0(t0)
    la a1, block
    srli a1, a1, 2
    li t1, N | 8 << 10 | PTE_V | PTE_R | PTE_W | PTE_A
    or a1, a1, t1
    CHECK_EQ_REG(a0, a1)
    RUN_OK(PRV_S, sw a0, 4(s4))
    la t0, LEAF + PTE_OF(5)
    ld a0, 0(t0)
    ori a1, a1, PTE_D
    CHECK_EQ_REG(a0, a1)
    la t0, LEAF + PTE_OF(6)
    ld a0, 0(t0)
    andi a1, a1, ~(PTE_A | PTE_D)
    CHECK_EQ_REG(a0, a1)
    li t0, ADUE
    csrc MENVCFG_HIGH, t0
    /* A fence of any of the sixteen addresses is enough for that one's entry. */
    ENTRY LEAF + PTE_OF(5), block, (N | PTE_RW), 8
    RUN_OK(PRV_S, lw a0, 0(s4))
    la t1, LEAF + PTE_OF(5)
    sd x0, 0(t1)
    sfence.vma s4, x0
    RUN_FAULT(PRV_S, 13, s4, lw a0, 0(s4))
#endif
    /* Large pages: PBMT as for small ones, never N. */
    li s3, TEST_VA + 0x200000
    ENTRY LARGE, _start, PTE_RW
    RUN_OK(PRV_S, lw a0, 0(s3))
.macro TRY_LARGE ok
.if \ok
    RUN_OK(PRV_S, lw a0, 0(s3))
.else
    RUN_FAULT(PRV_S, 13, s3, lw a0, 0(s3))
.endif
.endm
    ENTRY LARGE, _start, (PTE_RW | PBMT(2))
    TRY_LARGE HAVE_PBMT
    ENTRY LARGE, _start, (PTE_RW | N)
    TRY_LARGE 0
    ENTRY LARGE, _start, (PTE_RW | N), 8
    TRY_LARGE 0
    ENTRY LARGE, _start, (PTE_RW | N), 256
    TRY_LARGE 0
    /* Pointers have neither. */
    ENTRY l0, block, PTE_RW
    ENTRY LARGE, l0, PTE_V
    TRY_LARGE 1
    ENTRY LARGE, l0, (PTE_V | PBMT(1))
    TRY_LARGE 0
    ENTRY LARGE, l0, (PTE_V | PBMT(2))
    TRY_LARGE 0
    ENTRY LARGE, l0, (PTE_V | N)
    TRY_LARGE 0
    ENTRY LARGE, l0, (PTE_V | N), 8
    TRY_LARGE 0
    PASS
