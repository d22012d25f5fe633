/* SPDX-License-Identifier: BSD-2-Clause */
/* The PLIC: gateways, priorities, thresholds, claim and completion, contexts. */
#include "tests/device-rig.h"

#define PRIORITY(n) (4 * (n))
#define PENDING(w) (0x1000 + 4 * (w))
#define ENABLE(c, w) (0x2000 + 0x80 * (c) + 4 * (w))
#define THRESHOLD(c) (0x200000 + 0x1000 * (c))
#define CLAIM(c) (THRESHOLD(c) + 4)

static struct rig rig;
static struct device *plic;

static uint32_t rd(uint64_t offset)
{
    return rig_read(&rig, 0, offset, 4);
}

static void wr(uint64_t offset, uint32_t v)
{
    rig_write(&rig, 0, offset, 4, v);
}

static void source(unsigned n, bool level)
{
    struct irq line;

    g_assert_true(plic->type->irq_in(plic, &n, 1, &line));
    irq_set(&line, level);
}

static void setup(void)
{
    plic = rig_new(&rig, "riscv.sifive.plic", 4);
    rig_start(&rig, plic);
    for (unsigned n = 1; n <= 95; n++)
        source(n, false);
}

static void enable(unsigned context, unsigned n, unsigned priority)
{
    wr(PRIORITY(n), priority);
    wr(ENABLE(context, n / 32), rd(ENABLE(context, n / 32)) | 1u << (n % 32));
}

static void test_level(void)
{
    setup();
    enable(1, 10, 1);
    source(10, true);
    g_assert_true(rig.wire[1]);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(PENDING(0)), ==, 1u << 10);
    g_assert_cmpuint(rd(CLAIM(1)), ==, 10);
    g_assert_false(rig.wire[1]);
    g_assert_cmpuint(rd(CLAIM(1)), ==, 0);
    /* Completion with the wire still high requests again; with it low, not. */
    wr(CLAIM(1), 10);
    g_assert_true(rig.wire[1]);
    g_assert_cmpuint(rd(CLAIM(1)), ==, 10);
    source(10, false);
    wr(CLAIM(1), 10);
    g_assert_false(rig.wire[1]);
    /* A request stays though its wire falls before the claim. */
    source(10, true);
    source(10, false);
    g_assert_cmpuint(rd(CLAIM(1)), ==, 10);
    rig_remove(&rig, plic);
}

static void test_edge(void)
{
    const uint32_t cells[2] = { 40, 1 };
    struct irq line;

    setup();
    g_assert_true(plic->type->irq_in(plic, cells, 2, &line));
    enable(0, 40, 3);
    irq_set(&line, true);
    g_assert_cmpuint(rd(CLAIM(0)), ==, 40);
    wr(CLAIM(0), 40);
    g_assert_false(rig.wire[0]); /* high is not an edge */
    irq_set(&line, false);
    irq_set(&line, true);
    g_assert_cmpuint(rd(CLAIM(0)), ==, 40);
    irq_set(&line, false);
    irq_set(&line, true); /* while claimed: remembered */
    g_assert_false(rig.wire[0]);
    wr(CLAIM(0), 40);
    g_assert_true(rig.wire[0]);
    rig_remove(&rig, plic);
}

/* A request without a level: forwarded once, whatever is being handled. */
static void test_pulse(void)
{
    unsigned n = 10;
    struct irq line;

    setup();
    g_assert_true(plic->type->irq_in(plic, &n, 1, &line));
    enable(0, 10, 1);
    irq_pulse(&line);
    g_assert_true(rig.wire[0]);
    g_assert_cmpuint(rd(CLAIM(0)), ==, 10);
    wr(CLAIM(0), 10);
    g_assert_false(rig.wire[0]);
    irq_pulse(&line);
    g_assert_cmpuint(rd(CLAIM(0)), ==, 10);
    irq_pulse(&line);
    irq_pulse(&line);
    g_assert_false(rig.wire[0]);
    wr(CLAIM(0), 10);
    g_assert_cmpuint(rd(CLAIM(0)), ==, 10);
    wr(CLAIM(0), 10);
    g_assert_false(rig.wire[0]);
    rig_remove(&rig, plic);
}

static void test_priority_and_threshold(void)
{
    setup();
    enable(0, 5, 2);
    enable(0, 7, 6);
    enable(0, 9, 6);
    enable(0, 11, 0); /* priority 0: never */
    source(11, true);
    g_assert_false(rig.wire[0]);
    source(5, true);
    source(9, true);
    source(7, true);
    wr(THRESHOLD(0), 6);
    g_assert_false(rig.wire[0]);
    wr(THRESHOLD(0), 5);
    g_assert_true(rig.wire[0]);
    g_assert_cmpuint(rd(CLAIM(0)), ==, 7); /* equals: the lowest number */
    g_assert_cmpuint(rd(CLAIM(0)), ==, 9);
    g_assert_false(rig.wire[0]);
    g_assert_cmpuint(rd(CLAIM(0)), ==, 5); /* the threshold does not hold claims back */
    g_assert_cmpuint(rd(CLAIM(0)), ==, 0);
    rig_remove(&rig, plic);
}

static void test_contexts(void)
{
    setup();
    enable(0, 1, 1);
    enable(3, 1, 1);
    enable(3, 95, 7);
    source(1, true);
    g_assert_true(rig.wire[0] && rig.wire[3]);
    g_assert_cmpuint(rd(CLAIM(3)), ==, 1);
    g_assert_false(rig.wire[0] || rig.wire[3]);
    wr(CLAIM(1), 1); /* not enabled there: ignored */
    g_assert_false(rig.wire[0]);
    wr(CLAIM(0), 1); /* anyone who has it enabled may complete it */
    g_assert_true(rig.wire[0] && rig.wire[3]);
    source(95, true);
    g_assert_cmpuint(rd(CLAIM(3)), ==, 95);
    rig_remove(&rig, plic);
}

static void test_limits(void)
{
    struct irq line;
    uint32_t n;

    setup();
    n = 0;
    g_assert_false(plic->type->irq_in(plic, &n, 1, &line));
    n = 96;
    g_assert_false(plic->type->irq_in(plic, &n, 1, &line));
    wr(PRIORITY(0), 7);
    wr(PRIORITY(96), 7);
    wr(PRIORITY(95), 0xffffffff);
    g_assert_cmpuint(rd(PRIORITY(0)), ==, 0);
    g_assert_cmpuint(rd(PRIORITY(96)), ==, 0);
    g_assert_cmpuint(rd(PRIORITY(95)), ==, 7);
    wr(ENABLE(0, 0), 0xffffffff);
    wr(ENABLE(0, 2), 0xffffffff);
    wr(ENABLE(0, 3), 0xffffffff);
    g_assert_cmphex(rd(ENABLE(0, 0)), ==, 0xfffffffe);
    g_assert_cmphex(rd(ENABLE(0, 2)), ==, 0xffffffff);
    g_assert_cmphex(rd(ENABLE(0, 3)), ==, 0);
    wr(ENABLE(4, 0), 2); /* no such context */
    g_assert_cmphex(rd(ENABLE(4, 0)), ==, 0);
    g_assert_cmphex(rd(CLAIM(4)), ==, 0);
    g_assert_true(rig_refuses(&rig, 0, 4, 1));
    g_assert_true(rig_refuses(&rig, 0, 8, 8));
    rig_remove(&rig, plic);
}

static void test_reset(void)
{
    setup();
    enable(0, 3, 1);
    source(3, true);
    g_assert_true(rig.wire[0]);
    device_reset(plic);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(ENABLE(0, 0)), ==, 0);
    enable(0, 3, 1); /* the wire is still high */
    g_assert_true(rig.wire[0]);
    rig_remove(&rig, plic);
}

/* Debug builds end where a lock is taken out of order: here a controller's under a CPU's. */
static void test_lock_order(void)
{
#ifdef MYNAH_DEBUG
    if (g_test_subprocess()) {
        setup();
        lock_order_enter(LOCK_CPU);
        source(10, true);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*held*");
#else
    g_test_skip("not a debug build");
#endif
}

static void test_fuzz(void)
{
    setup();
    rig_fuzz(&rig, plic, 200000);
    rig_remove(&rig, plic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/plic/level", test_level);
    g_test_add_func("/plic/edge", test_edge);
    g_test_add_func("/plic/pulse", test_pulse);
    g_test_add_func("/plic/priority", test_priority_and_threshold);
    g_test_add_func("/plic/contexts", test_contexts);
    g_test_add_func("/plic/limits", test_limits);
    g_test_add_func("/plic/reset", test_reset);
    g_test_add_func("/plic/lock-order", test_lock_order);
    g_test_add_func("/plic/fuzz", test_fuzz);
    return g_test_run();
}
