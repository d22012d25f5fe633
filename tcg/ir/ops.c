/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR's opcodes: the rows of ir-ops.h as a table, and where terminators go. */
#include "ir-internal.h"

/* The words of the rows. */
enum {
    NONE = 1 << IR_VOID,
    I32 = 1 << IR_I32,
    I64 = 1 << IR_I64,
    F32 = 1 << IR_F32,
    F64 = 1 << IR_F64,
    FLAGS = 1 << IR_FLAGS,
    INT = I32 | I64,
    FP = F32 | F64,
    SCALAR = INT | FP,
    V128 = 1 << IR_V128,
    V256 = 1 << IR_V256,
    VEC = V128 | V256,
    ANY = SCALAR | VEC,
    PURE = IR_PURE,
    COMMUT = IR_COMMUT,
    MAYTRAP = IR_MAYTRAP,
    TERM = IR_TERM,
    EFFECT = IR_EFFECT,
    DEF = IR_DEF,
    LATE = IR_LATE,
};

const struct ir_op_info ir_op_info[IR_OPCODES] = {
#define IR(name_, types_, args_, fields_, effects, doc_)                                                               \
    [IR_##name_] = {                                                                                                   \
        .name = #name_,                                                                                                \
        .args = args_,                                                                                                 \
        .fields = fields_,                                                                                             \
        .doc = doc_,                                                                                                   \
        .types = types_,                                                                                               \
        .nargs = sizeof(args_) - 1,                                                                                    \
        .flags = effects,                                                                                              \
    },
#include "ir-ops.h"
#undef IR
};

bool ir_observes_registers(const struct ir_op *o)
{
    if (o->op == IR_CALL) {
        return ir_op_helper(o)->flags & (IR_H_READS | IR_H_WRITES | IR_H_TRAPS);
    }
    return ir_op_flags(o->op) & (IR_MAYTRAP | IR_TERM);
}

void ir_shift_blocks(struct ir_op *o, unsigned base)
{
    if (o->op == IR_BR || o->op == IR_ARG) {
        o->aux += base;
    } else if (ir_is_two_way(o->op)) {
        o->aux += ir_brcc_aux(base, base);
    }
}

void ir_renumber_blocks(struct ir_op *o, const uint16_t *number)
{
    if (o->op == IR_BR || o->op == IR_ARG) {
        o->aux = number[o->aux];
    } else if (ir_is_two_way(o->op)) {
        o->aux = ir_brcc_aux(number[o->aux & 0xffff], number[o->aux >> 16]);
    }
}

unsigned ir_successors(const struct ir_op *o, unsigned to[2])
{
    switch (o->op) {
    case IR_BR:
        to[0] = o->aux;
        return 1;
    case IR_BRCC:
    case IR_BRFLAG:
        to[0] = o->aux & 0xffff;
        to[1] = o->aux >> 16;
        return 2;
    default:
        return 0;
    }
}
