/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ends of the machine that the command line asks for, for tests that run unattended: -timeout, and -exit-on, a line of a
 * serial port's output, or of semihosting's.
 */
#include <stdio.h>
#include <string.h>

#include "chardev.h"
#include "cmdline.h"
#include "life.h"
#include "semihost.h"

#define TIMEOUT_STATUS 124 /* timeout(1)'s */
#define LINE_BYTES 4096    /* of a longer line the rest is matched on its own */
#define SEMIHOSTING "semihosting"

struct rule {
    GRegex *regex;
    int status;
};

static struct {
    GArray *rules;     /* struct rule; NULL: there are none */
    GHashTable *lines; /* id of a character device -> GString, the line so far */
    GMutex lock;       /* of lines; a leaf */
} watch;

/* -- -exit-on -- */

static void free_line(void *line)
{
    g_string_free(line, TRUE);
}

bool opt_exit_on(struct cmdline *c, const char *arg, GError **err)
{
    const char *eq = strrchr(arg, '=');
    g_autofree char *pattern = eq ? g_strndup(arg, eq - arg) : NULL;
    struct rule r = { 0 };
    GError *e = NULL;
    uint64_t status;

    if (!eq || !*pattern || !parse_uint(eq + 1, &status) || status > 255) {
        fail(err, "expected REGEX=STATUS, with a status from 0 to 255");
        return false;
    }
    r.status = (int)status;
    r.regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, &e);
    if (!r.regex) {
        fail(err, "%s", e->message);
        g_error_free(e);
        return false;
    }
    if (!watch.rules) {
        watch.rules = g_array_new(FALSE, FALSE, sizeof(struct rule));
        watch.lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_line);
    }
    g_array_append_val(watch.rules, r);
    return true;
}

static void match_line(const GString *line)
{
    for (guint i = 0; i < watch.rules->len; i++) {
        const struct rule *r = &g_array_index(watch.rules, struct rule, i);
        if (g_regex_match_full(r->regex, line->str, line->len, 0, 0, NULL, NULL)) {
            request_shutdown(SHUTDOWN_QUIT, r->status);
            return;
        }
    }
}

/* Only what was asked for has a line. Any thread. */
static void output(const char *id, const uint8_t *buf, size_t len)
{
    g_mutex_lock(&watch.lock);
    GString *line = g_hash_table_lookup(watch.lines, id);
    for (size_t i = 0; line && i < len; i++) {
        bool end = buf[i] == '\n' || buf[i] == '\r' || line->len == LINE_BYTES;
        if (end && line->len) {
            match_line(line);
            g_string_truncate(line, 0);
        }
        if (buf[i] != '\n' && buf[i] != '\r')
            g_string_append_c(line, buf[i]);
    }
    g_mutex_unlock(&watch.lock);
}

/* Semihosting without a -chardev: as semihost.c would. */
static void semihosting_output(const uint8_t *buf, size_t len)
{
    fwrite(buf, 1, len, stderr);
    fflush(stderr);
    output(SEMIHOSTING, buf, len);
}

static void watch_id(const char *id)
{
    g_hash_table_insert(watch.lines, g_strdup(id), g_string_new(NULL));
}

static void watch_output(const struct cmdline *c)
{
    for (unsigned i = 0; i < c->config.nserial; i++)
        if (c->config.serial[i])
            watch_id(c->config.serial[i]);
    watch_id(semihost_chardev() ? semihost_chardev() : SEMIHOSTING);
    chardev_on_output = output;
    if (!semihost.console_write)
        semihost.console_write = semihosting_output;
}

/* -- -timeout -- */

bool opt_timeout(struct cmdline *c, const char *arg, GError **err)
{
    char *end;
    double seconds = g_ascii_strtod(arg, &end);

    if (end == arg || *end || !(seconds > 0) || seconds > 4000000) {
        fail(err, "expected a number of seconds");
        return false;
    }
    c->timeout_ms = MAX((unsigned)(seconds * 1000), 1);
    return true;
}

static gboolean time_is_over(void *opaque)
{
    const struct cmdline *c = opaque;

    fprintf(stderr, "mynah: -timeout: %g seconds are over\n", c->timeout_ms / 1000.0);
    request_shutdown(SHUTDOWN_QUIT, TIMEOUT_STATUS);
    return G_SOURCE_REMOVE;
}

void ends_start(struct cmdline *c)
{
    if (watch.rules)
        watch_output(c);
    if (c->timeout_ms)
        g_timeout_add(c->timeout_ms, time_is_over, c);
}
