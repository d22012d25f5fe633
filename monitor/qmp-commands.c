/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of QMP. */
#include <string.h>

#include "chardev.h"
#include "clock.h"
#include "cpu.h"
#include "display.h"
#include "machine.h"
#include "monitor-int.h"
#include "net.h"
#include "opts.h"
#include "plug.h"
#include "qemu-version.h"
#include "qmp-int.h"
#include "replay.h"
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

/* -- Devices -- */

static JsonNode *device_add_command(JsonObject *args, GError **err)
{
    struct opts *o = qmp_opts(args, err);

    if (o)
        device_plug(the_machine, o, err);
    opts_free(o);
    return NULL;
}

static JsonNode *device_del(JsonObject *args, GError **err)
{
    device_unplug(the_machine, json_object_get_string_member(args, "id"), err);
    return NULL;
}

/* -- Displays -- */

static JsonNode *screendump(JsonObject *args, GError **err)
{
    const char *device = json_object_get_string_member_with_default(args, "device", NULL);
    const char *name = json_object_get_string_member_with_default(args, "format", "ppm");
    int format = 0;

    while (display_formats[format] && strcmp(display_formats[format], name))
        format++;
    if (!display_formats[format])
        fail(err, "Parameter 'format' does not accept value '%s'", name);
    else if (json_object_has_member(args, "head") && !device)
        fail(err, "'head' must be specified together with 'device'");
    else if (json_object_get_int_member_with_default(args, "head", 0) != 0)
        fail(err, "Parameter 'head' expects 0: a display has one head");
    else
        display_dump(device, json_object_get_string_member(args, "filename"), format, err);
    return NULL;
}

/* -- Recordings -- */

static JsonNode *query_replay(JsonObject *args, GError **err)
{
    static const char *const modes[] = { [REPLAY_NONE] = "none", [REPLAY_RECORD] = "record", [REPLAY_PLAY] = "play" };
    JsonObject *o = json_object_new();
    const char *file;

    json_object_set_string_member(o, "mode", modes[replay_under_way(&file)]);
    if (file)
        json_object_set_string_member(o, "filename", file);
    json_object_set_int_member(o, "icount", icount.on ? clock_icount() : 0);
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
    { .name = "command-line", .type = G_TYPE_STRING },
    { .name = "cpu-index", .type = G_TYPE_INT64, .optional = true },
    { .name = NULL },
};
static const struct qmp_arg uri_args[] = { { .name = "uri", .type = G_TYPE_STRING }, { .name = NULL } };
static const struct qmp_arg id_args[] = { { .name = "id", .type = G_TYPE_STRING }, { .name = NULL } };
/* QEMU wants to know where to; here all goes to one folder. */
static const struct qmp_arg snapshot_args[] = {
    { .name = "job-id", .type = G_TYPE_STRING },
    { .name = "tag", .type = G_TYPE_STRING },
    { .name = "vmstate", .type = G_TYPE_STRING, .optional = true },
    { .name = "devices", .type = G_TYPE_NONE, .optional = true },
    { .name = NULL },
};
static const struct qmp_arg screendump_args[] = {
    { .name = "filename", .type = G_TYPE_STRING },
    { .name = "device", .type = G_TYPE_STRING, .optional = true },
    { .name = "head", .type = G_TYPE_INT64, .optional = true },
    { .name = "format", .type = G_TYPE_STRING, .optional = true },
    { .name = NULL },
};
static const struct qmp_arg netdev_args[] = {
    { .name = "type", .type = G_TYPE_STRING },
    { .name = "id", .type = G_TYPE_STRING },
    { .name = NULL },
};
/* How often QEMU repeats the announcements that it makes itself; a guest's own are its affair. */
static const struct qmp_arg announce_args[] = {
    { .name = "initial", .type = G_TYPE_INT64 },
    { .name = "max", .type = G_TYPE_INT64 },
    { .name = "rounds", .type = G_TYPE_INT64 },
    { .name = "step", .type = G_TYPE_INT64 },
    { .name = NULL },
};
static const struct qmp_arg link_args[] = {
    { .name = "name", .type = G_TYPE_STRING },
    { .name = "up", .type = G_TYPE_BOOLEAN },
    { .name = NULL },
};
static const struct qmp_arg object_args[] = {
    { .name = "qom-type", .type = G_TYPE_STRING },
    { .name = "id", .type = G_TYPE_STRING },
    { .name = NULL },
};
static const struct qmp_arg driver_args[] = { { .name = "driver", .type = G_TYPE_STRING }, { .name = NULL } };
static const struct qmp_arg capabilities_args[] = {
    { .name = "enable", .type = G_TYPE_NONE, .optional = true },
    { .name = NULL },
};

static const struct qmp_arg value_args[] = { { .name = "value", .type = G_TYPE_INT64 }, { .name = NULL } };
static const struct qmp_arg events_args[] = {
    { .name = "events", .type = G_TYPE_NONE },
    { .name = "device", .type = G_TYPE_STRING, .optional = true },
    { .name = "head", .type = G_TYPE_INT64, .optional = true },
    { .name = NULL },
};
static const struct qmp_arg keys_args[] = {
    { .name = "keys", .type = G_TYPE_NONE },
    { .name = "hold-time", .type = G_TYPE_INT64, .optional = true },
    { .name = NULL },
};
static const struct qmp_arg qom_args[] = {
    { .name = "path", .type = G_TYPE_STRING },
    { .name = "property", .type = G_TYPE_STRING },
    { .name = NULL },
};
static const struct qmp_arg qom_value_args[] = {
    { .name = "path", .type = G_TYPE_STRING },
    { .name = "property", .type = G_TYPE_STRING },
    { .name = "value", .type = G_TYPE_NONE },
    { .name = NULL },
};

const struct qmp_command qmp_commands[] = {
    { .name = "announce-self", .run = qmp_announce_self, .args = announce_args },
    { .name = "balloon", .run = qmp_balloon, .args = value_args },
    { .name = "block-commit", .run = qmp_block_commit, .args = qmp_commit_args },
    { .name = "block-job-cancel", .run = qmp_block_job_cancel, .args = qmp_job_args },
    { .name = "block-job-complete", .run = qmp_block_job_complete, .args = qmp_job_args },
    { .name = "block-job-pause", .run = qmp_block_job_pause, .args = qmp_job_args },
    { .name = "block-job-resume", .run = qmp_block_job_resume, .args = qmp_job_args },
    { .name = "block-job-set-speed", .run = qmp_block_job_set_speed, .args = qmp_job_speed_args },
    { .name = "block-stream", .run = qmp_block_stream, .args = qmp_stream_args },
    { .name = "blockdev-add", .run = qmp_blockdev_add, .args = qmp_blockdev_args, .open = true },
    { .name = "blockdev-backup", .run = qmp_blockdev_backup, .args = qmp_copy_args },
    { .name = "blockdev-change-medium", .run = qmp_blockdev_change_medium, .args = qmp_change_args },
    { .name = "blockdev-close-tray", .run = qmp_blockdev_close_tray, .args = qmp_tray_args },
    { .name = "blockdev-del", .run = qmp_blockdev_del, .args = qmp_node_args },
    { .name = "blockdev-insert-medium", .run = qmp_blockdev_insert_medium, .args = qmp_insert_args },
    { .name = "blockdev-mirror", .run = qmp_blockdev_mirror, .args = qmp_copy_args },
    { .name = "blockdev-open-tray", .run = qmp_blockdev_open_tray, .args = qmp_eject_args },
    { .name = "blockdev-remove-medium", .run = qmp_blockdev_remove_medium, .args = qmp_tray_args },
    { .name = "blockdev-snapshot-sync", .run = qmp_blockdev_snapshot_sync, .args = qmp_overlay_args },
    { .name = "cont", .run = cont },
    { .name = "device_add", .run = device_add_command, .args = driver_args, .open = true },
    { .name = "device_del", .run = device_del, .args = id_args },
    { .name = "drive-backup", .run = qmp_drive_backup, .args = qmp_copy_args },
    { .name = "drive-mirror", .run = qmp_drive_mirror, .args = qmp_copy_args },
    { .name = "eject", .run = qmp_eject, .args = qmp_eject_args },
    { .name = "human-monitor-command", .run = human_monitor_command, .args = human_monitor_args },
    { .name = "input-send-event", .run = qmp_input_send_event, .args = events_args },
    { .name = "inject-nmi", .run = inject_nmi },
    { .name = "job-dismiss", .run = qmp_job_dismiss, .args = id_args },
    { .name = "migrate", .run = migrate, .args = uri_args },
    { .name = "migrate-incoming", .run = migrate_incoming, .args = uri_args },
    { .name = "qom-get", .run = qmp_qom_get, .args = qom_args },
    { .name = "qom-set", .run = qmp_qom_set, .args = qom_value_args },
    { .name = "netdev_add", .run = qmp_netdev_add, .args = netdev_args, .open = true },
    { .name = "netdev_del", .run = qmp_netdev_del, .args = id_args },
    { .name = "object-add", .run = qmp_object_add, .args = object_args, .open = true },
    { .name = "object-del", .run = qmp_object_del, .args = id_args },
    { .name = "qmp_capabilities", .run = qmp_capabilities, .args = capabilities_args },
    { .name = "query-balloon", .run = qmp_query_balloon },
    { .name = "query-block", .run = qmp_query_block },
    { .name = "query-block-jobs", .run = qmp_query_block_jobs },
    { .name = "query-chardev", .run = query_chardev },
    { .name = "query-commands", .run = query_commands },
    { .name = "query-jobs", .run = qmp_query_jobs },
    { .name = "query-kvm", .run = query_kvm },
    { .name = "query-migrate", .run = query_migrate },
    { .name = "query-name", .run = query_name },
    { .name = "query-replay", .run = query_replay },
    { .name = "query-status", .run = query_status },
    { .name = "query-uuid", .run = query_uuid },
    { .name = "query-version", .run = query_version },
    { .name = "quit", .run = quit },
    { .name = "screendump", .run = screendump, .args = screendump_args },
    { .name = "send-key", .run = qmp_send_key, .args = keys_args },
    { .name = "set_link", .run = qmp_set_link, .args = link_args },
    { .name = "snapshot-delete", .run = qmp_snapshot_delete, .args = snapshot_args },
    { .name = "snapshot-load", .run = qmp_snapshot_load, .args = snapshot_args },
    { .name = "snapshot-save", .run = qmp_snapshot_save, .args = snapshot_args },
    { .name = "stop", .run = stop },
    { .name = "system_powerdown", .run = system_powerdown },
    { .name = "system_reset", .run = system_reset },
    { .name = NULL },
};
