/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of the IR's text form, shared by its printer and its parser. docs/ir.md has the grammar. */
#ifndef MYNAH_IR_TEXT_H
#define MYNAH_IR_TEXT_H

#include <stddef.h>

/* By enum ir_type, ir_cc, ir_fcc, ir_fp_class, ir_amo, ir_rm; NULL ends. Rounding modes have unused numbers: "". */
static const char *const ir_type_words[] = {"void", "i32", "i64", "f32", "f64", "v128", "v256", NULL};
static const char *const ir_cc_words[] = {"eq", "ne", "lt", "ge", "le", "gt", "ltu", "geu", "leu", "gtu", NULL};
static const char *const ir_fcc_words[] = {"eq", "lt", "le", "ltq", "leq", NULL};
static const char *const ir_class_words[] = {"riscv", "arm", "x86", NULL};
static const char *const ir_amo_words[] = {"swap", "add", "and", "or", "xor", "min", "max", "minu", "maxu", NULL};
static const char *const ir_rm_words[] = {"rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn", NULL};

/* Single bits of a memop, in the order they are printed. */
static const struct {
    const char *word;
    unsigned bit;
} ir_mem_words[] = {
    {"be", IR_MEM_BE},           {"align", IR_MEM_ALIGN},     {"atomic", IR_MEM_ATOMIC},
    {"acq", IR_MEM_ACQUIRE},     {"rel", IR_MEM_RELEASE},     {"lr", IR_MEM_LR},
    {"aligned", IR_MEM_ALIGNED},
};

/* How an op's line is written. */
enum ir_form {
    IR_FORM_BARE,   /* name */
    IR_FORM_VALUES, /* name.type a, b ... */
    IR_FORM_INSN, IR_FORM_CONST, IR_FORM_REG, IR_FORM_STATE, IR_FORM_LOCAL, IR_FORM_CC, IR_FORM_MEM, IR_FORM_AMO,
    IR_FORM_FENCE, IR_FORM_FP, IR_FORM_FCMP, IR_FORM_CALL, IR_FORM_BR, IR_FORM_BRCC, IR_FORM_JUMP, IR_FORM_EXIT_REG,
};

static inline enum ir_form ir_form(enum ir_opcode op)
{
    switch (op) {
    case IR_NOP:
    case IR_EXIT_STATE:
    case IR_EXIT_MAIN:
        return IR_FORM_BARE;
    case IR_INSN:
        return IR_FORM_INSN;
    case IR_CONST:
        return IR_FORM_CONST;
    case IR_GET:
    case IR_PUT:
        return IR_FORM_REG;
    case IR_LDS:
    case IR_STS:
        return IR_FORM_STATE;
    case IR_GETL:
    case IR_PUTL:
        return IR_FORM_LOCAL;
    case IR_SETCC:
    case IR_SELECT:
        return IR_FORM_CC;
    case IR_LD:
    case IR_ST:
    case IR_CAS:
        return IR_FORM_MEM;
    case IR_AMO:
        return IR_FORM_AMO;
    case IR_FENCE:
        return IR_FORM_FENCE;
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
        return IR_FORM_FP;
    case IR_FCMP:
        return IR_FORM_FCMP;
    case IR_CALL:
        return IR_FORM_CALL;
    case IR_BR:
        return IR_FORM_BR;
    case IR_BRCC:
        return IR_FORM_BRCC;
    case IR_PC:
    case IR_EXIT_JUMP:
        return IR_FORM_JUMP;
    case IR_EXIT_REG:
        return IR_FORM_EXIT_REG;
    default:
        return IR_FORM_VALUES;
    }
}

#endif
