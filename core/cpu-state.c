/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of what every CPU keeps; an architecture's has it as its first row. */
#include "cpu.h"

static const struct state_row fp_fields[] = {
    FIELD(struct fp_env, rm, 0),
    FIELD(struct fp_env, flags, 0),
    FIELD_SAME(struct fp_env, cls),
    FIELD(struct fp_env, default_nan, 0),
    FIELD(struct fp_env, flush_out, 0),
    FIELD(struct fp_env, flush_in, 0),
    FIELD_END,
};

static const struct state_table fp_table = {
    STATE_OF(struct fp_env),
    .version = 1,
    .rows = fp_fields,
};

static const struct state_row cpu_fields[] = {
    FIELD_NONE(struct cpu, key, "follows from the state"),
    FIELD_NONE(struct cpu, exec_gen, "the engine's caches"),
    FIELD_KEEP(struct cpu, pc), /* the architecture sets it to the reset vector */
    FIELD_NONE(struct cpu, code_page, "set when a block is entered"),
    FIELD_NONE(struct cpu, budget, "set when a turn begins"),
    FIELD_NONE(struct cpu, exit_request, "asks to look at the state"),
    FIELD_NONE(struct cpu, unit_insns, "of a block that runs"),
    FIELD_NONE(struct cpu, host_ra, "of a block that runs"),
    FIELD_STRUCT(struct cpu, fp, &fp_table),
    FIELD_NONE(struct cpu, host_fpcr, "follows from fp"),
    FIELD_NONE(struct cpu, data_set, "the engine's caches"),
    FIELD_NONE(struct cpu, fetch_set, "the engine's caches"),
    FIELD_NONE(struct cpu, tlb, "the engine's caches"),
    FIELD_NONE(struct cpu, context_table, "the engine's caches"),
    FIELD_NONE(struct cpu, context_set, "the engine's caches"),
    FIELD_NONE(struct cpu, guesses_left, "when the engine looks at guesses"),
    FIELD_NONE(struct cpu, page_guess, "the engine's caches"),
    FIELD_NONE(struct cpu, turns_left, "when the engine looks at a loop"),
    FIELD_NONE(struct cpu, arch, "wiring"),
    FIELD_NONE(struct cpu, regs, "follows from the model"),
    FIELD_NONE(struct cpu, machine, "wiring"),
    FIELD_NONE(struct cpu, as, "wiring"),
    FIELD_SAME(struct cpu, index),
    FIELD_NONE(struct cpu, features, "follows from the model"),
    FIELD_NONE(struct cpu, feature_set, "follows from the model"),
    FIELD_NONE(struct cpu, mode, "follows from the state"),
    FIELD_NONE(struct cpu, mode_memo, "a cache"),
    FIELD_NONE(struct cpu, model, "the table's identity has it"),
    FIELD_SAME(struct cpu, va_mask),
    FIELD(struct cpu, halted, false),
    FIELD_KEEP(struct cpu, powered_off),
    FIELD_KEEP(struct cpu, executed),
    FIELD_NONE(struct cpu, single_step, "the debugger's"),
    FIELD_NONE(struct cpu, loop_env, "of a CPU that runs"),
    FIELD_NONE(struct cpu, vcpu, "its thread, the debugger's"),
    FIELD_NONE(struct cpu, engine, "the accelerator's"),
    FIELD_NONE(struct cpu, mmu, "the accelerator's caches"),
    FIELD_END,
};

const struct state_table cpu_table = {
    STATE_OF(struct cpu),
    .version = 1,
    .rows = cpu_fields,
};
