//: rv64 -cpu max -DSV=39
//: rv64 -cpu max -DSV=48
//: rv32 -cpu max32 -DSV=32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits of sstatus set and cleared by S mode between other instructions: SUM holds for the very next access and no longer,
 * an interrupt that SIE lets in is taken before the next instruction, and rd has what was there before.
 */
#include "macros.h"
#include "paging.h"
#define SIE 2
#define SSI 2
#if XLEN == 64
#define SD (1 << 63)
#else
#define SD (1 << 31)
#endif
    .bss
    .balign 4096
page: .skip 4096
    .text
    .balign 4
supervisor: /* an interrupt in S mode: where, and back to M */
    csrr s5, sepc
    ecall
    START
    PAGING_ON
    MAP 0, page, PTE_RW | PTE_U
    li a1, TEST_VA
    li s2, SUM
    li s3, SUM | MXR
    li s4, 77
    la t0, supervisor
    csrw stvec, t0

    /* SUM by a constant, by a register, with others; a user's page is out of reach before and behind. */
    RUN_FAULT(PRV_S, 13, a1, lw a0, 0(a1))
    RUN(PRV_S, li t0, SUM; csrs sstatus, t0; sw s4, 8(a1); lw s6, 8(a1); csrc sstatus, t0; 5: lw a0, 0(a1))
    CHECK_TRAP_TVAL_REG(13, 5b, a1)
    CHECK_EQ(s6, 77)
    RUN(PRV_S, csrs sstatus, s2; sw s2, 8(a1); lw s6, 8(a1); csrc sstatus, s2; 5: sw a0, 0(a1))
    CHECK_TRAP_TVAL_REG(15, 5b, a1)
    CHECK_EQ(s6, SUM)
    RUN(PRV_S, csrs sstatus, s3; lw s6, 8(a1); csrc sstatus, s3; 5: lw a0, 0(a1))
    CHECK_TRAP_TVAL_REG(13, 5b, a1)
    /* MXR alone goes, and SUM stays. */
    RUN_OK(PRV_S, csrs sstatus, s3; li t0, MXR; csrc sstatus, t0; lw s6, 8(a1); csrr s7, sstatus; csrc sstatus, s2)
    li t0, SUM | MXR
    and s7, s7, t0
    CHECK_EQ(s7, SUM)
    /* Again and again, from both sides of a loop. */
    li s8, 200
    RUN(PRV_S, 4: csrs sstatus, s2; sw s8, 8(a1); csrc sstatus, s2; addi s8, s8, -1; bnez s8, 4b; 5: lw a0, 8(a1))
    addi a2, a1, 8
    CHECK_TRAP_TVAL_REG(13, 5b, a2)
    /* Nothing by zero bits. */
    RUN(PRV_S, csrs sstatus, x0; li t0, 0; csrs sstatus, t0; 5: lw a0, 0(a1))
    CHECK_TRAP_TVAL_REG(13, 5b, a1)

    /* What rd gets, also where it is rs1. */
    RUN_OK(PRV_S, csrrs s6, sstatus, s2; csrrc s7, sstatus, s2; csrr s8, sstatus)
    and s9, s6, s2
    CHECK_EQ(s9, 0)
    or s6, s6, s2
    CHECK_EQ_REG(s6, s7)
    xor s7, s7, s2
    CHECK_EQ_REG(s7, s8)
    mv s9, s2
    RUN_OK(PRV_S, csrrs s9, sstatus, s9; lw s6, 8(a1))
    and s9, s9, s2
    CHECK_EQ(s9, 0)
    mv s9, s2
    RUN(PRV_S, csrrc s9, sstatus, s9; 5: lw s6, 0(a1))
    CHECK_TRAP_TVAL_REG(13, 5b, a1)
    and s9, s9, s2
    CHECK_EQ(s9, SUM)
    RUN_OK(PRV_S, csrrsi s6, sstatus, SIE; csrrci s7, sstatus, SIE; csrr s8, sstatus)
    andi s6, s6, SIE
    CHECK_EQ(s6, 0)
    andi s7, s7, SIE
    CHECK_EQ(s7, SIE)
    andi s8, s8, SIE
    CHECK_EQ(s8, 0)

    /* An M-mode load under MPRV follows SUM of sstatus too. */
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x800 | MPRV
    csrs mstatus, t0
    csrs sstatus, s2
    lw s6, 8(a1)
    csrc sstatus, s2
    EXPECT_TRAP_TVAL_REG(13, a1, lw s6, 0(a1))

    /* SD and FS. */
    li s6, 0
1:  li t0, 0x6000
    csrc mstatus, t0
    slli t1, s6, 13
    csrs mstatus, t1
    csrr s7, sstatus
    li t0, SD | 0x6000
    and s7, s7, t0
    li t0, 3
    bne s6, t0, 2f
    li t0, SD
    or t1, t1, t0
2:  CHECK_EQ_REG(s7, t1)
    addi s6, s6, 1
    li t0, 4
    bne s6, t0, 1b

    /* An interrupt that waits is taken behind what sets SIE: nothing of the next instruction is seen. */
    csrwi mideleg, SSI
    csrwi mie, SSI
#define TAKEN(...) \
    li s5, 0; li s7, 0; csrwi mip, SSI; RUN_OK(PRV_S, __VA_ARGS__; 5: li s7, 1; li s7, 2) \
    la t0, 5b; CHECK_EQ_REG(s5, t0) CHECK_EQ(s7, 0) csrci sstatus, SIE; csrwi mip, 0
#define NOT_TAKEN(...) \
    li s5, 0; li s7, 0; csrwi mip, SSI; RUN_OK(PRV_S, __VA_ARGS__; li s7, 1) \
    CHECK_EQ(s5, 0) CHECK_EQ(s7, 1) csrwi mip, 0; csrci sstatus, SIE
    li s9, SIE
    li s10, SIE | SUM
    TAKEN(csrsi sstatus, SIE)
    TAKEN(csrrsi s6, sstatus, SIE)
    TAKEN(li t0, SIE; csrs sstatus, t0)
    TAKEN(csrs sstatus, s9)
    TAKEN(csrrs s6, sstatus, s9)
    TAKEN(csrs sstatus, s10)
    TAKEN(csrw sstatus, s10)
    csrc sstatus, s2
    NOT_TAKEN(csrsi sstatus, 0)
    NOT_TAKEN(csrs sstatus, x0)
    li s9, 0
    NOT_TAKEN(csrs sstatus, s9)
    NOT_TAKEN(csrs sstatus, s2; csrc sstatus, s2)
    NOT_TAKEN(csrci sstatus, SIE)
    csrwi mie, 0
    NOT_TAKEN(csrsi sstatus, SIE; csrci sstatus, SIE)
    /* One that comes while SIE is set. */
    csrwi mie, SSI
    li s5, 0
    RUN_OK(PRV_S, csrsi sstatus, SIE; csrsi sip, SSI; 5: li s7, 9)
    la t0, 5b
    CHECK_EQ_REG(s5, t0)
    PASS
