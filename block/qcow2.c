/* SPDX-License-Identifier: BSD-2-Clause */
/* The "qcow2" node: header, opening and closing. */
#include "qcow2.h"

#include "log.h"

/* -- Features -- */

static const struct {
    uint8_t type, bit;
    const char *name;
} features[] = {
    { 0, 0, "dirty bit" },
    { 0, 1, "corrupt bit" },
    { 0, 2, "external data file" },
    { 0, 3, "compression type" },
    { 0, 4, "extended L2 entries" },
    { 1, 0, "lazy refcounts" },
    { 2, 0, "bitmaps" },
    { 2, 1, "raw external data" },
};

#define FEATURE_ROW 48 /* type, bit, name padded with zeroes */

static unsigned put_features(uint8_t *p)
{
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++, p += FEATURE_ROW) {
        p[0] = features[i].type;
        p[1] = features[i].bit;
        memcpy(p + 2, features[i].name, strlen(features[i].name));
    }
    return ARRAY_SIZE(features) * FEATURE_ROW;
}

/* Names of the bits we don't know, by the image's own table. */
static void refuse_features(uint64_t unknown, const uint8_t *table, size_t len, const char *filename, GError **err)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(unknown >> bit & 1))
            continue;
        const char *sep = names->len ? ", " : "";
        size_t at = 0;
        while (at + FEATURE_ROW <= len && (table[at] != 0 || table[at + 1] != bit))
            at += FEATURE_ROW;
        if (at + FEATURE_ROW <= len)
            g_string_append_printf(names, "%s%.46s", sep, table + at + 2);
        else
            g_string_append_printf(names, "%sbit %u", sep, bit);
    }
    fail(err, "'%s': the image has features that mynah does not have: %s", filename, names->str);
}

/* -- The header -- */

int qcow2_write_features(struct qcow2 *q)
{
    uint8_t buf[24];

    if (q->version < 3)
        return 0;
    put64(buf, q->incompat);
    put64(buf + 8, q->compat);
    put64(buf + 16, q->autoclear);
    int r = node_flush(q->file);
    if (r == 0)
        r = node_pwrite(q->file, H_INCOMPAT, buf, sizeof(buf));
    return r < 0 ? r : node_flush(q->file);
}

int qcow2_write_l1_place(struct qcow2 *q, uint64_t offset, uint32_t size)
{
    uint8_t buf[12];

    put32(buf, size);
    put64(buf + 4, offset);
    int r = node_flush(q->file);
    if (r == 0)
        r = node_pwrite(q->file, H_L1_SIZE, buf, sizeof(buf));
    return r < 0 ? r : node_flush(q->file);
}

/* A table of the header's lies in whole clusters within the file. */
static bool table_ok(const struct qcow2 *q, const char *what, uint64_t offset, uint64_t bytes, uint64_t max,
                     GError **err)
{
    if (bytes > max)
        fail(err, "'%s': the %s is too large: %" PRIu64 " bytes", q->b->filename, what, bytes);
    else if (qcow2_in_cluster(q, offset))
        fail(err, "'%s': the %s is not aligned to a cluster", q->b->filename, what);
    else if (bytes && (offset > q->file->size || bytes > q->file->size - offset))
        fail(err, "'%s': the %s lies beyond the file's end: the image was cut off", q->b->filename, what);
    else
        return true;
    return false;
}

static bool read_v3(struct qcow2 *q, const uint8_t *h, GError **err)
{
    if (q->version == 2) {
        q->refcount_order = 4;
        q->header_length = H_V2_LENGTH;
        return true;
    }
    q->incompat = get64(h + H_INCOMPAT);
    q->compat = get64(h + H_COMPAT);
    q->autoclear = get64(h + H_AUTOCLEAR);
    q->refcount_order = get32(h + H_REFCOUNT_ORDER);
    q->header_length = get32(h + H_LENGTH);
    if (q->refcount_order > 6)
        fail(err, "'%s': refcounts of more than 64 bits", q->b->filename);
    else if (q->header_length < H_COMPRESSION || q->header_length > q->cluster_size)
        fail(err, "'%s': the header has an impossible length", q->b->filename);
    else if (q->incompat & QCOW2_INCOMPAT_COMPRESSION && (q->header_length <= H_COMPRESSION || h[H_COMPRESSION] != 1))
        fail(err, "'%s': an unknown type of compression", q->b->filename);
    else
        return true;
    return false;
}

/* Numbers in the header, except those of features. */
static bool read_numbers(struct qcow2 *q, const uint8_t *h, GError **err)
{
    const char *name = q->b->filename;

    q->version = get32(h + H_VERSION);
    q->cluster_bits = get32(h + H_CLUSTER_BITS);
    q->b->size = get64(h + H_SIZE);
    if (get32(h + H_MAGIC) != QCOW2_MAGIC) {
        fail(err, "'%s': not a qcow2 image", name);
    } else if (q->version != 2 && q->version != 3) {
        fail(err, "'%s': qcow2 of version %u; expected 2 or 3", name, q->version);
    } else if (q->cluster_bits < 9 || q->cluster_bits > 21) {
        fail(err, "'%s': clusters of 2^%u bytes; expected 512 to 2M", name, q->cluster_bits);
    } else if (get32(h + H_CRYPT)) {
        fail(err, "'%s': the image is encrypted, which mynah does not have", name);
    } else if (q->b->size > INT64_MAX - 2 * MiB) {
        fail(err, "'%s': the disk is too large", name);
    } else {
        q->cluster_size = UINT64_C(1) << q->cluster_bits;
        return read_v3(q, h, err);
    }
    return false;
}

struct extensions {
    const uint8_t *features;
    size_t features_len;
};

static bool read_extension(struct qcow2 *q, uint32_t type, const uint8_t *p, uint32_t len, struct extensions *x,
                           GError **err)
{
    switch (type) {
    case QCOW2_EXT_BACKING:
        g_free(q->b->backing_format);
        q->b->backing_format = g_strndup((const char *)p, MIN(len, 63));
        break;
    case QCOW2_EXT_FEATURES:
        x->features = p;
        x->features_len = len;
        break;
    case QCOW2_EXT_BITMAPS:
        if (len >= 24 && q->autoclear & QCOW2_AUTOCLEAR_BITMAPS) {
            q->bitmaps = true;
            q->bitmap_count = get32(p);
            q->bitmap_dir_size = get64(p + 8);
            q->bitmap_dir_offset = get64(p + 16);
        }
        break;
    case QCOW2_EXT_CRYPTO:
        fail(err, "'%s': the image is encrypted, which mynah does not have", q->b->filename);
        return false;
    }
    return true;
}

/* The first cluster's rest: extensions, and the backing file's name. */
static bool read_rest(struct qcow2 *q, const uint8_t *h, struct extensions *x, GError **err)
{
    uint64_t backing = get64(h + H_BACKING_OFFSET), at = q->header_length;
    uint32_t backing_len = get32(h + H_BACKING_SIZE);
    uint64_t end = backing ? MIN(backing, q->cluster_size) : q->cluster_size;

    if (backing && (backing_len > QCOW2_MAX_BACKING || backing > q->cluster_size - MIN(backing_len, q->cluster_size))) {
        fail(err, "'%s': the backing file's name is not in the first cluster", q->b->filename);
        return false;
    }
    if (backing && backing_len)
        q->b->backing_file = g_strndup((const char *)h + backing, backing_len);
    while (at + 8 <= end) {
        uint32_t type = get32(h + at), len = get32(h + at + 4);
        if (type == QCOW2_EXT_END)
            break;
        if (len > end - at - 8) {
            fail(err, "'%s': a header extension is too long", q->b->filename);
            return false;
        }
        if (!read_extension(q, type, h + at + 8, len, x, err))
            return false;
        at += 8 + ((uint64_t)len + 7) / 8 * 8;
    }
    return true;
}

static bool features_ok(struct qcow2 *q, const struct extensions *x, GError **err)
{
    uint64_t known = QCOW2_INCOMPAT_DIRTY | QCOW2_INCOMPAT_CORRUPT | QCOW2_INCOMPAT_COMPRESSION | QCOW2_INCOMPAT_EXT_L2;

    if (q->incompat & ~known) {
        refuse_features(q->incompat & ~known, x->features, x->features_len, q->b->filename, err);
        return false;
    }
    if (q->incompat & QCOW2_INCOMPAT_CORRUPT && !q->b->read_only && !q->inspect) {
        fail(err, "'%s': the image is marked as corrupt and can only be read (mynah-img check -r all may repair it)",
             q->b->filename);
        return false;
    }
    q->zstd = q->incompat & QCOW2_INCOMPAT_COMPRESSION;
    q->extended = q->incompat & QCOW2_INCOMPAT_EXT_L2;
    if (q->extended && q->cluster_bits < 14) {
        fail(err, "'%s': subclusters in clusters of less than 16K", q->b->filename);
        return false;
    }
    q->sub_bits = q->extended ? q->cluster_bits - 5 : q->cluster_bits;
    q->l2_bits = q->cluster_bits - (q->extended ? 4 : 3);
    return true;
}

/* -- Tables -- */

static uint64_t *read_table(struct qcow2 *q, uint64_t offset, uint64_t entries, GError **err)
{
    uint64_t *t = g_try_malloc(MAX(entries * 8, 8));
    int r = t ? node_pread(q->file, offset, t, entries * 8) : -ENOMEM;

    if (r < 0) {
        fail(err, "'%s': cannot read its tables: %s", q->b->filename, g_strerror(-r));
        g_free(t);
        return NULL;
    }
    for (uint64_t i = 0; i < entries; i++)
        t[i] = GUINT64_FROM_BE(t[i]);
    return t;
}

static bool read_tables(struct qcow2 *q, const uint8_t *h, GError **err)
{
    uint64_t rt_clusters = get32(h + H_RT_CLUSTERS);
    uint64_t need = (q->b->size >> qcow2_l1_shift(q)) + !!(q->b->size & ((UINT64_C(1) << qcow2_l1_shift(q)) - 1));

    q->l1_size = get32(h + H_L1_SIZE);
    q->l1_offset = get64(h + H_L1_OFFSET);
    q->rt_offset = get64(h + H_RT_OFFSET);
    q->rt_size = (rt_clusters << q->cluster_bits) / 8;
    if (!table_ok(q, "L1 table", q->l1_offset, q->l1_size * UINT64_C(8), QCOW2_MAX_L1, err) ||
        !table_ok(q, "refcount table", q->rt_offset, q->rt_size * 8, QCOW2_MAX_RT, err))
        return false;
    if (need > q->l1_size || !rt_clusters) {
        fail(err, "'%s': %s", q->b->filename, rt_clusters ? "the L1 table is too small for the disk"
                                                          : "there is no refcount table");
        return false;
    }
    q->l1 = read_table(q, q->l1_offset, q->l1_size, err);
    q->rt = q->l1 ? read_table(q, q->rt_offset, q->rt_size, err) : NULL;
    q->l1_dirty = g_malloc0(q->l1_size / L1_PART + 1);
    q->rt_dirty = g_malloc0(q->rt_size / L1_PART + 1);
    return q->rt != NULL;
}

static void add_meta(struct qcow2 *q, uint64_t offset, uint64_t bytes)
{
    for (uint64_t k = 0; k < qcow2_clusters(q, bytes); k++)
        g_hash_table_add(q->meta, GSIZE_TO_POINTER((offset >> q->cluster_bits) + k));
}

int qcow2_find_meta(struct qcow2 *q)
{
    g_hash_table_remove_all(q->meta);
    add_meta(q, 0, q->cluster_size);
    add_meta(q, q->l1_offset, q->l1_size * UINT64_C(8));
    add_meta(q, q->rt_offset, q->rt_size * 8);
    for (uint64_t i = 0; i < q->rt_size; i++)
        if (q->rt[i] & QCOW2_RT_OFFSET)
            add_meta(q, q->rt[i] & QCOW2_RT_OFFSET, q->cluster_size);
    for (uint64_t i = 0; i < q->l1_size; i++)
        if (q->l1[i] & QCOW2_OFFSET)
            add_meta(q, q->l1[i] & QCOW2_OFFSET, q->cluster_size);
    if (q->nb_snapshots)
        add_meta(q, q->snapshots_offset, q->snapshots_bytes);
    for (unsigned i = 0; i < q->nb_snapshots; i++)
        add_meta(q, q->snapshots[i].l1_offset, q->snapshots[i].l1_size * UINT64_C(8));
    return 0;
}

/* -- Operations -- */

static int qcow2_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    return qcow2_read_at(b->state, offset, iov, niov, len);
}

static int qcow2_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    return qcow2_write_at(b->state, offset, iov, niov, len);
}

static int qcow2_flush(struct block *b)
{
    return b->read_only ? 0 : qcow2_commit(b->state);
}

static int qcow2_discard(struct block *b, uint64_t offset, uint64_t len)
{
    return qcow2_discard_at(b->state, offset, len, false);
}

static int qcow2_write_zeroes(struct block *b, uint64_t offset, uint64_t len, bool unmap)
{
    return qcow2_zero_at(b->state, offset, len, unmap);
}

static int qcow2_make_empty(struct block *b)
{
    int r = qcow2_discard_at(b->state, 0, b->size, true);
    return r < 0 ? r : qcow2_commit(b->state);
}

static void qcow2_info(struct block *b, struct image_info *i)
{
    const struct qcow2 *q = b->state;

    *i = (struct image_info){
        .cluster_size = q->cluster_size,
        .dirty = q->incompat & QCOW2_INCOMPAT_DIRTY,
        .corrupt = q->incompat & QCOW2_INCOMPAT_CORRUPT,
        .has_specific = true,
        .compat = q->version == 2 ? "0.10" : "1.1",
        .compression = q->zstd ? "zstd" : "zlib",
        .lazy_refcounts = q->compat & QCOW2_COMPAT_LAZY,
        .extended_l2 = q->extended,
        .refcount_bits = 1u << q->refcount_order,
    };
}

/* Everything is written, and what was given up is free. */
static int write_all(struct qcow2 *q)
{
    int r = 0;

    for (unsigned i = 0; i < 4 && r == 0; i++) /* given up, not named any more, not read any more, written as free */
        r = qcow2_commit(q);
    if (r < 0 || !q->marked_dirty)
        return r;
    q->marked_dirty = false;
    if ((r = qcow2_commit(q)) < 0)
        return r;
    q->incompat &= ~(uint64_t)QCOW2_INCOMPAT_DIRTY;
    return qcow2_write_features(q);
}

static void qcow2_close(struct block *b)
{
    struct qcow2 *q = b->state;
    int r = b->read_only || q->failed ? 0 : write_all(q);

    if (r < 0)
        log_printf("mynah: '%s': cannot write its tables: %s\n", b->filename, g_strerror(-r));
    qcow2_free_snapshots(q);
    qcow2_cache_fini(q);
    g_hash_table_destroy(q->meta);
    g_array_unref(q->given_up);
    g_array_unref(q->freed[0]);
    g_array_unref(q->freed[1]);
    g_free(q->l1);
    g_free(q->rt);
    g_free(q->l1_dirty);
    g_free(q->rt_dirty);
    g_free(q->inflated);
    g_mutex_clear(&q->lock);
    g_mutex_clear(&q->commit_lock);
    g_mutex_clear(&q->inflate_lock);
    g_cond_clear(&q->allocated);
    g_free(q);
}

static int begin_writing(struct qcow2 *q);

static int qcow2_set_writable(struct block *b, bool on)
{
    struct qcow2 *q = b->state;
    int r = on ? 0 : write_all(q);

    if (r == 0)
        r = q->file->driver->set_writable ? q->file->driver->set_writable(q->file, on) : -ENOTSUP;
    if (r < 0)
        return r;
    b->read_only = !on;
    return on ? begin_writing(q) : 0;
}

static void qcow2_moved(struct block *b)
{
    ((struct qcow2 *)b->state)->b = b;
}

static const struct block_driver driver_qcow2 = {
    .name = "qcow2",
    .read = qcow2_read,
    .write = qcow2_write,
    .flush = qcow2_flush,
    .discard = qcow2_discard,
    .write_zeroes = qcow2_write_zeroes,
    .status = qcow2_status,
    .close = qcow2_close,
    .set_writable = qcow2_set_writable,
    .resize = qcow2_resize,
    .check = qcow2_check,
    .info = qcow2_info,
    .set_backing = qcow2_set_backing,
    .write_compressed = qcow2_write_compressed,
    .make_empty = qcow2_make_empty,
    .copy_up = qcow2_copy_up,
    .moved = qcow2_moved,
    .snapshots = &qcow2_snapshot_ops,
};

/* -- Opening -- */

/*
 * Before the first write: what only describes the image as it was goes, and what a crash has left is put in order.
 */
static int begin_writing(struct qcow2 *q)
{
    int r = 0;

    if (q->autoclear) {
        q->autoclear = 0;
        q->bitmaps = false;
        r = qcow2_write_features(q);
    }
    if (r == 0 && q->incompat & QCOW2_INCOMPAT_DIRTY) {
        struct block_check c = { 0 };
        r = qcow2_check(q->b, &c, CHECK_FIX_LEAKS | CHECK_FIX_ERRORS, NULL);
        if (r == 0 && c.corruptions + c.errors > 0)
            r = -EIO;
    }
    return r;
}

static bool read_image(struct qcow2 *q, GError **err)
{
    uint8_t head[H_V3_LENGTH] = { 0 };
    struct extensions x = { NULL, 0 };
    int r = node_pread(q->file, 0, head, sizeof(head));

    if (r < 0) {
        fail(err, "'%s': cannot read its header: %s", q->b->filename, g_strerror(-r));
        return false;
    }
    if (!read_numbers(q, head, err))
        return false;
    g_autofree uint8_t *first = g_malloc(q->cluster_size);
    if ((r = node_pread(q->file, 0, first, q->cluster_size)) < 0) {
        fail(err, "'%s': cannot read its header: %s", q->b->filename, g_strerror(-r));
        return false;
    }
    if (!read_rest(q, first, &x, err) || !features_ok(q, &x, err) || !read_tables(q, first, err))
        return false;
    q->snapshots_offset = get64(first + H_SNAPSHOTS_OFFSET);
    qcow2_cache_init(q);
    q->fresh = qcow2_clusters(q, q->file->size) << q->cluster_bits;
    return qcow2_read_snapshots(q, get32(first + H_SNAPSHOTS), err) == 0 && qcow2_find_meta(q) == 0;
}

struct block *qcow2_open(struct block *child, const char *node, const struct node_options *no, GError **err)
{
    struct block *b = NULL;

    if (!no->read_only && child->read_only && !no->auto_read_only)
        fail(err, "qcow2: node '%s' is read-only; expected read-only=on", child->node);
    else
        b = block_node_new(&driver_qcow2, node, no, err);
    if (!b) {
        block_node_unref(child);
        return NULL;
    }
    block_node_set_child(b, child);
    b->read_only |= child->read_only;
    struct qcow2 *q = g_new0(struct qcow2, 1);
    b->state = q;
    q->b = b;
    q->file = child;
    q->inspect = no->inspect;
    q->meta = g_hash_table_new(NULL, NULL);
    q->given_up = g_array_new(FALSE, FALSE, sizeof(struct given_up));
    q->freed[0] = g_array_new(FALSE, FALSE, sizeof(struct given_up));
    q->freed[1] = g_array_new(FALSE, FALSE, sizeof(struct given_up));
    q->failed = true; /* nothing is written until all is read */
    if (!read_image(q, err)) {
        block_node_unref(b);
        return NULL;
    }
    q->failed = false;
    int r = b->read_only || q->inspect ? 0 : begin_writing(q);
    if (r < 0) {
        fail(err, "'%s': the image was not closed and cannot be put in order: %s", b->filename, g_strerror(-r));
        block_node_unref(b);
        return NULL;
    }
    return b;
}

/* -- Creation -- */

/* The first cluster, but for the places of tables. Returns its buffer. */
static uint8_t *new_header(const struct block_create *c, unsigned cluster_bits, unsigned order)
{
    uint8_t *h = g_malloc0(UINT64_C(1) << cluster_bits);
    bool v3 = c->version != 2;
    size_t at = v3 ? H_V3_LENGTH : H_V2_LENGTH;

    put32(h + H_MAGIC, QCOW2_MAGIC);
    put32(h + H_VERSION, v3 ? 3 : 2);
    put32(h + H_CLUSTER_BITS, cluster_bits);
    put64(h + H_SIZE, c->size);
    if (v3) {
        put64(h + H_INCOMPAT, (c->zstd ? QCOW2_INCOMPAT_COMPRESSION : 0) |
                              (c->extended_l2 ? QCOW2_INCOMPAT_EXT_L2 : 0));
        put64(h + H_COMPAT, c->lazy_refcounts ? QCOW2_COMPAT_LAZY : 0);
        put32(h + H_REFCOUNT_ORDER, order);
        put32(h + H_LENGTH, H_V3_LENGTH);
        h[H_COMPRESSION] = c->zstd;
    }
    return qcow2_put_extensions(h, at, UINT64_C(1) << cluster_bits, v3, c->backing_file, c->backing_format)
               ? h : (g_free(h), NULL);
}

bool qcow2_put_extensions(uint8_t *h, size_t at, size_t room, bool features_too, const char *backing,
                          const char *format)
{
    size_t format_len = backing && format ? strlen(format) : 0, backing_len = backing ? strlen(backing) : 0;

    if (backing_len > QCOW2_MAX_BACKING || at + 8 + (format_len + 7) / 8 * 8 + 8 + backing_len > room)
        return false;
    memset(h + at, 0, room - at);
    if (format_len) {
        put32(h + at, QCOW2_EXT_BACKING);
        put32(h + at + 4, format_len);
        memcpy(h + at + 8, format, format_len);
        at += 8 + (format_len + 7) / 8 * 8;
    }
    if (features_too && at + 16 + ARRAY_SIZE(features) * FEATURE_ROW + backing_len <= room) {
        put32(h + at, QCOW2_EXT_FEATURES);
        put32(h + at + 4, ARRAY_SIZE(features) * FEATURE_ROW);
        at += 8 + put_features(h + at + 8);
    }
    at += 8; /* the end's row */
    put64(h + H_BACKING_OFFSET, backing ? at : 0);
    put32(h + H_BACKING_SIZE, backing_len);
    if (backing)
        memcpy(h + at, backing, backing_len);
    return true;
}

static bool create_ok(const struct block_create *c, unsigned bits, unsigned order, GError **err)
{
    if (bits < 9 || bits > 21 || UINT64_C(1) << bits != c->cluster_size)
        fail(err, "Cluster size must be a power of two between 512 and 2048k");
    else if (c->version == 2 && (c->zstd || c->extended_l2 || c->lazy_refcounts || order != 4))
        fail(err, "a qcow2 image of version 2 (compat=0.10) has no lazy refcounts, other refcount widths than 16, zstd "
             "or extended L2 entries");
    else if (order > 6 || 1u << order != c->refcount_bits)
        fail(err, "Refcount width must be a power of two and may not exceed 64 bits");
    else if (c->extended_l2 && bits < 14)
        fail(err, "Extended L2 entries are only supported with cluster sizes of at least 16384 bytes");
    else
        return true;
    return false;
}

/*
 * Header, refcount table, its first block, L1 table, in this order, with the file large enough for them. The L1 table
 * may need further blocks, so those come behind it and are counted by growing, when the image is opened.
 */
static int write_new(struct block *file, const struct block_create *c, unsigned bits, unsigned order, GError **err)
{
    uint64_t cluster = UINT64_C(1) << bits, table_shift = bits + bits - (c->extended_l2 ? 4 : 3);
    uint64_t l1_size = (c->size >> table_shift) + !!(c->size & ((UINT64_C(1) << table_shift) - 1));
    uint64_t l1_clusters = (l1_size * 8 + cluster - 1) / cluster, per_block = (cluster << 3) >> order;
    uint64_t used = 1 + l1_clusters, rt = 1, blocks = 1;

    if (l1_size * 8 > QCOW2_MAX_L1 || c->size > INT64_MAX - 2 * MiB) {
        fail(err, "The image size is too large for the cluster size of %" PRIu64 " bytes", cluster);
        return -EFBIG;
    }
    for (;;) {
        uint64_t b = (used + rt + blocks + per_block - 1) / per_block, t = (b * 8 + cluster - 1) / cluster;
        if (b <= blocks && t <= rt)
            break;
        blocks = MAX(b, blocks);
        rt = MAX(t, rt);
    }
    g_autofree uint8_t *h = new_header(c, bits, order), *buf = g_malloc0(MAX(rt * cluster, cluster));
    if (!h) {
        fail(err, "Backing file name is too long");
        return -EINVAL;
    }
    uint64_t total = used + rt + blocks, rt_at = cluster, blocks_at = rt_at + rt * cluster;
    put32(h + H_L1_SIZE, l1_size);
    put64(h + H_L1_OFFSET, blocks_at + blocks * cluster);
    put64(h + H_RT_OFFSET, rt_at);
    put32(h + H_RT_CLUSTERS, rt);
    int r = file->driver->resize(file, total * cluster, err);
    if (r < 0)
        return r;
    for (uint64_t i = 0; i < blocks; i++)
        put64(buf + 8 * i, blocks_at + i * cluster);
    r = node_pwrite(file, rt_at, buf, rt * cluster);
    for (uint64_t i = 0; i < blocks && r == 0; i++) {
        memset(buf, 0, cluster);
        for (uint64_t k = 0; k < per_block && i * per_block + k < total; k++)
            refcount_set(buf, order, k, 1);
        r = node_pwrite(file, blocks_at + i * cluster, buf, cluster);
    }
    if (r == 0)
        r = node_pwrite(file, 0, h, cluster);
    if (r == 0)
        r = node_flush(file);
    if (r < 0)
        fail(err, "%s: %s", file->filename, g_strerror(-r));
    return r;
}

int qcow2_create(struct block *file, const struct block_create *asked, GError **err)
{
    struct block_create c = *asked;

    c.cluster_size = c.cluster_size ? c.cluster_size : 64 * KiB;
    c.refcount_bits = c.refcount_bits ? c.refcount_bits : 16;
    unsigned bits = g_bit_nth_msf(c.cluster_size, -1), order = g_bit_nth_msf(c.refcount_bits, -1);
    return create_ok(&c, bits, order, err) ? write_new(file, &c, bits, order, err) : -EINVAL;
}

int qcow2_set_backing(struct block *b, const char *backing, const char *format, GError **err)
{
    struct qcow2 *q = b->state;
    g_autofree uint8_t *h = g_malloc(q->cluster_size);
    int r = qcow2_commit(q);

    if (r == 0)
        r = node_pread(q->file, 0, h, q->cluster_size);
    if (r == 0 && !qcow2_put_extensions(h, q->header_length, q->cluster_size, q->version >= 3, backing, format))
        r = -ENAMETOOLONG;
    if (r == 0)
        r = node_pwrite(q->file, 0, h, q->cluster_size);
    if (r == 0)
        r = node_flush(q->file);
    if (r < 0) {
        fail(err, "'%s': cannot change the backing file: %s", b->filename, g_strerror(-r));
        return r;
    }
    g_free(b->backing_file);
    g_free(b->backing_format);
    b->backing_file = g_strdup(backing);
    b->backing_format = g_strdup(backing ? format : NULL);
    return 0;
}
