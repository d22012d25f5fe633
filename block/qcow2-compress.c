/* SPDX-License-Identifier: BSD-2-Clause */
/* qcow2: compressed clusters, raw deflate with a window of 4 KiB or a zstd frame. */
#include "qcow2.h"

#include <zlib.h>
#include <zstd.h>

static ssize_t zlib_deflate(const struct qcow2 *q, uint8_t *out, const uint8_t *in)
{
    z_stream z = { 0 };

    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -12, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return -ENOMEM;
    z.next_in = (uint8_t *)in;
    z.avail_in = q->cluster_size;
    z.next_out = out;
    z.avail_out = q->cluster_size - 1;
    int r = deflate(&z, Z_FINISH);
    ssize_t n = z.next_out - out;
    deflateEnd(&z);
    return r == Z_STREAM_END ? n : -ENOTSUP;
}

ssize_t qcow2_deflate(const struct qcow2 *q, uint8_t *out, const uint8_t *in)
{
    if (!q->zstd)
        return zlib_deflate(q, out, in);
    size_t n = ZSTD_compress(out, q->cluster_size - 1, in, q->cluster_size, ZSTD_CLEVEL_DEFAULT);
    return ZSTD_isError(n) ? -ENOTSUP : (ssize_t)n;
}

static int zlib_inflate(const struct qcow2 *q, uint8_t *out, const uint8_t *in, size_t len)
{
    z_stream z = { 0 };

    z.next_in = (uint8_t *)in;
    z.avail_in = len;
    if (inflateInit2(&z, -15) != Z_OK)
        return -ENOMEM;
    z.next_out = out;
    z.avail_out = q->cluster_size;
    int r = inflate(&z, Z_FINISH); /* there may be more of the last sector than belongs to the stream */
    bool whole = (r == Z_STREAM_END || r == Z_BUF_ERROR || r == Z_OK) && z.avail_out == 0;
    inflateEnd(&z);
    return whole ? 0 : -EIO;
}

static int zstd_inflate(const struct qcow2 *q, uint8_t *out, const uint8_t *in, size_t len)
{
    ZSTD_inBuffer from = { in, len, 0 };
    ZSTD_outBuffer to = { out, q->cluster_size, 0 };
    ZSTD_DStream *z = ZSTD_createDStream();
    size_t r = z ? 1 : 0;

    while (z && to.pos < to.size && r != 0 && !ZSTD_isError(r)) {
        size_t was = to.pos, had = from.pos;
        r = ZSTD_decompressStream(z, &to, &from);
        if (to.pos == was && from.pos == had)
            break; /* it ends before the cluster does */
    }
    ZSTD_freeDStream(z);
    return !ZSTD_isError(r) && to.pos == to.size ? 0 : -EIO;
}

int qcow2_inflate(const struct qcow2 *q, uint8_t *out, const uint8_t *in, size_t len)
{
    return (q->zstd ? zstd_inflate : zlib_inflate)(q, out, in, len);
}
