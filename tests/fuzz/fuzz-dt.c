/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines from hostile device trees (-M dtb=FILE), and hostile trees for the guest of a board (-dtb). An input is a
 * tree in binary, or (first byte odd) a recipe: steps that open and close nodes and write properties of known names.
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

/* The same for ARM's trees. */
static const char *const arm_node_names[] = {
    "cpus", "cpu@0", "cpu@1", "cpu@100", "memory@40000000", "soc", "chosen", "aliases", "intc@8000000", "timer", "psci",
    "pl011@9000000", "pl011@9040000", "pl031@9010000", "pl061@9030000", "gpio-keys", "poweroff", "flash@0",
    "virtio_mmio@a000000", "fw-cfg@9020000", "apb-pclk", "pmu", "x",
};
static const char *const arm_prop_names[] = {
    "compatible", "reg", "ranges", "#address-cells", "#size-cells", "interrupts", "interrupts-extended",
    "interrupt-parent", "#interrupt-cells", "interrupt-controller", "phandle", "device_type", "status", "enable-method",
    "method", "cpu_on", "clock-frequency", "#redistributor-regions", "redistributor-stride", "stdout-path", "serial0",
    "gpios", "linux,code", "#gpio-cells", "gpio-controller", "clocks", "clock-names", "bank-width", "bootargs",
    "linux,initrd-end", "cpu-release-addr", "always-on",
};
static const char *const arm_strings[] = {
    "okay", "disabled", "cpu", "memory", "arm,cortex-a57", "arm,cortex-a53", "arm,cortex-a15", "arm,cortex-a7",
    "arm,arm926ej-s", "arm,cortex-a15-gic", "arm,gic-400", "arm,gic-v3", "arm,pl011", "arm,pl031", "arm,pl061",
    "arm,primecell", "gpio-keys", "gpio-leds", "cfi-flash", "qemu,fw-cfg-mmio", "virtio,mmio", "simple-bus", "psci",
    "hvc", "smc", "arm,armv8-timer", "arm,armv7-timer", "arm,psci-1.0", "arm,psci-0.2", "arm,psci", "fixed-clock", "apb_pclk",
    "/pl011@9000000", "serial0:115200", "/", "",
};

/* The words of an architecture's trees. */
static const struct words {
    const char *const *nodes, *const *props, *const *strings;
    unsigned nnodes, nprops, nstrings;
} all_words[] = {
    { node_names, prop_names, strings, ARRAY_SIZE(node_names), ARRAY_SIZE(prop_names), ARRAY_SIZE(strings) },
    { arm_node_names, arm_prop_names, arm_strings, ARRAY_SIZE(arm_node_names), ARRAY_SIZE(arm_prop_names),
      ARRAY_SIZE(arm_strings) },
};

static void put_value(void *fdt, const char *name, const struct words *w, struct fuzz *f)
{
    uint8_t how = fuzz_u8(f);
    fdt32_t cells[32];

    if (how < 100) {
        fdt_property_string(fdt, name, w->strings[how % w->nstrings]);
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

static size_t cook(struct fuzz *f, const struct words *w, void *fdt, size_t room)
{
    unsigned depth = 1;

    fdt_create(fdt, room);
    fdt_finish_reservemap(fdt);
    fdt_begin_node(fdt, "");
    for (unsigned steps = 0; f->left && steps < 400; steps++) {
        uint8_t op = fuzz_u8(f);
        if (op < 64) {
            fdt_begin_node(fdt, w->nodes[op % w->nnodes]);
            depth++;
        } else if (op < 100 && depth > 1) {
            fdt_end_node(fdt);
            depth--;
        } else {
            put_value(fdt, w->props[op % w->nprops], w, f);
        }
    }
    while (depth--)
        fdt_end_node(fdt);
    return fdt_finish(fdt) ? 0 : fdt_totalsize(fdt);
}

/* -- Machines -- */

/* Of the first byte: an ARM tree and board, a 32-bit board. */
enum { HOW_ARM = 32, HOW_32 = 64 };

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
    static const char *const boards[4] = { "riscv64-virt", "arm64-virt", "riscv32-virt", "arm-virt" };
    const char *board = boards[(how & HOW_ARM ? 1 : 0) | (how & HOW_32 ? 2 : 0)];
    struct machine_config c = { .type = how & 2 ? board : NULL, .bios = "none" };
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
        size_t len = cook(&f, &all_words[how & HOW_ARM ? 1 : 0], fdt, sizeof(fdt));
        if (len)
            try_machine(fuzz_file(0, fdt, len), how);
    } else {
        try_machine(fuzz_file(0, f.p, f.left), how);
    }
}
