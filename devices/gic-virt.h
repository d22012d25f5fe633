/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual CPU interface of a GIC, of one CPU: list registers that a hypervisor fills, and the interrupts that a
 * guest of its takes from them. GICv2 (GICH_*, GICV_*) and GICv3 (ICH_*, ICV_*) have the same, in registers of their
 * own; what is here has GICv3's formats. The controller's lock is held.
 */
#ifndef MYNAH_GIC_VIRT_H
#define MYNAH_GIC_VIRT_H

#include "state.h"
#include "types.h"

#define GIC_VIRT_LRS 4
#define GIC_VIRT_PRIORITY_BITS 5

struct gic_virt {
    uint32_t hcr;    /* ICH_HCR_EL2 */
    uint32_t vmcr;   /* ICH_VMCR_EL2 */
    uint32_t apr[2]; /* ICH_AP0R0_EL2, ICH_AP1R0_EL2 */
    uint64_t lr[GIC_VIRT_LRS];
};
extern const struct state_table gic_virt_state;

/* ICH_HCR_EL2 */
enum { HCR_EN = 1, HCR_UIE = 2, HCR_LRENPIE = 4, HCR_NPIE = 8, HCR_VGRP0EIE = 0x10, HCR_VGRP0DIE = 0x20,
       HCR_VGRP1EIE = 0x40, HCR_VGRP1DIE = 0x80 };
/* ICH_VMCR_EL2; VENG1 is the next bit of VENG0 */
enum { VMCR_VENG0 = 1, VMCR_VENG1 = 2, VMCR_VACKCTL = 4, VMCR_VFIQEN = 8, VMCR_VCBPR = 0x10, VMCR_VEOIM = 0x200,
       VMCR_VBPR1_SHIFT = 18, VMCR_VBPR0_SHIFT = 21, VMCR_VPMR_SHIFT = 24 };
/* ICH_LR<n>_EL2 */
enum { LR_PINTID_SHIFT = 32, LR_PRIORITY_SHIFT = 48, LR_GROUP_SHIFT = 60, LR_STATE_SHIFT = 62 };
#define LR_EOI (UINT64_C(1) << 41)
#define LR_HW (UINT64_C(1) << 61)
#define LR_PENDING (UINT64_C(1) << 62)
#define LR_ACTIVE (UINT64_C(1) << 63)

#define GIC_VIRT_NONE 1023 /* no interrupt */

/* What is to be signalled: GIC_VIRT_IRQ, GIC_VIRT_FIQ, or 0. */
enum { GIC_VIRT_IRQ = 1, GIC_VIRT_FIQ = 2 };
unsigned gic_virt_signals(const struct gic_virt *v);
/* Maintenance: ICH_MISR_EL2 (not 0: interrupt), ICH_EISR_EL2, ICH_ELRSR_EL2. */
uint32_t gic_virt_misr(const struct gic_virt *v);
uint32_t gic_virt_eisr(const struct gic_virt *v);
uint32_t gic_virt_elrsr(const struct gic_virt *v);

/* Write VMCR, with what can't be less put right. */
void gic_virt_set_vmcr(struct gic_virt *v, uint32_t value);
/* The list register of the highest priority that is pending in an enabled group; -1: none. */
int gic_virt_best(const struct gic_virt *v);
/* The same one becomes active if it can be signalled, is of the group, and is returned; -1: it does not. */
int gic_virt_acknowledge(struct gic_virt *v, bool group1);
/* The running priority; 0xff: none. */
unsigned gic_virt_running(const struct gic_virt *v);
/*
 * The end of an interrupt: of its priority, and unless VEOIM says that deactivate() follows, of it. The physical
 * interrupt that is to be deactivated with it, or GIC_VIRT_NONE.
 */
unsigned gic_virt_end(struct gic_virt *v, uint32_t id);
unsigned gic_virt_deactivate(struct gic_virt *v, uint32_t id);

#endif
