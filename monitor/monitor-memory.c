/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's x, xp, print, memsave: formats and expressions. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "cpus.h"
#include "debug.h"
#include "machine.h"
#include "monitor-int.h"
#include "opts.h"
#include "symbols.h"

/* -- Expressions: C's operators, lowest first: & | ^, then + -, then * / %, then unary -- */

#define MAX_DEPTH 64

struct expression {
    struct cpu *cpu;
    const char *p;
    unsigned depth;
    GError **err;
};

static bool logical(struct expression *e, uint64_t *v);

static void skip_space(struct expression *e)
{
    while (isspace((unsigned char)*e->p))
        e->p++;
}

static bool character(struct expression *e, uint64_t *v)
{
    if (!e->p[1] || e->p[2] != '\'') {
        fail(e->err, "a character is written as 'c'");
        return false;
    }
    *v = (uint8_t)e->p[1];
    e->p += 3;
    return true;
}

static bool register_value(struct expression *e, uint64_t *v)
{
    const char *start = ++e->p;
    while (isalnum((unsigned char)*e->p) || *e->p == '_' || *e->p == '.')
        e->p++;
    g_autofree char *name = g_strndup(start, e->p - start);
    if (e->cpu && e->cpu->arch->reg_by_name && e->cpu->arch->reg_by_name(e->cpu, name, v))
        return true;
    fail(e->err, "there is no register $%s", name);
    return false;
}

static bool literal(struct expression *e, uint64_t *v)
{
    char *end;
    *v = strtoull(e->p, &end, 0);
    if (end == e->p) {
        if (*e->p)
            fail(e->err, "expected a number, not '%s'", e->p);
        else
            fail(e->err, "expected a number");
        return false;
    }
    if (isalnum((unsigned char)*end)) {
        fail(e->err, "'%s' is not a number", e->p);
        return false;
    }
    e->p = end;
    return true;
}

static bool unary(struct expression *e, uint64_t *v)
{
    bool good;

    skip_space(e);
    if (++e->depth > MAX_DEPTH) {
        fail(e->err, "the expression is nested too deeply");
        return false;
    }
    switch (*e->p) {
    case '+':
    case '-':
    case '~': {
        char op = *e->p++;
        good = unary(e, v);
        *v = op == '-' ? -*v : op == '~' ? ~*v : *v;
        break;
    }
    case '(':
        e->p++;
        good = logical(e, v);
        if (good && *e->p != ')') {
            fail(e->err, "expected ')'");
            return false;
        }
        e->p += good;
        break;
    case '\'':
        good = character(e, v);
        break;
    case '$':
        good = register_value(e, v);
        break;
    default:
        good = literal(e, v);
    }
    e->depth--;
    skip_space(e);
    return good;
}

static bool product(struct expression *e, uint64_t *v)
{
    uint64_t w;

    if (!unary(e, v))
        return false;
    while (*e->p == '*' || *e->p == '/' || *e->p == '%') {
        char op = *e->p++;
        if (!unary(e, &w))
            return false;
        if (op == '*') {
            *v *= w;
        } else if (!w) {
            fail(e->err, "division by zero");
            return false;
        } else if (w == UINT64_MAX) { /* -1, by which the host's division of the smallest number would trap */
            *v = op == '/' ? -*v : 0;
        } else {
            *v = (uint64_t)(op == '/' ? (int64_t)*v / (int64_t)w : (int64_t)*v % (int64_t)w);
        }
    }
    return true;
}

static bool sum(struct expression *e, uint64_t *v)
{
    uint64_t w;

    if (!product(e, v))
        return false;
    while (*e->p == '+' || *e->p == '-') {
        char op = *e->p++;
        if (!product(e, &w))
            return false;
        *v = op == '+' ? *v + w : *v - w;
    }
    return true;
}

static bool logical(struct expression *e, uint64_t *v)
{
    uint64_t w;

    if (!sum(e, v))
        return false;
    while (*e->p == '&' || *e->p == '|' || *e->p == '^') {
        char op = *e->p++;
        if (!sum(e, &w))
            return false;
        *v = op == '&' ? *v & w : op == '|' ? *v | w : *v ^ w;
    }
    return true;
}

bool hmp_expression(struct cpu *cpu, const char **p, uint64_t *value, GError **err)
{
    struct expression e = { cpu, *p, 0, err };
    bool good = logical(&e, value);
    *p = e.p;
    return good;
}

/* -- Formats: /COUNT FORMAT SIZE -- */

#define MAX_COUNT 65536

/* Letter and size stay for the next time, from x to print too. */
static struct format {
    unsigned count;
    char letter; /* x d u o c i s */
    unsigned size;
} format = { .letter = 'x', .size = 4 };

/* Parse "/NFS" if it is there; *args goes behind. */
static bool parse_format(char **args, GError **err)
{
    char *p = *args;
    struct format *f = &format;

    f->count = 1;
    if (*p != '/')
        return true;
    p++;
    if (isdigit((unsigned char)*p)) {
        uint64_t n = strtoull(p, &p, 10);
        if (n > MAX_COUNT) {
            fail(err, "at most %d values are shown at once", MAX_COUNT);
            return false;
        }
        f->count = n;
    }
    for (; *p && !isspace((unsigned char)*p); p++) {
        static const char sizes[] = "bhwgl"; /* l, as in QEMU, is g */
        const char *s = strchr(sizes, *p);
        if (strchr("xduocis", *p)) {
            f->letter = *p;
        } else if (s) {
            f->size = s - sizes > 3 ? 8 : 1u << (s - sizes);
        } else {
            fail(err, "'%c' is neither a format (x d u o c i s) nor a size (b h w g)", *p);
            return false;
        }
    }
    if (f->letter == 'c')
        f->size = 1;
    *args = g_strchug(p);
    return true;
}

static void append_char(GString *out, uint64_t v)
{
    uint8_t c = v;

    if (c == '\'' || c == '\\')
        g_string_append_printf(out, "'\\%c'", c);
    else if (c == '\n' || c == '\r')
        g_string_append_printf(out, "'\\%c'", c == '\n' ? 'n' : 'r');
    else if (c >= 32 && c < 127)
        g_string_append_printf(out, "'%c'", c);
    else
        g_string_append_printf(out, "'\\x%02x'", c);
}

/* One value in the columns that its size needs; what is not decimal says its base, but for zero. */
static void append_value(GString *out, uint64_t v, char letter, unsigned size)
{
    static const uint8_t octal[] = { [1] = 3, [2] = 6, [4] = 11, [8] = 22 };
    static const uint8_t decimal[] = { [1] = 3, [2] = 5, [4] = 10, [8] = 20 };

    switch (letter) {
    case 'o':
        g_string_append_printf(out, "%#*" PRIo64, octal[size], v);
        break;
    case 'd':
        g_string_append_printf(out, "%*" PRId64, decimal[size], sign_extend(v, 8 * size));
        break;
    case 'u':
        g_string_append_printf(out, "%*" PRIu64, decimal[size], v);
        break;
    case 'c':
        append_char(out, v);
        break;
    default:
        g_string_append_printf(out, "0x%0*" PRIx64, 2 * (int)size, v);
    }
}

/* -- x and xp -- */

static bool read_at(struct cpu *cpu, uint64_t addr, void *buf, size_t len, bool physical)
{
    return (physical ? cpu_physical_read : cpu_memory_read)(cpu, addr, buf, len);
}

static void dump_strings(struct hmp *h, struct cpu *cpu, uint64_t addr, unsigned count, bool physical)
{
    for (unsigned i = 0; i < count; i++) {
        g_string_append_printf(h->out, "%016" PRIx64 ": \"", addr);
        for (unsigned n = 0; n < 256; n++) {
            uint8_t c;
            if (!read_at(cpu, addr, &c, 1, physical)) {
                g_string_append(h->out, "\" Cannot access memory\n");
                return;
            }
            addr++;
            if (!c)
                break;
            if (c == '"' || c == '\\' || c < 32 || c > 126)
                g_string_append_printf(h->out, c == '"' || c == '\\' ? "\\%c" : "\\x%02x", c);
            else
                g_string_append_c(h->out, c);
        }
        g_string_append(h->out, "\"\n");
    }
}

static void dump_values(struct hmp *h, struct cpu *cpu, uint64_t addr, const struct format *f, bool physical)
{
    unsigned per_line = MIN(16 / f->size, 8u);

    for (unsigned i = 0; i < f->count; i++, addr += f->size) {
        uint8_t buf[8];
        uint64_t v = 0;
        if (i % per_line == 0)
            g_string_append_printf(h->out, "%s%016" PRIx64 ":", i ? "\n" : "", addr);
        if (!read_at(cpu, addr, buf, f->size, physical)) {
            g_string_append(h->out, " Cannot access memory\n");
            return;
        }
        for (unsigned k = 0; k < f->size; k++)
            v |= (uint64_t)buf[k] << (8 * k);
        g_string_append_c(h->out, ' ');
        append_value(h->out, v, f->letter, f->size);
    }
    if (f->count)
        g_string_append_c(h->out, '\n');
}

static void examine(struct hmp *h, char *args, bool physical)
{
    const struct format *f = &format;
    struct cpu *cpu = hmp_cpu(h);
    g_autoptr(GError) err = NULL;
    uint64_t addr;

    if (!cpu)
        return;
    if (!parse_format(&args, &err)) {
        g_string_append_printf(h->out, "%s\n", err->message);
        return;
    }
    const char *p = args;
    if (!hmp_expression(cpu, &p, &addr, &err)) {
        g_string_append_printf(h->out, "%s\n", err->message);
        return;
    }
    if (*p) {
        g_string_append_printf(h->out, "unexpected '%s' behind the address\n", p);
        return;
    }
    if (f->letter == 'i') {
        if (!physical && symbol_append(h->out, "", addr, false))
            g_string_append(h->out, ":\n");
        cpu_disas(cpu, addr, f->count, physical, h->out);
    } else if (f->letter == 's')
        dump_strings(h, cpu, addr, f->count, physical);
    else
        dump_values(h, cpu, addr, f, physical);
}

void hmp_examine(struct hmp *h, char *args)
{
    cpus_pause(); /* the page tables are a CPU's */
    examine(h, args, false);
    cpus_resume();
}

void hmp_examine_physical(struct hmp *h, char *args)
{
    cpus_pause();
    examine(h, args, true);
    cpus_resume();
}

/* -- memsave, pmemsave -- */

static bool save_to(FILE *f, struct cpu *cpu, uint64_t addr, uint64_t size, bool physical, GError **err)
{
    uint8_t buf[4096];

    while (size) {
        size_t n = MIN(size, sizeof(buf) - addr % sizeof(buf)); /* pages are there or not, as a whole */
        if (!read_at(cpu, addr, buf, n, physical)) {
            fail(err, "Cannot access memory at address 0x%" PRIx64, addr);
            return false;
        }
        if (fwrite(buf, 1, n, f) != n) {
            fail(err, "%s", g_strerror(errno));
            return false;
        }
        addr += n;
        size -= n;
    }
    return true;
}

/* Cut the last word, which may be in quotes, off line; NULL if there is none. It may look like an expression. */
static char *cut_last_word(char *line)
{
    size_t len = strlen(g_strchomp(line));
    char stop = ' ';

    if (len && line[len - 1] == '"') {
        line[len - 1] = 0;
        stop = '"';
    }
    char *at = strrchr(line, stop);
    if (!at || !at[1])
        return NULL;
    *at = 0;
    return at + 1;
}

static void save(struct hmp *h, char *args, bool physical)
{
    char *name = cut_last_word(args);
    const char *p = args;
    struct cpu *cpu = hmp_cpu(h);
    g_autoptr(GError) err = NULL;
    uint64_t addr, size;

    if (!cpu)
        return;
    if (!name || !hmp_expression(cpu, &p, &addr, &err) || !hmp_expression(cpu, &p, &size, &err) || *p) {
        g_string_append_printf(h->out, "%s\n", err ? err->message : "expected ADDR SIZE FILE");
        return;
    }
    FILE *f = fopen(name, "we");
    if (!f) {
        g_string_append_printf(h->out, "%s: %s\n", name, g_strerror(errno));
        return;
    }
    bool ok = save_to(f, cpu, addr, size, physical, &err);
    if (fclose(f) && ok)
        fail(&err, "%s", g_strerror(errno));
    if (err)
        g_string_append_printf(h->out, "%s: %s\n", name, err->message);
}

void hmp_save(struct hmp *h, char *args)
{
    cpus_pause();
    save(h, args, false);
    cpus_resume();
}

void hmp_save_physical(struct hmp *h, char *args)
{
    cpus_pause();
    save(h, args, true);
    cpus_resume();
}

/* -- print -- */

static void print(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    uint64_t v;

    struct cpu *cpu = hmp_cpu(h);
    bool good = cpu && parse_format(&args, &err);
    const char *p = args;
    if (!cpu)
        return;
    if (!good || !hmp_expression(cpu, &p, &v, &err)) {
        g_string_append_printf(h->out, "%s\n", err->message);
        return;
    }
    if (*p) {
        g_string_append_printf(h->out, "unexpected '%s' behind the expression\n", p);
        return;
    }
    switch (format.letter) {
    case 'd':
    case 'i':
        g_string_append_printf(h->out, "%" PRId64 "\n", (int64_t)v);
        break;
    case 'u':
        g_string_append_printf(h->out, "%" PRIu64 "\n", v);
        break;
    case 'o':
        g_string_append_printf(h->out, "%#" PRIo64 "\n", v);
        break;
    case 'c':
        append_char(h->out, v);
        g_string_append_c(h->out, '\n');
        break;
    default:
        g_string_append_printf(h->out, "%#" PRIx64 "\n", v);
    }
}

void hmp_print(struct hmp *h, char *args)
{
    cpus_pause(); /* registers are exact then */
    print(h, args);
    cpus_resume();
}
