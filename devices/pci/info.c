/* SPDX-License-Identifier: BSD-2-Clause */
/* What is on a PCI host's buses, as "info pci" tells it. */
#include "pci.h"

#include <inttypes.h>

static void tell_class(const struct pci_function *f, GString *out)
{
    static const struct {
        uint16_t class;
        const char *name;
    } names[] = {
        { 0x0100, "SCSI controller" }, { 0x0101, "IDE controller" },     { 0x0106, "SATA controller" },
        { 0x0200, "Ethernet controller" }, { 0x0300, "VGA controller" }, { 0x0600, "Host bridge" },
        { 0x0601, "ISA bridge" },      { 0x0604, "PCI bridge" },         { 0x0c03, "USB controller" },
    };
    uint16_t class = pci_get16(f, PCI_CLASS_DEVICE);

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].class == class) {
            g_string_append_printf(out, "    %s", names[i].name);
            return;
        }
    }
    g_string_append_printf(out, "    Class %04d", class);
}

static void tell_bridge(const struct pci_function *f, GString *out)
{
    const uint8_t *c = f->config;
    uint64_t pref_base = (uint64_t)pci_get32(f, PCI_PREF_BASE_UPPER32) << 32;
    uint64_t pref_limit = (uint64_t)pci_get32(f, PCI_PREF_LIMIT_UPPER32) << 32;

    g_string_append_printf(out, "      BUS %u.\n      secondary bus %u.\n      subordinate bus %u.\n", c[PCI_PRIMARY_BUS],
                           c[PCI_SECONDARY_BUS], c[PCI_SUBORDINATE_BUS]);
    g_string_append_printf(out, "      IO range [0x%04x, 0x%04x]\n", (c[PCI_IO_BASE] & 0xf0u) << 8,
                           (c[PCI_IO_LIMIT] & 0xf0u) << 8 | 0xfff);
    g_string_append_printf(out, "      memory range [0x%08x, 0x%08x]\n", (pci_get16(f, PCI_MEMORY_BASE) & 0xfff0u) << 16,
                           (pci_get16(f, PCI_MEMORY_LIMIT) & 0xfff0u) << 16 | 0xfffff);
    pref_base |= (uint64_t)(pci_get16(f, PCI_PREF_MEMORY_BASE) & 0xfff0) << 16;
    pref_limit |= (uint64_t)(pci_get16(f, PCI_PREF_MEMORY_LIMIT) & 0xfff0) << 16 | 0xfffff;
    g_string_append_printf(out, "      prefetchable memory range [0x%08" PRIx64 ", 0x%08" PRIx64 "]\n", pref_base, pref_limit);
}

static void tell_bars(const struct pci_function *f, GString *out)
{
    for (unsigned n = 0; n < PCI_BARS; n++) {
        const struct pci_bar *b = &f->bar[n];
        if (!b->region)
            continue;
        uint64_t at = pci_bar_address(f, n), last = at + (b->region->size - 1);
        bool io = b->type & PCI_BAR_IO;
        if (io)
            g_string_append_printf(out, "      BAR%u: I/O", n);
        else
            g_string_append_printf(out, "      BAR%u: %d bit%s memory", n, b->type & PCI_BAR_MEMORY_64 ? 64 : 32,
                                   b->type & PCI_BAR_PREFETCH ? " prefetchable" : "");
        if (!(f->config[PCI_COMMAND] & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
            g_string_append(out, " (not mapped)\n");
        else if (io)
            g_string_append_printf(out, " at 0x%04" PRIx64 " [0x%04" PRIx64 "]\n", at, last);
        else
            g_string_append_printf(out, " at 0x%08" PRIx64 " [0x%08" PRIx64 "]\n", at, last);
    }
}

static void tell_bus(const struct pci_bus *bus, unsigned number, GString *out)
{
    for (unsigned i = 0; i < PCI_FUNCTIONS; i++) {
        const struct pci_function *f = bus->function[i];
        if (!f)
            continue;
        g_string_append_printf(out, "  Bus %2u, device %3u, function %u:\n", number, i >> 3, i & 7);
        tell_class(f, out);
        g_string_append_printf(out, ": PCI device %04x:%04x\n", pci_get16(f, PCI_VENDOR_ID), pci_get16(f, PCI_DEVICE_ID));
        if (!f->secondary && pci_get16(f, PCI_SUBSYSTEM_VENDOR_ID))
            g_string_append_printf(out, "      PCI subsystem %04x:%04x\n", pci_get16(f, PCI_SUBSYSTEM_VENDOR_ID),
                                   pci_get16(f, PCI_SUBSYSTEM_ID));
        if (f->config[PCI_INTERRUPT_PIN])
            g_string_append_printf(out, "      IRQ %u, pin %c\n", f->config[PCI_INTERRUPT_LINE],
                                   'A' + f->config[PCI_INTERRUPT_PIN] - 1);
        if (f->secondary)
            tell_bridge(f, out);
        tell_bars(f, out);
        g_string_append_printf(out, "      id \"%s\"\n", f->dev->id ? f->dev->id : "");
    }
    for (unsigned i = 0; i < PCI_FUNCTIONS; i++) {
        const struct pci_function *f = bus->function[i];
        if (f && f->secondary && f->config[PCI_SECONDARY_BUS])
            tell_bus(f->secondary, f->config[PCI_SECONDARY_BUS], out);
    }
}

void pci_describe(struct pci_host *h, unsigned first_bus, GString *out)
{
    g_mutex_lock(&h->map_lock);
    tell_bus(&h->root, first_bus, out);
    g_mutex_unlock(&h->map_lock);
}
