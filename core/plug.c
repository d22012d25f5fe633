/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices by name (-device, device_add): which there are, the bus each goes to; device_del. */
#include "plug.h"

#include <stdlib.h>
#include <string.h>

#include "cpus.h"
#include "input.h"
#include "machine.h"

/* -- -device -- */

const struct bus_type no_bus = { .name = "" };

static bool bus_has_room(const struct device *parent)
{
    return parent->children->len < parent->type->provides_bus->slots;
}

static bool slot_is_free(const struct device *parent, unsigned slot)
{
    for (guint i = 0; i < parent->children->len; i++)
        if (((const struct device *)g_ptr_array_index(parent->children, i))->slot == slot)
            return false;
    return true;
}

/* "BASE.3" where a numbered bus begins with "BASE.0": its slot 3. */
static bool names_slot(const struct device *p, const char *name, unsigned *slot)
{
    const char *dot = strrchr(p->bus_name, '.'), *digits = name + (dot + 1 - p->bus_name);
    guint64 n;

    if (strncmp(name, p->bus_name, dot + 1 - p->bus_name) ||
        !g_ascii_string_to_unsigned(digits, 10, 0, UINT_MAX, &n, NULL))
        return false;
    unsigned first = strtoul(dot + 1, NULL, 10);
    *slot = n - first;
    return n >= first && *slot < p->type->provides_bus->slots;
}

/* Who offers the bus of this name; of a numbered one, its slot. */
static struct device *bus_by_name(struct machine *m, const char *name, unsigned *slot)
{
    for (guint i = 0; i < m->devices->len; i++) {
        struct device *p = g_ptr_array_index(m->devices, i);
        if (p->bus_name &&
            (p->type->provides_bus->numbered ? names_slot(p, name, slot) : !strcmp(p->bus_name, name)))
            return p;
    }
    return NULL;
}

/* Who offers the bus of this name, and the first slot to try. NULL with a message if it is none for the device. */
static struct device *named_bus(struct machine *m, const struct device_type *t, const char *name, unsigned *slot,
                                GError **err)
{
    struct device *p = bus_by_name(m, name, slot);

    if (!p)
        fail(err, "Bus '%s' not found", name);
    else if (p->type->provides_bus != t->bus)
        fail(err, "Device '%s' can't go on %s bus: expected a %s", t->name, p->type->provides_bus->name, t->bus->name);
    else if (!bus_has_room(p) || (p->type->provides_bus->numbered && !slot_is_free(p, *slot)))
        fail(err, "Bus '%s' is full", name);
    else
        return p;
    return NULL;
}

/*
 * True if a bus is the one to take before another that has room too: of those that the board has (and numbers by
 * address) the last, of others the first.
 */
static bool is_better(const struct device *p, const struct device *than)
{
    if (!than)
        return true;
    return p->type == than->type && !p->type->bus && p->bus_name && than->bus_name &&
           strverscmp(p->bus_name, than->bus_name) > 0;
}

/* Who offers a bus for it: the best with room. NULL with a message. */
static struct device *free_bus(struct machine *m, const struct device_type *t, GError **err)
{
    struct device *best = NULL;
    bool any = false;

    for (guint i = 0; i < m->devices->len; i++) {
        struct device *p = g_ptr_array_index(m->devices, i);
        if (p->type->provides_bus != t->bus)
            continue;
        if (bus_has_room(p) && is_better(p, best))
            best = p;
        any = true;
    }
    if (best)
        return best;
    if (any)
        fail(err, "every %s of this machine is in use", t->bus->name);
    else
        fail(err, "No '%s' bus found for device '%s'", t->bus->name, t->name);
    return NULL;
}

/* "ID.0", or a name with a running number: "virtio-serial-bus.0", and of numbered buses "ide.0", "ide.6". */
static char *new_bus_name(struct machine *m, const struct device_type *t, const char *id)
{
    const char *end = g_str_has_suffix(t->name, "-device") ? t->name + strlen(t->name) - 7 : t->name + strlen(t->name);
    unsigned n = 0;

    if (id)
        return t->provides_bus->root_name ? g_strdup(id) : g_strdup_printf("%s.0", id);
    for (guint i = 0; i < m->devices->len; i++) {
        const struct device *d = g_ptr_array_index(m->devices, i);
        n += t->provides_bus->plain_name ? !d->id && d->type->provides_bus == t->provides_bus : d->type == t;
    }
    if (t->provides_bus->plain_name)
        return g_strdup_printf("%s.%u", t->provides_bus->plain_name, t->provides_bus->numbered
                                                                         ? n * t->provides_bus->slots : n);
    return g_strdup_printf("%.*s-bus.%u", (int)(end - t->name), t->name, n);
}

struct set_props {
    struct device *d, *inner;
    struct opts *o;
    GError **err;
    bool ok;
};

static bool set_one(const char *key, const char *value, void *opaque)
{
    struct set_props *s = opaque;

    if (!strcmp(key, "driver") || !strcmp(key, "id") || !strcmp(key, "bus"))
        return true;
    bool of_inner = s->inner && !device_has_prop(s->d->type, key) && device_has_prop(s->inner->type, key);
    s->ok = device_set_prop(of_inner ? s->inner : s->d, key, opts_take(s->o, key), s->err);
    return s->ok;
}

/* Devices of QEMU's that fit into such machines and that users may try. */
static const char *const later[] = {
    "virtio-gpu-gl-device", "virtio-gpu-gl-pci",
    "virtio-multitouch-device",
    "virtio-input-host-device", "virtio-crypto-device", "virtio-mem-device", "virtio-pmem-device",
    "virtio-sound-device", "virtio-iommu-device", "vhost-vsock-device", "vhost-user-blk", "vhost-user-fs-device",
    "virtio-vga", "igb", "ne2k_pci", "pcnet",
    "vmxnet3", "tulip", "usb-net",
    "scsi-block", "scsi-generic", "lsi53c895a", "megasas", "usb-bot", "usb-uas",
    "usb-serial", "usb-host", "usb-audio", "usb-ehci", "piix3-usb-uhci",
    "pxb-pcie", "ivshmem-plain",
    "ivshmem-doorbell", "VGA", "bochs-display", "cirrus-vga", "ati-vga", "ramfb", "secondary-vga", "intel-hda",
    "hda-duplex", "AC97", "ES1370", "sdhci-pci", "sd-card", "tpm-tis-device",
    "vfio-pci", "vfio-platform", 
    "virtio-crypto-pci", "virtio-mem-pci", "virtio-pmem-pci",
    "virtio-sound-pci", "virtio-iommu-pci", "vhost-vsock-pci", "vhost-user-blk-pci", "vhost-user-fs-pci",
    "riscv-iommu-pci", "vmcoreinfo", "vmgenid",
    "ipmi-bmc-sim", "generic-sdhci", "can-host-socketcan", "pc-dimm", "nvdimm", NULL,
};

static const struct device_type *find_addable(const char *name, GError **err)
{
    const struct device_type *t = device_type_find(name);
    GPtrArray *names;
    const char *near;

    if (t && t->bus)
        return t;
    if (t) {
        fail(err, "'%s' is part of a board and no pluggable device", name);
        return NULL;
    }
    for (unsigned i = 0; later[i]; i++)
        if (!strcmp(name, later[i])) {
            fail(err, "'%s': QEMU has this device, mynah does not yet", name);
            return NULL;
        }
    names = g_ptr_array_new();
    for (unsigned i = 0; device_types[i]; i++)
        if (device_types[i]->bus) {
            g_ptr_array_add(names, (void *)device_types[i]->name);
            if (device_types[i]->alias)
                g_ptr_array_add(names, (void *)device_types[i]->alias);
        }
    g_ptr_array_add(names, NULL);
    near = nearest_name(name, (const char *const *)names->pdata);
    g_ptr_array_free(names, TRUE);
    fail(err, "'%s' is not a valid device model name%s%s%s", name, near ? " (did you mean '" : "; see -device help",
         near ? near : "", near ? "'?)" : "");
    return NULL;
}

static struct device *by_id(struct machine *m, const char *id)
{
    for (guint i = 0; i < m->devices->len; i++) {
        struct device *d = g_ptr_array_index(m->devices, i);
        if (!g_strcmp0(d->id, id))
            return d;
    }
    return NULL;
}

/*
 * Where a device is to go: *parent is who offers the bus, NULL for one that needs none, *slot the first to try there.
 * False with a message.
 */
static bool find_place(struct machine *m, const struct device_type *t, const char *bus, struct device **parent,
                       unsigned *slot, GError **err)
{
    if (t->bus == &no_bus) {
        if (bus)
            fail(err, "bus=%s: '%s' is on no bus", bus, t->name);
        return !bus;
    }
    *parent = bus ? named_bus(m, t, bus, slot, err) : free_bus(m, t, err);
    return *parent != NULL;
}

/* False with a message if the machine, which is already there, can't have such a device more, or less. */
static bool can_change(const struct device_type *t, const struct device *parent, GError **err)
{
    if (!parent)
        fail(err, "Device '%s' can not be hotplugged on this machine", t->name);
    else if (!device_bus_hotplug(parent))
        fail(err, "Bus '%s' does not support hotplugging", parent->bus_name);
    else if (input_ordered())
        fail(err, "what is plugged in stays as it is: %s",
             input_replaying() ? "this is a replay" : "this is being recorded");
    else
        return true;
    return false;
}

/* Make and plug in. hot: the machine is there already. */
static struct device *add(struct machine *m, struct opts *o, bool hot, GError **err)
{
    const char *name = opts_take(o, "driver"), *id = opts_take(o, "id"), *bus = opts_take(o, "bus");
    const struct device_type *t;
    struct device *parent = NULL;
    unsigned slot = 0;

    if (!name) {
        fail(err, "Parameter 'driver' is missing: expected the name of a device; see -device help");
        return NULL;
    }
    if (!(t = find_addable(name, err)))
        return NULL;
    if (id && by_id(m, id)) {
        fail(err, "Duplicate device ID '%s'", id);
        return NULL;
    }
    if (!find_place(m, t, bus, &parent, &slot, err) || (hot && !can_change(t, parent, err)))
        return NULL;
    struct device *d = device_new(t, m, id);
    d->parent = parent;
    d->slot = slot;
    while (parent && !slot_is_free(parent, d->slot))
        d->slot++;
    struct set_props s = { .d = d, .inner = device_new_inner(d), .o = o, .err = err, .ok = true };
    opts_foreach(o, set_one, &s);
    if (!s.ok || !device_realize(d, err)) {
        device_free(s.inner);
        device_free(d);
        return NULL;
    }
    if (t->provides_bus)
        d->bus_name = new_bus_name(m, s.inner && s.inner->type->provides_bus ? s.inner->type : t, id);
    if (s.inner && s.inner->type->provides_bus) { /* that is the bus that users mean */
        s.inner->bus_name = d->bus_name;
        d->bus_name = g_strdup_printf("%s/%s", d->bus_name, t->provides_bus->name);
    }
    g_ptr_array_add(m->devices, d);
    if (s.inner && !device_plug_inner(s.inner, err)) {
        g_ptr_array_remove(m->devices, d);
        device_free(d);
        return NULL;
    }
    device_reset_tree(d);
    if (hot && parent->type->provides_bus->plugged)
        parent->type->provides_bus->plugged(parent, d);
    return d;
}

struct device *device_add(struct machine *m, struct opts *o, GError **err)
{
    return add(m, o, false, err);
}

/* -- device_add, device_del -- */

struct device *device_plug(struct machine *m, struct opts *o, GError **err)
{
    cpus_pause();
    struct device *d = add(m, o, true, err);
    cpus_resume();
    return d;
}

void (*device_unplugged)(const char *id);

static void remove_device(struct device *d)
{
    while (d->children && d->children->len)
        remove_device(g_ptr_array_index(d->children, d->children->len - 1));
    g_autofree char *id = g_strdup(d->id);
    g_ptr_array_remove(d->machine->devices, d);
    device_free(d);
    if (id && device_unplugged)
        device_unplugged(id);
}

void device_remove(struct device *d)
{
    cpus_pause();
    remove_device(d);
    cpus_resume();
}

bool device_bus_hotplug(const struct device *d)
{
    const struct bus_type *bus = d->type->provides_bus;

    return bus->can_hotplug ? bus->can_hotplug(d) : bus->hotplug;
}

bool device_unplug(struct machine *m, const char *id, GError **err)
{
    struct device *d = by_id(m, id);

    if (!d) {
        g_set_error(err, MYNAH_ERROR, DEVICE_NOT_FOUND, "Device '%s' not found", id);
        return false;
    }
    if (!can_change(d->type, d->parent, err))
        return false;
    const struct bus_type *bus = d->parent->type->provides_bus;
    enum unplug how = bus->unplug_request ? bus->unplug_request(d->parent, d, err) : UNPLUG_NOW;
    if (how == UNPLUG_NOW)
        device_remove(d);
    return how != UNPLUG_REFUSED;
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
            g_string_append_printf(out, "name \"%s\"%s%s%s%s%s, desc \"%s\"\n", t->name, *t->bus->name ? ", bus " : "",
                                   t->bus->name, t->alias ? ", alias \"" : "", t->alias ? t->alias : "",
                                   t->alias ? "\"" : "", t->desc);
    }
}

static void append_props(const struct device_type *t, GString *out)
{
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
}

bool device_help(const char *name, GString *out)
{
    const struct device_type *t = device_type_find(name);

    if (!t)
        return false;
    g_string_append_printf(out, "%s options:\n", t->name);
    append_props(t, out);
    if (t->inner)
        append_props(t->inner, out);
    return true;
}
