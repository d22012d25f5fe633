/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lowering must know of values in advance, by one pass forward and one backward over the unit:
 * which are another name of an older one, who uses them last, and which are computed only to be put
 * into a pinned guest register.
 */
#include "compile.h"

#include <string.h>

/* The op's value, in a register, has zeros above bit 31: every 32-bit host operation clears them. */
static bool clears_high_half(const struct x64 *c, const struct ir_op *o)
{
    if (o->type == IR_I32) {
        return o->op != IR_GET || c->a->regs[o->imm].type == IR_I32;
    }
    switch (o->op) {
    case IR_CONST:
        return o->imm == (uint32_t)o->imm;
    case IR_ZX:
    case IR_ZEXT8:
    case IR_ZEXT16:
    case IR_ZEXT32:
    case IR_SETCC:
    case IR_FCMP:
    case IR_CLZ:
    case IR_CTZ:
    case IR_POPCNT:
        return true;
    case IR_LD:
    case IR_LDH:
    case IR_LDS:
        return !(o->aux & IR_MEM_SIGNED) && (o->aux & IR_MEM_SIZE) != IR_MEM_64;
    default:
        return false;
    }
}

/* An FP op by the host whose first source the rest of the result's register comes from. */
static unsigned zeros_of_arith(const struct x64 *c, const struct ir_op *o)
{
    unsigned from = c->v[c->v[o->arg[x64_fp_first(c, o)]].root].zero_from;

    return MAX(from, ir_type_bits(o->type));
}

/* value.zero_from of the op's value. What comes from memory or a general register has zeros above. */
static unsigned find_zeros(const struct x64 *c, const struct ir_op *o)
{
    if (o->type == IR_V128 && o->op == IR_VSCALAR) {
        unsigned lane = o->aux & 15;
        return lane == IR_LANE_64 || lane == IR_LANE_F64 ? 64 : 32;
    }
    if (!is_fp_type(o->type)) {
        return 128;
    }
    switch (o->op) {
    case IR_LD:
    case IR_LDH:
    case IR_FROMBITS:
    case IR_S2F:
    case IR_U2F:
        return ir_type_bits(o->type);
    case IR_FADD:
    case IR_FSUB:
    case IR_FMUL:
    case IR_FDIV:
    case IR_FMA:
        return zeros_of_arith(c, o);
    case IR_FSQRT:
    case IR_F2F:
        return feature(c, X64_AVX) ? zeros_of_arith(c, o) : 128;
    default:
        return 128;
    }
}

/* Types whose values can stand for each other when read from one register. */
static bool same_bank(unsigned a, unsigned b)
{
    return is_fp_type(a) || is_fp_type(b) || x64_vector_type(a) || x64_vector_type(b) ? a == b : true;
}

/* -- Backward: who looks at high halves -- */

/* Which arguments must be right in their high halves: all, unless it is said here. */
enum { ALL, NONE, AS_VALUE /* all, if the op's value must be */, OF_STORE, OF_SHIFT };
static const uint8_t looks_high[IR_OPCODES] = {
    [IR_TRUNC] = NONE,    [IR_SEXT8] = NONE,    [IR_SEXT16] = NONE,   [IR_SEXT32] = NONE,   [IR_ZEXT8] = NONE,
    [IR_ZEXT16] = NONE,   [IR_ZEXT32] = NONE,   [IR_ADD] = AS_VALUE,  [IR_SUB] = AS_VALUE,  [IR_MUL] = AS_VALUE,
    [IR_AND] = AS_VALUE,  [IR_OR] = AS_VALUE,   [IR_XOR] = AS_VALUE,  [IR_NEG] = AS_VALUE,  [IR_NOT] = AS_VALUE,
    [IR_ST] = OF_STORE,   [IR_STH] = OF_STORE,  [IR_SHL] = OF_SHIFT,
};

void x64_find_high(struct x64 *c)
{
    bool *high = c->high;
    uint32_t wanted = 0; /* pinned registers of which a GET further on in the block must be right in its high half */

    memset(high, 0, c->u->nops * sizeof(*high));
    for (unsigned i = c->u->nops; i-- > 1;) {
        const struct ir_op *o = &c->ops[i];
        unsigned n = ir_op_nargs(o->op), looks = looks_high[o->op];
        unsigned p = o->op == IR_GET || o->op == IR_PUT ? c->pins.host_of[o->imm] : NOREG;
        if (ir_op_flags(o->op) & IR_TERM) {
            wanted = 0;
        } else if (p != NOREG && o->op == IR_PUT) {
            bool exact = wanted & REG_BIT(p);
            wanted &= ~REG_BIT(p);
            if (!exact && x64_is_narrow_put(c, o)) {
                continue;
            }
        } else if (p != NOREG && o->type == IR_I64 && high[i]) {
            wanted |= REG_BIT(p);
        }
        if (!n || looks == NONE || (looks == AS_VALUE && !high[i])) {
            continue;
        }
        if (looks == OF_STORE && (o->aux & IR_MEM_SIZE) != IR_MEM_64) {
            high[o->arg[0]] = high[o->arg[2]] = true;
        } else if (looks == OF_SHIFT && !high[i] && c->ops[o->arg[1]].op == IR_CONST) {
            high[o->arg[1]] = true; /* the count: it may be in a register of its own */
        } else {
            for (unsigned k = 0; k < n; k++) {
                high[o->arg[k]] = true;
            }
        }
    }
}

/* -- Forward: names -- */

static void count_insn(struct before *now, const struct ir_op *o)
{
    now->pc = o->imm;
    now->insns++;
}

static void name_op(struct x64 *c, unsigned i, ir_val *known, uint32_t *late, struct before *now)
{
    const struct ir_op *o = &c->ops[i];
    struct value *v = &c->v[i];
    ir_val a = c->v[o->arg[0]].root;

    *v = (struct value){.root = i, .home = -1, .slot = -1, .vslot = -1, .reg = NOREG, .hint = NOREG};
    v->zx = clears_high_half(c, o);
    v->zero_from = find_zeros(c, o);
    if (ir_op_flags(o->op) & IR_LATE) {
        *late = i;
    }
    switch (o->op) {
    case IR_INSN:
        count_insn(now, o);
        break;
    case IR_GET:
        if (known[o->imm] && same_bank(o->type, c->ops[known[o->imm]].type)) {
            v->root = known[o->imm];
        } else {
            known[o->imm] = i;
        }
        break;
    case IR_PUT:
        /* A 32-bit value whose register has more bits is not what the guest register will hold. */
        known[o->imm] = o->type != IR_I32 || c->v[a].zx ? a : 0;
        v->put = *late;
        break;
    case IR_TRUNC:
        v->root = a;
        break;
    case IR_ZX:
    case IR_ZEXT32:
        if (c->v[a].zx || !c->high[i]) {
            v->root = a;
        }
        break;
    case IR_SX:
    case IR_SEXT32:
        if (!c->high[i]) {
            v->root = a;
        }
        break;
    case IR_VGET: /* lane 0 of a vector in an XMM register is a scalar as it is */
        if (is_fp_type(o->type) && o->imm == 0 && c->ops[a].type == IR_V128) {
            v->root = a;
        }
        break;
    case IR_FUNBOX:
        if (c->ops[a].op == IR_FBOX) {
            v->root = c->v[c->ops[a].arg[0]].root;
        } else if (o->sub == IR_UNBOX_KNOWN) {
            v->root = a; /* all that take an F32 look at the low half only */
        }
        break;
    case IR_BITS:
    case IR_FROMBITS:
        if (c->ops[a].op == (o->op == IR_BITS ? IR_FROMBITS : IR_BITS)) {
            v->root = c->v[c->ops[a].arg[0]].root;
        }
        break;
    case IR_CALL:
        if (((const struct ir_helper *)(intptr_t)o->imm)->flags & IR_H_WRITES) {
            memset(known, 0, c->a->arch->nregs * sizeof(*known));
        }
        break;
    default:
        break;
    }
}

/* -- Backward: uses, hints -- */

struct scan {
    unsigned barrier;            /* nearest later op at which guest registers must be exact */
    uint32_t touched[HOST_REGS]; /* nearest later op that reads or writes the pinned register */
    uint32_t put[IR_MAX_REGS];   /* nearest later PUT to the register, if the block has one */
};

static bool removable(const struct ir_op *o)
{
    return (ir_op_flags(o->op) & IR_PURE) || o->op == IR_GET || o->op == IR_GETL || o->op == IR_LDS;
}

/* A value that is used once, here, by an op with a hint may be computed in the same register. */
static bool passes_hint(unsigned op)
{
    switch (op) {
    case IR_ADD:
    case IR_SUB:
    case IR_AND:
    case IR_OR:
    case IR_XOR:
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_MUL:
    case IR_NEG:
    case IR_NOT:
    case IR_SX:
    case IR_ZX:
    case IR_SEXT8:
    case IR_SEXT16:
    case IR_SEXT32:
    case IR_ZEXT8:
    case IR_ZEXT16:
    case IR_ZEXT32:
    case IR_FBOX:
        return true;
    default:
        return false;
    }
}

/* A scalar in an XMM register becomes a vector. */
static bool is_xmm_scalar(const struct x64 *c, unsigned i)
{
    const struct ir_op *o = &c->ops[i];

    return o->op == IR_VSCALAR && o->type == IR_V128 && is_fp_type(c->ops[o->arg[0]].type);
}

static void check_hint(struct x64 *c, struct scan *s, unsigned i)
{
    struct value *v = &c->v[i];
    unsigned p = v->hint;

    if (p != NOREG && (s->barrier < v->put || s->touched[p] < v->put)) {
        v->hint = NOREG;
    }
    if (v->hint != NOREG && (passes_hint(c->ops[i].op) || is_xmm_scalar(c, i))) {
        ir_val a = c->v[c->ops[i].arg[0]].root;
        if (c->v[a].last == 0 && is_xmm_type(c->ops[a].type) == is_xmm(p)) {
            c->v[a].hint = p;
            c->v[a].put = v->put;
        }
    }
}

/* FP ops that treat all quiet NaNs alike, so that it does not matter which one they get. */
static bool any_nan_will_do(const struct ir_op *o)
{
    return ((o->op >= IR_FADD && o->op <= IR_F2U) || o->op == IR_F2F) && (o->sub & 3) == IR_FP_RISCV;
}

_Static_assert(IR_FSUB > IR_FADD && IR_FMUL > IR_FADD && IR_FDIV > IR_FADD && IR_FSQRT > IR_FADD && IR_FMA > IR_FADD &&
               IR_FMIN > IR_FADD && IR_FMAX > IR_FADD && IR_FCMP > IR_FADD && IR_F2S > IR_FADD && IR_F2U == IR_FADD + 10,
               "arithmetic and comparisons are a range");

ir_val x64_stored(const struct x64 *c, unsigned i)
{
    const struct ir_op *o = &c->ops[i];
    ir_val v = c->v[o->arg[1]].root;
    unsigned size = o->aux & IR_MEM_SIZE;

    if (c->ops[v].op == IR_BITS && !(o->aux & IR_MEM_BE) && (size == IR_MEM_32 || (size == IR_MEM_64 && c->ops[v].type == IR_I64))) {
        return c->v[c->ops[v].arg[0]].root;
    }
    return v;
}

ir_val x64_target(const struct x64 *c, unsigned i, bool *even)
{
    ir_val v = c->v[c->ops[i].arg[0]].root;
    const struct ir_op *o = &c->ops[v], *mask = &c->ops[c->v[o->arg[1]].root];

    *even = o->op != IR_AND || o->type != IR_I64 || mask->op != IR_CONST || mask->imm != -2;
    return *even ? v : c->v[o->arg[0]].root;
}

/* The argument is shifted by 1 to 3: by how much; or 0. */
static unsigned scale_of(const struct x64 *c, const struct ir_op *o, unsigned k)
{
    const struct ir_op *s = &c->ops[c->v[o->arg[k]].root], *n = &c->ops[c->v[s->arg[1]].root];

    return s->op == IR_SHL && s->type == o->type && n->op == IR_CONST && n->imm <= 3 && n->imm > 0 ? n->imm : 0;
}

unsigned x64_scale(const struct x64 *c, unsigned i, unsigned *k)
{
    const struct ir_op *o = &c->ops[i];

    if (o->op != IR_ADD) {
        return 0;
    }
    for (*k = 0; *k < 2; ++*k) {
        if (c->ops[c->v[o->arg[!*k]].root].op != IR_CONST && scale_of(c, o, *k)) {
            return scale_of(c, o, *k);
        }
    }
    return 0;
}

#define TEST_REACH 16 /* ops between an AND and what compares it with 0 */

/* The AND that the op i compares with 0, if nobody else uses its value: the host's TEST does both. 0: none. */
static ir_val find_tested(const struct x64 *c, unsigned i)
{
    const struct ir_op *o = &c->ops[i], *zero;
    ir_val v;

    if ((o->op != IR_BRCC && o->op != IR_SETCC) || o->sub > IR_NE) {
        return 0;
    }
    v = c->v[o->arg[0]].root;
    zero = &c->ops[c->v[o->arg[1]].root];
    if (c->ops[v].op != IR_AND || zero->op != IR_CONST || zero->imm || i - v > TEST_REACH) {
        return 0;
    }
    for (unsigned j = v + 1; j <= i; j++) {
        for (unsigned k = j == i ? 2 : 0, n = ir_op_nargs(c->ops[j].op); k < n; k++) {
            if (c->v[c->ops[j].arg[k]].root == v && c->v[j].root == j) {
                return 0;
            }
        }
    }
    return v;
}

/* Nobody but the op i, in its argument n, uses the value v of a few ops before. */
static bool only_for(const struct x64 *c, unsigned i, unsigned n, ir_val v)
{
    if (i - v > TEST_REACH || c->v[v].uses || c->v[v].last) {
        return false;
    }
    for (unsigned j = v + 1; j <= i; j++) {
        for (unsigned k = 0; k < ir_op_nargs(c->ops[j].op); k++) {
            if (c->v[c->ops[j].arg[k]].root == v && c->v[j].root == j && (j < i || k != n)) {
                return false;
            }
        }
    }
    return true;
}

/* What makes the carry of the op i, where the host's flags can have it from there: nobody else uses its value. 0: none. */
static ir_val find_carry(const struct x64 *c, unsigned i)
{
    const struct ir_op *o = &c->ops[i];
    ir_val v = c->v[o->arg[2]].root;

    return (o->op == IR_ADC || o->op == IR_SBB) && x64_makes_carry(c, &c->ops[v]) && only_for(c, i, 2, v) ? v : 0;
}

ir_val x64_used(const struct x64 *c, unsigned i, unsigned k)
{
    const struct ir_op *o = &c->ops[i];
    unsigned scaled;
    bool even;

    if (c->v[i].tested && k < 2) {
        return c->v[c->ops[c->v[i].tested].arg[k]].root;
    }
    if ((o->op == IR_ST || o->op == IR_STH) && k == 1) {
        return x64_stored(c, i);
    }
    if (o->op == IR_ADD && x64_scale(c, i, &scaled) && k == scaled) {
        return c->v[c->ops[c->v[o->arg[k]].root].arg[0]].root;
    }
    return o->op == IR_EXIT_REG ? x64_target(c, i, &even) : c->v[o->arg[k]].root;
}

/* seen: by an op to which its bits matter. */
static void use_value(struct x64 *c, unsigned i, ir_val r, bool seen)
{
    struct value *v = &c->v[r];

    v->seen |= seen;
    if (v->uses++ == 0) {
        v->last = MAX(v->last, i);
    }
}

/* The op i uses v; or what those flags are of, which are no value. */
static void use_arg(struct x64 *c, unsigned i, ir_val v, bool seen)
{
    if (c->ops[v].op == IR_FLAGDEF) {
        for (unsigned n = 0; n < 3; n++) {
            use_value(c, i, c->v[c->ops[v].arg[n]].root, seen);
        }
    } else if (v) {
        use_value(c, i, v, seen);
    }
}

static void use_args(struct x64 *c, unsigned i)
{
    const struct ir_op *o = &c->ops[i], *carry = c->v[i].carry ? &c->ops[c->v[i].carry] : NULL;
    unsigned n = ir_op_nargs(o->op) - (carry != NULL);
    bool seen = n && !any_nan_will_do(o);

    for (unsigned k = 0; k < n; k++) {
        if (o->arg[k]) {
            use_arg(c, i, c->ops[o->arg[k]].op == IR_FLAGDEF ? o->arg[k] : x64_used(c, i, k), seen);
        }
    }
    for (unsigned k = 0; carry && k < ir_op_nargs(carry->op); k++) {
        use_arg(c, i, c->v[carry->arg[k]].root, seen);
    }
}

static void scan_op(struct x64 *c, struct scan *s, unsigned i)
{
    const struct ir_op *o = &c->ops[i];
    struct value *v = &c->v[i];

    if (v->root != i) {
        return;
    }
    if (ir_op_has_result(o->op) && v->uses == 0 && removable(o) && (!v->last || x64_late_value(c, i))) {
        return;
    }
    if (o->op == IR_PUT) {
        uint32_t over = s->put[o->imm];
        s->put[o->imm] = i;
        if (o->sub && x64_late_use(c, o->imm, c->v[o->arg[0]].root, c->v[over].put)) {
            v->late = true;
            return;
        }
    }
    if (v->hint != NOREG) {
        check_hint(c, s, i);
    }
    v->tested = find_tested(c, i);
    v->carry = find_carry(c, i);
    use_args(c, i);
    if (o->op == IR_PUT || o->op == IR_PUTL) {
        ir_val a = c->v[o->arg[0]].root;
        unsigned p = o->op == IR_PUT ? c->pins.host_of[o->imm] : gen_host_of_local(&c->pins, o->imm);
        if (p != NOREG && a) {
            /* The PUT nearest to where the value is computed counts. */
            if (o->type != IR_I32 || c->v[a].zx) {
                c->v[a].hint = p;
                c->v[a].put = i;
            }
            s->touched[p] = i;
        }
    } else if (o->op == IR_GET || o->op == IR_GETL) {
        unsigned p = o->op == IR_GET ? c->pins.host_of[o->imm] : gen_host_of_local(&c->pins, o->imm);
        if (p != NOREG) {
            s->touched[p] = i;
        }
    } else if (ir_op_flags(o->op) & (IR_MAYTRAP | IR_TERM)) {
        s->barrier = i;
    }
}

void x64_analyse(struct x64 *c)
{
    const struct ir_unit *u = c->u;
    ir_val known[IR_MAX_REGS];
    struct before now = {.pc = u->pc};
    uint32_t at = 1;
    struct scan s;

    x64_choose_narrow(c);
    c->v[0] = (struct value){.home = -1, .slot = -1, .vslot = -1, .reg = NOREG, .hint = NOREG};
    for (unsigned b = 0; b < u->nblocks; b++) {
        uint32_t late = 0;
        if (u->blocks[b].first != at) { /* ir_optimise() numbers blocks in op order; before it they may lie anyhow */
            now = (struct before){.pc = u->pc};
            for (unsigned i = 1; i < u->blocks[b].first; i++) {
                if (u->ops[i].op == IR_INSN) {
                    count_insn(&now, &u->ops[i]);
                }
            }
        }
        at = u->blocks[b].end;
        c->before[b] = now;
        memset(known, 0, c->a->arch->nregs * sizeof(*known));
        for (unsigned i = u->blocks[b].first; i < u->blocks[b].end; i++) {
            name_op(c, i, known, &late, &now);
        }
    }
    for (unsigned b = u->nblocks; b-- > 0;) {
        s.barrier = UINT32_MAX;
        for (unsigned r = 0; r < HOST_REGS; r++) {
            s.touched[r] = UINT32_MAX;
        }
        for (unsigned i = u->blocks[b].end; i-- > u->blocks[b].first;) {
            scan_op(c, &s, i);
        }
    }
}
