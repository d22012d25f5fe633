/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order in which a thread takes the locks of a machine: a device's, then controllers' and wires', then a CPU's.
 * Debug builds (--enable-debug) assert it; elsewhere these calls are nothing. Locks that no other is taken under need
 * none.
 */
#ifndef MYNAH_LOCK_ORDER_H
#define MYNAH_LOCK_ORDER_H

enum lock_rank {
    LOCK_DEVICE,     /* one: while registers are accessed, in timers and callbacks from the host, at a reset */
    /* As many as lie between the device and the CPU; machines/dt-walk.c makes sure that there is no ring. */
    LOCK_CONTROLLER,
    LOCK_CPU,        /* one */
    LOCK_RANKS,
};

#ifdef MYNAH_DEBUG
/* Before a lock is taken, and after it was given back. */
void lock_order_enter(enum lock_rank rank);
void lock_order_leave(enum lock_rank rank);
#else
static inline void lock_order_enter(enum lock_rank rank)
{
}

static inline void lock_order_leave(enum lock_rank rank)
{
}
#endif

#endif
