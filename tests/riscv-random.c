/* SPDX-License-Identifier: BSD-2-Clause */
/* Random RISC-V programs: see riscv-random.h. */
#include "riscv-random.h"
#include "cpu-riscv/insns.h"

#include <string.h>

enum { REG_SP = 2, REG_HARNESS = 3, REG_WINDOW = 8, REG_TURNS = 9, REG_ELEMENT = 10, REG_OUTER = 12 };

bool riscv_insn_exists(const struct riscv_insn *in, const struct riscv_config *c)
{
    if (!(in->xlens & (c->xlen == 32 ? RVX_32 : RVX_64)))
        return false;
    for (unsigned alt = 0; alt < 2 && in->gate[alt][0] != RVF_COUNT; alt++) {
        bool all = true;
        for (unsigned f = 0; f < 2 && in->gate[alt][f] != RVF_COUNT; f++)
            all = all && c->has[in->gate[alt][f]];
        if (all)
            return true;
    }
    return false;
}

static bool forbidden(const struct riscv_insn *in, uint32_t insn)
{
    for (unsigned i = 0; i < in->nforbids; i++) {
        if ((insn & in->forbids[i].mask) == in->forbids[i].value)
            return true;
    }
    return false;
}

uint32_t riscv_random_encoding(GRand *rng, const struct riscv_insn *in)
{
    uint32_t insn;
    do {
        insn = (g_rand_int(rng) & ~in->mask) | in->match;
    } while (forbidden(in, insn));
    return in->length == 2 ? (uint16_t)insn : insn;
}

uint64_t riscv_random_value(GRand *rng)
{
    static const uint64_t special[] = {
        0, 1, ~UINT64_C(0), INT64_MAX, (uint64_t)INT64_MIN, INT32_MAX, (uint64_t)INT32_MIN, UINT32_MAX, 0x80000000,
        0x3ff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7ff4000000000000,
        0x0010000000000000, 0x000fffffffffffff, 0x43e0000000000000, 0x41dfffffffc00000, 0xffffffff3f800000,
        0xffffffff7f800000, 0xffffffff7fc00000, 0xffffffff7fa00000, 0xffffffff00800000, 0xffffffff807fffff,
        0xffffffff4f000000, 0xffffffffffff3c00, 0xffffffffffff7c00, 0xffffffffffff7e00, 0xffffffffffff7d00,
        0xffffffffffff83ff, 0x8000000000000000,
    };
    uint64_t v = (uint64_t)g_rand_int(rng) << 32 | g_rand_int(rng);
    switch (g_rand_int_range(rng, 0, 8)) {
    case 0:
    case 1:
        return special[g_rand_int_range(rng, 0, G_N_ELEMENTS(special))];
    case 2:
        return sign_extend(v, 1 + g_rand_int_range(rng, 0, 16));
    case 3:
        return (int32_t)v;
    case 4: /* a single of moderate size, boxed */
        return 0xffffffff00000000 | (v & 0x807fffff) | (uint64_t)g_rand_int_range(rng, 100, 155) << 23;
    case 5: /* a double of moderate size */
        return (v & 0x800fffffffffffff) | (uint64_t)g_rand_int_range(rng, 960, 1090) << 52;
    case 6:
        return v | 0xffffffffffff0000;
    default:
        return v;
    }
}

/* -- Operands -- */

static const struct riscv_operand *operand(const struct riscv_insn *in, unsigned arg)
{
    for (unsigned i = 0; i < in->noperands; i++) {
        if (in->operands[i].arg == arg)
            return &in->operands[i];
    }
    return NULL;
}

static bool has_operand(const struct riscv_insn *in, unsigned arg)
{
    return operand(in, arg) != NULL;
}

/* insn with the operand's value, as far as its pieces hold it. */
static uint32_t insert(const struct riscv_operand *op, uint32_t insn, uint32_t value)
{
    for (unsigned i = 0; op && i < op->npieces; i++) {
        unsigned lo = op->pieces[i].lo, len = op->pieces[i].len;
        insn = with_bits(insn, lo, len, bits(value, op->pieces[i].to, len));
    }
    return insn;
}

static uint32_t extract(const struct riscv_operand *op, uint32_t insn)
{
    uint32_t v = 0;
    if (op->is_const)
        return op->constant;
    for (unsigned i = 0; i < op->npieces; i++)
        v |= bits(insn, op->pieces[i].lo, op->pieces[i].len) << op->pieces[i].to;
    return op->prime ? v | 8 : op->saved ? riscv_saved_register(v) : v;
}

/* -- Choice of instructions -- */

/* These come in pairs: see add_push_and_pop(). */
static bool is_push_or_pop(const struct riscv_insn *in)
{
    return !strcmp(in->name, "cm.push") || !strcmp(in->name, "cm.pop");
}

/*
 * Left out: what traps or is privileged, jumps to where a register says, moves sp; and the waits, which may end the
 * reservation or not.
 */
unsigned riscv_random_kind(const struct riscv_insn *in)
{
    static const char *const never[] = {"ecall", "ebreak", "c.ebreak", "mret", "sret", "wfi", "sfence.vma", "sinval.vma",
                                        "sfence.w.inval", "sfence.inval.ir", "wrs.nto", "wrs.sto", "jalr", "c.jr",
                                        "c.jalr", "c.addi16sp", "cm.popret", "cm.popretz", "cm.jt", "cm.jalt", "ssamoswap.w",
                                        "ssamoswap.d", NULL};
    if (g_strv_contains(never, in->name))
        return 0;
    if (g_str_has_prefix(in->name, "cbo."))
        return RISCV_RANDOM_MEMORY | RISCV_RANDOM_CACHE;
    if (g_str_has_prefix(in->name, "csr"))
        return RISCV_RANDOM_FP;
    if (is_push_or_pop(in))
        return RISCV_RANDOM_INT | RISCV_RANDOM_MEMORY;
    if (g_str_has_prefix(in->name, "cm.mv"))
        return RISCV_RANDOM_INT;
    bool fp = has_operand(in, RVA_fd) || has_operand(in, RVA_fs1) || has_operand(in, RVA_fs2);
    bool memory = strstr(in->assembly, "(rs1)") || g_str_has_prefix(in->name, "fence");
    bool branch = in->trans == trans_jal || (strstr(in->assembly, "rs1") && has_operand(in, RVA_imm) && !memory &&
                                             !has_operand(in, RVA_rd) && !has_operand(in, RVA_uimm));
    return (fp ? RISCV_RANDOM_FP : 0) | (memory ? RISCV_RANDOM_MEMORY : 0) | (branch ? RISCV_RANDOM_BRANCH : 0) |
           (!fp && !memory && !branch ? RISCV_RANDOM_INT : 0);
}

/* The FP CSRs only, and no write that could make frm invalid. */
static uint32_t fix_csr(GRand *rng, const struct riscv_insn *in, uint32_t insn)
{
    enum { FFLAGS = 1, FRM = 2, FCSR = 3 };
    unsigned csr = g_rand_int_range(rng, FFLAGS, FCSR + 1);
    if (csr == FRM && !strcmp(in->name, "csrrwi"))
        insn = insert(operand(in, RVA_uimm), insn, g_rand_int_range(rng, 0, 5));
    else if (csr != FFLAGS && (!strcmp(in->name, "csrrw") || !strcmp(in->name, "csrrwi")))
        csr = FFLAGS;
    else if (csr != FFLAGS)
        insn = insert(operand(in, RVA_uimm), insert(operand(in, RVA_rs1), insn, 0), 0);
    return insert(operand(in, RVA_imm), insn, csr);
}

/* Adjust operands to the rules of the head. False if this encoding can't be. */
static bool fix_operands(GRand *rng, const struct riscv_config *c, const struct riscv_insn *in, unsigned kind,
                         uint32_t *insn)
{
    const struct riscv_operand *rd = operand(in, RVA_rd), *rm = operand(in, RVA_rm), *rs1 = operand(in, RVA_rs1);
    if (g_str_has_prefix(in->name, "csr"))
        *insn = fix_csr(rng, in, *insn);
    if (rm)
        *insn = insert(rm, *insn, g_rand_boolean(rng) ? 7 : g_rand_int_range(rng, 0, 5));
    if ((kind & RISCV_RANDOM_MEMORY) && rs1 && !rs1->is_const)
        *insn = insert(rs1, *insn, rs1->prime || g_rand_boolean(rng) ? REG_WINDOW : REG_SP);
    if (c->has[RVF_e] && (*insn & in->high_registers))
        return false;
    if (!strcmp(in->name, "cm.mvsa01")) { /* into two registers, which differ */
        unsigned first = extract(rs1, *insn), second = extract(operand(in, RVA_rs2), *insn);
        return first > REG_TURNS && second > REG_TURNS && first != second;
    }
    if (rd) {
        unsigned n = extract(rd, *insn);
        bool pair = !strcmp(in->name, "amocas.q") || (!strcmp(in->name, "amocas.d") && c->xlen == 32);
        if (n == REG_SP || n == REG_HARNESS || n == REG_WINDOW || n == REG_TURNS || n == REG_OUTER ||
            (pair && (n == REG_SP || n == REG_WINDOW)))
            return false;
    }
    return !forbidden(in, *insn);
}

struct slot {
    const struct riscv_insn *in; /* NULL: of the frame */
    uint32_t insn;
    unsigned length, offset;
    bool branch, loop;           /* loop: of one */
};

/* The program that is being made. */
struct maker {
    GRand *rng;
    const struct riscv_config *config;
    GPtrArray *rows; /* of the instruction table */
    struct slot *slots;
    unsigned n;
    char reserved; /* 'w' or 'd': the size of its lr and sc. Others after an lr are free to fail */
};

static bool is_lr_or_sc(const struct riscv_insn *in)
{
    return g_str_has_prefix(in->name, "lr.") || g_str_has_prefix(in->name, "sc.");
}

static struct slot choose(const struct maker *m)
{
    for (;;) {
        const struct riscv_insn *in = g_ptr_array_index(m->rows, g_rand_int_range(m->rng, 0, m->rows->len));
        uint32_t insn = riscv_random_encoding(m->rng, in);
        if ((is_lr_or_sc(in) && in->name[3] != m->reserved) || is_push_or_pop(in))
            continue;
        if (fix_operands(m->rng, m->config, in, riscv_random_kind(in), &insn))
            return (struct slot){.in = in, .insn = insn, .length = in->length,
                                 .branch = riscv_random_kind(in) & RISCV_RANDOM_BRANCH};
    }
}

static void add(struct maker *m, struct slot s)
{
    m->slots[m->n++] = s;
}

/* -- Pushes and pops -- */

#define PUSH_POP_INSNS 6 /* of a pair at most */

/* A push, a few instructions on registers, and the pop of the same list: it brings back what a program keeps, too. */
static void add_push_and_pop(struct maker *m)
{
    const struct riscv_insn *push = NULL, *pop = NULL;
    for (unsigned i = 0; i < riscv_insn_count; i++) {
        push = strcmp(riscv_insns[i].name, "cm.push") ? push : &riscv_insns[i];
        pop = strcmp(riscv_insns[i].name, "cm.pop") ? pop : &riscv_insns[i];
    }
    uint32_t insn = riscv_random_encoding(m->rng, push);
    add(m, (struct slot){.in = push, .insn = insn, .length = 2, .loop = true});
    for (int n = g_rand_int_range(m->rng, 0, PUSH_POP_INSNS - 1); n > 0; n--) {
        struct slot s;
        do {
            s = choose(m);
        } while (s.branch || (riscv_random_kind(s.in) & RISCV_RANDOM_MEMORY));
        s.loop = true;
        add(m, s);
    }
    insn = (insn & ~pop->mask) | pop->match;
    add(m, (struct slot){.in = pop, .insn = (uint16_t)insn, .length = 2, .loop = true});
}

/* -- Loops -- */

#define BODY_INSNS 12
#define LOOP_INSNS (BODY_INSNS + 14) /* of a loop at most: frame 8, an element's address 3, a loop around it 3 */

static void add_loop_insn(struct maker *m, uint32_t insn)
{
    add(m, (struct slot){.insn = insn, .length = 4, .loop = true});
}

static void add_addi(struct maker *m, unsigned rd, unsigned rs1, int imm)
{
    add_loop_insn(m, 0x13 | rd << 7 | rs1 << 15 | (uint32_t)imm << 20);
}

/*
 * One that jumps nowhere and, as pointers may be misaligned, is no atomic. on_element: with x10 as its address, if it
 * has one.
 */
static void add_to_body(struct maker *m, bool on_element)
{
    struct slot s;

    do {
        s = choose(m);
    } while (s.branch || g_str_has_prefix(s.in->name, "amo") || is_lr_or_sc(s.in));
    const struct riscv_operand *rs1 = operand(s.in, RVA_rs1);
    if (on_element && (riscv_random_kind(s.in) & RISCV_RANDOM_MEMORY) && rs1 && !rs1->is_const)
        s.insn = insert(rs1, s.insn, REG_ELEMENT);
    s.loop = true;
    add(m, s);
}

/* x10 = x8 + x9 * 2^n */
static void add_element(struct maker *m)
{
    unsigned shift = g_rand_int_range(m->rng, 0, 5);

    add_loop_insn(m, 0x1013 | REG_ELEMENT << 7 | REG_TURNS << 15 | shift << 20);
    add_loop_insn(m, 0x33 | REG_ELEMENT << 7 | REG_ELEMENT << 15 | REG_WINDOW << 20);
    add_to_body(m, true);
}

/* The immediate of a branch. */
static uint32_t branch_distance(uint32_t d)
{
    return bits(d, 12, 1) << 31 | bits(d, 5, 6) << 25 | bits(d, 1, 4) << 8 | bits(d, 11, 1) << 7;
}

static uint32_t bytes_between(const struct maker *m, unsigned from, unsigned to)
{
    uint32_t n = 0;

    for (unsigned i = from; i < to; i++)
        n += m->slots[i].length;
    return n;
}

/* bnez reg to the slot begin */
static void add_turn(struct maker *m, unsigned reg, unsigned begin)
{
    add_addi(m, reg, reg, -1);
    add_loop_insn(m, 0x1063 | reg << 15 | branch_distance(-bytes_between(m, begin, m->n)));
}

/* A branch forward in the loop on two registers, to be given its distance by skip_some(). */
static void add_skip(struct maker *m)
{
    static const uint8_t conditions[] = {0, 1, 4, 5, 6, 7};
    unsigned a = g_rand_int_range(m->rng, 0, 16), b = g_rand_int_range(m->rng, 0, 16);

    add_loop_insn(m, 0x63 | conditions[g_rand_int_range(m->rng, 0, G_N_ELEMENTS(conditions))] << 12 | a << 15 | b << 20);
}

/* The branch at slot from goes to one of the n places behind it, or nowhere. */
static void skip_some(struct maker *m, unsigned from, const unsigned *places, unsigned n)
{
    unsigned to = n ? places[g_rand_int_range(m->rng, 0, n)] : from + 1;

    m->slots[from].insn |= branch_distance(bytes_between(m, from, to));
}

static void add_inner_loop(struct maker *m)
{
    static const int steps[] = {0, 1, 2, 4, 8, 8, 16, -1, -4, -8}, offsets[] = {0, 0, 0, 0, 1, 2, 4};
    int window = steps[g_rand_int_range(m->rng, 0, G_N_ELEMENTS(steps))];
    int sp = steps[g_rand_int_range(m->rng, 0, G_N_ELEMENTS(steps))];
    int offset = offsets[g_rand_int_range(m->rng, 0, G_N_ELEMENTS(offsets))];
    int turns = g_rand_int_range(m->rng, 1, 9), body = g_rand_int_range(m->rng, 1, BODY_INSNS / 2 + 1);
    unsigned places[BODY_INSNS], skips[BODY_INSNS]; /* slots */
    uint32_t with_skip = 0;
    unsigned step_at = g_rand_int_range(m->rng, 0, body), element_at = g_rand_int_range(m->rng, 0, 2 * body);

    add_addi(m, REG_TURNS, 0, turns);
    add_addi(m, REG_WINDOW, REG_WINDOW, offset);
    unsigned begin = m->n;
    for (int i = 0; i < body; i++) {
        places[i] = m->n;
        if (g_rand_boolean(m->rng)) {
            skips[i] = m->n;
            add_skip(m);
            with_skip |= 1u << i;
        }
        add_to_body(m, false);
        if ((unsigned)i == element_at)
            add_element(m);
        if ((unsigned)i == step_at)
            add_addi(m, REG_WINDOW, REG_WINDOW, window);
    }
    for (int i = 0; i < body; i++) { /* not over the step */
        int end = i <= (int)step_at ? (int)step_at : body - 1;
        if (with_skip >> i & 1)
            skip_some(m, skips[i], places + i + 1, end - i);
    }
    add_addi(m, REG_SP, REG_SP, sp);
    add_turn(m, REG_TURNS, begin);
    add_addi(m, REG_WINDOW, REG_WINDOW, -offset - turns * window);
    add_addi(m, REG_SP, REG_SP, -turns * sp);
}

/* A loop, perhaps in another one. */
static void add_loop(struct maker *m)
{
    bool outer = g_rand_boolean(m->rng);

    if (outer)
        add_addi(m, REG_OUTER, 0, g_rand_int_range(m->rng, 1, 6));
    unsigned begin = m->n;
    add_inner_loop(m);
    if (outer)
        add_turn(m, REG_OUTER, begin);
}

/* The slot that a branch at i goes to: not over or into a loop. */
static unsigned target_of(const struct maker *m, unsigned i, unsigned skip)
{
    unsigned t = i + 1;

    while (t < m->n && t < i + skip && !m->slots[t].loop)
        t++;
    return t;
}

void riscv_random_program(GRand *rng, const struct riscv_config *c, unsigned kinds, unsigned n, GByteArray *code)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_autofree struct slot *slots = g_new(struct slot, n + 1);
    struct maker m = {.rng = rng, .config = c, .rows = rows, .slots = slots};
    unsigned at = 0;
    bool pushes = c->has[RVF_zcmp] && (kinds & RISCV_RANDOM_MEMORY) && (kinds & RISCV_RANDOM_INT);
    bool loops = (kinds & RISCV_RANDOM_LOOP) && (kinds & (RISCV_RANDOM_INT | RISCV_RANDOM_FP));

    for (unsigned i = 0; i < riscv_insn_count; i++) {
        unsigned kind = riscv_random_kind(&riscv_insns[i]);
        if (kind && !(kind & ~kinds) && riscv_insn_exists(&riscv_insns[i], c))
            g_ptr_array_add(rows, (void *)&riscv_insns[i]);
    }
    g_assert(rows->len);
    for (unsigned i = 0; i < rows->len; i++) {
        const struct riscv_insn *in = g_ptr_array_index(rows, i);
        if (g_str_has_prefix(in->name, "lr.") && m.n == 0) {
            m.reserved = c->xlen == 64 && g_rand_boolean(rng) ? 'd' : 'w';
            /* No reservation of an earlier program is left: lr x0, (x8) */
            add(&m, (struct slot){.insn = 0x1000202f | (m.reserved == 'd') << 12 | REG_WINDOW << 15, .length = 4});
        }
    }
    while (m.n < n) {
        if (loops && n - m.n >= LOOP_INSNS && !g_rand_int_range(rng, 0, 8))
            add_loop(&m);
        else if (pushes && n - m.n >= PUSH_POP_INSNS && !g_rand_int_range(rng, 0, 8))
            add_push_and_pop(&m);
        else
            add(&m, choose(&m));
    }
    for (unsigned i = 0; i < n; i++) {
        slots[i].offset = at;
        at += slots[i].length;
    }
    slots[n].offset = at;
    for (unsigned i = 0; i < n; i++) {
        struct slot *s = &slots[i];
        /* Without compressed instructions every offset is a multiple of four. */
        if (s->branch)
            s->insn = insert(operand(s->in, RVA_imm), s->insn,
                             slots[target_of(&m, i, g_rand_int_range(rng, 1, 6))].offset - s->offset);
        guint32 le = GUINT32_TO_LE(s->insn);
        g_byte_array_append(code, (const guint8 *)&le, s->length);
    }
}
