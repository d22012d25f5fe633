/* SPDX-License-Identifier: BSD-2-Clause */
/* Buses: what is called when a device is plugged in and out, by hand of toys that note it. */
#include "input.h"
#include "machine.h"
#include "plug.h"
#include "state.h"

struct toy {
    struct device dev;
    uint8_t address; /* 0: any */
    uint8_t level;
};

static struct machine machine;
static GString *calls;

static void note(const char *what, const struct device *d)
{
    g_string_append_printf(calls, "%s(%s) ", what, d->id ? d->id : "");
}

static void expect(const char *want)
{
    g_assert_cmpstr(calls->str, ==, want);
    g_string_truncate(calls, 0);
}

/* -- Buses -- */

static bool address(struct device *bus, struct device *d, GError **err)
{
    struct toy *t = (struct toy *)d;

    g_assert_false(d->realized);
    note("address", d);
    if (t->address == 13)
        fail(err, "address 13 is nobody's");
    return t->address != 13;
}

static void plug(struct device *bus, struct device *d)
{
    g_assert_true(d->realized);
    note("plug", d);
}

static void unplug(struct device *bus, struct device *d)
{
    note("unplug", d);
}

static const struct bus_type hot = { .name = "hot-bus", .slots = 3, .hotplug = true, .address = address, .plug = plug,
                                     .unplug = unplug };
static const struct bus_type cold = { .name = "cold-bus", .slots = 1 };

/* -- Devices -- */

static bool realize(struct device *d, GError **err)
{
    note("realize", d);
    if (((struct toy *)d)->address == 14)
        fail(err, "address 14 is broken");
    return ((struct toy *)d)->address != 14;
}

static void unrealize(struct device *d)
{
    note("unrealize", d);
}

static const struct property props[] = { PROP(struct toy, address, U8, 0, NULL, ""), PROP_END };
static const struct state_row rows[] = { FIELD(struct toy, level, 0), FIELD_END };
static const struct state_table table = { STATE_OF(struct toy), .version = 1, .rows = rows };

#define TOY(ident, text, on, offers)                                                                                   \
    static const struct device_type ident = { .name = text, .bus = on, .provides_bus = offers, .props = props,         \
                                              .size = sizeof(struct toy), .state = &table, .realize = realize,         \
                                              .unrealize = unrealize }
TOY(root, "root", &no_bus, &hot);
TOY(hub, "hub", &hot, &hot);
TOY(leaf, "leaf", &hot, NULL);
TOY(socket, "socket", &hot, &cold);
TOY(card, "card", &cold, NULL);
const struct device_type *const device_types[] = { &root, &hub, &leaf, &socket, &card, NULL };

/* -- Tests -- */

static struct opts *parse(const char *arg)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(arg, "driver", &err);

    g_assert_no_error(err);
    return o;
}

static void must_plug(const char *arg)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = parse(arg);

    device_plug(&machine, o, &err);
    g_assert_no_error(err);
    opts_free(o);
}

static void refused(const char *arg, const char *why)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = parse(arg);
    guint n = machine.devices->len;

    g_assert_null(device_plug(&machine, o, &err));
    g_assert_cmpstr(err->message, ==, why);
    g_assert_cmpuint(machine.devices->len, ==, n);
    opts_free(o);
}

static void must_unplug(const char *id)
{
    g_autoptr(GError) err = NULL;

    device_unplug(&machine, id, &err);
    g_assert_no_error(err);
}

static void stays(const char *id, const char *why, int code)
{
    g_autoptr(GError) err = NULL;

    g_assert_false(device_unplug(&machine, id, &err));
    g_assert_cmpstr(err->message, ==, why);
    g_assert_cmpint(err->code, ==, code);
}

static void begin(void)
{
    struct opts *o = parse("root,id=r");

    machine.devices = g_ptr_array_new();
    g_assert_nonnull(device_add(&machine, o, NULL));
    opts_free(o);
    expect("realize(r) ");
}

static void end(void)
{
    for (guint i = machine.devices->len; i--;)
        device_free(g_ptr_array_index(machine.devices, i));
    g_ptr_array_free(machine.devices, TRUE);
    g_string_truncate(calls, 0);
}

static void add_name(const struct state_object *o, void *opaque)
{
    g_string_append_printf(opaque, "%s ", o->name);
}

/* What snapshots know of. */
static void saved(const char *want)
{
    g_autoptr(GString) names = g_string_new(NULL);

    state_foreach(add_name, names);
    g_assert_cmpstr(names->str, ==, want);
}

static void order(void)
{
    begin();
    must_plug("leaf,id=a");
    expect("address(a) realize(a) plug(a) ");
    saved("r a ");
    must_unplug("a");
    expect("unplug(a) unrealize(a) ");
    saved("r ");
    end();
}

static void tree(void)
{
    begin();
    must_plug("hub,id=h");
    must_plug("leaf,id=x,bus=h.0");
    must_plug("hub,id=y,bus=h.0");
    must_plug("leaf,id=z,bus=y.0");
    expect("address(h) realize(h) plug(h) address(x) realize(x) plug(x) address(y) realize(y) plug(y) address(z) "
           "realize(z) plug(z) ");
    must_unplug("h"); /* what is on its bus goes first, the newest before */
    expect("unplug(z) unrealize(z) unplug(y) unrealize(y) unplug(x) unrealize(x) unplug(h) unrealize(h) ");
    g_assert_cmpuint(machine.devices->len, ==, 1);
    saved("r ");
    end();
}

static void slots(void)
{
    begin();
    must_plug("leaf");
    must_plug("leaf,id=a");
    must_plug("leaf");
    saved("r r.0/0 a r.0/2 ");
    refused("leaf,bus=r.0", "Bus 'r.0' is full");
    refused("leaf", "every hot-bus of this machine is in use");
    must_unplug("a");
    must_plug("leaf"); /* the place is free again, and nobody else's name */
    saved("r r.0/0 r.0/2 r.0/1 ");
    end();
}

static void refusals(void)
{
    begin();
    must_plug("socket,id=s");
    refused("card", "Bus 's.0' does not support hotplugging");
    refused("card,bus=r.0", "Device 'card' can't go on hot-bus bus: expected a cold-bus");
    refused("leaf,bus=x.0", "Bus 'x.0' not found");
    refused("leaf,id=s", "Duplicate device ID 's'");
    refused("root,id=r2", "Device 'root' can not be hotplugged on this machine");
    refused("id=x", "Parameter 'driver' is missing: expected the name of a device; see -device help");
    g_string_truncate(calls, 0);
    refused("leaf,id=u,address=13", "address 13 is nobody's");
    expect("address(u) ");
    refused("leaf,id=u,address=14", "address 14 is broken");
    expect("address(u) realize(u) ");
    saved("r s ");
    stays("nobody", "Device 'nobody' not found", DEVICE_NOT_FOUND);
    stays("r", "Device 'root' can not be hotplugged on this machine", 0);
    end();
}

static GString *gone;

static void unplugged(const char *id)
{
    g_string_append_printf(gone, "%s ", id);
}

static void listener(void)
{
    gone = g_string_new(NULL);
    device_unplugged = unplugged;
    begin();
    must_plug("hub,id=h");
    must_plug("leaf,bus=h.0"); /* without a name nobody is told */
    must_plug("leaf,id=l,bus=h.0");
    must_unplug("h");
    g_assert_cmpstr(gone->str, ==, "l h ");
    end();
    g_assert_cmpstr(gone->str, ==, "l h ");
    g_string_free(gone, TRUE);
    device_unplugged = NULL;
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    calls = g_string_new(NULL);
    g_test_add_func("/plug/order", order);
    g_test_add_func("/plug/tree", tree);
    g_test_add_func("/plug/slots", slots);
    g_test_add_func("/plug/refusals", refusals);
    g_test_add_func("/plug/listener", listener);
    int r = g_test_run();
    g_string_free(calls, TRUE);
    return r;
}
