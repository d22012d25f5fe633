/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jobs of QMP: what a command begins, and goes on after its answer. There are those of snapshots. A job runs from the
 * main loop, and stays known, with how it ended, until it is dismissed. States and their order are QEMU's.
 */
#include <string.h>

#include "block.h"
#include "opts.h"
#include "qmp-int.h"
#include "snapshot.h"

enum job_status { JOB_CREATED, JOB_RUNNING, JOB_WAITING, JOB_PENDING, JOB_ABORTING, JOB_CONCLUDED, JOB_NULL };
static const char *const status_names[] = {
    [JOB_CREATED] = "created",   [JOB_RUNNING] = "running",     [JOB_WAITING] = "waiting", [JOB_PENDING] = "pending",
    [JOB_ABORTING] = "aborting", [JOB_CONCLUDED] = "concluded", [JOB_NULL] = "null",
};

struct job;

struct job_type {
    const char *name;
    bool (*run)(const struct job *j, GError **err);
};

struct job {
    const struct job_type *type;
    enum job_status status;
    char *id, *tag;
    char *vmstate;  /* node that QEMU would put the machine's state into; NULL: not asked for */
    GStrv devices;  /* nodes that are to be part of the snapshot; NULL: not asked for */
    char *error;    /* why it failed, or NULL */
};

static GPtrArray *jobs; /* of struct job, the newest last */

static void job_free(gpointer opaque)
{
    struct job *j = opaque;

    g_free(j->id);
    g_free(j->tag);
    g_free(j->vmstate);
    g_strfreev(j->devices);
    g_free(j->error);
    g_free(j);
}

static struct job *find(const char *id)
{
    for (guint i = 0; jobs && i < jobs->len; i++) {
        struct job *j = g_ptr_array_index(jobs, i);
        if (!strcmp(j->id, id))
            return j;
    }
    return NULL;
}

static void go_to(struct job *j, enum job_status status)
{
    JsonObject *data = json_object_new();

    j->status = status;
    json_object_set_string_member(data, "status", status_names[status]);
    json_object_set_string_member(data, "id", j->id);
    qmp_event("JOB_STATUS_CHANGE", data);
}

/* -- Snapshots -- */

/* A snapshot here has every disk that can be written: false with a message if the job asks for others, or for fewer. */
static bool check_devices(const struct job *j, GError **err)
{
    for (char **d = j->devices; d && *d; d++)
        if (!block_find(*d)) {
            fail(err, "No block device node '%s'", *d);
            return false;
        }
    for (void *disk = NULL; j->devices && snapshot_disks && (disk = snapshot_disks->next(disk));) {
        bool named = false;
        for (char **d = j->devices; *d; d++)
            named |= block_find(*d) == disk;
        if (!named) {
            fail(err, "snapshots have every disk that can be written, and '%s' is not among devices",
                 snapshot_disks->name(disk));
            return false;
        }
    }
    return true;
}

static bool check_nodes(const struct job *j, GError **err)
{
    if (j->vmstate && !block_find(j->vmstate)) {
        fail(err, "vmstate block device '%s' does not exist", j->vmstate);
        return false;
    }
    return check_devices(j, err);
}

static bool run_save(const struct job *j, GError **err)
{
    if (!check_nodes(j, err))
        return false;
    if (snapshot_exists(j->tag)) { /* savevm replaces it */
        fail(err, "Snapshot '%s' already exists in one or more devices", j->tag);
        return false;
    }
    return snapshot_savevm(j->tag, err);
}

static bool run_load(const struct job *j, GError **err)
{
    return check_nodes(j, err) && snapshot_loadvm(j->tag, err);
}

/* Of one that does not exist, as in QEMU, nothing has to be deleted. */
static bool run_delete(const struct job *j, GError **err)
{
    return check_devices(j, err) && (!snapshot_exists(j->tag) || snapshot_delvm(j->tag, err));
}

static const struct job_type save_job = { .name = "snapshot-save", .run = run_save };
static const struct job_type load_job = { .name = "snapshot-load", .run = run_load };
static const struct job_type delete_job = { .name = "snapshot-delete", .run = run_delete };

/* -- Commands -- */

static gboolean carry_out(gpointer opaque)
{
    struct job *j = opaque;
    g_autoptr(GError) err = NULL;

    if (j->type->run(j, &err)) {
        go_to(j, JOB_WAITING);
        go_to(j, JOB_PENDING);
    } else {
        j->error = g_strdup(err->message);
        go_to(j, JOB_ABORTING);
    }
    go_to(j, JOB_CONCLUDED);
    return G_SOURCE_REMOVE;
}

static bool id_ok(const char *id, GError **err)
{
    bool ok = g_ascii_isalpha(*id);

    for (const char *p = id; *p; p++)
        ok &= g_ascii_isalnum(*p) || strchr("-._", *p);
    if (!ok)
        fail(err, "Invalid job ID '%s'", id);
    else if (find(id))
        fail(err, "Job ID '%s' already in use", id);
    return ok && !find(id);
}

/* The list of strings, or NULL with a message. */
static GStrv strings(JsonArray *list, const char *name, GError **err)
{
    guint n = json_array_get_length(list);
    g_auto(GStrv) all = g_new0(char *, n + 1);

    for (guint i = 0; i < n; i++) {
        JsonNode *node = json_array_get_element(list, i);
        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING) {
            fail(err, "Invalid parameter type for '%s', expected: array of strings", name);
            return NULL;
        }
        all[i] = g_strdup(json_node_get_string(node));
    }
    return g_steal_pointer(&all);
}

static JsonNode *begin(const struct job_type *type, JsonObject *args, GError **err)
{
    const char *id = json_object_get_string_member(args, "job-id");
    JsonNode *list = json_object_get_member(args, "devices");
    GStrv devices = NULL;

    if (!id_ok(id, err))
        return NULL;
    if (list && !JSON_NODE_HOLDS_ARRAY(list)) {
        fail(err, "Invalid parameter type for 'devices', expected: array");
        return NULL;
    }
    if (list && !(devices = strings(json_node_get_array(list), "devices", err)))
        return NULL;
    struct job *j = g_new0(struct job, 1);
    j->type = type;
    j->id = g_strdup(id);
    j->tag = g_strdup(json_object_get_string_member(args, "tag"));
    j->vmstate = g_strdup(json_object_get_string_member_with_default(args, "vmstate", NULL));
    j->devices = devices;
    if (!jobs)
        jobs = g_ptr_array_new_with_free_func(job_free);
    g_ptr_array_add(jobs, j);
    go_to(j, JOB_CREATED);
    go_to(j, JOB_RUNNING);
    g_idle_add(carry_out, j);
    return NULL;
}

JsonNode *qmp_snapshot_save(JsonObject *args, GError **err)
{
    return begin(&save_job, args, err);
}

JsonNode *qmp_snapshot_load(JsonObject *args, GError **err)
{
    return begin(&load_job, args, err);
}

JsonNode *qmp_snapshot_delete(JsonObject *args, GError **err)
{
    return begin(&delete_job, args, err);
}

JsonNode *qmp_query_jobs(JsonObject *args, GError **err)
{
    JsonArray *list = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    for (guint i = jobs ? jobs->len : 0; i--;) {
        const struct job *j = g_ptr_array_index(jobs, i);
        JsonObject *o = json_object_new();
        json_object_set_int_member(o, "current-progress", j->status == JOB_CONCLUDED);
        json_object_set_string_member(o, "status", status_names[j->status]);
        json_object_set_int_member(o, "total-progress", 1);
        json_object_set_string_member(o, "type", j->type->name);
        json_object_set_string_member(o, "id", j->id);
        if (j->error)
            json_object_set_string_member(o, "error", j->error);
        json_array_add_object_element(list, o);
    }
    json_node_take_array(node, list);
    return node;
}

JsonNode *qmp_job_dismiss(JsonObject *args, GError **err)
{
    struct job *j = find(json_object_get_string_member(args, "id"));

    if (!j) {
        fail(err, "Job not found");
    } else if (j->status != JOB_CONCLUDED) {
        fail(err, "Job '%s' in state '%s' cannot accept command verb 'dismiss'", j->id, status_names[j->status]);
    } else {
        go_to(j, JOB_NULL);
        g_ptr_array_remove(jobs, j);
    }
    return NULL;
}
