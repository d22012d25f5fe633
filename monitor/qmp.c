/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire of QMP: JSON values in a row from the client; a greeting, an answer to each command and
 * events from here. What a client sends is bounded in length and depth.
 */
#include "qmp.h"

#include <errno.h>
#include <string.h>

#include "balloon.h"
#include "block.h"
#include "chardev.h"
#include "machine.h"
#include "net.h"
#include "opts.h"
#include "plug.h"
#include "qmp-int.h"
#include "runstate.h"

#define MESSAGE_MAX (1 * MiB)
#define DEPTH_MAX 64

struct qmp {
    struct chardev *dev;
    bool pretty;
    bool open;
    bool ready;      /* capabilities have been negotiated */
    GString *text;   /* of the value being received */
    unsigned depth;  /* brackets open in it */
    bool in_string, escaped;
    bool skipping;   /* the rest of a bad value, up to the line's end */
};

static GPtrArray *monitors; /* struct qmp * */

/* -- Sending -- */

/*
 * Spaces behind ':' and ',', and none before ':' or in what is empty: there are clients that look for '"return": {}'
 * and the like.
 */
static GString *spaced(const char *json)
{
    GString *s = g_string_new(NULL);
    bool string = false;

    for (const char *p = json; *p; p++) {
        if (string && *p == '\\') /* the next one is no end */
            g_string_append_c(s, *p++);
        else if (*p == '"')
            string = !string;
        if (string || *p != ' ' || p[1] != ':')
            g_string_append_c(s, *p);
        if (!string && (*p == '{' || *p == '[') && p[1 + strspn(p + 1, " \n")] == *p + 2) /* its closing one */
            p += strspn(p + 1, " \n");
        if (!string && (*p == ':' || *p == ',') && !g_ascii_isspace(p[1]))
            g_string_append_c(s, ' ');
    }
    return s;
}

static void send_node(struct qmp *q, JsonNode *node)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, node);
    json_generator_set_pretty(generator, q->pretty);
    json_generator_set_indent(generator, 4);
    g_autofree char *json = json_generator_to_data(generator, NULL);
    g_autoptr(GString) text = spaced(json);

    chardev_write(q->dev, (const uint8_t *)text->str, text->len);
    chardev_write(q->dev, (const uint8_t *)"\r\n", 2);
}

static void send_object(struct qmp *q, JsonObject *o)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, o);
    send_node(q, node);
}

/* The id of a command goes back with its answer. */
static void copy_id(JsonObject *answer, JsonObject *command)
{
    if (command && json_object_has_member(command, "id"))
        json_object_set_member(answer, "id", json_node_copy(json_object_get_member(command, "id")));
}

static void send_error(struct qmp *q, JsonObject *command, const char *class, const char *desc)
{
    JsonObject *answer = json_object_new(), *error = json_object_new();

    json_object_set_string_member(error, "class", class);
    json_object_set_string_member(error, "desc", desc);
    json_object_set_object_member(answer, "error", error);
    copy_id(answer, command);
    send_object(q, answer);
}

static void send_greeting(struct qmp *q)
{
    JsonObject *o = json_object_new(), *body = json_object_new();

    json_object_set_member(body, "version", qmp_version());
    json_object_set_array_member(body, "capabilities", json_array_new());
    json_object_set_object_member(o, "QMP", body);
    send_object(q, o);
}

/* -- Events -- */

static const char *const reasons[] = {
    [SHUTDOWN_HOST] = "host-signal",
    [SHUTDOWN_HOST_RESET] = "host-qmp-system-reset",
    [SHUTDOWN_GUEST] = "guest-shutdown",
    [SHUTDOWN_GUEST_RESET] = "guest-reset",
    [SHUTDOWN_GUEST_PANIC] = "guest-panic",
    [SHUTDOWN_QUIT] = "host-qmp-quit",
};

/* data is shared, and the caller's still. */
static JsonObject *event_object(const char *name, JsonObject *data)
{
    JsonObject *o = json_object_new(), *stamp = json_object_new();
    int64_t now = g_get_real_time();

    json_object_set_int_member(stamp, "seconds", now / 1000000);
    json_object_set_int_member(stamp, "microseconds", now % 1000000);
    json_object_set_object_member(o, "timestamp", stamp);
    json_object_set_string_member(o, "event", name);
    if (data)
        json_object_set_object_member(o, "data", json_object_ref(data));
    return o;
}

void qmp_event(const char *name, JsonObject *data)
{
    for (guint i = 0; monitors && i < monitors->len; i++) {
        struct qmp *q = monitors->pdata[i];
        if (q->open && q->ready)
            send_object(q, event_object(name, data));
    }
    g_clear_pointer(&data, json_object_unref);
}

static void life(enum life_event e, enum shutdown_cause cause, void *opaque)
{
    static const char *const names[] = { [LIFE_STOP] = "STOP",         [LIFE_RESUME] = "RESUME", [LIFE_RESET] = "RESET",
                                         [LIFE_SHUTDOWN] = "SHUTDOWN", [LIFE_POWERDOWN] = "POWERDOWN",
                                         [LIFE_WATCHDOG] = "WATCHDOG" };

    JsonObject *data = NULL;

    if (e == LIFE_WATCHDOG) {
        data = json_object_new();
        json_object_set_string_member(data, "action", watchdog_actions[life_actions.watchdog]);
    }
    if (e == LIFE_RESET || e == LIFE_SHUTDOWN) {
        data = json_object_new();
        json_object_set_boolean_member(data, "guest", shutdown_by_guest(cause));
        json_object_set_string_member(data, "reason", reasons[cause]);
    }
    qmp_event(names[e], data);
}

void qmp_block_error(const struct block_error *e)
{
    static const char *const actions[] = { [BLOCK_ERROR_REPORT] = "report", [BLOCK_ERROR_IGNORE] = "ignore",
                                           [BLOCK_ERROR_STOP] = "stop" };
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "device", e->device);
    json_object_set_string_member(data, "node-name", e->node);
    json_object_set_string_member(data, "operation", e->write ? "write" : "read");
    json_object_set_string_member(data, "action", actions[e->action]);
    json_object_set_boolean_member(data, "nospace", e->error == ENOSPC);
    json_object_set_string_member(data, "reason", g_strerror(e->error));
    qmp_event("BLOCK_IO_ERROR", data);
}

static gboolean send_deleted(gpointer opaque)
{
    g_autofree char *id = opaque, *path = g_strconcat("/machine/peripheral/", id, NULL);
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "device", id);
    json_object_set_string_member(data, "path", path);
    qmp_event("DEVICE_DELETED", data);
    return G_SOURCE_REMOVE;
}

/* As QEMU's, the event comes after the answer to device_del. */
static void unplugged(const char *id)
{
    g_idle_add(send_deleted, g_strdup(id));
}

/* -- Commands -- */

static bool type_fits(JsonNode *node, GType type)
{
    if (type == G_TYPE_NONE)
        return true;
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

static const char *type_name(GType type)
{
    return type == G_TYPE_STRING ? "string" : type == G_TYPE_INT64 ? "integer" : "boolean";
}

static bool check_args(const struct qmp_command *c, JsonObject *args, GError **err)
{
    static const struct qmp_arg none[] = { { .name = NULL } };
    const struct qmp_arg *known = c->args ? c->args : none, *a;
    g_autoptr(GList) names = json_object_get_members(args);

    for (a = known; a->name; a++) {
        if (!json_object_has_member(args, a->name)) {
            if (a->optional)
                continue;
            fail(err, "Parameter '%s' is missing", a->name);
            return false;
        }
        if (!type_fits(json_object_get_member(args, a->name), a->type)) {
            fail(err, "Invalid parameter type for '%s', expected: %s", a->name, type_name(a->type));
            return false;
        }
    }
    for (GList *l = names; l && !c->open; l = l->next) {
        for (a = known; a->name && strcmp(a->name, l->data); a++)
            ;
        if (!a->name) {
            fail(err, "Parameter '%s' is unexpected", (const char *)l->data);
            return false;
        }
    }
    return true;
}

static const struct qmp_command *find(const char *name)
{
    for (const struct qmp_command *c = qmp_commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

/* The command's name, or NULL with a message if the message is not of the form of one. */
static const char *check_form(JsonObject *o, GError **err)
{
    g_autoptr(GList) names = json_object_get_members(o);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        if (strcmp(name, "execute") && strcmp(name, "arguments") && strcmp(name, "id")) {
            fail(err, "QMP input member '%s' is unexpected", name);
            return NULL;
        }
    }
    if (!json_object_has_member(o, "execute")) {
        fail(err, "QMP input lacks member 'execute'");
        return NULL;
    }
    if (!type_fits(json_object_get_member(o, "execute"), G_TYPE_STRING)) {
        fail(err, "QMP input member 'execute' must be a string");
        return NULL;
    }
    if (json_object_has_member(o, "arguments") && !JSON_NODE_HOLDS_OBJECT(json_object_get_member(o, "arguments"))) {
        fail(err, "QMP input member 'arguments' must be an object");
        return NULL;
    }
    return json_object_get_string_member(o, "execute");
}

static void execute(struct qmp *q, JsonObject *o)
{
    static JsonObject *no_args;
    g_autoptr(GError) err = NULL;
    const char *name = check_form(o, &err);

    if (!name) {
        send_error(q, o, "GenericError", err->message);
        return;
    }
    bool negotiation = !strcmp(name, "qmp_capabilities");
    const struct qmp_command *c = find(name);
    if (!c) {
        g_autofree char *desc = g_strdup_printf("The command %s has not been found", name);
        send_error(q, o, "CommandNotFound", desc);
        return;
    }
    if (!q->ready && !negotiation) {
        send_error(q, o, "CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'");
        return;
    }
    if (q->ready && negotiation) {
        send_error(q, o, "CommandNotFound", "Capabilities negotiation is already complete, command ignored");
        return;
    }
    if (!no_args)
        no_args = json_object_new();
    JsonObject *args = json_object_has_member(o, "arguments") ? json_object_get_object_member(o, "arguments") : no_args;
    JsonNode *result = check_args(c, args, &err) ? c->run(args, &err) : NULL;
    if (err) {
        const char *class = g_error_matches(err, MYNAH_ERROR, DEVICE_NOT_FOUND) ? "DeviceNotFound"
                            : g_error_matches(err, MYNAH_ERROR, BALLOON_NONE) ||
                              g_error_matches(err, MYNAH_ERROR, BLOCK_JOB_NOT_ACTIVE) ? "DeviceNotActive"
                                                                              : "GenericError";
        send_error(q, o, class, err->message);
        return;
    }
    q->ready = true;
    JsonObject *answer = json_object_new();
    if (result)
        json_object_set_member(answer, "return", result);
    else
        json_object_set_object_member(answer, "return", json_object_new());
    copy_id(answer, o);
    send_object(q, answer);
}

/* -- Receiving -- */

static void begin_value(struct qmp *q)
{
    g_string_truncate(q->text, 0);
    q->depth = 0;
    q->in_string = q->escaped = false;
}

static void value_done(struct qmp *q)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) err = NULL;

    bool good = json_parser_load_from_data(parser, q->text->str, q->text->len, &err);
    begin_value(q);
    JsonNode *root = good ? json_parser_get_root(parser) : NULL;
    if (!good || !root) {
        g_autofree char *desc = g_strdup_printf("JSON parse error: %s", err ? err->message : "nothing there");
        send_error(q, NULL, "GenericError", desc);
    } else if (!JSON_NODE_HOLDS_OBJECT(root)) {
        send_error(q, NULL, "GenericError", "QMP input must be a JSON object");
    } else {
        execute(q, json_node_get_object(root));
    }
}

static void refuse(struct qmp *q, const char *why)
{
    begin_value(q);
    q->skipping = true;
    send_error(q, NULL, "GenericError", why);
}

/* True if c ends the value that text holds. Values other than objects and lists end with their line. */
static bool ends_value(struct qmp *q, char c)
{
    if (q->in_string) {
        if (q->escaped)
            q->escaped = false;
        else if (c == '\\')
            q->escaped = true;
        else if (c == '"')
            q->in_string = false;
        return false;
    }
    switch (c) {
    case '"':
        q->in_string = true;
        return false;
    case '{':
    case '[':
        q->depth++;
        return false;
    case '}':
    case ']':
        if (q->depth)
            q->depth--;
        return !q->depth;
    }
    return false;
}

static void receive_byte(struct qmp *q, uint8_t c)
{
    if (c == 0xff) { /* a client's way to make sure that we listen */
        begin_value(q);
        q->skipping = false;
        return;
    }
    if (c == '\n' && (q->skipping || (q->text->len && !q->depth))) {
        if (!q->skipping)
            value_done(q);
        q->skipping = false;
        return;
    }
    if (q->skipping || (!q->text->len && g_ascii_isspace(c)))
        return;
    g_string_append_c(q->text, c);
    bool end = ends_value(q, c);
    if (q->depth > DEPTH_MAX)
        refuse(q, "JSON parse error: nested too deeply");
    else if (q->text->len > MESSAGE_MAX)
        refuse(q, "JSON parse error: too long");
    else if (end)
        value_done(q);
}

static size_t can_read(void *opaque)
{
    return the_machine ? 4096 : 0;
}

static void receive(void *opaque, const uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++)
        receive_byte(opaque, buf[i]);
}

static void event(void *opaque, enum chardev_event e)
{
    struct qmp *q = opaque;

    if (e == CHARDEV_OPENED) {
        begin_value(q);
        q->open = true;
        q->ready = q->skipping = false;
        send_greeting(q);
    } else if (e == CHARDEV_CLOSED) {
        q->open = false;
    }
}

bool qmp_new(struct chardev *c, bool pretty, GError **err)
{
    struct qmp *q = g_new0(struct qmp, 1);
    struct chardev_client client = { .can_read = can_read, .read = receive, .event = event, .opaque = q };

    q->dev = c;
    q->pretty = pretty;
    q->text = g_string_new(NULL);
    if (!monitors) {
        monitors = g_ptr_array_new();
        life_listen(life, NULL);
        device_unplugged = unplugged;
        balloon_changed = qmp_balloon_changed;
        net_on_peer = qmp_net_peer;
    }
    if (!chardev_attach(c, &client, err)) {
        g_string_free(q->text, TRUE);
        g_free(q);
        return false;
    }
    g_ptr_array_add(monitors, q);
    return true;
}
