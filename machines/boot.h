/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot protocols: what a machine's CPUs find at reset. */
#ifndef MYNAH_BOOT_H
#define MYNAH_BOOT_H

#include "loader.h"
#include "machine.h"

/* Complete /chosen of the guest's tree: bootargs, initrd (end == 0: none) and a random seed. False with a message. */
bool boot_chosen(struct machine *m, gpa initrd_start, gpa initrd_end, GError **err);
/* Fill the rng-seed of a tree with random bytes; with -seed and under -icount always the same ones. */
void boot_random_seed(const struct machine *m, void *fdt);
/* A packed copy of the guest's tree, g_free() it. */
void *boot_packed_tree(const struct machine *m, uint32_t *size);

/*
 * RISC-V: a reset ROM that enters firmware, flash or kernel with a0 = hart, a1 = device tree, a2 = OpenSBI's
 * dynamic information. rom_base: of 4 KiB or more that are free for the ROM (0: find room).
 */
bool riscv_boot(struct machine *m, gpa rom_base, uint64_t rom_size, GError **err);

/* What may be loaded for the machine's CPUs. */
struct load_target boot_target(const struct machine *m);

/* The protocol for machines without a board, by architecture; NULL: none. */
bool (*boot_generic(const char *arch))(struct machine *m, GError **err);

#endif
