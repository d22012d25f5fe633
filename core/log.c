/* SPDX-License-Identifier: BSD-2-Clause */
/* The log: topics, file and address filter. */
#include "log.h"

#include <errno.h>
#include <glib.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "opts.h"

unsigned log_topics;

static FILE *log_file;
static GMutex log_lock;

static const struct {
    unsigned topic;
    const char *name, *meaning;
} topics[] = {
    { LOG_IN_ASM, "in_asm", "guest code of each translated block" },
    { LOG_IR, "ir", "intermediate representation as the frontend made it" },
    { LOG_IR_OPT, "ir_opt", "intermediate representation after optimisation" },
    { LOG_OUT_ASM, "out_asm", "host code of each translated block" },
    { LOG_EXEC, "exec", "each block as it is executed (with nochain: every time)" },
    { LOG_NOCHAIN, "nochain", "do not chain blocks, so that exec and cpu show each" },
    { LOG_CPU, "cpu", "registers before each executed block" },
    { LOG_INT, "int", "exceptions and interrupts as they are taken" },
    { LOG_MMU, "mmu", "page walks, fills and flushes of the soft page tables" },
    { LOG_PAGE, "page", "the memory layout at start" },
    { LOG_GUEST_ERRORS, "guest_errors", "what the guest does that its manual forbids" },
    { LOG_UNIMP, "unimp", "what the guest asks for that is not modelled" },
    { LOG_STATS, "stats", "counters of the execution engine at exit" },
    { LOG_CPU_RESET, "cpu_reset", "registers of each CPU when it has been reset" },
};

/* QEMU's names of topics that have another here; those that only add to "cpu" are in it anyway. */
static const struct {
    const char *name;
    unsigned topics;
} aliases[] = { { "op", LOG_IR }, { "op_opt", LOG_IR_OPT }, { "fpu", 0 }, { "vpu", 0 } };

void log_printf(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_mutex_lock(&log_lock);
    vfprintf(log_file ? log_file : stderr, fmt, ap);
    g_mutex_unlock(&log_lock);
    va_end(ap);
}

bool log_parse(const char *arg, unsigned *mask, const char **bad)
{
    static char unknown[64];
    g_auto(GStrv) names = g_strsplit(arg, ",", -1);

    *mask = 0;
    for (char **n = names; *n; n++) {
        unsigned i;
        if (!strcmp(*n, "all")) {
            for (i = 0; i < ARRAY_SIZE(topics); i++)
                *mask |= topics[i].topic & ~LOG_NOCHAIN;
            continue;
        }
        for (i = 0; i < ARRAY_SIZE(aliases) && strcmp(*n, aliases[i].name); i++)
            ;
        if (i < ARRAY_SIZE(aliases)) {
            *mask |= aliases[i].topics;
            continue;
        }
        for (i = 0; i < ARRAY_SIZE(topics) && strcmp(*n, topics[i].name); i++)
            ;
        if (i == ARRAY_SIZE(topics)) {
            g_strlcpy(unknown, *n, sizeof(unknown));
            *bad = unknown;
            return false;
        }
        *mask |= topics[i].topic;
    }
    return true;
}

/* Topics of QEMU's that are still to come. */
static const char *const later[] = { "op_ind", "op_plugin", "plugin", "strace", "tid", "invalid_mem", NULL };

static bool named_in(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name))
        names++;
    return *names;
}

const char *log_explain(const char *bad)
{
    static char text[96];
    const char *names[ARRAY_SIZE(topics) + 1], *near;

    if (named_in(later, bad) || g_str_has_prefix(bad, "trace:"))
        return "QEMU has this topic, mynah does not yet";
    for (unsigned i = 0; i < ARRAY_SIZE(topics); i++)
        names[i] = topics[i].name;
    names[ARRAY_SIZE(topics)] = NULL;
    near = nearest_name(bad, names);
    g_snprintf(text, sizeof(text), "there is no such topic%s%s%s", near ? "; did you mean '" : " (see -d help)",
               near ? near : "", near ? "'?" : "");
    return text;
}

void log_list(GString *out)
{
    g_string_append(out, "Log topics (comma-separated):\n");
    for (unsigned i = 0; i < ARRAY_SIZE(topics); i++)
        g_string_append_printf(out, "%-14s %s\n", topics[i].name, topics[i].meaning);
    g_string_append_printf(out, "%-14s %s\n", "all", "everything but nochain");
}

void log_set(unsigned mask)
{
    log_topics = mask;
}

bool log_open(const char *path)
{
    FILE *f = NULL;

    if (path) {
        g_auto(GStrv) parts = g_strsplit(path, "%d", 2);
        g_autofree char *name = parts[0] && parts[1] ? g_strdup_printf("%s%d%s", parts[0], getpid(), parts[1]) : g_strdup(path);
        f = fopen(name, "we");
        if (!f)
            return false;
        setvbuf(f, NULL, _IOLBF, 0);
    }
    g_mutex_lock(&log_lock);
    if (log_file)
        fclose(log_file);
    log_file = f;
    g_mutex_unlock(&log_lock);
    return true;
}

/* -- The address filter -- */

static struct range {
    gva first, last;
} *ranges;
static unsigned nranges;

/* "A..B" from A to B inclusive, "A+L" L bytes from A, "A-L" L bytes up to and including A. */
static bool parse_range(const char *text, struct range *r)
{
    char *end;

    errno = 0;
    uint64_t a = strtoull(text, &end, 0);
    if (end == text || errno)
        return false;
    const char *op = end;
    const char *second = op + (op[0] == '.' && op[1] == '.' ? 2 : 1);
    if (!*op)
        return false;
    uint64_t b = strtoull(second, &end, 0);
    if (end == second || *end || errno)
        return false;
    switch (*op) {
    case '.':
        *r = (struct range){ a, b };
        return op[1] == '.' && b >= a;
    case '+':
        *r = (struct range){ a, a + (b - 1) };
        return b > 0 && r->last >= a;
    case '-':
        *r = (struct range){ a - (b - 1), a };
        return b > 0 && r->first <= a;
    }
    return false;
}

bool log_set_filter(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    unsigned n = g_strv_length(parts);
    struct range *r = g_new(struct range, n ? n : 1);

    for (unsigned i = 0; i < n; i++) {
        if (!parse_range(parts[i], &r[i])) {
            g_free(r);
            return false;
        }
    }
    g_free(ranges);
    ranges = r;
    nranges = n;
    return n > 0;
}

bool log_addr_ok(gva addr)
{
    if (!ranges)
        return true;
    for (unsigned i = 0; i < nranges; i++) {
        if (addr >= ranges[i].first && addr <= ranges[i].last)
            return true;
    }
    return false;
}
