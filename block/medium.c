/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Media: a drive's node stays what its device has, and exchanges what it is with the node of a medium that is put in
 * or with an empty one.
 */
#include "block-medium.h"

#include <string.h>

#include "format.h"
#include "plug.h"

/* -- Drives without a medium -- */

static int no_medium(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    return -ENOMEDIUM;
}

static const struct block_driver driver_empty = {
    .name = "empty",
    .read = no_medium,
    .write = no_medium,
};

struct block *empty_open(const struct node_options *no)
{
    struct node_options closed = *no;

    closed.read_only = true;
    struct block *b = block_node_new(&driver_empty, NULL, &closed, NULL);
    b->filename = g_strdup("");
    return b;
}

bool block_inserted(const struct block *b)
{
    return b->driver != &driver_empty;
}

/* -- Trays -- */

static void (*listener)(const struct block_tray_event *e);

void block_on_tray(void (*fn)(const struct block_tray_event *e))
{
    listener = fn;
}

static struct block_tray_event event_of(const struct block *b, bool open)
{
    return (struct block_tray_event){ b->drive ? b->drive->id : "", b->user ? b->user : "", open };
}

static gboolean tell(gpointer e)
{
    listener(e);
    return G_SOURCE_REMOVE;
}

void block_tray_moved(struct block *b, bool open)
{
    struct block_tray_event now = event_of(b, open);
    size_t n = strlen(now.device) + 1, m = strlen(now.id) + 1;
    struct block_tray_event *e = g_malloc(sizeof(*e) + n + m);
    char *strings = (char *)(e + 1);

    memcpy(strings, now.device, n);
    memcpy(strings + n, now.id, m);
    *e = (struct block_tray_event){ strings, strings + n, open };
    if (listener)
        g_idle_add_full(G_PRIORITY_DEFAULT, tell, e, g_free);
    else
        g_free(e);
}

/* Lock held. */
static void move(struct block *b, bool open)
{
    if (b->tray->is_open(b->tray_opaque) == open)
        return;
    b->tray->move(b->tray_opaque, open);
    const struct block_tray_event e = event_of(b, open);
    if (listener)
        listener(&e);
}

struct block *block_claim_tray(struct block *b, const char *user, const struct block_tray *tray, void *opaque,
                               GError **err)
{
    const struct node_options no = { .write_cache = true };
    bool own = !b;

    if (own)
        b = empty_open(&no);
    if (!block_claim_node(b, user, err))
        return NULL;
    b->of_device = own;
    b->tray = tray;
    b->tray_opaque = opaque;
    return b;
}

/* -- What is in a drive -- */

/* Only what has a tray, or no device, can be given another medium. */
static bool is_removable(const struct block *b)
{
    return b->tray || !b->user;
}

static const char *name_of(const struct block *b)
{
    return b->drive ? b->drive->id : b->user ? b->user : b->node;
}

static bool may_change(const struct block *b, GError **err)
{
    if (!is_removable(b))
        fail(err, "Device '%s' is not removable", name_of(b));
    else if (b->job)
        fail(err, "Node '%s' is busy: a block job uses it", b->node);
    else if (input_ordered())
        fail(err, "media stay as they are: this is a recording or a replay");
    else
        return true;
    return false;
}

static void lock(struct block *b)
{
    if (b->tray)
        b->tray->lock(b->tray_opaque);
}

static void unlock(struct block *b)
{
    if (b->tray)
        b->tray->unlock(b->tray_opaque);
}

/* Lock held, and the tray is open. */
static void take_out(struct block *b)
{
    const struct node_options no = { .write_cache = true };

    if (!block_inserted(b))
        return;
    block_drain(b);
    if (!b->read_only)
        block_flush_sync(b);
    struct block *place = b->place ? b->place : empty_open(&no);
    b->place = NULL;
    block_node_exchange(b, place);
    if (!place->of_blockdev)
        block_node_unref(place);
}

/* Lock held, and nothing is in it. The reference to the medium becomes the drive's. */
static void put_in(struct block *b, struct block *medium)
{
    block_node_exchange(b, medium);
    b->place = medium;
}

void medium_released(struct block *b)
{
    b->tray = NULL;
    if (!b->of_device)
        return;
    take_out(b);
    block_node_unref(b);
}

struct block *block_find_medium(const char *device, const char *id, GError **err)
{
    if (!device == !id) {
        fail(err, "Need exactly one of 'device' and 'id'");
        return NULL;
    }
    for (guint i = 0; id && block_nodes && i < block_nodes->len; i++) {
        struct block *b = g_ptr_array_index(block_nodes, i);
        if (!g_strcmp0(b->user, id))
            return b;
    }
    struct block *b = device ? block_find(device) : NULL;
    if (b && b->drive && !strcmp(b->drive->id, device))
        return b;
    g_set_error(err, MYNAH_ERROR, DEVICE_NOT_FOUND, "Device '%s' not found", device ? device : id);
    return NULL;
}

bool block_open_tray(struct block *b, bool force, GError **err)
{
    if (!may_change(b, err) || !b->tray)
        return is_removable(b) && !*err;
    lock(b);
    bool open = b->tray->is_open(b->tray_opaque), locked = !open && b->tray->is_locked(b->tray_opaque);
    if (locked)
        b->tray->ask(b->tray_opaque, force);
    if (!locked || force)
        move(b, true);
    unlock(b);
    if (locked && !force)
        fail(err, "Device '%s' is locked and force was not specified, wait for tray to open and try again", name_of(b));
    return !locked || force;
}

bool block_close_tray(struct block *b, GError **err)
{
    if (!may_change(b, err))
        return false;
    if (b->tray) {
        lock(b);
        move(b, false);
        unlock(b);
    }
    return true;
}

/* Under the lock. */
static bool is_open(struct block *b, GError **err)
{
    if (!b->tray || b->tray->is_open(b->tray_opaque))
        return true;
    fail(err, "Tray of device '%s' is not open", name_of(b));
    return false;
}

bool block_remove_medium(struct block *b, GError **err)
{
    if (!may_change(b, err))
        return false;
    lock(b);
    bool open = is_open(b, err);
    if (open)
        take_out(b);
    unlock(b);
    return open;
}

bool block_insert_medium(struct block *b, const char *node, GError **err)
{
    struct block *medium = block_find(node);

    if (!may_change(b, err))
        return false;
    if (!medium || strcmp(medium->node, node)) {
        fail(err, "Node '%s' not found", node);
        return false;
    }
    if (medium->user || medium->parents || medium->drive || medium->job || !medium->of_blockdev) {
        fail(err, "Node '%s' is already in use", node);
        return false;
    }
    lock(b);
    bool ok = is_open(b, err);
    if (ok && block_inserted(b)) {
        fail(err, "There already is a medium in device '%s'", name_of(b));
        ok = false;
    }
    if (ok)
        put_in(b, medium);
    unlock(b);
    return ok;
}

bool block_eject(struct block *b, bool force, GError **err)
{
    return block_open_tray(b, force, err) && block_remove_medium(b, err);
}

bool block_change_medium(struct block *b, const struct block_medium *m, GError **err)
{
    struct node_options no = { .write_cache = b->write_cache, .no_flush = b->no_flush, .discard = b->discard,
                               .locking = true, .read_only = b->read_only };

    if (!may_change(b, err))
        return false;
    if (m->mode != MEDIUM_RETAIN)
        no.read_only = m->mode == MEDIUM_READ_ONLY;
    struct block *medium = image_open(m->file, m->format, &no, NULL, true, NULL, err);
    if (!medium)
        return false;
    if (!block_open_tray(b, m->force, err)) {
        block_node_unref(medium);
        return false;
    }
    lock(b);
    take_out(b);
    put_in(b, medium);
    if (b->tray)
        move(b, false);
    unlock(b);
    return true;
}

bool block_medium_mode(const char *name, struct block_medium *m, GError **err)
{
    static const char *const names[] = { [MEDIUM_RETAIN] = "retain", [MEDIUM_READ_ONLY] = "read-only",
                                         [MEDIUM_READ_WRITE] = "read-write" };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(names[i], name)) {
            m->mode = i;
            return true;
        }
    fail(err, "'%s': expected retain, read-only or read-write", name);
    return false;
}

/* -- What there is -- */

struct block_drive_info drive_info(struct block *b)
{
    struct block_drive_info d = { .device = b->drive ? b->drive->id : "", .user = b->user,
                                  .removable = is_removable(b), .has_tray = b->tray };

    if (block_inserted(b)) {
        d.node = b->node;
        d.file = b->filename;
        d.format = b->driver->name;
        d.bytes = b->size;
        d.read_only = b->read_only;
    }
    if (b->tray) {
        lock(b);
        d.locked = b->tray->is_locked(b->tray_opaque);
        d.open = b->tray->is_open(b->tray_opaque);
        unlock(b);
    }
    return d;
}

void block_foreach_drive(void (*fn)(const struct block_drive_info *d, void *opaque), void *opaque)
{
    for (guint i = 0; block_nodes && i < block_nodes->len; i++) {
        struct block *b = g_ptr_array_index(block_nodes, i);
        if (!b->drive && !b->user)
            continue;
        const struct block_drive_info d = drive_info(b);
        fn(&d, opaque);
    }
}

/* -- Drives that go -- */

bool block_remove_drive(const char *id, GError **err)
{
    struct block *b = block_find(id);

    if (!b || !b->drive || strcmp(b->drive->id, id)) {
        g_set_error(err, MYNAH_ERROR, DEVICE_NOT_FOUND, "Device '%s' not found", id);
        return false;
    }
    if (b->user || b->job || b->parents) {
        fail(err, "Device '%s' is in use by %s", id, b->user ? b->user : b->job ? "a block job" : "another node");
        return false;
    }
    take_out(b);
    drive_free(b->drive);
    return true;
}
