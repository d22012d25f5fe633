/* SPDX-License-Identifier: BSD-2-Clause */
/* Random A64 programs: see a64-random.h. */
#include "a64-random.h"

#include <string.h>

#include "cpu-arm/trans-a64.h"

enum { REG_TEMP = 23, REG_ELEMENT = 24, REG_OUTER = 25, REG_TURNS = 26, REG_HARNESS = 27, REG_WINDOW = 28, REG_SP = 31 };

bool a64_insn_exists(const struct a64_insn *in, const struct arm_config *c)
{
    bool gated = false;
    for (unsigned alt = 0; alt < 2 && in->gate[alt][0] != ARMF_COUNT; alt++) {
        bool all = true;
        gated = true;
        for (unsigned f = 0; f < 2 && in->gate[alt][f] != ARMF_COUNT; f++)
            all = all && c->has[in->gate[alt][f]];
        if (all)
            return true;
    }
    return !gated;
}

uint64_t a64_random_value(GRand *rng)
{
    static const uint64_t special[] = {
        0, 1, ~UINT64_C(0), INT64_MAX, (uint64_t)INT64_MIN, INT32_MAX, (uint64_t)INT32_MIN, UINT32_MAX, 0x80000000,
        0x3ff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7ff4000000000000,
        0x0010000000000000, 0x000fffffffffffff, 0x8010000000000000, 0x43e0000000000000, 0x41dfffffffc00000,
        0x3f8000007f800000, 0x7fc00000ff800000, 0x7fa00000007fffff, 0x0080000080000001, 0x4f000000cf000000,
        0x7c003c007e007d01, 0x83ff04007bff0001, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f, 0x8000800080008000,
        0x7fff7fff7fff7fff, 0x8000000080000000, 0x7fffffff7fffffff, 0x00ff00ff00ff00ff,
    };
    uint64_t v = (uint64_t)g_rand_int(rng) << 32 | g_rand_int(rng);
    switch (g_rand_int_range(rng, 0, 9)) {
    case 0:
    case 1:
        return special[g_rand_int_range(rng, 0, G_N_ELEMENTS(special))];
    case 2:
        return sign_extend(v, 1 + g_rand_int_range(rng, 0, 16));
    case 3:
        return (int32_t)v;
    case 4: /* singles of moderate size */
        return (v & 0x807fffff807fffff) | (uint64_t)g_rand_int_range(rng, 100, 155) << 23 |
               (uint64_t)g_rand_int_range(rng, 100, 155) << 55;
    case 5: /* a double of moderate size */
        return (v & 0x800fffffffffffff) | (uint64_t)g_rand_int_range(rng, 960, 1090) << 52;
    case 6: /* halves */
        return (v & 0x83ff83ff83ff83ff) | UINT64_C(0x3c0040003800c000);
    case 7: /* small singles and tiny ones */
        return v & 0x80ffffff80ffffff;
    default:
        return v;
    }
}

/* -- Operands -- */

static const struct a64_operand *operand(const struct a64_insn *in, unsigned arg)
{
    for (unsigned i = 0; i < in->noperands; i++) {
        if (in->operands[i].arg == arg)
            return &in->operands[i];
    }
    return NULL;
}

static bool has(const struct a64_insn *in, unsigned arg)
{
    return operand(in, arg) != NULL;
}

/* insn with the operand's value, as far as its pieces hold it. */
static uint32_t insert(const struct a64_insn *in, uint32_t insn, unsigned arg, uint32_t value)
{
    const struct a64_operand *op = operand(in, arg);
    for (unsigned i = 0; op && i < op->npieces; i++) {
        unsigned lo = op->pieces[i].lo, len = op->pieces[i].len;
        insn = with_bits(insn, lo, len, bits(value, op->pieces[i].to, len));
    }
    return insn;
}

static bool forbidden(const struct a64_insn *in, uint32_t insn)
{
    for (unsigned i = 0; i < in->nforbids; i++) {
        if ((insn & in->forbids[i].mask) == in->forbids[i].value)
            return true;
    }
    return false;
}

/* True if the instruction is this row's and defined. */
static bool valid(const struct arm_config *c, const struct a64_insn *in, uint32_t insn)
{
    static struct ir_unit u;
    struct a64_args a;

    if (forbidden(in, insn) || a64_decode(c->has, insn, &a) != in)
        return false;
    ir_begin(&u, &arm_arch);
    ir_insn(&u, 0, 4);
    struct translator t = {.u = &u, .config = c, .next = 4, .insn = insn};
    return in->trans(&t, &a);
}

/* -- What an instruction is -- */

static bool starts(const struct a64_insn *in, const char *prefix)
{
    return g_str_has_prefix(in->name, prefix);
}

static bool is_memory(const struct a64_insn *in)
{
    return has(in, A64A_rt) || has(in, A64A_vt) || starts(in, "prfm");
}

static bool is_literal(const struct a64_insn *in)
{
    return strstr(in->name, "lit") || starts(in, "adr");
}

static bool is_exclusive(const struct a64_insn *in)
{
    return starts(in, "stx") || starts(in, "ldx");
}

static bool has_offset_register(const struct a64_insn *in)
{
    return is_memory(in) && has(in, A64A_rm) && !starts(in, "ldst_");
}

/* Made by add_authenticated() alone, or never: PACGA's result is the key's. */
static bool is_authentication(const struct a64_insn *in)
{
    static const char *const names[] = {"pac", "aut", "pacga", "bra", "blra", "reta", "ldra", NULL};
    return g_strv_contains(names, in->name);
}

static bool is_branch(const struct a64_insn *in)
{
    static const char *const names[] = {"b", "bl", "b_cond", "cbz", "tbz", "br", "blr", "ret", NULL};
    return g_strv_contains(names, in->name);
}

/* Of those by a register. */
static bool is_indirect(const struct a64_insn *in)
{
    return is_branch(in) && !has(in, A64A_imm);
}

unsigned a64_random_kind(const struct a64_insn *in)
{
    bool vector = has(in, A64A_vd) || has(in, A64A_vn) || has(in, A64A_vt), memory = is_memory(in);
    if (is_authentication(in))
        return 0;
    if (is_branch(in))
        return A64_RANDOM_BRANCH;
    return (vector ? A64_RANDOM_FP : 0) | (memory ? A64_RANDOM_MEMORY : 0) | (!vector && !memory ? A64_RANDOM_INT : 0);
}

/* -- Making one -- */

struct slot {
    const struct a64_insn *in; /* NULL: of the frame */
    uint32_t insn;
    bool branch; /* to be given a target */
    bool fixed;  /* no branch goes here: it needs what is before it */
};

/* The program that is being made. */
struct maker {
    GRand *rng;
    const struct arm_config *config;
    GPtrArray *rows; /* of the instruction table */
    struct slot *slots;
    unsigned n;
    bool exclusive_pair;
    unsigned exclusive_size;
};

static void add(struct maker *m, struct slot s)
{
    m->slots[m->n++] = s;
}

static void add_fixed(struct maker *m, uint32_t insn)
{
    add(m, (struct slot){.insn = insn, .fixed = true});
}

/* What a program keeps. Register 31 of dsp is SP. */
static bool may_write(const struct a64_insn *in, uint32_t insn)
{
    static const uint8_t args[] = {A64A_rd, A64A_dsp, A64A_rt, A64A_rt2, A64A_rs};
    for (unsigned i = 0; i < G_N_ELEMENTS(args); i++) {
        const struct a64_operand *op = operand(in, args[i]);
        if (!op || op->is_const)
            continue;
        unsigned n = bits(insn, op->pieces[0].lo, 5);
        if ((n >= REG_OUTER && n <= REG_WINDOW) || (n == 31 && args[i] == A64A_dsp))
            return false;
        if ((starts(in, "casp") || starts(in, "ld")) && n + 1 >= REG_OUTER && n + 1 <= REG_WINDOW)
            return false;
    }
    return true;
}

static unsigned value_of(const struct a64_insn *in, uint32_t insn, unsigned arg, unsigned otherwise)
{
    const struct a64_operand *op = operand(in, arg);
    unsigned v = 0;
    if (!op)
        return otherwise;
    if (op->is_const)
        return op->constant;
    for (unsigned i = 0; i < op->npieces; i++)
        v |= bits(insn, op->pieces[i].lo, op->pieces[i].len) << op->pieces[i].to;
    return v;
}

/* Registers that must differ, or the result is unpredictable. */
static bool distinct(const struct a64_insn *in, uint32_t insn)
{
    unsigned rt = value_of(in, insn, A64A_rt, 32), rt2 = value_of(in, insn, A64A_rt2, 33);
    unsigned rs = value_of(in, insn, A64A_rs, 34), rn = value_of(in, insn, A64A_nsp, 35);
    if (starts(in, "stx") && (rs == rt || rs == rt2 || rs == rn))
        return false;
    if (starts(in, "ld") && (rt == rt2 || value_of(in, insn, A64A_vt, 32) == value_of(in, insn, A64A_vt2, 33)))
        return false;
    return true;
}

/* The base of an access is the window; displacements are small. */
static uint32_t fix_memory(struct maker *m, const struct a64_insn *in, uint32_t insn, bool writeback)
{
    bool is_ordered = starts(in, "stlur") || starts(in, "ldapur");
    insn = insert(in, insn, A64A_nsp, writeback ? REG_ELEMENT : g_rand_boolean(m->rng) ? REG_WINDOW : REG_SP);
    if (strstr(in->name, "uimm")) {
        unsigned size = value_of(in, insn, A64A_sz, 0);
        insn = insert(in, insn, A64A_imm, g_rand_int_range(m->rng, 0, 2048) >> size);
    }
    if (is_ordered) /* aligned */
        insn = insert(in, insn, A64A_imm, g_rand_int_range(m->rng, -16, 16) * 16);
    if (is_literal(in))
        insn = insert(in, insn, A64A_imm, g_rand_int_range(m->rng, 0, 16) * 4);
    return insn;
}

static bool changes_base(const struct a64_insn *in, uint32_t insn)
{
    bool has_modes = strstr(in->name, "imm") || starts(in, "ldp") || starts(in, "stp") || starts(in, "ldst_");
    return has_modes && value_of(in, insn, A64A_opt, 0) & 1;
}

/* An offset register of a value that the extension keeps small, with other bits that it ignores. */
static void add_offset_register(struct maker *m, const struct a64_insn *in, uint32_t insn)
{
    unsigned opt = value_of(in, insn, A64A_opt, 0), from = g_rand_int_range(m->rng, 0, 23);
    if (opt == 2)
        add_fixed(m, 0xd3401c00 | from << 5 | REG_TEMP); /* ubfx x23, from, #0, #8 */
    else
        add_fixed(m, 0x93401c00 | from << 5 | REG_TEMP); /* sbfx */
    if (opt == 2 || opt == 6)
        add_fixed(m, 0xb3607c00 | from << 5 | REG_TEMP); /* bfi x23, from, #32, #32 */
}

#define MOST_OF_ONE 4 /* slots of a choice */

/* Add a random instruction that is no branch, with what it needs before it. */
static void add_random(struct maker *m, bool aligned)
{
    for (;;) {
        const struct a64_insn *in = g_ptr_array_index(m->rows, g_rand_int_range(m->rng, 0, m->rows->len));
        uint32_t insn = (g_rand_int(m->rng) & ~in->mask) | in->match;
        if (is_branch(in))
            continue;
        if (is_exclusive(in) && (value_of(in, insn, A64A_sz, 0) != m->exclusive_size ||
                                 has(in, A64A_rt2) != m->exclusive_pair))
            continue;
        bool atomic = is_exclusive(in) || starts(in, "cas") || starts(in, "swp") || starts(in, "ldadd") ||
                      starts(in, "ldar") || starts(in, "stl") || starts(in, "ldap");
        if (atomic && !aligned)
            continue;
        bool writeback = is_memory(in) && changes_base(in, insn);
        if (is_memory(in) || is_literal(in))
            insn = fix_memory(m, in, insn, writeback);
        if (has_offset_register(in))
            insn = insert(in, insn, A64A_rm, REG_TEMP);
        if (!may_write(in, insn) || !distinct(in, insn) || !valid(m->config, in, insn))
            continue;
        if (writeback && (value_of(in, insn, A64A_rt, 0) == REG_ELEMENT || value_of(in, insn, A64A_rt2, 0) == REG_ELEMENT))
            continue;
        bool prepared = has_offset_register(in) || writeback;
        if (has_offset_register(in))
            add_offset_register(m, in, insn);
        if (writeback) /* add x24, x28, #n */
            add_fixed(m, 0x91000000 | REG_WINDOW << 5 | REG_ELEMENT | g_rand_int_range(m->rng, 0, 64) * 16 << 10);
        if (prepared)
            m->slots[m->n - 1].fixed = true;
        add(m, (struct slot){.in = in, .insn = insn, .fixed = prepared});
        return;
    }
}

static const struct a64_insn *row_named(const char *name)
{
    for (unsigned i = 0; i < a64_insn_count; i++) {
        if (!strcmp(a64_insns[i].name, name))
            return &a64_insns[i];
    }
    g_assert_not_reached();
}

/* A direct branch, its target to be chosen, or one by a register to what follows it. */
static void add_branch(struct maker *m, bool direct)
{
    static const char *const names[] = {"b", "bl", "b_cond", "cbz", "tbz", "b_cond", "cbz", "tbz", "br", "blr", "ret"};
    const struct a64_insn *in = row_named(names[g_rand_int_range(m->rng, direct ? 2 : 0, direct ? 8 : 11)]);
    uint32_t insn = (g_rand_int(m->rng) & ~in->mask) | in->match;
    if (is_indirect(in)) { /* adr x23, . + 8 */
        add_fixed(m, 0x10000040 | REG_TEMP);
        insn = insert(in, insn, A64A_rn, REG_TEMP);
    }
    add(m, (struct slot){.in = in, .insn = insn, .branch = !is_indirect(in), .fixed = is_indirect(in)});
}

/* -- Pointer authentication: what is signed is authenticated with the same key, and no signed pointer is left -- */

#define AUTHENTICATED_SLOTS 6

static unsigned general(struct maker *m)
{
    return g_rand_int_range(m->rng, 0, 23);
}

/* Sign rd with key (0 to 3: IA, IB, DA, DB) and register rn, 32 standing for zero. */
static uint32_t pac(unsigned key, unsigned rd, unsigned rn)
{
    return rn == 32 ? 0xdac123e0 | key << 10 | rd : 0xdac10000 | key << 10 | rn << 5 | rd;
}

/* By X16: QEMU 10.0 has an assertion that BRAA by another register fails. */
static void add_authenticated_branch(struct maker *m, unsigned key)
{
    bool zero = g_rand_boolean(m->rng), call = g_rand_boolean(m->rng);
    unsigned rn = zero ? 32 : general(m);
    if (g_rand_int_range(m->rng, 0, 3) == 0) { /* adr x30, . + 12; pac x30, sp; reta */
        add_fixed(m, 0x1000007e);
        add_fixed(m, pac(key, 30, 31));
        add_fixed(m, 0xd65f0bff | key << 10);
        return;
    }
    if (rn == 16)
        rn = 17;
    add_fixed(m, 0x10000060 | 16);
    add_fixed(m, pac(key, 16, rn));
    add_fixed(m, (zero ? 0xd61f081f : 0xd71f0800 | rn) | (unsigned)call << 21 | key << 10 | 16 << 5);
}

static void add_authenticated(struct maker *m)
{
    unsigned key = g_rand_int_range(m->rng, 0, 4), rd = general(m), rn = g_rand_boolean(m->rng) ? 32 : general(m);
    unsigned first = m->n, what = g_rand_int_range(m->rng, 0, 4), left = rd;
    if (what == 0) { /* add x24, x28, #n; pac x24; ldra rd, [x24, #imm]! */
        bool writeback = g_rand_boolean(m->rng);
        add_fixed(m, 0x91000000 | REG_WINDOW << 5 | REG_ELEMENT | (unsigned)g_rand_int_range(m->rng, 0, 64) * 16 << 10);
        add_fixed(m, pac(key | 2, REG_ELEMENT, 32));
        add_fixed(m, 0xf8200400 | (key & 1) << 23 | (unsigned)g_rand_int_range(m->rng, 0, 64) << 12 |
                     (unsigned)writeback << 11 | REG_ELEMENT << 5 | rd);
        left = REG_ELEMENT;
    } else if (what == 1) {
        add_authenticated_branch(m, key & 1);
        left = m->slots[m->n - 1].insn >> 21 == 0x6b2 ? 30 : 16;
    } else {
        if (rn == rd)
            rn = 32;
        add_fixed(m, 0xdac143e0 | rd); /* xpaci rd: so that it is a pointer */
        add_fixed(m, pac(key, rd, rn));
        add_fixed(m, pac(key, rd, rn) | 1 << 12); /* aut */
    }
    add_fixed(m, 0xdac143e0 | left); /* xpaci */
    m->slots[first].fixed = false;
}

/* -- Loops -- */

#define BODY_INSNS 8
#define LOOP_SLOTS (BODY_INSNS * (MOST_OF_ONE + 1) + 16)

/* sub reg, reg, #1; cbnz reg, begin */
static void add_turn(struct maker *m, unsigned reg, unsigned begin)
{
    add_fixed(m, 0x51000400 | reg << 5 | reg);
    add_fixed(m, 0x35000000 | ((begin - m->n) & 0x7ffff) << 5 | reg);
}

static void add_step(struct maker *m, int step)
{
    add_fixed(m, (step < 0 ? 0xd1000000 : 0x91000000) | REG_WINDOW << 5 | REG_WINDOW | (unsigned)ABS(step) << 10);
}

static void add_inner_loop(struct maker *m)
{
    static const int steps[] = {0, 1, 2, 4, 8, 8, 16, 16, -1, -4, -8, -16}, offsets[] = {0, 0, 0, 1, 2, 4};
    int step = steps[g_rand_int_range(m->rng, 0, G_N_ELEMENTS(steps))];
    int offset = offsets[g_rand_int_range(m->rng, 0, G_N_ELEMENTS(offsets))];
    int turns = g_rand_int_range(m->rng, 1, 9), body = g_rand_int_range(m->rng, 1, BODY_INSNS);
    unsigned skips[BODY_INSNS], nskips = 0, begin;

    add_fixed(m, 0x52800000 | turns << 5 | REG_TURNS); /* mov w26, #turns */
    add_step(m, offset);
    begin = m->n;
    for (int i = 0; i < body; i++) {
        if (g_rand_boolean(m->rng)) {
            skips[nskips++] = m->n;
            add_branch(m, true);
            m->slots[m->n - 1].branch = false;
        }
        add_random(m, false);
    }
    /* Branches in the body go to a place behind them, the step at most. */
    for (unsigned i = 0; i < nskips; i++) {
        struct slot *s = &m->slots[skips[i]];
        unsigned to = skips[i] + 1 + g_rand_int_range(m->rng, 0, m->n - skips[i]);
        while (to < m->n && m->slots[to].fixed)
            to++;
        s->insn = insert(s->in, s->insn, A64A_imm, (to - skips[i]) * 4);
    }
    unsigned step_at = m->n;
    add_step(m, step);
    add_turn(m, REG_TURNS, begin);
    add_step(m, -offset - turns * step);
    for (unsigned i = begin; i < step_at; i++)
        m->slots[i].fixed = true;
}

static void add_loop(struct maker *m)
{
    bool outer = g_rand_boolean(m->rng);

    if (outer)
        add_fixed(m, 0x52800000 | g_rand_int_range(m->rng, 1, 6) << 5 | REG_OUTER);
    unsigned begin = m->n;
    add_inner_loop(m);
    if (outer)
        add_turn(m, REG_OUTER, begin);
}

void a64_random_program(GRand *rng, const struct arm_config *c, unsigned kinds, unsigned n, GByteArray *code)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_autofree struct slot *slots = g_new0(struct slot, n + LOOP_SLOTS + MOST_OF_ONE + AUTHENTICATED_SLOTS);
    struct maker m = {.rng = rng, .config = c, .rows = rows, .slots = slots};
    bool others = kinds & (A64_RANDOM_INT | A64_RANDOM_FP | A64_RANDOM_MEMORY);

    m.exclusive_pair = g_rand_boolean(rng);
    m.exclusive_size = g_rand_int_range(rng, 0, m.exclusive_pair ? 2 : 4);
    for (unsigned i = 0; i < a64_insn_count; i++) {
        unsigned kind = a64_random_kind(&a64_insns[i]);
        if (kind && !(kind & ~kinds) && a64_insn_exists(&a64_insns[i], c))
            g_ptr_array_add(rows, (void *)&a64_insns[i]);
    }
    g_assert(rows->len);
    if (kinds & A64_RANDOM_MEMORY) /* no monitor of an earlier program is left: ldxp or ldxr of x0, by x28 */
        add_fixed(&m, m.exclusive_pair ? 0x887f0000 | m.exclusive_size << 30 | 1 << 10 | REG_WINDOW << 5
                                       : 0x085f7c00 | m.exclusive_size << 30 | REG_WINDOW << 5);
    while (m.n < n) {
        bool both = (kinds & A64_RANDOM_INT) && (kinds & A64_RANDOM_MEMORY);
        if (c->has[ARMF_pauth] && both && !g_rand_int_range(rng, 0, 12))
            add_authenticated(&m);
        else if ((kinds & A64_RANDOM_LOOP) && !g_rand_int_range(rng, 0, 8))
            add_loop(&m);
        else if (!others || ((kinds & A64_RANDOM_BRANCH) && !g_rand_int_range(rng, 0, 4)))
            add_branch(&m, false);
        else
            add_random(&m, true);
    }
    for (unsigned i = 0; i < m.n; i++) {
        struct slot *s = &slots[i];
        if (s->branch) {
            unsigned to = i + g_rand_int_range(rng, 1, 6);
            while (to < m.n && slots[to].fixed)
                to++;
            s->insn = insert(s->in, s->insn, A64A_imm, (MIN(to, m.n) - i) * 4);
        }
        guint32 le = GUINT32_TO_LE(s->insn);
        g_byte_array_append(code, (const guint8 *)&le, 4);
    }
}
