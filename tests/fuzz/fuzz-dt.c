/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines from hostile device trees (-M dtb=FILE), and hostile trees for the guest of a board (-dtb). An input is a tree
 * in binary, or (first byte odd) a recipe: steps that open and close nodes and write properties of known names.
 */
#include <libfdt.h>
#include <string.h>

#include "accel.h"
#include "dt.h"
#include "fuzz.h"
#include "loader.h"
#include "machine.h"
#include "wrap.h"

const char fuzz_name[] = "dt";
const unsigned fuzz_runs = 1200;
const size_t fuzz_max_size = 4096;

void fuzz_init(void)
{
    accel = accels[0];
    icount.on = true; /* nothing depends on the host's clock or randomness */
}

/* -- Recipes -- */

static const char *const node_names[] = {
    "cpus", "cpu@0", "cpu@1", "memory@80000000", "soc", "chosen", "aliases", "interrupt-controller", "plic@c000000",
    "clint@2000000", "uart@10000000", "flash@20000000", "virtio@10001000", "rtc@101000", "fw-cfg@10100000", "x",
    "mtimer@2004000", "mswi@2000000", "sswi@2f00000", "test@100000",
};
static const char *const prop_names[] = {
    "compatible", "reg", "ranges", "#address-cells", "#size-cells", "interrupts", "interrupts-extended",
    "interrupt-parent", "#interrupt-cells", "interrupt-controller", "phandle", "device_type", "status", "riscv,isa",
    "riscv,isa-base", "riscv,isa-extensions", "mmu-type", "timebase-frequency", "riscv,ndev", "stdout-path", "serial0",
    "serial1", "bank-width", "reg-shift", "clock-frequency", "riscv,cboz-block-size", "bootargs", "linux,initrd-end",
};
static const char *const strings[] = {
    "okay", "disabled", "cpu", "memory", "riscv", "riscv,cpu-intc", "ns16550a", "sifive,plic-1.0.0", "riscv,plic0",
    "sifive,clint0", "riscv,clint0", "riscv,aclint-mtimer", "riscv,aclint-mswi", "riscv,aclint-sswi", "cfi-flash",
    "qemu,fw-cfg-mmio", "google,goldfish-rtc", "sifive,test0", "sifive,test1", "virtio,mmio", "simple-bus", "syscon",
    "rv64imafdc_zicsr_zba", "rv32ima", "rv64i", "riscv,sv39", "riscv,none", "/soc/uart@10000000", "serial0:115200", "i",
    "/", "",
};

static void put_value(void *fdt, const char *name, struct fuzz *f)
{
    uint8_t how = fuzz_u8(f);
    fdt32_t cells[32];

    if (how < 100) {
        fdt_property_string(fdt, name, strings[how % ARRAY_SIZE(strings)]);
    } else if (how < 112) { /* any bytes, not even ended */
        size_t len = fuzz_u8(f) % 40;
        const uint8_t *p = fuzz_bytes(f, &len);
        fdt_property(fdt, name, p, len);
    } else {
        unsigned n = how % 16;
        for (unsigned i = 0; i < n; i++)
            cells[i] = cpu_to_fdt32(fuzz_number(f));
        fdt_property(fdt, name, cells, 4 * n);
    }
}

static size_t cook(struct fuzz *f, void *fdt, size_t room)
{
    unsigned depth = 1;

    fdt_create(fdt, room);
    fdt_finish_reservemap(fdt);
    fdt_begin_node(fdt, "");
    for (unsigned steps = 0; f->left && steps < 400; steps++) {
        uint8_t op = fuzz_u8(f);
        if (op < 64) {
            fdt_begin_node(fdt, node_names[op % ARRAY_SIZE(node_names)]);
            depth++;
        } else if (op < 100 && depth > 1) {
            fdt_end_node(fdt);
            depth--;
        } else {
            put_value(fdt, prop_names[op % ARRAY_SIZE(prop_names)], f);
        }
    }
    while (depth--)
        fdt_end_node(fdt);
    return fdt_finish(fdt) ? 0 : fdt_totalsize(fdt);
}

/* -- Machines -- */

/* Look at all the registers once: what a node calls its size is what the device gets. */
static void touch(const struct mapping *m, void *opaque)
{
    struct machine *machine = opaque;
    uint64_t v;

    if (m->region->kind != REGION_IO)
        return;
    bus_read(machine->as, m->base, 4, &v);
    bus_read(machine->as, m->base + (m->size - 1) / 4 * 4, 4, &v);
    bus_write(machine->as, m->base + (m->size - 1) / 8 * 8, 8, v);
}

static void try_machine(const char *path, uint8_t how)
{
    struct machine_config c = { .type = how & 2 ? "riscv64-virt" : NULL, .bios = "none" };
    g_autoptr(GError) err = NULL;

    c.props = opts_new();
    opts_set(c.props, "dtb", path);
    if (how & 4)
        c.ram_size = 64 * MiB;
    if (how & 8)
        c.cpus = how & 16 ? 2 : 1;
    struct machine *m = machine_new(&c, NULL, &err);
    g_assert((m != NULL) == !err);
    if (m) {
        machine_reset(m);
        address_space_foreach(m->as, true, touch, m);
        machine_free(m);
    }
    opts_free(c.props);
    g_assert(!roms && !ram_blocks && timers_deadline() == INT64_MAX);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    uint8_t how = fuzz_u8(&f);
    static uint8_t fdt[64 * KiB];

    if (how & 1) {
        size_t len = cook(&f, fdt, sizeof(fdt));
        if (len)
            try_machine(fuzz_file(0, fdt, len), how);
    } else {
        try_machine(fuzz_file(0, f.p, f.left), how);
    }
}
