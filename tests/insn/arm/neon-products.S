//: a32
//: t32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Advanced SIMD of AArch32 beside the base: dot products, bfloat16, halves into singles, complex numbers, VQRDMLAH. */
#include "macros.h"
    .arch armv8.6-a
    .fpu crypto-neon-fp-armv8
    .arch_extension fp16
    .arch_extension fp16fml
    .arch_extension simd
    .arch_extension dotprod
    .arch_extension i8mm

.macro row h1, l1, h0, l0, flags, line, insn:vararg
    vmov q0, q8
    control 0
    \insn
    expect_flags (\flags), \line
    expect_d 0, \h0, \l0, \line
    expect_d 1, \h1, \l1, \line
.endm
#define ROW(h1, l1, h0, l0, flags, ...) row h1, l1, h0, l0, flags, __LINE__, __VA_ARGS__

START
    /* Doubled products rounded and added, which saturate once. */
    SET(8, 0x7fff8000, 0x0001ffff, 0x00001234, 0x80007fff)
    SET(1, 0x80008000, 0x40007fff, 0xc0010003, 0x80007fff)
    SET(2, 0x80008000, 0x4000ffff, 0x0002c000, 0x80007fff)
    ROW(0x7fff0000, 0x2001fffe, 0xffff1233, 0x00007fff, QC, vqrdmlah.s16 q0, q1, q2)
    ROW(0x7fff0000, 0xc0018000, 0x3fff1231, 0x00000000, QC, vqrdmlah.s16 q0, q1, d4[1])
    ROW(0x7fffffff, 0x2002bfff, 0xfffeb23a, 0xffff8001, QC, vqrdmlah.s32 q0, q1, q2)
    ROW(0x7ffcc003, 0x00036002, 0xfffeb23a, 0x80000000, QC, vqrdmlah.s32 q0, q1, d4[1])
    ROW(0xffff8000, 0xe0010000, 0x00011236, 0x80000001, QC, vqrdmlsh.s16 q0, q1, q2)
    ROW(0xffff8000, 0x40017ffe, 0xc0011237, 0x80007fff, QC, vqrdmlsh.s16 q0, q1, d4[1])
    ROW(0x00008000, 0xe0013fff, 0x0001722e, 0x80000000, QC, vqrdmlsh.s32 q0, q1, q2)
    ROW(0x7fffffff, 0x00009ffc, 0x0001722e, 0x80033ffc, QC, vqrdmlsh.s32 q0, q1, d4[1])

    /* Products of bytes. */
    SET(8, 0x00000001, 0xfffffff0, 0x7fffffff, 0x80000000)
    SET(1, 0x80ff7f01, 0x02fe8081, 0xff00807f, 0x7f7f7f7f)
    SET(2, 0x8080fe02, 0xff017f7f, 0x7f80ff01, 0x8080807f)
    ROW(0x00003f85, 0xffff816b, 0x8000007f, 0x7fff8081, 0, vsdot.s8 q0, q1, q2)
    ROW(0x00013d85, 0x0000826b, 0x8000fe7f, 0x8000fd81, 0, vudot.u8 q0, q1, q2)
    ROW(0x00000001, 0xfffffff0, 0x8000007f, 0x7fff8081, 0, vsdot.s8 d0, d2, d4)
    ROW(0xffffc083, 0x000001ef, 0x8000007f, 0x7fffff81, 0, vsdot.s8 q0, q1, d4[1])
    ROW(0x0000ff80, 0x0000ffef, 0x8000fe80, 0x8000fd81, 0, vudot.u8 q0, q1, d4[0])
    ROW(0xffff3f85, 0x0000806b, 0x80007e7f, 0x7fff8081, 0, vusdot.s8 q0, q1, q2)
    ROW(0xffffbf83, 0xffff81ef, 0x80007e7f, 0x7fffff81, 0, vusdot.s8 q0, q1, d4[1])
    ROW(0xffffff80, 0xffff80ef, 0x7ffffe80, 0x8000fd81, 0, vsudot.u8 q0, q1, d4[0])
    ROW(0xffffc100, 0xffffc171, 0x8000807f, 0x7fff8101, 0, vsmmla.s8 q0, q1, q2)
    ROW(0x0001c000, 0x00023d71, 0x8001fc7f, 0x8001fc01, 0, vummla.u8 q0, q1, q2)
    ROW(0xffffc000, 0xffff3f71, 0x7ffffe7f, 0x7fffff01, 0, vusmmla.s8 q0, q1, q2)

    /* bfloat16. */
    SET(8, 0x3f800000, 0x3f800001, 0xc0000000, 0x7f7fffff)
    SET(1, 0x3fc0c000, 0x3f813f83, 0x40400040, 0x7f007f7f)
    SET(2, 0x40003f00, 0x3b813f85, 0x7f803f80, 0x3f804000)
    ROW(0x40400000, 0x40045001, 0x7f800000, 0x7f800000, 0, vdot.bf16 q0, q1, q2)
    ROW(0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000, 0, vdot.bf16 q0, q1, d4[1])
    ROW(0x40822801, 0x7f800000, 0x7f800000, 0x7f800000, 0, vmmla.bf16 q0, q1, q2)
    ROW(0x00000000, 0x40040f00, 0xc0000000, 0x7f800000, OFC | IXC | IDC, vfmab.bf16 q0, q1, q2)
    ROW(0xff800000, 0x7f800000, 0x7fc00000, 0x7f800000, IOC | IDC, vfmab.bf16 q0, q1, d4[3])
    ROW(0x40800000, 0x3f808203, 0x7f800000, 0x7f800000, OFC | IXC, vfmat.bf16 q0, q1, q2)
    ROW(0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000, 0, vfmat.bf16 q0, q1, d4[3])
    SET(1, 0x3f818000, 0x3f808000, 0xff7fffff, 0x7fa00001)
    ROW(0x3f800000, 0x3f800001, 0x3f823f80, 0xff807fc0, IOC | OFC | IXC, vcvt.bf16.f32 d0, q1)

    /* Halves into singles. */
    SET(8, 0x3f800000, 0xc0e00000, 0x7f7fffff, 0x00000001)
    SET(1, 0x3e007bff, 0x00018001, 0xc0007c00, 0x3c014200)
    SET(2, 0x40007bff, 0x00017bff, 0x3400bc00, 0x3c013800)
    ROW(0x3f000000, 0xff800000, 0x7f7fffff, 0x3fc00000, IXC | IDC, vfmal.f16 q0, d2, d4)
    ROW(0x3f000000, 0x7f800000, 0x7f7fffff, 0x3f400000, IXC | IDC, vfmal.f16 q0, d2, d4[3])
    ROW(0x3fc00000, 0x7f800000, 0x7f7fffff, 0xbfc00000, IXC | IDC, vfmsl.f16 q0, d2, d4)
    ROW(0x3fc00000, 0xff800000, 0x7f7fffff, 0xbf400000, IXC | IDC, vfmsl.f16 q0, d2, d4[3])

    /* Complex numbers. */
    SET(8, 0x3f800000, 0xbf800000, 0x7f7fffff, 0x40800000)
    SET(1, 0x40000000, 0x40400000, 0x3f800001, 0xc0a00000)
    SET(2, 0x40e00000, 0x7f800000, 0x3f800001, 0x3f000000)
    ROW(0x41b00000, 0x7f800000, 0x7f7fffff, 0x3fc00000, IXC, vcmla.f32 q0, q1, q2, #0)
    ROW(0x7f800000, 0xc1700000, 0x7f7fffff, 0x403fffff, IXC, vcmla.f32 q0, q1, q2, #90)
    ROW(0xc1a00000, 0xff800000, 0x7f7fffff, 0x40d00000, IXC, vcmla.f32 q0, q1, q2, #180)
    ROW(0xff800000, 0x41500000, 0x7f7fffff, 0x40a00001, IXC, vcmla.f32 q0, q1, q2, #270)
    ROW(0x7f800000, 0xc0800000, 0x3fc00001, 0xc0c00000, IXC, vcadd.f32 q0, q1, q2, #90)
    ROW(0xff800000, 0x41200000, 0x3f000002, 0xc0800000, IXC, vcadd.f32 q0, q1, q2, #270)
    ROW(0x40000000, 0xc0400001, 0x7f7fffff, 0x403fffff, IXC, vcmla.f32 q0, q1, d4[0], #90)
    ROW(0xc0000002, 0xc0200000, 0x7f7fffff, 0x40d00000, IXC, vcmla.f32 q0, q1, d4[0], #180)
    SET(8, 0x3c004000, 0x42004400, 0xc5004600, 0xc7004800)
    SET(1, 0x4000c200, 0x38004700, 0x4880c900, 0x3c004200)
    SET(2, 0x4400c400, 0x3c017c00, 0xc6003400, 0x4980ca00)
    ROW(0xc9804b00, 0x49017c00, 0x52e04300, 0x4e80cf00, IXC, vcmla.f16 q0, q1, q2, #0)
    ROW(0xc700c600, 0x7c004300, 0xc1805380, 0xccc0c200, IXC, vcmla.f16 q0, q1, q2, #90)
    ROW(0x4a80c900, 0xc402fc00, 0xd4104840, 0xd1005180, IXC, vcmla.f16 q0, q1, q2, #180)
    ROW(0x48804900, 0xfc004480, 0xc740d200, 0x45004cc0, IXC, vcmla.f16 q0, q1, q2, #270)
    ROW(0xc000c700, 0x7c004600, 0x48a0c400, 0xc980c800, IXC, vcadd.f16 q0, q1, q2, #90)
    ROW(0x46003c00, 0xfc004800, 0x4860cc00, 0x4a804b00, IXC, vcadd.f16 q0, q1, q2, #270)
    ROW(0xcdc0cd00, 0xc200be00, 0xd710d5d0, 0xccc0c200, 0, vcmla.f16 q0, q1, d4[0], #90)
    ROW(0x5040d040, 0xd4a05580, 0x5690d720, 0xd1005180, 0, vcmla.f16 q0, q1, d4[0], #180)
    PASS
