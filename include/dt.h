/* SPDX-License-Identifier: BSD-2-Clause */
/* Device trees beyond libfdt: cells, translated addresses, and making a machine from a tree. */
#ifndef MYNAH_DT_H
#define MYNAH_DT_H

#include <glib.h>

#include "types.h"

struct machine;

/*
 * A cell property of a node as a number of its first 1 or 2 cells (by its length); dflt if it is absent or malformed.
 */
uint64_t dt_prop_num(const void *fdt, int node, const char *name, uint64_t dflt);
/* True if the node's compatible list has the string. */
bool dt_compatible(const void *fdt, int node, const char *compatible);
/* False only for nodes whose status says disabled, fail or reserved. */
bool dt_enabled(const void *fdt, int node);
/* The node is there for ARM's secure state alone: binding arm/secure.txt. */
bool dt_secure_only(const void *fdt, int node);
/*
 * Entry index of the node's reg as a CPU physical address, through the ranges of every parent.
 * False if there is no such entry, it is malformed, or it has no address for the CPU.
 */
bool dt_reg(const void *fdt, int node, unsigned index, gpa *addr, uint64_t *size);
/* The absolute path that a /chosen or /aliases value names (aliases resolved, ":options" cut), as a node; < 0: none. */
int dt_resolve(const void *fdt, const char *path);

/* Check a whole tree read from a file; false with what is wrong, named by what. */
bool dt_check(const void *fdt, size_t size, const char *what, GError **err);

/* The CPUs of the tree's /cpus, into m->cpus. */
bool dt_make_cpus(struct machine *m, GError **err);
/*
 * Memory and devices of m->fdt: one device for each node whose compatible is known, mapped at its reg and wired
 * by its interrupts; a logged stand-in for the others. m->fdt must not change until this returns.
 */
bool dt_make_devices(struct machine *m, GError **err);

#endif
