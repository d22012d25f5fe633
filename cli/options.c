/* SPDX-License-Identifier: BSD-2-Clause */
/* Every option of QEMU's command line, what runs it here, and the walk over argv. */
#include <string.h>

#include "cmdline.h"

#define NONE false, PHASE_SETTINGS
#define ARG true, PHASE_SETTINGS
#define IN(phase) true, PHASE_##phase
#define LATER(name, arg) { name, arg, PHASE_SETTINGS, NULL, NULL, 0, NULL, NULL }

const struct option option_table[] = {
    { "M", ARG, opt_machine, list_machines, G_MACHINE, "M, -machine [type=]NAME[,PROP=VALUE...]",
      "the board (-M help), its properties (-M NAME,help); dtb=FILE: the board that a device tree describes" },
    { "machine", ARG, opt_machine, list_machines, G_MACHINE, NULL, NULL },
    { "cpu", ARG, opt_cpu, list_cpus, G_MACHINE, "cpu MODEL[,FEATURE=on|off...]", "CPU model (-cpu help)" },
    { "smp", ARG, opt_smp, list_keys, G_MACHINE,
      "smp [cpus=]N[,maxcpus=N][,sockets=N][,dies=N][,clusters=N][,cores=N][,threads=N]",
      "number of CPUs and how they are grouped" },
    { "m", ARG, opt_memory, list_keys, G_MACHINE, "m [size=]SIZE[k|M|G]", "memory; MiB without a suffix" },
    { "accel", ARG, opt_accel, list_accels, G_MACHINE, "accel NAME[,PROP=VALUE...]",
      "how guest code is run (-accel help)" },
    { "icount", ARG, opt_icount, list_keys, G_MACHINE, "icount shift=N|auto[,sleep=on|off][,align=on|off][,rr=record|replay,rrfile=FILE[,rrsnapshot=TAG]]",
      "time is the number of instructions: each takes 2^N ns, and runs repeat exactly; record or replay one" },
    { "rtc", ARG, opt_rtc, list_keys, G_MACHINE, "rtc [base=utc|localtime|DATE][,clock=host|rt|vm]",
      "the guest's time of day" },
    { "device", IN(DEVICE), opt_device, list_devices, G_MACHINE, "device DRIVER[,PROP=VALUE...]",
      "add a device (-device help; -device NAME,help); also as a JSON object" },
    { "global", ARG, opt_global, list_keys, G_MACHINE, "global DRIVER.PROP=VALUE",
      "default of a property for all devices of a type" },
    { "uuid", ARG, opt_uuid, NULL, G_MACHINE, "uuid UUID", "the machine's UUID" },
    { "name", ARG, opt_name, NULL, G_MACHINE, "name NAME[,process=NAME]", "the guest's name, and that of the process" },
    { "nodefaults", NONE, opt_nodefaults, NULL, G_MACHINE, "nodefaults", "no devices but those asked for" },
    { "S", NONE, opt_hold, NULL, G_MACHINE, "S", "do not start the CPUs until the monitor or gdb says so" },
    { "loadvm", ARG, opt_loadvm, NULL, G_MACHINE, "loadvm TAG", "begin with a snapshot that savevm made (-snapshot-dir)" },
    { "incoming", ARG, opt_incoming, NULL, G_MACHINE, "incoming file:PATH|defer",
      "begin with what migrate wrote; defer: what migrate_incoming says" },
    { "no-reboot", NONE, opt_no_reboot, NULL, G_MACHINE, "no-reboot", "exit when the guest reboots" },
    { "no-shutdown", NONE, opt_no_shutdown, NULL, G_MACHINE, "no-shutdown",
      "stop, but stay, when the guest powers off" },
    { "action", ARG, opt_action, list_keys, G_MACHINE,
      "action [reboot=reset|shutdown][,shutdown=poweroff|pause][,panic=shutdown|pause|exit-failure|none]",
      "what these events do" },
    { "object", ARG, opt_object, list_objects, G_MACHINE, "object KIND,id=ID[,PROP=VALUE...]",
      "something that devices or the machine use by its id (-object help)" },
    { "seed", ARG, opt_seed, NULL, G_MACHINE, "seed N", "the random seed that the guest gets is always the same" },
    { "watchdog-action", ARG, opt_watchdog_action, NULL, G_MACHINE, NULL, NULL },
    { "overcommit", ARG, opt_overcommit, list_keys, G_MACHINE, "overcommit [mem-lock=on|off]", "lock all memory" },

    { "bios", ARG, opt_bios, NULL, G_BOOT, "bios FILE|default|none", "firmware" },
    { "kernel", ARG, opt_kernel, NULL, G_BOOT, "kernel FILE", "kernel: ELF, Image, either gzipped, or raw" },
    { "initrd", ARG, opt_initrd, NULL, G_BOOT, "initrd FILE", "initial RAM disk" },
    { "append", ARG, opt_append, NULL, G_BOOT, "append TEXT", "kernel command line" },
    { "dtb", ARG, opt_dtb, NULL, G_BOOT, "dtb FILE", "device tree for the guest instead of the board's own" },
    { "boot", ARG, opt_boot, list_keys, G_BOOT, "boot [order=LETTERS][,once=LETTERS][,menu=on|off][,strict=on|off]",
      "accepted: the boards' firmware finds its drives by itself" },
    { "L", ARG, opt_data_dir, list_data_dirs, G_BOOT, "L FOLDER", "look for firmware here first (-L help)" },
    { "fw_cfg", IN(FW_CFG), opt_fw_cfg, list_keys, G_BOOT, "fw_cfg [name=]NAME,file=FILE|string=TEXT",
      "a file for the guest in the firmware configuration device" },

    { "drive", IN(DRIVE), opt_drive, list_drives, G_STORAGE,
      "drive file=FILE[,if=none|virtio|pflash|sd][,id=ID][,format=raw][,readonly=on|off][,snapshot=on|off]...",
      "an image, and with if= the device for it" },
    { "blockdev", IN(BLOCKDEV), opt_blockdev, list_nodes, G_STORAGE,
      "blockdev [driver=]raw|file,node-name=NAME[,PROP=VALUE...]", "a node of the block graph; also as a JSON object" },
    { "hda", IN(DRIVE), opt_hda, NULL, G_STORAGE, "hda, -hdb, -hdc, -hdd FILE", "disk image 0 to 3" },
    { "hdb", IN(DRIVE), opt_hdb, NULL, G_STORAGE, NULL, NULL },
    { "hdc", IN(DRIVE), opt_hdc, NULL, G_STORAGE, NULL, NULL },
    { "hdd", IN(DRIVE), opt_hdd, NULL, G_STORAGE, NULL, NULL },
    { "cdrom", IN(DRIVE), opt_cdrom, NULL, G_STORAGE, "cdrom FILE", "CD-ROM image" },
    { "pflash", IN(DRIVE), opt_pflash, NULL, G_STORAGE, "pflash FILE", "image of a flash bank" },
    { "sd", IN(DRIVE), opt_sd, NULL, G_STORAGE, "sd FILE", "image of an SD card" },
    { "snapshot-dir", ARG, opt_snapshot_dir, NULL, G_STORAGE, "snapshot-dir FOLDER",
      "where savevm puts snapshots and loadvm finds them; without it there are none" },
    { "snapshot", NONE, opt_snapshot, NULL, G_STORAGE, "snapshot", "write to temporary files instead of the images" },

    { "netdev", IN(NET), opt_netdev, list_netdevs, G_NET, "netdev user,id=ID[,hostfwd=RULE][,PROP=VALUE...]",
      "a network back end" },
    { "nic", IN(NET), opt_nic, list_netdevs, G_NET, "nic user|none[,model=NAME][,mac=MAC][,PROP=VALUE...]",
      "a network device with its back end" },
    { "net", IN(NET), opt_net, list_netdevs, G_NET, "net none|user|nic[,PROP=VALUE...]", "the old form of -nic" },

    { "chardev", IN(CHARDEV), opt_chardev, list_chardevs, G_CHAR, "chardev BACKEND,id=ID[,mux=on|off][,PROP=VALUE...]",
      "a character device (-chardev help)" },
    { "serial", IN(PORT), opt_serial, list_ports, G_CHAR,
      "serial [mon:]stdio|pty|null|none|file:F|pipe:F|unix:F|tcp:H:P|chardev:ID", "where the next serial port leads" },
    { "monitor", IN(PORT), opt_monitor, list_ports, G_CHAR, "monitor DEV",
      "a monitor for people on DEV, written as for -serial" },
    { "qmp", IN(PORT), opt_qmp, list_ports, G_CHAR, "qmp DEV", "a monitor for programs (QMP) on DEV" },
    { "qmp-pretty", IN(PORT), opt_qmp_pretty, list_ports, G_CHAR, "qmp-pretty DEV", "the same with indented answers" },
    { "mon", IN(MON), opt_mon, list_keys, G_CHAR, "mon [chardev=]ID[,mode=readline|control][,pretty=on|off]",
      "a monitor on a -chardev" },
    { "parallel", ARG, opt_parallel, NULL, G_CHAR, "parallel none", "no parallel port: the only choice yet" },
    { "echr", ARG, opt_echr, NULL, G_CHAR, "echr N", "code of the escape character instead of 1, Ctrl-a; 0: none" },

    { "nographic", NONE, opt_nographic, NULL, G_DISPLAY, "nographic",
      "no display; serial port and monitor on the terminal" },
    { "display", ARG, opt_display, list_displays, G_DISPLAY, "display none", "no display: the only choice yet" },
    { "vnc", ARG, opt_vnc, list_none, G_DISPLAY, "vnc none", "no display: the only choice yet" },
    { "audio", ARG, opt_audio, list_none, G_DISPLAY, "audio none",
      "no sound: the only choice yet; also -audiodev none,id=ID" },
    { "audiodev", ARG, opt_audiodev, list_none, G_DISPLAY, NULL, NULL },
    { "k", ARG, opt_keyboard, NULL, G_DISPLAY, "k LANGUAGE", "accepted: there is no keyboard" },
    { "vga", ARG, opt_vga, list_none, G_DISPLAY, "vga none", "no graphics card: the only choice yet" },

    { "d", IN(LOG), opt_log, list_topics, G_DEBUG, "d TOPIC[,TOPIC...]", "log these topics (-d help)" },
    { "D", IN(LOG), opt_log_file, NULL, G_DEBUG, "D FILE", "log to FILE instead of standard error" },
    { "dfilter", IN(LOG), opt_log_filter, NULL, G_DEBUG, "dfilter RANGE[,RANGE...]",
      "log code of these addresses only: A..B, A+LEN, A-LEN" },
    { "gdb", IN(GDB), opt_gdb, list_ports, G_DEBUG, "gdb DEV", "serve gdb on DEV, such as tcp::1234" },
    { "s", false, PHASE_GDB, opt_gdb_short, NULL, G_DEBUG, "s", "-gdb tcp::1234" },

    { "daemonize", NONE, opt_daemonize, NULL, G_PROCESS, "daemonize",
      "run in the background once the machine is made" },
    { "pidfile", ARG, opt_pidfile, NULL, G_PROCESS, "pidfile FILE", "write the process id to FILE" },
    { "msg", ARG, opt_msg, list_keys, G_PROCESS, "msg [timestamp=on|off]", "time before error messages" },
    { "run-with", ARG, opt_run_with, list_keys, G_PROCESS, "run-with async-teardown=on|off",
      "accepted, without effect" },
    { "sandbox", ARG, opt_sandbox, list_keys, G_PROCESS, "sandbox off",
      "no filter of system calls: the only choice yet" },
    { "no-user-config", NONE, opt_ignored, NULL, G_PROCESS, "no-user-config",
      "accepted; there are no configuration files" },
    { "h", NONE, opt_ignored, NULL, G_PROCESS, "h, --help", "this list" },
    { "help", NONE, opt_ignored, NULL, G_PROCESS, NULL, NULL },
    { "version", NONE, opt_ignored, NULL, G_PROCESS, "version", "version" },

    /* Obsolete ones that clients still write; they say nothing. */
    { "no-acpi", NONE, opt_ignored, NULL, G_MACHINE, NULL, NULL },

    LATER("acpitable", true),
    LATER("add-fd", true),
    LATER("compat", true),
    LATER("debugcon", true),
    LATER("dump-vmstate", true),
    LATER("enable-kvm", false),
    LATER("enable-sync-profile", false),
    LATER("fda", true),
    LATER("fdb", true),
    LATER("fsdev", true),
    LATER("full-screen", false),
    LATER("g", true),
    LATER("iscsi", true),
    LATER("jitdump", false),
    LATER("mem-path", true),
    LATER("mem-prealloc", false),
    LATER("mtdblock", true),
    LATER("no-fd-bootchk", false),
    LATER("numa", true),
    LATER("old-param", false),
    LATER("only-migratable", false),
    LATER("option-rom", true),
    LATER("perfmap", false),
    LATER("plugin", true),
    LATER("preconfig", false),
    LATER("prom-env", true),
    LATER("qtest", true),
    LATER("qtest-log", true),
    LATER("readconfig", true),
    LATER("semihosting", false),
    LATER("semihosting-config", true),
    LATER("set", true),
    LATER("shim", true),
    LATER("smbios", true),
    LATER("spice", true),
    LATER("tpmdev", true),
    LATER("trace", true),
    LATER("usb", false),
    LATER("usbdevice", true),
    LATER("virtfs", true),
    LATER("win2k-hack", false),
    LATER("xen-attach", false),
    LATER("xen-domid", true),
    LATER("xen-domid-restrict", false),
    { NULL, NONE, NULL, NULL, 0, NULL, NULL },
};

static const struct option *find(const char *name)
{
    for (const struct option *o = option_table; o->name; o++)
        if (!strcmp(o->name, name))
            return o;
    return NULL;
}

static bool fail_unknown(const char *word, const char *name, GError **err)
{
    const char *names[ARRAY_SIZE(option_table)];
    unsigned n = 0;
    for (const struct option *o = option_table; o->name; o++)
        if (strlen(o->name) > 1 || strlen(name) <= 2) /* one letter is near to everything short */
            names[n++] = o->name;
    names[n] = NULL;
    const char *near = nearest_name(name, names);
    if (near)
        fail(err, "%s: there is no such option; did you mean '-%s'?", word, near);
    else
        fail(err, "%s: there is no such option (see --help)", word);
    return false;
}

bool cmdline_parse(struct cmdline *c, int argc, char **argv, GError **err)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        struct occurrence oc = { .option = NULL };
        if (*word != '-') { /* a disk image */
            oc = (struct occurrence){ find("hda"), word };
            g_array_append_val(c->list, oc);
            continue;
        }
        const char *name = word + (word[1] == '-' ? 2 : 1);
        oc.option = find(name);
        if (!oc.option)
            return fail_unknown(word, name, err);
        if (!oc.option->run) {
            fail(err, "-%s: QEMU has this option, mynah does not yet", name);
            return false;
        }
        if (oc.option->arg) {
            if (i + 1 == argc) {
                fail(err, "-%s: expected an argument", name);
                return false;
            }
            oc.arg = argv[++i];
        }
        g_array_append_val(c->list, oc);
    }
    return true;
}

void cmdline_init(struct cmdline *c)
{
    *c = (struct cmdline){
        .list = g_array_new(FALSE, FALSE, sizeof(struct occurrence)),
        .machine = opts_new(),
        .accels = g_ptr_array_new_with_free_func((GDestroyNotify)opts_free),
        .strings = g_ptr_array_new_with_free_func(g_free),
        .default_serial = true,
        .default_monitor = true,
    };
}

void cmdline_free(struct cmdline *c)
{
    struct opts *const all[] = { c->machine, c->smp, c->memory, c->rtc, c->icount, c->name };

    for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
        opts_free(all[i]);
    g_array_free(c->list, TRUE);
    g_ptr_array_free(c->accels, TRUE);
    g_ptr_array_free(c->strings, TRUE);
}

bool cmdline_has(const struct cmdline *c, const char *name)
{
    for (guint i = 0; i < c->list->len; i++)
        if (!strcmp(g_array_index(c->list, struct occurrence, i).option->name, name))
            return true;
    return false;
}

bool cmdline_wants_list(struct cmdline *c, GString *out)
{
    for (guint i = 0; i < c->list->len; i++) {
        struct occurrence *oc = &g_array_index(c->list, struct occurrence, i);
        if (oc->option->list && oc->option->list(c, oc->option, oc->arg, out))
            return true;
    }
    return false;
}

/* What an occurrence says about default ports is known before any port is made. */
static bool run_early(struct cmdline *c, const struct option *o, const char *arg, GError **err)
{
    if (o->run == opt_serial)
        return opt_count_serial(c, arg, err);
    if (o->run == opt_monitor || o->run == opt_qmp || o->run == opt_qmp_pretty || o->run == opt_mon)
        return opt_count_monitor(c, arg, err);
    return true;
}

bool cmdline_phase(struct cmdline *c, enum phase phase, GError **err)
{
    for (guint i = 0; i < c->list->len; i++) {
        struct occurrence *oc = &g_array_index(c->list, struct occurrence, i);
        const struct option *o = oc->option;
        GError *e = NULL;
        bool ok = o->phase == phase ? o->run(c, oc->arg, &e)
                                    : phase != PHASE_SETTINGS || run_early(c, o, oc->arg, &e);
        if (ok)
            continue;
        if (!g_str_has_prefix(e->message, "-"))
            g_prefix_error(&e, oc->arg ? "-%s %s: " : "-%s: ", o->name, oc->arg);
        g_propagate_error(err, e);
        return false;
    }
    return true;
}
