/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's "info" commands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "block.h"
#include "chardev.h"
#include "cpu.h"
#include "cpus.h"
#include "describe.h"
#include "machine.h"
#include "monitor-int.h"
#include "net.h"
#include "replay.h"
#include "runstate.h"

static void info_version(struct hmp *h, char *args)
{
    g_string_append(h->out, VERSION "\n");
}

static void info_status(struct hmp *h, char *args)
{
    const char *state = vm_state();

    if (vm_running())
        g_string_append(h->out, "VM status: running\n");
    else if (!strcmp(state, "paused"))
        g_string_append(h->out, "VM status: paused\n");
    else
        g_string_append_printf(h->out, "VM status: paused (%s)\n", state);
}

static void info_name(struct hmp *h, char *args)
{
    if (the_machine->config.guest_name)
        g_string_append_printf(h->out, "%s\n", the_machine->config.guest_name);
}

static void info_uuid(struct hmp *h, char *args)
{
    const char *uuid = the_machine->config.uuid;

    g_string_append_printf(h->out, "%s\n", uuid ? uuid : "00000000-0000-0000-0000-000000000000");
}

static void one_cpu(struct hmp *h, unsigned i, bool heading)
{
    struct cpu *cpu = the_machine->cpus[i];

    if (heading)
        g_string_append_printf(h->out, "\nCPU#%u\n", i);
    cpu->arch->print_state(cpu, h->out);
}

static void info_registers(struct hmp *h, char *args)
{
    bool all = !strcmp(args, "-a");
    char *end = args;
    unsigned long n = h->cpu;

    if (*args && !all) {
        n = strtoul(args, &end, 10);
        if (*end || n >= the_machine->ncpus) {
            g_string_append_printf(h->out, "info registers: expected -a or the number of a CPU, not '%s'\n", args);
            return;
        }
    }
    cpus_pause();
    for (unsigned i = 0; i < the_machine->ncpus; i++)
        if (all || i == n)
            one_cpu(h, i, true);
    cpus_resume();
}

static void info_cpus(struct hmp *h, char *args)
{
    cpus_pause();
    for (unsigned i = 0; i < the_machine->ncpus; i++) {
        const struct cpu *cpu = the_machine->cpus[i];
        g_string_append_printf(h->out, "%c CPU #%u: thread_id=%d pc=0x%016" PRIx64 "%s model=%s\n",
                               i == h->cpu ? '*' : ' ', i, cpu_thread_id(cpu), cpu->pc, cpu->powered_off ? " (off)" : cpu->halted ? " (halted)" : "",
                               cpu->model ? cpu->model : cpu->arch->name);
    }
    cpus_resume();
}

static void info_mtree(struct hmp *h, char *args)
{
    if (*args && strcmp(args, "-f"))
        g_string_append_printf(h->out, "info mtree: expected -f or nothing, not '%s'\n", args);
    else
        describe_memory(h->out, *args);
}

static void info_qtree(struct hmp *h, char *args)
{
    if (*args && strcmp(args, "-b"))
        g_string_append_printf(h->out, "info qtree: expected -b or nothing, not '%s'\n", args);
    else
        describe_devices(h->out, *args);
}

static void info_irq(struct hmp *h, char *args)
{
    describe_interrupts(h->out);
}

static void info_pci(struct hmp *h, char *args)
{
    describe_pci(h->out);
}

static void info_roms(struct hmp *h, char *args)
{
    describe_roms(h->out);
}

static void info_block(struct hmp *h, char *args)
{
    bool verbose = g_str_has_prefix(args, "-v") && (!args[2] || args[2] == ' ');
    const char *name = g_strchug(args + (verbose ? 2 : 0));

    if (*name && !block_find(name))
        g_string_append_printf(h->out, "info block: there is no drive or node '%s'\n", name);
    else
        block_info(h->out, verbose, *name ? block_find(name) : NULL);
}

static void info_network(struct hmp *h, char *args)
{
    net_info(h->out);
}

static void info_usernet(struct hmp *h, char *args)
{
    net_info_user(h->out);
}

static void chardev_line(const char *id, const char *filename, bool open, void *opaque)
{
    g_string_append_printf(opaque, "%s: filename=%s\n", id, filename);
}

static void info_chardev(struct hmp *h, char *args)
{
    chardev_foreach(chardev_line, h->out);
}

static void info_jit(struct hmp *h, char *args)
{
    accel_info(h->out);
}

static void info_replay(struct hmp *h, char *args)
{
    replay_info(h->out);
}

static void info_history(struct hmp *h, char *args)
{
    const char *line;

    for (unsigned i = 0; h->editor && (line = line_editor_history(h->editor, i)); i++)
        g_string_append_printf(h->out, "%u: '%s'\n", i, line);
}

const struct hmp_command info_commands[] = {
    { .name = "balloon", .args = "", .help = "memory that the guest has", .run = hmp_info_balloon },
    { .name = "block", .args = "[-v] [DRIVE]", .help = "images and who uses them", .run = info_block },
    { .name = "block-jobs", .args = "", .help = "copies of disks that are being made", .run = hmp_info_block_jobs },
    { .name = "chardev", .args = "", .help = "character devices", .run = info_chardev },
    { .name = "cpus", .args = "", .help = "CPUs and where they are", .run = info_cpus },
    { .name = "displays", .args = "", .help = "displays, and LEDs as text", .run = hmp_info_displays },
    { .name = "history", .args = "", .help = "lines typed before", .run = info_history },
    { .name = "irq", .alias = "pic", .args = "", .help = "state of the interrupt controllers", .run = info_irq },
    { .name = "jit", .args = "", .help = "counters of the execution engine", .run = info_jit },
    { .name = "mice", .args = "", .help = "pointers, and those that get events", .run = hmp_info_mice },
    { .name = "migrate", .args = "", .help = "how the last migration went", .run = hmp_info_migrate },
    { .name = "mtree", .args = "[-f]", .help = "memory map as declared; -f: as CPUs see it", .run = info_mtree },
    { .name = "name", .args = "", .help = "the guest's name (-name)", .run = info_name },
    { .name = "network", .args = "", .help = "network back ends and devices", .run = info_network },
    { .name = "pci", .args = "", .help = "functions on the PCI buses", .run = info_pci },
    { .name = "qtree", .args = "[-b]", .help = "devices and their properties; -b: without these", .run = info_qtree },
    { .name = "registers", .args = "[-a|CPU]", .help = "registers of the current CPU, of all, or of one",
      .run = info_registers },
    { .name = "replay", .args = "", .help = "recording or replay under way, and its instruction count",
      .run = info_replay },
    { .name = "roms", .args = "", .help = "what was loaded into memory", .run = info_roms },
    { .name = "snapshots", .args = "", .help = "snapshots that savevm made", .run = hmp_info_snapshots },
    { .name = "hash", .args = "", .help = "a checksum of the whole machine: memory, registers, devices, time",
      .run = hmp_info_state_hash },
    { .name = "status", .args = "", .help = "whether the machine runs", .run = info_status },
    { .name = "usernet", .args = "", .help = "connections of user networks", .run = info_usernet },
    { .name = "uuid", .args = "", .help = "the machine's UUID (-uuid)", .run = info_uuid },
    { .name = "version", .args = "", .help = "version of mynah", .run = info_version },
    { .name = NULL },
};
