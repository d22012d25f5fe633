//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores: widths, extension, offsets, addresses that are not aligned or cross a page. */
#include "macros.h"

    .bss
    .balign 4096
area: .skip 3 * 4096
    .data
    .balign 16
pattern:
    .byte 0x80, 0x91, 0xa2, 0xb3, 0xc4, 0xd5, 0xe6, 0xf7
    .byte 0x01, 0x12, 0x23, 0x34, 0x45, 0x56, 0x67, 0x78
    .byte 0x89, 0x9a, 0xab, 0xbc, 0xcd, 0xde, 0xef, 0xf0

/* LOADS op, expected at offset 0, 1, 7 (not aligned) and 8 */
.macro LOADS op, v0, v1, v7, v8
    la a1, pattern
    la s2, pattern + 2047
    \op a0, 0(a1)
    CHECK_EQ(a0, \v0)
    \op t3, 0(a1)
    CHECK_EQ(t3, \v0)
    \op a0, 1(a1)
    CHECK_EQ(a0, \v1)
    \op a0, 7(a1)
    CHECK_EQ(a0, \v7)
    \op a0, 8(a1)
    CHECK_EQ(a0, \v8)
    \op t3, 7-2047(s2)
    CHECK_EQ(t3, \v7)
    la s2, pattern - 2047
    \op t3, 2047(s2)
    CHECK_EQ(t3, \v0)
    la a0, pattern
    \op a0, 8(a0) /* the address register is overwritten */
    CHECK_EQ(a0, \v8)
    \op x0, 0(a1)
    CHECK_EQ(x0, 0)
.endm

/* CROSS load, store, size, value as loaded: every split over a page's end, with guards */
.macro CROSS store, load, size, value
    li s2, 1
1:  la s3, area + 4096
    sub s3, s3, s2 /* s2 bytes are on the first page */
    li t0, 0x77
    sb t0, -1(s3)
    sb t0, \size(s3)
    li a1, \value
    \store a1, 0(s3)
    \load a0, 0(s3)
    CHECK_EQ_REG(a0, a1)
    lbu a0, -1(s3)
    CHECK_EQ(a0, 0x77)
    lbu a0, \size(s3)
    CHECK_EQ(a0, 0x77)
    /* byte by byte */
    li s4, 0
    mv s5, a1
2:  add t0, s3, s4
    lbu a0, 0(t0)
    andi a3, s5, 0xff
    CHECK_EQ_REG(a0, a3)
    srli s5, s5, 8
    addi s4, s4, 1
    li t0, \size
    bne s4, t0, 2b
    addi s2, s2, 1
    li t0, \size
    bltu s2, t0, 1b
.endm

    START
#if XLEN == 64
    LOADS lb, -128, -111, -9, 1
    LOADS lbu, 0x80, 0x91, 0xf7, 1
    LOADS lh, 0xffffffffffff9180, 0xffffffffffffa291, 0x1f7, 0x1201
    LOADS lhu, 0x9180, 0xa291, 0x1f7, 0x1201
    LOADS lw, 0xffffffffb3a29180, 0xffffffffc4b3a291, 0x231201f7, 0x34231201
    LOADS lwu, 0xb3a29180, 0xc4b3a291, 0x231201f7, 0x34231201
    LOADS ld, 0xf7e6d5c4b3a29180, 0x01f7e6d5c4b3a291, 0x67564534231201f7, 0x7867564534231201
#else
    LOADS lb, -128, -111, -9, 1
    LOADS lbu, 0x80, 0x91, 0xf7, 1
    LOADS lh, 0xffff9180, 0xffffa291, 0x1f7, 0x1201
    LOADS lhu, 0x9180, 0xa291, 0x1f7, 0x1201
    LOADS lw, 0xb3a29180, 0xc4b3a291, 0x231201f7, 0x34231201
#endif
    /* Stores write their width and nothing else. */
    la s2, area
    li a1, -1
    SX a1, 0(s2)
    SX a1, XBYTES(s2)
    li a2, 0x12345678
    sb a2, 1(s2)
    lw a0, 0(s2)
    li a3, 0xffff78ff
    sub a0, a0, a3
    sext.h a0, a0
    CHECK_EQ(a0, 0)
    lhu a0, 2(s2)
    CHECK_EQ(a0, 0xffff)
    sh a2, 2(s2)
    lhu a0, 2(s2)
    CHECK_EQ(a0, 0x5678)
    lhu a0, 0(s2)
    CHECK_EQ(a0, 0x78ff)
    lhu a0, 4(s2)
    CHECK_EQ(a0, 0xffff)
    li t3, 0x9abcdef0
    sw t3, 3(s2)
    lbu a0, 2(s2)
    CHECK_EQ(a0, 0x78)
    lbu a0, 3(s2)
    CHECK_EQ(a0, 0xf0)
    lbu a0, 6(s2)
    CHECK_EQ(a0, 0x9a)
    lbu a0, 7(s2)
    CHECK_EQ(a0, 0xff)
    sb x0, 7(s2)
    lb a0, 7(s2)
    CHECK_EQ(a0, 0)
#if XLEN == 64
    li a2, 0x0123456789abcdef
    sd a2, 5(s2)
    ld a0, 5(s2)
    CHECK_EQ_REG(a0, a2)
    lwu a0, 5(s2)
    CHECK_EQ(a0, 0x89abcdef)
    sd s2, 0(s2)
    ld a0, 0(s2)
    CHECK_EQ_REG(a0, s2)
    CROSS sd, ld, 8, 0x8123456789abcdef
    CROSS sw, lwu, 4, 0x89abcdef
    CROSS sw, lw, 4, 0xffffffff89abcdef
#else
    CROSS sw, lw, 4, 0x89abcdef
#endif
    CROSS sh, lhu, 2, 0xcdef
    /* A negative and the greatest offset, from a pinned and another register. */
    la a1, area + 2048
    li a2, 0x55
    sb a2, -2048(a1)
    sb a2, 2047(a1)
    la t4, area
    lbu t3, 0(t4)
    CHECK_EQ(t3, 0x55)
    la t4, area + 4095
    lbu t3, 0(t4)
    CHECK_EQ(t3, 0x55)

    /* FP loads box, stores take the low bits as they are. */
    la a1, pattern
    la s2, area
    flw fa0, 0(a1)
    fsd fa0, 0(s2)
    lw a0, 0(s2)
#if XLEN == 64
    CHECK_EQ(a0, 0xffffffffb3a29180)
#else
    CHECK_EQ(a0, 0xb3a29180)
#endif
    lw a0, 4(s2)
    CHECK_EQ(a0, -1)
    flw ft11, 3(a1)
    fsd ft11, 5(s2)
    lw a0, 5(s2)
#if XLEN == 64
    CHECK_EQ(a0, 0xffffffffe6d5c4b3)
#else
    CHECK_EQ(a0, 0xe6d5c4b3)
#endif
    lw a0, 9(s2)
    CHECK_EQ(a0, -1)
    flh fa1, 2(a1)
    fsd fa1, 0(s2)
    lw a0, 0(s2)
#if XLEN == 64
    CHECK_EQ(a0, 0xffffffffffffb3a2)
#else
    CHECK_EQ(a0, 0xffffb3a2)
#endif
    lw a0, 4(s2)
    CHECK_EQ(a0, -1)
    fld fa2, 1(a1)
    li t0, -1
    sw t0, 16(s2)
    sw t0, 20(s2)
    fsh fa2, 16(s2) /* boxed or not does not matter */
    lhu a0, 16(s2)
    CHECK_EQ(a0, 0xa291)
    lhu a0, 18(s2)
    CHECK_EQ(a0, 0xffff)
    fsw fa2, 17(s2)
    lhu a0, 17(s2)
    CHECK_EQ(a0, 0xa291)
    lhu a0, 19(s2)
    CHECK_EQ(a0, 0xc4b3)
    lbu a0, 21(s2)
    CHECK_EQ(a0, 0xff)
    la s3, area + 4096 - 3
    fsd fa2, 0(s3)
    fld ft8, 0(s3)
    fsd ft8, 0(s2)
    lw a0, 0(s2)
    lw a3, 1(a1)
    CHECK_EQ_REG(a0, a3)
    lw a0, 4(s2)
    lw a3, 5(a1)
    CHECK_EQ_REG(a0, a3)
    /* no flags from any of that */
    frcsr a0
    CHECK_EQ(a0, 0)
    /* An access fault: nothing is mapped there. The destination keeps its value. */
    li a1, 0x8000000
    li a0, 5
    li t3, 6
    EXPECT_TRAP(5, 0x8000004, lw t3, 4(a1))
    CHECK_EQ(t3, 6)
    EXPECT_TRAP(7, 0x7ffffff, sb a1, -1(a1))
    EXPECT_TRAP(5, 0x8000008, fld fa0, 8(a1))
    ON_TRAP(1f)
    jr a1
    FAIL
1:  CHECK_TRAP(1, 0x8000000, 0x8000000)
    PASS
