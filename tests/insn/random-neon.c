/* SPDX-License-Identifier: BSD-2-Clause */
/* Random instructions of VFP and Advanced SIMD. What is undefined or unpredictable is not made. */
#include "random-neon.h"

#include "cpu-arm/trans-a32.h"
#include "cpu-arm/trans-neon.h"

typedef bool vfp_function(struct translator *t, const struct a32_args *a);
typedef bool neon_function(struct translator *t, const struct a64_args *a);

static unsigned below(GRand *rng, unsigned n)
{
    return g_rand_int_range(rng, 0, n);
}

/* -- Rows -- */

bool random_is_vfp(const struct a32_insn *in)
{
    return in >= a32_insns && in < a32_insns + a32_insn_count &&
           (in->gate[0][0] == ARMF_fp || in->gate[0][0] == ARMF_fp16);
}

static unsigned vfp_first(void)
{
    unsigned i = 0;
    while (!random_is_vfp(&a32_insns[i]))
        i++;
    return i;
}

static unsigned vfp_count(void)
{
    return a32_insn_count - vfp_first();
}

int random_neon_row(const struct arm_config *c, bool t32, uint32_t insn)
{
    struct translator t = { .t32 = t32, .insn = insn };
    struct a32_args a;
    struct a64_args v;
    uint32_t encoding;
    if (!t32 || insn >> 28 == 14) {
        const struct a32_insn *in = a32_decode(c->has, insn, &a);
        if (in && random_is_vfp(in))
            return in - a32_insns - vfp_first();
    }
    if (!neon_encoding(&t, &encoding))
        return -1;
    const struct a64_insn *in = neon_decode(c->has, encoding, &v);
    return in ? (int)vfp_count() + (int)(in - neon_insns) : -1;
}

const char *random_neon_row_name(unsigned row)
{
    if (row < vfp_count())
        return a32_insns[vfp_first() + row].name;
    row -= vfp_count();
    return row < neon_insn_count ? neon_insns[row].name : NULL;
}

static bool gates_open(const uint8_t gate[2][2], const struct arm_config *c)
{
    return gate[0][0] == ARMF_COUNT || (c->has[gate[0][0]] && (gate[0][1] == ARMF_COUNT || c->has[gate[0][1]]));
}

bool random_neon_row_expected(const struct arm_config *c, unsigned row)
{
    return gates_open(row < vfp_count() ? a32_insns[vfp_first() + row].gate : neon_insns[row - vfp_count()].gate, c);
}

/* -- Operands -- */

static uint32_t set_bits(uint32_t insn, unsigned lo, unsigned len, uint32_t v)
{
    return with_bits(insn, lo, len, v);
}

/* VFP: op of two operands that this CPU has. */
static bool vfp2_valid(const struct arm_config *c, const struct a32_args *a)
{
    bool half = a->sz == 1, full = a->sz == 3;
    unsigned imm = (a->rm & 15) << 1 | a->rm >> 4;
    switch (a->op) {
    case 0: return !half;
    case 6: case 7:
        if (half)
            return c->has[ARMF_bf16];
        return c->has[ARMF_fphp] && (!full || c->has[ARMF_v8]);
    case 4: case 5: return c->has[ARMF_fphp] && !half && (!full || c->has[ARMF_v8]);
    case 10: case 11: return !a->rm;
    case 12: case 13: case 14: return c->has[ARMF_v8];
    case 15: return !half;
    case 18: return false;
    case 19: return full && c->has[ARMF_jscvt];
    case 20: case 22: case 28: case 30: return imm <= 16;
    default: return true;
    }
}

static bool vfp_valid(const struct arm_config *c, const struct a32_insn *in, const struct a32_args *a)
{
    vfp_function *f = in->trans;
    bool sized = f == a32_vfp3 || f == a32_vfp2 || f == a32_vmov_imm || f == a32_vldr;
    if (sized && a->sz == 1 && !c->has[ARMF_fp16])
        return f == a32_vfp2 && false;
    if (f == a32_vfp3)
        return a->op != 9;
    if (f == a32_vfp2)
        return vfp2_valid(c, a);
    if (f == a32_vmov_two)
        return a->rd != a->ra && (a->sz || a->rm != 31);
    if (f == a32_vmov_lane) {
        if (!a->s && a->x)
            return !(a->op & 2) && (a->op & 9) != 9 && !((a->op & 4) && (a->rn & 1));
        return a->op & 9 || !(a->op & 2) ? !(a->x && !(a->op & 9)) : false;
    }
    if (f == a32_vldm) {
        unsigned n = a->sz ? a->imm / 2 : a->imm, first = a->sz ? a->rd : (a->rd & 15u) << 1 | a->rd >> 4;
        return n && first + n <= 32 && n <= 16 && !(a->sz && (a->imm & 1));
    }
    return true;
}

/* Make a row of VFP. False: not this time. */
static bool make_vfp(GRand *rng, const struct arm_config *c, struct random_neon *n, const struct a32_insn *in)
{
    vfp_function *f = in->trans;
    struct a32_args a;
    uint32_t insn = in->match | (g_rand_int(rng) & ~in->mask);
    insn = set_bits(insn, 28, 4, 14);
    if (!n->t32 && !below(rng, 4))
        insn = set_bits(insn, 28, 4, below(rng, 14));
    if (f == a32_vmrs) { /* VMRS APSR_nzcv, or R, FPSCR */
        n->insn = (insn & 0xf0000000) | 0x0ef10a10 | (below(rng, 2) ? 15u : n->data[0]) << 12;
        return true;
    }
    n->memory = f == a32_vldr || f == a32_vldm;
    if (n->memory)
        insn = set_bits(insn, 16, 4, n->base);
    else if (f == a32_vmov_two)
        insn = set_bits(set_bits(insn, 12, 4, n->data[0]), 16, 4, n->data[1]);
    else if (f == a32_vmov_one || f == a32_vmov_half || f == a32_vmov_lane)
        insn = set_bits(insn, 12, 4, n->data[0]);
    if (f == a32_vldm)
        insn = set_bits(insn, 0, 8, below(rng, 33));
    if (f == a32_vmov_one || f == a32_vmov_half)
        insn &= ~0x6fu;
    if (f == a32_vmov_lane)
        insn &= ~0xfu;
    if (f == a32_vmov_imm)
        insn &= ~0xa0u;
    n->insn = insn;
    return a32_decode(c->has, insn, &a) == in && vfp_valid(c, in, &a);
}

/* -- Advanced SIMD -- */

static bool even(const struct a64_args *a, bool d, bool n, bool m)
{
    return !(d && (a->rd & 1)) && !(n && (a->rn & 1)) && !(m && (a->rm & 1));
}

static bool registers_valid(const struct a64_args *a)
{
    switch (a->cond) {
    case NEON_SAME: return even(a, a->q, a->q, a->q);
    case NEON_LONG: return even(a, true, false, false);
    case NEON_WIDE: return even(a, true, true, false);
    case NEON_NARROW: return even(a, false, true, true);
    case NEON_SCALAR: case NEON_INDEXED: return even(a, a->q, a->q, false);
    case NEON_SCALAR_LONG: return even(a, true, false, false);
    default: return true;
    }
}

static bool multi_valid(const struct a64_args *a)
{
    static const uint8_t last[16] = { 4, 7, 4, 4, 3, 5, 3, 1, 2, 3, 2 }; /* registers from the first to the last */
    static const uint8_t align[16] = { 3, 3, 3, 3, 1, 1, 1, 1, 2, 2, 2 };
    return last[a->op] && a->rd + last[a->op] <= 32 && a->opt <= align[a->op] && (a->sz < 3 || (0x4c4 >> a->op & 1));
}

static bool single_valid(const struct a64_args *a)
{
    unsigned n = a->op + 1, low, apart = 1;
    if (a->sz == 3) { /* all lanes */
        unsigned size = a->imm >> 2, t = a->imm >> 1 & 1, align = a->imm & 1;
        if (!a->bit || (size == 3 && (n != 4 || !align)) || (n == 1 && !size && align) || (n == 3 && align))
            return false;
        return a->rd + (n == 1 ? t : (n - 1) * (t + 1)) < 32;
    }
    low = a->imm & ((1u << (a->sz + 1)) - 1);
    if (a->sz)
        apart += low >> a->sz & 1;
    if (n == 1)
        return apart == 1 && (a->sz == 0 ? !low : a->sz == 1 || (low & 3) == 0 || (low & 3) == 3);
    if (n == 2 && a->sz == 2 && (low & 2))
        return false;
    if (n == 3 && (low & (a->sz == 2 ? 3 : 1)))
        return false;
    if (n == 4 && a->sz == 2 && (low & 3) == 3)
        return false;
    return a->rd + (n - 1) * apart < 32;
}

static bool neon_valid(const struct a64_insn *in, const struct a64_args *a)
{
    neon_function *f = in->trans;
    if (!registers_valid(a))
        return false;
    if (f == a64_neon_dup)
        return (a->imm & 7) && !(a->q && (a->rd & 1));
    if (f == a64_neon_fmlal || f == a64_neon_fmlal_e)
        return !(a->q && (a->rd & 1));
    if (f == a64_neon_tbl)
        return a->rn + a->idx < 32;
    if (f == a64_neon_uzp || f == a64_neon_zip)
        return (a->q || a->sz != 2) && a->rd != a->rn;
    if (f == a64_neon_trn)
        return a->rd != a->rn;
    if (f == a64_ext)
        return a->q || a->imm < 8;
    if (f == a64_neon_ldst_multi)
        return multi_valid(a);
    if (f == a64_neon_ldst_single)
        return single_valid(a);
    return true;
}

/* A32's encoding as T32's. */
static uint32_t t32_encoding(uint32_t v)
{
    if (v >> 25 == 0x79)
        return 0xef000000 | (v >> 24 & 1) << 28 | (v & 0xffffff);
    return v >> 24 == 0xf4 ? 0xf9000000 | (v & 0xffffff) : v;
}

static bool make_neon(GRand *rng, const struct arm_config *c, struct random_neon *n, const struct a64_insn *in)
{
    neon_function *f = in->trans;
    struct a64_args a = { 0 };
    uint32_t insn = in->match | (g_rand_int(rng) & ~in->mask);
    n->memory = f == a64_neon_ldst_multi || f == a64_neon_ldst_single;
    if (n->memory) {
        static const uint8_t none[] = { 13, 15 };
        insn = set_bits(insn, 16, 4, n->base);
        insn = set_bits(insn, 0, 4, below(rng, 3) ? none[below(rng, 2)] : n->index);
    }
    n->insn = n->t32 ? t32_encoding(insn) : insn;
    return neon_decode(c->has, insn, &a) == in && neon_valid(in, &a);
}

void random_neon_make(GRand *rng, const struct arm_config *c, struct random_neon *n)
{
    bool made = false;
    while (!made) {
        bool vfp = !below(rng, 3);
        unsigned row = vfp ? below(rng, vfp_count()) : below(rng, neon_insn_count);
        const struct a32_insn *in = &a32_insns[vfp_first() + (vfp ? row : 0)];
        n->memory = false;
        if (vfp)
            made = gates_open(in->gate, c) && make_vfp(rng, c, n, in);
        else
            made = gates_open(neon_insns[row].gate, c) && make_neon(rng, c, n, &neon_insns[row]);
    }
}
