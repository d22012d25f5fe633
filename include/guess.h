/* SPDX-License-Identifier: BSD-2-Clause */
/* What machine a program is for, by its ELF file: for "mynah run". */
#ifndef MYNAH_GUESS_H
#define MYNAH_GUESS_H

#include <glib.h>
#include <stdbool.h>

struct guess {
    char *board;      /* its name and properties, for -M */
    const char *cpu;  /* for -cpu, NULL: the board's own */
    const char *bios; /* for -bios, NULL: the board's own way */
    char *why;        /* "Armv7E-M at 0x8000000-0x8001fff, 0x20000000-0x20000fff" */
};

/* False with a message, which begins with the path: it is no ELF file, or there is no board for it. */
bool machine_guess(const char *path, struct guess *out, GError **err);
void guess_free(struct guess *g);

#endif
