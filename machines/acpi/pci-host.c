/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI host: its device in the DSDT, with windows, interrupts by links, and what it lets the system do; MCFG.
 * Manuals: "PCI Firmware Specification" 3.3 (_OSC, _DSM, MCFG); "ACPI Specification" 6.5, section 6.2.13 (_PRT).
 */
#include <libfdt.h>
#include <stdio.h>

#include "aml.h"
#include "dt.h"
#include "machine.h"
#include "nodes.h"
#include "parts.h"

#define HOST "pci-host-ecam-generic"
#define PINS 4
#define SLOTS 32

/* -- Interrupts: the tree's map gives each pin of device 0 its line, which move on by one from device to device -- */

/* The line of a pin (0 to 3) of device 0, as ACPI counts interrupts; 0: there is none. */
static unsigned line(const struct acpi *a, int host, unsigned pin)
{
    int len = 0;
    const fdt32_t *map = fdt_getprop(a->m->fdt, host, "interrupt-map", &len);
    int cells = len / 4 / (PINS * PINS);

    if (!map || cells < 6)
        return 0;
    map += cells * pin + 5; /* behind address, pin and controller */
    if (!acpi_is_arm(a))
        return fdt32_ld(map);
    return fdt32_ld(&map[cells - 5 - 2]) + 32; /* kind, number and trigger are the last */
}

static void link_name(char name[5], unsigned pin)
{
    snprintf(name, 5, "L%03u", pin % PINS);
}

static void links(const struct acpi *a, GByteArray *b, int host)
{
    static const char *const lists[] = { "_PRS", "_CRS" };

    for (unsigned pin = 0; pin < PINS; pin++) {
        char name[5];
        link_name(name, pin);
        unsigned device = aml_begin_named(b, AML_DEVICE, name);
        aml_name_string(b, "_HID", "PNP0C0F");
        aml_name_int(b, "_UID", pin);
        for (unsigned i = 0; i < ARRAY_SIZE(lists); i++) {
            aml_name(b, lists[i]);
            unsigned list = aml_begin_resources(b);
            aml_interrupt(b, line(a, host, pin));
            aml_end_resources(b, list);
        }
        aml_end(b, aml_begin_method(b, "_SRS", 1)); /* there is no other */
        aml_end(b, device);
    }
}

static void routing(GByteArray *b)
{
    unsigned table;

    aml_name(b, "_PRT");
    table = aml_begin_package(b, SLOTS * PINS, true);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        for (unsigned pin = 0; pin < PINS; pin++) {
            char name[5];
            link_name(name, slot + pin);
            unsigned row = aml_begin_package(b, 4, false);
            aml_int(b, slot << 16 | 0xffff); /* all functions */
            aml_int(b, pin);
            aml_ref(b, name);
            aml_int(b, 0);
            aml_end(b, row);
        }
    }
    aml_end(b, table);
}

/* -- Windows -- */

enum { SPACE_IO = 1, SPACE_MEMORY = 2, SPACE_MEMORY64 = 3 }; /* of the tree's ranges */

struct window {
    uint64_t pci, cpu, size;
};

/* The tree's window of this kind; size 0: there is none. */
static struct window window(const struct acpi *a, int host, unsigned space)
{
    int len = 0;
    const fdt32_t *p = fdt_getprop(a->m->fdt, host, "ranges", &len);

    for (; p && len >= 28; p += 7, len -= 28) {
        if ((fdt32_ld(p) >> 24 & 3) == space)
            return (struct window){
                .pci = (uint64_t)fdt32_ld(&p[1]) << 32 | fdt32_ld(&p[2]),
                .cpu = (uint64_t)fdt32_ld(&p[3]) << 32 | fdt32_ld(&p[4]),
                .size = (uint64_t)fdt32_ld(&p[5]) << 32 | fdt32_ld(&p[6]),
            };
    }
    return (struct window){ 0 };
}

static void bus_range(const struct acpi *a, int host, unsigned *first, unsigned *last)
{
    int len = 0;
    const fdt32_t *p = fdt_getprop(a->m->fdt, host, "bus-range", &len);

    *first = len >= 8 ? fdt32_ld(p) : 0;
    *last = len >= 8 ? fdt32_ld(&p[1]) : 255;
}

static void windows(const struct acpi *a, GByteArray *b, int host)
{
    struct window memory = window(a, host, SPACE_MEMORY), io = window(a, host, SPACE_IO);
    struct window big = window(a, host, SPACE_MEMORY64);
    unsigned list, first, last;

    bus_range(a, host, &first, &last);
    aml_name(b, "_CRS");
    list = aml_begin_resources(b);
    aml_bus_window(b, first, last);
    if (memory.size)
        aml_memory_window(b, memory.pci, memory.size);
    if (io.size)
        aml_io_window(b, io.pci, io.size, io.cpu);
    if (big.size)
        aml_memory_window64(b, big.pci, big.size);
    aml_end_resources(b, list);
}

/* -- What the system may do -- */

static void name_field(GByteArray *b, unsigned offset, const char *name)
{
    aml_op(b, AML_CREATE_DWORD_FIELD);
    aml_op(b, AML_ARG3);
    aml_int(b, offset);
    aml_ref(b, name);
}

static void store(GByteArray *b, const char *from, const char *to)
{
    aml_op(b, AML_STORE);
    aml_ref(b, from);
    aml_ref(b, to);
}

/* NAME = NAME op v */
static void change(GByteArray *b, enum aml_op op, const char *name, unsigned v)
{
    aml_op(b, op);
    aml_ref(b, name);
    aml_int(b, v);
    aml_ref(b, name);
}

static unsigned begin_if_uuid(GByteArray *b, const char *uuid)
{
    unsigned begun = aml_begin(b, AML_IF);

    aml_op(b, AML_EQUAL);
    aml_op(b, AML_ARG0);
    aml_uuid(b, uuid);
    return begun;
}

static void return_byte(GByteArray *b, uint8_t v)
{
    aml_op(b, AML_RETURN);
    aml_buffer(b, &v, 1);
}

enum { OSC_UNKNOWN_UUID = 4, OSC_UNKNOWN_REVISION = 8, OSC_MASKED = 16 };
/* Hotplug by PCI Express and by SHPC, power management events, error reporting, the capabilities' structures: all. */
#define OSC_GRANTED 0x1f

static void operating_system_capabilities(GByteArray *b)
{
    unsigned method, known, test;

    aml_name_int(b, "SUPP", 0);
    aml_name_int(b, "CTRL", 0);
    method = aml_begin_method(b, "_OSC", 4);
    name_field(b, 0, "CDW1");
    known = begin_if_uuid(b, "33db4d5b-1ff7-401c-9657-7441c03dd766");
    name_field(b, 4, "CDW2");
    name_field(b, 8, "CDW3");
    store(b, "CDW2", "SUPP");
    store(b, "CDW3", "CTRL");
    change(b, AML_AND, "CTRL", OSC_GRANTED);

    test = aml_begin(b, AML_IF); /* Arg1 is not 1 */
    aml_op(b, AML_NOT);
    aml_op(b, AML_EQUAL);
    aml_op(b, AML_ARG1);
    aml_int(b, 1);
    change(b, AML_OR, "CDW1", OSC_UNKNOWN_REVISION);
    aml_end(b, test);

    test = aml_begin(b, AML_IF);
    aml_op(b, AML_NOT);
    aml_op(b, AML_EQUAL);
    aml_ref(b, "CDW3");
    aml_ref(b, "CTRL");
    change(b, AML_OR, "CDW1", OSC_MASKED);
    aml_end(b, test);

    store(b, "CTRL", "CDW3");
    aml_op(b, AML_RETURN);
    aml_op(b, AML_ARG3);
    aml_end(b, known);

    test = aml_begin(b, AML_ELSE);
    change(b, AML_OR, "CDW1", OSC_UNKNOWN_UUID);
    aml_op(b, AML_RETURN);
    aml_op(b, AML_ARG3);
    aml_end(b, test);
    aml_end(b, method);
}

/* The only function there is: which ones there are. */
static void device_specific(GByteArray *b)
{
    unsigned method = aml_begin_method(b, "_DSM", 4), known = begin_if_uuid(b, "e5c937d0-3553-4d7a-9117-ea4d19c3434d");
    unsigned query = aml_begin(b, AML_IF);

    aml_op(b, AML_EQUAL);
    aml_op(b, AML_ARG2);
    aml_int(b, 0);
    return_byte(b, 1);
    aml_end(b, query);
    aml_end(b, known);
    return_byte(b, 0);
    aml_end(b, method);
}

/* -- All of it -- */

/* The configuration space is nobody else's memory. */
static void reserve(GByteArray *b, const struct acpi_node *host)
{
    unsigned device = aml_begin_named(b, AML_DEVICE, "RES0"), list;

    aml_name_string(b, "_HID", "PNP0C02");
    aml_name(b, "_CRS");
    list = aml_begin_resources(b);
    aml_memory_window64(b, host->base, host->size);
    aml_end_resources(b, list);
    aml_end(b, device);
}

void acpi_pci_host(struct acpi *a, GByteArray *b)
{
    struct acpi_node host;
    unsigned device, method;

    if (!acpi_node(a, HOST, &host))
        return;
    links(a, b, host.node);
    device = aml_begin_named(b, AML_DEVICE, "PCI0");
    aml_name_string(b, "_HID", "PNP0A08");
    aml_name_string(b, "_CID", "PNP0A03");
    aml_name_int(b, "_SEG", 0);
    aml_name_int(b, "_BBN", 0);
    aml_name_int(b, "_UID", 0);
    aml_name(b, "_STR");
    aml_unicode(b, "PCIe 0 Device");
    aml_name_int(b, "_CCA", 1);
    routing(b);
    method = aml_begin_method(b, "_CBA", 0);
    aml_op(b, AML_RETURN);
    aml_int(b, host.base);
    aml_end(b, method);
    windows(a, b, host.node);
    operating_system_capabilities(b);
    device_specific(b);
    reserve(b, &host);
    aml_end(b, device);
}

void acpi_mcfg(struct acpi *a)
{
    struct acpi_node host;
    unsigned first, last;

    if (!acpi_node(a, HOST, &host))
        return;
    bus_range(a, host.node, &first, &last);
    acpi_begin(a, "MCFG", 1);
    acpi_zeros(a->tables, 8);
    acpi_u64(a->tables, host.base);
    acpi_u16(a->tables, 0); /* segment */
    acpi_u8(a->tables, first);
    acpi_u8(a->tables, last);
    acpi_zeros(a->tables, 4);
    acpi_end(a, true);
}
