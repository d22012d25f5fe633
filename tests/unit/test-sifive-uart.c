/* SPDX-License-Identifier: BSD-2-Clause */
/* SiFive's UART: FIFOs, watermarks, and a host that is slow. */
#include <unistd.h>

#include "tests/device-rig.h"
#include "tests/fake-chardev.h"

static struct rig rig;
static struct device *dev;
static struct chardev *chardev;
static int host;

enum { TXDATA = 0x00, RXDATA = 0x04, TXCTRL = 0x08, RXCTRL = 0x0c, IE = 0x10, IP = 0x14, DIV = 0x18 };
#define NO_ROOM 0x80000000u

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
    g_autoptr(GError) err = NULL;

    chardev = fake_chardev("u");
    dev = rig_new(&rig, "riscv.sifive.uart", 1);
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

static void test_transmit(void)
{
    setup();
    wr(TXDATA, 'a'); /* waits until the transmitter is enabled */
    g_assert_cmphex(rd(TXDATA), ==, 0);
    wr(TXCTRL, 1 << 16 | 1);
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, "a");
    g_assert_cmphex(rd(IP), ==, 1); /* fewer than 1 wait */
    g_assert_false(rig.wire[0]);
    wr(IE, 1);
    g_assert_true(rig.wire[0]);
    fake_chardev_stuff(chardev);
    for (unsigned i = 0; i < 8; i++)
        wr(TXDATA, '0' + i);
    g_assert_cmphex(rd(TXDATA), ==, NO_ROOM);
    g_assert_false(rig.wire[0]);
    wr(TXDATA, 'x'); /* lost */
    g_free(fake_chardev_heard(chardev, host));
    g_assert_cmphex(rd(TXDATA), ==, 0);
    g_assert_true(rig.wire[0]);
    teardown();
}

static void test_receive(void)
{
    setup();
    g_assert_cmphex(rd(RXDATA), ==, NO_ROOM);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    wr(RXCTRL, 1 << 16 | 1);
    wr(IE, 2);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 8);
    fake_chardev_type(chardev, host, "a", 1);
    g_assert_false(rig.wire[0]); /* not more than 1 */
    fake_chardev_type(chardev, host, "b", 1);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IP), ==, 2);
    g_assert_cmphex(rd(RXDATA), ==, 'a');
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(RXDATA), ==, 'b');
    g_assert_cmphex(rd(RXDATA), ==, NO_ROOM);
    teardown();
}

static void test_registers(void)
{
    setup();
    wr(TXCTRL, ~0u);
    wr(RXCTRL, ~0u);
    wr(IE, ~0u);
    wr(DIV, ~0u);
    g_assert_cmphex(rd(TXCTRL), ==, 0x70003);
    g_assert_cmphex(rd(RXCTRL), ==, 0x70001);
    g_assert_cmphex(rd(IE), ==, 3);
    g_assert_cmphex(rd(DIV), ==, 0xffff);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/sifive-uart/transmit", test_transmit);
    g_test_add_func("/sifive-uart/receive", test_receive);
    g_test_add_func("/sifive-uart/registers", test_registers);
    return g_test_run();
}
