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

/* -- The others: what programs don't do; what they do is tests/cortex-m/stm32.c's -- */

static unsigned expirations;
void __wrap_watchdog_expired(void);
void __wrap_watchdog_expired(void)
{
    expirations++;
}

static void test_watchdog(void)
{
    dev = rig_new(&rig, "stm32-iwdg", 0);
    rig_start(&rig, dev);
    wr(8, 1); /* locked */
    g_assert_cmphex(rd(8), ==, 0xfff);
    wr(0, 0x5555);
    wr(8, 31);
    wr(4, 3); /* 32 * 32 ticks of 32 kHz: 32 ms */
    wr(0, 0xaaaa);
    rig_advance(1000000000);
    g_assert_cmpuint(expirations, ==, 0); /* it is not started */
    wr(0, 0xcccc);
    rig_advance(31000000);
    wr(0, 0xaaaa);
    rig_advance(31000000);
    g_assert_cmpuint(expirations, ==, 0);
    rig_advance(1000001);
    g_assert_cmpuint(expirations, ==, 1);
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
}

static void test_timer(void)
{
    g_autoptr(GError) err = NULL;

    dev = rig_new(&rig, "stm32f2xx-timer", 1);
    g_assert_true(device_set_prop(dev, "clock-frequency", "1000000", &err));
    rig_start(&rig, dev);
    wr(0x28, 9); /* 100 kHz, in effect with the update */
    wr(0x2c, 99);
    wr(0x14, 1);
    wr(0x10, 0);
    wr(0x34, 40);
    wr(0x0c, 1 | 2);
    rig_advance(1000000 - clock_now() % 1000000); /* to a tick */
    wr(0, 1);
    rig_advance(399999);
    g_assert_false(rig.wire[0]);
    g_assert_cmpuint(rd(0x24), ==, 39);
    rig_advance(1);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(0x10) & 3, ==, 2);
    wr(0x10, 0);
    g_assert_false(rig.wire[0]);
    rig_advance(600000);
    g_assert_cmphex(rd(0x10) & 3, ==, 1);
    g_assert_cmpuint(rd(0x24), ==, 0);
    rig_advance(25 * 1000000 + 10000); /* 25 periods and a step */
    g_assert_cmphex(rd(0x10) & 3, ==, 3);
    g_assert_cmpuint(rd(0x24), ==, 1);
    /* A new period that is preloaded begins with the next one. */
    wr(0x0c, 0);
    wr(0, 0x81);
    wr(0x2c, 9);
    rig_advance(980000);
    g_assert_cmpuint(rd(0x24), ==, 99);
    rig_advance(10000 + 35 * 10000);
    g_assert_cmpuint(rd(0x24), ==, 5);
    /* Beyond its end it goes to that of its bits. */
    wr(0x24, 0xfff0);
    rig_advance(15 * 10000);
    g_assert_cmphex(rd(0x24), ==, 0xffff);
    rig_advance(30000);
    g_assert_cmphex(rd(0x24), ==, 2);
    rig_fuzz(&rig, dev, 20000);
    rig_remove(&rig, dev);
}

static void test_random(void)
{
    static const struct {
        const char *type, *prop, *value;
    } types[] = {
        { .type = "stm32-gpio", .prop = "bank", .value = "GPIOA" }, { .type = "stm32f4xx-syscfg" },
        { .type = "stm32f4xx-exti" }, { .type = "stm32f2xx-spi" }, { .type = "stm32-i2c" }, { .type = "stm32f2xx-adc" },
        { .type = "stm32-dma" }, { .type = "stm32-flash", .prop = "size", .value = "64K" },
    };
    g_autoptr(GError) err = NULL;

    for (unsigned i = 0; i < ARRAY_SIZE(types); i++) {
        dev = rig_new(&rig, types[i].type, 24);
        g_assert_true(!types[i].prop || device_set_prop(dev, types[i].prop, types[i].value, &err));
        rig_start(&rig, dev);
        rig_fuzz(&rig, dev, 20000);
        rig_remove(&rig, dev);
    }
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
    g_assert_cmphex(rd(0x10) & 3, ==, 2);
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
    g_test_add_func("/stm32/watchdog", test_watchdog);
    g_test_add_func("/stm32/timer", test_timer);
    g_test_add_func("/stm32/random", test_random);
    g_test_add_func("/rules/parse", test_parse);
    g_test_add_func("/rules/registers", test_registers);
    return g_test_run();
}
