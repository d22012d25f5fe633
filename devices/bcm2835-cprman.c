/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock manager of a BCM2835. Manual: Broadcom, "BCM2835 ARM Peripherals", section 6.3, for the general purpose clocks;
 * the rest from Linux's binding and driver of brcm,bcm2835-cprman. Registers keep what is written, PLLs lock and clocks
 * start and stop at once; they clock nothing. After a reset the clocks are set up as QEMU's are.
 */
#include <inttypes.h>

#include "device.h"

enum { CM_LOCK = 0x114, CM_END = 0x1000, REGION_BYTES = 0x2000 };
enum { CTL_ENABLE = 0x10, CTL_KILL = 0x20, CTL_BUSY = 0x80 };
enum { LOCK_ALL = 0x1f00 };

#define PASSWORD 0x5a /* in the top byte of what is written */
#define WORDS (REGION_BYTES / 4)

/* After a reset, as firmware leaves it: offset and value. */
static const struct {
    uint16_t offset;
    uint32_t value;
} initial[] = {
    /* Clocks: control and divisor. */
    { 0x0008, 0x245 }, { 0x000c, 0x3000 }, { 0x0028, 0x244 }, { 0x002c, 0x3000 }, { 0x0030, 0x244 }, { 0x0034, 0x3000 },
    { 0x0070, 0x200 }, { 0x0078, 0x096 }, { 0x007c, 0x14000 }, { 0x0080, 0x291 }, { 0x0084, 0x249f00 },
    { 0x0090, 0x091 }, { 0x0094, 0x4000 }, { 0x0098, 0x200 }, { 0x00a0, 0x200 }, { 0x00a8, 0x200 },
    { 0x00e0, 0x091 }, { 0x00e4, 0xa000 }, { 0x00e8, 0x291 }, { 0x00ec, 0x13333 }, { 0x00f0, 0x296 },
    { 0x00f4, 0xa6ab }, { 0x00f8, 0x097 }, { 0x00fc, 0x2000 }, { 0x01a8, 0x4006 }, { 0x01ac, 0x3000 },
    { 0x01c0, 0x295 }, { 0x01c4, 0x6000 },
    /* PLLs: which channels are on. */
    { 0x0104, 0x08a }, { 0x0108, 0x228 }, { 0x010c, 0x20a },
    /* PLLs: analogue parts, crystal, control, fraction; channels' divisors. */
    { 0x1014, 0x144000 }, { 0x101c, 0x100 }, { 0x1034, 0x144000 }, { 0x103c, 0x100 }, { 0x1054, 0x144000 },
    { 0x105c, 0x100 }, { 0x1070, 0x900000 }, { 0x1074, 0xc }, { 0x1100, 0x2103a }, { 0x1120, 0x2103e },
    { 0x1140, 0x21034 }, { 0x1160, 0x2102d }, { 0x1200, 0x98000 }, { 0x1220, 0x80000 }, { 0x1240, 0x15556 },
    { 0x1300, 0x100 }, { 0x1320, 0x100 }, { 0x1340, 0x100 }, { 0x1360, 0x4 }, { 0x1400, 0x3 }, { 0x1420, 0x100 },
    { 0x1440, 0x4 }, { 0x1520, 0x2 }, { 0x1540, 0x4 }, { 0x1600, 0x100 }, { 0x1620, 0x2 }, { 0x1640, 0x100 },
};

struct bcm2835_cprman {
    struct device dev;
    uint32_t regs[WORDS];
};

/* Controls of clocks come in pairs with their divisors; PLLs' and what is no clock lie between. */
static bool is_clock_control(uint64_t offset)
{
    return offset < CM_END && offset % 8 == 0 && !(offset >= 0x100 && offset < 0x120) && offset != 0x170;
}

static uint64_t bcm2835_cprman_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_cprman *s = opaque;

    return offset == CM_LOCK ? LOCK_ALL : s->regs[offset / 4];
}

static void bcm2835_cprman_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_cprman *s = opaque;

    if (value >> 24 != PASSWORD) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write without the password", offset);
        return;
    }
    value &= 0xffffff;
    if (is_clock_control(offset))
        value = (value & ~(uint64_t)CTL_BUSY) | ((value & CTL_ENABLE) && !(value & CTL_KILL) ? CTL_BUSY : 0);
    s->regs[offset / 4] = value;
}

static const struct io_ops bcm2835_cprman_ops = {
    .read = bcm2835_cprman_read, .write = bcm2835_cprman_write, .min_size = 4, .max_size = 4
};

static bool bcm2835_cprman_realize(struct device *d, GError **err)
{
    device_add_io(d, "bcm2835-cprman", &bcm2835_cprman_ops, REGION_BYTES);
    return true;
}

static void bcm2835_cprman_reset(struct device *d)
{
    struct bcm2835_cprman *s = container_of(d, struct bcm2835_cprman, dev);

    for (unsigned i = 0; i < ARRAY_SIZE(initial); i++)
        s->regs[initial[i].offset / 4] = initial[i].value;
}

static const struct state_row bcm2835_cprman_fields[] = {
    FIELD_ARRAY(struct bcm2835_cprman, regs, 0),
    FIELD_END,
};

static const struct state_table bcm2835_cprman_state = {
    STATE_OF(struct bcm2835_cprman),
    .version = 1,
    .rows = bcm2835_cprman_fields,
};

static const char *const bcm2835_cprman_compatible[] = { "brcm,bcm2835-cprman", NULL };

const struct device_type bcm2835_cprman_type = {
    .name = "bcm2835-cprman",
    .desc = "BCM2835 clock manager",
    .compatible = bcm2835_cprman_compatible,
    .size = sizeof(struct bcm2835_cprman),
    .state = &bcm2835_cprman_state,
    .realize = bcm2835_cprman_realize,
    .reset = bcm2835_cprman_reset,
};
