/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-gpu: what it says of its output, pictures in all formats and in pieces, the cursor, what it refuses. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "display.h"
#include "tests/virtio-rig.h"

extern const struct device_type virtio_gpu_device_type;

static struct virtio_rig f;
static struct drv control, cursor;
static gpa command, answer;

static void open_gpu(void)
{
    virtio_rig_init(&f, false);
    struct device *d = virtio_rig_device(&f, &virtio_gpu_device_type, f.mmio);
    virtio_rig_set(d, "xres", "640");
    virtio_rig_set(d, "yres", "400");
    virtio_rig_set(d, "max_hostmem", "1M");
    virtio_rig_plug(&f, d);
    uint64_t features = negotiate(&f, VIRTIO_BIT(VIRTIO_F_VERSION_1) | 2);
    g_assert_cmphex(features & 2, ==, 2);
    drv_setup(&control, &f, 0, 64, features);
    drv_setup(&cursor, &f, 1, 16, features);
    driver_ok(&f);
    command = guest_alloc(&f, 4096, 8);
    answer = guest_alloc(&f, 2048, 8);
}

static void close_gpu(void)
{
    virtio_rig_unrealize(f.dev);
}

/* A command of words behind the header; the answer's type. */
static uint32_t ask_on(struct drv *q, uint32_t type, const uint32_t *words, unsigned n)
{
    uint32_t *c = guest_ptr(&f, command);
    struct seg s[2] = { { command, 24 + 4 * n, false }, { answer, 2048, true } };
    uint16_t id;

    memset(c, 0, 24);
    c[0] = type;
    c[1] = 1;
    c[2] = 0x1234;
    c[4] = 7;
    memcpy(c + 6, words, 4 * n);
    id = drv_add(q, s, 2);
    drv_kick(q);
    g_assert_cmpuint(drv_wait(q, id), >=, 24);
    g_assert_cmphex(get32(&f, answer + 4), ==, 1); /* the fence */
    g_assert_cmphex(get32(&f, answer + 8), ==, 0x1234);
    g_assert_cmphex(get32(&f, answer + 16), ==, 7);
    return get32(&f, answer);
}
#define ASK(type, ...)                                                                                                 \
    ask_on(&control, type, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

/* What a screendump has, as 0xRRGGBB from *pixels on; freed by the caller. NULL if nothing is shown. */
static uint8_t *dump(unsigned *width, unsigned *height)
{
    g_autofree char *path = g_strdup_printf("%s/mynah-gpu-%d.ppm", g_get_tmp_dir(), getpid());
    g_autofree char *text = NULL;
    g_autoptr(GError) err = NULL;
    gsize len;

    if (!display_dump(NULL, path, DISPLAY_PPM, &err))
        return NULL;
    g_assert_true(g_file_get_contents(path, &text, &len, NULL));
    unlink(path);
    g_assert_cmpint(sscanf(text, "P6\n%u %u\n255\n", width, height), ==, 2);
    g_assert_cmpuint(len, >, *width * *height * 3);
    return g_memdup2(text + len - *width * *height * 3, *width * *height * 3);
}

static void test_output(void)
{
    uint8_t sum = 0;

    open_gpu();
    g_assert_cmpuint(rd(&f, 0x108), ==, 1);
    g_assert_cmphex(ASK(0x100, 0), ==, 0x1101);
    g_assert_cmpuint(get32(&f, answer + 24 + 8), ==, 640);
    g_assert_cmpuint(get32(&f, answer + 24 + 12), ==, 400);
    g_assert_cmpuint(get32(&f, answer + 24 + 16), ==, 1);
    g_assert_cmpuint(get32(&f, answer + 48 + 16), ==, 0);
    g_assert_cmphex(ASK(0x10a, 1, 0), ==, 0x1205);
    g_assert_cmphex(ASK(0x10a, 0, 0), ==, 0x1104);
    g_assert_cmpuint(get32(&f, answer + 24), ==, 128);
    const uint8_t *e = guest_ptr(&f, answer + 32);
    for (unsigned i = 0; i < 128; i++)
        sum += e[i];
    g_assert_cmpuint(sum, ==, 0);
    g_assert_cmphex(e[0], ==, 0);
    g_assert_cmphex(e[7], ==, 0);
    g_assert_cmpuint(e[54 + 2] | (e[54 + 4] & 0xf0) << 4, ==, 640);
    g_assert_cmpuint(e[54 + 5] | (e[54 + 7] & 0xf0) << 4, ==, 400);
    unsigned width, height;
    g_assert_null(dump(&width, &height));
    close_gpu();
}

/* A picture of 32 by 20 whose memory is in two pieces, of which the output shows a part. */
static void test_picture(void)
{
    static const struct { uint32_t format; uint8_t r, g, b; } formats[] = {
        { 1, 2, 1, 0 }, { 2, 2, 1, 0 }, { 3, 1, 2, 3 }, { 4, 1, 2, 3 }, { 67, 0, 1, 2 }, { 68, 3, 2, 1 },
        { 121, 3, 2, 1 }, { 134, 0, 1, 2 },
    };
    unsigned width, height;

    open_gpu();
    for (unsigned i = 0; i < ARRAY_SIZE(formats); i++) {
        const uint32_t id = 10 + i, first = 1000;
        gpa a = guest_alloc(&f, first, 4), b = guest_alloc(&f, 32 * 20 * 4 - first, 4);
        g_assert_cmphex(ASK(0x101, id, formats[i].format, 32, 20), ==, 0x1100);
        g_assert_cmphex(ASK(0x106, id, 2, a, a >> 32, first, 0, b, b >> 32, 32 * 20 * 4 - first, 0), ==, 0x1100);
        for (unsigned at = 0; at < 32 * 20; at++) {
            uint8_t *p = guest_ptr(&f, at * 4 < first ? a + at * 4 : b + at * 4 - first);
            p[formats[i].r] = at;
            p[formats[i].g] = at >> 8;
            p[formats[i].b] = 0x55;
        }
        g_assert_cmphex(ASK(0x103, 4, 3, 20, 16, 0, id), ==, 0x1100);
        g_autofree uint8_t *before = dump(&width, &height);
        g_assert_cmphex(before[0] | before[1] | before[2], ==, 0);
        /* First a part, from row 5 and column 6 on, then all. */
        g_assert_cmphex(ASK(0x105, 6, 5, 10, 2, (5 * 32 + 6) * 4, 0, id, 0), ==, 0x1100);
        g_autofree uint8_t *part = dump(&width, &height);
        g_assert_cmphex(part[0] | part[1] | part[2], ==, 0);
        g_assert_cmphex(part[(2 * 20 + 2) * 3], ==, (5 * 32 + 6) & 0xff);
        g_assert_cmphex(part[(2 * 20 + 12) * 3 + 2], ==, 0);
        g_assert_cmphex(ASK(0x105, 0, 0, 32, 20, 0, 0, id, 0), ==, 0x1100);
        g_assert_cmphex(ASK(0x104, 0, 0, 32, 20, id, 0), ==, 0x1100);
        g_autofree uint8_t *whole = dump(&width, &height);
        g_assert_cmpuint(width, ==, 20);
        g_assert_cmpuint(height, ==, 16);
        for (unsigned y = 0; y < 16; y++)
            for (unsigned x = 0; x < 20; x++) {
                const uint8_t *p = whole + (y * 20 + x) * 3;
                unsigned at = (y + 3) * 32 + x + 4;
                g_assert_cmphex(p[0] << 16 | p[1] << 8 | p[2], ==, (at & 0xff) << 16 | at >> 8 << 8 | 0x55);
            }
    }
    g_assert_cmphex(ASK(0x107, 10, 0), ==, 0x1100);
    g_assert_cmphex(ASK(0x107, 10, 0), ==, 0x1203);
    g_assert_cmphex(ASK(0x105, 0, 0, 32, 20, 0, 0, 10, 0), ==, 0x1203);
    g_assert_cmphex(ASK(0x102, 17, 0), ==, 0x1100); /* the one that is shown */
    g_assert_null(dump(&width, &height));
    close_gpu();
}

static void test_cursor(void)
{
    unsigned width, height;

    open_gpu();
    gpa a = guest_alloc(&f, 64 * 64 * 4, 4);
    uint32_t *p = guest_ptr(&f, a);
    for (unsigned i = 0; i < 64 * 64; i++)
        p[i] = i % 64 < 32 ? 0xffff0000 : 0x00ffffff; /* red, and nothing */
    g_assert_cmphex(ASK(0x101, 1, 2, 100, 100), ==, 0x1100);
    g_assert_cmphex(ASK(0x103, 0, 0, 100, 100, 0, 1), ==, 0x1100);
    g_assert_cmphex(ASK(0x101, 2, 1, 64, 64), ==, 0x1100);
    g_assert_cmphex(ASK(0x106, 2, 1, a, a >> 32, 64 * 64 * 4, 0), ==, 0x1100);
    g_assert_cmphex(ASK(0x105, 0, 0, 64, 64, 0, 0, 2, 0), ==, 0x1100);
    g_assert_cmphex(ask_on(&cursor, 0x300, (const uint32_t[8]){ 0, 10, 20, 0, 2, 1, 1 }, 8), ==, 0x1100);
    g_autofree uint8_t *d = dump(&width, &height);
    g_assert_cmphex(d[(20 * 100 + 9) * 3], ==, 0);
    g_assert_cmphex(d[(20 * 100 + 10) * 3], ==, 0xff);
    g_assert_cmphex(d[(20 * 100 + 41) * 3], ==, 0xff);
    g_assert_cmphex(d[(20 * 100 + 42) * 3], ==, 0);
    g_assert_cmphex(ask_on(&cursor, 0x301, (const uint32_t[8]){ 0, -5, 90 }, 8), ==, 0x1100); /* over the edge */
    g_autofree uint8_t *moved = dump(&width, &height);
    g_assert_cmphex(moved[(90 * 100) * 3], ==, 0xff);
    g_assert_cmphex(moved[(90 * 100 + 26) * 3], ==, 0xff);
    g_assert_cmphex(moved[(90 * 100 + 27) * 3], ==, 0);
    g_assert_cmphex(ask_on(&cursor, 0x300, (const uint32_t[8]){ 0 }, 8), ==, 0x1100);
    g_autofree uint8_t *gone = dump(&width, &height);
    g_assert_cmphex(gone[(90 * 100) * 3], ==, 0);
    close_gpu();
}

static void test_misuse(void)
{
    unsigned width, height;

    open_gpu();
    g_assert_cmphex(ASK(0x101, 0, 1, 10, 10), ==, 0x1203);
    g_assert_cmphex(ASK(0x101, 1, 5, 10, 10), ==, 0x1205);
    g_assert_cmphex(ASK(0x101, 1, 1, 0, 10), ==, 0x1205);
    g_assert_cmphex(ASK(0x101, 1, 1, 16385, 10), ==, 0x1205);
    g_assert_cmphex(ASK(0x101, 1, 1, 1024, 257), ==, 0x1201);
    g_assert_cmphex(ASK(0x101, 1, 1, 1024, 256), ==, 0x1100); /* all the memory there is */
    g_assert_cmphex(ASK(0x101, 2, 1, 1, 1), ==, 0x1201);
    g_assert_cmphex(ASK(0x102, 1, 0), ==, 0x1100);
    g_assert_cmphex(ASK(0x101, 1, 1, 32, 32), ==, 0x1100);
    g_assert_cmphex(ASK(0x101, 1, 1, 32, 32), ==, 0x1203);
    g_assert_cmphex(ASK(0x103, 0, 0, 33, 32, 0, 1), ==, 0x1205);
    g_assert_cmphex(ASK(0x103, 0xffffffff, 0, 32, 32, 0, 1), ==, 0x1205);
    g_assert_cmphex(ASK(0x103, 0, 0, 32, 32, 1, 1), ==, 0x1202);
    g_assert_cmphex(ASK(0x103, 0, 0, 32, 32, 0, 9), ==, 0x1203);
    g_assert_cmphex(ASK(0x104, 0, 1, 32, 32, 1, 0), ==, 0x1205);
    g_assert_cmphex(ASK(0x106, 1, 0xffffffff), ==, 0x1200);
    g_assert_cmphex(ASK(0x106, 1, 2, 0, 0, 100, 0), ==, 0x1200); /* one is missing */
    g_assert_cmphex(ASK(0x106, 1, 1, 0x1000, 0, 4096, 0), ==, 0x1100); /* where no memory is */
    g_assert_cmphex(ASK(0x105, 0, 0, 32, 32, 0, 0, 1, 0), ==, 0x1205);
    g_assert_cmphex(ASK(0x107, 1, 0), ==, 0x1100);
    g_assert_cmphex(ASK(0x106, 1, 1, RAM_BASE, 0, 4095, 0), ==, 0x1100); /* a byte too short */
    g_assert_cmphex(ASK(0x105, 0, 0, 32, 32, 0, 0, 1, 0), ==, 0x1205);
    g_assert_cmphex(ASK(0x105, 0, 0, 32, 32, 0, 1, 1, 0), ==, 0x1205);
    g_assert_cmphex(ASK(0x999, 0), ==, 0x1200);
    g_assert_cmphex(ASK(0x105, 0), ==, 0x1200); /* too short */
    g_assert_cmphex(ASK(0x103, 0, 0, 32, 32, 0, 1), ==, 0x1100);
    g_autofree uint8_t *d = dump(&width, &height);
    g_assert_nonnull(d);
    wr(&f, 0x70, 0); /* a reset forgets all */
    g_assert_null(dump(&width, &height));
    close_gpu();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-gpu/output", test_output);
    g_test_add_func("/virtio-gpu/picture", test_picture);
    g_test_add_func("/virtio-gpu/cursor", test_cursor);
    g_test_add_func("/virtio-gpu/misuse", test_misuse);
    return g_test_run();
}
