/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board arm64-virt: what is where, what is wired to what, limits, where kernel, initrd, tree and firmware go. That
 * the tree is QEMU's, but for what is not there, is tests/cli/arm-tree.t's affair.
 */
#include <libfdt.h>
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "cpu-arm/arm.h"
#include "dt.h"
#include "loader.h"
#include "machine.h"
#include "opts.h"
#include "plug.h"

static struct opts *props;

static void drop(void)
{
    if (the_machine)
        machine_free(the_machine);
    g_clear_pointer(&props, opts_free);
}

static struct machine *make(const char *arg, struct machine_config c, GError **err)
{
    drop();
    c.props = props = opts_parse(arg, "type", NULL);
    c.type = opts_take(c.props, "type");
    return machine_new(&c, "aarch64", err);
}

static struct machine *must_make(const char *arg, struct machine_config c)
{
    g_autoptr(GError) err = NULL;
    struct machine *m = make(arg, c, &err);

    g_assert_no_error(err);
    machine_reset(m);
    return m;
}

static void must_fail(const char *arg, struct machine_config c, const char *part)
{
    g_autoptr(GError) err = NULL;

    g_assert_null(make(arg, c, &err));
    if (!strstr(err->message, part))
        g_error("expected '%s' in: %s", part, err->message);
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

static uint64_t read_at(struct machine *m, gpa addr, unsigned size)
{
    uint64_t v = 0;

    g_assert_cmpint(bus_read(m->as, addr, size, &v), ==, BUS_OK);
    return v;
}

static void test_map(void)
{
    static const struct {
        gpa addr;
        const char *name;
    } map[] = { { 0x8000000, "gic_dist" }, { 0x8010000, "gic_cpu" }, { 0x9000000, "pl011" }, { 0x9010000, "pl031" },
                { 0x9020000, "fw_cfg" },   { 0x9030000, "pl061" },   { 0x40000000, "ram" },  { 0x47ffffff, "ram" } };
    struct machine *m = must_make("virt", (struct machine_config){ .cpus = 2, .cores = 2 });
    struct device *gic = find(m, "/intc@8000000");

    for (unsigned i = 0; i < ARRAY_SIZE(map); i++) {
        const struct mapping *at = address_space_find(m->as, map[i].addr);
        g_assert_nonnull(at);
        g_assert_cmpstr(at->region->name, ==, map[i].name);
    }
    g_assert_null(address_space_find(m->as, 0x9040000));
    g_assert_null(address_space_find(m->as, 0x48000000));
    for (unsigned n = 0; n < 32; n++) {
        g_assert_cmphex(read_at(m, 0xa000000 + 0x200 * n, 4), ==, 0x74726976);
        g_autofree char *id = g_strdup_printf("/virtio_mmio@%x", 0xa000000 + 0x200 * n);
        struct device *slot = find(m, id);
        g_assert_true(slot->irqs[0].opaque == gic && slot->irqs[0].n == 48 + n);
    }
    g_assert_true(find(m, "/pl011@9000000")->irqs[0].n == 33);
    g_assert_true(find(m, "/pl031@9010000")->irqs[0].n == 34);
    g_assert_true(find(m, "/pl061@9030000")->irqs[0].n == 39);
    const struct device *key = find(m, "/gpio-keys/poweroff"), *pins = find(m, "/pl061@9030000");
    g_assert_true((uintptr_t)key->irqs[0].opaque - (uintptr_t)pins < pins->type->size && key->irqs[0].n == 3);
    /* The GIC's lines are the CPUs', the CPUs' outputs its PPIs. */
    for (unsigned n = 0; n < 2; n++) {
        struct arm_cpu *a = arm_cpu(m->cpus[n]);
        static const struct {
            unsigned out, irq;
        } ppis[] = { { ARM_TIMER_SEC, 29 }, { ARM_TIMER_PHYS, 30 }, { ARM_TIMER_VIRT, 27 }, { ARM_TIMER_HYP, 26 },
                     { ARM_OUT_PMU, 23 } };
        for (unsigned k = 0; k < 4; k++)
            g_assert_true(gic->irqs[4 * n + k].opaque == a && gic->irqs[4 * n + k].n == k);
        for (unsigned k = 0; k < ARRAY_SIZE(ppis); k++)
            g_assert_true(a->out[ppis[k].out].opaque == gic && a->out[ppis[k].out].n == 32 * n + ppis[k].irq);
    }
}

static const char *region_at(struct machine *m, gpa addr)
{
    const struct mapping *at = address_space_find(m->as, addr);

    return at ? at->region->name : NULL;
}

/* secure=on: what is whose, and who answers PSCI. */
static void test_secure(void)
{
    static const struct {
        gpa addr;
        const char *secure, *other;
    } map[] = { { 0, "flash0", NULL },          { 0x4000000, "flash1", "flash1" }, { 0xe000000, "secure-ram", NULL },
                { 0x9040000, "pl011", NULL },   { 0x90b0000, "pl061", NULL },      { 0x9000000, "pl011", "pl011" },
                { 0x40000000, "ram", "ram" },   { 0x8000000, "gic_dist", "gic_dist" } };
    struct machine *m = must_make("virt,secure=on", (struct machine_config){ 0 });
    struct arm_cpu *a = arm_cpu(m->cpus[0]);

    for (unsigned i = 0; i < ARRAY_SIZE(map); i++) {
        g_assert_cmpstr(region_at(m, map[i].addr | BUS_SECURE), ==, map[i].secure);
        g_assert_cmpstr(region_at(m, map[i].addr), ==, map[i].other);
    }
    g_assert_cmphex(m->ram_base, ==, 0x40000000);
    g_assert_cmphex(read_at(m, 0x8000004, 4) & 0x400, ==, 0x400); /* GICD_TYPER.SecurityExtn */
    g_assert_cmpuint(a->el, ==, 3);
    g_assert_cmpuint(a->psci_conduit, ==, ARM_CONDUIT_NONE);
    g_assert_cmpint(fdt_path_offset(m->guest_fdt, "/psci"), <, 0);

    m = must_make("virt,secure=off", (struct machine_config){ 0 });
    g_assert_null(region_at(m, 0x40000000 | BUS_SECURE));
    g_assert_cmpstr(region_at(m, 0), ==, "flash0");
    g_assert_cmphex(read_at(m, 0x8000004, 4) & 0x400, ==, 0);
    g_assert_cmpint(fdt_path_offset(m->guest_fdt, "/psci"), >=, 0);
}

/* -device takes the slot of the highest address. */
static void test_slots(void)
{
    struct machine *m = must_make("virt", (struct machine_config){ 0 });
    struct opts *o = opts_parse("virtio-rng-device", "driver", NULL);
    struct device *d = device_add(m, o, NULL);

    opts_free(o);
    g_assert_cmpstr(d->parent->id, ==, "/virtio_mmio@a003e00");
    g_assert_cmpstr(d->parent->bus_name, ==, "virtio-mmio-bus.31");
}

static void test_limits(void)
{
    must_fail("virt", (struct machine_config){ .cpus = 9 }, "at most 8 CPUs");
    must_fail("virt,highmem=off", (struct machine_config){ .ram_size = 4 * GiB }, "at most 3 GiB");
    must_fail("virt,gic-version=9", (struct machine_config){ 0 }, "gic-version");
    struct machine *m = must_make("virt", (struct machine_config){ .cpus = 8, .ram_size = 5 * GiB });
    g_assert_cmpuint(m->ncpus, ==, 8);
    g_assert_cmphex(m->ram_size, ==, 5 * GiB);
    must_make("virt,highmem=off", (struct machine_config){ .ram_size = 3 * GiB });
}

/* 123 redistributors have room below the UART, the others lie high. */
/* Messages are interrupts 80 to 143; whatever else is written is none. */
static void test_messages(void)
{
    struct machine *m = must_make("virt", (struct machine_config){ 0 });
    struct device *gic = find(m, "/intc@8000000"), *frame = find(m, "/intc@8000000/v2m@8020000");
    const gpa pending = 0x8000208; /* of 64 to 95 */

    g_assert_true(frame->irqs[0].opaque == gic && frame->irqs[0].n == 80 && frame->irqs[63].n == 143);
    g_assert_cmphex(read_at(m, 0x8020008, 4), ==, 80 << 16 | 64);
    g_assert_cmphex(read_at(m, 0x8020fcc, 4), ==, 0x05100000);
    for (unsigned i = 64; i < 96; i++) /* edges */
        bus_write(m->as, 0x8000c00 + i / 16 * 4, 4, UINT32_MAX);
    g_assert_true(bus_msi(m->as, 0x8020040, 79, 0));
    g_assert_true(bus_msi(m->as, 0x8020040, 144, 0));
    g_assert_true(bus_msi(m->as, 0x8020008, 80, 0));
    g_assert_cmphex(read_at(m, pending, 4), ==, 0);
    g_assert_true(bus_msi(m->as, 0x8020040, 81, 0));
    g_assert_cmphex(read_at(m, pending, 4), ==, 1 << 17);
    m = must_make("virt,gic-version=3", (struct machine_config){ 0 });
    g_assert_null(find(m, "/intc@8000000/v2m@8020000"));
    g_assert_nonnull(find(m, "/intc@8000000/its@8080000"));
    m = must_make("virt,gic-version=3,its=off", (struct machine_config){ 0 });
    g_assert_null(find(m, "/intc@8000000/its@8080000"));
    g_assert_cmphex(read_at(m, 0x080a0008, 8) & 1, ==, 0);
}

static void test_gic3(void)
{
    struct machine *m = must_make("virt,gic-version=3", (struct machine_config){ .cpus = 125, .cores = 125 });
    struct device *gic = find(m, "/intc@8000000");

    g_assert_cmphex(read_at(m, 0x080a0008, 8), ==, 1);
    g_assert_cmphex(read_at(m, 0x080a0008 + 122 * 0x20000, 8), ==, UINT64_C(0x70a00007a11)); /* the last of the region */
    g_assert_cmphex(read_at(m, UINT64_C(0x4000000008), 8), ==, UINT64_C(0x70b00007b01));
    g_assert_cmphex(read_at(m, UINT64_C(0x4000020008), 8), ==, UINT64_C(0x70c00007c11));
    g_assert_cmphex(arm_cpu(m->cpus[124])->mpidr & 0xffff, ==, 0x70c);
    g_assert_true(arm_cpu(m->cpus[124])->gic.opaque != NULL && arm_cpu(m->cpus[124])->gic.n == 124);
    g_assert_true(arm_cpu(m->cpus[3])->out[ARM_TIMER_VIRT].opaque == gic);
    must_fail("virt,gic-version=3,highmem=off", (struct machine_config){ .cpus = 124 }, "at most 123 CPUs");
}

/* -- Loading -- */

static char *write_file(const void *data, size_t size)
{
    char *path = NULL;
    int fd = g_file_open_tmp("mynah-test-XXXXXX", &path, NULL);

    g_assert_cmpint(write(fd, data, size), ==, size);
    close(fd);
    return path;
}

/* What the CPUs start at leads to: x0 and the entry, by the six instructions that are there. */
static void expect_boot_code(struct machine *m, gpa tree, gpa entry)
{
    g_assert_cmphex(m->cpus[0]->pc, ==, 0x40000000);
    g_assert_cmphex(read_at(m, 0x40000000, 4), ==, 0x580000c0);
    g_assert_cmphex(read_at(m, 0x40000014, 4), ==, 0xd61f0080);
    g_assert_cmphex(read_at(m, 0x40000018, 8), ==, tree);
    g_assert_cmphex(read_at(m, 0x40000020, 8), ==, entry);
    g_assert_cmphex(GUINT32_FROM_BE((uint32_t)read_at(m, tree, 4)), ==, FDT_MAGIC);
}

static void test_image(void)
{
    static const struct {
        uint64_t text_offset, image_size;
        gpa at;
    } headers[] = { { 0, 0x300000, 0x40200000 }, { 0x80000, 0x300000, 0x40080000 }, { 0x1000, 0, 0x40080000 } };

    for (unsigned i = 0; i < ARRAY_SIZE(headers); i++) {
        uint8_t image[128] = { 0x4d, 0x5a };
        memcpy(image + 8, &headers[i].text_offset, 8);
        memcpy(image + 16, &headers[i].image_size, 8);
        memcpy(image + 56, "ARM\x64", 4);
        g_autofree char *kernel = write_file(image, sizeof(image)), *initrd = write_file("initrd", 6);
        struct machine *m = must_make("virt", (struct machine_config){ .kernel = kernel, .initrd = initrd, .append = "x=y" });
        expect_boot_code(m, 0x44200000, headers[i].at);
        g_assert_cmphex(read_at(m, headers[i].at, 2), ==, 0x5a4d);
        g_assert_cmphex(read_at(m, 0x44000000, 4), ==, 0x74696e69);
        const struct rom *dtb = rom_find("fdt");
        int chosen = fdt_path_offset(dtb->data, "/chosen");
        g_assert_cmpstr(fdt_getprop(dtb->data, chosen, "bootargs", NULL), ==, "x=y");
        g_assert_cmphex(dt_prop_num(dtb->data, chosen, "linux,initrd-start", 0), ==, 0x44000000);
        g_assert_cmphex(dt_prop_num(dtb->data, chosen, "linux,initrd-end", 0), ==, 0x44000006);
        g_assert_cmphex(dt_prop_num(dtb->data, chosen, "kaslr-seed", 0), !=, 0);
        unlink(kernel);
        unlink(initrd);
    }
}

/* One that says it needs more memory than there is. */
static void test_image_too_big(void)
{
    uint8_t image[128] = { 0 };
    const uint64_t sizes[] = { 0x20000000, UINT64_MAX }, offset = UINT64_MAX;

    memcpy(image + 56, "ARM\x64", 4);
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        memcpy(image + 16, &sizes[i], 8);
        g_autofree char *kernel = write_file(image, sizeof(image));
        must_fail("virt", (struct machine_config){ .kernel = kernel }, "end of memory");
        unlink(kernel);
    }
    memcpy(image + 8, &offset, 8);
    g_autofree char *kernel = write_file(image, sizeof(image));
    must_fail("virt", (struct machine_config){ .kernel = kernel }, "its header says");
    unlink(kernel);
}

/* Without a header; and what is known to be for something else. */
static void test_raw(void)
{
    static const uint8_t code[] = { 0x1f, 0x20, 0x03, 0xd5 };
    g_autofree char *kernel = write_file(code, sizeof(code)), *riscv = NULL;
    uint8_t image[128] = { 0 };

    expect_boot_code(must_make("virt", (struct machine_config){ .kernel = kernel }), 0x44000000, 0x40080000);
    unlink(kernel);
    memcpy(image + 48, "RISCV\0\0\0RSC\x05", 12);
    riscv = write_file(image, sizeof(image));
    must_fail("virt", (struct machine_config){ .kernel = riscv }, "expected ELF, Intel HEX, S-records, UF2, an ARM64 Linux Image");
    unlink(riscv);
}

static void test_uimage(void)
{
    uint8_t image[64 + 4] = { 0x27, 0x05, 0x19, 0x56 };
    const uint32_t size = GUINT32_TO_BE(4), load = GUINT32_TO_BE(0x40100000), entry = GUINT32_TO_BE(0x40100004);

    memcpy(image + 12, &size, 4);
    memcpy(image + 16, &load, 4);
    memcpy(image + 20, &entry, 4);
    image[29] = 22;
    image[30] = 2;
    memcpy(image + 64, "code", 4);
    g_autofree char *kernel = write_file(image, sizeof(image));
    struct machine *m = must_make("virt", (struct machine_config){ .kernel = kernel });
    expect_boot_code(m, 0x44000000, 0x40100004);
    g_assert_cmphex(read_at(m, 0x40100000, 4), ==, 0x65646f63);
    unlink(kernel);
    static const struct {
        unsigned at;
        uint8_t v;
        const char *part;
    } wrong[] = { { 29, 2, "another architecture" }, { 30, 5, "of type 5" }, { 31, 3, "compression 3" },
                  { 12, 1, "truncated" }, { 31, 1, "gzip" } };
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        uint8_t bad[sizeof(image)];
        memcpy(bad, image, sizeof(image));
        bad[wrong[i].at] = wrong[i].v;
        g_autofree char *path = write_file(bad, sizeof(bad));
        must_fail("virt", (struct machine_config){ .kernel = path }, wrong[i].part);
        unlink(path);
    }
}

static void test_firmware(void)
{
    g_autofree char *bios = write_file("firmware", 8), *kernel = write_file("kernel", 6);
    struct machine *m = must_make("virt", (struct machine_config){ .bios = bios, .kernel = kernel });

    g_assert_cmphex(m->cpus[0]->pc, ==, 0);
    g_assert_cmphex(read_at(m, 0, 4), ==, 0x6d726966);
    g_assert_cmphex(GUINT32_FROM_BE((uint32_t)read_at(m, 0x40000000, 4)), ==, FDT_MAGIC);
    bus_write(m->as, 0x9020008, 2, GUINT16_TO_BE(0x11)); /* the kernel is fw_cfg's */
    g_assert_cmphex(read_at(m, 0x9020000, 1), ==, 'k');
    unlink(bios);
    unlink(kernel);
}

static void test_psci(void)
{
    struct machine *m = must_make("virt", (struct machine_config){ .cpus = 3 });

    for (unsigned n = 0; n < 3; n++) {
        g_assert_cmpint(arm_cpu(m->cpus[n])->psci_conduit, ==, ARM_CONDUIT_HVC);
        g_assert_cmpint(m->cpus[n]->powered_off, ==, n > 0);
    }
    m = must_make("virt,virtualization=on", (struct machine_config){ 0 });
    g_assert_cmpint(arm_cpu(m->cpus[0])->psci_conduit, ==, ARM_CONDUIT_SMC);
    g_assert_true(arm_has(arm_cpu(m->cpus[0]), ARMF_el2));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    accel = accels[0];
    g_test_add_func("/arm-virt/map", test_map);
    g_test_add_func("/arm-virt/secure", test_secure);
    g_test_add_func("/arm-virt/slots", test_slots);
    g_test_add_func("/arm-virt/limits", test_limits);
    g_test_add_func("/arm-virt/messages", test_messages);
    g_test_add_func("/arm-virt/gic3", test_gic3);
    g_test_add_func("/arm-virt/image", test_image);
    g_test_add_func("/arm-virt/image-too-big", test_image_too_big);
    g_test_add_func("/arm-virt/raw", test_raw);
    g_test_add_func("/arm-virt/uimage", test_uimage);
    g_test_add_func("/arm-virt/firmware", test_firmware);
    g_test_add_func("/arm-virt/psci", test_psci);
    int status = g_test_run();
    drop();
    return status;
}
