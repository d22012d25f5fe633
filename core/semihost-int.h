/* SPDX-License-Identifier: BSD-2-Clause */
/* What the calls of semihosting share with those that gdb carries out (semihost-gdb.c). */
#ifndef MYNAH_SEMIHOST_INT_H
#define MYNAH_SEMIHOST_INT_H

#include "semihost.h"

enum semihost_op {
    SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITEC = 0x03, SYS_WRITE0 = 0x04, SYS_WRITE = 0x05, SYS_READ = 0x06,
    SYS_READC = 0x07, SYS_ISERROR = 0x08, SYS_ISTTY = 0x09, SYS_SEEK = 0x0a, SYS_FLEN = 0x0c, SYS_TMPNAM = 0x0d,
    SYS_REMOVE = 0x0e, SYS_RENAME = 0x0f, SYS_CLOCK = 0x10, SYS_TIME = 0x11, SYS_SYSTEM = 0x12, SYS_ERRNO = 0x13,
    SYS_GET_CMDLINE = 0x15, SYS_HEAPINFO = 0x16, SYS_EXIT = 0x18, SYS_SYNCCACHE = 0x19, SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30, SYS_TICKFREQ = 0x31,
};

#define SEMIHOST_PATH_BYTES 4096
#define SEMIHOST_FAILED UINT64_MAX
#define SEMIHOST_CONSOLE ":tt"
#define SEMIHOST_FEATURES ":semihosting-features"

/* -- semihost.c; with its lock held -- */

enum semihost_kind { FREE, CONSOLE_IN, CONSOLE_OUT, HOST_FILE, FEATURES, GDB_FILE };
struct semihost_handle {
    uint8_t kind;
    int fd;          /* HOST_FILE; GDB_FILE: gdb's number */
    unsigned offset; /* FEATURES */
};
/* The handle of the number, or NULL, and the error is noted. */
struct semihost_handle *semihost_handle(uint64_t n);
/* A new number for it, or failed: a host's file is closed then. */
uint64_t semihost_new_handle(struct semihost_handle h);
/* Note the error; SEMIHOST_FAILED. */
uint64_t semihost_failed(int error);
/* Read so many fields of the parameter block; false: they can't be read, which is noted. */
bool semihost_fields(struct semihost_call *c, unsigned n);
/* A path of that length, which ends with a zero byte there. */
bool semihost_path(struct semihost_call *c, uint64_t at, uint64_t len, char path[SEMIHOST_PATH_BYTES]);

/* -- semihost-gdb.c; with the same lock held -- */

/* True if the call is gdb's to carry out, or has begun to be. */
bool semihost_is_gdbs(struct semihost_call *c);
/* semihost_call() of such a call. */
bool semihost_by_gdb(struct semihost_call *c);

#endif
