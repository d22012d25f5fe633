/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SD host of a BCM2835 that is Broadcom's own ("alternate"). Manual: none is public; Linux's driver of
 * brcm,bcm2835-sdhost. Commands are done at once; data come from the card, and go to it, when they are asked for, so the
 * FIFO is as full, or as empty, as the transfer lets it be.
 * Not modelled: timing, CRC errors, SDIO interrupts.
 */
#include <inttypes.h>

#include "bcm2835-dma.h"
#include "bcm2835-gpio.h"
#include "sd.h"

enum { SDCMD = 0x00, SDARG = 0x04, SDTOUT = 0x08, SDCDIV = 0x0c, SDRSP0 = 0x10, SDHSTS = 0x20, SDVDD = 0x30, SDEDM = 0x34,
       SDHCFG = 0x38, SDHBCT = 0x3c, SDDATA = 0x40, SDHBLC = 0x50, REGION_BYTES = 0x100 };
enum { CMD_NEW = 0x8000, CMD_FAIL = 0x4000, CMD_BUSY = 0x800, CMD_NO_RESPONSE = 0x400, CMD_LONG = 0x200, CMD_WRITE = 0x80,
       CMD_READ = 0x40, CMD_INDEX = 0x3f };
enum { HSTS_BUSY = 0x400, HSTS_BLOCK = 0x200, HSTS_SDIO = 0x100, HSTS_CMD_TIMEOUT = 0x40, HSTS_FIFO_ERROR = 8, HSTS_DATA = 1,
       HSTS_LATCHED = HSTS_BUSY | HSTS_BLOCK | HSTS_SDIO | 0xf8 };
enum { HCFG_BUSY = 0x400, HCFG_BLOCK = 0x100, HCFG_DATA = 0x10, HCFG_MASK = 0x53f };
enum { FSM_IDENT = 0, FSM_DATA = 1, FSM_READ = 2, FSM_WRITE = 3, FSM_OFF = 0xf, FSM_MASK = 0xf };
enum { EDM_FILL_SHIFT = 4, EDM_KEPT = 0x7fe00, EDM_FORCE_DATA = 1 << 19 };

#define FIFO_WORDS 16

struct bcm2835_sdhost {
    struct device dev;
    struct device *gpio, *dma; /* whom it works with */
    uint32_t cmd, arg, timeout, response[4], status, edm, config, block_size, blocks;
    uint16_t divisor;
    uint8_t vdd, fsm;
    bool done;     /* all data of a transfer are through: the block interrupt, once it is enabled */
    uint64_t left; /* bytes of the transfer */
};

static struct device *card(struct bcm2835_sdhost *s)
{
    return bcm2835_gpio_card(&s->dev, &s->gpio, BCM2835_SDHOST);
}

static bool has_data(const struct bcm2835_sdhost *s)
{
    return s->left && (s->fsm == FSM_READ || s->fsm == FSM_WRITE);
}

static void update(struct bcm2835_sdhost *s)
{
    if (s->done && (s->config & HCFG_BLOCK))
        s->status |= HSTS_BLOCK;
    device_irq(&s->dev, 0, (s->status & (HSTS_BUSY | HSTS_BLOCK | HSTS_SDIO)) || (has_data(s) && (s->config & HCFG_DATA)));
    bcm2835_dma_request(&s->dev, &s->dma, BCM2835_DREQ_SDHOST, has_data(s));
}

/* -- Commands -- */

static void begin_data(struct bcm2835_sdhost *s)
{
    s->fsm = s->cmd & CMD_READ ? FSM_READ : FSM_WRITE;
    s->left = (uint64_t)s->block_size * MAX(s->blocks, 1);
}

static void command(struct bcm2835_sdhost *s)
{
    uint32_t word[4] = { 0 };
    enum sd_response r = sd_command(card(s), s->cmd & CMD_INDEX, s->arg, word);

    s->done = false;
    s->left = 0;
    s->fsm = FSM_DATA;
    s->cmd &= ~CMD_NEW;
    if (!(s->cmd & CMD_NO_RESPONSE) && r == SD_NONE) {
        s->cmd |= CMD_FAIL;
        s->status |= HSTS_CMD_TIMEOUT;
        return;
    }
    for (unsigned i = 0; i < 4; i++)
        s->response[i] = r == SD_R2 ? word[3 - i] : i ? 0 : word[0];
    if (s->cmd & (CMD_READ | CMD_WRITE))
        begin_data(s);
    if ((s->cmd & CMD_BUSY) && (s->config & HCFG_BUSY))
        s->status |= HSTS_BUSY;
}

/* -- Data -- */

static void word_done(struct bcm2835_sdhost *s, unsigned len)
{
    s->left -= len;
    if (s->left)
        return;
    s->fsm = FSM_DATA;
    s->done = true;
}

static uint32_t read_word(struct bcm2835_sdhost *s)
{
    unsigned len = MIN(s->left, 4);
    uint8_t b[4] = { 0 };

    if (s->fsm != FSM_READ || !len) {
        s->status |= HSTS_FIFO_ERROR;
        return 0;
    }
    sd_read_data(card(s), b, len);
    word_done(s, len);
    return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

static void write_word(struct bcm2835_sdhost *s, uint32_t v)
{
    const uint8_t b[4] = { v, v >> 8, v >> 16, v >> 24 };
    unsigned len = MIN(s->left, 4);

    if (s->fsm != FSM_WRITE || !len) {
        s->status |= HSTS_FIFO_ERROR;
        return;
    }
    sd_write_data(card(s), b, len);
    word_done(s, len);
}

static uint32_t fifo_fill(const struct bcm2835_sdhost *s)
{
    return s->fsm == FSM_READ ? MIN((s->left + 3) / 4, FIFO_WORDS) : 0;
}

/* -- Registers -- */

static uint64_t bcm2835_sdhost_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_sdhost *s = opaque;
    uint32_t v;

    switch (offset) {
    case SDCMD: return s->cmd;
    case SDARG: return s->arg;
    case SDTOUT: return s->timeout;
    case SDCDIV: return s->divisor;
    case SDRSP0: case SDRSP0 + 4: case SDRSP0 + 8: case SDRSP0 + 12: return s->response[(offset - SDRSP0) / 4];
    case SDHSTS: return s->status | (has_data(s) ? HSTS_DATA : 0);
    case SDVDD: return s->vdd;
    case SDEDM: return s->edm | fifo_fill(s) << EDM_FILL_SHIFT | s->fsm;
    case SDHCFG: return s->config;
    case SDHBCT: return s->block_size;
    case SDDATA:
        v = read_word(s);
        update(s);
        return v;
    case SDHBLC: return s->blocks;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no register", offset);
    return 0;
}

static void write_cmd(struct bcm2835_sdhost *s, uint32_t v)
{
    s->cmd = v & 0xffff & ~CMD_FAIL;
    if (v & CMD_NEW)
        command(s);
}

static void write_edm(struct bcm2835_sdhost *s, uint32_t v)
{
    s->edm = v & EDM_KEPT;
    if (s->fsm == FSM_OFF)
        s->fsm = FSM_IDENT;
    if (!(v & EDM_FORCE_DATA))
        return;
    s->fsm = FSM_DATA;
    s->left = 0;
}

static void write_status(struct bcm2835_sdhost *s, uint32_t v)
{
    s->status &= ~(v & HSTS_LATCHED);
    if (v & HSTS_BLOCK)
        s->done = false;
}

static void bcm2835_sdhost_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_sdhost *s = opaque;

    switch (offset) {
    case SDCMD: write_cmd(s, value); break;
    case SDARG: s->arg = value; break;
    case SDTOUT: s->timeout = value; break;
    case SDCDIV: s->divisor = value & 0x7ff; break;
    case SDHSTS: write_status(s, value); break;
    case SDVDD: s->vdd = value & 1; break;
    case SDEDM: write_edm(s, value); break;
    case SDHCFG: s->config = value & HCFG_MASK; break;
    case SDHBCT: s->block_size = value & 0xffff; break;
    case SDDATA: write_word(s, value); break;
    case SDHBLC: s->blocks = value & 0xffff; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update(s);
}

static const struct io_ops bcm2835_sdhost_ops = {
    .read = bcm2835_sdhost_read, .write = bcm2835_sdhost_write, .min_size = 4, .max_size = 4
};

/* -- Life -- */

static bool bcm2835_sdhost_realize(struct device *d, GError **err)
{
    device_add_io(d, "bcm2835-sdhost", &bcm2835_sdhost_ops, REGION_BYTES);
    return true;
}

static void bcm2835_sdhost_reset(struct device *d)
{
    update(container_of(d, struct bcm2835_sdhost, dev));
}

static const struct state_row bcm2835_sdhost_fields[] = {
    FIELD(struct bcm2835_sdhost, cmd, 0),
    FIELD(struct bcm2835_sdhost, arg, 0),
    FIELD(struct bcm2835_sdhost, timeout, 0),
    FIELD_ARRAY(struct bcm2835_sdhost, response, 0),
    FIELD(struct bcm2835_sdhost, status, 0),
    FIELD(struct bcm2835_sdhost, edm, 0xc600),
    FIELD(struct bcm2835_sdhost, config, 0),
    FIELD(struct bcm2835_sdhost, block_size, 0),
    FIELD(struct bcm2835_sdhost, blocks, 0),
    FIELD(struct bcm2835_sdhost, divisor, 0),
    FIELD(struct bcm2835_sdhost, vdd, 0),
    FIELD(struct bcm2835_sdhost, fsm, FSM_OFF),
    FIELD(struct bcm2835_sdhost, done, 0),
    FIELD(struct bcm2835_sdhost, left, 0),
    FIELD_NONE(struct bcm2835_sdhost, gpio, "found where it is"),
    FIELD_NONE(struct bcm2835_sdhost, dma, "found where it is"),
    FIELD_END,
};

static const struct state_table bcm2835_sdhost_state = {
    STATE_OF(struct bcm2835_sdhost),
    .version = 1,
    .rows = bcm2835_sdhost_fields,
};

static const char *const bcm2835_sdhost_compatible[] = { "brcm,bcm2835-sdhost", NULL };

const struct device_type bcm2835_sdhost_type = {
    .name = "bcm2835-sdhost",
    .desc = "BCM2835 SD host, Broadcom's",
    .compatible = bcm2835_sdhost_compatible,
    .size = sizeof(struct bcm2835_sdhost),
    .state = &bcm2835_sdhost_state,
    .realize = bcm2835_sdhost_realize,
    .reset = bcm2835_sdhost_reset,
};
