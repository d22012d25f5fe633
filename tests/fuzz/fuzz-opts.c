/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts of the command line: key lists and JSON, typed values, -smp, -cpu, machine and device properties, and whole
 * settings, as far as nothing is opened. The first byte says which; strings end with zero bytes.
 */
#include <string.h>

#include "accel.h"
#include "cli/cmdline.h"
#include "cpu.h"
#include "cpus.h"
#include "fuzz.h"
#include "log.h"
#include "tcg/engine.h"

const char fuzz_name[] = "opts";
const unsigned fuzz_runs = 15000;
const size_t fuzz_max_size = 1024;

void fuzz_init(void)
{
    accel = accels[0];
}

/* Either it worked or there is one line that says why not. */
static void judge(bool ok, GError **err)
{
    g_assert(ok == !*err);
    g_assert(ok || (*err)->message[0]);
    g_clear_error(err);
}

static bool take_all(const char *key, const char *value, void *opaque)
{
    g_assert(opts_take(opaque, key));
    return true;
}

static void key_list(struct fuzz *f)
{
    static const char *const names[] = { "one", "two", "three", NULL };
    g_autofree char *text = fuzz_string(f);
    GError *err = NULL;
    struct opts *o = opts_parse(text, fuzz_u8(f) & 1 ? "type" : NULL, &err);
    uint64_t n = 3; /* these are the defaults */
    unsigned e = 0;
    bool b = false;

    judge(o != NULL, &err);
    if (!o)
        return;
    judge(opts_take_bool(o, "on", &b, &err), &err);
    judge(opts_take_uint(o, "n", 3, 1000, &n, &err), &err);
    judge(opts_take_size(o, "size", &n, &err), &err);
    judge(opts_take_enum(o, "which", names, &e, &err), &err);
    judge(opts_done(o, "-test", &err), &err);
    opts_foreach(o, take_all, o);
    judge(opts_done(o, "-test", &err), &err);
    opts_free(o);
}

static void values(struct fuzz *f)
{
    g_autofree char *text = fuzz_string(f);
    GError *err = NULL;
    uint64_t n;
    unsigned mask;
    bool b;

    parse_bool(text, &b);
    parse_uint(text, &n);
    parse_size(text, 'M', &n);
    g_assert(log_parse(text, &mask, NULL, &err) == !err);
    g_clear_error(&err);
    if (log_set_filter(text))
        log_addr_ok(0x80000000);
}

static void cpu_model(struct fuzz *f)
{
    static const char *const models[] = { "rv64,", "rv32,", "max,", "rv64i,", "" };
    const char *model = models[fuzz_u8(f) % ARRAY_SIZE(models)];
    g_autofree char *rest = fuzz_string(f), *text = g_strconcat(model, rest, NULL);
    GError *err = NULL;
    struct cpu *cpu = cpu_new(cpu_archs[0], NULL, NULL, 0, text, &err);

    judge(cpu != NULL, &err);
    cpus_free();
}

static void device_property(struct fuzz *f)
{
    unsigned n = 0;

    while (device_types[n])
        n++;
    struct device *d = device_new(device_types[fuzz_u8(f) % n], NULL, "d");
    unsigned which = fuzz_u8(f), count = 0;
    g_autofree char *name = fuzz_string(f), *value = fuzz_string(f);
    const char *known = name;
    GError *err = NULL;

    while (d->type->props && d->type->props[count].name)
        count++;
    if (count && which < 200)
        known = d->type->props[which % count].name;
    judge(device_set_prop(d, known, value, &err), &err);
    device_free(d);
}

/* Options that change nothing but settings, in the order of the input. */
static void settings(struct fuzz *f)
{
    static const char *const names[] = { "-M",     "-cpu",    "-smp",   "-m",      "-accel",   "-icount", "-rtc",
                                         "-name",  "-uuid",   "-bios",  "-kernel", "-append",  "-initrd", "-dtb",
                                         "-action", "-display", "-vga", "-echr",   "-machine", "-msg" };
    struct tcg_config tcg = tcg_config;
    bool one_thread = cpus_one_thread;
    struct icount_config ic = icount;
    struct cmdline c;
    char *argv[18] = { (char *)"mynah" };
    int argc = 1;
    GError *err = NULL;

    cmdline_init(&c);
    for (unsigned i = 0; f->left && i < 8; i++) {
        argv[argc++] = g_strdup(names[fuzz_u8(f) % ARRAY_SIZE(names)]);
        argv[argc++] = fuzz_string(f);
    }
    bool ok = cmdline_parse(&c, argc, argv, &err) && cmdline_phase(&c, PHASE_SETTINGS, &err) &&
              settings_finish(&c, &err) && settings_rtc(&c, &err);
    judge(ok, &err);
    cmdline_free(&c);
    while (argc > 1)
        g_free(argv[--argc]);
    tcg_config = tcg;
    cpus_one_thread = one_thread;
    icount = ic;
    accel = accels[0];
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };

    switch (fuzz_u8(&f) % 6) {
    case 0: key_list(&f); break;
    case 1: values(&f); break;
    case 2: cpu_model(&f); break;
    case 3: device_property(&f); break;
    default: settings(&f); break;
    }
}
