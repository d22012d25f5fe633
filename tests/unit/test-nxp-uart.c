/* SPDX-License-Identifier: BSD-2-Clause */
/* NXP's UARTs: Kinetis' of bytes, the LPUART of words. */
#include <unistd.h>

#include "runstate.h"
#include "tests/device-rig.h"
#include "tests/fake-chardev.h"

static struct rig rig;
static struct device *dev;
static struct chardev *chardev;
static int host;
static unsigned width; /* of a register */

static uint32_t rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, width);
}

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, width, v);
}

static void setup(const char *type, unsigned bytes)
{
    g_autoptr(GError) err = NULL;

    width = bytes;
    chardev = fake_chardev("u");
    dev = rig_new(&rig, type, 2);
    g_assert_true(device_set_prop(dev, "chardev", "u", &err));
    rig_start(&rig, dev);
    host = fake_chardev_connect(chardev);
}

static void teardown(void)
{
    close(host);
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
    fake_chardev_free(chardev);
}

/* -- Kinetis -- */

enum { BDH, BDL, C1, C2, S1, S2, C3, D, PFIFO = 0x10, CFIFO, SFIFO, TWFIFO, TCFIFO, RWFIFO, RCFIFO };

static void test_kinetis_transmit(void)
{
    setup("kinetis-uart", 1);
    g_assert_cmphex(rd(S1), ==, 0xc0);
    g_assert_cmphex(rd(BDL), ==, 4);
    g_assert_cmphex(rd(SFIFO), ==, 0xc0);
    g_assert_cmphex(rd(RWFIFO), ==, 1);
    wr(D, 'x'); /* not enabled */
    wr(C2, 0x08);
    wr(D, 'o');
    wr(D, 'k');
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, "ok");
    g_assert_false(rig.wire[0]);
    wr(C2, 0x88); /* TIE */
    g_assert_true(rig.wire[0] && !rig.wire[1]);
    fake_chardev_stuff(chardev);
    wr(D, '1');
    g_assert_cmphex(rd(S1), ==, 0);
    g_assert_cmphex(rd(TCFIFO), ==, 1);
    g_assert_false(rig.wire[0]);
    g_free(fake_chardev_heard(chardev, host));
    g_assert_cmphex(rd(S1), ==, 0xc0);
    g_assert_true(rig.wire[0]);
    wr(PFIFO, 0xff); /* the sizes are read only: one character */
    g_assert_cmphex(rd(PFIFO), ==, 0x88);
    wr(CFIFO, 0xc7);
    g_assert_cmphex(rd(CFIFO), ==, 7);
    g_assert_cmphex(rd(0x40), ==, 0);
    teardown();
}

static void test_kinetis_receive(void)
{
    setup("kinetis-uart", 1);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0); /* it does not listen */
    wr(C2, 0x24); /* RIE, RE */
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 1);
    fake_chardev_type(chardev, host, "a", 1);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    g_assert_cmphex(rd(S1), ==, 0xe0);
    g_assert_cmphex(rd(RCFIFO), ==, 1);
    g_assert_cmphex(rd(SFIFO), ==, 0x80);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(D), ==, 'a');
    g_assert_cmphex(rd(S1), ==, 0xc0);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(D), ==, 'a'); /* nothing is new */
    teardown();
}

/* -- LPUART -- */

enum { VERID, PARAM = 4, GLOBAL = 8, BAUD = 0x10, STAT = 0x14, CTRL = 0x18, DATA = 0x1c, FIFO = 0x28, WATER = 0x2c };

static void test_lpuart(void)
{
    setup("lpuart", 4);
    g_assert_cmphex(rd(VERID), ==, 0x04010003);
    g_assert_cmphex(rd(PARAM), ==, 0);
    g_assert_cmphex(rd(BAUD), ==, 0x0f000004);
    g_assert_cmphex(rd(STAT), ==, 0xc00000);
    g_assert_cmphex(rd(DATA), ==, 0x1000);
    wr(DATA, 'x'); /* not enabled */
    wr(CTRL, 1 << 19 | 1 << 18);
    g_assert_cmphex(rd(CTRL), ==, 0xc0000);
    wr(DATA, 'o');
    wr(DATA, 'k');
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, "ok");
    fake_chardev_type(chardev, host, "a", 1);
    g_assert_cmphex(rd(STAT), ==, 0xe00000);
    g_assert_cmphex(rd(WATER), ==, 1 << 24);
    g_assert_cmphex(rd(FIFO), ==, 0x800000);
    g_assert_false(rig.wire[0]);
    wr(CTRL, 1 << 21 | 1 << 19 | 1 << 18);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(DATA), ==, 'a');
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(DATA), ==, 0x1000 | 'a');
    g_assert_cmphex(rd(FIFO), ==, 0xc00000);
    wr(CTRL, 1 << 23 | 1 << 19); /* TIE */
    g_assert_true(rig.wire[0]);
    wr(GLOBAL, 2); /* held in reset */
    g_assert_false(rig.wire[0]);
    wr(CTRL, 1 << 19);
    g_assert_cmphex(rd(CTRL), ==, 0);
    wr(GLOBAL, 0);
    wr(CTRL, 1 << 19);
    g_assert_cmphex(rd(CTRL), ==, 1 << 19);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/kinetis-uart/transmit", test_kinetis_transmit);
    g_test_add_func("/kinetis-uart/receive", test_kinetis_receive);
    g_test_add_func("/lpuart", test_lpuart);
    return g_test_run();
}
