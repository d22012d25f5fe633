/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's independent watchdog (F1, F2, F4). Manual: RM0090, chapter 21; binding: st,stm32-watchdog. When it runs out
 * -watchdog-action says what happens. Its prescaler and reload value come into effect at once. Not modelled: RCC's
 * note of what reset the chip.
 */
#include <inttypes.h>

#include "device.h"
#include "life.h"

enum { KR = 0x0, PR = 0x4, RLR = 0x8, SR = 0xc, REGION_BYTES = 0x400 };
enum { KEY_RELOAD = 0xaaaa, KEY_UNLOCK = 0x5555, KEY_START = 0xcccc };
#define RLR_MAX 0xfff
#define LSI_HZ 32000

struct stm32_iwdg {
    struct device dev;
    bool started, unlocked;
    uint8_t pr;
    uint16_t rlr;
    struct timer timer;
};

/* At PR 7, too, a tick is 256 of the clock's. */
static int64_t timeout_ns(const struct stm32_iwdg *s)
{
    return clock_ticks_to_ns(((uint64_t)s->rlr + 1) << MIN(s->pr + 2, 8), LSI_HZ);
}

static void expired(void *opaque)
{
    watchdog_expired();
}

static uint64_t iwdg_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_iwdg *s = opaque;

    switch (offset) {
    case KR: return 0;
    case PR: return s->pr;
    case RLR: return s->rlr;
    case SR: return 0;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_key(struct stm32_iwdg *s, uint16_t key)
{
    s->unlocked = key == KEY_UNLOCK;
    if (key == KEY_START)
        s->started = true;
    if (s->started && (key == KEY_START || key == KEY_RELOAD))
        timer_set(&s->timer, clock_now() + timeout_ns(s));
}

static void iwdg_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_iwdg *s = opaque;

    if (offset == KR) {
        write_key(s, value);
    } else if (!s->unlocked) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write while it is locked", offset);
    } else if (offset == PR) {
        s->pr = value & 7;
    } else if (offset == RLR) {
        s->rlr = value & RLR_MAX;
    } else {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    }
}

static const struct io_ops iwdg_ops = { .read = iwdg_read, .write = iwdg_write, .min_size = 2, .max_size = 4 };

static bool iwdg_realize(struct device *d, GError **err)
{
    struct stm32_iwdg *s = container_of(d, struct stm32_iwdg, dev);

    timer_init(&s->timer, expired, s, &d->lock);
    device_add_io(d, "stm32-iwdg", &iwdg_ops, REGION_BYTES);
    return true;
}

static void iwdg_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct stm32_iwdg, dev)->timer);
}

static const struct state_row iwdg_fields[] = {
    FIELD(struct stm32_iwdg, started, 0),
    FIELD(struct stm32_iwdg, unlocked, 0),
    FIELD(struct stm32_iwdg, pr, 0),
    FIELD(struct stm32_iwdg, rlr, RLR_MAX),
    FIELD_TIMER(struct stm32_iwdg, timer),
    FIELD_END,
};

static const struct state_table iwdg_state = {
    STATE_OF(struct stm32_iwdg),
    .version = 1,
    .rows = iwdg_fields,
};

static const char *const iwdg_compatible[] = { "st,stm32-watchdog", "st,stm32-iwdg", NULL };

const struct device_type stm32_iwdg_type = {
    .name = "stm32-iwdg",
    .desc = "STM32 independent watchdog",
    .compatible = iwdg_compatible,
    .size = sizeof(struct stm32_iwdg),
    .state = &iwdg_state,
    .realize = iwdg_realize,
    .unrealize = iwdg_unrealize,
};
