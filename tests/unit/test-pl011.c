/* SPDX-License-Identifier: BSD-2-Clause */
/* The PL011 UART: registers, FIFO levels, each interrupt, loopback, flow control. */
#include <unistd.h>

#include "tests/device-rig.h"
#include "tests/fake-chardev.h"

enum { DR = 0x00, RSR = 0x04, FR = 0x18, ILPR = 0x20, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34,
       IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44, DMACR = 0x48 };
enum { RI = 1, CTS = 2, DCD = 4, DSR = 8, RX = 0x10, TX = 0x20, RT = 0x40, BE = 0x200, OE = 0x400 };
enum { FEN = 0x10, LBE = 0x80 };

/* Outputs. */
enum { W_ANY, W_RX, W_TX, W_RT, W_MS, W_ERROR, WIRES };

static struct rig rig;
static struct device *uart;
static struct chardev *chardev;
static int host;

static unsigned rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 4);
}

static void wr(unsigned reg, unsigned v)
{
    rig_write(&rig, 0, reg, 4, v);
}

static void type(const char *text)
{
    fake_chardev_type(chardev, host, text, strlen(text));
}

static void expect_sent(const char *text)
{
    g_autofree char *heard = fake_chardev_heard(chardev, host);

    g_assert_cmpstr(heard, ==, text);
}

static void setup(void)
{
    chardev = fake_chardev("host");
    host = fake_chardev_connect(chardev);
    uart = rig_new(&rig, "pl011", WIRES);
    g_assert_true(device_set_prop(uart, "chardev", "host", NULL));
    rig_start(&rig, uart);
}

static void teardown(void)
{
    rig_remove(&rig, uart);
    fake_chardev_free(chardev);
    close(host);
}

static void test_reset(void)
{
    static const struct {
        unsigned reg, value;
    } at_reset[] = { { RSR, 0 }, { FR, 0x90 }, { ILPR, 0 }, { IBRD, 0 }, { FBRD, 0 }, { LCR_H, 0 }, { CR, 0x300 },
                     { IFLS, 0x12 }, { IMSC, 0 }, { RIS, 0 }, { MIS, 0 }, { DMACR, 0 },
                     { 0xfe0, 0x11 }, { 0xfe4, 0x10 }, { 0xfe8, 0x14 }, { 0xfec, 0 }, { 0xff0, 0x0d }, { 0xff4, 0xf0 },
                     { 0xff8, 0x05 }, { 0xffc, 0xb1 } };

    setup();
    for (unsigned i = 0; i < ARRAY_SIZE(at_reset); i++)
        g_assert_cmphex(rd(at_reset[i].reg), ==, at_reset[i].value);
    for (unsigned reg = ILPR; reg <= IMSC; reg += 4)
        wr(reg, 0xffffffff);
    wr(DMACR, 0xffffffff);
    g_assert_cmphex(rd(ILPR), ==, 0xff);
    g_assert_cmphex(rd(IBRD), ==, 0xffff);
    g_assert_cmphex(rd(FBRD), ==, 0x3f);
    g_assert_cmphex(rd(LCR_H), ==, 0xff);
    g_assert_cmphex(rd(IFLS), ==, 0x3f);
    g_assert_cmphex(rd(IMSC), ==, 0x7ff);
    g_assert_cmphex(rd(DMACR), ==, 7);
    device_reset(uart);
    for (unsigned i = 0; i < ARRAY_SIZE(at_reset); i++)
        g_assert_cmphex(rd(at_reset[i].reg), ==, at_reset[i].value);
    teardown();
}

static void test_transmit(void)
{
    setup();
    wr(CR, 0x301);
    g_assert_cmphex(rd(RIS), ==, 0); /* empty, but never was anything else */
    rig_write(&rig, 0, DR, 1, 'h');
    wr(DR, 'i');
    expect_sent("hi");
    g_assert_cmphex(rd(RIS), ==, TX);
    g_assert_false(rig.wire[W_ANY]);
    wr(IMSC, TX);
    g_assert_true(rig.wire[W_ANY] && rig.wire[W_TX]);
    g_assert_false(rig.wire[W_RX] || rig.wire[W_RT] || rig.wire[W_MS] || rig.wire[W_ERROR]);
    g_assert_cmphex(rd(MIS), ==, TX);
    wr(ICR, TX);
    g_assert_false(rig.wire[W_ANY]);
    g_assert_cmphex(rd(RIS), ==, 0);
    /* The host has no room: full and busy until it has. */
    fake_chardev_stuff(chardev);
    wr(DR, 'x');
    g_assert_cmphex(rd(FR) & 0xa8, ==, 0x28);
    g_assert_cmphex(rd(RIS), ==, 0);
    g_free(fake_chardev_heard(chardev, host));
    g_assert_cmphex(rd(FR) & 0xa8, ==, 0x80);
    g_assert_cmphex(rd(RIS), ==, TX);
    teardown();
}

static void test_no_fifo(void)
{
    setup();
    wr(IMSC, RX);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 1);
    type("a");
    g_assert_cmphex(rd(FR), ==, 0xc0);
    g_assert_cmphex(rd(RIS), ==, RX);
    g_assert_true(rig.wire[W_ANY] && rig.wire[W_RX]);
    g_assert_cmphex(rd(DR), ==, 'a');
    g_assert_false(rig.wire[W_ANY]);
    g_assert_cmphex(rd(FR), ==, 0x90);
    g_assert_cmphex(rd(DR), ==, 0);
    teardown();
}

static void test_levels(void)
{
    static const unsigned level[] = { 2, 4, 8, 12, 14 };

    for (unsigned i = 0; i < ARRAY_SIZE(level); i++) {
        setup();
        wr(LCR_H, 0x70);
        wr(IFLS, i << 3);
        for (unsigned n = 1; n <= 16; n++) {
            type("c");
            g_assert_cmphex(rd(RIS) & RX, ==, n >= level[i] ? RX : 0);
        }
        g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
        g_assert_cmphex(rd(FR), ==, 0xc0);
        for (unsigned n = 16; n; n--) {
            g_assert_cmphex(rd(RIS) & RX, ==, n >= level[i] ? RX : 0);
            g_assert_cmphex(rd(DR), ==, 'c');
        }
        /* Cleared by ICR it comes back when the level is reached again. */
        for (unsigned n = 0; n < level[i]; n++)
            type("c");
        wr(ICR, RX);
        g_assert_cmphex(rd(RIS) & RX, ==, 0);
        rd(DR);
        type("c");
        g_assert_cmphex(rd(RIS) & RX, ==, RX);
        teardown();
    }
}

static void test_timeout(void)
{
    setup();
    wr(IBRD, 13); /* 24 MHz / 16 / 13 = 115385 Hz: 32 bits are 277 us */
    wr(FBRD, 0);
    wr(LCR_H, 0x70);
    wr(IMSC, RT);
    type("a");
    rig_advance(277000);
    g_assert_false(rig.wire[W_RT]);
    type("b"); /* begins anew */
    rig_advance(277000);
    g_assert_false(rig.wire[W_RT]);
    rig_advance(1000);
    g_assert_true(rig.wire[W_RT] && rig.wire[W_ANY]);
    g_assert_cmphex(rd(RIS), ==, RT);
    rd(DR);
    g_assert_true(rig.wire[W_RT]);
    rd(DR); /* empty */
    g_assert_false(rig.wire[W_RT]);
    rig_advance(10000000);
    g_assert_false(rig.wire[W_RT]);
    type("a");
    rig_advance(300000);
    wr(ICR, RT);
    g_assert_false(rig.wire[W_RT]);
    teardown();
}

static void test_errors(void)
{
    setup();
    wr(LCR_H, 0x70);
    wr(IMSC, BE | OE);
    fake_chardev_break(chardev);
    g_assert_true(rig.wire[W_ERROR] && rig.wire[W_ANY]);
    g_assert_cmphex(rd(RIS), ==, BE);
    g_assert_cmphex(rd(DR), ==, 0x400);
    g_assert_cmphex(rd(RSR), ==, 4);
    wr(RSR, 0);
    g_assert_cmphex(rd(RSR), ==, 0);
    wr(ICR, BE);
    g_assert_false(rig.wire[W_ERROR]);
    /* Overrun: what is in the FIFO stays, the next character after the loss says so. */
    wr(CR, 0x301 | LBE);
    for (unsigned i = 0; i < 17; i++)
        wr(DR, 'a' + i);
    g_assert_cmphex(rd(RIS) & OE, ==, OE);
    g_assert_cmphex(rd(DR), ==, 'a');
    wr(DR, 'z');
    for (unsigned i = 1; i < 16; i++)
        g_assert_cmphex(rd(DR), ==, 'a' + i);
    g_assert_cmphex(rd(DR), ==, 0x800 | 'z');
    g_assert_cmphex(rd(RSR), ==, 8);
    teardown();
}

static void test_loopback(void)
{
    setup();
    wr(IMSC, RI | CTS | DCD | DSR);
    wr(CR, 0x301 | LBE);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    wr(DR, 'l');
    g_assert_cmphex(rd(DR), ==, 'l');
    expect_sent("");
    static const struct {
        unsigned cr, fr, irq;
    } lines[] = { { 0x400, 2, DSR }, { 0x800, 1, CTS }, { 0x1000, 4, DCD }, { 0x2000, 0x100, RI } };
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
        wr(CR, 0x301 | LBE | lines[i].cr);
        g_assert_cmphex(rd(FR) & 0x107, ==, lines[i].fr);
        g_assert_cmphex(rd(MIS), ==, lines[i].irq);
        g_assert_true(rig.wire[W_MS]);
        wr(ICR, 0xf);
        g_assert_false(rig.wire[W_MS]);
        wr(CR, 0x301 | LBE);
        g_assert_cmphex(rd(MIS), ==, lines[i].irq);
        wr(ICR, 0xf);
    }
    wr(LCR_H, 1);
    g_assert_cmphex(rd(DR), ==, 0x400);
    fake_chardev_accepts = 0;
    wr(CR, 0x301);
    g_assert_cmpuint(fake_chardev_accepts, >, 0);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 1);
    teardown();
}

static void test_fuzz(void)
{
    setup();
    rig_fuzz(&rig, uart, 200000);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/pl011/reset", test_reset);
    g_test_add_func("/pl011/transmit", test_transmit);
    g_test_add_func("/pl011/no-fifo", test_no_fifo);
    g_test_add_func("/pl011/levels", test_levels);
    g_test_add_func("/pl011/timeout", test_timeout);
    g_test_add_func("/pl011/errors", test_errors);
    g_test_add_func("/pl011/loopback", test_loopback);
    g_test_add_func("/pl011/fuzz", test_fuzz);
    return g_test_run();
}
