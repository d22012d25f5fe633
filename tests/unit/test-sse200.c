/* SPDX-License-Identifier: BSD-2-Clause */
/* SIE-200's memory protection controller, SSE-200's security controller, and a Cortex-M's ITM. */
#include <libfdt.h>
#include <string.h>
#include <unistd.h>

#include "tests/device-rig.h"
#include "tests/dts.h"
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

/* The device of the tree's node /d, which is not mapped yet. */
static void setup(const char *type, unsigned nirqs, const char *nodes)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *text = g_strdup_printf("/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; %s };", nodes);
    size_t size;
    g_autofree void *fdt = dts_compile(text, &size);

    dev = rig_new(&rig, type, nirqs);
    g_assert_true(!dev->type->from_dt || dev->type->from_dt(dev, fdt, fdt_path_offset(fdt, "/d"), &err));
    rig_start(&rig, dev);
}

static void teardown(void)
{
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
}

/* -- MPC: 64 KiB at 0x40000000 and at 0x50000000 -- */

enum { CTRL = 0x0, BLK_MAX = 0x10, BLK_CFG = 0x14, BLK_IDX = 0x18, BLK_LUT = 0x1c, INT_STAT = 0x20, INT_CLEAR = 0x24,
       INT_EN = 0x28, INT_INFO1 = 0x2c, INT_INFO2 = 0x30, INT_SET = 0x34 };

static uint32_t load(gpa at)
{
    uint64_t v = 0;

    g_assert_cmpint(bus_read(rig.m.as, at, 4, &v), ==, BUS_OK);
    return v;
}

static void store(gpa at, uint32_t v)
{
    g_assert_cmpint(bus_write(rig.m.as, at, 4, v), ==, BUS_OK);
}

static void test_mpc(void)
{
    setup("tz-mpc", 1, "d { reg = <0x10000000 0x1000>, <0x40000000 0x10000>, <0x50000000 0x10000>; };");
    g_assert_cmphex(rd(0xfe0), ==, 0x60);
    g_assert_cmpuint(rd(BLK_MAX), ==, 0); /* one word for 16 blocks */
    g_assert_cmpuint(1u << (rd(BLK_CFG) + 5), ==, 4096);
    store(BUS_SECURE | 0x50001000, 0x11223344);
    g_assert_cmphex(load(BUS_SECURE | 0x40001000), ==, 0x11223344);
    g_assert_cmphex(load(0x40001000), ==, 0);
    g_assert_cmphex(rd(INT_STAT), ==, 1);
    g_assert_cmphex(rd(INT_INFO1), ==, 0x40001000);
    g_assert_cmphex(rd(INT_INFO2), ==, 1u << 17);
    g_assert_false(rig.wire[0]);
    wr(INT_EN, 1);
    g_assert_true(rig.wire[0]);
    wr(INT_CLEAR, 1);
    g_assert_false(rig.wire[0]);
    wr(BLK_LUT, 2); /* block 1 is given away */
    g_assert_cmphex(load(0x40001000), ==, 0x11223344);
    g_assert_cmphex(load(BUS_SECURE | 0x50001000), ==, 0);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(INT_INFO2), ==, 1u << 18);
    g_assert_cmphex(load(BUS_SECURE | 0x50000000), ==, 0); /* the one before it is as it was */
    wr(CTRL, 0x10); /* bus errors */
    uint64_t v;
    g_assert_cmpint(bus_read(rig.m.as, 0x40002000, 4, &v), ==, BUS_ERROR);
    g_assert_cmpint(bus_read(rig.m.as, 0x40001000, 4, &v), ==, BUS_OK);
    wr(CTRL, 0x80000000); /* locked */
    wr(BLK_LUT, 0);
    g_assert_cmphex(rd(BLK_LUT), ==, 2);
    device_reset(dev);
    g_assert_cmphex(rd(BLK_LUT), ==, 0);
    g_assert_cmphex(load(BUS_SECURE | 0x50001000), ==, 0x11223344);
    teardown();
}

/* -- The security controller, with a device at 0x40200000 behind bit 5 of the register at 0x84 -- */

enum { SECRESPCFG = 0x10, NSCCFG = 0x14, SECPPCINTSTAT = 0x20, SECPPCINTCLR = 0x24, SECPPCINTEN = 0x28, PORT = 0x84 };

static void test_secctl(void)
{
    setup("iotkit-secctl", 3,
          "d { reg = <0x10000000 0x1000>, <0x20000000 0x1000>; }; "
          "u { reg = <0x40200000 0x1000>; arm,ppc-port = <0x84 5>; };");
    g_assert_cmphex(rd(0xfe0), ==, 0x52);
    g_assert_cmphex(rig_read(&rig, 1, 0xfe0, 4), ==, 0x53);
    wr(NSCCFG, 2);
    g_assert_true(rig.wire[1] && !rig.wire[0]);
    wr(SECPPCINTEN, 0xffffffff);
    g_assert_cmphex(load(0x40200000), ==, 0); /* refused; a secure access finds what is there */
    g_assert_cmphex(rd(SECPPCINTSTAT), ==, 1 << 5);
    g_assert_true(rig.wire[2]);
    wr(SECPPCINTCLR, 1 << 5);
    g_assert_false(rig.wire[2]);
    wr(PORT, 1 << 5);
    g_assert_cmphex(rd(PORT), ==, 1 << 5);
    uint64_t v;
    g_assert_cmpint(bus_read(rig.m.as, 0x40200000, 4, &v), ==, BUS_DECODE_ERROR); /* nothing lies over nothing */
    g_assert_cmphex(load(BUS_SECURE | 0x50200000), ==, 0);
    g_assert_cmphex(rd(SECPPCINTSTAT), ==, 1 << 5);
    wr(SECRESPCFG, 1);
    g_assert_cmpint(bus_read(rig.m.as, BUS_SECURE | 0x50200000, 4, &v), ==, BUS_ERROR);
    teardown();
}

/* What memory protection controllers refuse comes together in it. */
static void test_combined(void)
{
    setup("iotkit-secctl", 4, "d { reg = <0x10000000 0x1000>, <0x20000000 0x1000>; };");
    struct irq one, two, none;
    const uint32_t cells[] = { 1, 17, 32 };
    g_assert_true(dev->type->irq_in(dev, &cells[0], 1, &one) && dev->type->irq_in(dev, &cells[1], 1, &two));
    g_assert_false(dev->type->irq_in(dev, &cells[2], 1, &none));
    irq_set(&one, true);
    irq_set(&two, true);
    g_assert_cmphex(rd(0x1c), ==, 1 << 1 | 1 << 17);
    g_assert_true(rig.wire[3] && !rig.wire[2]);
    irq_set(&one, false);
    g_assert_true(rig.wire[3]);
    irq_set(&two, false);
    g_assert_false(rig.wire[3]);
    g_assert_cmphex(rd(0x1c), ==, 0);
    teardown();
}

/* -- The CPUs' parts: messages, system control -- */

static void test_mhu(void)
{
    setup("armsse-mhu", 2, "d { reg = <0x10000000 0x1000>; };");
    g_assert_cmphex(rd(0xfe0), ==, 0x56);
    wr(0x4, 0xff);
    g_assert_cmphex(rd(0x0), ==, 0xf);
    g_assert_true(rig.wire[0] && !rig.wire[1]);
    wr(0x14, 5);
    wr(0x8, 0xf);
    g_assert_true(!rig.wire[0] && rig.wire[1]);
    wr(0x18, 1);
    g_assert_cmphex(rd(0x10), ==, 4);
    wr(0x10, 3); /* a status is not written, the others are not read */
    g_assert_cmphex(rd(0x10), ==, 4);
    g_assert_cmphex(rd(0x14), ==, 0);
    device_reset(dev);
    g_assert_false(rig.wire[1]);
    teardown();
}

static void test_sysctl(void)
{
    setup("iotkit-sysctl", 0, "d { reg = <0x10000000 0x1000>; };");
    g_assert_cmphex(rd(0xfe0), ==, 0x54);
    g_assert_cmphex(rd(0x110), ==, 0x10000000);
    wr(0x114, 0x1234567f);
    g_assert_cmphex(rd(0x114), ==, 0x12345600);
    wr(0x118, 7);
    g_assert_cmphex(rd(0x118), ==, 3);
    wr(0x118, 0); /* there are no CPUs here to go on */
    wr(0x4, 0xf0); /* SECDBGSET, SECDBGCLR */
    wr(0x8, 0x30);
    g_assert_cmphex(rd(0x0), ==, 0xc0);
    wr(0x10c, 0xabcd); /* kept */
    g_assert_cmphex(rd(0x10c), ==, 0xabcd);
    g_assert_cmphex(rd(0x200), ==, 0x7f);
    wr(0x100, 0);
    g_assert_cmphex(rd(0x100), ==, 0);
    device_reset(dev);
    g_assert_cmphex(rd(0x100), ==, 1);
    g_assert_cmphex(rd(0x114), ==, 0x10000000);
    g_assert_cmphex(rd(0x10c), ==, 0);
    teardown();
}

/* -- ITM -- */

static void test_itm(void)
{
    struct chardev *chardev = fake_chardev("swo");
    g_autoptr(GError) err = NULL;

    dev = rig_new(&rig, "armv7m-itm", 0);
    g_assert_true(device_set_prop(dev, "chardev", "swo", &err));
    rig_start(&rig, dev);
    int host = fake_chardev_connect(chardev);
    rig_write(&rig, 0, 0, 1, 'x'); /* off */
    wr(0xe80, 1);
    wr(0xe00, 3);
    rig_write(&rig, 0, 0, 1, 'a');
    rig_write(&rig, 0, 4, 1, 'y'); /* another port */
    rig_write(&rig, 0, 0, 2, 'b' | 'c' << 8);
    g_assert_cmpuint(rd(0), ==, 1);
    g_autofree char *heard = fake_chardev_heard(chardev, host);
    g_assert_cmpstr(heard, ==, "abc");
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
    close(host);
    fake_chardev_free(chardev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    address_space_add_secure(rig.m.as);
    g_test_add_func("/sse200/mpc", test_mpc);
    g_test_add_func("/sse200/secctl", test_secctl);
    g_test_add_func("/sse200/combined", test_combined);
    g_test_add_func("/sse200/mhu", test_mhu);
    g_test_add_func("/sse200/sysctl", test_sysctl);
    g_test_add_func("/armv7m-itm", test_itm);
    return g_test_run();
}
