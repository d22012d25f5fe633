/* SPDX-License-Identifier: BSD-2-Clause */
/* A BCM2835's mailboxes: messages, properties, the framebuffer and its picture. Memory begins at RIG_RAM, an alias of 0. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "display.h"
#include "tests/device-rig.h"

enum { READ = 0x00, POLL = 0x10, STATUS = 0x18, CONFIG = 0x1c, WRITE = 0x20, WRITE_STATUS = 0x38 };
#define EMPTY 0x40000000u
#define FULL 0x80000000u
#define RESPONSE 0x80000000u
#define MSG 0x1000u /* where messages are */
#define RAM (16 * MiB)
#define VRAM (14 * MiB)

static struct rig rig;
static struct device *dev;
static struct region low_ram; /* the bench's memory is elsewhere */

static uint32_t rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 4);
}

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, 4, v);
}

static void setup(void)
{
    static struct ram_block *block;

    if (!block) {
        block = ram_block_new("low", RAM, NULL);
        low_ram = (struct region){ .name = "low", .kind = REGION_RAM, .size = RAM, .host = block->host, .ram = block };
        address_space_map(rig.m.as, &low_ram, 0, 0);
    }
    memset(low_ram.host, 0, RAM);
    dev = rig_new(&rig, "bcm2835-mbox", 1);
    g_assert_true(device_set_prop(dev, "ram-size", "16M", NULL));
    g_assert_true(device_set_prop(dev, "vcram-size", "2M", NULL));
    g_assert_true(device_set_prop(dev, "board-rev", "0xa02082", NULL));
    g_assert_true(device_set_prop(dev, "serial", "0x123456789abcdef0", NULL));
    g_assert_true(device_set_prop(dev, "mac", "52:54:00:01:02:03", NULL));
    g_assert_true(device_set_prop(dev, "command-line", "console=x", NULL));
    rig_start(&rig, dev);
}

static void teardown(void)
{
    rig_fuzz(&rig, dev, 2000);
    device_reset(dev);
    rig_remove(&rig, dev);
}

static uint32_t word(uint32_t at)
{
    uint32_t v;

    dma_read(rig.m.as, at, &v, 4);
    return GUINT32_FROM_LE(v);
}

static void set_word(uint32_t at, uint32_t v)
{
    v = GUINT32_TO_LE(v);
    dma_write(rig.m.as, at, &v, 4);
}

static void send(uint32_t message)
{
    wr(WRITE, message);
    g_assert_cmphex(rd(READ), ==, message);
}

/* A message of one tag, with n words of it given; the response's length. */
static uint32_t ask(uint32_t tag, unsigned size, unsigned n, const uint32_t *in)
{
    set_word(MSG, 24 + size);
    set_word(MSG + 4, 0);
    set_word(MSG + 8, tag);
    set_word(MSG + 12, size);
    set_word(MSG + 16, 4 * n);
    for (unsigned i = 0; i < size / 4; i++)
        set_word(MSG + 20 + 4 * i, i < n ? in[i] : 0);
    set_word(MSG + 20 + size, 0);
    send(MSG | 8);
    g_assert_cmphex(word(MSG + 4), ==, RESPONSE);
    g_assert_cmphex(word(MSG + 16) & RESPONSE, ==, RESPONSE);
    return word(MSG + 16) & ~RESPONSE;
}

static uint32_t value(unsigned i)
{
    return word(MSG + 20 + 4 * i);
}

static void test_mailbox(void)
{
    setup();
    g_assert_cmphex(rd(STATUS), ==, EMPTY);
    g_assert_cmphex(rd(READ), ==, 0xf);
    g_assert_cmphex(rd(WRITE_STATUS), ==, EMPTY);
    wr(CONFIG, 1);
    g_assert_false(rig.wire[0]);
    set_word(MSG, 12);
    wr(WRITE, MSG | 8);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(STATUS), ==, 1);
    g_assert_cmphex(rd(POLL), ==, MSG | 8);
    g_assert_cmphex(rd(READ), ==, MSG | 8);
    g_assert_false(rig.wire[0]);
    /* Eight messages, and the ninth is lost. */
    for (unsigned i = 0; i < 9; i++)
        wr(WRITE, (MSG + 16 * i) | 8);
    g_assert_cmphex(rd(STATUS) & FULL, ==, FULL);
    g_assert_cmphex(rd(WRITE_STATUS), ==, FULL);
    for (unsigned i = 0; i < 8; i++)
        g_assert_cmphex(rd(READ), ==, (MSG + 16 * i) | 8);
    g_assert_cmphex(rd(READ), ==, 0xf);
    wr(WRITE, MSG | 3); /* nobody is there */
    g_assert_cmphex(rd(STATUS), ==, EMPTY);
    teardown();
}

static void test_board(void)
{
    setup();
    g_assert_cmpuint(ask(0x00000001, 4, 0, NULL), ==, 4);
    g_assert_cmpuint(value(0), ==, 346337);
    g_assert_cmpuint(ask(0x00010002, 4, 0, NULL), ==, 4);
    g_assert_cmphex(value(0), ==, 0xa02082);
    g_assert_cmpuint(ask(0x00010003, 8, 0, NULL), ==, 6);
    g_assert_cmphex(value(0), ==, 0x01005452);
    g_assert_cmphex(value(1), ==, 0x0302);
    g_assert_cmpuint(ask(0x00010004, 8, 0, NULL), ==, 8);
    g_assert_cmphex(value(0), ==, 0x9abcdef0);
    g_assert_cmphex(value(1), ==, 0x12345678);
    ask(0x00010005, 8, 0, NULL);
    g_assert_cmphex(value(0), ==, 0);
    g_assert_cmphex(value(1), ==, VRAM);
    ask(0x00010006, 8, 0, NULL);
    g_assert_cmphex(value(0), ==, VRAM);
    g_assert_cmphex(value(1), ==, 2 * MiB);
    g_assert_cmpuint(ask(0x00050001, 4, 0, NULL), ==, 10); /* longer than its room */
    g_assert_cmphex(value(0), ==, 0x736e6f63);
    g_assert_cmphex(value(1), ==, 0); /* the end is whole */
    g_assert_cmpuint(ask(0x000abcde, 4, 1, (const uint32_t[]){ 77 }), ==, 0); /* there is no such property */
    g_assert_cmpuint(value(0), ==, 77);
    teardown();
}

static void test_clocks_and_power(void)
{
    setup();
    ask(0x00030002, 8, 1, (const uint32_t[]){ 2 });
    g_assert_cmpuint(value(1), ==, 3000000);
    ask(0x00038002, 12, 2, (const uint32_t[]){ 3, 600000000 });
    g_assert_cmpuint(value(1), ==, 600000000);
    ask(0x00038002, 12, 2, (const uint32_t[]){ 3, 4000000000 }); /* at most what it can do */
    g_assert_cmpuint(value(1), ==, 700000000);
    ask(0x00030002, 8, 1, (const uint32_t[]){ 1000 });
    g_assert_cmpuint(value(1), ==, 0);
    ask(0x00038001, 8, 2, (const uint32_t[]){ 4, 0 });
    ask(0x00030001, 8, 1, (const uint32_t[]){ 4 });
    g_assert_cmpuint(value(1), ==, 0);
    ask(0x00030001, 8, 1, (const uint32_t[]){ 77 });
    g_assert_cmpuint(value(1), ==, 2);
    g_assert_cmpuint(ask(0x00010007, 80, 0, NULL), ==, 80);
    g_assert_cmpuint(value(5), ==, 3);
    ask(0x00028001, 8, 2, (const uint32_t[]){ 3, 3 });
    g_assert_cmpuint(value(1), ==, 1);
    ask(0x00020001, 8, 1, (const uint32_t[]){ 32 });
    g_assert_cmpuint(value(1), ==, 2);
    ask(0x00038030, 8, 2, (const uint32_t[]){ 31, 1 });
    ask(0x00030030, 8, 1, (const uint32_t[]){ 31 });
    g_assert_cmpuint(value(1), ==, 1);
    ask(0x00030030, 8, 1, (const uint32_t[]){ ~0u });
    g_assert_cmpuint(value(1), ==, 0);
    ask(0x00030006, 8, 1, (const uint32_t[]){ 0 });
    g_assert_cmpuint(value(1), ==, 25000);
    ask(0x00038043, 24, 6, (const uint32_t[]){ 130, 1, 0, 0, 2, 1 });
    g_assert_cmpuint(value(0), ==, 0);
    ask(0x00030043, 20, 1, (const uint32_t[]){ 130 });
    g_assert_cmpuint(value(1), ==, 1);
    g_assert_cmpuint(value(4), ==, 2);
    ask(0x00030041, 8, 1, (const uint32_t[]){ 130 });
    g_assert_cmpuint(value(1), ==, 1);
    ask(0x00038041, 8, 2, (const uint32_t[]){ 127, 1 }); /* none of the expander's */
    g_assert_cmpuint(value(0), ==, 1);
    ask(0x00038021, 16, 4, (const uint32_t[]){ 6, 2, 0x11, 0x22 });
    ask(0x00030021, 40, 2, (const uint32_t[]){ 0, 8 });
    g_assert_cmphex(value(8), ==, 0x11);
    g_assert_cmphex(value(9), ==, 0x22);
    ask(0x00030021, 40, 2, (const uint32_t[]){ ~0u, 8 });
    ask(0x00038021, 40, 2, (const uint32_t[]){ 4, ~0u });
    teardown();
}

/* Messages that are none. */
static void test_malformed(void)
{
    setup();
    set_word(MSG, 8); /* no room for a tag */
    send(MSG | 8);
    g_assert_cmphex(word(MSG + 4), ==, 0);
    set_word(MSG, 0x7fffffff);
    send(MSG | 8);
    set_word(MSG, 32);
    set_word(MSG + 8, 0x00010002);
    set_word(MSG + 12, 0xfffffff0); /* longer than the message */
    send(MSG | 8);
    g_assert_cmphex(word(MSG + 4), ==, 0x80000001);
    set_word(MSG, 24); /* ends within a tag's head */
    set_word(MSG + 12, 0);
    set_word(MSG + 20, 0x00010002);
    send(MSG | 8);
    g_assert_cmphex(word(MSG + 4), ==, 0x80000001);
    send(0x3ffffff0 | 8); /* where no memory is */
    send((RAM - 16) | 8);
    set_word(RAM - 16, 4096); /* its end is not there */
    send((RAM - 16) | 8);
    teardown();
}

/* Random tags with random values in messages of random lengths, at the end of the memory too. */
static void test_random(void)
{
    static const uint16_t kinds[] = { 0, 1, 2, 3, 4, 5, 6 };

    setup();
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t len = g_test_rand_int_range(0, 256) * 4 + g_test_rand_int_range(0, 8) / 7, at = MSG;
        if (i % 8 == 0)
            at = (RAM - len) & ~15u;
        set_word(at, i % 16 ? len : (uint32_t)g_test_rand_int());
        for (uint32_t w = at + 8; w + 4 <= at + len; ) {
            uint32_t size = g_test_rand_int_range(0, 40);
            uint32_t tag = kinds[g_test_rand_int_range(0, G_N_ELEMENTS(kinds))] << 16 | g_test_rand_int_range(0, 0x50);
            set_word(w, tag | g_test_rand_int_range(0, 3) << 14);
            set_word(w + 4, g_test_rand_int_range(0, 64) ? size : (uint32_t)g_test_rand_int());
            for (unsigned k = 0; k < size / 4 + 1; k++)
                set_word(w + 12 + 4 * k, g_test_rand_int_range(0, 4) ? g_test_rand_int_range(0, 300) : g_test_rand_int());
            w += 12 + ((size + 3) & ~3u);
        }
        wr(WRITE, at | (i % 32 ? 8 : 1));
        rd(READ);
        if (i % 256 == 0)
            display_dump(NULL, "/dev/null", DISPLAY_PPM, NULL);
    }
    teardown();
}

/* -- The framebuffer -- */

static void check_picture(const char *id, enum display_format format, const void *bytes, gsize len)
{
    g_autofree char *path = g_strdup_printf("%s/test-bcm2835-mbox-%d", g_get_tmp_dir(), getpid()), *got = NULL;
    g_autoptr(GError) err = NULL;
    gsize n;

    display_dump(id, path, format, &err);
    g_assert_no_error(err);
    g_assert_true(g_file_get_contents(path, &got, &n, NULL));
    g_assert_cmpmem(got, MIN(n, len), bytes, len);
    g_remove(path);
}

static void test_framebuffer(void)
{
    static const uint8_t red_green_rows[] = "P6\n2 2\n255\n\xff\0\0\0\xff\0\0\0\xff\x30\x20\x10";
    uint32_t base;

    setup();
    ask(0x00040003, 8, 0, NULL); /* after a reset */
    g_assert_cmpuint(value(0), ==, 640);
    g_assert_cmpuint(value(1), ==, 480);
    ask(0x00044003, 8, 2, (const uint32_t[]){ 100000, 0 }); /* what would be */
    g_assert_cmpuint(value(0), ==, 3840);
    g_assert_cmpuint(value(1), ==, 1);
    ask(0x00048003, 8, 2, (const uint32_t[]){ 2, 2 });
    ask(0x00048004, 8, 2, (const uint32_t[]){ 4, 4 });
    ask(0x00048005, 4, 1, (const uint32_t[]){ 32 });
    ask(0x00048006, 4, 1, (const uint32_t[]){ 0 });
    ask(0x00048009, 8, 2, (const uint32_t[]){ 1, 9 });
    g_assert_cmpuint(value(0), ==, 1);
    g_assert_cmpuint(value(1), ==, 2); /* it would lie beyond */
    ask(0x00040008, 4, 0, NULL);
    g_assert_cmpuint(value(0), ==, 16);
    ask(0x00040001, 8, 1, (const uint32_t[]){ 16 });
    base = value(0);
    g_assert_cmphex(base, ==, VRAM + 1 * MiB);
    g_assert_cmpuint(value(1), ==, 64);
    set_word(base + 2 * 16 + 4, 0x00ff0000); /* blue first */
    set_word(base + 2 * 16 + 8, 0x0000ff00);
    set_word(base + 3 * 16 + 4, 0x000000ff);
    set_word(base + 3 * 16 + 8, 0x00302010);
    check_picture(NULL, DISPLAY_PPM, red_green_rows, sizeof(red_green_rows) - 1);
    check_picture("bcm2835-mbox", DISPLAY_PNG, "\x89PNG\r\n\x1a\n", 8);
    ask(0x00040002, 4, 1, (const uint32_t[]){ 1 }); /* blank */
    check_picture(NULL, DISPLAY_PPM, "P6\n2 2\n255\n\0\0\0\0\0\0\0\0\0\0\0\0", 23);
    teardown();
}

static void test_depths(void)
{
    uint32_t palette[6] = { 1, 2, 0x0000ff, 0xff0000 };

    setup();
    ask(0x00048003, 8, 2, (const uint32_t[]){ 2, 1 });
    ask(0x00048004, 8, 2, (const uint32_t[]){ 2, 1 });
    ask(0x00048005, 4, 1, (const uint32_t[]){ 16 });
    set_word(VRAM + MiB, 0x001f << 16 | 0xf800);
    check_picture(NULL, DISPLAY_PPM, "P6\n2 1\n255\n\xf8\0\0\0\0\xf8", 17);
    ask(0x00048005, 4, 1, (const uint32_t[]){ 24 });
    set_word(VRAM + MiB, 0x01030201);
    set_word(VRAM + MiB + 4, 0x0302);
    check_picture(NULL, DISPLAY_PPM, "P6\n2 1\n255\n\1\2\3\1\2\3", 17);
    ask(0x00048005, 4, 1, (const uint32_t[]){ 8 });
    set_word(VRAM + MiB, 0x0201);
    ask(0x0004800b, 24, 4, palette);
    g_assert_cmpuint(value(0), ==, 0);
    check_picture(NULL, DISPLAY_PPM, "P6\n2 1\n255\n\xff\0\0\0\0\xff", 17);
    ask(0x0004800b, 24, 4, (const uint32_t[]){ 255, 2, 0, 0 });
    g_assert_cmpuint(value(0), ==, 1);
    ask(0x0004800b, 24, 4, (const uint32_t[]){ 0, ~0u, 0, 0 });
    g_assert_cmpuint(value(0), ==, 1);
    ask(0x00048005, 4, 1, (const uint32_t[]){ 5 });
    g_assert_cmpuint(value(0), ==, 32);
    /* More than there is room for. */
    ask(0x00048003, 8, 2, (const uint32_t[]){ 3840, 2560 });
    g_assert_cmpuint(value(0), ==, 3840);
    g_assert_cmpuint(value(1), ==, MiB / (3840 * 4));
    teardown();
}

static void test_fb_channel(void)
{
    setup();
    for (unsigned i = 0; i < 10; i++)
        set_word(MSG + 4 * i, (const uint32_t[]){ 320, 200, 320, 400, 0, 8, 0, 200, 0, 0 }[i]);
    wr(WRITE, MSG | 1);
    g_assert_cmphex(rd(READ), ==, 1);
    g_assert_cmpuint(word(MSG + 16), ==, 320);
    g_assert_cmphex(word(MSG + 32), ==, VRAM + MiB);
    g_assert_cmpuint(word(MSG + 36), ==, 320 * 400);
    wr(WRITE, 0x3ffffff0 | 1);
    g_assert_cmphex(rd(READ), ==, 1);
    teardown();
}

static void test_no_display(void)
{
    g_autoptr(GError) none = NULL, unknown = NULL, unwritable = NULL;

    g_assert_false(display_dump(NULL, "/nonexistent", DISPLAY_PPM, &none));
    g_assert_cmpstr(none->message, ==, "There is no console to take a screendump from");
    setup();
    g_assert_false(display_dump("x", "/nonexistent", DISPLAY_PPM, &unknown));
    g_assert_nonnull(strstr(unknown->message, "'x'"));
    g_assert_false(display_dump(NULL, "/nonexistent/x", DISPLAY_PPM, &unwritable));
    g_assert_nonnull(strstr(unwritable->message, "/nonexistent/x"));
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/bcm2835-mbox/mailbox", test_mailbox);
    g_test_add_func("/bcm2835-mbox/board", test_board);
    g_test_add_func("/bcm2835-mbox/clocks-and-power", test_clocks_and_power);
    g_test_add_func("/bcm2835-mbox/malformed", test_malformed);
    g_test_add_func("/bcm2835-mbox/random", test_random);
    g_test_add_func("/bcm2835-mbox/framebuffer", test_framebuffer);
    g_test_add_func("/bcm2835-mbox/depths", test_depths);
    g_test_add_func("/bcm2835-mbox/fb-channel", test_fb_channel);
    g_test_add_func("/bcm2835-mbox/no-display", test_no_display);
    return g_test_run();
}
