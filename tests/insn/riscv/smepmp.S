//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Smepmp: rule locking bypass, machine-mode whitelist, machine-mode lockdown with its reading of R, W, X and L. */
#include "macros.h"
#define MSECCFG 0x747
#define MML 1
#define MMWP 2
#define RLB 4
#define R 1
#define W 2
#define X 4
#define NAPOT 0x18
#define L 0x80
    .data
    .balign 65536 /* apart from the code */
    .bss
    .balign 4096
area: .skip 4096

    START
    csrr a0, MSECCFG
    CHECK_EQ(a0, 0)
    /* With RLB, locked entries can be written. */
    li t0, RLB
    csrw MSECCFG, t0
    csrr a0, MSECCFG
    CHECK_EQ(a0, RLB)
    la s2, area
    srli t0, s2, 2
    ori t0, t0, 0x1ff
    csrw pmpaddr0, t0
    li t0, NAPOT | L | R
    csrw pmpcfg0, t0
    EXPECT_TRAP_TVAL_REG(7, s2, sw a0, 0(s2))
    csrw pmpcfg0, x0
    csrr a0, pmpcfg0
    CHECK_EQ(a0, 0)
    sw a0, 0(s2)

    /*
     * Machine-mode lockdown. Entry 1: this code (M may execute and, being the tests' data too, M and U share it as far as
     * it goes); entry 2: the finisher. L R W X means "shared, read only" under MML, so the code and its data are apart:
     * entry 1, code, L|X|R: M executes and reads; entry 3, all of RAM, L|R|W: M reads and writes.
     */
    la t0, _start
    srli t0, t0, 2
    li t1, (0x10000 >> 3) - 1
    or t0, t0, t1
    csrw pmpaddr1, t0 /* 64 KiB of code */
    li t0, (0x100000 >> 2) | (0x1000 >> 3) - 1
    csrw pmpaddr2, t0
    li t0, (0x80000000 >> 2) | ((0x400000 >> 3) - 1)
    csrw pmpaddr3, t0
    li t0, ((L | NAPOT | X) << 8) | ((L | NAPOT | R | W) << 16)
    li t1, (L | NAPOT | R | W) << 24
    or t0, t0, t1
    csrw pmpcfg0, t0
    li t0, RLB | MMWP | MML
    csrw MSECCFG, t0
    csrr a0, MSECCFG
    CHECK_EQ(a0, RLB | MMWP | MML)
    /* sticky */
    li t0, RLB
    csrw MSECCFG, t0
    csrr a0, MSECCFG
    CHECK_EQ(a0, RLB | MMWP | MML)

.macro ENTRY0 cfg
    li t0, 0xff
    csrc pmpcfg0, t0
    li t0, \cfg
    csrs pmpcfg0, t0
.endm
#define M_OK(...) __VA_ARGS__
#define M_FAULT(cause, ...) EXPECT_TRAP_TVAL_REG(cause, s2, __VA_ARGS__)
    /* not locked: M has no rights, U as in R, W, X */
    ENTRY0 NAPOT | R | W
    M_FAULT(5, lw a0, 0(s2))
    M_FAULT(7, sw a0, 0(s2))
    /* locked: M's alone */
    ENTRY0 NAPOT | L | R | W
    M_OK(lw a0, 0(s2); sw a0, 0(s2))
    ENTRY0 NAPOT | L | R
    M_OK(lw a0, 0(s2))
    M_FAULT(7, sw a0, 0(s2))
    /* W without R: shared data; M writes, U reads (and writes with X) */
    ENTRY0 NAPOT | W
    M_OK(lw a0, 0(s2); sw a0, 0(s2))
    ENTRY0 NAPOT | W | X
    M_OK(lw a0, 0(s2); sw a0, 0(s2))
    /* L W: shared code, executed by both; L W X: M reads too */
    ENTRY0 NAPOT | L | W
    M_FAULT(5, lw a0, 0(s2))
    M_FAULT(7, sw a0, 0(s2))
    ENTRY0 NAPOT | L | W | X
    M_OK(lw a0, 0(s2))
    M_FAULT(7, sw a0, 0(s2))
    /* L R W X: both read, nobody else does anything */
    ENTRY0 NAPOT | L | R | W | X
    M_OK(lw a0, 0(s2))
    M_FAULT(7, sw a0, 0(s2))
    /* execution: not from what is not locked, not from data */
    ENTRY0 NAPOT | R | W | X
    ON_TRAP(1f)
    jr s2
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 1)
    ENTRY0 NAPOT | L | R | W
    li t0, 0x00008067 /* ret */
    sw t0, 0(s2)
    fence.i
    ON_TRAP(1f)
    jr s2
1:  la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 1)
    ENTRY0 NAPOT | L | X | R
    jalr s2
    ENTRY0 NAPOT | L | W
    jalr s2
    /* Whitelist: what no entry matches is closed to M. */
    li s2, CLINT
    EXPECT_TRAP(5, CLINT, lw a0, 0(s2))
    /* The bypass can be given up, with locked entries for good. */
    li t0, MML | MMWP
    csrw MSECCFG, t0
    csrr a0, MSECCFG
    CHECK_EQ(a0, MML | MMWP)
    csrsi MSECCFG, RLB
    csrr a0, MSECCFG
    CHECK_EQ(a0, MML | MMWP)
    PASS
