/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86-64 back end against the IR's interpreter. */
#include <string.h>

#include "tcg/ir/ir-internal.h"
#include "tcg/ir/ir-text.h"
#include "tests/ir-random.h"
#include "tests/x64-rig.h"

static struct ir_unit unit;

static const char *text_of(const struct ir_unit *u)
{
    static GString *text;

    if (!text) {
        text = g_string_new(NULL);
    }
    g_string_truncate(text, 0);
    ir_print(u, text);
    return text->str;
}

/* How the unit is run. */
struct how {
    bool flat, smp;
    unsigned features_off;
    uint32_t key;
    bool exit_request;
    gva page; /* where it runs, 0: where it was made */
};

static void G_GNUC_NORETURN differ(const struct toy_cpu *i, const struct toy_cpu *j, const struct tb *tb, const char *what)
{
    GString *s = g_string_new(NULL);
    char *code = rig_disas(tb);

    toy_print_difference(i, j, s);
    g_printerr("%s%s%s (interpreter, translated: pc 0x%" G_GINT64_MODIFIER "x 0x%" G_GINT64_MODIFIER
               "x, flags 0x%x 0x%x)\n%s", text_of(&unit), code, what, i->cpu.pc, j->cpu.pc, i->cpu.fp.flags,
               j->cpu.fp.flags, s->str);
    exit(1);
}

/* -- What was compared: each op, type and lane with what the host may have been used of -- */

static const struct {
    const char *name;
    unsigned off;
} levels[] = {{"sse2", ~0u}, {"sse4.1", X64_AVX}, {"avx", X64_AVX2}, {"avx2", 0}};
#define LANES (IR_LANE_F64 + 1)

static unsigned covered[IR_OPCODES][IR_FLAGS + 1][LANES][G_N_ELEMENTS(levels)];

static void cover(const struct ir_unit *u, unsigned features_off)
{
    for (unsigned l = 0; l < G_N_ELEMENTS(levels); l++) {
        for (uint32_t i = 1; i < u->nops && levels[l].off == features_off; i++) {
            const struct ir_op *o = &u->ops[i];
            unsigned lane = ir_is_vector_op(o->op) ? o->aux & 15 : 0;
            covered[o->op][o->type][lane][l]++;
        }
    }
}

static bool lane_is_the_ops(enum ir_opcode op, unsigned type, unsigned lane)
{
    for (const char *f = ir_op_info[op].fields; *f; f++) {
        switch (*f) {
        case 'E':
            return lane <= IR_LANE_64 && (op != IR_VSUM || type == ir_lane_type(lane));
        case 'Z':
            return op != IR_VGET || type == ir_lane_type(lane);
        case 'V':
            return lane >= IR_LANE_F32;
        case 'k':
            return lane >= IR_LANE_16 && lane <= IR_LANE_64;
        case 'u':
            return lane <= IR_LANE_32;
        }
    }
    return lane == 0;
}

/* Runs last: nothing that the table of ops has is left out. Counts are of sse2/sse4.1/avx/avx2. */
static void test_coverage(void)
{
    unsigned missing = 0;
    GString *line = g_string_new(NULL);

    if (!__builtin_cpu_supports("avx2")) {
        g_test_skip("this host has no AVX2");
        return;
    }
    for (unsigned op = IR_INSN; op < IR_OPCODES; op++) {
        bool vector = strpbrk(ir_op_info[op].fields, "EZVku");
        g_string_printf(line, "%s:", ir_op_name(op));
        for (unsigned type = 0; type <= IR_FLAGS; type++) {
            for (unsigned lane = 0; lane < LANES && ir_op_info[op].types >> type & 1; lane++) {
                if (!lane_is_the_ops(op, type, lane)) {
                    continue;
                }
                g_string_append_printf(line, " %s%s%s", ir_type_words[type], vector ? "." : "",
                                       vector ? ir_lane_words[lane] : "");
                for (unsigned l = 0; l < G_N_ELEMENTS(levels); l++) {
                    g_string_append_printf(line, "%c%u", l ? '/' : '=', covered[op][type][lane][l]);
                    missing += !covered[op][type][lane][l];
                }
            }
        }
        g_test_message("%s", line->str);
    }
    g_string_free(line, TRUE);
    g_assert_cmpuint(missing, ==, 0);
}

static unsigned comparisons;

/* Run the unit from the state of start both ways; results, memory, flags and exits must agree. */
static void compare(const struct toy_cpu *start, unsigned fill, const struct how *h)
{
    struct toy_cpu *i = toy_new(), *j = toy_new();
    uint8_t memory[TOY_MEM_SIZE];
    struct jit_exit out = {0};
    struct tb *tb;
    bool ok_i, ok_j;

    *i = *j = *start;
    unit.key = i->cpu.key = j->cpu.key = h->key;
    i->cpu.exit_request = j->cpu.exit_request = h->exit_request ? EXIT_REQUESTED : 0;
    i->cpu.budget = j->cpu.budget = 1 << 20;
    i->cpu.code_page = j->cpu.code_page = h->page;
    cover(&unit, h->features_off);
    memset(toy_memory, fill, sizeof(toy_memory));
    ok_i = rig_interpret(&unit, &i->cpu);
    memcpy(memory, toy_memory, sizeof(memory));

    memset(toy_memory, fill, sizeof(toy_memory));
    ir_localise(&unit);
    *host_backend->features_off = h->features_off;
    cpus_parallel = h->smp;
    rig_set_mmu(&j->cpu, h->flat);
    if (++comparisons % 2) {
        unit.regs = j->cpu.regs = rig_unpinned();
    }
    tb = rig_compile(&unit);
    ok_j = rig_run(tb, &j->cpu, &out);
    unit.regs = toy_arch.regs;
    if (ok_i != ok_j) {
        differ(i, j, tb, ok_i ? "an exception" : "no exception");
    }
    if (!toy_equal(i, j)) {
        differ(i, j, tb, "registers");
    }
    if (i->cpu.fp.flags != j->cpu.fp.flags) {
        differ(i, j, tb, "FP flags");
    }
    if (ok_i && i->cpu.key != j->cpu.key) {
        differ(i, j, tb, "key");
    }
    if (ok_i && i->cpu.pc != j->cpu.pc) {
        differ(i, j, tb, "PC");
    }
    if (memcmp(memory, toy_memory, sizeof(memory))) {
        differ(i, j, tb, "memory");
    }
    if (ok_j && out.tb) {
        g_assert_true(out.tb == tb);
        g_assert_cmphex(j->cpu.code_page | tb_jump(tb, out.slot)->offset, ==, j->cpu.pc);
    }
    g_free(i);
    g_free(j);
}

static struct ir_random random_setup(uint64_t seed, unsigned features)
{
    return (struct ir_random){
        .seed = seed * UINT64_C(0x9e3779b97f4a7c15) | 1,
        .arch = &toy_arch,
        .features = features,
        .insns = 1 + seed % 40,
        .pc = 0x1000,
        .mem_base = TOY_MEM_BASE,
        .mem_size = TOY_MEM_SIZE,
        .state_offset = offsetof(struct toy_cpu, state),
        .state_size = sizeof(((struct toy_cpu *)0)->state),
        .fp_classes = 1 << IR_FP_RISCV | 1 << IR_FP_ARM | 1 << IR_FP_X86 | 1 << IR_FP_ARM_DENORMAL,
        .rounding = 1 << IR_RNE | 1 << IR_RTZ | 1 << IR_RDN | 1 << IR_RUP | 1 << IR_RMM | 1 << IR_RDYN,
        .helpers = toy_arch.helpers,
    };
}

static void random_units(uint64_t first, unsigned n, unsigned features, unsigned features_off)
{
    const char *only = g_getenv("SEED"), *more = g_getenv("MORE");

    if (more) { /* a long run: other seeds, that many times as many */
        first += UINT64_C(1000000) * n;
        n *= g_ascii_strtoull(more, NULL, 0);
    }

    for (uint64_t seed = first; seed < first + n; seed++) {
        struct ir_random r;
        struct toy_cpu *start;
        struct how h;

        if (only && g_ascii_strtoull(only, NULL, 0) != seed) {
            continue;
        }
        r = random_setup(seed, features);
        if (seed & 1) {
            r.fp_classes = 1 << IR_FP_RISCV;
            r.rounding = 1 << IR_RDYN | 1 << IR_RTZ;
        }
        start = toy_new();
        ir_random_registers(&r, &start->cpu);
        start->cpu.fp.rm = seed % 4;
        start->trap_armed = seed % 16 == 0;
        ir_random_unit(&r, &unit);
        if (seed % 2) {
            ir_optimise(&unit);
        }
        if (seed % 2 && seed % 3) {
            ir_merge_checks(&unit);
        }
        h = (struct how){.flat = seed % 8 > 1, .smp = seed >> 1 & 1, .features_off = features_off,
                         .key = seed % 32 == 7 ? KEY_NOCHAIN : seed % 32 == 9 ? KEY_ICOUNT : 0, .exit_request = seed % 32 == 11};
        if (g_test_verbose()) {
            g_test_message("seed %u", (unsigned)seed);
        }
        if (only) {
            g_printerr("%s", text_of(&unit));
        }
        if (seed % 4) { /* anywhere, and where addresses have 32 bits near their wrap-around */
            h.page = seed * UINT64_C(0x9e3779b97f4a7c15) & PAGE_MASK;
        }
        if (seed % 4 == 1) {
            h.page = UINT32_MAX & PAGE_MASK;
            unit.va_mask = UINT32_MAX;
        }
        compare(start, seed * 37, &h);
        g_free(start);
    }
}


static void test_random_int(void)
{
    random_units(1, 1000, IR_RANDOM_RAW | IR_RANDOM_STATE, 0);
}

static void test_random_flow(void)
{
    random_units(10000, 1000, IR_RANDOM_ALL & ~(IR_RANDOM_FP | IR_RANDOM_MEM | IR_RANDOM_ATOMIC | IR_RANDOM_CALL), 0);
}

static void test_random_memory(void)
{
    random_units(20000, 1500, IR_RANDOM_ALL & ~IR_RANDOM_FP, 0);
}

static void test_random_fp(void)
{
    random_units(30000, 2000, IR_RANDOM_ALL, 0);
}

/* Hosts with less. */
static void test_random_features(void)
{
    for (unsigned n = 0; n < 9; n++) {
        random_units(40000 + 1000 * n, 250, IR_RANDOM_ALL, n == 0 ? ~0u : 1u << n);
    }
    for (unsigned l = 0; l < G_N_ELEMENTS(levels); l++) {
        random_units(60000 + 1000 * l, 500, IR_RANDOM_ALL, levels[l].off);
    }
}


/* -- Every op on edge cases, its operands in every kind of place -- */

/* The same for a vector: a register, a constant, or what is no longer in the register. */
static ir_val place_vector(struct ir_random *r, enum ir_type t, unsigned n, unsigned where, struct toy_cpu *c)
{
    unsigned reg = (t == IR_V128 ? TOY_REG_V : TOY_REG_Y) + n;
    uint64_t *q = (uint64_t *)((char *)c + toy_arch.regs[reg].offset);
    unsigned style = ir_random_below(r, 8);

    for (unsigned i = 0; i < ir_slot_bytes(t) / 8; i++) {
        /* Integers and FP numbers of both sizes, bytes near each other, and all the same. */
        q[i] = style < 4 ? ir_random_value(r, IR_I32 + style) : ir_random_value(r, IR_I64);
        q[i] |= style == 0 || style == 2 ? ir_random_value(r, IR_I32 + style) << 32 : 0;
        q[i] = style == 4 ? q[i] & 0x1f1f1f1f1f1f1f1f : style == 5 && i ? q[0] : q[i];
    }
    if (where == 2) {
        unsigned lane = ir_random_below(r, IR_LANE_F32);
        return ir_vector(&unit, IR_VDUP, t, lane, 0, ir_const(&unit, ir_lane_type(lane), q[0]), 0, 0);
    }
    ir_val v = ir_append(&unit, (struct ir_op){.op = IR_GET, .type = t, .imm = reg});
    if (where == 3) {
        ir_put(&unit, reg, ir_vector(&unit, IR_VDUP, t, IR_LANE_32, 0, ir_const(&unit, IR_I32, 7), 0, 0));
    }
    return v;
}

/*
 * A value of the type that the translated code finds in a pinned register, an unpinned one, a constant or a temporary.
 */
static ir_val place(struct ir_random *r, enum ir_type t, unsigned n, unsigned where, struct toy_cpu *c)
{
    if (ir_is_vector(t)) {
        return place_vector(r, t, n, where, c);
    }
    bool fp = ir_is_fp(t);
    unsigned base = t == IR_F64 ? TOY_REG_D : t == IR_F32 ? TOY_REG_S : TOY_REG_X, reg;
    uint64_t v = ir_random_value(r, t);

    reg = base + (t == IR_F32 ? n : where == 1 ? n + 12 : n);
    *(uint64_t *)((char *)c + toy_arch.regs[reg].offset) = t == IR_I32 ? v | ir_random_next(r) << 32 : v;
    if (where == 2) {
        ir_val k = ir_const(&unit, t == IR_F64 ? IR_I64 : t == IR_F32 ? IR_I32 : t, v);
        return fp ? ir_convert(&unit, IR_FROMBITS, t, k) : k;
    }
    if (where == 3) {
        /* A copy that lives in a temporary, since the register gets something else. */
        ir_val get = ir_append(&unit, (struct ir_op){.op = IR_GET, .type = t, .imm = reg});
        ir_val k = ir_const(&unit, t == IR_F64 ? IR_I64 : t == IR_F32 ? IR_I32 : t, 5);
        ir_put(&unit, reg, fp ? ir_convert(&unit, IR_FROMBITS, t, k) : k);
        return get;
    }
    return ir_append(&unit, (struct ir_op){.op = IR_GET, .type = t, .imm = reg});
}

/* Put v to a pinned or unpinned register, maybe one that was an operand's. */
static void place_result(ir_val v, unsigned where)
{
    unsigned t = unit.ops[v].type;

    switch (t) {
    case IR_V128: /* maybe to the low half of a wider one */
        ir_put(&unit, where & 1 ? TOY_REG_Y + 4 : TOY_REG_V + 4 - (where & 2), v);
        break;
    case IR_V256:
        ir_put(&unit, TOY_REG_Y + 4 - (where & 3), v);
        break;
    case IR_F64:
        ir_put(&unit, TOY_REG_D + (where & 1 ? 15 : where & 2), v);
        break;
    case IR_F32:
        ir_put(&unit, TOY_REG_S + (where & 3), v);
        break;
    default:
        ir_put(&unit, TOY_REG_X + (where & 1 ? 20 : where & 2), v);
        break;
    }
}

struct shape {
    uint8_t op, type, args[4], sub, sub2;
    uint32_t aux;
    int64_t imm;
};

static ir_val apply(struct ir_random *r, const struct shape *s, unsigned how, struct toy_cpu *c)
{
    struct ir_op o = {.op = s->op, .type = s->type, .sub = s->sub, .sub2 = s->sub2, .aux = s->aux, .imm = s->imm};

    for (unsigned n = 0; n < 4 && s->args[n]; n++) {
        /* Sometimes the same value twice. */
        bool again = n && s->args[n] == s->args[n - 1] && ir_random_below(r, 8) == 0;
        o.arg[n] = again ? o.arg[n - 1] : place(r, s->args[n], n, how >> (2 * n) & 3, c);
    }
    if (s->op == IR_FMA) {
        o.aux = how & 3;
    }
    return ir_append(&unit, o);
}

static void check_shape(struct ir_random *r, const struct shape *s, unsigned runs)
{
    static const unsigned off[] = {0, 0, ~0u, X64_AVX2, X64_AVX, X64_BMI1 | X64_BMI2, X64_SSE41 | X64_FMA};

    for (unsigned n = 0; n < runs; n++) {
        struct toy_cpu *start = toy_new();
        GError *err = NULL;
        struct how h = {.flat = true, .features_off = off[n % G_N_ELEMENTS(off)]};

        ir_random_registers(r, &start->cpu);
        start->cpu.fp.rm = ir_random_below(r, 4);
        unit.pc = 0x1000;
        ir_begin(&unit, &toy_arch);
        ir_insn(&unit, 0x1000, 4);
        place_result(apply(r, s, ir_random_below(r, 256), start), ir_random_below(r, 4));
        ir_exit_jump(&unit, 0x2004);
        if (!ir_verify(&unit, &err)) {
            g_error("%s\n%s", err->message, text_of(&unit));
        }
        compare(start, 0, &h);
        g_free(start);
    }
}

static void test_ops_integer(void)
{
    struct ir_random r = {.seed = 99};

    for (unsigned op = IR_ADD; op <= IR_ZEXT32; op++) {
        for (unsigned t = IR_I32; t <= IR_I64; t++) {
            if (strchr(ir_op_info[op].fields, 'Q')) {
                continue;
            }
            if (t == IR_I32 && (op == IR_SEXT32 || op == IR_ZEXT32)) {
                continue;
            }
            check_shape(&r, &(struct shape){op, t, {t, ir_op_nargs(op) > 1 ? t : 0, ir_op_nargs(op) > 2 ? t : 0}, 0, 0, 0, 0}, 120);
        }
    }
    check_shape(&r, &(struct shape){IR_TRUNC, IR_I32, {IR_I64}, 0, 0, 0, 0}, 60);
    check_shape(&r, &(struct shape){IR_SX, IR_I64, {IR_I32}, 0, 0, 0, 0}, 60);
    check_shape(&r, &(struct shape){IR_ZX, IR_I64, {IR_I32}, 0, 0, 0, 0}, 60);
    for (unsigned cc = IR_EQ; cc <= IR_GTU; cc++) {
        for (unsigned t = IR_I32; t <= IR_I64; t++) {
            for (unsigned to = IR_I32; to <= IR_F64; to++) {
                if (!ir_is_fp(to)) {
                    check_shape(&r, &(struct shape){IR_SETCC, to, {t, t}, cc, t, 0, 0}, 40);
                }
                check_shape(&r, &(struct shape){IR_SELECT, to, {t, t, to, to}, cc, t, 0, 0}, 40);
            }
        }
    }
}

static void test_ops_bits(void)
{
    struct ir_random r = {.seed = 55};

    for (unsigned n = 0; n < 400; n++) {
        unsigned t = n & 1 ? IR_I64 : IR_I32, bits = ir_type_bits(t);
        unsigned first = ir_random_below(&r, 4) ? ir_random_below(&r, bits) : 0;
        unsigned length = ir_random_below(&r, 4) ? 1 + ir_random_below(&r, bits - first) : bits - first;
        check_shape(&r, &(struct shape){IR_UBFX, t, {t}, 0, 0, ir_bits_aux(first, length), 0}, 7);
        check_shape(&r, &(struct shape){IR_SBFX, t, {t}, 0, 0, ir_bits_aux(first, length), 0}, 7);
        check_shape(&r, &(struct shape){IR_BFI, t, {t, t}, 0, 0, ir_bits_aux(first, length), 0}, 7);
    }
}

static void begin(gva pc);

/* The verifier takes the lane. */
static bool lane_fits(const struct shape *s)
{
    struct ir_op o = {.op = s->op, .type = s->type, .sub = s->sub, .sub2 = s->sub2, .aux = s->aux, .imm = s->imm};

    begin(0x1000);
    for (unsigned n = 0; n < 4 && s->args[n]; n++) {
        struct ir_op get = {.op = IR_GET, .type = s->args[n]};
        while (toy_arch.regs[get.imm].type != get.type) {
            get.imm++;
        }
        o.arg[n] = ir_append(&unit, get);
    }
    return !ir_check_op(&unit, &o, unit.nops);
}

/* Every vector op, type and lane; indexes and FP's fields at random. */
static void test_ops_vector(void)
{
    struct ir_random r = {.seed = 88};

    for (unsigned op = IR_VADD; op <= IR_VF2H; op++) {
        const struct ir_op_info *info = &ir_op_info[op];
        for (unsigned lane = 0; lane <= IR_LANE_F64; lane++) {
            for (unsigned n = 0; n < 2 * 28; n++) {
                unsigned src = n & 1 ? IR_V256 : IR_V128;
                struct shape s = {.op = op, .aux = lane};
                struct ir_op o = {.op = op, .aux = lane};
                s.type = info->types == (1 << IR_V128 | 1 << IR_V256) ? src
                         : op == IR_VGET || op == IR_VSUM ? ir_lane_type(lane) : (unsigned)__builtin_ctz(info->types);
                for (unsigned i = 0; i < info->nargs; i++) {
                    char a = info->args[i];
                    s.args[i] = a == 't' ? s.type : a == 'e' ? ir_lane_type(lane) : a == 'v' ? src
                                : a == 'y' ? IR_V128 : IR_V256;
                }
                if (!strpbrk(info->fields, "EVZku")) {
                    s.aux = o.aux = 0;
                }
                o.type = s.type;
                if (strchr(info->fields, 'X')) {
                    s.imm = ir_random_below(&r, ir_index_limit(&o, s.args[0]));
                }
                if (op == IR_VFCMP) {
                    s.sub = ir_random_below(&r, IR_FLEQ + 1) << 2 | ir_random_below(&r, 3);
                } else if (op >= IR_VFADD) {
                    s.sub = n % 3 ? IR_FP_RISCV : ir_random_below(&r, 3);
                    s.sub2 = n % 5 ? IR_RDYN : ir_random_below(&r, IR_RMM + 1);
                    s.aux |= op == IR_VFMA ? ir_random_below(&r, 4) << 8 : 0;
                }
                if (!lane_fits(&s)) {
                    break;
                }
                check_shape(&r, &s, op >= IR_VFADD ? 14 : 7);
            }
        }
    }
}

/* What is made of flags of the kind and width, whose operands are anywhere. */
static void check_flags(struct ir_random *r, unsigned kind, unsigned size, unsigned cc)
{
    unsigned t = size == 3 ? IR_I64 : IR_I32, how = ir_random_below(r, 256), to = IR_I32 + ir_random_below(r, 4);
    struct toy_cpu *start = toy_new();
    struct how h = {.flat = true, .features_off = how & 1 ? ~0u : 0};
    ir_val arg[3], f, x, y;

    ir_random_registers(r, &start->cpu);
    unit.pc = 0x1000;
    ir_begin(&unit, &toy_arch);
    ir_insn(&unit, 0x1000, 4);
    for (unsigned n = 0; n < 3; n++) {
        arg[n] = place(r, t, n, how >> (2 * n) & 3, start);
    }
    if (ir_random_below(r, 4) == 0) {
        arg[1] = arg[2] = ir_const(&unit, t, ir_random_below(r, 2));
    }
    x = place(r, to, 3, ir_random_below(r, 4), start);
    y = place(r, to, to == IR_F32 ? 2 : 4, ir_random_below(r, 4), start);
    f = ir_flags(&unit, kind, size, arg[0], arg[1], arg[2]);
    ir_val chosen = ir_append(&unit, (struct ir_op){.op = IR_FLAGSEL, .type = to, .sub = cc, .arg = {f, x, y}});
    if (ir_is_int(to) && ir_random_below(r, 2)) {
        ir_put(&unit, TOY_REG_X + 3 + ir_random_below(r, 2), chosen); /* in the place of x or y */
    } else {
        place_result(chosen, ir_random_below(r, 4));
    }
    ir_put(&unit, TOY_REG_X + 7, ir_append(&unit, (struct ir_op){.op = IR_FLAGCC, .type = IR_I64, .sub = cc, .arg = {f}}));
    for (unsigned layout = 0; layout < 2; layout++) {
        ir_put(&unit, TOY_REG_X + 8 + 8 * layout,
               ir_append(&unit, (struct ir_op){.op = IR_FLAGPACK, .type = IR_I32, .sub = layout, .arg = {f}}));
    }
    unsigned yes = ir_new_block(&unit, false), no = ir_new_block(&unit, false);
    ir_append(&unit, (struct ir_op){.op = IR_BRFLAG, .sub = cc, .aux = ir_brcc_aux(yes, no), .arg = {f}});
    ir_place_block(&unit, yes);
    ir_exit_jump(&unit, 0x2004);
    ir_place_block(&unit, no);
    ir_exit_jump(&unit, 0x2008);
    compare(start, 0, &h);
    g_free(start);
}

/* A branch and a number by whether any bit of a mask is set, whose AND something else may or may not need. */
static void check_masked(struct ir_random *r)
{
    static const int64_t masks[] = {1, 8, -8, 0x7fffffff, 0x80000000, 0xffffffff, INT64_C(1) << 40, INT64_MIN, -1};
    unsigned t = IR_I32 + ir_random_below(r, 2), how = ir_random_below(r, 256), cc = IR_EQ + ir_random_below(r, 2);
    struct toy_cpu *start = toy_new();
    struct how h = {.flat = true, .features_off = how & 1 ? ~0u : 0};

    ir_random_registers(r, &start->cpu);
    unit.pc = 0x1000;
    ir_begin(&unit, &toy_arch);
    ir_insn(&unit, 0x1000, 4);
    ir_val a = place(r, t, 0, how >> 2 & 3, start), zero = ir_const(&unit, t, 0), b;
    if (how & 0x10) {
        int64_t mask = masks[ir_random_below(r, G_N_ELEMENTS(masks))];
        b = ir_const(&unit, t, t == IR_I32 ? (int32_t)mask : mask);
    } else {
        b = place(r, t, 1, how >> 5 & 3, start);
    }
    ir_val v = ir_append(&unit, (struct ir_op){.op = IR_AND, .type = t, .arg = {a, b}});
    ir_val w = ir_append(&unit, (struct ir_op){.op = IR_AND, .type = t, .arg = {b, a}});
    if (how & 0x80) {
        place_result(v, ir_random_below(r, 4));
    }
    struct ir_op set = {.op = IR_SETCC, .type = IR_I64, .sub = cc ^ 1, .sub2 = t, .arg = {w, zero}};
    place_result(ir_append(&unit, set), ir_random_below(r, 4));
    unsigned yes = ir_new_block(&unit, false), no = ir_new_block(&unit, false);
    ir_brcc(&unit, cc, v, zero, yes, no);
    ir_place_block(&unit, yes);
    ir_exit_jump(&unit, 0x2004);
    ir_place_block(&unit, no);
    ir_exit_jump(&unit, 0x2008);
    compare(start, 0, &h);
    g_free(start);
}

static void test_ops_masked(void)
{
    struct ir_random r = {.seed = 67};

    for (unsigned n = 0; n < 20000; n++) {
        check_masked(&r);
    }
}

static void test_ops_flags(void)
{
    struct ir_random r = {.seed = 66};

    for (unsigned kind = 0; kind <= IR_FLAG_NZCV; kind++) {
        for (unsigned size = 0; size < 4; size++) {
            for (unsigned n = 0; n < 20 * (IR_FLAG_LS + 1); n++) {
                check_flags(&r, kind, size, n % (IR_FLAG_LS + 1));
            }
        }
    }
}

/* A sum or difference with the carry of a comparison or of flags, which the host's own flags can have; or it is used again. */
static void check_carry(struct ir_random *r, bool flags, unsigned kind, unsigned size, unsigned cc)
{
    enum ir_type t = size == 3 ? IR_I64 : IR_I32, sum = IR_I32 + ir_random_below(r, 2);
    struct toy_cpu *start = toy_new();
    struct how h = {.flat = true};
    unsigned how = ir_random_next(r), carry;
    GError *err = NULL;

    ir_random_registers(r, &start->cpu);
    begin(0x1000);
    ir_val a = place(r, t, 0, how & 3, start), b = place(r, t, 1, how >> 2 & 3, start);
    b = how >> 16 & 1 ? ir_append(&unit, (struct ir_op){.op = IR_CONST, .type = t}) : b;
    ir_val x = place(r, sum, 2, how >> 4 & 3, start), y = place(r, sum, 3, how >> 6 & 3, start);
    if (flags) {
        ir_val old = place(r, t, 4, how >> 8 & 1, start);
        ir_val f = ir_append(&unit, (struct ir_op){.op = IR_FLAGDEF, .type = IR_FLAGS, .sub = kind, .sub2 = size,
                                                   .arg = {a, b, old}});
        carry = ir_append(&unit, (struct ir_op){.op = IR_FLAGCC, .type = sum, .sub = cc, .arg = {f}});
    } else {
        carry = ir_append(&unit, (struct ir_op){.op = IR_SETCC, .type = sum, .sub = cc, .sub2 = t, .arg = {a, b}});
    }
    ir_val d = ir_append(&unit, (struct ir_op){.op = how >> 9 & 1 ? IR_ADC : IR_SBB, .type = sum, .arg = {x, y, carry}});
    if ((how >> 12 & 7) == 0) {
        ir_put(&unit, TOY_REG_X + 10, carry);
    }
    place_result(d, how >> 10);
    if (how >> 15 & 1) { /* what went into it lives on */
        ir_put(&unit, TOY_REG_X + 11, ir_op2(&unit, IR_XOR, x, y));
        ir_put(&unit, TOY_REG_X + 23, ir_op2(&unit, IR_XOR, a, b));
    }
    ir_exit_jump(&unit, 0x2004);
    if (!ir_verify(&unit, &err)) {
        g_error("%s\n%s", err->message, text_of(&unit));
    }
    compare(start, 0, &h);
    g_free(start);
}

static void test_ops_carry(void)
{
    struct ir_random r = {.seed = 55};

    for (unsigned n = 0; n < 60; n++) {
        for (unsigned size = 0; size < 4; size++) {
            for (unsigned kind = 0; kind <= IR_FLAG_LOGIC; kind++) {
                check_carry(&r, true, kind, size, IR_FLAG_C);
                check_carry(&r, true, kind, size, IR_FLAG_NC);
            }
            for (unsigned cc = IR_EQ; cc <= IR_GTU && size > 1; cc++) {
                check_carry(&r, false, 0, size, cc);
            }
        }
    }
}

static void test_ops_fp(void)
{
    struct ir_random r = {.seed = 77};

    for (unsigned t = IR_F32; t <= IR_F64; t++) {
        unsigned it = t == IR_F32 ? IR_I32 : IR_I64;
        for (unsigned rm = IR_RNE; rm <= IR_RDYN; rm = rm == IR_RMM ? IR_RDYN : rm + 1) {
            unsigned runs = rm == IR_RDYN ? 1500 : 150;
            for (unsigned op = IR_FADD; op <= IR_FMAX; op++) {
                check_shape(&r, &(struct shape){op, t, {t, op == IR_FSQRT ? 0 : t, op == IR_FMA ? t : 0}, 0, rm, 0, 0}, runs);
                check_shape(&r, &(struct shape){op, t, {t, op == IR_FSQRT ? 0 : t, op == IR_FMA ? t : 0},
                                                IR_FP_ARM_DENORMAL, rm, 0, 0}, runs);
            }
            for (unsigned i = IR_I32; i <= IR_I64; i++) {
                check_shape(&r, &(struct shape){IR_F2S, i, {t}, 0, rm, 0, 0}, runs);
                check_shape(&r, &(struct shape){IR_F2U, i, {t}, 0, rm, 0, 0}, runs);
                check_shape(&r, &(struct shape){IR_S2F, t, {i}, 0, rm, 0, 0}, runs);
                check_shape(&r, &(struct shape){IR_U2F, t, {i}, 0, rm, 0, 0}, runs);
            }
            check_shape(&r, &(struct shape){IR_F2F, t, {t == IR_F32 ? IR_F64 : IR_F32}, 0, rm, 0, 0}, runs);
            check_shape(&r, &(struct shape){IR_F2F, t, {t == IR_F32 ? IR_F64 : IR_F32}, IR_FP_ARM_DENORMAL, rm, 0, 0}, runs);
        }
        for (unsigned fcc = IR_FEQ; fcc <= IR_FNZCVQ; fcc++) {
            check_shape(&r, &(struct shape){IR_FCMP, IR_I64, {t, t}, fcc << 2, t, 0, 0}, 300);
        }
        check_shape(&r, &(struct shape){IR_FNEG, t, {t}, 0, 0, 0, 0}, 60);
        check_shape(&r, &(struct shape){IR_FABS, t, {t}, 0, 0, 0, 0}, 60);
        check_shape(&r, &(struct shape){IR_FSGN, t, {t, t}, 0, 0, 0, 0}, 100);
        check_shape(&r, &(struct shape){IR_FSGNX, t, {t, t}, 0, 0, 0, 0}, 100);
        check_shape(&r, &(struct shape){IR_BITS, it, {t}, 0, 0, 0, 0}, 60);
        check_shape(&r, &(struct shape){IR_FROMBITS, t, {it}, 0, 0, 0, 0}, 60);
    }
    check_shape(&r, &(struct shape){IR_FBOX, IR_F64, {IR_F32}, 0, 0, 0, 0}, 60);
    check_shape(&r, &(struct shape){IR_FUNBOX, IR_F32, {IR_F64}, 0, 0, 0, 0}, 60);
}

/* -- What the engine relies on -- */

static void begin(gva pc)
{
    unit.pc = pc;
    unit.key = 0;
    ir_begin(&unit, &toy_arch);
    ir_insn(&unit, pc, 4);
}

static struct toy_cpu *ready(void)
{
    struct toy_cpu *c = toy_new();

    *host_backend->features_off = 0;
    cpus_parallel = false;
    rig_set_mmu(&c->cpu, true);
    return c;
}

/* Every alias of a page of guest memory faults on the host and ends in the slow path. */
static void test_fault(void)
{
    static const enum ir_opcode ops[] = {IR_LD, IR_ST, IR_AMO, IR_CAS, IR_LDH, IR_STH};

    for (unsigned n = 0; n < G_N_ELEMENTS(ops); n++) {
        struct toy_cpu *c = ready();
        struct jit_exit out;

        begin(0x1000);
        ir_val a = ir_get(&unit, 0, IR_I64), v = ir_get(&unit, 1, IR_I64);
        ir_put(&unit, 2, ir_const(&unit, IR_I64, 42)); /* exact at the fault */
        ir_insn(&unit, 0x1004, 4);
        ir_val check = ir_append(&unit, (struct ir_op){.op = IR_PAGECHK, .type = IR_I64, .aux = 16 | IR_CHECK_STORE,
                                                       .arg = {a}});
        switch (ops[n]) {
        case IR_LDH:
            ir_put(&unit, 1, ir_append(&unit, (struct ir_op){.op = IR_LDH, .type = IR_I64, .aux = IR_MEM_64,
                                                             .arg = {a, check}}));
            break;
        case IR_STH:
            ir_append(&unit, (struct ir_op){.op = IR_STH, .type = IR_I64, .aux = IR_MEM_64 | IR_MEM_STORE,
                                            .arg = {a, v, check}});
            break;
        case IR_LD:
            ir_put(&unit, 1, ir_load(&unit, IR_I64, IR_MEM_64, a, 8));
            break;
        case IR_ST:
            ir_store(&unit, IR_MEM_64, a, 8, v);
            break;
        case IR_AMO:
            ir_put(&unit, 1, ir_amo_op(&unit, IR_AMO_MAX, IR_MEM_64 | IR_MEM_ALIGN, a, v));
            break;
        default:
            ir_put(&unit, 1, ir_cas_op(&unit, IR_MEM_64 | IR_MEM_ALIGN, a, v, v));
            break;
        }
        ir_exit_jump(&unit, 0x1008);
        c->x[0] = TOY_MEM_BASE + (UINT64_C(1) << 41);
        c->x[1] = 7;
        toy_slow_accesses = 0;
        g_assert_false(rig_run(rig_compile(&unit), &c->cpu, &out)); /* out of the toy's memory: an exception */
        g_assert_cmpuint(toy_slow_accesses, ==, 1);
        g_assert_cmpuint(c->x[2], ==, 42);
        g_assert_cmpuint(c->x[1], ==, 7);
        g_free(c);
    }
}

/*
 * Accesses within mapped pages stay on the fast path if they are aligned or, with IR_MEM_ODD, not; others are right
 * too.
 */
static void check_fast_path(unsigned odd)
{
    struct toy_cpu *c = ready();
    struct jit_exit out;
    struct tb *tb;

    begin(0x1000);
    ir_val a = ir_get(&unit, 0, IR_I64);
    ir_store(&unit, IR_MEM_64 | odd, a, 16, ir_get(&unit, 1, IR_I64));
    ir_put(&unit, 2, ir_load(&unit, IR_I64, IR_MEM_32 | IR_MEM_SIGNED | odd, a, 20));
    ir_exit_jump(&unit, 0x1004);
    tb = rig_compile(&unit);
    c->x[1] = UINT64_C(0x8765432112345678);
    for (unsigned page = 0; page < 4; page++) {
        for (unsigned offset = 0; offset < 2; offset++) {
            c->x[0] = TOY_MEM_BASE + page * PAGE_SIZE + offset;
            toy_slow_accesses = 0;
            g_assert_true(rig_run(tb, &c->cpu, &out));
            g_assert_cmphex(c->x[2], ==, UINT64_C(0xffffffff87654321));
            g_assert_cmpuint(toy_slow_accesses, ==, page == 1 || (offset && !odd) ? 2 : page == 2 ? 1 : 0);
        }
    }
    for (unsigned before = 18; before <= 24; before++) { /* the last of these end, and the first begin, with the page */
        c->x[0] = TOY_MEM_BASE + 3 * PAGE_SIZE - before;
        toy_slow_accesses = 0;
        g_assert_true(rig_run(tb, &c->cpu, &out));
        g_assert_cmphex(c->x[2], ==, UINT64_C(0xffffffff87654321));
        /* Of page 2 every store; loads that cross, or all that are misaligned. */
        g_assert_cmpuint(toy_slow_accesses, ==, 1 + (odd ? before > 20 && before < 24 : before % 4 != 0));
    }
    g_free(c);
}

/* What must lie at a multiple of 4 only, alone: aligned accesses are fast; with IR_MEM_ODD all that lie in a page; others fault. */
static void check_words(unsigned odd)
{
    unsigned memop = IR_MEM_64 | IR_MEM_ALIGN | IR_MEM_WORDS | odd;
    struct toy_cpu *c = ready();
    struct jit_exit out;
    struct tb *tb;

    begin(0x1000);
    ir_val a = ir_get(&unit, 0, IR_I64);
    ir_store(&unit, memop, a, 12, ir_get(&unit, 1, IR_I64));
    ir_put(&unit, 2, ir_load(&unit, IR_I64, memop, a, 12));
    ir_exit_jump(&unit, 0x1004);
    tb = rig_compile(&unit);
    c->x[1] = UINT64_C(0x8765432112345678);
    for (unsigned offset = 0; offset < 16; offset++) {
        c->x[0] = TOY_MEM_BASE + 3 * PAGE_SIZE - 24 + offset; /* across its end from 8 on */
        c->x[2] = 0;
        toy_slow_accesses = 0;
        bool aligned = offset % 4 == 0, across = offset > 4 && offset < 12;
        g_assert_cmpint(rig_run(tb, &c->cpu, &out), ==, aligned);
        g_assert_cmphex(c->x[2], ==, aligned ? c->x[1] : 0);
        bool page2 = offset < 12; /* of that every store is slow */
        bool slow = across || (!odd && (offset + 12) % 8);
        g_assert_cmpuint(toy_slow_accesses, ==, !aligned ? 1 : (slow || page2) + slow);
    }
    g_free(c);
}

/* A load that must lie at a multiple of 4 only, by a guess: one that does not faults, whatever the guess is. */
static void check_guessed_words(unsigned odd)
{
    unsigned memop = IR_MEM_64 | IR_MEM_ALIGN | IR_MEM_WORDS | IR_MEM_CHASED | odd;
    struct toy_cpu *c = ready();
    struct jit_exit out;
    struct tb *tb;

    begin(0x1000);
    ir_put(&unit, 2, ir_load(&unit, IR_I64, memop, ir_get(&unit, 0, IR_I64), 12));
    ir_exit_jump(&unit, 0x1004);
    tb = rig_compile(&unit);
    memset(toy_memory, 0x11, TOY_MEM_SIZE);
    for (unsigned offset = 0; offset < 24; offset++) {
        c->cpu.guesses_left = 1;
        c->x[0] = TOY_MEM_BASE + 3 * PAGE_SIZE - 24 + offset;
        c->x[2] = 0;
        g_assert_cmpint(rig_run(tb, &c->cpu, &out), ==, offset % 4 == 0);
        g_assert_cmphex(c->x[2], ==, offset % 4 ? 0 : UINT64_C(0x1111111111111111));
    }
    g_free(c);
}

/* A load as IR_MEM_CHASED, or under a check that is: from each page, whatever was guessed before. */
static void check_guesses(bool checked)
{
    static uint8_t elsewhere[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    struct toy_cpu *c = ready();
    struct jit_exit out;
    struct tb *tb;
    gva far = TOY_MEM_BASE; /* the page that is elsewhere */

    begin(0x1000);
    ir_val a = ir_get(&unit, 0, IR_I64), h = 0;
    if (checked) {
        h = ir_append(&unit, (struct ir_op){.op = IR_PAGECHK, .type = IR_I64, .aux = 16 | IR_CHECK_CHASED, .arg = {a}});
        ir_put(&unit, 2, ir_append(&unit, (struct ir_op){.op = IR_LDH, .type = IR_I64, .aux = IR_MEM_64, .imm = 8,
                                                         .arg = {a, h}}));
    } else {
        ir_put(&unit, 2, ir_load(&unit, IR_I64, IR_MEM_64 | IR_MEM_CHASED, a, 8));
    }
    ir_exit_jump(&unit, 0x1004);
    tb = rig_compile(&unit);
    rig_map(far, elsewhere); /* until the next ready() */
    memset(toy_memory, 0x11, TOY_MEM_SIZE);
    memset(elsewhere, 0x22, sizeof(elsewhere));
    for (unsigned i = 0; i < 24; i++) {
        static const uint8_t pages[] = {2, 2, 3, 1, 1, 2, 0, 0, 2, 3, 0, 1}; /* 1 has no entry */
        unsigned page = pages[i % sizeof(pages)];
        int32_t left = c->cpu.guesses_left = i < 12; /* in the second turn a wrong one is looked at */
        int64_t guess = c->cpu.page_guess[0];
        c->x[0] = TOY_MEM_BASE + page * PAGE_SIZE;
        toy_slow_accesses = 0;
        g_assert_true(rig_run(tb, &c->cpu, &out));
        bool wrong = page != 1 && c->cpu.page_guess[0] != guess, slow = page == 1 || c->cpu.guesses_left < 0;
        g_assert_cmpint(c->cpu.guesses_left, ==, left - wrong);
        g_assert_cmpuint(toy_slow_accesses, ==, slow);
        /* What the slow path finds is the toy's memory. */
        g_assert_cmphex(c->x[2], ==, page || slow ? UINT64_C(0x1111111111111111) : UINT64_C(0x2222222222222222));
    }
    g_assert_cmphex(c->cpu.page_guess[0], !=, 1);
    g_free(c);
}

static void test_guesses(void)
{
    check_guesses(false);
    check_guesses(true);
    check_guessed_words(0);
    check_guessed_words(IR_MEM_ODD);
}

static void test_fast_path(void)
{
    check_fast_path(0);
    check_words(0);
    if (flat_tables) {
        check_fast_path(IR_MEM_ODD);
        check_words(IR_MEM_ODD);
    }
}

/*
 * Late puts of two registers, pinned or not: each value is computed from the place that the other goes to. Accesses
 * that are fast, slow, and exceptions; behind them the old values are needed again, or not.
 */
static void late_unit(unsigned r, unsigned s, bool store, bool again)
{
    begin(0x1000);
    ir_val a = ir_get(&unit, 0, IR_I64), x = ir_get(&unit, r, IR_I64), y = ir_get(&unit, s, IR_I64);
    ir_val low = ir_op2(&unit, IR_SHL, ir_convert(&unit, IR_TRUNC, IR_I32, x), ir_const(&unit, IR_I32, 3)), v = y;

    ir_val high = ir_op2(&unit, IR_SHR, y, ir_const(&unit, IR_I64, 5));
    ir_put(&unit, r, ir_op2(&unit, IR_XOR, high, ir_const(&unit, IR_I64, -7)));
    ir_put(&unit, s, ir_convert(&unit, IR_SX, IR_I64, low));
    ir_insn(&unit, 0x1004, 4);
    if (store) {
        ir_store(&unit, IR_MEM_64, a, 8, x);
    } else {
        v = ir_load(&unit, IR_I64, IR_MEM_64, a, 8);
    }
    if (again) {
        ir_put(&unit, s, ir_pc(&unit, IR_I64, 0x1008));
    }
    ir_insn(&unit, 0x1008, 4);
    ir_store(&unit, IR_MEM_32, a, 16, ir_const(&unit, IR_I64, 5));
    ir_put(&unit, r, again ? ir_op2(&unit, IR_ADD, v, x) : a);
    ir_put(&unit, s, again ? ir_op2(&unit, IR_SUB, y, x) : a);
    ir_insn(&unit, 0x100c, 4);
    ir_store(&unit, IR_MEM_64, a, 24, again ? y : a);
    ir_exit_jump(&unit, 0x1010);
    ir_optimise(&unit);
}

static void test_late(void)
{
    static const gva at[] = {TOY_MEM_BASE, TOY_MEM_BASE + PAGE_SIZE, TOY_MEM_BASE + 2 * PAGE_SIZE,
                             TOY_MEM_BASE + PAGE_SIZE - 16, TOY_MEM_BASE + TOY_MEM_SIZE - 16,
                             TOY_MEM_BASE + (UINT64_C(1) << 41)};

    for (unsigned n = 0; n < 23 * 22; n++) {
        unsigned r = 1 + n % 23, s = 1 + (r + n / 23) % 23;
        for (unsigned i = 0; i < 8 * G_N_ELEMENTS(at); i++) {
            struct toy_cpu *c = ready();
            for (unsigned x = 1; x < TOY_X; x++) {
                c->x[x] = x * UINT64_C(0x9e3779b97f4a7c15);
            }
            c->x[0] = at[i / 8];
            late_unit(r, s, i & 1, i & 4);
            compare(c, 0x5a, &(struct how){.flat = i & 2});
            g_free(c);
        }
    }
}

/* -- Loops -- */

/* Locals that a loop uses, more than there are host registers, over an access and the call of a helper. */
static void locals_unit(const struct ir_helper *h)
{
    enum { LOCALS = 14 };
    unsigned l[LOCALS], loop, out, turns;
    ir_val v, n;

    begin(0x1000);
    for (unsigned k = 0; k < LOCALS; k++) { /* every third one of 32 bits */
        v = ir_get(&unit, 1 + k, IR_I64);
        l[k] = ir_new_local(&unit, k % 3 ? IR_I64 : IR_I32);
        ir_put_local(&unit, l[k], k % 3 ? v : ir_convert(&unit, IR_TRUNC, IR_I32, v));
    }
    turns = ir_new_local(&unit, IR_I64);
    ir_put_local(&unit, turns, ir_const(&unit, IR_I64, 3));
    loop = ir_new_block(&unit, false);
    out = ir_new_block(&unit, false);
    ir_br(&unit, loop);
    ir_place_block(&unit, loop);
    ir_insn(&unit, 0x1004, 4);
    for (unsigned k = 0; k < LOCALS; k++) {
        enum ir_type t = unit.locals[l[k]];
        v = ir_op2(&unit, IR_MUL, ir_get_local(&unit, l[k]), ir_const(&unit, t, -3));
        ir_put_local(&unit, l[k], ir_op2(&unit, IR_ADD, v, ir_const(&unit, t, k)));
    }
    ir_put(&unit, 20, ir_load(&unit, IR_I64, IR_MEM_64, ir_get(&unit, 0, IR_I64), 8));
    if (h) {
        ir_call(&unit, h, h->result ? IR_I64 : IR_VOID, h->nargs ? v : 0, h->nargs > 1 ? v : 0, 0, 0);
    }
    n = ir_op2(&unit, IR_SUB, ir_get_local(&unit, turns), ir_const(&unit, IR_I64, 1));
    ir_put_local(&unit, turns, n);
    ir_brcc(&unit, IR_NE, n, ir_const(&unit, IR_I64, 0), loop, out);
    ir_place_block(&unit, out);
    for (unsigned k = 0; k < LOCALS; k++) {
        v = ir_get_local(&unit, l[k]);
        ir_put(&unit, 1 + k, k % 3 ? v : ir_convert(&unit, IR_ZX, IR_I64, v));
    }
    ir_exit_jump(&unit, 0x1008);
}

static void test_loop_locals(void)
{
    const struct ir_helper *const *h = toy_arch.helpers;

    for (unsigned n = 0; n < 4; n++) { /* none; the helpers that compute, read, write */
        for (unsigned page = 0; page < 3; page++) {
            struct toy_cpu *c = ready();
            for (unsigned x = 1; x < TOY_X; x++) {
                c->x[x] = x * UINT64_C(0x9e3779b97f4a7c15);
            }
            c->x[0] = TOY_MEM_BASE + page * PAGE_SIZE;
            for (unsigned runs = 0; runs < 4; runs++) {
                locals_unit(n ? h[n - 1] : NULL);
                compare(c, 0x5a, &(struct how){.flat = runs & 1});
            }
            g_free(c);
        }
    }
}

/*
 * A 32-bit sum of an inner loop, which nobody looks at there; the outer one begins with an access, which is an exception
 * after some turns, so that it must be extended where the inner one is left. Before that it is anything.
 */
static void test_loop_settles(void)
{
    for (unsigned run = 0; run < 16; run++) {
        unsigned outer, inner, end, out, sum = 2 + run / 4;
        struct toy_cpu *c = ready();

        c->x[0] = TOY_MEM_BASE + TOY_MEM_SIZE - 8 * (1 + run % 4);
        c->x[1] = 3;
        c->x[sum] = UINT64_C(0x123456787fffffff);
        begin(0x1000);
        outer = ir_new_block(&unit, false);
        inner = ir_new_block(&unit, false);
        end = ir_new_block(&unit, false);
        out = ir_new_block(&unit, false);
        ir_br(&unit, outer);
        ir_place_block(&unit, outer);
        ir_insn(&unit, 0x1004, 4);
        ir_val a = ir_get(&unit, 0, IR_I64);
        ir_load(&unit, IR_I64, IR_MEM_64, a, 0);
        ir_put(&unit, 0, ir_op2(&unit, IR_ADD, a, ir_const(&unit, IR_I64, 8)));
        ir_put(&unit, 20, ir_const(&unit, IR_I64, 5));
        ir_br(&unit, inner);
        ir_place_block(&unit, inner);
        ir_insn(&unit, 0x1008, 4);
        ir_val v = ir_op2(&unit, IR_ADD, ir_get(&unit, sum, IR_I32), ir_const(&unit, IR_I32, 0x10000001));
        ir_put(&unit, sum, ir_convert(&unit, IR_SX, IR_I64, v));
        ir_val n = ir_op2(&unit, IR_SUB, ir_get(&unit, 20, IR_I64), ir_const(&unit, IR_I64, 1));
        ir_put(&unit, 20, n);
        ir_brcc(&unit, IR_NE, n, ir_const(&unit, IR_I64, 0), inner, end);
        ir_place_block(&unit, end);
        ir_insn(&unit, 0x100c, 4);
        n = ir_op2(&unit, IR_SUB, ir_get(&unit, 1, IR_I64), ir_const(&unit, IR_I64, 1));
        ir_put(&unit, 1, n);
        ir_brcc(&unit, IR_NE, n, ir_const(&unit, IR_I64, 0), outer, out);
        ir_place_block(&unit, out);
        ir_exit_jump(&unit, 0x1010);
        ir_optimise(&unit);
        compare(c, 0x5a, &(struct how){.flat = true});
        g_free(c);
    }
}

/* -- Checks -- */

static uint8_t other_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static void back_to_memory(void)
{
    rig_map(TOY_MEM_BASE, toy_memory);
}

/* An access of kind n at [x1], where there is no fast path. */
static void slow_access(unsigned n, ir_val wide)
{
    unsigned strict = IR_MEM_64 | IR_MEM_ALIGN;
    ir_val a = ir_get(&unit, 1, IR_I64), v = ir_const(&unit, IR_I64, 5), check;
    struct ir_op chk = {.op = IR_PAGECHK, .type = IR_I64, .aux = 8 | IR_CHECK_STORE, .arg = {a}};

    switch (n) {
    case 0:
        ir_load(&unit, IR_I64, IR_MEM_64, a, 0);
        break;
    case 1:
        ir_store(&unit, IR_MEM_64, a, 0, v);
        break;
    case 2:
        ir_put(&unit, 20, ir_amo_op(&unit, IR_AMO_ADD, strict, a, v));
        break;
    case 3:
        ir_put(&unit, 20, ir_cas_op(&unit, strict, a, v, v));
        break;
    case 4:
        ir_put(&unit, TOY_REG_V, ir_load(&unit, IR_V128, IR_MEM_128, a, 0));
        break;
    case 5:
        ir_store(&unit, IR_MEM_128, a, 0, wide);
        break;
    case 6:
        ir_cas_op(&unit, IR_MEM_128 | IR_MEM_ATOMIC, a, wide, wide);
        break;
    default:
        check = ir_append(&unit, chk);
        ir_append(&unit, n == 7 ? (struct ir_op){.op = IR_LDH, .type = IR_I64, .aux = IR_MEM_64, .arg = {a, check}}
                                : (struct ir_op){.op = IR_STH, .type = IR_I64, .aux = IR_MEM_64 | IR_MEM_STORE,
                                                 .arg = {a, v, check}});
        break;
    }
}

/* Load and store under some checks; the page moves during a slow access between them; load and store again. */
static void check_move(unsigned kind, unsigned checks, bool flat)
{
    struct toy_cpu *c = ready();
    struct jit_exit out;
    ir_val base[3], check[3];
    GError *err = NULL;

    rig_set_mmu(&c->cpu, flat);
    memset(other_page, 1, sizeof(other_page));
    memset(toy_memory, 2, sizeof(toy_memory));
    begin(0x1000);
    ir_val wide = ir_get(&unit, TOY_REG_V + 1, IR_V128);
    for (unsigned n = 0; n < checks; n++) {
        c->x[2 + n] = TOY_MEM_BASE + 1024 * n;
        base[n] = ir_get(&unit, 2 + n, IR_I64);
        check[n] = ir_append(&unit, (struct ir_op){.op = IR_PAGECHK, .type = IR_I64, .aux = 32 | IR_CHECK_STORE,
                                                   .arg = {base[n]}});
    }
    for (unsigned round = 0; round < 2; round++) {
        if (round) {
            slow_access(kind, wide);
        }
        for (unsigned n = 0; n < checks; n++) {
            ir_val v = ir_append(&unit, (struct ir_op){.op = IR_LDH, .type = IR_I64, .aux = IR_MEM_8, .imm = 8,
                                                       .arg = {base[n], check[n]}});
            ir_put(&unit, 5 + 3 * round + n, v);
            ir_append(&unit, (struct ir_op){.op = IR_STH, .type = IR_I64, .aux = IR_MEM_8 | IR_MEM_STORE,
                                            .imm = 16 + round, .arg = {base[n], v, check[n]}});
        }
    }
    ir_exit_jump(&unit, 0x1004);
    g_assert_true(ir_verify(&unit, &err));
    rig_map(TOY_MEM_BASE, other_page);
    c->x[1] = TOY_MEM_BASE + PAGE_SIZE;
    toy_on_slow_access = back_to_memory;
    toy_slow_accesses = 0;
    g_assert_true(rig_run(rig_compile(&unit), &c->cpu, &out));
    for (unsigned n = 0; n < checks; n++) {
        g_assert_cmpuint(c->x[5 + n], ==, 1);
        g_assert_cmpuint(c->x[8 + n], ==, 2);
        g_assert_cmpuint(toy_memory[1024 * n + 17], ==, 2);
        g_assert_cmpuint(other_page[1024 * n + 17], ==, 1);
    }
    g_assert_cmpuint(toy_slow_accesses, ==, 1 + 2 * checks);
    toy_on_slow_access = NULL;
    g_free(c);
}

/*
 * What a slow access may have changed is looked up again, whatever holds the value of the check, and whichever access
 * it is.
 */
static void test_check_voided(void)
{
    for (unsigned kind = 0; kind < 9; kind++) {
        for (unsigned checks = 1; checks <= 3; checks++) {
            check_move(kind, checks, true);
            check_move(kind, checks, false);
        }
    }
}

/* How often the block's code has the word. */
static unsigned count_of(const struct tb *tb, const char *word)
{
    g_autofree char *text = rig_disas(tb);
    unsigned n = 0;

    for (const char *p = text; (p = strstr(p, word)); p++) {
        n++;
    }
    return n;
}

/*
 * Accesses at every place about the end of a page: all bytes are right; no slow path is taken where all are in a page.
 */
static void test_check_crossing(void)
{
    struct toy_cpu *c = ready();
    struct jit_exit out;
    struct tb *tb;

    begin(0x1000);
    ir_val a = ir_get(&unit, 0, IR_I64);
    for (unsigned n = 0; n < 4; n++) {
        ir_store(&unit, IR_MEM_64, a, 8 * n, ir_get(&unit, 1 + n, IR_I64));
        ir_put(&unit, 5 + n, ir_load(&unit, IR_I64, IR_MEM_32 | IR_MEM_SIGNED, a, 8 * n + 3));
    }
    ir_exit_jump(&unit, 0x1004);
    ir_optimise(&unit);
    ir_merge_checks(&unit);
    tb = rig_compile(&unit);
    g_assert_cmpuint(count_of(tb, "test "), ==, 1); /* the first one's covers those right behind it */
    rig_map(TOY_MEM_BASE + PAGE_SIZE, toy_memory + PAGE_SIZE);
    for (unsigned before = 0; before < 40; before++) {
        c->x[0] = TOY_MEM_BASE + PAGE_SIZE - before;
        for (unsigned n = 0; n < 4; n++) {
            c->x[1 + n] = UINT64_C(0x8877665544332211) * (n + 1);
        }
        toy_slow_accesses = 0;
        g_assert_true(rig_run(tb, &c->cpu, &out));
        for (unsigned n = 0; n < 4; n++) {
            g_assert_cmphex(c->x[5 + n], ==, (uint64_t)(int32_t)(c->x[1 + n] >> 24));
        }
        g_assert_cmpuint(toy_slow_accesses, ==, before > 0 && before < 32 ? 8 : 0);
    }
    g_free(c);
}

/* A helper's view: the PC of its instruction, and exact registers. */
static void test_lookup_pc(void)
{
    for (unsigned n = 0; n < 40; n++) {
        struct toy_cpu *c = ready();
        struct jit_exit out;

        begin(0x10000);
        for (unsigned i = 0; i < 40; i++) {
            if (i) {
                ir_insn(&unit, 0x10000 + 4 * i, 4);
            }
            ir_put(&unit, 5, ir_const(&unit, IR_I64, i));
            ir_val a = ir_load(&unit, IR_I64, IR_MEM_64, ir_get(&unit, 0, IR_I64), 8 * i);
            ir_put(&unit, 6, a);
            if (i == n) {
                ir_call(&unit, &toy_trap, IR_I64, a, 0, 0, 0);
            }
        }
        ir_exit_jump(&unit, 0x10000);
        c->x[0] = TOY_MEM_BASE;
        c->trap_armed = true;
        g_assert_false(rig_run(rig_compile(&unit), &c->cpu, &out));
        g_assert_cmphex(c->cpu.pc, ==, ~UINT64_C(0) ^ (0x10000 + 4 * n));
        g_assert_cmpuint(c->x[5], ==, n);
        g_free(c);
    }
}

/* A loop chained to itself runs until its condition fails, or until it is asked to leave. */
static void test_chain(void)
{
    struct toy_cpu *c = ready();
    struct jit_exit out;
    struct tb *tb;

    begin(0x1000);
    ir_val v = ir_op2(&unit, IR_SUB, ir_get(&unit, 0, IR_I64), ir_const(&unit, IR_I64, 1));
    ir_put(&unit, 0, v);
    unsigned again = ir_new_block(&unit, false), done = ir_new_block(&unit, false);
    ir_brcc(&unit, IR_NE, v, ir_const(&unit, IR_I64, 0), again, done);
    ir_place_block(&unit, again);
    ir_exit_jump(&unit, 0x1000);
    ir_place_block(&unit, done);
    ir_exit_jump(&unit, 0x1004);
    tb = rig_compile(&unit);

    c->x[0] = 5;
    g_assert_true(rig_run(tb, &c->cpu, &out));
    g_assert_true(out.tb == tb && tb_jump(tb, out.slot)->offset == 0);
    g_assert_cmpuint(c->x[0], ==, 4);
    host_backend->patch(tb, out.slot, tb->code);
    c->cpu.turns_left = 2; /* the third turn is one that is looked at */
    g_assert_true(rig_run(tb, &c->cpu, &out));
    g_assert_true(out.tb == tb && tb_jump(tb, out.slot)->offset == 0);
    g_assert_cmpuint(c->x[0], ==, 1);
    g_assert_cmpint(c->cpu.turns_left, ==, -1);
    c->cpu.turns_left = 200;
    g_assert_true(rig_run(tb, &c->cpu, &out));
    g_assert_cmpuint(c->x[0], ==, 0);
    g_assert_cmphex(c->cpu.pc, ==, 0x1004);
    g_assert_true(out.tb == tb && tb_jump(tb, out.slot)->offset == 4);

    c->x[0] = 100;
    c->cpu.exit_request = EXIT_REQUESTED;
    g_assert_true(rig_run(tb, &c->cpu, &out));
    g_assert_null(out.tb);
    g_assert_cmphex(c->cpu.pc, ==, 0x1000);
    g_assert_cmpuint(c->x[0], ==, 99);
    c->cpu.exit_request = 0;
    for (unsigned slot = 0; slot < tb->njumps; slot++) {
        host_backend->patch(tb, slot, NULL);
    }
    g_assert_true(rig_run(tb, &c->cpu, &out));
    g_assert_cmpuint(c->x[0], ==, 98);
    g_free(c);
}

/* Exits that go through the jump cache find both ways of a line, under their tag only. */
static void test_jump_cache(void)
{
    for (unsigned kind = 0; kind < 3; kind++) {
        for (unsigned way = 0; way < 2; way++) {
            for (unsigned wrong = 0; wrong < 3; wrong++) {
                struct toy_cpu *c = ready();
                struct jump_way *w = &rig_jump_line(0x5678)->way[way];
                struct jit_exit out;
                const uint8_t *target = rig_landing();

                begin(0x1000);
                ir_put(&unit, 3, ir_const(&unit, IR_I64, 9));
                if (kind == 0) {
                    ir_exit_jump(&unit, 0x5678);
                } else if (kind == 1) {
                    ir_exit_reg(&unit, ir_get(&unit, 1, IR_I64));
                } else {
                    ir_store_state(&unit, IR_MEM_64, offsetof(struct cpu, pc), ir_get(&unit, 1, IR_I64));
                    ir_exit_state(&unit);
                }
                struct tb *tb = rig_compile(&unit);
                c->x[1] = 0x5678;
                c->cpu.key = 3;
                c->cpu.exec_gen = 77;
                *w = (struct jump_way){wrong == 1 ? 0x15000 : 0x5000, UINT64_C(77) << 32 | (wrong == 2 ? 4 : 3), target, NULL};
                g_assert_true(rig_run(tb, &c->cpu, &out));
                g_assert_cmpuint(c->x[3], ==, 9);
                /* The landing code leaves with a tb of its own. */
                g_assert_cmpint(rig_landed(&out), ==, !wrong);
                if (wrong) {
                    g_assert_null(out.tb);
                    g_assert_cmphex(c->cpu.pc, ==, 0x5678);
                }
                w->page = ~UINT64_C(0);
                g_free(c);
            }
        }
    }
}

/* Counted units are entered only if the budget covers them. */
static void test_budget(void)
{
    struct toy_cpu *c = ready();
    struct jit_exit out;
    struct tb *tb;

    begin(0x1000);
    unit.key = KEY_ICOUNT;
    for (unsigned i = 1; i < 10; i++) {
        ir_insn(&unit, 0x1000 + 4 * i, 4);
        ir_put(&unit, 0, ir_const(&unit, IR_I64, i));
    }
    ir_exit_jump(&unit, 0x2000);
    tb = rig_compile(&unit);
    c->cpu.budget = 15;
    g_assert_true(rig_run(tb, &c->cpu, &out));
    g_assert_cmpint(c->cpu.budget, ==, 5);
    g_assert_cmpuint(c->x[0], ==, 9);
    c->x[0] = 0;
    g_assert_true(rig_run(tb, &c->cpu, &out));
    g_assert_cmpint(c->cpu.budget, ==, 5);
    g_assert_cmpuint(c->x[0], ==, 0);
    g_assert_null(out.tb);
    g_assert_cmphex(c->cpu.pc, ==, 0x1000);
    g_free(c);
}

/* A buffer too small is refused, never overrun. */
static void test_small_buffer(void)
{
    struct ir_random r = random_setup(5, IR_RANDOM_ALL);

    r.insns = 30;
    ir_random_unit(&r, &unit);
    ir_localise(&unit);
    unit.key = 0;
    *host_backend->features_off = 0;
    struct tb *tb = rig_compile(&unit);
    size_t need = tb->code_size + 1;
    for (size_t size = 0; size < need + 64; size += 16) {
        uint8_t *guard = rig_buffer() + size;
        memset(guard, 0xa5, 64);
        if (rig_try_compile(&unit, size)) {
            g_assert_cmpuint(size, >=, need);
        }
        for (unsigned i = 0; i < 64; i++) {
            g_assert_cmphex(guard[i], ==, 0xa5);
        }
    }
}

/* What the back end asks for is enough: few units are compiled twice. */
static void test_room(void)
{
    unsigned few = 0, n = 1000;

    *host_backend->features_off = 0;
    for (unsigned seed = 1; seed <= n; seed++) {
        struct ir_random r = random_setup(seed, IR_RANDOM_ALL & ~(IR_RANDOM_FP | IR_RANDOM_VECTOR));
        ir_random_unit(&r, &unit);
        ir_optimise(&unit);
        ir_localise(&unit);
        unit.key = 0;
        few += !rig_try_compile(&unit, host_backend->room(&unit));
    }
    g_test_message("%u of %u needed more", few, n);
    g_assert_cmpuint(few, <=, n / 100);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init();
    g_test_add_func("/x64/ops/integer", test_ops_integer);
    g_test_add_func("/x64/ops/bits", test_ops_bits);
    g_test_add_func("/x64/ops/flags", test_ops_flags);
    g_test_add_func("/x64/ops/carry", test_ops_carry);
    g_test_add_func("/x64/ops/masked", test_ops_masked);
    g_test_add_func("/x64/ops/vector", test_ops_vector);
    g_test_add_func("/x64/ops/fp", test_ops_fp);
    g_test_add_func("/x64/memory/fault", test_fault);
    g_test_add_func("/x64/memory/fast-path", test_fast_path);
    g_test_add_func("/x64/memory/guesses", test_guesses);
    g_test_add_func("/x64/memory/late", test_late);
    g_test_add_func("/x64/loop/locals", test_loop_locals);
    g_test_add_func("/x64/loop/settles", test_loop_settles);
    g_test_add_func("/x64/check/voided", test_check_voided);
    g_test_add_func("/x64/check/crossing", test_check_crossing);
    g_test_add_func("/x64/lookup-pc", test_lookup_pc);
    g_test_add_func("/x64/chain", test_chain);
    g_test_add_func("/x64/jump-cache", test_jump_cache);
    g_test_add_func("/x64/budget", test_budget);
    g_test_add_func("/x64/small-buffer", test_small_buffer);
    g_test_add_func("/x64/room", test_room);
    g_test_add_func("/x64/random/integer", test_random_int);
    g_test_add_func("/x64/random/flow", test_random_flow);
    g_test_add_func("/x64/random/memory", test_random_memory);
    g_test_add_func("/x64/random/fp", test_random_fp);
    g_test_add_func("/x64/random/features", test_random_features);
    g_test_add_func("/x64/random/coverage", test_coverage);
    return g_test_run();
}
