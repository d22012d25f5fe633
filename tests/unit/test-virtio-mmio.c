/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-mmio's registers, versions 1 and 2, with virtio-rng behind them. */
#include "tests/virtio-rig.h"

extern const struct device_type virtio_rng_device_type;

static void plug_rng(struct virtio_rig *f, bool legacy)
{
    virtio_rig_init(f, legacy);
    virtio_rig_plug(f, virtio_rig_device(f, &virtio_rng_device_type, f->mmio));
}

static void identity(void)
{
    for (unsigned legacy = 0; legacy < 2; legacy++) {
        struct virtio_rig f;
        virtio_rig_init(&f, legacy);
        g_assert_cmphex(rd(&f, 0x00), ==, 0x74726976);
        g_assert_cmpuint(rd(&f, 0x04), ==, legacy ? 1 : 2);
        g_assert_cmpuint(rd(&f, 0x08), ==, 0); /* nobody there */
        wr(&f, 0x70, 1);
        g_assert_cmpuint(rd(&f, 0x70), ==, 0);
        virtio_rig_plug(&f, virtio_rig_device(&f, &virtio_rng_device_type, f.mmio));
        g_assert_cmpuint(rd(&f, 0x08), ==, 4);
        g_assert_cmphex(rd(&f, 0x0c), ==, 0x554d4551);
        wr(&f, 0x30, 0);
        g_assert_cmpuint(rd(&f, 0x34), ==, VIRTQ_MAX_SIZE);
        wr(&f, 0x30, 1);
        g_assert_cmpuint(rd(&f, 0x34), ==, 0);
        /* A slot takes one device. */
        struct device *second = virtio_rig_device(&f, &virtio_rng_device_type, f.mmio);
        GError *err = NULL;
        g_assert_false(second->type->realize(second, &err));
        g_assert_nonnull(err);
        g_clear_error(&err);
    }
}

static void features_legacy(void)
{
    struct virtio_rig f;

    plug_rng(&f, true);
    wr(&f, 0x14, 0);
    g_assert_cmphex(rd(&f, 0x10), ==, 1 << 24 | 1 << 27 | 1 << 28 | 1 << 29);
    wr(&f, 0x14, 1);
    g_assert_cmphex(rd(&f, 0x10), ==, 0);
    wr(&f, 0x70, 3);
    wr(&f, 0x24, 0);
    wr(&f, 0x20, 1 << 28 | 1 << 5); /* bit 5 was not offered */
    g_assert_cmphex(((struct virtio *)f.dev)->features, ==, 1 << 28);
    wr(&f, 0x70, 7); /* again, while it runs */
    wr(&f, 0x20, 1 << 29);
    g_assert_cmphex(((struct virtio *)f.dev)->features, ==, 1 << 29);
    wr(&f, 0x70, 15); /* what a legacy driver has no word for settles them all the same */
    wr(&f, 0x20, 0);
    g_assert_cmphex(((struct virtio *)f.dev)->features, ==, 1 << 29);
}

static void features_modern(void)
{
    struct virtio_rig f;

    plug_rng(&f, false);
    wr(&f, 0x14, 0);
    g_assert_cmphex(rd(&f, 0x10), ==, 1 << 28 | 1 << 29);
    wr(&f, 0x14, 1);
    g_assert_cmphex(rd(&f, 0x10), ==, 1);
    wr(&f, 0x14, 2);
    g_assert_cmphex(rd(&f, 0x10), ==, 0);
    /* Without VERSION_1, and with a bit that was not offered, as QEMU: FEATURES_OK stays. */
    for (unsigned i = 0; i < 2; i++) {
        wr(&f, 0x70, 0);
        wr(&f, 0x70, 3);
        wr(&f, 0x24, 0);
        wr(&f, 0x20, i ? 1 << 28 | 1 : 1 << 28);
        wr(&f, 0x24, 1);
        wr(&f, 0x20, i);
        g_assert_cmphex(((struct virtio *)f.dev)->features, ==, 0);
        wr(&f, 0x70, 0xb);
        g_assert_cmphex(rd(&f, 0x70), ==, 0xb);
        g_assert_cmphex(((struct virtio *)f.dev)->features, ==, (uint64_t)i << 32 | 1 << 28);
    }
    wr(&f, 0x70, 0);
    wr(&f, 0x70, 7); /* without FEATURES_OK: none */
    g_assert_cmphex(rd(&f, 0x70), ==, 7);
    g_assert_cmphex(((struct virtio *)f.dev)->features, ==, 0);
    wr(&f, 0x70, 0);
    g_assert_cmphex(negotiate(&f, UINT64_MAX), ==, UINT64_C(1) << 32 | 1 << 28 | 1 << 29);
    wr(&f, 0x24, 0);
    wr(&f, 0x20, 0); /* too late */
    g_assert_cmphex(((struct virtio *)f.dev)->features, ==, UINT64_C(1) << 32 | 1 << 28 | 1 << 29);
}

/* Random bytes come, with an interrupt, that is acknowledged. */
static void transfer(gconstpointer data)
{
    bool legacy = GPOINTER_TO_INT(data);
    struct virtio_rig f;
    struct drv d;

    plug_rng(&f, legacy);
    uint64_t features = negotiate(&f, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC));
    drv_setup(&d, &f, 0, 8, features);
    g_assert_cmphex(rd(&f, legacy ? 0x40 : 0x44), ==, legacy ? d.desc / 4096 : 1);
    driver_ok(&f);
    for (unsigned i = 0; i < 20; i++) {
        gpa a = guest_alloc(&f, 200, 8);
        struct seg s[2] = { { a, 64, true }, { a + 100, 36, true } };
        uint8_t zeroes[36] = "";
        uint16_t id = i % 2 ? drv_add_indirect(&d, s, 2) : drv_add(&d, s, 2);
        drv_kick(&d);
        g_assert_cmpuint(drv_wait(&d, id), ==, 100);
        g_assert_true(f.irq_level);
        g_assert_cmphex(rd(&f, 0x60), ==, 1);
        wr(&f, 0x64, 1);
        g_assert_false(f.irq_level);
        g_assert_cmpint(memcmp(guest_ptr(&f, a), zeroes, 36), !=, 0);
        g_assert_cmpint(memcmp(guest_ptr(&f, a + 100), zeroes, 36), !=, 0);
        g_assert_cmpmem(guest_ptr(&f, a + 64), 36, zeroes, 36);
    }
    wr(&f, 0x70, 0);
    g_assert_cmphex(rd(&f, legacy ? 0x40 : 0x44), ==, 0);
    g_assert_cmphex(rd(&f, 0x60), ==, 0);
}

/* Legacy: page number 0 resets the device, whichever queue is selected. */
static void pfn_zero(void)
{
    for (unsigned selected = 0; selected < 2; selected++) {
        struct virtio_rig f;
        struct drv d;
        plug_rng(&f, true);
        drv_setup(&d, &f, 0, 8, negotiate(&f, 0));
        driver_ok(&f);
        wr(&f, 0x30, selected);
        wr(&f, 0x40, 0);
        g_assert_cmphex(rd(&f, 0x70), ==, 0);
        wr(&f, 0x30, 0);
        g_assert_cmphex(rd(&f, 0x40), ==, 0);
    }
}

/* A driver that writes registers after the page number that should come before it, and no page size. */
static void legacy_order(void)
{
    struct virtio_rig f;
    struct drv d;

    plug_rng(&f, true);
    drv_layout(&d, &f, 0, 8, negotiate(&f, 0));
    wr(&f, 0x30, 0);
    wr(&f, 0x3c, 0);
    wr(&f, 0x40, d.desc);
    g_assert_cmphex(rd(&f, 0x40), ==, d.desc);
    wr(&f, 0x38, 8);
    driver_ok(&f);
    struct seg s = { RAM_BASE, 8, true };
    uint16_t id = drv_add(&d, &s, 1);
    drv_kick(&d);
    g_assert_cmpuint(drv_wait(&d, id), ==, 8);
    wr(&f, 0x3c, 64); /* moves the device area */
    d.device = (d.driver + 6 + 2 * 8 + 63) & -64;
    put16(&f, d.device + 2, d.last_used);
    id = drv_add(&d, &s, 1);
    drv_kick(&d);
    g_assert_cmpuint(drv_wait(&d, id), ==, 8);
    wr(&f, 0x28, 0x3000); /* the lowest bit counts */
    g_assert_cmphex(rd(&f, 0x40), ==, d.desc / 4096);
}

/* Registers of the other version, of none, of wrong sizes; queues that don't exist; a running queue's registers. */
static void misuse(gconstpointer data)
{
    bool legacy = GPOINTER_TO_INT(data);
    struct virtio_rig f;
    struct drv d;
    uint64_t v;

    plug_rng(&f, legacy);
    drv_setup(&d, &f, 0, 8, negotiate(&f, 0));
    driver_ok(&f);
    for (unsigned offset = 0; offset < 0x200; offset++) {
        for (unsigned size = 1; size <= 8; size *= 2) {
            if (offset % size)
                continue;
            bus_read(f.machine.as, MMIO_BASE + offset, size, &v);
            if (size < 4) /* the bus makes two accesses of 8 */
                bus_write(f.machine.as, MMIO_BASE + offset, size, 0x0101010101010101);
        }
    }
    g_assert_cmphex(rd(&f, 0x70), ==, legacy ? 7 : 15);
    wr(&f, 0x80, 0x1234); /* in use */
    if (!legacy) /* there it would take effect */
        wr(&f, 0x38, 4);
    wr(&f, legacy ? 0x44 : 0x40, 0);
    wr(&f, 0x50, 1);
    wr(&f, 0x50, UINT32_MAX);
    wr(&f, 0x30, UINT32_MAX);
    wr(&f, 0x38, 8);
    wr(&f, legacy ? 0x40 : 0x44, 1);
    g_assert_cmphex(rd(&f, 0x34), ==, 0);
    wr(&f, 0x30, 0);
    struct seg s = { RAM_BASE, 8, true };
    uint16_t id = drv_add(&d, &s, 1);
    drv_kick(&d);
    g_assert_cmpuint(drv_wait(&d, id), ==, 8);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mmio/identity", identity);
    g_test_add_func("/mmio/features/legacy", features_legacy);
    g_test_add_func("/mmio/features/modern", features_modern);
    g_test_add_data_func("/mmio/transfer/legacy", GINT_TO_POINTER(1), transfer);
    g_test_add_data_func("/mmio/transfer/modern", GINT_TO_POINTER(0), transfer);
    g_test_add_func("/mmio/pfn-zero", pfn_zero);
    g_test_add_func("/mmio/legacy-order", legacy_order);
    g_test_add_data_func("/mmio/misuse/legacy", GINT_TO_POINTER(1), misuse);
    g_test_add_data_func("/mmio/misuse/modern", GINT_TO_POINTER(0), misuse);
    return g_test_run();
}
