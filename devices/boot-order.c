/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot order, for firmware that looks for it in fw_cfg (EDK II, SeaBIOS): a line for each device, its path from the
 * host's buses down in Open Firmware's form. Binding: IEEE 1275's for PCI; the names are those that QEMU gives.
 */
#include "boot-order.h"

#include <inttypes.h>
#include <string.h>

#include "device.h"
#include "devices/pci/pci.h"
#include "fw-cfg.h"
#include "scsi.h"
#include "usb.h"

#define NOT_ASKED_FOR UINT32_MAX /* of property bootindex */

struct entry {
    uint32_t index;
    const struct device *dev;
};

/* -- A step of a path, by the kind of bus that the device is on -- */

static void pci_step(const struct device *d, GString *out)
{
    static const struct {
        unsigned class; /* and subclass */
        const char *name;
    } names[] = { { 0x0100, "scsi" }, { 0x0101, "ide" }, { 0x0200, "ethernet" }, { 0x0604, "pci-bridge" },
                  { 0x0c03, "usb" } };
    const struct pci_bus *bus = device_bus(d);
    const struct pci_function *f = bus->function[d->slot];
    unsigned class = f->config[PCI_CLASS_DEVICE + 1] << 8 | f->config[PCI_CLASS_DEVICE];
    const char *name = NULL;

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].class == class)
            name = names[i].name;
    if (name)
        g_string_append_printf(out, "/%s@%x", name, f->devfn >> 3);
    else
        g_string_append_printf(out, "/pci%02x%02x,%02x%02x@%x", f->config[1], f->config[0], f->config[3], f->config[2],
                               f->devfn >> 3);
    if (f->devfn & 7)
        g_string_append_printf(out, ",%x", f->devfn & 7);
}

static void scsi_step(const struct device *d, GString *out)
{
    const struct scsi_bus *bus = device_bus(d);

    g_string_append_printf(out, "/channel@0/disk@%x,%x", d->slot / (bus->max_lun + 1), d->slot % (bus->max_lun + 1));
}

static void ide_step(const struct device *d, GString *out)
{
    g_string_append_printf(out, "/drive@%x/disk@0", d->slot);
}

/* The hubs on the way are steps, too. */
static void usb_step(const struct device *d, GString *out)
{
    const struct usb_device *u = (const struct usb_device *)d;

    for (unsigned i = 0; i < USB_MAX_DEPTH && u->path[i]; i++)
        g_string_append_printf(out, "/%s@%x", i + 1 < USB_MAX_DEPTH && u->path[i + 1] ? "hub" : "storage", u->path[i]);
}

/* The one disk of a USB stick. */
static void usb_disk_step(const struct device *d, GString *out)
{
    g_string_append(out, "/channel@0/disk@0,0");
}

static const struct {
    const char *bus;
    void (*append)(const struct device *d, GString *out);
} steps[] = {
    { "PCI", pci_step }, { "SCSI", scsi_step }, { "IDE", ide_step }, { "usb-bus", usb_step },
    { "usb-disk", usb_disk_step },
};

/* -- The ends -- */

/* The board's own, at the top. Their ids are their nodes' paths. */
static void append_root(const struct device *d, GString *out)
{
    const char *at = d->id ? strrchr(d->id, '@') : NULL;

    if (!strcmp(d->type->name, "virtio-mmio"))
        g_string_append_printf(out, "/virtio-mmio@%016" PRIx64, at ? g_ascii_strtoull(at + 1, NULL, 16) : 0);
    else
        g_string_append(out, "/pci@ffffffffffffffff"); /* a host without ports has no address of its own */
}

/* What the device itself is, where its bus does not say that. */
static const struct {
    const char *type, *step;
} leaves[] = {
    { "virtio-blk-device", "/disk@0,0" }, { "nvme", "/namespace@1,0" }, { "virtio-net-device", "/ethernet-phy@0" },
    { "e1000", "/ethernet-phy@0" },
    { "e1000e", "/ethernet-phy@0" },
    { "rtl8139", "/ethernet-phy@0" },
};

static void append_path(const struct device *d, GString *out)
{
    const char *bus = d->parent ? d->parent->type->provides_bus->name : NULL;

    if (!bus) {
        append_root(d, out);
        return;
    }
    append_path(d->parent, out);
    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++)
        if (!strcmp(steps[i].bus, bus))
            steps[i].append(d, out);
    for (unsigned i = 0; i < ARRAY_SIZE(leaves); i++)
        if (!strcmp(leaves[i].type, d->type->name))
            g_string_append(out, leaves[i].step);
}

/* -- All of it -- */

static void collect(struct device *d, void *opaque)
{
    for (const struct property *p = d->type->props; p && p->name; p++) {
        struct entry e = { .index = NOT_ASKED_FOR, .dev = d };
        if (strcmp(p->name, "bootindex") || p->kind != PROP_U32)
            continue;
        memcpy(&e.index, (const char *)d + p->offset, sizeof(e.index));
        if (e.index != NOT_ASKED_FOR)
            g_array_append_val((GArray *)opaque, e);
    }
}

static gint by_index(gconstpointer a, gconstpointer b)
{
    const struct entry *x = a, *y = b;

    return x->index < y->index ? -1 : x->index > y->index;
}

bool boot_order_offer(struct machine *m, GError **err)
{
    struct device *fw_cfg = fw_cfg_find(m);
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct entry));
    g_autoptr(GString) text = g_string_new(NULL);

    if (!fw_cfg)
        return true;
    device_foreach(m, collect, list);
    g_array_sort(list, by_index);
    for (guint i = 0; i < list->len; i++) {
        const struct entry *e = &g_array_index(list, struct entry, i);
        if (i && e[-1].index == e->index) {
            fail(err, "bootindex=%u: two devices have it", e->index);
            return false;
        }
        if (i)
            g_string_append_c(text, '\n');
        append_path(e->dev, text);
    }
    return fw_cfg_add_file(fw_cfg, "bootorder", text->str, list->len ? text->len + 1 : 0, err);
}
