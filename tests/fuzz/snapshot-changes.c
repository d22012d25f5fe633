/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots. An input is either a file as it is, or changes to the body of a snapshot of this machine, which then gets
 * a head, compression and checksums that are right. What is loaded must be a machine that lives: its registers are read
 * and written, its timers run, it is saved and reset.
 */
#include "snapshot-changes.h"

#include <string.h>

#include "bus.h"
#include "clock.h"
#include "core/stream.h"
#include "cpu.h"
#include "opts.h"
#include "plug.h"
#include "snapshot.h"
#include "state.h"
#include "still.h"

const unsigned fuzz_runs = 400;
const size_t fuzz_max_size = 4096;

static char *good;       /* the file that the machine is brought back by */
static char *head;
static GByteArray *body;
static GArray *records;  /* of gsize: where in it an object begins */

static void read_body(struct stream_reader *r)
{
    uint8_t byte;

    body = g_byte_array_new();
    while (stream_read(r, &byte, 1, NULL))
        g_byte_array_append(body, &byte, 1);
}

/* Records as core/snapshot.c says: kind, length of the name and the name, length of the form and the form. */
static void find_records(void)
{
    uint16_t name;
    uint32_t form;

    records = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (gsize at = 0; body->data[at] == 'o'; at += 7 + GUINT16_FROM_LE(name) + GUINT32_FROM_LE(form)) {
        g_array_append_val(records, at);
        memcpy(&name, body->data + at + 1, 2);
        memcpy(&form, body->data + at + 3 + GUINT16_FROM_LE(name), 4);
    }
    g_assert(records->len > 10);
}

void snapshot_changes_init(const char *machine)
{
    GError *err = NULL;

    fuzz_machine_init(machine);
    struct opts *o = opts_parse("virtio-net-device", "driver", &err);
    if (!device_add(the_machine, o, &err))
        g_error("%s", err->message);
    opts_free(o);
    machine_reset(the_machine);
    dma_write(the_machine->as, the_machine->ram_base, "some memory", 12);
    good = g_canonicalize_filename("good.state", NULL);
    if (!snapshot_save(good, "good", false, "running", &err))
        g_error("%s", err->message);
    struct stream_reader *r = stream_open(good, &err);
    head = g_strdup(stream_head(r));
    read_body(r);
    stream_close(r);
    find_records();
}

/* Where a change is: near the beginning of an object, where its numbers are, rather than anywhere. */
static size_t choose(struct fuzz *f)
{
    uint8_t which = fuzz_u8(f);

    if (which >= 250)
        return fuzz_u32(f) % body->len;
    return (g_array_index(records, gsize, which % records->len) + fuzz_u16(f) % (which & 1 ? 200 : 2500)) % body->len;
}

/* Changes: where, how many bytes, and these. */
static const char *cook(struct fuzz *f)
{
    g_autofree uint8_t *changed = g_memdup2(body->data, body->len);
    struct stream_writer *w = stream_create("cooked.state", head, NULL);

    while (f->left) {
        size_t at = choose(f), n = 1 + fuzz_u8(f) % 8;
        const uint8_t *p = fuzz_bytes(f, &n);
        memcpy(changed + at, p, MIN(n, body->len - at));
    }
    stream_write(w, changed, body->len);
    g_assert(stream_finish(w, true, NULL));
    return "cooked.state";
}

static void touch(const struct mapping *m, void *opaque)
{
    uint64_t v;

    if (m->region->kind != REGION_IO)
        return;
    for (uint64_t at = 0; at < MIN(m->size, 0x200); at += 4) {
        bus_read(the_machine->as, m->base + at, 4, &v);
        bus_write(the_machine->as, m->base + at, 4, v ? v : at);
    }
}

static bool load(const char *path, GError **err)
{
    struct snapshot_info i;
    bool harmed;
    bool ok = snapshot_load(path, &i, &harmed, err);

    g_assert(!harmed);
    snapshot_info_clear(&i);
    return ok;
}

/* A machine that was loaded is used. */
static void use(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    address_space_foreach(the_machine->as, true, touch, NULL);
    for (unsigned i = 0; i < the_machine->ncpus; i++)
        the_machine->cpus[i]->arch->print_state(the_machine->cpus[i], text);
    timers_run(clock_now());
    g_assert(snapshot_save("again.state", "again", false, "paused", NULL));
    machine_reset(the_machine);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    g_autoptr(GError) err = NULL, again = NULL;
    uint8_t how = fuzz_u8(&f);
    uint64_t before = state_hash();

    if (load(how % 16 == 0 ? fuzz_file(0, f.p, f.left) : cook(&f), &err)) {
        use();
        if (!load(good, &again))
            g_error("%s", again->message);
    }
    g_assert(state_hash() == before);
}
