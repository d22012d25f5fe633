/* SPDX-License-Identifier: BSD-2-Clause */
/* The Goldfish clock: reading, setting, the alarm. */
#include "tests/device-rig.h"

enum { TIME_LOW = 0, TIME_HIGH = 4, ALARM_LOW = 8, ALARM_HIGH = 12, IRQ_ENABLED = 16, CLEAR_ALARM = 20,
       ALARM_STATUS = 24, CLEAR_INTERRUPT = 28 };

static struct rig rig;
static struct device *rtc;

static uint64_t now(void)
{
    uint64_t low = rig_read(&rig, 0, TIME_LOW, 4);

    return rig_read(&rig, 0, TIME_HIGH, 4) << 32 | low;
}

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, 4, v);
}

static void setup(void)
{
    rtc = rig_new(&rig, "goldfish_rtc", 1);
    rig_start(&rig, rtc);
}

static void set(unsigned high_reg, unsigned low_reg, uint64_t v)
{
    wr(high_reg, v >> 32);
    wr(low_reg, v);
}

static void test_time(void)
{
    uint64_t t;

    setup();
    t = now();
    rig_advance(1000);
    g_assert_cmpuint(now() - t, ==, 1000);
    set(TIME_HIGH, TIME_LOW, UINT64_C(0x123456789abcdef0));
    g_assert_cmphex(now(), ==, UINT64_C(0x123456789abcdef0));
    device_reset(rtc);
    rig_advance(16);
    g_assert_cmphex(now(), ==, UINT64_C(0x123456789abcdf00)); /* a clock goes on */
    g_assert_cmphex(rig_read(&rig, 0, TIME_LOW, 8), ==, UINT64_C(0x123456789abcdf00)); /* both halves at once */
    /* TIME_HIGH is that of the last TIME_LOW. */
    set(TIME_HIGH, TIME_LOW, UINT64_C(0x1ffffffff));
    rig_read(&rig, 0, TIME_LOW, 4);
    rig_advance(1);
    g_assert_cmphex(rig_read(&rig, 0, TIME_HIGH, 4), ==, 1);
    g_assert_cmphex(now(), ==, UINT64_C(0x200000000));
    rig_remove(&rig, rtc);
}

static void test_alarm(void)
{
    setup();
    wr(IRQ_ENABLED, 1);
    set(ALARM_HIGH, ALARM_LOW, now() + 500);
    g_assert_cmpuint(rig_read(&rig, 0, ALARM_STATUS, 4), ==, 1);
    rig_advance(499);
    g_assert_false(rig.wire[0]);
    rig_advance(1);
    g_assert_true(rig.wire[0]);
    g_assert_cmpuint(rig_read(&rig, 0, ALARM_STATUS, 4), ==, 0);
    wr(CLEAR_INTERRUPT, 1);
    g_assert_false(rig.wire[0]);
    set(ALARM_HIGH, ALARM_LOW, now() + 500);
    wr(CLEAR_ALARM, 1);
    rig_advance(1000);
    g_assert_false(rig.wire[0]);
    set(ALARM_HIGH, ALARM_LOW, now() - 1); /* past: at once */
    g_assert_true(rig.wire[0]);
    wr(IRQ_ENABLED, 0);
    g_assert_false(rig.wire[0]);
    rig_remove(&rig, rtc);
}

static void test_alarm_follows_time(void)
{
    setup();
    wr(IRQ_ENABLED, 1);
    set(ALARM_HIGH, ALARM_LOW, now() + UINT64_C(1000000000000));
    g_assert_false(rig.wire[0]);
    wr(TIME_HIGH, (now() >> 32) + 1000); /* the guest's clock jumps past it */
    g_assert_true(rig.wire[0]);
    rig_remove(&rig, rtc);
}

static void test_fuzz(void)
{
    setup();
    g_assert_true(rig_refuses(&rig, 0, 0, 2));
    rig_fuzz(&rig, rtc, 100000);
    rig_remove(&rig, rtc);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/goldfish-rtc/time", test_time);
    g_test_add_func("/goldfish-rtc/alarm", test_alarm);
    g_test_add_func("/goldfish-rtc/alarm-follows-time", test_alarm_follows_time);
    g_test_add_func("/goldfish-rtc/fuzz", test_fuzz);
    return g_test_run();
}
