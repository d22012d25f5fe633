/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for files that are no program for the machine, so that they are not run as raw code in silence. Sources of the
 * magic numbers are the formats' specifications; ELF's machine numbers are the System V ABI's.
 */
#include <string.h>

#include "formats.h"

const char *elf_machine_name(unsigned machine)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {
        { 2, "SPARC" }, { 3, "x86 (32 bits)" }, { 4, "Motorola 68000" }, { 8, "MIPS" }, { 15, "PA-RISC" },
        { 18, "SPARC (32 bits, v8+)" }, { 20, "PowerPC" }, { 21, "64-bit PowerPC" }, { 22, "IBM S/390" },
        { 40, "32-bit ARM" }, { 42, "SuperH" }, { 43, "SPARC V9" }, { 50, "Itanium" }, { 62, "x86-64" }, { 83, "AVR" },
        { 92, "OpenRISC" }, { 93, "ARC" }, { 94, "Xtensa" }, { 105, "MSP430" }, { 106, "Blackfin" },
        { 113, "Nios II" }, { 138, "LatticeMico32" }, { 164, "Hexagon" }, { 183, "64-bit ARM" }, { 189, "MicroBlaze" },
        { 195, "ARCv2" }, { 224, "AMD GPU" }, { 243, "RISC-V" }, { 244, "Lanai" }, { 247, "BPF" }, { 252, "C-SKY" },
        { 258, "LoongArch" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].machine == machine)
            return names[i].name;
    return NULL;
}

/* One or two places with bytes that tell. */
struct magic {
    const char *name;
    bool transport;
    struct {
        unsigned at, len;
        const char *bytes;
    } where[2];
};
#define AT(offset, text) { .at = (offset), .len = sizeof(text) - 1, .bytes = (text) }

static const struct magic magics[] = {
    { "a U-Boot image (uImage)", true, { AT(0, "\x27\x05\x19\x56") } },
    { "a device tree or FIT image", false, { AT(0, "\xd0\x0d\xfe\xed") } },
    { "an archive of object files", false, { AT(0, "!<arch>\n") } },
    { "a Linux kernel for x86 (bzImage)", false, { AT(0x1fe, "\x55\xaa"), AT(0x202, "HdrS") } },
    { "a Linux kernel for 64-bit ARM", false, { AT(0x38, "ARM\x64") } },
    { "a Linux kernel for RISC-V", false, { AT(0x30, "RISCV\0\0\0"), AT(0x38, "RSC\x05") } },
    { "a Linux kernel for 32-bit ARM (zImage)", false, { AT(0x24, "\x18\x28\x6f\x01") } },
    { "a Linux kernel that unpacks itself under EFI (zboot)", false, { AT(0, "MZ"), AT(4, "zimg") } },
    { "compressed with xz", false, { AT(0, "\xfd" "7zXZ\0") } },
    { "compressed with zstd", false, { AT(0, "\x28\xb5\x2f\xfd") } },
    { "compressed with bzip2", false, { AT(0, "BZh"), AT(4, "1AY&SY") } },
    { "compressed with lzma", false, { AT(0, "\x5d\0\0"), AT(5, "\xff\xff\xff\xff\xff\xff\xff\xff") } },
    { "compressed with lz4", false, { AT(0, "\x02\x21\x4c\x18") } },
    { "compressed with lz4", false, { AT(0, "\x04\x22\x4d\x18") } },
    { "compressed with lzop", false, { AT(0, "\x89LZO\0\r\n\x1a\n") } },
    { "a ZIP archive", false, { AT(0, "PK\x03\x04") } },
    { "a cpio archive", false, { AT(0, "070701") } },
    { "a tar archive", false, { AT(257, "ustar") } },
    { "a QCOW2 disk image", false, { AT(0, "QFI\xfb") } },
    { "a CD image", false, { AT(0x8001, "CD001") } },
    { "a Mach-O file", false, { AT(0, "\xcf\xfa\xed\xfe") } },
    { "a Mach-O file", false, { AT(0, "\xce\xfa\xed\xfe") } },
    { "a WebAssembly module", false, { AT(0, "\0asm") } },
};

static bool matches(const struct magic *m, const uint8_t *p, size_t size)
{
    for (unsigned i = 0; i < ARRAY_SIZE(m->where) && m->where[i].len; i++)
        if (size < m->where[i].at + m->where[i].len || memcmp(p + m->where[i].at, m->where[i].bytes, m->where[i].len))
            return false;
    return true;
}

static const char *find_magic(const uint8_t *p, size_t size, bool transport_only)
{
    for (unsigned i = 0; i < ARRAY_SIZE(magics); i++)
        if ((magics[i].transport || !transport_only) && matches(&magics[i], p, size))
            return magics[i].name;
    return NULL;
}

/* A program for EFI or Windows; Linux images for RISC-V and ARM are that too, but can be run as they are. */
static bool is_pe(const uint8_t *p, size_t size)
{
    uint32_t at;

    if (size < 0x40 || memcmp(p, "MZ", 2))
        return false;
    memcpy(&at, p + 0x3c, 4);
    at = GUINT32_FROM_LE(at);
    return at <= size - 4 && !memcmp(p + at, "PE\0\0", 4);
}

const char *transport_format(const uint8_t *p, size_t size)
{
    return find_magic(p, size, true);
}

const char *file_format(const uint8_t *p, size_t size)
{
    const char *name = transport_format(p, size);

    if (!name)
        name = find_magic(p, size, false);
    return !name && is_pe(p, size) ? "a program for EFI or Windows (PE)" : name;
}
