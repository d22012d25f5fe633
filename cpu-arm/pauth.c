/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pointer authentication: the codes, and where they are in a pointer. QARMA: R. Avanzi, "The QARMA Block Cipher
 * Family", the 64-bit version; DDI 0487, J1.1, AddPAC(), Auth(), ComputePAC(), Strip().
 */
#include "pauth.h"
#include "regime.h"

/* -- QARMA: cells of four bits, cell 0 the highest -- */

static unsigned cell(uint64_t v, unsigned i)
{
    return v >> (60 - 4 * i) & 15;
}

static uint64_t at(unsigned i, unsigned v)
{
    return (uint64_t)v << (60 - 4 * i);
}

struct permutation {
    uint8_t from[16];
};

static const struct permutation tau = { { 0, 11, 6, 13, 10, 1, 12, 7, 5, 14, 3, 8, 15, 4, 9, 2 } };
static const struct permutation tau_inverse = { { 0, 5, 15, 10, 13, 8, 2, 7, 11, 14, 4, 1, 6, 3, 9, 12 } };
static const struct permutation tweak_order = { { 6, 5, 14, 15, 0, 1, 2, 3, 7, 12, 13, 4, 8, 9, 10, 11 } };
static const struct permutation tweak_inverse = { { 4, 5, 6, 7, 11, 1, 0, 8, 12, 13, 14, 15, 9, 10, 2, 3 } };

static uint64_t permute(uint64_t v, const struct permutation *p)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < 16; i++)
        r |= at(i, cell(v, p->from[i]));
    return r;
}

/* The S-boxes: the paper's sigma 1, its own inverse, for QARMA3, and sigma 2 for QARMA5. */
static const uint8_t sigma1[16] = { 10, 13, 14, 6, 15, 7, 3, 5, 9, 8, 0, 12, 11, 1, 2, 4 };
static const uint8_t sigma2[16] = { 11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10 };
static const uint8_t sigma2_inverse[16] = { 5, 14, 13, 8, 10, 11, 1, 9, 2, 6, 15, 0, 4, 12, 7, 3 };

static uint64_t substitute(uint64_t v, const uint8_t *box)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < 16; i++)
        r |= at(i, box[cell(v, i)]);
    return r;
}

/* Every cell rotated left, 1 or 2. */
static uint64_t rotate_cells(uint64_t v, unsigned n)
{
    uint64_t low = n == 1 ? 0x1111111111111111 : 0x3333333333333333;
    return (v << n & ~low) | (v >> (4 - n) & low);
}

/* By the circulant matrix (0, r, r^2, r) on columns: rows are 16 bits. */
static uint64_t mix(uint64_t v)
{
    uint64_t next = v << 16 | v >> 48, over = v << 32 | v >> 32, last = v << 48 | v >> 16;
    return rotate_cells(next ^ last, 1) ^ rotate_cells(over, 2);
}

/* The tweak's cells that the LFSR changes. */
static const uint8_t lfsr_cells[] = { 0, 1, 3, 4, 8, 11, 13 };

static uint64_t next_tweak(uint64_t v)
{
    v = permute(v, &tweak_order);
    for (unsigned i = 0; i < sizeof(lfsr_cells); i++) {
        unsigned n = lfsr_cells[i], c = cell(v, n);
        v ^= at(n, c) ^ at(n, c >> 1 | ((c ^ c >> 1) & 1) << 3);
    }
    return v;
}

static uint64_t last_tweak(uint64_t v)
{
    for (unsigned i = 0; i < sizeof(lfsr_cells); i++) {
        unsigned n = lfsr_cells[i], c = cell(v, n);
        v ^= at(n, c) ^ at(n, (c << 1 & 14) | ((c ^ c >> 3) & 1));
    }
    return permute(v, &tweak_inverse);
}

uint64_t arm_qarma(uint64_t data, uint64_t tweak, uint64_t high, uint64_t low, unsigned rounds)
{
    static const uint64_t constant[] = { 0, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89,
                                         0x452821e638d01377 };
    const uint64_t alpha = 0xc0ac29b7c97c50dd, high1 = (high >> 1 | high << 63) ^ high >> 63;
    const uint8_t *box = rounds == 3 ? sigma1 : sigma2, *inverse = rounds == 3 ? sigma1 : sigma2_inverse;
    uint64_t v = data ^ high;
    for (unsigned i = 0; i < rounds; i++) {
        v ^= low ^ tweak ^ constant[i];
        if (i)
            v = mix(permute(v, &tau));
        v = substitute(v, box);
        tweak = next_tweak(tweak);
    }
    v = substitute(mix(permute(v ^ high1 ^ tweak, &tau)), box);
    v = permute(mix(permute(v, &tau)) ^ low, &tau_inverse);
    v = permute(mix(substitute(v, inverse)), &tau_inverse) ^ high ^ tweak;
    for (unsigned i = rounds; i--;) {
        v = substitute(v, inverse);
        if (i)
            v = permute(mix(v), &tau_inverse);
        tweak = last_tweak(tweak);
        v ^= constant[i] ^ low ^ tweak ^ alpha;
    }
    return v ^ high1;
}

/* -- The algorithm of our own: products folded, each of which an attacker would have to guess the keys for -- */

static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t quick_code(uint64_t data, uint64_t modifier, uint64_t high, uint64_t low)
{
    uint64_t v = fold(data ^ high, modifier ^ low ^ 0x9e3779b97f4a7c15);
    return fold(v ^ low, high ^ 0xd6e8feb86659fd93);
}

static uint64_t code(const struct arm_cpu *a, uint64_t data, uint64_t modifier, unsigned key)
{
    uint64_t high = a->apkey[key][1], low = a->apkey[key][0];
    switch (a->config.pauth) {
    case ARM_PAUTH_QARMA5: return arm_qarma(data, modifier, high, low, 5);
    case ARM_PAUTH_QARMA3: return arm_qarma(data, modifier, high, low, 3);
    default: return quick_code(data, modifier, high, low);
    }
}

/* -- Where it is -- */

/* Bits of a pointer: the code takes those from bottom to below top, but for bit 55, which says the half. */
struct place {
    unsigned bottom, top;
    bool high;
};

static uint64_t mask_between(unsigned from, unsigned to)
{
    return (to == 64 ? ~UINT64_C(0) : (UINT64_C(1) << to) - 1) & ~((UINT64_C(1) << from) - 1);
}

static struct place place(const struct arm_cpu *a, uint64_t ptr, bool data)
{
    unsigned level = arm_regime_level(a);
    bool two = level == 1 || (level == 2 && (a->hcr & HCR_E2H)), upper = two && (ptr >> 55 & 1);
    uint64_t tcr = a->tcr[level];
    unsigned size = bits(tcr, upper ? 16 : 0, 6);
    bool tbi = tcr >> (two ? 37 + upper : 20) & 1, data_only = tcr >> (two ? 51 + upper : 29) & 1;
    if (data_only && !data)
        tbi = false;
    size = size < 16 ? 16 : MIN(size, 39u);
    return (struct place){ .bottom = 64 - size, .top = tbi ? 56 : 64, .high = ptr >> (tbi ? 55 : 63) & 1 };
}

static uint64_t field_mask(const struct place *p)
{
    return mask_between(p->bottom, p->top) & ~(UINT64_C(1) << 55);
}

uint64_t arm_pauth_mask(const struct arm_cpu *a, bool data, bool upper)
{
    struct place p = place(a, upper ? UINT64_MAX : 0, data);
    return mask_between(p.bottom, p.top);
}

/* The pointer with its extension as it is without a code. */
static uint64_t extended(uint64_t ptr, const struct place *p, bool high)
{
    uint64_t field = mask_between(p->bottom, p->top);
    return high ? ptr | field : ptr & ~field;
}

/* -- Traps -- */

static void check_trap(struct arm_cpu *a)
{
    bool host = (a->hcr & HCR_TGE) && (a->hcr & HCR_E2H);
    if (a->el < 2 && arm_el2_enabled(a) && !(a->hcr & HCR_API) && !(a->el == 0 && host))
        arm_raise(a, 2, arm_syndrome(EC_PAUTH, 0));
    if (a->el < 3 && arm_has(a, ARMF_el3) && !(a->scr & SCR_API))
        arm_raise(a, 3, arm_syndrome(EC_PAUTH, 0));
}

/* -- Helpers -- */

static uint64_t helper_pac(struct cpu *cpu, uint64_t ptr, uint64_t modifier, uint64_t key)
{
    struct arm_cpu *a = arm_cpu(cpu);
    check_trap(a);
    struct place p = place(a, ptr, key >= PAUTH_DA);
    uint64_t pac = code(a, extended(ptr, &p, p.high), modifier, key);
    uint64_t field = ptr & mask_between(p.bottom, p.top);
    if (field && field != mask_between(p.bottom, p.top) && a->config.pauth_level < PAUTH_2)
        pac = a->config.pauth_level == PAUTH_ENHANCED ? 0 : pac ^ UINT64_C(1) << (p.top - 2);
    if (a->config.pauth_level >= PAUTH_2)
        pac ^= ptr;
    uint64_t mask = field_mask(&p), result = (ptr & ~mask) | (pac & mask);
    return (result & ~(UINT64_C(1) << 55)) | (uint64_t)p.high << 55;
}

static uint64_t helper_aut(struct cpu *cpu, uint64_t ptr, uint64_t modifier, uint64_t what)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned key = what & 3;
    check_trap(a);
    struct place p = place(a, ptr, key >= PAUTH_DA);
    bool high = ptr >> 55 & 1, b = key & 1;
    uint64_t plain = extended(ptr, &p, high), pac = code(a, plain, modifier, key), mask = field_mask(&p);
    if (a->config.pauth_level >= PAUTH_2) {
        uint64_t result = ptr ^ (pac & mask);
        bool fails = (result ^ (high ? ~UINT64_C(0) : 0)) & mask;
        if (fails && a->config.pauth_level >= (what & PAUTH_COMBINED ? PAUTH_FPAC_COMBINED : PAUTH_FPAC))
            arm_raise(a, arm_exception_level(a, 1), arm_syndrome(EC_FPAC, (unsigned)(key >= PAUTH_DA) << 1 | b));
        return result;
    }
    if (!((ptr ^ pac) & mask))
        return plain;
    return with_bits(plain, p.top == 56 ? 53 : 61, 2, b ? 2 : 1);
}

static uint64_t helper_pacga(struct cpu *cpu, uint64_t x, uint64_t y)
{
    struct arm_cpu *a = arm_cpu(cpu);
    check_trap(a);
    return code(a, x, y, PAUTH_GA) & ~UINT64_C(0xffffffff);
}

static uint64_t helper_xpac(struct cpu *cpu, uint64_t ptr, uint64_t data)
{
    struct place p = place(arm_cpu(cpu), ptr, data);
    return extended(ptr, &p, ptr >> 55 & 1);
}

#define HELPER(name_, nargs_, flags_)                                                                                  \
    const struct ir_helper arm_helper_##name_ = { .name = "arm_" #name_, .fn = helper_##name_, .nargs = nargs_,        \
                                                  .result = true, .flags = flags_ }
HELPER(pac, 3, IR_H_TRAPS);
HELPER(aut, 3, IR_H_TRAPS);
HELPER(pacga, 2, IR_H_TRAPS);
HELPER(xpac, 2, IR_H_STATE);
