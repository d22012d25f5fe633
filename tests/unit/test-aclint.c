/* SPDX-License-Identifier: BSD-2-Clause */
/* CLINT and ACLINT devices: software interrupts, the timer and its comparators. */
#include "tests/device-rig.h"

#define MTIMECMP(h) (0x4000 + 8 * (h))
#define MTIME 0xbff8
#define TICK 100 /* ns: the time base is 10 MHz */

static struct rig rig;

static void test_clint_msip(void)
{
    struct device *d = rig_new(&rig, "riscv.clint", 4);

    rig_start(&rig, d);
    rig_write(&rig, 0, 4, 4, 0xffffffff);
    g_assert_cmphex(rig_read(&rig, 0, 4, 4), ==, 1);
    g_assert_true(!rig.wire[0] && rig.wire[2]);
    rig_write(&rig, 0, 4, 4, 0xfffffffe);
    g_assert_false(rig.wire[2]);
    rig_write(&rig, 0, 0, 8, UINT64_C(0x100000001));
    g_assert_true(rig.wire[0] && rig.wire[2]);
    rig_write(&rig, 0, 8, 4, 1); /* no such hart */
    g_assert_cmphex(rig_read(&rig, 0, 8, 4), ==, 0);
    device_reset(d);
    g_assert_false(rig.wire[0] || rig.wire[2]);
    g_assert_true(rig_refuses(&rig, 0, 0, 1));
    rig_remove(&rig, d);
}

static void test_clint_timer(void)
{
    struct device *d = rig_new(&rig, "riscv.clint", 4);
    uint64_t now;

    rig_start(&rig, d);
    g_assert_cmphex(rig_read(&rig, 0, MTIMECMP(0), 8), ==, 0);
    g_assert_true(rig.wire[1] && rig.wire[3]);
    rig_write(&rig, 0, MTIMECMP(0), 8, UINT64_MAX);
    now = rig_read(&rig, 0, MTIME, 8);
    rig_advance(7 * TICK);
    g_assert_cmpuint(rig_read(&rig, 0, MTIME, 8) - now, ==, 7);
    now += 7;
    rig_write(&rig, 0, MTIMECMP(1), 8, now + 50);
    rig_advance(49 * TICK);
    g_assert_false(rig.wire[3]);
    rig_advance(TICK);
    g_assert_true(rig.wire[3]);
    g_assert_false(rig.wire[1]);
    rig_write(&rig, 0, MTIMECMP(1), 4, UINT32_MAX); /* the low half first: the interrupt goes */
    g_assert_false(rig.wire[3]);
    rig_write(&rig, 0, MTIMECMP(1) + 4, 4, 0);
    g_assert_cmphex(rig_read(&rig, 0, MTIMECMP(1), 8), ==, UINT32_MAX);
    g_assert_cmphex(rig_read(&rig, 0, MTIMECMP(1) + 4, 4), ==, 0);
    rig_write(&rig, 0, MTIMECMP(0), 8, 0); /* in the past */
    g_assert_true(rig.wire[1]);
    rig_write(&rig, 0, MTIMECMP(0), 8, UINT64_MAX);
    g_assert_false(rig.wire[1]);
    rig_advance(1000 * TICK);
    device_reset(d);
    g_assert_cmpuint(rig_read(&rig, 0, MTIME, 8), ==, 0);
    rig_remove(&rig, d);
}

/* A guest that sets MTIME moves its interrupts with it. */
static void test_clint_set_time(void)
{
    struct device *d = rig_new(&rig, "riscv.clint", 2);

    rig_start(&rig, d);
    rig_write(&rig, 0, MTIMECMP(0), 8, UINT64_C(1) << 40);
    g_assert_false(rig.wire[1]);
    rig_write(&rig, 0, MTIME + 4, 4, 1 << 8);
    g_assert_true(rig.wire[1]);
    rig_write(&rig, 0, MTIME, 8, (UINT64_C(1) << 40) - 10);
    g_assert_false(rig.wire[1]);
    rig_advance(10 * TICK);
    g_assert_true(rig.wire[1]);
    rig_write(&rig, 0, MTIME, 8, UINT64_MAX - 2);
    rig_write(&rig, 0, MTIMECMP(0), 8, UINT64_MAX - 1);
    g_assert_false(rig.wire[1]);
    rig_advance(TICK);
    g_assert_true(rig.wire[1]);
    rig_remove(&rig, d);
}

static void test_mtimer(void)
{
    struct device *d = rig_new(&rig, "riscv.aclint.mtimer", 2);
    uint64_t now;

    rig_start(&rig, d);
    g_assert_cmpuint(d->nregions, ==, 2);
    rig_write(&rig, 1, 0, 8, UINT64_MAX);
    now = rig_read(&rig, 0, 0, 8);
    rig_write(&rig, 1, 8, 8, now + 3);
    rig_advance(3 * TICK);
    g_assert_true(rig.wire[1] && !rig.wire[0]);
    rig_remove(&rig, d);
}

static void test_software(void)
{
    struct device *d = rig_new(&rig, "riscv.aclint.mswi", 2);

    rig_start(&rig, d);
    rig_write(&rig, 0, 4, 4, 1);
    g_assert_true(rig.wire[1] && !rig.wire[0]);
    rig_remove(&rig, d);

    d = rig_new(&rig, "riscv.aclint.sswi", 2);
    rig_start(&rig, d);
    rig_write(&rig, 0, 4, 4, 1);
    rig_write(&rig, 0, 4, 4, 0);
    g_assert_cmpuint(rig.edges[1], ==, 1); /* a pulse: the hart clears SSIP itself */
    g_assert_false(rig.wire[1]);
    g_assert_cmphex(rig_read(&rig, 0, 4, 4), ==, 0);
    rig_remove(&rig, d);
}

static void test_odd_wiring(void)
{
    struct device *d = rig_new(&rig, "riscv.clint", 3);
    g_autoptr(GError) err = NULL;

    g_assert_false(device_realize(d, &err));
    g_assert_nonnull(err);
    device_free(d);
}

static void test_fuzz(void)
{
    struct device *d = rig_new(&rig, "riscv.clint", 8);

    rig_start(&rig, d);
    rig_fuzz(&rig, d, 100000);
    rig_remove(&rig, d);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/aclint/clint-msip", test_clint_msip);
    g_test_add_func("/aclint/clint-timer", test_clint_timer);
    g_test_add_func("/aclint/clint-set-time", test_clint_set_time);
    g_test_add_func("/aclint/mtimer", test_mtimer);
    g_test_add_func("/aclint/software", test_software);
    g_test_add_func("/aclint/odd-wiring", test_odd_wiring);
    g_test_add_func("/aclint/fuzz", test_fuzz);
    return g_test_run();
}
