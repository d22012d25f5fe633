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
    target = (struct load_target){ .as = rig.m.as, .elf_machine = EM_RISCV, .elf_class = 64, .arch = "64-bit RISC-V",
                                    .image = &riscv_image };
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
    expect(&e, sizeof(e), 0, "is a 64-bit ELF file for x86-64, expected one for 64-bit RISC-V");
    e = good_elf(), e.h.e_ident[EI_CLASS] = ELFCLASS32;
    expect(&e, sizeof(e), 0, "32-bit");
    e = good_elf(), e.h.e_ident[EI_CLASS] = 7;
    expect(&e, sizeof(e), 0, "little-endian");
    e = good_elf(), e.h.e_ident[EI_DATA] = ELFDATA2MSB, e.h.e_machine = GUINT16_SWAP_LE_BE(EM_PPC);
    expect(&e, sizeof(e), 0, "is a big-endian ELF file for PowerPC, expected a little-endian ELF file");
    e = good_elf(), e.h.e_machine = 0xabcd;
    expect(&e, sizeof(e), 0, "for machine 43981, expected");
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

/* Bytes that are only to be zero give way to bytes of the file, wherever they are. */
static void test_elf_zeros(void)
{
    struct elf e = good_elf();
    struct loaded out;
    g_autoptr(GError) err = NULL;

    start();
    e.p[0] = e.p[1];
    e.p[0].p_filesz = 0;
    e.p[0].p_paddr = RIG_RAM + 0x2000;
    e.p[0].p_memsz = 0x4000;
    g_assert_null(load(&e, sizeof(e), 0, &out));
    g_assert_cmphex(out.start, ==, RIG_RAM + 0x2000);
    rom_reset(rig.m.as);
    g_assert_cmphex(*ram(RIG_RAM + 0x2000), ==, 0);
    g_assert_cmpmem(ram(RIG_RAM + 0x3000), 16, e.text, 16);
    /* Another file still finds the place taken. */
    g_assert_false(rom_add(rig.m.as, "other", RIG_RAM + 0x2800, "x", 1, false, &err));
    g_assert_error(err, MYNAH_ERROR, LOAD_OVERLAPS);
    g_assert_true(rom_add(rig.m.as, "user's", RIG_RAM + 0x3001, "x", 1, true, NULL));
    rom_reset(rig.m.as);
    g_assert_cmpmem(ram(RIG_RAM + 0x3000), 4, "sxxt", 4);
    rom_clear();
    /* Zeros where there is no memory are nothing; a clash of bytes is one. */
    e.p[0].p_paddr = 0x1000;
    g_assert_null(load(&e, sizeof(e), 0, &out));
    g_assert_cmphex(out.start, ==, RIG_RAM + 0x3000);
    rom_clear();
    e.p[0] = e.p[1];
    e.p[0].p_paddr += 15;
    expect(&e, sizeof(e), 0, "overlaps");
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

/* -- Intel HEX -- */

/* The checksum is put in place of "##". */
static char *hex(const char *text)
{
    char *s = g_strdup(text);
    unsigned sum = 0;

    for (char *p = s; *p; p++) {
        if (*p == ':') {
            sum = 0;
        } else if (*p == '#') {
            *p++ = "0123456789ABCDEF"[(-sum >> 4) & 15];
            *p = "0123456789ABCDEF"[-sum & 15];
        } else if (g_ascii_isxdigit(*p)) {
            sum += g_ascii_xdigit_value(p[0]) << 4;
            sum += g_ascii_xdigit_value(*++p);
        }
    }
    return s;
}

static void expect_hex(const char *text, const char *part)
{
    g_autofree char *h = hex(text);

    expect(h, strlen(h), RIG_RAM, part);
}

#define HEX_END_RECORD ":00000001FF\n"

static void test_hex(void)
{
    g_autofree char *text = NULL;
    struct loaded out;

    start();
    text = hex("\r\n:020000048000##\r\n:0300100061626a##\n :02001300786a## :0100200063##\n"
               ":00002000##\n:0400000580000011##\n:00000001ff\ntrailing text\n");
    g_assert_cmpstr(load(text, strlen(text), 0, &out), ==, NULL);
    g_assert_cmphex(out.entry, ==, RIG_RAM + 0x11);
    g_assert_cmphex(out.start, ==, RIG_RAM + 0x10);
    g_assert_cmphex(out.end, ==, RIG_RAM + 0x21);
    g_assert_cmphex(roms->size, ==, 5);
    rom_reset(rig.m.as);
    g_assert_cmpmem(ram(RIG_RAM + 0x10), 6, "abjxj\xaa", 6);
    g_assert_cmphex(*ram(RIG_RAM + 0x20), ==, 'c');
    /* Cut off anywhere it is an error, never raw code. */
    for (size_t n = 13; n < strlen(text) - 27; n++)
        expect(text, n, RIG_RAM, "truncated");
    rom_clear();
    g_free(text);
    text = hex(":020000021000##\n:0100000061##\n:0400000310000005##\n" HEX_END_RECORD); /* segments */
    expect(text, strlen(text), 0, "at 0x10000-0x10000 does not fit in memory");
}

static void test_bad_hex(void)
{
    GString *many = g_string_new(":020000048000##\n");

    start();
    expect_hex(":0100000061ff\n" HEX_END_RECORD,
               "line 1: the checksum of the Intel HEX record is wrong: 0xff, expected 0x9e");
    expect_hex("\n:0100000061##\n", "line 3: the Intel HEX file is truncated: it has no end record");
    expect_hex(HEX_END_RECORD, "nothing to load");
    expect_hex(":0100000661##\n" HEX_END_RECORD, "unknown type 6");
    expect_hex(":0100000461##\n" HEX_END_RECORD, "of type 4 with 1 bytes, expected 2");
    expect_hex(":01000001ff##\n", "of type 1 with 1 bytes");
    expect_hex(":0100000061##\nx" HEX_END_RECORD, "line 2: expected ':'");
    expect_hex(":0100000061##\n:0z", "line 2: the Intel HEX record is truncated");
    expect_hex(":020000048000##\n:020000006161##\n:0100010061##\n" HEX_END_RECORD, "two bytes for 0x80000001");
    expect_hex(":020000021000##\n:02ffff006161##\n" HEX_END_RECORD, "passes the end of its segment");
    expect_hex(":020000048000##\n:0100000061##\n:0400000500000000##\n" HEX_END_RECORD,
               "no memory at its entry point 0x0");
    for (unsigned i = 0; i <= 4096; i++)
        g_string_append_printf(many, ":01%04x0061##\n", 2 * i);
    g_string_append(many, HEX_END_RECORD);
    expect_hex(many->str, "more than 4096 separate ranges");
    g_string_free(many, TRUE);
}

/* -- S-records -- */

/* The text with "##" replaced by the record's checksum. */
static char *srec(const char *text)
{
    char *s = g_strdup(text);
    unsigned sum = 0;

    for (char *p = s; *p; p++) {
        if (*p == 'S') {
            sum = 0;
            p++;
        } else if (*p == '#') {
            *p++ = "0123456789ABCDEF"[(~sum >> 4) & 15];
            *p = "0123456789ABCDEF"[~sum & 15];
        } else if (g_ascii_isxdigit(*p)) {
            sum += g_ascii_xdigit_value(p[0]) << 4;
            sum += g_ascii_xdigit_value(*++p);
        }
    }
    return s;
}

static void expect_srec(const char *text, const char *part)
{
    g_autofree char *s = srec(text);

    expect(s, strlen(s), RIG_RAM, part);
}

static void test_srec(void)
{
    g_autofree char *text = srec("S00600004844521B\r\nS30880000010616263##\r\n\n"
                                 "S3078000001" "36a6b##\nS306800000207a##\n"
                                 "S5030003##\nS70580000011##\ntrailing text\n");
    struct loaded out;

    start();
    g_assert_cmpstr(load(text, strlen(text), 0, &out), ==, NULL);
    g_assert_cmphex(out.entry, ==, RIG_RAM + 0x11);
    g_assert_cmphex(out.start, ==, RIG_RAM + 0x10);
    g_assert_cmphex(out.end, ==, RIG_RAM + 0x21);
    g_assert_cmphex(roms->size, ==, 5);
    rom_reset(rig.m.as);
    g_assert_cmpmem(ram(RIG_RAM + 0x10), 6, "abcjk\xaa", 6);
    for (size_t n = strlen(text) - 16; n-- > 18;) /* cut off anywhere */
        expect(text, n, RIG_RAM, "truncated");
    expect_srec("S1040000" "61##\nS9030000##\n", "at 0x0-0x0 does not fit in memory");
    expect_srec("S20501" "000061##\nS804000000##\n", "at 0x10000-0x10000 does not fit in memory");
    g_free(text);
    text = srec("S30680000010" "61##\nS70500000000##\n"); /* 0: no entry is known */
    g_assert_cmpstr(load(text, strlen(text), 0, &out), ==, NULL);
    g_assert_cmphex(out.entry, ==, RIG_RAM + 0x10);
}

static void test_bad_srec(void)
{
    start();
    expect_srec("S3068000001061ff\nS70580000010##\n",
                "line 1: the checksum of the S-record is wrong: 0xff, expected 0x08");
    expect_srec("S9030000##\n", "the file of S-records has nothing to load");
    expect_srec("S30680000010" "61##\nx", "line 2: expected an S-record");
    expect_srec("S30680000010" "61##\nS4030000##\n", "unknown type 4");
    expect_srec("S0030000##\nS30680000010" "61##00\n", "longer than its count says");
    expect_srec("S0030000##\nS3038000##\n", "line 2: the S-record is too short");
    expect_srec("S0030000##\nS30680000010" "61##\nS5030002##\nS9030000##\n",
                "line 3: the file has 1 S-records of data, expected 2");
    expect_srec("S0030000##\nS307ffffffff" "6161##\nS9030000##\n", "passes the end of the address space");
    expect_srec("S30680000010" "61##\nS30680000010" "61##\nS9030000##\n", "two bytes for 0x80000010");
    expect_srec("S30680000010" "61##\nS70500000004##\n", "no memory at its entry point 0x4");
}

/* -- UF2 -- */

struct uf2 {
    uint32_t magic0, magic1, flags, addr, payload, number, count, family;
    uint8_t data[476];
    uint32_t end;
};

static struct uf2 block(unsigned number, unsigned count, gpa addr, char fill)
{
    struct uf2 b = { 0x0a324655, 0x9e5d5157, 0x2000, addr, 256, number, count, 0xe48bff56, { 0 }, 0x0ab16f30 };

    memset(b.data, fill, sizeof(b.data));
    return b;
}

static void test_uf2(void)
{
    struct uf2 f[3] = { block(1, 2, RIG_RAM + 0x100, 'b'), block(0, 2, RIG_RAM, 'a'), block(0, 9, 0, 'c') };
    struct loaded out;

    start();
    f[2].flags = 1; /* not for the flash */
    g_assert_cmpstr(load(f, sizeof(f), 0, &out), ==, NULL);
    g_assert_cmphex(out.entry, ==, RIG_RAM);
    g_assert_cmphex(out.end, ==, RIG_RAM + 0x200);
    rom_reset(rig.m.as);
    g_assert_cmphex(*ram(RIG_RAM + 0xff), ==, 'a');
    g_assert_cmphex(*ram(RIG_RAM + 0x100), ==, 'b');
    g_assert_cmphex(*ram(RIG_RAM + 0x200), ==, 0xaa);
    rom_clear();
    for (size_t n = 8; n < 2 * sizeof(f[0]); n += 7)
        expect(f, n, RIG_RAM, "the UF2 file is truncated");
    expect(f, sizeof(f[0]), RIG_RAM, "it has 1 blocks of 2");
}

static void test_bad_uf2(void)
{
    const struct uf2 good[2] = { block(0, 2, RIG_RAM, 'a'), block(1, 2, RIG_RAM + 0x100, 'b') };
    struct uf2 f[2];
    static const struct {
        const char *message;
        size_t offset;
        uint32_t value;
    } rows[] = {
        { "block 1 of the UF2 file is none", offsetof(struct uf2, magic1), 1 },
        { "block 1 of the UF2 file is none", offsetof(struct uf2, end), 1 },
        { "block 1 of the UF2 file is damaged", offsetof(struct uf2, number), 0 },
        { "block 1 of the UF2 file is damaged", offsetof(struct uf2, number), 2 },
        { "block 1 of the UF2 file is damaged", offsetof(struct uf2, count), 3 },
        { "block 1 of the UF2 file is damaged", offsetof(struct uf2, payload), 477 },
        { "block 1 of the UF2 file is damaged", offsetof(struct uf2, addr), 0xffffff80 },
        { "several chips (families 0xe48bff56, 0x1)", offsetof(struct uf2, family), 1 },
        { "two bytes for 0x80000080", offsetof(struct uf2, addr), RIG_RAM + 0x80 },
    };

    start();
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        memcpy(f, good, sizeof(f));
        memcpy((uint8_t *)&f[1] + rows[i].offset, &rows[i].value, 4);
        expect(f, sizeof(f), RIG_RAM, rows[i].message);
    }
    memcpy(f, good, sizeof(f));
    f[0].count = 0;
    expect(f, sizeof(f), RIG_RAM, "says that there are 0");
    f[0].count = UINT32_MAX;
    expect(f, sizeof(f), RIG_RAM, "says that there are 4294967295");
    f[0].flags = f[1].flags = 1;
    expect(f, sizeof(f), RIG_RAM, "the UF2 file has nothing to load");
}

/* -- Formats that are known but can't be run -- */

static void test_formats(void)
{
    static uint8_t file[0x8010];
    static const struct {
        const char *name;
        unsigned at;
        const char *bytes;
    } rows[] = {
        { "(uImage)", 0, "\x27\x05\x19\x56" }, { "device tree", 0, "\xd0\x0d\xfe\xed" }, { "(PE)", 0, NULL },
        { "compressed with zstd", 0, "\x28\xb5\x2f\xfd" }, { "a CD image", 0x8001, "CD001" },
        { "64-bit ARM", 0x38, "ARMd" },
    };
    struct loaded out;

    start();
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        memset(file, 0, sizeof(file));
        if (rows[i].bytes) {
            memcpy(file + rows[i].at, rows[i].bytes, strlen(rows[i].bytes));
        } else {
            memcpy(file, "MZ", 2);
            file[0x3c] = 0x80;
            memcpy(file + 0x80, "PE", 2);
        }
        expect(file, sizeof(file), RIG_RAM, rows[i].name);
    }
    /* A Linux image for RISC-V is a PE file too. */
    memset(file, 0, sizeof(file));
    memcpy(file, "MZ", 2);
    file[0x3c] = 0x80;
    memcpy(file + 0x80, "PE", 2);
    memcpy(file + 48, "RISCV\0\0\0RSC\x05", 12);
    g_assert_null(load(file, sizeof(file), RIG_RAM, &out));
}

/* As -device loader has it: data may be anything, but not what is a way to write down something else. */
static void test_any(void)
{
    struct elf e = good_elf();
    g_autofree char *uimage = temp_file("\x27\x05\x19\x56", 4), *dtb = temp_file("\xd0\x0d\xfe\xed", 4);
    struct loaded out;
    g_autoptr(GError) err = NULL;

    start();
    g_assert_false(load_any(&target, uimage, RIG_RAM, false, &out, &err));
    g_assert_nonnull(strstr(err->message, "(uImage)"));
    g_clear_error(&err);
    g_assert_true(load_any(&target, dtb, RIG_RAM, false, &out, NULL));
    g_assert_false(load_any(&target, dtb, RIG_RAM, true, &out, &err));
    g_assert_nonnull(strstr(err->message, "is a device tree"));
    e.h.e_machine = EM_AVR;
    g_autofree char *avr = temp_file(&e, sizeof(e));
    g_assert_false(load_any(&target, avr, 0, false, &out, NULL));
    g_test_trap_subprocess("/loader/any/subprocess", 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*for AVR, expected one for 64-bit RISC-V; placed at 0x80001000 as it is\n*");
    unlink(uimage);
    unlink(dtb);
    unlink(avr);
}

static void test_any_warning(void)
{
    struct elf e = good_elf();
    struct loaded out;

    start();
    e.h.e_machine = EM_AVR;
    g_autofree char *avr = temp_file(&e, sizeof(e));
    g_assert_true(load_any(&target, avr, RIG_RAM + 0x1000, false, &out, NULL));
    g_assert_cmphex(out.entry, ==, RIG_RAM + 0x1000);
    unlink(avr);
}

/* -- Pieces -- */

static void test_overlap(void)
{
    g_autoptr(GError) err = NULL;

    start();
    g_assert_true(rom_add(rig.m.as, "one", RIG_RAM + 100, "0123456789", 10, false, NULL));
    g_assert_true(rom_add(rig.m.as, "two", RIG_RAM + 110, "x", 1, false, NULL));
    g_assert_true(rom_add(rig.m.as, "zero", RIG_RAM + 99, "x", 1, false, NULL));
    g_assert_false(rom_add(rig.m.as, "three", RIG_RAM + 109, "x", 1, false, &err));
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
    g_test_add_func("/loader/elf-zeros", test_elf_zeros);
    g_test_add_func("/loader/random-elf", test_random_elf);
    g_test_add_func("/loader/hex", test_hex);
    g_test_add_func("/loader/bad-hex", test_bad_hex);
    g_test_add_func("/loader/srec", test_srec);
    g_test_add_func("/loader/bad-srec", test_bad_srec);
    g_test_add_func("/loader/uf2", test_uf2);
    g_test_add_func("/loader/bad-uf2", test_bad_uf2);
    g_test_add_func("/loader/formats", test_formats);
    g_test_add_func("/loader/any", test_any);
    g_test_add_func("/loader/any/subprocess", test_any_warning);
    g_test_add_func("/loader/image", test_image);
    g_test_add_func("/loader/gzip", test_gzip);
    g_test_add_func("/loader/limit", test_limit);
    g_test_add_func("/loader/overlap", test_overlap);
    g_test_add_func("/loader/missing", test_missing);
    g_test_add_func("/loader/data-files", test_data_files);
    return g_test_run();
}
