/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of an M-profile CPU's state, and what follows from it after a load. */
#include "m.h"

#include "cpu-exec.h"
#include "cpus.h"
#include "opts.h"

static const struct state_row systick_fields[] = {
    FIELD_NONE(struct armm_systick, m, "wiring"),
    FIELD_NONE(struct armm_systick, secure, "wiring"),
    FIELD_NONE(struct armm_systick, lock, "a lock"),
    FIELD_KEEP_TIMER(struct armm_systick, timer),
    FIELD_KEEP(struct armm_systick, csr),
    FIELD_KEEP(struct armm_systick, rvr),
    FIELD_KEEP(struct armm_systick, held),
    FIELD_KEEP(struct armm_systick, zero),
    FIELD_END,
};

static const struct state_table systick_table = {
    STATE_OF(struct armm_systick),
    .version = 1,
    .rows = systick_fields,
};

#define KEEP(member) FIELD_KEEP(struct armm_cpu, member)
#define KEEPS(member) FIELD_KEEP_ARRAY(struct armm_cpu, member)
#define ZERO(member) FIELD(struct armm_cpu, member, 0)
#define ZEROS(member) FIELD_ARRAY(struct armm_cpu, member, 0)

static const struct state_row fields[] = {
    FIELD_STRUCT(struct armm_cpu, arm, &arm_state),
    FIELD_NONE(struct armm_cpu, model, "settled when it is made"),
    FIELD_NONE(struct armm_cpu, reduced, "settled when it is made"),
    KEEP(secure), ZEROS(sp_bank), KEEP(spsel), ZEROS(sp_limit), ZERO(limit), ZERO(exception), ZEROS(control),
    ZERO(fpca), ZERO(sfpa), ZEROS(primask), ZEROS(faultmask), ZEROS(basepri), ZERO(event), ZERO(waits), ZERO(lockup),
    /* Those that are kept reset() sets by the model. */
    KEEPS(vtor), ZEROS(prigroup), ZEROS(scr), KEEPS(ccr), ZEROS(cfsr), ZEROS(mmfar), ZEROS(cpacr), ZEROS(actlr),
    KEEPS(fpccr), ZEROS(fpcar), ZEROS(fpdscr), ZERO(hfsr), ZERO(dfsr), ZERO(bfar), ZERO(demcr), ZERO(dhcsr),
    ZERO(nsacr), ZERO(sfsr), ZERO(sfar), ZERO(aircr),
    ZEROS(enabled), ZEROS(active), KEEPS(pending), KEEPS(level), ZEROS(itns), ZEROS(prio), KEEP(check),
    FIELD_SAME(struct armm_cpu, nirqs), FIELD_SAME(struct armm_cpu, prio_bits),
    FIELD_STRUCTS(struct armm_cpu, systick, &systick_table),
    FIELD_SAME(struct armm_cpu, hz),
    ZEROS(mpu_ctrl), ZEROS(mpu_rnr), ZEROS(mpu_rbar), ZEROS(mpu_rasr), ZEROS(mpu_mair),
    ZERO(sau_ctrl), ZERO(sau_rnr), ZEROS(sau_rbar), ZEROS(sau_rlar), FIELD_SAME(struct armm_cpu, idau),
    KEEP(idau_nsc), KEEP(idau_seen),
    ZERO(dwt_ctrl), ZERO(dwt_offset), ZERO(dwt_held),
    ZEROS(dwt_comp), ZEROS(dwt_mask), ZEROS(dwt_function), ZERO(fp_ctrl), ZEROS(fp_comp),
    FIELD_NONE(struct armm_cpu, next, "wiring"),
    FIELD_SAME(struct armm_cpu, held), ZERO(released_at),
    FIELD_NONE(struct armm_cpu, entry, "follows from what the machine was started with"),
    FIELD_NONE(struct armm_cpu, scs, "wiring"),
    FIELD_NONE(struct armm_cpu, scs_ns, "wiring"),
    FIELD_NONE(struct armm_cpu, ppb, "wiring"),
    FIELD_NONE(struct armm_cpu, bitband, "wiring"),
    FIELD_END,
};

static void settle(void *obj)
{
    fp_flags_sync(obj);
    struct armm_cpu *m = obj;
    arm_set_nzcv(&m->arm, arm_nzcv(&m->arm));
}

/* What the folder's code indexes by and relies on. */
static bool possible(const struct armm_cpu *m)
{
    const struct arm_cpu *a = &m->arm;
    bool sec = armm_has_security(m), ok = m->secure <= sec && m->spsel <= 3;
    for (unsigned i = 0; i < 2; i++)
        ok = ok && m->control[i] <= 3 && m->prigroup[i] <= 7 && m->systick[i].rvr <= 0xffffff && m->primask[i] <= 1 &&
             m->faultmask[i] <= 1;
    for (unsigned i = 0; i < ARMM_DWT_COMPS; i++)
        ok = ok && m->dwt_mask[i] <= 31;
    return ok && m->exception < ARMM_EXCEPTIONS && m->fpca <= 1 && m->sfpa <= 1 && a->thumb <= 1 && a->cpsr_ge <= 15 &&
           !(a->nzcv & ~(uint64_t)PSTATE_NZCV) && (a->pstate & PSTATE_NRW) &&
           m->spsel == ARMM_SP(m->secure, !m->exception && (m->control[m->secure] & CONTROL_SPSEL)) &&
           (sec || !m->active[SLOT_SECURE / 32]);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct armm_cpu *m = obj;
    struct arm_cpu *a = &m->arm;
    if (!possible(m)) {
        fail(err, "cpu %u is in a state that it can't be in", a->cpu.index);
        return false;
    }
    a->data_key = a->fetch_key = a->unpriv_key = (struct mmu_key){ .mode = UINT32_MAX }; /* others than any */
    fp_flags_set(&a->cpu, a->cpu.fp.flags); /* what is in the host's register goes */
    arm_fpcr_write(a, a->fpcr);
    arm_set_nzcv(a, a->nzcv);
    mmu_flush(&a->cpu, NULL, NULL);
    armm_update_watchpoints(m);
    armm_update_state(m);
    cpu_kick(&a->cpu);
    return true;
}

static void identity(const void *obj, GString *out)
{
    const struct armm_cpu *m = obj;
    g_string_append_printf(out, "model=%s", m->arm.cpu.model);
}

const struct state_table armm_state = {
    STATE_OF(struct armm_cpu),
    .version = 3,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
    .identity = identity,
};
