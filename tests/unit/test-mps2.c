/* SPDX-License-Identifier: BSD-2-Clause */
/* What the MPS2 and Stellaris boards have of timers, watchdogs and pins: dual timer, watchdog, FPGAIO, GPTM. */
#include "life.h"
#include "tests/device-rig.h"

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

static void setup(const char *type, unsigned nirqs, uint32_t hz)
{
    g_autofree char *text = g_strdup_printf("%u", hz);
    g_autoptr(GError) err = NULL;

    dev = rig_new(&rig, type, nirqs);
    g_assert_true(!hz || device_set_prop(dev, "clock-frequency", text, &err));
    rig_start(&rig, dev);
}

static void teardown(void)
{
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
}

static unsigned expirations;
void __wrap_watchdog_expired(void);
void __wrap_watchdog_expired(void)
{
    expirations++;
}

#define TICK 1000 /* ns, of a clock of 1 MHz */
#define HZ 1000000

/* -- Dual timer: the second counter's registers are 0x20 further -- */

enum { LOAD = 0x0, VALUE = 0x4, CONTROL = 0x8, INTCLR = 0xc, RIS = 0x10, MIS = 0x14, BGLOAD = 0x18, SECOND = 0x20 };

static void test_dual_timer(void)
{
    setup("cmsdk-apb-dualtimer", 3, HZ);
    g_assert_cmphex(rd(0xfe0), ==, 0x23);
    g_assert_cmphex(rd(CONTROL), ==, 0x20);
    wr(LOAD, 10);
    wr(CONTROL, 0xe2); /* periodic, 32 bits, with its interrupt */
    rig_advance(4 * TICK);
    g_assert_cmpuint(rd(VALUE), ==, 6);
    g_assert_false(rig.wire[0]);
    rig_advance(6 * TICK);
    g_assert_true(rig.wire[0] && rig.wire[1] && !rig.wire[2]);
    g_assert_cmpuint(rd(VALUE), ==, 0);
    wr(INTCLR, 1);
    g_assert_false(rig.wire[0] || rig.wire[1]);
    rig_advance(TICK);
    g_assert_cmpuint(rd(VALUE), ==, 10);
    rig_advance(25 * TICK); /* two more periods of 11, and some */
    g_assert_true(rd(RIS) && rd(MIS));
    g_assert_cmpuint(rd(VALUE), ==, 7);
    wr(CONTROL, 0xc2); /* its interrupt is masked */
    g_assert_true(rd(RIS) && !rd(MIS) && !rig.wire[0]);
    wr(CONTROL, 0);

    wr(SECOND + LOAD, 0x12345); /* 16 bits of it count, by 16, once */
    wr(SECOND + CONTROL, 0xa5);
    g_assert_cmphex(rd(SECOND + VALUE), ==, 0x2345);
    rig_advance(16 * TICK);
    g_assert_cmphex(rd(SECOND + VALUE), ==, 0x2344);
    rig_advance(INT64_C(16) * 0x2344 * TICK);
    g_assert_true(rig.wire[0] && rig.wire[2] && !rig.wire[1]);
    rig_advance(1000 * TICK);
    g_assert_cmphex(rd(SECOND + VALUE), ==, 0);
    wr(SECOND + INTCLR, 0);
    g_assert_false(rig.wire[2]);
    wr(SECOND + BGLOAD, 5);
    g_assert_cmphex(rd(SECOND + LOAD), ==, 5);
    device_reset(dev);
    g_assert_cmphex(rd(SECOND + CONTROL), ==, 0x20);
    teardown();
}

/* -- Watchdog -- */

enum { LOCK = 0xc00 };

static void test_watchdog(void)
{
    setup("cmsdk-apb-watchdog", 1, HZ);
    g_assert_cmphex(rd(0xfe0), ==, 0x24);
    g_assert_cmphex(rd(LOAD), ==, 0xffffffff);
    wr(LOAD, 100);
    wr(CONTROL, 3);
    rig_advance(30 * TICK);
    g_assert_cmpuint(rd(VALUE), ==, 70);
    rig_advance(70 * TICK);
    g_assert_true(rig.wire[0] && rd(RIS) && rd(MIS));
    wr(INTCLR, 0); /* fed */
    g_assert_false(rig.wire[0]);
    g_assert_cmpuint(rd(VALUE), ==, 100);
    wr(LOCK, 0);
    g_assert_cmpuint(rd(LOCK), ==, 1);
    wr(CONTROL, 0); /* locked */
    g_assert_cmpuint(rd(CONTROL), ==, 3);
    wr(LOCK, 0x1acce551);
    g_assert_cmpuint(rd(LOCK), ==, 0);
    rig_advance(100 * TICK);
    g_assert_cmpuint(expirations, ==, 0);
    rig_advance(100 * TICK);
    g_assert_cmpuint(expirations, ==, 1);
    wr(INTCLR, 0);
    wr(CONTROL, 1); /* without a reset */
    rig_advance(1000 * TICK);
    g_assert_cmpuint(expirations, ==, 1);
    wr(CONTROL, 0);
    g_assert_false(rig.wire[0]);
    teardown();
}

/* -- FPGAIO -- */

static void test_fpgaio(void)
{
    setup("mps2-fpgaio", 0, 0);
    wr(0x00, 0xff);
    g_assert_cmphex(rd(0x00), ==, 3);
    g_assert_cmphex(rd(0x08), ==, 0);
    wr(0x10, 0); /* seconds */
    wr(0x14, 50); /* hundredths */
    rig_advance(INT64_C(2500000000));
    g_assert_cmpuint(rd(0x10) - 2, <=, 1); /* the clock's seconds did not begin with this one */
    g_assert_cmpuint(rd(0x14) - 300, <=, 1);
    wr(0x1c, 24); /* microseconds */
    wr(0x18, 1000);
    rig_advance(TICK * 500);
    g_assert_cmpuint(rd(0x18) - 1500, <=, 1);
    g_assert_cmpuint(rd(0x20), <=, 24);
    wr(0x4c, 0xffff);
    g_assert_cmphex(rd(0x4c), ==, 0x7f);
    device_reset(dev);
    g_assert_cmphex(rd(0x00), ==, 0);
    teardown();
}

/* -- Stellaris' general-purpose timer -- */

enum { CFG = 0x0, TAMR = 0x4, TBMR = 0x8, CTL = 0xc, IMR = 0x18, GRIS = 0x1c, GMIS = 0x20, ICR = 0x24, TAILR = 0x28,
       TBILR = 0x2c, TAMATCHR = 0x30, TAPR = 0x38, TBPR = 0x3c, TAR = 0x48, TBR = 0x4c };

static void test_gptm(void)
{
    setup("stellaris-gptm", 2, HZ);
    wr(CFG, 0);
    wr(TAMR, 2);
    wr(TAILR, 99);
    wr(IMR, 1);
    wr(CTL, 1);
    rig_advance(40 * TICK);
    g_assert_cmpuint(rd(TAR), ==, 59);
    rig_advance(60 * TICK);
    g_assert_true(rig.wire[0] && !rig.wire[1]);
    g_assert_cmphex(rd(GMIS), ==, 1);
    wr(ICR, 1);
    g_assert_false(rig.wire[0]);
    rig_advance(100 * TICK);
    g_assert_true(rig.wire[0]);
    wr(CTL, 0);
    wr(ICR, 0xffff);

    wr(CFG, 4); /* two of 16 bits: B once, by 10 */
    wr(TBMR, 1);
    wr(TBILR, 9);
    wr(TBPR, 9);
    wr(IMR, 0x100);
    wr(CTL, 0x100);
    rig_advance(99 * TICK);
    g_assert_false(rig.wire[1]);
    rig_advance(TICK);
    g_assert_true(rig.wire[1] && !rig.wire[0]);
    g_assert_cmphex(rd(CTL), ==, 0); /* it stands */
    wr(ICR, 0x100);
    rig_advance(1000 * TICK);
    g_assert_false(rig.wire[1]);

    wr(CFG, 1); /* seconds */
    wr(TAMATCHR, rd(TAR) + 3);
    wr(IMR, 8);
    wr(CTL, 1);
    rig_advance(INT64_C(1900000000));
    g_assert_cmphex(rd(GRIS), ==, 0);
    rig_advance(INT64_C(1200000000));
    g_assert_cmphex(rd(GRIS), ==, 8);
    g_assert_true(rig.wire[0]);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/mps2/dual-timer", test_dual_timer);
    g_test_add_func("/mps2/watchdog", test_watchdog);
    g_test_add_func("/mps2/fpgaio", test_fpgaio);
    g_test_add_func("/stellaris/gptm", test_gptm);
    return g_test_run();
}
