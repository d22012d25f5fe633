/* SPDX-License-Identifier: BSD-2-Clause */
/* The PL061 GPIO: pins, directions, masks in the address, edges and levels; the power key on a pin. */
#include "runstate.h"
#include "tests/device-rig.h"

enum { DATA = 0, GPIODIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418, IC = 0x41c,
       AFSEL = 0x420 };
#define PINS(mask) (DATA + 4 * (mask))

static struct rig rig;
static struct device *gpio;

static unsigned rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 4);
}

static void wr(unsigned reg, unsigned v)
{
    rig_write(&rig, 0, reg, 4, v);
}

static struct irq pin(uint32_t n, uint32_t flags)
{
    const uint32_t cells[2] = { n, flags };
    struct irq line;

    g_assert_true(gpio->type->irq_in(gpio, cells, 2, &line));
    return line;
}

static void drive(unsigned n, bool level)
{
    struct irq line = pin(n, 0);

    irq_set(&line, level);
}

static void setup(void)
{
    gpio = rig_new(&rig, "pl061", 1);
    rig_start(&rig, gpio);
}

static void test_data(void)
{
    static const uint8_t ids[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    const uint32_t beyond = 8;
    struct irq line;

    setup();
    g_assert_cmphex(rd(PINS(0xff)), ==, 0);
    wr(GPIODIR, 0x0f);
    wr(PINS(0xff), 0xa5); /* outputs only */
    g_assert_cmphex(rd(PINS(0xff)), ==, 0x05);
    wr(PINS(0x03), 0xff);
    g_assert_cmphex(rd(PINS(0xff)), ==, 0x07);
    g_assert_cmphex(rd(PINS(0x06)), ==, 0x06);
    drive(7, true);
    drive(0, true); /* an output */
    wr(PINS(1), 0);
    g_assert_cmphex(rd(PINS(0xff)), ==, 0x86);
    line = pin(6, 1);
    irq_set(&line, true); /* active low: at rest */
    g_assert_cmphex(rd(PINS(0x40)), ==, 0);
    drive(6, false);
    wr(AFSEL, 0x1ff);
    g_assert_cmphex(rd(AFSEL), ==, 0xff);
    g_assert_false(gpio->type->irq_in(gpio, &beyond, 1, &line));
    for (unsigned i = 0; i < 8; i++)
        g_assert_cmphex(rd(0xfe0 + 4 * i), ==, ids[i]);
    device_reset(gpio);
    g_assert_cmphex(rd(PINS(0xff)), ==, 0x81);
    rig_remove(&rig, gpio);
}

static void test_edges(void)
{
    setup();
    wr(IEV, 0x01);
    wr(IBE, 0x04);
    wr(IE, 0x07);
    /* Rising, falling, both. */
    for (unsigned n = 0; n < 3; n++) {
        drive(n, true);
        g_assert_cmphex(rd(MIS), ==, n == 1 ? 0 : 1 << n);
        g_assert_cmpint(rig.wire[0], ==, n != 1);
        wr(IC, 0xff);
        g_assert_false(rig.wire[0]);
        drive(n, true); /* no edge */
        g_assert_cmphex(rd(RIS), ==, 0);
        drive(n, false);
        g_assert_cmphex(rd(MIS), ==, n == 0 ? 0 : 1 << n);
        wr(IC, 0xff);
    }
    /* Masked; outputs have none. */
    wr(IE, 0);
    drive(0, true);
    g_assert_cmphex(rd(RIS), ==, 1);
    g_assert_cmphex(rd(MIS), ==, 0);
    g_assert_false(rig.wire[0]);
    wr(IE, 1);
    g_assert_true(rig.wire[0]);
    wr(IC, 1);
    wr(GPIODIR, 4);
    wr(PINS(4), 4);
    g_assert_cmphex(rd(RIS), ==, 0);
    rig_remove(&rig, gpio);
}

static void test_levels(void)
{
    setup();
    wr(IEV, 0x01);
    wr(IE, 0x03);
    wr(IS, 0x03);
    g_assert_cmphex(rd(MIS), ==, 2); /* pin 1: low */
    drive(1, true);
    g_assert_false(rig.wire[0]);
    drive(0, true);
    g_assert_true(rig.wire[0]);
    wr(IC, 1); /* no effect on a level */
    g_assert_cmphex(rd(RIS), ==, 1);
    drive(0, false);
    g_assert_false(rig.wire[0]);
    rig_remove(&rig, gpio);
}

static void test_power_key(void)
{
    struct device *key = rig_new(&rig, "gpio-key", 1), *other = rig_new(&rig, "gpio-key", 1);

    g_assert_true(device_set_prop(key, "code", "116", NULL));
    g_assert_true(device_set_prop(other, "code", "408", NULL));
    other->nirqs = 0;
    rig_start(&rig, key);
    rig_start(&rig, other);
    request_powerdown();
    life_settle();
    g_assert_true(rig.wire[0]);
    rig_advance(99999999);
    g_assert_true(rig.wire[0]);
    rig_advance(1);
    g_assert_false(rig.wire[0]);
    request_powerdown();
    life_settle();
    device_reset(key);
    g_assert_false(rig.wire[0]);
    rig_remove(&rig, other);
    rig_remove(&rig, key);
    request_powerdown(); /* nobody there */
    life_settle();
}

static void test_fuzz(void)
{
    setup();
    rig_fuzz(&rig, gpio, 100000);
    rig_remove(&rig, gpio);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/pl061/data", test_data);
    g_test_add_func("/pl061/edges", test_edges);
    g_test_add_func("/pl061/levels", test_levels);
    g_test_add_func("/pl061/power-key", test_power_key);
    g_test_add_func("/pl061/fuzz", test_fuzz);
    return g_test_run();
}
