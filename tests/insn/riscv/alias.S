//: rv64 -cpu max
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same two pages of code mapped at many addresses: what depends on the PC is right at each of them, before and
 * after the code is changed, and so are the addresses of its exceptions.
 */
#include "macros.h"

#define ALIASES 250
#define ALIAS_BASE 0x1234000000 /* index 72 of the first level, 416 of the second */
#define UPPER 0x12345

    .data
word: .word 1
    .bss
    .balign 4096
level1: .skip 4096
level2: .skip 4096
level3: .skip 4096

    START
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    la t0, level1
    la t1, level2
    srli t2, t1, 2
    ori t2, t2, 1
    sd t2, 72 * 8(t0)
    la t2, level3
    srli t3, t2, 2
    ori t3, t3, 1
    li t4, 416 * 8
    add t1, t1, t4
    sd t3, 0(t1)
    /* Entries in turn for the first and the second page: A, D, X, R, V. */
    la t3, code
    srli t3, t3, 2
    ori t3, t3, 0xcb
    li t4, ALIASES
1:  sd t3, 0(t2)
    addi t5, t3, 0x400
    sd t5, 8(t2)
    addi t2, t2, 16
    addi t4, t4, -1
    bnez t4, 1b
    /* The RAM itself, for the word that is loaded: 1 GiB at its own address. */
    li t2, 0x200000c7
    sd t2, 2 * 8(t0)
    srli t0, t0, 12
    li t1, 8 << 60
    or t0, t0, t1
    csrw satp, t0
    sfence.vma

    li s5, 0 /* the turn */
turn:
    li t0, 3
    beq s5, t0, faults
    li s3, 7
    li t0, 2
    bne s5, t0, 1f
    /* In the third one the code has changed. */
    la t0, changed
    lw t1, 0(t0)
    la t0, change
    sw t1, 0(t0)
    fence.i
    li s3, -1234
1:  li s1, ALIAS_BASE
    li s6, ALIASES
next_alias:
    la s4, word
    ON_TRAP(back)
    csrw mepc, s1
    li t5, 0x1800
    csrc mstatus, t5
    li t5, PRV_S << 11
    csrs mstatus, t5
    mret
back:
    la t0, trap_area
    LX t1, TRAP_CAUSE(t0)
    CHECK_EQ(t1, 9)
    LX t1, TRAP_EPC(t0)
    la t2, code
    la t3, last
    sub t3, t3, t2
    add t3, t3, s1
    CHECK_EQ_REG(t1, t3)
    CHECK_EQ_REG(a0, s1)
    li t3, (UPPER << 12) + 4 - 5
    add t3, t3, s1
    CHECK_EQ_REG(a1, t3)
    la t3, link1
    sub t3, t3, t2
    add t3, t3, s1
    CHECK_EQ_REG(a2, t3)
    CHECK_EQ(s7, 3)
    la t3, link2
    sub t3, t3, t2
    add t3, t3, s1
    CHECK_EQ_REG(a4, t3)
    CHECK_EQ(a5, 0x123456789abcdef0)
    li t3, 4096
    add t3, t3, s1
    CHECK_EQ_REG(a6, t3)
    CHECK_EQ_REG(a7, s3)
    la t3, link3
    sub t3, t3, t2
    add t3, t3, s1
    CHECK_EQ_REG(s8, t3)
    li t3, 8192
    add s1, s1, t3
    addi s6, s6, -1
    bnez s6, next_alias
    addi s5, s5, 1
    j turn

    /* The load in the middle faults. */
faults:
    li s1, ALIAS_BASE
    li s6, ALIASES
    li s4, 0x3000000008
1:  ON_TRAP(2f)
    csrw mepc, s1
    li t5, 0x1800
    csrc mstatus, t5
    li t5, PRV_S << 11
    csrs mstatus, t5
    mret
2:  la t0, trap_area
    LX t1, TRAP_CAUSE(t0)
    CHECK_EQ(t1, 13)
    LX t1, TRAP_TVAL(t0)
    CHECK_EQ_REG(t1, s4)
    LX t1, TRAP_EPC(t0)
    la t2, code
    la t3, fault
    sub t3, t3, t2
    add t3, t3, s1
    CHECK_EQ_REG(t1, t3)
    CHECK_EQ_REG(a0, s1)
    li t3, 8192
    add s1, s1, t3
    addi s6, s6, -1
    bnez s6, 1b
    PASS

changed:
    li a7, -1234

    /* The two pages. */
    .balign 4096
code:
    auipc a0, 0
    auipc a1, UPPER
    addi a1, a1, -5
fault:
    lw t1, 0(s4)
    jal ra, 1f
link1:
    ebreak
1:  mv a2, ra
    li t0, 3
    li s7, 0
2:  addi s7, s7, 1
    addi t0, t0, -1
    bnez t0, 2b
    jal ra, other
link2:
3:  auipc t0, %pcrel_hi(literal)
    ld a5, %pcrel_lo(3b)(t0)
4:  auipc t0, %pcrel_hi(other_far)
    jalr ra, %pcrel_lo(4b)(t0)
link3:
change:
    li a7, 7
    beqz x0, 5f
    ebreak
5:  bnez s7, 6f
    ebreak
6:  j last
    .balign 8
literal:
    .dword 0x123456789abcdef0
    .balign 4096
other:
    auipc a6, 0
    mv a4, ra
    ret
other_far:
    mv s8, ra
    ret
last:
    ecall
    .balign 4096
