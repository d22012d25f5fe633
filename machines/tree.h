/* SPDX-License-Identifier: BSD-2-Clause */
/* Editing a board's device tree, as its fixup does: errors add up, and are told once. */
#ifndef MYNAH_TREE_H
#define MYNAH_TREE_H

#include <glib.h>

#include "types.h"

struct machine;
struct machine_config;

/*
 * A tree under change. Nodes are offsets, which move when something before them grows: paths are what stays. After an
 * error nothing is done any more.
 */
struct tree {
    void *fdt;
    int error; /* the first of libfdt; 0: none */
};

/* The node at the path; < 0 with the error set. */
int tree_node(struct tree *t, const char *path);
/* A new node there, before others of its parent. */
int tree_add(struct tree *t, int parent, const char *name);
/* The node, with all that is in it, goes. */
void tree_delete(struct tree *t, const char *path);
void tree_string(struct tree *t, int node, const char *prop, const char *value);
/* A list of n strings. */
void tree_strings(struct tree *t, int node, const char *prop, unsigned n, const char *const *values);
void tree_empty(struct tree *t, int node, const char *prop);
/* A property of so many cells. */
void tree_cells(struct tree *t, int node, const char *prop, unsigned n, const uint32_t *cells);
void tree_cell(struct tree *t, int node, const char *prop, uint32_t cell);
/* reg of two cells each for address and size, n pairs of them. */
void tree_reg(struct tree *t, int node, unsigned n, const uint64_t *pairs);
/* How many CPUs -smp asks for. */
unsigned tree_cpu_count(const struct machine_config *c);
/* Tell of -numa, if it was given, once the machine is made. False with a message. */
bool machine_describe_numa(struct machine *m, GError **err);
/* False with a message if there was an error: libfdt's all mean that a board's tree was changed without its code. */
bool tree_done(const struct tree *t, const struct machine *m, GError **err);

#endif
