/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's commands for snapshots and migration. Failures begin with "Error: ", as clients of QEMU's look for. */
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "cpus.h"
#include "input.h"
#include "monitor-int.h"
#include "snapshot.h"
#include "state.h"

static void tell(struct hmp *h, const GError *err)
{
    if (err)
        g_string_append_printf(h->out, "Error: %s\n", err->message);
}

void hmp_savevm(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    snapshot_savevm(*args ? args : NULL, &err);
    tell(h, err);
}

static void by_tag(struct hmp *h, const char *tag, const char *command, bool (*fn)(const char *tag, GError **err))
{
    g_autoptr(GError) err = NULL;

    if (!*tag) {
        g_string_append_printf(h->out, "%s: expected the tag of a snapshot (see info snapshots)\n", command);
        return;
    }
    fn(tag, &err);
    tell(h, err);
}

void hmp_loadvm(struct hmp *h, char *args)
{
    by_tag(h, args, "loadvm", snapshot_loadvm);
}

void hmp_delvm(struct hmp *h, char *args)
{
    by_tag(h, args, "delvm", snapshot_delvm);
}

/* As QEMU's list, which programs read: sizes are of the file. */
static void one_snapshot(const struct snapshot_info *i, void *opaque)
{
    GString *out = opaque;
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(i->date);
    g_autofree char *when = date ? g_date_time_format(date, "%Y-%m-%d %H:%M:%S") : g_strdup("-");
    g_autofree char *size = g_format_size_full(i->bytes, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *icount = i->icount ? g_strdup_printf("%" PRIu64, i->icount) : g_strdup("");
    uint64_t ms = MAX(i->clock, 0) / 1000000, s = ms / 1000;

    if (!out->len)
        g_string_append_printf(out, "List of snapshots present on all disks:\n%-7s %-16s %8s %20s %11s %10s\n", "ID",
                               "TAG", "VM SIZE", "DATE", "VM CLOCK", "ICOUNT");
    g_string_append_printf(out, "%-7s %-16s %8s %20s %04u:%02u:%02u.%03u %10s\n", "--", i->tag, size, when,
                           (unsigned)(s / 3600), (unsigned)(s / 60 % 60), (unsigned)(s % 60), (unsigned)(ms % 1000),
                           icount);
}

void hmp_info_snapshots(struct hmp *h, char *args)
{
    g_autoptr(GString) list = g_string_new(NULL);

    snapshot_foreach(one_snapshot, list);
    g_string_append(h->out, list->len ? list->str : "There is no snapshot available.\n");
}

/* Requests that are under way end first: in two runs that are the same the numbers are, at the same instruction. */
void hmp_info_state_hash(struct hmp *h, char *args)
{
    cpus_pause();
    if (!input_ordered())
        input_settle();
    state_settle_all();
    g_string_append_printf(h->out, "hash %016" PRIx64 ", virtual time %" PRId64 " ns", state_hash(), clock_now());
    if (icount.on)
        g_string_append_printf(h->out, ", %" PRIu64 " instructions", clock_icount());
    g_string_append_c(h->out, '\n');
    state_resume_all(false);
    cpus_resume();
}

void hmp_migrate(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    bool later = g_str_has_prefix(args, "-d ");

    args = g_strchug(args + (later ? 3 : 0));
    if (!*args || *args == '-') {
        g_string_append_printf(h->out, "migrate: expected [-d] file:PATH, not '%s'\n", args);
        return;
    }
    migration_start(args, later, &err);
    tell(h, err);
}

void hmp_migrate_incoming(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    migration_incoming(args, &err);
    tell(h, err);
}

void hmp_info_migrate(struct hmp *h, char *args)
{
    const struct migration *m = migration_last();

    if (m->status == MIGRATION_NONE)
        return;
    g_string_append_printf(h->out, "Migration status: %s\n", migration_status_name(m->status));
    if (m->error)
        g_string_append_printf(h->out, "Error: %s\n", m->error);
    if (m->status == MIGRATION_ACTIVE)
        return;
    g_string_append_printf(h->out, "total time: %" PRId64 " ms\n", m->total_ms);
    if (m->status == MIGRATION_COMPLETED && !m->incoming)
        g_string_append_printf(h->out, "transferred: %" PRIu64 " kbytes\n", m->bytes / 1024);
}
