/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "nbd" node: an export of an NBD server, through libnbd. Requests go one at a time over each connection; there are
 * several, if the server says that they see each other's writes. A connection that is lost is not made again.
 */
#include <inttypes.h>
#include <libnbd.h>
#include <string.h>

#include "late-library.h"
#include "node.h"

/* libnbd needs a dozen libraries of its own. */
#define FUNCTIONS(F)                                                                                                   \
    F(nbd_add_meta_context) F(nbd_block_status) F(nbd_can_flush) F(nbd_can_meta_context) F(nbd_can_multi_conn)         \
    F(nbd_can_trim) F(nbd_can_zero) F(nbd_close) F(nbd_connect_tcp) F(nbd_connect_unix) F(nbd_connect_uri)             \
    F(nbd_create) F(nbd_flush) F(nbd_get_errno) F(nbd_get_error) F(nbd_get_size) F(nbd_is_read_only)                   \
    F(nbd_pread) F(nbd_pwrite) F(nbd_set_export_name) F(nbd_set_uri_allow_local_file) F(nbd_shutdown)                  \
    F(nbd_trim) F(nbd_zero)
static struct { FUNCTIONS(LATE_MEMBER) } lib;
static const char *const lib_names[] = { FUNCTIONS(LATE_NAME) NULL };
#define nbd_add_meta_context lib.nbd_add_meta_context
#define nbd_block_status lib.nbd_block_status
#define nbd_can_flush lib.nbd_can_flush
#define nbd_can_meta_context lib.nbd_can_meta_context
#define nbd_can_multi_conn lib.nbd_can_multi_conn
#define nbd_can_trim lib.nbd_can_trim
#define nbd_can_zero lib.nbd_can_zero
#define nbd_close lib.nbd_close
#define nbd_connect_tcp lib.nbd_connect_tcp
#define nbd_connect_unix lib.nbd_connect_unix
#define nbd_connect_uri lib.nbd_connect_uri
#define nbd_create lib.nbd_create
#define nbd_flush lib.nbd_flush
#define nbd_get_errno lib.nbd_get_errno
#define nbd_get_error lib.nbd_get_error
#define nbd_get_size lib.nbd_get_size
#define nbd_is_read_only lib.nbd_is_read_only
#define nbd_pread lib.nbd_pread
#define nbd_pwrite lib.nbd_pwrite
#define nbd_set_export_name lib.nbd_set_export_name
#define nbd_set_uri_allow_local_file lib.nbd_set_uri_allow_local_file
#define nbd_shutdown lib.nbd_shutdown
#define nbd_trim lib.nbd_trim
#define nbd_zero lib.nbd_zero

#define CONNECTIONS 4
#define MAX_REQUEST (8 * MiB) /* servers take 32 */

struct connection {
    struct nbd_handle *nbd;
    GMutex lock; /* held by the worker whose request is on its way; no other is taken under it */
};

struct nbd {
    struct connection c[CONNECTIONS];
    unsigned count, next;
    bool can_flush, can_trim, can_zero, can_status;
};

/* A connection that is ours: an idle one, or the next one once it is. */
static struct connection *take(struct nbd *n)
{
    for (unsigned i = 0; i < n->count; i++)
        if (g_mutex_trylock(&n->c[i].lock))
            return &n->c[i];
    struct connection *c = &n->c[__atomic_fetch_add(&n->next, 1, __ATOMIC_RELAXED) % n->count];
    g_mutex_lock(&c->lock);
    return c;
}

/* The end of a request: 0 or -errno. */
static int end(struct connection *c, int r)
{
    int e = r < 0 ? nbd_get_errno() : 0;

    g_mutex_unlock(&c->lock);
    return r < 0 ? -(e ? e : EIO) : 0;
}

static int transfer(struct block *b, bool write, uint64_t offset, const struct iovec *iov, unsigned niov)
{
    struct nbd *n = b->state;
    struct connection *c = take(n);
    int r = 0;

    for (unsigned i = 0; i < niov && r == 0; i++)
        for (size_t done = 0; done < iov[i].iov_len && r == 0;) {
            size_t len = MIN(iov[i].iov_len - done, MAX_REQUEST);
            char *p = (char *)iov[i].iov_base + done;
            r = write ? nbd_pwrite(c->nbd, p, len, offset, 0) : nbd_pread(c->nbd, p, len, offset, 0);
            offset += len;
            done += len;
        }
    return end(c, r);
}

static int nbd_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    if (offset >= b->size || len > b->size - offset) { /* a format's table at the end */
        uint64_t there = offset < b->size ? b->size - offset : 0;
        g_autofree struct iovec *part = g_new(struct iovec, niov);
        iov_zero(iov, niov, there, len - there);
        return there ? transfer(b, false, offset, part, iov_part(part, iov, niov, 0, there)) : 0;
    }
    return transfer(b, false, offset, iov, niov);
}

static int nbd_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    return offset > b->size || len > b->size - offset ? -ENOSPC : transfer(b, true, offset, iov, niov);
}

static int nbd_node_flush(struct block *b)
{
    struct nbd *n = b->state;

    if (!n->can_flush || b->read_only)
        return 0;
    struct connection *c = take(n); /* of all connections, by what the server says */
    return end(c, nbd_flush(c->nbd, 0));
}

/* In parts, as lengths have 32 bits. */
static int in_parts(struct block *b, uint64_t offset, uint64_t len, bool zero, uint32_t flags)
{
    struct connection *c = take(b->state);
    int r = 0;

    while (len > 0 && r == 0) {
        uint64_t n = MIN(len, GiB);
        r = zero ? nbd_zero(c->nbd, n, offset, flags) : nbd_trim(c->nbd, n, offset, flags);
        offset += n;
        len -= n;
    }
    return end(c, r);
}

static int nbd_discard(struct block *b, uint64_t offset, uint64_t len)
{
    const struct nbd *n = b->state;

    return n->can_trim ? in_parts(b, offset, len, false, 0) : 0;
}

static int nbd_write_zeroes(struct block *b, uint64_t offset, uint64_t len, bool unmap)
{
    const struct nbd *n = b->state;

    return n->can_zero ? in_parts(b, offset, len, true, unmap ? 0 : LIBNBD_CMD_FLAG_NO_HOLE) : -ENOTSUP;
}

/* Of libnbd: what it is told of base:allocation. */
static int one_extent(void *opaque, const char *context, uint64_t offset, uint32_t *entries, size_t n, int *error)
{
    struct extent *e = opaque;

    if (n >= 2 && !strcmp(context, LIBNBD_CONTEXT_BASE_ALLOCATION) && entries[0]) {
        e->len = entries[0];
        if (entries[1] & LIBNBD_STATE_ZERO)
            e->flags = EXTENT_ALLOCATED | EXTENT_ZERO | (entries[1] & LIBNBD_STATE_HOLE ? 0 : EXTENT_DATA);
    }
    return 0;
}

static int nbd_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e)
{
    struct nbd *n = b->state;

    *e = (struct extent){ EXTENT_ALLOCATED | EXTENT_DATA, len, 0 };
    if (!n->can_status || offset >= b->size)
        return 0;
    struct connection *c = take(n);
    int r = nbd_block_status(c->nbd, MIN(MIN(len, b->size - offset), GiB), offset,
                             (nbd_extent_callback){ .callback = one_extent, .user_data = e }, LIBNBD_CMD_FLAG_REQ_ONE);
    return end(c, r);
}

static void nbd_node_close(struct block *b)
{
    struct nbd *n = b->state;

    for (unsigned i = 0; i < n->count; i++) {
        nbd_shutdown(n->c[i].nbd, 0);
        nbd_close(n->c[i].nbd);
        g_mutex_clear(&n->c[i].lock);
    }
    g_free(n);
}

static const struct block_driver driver_nbd = {
    .name = "nbd",
    .protocol = true,
    .read = nbd_read,
    .write = nbd_write,
    .flush = nbd_node_flush,
    .discard = nbd_discard,
    .write_zeroes = nbd_write_zeroes,
    .status = nbd_status,
    .close = nbd_node_close,
};

/* -- Opening -- */

bool is_nbd(const char *name)
{
    return g_str_has_prefix(name, "nbd:") || g_str_has_prefix(name, "nbd+unix:") || g_str_has_prefix(name, "nbds:");
}

/* "nbd:HOST:PORT[:exportname=NAME]", "nbd:unix:PATH[:exportname=NAME]", or a URI. -1 with libnbd's error. */
static int connect_to(struct nbd_handle *h, const char *name)
{
    static const char export[] = ":exportname=";

    if (!g_str_has_prefix(name, "nbd:") || g_str_has_prefix(name, "nbd://"))
        return nbd_connect_uri(h, name);
    g_autofree char *server = g_strdup(name + strlen("nbd:"));
    char *at = strstr(server, export);
    if (at) {
        *at = '\0';
        if (nbd_set_export_name(h, at + strlen(export)) < 0)
            return -1;
    }
    if (g_str_has_prefix(server, "unix:"))
        return nbd_connect_unix(h, server + strlen("unix:"));
    char *port = strrchr(server, ':');
    if (port)
        *port++ = '\0';
    return nbd_connect_tcp(h, server, port && *port ? port : "10809");
}

static struct nbd_handle *open_connection(const char *name)
{
    struct nbd_handle *h = nbd_create();

    if (h && nbd_add_meta_context(h, LIBNBD_CONTEXT_BASE_ALLOCATION) == 0 &&
        nbd_set_uri_allow_local_file(h, true) == 0 && connect_to(h, name) == 0)
        return h;
    if (h)
        nbd_close(h); /* the error stays */
    return NULL;
}

static void open_more(struct nbd *n, const char *name)
{
    if (nbd_can_multi_conn(n->c[0].nbd) != 1)
        return;
    for (; n->count < CONNECTIONS; n->count++) {
        struct nbd_handle *h = open_connection(name);
        if (!h)
            break;
        n->c[n->count].nbd = h;
        g_mutex_init(&n->c[n->count].lock);
    }
}

struct block *nbd_open(const char *name, const char *node, const struct node_options *no, GError **err)
{
    struct node_options opened = *no;
    if (!late_library(G_STRINGIFY(NBD_SONAME), lib_names, &lib, err))
        return NULL;
    struct nbd_handle *h = open_connection(name);
    int64_t size = h ? nbd_get_size(h) : -1;

    if (!h || size < 0) {
        fail(err, "cannot connect to '%s': %s", name, nbd_get_error());
        if (h)
            nbd_close(h);
        return NULL;
    }
    struct block *b = NULL;
    if (nbd_is_read_only(h) == 1 && !no->read_only && !no->auto_read_only)
        fail(err, "'%s': the server only lets it be read; expected readonly=on", name);
    else
        b = block_node_new(&driver_nbd, node, &opened, err);
    if (!b) {
        nbd_close(h);
        return NULL;
    }
    struct nbd *n = g_new0(struct nbd, 1);
    n->c[0].nbd = h;
    g_mutex_init(&n->c[0].lock);
    n->count = 1;
    n->can_flush = nbd_can_flush(h) == 1;
    n->can_trim = nbd_can_trim(h) == 1;
    n->can_zero = nbd_can_zero(h) == 1;
    n->can_status = nbd_can_meta_context(h, LIBNBD_CONTEXT_BASE_ALLOCATION) == 1;
    open_more(n, name);
    b->state = n;
    b->size = size / BLOCK_SECTOR * BLOCK_SECTOR;
    b->read_only |= nbd_is_read_only(h) == 1;
    b->filename = g_strdup(name);
    return b;
}
