/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a device: types by name, properties from text, reset by its table of state. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "cpus.h"
#include "device.h"
#include "machine.h"

/* -- Types -- */

const struct device_type *device_type_find(const char *name)
{
    for (unsigned i = 0; device_types[i]; i++)
        if (!strcmp(device_types[i]->name, name) || !g_strcmp0(device_types[i]->alias, name))
            return device_types[i];
    return NULL;
}

const struct device_type *device_type_by_compatible(const char *compatible)
{
    for (unsigned i = 0; device_types[i]; i++) {
        const char *const *c = device_types[i]->compatible;
        for (; c && *c; c++)
            if (!strcmp(*c, compatible))
                return device_types[i];
    }
    return NULL;
}

/* -- Properties -- */

static const char *const kind_text[] = {
    [PROP_BOOL] = "on or off",
    [PROP_U8] = "a number from 0 to 255",
    [PROP_U16] = "a number from 0 to 65535",
    [PROP_U32] = "a number from 0 to 4294967295",
    [PROP_U64] = "a number",
    [PROP_SIZE] = "a size such as 64k or 1G",
    [PROP_STRING] = "a string",
    [PROP_MAC] = "an address such as 52:54:00:12:34:56",
};

static const struct property *find_prop(const struct device_type *t, const char *name)
{
    for (const struct property *p = t->props; p && p->name; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

/* True: it is one of the kinds that are numbers. */
static bool store_uint(void *at, enum prop_kind kind, uint64_t v)
{
    switch (kind) {
    case PROP_BOOL: *(bool *)at = v; break;
    case PROP_U8: *(uint8_t *)at = v; break;
    case PROP_U16: *(uint16_t *)at = v; break;
    case PROP_U32: *(uint32_t *)at = v; break;
    case PROP_U64:
    case PROP_SIZE: *(uint64_t *)at = v; break;
    default: return false;
    }
    return true;
}

static uint64_t kind_max(enum prop_kind kind)
{
    return kind == PROP_U8 ? UINT8_MAX : kind == PROP_U16 ? UINT16_MAX : kind == PROP_U32 ? UINT32_MAX : UINT64_MAX;
}

static bool parse_mac(const char *s, uint8_t mac[6])
{
    uint8_t m[6];

    if (strlen(s) != 17)
        return false;
    for (unsigned i = 0; i < 6; i++) {
        int hi = g_ascii_xdigit_value(s[3 * i]), lo = g_ascii_xdigit_value(s[3 * i + 1]);
        if (hi < 0 || lo < 0 || (i < 5 && s[3 * i + 2] != ':' && s[3 * i + 2] != '-'))
            return false;
        m[i] = hi << 4 | lo;
    }
    memcpy(mac, m, 6);
    return true;
}

static bool store_object(void *at, const struct prop_object *o, const char *name)
{
    void *found = o->find(name);

    if (found)
        *(void **)at = found;
    return found != NULL;
}

/* Store what the text says; false if it says nothing of the kind. */
static bool store_text(void *at, const struct property *p, const char *value)
{
    uint64_t v;
    bool b;

    switch (p->kind) {
    case PROP_BOOL:
        return parse_bool(value, &b) && store_uint(at, p->kind, b);
    case PROP_U8:
    case PROP_U16:
    case PROP_U32:
    case PROP_U64:
        return parse_uint(value, &v) && v <= kind_max(p->kind) && store_uint(at, p->kind, v);
    case PROP_SIZE:
        return parse_size(value, 'B', &v) && store_uint(at, p->kind, v);
    case PROP_STRING:
        g_free(*(char **)at);
        *(char **)at = g_strdup(value);
        return true;
    case PROP_OBJECT:
        return store_object(at, p->object, value);
    case PROP_MAC:
        return parse_mac(value, at);
    }
    return false;
}

bool device_has_prop(const struct device_type *t, const char *name)
{
    return find_prop(t, name) != NULL;
}

static void fail_no_prop(const struct device_type *t, const char *name, GError **err)
{
    const char *names[64];
    unsigned n = 0;

    for (const struct property *p = t->props; p && p->name && n + 1 < ARRAY_SIZE(names); p++)
        names[n++] = p->name;
    names[n] = NULL;
    const char *near = nearest_name(name, names);
    fail(err, "device %s has no property '%s'%s%s%s", t->name, name, near ? " (did you mean '" : "", near ? near : "",
         near ? "'?)" : "");
}

bool device_set_prop(struct device *d, const char *name, const char *value, GError **err)
{
    const struct property *p = find_prop(d->type, name);

    if (!p) {
        fail_no_prop(d->type, name, err);
        return false;
    }
    if (store_text((char *)d + p->offset, p, value))
        return true;
    fail(err, "device %s: %s='%s': expected %s", d->type->name, name, value,
         p->object ? p->object->expected : kind_text[p->kind]);
    return false;
}

/* -- Life -- */

/* Interfaces without an address of their own get consecutive ones. */
static void next_mac(uint8_t mac[6])
{
    static uint8_t last = 0x56;
    const uint8_t first[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, last++ };

    memcpy(mac, first, 6);
}

/* -global: defaults for devices of a type, in order. */
static struct global {
    const struct device_type *type;
    bool of_inner; /* of the device that comes with one of the type */
    char *name, *value;
} *globals;
static unsigned nglobals;

bool device_add_global(const char *driver, const char *name, const char *value, GError **err)
{
    const struct device_type *t = device_type_find(driver);

    if (!t) {
        fail(err, "there is no device '%s'", driver);
        return false;
    }
    const struct device_type *inner = t->inner && !device_has_prop(t, name) ? t->inner : NULL;
    /* On a device that is never realized, so that a bad value is known now. */
    struct device *probe = device_new(inner ? inner : t, NULL, NULL);
    bool ok = device_set_prop(probe, name, value, err);
    device_free(probe);
    if (!ok)
        return false;
    globals = g_renew(struct global, globals, nglobals + 1);
    globals[nglobals++] = (struct global){ t, inner != NULL, g_strdup(name), g_strdup(value) };
    return true;
}

static void set_globals(struct device *d, const struct device_type *t, bool of_inner)
{
    for (unsigned i = 0; i < nglobals; i++)
        if (globals[i].type == t && globals[i].of_inner == of_inner)
            device_set_prop(d, globals[i].name, globals[i].value, NULL); /* it was checked */
}

struct device *device_new(const struct device_type *t, struct machine *m, const char *id)
{
    struct device *d = g_malloc0(t->size);

    d->type = t;
    d->machine = m;
    d->dma.as = m ? m->as : NULL;
    d->id = g_strdup(id);
    d->dt_node = -1;
    g_mutex_init(&d->lock);
    for (const struct property *p = t->props; p && p->name; p++)
        store_uint((char *)d + p->offset, p->kind, p->dflt);
    set_globals(d, t, false);
    return d;
}

struct device *device_new_inner(struct device *d)
{
    if (!d->type->inner)
        return NULL;
    struct device *in = device_new(d->type->inner, d->machine, NULL);
    in->parent = d;
    set_globals(in, d->type, true);
    return in;
}

bool device_plug_inner(struct device *d, GError **err)
{
    if (!device_realize(d, err)) {
        device_free(d);
        return false;
    }
    g_ptr_array_add(d->machine->devices, d);
    return true;
}

static bool mac_is_unset(const uint8_t *mac)
{
    static const uint8_t zero[6];

    return !memcmp(mac, zero, 6);
}

/* The properties that are the guest's to see; those that name things of the host are not. */
static void identity(const void *obj, GString *out)
{
    const struct device *d = obj;

    for (const struct property *p = d->type->props; p && p->name; p++) {
        const uint8_t *at = (const uint8_t *)d + p->offset;
        switch (p->kind) {
        case PROP_BOOL:
        case PROP_U8: g_string_append_printf(out, "%s=%u ", p->name, *at); break;
        case PROP_U16: g_string_append_printf(out, "%s=%u ", p->name, *(const uint16_t *)at); break;
        case PROP_U32: g_string_append_printf(out, "%s=%" PRIu32 " ", p->name, *(const uint32_t *)at); break;
        case PROP_U64:
        case PROP_SIZE: g_string_append_printf(out, "%s=%" PRIu64 " ", p->name, *(const uint64_t *)at); break;
        case PROP_MAC:
            g_string_append_printf(out, "%s=%02x%02x%02x%02x%02x%02x ", p->name, at[0], at[1], at[2], at[3], at[4],
                                   at[5]);
            break;
        default: break;
        }
    }
}

/* Snapshots know it by its id, or by its place on the bus. */
static void register_state(struct device *d)
{
    const struct device *bus = d->parent;
    g_autofree char *place = bus ? g_strdup_printf("%s/%u", bus->bus_name ? bus->bus_name : bus->id, d->slot) : NULL;

    struct state_object o = {
        .name = d->id ? d->id : place ? place : (char *)d->type->name,
        .table = d->type->state,
        .obj = d,
        .lock = &d->lock,
        .identity = identity,
    };
    if (o.table)
        state_register(&o);
}

/* The kind of bus that it is on, or NULL. */
static const struct bus_type *bus_of(const struct device *d)
{
    return d->parent ? d->parent->type->provides_bus : NULL;
}

bool device_realize(struct device *d, GError **err)
{
    const struct bus_type *bus = bus_of(d);

    for (const struct property *p = d->type->props; p && p->name; p++)
        if (p->kind == PROP_MAC && mac_is_unset((uint8_t *)d + p->offset))
            next_mac((uint8_t *)d + p->offset);
    if (d->type->provides_bus && !d->children)
        d->children = g_ptr_array_new();
    if (bus)
        d->dma = d->parent->dma;
    if (bus && bus->address && !bus->address(d->parent, d, err))
        return false;
    if (d->type->realize && !d->type->realize(d, err))
        return false;
    d->realized = true;
    if (d->parent)
        g_ptr_array_add(d->parent->children, d);
    if (bus && bus->plug)
        bus->plug(d->parent, d);
    register_state(d);
    return true;
}

static void unrealize(struct device *d)
{
    const struct bus_type *bus = bus_of(d);

    state_unregister(d);
    if (bus && bus->unplug)
        bus->unplug(d->parent, d);
    if (d->parent)
        g_ptr_array_remove(d->parent->children, d);
    if (d->type->unrealize)
        d->type->unrealize(d);
}

void device_free(struct device *d)
{
    if (!d)
        return;
    g_assert(!d->children || d->children->len == 0);
    if (d->realized)
        unrealize(d);
    for (const struct property *p = d->type->props; p && p->name; p++)
        if (p->kind == PROP_STRING)
            g_free(*(char **)((char *)d + p->offset));
    if (d->children)
        g_ptr_array_free(d->children, TRUE);
    g_mutex_clear(&d->lock);
    g_free(d->irqs);
    g_free(d->bus_name);
    g_free(d->id);
    g_free(d);
}

void device_reset(struct device *d)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&d->lock);
    if (d->type->state)
        state_reset(d->type->state, d);
    if (d->type->reset)
        d->type->reset(d);
    g_mutex_unlock(&d->lock);
    lock_order_leave(LOCK_DEVICE);
}

struct region *device_add_io(struct device *d, const char *name, const struct io_ops *ops, uint64_t size)
{
    struct region *r = &d->regions[d->nregions];

    g_assert(d->nregions < DEVICE_MAX_REGIONS);
    *r = (struct region){ .name = name, .kind = REGION_IO, .size = size, .ops = ops, .opaque = d, .lock = &d->lock };
    d->nregions++;
    return r;
}

void device_foreach(struct machine *m, void (*fn)(struct device *d, void *opaque), void *opaque)
{
    for (guint i = 0; i < m->devices->len; i++)
        fn(g_ptr_array_index(m->devices, i), opaque);
}

void device_reset_tree(struct device *d)
{
    device_reset(d);
    for (guint i = 0; d->children && i < d->children->len; i++)
        device_reset_tree(g_ptr_array_index(d->children, i));
}

/* -- DMA, messages, time -- */

bool device_dma_enabled(const struct device *d)
{
    return d->dma.as && (!d->dma.enabled || __atomic_load_n(d->dma.enabled, __ATOMIC_SEQ_CST));
}

bool device_dma_read(struct device *d, gpa addr, void *buf, size_t len)
{
    return device_dma_enabled(d) && dma_read(d->dma.as, addr, buf, len);
}

bool device_dma_write(struct device *d, gpa addr, const void *buf, size_t len)
{
    return device_dma_enabled(d) && dma_write(d->dma.as, addr, buf, len);
}

uint8_t *device_dma_map(struct device *d, gpa addr, size_t *len)
{
    return device_dma_enabled(d) ? dma_map(d->dma.as, addr, len) : NULL;
}

bool device_msi(struct device *d, gpa addr, uint32_t data, uint32_t requester)
{
    return device_dma_enabled(d) && bus_msi(d->dma.as, addr, data, requester);
}

uint64_t device_ram_size(const struct device *d)
{
    return d->machine->ram_size;
}

unsigned device_cpu(const struct device *d)
{
    const struct cpu *cpu = cpu_current();

    return cpu ? cpu->index : 0;
}

void device_release_cpu(struct device *d, unsigned cpu, gpa vectors)
{
    struct cpu *c = cpu < d->machine->ncpus ? d->machine->cpus[cpu] : NULL;

    if (c && c->arch->release)
        c->arch->release(c, vectors);
}

bool device_access_is_secure(const struct device *d)
{
    return bus_access_is_secure();
}

bool device_access_is_message(const struct device *d, uint32_t *requester)
{
    return bus_access_is_message(requester);
}

void device_set_time_offset(struct device *d, uint64_t ticks)
{
    struct machine *m = d->machine;

    __atomic_store_n(&m->time_offset, ticks, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < m->ncpus; i++)
        if (m->cpus[i]->arch->time_changed)
            m->cpus[i]->arch->time_changed(m->cpus[i]);
}
