/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One CPU, some RAM and a few registers on a bus, run by the real engine in a process of its own: once for each way in
 * which the engine can run a guest. The map is that of QEMU's RISC-V board virt, so that the same image runs there: RAM
 * at 0x80000000, a test finisher at 0x100000, and for RISC-V a CLINT at 0x2000000. Only here the finisher's word at
 * 0x10 drives a hart's external interrupts: 1 is M mode's line, 2 S mode's.
 *
 * RISC-V begins as after a reset. ARM begins at EL0 with FP on, stage 1 on, and RAM and devices mapped where they are;
 * its tables of pages are in RAM's last ones. ARM without AArch64 begins as after a reset, with FP on.
 */
#ifndef TEST_INSN_RIG_H
#define TEST_INSN_RIG_H

#include <glib.h>

#include "cpu.h"
#include "types.h"

#define RIG_RAM_BASE UINT64_C(0x80000000)
#define RIG_FINISHER UINT64_C(0x100000) /* 0x5555: pass; 0x3333 | status << 16: fail */
#define RIG_REGS 80 /* of an architecture at most */
#define RIG_PASS 0
#define RIG_STUCK (-1) /* the guest did not end in time */
#define RIG_DIED (-2)  /* the process did not survive */

/* One way to run a guest. */
struct rig_mode {
    const char *name;
    const char *desc;
    bool needs_backend; /* pointless without a host back end */
    bool interp, one_insn, no_chain, tagged_tlb, single_thread, icount, smp, no_features;
};
extern const struct rig_mode rig_modes[]; /* the first is the interpreter; name == NULL ends */
/* True if this build can run the mode. */
bool rig_mode_available(const struct rig_mode *m);

/* What to run. */
struct rig_image {
    const struct cpu_arch *arch;
    const char *cpu;   /* as -cpu takes it */
    const uint8_t *ram; /* the first ram_used bytes of RAM; the others are zero */
    size_t ram_used, ram_size;
    gva entry;
    bool a32;          /* of ARM: EL0 is AArch32 */
    bool el1;          /* of ARM with AArch64: it begins as after a reset */
};

/* How it ended. */
struct rig_result {
    int status;        /* RIG_*, or what the guest gave the finisher */
    char message[256]; /* for RIG_STUCK and RIG_DIED */
    uint64_t pc, reg[RIG_REGS][2]; /* registers as the architecture's table numbers them */
    uint32_t fp;       /* FP flags, rounding mode << 5 */
    uint8_t ram[];     /* ram_used bytes of it */
};

/* Run the image in a new process. g_free-like: rig_result_free(). */
struct rig_result *rig_run(const struct rig_mode *mode, const struct rig_image *image);
void rig_result_free(struct rig_result *r, const struct rig_image *image);
/* Where two results of one image differ, as text for a person ("" if nowhere). RAM is compared if ram is set. */
void rig_compare(const struct rig_result *a, const struct rig_result *b, const struct rig_image *image, bool ram,
                 GString *out);

#endif
