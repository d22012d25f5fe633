/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL3 in AArch32: registers that each security state has, SCR, what the secure state keeps for itself. Manual:
 * DDI 0487, chapter G1.
 *
 * SCR.NS says which copy of a register a coprocessor access means, in Monitor mode too. That copy is in the members of
 * struct arm_cpu that are EL1's in AArch64, the other one in arm_cpu.other: they change places with SCR.NS, so that
 * translated code reaches the right one in place.
 */
#include "aarch32.h"
#include "cpu-exec.h"

static const struct {
    uint32_t member, copy;
} copies[] = {
#define COPY(m, c) { offsetof(struct arm_cpu, m), offsetof(struct arm_a32_copy, c) }
    COPY(sctlr[1], sctlr), COPY(actlr[1], actlr), COPY(ttbr0[1], ttbr0), COPY(ttbr1[1], ttbr1), COPY(tcr[1], tcr),
    COPY(dacr32, dacr), COPY(esr[1], dfsr), COPY(ifsr32, ifsr), COPY(far[1], far), COPY(afsr0[1], adfsr),
    COPY(afsr1[1], aifsr), COPY(par, par), COPY(mair[1], mair), COPY(amair[1], amair), COPY(vbar[1], vbar),
    COPY(contextidr[1], contextidr), COPY(tpidr[0], tpidr_user), COPY(tpidrro, tpidrro), COPY(tpidr[1], tpidr),
    COPY(csselr, csselr),
#undef COPY
};
_Static_assert(sizeof(struct arm_a32_copy) == ARRAY_SIZE(copies) * sizeof(uint64_t), "each copy has its place");

void arm_a32_set_ns(struct arm_cpu *a, bool ns)
{
    if (!(a->scr & SCR_NS) == !ns)
        return;
    a->scr ^= SCR_NS;
    for (unsigned i = 0; i < ARRAY_SIZE(copies); i++) {
        uint64_t *m = (uint64_t *)((char *)a + copies[i].member);
        uint64_t *c = (uint64_t *)((char *)&a->other + copies[i].copy), v = *m;
        *m = *c;
        *c = v;
    }
}

/* SCD and HCE belong to the Virtualization Extensions. TWI and TWE are Armv8's, but nobody minds them. */
void arm_a32_write_scr(struct arm_cpu *a, uint32_t value)
{
    uint32_t mask = 0x33ff;
    if (!arm_has(a, ARMF_el2))
        mask &= ~(SCR_HCE | (arm_has(a, ARMF_v8) ? 0 : SCR_SMD));
    arm_a32_set_ns(a, value & SCR_NS);
    a->scr = value & mask;
    arm_update_state(a);
    arm_check_interrupts(a);
}

/* The members have the other state's. */
static bool swapped(const struct arm_cpu *a, bool secure)
{
    return arm_a32_has_el3(a) && secure == (bool)(a->scr & SCR_NS);
}

struct arm_a32_view arm_a32_view(const struct arm_cpu *a, bool secure)
{
    const struct arm_a32_copy *o = &a->other;
    if (swapped(a, secure))
        return (struct arm_a32_view){ o->sctlr, o->tcr, o->ttbr0, o->ttbr1, o->contextidr, o->dacr };
    return (struct arm_a32_view){ a->sctlr[1], a->tcr[1], a->ttbr0[1], a->ttbr1[1], a->contextidr[1], a->dacr32 };
}

uint64_t arm_a32_sctlr(const struct arm_cpu *a, bool secure)
{
    return swapped(a, secure) ? a->other.sctlr : a->sctlr[1];
}

uint32_t arm_a32_vbar(const struct arm_cpu *a, bool secure)
{
    return swapped(a, secure) ? a->other.vbar : a->vbar[1];
}

bool arm_a32_fp_closed(const struct arm_cpu *a)
{
    return arm_a32_has_el3(a) && !arm_secure(a) && !(a->nsacr >> 10 & 1 /* CP10; CP11 has to be the same */);
}

/*
 * The non-secure state does not mask what EL2 has taken from it, nor what goes to Monitor mode; but of the latter it
 * masks IRQs, and by SCR.FW and AW the others.
 */
bool arm_a32_interrupt_masked(const struct arm_cpu *a, unsigned to, uint32_t mask)
{
    if (!(a->pstate & mask))
        return false;
    if (arm_secure(a))
        return true;
    uint64_t hcr = arm_el2_enabled(a) ? a->hcr : 0;
    hcr &= hcr & HCR_TGE ? ~UINT64_C(0) : mask == PSTATE_F ? HCR_FMO : mask == PSTATE_I ? HCR_IMO : HCR_AMO;
    if (to == 2)
        return a->el == 2;
    if (to == 1 || mask == PSTATE_I)
        return !hcr;
    return (a->scr & (mask == PSTATE_F ? SCR_FW : SCR_AW)) && !hcr;
}

#define ZERO(member) FIELD(struct arm_a32_copy, member, 0)

static const struct state_row copy_fields[] = {
    FIELD_KEEP(struct arm_a32_copy, sctlr),
    ZERO(actlr), ZERO(ttbr0), ZERO(ttbr1), ZERO(tcr), ZERO(dacr), ZERO(dfsr), ZERO(ifsr), ZERO(far), ZERO(adfsr),
    ZERO(aifsr), ZERO(par), ZERO(mair), ZERO(amair), ZERO(vbar), ZERO(contextidr), ZERO(tpidr_user), ZERO(tpidrro),
    ZERO(tpidr), ZERO(csselr),
    FIELD_END,
};

const struct state_table arm_a32_copy_table = {
    STATE_OF(struct arm_a32_copy),
    .version = 1,
    .rows = copy_fields,
};
