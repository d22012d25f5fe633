/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of snapshots: written beside their place and renamed, read with suspicion. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "hash64.h"
#include "opts.h"

#define MAGIC "mynahsn\n"
#define END_MAGIC "mynahend"
#define PREFIX_BYTES 16 /* before the head's text */
#define TAIL_BYTES 24
#define HEAD_MAX (4 * MiB)
#define BUFFER (256 * KiB)
#define LEVEL 1          /* zstd's: memory compresses well at any, and the machine waits */
#define WINDOW_LOG_MAX 24 /* what a reader makes room for: 16 MiB, more than that level uses */

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
    v = GUINT64_TO_LE(v);
    memcpy(p, &v, bytes);
}

static uint64_t get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    memcpy(&v, p, bytes);
    return GUINT64_FROM_LE(v);
}

/* -- Writing -- */

struct stream_writer {
    char *path, *temporary;
    int fd, error; /* errno of the first failure, 0: none */
    struct hash64 hash;
    uint64_t bytes;
    ZSTD_CCtx *zstd;
    uint8_t out[BUFFER];
};

static void to_file(struct stream_writer *w, const void *data, size_t len)
{
    const char *p = data;

    hash64_add(&w->hash, data, len);
    w->bytes += len;
    while (len && !w->error) {
        ssize_t n = write(w->fd, p, len);
        if (n < 0 && errno != EINTR)
            w->error = errno;
        if (n > 0) {
            p += n;
            len -= n;
        }
    }
}

/* A device or a pipe would be gone, with a file in its place; a longer head is what no reader takes. */
static bool can_be_made(const char *path, const char *head, GError **err)
{
    struct stat st;

    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        fail(err, "cannot write '%s': it is no regular file", path);
    else if (strlen(head) > HEAD_MAX)
        fail(err, "cannot write '%s': the machine has too many parts", path);
    else
        return true;
    return false;
}

struct stream_writer *stream_create(const char *path, const char *head, GError **err)
{
    uint8_t prefix[PREFIX_BYTES];

    if (!can_be_made(path, head, err))
        return NULL;
    struct stream_writer *w = g_new0(struct stream_writer, 1);
    w->path = g_strdup(path);
    w->temporary = g_strdup_printf("%s.XXXXXX", path);
    w->fd = g_mkstemp_full(w->temporary, O_WRONLY | O_CLOEXEC, 0600);
    if (w->fd < 0) {
        fail(err, "cannot make a file beside '%s': %s", path, g_strerror(errno));
        g_free(w->path);
        g_free(w->temporary);
        g_free(w);
        return NULL;
    }
    w->zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
    hash64_init(&w->hash, 0);
    memcpy(prefix, MAGIC, 8);
    put(prefix + 8, STREAM_VERSION, 4);
    put(prefix + 12, strlen(head), 4);
    to_file(w, prefix, sizeof(prefix));
    to_file(w, head, strlen(head));
    return w;
}

static void compress(struct stream_writer *w, const void *data, size_t len, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = { .src = data, .size = len };
    bool done = false;

    while (!done && !w->error) {
        ZSTD_outBuffer out = { .dst = w->out, .size = sizeof(w->out) };
        size_t left = ZSTD_compressStream2(w->zstd, &out, &in, how);
        if (ZSTD_isError(left))
            w->error = EIO;
        else
            to_file(w, w->out, out.pos);
        done = how == ZSTD_e_end ? left == 0 : in.pos == in.size;
    }
}

void stream_write(struct stream_writer *w, const void *data, size_t len)
{
    compress(w, data, len, ZSTD_e_continue);
}

/* The name is on stable storage too. */
static int sync_folder(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || fsync(fd) ? errno : 0;

    if (fd >= 0)
        close(fd);
    return r == EINVAL ? 0 : r; /* a file system that has no such thing */
}

static void write_tail(struct stream_writer *w)
{
    uint8_t tail[TAIL_BYTES];

    memcpy(tail, END_MAGIC, 8);
    put(tail + 8, w->bytes + TAIL_BYTES, 8);
    to_file(w, tail, 16);
    put(tail + 16, hash64_value(&w->hash), 8);
    to_file(w, tail + 16, 8);
}

bool stream_finish(struct stream_writer *w, bool ok, GError **err)
{
    if (ok) {
        compress(w, NULL, 0, ZSTD_e_end);
        write_tail(w);
        if (!w->error && fsync(w->fd))
            w->error = errno;
    }
    if (close(w->fd) && !w->error)
        w->error = errno;
    if (ok && !w->error && rename(w->temporary, w->path))
        w->error = errno;
    if (!ok || w->error)
        unlink(w->temporary);
    else
        w->error = sync_folder(w->path);
    if (ok && w->error)
        fail(err, "cannot write '%s': %s", w->path, g_strerror(w->error));
    ok &= !w->error;
    ZSTD_freeCCtx(w->zstd);
    g_free(w->path);
    g_free(w->temporary);
    g_free(w);
    return ok;
}

/* -- Reading -- */

struct stream_reader {
    int fd;
    uint64_t bytes, body, end; /* of the file; where the body begins and ends */
    char *head;
    ZSTD_DCtx *zstd;
    uint64_t at;               /* of what is in the buffer's end, in the file */
    uint8_t buf[BUFFER];
    ZSTD_inBuffer in;          /* what of buf is still to be decompressed */
    bool frame_done;
};

static bool read_at(struct stream_reader *r, uint64_t at, void *data, size_t len, GError **err)
{
    char *p = data;

    while (len) {
        ssize_t n = pread(r->fd, p, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fail(err, n ? "cannot be read: %s" : "it is cut off%s", n ? g_strerror(errno) : "");
            return false;
        }
        p += n;
        at += n;
        len -= n;
    }
    return true;
}

static bool read_head(struct stream_reader *r, GError **err)
{
    uint8_t prefix[PREFIX_BYTES];
    struct stat st;

    if (fstat(r->fd, &st) || !S_ISREG(st.st_mode)) {
        fail(err, "it is no regular file");
        return false;
    }
    r->bytes = st.st_size;
    if (r->bytes < 8 || !read_at(r, 0, prefix, 8, NULL) || memcmp(prefix, MAGIC, 8)) {
        fail(err, "it is no snapshot of mynah's");
        return false;
    }
    if (!read_at(r, 0, prefix, sizeof(prefix), err))
        return false;
    if (get(prefix + 8, 4) != STREAM_VERSION) {
        fail(err, "it is of version %u: this program reads version %u", (unsigned)get(prefix + 8, 4), STREAM_VERSION);
        return false;
    }
    uint64_t len = get(prefix + 12, 4);
    if (len > HEAD_MAX || r->bytes < PREFIX_BYTES + len + TAIL_BYTES) {
        fail(err, len > HEAD_MAX ? "it is damaged" : "it is cut off");
        return false;
    }
    r->head = g_malloc0(len + 1);
    r->body = PREFIX_BYTES + len;
    r->end = r->bytes - TAIL_BYTES;
    return read_at(r, PREFIX_BYTES, r->head, len, err);
}

struct stream_reader *stream_open(const char *path, GError **err)
{
    struct stream_reader *r = g_new0(struct stream_reader, 1);

    r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* whatever is there, we do not hang */
    if (r->fd < 0) {
        fail(err, "%s", g_strerror(errno));
        g_free(r);
        return NULL;
    }
    r->zstd = ZSTD_createDCtx();
    ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    if (!read_head(r, err)) {
        stream_close(r);
        return NULL;
    }
    stream_rewind(r);
    return r;
}

const char *stream_head(const struct stream_reader *r)
{
    return r->head;
}

uint64_t stream_bytes(const struct stream_reader *r)
{
    return r->bytes;
}

bool stream_verify(struct stream_reader *r, GError **err)
{
    uint8_t tail[TAIL_BYTES];
    struct hash64 hash;

    if (!read_at(r, r->end, tail, sizeof(tail), err))
        return false;
    if (memcmp(tail, END_MAGIC, 8) || get(tail + 8, 8) != r->bytes) {
        fail(err, "it is cut off or damaged");
        return false;
    }
    hash64_init(&hash, 0);
    for (uint64_t at = 0; at < r->bytes - 8;) {
        size_t n = MIN(BUFFER, r->bytes - 8 - at);
        if (!read_at(r, at, r->buf, n, err))
            return false;
        hash64_add(&hash, r->buf, n);
        at += n;
    }
    stream_rewind(r); /* the buffer was used */
    if (hash64_value(&hash) != get(tail + 16, 8)) {
        fail(err, "it is damaged: its checksum is wrong");
        return false;
    }
    return true;
}

void stream_rewind(struct stream_reader *r)
{
    ZSTD_DCtx_reset(r->zstd, ZSTD_reset_session_only);
    r->at = r->body;
    r->in = (ZSTD_inBuffer){ .src = r->buf };
    r->frame_done = false;
}

/* One step of decompression; false with a message if there can be none. */
static bool step(struct stream_reader *r, ZSTD_outBuffer *out, GError **err)
{
    if (r->in.pos == r->in.size && r->at < r->end) {
        size_t n = MIN(BUFFER, r->end - r->at);
        if (!read_at(r, r->at, r->buf, n, err))
            return false;
        r->at += n;
        r->in = (ZSTD_inBuffer){ .src = r->buf, .size = n };
    }
    size_t before = r->in.pos, made = out->pos;
    size_t left = ZSTD_decompressStream(r->zstd, out, &r->in);
    if (ZSTD_isError(left)) {
        fail(err, "it is damaged: %s", ZSTD_getErrorName(left));
        return false;
    }
    r->frame_done = left == 0;
    if (!r->frame_done && r->in.pos == before && out->pos == made && r->at >= r->end) {
        fail(err, "it is damaged: its content is cut off");
        return false;
    }
    return true;
}

bool stream_read(struct stream_reader *r, void *data, size_t len, GError **err)
{
    ZSTD_outBuffer out = { .dst = data, .size = len };

    while (out.pos < len) {
        if (r->frame_done) {
            fail(err, "it is damaged: its content ends too soon");
            return false;
        }
        if (!step(r, &out, err))
            return false;
    }
    return true;
}

bool stream_at_end(struct stream_reader *r, GError **err)
{
    uint8_t more;
    ZSTD_outBuffer out = { .dst = &more, .size = 1 };

    while (!r->frame_done && !out.pos)
        if (!step(r, &out, err))
            return false;
    if (out.pos || r->in.pos < r->in.size || r->at < r->end) {
        fail(err, "it is damaged: there is more in it than there should be");
        return false;
    }
    return true;
}

void stream_close(struct stream_reader *r)
{
    ZSTD_freeDCtx(r->zstd);
    close(r->fd);
    g_free(r->head);
    g_free(r);
}
