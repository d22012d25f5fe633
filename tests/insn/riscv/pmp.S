//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PMP: TOR, NA4, NAPOT, order of entries, partial matches, page tables under it, locks.
 */
#include "macros.h"
#if XLEN == 64
#define SV 39
#else
#define SV 32
#endif
#include "paging.h"
#define R 1
#define W 2
#define X 4
#define TOR 8
#define NA4 0x10
#define NAPOT 0x18
#define L 0x80
    .bss
    .balign 4096
area: .skip 8192

/* pmpaddr of a symbol's address */
.macro ADDR n, sym
    la t0, \sym
    srli t0, t0, 2
    csrw pmpaddr\n, t0
.endm
.macro NAPOT_ADDR n, sym, size
    la t0, \sym
    srli t0, t0, 2
    ori t0, t0, (\size >> 3) - 1
    csrw pmpaddr\n, t0
.endm
/* The first entries' bytes; the rest off, then all of memory in entry 3 or what the test sets. */
#define CFG(c0, c1, c2, c3) li t0, (c0) | (c1) << 8 | (c2) << 16 | (c3) << 24; csrw pmpcfg0, t0; sfence.vma
#define ALL (NAPOT | R | W | X)
/* From U mode without translation. */
#define U_OK(...) ON_TRAP(7f); ENTER(PRV_U, 6f); 6: __VA_ARGS__; ecall; 7: la t6, trap_area; LX t6, TRAP_CAUSE(t6); addi t6, t6, -8; \
    beqz t6, 8f; la t6, trap_area; LX a0, TRAP_CAUSE(t6); LX a3, TRAP_TVAL(t6); li s10, __LINE__; j fail_line; 8:
#define U_FAULT(cause, tval, ...) ON_TRAP(7f); ENTER(PRV_U, 6f); 6: __VA_ARGS__; ecall; 7: CHECK_TRAP_TVAL_REG(cause, 6b, tval)

    START
    /* Registers keep what is written, and the reserved bits read 0. */
    li t0, -1
    csrw pmpaddr3, t0
#if XLEN == 64
#ifndef QEMU /* keeps 64 bits */
    csrr a0, pmpaddr3
    CHECK_EQ(a0, 0x3fffffffffffff)
#endif
#else
    csrr a0, pmpaddr3
    CHECK_EQ(a0, 0xffffffff)
#endif
    li t0, 0x1f
    csrw pmpcfg0, t0
    csrr a0, pmpcfg0
    CHECK_EQ(a0, 0x1f)
#if XLEN == 64
    EXPECT_ILLEGAL(0x3a102573) /* csrr a0, pmpcfg1 */
#else
    csrr a0, pmpcfg1
    CHECK_EQ(a0, 0)
#endif
    /* Nothing matches: U may nothing, M all. */
    csrw pmpcfg0, x0
#ifndef QEMU /* traps in the mret */
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  nop
    FAIL
1:  la s8, 2b
    CHECK_TRAP_TVAL_REG(1, 2b, s8)
#endif
    la s2, area
    lw a0, 0(s2)

    /* One entry at a time over "everything": NAPOT of 4 KiB */
    NAPOT_ADDR 0, area, 4096
    CFG(NAPOT | R, 0, 0, ALL)
    la s3, area + 4096
    U_OK(lw a0, 0(s2))
    U_FAULT(7, s2, sw a0, 0(s2))
    U_FAULT(7, s2, amoadd.w a0, a0, (s2))
    U_OK(sw a0, 0(s3))
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  jr s2
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 1)
    la t6, trap_area
    LX a0, TRAP_TVAL(t6)
    CHECK_EQ_REG(a0, s2)
    CFG(NAPOT | R | W, 0, 0, ALL)
    U_OK(lw a0, 0(s2); sw a0, 0(s2))
    CFG(NAPOT | X, 0, 0, ALL)
    U_FAULT(5, s2, lw a0, 0(s2))
    li t0, 0x00000073
    sw t0, 0(s2)
    fence.i
    U_OK(jr s2)
    CFG(NAPOT, 0, 0, ALL)
    U_FAULT(5, s2, lb a0, 0(s2))
    lw a0, 0(s2) /* M is not bound */

    /* TOR: from entry 0's address up to entry 1's; the limits to the word */
    ADDR 0, area + 16
    ADDR 1, area + 32
    CFG(0, TOR | R, 0, ALL)
    addi s4, s2, 12
    addi s5, s2, 16
    addi s6, s2, 28
    addi s7, s2, 32
    U_OK(sw a0, 0(s4); lw a0, 0(s5); lw a0, 0(s6); sw a0, 0(s7))
    U_FAULT(7, s5, sw a0, 0(s5))
    U_FAULT(7, s6, sw a0, 0(s6))
    /* an access that leaves the matching entry fails whatever the others allow */
    addi s8, s2, 14
    U_FAULT(5, s8, lw a0, 0(s8))
    addi s8, s2, 30
    U_FAULT(5, s8, lw a0, 0(s8))
#if XLEN == 64
    U_OK(ld a0, 0(s5))
    U_FAULT(5, s4, ld a0, 0(s4))
    U_FAULT(5, s6, ld a0, 0(s6))
#endif
    /* entry 0 as TOR begins at 0; lower not below upper: matches nothing */
    ADDR 0, area
    CFG(TOR | R | X, 0, 0, ALL)
    addi s4, s2, -4
    U_OK(lw a0, 0(s4); sw a0, 0(s2))
    U_FAULT(7, s4, sw a0, 0(s4))
    ADDR 0, area + 64
    ADDR 1, area + 32
    CFG(0, TOR, 0, ALL)
    addi s4, s2, 40
    U_OK(sw a0, 0(s4))
    /* NA4 */
    ADDR 0, area + 8
    CFG(NA4 | R, 0, 0, ALL)
    addi s4, s2, 8
    addi s5, s2, 4
    addi s6, s2, 12
    U_OK(lw a0, 0(s4); sw a0, 0(s5); sw a0, 0(s6))
    U_FAULT(7, s4, sb a0, 0(s4))
    addi s8, s4, 3
    U_FAULT(7, s8, sb a0, 0(s8))
    /* The lower entry goes first. */
    NAPOT_ADDR 0, area, 64
    NAPOT_ADDR 1, area, 4096
    CFG(NAPOT | R | W, NAPOT, 0, ALL)
    addi s4, s2, 64
    U_OK(sw a0, 0(s2))
    U_FAULT(5, s4, lw a0, 0(s4))
    CFG(NAPOT, NAPOT | R | W, 0, ALL)
    U_OK(sw a0, 0(s4))
    U_FAULT(5, s2, lw a0, 0(s2))
    /* MPRV: as U */
    CFG(NAPOT, 0, 0, ALL)
    li t0, 0x1800
    csrc mstatus, t0
    ON_TRAP(1f)
    li t0, MPRV
    csrs mstatus, t0
2:  lw a0, 0(s2)
    FAIL
1:  CHECK_TRAP_TVAL_REG(5, 2b, s2)
    CHECK_TRAP_FROM(PRV_M)
    CFG(0, 0, 0, ALL)
    /* Rights that change are seen at once after sfence, many times over. */
    NAPOT_ADDR 0, area, 4096
    li s9, 50
3:  CFG(NAPOT | R | W, 0, 0, ALL)
    U_OK(sw s9, 0(s2); lw a0, 0(s2))
    CHECK_EQ_REG(a0, s9)
    CFG(NAPOT | R, 0, 0, ALL)
    U_FAULT(7, s2, sw a0, 0(s2))
    addi s9, s9, -1
    bnez s9, 3b

    /* Under paging: the result is checked, and the walk's own accesses (as S). */
    CFG(0, 0, 0, 0)
    PAGING_ON
    li t0, -1
    csrw pmpaddr3, t0
    NAPOT_ADDR 0, area, 4096
    CFG(NAPOT | R, 0, 0, ALL)
    MAP 0, area, PTE_RW
    MAP 1, area + 4096, PTE_RW
    sfence.vma
    li s3, TEST_VA
    li s4, TEST_VA + 4096
    RUN_OK(PRV_S, lw a0, 0(s3); sw a0, 0(s4))
    RUN_FAULT(PRV_S, 7, s3, sw a0, 0(s3))
    NAPOT_ADDR 0, l0, 4096
    CFG(NAPOT, 0, 0, ALL)
    RUN_FAULT(PRV_S, 5, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 7, s4, sw a0, 0(s4))
    /* a table that cannot be written: A and D cannot be set */
    li t0, ADUE
    csrs MENVCFG_HIGH, t0
    CFG(NAPOT | R, 0, 0, ALL)
    RUN_OK(PRV_S, lw a0, 0(s3))
#ifndef QEMU /* does not look at write permission there */
    CFG(0, 0, 0, ALL)
    MAP 0, area, (PTE_V | PTE_R | PTE_W)
    NAPOT_ADDR 0, l0, 4096
    CFG(NAPOT | R, 0, 0, ALL)
    RUN_FAULT(PRV_S, 5, s3, lw a0, 0(s3))
    RUN_FAULT(PRV_S, 7, s3, sw a0, 0(s3))
    la t1, l0
    LX a0, 0(t1)
    PTE a3, area, (PTE_V | PTE_R | PTE_W)
    CHECK_EQ_REG(a0, a3)
#endif
    csrw satp, x0
    CFG(0, 0, 0, ALL)
    sfence.vma

    /* Locks bind M mode too, and hold until reset. */
    NAPOT_ADDR 0, area, 4096
    CFG(NAPOT | L | R, 0, 0, ALL)
    lw a0, 0(s2)
    EXPECT_TRAP_TVAL_REG(7, s2, sw a0, 0(s2))
    csrw pmpcfg0, x0
    csrr a0, pmpcfg0
    CHECK_EQ(a0, NAPOT | L | R)
    csrr s4, pmpaddr0
    csrw pmpaddr0, x0
    csrr a0, pmpaddr0
    CHECK_EQ_REG(a0, s4)
    EXPECT_TRAP_TVAL_REG(7, s2, sw a0, 0(s2))
    /* a locked TOR entry locks the address below it */
    la t0, area + 4096 + 64
    srli t0, t0, 2
    csrw pmpaddr2, t0
    la t0, area + 4096
    srli t0, t0, 2
    csrw pmpaddr1, t0
    li t0, NAPOT | L | R | (TOR | L | R) << 16
    csrw pmpcfg0, t0
    csrr s4, pmpaddr1
    csrw pmpaddr1, x0
    csrr a0, pmpaddr1
    CHECK_EQ_REG(a0, s4)
    csrw pmpaddr2, x0
    la s5, area + 4096
    EXPECT_TRAP_TVAL_REG(7, s5, sw a0, 0(s5))
    lw a0, 0(s5)
    addi s5, s5, 64
    sw a0, 0(s5)
    /* Smepmp: rule locking bypass cannot come on once an entry is locked */
    li t0, 4
    csrs 0x747, t0
    csrr a0, 0x747
    CHECK_EQ(a0, 0)
    PASS
