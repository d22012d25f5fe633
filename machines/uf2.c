/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UF2, blocks of flash for boot loaders that show themselves as a disk. Manual: Microsoft, "USB Flashing Format"
 * (uf2 repository). Files are not trusted: every block is checked, and that all of the program's are there.
 */
#include <string.h>

#include "formats.h"
#include "opts.h"

#define MAGIC0 0x0a324655u
#define MAGIC1 0x9e5d5157u
#define MAGIC_END 0x0ab16f30u
#define BLOCK 512u
#define MAX_PAYLOAD 476u
#define MAX_BLOCKS (1u << 21) /* 1 GiB of file */
enum { NOT_FLASH = 0x1, CONTAINER = 0x1000, HAS_FAMILY = 0x2000 };
#define FAMILY_ABSOLUTE 0xe48bff57u /* RP2350: a block that says something to the boot loader */

enum field { BLOCK_MAGIC0, BLOCK_MAGIC1, FLAGS, ADDR, PAYLOAD, NUMBER, COUNT, FAMILY, FIELDS };

static uint32_t word(const uint8_t *block, unsigned n)
{
    uint32_t v;

    memcpy(&v, block + 4 * n, 4);
    return GUINT32_FROM_LE(v);
}

bool is_uf2(const uint8_t *p, size_t size)
{
    return size >= 8 && word(p, BLOCK_MAGIC0) == MAGIC0 && word(p, BLOCK_MAGIC1) == MAGIC1;
}

struct uf2_reader {
    uint8_t *seen;           /* blocks, by number */
    uint32_t count, nseen;   /* that the program has, and that were read */
    uint32_t family;
    struct pieces out;
};

static bool take_block(struct uf2_reader *r, const uint8_t *b, size_t n, GError **err)
{
    const char *path = r->out.path;
    uint32_t flags = word(b, FLAGS), size = word(b, PAYLOAD), number = word(b, NUMBER), count = word(b, COUNT),
             family = flags & HAS_FAMILY ? word(b, FAMILY) : 0;

    if (!is_uf2(b, BLOCK) || word(b, BLOCK / 4 - 1) != MAGIC_END) {
        fail(err, "%s: block %zu of the UF2 file is none", path, n);
        return false;
    }
    if ((flags & (NOT_FLASH | CONTAINER)) || family == FAMILY_ABSOLUTE)
        return true;
    if (!r->seen) {
        if (!count || count > MAX_BLOCKS) {
            fail(err, "%s: block %zu of the UF2 file says that there are %u", path, n, count);
            return false;
        }
        r->count = count;
        r->family = family;
        r->seen = g_malloc0(count);
    }
    if (family != r->family) {
        fail(err, "%s: the UF2 file has programs for several chips (families 0x%x, 0x%x)", path, r->family, family);
        return false;
    }
    if (count != r->count || number >= count || r->seen[number] || size > MAX_PAYLOAD ||
        word(b, ADDR) > UINT32_MAX - size) {
        fail(err, "%s: block %zu of the UF2 file is damaged", path, n);
        return false;
    }
    r->seen[number] = 1;
    r->nseen++;
    pieces_add(&r->out, word(b, ADDR), b + 4 * FIELDS, size);
    return true;
}

static bool read_all(struct uf2_reader *r, const uint8_t *p, size_t size, GError **err)
{
    for (size_t at = 0; at < size; at += BLOCK) {
        if (size - at < BLOCK) {
            fail(err, "%s: the UF2 file is truncated", r->out.path);
            return false;
        }
        if (!take_block(r, p + at, at / BLOCK, err))
            return false;
    }
    if (r->nseen == r->count)
        return true;
    fail(err, "%s: the UF2 file is truncated: it has %u blocks of %u", r->out.path, r->nseen, r->count);
    return false;
}

bool uf2_read(const char *path, const uint8_t *p, size_t size, struct mem_image *out, GError **err)
{
    struct uf2_reader r = { 0 };

    pieces_begin(&r.out, path, "UF2 file");
    bool good = read_all(&r, p, size, err);
    g_free(r.seen);
    return pieces_end(&r.out, good, out, err);
}
