/* SPDX-License-Identifier: BSD-2-Clause */
/* A line that several outputs drive. No device of its own: the walk over a board's tree makes one where lines meet. */
#include "irq.h"
#include "lock-order.h"
#include "opts.h"
#include "state.h"

struct wired_or {
    GMutex lock;     /* after the drivers' locks, before the controller's */
    struct irq line;
    bool *level;     /* of each output */
    unsigned inputs; /* how many there are */
    unsigned high;   /* how many of them are high */
};

static void or_set(void *opaque, unsigned n, bool level)
{
    struct wired_or *o = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&o->lock);
    bool *input = &o->level[n], before = o->high != 0;
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

/* -- State: wires are no device's, so no reset comes here -- */

static const struct state_row wired_or_fields[] = {
    FIELD_NONE(struct wired_or, lock, "a lock"),
    FIELD_NONE(struct wired_or, line, "wiring"),
    FIELD_KEEP_LIST(struct wired_or, level, inputs),
    FIELD_SAME(struct wired_or, inputs),
    FIELD_NONE(struct wired_or, high, "counted anew"),
    FIELD_END,
};

static bool wired_or_loaded(void *obj, unsigned version, GError **err)
{
    struct wired_or *o = obj;

    o->high = 0;
    for (unsigned i = 0; i < o->inputs; i++)
        o->high += o->level[i];
    return true;
}

static const struct state_table wired_or_table = {
    STATE_OF(struct wired_or),
    .version = 1,
    .rows = wired_or_fields,
    .loaded = wired_or_loaded,
};

struct wired_or *wired_or_new(const struct irq *line)
{
    static unsigned made;
    struct wired_or *o = g_new0(struct wired_or, 1);

    g_mutex_init(&o->lock);
    o->line = *line;
    g_autofree char *name = g_strdup_printf("wire%u", made++);
    state_register(&(struct state_object){ .name = name, .table = &wired_or_table, .obj = o, .lock = &o->lock });
    return o;
}

struct irq wired_or_add(struct wired_or *o)
{
    unsigned n = o->inputs++;

    o->level = g_renew(bool, o->level, o->inputs);
    o->level[n] = false;
    return (struct irq){ .set = or_set, .opaque = o, .n = n, .pulse = o->line.pulse ? or_pulse : NULL };
}

void wired_or_free(void *wired_or)
{
    struct wired_or *o = wired_or;

    state_unregister(o);
    g_free(o->level);
    g_mutex_clear(&o->lock);
    g_free(o);
}
