/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole machine that stands still, for fuzz targets of its servers: riscv64-virt with two CPUs, some devices and no
 * CPU thread. It resets and powers off by name only. The program works in an empty folder of its own and can write no
 * large file, since a command may name any.
 */
#ifndef MYNAH_FUZZ_STILL_H
#define MYNAH_FUZZ_STILL_H

#include "fuzz.h"
#include "machine.h"

/* Once. */
void fuzz_machine_init(const char *type);

/* A character device (a socket's server) with this id; what is sent to it comes from fuzz_line_send(). */
struct fuzz_line {
    int fd;
    char path[64];
};
void fuzz_line_init(struct fuzz_line *l, const char *id);
void fuzz_line_connect(struct fuzz_line *l);
/* Send it all, and read the answers away. */
void fuzz_line_send(struct fuzz_line *l, const uint8_t *p, size_t len);
void fuzz_line_close(struct fuzz_line *l);

#endif
