/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP's commands that ask the guest: memory back, statistics of it; keys and pointers. */
#include <linux/input-event-codes.h>
#include <string.h>

#include "balloon.h"
#include "hid.h"
#include "opts.h"
#include "plug.h"
#include "qmp-int.h"

static JsonNode *object_node(JsonObject *o)
{
    JsonNode *n = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(n, o);
    return n;
}

/* -- Memory -- */

JsonNode *qmp_balloon(JsonObject *args, GError **err)
{
    const struct balloon *b = balloon_find(err);
    int64_t bytes = json_object_get_int_member(args, "value");

    if (b && bytes <= 0)
        fail(err, "Parameter 'target' expects a size");
    else if (b)
        b->set(b->opaque, bytes);
    return NULL;
}

JsonNode *qmp_query_balloon(JsonObject *args, GError **err)
{
    const struct balloon *b = balloon_find(err);

    if (!b)
        return NULL;
    JsonObject *o = json_object_new();
    json_object_set_int_member(o, "actual", b->actual(b->opaque));
    return object_node(o);
}

void qmp_balloon_changed(uint64_t actual)
{
    JsonObject *data = json_object_new();

    json_object_set_int_member(data, "actual", actual);
    qmp_event("BALLOON_CHANGE", data);
}

static JsonNode *guest_stats(const struct balloon *b)
{
    static const char *const names[BALLOON_STATS] = {
        "stat-swap-in", "stat-swap-out", "stat-major-faults", "stat-minor-faults", "stat-free-memory", "stat-total-memory",
        "stat-available-memory", "stat-disk-caches", "stat-htlb-pgalloc", "stat-htlb-pgfail",
    };
    uint64_t values[BALLOON_STATS];
    int64_t when;
    JsonObject *o = json_object_new(), *stats = json_object_new();

    b->stats(b->opaque, values, &when);
    for (unsigned i = 0; i < BALLOON_STATS; i++)
        json_object_set_int_member(stats, names[i], values[i]); /* as in QEMU, -1 where the guest did not tell */
    json_object_set_object_member(o, "stats", stats);
    json_object_set_int_member(o, "last-update", when);
    return object_node(o);
}

/* The balloon, if path is its; of other objects no properties are told yet. */
static const struct balloon *object_at(JsonObject *args, GError **err)
{
    const char *path = json_object_get_string_member(args, "path");
    const struct balloon *b = balloon_find(NULL);
    const char *id = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

    if (b && b->id && !strcmp(b->id, id))
        return b;
    g_set_error(err, MYNAH_ERROR, DEVICE_NOT_FOUND, "Device '%s' not found", path);
    return NULL;
}

JsonNode *qmp_qom_get(JsonObject *args, GError **err)
{
    const char *name = json_object_get_string_member(args, "property");
    const struct balloon *b = object_at(args, err);

    if (!b)
        return NULL;
    if (!strcmp(name, "guest-stats"))
        return guest_stats(b);
    if (!strcmp(name, "guest-stats-polling-interval")) {
        uint64_t values[BALLOON_STATS];
        int64_t when;
        JsonNode *n = json_node_new(JSON_NODE_VALUE);
        json_node_set_int(n, b->stats(b->opaque, values, &when));
        return n;
    }
    fail(err, "Property 'virtio-balloon-pci.%s' not found", name);
    return NULL;
}

JsonNode *qmp_qom_set(JsonObject *args, GError **err)
{
    const char *name = json_object_get_string_member(args, "property");
    const struct balloon *b = object_at(args, err);
    JsonNode *value = json_object_get_member(args, "value");

    if (!b)
        return NULL;
    if (strcmp(name, "guest-stats-polling-interval"))
        fail(err, "Property 'virtio-balloon-pci.%s' not found, or not writable", name);
    else if (!JSON_NODE_HOLDS_VALUE(value) || json_node_get_value_type(value) != G_TYPE_INT64 ||
             json_node_get_int(value) < 0 || json_node_get_int(value) > UINT32_MAX)
        fail(err, "timer value must be greater than zero and fit 32 bits");
    else
        b->poll(b->opaque, json_node_get_int(value));
    return NULL;
}

/* -- Keys and pointers -- */

static JsonObject *element(JsonArray *list, unsigned i)
{
    JsonNode *n = json_array_get_element(list, i);

    return JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
}

/* A member of this type; NULL: it is missing or another. */
static JsonNode *member(JsonObject *o, const char *name, GType type)
{
    JsonNode *n = o && json_object_has_member(o, name) ? json_object_get_member(o, name) : NULL;

    return n && JSON_NODE_HOLDS_VALUE(n) && json_node_get_value_type(n) == type ? n : NULL;
}

static const char *text(JsonObject *o, const char *name)
{
    JsonNode *n = member(o, name, G_TYPE_STRING);

    return n ? json_node_get_string(n) : "";
}

static JsonObject *child(JsonObject *o, const char *name)
{
    JsonNode *n = o && json_object_has_member(o, name) ? json_object_get_member(o, name) : NULL;

    return n && JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
}

static JsonArray *list_of(JsonObject *args, const char *name, GError **err)
{
    JsonNode *n = json_object_get_member(args, name);

    if (JSON_NODE_HOLDS_ARRAY(n))
        return json_node_get_array(n);
    fail(err, "Invalid parameter type for '%s', expected: array", name);
    return NULL;
}

/* {"type": "qcode", "data": "a"}: the key's code, or 0 with a message. */
static unsigned key_value(JsonObject *key, GError **err)
{
    unsigned code = !strcmp(text(key, "type"), "qcode") ? hid_key_code(text(key, "data")) : 0;

    if (!code)
        fail(err, "Parameter 'data' does not accept value '%s': expected the qcode of a key", text(key, "data"));
    return code;
}

JsonNode *qmp_send_key(JsonObject *args, GError **err)
{
    JsonArray *keys = list_of(args, "keys", err);
    int64_t hold = json_object_get_int_member_with_default(args, "hold-time", 100);
    unsigned codes[16], n = keys ? json_array_get_length(keys) : 0;

    if (!keys)
        return NULL;
    if (n > ARRAY_SIZE(codes) || hold < 0 || hold > 3600000) {
        fail(err, n > ARRAY_SIZE(codes) ? "too many keys" : "Parameter 'hold-time' expects milliseconds");
        return NULL;
    }
    for (unsigned i = 0; i < n; i++)
        if (!(codes[i] = key_value(element(keys, i), err)))
            return NULL;
    if (!hid_type_keys(codes, n, hold))
        fail(err, "the machine has no keyboard");
    return NULL;
}

/* A button: its code, or 0; of a wheel, its step in *wheel. */
static unsigned button_code(const char *name, int *wheel)
{
    static const struct {
        const char *name;
        unsigned code;
        int wheel;
    } rows[] = { { "left", BTN_LEFT, 0 }, { "middle", BTN_MIDDLE, 0 }, { "right", BTN_RIGHT, 0 }, { "side", BTN_SIDE, 0 },
                 { "extra", BTN_EXTRA, 0 }, { "wheel-up", 0, 1 }, { "wheel-down", 0, -1 } };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        if (strcmp(rows[i].name, name))
            continue;
        *wheel = rows[i].wheel;
        return rows[i].code;
    }
    return 0;
}

static bool send_button(JsonObject *data, GError **err)
{
    int wheel = 0;
    JsonNode *down = member(data, "down", G_TYPE_BOOLEAN);
    unsigned code = button_code(text(data, "button"), &wheel);

    if (!down || (!code && !wheel)) {
        fail(err, "Parameter 'button' does not accept value '%s'", text(data, "button"));
        return false;
    }
    if (code)
        return hid_send(HID_BUTTON, code, json_node_get_boolean(down)) || true;
    return !json_node_get_boolean(down) || hid_send(HID_WHEEL, 0, wheel) || true;
}

static bool send_event(JsonObject *event, GError **err)
{
    const char *type = text(event, "type");
    JsonObject *data = child(event, "data");
    bool absolute = !strcmp(type, "abs");

    if (!strcmp(type, "key")) {
        JsonNode *down = member(data, "down", G_TYPE_BOOLEAN);
        unsigned code = key_value(child(data, "key"), err);
        if (code)
            hid_send(HID_KEY, code, down && json_node_get_boolean(down));
        return code != 0;
    }
    if (!strcmp(type, "btn"))
        return send_button(data, err);
    JsonNode *value = member(data, "value", G_TYPE_INT64);
    bool y = !strcmp(text(data, "axis"), "y");
    if ((!absolute && strcmp(type, "rel")) || !value || (!y && strcmp(text(data, "axis"), "x"))) {
        fail(err, "Parameter 'type' does not accept value '%s'", type);
        return false;
    }
    int64_t at = json_node_get_int(value);
    if (absolute)
        hid_send(y ? HID_AT_Y : HID_AT_X, 0, CLAMP(at, 0, HID_AT_MAX));
    else
        hid_send(y ? HID_MOVE_Y : HID_MOVE_X, 0, CLAMP(at, -HID_AT_MAX, HID_AT_MAX));
    return true;
}

JsonNode *qmp_input_send_event(JsonObject *args, GError **err)
{
    JsonArray *events = list_of(args, "events", err);

    for (unsigned i = 0; events && i < json_array_get_length(events); i++)
        if (!send_event(element(events, i), err))
            return NULL;
    hid_send(HID_SYNC, 0, 0);
    return NULL;
}
