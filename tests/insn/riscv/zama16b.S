//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu max,zama16b=off -DOFF
//: rv32 -cpu max32,zama16b=off -DOFF
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zama16b: misaligned atomic operations on words and doublewords that do not leave 16 aligned bytes. Without it, and for
 * lr, sc, compare-and-swap and Zabha's, misaligned ones fault. Those beyond 16 bytes may do either: here they fault.
 */
#include "macros.h"
    .bss
    .balign 64
area: .skip 64

/* At each offset: amo on 4 or 8 bytes gives what was there and leaves all else as it was. */
.macro TRY op, load, store, size, old, operand, new
    li s4, 1
1:  li t0, -1 /* all bytes are 0xff, but for the access's */
    sw t0, 0(s2)
    sw t0, 4(s2)
    sw t0, 8(s2)
    sw t0, 12(s2)
    add s3, s2, s4
    li t0, \old
    \store t0, 0(s3)
    li a2, \operand
    \op a1, a2, (s3)
    CHECK_EQ(a1, \old)
    \load a1, 0(s3)
    CHECK_EQ(a1, \new)
    li t0, -1
    \store t0, 0(s3)
    lw t0, 0(s2)
    lw t1, 4(s2)
    and t0, t0, t1
    lw t1, 8(s2)
    and t0, t0, t1
    lw t1, 12(s2)
    and t0, t0, t1
    CHECK_EQ(t0, -1)
    addi s4, s4, 1
    li t0, 16 - \size + 1
    bltu s4, t0, 1b
.endm

    START
    la s2, area
#ifdef OFF
    j off
#endif
    TRY amoadd.w, lw, sw, 4, 0x7fffffff, 2, -0x7fffffff
    TRY amoswap.w.aqrl, lw, sw, 4, 0x12345678, -0x76543211, -0x76543211
    TRY amoand.w, lw, sw, 4, 0x12345678, 0x0f0f0f0f, 0x02040608
    TRY amoor.w.aq, lw, sw, 4, 0x12345678, 0x0f0f0f0f, 0x1f3f5f7f
    TRY amoxor.w.rl, lw, sw, 4, 0x12345678, -1, -0x12345679
    TRY amomin.w, lw, sw, 4, -5, 3, -5
    TRY amomax.w, lw, sw, 4, -5, 3, 3
    TRY amominu.w, lw, sw, 4, -5, 3, 3
    TRY amomaxu.w, lw, sw, 4, -5, 3, -5
#if XLEN == 64
    TRY amoadd.d, ld, sd, 8, 0x7fffffffffffffff, 2, -0x7fffffffffffffff
    TRY amoswap.d, ld, sd, 8, 0x0123456789abcdef, 0x1122334455667788, 0x1122334455667788
    TRY amoxor.d, ld, sd, 8, 0x0123456789abcdef, -1, -0x0123456789abcdf0
    TRY amomin.d.aqrl, ld, sd, 8, -5, 3, -5
    TRY amomaxu.d, ld, sd, 8, -5, 3, -5
#endif
    j beyond
off:
#ifndef QEMU /* says that it was a load */
    addi s3, s2, 2
    EXPECT_TRAP_TVAL_REG(6, s3, amoadd.w a1, a2, (s3))
    addi s3, s2, 3
    EXPECT_TRAP_TVAL_REG(6, s3, amoswap.w.aqrl a1, a2, (s3))
#if XLEN == 64
    addi s3, s2, 4
    EXPECT_TRAP_TVAL_REG(6, s3, amomax.d a1, a2, (s3))
#endif
#endif
beyond:
#ifndef QEMU /* grants those beyond 16 bytes too */
    addi s3, s2, 14
    EXPECT_TRAP_TVAL_REG(6, s3, amoadd.w a1, a2, (s3))
#if XLEN == 64
    addi s3, s2, 12
    EXPECT_TRAP_TVAL_REG(6, s3, amoor.d a1, a2, (s3))
#endif
#endif
    /* a misaligned one of x0 and one into x0 */
#ifndef OFF
    addi s3, s2, 6
    li a1, 0x1234567
    sw a1, 0(s3)
    amoadd.w x0, a1, (s3)
    amoadd.w a2, x0, (s3)
    CHECK_EQ(a2, 0x2468ace)
#endif
    /* reservations and compare-and-swap */
    addi s3, s2, 2
    EXPECT_TRAP_TVAL_REG(4, s3, lr.w a1, (s3))
#ifndef QEMU /* fails without a look at the address; says of amocas that it was a load, as of Zabha's */
    EXPECT_TRAP_TVAL_REG(6, s3, sc.w a1, a1, (s3))
    EXPECT_TRAP_TVAL_REG(6, s3, .insn r 0x2f, 2, 0x14, a0, s3, a2)
    addi s3, s2, 1
    EXPECT_TRAP_TVAL_REG(6, s3, .insn r 0x2f, 1, 0, a0, s3, a2)
#endif
    PASS
