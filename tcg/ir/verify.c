/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR's verifier: types and fields of each op, blocks, values used only in their block, attribution. */
#include "ir-internal.h"


/* -- One op -- */

/* Where an op's arguments may come from: ops [first, at) of u, the part of its block before it. */
struct place {
    const struct ir_unit *u;
    uint32_t first, at;
};

/* Type of an argument that is a value of the block; IR_VOID if it is none. */
static unsigned arg_type(const struct place *p, const struct ir_op *o, unsigned i)
{
    ir_val v = o->arg[i];

    return v >= p->first && v < p->at && ir_has_value(&p->u->ops[v]) ? p->u->ops[v].type : IR_VOID;
}

/* True if arguments [0, n) have the type. */
static bool args_are(const struct place *p, const struct ir_op *o, unsigned n, unsigned type)
{
    for (unsigned i = 0; i < n; i++) {
        if (arg_type(p, o, i) != type) {
            return false;
        }
    }
    return true;
}

#define NEED(cond, why)                                                                                                \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            return why;                                                                                                \
        }                                                                                                              \
    } while (0)

static const char *check_memop(const struct ir_op *o)
{
    bool store = o->op == IR_ST || o->op == IR_AMO || o->op == IR_CAS;
    unsigned size = 8u << (o->aux & IR_MEM_SIZE);

    NEED(!(o->aux & ~IR_MEM_ALL), "unknown memop bits");
    NEED(!!(o->aux & IR_MEM_STORE) == store, "IR_MEM_STORE does not fit the op");
    NEED(ir_is_int(o->type) || ir_is_fp(o->type), "not a scalar type");
    NEED(size <= ir_type_bits(o->type), "access is wider than the value");
    NEED(!ir_is_fp(o->type) || (size == ir_type_bits(o->type) && !(o->aux & IR_MEM_SIGNED)),
         "FP access not of the type's size, or signed");
    NEED(o->op != IR_ST || !(o->aux & IR_MEM_SIGNED), "signed store");
    NEED(o->op == IR_LD || o->op == IR_ST || !(o->aux & IR_MEM_ALIGNED), "IR_MEM_ALIGNED does not fit the op");
    return NULL;
}

static const char *check_memory(const struct place *p, const struct ir_op *o)
{
    const char *why = check_memop(o);

    NEED(!why, why);
    NEED(arg_type(p, o, 0) == IR_I64, "address is not i64");
    NEED(o->imm == (o->op == IR_LD || o->op == IR_ST ? (int32_t)o->imm : 0), "displacement out of range");
    for (unsigned i = 1; i < ir_op_nargs(o->op); i++) {
        NEED(arg_type(p, o, i) == o->type, "value's type differs from the op's");
    }
    if (o->op == IR_AMO || o->op == IR_CAS) {
        NEED(ir_is_int(o->type), "not an integer type");
        NEED(o->op == IR_CAS || o->sub <= IR_AMO_MAXU, "unknown amo operation");
    }
    return NULL;
}

/* CPU state outside the guest registers. */
static const char *check_state(const struct place *p, const struct ir_op *o)
{
    unsigned bytes = 1u << (o->aux & IR_MEM_SIZE);
    const char *why = check_memop(o);

    NEED(!why, why);
    NEED(!(o->aux & ~(IR_MEM_SIZE | (o->op == IR_LDS ? IR_MEM_SIGNED : 0))), "memop bits that mean nothing for state");
    NEED(o->imm >= 0 && (uint64_t)o->imm + bytes <= p->u->arch->cpu_size, "offset outside the CPU's struct");
    NEED(o->op == IR_LDS || arg_type(p, o, 0) == o->type, "value's type differs from the op's");
    for (unsigned i = 0; i < p->u->arch->nregs; i++) {
        int64_t slot = p->u->arch->regs[i].offset;
        NEED(o->imm + bytes <= slot || o->imm >= slot + 8, "state access touches a guest register");
    }
    return NULL;
}

static const char *check_register(const struct place *p, const struct ir_op *o)
{
    NEED(o->imm >= 0 && o->imm < p->u->arch->nregs, "no such guest register");
    unsigned t = p->u->arch->regs[o->imm].type;
    NEED(o->type == t || (o->type == IR_I32 && t == IR_I64), "type does not fit the guest register");
    NEED(o->op == IR_GET || arg_type(p, o, 0) == o->type, "value's type differs from the op's");
    return NULL;
}

static const char *check_local(const struct place *p, const struct ir_op *o)
{
    NEED(o->imm >= 0 && o->imm < p->u->nlocals, "no such local");
    NEED(o->type == p->u->locals[o->imm], "type differs from the local's");
    NEED(o->op == IR_GETL || arg_type(p, o, 0) == o->type, "value's type differs from the op's");
    return NULL;
}

static const char *check_cc(const struct place *p, const struct ir_op *o, unsigned type)
{
    NEED(o->sub <= IR_GTU, "unknown condition");
    NEED(ir_is_int(type) && args_are(p, o, 2, type), "compared types differ");
    return NULL;
}

static const char *check_fp(const struct place *p, const struct ir_op *o)
{
    unsigned src = arg_type(p, o, 0);

    NEED(o->sub <= IR_FP_X86, "unknown FP class");
    NEED(o->sub2 <= IR_RMM || o->sub2 == IR_RDYN, "unknown rounding mode");
    switch (o->op) {
    case IR_F2S:
    case IR_F2U:
        NEED(ir_is_int(o->type) && ir_is_fp(src), "needs FP to integer");
        return NULL;
    case IR_S2F:
    case IR_U2F:
        NEED(ir_is_fp(o->type) && ir_is_int(src), "needs integer to FP");
        return NULL;
    case IR_F2F:
        NEED(ir_is_fp(o->type) && ir_is_fp(src) && o->type != src, "needs FP to other FP");
        return NULL;
    default:
        NEED(ir_is_fp(o->type) && args_are(p, o, ir_op_nargs(o->op), o->type), "needs FP values of one type");
        NEED(o->op != IR_FMA || o->aux <= 3, "unknown variant of fma");
        return NULL;
    }
}

static const char *check_fcmp(const struct place *p, const struct ir_op *o)
{
    NEED((o->sub & 3) <= IR_FP_X86 && o->sub >> 2 <= IR_FLEQ, "unknown FP class or comparison");
    NEED(ir_is_int(o->type) && ir_is_fp(o->sub2) && args_are(p, o, 2, o->sub2), "needs FP values of one type");
    return NULL;
}

static const char *check_call(const struct place *p, const struct ir_op *o)
{
    const struct ir_helper *h = ir_op_helper(o);

    NEED(h && h->fn && h->nargs <= 4, "no such helper");
    NEED(o->type == IR_VOID || (h->result && ir_is_int(o->type)), "helper has no such result");
    for (unsigned i = 0; i < 4; i++) {
        NEED(i < h->nargs ? ir_is_int(arg_type(p, o, i)) : o->arg[i] == 0, "arguments do not fit the helper");
    }
    return NULL;
}

/* Ops between two types of values. */
static const char *check_conversion(const struct place *p, const struct ir_op *o)
{
    unsigned src = arg_type(p, o, 0);

    switch (o->op) {
    case IR_TRUNC:
        NEED(o->type == IR_I32 && src == IR_I64, "needs i64 to i32");
        return NULL;
    case IR_SX:
    case IR_ZX:
        NEED(o->type == IR_I64 && src == IR_I32, "needs i32 to i64");
        return NULL;
    case IR_FBOX:
        NEED(o->type == IR_F64 && src == IR_F32, "needs f32 to f64");
        return NULL;
    case IR_FUNBOX:
        NEED(o->type == IR_F32 && src == IR_F64, "needs f64 to f32");
        NEED(o->sub <= IR_UNBOX_KNOWN, "unknown kind of funbox");
        return NULL;
    case IR_BITS:
        NEED(ir_is_int(o->type) && ir_is_fp(src) && ir_type_bits(o->type) == ir_type_bits(src), "needs FP of the same width");
        return NULL;
    default:
        NEED(ir_is_fp(o->type) && ir_is_int(src) && ir_type_bits(o->type) == ir_type_bits(src),
             "needs an integer of the same width");
        return NULL;
    }
}

/* Arguments beyond what the op has, and the type of ops without, must be zero: ops are compared and hashed as a whole. */
static const char *check_unused(const struct ir_op *o)
{
    for (unsigned i = ir_nargs(o); i < 4; i++) {
        NEED(o->arg[i] == 0, "too many arguments");
    }
    return NULL;
}

static const char *check_op(const struct place *p, const struct ir_op *o)
{
    NEED(o->op < IR_OPCODES, "unknown opcode");
    if (o->op == IR_CALL) {
        return check_call(p, o);
    }
    const char *why = check_unused(o);
    NEED(!why, why);

    switch (o->op) {
    case IR_NOP:
    case IR_INSN:
    case IR_FENCE:
    case IR_EXIT_JUMP:
    case IR_EXIT_STATE:
    case IR_EXIT_MAIN:
        NEED(o->type == IR_VOID, "has a type");
        NEED(o->op != IR_FENCE || (!(o->aux & ~0x33u) && (o->aux & 3) && (o->aux & 0x30)), "empty or unknown fence set");
        return NULL;
    case IR_CONST:
        NEED(ir_is_int(o->type), "not an integer type");
        NEED(o->type == IR_I64 || o->imm == (int32_t)o->imm, "i32 constant is not sign-extended");
        return NULL;
    case IR_PC:
        NEED(ir_is_int(o->type), "not an integer type");
        NEED(o->type == IR_I64 || o->imm == (uint32_t)o->imm, "i32 address is not zero-extended");
        return NULL;
    case IR_GET:
    case IR_PUT:
        return check_register(p, o);
    case IR_LDS:
    case IR_STS:
        return check_state(p, o);
    case IR_GETL:
    case IR_PUTL:
        return check_local(p, o);
    case IR_LD:
    case IR_ST:
    case IR_AMO:
    case IR_CAS:
        return check_memory(p, o);
    case IR_SETCC:
        NEED(ir_is_int(o->type), "not an integer type");
        return check_cc(p, o, o->sub2);
    case IR_SELECT:
        NEED(o->type != IR_VOID && arg_type(p, o, 2) == o->type && arg_type(p, o, 3) == o->type, "chosen types differ");
        return check_cc(p, o, o->sub2);
    case IR_BR:
        NEED(o->type == IR_VOID, "has a type");
        return NULL;
    case IR_BRCC:
        return check_cc(p, o, o->type);
    case IR_EXIT_REG:
        NEED(o->type == IR_I64 && arg_type(p, o, 0) == IR_I64, "target is not i64");
        return NULL;
    case IR_FADD:
    case IR_FSUB:
    case IR_FMUL:
    case IR_FDIV:
    case IR_FSQRT:
    case IR_FMA:
    case IR_FMIN:
    case IR_FMAX:
    case IR_F2S:
    case IR_F2U:
    case IR_S2F:
    case IR_U2F:
    case IR_F2F:
        return check_fp(p, o);
    case IR_FCMP:
        return check_fcmp(p, o);
    case IR_FNEG:
    case IR_FABS:
    case IR_FSGN:
    case IR_FSGNX:
        NEED(ir_is_fp(o->type) && args_are(p, o, ir_op_nargs(o->op), o->type), "needs FP values of one type");
        return NULL;
    case IR_TRUNC:
    case IR_SX:
    case IR_ZX:
    case IR_FBOX:
    case IR_FUNBOX:
    case IR_BITS:
    case IR_FROMBITS:
        return check_conversion(p, o);
    case IR_SEXT32:
    case IR_ZEXT32:
        NEED(o->type == IR_I64, "needs i64");
        /* fall through */
    default:
        NEED(ir_is_int(o->type) && args_are(p, o, ir_op_nargs(o->op), o->type), "needs integers of one type");
        return NULL;
    }
}

const char *ir_check_op(const struct ir_unit *u, const struct ir_op *o, uint32_t first, uint32_t at)
{
    return check_op(&(struct place){u, first, at}, o);
}

/* -- Units -- */

/* Errors of ir_verify() and ir_parse(). */
G_DEFINE_QUARK(mynah-ir-error, ir_error)

/* The block of each op, by scanning blocks in op order; false if they do not tile the ops. */
static bool blocks_in_order(const struct ir_unit *u, uint16_t *order, unsigned *n)
{
    uint32_t at = 1;

    *n = 0;
    while (at < u->nops) {
        unsigned b = 0;
        while (b < u->nblocks && (u->blocks[b].first != at || u->blocks[b].end <= at)) {
            b++;
        }
        if (b == u->nblocks || u->blocks[b].end > u->nops) {
            return false;
        }
        order[(*n)++] = b;
        at = u->blocks[b].end;
    }
    return *n > 0 && order[0] == 0;
}

static const char *verify_block(const struct ir_unit *u, const struct ir_block *b, uint32_t *at)
{
    for (*at = b->first; *at < b->end; (*at)++) {
        const struct ir_op *o = &u->ops[*at];
        const char *why = ir_check_op(u, o, b->first, *at);
        if (why) {
            return why;
        }
        bool term = ir_op_flags(o->op) & IR_TERM;
        NEED(term == (*at + 1 == b->end), term ? "terminator within a block" : "block has no terminator");
        unsigned to[2];
        for (unsigned i = 0, n = ir_successors(o, to); i < n; i++) {
            NEED(to[i] < u->nblocks && u->blocks[to[i]].end > u->blocks[to[i]].first, "branch to a block that is not placed");
        }
    }
    return NULL;
}

/*
 * Attribution: a block that begins without INSN belongs to the INSN before it in op order, and whoever
 * branches to it must belong to the same.
 */
static const char *verify_attribution(const struct ir_unit *u, uint32_t *at)
{
    uint16_t insn_of[IR_MAX_BLOCKS] = {0}; /* INSN op before each block's first op */
    uint32_t insn = 0;

    for (uint32_t i = 1; i < u->nops; i++) {
        for (unsigned b = 0; b < u->nblocks; b++) {
            if (u->blocks[b].first == i && u->blocks[b].end) {
                insn_of[b] = insn;
            }
        }
        insn = u->ops[i].op == IR_INSN ? i : insn;
    }
    insn = 0;
    for (*at = 1; *at < u->nops; (*at)++) {
        unsigned to[2];
        insn = u->ops[*at].op == IR_INSN ? *at : insn;
        for (unsigned i = 0, n = ir_successors(&u->ops[*at], to); i < n; i++) {
            uint32_t target = u->blocks[to[i]].first;
            NEED(u->ops[target].op == IR_INSN || insn_of[to[i]] == insn,
                 "branch into the middle of another guest instruction");
            NEED(u->ops[target].op == IR_INSN || target > *at, "branch back to a block that does not begin with insn");
        }
    }
    return NULL;
}

static const char *verify_unit(const struct ir_unit *u, uint32_t *at)
{
    uint16_t order[IR_MAX_BLOCKS];
    unsigned n;

    *at = 0;
    NEED(u->nops <= IR_MAX_OPS && u->nblocks <= IR_MAX_BLOCKS && u->nlocals <= IR_MAX_LOCALS, "table overflow");
    NEED(u->ops[0].op == IR_NOP, "op 0 is not nop");
    for (unsigned i = 0; i < u->nlocals; i++) {
        NEED(ir_is_int(u->locals[i]) || ir_is_fp(u->locals[i]), "a local's type is not scalar");
    }
    NEED(blocks_in_order(u, order, &n), "blocks do not cover the ops");
    for (unsigned i = 0; i < n; i++) {
        const char *why = verify_block(u, &u->blocks[order[i]], at);
        NEED(!why, why);
    }
    return verify_attribution(u, at);
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
