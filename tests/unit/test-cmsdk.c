/* SPDX-License-Identifier: BSD-2-Clause */
/* CMSDK's UART and timer. */
#include <unistd.h>

#include "runstate.h"
#include "tests/device-rig.h"
#include "tests/fake-chardev.h"

static struct rig rig;
static struct device *dev;

static uint32_t rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 4);
}

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, 4, v);
}

/* -- UART -- */

enum { DATA = 0, STATE = 4, CTRL = 8, INT = 0xc, BAUDDIV = 0x10 };
enum { W_RX, W_TX, W_OVERRUN };

static struct chardev *chardev;
static int host;

static void setup_uart(void)
{
    g_autoptr(GError) err = NULL;

    chardev = fake_chardev("u");
    dev = rig_new(&rig, "cmsdk-apb-uart", 3);
    g_assert_true(device_set_prop(dev, "chardev", "u", &err));
    rig_start(&rig, dev);
    host = fake_chardev_connect(chardev);
}

static void teardown_uart(void)
{
    close(host);
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
    fake_chardev_free(chardev);
}

static void test_transmit(void)
{
    setup_uart();
    g_assert_cmphex(rd(0xfe0), ==, 0x21);
    g_assert_cmphex(rd(0xffc), ==, 0xb1);
    wr(DATA, 'x'); /* not enabled */
    wr(CTRL, 0x5);
    wr(DATA, 'o');
    g_assert_cmphex(rd(INT), ==, 1);
    g_assert_true(rig.wire[W_TX] && !rig.wire[W_RX] && !rig.wire[W_OVERRUN]);
    wr(INT, 1);
    g_assert_false(rig.wire[W_TX]);
    wr(CTRL, 0x15); /* with overruns */
    wr(DATA, 'k');
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, "ok");
    wr(INT, 0xf);
    fake_chardev_stuff(chardev);
    wr(DATA, '1');
    g_assert_cmphex(rd(STATE), ==, 1);
    wr(DATA, '2');
    g_assert_cmphex(rd(STATE), ==, 5);
    g_assert_true(rig.wire[W_OVERRUN]);
    wr(STATE, 4);
    wr(INT, 4);
    g_free(fake_chardev_heard(chardev, host));
    g_assert_cmphex(rd(STATE), ==, 0);
    g_assert_true(rig.wire[W_TX] && !rig.wire[W_OVERRUN]);
    wr(BAUDDIV, 0xffffffff);
    g_assert_cmphex(rd(BAUDDIV), ==, 0xfffff);
    teardown_uart();
}

static void test_receive(void)
{
    setup_uart();
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    wr(CTRL, 0xa);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 1);
    fake_chardev_type(chardev, host, "a", 1);
    g_assert_cmphex(rd(STATE), ==, 2);
    g_assert_true(rig.wire[W_RX]);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    wr(INT, 2);
    g_assert_false(rig.wire[W_RX]);
    g_assert_cmphex(rd(DATA), ==, 'a');
    g_assert_cmphex(rd(STATE), ==, 0);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 1);
    teardown_uart();
}

/* -- Timer, at 25 MHz: 40 ns a tick -- */

enum { T_CTRL = 0, T_VALUE = 4, T_RELOAD = 8, T_INT = 0xc };

static void test_timer(void)
{
    dev = rig_new(&rig, "cmsdk-apb-timer", 1);
    rig_start(&rig, dev);
    g_assert_cmphex(rd(0xfe0), ==, 0x22);
    wr(T_RELOAD, 99);
    g_assert_cmpuint(rd(T_VALUE), ==, 99);
    rig_advance(4000);
    g_assert_cmpuint(rd(T_VALUE), ==, 99); /* not enabled */
    wr(T_CTRL, 9);
    rig_advance(40 * 9);
    g_assert_cmpuint(rd(T_VALUE), ==, 90);
    rig_advance(40 * 89);
    g_assert_cmpuint(rd(T_VALUE), ==, 1);
    g_assert_false(rig.wire[0]);
    rig_advance(40);
    g_assert_cmpuint(rd(T_VALUE), ==, 0);
    g_assert_true(rig.wire[0] && rd(T_INT));
    wr(T_INT, 1);
    g_assert_false(rig.wire[0]);
    rig_advance(40);
    g_assert_cmpuint(rd(T_VALUE), ==, 99);
    rig_advance(40 * 1000); /* ten periods */
    g_assert_cmpuint(rd(T_VALUE), ==, 99);
    g_assert_true(rig.wire[0]);
    wr(T_CTRL, 1); /* counts, and interrupts no more */
    wr(T_INT, 1);
    rig_advance(40 * 100);
    g_assert_cmpuint(rd(T_INT), ==, 0);
    wr(T_RELOAD, 0);
    rig_advance(40 * 100);
    g_assert_cmpuint(rd(T_VALUE), ==, 0);
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/cmsdk/uart/transmit", test_transmit);
    g_test_add_func("/cmsdk/uart/receive", test_receive);
    g_test_add_func("/cmsdk/timer", test_timer);
    return g_test_run();
}
