/* SPDX-License-Identifier: BSD-2-Clause */
/* Boards by name, and the making of a machine: tree, CPUs, devices, what was asked to be loaded; reset. */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/acpi/acpi.h"
#include "boot.h"
#include "cpu.h"
#include "cpus.h"
#include "dt.h"
#include "fw-cfg.h"
#include "loader.h"
#include "log.h"
#include "machine.h"
#include "opts.h"
#include "state.h"
#include "tree.h"

#define TREE_ROOM (1 * MiB) /* for what fixups add: 512 CPU nodes are about half of it */

#define DEFAULT_BOARD "virt" /* under the name mynah-system-NAME */

struct machine *the_machine;

/* -- Boards -- */

static bool in_namespace(const struct board *b, const char *system)
{
    return system && b->system && !strcmp(b->system, system);
}

const struct board *board_find(const char *name, const char *system)
{
    for (unsigned i = 0; boards[i]; i++)
        if (!strcmp(boards[i]->name, name) || !g_strcmp0(boards[i]->alias, name))
            return boards[i];
    for (unsigned i = 0; boards[i]; i++)
        if (in_namespace(boards[i], system) && !g_strcmp0(boards[i]->short_name, name))
            return boards[i];
    return NULL;
}

const struct defaults *machine_defaults(const struct machine_config *c, const char *system)
{
    const struct board *b = board_find(c->type ? c->type : DEFAULT_BOARD, system);

    return b ? b->defaults : &virtio_mmio_defaults;
}

/* QEMU's other machines for these architectures, of ARM's those with a microcontroller; what is missing for them. */
static const struct {
    const char *name, *why;
} later[] = {
    { "none", NULL }, { "microchip-icicle-kit", NULL }, { "opentitan", NULL }, { "shakti_c", NULL },
    { "amd-microblaze-v-generic", NULL }, { "x-remote", NULL },
    { "mps3-an547", "its Cortex-M55 is Armv8.1-M" }, { "mps3-an536", "its Cortex-R52 is Armv8-R" },
    { "mps3-an524", NULL }, { "mps2-an511", NULL }, { "musca-a", NULL }, { "musca-b1", NULL },
    { "b-l475e-iot01a", NULL }, { "emcraft-sf2", NULL },
};

static const struct board *find_or_explain(const char *name, const char *system, GError **err)
{
    const struct board *b = board_find(name, system);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *near;

    if (b)
        return b;
    for (unsigned i = 0; i < ARRAY_SIZE(later); i++)
        if (!strcmp(name, later[i].name)) {
            fail(err, "-M %s: QEMU has this machine, mynah does not yet%s%s; see -M help", name,
                 later[i].why ? ": " : "", later[i].why ? later[i].why : "");
            return NULL;
        }
    for (unsigned i = 0; boards[i]; i++) {
        g_ptr_array_add(names, (void *)boards[i]->name);
        if (in_namespace(boards[i], system))
            g_ptr_array_add(names, (void *)boards[i]->short_name);
    }
    g_ptr_array_add(names, NULL);
    near = nearest_name(name, (const char *const *)names->pdata);
    for (unsigned i = 0; boards[i] && !near; i++)
        if (!g_strcmp0(boards[i]->short_name, name))
            near = boards[i]->name;
    fail(err, "-M %s: no such machine%s%s%s", name, near ? " (did you mean '" : "; see -M help", near ? near : "",
         near ? "'?)" : "");
    return NULL;
}

void machine_list(const char *system, GString *out)
{
    g_string_append(out, "Supported machines are:\n");
    for (unsigned i = 0; boards[i]; i++)
        if (!system || in_namespace(boards[i], system))
            g_string_append_printf(out, "%-20s %s%s\n", system ? boards[i]->short_name : boards[i]->name,
                                   boards[i]->desc,
                                   system && !g_strcmp0(boards[i]->short_name, DEFAULT_BOARD) ? " (default)" : "");
    g_string_append_printf(out, "%-20s %s\n", "dtb=FILE", "the board that a device tree describes");
}

/* Properties of every machine, name and meaning in turn. Those without effect keep command lines working. */
static const char *const common_props[] = {
    "append=<str>", "kernel command line, as -append",
    "dtb=<str>", "device tree to give the guest, as -dtb; without a machine: the board itself",
    "dumpdtb=<str>", "write the device tree to this file and exit",
    "firmware=<str>", "firmware, as -bios",
    "initrd=<str>", "initial RAM disk, as -initrd",
    "kernel=<str>", "kernel, as -kernel",
    "accel=<str>", "as -accel; several are tried in order: kvm:tcg (default: tcg)",
    "smp.cpus=<num>", "as -smp; likewise smp.cores and its other properties",
    "memory=<size>", "as -m; likewise memory.size",
    "boot.order=<str>", "as -boot; likewise its other properties",
    "dump-guest-core=<bool>", "accepted, without effect (default: on)",
    "graphics=<bool>", "accepted, without effect (default: on)",
    "memory-backend=<str>", "id of an -object memory-backend-ram: the memory is as large",
    "mem-merge=<bool>", "accepted, without effect (default: on)",
    "usb=<bool>", "off only (default: off)",
    NULL,
};

static void list_props(GString *out, const char *const *p)
{
    for (; p && *p; p += 2)
        g_string_append_printf(out, "  %-22s - %s\n", p[0], p[1]);
}

bool machine_help(const char *name, const char *system, GString *out)
{
    const struct board *b = board_find(name, system);

    if (!b)
        return false;
    g_string_append_printf(out, "%s-machine options:\n", b->name);
    list_props(out, b->props);
    list_props(out, common_props);
    return true;
}

/* -- Machine properties -- */

static void take_string(struct opts *o, const char *key, const char **slot)
{
    const char *v = opts_take(o, key);

    if (v)
        *slot = v;
}

static bool take_common_props(struct machine *m, struct opts *o, GError **err)
{
    static const char *const ignored[] = { "dump-guest-core", "graphics", "mem-merge" };
    bool on = false;

    take_string(o, "append", &m->config.append);
    take_string(o, "dumpdtb", &m->config.dumpdtb);
    take_string(o, "firmware", &m->config.bios);
    take_string(o, "initrd", &m->config.initrd);
    take_string(o, "kernel", &m->config.kernel);
    take_string(o, "dtb", &m->config.dtb);
    opts_take(o, "type");
    for (unsigned i = 0; i < ARRAY_SIZE(ignored); i++)
        if (!opts_take_bool(o, ignored[i], &on, err))
            return false;
    on = false;
    if (!opts_take_bool(o, "usb", &on, err))
        return false;
    if (on)
        fail(err, "usb=on: this board has no USB; expected -device qemu-xhci where it has PCI");
    return !on;
}

static bool check_config(const struct machine *m, GError **err)
{
    const struct machine_config *c = &m->config;
    unsigned max = m->board ? m->board->max_cpus : MACHINE_MAX_CPUS;

    if (c->cpus > max) {
        fail(err, "-smp %u: machine %s has at most %u CPUs", c->cpus, m->name, max);
        return false;
    }
    if (!c->kernel && (c->initrd || c->append)) {
        fail(err, "%s is only allowed with -kernel", c->initrd ? "-initrd" : "-append");
        return false;
    }
    return true;
}

/* -- Trees -- */

/* A copy of a tree with room to grow. */
static void *roomy_tree(const void *dtb, GError **err)
{
    size_t size = fdt_totalsize(dtb) + TREE_ROOM;
    void *fdt = g_malloc0(size);
    int e = fdt_open_into(dtb, fdt, size);

    if (e) {
        fail(err, "device tree: %s", fdt_strerror(e));
        g_free(fdt);
        return NULL;
    }
    return fdt;
}

static void *tree_from_file(const char *option, const char *path, GError **err)
{
    GBytes *file = load_file(path, 64 * MiB, err);
    gsize size;
    const void *p = file ? g_bytes_get_data(file, &size) : NULL;
    void *fdt = p && dt_check(p, size, path, err) ? roomy_tree(p, err) : NULL;

    if (file)
        g_bytes_unref(file);
    if (!fdt)
        g_prefix_error(err, "%s", option);
    return fdt;
}

/* -m on a board from outside: the first memory node's first range becomes that long. */
static bool resize_memory(struct machine *m, GError **err)
{
    int node = fdt_node_offset_by_prop_value(m->fdt, -1, "device_type", "memory", sizeof("memory"));
    int na = fdt_address_cells(m->fdt, 0), ns = fdt_size_cells(m->fdt, 0), len;
    const fdt32_t *reg = node >= 0 ? fdt_getprop(m->fdt, node, "reg", &len) : NULL;
    fdt32_t cells[4] = { 0 };

    if (!m->config.ram_size)
        return true;
    if (!reg || na < 1 || na > 2 || ns < 1 || ns > 2 || len < 4 * (na + ns) ||
        (ns == 1 && m->config.ram_size > UINT32_MAX)) {
        fail(err, "-m: the device tree has no memory node of which the size could be set");
        return false;
    }
    memcpy(cells, reg, 4 * na);
    if (ns == 2)
        cells[na] = cpu_to_fdt32(m->config.ram_size >> 32);
    cells[na + ns - 1] = cpu_to_fdt32(m->config.ram_size);
    return fdt_setprop(m->fdt, node, "reg", cells, 4 * (na + ns)) == 0;
}

/* -smp on a board from outside takes CPUs away: the first n stay. */
static bool limit_cpus(struct machine *m, GError **err)
{
    int node, cpus = fdt_path_offset(m->fdt, "/cpus");
    unsigned n = 0;

    fdt_for_each_subnode(node, m->fdt, cpus) {
        const char *type = fdt_getprop(m->fdt, node, "device_type", NULL);
        if (type && !strcmp(type, "cpu") && dt_enabled(m->fdt, node) && ++n > m->config.cpus)
            fdt_setprop_string(m->fdt, node, "status", "disabled");
    }
    if (n < m->config.cpus)
        fail(err, "-smp %u: the device tree has %u CPUs", m->config.cpus, n);
    return n >= m->config.cpus;
}

static bool make_trees(struct machine *m, const char *board_file, GError **err)
{
    m->fdt = board_file ? tree_from_file("-M dtb=", board_file, err) : roomy_tree(m->board->dtb, err);
    m->guest_fdt = m->fdt;
    if (!m->fdt)
        return false;
    if (board_file)
        return resize_memory(m, err) && (!m->config.cpus || limit_cpus(m, err));
    return !m->board->fixup || m->board->fixup(m, err);
}

static bool write_tree(const struct machine *m, const char *path, GError **err)
{
    uint32_t size;
    g_autofree void *fdt = boot_packed_tree(m, &size);
    g_autoptr(GError) e = NULL;

    if (!g_file_set_contents(path, fdt, size, &e))
        fail(err, "-M dumpdtb=%s: %s", path, file_error(e));
    return e == NULL;
}

/* -- State of the machine itself -- */

struct machine_state {
    uint64_t time_offset; /* machine.time_offset */
};
static struct machine_state saved;

static void machine_settle(void *obj)
{
    saved.time_offset = __atomic_load_n(&the_machine->time_offset, __ATOMIC_RELAXED);
}

/* CPUs' timers have rows of their own. */
static bool machine_loaded(void *obj, unsigned version, GError **err)
{
    __atomic_store_n(&the_machine->time_offset, saved.time_offset, __ATOMIC_SEQ_CST);
    return true;
}

static void machine_identity(const void *obj, GString *out)
{
    g_string_append_printf(out, "type=%s,memory=%" G_GUINT64_FORMAT, the_machine->name, (guint64)the_machine->ram_size);
}

static const struct state_row machine_fields[] = {
    FIELD_KEEP(struct machine_state, time_offset),
    FIELD_END,
};

static const struct state_table machine_table = {
    STATE_OF(struct machine_state),
    .version = 1,
    .rows = machine_fields,
    .settle = machine_settle,
    .loaded = machine_loaded,
    .identity = machine_identity,
};

/* -- Machine -- */

static bool build(struct machine *m, const char *board_file, GError **err)
{
    bool (*load)(struct machine *m, GError **err);

    if (!make_trees(m, board_file, err) || !dt_make_cpus(m, err) || !dt_make_devices(m, err) ||
        !machine_describe_numa(m, err))
        return false;
    struct device *fw_cfg = fw_cfg_find(m);
    if (fw_cfg)
        fw_cfg_set_machine(fw_cfg, m->ram_size, m->ncpus);
    if (m->board && m->config.dtb && !(m->guest_fdt = tree_from_file("-dtb ", m->config.dtb, err)))
        return false;
    load = m->board && m->board->load ? m->board->load : boot_generic(m->cpus[0]->arch->name);
    return (!load || load(m, err)) && (!m->acpi || acpi_offer(m, err));
}

void machine_map_memory(struct machine *m, struct ram_block *block, enum region_kind kind, gpa base, uint64_t size)
{
    struct region *r = g_new0(struct region, 1);

    *r = (struct region){ .name = block->name, .kind = kind, .size = size, .host = block->host, .ram = block };
    g_ptr_array_add(m->memory, r);
    address_space_map(m->as, r, base, 0);
}

void machine_map_alias(struct machine *m, struct ram_block *block, enum region_kind kind, gpa base, uint64_t size)
{
    struct region *r = g_new0(struct region, 1);

    *r = (struct region){ .name = block->name, .kind = kind, .size = size, .host = block->host, .ram = block };
    g_ptr_array_add(m->aliases, r);
    address_space_map(m->as, r, base, -1);
}

void machine_free(struct machine *m)
{
    state_unregister(&saved);
    for (guint i = 0; i < m->devices->len; i++)
        ((struct device *)g_ptr_array_index(m->devices, i))->nirqs = 0; /* the wires are cut: they lead to each other */
    for (guint i = m->devices->len; i--;) /* those on buses were made after their parents */
        device_free(g_ptr_array_index(m->devices, i));
    g_ptr_array_free(m->devices, TRUE);
    g_ptr_array_free(m->wires, TRUE);
    cpus_free();
    g_free(m->cpus);
    rom_clear();
    for (guint i = 0; i < m->memory->len; i++) {
        struct region *r = g_ptr_array_index(m->memory, i);
        ram_block_free(r->ram);
        g_free(r);
    }
    g_ptr_array_free(m->memory, TRUE);
    g_ptr_array_free(m->aliases, TRUE);
    address_space_free(m->as);
    if (m->guest_fdt != m->fdt)
        g_free(m->guest_fdt);
    g_free(m->fdt);
    g_free(m->pflash[0]);
    g_free(m->pflash[1]);
    g_free(m->cpu_model);
    opts_free(m->no_props);
    g_free(m->name);
    g_free(m);
    the_machine = NULL;
}

struct machine *machine_new(const struct machine_config *c, const char *system, GError **err)
{
    struct machine *m = g_new0(struct machine, 1);
    struct opts *props = c->props ? c->props : (m->no_props = opts_new());
    const char *board_file = NULL;

    the_machine = m;
    state_register(&(struct state_object){ .name = "machine", .table = &machine_table, .obj = &saved });
    m->as = address_space_new("memory");
    m->devices = g_ptr_array_new();
    m->wires = g_ptr_array_new_with_free_func(wired_or_free);
    m->memory = g_ptr_array_new();
    m->aliases = g_ptr_array_new_with_free_func(g_free);
    m->config = *c;
    m->config.props = props;
    if (!c->type && opts_peek(props, "dtb"))
        board_file = opts_take(props, "dtb");
    else if (!(m->board = find_or_explain(c->type ? c->type : DEFAULT_BOARD, system, err)))
        goto failed;
    m->name = g_strdup(m->board ? m->board->name : board_file);
    if (!take_common_props(m, props, err)) {
        g_prefix_error(err, "-M: ");
        goto failed;
    }
    if (board_file)
        m->config.dtb = NULL;
    if (!check_config(m, err) || !build(m, board_file, err) || !opts_done(props, "-M", err))
        goto failed;
    if (m->config.dumpdtb) {
        if (!write_tree(m, m->config.dumpdtb, err))
            goto failed;
        exit(EXIT_SUCCESS);
    }
    return m;
failed:
    machine_free(m);
    return NULL;
}

static void reset_device(struct device *d, void *opaque)
{
    device_reset(d);
}

/* Again: a controller may have been reset before the devices that drive its inputs let go of them. */
static void reset_controller(struct device *d, void *opaque)
{
    if (d->type->irq_in)
        device_reset(d);
}

void machine_reset(struct machine *m)
{
    struct rom *fdt = rom_find("fdt");

    if (fdt)
        boot_random_seed(m, fdt->data);
    rom_reset(m->as);
    device_foreach(m, reset_device, NULL);
    device_foreach(m, reset_controller, NULL);
    for (unsigned i = 0; i < m->ncpus; i++) {
        m->cpus[i]->arch->reset(m->cpus[i]);
        if (log_on(LOG_CPU_RESET)) {
            g_autoptr(GString) s = g_string_new(NULL);
            m->cpus[i]->arch->print_state(m->cpus[i], s);
            log_printf("CPU %u is reset\n%s", i, s->str);
        }
    }
}
