/* SPDX-License-Identifier: BSD-2-Clause */
/* -numa: which memory and which CPUs are near each other, as the guest is told. */
#ifndef MYNAH_NUMA_H
#define MYNAH_NUMA_H

#include "types.h"

#define NUMA_NODES_MAX 64
#define NUMA_CPUS_MAX 512
#define NUMA_NEAR 10 /* the distance of a node to itself */
#define NUMA_FAR 20  /* to another, where none is given */

struct numa {
    unsigned nodes;
    uint64_t size[NUMA_NODES_MAX]; /* bytes of memory, one behind the other */
    int16_t cpu[NUMA_CPUS_MAX];    /* a CPU's node; -1: the board's choice, for all of them */
    bool distances;                /* there are some: */
    uint8_t distance[NUMA_NODES_MAX][NUMA_NODES_MAX]; /* from, to */
};

#endif
