//: rv64 -cpu max,zama16b=off
//: rv32 -cpu max32,zama16b=off
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Atomic operations on addresses that are not aligned: an exception of a store, with the address in tval; the register
 * and memory keep what they have. lrsc.S and amocas.S have theirs, memory.S what loads and stores do: they succeed.
 */
#include "macros.h"
    .bss
    .balign 4096
area: .skip 8192

/* From address s2, width w or d: every offset that is not aligned. */
.macro MISALIGNED insn, width, bytes
    li s3, 1
1:  add s4, s2, s3
    li a0, 0x1234
    li a1, 0x5678
    EXPECT_TRAP_TVAL_REG(6, s4, \insn\().\width a2, a1, (s4))
    EXPECT_TRAP_TVAL_REG(6, s4, \insn\().\width\().aqrl a2, a1, (s4))
    EXPECT_TRAP_TVAL_REG(6, s4, \insn\().\width x0, x0, (s4))
    CHECK_EQ(a2, 77)
    addi s3, s3, 1
    li t0, \bytes
    bne s3, t0, 1b
.endm
.macro CHECK_MEMORY
    li s3, 0
1:  add t0, s2, s3
    lbu a0, 0(t0)
    addi a1, s3, 0x80
    CHECK_EQ_REG(a0, a1)
    addi s3, s3, 1
    li t0, 16
    bne s3, t0, 1b
.endm
.macro ALL
    li s3, 0
1:  add t0, s2, s3
    addi a1, s3, 0x80
    sb a1, 0(t0)
    addi s3, s3, 1
    li t0, 16
    bne s3, t0, 1b
    li a2, 77
    .irp insn, amoswap, amoadd, amoxor, amoand, amoor, amomin, amomax, amominu, amomaxu
    MISALIGNED \insn, w, 4
#if XLEN == 64
    MISALIGNED \insn, d, 8
#endif
    .endr
    CHECK_MEMORY
.endm

    START
#ifndef QEMU /* says that it was a load */
    la s2, area
    ALL
    la s2, area + 4096 - 8 /* over the end of a page */
    ALL
#endif
    /* Aligned to four: words succeed, doublewords do not. */
#if XLEN == 64
    la s2, area + 4
    li a0, 5
    sw a0, 0(s2)
    amoadd.w a1, a0, (s2)
    CHECK_EQ(a1, 5)
    lw a0, 0(s2)
    CHECK_EQ(a0, 10)
#ifndef QEMU
    EXPECT_TRAP_TVAL_REG(6, s2, amoadd.d a1, a0, (s2))
#endif
    EXPECT_TRAP_TVAL_REG(4, s2, lr.d a1, (s2))
#endif
    PASS
