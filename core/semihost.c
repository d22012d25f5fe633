/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of semihosting. Manual: "Semihosting for AArch32 and AArch64" (Arm, 2.0). What the guest names are files
 * below one folder of the host's, and nothing else: the kernel resolves the paths (openat2); SYS_SYSTEM is gdb's alone.
 * What files the guest has open is no part of a snapshot.
 */
#include "semihost-int.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "debug.h"
#include "life.h"
#include "log.h"
#include "types.h"

#define APPLICATION_EXIT 0x20026
#define CHUNK 4096
#define HANDLES 64
#define FAILED SEMIHOST_FAILED

struct semihost_config semihost = { .folder = -1 };

/* -- Handles: those that the guest has, from 1 on -- */

static struct semihost_handle handles[HANDLES];
static int last_errno;
static GMutex lock; /* of both; calls are made with no lock held, it comes before all others */

/* Exit with a status that is more than 0 or 1; output to stderr is apart from stdout. */
static const uint8_t features[] = { 'S', 'H', 'F', 'B', 0x03 };

uint64_t semihost_failed(int error)
{
    last_errno = error;
    return FAILED;
}

static uint64_t of_host(int result)
{
    return result < 0 ? semihost_failed(errno) : (uint64_t)result;
}

struct semihost_handle *semihost_handle(uint64_t n)
{
    struct semihost_handle *h = n && n < HANDLES ? &handles[n] : NULL;

    if (h && h->kind != FREE)
        return h;
    last_errno = EBADF;
    return NULL;
}

uint64_t semihost_new_handle(struct semihost_handle h)
{
    for (unsigned i = 1; i < HANDLES; i++) {
        if (handles[i].kind == FREE) {
            handles[i] = h;
            return i;
        }
    }
    if (h.kind == HOST_FILE)
        close(h.fd);
    return semihost_failed(EMFILE);
}

void semihost_close_all(void)
{
    g_mutex_lock(&lock);
    for (unsigned i = 1; i < HANDLES; i++) {
        if (handles[i].kind == HOST_FILE)
            close(handles[i].fd);
        handles[i].kind = FREE;
    }
    last_errno = 0;
    g_mutex_unlock(&lock);
}

/* -- The guest's memory -- */

bool semihost_fields(struct semihost_call *c, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        c->field[i] = 0;
        if (!cpu_memory_read(c->cpu, c->arg + i * c->width, &c->field[i], c->width)) {
            last_errno = EFAULT;
            return false;
        }
    }
    return true;
}

static bool write_field(const struct semihost_call *c, uint64_t at, unsigned i, uint64_t v)
{
    return cpu_memory_write(c->cpu, at + i * c->width, &v, c->width);
}

bool semihost_path(struct semihost_call *c, uint64_t at, uint64_t len, char path[SEMIHOST_PATH_BYTES])
{
    if (len < SEMIHOST_PATH_BYTES && cpu_memory_read(c->cpu, at, path, len) && !memchr(path, 0, len)) {
        path[len] = '\0';
        return true;
    }
    last_errno = len < SEMIHOST_PATH_BYTES ? EFAULT : ENAMETOOLONG;
    return false;
}

/* -- Console -- */

static void console_write(const uint8_t *buf, size_t len)
{
    if (semihost.console_write) {
        semihost.console_write(buf, len);
        return;
    }
    fwrite(buf, 1, len, stderr);
    fflush(stderr);
}

static uint64_t write_string(struct semihost_call *c)
{
    uint8_t buf[256];
    size_t n = 0;

    for (uint64_t at = c->arg;; at++) {
        bool ok = cpu_memory_read(c->cpu, at, &buf[n], 1), end = !ok || !buf[n];
        n += !end;
        if (n && (end || n == sizeof(buf))) {
            console_write(buf, n);
            n = 0;
        }
        if (end)
            return 0;
    }
}

/* -- Paths, resolved below the folder -- */

static int open_below(const char *path, int flags)
{
    const struct open_how how = { .flags = flags | O_CLOEXEC, .mode = flags & O_CREAT ? 0644 : 0,
                                  .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

    if (semihost.folder < 0 || semihost.target == SEMIHOST_GDB) { /* files are gdb's, or nobody's */
        errno = EACCES;
        return -1;
    }
    return syscall(SYS_openat2, semihost.folder, path, &how, sizeof(how));
}

/* The folder of a path below the folder, and its last part within path. -1: there is none. */
static int open_parent(char *path, char **name)
{
    char *slash = strrchr(path, '/');

    *name = slash ? slash + 1 : path;
    if (!**name || !strcmp(*name, ".") || !strcmp(*name, "..")) {
        errno = EINVAL;
        return -1;
    }
    if (!slash)
        return open_below(".", O_PATH | O_DIRECTORY);
    *slash = '\0';
    return open_below(*path ? path : "/", O_PATH | O_DIRECTORY);
}

/* fopen()'s modes r, rb, r+, r+b, w ... a+b. */
static const int open_flags[12] = {
    O_RDONLY, O_RDONLY, O_RDWR, O_RDWR, O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT | O_TRUNC,
    O_RDWR | O_CREAT | O_TRUNC, O_RDWR | O_CREAT | O_TRUNC,
    O_WRONLY | O_CREAT | O_APPEND, O_WRONLY | O_CREAT | O_APPEND,
    O_RDWR | O_CREAT | O_APPEND, O_RDWR | O_CREAT | O_APPEND,
};

static uint64_t open_file(struct semihost_call *c)
{
    char path[SEMIHOST_PATH_BYTES];
    struct stat st;

    if (!semihost_fields(c, 3) || !semihost_path(c, c->field[0], c->field[2], path))
        return FAILED;
    if (c->field[1] >= ARRAY_SIZE(open_flags))
        return semihost_failed(EINVAL);
    if (!strcmp(path, SEMIHOST_CONSOLE))
        return semihost_new_handle((struct semihost_handle){ .kind = c->field[1] < 4 ? CONSOLE_IN : CONSOLE_OUT });
    if (!strcmp(path, SEMIHOST_FEATURES))
        return c->field[1] < 2 ? semihost_new_handle((struct semihost_handle){ .kind = FEATURES })
                               : semihost_failed(EACCES);
    int fd = open_below(path, open_flags[c->field[1]] | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return semihost_failed(errno);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) { /* a pipe or a device could keep the machine waiting */
        close(fd);
        return semihost_failed(EACCES);
    }
    return semihost_new_handle((struct semihost_handle){ .kind = HOST_FILE, .fd = fd });
}

static uint64_t remove_file(struct semihost_call *c)
{
    char path[SEMIHOST_PATH_BYTES], *name;

    if (!semihost_fields(c, 2) || !semihost_path(c, c->field[0], c->field[1], path))
        return FAILED;
    int dir = open_parent(path, &name);
    uint64_t result = dir < 0 ? semihost_failed(errno) : of_host(unlinkat(dir, name, 0));
    if (dir >= 0)
        close(dir);
    return result;
}

static uint64_t rename_file(struct semihost_call *c)
{
    char from[SEMIHOST_PATH_BYTES], to[SEMIHOST_PATH_BYTES], *from_name, *to_name;

    if (!semihost_fields(c, 4) || !semihost_path(c, c->field[0], c->field[1], from) ||
        !semihost_path(c, c->field[2], c->field[3], to))
        return FAILED;
    int a = open_parent(from, &from_name), b = a < 0 ? -1 : open_parent(to, &to_name);
    uint64_t result = b < 0 ? semihost_failed(errno) : of_host(renameat(a, from_name, b, to_name));
    if (a >= 0)
        close(a);
    if (b >= 0)
        close(b);
    return result;
}

static uint64_t temporary_name(struct semihost_call *c)
{
    char name[16];

    if (!semihost_fields(c, 3))
        return FAILED;
    int n = snprintf(name, sizeof(name), "tmp%02x", (unsigned)(c->field[1] & 0xff)) + 1;
    if (c->field[2] < (unsigned)n)
        return semihost_failed(ENAMETOOLONG);
    return cpu_memory_write(c->cpu, c->field[0], name, n) ? 0 : semihost_failed(EFAULT);
}

/* -- Transfers: the result is how many bytes were not -- */

static uint64_t write_file(struct semihost_call *c)
{
    uint8_t buf[CHUNK];
    struct semihost_handle *h = semihost_fields(c, 3) ? semihost_handle(c->field[0]) : NULL;
    uint64_t at = c->field[1], left = c->field[2];

    if (!h)
        return FAILED;
    while (left) {
        size_t n = MIN(left, sizeof(buf));
        ssize_t done = n;
        if (!cpu_memory_read(c->cpu, at, buf, n)) {
            last_errno = EFAULT;
            break;
        }
        if (h->kind == CONSOLE_OUT)
            console_write(buf, n);
        else if (h->kind == HOST_FILE)
            done = write(h->fd, buf, n);
        else
            errno = EBADF, done = -1;
        if (done <= 0) {
            last_errno = errno;
            break;
        }
        at += done;
        left -= done;
    }
    return left;
}

/* Bytes for the guest, at most a chunk; 0 at the end. -1: none yet. */
static ssize_t read_some(struct semihost_handle *h, uint8_t *buf, size_t len)
{
    switch (h->kind) {
    case HOST_FILE: {
        ssize_t n = read(h->fd, buf, len);
        return MAX(n, 0);
    }
    case FEATURES: {
        size_t n = MIN(len, sizeof(features) - h->offset);
        memcpy(buf, features + h->offset, n);
        h->offset += n;
        return n;
    }
    case CONSOLE_IN: {
        if (!semihost.console_read)
            return 0;
        size_t n = semihost.console_read(buf, len);
        return n ? (ssize_t)n : -1;
    }
    default:
        return 0;
    }
}

/* A console gives what there is, once there is something. */
static bool read_file(struct semihost_call *c)
{
    uint8_t buf[CHUNK];
    struct semihost_handle *h = semihost_fields(c, 3) ? semihost_handle(c->field[0]) : NULL;
    uint64_t at = c->field[1], left = c->field[2];
    bool console = h && h->kind == CONSOLE_IN;

    c->result = FAILED;
    if (!h)
        return true;
    while (left) {
        ssize_t n = read_some(h, buf, MIN(left, sizeof(buf)));
        if (n < 0)
            return false;
        if (n && !cpu_memory_write(c->cpu, at, buf, n)) {
            last_errno = EFAULT;
            break;
        }
        at += n;
        left -= n;
        if (!n || console)
            break;
    }
    c->result = left;
    return true;
}

static bool read_character(struct semihost_call *c)
{
    uint8_t byte;

    c->result = FAILED;
    if (semihost.console_read && !semihost.console_read(&byte, 1))
        return false;
    if (semihost.console_read)
        c->result = byte;
    return true;
}

/* -- Others on handles -- */

static uint64_t close_file(struct semihost_call *c)
{
    struct semihost_handle *h = semihost_fields(c, 1) ? semihost_handle(c->field[0]) : NULL;

    if (!h)
        return FAILED;
    int result = h->kind == HOST_FILE ? close(h->fd) : 0;
    h->kind = FREE;
    return of_host(result);
}

static uint64_t seek_file(struct semihost_call *c)
{
    struct semihost_handle *h = semihost_fields(c, 2) ? semihost_handle(c->field[0]) : NULL;

    if (!h)
        return FAILED;
    if (h->kind == FEATURES && c->field[1] <= sizeof(features)) {
        h->offset = c->field[1];
        return 0;
    }
    if (h->kind != HOST_FILE)
        return semihost_failed(ESPIPE);
    return lseek(h->fd, c->field[1], SEEK_SET) < 0 ? semihost_failed(errno) : 0;
}

static uint64_t file_length(struct semihost_call *c)
{
    struct semihost_handle *h = semihost_fields(c, 1) ? semihost_handle(c->field[0]) : NULL;
    struct stat st;

    if (!h)
        return FAILED;
    if (h->kind == FEATURES)
        return sizeof(features);
    if (h->kind != HOST_FILE)
        return semihost_failed(ESPIPE);
    return fstat(h->fd, &st) < 0 ? semihost_failed(errno) : (uint64_t)st.st_size;
}

static uint64_t is_console(struct semihost_call *c)
{
    struct semihost_handle *h = semihost_fields(c, 1) ? semihost_handle(c->field[0]) : NULL;

    return h ? h->kind == CONSOLE_IN || h->kind == CONSOLE_OUT : FAILED;
}

/* -- The machine -- */

static uint64_t command_line(struct semihost_call *c)
{
    const char *text = semihost.cmdline ? semihost.cmdline : "";
    uint64_t len = strlen(text);

    if (!semihost_fields(c, 2))
        return FAILED;
    if (c->field[1] <= len)
        return semihost_failed(E2BIG);
    if (!cpu_memory_write(c->cpu, c->field[0], text, len + 1) || !write_field(c, c->arg, 1, len))
        return semihost_failed(EFAULT);
    return 0;
}

/* Heap from the start up, stack from the end down. */
static uint64_t heap_info(struct semihost_call *c)
{
    const uint64_t base = semihost.heap_base, limit = semihost.heap_limit, v[4] = { base, limit, limit, base };

    if (!semihost_fields(c, 1))
        return FAILED;
    for (unsigned i = 0; i < ARRAY_SIZE(v); i++)
        if (!write_field(c, c->field[0], i, v[i]))
            return semihost_failed(EFAULT);
    return 0;
}

/* In the old form of 32 bits the reason alone is the parameter. */
static uint64_t end_machine(struct semihost_call *c)
{
    bool block = c->width == 8 || c->op == SYS_EXIT_EXTENDED;
    uint64_t reason = c->arg, status = 0;

    if (block) {
        if (!semihost_fields(c, 2))
            return FAILED;
        reason = c->field[0];
        status = c->field[1];
    }
    if (reason != APPLICATION_EXIT)
        status = 1;
    request_shutdown(SHUTDOWN_GUEST, (int)status & 0xff);
    return 0;
}

static uint64_t elapsed(struct semihost_call *c)
{
    uint64_t ns = clock_now();

    if (c->width == 8)
        return write_field(c, c->arg, 0, ns) ? 0 : semihost_failed(EFAULT);
    return write_field(c, c->arg, 0, (uint32_t)ns) && write_field(c, c->arg, 1, ns >> 32) ? 0 : semihost_failed(EFAULT);
}

static uint64_t carry_out(struct semihost_call *c)
{
    uint8_t byte;

    switch (c->op) {
    case SYS_OPEN: return open_file(c);
    case SYS_CLOSE: return close_file(c);
    case SYS_WRITEC:
        if (cpu_memory_read(c->cpu, c->arg, &byte, 1))
            console_write(&byte, 1);
        return 0;
    case SYS_WRITE0: return write_string(c);
    case SYS_WRITE: return write_file(c);
    case SYS_ISERROR: return semihost_fields(c, 1) ? c->field[0] >> (8 * c->width - 1) : FAILED;
    case SYS_ISTTY: return is_console(c);
    case SYS_SEEK: return seek_file(c);
    case SYS_FLEN: return file_length(c);
    case SYS_TMPNAM: return temporary_name(c);
    case SYS_REMOVE: return remove_file(c);
    case SYS_RENAME: return rename_file(c);
    case SYS_CLOCK: return clock_now() / 10000000;
    case SYS_TIME: return clock_rtc_ns() / 1000000000;
    case SYS_ERRNO: return last_errno;
    case SYS_GET_CMDLINE: return command_line(c);
    case SYS_HEAPINFO: return heap_info(c);
    case SYS_EXIT: case SYS_EXIT_EXTENDED: return end_machine(c);
    case SYS_SYNCCACHE: return 0;
    case SYS_ELAPSED: return elapsed(c);
    case SYS_TICKFREQ: return 1000000000;
    case SYS_SYSTEM: return semihost_failed(ENOSYS);
    }
    log_to(LOG_GUEST_ERRORS, "semihosting: there is no call 0x%" G_GINT64_MODIFIER "x\n", c->op);
    return semihost_failed(ENOSYS);
}

bool semihost_call(struct semihost_call *c)
{
    bool done = true;

    g_mutex_lock(&lock);
    if (semihost_is_gdbs(c))
        done = semihost_by_gdb(c);
    else if (c->op == SYS_READ)
        done = read_file(c);
    else if (c->op == SYS_READC)
        done = read_character(c);
    else
        c->result = carry_out(c);
    g_mutex_unlock(&lock);
    return done;
}
