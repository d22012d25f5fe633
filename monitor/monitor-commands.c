/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's commands: the table, and those that are a few lines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "cpu.h"
#include "cpus.h"
#include "input.h"
#include "log.h"
#include "machine.h"
#include "monitor-int.h"
#include "monitor.h"
#include "net.h"
#include "opts.h"
#include "replay.h"
#include "runstate.h"
#include "snapshot.h"

static const struct hmp_command commands[];

/* QEMU's commands and subjects that are still to come. */
static const char *const later[] = {
    "block_resize", "block_set_io_throttle", "boot_set", "calc_dirty_rate",
    "cancel_vcpu_dirty_limit", "chardev-change", "chardev-send-break",
    "client_migrate_info", "closefd",
    "dump-guest-memory", "dump-skeys", "dumpdtb", "exit_preconfig", "expire_password", "getfd",
    "gpa2hpa", "gpa2hva", "gva2gpa", "i", "mce", "migrate_cancel",
    "migrate_continue", "migrate_pause", "migrate_recover", "migrate_set_capability",
    "migrate_set_parameter", "migrate_start_postcopy", "migration_mode", 
    "nbd_server_add", "nbd_server_remove", "nbd_server_start", "nbd_server_stop", "o",
    "one-insn-per-tb", "pcie_aer_inject_error", "qemu-io", "qom-get", "qom-list", "qom-set",
    "replay_seek", "ringbuf_read", "ringbuf_write",
    "set_password", "set_vcpu_dirty_limit", "singlestep",
    "snapshot_blkdev_internal", "snapshot_delete_blkdev_internal", "stopcapture", "sum", "sync-profile",
    "system_wakeup", "trace-event", "trace-file", "watchdog_action", "wavcapture", "x_colo_lost_heartbeat",
    "xen-event-inject", "xen-event-list", NULL,
};
static const char *const info_later[] = {
    "acpi-hest", "blockstats", "capture", "cmma", "cryptodev", "dirty_rate", "dump",
    "hotpluggable-cpus", "iothreads", "kvm", "lapic", "mem", "memdev", "memory-devices", "memory_size_summary", 
    "migrate_capabilities", "migrate_parameters", "numa", "opcount", "qdm", "qom-tree", "ramblock",
    "rdma", "rocker", "rocker-of-dpa-flows", "rocker-of-dpa-groups", "rocker-ports", "sev", "sgx", "skeys",
    "spice", "stats", "sync-profile", "tlb", "tpm", "trace-events", "usb", "usbhost", "vcpu_dirty_limit",
    "via", "virtio", "virtio-queue-element", "virtio-queue-status", "virtio-status", "virtio-vhost-queue-status",
    "vm-generation-id", "vnc", NULL,
};

/* -- help, info -- */

static bool is_name(const struct hmp_command *c, const char *word)
{
    return !strcmp(word, c->name) || (c->alias && !strcmp(word, c->alias));
}

static bool is_later(const struct hmp_command *table, const char *word)
{
    const char *const *names = table == commands ? later : info_later;

    while (*names && strcmp(*names, word))
        names++;
    return *names;
}

/* A command by its name, or by a beginning that no other has and that is no name of QEMU's. */
static const struct hmp_command *find(const struct hmp_command *table, const char *word)
{
    const struct hmp_command *found = NULL;
    unsigned n = 0;

    for (const struct hmp_command *c = table; c->name; c++) {
        if (is_name(c, word))
            return c;
        if (*word && g_str_has_prefix(c->name, word)) {
            found = c;
            n++;
        }
    }
    return n == 1 && !is_later(table, word) ? found : NULL;
}

/* The names that begin like this, if there are several. */
static bool ambiguous(struct hmp *h, const struct hmp_command *table, const char *before, const char *word)
{
    g_autoptr(GString) names = g_string_new(NULL);
    unsigned n = 0;

    for (const struct hmp_command *c = table; c->name; c++)
        if (g_str_has_prefix(c->name, word))
            g_string_append_printf(names, "%s%s", n++ ? ", " : "", c->name);
    if (n > 1)
        g_string_append_printf(h->out, "'%s%s' is not enough: it may be %s\n", before, word, names->str);
    return n > 1;
}

static void help_line(struct hmp *h, const struct hmp_command *c, const char *before)
{
    g_string_append_printf(h->out, "%s%s%s%s%s%s -- %s\n", before, c->name, c->alias ? "|" : "",
                           c->alias ? c->alias : "", *c->args ? " " : "", c->args, c->help);
}

static void help_all(struct hmp *h, const struct hmp_command *table, const char *before)
{
    for (const struct hmp_command *c = table; c->name; c++)
        help_line(h, c, before);
}

static void unknown(struct hmp *h, const struct hmp_command *table, const char *before, const char *word)
{
    const char *names[64];
    unsigned n = 0;

    if (is_later(table, word)) {
        g_string_append_printf(h->out, "%s%s: QEMU has this command, mynah does not yet\n", before, word);
        return;
    }
    if (ambiguous(h, table, before, word))
        return;
    for (const struct hmp_command *c = table; c->name && n < ARRAY_SIZE(names) - 1; c++)
        names[n++] = c->name;
    names[n] = NULL;
    const char *near = nearest_name(word, names);
    g_string_append_printf(h->out, "unknown command: '%s%s'", before, word);
    if (near)
        g_string_append_printf(h->out, "; did you mean '%s%s'?", before, near);
    g_string_append_c(h->out, '\n');
}

static void help(struct hmp *h, char *args)
{
    const struct hmp_command *c = NULL;
    const char *before = "";

    if (!*args) {
        help_all(h, commands, "");
    } else if (!strcmp(args, "info")) {
        help_all(h, info_commands, "info ");
    } else {
        const char *word = args;
        if (g_str_has_prefix(args, "info ")) {
            before = "info ";
            word += 5;
        }
        c = find(*before ? info_commands : commands, word);
        if (c)
            help_line(h, c, before);
        else
            unknown(h, *before ? info_commands : commands, before, word);
    }
}

/* Cut the first word off line; what follows goes to *rest. */
static char *first_word(char *line, char **rest)
{
    line = g_strstrip(line);
    char *end = line + strcspn(line, " \t");
    /* "x/4xw 0" and "p/x 1" have their format at once. */
    char *slash = memchr(line, '/', end - line);
    if (slash && slash > line) {
        *rest = g_strdup(slash);
        *slash = 0;
        return line;
    }
    *rest = g_strdup(end + strspn(end, " \t"));
    *end = 0;
    return line;
}

static void run(struct hmp *h, const struct hmp_command *table, const char *before, const char *text)
{
    g_autofree char *line = g_strdup(text), *rest = NULL;
    char *word = first_word(line, &rest);
    const struct hmp_command *c = find(table, word);

    if (c && *rest && !*c->args)
        g_string_append_printf(h->out, "%s%s takes no arguments, not '%s'\n", before, c->name, rest);
    else if (c)
        c->run(h, rest);
    else if (*word)
        unknown(h, table, before, word);
}

static void info(struct hmp *h, char *args)
{
    if (*args)
        run(h, info_commands, "info ", args);
    else
        help_all(h, info_commands, "info ");
}

struct cpu *hmp_cpu(struct hmp *h)
{
    if (h->cpu < the_machine->ncpus)
        return the_machine->cpus[h->cpu];
    g_string_append(h->out, "the machine has no CPU\n");
    return NULL;
}

void hmp_run(struct hmp *h, const char *line)
{
    if (h->cpu >= the_machine->ncpus)
        h->cpu = 0;
    run(h, commands, "", line);
}

/* -- The machine's life -- */

static void stop(struct hmp *h, char *args)
{
    vm_stop("paused");
}

static void cont(struct hmp *h, char *args)
{
    life_settle();
    if (migration_awaited())
        migration_go_on();
    else if (vm_needs_reset())
        g_string_append(h->out, "the machine is powered off: system_reset is needed first\n");
    else
        vm_start();
}

static void system_reset(struct hmp *h, char *args)
{
    request_reset(SHUTDOWN_HOST_RESET);
}

static void system_powerdown(struct hmp *h, char *args)
{
    request_powerdown();
}

static void quit(struct hmp *h, char *args)
{
    request_shutdown(SHUTDOWN_QUIT, 0);
}

static void nmi(struct hmp *h, char *args)
{
    struct cpu *cpu = hmp_cpu(h);

    if (cpu && cpu->arch->nmi)
        cpu->arch->nmi(cpu);
    else if (cpu)
        g_string_append_printf(h->out, "nmi: %s CPUs have no non-maskable interrupt\n", cpu->arch->name);
}

static void replay_break(struct hmp *h, char *args)
{
    uint64_t count;

    if (!parse_uint(args, &count))
        g_string_append(h->out, "replay_break: expected a number of instructions\n");
    else if (!input_replaying())
        g_string_append(h->out, "replay_break: this is no replay\n");
    else if (!replay_set_break(count))
        g_string_append(h->out, "replay_break: that instruction is behind us\n");
}

static void replay_delete_break(struct hmp *h, char *args)
{
    replay_set_break(UINT64_MAX);
}

static void commit(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;

    if (!*args)
        g_string_append(h->out, "commit: expected all, or the id of a drive\n");
    else if (!block_commit(args, &err))
        g_string_append_printf(h->out, "commit: %s\n", err->message);
}

/* -- Networks -- */

/* "[ID] RULE" */
static void host_forward(struct hmp *h, char *args, const char *name,
                         bool (*change)(const char *id, const char *spec, GError **err))
{
    g_auto(GStrv) words = g_strsplit(args, " ", 2);
    g_autoptr(GError) err = NULL;
    const char *id = words[0] && words[1] ? words[0] : NULL, *rule = id ? g_strstrip(words[1]) : args;

    if (!change(id, rule, &err))
        g_string_append_printf(h->out, "%s: %s\n", name, err->message);
}

static void hostfwd_add(struct hmp *h, char *args)
{
    host_forward(h, args, "hostfwd_add", net_hostfwd_add);
}

static void hostfwd_remove(struct hmp *h, char *args)
{
    host_forward(h, args, "hostfwd_remove", net_hostfwd_remove);
}

static void set_link(struct hmp *h, char *args)
{
    g_auto(GStrv) words = g_strsplit(args, " ", 2);
    bool up;

    if (!words[0] || !words[1] || !parse_bool(g_strstrip(words[1]), &up))
        g_string_append(h->out, "set_link: expected the name of a network device or back end, and on or off\n");
    else if (!net_set_link(words[0], up))
        g_string_append_printf(h->out, "set_link: there is no network device or back end '%s'\n", words[0]);
}

static void announce_self(struct hmp *h, char *args)
{
    net_announce_all();
}

/* -- Debugging -- */

static void choose_cpu(struct hmp *h, char *args)
{
    char *end;
    unsigned long n = strtoul(args, &end, 10);

    if (end == args || *end || n >= the_machine->ncpus)
        g_string_append_printf(h->out, "cpu: expected a number from 0 to %u, not '%s'\n", the_machine->ncpus - 1, args);
    else
        h->cpu = n;
}

static void log_topics_set(struct hmp *h, char *args)
{
    unsigned mask = 0;
    g_autoptr(GError) err = NULL;

    if (!*args) {
        g_string_append(h->out, "log: expected topics, or none (see -d help)\n");
        return;
    }
    if (strcmp(args, "none") && !log_parse(args, &mask, h->out, &err)) {
        g_string_append_printf(h->out, "log: %s\n", err->message);
        return;
    }
    cpus_pause(); /* nochain holds from the next block on */
    log_set(mask);
    cpus_resume();
}

static void log_file_set(struct hmp *h, char *args)
{
    if (!log_open(*args ? args : NULL))
        g_string_append_printf(h->out, "logfile: %s: %s\n", args, g_strerror(errno));
}

bool (*monitor_gdbserver)(const char *spec, GError **err);

static void gdbserver(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    const char *spec = *args ? args : "tcp::1234";

    if (!monitor_gdbserver)
        g_string_append(h->out, "gdbserver: there is no gdb server here\n");
    else if (!monitor_gdbserver(spec, &err))
        g_string_append_printf(h->out, "gdbserver: %s: %s\n", spec, err->message);
    else if (!strcmp(spec, "none"))
        g_string_append(h->out, "Disabled gdbserver\n");
    else
        g_string_append_printf(h->out, "Waiting for gdb connection on device '%s'\n", spec);
}

static const struct hmp_command commands[] = {
    { .name = "announce_self", .args = "", .help = "have guests tell the networks where they are, as they can",
      .run = announce_self },
    { .name = "balloon", .args = "MEGABYTES", .help = "ask the guest to make do with so much memory", .run = hmp_balloon },
    { .name = "block_job_cancel", .args = "[-f] JOB", .help = "end a block job; -f: a mirror leaves its copy as it is",
      .run = hmp_block_job_cancel },
    { .name = "block_job_complete", .args = "JOB", .help = "let a mirror or commit that is ready take the disk's place",
      .run = hmp_block_job_complete },
    { .name = "block_job_pause", .args = "JOB", .help = "have it wait", .run = hmp_block_job_pause },
    { .name = "block_job_resume", .args = "JOB", .help = "have it go on", .run = hmp_block_job_resume },
    { .name = "block_job_set_speed", .args = "JOB BYTES", .help = "copy so many bytes a second; 0: no limit",
      .run = hmp_block_job_set_speed },
    { .name = "block_stream", .args = "DISK [SPEED [BASE]]", .help = "copy what lies behind an image into it",
      .run = hmp_block_stream },
    { .name = "change", .args = "[-f] DRIVE FILE [FORMAT [retain|read-only|read-write]]",
      .help = "put another medium into a drive; -f: though the guest has locked it", .run = hmp_change },
    { .name = "chardev-add", .args = "ARGS", .help = "make a character device, as -chardev", .run = hmp_chardev_add },
    { .name = "chardev-remove", .args = "ID", .help = "remove one that is not in use", .run = hmp_chardev_remove },
    { .name = "commit", .args = "all|DRIVE", .help = "write what -snapshot keeps apart to the images", .run = commit },
    { .name = "cont", .alias = "c", .args = "", .help = "run the machine", .run = cont },
    { .name = "cpu", .args = "N", .help = "the CPU that x, print and info registers mean", .run = choose_cpu },
    { .name = "delvm", .args = "TAG", .help = "delete a snapshot", .run = hmp_delvm },
    { .name = "device_add", .args = "DRIVER[,bus=BUS][,id=ID][,PROPERTY=VALUE...]",
      .help = "plug a device in, as -device", .run = hmp_device_add },
    { .name = "device_del", .args = "ID", .help = "unplug a device", .run = hmp_device_del },
    { .name = "drive_add", .args = "[-n] ADDRESS OPTIONS",
      .help = "make a drive that no device has yet, as -drive if=none; -n: a node, as -blockdev", .run = hmp_drive_add },
    { .name = "drive_backup", .args = "[-n] [-f] DISK FILE [FORMAT]",
      .help = "copy a disk as it is now; -n: to a file that is there, -f: with all that lies behind it",
      .run = hmp_drive_backup },
    { .name = "drive_del", .args = "DRIVE", .help = "forget a drive that no device uses", .run = hmp_drive_del },
    { .name = "drive_mirror", .args = "[-n] [-f] DISK FILE [FORMAT]", .help = "copy a disk, and all that is written to it",
      .run = hmp_drive_mirror },
    { .name = "eject", .args = "[-f] DRIVE", .help = "take a medium out; -f: though the guest has locked it",
      .run = hmp_eject },
    { .name = "gdbserver", .args = "[DEV|none]", .help = "serve gdb on DEV (tcp::1234 if none is given); none: end it",
      .run = gdbserver },
    { .name = "gpio", .args = "[PIN [0|1|z]]",
      .help = "hold a pin low or high, or let it go (z); show one or all", .run = hmp_gpio },
    { .name = "help", .alias = "?", .args = "[COMMAND]", .help = "this list, or what one command does", .run = help },
    { .name = "hostfwd_add", .args = "[ID] RULE", .help = "forward a port of the host, as hostfwd=RULE of -netdev user",
      .run = hostfwd_add },
    { .name = "hostfwd_remove", .args = "[ID] PROTOCOL:[ADDRESS]:PORT", .help = "end such a forwarding",
      .run = hostfwd_remove },
    { .name = "info", .args = "[SUBJECT]", .help = "show something; without a subject, which there are", .run = info },
    { .name = "loadvm", .args = "TAG",
      .help = "make the machine, disks included, what it was when the snapshot was saved", .run = hmp_loadvm },
    { .name = "log", .args = "TOPIC[,TOPIC...]|none", .help = "log these topics, as -d", .run = log_topics_set },
    { .name = "logfile", .args = "[FILE]", .help = "log to FILE; without, to standard error", .run = log_file_set },
    { .name = "memsave", .args = "ADDR SIZE FILE", .help = "write memory to a file", .run = hmp_save },
    { .name = "migrate", .args = "[-d] file:PATH", .help = "write the machine to a file, and stop it; -d: do not wait",
      .run = hmp_migrate },
    { .name = "migrate_incoming", .args = "file:PATH",
      .help = "go on with what migrate wrote, where -incoming defer waits for it", .run = hmp_migrate_incoming },
    { .name = "mouse_button", .args = "STATE", .help = "buttons that are down: 1 left, 2 right, 4 middle",
      .run = hmp_mouse_button },
    { .name = "mouse_move", .args = "DX DY [DZ]", .help = "move the pointer, turn its wheel", .run = hmp_mouse_move },
    { .name = "mouse_set", .args = "INDEX", .help = "the pointer of 'info mice' that gets events", .run = hmp_mouse_set },
    { .name = "netdev_add", .args = "TYPE,id=ID[,PROPERTY=VALUE...]", .help = "make a network back end, as -netdev",
      .run = hmp_netdev_add },
    { .name = "netdev_del", .args = "ID", .help = "remove one that no device uses", .run = hmp_netdev_del },
    { .name = "nmi", .args = "", .help = "send a non-maskable interrupt to the current CPU", .run = nmi },
    { .name = "object_add", .args = "KIND,id=ID[,PROPERTY=VALUE...]", .help = "make an object, as -object",
      .run = hmp_object_add },
    { .name = "object_del", .args = "ID", .help = "remove one that is not in use", .run = hmp_object_del },
    { .name = "pmemsave", .args = "ADDR SIZE FILE", .help = "the same from a physical address",
      .run = hmp_save_physical },
    { .name = "print", .alias = "p", .args = "[/FORMAT] EXPR",
      .help = "print the value of an expression, such as $sp+8 (/d /u /x /o /c)", .run = hmp_print },
    { .name = "quit", .alias = "q", .args = "", .help = "end mynah", .run = quit },
    { .name = "replay_break", .args = "COUNT", .help = "stop the replay after so many instructions",
      .run = replay_break },
    { .name = "replay_delete_break", .args = "", .help = "don't", .run = replay_delete_break },
    { .name = "savevm", .args = "[TAG]", .help = "save the machine, disks included, as a snapshot (-snapshot-dir)",
      .run = hmp_savevm },
    { .name = "screendump", .args = "FILE [-f FORMAT] [DEVICE]",
      .help = "write what a display shows to a file: ppm (default) or png", .run = hmp_screendump },
    { .name = "sendkey", .args = "KEYS [MS]", .help = "press keys, such as ctrl-alt-delete, for MS milliseconds",
      .run = hmp_sendkey },
    { .name = "sensor", .args = "[SENSOR [VALUE]]", .help = "what a sensor measures from now on; show one or all",
      .run = hmp_sensor },
    { .name = "set_link", .args = "NAME on|off", .help = "plug a network device's cable in, or out", .run = set_link },
    { .name = "snapshot_blkdev", .args = "[-n] DISK FILE [FORMAT]",
      .help = "keep a disk as it is now, and write to a new image that it lies behind", .run = hmp_snapshot_blkdev },
    { .name = "stop", .alias = "s", .args = "", .help = "stop the machine", .run = stop },
    { .name = "system_powerdown", .args = "", .help = "press the power button", .run = system_powerdown },
    { .name = "system_reset", .args = "", .help = "reset the machine", .run = system_reset },
    { .name = "x", .args = "[/NFS] ADDR", .help = "show memory: N values, format F (x d u o c i s), size S (b h w g)",
      .run = hmp_examine },
    { .name = "xp", .args = "[/NFS] ADDR", .help = "the same at a physical address", .run = hmp_examine_physical },
    { .name = NULL },
};

/* -- Completion -- */

static void add_names(GPtrArray *names, const struct hmp_command *table, const char *word)
{
    for (const struct hmp_command *c = table; c->name; c++)
        if (g_str_has_prefix(c->name, word))
            g_ptr_array_add(names, g_strdup(c->name));
}

GPtrArray *hmp_complete(const char *line, size_t len)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = g_strndup(line, len);
    g_auto(GStrv) words = g_strsplit(g_strchug(text), " ", -1);
    unsigned n = g_strv_length(words);

    if (n <= 1)
        add_names(names, commands, n ? words[0] : "");
    else if (n == 2 && !strcmp(words[0], "info"))
        add_names(names, info_commands, words[1]);
    else if (n == 2 && (!strcmp(words[0], "help") || !strcmp(words[0], "?")))
        add_names(names, commands, words[1]);
    else if (n == 3 && !strcmp(words[0], "help") && !strcmp(words[1], "info"))
        add_names(names, info_commands, words[2]);
    return names;
}
