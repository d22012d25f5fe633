/* SPDX-License-Identifier: BSD-2-Clause */
/* Pins of GPIO controllers: what their levels come from and where they lead. */
#include "pins.h"

#include <libfdt.h>
#include <string.h>

#include "dt.h"
#include "panel.h"

#define DT_ACTIVE_LOW 1

uint32_t pins_levels(const struct pins *p)
{
    uint32_t outside = (p->wires ^ p->inverted) & p->driven;

    outside |= (p->pull_up | p->board_pull_up) & ~p->driven;
    outside = (outside & ~p->held) | (p->held_high & p->held);
    return (p->levels & p->outputs) | (outside & ~p->outputs);
}

void pins_drive(struct pins *p, uint32_t levels, uint32_t outputs, uint32_t pull_up)
{
    p->levels = levels;
    p->outputs = outputs;
    p->pull_up = pull_up;
    for (unsigned i = 0; i < p->count; i++)
        irq_set(&p->lines[i], ((levels ^ p->lines_inverted) & outputs) >> i & 1);
}

/* -- Wires -- */

static void wire_set(void *opaque, unsigned n, bool level)
{
    struct pins *p = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&p->dev->lock);
    p->wires = with_bits(p->wires, n, 1, level);
    p->changed(p->dev);
    g_mutex_unlock(&p->dev->lock);
    lock_order_leave(LOCK_CONTROLLER);
}

bool pins_irq_in(struct pins *p, struct device *d, unsigned count, const uint32_t *cells, unsigned ncells,
                 struct irq *line)
{
    if (ncells < 1 || cells[0] >= count)
        return false;
    p->driven |= 1u << cells[0];
    p->inverted = with_bits(p->inverted, cells[0], 1, ncells > 1 && (cells[1] & DT_ACTIVE_LOW));
    *line = (struct irq){ .set = wire_set, .opaque = p, .n = cells[0] };
    return true;
}

bool pins_pin_out(struct pins *p, unsigned count, const uint32_t *cells, unsigned ncells, const struct irq *line)
{
    if (ncells < 1 || cells[0] >= count)
        return false;
    p->lines_inverted = with_bits(p->lines_inverted, cells[0], 1, ncells > 1 && (cells[1] & DT_ACTIVE_LOW));
    p->lines[cells[0]] = *line;
    return true;
}

void pins_from_dt(struct pins *p, const void *fdt, int node)
{
    const char *name;

    p->board_pull_up = dt_prop_num(fdt, node, "mynah,pull-ups", 0);
    for (int i = 0; i < PINS_MAX && (name = fdt_stringlist_get(fdt, node, "gpio-line-names", i, NULL)); i++)
        if (*name)
            p->names[i] = g_strdup(name);
}

/* -- Hands -- */

static char *pin_name(void *opaque, unsigned n)
{
    const struct pins *p = opaque;

    return p->names[n] ? g_strdup(p->names[n]) : g_strdup_printf("%s%u", p->prefix, n);
}

static bool pin_level(void *opaque, unsigned n, bool *output, bool *held)
{
    const struct pins *p = opaque;

    *output = p->outputs >> n & 1;
    *held = p->held >> n & 1;
    return pins_levels(p) >> n & 1;
}

static void pin_hold(void *opaque, unsigned n, enum panel_level level)
{
    struct pins *p = opaque;

    p->held = with_bits(p->held, n, 1, level != PANEL_RELEASED);
    p->held_high = with_bits(p->held_high, n, 1, level == PANEL_HIGH);
    p->changed(p->dev);
}

/* -- Life -- */

char *pins_prefix(const struct device *d)
{
    const char *slash = d->id ? strrchr(d->id, '/') : NULL;

    return g_strdup_printf("%s.", slash ? slash + 1 : d->id ? d->id : d->type->name);
}

void pins_init(struct pins *p, struct device *d, unsigned count, const char *prefix, void (*changed)(struct device *d))
{
    p->dev = d;
    p->changed = changed;
    p->count = count;
    p->prefix = g_strdup(prefix);
    panel_add_pins(&(struct panel_pins){ .count = count, .name = pin_name, .level = pin_level, .hold = pin_hold,
                                         .opaque = p, .lock = &d->lock });
}

void pins_fini(struct pins *p)
{
    panel_remove(p);
    g_free(p->prefix);
    for (unsigned i = 0; i < PINS_MAX; i++)
        g_free(p->names[i]);
}

static const struct state_row pins_fields[] = {
    FIELD_NONE(struct pins, dev, "itself"),
    FIELD_NONE(struct pins, changed, "the type's"),
    FIELD_NONE(struct pins, prefix, "the tree's"),
    FIELD_NONE(struct pins, names, "the tree's"),
    FIELD_SAME(struct pins, count),
    FIELD_KEEP(struct pins, wires), /* others' to drive */
    FIELD_NONE(struct pins, driven, "wiring"),
    FIELD_NONE(struct pins, inverted, "wiring"),
    FIELD_KEEP(struct pins, held),
    FIELD_KEEP(struct pins, held_high),
    FIELD_SAME(struct pins, board_pull_up),
    FIELD(struct pins, levels, 0),
    FIELD(struct pins, outputs, 0),
    FIELD(struct pins, pull_up, 0),
    FIELD_NONE(struct pins, lines, "wiring"),
    FIELD_NONE(struct pins, lines_inverted, "wiring"),
    FIELD_END,
};

const struct state_table pins_table = { STATE_OF(struct pins), .version = 1, .rows = pins_fields };
