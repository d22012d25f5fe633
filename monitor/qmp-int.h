/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP's two halves: the wire (qmp.c) and the commands (qmp-commands.c). */
#ifndef MYNAH_QMP_INT_H
#define MYNAH_QMP_INT_H

#include <json-glib/json-glib.h>

#include "block-job.h"
#include "types.h"

struct qmp_arg {
    const char *name;
    GType type; /* G_TYPE_STRING, G_TYPE_INT64, G_TYPE_BOOLEAN; G_TYPE_NONE: any */
    bool optional;
};

struct qmp_command {
    const char *name;
    /* The answer, or NULL with *err set; NULL without: an empty object. args is never NULL and has been checked. */
    JsonNode *(*run)(JsonObject *args, GError **err);
    const struct qmp_arg *args; /* ended by name == NULL; NULL: none */
    bool open; /* it takes further arguments, and checks them itself */
};

extern const struct qmp_command qmp_commands[]; /* ended by name == NULL */

/* Tell every client that is ready of an event; data (NULL: none) is the caller's no more. Main loop. */
void qmp_event(const char *name, JsonObject *data);

/* Send BLOCK_IO_ERROR. */
struct block_error;
void qmp_block_error(const struct block_error *e);

/* -- qmp-jobs.c: commands, as qmp_command.run -- */
typedef JsonNode *qmp_run(JsonObject *args, GError **err);
qmp_run qmp_snapshot_save, qmp_snapshot_load, qmp_snapshot_delete, qmp_query_jobs, qmp_job_dismiss;

/* -- qmp-block.c -- */
qmp_run qmp_blockdev_add, qmp_blockdev_del, qmp_blockdev_snapshot_sync, qmp_block_stream, qmp_block_commit,
    qmp_drive_mirror, qmp_drive_backup, qmp_blockdev_mirror, qmp_blockdev_backup, qmp_block_job_cancel,
    qmp_block_job_complete, qmp_block_job_pause, qmp_block_job_resume, qmp_block_job_set_speed, qmp_query_block_jobs;
extern const struct qmp_arg qmp_blockdev_args[], qmp_node_args[], qmp_overlay_args[], qmp_stream_args[],
    qmp_commit_args[], qmp_copy_args[], qmp_job_args[], qmp_job_speed_args[];
/* Tell of it: fn of block_jobs_listen(). */
void qmp_block_job(enum block_job_event e, const struct block_job_info *i);

/* -- qmp-media.c -- */
qmp_run qmp_eject, qmp_blockdev_open_tray, qmp_blockdev_close_tray, qmp_blockdev_remove_medium,
    qmp_blockdev_insert_medium, qmp_blockdev_change_medium, qmp_query_block;
extern const struct qmp_arg qmp_tray_args[], qmp_eject_args[], qmp_insert_args[], qmp_change_args[];

/* Tell of it: fn of block_on_tray(). */
struct block_tray_event;
void qmp_tray(const struct block_tray_event *e);

/* -- qmp-ends.c -- */
qmp_run qmp_netdev_add, qmp_netdev_del, qmp_set_link, qmp_announce_self, qmp_object_add, qmp_object_del;
/* Options that a command's arguments are; opts_free() them. NULL with a message, for a bad id too. */
struct opts *qmp_opts(JsonObject *args, GError **err);
/* Tell of it: net_on_peer of net.h. */
struct net_peer;
void qmp_net_peer(const struct net_peer *peer);

/* -- qmp-guest.c -- */
qmp_run qmp_balloon, qmp_query_balloon, qmp_qom_get, qmp_qom_set, qmp_send_key, qmp_input_send_event;
/* Tell of it: balloon_changed of balloon.h. */
void qmp_balloon_changed(uint64_t actual);

/* What the greeting and query-version say. */
JsonNode *qmp_version(void);

#endif
