/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties of the IR's opcodes, from the list in ir-ops.h. */
#include "ir-internal.h"

static const struct {
    const char *name;
    uint8_t result, nargs, flags;
} op_info[IR_OPCODES] = {
#define IR(name, results, args, flags, doc) [IR_##name] = {#name, results, args, flags},
#include "ir-ops.h"
#undef IR
};

const char *ir_op_name(enum ir_opcode op)
{
    return op_info[op].name;
}

unsigned ir_op_flags(enum ir_opcode op)
{
    return op_info[op].flags;
}

unsigned ir_op_nargs(enum ir_opcode op)
{
    return op_info[op].nargs;
}

bool ir_op_has_result(enum ir_opcode op)
{
    return op_info[op].result;
}

unsigned ir_successors(const struct ir_op *o, unsigned to[2])
{
    switch (o->op) {
    case IR_BR:
        to[0] = o->aux;
        return 1;
    case IR_BRCC:
        to[0] = o->aux & 0xffff;
        to[1] = o->aux >> 16;
        return 2;
    default:
        return 0;
    }
}
