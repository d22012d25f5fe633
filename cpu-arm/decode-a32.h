/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoders and instruction tables that tools/decodegen makes from a32.decode, t32.decode, t16.decode, and M-profile's
 * t32m.decode and t16m.decode. */
#ifndef MYNAH_ARM_DECODE_A32_H
#define MYNAH_ARM_DECODE_A32_H

#include "arm.h"

struct translator;

/* Operands of a decoded instruction, as the tables name them. Those it has not are undefined. */
struct a32_args {
    int32_t imm;
    uint8_t rd, rn, rm, ra, op, s, sh, amt, puw, sz, x, y;
};

enum a32_arg {
    A32A_rd, A32A_rn, A32A_rm, A32A_ra,
    A32A_rt, A32A_rt2, A32A_hi, A32A_lo, A32A_crn, A32A_crm, /* of these the same */
    A32A_imm, A32A_op, A32A_s, A32A_sh, A32A_amt, A32A_rs, A32A_puw, A32A_sz, A32A_x, A32A_y,
    A32A_opc1, A32A_opc2, A32A_cp, A32A_mode, A32A_cond,
};

/* Where an operand is: bits [lo, lo + len) of the instruction are bits [to, to + len) of the value. */
struct a32_operand {
    uint8_t arg; /* enum a32_arg */
    bool is_const, is_signed;
    uint8_t width; /* bits of the value */
    int16_t constant;
    uint8_t npieces;
    struct {
        uint8_t lo, len, to;
    } pieces[8];
};

struct a32_insn {
    const char *name;
    const char *assembly; /* "" */
    /* Make the IR. False, with nothing built, if the instruction is undefined after all. */
    bool (*trans)(struct translator *t, const struct a32_args *a);
    uint32_t mask, match;
    uint8_t gate[2][2]; /* needs all features of one row; ARMF_COUNT: none */
    uint8_t nforbids;   /* encodings that are not this instruction: insn & mask == value */
    struct {
        uint32_t mask, value;
    } forbids[5];
    uint8_t noperands;
    struct a32_operand operands[8];
};

extern const struct a32_insn a32_insns[], t32_insns[], t16_insns[], t32m_insns[], t16m_insns[];
extern const unsigned a32_insn_count, t32_insn_count, t16_insn_count, t32m_insn_count, t16m_insn_count;

/* The instruction and its operands, or NULL. has: arm_config.has. Of T32 the first halfword is the high one. */
const struct a32_insn *a32_decode(const bool *has, uint32_t insn, struct a32_args *a);
const struct a32_insn *t32_decode(const bool *has, uint32_t insn, struct a32_args *a);
const struct a32_insn *t16_decode(const bool *has, uint32_t insn, struct a32_args *a);
/* The same of what is M-profile's own. */
const struct a32_insn *t32m_decode(const bool *has, uint32_t insn, struct a32_args *a);
const struct a32_insn *t16m_decode(const bool *has, uint32_t insn, struct a32_args *a);

#endif
