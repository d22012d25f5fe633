/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Placing firmware, kernels and other files in guest memory, and placing them again at reset. Formats:
 * ELF ("System V ABI", chapter 4 and 5), Intel HEX, S-records, UF2, the RISC-V Linux image header
 * (Linux's arch/riscv/boot-image-header), gzip (RFC 1952), raw. Files are not trusted: every offset and length is
 * checked.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "bus.h"
#include "formats.h"
#include "loader.h"
#include "opts.h"
#include "symbols.h"

struct rom *roms;

/* -- Pieces of memory -- */

/*
 * Whether two pieces want to put bytes into the same place. What is placed over the rest clashes with its like only.
 * Zeroes that a file asks for give way to bytes of the same file.
 */
static bool clash(const struct rom *a, const struct rom *b)
{
    bool one_file = a->owner == b->owner;
    uint64_t m = one_file ? a->data_size : a->size, n = one_file ? b->data_size : b->size;

    return a->over == b->over && m && n && a->addr <= b->addr + (n - 1) && b->addr <= a->addr + (m - 1);
}

/* The memory there, as rom_write() finds it. NULL: there is none. */
static const struct mapping *memory_at(struct address_space *as, gpa addr)
{
    const struct mapping *m = address_space_find(as, addr);

    if (!m || m->region->kind == REGION_IO)
        m = address_space_find(as, addr | BUS_SECURE);
    return m && m->region->kind != REGION_IO ? m : NULL;
}

/*
 * Place a piece like this. Its owner's reference becomes the piece's, or is dropped on failure; the name is copied.
 */
static bool rom_place(struct address_space *as, const struct rom *piece, GError **err)
{
    struct rom **at = &roms, *r;
    gpa addr = piece->addr, last = addr + (piece->size - 1);

    if (piece->size == 0) {
        g_bytes_unref(piece->owner);
        return true;
    }
    if (last < addr) {
        fail(err, "%s: 0x%" PRIx64 " bytes at 0x%" PRIx64 " pass the end of the address space", piece->name,
             piece->size, addr);
        goto failed;
    }
    while (*at && (*at)->addr < addr)
        at = &(*at)->next;
    for (r = roms; r; r = r->next) {
        if (clash(r, piece)) {
            g_set_error(err, MYNAH_ERROR, LOAD_OVERLAPS, "%s at 0x%" PRIx64 "-0x%" PRIx64 " overlaps %s at 0x%" PRIx64
                        "-0x%" PRIx64, piece->name, addr, last, r->name, r->addr, r->addr + (r->size - 1));
            goto failed;
        }
    }
    for (uint64_t done = 0; done < piece->size;) {
        const struct mapping *m = memory_at(as, addr + done);
        if (!m) {
            fail(err, "%s at 0x%" PRIx64 "-0x%" PRIx64 " does not fit in memory: there is none at 0x%" PRIx64,
                 piece->name, addr, last, addr + done);
            goto failed;
        }
        done = (m->base & ~BUS_SECURE) + m->size - addr;
    }
    r = g_memdup2(piece, sizeof(*piece));
    r->name = g_strdup(piece->name);
    r->next = *at;
    *at = r;
    return true;
failed:
    g_bytes_unref(piece->owner);
    return false;
}

bool rom_add(struct address_space *as, const char *name, gpa addr, const void *data, uint64_t size, bool over,
             GError **err)
{
    GBytes *copy = g_bytes_new(data, size);
    struct rom piece = { .name = (char *)name, .addr = addr, .size = size, .data_size = size, .owner = copy,
                         .data = (uint8_t *)g_bytes_get_data(copy, NULL), .over = over };

    return rom_place(as, &piece, err);
}

struct rom *rom_find(const char *name)
{
    for (struct rom *r = roms; r; r = r->next)
        if (!strcmp(r->name, name))
            return r;
    return NULL;
}

static void write_zeros(struct address_space *as, const struct rom *r)
{
    static const uint8_t zeros[64 * 1024];

    for (uint64_t at = r->data_size; at < r->size; at += sizeof(zeros))
        rom_write(as, r->addr + at, zeros, MIN(sizeof(zeros), r->size - at));
}

void rom_reset(struct address_space *as)
{
    for (unsigned over = 0; over < 2; over++) {
        for (struct rom *r = roms; r; r = r->next)
            if (r->over == over)
                write_zeros(as, r);
        for (struct rom *r = roms; r; r = r->next)
            if (r->over == over)
                rom_write(as, r->addr, r->data, r->data_size);
    }
}

static void free_rom(struct rom *r)
{
    g_bytes_unref(r->owner);
    g_free(r->name);
    g_free(r);
}

bool rom_replace(struct address_space *as, struct rom *r, const void *data, uint64_t size, GError **err)
{
    struct rom **at = &roms;

    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    if (!rom_add(as, r->name, r->addr, data, size, r->over, err)) {
        *at = r;
        return false;
    }
    free_rom(r);
    return true;
}

/* Take away what was placed of a file. */
static void rom_forget(const GBytes *file)
{
    for (struct rom **at = &roms, *r; (r = *at);) {
        if (r->owner == file) {
            *at = r->next;
            free_rom(r);
        } else {
            at = &r->next;
        }
    }
}

void rom_clear(void)
{
    while (roms) {
        struct rom *r = roms;
        roms = r->next;
        free_rom(r);
    }
    symbols_clear();
}

/* -- Files -- */

/* Inflate a gzip file whole: all its members, no more than limit bytes. */
static GBytes *gunzip(const char *path, const uint8_t *in, size_t len, uint64_t limit, GError **err)
{
    GByteArray *out = g_byte_array_new();
    g_autofree uint8_t *chunk = g_malloc(256 * KiB);
    z_stream z = { 0 };
    int e = inflateInit2(&z, 15 + 16);

    for (size_t left = len; e == Z_OK || e == Z_STREAM_END;) {
        if (z.avail_in == 0) {
            if (left == 0)
                break;
            z.next_in = (uint8_t *)in + (len - left);
            z.avail_in = MIN(left, 1 * GiB);
            left -= z.avail_in;
        }
        if (e == Z_STREAM_END && (z.next_in[0] != 0x1f || inflateReset(&z) != Z_OK))
            break; /* padding after the last member */
        z.next_out = chunk;
        z.avail_out = 256 * KiB;
        e = inflate(&z, Z_NO_FLUSH);
        if (out->len + (256 * KiB - z.avail_out) > limit) {
            inflateEnd(&z);
            g_byte_array_unref(out);
            fail(err, "%s: more than %" PRIu64 " MiB when uncompressed", path, limit / MiB);
            return NULL;
        }
        g_byte_array_append(out, chunk, 256 * KiB - z.avail_out);
    }
    inflateEnd(&z);
    if (e != Z_STREAM_END) {
        g_byte_array_unref(out);
        fail(err, "%s: the gzip data is %s", path, e == Z_OK || e == Z_BUF_ERROR ? "truncated" : "damaged");
        return NULL;
    }
    return g_byte_array_free_to_bytes(out);
}

static GBytes *read_file(const char *path, GError **err)
{
    g_autoptr(GError) e = NULL;
    char *data;
    gsize size;

    if (!g_file_get_contents(path, &data, &size, &e)) {
        fail(err, "%s: %s", path, file_error(e));
        return NULL;
    }
    if (size == 0) {
        g_free(data);
        fail(err, "%s: the file is empty", path);
        return NULL;
    }
    return g_bytes_new_take(data, size);
}

#define MAX_FILE (G_MAXUINT32 - MiB) /* GByteArray counts in 32 bits */

/* What is in a gzip file. */
static GBytes *load_gunzip(const char *path, GBytes *file, GError **err)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);

    return gunzip(path, p, size, MAX_FILE, err);
}

GBytes *load_file(const char *path, uint64_t limit, GError **err)
{
    GBytes *file = read_file(path, err), *plain;
    gsize size;
    const uint8_t *p = file ? g_bytes_get_data(file, &size) : NULL;

    if (!file)
        return NULL;
    if (limit == 0 || limit > MAX_FILE)
        limit = MAX_FILE;
    if (size < 18 || p[0] != 0x1f || p[1] != 0x8b || p[2] != 8) {
        if (size <= limit)
            return file;
        fail(err, "%s: its %" PRIu64 " MiB do not fit in memory", path, (uint64_t)size / MiB);
        g_bytes_unref(file);
        return NULL;
    }
    plain = gunzip(path, p, size, limit, err);
    g_bytes_unref(file);
    return plain;
}

/* -- ELF -- */

/* What is needed of the two classes' headers. */
struct elf_view {
    const uint8_t *p;
    uint64_t size;
    bool is64;
    uint64_t entry, phoff;
    unsigned phnum, phentsize;
};

struct segment {
    uint64_t offset, vaddr, paddr, filesz, memsz;
};

bool is_elf(GBytes *file)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);

    return size >= SELFMAG && !memcmp(p, ELFMAG, SELFMAG);
}

/* Check the header and fill v. False with a message. */
static bool elf_header(const struct load_target *t, const char *path, GBytes *file, struct elf_view *v, GError **err)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);
    unsigned type, machine;

    *v = (struct elf_view){ .p = p, .size = size };
    if (size < sizeof(Elf32_Ehdr) || (p[EI_CLASS] == ELFCLASS64 && size < sizeof(Elf64_Ehdr))) {
        fail(err, "%s: the ELF file is truncated", path);
        return false;
    }
    if (p[EI_DATA] != ELFDATA2LSB || p[EI_VERSION] != EV_CURRENT ||
        (p[EI_CLASS] != ELFCLASS64 && p[EI_CLASS] != ELFCLASS32)) {
        const char *name = p[EI_DATA] == ELFDATA2MSB ? elf_machine_name(p[18] << 8 | p[19]) : NULL;
        fail(err, "%s: %s%s%sexpected a little-endian ELF file for %s", path,
             name ? "is a big-endian ELF file for " : "", name ? name : "", name ? ", " : "", t->arch);
        return false;
    }
    v->is64 = p[EI_CLASS] == ELFCLASS64;
    if (v->is64) {
        Elf64_Ehdr h;
        memcpy(&h, p, sizeof(h));
        type = h.e_type, machine = h.e_machine;
        v->entry = h.e_entry, v->phoff = h.e_phoff, v->phnum = h.e_phnum, v->phentsize = h.e_phentsize;
    } else {
        Elf32_Ehdr h;
        memcpy(&h, p, sizeof(h));
        type = h.e_type, machine = h.e_machine;
        v->entry = h.e_entry, v->phoff = h.e_phoff, v->phnum = h.e_phnum, v->phentsize = h.e_phentsize;
    }
    if (machine != t->elf_machine || v->is64 != (t->elf_class == 64)) {
        g_autofree char *number = g_strdup_printf("machine %u", machine);
        const char *name = elf_machine_name(machine);
        fail(err, "%s: is a %u-bit ELF file for %s, expected one for %s", path, v->is64 ? 64 : 32, name ? name : number,
             t->arch);
        return false;
    }
    if (type != ET_EXEC && type != ET_DYN) {
        fail(err, "%s: is no executable ELF file%s (type %u)", path,
             type == ET_REL ? ", but an object file that has not been linked" : "", type);
        return false;
    }
    return true;
}

static bool elf_segment(const struct elf_view *v, unsigned i, struct segment *s)
{
    uint64_t at = v->phoff + (uint64_t)i * v->phentsize;

    if (v->is64) {
        Elf64_Phdr h;
        memcpy(&h, v->p + at, sizeof(h));
        *s = (struct segment){ h.p_offset, h.p_vaddr, h.p_paddr, h.p_filesz, h.p_memsz };
        return h.p_type == PT_LOAD;
    }
    Elf32_Phdr h;
    memcpy(&h, v->p + at, sizeof(h));
    *s = (struct segment){ h.p_offset, h.p_vaddr, h.p_paddr, h.p_filesz, h.p_memsz };
    return h.p_type == PT_LOAD;
}

static bool is_memory(struct address_space *as, gpa addr)
{
    return memory_at(as, addr);
}

struct next_memory {
    gpa from, found; /* found: UINT64_MAX, none so far */
};

static void look_for_memory(const struct mapping *m, void *opaque)
{
    struct next_memory *n = opaque;

    if (m->region->kind != REGION_IO && m->base >= n->from)
        n->found = MIN(n->found, m->base);
}

/*
 * Take away what of a segment lies before the memory that it reaches into: linkers put the file's headers on a page
 * before the code. The bytes taken away; all of them if it reaches into none.
 */
static uint64_t clip_segment(struct address_space *as, struct segment *s)
{
    struct next_memory n = { s->paddr, UINT64_MAX };
    uint64_t skip;

    if (is_memory(as, s->paddr) || s->paddr + (s->memsz - 1) < s->paddr)
        return 0; /* or it passes the end of the address space, and is refused for that */
    address_space_foreach(as, true, look_for_memory, &n);
    skip = MIN(n.found - s->paddr, s->memsz);
    s->offset += MIN(skip, s->filesz);
    s->filesz -= MIN(skip, s->filesz);
    s->vaddr += skip;
    s->paddr += skip;
    s->memsz -= skip;
    return skip;
}

/* Whether part of the file matters: it is neither ELF's headers nor what fills up the page they are on. */
static bool has_content(const struct elf_view *v, uint64_t offset, uint64_t size)
{
    uint64_t header = v->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), table = (uint64_t)v->phnum * v->phentsize;

    for (uint64_t i = offset; i < offset + size; i++)
        if (v->p[i] && i >= header && (i < v->phoff || i >= v->phoff + table))
            return true;
    return false;
}

/* A file that is being loaded. */
struct elf_load {
    const struct load_target *t;
    const char *path;
    GBytes *file;
    struct elf_view v;
    GString *skipped;   /* ranges with content that lie where there is no memory */
    bool any;           /* something was placed */
    struct loaded *out;
};

/* Place what of segment i lies in memory. False with a message. */
static bool load_segment(struct elf_load *l, unsigned i, GError **err)
{
    const struct elf_view *v = &l->v;
    struct loaded *out = l->out;
    struct segment s;

    if (!elf_segment(v, i, &s) || s.memsz == 0)
        return true;
    if (s.offset > v->size || s.filesz > v->size - s.offset || s.filesz > s.memsz) {
        fail(err, "%s: segment %u of the ELF file is truncated", l->path, i);
        return false;
    }
    uint64_t from = s.offset, skip = clip_segment(l->t->as, &s);
    if (skip && has_content(v, from, s.offset - from))
        g_string_append_printf(l->skipped, "%s0x%" PRIx64 "-0x%" PRIx64, l->skipped->len ? ", " : "", s.paddr - skip,
                               s.paddr - 1);
    if (s.memsz == 0)
        return true;
    struct rom piece = { .name = (char *)l->path, .addr = s.paddr, .size = s.memsz, .data = (uint8_t *)v->p + s.offset,
                         .data_size = s.filesz, .owner = g_bytes_ref(l->file), .over = l->t->over };
    if (!rom_place(l->t->as, &piece, err))
        return false;
    l->any = true;
    out->start = MIN(out->start, s.paddr);
    out->end = MAX(out->end, s.paddr + s.memsz);
    if (v->entry >= s.vaddr && v->entry - s.vaddr < s.memsz)
        out->entry = s.paddr + (v->entry - s.vaddr);
    return true;
}

/* False with a message if what was placed can't be begun. */
static bool check_loaded(const struct elf_load *l, GError **err)
{
    if (!l->any && l->skipped->len)
        fail(err, "%s does not fit in memory: there is none at %s", l->path, l->skipped->str);
    else if (!l->any)
        fail(err, "%s: the ELF file has nothing to load", l->path);
    else if (!is_memory(l->t->as, l->out->entry))
        fail(err, "%s: there is no memory at its entry point 0x%" PRIx64, l->path, l->out->entry);
    else
        return true;
    return false;
}

bool load_elf(const struct load_target *t, const char *path, GBytes *file, struct loaded *out, GError **err)
{
    g_autoptr(GString) skipped = g_string_new(NULL);
    struct elf_load l = { .t = t, .path = path, .file = file, .skipped = skipped, .out = out };
    const struct elf_view *v = &l.v;

    if (!elf_header(t, path, file, &l.v, err))
        return false;
    uint64_t table = (uint64_t)v->phnum * v->phentsize;
    if (v->phentsize < (v->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || v->phoff > v->size ||
        table > v->size - v->phoff) {
        fail(err, "%s: the program headers of the ELF file are truncated", path);
        return false;
    }
    *out = (struct loaded){ .entry = v->entry, .start = UINT64_MAX };
    for (unsigned i = 0; i < v->phnum; i++)
        if (!load_segment(&l, i, err))
            return false;
    if (!check_loaded(&l, err))
        return false;
    if (skipped->len)
        fprintf(stderr, "mynah: warning: %s: %s is not loaded: there is no memory\n", path, skipped->str);
    symbols_add(file);
    return true;
}

/* -- Files of records -- */

typedef bool read_records(const char *path, const uint8_t *p, size_t size, struct mem_image *out, GError **err);

/* The reader of the format that the file is of, or NULL. */
static read_records *records_of(GBytes *file)
{
    static const struct {
        bool (*is)(const uint8_t *p, size_t size);
        read_records *read;
    } formats[] = { { is_hex, hex_read }, { is_srec, srec_read }, { is_uf2, uf2_read } };
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);

    for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
        if (formats[i].is(p, size))
            return formats[i].read;
    return NULL;
}

static bool load_records(const struct load_target *t, const char *path, GBytes *file, struct loaded *out, GError **err)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);
    struct mem_image image;
    bool ok = records_of(file)(path, p, size, &image, err);

    if (!ok)
        return false;
    p = g_bytes_get_data(image.data, NULL);
    *out = (struct loaded){ .entry = image.entry, .start = UINT64_MAX };
    for (guint i = 0; ok && i < image.pieces->len; i++) {
        const struct mem_piece *h = &g_array_index(image.pieces, struct mem_piece, i);
        struct rom piece = { .name = (char *)path, .addr = h->addr, .size = h->size, .data = (uint8_t *)p + h->offset,
                             .data_size = h->size, .owner = g_bytes_ref(image.data), .over = t->over };
        ok = rom_place(t->as, &piece, err);
        out->start = MIN(out->start, h->addr);
        out->end = h->addr + h->size;
    }
    if (ok && !is_memory(t->as, out->entry)) {
        fail(err, "%s: there is no memory at its entry point 0x%" PRIx64, path, out->entry);
        ok = false;
    }
    mem_image_free(&image);
    return ok;
}

/* -- Images -- */

/* Place an image that needs memory bytes (the ones beyond the file are left alone). */
static bool place_image(const struct load_target *t, const char *path, GBytes *file, gpa base, uint64_t memory,
                        struct loaded *out, GError **err)
{
    gsize size;
    const void *p = g_bytes_get_data(file, &size);
    struct rom piece = { .name = (char *)path, .addr = base, .size = size, .data = (uint8_t *)p, .data_size = size,
                         .owner = g_bytes_ref(file), .over = t->over };

    if (!rom_place(t->as, &piece, err))
        return false;
    if (memory > UINT64_MAX - base || (memory > size && !address_space_find(t->as, base + memory - 1))) {
        fail(err, "%s: needs 0x%" PRIx64 " bytes at 0x%" PRIx64 ", which pass the end of memory (see -m)", path, memory,
             base);
        return false;
    }
    *out = (struct loaded){ .entry = base, .start = base, .end = base + memory };
    return true;
}

/* A kernel by its own header, or one without: so far from base. */
static bool place_kernel(const struct load_target *t, const char *path, GBytes *file, gpa base, struct loaded *out,
                         GError **err)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);
    struct image_header h = { t->image->raw_offset, size };
    const char *format;

    if (!t->image->read(p, size, &h) && (format = file_format(p, size))) {
        fail(err, "%s: is %s, expected ELF, Intel HEX, S-records, UF2%s%s or raw code", path, format,
             t->image->name ? ", " : "", t->image->name ? t->image->name : "");
        return false;
    }
    if (h.offset > UINT64_MAX - base) {
        fail(err, "%s: its header says that it goes 0x%" PRIx64 " bytes behind the start of memory", path, h.offset);
        return false;
    }
    if (!place_image(t, path, file, base + h.offset, MAX(h.memory, size), out, err))
        return false;
    out->image = true;
    return true;
}

/* What a U-Boot image wraps up goes to the address that this says. */
static bool load_uimage(const struct load_target *t, const char *path, GBytes *file, struct loaded *out, GError **err)
{
    struct uimage u;
    g_autoptr(GBytes) data = NULL;

    if (!uimage_read(path, file, t->image->uimage, t->arch, &u, err))
        return false;
    data = u.gzip ? load_gunzip(path, u.data, err) : g_bytes_ref(u.data);
    g_bytes_unref(u.data);
    if (!data || !place_image(t, path, data, u.load, g_bytes_get_size(data), out, err))
        return false;
    out->entry = u.entry;
    out->image = true;
    return true;
}

/* A program: what is known to be none for this machine is not run. */
static bool load_program(const struct load_target *t, const char *path, GBytes *file, gpa base, struct loaded *out,
                         GError **err)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);

    if (is_elf(file))
        return load_elf(t, path, file, out, err);
    if (records_of(file))
        return load_records(t, path, file, out, err);
    if (t->image->uimage && is_uimage(p, size))
        return load_uimage(t, path, file, out, err);
    return place_kernel(t, path, file, base, out, err);
}

static bool load_image(const struct load_target *t, const char *path, gpa base, struct loaded *out, GError **err)
{
    GBytes *file = load_file(path, 0, err);
    bool ok = file && load_program(t, path, file, base, out, err);

    if (file)
        g_bytes_unref(file);
    return ok;
}

bool load_kernel(const struct load_target *t, const char *path, gpa base, struct loaded *out, GError **err)
{
    return load_image(t, path, base, out, err);
}

bool load_firmware(const struct load_target *t, const char *path, gpa base, struct loaded *out, GError **err)
{
    return load_image(t, path, base, out, err);
}

bool load_raw(const struct load_target *t, const char *path, gpa base, struct loaded *out, GError **err)
{
    GBytes *file = read_file(path, err);
    bool ok = file && place_image(t, path, file, base, g_bytes_get_size(file), out, err);

    if (file)
        g_bytes_unref(file);
    return ok;
}

/* An ELF file that is no program here is data for the guest, if there is a place for it. */
static bool load_elf_or_data(const struct load_target *t, const char *path, GBytes *file, gpa base, struct loaded *out,
                             GError **err)
{
    g_autoptr(GError) e = NULL;

    if (load_elf(t, path, file, out, &e))
        return true;
    rom_forget(file);
    if (base == 0 || g_error_matches(e, MYNAH_ERROR, LOAD_OVERLAPS)) {
        g_propagate_error(err, g_steal_pointer(&e));
        return false;
    }
    if (!place_image(t, path, file, base, g_bytes_get_size(file), out, err))
        return false;
    fprintf(stderr, "mynah: warning: %s; placed at 0x%" PRIx64 " as it is\n", e->message, base);
    return true;
}

static bool load_data(const struct load_target *t, const char *path, GBytes *file, gpa base, struct loaded *out,
                      GError **err)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);
    const char *format = transport_format(p, size);

    if (is_elf(file))
        return load_elf_or_data(t, path, file, base, out, err);
    if (records_of(file))
        return load_records(t, path, file, out, err);
    if (format) {
        fail(err, "%s: is %s, expected ELF, Intel HEX, S-records, UF2 or raw bytes (force-raw=on takes it as it is)",
             path, format);
        return false;
    }
    return place_image(t, path, file, base, size, out, err);
}

bool load_any(const struct load_target *t, const char *path, gpa base, bool run, struct loaded *out, GError **err)
{
    GBytes *file = read_file(path, err);
    bool ok = file && (run ? load_program : load_data)(t, path, file, base, out, err);

    if (file)
        g_bytes_unref(file);
    return ok;
}

/* -- Data files -- */

static GPtrArray *data_dirs;

/* Where distributions put firmware. */
static const char *const standard_dirs[] = {
    DATADIR, "/usr/local/share/qemu", "/usr/share/qemu", "/usr/share/opensbi", "/usr/lib/riscv64-linux-gnu/opensbi",
};

void data_dir_add(const char *dir)
{
    if (!data_dirs)
        data_dirs = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(data_dirs, g_strdup(dir));
}

void data_dir_foreach(void (*fn)(const char *dir, void *opaque), void *opaque)
{
    for (guint i = 0; data_dirs && i < data_dirs->len; i++)
        fn(g_ptr_array_index(data_dirs, i), opaque);
    for (unsigned i = 0; i < ARRAY_SIZE(standard_dirs); i++)
        fn(standard_dirs[i], opaque);
}

struct search {
    const char *name;
    char *found;
};

static void look_in(const char *dir, void *opaque)
{
    struct search *s = opaque;
    char *path = s->found ? NULL : g_build_filename(dir, s->name, NULL);

    if (path && g_file_test(path, G_FILE_TEST_IS_REGULAR))
        s->found = path;
    else
        g_free(path);
}

char *data_file_find(const char *name)
{
    struct search s = { name, NULL };

    data_dir_foreach(look_in, &s);
    return s.found;
}
