/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A32 and T32 for random.c: code with conditions, IT blocks, short forward branches, loops of a few turns, and loads and
 * stores in a window. r12 points to the segment's state, r11 to the middle of the window; r10 is an index of memory
 * accesses, r9 counts the turns of a loop.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "cpu-arm/trans-a32.h"
#include "random.h"
#include "random-neon.h"
#include "tests/a64-random.h"

enum { REG_TURNS = 9, REG_INDEX = 10, REG_WINDOW = 11, REG_STATE = 12, REG_SP = 13, REG_LR = 14, REG_PC = 15 };

/* -- Assembly of the frame: T32's instructions have 32 bits, too, the first halfword high -- */

static void put_insn(struct assembler *a, bool t32, uint32_t a32, uint32_t t)
{
    put(a, t32 ? t >> 16 | t << 16 : a32);
}

static void put_constant(struct assembler *a, bool t32, unsigned rd, uint32_t v)
{
    for (unsigned top = 0; top < 2; top++) { /* MOVW, MOVT */
        uint32_t h = v >> 16 * top & 0xffff;
        put_insn(a, t32, (top ? 0xe3400000 : 0xe3000000) | (h & 0xf000) << 4 | rd << 12 | (h & 0xfff),
                 (top ? 0xf2c00000 : 0xf2400000) | h >> 12 << 16 | (h >> 11 & 1) << 26 | (h >> 8 & 7) << 12 | rd << 8 |
                     (h & 0xff));
    }
}

static void put_ldst(struct assembler *a, bool t32, bool save, unsigned rt, unsigned offset)
{
    put_insn(a, t32, (save ? 0xe5800000 : 0xe5900000) | REG_STATE << 16 | rt << 12 | offset,
             (save ? 0xf8c00000 : 0xf8d00000) | REG_STATE << 16 | rt << 12 | offset);
}

static void put_branch(struct assembler *a, bool t32, unsigned to)
{
    uint32_t d = to - a->at - (t32 ? 4 : 8), s = d >> 31;
    uint32_t j1 = !(d >> 23 & 1) ^ s, j2 = !(d >> 22 & 1) ^ s;
    put_insn(a, t32, 0xea000000 | (d >> 2 & 0xffffff),
             0xf0009000 | s << 26 | (d >> 12 & 0x3ff) << 16 | j1 << 13 | j2 << 11 | (d >> 1 & 0x7ff));
}

/* The CPU begins in A32; a BLX goes to T32. */
static void start(struct assembler *a, bool t32, unsigned to)
{
    uint32_t d = to - a->at - 8;
    put(a, t32 ? 0xfa000000 | (d >> 1 & 1) << 24 | (d >> 2 & 0xffffff) : 0xea000000 | (d >> 2 & 0xffffff));
}

static void end(struct assembler *a, bool t32, bool user, unsigned from, unsigned to)
{
    if (!user) {
        put_constant(a, t32, 0, RIG_FINISHER);
        put_constant(a, t32, 1, 0x5555);
        put_insn(a, t32, 0xe5801000, 0xf8c01000);
        put_branch(a, t32, a->at);
        return;
    }
    put_constant(a, t32, 0, 1); /* write(1, states, ...) */
    put_constant(a, t32, 1, RIG_RAM_BASE + from);
    put_constant(a, t32, 2, to - from);
    put_constant(a, t32, 7, 4);
    put_insn(a, t32, 0xef000000, 0xdf00bf00);
    put_constant(a, t32, 0, 0); /* exit(0) */
    put_constant(a, t32, 7, 1);
    put_insn(a, t32, 0xef000000, 0xdf00bf00);
}

static unsigned x_offset(unsigned n)
{
    return offsetof(struct random_state, x) + 8 * n;
}

#define CONTROL offsetof(struct random_state, control)

/* vldmia or vstmia of d0 to d15 and d16 to d31; r0 is used */
static void put_vectors(struct assembler *a, bool t32, bool save)
{
    put_constant(a, t32, 0, offsetof(struct random_state, v));
    put_insn(a, t32, 0xe0800000 | REG_STATE, 0xeb000000 | REG_STATE); /* add r0, r0, r12 */
    for (unsigned high = 0; high < 2; high++) {
        uint32_t insn = (save ? 0xeca00b20 : 0xecb00b20) | high << 22;
        put_insn(a, t32, insn, insn);
    }
}

static void load(struct assembler *a, bool t32, unsigned state)
{
    put_constant(a, t32, REG_STATE, RIG_RAM_BASE + state);
    put_ldst(a, t32, false, 0, CONTROL);
    put_insn(a, t32, 0xe12cf000, 0xf3808c00); /* msr CPSR_fs, r0 */
    put_ldst(a, t32, false, 0, CONTROL + 4);
    put_insn(a, t32, 0xeee10a10, 0xeee10a10); /* vmsr fpscr, r0 */
    put_vectors(a, t32, false);
    for (unsigned i = 0; i < 15; i++) {
        if (i != REG_STATE)
            put_ldst(a, t32, false, i, x_offset(i));
    }
}

static void save(struct assembler *a, bool t32, unsigned state)
{
    for (unsigned i = 0; i < 15; i++) {
        if (i != REG_STATE)
            put_ldst(a, t32, true, i, x_offset(i));
    }
    put_insn(a, t32, 0xe10f0000, 0xf3ef8000); /* mrs r0, CPSR */
    put_constant(a, t32, 1, 0xf80f0000);
    put_insn(a, t32, 0xe0000001, 0xea000001); /* and r0, r0, r1 */
    put_ldst(a, t32, true, 0, CONTROL);
    put_insn(a, t32, 0xeef10a10, 0xeef10a10); /* vmrs r0, fpscr */
    put_ldst(a, t32, true, 0, CONTROL + 4);
    put_vectors(a, t32, true);
}

static void pass(struct assembler *a, bool t32, unsigned state, unsigned again, unsigned to)
{
    put_constant(a, t32, REG_STATE, RIG_RAM_BASE + state);
    put_ldst(a, t32, false, 0, offsetof(struct random_state, pass));
    put_insn(a, t32, 0xe2500001, 0xf1b00001); /* subs r0, r0, #1 */
    put_ldst(a, t32, true, 0, offsetof(struct random_state, pass));
    if (t32)
        put_insn(a, t32, 0, 0xbf00d101); /* nop, bne . + 6 */
    else
        put(a, 0x1a000000); /* bne . + 8 */
    put_branch(a, t32, to);
    put_branch(a, t32, again);
}

#define FRAME(set, t32)                                                                                                \
    static void set##_start(struct assembler *a, bool user, unsigned to) { start(a, t32, to); }                        \
    static void set##_end(struct assembler *a, bool user, unsigned from, unsigned to) { end(a, t32, user, from, to); } \
    static void set##_load(struct assembler *a, const void *c, unsigned state) { load(a, t32, state); }                \
    static void set##_save(struct assembler *a, const void *c, unsigned state) { save(a, t32, state); }                \
    static void set##_pass(struct assembler *a, unsigned state, unsigned again, unsigned to)                           \
    {                                                                                                                  \
        pass(a, t32, state, again, to);                                                                                \
    }
FRAME(a32, false)
FRAME(t32, true)

/* -- Random instructions -- */

struct maker {
    GRand *rng;
    const struct arm_config *config;
    bool t32;
    GByteArray *code;
};

static unsigned below(struct maker *m, unsigned n)
{
    return g_rand_int_range(m->rng, 0, n);
}

static void emit(struct maker *m, uint32_t insn, bool narrow)
{
    uint8_t b[4] = { insn, insn >> 8, insn >> 16, insn >> 24 };
    if (m->t32 && !narrow) {
        uint8_t h[4] = { b[2], b[3], b[0], b[1] };
        memcpy(b, h, 4);
    }
    g_byte_array_append(m->code, b, narrow ? 2 : 4);
}

static const struct a32_operand *operand(const struct a32_insn *in, unsigned arg)
{
    for (unsigned i = 0; i < in->noperands; i++) {
        if (in->operands[i].arg == arg)
            return &in->operands[i];
    }
    return NULL;
}

static uint32_t insert(uint32_t insn, const struct a32_operand *op, uint32_t value)
{
    for (unsigned i = 0; op && i < op->npieces; i++)
        insn = with_bits(insn, op->pieces[i].lo, op->pieces[i].len, bits(value, op->pieces[i].to, op->pieces[i].len));
    return insn;
}

static uint32_t set(const struct a32_insn *in, uint32_t insn, unsigned arg, uint32_t value)
{
    return insert(insn, operand(in, arg), value);
}

static uint32_t operand_mask(const struct a32_insn *in)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < in->noperands; i++)
        mask = insert(mask, &in->operands[i], UINT32_MAX);
    return mask;
}

static bool exists(const struct a32_insn *in, const struct arm_config *c)
{
    return in->gate[0][0] == ARMF_COUNT || (c->has[in->gate[0][0]] &&
           (in->gate[0][1] == ARMF_COUNT || c->has[in->gate[0][1]]));
}

typedef bool trans_function(struct translator *t, const struct a32_args *a);

enum kind { KIND_NONE, KIND_INT, KIND_MEMORY, KIND_BRANCH, KIND_FP };

static enum kind kind_of(const struct a32_insn *in)
{
    static trans_function *const none[] = {
        a32_bl, a32_blx_imm, a32_bx, a32_blx, a32_svc, a32_bkpt, a32_hlt, a32_hvc, a32_smc, a32_eret, a32_rfe, a32_srs, a32_mrs,
        a32_mrs_bank,
        a32_msr_reg, a32_msr_bank, a32_msr_imm, a32_hint, a32_cps, a32_setend, a32_setpan, a32_clrex, a32_barrier,
        a32_preload, a32_mcr, a32_mcrr, a32_t_srs, a32_t_rfe, a32_tbb, a32_t_bl, a32_t_blx, a32_t_eret, a32_t_b, a32_it,
        a32_swp, a32_ldrex_imm, a32_strex_imm, a32_ldrexd, a32_strexd,
    };
    static trans_function *const memory[] = {
        a32_ldst_imm, a32_ldst_reg, a32_extra_imm, a32_extra_reg, a32_ldm, a32_strex, a32_ldrex, a32_stl, a32_lda,
        a32_t_ldm,
        a32_ldrd, a32_t_ldst_imm, a32_t_ldst_idx, a32_t_ldst_reg, a32_t_ldm16,
    };
    static trans_function *const branch[] = { a32_b, a32_t_bcond, a32_t_cbz, a32_t_b16 };
    if (random_is_vfp(in))
        return KIND_NONE; /* random-neon.c's */
    for (unsigned i = 0; i < G_N_ELEMENTS(none); i++)
        if (in->trans == none[i])
            return KIND_NONE;
    for (unsigned i = 0; i < G_N_ELEMENTS(memory); i++)
        if (in->trans == memory[i])
            return KIND_MEMORY;
    for (unsigned i = 0; i < G_N_ELEMENTS(branch); i++)
        if (in->trans == branch[i])
            return KIND_BRANCH;
    return KIND_INT;
}

/* A register for data: none that addresses depend on. */
static unsigned data_register(struct maker *m)
{
    unsigned n = below(m, 10);
    return n == REG_TURNS ? REG_LR : n;
}

static const uint8_t register_args[] = { A32A_rd, A32A_rn, A32A_rm, A32A_ra, A32A_rt, A32A_rt2, A32A_hi, A32A_lo,
                                         A32A_rs };

/* Random values of all fields; registers are ones of data. */
static uint32_t random_fields(struct maker *m, const struct a32_insn *in)
{
    uint32_t insn = in->match | (g_rand_int(m->rng) & ~in->mask & operand_mask(in));
    for (unsigned i = 0; i < G_N_ELEMENTS(register_args); i++) {
        const struct a32_operand *op = operand(in, register_args[i]);
        if (!op || op->is_const)
            continue;
        unsigned n = data_register(m);
        if (op->width < 4)
            n &= 7;
        insn = insert(insn, op, n);
    }
    if (!m->t32 && in->nforbids) /* conditions */
        insn = with_bits(insn, 28, 4, below(m, 4) ? 14 : below(m, 14));
    return insn;
}

/* Bits of no meaning are ones in these. */
static uint32_t should_be_ones(const struct a32_insn *in)
{
    static trans_function *const ones[] = { a32_parallel, a32_sel, a32_sat16, a32_rev, a32_clz, a32_strex, a32_ldrex,
                                            a32_stl, a32_lda, a32_sdiv };
    uint32_t free = ~in->mask & ~operand_mask(in);
    for (unsigned i = 0; i < in->nforbids; i++)
        free &= ~in->forbids[i].mask;
    for (unsigned i = 0; i < G_N_ELEMENTS(ones); i++)
        if (in->trans == ones[i])
            return free;
    return 0;
}

/* Decoding gives the row again, and what follows of its operands is not for the manual's authors to laugh at. */
static bool valid(struct maker *m, const struct a32_insn *in, uint32_t insn)
{
    struct a32_args a = { 0 };
    trans_function *f = in->trans;
    bool narrow = in >= t16_insns && in < t16_insns + t16_insn_count;
    const struct a32_insn *found = !m->t32 ? a32_decode(m->config->has, insn, &a)
                                 : narrow ? t16_decode(m->config->has, insn, &a) : t32_decode(m->config->has, insn, &a);
    if (found != in)
        return false;
    if (f == a32_bfx)
        return a.amt + a.imm < 32;
    if (f == a32_bfi)
        return a.imm >= a.amt;
    if (f == a32_mull || f == a32_umaal || f == a32_smlal || f == a32_smlald)
        return a.rd != a.ra;
    if (f == a32_parallel)
        return a.op != 5 && a.op != 6;
    if (f == a32_extend)
        return (a.op & 3) != 1;
    if (f == a32_t_dp_reg)
        return a.op == 6 ? !a.s && !(a.sh & 1) : !(0x92a0 >> a.op & 1);
    if (f == a32_t_dp_imm)
        return !(0x92e0 >> a.op & 1) && !((a.imm >> 8) >= 1 && (a.imm >> 8) <= 3 && !(a.imm & 0xff));
    if (f == a32_t_sat)
        return !(a.sh && !a.amt) || a.imm < 16;
    if (f == a32_t_rev)
        return a.rn == a.rm;
    if (f == a32_ldrex || f == a32_strex)
        return a.op || m->config->has[ARMF_v8];
    return true;
}

/* A register that has a meaning of its own as 15. */
static uint32_t special_registers(struct maker *m, const struct a32_insn *in, uint32_t insn)
{
    trans_function *f = in->trans;
    bool extend = f == a32_extend && in->trans && operand(in, A32A_rn) && !operand(in, A32A_rn)->is_const;
    if ((extend || f == a32_bfi) && below(m, 3) == 0)
        return set(in, insn, A32A_rn, 15);
    if ((f == a32_smlad || f == a32_usada8 || f == a32_t_mla) && below(m, 3) == 0)
        return set(in, insn, A32A_ra, 15);
    if (f == a32_smmla && operand(in, A32A_op)->constant == 0 && below(m, 3) == 0)
        return set(in, insn, A32A_ra, 15);
    if ((f == a32_t_dp_reg || f == a32_t_dp_imm) && below(m, 2) == 0) {
        unsigned op = bits(insn, 21, 4), s = bits(insn, 20, 1);
        if (op == 2 || op == 3)
            return set(in, insn, A32A_rn, 15);
        if (s && (op == 0 || op == 4 || op == 8 || op == 13))
            return set(in, insn, A32A_rd, 15);
    }
    if (!m->t32 && (f == a32_dp_imm || f == a32_dp_reg || f == a32_dp_rsr) && (bits(insn, 21, 4) | 2) == 15)
        return set(in, insn, A32A_rn, 0); /* moves */
    if ((f == a32_dp_imm || f == a32_dp_reg) && !m->t32 && below(m, 16) == 0)
        return set(in, insn, A32A_rn, 15);
    return insn;
}

/* r11 = the window again, r10 = an index */
static void put_window(struct maker *m)
{
    uint32_t offset = x_offset(REG_WINDOW);
    emit(m, m->t32 ? 0xf8d00000 | REG_STATE << 16 | REG_WINDOW << 12 | offset
                   : 0xe5900000 | REG_STATE << 16 | REG_WINDOW << 12 | offset, false);
}

static void put_index(struct maker *m, bool aligned)
{
    unsigned v = below(m, 256) & (aligned ? ~3u : ~0u);
    emit(m, m->t32 ? 0xf2400000 | REG_INDEX << 8 | v : 0xe3000000 | REG_INDEX << 12 | v, false);
}

/* False: not this time. */
static bool memory_operands(struct maker *m, const struct a32_insn *in, uint32_t *insn, bool narrow)
{
    trans_function *f = in->trans;
    const struct a32_operand *rn = operand(in, A32A_rn);
    if (narrow && (rn->is_const || rn->width < 4)) /* r7 is made the base */
        *insn = set(in, *insn, A32A_rn, 7);
    else
        *insn = set(in, *insn, A32A_rn, REG_WINDOW);
    if (operand(in, A32A_rm) && f != a32_strex)
        *insn = set(in, *insn, A32A_rm, narrow ? 6 : REG_INDEX);
    if (f == a32_ldst_reg) /* LSL #0, #1, or a shift right */
        *insn = below(m, 2) ? set(in, set(in, *insn, A32A_sh, 0), A32A_amt, below(m, 2))
                            : set(in, *insn, A32A_sh, 1 + below(m, 2));
    if ((f == a32_ldst_imm || f == a32_t_ldst_imm) && !narrow)
        *insn &= ~0x800u;
    if (f == a32_ldm || f == a32_t_ldm || f == a32_t_ldm16) {
        uint32_t list = g_rand_int(m->rng) & (narrow ? 0x3f : 0x41ff);
        if (__builtin_popcount(list) < 2 || (in->trans == a32_t_ldm && rn->is_const))
            return false;
        *insn = set(in, *insn, A32A_imm, list);
        if (f == a32_ldm)
            *insn = set(in, *insn, A32A_op, 0);
    }
    if ((f == a32_extra_imm || f == a32_extra_reg) && !bits(*insn, 20, 1) && bits(*insn, 6, 1)) { /* LDRD, STRD */
        *insn &= ~0x1000u;
        if (bits(*insn, 12, 4) + 1 >= REG_TURNS || (!bits(*insn, 24, 1) && bits(*insn, 21, 1)))
            return false;
    }
    /* Doublewords and multiples are aligned. */
    if (f == a32_extra_imm)
        *insn &= ~3u;
    if (f == a32_ldrd && (bits(*insn, 12, 4) == bits(*insn, 8, 4)))
        return false;
    if (f == a32_strex || f == a32_ldrex) {
        if (operand(in, A32A_sz)->is_const ? (unsigned)operand(in, A32A_sz)->constant : bits(*insn, 21, 2))
            return false; /* of words only */
        if (f == a32_strex && (bits(*insn, m->t32 ? 0 : 12, 4) == bits(*insn, m->t32 ? 12 : 0, 4)))
            return false;
    }
    return f != a32_t_ldst_idx || bits(*insn, 8, 3) >= 4 || (bits(*insn, 8, 3) & 1);
}

/* What makes narrow accesses' base and index. */
static void put_narrow_base(struct maker *m, const struct a32_insn *in)
{
    emit(m, 0x465f, true); /* mov r7, r11 */
    if (operand(in, A32A_rm))
        emit(m, 0x2600 | below(m, 256), true); /* movs r6, #imm */
}

static const struct a32_insn *random_row(struct maker *m, unsigned kinds, bool *narrow)
{
    for (;;) {
        const struct a32_insn *in;
        *narrow = m->t32 && below(m, 2);
        if (!m->t32)
            in = &a32_insns[below(m, a32_insn_count)];
        else if (*narrow)
            in = &t16_insns[below(m, t16_insn_count)];
        else
            in = &t32_insns[below(m, t32_insn_count)];
        enum kind k = kind_of(in);
        if (k != KIND_NONE && (kinds >> k & 1) && exists(in, m->config))
            return in;
    }
}

static void one(struct maker *m, unsigned kinds, unsigned depth);

/* over: bytes of the instructions it may skip, which are made behind it */
static bool branch(struct maker *m, const struct a32_insn *in, uint32_t insn, bool narrow, unsigned depth)
{
    unsigned at = m->code->len, size = narrow ? 2 : 4;
    if (depth)
        return false;
    emit(m, insn, narrow);
    for (unsigned n = 1 + below(m, 3); n--;)
        one(m, 1u << KIND_INT | 1u << KIND_MEMORY, depth + 1);
    int32_t d = m->code->len - at - (m->t32 ? 4 : 8);
    if (d < 0 || (in->trans == a32_t_bcond && narrow && d > 254) || (in->trans == a32_t_cbz && d > 126)) {
        g_byte_array_set_size(m->code, at);
        return false;
    }
    if (in->trans == a32_t_bcond && !narrow) {
        insn = (insn & 0xfbc0d000) | (d >> 12 & 0x3f) << 16 | (d >> 1 & 0x7ff);
        insn &= ~0x2800u;
    } else {
        insn = set(in, insn, A32A_imm, d);
    }
    GByteArray *rest = m->code;
    m->code = g_byte_array_new();
    emit(m, insn, narrow);
    memcpy(rest->data + at, m->code->data, size);
    g_byte_array_unref(m->code);
    m->code = rest;
    return true;
}

static struct random_neon make_fp(struct maker *m)
{
    struct random_neon n = { .base = REG_WINDOW, .index = REG_INDEX, .t32 = m->t32 };
    for (unsigned i = 0; i < G_N_ELEMENTS(n.data); i++)
        n.data[i] = data_register(m);
    random_neon_make(m->rng, m->config, &n);
    return n;
}

static void one_fp(struct maker *m)
{
    struct random_neon n = make_fp(m);
    if (n.memory)
        put_index(m, true);
    emit(m, n.insn, false);
    if (n.memory)
        put_window(m);
}

/* An instruction, with what its operands need before it. */
static void one(struct maker *m, unsigned kinds, unsigned depth)
{
    if (kinds >> KIND_FP & 1 && (kinds == 1u << KIND_FP || below(m, 2))) {
        one_fp(m);
        return;
    }
    for (;;) {
        bool narrow;
        const struct a32_insn *in = random_row(m, kinds, &narrow);
        uint32_t insn = random_fields(m, in) | should_be_ones(in);
        enum kind k = kind_of(in);
        insn = special_registers(m, in, insn);
        if (in->trans == a32_clz && m->t32)
            insn = with_bits(insn, 16, 4, bits(insn, 0, 4));
        if (in->trans == a32_t_rev)
            insn = with_bits(insn, 16, 4, bits(insn, 0, 4));
        if (narrow && in->trans == a32_addw && operand(in, A32A_rd)->is_const)
            continue;
        if (k == KIND_MEMORY && !memory_operands(m, in, &insn, narrow))
            continue;
        if (k == KIND_MEMORY && narrow && operand(in, A32A_rn)->is_const)
            continue;
        if (!valid(m, in, insn))
            continue;
        if (k == KIND_BRANCH) {
            if (branch(m, in, insn, narrow, depth))
                return;
            continue;
        }
        if (k == KIND_MEMORY && narrow) {
            put_narrow_base(m, in);
            emit(m, insn, true);
            return;
        }
        if (k == KIND_MEMORY && operand(in, A32A_rm) && in->trans != a32_strex)
            put_index(m, in->trans == a32_extra_reg);
        emit(m, insn, narrow);
        if (k == KIND_MEMORY)
            put_window(m);
        return;
    }
}

/* One of VFP's that has a condition in A32. */
static void one_conditional_fp(struct maker *m)
{
    struct random_neon n;
    do
        n = make_fp(m);
    while (n.memory || n.insn >> 28 != 14);
    emit(m, n.insn, false);
}

/* IT and what is in its block: instructions of one word each, that set no flags but by comparing. */
static void it_block(struct maker *m, unsigned kinds)
{
    unsigned n = 1 + below(m, 4), cond = below(m, 14), mask = 1u << (4 - n);
    for (unsigned i = 1; i < n; i++)
        mask |= (below(m, 2)) << (4 - i);
    emit(m, 0xbf00 | cond << 4 | mask, true);
    for (unsigned i = 0; i < n; i++) {
        unsigned before = m->code->len;
        if (kinds >> KIND_FP & 1)
            one_conditional_fp(m);
        else
            one(m, 1u << KIND_INT, 1);
        g_assert_cmpuint(m->code->len, <=, before + 4);
    }
}

/* r9 = the turns; body; subs r9, r9, #1; bne body */
static void loop(struct maker *m, unsigned kinds)
{
    unsigned turns = 1 + below(m, 6);
    emit(m, m->t32 ? 0xf2400000 | REG_TURNS << 8 | turns : 0xe3000000 | REG_TURNS << 12 | turns, false);
    unsigned begin = m->code->len;
    for (unsigned n = 1 + below(m, 8); n--;) {
        if (m->t32 && below(m, 8) == 0)
            it_block(m, kinds);
        else
            one(m, kinds, 0);
    }
    emit(m, (m->t32 ? 0xf1b00001 | REG_TURNS << 8 : 0xe2500001 | REG_TURNS << 12) | REG_TURNS << 16, false);
    int32_t d = begin - m->code->len - (m->t32 ? 4 : 8);
    emit(m, m->t32 ? 0xf4408000 | (d >> 12 & 0x3f) << 16 | 0x2800 | (d >> 1 & 0x7ff) : 0x1a000000 | (d >> 2 & 0xffffff),
         false);
}

static void make_segment(GRand *rng, const void *config, bool t32, unsigned n, GByteArray *code,
                         struct random_state *initial)
{
    static const unsigned kinds[] = { 1u << KIND_INT, 1u << KIND_INT | 1u << KIND_BRANCH,
                                      1u << KIND_INT | 1u << KIND_MEMORY,
                                      1u << KIND_INT | 1u << KIND_MEMORY | 1u << KIND_BRANCH,
                                      1u << KIND_FP, 1u << KIND_FP, 1u << KIND_FP,
                                      1u << KIND_FP | 1u << KIND_INT | 1u << KIND_BRANCH };
    static const unsigned fp_only = 1u << KIND_FP;
    struct maker m = { .rng = rng, .config = config, .t32 = t32, .code = code };
    unsigned kind = random_fp_only() ? fp_only : kinds[below(&m, G_N_ELEMENTS(kinds))];
    bool loops = below(&m, 4) == 0;
    for (unsigned i = 0; i < n; i++) {
        if (loops && below(&m, 8) == 0)
            loop(&m, kind);
        else if (t32 && below(&m, 8) == 0)
            it_block(&m, kind);
        else
            one(&m, kind, 0);
    }
    for (unsigned k = 0; k < 15; k++)
        initial->x[k] = (uint32_t)(a64_random_value(rng) >> (g_rand_boolean(rng) ? 32 : 0));
    initial->x[REG_STATE] = 0;
    for (unsigned k = 0; k < 16; k++) {
        initial->v[k][0] = a64_random_value(rng);
        initial->v[k][1] = a64_random_value(rng);
    }
    initial->control = (uint64_t)below(&m, 32) << 27 | below(&m, 16) << 16;
    if (below(&m, 2)) { /* AHP, DN, FZ, RMode, FZ16 */
        uint32_t fz16 = m.config->has[ARMF_fp16] && below(&m, 2) ? 1u << 19 : 0;
        initial->control |= (uint64_t)(below(&m, 32) << 22 | fz16) << 32;
    }
}

static void a32_segment(GRand *rng, const void *config, unsigned n, GByteArray *code, struct random_state *initial)
{
    make_segment(rng, config, false, n, code, initial);
}

static void t32_segment(GRand *rng, const void *config, unsigned n, GByteArray *code, struct random_state *initial)
{
    make_segment(rng, config, true, n, code, initial);
}

/* -- What random.c asks of instructions -- */

static uint32_t a32_fetch(const uint8_t *code, unsigned *length)
{
    *length = 4;
    return code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
}

static uint32_t t32_fetch(const uint8_t *code, unsigned *length)
{
    uint32_t first = code[0] | code[1] << 8;
    *length = first >> 11 >= 0x1d ? 4 : 2;
    return *length == 2 ? first : first << 16 | code[2] | code[3] << 8;
}

static const uint8_t *a32_nop(unsigned length)
{
    static const uint8_t word[4] = { 0x00, 0x00, 0xa0, 0xe1 }; /* mov r0, r0 */
    return word;
}

static const uint8_t *t32_nop(unsigned length)
{
    static const uint8_t half[2] = { 0x00, 0xbf }, word[4] = { 0xaf, 0xf3, 0x00, 0x80 };
    return length == 2 ? half : word;
}

static bool a32_is_nop(uint32_t insn)
{
    return insn == 0xe1a00000;
}

static bool t32_is_nop(uint32_t insn)
{
    return insn == 0xbf00 || insn == 0xf3af8000;
}

/* What makes bases and indexes, and counts turns. */
static bool must_stay(uint32_t insn)
{
    return (insn & 0xfffff000) == (0xe3000000 | REG_TURNS << 12) || insn == (0xe2500001 | REG_TURNS * 0x11000) ||
           (insn & 0xffffff00) == (0xf2400000 | REG_TURNS << 8) || insn == (0xf1b00001 | REG_TURNS * 0x10100) ||
           (insn & 0xfffff000) == (0xe5900000 | REG_STATE << 16 | REG_WINDOW << 12) ||
           (insn & 0xfffff000) == (0xe3000000 | REG_INDEX << 12) || insn == 0x465f || (insn & 0xffffff00) == 0x2600 ||
           (insn & 0xfffff000) == (0xf8d00000 | REG_STATE << 16 | REG_WINDOW << 12) ||
           (insn & 0xffffff00) == (0xf2400000 | REG_INDEX << 8) || (insn >> 8 == 0xbf && insn & 15);
}

static int a32_row(const void *config, uint32_t insn)
{
    const struct arm_config *c = config;
    struct a32_args a;
    const struct a32_insn *in = a32_decode(c->has, insn, &a);
    int fp = random_neon_row(c, false, insn);
    return fp >= 0 ? (int)a32_insn_count + fp : in ? in - a32_insns : -1;
}

/* Rows of 32 bits, then those of 16. */
static int t32_row(const void *config, uint32_t insn)
{
    const struct arm_config *c = config;
    struct a32_args a;
    const struct a32_insn *in;
    if (insn >> 16) {
        int fp = random_neon_row(c, true, insn);
        in = t32_decode(c->has, insn, &a);
        return fp >= 0 ? (int)(t32_insn_count + t16_insn_count) + fp : in ? in - t32_insns : -1;
    }
    in = t16_decode(c->has, insn, &a);
    return in ? (int)t32_insn_count + (int)(in - t16_insns) : -1;
}

static const char *a32_row_name(unsigned i)
{
    return i < a32_insn_count ? a32_insns[i].name : random_neon_row_name(i - a32_insn_count);
}

static const struct a32_insn *t32_row_at(unsigned i)
{
    if (i < t32_insn_count)
        return &t32_insns[i];
    return i < t32_insn_count + t16_insn_count ? &t16_insns[i - t32_insn_count] : NULL;
}

static const char *t32_row_name(unsigned i)
{
    return t32_row_at(i) ? t32_row_at(i)->name : random_neon_row_name(i - t32_insn_count - t16_insn_count);
}

static bool a32_row_expected(const void *config, unsigned i)
{
    if (i >= a32_insn_count)
        return random_neon_row_expected(config, i - a32_insn_count);
    return kind_of(&a32_insns[i]) != KIND_NONE && exists(&a32_insns[i], config);
}

/* Not those whose base or destination is SP or the PC. */
static bool t32_row_expected(const void *config, unsigned i)
{
    const struct a32_insn *in = t32_row_at(i);
    if (!in)
        return random_neon_row_expected(config, i - t32_insn_count - t16_insn_count);
    const struct a32_operand *rn = operand(in, A32A_rn), *rd = operand(in, A32A_rd), *sz = operand(in, A32A_sz);
    bool narrow = i >= t32_insn_count, fixed_base = rn && rn->is_const && rn->constant >= 13;
    bool exclusive = (in->trans == a32_strex || in->trans == a32_ldrex) && sz->constant;
    return kind_of(in) != KIND_NONE && exists(in, config) && !exclusive &&
           !(narrow && fixed_base && (kind_of(in) == KIND_MEMORY || (rd && rd->is_const)));
}

static void describe(const void *config, uint32_t insn, const struct random_state *initial, GString *out)
{
}

#define FLAVOUR(name_, set, cpu_, other, user)                                                                         \
    static const struct flavour name_ = {                                                                              \
        .name = #name_, .arch = &arm_arch, .cpu = cpu_, .emulator = "qemu-arm", .other_cpu = other, .xlen = 32,        \
        .elf_machine = EM_ARM, .elf_flags = 0x05000000, .window_registers = 1u << REG_WINDOW, .x_name = "r",           \
        .v_name = "q", .a32 = user, .config = random_arm_config, .put_start = set##_start, .put_end = set##_end,       \
        .put_load = set##_load, .put_save = set##_save, .put_pass = set##_pass, .segment = set##_segment,              \
        .value = a64_random_value, .fetch = set##_fetch, .nop = set##_nop, .is_nop = set##_is_nop,                     \
        .must_stay = must_stay, .row = set##_row, .row_name = set##_row_name, .row_expected = set##_row_expected,      \
        .describe = describe }

FLAVOUR(a32_v7, a32, "cortex-a15", "cortex-a15", false);
FLAVOUR(a32_v8, a32, "max,has_el2=off,has_el3=off", "max", true);
FLAVOUR(t32_v7, t32, "cortex-a15", "cortex-a15", false);
FLAVOUR(t32_v8, t32, "max,has_el2=off,has_el3=off", "max", true);

const struct flavour *const a32_flavours[] = { &a32_v7, &a32_v8, &t32_v7, &t32_v8, NULL };
