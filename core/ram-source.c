/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host memory that is got as the user says: -object memory-backend-ram, -file and -memfd; shared with other programs,
 * on huge pages, on some of the host's NUMA nodes, all at once instead of when it is touched.
 */
#include "ram-source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "object.h"
#include "opts.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define THREADS_MAX 64
#define STEP (2 * MiB) /* what a thread makes resident at a time: a huge page of most hosts */

/* -- Making it resident -- */

struct prealloc {
    uint8_t *host;
    uint64_t size, next; /* atomic */
    int error;           /* atomic */
};

/* A kernel that does not know the call (before 5.14) makes pages resident as they are written. */
static int populate(uint8_t *at, uint64_t len)
{
    if (!madvise(at, len, MADV_POPULATE_WRITE))
        return 0;
    if (errno != EINVAL)
        return errno;
    for (uint64_t i = 0; i < len; i += PAGE_SIZE)
        __atomic_fetch_or(at + i, 0, __ATOMIC_RELAXED);
    return 0;
}

static gpointer prealloc_thread(gpointer opaque)
{
    struct prealloc *p = opaque;
    uint64_t at;

    while ((at = __atomic_fetch_add(&p->next, STEP, __ATOMIC_RELAXED)) < p->size) {
        int e = populate(p->host + at, MIN(STEP, p->size - at));
        if (e) {
            __atomic_store_n(&p->error, e, __ATOMIC_RELAXED);
            break;
        }
    }
    return NULL;
}

static int prealloc(uint8_t *host, uint64_t size, unsigned threads)
{
    struct prealloc p = { .host = host, .size = size };
    GThread *thread[THREADS_MAX];

    for (unsigned i = 1; i < threads; i++)
        thread[i] = g_thread_new("prealloc", prealloc_thread, &p);
    prealloc_thread(&p);
    for (unsigned i = 1; i < threads; i++)
        g_thread_join(thread[i]);
    return p.error;
}

/* -- Mapping -- */

/* See that the file is long enough. An empty one becomes so. */
static bool fit_file(const struct ram_source *s, uint64_t size, GError **err)
{
    struct stat st;

    if (fstat(s->fd, &st)) {
        fail(err, "%s", g_strerror(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size >= s->offset + size)
        return true;
    if (st.st_size) {
        fail(err, "the file has %" G_GINT64_FORMAT " bytes, expected %" G_GUINT64_FORMAT, (gint64)st.st_size,
             (guint64)(s->offset + size));
        return false;
    }
    if (!ftruncate(s->fd, s->offset + size))
        return true;
    fail(err, "the file cannot get %" G_GUINT64_FORMAT " bytes: %s", (guint64)(s->offset + size), g_strerror(errno));
    return false;
}

bool ram_source_map(const struct ram_source *s, const char *name, uint8_t *host, uint64_t size, GError **err)
{
    int flags = MAP_FIXED | (s->share ? MAP_SHARED : MAP_PRIVATE) | (s->fd < 0 ? MAP_ANONYMOUS : 0) |
                (s->reserve ? 0 : MAP_NORESERVE);
    GError *e = NULL;
    int error;

    if (s->fd >= 0 && !fit_file(s, size, &e)) {
        g_propagate_prefixed_error(err, e, "%s: ", name);
        return false;
    }
    if (mmap(host, size, PROT_READ | PROT_WRITE, flags, s->fd, s->offset) == MAP_FAILED) {
        fail(err, "%s: cannot get %" G_GUINT64_FORMAT " MiB of memory: %s", name, (guint64)(size / MiB),
             g_strerror(errno));
        return false;
    }
    if (s->policy != RAM_POLICY_DEFAULT &&
        syscall(SYS_mbind, host, size, s->policy, &s->nodes, 64 + 1, MPOL_MF_STRICT | MPOL_MF_MOVE)) {
        fail(err, "%s: cannot bind memory to host NUMA nodes: %s", name, g_strerror(errno));
        return false;
    }
    madvise(host, size, MADV_HUGEPAGE);
    if (s->merge)
        madvise(host, size, MADV_MERGEABLE);
    if (!s->dump)
        madvise(host, size, MADV_DONTDUMP);
    if (s->prealloc && (error = prealloc(host, size, s->threads))) {
        fail(err, "%s: prealloc=on: cannot get %" G_GUINT64_FORMAT " MiB of memory: %s", name,
             (guint64)(size / MiB), g_strerror(error));
        return false;
    }
    return true;
}

/* -- Files -- */

/*
 * A file, which is made if there is none; in a folder, such as that of huge pages, one without a name. -1 with a
 * message.
 */
static int open_file(const char *path, GError **err)
{
    struct stat st;
    int fd;

    if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
        g_autofree char *name = g_build_filename(path, "mynah-memory.XXXXXX", NULL);
        fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
        if (fd >= 0)
            unlink(name);
    } else {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    }
    if (fd < 0)
        fail(err, "%s: %s", path, g_strerror(errno));
    return fd;
}

struct ram_source *ram_source_new(const char *path, bool prealloc, GError **err)
{
    struct ram_source *s = g_new0(struct ram_source, 1);

    s->fd = -1;
    s->prealloc = prealloc;
    s->threads = 1;
    if (!path || (s->fd = open_file(path, err)) >= 0)
        return s;
    g_free(s);
    return NULL;
}

/* -- Objects -- */

struct backend {
    struct object obj;
    struct ram_source source;
    char *path;              /* of memory-backend-file */
    bool hugetlb, seal;      /* of memory-backend-memfd */
    uint64_t hugetlbsize;
};

static struct backend *backend_of(struct object *obj)
{
    return (struct backend *)obj;
}

/* "3", "0-3"; all nodes of several keys, "host-nodes.0", add up. */
static bool add_nodes(const char *text, uint64_t *nodes)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 2);
    uint64_t first, last;

    if (!ends[0] || !parse_uint(ends[0], &first) || (ends[1] && !parse_uint(ends[1], &last)))
        return false;
    last = ends[1] ? last : first;
    if (first > last || last > 63)
        return false;
    for (; first <= last; first++)
        *nodes |= UINT64_C(1) << first;
    return true;
}

static bool take_nodes(struct ram_source *s, struct opts *o, GError **err)
{
    static const char *const policies[] = { "default", "preferred", "bind", "interleave", NULL };
    const char *text = opts_take(o, "host-nodes");

    for (unsigned i = 0; i < 64; i++) {
        if (text && !add_nodes(text, &s->nodes)) {
            fail(err, "host-nodes=%s: expected numbers from 0 to 63, such as 0-3", text);
            return false;
        }
        char key[24];
        g_snprintf(key, sizeof(key), "host-nodes.%u", i);
        text = opts_peek(o, key) ? opts_take(o, key) : NULL;
    }
    return opts_take_enum(o, "policy", policies, &s->policy, err);
}

static bool take_common(struct ram_source *s, struct opts *o, bool share, GError **err)
{
    uint64_t threads = 1;

    s->fd = -1;
    s->merge = s->dump = s->reserve = true;
    s->share = share;
    if (!opts_take_size(o, "size", &s->size, err) || !opts_take_bool(o, "share", &s->share, err) ||
        !opts_take_bool(o, "merge", &s->merge, err) || !opts_take_bool(o, "dump", &s->dump, err) ||
        !opts_take_bool(o, "reserve", &s->reserve, err) || !opts_take_bool(o, "prealloc", &s->prealloc, err) ||
        !opts_take_uint(o, "prealloc-threads", 1, THREADS_MAX, &threads, err))
        return false;
    s->threads = threads;
    return take_nodes(s, o, err);
}

static bool make_common(struct ram_source *s, GError **err)
{
    s->size = (s->size + PAGE_SIZE - 1) & PAGE_MASK;
    if (!s->size)
        fail(err, "expected size=SIZE");
    else if (s->policy == RAM_POLICY_DEFAULT && s->nodes)
        fail(err, "host-nodes= needs a policy= other than default");
    else if (s->policy != RAM_POLICY_DEFAULT && !s->nodes)
        fail(err, "policy= needs host-nodes=");
    else if (!s->reserve && s->prealloc)
        fail(err, "prealloc=on cannot be had with reserve=off");
    else
        return true;
    return false;
}

static void clear(struct object *obj)
{
    struct backend *b = backend_of(obj);

    if (b->source.fd >= 0)
        close(b->source.fd);
    g_free(b->path);
}

static bool take_ram(struct object *obj, struct opts *o, GError **err)
{
    return take_common(&backend_of(obj)->source, o, false, err);
}

static bool make_ram(struct object *obj, GError **err)
{
    return make_common(&backend_of(obj)->source, err);
}

static bool take_file(struct object *obj, struct opts *o, GError **err)
{
    struct backend *b = backend_of(obj);

    b->path = g_strdup(opts_take(o, "mem-path"));
    return take_common(&b->source, o, false, err) && opts_take_size(o, "offset", &b->source.offset, err);
}

static bool make_file(struct object *obj, GError **err)
{
    struct backend *b = backend_of(obj);

    if (!make_common(&b->source, err))
        return false;
    if (b->source.offset & ~PAGE_MASK) {
        fail(err, "offset=: expected a multiple of %u", (unsigned)PAGE_SIZE);
        return false;
    }
    if (!b->path) {
        fail(err, "expected mem-path=PATH");
        return false;
    }
    b->source.fd = open_file(b->path, err);
    if (b->source.fd < 0)
        g_prefix_error(err, "mem-path=");
    return b->source.fd >= 0;
}

static bool take_memfd(struct object *obj, struct opts *o, GError **err)
{
    struct backend *b = backend_of(obj);

    b->seal = true;
    return take_common(&b->source, o, true, err) && opts_take_bool(o, "hugetlb", &b->hugetlb, err) &&
           opts_take_size(o, "hugetlbsize", &b->hugetlbsize, err) && opts_take_bool(o, "seal", &b->seal, err);
}

static bool make_memfd(struct object *obj, GError **err)
{
    struct backend *b = backend_of(obj);
    unsigned flags = MFD_CLOEXEC | (b->seal ? MFD_ALLOW_SEALING : 0);

    if (!make_common(&b->source, err))
        return false;
    if (b->hugetlbsize & (b->hugetlbsize - 1)) {
        fail(err, "hugetlbsize=: expected a power of two");
        return false;
    }
    if (b->hugetlb)
        flags |= MFD_HUGETLB | (b->hugetlbsize ? __builtin_ctzll(b->hugetlbsize) << MAP_HUGE_SHIFT : 0);
    b->source.fd = memfd_create(b->obj.id, flags);
    if (b->source.fd < 0 || ftruncate(b->source.fd, b->source.size) ||
        (b->seal && fcntl(b->source.fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))) {
        fail(err, "cannot make a memory file: %s", g_strerror(errno));
        return false;
    }
    return true;
}

static const struct object_kind kinds[] = {
    { .name = "memory-backend-file",
      .help = "memory of size=SIZE in a file mem-path=PATH, for -M memory-backend=ID and -numa node,memdev=ID",
      .size = sizeof(struct backend), .take = take_file, .make = make_file, .clear = clear, .stays = true },
    { .name = "memory-backend-memfd", .help = "the same in a file without a name, which others can be given",
      .size = sizeof(struct backend), .take = take_memfd, .make = make_memfd, .clear = clear, .stays = true },
    { .name = "memory-backend-ram", .help = "the same in no file", .size = sizeof(struct backend), .take = take_ram,
      .make = make_ram, .clear = clear, .stays = true },
};

void ram_source_add_kinds(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
        object_kind_add(&kinds[i]);
}

const struct ram_source *ram_source_find(const char *id, GError **err)
{
    struct object *obj = object_find(id);

    if (obj && obj->kind >= kinds && obj->kind < kinds + ARRAY_SIZE(kinds))
        return &backend_of(obj)->source;
    fail(err, "expected the id of an -object memory-backend-ram, -file or -memfd");
    return NULL;
}
