/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the IR share: raw appending, the folder, and facts about single ops. */
#ifndef MYNAH_IR_INTERNAL_H
#define MYNAH_IR_INTERNAL_H

#include "cpu.h"
#include "ir.h"

/* All bits of enum ir_memop that exist. */
#define IR_MEM_ALL ((1 << 20) - 1)

static inline bool ir_is_int(unsigned t)
{
    return t == IR_I32 || t == IR_I64;
}

static inline bool ir_is_fp(unsigned t)
{
    return t == IR_F32 || t == IR_F64;
}

/* Arguments of this op: a call's depend on its helper. */
static inline unsigned ir_nargs(const struct ir_op *o)
{
    return o->op == IR_CALL ? ir_op_helper(o)->nargs : ir_op_nargs(o->op);
}

/* Ops whose faults are store faults. */
static inline bool ir_writes_memory(enum ir_opcode op)
{
    return op == IR_ST || op == IR_STH || op == IR_AMO || op == IR_CAS;
}

/* True if the op has a value. */
static inline bool ir_has_value(const struct ir_op *o)
{
    return ir_op_has_result(o->op) && o->type != IR_VOID;
}

static inline uint32_t ir_brcc_aux(unsigned if_true, unsigned if_false)
{
    return if_true | if_false << 16;
}

/* An access under a PAGECHK, and which value that is. */
static inline bool ir_is_checked(enum ir_opcode op)
{
    return op == IR_LDH || op == IR_STH;
}

static inline ir_val ir_check_of(const struct ir_op *o)
{
    return o->arg[o->op == IR_LDH ? 1 : 2];
}

static inline bool ir_is_two_way(enum ir_opcode op)
{
    return op == IR_BRCC || op == IR_BRFLAG;
}

/* A jump to the guest code that the unit begins with: a loop, if it stays in the unit. */
static inline bool ir_jumps_back(const struct ir_unit *u, const struct ir_op *o)
{
    return o->op == IR_EXIT_JUMP && (gva)o->imm == u->pc;
}

/* True if guest registers are seen by the op other than by name: an exception, a helper, another unit or block. */
bool ir_observes_registers(const struct ir_op *o);

/* Make a branch, or an argument for one, go to block b + base where it went to b. */
void ir_shift_blocks(struct ir_op *o, unsigned base);
/* Make a branch go to block number[b] where it went to b. */
void ir_renumber_blocks(struct ir_op *o, const uint16_t *number);
/* Blocks a terminator may go to: fills to[], returns how many. */
unsigned ir_successors(const struct ir_op *o, unsigned to[2]);

/* Begin the unit anew for a pass that makes it again: blocks and ops go, what guest code it is of and its locals stay. */
void ir_begin_again(struct ir_unit *u);
/* Append o as it is, without folding. Its index. */
ir_val ir_append(struct ir_unit *u, struct ir_op o);
/* Memory for a pass, not initialised, until the next call for the unit. */
void *ir_scratch(struct ir_unit *u, size_t bytes);
/* Open block b for ops, without the builder's checks of order. */
void ir_open_block(struct ir_unit *u, unsigned b);

/* An existing or new value equal to the op on these arguments, or 0 if it can't be simplified: then *a and *b may have been swapped. */
ir_val ir_fold2(struct ir_unit *u, enum ir_opcode op, ir_val *a, ir_val *b);
ir_val ir_fold1(struct ir_unit *u, enum ir_opcode op, ir_val a);
ir_val ir_fold_convert(struct ir_unit *u, enum ir_opcode op, enum ir_type t, ir_val a);
ir_val ir_fold3(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, ir_val c);
ir_val ir_fold_bits(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, unsigned first, unsigned length);
/* A VSET or VGET of that lane of *a, which may become what the VSET is as good on; 0: no value is known for it. */
ir_val ir_fold_lane(struct ir_unit *u, enum ir_opcode op, unsigned lane, int64_t imm, ir_val *a);
/* The flags are known: packed as IR_LAYOUT_X86. */
bool ir_fold_known_flags(struct ir_unit *u, ir_val f, uint32_t *flags);
/* A condition of flags: 1, 0: known; -1: not, and it is cc of *a and *b, or *a is 0. */
int ir_fold_flags(struct ir_unit *u, enum ir_flag_cc cond, ir_val f, enum ir_cc *cc, ir_val *a, ir_val *b);
/* A condition made canonical (a constant goes right, tests of a setcc become its condition). 1, 0: known; -1: not. */
int ir_fold_cc(struct ir_unit *u, enum ir_cc *cc, ir_val *a, ir_val *b);

/* Of an optimised unit, loops that are entered in their middle: see rotate.c. */
void ir_rotate_loops(struct ir_unit *u);

/* -- eval.c -- */

/* What the X of the op, whose first argument is of type src, must be below. */
unsigned ir_index_limit(const struct ir_op *o, enum ir_type src);

/* The integer op of one or two arguments in type t; 32-bit values are zero-extended. */
uint64_t ir_eval1(enum ir_opcode op, enum ir_type t, uint64_t a);
uint64_t ir_eval2(enum ir_opcode op, enum ir_type t, uint64_t a, uint64_t b);
uint64_t ir_eval3(enum ir_opcode op, enum ir_type t, uint64_t a, uint64_t b, uint64_t c);
/* UBFX, SBFX, BFI of the bit range aux. */
uint64_t ir_eval_bits(enum ir_opcode op, enum ir_type t, uint64_t a, uint64_t b, uint32_t aux);
static inline uint32_t ir_bits_aux(unsigned first, unsigned length)
{
    return first | length << 8;
}

/*
 * Why the op is not well-formed on its own (types, fields, arguments), or NULL. Its arguments must be among the
 * ops before number at.
 */
const char *ir_check_op(const struct ir_unit *u, const struct ir_op *o, uint32_t at);

/* The access becomes one under the check. */
void ir_put_under_check(struct ir_op *o, ir_val check);
/* Each LDH and STH lies within its check: why not, or NULL; *at is the op. Blocks are well-formed. */
const char *ir_check_checks(const struct ir_unit *u, uint32_t *at);

/* Domain of the errors of ir_verify() and ir_parse(). */
GQuark ir_error_quark(void);

/* In a debug build: abort with the reason if the unit is not well-formed. */
#ifdef MYNAH_DEBUG
void ir_debug_verify(const struct ir_unit *u, const char *when);
#else
static inline void ir_debug_verify(const struct ir_unit *u, const char *when)
{
}
#endif

#endif
