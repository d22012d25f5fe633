/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices by name (-device): which there are, the bus each goes to. */
#include "plug.h"

#include <string.h>

#include "machine.h"

/* -- -device -- */

static bool bus_has_room(const struct device *parent)
{
    unsigned slots = parent->type->bus_slots ? parent->type->bus_slots : 1;

    return parent->children->len < slots;
}

/* The bus by name, or the first with room. NULL with a message. */
static struct device *find_bus(struct machine *m, const struct device_type *t, const char *bus, GError **err)
{
    bool any = false;

    for (guint i = 0; i < m->devices->len; i++) {
        struct device *p = g_ptr_array_index(m->devices, i);
        if (!p->children)
            continue;
        if (bus && p->bus_name && !strcmp(p->bus_name, bus)) {
            if (strcmp(p->type->provides_bus, t->bus)) {
                fail(err, "-device %s: bus '%s' is a %s, expected a %s", t->name, bus, p->type->provides_bus, t->bus);
                return NULL;
            }
            if (!bus_has_room(p)) {
                fail(err, "-device %s: bus '%s' is full", t->name, bus);
                return NULL;
            }
            return p;
        }
        if (!strcmp(p->type->provides_bus, t->bus)) {
            any = true;
            if (!bus && bus_has_room(p))
                return p;
        }
    }
    if (bus)
        fail(err, "-device %s: there is no bus '%s'", t->name, bus);
    else if (any)
        fail(err, "-device %s: every %s of this machine is in use", t->name, t->bus);
    else
        fail(err, "-device %s: this machine has no %s", t->name, t->bus);
    return NULL;
}

/* "ID.0", or the type's name with a running number: "virtio-serial-bus.0". */
static char *new_bus_name(struct machine *m, const struct device_type *t, const char *id)
{
    const char *end = g_str_has_suffix(t->name, "-device") ? t->name + strlen(t->name) - 7 : t->name + strlen(t->name);
    unsigned n = 0;

    if (id)
        return g_strdup_printf("%s.0", id);
    for (guint i = 0; i < m->devices->len; i++)
        n += ((struct device *)g_ptr_array_index(m->devices, i))->type == t;
    return g_strdup_printf("%.*s-bus.%u", (int)(end - t->name), t->name, n);
}

struct set_props {
    struct device *d;
    struct opts *o;
    GError **err;
    bool ok;
};

static bool set_one(const char *key, const char *value, void *opaque)
{
    struct set_props *s = opaque;

    if (!strcmp(key, "driver") || !strcmp(key, "id") || !strcmp(key, "bus"))
        return true;
    s->ok = device_set_prop(s->d, key, opts_take(s->o, key), s->err);
    return s->ok;
}

/* The device of ours that does what "virtio-net" or "virtio-net-pci" do; NULL if there is none. */
static const struct device_type *counterpart(const char *name, size_t len)
{
    g_autofree char *ours = g_strdup_printf("%.*s-device", (int)len, name);
    const struct device_type *t = device_type_find(ours);

    return t && t->bus ? t : NULL;
}

/* Devices of QEMU's that fit into such machines and that users may try. */
static const char *const later[] = {
    "virtio-balloon-device", "virtio-gpu-device", "virtio-gpu-gl-device", "virtio-9p-device", "virtio-scsi-device",
    "virtio-keyboard-device", "virtio-mouse-device", "virtio-tablet-device", "virtio-multitouch-device",
    "virtio-input-host-device", "virtio-crypto-device", "virtio-mem-device", "virtio-pmem-device",
    "virtio-sound-device", "virtio-iommu-device", "vhost-vsock-device", "vhost-user-blk", "vhost-user-fs-device",
    "virtio-gpu", "virtio-vga", "guest-loader", "e1000", "e1000e", "igb", "rtl8139", "ne2k_pci", "pcnet",
    "vmxnet3", "tulip", "usb-net", "nvme", "ahci", "ich9-ahci", "ide-hd", "ide-cd", "scsi-hd", "scsi-cd",
    "scsi-block", "scsi-generic", "lsi53c895a", "megasas", "usb-storage", "usb-kbd", "usb-mouse", "usb-tablet",
    "usb-serial", "usb-host", "usb-hub", "usb-audio", "qemu-xhci", "nec-usb-xhci", "usb-ehci", "piix3-usb-uhci",
    "pcie-root-port", "pcie-pci-bridge", "pci-bridge", "pxb-pcie", "pci-testdev", "edu", "ivshmem-plain",
    "ivshmem-doorbell", "VGA", "bochs-display", "cirrus-vga", "ati-vga", "ramfb", "secondary-vga", "intel-hda",
    "hda-duplex", "AC97", "ES1370", "sdhci-pci", "sd-card", "i6300esb", "pvpanic-pci", "tpm-tis-device",
    "vfio-pci", "vfio-platform", "virtio-serial-pci", "pci-serial", "riscv-iommu-pci", "vmcoreinfo", "vmgenid",
    "ipmi-bmc-sim", "generic-sdhci", "can-host-socketcan", "pc-dimm", "nvdimm", NULL,
};

static const struct device_type *find_addable(const char *name, GError **err)
{
    const struct device_type *t = device_type_find(name), *other;
    const char *pci = strstr(name, "-pci");
    GPtrArray *names;
    const char *near;

    if (t && t->bus)
        return t;
    if (t) {
        fail(err, "-device %s: this device is part of a board and can't be added", name);
        return NULL;
    }
    if (pci) {
        other = counterpart(name, (size_t)(pci - name));
        fail(err, "-device %s: mynah has no PCI yet; %s%s", name, other ? "use " : "see -device help",
             other ? other->name : "");
        return NULL;
    }
    for (unsigned i = 0; later[i]; i++)
        if (!strcmp(name, later[i])) {
            fail(err, "-device %s: QEMU has this device, mynah does not yet", name);
            return NULL;
        }
    names = g_ptr_array_new();
    for (unsigned i = 0; device_types[i]; i++)
        if (device_types[i]->bus)
            g_ptr_array_add(names, (void *)device_types[i]->name);
    g_ptr_array_add(names, NULL);
    other = counterpart(name, strlen(name));
    near = other ? other->name : nearest_name(name, (const char *const *)names->pdata);
    g_ptr_array_free(names, TRUE);
    fail(err, "-device %s: no such device%s%s%s", name, near ? " (did you mean '" : "; see -device help",
         near ? near : "", near ? "'?)" : "");
    return NULL;
}

static bool id_is_free(struct machine *m, const char *id)
{
    for (guint i = 0; i < m->devices->len; i++)
        if (!g_strcmp0(((struct device *)g_ptr_array_index(m->devices, i))->id, id))
            return false;
    return true;
}

struct device *device_add(struct machine *m, struct opts *o, GError **err)
{
    const char *name = opts_take(o, "driver"), *id = opts_take(o, "id"), *bus = opts_take(o, "bus");
    const struct device_type *t;
    struct device *parent = NULL, *d;
    struct set_props s;

    if (!name) {
        fail(err, "-device: expected the name of a device first; see -device help");
        return NULL;
    }
    t = find_addable(name, err);
    if (!t)
        return NULL;
    if (id && !id_is_free(m, id)) {
        fail(err, "-device %s: id '%s' is in use", name, id);
        return NULL;
    }
    if (!*t->bus && bus) {
        fail(err, "-device %s: bus=%s: it is on no bus", name, bus);
        return NULL;
    }
    if (*t->bus && !(parent = find_bus(m, t, bus, err)))
        return NULL;
    d = device_new(t, m, id);
    d->parent = parent;
    if (parent)
        d->dma = parent->dma;
    s = (struct set_props){ d, o, err, true };
    opts_foreach(o, set_one, &s);
    if (!s.ok || !device_realize(d, err)) {
        device_free(d);
        return NULL;
    }
    if (t->provides_bus)
        d->bus_name = new_bus_name(m, t, id);
    if (parent)
        g_ptr_array_add(parent->children, d);
    g_ptr_array_add(m->devices, d);
    device_reset(d);
    return d;
}

/* -- Help -- */

static const char *const kind_short[] = {
    [PROP_BOOL] = "bool", [PROP_U8] = "uint8", [PROP_U16] = "uint16", [PROP_U32] = "uint32", [PROP_U64] = "uint64",
    [PROP_SIZE] = "size", [PROP_STRING] = "str", [PROP_MAC] = "macaddr",
};

void device_list(GString *out)
{
    for (unsigned i = 0; device_types[i]; i++) {
        const struct device_type *t = device_types[i];
        if (t->bus)
            g_string_append_printf(out, "name \"%s\"%s%s, desc \"%s\"\n", t->name, *t->bus ? ", bus " : "", t->bus,
                                   t->desc);
    }
}

bool device_help(const char *name, GString *out)
{
    const struct device_type *t = device_type_find(name);

    if (!t)
        return false;
    g_string_append_printf(out, "%s options:\n", t->name);
    for (const struct property *p = t->props; p && p->name; p++) {
        g_autofree char *left = g_strdup_printf("%s=<%s>", p->name,
                                                p->object ? p->object->kind : kind_short[p->kind]);
        g_string_append_printf(out, "  %-22s - %s", left, p->help ? p->help : "");
        if (p->kind == PROP_BOOL)
            g_string_append_printf(out, " (default: %s)", p->dflt ? "on" : "off");
        else if (p->kind <= PROP_SIZE)
            g_string_append_printf(out, " (default: %" G_GUINT64_FORMAT ")", p->dflt);
        g_string_append_c(out, '\n');
    }
    return true;
}
