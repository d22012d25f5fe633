/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader: formats, placement, reset; and files that are damaged or lie. */
#include <elf.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "loader.h"
#include "tests/device-rig.h"
#include "tests/dts.h"

static struct rig rig;
static struct load_target target;

static void start(void)
{
    rom_clear();
    memset(rig.m.ram->host, 0xaa, RIG_RAM_SIZE);
    target = (struct load_target){ rig.m.as, EM_RISCV, 64, "64-bit RISC-V" };
}

static const uint8_t *ram(gpa addr)
{
    return rig.m.ram->host + (addr - RIG_RAM);
}

/* Load from memory through a file; the message, or NULL if it worked. */
static char *load(const void *data, size_t size, gpa base, struct loaded *out)
{
    g_autofree char *path = temp_file(data, size);
    g_autoptr(GError) err = NULL;
    bool ok = load_kernel(&target, path, base, out, &err);

    unlink(path);
    g_assert_true(ok == !err);
    return ok ? NULL : g_strdup(err->message);
}

static void expect(const void *data, size_t size, gpa base, const char *part)
{
    struct loaded out;
    g_autofree char *message = load(data, size, base, &out);

    g_assert_nonnull(message);
    if (!strstr(message, part))
        g_error("expected '%s' in: %s", part, message);
    g_assert_null(strchr(message, '\n'));
    rom_clear();
}

/* -- ELF -- */

struct elf {
    Elf64_Ehdr h;
    Elf64_Phdr p[2];
    char text[16];
};

static struct elf good_elf(void)
{
    struct elf e = { 0 };

    memcpy(e.h.e_ident, ELFMAG, SELFMAG);
    e.h.e_ident[EI_CLASS] = ELFCLASS64;
    e.h.e_ident[EI_DATA] = ELFDATA2LSB;
    e.h.e_ident[EI_VERSION] = EV_CURRENT;
    e.h.e_type = ET_EXEC;
    e.h.e_machine = EM_RISCV;
    e.h.e_entry = 0xffffffff00000004;
    e.h.e_phoff = offsetof(struct elf, p);
    e.h.e_phentsize = sizeof(Elf64_Phdr);
    e.h.e_phnum = 2;
    e.p[0].p_type = PT_NOTE;
    e.p[0].p_offset = UINT64_MAX; /* not loaded: does not matter */
    e.p[1].p_type = PT_LOAD;
    e.p[1].p_offset = offsetof(struct elf, text);
    e.p[1].p_vaddr = 0xffffffff00000000;
    e.p[1].p_paddr = RIG_RAM + 0x3000;
    e.p[1].p_filesz = 16;
    e.p[1].p_memsz = 0x20000;
    memcpy(e.text, "sixteen bytes...", 16);
    return e;
}

static void test_elf(void)
{
    struct elf e = good_elf();
    struct loaded out;

    start();
    g_assert_null(load(&e, sizeof(e), 0, &out));
    g_assert_cmphex(out.entry, ==, RIG_RAM + 0x3004);
    g_assert_cmphex(out.start, ==, RIG_RAM + 0x3000);
    g_assert_cmphex(out.end, ==, RIG_RAM + 0x23000);
    g_assert_cmphex(*ram(RIG_RAM + 0x3000), ==, 0xaa); /* nothing before the reset */
    rom_reset(rig.m.as);
    g_assert_cmpmem(ram(RIG_RAM + 0x3000), 16, e.text, 16);
    g_assert_cmphex(*ram(RIG_RAM + 0x2fff), ==, 0xaa);
    for (unsigned i = 16; i < 0x20000; i++)
        g_assert_cmphex(*ram(RIG_RAM + 0x3000 + i), ==, 0);
    g_assert_cmphex(*ram(RIG_RAM + 0x23000), ==, 0xaa);
    memset(rig.m.ram->host, 0x55, RIG_RAM_SIZE);
    rom_reset(rig.m.as);
    g_assert_cmpmem(ram(RIG_RAM + 0x3000), 16, e.text, 16);
}

static void test_bad_elf(void)
{
    struct elf e = good_elf();

    start();
    for (size_t n = SELFMAG; n < sizeof(e); n++)
        expect(&e, n, 0, "truncated");
    e.h.e_machine = EM_X86_64;
    expect(&e, sizeof(e), 0, "is a 64-bit ELF file for machine 62, expected one for 64-bit RISC-V");
    e = good_elf(), e.h.e_ident[EI_CLASS] = ELFCLASS32;
    expect(&e, sizeof(e), 0, "32-bit");
    e = good_elf(), e.h.e_ident[EI_CLASS] = 7;
    expect(&e, sizeof(e), 0, "little-endian");
    e = good_elf(), e.h.e_ident[EI_DATA] = ELFDATA2MSB;
    expect(&e, sizeof(e), 0, "little-endian");
    e = good_elf(), e.h.e_type = ET_REL;
    expect(&e, sizeof(e), 0, "no executable");
    e = good_elf(), e.h.e_phoff = UINT64_MAX;
    expect(&e, sizeof(e), 0, "truncated");
    e = good_elf(), e.h.e_phoff = UINT64_MAX - 56;
    expect(&e, sizeof(e), 0, "truncated");
    e = good_elf(), e.h.e_phnum = 0xffff;
    expect(&e, sizeof(e), 0, "truncated");
    e = good_elf(), e.h.e_phentsize = 8;
    expect(&e, sizeof(e), 0, "truncated");
    e = good_elf(), e.h.e_phnum = 1;
    expect(&e, sizeof(e), 0, "nothing to load");
    e = good_elf(), e.p[1].p_offset = UINT64_MAX - 8;
    expect(&e, sizeof(e), 0, "truncated");
    e = good_elf(), e.p[1].p_filesz = UINT64_MAX;
    expect(&e, sizeof(e), 0, "truncated");
    e = good_elf(), e.p[1].p_memsz = 8;
    expect(&e, sizeof(e), 0, "truncated");
    e = good_elf(), e.p[1].p_memsz = UINT64_MAX;
    expect(&e, sizeof(e), 0, "pass the end");
    e = good_elf(), e.p[1].p_memsz = RIG_RAM_SIZE;
    expect(&e, sizeof(e), 0, "does not fit in memory");
    e = good_elf(), e.p[1].p_paddr = 0x1000;
    expect(&e, sizeof(e), 0, "does not fit in memory");
    e = good_elf(), e.h.e_entry = 0x1000;
    expect(&e, sizeof(e), 0, "no memory at its entry point 0x1000");
}

/* The headers lie on a page before the memory: all but them is loaded. */
static void test_elf_before_memory(void)
{
    struct elf e = good_elf();
    struct loaded out;

    start();
    e.p[1].p_offset = 0;
    e.p[1].p_filesz = sizeof(e);
    e.p[1].p_paddr = RIG_RAM - offsetof(struct elf, text) - 4;
    e.p[1].p_vaddr = e.h.e_entry - offsetof(struct elf, text) - 4;
    g_assert_null(load(&e, sizeof(e), 0, &out));
    g_assert_cmphex(out.entry, ==, RIG_RAM);
    g_assert_cmphex(out.start, ==, RIG_RAM);
    rom_reset(rig.m.as);
    g_assert_cmpmem(ram(RIG_RAM), 12, e.text + 4, 12);
}

/* Any bytes changed in a good file: a message or a success, never more. */
static void test_random_elf(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    start();
    for (unsigned i = 0; i < 20000; i++) {
        struct elf e = good_elf();
        GBytes *file;
        struct loaded out;
        for (int n = g_rand_int_range(rand, 1, 6); n--;)
            ((uint8_t *)&e)[g_rand_int_range(rand, 4, sizeof(e))] = g_rand_int(rand);
        file = g_bytes_new(&e, sizeof(e));
        if (load_elf(&target, "random", file, &out, NULL) && i % 16 == 0)
            rom_reset(rig.m.as);
        g_bytes_unref(file);
        rom_clear();
    }
}

/* -- Images -- */

static void test_image(void)
{
    uint8_t image[4096] = { 0 };
    uint64_t memory = GUINT64_TO_LE(0x8000);
    struct loaded out;

    start();
    memcpy(image + 48, "RISCV\0\0\0RSC\x05", 12);
    memcpy(image + 16, &memory, 8);
    g_assert_null(load(image, sizeof(image), RIG_RAM + 0x2000, &out));
    g_assert_cmphex(out.entry, ==, RIG_RAM + 0x2000);
    g_assert_cmphex(out.end, ==, RIG_RAM + 0xa000);
    rom_clear();
    memory = UINT64_MAX;
    memcpy(image + 16, &memory, 8);
    expect(image, sizeof(image), RIG_RAM, "pass the end of memory");
    memory = GUINT64_TO_LE(2 * RIG_RAM_SIZE);
    memcpy(image + 16, &memory, 8);
    expect(image, sizeof(image), RIG_RAM, "pass the end of memory");
    image[48] = 'X'; /* no header: a raw image */
    g_assert_null(load(image, sizeof(image), RIG_RAM, &out));
    g_assert_cmphex(out.end, ==, RIG_RAM + sizeof(image));
    rom_clear();
    expect(image, sizeof(image), RIG_RAM + RIG_RAM_SIZE - 1, "does not fit in memory");
    expect("", 0, RIG_RAM, "is empty");
}

static size_t gzip(const void *in, size_t n, uint8_t *out, size_t room)
{
    z_stream z = { .next_in = (void *)in, .avail_in = n, .next_out = out, .avail_out = room };

    g_assert_cmpint(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
    g_assert_cmpint(deflate(&z, Z_FINISH), ==, Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void test_gzip(void)
{
    uint8_t packed[8192];
    g_autofree uint8_t *image = g_malloc(500000);
    struct elf e = good_elf();
    struct loaded out;
    size_t n;

    start();
    for (unsigned i = 0; i < 500000; i++)
        image[i] = i / 1000;
    n = gzip(image, 500000, packed, sizeof(packed));
    g_assert_null(load(packed, n, RIG_RAM, &out));
    g_assert_cmphex(out.end, ==, RIG_RAM + 500000);
    rom_reset(rig.m.as);
    g_assert_cmpmem(ram(RIG_RAM), 500000, image, 500000);
    rom_clear();
    expect(packed, n - 9, RIG_RAM, "truncated");
    expect(packed, 30, RIG_RAM, "truncated");
    packed[n / 2] ^= 0xff;
    expect(packed, n, RIG_RAM, "damaged");
    n = gzip(&e, sizeof(e), packed, sizeof(packed));
    memset(packed + n, 0, 100); /* padded */
    g_assert_null(load(packed, n + 100, 0, &out));
    g_assert_cmphex(out.entry, ==, RIG_RAM + 0x3004);
}

static void test_limit(void)
{
    uint8_t packed[4096];
    g_autofree uint8_t *zeros = g_malloc0(2 * MiB);
    g_autofree char *path = temp_file(packed, gzip(zeros, 2 * MiB, packed, sizeof(packed)));
    g_autoptr(GError) err = NULL;

    g_assert_null(load_file(path, 1 * MiB, &err));
    g_assert_nonnull(strstr(err->message, "1 MiB"));
    unlink(path);
}

/* -- Pieces -- */

static void test_overlap(void)
{
    g_autoptr(GError) err = NULL;

    start();
    g_assert_true(rom_add(rig.m.as, "one", RIG_RAM + 100, "0123456789", 10, NULL));
    g_assert_true(rom_add(rig.m.as, "two", RIG_RAM + 110, "x", 1, NULL));
    g_assert_true(rom_add(rig.m.as, "zero", RIG_RAM + 99, "x", 1, NULL));
    g_assert_false(rom_add(rig.m.as, "three", RIG_RAM + 109, "x", 1, &err));
    g_assert_nonnull(strstr(err->message, "overlaps one"));
    g_assert_cmpstr(roms->name, ==, "zero");
    g_assert_cmpstr(roms->next->next->name, ==, "two");
    g_assert_nonnull(rom_find("one"));
    g_assert_null(rom_find("three"));
}

static void test_missing(void)
{
    struct loaded out;
    g_autoptr(GError) err = NULL;

    g_assert_false(load_kernel(&target, "/nowhere/kernel", 0, &out, &err));
    g_assert_nonnull(strstr(err->message, "/nowhere/kernel"));
    g_clear_error(&err);
    g_assert_false(load_raw(&target, "/", RIG_RAM, &out, &err));
    g_assert_true(g_str_has_prefix(err->message, "/: "));
}

static void test_data_files(void)
{
    g_autofree char *dir = g_dir_make_tmp("mynah-test-XXXXXX", NULL), *path = g_build_filename(dir, "fw.bin", NULL);
    g_autofree char *found = NULL;

    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_assert_null(data_file_find("fw.bin"));
    data_dir_add(dir);
    found = data_file_find("fw.bin");
    g_assert_cmpstr(found, ==, path);
    unlink(path);
    rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/loader/elf", test_elf);
    g_test_add_func("/loader/bad-elf", test_bad_elf);
    g_test_add_func("/loader/elf-before-memory", test_elf_before_memory);
    g_test_add_func("/loader/random-elf", test_random_elf);
    g_test_add_func("/loader/image", test_image);
    g_test_add_func("/loader/gzip", test_gzip);
    g_test_add_func("/loader/limit", test_limit);
    g_test_add_func("/loader/overlap", test_overlap);
    g_test_add_func("/loader/missing", test_missing);
    g_test_add_func("/loader/data-files", test_data_files);
    return g_test_run();
}
