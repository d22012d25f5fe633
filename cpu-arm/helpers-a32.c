/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of A32's and T32's media instructions. */
#include "trans-a32.h"

/* -- Parallel addition and subtraction -- */

enum { KIND_SIGNED = 1, KIND_SATURATED = 2, KIND_HALVED = 3, KIND_UNSIGNED = 4 };

static uint32_t clamp(int32_t v, unsigned width, bool is_unsigned)
{
    int32_t max = is_unsigned ? (1 << width) - 1 : (1 << (width - 1)) - 1, min = is_unsigned ? 0 : -max - 1;
    return v < min ? min : v > max ? max : v;
}

/* One part; *ge: no borrow, a carry, or not negative. */
static uint32_t part(unsigned kind, bool sub, uint32_t x, uint32_t y, unsigned width, bool *ge)
{
    bool is_unsigned = kind & KIND_UNSIGNED;
    int32_t a = is_unsigned ? (int32_t)x : (int32_t)sign_extend(x, width);
    int32_t b = is_unsigned ? (int32_t)y : (int32_t)sign_extend(y, width);
    int32_t r = sub ? a - b : a + b;
    *ge = is_unsigned && !sub ? r >> width : r >= 0;
    switch (kind & 3) {
    case KIND_SATURATED: return clamp(r, width, is_unsigned);
    case KIND_HALVED: return r >> 1;
    default: return r;
    }
}

/* kind: in bits 5 to 3 1 plain, 2 saturated, 3 halved, and 4 for unsigned; below it the operation as A32 encodes it. */
static uint64_t helper_a32_parallel(struct cpu *cpu, uint64_t x, uint64_t y, uint64_t what)
{
    unsigned kind = what >> 3, op = what & 7, ge = 0;
    uint32_t r = 0;
    bool g;
    if (op >= 4) {
        for (unsigned i = 0; i < 4; i++) {
            r |= (part(kind, op == 7, x >> 8 * i & 0xff, y >> 8 * i & 0xff, 8, &g) & 0xff) << 8 * i;
            ge |= g << i;
        }
    } else {
        bool exchange = op == 1 || op == 2;
        for (unsigned i = 0; i < 2; i++) {
            bool sub = op == 3 || (op == 1 && i == 0) || (op == 2 && i == 1);
            uint32_t other = y >> 16 * (exchange ? !i : i) & 0xffff;
            r |= (part(kind, sub, x >> 16 * i & 0xffff, other, 16, &g) & 0xffff) << 16 * i;
            ge |= g * 3u << 2 * i;
        }
    }
    if ((kind & 3) == KIND_SIGNED)
        arm_cpu(cpu)->cpsr_ge = ge;
    return r;
}

static uint64_t helper_a32_sel(struct cpu *cpu, uint64_t x, uint64_t y)
{
    unsigned ge = arm_cpu(cpu)->cpsr_ge;
    uint32_t mask = 0;
    for (unsigned i = 0; i < 4; i++)
        mask |= ge >> i & 1 ? 0xffu << 8 * i : 0;
    return (x & mask) | (y & (uint32_t)~mask);
}

static uint64_t helper_a32_usad8(struct cpu *cpu, uint64_t x, uint64_t y)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < 4; i++) {
        int d = (int)(x >> 8 * i & 0xff) - (int)(y >> 8 * i & 0xff);
        sum += d < 0 ? -d : d;
    }
    return sum;
}

static uint64_t helper_a32_sat16(struct cpu *cpu, uint64_t x, uint64_t width, uint64_t is_unsigned)
{
    uint32_t r = 0;
    for (unsigned i = 0; i < 2; i++) {
        int32_t v = (int16_t)(x >> 16 * i), s = width ? (int32_t)clamp(v, width, is_unsigned) : 0;
        if (s != v)
            arm_cpu(cpu)->cpsr_q = 1;
        r |= (uint32_t)(s & 0xffff) << 16 * i;
    }
    return r;
}

ARM_HELPER(a32_parallel, 3, true, IR_H_STATE);
ARM_HELPER(a32_sel, 2, true, IR_H_STATE);
ARM_HELPER(a32_usad8, 2, true, IR_H_PURE);
ARM_HELPER(a32_sat16, 3, true, IR_H_STATE);
