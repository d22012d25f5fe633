/* SPDX-License-Identifier: BSD-2-Clause */
/* Every option of QEMU's command line, what runs it here, and the walk over argv. */
#include <string.h>

#include "cmdline.h"

#define NONE .arg = false, .phase = PHASE_SETTINGS
#define ARG .arg = true, .phase = PHASE_SETTINGS
#define IN(phase_) .arg = true, .phase = PHASE_##phase_
#define LATER(name_, arg_) { .name = name_, .arg = arg_, .phase = PHASE_SETTINGS }

const struct option option_table[] = {
    { .name = "M", ARG, .run = opt_machine, .list = list_machines, .group = G_MACHINE,
      .form = "M, -machine [type=]NAME[,PROP=VALUE...]",
      .help = "the board (-M help), its properties (-M NAME,help); dtb=FILE: the board that a device tree describes" },
    { .name = "machine", ARG, .run = opt_machine, .list = list_machines, .group = G_MACHINE },
    { .name = "cpu", ARG, .run = opt_cpu, .list = list_cpus, .group = G_MACHINE,
      .form = "cpu MODEL[,FEATURE=on|off...]", .help = "CPU model (-cpu help)" },
    { .name = "smp", ARG, .run = opt_smp, .list = list_keys, .group = G_MACHINE,
      .form = "smp [cpus=]N[,maxcpus=N][,sockets=N][,dies=N][,clusters=N][,cores=N][,threads=N]",
      .help = "number of CPUs and how they are grouped" },
    { .name = "m", ARG, .run = opt_memory, .list = list_keys, .group = G_MACHINE, .form = "m [size=]SIZE[k|M|G][,slots=N][,maxmem=SIZE]",
      .help = "memory; MiB without a suffix" },
    { .name = "numa", ARG, .run = opt_numa, .list = list_keys, .group = G_MACHINE,
      .form = "numa node[,memdev=ID|,mem=SIZE][,cpus=N[-N]][,nodeid=N] | dist,src=N,dst=N,val=N | cpu,node-id=N,core-id=N",
      .help = "which memory and CPUs are near each other, as the guest is told" },
    { .name = "mem-path", ARG, .run = opt_mem_path, .group = G_MACHINE, .form = "mem-path PATH",
      .help = "memory is mapped from a file, or from one in the folder, such as that of huge pages" },
    { .name = "mem-prealloc", NONE, .run = opt_mem_prealloc, .group = G_MACHINE, .form = "mem-prealloc",
      .help = "memory is got at once, not when it is touched" },
    { .name = "accel", ARG, .run = opt_accel, .list = list_accels, .group = G_MACHINE,
      .form = "accel NAME[,PROP=VALUE...]", .help = "how guest code is run (-accel help)" },
    { .name = "icount", ARG, .run = opt_icount, .list = list_keys, .group = G_MACHINE,
      .form = "icount shift=N|auto[,sleep=on|off][,align=on|off][,rr=record|replay,rrfile=FILE[,rrsnapshot=TAG]]",
      .help = "time is the number of instructions: each takes 2^N ns, and runs repeat exactly; record or replay one" },
    { .name = "rtc", ARG, .run = opt_rtc, .list = list_keys, .group = G_MACHINE,
      .form = "rtc [base=utc|localtime|DATE][,clock=host|rt|vm]", .help = "the guest's time of day" },
    { .name = "device", IN(DEVICE), .run = opt_device, .list = list_devices, .group = G_MACHINE,
      .form = "device DRIVER[,PROP=VALUE...]",
      .help = "add a device (-device help; -device NAME,help); also as a JSON object" },
    { .name = "global", ARG, .run = opt_global, .list = list_keys, .group = G_MACHINE,
      .form = "global DRIVER.PROP=VALUE", .help = "default of a property for all devices of a type" },
    { .name = "uuid", ARG, .run = opt_uuid, .group = G_MACHINE, .form = "uuid UUID", .help = "the machine's UUID" },
    { .name = "name", ARG, .run = opt_name, .group = G_MACHINE, .form = "name NAME[,process=NAME]",
      .help = "the guest's name, and that of the process" },
    { .name = "nodefaults", NONE, .run = opt_nodefaults, .group = G_MACHINE, .form = "nodefaults",
      .help = "no devices but those asked for" },
    { .name = "S", NONE, .run = opt_hold, .group = G_MACHINE, .form = "S",
      .help = "do not start the CPUs until the monitor or gdb says so" },
    { .name = "loadvm", ARG, .run = opt_loadvm, .group = G_MACHINE, .form = "loadvm TAG",
      .help = "begin with a snapshot that savevm made (-snapshot-dir)" },
    { .name = "incoming", ARG, .run = opt_incoming, .group = G_MACHINE, .form = "incoming file:PATH|defer",
      .help = "begin with what migrate wrote; defer: what migrate_incoming says" },
    { .name = "no-reboot", NONE, .run = opt_no_reboot, .group = G_MACHINE, .form = "no-reboot",
      .help = "exit when the guest reboots" },
    { .name = "no-shutdown", NONE, .run = opt_no_shutdown, .group = G_MACHINE, .form = "no-shutdown",
      .help = "stop, but stay, when the guest powers off" },
    { .name = "action", ARG, .run = opt_action, .list = list_keys, .group = G_MACHINE,
      .form = "action [reboot=reset|shutdown][,shutdown=poweroff|pause][,panic=shutdown|pause|exit-failure|none]",
      .help = "what these events do" },
    { .name = "object", ARG, .run = opt_object, .list = list_objects, .group = G_MACHINE,
      .form = "object KIND,id=ID[,PROP=VALUE...]",
      .help = "something that devices or the machine use by its id (-object help)" },
    { .name = "fsdev", ARG, .run = opt_fsdev, .list = list_keys, .group = G_MACHINE,
      .form = "fsdev local,id=ID,path=FOLDER,security_model=none|passthrough|mapped-xattr|mapped-file[,readonly=on]",
      .help = "a folder of the host for -device virtio-9p-pci,fsdev=ID,mount_tag=TAG" },
    { .name = "virtfs", ARG, .run = opt_virtfs, .list = list_keys, .group = G_MACHINE,
      .form = "virtfs local,path=FOLDER,mount_tag=TAG,security_model=MODEL[,id=ID][,readonly=on]",
      .help = "both in one" },
    { .name = "seed", ARG, .run = opt_seed, .group = G_MACHINE, .form = "seed N",
      .help = "the random seed that the guest gets is always the same" },
    { .name = "watchdog-action", ARG, .run = opt_watchdog_action, .group = G_MACHINE },
    { .name = "overcommit", ARG, .run = opt_overcommit, .list = list_keys, .group = G_MACHINE,
      .form = "overcommit [mem-lock=on|off]", .help = "lock all memory" },

    { .name = "bios", ARG, .run = opt_bios, .group = G_BOOT, .form = "bios FILE|default|none", .help = "firmware" },
    { .name = "kernel", ARG, .run = opt_kernel, .group = G_BOOT, .form = "kernel FILE",
      .help = "kernel: ELF, Image, either gzipped, or raw" },
    { .name = "initrd", ARG, .run = opt_initrd, .group = G_BOOT, .form = "initrd FILE", .help = "initial RAM disk" },
    { .name = "append", ARG, .run = opt_append, .group = G_BOOT, .form = "append TEXT", .help = "kernel command line" },
    { .name = "dtb", ARG, .run = opt_dtb, .group = G_BOOT, .form = "dtb FILE",
      .help = "device tree for the guest instead of the board's own" },
    { .name = "boot", ARG, .run = opt_boot, .list = list_keys, .group = G_BOOT,
      .form = "boot [order=LETTERS][,once=LETTERS][,menu=on|off][,strict=on|off]",
      .help = "accepted: the boards' firmware finds its drives by itself" },
    { .name = "L", ARG, .run = opt_data_dir, .list = list_data_dirs, .group = G_BOOT, .form = "L FOLDER",
      .help = "look for firmware here first (-L help)" },
    { .name = "fw_cfg", IN(FW_CFG), .run = opt_fw_cfg, .list = list_keys, .group = G_BOOT,
      .form = "fw_cfg [name=]NAME,file=FILE|string=TEXT",
      .help = "a file for the guest in the firmware configuration device" },
    { .name = "smbios", ARG, .run = opt_smbios, .list = list_keys, .group = G_BOOT,
      .form = "smbios type=N[,FIELD=VALUE]... | file=FILE",
      .help = "what firmware tells the guest of the machine: types 0 to 4, 8, 11, 17, 41" },

    { .name = "drive", IN(DRIVE), .run = opt_drive, .list = list_drives, .group = G_STORAGE,
      .form = "drive file=FILE[,if=none|virtio|pflash|sd][,id=ID][,format=raw][,readonly=on|off][,snapshot=on|off]...",
      .help = "an image, and with if= the device for it" },
    { .name = "blockdev", IN(BLOCKDEV), .run = opt_blockdev, .list = list_nodes, .group = G_STORAGE,
      .form = "blockdev [driver=]raw|file,node-name=NAME[,PROP=VALUE...]",
      .help = "a node of the block graph; also as a JSON object" },
    { .name = "hda", IN(DRIVE), .run = opt_hda, .group = G_STORAGE, .form = "hda, -hdb, -hdc, -hdd FILE",
      .help = "disk image 0 to 3" },
    { .name = "hdb", IN(DRIVE), .run = opt_hdb, .group = G_STORAGE },
    { .name = "hdc", IN(DRIVE), .run = opt_hdc, .group = G_STORAGE },
    { .name = "hdd", IN(DRIVE), .run = opt_hdd, .group = G_STORAGE },
    { .name = "cdrom", IN(DRIVE), .run = opt_cdrom, .group = G_STORAGE, .form = "cdrom FILE", .help = "CD-ROM image" },
    { .name = "pflash", IN(DRIVE), .run = opt_pflash, .group = G_STORAGE, .form = "pflash FILE",
      .help = "image of a flash bank" },
    { .name = "sd", IN(DRIVE), .run = opt_sd, .group = G_STORAGE, .form = "sd FILE", .help = "image of an SD card" },
    { .name = "snapshot-dir", ARG, .run = opt_snapshot_dir, .group = G_STORAGE, .form = "snapshot-dir FOLDER",
      .help = "where savevm puts snapshots and loadvm finds them; without it there are none" },
    { .name = "snapshot", NONE, .run = opt_snapshot, .group = G_STORAGE, .form = "snapshot",
      .help = "write to temporary files instead of the images" },

    { .name = "netdev", IN(NET), .run = opt_netdev, .list = list_netdevs, .group = G_NET,
      .form = "netdev TYPE,id=ID[,PROP=VALUE...]", .help = "a network back end (-netdev help)" },
    { .name = "nic", IN(NET), .run = opt_nic, .list = list_netdevs, .group = G_NET,
      .form = "nic TYPE|none[,model=NAME][,mac=MAC][,PROP=VALUE...]", .help = "a network device with its back end" },
    { .name = "net", IN(NET), .run = opt_net, .list = list_netdevs, .group = G_NET,
      .form = "net none|nic|TYPE[,PROP=VALUE...]", .help = "the old form of -nic" },

    { .name = "chardev", IN(CHARDEV), .run = opt_chardev, .list = list_chardevs, .group = G_CHAR,
      .form = "chardev BACKEND,id=ID[,mux=on|off][,PROP=VALUE...]", .help = "a character device (-chardev help)" },
    { .name = "serial", IN(PORT), .run = opt_serial, .list = list_ports, .group = G_CHAR,
      .form = "serial [mon:]stdio|pty|null|none|file:F|pipe:F|unix:F|tcp:H:P|chardev:ID",
      .help = "where the next serial port leads" },
    { .name = "monitor", IN(PORT), .run = opt_monitor, .list = list_ports, .group = G_CHAR, .form = "monitor DEV",
      .help = "a monitor for people on DEV, written as for -serial" },
    { .name = "qmp", IN(PORT), .run = opt_qmp, .list = list_ports, .group = G_CHAR, .form = "qmp DEV",
      .help = "a monitor for programs (QMP) on DEV" },
    { .name = "qmp-pretty", IN(PORT), .run = opt_qmp_pretty, .list = list_ports, .group = G_CHAR,
      .form = "qmp-pretty DEV", .help = "the same with indented answers" },
    { .name = "mon", IN(MON), .run = opt_mon, .list = list_keys, .group = G_CHAR,
      .form = "mon [chardev=]ID[,mode=readline|control][,pretty=on|off]", .help = "a monitor on a -chardev" },
    { .name = "parallel", ARG, .run = opt_parallel, .group = G_CHAR, .form = "parallel none",
      .help = "no parallel port: the only choice yet" },
    { .name = "echr", ARG, .run = opt_echr, .group = G_CHAR, .form = "echr N",
      .help = "code of the escape character instead of 1, Ctrl-a; 0: none" },

    { .name = "nographic", NONE, .run = opt_nographic, .group = G_DISPLAY, .form = "nographic",
      .help = "no display; serial port and monitor on the terminal" },
    { .name = "display", ARG, .run = opt_display, .list = list_displays, .group = G_DISPLAY, .form = "display none",
      .help = "no display: the only choice yet" },
    { .name = "vnc", ARG, .run = opt_vnc, .list = list_none, .group = G_DISPLAY, .form = "vnc none",
      .help = "no display: the only choice yet" },
    { .name = "audio", ARG, .run = opt_audio, .list = list_none, .group = G_DISPLAY, .form = "audio none",
      .help = "no sound: the only choice yet; also -audiodev none,id=ID" },
    { .name = "audiodev", ARG, .run = opt_audiodev, .list = list_none, .group = G_DISPLAY },
    { .name = "k", ARG, .run = opt_keyboard, .group = G_DISPLAY, .form = "k LANGUAGE",
      .help = "accepted: there is no keyboard" },
    { .name = "vga", ARG, .run = opt_vga, .list = list_none, .group = G_DISPLAY, .form = "vga none",
      .help = "no graphics card: the only choice yet" },

    { .name = "d", IN(LOG), .run = opt_log, .list = list_topics, .group = G_DEBUG, .form = "d TOPIC[,TOPIC...]",
      .help = "log these topics (-d help)" },
    { .name = "D", IN(LOG), .run = opt_log_file, .group = G_DEBUG, .form = "D FILE",
      .help = "log to FILE instead of standard error" },
    { .name = "dfilter", IN(LOG), .run = opt_log_filter, .group = G_DEBUG, .form = "dfilter RANGE[,RANGE...]",
      .help = "log code of these addresses only: A..B, A+LEN, A-LEN" },
    { .name = "semihosting", .arg = false, .phase = PHASE_MON, .run = opt_semihosting, .group = G_DEBUG,
      .form = "semihosting",
      .help = "the guest's program may ask the host for a console, the time, its arguments, and to end with a status" },
    { .name = "semihosting-config", IN(MON), .run = opt_semihosting_config, .list = list_keys, .group = G_DEBUG,
      .form = "semihosting-config [enable=on|off][,target=native|gdb|auto][,chardev=ID][,userspace=on|off][,arg=TEXT]..."
              "[,folder=FOLDER]",
      .help = "the same; folder=: it may open files below that one" },
    { .name = "exit-on", ARG, .run = opt_exit_on, .group = G_DEBUG, .form = "exit-on REGEX=STATUS",
      .help = "end with that status once a line of a serial port's or semihosting's output matches" },
    { .name = "timeout", ARG, .run = opt_timeout, .group = G_DEBUG, .form = "timeout SECONDS",
      .help = "end with status 124 after that time" },
    { .name = "gdb", IN(GDB), .run = opt_gdb, .list = list_ports, .group = G_DEBUG, .form = "gdb DEV",
      .help = "serve gdb on DEV, such as tcp::1234" },
    { .name = "s", .arg = false, .phase = PHASE_GDB, .run = opt_gdb_short, .group = G_DEBUG, .form = "s",
      .help = "-gdb tcp::1234" },

    { .name = "daemonize", NONE, .run = opt_daemonize, .group = G_PROCESS, .form = "daemonize",
      .help = "run in the background once the machine is made" },
    { .name = "pidfile", ARG, .run = opt_pidfile, .group = G_PROCESS, .form = "pidfile FILE",
      .help = "write the process id to FILE" },
    { .name = "msg", ARG, .run = opt_msg, .list = list_keys, .group = G_PROCESS, .form = "msg [timestamp=on|off]",
      .help = "time before error messages" },
    { .name = "run-with", ARG, .run = opt_run_with, .list = list_keys, .group = G_PROCESS,
      .form = "run-with async-teardown=on|off", .help = "accepted, without effect" },
    { .name = "sandbox", ARG, .run = opt_sandbox, .list = list_keys, .group = G_PROCESS, .form = "sandbox off",
      .help = "no filter of system calls: the only choice yet" },
    { .name = "no-user-config", NONE, .run = opt_ignored, .group = G_PROCESS, .form = "no-user-config",
      .help = "accepted; there are no configuration files" },
    { .name = "h", NONE, .run = opt_ignored, .group = G_PROCESS, .form = "h, --help", .help = "this list" },
    { .name = "help", NONE, .run = opt_ignored, .group = G_PROCESS },
    { .name = "version", NONE, .run = opt_ignored, .group = G_PROCESS, .form = "version", .help = "version" },

    /* Obsolete ones that clients still write; they say nothing. */
    { .name = "no-acpi", NONE, .run = opt_ignored, .group = G_MACHINE },

    LATER("acpitable", true),
    LATER("add-fd", true),
    LATER("compat", true),
    LATER("debugcon", true),
    LATER("dump-vmstate", true),
    LATER("enable-kvm", false),
    LATER("enable-sync-profile", false),
    LATER("fda", true),
    LATER("fdb", true),
    LATER("full-screen", false),
    LATER("g", true),
    LATER("iscsi", true),
    LATER("jitdump", false),
    LATER("mtdblock", true),
    LATER("no-fd-bootchk", false),
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
    LATER("set", true),
    LATER("shim", true),
    LATER("spice", true),
    LATER("tpmdev", true),
    LATER("trace", true),
    LATER("usb", false),
    LATER("usbdevice", true),
    LATER("win2k-hack", false),
    LATER("xen-attach", false),
    LATER("xen-domid", true),
    LATER("xen-domid-restrict", false),
    { .name = NULL },
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
        if (c->words && !strcmp(word, "--")) {
            while (++i < argc)
                g_ptr_array_add(c->words, argv[i]);
            break;
        }
        if (c->words && *word != '-') {
            g_ptr_array_add(c->words, argv[i]);
            continue;
        }
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
    if (c->words)
        g_ptr_array_free(c->words, TRUE);
}

void cmdline_add(struct cmdline *c, const char *name, const char *arg)
{
    struct occurrence oc = { find(name), arg };

    g_array_append_val(c->list, oc);
}

bool cmdline_has(const struct cmdline *c, const char *name)
{
    for (guint i = 0; i < c->list->len; i++)
        if (!strcmp(g_array_index(c->list, struct occurrence, i).option->name, name))
            return true;
    return false;
}

const char *cmdline_last(const struct cmdline *c, const char *name)
{
    for (guint i = c->list->len; i-- > 0;) {
        const struct occurrence *oc = &g_array_index(c->list, struct occurrence, i);
        if (!strcmp(oc->option->name, name))
            return oc->arg;
    }
    return NULL;
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
