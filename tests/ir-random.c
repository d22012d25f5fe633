/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random units: see ir-random.h. The generator keeps the values of the current block by type; each
 * step takes arguments among them, or makes a constant, a register or a state access on the spot.
 */
#include "ir-random.h"

#include <string.h>

#include "tcg/ir/ir-internal.h"

#define POOL 16

/* The latest values of each type that are defined where an op is added. */
struct pool {
    ir_val v[IR_FLAGS][POOL];
    unsigned n[IR_FLAGS];
    ir_val flags;       /* a FLAGDEF, or 0 */
};

/* Types of parameters; the first VOID ends them. */
#define MAX_PARAMS 3
struct params {
    enum ir_type type[MAX_PARAMS + 1];
};

/* The last PAGECHK, while it holds. */
struct check {
    ir_val value, addr; /* 0: there is none */
    int32_t at;         /* its displacement */
    unsigned length, align, ctx;
    bool store;
};

struct gen {
    struct ir_random *r;
    struct ir_unit *u;
    struct pool pool;
    struct check check;
    unsigned ninsns; /* instructions so far */
    gva pc;          /* of the next instruction */
    unsigned skip;   /* block that begins some later instruction, or 0 */
    struct params skip_params, loop_params;
    struct pool before_skip;
    unsigned loop, loop_local; /* head of the open loop and its counter, or 0 */
};

/* -- Random numbers -- */

uint64_t ir_random_next(struct ir_random *r)
{
    /* xorshift64* */
    r->seed ^= r->seed >> 12;
    r->seed ^= r->seed << 25;
    r->seed ^= r->seed >> 27;
    return r->seed * UINT64_C(0x2545f4914f6cdd1d);
}

unsigned ir_random_below(struct ir_random *r, unsigned n)
{
    return (ir_random_next(r) >> 33) % n;
}

static uint64_t integer_value(struct ir_random *r)
{
    uint64_t v = ir_random_next(r);

    switch (ir_random_below(r, 8)) {
    case 0:
        return ir_random_below(r, 4);
    case 1:
        return -(uint64_t)ir_random_below(r, 4);
    case 2:
        return UINT64_C(1) << (v & 63);
    case 3:
        return (UINT64_C(1) << (v & 63)) - 1;
    case 4:
        return (UINT64_C(0x80000000) << (v & 32)) - (v >> 8 & 3) + 1;
    case 5:
        return (int64_t)v >> (v & 63);
    case 6:
        return v >> (v & 63);
    default:
        return v;
    }
}

static uint64_t fp_value(struct ir_random *r, unsigned mant, unsigned width)
{
    uint64_t v = ir_random_next(r), sign = v & UINT64_C(1) << (width - 1);
    uint64_t m = integer_value(r) & ((UINT64_C(1) << mant) - 1);
    uint64_t emax = (UINT64_C(1) << (width - 1 - mant)) - 1, bias = emax >> 1;

    switch (ir_random_below(r, 10)) {
    case 0:
        return sign;
    case 1:
        return sign | emax << mant;
    case 2:
        return sign | emax << mant | UINT64_C(1) << (mant - 1) | m;
    case 3:
        return sign | emax << mant | ((m & ~(UINT64_C(1) << (mant - 1))) | 1);
    case 4:
        return sign | m;
    case 5:
        return sign | (emax - 1) << mant | m;
    case 6:
        return sign | (bias + ir_random_below(r, 70)) << mant | m;
    case 7:
        return sign | (bias - 2 + ir_random_below(r, 4)) << mant | m;
    case 8:
        return sign | (uint64_t)(1 + ir_random_below(r, 60)) << mant | m;
    default:
        return v & (width == 64 ? UINT64_MAX : UINT32_MAX);
    }
}

uint64_t ir_random_value(struct ir_random *r, enum ir_type t)
{
    switch (t) {
    case IR_I32:
        return (uint32_t)integer_value(r);
    case IR_F32:
        return fp_value(r, 23, 32);
    case IR_F64:
        /* Often a boxed F32, as registers of both formats hold. */
        return ir_random_below(r, 3) ? fp_value(r, 52, 64) : fp_value(r, 23, 32) | UINT64_C(0xffffffff) << 32;
    default:
        return integer_value(r);
    }
}

/* What 8 bytes of a vector are made as. */
static enum ir_type vector_part(struct ir_random *r)
{
    return ir_random_below(r, 3) ? IR_I64 : IR_F64;
}

void ir_random_registers(struct ir_random *r, struct cpu *cpu)
{
    for (unsigned i = 0; i < cpu->arch->nregs; i++) {
        const struct guest_reg *g = &cpu->regs[i];
        for (unsigned n = 0; n < ir_slot_bytes(g->type); n += 8) {
            *(uint64_t *)((char *)cpu + g->offset + n) =
                ir_random_value(r, ir_is_vector(g->type) ? vector_part(r) : g->type);
        }
    }
}

static unsigned below(struct gen *g, unsigned n)
{
    return ir_random_below(g->r, n);
}

static bool has(const struct gen *g, unsigned feature)
{
    return g->r->features & feature;
}

/* A random member of a bit set that is not empty. */
static unsigned member(struct gen *g, unsigned set)
{
    unsigned k = below(g, __builtin_popcount(set));
    while (k--) {
        set &= set - 1;
    }
    return __builtin_ctz(set);
}

/* -- Ops by the builders, or raw -- */

static bool raw(struct gen *g)
{
    return has(g, IR_RANDOM_RAW) && below(g, 2);
}

static ir_val op1(struct gen *g, enum ir_opcode op, ir_val a)
{
    return raw(g) ? ir_append(g->u, (struct ir_op){.op = op, .type = g->u->ops[a].type, .arg = {a}}) : ir_op1(g->u, op, a);
}

static ir_val op2(struct gen *g, enum ir_opcode op, ir_val a, ir_val b)
{
    return raw(g) ? ir_append(g->u, (struct ir_op){.op = op, .type = g->u->ops[a].type, .arg = {a, b}})
                  : ir_op2(g->u, op, a, b);
}

static ir_val convert(struct gen *g, enum ir_opcode op, enum ir_type t, ir_val a)
{
    return raw(g) ? ir_append(g->u, (struct ir_op){.op = op, .type = t, .arg = {a}}) : ir_convert(g->u, op, t, a);
}

static ir_val constant(struct gen *g, enum ir_type t, int64_t v)
{
    if (ir_random_below(g->r, 8) == 0) {
        return ir_pc(g->u, t, v);
    }
    return raw(g) ? ir_append(g->u, (struct ir_op){.op = IR_CONST, .type = t, .imm = t == IR_I32 ? (int32_t)v : v})
                  : ir_const(g->u, t, v);
}

/* -- Values -- */

static ir_val keep(struct gen *g, ir_val v)
{
    unsigned t = g->u->ops[v].type;
    g->pool.v[t][g->pool.n[t]++ % POOL] = v;
    return v;
}

/* A register that can be accessed as t. */
static unsigned any_reg(struct gen *g, enum ir_type t)
{
    const struct cpu_arch *a = g->r->arch;

    for (;;) {
        unsigned i = below(g, a->nregs);
        if (a->regs[i].type == t || (t == IR_I32 && a->regs[i].type == IR_I64) ||
            (t == IR_V128 && a->regs[i].type == IR_V256)) {
            return i;
        }
    }
}

static bool has_reg(const struct gen *g, enum ir_type t)
{
    for (unsigned i = 0; i < g->r->arch->nregs; i++) {
        if (g->r->arch->regs[i].type == t || (t == IR_I32 && g->r->arch->regs[i].type == IR_I64)) {
            return true;
        }
    }
    return false;
}

/* A constant of any type. */
static ir_val any_const(struct gen *g, enum ir_type t)
{
    if (ir_is_vector(t)) {
        unsigned lane = below(g, IR_LANE_F64 + 1);
        return ir_vector(g->u, IR_VDUP, t, lane, 0, any_const(g, ir_lane_type(lane)), 0, 0);
    }
    uint64_t v = ir_random_value(g->r, t);

    if (ir_is_fp(t)) {
        return convert(g, IR_FROMBITS, t, constant(g, t == IR_F32 ? IR_I32 : IR_I64, v));
    }
    return constant(g, t, v);
}

/* A local of the type, or -1. */
static int any_local(struct gen *g, enum ir_type t)
{
    unsigned i = below(g, 16);

    /* The first one counts loops. */
    return has(g, IR_RANDOM_LOCALS) && i > 0 && i < g->u->nlocals && g->u->locals[i] == t ? (int)i : -1;
}

static ir_val any(struct gen *g, enum ir_type t)
{
    unsigned n = MIN(g->pool.n[t], POOL), how = below(g, 16);
    int local = any_local(g, t);

    if (n && how < 9) {
        return g->pool.v[t][below(g, n)];
    }
    if (local >= 0 && how < 11) {
        return keep(g, ir_get_local(g->u, local));
    }
    if (how < 14 && has_reg(g, t)) {
        return keep(g, ir_get(g->u, any_reg(g, t), t));
    }
    return keep(g, any_const(g, t));
}

static enum ir_type int_type(struct gen *g)
{
    return below(g, 3) ? IR_I64 : IR_I32;
}

static enum ir_type fp_type(struct gen *g)
{
    return below(g, 2) ? IR_F64 : IR_F32;
}

static enum ir_type vector_type(struct gen *g)
{
    return below(g, 3) ? IR_V128 : IR_V256;
}

static enum ir_type any_type(struct gen *g)
{
    if (has(g, IR_RANDOM_VECTOR) && below(g, 6) == 0) {
        return vector_type(g);
    }
    return has(g, IR_RANDOM_FP) && below(g, 3) == 0 ? fp_type(g) : int_type(g);
}

/* -- Steps: each adds an op or a few -- */

static void step_int2(struct gen *g)
{
    static const uint8_t ops[] = {
        IR_ADD, IR_SUB, IR_MUL, IR_MULHS, IR_MULHU, IR_MULHSU, IR_DIVS, IR_DIVU, IR_REMS, IR_REMU, IR_AND, IR_OR,
        IR_XOR, IR_ANDN, IR_SHL, IR_SHR, IR_SAR, IR_ROTL, IR_ROTR, IR_MINS, IR_MAXS, IR_MINU, IR_MAXU,
    };
    enum ir_type t = int_type(g);
    ir_val a = any(g, t), b = any(g, t);

    keep(g, op2(g, ops[below(g, sizeof(ops))], a, b));
}

static void step_int1(struct gen *g)
{
    static const uint8_t ops[] = {
        IR_NEG, IR_NOT, IR_CLZ, IR_CTZ, IR_POPCNT, IR_BSWAP, IR_SEXT8, IR_SEXT16, IR_ZEXT8, IR_ZEXT16, IR_SEXT32,
        IR_ZEXT32, IR_BSWAP16, IR_BITREV,
    };
    unsigned op = ops[below(g, sizeof(ops))];

    keep(g, op1(g, op, any(g, op == IR_SEXT32 || op == IR_ZEXT32 ? IR_I64 : int_type(g))));
}

static void step_int3(struct gen *g)
{
    static const uint8_t ops[] = {IR_ADC, IR_SBB, IR_ADC, IR_SBB, IR_DIVU2, IR_REMU2, IR_DIVS2, IR_REMS2};
    unsigned op = ops[below(g, sizeof(ops))];
    enum ir_type t = int_type(g);
    ir_val a = any(g, t), b = any(g, t), c = any(g, t);

    keep(g, raw(g) ? ir_append(g->u, (struct ir_op){.op = op, .type = t, .arg = {a, b, c}})
                   : ir_op3(g->u, op, a, b, c));
}

static void step_bits(struct gen *g)
{
    static const uint8_t ops[] = {IR_UBFX, IR_SBFX, IR_BFI};
    enum ir_type t = int_type(g);
    unsigned op = ops[below(g, sizeof(ops))], bits = ir_type_bits(t);
    unsigned first = below(g, 4) ? below(g, bits) : 0, length = 1 + below(g, bits - first);
    ir_val a = any(g, t), b = any(g, t);

    if (raw(g)) {
        keep(g, ir_append(g->u, (struct ir_op){.op = op, .type = t, .aux = ir_bits_aux(first, length),
                                               .arg = {a, op == IR_BFI ? b : 0}}));
    } else {
        keep(g, op == IR_BFI ? ir_bits_set(g->u, a, b, first, length)
                                  : ir_bits_get(g->u, op == IR_SBFX, a, first, length));
    }
}

/* Flags of some operation, of values at hand. */
static ir_val any_flags(struct gen *g)
{
    if (g->pool.flags && below(g, 4) == 0) {
        return g->pool.flags;
    }
    unsigned kind = below(g, IR_FLAG_NZCV + 1), size = below(g, 4);
    enum ir_type t = size == 3 ? IR_I64 : IR_I32;
    ir_val a = any(g, t), b = any(g, t), c = any(g, t);

    if (below(g, 4) == 0) {
        b = c = constant(g, t, 0);
    }
    return g->pool.flags = ir_flags(g->u, kind, size, a, b, c);
}

static void step_flags(struct gen *g)
{
    ir_val f = any_flags(g);

    for (unsigned n = 1 + below(g, 2); n > 0; n--) {
        enum ir_flag_cc cc = below(g, IR_FLAG_LS + 1);
        enum ir_type t = int_type(g);
        switch (below(g, 3)) {
        case 0:
            keep(g, raw(g) ? ir_append(g->u, (struct ir_op){.op = IR_FLAGCC, .type = t, .sub = cc, .arg = {f}})
                           : ir_flag_setcc(g->u, cc, t, f));
            break;
        case 1: {
            t = any_type(g);
            ir_val x = any(g, t), y = any(g, t);
            keep(g, raw(g) ? ir_append(g->u, (struct ir_op){.op = IR_FLAGSEL, .type = t, .sub = cc, .arg = {f, x, y}})
                           : ir_flag_select(g->u, cc, f, x, y));
            break;
        }
        default:
            keep(g, raw(g) ? ir_append(g->u, (struct ir_op){.op = IR_FLAGPACK, .type = t, .sub = cc & 1, .arg = {f}})
                           : ir_flag_pack(g->u, cc & 1, t, f));
            break;
        }
    }
}

static void step_convert(struct gen *g)
{
    switch (below(g, 3)) {
    case 0:
        keep(g, convert(g, IR_TRUNC, IR_I32, any(g, IR_I64)));
        break;
    case 1:
        keep(g, convert(g, IR_SX, IR_I64, any(g, IR_I32)));
        break;
    default:
        keep(g, convert(g, IR_ZX, IR_I64, any(g, IR_I32)));
        break;
    }
}

static void step_cc(struct gen *g)
{
    enum ir_type t = int_type(g), to = int_type(g);
    enum ir_cc cc = below(g, IR_GTU + 1);
    ir_val a = any(g, t), b = any(g, t);

    if (below(g, 2)) {
        keep(g, raw(g) ? ir_append(g->u, (struct ir_op){.op = IR_SETCC, .type = to, .sub = cc, .sub2 = t, .arg = {a, b}})
                       : ir_setcc(g->u, cc, to, a, b));
    } else {
        to = any_type(g);
        ir_val x = any(g, to), y = any(g, to);
        keep(g, raw(g) ? ir_append(g->u, (struct ir_op){.op = IR_SELECT, .type = to, .sub = cc, .sub2 = t,
                                                        .arg = {a, b, x, y}})
                       : ir_select(g->u, cc, a, b, x, y));
    }
}

/* A lane that the op may have. */
static unsigned any_lane(struct gen *g, enum ir_opcode op)
{
    for (const char *f = ir_op_info[op].fields; *f; f++) {
        switch (*f) {
        case 'E':
            return below(g, 4);
        case 'Z':
            return below(g, 6);
        case 'V':
            return IR_LANE_F32 + below(g, 2);
        case 'k':
            return IR_LANE_16 + below(g, 3);
        case 'u':
            return below(g, 3);
        }
    }
    return 0;
}

/* Any vector op, by its row. */
static void step_vector(struct gen *g)
{
    bool fp = has(g, IR_RANDOM_FP) && below(g, 4) == 0;
    enum ir_opcode op = fp ? IR_VFADD + below(g, IR_VF2H - IR_VFADD + 1) : IR_VADD + below(g, IR_VZX - IR_VADD + 1);
    const struct ir_op_info *info = &ir_op_info[op];
    unsigned lane = any_lane(g, op), types = info->types;
    struct ir_op o = {.op = op, .aux = lane};
    enum ir_type src = vector_type(g);

    if (types & 1 << IR_V128 && types & 1 << IR_V256) {
        o.type = src;
    } else if (op == IR_VGET || op == IR_VSUM) {
        o.type = ir_lane_type(lane);
    } else {
        o.type = __builtin_ctz(types);
    }
    for (unsigned i = 0; i < info->nargs; i++) {
        switch (info->args[i]) {
        case 't':
            o.arg[i] = any(g, o.type);
            break;
        case 'e':
            o.arg[i] = any(g, ir_lane_type(lane));
            break;
        case 'v':
            o.arg[i] = any(g, src);
            break;
        default:
            o.arg[i] = any(g, info->args[i] == 'y' ? IR_V128 : IR_V256);
            break;
        }
    }
    if (strchr(info->fields, 'X')) {
        o.imm = below(g, ir_index_limit(&o, g->u->ops[o.arg[0]].type));
    }
    if (fp) {
        o.sub = member(g, g->r->fp_classes & ~(1u << IR_FP_ARM_DENORMAL));
        o.sub2 = member(g, g->r->rounding);
        if (op == IR_VFCMP) {
            o.sub |= below(g, IR_FLEQ + 1) << 2;
            o.sub2 = 0;
        } else if (op == IR_VFMA) {
            o.aux |= below(g, 4) << 8;
        }
    }
    keep(g, ir_append(g->u, o));
}

static void step_put(struct gen *g)
{
    enum ir_type t = any_type(g);

    if (has_reg(g, t)) {
        ir_val v = any(g, t);
        ir_put(g->u, any_reg(g, t), v);
    }
}

static void step_local(struct gen *g)
{
    enum ir_type t = any_type(g);
    int l = any_local(g, t);

    if (l >= 0) {
        ir_put_local(g->u, l, any(g, t));
    }
}

static void step_state(struct gen *g)
{
    if (has(g, IR_RANDOM_VECTOR) && g->r->state_size >= 32 && below(g, 4) == 0) {
        enum ir_type v = vector_type(g);
        unsigned m = v == IR_V128 ? IR_MEM_128 : IR_MEM_256, at = g->r->state_offset + below(g, g->r->state_size - 31);
        if (below(g, 2)) {
            keep(g, ir_load_state(g->u, v, m, at));
        } else {
            ir_store_state(g->u, m, at, any(g, v));
        }
        return;
    }
    unsigned size = below(g, 4);
    enum ir_type t = size == IR_MEM_64 ? IR_I64 : int_type(g);
    uint32_t offset = g->r->state_offset + (below(g, g->r->state_size - 8) & ~((1u << size) - 1));

    if (below(g, 2)) {
        keep(g, ir_load_state(g->u, t, size | (below(g, 2) ? IR_MEM_SIGNED : 0), offset));
    } else {
        ir_store_state(g->u, size, offset, any(g, t));
    }
}

/* An address in the middle half of the window, a multiple of align; *disp keeps the access within the window. */
static ir_val any_address(struct gen *g, unsigned align, int32_t *disp)
{
    uint32_t quarter = g->r->mem_size / 4;
    ir_val v = op2(g, IR_AND, any(g, IR_I64), constant(g, IR_I64, (2 * quarter - 1) & ~(align - 1)));

    *disp = ((int32_t)below(g, 2 * quarter - 64) - (int32_t)quarter + 16) & ~(int32_t)(align - 1);
    return op2(g, IR_ADD, v, constant(g, IR_I64, g->r->mem_base + quarter));
}

static void step_memory(struct gen *g)
{
    enum ir_type t = any_type(g);
    unsigned size = ir_is_int(t) ? below(g, t == IR_I32 ? 3 : 4) : (unsigned)__builtin_ctz(ir_type_bits(t) / 8);
    bool load = below(g, 2), misaligned = has(g, IR_RANDOM_MISALIGNED) && below(g, 3) == 0;
    unsigned m = size;
    int32_t disp;

    m |= has(g, IR_RANDOM_BE) && below(g, 6) == 0 ? IR_MEM_BE : 0;
    m |= !misaligned && below(g, 4) == 0 ? IR_MEM_ALIGN : 0;
    m |= below(g, 4) == 0 ? below(g, g->r->arch->ncontexts + 1) << IR_MEM_CTX_SHIFT : 0;
    m |= below(g, 8) == 0 ? (load ? IR_MEM_ACQUIRE : IR_MEM_RELEASE) : 0;
    if ((m & IR_MEM_SIZE) == IR_MEM_64 && (m & IR_MEM_ALIGN) && !(m & IR_MEM_ATOMIC) && below(g, 2))
        m |= IR_MEM_WORDS;
    m |= !ir_is_vector(t) && (!(m & IR_MEM_ALIGN) || (m & IR_MEM_WORDS)) && below(g, 4) == 0 ? IR_MEM_ODD : 0;
    m |= below(g, 8) == 0 ? IR_MEM_ALONE : 0;
    ir_val addr = any_address(g, misaligned ? 1 : m & IR_MEM_WORDS ? 4 : 1u << size, &disp);
    if (load) {
        m |= !ir_is_vector(t) && below(g, 3) == 0 ? IR_MEM_CHASED : 0;
        keep(g, ir_load(g->u, t, m | (ir_is_int(t) && below(g, 2) ? IR_MEM_SIGNED : 0), addr, disp));
    } else {
        ir_store(g->u, m, addr, disp, any(g, t));
    }
    if (below(g, 16) == 0) {
        ir_fence_op(g->u, 1 + below(g, 3), 1 + below(g, 3));
    }
}

static void new_check(struct gen *g)
{
    bool misaligned = has(g, IR_RANDOM_MISALIGNED) && below(g, 3) == 0;
    struct check c = {
        .length = 16 + below(g, 33),
        .align = misaligned ? 1 : 8,
        .ctx = below(g, 4) == 0 ? below(g, g->r->arch->ncontexts + 1) : 0,
        .store = below(g, 2),
    };

    c.addr = any_address(g, c.align, &c.at);
    c.align = below(g, 3) ? 1 : c.align;
    c.value = ir_append(g->u, (struct ir_op){
                                  .op = IR_PAGECHK,
                                  .type = IR_I64,
                                  .aux = c.length | __builtin_ctz(c.align) << IR_CHECK_ALIGN_SHIFT |
                                         (c.store ? IR_CHECK_STORE : 0) |
                                         (below(g, 2) ? IR_CHECK_CHASED : 0) | c.ctx << IR_CHECK_CTX_SHIFT,
                                  .imm = c.at,
                                  .arg = {c.addr},
                              });
    g->check = c;
}

/* An access under the check, maybe by another sum than the check's. */
static void step_checked(struct gen *g)
{
    if (!g->check.value || below(g, 5) == 0) {
        new_check(g);
    }
    struct check c = g->check;
    bool load = !c.store || below(g, 2);
    enum ir_type t = has(g, IR_RANDOM_FP) && below(g, 3) == 0 ? fp_type(g) : int_type(g);
    if (has(g, IR_RANDOM_VECTOR) && below(g, 4) == 0) {
        t = IR_V128;
    }
    unsigned size = ir_is_int(t) ? below(g, t == IR_I32 ? 3 : 4) : (unsigned)__builtin_ctz(ir_type_bits(t) / 8);
    uint32_t at = below(g, c.length + 1 - MAX(8, 1u << size)), m = size | c.ctx << IR_MEM_CTX_SHIFT;

    if (1u << size <= c.align && below(g, 2)) {
        at &= -(1u << size);
        m |= below(g, 2) ? IR_MEM_ALIGN : IR_MEM_ATOMIC;
    }
    struct ir_op o = {.op = load ? IR_LDH : IR_STH, .type = t, .aux = m, .imm = c.at + (int32_t)at, .arg = {c.addr}};
    if (below(g, 3) == 0 && g->u->ops[c.addr].op != IR_PC) {
        int64_t part = (int64_t)below(g, 200) - 100;
        o.arg[0] = op2(g, IR_ADD, c.addr, ir_const(g->u, IR_I64, part));
        o.imm -= part;
    }
    if (load) {
        o.aux |= ir_is_int(t) && below(g, 2) ? IR_MEM_SIGNED : 0;
        o.arg[1] = c.value;
        keep(g, ir_append(g->u, o));
    } else {
        o.aux |= IR_MEM_STORE;
        o.arg[1] = any(g, t);
        o.arg[2] = c.value;
        ir_append(g->u, o);
    }
}

static void step_atomic(struct gen *g)
{
    enum ir_type t = int_type(g);
    unsigned size = below(g, t == IR_I32 ? 3 : 4);
    unsigned m = size | IR_MEM_ALIGN | (below(g, 2) ? IR_MEM_SIGNED : 0) | (below(g, 2) ? IR_MEM_ACQUIRE : 0) |
                 (below(g, 2) ? IR_MEM_RELEASE : 0);
    int32_t disp;
    ir_val addr = any_address(g, 8, &disp);

    if (has(g, IR_RANDOM_VECTOR) && below(g, 4) == 0) {
        addr = any_address(g, 16, &disp);
        m = IR_MEM_128 | IR_MEM_ATOMIC | (has(g, IR_RANDOM_BE) && below(g, 4) == 0 ? IR_MEM_BE : 0);
        ir_val there = below(g, 2) ? ir_load(g->u, IR_V128, m & ~IR_MEM_ATOMIC, addr, 0) : any(g, IR_V128);
        keep(g, ir_cas_op(g->u, m, addr, there, any(g, IR_V128)));
        return;
    }
    if (below(g, 3)) {
        keep(g, ir_amo_op(g->u, below(g, IR_AMO_MAXU + 1), m, addr, any(g, t)));
        return;
    }
    /* Half the time expect what is there. */
    ir_val expected = below(g, 2) ? ir_load(g->u, t, m & (IR_MEM_SIZE | IR_MEM_SIGNED), addr, 0) : any(g, t);
    keep(g, ir_cas_op(g->u, m, addr, expected, any(g, t)));
}

static void step_fp(struct gen *g)
{
    static const uint8_t arith[] = {IR_FADD, IR_FSUB, IR_FMUL, IR_FDIV, IR_FMIN, IR_FMAX};
    enum ir_type t = fp_type(g);
    enum ir_fp_class cl = member(g, g->r->fp_classes);
    enum ir_rm rm = member(g, g->r->rounding);
    ir_val a = any(g, t), b = any(g, t), c = any(g, t);

    switch (below(g, 6)) {
    case 0:
        keep(g, ir_fp(g->u, IR_FSQRT, cl, rm, a, 0));
        break;
    case 1:
        keep(g, ir_fp_fma(g->u, cl, rm, below(g, 4), a, b, c));
        break;
    case 2:
        keep(g, ir_fp_cmp(g->u, below(g, IR_FNZCVQ + 1), cl, int_type(g), a, b));
        break;
    case 3:
        keep(g, ir_fp_convert(g->u, IR_F2F, cl, rm, t == IR_F32 ? IR_F64 : IR_F32, a));
        break;
    default:
        keep(g, ir_fp(g->u, arith[below(g, sizeof(arith))], cl, rm, a, b));
        break;
    }
}

static void step_fp_int(struct gen *g)
{
    enum ir_type t = fp_type(g), it = int_type(g);
    enum ir_fp_class cl = member(g, g->r->fp_classes);
    enum ir_rm rm = member(g, g->r->rounding);
    bool is_signed = below(g, 2);

    if (below(g, 2)) {
        keep(g, ir_fp_convert(g->u, is_signed ? IR_F2S : IR_F2U, cl, rm, it, any(g, t)));
    } else {
        keep(g, ir_fp_convert(g->u, is_signed ? IR_S2F : IR_U2F, cl, rm, t, any(g, it)));
    }
}

/* FP ops that only move bits. */
static void step_fp_bits(struct gen *g)
{
    enum ir_type t = fp_type(g), it = t == IR_F32 ? IR_I32 : IR_I64;
    ir_val a = any(g, t);

    switch (below(g, 8)) {
    case 0:
        keep(g, op1(g, IR_FNEG, a));
        break;
    case 1:
        keep(g, op1(g, IR_FABS, a));
        break;
    case 2:
        keep(g, op2(g, IR_FSGN, a, any(g, t)));
        break;
    case 3:
        keep(g, op2(g, IR_FSGNX, a, any(g, t)));
        break;
    case 4:
        keep(g, convert(g, IR_FBOX, IR_F64, any(g, IR_F32)));
        break;
    case 5:
        keep(g, convert(g, IR_FUNBOX, IR_F32, any(g, IR_F64)));
        break;
    case 6:
        keep(g, convert(g, IR_BITS, it, a));
        break;
    default:
        keep(g, convert(g, IR_FROMBITS, t, any(g, it)));
        break;
    }
}

static void step_call(struct gen *g)
{
    ir_val arg[4] = {0};
    unsigned n = 0;

    while (g->r->helpers[n]) {
        n++;
    }
    const struct ir_helper *h = g->r->helpers[below(g, n)];
    if (h->vectors && !has(g, IR_RANDOM_VECTOR)) {
        return;
    }
    for (unsigned i = 0; i < h->nargs; i++) {
        arg[i] = any(g, h->vectors >> i & 1 ? vector_type(g) : int_type(g));
    }
    enum ir_type t = !h->result || below(g, 8) == 0 ? IR_VOID : h->vectors & IR_H_VECTOR ? vector_type(g) : int_type(g);
    ir_val v = ir_call(g->u, h, t, arg[0], arg[1], arg[2], arg[3]);
    if (h->flags & (IR_H_WRITES | IR_H_TRAPS | IR_H_STATE)) {
        g->check.value = 0;
    }
    if (t != IR_VOID) {
        keep(g, v);
    }
}

/* -- Branches -- */

/* Place a block that the block with that pool dominates. */
static void place(struct gen *g, unsigned block, const struct pool *dominator)
{
    ir_place_block(g->u, block);
    g->check.value = 0;
    if (has(g, IR_RANDOM_CROSS)) {
        g->pool = *dominator;
    } else {
        memset(&g->pool, 0, sizeof(g->pool));
    }
}

static struct params any_params(struct gen *g)
{
    struct params p = {{0}};

    for (unsigned n = has(g, IR_RANDOM_CROSS) ? below(g, MAX_PARAMS + 1) : 0; n > 0; n--) {
        p.type[n - 1] = any_type(g);
    }
    return p;
}

static void take_params(struct gen *g, const struct params *p)
{
    for (unsigned n = 0; p->type[n]; n++) {
        keep(g, ir_param(g->u, p->type[n]));
    }
}

/* Arguments for a branch that follows, which uses no value made behind them. */
static void give_args(struct gen *g, unsigned block, const struct params *p)
{
    ir_val v[MAX_PARAMS];

    for (unsigned n = 0; p->type[n]; n++) {
        v[n] = any(g, p->type[n]);
    }
    for (unsigned n = 0; p->type[n]; n++) {
        ir_arg(g->u, block, n, v[n]);
    }
}

/* To a or b, with arguments for the block to, which is one of them, or 0. */
static void branch(struct gen *g, unsigned a, unsigned b, unsigned to, const struct params *p)
{
    enum ir_type t = int_type(g);
    bool by_flags = below(g, 3) == 0;
    ir_val x = by_flags ? any_flags(g) : any(g, t), y = by_flags ? 0 : any(g, t);
    unsigned cc = below(g, by_flags ? IR_FLAG_LS + 1 : IR_GTU + 1);
    bool as_is = to || raw(g); /* what a builder computes for the condition would come behind the arguments */

    if (to) {
        give_args(g, to, p);
    }
    if (by_flags && as_is) {
        ir_append(g->u, (struct ir_op){.op = IR_BRFLAG, .sub = cc, .aux = ir_brcc_aux(a, b), .arg = {x}});
    } else if (by_flags) {
        ir_brflag(g->u, cc, x, a, b);
    } else if (as_is) {
        ir_append(g->u, (struct ir_op){.op = IR_BRCC, .type = t, .sub = cc, .aux = ir_brcc_aux(a, b), .arg = {x, y}});
    } else {
        ir_brcc(g->u, cc, x, y, a, b);
    }
}

static void brcc(struct gen *g, unsigned a, unsigned b)
{
    branch(g, a, b, 0, NULL);
}

static void exit_unit(struct gen *g)
{
    switch (below(g, 5)) {
    case 4:
        ir_exit_key(g->u, g->r->pc + 2 * below(g, 4096), below(g, 1 << 20));
        break;
    case 0:
        ir_exit_jump(g->u, g->r->pc + 2 * below(g, 4096));
        break;
    case 1:
        ir_exit_reg(g->u, any(g, IR_I64));
        break;
    default:
        ir_store_state(g->u, IR_MEM_64, offsetof(struct cpu, pc), any(g, IR_I64));
        if (below(g, 2)) {
            ir_exit_state(g->u);
        } else {
            ir_exit_main(g->u);
        }
        break;
    }
}

static void step(struct gen *g);

/* if (...) { a few ops } else { a few ops or leave } */
static void step_diamond(struct gen *g)
{
    unsigned yes = ir_new_block(g->u, below(g, 2)), no = ir_new_block(g->u, below(g, 2));
    unsigned join = ir_new_block(g->u, false);
    struct params p = any_params(g);

    brcc(g, yes, no);
    struct pool before = g->pool;
    place(g, yes, &before);
    step_put(g);
    step(g);
    give_args(g, join, &p);
    ir_br(g->u, join);
    place(g, no, &before);
    step_put(g);
    if (below(g, 6) == 0) {
        exit_unit(g);
    } else {
        give_args(g, join, &p);
        ir_br(g->u, join);
    }
    place(g, join, &before);
    take_params(g, &p);
}

/* A sum or difference with the carry of flags or of a comparison, which is its alone, and maybe something between the two. */
static void step_carry(struct gen *g)
{
    static const uint8_t ccs[] = {IR_LTU, IR_GEU, IR_EQ, IR_NE};
    enum ir_type t = int_type(g), of = int_type(g);
    ir_val carry, a = any(g, t), b = any(g, t);

    if (below(g, 3)) {
        carry = ir_append(g->u, (struct ir_op){.op = IR_FLAGCC, .type = t, .sub = IR_FLAG_C + below(g, 2),
                                               .arg = {any_flags(g)}});
    } else {
        ir_val x = any(g, of), y = below(g, 2) ? any(g, of) : constant(g, of, 0);
        carry = ir_append(g->u, (struct ir_op){.op = IR_SETCC, .type = t, .sub = ccs[below(g, 4)], .sub2 = of,
                                               .arg = {x, y}});
    }
    for (unsigned n = below(g, 4); n > 0; n--) {
        step(g);
    }
    keep(g, ir_append(g->u, (struct ir_op){.op = below(g, 2) ? IR_ADC : IR_SBB, .type = t, .arg = {a, b, carry}}));
}

static void step(struct gen *g)
{
    static const struct {
        void (*fn)(struct gen *g);
        unsigned feature, weight;
    } steps[] = {
        {step_int2, 0, 10},
        {step_int1, 0, 4},
        {step_int3, 0, 2},
        {step_carry, 0, 3},
        {step_bits, 0, 2},
        {step_flags, 0, 3},
        {step_convert, 0, 2},
        {step_cc, 0, 4},
        {step_put, 0, 8},
        {step_local, IR_RANDOM_LOCALS, 2},
        {step_state, IR_RANDOM_STATE, 2},
        {step_memory, IR_RANDOM_MEM, 6},
        {step_checked, IR_RANDOM_MEM, 6},
        {step_atomic, IR_RANDOM_ATOMIC, 2},
        {step_vector, IR_RANDOM_VECTOR, 8},
        {step_fp, IR_RANDOM_FP, 5},
        {step_fp_int, IR_RANDOM_FP, 2},
        {step_fp_bits, IR_RANDOM_FP, 2},
        {step_call, IR_RANDOM_CALL, 2},
    };
    unsigned total = 0, k = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
        total += steps[i].weight;
    }
    for (unsigned pick = below(g, total); pick >= steps[k].weight; k++) {
        pick -= steps[k].weight;
    }
    if (!steps[k].feature || has(g, steps[k].feature)) {
        steps[k].fn(g);
    }
}

/* -- Instructions -- */

static void close_skip(struct gen *g)
{
    if (g->skip) {
        give_args(g, g->skip, &g->skip_params);
        ir_br(g->u, g->skip);
        place(g, g->skip, &g->before_skip);
        take_params(g, &g->skip_params);
        g->skip = 0;
    }
}

static void instruction(struct gen *g)
{
    unsigned len = below(g, 2) ? 4 : 2;

    ir_insn(g->u, g->pc, len);
    g->pc += len;
    g->ninsns++;
    for (unsigned n = 1 + below(g, 4); n > 0; n--) {
        step(g);
    }
    if (has(g, IR_RANDOM_BRANCH) && below(g, 8) == 0) {
        step_diamond(g);
    }
}

/* Jump over instructions to come. */
static void open_skip(struct gen *g)
{
    unsigned next = ir_new_block(g->u, false);

    g->skip = ir_new_block(g->u, false);
    g->skip_params = any_params(g);
    branch(g, g->skip, next, g->skip, &g->skip_params);
    g->before_skip = g->pool;
    place(g, next, &g->before_skip);
}

static void open_loop(struct gen *g)
{
    ir_put_local(g->u, g->loop_local, ir_const(g->u, IR_I64, 1 + below(g, 4)));
    g->loop = ir_new_block(g->u, false);
    g->loop_params = any_params(g);
    give_args(g, g->loop, &g->loop_params);
    ir_br(g->u, g->loop);
    place(g, g->loop, &g->pool);
    take_params(g, &g->loop_params);
}

static void close_loop(struct gen *g)
{
    unsigned next = ir_new_block(g->u, false);
    ir_val n = ir_op2(g->u, IR_SUB, ir_get_local(g->u, g->loop_local), ir_const(g->u, IR_I64, 1));

    ir_put_local(g->u, g->loop_local, n);
    ir_val zero = ir_const(g->u, IR_I64, 0);
    give_args(g, g->loop, &g->loop_params);
    ir_brcc(g->u, IR_NE, n, zero, g->loop, next);
    place(g, next, &g->pool);
    g->loop = 0;
}

void ir_random_unit(struct ir_random *r, struct ir_unit *u)
{
    static const uint8_t local_types[] = {IR_I64, IR_I64, IR_I64, IR_I32, IR_I32, IR_F64, IR_F32, IR_V128, IR_V256};
    struct gen g = {.r = r, .u = u, .pc = r->pc};

    u->pc = r->pc;
    ir_begin(u, r->arch);
    ir_insn(u, g.pc, 4);
    g.pc += 4;
    if (r->features & (IR_RANDOM_LOCALS | IR_RANDOM_LOOP)) {
        for (unsigned i = 0; i < sizeof(local_types); i++) {
            if (ir_is_vector(local_types[i]) && !has(&g, IR_RANDOM_VECTOR)) {
                break;
            }
            ir_put_local(u, ir_new_local(u, local_types[i]), any_const(&g, local_types[i]));
        }
    }
    while (g.ninsns < r->insns && u->nops + 2 * IR_INSN_OPS <= IR_MAX_OPS && u->nblocks + 16 <= IR_MAX_BLOCKS) {
        instruction(&g);
        if (g.skip && below(&g, 3) == 0) {
            close_skip(&g);
            instruction(&g);
        } else if (g.loop && !g.skip && below(&g, 3) == 0) {
            close_loop(&g);
        } else if (has(&g, IR_RANDOM_LOOP) && !g.skip && !g.loop && below(&g, 10) == 0) {
            open_loop(&g);
        } else if (has(&g, IR_RANDOM_BRANCH) && !g.skip && below(&g, 10) == 0) {
            open_skip(&g);
        }
    }
    if (g.skip || g.loop) {
        close_skip(&g);
        instruction(&g);
    }
    if (g.loop) {
        close_loop(&g);
    }
    exit_unit(&g);
}
