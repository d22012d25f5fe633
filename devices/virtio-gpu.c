/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-gpu: a display adapter without 3D. VIRTIO 1.2, section 5.7: pictures (resources) that the guest fills from its
 * memory, one of which an output shows, a cursor, EDID. There is one output. Not modelled: 3D (VIRGL), blobs, more
 * outputs, changes of size from outside.
 */
#include <inttypes.h>
#include <string.h>

#include "display.h"
#include "virtio.h"

enum { F_EDID = 1 };
enum { C_NUM_SCANOUTS = 8, C_BYTES = 16 };
enum { Q_CONTROL, Q_CURSOR };

enum gpu_command {
    GET_DISPLAY_INFO = 0x100, RESOURCE_CREATE_2D, RESOURCE_UNREF, SET_SCANOUT, RESOURCE_FLUSH, TRANSFER_TO_HOST_2D,
    RESOURCE_ATTACH_BACKING, RESOURCE_DETACH_BACKING, GET_CAPSET_INFO, GET_CAPSET, GET_EDID,
    UPDATE_CURSOR = 0x300, MOVE_CURSOR,
};
enum gpu_answer {
    OK_NODATA = 0x1100, OK_DISPLAY_INFO = 0x1101, OK_EDID = 0x1104,
    ERR_UNSPEC = 0x1200, ERR_OUT_OF_MEMORY, ERR_INVALID_SCANOUT, ERR_INVALID_RESOURCE, ERR_INVALID_CONTEXT,
    ERR_INVALID_PARAMETER,
};
enum { FLAG_FENCE = 1 };

#define HEADER 24          /* bytes: type, flags, fence (8), context, ring */
#define SCANOUTS 16        /* in an answer to GET_DISPLAY_INFO */
#define EDID_ROOM 1024     /* in an answer */
#define EDID_BYTES 128
#define MAX_BACKING 16384  /* pieces of a resource's memory */
#define MAX_RESOURCES 4096
#define CURSOR 64          /* pixels in each direction */
#define MAX_PREFERRED 4095 /* what a timing in EDID can say */

/* Where in a pixel's four bytes red, green and blue are. */
static const struct format { uint32_t id; uint8_t red, green, blue; } formats[] = {
    { 1, 2, 1, 0 },   /* B8G8R8A8 */
    { 2, 2, 1, 0 },   /* B8G8R8X8 */
    { 3, 1, 2, 3 },   /* A8R8G8B8 */
    { 4, 1, 2, 3 },   /* X8R8G8B8 */
    { 67, 0, 1, 2 },  /* R8G8B8A8 */
    { 68, 3, 2, 1 },  /* X8B8G8R8 */
    { 121, 3, 2, 1 }, /* A8B8G8R8 */
    { 134, 0, 1, 2 }, /* R8G8B8X8 */
};

struct rect {
    uint32_t x, y, width, height;
};

struct piece {
    uint64_t addr;
    uint32_t len;
};

struct resource {
    uint32_t id, format, width, height;
    uint32_t npieces;
    struct piece *pieces; /* of guest memory */
    uint8_t *pixels;      /* 4 bytes each, as the format says */
};

struct scanout {
    uint32_t resource; /* 0: it shows nothing */
    struct rect at;    /* within that */
};

struct cursor {
    uint32_t x, y, hot_x, hot_y;
    bool shown;
    uint8_t pixels[CURSOR * CURSOR * 4]; /* B8G8R8A8 */
};

struct virtio_gpu {
    struct virtio v;
    /* Properties. */
    uint64_t max_hostmem;
    uint32_t xres, yres;
    bool edid;

    GHashTable *resources; /* struct resource by its id */
    uint64_t hostmem;      /* bytes of their pixels */
    struct scanout scanout;
    struct cursor cursor;
    GQueue saved; /* of GBytes: the resources, while a snapshot is written or read */
};

/* -- Resources -- */

static const struct format *find_format(uint32_t id)
{
    for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
        if (formats[i].id == id)
            return &formats[i];
    return NULL;
}

static struct resource *find(const struct virtio_gpu *s, uint32_t id)
{
    return g_hash_table_lookup(s->resources, GUINT_TO_POINTER(id));
}

static size_t bytes_of(const struct resource *r)
{
    return (size_t)r->width * r->height * 4;
}

static void resource_free(gpointer opaque)
{
    struct resource *r = opaque;

    g_free(r->pieces);
    g_free(r->pixels);
    g_free(r);
}

static uint32_t create(struct virtio_gpu *s, uint32_t id, uint32_t format, uint32_t width, uint32_t height)
{
    if (id == 0 || find(s, id))
        return ERR_INVALID_RESOURCE;
    if (!find_format(format) || width == 0 || height == 0 || width > DISPLAY_MAX || height > DISPLAY_MAX)
        return ERR_INVALID_PARAMETER;
    const size_t bytes = (size_t)width * height * 4;
    if (bytes > s->max_hostmem - s->hostmem || g_hash_table_size(s->resources) >= MAX_RESOURCES)
        return ERR_OUT_OF_MEMORY;
    uint8_t *pixels = g_try_malloc0(bytes);
    if (!pixels)
        return ERR_OUT_OF_MEMORY;
    struct resource *r = g_new0(struct resource, 1);
    *r = (struct resource){ .id = id, .format = format, .width = width, .height = height, .pixels = pixels };
    g_hash_table_insert(s->resources, GUINT_TO_POINTER(id), r);
    s->hostmem += bytes;
    return OK_NODATA;
}

static uint32_t unref(struct virtio_gpu *s, uint32_t id)
{
    struct resource *r = find(s, id);

    if (!r)
        return ERR_INVALID_RESOURCE;
    if (s->scanout.resource == id)
        s->scanout.resource = 0;
    s->hostmem -= bytes_of(r);
    g_hash_table_remove(s->resources, GUINT_TO_POINTER(id));
    return OK_NODATA;
}

/* Copy len bytes from offset on of the resource's memory. False if it has none there. */
static bool read_backing(struct virtio_gpu *s, const struct resource *r, uint64_t offset, uint8_t *to, size_t len)
{
    for (uint32_t i = 0; i < r->npieces && len > 0; i++) {
        const struct piece *p = &r->pieces[i];
        if (offset >= p->len) {
            offset -= p->len;
            continue;
        }
        size_t n = MIN(len, p->len - offset);
        if (!device_dma_read(&s->v.dev, p->addr + offset, to, n))
            return false;
        to += n;
        len -= n;
        offset = 0;
    }
    return len == 0;
}

static bool inside(const struct rect *a, uint32_t width, uint32_t height)
{
    return a->width > 0 && a->height > 0 && a->x <= width && a->y <= height && a->width <= width - a->x &&
           a->height <= height - a->y;
}

static uint32_t transfer(struct virtio_gpu *s, uint32_t id, const struct rect *a, uint64_t offset)
{
    struct resource *r = find(s, id);
    const size_t stride = r ? (size_t)r->width * 4 : 0;

    if (!r || !r->npieces)
        return ERR_INVALID_RESOURCE;
    if (!inside(a, r->width, r->height))
        return ERR_INVALID_PARAMETER;
    if (offset > UINT32_MAX)
        return ERR_INVALID_PARAMETER;
    if (a->x == 0 && a->width == r->width) { /* rows without gaps */
        if (!read_backing(s, r, offset, r->pixels + a->y * stride, a->height * stride))
            return ERR_INVALID_PARAMETER;
        return OK_NODATA;
    }
    for (uint32_t y = 0; y < a->height; y++)
        if (!read_backing(s, r, offset + y * stride, r->pixels + (a->y + y) * stride + a->x * 4, a->width * 4))
            return ERR_INVALID_PARAMETER;
    return OK_NODATA;
}

/* -- Commands -- */

/* Little-endian words of a command, from the one behind its header on. */
static bool read_words(const struct virtq_elem *e, size_t offset, uint32_t *words, unsigned n)
{
    if (iov_read(e->out, e->nout, offset, words, n * 4) != n * 4)
        return false;
    for (unsigned i = 0; i < n; i++)
        words[i] = GUINT32_FROM_LE(words[i]);
    return true;
}

static uint32_t attach(struct virtio_gpu *s, const struct virtq_elem *e, uint32_t id, uint32_t n)
{
    struct resource *r = find(s, id);

    if (!r || r->npieces)
        return ERR_UNSPEC;
    if (n == 0 || n > MAX_BACKING)
        return ERR_UNSPEC;
    g_autofree struct piece *pieces = g_new(struct piece, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t w[4];
        if (!read_words(e, HEADER + 8 + (size_t)i * sizeof(w), w, 4))
            return ERR_UNSPEC;
        pieces[i] = (struct piece){ .addr = w[0] | (uint64_t)w[1] << 32, .len = w[2] };
    }
    r->pieces = g_steal_pointer(&pieces);
    r->npieces = n;
    return OK_NODATA;
}

static uint32_t detach(struct virtio_gpu *s, uint32_t id)
{
    struct resource *r = find(s, id);

    if (!r || !r->npieces)
        return ERR_INVALID_RESOURCE;
    g_clear_pointer(&r->pieces, g_free);
    r->npieces = 0;
    return OK_NODATA;
}

static uint32_t set_scanout(struct virtio_gpu *s, const struct rect *a, uint32_t scanout, uint32_t id)
{
    const struct resource *r = find(s, id);

    if (scanout != 0)
        return ERR_INVALID_SCANOUT;
    if (id == 0) {
        s->scanout.resource = 0;
        return OK_NODATA;
    }
    if (!r)
        return ERR_INVALID_RESOURCE;
    if (!inside(a, r->width, r->height) || a->width < 16 || a->height < 16)
        return ERR_INVALID_PARAMETER;
    s->scanout.resource = id;
    s->scanout.at = *a;
    return OK_NODATA;
}

static uint32_t flush(struct virtio_gpu *s, const struct rect *a, uint32_t id)
{
    const struct resource *r = find(s, id);

    if (!r)
        return ERR_INVALID_RESOURCE;
    return inside(a, r->width, r->height) ? OK_NODATA : ERR_INVALID_PARAMETER; /* who looks sees it at once */
}

/* w: output, x, y, 0; of UPDATE_CURSOR also resource, hot spot. */
static void set_cursor(struct virtio_gpu *s, const uint32_t *w, bool update)
{
    const struct resource *r;

    if (w[0] != 0)
        return;
    s->cursor.x = w[1];
    s->cursor.y = w[2];
    if (!update)
        return;
    s->cursor.hot_x = w[5];
    s->cursor.hot_y = w[6];
    r = w[4] ? find(s, w[4]) : NULL;
    s->cursor.shown = r && r->width == CURSOR && r->height == CURSOR;
    if (s->cursor.shown)
        memcpy(s->cursor.pixels, r->pixels, sizeof(s->cursor.pixels));
}

/* -- EDID: VESA's E-EDID 1.4 -- */

static void put_text(uint8_t *d, uint8_t tag, const char *text)
{
    size_t n = strlen(text);

    memset(d, 0, 18);
    d[3] = tag;
    memset(d + 5, ' ', 13);
    memcpy(d + 5, text, n);
    d[5 + n] = '\n';
}

/* The preferred size at 60 Hz, with reduced blanking. */
static void put_timing(uint8_t *d, uint32_t width, uint32_t height)
{
    enum { H_BLANK = 160, H_FRONT = 48, H_SYNC = 32, V_BLANK = 35, V_FRONT = 3, V_SYNC = 6 };
    uint32_t clock = (uint64_t)(width + H_BLANK) * (height + V_BLANK) * 60 / 10000;

    d[0] = clock;
    d[1] = clock >> 8;
    d[2] = width;
    d[3] = H_BLANK;
    d[4] = width >> 8 << 4;
    d[5] = height;
    d[6] = V_BLANK;
    d[7] = height >> 8 << 4;
    d[8] = H_FRONT;
    d[9] = H_SYNC;
    d[10] = V_FRONT << 4 | V_SYNC;
    d[12] = width / 4; /* mm: some 100 dots an inch */
    d[13] = height / 4;
    d[14] = width / 4 >> 8 << 4 | height / 4 >> 8;
    d[17] = 0x18; /* digital, separate syncs */
}

static void make_edid(const struct virtio_gpu *s, uint8_t *e)
{
    static const uint8_t head[] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x37, 0x2e /* MYN */, 1, 0, 1, 0, 0, 0,
                                    1, 36 /* 2026 */, 1, 4, 0xa0 /* digital, 8 bits */ };
    static const uint8_t srgb[] = { 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54 };
    uint8_t sum = 0;

    memset(e, 0, EDID_BYTES);
    memcpy(e, head, sizeof(head));
    e[21] = MIN(s->xres / 40, 255); /* cm */
    e[22] = MIN(s->yres / 40, 255);
    e[23] = 120; /* gamma 2.2 */
    e[24] = 0x06; /* sRGB; the first timing is the preferred one */
    memcpy(e + 25, srgb, sizeof(srgb));
    memset(e + 38, 1, 16); /* no standard timings */
    put_timing(e + 54, s->xres, s->yres);
    put_text(e + 72, 0xfc, "Mynah");
    put_text(e + 90, 0xff, "1");
    put_text(e + 108, 0xfe, "virtio-gpu");
    for (unsigned i = 0; i < EDID_BYTES - 1; i++)
        sum += e[i];
    e[EDID_BYTES - 1] = -sum;
}

static void put_word(uint8_t *p, uint32_t v)
{
    v = GUINT32_TO_LE(v);
    memcpy(p, &v, 4);
}

/* -- Queues -- */

/* What follows the header of a command of this type: words. */
static unsigned words_of(uint32_t type)
{
    switch (type) {
    case RESOURCE_CREATE_2D: return 4;
    case SET_SCANOUT:
    case RESOURCE_FLUSH: return 6;
    case TRANSFER_TO_HOST_2D: return 8;
    case RESOURCE_UNREF:
    case RESOURCE_ATTACH_BACKING:
    case RESOURCE_DETACH_BACKING:
    case GET_EDID: return 2;
    case UPDATE_CURSOR:
    case MOVE_CURSOR: return 8;
    default: return 0;
    }
}

/* Carry out a command. body: of the answer, zeros, and *len its bytes, 0 on entry. */
static uint32_t run(struct virtio_gpu *s, const struct virtq_elem *e, uint32_t type, uint8_t *body, size_t *len)
{
    uint32_t w[8] = { 0 };
    unsigned n = words_of(type);

    if (!read_words(e, HEADER, w, n))
        return ERR_UNSPEC;
    const struct rect area = { w[0], w[1], w[2], w[3] };
    switch (type) {
    case GET_DISPLAY_INFO:
        put_word(body + 8, s->xres);
        put_word(body + 12, s->yres);
        put_word(body + 16, 1);
        *len = SCANOUTS * 24;
        return OK_DISPLAY_INFO;
    case RESOURCE_CREATE_2D:
        return create(s, w[0], w[1], w[2], w[3]);
    case RESOURCE_UNREF:
        return unref(s, w[0]);
    case SET_SCANOUT:
        return set_scanout(s, &area, w[4], w[5]);
    case RESOURCE_FLUSH:
        return flush(s, &area, w[4]);
    case TRANSFER_TO_HOST_2D:
        return transfer(s, w[6], &area, w[4] | (uint64_t)w[5] << 32);
    case RESOURCE_ATTACH_BACKING:
        return attach(s, e, w[0], w[1]);
    case RESOURCE_DETACH_BACKING:
        return detach(s, w[0]);
    case GET_EDID:
        if (!virtio_has(&s->v, F_EDID))
            return ERR_UNSPEC;
        if (w[0] != 0)
            return ERR_INVALID_PARAMETER;
        put_word(body, EDID_BYTES);
        make_edid(s, body + 8);
        *len = 8 + EDID_ROOM;
        return OK_EDID;
    case UPDATE_CURSOR:
    case MOVE_CURSOR:
        set_cursor(s, w, type == UPDATE_CURSOR);
        return OK_NODATA;
    default:
        device_guest_error(&s->v.dev, "command 0x%" PRIx32 " is not known", type);
        return ERR_UNSPEC;
    }
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_gpu *s = (struct virtio_gpu *)v;
    struct virtq_elem *e;
    bool any = false;

    while ((e = virtq_pop(q))) {
        uint8_t head[HEADER], answer[HEADER + 8 + EDID_ROOM] = { 0 };
        uint32_t type, flags;
        size_t len = 0;
        if (iov_read(e->out, e->nout, 0, head, HEADER) != HEADER) {
            virtio_error(v, "command of %zu bytes: shorter than its header", e->out_len);
            virtq_forget(e);
            return;
        }
        memcpy(&type, head, 4);
        memcpy(&flags, head + 4, 4);
        put_word(answer, run(s, e, GUINT32_FROM_LE(type), answer + HEADER, &len));
        if (GUINT32_FROM_LE(flags) & FLAG_FENCE) {
            put_word(answer + 4, FLAG_FENCE);
            memcpy(answer + 8, head + 8, 12); /* fence, context */
        }
        virtq_push(q, e, iov_write(e->in, e->nin, 0, answer, HEADER + len));
        any = true;
    }
    if (any)
        virtq_interrupt(q);
}

static void clear(struct virtio_gpu *s)
{
    g_hash_table_remove_all(s->resources);
    s->hostmem = 0;
}

static void reset(struct virtio *v)
{
    struct virtio_gpu *s = (struct virtio_gpu *)v;

    clear(s);
    memset(&s->scanout, 0, sizeof(s->scanout));
    memset(&s->cursor, 0, sizeof(s->cursor));
}

static const struct virtio_ops ops = { .notify = notify, .reset = reset };

/* -- The picture -- */

static bool display_size(void *opaque, unsigned *width, unsigned *height)
{
    const struct virtio_gpu *s = opaque;

    *width = s->scanout.at.width;
    *height = s->scanout.at.height;
    return s->scanout.resource != 0;
}

static uint32_t blend(uint32_t below, const uint8_t *p)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < 3; i++) /* B8G8R8A8, not multiplied by alpha yet */
        out |= (p[i] * p[3] + (below >> (8 * i) & 0xff) * (255 - p[3])) / 255 << (8 * i);
    return out;
}

static void draw_cursor(const struct virtio_gpu *s, uint32_t *pixels, unsigned width, unsigned height)
{
    for (unsigned y = 0; y < CURSOR; y++)
        for (unsigned x = 0; x < CURSOR; x++) {
            uint32_t px = s->cursor.x + x, py = s->cursor.y + y; /* beyond the left and top edges they wrap around */
            if (px < width && py < height)
                pixels[(size_t)py * width + px] =
                    blend(pixels[(size_t)py * width + px], s->cursor.pixels + (y * CURSOR + x) * 4);
        }
}

static void display_draw(void *opaque, uint32_t *pixels, unsigned width, unsigned height)
{
    const struct virtio_gpu *s = opaque;
    const struct resource *r = find(s, s->scanout.resource);
    const struct format *f = find_format(r->format);

    for (unsigned y = 0; y < height; y++) {
        const uint8_t *p = r->pixels + (((size_t)s->scanout.at.y + y) * r->width + s->scanout.at.x) * 4;
        for (unsigned x = 0; x < width; x++, p += 4)
            pixels[(size_t)y * width + x] = p[f->red] << 16 | p[f->green] << 8 | p[f->blue];
    }
    if (s->cursor.shown)
        draw_cursor(s, pixels, width, height);
}

/* -- The device -- */

static bool realize(struct device *d, GError **err)
{
    struct virtio_gpu *s = (struct virtio_gpu *)d;
    const struct display_source source = { .id = d->id ? d->id : d->parent->id, .size = display_size,
                                           .draw = display_draw, .opaque = s, .lock = &d->lock };

    if (s->xres < 16 || s->xres > MAX_PREFERRED || s->yres < 16 || s->yres > MAX_PREFERRED) {
        fail(err, "virtio-gpu-device: xres=%" PRIu32 ",yres=%" PRIu32 ": expected 16 to %u each", s->xres, s->yres,
             MAX_PREFERRED);
        return false;
    }
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_GPU, s->edid ? VIRTIO_BIT(F_EDID) : 0, C_BYTES, err))
        return false;
    virtio_add_queue(&s->v, 256);
    virtio_add_queue(&s->v, 16);
    put_word(s->v.config + C_NUM_SCANOUTS, 1);
    s->resources = g_hash_table_new_full(NULL, NULL, NULL, resource_free);
    g_queue_init(&s->saved);
    display_add(&source);
    return true;
}

static void unrealize(struct device *d)
{
    struct virtio_gpu *s = (struct virtio_gpu *)d;

    display_remove(s);
    virtio_fini(&s->v);
    g_hash_table_unref(s->resources);
    g_queue_clear_full(&s->saved, (GDestroyNotify)g_bytes_unref);
}

static const struct property props[] = {
    PROP(struct virtio_gpu, max_hostmem, SIZE, 256 * MiB, NULL, "most memory of the host's for the guest's pictures"),
    PROP(struct virtio_gpu, xres, U32, 1280, NULL, "preferred width"),
    PROP(struct virtio_gpu, yres, U32, 800, NULL, "preferred height"),
    PROP(struct virtio_gpu, edid, BOOL, 1, NULL, "tell the guest of the display by EDID"),
    VIRTIO_PROPS,
    PROP_END,
};

/* -- State: each resource is a message of its own -- */

#define HEAD_WORDS 5

static void put_resource(gpointer key, gpointer value, gpointer opaque)
{
    const struct resource *r = value;
    const uint32_t head[HEAD_WORDS] = { r->id, r->format, r->width, r->height, r->npieces };
    GByteArray *a = g_byte_array_new();

    for (unsigned i = 0; i < HEAD_WORDS; i++)
        g_byte_array_append(a, (uint8_t *)&(uint32_t){ GUINT32_TO_LE(head[i]) }, 4);
    for (uint32_t i = 0; i < r->npieces; i++) {
        g_byte_array_append(a, (uint8_t *)&(uint64_t){ GUINT64_TO_LE(r->pieces[i].addr) }, 8);
        g_byte_array_append(a, (uint8_t *)&(uint32_t){ GUINT32_TO_LE(r->pieces[i].len) }, 4);
    }
    g_byte_array_append(a, r->pixels, bytes_of(r));
    g_queue_push_tail(opaque, g_byte_array_free_to_bytes(a));
}

static gint by_id(gconstpointer a, gconstpointer b, gpointer opaque)
{
    return memcmp(g_bytes_get_data((GBytes *)a, NULL), g_bytes_get_data((GBytes *)b, NULL), 4);
}

static void settle(void *obj)
{
    struct virtio_gpu *s = obj;

    virtio_settle(obj);
    g_queue_clear_full(&s->saved, (GDestroyNotify)g_bytes_unref);
    g_hash_table_foreach(s->resources, put_resource, &s->saved);
    g_queue_sort(&s->saved, by_id, NULL);
}

static bool get_resource(struct virtio_gpu *s, GBytes *bytes)
{
    size_t len;
    const uint8_t *p = g_bytes_get_data(bytes, &len);
    uint32_t head[HEAD_WORDS];

    if (len < sizeof(head))
        return false;
    memcpy(head, p, sizeof(head));
    for (unsigned i = 0; i < HEAD_WORDS; i++)
        head[i] = GUINT32_FROM_LE(head[i]);
    if (head[4] > MAX_BACKING || create(s, head[0], head[1], head[2], head[3]) != OK_NODATA)
        return false;
    struct resource *r = find(s, head[0]);
    if (len != sizeof(head) + head[4] * 12 + bytes_of(r))
        return false;
    p += sizeof(head);
    r->npieces = head[4];
    r->pieces = g_new0(struct piece, r->npieces);
    for (uint32_t i = 0; i < r->npieces; i++, p += 12) {
        memcpy(&r->pieces[i].addr, p, 8);
        memcpy(&r->pieces[i].len, p + 8, 4);
        r->pieces[i].addr = GUINT64_FROM_LE(r->pieces[i].addr);
        r->pieces[i].len = GUINT32_FROM_LE(r->pieces[i].len);
    }
    memcpy(r->pixels, p, bytes_of(r));
    return true;
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct virtio_gpu *s = obj;
    const struct resource *shown;

    clear(s);
    for (GList *l = s->saved.head; l; l = l->next)
        if (!get_resource(s, l->data)) {
            fail(err, "a resource is not what it can be");
            return false;
        }
    shown = find(s, s->scanout.resource);
    if (s->scanout.resource && (!shown || !inside(&s->scanout.at, shown->width, shown->height))) {
        fail(err, "the output shows what is not there");
        return false;
    }
    return virtio_loaded(obj, version, err);
}

static void resume(void *obj, bool loaded)
{
    g_queue_clear_full(&((struct virtio_gpu *)obj)->saved, (GDestroyNotify)g_bytes_unref);
}

static const struct state_row rect_fields[] = {
    FIELD_KEEP(struct rect, x),
    FIELD_KEEP(struct rect, y),
    FIELD_KEEP(struct rect, width),
    FIELD_KEEP(struct rect, height),
    FIELD_END,
};

static const struct state_table rect_state = { STATE_OF(struct rect), .version = 1, .rows = rect_fields };

static const struct state_row scanout_fields[] = {
    FIELD_KEEP(struct scanout, resource),
    FIELD_STRUCT(struct scanout, at, &rect_state),
    FIELD_END,
};

static const struct state_table scanout_state = { STATE_OF(struct scanout), .version = 1, .rows = scanout_fields };

static const struct state_row cursor_fields[] = {
    FIELD_KEEP(struct cursor, x),
    FIELD_KEEP(struct cursor, y),
    FIELD_KEEP(struct cursor, hot_x),
    FIELD_KEEP(struct cursor, hot_y),
    FIELD_KEEP(struct cursor, shown),
    FIELD_KEEP_ARRAY(struct cursor, pixels),
    FIELD_END,
};

static const struct state_table cursor_state = { STATE_OF(struct cursor), .version = 1, .rows = cursor_fields };

/* Reset by virtio_reset(). */
static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_gpu),
    FIELD_NONE(struct virtio_gpu, resources, "they are in saved"),
    FIELD_NONE(struct virtio_gpu, hostmem, "counted anew"),
    FIELD_STRUCT(struct virtio_gpu, scanout, &scanout_state),
    FIELD_STRUCT(struct virtio_gpu, cursor, &cursor_state),
    FIELD_QUEUE(struct virtio_gpu, saved, MAX_RESOURCES),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct virtio_gpu),
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
    .resume = resume,
};

const struct device_type virtio_gpu_device_type = {
    .name = "virtio-gpu-device",
    .desc = "virtio display adapter",
    .bus = &virtio_bus_type,
    .size = sizeof(struct virtio_gpu),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
