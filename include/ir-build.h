/* SPDX-License-Identifier: BSD-2-Clause */
/* Building units: what frontends call, an op or a few at a time. */
#ifndef MYNAH_IR_BUILD_H
#define MYNAH_IR_BUILD_H

#include "ir.h"

/* -- Building. Types of arguments are checked by ir_verify(), asserted in debug builds. -- */

/* Empty the unit; block 0 is open. */
void ir_begin(struct ir_unit *u, const struct cpu_arch *arch);
/* Free the unit's memory; it is as if zeroed. */
void ir_unit_free(struct ir_unit *u);
/* True while a further guest instruction should be added (IR_MAX_OPS, IR_MAX_BLOCKS). */
bool ir_has_room(const struct ir_unit *u);
/* A guest instruction of len bytes at pc begins. Everything until the next is attributed to it. */
void ir_insn(struct ir_unit *u, gva pc, unsigned len);

/* The number v in type t, I32 or I64. */
ir_val ir_const(struct ir_unit *u, enum ir_type t, int64_t v);
/* The guest address v, which moves with the unit: a link address, a sum of the PC. As I32 its low half. */
ir_val ir_pc(struct ir_unit *u, enum ir_type t, gva v);
/*
 * An op of 1 or 2 arguments whose value has its first argument's type: add, sub, ..., clz, neg. Folds constants and
 * identities.
 */
ir_val ir_op1(struct ir_unit *u, enum ir_opcode op, ir_val a);
ir_val ir_op2(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b);
/* Of 3 arguments: adc, sbb, divu2, remu2, divs2, rems2. */
ir_val ir_op3(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, ir_val c);
/* ubfx, sbfx: length bits of a from bit first; bfi: those of a replaced by b's low ones. 1 <= length, first + length
 * <= width. */
ir_val ir_bits_get(struct ir_unit *u, bool is_signed, ir_val a, unsigned first, unsigned length);
ir_val ir_bits_set(struct ir_unit *u, ir_val a, ir_val b, unsigned first, unsigned length);
/* trunc, sext, zext, bitcast: value of type t. */
ir_val ir_convert(struct ir_unit *u, enum ir_opcode op, enum ir_type t, ir_val a);
/* 1 or 0 in type t (I32 or I64). */
ir_val ir_setcc(struct ir_unit *u, enum ir_cc cc, enum ir_type t, ir_val a, ir_val b);
/* cc(a, b) ? x : y */
ir_val ir_select(struct ir_unit *u, enum ir_cc cc, ir_val a, ir_val b, ir_val x, ir_val y);

/* A vector op of type t: lane, imm (index, count, half) and arguments as its row says, 0 for what it has not. */
ir_val ir_vector(struct ir_unit *u, enum ir_opcode op, enum ir_type t, unsigned lane, int64_t imm, ir_val a, ir_val b,
                 ir_val c);
/* The same for the FP ones, VFADD to VF2H; lane also carries the IR_FMA_NEG_* << 8 of a VFMA; cc of VFCMP. */
ir_val ir_vector_fp(struct ir_unit *u, enum ir_opcode op, enum ir_type t, enum ir_fp_class cl, enum ir_rm rm,
                    enum ir_fcc cc, unsigned lane, int64_t imm, ir_val a, ir_val b, ir_val c);

/* Flags of an operation in 8 << size bits on a, b and c: all I64 for size 3, else I32. See enum ir_flag_kind. */
ir_val ir_flags(struct ir_unit *u, enum ir_flag_kind kind, unsigned size, ir_val a, ir_val b, ir_val c);
/*
 * 1 or 0 in type t; a or b; packed, in type t. f is a value of ir_flags(). What is a comparison becomes setcc or
 * select.
 */
ir_val ir_flag_setcc(struct ir_unit *u, enum ir_flag_cc cc, enum ir_type t, ir_val f);
ir_val ir_flag_select(struct ir_unit *u, enum ir_flag_cc cc, ir_val f, ir_val a, ir_val b);
ir_val ir_flag_pack(struct ir_unit *u, enum ir_flag_layout layout, enum ir_type t, ir_val f);

/*
 * Guest register by its index in the architecture's table; t I32 reads or writes the low half of an I64
 * register (a write clears the rest). What the block already knows of the register is used instead of a
 * GET, so frontends need no cache of their own; a call with IR_H_WRITES makes the builder forget.
 */
ir_val ir_get(struct ir_unit *u, unsigned reg, enum ir_type t);
void ir_put(struct ir_unit *u, unsigned reg, ir_val v);
/*
 * What the registers first + n hold, n of the set, does not matter from here on until they are put: what was put to them in
 * this block, and nothing can have seen, is not done.
 */
void ir_discard(struct ir_unit *u, unsigned first, uint32_t set);
/* Other CPU state: t at byte offset from struct cpu; memop gives size and signedness. */
ir_val ir_load_state(struct ir_unit *u, enum ir_type t, enum ir_memop m, uint32_t offset);
void ir_store_state(struct ir_unit *u, enum ir_memop m, uint32_t offset, ir_val v);
unsigned ir_new_local(struct ir_unit *u, enum ir_type t);
/* A local is written before it is read, on every path. */
ir_val ir_get_local(struct ir_unit *u, unsigned local);
void ir_put_local(struct ir_unit *u, unsigned local, ir_val v);

/* Guest memory at addr + disp (64-bit wraparound; the frontend zero-extends 32-bit sums itself and passes disp 0). */
ir_val ir_load(struct ir_unit *u, enum ir_type t, enum ir_memop m, ir_val addr, int32_t disp);
void ir_store(struct ir_unit *u, enum ir_memop m, ir_val addr, int32_t disp, ir_val v);
/* Atomic read-modify-write; the old value, extended as m says to the type of v. */
ir_val ir_amo_op(struct ir_unit *u, enum ir_amo kind, enum ir_memop m, ir_val addr, ir_val v);
/* Compare and swap; the old value, extended as m says: it was stored if that equals expected (so extended). */
ir_val ir_cas_op(struct ir_unit *u, enum ir_memop m, ir_val addr, ir_val expected, ir_val desired);
void ir_fence_op(struct ir_unit *u, unsigned before, unsigned after);

/* fadd, fsub, fmul, fdiv, fsqrt (b none), fmin, fmax. */
ir_val ir_fp(struct ir_unit *u, enum ir_opcode op, enum ir_fp_class c, enum ir_rm rm, ir_val a, ir_val b);
ir_val ir_fp_fma(struct ir_unit *u, enum ir_fp_class cl, enum ir_rm rm, unsigned neg, ir_val a, ir_val b, ir_val c);
ir_val ir_fp_cmp(struct ir_unit *u, enum ir_fcc cc, enum ir_fp_class c, enum ir_type t, ir_val a, ir_val b);
/* f2s, f2u (to integer type t), s2f, u2f, f2f (to FP type t). */
ir_val ir_fp_convert(struct ir_unit *u, enum ir_opcode op, enum ir_fp_class c, enum ir_rm rm, enum ir_type t, ir_val a);

/*
 * Call a helper; args beyond nargs must be 0. Value of type t (IR_VOID if it has none). FP arguments must be bitcast
 * first.
 */
ir_val ir_call(struct ir_unit *u, const struct ir_helper *h, enum ir_type t, ir_val a, ir_val b, ir_val c, ir_val d);

/* -- Blocks -- */
/* A new block, empty and not placed; cold blocks are laid out of line. */
unsigned ir_new_block(struct ir_unit *u, bool cold);
/* Add following ops to block b (each block is placed once, after the current one ended in a terminator). */
void ir_place_block(struct ir_unit *u, unsigned b);
/* The next parameter of the current block, before any other op of it. Block 0 has none. */
ir_val ir_param(struct ir_unit *u, enum ir_type t);
/* Parameter n of the block is v, if the branch that follows goes there: for each parameter of each of its targets. */
void ir_arg(struct ir_unit *u, unsigned block, unsigned n, ir_val v);
void ir_br(struct ir_unit *u, unsigned block);
void ir_brcc(struct ir_unit *u, enum ir_cc cc, ir_val a, ir_val b, unsigned if_true, unsigned if_false);
void ir_brflag(struct ir_unit *u, enum ir_flag_cc cc, ir_val f, unsigned if_true, unsigned if_false);

/* -- Leaving the unit (terminators) -- */
/* To a known guest PC under the same key: chained directly. */
void ir_exit_jump(struct ir_unit *u, gva pc);
/* To a known guest PC under another key, which the frontend knows to be interned; cpu->key becomes it. */
void ir_exit_key(struct ir_unit *u, gva pc, uint32_t key);
/* To a computed PC under the same key: inline hash; a PC op is a known one. */
void ir_exit_reg(struct ir_unit *u, ir_val pc);
/* cpu->pc and cpu->key were set by a helper: inline hash. */
void ir_exit_state(struct ir_unit *u);
/* cpu->pc is set; back to the execution loop (halt, debug stop, work pending). */
void ir_exit_main(struct ir_unit *u);

#endif
