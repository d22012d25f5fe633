/* SPDX-License-Identifier: BSD-2-Clause */
/* The PL031 clock: reading, setting, the match. */
#include "tests/device-rig.h"

enum { DR = 0x00, MR = 0x04, LR = 0x08, CR = 0x0c, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };
#define SECOND INT64_C(1000000000)

static struct rig rig;
static struct device *rtc;

static uint32_t rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 4);
}

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, 4, v);
}

static void setup(void)
{
    rtc = rig_new(&rig, "pl031", 1);
    rig_start(&rig, rtc);
    rig_advance(SECOND - clock_now() % SECOND); /* the beginning of a second */
}

static void test_time(void)
{
    uint32_t t;

    setup();
    t = rd(DR);
    rig_advance(SECOND - 1);
    g_assert_cmpuint(rd(DR), ==, t);
    rig_advance(1);
    g_assert_cmpuint(rd(DR), ==, t + 1);
    wr(LR, 0x12345678);
    g_assert_cmphex(rd(DR), ==, 0x12345678);
    g_assert_cmphex(rd(LR), ==, 0x12345678);
    wr(DR, 7); /* read only */
    wr(CR, 0); /* can't be stopped */
    g_assert_cmpuint(rd(CR), ==, 1);
    rig_advance(3 * SECOND);
    g_assert_cmphex(rd(DR), ==, 0x1234567b);
    device_reset(rtc);
    g_assert_cmphex(rd(DR), ==, 0x1234567b); /* a clock goes on */
    static const uint8_t ids[] = { 0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    for (unsigned i = 0; i < 8; i++)
        g_assert_cmphex(rd(0xfe0 + 4 * i), ==, ids[i]);
    rig_remove(&rig, rtc);
}

static void test_match(void)
{
    setup();
    wr(LR, 1000);
    wr(MR, 1003);
    g_assert_cmpuint(rd(MR), ==, 1003);
    rig_advance(3 * SECOND - 1);
    g_assert_cmpuint(rd(RIS), ==, 0);
    rig_advance(1);
    g_assert_cmpuint(rd(RIS), ==, 1);
    g_assert_cmpuint(rd(MIS), ==, 0);
    g_assert_false(rig.wire[0]);
    wr(IMSC, 1);
    g_assert_cmpuint(rd(MIS), ==, 1);
    g_assert_true(rig.wire[0]);
    wr(ICR, 1);
    g_assert_false(rig.wire[0]);
    g_assert_cmpuint(rd(RIS), ==, 0);
    /* Setting the clock moves the match with it; equal at once is a match. */
    wr(MR, 2000);
    wr(LR, 1998);
    rig_advance(2 * SECOND);
    g_assert_true(rig.wire[0]);
    wr(ICR, 1);
    wr(MR, 2000);
    g_assert_true(rig.wire[0]);
    wr(ICR, 1);
    /* The counter wraps around. */
    wr(LR, 0xffffffff);
    wr(MR, 1);
    rig_advance(2 * SECOND);
    g_assert_cmpuint(rd(DR), ==, 1);
    g_assert_true(rig.wire[0]);
    device_reset(rtc);
    g_assert_false(rig.wire[0]);
    rig_remove(&rig, rtc);
}

static void test_fuzz(void)
{
    setup();
    rig_fuzz(&rig, rtc, 100000);
    rig_remove(&rig, rtc);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/pl031/time", test_time);
    g_test_add_func("/pl031/match", test_match);
    g_test_add_func("/pl031/fuzz", test_fuzz);
    return g_test_run();
}
