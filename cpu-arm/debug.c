/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Self-hosted debug: breakpoints and watchpoints by DBGB*, DBGW*, and when debug exceptions are enabled. Manual:
 * DDI 0487, chapters D2 and G2. Breakpoints match addresses, which may be linked to a context ID; not modelled: contexts
 * that match by themselves, VMIDs, mismatches (AArch32), vector catch.
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
enum { MOE_BREAKPOINT = 1, MOE_WATCHPOINT = 10 };
enum { CONTROL_E = 1, TYPE_LINKED_ADDRESS = 1, TYPE_LINKED_CONTEXT = 3 };
enum { BREAKPOINTS = 16, WATCHPOINTS = 16 };
#define STATUS_DEBUG 0x22 /* of ISS, and of the long format's FSR */

unsigned arm_debug_target(const struct arm_cpu *a)
{
    return arm_el2_enabled(a) && ((a->hcr & HCR_TGE) || (a->mdcr[2] & MDCR_TDE)) ? 2 : 1;
}

bool arm_debug_enabled_at(const struct arm_cpu *a, unsigned el, uint64_t pstate)
{
    if (a->oslock || a->osdlr || el == 3 || (arm_secure(a) && (a->mdcr[3] & MDCR3_SDD)))
        return false;
    unsigned to = arm_debug_target(a);
    if (arm_level_is_a32(a, to))
        return el != 2;
    return el < to || (el == to && (a->mdscr & MDSCR_KDE) && !(pstate & PSTATE_D));
}

bool arm_breakpoints_armed(const struct arm_cpu *a)
{
    uint64_t any = 0;
    if (likely(!(a->mdscr & MDSCR_MDE)) || !arm_debug_enabled_at(a, a->el, a->pstate))
        return false;
    for (unsigned i = 0; i < BREAKPOINTS; i++)
        any |= a->dbgbcr[i];
    return any & CONTROL_E;
}

/* -- Matching -- */

/* A context breakpoint that others are linked to matches now. */
static bool linked_matches(const struct arm_cpu *a, unsigned n)
{
    uint64_t control = a->dbgbcr[n];
    unsigned type = bits(control, 20, 4);
    if (!(control & CONTROL_E) || type != TYPE_LINKED_CONTEXT || a->el > 1)
        return false;
    return (uint32_t)a->contextidr[1] == (uint32_t)a->dbgbvr[n];
}

/* The state that a control register asks for: HMC, SSC and PMC or PAC are at the same places in both kinds. */
static bool state_matches(const struct arm_cpu *a, uint64_t control)
{
    bool higher = control >> 13 & 1;
    unsigned ssc = bits(control, 14, 2), pac = bits(control, 1, 2);
    if (ssc == 2 ? !arm_secure(a) : ssc && arm_secure(a))
        return false;
    return a->el >= 2 ? higher : a->el == 1 ? pac & 1 : pac & 2;
}

static bool breakpoint_matches(const struct arm_cpu *a, unsigned n, gva pc)
{
    uint64_t control = a->dbgbcr[n];
    unsigned type = bits(control, 20, 4), bas = bits(control, 5, 4);
    gva at = (gva)sign_extend(a->dbgbvr[n] & ~UINT64_C(3), 49);
    if (!(control & CONTROL_E) || type > TYPE_LINKED_ADDRESS || !bas)
        return false;
    if (arm_in_a32(a))
        at = (uint32_t)at;
    if (bas == 0xc) /* the second halfword */
        at += 2;
    return pc == at && state_matches(a, control) &&
           (type != TYPE_LINKED_ADDRESS || linked_matches(a, bits(control, 16, 4)));
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

static uint64_t helper_breakpoint(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    cpu_sync_pc(cpu);
    for (unsigned i = 0; i < BREAKPOINTS; i++) {
        if (!breakpoint_matches(a, i, cpu->pc))
            continue;
        unsigned to = arm_debug_level(a);
        if (arm_level_is_a32(a, to))
            a->mdscr = with_bits(a->mdscr, MOE_SHIFT, 4, MOE_BREAKPOINT);
        arm_raise(a, to, arm_syndrome(a->el == to ? EC_BREAKPOINT : EC_BREAKPOINT_LOWER, STATUS_DEBUG));
    }
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
            !state_matches(a, control) || ((control >> 20 & 1) && !linked_matches(a, bits(control, 16, 4))))
            continue;
        cpu_sync_pc(cpu);
        unsigned to = arm_debug_level(a);
        gva hit = MAX(va, at);
        if (arm_level_is_a32(a, to)) {
            a->mdscr = with_bits(a->mdscr, MOE_SHIFT, 4, MOE_WATCHPOINT);
            arm_a32_set_fault(a, false, write, STATUS_DEBUG, 0, hit);
        } else {
            a->far[to] = hit;
        }
        arm_raise(a, to, arm_syndrome(a->el == to ? EC_WATCHPOINT : EC_WATCHPOINT_LOWER, STATUS_DEBUG | write << 6));
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
