/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of QMP. */
#include <string.h>

#include "chardev.h"
#include "cpu.h"
#include "machine.h"
#include "monitor-int.h"
#include "opts.h"
#include "qemu-version.h"
#include "qmp-int.h"
#include "runstate.h"
#include "snapshot.h"

static JsonNode *node_of(JsonObject *o)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, o);
    return node;
}

static JsonNode *node_of_list(JsonArray *a)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);
    json_node_take_array(node, a);
    return node;
}

/* -- Versions and names -- */

JsonNode *qmp_version(void)
{
    JsonObject *o = json_object_new(), *number = json_object_new();

    json_object_set_int_member(number, "micro", QEMU_MICRO);
    json_object_set_int_member(number, "minor", QEMU_MINOR);
    json_object_set_int_member(number, "major", QEMU_MAJOR);
    json_object_set_object_member(o, "qemu", number);
    json_object_set_string_member(o, "package", "mynah-" VERSION);
    return node_of(o);
}

static JsonNode *query_version(JsonObject *args, GError **err)
{
    return qmp_version();
}

static JsonNode *query_name(JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();
    if (the_machine->config.guest_name)
        json_object_set_string_member(o, "name", the_machine->config.guest_name);
    return node_of(o);
}

static JsonNode *query_uuid(JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();
    const char *uuid = the_machine->config.uuid;
    json_object_set_string_member(o, "UUID", uuid ? uuid : "00000000-0000-0000-0000-000000000000");
    return node_of(o);
}

static JsonNode *query_kvm(JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();
    json_object_set_boolean_member(o, "enabled", FALSE);
    json_object_set_boolean_member(o, "present", FALSE);
    return node_of(o);
}

static JsonNode *query_commands(JsonObject *args, GError **err)
{
    JsonArray *list = json_array_new();
    for (const struct qmp_command *c = qmp_commands; c->name; c++) {
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "name", c->name);
        json_array_add_object_element(list, o);
    }
    return node_of_list(list);
}

static JsonNode *qmp_capabilities(JsonObject *args, GError **err)
{
    if (json_object_has_member(args, "enable")) {
        JsonNode *list = json_object_get_member(args, "enable");
        if (!JSON_NODE_HOLDS_ARRAY(list)) {
            fail(err, "Invalid parameter type for 'enable', expected: array");
            return NULL;
        }
        if (json_array_get_length(json_node_get_array(list)))
            fail(err, "there is no capability that could be enabled");
    }
    return NULL;
}

/* -- The machine's life -- */

static JsonNode *query_status(JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();
    json_object_set_string_member(o, "status", vm_state());
    json_object_set_boolean_member(o, "running", vm_running());
    return node_of(o);
}

static JsonNode *stop(JsonObject *args, GError **err)
{
    vm_stop("paused");
    return NULL;
}

static JsonNode *cont(JsonObject *args, GError **err)
{
    life_settle();
    if (migration_awaited())
        migration_go_on();
    else if (vm_needs_reset())
        fail(err, "Resetting the Virtual Machine is required");
    else
        vm_start();
    return NULL;
}

static JsonNode *system_reset(JsonObject *args, GError **err)
{
    request_reset(SHUTDOWN_HOST_RESET);
    life_settle(); /* clients know the event before the answer, as QEMU's */
    return NULL;
}

static JsonNode *system_powerdown(JsonObject *args, GError **err)
{
    request_powerdown();
    life_settle();
    return NULL;
}

static JsonNode *quit(JsonObject *args, GError **err)
{
    request_shutdown(SHUTDOWN_QUIT, 0);
    life_settle();
    return NULL;
}

static JsonNode *inject_nmi(JsonObject *args, GError **err)
{
    struct cpu *cpu = the_machine->ncpus ? the_machine->cpus[0] : NULL;
    if (cpu && cpu->arch->nmi)
        cpu->arch->nmi(cpu);
    else
        fail(err, "the machine's CPUs have no non-maskable interrupt");
    return NULL;
}

/* -- Migration -- */

static JsonNode *migrate(JsonObject *args, GError **err)
{
    migration_start(json_object_get_string_member(args, "uri"), true, err);
    return NULL;
}

static JsonNode *migrate_incoming(JsonObject *args, GError **err)
{
    migration_incoming(json_object_get_string_member(args, "uri"), err);
    return NULL;
}

static JsonNode *query_migrate(JsonObject *args, GError **err)
{
    const struct migration *m = migration_last();
    JsonObject *o = json_object_new();

    if (m->status == MIGRATION_NONE)
        return node_of(o);
    json_object_set_string_member(o, "status", migration_status_name(m->status));
    if (m->error)
        json_object_set_string_member(o, "error-desc", m->error);
    if (m->status == MIGRATION_COMPLETED && !m->incoming)
        json_object_set_int_member(o, "total-time", m->total_ms);
    return node_of(o);
}

/* -- What there is -- */

static void add_chardev(const char *id, const char *filename, bool open, void *opaque)
{
    JsonObject *o = json_object_new();
    json_object_set_string_member(o, "label", id);
    json_object_set_string_member(o, "filename", filename);
    json_object_set_boolean_member(o, "frontend-open", open);
    json_array_add_object_element(opaque, o);
}

static JsonNode *query_chardev(JsonObject *args, GError **err)
{
    JsonArray *list = json_array_new();
    chardev_foreach(add_chardev, list);
    return node_of_list(list);
}

static JsonNode *human_monitor_command(JsonObject *args, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct hmp h = { .out = out };

    if (json_object_has_member(args, "cpu-index")) {
        int64_t n = json_object_get_int_member(args, "cpu-index");
        if (n < 0 || n >= the_machine->ncpus) {
            fail(err, "Parameter 'cpu-index' expects a CPU number");
            return NULL;
        }
        h.cpu = n;
    }
    hmp_run(&h, json_object_get_string_member(args, "command-line"));
    life_settle();
    g_autofree char *text = g_utf8_make_valid(out->str, out->len);
    JsonNode *node = json_node_new(JSON_NODE_VALUE);
    json_node_set_string(node, text);
    return node;
}

static const struct qmp_arg human_monitor_args[] = {
    { "command-line", G_TYPE_STRING, false },
    { "cpu-index", G_TYPE_INT64, true },
    { NULL, 0, false },
};
static const struct qmp_arg uri_args[] = { { "uri", G_TYPE_STRING, false }, { NULL, 0, false } };
static const struct qmp_arg capabilities_args[] = { { "enable", G_TYPE_NONE, true }, { NULL, 0, false } };

const struct qmp_command qmp_commands[] = {
    { "cont", cont, NULL },
    { "human-monitor-command", human_monitor_command, human_monitor_args },
    { "inject-nmi", inject_nmi, NULL },
    { "migrate", migrate, uri_args },
    { "migrate-incoming", migrate_incoming, uri_args },
    { "qmp_capabilities", qmp_capabilities, capabilities_args },
    { "query-chardev", query_chardev, NULL },
    { "query-commands", query_commands, NULL },
    { "query-kvm", query_kvm, NULL },
    { "query-migrate", query_migrate, NULL },
    { "query-name", query_name, NULL },
    { "query-status", query_status, NULL },
    { "query-uuid", query_uuid, NULL },
    { "query-version", query_version, NULL },
    { "quit", quit, NULL },
    { "stop", stop, NULL },
    { "system_powerdown", system_powerdown, NULL },
    { "system_reset", system_reset, NULL },
    { NULL, NULL, NULL },
};
