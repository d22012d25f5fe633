//: a32
//: t32
/* SPDX-License-Identifier: BSD-2-Clause */
/* What Armv8 added: rounding, selection, maximum of numbers, directed conversions, half precision, cryptography. */
#include "macros.h"
    .arch armv8.2-a
    .fpu crypto-neon-fp-armv8
    .arch_extension fp16

START
    control 0
    vmov.f32 s0, #2.5
    vmov.f32 s1, #-2.5
    .macro rounded how, plus, minus
    vrint\how\().f32 s2, s0
    vmov r0, s2
    EXPECT(r0, \plus)
    vrint\how\().f32 d3, d0
    EXPECT_D(3, \minus, \plus)
    .endm
    rounded a, 0x40400000, 0xc0400000
    rounded n, 0x40000000, 0xc0000000
    rounded p, 0x40400000, 0xc0000000
    rounded m, 0x40000000, 0xc0400000
    rounded z, 0x40000000, 0xc0000000
    EXPECT_FLAGS(0)
    rounded x, 0x40000000, 0xc0000000
    EXPECT_FLAGS(IXC)
    control RUP
    vrintr.f32 s2, s0
    vmov r0, s2
    EXPECT(r0, 0x40400000)
    EXPECT_FLAGS(0)
    vcvta.s32.f32 s2, s1
    vmov r0, s2
    EXPECT(r0, -3)
    vcvtm.s32.f32 s2, s1
    vmov r0, s2
    EXPECT(r0, -3)
    vcvtp.u32.f32 s2, s1 /* negative: saturates */
    vmov r0, s2
    EXPECT(r0, 0)
    EXPECT_FLAGS(IXC | IOC)
    vcvtn.s32.f32 d2, d0
    EXPECT_D(2, -2, 2)

    /* VSEL: by APSR's flags; no condition field. */
    mov r0, #0
    cmp r0, #0
    vseleq.f32 s2, s0, s1
    vselgt.f32 s3, s0, s1
    EXPECT_D(1, 0xc0200000, 0x40200000)
    cmp r0, #1
    vselge.f64 d2, d0, d1
    EXPECT_D(2, 0xc0200000, 0x40200000)

    /* Of a quiet NaN and a number the number. */
    control 0
    set_d 2, 0x7fc00000, 0x00000000
    set_d 3, 0x3f800000, 0x80000000
    vmaxnm.f32 d4, d2, d3
    EXPECT_D(4, 0x3f800000, 0)
    vminnm.f32 d4, d2, d3
    EXPECT_D(4, 0x3f800000, 0x80000000)
    vmaxnm.f32 s8, s5, s6 /* NaN, -0 */
    vmov r0, s8
    EXPECT(r0, 0x80000000)

    /* Half precision: FZ16 flushes it without a flag, in vectors too. */
    set_d 2, 0x3c003c00, 0x00010001
    vadd.f16 d4, d2, d2
    EXPECT_D(4, 0x40004000, 0x00020002)
    vadd.f16 s8, s4, s4
    vmov r0, s8
    EXPECT(r0, 2)
    control FZ16
    vadd.f16 d4, d2, d2
    EXPECT_D(4, 0x40004000, 0)
    vadd.f16 s8, s4, s4
    vmov r0, s8
    EXPECT(r0, 0)
    EXPECT_FLAGS(0)
    control 0
    /* Halves to and from general registers; what is above a half in S becomes zero. */
    constant r0, 0xabcd3c00
    vmov.f16 s8, r0
    vmov r0, s8
    EXPECT(r0, 0x3c00)
    constant r0, 0xffffffff
    vmov.f16 r0, s8
    EXPECT(r0, 0x3c00)
    /* 1.0 and -2.5, in halves and in doubles. */
    constant r0, 0x3c00
    vmov.f16 s0, r0
    constant r0, 0xc100
    vmov.f16 s1, r0
    constant r0, 0x7e00
    vmov.f16 s2, r0
    vmaxnm.f16 s4, s0, s1
    vminnm.f16 s5, s0, s1
    EXPECT_D(2, 0xc100, 0x3c00)
    vmaxnm.f16 s4, s2, s1
    vminnm.f16 s5, s0, s2
    EXPECT_D(2, 0x3c00, 0xc100)
    mov r0, #1
    cmp r0, #1
    vseleq.f16 s4, s0, s1
    vselgt.f16 s5, s0, s1
    EXPECT_D(2, 0xc100, 0x3c00)
    .macro half_rounded how, value, integer
    vrint\how\().f16 s4, s1
    vmov r0, s4
    EXPECT(r0, \value)
    vcvt\how\().s32.f16 s4, s1
    vmov r0, s4
    EXPECT(r0, \integer)
    vcvt.f64.f32 d5, s14
    vrint\how\().f64 d4, d5
    vcvt.f32.f64 s12, d4
    vmov r0, s12
    .endm
    vmov.f32 s14, #-2.5
    half_rounded a, 0xc200, -3
    EXPECT(r0, 0xc0400000)
    half_rounded n, 0xc000, -2
    EXPECT(r0, 0xc0000000)
    half_rounded p, 0xc000, -2
    EXPECT(r0, 0xc0000000)
    half_rounded m, 0xc200, -3
    EXPECT(r0, 0xc0400000)
    vcvta.s32.f64 s12, d5
    vcvtm.s32.f64 s13, d5
    EXPECT_D(6, -3, -3)
    vcvtn.s32.f64 s12, d5
    vcvtp.u32.f64 s13, d5 /* negative: saturates */
    EXPECT_D(6, 0, -2)
    vmov.f64 d4, #1.0
    vmaxnm.f64 d6, d4, d5
    EXPECT_D(6, 0x3ff00000, 0)
    vminnm.f64 d6, d4, d5
    EXPECT_D(6, 0xc0040000, 0)
    control 0
    constant r0, 0x12345678
    vmov s8, r0
    vmovx.f16 s9, s8
    EXPECT_D(4, 0x1234, 0x12345678)
    vins.f16 s9, s8
    EXPECT_D(4, 0x56781234, 0x12345678)

    /* FIPS 197, B: the first round, by AESE with a key of zeros, then AESMC. */
    ldr r0, =aes_in
    vld1.8 {d0, d1}, [r0]
    vmov.i8 q1, #0
    aese.8 q0, q1
    aesmc.8 q0, q0
    add r0, r0, #16
    vld1.8 {d4, d5}, [r0]
    vceq.i8 q3, q0, q2
    EXPECT_D(6, 0xffffffff, 0xffffffff)
    EXPECT_D(7, 0xffffffff, 0xffffffff)
    set_d 0, 0, 3
    set_d 1, 0, 5
    vmull.p64 q1, d0, d1
    EXPECT_D(2, 0, 15)
    EXPECT_D(3, 0, 0)
    PASS
    .balign 16
/* FIPS 197, B: the state at the first round's start, and behind MixColumns. */
aes_in:
    .byte 0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b, 0x9a, 0xc6, 0x8d, 0x2a, 0xe9, 0xf8, 0x48, 0x08
    .byte 0x04, 0x66, 0x81, 0xe5, 0xe0, 0xcb, 0x19, 0x9a, 0x48, 0xf8, 0xd3, 0x7a, 0x28, 0x06, 0x26, 0x4c
