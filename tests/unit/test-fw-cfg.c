/* SPDX-License-Identifier: BSD-2-Clause */
/* fw_cfg: the port interface, DMA, files; and requests that make no sense. */
#include <string.h>

#include "fw-cfg.h"
#include "tests/device-rig.h"

enum { DATA = 0, SELECTOR = 8, DMA = 16 };
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };
#define REQUEST (RIG_RAM + 0x100)
#define BUFFER (RIG_RAM + 0x1000)

static struct rig rig;
static struct device *fw;

static void setup(void)
{
    fw = rig_new(&rig, "fw_cfg_mem", 0);
    rig_start(&rig, fw);
    fw_cfg_set_machine(fw, RIG_RAM_SIZE, 0);
}

static void select_key(uint16_t key)
{
    rig_write(&rig, 0, SELECTOR, 2, GUINT16_TO_BE(key));
}

/* Bytes in the order in which a guest's memory gets them. */
static void read_bytes(void *buf, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)buf)[i] = rig_read(&rig, 0, DATA, 1);
}

static uint32_t dma(uint32_t control, uint32_t len, uint64_t addr)
{
    uint32_t req[4] = { GUINT32_TO_BE(control), GUINT32_TO_BE(len), GUINT32_TO_BE((uint32_t)(addr >> 32)),
                        GUINT32_TO_BE((uint32_t)addr) };

    dma_write(rig.m.as, REQUEST, req, sizeof(req));
    rig_write(&rig, 0, DMA, 4, 0);
    rig_write(&rig, 0, DMA + 4, 4, GUINT32_TO_BE((uint32_t)REQUEST));
    dma_read(rig.m.as, REQUEST, req, 4);
    return GUINT32_FROM_BE(req[0]);
}

static void test_ports(void)
{
    char buf[8];

    setup();
    select_key(0);
    read_bytes(buf, 6);
    g_assert_cmpmem(buf, 6, "QEMU\0\0", 6);
    select_key(0);
    g_assert_cmphex(rig_read(&rig, 0, DATA, 4), ==, 0x554d4551); /* "QEMU" in memory */
    select_key(1);
    g_assert_cmphex(rig_read(&rig, 0, DATA, 4), ==, 3);
    select_key(3);
    g_assert_cmphex(rig_read(&rig, 0, DATA, 8), ==, RIG_RAM_SIZE);
    g_assert_cmphex(rig_read(&rig, 0, DMA, 8), ==, GUINT64_TO_BE(UINT64_C(0x51454d5520434647)));
    g_assert_cmphex(rig_read(&rig, 0, DMA + 4, 4), ==, GUINT32_TO_BE(0x20434647));
    rig_remove(&rig, fw);
}

static void test_files(void)
{
    struct {
        uint32_t size;
        uint16_t select, reserved;
        char name[56];
    } entry;
    uint32_t count;
    char buf[8] = "";
    char long_name[60];

    setup();
    g_assert_true(fw_cfg_add_file(fw, "opt/z", "last", 4, NULL));
    g_assert_true(fw_cfg_add_file(fw, "opt/a", "first!", 6, NULL));
    g_assert_false(fw_cfg_add_file(fw, "opt/a", "x", 1, NULL));
    memset(long_name, 'n', sizeof(long_name));
    long_name[56] = 0;
    g_assert_false(fw_cfg_add_file(fw, long_name, "x", 1, NULL));
    select_key(0x19);
    read_bytes(&count, 4);
    g_assert_cmpuint(GUINT32_FROM_BE(count), ==, 2);
    read_bytes(&entry, sizeof(entry));
    g_assert_cmpstr(entry.name, ==, "opt/a");
    g_assert_cmpuint(GUINT32_FROM_BE(entry.size), ==, 6);
    select_key(GUINT16_FROM_BE(entry.select));
    read_bytes(buf, 6);
    g_assert_cmpmem(buf, 6, "first!", 6);
    for (unsigned i = 0; i < 62; i++) {
        g_autofree char *name = g_strdup_printf("f%u", i);
        g_assert_true(fw_cfg_add_file(fw, name, "", 0, NULL));
    }
    g_assert_false(fw_cfg_add_file(fw, "one too many", "", 0, NULL));
    rig_remove(&rig, fw);
}

static void test_dma(void)
{
    char buf[8];

    setup();
    fw_cfg_add_file(fw, "opt/a", "0123456789", 10, NULL);
    g_assert_cmphex(dma(DMA_SELECT | DMA_SKIP | 0x20u << 16, 4, 0), ==, 0);
    g_assert_cmphex(dma(DMA_READ, 8, BUFFER), ==, 0);
    dma_read(rig.m.as, BUFFER, buf, 8);
    g_assert_cmpmem(buf, 8, "456789\0\0", 8); /* zeros beyond the end */
    g_assert_cmphex(dma(DMA_SELECT | DMA_WRITE | 0x20u << 16, 4, BUFFER), ==, DMA_ERROR);
    g_assert_cmphex(dma(DMA_SELECT | DMA_READ | 0x20u << 16, 4, 0x40), ==, DMA_ERROR);
    g_assert_cmphex(dma(DMA_READ, 16, RIG_RAM + RIG_RAM_SIZE - 8), ==, DMA_ERROR);
    g_assert_cmphex(dma(DMA_READ, UINT32_MAX, BUFFER), ==, DMA_ERROR);
    g_assert_cmphex(dma(DMA_SELECT | DMA_READ | 0x7fffu << 16, 4, BUFFER), ==, 0); /* no such item: zeros */
    dma_read(rig.m.as, BUFFER, buf, 4);
    g_assert_cmpmem(buf, 4, "\0\0\0", 4);
    /* A request outside memory is ignored. */
    rig_write(&rig, 0, DMA, 8, GUINT64_TO_BE(UINT64_C(0xfffffffffffffff8)));
    rig_remove(&rig, fw);
}

static void test_fuzz(void)
{
    setup();
    rig_fuzz(&rig, fw, 100000);
    rig_remove(&rig, fw);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/fw-cfg/ports", test_ports);
    g_test_add_func("/fw-cfg/files", test_files);
    g_test_add_func("/fw-cfg/dma", test_dma);
    g_test_add_func("/fw-cfg/fuzz", test_fuzz);
    return g_test_run();
}
