/* SPDX-License-Identifier: BSD-2-Clause */
/* ARM as the engine, the boards and the debuggers know it: the architecture's record. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aarch32.h"
#include "bus.h"
#include "cpu-exec.h"
#include "regime.h"
#include "sysreg.h"

/* -- Life -- */

static bool arm_init(struct cpu *cpu, struct opts *model, GError **err)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (!arm_model_apply(a, model, err))
        return false;
    cpu->features = &a->config;
    cpu->feature_set = a->config.number;
    cpu->fp.cls = IR_FP_ARM;
    if (a->config.a32_only) {
        cpu->regs = arm_a32_regs;
        cpu->va_mask = UINT32_MAX;
    }
    a->mpidr = UINT64_C(1) << 31 | (cpu->index / 8) << 8 | cpu->index % 8;
    a->excl_addr = ~UINT64_C(0);
    if (arm_has(a, ARMF_el3) && cpu->as)
        address_space_add_secure(cpu->as);
    arm_timers_init(a);
    arm_pm_init(a);
    arm_tlbi_init(a);
    arm_regimes_init(a);
    return true;
}

static void arm_reset(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    /* With PSCI the first CPU starts the others. */
    bool off = a->psci_conduit != ARM_CONDUIT_NONE && cpu->index;
    cpu->pc = a->config.rvbar;
    cpu->powered_off = off;
    a->start = false;
    a->power = off;
    arm_set_nzcv(a, 0);
    arm_sysregs_reset(a);
    if (a->config.a32_only) { /* of a program's entry the lowest bit asks for T32 */
        a->thumb = cpu->pc & 1;
        cpu->pc &= ~UINT64_C(1);
    }
    mmu_flush(cpu, NULL, NULL);
    arm_update_state(a);
    arm_update_debug(a);
    if (a->below_el3)
        arm_start_at(a, arm_has(a, ARMF_el2) ? 2 : 1);
}

static void arm_fini(struct cpu *cpu)
{
    struct arm_cpu *a = arm_cpu(cpu);
    for (unsigned i = 0; i < ARM_TIMERS; i++)
        timer_cancel(&a->timers[i].timer);
    timer_cancel(&a->pm_timer);
    g_mutex_clear(&a->timer_lock);
    arm_tlbi_fini(a);
    arm_regimes_free(a);
    g_free(a->target_xml);
}

/* -- Debugging -- */

static void arm_set_pc(struct cpu *cpu, gva pc)
{
    cpu->pc = pc;
}

static void print_a32_state(struct arm_cpu *a, GString *out)
{
    uint32_t psr = arm_cpsr_read(a);
    for (unsigned i = 0; i < 16; i++)
        g_string_append_printf(out, "R%02u=%08x%c", i, i == 15 ? (uint32_t)a->cpu.pc : (uint32_t)a->x[arm_a32_slot[i]],
                               i % 4 == 3 ? '\n' : ' ');
    g_string_append_printf(out, "PSR=%08x %c%c%c%c %c %s%s32\n", psr, psr >> 31 ? 'N' : '-', psr >> 30 & 1 ? 'Z' : '-',
                           psr >> 29 & 1 ? 'C' : '-', psr >> 28 & 1 ? 'V' : '-', psr & A32_T ? 'T' : 'A',
                           !arm_has(a, ARMF_el3) ? "" : arm_secure(a) ? "S " : "NS ", arm_a32_mode_name(psr));
    unsigned nregs = !arm_has(a, ARMF_fp) ? 0 : arm_has(a, ARMF_asimd) ? 32 : 16;
    for (unsigned i = 0; i < nregs; i++) {
        uint64_t d = a->v[i / 2].q[i % 2];
        g_string_append_printf(out, "s%02u=%08x s%02u=%08x d%02u=%016" PRIx64 "\n", 2 * i, (uint32_t)d, 2 * i + 1,
                               (uint32_t)(d >> 32), i, d);
    }
    if (nregs)
        g_string_append_printf(out, "FPSCR: %08x\n", arm_fpscr_read(a));
}

static void print_a64_levels(struct arm_cpu *a, GString *out)
{
    for (unsigned el = 1; el <= 3; el++) {
        if ((el == 2 && !arm_has(a, ARMF_el2)) || (el == 3 && !arm_has(a, ARMF_el3)))
            continue;
        g_string_append_printf(out, " EL%u: SCTLR=%08" PRIx64 " VBAR=%016" PRIx64 " TTBR0=%016" PRIx64 "\n", el,
                               a->sctlr[el], a->vbar[el], a->ttbr0[el]);
        g_string_append_printf(out, "      ELR=%016" PRIx64 " SPSR=%08" PRIx64 " ESR=%08" PRIx64 " FAR=%016" PRIx64
                               "\n", a->elr[el], a->spsr[el], a->esr[el], a->far[el]);
    }
}

static void arm_print_state(struct cpu *cpu, GString *out)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (arm_in_a32(a)) {
        print_a32_state(a, out);
        if (!a->config.a32_only)
            print_a64_levels(a, out);
        return;
    }
    uint64_t pstate = arm_pstate_read(a);
    g_string_append_printf(out, " PC=%016" PRIx64 " ", cpu->pc);
    for (unsigned i = 0; i < 31; i++)
        g_string_append_printf(out, "X%02u=%016" PRIx64 "%s", i, a->x[i], i % 3 == 1 ? "\n" : " ");
    g_string_append_printf(out, " SP=%016" PRIx64 "\nPSTATE=%08" PRIx64 " %c%c%c%c EL%u%c\n", a->sp, pstate,
                           pstate >> 31 & 1 ? 'N' : '-', pstate >> 30 & 1 ? 'Z' : '-', pstate >> 29 & 1 ? 'C' : '-',
                           pstate >> 28 & 1 ? 'V' : '-', a->el, a->pstate & PSTATE_SP ? 'h' : 't');
    print_a64_levels(a, out);
    g_string_append_printf(out, " FPCR=%08x FPSR=%08" PRIx64 "\n", a->fpcr, arm_fpsr_read(a));
    for (unsigned i = 0; i < 32; i++)
        g_string_append_printf(out, "Q%02u=%016" PRIx64 ":%016" PRIx64 "%s", i, a->v[i].q[1], a->v[i].q[0],
                               i % 2 ? "\n" : " ");
}

/* Those that are members of arm_cpu: reading others may have effects. */
static bool system_register(struct arm_cpu *a, const char *name, uint64_t *value)
{
    const struct arm_sysreg *rows = a->config.a32_only ? arm_cp_regs : arm_sysregs;
    unsigned count = a->config.a32_only ? arm_cp_count : arm_sysreg_count;
    for (unsigned i = 0; i < count; i++) {
        const struct arm_sysreg *r = &rows[i];
        if (!r->name || r->offset < 0 || g_ascii_strcasecmp(r->name, name) != 0)
            continue;
        bool half = a->config.a32_only && r->enc >> 14 != CP15_64 && r->enc >> 14 != CP14_64;
        const char *p = (const char *)a + r->offset;
        *value = half ? *(const uint32_t *)p : *(const uint64_t *)p;
        return true;
    }
    return false;
}

/* r0 to r14, sp and lr are in x; their names are no rows of arm_regs. */
static bool a32_register(struct arm_cpu *a, const char *name, uint64_t *value)
{
    char *end;
    unsigned long n = !strcmp(name, "sp") ? 13 : !strcmp(name, "lr") ? 14 : ~0ul;
    if (name[0] == 'r' && g_ascii_isdigit(name[1])) {
        n = strtoul(name + 1, &end, 10);
        n = *end ? ~0ul : n;
    }
    if (!strcmp(name, "cpsr"))
        *value = arm_cpsr_read(a);
    else if (n == 15)
        *value = a->cpu.pc;
    else if (n < 15)
        *value = (uint32_t)a->x[arm_a32_slot[n]];
    else
        return false;
    return true;
}

static bool arm_reg_by_name(struct cpu *cpu, const char *name, uint64_t *value)
{
    if (strcmp(name, "pc") == 0) {
        *value = cpu->pc;
        return true;
    }
    if (arm_in_a32(arm_cpu(cpu)) && a32_register(arm_cpu(cpu), name, value))
        return true;
    if (strcmp(name, "nzcv") == 0) {
        *value = arm_nzcv(arm_cpu(cpu));
        return true;
    }
    for (unsigned i = 0; i < ARMREG_NZCV; i++) {
        if (strcmp(name, arm_regs[i].name) == 0) {
            *value = *(const uint64_t *)((const char *)cpu + arm_regs[i].offset);
            return true;
        }
    }
    return system_register(arm_cpu(cpu), name, value);
}

/* -- Wiring -- */

/* The cell is enum arm_line. */
static bool arm_irq_in(struct cpu *cpu, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    if (ncells != 1 || cells[0] >= ARM_LINES)
        return false;
    arm_irq_line(arm_cpu(cpu), cells[0], line);
    return true;
}

static bool arm_irq_out(struct cpu *cpu, unsigned n, const struct irq *line)
{
    if (n >= ARM_OUTS)
        return false;
    arm_cpu(cpu)->out[n] = *line;
    return true;
}

static void arm_gic_in(struct cpu *cpu, const struct gic_cpu *gic)
{
    arm_cpu(cpu)->gic = *gic;
}

static void arm_set_reset_pc(struct cpu *cpu, gpa pc)
{
    arm_cpu(cpu)->config.rvbar = pc;
}

/* -- Helpers of both halves in one list, for the IR text form -- */

#define MAX_HELPERS 512
static const struct ir_helper *helpers[MAX_HELPERS + 1];

static void __attribute__((constructor)) join_helpers(void)
{
    unsigned n = 0;
    for (unsigned i = 0; arm_sys_helpers[i] && n < MAX_HELPERS; i++)
        helpers[n++] = arm_sys_helpers[i];
    for (unsigned i = 0; arm_a32_helpers[i] && n < MAX_HELPERS; i++)
        helpers[n++] = arm_a32_helpers[i];
    for (unsigned i = 0; arm_trans_helpers[i] && n < MAX_HELPERS; i++)
        helpers[n++] = arm_trans_helpers[i];
}

const struct cpu_arch arm_arch = {
    .name = "arm",
    .gdb_arch = "aarch64",
    .cpu_size = sizeof(struct arm_cpu),
    .regs = arm_regs,
    .nregs = ARMREG_COUNT,
    .ncontexts = 1,
    .state = &arm_state,
    .helpers = helpers,
    .models = arm_models,
    .describe_model = arm_describe_model,
    .init = arm_init,
    .reset = arm_reset,
    .fini = arm_fini,
    .translate = arm_translate,
    .walk = arm_walk,
    .raise_fault = arm_raise_fault,
    .take_interrupt = arm_take_interrupt,
    .has_work = arm_has_work,
    .time_changed = arm_time_changed,
    .gdb_target_xml = arm_gdb_target_xml,
    .gdb_read = arm_gdb_read,
    .gdb_write = arm_gdb_write,
    .gdb_nregs = arm_gdb_nregs,
    .watch_before = true,
    .watch_hit = arm_watch_hit,
    .set_pc = arm_set_pc,
    .print_state = arm_print_state,
    .reg_by_name = arm_reg_by_name,
    .disas = arm_disas,
    .dt_compatible = arm_dt_compatible,
    .dt_model = arm_dt_model,
    .dt_read = arm_dt_read,
    .dt_write = arm_dt_write,
    .irq_in = arm_irq_in,
    .irq_out = arm_irq_out,
    .gic_in = arm_gic_in,
    .cpu_nodes = arm_cpu_nodes,
    .set_reset_pc = arm_set_reset_pc,
};
