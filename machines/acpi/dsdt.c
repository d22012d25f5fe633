/* SPDX-License-Identifier: BSD-2-Clause */
/* DSDT: processors, the board's devices by their ACPI names, the power button. Names and order are QEMU's. */
#include <libfdt.h>
#include <stdio.h>

#include "aml.h"
#include "dt.h"
#include "machine.h"
#include "nodes.h"
#include "parts.h"

#define NAME_SIZE 16

/* _CRS of a memory window and, if there is one, an interrupt. */
static void resources(GByteArray *b, const struct acpi_node *n)
{
    unsigned begun;

    aml_name(b, "_CRS");
    begun = aml_begin_resources(b);
    aml_memory32(b, n->base, n->size);
    if (n->gsi)
        aml_interrupt(b, n->gsi);
    aml_end_resources(b, begun);
}

static void processors(struct acpi *a)
{
    for (unsigned n = 0; n < a->m->ncpus; n++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof(name), "C%03X", n);
        unsigned device = aml_begin_named(a->tables, AML_DEVICE, name);
        aml_name_string(a->tables, "_HID", "ACPI0007");
        aml_name_int(a->tables, "_UID", n);
        if (!acpi_is_arm(a)) {
            g_autoptr(GByteArray) rintc = g_byte_array_new();
            acpi_rintc(a, rintc, n);
            aml_name(a->tables, "_MAT");
            aml_buffer(a->tables, rintc->data, rintc->len);
        }
        aml_end(a->tables, device);
    }
}

/* -- Devices -- */

static void fw_cfg(struct acpi *a)
{
    struct acpi_node n;

    if (!acpi_node(a, "qemu,fw-cfg-mmio", &n))
        return;
    unsigned device = aml_begin_named(a->tables, AML_DEVICE, "FWCF");
    aml_name_string(a->tables, "_HID", "QEMU0002");
    aml_name_int(a->tables, "_STA", 0xb); /* present, enabled, works; not to be shown */
    aml_name_int(a->tables, "_CCA", 1);
    resources(a->tables, &n);
    aml_end(a->tables, device);
}

/* _DSD with one property: the clock that bit rates are made of. */
static void clock_property(GByteArray *b, uint64_t hz)
{
    unsigned outer, list, pair;

    aml_name(b, "_DSD");
    outer = aml_begin_package(b, 2, false);
    aml_uuid(b, "daffd814-6eba-4d8c-8a91-bc9bbf4aa301"); /* device properties follow */
    list = aml_begin_package(b, 1, false);
    pair = aml_begin_package(b, 2, false);
    aml_string(b, "clock-frequency");
    aml_int(b, hz);
    aml_end(b, pair);
    aml_end(b, list);
    aml_end(b, outer);
}

static void uarts(struct acpi *a, const char *compatible, const char *hid)
{
    g_autoptr(GArray) all = acpi_nodes(a, compatible);

    for (guint i = 0; i < all->len; i++) {
        const struct acpi_node *n = &g_array_index(all, struct acpi_node, i);
        uint64_t clock = dt_prop_num(a->m->fdt, n->node, "clock-frequency", 0);
        char name[NAME_SIZE];
        snprintf(name, sizeof(name), "COM%u", i);
        unsigned device = aml_begin_named(a->tables, AML_DEVICE, name);
        aml_name_string(a->tables, "_HID", hid);
        aml_name_int(a->tables, "_UID", i);
        resources(a->tables, n);
        if (clock)
            clock_property(a->tables, clock);
        aml_end(a->tables, device);
    }
}

static void virtio_slots(struct acpi *a)
{
    g_autoptr(GArray) all = acpi_nodes(a, "virtio,mmio");

    for (guint i = 0; i < all->len; i++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof(name), "VR%02u", i);
        unsigned device = aml_begin_named(a->tables, AML_DEVICE, name);
        aml_name_string(a->tables, "_HID", "LNRO0005");
        aml_name_int(a->tables, "_UID", i);
        aml_name_int(a->tables, "_CCA", 1);
        resources(a->tables, &g_array_index(all, struct acpi_node, i));
        aml_end(a->tables, device);
    }
}

/* RISC-V's external interrupts are devices, too: where the numbers of their sources begin is _GSB. */
static void interrupt_controller(struct acpi *a, const char *compatible, const char *hid)
{
    g_autoptr(GArray) all = acpi_nodes(a, compatible);

    for (guint i = 0; i < all->len; i++) {
        struct acpi_node n = g_array_index(all, struct acpi_node, i);
        if (fdt_getprop(a->m->fdt, n.node, "riscv,children", NULL)) /* the machine's domain is not the system's */
            continue;
        n.gsi = 0;
        unsigned device = aml_begin_named(a->tables, AML_DEVICE, "IC00");
        aml_name_string(a->tables, "_HID", hid);
        aml_name_int(a->tables, "_UID", 0);
        aml_name_int(a->tables, "_GSB", 0);
        resources(a->tables, &n);
        aml_end(a->tables, device);
    }
}

/* -- The power button, a key on a pin of a GPIO controller -- */

#define KEY_CONTROLLER "GPO0"

static void power_button(struct acpi *a)
{
    const void *fdt = a->m->fdt;
    int key = fdt_path_offset(fdt, "/gpio-keys/poweroff"), len = 0;
    const fdt32_t *gpios = key < 0 ? NULL : fdt_getprop(fdt, key, "gpios", &len);
    struct acpi_node n;
    unsigned device, list, method;
    char event[NAME_SIZE];

    if (!gpios || len < 8 || (n.node = fdt_node_offset_by_phandle(fdt, fdt32_ld(gpios))) < 0 ||
        !acpi_node_reg(a, n.node, 0, &n.base, &n.size))
        return;
    n.gsi = acpi_node_gsi(a, n.node, 0);
    device = aml_begin_named(a->tables, AML_DEVICE, KEY_CONTROLLER);
    aml_name_string(a->tables, "_HID", "ARMH0061");
    aml_name_int(a->tables, "_UID", 0);
    resources(a->tables, &n);
    aml_name(a->tables, "_AEI");
    list = aml_begin_resources(a->tables);
    aml_gpio_event(a->tables, KEY_CONTROLLER, fdt32_ld(&gpios[1]));
    aml_end_resources(a->tables, list);
    snprintf(event, sizeof(event), "_E%02X", fdt32_ld(&gpios[1]));
    method = aml_begin_method(a->tables, event, 0);
    aml_op(a->tables, AML_NOTIFY);
    aml_ref(a->tables, "PWRB");
    aml_int(a->tables, 0x80);
    aml_end(a->tables, method);
    aml_end(a->tables, device);

    device = aml_begin_named(a->tables, AML_DEVICE, "PWRB");
    aml_name_string(a->tables, "_HID", "PNP0C0C");
    aml_name_int(a->tables, "_UID", 0);
    aml_end(a->tables, device);
}

/* -- All of it -- */

static void arm_devices(struct acpi *a)
{
    uarts(a, "arm,pl011", "ARMH0011");
    fw_cfg(a);
    virtio_slots(a);
    acpi_pci_host(a, a->tables);
    power_button(a);
}

static void riscv_devices(struct acpi *a)
{
    fw_cfg(a);
    interrupt_controller(a, "riscv,plic0", "RSCV0001");
    interrupt_controller(a, "riscv,aplic", "RSCV0002");
    uarts(a, "ns16550a", "RSCV0003");
    virtio_slots(a);
    acpi_pci_host(a, a->tables);
}

void acpi_dsdt(struct acpi *a)
{
    unsigned scope;

    acpi_begin(a, "DSDT", 2);
    a->dsdt = a->start;
    scope = aml_begin_named(a->tables, AML_SCOPE, "\\_SB");
    processors(a);
    if (acpi_is_arm(a))
        arm_devices(a);
    else
        riscv_devices(a);
    aml_end(a->tables, scope);
    acpi_end(a, false); /* the FADT points to it */
}
