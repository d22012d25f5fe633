/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel HEX. Manual: Intel, "Hexadecimal Object File Format Specification", revision A. Files are not trusted: every
 * record's length, checksum and place is checked.
 */
#include <string.h>

#include "formats.h"
#include "opts.h"

enum { HEX_DATA, HEX_END, HEX_SEGMENT, HEX_START_SEGMENT, HEX_LINEAR, HEX_START_LINEAR };

#define SEGMENT_SIZE 0x10000

struct hex_reader {
    const uint8_t *p, *end;
    unsigned line;
    uint8_t record[5 + 255]; /* length, address, type, data, checksum */
    uint64_t base;           /* to which a record's address is added */
    bool segmented, ended;
    struct pieces out;
};

#define bad(r, err, fmt, ...) (fail(err, "%s: line %u: " fmt, (r)->out.path, (r)->line, ##__VA_ARGS__), false)

static bool is_space(uint8_t c)
{
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

static void skip_space(struct hex_reader *r)
{
    for (; r->p < r->end && is_space(*r->p); r->p++)
        r->line += *r->p == '\n';
}

bool is_hex(const uint8_t *p, size_t size)
{
    while (size && is_space(*p))
        p++, size--;
    if (size < 11 || *p != ':')
        return false;
    for (unsigned i = 1; i < 11; i++)
        if (!g_ascii_isxdigit(p[i]))
            return false;
    return true;
}

/* The bytes of the next record. */
static bool read_record(struct hex_reader *r, GError **err)
{
    unsigned n = 5, sum = 0;

    if (*r->p++ != ':')
        return bad(r, err, "expected ':' at the beginning of an Intel HEX record");
    for (unsigned i = 0; i < n; i++) {
        if (r->end - r->p < 2 || !g_ascii_isxdigit(r->p[0]) || !g_ascii_isxdigit(r->p[1]))
            return bad(r, err, "the Intel HEX record is truncated");
        r->record[i] = g_ascii_xdigit_value(r->p[0]) << 4 | g_ascii_xdigit_value(r->p[1]);
        r->p += 2;
        sum += r->record[i];
        n = 5 + r->record[0];
    }
    if (sum & 0xff)
        return bad(r, err, "the checksum of the Intel HEX record is wrong: 0x%02x, expected 0x%02x", r->record[n - 1],
                   (r->record[n - 1] - sum) & 0xff);
    return true;
}

static bool add_data(struct hex_reader *r, GError **err)
{
    unsigned size = r->record[0], offset = r->record[1] << 8 | r->record[2];

    if (r->segmented && offset + size > SEGMENT_SIZE)
        return bad(r, err, "the Intel HEX record passes the end of its segment");
    pieces_add(&r->out, r->base + offset, r->record + 4, size);
    return true;
}

static bool take_record(struct hex_reader *r, GError **err)
{
    /* Of the types other than data. */
    static const uint8_t sizes[] = { [HEX_END] = 0, [HEX_SEGMENT] = 2, [HEX_START_SEGMENT] = 4, [HEX_LINEAR] = 2,
                                     [HEX_START_LINEAR] = 4 };
    unsigned type = r->record[3];
    const uint8_t *d = r->record + 4;
    unsigned high = d[0] << 8 | d[1], low = d[2] << 8 | d[3];

    if (type > HEX_START_LINEAR)
        return bad(r, err, "an Intel HEX record of unknown type %u", type);
    if (type != HEX_DATA && r->record[0] != sizes[type])
        return bad(r, err, "an Intel HEX record of type %u with %u bytes, expected %u", type, r->record[0],
                   sizes[type]);
    switch (type) {
    case HEX_DATA: return add_data(r, err);
    case HEX_END: r->ended = true; break;
    case HEX_SEGMENT:
    case HEX_LINEAR:
        r->segmented = type == HEX_SEGMENT;
        r->base = (uint64_t)high << (r->segmented ? 4 : 16);
        break;
    default:
        r->out.has_entry = true;
        r->out.entry = type == HEX_START_SEGMENT ? ((gpa)high << 4) + low : (gpa)high << 16 | low;
    }
    return true;
}

static bool read_all(struct hex_reader *r, GError **err)
{
    for (skip_space(r); r->p < r->end && !r->ended; skip_space(r))
        if (!read_record(r, err) || !take_record(r, err))
            return false;
    return r->ended || bad(r, err, "the Intel HEX file is truncated: it has no end record");
}

bool hex_read(const char *path, const uint8_t *p, size_t size, struct mem_image *out, GError **err)
{
    struct hex_reader r = { .p = p, .end = p + size, .line = 1 };

    pieces_begin(&r.out, path, "Intel HEX file");
    return pieces_end(&r.out, read_all(&r, err), out, err);
}
