/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done with units that were built: checked, printed, made better, evaluated. */
#ifndef MYNAH_IR_PASSES_H
#define MYNAH_IR_PASSES_H

#include "ir.h"

/* -- Passes -- */

/* Check types, dominance, block structure. True, or false with a one-line reason in err. */
bool ir_verify(const struct ir_unit *u, GError **err);
/* The unit in text form, appended. */
void ir_print(const struct ir_unit *u, GString *out);
/* The text form parsed; helpers are looked up by name in the architecture's list. */
bool ir_parse(struct ir_unit *u, const struct cpu_arch *arch, const char *text, GError **err);
/*
 * Remove what nobody uses and puts that are overwritten before anything can see them. Run before every engine; nothing
 * can be added after it.
 */
void ir_optimise(struct ir_unit *u);
/*
 * Values that other blocks use, and parameters, become locals, as back ends want it. ir_optimise() ends with it; a unit
 * that was not optimised needs it before a back end compiles it.
 */
void ir_localise(struct ir_unit *u);
/*
 * Branches around a few ops that only compute become choices between values: see tcg/ir/if-convert.c. For units
 * (optimised) that turn in loops and whose instructions are not counted. The unit is optimised again; ninsns stays the
 * guest's. True if anything was changed.
 */
bool ir_convert_ifs(struct ir_unit *u);
/*
 * If the unit (optimised) jumps back to its own PC or branches to its first block, make it a loop within the unit that
 * tests once, when it is entered, what ops of each turn would test: see tcg/ir/loop.c. The unit is optimised again;
 * ninsns stays the guest's. For units whose instructions are not counted. True if anything was changed.
 */
bool ir_specialise_loop(struct ir_unit *u);
/*
 * Loads whose address hangs on what another load brings get IR_MEM_CHASED: see tcg/ir/chase.c. For units that turn.
 */
void ir_find_chases(struct ir_unit *u);
/*
 * Puts that only one way out of a block needs are done on that way: see tcg/ir/sink.c. For units (optimised) that turn in
 * loops. The unit is optimised again. True if anything was changed.
 */
bool ir_sink_puts(struct ir_unit *u);
/*
 * Give accesses near each other, off the same base, one check of their page where that is less work: see
 * tcg/ir/pagechk.c. For units (optimised) that a back end compiles; the last pass.
 */
void ir_merge_checks(struct ir_unit *u);
/*
 * Make loops that walk through memory a second time for as many turns as stay in their pages, without tests: see
 * tcg/ir/strip.c. For units (optimised) whose instructions are not counted, of a back end with use for checks. The unit
 * is optimised again; ninsns stays the guest's. True if anything was changed.
 */
bool ir_strip_loops(struct ir_unit *u);
/* Bytes from the first one of its check to the first of the LDH or STH i. */
unsigned ir_check_distance(const struct ir_unit *u, uint32_t i);
/* Where ir_merge_loop() gets its units from. */
struct ir_source {
    /* Build the unit (not optimised) of the guest code at pc, which ends before stop_before. */
    void (*translate)(void *opaque, struct ir_unit *u, gva pc, gva stop_before);
    /* True if guest code at pc is known to be executed. */
    bool (*executed)(void *opaque, gva pc);
    void *opaque;
};
/*
 * Build the loop with its lowest address at head as one unit, not optimised: see tcg/ir/merge.c. u is also where units
 * are built meanwhile. False: there is no such loop, or it is too big; then u holds nothing of use. u->guest_size
 * reaches to its highest instruction.
 */
bool ir_merge_loop(struct ir_unit *u, gva head, const struct ir_source *src);

/* -- Evaluation, shared by folder, interpreter and back ends -- */
/* A pure op on integers as a number, for ir_eval(): those between ADD and ZEXT32 in the list. */
uint64_t ir_eval_desc(const struct ir_op *o);
/* Its value; bits of the arguments above the type's do not matter, of the value they are zero. */
uint64_t ir_eval(uint64_t desc, uint64_t a, uint64_t b, uint64_t c);
/* The flags of a FLAGDEF, packed as IR_LAYOUT_X86. */
uint32_t ir_eval_flags(enum ir_flag_kind kind, unsigned size, uint64_t a, uint64_t b, uint64_t c);
/* Flags so packed fulfil the condition; in a layout. */
bool ir_eval_flag_cc(enum ir_flag_cc cc, uint32_t flags);
uint32_t ir_eval_flag_pack(enum ir_flag_layout layout, uint32_t flags);
struct fp_env;
/* An op of FP arithmetic, conversion or comparison as a number, for ir_eval_fp(). src: type of its first argument. Bit
 * 31 is free. */
uint32_t ir_fp_desc(const struct ir_op *o, enum ir_type src);
/* The op's type. */
enum ir_type ir_fp_desc_type(uint32_t desc);
/* Its value by softfp; flags are raised in e, whose class of rules is not looked at. 32-bit values are zero-extended.
 */
uint64_t ir_eval_fp(struct fp_env *e, uint32_t desc, uint64_t a, uint64_t b, uint64_t c);

/* A vector op, VADD to VF2H, as a number for ir_eval_vector(). src: type of its first argument. */
uint64_t ir_vector_desc(const struct ir_op *o, enum ir_type src);
/* *d = its value; a scalar argument or value is in q[0], zero-extended. d may be one of the arguments. */
void ir_eval_vector(struct fp_env *e, uint64_t desc, struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b,
                    const struct ir_vec *c);

#endif
