/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine in words: its memory map, its devices, what was loaded. For the monitor and -d page. */
#include "describe.h"

#include <inttypes.h>
#include <string.h>

#include "block.h"
#include "chardev.h"
#include "loader.h"
#include "machine.h"
#include "net.h"

/* -- Memory map -- */

static void keep_mapping(const struct mapping *m, void *opaque)
{
    GArray *list = opaque;

    g_array_append_val(list, *m);
}

static gint by_base(gconstpointer a, gconstpointer b)
{
    const struct mapping *x = a, *y = b;

    return x->base < y->base ? -1 : x->base > y->base;
}

static const char *kind_name(const struct region *r)
{
    switch (r->kind) {
    case REGION_RAM:
        return "ram";
    case REGION_ROM:
        return "rom";
    case REGION_ROMD:
        return "romd";
    case REGION_IO:
        break;
    }
    return "i/o";
}

static void mapping_line(GString *out, const struct mapping *m)
{
    g_string_append_printf(out, "  %016" PRIx64 "-%016" PRIx64 " (prio %d, %s): %s", m->base, m->base + (m->size - 1),
                           m->priority, kind_name(m->region), m->region->name);
    if (m->region_offset)
        g_string_append_printf(out, " @%016" PRIx64, m->region_offset);
    g_string_append_c(out, '\n');
}

void describe_memory(GString *out, bool flat)
{
    struct address_space *as = the_machine->as;

    g_string_append_printf(out, "%s: %s\n", flat ? "FlatView" : "address-space", address_space_name(as));
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct mapping));
    address_space_foreach(as, flat, keep_mapping, list);
    g_array_sort(list, by_base); /* they were mapped in the order in which devices were made */
    for (guint i = 0; i < list->len; i++)
        mapping_line(out, &g_array_index(list, struct mapping, i));
    if (flat)
        return;
    g_string_append(out, "memory blocks:\n");
    for (const struct ram_block *b = ram_blocks; b; b = b->next)
        g_string_append_printf(out, "  %s: %" PRIu64 " KiB\n", b->name, b->size / KiB);
}

/* -- Devices -- */

static void property_line(const struct device *d, const struct property *p, GString *out)
{
    const void *at = (const char *)d + p->offset;
    const uint8_t *mac = at;

    g_string_append_printf(out, "%s = ", p->name);
    switch (p->kind) {
    case PROP_BOOL:
        g_string_append(out, *(const bool *)at ? "true" : "false");
        break;
    case PROP_U8:
        g_string_append_printf(out, "%u (0x%x)", *mac, *mac);
        break;
    case PROP_U16:
        g_string_append_printf(out, "%u (0x%x)", *(const uint16_t *)at, *(const uint16_t *)at);
        break;
    case PROP_U32:
        g_string_append_printf(out, "%" PRIu32 " (0x%" PRIx32 ")", *(const uint32_t *)at, *(const uint32_t *)at);
        break;
    case PROP_U64:
    case PROP_SIZE:
        g_string_append_printf(out, "%" PRIu64 " (0x%" PRIx64 ")", *(const uint64_t *)at, *(const uint64_t *)at);
        break;
    case PROP_STRING: {
        const char *s = *(char *const *)at;
        g_string_append_printf(out, "\"%s\"", s ? s : "");
        break;
    }
    case PROP_OBJECT: {
        const void *object = *(void *const *)at;
        g_string_append_printf(out, "\"%s\"", object ? p->object->name(object) : "");
        break;
    }
    case PROP_MAC:
        for (unsigned i = 0; i < 6; i++)
            g_string_append_printf(out, "%s%02x", i ? ":" : "\"", mac[i]);
        g_string_append_c(out, '"');
        break;
    }
    g_string_append_c(out, '\n');
}

static void buses_text(const struct device *d, unsigned indent, bool brief, GString *out);

static void device_text(const struct device *d, unsigned indent, bool brief, GString *out)
{
    g_string_append_printf(out, "%*sdev: %s, id \"%s\"\n", indent, "", d->type->name, d->id ? d->id : "");
    indent += 2;
    for (const struct property *p = d->type->props; p && p->name && !brief; p++) {
        g_string_append_printf(out, "%*s", indent, "");
        property_line(d, p, out);
    }
    for (unsigned i = 0; i < d->nregions && !brief; i++)
        g_string_append_printf(out, "%*sregion %u: %s, size 0x%" PRIx64 "\n", indent, "", i, d->regions[i].name,
                               d->regions[i].size);
    if (d->nirqs && !brief)
        g_string_append_printf(out, "%*sirq outputs: %u\n", indent, "", d->nirqs);
    if (d->bus_name)
        buses_text(d, indent, brief, out);
}

static void bus_text(const char *name, const struct device *d, unsigned indent, GString *out)
{
    g_string_append_printf(out, "%*sbus: %s\n%*stype %s\n", indent, "", name, indent + 2, "",
                           d->type->provides_bus->name);
}

/* The bus that it offers, or, where slots are numbered, one for each. */
static void buses_text(const struct device *d, unsigned indent, bool brief, GString *out)
{
    const struct bus_type *bus = d->type->provides_bus;
    const char *dot = strrchr(d->bus_name, '.');

    if (!bus->numbered)
        bus_text(d->bus_name, d, indent, out);
    for (unsigned slot = 0; slot < (bus->numbered ? bus->slots : 1); slot++) {
        if (bus->numbered) {
            g_autofree char *name = g_strdup_printf("%.*s.%lu", (int)(dot - d->bus_name), d->bus_name,
                                                    strtoul(dot + 1, NULL, 10) + slot);
            bus_text(name, d, indent, out);
        }
        for (guint i = 0; d->children && i < d->children->len; i++) {
            const struct device *child = d->children->pdata[i];
            if (!bus->numbered || child->slot == slot)
                device_text(child, indent + 2, brief, out);
        }
    }
}

void describe_devices(GString *out, bool brief)
{
    GPtrArray *devices = the_machine->devices;

    g_string_append(out, "bus: main-system-bus\n  type System\n");
    for (guint i = 0; i < devices->len; i++) {
        const struct device *d = devices->pdata[i];
        if (!d->parent)
            device_text(d, 2, brief, out);
    }
}

static void interrupt_state(struct device *d, void *opaque)
{
    GString *out = opaque;

    if (!d->type->irq_in)
        return;
    g_string_append_printf(out, "%s %s:\n", d->type->name, d->id ? d->id : "");
    g_mutex_lock(&d->lock);
    if (d->type->describe)
        d->type->describe(d, out);
    if (d->type->state)
        state_describe(d->type->state, d, "  ", out);
    g_mutex_unlock(&d->lock);
}

void describe_interrupts(GString *out)
{
    device_foreach(the_machine, interrupt_state, out);
}

/* A host tells of what is on its buses. */
static void pci_host(struct device *d, void *out)
{
    if (!d->parent && d->type->describe && d->type->provides_bus && !g_strcmp0(d->type->provides_bus->name, "PCI"))
        d->type->describe(d, out);
}

void describe_pci(GString *out)
{
    device_foreach(the_machine, pci_host, out);
}

/* -- What was loaded -- */

void describe_roms(GString *out)
{
    for (const struct rom *r = roms; r; r = r->next)
        g_string_append_printf(out, "addr=%016" PRIx64 " size=0x%06" PRIx64 " mem=ram name=\"%s\"\n", r->addr, r->size,
                               r->name);
}
