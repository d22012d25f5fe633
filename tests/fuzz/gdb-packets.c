/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gdb server's protocol. An input is either (first byte odd) raw bytes for the server, or packets that end with
 * zero bytes and get their frame and checksum here.
 */
#include "gdb-packets.h"

#include <stdio.h>

#include "gdb/gdb.h"
#include "still.h"

const unsigned fuzz_runs = 1500;
const size_t fuzz_max_size = 2048;

static struct fuzz_line line;

void gdb_packets_init(const char *machine)
{
    GError *err = NULL;

    fuzz_machine_init(machine);
    fuzz_line_init(&line, "g0");
    if (!gdb_start("chardev:g0", &err))
        g_error("%s", err->message);
}

static void send_packet(const char *text)
{
    g_autoptr(GString) s = g_string_new("$");
    uint8_t sum = 0;

    for (const char *p = text; *p; p++) {
        if (*p == '$' || *p == '#') {
            g_string_append_c(s, '}');
            sum += '}';
        }
        char c = *p == '$' || *p == '#' ? *p ^ 0x20 : *p;
        g_string_append_c(s, c);
        sum += (uint8_t)c;
    }
    g_string_append_printf(s, "#%02x", sum);
    fuzz_line_send(&line, (const uint8_t *)s->str, s->len);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    bool raw = fuzz_u8(&f) & 1;

    fuzz_line_connect(&line);
    if (raw)
        fuzz_line_send(&line, f.p, f.left);
    while (!raw && f.left) {
        g_autofree char *text = fuzz_string(&f);
        send_packet(text);
    }
    fuzz_line_send(&line, (const uint8_t *)"\3", 1); /* what was let run stands still again */
    fuzz_line_close(&line);
    fuzz_log();
}
