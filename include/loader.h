/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files and blobs placed in guest memory before the first instruction: firmware, kernels, initrds and
 * device trees. All of it is kept, and written again at every reset.
 */
#ifndef MYNAH_LOADER_H
#define MYNAH_LOADER_H

#include <glib.h>

#include "types.h"

struct address_space;

/* A piece of memory content. */
struct rom {
    char *name;      /* the file's path, or what it is ("fdt") */
    gpa addr;
    uint64_t size;   /* in memory: bytes beyond data are zeroed */
    uint8_t *data;
    uint64_t data_size;
    void *owner;     /* what data points into, freed with it */
    bool over;       /* placed over what the board has loaded */
    struct rom *next;
};

/* By address, for "info roms". */
extern struct rom *roms;

/* What the header of a kernel's image says. */
struct image_header {
    uint64_t offset; /* from the address that the boot protocol begins at */
    uint64_t memory; /* needed from there */
};

/* An architecture's kernels that are no ELF files. */
struct image_format {
    const char *name; /* "a RISC-V Linux Image"; NULL of no_image */
    /* True, and *h, if it is one. */
    bool (*read)(const uint8_t *p, uint64_t size, struct image_header *h);
    uint64_t raw_offset; /* of an image without a header */
    uint8_t uimage;      /* IH_ARCH_* of a U-Boot image; 0: these are refused */
};
extern const struct image_format riscv_image, arm64_image, arm_image, no_image; /* no_image: there are none */

/* What the loader may accept. */
struct load_target {
    struct address_space *as;
    uint16_t elf_machine; /* EM_*; what an ELF file must be for */
    unsigned elf_class;   /* 32 or 64 */
    const char *arch;     /* as messages name it: "64-bit RISC-V" */
    const struct image_format *image;
    bool over;            /* over what the board has loaded: the user's word is the last */
};

/* The code of an error: something else was placed there. */
#define LOAD_OVERLAPS 1

/* Where a file went. */
struct loaded {
    gpa entry;
    gpa start, end; /* of what it occupies, end exclusive */
    bool image;     /* a kernel that wants its boot protocol: not ELF or a file of records */
};

/*
 * Place a copy of data, over what the board has loaded or with it. False if memory is not there or something else was
 * placed there.
 */
bool rom_add(struct address_space *as, const char *name, gpa addr, const void *data, uint64_t size, bool over,
             GError **err);
/* Place other data in the stead of a piece, which is gone then. False, and it stays, if that can't be. */
bool rom_replace(struct address_space *as, struct rom *r, const void *data, uint64_t size, GError **err);
/* The piece of that name, or NULL. */
struct rom *rom_find(const char *name);
/* Write every piece to memory: at reset. */
void rom_reset(struct address_space *as);
/* Forget all, symbols too (tests). */
void rom_clear(void);

/*
 * Read a whole file, uncompressed if it is gzip (at most limit bytes, 0: no limit). NULL with a message that begins, as
 * those of all functions here, with the file's name: the caller puts the option before it. g_bytes_unref() it.
 */
GBytes *load_file(const char *path, uint64_t limit, GError **err);

/* Place an ELF file at its physical addresses. False with a message if it is no well-formed one for the target. */
bool load_elf(const struct load_target *t, const char *path, GBytes *file, struct loaded *out, GError **err);
bool is_elf(GBytes *file);

/*
 * Place a kernel: ELF, Intel HEX, S-records or UF2, else an image that the target knows (its header says how much memory it needs, and
 * where from base it goes) or a raw one; any of them may be compressed with gzip, or be in a U-Boot image. A file of
 * another format that is known is refused.
 */
bool load_kernel(const struct load_target *t, const char *path, gpa base, struct loaded *out, GError **err);
/* Place firmware: the same. */
bool load_firmware(const struct load_target *t, const char *path, gpa base, struct loaded *out, GError **err);
/*
 * Place a program, if it is to be run, or data: ELF or a file of records at its addresses, anything else as it is at base. Data
 * that is ELF and can't be loaded goes to base too, if that is not 0, with a warning.
 */
bool load_any(const struct load_target *t, const char *path, gpa base, bool run, struct loaded *out, GError **err);
/* Place a file as it is. */
bool load_raw(const struct load_target *t, const char *path, gpa base, struct loaded *out, GError **err);

/* Find a data file (firmware) by name in the -L folders, then the standard ones; g_free() it. NULL if nowhere. */
char *data_file_find(const char *name);
/* Add a -L folder: searched in order, before the standard ones. */
void data_dir_add(const char *dir);
void data_dir_foreach(void (*fn)(const char *dir, void *opaque), void *opaque);

#endif
