/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP's commands and events of disks: nodes, overlays, block jobs. */
#include <string.h>

#include "block.h"
#include "block-job.h"
#include "opts.h"
#include "plug.h"
#include "qmp-int.h"

static const char *string(JsonObject *args, const char *name)
{
    return json_object_get_string_member_with_default(args, name, NULL);
}

static struct block *find_disk(const char *name, GError **err)
{
    struct block *b = name ? block_find(name) : NULL;

    if (!b)
        g_set_error(err, MYNAH_ERROR, DEVICE_NOT_FOUND, "Cannot find device='%s' nor node-name='%s'", name ? name : "",
                    name ? name : "");
    return b;
}

/* -- Nodes -- */

JsonNode *qmp_blockdev_add(JsonObject *args, GError **err)
{
    struct opts *o = qmp_opts(args, err);

    if (o)
        block_add_blockdev(o, err);
    opts_free(o);
    return NULL;
}

JsonNode *qmp_blockdev_del(JsonObject *args, GError **err)
{
    block_remove_blockdev(string(args, "node-name"), err);
    return NULL;
}

/* mode= of new images. False with a message. */
static bool take_mode(JsonObject *args, bool *create, GError **err)
{
    const char *mode = json_object_get_string_member_with_default(args, "mode", "absolute-paths");

    *create = !strcmp(mode, "absolute-paths");
    if (!*create && strcmp(mode, "existing"))
        fail(err, "Parameter 'mode' does not accept value '%s'", mode);
    return *create || !strcmp(mode, "existing");
}

JsonNode *qmp_blockdev_snapshot_sync(JsonObject *args, GError **err)
{
    const char *device = string(args, "device");
    struct block *b = find_disk(device ? device : string(args, "node-name"), err);
    bool create;

    if (b && take_mode(args, &create, err))
        block_take_overlay(b, string(args, "snapshot-file"), string(args, "format"), create, err);
    return NULL;
}

/* -- Jobs -- */

/* What all that begin jobs take. False with a message. */
static bool take_job(JsonObject *args, struct block_job_wish *w, GError **err)
{
    static const char *const reactions[] = { "on-error", "on-source-error", "on-target-error" };
    int64_t speed = json_object_get_int_member_with_default(args, "speed", 0);

    for (unsigned i = 0; i < ARRAY_SIZE(reactions); i++)
        if (g_strcmp0(json_object_get_string_member_with_default(args, reactions[i], "report"), "report")) {
            fail(err, "Parameter '%s' expects report: mynah does not yet have others", reactions[i]);
            return false;
        }
    if (!json_object_get_boolean_member_with_default(args, "auto-finalize", TRUE) ||
        !json_object_get_boolean_member_with_default(args, "auto-dismiss", TRUE)) {
        fail(err, "Parameters 'auto-finalize' and 'auto-dismiss' expect true: mynah does not yet have others");
        return false;
    }
    if (speed < 0) {
        fail(err, "Parameter 'speed' expects a non-negative value");
        return false;
    }
    w->id = string(args, "job-id");
    w->speed = speed;
    return (w->disk = find_disk(string(args, "device"), err)) != NULL;
}

static JsonNode *start(JsonObject *args, struct block_job_wish *w, GError **err)
{
    if (take_job(args, w, err))
        block_job_start(w, err);
    return NULL;
}

static const char *either(JsonObject *args, const char *a, const char *b)
{
    return string(args, a) ? string(args, a) : string(args, b);
}

JsonNode *qmp_block_stream(JsonObject *args, GError **err)
{
    struct block_job_wish w = { .type = BLOCK_JOB_STREAM, .base = either(args, "base", "base-node"),
                                .note = string(args, "backing-file") };

    return start(args, &w, err);
}

JsonNode *qmp_block_commit(JsonObject *args, GError **err)
{
    struct block_job_wish w = { .type = BLOCK_JOB_COMMIT, .base = either(args, "base", "base-node"),
                                .top = either(args, "top", "top-node"), .note = string(args, "backing-file") };

    return start(args, &w, err);
}

static JsonNode *copy(JsonObject *args, enum block_job_type type, bool node, GError **err)
{
    static const char *const names[] = { "full", "top", "none" };
    struct block_job_wish w = { .type = type, .format = string(args, "format") };
    const char *sync = string(args, "sync"), *target = string(args, "target");
    unsigned i = 0;

    while (i < ARRAY_SIZE(names) && strcmp(sync, names[i]))
        i++;
    if (i == ARRAY_SIZE(names)) {
        fail(err, "Parameter 'sync' does not accept value '%s'", sync);
        return NULL;
    }
    w.sync = i;
    if (node)
        w.target_node = target;
    else
        w.target = target;
    return node || take_mode(args, &w.create, err) ? start(args, &w, err) : NULL;
}

JsonNode *qmp_drive_mirror(JsonObject *args, GError **err)
{
    return copy(args, BLOCK_JOB_MIRROR, false, err);
}

JsonNode *qmp_drive_backup(JsonObject *args, GError **err)
{
    return copy(args, BLOCK_JOB_BACKUP, false, err);
}

JsonNode *qmp_blockdev_mirror(JsonObject *args, GError **err)
{
    return copy(args, BLOCK_JOB_MIRROR, true, err);
}

JsonNode *qmp_blockdev_backup(JsonObject *args, GError **err)
{
    return copy(args, BLOCK_JOB_BACKUP, true, err);
}

static struct block_job *find_job(JsonObject *args, GError **err)
{
    const char *id = string(args, "device");
    struct block_job *j = block_job_find(id);

    if (!j)
        g_set_error(err, MYNAH_ERROR, BLOCK_JOB_NOT_ACTIVE, "Job '%s' not found", id);
    return j;
}

JsonNode *qmp_block_job_cancel(JsonObject *args, GError **err)
{
    struct block_job *j = find_job(args, err);

    if (j)
        block_job_cancel(j, json_object_get_boolean_member_with_default(args, "force", FALSE));
    return NULL;
}

JsonNode *qmp_block_job_complete(JsonObject *args, GError **err)
{
    struct block_job *j = find_job(args, err);

    if (j)
        block_job_complete(j, err);
    return NULL;
}

JsonNode *qmp_block_job_pause(JsonObject *args, GError **err)
{
    struct block_job *j = find_job(args, err);

    if (j)
        block_job_pause(j, true);
    return NULL;
}

JsonNode *qmp_block_job_resume(JsonObject *args, GError **err)
{
    struct block_job *j = find_job(args, err);

    if (j)
        block_job_pause(j, false);
    return NULL;
}

JsonNode *qmp_block_job_set_speed(JsonObject *args, GError **err)
{
    struct block_job *j = find_job(args, err);
    int64_t speed = json_object_get_int_member(args, "speed");

    if (j && speed < 0)
        fail(err, "Parameter 'speed' expects a non-negative value");
    else if (j)
        block_job_set_speed(j, speed);
    return NULL;
}

static JsonObject *describe(const struct block_job_info *i)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "type", i->type);
    json_object_set_string_member(o, "device", i->id);
    json_object_set_int_member(o, "len", i->len);
    json_object_set_int_member(o, "offset", i->offset);
    json_object_set_int_member(o, "speed", i->speed);
    return o;
}

static void add_job(const struct block_job_info *i, void *list)
{
    JsonObject *o = describe(i);

    json_object_set_boolean_member(o, "auto-finalize", TRUE);
    json_object_set_boolean_member(o, "auto-dismiss", TRUE);
    json_object_set_string_member(o, "io-status", "ok");
    json_object_set_boolean_member(o, "busy", i->busy);
    json_object_set_boolean_member(o, "paused", i->paused);
    json_object_set_boolean_member(o, "ready", i->ready);
    json_object_set_string_member(o, "status", i->ready ? i->paused ? "standby" : "ready"
                                                        : i->paused ? "paused" : "running");
    json_array_add_object_element(list, o);
}

JsonNode *qmp_query_block_jobs(JsonObject *args, GError **err)
{
    JsonArray *list = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    block_job_foreach(add_job, list);
    json_node_take_array(node, list);
    return node;
}

/* -- Events -- */

static void status(const struct block_job_info *i, const char *name)
{
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "status", name);
    json_object_set_string_member(data, "id", i->id);
    qmp_event("JOB_STATUS_CHANGE", data);
}

void qmp_block_job(enum block_job_event e, const struct block_job_info *i)
{
    static const char *const names[] = { NULL, "BLOCK_JOB_READY", "BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED",
                                         "BLOCK_JOB_COMPLETED" };
    static const char *const before[][2] = { { "created", "running" }, { "ready" }, { "waiting", "pending" },
                                             { "aborting" }, { "aborting" } };

    for (unsigned n = 0; n < 2 && before[e][n]; n++)
        status(i, before[e][n]);
    if (e == BLOCK_JOB_CREATED)
        return;
    JsonObject *data = describe(i);
    if (i->error)
        json_object_set_string_member(data, "error", i->error);
    qmp_event(names[e], data);
    if (e == BLOCK_JOB_READY)
        return;
    status(i, "concluded");
    status(i, "null");
}

/* -- Arguments -- */

#define STRING(n) { .name = n, .type = G_TYPE_STRING }
#define MAYBE_STRING(n) { .name = n, .type = G_TYPE_STRING, .optional = true }
#define MAYBE_INT(n) { .name = n, .type = G_TYPE_INT64, .optional = true }
#define MAYBE_BOOL(n) { .name = n, .type = G_TYPE_BOOLEAN, .optional = true }
#define JOB_ARGS STRING("device"), MAYBE_STRING("job-id"), MAYBE_INT("speed"), MAYBE_BOOL("auto-finalize"), \
    MAYBE_BOOL("auto-dismiss")

const struct qmp_arg qmp_blockdev_args[] = { STRING("driver"), { .name = NULL } };
const struct qmp_arg qmp_node_args[] = { STRING("node-name"), { .name = NULL } };
const struct qmp_arg qmp_overlay_args[] = {
    MAYBE_STRING("device"), MAYBE_STRING("node-name"), STRING("snapshot-file"), MAYBE_STRING("format"),
    MAYBE_STRING("mode"), { .name = NULL },
};
const struct qmp_arg qmp_stream_args[] = {
    JOB_ARGS, MAYBE_STRING("base"), MAYBE_STRING("base-node"), MAYBE_STRING("backing-file"), MAYBE_STRING("on-error"),
    { .name = NULL },
};
const struct qmp_arg qmp_commit_args[] = {
    JOB_ARGS, MAYBE_STRING("base"), MAYBE_STRING("base-node"), MAYBE_STRING("top"), MAYBE_STRING("top-node"),
    MAYBE_STRING("backing-file"), MAYBE_STRING("on-error"), { .name = NULL },
};
const struct qmp_arg qmp_copy_args[] = {
    JOB_ARGS, STRING("target"), STRING("sync"), MAYBE_STRING("format"), MAYBE_STRING("mode"),
    MAYBE_STRING("on-source-error"), MAYBE_STRING("on-target-error"), { .name = NULL },
};
const struct qmp_arg qmp_job_args[] = { STRING("device"), MAYBE_BOOL("force"), { .name = NULL } };
const struct qmp_arg qmp_job_speed_args[] = {
    STRING("device"), { .name = "speed", .type = G_TYPE_INT64 }, { .name = NULL },
};
