/* SPDX-License-Identifier: BSD-2-Clause */
/* -drive and -blockdev: from options to nodes, and from drives to devices. */
#include "format.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "defaults.h"
#include "plug.h"
#include "throttle.h"

static bool snapshot_all;

void block_set_snapshot(bool on)
{
    snapshot_all = on;
}

/* -- Common options -- */

static const char *const on_off_auto[] = { "off", "on", "auto", NULL };
static const char *const discard_names[] = { "ignore", "off", "unmap", "on", NULL };
static const char *const zeroes_names[] = { "off", "on", "unmap", NULL };
enum { AIO_URING = 2 };
static const char *const aio_names[] = { "threads", "native", [AIO_URING] = "io_uring", NULL };

/* Names of formats and protocols that users may try and that we don't have. */
static const char *const missing_drivers[] = {
    "qcow", "qed", "luks", "parallels", "bochs", "cloop", "dmg", "host_cdrom",
    "iscsi", "ssh", "http", "https", "ftp", "ftps", "rbd", "gluster", "nfs", "curl", "null-co",
    "null-aio", "quorum", "blkdebug", "blkverify", "throttle", "copy-on-read", "nvme", NULL,
};

static bool named_in(const char *s, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(s, *names))
            return true;
    return false;
}

/* Explain a driver that is not one of ours. */
static void fail_driver(GError **err, const char *option, const char *key, const char *name)
{
    if (named_in(name, missing_drivers))
        fail(err, "%s: %s=%s: mynah does not yet have this; expected a format (qcow2, raw, vdi, vhdx, vmdk, vpc) "
             "or file", option, key, name);
    else
        fail(err, "%s: %s=%s: expected a format (qcow2, raw, vdi, vhdx, vmdk, vpc) or file", option, key, name);
}

/* A key with a prefix ("file." or ""). Borrowed value. */
static const char *take(struct opts *o, const char *prefix, const char *key)
{
    g_autofree char *full = g_strconcat(prefix, key, NULL);
    return opts_take(o, full);
}

static bool take_bool(struct opts *o, const char *prefix, const char *key, bool *out, GError **err)
{
    g_autofree char *full = g_strconcat(prefix, key, NULL);
    return opts_take_bool(o, full, out, err);
}

static bool take_enum(struct opts *o, const char *prefix, const char *key, const char *const *names, unsigned *out,
                      GError **err)
{
    g_autofree char *full = g_strconcat(prefix, key, NULL);
    return opts_take_enum(o, full, names, out, err);
}

/* What every node takes: read-only, cache.*, discard, detect-zeroes. */
static bool take_node_options(struct opts *o, const char *prefix, struct node_options *no, GError **err)
{
    unsigned discard = no->discard ? 2 : 0, zeroes = 0;
    bool force_share = false;
    if (!take_bool(o, prefix, "read-only", &no->read_only, err) ||
        !take_bool(o, prefix, "auto-read-only", &no->auto_read_only, err) ||
        !take_bool(o, prefix, "cache.direct", &no->direct, err) ||
        !take_bool(o, prefix, "cache.no-flush", &no->no_flush, err) ||
        !take_bool(o, prefix, "force-share", &force_share, err) ||
        !take_enum(o, prefix, "discard", discard_names, &discard, err) ||
        !take_enum(o, prefix, "detect-zeroes", zeroes_names, &zeroes, err))
        return false;
    no->discard = discard >= 2;
    no->detect_zeroes = zeroes;
    if (zeroes == DETECT_UNMAP && !no->discard) {
        fail(err, "setting detect-zeroes to unmap is not allowed without setting discard operation to unmap");
        return false;
    }
    if (force_share)
        no->locking = false;
    return true;
}

static bool take_aio(struct opts *o, const char *prefix, struct node_options *no, GError **err)
{
    unsigned aio = no->uring ? AIO_URING : 0;

    if (!take_enum(o, prefix, "aio", aio_names, &aio, err))
        return false;
    no->uring = aio == AIO_URING;
    return true;
}

/* The file node's own: filename, NULL if it is not given, locking, aio. */
static bool take_file_options(struct opts *o, const char *prefix, struct node_options *no, const char **filename,
                              GError **err)
{
    unsigned locking = no->locking ? 2 : 0;
    *filename = take(o, prefix, "filename");
    if (!take_enum(o, prefix, "locking", on_off_auto, &locking, err) ||
        !take_aio(o, prefix, no, err))
        return false;
    no->locking = locking != 0;
    return true;
}

/* -- -blockdev -- */

/* A key is missing: perhaps it was meant by one that there is not. */
static struct block *fail_missing(struct opts *o, const char *prefix, const char *key, const char *what, GError **err)
{
    if (opts_done(o, "-blockdev", err))
        fail(err, "-blockdev: %s%s: expected %s", prefix, key, what);
    return NULL;
}

static struct block *make_node(struct opts *o, const char *prefix, const struct node_options *defaults, GError **err);

/* The node that `key` ("file", "backing") of prefix names or describes, with a reference for the caller. */
static struct block *make_child(struct opts *o, const char *prefix, const char *key, const struct node_options *no,
                                GError **err)
{
    const char *ref = take(o, prefix, key);
    if (!ref) {
        g_autofree char *nested = g_strconcat(prefix, key, ".", NULL);
        return make_node(o, nested, no, err);
    }
    struct block *child = block_find(ref);
    if (!child || child->drive) {
        fail(err, "-blockdev: %s=%s: expected a node-name made before", key, ref);
        return NULL;
    }
    if (child->user || (child->parents && !child->read_only)) {
        fail(err, "-blockdev: %s=%s: this node is already in use", key, ref);
        return NULL;
    }
    child->refs++;
    return child;
}

static bool begins(const char *key, const char *value, void *prefix)
{
    const char **p = prefix;
    if (*p && g_str_has_prefix(key, *p))
        *p = NULL;
    return *p != NULL;
}

/* What lies behind a format: "backing" as it is given (null or empty: nothing), else what the image says. */
static bool make_backing(struct opts *o, const char *prefix, struct block *b, const struct node_options *defaults,
                         GError **err)
{
    g_autofree char *key = g_strconcat(prefix, "backing", NULL), *nested = g_strconcat(key, ".", NULL);
    const char *ref = opts_peek(o, key), *absent = nested;
    struct node_options no = *defaults;

    no.read_only = true;
    opts_foreach(o, begins, &absent);
    if (ref && (!*ref || !strcmp(ref, "null"))) {
        opts_take(o, key);
        return true;
    }
    if (!ref && absent)
        return open_backing(b, defaults, err);
    struct block *backing = make_child(o, prefix, "backing", &no, err);
    if (backing)
        block_node_set_backing(b, backing);
    return backing != NULL;
}

/* A format other than raw. */
static struct block *make_format(struct opts *o, const char *prefix, const char *driver, const char *node,
                                 const struct node_options *no, const struct node_options *defaults, GError **err)
{
    struct block *child = make_child(o, prefix, "file", no, err);
    struct block *b = child ? format_open(driver, child, node, no, false, err) : NULL;

    if (b && !make_backing(o, prefix, b, defaults, err)) {
        block_node_unref(b);
        return NULL;
    }
    return b;
}

/* driver=nbd: server.type=inet|unix with what belongs to it, or the same without "server."; export. */
static struct block *make_nbd(struct opts *o, const char *prefix, const char *node, const struct node_options *no,
                              GError **err)
{
    const char *type = take(o, prefix, "server.type"), *path = take(o, prefix, "server.path");
    const char *host = take(o, prefix, "server.host"), *port = take(o, prefix, "server.port");
    const char *export = take(o, prefix, "export"), *short_path = take(o, prefix, "path");
    const char *short_host = take(o, prefix, "host"), *short_port = take(o, prefix, "port");

    path = path ? path : short_path;
    host = host ? host : short_host;
    port = port ? port : short_port;
    if (!path == !host || (type && strcmp(type, path ? "unix" : "inet")))
        return fail_missing(o, prefix, "server.type", "unix with server.path, or inet with server.host and server.port",
                            err);
    g_autofree char *name = path ? g_strconcat("nbd:unix:", path, export ? ":exportname=" : NULL, export, NULL)
                                 : g_strconcat("nbd:", host, ":", port ? port : "10809",
                                               export ? ":exportname=" : NULL, export, NULL);
    return nbd_open(name, node, no, err);
}

/* driver=vvfat: dir; of the others only what is there. */
static struct block *make_vvfat(struct opts *o, const char *prefix, const char *node, const struct node_options *no,
                                GError **err)
{
    const char *dir = take(o, prefix, "dir"), *type = take(o, prefix, "fat-type");
    bool floppy = false, rw = false;

    if (!take_bool(o, prefix, "floppy", &floppy, err) || !take_bool(o, prefix, "rw", &rw, err))
        return NULL;
    if (!dir)
        return fail_missing(o, prefix, "dir", "a folder", err);
    if (floppy || rw || (type && strcmp(type, "16") && strcmp(type, "0"))) {
        fail(err, "-blockdev: driver=vvfat: mynah has fat-type=16, floppy=off and rw=off only");
        return NULL;
    }
    return vvfat_open(dir, node, no, err);
}

/* Depth of nesting is bounded: "raw" on "raw" needs a further "file." in each key. */
static struct block *make_node(struct opts *o, const char *prefix, const struct node_options *defaults, GError **err)
{
    struct node_options no = *defaults;
    uint64_t offset = 0, size = 0;
    const char *driver = take(o, prefix, "driver"), *node = take(o, prefix, "node-name");
    if (strlen(prefix) > 100) {
        fail(err, "-blockdev: nested too deeply");
        return NULL;
    }
    if (!driver)
        return fail_missing(o, prefix, "driver", "a format or file", err);
    if (!take_node_options(o, prefix, &no, err))
        return NULL;
    if (!strcmp(driver, "file") || !strcmp(driver, "host_device")) {
        const char *filename;
        if (!take_file_options(o, prefix, &no, &filename, err))
            return NULL;
        return filename ? file_open(filename, node, &no, err)
                        : fail_missing(o, prefix, "filename", "the name of an image file", err);
    }
    if (!strcmp(driver, "nbd"))
        return make_nbd(o, prefix, node, &no, err);
    if (!strcmp(driver, "vvfat"))
        return make_vvfat(o, prefix, node, &no, err);
    if (!named_in(driver, format_names)) {
        g_autofree char *key = g_strconcat(prefix, "driver", NULL);
        fail_driver(err, "-blockdev", key, driver);
        return NULL;
    }
    if (strcmp(driver, "raw"))
        return make_format(o, prefix, driver, node, &no, defaults, err);
    g_autofree char *offset_key = g_strconcat(prefix, "offset", NULL);
    g_autofree char *size_key = g_strconcat(prefix, "size", NULL);
    if (!opts_take_size(o, offset_key, &offset, err) || !opts_take_size(o, size_key, &size, err))
        return NULL;
    struct block *child = make_child(o, prefix, "file", &no, err);
    return child ? raw_open(child, node, &no, offset, size, false, err) : NULL;
}

bool block_add_blockdev(struct opts *o, GError **err)
{
    const struct node_options defaults = { .write_cache = true, .locking = true };
    struct block *b = make_node(o, "", &defaults, err);
    if (!b)
        return false;
    if (!opts_done(o, "-blockdev", err))
        goto failed;
    if (!opts_peek(o, "node-name")) {
        fail(err, "-blockdev: node-name: expected a name for the node");
        goto failed;
    }
    b->of_blockdev = true;
    return true;
failed:
    block_node_unref(b);
    return false;
}

bool block_remove_blockdev(const char *node, GError **err)
{
    struct block *b = block_find(node);

    if (!b || !b->of_blockdev || strcmp(b->node, node))
        fail(err, "Failed to find node with node-name='%s'", node);
    else if (b->user || b->parents || b->job || b->drive || b->refs > 1)
        fail(err, "Node %s is in use", node);
    else {
        block_drain(b);
        if (!b->read_only)
            block_flush_sync(b);
        block_node_unref(b);
        return true;
    }
    return false;
}

/* -- -drive -- */

static const char *const if_names[] = { "none", "virtio", "pflash", "sd", "mtd", "ide", "scsi", "floppy", NULL };
G_STATIC_ASSERT(ARRAY_SIZE(if_names) == BLOCK_IF_COUNT + 1);

static const char *const cache_names[] = { "writeback", "none", "writethrough", "directsync", "unsafe", NULL };

static bool take_cache(struct opts *o, struct node_options *no, GError **err)
{
    unsigned mode = 0;
    if (!opts_take_enum(o, "cache", cache_names, &mode, err))
        return false;
    no->direct = mode == 1 || mode == 3;
    no->write_cache = mode != 2 && mode != 3;
    no->no_flush = mode == 4;
    return opts_take_bool(o, "cache.writeback", &no->write_cache, err);
}

/* What is of the drive and not of its image: what to do after errors, limits of the rate, copies of what is read. */
struct behaviour {
    unsigned on_read_error, on_write_error; /* enum on_error */
    bool copy_on_read, limited;
    struct throttle limits;
};

static bool take_behaviour(struct opts *o, struct behaviour *b, GError **err)
{
    static const char *const actions[] = {
        [ON_ERROR_REPORT] = "report", [ON_ERROR_ENOSPC] = "enospc", [ON_ERROR_IGNORE] = "ignore",
        [ON_ERROR_STOP] = "stop", NULL
    };

    b->on_write_error = ON_ERROR_ENOSPC;
    return throttle_take(&b->limits, o, &b->limited, err) &&
           opts_take_enum(o, "rerror", actions, &b->on_read_error, err) &&
           opts_take_enum(o, "werror", actions, &b->on_write_error, err) &&
           opts_take_bool(o, "copy-on-read", &b->copy_on_read, err);
}

static void set_behaviour(struct block *root, const struct behaviour *b)
{
    root->on_read_error = b->on_read_error;
    root->on_write_error = b->on_write_error;
    root->copy_on_read = b->copy_on_read;
    root->throttle = b->limited ? g_memdup2(&b->limits, sizeof(b->limits)) : NULL;
}

/* QEMU's names with a protocol before a ':' ("nbd:..."). "file:" is ours. NULL with a message for others. */
static const char *strip_protocol(const char *file, GError **err)
{
    const char *colon = strchr(file, ':'), *slash = strchr(file, '/');
    if (!colon || (slash && slash < colon))
        return file;
    if (g_str_has_prefix(file, "file:"))
        return file + strlen("file:");
    if (is_nbd(file) || is_vvfat(file))
        return file;
    fail(err, "-drive: file=%s: mynah does not yet have the protocol '%.*s'; for a file of this name write ./%s", file,
         (int)(colon - file), file, file);
    return NULL;
}

/* What a drive's image is. */
struct image {
    const char *file, *filename, *format, *protocol, *node, *image;
    uint64_t offset, size;
    bool snapshot, may_be_empty;
};

static void warn_probed(const struct block *b)
{
    if (!b->read_only)
        fprintf(stderr,
                "mynah: warning: -drive: no format= for '%s' and it looks raw: writes that would make its first "
                "sector look like another format fail; format=raw lifts this\n",
                b->filename);
}

/* The name of the format of a file whose format nobody said; NULL with a message if it is none of ours. */
static const char *probe_format(struct block *file, GError **err)
{
    uint8_t head[BLOCK_SECTOR];
    size_t n = MIN(sizeof(head), file->size);

    if (block_read_sync(file, 0, head, n) < 0)
        return "raw"; /* the guest will see the same error */
    const char *found = format_probe(head, n);
    if (!found || named_in(found, format_names))
        return found ? found : "raw";
    fail(err, "-drive: '%s' looks like a %s image: mynah does not yet have this; expected another format "
         "(format=raw to use it as a raw one)", file->filename, found);
    return NULL;
}

/* The format's node on a file, and what lies behind it. Takes over file. */
static struct block *open_format(const struct image *im, struct block *file, const struct node_options *no,
                                 GError **err)
{
    const char *format = im->format ? im->format : probe_format(file, err);

    if (format && (!strcmp(format, "raw") || !strcmp(format, "file") || !strcmp(format, "host_device"))) {
        if (!im->format)
            warn_probed(file);
        return raw_open(file, im->node, no, im->offset, im->size, !im->format, err);
    }
    if (!format || im->offset || im->size) {
        if (format)
            fail(err, "-drive: offset and size: only format=raw takes these");
        block_node_unref(file);
        return NULL;
    }
    struct block *b = format_open(format, file, im->node, no, false, err);
    if (b && !open_backing(b, no, err)) {
        block_node_unref(b);
        return NULL;
    }
    return b;
}

static bool take_image(struct opts *o, struct image *im, struct node_options *no, GError **err)
{
    im->file = opts_take(o, "file");
    im->format = opts_take(o, "format");
    const char *driver = opts_take(o, "driver");
    im->format = im->format ? im->format : driver;
    im->protocol = opts_take(o, "file.driver");
    im->node = opts_take(o, "node-name");
    im->image = opts_take(o, "image");
    return take_aio(o, "", no, err) && take_file_options(o, "file.", no, &im->filename, err) &&
           opts_take_size(o, "offset", &im->offset, err) && opts_take_size(o, "size", &im->size, err);
}

/*
 * driver=blkreplay,image=ID: that drive as it is. QEMU records the requests to such a drive, and here those to all are.
 */
static struct block *open_blkreplay(const struct image *im, struct node_options no, GError **err)
{
    struct block *b = im->image ? block_find(im->image) : NULL;
    if (!b || b->user || b->parents || im->file || im->filename) {
        fail(err, "-drive: driver=blkreplay,image=%s: expected %s", im->image ? im->image : "",
             im->file || im->filename ? "no file" : "the id of another drive, which has no device");
        return NULL;
    }
    no.read_only |= b->read_only;
    b->refs++;
    return raw_open(b, im->node, &no, im->offset, im->size, false, err);
}

/* The graph of a drive: snapshot on a format on file. */
static struct block *open_image(const struct image *im, struct node_options no, GError **err)
{
    const char *format = im->format, *protocol = im->protocol, *filename = im->file ? im->file : im->filename;
    if (format && !strcmp(format, "blkreplay"))
        return open_blkreplay(im, no, err);
    if (im->image) {
        fail(err, "-drive: image=%s: only driver=blkreplay takes this", im->image);
        return NULL;
    }
    if (format && !named_in(format, format_names) && strcmp(format, "file") && strcmp(format, "host_device")) {
        fail_driver(err, "-drive", "format", format);
        return NULL;
    }
    if (protocol && strcmp(protocol, "file") && strcmp(protocol, "host_device")) {
        fail_driver(err, "-drive", "file.driver", protocol);
        return NULL;
    }
    if (!filename && im->may_be_empty)
        return empty_open(&no);
    if (!filename) {
        fail(err, "-drive: file: expected the name of an image file");
        return NULL;
    }
    if (im->file && !(filename = strip_protocol(filename, err)))
        return NULL;
    if (im->snapshot)
        no.read_only = true; /* below; the layer on top is writable */
    struct block *b = im->file ? protocol_open(filename, NULL, &no, err) : file_open(filename, NULL, &no, err);
    if (!b)
        return NULL;
    b = open_format(im, b, &no, err);
    return b && im->snapshot ? snapshot_open(b, &no, err) : b;
}

/* Who a drive is. */
struct identity {
    const char *id;
    unsigned type; /* enum block_if */
    bool numbered;
    uint64_t index;
};

static bool take_identity(struct opts *o, struct identity *who, GError **err)
{
    uint64_t bus = 0;
    who->id = opts_take(o, "id");
    who->numbered = opts_peek(o, "index") || opts_peek(o, "unit");
    return opts_take_enum(o, "if", if_names, &who->type, err) &&
           opts_take_uint(o, "index", 0, 255, &who->index, err) &&
           opts_take_uint(o, "unit", 0, 255, &who->index, err) && opts_take_uint(o, "bus", 0, 0, &bus, err);
}

/* A place and a name, which nobody else has, for a drive without root. */
static bool settle(struct drive *d, const struct identity *who, GError **err)
{
    unsigned type = who->type;
    uint64_t index = who->index;
    const char *id = who->id;
    if (!who->numbered)
        while (block_drive(type, index))
            index++;
    if (block_drive(type, index)) {
        fail(err, "-drive: if=%s,index=%u: there is already such a drive ('%s')", if_names[type], (unsigned)index,
             block_name(block_drive(type, index)));
        return false;
    }
    d->type = type;
    d->index = index;
    d->id = id ? g_strdup(id) : g_strdup_printf("%s%u", if_names[type], (unsigned)index);
    if (block_find(d->id)) {
        fail(err, "-drive: id=%s: this name is already in use", d->id);
        return false;
    }
    return true;
}

static bool take_access(struct opts *o, struct node_options *no, bool *snapshot, GError **err)
{
    static const char *const media_names[] = { "disk", "cdrom", NULL };
    unsigned media = 0;
    if (!opts_take_enum(o, "media", media_names, &media, err))
        return false;
    no->read_only = media == 1;
    return opts_take_bool(o, "snapshot", snapshot, err) && opts_take_bool(o, "readonly", &no->read_only, err) &&
           take_cache(o, no, err) && take_node_options(o, "", no, err);
}

bool block_add_drive(struct opts *o, enum block_if default_if, GError **err)
{
    struct node_options no = { .write_cache = true, .locking = true };
    struct identity who = { .type = default_if };
    struct image im = { .snapshot = snapshot_all };
    struct behaviour behaviour = { 0 };
    const char *serial = opts_take(o, "serial");
    if (!take_identity(o, &who, err) || !take_access(o, &no, &im.snapshot, err) ||
        !take_behaviour(o, &behaviour, err) || !take_image(o, &im, &no, err) ||
        !opts_done(o, "-drive", err))
        return false;
    im.snapshot &= !no.read_only;
    im.may_be_empty = who.type == BLOCK_IF_NONE;
    struct drive *d = g_new0(struct drive, 1);
    d->serial = g_strdup(serial);
    if (settle(d, &who, err))
        d->root = open_image(&im, no, err);
    if (!d->root) {
        g_free(d->id);
        g_free(d->serial);
        g_free(d);
        return false;
    }
    d->root->drive = d;
    set_behaviour(d->root, &behaviour);
    if (!block_drives)
        block_drives = g_ptr_array_new();
    g_ptr_array_add(block_drives, d);
    return true;
}

/* -- Devices -- */

static void *find_for_prop(const char *name)
{
    return block_find(name);
}

static const char *name_for_prop(const void *b)
{
    return block_name(b);
}

const struct prop_object block_prop = {
    .kind = "drive",
    .expected = "the id of a -drive or the node-name of a -blockdev",
    .find = find_for_prop,
    .name = name_for_prop,
};

/* The device that a drive of this interface means; NULL: none that is to be made. */
static const char *driver_for(const struct drive_default *rows, enum block_if type)
{
    for (; rows->type != BLOCK_IF_NONE; rows++)
        if (rows->type == type)
            return rows->driver;
    return NULL;
}

bool block_make_devices(struct machine *m, const struct drive_default *rows, GError **err)
{
    for (guint i = 0; block_drives && i < block_drives->len; i++) {
        struct drive *d = g_ptr_array_index(block_drives, i);
        const char *driver = driver_for(rows, d->type);
        if (!driver || d->device_made)
            continue;
        struct opts *o = opts_new();
        opts_set(o, "driver", driver);
        opts_set(o, "drive", d->id);
        if (d->serial)
            opts_set(o, "serial", d->serial);
        d->device_made = device_add(m, o, err) != NULL;
        opts_free(o);
        if (!d->device_made) {
            g_prefix_error(err, "-drive id=%s,if=%s: ", d->id, if_names[d->type]);
            return false;
        }
    }
    return true;
}

static void fail_no_place(const struct drive *d, const struct drive_default *rows, GError **err)
{
    g_autoptr(GString) known = g_string_new(NULL);

    for (; rows->type != BLOCK_IF_NONE; rows++)
        g_string_append_printf(known, "if=%s, ", if_names[rows->type]);
    fail(err, "-drive id=%s,if=%s,index=%u: the machine has no such place for a drive; expected %sor if=none with "
         "-device", d->id, if_names[d->type], d->index, known->str);
}

bool block_check_unused(const struct drive_default *rows, GError **err)
{
    for (guint i = 0; block_drives && i < block_drives->len; i++) {
        struct drive *d = g_ptr_array_index(block_drives, i);
        if (d->type != BLOCK_IF_NONE && !d->root->user) {
            fail_no_place(d, rows, err);
            return false;
        }
    }
    return true;
}

/* -- Recordings -- */

void block_identify(GString *out)
{
    struct stat st;

    for (guint i = 0; block_nodes && i < block_nodes->len; i++) {
        const struct block *b = g_ptr_array_index(block_nodes, i);
        if (b->child || !block_inserted(b))
            continue;
        g_autofree char *name = g_path_get_basename(b->filename);
        g_string_append_printf(out, "image: %s, %" G_GUINT64_FORMAT " bytes\n", name, b->size);
        if (stat(b->filename, &st) == 0)
            g_string_append_printf(out, "~image %s, written at %" G_GINT64_FORMAT ".%09ld\n", name,
                                   (gint64)st.st_mtim.tv_sec, (long)st.st_mtim.tv_nsec);
    }
}

/* -- Monitor -- */

static bool commit(struct drive *d, GError **err)
{
    int r = d->root->driver->commit ? d->root->driver->commit(d->root) : -ENOTSUP;
    if (r == -ENOTSUP)
        fail(err, "drive '%s' is written to directly: there is nothing to commit", d->id);
    else if (r < 0)
        fail(err, "drive '%s': cannot write to '%s': %s", d->id, d->root->filename, g_strerror(-r));
    return r == 0;
}

bool block_commit(const char *id, GError **err)
{
    bool all = !strcmp(id, "all"), found = all;
    for (guint i = 0; block_drives && i < block_drives->len; i++) {
        struct drive *d = g_ptr_array_index(block_drives, i);
        if (all ? !d->root->driver->commit : strcmp(d->id, id) != 0)
            continue;
        found = true;
        if (!commit(d, err))
            return false;
    }
    if (!found)
        fail(err, "there is no drive '%s'", id);
    return found;
}

static void describe_root(GString *out, struct block *b, bool verbose)
{
    const struct block_drive_info d = drive_info(b);

    g_string_append(out, d.device[0] ? d.device : d.node ? d.node : d.user);
    if (d.node && d.device[0])
        g_string_append_printf(out, " (%s)", d.node);
    if (d.node)
        g_string_append_printf(out, ": %s (%s%s)\n", d.file, d.format, d.read_only ? ", read-only" : "");
    else
        g_string_append(out, ": [not inserted]\n");
    if (d.user)
        g_string_append_printf(out, "    Attached to:      %s\n", d.user);
    if (d.has_tray)
        g_string_append_printf(out, "    Removable device: %slocked, tray %s\n", d.locked ? "" : "not ",
                               d.open ? "open" : "closed");
    if (!d.node)
        return;
    g_string_append_printf(out, "    Cache mode:       %s%s\n", b->write_cache ? "writeback" : "writethrough",
                           b->no_flush ? ", ignore flushes" : "");
    if (!verbose)
        return;
    g_string_append_printf(out, "    Size:             %" G_GUINT64_FORMAT " bytes\n    Nodes:           ", b->size);
    for (; b; b = b->child)
        g_string_append_printf(out, " %s (%s)", b->node, b->driver->name);
    g_string_append_c(out, '\n');
}

void block_info(GString *out, bool verbose, const struct block *only)
{
    for (guint i = 0; block_nodes && i < block_nodes->len; i++) {
        struct block *b = g_ptr_array_index(block_nodes, i);
        if (only ? b == only : b->parents == 0 && (block_inserted(b) || b->user || b->drive))
            describe_root(out, b, verbose);
    }
}
