/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -device guest-loader: a kernel or an initrd for a guest of the hypervisor that -kernel is, in memory, and the node of
 * /chosen that tells of it (binding: Xen's docs/misc/arm/device-tree/booting.txt). It is no device of the guest.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "boot.h"
#include "device.h"
#include "loader.h"
#include "machine.h"

struct guest_loader {
    struct device dev;
    uint64_t addr;
    char *kernel, *initrd, *bootargs;
};

static const char kernel_compatible[] = "multiboot,module\0multiboot,kernel";
static const char initrd_compatible[] = "multiboot,module\0multiboot,ramdisk";

static int add_node(const struct guest_loader *s, uint64_t size)
{
    void *fdt = s->dev.machine->guest_fdt;
    const fdt64_t reg[2] = { cpu_to_fdt64(s->addr), cpu_to_fdt64(size) };
    g_autofree char *name = g_strdup_printf("module@0x%08" PRIx64, s->addr);
    int node = fdt_path_offset(fdt, "/chosen"), e;

    if (node >= 0)
        node = fdt_add_subnode(fdt, node, name);
    e = node < 0 ? node : fdt_setprop(fdt, node, "reg", reg, sizeof(reg));
    if (!e && s->kernel)
        e = fdt_setprop(fdt, node, "compatible", kernel_compatible, sizeof(kernel_compatible));
    if (!e && s->initrd)
        e = fdt_setprop(fdt, node, "compatible", initrd_compatible, sizeof(initrd_compatible));
    if (!e && s->bootargs)
        e = fdt_setprop_string(fdt, node, "bootargs", s->bootargs);
    return e;
}

static bool realize(struct device *d, GError **err)
{
    struct guest_loader *s = container_of(d, struct guest_loader, dev);
    struct machine *m = d->machine;
    struct load_target t = { .as = m->as, .over = true };
    struct loaded l;

    if (!s->kernel == !s->initrd || (s->initrd && s->bootargs)) {
        fail(err, "expected kernel=FILE[,bootargs=TEXT] or initrd=FILE");
        return false;
    }
    if (!load_raw(&t, s->kernel ? s->kernel : s->initrd, s->addr, &l, err)) {
        g_prefix_error(err, s->kernel ? "kernel=" : "initrd=");
        return false;
    }
    int e = add_node(s, l.end - l.start);
    if (e) {
        fail(err, "device tree: /chosen: %s", fdt_strerror(e));
        return false;
    }
    return boot_tree_changed(m, err);
}

static const struct property props[] = {
    PROP_NAMED("addr", struct guest_loader, addr, U64, 0, NULL, "where"),
    PROP_NAMED("kernel", struct guest_loader, kernel, STRING, 0, NULL, "a guest's kernel, as it is"),
    PROP_NAMED("initrd", struct guest_loader, initrd, STRING, 0, NULL, "its initrd"),
    PROP_NAMED("bootargs", struct guest_loader, bootargs, STRING, 0, NULL, "the kernel's arguments"),
    PROP_END,
};

/* What it places is memory's, and what it was told where the program was started. */
static const struct state_row fields[] = { FIELD_END };

static const struct state_table state = {
    STATE_OF(struct guest_loader),
    .version = 1,
    .rows = fields,
};

const struct device_type guest_loader_type = {
    .name = "guest-loader",
    .desc = "a kernel or initrd for a hypervisor's guest",
    .bus = &no_bus,
    .size = sizeof(struct guest_loader),
    .props = props,
    .state = &state,
    .realize = realize,
};
