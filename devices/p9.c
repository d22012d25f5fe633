/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 9P2000.L server: messages, and the client's handles (fids). Locks are granted and known to nobody; files are not
 * found by their handle again after a rename of a folder above by another client.
 */
#include "p9.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "p9-files.h"

/* Messages; the answer to T is T + 1. */
enum {
    RLERROR = 7, TSTATFS = 8, TLOPEN = 12, TLCREATE = 14, TSYMLINK = 16, TMKNOD = 18, TREADLINK = 22, TGETATTR = 24,
    TSETATTR = 26, TXATTRWALK = 30, TXATTRCREATE = 32, TREADDIR = 40, TFSYNC = 50, TLOCK = 52, TGETLOCK = 54, TLINK = 70,
    TMKDIR = 72, TRENAMEAT = 74, TUNLINKAT = 76, TVERSION = 100, TATTACH = 104, TFLUSH = 108, TWALK = 110, TREAD = 116,
    TWRITE = 118, TCLUNK = 120,
};
#define VERSION_NAME "9P2000.L"
#define MIN_MESSAGE 4096
#define MAX_WALK 16
#define MAX_NAME 4096      /* of a string in a message */
#define MAX_XATTR 65536    /* bytes of an attribute */
#define QID_BYTES 13
enum { QID_DIR = 0x80, QID_LINK = 0x02 };
enum { ATTR_MODE = 1, ATTR_UID = 2, ATTR_GID = 4, ATTR_SIZE = 8, ATTR_ATIME = 0x10, ATTR_MTIME = 0x20,
       ATTR_ATIME_SET = 0x80, ATTR_MTIME_SET = 0x100 };
#define GETATTR_BASIC 0x7ff
#define REMOVE_DIR 0x200 /* of UNLINKAT */

struct fid {
    uint32_t id;
    struct p9_node *node;
    uint32_t uid; /* whose handle it is: the owner of what is made by it */
    int fd;    /* open for reading or writing, or -1 */
    DIR *dir;  /* or that */
    /* An extended attribute, instead: */
    char *xattr;     /* its name; "" is the list of names */
    GByteArray *value;
    bool xattr_write; /* set when the handle goes */
    uint32_t xattr_size, xattr_flags;
};

struct p9 {
    const struct fsdev *f;
    GHashTable *fids; /* by id */
    uint32_t msize;
    unsigned max_fids;
};

/* -- Bytes of messages, little-endian -- */

/* A message that is read, or an answer that is written. bad: it is not long enough, reads are zeros. */
struct message {
    uint8_t *p;
    size_t at, len;
    bool bad;
};

static uint64_t get(struct message *m, unsigned bytes)
{
    uint64_t v = 0;

    if (m->len - m->at < bytes) {
        m->bad = true;
        m->at = m->len;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)m->p[m->at++] << (8 * i);
    return v;
}

static void put(struct message *m, unsigned bytes, uint64_t v)
{
    if (m->len - m->at < bytes) {
        m->bad = true;
        return;
    }
    for (unsigned i = 0; i < bytes; i++, v >>= 8)
        m->p[m->at++] = v;
}

/* To be freed; "" where there is none, or one with a zero in it. */
static char *get_string(struct message *m)
{
    size_t len = get(m, 2);

    if (len > m->len - m->at || len > MAX_NAME || memchr(m->p + m->at, 0, len)) {
        m->bad = true;
        return g_strdup("");
    }
    m->at += len;
    return g_strndup((const char *)m->p + m->at - len, len);
}

static void put_bytes(struct message *m, const void *p, size_t len)
{
    if (m->len - m->at < len) {
        m->bad = true;
        return;
    }
    memcpy(m->p + m->at, p, len);
    m->at += len;
}

static void put_string(struct message *m, const char *s)
{
    size_t len = MIN(strlen(s), UINT16_MAX);

    put(m, 2, len);
    put_bytes(m, s, len);
}

static void put_qid(struct message *m, const struct stat *st)
{
    put(m, 1, S_ISDIR(st->st_mode) ? QID_DIR : S_ISLNK(st->st_mode) ? QID_LINK : 0);
    put(m, 4, (uint32_t)st->st_mtim.tv_sec ^ (uint32_t)(st->st_size << 8));
    /* Files of other file systems below must not be taken for each other. */
    put(m, 8, st->st_ino ^ (uint64_t)st->st_dev << 40);
}

/* -- Handles -- */

/* What is to be written of an attribute is. */
static int set_xattr(struct fid *fid)
{
    char path[32];

    if (fid->value->len != fid->xattr_size)
        return -EINVAL;
    p9_path(fid->node, path);
    if (fid->xattr_size == 0)
        return removexattr(path, fid->xattr) < 0 ? -errno : 0;
    return setxattr(path, fid->xattr, fid->value->data, fid->value->len, fid->xattr_flags & 3) < 0 ? -errno : 0;
}

static void close_fid(struct fid *fid)
{
    if (fid->dir)
        closedir(fid->dir);
    else if (fid->fd >= 0)
        close(fid->fd);
    fid->dir = NULL;
    fid->fd = -1;
}

static void free_fid(void *opaque)
{
    struct fid *fid = opaque;

    close_fid(fid);
    p9_unref(fid->node);
    g_free(fid->xattr);
    if (fid->value)
        g_byte_array_free(fid->value, TRUE);
    g_free(fid);
}

static struct fid *find_fid(struct p9 *p, uint32_t id)
{
    return g_hash_table_lookup(p->fids, GUINT_TO_POINTER(id));
}

/* Takes the node over. NULL: *error says why. */
static struct fid *add_fid(struct p9 *p, uint32_t id, struct p9_node *node, uint32_t uid, int *error)
{
    *error = find_fid(p, id) ? -EINVAL : g_hash_table_size(p->fids) >= p->max_fids ? -EMFILE : 0;
    if (*error) {
        p9_unref(node);
        return NULL;
    }
    struct fid *fid = g_new0(struct fid, 1);
    *fid = (struct fid){ .id = id, .node = node, .uid = uid, .fd = -1 };
    g_hash_table_insert(p->fids, GUINT_TO_POINTER(id), fid);
    return fid;
}

/* The handle that the message names. NULL: *error. */
static struct fid *get_fid(struct p9 *p, struct message *m, int *error)
{
    struct fid *fid = find_fid(p, get(m, 4));

    *error = fid ? 0 : -EBADF;
    return fid;
}

static int stat_fid(const struct p9 *p, const struct fid *fid, struct stat *st)
{
    return p9_stat(p->f, fid->node, st);
}

/* -- Messages: 0 or -errno; the body of the answer is put into a -- */

static int version(struct p9 *p, struct message *m, struct message *a)
{
    uint32_t msize = get(m, 4);
    g_autofree char *name = get_string(m);

    if (m->bad || msize < MIN_MESSAGE)
        return -EINVAL;
    p9_reset(p);
    p->msize = MIN(msize, P9_MAX_MESSAGE);
    put(a, 4, p->msize);
    put_string(a, strcmp(name, VERSION_NAME) ? "unknown" : VERSION_NAME);
    return 0;
}

static int attach(struct p9 *p, struct message *m, struct message *a)
{
    uint32_t id = get(m, 4);
    struct stat st;
    int error;

    get(m, 4); /* a handle of an authentication, which is not asked for */
    g_free(get_string(m)); /* the user's name and the tree's: there is one of each */
    g_free(get_string(m));
    uint32_t uid = get(m, 4);
    if (m->bad)
        return -EINVAL;
    struct p9_node *root = p9_root(p->f, &error);
    if (!root)
        return error;
    struct fid *fid = add_fid(p, id, root, uid, &error);
    if (!fid || (error = stat_fid(p, fid, &st)))
        return error;
    put_qid(a, &st);
    return 0;
}

static int walk(struct p9 *p, struct message *m, struct message *a)
{
    uint32_t from = get(m, 4), to = get(m, 4);
    unsigned n = get(m, 2), i;
    struct fid *fid = find_fid(p, from);
    struct message count = *a;
    struct stat st;
    int error = 0;

    if (m->bad || n > MAX_WALK)
        return -EINVAL;
    if (!fid || fid->xattr)
        return -EBADF;
    struct p9_node *node = p9_ref(fid->node);
    put(a, 2, n);
    for (i = 0; i < n; i++) {
        g_autofree char *name = get_string(m);
        struct p9_node *next = m->bad ? NULL : p9_walk(p->f, node, name, &error);
        if (!next || (error = p9_stat(p->f, next, &st))) {
            p9_unref(next);
            break;
        }
        p9_unref(node);
        node = next;
        put_qid(a, &st);
    }
    if (i < n || m->bad) { /* the handle is made only if all were found */
        p9_unref(node);
        put(&count, 2, i);
        return m->bad ? -EINVAL : i == 0 ? error : 0;
    }
    if (to == from) {
        if (fid->fd >= 0 || fid->dir) {
            p9_unref(node);
            return -EBADF;
        }
        p9_unref(fid->node);
        fid->node = node;
        return 0;
    }
    add_fid(p, to, node, fid->uid, &error);
    return error;
}

static int statfs_of(struct p9 *p, struct message *m, struct message *a)
{
    struct statfs s;
    char path[32];
    int error;
    struct fid *fid = get_fid(p, m, &error);

    if (!fid)
        return error;
    p9_path(fid->node, path);
    if (statfs(path, &s) < 0)
        return -errno;
    put(a, 4, s.f_type);
    put(a, 4, s.f_bsize);
    put(a, 8, s.f_blocks);
    put(a, 8, s.f_bfree);
    put(a, 8, s.f_bavail);
    put(a, 8, s.f_files);
    put(a, 8, s.f_ffree);
    put(a, 8, (uint32_t)s.f_fsid.__val[0] | (uint64_t)s.f_fsid.__val[1] << 32);
    put(a, 4, s.f_namelen);
    return 0;
}

static int open_fid(struct fid *fid, int flags, bool folder)
{
    int fd = p9_open(fid->node, folder ? O_RDONLY : flags);

    if (fd < 0)
        return fd;
    close_fid(fid);
    fid->fd = fd;
    if (folder && !(fid->dir = fdopendir(fd))) {
        int error = -errno;
        close_fid(fid);
        return error;
    }
    return 0;
}

static void put_opened(const struct p9 *p, struct message *a, const struct stat *st)
{
    put_qid(a, st);
    put(a, 4, p->msize - 24);
}

static int lopen(struct p9 *p, struct message *m, struct message *a)
{
    struct stat st;
    int error;
    struct fid *fid = get_fid(p, m, &error);
    uint32_t flags = get(m, 4);

    if (m->bad || !fid || fid->xattr)
        return fid ? -EINVAL : error;
    if (p->f->readonly && ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC)))
        return -EROFS;
    if ((error = stat_fid(p, fid, &st)) || (error = open_fid(fid, flags, S_ISDIR(st.st_mode))))
        return error;
    put_opened(p, a, &st);
    return 0;
}

/* A new file in the folder of the handle, which is that file's from now on, open. */
static int lcreate(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    g_autofree char *name = get_string(m);
    uint32_t flags = get(m, 4), mode = get(m, 4), gid = get(m, 4);
    struct p9_owner o = { .uid = fid ? fid->uid : 0, .gid = gid, .mode = S_IFREG | (mode & 07777) };
    struct p9_node *made = NULL;
    struct stat st;

    if (m->bad || !fid || fid->xattr)
        return fid ? -EINVAL : error;
    if (p->f->readonly)
        return -EROFS;
    error = p9_make(p->f, fid->node, name, &o, NULL, &made);
    if (error == -EEXIST && !(flags & O_EXCL))
        made = p9_walk(p->f, fid->node, name, &error);
    if (!made)
        return error;
    p9_unref(fid->node);
    fid->node = made;
    if ((error = open_fid(fid, flags & ~O_EXCL, false)) || (error = stat_fid(p, fid, &st)))
        return error;
    put_opened(p, a, &st);
    return 0;
}

/* A folder, a link, a device: what all these have to say of it is in o and target. */
static int make(struct p9 *p, struct fid *dir, const char *name, const struct p9_owner *o, const char *target,
                struct message *a)
{
    struct p9_node *made = NULL;
    struct stat st;
    int error;

    if (p->f->readonly)
        return -EROFS;
    if ((error = p9_make(p->f, dir->node, name, o, target, &made)))
        return error;
    if (!(error = p9_stat(p->f, made, &st)))
        put_qid(a, &st);
    p9_unref(made);
    return error;
}

static int symlink_in(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    g_autofree char *name = get_string(m), *target = get_string(m);
    struct p9_owner o = { .uid = fid ? fid->uid : 0, .gid = get(m, 4), .mode = S_IFLNK | 0777 };

    if (m->bad || !fid)
        return fid ? -EINVAL : error;
    return make(p, fid, name, &o, target, a);
}

static int mknod_in(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    g_autofree char *name = get_string(m);
    uint32_t mode = get(m, 4), major = get(m, 4), minor = get(m, 4), gid = get(m, 4);
    struct p9_owner o = { .uid = fid ? fid->uid : 0, .gid = gid, .mode = mode & S_IFMT ? mode : mode | S_IFREG,
                          .rdev = (dev_t)(major & 0xfff) << 8 | (minor & 0xff) | (dev_t)(minor & ~0xffu) << 12 };

    if (m->bad || !fid || S_ISDIR(mode) || S_ISLNK(mode))
        return fid ? -EINVAL : error;
    return make(p, fid, name, &o, NULL, a);
}

static int mkdir_in(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    g_autofree char *name = get_string(m);
    uint32_t mode = get(m, 4), gid = get(m, 4);
    struct p9_owner o = { .uid = fid ? fid->uid : 0, .gid = gid, .mode = S_IFDIR | (mode & 07777) };

    if (m->bad || !fid)
        return fid ? -EINVAL : error;
    return make(p, fid, name, &o, NULL, a);
}

static int readlink_of(struct p9 *p, struct message *m, struct message *a)
{
    char target[MAX_NAME + 1];
    int error;
    struct fid *fid = get_fid(p, m, &error);

    if (!fid)
        return error;
    ssize_t n = p9_readlink(p->f, fid->node, target, MAX_NAME);
    if (n < 0)
        return n;
    put(a, 2, n);
    put_bytes(a, target, n);
    return 0;
}

static int getattr(struct p9 *p, struct message *m, struct message *a)
{
    struct stat st;
    int error;
    struct fid *fid = get_fid(p, m, &error);

    if (!fid || (error = stat_fid(p, fid, &st)))
        return error;
    put(a, 8, GETATTR_BASIC);
    put_qid(a, &st);
    put(a, 4, st.st_mode);
    put(a, 4, st.st_uid);
    put(a, 4, st.st_gid);
    put(a, 8, st.st_nlink);
    put(a, 8, st.st_rdev);
    put(a, 8, st.st_size);
    put(a, 8, MIN(st.st_blksize, p->msize));
    put(a, 8, st.st_blocks);
    const struct timespec *times[] = { &st.st_atim, &st.st_mtim, &st.st_ctim };
    for (unsigned i = 0; i < 3; i++) {
        put(a, 8, times[i]->tv_sec);
        put(a, 8, times[i]->tv_nsec);
    }
    for (unsigned i = 0; i < 4; i++) /* time of birth, generation, version of the data: not told */
        put(a, 8, 0);
    return 0;
}

static struct timespec time_to_set(uint32_t valid, uint32_t which, uint32_t given, uint64_t s, uint64_t ns)
{
    if (!(valid & which))
        return (struct timespec){ .tv_nsec = UTIME_OMIT };
    if (!(valid & given))
        return (struct timespec){ .tv_nsec = UTIME_NOW };
    return (struct timespec){ .tv_sec = s, .tv_nsec = MIN(ns, 999999999) };
}

static int setattr(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    uint32_t valid = get(m, 4), mode = get(m, 4), uid = get(m, 4), gid = get(m, 4);
    uint64_t size = get(m, 8), as = get(m, 8), ans = get(m, 8), ms = get(m, 8), mns = get(m, 8);
    char path[32];

    if (m->bad || !fid)
        return fid ? -EINVAL : error;
    if (p->f->readonly)
        return -EROFS;
    p9_path(fid->node, path);
    if ((valid & (ATTR_UID | ATTR_GID)) &&
        (error = p9_chown(p->f, fid->node, valid & ATTR_UID ? uid : -1u, valid & ATTR_GID ? gid : -1u)))
        return error;
    if ((valid & ATTR_MODE) && (error = p9_chmod(p->f, fid->node, mode)))
        return error;
    if (valid & ATTR_SIZE) {
        int fd = p9_open(fid->node, O_WRONLY);
        error = fd < 0 ? fd : size > INT64_MAX ? -EINVAL : ftruncate(fd, size) < 0 ? -errno : 0;
        if (fd >= 0)
            close(fd);
        if (error)
            return error;
    }
    if (valid & (ATTR_ATIME | ATTR_MTIME)) {
        const struct timespec times[] = { time_to_set(valid, ATTR_ATIME, ATTR_ATIME_SET, as, ans),
                                          time_to_set(valid, ATTR_MTIME, ATTR_MTIME_SET, ms, mns) };
        if (utimensat(AT_FDCWD, path, times, 0) < 0)
            return -errno;
    }
    return 0;
}

/* -- Extended attributes -- */

/* Those that are ours, or the host's security's, are not the guest's. */
static bool xattr_ok(const struct p9 *p, const char *name)
{
    return g_str_has_prefix(name, "user.") ? !g_str_has_prefix(name, "user.virtfs.") : p->f->model == FSDEV_PASSTHROUGH;
}

static int read_names(const struct p9 *p, const char *path, GByteArray *to)
{
    g_autofree char *names = g_malloc(MAX_XATTR);
    ssize_t n = listxattr(path, names, MAX_XATTR);

    if (n < 0)
        return -errno;
    for (const char *s = names; s < names + n; s += strlen(s) + 1)
        if (xattr_ok(p, s))
            g_byte_array_append(to, (const uint8_t *)s, strlen(s) + 1);
    return 0;
}

static int xattrwalk(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    uint32_t to = get(m, 4);
    g_autofree char *name = get_string(m);
    g_autoptr(GByteArray) value = g_byte_array_new();
    char path[32];

    if (m->bad || !fid)
        return fid ? -EINVAL : error;
    p9_path(fid->node, path);
    if (!*name) {
        if ((error = read_names(p, path, value)))
            return error;
    } else {
        g_autofree uint8_t *buf = g_malloc(MAX_XATTR);
        ssize_t n = xattr_ok(p, name) ? getxattr(path, name, buf, MAX_XATTR) : -1;
        if (n < 0)
            return xattr_ok(p, name) ? -errno : -ENODATA;
        g_byte_array_append(value, buf, n);
    }
    struct fid *made = add_fid(p, to, p9_ref(fid->node), fid->uid, &error);
    if (!made)
        return error;
    put(a, 8, value->len);
    made->xattr = g_steal_pointer(&name);
    made->value = g_steal_pointer(&value);
    return 0;
}

static int xattrcreate(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    g_autofree char *name = get_string(m);
    uint64_t size = get(m, 8);
    uint32_t flags = get(m, 4);

    if (m->bad || !fid || fid->xattr || fid->fd >= 0)
        return fid ? -EINVAL : error;
    if (p->f->readonly)
        return -EROFS;
    if (!xattr_ok(p, name) || size > MAX_XATTR)
        return size > MAX_XATTR ? -E2BIG : -EOPNOTSUPP;
    fid->xattr = g_steal_pointer(&name);
    fid->value = g_byte_array_new();
    fid->xattr_write = true;
    fid->xattr_size = size;
    fid->xattr_flags = flags;
    return 0;
}

/* -- Reading and writing -- */

static int read_from(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    uint64_t offset = get(m, 8);
    uint32_t count = get(m, 4);
    size_t room = a->len - a->at;
    ssize_t n;

    if (m->bad || !fid)
        return fid ? -EINVAL : error;
    if (room < 4)
        return -ENOBUFS;
    count = MIN(count, room - 4);
    uint8_t *to = a->p + a->at + 4;
    if (fid->xattr && !fid->xattr_write) {
        n = offset < fid->value->len ? MIN(count, fid->value->len - offset) : 0;
        memcpy(to, fid->value->data + MIN(offset, fid->value->len), n);
    } else if (fid->fd >= 0 && !fid->dir) {
        n = pread(fid->fd, to, count, offset);
    } else {
        return fid->dir ? -EISDIR : -EBADF;
    }
    if (n < 0)
        return -errno;
    put(a, 4, n);
    a->at += n;
    return 0;
}

static int write_to(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    uint64_t offset = get(m, 8);
    uint32_t count = get(m, 4);
    ssize_t n = count;

    if (m->bad || !fid || count > m->len - m->at)
        return fid ? -EINVAL : error;
    if (fid->xattr_write) {
        if (offset != fid->value->len || count > fid->xattr_size - fid->value->len)
            return -ENOSPC;
        g_byte_array_append(fid->value, m->p + m->at, count);
    } else if (fid->fd >= 0 && !fid->dir) {
        n = pwrite(fid->fd, m->p + m->at, count, offset);
    } else {
        return -EBADF;
    }
    if (n < 0)
        return -errno;
    put(a, 4, n);
    return 0;
}

/* An entry of a folder: false if there is no room. */
static bool put_entry(const struct p9 *p, const struct fid *fid, const struct dirent *e, long next, struct message *a,
                      size_t end)
{
    struct stat st = { .st_ino = e->d_ino, .st_mode = DTTOIF(e->d_type) };

    if (a->at + QID_BYTES + 8 + 1 + 2 + strlen(e->d_name) > end)
        return false;
    if (fstatat(fid->node->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        st.st_dev = 0;
    put_qid(a, &st);
    put(a, 8, next);
    put(a, 1, e->d_type);
    put_string(a, e->d_name);
    return true;
}

static int readdir_of(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    uint64_t offset = get(m, 8);
    uint32_t count = get(m, 4);
    struct message head = *a;
    struct dirent *e;

    if (m->bad || !fid || !fid->dir)
        return fid ? (m->bad ? -EINVAL : -EBADF) : error;
    if (a->len - a->at < 4)
        return -ENOBUFS;
    put(a, 4, 0);
    size_t begin = a->at, end = begin + MIN(count, a->len - begin);
    if (offset == 0)
        rewinddir(fid->dir);
    else
        seekdir(fid->dir, offset);
    for (;;) {
        long here = telldir(fid->dir);
        if (!(e = readdir(fid->dir)))
            break;
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && !p9_name_ok(p->f, e->d_name))
            continue;
        if (!put_entry(p, fid, e, telldir(fid->dir), a, end)) {
            seekdir(fid->dir, here);
            break;
        }
    }
    put(&head, 4, a->at - begin);
    return 0;
}

static int fsync_of(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);
    bool data = get(m, 4);

    if (!fid)
        return error;
    if (fid->fd < 0)
        return -EBADF;
    return (data ? fdatasync(fid->fd) : fsync(fid->fd)) < 0 ? -errno : 0;
}

static int lock(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);

    put(a, 1, 0); /* granted */
    return fid ? 0 : error;
}

static int getlock(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);

    get(m, 1);
    uint64_t start = get(m, 8), length = get(m, 8);
    uint32_t owner = get(m, 4);
    g_autofree char *client = get_string(m);
    if (m->bad || !fid)
        return fid ? -EINVAL : error;
    put(a, 1, F_UNLCK);
    put(a, 8, start);
    put(a, 8, length);
    put(a, 4, owner);
    put_string(a, client);
    return 0;
}

/* -- Names -- */

static int link_in(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *dir = get_fid(p, m, &error), *old = get_fid(p, m, &error);
    g_autofree char *name = get_string(m);

    if (m->bad || !dir || !old)
        return dir && old ? -EINVAL : -EBADF;
    return p->f->readonly ? -EROFS : p9_link(p->f, dir->node, name, old->node);
}

static bool same_file(const struct p9_node *x, const struct p9_node *y)
{
    struct stat a, b;

    return x == y || (fstat(x->fd, &a) == 0 && fstat(y->fd, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
}

/* Handles of a file that was renamed go with it. */
static void follow_rename(struct p9 *p, const struct p9_node *from, const char *old, struct p9_node *to, const char *name)
{
    GHashTableIter it;
    void *value;

    g_hash_table_iter_init(&it, p->fids);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        struct p9_node *n = ((struct fid *)value)->node;
        if (!n->parent || strcmp(n->name, old) || !same_file(n->parent, from) || n == to)
            continue;
        struct p9_node *was = n->parent;
        g_free(n->name);
        n->name = g_strdup(name);
        n->parent = p9_ref(to);
        p9_unref(was);
    }
}

static int renameat_of(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *from = get_fid(p, m, &error);
    g_autofree char *old = get_string(m);
    struct fid *to = get_fid(p, m, &error);
    g_autofree char *name = get_string(m);

    if (m->bad || !from || !to)
        return from && to ? -EINVAL : -EBADF;
    if (p->f->readonly)
        return -EROFS;
    if (!(error = p9_rename(p->f, from->node, old, to->node, name)))
        follow_rename(p, from->node, old, to->node, name);
    return error;
}

static int unlinkat_of(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *dir = get_fid(p, m, &error);
    g_autofree char *name = get_string(m);
    uint32_t flags = get(m, 4);

    if (m->bad || !dir)
        return dir ? -EINVAL : error;
    return p->f->readonly ? -EROFS : p9_unlink(p->f, dir->node, name, flags & REMOVE_DIR);
}

static int clunk(struct p9 *p, struct message *m, struct message *a)
{
    int error;
    struct fid *fid = get_fid(p, m, &error);

    if (!fid)
        return error;
    error = fid->xattr_write ? set_xattr(fid) : 0;
    g_hash_table_remove(p->fids, GUINT_TO_POINTER(fid->id));
    return error;
}

/* Whatever it was is answered by now. */
static int flush(struct p9 *p, struct message *m, struct message *a)
{
    return 0;
}

/* -- All of them -- */

static const struct {
    uint8_t type;
    int (*run)(struct p9 *p, struct message *m, struct message *a);
} calls[] = {
    { TSTATFS, statfs_of }, { TLOPEN, lopen }, { TLCREATE, lcreate }, { TSYMLINK, symlink_in }, { TMKNOD, mknod_in },
    { TREADLINK, readlink_of }, { TGETATTR, getattr }, { TSETATTR, setattr }, { TXATTRWALK, xattrwalk },
    { TXATTRCREATE, xattrcreate }, { TREADDIR, readdir_of }, { TFSYNC, fsync_of }, { TLOCK, lock },
    { TGETLOCK, getlock }, { TLINK, link_in }, { TMKDIR, mkdir_in }, { TRENAMEAT, renameat_of },
    { TUNLINKAT, unlinkat_of }, { TVERSION, version }, { TATTACH, attach }, { TFLUSH, flush }, { TWALK, walk },
    { TREAD, read_from }, { TWRITE, write_to }, { TCLUNK, clunk },
};

static int run(struct p9 *p, uint8_t type, struct message *m, struct message *a)
{
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
        if (calls[i].type == type)
            return calls[i].run(p, m, a);
    return -EOPNOTSUPP;
}

size_t p9_answer(struct p9 *p, const uint8_t *message, size_t len, uint8_t *answer, size_t room)
{
    struct message m = { .p = (uint8_t *)message, .len = len }, a = { .p = answer, .at = P9_HEADER, .len = room };
    size_t size = get(&m, 4);
    uint8_t type = get(&m, 1);
    uint16_t tag = get(&m, 2);

    if (m.bad || size < P9_HEADER || room < P9_HEADER + 4)
        return 0;
    m.len = MIN(size, len);
    a.len = MIN(room, MAX(p->msize, MIN_MESSAGE));
    int error = run(p, type, &m, &a);
    if (!error && a.bad)
        error = -ENOBUFS;
    if (error) {
        a = (struct message){ .p = answer, .at = P9_HEADER, .len = room };
        put(&a, 4, -error);
    }
    size_t total = a.at;
    a.at = 0;
    put(&a, 4, total);
    put(&a, 1, error ? RLERROR : type + 1);
    put(&a, 2, tag);
    return total;
}

struct p9 *p9_new(const struct fsdev *f)
{
    struct p9 *p = g_new0(struct p9, 1);
    struct rlimit files;

    p->f = f;
    p->fids = g_hash_table_new_full(NULL, NULL, NULL, free_fid);
    p->msize = MIN_MESSAGE;
    p->max_fids = 256;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* the rest of the program wants some of them too */
        files.rlim_cur = MIN(files.rlim_max, 65536);
        setrlimit(RLIMIT_NOFILE, &files);
        p->max_fids = MAX(files.rlim_cur / 4, p->max_fids);
        p9_max_nodes = MAX(files.rlim_cur / 2, p9_max_nodes);
    }
    return p;
}

void p9_reset(struct p9 *p)
{
    g_hash_table_remove_all(p->fids);
}

void p9_free(struct p9 *p)
{
    g_hash_table_destroy(p->fids);
    g_free(p);
}
