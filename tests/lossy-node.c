/* SPDX-License-Identifier: BSD-2-Clause */
#include "lossy-node.h"

#include <string.h>

struct pending {
    uint64_t offset;
    size_t len;
    uint8_t *data;
};

struct lossy {
    GByteArray *stable, *now; /* what is sure to be there, what is read */
    GArray *pending;          /* of struct pending, since the last flush */
    unsigned good;            /* changes until they begin to fail */
    GMutex lock;
};

static void reach(GByteArray *a, uint64_t end)
{
    guint was = a->len;

    if (was >= end)
        return;
    g_byte_array_set_size(a, end);
    memset(a->data + was, 0, end - was);
}

static bool is_good(struct lossy *l)
{
    g_mutex_lock(&l->lock);
    bool good = l->good > 0;
    if (good && l->good != UINT_MAX)
        l->good--;
    g_mutex_unlock(&l->lock);
    return good;
}

static int lossy_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct lossy *l = b->state;

    g_mutex_lock(&l->lock);
    for (unsigned i = 0; i < niov; offset += iov[i++].iov_len) {
        size_t there = offset < l->now->len ? MIN(iov[i].iov_len, l->now->len - offset) : 0;
        if (there)
            memcpy(iov[i].iov_base, l->now->data + offset, there);
        memset((uint8_t *)iov[i].iov_base + there, 0, iov[i].iov_len - there);
    }
    g_mutex_unlock(&l->lock);
    return 0;
}

static int lossy_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct lossy *l = b->state;

    if (!is_good(l))
        return -ENOSPC;
    g_mutex_lock(&l->lock);
    for (unsigned i = 0; i < niov; offset += iov[i++].iov_len) {
        struct pending p = { offset, iov[i].iov_len, g_memdup2(iov[i].iov_base, iov[i].iov_len) };
        reach(l->now, offset + p.len);
        memcpy(l->now->data + offset, p.data, p.len);
        g_array_append_val(l->pending, p);
    }
    b->size = MAX(b->size, (l->now->len + 511u) & ~511u);
    g_mutex_unlock(&l->lock);
    return 0;
}

static void apply(GByteArray *to, const struct pending *p)
{
    reach(to, p->offset + p->len);
    memcpy(to->data + p->offset, p->data, p->len);
}

static int lossy_flush(struct block *b)
{
    struct lossy *l = b->state;

    if (!is_good(l))
        return -EIO;
    g_mutex_lock(&l->lock);
    for (guint i = 0; i < l->pending->len; i++)
        apply(l->stable, &g_array_index(l->pending, struct pending, i));
    g_array_set_size(l->pending, 0);
    reach(l->stable, l->now->len);
    g_mutex_unlock(&l->lock);
    return 0;
}

static int lossy_resize(struct block *b, uint64_t size, GError **err)
{
    struct lossy *l = b->state;

    if (!is_good(l))
        return -ENOSPC;
    g_mutex_lock(&l->lock);
    if (size < l->now->len)
        g_byte_array_set_size(l->now, size);
    reach(l->now, size);
    b->size = (size + 511) & ~UINT64_C(511);
    g_mutex_unlock(&l->lock);
    return 0;
}

static void lossy_close(struct block *b)
{
    struct lossy *l = b->state;

    g_byte_array_unref(l->stable);
    g_byte_array_unref(l->now);
    g_array_unref(l->pending);
    g_free(l);
}

static const struct block_driver driver_lossy = {
    .name = "lossy",
    .protocol = true,
    .read = lossy_read,
    .write = lossy_write,
    .flush = lossy_flush,
    .resize = lossy_resize,
    .close = lossy_close,
};

static void free_pending(gpointer p)
{
    g_free(((struct pending *)p)->data);
}

struct block *lossy_node_new(GByteArray *contents)
{
    const struct node_options no = { .write_cache = true };
    struct block *b = block_node_new(&driver_lossy, NULL, &no, NULL);
    struct lossy *l = g_new0(struct lossy, 1);

    l->stable = contents ? contents : g_byte_array_new();
    l->now = g_byte_array_new();
    reach(l->now, l->stable->len);
    if (l->stable->len)
        memcpy(l->now->data, l->stable->data, l->stable->len);
    l->good = UINT_MAX;
    l->pending = g_array_new(FALSE, FALSE, sizeof(struct pending));
    g_array_set_clear_func(l->pending, free_pending);
    b->state = l;
    b->size = (l->now->len + 511u) & ~511u;
    b->filename = g_strdup("test");
    return b;
}

GByteArray *lossy_node_crash(struct block *file, unsigned lose)
{
    struct lossy *l = file->state;
    GByteArray *left = g_byte_array_new();

    g_byte_array_append(left, l->stable->data, l->stable->len);
    for (guint i = 0; i < l->pending->len; i++)
        if (lose == 0 || g_test_rand_int_range(0, lose) != 0)
            apply(left, &g_array_index(l->pending, struct pending, i));
    return left;
}

void lossy_node_fail(struct block *file, unsigned after)
{
    struct lossy *l = file->state;

    g_mutex_lock(&l->lock);
    l->good = after;
    g_mutex_unlock(&l->lock);
}

const GByteArray *lossy_node_bytes(const struct block *file)
{
    return ((struct lossy *)file->state)->now;
}
