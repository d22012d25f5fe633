/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR's verifier: types and fields of each op, blocks and their parameters, dominance, attribution. */
#include "ir-internal.h"

#include <string.h>

/* -- One op -- */

/* Where an op's arguments may come from: the ops of u before number at. */
struct place {
    const struct ir_unit *u;
    uint32_t at;
};

/* Type of an argument that is a value; IR_VOID if it is none. */
static unsigned arg_type(const struct place *p, const struct ir_op *o, unsigned i)
{
    ir_val v = o->arg[i];

    return v && v < p->at && ir_has_value(&p->u->ops[v]) ? p->u->ops[v].type : IR_VOID;
}

#define NEED(cond, why)                                                                                                \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            return why;                                                                                                \
        }                                                                                                              \
    } while (0)

/* -- Arguments -- */

/* Why an argument of type t does not fit the letter of the op's row, or NULL. */
static const char *check_arg(const struct ir_op *o, char letter, unsigned t)
{
    switch (letter) {
    case 't':
        NEED(t == o->type, "argument is not of the op's type");
        return NULL;
    case 's':
        NEED(t == o->sub2, "argument is not of the compared type");
        return NULL;
    case 'l':
        NEED(t == IR_I64, "argument is not i64");
        return NULL;
    case 'w':
        NEED(t == IR_I32, "argument is not i32");
        return NULL;
    case 'f':
        NEED(t == IR_F32, "argument is not f32");
        return NULL;
    case 'd':
        NEED(t == IR_F64, "argument is not f64");
        return NULL;
    case 'i':
        NEED(ir_is_int(t), "argument is not an integer");
        return NULL;
    case 'p':
        NEED(ir_is_fp(t), "argument is not FP");
        return NULL;
    case 'q':
        NEED(ir_is_fp(t) && t != o->type, "argument is not of the other FP type");
        return NULL;
    case 'b':
        NEED((ir_is_fp(o->type) ? ir_is_int(t) : ir_is_fp(t)) && ir_type_bits(t) == ir_type_bits(o->type),
             "argument is not the same width's other type");
        return NULL;
    case 'e':
        NEED(t == ir_lane_type(o->aux & 15), "argument is not of the lane's type");
        return NULL;
    case 'v':
        NEED(ir_is_vector(t), "argument is not a vector");
        return NULL;
    case 'y':
        NEED(t == IR_V128, "argument is not v128");
        return NULL;
    case 'z':
        NEED(t == IR_V256, "argument is not v256");
        return NULL;
    case 'x':
        NEED(t == (o->sub2 == 3 ? IR_I64 : IR_I32), "argument is not of the flags' width");
        return NULL;
    case 'F':
        NEED(t == IR_FLAGS, "argument is not flags");
        return NULL;
    default: /* h: see check_args() */
        return NULL;
    }
}

static const char *check_args(const struct place *p, const struct ir_op *o)
{
    unsigned n = ir_nargs(o);

    for (unsigned i = 0; i < 4; i++) {
        const char *why = i < n ? check_arg(o, ir_op_info[o->op].args[i], arg_type(p, o, i)) : NULL;
        NEED(!why, why);
        NEED(i < n || o->arg[i] == 0, "too many arguments");
        NEED(i >= n || o->op != IR_CALL ||
                 (ir_op_helper(o)->vectors >> i & 1 ? ir_is_vector(arg_type(p, o, i)) : ir_is_int(arg_type(p, o, i))),
             "arguments do not fit the helper");
    }
    return NULL;
}

/* -- Fields -- */

static const char *check_memop(const struct place *p, const struct ir_op *o)
{
    unsigned size = 8u << (o->aux & IR_MEM_SIZE);

    NEED(!(o->aux & ~IR_MEM_ALL), "unknown memop bits");
    NEED((o->aux >> IR_MEM_CTX_SHIFT & 7) <= p->u->arch->ncontexts, "a data context that the architecture does not have");
    NEED(!!(o->aux & IR_MEM_STORE) == ir_writes_memory(o->op), "IR_MEM_STORE does not fit the op");
    NEED(size <= ir_type_bits(o->type), "access is wider than the value");
    NEED(ir_is_int(o->type) || (size == ir_type_bits(o->type) && !(o->aux & IR_MEM_SIGNED)),
         "FP access or vector not of the type's size, or signed");
    NEED(!ir_is_vector(o->type) || o->op == IR_CAS || !(o->aux & (IR_MEM_ATOMIC | IR_MEM_ALIGNED | IR_MEM_LR | IR_MEM_ODD)),
         "memop bits that vectors do not have");
    NEED((o->op != IR_ST && o->op != IR_STH) || !(o->aux & IR_MEM_SIGNED), "signed store");
    NEED(!ir_is_checked(o->op) || !(o->aux & (IR_MEM_BE | IR_MEM_ACQUIRE | IR_MEM_RELEASE | IR_MEM_LR)),
         "memop bits that accesses under a check do not have");
    NEED(ir_is_checked(o->op) || !(o->aux & IR_MEM_SURE), "IR_MEM_SURE does not fit the op");
    NEED(o->op == IR_LD || o->op == IR_ST || !(o->aux & IR_MEM_ALIGNED), "IR_MEM_ALIGNED does not fit the op");
    NEED(!(o->aux & IR_MEM_WORDS) ||
         ((o->op == IR_LD || o->op == IR_ST || ir_is_checked(o->op)) && size == 64 && (o->aux & IR_MEM_ALIGN) &&
          !(o->aux & (IR_MEM_ATOMIC | IR_MEM_LR))),
         "IR_MEM_WORDS does not fit the op");
    NEED(!(o->aux & IR_MEM_ODD) ||
         ((o->op == IR_LD || o->op == IR_ST) && !(o->aux & (IR_MEM_ALIGNED | IR_MEM_ATOMIC)) &&
          (!(o->aux & IR_MEM_ALIGN) || (o->aux & IR_MEM_WORDS))),
         "IR_MEM_ODD does not fit the op");
    NEED(!(o->aux & IR_MEM_ALONE) || o->op == IR_LD || o->op == IR_ST, "IR_MEM_ALONE does not fit the op");
    NEED(!(o->aux & IR_MEM_CHASED) || (o->op == IR_LD && !ir_is_vector(o->type)), "IR_MEM_CHASED does not fit the op");
    return NULL;
}

static const char *check_check(const struct place *p, const struct ir_op *o)
{
    unsigned length = o->aux & IR_CHECK_LENGTH;

    NEED(!(o->aux & ~(uint32_t)IR_CHECK_ALL), "unknown bits of a check");
    NEED(length >= 1 && length <= PAGE_SIZE, "length of a check is not that of a part of a page");
    NEED((o->aux >> IR_CHECK_CTX_SHIFT & 7) <= p->u->arch->ncontexts,
         "a data context that the architecture does not have");
    NEED(o->imm + (int64_t)length == (int32_t)(o->imm + length), "displacement out of range");
    NEED(!(o->aux & IR_CHECK_AHEAD) || !(o->aux & IR_CHECK_BEFORE), "a check both ahead and before");
    return NULL;
}

/* CPU state outside the guest registers. */
static const char *check_state(const struct place *p, const struct ir_op *o)
{
    unsigned bytes = 1u << (o->aux & IR_MEM_SIZE);
    const char *why = check_memop(p, o);

    NEED(!why, why);
    NEED(!(o->aux & ~(IR_MEM_SIZE | (o->op == IR_LDS ? IR_MEM_SIGNED : 0))), "memop bits that mean nothing for state");
    NEED(o->imm >= 0 && (uint64_t)o->imm + bytes <= p->u->arch->cpu_size, "offset outside the CPU's struct");
    for (unsigned i = 0; i < p->u->arch->nregs; i++) {
        int64_t slot = p->u->regs[i].offset;
        NEED(o->imm + bytes <= slot || o->imm >= slot + ir_slot_bytes(p->u->regs[i].type),
             "state access touches a guest register");
    }
    return NULL;
}

static const char *check_register(const struct place *p, const struct ir_op *o)
{
    NEED(o->imm >= 0 && o->imm < p->u->arch->nregs, "no such guest register");
    unsigned t = p->u->regs[o->imm].type;
    NEED(o->type == t || (o->type == IR_I32 && t == IR_I64) || (o->type == IR_V128 && t == IR_V256),
         "type does not fit the guest register");
    return NULL;
}

static const char *check_local(const struct place *p, const struct ir_op *o)
{
    NEED(o->imm >= 0 && o->imm < p->u->nlocals, "no such local");
    NEED(o->type == p->u->locals[o->imm], "type differs from the local's");
    return NULL;
}

static const char *check_helper(const struct ir_op *o)
{
    const struct ir_helper *h = ir_op_helper(o);

    NEED(h && h->fn && h->nargs <= 4 - !!(h->vectors & IR_H_VECTOR), "no such helper");
    NEED(o->type == IR_VOID || (h->result && ir_is_vector(o->type) == !!(h->vectors & IR_H_VECTOR)),
         "helper has no such result");
    return NULL;
}

/* The immediate of a constant or a guest address. */
static const char *check_number(const struct ir_op *o)
{
    NEED(o->op != IR_CONST || o->type == IR_I64 || o->imm == (int32_t)o->imm, "i32 constant is not sign-extended");
    NEED(o->op != IR_PC || o->type == IR_I64 || o->imm == (uint32_t)o->imm, "i32 address is not zero-extended");
    return NULL;
}

static const char *check_lane(const struct ir_op *o, char field)
{
    unsigned lane = o->aux & 15;

    NEED(o->op == IR_VFMA || o->aux == lane, "a field that the op does not have");
    switch (field) {
    case 'E':
        NEED(lane <= IR_LANE_64, "lane does not fit the op");
        break;
    case 'V':
        NEED(lane == IR_LANE_F32 || lane == IR_LANE_F64, "lane does not fit the op");
        break;
    case 'k':
        NEED(lane >= IR_LANE_16 && lane <= IR_LANE_64, "lane does not fit the op");
        break;
    case 'u':
        NEED(lane <= IR_LANE_32, "lane does not fit the op");
        break;
    default:
        NEED(lane <= IR_LANE_F64, "lane does not fit the op");
        break;
    }
    NEED((o->op != IR_VGET && o->op != IR_VSUM) || o->type == ir_lane_type(lane), "type is not the lane's");
    return NULL;
}

static const char *check_block(const struct place *p, unsigned b)
{
    NEED(b < p->u->nblocks, "branch to a block that is not placed");
    return NULL;
}

enum { USES_SUB = 1, USES_SUB2 = 2, USES_AUX = 4, USES_IMM = 8 };

/* Why the field is wrong, or NULL; what it uses is added to *uses. */
static const char *check_field(const struct place *p, const struct ir_op *o, char field, unsigned *uses)
{
    const char *why;

    switch (field) {
    case '*':
    case 'a':
        return NULL;
    case 'A':
        *uses |= USES_IMM;
        NEED(o->imm == (int32_t)o->imm, "displacement out of range");
        return NULL;
    case 'B':
        *uses |= USES_AUX;
        return check_block(p, o->aux);
    case 'C':
        *uses |= USES_SUB;
        NEED(o->sub <= IR_GTU, "unknown condition");
        return NULL;
    case 'i':
        *uses |= USES_SUB2;
        NEED(o->sub2 <= IR_COUNTED, "unknown kind of branch");
        return NULL;
    case 'D':
        *uses |= USES_AUX;
        why = check_block(p, o->aux & 0xffff);
        return why ? why : check_block(p, o->aux >> 16);
    case 'G':
        *uses |= USES_SUB;
        NEED(o->sub <= IR_FLAG_NZCV, "unknown kind of flags");
        return NULL;
    case 'E':
    case 'V':
    case 'Z':
    case 'k':
    case 'u':
        *uses |= USES_AUX;
        return check_lane(o, field);
    case 'X':
        *uses |= USES_IMM;
        NEED(o->imm >= 0 && (uint64_t)o->imm < ir_index_limit(o, arg_type(p, o, 0)),
             "index, count or half out of range");
        return NULL;
    case 'y':
        *uses |= USES_AUX;
        return NULL;
    case 'j':
        NEED(o->aux >> 8 <= (IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND), "unknown variant of fma");
        return NULL;
    case 'H':
        *uses |= USES_IMM;
        return check_helper(o);
    case 'J':
        *uses |= USES_SUB;
        NEED(o->sub <= IR_FLAG_LS, "unknown condition of flags");
        return NULL;
    case 'K':
        *uses |= USES_SUB;
        NEED(o->sub <= IR_AMO_MAXU, "unknown amo operation");
        return NULL;
    case 'L':
        *uses |= USES_AUX;
        return NULL;
    case 'M':
        *uses |= USES_AUX;
        return check_memop(p, o);
    case 'm':
        *uses |= USES_AUX;
        return check_state(p, o);
    case 'N':
    case 'P':
        *uses |= USES_IMM;
        return check_number(o);
    case 'O': /* with m */
        *uses |= USES_IMM;
        return NULL;
    case 'Q':
        *uses |= USES_AUX;
        NEED(o->aux >> 8 >= 1 && (o->aux & 0xff) + (o->aux >> 8) <= ir_type_bits(o->type), "bits outside the value");
        return NULL;
    case 'R':
        *uses |= USES_IMM;
        return check_register(p, o);
    case 'S':
        *uses |= USES_SUB2;
        NEED(ir_op_info[o->op].fields[0] == 'f' ? ir_is_fp(o->sub2) : ir_is_int(o->sub2), "unknown compared type");
        return NULL;
    case 'T':
        *uses |= USES_SUB;
        NEED(!o->sub || (o->sub == 1 && ir_is_int(o->type)), "late put of a kind that there is not");
        return NULL;
    case 'U':
        *uses |= USES_SUB;
        NEED(o->sub <= IR_UNBOX_KNOWN, "unknown kind of funbox");
        return NULL;
    case 'W':
        *uses |= USES_AUX;
        NEED(!(o->aux & ~0x33u) && (o->aux & 3) && (o->aux & 0x30), "empty or unknown fence set");
        return NULL;
    case 'Y':
        *uses |= USES_SUB;
        NEED(o->sub <= IR_LAYOUT_NZCV, "unknown layout of flags");
        return NULL;
    case 'c':
        *uses |= USES_SUB;
        NEED(o->sub <= (ir_is_vector(o->type) ? IR_FP_X86 : IR_FP_ARM_DENORMAL), "unknown FP class");
        return NULL;
    case 'f':
        *uses |= USES_SUB;
        NEED((o->sub & 3) <= (ir_is_vector(o->type) ? IR_FP_X86 : IR_FP_ARM_DENORMAL) &&
             o->sub >> 2 <= (ir_is_vector(o->type) ? IR_FLEQ : IR_FNZCVQ), "unknown FP class or comparison");
        return NULL;
    case 'g':
        *uses |= USES_SUB2;
        NEED(o->sub2 <= 3, "unknown width of flags");
        return NULL;
    case 'l':
        *uses |= USES_IMM;
        return check_local(p, o);
    case 'n':
        *uses |= USES_AUX;
        NEED(o->aux <= (IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND), "unknown variant of fma");
        return NULL;
    case 'p': /* with w */
        return NULL;
    case 'w':
        *uses |= USES_AUX;
        return check_check(p, o);
    case 'r':
        *uses |= USES_SUB2;
        NEED(o->sub2 <= IR_RMM || o->sub2 == IR_RDYN, "unknown rounding mode");
        return NULL;
    default:
        return "unknown field in the op's row";
    }
}

/* What no field of the op uses must be zero: nothing is accepted that no engine looks at. */
static const char *check_fields(const struct place *p, const struct ir_op *o)
{
    unsigned uses = 0;

    for (const char *f = ir_op_info[o->op].fields; *f; f++) {
        const char *why = check_field(p, o, *f, &uses);
        NEED(!why, why);
    }
    NEED((uses & USES_SUB || !o->sub) && (uses & USES_SUB2 || !o->sub2) && (uses & USES_AUX || !o->aux) &&
             (uses & USES_IMM || !o->imm),
         "a field that the op does not have");
    return NULL;
}

static const char *check_op(const struct place *p, const struct ir_op *o)
{
    NEED(o->op < IR_OPCODES, "unknown opcode");
    NEED(o->type <= IR_FLAGS && (ir_op_info[o->op].types >> o->type & 1), "type does not fit the op");
    const char *why = check_fields(p, o);
    return why ? why : check_args(p, o);
}

const char *ir_check_op(const struct ir_unit *u, const struct ir_op *o, uint32_t at)
{
    return check_op(&(struct place){u, at}, o);
}

/* -- Units -- */

/* Errors of ir_verify() and ir_parse(). */
G_DEFINE_QUARK(mynah-ir-error, ir_error)

/*
 * Blocks by their first op, + 1: block_at[i] for the block that begins with op i. NULL if they do not tile the ops.
 * Free it.
 */
static uint32_t *blocks_by_op(const struct ir_unit *u)
{
    uint32_t *block_at = g_new0(uint32_t, u->nops + 1), at = 1;

    for (uint32_t b = 0; b < u->nblocks; b++) {
        if (u->blocks[b].end > u->blocks[b].first && u->blocks[b].end <= u->nops) {
            block_at[u->blocks[b].first] = b + 1;
        }
    }
    while (at < u->nops && block_at[at]) {
        at = u->blocks[block_at[at] - 1].end;
    }
    if (u->nops > 1 && at == u->nops && block_at[1] == 1) {
        return block_at;
    }
    g_free(block_at);
    return NULL;
}

/* Registers with a late put that has not been put over yet. */
struct late_puts {
    bool reg[IR_MAX_REGS];
    unsigned n;
};

static const char *verify_late(struct late_puts *l, const struct ir_op *o)
{
    NEED(!l->n || (ir_op_flags(o->op) & IR_LATE) || !ir_observes_registers(o), "registers are seen that were put late");
    if (o->op == IR_GET) {
        NEED(!l->reg[o->imm], "register is read that was put late");
    } else if (o->op == IR_PUT) {
        l->n += o->sub - l->reg[o->imm];
        l->reg[o->imm] = o->sub;
    }
    return NULL;
}

static const char *verify_block(const struct ir_unit *u, const struct ir_block *b, uint32_t *at)
{
    struct late_puts late = {.n = 0};

    for (*at = b->first; *at < b->end; (*at)++) {
        const struct ir_op *o = &u->ops[*at];
        const char *why = ir_check_op(u, o, *at);
        why = why ? why : verify_late(&late, o);
        if (why) {
            return why;
        }
        bool term = ir_op_flags(o->op) & IR_TERM;
        NEED(term == (*at + 1 == b->end), term ? "terminator within a block" : "block has no terminator");
        unsigned to[2];
        for (unsigned i = 0, n = ir_successors(o, to); i < n; i++) {
            NEED(u->blocks[to[i]].end > u->blocks[to[i]].first, "branch to a block that is not placed");
        }
    }
    return NULL;
}

/* -- Dominance -- */

#define NO_BLOCK UINT32_MAX

/* Blocks in reverse postorder; of each its number there and its immediate dominator, NO_BLOCK: nothing leads to it. */
struct dominators {
    uint32_t *order, *number, *idom;
    uint32_t n;
};

static void visit(const struct ir_unit *u, struct dominators *d)
{
    g_autofree uint32_t *stack = g_new(uint32_t, u->nblocks + 1);
    g_autofree uint8_t *next = g_new0(uint8_t, u->nblocks); /* successor to look at */
    uint32_t depth = 0, last = u->nblocks;
    unsigned to[2];

    for (uint32_t b = 0; b < u->nblocks; b++) {
        d->number[b] = NO_BLOCK;
    }
    stack[depth++] = 0;
    d->number[0] = 0;
    while (depth) {
        uint32_t b = stack[depth - 1];
        if (next[b] < ir_successors(&u->ops[u->blocks[b].end - 1], to)) {
            uint32_t s = to[next[b]++];
            if (d->number[s] == NO_BLOCK) {
                d->number[s] = 0;
                stack[depth++] = s;
            }
        } else {
            d->order[--last] = b;
            depth--;
        }
    }
    d->n = u->nblocks - last;
    memmove(d->order, d->order + last, d->n * sizeof(d->order[0]));
    for (uint32_t i = 0; i < d->n; i++) {
        d->number[d->order[i]] = i;
    }
}

/* The nearest block that dominates both. */
static uint32_t common(const struct dominators *d, uint32_t a, uint32_t b)
{
    while (a != b) {
        if (d->number[a] > d->number[b]) {
            a = d->idom[a];
        } else {
            b = d->idom[b];
        }
    }
    return a;
}

static void find_dominators(const struct ir_unit *u, struct dominators *d)
{
    unsigned to[2];

    visit(u, d);
    for (uint32_t b = 0; b < u->nblocks; b++) {
        d->idom[b] = NO_BLOCK;
    }
    d->idom[0] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < d->n; i++) {
            uint32_t b = d->order[i];
            for (unsigned k = 0, n = ir_successors(&u->ops[u->blocks[b].end - 1], to); k < n; k++) {
                uint32_t s = to[k], was = d->idom[s];
                d->idom[s] = was == NO_BLOCK ? b : common(d, was, b);
                changed |= d->idom[s] != was;
            }
        }
    }
}

static bool dominates(const struct dominators *d, uint32_t a, uint32_t b)
{
    while (d->number[a] < d->number[b]) {
        b = d->idom[b];
    }
    return a == b;
}

/* Each value is used where its definition dominates. */
static const char *check_dominance(const struct ir_unit *u, const struct dominators *d, const uint32_t *block_at,
                                   uint32_t *at)
{
    g_autofree uint32_t *block_of = g_new0(uint32_t, u->nops);

    for (uint32_t i = 1, b = 0; i < u->nops; i++) {
        b = block_at[i] ? block_at[i] - 1 : b;
        block_of[i] = b;
    }
    for (*at = 1; *at < u->nops; (*at)++) {
        const struct ir_op *o = &u->ops[*at];
        uint32_t b = block_of[*at];
        for (unsigned k = 0, n = ir_nargs(o); k < n && d->number[b] != NO_BLOCK; k++) {
            uint32_t from = block_of[o->arg[k]];
            NEED(from == b || (d->number[from] != NO_BLOCK && dominates(d, from, b)),
                 "a value is used where its definition does not dominate");
        }
    }
    return NULL;
}

static const char *verify_dominance(const struct ir_unit *u, const uint32_t *block_at, uint32_t *at)
{
    struct dominators d = {
        .order = g_new(uint32_t, u->nblocks),
        .number = g_new(uint32_t, u->nblocks),
        .idom = g_new(uint32_t, u->nblocks),
    };

    find_dominators(u, &d);
    const char *why = check_dominance(u, &d, block_at, at);
    g_free(d.order);
    g_free(d.number);
    g_free(d.idom);
    return why;
}

/* -- Parameters -- */

static unsigned count_params(const struct ir_unit *u, uint32_t b)
{
    unsigned n = 0;

    while (u->ops[u->blocks[b].first + n].op == IR_PARAM) {
        n++;
    }
    return n;
}

/* The ARGs before the terminator give each parameter of block b its value once. args: their number. */
static const char *check_args_for(const struct ir_unit *u, uint32_t b, uint32_t term, unsigned args)
{
    unsigned n = count_params(u, b);

    for (unsigned k = 0; k < n; k++) {
        unsigned given = 0;
        for (uint32_t i = term - args; i < term; i++) {
            const struct ir_op *o = &u->ops[i];
            if (o->aux == b && o->imm == k) {
                NEED(o->type == u->ops[u->blocks[b].first + k].type, "an argument is not of its parameter's type");
                given++;
            }
        }
        NEED(given == 1, "a parameter of the branch's target is not given once");
    }
    return NULL;
}

static const char *verify_params(const struct ir_unit *u, const struct ir_block *b, uint32_t *at)
{
    uint32_t term = b->end - 1, params = 0;
    unsigned args = 0, to[2], n = ir_successors(&u->ops[term], to);

    while (u->ops[b->first + params].op == IR_PARAM) {
        *at = b->first + params;
        NEED(u->ops[*at].imm == params && b != &u->blocks[0],
             "parameters are not in order, or the first block has some");
        params++;
    }
    while (u->ops[term - 1 - args].op == IR_ARG && term - args > b->first) {
        *at = term - 1 - args++;
        const struct ir_op *o = &u->ops[*at];
        NEED((n > 0 && o->aux == to[0]) || (n > 1 && o->aux == to[1]), "an argument for a block that is no target");
        NEED(o->imm >= 0 && o->imm < count_params(u, o->aux), "an argument for no parameter");
    }
    for (*at = b->first + params; *at < term - args; (*at)++) {
        NEED(u->ops[*at].op != IR_PARAM, "a parameter behind other ops");
        NEED(u->ops[*at].op != IR_ARG, "an argument that is not right before the terminator");
    }
    *at = term;
    for (unsigned i = 0; i < n; i++) {
        const char *why = check_args_for(u, to[i], term, args);
        NEED(!why, why);
    }
    return NULL;
}

/*
 * Attribution: a block that begins without INSN belongs to the INSN before it in op order, and whoever
 * branches to it must belong to the same, or another copy of it.
 */
static const char *verify_attribution(const struct ir_unit *u, const uint32_t *block_at, uint32_t *at)
{
    g_autofree uint32_t *insn_of = g_new0(uint32_t, u->nblocks); /* INSN op before each block's first op */
    uint32_t insn = 0;

    for (uint32_t i = 1; i < u->nops; i++) {
        if (block_at[i]) {
            insn_of[block_at[i] - 1] = insn;
        }
        insn = u->ops[i].op == IR_INSN ? i : insn;
    }
    insn = 0;
    for (*at = 1; *at < u->nops; (*at)++) {
        unsigned to[2];
        insn = u->ops[*at].op == IR_INSN ? *at : insn;
        for (unsigned i = 0, n = ir_successors(&u->ops[*at], to); i < n; i++) {
            uint32_t target = u->blocks[to[i]].first + count_params(u, to[i]);
            NEED(u->ops[target].op == IR_INSN || u->ops[insn_of[to[i]]].imm == u->ops[insn].imm,
                 "branch into the middle of another guest instruction");
            NEED(u->ops[target].op == IR_INSN || target > *at, "branch back to a block that does not begin with insn");
        }
    }
    return NULL;
}

static const char *verify_unit(const struct ir_unit *u, uint32_t *at)
{
    *at = 0;
    NEED(u->ops[0].op == IR_NOP, "op 0 is not nop");
    for (unsigned i = 0; i < u->nlocals; i++) {
        NEED(u->locals[i] != IR_VOID && u->locals[i] < IR_FLAGS, "a local's type is none of a register's");
    }
    g_autofree uint32_t *block_at = blocks_by_op(u);
    NEED(block_at, "blocks do not cover the ops");
    for (uint32_t i = 1; i < u->nops; i = u->blocks[block_at[i] - 1].end) {
        const char *why = verify_block(u, &u->blocks[block_at[i] - 1], at);
        NEED(!why, why);
    }
    for (uint32_t i = 1; i < u->nops; i = u->blocks[block_at[i] - 1].end) {
        const char *why = verify_params(u, &u->blocks[block_at[i] - 1], at);
        NEED(!why, why);
    }
    const char *why = verify_dominance(u, block_at, at);
    why = why ? why : ir_check_checks(u, at);
    return why ? why : verify_attribution(u, block_at, at);
}

bool ir_verify(const struct ir_unit *u, GError **err)
{
    uint32_t at;
    const char *why = verify_unit(u, &at);

    if (why) {
        g_set_error(err, ir_error_quark(), 0, "op %u (%s): %s", at,
                    at < u->nops && u->ops[at].op < IR_OPCODES ? ir_op_name(u->ops[at].op) : "?", why);
    }
    return !why;
}

#ifdef MYNAH_DEBUG
void ir_debug_verify(const struct ir_unit *u, const char *when)
{
    GError *err = NULL;

    if (!ir_verify(u, &err)) {
        GString *text = g_string_new(NULL);
        ir_print(u, text);
        g_error("IR %s is malformed: %s\n%s", when, err->message, text->str);
    }
}
#endif
