/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SD host of a BCM2835 that is Arasan's ("EMMC"). Manual: SD Association, "SD Host Controller Simplified Specification",
 * version 3.00; Broadcom, "BCM2835 ARM Peripherals", chapter 5; binding: brcm,bcm2835-sdhci. Commands are done at once,
 * and the buffer is ready for the next word as soon as there is one.
 * Not modelled: its own DMA, which this one has not (only requests to the DMA controller), timing, tuning, SDIO.
 */
#include <inttypes.h>

#include "bcm2835-dma.h"
#include "bcm2835-gpio.h"
#include "sd.h"

enum { ARG2 = 0x00, BLOCKS = 0x04, ARG1 = 0x08, COMMAND = 0x0c, RESPONSE = 0x10, DATA = 0x20, STATE = 0x24, HOST = 0x28,
       CLOCK = 0x2c, INT_STATUS = 0x30, INT_ENABLE = 0x34, INT_SIGNAL = 0x38, CONTROL2 = 0x3c, CAPS = 0x40, SLOT_VERSION = 0xfc,
       REGION_BYTES = 0x100 };
/* COMMAND: the transfer mode, and the command from bit 16 on. */
enum { MODE_DMA = 1, MODE_COUNT = 2, MODE_AUTO12 = 4, MODE_AUTO23 = 8, MODE_READ = 0x10, MODE_MULTI = 0x20, MODE_MASK = 0x3f };
enum { CMD_RESPONSE_SHIFT = 16, CMD_DATA = 1 << 21, CMD_INDEX_SHIFT = 24 };
enum { RESPONSE_NONE, RESPONSE_LONG, RESPONSE_SHORT, RESPONSE_BUSY };
enum { STATE_NO_CMD = 1, STATE_NO_DATA = 2, STATE_WRITING = 0x100, STATE_READING = 0x200, STATE_ROOM = 0x400,
       STATE_READY = 0x800, STATE_CARD = 0x50000, STATE_LINES = 0x1fa0000 };
enum { CLOCK_ON = 1, CLOCK_STABLE = 2, CLOCK_RESET = 0x1000000, CLOCK_RESET_CMD = 0x2000000, CLOCK_RESET_DATA = 0x4000000,
       CLOCK_MASK = 0xfffef };
enum { INT_CMD = 1, INT_TRANSFER = 2, INT_ROOM = 0x10, INT_READY = 0x20, INT_ERROR = 0x8000, INT_CMD_TIMEOUT = 0x10000,
       INT_ERRORS = 0x7ff0000 };
#define CAPABILITIES 0x052134b4u /* QEMU's */
#define SPEC_3 0x24020000u

struct bcm2835_sdhci {
    struct device dev;
    struct device *gpio, *dma; /* whom it works with */
    uint32_t arg2, blocks, arg1, command, response[4], host, clock, status, enable, signal, control2;
    bool reading, writing;
    uint32_t block_left;  /* bytes of the block that are in the buffer, or that it has room for */
    uint32_t blocks_left; /* with this one; 0 where nobody counts */
};

static struct device *card(struct bcm2835_sdhci *s)
{
    return bcm2835_gpio_card(&s->dev, &s->gpio, BCM2835_SDHCI);
}

static void signal_event(struct bcm2835_sdhci *s, uint32_t what)
{
    if (what & INT_ERRORS)
        what |= INT_ERROR;
    s->status |= what & (s->enable | INT_ERROR);
}

static void update(struct bcm2835_sdhci *s)
{
    device_irq(&s->dev, 0, s->status & s->signal);
    bcm2835_dma_request(&s->dev, &s->dma, BCM2835_DREQ_EMMC, s->block_left && (s->reading || s->writing));
}

/* -- Transfers -- */

static uint32_t block_size(const struct bcm2835_sdhci *s)
{
    return s->blocks & 0xfff;
}

static void stop_data(struct bcm2835_sdhci *s)
{
    s->reading = s->writing = false;
    s->block_left = s->blocks_left = 0;
}

static void end_data(struct bcm2835_sdhci *s)
{
    uint32_t word[4] = { 0 };

    stop_data(s);
    if (s->command & MODE_AUTO12) {
        sd_command(card(s), 12, 0, word);
        s->response[3] = word[0];
    }
    signal_event(s, INT_TRANSFER);
}

static void begin_block(struct bcm2835_sdhci *s)
{
    s->block_left = block_size(s);
    signal_event(s, s->reading ? INT_READY : INT_ROOM);
}

static void begin_data(struct bcm2835_sdhci *s)
{
    bool counted = (s->command & MODE_MULTI) && (s->command & MODE_COUNT);

    s->reading = s->command & MODE_READ;
    s->writing = !s->reading;
    s->blocks_left = !(s->command & MODE_MULTI) ? 1 : counted ? s->blocks >> 16 : 0;
    if (s->command & MODE_DMA)
        log_to(LOG_UNIMP, "%s: there is no DMA of its own\n", s->dev.type->name);
    if (!block_size(s) || (counted && !s->blocks_left))
        end_data(s);
    else
        begin_block(s);
}

static void bytes_done(struct bcm2835_sdhci *s, unsigned len)
{
    s->block_left -= len;
    if (s->block_left)
        return;
    if (s->command & MODE_COUNT)
        s->blocks -= s->blocks >> 16 ? 1u << 16 : 0;
    if (s->blocks_left && --s->blocks_left == 0)
        end_data(s);
    else
        begin_block(s);
}

static uint32_t read_buffer(struct bcm2835_sdhci *s, unsigned size)
{
    unsigned len = MIN(s->block_left, size);
    uint8_t b[4] = { 0 };

    if (!s->reading || !len) {
        device_guest_error(&s->dev, "the buffer is read while it is empty");
        return 0;
    }
    sd_read_data(card(s), b, len);
    bytes_done(s, len);
    return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

static void write_buffer(struct bcm2835_sdhci *s, uint32_t v, unsigned size)
{
    const uint8_t b[4] = { v, v >> 8, v >> 16, v >> 24 };
    unsigned len = MIN(s->block_left, size);

    if (!s->writing || !len) {
        device_guest_error(&s->dev, "the buffer is written while it has no room");
        return;
    }
    sd_write_data(card(s), b, len);
    bytes_done(s, len);
}

/* -- Commands -- */

/* A long response has no CRC: it is shifted by that. */
static void keep_response(struct bcm2835_sdhci *s, enum sd_response r, const uint32_t word[4])
{
    if (r != SD_R2) {
        s->response[0] = word[0];
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        s->response[i] = word[3 - i] >> 8 | (i < 3 ? word[2 - i] << 24 : 0);
}

static void command(struct bcm2835_sdhci *s)
{
    unsigned kind = s->command >> CMD_RESPONSE_SHIFT & 3;
    uint32_t word[4] = { 0 };
    enum sd_response r;

    if (s->command & MODE_AUTO23)
        sd_command(card(s), 23, s->arg2, word);
    r = sd_command(card(s), s->command >> CMD_INDEX_SHIFT & 0x3f, s->arg1, word);
    if (kind != RESPONSE_NONE && r == SD_NONE) {
        signal_event(s, INT_CMD_TIMEOUT);
        return;
    }
    keep_response(s, r, word);
    signal_event(s, INT_CMD);
    if (s->command & CMD_DATA) {
        begin_data(s);
    } else if (kind == RESPONSE_BUSY) {
        stop_data(s); /* CMD12 among others */
        signal_event(s, INT_TRANSFER);
    }
}

/* -- Registers -- */

static uint32_t present_state(struct bcm2835_sdhci *s)
{
    return STATE_LINES | (card(s) ? STATE_CARD : 0) | (s->reading || s->writing ? STATE_NO_DATA : 0) |
           (s->writing ? STATE_WRITING | (s->block_left ? STATE_ROOM : 0) : 0) |
           (s->reading ? STATE_READING | (s->block_left ? STATE_READY : 0) : 0);
}

static uint32_t read_register(struct bcm2835_sdhci *s, uint64_t offset)
{
    switch (offset) {
    case ARG2: return s->arg2;
    case BLOCKS: return s->blocks;
    case ARG1: return s->arg1;
    case COMMAND: return s->command;
    case RESPONSE: case RESPONSE + 4: case RESPONSE + 8: case RESPONSE + 12: return s->response[(offset - RESPONSE) / 4];
    case STATE: return present_state(s);
    case HOST: return s->host;
    case CLOCK: return s->clock | (s->clock & CLOCK_ON ? CLOCK_STABLE : 0);
    case INT_STATUS: return s->status;
    case INT_ENABLE: return s->enable;
    case INT_SIGNAL: return s->signal;
    case CONTROL2: return s->control2;
    case CAPS: return CAPABILITIES;
    case SLOT_VERSION: return SPEC_3 | (s->status & s->signal ? 1 : 0);
    }
    return 0;
}

static uint64_t bcm2835_sdhci_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_sdhci *s = opaque;
    uint32_t v;

    if ((offset & ~3u) != DATA)
        return bits(read_register(s, offset & ~3u), 8 * (offset & 3), 8 * size);
    v = read_buffer(s, size);
    update(s);
    return v;
}

static void reset_all(struct bcm2835_sdhci *s)
{
    state_reset(s->dev.type->state, s);
}

static void write_clock(struct bcm2835_sdhci *s, uint32_t v)
{
    if (v & CLOCK_RESET) {
        reset_all(s);
        return;
    }
    s->clock = v & CLOCK_MASK & ~CLOCK_STABLE;
    if (v & CLOCK_RESET_CMD)
        s->status &= ~INT_CMD;
    if (!(v & CLOCK_RESET_DATA))
        return;
    stop_data(s);
    s->status &= ~(INT_TRANSFER | INT_ROOM | INT_READY);
}

static void write_status(struct bcm2835_sdhci *s, uint32_t v)
{
    s->status &= ~(v & ~INT_ERROR);
    if (!(s->status & INT_ERRORS))
        s->status &= ~INT_ERROR;
}

/* v: the whole register with what was written; mask: which of it was. */
static void write_register(struct bcm2835_sdhci *s, uint64_t offset, uint32_t v, uint32_t mask)
{
    switch (offset) {
    case ARG2: s->arg2 = v; break;
    case BLOCKS: s->blocks = v & 0xffff7fff; break;
    case ARG1: s->arg1 = v; break;
    case COMMAND:
        s->command = v & (0x3ffb0000 | MODE_MASK);
        if (mask >> CMD_INDEX_SHIFT) /* the last byte starts it */
            command(s);
        break;
    case HOST: s->host = v; break;
    case CLOCK: write_clock(s, v); break;
    case INT_STATUS: write_status(s, v & mask); break;
    case INT_ENABLE: s->enable = v & ~INT_ERROR; break;
    case INT_SIGNAL: s->signal = v & ~INT_ERROR; break;
    case CONTROL2: s->control2 = v & 0xffff0000; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static void bcm2835_sdhci_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_sdhci *s = opaque;
    uint64_t reg = offset & ~3u;
    unsigned shift = 8 * (offset & 3);
    uint32_t mask = (uint32_t)with_bits(0, shift, 8 * size, UINT32_MAX);

    if (reg == DATA)
        write_buffer(s, value, size);
    else
        write_register(s, reg, (read_register(s, reg) & ~mask) | ((uint32_t)value << shift & mask), mask);
    update(s);
}

static const struct io_ops bcm2835_sdhci_ops = {
    .read = bcm2835_sdhci_read, .write = bcm2835_sdhci_write, .min_size = 1, .max_size = 4
};

/* -- Life -- */

static bool bcm2835_sdhci_realize(struct device *d, GError **err)
{
    device_add_io(d, "sdhci", &bcm2835_sdhci_ops, REGION_BYTES);
    return true;
}

static void bcm2835_sdhci_reset(struct device *d)
{
    update(container_of(d, struct bcm2835_sdhci, dev));
}

static const struct state_row bcm2835_sdhci_fields[] = {
    FIELD(struct bcm2835_sdhci, arg2, 0),
    FIELD(struct bcm2835_sdhci, blocks, 0),
    FIELD(struct bcm2835_sdhci, arg1, 0),
    FIELD(struct bcm2835_sdhci, command, 0),
    FIELD_ARRAY(struct bcm2835_sdhci, response, 0),
    FIELD(struct bcm2835_sdhci, host, 0),
    FIELD(struct bcm2835_sdhci, clock, 0),
    FIELD(struct bcm2835_sdhci, status, 0),
    FIELD(struct bcm2835_sdhci, enable, 0),
    FIELD(struct bcm2835_sdhci, signal, 0),
    FIELD(struct bcm2835_sdhci, control2, 0),
    FIELD(struct bcm2835_sdhci, reading, 0),
    FIELD(struct bcm2835_sdhci, writing, 0),
    FIELD(struct bcm2835_sdhci, block_left, 0),
    FIELD(struct bcm2835_sdhci, blocks_left, 0),
    FIELD_NONE(struct bcm2835_sdhci, gpio, "found where it is"),
    FIELD_NONE(struct bcm2835_sdhci, dma, "found where it is"),
    FIELD_END,
};

static const struct state_table bcm2835_sdhci_state = {
    STATE_OF(struct bcm2835_sdhci),
    .version = 1,
    .rows = bcm2835_sdhci_fields,
};

static const char *const bcm2835_sdhci_compatible[] = { "brcm,bcm2835-sdhci", NULL };

const struct device_type bcm2835_sdhci_type = {
    .name = "generic-sdhci",
    .desc = "BCM2835 SD host, Arasan's",
    .compatible = bcm2835_sdhci_compatible,
    .size = sizeof(struct bcm2835_sdhci),
    .state = &bcm2835_sdhci_state,
    .realize = bcm2835_sdhci_realize,
    .reset = bcm2835_sdhci_reset,
};
