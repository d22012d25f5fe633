/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that the loader is given: what they are, where that shows, and those of records in particular. */
#ifndef MYNAH_FORMATS_H
#define MYNAH_FORMATS_H

#include <glib.h>

#include "types.h"

/* "x86-64" for 62 (EM_*); NULL for the less known ones. */
const char *elf_machine_name(unsigned machine);

/*
 * What messages call the format ("a cpio archive"), NULL if it is none that is known. ELF, gzip and files of records
 * are not looked for.
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

/* -- Memory that a file of records describes -- */

/* A range of memory. */
struct mem_piece {
    gpa addr;
    size_t offset, size; /* of its bytes in data */
};

struct mem_image {
    GBytes *data;
    GArray *pieces; /* of struct mem_piece, by address, apart from each other */
    gpa entry;      /* what the file says, else the lowest address */
};

void mem_image_free(struct mem_image *image);

/* How it is read: begun, filled, ended. */
struct pieces {
    const char *path, *format; /* for messages: "UF2 file" */
    GByteArray *data;          /* in order of the file */
    GArray *records;           /* of struct mem_piece into data */
    bool has_entry;            /* the reader's to set, before the end */
    gpa entry;
};

void pieces_begin(struct pieces *s, const char *path, const char *format);
void pieces_add(struct pieces *s, gpa addr, const uint8_t *bytes, size_t size);
/* All was read, or (not good) there is a message already. False, and *out is empty, with a message. */
bool pieces_end(struct pieces *s, bool good, struct mem_image *out, GError **err);

/* What it looks like, and its reading: false with a message, which begins with the path, if it is damaged. */
bool is_hex(const uint8_t *p, size_t size);
bool hex_read(const char *path, const uint8_t *p, size_t size, struct mem_image *out, GError **err);
bool is_srec(const uint8_t *p, size_t size);
bool srec_read(const char *path, const uint8_t *p, size_t size, struct mem_image *out, GError **err);
bool is_uf2(const uint8_t *p, size_t size);
bool uf2_read(const char *path, const uint8_t *p, size_t size, struct mem_image *out, GError **err);

#endif
