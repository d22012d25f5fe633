/* SPDX-License-Identifier: BSD-2-Clause */
/* The 16550 UART: registers, FIFOs, interrupts, loopback, flow control. */
#include <unistd.h>

#include "tests/device-rig.h"
#include "tests/fake-chardev.h"

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

static struct rig rig;
static struct device *uart;

static struct chardev *chardev;
static int host; /* its other end */

static size_t room(void)
{
    return fake_chardev_room(chardev);
}

static void type(const char *text, size_t len)
{
    fake_chardev_type(chardev, host, text, len);
}

static void expect_sent(const char *text)
{
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, text);
}

static unsigned rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 1);
}

static void wr(unsigned reg, unsigned v)
{
    rig_write(&rig, 0, reg, 1, v);
}

static void setup(void)
{
    chardev = fake_chardev("host");
    host = fake_chardev_connect(chardev);
    uart = rig_new(&rig, "ns16550", 1);
    g_assert_true(device_set_prop(uart, "chardev", "host", NULL));
    rig_start(&rig, uart);
}

static void teardown(void)
{
    rig_remove(&rig, uart);
    fake_chardev_free(chardev);
    close(host);
}

/* -- Tests -- */

static void test_reset(void)
{
    setup();
    g_assert_cmphex(rd(IER), ==, 0);
    g_assert_cmphex(rd(IIR), ==, 1);
    g_assert_cmphex(rd(LSR), ==, 0x60);
    g_assert_cmphex(rd(MSR), ==, 0xb0);
    wr(SCR, 0x5a);
    g_assert_cmphex(rd(SCR), ==, 0x5a);
    device_reset(uart);
    g_assert_cmphex(rd(SCR), ==, 0);
    teardown();
}

static void test_divisor(void)
{
    setup();
    wr(LCR, 0x83);
    wr(0, 0x34);
    wr(1, 0x12);
    g_assert_cmphex(rd(0), ==, 0x34);
    g_assert_cmphex(rd(1), ==, 0x12);
    wr(LCR, 0x03);
    g_assert_cmphex(rd(IER), ==, 0);
    expect_sent("");
    teardown();
}

static void test_transmit(void)
{
    setup();
    wr(RBR, 'h');
    wr(RBR, 'i');
    expect_sent("hi");
    /* Enabling THRE interrupts raises one at once; IIR acknowledges it, a write raises the next. */
    wr(IER, 2);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 2);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 1);
    wr(RBR, '!');
    g_assert_true(rig.wire[0]);
    teardown();
}

/* Drivers that never read IIR: LSR takes the interrupt back; IIR shows it all the same. */
static void test_without_iir(void)
{
    setup();
    wr(IER, 2);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(LSR), ==, 0x60);
    g_assert_false(rig.wire[0]);
    wr(RBR, 'a');
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(LSR), ==, 0x60);
    type("x", 1);
    wr(IER, 3);
    g_assert_true(rig.wire[0]); /* for what came in */
    rd(RBR);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 2);
    g_assert_cmphex(rd(IIR), ==, 1);
    /* From now on it is the 16550's. */
    wr(RBR, 'b');
    rd(LSR);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 2);
    g_assert_false(rig.wire[0]);
    device_reset(uart);
    wr(IER, 2);
    rd(LSR);
    g_assert_false(rig.wire[0]);
    teardown();
}

static unsigned pulses;

static void count_pulse(void *opaque, unsigned n)
{
    pulses++;
}

/* The same where the controller takes single requests. */
static void test_without_iir_pulses(void)
{
    setup();
    uart->irqs[0].pulse = count_pulse;
    pulses = 0;
    wr(RBR, 'a');
    g_assert_cmpuint(pulses, ==, 0);
    wr(IER, 2);
    g_assert_true(pulses == 1 && !rig.wire[0]);
    rd(LSR);
    wr(IER, 2);
    g_assert_true(pulses == 1 && !rig.wire[0]);
    wr(RBR, 'b');
    g_assert_true(pulses == 2 && !rig.wire[0]);
    wr(IER, 10);
    wr(MCR, 16); /* modem lines change, but THRE has priority in IIR */
    g_assert_true(rig.wire[0]);
    rd(MSR);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 2);
    wr(RBR, 'c');
    g_assert_true(pulses == 2 && rig.wire[0]);
    teardown();
}

static void test_receive_without_fifo(void)
{
    setup();
    wr(IER, 1);
    g_assert_cmpuint(room(), ==, 1);
    type("a", 1);
    g_assert_cmpuint(room(), ==, 0);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 4);
    g_assert_cmphex(rd(LSR), ==, 0x61);
    fake_chardev_accepts = 0;
    g_assert_cmphex(rd(RBR), ==, 'a');
    g_assert_cmpuint(fake_chardev_accepts, ==, 1);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(LSR), ==, 0x60);
    teardown();
}

static void test_fifo_trigger_and_timeout(void)
{
    setup();
    wr(2, 0x81); /* FIFOs on, trigger at 8 */
    wr(IER, 1);
    g_assert_cmpuint(room(), ==, 16);
    type("1234567", 7);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 0xc1);
    rig_advance(20000000);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 0xcc);
    g_assert_cmphex(rd(RBR), ==, '1');
    g_assert_false(rig.wire[0]); /* the timeout starts anew */
    type("89", 2);
    g_assert_cmphex(rd(IIR), ==, 0xc4);
    for (unsigned i = 2; i <= 9; i++)
        g_assert_cmphex(rd(RBR), ==, '0' + i);
    g_assert_cmphex(rd(LSR), ==, 0x60);
    rig_advance(20000000);
    g_assert_false(rig.wire[0]);
    teardown();
}

static void test_fifo_clear(void)
{
    setup();
    wr(2, 1);
    type("xyz", 3);
    wr(2, 3);
    g_assert_cmphex(rd(LSR), ==, 0x60);
    g_assert_cmpuint(room(), ==, 16);
    type("xyz", 3);
    wr(2, 0); /* turning the FIFOs off empties them */
    g_assert_cmphex(rd(LSR), ==, 0x60);
    teardown();
}

static void test_break(void)
{
    setup();
    wr(IER, 4);
    fake_chardev_break(chardev);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 6);
    g_assert_cmphex(rd(LSR), ==, 0x71);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(RBR), ==, 0);
    teardown();
}

static void test_loopback(void)
{
    setup();
    wr(MCR, 0x10);
    rd(MSR);
    wr(RBR, 'L');
    expect_sent("");
    g_assert_cmphex(rd(RBR), ==, 'L');
    g_assert_cmpuint(room(), ==, 0); /* the host is cut off */
    wr(MCR, 0x1a);                   /* RTS -> CTS, OUT2 -> DCD */
    g_assert_cmphex(rd(MSR), ==, 0x99);
    g_assert_cmphex(rd(MSR), ==, 0x90);
    wr(MCR, 0x14); /* OUT1 -> RI; its rise is no delta */
    g_assert_cmphex(rd(MSR), ==, 0x49);
    wr(IER, 8);
    g_assert_false(rig.wire[0]);
    wr(MCR, 0x10); /* the fall is */
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(IIR), ==, 0);
    g_assert_cmphex(rd(MSR), ==, 0x04);
    g_assert_false(rig.wire[0]);
    /* Overrun: two characters without a FIFO. */
    wr(RBR, 'a');
    wr(RBR, 'b');
    g_assert_cmphex(rd(LSR), ==, 0x63);
    g_assert_cmphex(rd(RBR), ==, 'b');
    fake_chardev_accepts = 0;
    wr(MCR, 0);
    g_assert_cmpuint(fake_chardev_accepts, ==, 1);
    teardown();
}

static void test_reg_shift(void)
{
    chardev = fake_chardev("host");
    host = fake_chardev_connect(chardev);
    uart = rig_new(&rig, "ns16550", 1);
    g_assert_true(device_set_prop(uart, "regshift", "2", NULL));
    rig_start(&rig, uart);
    g_assert_cmpuint(uart->regions[0].size, ==, 32);
    rig_write(&rig, 0, SCR << 2, 4, 0x1177);
    g_assert_cmphex(rig_read(&rig, 0, SCR << 2, 4), ==, 0x77);
    teardown();
}

static void test_fuzz(void)
{
    setup();
    rig_fuzz(&rig, uart, 200000);
    for (unsigned i = 0; i < 1000; i++) {
        type("0123456789abcdef", MIN(room(), 16));
        rig_fuzz(&rig, uart, 20);
        g_free(fake_chardev_heard(chardev, host));
    }
    teardown();
}

/* A host that takes no more keeps the transmitter busy, and frees it with an interrupt. */
static void test_host_full(void)
{
    setup();
    wr(IER, 2);
    rd(IIR);
    fake_chardev_stuff(chardev);
    wr(RBR, 'a');
    g_assert_cmphex(rd(LSR), ==, 0);
    g_assert_cmphex(rd(IIR) & 0x0f, ==, 1);
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmphex(rd(LSR), ==, 0x60);
    g_assert_cmphex(rd(IIR) & 0x0f, ==, 2);
    wr(RBR, 'b');
    expect_sent("b");
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/ns16550/reset", test_reset);
    g_test_add_func("/ns16550/divisor", test_divisor);
    g_test_add_func("/ns16550/transmit", test_transmit);
    g_test_add_func("/ns16550/without-iir", test_without_iir);
    g_test_add_func("/ns16550/without-iir-pulses", test_without_iir_pulses);
    g_test_add_func("/ns16550/receive", test_receive_without_fifo);
    g_test_add_func("/ns16550/fifo", test_fifo_trigger_and_timeout);
    g_test_add_func("/ns16550/fifo-clear", test_fifo_clear);
    g_test_add_func("/ns16550/break", test_break);
    g_test_add_func("/ns16550/loopback", test_loopback);
    g_test_add_func("/ns16550/host-full", test_host_full);
    g_test_add_func("/ns16550/reg-shift", test_reg_shift);
    g_test_add_func("/ns16550/fuzz", test_fuzz);
    return g_test_run();
}
