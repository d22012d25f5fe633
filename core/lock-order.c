/* SPDX-License-Identifier: BSD-2-Clause */
#include "lock-order.h"

#include <glib.h>

#ifdef MYNAH_DEBUG
static _Thread_local unsigned held[LOCK_RANKS];

void lock_order_enter(enum lock_rank rank)
{
    for (unsigned r = rank + 1; r < LOCK_RANKS; r++)
        g_assert(held[r] == 0);
    g_assert(held[rank] == 0 || rank == LOCK_CONTROLLER);
    held[rank]++;
}

void lock_order_leave(enum lock_rank rank)
{
    g_assert(held[rank] > 0);
    held[rank]--;
}
#endif
