/* SPDX-License-Identifier: BSD-2-Clause */
/* IMSICs: messages at the pages of files, and the registers that harts reach by their CSRs. */
#include "tests/device-rig.h"

#define PAGE(n) (0x1000 * (n))
#define BASE 0x10000000

enum { EIDELIVERY = 0x70, EITHRESHOLD = 0x72, EIP = 0x80, EIE = 0xc0 };

static struct rig rig;
static struct device *imsic;

static void setup(const char *guest_bits)
{
    imsic = rig_new(&rig, "riscv.imsic", 3);
    g_assert_true(device_set_prop(imsic, "guest-index-bits", guest_bits, NULL));
    rig_start(&rig, imsic);
}

static struct msi_file file(unsigned n)
{
    struct msi_file f;

    imsic->type->msi_file(imsic, n, &f);
    return f;
}

static uint64_t rd(unsigned n, unsigned reg)
{
    struct msi_file f = file(n);

    return f.ops->read(f.opaque, f.n, reg, 64);
}

static void wr(unsigned n, unsigned reg, uint64_t v)
{
    struct msi_file f = file(n);

    f.ops->write(f.opaque, f.n, reg, 64, v, UINT64_MAX);
}

static unsigned top(unsigned n)
{
    struct msi_file f = file(n);

    return f.ops->top(f.opaque, f.n);
}

static void claim(unsigned n, unsigned id)
{
    struct msi_file f = file(n);

    f.ops->claim(f.opaque, f.n, id);
}

static void test_messages(void)
{
    setup("0");
    wr(1, EIDELIVERY, 1);
    wr(1, EIE, UINT64_MAX);
    rig_write(&rig, 0, PAGE(1), 4, 33);
    g_assert_true(rig.wire[1]);
    g_assert_false(rig.wire[0] || rig.wire[2]);
    g_assert_cmphex(rd(1, EIP), ==, UINT64_C(1) << 33);
    rig_write(&rig, 0, PAGE(1) + 4, 4, 0x05000000); /* big-endian */
    g_assert_cmpuint(top(1), ==, 5);
    g_assert_cmphex(rig_read(&rig, 0, PAGE(1), 4), ==, 0);
    claim(1, 5);
    g_assert_cmpuint(top(1), ==, 33);
    g_assert_true(rig.wire[1]);
    claim(1, 33);
    g_assert_cmpuint(top(1), ==, 0);
    g_assert_false(rig.wire[1]);
    /* No such identity, no such register, no such size. */
    rig_write(&rig, 0, PAGE(1), 4, 0);
    rig_write(&rig, 0, PAGE(1), 4, 256);
    rig_write(&rig, 0, PAGE(1) + 8, 4, 1);
    for (unsigned k = 0; k < 8; k += 2)
        g_assert_cmphex(rd(1, EIP + k), ==, 0);
    g_assert_true(rig_refuses(&rig, 0, PAGE(1), 2));
    g_assert_true(rig_refuses(&rig, 0, PAGE(1), 8));
    rig_remove(&rig, imsic);
}

/* Devices' messages take the way that only interrupt files and memory are on. */
static void test_bus_msi(void)
{
    uint32_t v;

    setup("0");
    g_assert_true(bus_msi(rig.m.as, BASE + PAGE(2), 255, 0));
    g_assert_cmphex(rd(2, EIP + 6), ==, UINT64_C(1) << 63);
    g_assert_true(bus_msi(rig.m.as, RIG_RAM + 0x100, 0x12345678, 0));
    g_assert_true(dma_read(rig.m.as, RIG_RAM + 0x100, &v, 4));
    g_assert_cmphex(v, ==, 0x12345678);
    g_assert_false(bus_msi(rig.m.as, RIG_RAM + 0x102, 1, 0)); /* misaligned */
    g_assert_false(bus_msi(rig.m.as, 0x70000000, 1, 0));
    imsic->regions[0].msi = false; /* any other device */
    g_assert_false(bus_msi(rig.m.as, BASE, 1, 0));
    rig_remove(&rig, imsic);
}

static void test_enables_and_threshold(void)
{
    setup("0");
    rig_write(&rig, 0, PAGE(0), 4, 64);
    rig_write(&rig, 0, PAGE(0), 4, 100);
    g_assert_cmpuint(top(0), ==, 0);
    wr(0, EIE + 2, UINT64_MAX);
    g_assert_cmpuint(top(0), ==, 64);
    g_assert_false(rig.wire[0]); /* not delivered yet */
    wr(0, EIDELIVERY, 1);
    g_assert_true(rig.wire[0]);
    wr(0, EITHRESHOLD, 65);
    g_assert_cmpuint(top(0), ==, 64);
    wr(0, EITHRESHOLD, 64);
    g_assert_cmpuint(top(0), ==, 0);
    g_assert_false(rig.wire[0]);
    wr(0, EITHRESHOLD, 256); /* not an identity: as it was */
    g_assert_cmpuint(rd(0, EITHRESHOLD), ==, 64);
    wr(0, EITHRESHOLD, 0);
    g_assert_true(rig.wire[0]);
    wr(0, EIDELIVERY, 0x40000000); /* not supported */
    g_assert_cmphex(rd(0, EIDELIVERY), ==, 0);
    g_assert_false(rig.wire[0]);
    rig_remove(&rig, imsic);
}

/* Masks, bits that don't exist, and the halves that RV32 sees. */
static void test_arrays(void)
{
    struct msi_file f;

    setup("0");
    f = file(2);
    for (unsigned reg = EIP; reg < 0x100; reg += 2) {
        unsigned k = reg % 64;
        wr(2, reg, UINT64_MAX);
        g_assert_cmphex(rd(2, reg), ==, k == 0 ? ~UINT64_C(1) : k < 8 ? UINT64_MAX : 0);
    }
    for (unsigned reg = 0x71; reg < EIP; reg++) {
        if (reg == EITHRESHOLD)
            continue;
        wr(2, reg, UINT64_MAX);
        g_assert_cmphex(rd(2, reg), ==, 0);
    }
    f.ops->write(f.opaque, f.n, EIP + 3, 32, 0, 0xff);
    g_assert_cmphex(rd(2, EIP + 2), ==, UINT64_C(0xffffff00ffffffff));
    g_assert_cmphex(f.ops->read(f.opaque, f.n, EIP + 3, 32), ==, 0xffffff00);
    g_assert_cmphex(f.ops->read(f.opaque, f.n, EIP + 2, 32), ==, 0xffffffff);
    g_assert_cmphex(rd(1, EIP), ==, 0); /* another's */
    rig_remove(&rig, imsic);
}

/* With pages for guests a hart's file is the first of its pages; theirs take nothing. */
static void test_guest_pages(void)
{
    setup("2");
    rig_write(&rig, 0, PAGE(4), 4, 7);
    rig_write(&rig, 0, PAGE(5), 4, 8);
    rig_write(&rig, 0, PAGE(11), 4, 8);
    g_assert_cmphex(rd(1, EIP), ==, 1 << 7);
    g_assert_cmphex(rd(2, EIP), ==, 0);
    g_assert_cmphex(imsic->regions[0].size, ==, 12 * 0x1000);
    rig_remove(&rig, imsic);
}

static void test_limits(void)
{
    static const char *const bad[] = { "0", "62", "64", "2111" };
    g_autoptr(GError) err = NULL;

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct device *d = rig_new(&rig, "riscv.imsic", 1);
        g_assert_true(device_set_prop(d, "num-ids", bad[i], NULL));
        g_assert_false(device_realize(d, &err));
        g_assert_nonnull(err);
        g_clear_error(&err);
        device_free(d);
    }
}

static void test_reset(void)
{
    setup("0");
    wr(0, EIDELIVERY, 1);
    wr(0, EIE, 2);
    rig_write(&rig, 0, PAGE(0), 4, 1);
    g_assert_true(rig.wire[0]);
    device_reset(imsic);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(0, EIP) | rd(0, EIE) | rd(0, EIDELIVERY), ==, 0);
    rig_remove(&rig, imsic);
}

static gpointer send_messages(gpointer opaque)
{
    for (unsigned i = 0; i < 20000; i++)
        bus_msi(rig.m.as, BASE + PAGE(1), 1 + i % 255, 0);
    return NULL;
}

/* A hart that claims while messages come: every message is seen, or was the same as one that had not been claimed. */
static void test_threads(void)
{
    unsigned claimed = 0, id;

    setup("0");
    wr(1, EIDELIVERY, 1);
    for (unsigned k = 0; k < 8; k += 2)
        wr(1, EIE + k, UINT64_MAX);
    GThread *t = g_thread_new("sender", send_messages, NULL);
    for (unsigned i = 0; i < 20000; i++) {
        if ((id = top(1))) {
            claim(1, id);
            claimed++;
        }
    }
    g_thread_join(t);
    while ((id = top(1))) {
        g_assert_true(rig.wire[1]);
        claim(1, id);
        claimed++;
    }
    g_assert_false(rig.wire[1]);
    g_assert_cmpuint(claimed, >=, 255);
    rig_remove(&rig, imsic);
}

static void test_fuzz(void)
{
    setup("1");
    rig_fuzz(&rig, imsic, 100000);
    rig_remove(&rig, imsic);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/imsic/messages", test_messages);
    g_test_add_func("/imsic/bus-msi", test_bus_msi);
    g_test_add_func("/imsic/enables", test_enables_and_threshold);
    g_test_add_func("/imsic/arrays", test_arrays);
    g_test_add_func("/imsic/guest-pages", test_guest_pages);
    g_test_add_func("/imsic/limits", test_limits);
    g_test_add_func("/imsic/reset", test_reset);
    g_test_add_func("/imsic/threads", test_threads);
    g_test_add_func("/imsic/fuzz", test_fuzz);
    return g_test_run();
}
