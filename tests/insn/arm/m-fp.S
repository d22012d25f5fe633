//: m -cpu cortex-m4 -march=armv7e-m+fp -mfloat-abi=hard
//: m -cpu cortex-m7 -march=armv7e-m -mfpu=fpv5-d16 -mfloat-abi=hard -DNEWER -DDOUBLES
//: m -cpu cortex-m33 -march=armv8-m.main -mfpu=fpv5-sp-d16 -mfloat-abi=hard -DNEWER
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point of M-profile: FPv4 of single precision, FPv5, with doubles where the core has them; where it has not,
 * they are undefined. Manuals: DDI 0403, A6.4 and on; DDI 0553, C2.4.
 */
#include "macros.h"

#define CPACR 0xe000ed88
#define VTOR 0xe000ed08

/* s0 = a, s1 = b; s2 afterwards. */
.macro single a, b, value, line, insn:vararg
    constant r0, \a
    vmov s0, r0
    constant r0, \b
    vmov s1, r0
    constant r0, 0x40000000 /* 2.0 */
    vmov s2, r0
    \insn
    vmov r0, s2
    expect r0, \value, \line
.endm
#define S(a, b, value, ...) single a, b, value, __LINE__, __VA_ARGS__
#define ONE 0x3f800000
#define TWO 0x40000000
#define TWO_AND_HALF 0x40200000
#define UNDEFINED(insn) movs r5, #0; .inst.w insn; EXPECT(r5, 3)

START
    place_of r0, stack
    mov sp, r0
    constant r0, VTOR
    place_of r1, vectors
    str r1, [r0]
    dsb
    S(ONE, TWO_AND_HALF, 0x40600000, vadd.f32 s2, s0, s1)
    S(ONE, TWO_AND_HALF, 0xbfc00000, vsub.f32 s2, s0, s1)
    S(TWO, TWO_AND_HALF, 0x40a00000, vmul.f32 s2, s0, s1)
    S(TWO, TWO_AND_HALF, 0xc0a00000, vnmul.f32 s2, s0, s1)
    S(ONE, TWO_AND_HALF, 0x3ecccccd, vdiv.f32 s2, s0, s1)
    S(TWO, TWO_AND_HALF, 0x40e00000, vmla.f32 s2, s0, s1)
    S(TWO, TWO_AND_HALF, 0xc0400000, vmls.f32 s2, s0, s1)
    S(TWO, TWO_AND_HALF, 0x40400000, vnmls.f32 s2, s0, s1)
    S(TWO, TWO_AND_HALF, 0xc0e00000, vnmla.f32 s2, s0, s1)
    S(TWO, TWO_AND_HALF, 0x40e00000, vfma.f32 s2, s0, s1)
    S(TWO, TWO_AND_HALF, 0xc0400000, vfms.f32 s2, s0, s1)
    S(0xbf800000, 0, ONE, vabs.f32 s2, s0)
    S(ONE, 0, 0xbf800000, vneg.f32 s2, s0)
    S(0x41100000, 0, 0x40400000, vsqrt.f32 s2, s0)
    S(TWO_AND_HALF, 0, TWO_AND_HALF, vmov.f32 s2, s0)
    S(0, 0, 0x40500000, vmov.f32 s2, #3.25)
    S(TWO_AND_HALF, 0, 2, vcvt.s32.f32 s2, s0)
    S(0xc0200000, 0, 0xfffffffe, vcvt.s32.f32 s2, s0)
    S(0xc0200000, 0, 0, vcvt.u32.f32 s2, s0)
    S(0x40600000, 0, 4, vcvtr.s32.f32 s2, s0) /* 3.5 to nearest, even */
    S(0xffffffff, 0, 0xbf800000, vcvt.f32.s32 s2, s0)
    S(0xffffffff, 0, 0x4f800000, vcvt.f32.u32 s2, s0)
    S(TWO_AND_HALF, 0, 0x40004100, vcvtb.f16.f32 s2, s0)
    S(TWO_AND_HALF, 0, 0x41000000, vcvtt.f16.f32 s2, s0)
    S(0x41004000, 0, TWO, vcvtb.f32.f16 s2, s0)
    S(0x41004000, 0, TWO_AND_HALF, vcvtt.f32.f16 s2, s0)
    S(0, 0, 0x20, vcvt.s32.f32 s2, s2, #4) /* with a fraction of 4 bits */
    S(0, 0, 0x48800000, vcvt.f32.u32 s2, s2, #12) /* 0x40000000 of 2^-12 */

    /* Comparisons, the flags and exceptions of FPSCR. */
    vmov.f32 s0, #1.0
    vmov.f32 s1, #2.0
    vcmp.f32 s0, s1
    vmrs APSR_nzcv, fpscr
    mrs r0, apsr
    EXPECT(r0, 0x80000000)
    vcmpe.f32 s0, #0.0
    vmrs r0, fpscr
    and r0, r0, #0xf0000000
    EXPECT(r0, 0x20000000)
    control 0
    constant r0, 0x7f800001
    vmov s0, r0
    vadd.f32 s2, s0, s1
    vmrs r0, fpscr
    EXPECT(r0, 1) /* IOC */
    vmov r0, s2
    EXPECT(r0, 0x7fc00001)
    control 0x02000000 /* default NaNs */
    vadd.f32 s2, s0, s1
    vmov r0, s2
    EXPECT(r0, 0x7fc00000)
    control 0

    /* Memory, pairs, lanes. */
    place_of r1, data
    vmov.f32 s4, #1.0
    vmov.f32 s5, #2.0
    vstr s4, [r1]
    vstr d2, [r1, #8]
    vldr s6, [r1, #12]
    vmov r0, s6
    EXPECT(r0, TWO)
    vldr d4, [r1, #8]
    vmov r0, r2, d4
    EXPECT(r0, ONE)
    EXPECT(r2, TWO)
    vmov s10, s11, r2, r0
    vmov r0, r2, s10, s11
    EXPECT(r0, TWO)
    EXPECT(r2, ONE)
    vmov d3, r0, r2
    .inst.w 0xee330b10 /* vmov.32 r0, d3[1] */
    EXPECT(r0, ONE)
    .inst.w 0xee030b10 /* vmov.32 d3[0], r0 */
    vmov r0, s6
    EXPECT(r0, ONE)
    mov r2, r1
    vstmia r2!, {s4-s7}
    sub r0, r2, r1
    EXPECT(r0, 16)
    vldmdb r2!, {d8, d9}
    vmov r0, s17
    EXPECT(r0, TWO)
    vpush {d8}
    vpop {d10}
    vmov r0, s21
    EXPECT(r0, TWO)

#ifdef NEWER
    cmp r0, r0
    S(ONE, TWO, ONE, vseleq.f32 s2, s0, s1) /* the flags are of the last check: equal */
    S(ONE, TWO, TWO, vselgt.f32 s2, s0, s1)
    S(ONE, 0x7fc00000, ONE, vmaxnm.f32 s2, s0, s1)
    S(ONE, TWO, ONE, vminnm.f32 s2, s0, s1)
    S(TWO_AND_HALF, 0, 0x40400000, vrinta.f32 s2, s0)
    S(TWO_AND_HALF, 0, TWO, vrintn.f32 s2, s0)
    S(TWO_AND_HALF, 0, TWO, vrintz.f32 s2, s0)
    S(TWO_AND_HALF, 0, TWO, vrintr.f32 s2, s0)
    S(TWO_AND_HALF, 0, 3, vcvta.s32.f32 s2, s0)
    S(TWO_AND_HALF, 0, 3, vcvtp.u32.f32 s2, s0)
    S(TWO_AND_HALF, 0, 2, vcvtm.s32.f32 s2, s0)
#else
    UNDEFINED(0xfe201a20) /* VSEL */
#endif
#ifdef DOUBLES
    vmov.f64 d1, #2.5
    vmov.f64 d2, #4.0
    vadd.f64 d3, d1, d2
    EXPECT_D(3, 0x401a0000, 0)
    vdiv.f64 d3, d1, d2
    EXPECT_D(3, 0x3fe40000, 0)
    vsqrt.f64 d3, d2
    EXPECT_D(3, 0x40000000, 0)
    vcvt.f32.f64 s0, d1
    vmov r0, s0
    EXPECT(r0, TWO_AND_HALF)
    vcvt.f64.f32 d3, s0
    EXPECT_D(3, 0x40040000, 0)
    vcvt.s32.f64 s0, d1
    vmov r0, s0
    EXPECT(r0, 2)
    vcmp.f64 d1, d2
    vmrs APSR_nzcv, fpscr
    vselge.f64 d3, d1, d2
    EXPECT_D(3, 0x40100000, 0)
    vmaxnm.f64 d3, d1, d2
    EXPECT_D(3, 0x40100000, 0)
    vrintm.f64 d3, d1
    EXPECT_D(3, 0x40000000, 0)
    vcvtp.s32.f64 s0, d1
    vmov r0, s0
    EXPECT(r0, 3)
#else
    UNDEFINED(0xee313b02) /* VADD.F64 */
    UNDEFINED(0xeeb13bc2) /* VSQRT.F64 */
#endif
    /* Without access it is a fault, whose instruction comes again. */
    constant r0, CPACR
    movs r1, #0
    str r1, [r0]
    dsb
    isb
    UNDEFINED(0xee300a20)
    PASS

    .thumb_func
handler:
    mrs r5, ipsr
    ldr r1, [sp, #24]
    adds r1, #4
    str r1, [sp, #24]
    bx lr
    .balign 256
vectors:
    .word stack
    .rept 15
    .word handler
    .endr
    .bss
    .balign 8
data:
    .space 64
    .space 512
stack:
