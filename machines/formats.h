/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that the loader is given: what they are, where that shows, and Intel HEX in particular. */
#ifndef MYNAH_FORMATS_H
#define MYNAH_FORMATS_H

#include <glib.h>

#include "types.h"

/* "x86-64" for 62 (EM_*); NULL for the less known ones. */
const char *elf_machine_name(unsigned machine);

/*
 * What messages call the format ("a file of S-records"), NULL if it is none that is known. ELF, gzip and Intel HEX are
 * not looked for.
 */
const char *file_format(const uint8_t *p, size_t size);
/* The same for formats that describe what is to be written somewhere: nobody wants their own bytes in memory. */
const char *transport_format(const uint8_t *p, size_t size);

/* -- U-Boot images -- */

struct uimage {
    GBytes *data; /* the kernel; g_bytes_unref() it */
    bool gzip;    /* it is compressed */
    gpa load, entry;
};

bool is_uimage(const uint8_t *p, size_t size);
/* False with a message, which begins with the path, if it is no kernel for that IH_ARCH_*, which messages call arch. */
bool uimage_read(const char *path, GBytes *file, uint8_t ih_arch, const char *arch, struct uimage *out, GError **err);

/* -- Intel HEX -- */

/* A range of memory. */
struct hex_piece {
    gpa addr;
    size_t offset, size; /* of its bytes in data */
};

struct hex_image {
    GBytes *data;
    GArray *pieces; /* of struct hex_piece, by address, apart from each other */
    gpa entry;      /* what a start record says, else the lowest address */
};

bool is_hex(const uint8_t *p, size_t size);
/* False with a message, which begins with the path, if it is damaged. */
bool hex_read(const char *path, const uint8_t *p, size_t size, struct hex_image *out, GError **err);
void hex_free(struct hex_image *image);

#endif
