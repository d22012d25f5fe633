//: a32
//: t32
//: a32 -cpu cortex-a15
//: t32 -cpu cortex-a7
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point of AArch32: Advanced SIMD follows FPSCR's standard value whatever FPSCR says (denormals flushed, the
 * default NaN, to nearest), VFP's scalars follow FPSCR. Comparisons, conversions and their saturation, flags.
 */
#include "macros.h"

START
    /* s0 = a denormal, s1 = 1.0; s2 = a signalling NaN, s3 = a quiet one */
    set_d 0, 0x3f800000, 0x00000001
    set_d 1, 0x7fc12345, 0x7fa54321
    .irp mode, 0, RUP, RTZ | DN, FZ
    control \mode
    vadd.f32 d2, d0, d0 /* flushed */
    EXPECT_D(2, 0x40000000, 0)
    EXPECT_FLAGS(IDC)
    control \mode
    vadd.f32 d2, d1, d0
    EXPECT_D(2, 0x7fc00000, 0x7fc00000)
    EXPECT_FLAGS(IDC | IOC)
    control \mode
    set_d 3, 0x3f800001, 0x3f800001
    vmul.f32 d2, d3, d3 /* inexact: to nearest, not up */
    EXPECT_D(2, 0x3f800002, 0x3f800002)
    EXPECT_FLAGS(IXC)
    .endr

    /* Scalars: the operands' NaN, quiet; or the default one. */
    control 0
    vadd.f32 s8, s2, s1
    vmov r0, s8
    EXPECT(r0, 0x7fe54321)
    EXPECT_FLAGS(IOC)
    control 0
    vadd.f32 s8, s1, s3
    vmov r0, s8
    EXPECT(r0, 0x7fc12345)
    EXPECT_FLAGS(0)
    vadd.f32 s8, s3, s2 /* the signalling one wins */
    vmov r0, s8
    EXPECT(r0, 0x7fe54321)
    control DN
    vadd.f32 s8, s1, s3
    vmov r0, s8
    EXPECT(r0, 0x7fc00000)
    control 0
    vadd.f32 s8, s0, s0 /* denormals count */
    vmov r0, s8
    EXPECT(r0, 2)
    EXPECT_FLAGS(0)
    control FZ
    vadd.f32 s8, s0, s0
    vmov r0, s8
    EXPECT(r0, 0)
    EXPECT_FLAGS(IDC)
    /* Rounding up; a result that is rounded to the smallest normal number is an underflow. */
    control RUP
    set_d 3, 0x3f800001, 0x3f800001
    vmul.f32 s8, s6, s6
    vmov r0, s8
    EXPECT(r0, 0x3f800003)
    EXPECT_FLAGS(IXC)
    control 0
    set_d 3, 0x3f7fffff, 0x00800000
    vmul.f32 s8, s6, s7
    vmov r0, s8
    EXPECT(r0, 0x00800000)
    EXPECT_FLAGS(IXC | UFC)
    /* 0 / 0, 1 / 0, overflow in doubles */
    control 0
    set_d 3, 0, 0
    vdiv.f64 d4, d3, d3
    EXPECT_D(4, 0x7ff80000, 0)
    EXPECT_FLAGS(IOC)
    control 0
    vmov.f64 d5, #1.0
    vdiv.f64 d4, d5, d3
    EXPECT_D(4, 0x7ff00000, 0)
    EXPECT_FLAGS(DZC)
    control RTZ
    set_d 6, 0x7fefffff, 0xffffffff
    vadd.f64 d4, d6, d6
    EXPECT_D(4, 0x7fefffff, 0xffffffff)
    EXPECT_FLAGS(OFC | IXC)

    /* VMLA rounds the product, VFMA does not. (1 + 2^-12)^2 - (1 + 2^-11) */
    control 0
    set_d 3, 0x3f801000, 0xbf800800
    set_d 3, 0x3f800800, 0xbf801000
    vmov.f32 s8, s6
    vmla.f32 s8, s7, s7
    vmov r0, s8
    EXPECT(r0, 0)
    vmov.f32 s8, s6
    vfma.f32 s8, s7, s7
    vmov r0, s8
    EXPECT(r0, 0x33800000)
    vmov.f32 s8, s6
    vnmla.f32 s8, s7, s7
    vmov r0, s8
    EXPECT(r0, 0)
    vmov d4, d3
    vmov.f32 s8, s6
    vmov.f32 s9, s6
    vdup.32 d5, d3[1]
    vmla.f32 d4, d5, d5
    EXPECT_D(4, 0, 0)

    /* Comparisons: FPSCR's flags, and by VMRS the APSR's; quiet NaNs. */
    control 0
    vcmp.f32 s1, s3
    vmrs r0, fpscr
    lsr r0, r0, #28
    EXPECT(r0, 3)
    EXPECT_FLAGS(0)
    vcmpe.f32 s1, s3
    EXPECT_FLAGS(IOC)
    control 0
    vcmp.f32 s1, #0.0
    vmrs APSR_nzcv, fpscr
    mov r0, #0
    it gt
    movgt r0, #1
    EXPECT(r0, 1)

    /* To integers: saturation, NaN; VCVTR by FPSCR's mode. */
    control RUP
    vmov.f32 s8, #2.5
    vcvtr.s32.f32 s9, s8
    vmov r0, s9
    EXPECT(r0, 3)
    vcvt.s32.f32 s9, s8
    vmov r0, s9
    EXPECT(r0, 2)
    control 0
    set_d 4, 0x7fc00000, 0xcf800000
    vcvt.s32.f32 s10, s8
    vmov r0, s10
    EXPECT(r0, 0x80000000)
    EXPECT_FLAGS(IOC)
    control 0
    vcvt.u32.f32 s10, s8
    vmov r0, s10
    EXPECT(r0, 0)
    EXPECT_FLAGS(IOC)
    vcvt.s32.f32 s10, s9
    vmov r0, s10
    EXPECT(r0, 0)
    vcvt.s32.f32 d5, d4
    EXPECT_D(5, 0, 0x80000000)
    /* Fixed point, in place: 16 bits saturate and are extended. */
    control 0
    vmov.f32 s8, #-3.0
    vcvt.s16.f32 s8, s8, #14
    vmov r0, s8
    EXPECT(r0, 0xffff8000)
    EXPECT_FLAGS(IOC)
    constant r0, 0x1234fffe
    vmov s8, r0
    vcvt.f32.s16 s8, s8, #1
    vmov r0, s8
    EXPECT(r0, 0xbf800000)
    set_d 4, 0xfffffffc, 3
    vcvt.f32.s32 d5, d4, #1
    EXPECT_D(5, 0xc0000000, 0x3fc00000)
    vcvt.u32.f32 d5, d5, #2
    EXPECT_D(5, 0, 6)

    /* Half precision by halves; the alternative format has no infinity. */
    control 0
    constant r0, 0x7c003c00
    vmov s8, r0
    vcvtb.f32.f16 s9, s8
    vcvtt.f32.f16 s10, s8
    vmov r0, s9
    EXPECT(r0, 0x3f800000)
    vmov r0, s10
    EXPECT(r0, 0x7f800000)
    control AHP
    vcvtt.f32.f16 s10, s8
    vmov r0, s10
    EXPECT(r0, 0x47800000)
    set_d 5, 0, 0x7f800000
    vcvtb.f16.f32 s8, s10
    vmov r0, s8
    EXPECT(r0, 0x7c007fff)
    EXPECT_FLAGS(IOC)

    /* Maximum: NaNs win, +0 is above -0. Estimates of special values. */
    control 0
    set_d 4, 0x80000000, 0x7fc00001
    set_d 5, 0x00000000, 0x3f800000
    vmax.f32 d6, d4, d5
    EXPECT_D(6, 0, 0x7fc00000)
    vmin.f32 d6, d5, d4
    EXPECT_D(6, 0x80000000, 0x7fc00000)
    set_d 4, 0x7f800000, 0x80000000
    vrecpe.f32 d6, d4
    EXPECT_D(6, 0, 0xff800000)
    EXPECT_FLAGS(DZC)
    control 0
    vrsqrte.f32 d6, d4
    EXPECT_D(6, 0, 0xff800000)
    /* Steps: infinity times zero. */
    vswp d4, d5
    set_d 4, 0, 0x7f800000
    set_d 5, 0x7f800000, 0
    vrecps.f32 d6, d4, d5
    EXPECT_D(6, 0x40000000, 0x40000000)
    vrsqrts.f32 d6, d4, d5
    EXPECT_D(6, 0x3fc00000, 0x3fc00000)
    PASS
