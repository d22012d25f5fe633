/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoders and instruction tables that tools/decodegen makes from a64.decode and neon.decode. */
#ifndef MYNAH_ARM_DECODE_H
#define MYNAH_ARM_DECODE_H

#include "arm.h"
#include "decode-a32.h"

struct translator;

/* Operands of a decoded instruction, as a64.decode names them. Those it has not are undefined. */
struct a64_args {
    int32_t imm;
    uint8_t rd, rn, rm, ra;
    uint8_t immr, imms, sf, sz, q, u, op, sh, opt, cond, nzcv, bit, acq, rel, idx;
};

enum a64_arg {
    A64A_rd, A64A_rn, A64A_rm, A64A_ra,
    A64A_rt, A64A_rt2, A64A_rs, /* rd, ra, rm of loads and stores */
    A64A_dsp, A64A_nsp,         /* rd, rn: 31 is SP */
    A64A_vd, A64A_vn, A64A_vm, A64A_va, A64A_vt, A64A_vt2,
    A64A_imm, A64A_immr, A64A_imms, A64A_sf, A64A_sz, A64A_q, A64A_u, A64A_op, A64A_sh, A64A_opt, A64A_cond, A64A_nzcv,
    A64A_bit, A64A_acq, A64A_rel, A64A_idx,
    A64A_form, /* of neon.decode */
};

/* Where an operand is: bits [lo, lo + len) of the instruction are bits [to, to + len) of the value. */
struct a64_operand {
    uint8_t arg; /* enum a64_arg */
    bool is_const, is_signed;
    uint8_t width; /* bits of the value */
    int16_t constant;
    uint8_t npieces;
    struct {
        uint8_t lo, len, to;
    } pieces[8];
};

struct a64_insn {
    const char *name;
    const char *assembly; /* "" */
    /* Make the IR. False, with nothing built, if the instruction is undefined after all. */
    bool (*trans)(struct translator *t, const struct a64_args *a);
    uint32_t mask, match;
    uint8_t gate[2][2]; /* needs all features of one row; ARMF_COUNT: none */
    uint8_t nforbids;   /* encodings that are not this instruction: insn & mask == value */
    struct {
        uint32_t mask, value;
    } forbids[5];
    uint8_t noperands;
    struct a64_operand operands[12];
};

extern const struct a64_insn a64_insns[];
extern const unsigned a64_insn_count;

extern const struct a64_insn neon_insns[];
extern const unsigned neon_insn_count;

/* The instruction and its operands, or NULL. has: arm_config.has. */
const struct a64_insn *a64_decode(const bool *has, uint32_t insn, struct a64_args *a);
/* The same of AArch32's Advanced SIMD, of neon.decode: in A32's encoding. */
const struct a64_insn *neon_decode(const bool *has, uint32_t insn, struct a64_args *a);

#endif
