/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMBIOS tables, offered by fw_cfg. Manual: DMTF DSP0134, "System Management BIOS Reference Specification" 3.0; which
 * structures there are, and what is in them where -smbios says nothing, is QEMU's choice. EDK II adds its own type 0.
 */
#include "smbios.h"

#include <stdio.h>
#include <string.h>

#include "fw-cfg.h"
#include "machine.h"
#include "machines/acpi/table.h"
#include "opts.h"
#include "smbios-options.h"

#define MANUFACTURER "QEMU" /* whose board it is: by that guests know a virtual machine */
#define PRODUCT "QEMU Virtual Machine"

/* Handles of the structures' types begin at the type, times 0x100. */
enum { BIOS = 0, SYSTEM = 1, BASEBOARD = 2, CHASSIS = 3, PROCESSOR = 4, PORT = 8, OEM_STRINGS = 11, MEMORY_ARRAY = 16,
       MEMORY_DEVICE = 17, MEMORY_RANGE = 19, BOOT_INFORMATION = 32, ONBOARD_DEVICE = 41, END_OF_TABLE = 127 };
#define HANDLE(type) ((type) << 8)
#define OEM_HANDLE 0xe00
#define NO_HANDLE 0xfffe

struct smbios {
    struct machine *m;
    GByteArray *b;
    unsigned start;      /* of the structure */
    GPtrArray *strings;  /* that it has */
};

/* -- A structure: numbers, and the numbers of the strings behind them -- */

static void begin(struct smbios *s, unsigned type, unsigned handle)
{
    s->start = s->b->len;
    g_ptr_array_set_size(s->strings, 0);
    acpi_u8(s->b, type);
    acpi_u8(s->b, 0);
    acpi_u16(s->b, handle);
}

static void text(struct smbios *s, const char *t)
{
    if (t && *t)
        g_ptr_array_add(s->strings, g_strdup(t));
    acpi_u8(s->b, t && *t ? s->strings->len : 0);
}

/* The field of the option, or what else is said. */
static void field(struct smbios *s, const struct smbios_given *g, const char *name, const char *dflt)
{
    const char *t = smbios_text(g, name);

    text(s, t ? t : dflt);
}

static void end(struct smbios *s)
{
    s->b->data[s->start + 1] = s->b->len - s->start;
    for (guint i = 0; i < s->strings->len; i++) {
        const char *t = g_ptr_array_index(s->strings, i);
        acpi_bytes(s->b, t, strlen(t) + 1);
    }
    acpi_zeros(s->b, s->strings->len ? 1 : 2);
}

static const char *version(const struct smbios *s)
{
    return s->m->board ? s->m->board->short_name : NULL;
}

/* -- What there is -- */

static void bios(struct smbios *s)
{
    const struct smbios_given *g = smbios_given(BIOS, 0);
    unsigned major = 0, minor = 0;

    if (!g)
        return;
    if (smbios_text(g, "release"))
        sscanf(smbios_text(g, "release"), "%3u.%3u", &major, &minor);
    begin(s, BIOS, HANDLE(BIOS));
    field(s, g, "vendor", NULL);
    field(s, g, "version", NULL);
    acpi_u16(s->b, 0xe800); /* where a PC has it */
    field(s, g, "date", NULL);
    acpi_u8(s->b, 0);  /* 64 KiB of ROM */
    acpi_u64(s->b, 8); /* its characteristics are not told: */
    acpi_u8(s->b, 0);
    acpi_u8(s->b, 0x14 | (smbios_flag(g, "uefi") ? 0x08 : 0)); /* a virtual machine */
    acpi_u8(s->b, major);
    acpi_u8(s->b, minor);
    acpi_u16(s->b, 0xffff); /* no embedded controller */
    end(s);
}

/* As type 1 has it: the first three groups are numbers, least significant byte first. */
static void uuid(struct smbios *s, const char *u)
{
    unsigned d1 = 0, d2 = 0, d3 = 0, e[8] = { 0 };

    if (u)
        sscanf(u, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &d1, &d2, &d3, &e[0], &e[1], &e[2], &e[3], &e[4], &e[5],
               &e[6], &e[7]);
    acpi_u32(s->b, d1);
    acpi_u16(s->b, d2);
    acpi_u16(s->b, d3);
    for (unsigned i = 0; i < 8; i++)
        acpi_u8(s->b, e[i]);
}

static void system_information(struct smbios *s)
{
    const struct smbios_given *g = smbios_given(SYSTEM, 0);
    const char *given = smbios_text(g, "uuid");

    begin(s, SYSTEM, HANDLE(SYSTEM));
    field(s, g, "manufacturer", MANUFACTURER);
    field(s, g, "product", PRODUCT);
    field(s, g, "version", version(s));
    field(s, g, "serial", NULL);
    uuid(s, given ? given : s->m->config.uuid);
    acpi_u8(s->b, 6); /* woken by the power switch */
    field(s, g, "sku", NULL);
    field(s, g, "family", NULL);
    end(s);
}

static void baseboard(struct smbios *s)
{
    const struct smbios_given *g = smbios_given(BASEBOARD, 0);

    if (!g)
        return;
    begin(s, BASEBOARD, HANDLE(BASEBOARD));
    field(s, g, "manufacturer", MANUFACTURER);
    field(s, g, "product", PRODUCT);
    field(s, g, "version", version(s));
    field(s, g, "serial", NULL);
    field(s, g, "asset", NULL);
    acpi_u8(s->b, 1); /* hosts the others */
    field(s, g, "location", NULL);
    acpi_u16(s->b, HANDLE(CHASSIS));
    acpi_u8(s->b, 10); /* a motherboard */
    acpi_u8(s->b, 0);
    end(s);
}

static void chassis(struct smbios *s)
{
    const struct smbios_given *g = smbios_given(CHASSIS, 0);

    begin(s, CHASSIS, HANDLE(CHASSIS));
    field(s, g, "manufacturer", MANUFACTURER);
    acpi_u8(s->b, 1); /* other */
    field(s, g, "version", version(s));
    field(s, g, "serial", NULL);
    field(s, g, "asset", NULL);
    acpi_u8(s->b, 3);  /* safe: at start, */
    acpi_u8(s->b, 3);  /* power, */
    acpi_u8(s->b, 3);  /* temperature */
    acpi_u8(s->b, 2);  /* security unknown */
    acpi_u32(s->b, 0);
    acpi_u8(s->b, 0);  /* height, */
    acpi_u8(s->b, 0);  /* power cords unknown */
    acpi_u16(s->b, 0); /* no elements */
    field(s, g, "sku", NULL);
    end(s);
}

/* -- Processors, by sockets -- */

enum { FAMILY_OTHER = 1, FAMILY_RV32 = 0x200, FAMILY_RV64 = 0x201 };

static unsigned family(const struct smbios *s)
{
    const char *system = s->m->board ? s->m->board->system : "";

    return !strcmp(system, "riscv64") ? FAMILY_RV64 : !strcmp(system, "riscv32") ? FAMILY_RV32 : FAMILY_OTHER;
}

static void processor(struct smbios *s, const struct smbios_given *g, unsigned n, unsigned cores, unsigned threads)
{
    const char *prefix = smbios_text(g, "sock_pfx");
    g_autofree char *socket = g_strdup_printf("%s %u", prefix ? prefix : "CPU", n);

    begin(s, PROCESSOR, HANDLE(PROCESSOR) + n);
    text(s, socket);
    acpi_u8(s->b, 3);    /* a central processor */
    acpi_u8(s->b, 0xfe); /* its family is below */
    field(s, g, "manufacturer", MANUFACTURER);
    acpi_u64(s->b, smbios_number(g, "processor-id", 0));
    field(s, g, "version", version(s));
    acpi_u8(s->b, 0);  /* voltage, */
    acpi_u16(s->b, 0); /* external clock unknown */
    acpi_u16(s->b, smbios_number(g, "max-speed", 2000));
    acpi_u16(s->b, smbios_number(g, "current-speed", 2000));
    acpi_u8(s->b, 0x41);   /* populated, enabled */
    acpi_u8(s->b, 1);      /* upgrade: other */
    acpi_u16(s->b, 0xffff); /* caches: nothing is told */
    acpi_u16(s->b, 0xffff);
    acpi_u16(s->b, 0xffff);
    field(s, g, "serial", NULL);
    field(s, g, "asset", NULL);
    field(s, g, "part", NULL);
    acpi_u8(s->b, MIN(cores, 0xff));
    acpi_u8(s->b, MIN(cores, 0xff)); /* all enabled */
    acpi_u8(s->b, MIN(threads, 0xff));
    acpi_u16(s->b, 2); /* characteristics unknown */
    acpi_u16(s->b, smbios_number(g, "processor-family", family(s)));
    acpi_u16(s->b, cores);
    acpi_u16(s->b, cores);
    acpi_u16(s->b, threads);
    end(s);
}

static void processors(struct smbios *s)
{
    const struct machine_config *c = &s->m->config;
    unsigned sockets = MAX(c->sockets, 1);
    unsigned cores = MAX(c->dies, 1) * MAX(c->clusters, 1) * (c->cores ? c->cores : s->m->ncpus);

    for (unsigned n = 0; n < sockets; n++)
        processor(s, smbios_given(PROCESSOR, 0), n, cores, cores * MAX(c->threads, 1));
}

/* -- Memory: one array of one module -- */

#define TWO_TIB (UINT64_C(1) << 41)

static void memory_array(struct smbios *s)
{
    uint64_t size = s->m->ram_size;
    bool big = size >= TWO_TIB;

    begin(s, MEMORY_ARRAY, HANDLE(MEMORY_ARRAY));
    acpi_u8(s->b, 1); /* where: other */
    acpi_u8(s->b, 3); /* system memory */
    acpi_u8(s->b, 6); /* with error correction of many bits */
    acpi_u32(s->b, big ? 0x80000000 : size / KiB);
    acpi_u16(s->b, NO_HANDLE); /* of errors */
    acpi_u16(s->b, 1); /* modules */
    acpi_u64(s->b, big ? size : 0);
    end(s);
}

static void memory_device(struct smbios *s)
{
    const struct smbios_given *g = smbios_given(MEMORY_DEVICE, 0);
    const char *prefix = smbios_text(g, "loc_pfx");
    g_autofree char *place = g_strdup_printf("%s 0", prefix ? prefix : "DIMM");
    uint64_t mib = s->m->ram_size / MiB;
    unsigned speed = smbios_number(g, "speed", 0);

    begin(s, MEMORY_DEVICE, HANDLE(MEMORY_DEVICE));
    acpi_u16(s->b, HANDLE(MEMORY_ARRAY));
    acpi_u16(s->b, NO_HANDLE);
    acpi_u16(s->b, 0xffff); /* widths unknown */
    acpi_u16(s->b, 0xffff);
    acpi_u16(s->b, MIN(mib, 0x7fff)); /* that: see below */
    acpi_u8(s->b, 9); /* a DIMM */
    acpi_u8(s->b, 0); /* of no set */
    text(s, place);
    field(s, g, "bank", NULL);
    acpi_u8(s->b, 7);  /* RAM */
    acpi_u16(s->b, 2); /* other */
    acpi_u16(s->b, speed);
    field(s, g, "manufacturer", MANUFACTURER);
    field(s, g, "serial", NULL);
    field(s, g, "asset", NULL);
    field(s, g, "part", NULL);
    acpi_u8(s->b, 0); /* rank unknown */
    acpi_u32(s->b, mib >= 0x7fff ? mib : 0);
    acpi_u16(s->b, speed);
    acpi_zeros(s->b, 6); /* voltages unknown */
    end(s);
}

static void memory_range(struct smbios *s)
{
    uint64_t first = s->m->ram_base, last = first + s->m->ram_size - 1;
    bool big = last / KiB >= UINT32_MAX;

    begin(s, MEMORY_RANGE, HANDLE(MEMORY_RANGE));
    acpi_u32(s->b, big ? UINT32_MAX : first / KiB);
    acpi_u32(s->b, big ? UINT32_MAX : last / KiB);
    acpi_u16(s->b, HANDLE(MEMORY_ARRAY));
    acpi_u8(s->b, 1); /* modules to a row */
    acpi_u64(s->b, big ? first : 0);
    acpi_u64(s->b, big ? last : 0);
    end(s);
}

/* -- Strings, ports, devices -- */

static void ports(struct smbios *s)
{
    const struct smbios_given *g;

    for (unsigned n = 0; (g = smbios_given(PORT, n)); n++) {
        begin(s, PORT, HANDLE(PORT) + n);
        field(s, g, "internal_reference", NULL);
        acpi_u8(s->b, smbios_number(g, "connector_type", 0)); /* inside */
        field(s, g, "external_reference", NULL);
        acpi_u8(s->b, smbios_number(g, "connector_type", 0)); /* outside */
        acpi_u8(s->b, smbios_number(g, "port_type", 0));
        end(s);
    }
}

static void oem_strings(struct smbios *s)
{
    const struct smbios_given *g = smbios_given(OEM_STRINGS, 0);

    if (!g)
        return;
    begin(s, OEM_STRINGS, OEM_HANDLE);
    for (guint i = 0; i < g->strings->len; i++)
        g_ptr_array_add(s->strings, g_strdup(g_ptr_array_index(g->strings, i)));
    acpi_u8(s->b, s->strings->len);
    end(s);
}

struct find_device {
    const char *id;
    const struct device *found;
};

static void look_at(struct device *d, void *opaque)
{
    struct find_device *f = opaque;

    if (!g_strcmp0(d->id, f->id))
        f->found = d;
}

/* The address of a function on the first bus, as it is before firmware has numbered others; 0: none was named. */
static bool pci_address(struct smbios *s, const char *id, unsigned *devfn, GError **err)
{
    struct find_device f = { .id = id };

    *devfn = 0;
    if (!id)
        return true;
    device_foreach(s->m, look_at, &f);
    if (!f.found || !f.found->parent || strcmp(f.found->parent->type->provides_bus->name, "PCI")) {
        fail(err, "-smbios type=41,pcidev=%s: there is no PCI device of this id", id);
        return false;
    }
    *devfn = f.found->slot;
    return true;
}

static bool onboard_devices(struct smbios *s, GError **err)
{
    const struct smbios_given *g;
    unsigned devfn;

    for (unsigned n = 0; (g = smbios_given(ONBOARD_DEVICE, n)); n++) {
        if (!pci_address(s, smbios_text(g, "pcidev"), &devfn, err))
            return false;
        begin(s, ONBOARD_DEVICE, HANDLE(ONBOARD_DEVICE) + n);
        field(s, g, "designation", NULL);
        acpi_u8(s->b, 0x80 | smbios_number(g, "kind", 1)); /* enabled */
        acpi_u8(s->b, smbios_number(g, "instance", 1));
        acpi_u16(s->b, 0); /* segment */
        acpi_u8(s->b, 0);  /* bus */
        acpi_u8(s->b, devfn);
        end(s);
    }
    return true;
}

/* -- All of it -- */

static void boot_information(struct smbios *s)
{
    begin(s, BOOT_INFORMATION, HANDLE(BOOT_INFORMATION));
    acpi_zeros(s->b, 6);
    acpi_u8(s->b, 0); /* no errors */
    end(s);
}

static void last_structure(struct smbios *s)
{
    begin(s, END_OF_TABLE, HANDLE(END_OF_TABLE));
    end(s);
}

/* The entry point of version 3; firmware writes its own, with the address and sums. */
static void anchor(GByteArray *b, uint32_t size)
{
    acpi_bytes(b, "_SM3_", 5);
    acpi_u8(b, 0);  /* checksum */
    acpi_u8(b, 24); /* its own length */
    acpi_u8(b, 3);  /* version 3.0 of the specification, */
    acpi_u8(b, 0);
    acpi_u8(b, 0);  /* document's revision */
    acpi_u8(b, 1);  /* entry point's */
    acpi_u8(b, 0);
    acpi_u32(b, size);
    acpi_u64(b, 0); /* where the structures are */
}

bool smbios_offer(struct machine *m, GError **err)
{
    struct device *fw_cfg = fw_cfg_find(m);
    g_autoptr(GByteArray) tables = g_byte_array_new(), entry = g_byte_array_new();
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    struct smbios s = { .m = m, .b = tables, .strings = strings };

    if (!fw_cfg) {
        if (smbios_any())
            fail(err, "-smbios: machine %s has no firmware configuration device", m->name);
        return !smbios_any();
    }
    if (smbios_files())
        acpi_bytes(tables, smbios_files()->data, smbios_files()->len);
    bios(&s);
    system_information(&s);
    baseboard(&s);
    chassis(&s);
    processors(&s);
    ports(&s);
    oem_strings(&s);
    memory_array(&s);
    memory_device(&s);
    memory_range(&s);
    boot_information(&s);
    if (!onboard_devices(&s, err))
        return false;
    last_structure(&s);
    anchor(entry, tables->len);
    return fw_cfg_add_file(fw_cfg, "etc/smbios/smbios-tables", tables->data, tables->len, err) &&
           fw_cfg_add_file(fw_cfg, "etc/smbios/smbios-anchor", entry->data, entry->len, err);
}
