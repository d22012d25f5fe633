/* SPDX-License-Identifier: BSD-2-Clause */
/* What microcontrollers' boards show: a matrix of LEDs, an OLED on SPI. */
#include <glib/gstdio.h>
#include <libfdt.h>
#include <string.h>

#include "display.h"
#include "tests/device-rig.h"
#include "tests/dts.h"

static struct rig rig;
static struct device *dev;

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, 4, v);
}

/* A byte to the OLED; the one that comes back makes room in the FIFO. */
static void put(uint8_t byte)
{
    wr(0x08, byte);
    rig_read(&rig, 0, 0x08, 4);
}

static void pin(struct device *d, unsigned n, bool level)
{
    struct irq line;

    d->type->pin_in(d, n, &line);
    irq_set(&line, level);
}

/* -- LEDs: two rows and two columns, the picture turned by a quarter -- */

#define WHILE_NS INT64_C(36000000)

static void shows(const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);

    display_list(out);
    if (!strstr(out->str, text))
        g_error("expected %s in %s", text, out->str);
}

static void test_matrix(void)
{
    static const char tree[] = "/dts-v1/; / { d { row-gpios = <1 0 0>, <1 1 0>; col-gpios = <1 2 0>, <1 3 0>; "
                               "pixel-mapping = [00 10 01 11]; }; };";
    g_autoptr(GError) err = NULL;
    size_t size;
    g_autofree void *fdt = dts_compile(tree, &size);

    dev = rig_new(&rig, "led-matrix", 0);
    g_assert_true(device_set_prop(dev, "width", "2", &err) && device_set_prop(dev, "height", "2", &err));
    g_assert_true(dev->type->from_dt(dev, fdt, fdt_path_offset(fdt, "/d"), &err));
    rig_start(&rig, dev);
    rig_advance(2 * WHILE_NS);
    shows("00\n00\n");
    pin(dev, 1, true); /* the second row, its first column: the upper right */
    pin(dev, 2, true);
    rig_advance(2 * WHILE_NS);
    shows("09\n00\n");
    pin(dev, 1, false); /* row after row: each LED in its turn is as bright */
    for (unsigned i = 0; i < 40; i++) {
        pin(dev, i & 1, true);
        pin(dev, 2, !(i & 1));
        pin(dev, 3, i & 1);
        rig_advance(3000000);
        pin(dev, i & 1, false);
    }
    shows("90\n09\n");
    pin(dev, 3, false);
    pin(dev, 0, true);
    pin(dev, 2, true);
    rig_advance(WHILE_NS / 4); /* a quarter of the time, which is half of its turn */
    pin(dev, 2, false);
    rig_advance(5 * WHILE_NS);
    shows("00\n00\n");
    rig_remove(&rig, dev);
}

/* -- The OLED, behind a PL022; its pin says what is data -- */

static struct device *oled;

static void command(const uint8_t *bytes, unsigned n)
{
    pin(oled, 0, false);
    for (unsigned i = 0; i < n; i++)
        put(bytes[i]);
}
#define COMMAND(...) command((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void data(uint8_t byte)
{
    pin(oled, 0, true);
    put(byte);
}

/* The grey of a pixel, 0 to 15, of the picture that is four times as large. */
static unsigned grey(unsigned x, unsigned y)
{
    static const char head[] = "P6\n512 256\n255\n";
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "mynah-displays-XXXXXX", NULL), *file = NULL;
    g_autoptr(GError) err = NULL;
    size_t len;

    g_close(g_mkstemp(path), NULL);
    g_assert_true(display_dump("oled", path, DISPLAY_PPM, &err));
    g_assert_true(g_file_get_contents(path, &file, &len, &err));
    g_unlink(path);
    g_assert_cmpmem(file, MIN(len, sizeof(head) - 1), head, sizeof(head) - 1);
    g_assert_cmpuint(len, ==, sizeof(head) - 1 + 512 * 256 * 3);
    return (uint8_t)file[sizeof(head) - 1 + 3 * (4 * y * 512 + 4 * x)] / 17;
}

static void test_oled(void)
{
    g_autoptr(GError) err = NULL;

    dev = rig_new(&rig, "pl022", 1);
    rig_start(&rig, dev);
    oled = device_new(device_type_find("ssd0323"), &rig.m, "oled");
    oled->parent = dev;
    g_assert_true(device_realize(oled, &err));
    device_reset(oled);
    wr(0x00, 7); /* eight bits, on */
    wr(0x04, 2);
    COMMAND(0x15, 1, 2); /* columns of two pixels each: 1 and 2; rows from 3 on */
    COMMAND(0x75, 3, 4);
    data(0x12);
    data(0x34);
    data(0x56);
    g_assert_cmpuint(grey(2, 3), ==, 0); /* it is off */
    COMMAND(0xaf);
    g_assert_cmpuint(grey(2, 3), ==, 1);
    g_assert_cmpuint(grey(3, 3), ==, 2);
    g_assert_cmpuint(grey(5, 3), ==, 4);
    g_assert_cmpuint(grey(2, 4), ==, 5); /* the next row */
    COMMAND(0xa0, 4); /* down first */
    COMMAND(0x15, 10, 11);
    COMMAND(0x75, 0, 1);
    data(0xa0);
    data(0xb0);
    data(0xc0);
    g_assert_cmpuint(grey(20, 0), ==, 10);
    g_assert_cmpuint(grey(20, 1), ==, 11);
    g_assert_cmpuint(grey(22, 0), ==, 12);
    COMMAND(0xa1, 1); /* begins with the second line */
    g_assert_cmpuint(grey(20, 0), ==, 11);
    COMMAND(0xa7); /* inverse */
    g_assert_cmpuint(grey(20, 0), ==, 4);
    COMMAND(0xa5); /* all on */
    g_assert_cmpuint(grey(0, 0), ==, 15);
    COMMAND(0xa4);
    COMMAND(0xa1, 0);
    COMMAND(0x15, 0, 0xff); /* ends that are none */
    COMMAND(0x75, 0xff, 0xff);
    rig_fuzz(&rig, dev, 1000);
    device_free(oled);
    rig_remove(&rig, dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/displays/led-matrix", test_matrix);
    g_test_add_func("/displays/oled", test_oled);
    return g_test_run();
}
