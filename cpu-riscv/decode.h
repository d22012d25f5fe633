/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder and the instruction table that decodegen makes from insns.decode. */
#ifndef MYNAH_RISCV_DECODE_H
#define MYNAH_RISCV_DECODE_H

#include "riscv.h"

struct translator;

/* Operands of a decoded instruction; FP registers are in rd, rs1, rs2, rs3 too. Those it has not are undefined. */
struct riscv_args {
    int32_t imm;
    uint8_t rd, rs1, rs2, rs3;
    uint8_t uimm, rm, aq, rl, pred, succ, fm;
};

/* The operands as insns.decode names them. */
enum riscv_arg {
    RVA_rd, RVA_rs1, RVA_rs2, RVA_fd, RVA_fs1, RVA_fs2, RVA_fs3,
    RVA_imm, RVA_uimm, RVA_rm, RVA_aq, RVA_rl, RVA_pred, RVA_succ, RVA_fm,
};

/* Where an operand is: bits [lo, lo + len) of the instruction are bits [to, to + len) of the value. */
struct riscv_operand {
    uint8_t arg; /* enum riscv_arg */
    bool is_const, is_signed;
    bool prime; /* a three-bit register number: x8 to x15 */
    bool saved; /* one of Zcmp: s0 to s7 */
    uint8_t width; /* bits of the value */
    int16_t constant;
    uint8_t npieces;
    struct {
        uint8_t lo, len, to;
    } pieces[8];
};

enum { RVX_32 = 1, RVX_64 = 2 };

/* The x register of s0 to s11. */
static inline unsigned riscv_saved_register(unsigned n)
{
    return n < 2 ? 8 + n : 16 + n;
}

/* Zcmp's register list, 4 to 15: ra and that many of s0 .. s11. The manual lists s10 only together with s11. */
static inline unsigned riscv_list_saved(unsigned list)
{
    return list == 15 ? 12 : list - 4;
}

/*
 * What cm.push and cm.pop with that list add to sp, beside their immediate: the registers' bytes, to multiples of 16.
 */
static inline unsigned riscv_list_bytes(unsigned list, bool rv32)
{
    return ((riscv_list_saved(list) + 1) * (rv32 ? 4 : 8) + 15) & ~15u;
}

struct riscv_insn {
    const char *name;
    const char *assembly; /* operands in assembly order, by their names */
    /* Make the IR. False, with nothing built, if the instruction is illegal after all. */
    bool (*trans)(struct translator *t, const struct riscv_args *a);
    uint32_t mask, match;
    uint32_t high_registers; /* bits that are clear if only x0..x15 are named */
    uint8_t length;          /* bytes */
    uint8_t xlens;           /* RVX_* */
    uint8_t gate[2][2];      /* needs all features of one row; RVF_COUNT: none */
    uint8_t nforbids;        /* encodings that are not this instruction: insn & mask == value */
    struct {
        uint32_t mask, value;
    } forbids[5];
    uint8_t noperands;
    struct riscv_operand operands[8];
};

extern const struct riscv_insn riscv_insns[];
extern const unsigned riscv_insn_count;

/* The instruction and its operands, or NULL. insn: a 16-bit one is in the low half. */
const struct riscv_insn *riscv_decode(const struct riscv_config *config, bool rv32, uint32_t insn,
                                      struct riscv_args *a);

#endif
