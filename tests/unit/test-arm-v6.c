/* SPDX-License-Identifier: BSD-2-Clause */
/* What Armv6 cores have that later ones have no more: cache operations; the names of cores in trees. */
#include <libfdt.h>

#include "arm-core.h"
#include "cpu-arm/aarch32.h"

#define C15(crm, op2) ARM_SYSREG(CP15, 0, 7, crm, op2)
#define RANGE(crm) ARM_SYSREG(CP15_64, 0, 0, crm, 0)

/* Linux's cache-v6.S and its decompressor use these. */
static void test_cache_operations(void)
{
    static const uint16_t used[] = { C15(5, 0), C15(7, 0), C15(10, 0), C15(11, 0), C15(14, 0), C15(15, 0), C15(15, 1),
                                     RANGE(5), RANGE(6), RANGE(12), RANGE(14) };
    struct arm_cpu *a = core("arm1176");

    for (unsigned i = 0; i < G_N_ELEMENTS(used); i++) {
        const struct arm_sysreg *r = arm_cp_find(&a->config, used[i]);
        g_assert_nonnull(r);
        g_assert_cmpuint(r->el_write, ==, 1);
    }
    a = core("arm926");
    g_assert_null(arm_cp_find(&a->config, RANGE(6))); /* an Armv5 */
}

/* Linux asks before it looks for breakpoints: version 0 is none. */
static void test_debug(void)
{
    struct arm_cpu *a = core("arm1176");
    const struct arm_sysreg *r = arm_cp_find(&a->config, ARM_SYSREG(CP14, 0, 0, 0, 0));

    g_assert_nonnull(r);
    g_assert_cmphex(arm_cp_read(a, r, 0), ==, 0);
    a = core("cortex-a7");
    g_assert_cmphex(arm_cp_read(a, arm_cp_find(&a->config, ARM_SYSREG(CP14, 0, 0, 0, 0)), 0), ==, 0x3515f005);
}

static void test_names(void)
{
    static const char *const rows[][2] = {
        { "arm,arm1176jzf-s", "arm1176" }, { "arm,arm1176", "arm1176" }, { "arm,arm926ej-s", "arm926" },
        { "arm,arm1136jf-s", "arm1136" }, { "arm,cortex-a7", "cortex-a7" }, { "arm,cortex-a72", "cortex-a72" },
    };
    uint8_t fdt[512];

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *model = NULL;
        g_assert_cmpint(fdt_create_empty_tree(fdt, sizeof(fdt)), ==, 0);
        fdt_setprop_string(fdt, 0, "compatible", rows[i][0]);
        model = arm_dt_model(fdt, 0, NULL);
        g_assert_cmpstr(model, ==, rows[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arm-v6/cache-operations", test_cache_operations);
    g_test_add_func("/arm-v6/debug", test_debug);
    g_test_add_func("/arm-v6/names", test_names);
    return g_test_run();
}
