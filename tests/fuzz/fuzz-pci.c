/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions on the PCI buses of riscv64-virt, as a guest and a user may treat them: an input says which there are and
 * where; then comes any configuration access, accesses to what BARs are mapped, devices that are plugged in and out while
 * the guest does what it likes to the slots, resets.
 */
#include <string.h>

#include "accel.h"
#include "bench.h"
#include "devices/ide.h"
#include "devices/pci/pci.h"
#include "devices/usb.h"
#include "loader.h"
#include "plug.h"

const char fuzz_name[] = "pci";
const unsigned fuzz_runs = 600;
const size_t fuzz_max_size = 2048;

#define ECAM UINT64_C(0x30000000)
#define IO_WINDOW UINT64_C(0x3000000)
#define MEMORY_WINDOW UINT64_C(0x40000000)
#define HIGH_WINDOW UINT64_C(0x400000000)
#define BUSES 4 /* that accesses are to: bridges may be told of others */

static struct machine *m;

void fuzz_init(void)
{
    bench_init();
    accel = accels[0];
}

/* -- The user -- */

/* A function, or what plugs into one. */
static bool is_ours(const struct device_type *t)
{
    return t->bus == &pci_bus_type || t->bus == &ide_bus_type || t->bus == &usb_bus_type;
}

static const struct device_type *any_type(struct fuzz *f)
{
    unsigned n = 0, want = fuzz_u8(f);

    for (unsigned i = 0; device_types[i]; i++)
        n += is_ours(device_types[i]);
    want %= n;
    for (unsigned i = 0;; i++)
        if (is_ours(device_types[i]) && want-- == 0)
            return device_types[i];
}

static struct device *any_device(struct fuzz *f)
{
    return g_ptr_array_index(m->devices, fuzz_u8(f) % m->devices->len);
}

static void set_ends(struct opts *o, const struct device_type *t)
{
    for (const struct property *p = t->props; p && p->name; p++) {
        if (!strcmp(p->name, "drive"))
            opts_set(o, p->name, BENCH_DRIVE);
        else if (!strcmp(p->name, "netdev"))
            opts_set(o, p->name, BENCH_NETDEV);
        else if (!strcmp(p->name, "chardev"))
            opts_set(o, p->name, BENCH_CHARDEV);
        else if (!strcmp(p->name, "serial"))
            opts_set(o, p->name, "s");
        else if (!strcmp(p->name, "chassis_nr"))
            opts_set(o, p->name, "1");
    }
}

static void plug(struct fuzz *f, bool hot)
{
    static unsigned ids;
    const struct device_type *t = any_type(f);
    const struct device *bus = any_device(f);
    uint8_t how = fuzz_u8(f);
    g_autofree char *id = g_strdup_printf("d%u", ids++);
    struct opts *o = opts_new();

    opts_set(o, "driver", t->name);
    opts_set(o, "id", id);
    set_ends(o, t);
    if (t->inner)
        set_ends(o, t->inner);
    if (bus->bus_name && (how & 1))
        opts_set(o, "bus", bus->bus_name);
    if (how & 2) {
        g_autofree char *addr = g_strdup_printf("%x.%u", how >> 2 & 3, how >> 4 & 3);
        opts_set(o, "addr", addr);
    }
    if (how & 64)
        opts_set(o, "multifunction", "on");
    (hot ? device_plug : device_add)(m, o, NULL);
    opts_free(o);
}

static void unplug(struct fuzz *f)
{
    const struct device *d = any_device(f);

    if (d->id && is_ours(d->type))
        device_unplug(m, d->id, NULL);
}

/* -- The guest -- */

/* Registers that matter more often than others. */
static unsigned any_register(struct fuzz *f)
{
    static const uint8_t known[] = { PCI_COMMAND, PCI_BASE_ADDRESS_0, 0x14, 0x18, 0x1c, 0x20, 0x24, PCI_ROM_ADDRESS,
                                     PCI_BRIDGE_ROM_ADDRESS, PCI_MEMORY_LIMIT, PCI_INTERRUPT_LINE, PCI_BRIDGE_CONTROL };
    uint8_t how = fuzz_u8(f);

    if (how < 128)
        return known[how % ARRAY_SIZE(known)];
    return how < 250 ? 4 * (how - 0x78u) % 0x100 : fuzz_u16(f) % PCIE_CONFIG_SPACE;
}

static uint32_t any_value(struct fuzz *f)
{
    uint8_t how = fuzz_u8(f);

    if (how < 64) /* within a window, for a BAR or a bridge */
        return MEMORY_WINDOW + how * 0x4000u;
    if (how < 96)
        return 0x40104010 + 0x100000 * (how - 64u);
    if (how < 112) /* bus numbers; a command */
        return (how & 3) << 16 | (how >> 2 & 3) << 8;
    return how < 128 ? how - 112u : fuzz_number(f);
}

static void config_access(struct fuzz *f)
{
    uint8_t where = fuzz_u8(f), how = fuzz_u8(f);
    unsigned size = 1u << how % 3, devfn = (where >> 2 & 7) << 3 | (where & 0x20 ? how >> 5 : 0);
    gpa at = ECAM + ((gpa)(where % BUSES) << 20) + (devfn << 12) + any_register(f) / size * size;
    uint64_t v;

    if (how & 8)
        bus_write(m->as, at, size, any_value(f));
    else
        bus_read(m->as, at, size, &v);
}

struct seek {
    unsigned skip;
    gpa base;
    uint64_t size; /* 0: not found yet */
};

static bool in_window(gpa base)
{
    return base >= HIGH_WINDOW || (base >= MEMORY_WINDOW && base < MEMORY_WINDOW + 0x40000000) ||
           (base >= IO_WINDOW && base < IO_WINDOW + 0x10000);
}

static void seek_bar(const struct mapping *map, void *opaque)
{
    struct seek *s = opaque;

    if (s->size || map->priority == 0 || !in_window(map->base) || s->skip-- > 0)
        return;
    s->base = map->base;
    s->size = map->size;
}

static void bar_access(struct fuzz *f)
{
    struct seek s = { .skip = fuzz_u8(f) % 8 };
    uint8_t how = fuzz_u8(f);
    unsigned size = 1u << (how & 3);
    uint64_t offset = how & 4 ? fuzz_u8(f) * 4u : fuzz_number(f), v;

    address_space_foreach(m->as, true, seek_bar, &s);
    if (s.size < size)
        return;
    gpa at = s.base + offset % s.size / size * size;
    if (how & 8)
        bus_write(m->as, at, size, fuzz_number(f));
    else
        bus_read(m->as, at, size, &v);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    struct machine_config c = { .bios = "none", .ram_size = 1 * MiB, .type = "virt" };

    c.props = opts_new();
    m = machine_new(&c, "riscv64", NULL);
    for (unsigned n = fuzz_u8(&f) % 6; n > 0; n--)
        plug(&f, false);
    machine_reset(m);
    for (unsigned steps = 0; f.left && steps < 400; steps++) {
        uint8_t op = fuzz_u8(&f);
        if (op < 150)
            config_access(&f);
        else if (op < 215)
            bar_access(&f);
        else if (op < 228)
            plug(&f, true);
        else if (op < 240)
            unplug(&f);
        else if (op < 246)
            bench_advance(fuzz_number(&f));
        else if (op < 250)
            device_reset_tree(any_device(&f));
        else
            fuzz_main_loop(4);
    }
    machine_free(m);
    fuzz_main_loop(10);
    opts_free(c.props);
}
