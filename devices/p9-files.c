/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of an -fsdev, and where their owners and modes are kept. */
#include "p9-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "types.h"

#define METADATA ".virtfs_metadata"
#define METADATA_ROOT ".virtfs_metadata_root" /* of the folder itself */
#define METADATA_MAX 256
#define NAME_LIMIT 255

static bool is_mapped(const struct fsdev *f)
{
    return f->model == FSDEV_MAPPED_XATTR || f->model == FSDEV_MAPPED_FILE;
}

/* -- Finding them -- */

unsigned p9_max_nodes = 128;
static unsigned nnodes; /* that there are; atomic */

/* For a descriptor that was just opened, or a negative number. NULL: *error says why; the descriptor is closed. */
static struct p9_node *new_node(int fd, struct p9_node *parent, const char *name, int *error)
{
    *error = fd < 0 ? -errno : 0;
    if (fd >= 0 && __atomic_load_n(&nnodes, __ATOMIC_RELAXED) >= p9_max_nodes) {
        close(fd);
        *error = -EMFILE;
    }
    if (*error)
        return NULL;
    struct p9_node *n = g_new0(struct p9_node, 1);
    __atomic_fetch_add(&nnodes, 1, __ATOMIC_RELAXED);
    *n = (struct p9_node){ .refs = 1, .fd = fd, .parent = parent ? p9_ref(parent) : NULL, .name = g_strdup(name) };
    return n;
}

struct p9_node *p9_root(const struct fsdev *f, int *error)
{
    return new_node(fcntl(f->root, F_DUPFD_CLOEXEC, 0), NULL, NULL, error);
}

struct p9_node *p9_ref(struct p9_node *n)
{
    n->refs++;
    return n;
}

void p9_unref(struct p9_node *n)
{
    while (n && --n->refs == 0) {
        struct p9_node *parent = n->parent;
        close(n->fd);
        __atomic_fetch_sub(&nnodes, 1, __ATOMIC_RELAXED);
        g_free(n->name);
        g_free(n);
        n = parent;
    }
}

bool p9_name_ok(const struct fsdev *f, const char *name)
{
    return *name && strcmp(name, ".") && strcmp(name, "..") && !strchr(name, '/') && strlen(name) <= NAME_LIMIT &&
           (f->model != FSDEV_MAPPED_FILE || (strcmp(name, METADATA) && strcmp(name, METADATA_ROOT)));
}

struct p9_node *p9_walk(const struct fsdev *f, struct p9_node *dir, const char *name, int *error)
{
    *error = 0;
    if (!strcmp(name, ".."))
        return p9_ref(dir->parent ? dir->parent : dir);
    if (p9_name_ok(f, name))
        return new_node(openat(dir->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), dir, name, error);
    *error = -ENOENT;
    return NULL;
}

void p9_path(const struct p9_node *n, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", n->fd);
}

int p9_open(const struct p9_node *n, int flags)
{
    char path[32];
    struct stat st;
    int fd;

    if (fstat(n->fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) /* a device or a pipe of the host's is nothing for a guest */
        return -ENXIO;
    p9_path(n, path);
    fd = open(path, (flags & (O_ACCMODE | O_TRUNC | O_APPEND | O_SYNC | O_DSYNC)) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* -- Owners and modes of the mapped models -- */

enum { HAS_UID = 1, HAS_GID = 2, HAS_MODE = 4, HAS_RDEV = 8 };

struct credit {
    unsigned has;
    uint32_t uid, gid, mode;
    uint64_t rdev;
};

static void read_xattrs(const struct p9_node *n, struct credit *c)
{
    char path[32];
    uint32_t v;
    uint64_t rdev;

    p9_path(n, path);
    c->has = 0;
    if (getxattr(path, "user.virtfs.uid", &v, 4) == 4) {
        c->uid = GUINT32_FROM_LE(v);
        c->has |= HAS_UID;
    }
    if (getxattr(path, "user.virtfs.gid", &v, 4) == 4) {
        c->gid = GUINT32_FROM_LE(v);
        c->has |= HAS_GID;
    }
    if (getxattr(path, "user.virtfs.mode", &v, 4) == 4) {
        c->mode = GUINT32_FROM_LE(v);
        c->has |= HAS_MODE;
    }
    if (getxattr(path, "user.virtfs.rdev", &rdev, 8) == 8) {
        c->rdev = GUINT64_FROM_LE(rdev);
        c->has |= HAS_RDEV;
    }
}

static int write_xattrs(const struct p9_node *n, const struct credit *c)
{
    char path[32];
    const uint32_t uid = GUINT32_TO_LE(c->uid), gid = GUINT32_TO_LE(c->gid), mode = GUINT32_TO_LE(c->mode);
    const uint64_t rdev = GUINT64_TO_LE(c->rdev);

    p9_path(n, path);
    if (((c->has & HAS_UID) && setxattr(path, "user.virtfs.uid", &uid, 4, 0) < 0) ||
        ((c->has & HAS_GID) && setxattr(path, "user.virtfs.gid", &gid, 4, 0) < 0) ||
        ((c->has & HAS_MODE) && setxattr(path, "user.virtfs.mode", &mode, 4, 0) < 0) ||
        ((c->has & HAS_RDEV) && setxattr(path, "user.virtfs.rdev", &rdev, 8, 0) < 0))
        return -errno;
    return 0;
}

/* The folder of metadata beside a file, and the name there. make: it is to be made. Or -errno. */
static int open_metadata(const struct p9_node *n, bool make, const char **name)
{
    int fd;

    if (!n->parent) {
        *name = METADATA_ROOT;
        fd = openat(n->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
    }
    *name = n->name;
    if (make && mkdirat(n->parent->fd, METADATA, 0700) < 0 && errno != EEXIST)
        return -errno;
    fd = openat(n->parent->fd, METADATA, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void parse_metadata(const char *text, struct credit *c)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 8);

    for (char **l = lines; *l; l++) {
        char *value = strchr(*l, '=');
        if (!value)
            continue;
        *value++ = '\0';
        uint64_t v = g_ascii_strtoull(value, NULL, 10);
        if (!strcmp(*l, "virtfs.uid")) {
            c->uid = v;
            c->has |= HAS_UID;
        } else if (!strcmp(*l, "virtfs.gid")) {
            c->gid = v;
            c->has |= HAS_GID;
        } else if (!strcmp(*l, "virtfs.mode")) {
            c->mode = v;
            c->has |= HAS_MODE;
        } else if (!strcmp(*l, "virtfs.rdev")) {
            c->rdev = v;
            c->has |= HAS_RDEV;
        }
    }
}

static void read_metadata(const struct p9_node *n, struct credit *c)
{
    const char *name;
    char text[METADATA_MAX + 1];
    int dir = open_metadata(n, false, &name), fd;

    c->has = 0;
    if (dir < 0)
        return;
    if ((fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) >= 0) {
        ssize_t len = read(fd, text, METADATA_MAX);
        text[MAX(len, 0)] = '\0';
        parse_metadata(text, c);
        close(fd);
    }
    close(dir);
}

static int write_metadata(const struct p9_node *n, const struct credit *c)
{
    const char *name;
    struct credit all;
    g_autoptr(GString) text = g_string_new(NULL);

    read_metadata(n, &all);
    if (c->has & HAS_UID)
        all.uid = c->uid;
    if (c->has & HAS_GID)
        all.gid = c->gid;
    if (c->has & HAS_MODE)
        all.mode = c->mode;
    if (c->has & HAS_RDEV)
        all.rdev = c->rdev;
    all.has |= c->has;
    if (all.has & HAS_UID)
        g_string_append_printf(text, "virtfs.uid=%u\n", all.uid);
    if (all.has & HAS_GID)
        g_string_append_printf(text, "virtfs.gid=%u\n", all.gid);
    if (all.has & HAS_MODE)
        g_string_append_printf(text, "virtfs.mode=%u\n", all.mode);
    if (all.has & HAS_RDEV)
        g_string_append_printf(text, "virtfs.rdev=%" G_GUINT64_FORMAT "\n", (guint64)all.rdev);
    int dir = open_metadata(n, true, &name), error = 0;
    if (dir < 0)
        return dir;
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text->str, text->len) != (ssize_t)text->len)
        error = -(errno ? errno : EIO);
    if (fd >= 0)
        close(fd);
    close(dir);
    return error;
}

static int write_credit(const struct fsdev *f, const struct p9_node *n, const struct credit *c)
{
    return f->model == FSDEV_MAPPED_XATTR ? write_xattrs(n, c) : write_metadata(n, c);
}

int p9_stat(const struct fsdev *f, const struct p9_node *n, struct stat *st)
{
    struct credit c = { 0 };

    if (fstat(n->fd, st) < 0)
        return -errno;
    if (!is_mapped(f))
        return 0;
    if (f->model == FSDEV_MAPPED_XATTR)
        read_xattrs(n, &c);
    else
        read_metadata(n, &c);
    if (c.has & HAS_UID)
        st->st_uid = c.uid;
    if (c.has & HAS_GID)
        st->st_gid = c.gid;
    if ((c.has & HAS_MODE) && (S_ISREG(st->st_mode) || (S_ISDIR(st->st_mode) && S_ISDIR(c.mode))))
        st->st_mode = c.mode;
    if (c.has & HAS_RDEV)
        st->st_rdev = c.rdev;
    return 0;
}

int p9_chmod(const struct fsdev *f, const struct p9_node *n, mode_t mode)
{
    char path[32];
    struct stat st;
    int error = p9_stat(f, n, &st);

    if (error)
        return error;
    if (is_mapped(f)) {
        struct credit c = { .has = HAS_MODE, .mode = (st.st_mode & S_IFMT) | (mode & 07777) };
        return write_credit(f, n, &c);
    }
    if (S_ISLNK(st.st_mode))
        return -EOPNOTSUPP;
    p9_path(n, path);
    return chmod(path, mode & 07777) < 0 ? -errno : 0;
}

int p9_chown(const struct fsdev *f, const struct p9_node *n, uid_t uid, gid_t gid)
{
    if (is_mapped(f)) {
        struct credit c = { .has = (uid != (uid_t)-1 ? HAS_UID : 0) | (gid != (gid_t)-1 ? HAS_GID : 0), .uid = uid,
                            .gid = gid };
        return write_credit(f, n, &c);
    }
    if (fchownat(n->fd, "", uid, gid, AT_EMPTY_PATH) < 0 && f->model != FSDEV_NONE)
        return -errno;
    return 0;
}

/* -- New things -- */

/* Something new of the host's: a file, a folder; of the direct models also all others. */
static int make_bare(const struct fsdev *f, int dir, const char *name, mode_t mode, dev_t rdev, const char *target)
{
    if (S_ISDIR(mode))
        return mkdirat(dir, name, is_mapped(f) ? f->dmode : mode & 07777) < 0 ? -errno : 0;
    if (is_mapped(f) || S_ISREG(mode)) { /* a link is a file that says where to, a device an empty one */
        int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        is_mapped(f) ? f->fmode : mode & 07777);
        bool ok = fd >= 0 && (!target || write(fd, target, strlen(target)) == (ssize_t)strlen(target));
        int error = ok ? 0 : -(errno ? errno : EIO);
        if (fd >= 0)
            close(fd);
        return error;
    }
    if (S_ISLNK(mode))
        return symlinkat(target, dir, name) < 0 ? -errno : 0;
    return mknodat(dir, name, mode, rdev) < 0 ? -errno : 0;
}

/* The new node's owner and mode; umask has had its say of what make_bare() made. */
static int own(const struct fsdev *f, const struct p9_node *n, const struct p9_owner *o)
{
    if (is_mapped(f)) {
        bool device = S_ISCHR(o->mode) || S_ISBLK(o->mode);
        struct credit c = { .has = HAS_UID | HAS_GID | HAS_MODE | (device ? HAS_RDEV : 0), .uid = o->uid, .gid = o->gid,
                            .mode = o->mode, .rdev = o->rdev };
        return write_credit(f, n, &c);
    }
    int error = p9_chown(f, n, o->uid, o->gid);
    return error || S_ISLNK(o->mode) ? error : p9_chmod(f, n, o->mode);
}

int p9_make(const struct fsdev *f, struct p9_node *dir, const char *name, const struct p9_owner *o, const char *target,
            struct p9_node **made)
{
    int error;

    if (!p9_name_ok(f, name))
        return -EINVAL;
    errno = 0;
    if ((error = make_bare(f, dir->fd, name, o->mode, o->rdev, target)))
        return error;
    struct p9_node *n = p9_walk(f, dir, name, &error);
    if (n)
        error = own(f, n, o);
    if (error)
        p9_unlink(f, dir, name, S_ISDIR(o->mode));
    if (n && made && !error)
        *made = p9_ref(n);
    p9_unref(n);
    return error;
}

/* -- Names -- */

/* What is kept of a name in a folder's metadata goes along with the file. to NULL: it goes. */
static void move_metadata(const struct fsdev *f, const struct p9_node *from, const char *old, const struct p9_node *to,
                          const char *name)
{
    int a, b = -1;

    if (f->model != FSDEV_MAPPED_FILE)
        return;
    a = openat(from->fd, METADATA, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (to) {
        mkdirat(to->fd, METADATA, 0700);
        b = openat(to->fd, METADATA, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (a >= 0 && b >= 0)
            renameat(a, old, b, name);
    } else if (a >= 0) {
        unlinkat(a, old, 0);
    }
    if (a >= 0)
        close(a);
    if (b >= 0)
        close(b);
}

int p9_link(const struct fsdev *f, struct p9_node *dir, const char *name, const struct p9_node *old)
{
    char path[32];
    struct stat st;

    if (!p9_name_ok(f, name))
        return -EINVAL;
    if (f->model == FSDEV_MAPPED_FILE) /* it would have two owners */
        return -EOPNOTSUPP;
    if (fstat(old->fd, &st) < 0)
        return -errno;
    p9_path(old, path);
    return linkat(AT_FDCWD, path, dir->fd, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

int p9_unlink(const struct fsdev *f, struct p9_node *dir, const char *name, bool folder)
{
    if (!p9_name_ok(f, name))
        return -EINVAL;
    if (folder && f->model == FSDEV_MAPPED_FILE) { /* its own metadata is no reason to keep it */
        int fd = openat(dir->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0) {
            unlinkat(fd, METADATA, AT_REMOVEDIR);
            close(fd);
        }
    }
    if (unlinkat(dir->fd, name, folder ? AT_REMOVEDIR : 0) < 0)
        return -errno;
    move_metadata(f, dir, name, NULL, NULL);
    return 0;
}

int p9_rename(const struct fsdev *f, struct p9_node *from, const char *old, struct p9_node *to, const char *name)
{
    if (!p9_name_ok(f, old) || !p9_name_ok(f, name))
        return -EINVAL;
    if (renameat(from->fd, old, to->fd, name) < 0)
        return -errno;
    move_metadata(f, from, old, to, name);
    return 0;
}

ssize_t p9_readlink(const struct fsdev *f, const struct p9_node *n, char *to, size_t size)
{
    ssize_t len;

    if (is_mapped(f)) {
        struct stat st;
        int error = p9_stat(f, n, &st);
        if (error || !S_ISLNK(st.st_mode))
            return error ? error : -EINVAL;
        if (fstat(n->fd, &st) == 0 && S_ISREG(st.st_mode)) {
            int fd = p9_open(n, O_RDONLY);
            if (fd < 0)
                return fd;
            len = pread(fd, to, size, 0);
            error = -errno;
            close(fd);
            return len < 0 ? error : len;
        }
    }
    len = readlinkat(n->fd, "", to, size);
    return len < 0 ? -errno : len;
}
