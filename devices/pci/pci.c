/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI function: its configuration space, base address registers, capabilities and interrupt pin. Manual: "PCI Local
 * Bus Specification" 3.0, chapter 6. Parity, system errors and self-test are not modelled; a function answers in its
 * turn at once.
 */
#include "pci.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PCI_HEADER_END 0x40 /* capabilities follow */
#define ROM_ENABLE 1
#define ROM_MIN 2048
#define ROM_MAX (16 * MiB)

/* -- Its place -- */

/* "06.0", "6": device and function, in hexadecimal. False if it is none. */
static bool parse_addr(const char *text, unsigned *devfn)
{
    char *end;
    unsigned long device, function = 0;

    errno = 0;
    device = strtoul(text, &end, 16);
    if (end == text || errno || device > 31)
        return false;
    if (*end == '.') {
        const char *rest = end + 1;
        function = strtoul(rest, &end, 16);
        if (end == rest || errno || function > 7)
            return false;
    }
    *devfn = device << 3 | function;
    return *end == '\0';
}

static bool free_place(struct pci_function *f, const struct pci_bus *bus, unsigned *devfn, GError **err)
{
    for (unsigned d = 0; d < (bus->one_device ? 8u : (unsigned)PCI_FUNCTIONS); d += 8) {
        if (!bus->function[d]) {
            *devfn = d;
            return true;
        }
    }
    fail(err, "PCI: no slot/function available for %s, all in use or reserved", f->dev->type->name);
    return false;
}

/* The function at 0 says whether there are others. */
static bool check_functions(const struct pci_function *f, const struct pci_bus *bus, unsigned devfn, GError **err)
{
    const struct pci_function *first = bus->function[devfn & ~7u];

    if (devfn & 7) {
        if (!first || first->multifunction)
            return true;
        fail(err, "PCI: single function device can't be populated in function %x.%x", devfn >> 3, devfn & 7);
        return false;
    }
    for (unsigned i = 1; i < 8 && !f->multifunction; i++) {
        if (bus->function[devfn + i]) {
            fail(err, "PCI: %x.0 indicates single function, but %x.%x is already populated.", devfn >> 3, devfn >> 3, i);
            return false;
        }
    }
    return true;
}

static bool find_place(struct pci_function *f, const struct pci_bus *bus, unsigned *devfn, GError **err)
{
    const char *name = f->dev->type->name;

    if (!f->addr || !*f->addr || !strcmp(f->addr, "-1"))
        return free_place(f, bus, devfn, err);
    if (!parse_addr(f->addr, devfn)) {
        fail(err, "device %s: addr=%s: expected a slot and function in hexadecimal, such as 06.0", name, f->addr);
        return false;
    }
    if (bus->one_device && *devfn >= 8) {
        fail(err, "PCI: slot %u is not valid for %s, parent device only allows plugging into slot 0.", *devfn >> 3, name);
        return false;
    }
    const struct pci_function *other = bus->function[*devfn];
    if (other) {
        fail(err, "PCI: slot %u function %u not available for %s, in use by %s,id=%s", *devfn >> 3, *devfn & 7, name,
             other->dev->type->name, other->dev->id ? other->dev->id : "");
        return false;
    }
    return check_functions(f, bus, *devfn, err);
}

/* -- Making one -- */

static void fill_header(struct pci_function *f, const struct pci_id *id)
{
    uint8_t *c = f->config, *w = f->writable;

    pci_put16(c + PCI_VENDOR_ID, id->vendor);
    pci_put16(c + PCI_DEVICE_ID, id->device);
    c[PCI_REVISION_ID] = id->revision;
    c[PCI_CLASS_PROG] = id->class_code;
    pci_put16(c + PCI_CLASS_DEVICE, id->class_code >> 8);
    c[PCI_HEADER_TYPE] = (id->bridge ? PCI_HEADER_TYPE_BRIDGE : 0) |
                         (f->multifunction ? PCI_HEADER_TYPE_MULTI_FUNCTION : 0);
    c[PCI_INTERRUPT_PIN] = id->pin;
    pci_put16(w + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
                               PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
    w[PCI_CACHE_LINE_SIZE] = 0xff;
    w[PCI_INTERRUPT_LINE] = 0xff;
    if (!id->bridge) {
        pci_put16(c + PCI_SUBSYSTEM_VENDOR_ID, id->subsystem_vendor);
        pci_put16(c + PCI_SUBSYSTEM_ID, id->subsystem);
    }
}

struct pci_bus *pci_bus_of(const struct device *d, GError **err)
{
    if (d->parent && d->parent->type->provides_bus == &pci_bus_type)
        return device_bus(d);
    fail(err, "device %s: expected a PCI bus to plug into", d->type->name);
    return NULL;
}

/* The ROM of romfile=. False with a message. */
static bool add_rom(struct pci_function *f, bool bridge, GError **err)
{
    g_autofree char *name = NULL, *bytes = NULL;
    gsize len, size = ROM_MIN;
    unsigned at = bridge ? PCI_BRIDGE_ROM_ADDRESS : PCI_ROM_ADDRESS;

    if (!f->romfile || !*f->romfile || !f->rombar)
        return true;
    if (!g_file_get_contents(f->romfile, &bytes, &len, err)) {
        g_prefix_error(err, "device %s: romfile=%s: ", f->dev->type->name, f->romfile);
        return false;
    }
    if (len == 0 || len > ROM_MAX) {
        fail(err, "device %s: romfile=%s: expected a file of at most 16 MiB, not an empty one", f->dev->type->name,
             f->romfile);
        return false;
    }
    while (size < len)
        size *= 2;
    name = g_strdup_printf("%s/%x.rom", f->dev->parent->bus_name ? f->dev->parent->bus_name : "pci", f->devfn);
    if (!(f->rom = ram_block_new(name, size, err)))
        return false;
    memcpy(f->rom->host, bytes, len);
    f->bar[PCI_ROM] = (struct pci_bar){ .region = g_new(struct region, 1) };
    *f->bar[PCI_ROM].region = (struct region){ .name = "rom", .kind = REGION_ROM, .size = size, .host = f->rom->host,
                                               .ram = f->rom };
    pci_put32(f->writable + at, -(uint32_t)size | ROM_ENABLE);
    return true;
}

bool pci_init(struct pci_function *f, struct device *d, const struct pci_id *id, const struct pci_ops *ops, GError **err)
{
    struct pci_bus *bus = pci_bus_of(d, err);
    unsigned devfn;

    f->dev = d;
    if (!bus || !find_place(f, bus, &devfn, err))
        return false;
    f->ops = ops;
    f->bus = bus;
    f->devfn = devfn;
    f->next_cap = PCI_HEADER_END;
    d->slot = devfn; /* snapshots know it by that */
    d->dma.enabled = &f->master;
    g_mutex_init(&f->irq_lock);
    fill_header(f, id);
    if (!add_rom(f, id->bridge, err)) {
        g_mutex_clear(&f->irq_lock);
        return false;
    }
    bus->function[devfn] = f;
    return true;
}

static void unmap_bars(struct pci_function *f)
{
    for (unsigned i = 0; i < PCI_BARS; i++) {
        if (f->bar[i].mapped)
            address_space_unmap(f->dev->dma.as, f->bar[i].region);
        f->bar[i].mapped = false;
    }
}

void pci_fini(struct pci_function *f)
{
    pci_set_intx(f, false);
    unmap_bars(f);
    f->bus->function[f->devfn] = NULL;
    pci_msix_fini(f);
    g_free(f->bar[PCI_ROM].region);
    f->bar[PCI_ROM].region = NULL;
    if (f->rom)
        ram_block_free(f->rom);
    f->rom = NULL;
    f->dev->dma.enabled = NULL;
    g_mutex_clear(&f->irq_lock);
}

void pci_add_bar(struct pci_function *f, unsigned n, uint8_t type, struct region *r)
{
    uint8_t *c = f->config + PCI_BASE_ADDRESS_0 + 4 * n, *w = f->writable + PCI_BASE_ADDRESS_0 + 4 * n;
    uint64_t mask = ~(r->size - 1);

    g_assert((r->size & (r->size - 1)) == 0 && r->size >= (type & PCI_BAR_IO ? 4 : 16));
    f->bar[n] = (struct pci_bar){ .region = r, .type = type };
    pci_put32(c, type);
    pci_put32(w, mask);
    if (type & PCI_BAR_MEMORY_64)
        pci_put32(w + 4, mask >> 32);
}

void pci_remove_bar(struct pci_function *f, unsigned n)
{
    if (f->bar[n].mapped)
        address_space_unmap(f->dev->dma.as, f->bar[n].region);
    f->bar[n] = (struct pci_bar){ 0 };
}

unsigned pci_add_capability(struct pci_function *f, uint8_t id, unsigned size)
{
    unsigned at = f->next_cap;

    g_assert(at + size <= PCI_CONFIG_SPACE);
    f->next_cap = (at + size + 3) & ~3u;
    f->config[at] = id;
    f->config[at + 1] = f->config[PCI_CAPABILITY_LIST];
    f->config[PCI_CAPABILITY_LIST] = at;
    f->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    return at;
}

/* -- Capabilities of express devices -- */

#define EXPRESS_BYTES 60
#define EXPRESS_VERSION 2
#define EXPRESS_SLOT 0x100
#define DEVICE_CAP 0x8020   /* role-based errors, extended tags */
#define DEVICE_CAP_RESET (1u << 28)
#define DEVICE_CONTROL 0x71ef /* what may be written: all but a reset of the function, */
#define DEVICE_CONTROL_RESET 0x8000 /* which reads as 0 */
#define DEVICE_ERRORS 0xf
#define LINK_CAP 0x411      /* 2.5 GT/s, one lane */
#define LINK_STATUS 0x11
#define DEVICE_CAP_2 0x300000 /* prefixes */
#define POWER_BYTES 8
#define POWER_CONTROL 4

unsigned pci_add_express(struct pci_function *f, enum pcie_type type, uint8_t port)
{
    unsigned at = f->express = pci_add_capability(f, PCI_CAP_EXPRESS, EXPRESS_BYTES);
    uint8_t *c = f->config + at, *w = f->writable + at;

    pci_put16(c + PCIE_CAPABILITIES, EXPRESS_VERSION | type << 4 | (type == PCIE_TYPE_ROOT_PORT ? EXPRESS_SLOT : 0));
    pci_put32(c + PCIE_DEVICE_CAP, DEVICE_CAP);
    pci_put32(c + PCIE_LINK_CAP, LINK_CAP | (uint32_t)port << 24);
    pci_put16(c + PCIE_LINK_STATUS, LINK_STATUS);
    pci_put32(c + PCIE_DEVICE_CAP_2, DEVICE_CAP_2);
    pci_put16(w + PCIE_DEVICE_CONTROL, DEVICE_CONTROL);
    pci_put16(f->clearable + at + PCIE_DEVICE_STATUS, DEVICE_ERRORS);
    pci_put16(w + PCIE_DEVICE_CONTROL_2, 0x8000); /* prefixes are blocked */
    return at;
}

void pci_add_function_reset(struct pci_function *f)
{
    uint8_t *cap = f->config + f->express + PCIE_DEVICE_CAP;

    cap[3] |= DEVICE_CAP_RESET >> 24;
    f->resettable = true;
}

void pci_add_power(struct pci_function *f)
{
    unsigned at = pci_add_capability(f, PCI_CAP_POWER, POWER_BYTES);

    pci_put16(f->config + at + 2, 3); /* version */
    pci_put16(f->writable + at + POWER_CONTROL, 3);
}

/* -- The interrupt pin -- */

/* irq_lock is held. */
static void update_line(struct pci_function *f)
{
    bool out = f->intx && !(pci_get16(f, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE);

    if (f->intx)
        f->config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
    else
        f->config[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
    if (out == f->intx_out)
        return;
    f->intx_out = out;
    pci_drive_line(f->bus->host, pci_host_line(f), out);
}

void pci_set_intx(struct pci_function *f, bool level)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&f->irq_lock);
    f->intx = level;
    update_line(f);
    g_mutex_unlock(&f->irq_lock);
    lock_order_leave(LOCK_CONTROLLER);
}

/* -- Accesses of the guest -- */

/* Conventional devices have a smaller space. */
static bool beyond(const struct pci_function *f, unsigned offset)
{
    return offset >= PCI_CONFIG_SPACE && !f->express;
}

uint32_t pci_config_read(struct pci_function *f, unsigned offset, unsigned size)
{
    uint32_t v = 0;

    if (beyond(f, offset))
        return UINT32_MAX;
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&f->dev->lock);
    if (f->ops && f->ops->config_read)
        f->ops->config_read(f, offset, size);
    g_mutex_lock(&f->irq_lock); /* the interrupt's bits of command and status */
    memcpy(&v, f->config + offset, size);
    g_mutex_unlock(&f->irq_lock);
    g_mutex_unlock(&f->dev->lock);
    lock_order_leave(LOCK_DEVICE);
    return GUINT32_FROM_LE(v);
}

/* What other threads want to know of the configuration. */
static void publish(struct pci_function *f)
{
    if (f->secondary)
        __atomic_store_n(&f->secondary->number, f->config[PCI_SECONDARY_BUS], __ATOMIC_RELAXED);
    __atomic_store_n(&f->master, !!(f->config[PCI_COMMAND] & PCI_COMMAND_MASTER), __ATOMIC_SEQ_CST);
}

void pci_enable_master(struct pci_function *f)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&f->irq_lock);
    f->config[PCI_COMMAND] |= PCI_COMMAND_MASTER;
    publish(f);
    g_mutex_unlock(&f->irq_lock);
    lock_order_leave(LOCK_CONTROLLER);
}

/* Bytes that are to be written; true if some registers decide what is mapped, and have changed. */
static bool change_bytes(struct pci_function *f, unsigned offset, uint32_t value, unsigned size)
{
    bool changed = false;

    for (unsigned i = 0; i < size; i++, value >>= 8) {
        uint8_t *c = &f->config[offset + i], old = *c, w = f->writable[offset + i];
        *c = (old & ~w & ~(value & f->clearable[offset + i])) | (value & w);
        changed |= *c != old;
    }
    publish(f);
    return changed && offset < PCI_HEADER_END;
}

/* The value that is written asks for a reset of the function. */
static bool asks_for_reset(const struct pci_function *f, unsigned offset, uint32_t value, unsigned size)
{
    unsigned at = f->express + PCIE_DEVICE_CONTROL + 1; /* the byte */

    return f->resettable && pci_overlaps(offset, size, at, at + 1) &&
           (value >> 8 * (at - offset) & DEVICE_CONTROL_RESET >> 8);
}

void pci_config_write(struct pci_function *f, unsigned offset, uint32_t value, unsigned size)
{
    if (beyond(f, offset))
        return;
    g_mutex_lock(&f->bus->host->map_lock);
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&f->dev->lock);
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&f->irq_lock);
    bool remap = change_bytes(f, offset, value, size);
    update_line(f);
    g_mutex_unlock(&f->irq_lock);
    lock_order_leave(LOCK_CONTROLLER);
    if (f->msix.n)
        pci_msix_config_written(f, offset, size);
    if (f->ops && f->ops->config_written)
        f->ops->config_written(f, offset, size);
    g_mutex_unlock(&f->dev->lock);
    lock_order_leave(LOCK_DEVICE);
    if (asks_for_reset(f, offset, value, size))
        device_reset_tree(f->dev);
    if (remap)
        pci_remap(f);
    if (f->ops && f->ops->config_settled)
        f->ops->config_settled(f, offset, size);
    g_mutex_unlock(&f->bus->host->map_lock);
}

/* -- Reset and state -- */

void pci_reset(struct pci_function *f)
{
    pci_set_intx(f, false);
    for (unsigned i = 0; i < PCIE_CONFIG_SPACE; i++)
        f->config[i] &= ~(f->writable[i] | f->clearable[i]);
    publish(f);
    unmap_bars(f);
    pci_msix_reset(f);
}

bool pci_loaded(struct pci_function *f, GError **err)
{
    uint8_t *c = f->config;

    if (f->intx_out && !f->intx) {
        fail(err, "a line is driven without an interrupt");
        return false;
    }
    publish(f);
    for (unsigned i = 0; i < PCI_BARS; i++) { /* what no write changes is this function's nature */
        const struct pci_bar *b = &f->bar[i];
        unsigned at = pci_bar_register(f, i);
        if (b->region && (c[at] & ~f->writable[at]) != b->type) {
            fail(err, "BAR %u is of another kind", i);
            return false;
        }
    }
    return true;
}

static const struct state_row msix_fields[] = {
    FIELD_SAME(struct pci_msix, n),
    FIELD_SAME(struct pci_msix, cap),
    FIELD_SAME(struct pci_msix, pba_at),
    FIELD_SAME(struct pci_msix, table_bytes),
    FIELD_KEEP_LIST(struct pci_msix, table, table_bytes), /* pci_msix_reset() */
    FIELD_SAME(struct pci_msix, pba_bytes),
    FIELD_KEEP_LIST(struct pci_msix, pba, pba_bytes),
    FIELD_END,
};

static const struct state_table msix_table = {
    STATE_OF(struct pci_msix),
    .version = 1,
    .rows = msix_fields,
};

static const struct state_row function_fields[] = {
    FIELD_NONE(struct pci_function, dev, "wiring"),
    FIELD_NONE(struct pci_function, ops, "the device type's"),
    FIELD_NONE(struct pci_function, bus, "wiring"),
    FIELD_NONE(struct pci_function, secondary, "wiring"),
    FIELD_SAME(struct pci_function, devfn),
    FIELD_NONE(struct pci_function, next_cap, "of use until the device is made only"),
    FIELD_NONE(struct pci_function, express, "constant"),
    FIELD_NONE(struct pci_function, resettable, "constant"),
    FIELD_NONE(struct pci_function, master, "follows from config"),
    FIELD_NONE(struct pci_function, rom, "a block of memory"),
    FIELD_KEEP_ARRAY(struct pci_function, config), /* pci_reset() */
    FIELD_NONE(struct pci_function, writable, "constant"),
    FIELD_NONE(struct pci_function, clearable, "constant"),
    FIELD_NONE(struct pci_function, bar, "what is mapped follows from config"),
    FIELD_NONE(struct pci_function, irq_lock, "a lock"),
    FIELD_KEEP(struct pci_function, intx),
    FIELD_KEEP(struct pci_function, intx_out),
    FIELD_NONE(struct pci_function, msi, "constant"),
    FIELD_STRUCT(struct pci_function, msix, &msix_table),
    FIELD_NONE(struct pci_function, addr, "a property"),
    FIELD_NONE(struct pci_function, romfile, "a property"),
    FIELD_NONE(struct pci_function, rombar, "a property"),
    FIELD_NONE(struct pci_function, multifunction, "a property"),
    FIELD_END,
};

const struct state_table pci_function_table = {
    STATE_OF(struct pci_function),
    .version = 1,
    .rows = function_fields,
};
