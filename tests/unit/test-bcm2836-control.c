/* SPDX-License-Identifier: BSD-2-Clause */
/* The local peripherals of a BCM2836: routing, mailboxes, the counter and its timer. */
#include "tests/device-rig.h"

enum { CONTROL = 0x00, PRESCALER = 0x08, GPU_ROUTING = 0x0c, PMU_SET = 0x10, PMU_CLEAR = 0x14, LOW = 0x1c, HIGH = 0x20,
       LOCAL_ROUTING = 0x24, LOCAL_TIMER = 0x34, LOCAL_FLAGS = 0x38, TIMER0 = 0x40, MAILBOX0 = 0x50, IRQ0 = 0x60, FIQ0 = 0x70,
       SET0 = 0x80, CLEAR0 = 0xc0 };
/* Wires. */
#define IRQ(core) rig.wire[2 * (core)]
#define FIQ(core) rig.wire[2 * (core) + 1]

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

static struct irq input(uint32_t n)
{
    struct irq line;

    g_assert_true(dev->type->irq_in(dev, &n, 1, &line));
    return line;
}

static struct irq cpu_input(unsigned cpu, uint32_t n)
{
    struct irq line;

    g_assert_true(dev->type->irq_in_cpu(dev, cpu, &n, 1, &line));
    return line;
}

static void setup(void)
{
    dev = rig_new(&rig, "bcm2836-control", 8);
    rig_start(&rig, dev);
}

static void teardown(void)
{
    rig_fuzz(&rig, dev, 5000);
    device_reset(dev);
    rig_remove(&rig, dev);
}

static void test_timers(void)
{
    struct irq virt2, none;
    uint32_t n = 4;

    setup();
    virt2 = cpu_input(2, 3);
    g_assert_false(dev->type->irq_in_cpu(dev, 4, (const uint32_t[]){ 3 }, 1, &none));
    g_assert_false(dev->type->irq_in_cpu(dev, 0, &n, 1, &none));
    g_assert_false(dev->type->irq_in(dev, &n, 1, &none));
    irq_set(&virt2, true);
    g_assert_false(IRQ(2));
    wr(TIMER0 + 8, 8);
    g_assert_true(IRQ(2) && !IRQ(0) && !FIQ(2));
    g_assert_cmphex(rd(IRQ0 + 8), ==, 8);
    wr(TIMER0 + 8, 0x88); /* FIQ takes it from IRQ */
    g_assert_true(FIQ(2) && !IRQ(2));
    g_assert_cmphex(rd(FIQ0 + 8), ==, 8);
    g_assert_cmphex(rd(IRQ0 + 8), ==, 0);
    irq_set(&virt2, false);
    g_assert_false(FIQ(2));
    teardown();
}

static void test_mailboxes(void)
{
    setup();
    wr(SET0 + 0x10 + 4, 0x80000001); /* box 1 of core 1 */
    g_assert_false(IRQ(1));
    g_assert_cmphex(rd(CLEAR0 + 0x14), ==, 0x80000001);
    g_assert_cmphex(rd(SET0 + 0x14), ==, 0);
    wr(MAILBOX0 + 4, 2);
    g_assert_true(IRQ(1));
    g_assert_cmphex(rd(IRQ0 + 4), ==, 1 << 5);
    wr(SET0 + 0x14, 2);
    wr(CLEAR0 + 0x14, 0x80000001);
    g_assert_cmphex(rd(CLEAR0 + 0x14), ==, 2);
    g_assert_true(IRQ(1));
    wr(MAILBOX0 + 4, 0x22);
    g_assert_true(FIQ(1) && !IRQ(1));
    wr(CLEAR0 + 0x14, 2);
    g_assert_false(FIQ(1));
    teardown();
}

static void test_gpu_and_pmu(void)
{
    struct irq irq, fiq, pmu3;

    setup();
    irq = input(8);
    fiq = input(10);
    pmu3 = cpu_input(3, 9);
    irq_set(&irq, true);
    g_assert_true(IRQ(0));
    wr(GPU_ROUTING, 3 | 2 << 2);
    g_assert_true(IRQ(3) && !IRQ(0));
    g_assert_cmphex(rd(IRQ0 + 12), ==, 1 << 8);
    irq_set(&fiq, true);
    g_assert_true(FIQ(2) && !FIQ(3));
    irq_set(&irq, false);
    irq_set(&fiq, false);
    g_assert_false(IRQ(3) || FIQ(2));
    irq_set(&pmu3, true);
    g_assert_false(IRQ(3));
    wr(PMU_SET, 8);
    g_assert_cmphex(rd(IRQ0 + 12), ==, 1 << 9);
    g_assert_true(IRQ(3));
    wr(PMU_SET, 0x80);
    g_assert_true(FIQ(3) && !IRQ(3));
    wr(PMU_CLEAR, 0x88);
    g_assert_false(FIQ(3));
    irq_set(&pmu3, false);
    teardown();
}

static void test_counter(void)
{
    uint32_t low;

    setup();
    low = rd(LOW);
    rig_advance(1000000);
    g_assert_cmpuint(rd(LOW) - low, ==, 19200);
    wr(PRESCALER, 0x40000000); /* half */
    low = rd(LOW);
    rig_advance(1000000);
    g_assert_cmpuint(rd(LOW) - low, ==, 9600);
    wr(LOW, 0xfffffff0);
    wr(HIGH, 7);
    rig_advance(100000);
    low = rd(LOW);
    g_assert_cmpuint(low, ==, 960 - 16);
    g_assert_cmpuint(rd(HIGH), ==, 8);
    /* The timer. */
    wr(LOCAL_ROUTING, 1);
    wr(LOCAL_TIMER, 1u << 28 | 1u << 29 | 38400); /* each millisecond */
    rig_advance(999999);
    g_assert_false(IRQ(1));
    rig_advance(1);
    g_assert_true(IRQ(1));
    g_assert_cmphex(rd(IRQ0 + 4), ==, 1 << 11);
    g_assert_cmphex(rd(LOCAL_TIMER) >> 31, ==, 1);
    wr(LOCAL_FLAGS, 1u << 31);
    g_assert_false(IRQ(1));
    rig_advance(1000000);
    g_assert_true(IRQ(1));
    wr(LOCAL_ROUTING, 5); /* FIQ of the same core */
    g_assert_true(FIQ(1) && !IRQ(1));
    wr(LOCAL_TIMER, 0);
    wr(LOCAL_FLAGS, 1u << 31);
    rig_advance(10000000);
    g_assert_false(FIQ(1));
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/bcm2836-control/timers", test_timers);
    g_test_add_func("/bcm2836-control/mailboxes", test_mailboxes);
    g_test_add_func("/bcm2836-control/gpu-and-pmu", test_gpu_and_pmu);
    g_test_add_func("/bcm2836-control/counter", test_counter);
    return g_test_run();
}
