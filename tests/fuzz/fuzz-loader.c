/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files for guest memory: kernels and firmware as ELF, Intel HEX, RISC-V Image, gzip or raw bytes, initrds, what
 * -device loader places. The first byte of an input says what it is loaded as; 0x40 compresses the rest first, so that
 * what is in a gzip file is reached.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "bus.h"
#include "fuzz.h"
#include "loader.h"
#include "symbols.h"

const char fuzz_name[] = "loader";
const unsigned fuzz_runs = 8000;
const size_t fuzz_max_size = 4096;

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE (256 * KiB)
#define TOP_BASE (UINT64_MAX - 0xffff)

static struct address_space *as;
static FILE *nowhere;

static uint64_t no_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static void no_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

static const struct io_ops no_ops = { .read = no_read, .write = no_write };

static void add_memory(struct region *r, const char *name, gpa base, uint64_t size, enum region_kind kind)
{
    struct ram_block *b = ram_block_new(name, size, NULL);

    g_assert(b);
    *r = (struct region){ .name = name, .kind = kind, .size = size, .host = b->host, .ram = b };
    address_space_map(as, r, base, 0);
}

/* RAM in two parts, ROM before it and at the end of the address space, a device between. */
void fuzz_init(void)
{
    static struct region r[5];

    nowhere = fopen("/dev/null", "w");
    as = address_space_new("memory");
    add_memory(&r[0], "rom", 0x1000, 0x1000, REGION_ROM);
    add_memory(&r[1], "ram", RAM_BASE, RAM_SIZE, REGION_RAM);
    add_memory(&r[2], "ram.1", RAM_BASE + RAM_SIZE, RAM_SIZE, REGION_RAM);
    add_memory(&r[3], "top", TOP_BASE, 0x10000, REGION_ROM);
    r[4] = (struct region){ .name = "device", .kind = REGION_IO, .size = 0x1000, .ops = &no_ops };
    address_space_map(as, &r[4], 0x10000000, 0);
}

static const char *compressed(const uint8_t *data, size_t size)
{
    static uint8_t out[8192];
    z_stream z = { .next_in = (uint8_t *)data, .avail_in = size, .next_out = out, .avail_out = sizeof(out) };

    g_assert(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    g_assert(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return fuzz_file(0, out, z.total_out);
}

/* What was placed is memory, in order, and its bytes are apart. */
static void check_pieces(void)
{
    gpa end = 0;

    for (const struct rom *r = roms; r; r = r->next) {
        g_assert(r->size > 0 && r->data_size <= r->size);
        g_assert(r->addr + (r->size - 1) >= r->addr && (!r->next || r->next->addr >= r->addr));
        if (r->data_size) {
            g_assert(end == 0 || r->addr > end - 1);
            end = r->addr + r->data_size;
        }
        for (uint64_t at = 0; at < r->size; at += MIN(r->size - at, PAGE_SIZE)) {
            const struct mapping *m = address_space_find(as, r->addr + at);
            g_assert(m && m->region->kind != REGION_IO);
        }
    }
}

static bool load(const struct load_target *t, const char *path, uint8_t how, struct loaded *out, GError **err)
{
    gpa base = how & 0x10 ? TOP_BASE : how & 0x20 ? RAM_BASE + RAM_SIZE - 0x100 : RAM_BASE;

    switch (how & 3) {
    case 0: return load_kernel(t, path, base, out, err);
    case 1: return how & 8 ? load_any(t, path, base, how & 0x80, out, err) : load_firmware(t, path, base, out, err);
    case 2: return load_raw(t, path, base, out, err);
    default: {
        GBytes *file = load_file(path, 64 * KiB, err);
        g_assert(!file || g_bytes_get_size(file) <= 64 * KiB);
        if (file)
            g_bytes_unref(file);
        *out = (struct loaded){ 0 };
        return file != NULL;
    }
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    uint8_t how = fuzz_u8(&f);
    struct load_target t = { .as = as, .elf_machine = EM_RISCV, .elf_class = how & 4 ? 32 : 64, .arch = "RISC-V",
                             .image = how & 8 ? &arm64_image : &riscv_image };
    const char *path = how & 0x40 ? compressed(f.p, f.left) : fuzz_file(0, f.p, f.left);
    struct loaded out = { 0 };
    g_autoptr(GError) err = NULL;

    FILE *terminal = stderr;
    stderr = nowhere; /* warnings */
    bool ok = load(&t, path, how, &out, &err);
    stderr = terminal;
    g_assert(ok == !err);
    if (ok)
        g_assert(out.start <= out.end || out.end == 0);
    check_pieces();
    g_autoptr(GString) names = g_string_new(NULL);
    for (gpa at = out.start, i = 0; ok && i < 64; i++, at += 4)
        symbol_append(names, " ", at, i & 1);
    g_assert(names->len <= 64 * 256);
    rom_reset(as);
    rom_clear();
}
