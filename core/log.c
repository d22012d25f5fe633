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
static GMutex log_lock; /* the innermost */

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
    const char *name, *meaning;
    unsigned topics;
} aliases[] = {
    { "op", "ir", LOG_IR },
    { "op_opt", "ir_opt", LOG_IR_OPT },
    { "fpu", "in cpu anyway", 0 },
    { "vpu", "in cpu anyway", 0 },
};

/* QEMU's topics that say nothing here, and why. */
static const struct {
    const char *name, *why;
} silent[] = {
    { "op_ind", "there is no such step; see ir and ir_opt" },
    { "op_plugin", "there are no plugins yet" },
    { "plugin", "there are no plugins yet" },
    { "pcall", "it is about x86" },
    { "strace", "it is about programs without a machine" },
    { "tid", "all threads write to one log" },
    { "invalid_mem", "accesses to nothing are exceptions, which int shows" },
};

void log_printf(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_mutex_lock(&log_lock);
    vfprintf(log_file ? log_file : stderr, fmt, ap);
    g_mutex_unlock(&log_lock);
    va_end(ap);
}

static bool add_topic(const char *name, unsigned *mask)
{
    unsigned i;

    if (!strcmp(name, "all")) {
        for (i = 0; i < ARRAY_SIZE(topics); i++)
            *mask |= topics[i].topic & ~LOG_NOCHAIN;
        return true;
    }
    for (i = 0; i < ARRAY_SIZE(aliases); i++)
        if (!strcmp(name, aliases[i].name)) {
            *mask |= aliases[i].topics;
            return true;
        }
    for (i = 0; i < ARRAY_SIZE(topics); i++)
        if (!strcmp(name, topics[i].name)) {
            *mask |= topics[i].topic;
            return true;
        }
    return false;
}

/* Why QEMU's topic says nothing here; NULL if it is none. */
static const char *why_silent(const char *name)
{
    if (g_str_has_prefix(name, "trace:"))
        return "there are no trace events yet";
    for (unsigned i = 0; i < ARRAY_SIZE(silent); i++)
        if (!strcmp(name, silent[i].name))
            return silent[i].why;
    return NULL;
}

static void fail_topic(const char *name, GError **err)
{
    const char *names[ARRAY_SIZE(topics) + ARRAY_SIZE(aliases) + ARRAY_SIZE(silent) + 2], *near;
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(topics); i++)
        names[n++] = topics[i].name;
    for (unsigned i = 0; i < ARRAY_SIZE(aliases); i++)
        names[n++] = aliases[i].name;
    for (unsigned i = 0; i < ARRAY_SIZE(silent); i++)
        names[n++] = silent[i].name;
    names[n++] = "all";
    names[n] = NULL;
    near = nearest_name(name, names);
    fail(err, "'%s': there is no such topic%s%s%s", name, near ? "; did you mean '" : " (see -d help)",
         near ? near : "", near ? "'?" : "");
}

bool log_parse(const char *arg, unsigned *mask, GString *notes, GError **err)
{
    g_auto(GStrv) names = g_strsplit(arg, ",", -1);

    *mask = 0;
    for (char **n = names; *n; n++) {
        const char *why = why_silent(*n);
        if (why && notes)
            g_string_append_printf(notes, "%s says nothing here: %s\n", *n, why);
        if (!why && !add_topic(*n, mask)) {
            fail_topic(*n, err);
            return false;
        }
    }
    return true;
}

void log_list(GString *out)
{
    g_string_append(out, "Log items (comma separated):\n");
    for (unsigned i = 0; i < ARRAY_SIZE(topics); i++)
        g_string_append_printf(out, "%-15s %s\n", topics[i].name, topics[i].meaning);
    g_string_append_printf(out, "%-15s %s\n", "all", "everything but nochain");
    g_string_append(out, "\nQEMU's other names:\n");
    for (unsigned i = 0; i < ARRAY_SIZE(aliases); i++)
        g_string_append_printf(out, "%-15s %s\n", aliases[i].name, aliases[i].meaning);
    for (unsigned i = 0; i < ARRAY_SIZE(silent); i++)
        g_string_append_printf(out, "%-15s says nothing here: %s\n", silent[i].name, silent[i].why);
    g_string_append_printf(out, "%-15s says nothing here: %s\n", "trace:PATTERN", why_silent("trace:"));
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
        g_autofree char *name =
            parts[0] && parts[1] ? g_strdup_printf("%s%d%s", parts[0], getpid(), parts[1]) : g_strdup(path);
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
