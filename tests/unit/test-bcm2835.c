/* SPDX-License-Identifier: BSD-2-Clause */
/* The small parts of a BCM2835: mini-UART, interrupt controller, system timer, pins, power, clocks, numbers, temperature. */
#include <unistd.h>

#include "life.h"
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

static void setup(const char *type, unsigned nirqs)
{
    dev = rig_new(&rig, type, nirqs);
    rig_start(&rig, dev);
}

static void teardown(void)
{
    rig_fuzz(&rig, dev, 3000);
    device_reset(dev);
    rig_remove(&rig, dev);
}

static struct irq input(const uint32_t *cells)
{
    struct irq line;

    g_assert_true(dev->type->irq_in(dev, cells, 2, &line));
    return line;
}

/* -- Mini-UART -- */

enum { MU_IO = 0x00, MU_IER = 0x04, MU_IIR = 0x08, MU_LCR = 0x0c, MU_LSR = 0x14, MU_SCRATCH = 0x1c, MU_CNTL = 0x20,
       MU_STAT = 0x24, MU_BAUD = 0x28 };

static void test_mini_uart(void)
{
    struct chardev *chardev = fake_chardev("host");
    int host = fake_chardev_connect(chardev);
    g_autofree char *heard = NULL;

    dev = rig_new(&rig, "bcm2835-aux-uart", 1);
    g_assert_true(device_set_prop(dev, "chardev", "host", NULL));
    rig_start(&rig, dev);
    /* As QEMU's after a reset. */
    g_assert_cmphex(rd(MU_IER), ==, 0xc0);
    g_assert_cmphex(rd(MU_IIR), ==, 0xc1);
    g_assert_cmphex(rd(MU_LSR), ==, 0x60);
    g_assert_cmphex(rd(MU_CNTL), ==, 3);
    g_assert_cmphex(rd(MU_STAT), ==, 0x30e);
    /* Out: the interrupt says that there is room. */
    wr(MU_IO, 'x');
    heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, "x");
    g_assert_false(rig.wire[0]);
    wr(MU_IER, 2);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(MU_IIR), ==, 0xc2);
    /* In: what is received comes first. */
    wr(MU_IER, 1);
    g_assert_false(rig.wire[0]);
    fake_chardev_type(chardev, host, "abcdefgh", 8);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(MU_IIR), ==, 0xc4);
    g_assert_cmphex(rd(MU_LSR), ==, 0x61);
    g_assert_cmphex(rd(MU_STAT), ==, 0x8030f);
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 0);
    g_assert_cmphex(rd(MU_IO), ==, 'a');
    g_assert_cmpuint(fake_chardev_room(chardev), ==, 1);
    wr(MU_IIR, 4); /* the other FIFO */
    g_assert_cmphex(rd(MU_IO), ==, 'b');
    wr(MU_IIR, 2);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(MU_LSR), ==, 0x60);
    g_assert_cmphex(rd(MU_IO), ==, 0);
    /* The divisor, by either way. */
    wr(MU_LCR, 0x83);
    wr(MU_IO, 0x34);
    wr(MU_IER, 0x12);
    g_assert_cmphex(rd(MU_BAUD), ==, 0x1234);
    wr(MU_BAUD, 0x10e);
    g_assert_cmphex(rd(MU_IO), ==, 0x0e);
    g_assert_cmphex(rd(MU_IER), ==, 0x01);
    wr(MU_LCR, 3);
    g_assert_cmphex(rd(MU_LCR), ==, 3);
    wr(MU_SCRATCH, 0x5a);
    g_assert_cmphex(rd(MU_SCRATCH), ==, 0x5a);
    /* A host that takes no more. */
    wr(MU_IER, 2);
    g_assert_true(rig.wire[0]);
    fake_chardev_stuff(chardev);
    wr(MU_IO, 'y');
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(MU_LSR), ==, 0);
    g_assert_cmphex(rd(MU_STAT), ==, 0x24);
    teardown();
    fake_chardev_free(chardev);
    close(host);
}

static void test_aux(void)
{
    struct device *uart = rig_new(&rig, "bcm2835-aux-uart", 1), *aux;

    rig_start(&rig, uart);
    rig_write(&rig, 0, MU_IER, 4, 2);
    for (unsigned i = 0; i < uart->nregions; i++)
        address_space_unmap(rig.m.as, &uart->regions[i]);
    aux = rig_new(&rig, "bcm2835-aux", 0);
    rig_start(&rig, aux);
    g_assert_cmphex(rd(0), ==, 1);
    g_assert_cmphex(rd(4), ==, 1);
    wr(4, 0xff);
    g_assert_cmphex(rd(4), ==, 7);
    device_reset(uart);
    g_assert_cmphex(rd(0), ==, 0);
    rig_remove(&rig, aux);
    g_ptr_array_remove(rig.m.devices, uart);
    device_free(uart);
}

/* -- Interrupt controller -- */

enum { BASIC = 0x00, PENDING_1 = 0x04, PENDING_2 = 0x08, FIQ = 0x0c, ENABLE_1 = 0x10, ENABLE_2 = 0x14, ENABLE_BASIC = 0x18,
       DISABLE_1 = 0x1c, DISABLE_2 = 0x20, DISABLE_BASIC = 0x24 };

static void test_ic(void)
{
    struct irq arm, gpu3, gpu9, gpu57, gpu63, line;

    setup("bcm2835-ic", 2);
    arm = input((const uint32_t[]){ 0, 1 });
    gpu3 = input((const uint32_t[]){ 1, 3 });
    gpu9 = input((const uint32_t[]){ 1, 9 });
    gpu57 = input((const uint32_t[]){ 2, 25 });
    gpu63 = input((const uint32_t[]){ 2, 31 });
    g_assert_false(dev->type->irq_in(dev, (const uint32_t[]){ 0, 8 }, 2, &line));
    g_assert_false(dev->type->irq_in(dev, (const uint32_t[]){ 1, 32 }, 2, &line));
    g_assert_false(dev->type->irq_in(dev, (const uint32_t[]){ 3, 0 }, 2, &line));
    irq_set(&gpu3, true);
    g_assert_false(rig.wire[0]);
    wr(ENABLE_1, 1 << 3);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(PENDING_1), ==, 8);
    g_assert_cmphex(rd(BASIC), ==, 1 << 8);
    g_assert_cmphex(rd(ENABLE_1), ==, 8);
    g_assert_cmphex(rd(DISABLE_1), ==, ~8u);
    wr(DISABLE_1, 8);
    g_assert_false(rig.wire[0]);
    /* Those with a bit of their own do not show in bits 8 and 9. */
    wr(ENABLE_1, 1 << 9);
    wr(ENABLE_2, 1u << 25 | 1u << 31);
    irq_set(&gpu9, true);
    irq_set(&gpu57, true);
    g_assert_cmphex(rd(BASIC), ==, 1 << 11 | 1 << 19);
    irq_set(&gpu63, true);
    g_assert_cmphex(rd(BASIC), ==, 1 << 11 | 1 << 19 | 1 << 9);
    g_assert_cmphex(rd(PENDING_2), ==, 1u << 25 | 1u << 31);
    wr(DISABLE_1, ~0u);
    wr(DISABLE_2, ~0u);
    g_assert_false(rig.wire[0]);
    wr(ENABLE_BASIC, 2);
    irq_set(&arm, true);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(BASIC), ==, 2);
    wr(DISABLE_BASIC, 2);
    g_assert_false(rig.wire[0]);
    /* FIQ: one source, enabled or not. */
    wr(FIQ, 0x80 | 57);
    g_assert_true(rig.wire[1]);
    g_assert_cmphex(rd(FIQ), ==, 0x80 | 57);
    wr(FIQ, 0x80 | 65);
    g_assert_true(rig.wire[1]);
    irq_set(&arm, false);
    g_assert_false(rig.wire[1]);
    wr(FIQ, 0x80 | 127); /* there is none */
    g_assert_false(rig.wire[1]);
    wr(FIQ, 57);
    g_assert_false(rig.wire[1]);
    teardown();
}

/* -- System timer -- */

static void test_systmr(void)
{
    uint32_t now;

    setup("bcm2835-sys-timer", 4);
    rig_advance(1000);
    now = rd(4);
    rig_advance(5000);
    g_assert_cmpuint(rd(4) - now, ==, 5);
    wr(0x10, rd(4) + 10); /* C1 */
    rig_advance(9000);
    g_assert_false(rig.wire[1]);
    rig_advance(1000);
    g_assert_true(rig.wire[1]);
    g_assert_cmphex(rd(0), ==, 2);
    wr(0, 1);
    g_assert_true(rig.wire[1]);
    wr(0, 2);
    g_assert_false(rig.wire[1]);
    rig_advance(20000);
    g_assert_false(rig.wire[1]);
    g_assert_cmpuint(rig.edges[1], ==, 1);
    wr(0x14, rd(4) - 1000000); /* C2: a second late */
    rig_advance(1);
    g_assert_true(rig.wire[2]);
    wr(0, 4);
    rig_advance(1000000);
    g_assert_false(rig.wire[2]);
    wr(0x18, rd(4) - 10000001); /* C3: in 71 minutes less 10 seconds */
    rig_advance(INT64_C(4284966000) * 1000);
    g_assert_false(rig.wire[3]);
    rig_advance(1295000);
    g_assert_true(rig.wire[3]);
    g_assert_cmphex(rd(8), ==, 0);
    rig_advance(INT64_C(10000000000));
    g_assert_cmphex(rd(8), ==, 1);
    teardown();
}

/* -- Pins -- */

enum { FSEL0 = 0x00, FSEL1 = 0x04, SET0 = 0x1c, SET1 = 0x20, CLR0 = 0x28, LEV0 = 0x34, LEV1 = 0x38, EDS0 = 0x40, EDS1 = 0x44,
       REN0 = 0x4c, FEN1 = 0x5c, HEN0 = 0x64, AFEN1 = 0x8c, PUD = 0x94, PUDCLK1 = 0x9c };

static void test_gpio(void)
{
    struct irq pin17, pin53;

    setup("bcm2835_gpio", 4);
    /* Outputs. */
    wr(FSEL1, 1 << 21); /* 17 */
    g_assert_cmphex(rd(FSEL1), ==, 1 << 21);
    wr(SET0, 1 << 17 | 1 << 4);
    g_assert_cmphex(rd(LEV0), ==, 1 << 17); /* 4 is an input */
    g_assert_cmphex(rd(SET0), ==, 0);
    wr(CLR0, 1 << 17);
    g_assert_cmphex(rd(LEV0), ==, 0);
    wr(FSEL1, 0);
    /* Inputs, with their events. */
    pin17 = input((const uint32_t[]){ 17, 0 });
    pin53 = input((const uint32_t[]){ 53, 0 });
    g_assert_false(dev->type->irq_in(dev, (const uint32_t[]){ 54, 0 }, 2, &pin53));
    wr(REN0, 1 << 17);
    irq_set(&pin17, true);
    g_assert_cmphex(rd(EDS0), ==, 1 << 17);
    g_assert_true(rig.wire[0] && rig.wire[3] && !rig.wire[1] && !rig.wire[2]);
    wr(EDS0, 1 << 17);
    g_assert_false(rig.wire[0] || rig.wire[3]);
    irq_set(&pin17, false);
    g_assert_cmphex(rd(EDS0), ==, 0);
    wr(HEN0, 1 << 17); /* a level does not let it be cleared */
    irq_set(&pin17, true);
    wr(EDS0, 1 << 17);
    g_assert_cmphex(rd(EDS0), ==, 1 << 17);
    irq_set(&pin17, false);
    wr(EDS0, 1 << 17);
    g_assert_cmphex(rd(EDS0), ==, 0);
    wr(FEN1, 1 << 21);
    g_assert_cmphex(rd(FEN1), ==, 1 << 21);
    irq_set(&pin53, true);
    g_assert_cmphex(rd(LEV1), ==, 1 << 21);
    g_assert_false(rig.wire[2]);
    irq_set(&pin53, false);
    g_assert_true(rig.wire[2] && rig.wire[3] && !rig.wire[0]);
    wr(AFEN1, ~0u);
    g_assert_cmphex(rd(AFEN1), ==, (1 << 22) - 1); /* 54 pins */
    wr(PUD, 7);
    g_assert_cmphex(rd(PUD), ==, 3);
    wr(PUDCLK1, 5);
    g_assert_cmphex(rd(PUDCLK1), ==, 5);
    teardown();
}

/* -- Power -- */

enum { RSTC = 0x1c, RSTS = 0x20, WDOG = 0x24, GRAFX = 0x10c };
#define PASSWORD 0x5a000000

static unsigned resets, shutdowns;

void __wrap_request_reset(enum shutdown_cause cause)
{
    resets++;
}

void __wrap_request_shutdown(enum shutdown_cause cause, int status)
{
    g_assert_cmpint(status, ==, 0);
    shutdowns++;
}

static void test_pm(void)
{
    setup("bcm2835-powermgt", 0);
    g_assert_cmphex(rd(RSTC), ==, 0x102);
    g_assert_cmphex(rd(RSTS), ==, 0x1000);
    wr(WDOG, 65536); /* no password */
    g_assert_cmphex(rd(WDOG), ==, 0);
    wr(WDOG, PASSWORD | 65536);
    wr(RSTC, PASSWORD | 0x20);
    rig_advance(250000000);
    g_assert_cmpuint(rd(WDOG), ==, 65536 * 3 / 4);
    wr(WDOG, PASSWORD | 65536); /* it is fed */
    wr(RSTC, PASSWORD | 0x20);
    rig_advance(999999999);
    g_assert_cmpuint(resets, ==, 0);
    rig_advance(1);
    g_assert_cmpuint(resets, ==, 1);
    g_assert_cmphex(rd(RSTS) & 0x20, ==, 0x20);
    wr(RSTC, PASSWORD | 0x20);
    wr(RSTC, PASSWORD | 0x102);
    rig_advance(INT64_C(10000000000));
    g_assert_cmpuint(resets, ==, 1);
    wr(RSTS, PASSWORD | 0x555);
    wr(WDOG, PASSWORD | 10);
    wr(RSTC, PASSWORD | 0x20);
    rig_advance(10000000);
    g_assert_cmpuint(resets, ==, 1);
    g_assert_cmpuint(shutdowns, ==, 1);
    /* Domains and bridges. */
    wr(GRAFX, PASSWORD | 1);
    g_assert_cmphex(rd(GRAFX), ==, 3);
    wr(GRAFX, PASSWORD | 9);
    g_assert_cmphex(rd(GRAFX), ==, 0x1b);
    wr(GRAFX, PASSWORD | 0);
    g_assert_cmphex(rd(GRAFX), ==, 0);
    g_assert_cmphex(rig_read(&rig, 1, 0x20, 4), ==, 0x62726467);
    rig_write(&rig, 1, 8, 4, PASSWORD | 1);
    g_assert_cmphex(rig_read(&rig, 1, 8, 4) & 3, ==, 3);
    rig_write(&rig, 1, 8, 4, PASSWORD);
    g_assert_cmphex(rig_read(&rig, 1, 8, 4) & 3, ==, 0);
    teardown();
}

/* -- The rest -- */

static void test_cprman(void)
{
    setup("bcm2835-cprman", 0);
    g_assert_cmphex(rd(0xf0), ==, 0x296); /* the UART's clock */
    g_assert_cmphex(rd(0xf4), ==, 0xa6ab);
    g_assert_cmphex(rd(0x114), ==, 0x1f00); /* PLLs lock */
    wr(0xf0, 0x206);
    g_assert_cmphex(rd(0xf0), ==, 0x296);
    wr(0xf0, PASSWORD | 0x206); /* off: it is not busy any more */
    g_assert_cmphex(rd(0xf0), ==, 0x206);
    wr(0xf4, PASSWORD | 0x3000);
    g_assert_cmphex(rd(0xf4), ==, 0x3000);
    wr(0xf0, PASSWORD | 0x216);
    g_assert_cmphex(rd(0xf0), ==, 0x296);
    wr(0xf0, PASSWORD | 0x236); /* killed */
    g_assert_cmphex(rd(0xf0), ==, 0x236);
    wr(0x1104, PASSWORD | 0x123);
    g_assert_cmphex(rd(0x1104), ==, 0x123);
    device_reset(dev);
    g_assert_cmphex(rd(0xf0), ==, 0x296);
    teardown();
}

static void test_rng(void)
{
    uint32_t first, differ = 0;

    setup("bcm2835-rng", 1);
    wr(0, 1);
    g_assert_cmphex(rd(0), ==, 1);
    wr(4, 0x40000);
    g_assert_cmphex(rd(4), ==, 0x1040000);
    first = rd(8);
    for (unsigned i = 0; i < 8; i++)
        differ |= rd(8) ^ first;
    g_assert_cmphex(differ, !=, 0);
    wr(12, 7);
    g_assert_cmphex(rd(12), ==, 7);
    teardown();
}

static void test_thermal(void)
{
    setup("bcm2835-thermal", 0);
    g_assert_cmphex(rd(4), ==, 0x6cf); /* QEMU's */
    wr(0, 0x1234);
    wr(4, 0);
    g_assert_cmphex(rd(0), ==, 0x1234);
    g_assert_cmphex(rd(4), ==, 0x6cf);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/bcm2835/mini-uart", test_mini_uart);
    g_test_add_func("/bcm2835/aux", test_aux);
    g_test_add_func("/bcm2835/ic", test_ic);
    g_test_add_func("/bcm2835/systmr", test_systmr);
    g_test_add_func("/bcm2835/gpio", test_gpio);
    g_test_add_func("/bcm2835/pm", test_pm);
    g_test_add_func("/bcm2835/cprman", test_cprman);
    g_test_add_func("/bcm2835/rng", test_rng);
    g_test_add_func("/bcm2835/thermal", test_thermal);
    return g_test_run();
}
