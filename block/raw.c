/* SPDX-License-Identifier: BSD-2-Clause */
/* The "raw" node: the bytes of the node below, or a window of them. And what other formats look like. */
#include "node.h"

#include <string.h>

struct raw {
    uint64_t offset;
    bool window; /* offset= or size= */
    bool probed; /* nobody said that the image is raw: keep the guest from making it look like another format */
};

/* -- Formats -- */

static const struct {
    const char *format;
    unsigned offset, len;
    const char *magic;
} magics[] = {
    { "qcow2", 0, 4, "QFI\xfb" },
    { "qed", 0, 4, "QED\0" },
    { "vmdk", 0, 4, "KDMV" },
    { "vmdk", 0, 4, "COWD" },
    { "vmdk", 0, 21, "# Disk DescriptorFile" },
    { "vhdx", 0, 8, "vhdxfile" },
    { "vpc", 0, 8, "conectix" },
    { "luks", 0, 6, "LUKS\xba\xbe" },
    { "parallels", 0, 16, "WithoutFreeSpace" },
    { "parallels", 0, 16, "WithouFreSpacExt" },
    { "vdi", 64, 4, "\x7f\x10\xda\xbe" },
    { "bochs", 0, 18, "Bochs Virtual HD I" },
};

const char *format_probe(const uint8_t *buf, size_t len)
{
    for (unsigned i = 0; i < ARRAY_SIZE(magics); i++)
        if (magics[i].offset + magics[i].len <= len &&
            !memcmp(buf + magics[i].offset, magics[i].magic, magics[i].len))
            return magics[i].format;
    return NULL;
}

/* -- The node -- */

static int raw_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct raw *r = b->state;
    return node_read(b->child, offset + r->offset, iov, niov, len);
}

static bool write_allowed(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov)
{
    uint8_t head[BLOCK_SECTOR];
    size_t n = offset;
    if (offset >= BLOCK_SECTOR)
        return true;
    struct iovec all = { head, sizeof(head) };
    if (b->driver->read(b, 0, &all, 1, sizeof(head)) < 0)
        return false;
    for (unsigned i = 0; i < niov && n < sizeof(head); i++) {
        size_t part = MIN(iov[i].iov_len, sizeof(head) - n);
        memcpy(head + n, iov[i].iov_base, part);
        n += part;
    }
    return !format_probe(head, sizeof(head));
}

static int raw_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct raw *r = b->state;
    if (r->probed && !write_allowed(b, offset, iov, niov))
        return -EPERM;
    return node_write(b->child, offset + r->offset, iov, niov, len);
}

static int raw_transfer(struct block *b, bool write, uint64_t *offset, const struct iovec *iov, unsigned niov,
                        size_t len)
{
    struct raw *r = b->state;
    if (!b->child->driver->transfer || (write && r->probed && *offset < BLOCK_SECTOR))
        return -1;
    *offset += r->offset;
    return b->child->driver->transfer(b->child, write, offset, iov, niov, len);
}

static int raw_flush(struct block *b)
{
    return node_flush(b->child);
}

static int raw_discard(struct block *b, uint64_t offset, uint64_t len)
{
    struct raw *r = b->state;
    return node_discard(b->child, offset + r->offset, len);
}

static int raw_write_zeroes(struct block *b, uint64_t offset, uint64_t len, bool unmap)
{
    struct raw *r = b->state;
    return node_zeroes(b->child, offset + r->offset, len, unmap);
}

static int raw_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e)
{
    struct raw *r = b->state;
    return node_status(b->child, offset + r->offset, len, e);
}

static int raw_resize(struct block *b, uint64_t size, GError **err)
{
    struct raw *r = b->state;
    if (r->window || !b->child->driver->resize) {
        fail(err, "'%s': a part of an image can't be resized", b->filename);
        return -ENOTSUP;
    }
    int ret = b->child->driver->resize(b->child, size, err);
    if (ret == 0)
        b->size = size;
    return ret;
}

static int raw_set_writable(struct block *b, bool on)
{
    int r = b->child->driver->set_writable ? b->child->driver->set_writable(b->child, on) : -ENOTSUP;
    if (r == 0)
        b->read_only = !on;
    return r;
}

static void raw_close(struct block *b)
{
    g_free(b->state);
}

static const struct block_driver driver_raw = {
    .name = "raw",
    .read = raw_read,
    .write = raw_write,
    .transfer = raw_transfer,
    .flush = raw_flush,
    .discard = raw_discard,
    .write_zeroes = raw_write_zeroes,
    .status = raw_status,
    .resize = raw_resize,
    .close = raw_close,
    .set_writable = raw_set_writable,
};

struct block *raw_open(struct block *child, const char *node, const struct node_options *no, uint64_t offset,
                       uint64_t size, bool probed, GError **err)
{
    struct block *b = NULL;
    if (offset % BLOCK_SECTOR || size % BLOCK_SECTOR)
        fail(err, "raw: offset and size: expected multiples of %u", BLOCK_SECTOR);
    else if (offset > child->size || size > child->size - offset)
        fail(err, "raw: offset and size reach beyond the end of '%s' (%" G_GUINT64_FORMAT " bytes)", child->filename,
             child->size);
    else if (!no->read_only && child->read_only && !no->auto_read_only)
        fail(err, "raw: node '%s' is read-only; expected read-only=on", child->node);
    else
        b = block_node_new(&driver_raw, node, no, err);
    if (!b) {
        block_node_unref(child);
        return NULL;
    }
    struct raw *r = g_new0(struct raw, 1);
    r->offset = offset;
    r->probed = probed;
    r->window = offset || size;
    b->state = r;
    b->size = size ? size : child->size - offset;
    b->read_only |= child->read_only;
    block_node_set_child(b, child);
    return b;
}
