/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that files of records describe (Intel HEX, S-records, UF2): their bytes put in order and together. */
#include "formats.h"

#include "opts.h"

#define MAX_PIECES 4096 /* a program has a few */

void pieces_begin(struct pieces *s, const char *path, const char *format)
{
    *s = (struct pieces){ .path = path, .format = format, .data = g_byte_array_new(),
                          .records = g_array_new(FALSE, FALSE, sizeof(struct mem_piece)) };
}

void pieces_add(struct pieces *s, gpa addr, const uint8_t *bytes, size_t size)
{
    struct mem_piece piece = { addr, s->data->len, size };

    if (!size)
        return;
    g_byte_array_append(s->data, bytes, size);
    g_array_append_val(s->records, piece);
}

static gint by_address(gconstpointer a, gconstpointer b)
{
    const struct mem_piece *x = a, *y = b;

    return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* In order and together. */
static bool join(const struct pieces *s, GByteArray *data, GArray *pieces, GError **err)
{
    g_array_sort(s->records, by_address);
    for (guint i = 0; i < s->records->len; i++) {
        const struct mem_piece *from = &g_array_index(s->records, struct mem_piece, i);
        struct mem_piece *last = NULL, next = { from->addr, data->len, from->size };
        if (pieces->len)
            last = &g_array_index(pieces, struct mem_piece, pieces->len - 1);
        if (last && from->addr < last->addr + last->size) {
            fail(err, "%s: the %s has two bytes for 0x%" G_GINT64_MODIFIER "x", s->path, s->format, from->addr);
            return false;
        }
        if (pieces->len == MAX_PIECES) {
            fail(err, "%s: the %s has more than %u separate ranges of memory", s->path, s->format, MAX_PIECES);
            return false;
        }
        g_byte_array_append(data, s->data->data + from->offset, from->size);
        if (last && from->addr == last->addr + last->size)
            last->size += from->size;
        else
            g_array_append_val(pieces, next);
    }
    return true;
}

bool pieces_end(struct pieces *s, bool good, struct mem_image *out, GError **err)
{
    GByteArray *data = g_byte_array_sized_new(s->data->len);
    GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct mem_piece));

    *out = (struct mem_image){ .entry = s->entry };
    if (good && !s->records->len) {
        fail(err, "%s: the %s has nothing to load", s->path, s->format);
        good = false;
    }
    good = good && join(s, data, pieces, err);
    g_byte_array_unref(s->data);
    g_array_free(s->records, TRUE);
    if (!good) {
        g_byte_array_unref(data);
        g_array_free(pieces, TRUE);
        return false;
    }
    out->data = g_byte_array_free_to_bytes(data);
    out->pieces = pieces;
    if (!s->has_entry)
        out->entry = g_array_index(pieces, struct mem_piece, 0).addr;
    return true;
}

void mem_image_free(struct mem_image *image)
{
    g_clear_pointer(&image->data, g_bytes_unref);
    if (image->pieces)
        g_array_free(image->pieces, TRUE);
    image->pieces = NULL;
}
