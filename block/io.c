/* SPDX-License-Identifier: BSD-2-Clause */
/* What nodes ask of each other: reads beyond the end, zeroes by whatever way there is, what is known of a range. */
#include <string.h>

#include "node.h"

#define ZERO_CHUNK (64 * KiB) /* buffer for writing zeroes by hand */

/* -- Vectors -- */

size_t iov_length(const struct iovec *iov, unsigned niov)
{
    size_t len = 0;
    for (unsigned i = 0; i < niov; i++)
        len += iov[i].iov_len;
    return len;
}

unsigned iov_part(struct iovec *out, const struct iovec *iov, unsigned niov, size_t skip, size_t len)
{
    unsigned used = 0;

    for (unsigned i = 0; i < niov && len > 0; i++) {
        if (skip >= iov[i].iov_len) {
            skip -= iov[i].iov_len;
            continue;
        }
        size_t n = MIN(len, iov[i].iov_len - skip);
        out[used++] = (struct iovec){ (char *)iov[i].iov_base + skip, n };
        skip = 0;
        len -= n;
    }
    return used;
}

void iov_zero(const struct iovec *iov, unsigned niov, size_t skip, size_t len)
{
    for (unsigned i = 0; i < niov && len > 0; i++) {
        if (skip >= iov[i].iov_len) {
            skip -= iov[i].iov_len;
            continue;
        }
        size_t n = MIN(len, iov[i].iov_len - skip);
        memset((char *)iov[i].iov_base + skip, 0, n);
        skip = 0;
        len -= n;
    }
}

void iov_gather(uint8_t *to, const struct iovec *iov, unsigned niov)
{
    for (unsigned i = 0; i < niov; to += iov[i++].iov_len)
        memcpy(to, iov[i].iov_base, iov[i].iov_len);
}

void iov_scatter(const struct iovec *iov, unsigned niov, const uint8_t *from)
{
    for (unsigned i = 0; i < niov; from += iov[i++].iov_len)
        memcpy(iov[i].iov_base, from, iov[i].iov_len);
}

bool iov_is_zero(const struct iovec *iov, unsigned niov)
{
    for (unsigned i = 0; i < niov; i++) {
        const uint8_t *p = iov[i].iov_base;
        if (iov[i].iov_len && (*p || memcmp(p, p + 1, iov[i].iov_len - 1)))
            return false;
    }
    return true;
}

/* -- Operations -- */

int node_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    uint64_t there = offset < b->size ? b->size - offset : 0;

    if (b->driver->protocol || there >= len)
        return b->driver->read(b, offset, iov, niov, len);
    iov_zero(iov, niov, there, len - there);
    if (there == 0)
        return 0;
    g_autofree struct iovec *part = g_new(struct iovec, niov);
    unsigned n = iov_part(part, iov, niov, 0, there);
    return b->driver->read(b, offset, part, n, there);
}

int node_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    return b->driver->write(b, offset, iov, niov, len);
}

int node_pread(struct block *b, uint64_t offset, void *buf, size_t len)
{
    struct iovec iov = { buf, len };
    return node_read(b, offset, &iov, 1, len);
}

int node_pwrite(struct block *b, uint64_t offset, const void *buf, size_t len)
{
    struct iovec iov = { (void *)buf, len };
    return b->driver->write(b, offset, &iov, 1, len);
}

int node_flush(struct block *b)
{
    return b->driver->flush ? b->driver->flush(b) : 0;
}

int node_discard(struct block *b, uint64_t offset, uint64_t len)
{
    return b->driver->discard ? b->driver->discard(b, offset, len) : 0;
}

static int zero_by_writing(struct block *b, uint64_t offset, uint64_t len)
{
    static const uint8_t zeroes[ZERO_CHUNK];

    while (len > 0) {
        size_t n = MIN(len, ZERO_CHUNK);
        int r = node_pwrite(b, offset, zeroes, n);
        if (r < 0)
            return r;
        offset += n;
        len -= n;
    }
    return 0;
}

int node_zeroes(struct block *b, uint64_t offset, uint64_t len, bool unmap)
{
    int r = b->driver->write_zeroes ? b->driver->write_zeroes(b, offset, len, unmap) : -ENOTSUP;

    return r == -ENOTSUP ? zero_by_writing(b, offset, len) : r;
}

/* -- What is known -- */

int node_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e)
{
    *e = (struct extent){ .flags = EXTENT_ALLOCATED | EXTENT_DATA, .len = len };
    int r = b->driver->status ? b->driver->status(b, offset, len, e) : 0;
    e->len = MIN(e->len, len);
    if (r < 0 || b->driver->protocol || !b->child->driver->protocol || (e->flags & (EXTENT_DATA | EXTENT_ZERO |
        EXTENT_HOST)) != (EXTENT_DATA | EXTENT_HOST))
        return r;
    /* A place was made for it, and nothing written there? */
    struct extent file;
    r = node_status(b->child, e->host, e->len, &file);
    e->len = MIN(e->len, file.len);
    e->flags |= file.flags & EXTENT_ZERO;
    return r;
}

int chain_status(struct block *b, const struct block *below, uint64_t offset, uint64_t len, struct extent *e,
                 unsigned *depth)
{
    unsigned level = 0;

    *e = (struct extent){ .len = len };
    for (; b && b != below; b = b->backing, level++) {
        if (offset >= b->size) {
            e->flags = EXTENT_ZERO; /* shorter than what is above */
            break;
        }
        int r = node_status(b, offset, MIN(len, b->size - offset), e);
        if (r < 0)
            return r;
        len = e->len;
        if (e->flags & EXTENT_ALLOCATED)
            break;
    }
    e->len = len;
    if (!b)
        e->flags = EXTENT_ZERO;
    if (depth)
        *depth = level;
    return 0;
}
