/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "file" node: a file or block device of the host. Reads past the file's end give zeroes (its
 * size is rounded up to a sector). With cache.direct=on what is aligned goes past the host's page cache; the rest,
 * mostly
 * of formats' tables, does not, which the kernel keeps coherent.
 */
#include "node.h"
#include "uring.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECT_ALIGN 4096           /* of offsets, lengths and memory, for whatever device there is */
#define DIRECT_CHUNK (1 * MiB)      /* memory that is not aligned is copied in such parts */

struct file {
    int fd;
    int direct_fd; /* the same opened with O_DIRECT; -1: there is none */
    int read_fd;  /* while set_writable() is on: the descriptor from before, which holds the locks; else -1 */
    bool uring;   /* transfers are the kernel's to carry out */
    bool device;  /* a block device, not a regular file */
    bool locking; /* the image is locked against others */
};

/*
 * Locks, so that two programs don't write one image: bytes of the file stand for what a program does with it (from
 * 100) and for what it can't bear others doing (from 200), each held as a shared lock. These are QEMU's and qemu-img's,
 * so they are seen there too.
 */
enum { LOCK_DOES = 100, LOCK_REFUSES = 200, LOCK_READS = 0, LOCK_WRITES = 1 };

static bool lock_byte(int fd, off_t byte)
{
    struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    /* A file system without locks is no reason to fail. */
    return fcntl(fd, F_OFD_SETLK, &l) == 0 || (errno != EAGAIN && errno != EACCES);
}

static bool others_hold(int fd, off_t byte)
{
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

static bool lock_image(int fd, const char *filename, bool write, GError **err)
{
    bool ok = lock_byte(fd, LOCK_DOES + LOCK_READS) && (!write || lock_byte(fd, LOCK_DOES + LOCK_WRITES)) &&
              lock_byte(fd, LOCK_REFUSES + LOCK_WRITES) && !others_hold(fd, LOCK_DOES + LOCK_WRITES) &&
              !(write && others_hold(fd, LOCK_REFUSES + LOCK_WRITES));
    if (!ok)
        fail(err, "'%s': another program (or drive) uses this image and the two would clash; expected an image "
             "of its own, or readonly=on in both", filename);
    return ok;
}

/* -- Operations -- */

static bool is_aligned(const struct iovec *iov, unsigned niov)
{
    for (unsigned i = 0; i < niov; i++)
        if (((uintptr_t)iov[i].iov_base | iov[i].iov_len) % DIRECT_ALIGN)
            return false;
    return true;
}

/* Transfer aligned bytes: how many were, or -1 with errno. */
static ssize_t direct_transfer(int fd, bool write, uint64_t offset, const struct iovec *iov, unsigned niov)
{
    ssize_t n;

    do
        n = write ? pwritev(fd, iov, MIN(niov, IOV_MAX), offset) : preadv(fd, iov, MIN(niov, IOV_MAX), offset);
    while (n < 0 && errno == EINTR);
    return n;
}

/*
 * Past the page cache. What is left for the way through it is where something is not aligned, or the file ends: *done
 * is how much was transferred.
 */
static int direct_io(struct block *b, bool write, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len,
                     size_t *done)
{
    struct file *f = b->state;
    g_autofree struct iovec *part = g_new(struct iovec, niov);
    uint8_t *bounce = NULL;
    int r = 0;

    if ((offset | len) % DIRECT_ALIGN)
        return 0;
    if (!is_aligned(iov, niov) && !(bounce = aligned_alloc(DIRECT_ALIGN, MIN(len, DIRECT_CHUNK))))
        return -ENOMEM;
    while (*done < len) {
        size_t want = bounce ? MIN(len - *done, DIRECT_CHUNK) : len - *done;
        unsigned pieces = iov_part(part, iov, niov, *done, want);
        struct iovec one = { bounce, want };
        if (bounce && write)
            iov_gather(bounce, part, pieces);
        ssize_t n = direct_transfer(f->direct_fd, write, offset + *done, bounce ? &one : part, bounce ? 1 : pieces);
        if (n < 0)
            r = -errno;
        n = MAX(n, 0) / DIRECT_ALIGN * DIRECT_ALIGN;
        if (n == 0)
            break;
        if (bounce && !write)
            iov_scatter(part, iov_part(part, iov, niov, *done, n), bounce);
        *done += n;
    }
    free(bounce);
    return r;
}

static int file_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct file *f = b->state;
    struct iovec rest;
    size_t done = 0;
    g_autofree struct iovec *left = NULL;
    if (f->direct_fd >= 0) {
        int r = direct_io(b, false, offset, iov, niov, len, &done);
        if (r < 0 || done == len)
            return r;
        left = g_new(struct iovec, niov);
        niov = iov_part(left, iov, niov, done, len - done);
        iov = left;
        offset += done;
    }
    while (niov > 0) {
        ssize_t n = preadv(f->fd, iov, MIN(niov, IOV_MAX), offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0) { /* past the end */
            for (unsigned i = 0; i < niov; i++)
                memset(iov[i].iov_base, 0, iov[i].iov_len);
            return 0;
        }
        offset += n;
        while (niov > 0 && (size_t)n >= iov->iov_len) {
            n -= iov->iov_len;
            iov++;
            niov--;
        }
        if (n > 0) { /* ended within a piece: finish that one by itself */
            rest = (struct iovec){ (char *)iov->iov_base + n, iov->iov_len - n };
            int r = file_read(b, offset, &rest, 1, rest.iov_len);
            if (r < 0)
                return r;
            offset += rest.iov_len;
            iov++;
            niov--;
        }
    }
    return 0;
}

/* The file has at least this many bytes now. */
static void file_reaches(struct block *b, uint64_t end)
{
    uint64_t was = __atomic_load_n(&b->size, __ATOMIC_RELAXED);

    end = (end + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;
    while (was < end && !__atomic_compare_exchange_n(&b->size, &was, end, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static int file_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    struct file *f = b->state;
    struct iovec rest;
    size_t done = 0;
    g_autofree struct iovec *left = NULL;
    if (offset + len > b->size)
        file_reaches(b, offset + len);
    if (f->direct_fd >= 0) {
        int r = direct_io(b, true, offset, iov, niov, len, &done);
        if (r < 0 || done == len)
            return r;
        left = g_new(struct iovec, niov);
        niov = iov_part(left, iov, niov, done, len - done);
        iov = left;
        offset += done;
    }
    while (niov > 0) {
        ssize_t n = pwritev(f->fd, iov, MIN(niov, IOV_MAX), offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENOSPC;
        offset += n;
        while (niov > 0 && (size_t)n >= iov->iov_len) {
            n -= iov->iov_len;
            iov++;
            niov--;
        }
        if (n > 0) {
            rest = (struct iovec){ (char *)iov->iov_base + n, iov->iov_len - n };
            int r = file_write(b, offset, &rest, 1, rest.iov_len);
            if (r < 0)
                return r;
            offset += rest.iov_len;
            iov++;
            niov--;
        }
    }
    return 0;
}

static int file_transfer(struct block *b, bool write, uint64_t *offset, const struct iovec *iov, unsigned niov,
                         size_t len)
{
    struct file *f = b->state;
    bool direct = f->direct_fd >= 0;

    if (!f->uring || niov > IOV_MAX || (direct && ((*offset | len) % DIRECT_ALIGN || !is_aligned(iov, niov))))
        return -1;
    if (write && *offset + len > b->size)
        file_reaches(b, *offset + len);
    return direct ? f->direct_fd : f->fd;
}

static int file_flush(struct block *b)
{
    struct file *f = b->state;
    return b->read_only || b->no_flush || fdatasync(f->fd) == 0 ? 0 : -errno;
}

/* fallocate() and the block device's requests fail in ways that mean "not here": those become -ENOTSUP. */
static int result(int r)
{
    if (r == 0)
        return 0;
    return errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOTTY || errno == EINVAL || errno == EPERM ? -ENOTSUP
                                                                                                         : -errno;
}

static int file_discard(struct block *b, uint64_t offset, uint64_t len)
{
    struct file *f = b->state;
    uint64_t range[2] = { offset, len };
    int r = result(f->device ? ioctl(f->fd, BLKDISCARD, range)
                             : fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, len));
    return r == -ENOTSUP ? 0 : r;
}

static int file_write_zeroes(struct block *b, uint64_t offset, uint64_t len, bool unmap)
{
    struct file *f = b->state;
    uint64_t range[2] = { offset, len };
    if (len == 0)
        return 0;
    if (f->device)
        return result(ioctl(f->fd, BLKZEROOUT, range));
    int r = -ENOTSUP;
    if (unmap)
        r = result(fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, len));
    if (r == -ENOTSUP)
        r = result(fallocate(f->fd, FALLOC_FL_ZERO_RANGE, offset, len));
    return r;
}

static int file_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e)
{
    struct file *f = b->state;
    off_t data = lseek(f->fd, offset, SEEK_DATA), hole;
    bool none = data < 0 && errno == ENXIO; /* to the end */

    *e = (struct extent){ EXTENT_ALLOCATED | EXTENT_DATA | EXTENT_HOST, len, offset };
    if (none || (data >= 0 && (uint64_t)data > offset)) {
        e->flags = EXTENT_ALLOCATED | EXTENT_ZERO | EXTENT_HOST;
        e->len = none ? len : data - offset;
    } else if (data >= 0 && (hole = lseek(f->fd, offset, SEEK_HOLE)) > 0 && (uint64_t)hole > offset) {
        e->len = hole - offset;
    }
    if (e->len % BLOCK_SECTOR && e->len < len) /* where a file ends within a sector */
        e->len += BLOCK_SECTOR - e->len % BLOCK_SECTOR;
    return 0;
}

static int file_resize(struct block *b, uint64_t size, GError **err)
{
    struct file *f = b->state;

    if (f->device && size > b->size) {
        fail(err, "'%s': a block device can't be made larger", b->filename);
        return -ENOTSUP;
    }
    if (!f->device && ftruncate(f->fd, size) < 0) {
        int e = errno;
        fail(err, "'%s': cannot be resized: %s", b->filename, g_strerror(e));
        return -e;
    }
    if (!f->device)
        b->size = (size + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;
    return 0;
}

static void unlock_byte(int fd, off_t byte)
{
    struct flock l = { .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    fcntl(fd, F_OFD_SETLK, &l);
}

/* The file is opened anew by its descriptor: its name may mean nothing any more (-daemonize leaves the folder). */
static int file_set_writable(struct block *b, bool on)
{
    struct file *f = b->state;
    if (!on) {
        close(f->fd);
        f->fd = f->read_fd;
        f->read_fd = -1;
        if (f->locking)
            unlock_byte(f->fd, LOCK_DOES + LOCK_WRITES);
        b->read_only = true;
        return 0;
    }
    if (f->locking && !lock_image(f->fd, b->filename, true, NULL)) {
        unlock_byte(f->fd, LOCK_DOES + LOCK_WRITES);
        return -EBUSY;
    }
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", f->fd);
    int fd = open(path, O_RDWR | O_CLOEXEC), e = errno;
    if (fd < 0) {
        if (f->locking)
            unlock_byte(f->fd, LOCK_DOES + LOCK_WRITES);
        return -e;
    }
    if (f->direct_fd >= 0) { /* what a commit writes goes through the cache */
        close(f->direct_fd);
        f->direct_fd = -1;
    }
    f->read_fd = f->fd;
    f->fd = fd;
    b->read_only = false;
    return 0;
}

static void file_close(struct block *b)
{
    struct file *f = b->state;
    close(f->fd);
    if (f->read_fd >= 0)
        close(f->read_fd);
    if (f->direct_fd >= 0)
        close(f->direct_fd);
    g_free(f);
}

static const struct block_driver driver_file = {
    .name = "file",
    .protocol = true,
    .read = file_read,
    .write = file_write,
    .transfer = file_transfer,
    .flush = file_flush,
    .discard = file_discard,
    .write_zeroes = file_write_zeroes,
    .status = file_status,
    .resize = file_resize,
    .close = file_close,
    .set_writable = file_set_writable,
};

/* -- Opening -- */

/* Files of /proc look regular, but have no end to be found, or no size and yet content. */
static bool is_stored(int fd, uint64_t size)
{
    char c;
    return lseek(fd, 0, SEEK_END) >= 0 && (size > 0 || pread(fd, &c, 1, 0) == 0);
}

static bool measure(int fd, const char *filename, bool *device, uint64_t *size, GError **err)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        fail(err, "cannot read the size of '%s': %s", filename, g_strerror(errno));
        return false;
    }
    *device = S_ISBLK(st.st_mode);
    *size = st.st_size;
    if (S_ISREG(st.st_mode) && !is_stored(fd, *size)) {
        fail(err, "'%s': expected a file or a block device, not what the kernel makes up as it is read", filename);
        return false;
    }
    if (*device ? ioctl(fd, BLKGETSIZE64, size) < 0 : !S_ISREG(st.st_mode)) {
        fail(err, "'%s': expected a file or a block device", filename);
        return false;
    }
    if (*size > INT64_MAX - BLOCK_SECTOR) {
        fail(err, "'%s' is too large", filename);
        return false;
    }
    *size = (*size + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;
    return true;
}

/* The same file past the page cache; -1 with errno. */
static int open_direct(int fd, bool read_only)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

    return open(path, (read_only ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC);
}

struct block *file_open(const char *filename, const char *node, const struct node_options *no, GError **err)
{
    struct node_options opened = *no;
    bool device;
    uint64_t size;
    if (no->uring && !uring_available(err))
        return NULL;
    int fd = open(filename, (no->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0 && !no->read_only && no->auto_read_only && (errno == EACCES || errno == EROFS || errno == EPERM)) {
        opened.read_only = true;
        fd = open(filename, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        fail(err, "cannot open '%s': %s", filename, g_strerror(errno));
        return NULL;
    }
    struct block *b = NULL;
    if (measure(fd, filename, &device, &size, err) &&
        (!no->locking || lock_image(fd, filename, !opened.read_only, err)))
        b = block_node_new(&driver_file, node, &opened, err);
    if (!b) {
        close(fd);
        return NULL;
    }
    struct file *f = g_new0(struct file, 1);
    f->fd = fd;
    f->direct_fd = no->direct ? open_direct(fd, opened.read_only) : -1;
    f->read_fd = -1;
    f->device = device;
    f->locking = no->locking;
    f->uring = no->uring;
    b->state = f;
    b->size = size;
    b->filename = g_strdup(filename);
    if (no->direct && f->direct_fd < 0) {
        fail(err, "cannot open '%s' past the host's cache (cache=none, cache.direct=on): %s", filename,
             errno == EINVAL ? "its file system does not have O_DIRECT" : g_strerror(errno));
        block_node_unref(b);
        return NULL;
    }
    return b;
}
