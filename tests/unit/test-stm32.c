/* SPDX-License-Identifier: BSD-2-Clause */
/* STM32's USART; rules for registers of what no device models. */
#include <unistd.h>

#include "devices/reg-rules.h"
#include "runstate.h"
#include "tests/device-rig.h"
#include "tests/fake-chardev.h"

static struct rig rig;
static struct device *dev;
static struct chardev *chardev;
static int host;

static uint32_t rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 4);
}

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, 4, v);
}

/* -- USART -- */

enum { SR = 0, DR = 4, BRR = 8, CR1 = 0xc };

static void setup_usart(void)
{
    g_autoptr(GError) err = NULL;

    chardev = fake_chardev("u");
    dev = rig_new(&rig, "stm32f2xx-usart", 1);
    g_assert_true(device_set_prop(dev, "chardev", "u", &err));
    rig_start(&rig, dev);
    host = fake_chardev_connect(chardev);
}

static void teardown_usart(void)
{
    close(host);
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
    fake_chardev_free(chardev);
}

static void test_transmit(void)
{
    setup_usart();
    g_assert_cmphex(rd(SR), ==, 0xc0);
    wr(DR, 'x'); /* not enabled */
    wr(CR1, 0x2008);
    wr(DR, 'o');
    rig_write(&rig, 0, DR, 1, 'k');
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, "ok");
    g_assert_false(rig.wire[0]);
    wr(CR1, 0x2088); /* TXEIE */
    g_assert_true(rig.wire[0]);
    wr(CR1, 0x2048); /* TCIE */
    g_assert_true(rig.wire[0]);
    wr(SR, ~0x40u);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(SR), ==, 0x80);
    fake_chardev_stuff(chardev);
    wr(DR, 'y');
    g_assert_cmphex(rd(SR), ==, 0);
    g_free(fake_chardev_heard(chardev, host));
    g_assert_cmphex(rd(SR), ==, 0xc0);
    teardown_usart();
}

static void test_receive(void)
{
    setup_usart();
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    wr(CR1, 0x2024);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 1);
    fake_chardev_type(chardev, host, "a", 1);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(SR), ==, 0xe0);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    g_assert_cmphex(rd(DR), ==, 'a');
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(SR), ==, 0xc0);
    teardown_usart();
}

/* -- Rules -- */

static void test_parse(void)
{
    static const char *const wrong[] = { "", "rcc", "rcc 1", "rcc x", "rcc 0 what=1", "rcc 0 reset=x", "rcc 0 ready=1",
                                         "rcc 0 ready=1<<0", "rcc 0 ready=1<<32", "rcc 0 mask=0x100000000" };
    struct reg_rule r;

    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        g_autoptr(GError) err = NULL;
        g_assert_false(reg_rule_parse(wrong[i], true, &r, &err));
        g_assert_nonnull(err);
    }
    g_assert_true(reg_rule_parse(" rcc  0x10 reset=3\tmask=0xff00 set=0x80 ready=0x100<<1", true, &r, NULL));
    g_assert_cmpstr(r.node, ==, "rcc");
    g_assert_cmphex(r.offset, ==, 0x10);
    g_assert_cmphex(reg_rule_read(&r, 3), ==, 0x83);
    g_assert_cmphex(reg_rule_write(&r, 3, 0x1234567), ==, 0x4503);
    g_assert_cmphex(reg_rule_read(&r, 0x103), ==, 0x383);
    g_assert_cmphex(reg_rule_read(&r, 0x203), ==, 0x83); /* the ready bit is not the guest's */
    g_assert_true(reg_rule_is_for(&r, "/soc/rcc@40023800"));
    g_assert_true(reg_rule_is_for(&r, "rcc"));
    g_assert_false(reg_rule_is_for(&r, "/soc/rcc2@0"));
    g_assert_false(reg_rule_is_for(&r, "/rcc/other"));
    g_assert_true(reg_rule_parse("rcc@4 0", true, &r, NULL));
    g_assert_true(reg_rule_is_for(&r, "/soc/rcc@4"));
    g_assert_false(reg_rule_is_for(&r, "/soc/rcc@40"));
}

static void test_registers(void)
{
    g_autoptr(GError) err = NULL;

    g_assert_true(unimp_add_global("box.0x8", "0x12345678", &err));
    g_assert_true(unimp_add_global("box.0x10", "1", &err));
    g_assert_true(unimp_add_global("box.0x10", "2", &err)); /* the last one counts */
    g_assert_false(unimp_add_global("box", "1", NULL));
    g_assert_false(unimp_add_global("box.3", "1", NULL));
    dev = device_new(device_type_find("unimplemented-device"), &rig.m, "/soc/box@1");
    g_assert_true(device_set_prop(dev, "size", "0x100", &err));
    rig_start(&rig, dev);
    g_assert_cmphex(rd(8), ==, 0x12345678);
    g_assert_cmphex(rig_read(&rig, 0, 9, 1), ==, 0x56);
    wr(8, 0);
    g_assert_cmphex(rd(8), ==, 0x12345678);
    g_assert_cmphex(rd(0x10), ==, 2);
    g_assert_cmphex(rd(0), ==, 0);
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/stm32/usart/transmit", test_transmit);
    g_test_add_func("/stm32/usart/receive", test_receive);
    g_test_add_func("/rules/parse", test_parse);
    g_test_add_func("/rules/registers", test_registers);
    return g_test_run();
}
