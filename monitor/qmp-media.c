/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP's commands and event of media that can be changed, and what drives there are. */
#include <string.h>

#include "block-medium.h"
#include "block.h"
#include "opts.h"
#include "qmp-int.h"

static const char *string(JsonObject *args, const char *name)
{
    return json_object_get_string_member_with_default(args, name, NULL);
}

static struct block *find(JsonObject *args, GError **err)
{
    return block_find_medium(string(args, "device"), string(args, "id"), err);
}

static bool forced(JsonObject *args)
{
    return json_object_get_boolean_member_with_default(args, "force", FALSE);
}

JsonNode *qmp_eject(JsonObject *args, GError **err)
{
    struct block *b = find(args, err);

    if (b)
        block_eject(b, forced(args), err);
    return NULL;
}

JsonNode *qmp_blockdev_open_tray(JsonObject *args, GError **err)
{
    struct block *b = find(args, err);

    if (b)
        block_open_tray(b, forced(args), err);
    return NULL;
}

JsonNode *qmp_blockdev_close_tray(JsonObject *args, GError **err)
{
    struct block *b = find(args, err);

    if (b)
        block_close_tray(b, err);
    return NULL;
}

JsonNode *qmp_blockdev_remove_medium(JsonObject *args, GError **err)
{
    struct block *b = find(args, err);

    if (b)
        block_remove_medium(b, err);
    return NULL;
}

JsonNode *qmp_blockdev_insert_medium(JsonObject *args, GError **err)
{
    struct block *b = find(args, err);

    if (b)
        block_insert_medium(b, string(args, "node-name"), err);
    return NULL;
}

JsonNode *qmp_blockdev_change_medium(JsonObject *args, GError **err)
{
    struct block *b = find(args, err);
    struct block_medium m = { .file = string(args, "filename"), .format = string(args, "format"),
                              .force = forced(args) };
    const char *mode = string(args, "read-only-mode");

    if (b && mode && !block_medium_mode(mode, &m, NULL))
        fail(err, "Parameter 'read-only-mode' does not accept value '%s'", mode);
    else if (b)
        block_change_medium(b, &m, err);
    return NULL;
}

static void add_drive(const struct block_drive_info *d, void *list)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "device", d->device);
    if (d->user)
        json_object_set_string_member(o, "qdev", d->user);
    json_object_set_string_member(o, "type", "unknown");
    json_object_set_boolean_member(o, "locked", d->locked);
    json_object_set_boolean_member(o, "removable", d->removable);
    if (d->has_tray)
        json_object_set_boolean_member(o, "tray_open", d->open);
    if (d->node) {
        JsonObject *in = json_object_new(), *image = json_object_new();
        json_object_set_string_member(in, "node-name", d->node);
        json_object_set_string_member(in, "file", d->file);
        json_object_set_string_member(in, "drv", d->format);
        json_object_set_boolean_member(in, "ro", d->read_only);
        json_object_set_string_member(image, "filename", d->file);
        json_object_set_string_member(image, "format", d->format);
        json_object_set_int_member(image, "virtual-size", d->bytes);
        json_object_set_object_member(in, "image", image);
        json_object_set_object_member(o, "inserted", in);
    }
    json_array_add_object_element(list, o);
}

JsonNode *qmp_query_block(JsonObject *args, GError **err)
{
    JsonArray *list = json_array_new();
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    block_foreach_drive(add_drive, list);
    json_node_take_array(node, list);
    return node;
}

void qmp_tray(const struct block_tray_event *e)
{
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "device", e->device);
    json_object_set_string_member(data, "id", e->id);
    json_object_set_boolean_member(data, "tray-open", e->open);
    qmp_event("DEVICE_TRAY_MOVED", data);
}

/* -- Arguments -- */

#define MAYBE(n, t) { .name = n, .type = t, .optional = true }
#define WHICH MAYBE("device", G_TYPE_STRING), MAYBE("id", G_TYPE_STRING)

const struct qmp_arg qmp_tray_args[] = { WHICH, { .name = NULL } };
const struct qmp_arg qmp_eject_args[] = { WHICH, MAYBE("force", G_TYPE_BOOLEAN), { .name = NULL } };
const struct qmp_arg qmp_insert_args[] = { WHICH, { .name = "node-name", .type = G_TYPE_STRING }, { .name = NULL } };
const struct qmp_arg qmp_change_args[] = {
    WHICH, { .name = "filename", .type = G_TYPE_STRING }, MAYBE("format", G_TYPE_STRING),
    MAYBE("force", G_TYPE_BOOLEAN), MAYBE("read-only-mode", G_TYPE_STRING), { .name = NULL },
};
