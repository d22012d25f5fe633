/* SPDX-License-Identifier: BSD-2-Clause */
/* What the monitor's files share: commands, their output, expressions, line editing. */
#ifndef MYNAH_MONITOR_INT_H
#define MYNAH_MONITOR_INT_H

#include <glib.h>

#include "types.h"

struct cpu;
struct line_editor;

/* Who runs commands: a person at a monitor, gdb, or a program by QMP. */
struct hmp {
    unsigned cpu;               /* the CPU that x, print and info registers mean */
    GString *out;               /* what commands print, lines ended by \n */
    struct line_editor *editor; /* NULL: there is no history */
};

/* -- monitor-commands.c -- */
/* Carry out one line. Main loop. */
void hmp_run(struct hmp *h, const char *line);
/* Names that begin like the last word of line[0 .. len), for the tab key; g_free() the array and each. */
GPtrArray *hmp_complete(const char *line, size_t len);

/* The CPU that commands mean; NULL, and said so in out, if the machine has none. */
struct cpu *hmp_cpu(struct hmp *h);

struct hmp_command {
    const char *name, *alias;
    const char *args, *help; /* as "help" shows them */
    void (*run)(struct hmp *h, char *args);
};

/* -- monitor-info.c -- */
extern const struct hmp_command info_commands[]; /* ended by name == NULL */

/* -- monitor-memory.c: x, xp, print, memsave, pmemsave -- */
void hmp_examine(struct hmp *h, char *args);
void hmp_examine_physical(struct hmp *h, char *args);
void hmp_print(struct hmp *h, char *args);
void hmp_save(struct hmp *h, char *args);
void hmp_save_physical(struct hmp *h, char *args);
/* The value of an expression; *p goes behind it. False with a message. */
bool hmp_expression(struct cpu *cpu, const char **p, uint64_t *value, GError **err);

/* -- monitor-snapshots.c -- */
void hmp_savevm(struct hmp *h, char *args);
void hmp_loadvm(struct hmp *h, char *args);
void hmp_delvm(struct hmp *h, char *args);
void hmp_migrate(struct hmp *h, char *args);
void hmp_migrate_incoming(struct hmp *h, char *args);
void hmp_info_snapshots(struct hmp *h, char *args);
void hmp_info_state_hash(struct hmp *h, char *args);
void hmp_info_migrate(struct hmp *h, char *args);

/* -- monitor-devices.c -- */
void hmp_device_add(struct hmp *h, char *args);
void hmp_device_del(struct hmp *h, char *args);
void hmp_block_job_cancel(struct hmp *h, char *args);
void hmp_block_job_complete(struct hmp *h, char *args);
void hmp_block_job_pause(struct hmp *h, char *args);
void hmp_block_job_resume(struct hmp *h, char *args);
void hmp_block_job_set_speed(struct hmp *h, char *args);
void hmp_block_stream(struct hmp *h, char *args);
void hmp_change(struct hmp *h, char *args);
void hmp_drive_add(struct hmp *h, char *args);
void hmp_drive_backup(struct hmp *h, char *args);
void hmp_drive_del(struct hmp *h, char *args);
void hmp_eject(struct hmp *h, char *args);
void hmp_drive_mirror(struct hmp *h, char *args);
void hmp_snapshot_blkdev(struct hmp *h, char *args);
void hmp_info_block_jobs(struct hmp *h, char *args);
void hmp_object_add(struct hmp *h, char *args);
void hmp_object_del(struct hmp *h, char *args);
void hmp_netdev_add(struct hmp *h, char *args);
void hmp_netdev_del(struct hmp *h, char *args);
void hmp_chardev_add(struct hmp *h, char *args);
void hmp_chardev_remove(struct hmp *h, char *args);

/* -- monitor-guest.c -- */
void hmp_balloon(struct hmp *h, char *args);
void hmp_info_balloon(struct hmp *h, char *args);
void hmp_sendkey(struct hmp *h, char *args);
void hmp_mouse_move(struct hmp *h, char *args);
void hmp_mouse_button(struct hmp *h, char *args);
void hmp_mouse_set(struct hmp *h, char *args);
void hmp_info_mice(struct hmp *h, char *args);

/* -- monitor-display.c -- */
void hmp_screendump(struct hmp *h, char *args);
void hmp_info_displays(struct hmp *h, char *args);

/* -- monitor-panel.c -- */
void hmp_gpio(struct hmp *h, char *args);
void hmp_sensor(struct hmp *h, char *args);

/* -- line-editor.c -- */
/* Reads a terminal's bytes, echoes, and hands over lines. */
struct line_editor *line_editor_new(const char *prompt, void (*write)(void *opaque, const char *s, size_t len),
                                    void (*line)(void *opaque, char *line),
                                    GPtrArray *(*complete)(const char *line, size_t len), void *opaque);
void line_editor_input(struct line_editor *e, const uint8_t *buf, size_t len);
/* Begin a new line with the prompt. */
void line_editor_prompt(struct line_editor *e);
/* Forget what has been typed of the line. */
void line_editor_reset(struct line_editor *e);
/* Line i of the history, oldest first, or NULL. */
const char *line_editor_history(const struct line_editor *e, unsigned i);

#endif
