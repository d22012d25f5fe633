/* SPDX-License-Identifier: BSD-2-Clause */
/* The displays there are, and pictures of them in files: PPM (netpbm's binary one) and PNG. */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "display.h"
#include "lock-order.h"
#include "opts.h"
#include "plug.h"

const char *const display_formats[] = { [DISPLAY_PPM] = "ppm", [DISPLAY_PNG] = "png", NULL };

static GArray *sources; /* of struct display_source */

/* -- Sources -- */

void display_add(const struct display_source *s)
{
    if (!sources)
        sources = g_array_new(FALSE, FALSE, sizeof(*s));
    g_array_append_val(sources, *s);
}

void display_remove(void *opaque)
{
    for (guint i = 0; sources && i < sources->len; i++) {
        if (g_array_index(sources, struct display_source, i).opaque == opaque) {
            g_array_remove_index(sources, i);
            break;
        }
    }
    if (sources && sources->len == 0)
        g_clear_pointer(&sources, g_array_unref);
}

static const struct display_source *find(const char *device, GError **err)
{
    for (guint i = 0; sources && i < sources->len; i++) {
        const struct display_source *s = &g_array_index(sources, struct display_source, i);
        if (!device || !g_strcmp0(s->id, device))
            return s;
    }
    if (device)
        g_set_error(err, MYNAH_ERROR, DEVICE_NOT_FOUND, "Device '%s' not found", device);
    else
        fail(err, "There is no console to take a screendump from");
    return NULL;
}

/* -- Pictures -- */

struct picture {
    unsigned width, height;
    uint32_t *pixels; /* 0x00RRGGBB */
};

static bool take_picture(const struct display_source *s, struct picture *p)
{
    bool shown;

    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(s->lock);
    shown = s->size(s->opaque, &p->width, &p->height);
    if (shown) {
        g_assert(p->width >= 1 && p->width <= DISPLAY_MAX && p->height >= 1 && p->height <= DISPLAY_MAX);
        p->pixels = g_new0(uint32_t, (size_t)p->width * p->height);
        s->draw(s->opaque, p->pixels, p->width, p->height);
    }
    g_mutex_unlock(s->lock);
    lock_order_leave(LOCK_DEVICE);
    return shown;
}

/* A row as bytes, red first. */
static void row_bytes(const struct picture *p, unsigned y, uint8_t *out)
{
    const uint32_t *row = p->pixels + (size_t)y * p->width;

    for (unsigned x = 0; x < p->width; x++, out += 3) {
        out[0] = row[x] >> 16;
        out[1] = row[x] >> 8;
        out[2] = row[x];
    }
}

static bool write_ppm(const struct picture *p, FILE *f)
{
    g_autofree uint8_t *row = g_malloc(p->width * 3);

    fprintf(f, "P6\n%u %u\n255\n", p->width, p->height);
    for (unsigned y = 0; y < p->height; y++) {
        row_bytes(p, y, row);
        fwrite(row, 3, p->width, f);
    }
    return !ferror(f);
}

/* libpng calls this instead of exit(): back to write_png(), which has what is to be freed. */
static void png_failed(png_structp png, png_const_charp message)
{
    longjmp(png_jmpbuf(png), 1);
}

static void png_warned(png_structp png, png_const_charp message)
{
}

static bool write_png(const struct picture *p, FILE *f)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_failed, png_warned);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    uint8_t *row = g_malloc(p->width * 3);
    bool ok = false;

    if (info && !setjmp(png_jmpbuf(png))) {
        png_init_io(png, f);
        png_set_IHDR(png, info, p->width, p->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_write_info(png, info);
        for (unsigned y = 0; y < p->height; y++) {
            row_bytes(p, y, row);
            png_write_row(png, row);
        }
        png_write_end(png, NULL);
        ok = !ferror(f);
    }
    png_destroy_write_struct(&png, &info);
    g_free(row);
    return ok;
}

static bool write_file(const struct picture *p, const char *path, enum display_format format, GError **err)
{
    FILE *f = fopen(path, "wbe");
    bool ok;

    if (!f) {
        fail(err, "failed to open file '%s': %s", path, strerror(errno));
        return false;
    }
    errno = 0;
    ok = format == DISPLAY_PNG ? write_png(p, f) : write_ppm(p, f);
    ok = fclose(f) == 0 && ok;
    if (!ok) {
        fail(err, "failed to write file '%s': %s", path, errno ? strerror(errno) : "the picture can't be encoded");
        unlink(path);
    }
    return ok;
}

bool display_dump(const char *device, const char *path, enum display_format format, GError **err)
{
    const struct display_source *s = find(device, err);
    struct picture p = { 0 };
    bool ok;

    if (!s)
        return false;
    if (!take_picture(s, &p)) {
        fail(err, "there is no picture: the display is off");
        return false;
    }
    ok = write_file(&p, path, format, err);
    g_free(p.pixels);
    return ok;
}

/* -- Monitor -- */

void display_list(GString *out)
{
    for (guint i = 0; sources && i < sources->len; i++) {
        const struct display_source *s = &g_array_index(sources, struct display_source, i);
        unsigned width, height;
        lock_order_enter(LOCK_DEVICE);
        g_mutex_lock(s->lock);
        if (s->size(s->opaque, &width, &height))
            g_string_append_printf(out, "%s: %ux%u\n", s->id ? s->id : "display", width, height);
        else
            g_string_append_printf(out, "%s: nothing is shown\n", s->id ? s->id : "display");
        if (s->text)
            s->text(s->opaque, out);
        g_mutex_unlock(s->lock);
        lock_order_leave(LOCK_DEVICE);
    }
    if (!sources)
        g_string_append(out, "there are no displays\n");
}
