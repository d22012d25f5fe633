/* SPDX-License-Identifier: BSD-2-Clause */
/* From names to nodes: formats by name or by looks, chains of backing files. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "format.h"

#define MAX_DEPTH 200 /* of a chain */

const char *const format_names[] = { "raw", "qcow2", "vdi", "vhdx", "vmdk", "vpc", NULL };

/* But for raw. */
static const struct {
    const char *name;
    struct block *(*open)(struct block *child, const char *node, const struct node_options *no, GError **err);
    int (*create)(struct block *file, const struct block_create *c, GError **err);
} formats[] = {
    { "qcow2", qcow2_open, qcow2_create },
    { "vdi", vdi_open, vdi_create },
    { "vhdx", vhdx_open, vhdx_create },
    { "vmdk", vmdk_open, vmdk_create },
    { "vpc", vpc_open, vpc_create },
};

struct block *format_open(const char *format, struct block *child, const char *node, const struct node_options *no,
                          bool probed, GError **err)
{
    if (!strcmp(format, "raw"))
        return raw_open(child, node, no, 0, 0, probed, err);
    for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
        if (!strcmp(formats[i].name, format))
            return formats[i].open(child, node, no, err);
    fail(err, "'%s': mynah does not yet have the format '%s'; expected raw, qcow2, vdi, vhdx, vmdk or vpc",
         child->filename, format);
    block_node_unref(child);
    return NULL;
}

struct block *protocol_open(const char *name, const char *node, const struct node_options *no, GError **err)
{
    if (is_nbd(name))
        return nbd_open(name, node, no, err);
    if (is_vvfat(name))
        return vvfat_open(name, node, no, err);
    return file_open(g_str_has_prefix(name, "file:") ? name + strlen("file:") : name, node, no, err);
}

char *backing_path(const char *image, const char *backing)
{
    if (g_str_has_prefix(backing, "file:"))
        backing += strlen("file:");
    if (g_path_is_absolute(backing) || is_nbd(backing) || is_vvfat(backing))
        return g_strdup(backing);
    g_autofree char *folder = g_path_get_dirname(image);
    return strcmp(folder, ".") ? g_build_filename(folder, backing, NULL) : g_strdup(backing);
}

/* How its first bytes look: a format's name; "raw" too where they can't be read, as the error comes again. */
static const char *probe(struct block *file)
{
    uint8_t head[BLOCK_SECTOR];
    size_t n = MIN(sizeof(head), file->size);
    const char *found = node_pread(file, 0, head, n) < 0 ? NULL : format_probe(head, n);

    return found ? found : "raw";
}

static struct block *open_at(const char *filename, const char *format, const struct node_options *no, const char *node,
                             unsigned depth, bool *probed_raw, GError **err);

static bool open_backing_at(struct block *b, const struct node_options *no, unsigned depth, GError **err)
{
    struct node_options below = *no;

    if (!b->backing_file || !b->backing_file[0])
        return true;
    g_autofree char *path = backing_path(b->filename, b->backing_file);
    if (depth >= MAX_DEPTH) {
        fail(err, "'%s': the chain of backing files is too long, or a loop", path);
        return false;
    }
    below.read_only = true;
    below.inspect = false;
    struct block *backing = open_at(path, b->backing_format, &below, NULL, depth + 1, NULL, err);
    if (!backing) {
        g_prefix_error(err, "the backing file of '%s': ", b->filename);
        return false;
    }
    block_node_set_backing(b, backing);
    return true;
}

bool open_backing(struct block *b, const struct node_options *no, GError **err)
{
    return open_backing_at(b, no, 0, err);
}

/* depth 0: the top; UINT_MAX: without what lies behind it. */
static struct block *open_at(const char *filename, const char *format, const struct node_options *no, const char *node,
                             unsigned depth, bool *probed_raw, GError **err)
{
    struct block *file = protocol_open(filename, NULL, no, err);

    if (!file)
        return NULL;
    if (probed_raw)
        *probed_raw = false;
    if (!format || !strcmp(format, "file") || !strcmp(format, "host_device")) {
        bool asked = format != NULL;
        format = asked ? "raw" : probe(file);
        if (probed_raw)
            *probed_raw = !asked && !strcmp(format, "raw");
    }
    struct block *b = format_open(format, file, node, no, probed_raw && *probed_raw, err);
    if (b && depth != G_MAXUINT && !open_backing_at(b, no, depth, err)) {
        block_node_unref(b);
        return NULL;
    }
    return b;
}

struct block *image_open(const char *filename, const char *format, const struct node_options *no, const char *node,
                         bool backing, bool *probed_raw, GError **err)
{
    return open_at(filename, format, no, node, backing ? 0 : G_MAXUINT, probed_raw, err);
}

/* -- Creation -- */

/* The file's space is there, up to its size. */
static int reserve(const char *filename, GError **err)
{
    int fd = open(filename, O_RDWR | O_CLOEXEC), r = fd < 0 ? errno : 0;
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

    if (r == 0 && size > 0)
        r = posix_fallocate(fd, 0, size);
    if (fd >= 0)
        close(fd);
    if (r)
        fail(err, "Could not preallocate: %s", g_strerror(r));
    return -r;
}

static int write_zeroes(struct block *b, GError **err)
{
    static const uint8_t zeroes[64 * KiB];
    int r = 0;

    for (uint64_t at = 0; at < b->size && r == 0; at += sizeof(zeroes))
        r = node_pwrite(b, at, zeroes, MIN(sizeof(zeroes), b->size - at));
    r = r < 0 ? r : node_flush(b);
    if (r < 0)
        fail(err, "Could not preallocate: %s", g_strerror(-r));
    return r;
}

/* Takes over file. */
static int preallocate(struct block *file, const char *format, const struct block_create *c, GError **err)
{
    const struct node_options no = { .write_cache = true };
    struct block *b = format_open(format, file, NULL, &no, false, err);
    g_autofree char *filename = b ? g_strdup(b->filename) : NULL;
    int r = b ? 0 : -EIO;

    if (r == 0 && !strcmp(format, "qcow2") && (r = qcow2_allocate(b, 0, b->size)) < 0)
        fail(err, "Could not preallocate: %s", g_strerror(-r));
    if (r == 0 && c->prealloc == PREALLOC_FULL)
        r = write_zeroes(b, err);
    if (b)
        block_node_unref(b);
    return r == 0 && c->prealloc == PREALLOC_FALLOC ? reserve(filename, err) : r;
}

int image_create(const char *filename, const char *format, const struct block_create *c, GError **err)
{
    const struct node_options no = { .write_cache = true, .locking = true };
    int (*create)(struct block *file, const struct block_create *c, GError **err) = NULL;

    for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
        if (!strcmp(formats[i].name, format))
            create = formats[i].create;
    if (!create && strcmp(format, "raw")) {
        fail(err, "Unknown file format '%s'", format);
        return -ENOTSUP;
    }
    if (g_str_has_prefix(filename, "file:"))
        filename += strlen("file:");
    int fd = open(filename, O_RDWR | O_CREAT | O_CLOEXEC, 0644), e = errno;
    if (fd < 0) {
        fail(err, "Could not create '%s': %s", filename, g_strerror(e));
        return -e;
    }
    close(fd);
    struct block *file = file_open(filename, NULL, &no, err);
    if (!file)
        return -EIO;
    int r = file->driver->resize(file, 0, err);
    if (r == 0)
        r = create ? create(file, c, err) : file->driver->resize(file, c->size, err);
    if (r == 0 && c->prealloc)
        return preallocate(file, format, c, err);
    block_node_unref(file);
    return r;
}
