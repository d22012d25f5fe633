/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI buses: which function answers to an address, where BARs are seen, and how pins lead to the host's lines. A BAR is
 * seen where the function's command register allows it, a window of each bridge above it passes its whole range on, and
 * so does one of the host's.
 */
#include "pci.h"

#include <inttypes.h>

/* -- What comes and goes: the bridge's affair -- */

static const struct pci_bus *bus_at(const struct device *bus)
{
    return (const struct pci_bus *)((const char *)bus + bus->type->bus_offset);
}

static bool can_hotplug(const struct device *bus)
{
    const struct pci_bus *b = bus_at(bus);

    return b->slot && b->slot->can_hotplug(b);
}

static void plugged(struct device *bus, struct device *d)
{
    const struct pci_bus *b = bus_at(bus);

    if (b->slot)
        b->slot->plugged(b);
}

static enum unplug unplug_request(struct device *bus, struct device *d, GError **err)
{
    const struct pci_bus *b = bus_at(bus);

    return b->slot ? b->slot->unplug_request(b, d, err) : UNPLUG_NOW;
}

static void unplug(struct device *bus, struct device *d)
{
    const struct pci_bus *b = bus_at(bus);

    if (b->slot)
        b->slot->unplug(b, d);
}

const struct bus_type pci_bus_type = {
    .name = "PCI",
    .root_name = "pcie",
    .slots = PCI_FUNCTIONS,
    .can_hotplug = can_hotplug,
    .plugged = plugged,
    .unplug_request = unplug_request,
    .unplug = unplug,
};

/* -- Configuration addresses -- */

static struct pci_function *find_below(struct pci_bus *bus, unsigned number, unsigned wanted, uint8_t devfn)
{
    struct pci_function *f;

    while (number != wanted) {
        unsigned i = 0, secondary = 0;
        for (; i < PCI_FUNCTIONS && !bus->off; i++) {
            f = bus->function[i];
            secondary = f && f->secondary ? f->config[PCI_SECONDARY_BUS] : 0;
            /* Bridges lead to higher numbers only, so that this ends. */
            if (secondary > number && wanted >= secondary && wanted <= f->config[PCI_SUBORDINATE_BUS])
                break;
        }
        if (i == PCI_FUNCTIONS || bus->off)
            return NULL;
        bus = f->secondary;
        number = secondary;
    }
    return bus->off ? NULL : bus->function[devfn];
}

struct pci_function *pci_find(struct pci_host *h, unsigned first_bus, unsigned bus, uint8_t devfn)
{
    g_mutex_lock(&h->map_lock);
    struct pci_function *f = find_below(&h->root, first_bus, bus, devfn);
    g_mutex_unlock(&h->map_lock);
    return f;
}

/* -- Where BARs are seen -- */

uint64_t pci_bar_address(const struct pci_function *f, unsigned n)
{
    unsigned at = pci_bar_register(f, n);
    uint64_t v = pci_get32(f, at);

    if (f->bar[n].type & PCI_BAR_MEMORY_64)
        v |= (uint64_t)pci_get32(f, at + 4) << 32;
    return v & ~(f->bar[n].region->size - 1);
}

static bool within(uint64_t addr, uint64_t size, uint64_t base, uint64_t limit)
{
    return base <= limit && addr >= base && addr <= limit && size - 1 <= limit - addr;
}

static bool bridge_passes_io(const struct pci_function *b, uint64_t addr, uint64_t size)
{
    uint64_t base = (b->config[PCI_IO_BASE] & 0xf0) << 8, limit = (b->config[PCI_IO_LIMIT] & 0xf0) << 8 | 0xfff;

    if (b->config[PCI_IO_BASE] & 1) { /* 32 bits */
        base |= (uint64_t)pci_get16(b, PCI_IO_BASE_UPPER16) << 16;
        limit |= (uint64_t)pci_get16(b, PCI_IO_LIMIT_UPPER16) << 16;
    }
    return (b->config[PCI_COMMAND] & PCI_COMMAND_IO) && within(addr, size, base, limit);
}

static bool bridge_passes_memory(const struct pci_function *b, uint64_t addr, uint64_t size)
{
    uint64_t base = (uint64_t)(pci_get16(b, PCI_MEMORY_BASE) & 0xfff0) << 16;
    uint64_t limit = (uint64_t)(pci_get16(b, PCI_MEMORY_LIMIT) & 0xfff0) << 16 | 0xfffff;
    uint64_t pref_base = (uint64_t)(pci_get16(b, PCI_PREF_MEMORY_BASE) & 0xfff0) << 16;
    uint64_t pref_limit = (uint64_t)(pci_get16(b, PCI_PREF_MEMORY_LIMIT) & 0xfff0) << 16 | 0xfffff;

    if (b->config[PCI_PREF_MEMORY_BASE] & 1) { /* 64 bits */
        pref_base |= (uint64_t)pci_get32(b, PCI_PREF_BASE_UPPER32) << 32;
        pref_limit |= (uint64_t)pci_get32(b, PCI_PREF_LIMIT_UPPER32) << 32;
    }
    return (b->config[PCI_COMMAND] & PCI_COMMAND_MEMORY) &&
           (within(addr, size, base, limit) || within(addr, size, pref_base, pref_limit));
}

/* A BAR of f as its registers are now: true, and where CPUs see it. */
static bool wanted_place(const struct pci_function *f, unsigned n, gpa *at)
{
    const struct pci_bar *b = &f->bar[n];
    bool io = b->type & PCI_BAR_IO;
    const struct pci_host *h = f->bus->host;

    if (!b->region || f->bus->off || !(f->config[PCI_COMMAND] & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
        return false;
    if (n == PCI_ROM && !(f->config[pci_bar_register(f, n)] & 1)) /* not switched on */
        return false;
    uint64_t addr = pci_bar_address(f, n), size = b->region->size;
    for (const struct pci_function *up = f->bus->bridge; up; up = up->bus->bridge)
        if (!(io ? bridge_passes_io : bridge_passes_memory)(up, addr, size))
            return false;
    for (unsigned i = io ? PCI_SPACE_IO : PCI_SPACE_MEMORY; i < (io ? PCI_SPACE_MEMORY : (unsigned)PCI_SPACES); i++) {
        const struct pci_window *w = &h->window[i];
        if (w->size && within(addr, size, w->pci, w->pci + (w->size - 1))) {
            *at = w->cpu + (addr - w->pci);
            return true;
        }
    }
    return false;
}

static void remap_bars(struct pci_function *f)
{
    for (unsigned n = 0; n < PCI_BARS; n++) {
        struct pci_bar *b = &f->bar[n];
        gpa at = 0;
        bool want = wanted_place(f, n, &at);
        if (want == b->mapped && (!want || at == b->at))
            continue;
        if (b->mapped)
            address_space_unmap(f->dev->dma.as, b->region);
        b->mapped = want;
        b->at = at;
        if (want)
            address_space_map(f->dev->dma.as, b->region, at, 1);
    }
}

void pci_remap(struct pci_function *f)
{
    remap_bars(f);
    for (unsigned i = 0; f->secondary && i < PCI_FUNCTIONS; i++)
        if (f->secondary->function[i])
            pci_remap(f->secondary->function[i]);
}

/* -- Interrupt lines -- */

unsigned pci_host_line(const struct pci_function *f)
{
    unsigned pin = f->config[PCI_INTERRUPT_PIN] - 1u;

    for (; f; f = f->bus->bridge)
        pin += f->devfn >> 3;
    return pin % PCI_PINS;
}

void pci_drive_line(struct pci_host *h, unsigned line, bool level)
{
    g_mutex_lock(&h->intx_lock);
    h->asserted[line] += level ? 1 : -1;
    device_irq(h->dev, line, h->asserted[line] != 0);
    g_mutex_unlock(&h->intx_lock);
}

/* -- Messages -- */

/*
 * Bus, device and function, as upstream knows it: what comes from a conventional bus has the number of the bridge to it,
 * or, if that is an express one, of function 0 behind that. "PCI Express to PCI/PCI-X Bridge Specification" 1.0, section
 * 2.3.
 */
static uint16_t requester(const struct pci_function *f)
{
    const struct pci_function *from = f;
    uint16_t behind = 0;

    for (const struct pci_function *b = f->bus->bridge; b; b = b->bus->bridge) {
        if (!b->express) {
            from = b;
        } else if (pcie_type_of(b) == PCIE_TYPE_PCI_BRIDGE) {
            from = NULL;
            behind = __atomic_load_n(&b->secondary->number, __ATOMIC_RELAXED) << 8;
        }
    }
    return from ? __atomic_load_n(&from->bus->number, __ATOMIC_RELAXED) << 8 | from->devfn : behind;
}

bool pci_message(struct pci_function *f, gpa addr, uint32_t data)
{
    return device_msi(f->dev, addr, data, requester(f));
}

/* -- The host's side -- */

static uint64_t empty_read(void *opaque, uint64_t offset, unsigned size)
{
    return UINT64_MAX;
}

static void empty_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

static const struct io_ops empty_ops = { .read = empty_read, .write = empty_write };

void pci_host_init(struct pci_host *h, struct device *d, uint8_t first_bus)
{
    static const char *const names[] = { "pcie-io", "pcie-mmio", "pcie-mmio-high" };

    h->dev = d;
    h->root.host = h;
    h->root.number = first_bus;
    g_mutex_init(&h->map_lock);
    g_mutex_init(&h->intx_lock);
    for (unsigned i = 0; i < PCI_SPACES; i++) {
        struct pci_window *w = &h->window[i];
        if (w->size == 0)
            continue;
        w->empty = (struct region){ .name = names[i], .kind = REGION_IO, .size = w->size, .ops = &empty_ops };
        address_space_map(d->dma.as, &w->empty, w->cpu, 0);
    }
}

void pci_host_fini(struct pci_host *h)
{
    for (unsigned i = 0; i < PCI_SPACES; i++)
        if (h->window[i].size)
            address_space_unmap(h->dev->dma.as, &h->window[i].empty);
    g_mutex_clear(&h->map_lock);
    g_mutex_clear(&h->intx_lock);
}

/* -- State -- */

static void count_lines(const struct pci_bus *bus, unsigned *asserted)
{
    for (unsigned i = 0; i < PCI_FUNCTIONS; i++) {
        const struct pci_function *f = bus->function[i];
        if (f && f->intx_out)
            asserted[pci_host_line(f)]++;
        if (f && f->secondary)
            count_lines(f->secondary, asserted);
    }
}

bool pci_host_loaded(struct pci_host *h, GError **err)
{
    unsigned asserted[PCI_PINS] = { 0 };

    count_lines(&h->root, asserted);
    for (unsigned i = 0; i < PCI_PINS; i++) {
        if (asserted[i] != h->asserted[i]) {
            fail(err, "line %u is driven by %u functions, not %u", i, asserted[i], h->asserted[i]);
            return false;
        }
    }
    g_mutex_lock(&h->map_lock);
    for (unsigned i = 0; i < PCI_FUNCTIONS; i++)
        if (h->root.function[i])
            pci_remap(h->root.function[i]);
    g_mutex_unlock(&h->map_lock);
    return true;
}

static const struct state_row host_fields[] = {
    FIELD_NONE(struct pci_host, dev, "wiring"),
    FIELD_NONE(struct pci_host, root, "wiring"),
    FIELD_NONE(struct pci_host, window, "constant"),
    FIELD_NONE(struct pci_host, map_lock, "a lock"),
    FIELD_NONE(struct pci_host, intx_lock, "a lock"),
    FIELD_KEEP_ARRAY(struct pci_host, asserted), /* a function lets go of its line in its reset */
    FIELD_END,
};

const struct state_table pci_host_table = {
    STATE_OF(struct pci_host),
    .version = 1,
    .rows = host_fields,
};
