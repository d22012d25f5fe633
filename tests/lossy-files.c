/* SPDX-License-Identifier: BSD-2-Clause */
#include "lossy-files.h"

#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "types.h"

#define SECTOR 512
#define LARGEST (64 * MiB) /* of a file */
#define SECTORS (LARGEST / SECTOR)
#define FILES 8

/* A file, by its number. */
struct lossy {
    dev_t dev;
    ino_t ino;
    char path[256];
    uint64_t size, flushed_size;
    uint8_t dirty[SECTORS / 8];
    uint8_t flushed[LARGEST]; /* what a crash leaves of sectors that are dirty */
};

static struct shared {
    unsigned nfiles;
    struct lossy file[FILES];
} *shared;
static GMutex lock;

ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t offset);
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t offset);
int __real_fallocate(int fd, int mode, off_t offset, off_t len);
int __real_ftruncate(int fd, off_t size);
int __real_fdatasync(int fd);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t offset);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_fdatasync(int fd);

void lossy_begin(void)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    g_assert_true(shared != MAP_FAILED);
}

static bool is_dirty(const struct lossy *f, uint64_t sector)
{
    return f->dirty[sector / 8] >> (sector % 8) & 1;
}

/* What the file has there is what a crash leaves. Lock held. */
static void keep(struct lossy *f, int fd, uint64_t sector)
{
    uint8_t now[SECTOR] = { 0 };

    g_assert_cmpint(pread(fd, now, SECTOR, sector * SECTOR), >=, 0);
    memcpy(f->flushed + sector * SECTOR, now, SECTOR);
}

static struct lossy *add_file(int fd, const struct stat *st)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
    struct lossy *f = &shared->file[shared->nfiles];

    g_assert_cmpuint(shared->nfiles, <, FILES);
    f->dev = st->st_dev;
    f->ino = st->st_ino;
    f->size = f->flushed_size = st->st_size;
    g_assert_cmpint(readlink(link, f->path, sizeof(f->path) - 1), >, 0);
    g_assert_cmpuint(f->size, <=, LARGEST);
    for (uint64_t i = 0; i * SECTOR < f->size; i++)
        keep(f, fd, i);
    shared->nfiles++; /* a crash before is one before all that follows */
    return f;
}

/* The file of a descriptor; NULL: nothing is noted. Lock held. */
static struct lossy *file_of(int fd)
{
    struct stat st;

    if (!shared || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return NULL;
    for (unsigned i = 0; i < shared->nfiles; i++) {
        struct lossy *f = &shared->file[i];
        if (f->dev != st.st_dev || f->ino != st.st_ino)
            continue;
        if ((uint64_t)st.st_size < f->size) { /* it was made anew by open(), which is there at once */
            memset(f->flushed, 0, sizeof(f->flushed));
            memset(f->dirty, 0, sizeof(f->dirty));
            f->size = f->flushed_size = st.st_size;
        }
        return f;
    }
    return add_file(fd, &st);
}

/* Before and after a change: a flush that comes between has not all of it. */
static void touch(int fd, uint64_t offset, uint64_t len)
{
    struct stat st;

    g_mutex_lock(&lock);
    struct lossy *f = file_of(fd);
    if (f && len > 0) {
        g_assert_cmpuint(offset + len, <=, LARGEST);
        for (uint64_t i = offset / SECTOR; i <= (offset + len - 1) / SECTOR; i++)
            f->dirty[i / 8] |= 1 << (i % 8);
        if (fstat(fd, &st) == 0)
            f->size = st.st_size;
    }
    g_mutex_unlock(&lock);
}

ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t offset)
{
    uint64_t len = 0;

    for (int i = 0; i < n; i++)
        len += iov[i].iov_len;
    touch(fd, offset, len);
    ssize_t r = __real_pwritev(fd, iov, n, offset);
    touch(fd, offset, len);
    return r;
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t offset)
{
    touch(fd, offset, n);
    ssize_t r = __real_pwrite(fd, p, n, offset);
    touch(fd, offset, n);
    return r;
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
    touch(fd, offset, len);
    int r = __real_fallocate(fd, mode, offset, len);
    touch(fd, offset, len);
    return r;
}

/* Sizes that shrink are there at once. */
int __wrap_ftruncate(int fd, off_t size)
{
    g_mutex_lock(&lock);
    struct lossy *f = file_of(fd);
    int r = __real_ftruncate(fd, size);
    if (f && r == 0) {
        f->size = size;
        f->flushed_size = MIN(f->flushed_size, f->size);
    }
    g_mutex_unlock(&lock);
    return r;
}

int __wrap_fdatasync(int fd)
{
    g_mutex_lock(&lock);
    struct lossy *f = file_of(fd);
    for (uint64_t i = 0; f && i < SECTORS; i++) {
        if (!is_dirty(f, i))
            continue;
        keep(f, fd, i);
        f->dirty[i / 8] &= ~(1 << (i % 8));
    }
    if (f)
        f->flushed_size = f->size;
    g_mutex_unlock(&lock);
    return 0;
}

static void crash(struct lossy *f)
{
    int fd = open(f->path, O_RDWR | O_CLOEXEC), keeps = g_test_rand_int_range(0, 4);
    struct stat st;

    if (fd < 0)
        return; /* it is gone */
    g_assert_cmpint(fstat(fd, &st), ==, 0);
    for (uint64_t i = 0; st.st_ino == f->ino && i < SECTORS; i++)
        if (is_dirty(f, i) && g_test_rand_int_range(0, 3) >= keeps)
            g_assert_cmpint(__real_pwrite(fd, f->flushed + i * SECTOR, SECTOR, i * SECTOR), ==, SECTOR);
    if (st.st_ino == f->ino)
        g_assert_cmpint(__real_ftruncate(fd, g_test_rand_bit() ? f->size : f->flushed_size), ==, 0);
    close(fd);
}

void lossy_crash(void)
{
    for (unsigned i = 0; i < shared->nfiles; i++)
        crash(&shared->file[i]);
    munmap(shared, sizeof(*shared));
    shared = NULL;
}
