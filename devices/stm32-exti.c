/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's external interrupt controller (F1, F2, F4): edges of 23 lines, of which pins drive the first 16 (SYSCFG), or
 * interrupts by software. Manual: RM0090, 12.2; binding: st,stm32-exti. Outputs are in the order of the node's
 * interrupts: what lines each is of, line-ranges says (Zephyr's binding), else the order is that of Linux's trees. Not
 * modelled: events.
 */
#include <inttypes.h>
#include <libfdt.h>

#include "device.h"

enum { IMR = 0x00, EMR = 0x04, RTSR = 0x08, FTSR = 0x0c, SWIER = 0x10, PR = 0x14, REGION_BYTES = 0x400 };
#define LINES 23
#define MASK ((1u << LINES) - 1)
#define OUTPUTS 23

struct stm32_exti {
    struct device dev;
    uint32_t inputs; /* levels: others' to drive */
    uint32_t imr, emr, rtsr, ftsr, swier, pr;
    uint32_t lines[OUTPUTS]; /* of each output: the tree's */
};

static void update(struct stm32_exti *s)
{
    for (unsigned i = 0; i < OUTPUTS; i++)
        device_irq(&s->dev, i, s->pr & s->imr & s->lines[i]);
}

static void line_set(void *opaque, unsigned n, bool level)
{
    struct stm32_exti *s = opaque;
    uint32_t bit = 1u << n;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (!(s->inputs & bit) == level) {
        s->inputs ^= bit;
        s->pr |= bit & (level ? s->rtsr : s->ftsr) & (s->imr | s->emr);
        update(s);
    }
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static uint64_t exti_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_exti *s = opaque;

    switch (offset) {
    case IMR: return s->imr;
    case EMR: return s->emr;
    case RTSR: return s->rtsr;
    case FTSR: return s->ftsr;
    case SWIER: return s->swier;
    case PR: return s->pr;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void exti_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_exti *s = opaque;

    value &= MASK;
    switch (offset) {
    case IMR: s->imr = value; break;
    case EMR: s->emr = value; break;
    case RTSR: s->rtsr = value; break;
    case FTSR: s->ftsr = value; break;
    case SWIER: /* a bit that becomes 1 is an interrupt, until PR's is cleared */
        s->pr |= value & ~s->swier & s->imr;
        s->swier |= value;
        break;
    case PR:
        s->pr &= ~value;
        s->swier &= ~value;
        break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update(s);
}

static const struct io_ops exti_ops = { .read = exti_read, .write = exti_write, .min_size = 4, .max_size = 4 };

static bool exti_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    if (ncells < 1 || cells[0] >= LINES)
        return false;
    *line = (struct irq){ .set = line_set, .opaque = container_of(d, struct stm32_exti, dev), .n = cells[0] };
    return true;
}

static bool exti_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    /* PVD, tamper, wake-up, 0 to 4, 5 to 9, 10 to 15, the RTC's alarm, USB, Ethernet, USB. */
    static const uint32_t linux_order[] = { 1u << 16, 1u << 21, 1u << 22, 1u << 0, 1u << 1, 1u << 2, 1u << 3, 1u << 4,
                                            0x03e0, 0xfc00, 1u << 17, 1u << 18, 1u << 19, 1u << 20 };
    struct stm32_exti *s = container_of(d, struct stm32_exti, dev);
    int len;
    const fdt32_t *ranges = fdt_getprop(fdt, node, "line-ranges", &len);

    for (unsigned i = 0; !ranges && i < ARRAY_SIZE(linux_order); i++)
        s->lines[i] = linux_order[i];
    for (unsigned i = 0; ranges && i < OUTPUTS && (int)(8 * (i + 1)) <= len; i++) {
        uint32_t first = fdt32_ld(ranges + 2 * i), count = fdt32_ld(ranges + 2 * i + 1);
        if (first >= LINES || count == 0 || count > LINES - first) {
            fail(err, "device tree: %s: line-ranges: there are lines 0 to %u", d->id, LINES - 1);
            return false;
        }
        s->lines[i] = ((1u << count) - 1) << first;
    }
    return true;
}

static bool exti_realize(struct device *d, GError **err)
{
    device_add_io(d, "stm32-exti", &exti_ops, REGION_BYTES);
    return true;
}

static void exti_reset(struct device *d)
{
    update(container_of(d, struct stm32_exti, dev));
}

static const struct state_row exti_fields[] = {
    FIELD_KEEP(struct stm32_exti, inputs),
    FIELD(struct stm32_exti, imr, 0),
    FIELD(struct stm32_exti, emr, 0),
    FIELD(struct stm32_exti, rtsr, 0),
    FIELD(struct stm32_exti, ftsr, 0),
    FIELD(struct stm32_exti, swier, 0),
    FIELD(struct stm32_exti, pr, 0),
    FIELD_SAME_ARRAY(struct stm32_exti, lines),
    FIELD_END,
};

static const struct state_table exti_state = {
    STATE_OF(struct stm32_exti),
    .version = 1,
    .rows = exti_fields,
};

static const char *const exti_compatible[] = { "st,stm32-exti", NULL };

const struct device_type stm32_exti_type = {
    .name = "stm32f4xx-exti",
    .desc = "STM32 external interrupts (F1, F2, F4)",
    .compatible = exti_compatible,
    .size = sizeof(struct stm32_exti),
    .state = &exti_state,
    .realize = exti_realize,
    .reset = exti_reset,
    .from_dt = exti_from_dt,
    .irq_in = exti_irq_in,
};
