/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S-records. Manual: Motorola, "M68000 Family Programmer's Reference Manual", appendix C. Files are not trusted: every
 * record's length and checksum is checked, and their number, where the file says it.
 */
#include "formats.h"
#include "opts.h"

#define MIN_COUNT 3 /* bytes behind the count: an address of two, the checksum */

struct srec_reader {
    const uint8_t *p, *end;
    unsigned line;
    unsigned type;
    uint8_t record[1 + 255]; /* count; address, data, checksum */
    uint32_t ndata;          /* records of data so far */
    bool ended;
    struct pieces out;
};

#define bad(r, err, fmt, ...) (fail(err, "%s: line %u: " fmt, (r)->out.path, (r)->line, ##__VA_ARGS__), false)

/* The whole of the first line is one: S, type, count, and as many bytes. */
bool is_srec(const uint8_t *p, size_t size)
{
    unsigned n = 4;

    if (size < 4 + 2 * MIN_COUNT || p[0] != 'S' || !g_ascii_isdigit(p[1]))
        return false;
    for (unsigned i = 2; i < n; i++) {
        if (i >= size || !g_ascii_isxdigit(p[i]))
            return false;
        if (i == 3)
            n = 4 + 2 * (g_ascii_xdigit_value(p[2]) << 4 | g_ascii_xdigit_value(p[3]));
    }
    return n >= 4 + 2 * MIN_COUNT && (n == size || g_ascii_isspace(p[n]));
}

static bool read_record(struct srec_reader *r, GError **err)
{
    unsigned n = 1, sum = 0;

    if (r->p[0] != 'S' || (r->end - r->p > 1 && !g_ascii_isdigit(r->p[1])))
        return bad(r, err, "expected an S-record");
    if (r->end - r->p < 2)
        return bad(r, err, "the S-record is truncated");
    r->type = r->p[1] - '0';
    r->p += 2;
    for (unsigned i = 0; i < n; i++) {
        if (r->end - r->p < 2 || !g_ascii_isxdigit(r->p[0]) || !g_ascii_isxdigit(r->p[1]))
            return bad(r, err, "the S-record is truncated");
        r->record[i] = g_ascii_xdigit_value(r->p[0]) << 4 | g_ascii_xdigit_value(r->p[1]);
        r->p += 2;
        sum += r->record[i];
        n = 1 + r->record[0];
    }
    if (n < 1 + MIN_COUNT)
        return bad(r, err, "the S-record is too short");
    if ((sum & 0xff) != 0xff)
        return bad(r, err, "the checksum of the S-record is wrong: 0x%02x, expected 0x%02x", r->record[n - 1],
                   (0xff - (sum - r->record[n - 1])) & 0xff);
    if (r->p < r->end && !g_ascii_isspace(*r->p))
        return bad(r, err, "the S-record is longer than its count says");
    return true;
}

static bool take_record(struct srec_reader *r, GError **err)
{
    /* Bytes of the address; for S5 and S6 it is the number of records of data. */
    static const uint8_t sizes[10] = { 2, 2, 3, 4, 0, 2, 3, 4, 3, 2 };
    unsigned bytes = sizes[r->type], size = r->record[0] - 1; /* without the checksum */
    uint32_t addr = 0;

    if (!bytes)
        return bad(r, err, "an S-record of unknown type %u", r->type);
    if (size < bytes)
        return bad(r, err, "the S-record is too short");
    for (unsigned i = 0; i < bytes; i++)
        addr = addr << 8 | r->record[1 + i];
    switch (r->type) {
    case 1: case 2: case 3:
        if ((uint64_t)addr + (size - bytes) > UINT64_C(1) << 32)
            return bad(r, err, "the S-record passes the end of the address space");
        pieces_add(&r->out, addr, r->record + 1 + bytes, size - bytes);
        r->ndata++;
        break;
    case 5: case 6:
        if (addr != (r->ndata & (r->type == 5 ? 0xffff : 0xffffff)))
            return bad(r, err, "the file has %u S-records of data, expected %u", r->ndata, addr);
        break;
    case 7: case 8: case 9:
        r->ended = true;
        r->out.has_entry = addr != 0; /* 0 is what programs write that know of none */
        r->out.entry = addr;
        break;
    }
    return true;
}

static bool read_all(struct srec_reader *r, GError **err)
{
    for (; r->p < r->end && !r->ended; r->p++) {
        r->line += *r->p == '\n';
        if (g_ascii_isspace(*r->p))
            continue;
        if (!read_record(r, err) || !take_record(r, err))
            return false;
        r->p--;
    }
    return r->ended || bad(r, err, "the file of S-records is truncated: it has no S7, S8 or S9");
}

bool srec_read(const char *path, const uint8_t *p, size_t size, struct mem_image *out, GError **err)
{
    struct srec_reader r = { .p = p, .end = p + size, .line = 1 };

    pieces_begin(&r.out, path, "file of S-records");
    return pieces_end(&r.out, read_all(&r, err), out, err);
}
