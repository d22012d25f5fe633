/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-balloon: pages that come back, what is asked for and told, statistics; and what a guest gets wrong. */
#include <string.h>

#include "balloon.h"
#include "state.h"
#include "tests/virtio-rig.h"

extern const struct device_type virtio_balloon_device_type;

enum { F_STATS = 1, F_REPORTING = 5 };
enum { CONFIG = 0x100, C_PAGES = CONFIG, C_ACTUAL = CONFIG + 4 };

static struct virtio_rig f;
static struct drv inflate, deflate, stats, report;
static uint64_t told;

static void changed(uint64_t actual)
{
    told = actual;
}

static void open_balloon(void)
{
    virtio_rig_init(&f, false);
    f.machine.ram_size = RAM_SIZE;
    struct device *d = virtio_rig_device(&f, &virtio_balloon_device_type, f.mmio);
    virtio_rig_set(d, "free-page-reporting", "on");
    virtio_rig_plug(&f, d);
    uint64_t features = negotiate(&f, VIRTIO_BIT(F_STATS) | VIRTIO_BIT(F_REPORTING) | VIRTIO_BIT(VIRTIO_F_VERSION_1));
    g_assert_cmphex(features & 0x22, ==, 0x22);
    drv_setup(&inflate, &f, 0, 16, features);
    drv_setup(&deflate, &f, 1, 16, features);
    drv_setup(&stats, &f, 2, 16, features);
    drv_setup(&report, &f, 3, 16, features);
    driver_ok(&f);
}

static void give(struct drv *q, const uint32_t *pfns, unsigned n)
{
    struct seg s = { guest_alloc(&f, 4 * n, 4), 4 * n, false };

    memcpy(guest_ptr(&f, s.addr), pfns, 4 * n);
    uint16_t id = drv_add(q, &s, 1);
    drv_kick(q);
    g_assert_cmpuint(drv_wait(q, id), ==, 0);
}

static void test_pages(void)
{
    open_balloon();
    gpa page = (guest_alloc(&f, 3 * 4096, 4096) + 4095) & ~(gpa)4095;
    const uint32_t pfns[] = { page >> 12, 0, UINT32_MAX, (RAM_BASE + RAM_SIZE) >> 12 }; /* one is RAM */
    memset(guest_ptr(&f, page), 0xaa, 2 * 4096);
    give(&inflate, pfns, ARRAY_SIZE(pfns));
    g_assert_cmphex(*(uint8_t *)guest_ptr(&f, page), ==, 0);
    g_assert_cmphex(*(uint8_t *)guest_ptr(&f, page + 4096), ==, 0xaa);
    give(&deflate, pfns, 1);

    memset(guest_ptr(&f, page), 0xaa, 2 * 4096);
    struct seg free_pages[] = { { page, 4096, true }, { page + 4096, 100, true } }; /* what is no page stays */
    uint16_t id = drv_add(&report, free_pages, 2);
    drv_kick(&report);
    g_assert_cmpuint(drv_wait(&report, id), ==, 0);
    g_assert_cmphex(*(uint8_t *)guest_ptr(&f, page), ==, 0);
    g_assert_cmphex(*(uint8_t *)guest_ptr(&f, page + 4096), ==, 0xaa);
    virtio_rig_unrealize(f.dev);
}

static void test_target(void)
{
    g_autoptr(GError) err = NULL;

    g_assert_null(balloon_find(&err));
    g_assert_cmpint(err->code, ==, BALLOON_NONE);
    open_balloon();
    balloon_changed = changed;
    const struct balloon *b = balloon_find(NULL);
    b->set(b->opaque, 12 * MiB);
    g_assert_cmpuint(rd(&f, C_PAGES), ==, 1024);
    g_assert_true(f.irq_level);
    g_assert_cmpuint(b->actual(b->opaque), ==, 16 * MiB);
    wr(&f, C_ACTUAL, 1024);
    wr(&f, C_PAGES, 5); /* not the guest's to write */
    g_assert_cmpuint(rd(&f, C_PAGES), ==, 1024);
    g_assert_cmpuint(b->actual(b->opaque), ==, 12 * MiB);
    while (told == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(told, ==, 12 * MiB);
    b->set(b->opaque, UINT64_MAX);
    g_assert_cmpuint(rd(&f, C_PAGES), ==, 0);
    wr(&f, C_ACTUAL, UINT32_MAX); /* more than there is */
    g_assert_cmpuint(b->actual(b->opaque), ==, 0);
    balloon_changed = NULL;
    virtio_rig_unrealize(f.dev); /* with news on the way */
    g_assert_null(balloon_find(NULL));
}

static void pass_second(void)
{
    clock_icount_add(INT64_C(1000000000));
    timers_run(clock_now());
}

static void test_stats(void)
{
    uint64_t values[BALLOON_STATS], free_bytes = 12345, huge = 99;
    int64_t when;
    struct seg s;

    open_balloon();
    const struct balloon *b = balloon_find(NULL);
    b->stats(b->opaque, values, &when);
    g_assert_true(when == 0 && values[BALLOON_FREE] == BALLOON_NO_STAT);
    s = (struct seg){ guest_alloc(&f, 64, 8), 2 * 10 + 3, false }; /* and something that is half of one */
    uint8_t *p = guest_ptr(&f, s.addr);
    p[0] = BALLOON_FREE;
    memcpy(p + 2, &free_bytes, 8);
    p[10] = 200; /* there is no such */
    memcpy(p + 12, &huge, 8);
    uint16_t id = drv_add(&stats, &s, 1), got;
    uint32_t len;
    drv_kick(&stats);
    g_assert_cmpuint(b->stats(b->opaque, values, &when), ==, 0);
    g_assert_true(when > 0 && values[BALLOON_FREE] == 12345 && values[BALLOON_TOTAL] == BALLOON_NO_STAT);
    g_assert_false(drv_used(&stats, &got, &len)); /* the device keeps it until it asks again */
    b->poll(b->opaque, 1);
    g_assert_cmpint(timers_deadline(), !=, INT64_MAX);
    pass_second();
    g_assert_true(drv_used(&stats, &got, &len));
    g_assert_cmpuint(got, ==, id);
    pass_second(); /* there is no buffer now */
    b->poll(b->opaque, 0);
    g_assert_cmpint(timers_deadline(), ==, INT64_MAX);
    virtio_rig_unrealize(f.dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    icount.on = true; /* time is the test's */
    clock_init();
    g_test_add_func("/virtio-balloon/pages", test_pages);
    g_test_add_func("/virtio-balloon/target", test_target);
    g_test_add_func("/virtio-balloon/stats", test_stats);
    return g_test_run();
}
