/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Self-hosted debug: breakpoints and watchpoints by DBGB*, DBGW*, AArch32's vector catch, and when debug exceptions are
 * enabled. Manual: DDI 0487, chapters D2 and G2.
 *
 * While MDSCR_EL1 enables them, and one is enabled, units call arm_helper_breakpoint before each instruction: the mode
 * says so. Watchpoints are the engine's, which tells of an access to one of their pages.
 */
#include "aarch32.h"
#include "cpu-exec.h"
#include "trans.h"

#define MDSCR_MDE (1u << 15)
#define MDSCR_KDE (1u << 13)
#define MDCR3_SDD (1u << 16)
#define MOE_SHIFT 2 /* DBGDSCR.MOE, 4 bits */
enum { CONTROL_E = 1 };
/* DBGBCR.BT. With the lowest bit set an address is linked to a context; a context is what addresses are linked to. */
enum {
    TYPE_LINKED = 1, TYPE_ADDRESS = 0, TYPE_CONTEXT = 2, TYPE_MISMATCH = 4, TYPE_CONTEXT1 = 6, TYPE_VMID = 8,
    TYPE_VMID_CONTEXT = 10, TYPE_CONTEXT2 = 12, TYPE_BOTH_CONTEXTS = 14,
};
enum { BREAKPOINTS = 6, FIRST_CONTEXT = 4, WATCHPOINTS = 4 }; /* as all models' ID registers say */
#define STATUS_DEBUG 0x22 /* of ISS, and of the long format's FSR */

unsigned arm_debug_target(const struct arm_cpu *a)
{
    return arm_el2_enabled(a) && ((a->hcr & HCR_TGE) || (a->mdcr[2] & MDCR_TDE)) ? 2 : 1;
}

bool arm_debug_enabled_at(const struct arm_cpu *a, unsigned el, uint64_t pstate)
{
    if (a->oslock || a->osdlr || el == 3)
        return false;
    unsigned to = arm_debug_target(a);
    bool a32 = arm_level_is_a32(a, to);
    if (a32 && arm_secure(a) && bits(a->mdcr[3], 14, 2) == 2 /* SPD */ && !(el == 0 && (a->sder & 1 /* SUIDEN */)))
        return false;
    if (a32)
        return el != 2;
    if (arm_secure(a) && (a->mdcr[3] & MDCR3_SDD))
        return false;
    return el < to || (el == to && (a->mdscr & MDSCR_KDE) && !(pstate & PSTATE_D));
}

/*
 * Bits of DBGVCR that count in the current state: by the vector's offset, Secure state's from 0 on, or without EL3;
 * from 8 on Monitor mode's.
 */
static uint32_t vectors_caught(const struct arm_cpu *a)
{
    /* Not abort vectors: the exception that catches one goes there. */
    static const uint32_t vectors = 1u << 1 | 1u << 2 | 1u << 6 | 1u << 7, monitor = 1u << 10 | 1u << 14 | 1u << 15;
    if (!arm_in_a32(a) || a->el == 2 || !arm_level_is_a32(a, 1))
        return 0;
    uint32_t aborts = arm_debug_target(a) != a->el ? 1u << 3 | 1u << 4 : 0;
    uint32_t monitors = arm_a32_has_el3(a) && arm_secure(a) ? a->dbgvcr32 & monitor : 0;
    return ((arm_has(a, ARMF_el3) && !arm_secure(a) ? a->dbgvcr32 >> 24 : a->dbgvcr32) & (vectors | aborts)) | monitors;
}

bool arm_breakpoints_armed(const struct arm_cpu *a)
{
    uint64_t any = 0;
    if (likely(!(a->mdscr & MDSCR_MDE)) || !arm_debug_enabled_at(a, a->el, a->pstate))
        return false;
    for (unsigned i = 0; i < BREAKPOINTS; i++)
        any |= a->dbgbcr[i];
    return (any & CONTROL_E) || vectors_caught(a);
}

/* -- Matching -- */

static bool vmid_matches(const struct arm_cpu *a, unsigned n)
{
    bool wide = arm_has(a, ARMF_vmid16) && (a->vtcr >> 19 & 1 /* VS */);
    uint64_t mask = wide ? 0xffff : 0xff;
    return (a->vttbr >> 48 & mask) == (a->dbgbvr[n] >> 32 & mask);
}

/* In Monitor mode the secure state's. */
static uint32_t el1_context(const struct arm_cpu *a)
{
    return arm_a32_has_el3(a) ? arm_a32_view(a, arm_secure(a)).contextidr : a->contextidr[1];
}

/* What breakpoint n says of contexts and VMIDs is so now. */
static bool context_matches(const struct arm_cpu *a, unsigned n)
{
    uint64_t control = a->dbgbcr[n];
    uint32_t low = a->dbgbvr[n], high = a->dbgbvr[n] >> 32;
    bool el2 = arm_el2_enabled(a), vhe = arm_has(a, ARMF_vhe);
    bool host = el2 && (a->hcr & HCR_E2H) && (a->el == 2 || (a->el == 0 && (a->hcr & HCR_TGE)));
    bool guest = a->el <= 1 && !host;
    if (!(control & CONTROL_E) || n < FIRST_CONTEXT || n >= BREAKPOINTS)
        return false;
    switch (bits(control, 20, 4) & ~TYPE_LINKED) {
    case TYPE_CONTEXT: return host ? low == a->contextidr[2] : a->el <= 1 && low == el1_context(a);
    case TYPE_CONTEXT1: return vhe && guest && low == a->contextidr[1];
    case TYPE_VMID: return el2 && guest && vmid_matches(a, n);
    case TYPE_VMID_CONTEXT: return el2 && guest && vmid_matches(a, n) && low == a->contextidr[1];
    case TYPE_CONTEXT2: return vhe && el2 && a->el < 3 && high == a->contextidr[2];
    case TYPE_BOTH_CONTEXTS: return vhe && el2 && guest && high == a->contextidr[2] && low == a->contextidr[1];
    default: return false;
    }
}

/* The same of one that others are linked to. */
static bool linked_matches(const struct arm_cpu *a, unsigned n)
{
    return n < BREAKPOINTS && (a->dbgbcr[n] >> 20 & TYPE_LINKED) && context_matches(a, n);
}

/* The state that a control register asks for: HMC, SSC and PMC or PAC are at the same places in both kinds. */
static bool state_matches(const struct arm_cpu *a, unsigned el, uint64_t control)
{
    bool higher = control >> 13 & 1, secure = arm_secure(a);
    unsigned ssc = bits(control, 14, 2), pac = bits(control, 1, 2);
    if ((ssc == 1 && secure) || (ssc == 2 && !secure) || (ssc == 3 && !higher && !secure))
        return false;
    if (el == 2)
        return (higher && !(ssc == 2 && !pac)) || ssc == 3;
    return el == 0 ? pac & 2 : pac & 1;
}

/* Of a breakpoint only: none of the levels asked for, but in AArch32 user, system and supervisor mode. */
static bool breakpoint_state_matches(const struct arm_cpu *a, uint64_t control)
{
    unsigned higher = bits(control, 13, 1), ssc = bits(control, 14, 2), pmc = bits(control, 1, 2);
    if (!arm_in_a32(a) || higher || ssc == 3 || pmc)
        return state_matches(a, a->el, control);
    unsigned mode = a->pstate & A32_M;
    return state_matches(a, a->el, control | 3 << 1) && (mode == MODE_USR || mode == MODE_SVC || mode == MODE_SYS);
}

static bool breakpoint_matches(const struct arm_cpu *a, unsigned n, gva pc)
{
    uint64_t control = a->dbgbcr[n];
    unsigned type = bits(control, 20, 4), bas = bits(control, 5, 4);
    gva at = (gva)sign_extend(a->dbgbvr[n] & ~UINT64_C(3), 49);
    bool mismatch = type == TYPE_MISMATCH || type == (TYPE_MISMATCH | TYPE_LINKED);
    if (!(control & CONTROL_E) || !breakpoint_state_matches(a, control))
        return false;
    if (type > TYPE_LINKED && !mismatch) /* a context that others are linked to matches nothing itself */
        return !(type & TYPE_LINKED) && context_matches(a, n);
    if (mismatch && (!arm_in_a32(a) || !arm_level_is_a32(a, arm_debug_target(a))))
        return false;
    if (arm_in_a32(a))
        at = (uint32_t)at;
    if (bas == 0xc) /* the second halfword */
        at += 2;
    return (bas && pc == at) != mismatch && (!(type & TYPE_LINKED) || linked_matches(a, bits(control, 16, 4)));
}

/* The instruction is at a vector that is caught. */
static bool at_vector(const struct arm_cpu *a, gva pc)
{
    uint32_t caught = vectors_caught(a);
    bool secure = arm_secure(a);
    if (!caught || (pc & 3))
        return false;
    uint32_t base = arm_a32_sctlr(a, secure) >> 13 & 1 ? 0xffff0000u : arm_a32_vbar(a, secure);
    uint32_t in = (uint32_t)pc - base, in_monitor = (uint32_t)pc - (uint32_t)a->vbar[3];
    return (in < 32 && (caught >> in / 4 & 1)) || (in_monitor < 32 && (caught >> (8 + in_monitor / 4) & 1));
}

/* The bytes of a watchpoint; 0 bytes: none. */
static gva watched(const struct arm_cpu *a, unsigned n, uint64_t *len)
{
    uint64_t control = a->dbgwcr[n];
    unsigned mask = bits(control, 24, 5), bas = bits(control, 5, 8);
    gva at = (gva)sign_extend(a->dbgwvr[n] & ~UINT64_C(3), 49);
    *len = 0;
    if (!(control & CONTROL_E) || !bits(control, 3, 2))
        return at;
    if (a->config.a32_only)
        at = (uint32_t)at;
    if (mask > 2) {
        *len = UINT64_C(1) << mask;
        return at & ~(*len - 1);
    }
    if (at & 4)
        bas &= 0xf;
    if (!bas)
        return at;
    unsigned first = __builtin_ctz(bas);
    *len = __builtin_ctz(~(bas >> first));
    return at + first;
}

/* -- Exceptions -- */

void arm_debug_abort(struct arm_cpu *a, unsigned to, enum arm_debug_moe moe)
{
    a->mdscr = with_bits(a->mdscr, MOE_SHIFT, 4, moe);
    arm_raise(a, to, arm_syndrome(to < 2 ? EC_BREAKPOINT : a->el == to ? EC_IABT : EC_IABT_LOWER, STATUS_DEBUG));
}

static void __attribute__((noreturn)) raise_before(struct arm_cpu *a, enum arm_debug_moe moe)
{
    unsigned to = arm_debug_level(a);
    if (arm_level_is_a32(a, to))
        arm_debug_abort(a, to, moe);
    enum arm_ec ec = a->el == to ? EC_BREAKPOINT : EC_BREAKPOINT_LOWER;
    arm_raise(a, to, arm_syndrome(moe == MOE_VECTOR_CATCH ? EC_VECTOR_CATCH : ec, STATUS_DEBUG));
}

static uint64_t helper_breakpoint(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    cpu_sync_pc(cpu);
    for (unsigned i = 0; i < BREAKPOINTS; i++) {
        if (breakpoint_matches(a, i, cpu->pc))
            raise_before(a, MOE_BREAKPOINT);
    }
    if (at_vector(a, cpu->pc))
        raise_before(a, MOE_VECTOR_CATCH);
    return 0;
}

ARM_HELPER(breakpoint, 0, false, IR_H_TRAPS | IR_H_STATE);

void arm_watch_hit(struct cpu *cpu, gva va, unsigned len, bool write)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (!(a->mdscr & MDSCR_MDE) || !arm_debug_enabled_at(a, a->el, a->pstate))
        return;
    for (unsigned i = 0; i < WATCHPOINTS; i++) {
        uint64_t size, control = a->dbgwcr[i];
        gva at = watched(a, i, &size);
        if (!size || va > at + (size - 1) || va + (len - 1) < at || !(control >> (write ? 4 : 3) & 1) ||
            ((control >> 20 & 1) && !linked_matches(a, bits(control, 16, 4))))
            continue;
        cpu_sync_pc(cpu);
        if (!state_matches(a, arm_access_is_unprivileged(a) ? 0 : a->el, control))
            continue;
        unsigned to = arm_debug_level(a);
        gva hit = MAX(va, at);
        enum arm_ec ec = a->el == to ? EC_WATCHPOINT : EC_WATCHPOINT_LOWER;
        if (arm_level_is_a32(a, to)) {
            a->mdscr = with_bits(a->mdscr, MOE_SHIFT, 4, MOE_WATCHPOINT);
            if (to == 2) { /* HDFAR; a data abort */
                a->far[2] = (a->far[2] & ~(uint64_t)UINT32_MAX) | (uint32_t)hit;
                ec = EC_DABT_LOWER;
            } else {
                arm_a32_set_fault(a, to, false, write, STATUS_DEBUG, 0, hit);
            }
        } else {
            a->far[to] = hit;
        }
        arm_raise(a, to, arm_syndrome(ec, STATUS_DEBUG | write << 6));
    }
}

/* -- What the engine is told -- */

void arm_update_debug(struct arm_cpu *a)
{
    struct debug_range list[WATCHPOINTS];
    unsigned n = 0;
    for (unsigned i = 0; i < WATCHPOINTS && (a->mdscr & MDSCR_MDE) && !a->oslock && !a->osdlr; i++) {
        uint64_t len;
        gva at = watched(a, i, &len);
        if (len)
            list[n++] = (struct debug_range){ at, len };
    }
    if (cpu_guest_watchpoints(&a->cpu, n, list))
        mmu_flush(&a->cpu, NULL, NULL);
    arm_update_key(a);
}
