//: rv64 -cpu rv64 -DENTRIES=16
//: rv32 -cpu rv32 -DENTRIES=16
//: rv64 -cpu rv64,num-pmp-regions=64 -DENTRIES=64 noqemu
//: rv32 -cpu rv32,num-pmp-regions=64 -DENTRIES=64 noqemu
//: rv64 -cpu rv64,num-pmp-regions=0 -DENTRIES=0 noqemu
//: rv32 -cpu rv32,pmp=off -DENTRIES=0 noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PMP with 16, 64 and no entries: the registers there are, where an entry's byte is in them, that each entry does its
 * work, the order among all of them, locks.
 */
#include "macros.h"
#define R 1
#define W 2
#define X 4
#define TOR 8
#define NA4 0x10
#define NAPOT 0x18
#define L 0x80
/* csrrs a0, csr, x0 and csrrw x0, csr, a1 */
#define READ(csr) (csr) << 20 | 0x2573
#define WRITE(csr) (csr) << 20 | 0x59073
#define PMPCFG 0x3a0
#define PMPADDR 0x3b0
    .bss
    .balign 4096
area: .skip 4096

/* The register with entry n's byte, and the byte's place. */
#if XLEN == 64
#define CFG_OF(n) PMPCFG + (n) / 8 * 2
#define SHIFT_OF(n) ((n) % 8 * 8)
#else
#define CFG_OF(n) PMPCFG + (n) / 4
#define SHIFT_OF(n) ((n) % 4 * 8)
#endif
/* Entry n's byte becomes cfg. Clobbers t0. */
.macro SET_CFG n, cfg
    li t0, 0xff << SHIFT_OF(\n)
    csrc CFG_OF(\n), t0
    li t0, (\cfg) << SHIFT_OF(\n)
    csrs CFG_OF(\n), t0
    sfence.vma
.endm
/* a0 = entry n's byte */
.macro GET_CFG n
    csrr a0, CFG_OF(\n)
    srli a0, a0, SHIFT_OF(\n)
    andi a0, a0, 0xff
.endm
#define U_OK(...) ON_TRAP(7f); ENTER(PRV_U, 6f); 6: __VA_ARGS__; ecall; 7: la t6, trap_area; LX t6, TRAP_CAUSE(t6); \
    addi t6, t6, -8; beqz t6, 8f; la t6, trap_area; LX a0, TRAP_CAUSE(t6); LX a3, TRAP_TVAL(t6); li s10, __LINE__; \
    j fail_line; 8:
#define U_FAULT(cause, tval, ...) ON_TRAP(7f); ENTER(PRV_U, 6f); 6: __VA_ARGS__; ecall; 7: \
    CHECK_TRAP_TVAL_REG(cause, 6b, tval)

    START
    la s2, area
#if ENTRIES == 0
    .set i, 0
    .rept 16
    EXPECT_ILLEGAL(READ(PMPCFG + i))
    EXPECT_ILLEGAL(WRITE(PMPCFG + i))
    .set i, i + 1
    .endr
    .set i, 0
    .rept 64
    EXPECT_ILLEGAL(READ(PMPADDR + i))
    .set i, i + 1
    .endr
    /* nothing is protected */
    U_OK(sw s2, 0(s2); lw a0, 0(s2))
#else
    /* All registers, with values of their own; those beyond do not exist, odd ones of RV64 neither. */
    .set i, 0
    .rept 64
.if i < ENTRIES
    li t0, 0x1000 + i
    csrw PMPADDR + i, t0
.else
#ifndef QEMU /* has them, as zero */
    EXPECT_ILLEGAL(READ(PMPADDR + i))
    EXPECT_ILLEGAL(WRITE(PMPADDR + i))
#endif
.endif
    .set i, i + 1
    .endr
    .set i, 0
    .rept 16
.if XLEN == 64 && i % 2 == 1
    EXPECT_ILLEGAL(READ(PMPCFG + i))
    EXPECT_ILLEGAL(WRITE(PMPCFG + i))
.elseif i * 4 >= ENTRIES
#ifndef QEMU
    EXPECT_ILLEGAL(READ(PMPCFG + i))
    EXPECT_ILLEGAL(WRITE(PMPCFG + i))
#endif
.else
    csrr a0, PMPCFG + i
    CHECK_EQ(a0, 0)
.endif
    .set i, i + 1
    .endr
    .set i, 0
    .rept ENTRIES
    SET_CFG i, i % 4 + 4 * (i % 2)
    .set i, i + 1
    .endr
    .set i, 0
    .rept ENTRIES
    csrr a0, PMPADDR + i
    CHECK_EQ(a0, 0x1000 + i)
    GET_CFG i
.if i % 4 != 2 /* W without R is no value */
    CHECK_EQ(a0, i % 4 + 4 * (i % 2))
.endif
    SET_CFG i, 0
    .set i, i + 1
    .endr

    /* Each entry alone, before or behind the one that opens everything. */
    srli s3, s2, 2
    ori s3, s3, (4096 >> 3) - 1
    li s4, -1
    .set i, 0
    .rept ENTRIES - 1
    csrw PMPADDR + ENTRIES - 1, s4
    SET_CFG ENTRIES - 1, NAPOT | R | W | X
    csrw PMPADDR + i, s3
    SET_CFG i, NAPOT | R
    U_OK(lw a0, 0(s2))
    U_FAULT(7, s2, sw s2, 0(s2))
    SET_CFG i, NAPOT | R | W
    U_OK(sw s2, 0(s2))
    /* the next one says nothing about it, one in front says all */
.if i + 1 < ENTRIES - 1
    csrw PMPADDR + i + 1, s3
    SET_CFG i + 1, NAPOT
    U_OK(sw s2, 0(s2))
    SET_CFG i + 1, 0
.endif
.if i > 0
    csrw PMPADDR + i - 1, s3
    SET_CFG i - 1, NAPOT
    U_FAULT(5, s2, lw a0, 0(s2))
    SET_CFG i - 1, 0
    /* from the address of the one in front */
    srli t0, s2, 2
    addi t0, t0, 4
    csrw PMPADDR + i - 1, t0
    addi t0, t0, 4
    csrw PMPADDR + i, t0
    SET_CFG i, TOR
    addi s5, s2, 16
    addi s6, s2, 28
    U_OK(sw s2, 12(s2); sw s2, 32(s2))
    U_FAULT(5, s5, lw a0, 0(s5))
    U_FAULT(5, s6, lw a0, 0(s6))
.endif
    SET_CFG i, 0
    .set i, i + 1
    .endr
    /* The last one too */
    csrw PMPADDR + ENTRIES - 1, s3
    csrw pmpaddr0, s4
    SET_CFG 0, 0
    SET_CFG ENTRIES - 1, NAPOT | R | W
#ifndef QEMU /* traps in the mret */
    ON_TRAP(1f)
    ENTER(PRV_U, 2f)
2:  nop
    FAIL
1:  la s7, 2b
    CHECK_TRAP_TVAL_REG(1, 2b, s7)
#endif
    /* Each of them locks a word, for M mode too. */
    srli s3, s2, 2
    .set i, 0
    .rept ENTRIES
    csrw PMPADDR + i, s3
    sw s2, 4 * i(s2)
    SET_CFG i, NA4 | L | R
    lw a0, 4 * i(s2)
    addi s5, s2, 4 * i
    EXPECT_TRAP_TVAL_REG(7, s5, sw s2, 0(s5))
    SET_CFG i, 0
    GET_CFG i
    CHECK_EQ(a0, NA4 | L | R)
    csrw PMPADDR + i, x0
    csrr a0, PMPADDR + i
    CHECK_EQ_REG(a0, s3)
    addi s3, s3, 1
    .set i, i + 1
    .endr
#endif
    PASS
