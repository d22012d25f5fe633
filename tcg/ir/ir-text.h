/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of the IR's text form, shared by its printer and its parser. docs/ir.md has the grammar. */
#ifndef MYNAH_IR_TEXT_H
#define MYNAH_IR_TEXT_H

#include <stddef.h>

/* By enum ir_type, ir_cc, ir_fcc, ir_fp_class, ir_amo, ir_rm; NULL ends. Rounding modes have unused numbers: "". */
static const char *const ir_type_words[] = {"void", "i32", "i64", "f32", "f64", "v128", "v256", "flags", NULL};
static const char *const ir_cc_words[] = {"eq", "ne", "lt", "ge", "le", "gt", "ltu", "geu", "leu", "gtu", NULL};
static const char *const ir_fcc_words[] = {"eq", "lt", "le", "ltq", "leq", "nzcv", "nzcvq", NULL};
static const char *const ir_class_words[] = {"riscv", "arm", "x86", "armd", NULL};
static const char *const ir_amo_words[] = {"swap", "add", "and", "or", "xor", "min", "max", "minu", "maxu", NULL};
static const char *const ir_rm_words[] = {"rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn", NULL};

static const char *const ir_flag_kind_words[] = {"add",   "adc", "sub", "sbb", "subn", "sbcn", "inc", "dec",
                                                 "logic", "shl", "shr", "sar", "x86",  "nzcv", NULL};
static const char *const ir_flag_cc_words[] = {"o", "no", "c", "nc", "z",  "nz", "be",  "a",    "s",  "ns",
                                               "p", "np", "l", "ge", "le", "g",  "aux", "naux", "hi", "ls", NULL};
static const char *const ir_lane_words[] = {"i8", "i16", "i32", "i64", "f32", "f64", NULL};
static const char *const ir_layout_words[] = {"x86", "nzcv", NULL};
static const char *const ir_width_words[] = {"w8", "w16", "w32", "w64", NULL};

/* Single bits of a memop, in the order they are printed. */
static const struct {
    const char *word;
    unsigned bit;
} ir_mem_words[] = {
    {"be", IR_MEM_BE},           {"align", IR_MEM_ALIGN},     {"atomic", IR_MEM_ATOMIC},
    {"acq", IR_MEM_ACQUIRE},     {"rel", IR_MEM_RELEASE},     {"lr", IR_MEM_LR},
    {"aligned", IR_MEM_ALIGNED}, {"words", IR_MEM_WORDS},     {"odd", IR_MEM_ODD},
    {"alone", IR_MEM_ALONE},     {"sure", IR_MEM_SURE},       {"chased", IR_MEM_CHASED},
};

#endif
