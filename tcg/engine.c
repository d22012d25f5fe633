/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the accelerators that run IR share, whether as host code or interpreted: properties, CPUs, floating-point
 * control, counters. The loop is in exec.c.
 */
#include "engine.h"

#include <inttypes.h>

#include "accel.h"
#include "cpu-exec.h"
#include "opts.h"

struct tcg_config tcg_config;
const struct backend *code_backend;

/* -- Properties -- */

bool engine_configure(struct opts *o, GError **err)
{
    static const char *const threads[] = { "multi", "single", NULL };
    unsigned thread = 0;
    uint64_t size = 0;

    if (!opts_take_enum(o, "thread", threads, &thread, err) || !opts_take_uint(o, "tb-size", 0, 2047, &size, err) ||
        !opts_take_bool(o, "one-insn-per-tb", &tcg_config.one_insn, err))
        return false;
    if (icount.on && opts_peek(o, "thread") && thread == 0) {
        fail(err, "thread=multi: with -icount all CPUs take turns on one thread");
        return false;
    }
    cpus_one_thread = thread == 1;
    tcg_config.tb_size_mib = (unsigned)size;
    return true;
}

void engine_help(GString *out)
{
    g_string_append(out, "  thread=multi|single    - a host thread for each CPU, or one for all (default: multi)\n"
                         "  tb-size=<num>          - size of the translation cache in MiB; 0: by itself (default: 0)\n"
                         "  one-insn-per-tb=<bool> - translate one guest instruction at a time (default: off)\n");
}

/* -- CPUs -- */

void engine_init(const struct backend *b, bool flat)
{
    code_backend = b;
    mmu_init(flat, tb_forget_jumps);
}

bool engine_cpu_init(struct cpu *cpu, GError **err)
{
    if (!mmu_cpu_init(cpu)) {
        fail(err, "CPU %u: no address space for %d soft page tables of 4 GiB: -accel tcg,mmu=tagged does without",
             cpu->index, MMU_SETS_MIN);
        return false;
    }
    cpu->engine = g_aligned_alloc0(1, sizeof(*cpu->engine), _Alignof(struct engine_cpu)); /* it has a block in it */
    cpu->engine->unit = g_new0(struct ir_unit, 1);
    tb_forget_jumps(cpu);
    return true;
}

void engine_cpu_fini(struct cpu *cpu)
{
    mmu_cpu_fini(cpu);
    if (code_backend->release && cpu->engine->once.code)
        code_backend->release(&cpu->engine->once);
    ir_unit_free(cpu->engine->unit);
    g_free(cpu->engine->unit);
    g_aligned_free(cpu->engine);
}

bool engine_start(GError **err)
{
    const char *why;

    if (tb_init(&why))
        return true;
    fail(err, "-accel %s: cannot set up the translation cache: %s", accel->name, why);
    return false;
}

/* -- Counters -- */

/* Add up counters, which are all that is in a struct of that size. */
static void add_up(void *sum, const void *counters, size_t size)
{
    for (size_t i = 0; i < size / sizeof(uint64_t); i++)
        ((uint64_t *)sum)[i] += ((const uint64_t *)counters)[i];
}

void engine_info(GString *out)
{
    struct tcg_stats sum = { 0 };
    struct mmu_stats mmu = { 0 };

    for (unsigned i = 0; i < cpu_count; i++) {
        add_up(&sum, &cpu_list[i]->engine->stats, sizeof(sum));
        add_up(&mmu, &cpu_list[i]->mmu->stats, sizeof(mmu));
    }
    g_string_append_printf(out, "engine              %s, %s soft page tables, %u thread%s\n",
                           code_backend->name, flat_tables ? "flat" : "tagged",
                           cpus_parallel ? cpu_count : 1, cpus_parallel ? "s" : "");
    tb_info(out);
    g_string_append_printf(out, "translations        %" PRIu64 " of %" PRIu64 " instructions\n", sum.translations,
                           sum.translated_insns);
    if (sum.translations)
        g_string_append_printf(out, "translation         %" PRIu64 " ns and %" PRIu64 " host bytes a block\n",
                               sum.translated_ns / sum.translations, sum.host_bytes / sum.translations);
    g_string_append_printf(out, "block look-ups      %" PRIu64 "\n", sum.lookups);
    g_string_append_printf(out, "code mappings       %" PRIu64 " changes\n", mmu.generations);
    g_string_append_printf(out, "evictions           %" PRIu64 "\n", sum.evictions);
    g_string_append_printf(out, "page table fills    %" PRIu64 "\n", mmu.fills);
    g_string_append_printf(out,
                           "flushes             %" PRIu64 ", of one page %" PRIu64 ", of which in a large one %" PRIu64 "\n",
                           mmu.flushes, mmu.page_flushes, mmu.large_flushes);
    g_string_append_printf(out, "regime switches     %" PRIu64 ", %" PRIu64 " to a new one\n", mmu.set_switches,
                           mmu.set_evictions);
    g_string_append_printf(out, "slow loads, stores  %" PRIu64 ", %" PRIu64 "\n", mmu.slow_loads, mmu.slow_stores);
    g_string_append_printf(out, "exceptions          %" PRIu64 " by helpers; interrupts %" PRIu64 "\n", sum.exceptions,
                           sum.interrupts);
}

/* -- FP control: the hardware register is the guest's while host code of it runs -- */

void fp_flags_sync(struct cpu *cpu)
{
    if (code_backend->fp_take_flags)
        cpu->fp.flags |= code_backend->fp_take_flags(cpu, cpu->host_ra != 0);
}

void fp_flags_set(struct cpu *cpu, unsigned flags)
{
    fp_flags_sync(cpu);
    cpu->fp.flags = flags;
}

void fp_rounding_set(struct cpu *cpu, unsigned rm)
{
    fp_flags_sync(cpu);
    cpu->fp.rm = rm;
    if (code_backend->fp_set_rounding && rm < IR_RMM)
        code_backend->fp_set_rounding(cpu, rm, cpu->host_ra != 0);
}
