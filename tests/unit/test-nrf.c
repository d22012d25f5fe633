/* SPDX-License-Identifier: BSD-2-Clause */
/* nRF51's peripherals: tasks, events and interrupts of each, as their manual has them. */
#include <string.h>
#include <unistd.h>

#include "runstate.h"
#include "tests/device-rig.h"
#include "tests/fake-chardev.h"

enum { INTENSET = 0x304, INTENCLR = 0x308, SHORTS = 0x200, POWER = 0xffc };

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

static void setup(const char *type)
{
    dev = rig_new(&rig, type, 1);
    rig_start(&rig, dev);
}

static void teardown(unsigned fuzz)
{
    rig_fuzz(&rig, dev, fuzz);
    rig_remove(&rig, dev);
}

/* -- UART -- */

static struct chardev *chardev;
static int host;

static void setup_uart(void)
{
    g_autoptr(GError) err = NULL;

    chardev = fake_chardev("u");
    dev = rig_new(&rig, "nrf51_soc.uart", 1);
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

enum { STARTRX = 0, STOPRX = 4, STARTTX = 8, STOPTX = 0xc, RXDRDY = 0x108, TXDRDY = 0x11c, RXTO = 0x144, ENABLE = 0x500,
       RXD = 0x518, TXD = 0x51c };

static void test_uart_transmit(void)
{
    setup_uart();
    wr(TXD, 'x'); /* nothing is started */
    g_assert_cmphex(rd(TXDRDY), ==, 0);
    wr(ENABLE, 4);
    wr(STARTTX, 1);
    wr(INTENSET, 1u << 7);
    g_assert_false(rig.wire[0]);
    wr(TXD, 'h');
    g_assert_cmphex(rd(TXDRDY), ==, 1);
    g_assert_true(rig.wire[0]);
    wr(TXDRDY, 0);
    g_assert_false(rig.wire[0]);
    wr(TXD, 'i');
    wr(STOPTX, 1);
    wr(TXD, '!');
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, "hi");
    wr(TXDRDY, 0);
    wr(STARTTX, 1);
    fake_chardev_stuff(chardev);
    wr(TXD, 'y');
    g_assert_cmphex(rd(TXDRDY), ==, 0); /* the host has no room */
    g_free(fake_chardev_heard(chardev, host));
    g_assert_cmphex(rd(TXDRDY), ==, 1);
    teardown_uart();
}

static void test_uart_receive(void)
{
    setup_uart();
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    wr(ENABLE, 4);
    wr(STARTRX, 1);
    wr(INTENSET, 1u << 2);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 1);
    fake_chardev_type(chardev, host, "a", 1);
    g_assert_true(rig.wire[0] && rd(RXDRDY));
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0); /* the next one takes its time: 10 bits at 250,000 baud */
    rig_advance(39000);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    rig_advance(1000);
    fake_chardev_type(chardev, host, "b", 1);
    wr(RXDRDY, 0);
    g_assert_cmphex(rd(RXD), ==, 'a');
    g_assert_true(rig.wire[0] && rd(RXDRDY)); /* of the second one */
    wr(RXDRDY, 0);
    g_assert_cmphex(rd(RXD), ==, 'b');
    g_assert_false(rig.wire[0] || rd(RXDRDY));
    g_assert_cmphex(rd(RXD), ==, 0);
    wr(STOPRX, 1);
    g_assert_cmphex(rd(RXTO), ==, 1);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    teardown_uart();
}

/* -- Timer -- */

enum { START = 0, STOP = 4, COUNT = 8, CLEAR = 0xc, CAPTURE = 0x40, COMPARE = 0x140, MODE = 0x504, BITMODE = 0x508,
       PRESCALER = 0x510, CC = 0x540 };

static uint32_t captured(unsigned n)
{
    wr(CAPTURE + 4 * n, 1);
    return rd(CC + 4 * n);
}

static void test_timer(void)
{
    setup("nrf51_soc.timer");
    wr(PRESCALER, 4); /* 1 MHz */
    wr(CC, 100);
    wr(INTENSET, 1u << 16);
    wr(START, 1);
    rig_advance(99000);
    g_assert_cmpuint(captured(3), ==, 99);
    g_assert_false(rig.wire[0]);
    rig_advance(1000);
    g_assert_true(rig.wire[0] && rd(COMPARE));
    wr(COMPARE, 0);
    g_assert_false(rig.wire[0]);
    wr(CLEAR, 1);
    g_assert_cmpuint(captured(3), ==, 0);
    wr(STOP, 1);
    rig_advance(500000);
    g_assert_false(rig.wire[0]);
    g_assert_cmpuint(captured(3), ==, 0);
    teardown(5000);
}

static void test_timer_shorts(void)
{
    setup("nrf51_soc.timer");
    wr(PRESCALER, 4);
    wr(CC, 10);
    wr(SHORTS, 1); /* a compare clears */
    wr(START, 1);
    rig_advance(1000 * 1003);
    g_assert_cmpuint(captured(3), ==, 3);
    g_assert_cmpuint(rd(COMPARE), ==, 1);
    wr(SHORTS, 0x100); /* ... stops */
    wr(CLEAR, 1);
    rig_advance(1000 * 1000);
    g_assert_cmpuint(captured(3), ==, 10);
    teardown(0);
}

static void test_timer_width(void)
{
    static const uint32_t last[] = { 0xffff, 0xff, 0xffff, 0xffff }; /* this one has 16 bits */

    for (unsigned i = 0; i < 4; i++) {
        setup("nrf51_soc.timer");
        wr(PRESCALER, 0);
        wr(BITMODE, i);
        wr(START, 1);
        rig_advance((last[i] + 1 + 5) * 1000 / 16 + 1);
        g_assert_cmpuint(captured(0), ==, 5);
        teardown(0);
    }
    setup("nrf51_soc.timer");
    wr(MODE, 1);
    wr(CC, 2);
    wr(START, 1);
    wr(COUNT, 1);
    g_assert_cmpuint(rd(COMPARE), ==, 0);
    wr(COUNT, 1);
    g_assert_cmpuint(rd(COMPARE), ==, 1);
    rig_advance(1000000);
    g_assert_cmpuint(captured(3), ==, 2);
    teardown(0);
}

/* A program that the host holds back writes compares that have gone by. */
static void test_timer_late(void)
{
    setup("nrf51_soc.timer");
    wr(PRESCALER, 4);
    wr(CC, 6000);
    wr(INTENSET, 1u << 16);
    wr(START, 1);
    rig_advance(13000 * 1000);
    wr(COMPARE, 0);
    wr(CC, 12000); /* moved on from where it matched, behind the counter */
    g_assert_true(rig.wire[0] && rd(COMPARE));
    wr(COMPARE, 0);
    wr(CC, 18000); /* ... before it */
    g_assert_false(rig.wire[0]);
    rig_advance(5000 * 1000);
    g_assert_true(rig.wire[0]);
    wr(COMPARE, 0);
    wr(CC, 18000); /* not moved: in a whole round */
    wr(CC, 17000); /* nor matched since the last write */
    g_assert_false(rig.wire[0]);
    g_assert_cmpuint(captured(0), ==, 18000);
    rig_advance(40 * 1000);
    wr(CC, 18032); /* moved on from what was captured */
    g_assert_true(rig.wire[0]);
    wr(COMPARE, 0);
    wr(CC, 17999); /* moved back: in a round */
    g_assert_false(rig.wire[0]);
    rig_advance(INT64_C(65495000 - 1000));
    g_assert_false(rig.wire[0]);
    rig_advance(1000 * 1000);
    g_assert_true(rig.wire[0]);
    wr(COMPARE, 0);
    wr(CLEAR, 1);
    wr(CC, 0); /* of a counter that begins anew nothing has gone by */
    g_assert_false(rig.wire[0]);
    teardown(5000);
}

/* -- RTC -- */

enum { TRIGOVRFLW = 0xc, RTC_CLEAR = 8, TICK = 0x100, OVRFLW = 0x104, EVTENSET = 0x344, EVTENCLR = 0x348,
       COUNTER = 0x504,
       RTC_PRESCALER = 0x508 };

static void test_rtc(void)
{
    setup("nrf51_soc.rtc");
    wr(RTC_PRESCALER, 32767); /* 12 bits: 8 Hz at the slowest */
    g_assert_cmphex(rd(RTC_PRESCALER), ==, 0xfff);
    wr(CC, 3);
    wr(INTENSET, 1u << 16);
    wr(START, 1);
    wr(RTC_PRESCALER, 0); /* not while it runs */
    g_assert_cmphex(rd(RTC_PRESCALER), ==, 0xfff);
    rig_advance(250000000);
    g_assert_cmpuint(rd(COUNTER), ==, 2);
    g_assert_cmpuint(rd(TICK), ==, 0); /* nobody waits for it */
    g_assert_false(rig.wire[0]);
    rig_advance(125000000);
    g_assert_true(rig.wire[0] && rd(COMPARE));
    wr(COMPARE, 0);
    wr(EVTENSET, 3);
    wr(TRIGOVRFLW, 1);
    g_assert_cmphex(rd(COUNTER), ==, 0xfffff0);
    rig_advance(INT64_C(2000000000));
    g_assert_cmpuint(rd(COUNTER), ==, 0);
    g_assert_true(rd(OVRFLW) && rd(TICK));
    g_assert_false(rig.wire[0]);
    wr(EVTENCLR, 1);
    wr(TICK, 0);
    wr(RTC_CLEAR, 1);
    wr(STOP, 1);
    rig_advance(1000000000);
    g_assert_cmpuint(rd(COUNTER), ==, 0);
    teardown(5000);
}

/* -- Random numbers -- */

static void test_rng(void)
{
    unsigned seen = 0;

    setup("nrf51_soc.rng");
    wr(INTENSET, 1);
    wr(START, 1);
    for (unsigned i = 0; i < 16; i++) {
        wr(0x100, 0);
        g_assert_false(rig.wire[0]);
        rig_advance(1000000);
        g_assert_true(rig.wire[0] && rd(0x100));
        seen |= 1u << (rd(0x508) & 31);
    }
    g_assert_cmpuint(__builtin_popcount(seen), >, 4);
    wr(SHORTS, 1);
    rig_advance(1000000);
    wr(0x100, 0);
    rig_advance(1000000);
    g_assert_cmpuint(rd(0x100), ==, 0);
    teardown(5000);
}

/* -- Pins -- */

static void drive(unsigned n, uint32_t flags, bool level)
{
    const uint32_t cells[2] = { n, flags };
    struct irq line;

    g_assert_true(dev->type->irq_in(dev, cells, 2, &line));
    irq_set(&line, level);
}

static void test_gpio(void)
{
    const uint32_t beyond = 32;
    struct irq line;

    setup("nrf51_soc.gpio");
    g_assert_false(dev->type->irq_in(dev, &beyond, 1, &line));
    g_assert_cmphex(rd(0x510), ==, 0);
    wr(0x518, 0xf0); /* outputs */
    wr(0x508, 0x30);
    g_assert_cmphex(rd(0x504), ==, 0x30);
    g_assert_cmphex(rd(0x510), ==, 0); /* the input buffers are off */
    wr(0x700 + 4 * 4, 1);
    g_assert_cmphex(rd(0x510), ==, 0x10);
    wr(0x50c, 0x10);
    g_assert_cmphex(rd(0x510), ==, 0);
    wr(0x51c, 0xe0);
    g_assert_cmphex(rd(0x514), ==, 0x10);
    wr(0x700 + 4 * 17, 3 << 2); /* pulled up, and then driven low */
    g_assert_cmphex(rd(0x510), ==, 1u << 17);
    drive(17, 0, false);
    g_assert_cmphex(rd(0x510), ==, 0);
    drive(26, 1, false); /* active low: its wire is not driven */
    wr(0x700 + 4 * 26, 0);
    g_assert_cmphex(rd(0x510), ==, 1u << 26);
    drive(26, 1, true);
    g_assert_cmphex(rd(0x510), ==, 0);
    teardown(5000);
}

/* -- Flash: regions NVMC, FICR, UICR, flash -- */

static void test_flash(void)
{
    setup("nrf51_soc.nvm");
    g_assert_cmphex(rd(0x400), ==, 1);
    g_assert_cmphex(rig_read(&rig, 1, 0x10, 4), ==, 0x400);
    g_assert_cmphex(rig_read(&rig, 1, 0x14, 4), ==, 256);
    g_assert_cmphex(rig_read(&rig, 3, 0x400, 4), ==, 0xffffffff);
    rig_write(&rig, 3, 0x400, 4, 0x12345678); /* not enabled */
    g_assert_cmphex(rig_read(&rig, 3, 0x400, 4), ==, 0xffffffff);
    wr(0x504, 1);
    rig_write(&rig, 3, 0x400, 4, 0x12345678);
    rig_write(&rig, 3, 0x400, 4, 0xffff0000); /* bits become 0 only */
    rig_write(&rig, 3, 0x800, 4, 1);
    rig_write(&rig, 2, 0x80, 4, 0x55);
    g_assert_cmphex(rig_read(&rig, 3, 0x400, 4), ==, 0x12340000);
    wr(0x508, 0x400); /* an erase, not enabled */
    g_assert_cmphex(rig_read(&rig, 3, 0x400, 4), ==, 0x12340000);
    wr(0x504, 2);
    wr(0x508, 0x400);
    g_assert_cmphex(rig_read(&rig, 3, 0x400, 4), ==, 0xffffffff);
    g_assert_cmphex(rig_read(&rig, 3, 0x800, 4), ==, 1);
    g_assert_cmphex(rig_read(&rig, 2, 0x80, 4), ==, 0x55);
    wr(0x50c, 1);
    g_assert_cmphex(rig_read(&rig, 3, 0x800, 4), ==, 0xffffffff);
    g_assert_cmphex(rig_read(&rig, 2, 0x80, 4), ==, 0xffffffff);
    wr(0x508, 0xfffff000);
    teardown(5000);
}

/* -- Sensors -- */

enum { TWI_STARTRX = 0, TWI_STARTTX = 8, TWI_STOP = 0x14, TWI_RESUME = 0x20, TWI_STOPPED = 0x104, TWI_RXDREADY = 0x108,
       TWI_TXDSENT = 0x11c, TWI_ERROR = 0x124, TWI_BB = 0x138 };

static uint8_t sensor(uint8_t address, uint8_t reg)
{
    wr(0x588, address);
    wr(TWI_STARTTX, 1);
    wr(0x51c, reg);
    g_assert_true(rd(TWI_TXDSENT));
    wr(SHORTS, 2); /* the byte ends the transfer */
    wr(TWI_STARTRX, 1);
    g_assert_true(rd(TWI_RXDREADY) && rd(TWI_STOPPED));
    wr(TWI_TXDSENT, 0);
    wr(TWI_RXDREADY, 0);
    wr(TWI_STOPPED, 0);
    wr(SHORTS, 0);
    return rd(0x518);
}

static struct device *plug(const char *type)
{
    g_autoptr(GError) err = NULL;
    struct device *d = device_new(device_type_find(type), &rig.m, type);

    d->parent = dev;
    g_assert_true(device_realize(d, &err));
    device_reset(d);
    return d;
}

static void test_twi(void)
{
    setup("microbit.i2c");
    struct device *acc = plug("mma8653"), *mag = plug("mag3110");
    wr(0x500, 5);
    g_assert_cmphex(sensor(0x1d, 0x0d), ==, 0x5a);
    g_assert_cmphex(sensor(0x0e, 0x07), ==, 0xc4);
    g_assert_cmphex(sensor(0x1d, 0x05), ==, 0xc0);
    /* Nobody there. */
    wr(0x588, 0x50);
    wr(INTENSET, 1u << 9);
    wr(TWI_STARTTX, 1);
    wr(0x51c, 0);
    g_assert_true(rd(TWI_ERROR) && rig.wire[0]);
    g_assert_cmphex(rd(0x4c4), ==, 2);
    wr(0x4c4, 2);
    wr(TWI_ERROR, 0);
    g_assert_cmphex(rd(0x4c4), ==, 0);
    g_assert_false(rig.wire[0]);
    /* Bytes one after the other, each when the last one was read. */
    wr(0x588, 0x1d);
    wr(TWI_STARTTX, 1);
    wr(0x51c, 0x0c);
    wr(TWI_STARTRX, 1);
    g_assert_cmphex(rd(0x518), ==, 0);
    g_assert_cmphex(rd(0x518), ==, 0x5a);
    wr(TWI_STOP, 1);
    g_assert_true(rd(TWI_STOPPED));
    rig_fuzz(&rig, dev, 5000);
    device_free(acc);
    device_free(mag);
    teardown(5000);
}

/* -- Clock -- */

static void test_clock(void)
{
    setup("nrf51_soc.clock");
    wr(INTENSET, 1);
    g_assert_cmphex(rd(0x40c), ==, 0x10000);
    wr(0, 1);
    g_assert_true(rd(0x100) && rig.wire[0]);
    g_assert_cmphex(rd(0x40c), ==, 0x10001);
    wr(0x100, 0);
    wr(INTENCLR, 1);
    g_assert_cmphex(rd(0x418), ==, 0);
    wr(0x518, 1);
    wr(8, 1);
    g_assert_true(rd(0x104) && !rig.wire[0]);
    g_assert_cmphex(rd(0x418), ==, 0x10001);
    g_assert_cmphex(rd(POWER), ==, 1);
    teardown(5000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/nrf/uart/transmit", test_uart_transmit);
    g_test_add_func("/nrf/uart/receive", test_uart_receive);
    g_test_add_func("/nrf/timer/compare", test_timer);
    g_test_add_func("/nrf/timer/shorts", test_timer_shorts);
    g_test_add_func("/nrf/timer/width", test_timer_width);
    g_test_add_func("/nrf/timer/late", test_timer_late);
    g_test_add_func("/nrf/rtc", test_rtc);
    g_test_add_func("/nrf/rng", test_rng);
    g_test_add_func("/nrf/gpio", test_gpio);
    g_test_add_func("/nrf/flash", test_flash);
    g_test_add_func("/nrf/twi", test_twi);
    g_test_add_func("/nrf/clock", test_clock);
    return g_test_run();
}
