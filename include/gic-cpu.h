/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU interface of a GICv3 as a CPU reaches it: by system registers, which are the controller's. The CPU has done
 * what is its own: whether the access is possible at this level (SRE, traps of HCR and SCR), and which registers an
 * ICC_* means where HCR_EL2 makes it a virtual one.
 */
#ifndef MYNAH_GIC_CPU_H
#define MYNAH_GIC_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* Who accesses. */
struct gic_access {
    uint8_t el;     /* exception level: 1 to 3 */
    bool secure;    /* its security state; EL3 is secure, and accesses the bank of scr_ns */
    bool scr_ns;    /* SCR_EL3.NS, or there is no EL3: of what has a bank for each state EL3 means this one's */
    bool scr_fiq;   /* SCR_EL3.FIQ: group 0 is EL3's, so that the non-secure state has its own view of priorities */
    bool virtual;   /* ICV_* is meant */
};

/*
 * Any of them takes the controller's lock; they are called on the CPU's thread with no lock held that comes before it,
 * and drive the CPU's lines. reg: op0, op1, CRn, CRm, op2 as in bits 20 to 5 of MSR (ICC_IAR1_EL1 is 0xc660). False:
 * there is no such register, or not so (a read of ICC_DIR_EL1): the instruction is undefined.
 */
struct gic_cpu_ops {
    bool (*read)(void *opaque, unsigned n, uint16_t reg, struct gic_access by, uint64_t *value);
    bool (*write)(void *opaque, unsigned n, uint16_t reg, struct gic_access by, uint64_t value);
    /*
     * ICH_HCR_EL2, which says what of the guest's accesses EL2 wants to see. Takes no lock: only the CPU itself sets
     * it.
     */
    uint32_t (*traps)(void *opaque, unsigned n);
};

/* Bits of ICH_HCR_EL2: registers of both groups, of group 0, of group 1, ICC_DIR_EL1 alone. */
enum { ICH_HCR_TC = 1 << 10, ICH_HCR_TALL0 = 1 << 11, ICH_HCR_TALL1 = 1 << 12, ICH_HCR_TDIR = 1 << 14 };

struct gic_cpu {
    const struct gic_cpu_ops *ops; /* NULL: there is none */
    void *opaque;                  /* the controller */
    unsigned n;                    /* which of its CPU interfaces */
};

#endif
