/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key on a GPIO pin: a child of a gpio-keys node. The power key is pressed for a moment by system_powerdown; others
 * never are.
 */
#include "device.h"
#include "life.h"

#define KEY_POWER 116 /* linux,code */
#define PRESSED_NS 100000000

struct gpio_key {
    struct device dev;
    uint32_t code;
    struct timer release;
};

static void released(void *opaque)
{
    struct gpio_key *s = opaque;

    device_irq(&s->dev, 0, false);
}

static void pressed(void *opaque)
{
    struct gpio_key *s = opaque;

    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->dev.lock);
    device_irq(&s->dev, 0, true);
    timer_set(&s->release, clock_now() + PRESSED_NS);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_DEVICE);
}

static bool gpio_key_realize(struct device *d, GError **err)
{
    struct gpio_key *s = container_of(d, struct gpio_key, dev);

    timer_init(&s->release, released, s, &d->lock);
    if (s->code == KEY_POWER)
        powerdown_set_listener(pressed, s);
    return true;
}

static void gpio_key_unrealize(struct device *d)
{
    struct gpio_key *s = container_of(d, struct gpio_key, dev);

    timer_cancel(&s->release);
    if (s->code == KEY_POWER)
        powerdown_set_listener(NULL, NULL);
}

static void gpio_key_reset(struct device *d)
{
    device_irq(d, 0, false);
}

static const struct property gpio_key_props[] = {
    PROP_NAMED("code", struct gpio_key, code, U32, 0, "linux,code", "the key as Linux numbers it; 116: power"),
    PROP_END,
};

static const struct state_row gpio_key_fields[] = {
    FIELD_TIMER(struct gpio_key, release),
    FIELD_END,
};

static const struct state_table gpio_key_state = {
    STATE_OF(struct gpio_key),
    .version = 1,
    .rows = gpio_key_fields,
};

const struct device_type gpio_key_type = {
    .name = "gpio-key",
    .desc = "key on a GPIO pin",
    .size = sizeof(struct gpio_key),
    .props = gpio_key_props,
    .state = &gpio_key_state,
    .realize = gpio_key_realize,
    .unrealize = gpio_key_unrealize,
    .reset = gpio_key_reset,
};
