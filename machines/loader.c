/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Placing firmware, kernels and other files in guest memory, and placing them again at reset. Formats:
 * ELF ("System V ABI", chapter 4 and 5), the RISC-V Linux image header (Linux's
 * arch/riscv/boot-image-header), gzip (RFC 1952), raw. Files are not trusted: every offset and length is checked.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "bus.h"
#include "loader.h"
#include "opts.h"

struct rom *roms;

/* -- Pieces of memory -- */

/*
 * Place size bytes at addr, of which data holds the first ones. owner keeps data alive: the reference becomes
 * the piece's, or is dropped on failure.
 */
static bool rom_place(struct address_space *as, const char *name, gpa addr, const void *data, uint64_t data_size,
                      uint64_t size, GBytes *owner, GError **err)
{
    struct rom **at = &roms, *r;

    if (size == 0) {
        g_bytes_unref(owner);
        return true;
    }
    if (addr + (size - 1) < addr) {
        fail(err, "%s: 0x%" PRIx64 " bytes at 0x%" PRIx64 " pass the end of the address space", name, size, addr);
        goto failed;
    }
    while (*at && (*at)->addr < addr)
        at = &(*at)->next;
    for (r = roms; r; r = r->next) {
        if (addr <= r->addr + (r->size - 1) && r->addr <= addr + (size - 1)) {
            fail(err, "%s at 0x%" PRIx64 "-0x%" PRIx64 " overlaps %s at 0x%" PRIx64 "-0x%" PRIx64, name, addr,
                 addr + (size - 1), r->name, r->addr, r->addr + (r->size - 1));
            goto failed;
        }
    }
    for (uint64_t done = 0; done < size;) {
        const struct mapping *m = address_space_find(as, addr + done);
        if (!m || m->region->kind == REGION_IO) {
            fail(err, "%s at 0x%" PRIx64 "-0x%" PRIx64 " does not fit in memory: there is none at 0x%" PRIx64, name,
                 addr, addr + (size - 1), addr + done);
            goto failed;
        }
        done = m->base + m->size - addr;
    }
    r = g_new0(struct rom, 1);
    *r = (struct rom){ g_strdup(name), addr, size, (uint8_t *)data, data_size, owner, *at };
    *at = r;
    return true;
failed:
    g_bytes_unref(owner);
    return false;
}

bool rom_add(struct address_space *as, const char *name, gpa addr, const void *data, uint64_t size, GError **err)
{
    GBytes *copy = g_bytes_new(data, size);

    return rom_place(as, name, addr, g_bytes_get_data(copy, NULL), size, size, copy, err);
}

struct rom *rom_find(const char *name)
{
    for (struct rom *r = roms; r; r = r->next)
        if (!strcmp(r->name, name))
            return r;
    return NULL;
}

void rom_reset(struct address_space *as)
{
    static const uint8_t zeros[64 * 1024];

    for (struct rom *r = roms; r; r = r->next) {
        rom_write(as, r->addr, r->data, r->data_size);
        for (uint64_t at = r->data_size; at < r->size; at += sizeof(zeros))
            rom_write(as, r->addr + at, zeros, MIN(sizeof(zeros), r->size - at));
    }
}

void rom_clear(void)
{
    while (roms) {
        struct rom *r = roms;
        roms = r->next;
        g_bytes_unref(r->owner);
        g_free(r->name);
        g_free(r);
    }
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

GBytes *load_file(const char *path, uint64_t limit, GError **err)
{
    GBytes *file = read_file(path, err), *plain;
    gsize size;
    const uint8_t *p = file ? g_bytes_get_data(file, &size) : NULL;

    if (!file)
        return NULL;
    if (limit == 0 || limit > G_MAXUINT32 - MiB)
        limit = G_MAXUINT32 - MiB; /* GByteArray counts in 32 bits */
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
        fail(err, "%s: expected a little-endian ELF file for %s", path, t->arch);
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
        fail(err, "%s: is a %u-bit ELF file for machine %u, expected one for %s", path, v->is64 ? 64 : 32, machine,
             t->arch);
        return false;
    }
    if (type != ET_EXEC && type != ET_DYN) {
        fail(err, "%s: is no executable ELF file (type %u)", path, type);
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
    const struct mapping *m = address_space_find(as, addr);

    return m && m->region->kind != REGION_IO;
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

bool load_elf(const struct load_target *t, const char *path, GBytes *file, struct loaded *out, GError **err)
{
    struct elf_view v;
    g_autoptr(GString) skipped = g_string_new(NULL);
    uint64_t table;
    bool any = false;

    if (!elf_header(t, path, file, &v, err))
        return false;
    table = (uint64_t)v.phnum * v.phentsize;
    if (v.phentsize < (v.is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) || v.phoff > v.size ||
        table > v.size - v.phoff) {
        fail(err, "%s: the program headers of the ELF file are truncated", path);
        return false;
    }
    *out = (struct loaded){ v.entry, UINT64_MAX, 0 };
    for (unsigned i = 0; i < v.phnum; i++) {
        struct segment s;
        if (!elf_segment(&v, i, &s) || s.memsz == 0)
            continue;
        if (s.offset > v.size || s.filesz > v.size - s.offset || s.filesz > s.memsz) {
            fail(err, "%s: segment %u of the ELF file is truncated", path, i);
            return false;
        }
        uint64_t skip = clip_segment(t->as, &s);
        if (skip)
            g_string_append_printf(skipped, "%s0x%" PRIx64 "-0x%" PRIx64, skipped->len ? ", " : "", s.paddr - skip,
                                   s.paddr - 1);
        if (s.memsz == 0)
            continue;
        if (!rom_place(t->as, path, s.paddr, v.p + s.offset, s.filesz, s.memsz, g_bytes_ref(file), err))
            return false;
        any = true;
        out->start = MIN(out->start, s.paddr);
        out->end = MAX(out->end, s.paddr + s.memsz);
        if (v.entry >= s.vaddr && v.entry - s.vaddr < s.memsz)
            out->entry = s.paddr + (v.entry - s.vaddr);
    }
    if (!any && skipped->len)
        fail(err, "%s does not fit in memory: there is none at %s", path, skipped->str);
    else if (!any)
        fail(err, "%s: the ELF file has nothing to load", path);
    else if (!is_memory(t->as, out->entry))
        fail(err, "%s: there is no memory at its entry point 0x%" PRIx64, path, out->entry);
    else if (skipped->len)
        fprintf(stderr, "mynah: warning: %s: %s is not loaded: there is no memory\n", path, skipped->str);
    return any && is_memory(t->as, out->entry);
}

/* -- Images -- */

/* Offsets in the header of a RISC-V Linux image. */
enum { IMG_SIZE = 16, IMG_MAGIC = 48, IMG_MAGIC2 = 56, IMG_HEADER = 64 };

/* The memory that an image says it needs, at least its own size. */
static uint64_t image_memory(const uint8_t *p, uint64_t size)
{
    uint64_t said;

    if (size < IMG_HEADER || memcmp(p + IMG_MAGIC, "RISCV\0\0\0", 8) || memcmp(p + IMG_MAGIC2, "RSC\x05", 4))
        return size;
    memcpy(&said, p + IMG_SIZE, 8);
    return MAX(GUINT64_FROM_LE(said), size);
}

/* Place an image that needs memory bytes (the ones beyond the file are left alone). */
static bool place_image(const struct load_target *t, const char *path, GBytes *file, gpa base, uint64_t memory,
                        struct loaded *out, GError **err)
{
    gsize size;
    const void *p = g_bytes_get_data(file, &size);

    if (!rom_place(t->as, path, base, p, size, size, g_bytes_ref(file), err))
        return false;
    if (memory > UINT64_MAX - base || (memory > size && !address_space_find(t->as, base + memory - 1))) {
        fail(err, "%s: needs 0x%" PRIx64 " bytes at 0x%" PRIx64 ", which pass the end of memory (see -m)", path, memory,
             base);
        return false;
    }
    *out = (struct loaded){ base, base, base + memory };
    return true;
}

static bool load_image(const struct load_target *t, const char *path, gpa base, struct loaded *out, GError **err)
{
    GBytes *file = load_file(path, 0, err);
    gsize size;
    const uint8_t *p = file ? g_bytes_get_data(file, &size) : NULL;
    bool ok;

    if (!file)
        return false;
    ok = is_elf(file) ? load_elf(t, path, file, out, err)
                      : place_image(t, path, file, base, image_memory(p, size), out, err);
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
