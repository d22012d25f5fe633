/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bench for one device: a bus with RAM, wires that can be read, and a clock that moves only when the
 * test says so.
 */
#ifndef MYNAH_DEVICE_RIG_H
#define MYNAH_DEVICE_RIG_H

#include "device.h"
#include "machine.h"

#define RIG_RAM 0x80000000u
#define RIG_RAM_SIZE (1 * MiB)
#define RIG_WIRES 64

struct rig {
    struct machine m;
    bool wire[RIG_WIRES];      /* the device's outputs */
    unsigned edges[RIG_WIRES]; /* how often each rose */
};

/* Before the first device; once a test program. */
void rig_init(struct rig *r);
/* Allocate the device with nirqs outputs wired; the test sets what it likes, then rig_start()s it. */
struct device *rig_new(struct rig *r, const char *type, unsigned nirqs);
/* Realize, map region i at 0x10000000 * (i + 1), reset. */
void rig_start(struct rig *r, struct device *d);
/* Unmap and free. */
void rig_remove(struct rig *r, struct device *d);

/* Guest accesses to a region; they must succeed. */
uint64_t rig_read(struct rig *r, unsigned region, uint64_t offset, unsigned size);
void rig_write(struct rig *r, unsigned region, uint64_t offset, unsigned size, uint64_t value);
/* The CPU that makes the accesses from now on. */
void rig_cpu(unsigned index);
/* Accesses from now on are secure ones. */
void rig_secure(bool secure);
/* True if the access is refused. */
bool rig_refuses(struct rig *r, unsigned region, uint64_t offset, unsigned size);
/* Random accesses of all sizes all over the device's regions; n of them. */
void rig_fuzz(struct rig *r, struct device *d, unsigned n);

/* Move the clock on, firing timers. */
void rig_advance(int64_t ns);

#endif
