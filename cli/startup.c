/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the command line to a machine: character devices, images, networks, monitors, the board, its
 * further devices, the gdb server, in this order.
 */
#include <string.h>

#include "block.h"
#include "boot-order.h"
#include "block-job.h"
#include "block-medium.h"
#include "chardev.h"
#include "cmdline.h"
#include "cpus.h"
#include "fsdev.h"
#include "fw-cfg.h"
#include "monitor/describe.h"
#include "gdb/gdb.h"
#include "log.h"
#include "monitor/monitor.h"
#include "monitor/qmp-int.h"
#include "net.h"
#include "plug.h"
#include "replay.h"
#include "runstate.h"
#include "smbios.h"
#include "snapshot.h"
#include "object.h"

/* Parse, hand over to make, and see that nothing is left over. */
static bool with_opts(const char *arg, const char *implied, bool (*make)(struct opts *o, GError **err), GError **err)
{
    struct opts *o = opts_parse(arg, implied, err);
    bool ok = o && opts_id_ok(o, err) && make(o, err);
    opts_free(o);
    return ok;
}

/* What -drive and -nic mean on the board; until that is known, for lists of keys, on any. */
static const struct defaults *defaults = &virtio_mmio_defaults;

/* -- Character devices -- */

static bool make_chardev(struct opts *o, GError **err)
{
    return chardev_create(o, err) != NULL;
}

bool opt_chardev(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, "backend", make_chardev, err);
}

/* -- Images -- */

bool opt_blockdev(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, "driver", block_add_blockdev, err);
}

static bool make_drive(struct opts *o, GError **err)
{
    return block_add_drive(o, defaults->drives->type, err);
}

bool opt_drive(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, NULL, make_drive, err);
}

/* The short forms. */
static bool short_drive(const char *file, const char *key, const char *value, const char *interface, GError **err)
{
    struct opts *o = opts_new();
    opts_set(o, "file", file);
    opts_set(o, key, value);
    if (interface)
        opts_set(o, "if", interface);
    else if (strcmp(key, "media"))
        opts_set(o, "media", "disk");
    bool ok = make_drive(o, err);
    opts_free(o);
    return ok;
}

bool opt_hda(struct cmdline *c, const char *arg, GError **err) { return short_drive(arg, "index", "0", NULL, err); }
bool opt_hdb(struct cmdline *c, const char *arg, GError **err) { return short_drive(arg, "index", "1", NULL, err); }
bool opt_hdc(struct cmdline *c, const char *arg, GError **err) { return short_drive(arg, "index", "2", NULL, err); }
bool opt_hdd(struct cmdline *c, const char *arg, GError **err) { return short_drive(arg, "index", "3", NULL, err); }
bool opt_cdrom(struct cmdline *c, const char *arg, GError **err)
{
    return short_drive(arg, "media", "cdrom", NULL, err);
}
bool opt_pflash(struct cmdline *c, const char *arg, GError **err)
{
    return short_drive(arg, "format", "raw", "pflash", err);
}

bool opt_sd(struct cmdline *c, const char *arg, GError **err) { return short_drive(arg, "index", "0", "sd", err); }

/* -- Networks -- */

bool opt_netdev(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, "type", net_add_netdev, err);
}

static bool make_nic(struct opts *o, GError **err)
{
    return net_add_nic(o, defaults->nics, err);
}

bool opt_nic(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, "type", make_nic, err);
}

static bool make_legacy(struct opts *o, GError **err)
{
    return net_add_legacy(o, defaults->nics, err);
}

bool opt_net(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, "type", make_legacy, err);
}

/* -- Ports and monitors -- */

/* A string that lives as long as the command line. */
static const char *keep(struct cmdline *c, char *s)
{
    g_ptr_array_add(c->strings, s);
    return s;
}

bool opt_serial(struct cmdline *c, const char *arg, GError **err)
{
    struct machine_config *m = &c->config;
    GError *e = NULL;
    if (m->nserial == ARRAY_SIZE(m->serial)) {
        fail(err, "no machine has more than %zu serial ports", ARRAY_SIZE(m->serial));
        return false;
    }
    if (!strcmp(arg, "none")) {
        m->serial[m->nserial++] = NULL;
        return true;
    }
    const char *label = keep(c, g_strdup_printf("serial%u", m->nserial));
    struct chardev *dev = chardev_create_compat(label, arg, &e);
    if (!dev) {
        g_propagate_error(err, e);
        return false;
    }
    m->serial[m->nserial++] = chardev_id(dev);
    /* "mon:" puts a monitor beside the port. */
    return !g_str_has_prefix(arg, "mon:") || monitor_new(dev, MONITOR_HMP, false, err);
}

static bool port_monitor(struct cmdline *c, const char *arg, enum monitor_mode mode, bool pretty, GError **err)
{
    if (!strcmp(arg, "none"))
        return true;
    const char *label = keep(c, g_strdup_printf("compat_monitor%u", c->nmonitors++));
    struct chardev *dev = chardev_create_compat(label, arg, err);
    return dev && monitor_new(dev, mode, pretty, err);
}

bool opt_monitor(struct cmdline *c, const char *arg, GError **err)
{
    return port_monitor(c, arg, MONITOR_HMP, false, err);
}
bool opt_qmp(struct cmdline *c, const char *arg, GError **err) { return port_monitor(c, arg, MONITOR_QMP, false, err); }
bool opt_qmp_pretty(struct cmdline *c, const char *arg, GError **err)
{
    return port_monitor(c, arg, MONITOR_QMP, true, err);
}

bool opt_mon(struct cmdline *c, const char *arg, GError **err)
{
    static const char *const modes[] = { "readline", "control", NULL };
    struct opts *o = opts_parse(arg, "chardev", err);
    if (!o)
        return false;
    unsigned mode = 0;
    bool pretty = false;
    const char *name = opts_take(o, "chardev");
    opts_take(o, "id");
    bool ok = opts_take_enum(o, "mode", modes, &mode, err) && opts_take_bool(o, "pretty", &pretty, err) &&
              opts_done(o, "-mon", err);
    struct chardev *dev = ok && name ? chardev_find(name) : NULL;
    if (ok && !dev) {
        if (name)
            fail(err, "chardev=%s: there is no chardev with this id", name);
        else
            fail(err, "expected chardev=ID");
        ok = false;
    }
    ok = ok && monitor_new(dev, mode ? MONITOR_QMP : MONITOR_HMP, pretty, err);
    opts_free(o);
    return ok;
}

/* What a machine has without being asked: a console on the terminal, unless there is another place for it. */
static bool default_ports(struct cmdline *c, GError **err)
{
    bool terminal = c->nographic || !c->display_none, ok = true;
    const char *serial = !terminal ? "null" : c->default_monitor ? "mon:stdio" : "stdio";
    if (c->default_serial) {
        ok = opt_serial(c, serial, err);
        if (!ok)
            g_prefix_error(err, "-serial %s, the default: ", serial);
    } else if (c->default_monitor && c->nographic) {
        ok = opt_monitor(c, "stdio", err);
        if (!ok)
            g_prefix_error(err, "-monitor stdio, the default: ");
    }
    return ok;
}

/* -- Firmware configuration -- */

static bool add_fw_cfg(struct opts *o, GError **err)
{
    const char *name = opts_take(o, "name"), *file = opts_take(o, "file"), *string = opts_take(o, "string");
    g_autofree char *data = NULL;
    gsize size = string ? strlen(string) : 0;
    GError *e = NULL;

    if (!opts_done(o, "-fw_cfg", err))
        return false;
    if (!name || !file == !string) {
        fail(err, "expected name=NAME and either file=FILE or string=TEXT");
        return false;
    }
    struct device *d = fw_cfg_find(the_machine);
    if (!d) {
        fail(err, "machine %s has no firmware configuration device", the_machine->name);
        return false;
    }
    if (file && !g_file_get_contents(file, &data, &size, &e)) {
        fail(err, "file=%s: %s", file, file_error(e));
        g_error_free(e);
        return false;
    }
    if (size > UINT32_MAX) {
        fail(err, "file=%s: expected less than 4 GiB", file);
        return false;
    }
    return fw_cfg_add_file(d, name, file ? data : string, (uint32_t)size, err);
}

bool opt_fw_cfg(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, "name", add_fw_cfg, err);
}

bool opt_smbios(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, "type", smbios_add, err);
}

/* -- Devices -- */

static bool make_device(struct opts *o, GError **err)
{
    return device_add(the_machine, o, err) != NULL;
}

bool opt_device(struct cmdline *c, const char *arg, GError **err)
{
    return with_opts(arg, "driver", make_device, err);
}

/* -- Debugger -- */

bool opt_gdb(struct cmdline *c, const char *arg, GError **err)
{
    return gdb_start(arg, err);
}

bool opt_gdb_short(struct cmdline *c, const char *arg, GError **err)
{
    return opt_gdb(c, "tcp::1234", err);
}

/* -- All of it -- */

/* -d page */
static void log_memory(void)
{
    if (log_on(LOG_PAGE)) {
        g_autoptr(GString) s = g_string_new(NULL);
        describe_memory(s, true);
        describe_roms(s);
        log_printf("%s", s->str);
    }
}

/* What devices of the machine will be connected to, and the monitors. */
static bool open_host_ends(struct cmdline *c, GError **err)
{
    static const enum phase phases[] = { PHASE_LOG, PHASE_CHARDEV, PHASE_BLOCKDEV, PHASE_DRIVE, PHASE_NET, PHASE_MON,
                                         PHASE_PORT };

    for (unsigned i = 0; i < ARRAY_SIZE(phases); i++)
        if (!cmdline_phase(c, phases[i], err))
            return false;
    return object_complete_all(err) && default_ports(c, err);
}

/* What the board itself does not have. */
static bool make_devices(struct cmdline *c, struct machine *m, GError **err)
{
    if (!block_make_devices(m, defaults->drives, err) || !net_make_devices(m, err) || !fsdev_make_devices(m, err) ||
        !cmdline_phase(c, PHASE_FW_CFG, err) || !cmdline_phase(c, PHASE_DEVICE, err) ||
        !boot_order_offer(m, err) || !smbios_offer(m, err) || !block_check_unused(defaults->drives, err) ||
        !cmdline_phase(c, PHASE_GDB, err))
        return false;
    net_tell_unused();
    return true;
}

/* What the machine begins with, if that is not a reset. With rrsnapshot= a recording leaves it for its replays. */
static bool load_snapshot(struct cmdline *c, GError **err)
{
    const char *tag = c->rr == REPLAY_PLAY && c->rrsnapshot ? c->rrsnapshot : c->loadvm;

    if (!snapshot_startup(tag, &c->held, err))
        return false;
    if (c->rr != REPLAY_RECORD || !c->rrsnapshot || snapshot_record(c->rrsnapshot, err))
        return true;
    g_prefix_error(err, "-icount: rrsnapshot=%s: ", c->rrsnapshot);
    return false;
}

/* -- Disks that fail -- */

static void disk_failed(const struct block_error *e)
{
    qmp_block_error(e);
    if (e->action != BLOCK_ERROR_STOP)
        return;
    if (vm_running())
        log_printf("mynah: drive '%s': %s: the machine is stopped; 'cont' tries again\n",
                   e->device[0] ? e->device : e->node, g_strerror(e->error));
    vm_stop("io-error");
}

static void on_life(enum life_event e, enum shutdown_cause cause, void *opaque)
{
    if (e == LIFE_RESUME)
        block_retry();
}

struct machine *startup(struct cmdline *c, GError **err)
{
    struct machine *m;

    block_on_error(disk_failed);
    block_on_tray(qmp_tray);
    block_jobs_listen(qmp_block_job, cpus_pause, cpus_resume);
    life_listen(on_life, NULL);

    monitor_gdbserver = gdb_start;
    snapshot_disks = &block_disks;
    defaults = machine_defaults(&c->config, c->system);
    if (!open_host_ends(c, err) || !(m = machine_new(&c->config, c->system, err)) || !make_devices(c, m, err))
        return NULL;
    semihost_describe(c, m);
    ends_start(c);
    machine_reset(m);
    log_memory();
    return load_snapshot(c, err) ? m : NULL;
}
