/* SPDX-License-Identifier: BSD-2-Clause */
/* What boot protocols have in common: /chosen of the guest's tree (binding: chosen.yaml), flash, which one is whose. */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "boot.h"
#include "clock.h"
#include "cpu.h"
#include "dt.h"
#include "fw-cfg.h"

#define SEED_BYTES 32

void boot_random_seed(const struct machine *m, void *fdt)
{
    static const char *const nodes[] = { "/chosen", "/secure-chosen" }, *const seeds[] = { "rng-seed", "kaslr-seed" };
    GRand *rand;

    if (m->config.seeded)
        rand = g_rand_new_with_seed_array((const guint32[]){ (guint32)m->config.seed, m->config.seed >> 32 }, 2);
    else
        rand = icount.on ? g_rand_new_with_seed(1) : g_rand_new();
    for (unsigned n = 0; n < ARRAY_SIZE(nodes); n++) {
        for (unsigned k = 0; k < ARRAY_SIZE(seeds); k++) {
            int node = fdt_path_offset(fdt, nodes[n]), len;
            uint8_t *seed = node < 0 ? NULL : fdt_getprop_w(fdt, node, seeds[k], &len);
            for (int i = 0; seed && i < len; i++)
                seed[i] = g_rand_int(rand);
        }
    }
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

bool boot_tree_changed(struct machine *m, GError **err)
{
    struct rom *placed = rom_find("fdt");
    g_autofree void *fdt = NULL;
    uint32_t size;

    if (!placed)
        return true;
    fdt = boot_packed_tree(m, &size);
    return rom_replace(m->as, placed, fdt, size, err);
}

/* -- Flash, and where things go -- */

bool boot_has_flash(const struct machine *m)
{
    return m->pflash[0] || block_drive(BLOCK_IF_PFLASH, 0);
}

gpa boot_flash_base(const struct machine *m)
{
    gpa first = UINT64_MAX, base = 0, addr;
    uint64_t size;
    int node = -1;

    while ((node = fdt_node_offset_by_compatible(m->fdt, node, "cfi-flash")) >= 0) {
        if (dt_reg(m->fdt, node, 0, &addr, &size) && addr < first) {
            first = addr;
            base = dt_secure_only(m->fdt, node) ? addr | BUS_SECURE : addr;
        }
    }
    return base;
}

bool boot_offer_kernel(struct machine *m, GError **err)
{
    struct device *fw_cfg = fw_cfg_find(m);
    const struct machine_config *c = &m->config;
    g_autoptr(GBytes) kernel = NULL, initrd = NULL;

    if (!c->kernel)
        return true;
    if (!fw_cfg) {
        fail(err, "-kernel: with firmware in flash it needs fw_cfg, which this machine has not");
        return false;
    }
    if (!(kernel = load_file(c->kernel, 0, err))) {
        g_prefix_error(err, "-kernel ");
        return false;
    }
    if (c->initrd && !(initrd = load_file(c->initrd, 0, err))) {
        g_prefix_error(err, "-initrd ");
        return false;
    }
    fw_cfg_set_kernel(fw_cfg, kernel, initrd, c->append);
    return true;
}

bool boot_is_free(gpa addr, uint64_t size)
{
    for (const struct rom *r = roms; r; r = r->next)
        if (addr < r->addr + r->size && r->addr < addr + size)
            return false;
    return true;
}

gpa boot_align(gpa v, uint64_t to)
{
    return (v + to - 1) / to * to;
}

/* -- Architectures -- */

static bool riscv_generic(struct machine *m, GError **err)
{
    return riscv_boot(m, 0, PAGE_SIZE, err);
}

static const struct protocol {
    const char *arch;
    struct load_target (*target)(const struct machine *m, struct cpu *cpu);
    bool (*generic)(struct machine *m, GError **err);
} protocols[] = {
    { "riscv", riscv_load_target, riscv_generic },
    { "arm", arm_load_target, arm_boot },
    { "arm-m", armm_load_target, armm_boot },
};

static const struct protocol *protocol_of(const char *arch)
{
    for (unsigned i = 0; i < ARRAY_SIZE(protocols); i++)
        if (!strcmp(protocols[i].arch, arch))
            return &protocols[i];
    return NULL;
}

struct load_target boot_target(const struct machine *m, struct cpu *cpu)
{
    return protocol_of(cpu->arch->name)->target(m, cpu);
}

bool (*boot_generic(const char *arch))(struct machine *m, GError **err)
{
    const struct protocol *p = protocol_of(arch);

    return p ? p->generic : NULL;
}
