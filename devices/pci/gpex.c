/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generic PCI host: configuration space by ECAM, windows and interrupts as its device tree node says. Bindings:
 * "pci-host-ecam-generic" (host-generic-pci.yaml), Open Firmware's "PCI Bus Binding". "PCI Express Base Specification"
 * 4.0, section 7.2.2. Device 0 of its bus is a function that says "host bridge", as QEMU's has.
 */
#include <inttypes.h>
#include <libfdt.h>

#include "dt.h"
#include "pci.h"

#define ECAM_BUS_SHIFT 20
#define ECAM_DEVFN_SHIFT 12

struct gpex {
    struct device dev;
    struct pci_host host;
    uint32_t first_bus, nbuses;
};

/* -- Configuration space; accesses hold no lock but the function's own -- */

static struct pci_function *answers(struct gpex *s, uint64_t offset)
{
    return pci_find(&s->host, s->first_bus, s->first_bus + (offset >> ECAM_BUS_SHIFT), offset >> ECAM_DEVFN_SHIFT);
}

static uint64_t ecam_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pci_function *f = answers(opaque, offset);

    return f ? pci_config_read(f, offset % PCIE_CONFIG_SPACE, size) : UINT64_MAX;
}

static void ecam_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pci_function *f = answers(opaque, offset);

    if (f)
        pci_config_write(f, offset % PCIE_CONFIG_SPACE, value, size);
}

static const struct io_ops ecam_ops = { .read = ecam_read, .write = ecam_write, .min_size = 1, .max_size = 4 };

/* -- What its node says -- */

/* An entry of ranges: a bus address of three cells, the CPUs' of two or one, a size of two. */
static bool take_range(struct gpex *s, const fdt32_t *p, unsigned parent_cells, GError **err)
{
    static const enum pci_space spaces[] = { [1] = PCI_SPACE_IO, [2] = PCI_SPACE_MEMORY, [3] = PCI_SPACE_MEMORY_64 };
    unsigned kind = fdt32_ld(p) >> 24 & 3;
    uint64_t pci = (uint64_t)fdt32_ld(p + 1) << 32 | fdt32_ld(p + 2), cpu = 0, size;

    p += 3;
    for (unsigned i = 0; i < parent_cells; i++)
        cpu = cpu << 32 | fdt32_ld(p++);
    size = (uint64_t)fdt32_ld(p) << 32 | fdt32_ld(p + 1);
    if (kind == 0 || size == 0 || cpu + (size - 1) < cpu || pci + (size - 1) < pci) {
        fail(err, "device tree: %s: ranges: expected windows of I/O or memory", s->dev.id);
        return false;
    }
    struct pci_window *w = &s->host.window[spaces[kind]];
    if (w->size == 0)
        *w = (struct pci_window){ .size = size, .cpu = cpu, .pci = pci };
    return true;
}

static bool from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct gpex *s = (struct gpex *)d;
    unsigned parent_cells = dt_prop_num(fdt, fdt_parent_offset(fdt, node), "#address-cells", 2);
    unsigned row = 5 + parent_cells;
    int bytes;
    const fdt32_t *p = fdt_getprop(fdt, node, "ranges", &bytes), *buses;

    if (parent_cells < 1 || parent_cells > 2 || !p || bytes % (4 * row)) {
        fail(err, "device tree: %s: ranges: expected entries of %u cells", d->id, row);
        return false;
    }
    for (unsigned n = bytes / (4 * row); n--; p += row)
        if (!take_range(s, p, parent_cells, err))
            return false;
    s->nbuses = 256;
    if ((buses = fdt_getprop(fdt, node, "bus-range", &bytes)) && bytes == 8) {
        uint32_t first = fdt32_ld(buses), last = fdt32_ld(buses + 1);
        if (first > last || last > 255) {
            fail(err, "device tree: %s: bus-range: expected two numbers from 0 to 255", d->id);
            return false;
        }
        s->first_bus = first;
        s->nbuses = last - first + 1;
    }
    return true;
}

/* -- The device -- */

static void describe(struct device *d, GString *out)
{
    struct gpex *s = (struct gpex *)d;

    pci_describe(&s->host, s->first_bus, out);
}

static bool realize(struct device *d, GError **err)
{
    struct gpex *s = (struct gpex *)d;

    if (s->nbuses == 0)
        s->nbuses = 256;
    device_add_io(d, "pcie-mmcfg-mmio", &ecam_ops, (uint64_t)s->nbuses << ECAM_BUS_SHIFT)->lock = NULL;
    pci_host_init(&s->host, d, s->first_bus);
    return true;
}

static void unrealize(struct device *d)
{
    pci_host_fini(&((struct gpex *)d)->host);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    return pci_host_loaded(&((struct gpex *)obj)->host, err);
}

static const struct state_row fields[] = {
    FIELD_STRUCT(struct gpex, host, &pci_host_table),
    FIELD_SAME(struct gpex, first_bus),
    FIELD_SAME(struct gpex, nbuses),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct gpex),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

const struct device_type gpex_type = {
    .name = "gpex-pcihost",
    .desc = "generic PCI Express host",
    .compatible = (const char *const[]){ "pci-host-ecam-generic", NULL },
    .provides_bus = &pci_bus_type,
    .bus_offset = offsetof(struct gpex, host.root),
    .inner = &gpex_root_type,
    .size = sizeof(struct gpex),
    .state = &state,
    .from_dt = from_dt,
    .realize = realize,
    .unrealize = unrealize,
    .describe = describe,
};

/* -- Its function -- */

struct gpex_root {
    struct device dev;
    struct pci_function pci;
};

static bool root_realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1b36, .device = 0x0008, .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100, .class_code = 0x060000 };

    return pci_init(&((struct gpex_root *)d)->pci, d, &id, NULL, err);
}

static void root_unrealize(struct device *d)
{
    pci_fini(&((struct gpex_root *)d)->pci);
}

static void root_reset(struct device *d)
{
    pci_reset(&((struct gpex_root *)d)->pci);
}

static bool root_loaded(void *obj, unsigned version, GError **err)
{
    return pci_loaded(&((struct gpex_root *)obj)->pci, err);
}

static const struct state_row root_fields[] = { PCI_FIELDS(struct gpex_root, pci), FIELD_END };

static const struct state_table root_state = {
    STATE_OF(struct gpex_root),
    .version = 1,
    .rows = root_fields,
    .loaded = root_loaded,
};

static const struct property root_props[] = { PCI_PROPS(struct gpex_root, pci), PROP_END };

const struct device_type gpex_root_type = {
    .name = "gpex-root",
    .desc = "the function at device 0 of a generic PCI host",
    .size = sizeof(struct gpex_root),
    .props = root_props,
    .state = &root_state,
    .realize = root_realize,
    .reset = root_reset,
    .unrealize = root_unrealize,
};
