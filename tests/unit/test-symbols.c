/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols of ELF files: which count, where they end, and tables that lie. */
#include <elf.h>
#include <string.h>

#include "symbols.h"

enum { TEXT = 1, DATA, SYMTAB, STRTAB, SECTIONS, SYMBOLS = 12 };

struct file {
    Elf64_Ehdr h;
    Elf64_Shdr s[SECTIONS];
    Elf64_Sym sym[SYMBOLS];
    char names[256];
};

static void name(struct file *f, unsigned i, const char *text, unsigned type, uint64_t value, uint64_t size)
{
    size_t at = 1;

    while (f->names[at])
        at += strlen(f->names + at) + 1;
    g_assert_cmpuint(at + strlen(text) + 1, <, sizeof(f->names));
    strcpy(f->names + at, text);
    f->sym[i] = (Elf64_Sym){ .st_name = at, .st_info = ELF64_ST_INFO(STB_GLOBAL, type), .st_shndx = TEXT,
                             .st_value = value, .st_size = size };
}

static struct file good(void)
{
    struct file f = { 0 };

    memcpy(f.h.e_ident, ELFMAG, SELFMAG);
    f.h.e_ident[EI_CLASS] = ELFCLASS64;
    f.h.e_ident[EI_DATA] = ELFDATA2LSB;
    f.h.e_shoff = offsetof(struct file, s);
    f.h.e_shentsize = sizeof(Elf64_Shdr);
    f.h.e_shnum = SECTIONS;
    f.s[TEXT] = (Elf64_Shdr){ .sh_type = SHT_NOBITS, .sh_flags = SHF_EXECINSTR, .sh_addr = 0x1000, .sh_size = 0x1000 };
    f.s[DATA] = (Elf64_Shdr){ .sh_type = SHT_NOBITS, .sh_addr = 0x2000, .sh_size = 0x1000 };
    f.s[SYMTAB] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_link = STRTAB, .sh_offset = offsetof(struct file, sym),
                                .sh_size = sizeof(f.sym) };
    f.s[STRTAB] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = offsetof(struct file, names),
                                .sh_size = sizeof(f.names) };
    name(&f, 1, "f", STT_FUNC, 0x1000, 0x10);
    name(&f, 2, "inner", STT_NOTYPE, 0x1008, 0);
    name(&f, 3, "label", STT_NOTYPE, 0x1020, 0);
    name(&f, 4, "g", STT_FUNC, 0x1040, 0x1000000);
    name(&f, 5, "also_g", STT_NOTYPE, 0x1040, 0);
    name(&f, 6, "$x", STT_NOTYPE, 0x1030, 0);
    name(&f, 7, "data", STT_NOTYPE, 0x2000, 0);
    f.sym[7].st_shndx = DATA;
    name(&f, 8, "\033[31m", STT_FUNC, 0x1f00, 0x10);
    name(&f, 9, "outside", STT_FUNC, 0x3000, 0x10);
    return f;
}

/* Its only file from now on. */
static void use(const void *file, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(file, size);

    symbols_clear();
    symbols_add(bytes);
}

static void expect(uint64_t addr, const char *want)
{
    g_autoptr(GString) s = g_string_new(NULL);
    bool found = symbol_append(s, "at ", addr, true);

    g_assert_true(found == (want != NULL));
    g_assert_cmpstr(s->str, ==, want ? want : "");
}

static void test_lookup(void)
{
    struct file f = good();
    uint64_t value;

    use(&f, sizeof(f));
    expect(0xfff, NULL);
    expect(0x1000, "at <f>");
    expect(0x1008, "at <f+0x8>");
    expect(0x100f, "at <f+0xf>");
    expect(0x1010, NULL);
    expect(0x1020, "at <label>");
    expect(0x103f, "at <label+0x1f>");
    expect(0x1040, "at <g>");
    expect(0x1eff, "at <g+0xebf>"); /* cut at the next */
    expect(0x1f00, "at <?[31m>");
    expect(0x2000, NULL);
    expect(0x3000, NULL);
    expect(UINT64_MAX, NULL);
    g_assert_true(symbol_begins(0x1040));
    g_assert_true(symbol_value("data", &value) && value == 0x2000);
    g_assert_false(symbol_value("dat", &value));
    g_assert_false(symbol_begins(0x1041));
    symbols_clear();
    expect(0x1000, NULL);
}

static void test_long_name(void)
{
    struct file f = good();
    g_autofree struct file *large = g_malloc0(sizeof(f) + 10000);
    g_autoptr(GString) s = g_string_new(NULL);

    memcpy(large, &f, sizeof(f));
    large->s[STRTAB] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = sizeof(f), .sh_size = 10000 };
    memset(large + 1, 'a', 10000); /* no end */
    use(large, sizeof(f) + 10000);
    g_assert_true(symbol_append(s, "", 0x1000, false));
    g_assert_cmpuint(s->len, <, 250);
    g_assert_true(g_str_has_suffix(s->str, "aaa..."));
    large->sym[1].st_name = 9999;
    use(large, sizeof(f) + 10000);
    expect(0x1000, "at <a>");
}

/* Nothing is found, and nothing outside the file is read. */
static void test_lies(void)
{
    struct file f;

#define LIE(what)                                                                                                      \
    do {                                                                                                               \
        f = good();                                                                                                    \
        what;                                                                                                          \
        use(&f, sizeof(f));                                                                                            \
        expect(0x1000, NULL);                                                                                          \
    } while (0)
    LIE(f.h.e_shoff = UINT64_MAX);
    LIE(f.h.e_shoff = sizeof(f) - 8);
    LIE(f.h.e_shnum = 0xffff);
    LIE(f.h.e_shnum = 0);
    LIE(f.h.e_shentsize = 8);
    LIE(f.h.e_shentsize = 0xffff);
    LIE(f.s[SYMTAB].sh_offset = UINT64_MAX);
    LIE(f.s[SYMTAB].sh_size = UINT64_MAX);
    LIE(f.s[SYMTAB].sh_size = 20);
    LIE(f.s[SYMTAB].sh_link = SYMTAB);
    LIE(f.s[SYMTAB].sh_link = 0xffffffff);
    LIE(f.s[STRTAB].sh_offset = sizeof(f) - 4);
    LIE(f.s[STRTAB].sh_size = 0);
    LIE(f.sym[1].st_name = 0xffffffff);
    LIE(f.sym[1].st_shndx = 0xff00);
    LIE(f.sym[1].st_value = UINT64_MAX);
    LIE(f.s[TEXT].sh_size = 0);
#undef LIE
    for (size_t size = EI_NIDENT; size < sizeof(f); size += 7) { /* cut anywhere */
        f = good();
        use(&f, size);
        expect(0x1800, NULL);
    }
    f = good();
    f.s[TEXT].sh_addr = UINT64_MAX - 0xfff; /* to the end of the address space */
    f.s[TEXT].sh_size = UINT64_MAX;
    f.sym[1].st_value = UINT64_MAX - 0xff;
    f.sym[1].st_size = UINT64_MAX;
    use(&f, sizeof(f));
    expect(0x1000, NULL);
    symbols_clear();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/symbols/lookup", test_lookup);
    g_test_add_func("/symbols/long-name", test_long_name);
    g_test_add_func("/symbols/lies", test_lies);
    return g_test_run();
}
