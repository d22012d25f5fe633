/* SPDX-License-Identifier: BSD-2-Clause */
/* The accelerator that translates: its CPUs, its life, what it tells of itself. */
#include <inttypes.h>
#include <string.h>

#include "accel.h"
#include "clock.h"
#include "engine.h"
#include "opts.h"
#include "types.h"

struct tcg_config tcg_config;

/* -- Properties -- */

/* Names of the host's instructions that -accel tcg,host-features= may leave out; NULL-terminated. */
static const char *const *host_features(void)
{
    static const char *const none[] = { NULL };

    return host_backend ? host_backend->features : none;
}

/* host-features=-avx:-bmi2, or baseline for none beyond what every x86-64 has. */
static bool take_host_features(struct opts *o, GError **err)
{
    const char *v = opts_take(o, "host-features");
    if (!v)
        return true;
    const char *const *features = host_features();
    g_auto(GStrv) words = g_strsplit(v, ":", -1);
    for (char **w = words; *w; w++) {
        if (!strcmp(*w, "baseline")) {
            tcg_config.host_features_off = ~0u;
            continue;
        }
        unsigned i;
        for (i = 0; features[i] && strcmp(*w + 1, features[i]); i++)
            ;
        if (**w != '-' || !features[i]) {
            const char *near = **w ? nearest_name(*w + (**w == '-'), features) : NULL;
            fail(err, "host-features=%s: expected baseline, or features to leave out such as -%s", v,
                 near ? near : "avx:-bmi2");
            return false;
        }
        tcg_config.host_features_off |= 1u << i;
    }
    return true;
}

static const struct accel *configure(struct opts *o, GError **err)
{
    static const char *const threads[] = { "multi", "single", NULL }, *const mmus[] = { "flat", "tagged", NULL };
    unsigned thread = 0, mmu = 0;
    uint64_t size = 0;
    bool split = true;
    if (!opts_take_enum(o, "thread", threads, &thread, err) || !opts_take_uint(o, "tb-size", 0, 2047, &size, err) ||
        !opts_take_bool(o, "one-insn-per-tb", &tcg_config.one_insn, err) ||
        !opts_take_bool(o, "interp", &tcg_config.interp, err) || !opts_take_enum(o, "mmu", mmus, &mmu, err) ||
        !opts_take_bool(o, "split-wx", &split, err) || !take_host_features(o, err) || !opts_done(o, "-accel tcg", err))
        return NULL;
    if (icount.on && opts_peek(o, "thread") && thread == 0) {
        fail(err, "thread=multi: with -icount all CPUs take turns on one thread");
        return NULL;
    }
    cpus_one_thread = thread == 1;
    tcg_config.tb_size_mib = (unsigned)size;
    tcg_config.tagged_tlb = mmu == 1;
    return &tcg_accel;
}

static void help(GString *out)
{
    g_string_append(out, "  thread=multi|single    - a host thread for each CPU, or one for all (default: multi)\n"
                         "  tb-size=<num>          - size of the translation cache in MiB; 0: by itself (default: 0)\n"
                         "  one-insn-per-tb=<bool> - translate one guest instruction at a time (default: off)\n"
                         "  interp=<bool>          - interpret instead of running host code (default: off)\n"
                         "  mmu=flat|tagged        - kind of soft page table (default: flat)\n"
                         "  split-wx=<bool>        - accepted: code is never writable where it runs (default: on)\n"
                         "  host-features=<str>    - host instructions not to use: baseline, or -NAME:-NAME ... of:\n"
                         "                           ");
    for (const char *const *f = host_features(); *f; f++)
        g_string_append_printf(out, "%s%s", f == host_features() ? "" : " ", *f);
    g_string_append_c(out, '\n');
}

/* -- Life -- */

/* The architecture's number: that of its first CPU's. */
static unsigned isa_of(const struct cpu_arch *arch)
{
    unsigned n = 0;

    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpu_list[i]->arch == arch)
            return cpu_list[i]->engine->isa;
        n = MAX(n, cpu_list[i]->engine->isa + 1);
    }
    g_assert(n < 1u << (32 - KEY_ISA_SHIFT));
    return n;
}

static void init(void)
{
    mmu_init(host_code() && host_backend->set_base && !tcg_config.tagged_tlb, tb_forget_jumps);
}

static bool cpu_init(struct cpu *cpu, GError **err)
{
    if (!mmu_cpu_init(cpu)) {
        fail(err, "CPU %u: no address space for %d soft page tables of 4 GiB: -accel tcg,mmu=tagged does without",
             cpu->index, MMU_SETS_MIN);
        return false;
    }
    cpu->engine = g_aligned_alloc0(1, sizeof(*cpu->engine), _Alignof(struct engine_cpu)); /* it has a block in it */
    cpu->engine->isa = isa_of(cpu->arch);
    cpu->engine->unit = g_new0(struct ir_unit, 1);
    tb_forget_jumps(cpu);
    return true;
}

static void cpu_fini(struct cpu *cpu)
{
    mmu_cpu_fini(cpu);
    if (!host_code())
        ir_code_free(cpu->engine->once.ir);
    ir_unit_free(cpu->engine->unit);
    g_free(cpu->engine->unit);
    g_aligned_free(cpu->engine);
}

static bool start(GError **err)
{
    const char *why;

    if (tb_init(&why))
        return true;
    fail(err, "-accel tcg: cannot set up the translation cache: %s", why);
    return false;
}

/* Add up counters, which are all that is in a struct of that size. */
static void add_up(void *sum, const void *counters, size_t size)
{
    for (size_t i = 0; i < size / sizeof(uint64_t); i++)
        ((uint64_t *)sum)[i] += ((const uint64_t *)counters)[i];
}

static void info(GString *out)
{
    struct tcg_stats sum = { 0 };
    struct mmu_stats mmu = { 0 };

    for (unsigned i = 0; i < cpu_count; i++) {
        add_up(&sum, &cpu_list[i]->engine->stats, sizeof(sum));
        add_up(&mmu, &cpu_list[i]->mmu->stats, sizeof(mmu));
    }
    g_string_append_printf(out, "engine              %s, %s soft page tables, %u thread%s\n",
                           host_code() ? host_backend->name : "interpreter", flat_tables ? "flat" : "tagged",
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
    g_string_append_printf(out, "flushes             %" PRIu64 ", of one page %" PRIu64 ", of which in a large one %" PRIu64 "\n",
                           mmu.flushes, mmu.page_flushes, mmu.large_flushes);
    g_string_append_printf(out, "regime switches     %" PRIu64 ", %" PRIu64 " to a new one\n", mmu.set_switches,
                           mmu.set_evictions);
    g_string_append_printf(out, "slow loads, stores  %" PRIu64 ", %" PRIu64 "\n", mmu.slow_loads, mmu.slow_stores);
    g_string_append_printf(out, "exceptions          %" PRIu64 " by helpers; interrupts %" PRIu64 "\n", sum.exceptions,
                           sum.interrupts);
}

const struct accel tcg_accel = {
    .name = "tcg",
    .desc = "translates guest code to the host's",
    .configure = configure,
    .help = help,
    .before_cpu = JUMP_BYTES,
    .init = init,
    .cpu_init = cpu_init,
    .cpu_fini = cpu_fini,
    .start = start,
    .fini = tb_fini,
    .activate = mmu_activate,
    .run = engine_run,
    .sync_pc = engine_sync_pc,
    .loop_exit = engine_loop_exit,
    .not_begun = engine_not_begun,
    .flush = mmu_forget_all,
    .memory_written = tb_memory_written,
    .breakpoint_added = tb_invalidate_breakable,
    .translate = mmu_debug_translate,
    .info = info,
};
