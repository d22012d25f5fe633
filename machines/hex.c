/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel HEX. Manual: Intel, "Hexadecimal Object File Format Specification", revision A. Files are not trusted: every
 * record's length, checksum and place is checked.
 */
#include <string.h>

#include "formats.h"
#include "opts.h"

enum { HEX_DATA, HEX_END, HEX_SEGMENT, HEX_START_SEGMENT, HEX_LINEAR, HEX_START_LINEAR };

#define MAX_PIECES 4096 /* a program has a few */
#define SEGMENT_SIZE 0x10000

struct hex_reader {
    const char *path;
    const uint8_t *p, *end;
    unsigned line;
    uint8_t record[5 + 255]; /* length, address, type, data, checksum */
    uint64_t base;           /* to which a record's address is added */
    bool segmented, ended, has_entry;
    gpa entry;
    GByteArray *data;        /* in order of the file */
    GArray *records;         /* of struct hex_piece into data */
};

#define bad(r, err, fmt, ...) (fail(err, "%s: line %u: " fmt, (r)->path, (r)->line, ##__VA_ARGS__), false)

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
    struct hex_piece piece = { r->base + offset, r->data->len, size };

    if (r->segmented && offset + size > SEGMENT_SIZE)
        return bad(r, err, "the Intel HEX record passes the end of its segment");
    if (size == 0)
        return true;
    g_byte_array_append(r->data, r->record + 4, size);
    g_array_append_val(r->records, piece);
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
        r->has_entry = true;
        r->entry = type == HEX_START_SEGMENT ? ((gpa)high << 4) + low : (gpa)high << 16 | low;
    }
    return true;
}

static gint by_address(gconstpointer a, gconstpointer b)
{
    const struct hex_piece *x = a, *y = b;

    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Put the records in order and together. */
static bool make_pieces(struct hex_reader *r, struct hex_image *out, GError **err)
{
    GByteArray *data = g_byte_array_sized_new(r->data->len);

    g_array_sort(r->records, by_address);
    out->pieces = g_array_new(FALSE, FALSE, sizeof(struct hex_piece));
    for (guint i = 0; i < r->records->len; i++) {
        const struct hex_piece *from = &g_array_index(r->records, struct hex_piece, i);
        struct hex_piece *last = NULL, next = { from->addr, data->len, from->size };
        if (out->pieces->len)
            last = &g_array_index(out->pieces, struct hex_piece, out->pieces->len - 1);
        if (last && from->addr < last->addr + last->size)
            fail(err, "%s: the Intel HEX file has two bytes for 0x%" G_GINT64_MODIFIER "x", r->path, from->addr);
        else if (out->pieces->len == MAX_PIECES)
            fail(err, "%s: the Intel HEX file has more than %u separate ranges of memory", r->path, MAX_PIECES);
        if ((last && from->addr < last->addr + last->size) || out->pieces->len == MAX_PIECES) {
            g_byte_array_unref(data);
            return false;
        }
        g_byte_array_append(data, r->data->data + from->offset, from->size);
        if (last && from->addr == last->addr + last->size)
            last->size += from->size;
        else
            g_array_append_val(out->pieces, next);
    }
    out->data = g_byte_array_free_to_bytes(data);
    return true;
}

static bool read_all(struct hex_reader *r, struct hex_image *out, GError **err)
{
    for (skip_space(r); r->p < r->end && !r->ended; skip_space(r))
        if (!read_record(r, err) || !take_record(r, err))
            return false;
    if (!r->ended)
        return bad(r, err, "the Intel HEX file is truncated: it has no end record");
    if (r->records->len == 0)
        return bad(r, err, "the Intel HEX file has nothing to load");
    if (!make_pieces(r, out, err))
        return false;
    out->entry = r->has_entry ? r->entry : g_array_index(out->pieces, struct hex_piece, 0).addr;
    return true;
}

bool hex_read(const char *path, const uint8_t *p, size_t size, struct hex_image *out, GError **err)
{
    struct hex_reader r = {
        .path = path, .p = p, .end = p + size, .line = 1, .data = g_byte_array_new(),
        .records = g_array_new(FALSE, FALSE, sizeof(struct hex_piece)),
    };

    *out = (struct hex_image){ 0 };
    bool ok = read_all(&r, out, err);
    g_byte_array_unref(r.data);
    g_array_free(r.records, TRUE);
    if (!ok)
        hex_free(out);
    return ok;
}

void hex_free(struct hex_image *image)
{
    g_clear_pointer(&image->data, g_bytes_unref);
    if (image->pieces)
        g_array_free(image->pieces, TRUE);
    image->pieces = NULL;
}
