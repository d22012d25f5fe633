/* SPDX-License-Identifier: BSD-2-Clause */
/* A line that several outputs drive. No device of its own: the walk over a board's tree makes one where lines meet. */
#include "irq.h"
#include "lock-order.h"

struct wired_or {
    GMutex lock;     /* after the drivers' locks, before the controller's */
    struct irq line;
    GArray *level;   /* of bool, an output each */
    unsigned high;   /* how many of them are */
};

static void or_set(void *opaque, unsigned n, bool level)
{
    struct wired_or *o = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&o->lock);
    bool *input = &g_array_index(o->level, bool, n), before = o->high != 0;
    o->high += level - *input;
    *input = level;
    if ((o->high != 0) != before)
        irq_set(&o->line, o->high != 0);
    g_mutex_unlock(&o->lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static void or_pulse(void *opaque, unsigned n)
{
    struct wired_or *o = opaque;

    irq_pulse(&o->line);
}

struct wired_or *wired_or_new(const struct irq *line)
{
    struct wired_or *o = g_new0(struct wired_or, 1);

    g_mutex_init(&o->lock);
    o->line = *line;
    o->level = g_array_new(FALSE, TRUE, sizeof(bool));
    return o;
}

struct irq wired_or_add(struct wired_or *o)
{
    unsigned n = o->level->len;

    g_array_set_size(o->level, n + 1);
    return (struct irq){ .set = or_set, .opaque = o, .n = n, .pulse = o->line.pulse ? or_pulse : NULL };
}

void wired_or_free(void *wired_or)
{
    struct wired_or *o = wired_or;

    g_array_free(o->level, TRUE);
    g_mutex_clear(&o->lock);
    g_free(o);
}
