/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the trans-*.c files share: the state of a translation, and access to guest registers as IR.
 *
 * A function trans_NAME() makes the IR of one instruction. It returns false, with nothing built, if the
 * instruction is illegal in this state. If it ended the block with an exit it sets ended.
 */
#ifndef MYNAH_RISCV_TRANS_H
#define MYNAH_RISCV_TRANS_H

#include "decode.h"
#include "cpu-riscv/insns.h"
#include "riscv.h"

/* Direct exits that a unit may have: engines chain no more. */
#define RISCV_UNIT_JUMPS 4

struct translator {
    struct ir_unit *u;
    const struct riscv_config *config;
    gva pc, next;      /* of the current instruction, and the one after it */
    uint32_t insn;     /* the current instruction's encoding, a 16-bit one zero-extended */
    bool rv32;
    enum ir_type xl;   /* IR_I32 or IR_I64: XLEN */
    bool lpe;          /* landing pads are enforced */
    bool sse;          /* the shadow stack is on */
    bool ialign32;     /* jump targets must be aligned to four bytes */
    uint8_t prv;
    uint8_t fs;        /* RVFS_*, as the code so far left it */
    uint8_t frm;       /* RVFRM_* */
    bool key_changed;  /* the current instruction changed the key: leave after it */
    bool ended;        /* the unit has its last exit */
    unsigned jumps;    /* direct exits the unit has */
    struct {           /* the last load-reserved of the unit: */
        ir_val addr, value;
        unsigned block, size; /* IR block, enum ir_memop */
    } reserved;
    int scratch;       /* I64 local for values that cross blocks of one instruction, -1: not made yet */
};

/* FP formats, numbered as the fmt field. */
enum fp_format { FP_S, FP_D, FP_H };
/* Arguments of helpers: for f2i_h and i2f_h added to the integer's width, for fsgnj_h. */
#define FP_INT_SIGNED 0x100u
enum fp_sign { FP_SIGN_COPY, FP_SIGN_NEGATE, FP_SIGN_XOR };

/* trans_NAME() as one expression. */
#define TRANS(name, expr)                                                                                              \
    bool trans_##name(struct translator *t, const struct riscv_args *a)                                                \
    {                                                                                                                  \
        return expr;                                                                                                   \
    }

/* A constant of XLEN bits. */
static inline ir_val xconst(struct translator *t, int64_t v)
{
    return ir_const(t->u, t->xl, v);
}

/* An address that is known by its distance from the code. */
static inline ir_val pc_const(struct translator *t, gva v)
{
    return ir_pc(t->u, t->xl, v);
}

static inline ir_val const64(struct translator *t, uint64_t v)
{
    return ir_const(t->u, IR_I64, v);
}

/* The same as 64 bits, as helpers and cpu->pc want it. */
static inline ir_val pc_const64(struct translator *t, gva v)
{
    return ir_pc(t->u, IR_I64, v);
}

/* x register n, XLEN bits. */
static inline ir_val get_x(struct translator *t, unsigned n)
{
    return n ? ir_get(t->u, RVREG_X(n), t->xl) : xconst(t, 0);
}

static inline void set_x(struct translator *t, unsigned n, ir_val v)
{
    if (n)
        ir_put(t->u, RVREG_X(n), v);
}

/* The low 32 bits of an x register; setting one sign-extends to XLEN. */
static inline ir_val get_w(struct translator *t, unsigned n)
{
    return n ? ir_get(t->u, RVREG_X(n), IR_I32) : ir_const(t->u, IR_I32, 0);
}

static inline void set_w(struct translator *t, unsigned n, ir_val v)
{
    set_x(t, n, t->rv32 || !n ? v : ir_convert(t->u, IR_SX, IR_I64, v));
}

/* An x register zero-extended to 64 bits, as helpers and addresses want it. */
static inline ir_val get_x64(struct translator *t, unsigned n)
{
    return t->rv32 && n ? ir_convert(t->u, IR_ZX, IR_I64, get_w(t, n)) : n ? get_x(t, n) : const64(t, 0);
}

/* Set an x register to the low XLEN bits of an I64 value. */
static inline void set_x64(struct translator *t, unsigned n, ir_val v)
{
    if (n)
        set_x(t, n, t->rv32 ? ir_convert(t->u, IR_TRUNC, IR_I32, v) : v);
}

/* v as a guest address: on RV32 the low half. */
static inline gva guest_pc(const struct translator *t, gva v)
{
    return t->rv32 ? (uint32_t)v : v;
}

/* -- translate.c -- */
/* Raise an exception at this instruction; ends the block. */
void raise_exception(struct translator *t, unsigned cause, ir_val tval);
/* Leave for the next instruction under a key or MMU regime that may have changed; ends the unit. */
void exit_next_state(struct translator *t);
/* cpu->pc = the next instruction. */
void set_next_pc(struct translator *t);
/* The translation's I64 local. */
unsigned scratch_local(struct translator *t);

/* -- trans-mem.c -- */
/* Load and store at x[rs1] + imm; FP values have the access's size. */
ir_val load_at(struct translator *t, enum ir_type type, unsigned memop, unsigned rs1, int32_t imm);
void store_at(struct translator *t, unsigned memop, unsigned rs1, int32_t imm, ir_val v);

/* -- trans-helpers.c, crypto-helpers.c, fp-helpers.c -- */
/* The record of helper_NAME(). */
#define TRANS_HELPER(name_, nargs_, result_, flags_)                                                                   \
    const struct ir_helper riscv_helper_##name_ = {                                                                    \
        .name = "riscv_" #name_, .fn = helper_##name_, .nargs = nargs_, .result = result_, .flags = flags_}

/* Those on softfp; see fp-helpers.c for their arguments. */
#define RISCV_FP_HELPERS(H)                                                                                            \
    H(fminm_h) H(fmaxm_h) H(fround_h) H(froundnx_h) H(fclass_h)                                                        \
    H(fminm_s) H(fmaxm_s) H(fround_s) H(froundnx_s) H(fclass_s)                                                        \
    H(fminm_d) H(fmaxm_d) H(fround_d) H(froundnx_d) H(fclass_d) H(fcvtmod)                                             \
    H(fadd_h) H(fsub_h) H(fmul_h) H(fdiv_h) H(fsqrt_h) H(fmin_h) H(fmax_h) H(fma_h) H(fcmp_h) H(fsgnj_h)               \
    H(fcvt_s_h) H(fcvt_d_h) H(fcvt_h_s) H(fcvt_h_d) H(f2i_h) H(i2f_h)
/* All of (rs1, rs2, ...): a byte's number, AES_*; bytes of a register. */
enum { AES_DECRYPT = 1, AES_MIX = 2 };
#define RISCV_CRYPTO_HELPERS(H)                                                                                        \
    H(aes32) H(aes64) H(aes64im) H(aes64ks1) H(sm4ed) H(sm4ks) H(xperm8) H(xperm4)
#define H(name) extern const struct ir_helper riscv_helper_##name;
RISCV_FP_HELPERS(H)
RISCV_CRYPTO_HELPERS(H)
#undef H
extern const struct ir_helper riscv_helper_clmul;   /* (a, b): low half of the carry-less product */
extern const struct ir_helper riscv_helper_clmulh;  /* (a, b): high half */
/* (a): bits of a 32-bit value interleaved, its halves being the even and odd ones */
extern const struct ir_helper riscv_helper_zip;
extern const struct ir_helper riscv_helper_unzip;   /* (a): the reverse */
/* (va, size): raise what a store-conditional there would, if anything */
extern const struct ir_helper riscv_helper_sc_fail;
extern const struct ir_helper riscv_helper_pause;   /* (): the hart waits for another */

#endif
