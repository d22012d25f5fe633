/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V as the engine, the boards and the debuggers know it: the architecture's record. */
#include <inttypes.h>
#include <stdio.h>

#include "machine.h"
#include "opts.h"
#include "riscv.h"

/* -- Life -- */

static bool riscv_init(struct cpu *cpu, struct opts *model, GError **err)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    const struct board *board = cpu->machine ? cpu->machine->board : NULL;
    bool system32 = board && board->system && strcmp(board->system, "riscv32") == 0;
    if (!riscv_model_apply(&r->config, model, system32, err))
        return false;
    cpu->features = &r->config;
    cpu->feature_set = r->config.number;
    if (r->config.xlen == 32)
        cpu->va_mask = UINT32_MAX;
    r->hartid = cpu->index;
    r->time_hz = 10000000; /* until the board's tree says otherwise */
    r->resv_addr = ~UINT64_C(0);
    riscv_stimer_init(r);
    return true;
}

static void riscv_reset(struct cpu *cpu)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    cpu->pc = r->config.reset_vector;
    riscv_csr_reset(r);
    riscv_update_state(r);
    mmu_flush(cpu, NULL, NULL);
}

static void riscv_fini(struct cpu *cpu)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    timer_cancel(&r->stimer);
    g_mutex_clear(&r->stimer_lock);
    g_free(r->target_xml);
}

/* -- Debugging -- */

static void riscv_set_pc(struct cpu *cpu, gva pc)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    cpu->pc = riscv_xlen_trunc(r, pc & ~riscv_ialign_mask(r));
}

static void print_csrs(struct riscv_cpu *r, GString *out)
{
    static const uint16_t shown[] = {0xf14, 0x300, 0x144, 0x344, 0x304, 0x303, 0x302, 0x305, 0x105, 0x341,
                                     0x141, 0x342, 0x142, 0x343, 0x143, 0x340, 0x140, 0x180};
    int width = r->config.xlen / 4;
    for (unsigned i = 0; i < ARRAY_SIZE(shown); i++) {
        uint64_t v;
        if (riscv_csr_debug_read(r, shown[i], &v))
            g_string_append_printf(out, " %-8s %0*" PRIx64 "\n", riscv_csr_name(shown[i]), width, v);
    }
}

static void print_regs(GString *out, unsigned first, char letter, const uint64_t *values, int width)
{
    for (unsigned i = 0; i < 32; i++) {
        char name[16];
        g_snprintf(name, sizeof(name), "%c%u/%s", letter, i, riscv_regs[first + i].name);
        g_string_append_printf(out, " %-8s %0*" PRIx64 "%s", name, width, values[i], i % 4 == 3 ? "\n" : "");
    }
}

static void riscv_print_state(struct cpu *cpu, GString *out)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    int width = r->config.xlen / 4;
    g_string_append_printf(out, " %-8s %0*" PRIx64 "\n %-8s %c\n", "pc", width, cpu->pc, "priv", "US?M"[r->priv]);
    print_csrs(r, out);
    print_regs(out, RVREG_X(0), 'x', r->x, width);
    if (r->config.has[RVF_f]) {
        uint64_t fcsr = 0;
        riscv_csr_debug_read(r, 0x003, &fcsr);
        g_string_append_printf(out, " %-8s %0*" PRIx64 "\n", "fcsr", width, fcsr);
        print_regs(out, RVREG_F(0), 'f', r->f, 16);
    }
}

static bool riscv_reg_by_name(struct cpu *cpu, const char *name, uint64_t *value)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    unsigned n;
    char rest;
    if (strcmp(name, "pc") == 0) {
        *value = cpu->pc;
        return true;
    }
    if (sscanf(name, "x%u%c", &n, &rest) == 1 && n < 32) {
        *value = r->x[n];
        return true;
    }
    for (unsigned i = 0; i < RVREG_COUNT; i++) {
        if (strcmp(name, riscv_regs[i].name) == 0 || (i == RVREG_X(8) && strcmp(name, "fp") == 0)) {
            *value = *(const uint64_t *)((const char *)cpu + riscv_regs[i].offset);
            return true;
        }
    }
    for (unsigned csr = 0; csr < 4096; csr++)
        if (riscv_csr_name(csr) && strcmp(name, riscv_csr_name(csr)) == 0)
            return riscv_csr_debug_read(r, csr, value);
    return false;
}

/* -- Helpers of both halves in one list, for the IR text form -- */

#define MAX_HELPERS 96
static const struct ir_helper *helpers[MAX_HELPERS + 1];

static void __attribute__((constructor)) join_helpers(void)
{
    unsigned n = 0;
    for (unsigned i = 0; riscv_sys_helpers[i] && n < MAX_HELPERS; i++)
        helpers[n++] = riscv_sys_helpers[i];
    for (unsigned i = 0; riscv_trans_helpers[i] && n < MAX_HELPERS; i++)
        helpers[n++] = riscv_trans_helpers[i];
}

const struct cpu_arch riscv_arch = {
    .name = "riscv",
    .gdb_arch = "riscv",
    .cpu_size = sizeof(struct riscv_cpu),
    .regs = riscv_regs,
    .nregs = RVREG_COUNT,
    .state = &riscv_state,
    .helpers = helpers,
    .models = riscv_models,
    .describe_model = riscv_describe_model,
    .init = riscv_init,
    .reset = riscv_reset,
    .fini = riscv_fini,
    .translate = riscv_translate,
    .walk = riscv_walk,
    .raise_fault = riscv_raise_fault,
    .take_interrupt = riscv_take_interrupt,
    .has_work = riscv_has_work,
    .time_changed = riscv_time_changed,
    .gdb_target_xml = riscv_gdb_target_xml,
    .gdb_read = riscv_gdb_read,
    .gdb_write = riscv_gdb_write,
    .gdb_nregs = riscv_gdb_nregs,
    .watch_before = true,
    .set_pc = riscv_set_pc,
    .print_state = riscv_print_state,
    .reg_by_name = riscv_reg_by_name,
    .disas = riscv_disas,
    .dt_compatible = riscv_dt_compatible,
    .dt_model = riscv_dt_model,
    .dt_read = riscv_dt_read,
    .dt_write = riscv_dt_write,
    .irq_in = riscv_dt_irq_in,
    .msi_file_in = riscv_dt_msi_file_in,
    .set_reset_pc = riscv_set_reset_pc,
};
