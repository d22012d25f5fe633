/* SPDX-License-Identifier: BSD-2-Clause */
/* The accelerator that translates to host code: its properties, and where in that code helpers are called. */
#include <inttypes.h>
#include <string.h>

#include "accel.h"
#include "clock.h"
#include "engine.h"
#include "opts.h"
#include "types.h"

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
    unsigned none = 0, *off = host_backend ? host_backend->features_off : &none;
    g_auto(GStrv) words = g_strsplit(v, ":", -1);
    for (char **w = words; *w; w++) {
        if (!strcmp(*w, "baseline")) {
            *off = ~0u;
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
        *off |= 1u << i;
    }
    return true;
}

static const struct accel *configure(struct opts *o, GError **err)
{
    static const char *const mmus[] = { "flat", "tagged", NULL };
    unsigned mmu = 0;
    bool split = true, interp = false;

    if (!engine_configure(o, err) || !opts_take_bool(o, "interp", &interp, err) ||
        !opts_take_enum(o, "mmu", mmus, &mmu, err) || !opts_take_bool(o, "split-wx", &split, err) ||
        !take_host_features(o, err) || !opts_done(o, "-accel tcg", err))
        return NULL;
    tcg_config.tagged_tlb = mmu == 1;
    return interp || !host_backend ? &interp_accel : &tcg_accel;
}

static void help(GString *out)
{
    engine_help(out);
    g_string_append(out, "  interp=<bool>          - as -accel interp (default: off)\n"
                         "  mmu=flat|tagged        - kind of soft page table (default: flat)\n"
                         "  split-wx=<bool>        - accepted: code is never writable where it runs (default: on)\n"
                         "  host-features=<str>    - host instructions not to use: baseline, or -NAME:-NAME ... of:\n"
                         "                           ");
    for (const char *const *f = host_features(); *f; f++)
        g_string_append_printf(out, "%s%s", f == host_features() ? "" : " ", *f);
    g_string_append_c(out, '\n');
}

/* -- Where a helper was called from -- */

/* The block and its instruction that is being executed: page offset and index; NULL outside translated code. */
static struct tb *executing(struct cpu *cpu, unsigned *offset, unsigned *index)
{
    struct tb *tb = cpu->host_ra ? tb_of_code(cpu->host_ra - 1) : NULL;

    if (tb)
        host_backend->lookup_pc(tb, cpu->host_ra, offset, index);
    return tb;
}

static void sync_pc(struct cpu *cpu)
{
    unsigned offset, index;

    if (executing(cpu, &offset, &index))
        cpu->pc = cpu->code_page | offset;
}

static void note_access(struct cpu *cpu, enum access_habit habit)
{
    unsigned offset, index;
    struct tb *tb = executing(cpu, &offset, &index);

    if (tb)
        tb_note_access(tb, offset, habit);
}

static uint64_t not_begun(struct cpu *cpu)
{
    unsigned offset, index;
    struct tb *tb = executing(cpu, &offset, &index);

    return tb ? tb->ninsns - index - 1 : 0;
}

static void loop_exit(struct cpu *cpu)
{
    if (icount.on && cpu->host_ra)
        cpu->budget += not_begun(cpu);
    else if (icount.on)
        cpu->budget--; /* a failed fetch takes its time too: a guest may do nothing else */
    if (cpu->host_ra) {
        host_backend->unwind(cpu);
        cpu->host_ra = 0;
    }
    engine_leave(cpu);
}

/* -- The table -- */

/* Some hosts give no process memory that is written and then executed, or none of that length. */
static bool usable(GError **err)
{
    const char *why;

    if (code_cache_usable(tb_cache_bytes(), &why))
        return true;
    fail(err, "there is no memory for translated code: %s", why);
    return false;
}

static void init(void)
{
    engine_init(host_backend, !tcg_config.tagged_tlb && host_backend->set_base);
}

const struct accel tcg_accel = {
    .name = "tcg",
    .desc = "translates guest code to the host's",
    .configure = configure,
    .help = help,
    .usable = usable,
    .init = init,
    .sync_pc = sync_pc,
    .loop_exit = loop_exit,
    .not_begun = not_begun,
    .note_access = note_access,
    ENGINE_ROWS,
};
