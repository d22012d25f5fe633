/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From trees to machines: the virt board's tree, boards from outside, options that edit trees, and trees
 * that are damaged.
 */
#include <libfdt.h>
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "cpu-riscv/riscv.h"
#include "dt.h"
#include "loader.h"
#include "machine.h"
#include "opts.h"
#include "plug.h"
#include "runstate.h"
#include "tests/dts.h"

static const char tiny[] =
    "/dts-v1/;"
    "/ { #address-cells = <1>; #size-cells = <1>; interrupt-parent = <&plic>;"
    " chosen { stdout-path = \"uart1:115200n8\"; };"
    " aliases { uart1 = \"/bus/uart@20000\"; };"
    " cpus { #address-cells = <1>; #size-cells = <0>; timebase-frequency = <32768>;"
    "  cpu@5 { device_type = \"cpu\"; reg = <5>;"
    "   compatible = \"acme,c1\", \"riscv\"; riscv,isa = \"rv32imac_zba_xacme\";"
    "   i0: interrupt-controller { compatible = \"riscv,cpu-intc\"; interrupt-controller; #interrupt-cells = <1>; }; };"
    "  cpu@1 { device_type = \"cpu\"; reg = <1>;"
    "   compatible = \"riscv\"; riscv,isa = \"rv32imac\"; status = \"disabled\";"
    "  }; };"
    " memory@40000000 { device_type = \"memory\"; reg = <0x40000000 0x100000 0x60000000 0x8000>; };"
    " bus { compatible = \"simple-bus\"; #address-cells = <1>; #size-cells = <1>;"
    "  ranges = <0 0x10000000 0x100000 0x400000 0x20000000 0x1000>;"
    "  uart@20000 { compatible = \"acme,uart\", \"ns16550a\"; reg = <0x20000 0x1000>; reg-shift = <2>;"
    "   clock-frequency = <1000000>; interrupts = <7>; };"
    "  mystery@30000 { compatible = \"acme,mystery\"; reg = <0x30000 0x800 0x400000 0x100>; };"
    "  far@f000000 { compatible = \"acme,far\"; reg = <0xf000000 0x1000>; };"
    "  off@50000 { compatible = \"ns16550a\"; reg = <0x50000 0x1000>; status = \"disabled\"; };"
    "  plic: plic@80000 { compatible = \"riscv,plic0\"; reg = <0x80000 0x80000>; riscv,ndev = <31>;"
    "   interrupt-controller; #interrupt-cells = <1>; interrupts-extended = <&i0 11 &i0 0xffffffff>; }; };"
    " clint@2000000 { compatible = \"riscv,clint0\"; reg = <0x2000000 0x10000>; interrupts-extended = <&i0 3 &i0 7>; };"
    "};";

static struct opts *props; /* of the machine that there is */

/* Free the machine and what it was made from. */
static void drop(void)
{
    if (the_machine)
        machine_free(the_machine);
    g_clear_pointer(&props, opts_free);
}

/* A machine as the command line "-M TYPE" (or "-M dtb=" with the source in place of TYPE) makes it. */
static struct machine *make(const char *type, const char *source, struct machine_config c, GError **err)
{
    g_autofree char *path = source ? dts_file(source) : NULL;
    g_autofree char *arg = source ? g_strdup_printf("dtb=%s", path) : g_strdup(type);
    struct machine *m;

    drop();
    c.props = props = opts_parse(arg, "type", NULL);
    c.type = opts_take(c.props, "type");
    if (!c.bios)
        c.bios = "none";
    m = machine_new(&c, "riscv64", err);
    if (path)
        unlink(path);
    return m;
}

static struct machine *must_make(const char *type, const char *source, struct machine_config c)
{
    g_autoptr(GError) err = NULL;
    struct machine *m = make(type, source, c, &err);

    g_assert_no_error(err);
    machine_reset(m);
    return m;
}

static void must_fail(const char *type, const char *source, struct machine_config c, const char *part)
{
    g_autoptr(GError) err = NULL;

    g_assert_null(make(type, source, c, &err));
    if (!strstr(err->message, part))
        g_error("expected '%s' in: %s", part, err->message);
    g_assert_null(strchr(err->message, '\n'));
}

static struct device *find(struct machine *m, const char *id)
{
    for (guint i = 0; i < m->devices->len; i++) {
        struct device *d = g_ptr_array_index(m->devices, i);
        if (!g_strcmp0(d->id, id))
            return d;
    }
    return NULL;
}

/* -device */
static struct device *add(struct machine *m, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "driver", NULL);
    struct device *d = device_add(m, o, err);

    opts_free(o);
    return d;
}

static const char *at(struct machine *m, gpa addr)
{
    const struct mapping *map = address_space_find(m->as, addr);

    return map ? map->region->name : "nothing";
}

/* -- A board from outside -- */

static void test_tiny(void)
{
    struct machine *m = must_make(NULL, tiny, (struct machine_config){ 0 });
    struct riscv_cpu *r = riscv_cpu(m->cpus[0]);
    struct device *uart = find(m, "/bus/uart@20000"), *plic = find(m, "/bus/plic@80000");

    g_assert_cmpuint(m->ncpus, ==, 1);
    g_assert_cmpuint(r->config.xlen, ==, 32);
    g_assert_cmpuint(r->hartid, ==, 5);
    g_assert_true(r->config.has[RVF_m] && r->config.has[RVF_a] && r->config.has[RVF_c] && r->config.has[RVF_zba]);
    g_assert_false(r->config.has[RVF_f] || r->config.has[RVF_s]);
    g_assert_cmpuint(r->time_hz, ==, 32768);
    g_assert_cmphex(m->ram_base, ==, 0x40000000);
    g_assert_cmpuint(m->ram_size, ==, 0x100000);
    g_assert_cmpstr(at(m, 0x40000000), ==, "ram");
    g_assert_cmpstr(at(m, 0x60007fff), ==, "ram.1");
    g_assert_cmpstr(at(m, 0x60008000), ==, "nothing");
    g_assert_cmpstr(at(m, 0x10020000), ==, "serial");
    g_assert_cmpuint(uart->regions[0].size, ==, 32);
    g_assert_cmpstr(at(m, 0x100307ff), ==, "/bus/mystery@30000");
    g_assert_cmpstr(at(m, 0x10030800), ==, "nothing");
    g_assert_cmpstr(at(m, 0x20000000), ==, "/bus/mystery@30000");
    g_assert_null(find(m, "/bus/far@f000000"));
    g_assert_null(find(m, "/bus/off@50000"));
    g_assert_cmpuint(plic->regions[0].size, ==, 0x80000); /* no more than its reg */

    /* The UART's interrupt arrives at the PLIC, the PLIC's at the hart. */
    g_assert_true(uart->nirqs == 1 && uart->irqs[0].opaque == plic && uart->irqs[0].n == 7);
    g_assert_true(plic->nirqs == 2 && plic->irqs[0].opaque == r && plic->irqs[0].n == IRQ_MEI);
    g_assert_true(plic->irqs[1].set == NULL);
    bus_write(m->as, 0x10080000 + 4 * 7, 4, 1);
    bus_write(m->as, 0x10080000 + 0x2000, 4, 1 << 7);
    bus_write(m->as, 0x10020000 + (1 << 2), 4, 2); /* THRE */
    g_assert_cmphex(riscv_mip(r) & 1 << IRQ_MEI, ==, 1 << IRQ_MEI);
}

static void test_tiny_options(void)
{
    struct machine *m = must_make(NULL, tiny, (struct machine_config){ .ram_size = 3 * MiB, .cpus = 1 });

    g_assert_cmpuint(m->ram_size, ==, 3 * MiB);
    m = must_make(NULL, tiny, (struct machine_config){ .cpu = "rv64" });
    g_assert_cmpuint(riscv_cpu(m->cpus[0])->config.xlen, ==, 64);
    must_fail(NULL, tiny, (struct machine_config){ .cpus = 2 }, "has 1 CPUs");
    must_fail(NULL, tiny, (struct machine_config){ .kernel = "/nowhere" }, "/nowhere");
}

/* -- Lines that several outputs drive -- */

static const char shared[] =
    "/dts-v1/;"
    "/ { #address-cells = <1>; #size-cells = <1>; interrupt-parent = <&p0>;"
    " cpus { #address-cells = <1>; #size-cells = <0>; timebase-frequency = <10000000>;"
    "  cpu@0 { device_type = \"cpu\"; reg = <0>; compatible = \"riscv\"; riscv,isa = \"rv64ima\";"
    "   i0: interrupt-controller { compatible = \"riscv,cpu-intc\"; interrupt-controller;"
    "    #interrupt-cells = <1>; }; }; };"
    " memory@80000000 { device_type = \"memory\"; reg = <0x80000000 0x100000>; };"
    " p0: plic@c000000 { compatible = \"riscv,plic0\"; reg = <0xc000000 0x400000>; riscv,ndev = <31>;"
    "  interrupt-controller; #interrupt-cells = <1>; interrupts-extended = <&i0 11>; };"
    " p1: plic@d000000 { compatible = \"riscv,plic0\"; reg = <0xd000000 0x400000>; riscv,ndev = <31>;"
    "  interrupt-controller; #interrupt-cells = <1>; interrupts-extended = <&i0 11>; };"
    " rtc@1000000 { compatible = \"google,goldfish-rtc\"; reg = <0x1000000 0x1000>; interrupts = <5>; };"
    " rtc@1001000 { compatible = \"google,goldfish-rtc\"; reg = <0x1001000 0x1000>; interrupts = <5>; };"
    " rtc@1002000 { compatible = \"google,goldfish-rtc\"; reg = <0x1002000 0x1000>;"
    "  interrupts-extended = <&p1 5>; };"
    " a0: aplic@e000000 { compatible = \"riscv,aplic\"; reg = <0xe000000 0x8000>; riscv,num-sources = <31>;"
    "  interrupt-controller; #interrupt-cells = <2>; interrupts-extended = <&i0 13>; };"
    " rtc@1005000 { compatible = \"google,goldfish-rtc\"; reg = <0x1005000 0x1000>; interrupts-extended = <&a0 5 4>; };"
    " rtc@1006000 { compatible = \"google,goldfish-rtc\"; reg = <0x1006000 0x1000>; interrupts-extended = <&a0 5 4>; };"
    " rtc@1003000 { compatible = \"google,goldfish-rtc\"; reg = <0x1003000 0x1000>; interrupts-extended = <&i0 12>; };"
    " rtc@1004000 { compatible = \"google,goldfish-rtc\"; reg = <0x1004000 0x1000>; interrupts-extended = <&i0 12>; };"
    "};";

static void rtc_irq(struct machine *m, unsigned n, bool on)
{
    gpa base = 0x1000000 + 0x1000 * n;

    if (on) {
        bus_write(m->as, base + 8, 4, 0); /* an alarm that is due */
        bus_write(m->as, base + 16, 4, 1);
    } else {
        bus_write(m->as, base + 28, 4, 0);
    }
}

static uint32_t read32(struct machine *m, gpa addr)
{
    uint64_t v = 0;

    g_assert_cmpint(bus_read(m->as, addr, 4, &v), ==, BUS_OK);
    return v;
}

static void enable_source(struct machine *m, gpa plic)
{
    bus_write(m->as, plic + 4 * 5, 4, 1);
    bus_write(m->as, plic + 0x2000, 4, 1 << 5);
}

/* Keys are devices by their place in the tree, and their lines are gpios. */
/* The line is an input of the device: it leads into its struct. */
static bool is_of(const struct irq *line, const struct device *d)
{
    return (uintptr_t)line->opaque - (uintptr_t)d < d->type->size;
}

static void test_gpio_keys(void)
{
    static const char keys[] =
        "/dts-v1/;"
        "/ { #address-cells = <1>; #size-cells = <1>; interrupt-parent = <&plic>;"
        " cpus { #address-cells = <1>; #size-cells = <0>; timebase-frequency = <10000000>;"
        "  cpu@0 { device_type = \"cpu\"; reg = <0>; compatible = \"riscv\"; riscv,isa = \"rv64ima\";"
        "   i0: interrupt-controller { compatible = \"riscv,cpu-intc\"; interrupt-controller;"
        "    #interrupt-cells = <1>; }; }; };"
        " memory@80000000 { device_type = \"memory\"; reg = <0x80000000 0x100000>; };"
        " plic: plic@c000000 { compatible = \"riscv,plic0\"; reg = <0xc000000 0x400000>; riscv,ndev = <31>;"
        "  interrupt-controller; #interrupt-cells = <1>; interrupts-extended = <&i0 11>; };"
        " gpio: gpio@1000000 { compatible = \"arm,pl061\"; reg = <0x1000000 0x1000>; interrupts = <7>;"
        "  gpio-controller; #gpio-cells = <2>; };"
        " gpio-keys { compatible = \"gpio-keys\";"
        "  up { label = \"up\"; linux,code = <103>; gpios = <&gpio 1 1>; };"
        "  poweroff { label = \"poweroff\"; linux,code = <116>; gpios = <&gpio 3 0>; }; };"
        "};";
    struct machine *m = must_make(NULL, keys, (struct machine_config){ 0 });
    struct device *gpio = find(m, "/gpio@1000000"), *power = find(m, "/gpio-keys/poweroff");

    g_assert_true(power->nirqs == 1 && is_of(&power->irqs[0], gpio) && power->irqs[0].n == 3);
    g_assert_nonnull(find(m, "/gpio-keys/up"));
    request_powerdown();
    life_settle();
    g_assert_cmphex(read32(m, 0x1000000 + 0x3fc), ==, 1 << 3 | 1 << 1); /* the other one is at rest */
    drop();
}

static void test_shared_lines(void)
{
    struct machine *m = must_make(NULL, shared, (struct machine_config){ 0 });
    struct riscv_cpu *r = riscv_cpu(m->cpus[0]);
    const gpa claim0 = 0xc200004, claim1 = 0xd200004;

    /* Two devices, one source: a request while either asks. */
    enable_source(m, 0xc000000);
    rtc_irq(m, 0, true);
    rtc_irq(m, 1, true);
    g_assert_cmpuint(read32(m, claim0), ==, 5);
    rtc_irq(m, 0, false);
    bus_write(m->as, claim0, 4, 5);
    g_assert_cmphex(riscv_mip(r), ==, 1 << IRQ_MEI);
    g_assert_cmpuint(read32(m, claim0), ==, 5);
    rtc_irq(m, 1, false);
    bus_write(m->as, claim0, 4, 5);
    g_assert_cmphex(riscv_mip(r), ==, 0);

    /* Two controllers, one line of a hart. */
    enable_source(m, 0xd000000);
    rtc_irq(m, 0, true);
    rtc_irq(m, 2, true);
    g_assert_cmpuint(read32(m, claim1), ==, 5);
    g_assert_cmphex(riscv_mip(r), ==, 1 << IRQ_MEI);
    g_assert_cmpuint(read32(m, claim0), ==, 5);
    g_assert_cmphex(riscv_mip(r), ==, 0);

    /* Two devices at a hart. */
    rtc_irq(m, 3, true);
    rtc_irq(m, 4, true);
    rtc_irq(m, 3, false);
    g_assert_cmphex(riscv_mip(r), ==, 1 << 12);

    /* At an APLIC: level-sensitive, target hart 0, priority 1, direct delivery. */
    bus_write(m->as, 0xe000000 + 4 * 5, 4, 6);
    bus_write(m->as, 0xe003000 + 4 * 5, 4, 1);
    bus_write(m->as, 0xe001edc, 4, 5);
    bus_write(m->as, 0xe004000, 4, 1);
    bus_write(m->as, 0xe000000, 4, 0x100);
    rtc_irq(m, 4, false);
    rtc_irq(m, 5, true);
    rtc_irq(m, 6, true);
    g_assert_cmphex(read32(m, 0xe00401c), ==, 5 << 16 | 1);
    rtc_irq(m, 5, false);
    g_assert_cmphex(riscv_mip(r), ==, 1 << 13);
    rtc_irq(m, 6, false);
    g_assert_cmphex(riscv_mip(r), ==, 0);
    rtc_irq(m, 6, true);

    /* A reset lets go of everything, whichever of them comes first; nothing is left pending. */
    bus_write(m->as, claim0, 4, 5);
    bus_write(m->as, claim1, 4, 5);
    machine_reset(m);
    g_assert_cmphex(riscv_mip(r), ==, 0);
    g_assert_cmphex(read32(m, 0xc001000), ==, 0);
    g_assert_cmphex(read32(m, 0xd001000), ==, 0);
    rtc_irq(m, 4, true);
    g_assert_cmphex(riscv_mip(r), ==, 1 << 12);
    rtc_irq(m, 4, false);
    g_assert_cmphex(riscv_mip(r), ==, 0);

    /* One device's reset takes its own level away only. */
    rtc_irq(m, 3, true);
    rtc_irq(m, 4, true);
    device_reset(find(m, "/rtc@1003000"));
    g_assert_cmphex(riscv_mip(r), ==, 1 << 12);
    device_reset(find(m, "/rtc@1004000"));
    g_assert_cmphex(riscv_mip(r), ==, 0);
    rtc_irq(m, 0, true);
    rtc_irq(m, 3, true);
    drop(); /* with lines high */
}

/* -- The virt board -- */

static void check_map(struct machine *m)
{
    static const struct {
        gpa addr;
        const char *name;
    } map[] = {
        { 0x1000, "mrom" },        { 0xffff, "mrom" },      { 0x100000, "test" },        { 0x101000, "goldfish_rtc" },
        { 0xc5fffff, "plic" },     { 0xc600000, "nothing" }, { 0x10000000, "serial" },   { 0x10001000, "virtio-mmio" },
        { 0x10008000, "virtio-mmio" }, { 0x10100000, "fw_cfg" }, { 0x20000000, "flash0" }, { 0x23ffffff, "flash1" },
        { 0x80000000, "ram" },     { 0x87ffffff, "ram" },   { 0x88000000, "nothing" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(map); i++)
        g_assert_cmpstr(at(m, map[i].addr), ==, map[i].name);
}

static void test_virt(void)
{
    struct machine *m = must_make("virt", NULL, (struct machine_config){ .cpus = 2 });
    struct device *first = find(m, "/soc/virtio_mmio@10001000"), *last = find(m, "/soc/virtio_mmio@10008000");
    uint32_t word;

    check_map(m);
    g_assert_cmpstr(at(m, 0x2000000), ==, "clint");
    g_assert_cmpstr(first->bus_name, ==, "virtio-mmio-bus.0");
    g_assert_cmpstr(last->bus_name, ==, "virtio-mmio-bus.7");
    g_assert_cmpuint(first->irqs[0].n, ==, 1);
    g_assert_cmpuint(last->irqs[0].n, ==, 8);
    g_assert_cmphex(m->cpus[1]->pc, ==, 0x1000);
    g_assert_true(dma_read(m->as, 0x1000, &word, 4));
    g_assert_cmphex(word, ==, 0x00000297);
    g_assert_cmphex(rom_find("fdt")->addr, ==, 0x87e00000);
    g_assert_true(dt_check(rom_find("fdt")->data, rom_find("fdt")->size, "fdt", NULL));
    /* The seed is new at every reset. */
    g_autofree void *before = g_memdup2(rom_find("fdt")->data, rom_find("fdt")->size);
    machine_reset(m);
    g_assert_cmpint(memcmp(before, rom_find("fdt")->data, rom_find("fdt")->size), !=, 0);
}

static void test_virt_tree(void)
{
    struct machine *m = must_make("virt,aclint=on", NULL, (struct machine_config){ .cpus = 3, .ram_size = 1 * GiB });
    const void *fdt = rom_find("fdt")->data;
    const fdt32_t *p;
    int len;

    g_assert_cmpint(fdt_path_offset(fdt, "/soc/clint@2000000"), <, 0);
    g_assert_cmpstr(at(m, 0x2f00000), ==, "sswi");
    p = fdt_getprop(fdt, fdt_path_offset(fdt, "/soc/mtimer@2004000"), "interrupts-extended", &len);
    g_assert_cmpint(len, ==, 3 * 8);
    g_assert_cmpuint(fdt32_to_cpu(p[5]), ==, 7);
    g_assert_cmpint(fdt_node_offset_by_phandle(fdt, fdt32_to_cpu(p[4])), ==,
                    fdt_path_offset(fdt, "/cpus/cpu@2/interrupt-controller"));
    p = fdt_getprop(fdt, fdt_path_offset(fdt, "/cpus/cpu-map/cluster0/core1"), "cpu", &len);
    g_assert_cmpint(fdt_node_offset_by_phandle(fdt, fdt32_to_cpu(*p)), ==, fdt_path_offset(fdt, "/cpus/cpu@1"));
    p = fdt_getprop(fdt, fdt_path_offset(fdt, "/memory@80000000"), "reg", &len);
    g_assert_cmphex(fdt32_to_cpu(p[3]), ==, 0x40000000);
    g_assert_nonnull(fdt_stringlist_get(fdt, fdt_path_offset(fdt, "/cpus/cpu@0"), "riscv,isa-extensions", 3, NULL));
    g_assert_cmpstr(fdt_getprop(fdt, fdt_path_offset(fdt, "/cpus/cpu@0"), "mmu-type", NULL), ==, "riscv,sv57");
}

/* From a device's line through both APLIC domains and an interrupt file to the hart. */
static void test_virt_imsic(void)
{
    struct machine *m = must_make("virt,aia=aplic-imsic", NULL, (struct machine_config){ .cpus = 2 });
    struct device *uart = find(m, "/soc/serial@10000000"), *root = find(m, "/soc/interrupt-controller@c000000");
    struct riscv_cpu *r = riscv_cpu(m->cpus[1]);
    const uint64_t mti = 1 << IRQ_MTI; /* since reset */
    gpa aplic_m = 0xc000000, aplic_s = 0xd000000;
    uint64_t v;

    g_assert_true(r->config.has[RVF_smaia] && r->config.has[RVF_ssaia]);
    g_assert_true(r->mfile.ops && r->sfile.ops && r->mfile.opaque != r->sfile.opaque && r->sfile.n == 1);
    g_assert_true(uart->irqs[0].opaque == root && uart->irqs[0].n == 10);
    g_assert_cmpint(bus_write(m->as, aplic_m + 0x1bcc, 4, 0), ==, BUS_OK);       /* smsiaddrcfgh */
    g_assert_cmpint(bus_write(m->as, aplic_m + 0x1bc8, 4, 0x28000), ==, BUS_OK); /* smsiaddrcfg */
    g_assert_cmpint(bus_write(m->as, aplic_m + 0x1bc4, 4, 1 << 12), ==, BUS_OK); /* mmsiaddrcfgh: LHXW */
    g_assert_cmpint(bus_write(m->as, aplic_m + 4 * 10, 4, 1 << 10), ==, BUS_OK); /* delegated */
    g_assert_cmpint(bus_write(m->as, aplic_s, 4, 0x100), ==, BUS_OK);
    g_assert_cmpint(bus_write(m->as, aplic_s + 4 * 10, 4, 6), ==, BUS_OK); /* level, high */
    g_assert_cmpint(bus_write(m->as, aplic_s + 0x3000 + 4 * 10, 4, 1 << 18 | 77), ==, BUS_OK);
    g_assert_cmpint(bus_write(m->as, aplic_s + 0x1edc, 4, 10), ==, BUS_OK); /* setienum */
    r->sfile.ops->write(r->sfile.opaque, r->sfile.n, 0x70, 64, 1, UINT64_MAX);
    r->sfile.ops->write(r->sfile.opaque, r->sfile.n, 0xc2, 64, 1 << 13, UINT64_MAX);
    g_assert_cmphex(riscv_mip(r), ==, mti);
    irq_set(&uart->irqs[0], true);
    g_assert_cmphex(riscv_mip(r), ==, mti | 1 << IRQ_SEI);
    g_assert_cmpint(riscv_csr_rw(r, 0x15c, &v, 0, UINT64_MAX, true), ==, CSR_OK); /* stopei */
    g_assert_cmphex(v, ==, 77 << 16 | 77);
    g_assert_cmphex(riscv_mip(r), ==, mti);
    /* Machine level: hart 1's page. */
    r->mfile.ops->write(r->mfile.opaque, r->mfile.n, 0x70, 64, 1, UINT64_MAX);
    r->mfile.ops->write(r->mfile.opaque, r->mfile.n, 0xc0, 64, 2, UINT64_MAX);
    g_assert_true(bus_msi(m->as, 0x24001000, 1, 0));
    g_assert_cmphex(riscv_mip(r), ==, mti | 1 << IRQ_MEI);
    irq_set(&uart->irqs[0], false);
    machine_reset(m);
    g_assert_cmphex(riscv_mip(r), ==, mti);
}

static void test_virt_errors(void)
{
    g_autofree char *text = temp_file("hello", 5);

    must_fail("virt", NULL, (struct machine_config){ .cpus = 513 }, "at most 512");
    must_fail("vird", NULL, (struct machine_config){ 0 }, "did you mean 'virt'");
    must_fail("virt,aia=plic", NULL, (struct machine_config){ 0 }, "aia");
    must_fail("virt,acint=on", NULL, (struct machine_config){ 0 }, "acint");
    must_fail("virt,pflash0=gone", NULL, (struct machine_config){ 0 }, "gone");
    must_fail("virt", NULL, (struct machine_config){ .append = "x" }, "-append");
    must_fail("virt", NULL, (struct machine_config){ .bios = "/nowhere/fw" }, "/nowhere/fw");
    must_fail("virt", NULL, (struct machine_config){ .dtb = text }, "no valid device tree");
    must_fail("riscv32-virt", NULL, (struct machine_config){ .ram_size = 4 * GiB }, "at most 2048 MiB");
    unlink(text);
}

/* Where a kernel, its initrd and the tree go. */
static void test_placement(void)
{
    g_autofree uint8_t *zeros = g_malloc0(3 * MiB);
    g_autofree char *kernel = temp_file(zeros, 5000), *initrd = temp_file(zeros, 3 * MiB), *fw = temp_file(zeros, 9000);
    struct machine_config c = { .bios = fw, .kernel = kernel, .initrd = initrd, .append = "quiet" };
    struct machine *m = must_make("virt", NULL, c);
    uint64_t info[3];
    int chosen, len;

    g_assert_cmphex(m->entry, ==, 0x80000000);
    g_assert_cmphex(rom_find(kernel)->addr, ==, 0x80200000);
    g_assert_cmphex(rom_find(initrd)->addr, ==, 0x84200000);
    chosen = fdt_path_offset(m->guest_fdt, "/chosen");
    g_assert_cmpstr(fdt_getprop(m->guest_fdt, chosen, "bootargs", NULL), ==, "quiet");
    g_assert_cmphex(fdt64_ld(fdt_getprop(m->guest_fdt, chosen, "linux,initrd-end", &len)), ==, 0x84500000);
    dma_read(m->as, 0x1028, info, sizeof(info));
    g_assert_cmphex(info[0], ==, 0x4942534f);
    g_assert_cmphex(info[2], ==, 0x80200000);

    m = must_make("riscv32-virt", NULL, c);
    g_assert_cmphex(rom_find(kernel)->addr, ==, 0x80400000);
    c.ram_size = 2 * GiB;
    m = must_make("riscv32-virt", NULL, c);
    g_assert_cmphex(rom_find(initrd)->addr, ==, 0xa0400000);
    g_assert_cmphex(rom_find("fdt")->addr, ==, 0xbfe00000);

    c.bios = "none"; /* bare: the kernel is where the machine starts */
    m = must_make("virt", NULL, c);
    g_assert_cmphex(rom_find(kernel)->addr, ==, 0x80000000);
    c.ram_size = 6 * MiB; /* the initrd ends where the memory does */
    must_fail("virt", NULL, c, "overlaps");
    c.ram_size = 2 * MiB;
    must_fail("virt", NULL, c, "does not fit in memory");
    unlink(kernel);
    unlink(initrd);
    unlink(fw);
}

/* -device finds the buses that the tree made, the highest address first. */
static void test_device_add(void)
{
    struct machine *m = must_make("virt", NULL, (struct machine_config){ 0 });
    g_autoptr(GError) err = NULL;

    struct device *a = add(m, "virtio-rng-device,id=r", &err);
    g_assert_no_error(err);
    struct device *b = add(m, "virtio-rng-device,bus=virtio-mmio-bus.0", &err);
    g_assert_no_error(err);
    g_assert_cmpstr(a->parent->id, ==, "/soc/virtio_mmio@10008000");
    g_assert_cmpstr(b->parent->id, ==, "/soc/virtio_mmio@10001000");

    static const char *const bad[][2] = {
        { "virtio-rng-device,id=r", "Duplicate device ID 'r'" },
        { "virtio-rng-device,bus=virtio-mmio-bus.0", "is full" },
        { "virtio-rng-device,bus=pci.0", "Bus 'pci.0' not found" },
        { "virtio-rng-devise", "did you mean 'virtio-rng-device'" },
        { "ns16550", "part of a board" },
        { "virtio-rng-device,max-byte=1", "did you mean 'max-bytes'" },
        { "virtio-rng-device,max-bytes=many", "expected" },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        g_autoptr(GError) e = NULL;
        g_assert_null(add(m, bad[i][0], &e));
        if (!strstr(e->message, bad[i][1]))
            g_error("expected '%s' in: %s", bad[i][1], e->message);
    }
    for (unsigned i = 0; i < 6; i++)
        g_assert_nonnull(add(m, "virtio-rng-device", NULL));
    g_assert_null(add(m, "virtio-rng-device", &err));
    g_assert_nonnull(strstr(err->message, "in use"));
}

/* -- Reading trees -- */

static void test_reg(void)
{
    g_autofree void *fdt = dts_compile(
        "/dts-v1/; / { #address-cells = <2>; #size-cells = <2>;"
        " a { #address-cells = <1>; #size-cells = <1>; ranges = <0x1000 0x1 0x0 0x1000>;"
        "  b { #address-cells = <1>; #size-cells = <1>; ranges; d@1f00 { reg = <0x1f00 0x100 0x1f00 0x101>; }; };"
        "  c { #address-cells = <1>; #size-cells = <0>; e@1 { reg = <1>; }; };"
        "  f@1010 { reg = <0x1010 0x10 0x1020>; }; };"
        " g@0 { reg = <0xffffffff 0xffffffff 0x0 0x2>; }; };", NULL);
    gpa addr;
    uint64_t size;

    g_assert_true(dt_reg(fdt, fdt_path_offset(fdt, "/a/b/d@1f00"), 0, &addr, &size));
    g_assert_cmphex(addr, ==, 0x100000f00);
    g_assert_cmphex(size, ==, 0x100);
    g_assert_false(dt_reg(fdt, fdt_path_offset(fdt, "/a/b/d@1f00"), 1, &addr, &size)); /* beyond the range */
    g_assert_false(dt_reg(fdt, fdt_path_offset(fdt, "/a/b/d@1f00"), 2, &addr, &size));
    g_assert_false(dt_reg(fdt, fdt_path_offset(fdt, "/a/c/e@1"), 0, &addr, &size)); /* no ranges */
    g_assert_true(dt_reg(fdt, fdt_path_offset(fdt, "/a/f@1010"), 0, &addr, &size));
    g_assert_false(dt_reg(fdt, fdt_path_offset(fdt, "/a/f@1010"), 1, &addr, &size)); /* half an entry */
    g_assert_false(dt_reg(fdt, fdt_path_offset(fdt, "/g@0"), 0, &addr, &size));      /* wraps */
}

/* A PLIC whose context is wired to input 1 of another, or its own. */
#define PLIC_TO(label, at, to)                                                                                         \
    label ": plic@" at " { compatible = \"riscv,plic0\"; reg = <0x" at " 0x400000>; riscv,ndev = <4>;"                  \
          " interrupt-controller; #interrupt-cells = <1>; interrupts-extended = <&" to " 1>; };"

static void test_broken_trees(void)
{
    static const char cpu[] = "cpus { #address-cells = <1>; #size-cells = <0>; timebase-frequency = <%s>;"
                              " cpu@0 { device_type = \"cpu\"; reg = <0>; compatible = \"%s\";"
                              " riscv,isa = \"%s\"; }; };";
    g_autofree char *good = g_strdup_printf(cpu, "1000", "riscv", "rv64imac");
    const struct {
        char *cpus;
        const char *rest, *message;
    } cases[] = {
        { g_strdup(""), "", "no /cpus" },
        { g_strdup("cpus { };"), "", "no enabled CPU" },
        { g_strdup_printf(cpu, "1000", "acme,z80", "z80"), "", "no CPU we know" },
        { g_strdup_printf(cpu, "1000", "riscv", "z80"), "", "riscv,isa" },
        { g_strdup_printf(cpu, "0", "riscv", "rv64imac"), "", "timebase-frequency" },
        { g_strdup(good), "", "has no memory" },
        { g_strdup(good), "plic@0 { compatible = \"riscv,plic0\"; reg = <0 0x1000>; riscv,ndev = <0>; };", "ndev" },
        { g_strdup(good), "plic@0 { compatible = \"riscv,plic0\"; reg = <0 0x1000>; riscv,ndev = <2000>; };", "ndev" },
        { g_strdup(good), "uart@0 { compatible = \"ns16550\"; reg = <0 0x100>; reg-shift = <9>; };", "reg-shift" },
        { g_strdup(good), "uart@0 { compatible = \"ns16550\"; reg = <0 0x100>; interrupts = <1>; };", "interrupts" },
        { g_strdup(good), "uart@0 { compatible = \"ns16550\"; interrupts-extended = <77 1>; };", "interrupts" },
        { g_strdup(good), PLIC_TO("a", "1000000", "a"), "come back" },
        { g_strdup(good), PLIC_TO("a", "1000000", "b") PLIC_TO("b", "2000000", "a"), "come back" },
        { g_strdup(good), "f@0 { compatible = \"cfi-flash\"; reg = <0 0x1000>; };", "power of two" },
        { g_strdup(good), "f@0 { compatible = \"cfi-flash\"; reg = <0 0x100000>; bank-width = <3>; };", "bank-width" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *source = g_strdup_printf("/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; %s %s };",
                                                  cases[i].cpus, cases[i].rest);
        must_fail(NULL, source, (struct machine_config){ 0 }, cases[i].message);
        g_free(cases[i].cpus);
    }
}

/* Damaged trees: refused or walked, never more. */
static void test_damaged_trees(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    size_t size;
    g_autofree uint8_t *blob = dts_compile(tiny, &size);

    for (unsigned i = 0; i < 300; i++) {
        g_autofree uint8_t *bad = g_memdup2(blob, size);
        g_autofree char *path = NULL, *arg = NULL;
        struct machine_config c = { .bios = "none", .ram_size = 1 * MiB };
        for (int n = g_rand_int_range(rand, 1, 5); n--;)
            bad[g_rand_int_range(rand, 0, size)] = g_rand_int(rand) & (g_rand_boolean(rand) ? 0xff : 0x03);
        path = temp_file(bad, g_rand_int_range(rand, 0, 8) ? size : (size_t)g_rand_int_range(rand, 1, size));
        arg = g_strdup_printf("dtb=%s", path);
        drop();
        c.props = props = opts_parse(arg, "type", NULL);
        struct machine *m = machine_new(&c, NULL, NULL);
        if (m)
            machine_reset(m);
        unlink(path);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    accel = accels[0];
    g_test_add_func("/dt-walk/reg", test_reg);
    g_test_add_func("/dt-walk/tiny", test_tiny);
    g_test_add_func("/dt-walk/tiny-options", test_tiny_options);
    g_test_add_func("/dt-walk/shared-lines", test_shared_lines);
    g_test_add_func("/dt-walk/gpio-keys", test_gpio_keys);
    g_test_add_func("/dt-walk/virt", test_virt);
    g_test_add_func("/dt-walk/virt-tree", test_virt_tree);
    g_test_add_func("/dt-walk/virt-imsic", test_virt_imsic);
    g_test_add_func("/dt-walk/virt-errors", test_virt_errors);
    g_test_add_func("/dt-walk/placement", test_placement);
    g_test_add_func("/dt-walk/device-add", test_device_add);
    g_test_add_func("/dt-walk/broken-trees", test_broken_trees);
    g_test_add_func("/dt-walk/damaged-trees", test_damaged_trees);
    int status = g_test_run();
    drop();
    return status;
}
