/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of a CPU's state, and what follows from it after a load. */
#include "aarch32.h"
#include "cpu-exec.h"
#include "cpus.h"
#include "opts.h"
#include "sysreg.h"

static const struct state_row config_fields[] = {
    FIELD_SAME_ARRAY(struct arm_config, has),
    { .name = "id", .kind = STATE_NUMBER, .life = STATE_SAME, .offset = offsetof(struct arm_config, id), .size = 8,
      .count = 64 },
    FIELD_SAME(struct arm_config, fpsid),
    FIELD_SAME(struct arm_config, dbgdidr),
    FIELD_SAME(struct arm_config, pmcr),
    FIELD_SAME(struct arm_config, sctlr), FIELD_SAME(struct arm_config, cbar),
    FIELD_SAME(struct arm_config, ctr),
    FIELD_SAME(struct arm_config, dczid),
    FIELD_SAME(struct arm_config, clidr),
    FIELD_SAME_ARRAY(struct arm_config, ccsidr),
    FIELD_NONE(struct arm_config, rvbar, "follows from what the machine was started with"),
    FIELD_SAME(struct arm_config, cntfrq),
    FIELD_SAME(struct arm_config, pauth), FIELD_SAME(struct arm_config, pauth_level),
    FIELD_SAME(struct arm_config, a32_only),
    FIELD_NONE(struct arm_config, number, "counts the models of this process"),
    FIELD_END,
};

static const struct state_table config_table = {
    STATE_OF(struct arm_config),
    .version = 1,
    .rows = config_fields,
};

static const struct state_row timer_fields[] = {
    FIELD_NONE(struct arm_timer, owner, "wiring"),
    FIELD_KEEP_TIMER(struct arm_timer, timer),
    FIELD(struct arm_timer, cval, 0),
    FIELD(struct arm_timer, ctl, 0),
    FIELD_END,
};

static const struct state_table timer_table = {
    STATE_OF(struct arm_timer),
    .version = 1,
    .rows = timer_fields,
};

#define KEEP(member) FIELD_KEEP(struct arm_cpu, member)
#define ZERO(member) FIELD(struct arm_cpu, member, 0)
#define ZEROS(member) FIELD_ARRAY(struct arm_cpu, member, 0)
#define BYTES(member) FIELD_KEEP_BYTES(struct arm_cpu, member)

static const struct state_row fields[] = {
    FIELD_STRUCT(struct arm_cpu, cpu, &cpu_table),
    ZEROS(x), ZERO(sp), ZERO(nzcv),
    FIELD_NONE(struct arm_cpu, flags, "settled: nzcv has them"),
    BYTES(v),
    /* Those that are kept arm_sysregs_reset() sets by the features. */
    KEEP(pstate), ZERO(btype), ZERO(btype_pc), ZERO(guarded),
    FIELD_NONE(struct arm_cpu, walk_guarded, "of one walk"), KEEP(el), KEEP(thumb), KEEP(itstate), KEEP(cpsr_ge), ZERO(cpsr_q), ZERO(fpscr_nzcv),
    ZEROS(bank_sp), ZEROS(bank_lr), BYTES(bank_high), ZERO(fpcr), ZERO(qc),
    FIELD(struct arm_cpu, excl_addr, ~UINT64_C(0)),
    ZEROS(excl_value), ZERO(event), FIELD(struct arm_cpu, for_event, false),
    ZEROS(sp_el), ZEROS(elr), ZEROS(spsr), ZEROS(esr), ZEROS(far), ZEROS(vbar),
    FIELD_KEEP_ARRAY(struct arm_cpu, sctlr),
    ZEROS(actlr), ZEROS(afsr0), ZEROS(afsr1), ZEROS(mair), ZEROS(amair), ZEROS(ttbr0), ZEROS(ttbr1), ZEROS(tcr),
    ZEROS(tpidr), ZERO(tpidrro), ZEROS(contextidr), ZERO(cpacr),
    FIELD_KEEP_ARRAY(struct arm_cpu, cptr),
    ZERO(hcr), KEEP(scr), ZERO(hstr), ZERO(hacr), ZERO(hpfar), ZERO(vttbr), ZERO(vtcr), KEEP(vpidr), KEEP(vmpidr),
    ZERO(sder), ZERO(par), ZERO(csselr), ZERO(spsr_abt), ZERO(spsr_und), ZERO(spsr_irq), ZERO(spsr_fiq), ZERO(dacr32),
    ZERO(ifsr32), ZERO(fpexc32), ZERO(teecr), ZERO(teehbr),
    FIELD_KEEP_ARRAY(struct arm_cpu, mdcr),
    ZERO(mdscr), ZERO(mdccint), KEEP(oslock), ZERO(osdlr), ZEROS(osdtr), ZEROS(dbgbvr), ZEROS(dbgbcr), ZEROS(dbgwvr),
    ZEROS(dbgwcr), ZERO(dbgclaim), ZERO(dbgvcr32), FIELD_STRUCT(struct arm_cpu, other, &arm_a32_copy_table), ZERO(nsacr),
    ZERO(cntkctl), KEEP(cnthctl), ZERO(cntvoff), KEEP(cntfrq),
    ZERO(cntps_access), KEEP(pmcr), ZERO(pmcntenset), ZERO(pmovsset), ZERO(pmselr), ZERO(pmuserenr), ZERO(pmintenset),
    ZEROS(pmevcntr), ZEROS(pmevtyper), ZERO(pmccntr), ZERO(pmccfiltr),
    FIELD_NONE(struct arm_cpu, pm_counting, "follows from the others"),
    FIELD_NONE(struct arm_cpu, pm_filtered, "follows from the others"),
    FIELD_NONE(struct arm_cpu, pm_due, "the timer is set anew"),
    FIELD_NONE(struct arm_cpu, pm_last, "counted before it is saved"),
    FIELD_NONE(struct arm_cpu, pm_timer, "set anew"),
    BYTES(apkey),
    FIELD_SAME(struct arm_cpu, mpidr),
    KEEP(lines), /* others' to drive */
    FIELD_NONE(struct arm_cpu, out, "wiring"),
    FIELD_STRUCTS(struct arm_cpu, timers, &timer_table),
    FIELD_NONE(struct arm_cpu, timer_lock, "a lock"),
    FIELD_NONE(struct arm_cpu, gic, "wiring"),
    FIELD_NONE(struct arm_cpu, tlbi, "done before a CPU runs on"),
    FIELD_NONE(struct arm_cpu, tlbi_posted, "done before a CPU runs on"),
    KEEP(power), KEEP(start), KEEP(start_el), KEEP(start_pc), KEEP(start_x0),
    FIELD_NONE(struct arm_cpu, update_key, "constant"),
    FIELD_STRUCT(struct arm_cpu, config, &config_table),
    FIELD_NONE(struct arm_cpu, psci_conduit, "follows from the machine"),
    FIELD_NONE(struct arm_cpu, below_el3, "follows from the machine"),
    ZERO(entropy),
    FIELD_NONE(struct arm_cpu, regimes, "made anew"),
    FIELD_NONE(struct arm_cpu, data_key, "what the engine was told"),
    FIELD_NONE(struct arm_cpu, fetch_key, "what the engine was told"),
    FIELD_NONE(struct arm_cpu, unpriv_key, "what the engine was told"),
    FIELD_NONE(struct arm_cpu, target_xml, "made of the features"),
    FIELD_END,
};

static void settle(void *obj)
{
    fp_flags_sync(obj);
    arm_set_nzcv(obj, arm_nzcv(obj));
    arm_pm_settle(obj);
}

/* What the rest of the folder relies on; other bits that no CPU could have do no harm. */
static bool possible(const struct arm_cpu *a)
{
    if (arm_in_a32(a))
        return arm_cpsr_legal(a, a->pstate) && a->el == arm_a32_level(a->pstate) && a->thumb <= 1 &&
               a->cpsr_ge <= 15 && !(a->nzcv & ~(uint64_t)PSTATE_NZCV);
    static const enum arm_feature level[4] = { ARMF_asimd, ARMF_asimd, ARMF_el2, ARMF_el3 };
    return a->el <= 3 && (a->el < 2 || arm_has(a, level[a->el])) &&
           a->el == bits(a->pstate, PSTATE_EL_SHIFT, 2) && !(a->pstate & (PSTATE_NRW | 2)) && a->btype <= 3 &&
           !(a->nzcv & ~(uint64_t)PSTATE_NZCV) && (a->el || !(a->pstate & PSTATE_SP));
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct arm_cpu *a = obj;
    if (!possible(a)) {
        fail(err, "cpu %u is in a state that it can't be in", a->cpu.index);
        return false;
    }
    fp_flags_set(&a->cpu, a->cpu.fp.flags); /* what is in the host's register goes */
    arm_fpcr_write(a, a->fpcr);
    arm_set_nzcv(a, a->nzcv);
    mmu_flush(&a->cpu, NULL, NULL);
    arm_update_state(a);
    arm_update_debug(a);
    arm_pm_loaded(a);
    cpu_kick(&a->cpu);
    return true;
}

static void identity(const void *obj, GString *out)
{
    const struct arm_cpu *a = obj;
    g_string_append_printf(out, "model=%s", a->cpu.model);
}

const struct state_table arm_state = {
    STATE_OF(struct arm_cpu),
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
    .identity = identity,
};
