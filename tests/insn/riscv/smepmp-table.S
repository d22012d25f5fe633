//: rv64 -cpu max -DPOLICY=0
//: rv64 -cpu max -DPOLICY=MML
//: rv64 -cpu max -DPOLICY=MMWP
//: rv64 -cpu max -DPOLICY=(MML|MMWP)
//: rv32 -cpu max32 -DPOLICY=0
//: rv32 -cpu max32 -DPOLICY=MML
//: rv32 -cpu max32 -DPOLICY=MMWP
//: rv32 -cpu max32 -DPOLICY=(MML|MMWP)
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Smepmp's truth table: every L, R, W, X of an entry, and no entry at all, for loads, stores and fetches of M, S and U
 * mode, and of M mode with MPRV; with rule locking bypass, where entries can be rewritten, and without. One policy
 * (mseccfg.MML and MMWP) a run, as they are there till reset.
 *
 * Memory: code at its own 64 KiB, everything else up to PAGES is data that M mode may read and write, no rule but those
 * that are tried covers PAGES.
 */
#include "macros.h"
#define MSECCFG 0x747
#define MML 1
#define MMWP 2
#define RLB 4
#define R 1
#define W 2
#define X 4
#define TOR 8
#define NAPOT 0x18
#define L 0x80
#define MPRV 0x20000
#define PAGES 0x80200000
#define NO_ENTRY 16

    .data
    .balign 65536
/* Halfwords, by R + 2 W + 4 X + 8 L, then without an entry: what M mode may, 8 * what S and U mode may. */
.macro ROW m, su
    .half (\m) | (\su) << 3
.endm
#define RESERVED 0xffff
allowed:
#if POLICY & MML
    ROW 0, 0
    ROW 0, R
    ROW R | W, R /* shared data */
    ROW 0, R | W
    ROW 0, X
    ROW 0, R | X
    ROW R | W, R | W /* shared data */
    ROW 0, R | W | X
    ROW 0, 0
    ROW R, 0
    ROW X, X /* shared code */
    ROW R | W, 0
    ROW X, 0
    ROW R | X, 0
    ROW R | X, X /* shared code */
    ROW R, R /* shared data */
#else
    ROW R | W | X, 0
    ROW R | W | X, R
    .half RESERVED
    ROW R | W | X, R | W
    ROW R | W | X, X
    ROW R | W | X, R | X
    .half RESERVED
    ROW R | W | X, R | W | X
    ROW 0, 0
    ROW R, R
    .half RESERVED
    ROW R | W, R | W
    ROW X, X
    ROW R | X, R | X
    .half RESERVED
    ROW R | W | X, R | W | X
#endif
#if POLICY & MMWP
    ROW 0, 0
#elif POLICY & MML
    ROW R | W, 0
#else
    ROW R | W | X, 0
#endif
causes: .byte 5, 7, 1, 0, 11, 9, 8, 11

    .text
    .balign 65536
/* pmpaddr of a page of PAGES. Clobbers t0. */
.macro PAGE_ADDR n, page
    li t0, ((PAGES + \page * 4096) >> 2) | ((4096 >> 3) - 1)
    csrw pmpaddr\n, t0
.endm

    START
    /* ecall in every page, while it can be written */
    li t0, PAGES
    li t1, 9
    li t2, 0x73
    li t3, 4096
1:  sw t2, 0(t0)
    add t0, t0, t3
    addi t1, t1, -1
    bnez t1, 1b
    fence.i
    PAGE_ADDR 0, 0
    la t0, main
    srli t0, t0, 2
    li t1, (65536 >> 3) - 1
    or t0, t0, t1
    csrw pmpaddr1, t0
    csrw pmpaddr2, x0
    li t0, PAGES >> 2
    csrw pmpaddr3, t0
    li t0, RLB
    csrw MSECCFG, t0
#if POLICY & MML
    /* The code is M mode's alone until it can be shared, which is no rule without MML. */
    li t0, (NAPOT | L | R | X) << 8 | (TOR | L | R | W) << 24
    csrw pmpcfg0, t0
    li t0, RLB | POLICY
    csrw MSECCFG, t0
    li s5, (NAPOT | L | W | X) << 8 | (TOR | L | R | W) << 24
#else
    li s5, (NAPOT | R | X) << 8 | (TOR | R | W) << 24
    csrw pmpcfg0, s5
    li t0, RLB | POLICY
    csrw MSECCFG, t0
#endif
    csrr a0, MSECCFG
    CHECK_EQ(a0, RLB | POLICY)
    /* Policies are there to stay. */
    li t0, RLB
    csrw MSECCFG, t0
    csrr a0, MSECCFG
    CHECK_EQ(a0, RLB | POLICY)

    /* Every row, one after the other in entry 0. */
    la tp, bypass_name
    li s0, 0
1:  li s2, PAGES
    call set_row
    call check_row
    addi s0, s0, 1
    li t0, NO_ENTRY + 1
    bne s0, t0, 1b
    li s0, 0
    call set_row

    /* The locked rows in entries 8 to 15, each on a page of its own, and then no more bypass. */
    PAGE_ADDR 8, 1
    PAGE_ADDR 9, 2
    PAGE_ADDR 10, 3
    PAGE_ADDR 11, 4
    PAGE_ADDR 12, 5
    PAGE_ADDR 13, 6
    PAGE_ADDR 14, 7
    PAGE_ADDR 15, 8
#if POLICY & MML
#define LW (NAPOT | L | W)
#define LWX (NAPOT | L | W | X)
#else /* reserved: these are locked without */
#define LW (NAPOT | L)
#define LWX (NAPOT | L)
#endif
#define LOCKED_LOW (NAPOT | L) | (NAPOT | L | R) << 8 | LW << 16 | (NAPOT | L | R | W) << 24
#define LOCKED_HIGH (NAPOT | L | X) | (NAPOT | L | R | X) << 8 | LWX << 16 | (NAPOT | L | R | W | X) << 24
#if XLEN == 64
#define SET_LOCKED(f) li t0, (LOCKED_LOW) | (LOCKED_HIGH) << 32; f(pmpcfg2, t0)
#else
#define SET_LOCKED(f) li t0, LOCKED_LOW; f(pmpcfg2, t0); li t0, LOCKED_HIGH; f(pmpcfg3, t0)
#endif
#define WRITE(csr, reg) csrw csr, reg
#define CHECK(csr, reg) csrr a0, csr; CHECK_EQ_REG(a0, reg)
    SET_LOCKED(WRITE)
    SET_LOCKED(CHECK)
    csrci MSECCFG, RLB
    csrr a0, MSECCFG
    CHECK_EQ(a0, POLICY)
    csrsi MSECCFG, RLB
    csrr a0, MSECCFG
    CHECK_EQ(a0, POLICY)
    sfence.vma
    la tp, locked_name
    li s0, 8
    li s2, PAGES + 4096
1:  call check_row
    li t0, 4096
    add s2, s2, t0
    addi s0, s0, 1
    li t0, 16
    bne s0, t0, 1b
    /* They cannot be changed, nor their addresses. */
    csrw pmpcfg2, x0
#if XLEN == 32
    csrw pmpcfg3, x0
#endif
    SET_LOCKED(CHECK)
    csrr s6, pmpaddr9
    csrw pmpaddr9, x0
    csrr a0, pmpaddr9
    CHECK_EQ_REG(a0, s6)
    li s0, 9
    li s2, PAGES + 2 * 4096
    call check_row
    /* Entry 0 is not locked: its rows without L, and none, change as before. */
    la tp, open_name
    li s0, 0
1:  li s2, PAGES
    call set_row
    call check_row
    addi s0, s0, 1
    li t0, 8
    bne s0, t0, 1b
    li s0, NO_ENTRY
    call set_row
    call check_row
    /* Entries 4 to 7 are free. A locked rule that lets anyone execute cannot be added under MML, others can, once. */
#if XLEN == 64
#define CFG4 pmpcfg0
#define SHIFT4 32
#else
#define CFG4 pmpcfg1
#define SHIFT4 0
#endif
.macro ADD_RULE bits, accepted
    li t0, (NAPOT | \bits) << SHIFT4
    csrs CFG4, t0
    csrr a0, CFG4
    srli a0, a0, SHIFT4
    andi a0, a0, 0xff
    CHECK_EQ(a0, \accepted)
.endm
    PAGE_ADDR 4, 0
#if POLICY & MML
    ADD_RULE L | X, 0
    ADD_RULE L | R | X, 0
    ADD_RULE L | W, 0
    ADD_RULE L | W | X, 0
    /* executable for S and U alone: that is no danger to M */
    ADD_RULE X, NAPOT | X
    li t0, 0xff << SHIFT4
    csrc CFG4, t0
#endif
    ADD_RULE L | R | W, NAPOT | L | R | W
    li t0, 0xff << SHIFT4
    csrc CFG4, t0
    csrr a0, CFG4
    srli a0, a0, SHIFT4
    andi a0, a0, 0xff
    CHECK_EQ(a0, NAPOT | L | R | W)
    la tp, added_name
    li s0, 11
    li s2, PAGES
    call check_row
    PASS

/* Entry 0 becomes row s0; s4: what it allows. */
set_row:
    li t0, NO_ENTRY
    mv t1, s5
    beq s0, t0, 1f
    andi t0, s0, 8
    slli t0, t0, 4
    andi t1, s0, 7
    or t0, t0, t1
    ori t0, t0, NAPOT
    or t1, s5, t0
1:  csrw pmpcfg0, t1
    sfence.vma
    csrr a0, pmpcfg0
    xor a0, a0, t1
    andi a0, a0, 0xff
    li a3, 0
    mv a1, s0
    li a6, POLICY
    slli t0, s0, 1
    la t1, allowed
    add t0, t0, t1
    lhu t0, 0(t0)
    li t1, RESERVED
    beq t0, t1, 2f
    MATCH 1
    ret
    /* Any value with a meaning may have been taken for one that has none. */
2:  csrr a0, pmpcfg0
    andi a0, a0, 3
    addi a0, a0, -W
    snez a0, a0
    li a3, 1
#ifndef QEMU /* keeps it */
    MATCH 2
#endif
    ret

/* Row s0 at page s2, for all modes (M, S, U, M with MPRV for U) and accesses (load, store, fetch). */
check_row:
    slli t0, s0, 1
    la t1, allowed
    add t0, t0, t1
    lhu s4, 0(t0)
    li t0, RESERVED
    beq s4, t0, row_done
    li s1, 0
next_mode:
    li s3, 0
next_access:
    mv a1, s2
    li a2, 0x73
    la t0, do_load
    slli t1, s3, 4
    add t0, t0, t1
    csrw mepc, t0
    ON_TRAP(back)
    li t0, 0x1800 | MPRV
    csrc mstatus, t0
    /* M: 0x1800, S: 0x800, U: 0 */
    la t0, mode_bits
    slli t1, s1, 2
    add t0, t0, t1
    lw t0, 0(t0)
    csrs mstatus, t0
    mret
    .balign 16
do_load:
    lw a0, 0(a1)
    ecall
    nop
    nop
do_store:
    sw a2, 0(a1)
    ecall
    nop
    nop
do_fetch:
    jr a1
back:
    mv a1, s0
    slli a2, s1, 4
    or a2, a2, s3
    li a6, POLICY
    /* M's rights at bit 0, the others' at 3; fetches with MPRV are M's own */
    li t0, 0
    beqz s1, 1f
    li t0, 3
    addi t1, s1, -3
    bnez t1, 1f
    addi t1, s3, -2
    bnez t1, 1f
    li t0, 0
1:  add t0, t0, s3
    srl t0, s4, t0
    andi s7, t0, 1
    la t0, causes
    mv t1, s3
    beqz s7, 1f
    addi t1, s1, 4
1:  add t0, t0, t1
    lbu a3, 0(t0)
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    MATCH 3
    bnez s7, 1f
    LX a0, TRAP_TVAL(t6)
    mv a3, s2
    MATCH 4
1:  addi s3, s3, 1
    li t0, 3
    bne s3, t0, next_access
    addi s1, s1, 1
    li t0, 4
    bne s1, t0, next_mode
row_done:
    ret
    .data
    .balign 4
mode_bits: .word 0x1800, 0x800, 0, 0x1800 | MPRV
    .section .rodata
bypass_name: .asciz "row, mode and access, policy; rewritten"
locked_name: .asciz "row, mode and access, policy; locked"
open_name: .asciz "row, mode and access, policy; rewritten without bypass"
added_name: .asciz "row, mode and access, policy; added without bypass"
