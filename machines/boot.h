/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot protocols: what a machine's CPUs find at reset. */
#ifndef MYNAH_BOOT_H
#define MYNAH_BOOT_H

#include "loader.h"
#include "machine.h"

/* Complete /chosen of the guest's tree: bootargs, initrd (end == 0: none) and a random seed. False with a message. */
bool boot_chosen(struct machine *m, gpa initrd_start, gpa initrd_end, GError **err);
/*
 * Fill the rng-seed and kaslr-seed that a tree has with random bytes; with -seed and under -icount always the same
 * ones.
 */
void boot_random_seed(const struct machine *m, void *fdt);
/* A packed copy of the guest's tree, g_free() it. */
void *boot_packed_tree(const struct machine *m, uint32_t *size);

/* The guest's tree has changed since the boot protocol placed it: it is placed anew there. False with a message. */
bool boot_tree_changed(struct machine *m, GError **err);

/*
 * RISC-V: a reset ROM that enters firmware, flash or kernel with a0 = hart, a1 = device tree, a2 = OpenSBI's
 * dynamic information. rom_base: of 4 KiB or more that are free for the ROM (0: find room).
 */
bool riscv_boot(struct machine *m, gpa rom_base, uint64_t rom_size, GError **err);
/* A microcontroller's: the program alone, with no firmware and no tree. */
bool riscv_boot_bare(struct machine *m, gpa rom_base, uint64_t rom_size, GError **err);

/*
 * ARM: the kernel with x0 = device tree as Linux wants it, or firmware, in flash or a file in its place, which finds
 * the tree at the start of the memory. A kernel starts below EL3, all else at the CPUs' highest exception level. All
 * CPUs but the first wait for PSCI, where the tree has it.
 */
bool arm_boot(struct machine *m, GError **err);
/* The same on a board whose firmware goes to this address, and whose memory's start is not for the tree. */
bool arm_boot_at(struct machine *m, gpa firmware, GError **err);

/* Cortex-M: the program, or what is loaded by other means, begins as the vector table says. */
bool armm_boot(struct machine *m, GError **err);
/* The same with the vector table there; UINT64_MAX: at the start of the lowest memory. */
bool armm_boot_at(struct machine *m, gpa table, GError **err);

/* What may be loaded for a CPU of the machine. */
struct load_target boot_target(const struct machine *m, struct cpu *cpu);
struct load_target riscv_load_target(const struct machine *m, struct cpu *cpu);
struct load_target arm_load_target(const struct machine *m, struct cpu *cpu);
struct load_target armm_load_target(const struct machine *m, struct cpu *cpu);

/* -- Parts of protocols -- */

/* True if -drive if=pflash or a property of the machine puts firmware in flash; the first bank's address on the bus, 0: none. */
bool boot_has_flash(const struct machine *m);
gpa boot_flash_base(const struct machine *m);
/* Firmware of its own takes the kernel's place, and gets that through fw_cfg. False with a message. */
bool boot_offer_kernel(struct machine *m, GError **err);
/* True if nothing has been placed there. */
bool boot_is_free(gpa addr, uint64_t size);
/* The next multiple. */
gpa boot_align(gpa v, uint64_t to);

/* The protocol for machines without a board, by architecture; NULL: none. */
bool (*boot_generic(const char *arch))(struct machine *m, GError **err);

#endif
