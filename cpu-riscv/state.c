/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of a hart's state, and what follows from it after a load. */
#include <inttypes.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "csr.h"
#include "opts.h"
#include "riscv.h"

#define MAX_IDENTITY 2047 /* of an IMSIC's interrupts */

static const struct state_row config_fields[] = {
    FIELD_SAME_ARRAY(struct riscv_config, has),
    FIELD_SAME(struct riscv_config, xlen),
    FIELD_SAME(struct riscv_config, priv_minor),
    FIELD_SAME(struct riscv_config, pmp_count),
    FIELD_SAME(struct riscv_config, cbo_block),
    FIELD_SAME(struct riscv_config, mvendorid),
    FIELD_SAME(struct riscv_config, marchid),
    FIELD_SAME(struct riscv_config, mimpid),
    FIELD_NONE(struct riscv_config, number, "counts the models of this process"),
    FIELD_NONE(struct riscv_config, reset_vector, "follows from what the machine was started with"),
    FIELD_END,
};

static const struct state_table config_table = {
    STATE_OF(struct riscv_config),
    .version = 1,
    .rows = config_fields,
};

#define KEEP(member) FIELD_KEEP(struct riscv_cpu, member)
#define ZERO(member) FIELD(struct riscv_cpu, member, 0)
static const struct state_row fields[] = {
    FIELD_STRUCT(struct riscv_cpu, cpu, &cpu_table),
    FIELD_ARRAY(struct riscv_cpu, x, 0),
    FIELD_ARRAY(struct riscv_cpu, f, 0),
    FIELD(struct riscv_cpu, priv, PRV_M),
    FIELD(struct riscv_cpu, resv_addr, ~UINT64_C(0)),
    FIELD(struct riscv_cpu, resv_value, 0),
    FIELD_NONE(struct riscv_cpu, mstatus_mask, "follows from the features"),
    FIELD_NONE(struct riscv_cpu, sstatus_mask, "follows from the features"),
    /* CSRs. Those that are kept riscv_csr_reset() sets by the features. */
    KEEP(mstatus), KEEP(misa), ZERO(mie), ZERO(mtvec), ZERO(mscratch), ZERO(mepc), ZERO(mcause), ZERO(mtval),
    ZERO(medeleg), ZERO(mideleg), ZERO(mcounteren), ZERO(mcountinhibit), KEEP(menvcfg), ZERO(mseccfg), ZERO(stvec),
    ZERO(sscratch), ZERO(sepc), ZERO(scause), ZERO(stval), ZERO(satp), ZERO(scounteren), ZERO(senvcfg), KEEP(stimecmp),
    FIELD_ARRAY(struct riscv_cpu, mstateen, 0), ZERO(sstateen0), ZERO(jvt), ZERO(ssp), ZERO(elp),
    FIELD_ARRAY(struct riscv_cpu, pmpcfg, 0), FIELD_ARRAY(struct riscv_cpu, pmpaddr, 0),
    FIELD_NONE(struct riscv_cpu, pmp_range, "made of pmpcfg and pmpaddr"),
    FIELD_NONE(struct riscv_cpu, pmp_nranges, "made of pmpcfg and pmpaddr"),
    ZERO(mcycle_offset), ZERO(minstret_offset), ZERO(frm),
    /* Lines are others' to drive. */
    KEEP(mip_lines), KEEP(mip_sstc), ZERO(mip_soft), ZERO(mvien), ZERO(mvip), ZERO(miselect), ZERO(siselect),
    ZERO(sie_virtual), ZERO(virtual_pending),
    FIELD_ARRAY(struct riscv_cpu, miprio, 0), FIELD_ARRAY(struct riscv_cpu, siprio, 0), ZERO(miprio_set),
    ZERO(siprio_set), ZERO(topei),
    FIELD_NONE(struct riscv_cpu, mfile, "wiring"),
    FIELD_NONE(struct riscv_cpu, sfile, "wiring"),
    FIELD_KEEP_TIMER(struct riscv_cpu, stimer),
    FIELD_NONE(struct riscv_cpu, stimer_lock, "a lock"),
    KEEP(stimecmp_written),
    FIELD_NONE(struct riscv_cpu, data_key, "what the engine was told"),
    FIELD_NONE(struct riscv_cpu, fetch_key, "what the engine was told"),
    FIELD_STRUCT(struct riscv_cpu, config, &config_table),
    FIELD_SAME(struct riscv_cpu, hartid),
    FIELD_SAME(struct riscv_cpu, time_hz),
    FIELD(struct riscv_cpu, entropy, 0),
    FIELD(struct riscv_cpu, entropy_seeded, false),
    FIELD_NONE(struct riscv_cpu, target_xml, "made of the features"),
    FIELD_END,
};
#undef KEEP
#undef ZERO

static void settle(void *obj)
{
    fp_flags_sync(obj);
}

/* The narrow registers of RV32: nothing is above them. */
static bool fits_xlen(const struct riscv_cpu *r)
{
    uint64_t all = r->cpu.pc | r->satp | r->mepc | r->sepc | r->mtvec | r->stvec;

    for (unsigned i = 0; i < ARRAY_SIZE(r->x); i++)
        all |= r->x[i];
    return riscv_xlen_trunc(r, all) == all;
}

static bool any(const uint8_t *bytes, size_t n)
{
    uint8_t all = 0;

    while (n--)
        all |= *bytes++;
    return all != 0;
}

/* What the rest of the folder relies on; other bits that no hart could have do no harm. */
static bool possible(const struct riscv_cpu *r)
{
    return r->priv <= PRV_M && riscv_privilege_exists(r, r->priv) &&
           riscv_privilege_exists(r, bits(r->mstatus, MSTATUS_MPP_SHIFT, 2)) && riscv_satp_possible(r, r->satp) &&
           r->frm <= 7 && r->cpu.fp.flags <= 0x1f && !r->x[0] && fits_xlen(r) &&
           !(r->cpu.pc & riscv_ialign_mask(r)) && r->topei <= MAX_IDENTITY &&
           (!r->topei || r->mfile.ops || r->sfile.ops);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct riscv_cpu *r = obj;
    uint64_t reservation = r->resv_addr;

    if (!possible(r)) {
        fail(err, "hart %u is in a state that it can't be in", r->cpu.index);
        return false;
    }
    r->miprio_set = any(r->miprio, sizeof(r->miprio));
    r->siprio_set = any(r->siprio, sizeof(r->siprio));
    riscv_pmp_update(r);
    fp_flags_set(&r->cpu, r->cpu.fp.flags); /* what is in the host's register goes */
    fp_rounding_set(&r->cpu, r->frm <= IR_RMM ? r->frm : IR_RNE);
    mmu_flush(&r->cpu, NULL, NULL);
    riscv_update_state(r);
    r->resv_addr = reservation; /* which a change of regime takes away */
    cpu_kick(&r->cpu);
    return true;
}

static void identity(const void *obj, GString *out)
{
    const struct riscv_cpu *r = obj;
    g_autofree char *isa = riscv_isa_string(&r->config);

    g_string_append_printf(out, "model=%s,isa=%s", r->cpu.model, isa);
}

const struct state_table riscv_state = {
    STATE_OF(struct riscv_cpu),
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
    .identity = identity,
};
