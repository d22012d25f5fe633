/* SPDX-License-Identifier: BSD-2-Clause */
/* edu, and with it a plain MSI; pvpanic-pci; pci-testdev. */
#include <string.h>

#include "clock.h"
#include "life.h"
#include "tests/pci-rig.h"

#define DATA (PCI_RIG_RAM + 0x1000)
#define MESSAGES (PCI_RIG_RAM + 0x2000) /* memory takes them, too */
#define MSI 0x40

static enum shutdown_cause asked;
static unsigned times;

void __wrap_request_shutdown(enum shutdown_cause cause, int status);
void __wrap_request_shutdown(enum shutdown_cause cause, int status)
{
    g_assert_cmpint(status, ==, 0);
    asked = cause;
    times++;
}

static gpa bar;

static bool pin(void)
{
    return rd(pci_rig_config(1, PCI_STATUS), 2) & PCI_STATUS_INTERRUPT;
}

static void nothing(void)
{
    wr(bar + 0x64, 4, UINT32_MAX);
    wr(bar + 0x04, 4, 0);
}

static void dma(gpa from, gpa to, uint64_t n, uint64_t command)
{
    wr(bar + 0x80, 8, from);
    wr(bar + 0x88, 8, to);
    wr(bar + 0x90, 8, n);
    wr(bar + 0x98, 8, command | 1);
    g_assert_cmphex(rd(bar + 0x98, 8) & 1, ==, 1);
    timers_run(timers_deadline());
    g_assert_cmphex(rd(bar + 0x98, 8) & 1, ==, 0);
}

static void test_edu(void)
{
    pci_rig_open();
    pci_rig_add("edu,dma_mask=0xffffffff", "");
    bar = pci_rig_enable(1, 0);
    g_assert_cmphex(rd(pci_rig_config(1, 0), 4), ==, 0x11e81234);
    g_assert_cmphex(rd(bar, 4), ==, 0x010000ed);
    wr(bar + 4, 4, 0x12345678);
    g_assert_cmphex(rd(bar + 4, 4), ==, 0xedcba987);
    wr(bar + 8, 4, 5);
    g_assert_cmpuint(rd(bar + 8, 4), ==, 120);
    g_assert_false(pin());
    wr(bar + 0x20, 4, 0x80);
    wr(bar + 8, 4, UINT32_MAX);
    g_assert_cmpuint(rd(bar + 8, 4), ==, 0);
    g_assert_cmphex(rd(bar + 0x24, 4), ==, 1);
    g_assert_true(pin());
    pci_rig_resume(nothing);
    g_assert_cmphex(rd(bar + 4, 4), ==, 0xedcba987);
    g_assert_true(pin());
    wr(bar + 0x64, 4, 1);
    g_assert_false(pin());
    wr(DATA, 8, UINT64_C(0x1122334455667788));
    dma(DATA, 0x40100, 8, 0);
    dma(0x40104, DATA + 8, 4, 2);
    g_assert_cmphex(rd(DATA + 8, 8), ==, 0x11223344);
    dma(DATA, 0x40ffc, 8, 4); /* leaves the buffer, and is told of */
    g_assert_cmphex(rd(bar + 0x24, 4), ==, 0x100);
    dma(0x40ffc, DATA + 16, 4, 2);
    g_assert_cmphex(rd(DATA + 16, 4), ==, 0);
    wr(bar + 0x64, 4, 0x100);
    /* By messages. */
    g_assert_cmphex(rd(pci_rig_config(1, MSI), 4), ==, 0x00800005);
    wr(pci_rig_config(1, MSI + 4), 4, MESSAGES);
    wr(pci_rig_config(1, MSI + 12), 2, 0x4321);
    wr(pci_rig_config(1, MSI + 2), 2, 1);
    wr(bar + 0x60, 4, 2);
    g_assert_false(pin());
    g_assert_cmphex(rd(MESSAGES, 4), ==, 0x4321);
    pci_rig_close();
}

static void test_pvpanic(void)
{
    pci_rig_open();
    pci_rig_add("pvpanic-pci,events=2", "pvpanic-pci: events=2: expected a sum of 1 (panicked) and 4 (shutdown)");
    pci_rig_add("pvpanic-pci", "");
    bar = pci_rig_enable(1, 0);
    g_assert_cmphex(rd(bar, 1), ==, 5);
    wr(bar, 1, 2);
    g_assert_cmpuint(times, ==, 0);
    wr(bar, 1, 1);
    g_assert_cmpint(asked, ==, SHUTDOWN_GUEST_PANIC);
    wr(bar, 1, 4);
    g_assert_cmpint(asked, ==, SHUTDOWN_GUEST);
    g_assert_cmpuint(times, ==, 2);
    pci_rig_close();
}

/* Counts, as QEMU has them: the datum three times with another between, then in one, two and four bytes. */
static void check_test(gpa at, unsigned test, unsigned number, const char *name, unsigned alone, unsigned one,
                       unsigned two, unsigned four)
{
    wr(at, 1, test);
    g_assert_cmphex(rd(at, 4), ==, number | 1 << 8);
    g_assert_cmpuint(rd(at + 12, 4), ==, 0);
    for (unsigned i = 0; i <= strlen(name); i++)
        g_assert_cmphex(rd(at + 16 + i, 1), ==, (uint8_t)name[i]);
    gpa to = at + rd(at + 4, 4);
    uint8_t data = rd(at + 8, 1);
    for (unsigned i = 0; i < 4; i++)
        wr(to, 1, data + (i == 2));
    g_assert_cmpuint(rd(at + 12, 4), ==, alone);
    wr(to, 1, data);
    g_assert_cmpuint(rd(at + 12, 4), ==, one);
    if (to % 4)
        return; /* a bus that is strict does not split these */
    wr(to, 2, data);
    g_assert_cmpuint(rd(at + 12, 4), ==, two);
    wr(to, 4, data);
    g_assert_cmpuint(rd(at + 12, 4), ==, four);
    wr(to + 4, 1, data);
    g_assert_cmpuint(rd(at + 12, 4), ==, four);
}

static void test_testdev(void)
{
    const gpa ports = 0x3000000 + 0x1000;

    pci_rig_open();
    pci_rig_add("pci-testdev", "");
    wr(pci_rig_config(1, 0x14), 4, 0x1000);
    bar = pci_rig_enable(1, 0);
    wr(pci_rig_config(1, 4), 2, 7);
    g_assert_cmphex(rd(bar, 4), ==, 0);
    check_test(bar, 0, 0, "mmio-no-eventfd", 3, 4, 5, 6);
    check_test(bar, 1, 1, "mmio-wildcard-eventfd", 0, 0, 0, 0);
    check_test(bar, 2, 2, "mmio-datamatch-eventfd", 0, 0, 1, 2);
    check_test(ports, 0, 3, "portio-no-eventfd", 3, 4, 5, 6);
    g_assert_cmphex(rd(bar, 4), ==, 0); /* there is one test at a time */
    check_test(ports, 1, 4, "portio-wildcard-eventfd", 0, 0, 1, 2);
    check_test(ports, 2, 5, "portio-datamatch-eventfd", 0, 0, 0, 0);
    wr(bar, 1, 3);
    g_assert_cmphex(rd(bar, 4), ==, 0);
    g_assert_cmphex(rd(pci_rig_config(1, 0x18), 4), ==, 0);
    pci_rig_close();
}

/* A BAR of memory in which nothing answers, however large. */
static void test_membar(void)
{
    pci_rig_open();
    pci_rig_add("pci-testdev,membar=3M", "pci-testdev: membar=3145728: expected a power of two from 16 on");
    pci_rig_add("pci-testdev,membar=64G", "");
    wr(pci_rig_config(1, 0x1c), 4, UINT32_MAX);
    g_assert_cmphex(rd(pci_rig_config(1, 0x18), 4), ==, 0xc);
    g_assert_cmphex(rd(pci_rig_config(1, 0x1c), 4), ==, 0xfffffff0);
    pci_rig_close();
    pci_rig_open();
    pci_rig_add("pci-testdev,membar=1M", "");
    bar = pci_rig_enable(1, 2);
    wr(bar + 0xffffc, 4, 5);
    g_assert_cmphex(rd(bar + 0xffffc, 4), ==, UINT32_MAX);
    pci_rig_close();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pci-small/edu", test_edu);
    g_test_add_func("/pci-small/pvpanic", test_pvpanic);
    g_test_add_func("/pci-small/testdev", test_testdev);
    g_test_add_func("/pci-small/testdev/membar", test_membar);
    return g_test_run();
}
