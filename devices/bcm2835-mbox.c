/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailboxes between the ARM and the firmware of a BCM2835, whose answers are here at once. Manual: the Raspberry Pi
 * firmware's wiki, "Mailboxes"; binding: brcm,bcm2835-mbox. Channels 1 (framebuffer) and 8 (properties) are modelled.
 * The tree says what board it is, in /system, and how much memory there is: the next power of 2, since peripherals may hide
 * its end.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "bcm2835.h"
#include "bcm2835-mbox.h"
#include "display.h"
#include "dt.h"

enum { READ = 0x00, POLL = 0x10, SENDER = 0x14, STATUS = 0x18, CONFIG = 0x1c, WRITE = 0x20, WRITE_STATUS = 0x38,
       REGION_BYTES = 0x40 };
enum { CONFIG_DATA_IRQ = 1 };
enum { CHANNEL_FB = 1, CHANNEL_PROPERTY = 8, CHANNEL_MASK = 0xf };
#define STATUS_FULL (1u << 31)
#define STATUS_EMPTY (1u << 30)
#define NOTHING 0xf /* read where there is no message: on the channel that has none */

static void update_irq(struct bcm2835_mbox *s)
{
    device_irq(&s->dev, 0, s->count && (s->config & CONFIG_DATA_IRQ));
}

static uint32_t receive(struct bcm2835_mbox *s)
{
    uint32_t v = s->fifo[s->head];

    if (!s->count)
        return NOTHING;
    s->head = (s->head + 1) % BCM2835_MBOX_FIFO;
    s->count--;
    return v;
}

static void send(struct bcm2835_mbox *s, uint32_t message)
{
    switch (message & CHANNEL_MASK) {
    case CHANNEL_FB: bcm2835_fb_message(s, message & ~CHANNEL_MASK); break;
    case CHANNEL_PROPERTY: bcm2835_property_message(s, message & ~CHANNEL_MASK); break;
    default:
        log_to(LOG_UNIMP, "%s: channel %u is not modelled\n", s->dev.type->name, message & CHANNEL_MASK);
        return;
    }
    if ((message & CHANNEL_MASK) == CHANNEL_FB)
        message = CHANNEL_FB; /* the status: done */
    s->fifo[(s->head + s->count++) % BCM2835_MBOX_FIFO] = message;
}

static uint64_t bcm2835_mbox_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_mbox *s = opaque;
    uint32_t v;

    switch (offset) {
    case READ: case READ + 4: case READ + 8: case READ + 12:
        v = receive(s);
        update_irq(s);
        return v;
    case POLL: return s->count ? s->fifo[s->head] : NOTHING;
    case SENDER: return 0;
    case STATUS: return (s->count ? s->count : STATUS_EMPTY) | (s->count == BCM2835_MBOX_FIFO ? STATUS_FULL : 0);
    case CONFIG: return s->config | (s->count ? 1u << 4 : 0);
    case WRITE_STATUS: return s->count == BCM2835_MBOX_FIFO ? STATUS_FULL : STATUS_EMPTY;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void bcm2835_mbox_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_mbox *s = opaque;

    switch (offset) {
    case CONFIG: s->config = value & CONFIG_DATA_IRQ; break;
    case WRITE: case WRITE + 4: case WRITE + 8: case WRITE + 12:
        if (s->count == BCM2835_MBOX_FIFO)
            device_guest_error(&s->dev, "a message while the mailbox is full is lost");
        else
            send(s, value);
        break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops bcm2835_mbox_ops = {
    .read = bcm2835_mbox_read, .write = bcm2835_mbox_write, .min_size = 4, .max_size = 4
};

/* -- Life -- */

static bool bcm2835_mbox_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct bcm2835_mbox *s = container_of(d, struct bcm2835_mbox, dev);
    int memory = fdt_node_offset_by_prop_value(fdt, -1, "device_type", "memory", sizeof("memory"));
    int system = fdt_path_offset(fdt, "/system");
    uint64_t size;
    gpa addr;

    if (memory >= 0 && dt_reg(fdt, memory, 0, &addr, &size) && addr == 0 && size && size <= GiB) {
        s->fb.memory = size;
        s->ram_size = UINT64_C(1) << (64 - __builtin_clzll(size - 1));
    }
    if (system >= 0) {
        s->board_rev = dt_prop_num(fdt, system, "linux,revision", s->board_rev);
        s->serial = dt_prop_num(fdt, system, "linux,serial", s->serial);
    }
    return true;
}

static bool bcm2835_mbox_realize(struct device *d, GError **err)
{
    struct bcm2835_mbox *s = container_of(d, struct bcm2835_mbox, dev);

    if (s->ram_size > BCM2835_BUS_MASK + UINT64_C(1) || s->vcram_size > s->ram_size || s->vcram_size < 2 * MiB ||
        s->vcram_size % MiB) {
        fail(err, "%s: vcram-size=0x%" PRIx64 ": expected a multiple of 1M, of at least 2M, of a memory of at most 1G",
             d->id, s->vcram_size);
        return false;
    }
    s->fb.vram = s->ram_size - s->vcram_size;
    s->fb.vram_size = s->vcram_size;
    if (!s->fb.memory)
        s->fb.memory = s->ram_size;
    if (s->fb.memory < s->fb.vram + 2 * MiB) {
        fail(err, "%s: vcram-size=0x%" PRIx64 ": it is hidden by what else is there", d->id, s->vcram_size);
        return false;
    }
    device_add_io(d, "bcm2835-mbox", &bcm2835_mbox_ops, REGION_BYTES);
    display_add(&(struct display_source){ .id = d->id, .size = bcm2835_fb_size, .draw = bcm2835_fb_draw, .opaque = s,
                                          .lock = &d->lock });
    return true;
}

static void bcm2835_mbox_unrealize(struct device *d)
{
    display_remove(container_of(d, struct bcm2835_mbox, dev));
}

static void bcm2835_mbox_reset(struct device *d)
{
    struct bcm2835_mbox *s = container_of(d, struct bcm2835_mbox, dev);

    bcm2835_fb_reset(&s->fb);
    update_irq(s);
}

static const struct property bcm2835_mbox_props[] = {
    PROP_NAMED("board-rev", struct bcm2835_mbox, board_rev, U32, 0, NULL, "the board's revision code (default: the tree's)"),
    PROP_NAMED("serial", struct bcm2835_mbox, serial, U64, 0, NULL, "the board's serial number (default: the tree's)"),
    PROP_NAMED("vcram-size", struct bcm2835_mbox, vcram_size, SIZE, 64 * MiB, NULL, "the GPU's part of the memory"),
    PROP_NAMED("ram-size", struct bcm2835_mbox, ram_size, SIZE, 512 * MiB, NULL, "all of the memory, the GPU's too (default: the tree's)"),
    PROP_NAMED("mac", struct bcm2835_mbox, mac, MAC, 0, NULL, "MAC address of the board"),
    PROP_NAMED("command-line", struct bcm2835_mbox, command_line, STRING, 0, NULL, "what the firmware gives a kernel"),
    PROP_END,
};

static const struct state_row bcm2835_mbox_fields[] = {
    FIELD_ARRAY(struct bcm2835_mbox, fifo, 0),
    FIELD(struct bcm2835_mbox, head, 0),
    FIELD(struct bcm2835_mbox, count, 0),
    FIELD(struct bcm2835_mbox, config, 0),
    FIELD_STRUCT(struct bcm2835_mbox, fb, &bcm2835_fb_state),
    FIELD_STRUCT(struct bcm2835_mbox, firmware, &bcm2835_firmware_state),
    FIELD_END,
};

static bool bcm2835_mbox_loaded(void *obj, unsigned version, GError **err)
{
    const struct bcm2835_mbox *s = obj;

    if (s->head >= BCM2835_MBOX_FIFO || s->count > BCM2835_MBOX_FIFO)
        fail(err, "the mailbox has %u messages from %u on", s->count, s->head);
    else if (!bcm2835_fb_ok(&s->fb))
        fail(err, "the framebuffer is not within the GPU's memory");
    else
        return true;
    return false;
}

static const struct state_table bcm2835_mbox_state = {
    STATE_OF(struct bcm2835_mbox),
    .version = 1,
    .rows = bcm2835_mbox_fields,
    .loaded = bcm2835_mbox_loaded,
};

static const char *const bcm2835_mbox_compatible[] = { "brcm,bcm2835-mbox", NULL };

const struct device_type bcm2835_mbox_type = {
    .name = "bcm2835-mbox",
    .desc = "BCM2835 mailboxes, with the firmware behind them: properties and framebuffer",
    .compatible = bcm2835_mbox_compatible,
    .size = sizeof(struct bcm2835_mbox),
    .props = bcm2835_mbox_props,
    .state = &bcm2835_mbox_state,
    .realize = bcm2835_mbox_realize,
    .unrealize = bcm2835_mbox_unrealize,
    .reset = bcm2835_mbox_reset,
    .from_dt = bcm2835_mbox_from_dt,
};

static void look_at(struct device *d, void *opaque)
{
    if (d->type == &bcm2835_mbox_type)
        *(uint32_t *)opaque = container_of(d, struct bcm2835_mbox, dev)->fb.vram;
}

uint32_t bcm2835_arm_memory(struct machine *m)
{
    uint32_t size = 0;

    device_foreach(m, look_at, &size);
    return size;
}
