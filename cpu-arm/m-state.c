/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of an M-profile CPU's state, and what follows from it after a load. */
#include "m.h"

#include "cpu-exec.h"
#include "cpus.h"
#include "opts.h"

static const struct state_row systick_fields[] = {
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
#define ZERO(member) FIELD(struct armm_cpu, member, 0)
#define ZEROS(member) FIELD_ARRAY(struct armm_cpu, member, 0)

static const struct state_row fields[] = {
    FIELD_STRUCT(struct armm_cpu, arm, &arm_state),
    FIELD_NONE(struct armm_cpu, model, "settled when it is made"),
    ZEROS(sp_bank), ZERO(spsel), ZERO(exception), ZERO(control), ZERO(primask), ZERO(faultmask), ZERO(basepri),
    ZERO(event), ZERO(waits), ZERO(lockup),
    /* Those that are kept reset() sets by the model. */
    KEEP(vtor), ZERO(prigroup), ZERO(scr), KEEP(ccr), ZERO(cfsr), ZERO(hfsr), ZERO(dfsr), ZERO(mmfar), ZERO(bfar),
    ZERO(cpacr), ZERO(demcr), ZERO(dhcsr), ZERO(actlr), KEEP(fpccr), ZERO(fpcar), ZERO(fpdscr),
    ZEROS(enabled), ZEROS(active), FIELD_KEEP_ARRAY(struct armm_cpu, pending), FIELD_KEEP_ARRAY(struct armm_cpu, level),
    ZEROS(prio), KEEP(check),
    FIELD_SAME(struct armm_cpu, nirqs), FIELD_SAME(struct armm_cpu, prio_bits),
    FIELD_STRUCT(struct armm_cpu, systick, &systick_table),
    FIELD_SAME(struct armm_cpu, hz),
    ZERO(mpu_ctrl), ZERO(mpu_rnr), ZEROS(mpu_rbar), ZEROS(mpu_rasr),
    ZERO(dwt_ctrl), ZERO(dwt_offset), ZERO(dwt_held),
    FIELD_NONE(struct armm_cpu, entry, "follows from what the machine was started with"),
    FIELD_NONE(struct armm_cpu, scs, "wiring"),
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
    return m->spsel <= 1 && m->exception < ARMM_EXCEPTIONS && m->control <= 7 && m->prigroup <= 7 && a->thumb <= 1 &&
           a->cpsr_ge <= 15 && !(a->nzcv & ~(uint64_t)PSTATE_NZCV) && (a->pstate & PSTATE_NRW) &&
           m->systick.rvr <= 0xffffff && m->spsel == (!m->exception && (m->control & CONTROL_SPSEL));
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
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
    .identity = identity,
};
