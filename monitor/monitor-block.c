/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's commands of disks: block jobs, overlays, drives and their media. Failures begin with "Error: ", as
 * QEMU's.
 */
#include <inttypes.h>
#include <string.h>

#include "block.h"
#include "block-job.h"
#include "block-medium.h"
#include "monitor-int.h"
#include "opts.h"

static void tell(struct hmp *h, const GError *err)
{
    if (err)
        g_string_append_printf(h->out, "Error: %s\n", err->message);
}

/* The words of args without flags, of which those that there are are in *flags. Free with g_strfreev(). */
static GStrv words_of(const char *args, const char *known, unsigned *flags, GError **err)
{
    g_auto(GStrv) words = g_strsplit_set(args, " \t", -1);
    GPtrArray *rest = g_ptr_array_new();

    *flags = 0;
    for (char **w = words; *w; w++) {
        const char *flag = (*w)[0] == '-' && (*w)[1] && !(*w)[2] ? strchr(known, (*w)[1]) : NULL;
        if (flag)
            *flags |= 1 << (flag - known);
        else if ((*w)[0] == '-')
            fail(err, "%s: expected one of the flags %s", *w, known);
        else if ((*w)[0])
            g_ptr_array_add(rest, g_strdup(*w));
        if (*err)
            break;
    }
    g_ptr_array_add(rest, NULL);
    return (GStrv)g_ptr_array_free(rest, FALSE);
}

static struct block *disk_of(const char *name, GError **err)
{
    struct block *b = name ? block_find(name) : NULL;

    if (!b && !*err)
        fail(err, "Device '%s' not found", name ? name : "");
    return *err ? NULL : b;
}

static struct block_job *job_of(const char *name, GError **err)
{
    struct block_job *j = name ? block_job_find(name) : NULL;

    if (!j && !*err)
        fail(err, "Job '%s' not found", name ? name : "");
    return *err ? NULL : j;
}

void hmp_block_job_cancel(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    unsigned flags;
    g_auto(GStrv) w = words_of(args, "f", &flags, &err);
    struct block_job *j = job_of(w[0], &err);

    if (j)
        block_job_cancel(j, flags & 1);
    tell(h, err);
}

void hmp_block_job_complete(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    struct block_job *j = job_of(g_strstrip(args), &err);

    if (j)
        block_job_complete(j, &err);
    tell(h, err);
}

static void set_paused(struct hmp *h, char *args, bool pause)
{
    g_autoptr(GError) err = NULL;
    struct block_job *j = job_of(g_strstrip(args), &err);

    if (j)
        block_job_pause(j, pause);
    tell(h, err);
}

void hmp_block_job_pause(struct hmp *h, char *args)
{
    set_paused(h, args, true);
}

void hmp_block_job_resume(struct hmp *h, char *args)
{
    set_paused(h, args, false);
}

static bool parse_speed(const char *text, uint64_t *speed, GError **err)
{
    if (parse_size(text, 'B', speed) && *speed <= INT64_MAX)
        return true;
    fail(err, "'%s': expected bytes a second", text);
    return false;
}

void hmp_block_job_set_speed(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    unsigned flags;
    uint64_t speed;
    g_auto(GStrv) w = words_of(args, "", &flags, &err);
    struct block_job *j = job_of(w[0], &err);

    if (j && parse_speed(w[1] ? w[1] : "", &speed, &err))
        block_job_set_speed(j, speed);
    tell(h, err);
}

void hmp_block_stream(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    unsigned flags;
    g_auto(GStrv) w = words_of(args, "", &flags, &err);
    struct block_job_wish wish = { .type = BLOCK_JOB_STREAM, .disk = disk_of(w[0], &err) };

    if (wish.disk && (!w[1] || parse_speed(w[1], &wish.speed, &err))) {
        wish.base = w[1] ? w[2] : NULL;
        block_job_start(&wish, &err);
    }
    tell(h, err);
}

static void copy(struct hmp *h, char *args, enum block_job_type type)
{
    g_autoptr(GError) err = NULL;
    unsigned flags;
    g_auto(GStrv) w = words_of(args, "nf", &flags, &err);
    struct block_job_wish wish = { .type = type, .disk = disk_of(w[0], &err) };

    if (wish.disk && !w[1]) {
        fail(&err, "expected a disk and a file");
    } else if (wish.disk) {
        wish.target = w[1];
        wish.format = w[2];
        wish.create = !(flags & 1);
        wish.sync = flags & 2 ? BLOCK_JOB_FULL : BLOCK_JOB_TOP;
        block_job_start(&wish, &err);
    }
    tell(h, err);
}

void hmp_drive_backup(struct hmp *h, char *args)
{
    copy(h, args, BLOCK_JOB_BACKUP);
}

void hmp_drive_mirror(struct hmp *h, char *args)
{
    copy(h, args, BLOCK_JOB_MIRROR);
}

void hmp_snapshot_blkdev(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    unsigned flags;
    g_auto(GStrv) w = words_of(args, "n", &flags, &err);
    struct block *b = disk_of(w[0], &err);

    if (b && !w[1])
        fail(&err, "expected a disk and a file");
    else if (b)
        block_take_overlay(b, w[1], w[2], !(flags & 1), &err);
    tell(h, err);
}

/* -- Drives and media -- */

/* A drive, or what a device of this name has. */
static struct block *medium_of(const char *name, GError **err)
{
    struct block *b = *err ? NULL : block_find_medium(name ? name : "", NULL, NULL);

    return b || *err ? b : block_find_medium(NULL, name ? name : "", err);
}

void hmp_eject(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    unsigned flags;
    g_auto(GStrv) w = words_of(args, "f", &flags, &err);
    struct block *b = medium_of(w[0], &err);

    if (b)
        block_eject(b, flags & 1, &err);
    tell(h, err);
}

void hmp_change(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    unsigned flags;
    g_auto(GStrv) w = words_of(args, "f", &flags, &err);
    struct block *b = medium_of(w[0], &err);

    if (b && !w[1]) {
        fail(&err, "expected a drive and a file");
    } else if (b) {
        struct block_medium m = { .file = w[1], .format = w[2], .force = flags & 1 };
        if (!w[2] || !w[3] || block_medium_mode(w[3], &m, &err))
            block_change_medium(b, &m, &err);
    }
    tell(h, err);
}

/* ADDRESS is of PCI, where other kinds of drives would become devices: it means nothing with if=none. */
void hmp_drive_add(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    unsigned flags;
    g_auto(GStrv) w = words_of(args, "n", &flags, &err);
    struct opts *o = NULL;

    if (!err && !(w[0] && w[1]))
        fail(&err, "expected an address (any) and options");
    else if (!err)
        o = opts_parse(w[1], NULL, &err);
    if (o && (flags & 1))
        block_add_blockdev(o, &err);
    else if (o && g_strcmp0(opts_peek(o, "if"), "none"))
        fail(&err, "drive_add: expected if=none: other drives cannot be added while the machine is there");
    else if (o && block_add_drive(o, BLOCK_IF_NONE, &err))
        g_string_append(h->out, "OK\n");
    opts_free(o);
    tell(h, err);
}

void hmp_drive_del(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    block_remove_drive(g_strstrip(args), &err);
    tell(h, err);
}

/* -- What there is -- */

static void add_line(const struct block_job_info *i, void *out)
{
    if (strcmp(i->type, "stream"))
        g_string_append_printf(out, "Type %s, device %s", i->type, i->id);
    else
        g_string_append_printf(out, "Streaming device %s", i->id);
    g_string_append_printf(out, ": Completed %" PRIu64 " of %" PRIu64 " bytes, speed limit %" PRIu64 " bytes/s\n",
                           i->offset, i->len, i->speed);
}

void hmp_info_block_jobs(struct hmp *h, char *args)
{
    size_t before = h->out->len;

    block_job_foreach(add_line, h->out);
    if (h->out->len == before)
        g_string_append(h->out, "No active jobs\n");
}
