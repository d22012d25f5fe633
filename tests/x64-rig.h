/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A code buffer and guest memory for tests of the x86-64 back end on the toy architecture: units are
 * compiled and run beside the IR's interpreter.
 */
#ifndef TESTS_X64_RIG_H
#define TESTS_X64_RIG_H

#include "tcg/gen/backend.h"
#include "tcg/mmu/layout.h"
#include "vcpu.h"
#include "toy-arch.h"

/* Once. */
void rig_init(void);
/* toy_arch, but that no register of floats is pinned for all code. */
const struct guest_reg *rig_unpinned(void);
/* Guest memory through the flat table, or tagged TLBs. Some of its pages have no fast path, some one for loads only. */
void rig_set_mmu(struct cpu *cpu, bool flat);
/* The page of va is at host, for loads and stores, in tables of either kind. */
void rig_map(gva va, uint8_t *host);
/* Compile; the block stays until the next call. Asserts success. */
struct tb *rig_compile(const struct ir_unit *u);
/* The host code as text; free it. */
char *rig_disas(const struct tb *tb);
/*
 * Enter tb at cpu->code_page (0: the page that the unit compiled last was made at): true, or false if it was left by
 * cpu_loop_exit(). Sticky flags are in cpu->fp.flags after.
 */
bool rig_run(struct tb *tb, struct cpu *cpu, struct jit_exit *out);
/* The line of the CPU's jump cache that pc belongs to. */
struct jump_line *rig_jump_line(gva pc);
/* Code to jump to, which leaves translated code at once; true if it was come by. */
const uint8_t *rig_landing(void);
bool rig_landed(const struct jit_exit *out);
/* Where rig_compile() writes; compile to the first size bytes of it. Bytes used or 0. */
uint8_t *rig_buffer(void);
size_t rig_try_compile(const struct ir_unit *u, size_t size);
/* The same as rig_run() by the interpreter. */
bool rig_interpret(const struct ir_unit *u, struct cpu *cpu);

#endif
