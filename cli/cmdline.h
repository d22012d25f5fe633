/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: a table of options, the occurrences of them, and what they say. Options are
 * carried out phase by phase, in their order within a phase, so that their order on the command line
 * does not matter where one needs another.
 */
#ifndef MYNAH_CMDLINE_H
#define MYNAH_CMDLINE_H

#include <glib.h>

#include "machine.h"
#include "opts.h"

struct cmdline;

enum phase {
    PHASE_SETTINGS, /* fill struct cmdline and the engine's configuration; nothing is opened */
    PHASE_LOG,
    PHASE_CHARDEV,
    PHASE_BLOCKDEV,
    PHASE_DRIVE,
    PHASE_NET,
    PHASE_PORT,     /* serial ports and monitors: character devices in the short form */
    PHASE_MON,      /* monitors on -chardev */
    PHASE_FW_CFG,   /* the machine exists */
    PHASE_DEVICE,
    PHASE_GDB,
    PHASE_COUNT,
};

enum option_group { G_MACHINE, G_BOOT, G_STORAGE, G_NET, G_CHAR, G_DISPLAY, G_DEBUG, G_PROCESS, G_COUNT };

struct option {
    const char *name; /* without dashes */
    bool arg;         /* takes an argument */
    enum phase phase;
    /* Carry out one occurrence. False with a message. NULL: an option of QEMU's that is still to come. */
    bool (*run)(struct cmdline *c, const char *arg, GError **err);
    /* "help" as the argument or in it: what can be chosen. False: not asked for here. NULL: there is no list. */
    bool (*list)(struct cmdline *c, const struct option *o, const char *arg, GString *out);
    enum option_group group;
    const char *form, *help; /* for --help; NULL form: not listed (a second name) */
};

struct occurrence {
    const struct option *option;
    const char *arg; /* NULL if the option takes none */
};

struct cmdline {
    const char *system;       /* of mynah-system-NAME, or NULL */
    bool as_qemu;             /* started by QEMU's name: the version is told as scripts parse QEMU's */
    GArray *list;             /* struct occurrence */
    struct machine_config config;
    struct opts *machine, *smp, *memory; /* merged over their occurrences */
    struct opts *rtc, *icount, *name;
    unsigned rr;              /* -icount rr=: enum replay_mode */
    const char *rrfile;
    const char *rrsnapshot;   /* rrsnapshot=, or NULL */
    GPtrArray *accels;        /* struct opts *, one an -accel */
    GPtrArray *numa;          /* struct opts *, one a -numa; NULL: none */
    const char *mem_path;     /* -mem-path, or NULL */
    bool mem_prealloc;
    const char *process_name;
    const char *pidfile;
    const char *loadvm;       /* -loadvm, or NULL */
    bool daemonize, held, nographic, no_defaults, display_none;
    bool default_serial, default_monitor;
    GPtrArray *strings;       /* made here, borrowed by the above */
    GPtrArray *words;         /* of "mynah run", char *: the program's file and its arguments; NULL: no such command */
    unsigned nmonitors;
    bool timestamps;          /* -msg timestamp=on */
    unsigned timeout_ms;      /* -timeout; 0: none */
    GError *list_error;       /* a list was asked for of something that does not exist */
};

/* Every option, ended by name == NULL: options.c. */
extern const struct option option_table[];

/* What is in it before the first option is read. */
void cmdline_init(struct cmdline *c);
/* Free what it holds; nothing made from it is in use any more. */
void cmdline_free(struct cmdline *c);
/* Split argv into occurrences. False with a message. */
bool cmdline_parse(struct cmdline *c, int argc, char **argv, GError **err);
/* Add an option, which there is. */
void cmdline_add(struct cmdline *c, const char *name, const char *arg);
/* Carry out the occurrences of one phase. False with a message that names the option. */
bool cmdline_phase(struct cmdline *c, enum phase phase, GError **err);
/* If an argument asks for a list ("-cpu help"), put it into out and return true. */
bool cmdline_wants_list(struct cmdline *c, GString *out);
/* True if the option occurs. */
bool cmdline_has(const struct cmdline *c, const char *name);
/* The last argument of the option, NULL: it was not given. */
const char *cmdline_last(const struct cmdline *c, const char *name);

/* -- settings.c: what PHASE_SETTINGS collects -- */
typedef bool option_fn(struct cmdline *c, const char *arg, GError **err);
option_fn opt_machine, opt_cpu, opt_smp, opt_memory, opt_accel, opt_icount, opt_rtc, opt_name, opt_uuid, opt_bios,
    opt_kernel, opt_initrd, opt_append, opt_dtb, opt_data_dir, opt_snapshot, opt_nographic, opt_display, opt_vga,
    opt_hold, opt_no_reboot, opt_no_shutdown, opt_action, opt_daemonize, opt_pidfile, opt_nodefaults, opt_ignored,
    opt_echr, opt_msg, opt_overcommit, opt_mem_path, opt_mem_prealloc, opt_global, opt_parallel, opt_count_serial, opt_count_monitor, opt_log,
    opt_log_file, opt_log_filter, opt_object, opt_fsdev, opt_virtfs, opt_snapshot_dir, opt_loadvm, opt_incoming;
/* -- numa.c -- */
option_fn opt_numa;
/* What -numa comes to, into config: after -smp, -m and all objects. False with a message. */
bool numa_resolve(struct cmdline *c, GError **err);

/* -- settings-finish.c: what they come to -- */
/*
 * Options that are merged first: take what was collected for the one that run collects. True without a message if run
 * is no such option's.
 */
bool settings_take(struct cmdline *c, option_fn *run, GError **err);
/* After them all: check what belongs together; fill config and icount, choose the accelerator. */
bool settings_finish(struct cmdline *c, GError **err);
/* Why the accelerator of this name is not to be had. */
void fail_accel(const char *option, const char *name, GError **err);
/* After that: the gate for inputs, and a recording or its replay. */
bool settings_inputs(struct cmdline *c, GError **err);
/* The clock of the guest; after settings_finish() and clock_init(). */
bool settings_rtc(struct cmdline *c, GError **err);

/* -- startup.c: what makes things -- */
option_fn opt_chardev, opt_blockdev, opt_drive, opt_hda, opt_hdb, opt_hdc, opt_hdd, opt_cdrom, opt_pflash, opt_sd, opt_netdev,
    opt_nic, opt_net, opt_serial, opt_monitor, opt_qmp, opt_qmp_pretty, opt_mon, opt_fw_cfg, opt_smbios, opt_device, opt_gdb,
    opt_gdb_short;
/* Carry out every phase after the settings; the machine is complete and reset. NULL with a message. */
struct machine *startup(struct cmdline *c, GError **err);

/* -- accepted.c: options that have little to say here -- */
option_fn opt_boot, opt_keyboard, opt_audio, opt_audiodev, opt_vnc, opt_sandbox, opt_run_with, opt_watchdog_action,
    opt_seed;
/* Take all keys of -boot. False with a message. */
bool boot_check(struct opts *o, GError **err);
/* What a watchdog does; false with a message if there is no such action. */
bool watchdog_action_set(const char *action, GError **err);

/* -- semihost.c -- */
option_fn opt_semihosting, opt_semihosting_config;
/* What the calls tell of the machine: its arguments unless some were given, and where there is room for a heap. */
void semihost_describe(struct cmdline *c, struct machine *m);

/* The id of the console's character device, or NULL. */
const char *semihost_chardev(void);

/* -- ends.c -- */
option_fn opt_exit_on, opt_timeout;
/* The machine is made: from now on time counts and output is looked at. */
void ends_start(struct cmdline *c);

/* -- run.c -- */
/* Add to the command line of "mynah run" what it leaves out, and say so. False with a message. */
bool run_complete(struct cmdline *c, GError **err);

/* -- smp.c -- */
/* Complete and check the topology. False with a message. */
bool smp_resolve(struct opts *o, struct machine_config *config, GError **err);

/* -- help.c -- */
typedef bool list_fn(struct cmdline *c, const struct option *o, const char *arg, GString *out);
/* "help" or "...,help": the keys that the option's own run takes. */
list_fn list_keys;
list_fn list_machines, list_cpus, list_devices, list_chardevs, list_topics, list_accels, list_netdevs, list_drives,
    list_nodes, list_displays, list_none, list_objects, list_data_dirs, list_ports;
void help_options(const struct cmdline *c, GString *out);
void help_version(const struct cmdline *c, GString *out);

/* -- daemon.c -- */
/* Go on in a child; the parent waits for daemon_ready() and then ends with status 0 (or 1, if the child dies first). */
bool daemon_fork(GError **err);
/* Everything is set up: let go of the terminal and of the parent. */
void daemon_ready(void);
/* Write the process id to path, locked; removed at exit. */
bool pidfile_write(const char *path, GError **err);

#endif
