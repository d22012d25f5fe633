/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine: a board made from a device tree, with its CPUs, memory and devices, and what the
 * command line asked of it.
 */
#ifndef MYNAH_MACHINE_H
#define MYNAH_MACHINE_H

#include <glib.h>

#include "bus.h"
#include "defaults.h"
#include "device.h"
#include "life.h"
#include "numa.h"
#include "types.h"

#define MACHINE_MAX_CPUS 512

struct ram_source;

/* What the command line asked for; strings are borrowed from it. */
struct machine_config {
    const char *type;        /* -M, without its properties */
    struct opts *props;      /* -M properties, merged */
    const char *cpu;         /* -cpu, NULL: the board's default */
    unsigned cpus, max_cpus, sockets, dies, clusters, cores, threads; /* -smp; 0 where not given */
    bool clusters_given;     /* by the user, so that the guest is told of them */
    uint64_t ram_size;       /* -m in bytes; 0: the board's default */
    const struct ram_source *ram[NUMA_NODES_MAX]; /* where the memory comes from, piece by piece */
    unsigned nram;           /* 0: as we like */
    const struct numa *numa; /* -numa, or NULL */
    const char *bios, *kernel, *initrd, *append, *dtb;
    const char *dumpdtb;     /* -machine dumpdtb=: write the tree and exit */
    const char *serial[16];  /* chardev ids, in order of the ports; NULL: none */
    unsigned nserial;
    const char *guest_name;  /* -name, or NULL */
    const char *uuid;        /* -uuid in text, or NULL */
    bool seeded;             /* -seed: of the random seed that the guest gets */
    uint64_t seed;
};

struct machine;

/* A board compiled in. */
struct board {
    const char *name;        /* "riscv64-virt" */
    const char *alias;       /* other name, or NULL */
    const char *desc;
    const char *arch;        /* cpu_arch.name */
    const char *system;      /* name of mynah-system-NAME whose default namespace has it: "riscv64" */
    const char *short_name;  /* its name there: "virt" */
    const char *default_cpu; /* NULL: what the tree says of each */
    uint64_t default_ram;
    unsigned max_cpus;
    const uint8_t *dtb;      /* the compiled tree */
    const struct defaults *defaults; /* what -drive and -nic mean */
    /*
     * Machine properties beyond the common ones, NAME and one-line meaning in turn, NULL-terminated; for -M NAME,help.
     */
    const char *const *props;
    /* Edit the tree before the walk (cpu nodes for -smp, memory for -m, options). May be NULL. */
    bool (*fixup)(struct machine *m, GError **err);
    /*
     * After the walk, once: place firmware, kernel, initrd and tree with loader.h, and set entry points.
     * What was placed is written again at every reset. NULL: the generic protocol of machines/machine.c.
     */
    bool (*load)(struct machine *m, GError **err);
};
extern const struct board *const boards[];

struct machine {
    const struct board *board;      /* NULL for -M dtb=FILE beyond known boards */
    struct machine_config config;
    char *name;
    struct opts *no_props;          /* what config.props is where the caller gave none */
    void *fdt;                      /* the tree; grown by fixup, then fixed. Padded: properties can be set */
    void *guest_fdt;                /* the tree the guest gets: fdt itself, or that of -dtb */
    struct address_space *as;       /* system memory */
    struct cpu **cpus;
    unsigned ncpus;
    uint64_t ram_size;
    gpa ram_base;
    struct ram_block *ram;
    GPtrArray *devices;             /* in order of creation */
    GPtrArray *wires;               /* of struct wired_or: lines that several outputs drive */
    GPtrArray *memory;              /* of struct region: RAM and ROM that is no device's */
    GPtrArray *aliases;             /* of struct region: parts of that at other addresses */
    gpa entry;                      /* where the reset code goes on, for boards that have reset code */
    uint64_t time_offset;           /* see device_set_time_offset(); atomic */
    char *cpu_model;                /* what config.cpu is where the board adds to what was asked for, or NULL */
    bool acpi;                      /* firmware is offered ACPI tables */
    char *pflash[2];                /* -M pflash0=, pflash1=: block nodes of the flash banks; NULL: -drive if=pflash */
};

/* The one machine of this process (NULL before machine_new()). */
extern struct machine *the_machine;

/* Find the board by full name, alias, or short name within system ("riscv64"; NULL: none). */
const struct board *board_find(const char *name, const char *system);
/* What -drive and -nic mean on the board that the command line asks for; of no known board, on any. */
const struct defaults *machine_defaults(const struct machine_config *c, const char *system);
/* Build the machine: tree, CPUs, devices, firmware. NULL with a message. */
struct machine *machine_new(const struct machine_config *c, const char *system, GError **err);
/* Free it with its CPUs, which do not run (any more), its devices, its memory and what was loaded. */
void machine_free(struct machine *m);
/* Map a new region of this kind (RAM, ROM) over a block; both become the machine's. */
void machine_map_memory(struct machine *m, struct ram_block *block, enum region_kind kind, gpa base, uint64_t size);
/* The same block once more at another address, under all else that is there. */
void machine_map_alias(struct machine *m, struct ram_block *block, enum region_kind kind, gpa base, uint64_t size);
/* Every board with its description, for -M help; system as in board_find() (NULL: all, by full names). */
void machine_list(const char *system, GString *out);
/* The properties of a board, for -M NAME,help. False if there is no such board. */
bool machine_help(const char *name, const char *system, GString *out);
/* Reset every device and CPU and reload what was loaded. All CPUs are paused. */
void machine_reset(struct machine *m);

/* -- Whether it runs, core/runstate.c -- */

/* Stop (with a reason as QMP's RunState) and continue the machine. Main loop only. */
void vm_stop(const char *state);
void vm_start(void);
bool vm_running(void);
/* QMP's RunState name: "running", "paused", "prelaunch", "shutdown", "debug" ... */
const char *vm_state(void);

#endif
