/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -device loader: a file or a few bytes in memory, or where a CPU begins, beside what the board's boot protocol does.
 * It is no device of the guest: only its properties and what it has placed.
 */
#include <inttypes.h>
#include <string.h>

#include "boot.h"
#include "cpu.h"
#include "device.h"
#include "loader.h"
#include "machine.h"
#include "opts.h"

#define NO_CPU UINT32_MAX

struct loader_device {
    struct device dev;
    uint64_t addr, data;
    uint32_t cpu_num;
    uint8_t data_len;
    bool data_be, force_raw;
    char *file;
};

static bool place_data(struct loader_device *s, GError **err)
{
    uint8_t bytes[8];

    if (s->data_len < 1 || s->data_len > sizeof(bytes)) {
        fail(err, "data-len=%u: expected 1 to 8", s->data_len);
        return false;
    }
    for (unsigned i = 0; i < s->data_len; i++)
        bytes[s->data_be ? s->data_len - 1 - i : i] = s->data >> (8 * i);
    return rom_add(s->dev.machine->as, "data", s->addr, bytes, s->data_len, true, err);
}

/* A program for the CPU that it is given to, else for the first one. The file's entry becomes addr. */
static bool place_file(struct loader_device *s, GError **err)
{
    struct machine *m = s->dev.machine;
    struct load_target t = boot_target(m, m->cpus[s->cpu_num == NO_CPU ? 0 : s->cpu_num]);
    struct loaded l;

    t.over = true;
    if (!(s->force_raw ? load_raw(&t, s->file, s->addr, &l, err)
                       : load_any(&t, s->file, s->addr, s->cpu_num != NO_CPU, &l, err))) {
        g_prefix_error(err, "file=");
        return false;
    }
    s->addr = l.entry;
    return true;
}

static bool realize(struct device *d, GError **err)
{
    struct loader_device *s = (struct loader_device *)d;
    struct machine *m = d->machine;

    if (!m->ncpus) {
        fail(err, "the machine has no CPU");
        return false;
    }
    if (s->cpu_num != NO_CPU && s->cpu_num >= m->ncpus) {
        fail(err, "cpu-num=%u: expected 0 to %u", s->cpu_num, m->ncpus - 1);
        return false;
    }
    if (s->data || s->data_len || s->data_be) {
        if (s->file || s->cpu_num != NO_CPU) {
            fail(err, "%s and data= are two things: give two loaders", s->file ? "file=" : "cpu-num=");
            return false;
        }
        return place_data(s, err);
    }
    if (!s->file && s->cpu_num == NO_CPU) {
        fail(err, "expected file=FILE, data= and data-len=, or cpu-num= and addr=");
        return false;
    }
    if (s->file && !place_file(s, err))
        return false;
    if (s->cpu_num != NO_CPU)
        m->cpus[s->cpu_num]->arch->set_reset_pc(m->cpus[s->cpu_num], s->addr);
    return true;
}

#define LOADER(n, member, kind, d, help) PROP_NAMED(n, struct loader_device, member, kind, d, NULL, help)
static const struct property props[] = {
    LOADER("addr", addr, U64, 0, "where; ELF, Intel HEX, S-records and UF2 say it themselves"),
    LOADER("file", file, STRING, 0, "ELF, Intel HEX, S-records, UF2 or raw"),
    LOADER("force-raw", force_raw, BOOL, 0, "take the file as it is"),
    LOADER("data", data, U64, 0, "a number instead of a file"),
    LOADER("data-len", data_len, U8, 0, "its bytes, 1 to 8"),
    LOADER("data-be", data_be, BOOL, 0, "big-endian"),
    LOADER("cpu-num", cpu_num, U32, NO_CPU, "this CPU begins at the file's entry, or at addr"),
    PROP_END,
};

/* What it places is memory's, and what it was told where the program was started. */
static const struct state_row fields[] = { FIELD_END };

static const struct state_table state = {
    STATE_OF(struct loader_device),
    .version = 1,
    .rows = fields,
};

const struct device_type loader_type = {
    .name = "loader",
    .desc = "a file or number in memory, or where a CPU begins",
    .bus = &no_bus,
    .size = sizeof(struct loader_device),
    .props = props,
    .state = &state,
    .realize = realize,
};
