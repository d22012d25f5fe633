/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the integer ops of the IR compute, once: for the constant folder and the interpreter. Values are
 * held in uint64_t; those of type I32 are zero-extended.
 */
#ifndef MYNAH_IR_EVAL_H
#define MYNAH_IR_EVAL_H

#include "ir.h"

/* Ops of two and of one argument whose arguments have the type of the value: X(opcode, function below). */
#define IR_EVAL2_OPS(X)                                                                                                \
    X(ADD, add) X(SUB, sub) X(MUL, mul) X(MULHS, mulhs) X(MULHU, mulhu) X(MULHSU, mulhsu) X(DIVS, divs)                \
    X(DIVU, divu) X(REMS, rems) X(REMU, remu) X(AND, and) X(OR, or) X(XOR, xor) X(ANDN, andn) X(SHL, shl)              \
    X(SHR, shr) X(SAR, sar) X(ROTL, rotl) X(ROTR, rotr) X(MINS, mins) X(MAXS, maxs) X(MINU, minu) X(MAXU, maxu)
#define IR_EVAL1_OPS(X)                                                                                                \
    X(NEG, neg) X(NOT, not) X(CLZ, clz) X(CTZ, ctz) X(POPCNT, popcnt) X(BSWAP, bswap) X(BSWAP16, bswap16)              \
    X(BITREV, bitrev) X(SEXT8, sext8)                                                                                  \
    X(SEXT16, sext16) X(SEXT32, sext32) X(ZEXT8, zext8) X(ZEXT16, zext16) X(ZEXT32, zext32)

#define IR_EVAL3_OPS(X)                                                                                                \
    X(ADC, adc) X(SBB, sbb) X(DIVU2, divu2) X(REMU2, remu2) X(DIVS2, divs2) X(REMS2, rems2)

#define EVAL3(w, name, expr)                                                                                           \
    static inline uint64_t eval##w##_##name(uint64_t a_, uint64_t b_, uint64_t c_)                                     \
    {                                                                                                                  \
        eval_u##w a = (eval_u##w)a_, b = (eval_u##w)b_, c = (eval_u##w)c_;                                             \
        return (eval_u##w)(expr);                                                                                      \
    }
#define EVAL2(w, name, expr)                                                                                           \
    static inline uint64_t eval##w##_##name(uint64_t a_, uint64_t b_)                                                  \
    {                                                                                                                  \
        eval_u##w a = (eval_u##w)a_, b = (eval_u##w)b_;                                                                \
        return (eval_u##w)(expr);                                                                                      \
    }
#define EVAL1(w, name, expr)                                                                                           \
    static inline uint64_t eval##w##_##name(uint64_t a_)                                                               \
    {                                                                                                                  \
        eval_u##w a = (eval_u##w)a_;                                                                                   \
        return (eval_u##w)(expr);                                                                                      \
    }

typedef uint32_t eval_u32;
typedef int32_t eval_s32;
typedef uint64_t eval_u64;
typedef int64_t eval_s64;
typedef unsigned __int128 eval_wide;
typedef __int128 eval_swide;

/* The bits of v, or groups of them, in the other order: each step exchanges neighbours of n bits. */
static inline uint64_t eval_exchange(uint64_t v, unsigned n, uint64_t low)
{
    return (v >> n & low) | (v & low) << n;
}

static inline uint64_t eval_bswap16(uint64_t v)
{
    return eval_exchange(v, 8, UINT64_C(0x00ff00ff00ff00ff));
}

/* Within each byte. */
static inline uint64_t eval_bitrev8(uint64_t v)
{
    v = eval_exchange(v, 1, UINT64_C(0x5555555555555555));
    v = eval_exchange(v, 2, UINT64_C(0x3333333333333333));
    return eval_exchange(v, 4, UINT64_C(0x0f0f0f0f0f0f0f0f));
}

/* Divide the signed n; true if the quotient is in the range [-2^(w - 1), 2^(w - 1)). */
static inline bool eval_divs2(eval_swide n, int64_t d, unsigned w, eval_swide *q, int64_t *r)
{
    if (d == 0 || (d == -1 && n == (eval_swide)((eval_wide)1 << 127))) {
        return false;
    }
    *q = n / d;
    *r = (int64_t)(n % d);
    return *q >= -((eval_swide)1 << (w - 1)) && *q < (eval_swide)1 << (w - 1);
}

static inline uint64_t eval_divs2_quotient(eval_swide n, int64_t d, unsigned w)
{
    eval_swide q;
    int64_t r;
    return eval_divs2(n, d, w, &q, &r) ? (uint64_t)q : UINT64_C(1) << (w - 1);
}

static inline uint64_t eval_divs2_remainder(eval_swide n, int64_t d, unsigned w)
{
    eval_swide q;
    int64_t r;
    return eval_divs2(n, d, w, &q, &r) ? (uint64_t)r : (uint64_t)n;
}

/* Everything whose text is the same in both widths. S() reinterprets as signed, MIN is the most negative number. */
#define EVAL_WIDTH(w, S, MIN, clzw, ctzw, popcntw, bswapw)                                                             \
    EVAL2(w, add, a + b)                                                                                               \
    EVAL2(w, sub, a - b)                                                                                               \
    EVAL2(w, mul, a * b)                                                                                               \
    EVAL2(w, mulhs, (eval_u##w)((eval_wide)((eval_swide)S(a) * S(b)) >> w))                                            \
    EVAL2(w, mulhu, (eval_u##w)((eval_wide)a * b >> w))                                                                \
    EVAL2(w, mulhsu, (eval_u##w)((eval_wide)((eval_swide)S(a) * (eval_swide)b) >> w))                                  \
    EVAL2(w, divs, b == 0 ? ~(eval_u##w)0 : a == MIN && S(b) == -1 ? a : (eval_u##w)(S(a) / S(b)))                     \
    EVAL2(w, divu, b == 0 ? ~(eval_u##w)0 : a / b)                                                                     \
    EVAL2(w, rems, b == 0 ? a : S(b) == -1 ? 0 : (eval_u##w)(S(a) % S(b)))                                             \
    EVAL2(w, remu, b == 0 ? a : a % b)                                                                                 \
    EVAL2(w, and, a & b)                                                                                               \
    EVAL2(w, or, a | b)                                                                                                \
    EVAL2(w, xor, a ^ b)                                                                                               \
    EVAL2(w, andn, a & ~b)                                                                                             \
    EVAL2(w, shl, a << (b & (w - 1)))                                                                                  \
    EVAL2(w, shr, a >> (b & (w - 1)))                                                                                  \
    EVAL2(w, sar, S(a) >> (b & (w - 1)))                                                                               \
    EVAL2(w, rotl, a << (b & (w - 1)) | a >> (-b & (w - 1)))                                                           \
    EVAL2(w, rotr, a >> (b & (w - 1)) | a << (-b & (w - 1)))                                                           \
    EVAL2(w, mins, S(a) < S(b) ? a : b)                                                                                \
    EVAL2(w, maxs, S(a) > S(b) ? a : b)                                                                                \
    EVAL2(w, minu, a < b ? a : b)                                                                                      \
    EVAL2(w, maxu, a > b ? a : b)                                                                                      \
    EVAL1(w, neg, -a)                                                                                                  \
    EVAL1(w, not, ~a)                                                                                                  \
    EVAL1(w, clz, a ? clzw(a) : w)                                                                                     \
    EVAL1(w, ctz, a ? ctzw(a) : w)                                                                                     \
    EVAL1(w, popcnt, popcntw(a))                                                                                       \
    EVAL3(w, adc, a + b + (c & 1))                                                                                     \
    EVAL3(w, sbb, a - b - (c & 1))                                                                                     \
    EVAL3(w, divu2, a >= c ? ~(eval_u##w)0 : ((eval_wide)a << w | b) / c)                                              \
    EVAL3(w, remu2, a >= c ? b : ((eval_wide)a << w | b) % c)                                                          \
    EVAL3(w, divs2, eval_divs2_quotient((eval_swide)((eval_wide)(eval_swide)S(a) << w | b), S(c), w))                  \
    EVAL3(w, rems2, eval_divs2_remainder((eval_swide)((eval_wide)(eval_swide)S(a) << w | b), S(c), w))                 \
    EVAL1(w, bswap16, eval_bswap16(a))                                                                                 \
    EVAL1(w, bitrev, bswapw((eval_u##w)eval_bitrev8(a)))                                                               \
    EVAL1(w, bswap, bswapw(a))                                                                                         \
    EVAL1(w, sext8, (int8_t)a)                                                                                         \
    EVAL1(w, sext16, (int16_t)a)                                                                                       \
    EVAL1(w, sext32, (int32_t)a)                                                                                       \
    EVAL1(w, zext8, (uint8_t)a)                                                                                        \
    EVAL1(w, zext16, (uint16_t)a)                                                                                      \
    EVAL1(w, zext32, (uint32_t)a)                                                                                      \
    static inline bool eval##w##_cc(enum ir_cc cc, uint64_t a_, uint64_t b_)                                           \
    {                                                                                                                  \
        eval_u##w a = (eval_u##w)a_, b = (eval_u##w)b_;                                                                \
        switch (cc) {                                                                                                  \
        case IR_EQ: return a == b;                                                                                     \
        case IR_NE: return a != b;                                                                                     \
        case IR_LT: return S(a) < S(b);                                                                                \
        case IR_GE: return S(a) >= S(b);                                                                               \
        case IR_LE: return S(a) <= S(b);                                                                               \
        case IR_GT: return S(a) > S(b);                                                                                \
        case IR_LTU: return a < b;                                                                                     \
        case IR_GEU: return a >= b;                                                                                    \
        case IR_LEU: return a <= b;                                                                                    \
        case IR_GTU: return a > b;                                                                                     \
        }                                                                                                              \
        return false;                                                                                                  \
    }

#define EVAL_S32(x) ((int32_t)(x))
#define EVAL_S64(x) ((int64_t)(x))
EVAL_WIDTH(32, EVAL_S32, UINT32_C(1) << 31, __builtin_clz, __builtin_ctz, __builtin_popcount, __builtin_bswap32)
EVAL_WIDTH(64, EVAL_S64, UINT64_C(1) << 63, __builtin_clzll, __builtin_ctzll, __builtin_popcountll, __builtin_bswap64)
#undef EVAL_WIDTH
#undef EVAL1
#undef EVAL2

/* The FP ops that only move bits; 32-bit values are zero-extended. */
static inline uint64_t eval_fsgn(unsigned width, uint64_t a, uint64_t b)
{
    uint64_t sign = UINT64_C(1) << (width - 1);
    return (a & ~sign) | (b & sign);
}

static inline uint64_t eval_fsgnx(unsigned width, uint64_t a, uint64_t b)
{
    return a ^ (b & UINT64_C(1) << (width - 1));
}

static inline uint64_t eval_fbox(uint64_t a)
{
    return a | UINT64_C(0xffffffff) << 32;
}

static inline uint64_t eval_funbox(uint64_t a)
{
    return a >> 32 == 0xffffffff ? (uint32_t)a : 0x7fc00000;
}

#endif
