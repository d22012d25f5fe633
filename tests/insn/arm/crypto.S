//: a64
//: a32
//: t32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Cryptography: each instruction once, and SM4 as a whole by the example of its standard, GB/T 32907. */
#include "macros.h"

#ifdef __aarch64__

.macro row high, low, line, insn:vararg
    mov v0.16b, v16.16b
    \insn
    expect_v 0, \high, \low, \line
.endm
#define ROW(high, low, ...) row high, low, __LINE__, __VA_ARGS__

START
    NUMBERS(16, 0x0011223344556677, 0x8899aabbccddeeff)
    NUMBERS(1, 0x8000000100007fff, 0xfedcba9876543210)
    NUMBERS(2, 0x2b7e151628aed2a6, 0xabf7158809cf4f3c)
    NUMBERS(3, 0x61b7a3f00c2d1e4f, 0x9e3779b97f4a7c15)
    ROW(0x1b6e862338a793c4, 0xf482d426cdfccadf, aese v0.16b, v1.16b)
    ROW(0xc0688ea13af27c97, 0x86e393320fed9461, aesd v0.16b, v1.16b)
    ROW(0x189a818265800164, 0x329876dcba10fe54, aesmc v0.16b, v1.16b)
    ROW(0x4afad3e2ee3d8ad9, 0x39937dd7b11bf55f, aesimc v0.16b, v1.16b)
    ROW(0x06fca0de3a97445b, 0xabdcd2789cbd39b8, sha1c q0, s1, v2.4s)
    ROW(0x3a2fd4118ba8489f, 0x3ad6ca375037547b, sha1p q0, s1, v2.4s)
    ROW(0x06fca0de7bab856f, 0x35fd5c98b40e4489, sha1m q0, s1, v2.4s)
    ROW(0x0000000000000000, 0x000000001d950c84, sha1h s0, s1)
    ROW(0xd5b38dbd1aaf86c1, 0x237f9d008147c7b4, sha1su0 v0.4s, v1.4s, v2.4s)
    ROW(0xc82715fa88aacced, 0x1133aa896402a8ce, sha1su1 v0.4s, v1.4s)
    ROW(0xea433313c85e0838, 0xf7d51306e9404853, sha256h q0, q1, v2.4s)
    ROW(0x60b7b00b3021743f, 0x08bf912aa17ce302, sha256h2 q0, q1, v2.4s)
    ROW(0x22b355e672e42c7d, 0x483981d2d98ad323, sha256su0 v0.4s, v1.4s)
    ROW(0x4432de760b1e090c, 0x50bd3a0f7ec8a48d, sha256su1 v0.4s, v1.4s, v2.4s)
    ROW(0x1f92a292e6623d6a, 0x24c04150d04b59cb, sha512h q0, q1, v2.2d)
    ROW(0x3aa3f66759ff2c74, 0x3bcfb1c823b01933, sha512h2 q0, q1, v2.2d)
    ROW(0x6e7e5ab6d8064bd5, 0x7fa24d3bc4c43b90, sha512su0 v0.2d, v1.2d)
    ROW(0x398f275171081720, 0xa7ed7a361ad90cc0, sha512su1 v0.2d, v1.2d, v2.2d)
    ROW(0xcac9b6e72483b316, 0xcb1cd6a900d10139, eor3 v0.16b, v1.16b, v2.16b, v3.16b)
    ROW(0x8a4814072082bf5f, 0xdf1cbe9876d13138, bcax v0.16b, v1.16b, v2.16b, v3.16b)
    ROW(0xd6fc2a2d515ddab3, 0xa932918865caac69, rax1 v0.2d, v1.2d, v2.2d)
    ROW(0xab7e151728aead59, 0x552baf107f9b7d2c, xar v0.2d, v1.2d, v2.2d, #0)
    ROW(0xd5bf0a8b945756ac, 0x2a95d7883fcdbe96, xar v0.2d, v1.2d, v2.2d, #1)
    ROW(0x56fc2a2e515d5ab3, 0xaa575e20ff36fa58, xar v0.2d, v1.2d, v2.2d, #63)
    ROW(0xfbe945a65362c45e, 0x272380fd7edfb7f6, sm3partw1 v0.4s, v1.4s, v2.4s)
    ROW(0xb1860fff133c4a9c, 0x8dcfd4765d2e42eb, sm3partw2 v0.4s, v1.4s, v2.4s)
    ROW(0x9ae8834600000000, 0x0000000000000000, sm3ss1 v0.4s, v1.4s, v2.4s, v3.4s)
    ROW(0x575d231400112233, 0xaaccee888899aabb, sm3tt1a v0.4s, v1.4s, v2.s[3])
    ROW(0x6fa71c6a00112233, 0x33ba22ab8899aabb, sm3tt2a v0.4s, v1.4s, v2.s[0])
    ROW(0x87c113d800112233, 0xaaccee888899aabb, sm3tt1b v0.4s, v1.4s, v2.s[2])
    ROW(0x02b72a9c00112233, 0x33ba22ab8899aabb, sm3tt2b v0.4s, v1.4s, v2.s[1])

    /* SM4: the key, and the same as the text. Round keys are four a register, v16 to v23. */
    NUMBERS(0, 0x76543210fedcba98, 0x89abcdef01234567)
    NUMBERS(1, 0xb27022dc677d9197, 0x56aa3350a3b1bac6)
    eor v2.16b, v0.16b, v1.16b
    adr x1, constants
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23
    ldr q3, [x1], #16
    sm4ekey v2.4s, v2.4s, v3.4s
    mov v\n\().16b, v2.16b
    .endr
    EXPECT_V(16, 0x7ba920775a6ab19a, 0x41662b61f12186f9)
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23
    sm4e v0.4s, v\n\().4s
    .endr
    EXPECT_V(0, 0x681edf34d206965e, 0x86b3e94f536e4246)
    PASS

    .balign 16
constants: /* byte j of word i is 7 * (4 * i + j), the first the highest */
    .set i, 0
    .rept 32
    .word (28 * i & 255) << 24 | ((28 * i + 7) & 255) << 16 | ((28 * i + 14) & 255) << 8 | ((28 * i + 21) & 255)
    .set i, i + 1
    .endr

#else
    .arch armv8-a
    .fpu crypto-neon-fp-armv8

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
    SET(8, 0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff)
    SET(1, 0x80000001, 0x00007fff, 0xfedcba98, 0x76543210)
    SET(2, 0x2b7e1516, 0x28aed2a6, 0xabf71588, 0x09cf4f3c)
    ROW(0x1b6e8623, 0x38a793c4, 0xf482d426, 0xcdfccadf, 0, aese.8 q0, q1)
    ROW(0xc0688ea1, 0x3af27c97, 0x86e39332, 0x0fed9461, 0, aesd.8 q0, q1)
    ROW(0x189a8182, 0x65800164, 0x329876dc, 0xba10fe54, 0, aesmc.8 q0, q1)
    ROW(0x4afad3e2, 0xee3d8ad9, 0x39937dd7, 0xb11bf55f, 0, aesimc.8 q0, q1)
    ROW(0x06fca0de, 0x3a97445b, 0xabdcd278, 0x9cbd39b8, 0, sha1c.32 q0, q1, q2)
    ROW(0x3a2fd411, 0x8ba8489f, 0x3ad6ca37, 0x5037547b, 0, sha1p.32 q0, q1, q2)
    ROW(0x06fca0de, 0x7bab856f, 0x35fd5c98, 0xb40e4489, 0, sha1m.32 q0, q1, q2)
    ROW(0x00000000, 0x00000000, 0x00000000, 0x1d950c84, 0, sha1h.32 q0, q1)
    ROW(0xd5b38dbd, 0x1aaf86c1, 0x237f9d00, 0x8147c7b4, 0, sha1su0.32 q0, q1, q2)
    ROW(0xc82715fa, 0x88aacced, 0x1133aa89, 0x6402a8ce, 0, sha1su1.32 q0, q1)
    ROW(0xea433313, 0xc85e0838, 0xf7d51306, 0xe9404853, 0, sha256h.32 q0, q1, q2)
    ROW(0x60b7b00b, 0x3021743f, 0x08bf912a, 0xa17ce302, 0, sha256h2.32 q0, q1, q2)
    ROW(0x22b355e6, 0x72e42c7d, 0x483981d2, 0xd98ad323, 0, sha256su0.32 q0, q1)
    ROW(0x4432de76, 0x0b1e090c, 0x50bd3a0f, 0x7ec8a48d, 0, sha256su1.32 q0, q1, q2)
    PASS
#endif
