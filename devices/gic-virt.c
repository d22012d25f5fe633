/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual CPU interface of a GIC. Manuals: ARM IHI 0048, chapter 5; ARM IHI 0069, chapters "Virtual Interrupt
 * Handling and Prioritization" and "Programmers' Model".
 */
#include "gic-lpi.h"
#include "gic-virt.h"

#define PRIORITY_SHIFT (8 - GIC_VIRT_PRIORITY_BITS)
#define MIN_BPR0 (7 - GIC_VIRT_PRIORITY_BITS)
#define MIN_BPR1 (MIN_BPR0 + 1)
#define IDLE 0x100
#define EOICOUNT_SHIFT 27

static unsigned lr_state(uint64_t lr)
{
    return lr >> LR_STATE_SHIFT;
}

static bool is_group1(uint64_t lr)
{
    return lr >> LR_GROUP_SHIFT & 1;
}

static unsigned lr_priority(uint64_t lr)
{
    return bits(lr, LR_PRIORITY_SHIFT, 8) & (0xff << PRIORITY_SHIFT);
}

static unsigned running(const struct gic_virt *v)
{
    uint32_t apr = v->apr[0] | v->apr[1];

    return apr ? (unsigned)__builtin_ctz(apr) << PRIORITY_SHIFT : IDLE;
}

unsigned gic_virt_running(const struct gic_virt *v)
{
    return MIN(running(v), 0xff);
}

static unsigned group_mask(const struct gic_virt *v, bool group1)
{
    unsigned bpr0 = bits(v->vmcr, VMCR_VBPR0_SHIFT, 3), bpr1 = bits(v->vmcr, VMCR_VBPR1_SHIFT, 3);

    return group1 && !(v->vmcr & VMCR_VCBPR) ? 0xff << bpr1 : 0xfe << bpr0;
}

void gic_virt_set_vmcr(struct gic_virt *v, uint32_t value)
{
    unsigned bpr0 = bits(value, VMCR_VBPR0_SHIFT, 3), bpr1 = bits(value, VMCR_VBPR1_SHIFT, 3);

    value &= 0xf8fc021f; /* VPMR has 5 bits */
    value = with_bits(value, VMCR_VBPR0_SHIFT, 3, MAX(bpr0, MIN_BPR0));
    v->vmcr = with_bits(value, VMCR_VBPR1_SHIFT, 3, MAX(bpr1, MIN_BPR1));
}

int gic_virt_best(const struct gic_virt *v)
{
    unsigned priority = IDLE;
    int best = -1;

    for (unsigned i = 0; i < GIC_VIRT_LRS; i++) {
        uint64_t lr = v->lr[i];
        if (lr_state(lr) == 1 && (v->vmcr & VMCR_VENG0 << is_group1(lr)) && lr_priority(lr) < priority) {
            priority = lr_priority(lr);
            best = i;
        }
    }
    return best;
}

static bool can_signal(const struct gic_virt *v, int i)
{
    unsigned priority;

    if (i < 0 || !(v->hcr & HCR_EN))
        return false;
    priority = lr_priority(v->lr[i]);
    if (priority >= v->vmcr >> VMCR_VPMR_SHIFT)
        return false;
    return (priority & group_mask(v, is_group1(v->lr[i]))) < running(v);
}

unsigned gic_virt_signals(const struct gic_virt *v)
{
    int i = gic_virt_best(v);

    if (!can_signal(v, i))
        return 0;
    return !is_group1(v->lr[i]) && (v->vmcr & VMCR_VFIQEN) ? GIC_VIRT_FIQ : GIC_VIRT_IRQ;
}

/* -- Maintenance -- */

uint32_t gic_virt_eisr(const struct gic_virt *v)
{
    uint32_t m = 0;

    for (unsigned i = 0; i < GIC_VIRT_LRS; i++)
        if (lr_state(v->lr[i]) == 0 && !(v->lr[i] & LR_HW) && (v->lr[i] & LR_EOI))
            m |= 1u << i;
    return m;
}

uint32_t gic_virt_elrsr(const struct gic_virt *v)
{
    uint32_t m = 0;

    for (unsigned i = 0; i < GIC_VIRT_LRS; i++)
        if (lr_state(v->lr[i]) == 0 && ((v->lr[i] & LR_HW) || !(v->lr[i] & LR_EOI)))
            m |= 1u << i;
    return m;
}

uint32_t gic_virt_misr(const struct gic_virt *v)
{
    unsigned used = 0, pending = 0;
    bool g0 = v->vmcr & VMCR_VENG0, g1 = v->vmcr & VMCR_VENG1;

    if (!(v->hcr & HCR_EN))
        return 0;
    for (unsigned i = 0; i < GIC_VIRT_LRS; i++) {
        used += lr_state(v->lr[i]) != 0;
        pending += lr_state(v->lr[i]) == 1;
    }
    return (gic_virt_eisr(v) ? 1 : 0) | (used <= 1 ? v->hcr & HCR_UIE : 0) |
           (v->hcr >> EOICOUNT_SHIFT ? v->hcr & HCR_LRENPIE : 0) | (pending == 0 ? v->hcr & HCR_NPIE : 0) |
           (v->hcr & (g0 ? HCR_VGRP0EIE : HCR_VGRP0DIE)) | (v->hcr & (g1 ? HCR_VGRP1EIE : HCR_VGRP1DIE));
}

/* -- What a guest does -- */

int gic_virt_acknowledge(struct gic_virt *v, bool group1)
{
    int i = gic_virt_best(v);
    unsigned level;

    if (!can_signal(v, i) || is_group1(v->lr[i]) != group1)
        return -1;
    level = (lr_priority(v->lr[i]) & group_mask(v, group1)) >> PRIORITY_SHIFT;
    v->apr[group1] |= 1u << level;
    v->lr[i] = (v->lr[i] & ~LR_PENDING) | LR_ACTIVE;
    return i;
}

/* The physical interrupt that a list register stands for goes with it. */
static unsigned end_lr(struct gic_virt *v, int i)
{
    v->lr[i] &= ~LR_ACTIVE;
    return v->lr[i] & LR_HW ? bits(v->lr[i], LR_PINTID_SHIFT, 10) : GIC_VIRT_NONE;
}

static int find_active(const struct gic_virt *v, uint32_t id)
{
    for (unsigned i = 0; i < GIC_VIRT_LRS; i++)
        if ((v->lr[i] & LR_ACTIVE) && (uint32_t)v->lr[i] == id)
            return i;
    return -1;
}

/* 1020 to 1023 are no interrupts: what ends one of those does nothing. */
static bool is_special(uint32_t id)
{
    return id >= 1020 && id <= 1023;
}

static bool is_lpi(uint32_t id)
{
    return id >= GIC_LPI_FIRST;
}

/* An end for which no list register was found: counted, but for LPIs, which are not active beyond those. */
static void count_end(struct gic_virt *v, uint32_t id)
{
    if (!is_lpi(id))
        v->hcr += 1u << EOICOUNT_SHIFT;
}

unsigned gic_virt_end(struct gic_virt *v, uint32_t id)
{
    uint32_t m = v->apr[0] | v->apr[1];
    int i = find_active(v, id);

    if (!m || is_special(id))
        return GIC_VIRT_NONE;
    v->apr[0] &= ~(m & -m);
    v->apr[1] &= ~(m & -m);
    if ((v->vmcr & VMCR_VEOIM) && !is_lpi(id))
        return GIC_VIRT_NONE;
    if (i < 0)
        count_end(v, id);
    return i >= 0 ? end_lr(v, i) : GIC_VIRT_NONE;
}

unsigned gic_virt_deactivate(struct gic_virt *v, uint32_t id)
{
    int i = find_active(v, id);

    if (!(v->vmcr & VMCR_VEOIM) || is_special(id))
        return GIC_VIRT_NONE;
    if (i < 0)
        count_end(v, id);
    return i >= 0 ? end_lr(v, i) : GIC_VIRT_NONE;
}

#define VMCR_RESET (MIN_BPR0 << VMCR_VBPR0_SHIFT | MIN_BPR1 << VMCR_VBPR1_SHIFT)

static const struct state_row gic_virt_fields[] = {
    FIELD(struct gic_virt, hcr, 0),
    FIELD(struct gic_virt, vmcr, VMCR_RESET),
    FIELD_ARRAY(struct gic_virt, apr, 0),
    FIELD_ARRAY(struct gic_virt, lr, 0),
    FIELD_END,
};

const struct state_table gic_virt_state = { STATE_OF(struct gic_virt), .version = 1, .rows = gic_virt_fields };
