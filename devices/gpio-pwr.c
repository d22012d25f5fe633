/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power-off and reset by a GPIO pin that goes high. Bindings: gpio-poweroff, gpio-restart; their pulse lengths do not
 * matter.
 */
#include "device.h"

#include "dt.h"
#include "life.h"

struct gpio_pwr {
    struct device dev;
    bool restart; /* else power-off */
};

static void pin_set(void *opaque, unsigned n, bool level)
{
    const struct gpio_pwr *s = opaque;

    if (level && s->restart)
        request_reset(SHUTDOWN_GUEST_RESET);
    else if (level)
        request_shutdown(SHUTDOWN_GUEST, 0);
}

static void gpio_pwr_pin_in(struct device *d, unsigned n, struct irq *line)
{
    *line = (struct irq){ .set = pin_set, .opaque = container_of(d, struct gpio_pwr, dev) };
}

static bool gpio_pwr_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    container_of(d, struct gpio_pwr, dev)->restart = dt_compatible(fdt, node, "gpio-restart");
    return true;
}

static bool gpio_pwr_realize(struct device *d, GError **err)
{
    return true;
}

static const struct state_row gpio_pwr_fields[] = {
    FIELD_SAME(struct gpio_pwr, restart),
    FIELD_END,
};

static const struct state_table gpio_pwr_state = {
    STATE_OF(struct gpio_pwr),
    .version = 1,
    .rows = gpio_pwr_fields,
};

static const char *const gpio_pwr_compatible[] = { "gpio-poweroff", "gpio-restart", NULL };

const struct device_type gpio_pwr_type = {
    .name = "gpio-pwr",
    .desc = "power-off or reset by a GPIO pin",
    .compatible = gpio_pwr_compatible,
    .size = sizeof(struct gpio_pwr),
    .state = &gpio_pwr_state,
    .from_dt = gpio_pwr_from_dt,
    .realize = gpio_pwr_realize,
    .pin_in = gpio_pwr_pin_in,
};
