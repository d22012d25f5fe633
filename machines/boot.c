/* SPDX-License-Identifier: BSD-2-Clause */
/* What boot protocols have in common: /chosen of the guest's tree. Binding: chosen.yaml. */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "clock.h"

#define SEED_BYTES 32

void boot_random_seed(const struct machine *m, void *fdt)
{
    int chosen = fdt_path_offset(fdt, "/chosen"), len;
    uint8_t *seed = chosen < 0 ? NULL : fdt_getprop_w(fdt, chosen, "rng-seed", &len);
    GRand *rand;

    if (!seed)
        return;
    if (m->config.seeded)
        rand = g_rand_new_with_seed_array((const guint32[]){ (guint32)m->config.seed, m->config.seed >> 32 }, 2);
    else
        rand = icount.on ? g_rand_new_with_seed(1) : g_rand_new();
    for (int i = 0; i < len; i++)
        seed[i] = g_rand_int(rand);
    g_rand_free(rand);
}

bool boot_chosen(struct machine *m, gpa initrd_start, gpa initrd_end, GError **err)
{
    static const uint8_t zeros[SEED_BYTES];
    void *fdt = m->guest_fdt;
    int node = fdt_path_offset(fdt, "/chosen"), e = 0;

    if (node < 0)
        node = fdt_add_subnode(fdt, 0, "chosen");
    e = node < 0 ? node : 0;
    if (!e)
        e = fdt_setprop(fdt, node, "rng-seed", zeros, sizeof(zeros));
    if (!e && m->config.append)
        e = fdt_setprop_string(fdt, node, "bootargs", m->config.append);
    if (!e && initrd_end)
        e = fdt_setprop_u64(fdt, node, "linux,initrd-start", initrd_start);
    if (!e && initrd_end)
        e = fdt_setprop_u64(fdt, node, "linux,initrd-end", initrd_end);
    if (e)
        fail(err, "device tree: /chosen: %s", fdt_strerror(e));
    else
        boot_random_seed(m, fdt);
    return !e;
}

void *boot_packed_tree(const struct machine *m, uint32_t *size)
{
    void *fdt = g_malloc(fdt_totalsize(m->guest_fdt));

    memcpy(fdt, m->guest_fdt, fdt_totalsize(m->guest_fdt));
    fdt_pack(fdt);
    *size = fdt_totalsize(fdt);
    return fdt;
}

static bool riscv_generic(struct machine *m, GError **err)
{
    return riscv_boot(m, 0, PAGE_SIZE, err);
}

bool (*boot_generic(const char *arch))(struct machine *m, GError **err)
{
    return !strcmp(arch, "riscv") ? riscv_generic : NULL;
}
