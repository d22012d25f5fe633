/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The message handling unit of ARM's SSE-200: four bits for each of the two CPUs, which interrupt it while one is set.
 * Manual: "Arm CoreLink SSE-200 Subsystem for Embedded" (101104), "Message Handling Unit". Outputs: the CPUs'.
 */
#include <inttypes.h>

#include "device.h"

enum { STAT = 0x0, SET = 0x4, CLR = 0x8, CPU_STRIDE = 0x10, PID4 = 0xfd0, REGION_BYTES = 0x1000 };
#define CPUS 2
#define BITS 0xfu

static const uint8_t ids[12] = { 0x04, 0, 0, 0, 0x56, 0xb8, 0x0b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

struct sse200_mhu {
    struct device dev;
    uint32_t stat[CPUS];
};

static void update_irqs(struct sse200_mhu *s)
{
    for (unsigned i = 0; i < CPUS; i++)
        device_irq(&s->dev, i, s->stat[i]);
}

static uint64_t mhu_read(void *opaque, uint64_t offset, unsigned size)
{
    struct sse200_mhu *s = opaque;
    unsigned cpu = offset / CPU_STRIDE, reg = offset % CPU_STRIDE;

    if (offset >= PID4)
        return ids[(offset - PID4) / 4];
    if (cpu < CPUS && reg == STAT)
        return s->stat[cpu];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void mhu_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct sse200_mhu *s = opaque;
    unsigned cpu = offset / CPU_STRIDE, reg = offset % CPU_STRIDE;

    if (cpu < CPUS && reg == SET)
        s->stat[cpu] |= value & BITS;
    else if (cpu < CPUS && reg == CLR)
        s->stat[cpu] &= ~value;
    else
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    update_irqs(s);
}

static const struct io_ops mhu_ops = { .read = mhu_read, .write = mhu_write, .min_size = 4, .max_size = 4 };

static bool mhu_realize(struct device *d, GError **err)
{
    device_add_io(d, "sse200-mhu", &mhu_ops, REGION_BYTES);
    return true;
}

static void mhu_reset(struct device *d)
{
    update_irqs(container_of(d, struct sse200_mhu, dev));
}

static const struct state_row mhu_fields[] = {
    FIELD_ARRAY(struct sse200_mhu, stat, 0),
    FIELD_END,
};

static const struct state_table mhu_state = {
    STATE_OF(struct sse200_mhu),
    .version = 1,
    .rows = mhu_fields,
};

static const char *const mhu_compatible[] = { "arm,sse200-mhu", NULL };

const struct device_type sse200_mhu_type = {
    .name = "armsse-mhu",
    .desc = "SSE-200 message handling unit",
    .compatible = mhu_compatible,
    .size = sizeof(struct sse200_mhu),
    .state = &mhu_state,
    .realize = mhu_realize,
    .reset = mhu_reset,
};
