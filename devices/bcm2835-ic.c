/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt controller of a BCM2835, which its successors have behind their local one. Manual: Broadcom, "BCM2835 ARM
 * Peripherals", chapter 7; bindings: brcm,bcm2835-armctrl-ic (it drives the CPU), brcm,bcm2836-armctrl-ic (its
 * outputs are wired as the tree says: IRQ, then FIQ). Levels only: it remembers nothing.
 */
#include <inttypes.h>

#include "device.h"

enum {
    BASIC_PENDING = 0x00, PENDING_1 = 0x04, PENDING_2 = 0x08, FIQ_CONTROL = 0x0c, ENABLE_1 = 0x10, ENABLE_2 = 0x14,
    ENABLE_BASIC = 0x18, DISABLE_1 = 0x1c, DISABLE_2 = 0x20, DISABLE_BASIC = 0x24, REGION_BYTES = 0x200,
};
enum { FIQ_SELECT = 0x7f, FIQ_ENABLE = 0x80 };
enum { OUT_IRQ, OUT_FIQ, OUTPUTS };

#define ARM_IRQS 8
#define GPU_IRQS 64 /* those of the peripherals */

/* Interrupts of the peripherals that BASIC_PENDING shows from bit 10 on. */
static const uint8_t shortcuts[] = { 7, 9, 10, 18, 19, 53, 54, 55, 56, 57, 62 };

struct bcm2835_ic {
    struct device dev;
    uint64_t gpu_level, gpu_enable;
    uint8_t arm_level, arm_enable, fiq_control;
};

static bool fiq_level(const struct bcm2835_ic *s)
{
    unsigned n = s->fiq_control & FIQ_SELECT;

    if (!(s->fiq_control & FIQ_ENABLE))
        return false;
    return n < GPU_IRQS ? s->gpu_level >> n & 1 : n < GPU_IRQS + ARM_IRQS && (s->arm_level >> (n - GPU_IRQS) & 1);
}

static void update(struct bcm2835_ic *s)
{
    device_irq(&s->dev, OUT_IRQ, (s->gpu_level & s->gpu_enable) || (s->arm_level & s->arm_enable));
    device_irq(&s->dev, OUT_FIQ, fiq_level(s));
}

/* -- Inputs -- */

static void input_set(void *opaque, unsigned n, bool level)
{
    struct bcm2835_ic *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (n < GPU_IRQS)
        s->gpu_level = with_bits(s->gpu_level, n, 1, level);
    else
        s->arm_level = with_bits(s->arm_level, n - GPU_IRQS, 1, level);
    update(s);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

/* Bank (the CPU's own, 1, 2) and number. */
static bool bcm2835_ic_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    if (ncells < 2 || cells[0] > 2 || cells[1] >= (cells[0] ? 32 : ARM_IRQS))
        return false;
    *line = (struct irq){ .set = input_set, .opaque = container_of(d, struct bcm2835_ic, dev),
                          .n = cells[0] ? (cells[0] - 1) * 32 + cells[1] : GPU_IRQS + cells[1] };
    return true;
}

/* -- Registers -- */

static uint32_t basic_pending(const struct bcm2835_ic *s)
{
    uint64_t gpu = s->gpu_level & s->gpu_enable;
    uint32_t v = s->arm_level & s->arm_enable;

    for (unsigned i = 0; i < ARRAY_SIZE(shortcuts); i++) {
        v |= (gpu >> shortcuts[i] & 1) << (10 + i);
        gpu &= ~(UINT64_C(1) << shortcuts[i]);
    }
    return v | ((uint32_t)gpu != 0) << 8 | (gpu >> 32 != 0) << 9;
}

static uint64_t bcm2835_ic_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_ic *s = opaque;

    switch (offset) {
    case BASIC_PENDING: return basic_pending(s);
    case PENDING_1: return (uint32_t)(s->gpu_level & s->gpu_enable);
    case PENDING_2: return (s->gpu_level & s->gpu_enable) >> 32;
    case FIQ_CONTROL: return s->fiq_control;
    case ENABLE_1: return (uint32_t)s->gpu_enable;
    case ENABLE_2: return s->gpu_enable >> 32;
    case ENABLE_BASIC: return s->arm_enable;
    case DISABLE_1: return (uint32_t)~s->gpu_enable;
    case DISABLE_2: return (uint32_t)(~s->gpu_enable >> 32);
    case DISABLE_BASIC: return (uint32_t)~s->arm_enable;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no register", offset);
    return 0;
}

static void bcm2835_ic_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_ic *s = opaque;

    switch (offset) {
    case FIQ_CONTROL: s->fiq_control = value & (FIQ_SELECT | FIQ_ENABLE); break;
    case ENABLE_1: s->gpu_enable |= value; break;
    case ENABLE_2: s->gpu_enable |= value << 32; break;
    case ENABLE_BASIC: s->arm_enable |= value; break;
    case DISABLE_1: s->gpu_enable &= ~value; break;
    case DISABLE_2: s->gpu_enable &= ~(value << 32); break;
    case DISABLE_BASIC: s->arm_enable &= ~value; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update(s);
}

static const struct io_ops bcm2835_ic_ops = {
    .read = bcm2835_ic_read, .write = bcm2835_ic_write, .min_size = 4, .max_size = 4
};

/* -- Life -- */

static bool bcm2835_ic_realize(struct device *d, GError **err)
{
    device_add_io(d, "bcm2835-ic", &bcm2835_ic_ops, REGION_BYTES);
    return true;
}

static void bcm2835_ic_reset(struct device *d)
{
    update(container_of(d, struct bcm2835_ic, dev));
}

static const struct state_row bcm2835_ic_fields[] = {
    FIELD_KEEP(struct bcm2835_ic, gpu_level), /* the wires' */
    FIELD(struct bcm2835_ic, gpu_enable, 0),
    FIELD_KEEP(struct bcm2835_ic, arm_level),
    FIELD(struct bcm2835_ic, arm_enable, 0),
    FIELD(struct bcm2835_ic, fiq_control, 0),
    FIELD_END,
};

static const struct state_table bcm2835_ic_state = {
    STATE_OF(struct bcm2835_ic),
    .version = 1,
    .rows = bcm2835_ic_fields,
};

static const char *const bcm2835_ic_compatible[] = { "brcm,bcm2835-armctrl-ic", NULL };

const struct device_type bcm2835_ic_type = {
    .name = "bcm2835-ic",
    .desc = "BCM2835 interrupt controller",
    .compatible = bcm2835_ic_compatible,
    .size = sizeof(struct bcm2835_ic),
    .state = &bcm2835_ic_state,
    .realize = bcm2835_ic_realize,
    .reset = bcm2835_ic_reset,
    .irq_in = bcm2835_ic_irq_in,
    .cpu_lines = OUTPUTS,
};

static const char *const bcm2836_ic_compatible[] = { "brcm,bcm2836-armctrl-ic", NULL };

const struct device_type bcm2836_ic_type = {
    .name = "bcm2836-ic",
    .desc = "BCM2836 interrupt controller of the peripherals",
    .compatible = bcm2836_ic_compatible,
    .size = sizeof(struct bcm2835_ic),
    .state = &bcm2835_ic_state,
    .realize = bcm2835_ic_realize,
    .reset = bcm2835_ic_reset,
    .irq_in = bcm2835_ic_irq_in,
};
