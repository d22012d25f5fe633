/* SPDX-License-Identifier: BSD-2-Clause */
/* Room for translated blocks, as several CPUs reserve and settle it: each address of code leads to its block. */
#include <glib.h>

#include "tcg/engine.h"
#include "tcg/tb-int.h"

enum { BYTES = 4096, USED = 256 };

static struct tb_room reserve(void)
{
    struct tb_room room;

    g_assert_true(tb_reserve(&room, BYTES));
    return room;
}

/* The block is made, as compile() leaves it. */
static void settle(const struct tb_room *room, size_t used)
{
    __atomic_store_n(&room->tb->code_size, used, __ATOMIC_RELAXED);
    tb_settle(room, used);
}

static void assert_found(const struct tb_room *room)
{
    uintptr_t code = (uintptr_t)room->tb->code;

    g_assert_true(tb_of_code(code) == room->tb);
    g_assert_true(tb_of_code(code + USED - 1) == room->tb);
}

/* Of two under way one is given up, the earlier or the later one, before or after the other is settled; then there are more. */
static void test_given_up(void)
{
    for (unsigned how = 0; how < 4; how++) {
        bool later = how & 1, first = how & 2;
        struct tb_room a = reserve(), b = reserve(), more[40];
        const struct tb_room *kept = later ? &a : &b, *lost = later ? &b : &a;
        if (first)
            settle(lost, 0);
        settle(kept, USED);
        if (!first)
            settle(lost, 0);
        for (unsigned i = 0; i < G_N_ELEMENTS(more); i++) {
            more[i] = reserve();
            settle(&more[i], USED);
            assert_found(kept);
            for (unsigned n = 0; n <= i; n++)
                assert_found(&more[n]);
        }
    }
}

/* Several under way, settled and given up in any order. */
static void test_any_order(void)
{
    struct tb_room kept[400];
    unsigned nkept = 0;

    while (nkept < G_N_ELEMENTS(kept) - 4) {
        struct tb_room way[4];
        for (unsigned i = 0; i < G_N_ELEMENTS(way); i++)
            way[i] = reserve();
        for (unsigned n = G_N_ELEMENTS(way); n > 0; n--) {
            unsigned i = g_test_rand_int_range(0, n);
            struct tb_room room = way[i];
            way[i] = way[n - 1];
            bool keep = g_test_rand_int_range(0, 3) > 0;
            settle(&room, keep ? USED : 0);
            if (keep)
                kept[nkept++] = room;
        }
        for (unsigned n = 0; n < nkept; n++)
            assert_found(&kept[n]);
    }
}

int main(int argc, char **argv)
{
    const char *why = NULL;

    g_test_init(&argc, &argv, NULL);
    if (!host_backend) {
        g_print("1..0 # SKIP no host code here\n");
        return 0;
    }
    code_backend = host_backend;
    if (!tb_init(&why))
        g_error("%s", why);
    g_test_add_func("/tb-cache/given up", test_given_up);
    g_test_add_func("/tb-cache/any order", test_any_order);
    int status = g_test_run();
    tb_fini();
    return status;
}
