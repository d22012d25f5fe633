/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the translations of A32's and T32's instructions share. A function a32_NAME() makes the IR of rows of
 * a32.decode, t32.decode and t16.decode; it returns false, with nothing built, if the instruction is undefined after all.
 *
 * Conditions are dealt with by translate-a32.c: what a function builds is executed if the condition holds, and where
 * the instruction does no more than put a register, put32() chooses.
 */
#ifndef MYNAH_ARM_TRANS_A32_H
#define MYNAH_ARM_TRANS_A32_H

#include "cpu-arm/a32.h"
#include "cpu-arm/t16.h"
#include "cpu-arm/t16m.h"
#include "cpu-arm/t32.h"
#include "cpu-arm/t32m.h"
#include "trans.h"

/* a32_NAME() as one expression. */
#define A32(name, expr)                                                                                                \
    bool a32_##name(struct translator *t, const struct a32_args *a)                                                    \
    {                                                                                                                  \
        return expr;                                                                                                   \
    }

/* An index of CPU state as translated code accesses it. */
#define STATE(m) offsetof(struct arm_cpu, m)

/* The current instruction has 16 bits. */
static inline bool is_narrow(const struct translator *t)
{
    return t->next - t->pc == 2;
}

static inline bool in_it_block(const struct translator *t)
{
    return t->it & 15;
}

/* -- Registers: values are I32; the PC reads as 8 or 4 bytes ahead -- */

static inline uint32_t pc_ahead(const struct translator *t)
{
    return t->pc + (t->t32 ? 4 : 8);
}

static inline ir_val get32(struct translator *t, unsigned n)
{
    return n == 15 ? ir_pc(t->u, IR_I32, pc_ahead(t)) : ir_get(t->u, ARMREG_X(arm_a32_slot[n]), IR_I32);
}

/* Not the PC. */
void put32(struct translator *t, unsigned n, ir_val v);

/* A 32-bit address as accesses and exits take it. */
static inline ir_val address(struct translator *t, ir_val v)
{
    return ir_convert(t->u, IR_ZX, IR_I64, v);
}

static inline ir_val op2(struct translator *t, enum ir_opcode op, ir_val a, ir_val b)
{
    return ir_op2(t->u, op, a, b);
}

static inline ir_val op2i(struct translator *t, enum ir_opcode op, ir_val a, uint32_t b)
{
    return ir_op2(t->u, op, a, const32(t, b));
}

/* -- Leaving: each ends its IR block -- */

/* To an address in the same instruction set, behind any IT block. */
void a32_branch(struct translator *t, uint32_t target);
/* To an address whose lowest bit says which instruction set, as BX does. */
void a32_exit_bx(struct translator *t, ir_val target);
/* The same of an address in a register. */
void a32_branch_register(struct translator *t, ir_val target);
/* To the next instruction under a key or regime that may have changed. */
void a32_exit_next(struct translator *t);
/* What a data-processing instruction writes to the PC; what a load does. */
void a32_write_pc_alu(struct translator *t, ir_val v);
void a32_write_pc_load(struct translator *t, ir_val v);
/* cpu->pc and the state were set by a helper. */
void a32_exit_state(struct translator *t);
/* Before leaving by a helper that looks at ITSTATE: it becomes that of the next instruction. */
void a32_set_it_next(struct translator *t);

extern const struct ir_helper arm_helper_crc32, arm_helper_crc32c; /* as trans-a64.h says */

/* Q becomes 1 if v, an I32, is. */
void a32_set_q(struct translator *t, ir_val v);

/* -- Helpers of AArch32: aarch32.c -- */
extern const struct ir_helper arm_helper_a32_key; /* (): the key is made anew; then exit_state. STATE */
extern const struct ir_helper arm_helper_a32_bx;  /* (target): cpu->pc, the instruction set, the key. STATE */
extern const struct ir_helper arm_helper_a32_svc, arm_helper_a32_hvc, arm_helper_a32_smc; /* (imm, length) */
extern const struct ir_helper arm_helper_a32_swp;      /* (): undefined without SCTLR.SW. TRAPS */
extern const struct ir_helper arm_helper_a32_bkpt;     /* (imm): TRAPS */
extern const struct ir_helper arm_helper_a32_semihost; /* (length): cpu->pc and IT are set; then exit_main. WRITES */
extern const struct ir_helper arm_helper_a32_cpsr;     /* () -> CPSR. READS */
extern const struct ir_helper arm_helper_a32_spsr;     /* () -> SPSR. TRAPS */
extern const struct ir_helper arm_helper_a32_set_cpsr; /* (value, mask): the key may change. WRITES */
extern const struct ir_helper arm_helper_a32_set_spsr; /* (value, mask): TRAPS */
extern const struct ir_helper arm_helper_a32_return;   /* (pc, cpsr): an exception return; then exit_state. WRITES */
extern const struct ir_helper arm_helper_a32_banked;   /* (R:SYSm) -> value. TRAPS */
extern const struct ir_helper arm_helper_a32_set_banked; /* (R:SYSm, value). TRAPS */
extern const struct ir_helper arm_helper_a32_bank_sp;  /* (mode) -> that mode's SP. TRAPS */
extern const struct ir_helper arm_helper_a32_set_bank_sp; /* (mode, value) */
extern const struct ir_helper arm_helper_a32_user_reg; /* (n) -> user mode's register. TRAPS */
extern const struct ir_helper arm_helper_a32_set_user_reg; /* (n, value). WRITES */
extern const struct ir_helper arm_helper_a32_wfi, arm_helper_a32_wfe; /* (length) */
extern const struct ir_helper arm_helper_a32_mrc;      /* (row, insn) -> value. TRAPS */
extern const struct ir_helper arm_helper_a32_mcr;      /* (row, value, insn). TRAPS */
extern const struct ir_helper arm_helper_a32_vmrs;     /* (register) -> value */
extern const struct ir_helper arm_helper_a32_vmsr;     /* (register, value): the key may change */
extern const struct ir_helper *const arm_a32_helpers[]; /* NULL-terminated */

#endif
