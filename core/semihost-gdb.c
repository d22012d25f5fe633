/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of semihosting that gdb carries out: its File-I/O ("Debugging with GDB", E.13). A request stops the machine;
 * gdb reads and writes the guest's memory itself. When it has answered the instruction is executed again and finds that, or
 * makes the next request of its call.
 */
#include "semihost-int.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "debug.h"
#include "types.h"

#define CHUNK (16 * KiB) /* of one request; gdb has a buffer of that size */
#define STDIN 0
#define STDERR 2         /* the console is gdb's standard error, as with QEMU */

/*
 * The one call that is being carried out, and those of which an answer is there but not seen: the CPU took an interrupt
 * first, whose handler calls too. Calls have the lock of semihost.c, answers come while all CPUs are paused.
 */
static struct gdb_call {
    struct cpu *cpu;   /* whose it is; NULL: there is none */
    uint64_t op, arg;  /* which it is, ... */
    uint64_t sp;       /* ... and by whom: a handler has another stack pointer than what it interrupted */
    unsigned answers;  /* that it had */
    bool waiting;      /* for the next */
    int64_t result;    /* of the last */
    uint64_t done;     /* bytes so far; SYS_FLEN: the position in the file */
    uint64_t length;   /* SYS_FLEN, SYS_WRITE0 */
    uint64_t buffer;   /* SYS_READC: where it was read to, ... */
    uint8_t character; /* ... and what */
} call, aside[8]; /* the newest in aside[0]; an older one than these is asked for again */

static bool gdb_listens(void)
{
    return semihost.target != SEMIHOST_NATIVE && semihost.debugger && semihost.debugger->waits();
}

static bool same(const struct gdb_call *g, const struct semihost_call *c)
{
    return g->cpu == c->cpu && g->op == c->op && g->arg == c->arg && g->sp == c->sp;
}

/* The call that was set aside, or -1. */
static int find_aside(const struct semihost_call *c)
{
    for (unsigned i = 0; i < ARRAY_SIZE(aside); i++)
        if (same(&aside[i], c))
            return (int)i;
    return -1;
}

static bool has_begun(const struct semihost_call *c)
{
    return same(&call, c) || find_aside(c) >= 0;
}

/* There is none being carried out; its answers wait. */
static void set_aside(void)
{
    memmove(&aside[1], &aside[0], sizeof(aside) - sizeof(aside[0]));
    aside[0] = call;
    call.cpu = NULL;
}

/* The call is the one that is carried out: one that was set aside, or a new one. */
static void begin(const struct semihost_call *c)
{
    int i = find_aside(c);

    if (i < 0) {
        call = (struct gdb_call){ .cpu = c->cpu, .op = c->op, .arg = c->arg, .sp = c->sp };
        return;
    }
    call = aside[i];
    memmove(&aside[i], &aside[i + 1], (ARRAY_SIZE(aside) - 1 - i) * sizeof(aside[0]));
    aside[ARRAY_SIZE(aside) - 1].cpu = NULL;
}

/* The handle of a call for an open file. */
static struct semihost_handle *file_of(struct semihost_call *c)
{
    return semihost_fields(c, 1) ? semihost_handle(c->field[0]) : NULL;
}

bool semihost_is_gdbs(struct semihost_call *c)
{
    struct semihost_handle *h;

    switch (c->op) {
    case SYS_OPEN: case SYS_REMOVE: case SYS_RENAME: case SYS_SYSTEM: case SYS_WRITEC: case SYS_WRITE0: case SYS_READC:
        return gdb_listens() || has_begun(c);
    case SYS_CLOSE: case SYS_WRITE: case SYS_READ: case SYS_ISTTY: case SYS_SEEK: case SYS_FLEN:
        h = file_of(c);
        return h && h->kind == GDB_FILE;
    default:
        return false;
    }
}

/* -- Requests: each is false, the call is not done -- */

static bool ask(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static bool ask(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, args);
    va_end(args);
    call.waiting = true;
    semihost.debugger->request(text);
    return false;
}

static bool ends(struct semihost_call *c, uint64_t result)
{
    c->result = result;
    return true;
}

/* Bytes to or from a file, one chunk after the other. */
static bool transfer(struct semihost_call *c, const char *name, int fd, uint64_t at, uint64_t len, bool once)
{
    if (call.answers)
        call.done += MIN((uint64_t)MAX(call.result, 0), len - call.done);
    if (call.done == len || (call.answers && (call.result <= 0 || once)))
        return ends(c, len - call.done);
    return ask("%s,%x,%" PRIx64 ",%" PRIx64, name, (unsigned)fd, at + call.done, MIN(len - call.done, CHUNK));
}

static bool open_file(struct semihost_call *c)
{
    /* gdb's flags for fopen()'s modes r, r+, w, w+, a, a+, with or without b */
    enum { WRONLY = 1, RDWR = 2, APPEND = 8, CREAT = 0x200, TRUNC = 0x400 };
    static const unsigned flags[6] = { 0, RDWR, WRONLY | CREAT | TRUNC, RDWR | CREAT | TRUNC, WRONLY | CREAT | APPEND,
                                       RDWR | CREAT | APPEND };
    char path[SEMIHOST_PATH_BYTES];

    if (!semihost_fields(c, 3) || !semihost_path(c, c->field[0], c->field[2], path))
        return ends(c, SEMIHOST_FAILED);
    unsigned mode = MIN(c->field[1] / 2, ARRAY_SIZE(flags));
    if (mode == ARRAY_SIZE(flags))
        return ends(c, semihost_failed(EINVAL));
    if (!strcmp(path, SEMIHOST_CONSOLE)) /* standard input, output, error */
        return ends(c, semihost_new_handle((struct semihost_handle){ .kind = GDB_FILE, .fd = (int)mode / 2 }));
    if (!strcmp(path, SEMIHOST_FEATURES))
        return ends(c, mode ? semihost_failed(EACCES)
                            : semihost_new_handle((struct semihost_handle){ .kind = FEATURES }));
    if (!call.answers)
        return ask("open,%" PRIx64 "/%" PRIx64 ",%x,%x", c->field[0], c->field[2] + 1, flags[mode], 0644);
    if (call.result < 0 || call.result > INT32_MAX)
        return ends(c, SEMIHOST_FAILED);
    return ends(c, semihost_new_handle((struct semihost_handle){ .kind = GDB_FILE, .fd = (int)call.result }));
}

static bool close_file(struct semihost_call *c, struct semihost_handle *h)
{
    if (h->fd > STDERR && !call.answers)
        return ask("close,%x", (unsigned)h->fd);
    h->kind = FREE;
    return ends(c, call.result < 0 ? SEMIHOST_FAILED : 0);
}

/* By its end's position, from which it goes back to where it was. */
static bool file_length(struct semihost_call *c, const struct semihost_handle *h)
{
    if (call.answers && call.result < 0)
        return ends(c, SEMIHOST_FAILED);
    switch (call.answers) {
    case 0:
        return ask("lseek,%x,0,1", (unsigned)h->fd);
    case 1:
        call.done = call.result;
        return ask("lseek,%x,0,2", (unsigned)h->fd);
    case 2:
        call.length = call.result;
        return ask("lseek,%x,%" PRIx64 ",0", (unsigned)h->fd, call.done);
    default:
        return ends(c, call.length);
    }
}

/* A path of the guest's, or two: each with its zero byte. */
static bool by_path(struct semihost_call *c, const char *name, unsigned paths)
{
    if (call.answers)
        return ends(c, call.result);
    if (!semihost_fields(c, 2 * paths))
        return ends(c, SEMIHOST_FAILED);
    if (paths == 1)
        return ask("%s,%" PRIx64 "/%" PRIx64, name, c->field[0], c->field[1] + 1);
    return ask("%s,%" PRIx64 "/%" PRIx64 ",%" PRIx64 "/%" PRIx64, name, c->field[0], c->field[1] + 1, c->field[2],
               c->field[3] + 1);
}

static bool write_string(struct semihost_call *c)
{
    uint8_t byte;

    if (!call.answers) /* as far as it can be read */
        for (call.length = 0; cpu_memory_read(c->cpu, c->arg + call.length, &byte, 1) && byte; call.length++)
            ;
    return transfer(c, "write", STDERR, c->arg, call.length, false);
}

static bool read_character(struct semihost_call *c)
{
    call.buffer = c->sp - 1;
    if (!call.answers)
        return ask("read,%x,%" PRIx64 ",1", STDIN, call.buffer);
    return ends(c, call.result == 1 ? call.character : SEMIHOST_FAILED);
}

static bool carry_out(struct semihost_call *c)
{
    struct semihost_handle *h;

    switch (c->op) {
    case SYS_OPEN: return open_file(c);
    case SYS_REMOVE: return by_path(c, "unlink", 1);
    case SYS_RENAME: return by_path(c, "rename", 2);
    case SYS_SYSTEM: return by_path(c, "system", 1);
    case SYS_WRITEC: return transfer(c, "write", STDERR, c->arg, 1, false);
    case SYS_WRITE0: return write_string(c);
    case SYS_READC: return read_character(c);
    }
    h = file_of(c);
    if (!h || !semihost_fields(c, c->op == SYS_WRITE || c->op == SYS_READ ? 3 : c->op == SYS_SEEK ? 2 : 1))
        return ends(c, SEMIHOST_FAILED);
    switch (c->op) {
    case SYS_CLOSE: return close_file(c, h);
    case SYS_WRITE: return transfer(c, "write", h->fd, c->field[1], c->field[2], false);
    case SYS_READ: return transfer(c, "read", h->fd, c->field[1], c->field[2], h->fd == STDIN);
    case SYS_FLEN: return file_length(c, h);
    case SYS_ISTTY: return call.answers ? ends(c, call.result) : ask("isatty,%x", (unsigned)h->fd);
    default: /* SYS_SEEK */
        return call.answers ? ends(c, call.result < 0 ? SEMIHOST_FAILED : 0)
                            : ask("lseek,%x,%" PRIx64 ",0", (unsigned)h->fd, c->field[1]);
    }
}

bool semihost_by_gdb(struct semihost_call *c)
{
    if (call.cpu && call.waiting)
        return false;
    if (!same(&call, c)) {
        if (call.cpu && call.cpu != c->cpu)
            return false;
        if (call.cpu)
            set_aside();
        begin(c);
    }
    bool done = gdb_listens() ? carry_out(c) : ends(c, semihost_failed(EIO));
    if (done)
        call.cpu = NULL;
    return done;
}

/* -- Answers -- */

/* gdb's numbers are most systems' but for these. */
static int host_errno(int error)
{
    return error == 91 ? ENAMETOOLONG : error == 9999 ? EIO : error;
}

void semihost_answer(int64_t result, int error)
{
    if (!call.cpu || !call.waiting)
        return;
    if (result < 0)
        semihost_failed(host_errno(error));
    if (call.op == SYS_READC && result == 1 && !cpu_memory_read(call.cpu, call.buffer, &call.character, 1))
        result = -1;
    call.result = result;
    call.answers++;
    call.waiting = false;
}

void semihost_ask_again(void)
{
    call.cpu = NULL;
}
