/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DMA controller of a BCM2835. Manual: Broadcom, "BCM2835 ARM Peripherals", chapter 4; binding: brcm,bcm2835-dma.
 * Channels work off their lists on the machine's clock, without the controller's lock while they are at memory or another
 * device's registers: so a device that asks for data is never entered by its own access. Output N is channel N's.
 * Not modelled: bus widths and bursts, waits, priorities (what a guest sees is only the order of its blocks), the channel
 * at the end of the address space (15). A list that never ends goes on, a bounded part of it at a time.
 */
#include <inttypes.h>
#include <string.h>

#include "bcm2835-dma.h"
#include "bcm2835-mbox.h"
#include "dt.h"

enum { CS = 0x00, CONBLK_AD = 0x04, TI = 0x08, SOURCE_AD = 0x0c, DEST_AD = 0x10, TXFR_LEN = 0x14, STRIDE = 0x18,
       NEXTCONBK = 0x1c, DEBUG = 0x20, CHANNEL_BYTES = 0x100, INT_STATUS = 0xfe0, ENABLE = 0xff0, REGION_BYTES = 0x1000 };
enum { CS_ACTIVE = 1, CS_END = 2, CS_INT = 4, CS_DREQ = 8, CS_PAUSED = 0x10, CS_DREQ_STOPS = 0x20, CS_ERROR = 0x100,
       CS_KEPT = 0x30ff0000 };
#define CS_RESET (1u << 31)
#define CS_ABORT (1u << 30)
enum { TI_INTEN = 1, TI_TDMODE = 2, TI_DEST_INC = 0x10, TI_DEST_DREQ = 0x40, TI_DEST_IGNORE = 0x80, TI_SRC_INC = 0x100,
       TI_SRC_DREQ = 0x400, TI_SRC_IGNORE = 0x800, TI_PERMAP_SHIFT = 16 };
enum { DEBUG_READ_ERROR = 4, DEBUG_CLEARED = 7, DEBUG_LITE = 1 << 28 };

#define CHANNELS 15
#define LITE_FROM 7              /* channels from here on are simpler: no 2D mode, 64 KiB at a time */
#define CHUNK 4096               /* bytes that are moved at a time */
#define TURN (256 * KiB)         /* and in a turn of a channel */
#define TURN_NS 20000            /* until its next one */
#define PERIPHERALS 0x7e000000u  /* bus addresses of registers, */
#define PERIPHERALS_END 0x7f000000u
#define OWN_OFFSET 0x7000        /* of this one's */

struct channel {
    uint32_t cs, conblk, ti, source, dest, len, stride, next, debug;
    uint32_t rows, row_left; /* of a block in 2D mode; 1 and len else */
    struct timer timer;      /* its next turn */
    /* What a turn that runs without the lock goes by: changed whenever the guest writes to the channel. */
    uint32_t generation;
    bool waiting;            /* for a peripheral's request. Atomic */
};

struct turn {
    struct bcm2835_dma *dma;
    unsigned n;
};

struct bcm2835_dma {
    struct device dev;
    struct channel channel[CHANNELS];
    uint32_t enable;
    uint32_t requests;  /* DREQs that are on, by PERMAP; atomic */
    uint32_t cpu_base;  /* where the CPU sees PERIPHERALS */
    struct turn turns[CHANNELS]; /* what timers get */
};

extern const struct device_type bcm2835_dma_type;

static const struct state_row channel_fields[] = {
    FIELD(struct channel, cs, 0),
    FIELD(struct channel, conblk, 0),
    FIELD(struct channel, ti, 0),
    FIELD(struct channel, source, 0),
    FIELD(struct channel, dest, 0),
    FIELD(struct channel, len, 0),
    FIELD(struct channel, stride, 0),
    FIELD(struct channel, next, 0),
    FIELD(struct channel, debug, 0),
    FIELD(struct channel, rows, 0),
    FIELD(struct channel, row_left, 0),
    FIELD(struct channel, waiting, 0),
    FIELD_TIMER(struct channel, timer),
    FIELD_NONE(struct channel, generation, "counts what the guest does during a turn"),
    FIELD_END,
};

static const struct state_table channel_state = { STATE_OF(struct channel), .version = 1, .rows = channel_fields };

/* -- State of a channel; the lock is held -- */

static void update_irq(struct bcm2835_dma *s, unsigned n)
{
    device_irq(&s->dev, n, s->channel[n].cs & CS_INT);
}

static bool waits_for_dreq(const struct bcm2835_dma *s, const struct channel *c)
{
    unsigned permap = c->ti >> TI_PERMAP_SHIFT & 31;

    if (!(c->ti & (TI_SRC_DREQ | TI_DEST_DREQ)) || (permap != BCM2835_DREQ_EMMC && permap != BCM2835_DREQ_SDHOST))
        return false;
    return !(__atomic_load_n(&s->requests, __ATOMIC_SEQ_CST) >> permap & 1);
}

static void schedule(struct bcm2835_dma *s, unsigned n, int64_t ns)
{
    struct channel *c = &s->channel[n];

    if (!(c->cs & CS_ACTIVE))
        return;
    __atomic_store_n(&c->waiting, true, __ATOMIC_SEQ_CST); /* before it looks: a request that comes now is not lost */
    if (waits_for_dreq(s, c))
        return;
    __atomic_store_n(&c->waiting, false, __ATOMIC_SEQ_CST);
    timer_set(&c->timer, clock_now() + ns);
}

static void stop(struct channel *c, uint32_t more)
{
    c->cs = (c->cs & ~(uint32_t)CS_ACTIVE) | more;
    timer_cancel(&c->timer);
}

/* A control block from memory. False: it is not there. */
static bool load_block(struct bcm2835_dma *s, struct channel *c)
{
    uint32_t block[8];

    if (!device_dma_read(&s->dev, c->conblk & BCM2835_BUS_MASK & ~31u, block, sizeof(block))) {
        device_guest_error(&s->dev, "a control block at 0x%" PRIx32 ", where no memory is", c->conblk);
        return false;
    }
    c->ti = GUINT32_FROM_LE(block[0]);
    c->source = GUINT32_FROM_LE(block[1]);
    c->dest = GUINT32_FROM_LE(block[2]);
    c->len = GUINT32_FROM_LE(block[3]) & 0x3fffffff;
    c->stride = GUINT32_FROM_LE(block[4]);
    c->next = GUINT32_FROM_LE(block[5]) & ~31u;
    c->rows = c->ti & TI_TDMODE ? (c->len >> 16 & 0x3fff) + 1 : 1;
    c->row_left = c->ti & TI_TDMODE ? c->len & 0xffff : c->len;
    return true;
}

/* The block is done: its interrupt, and the next one or the end. */
static void end_block(struct bcm2835_dma *s, unsigned n)
{
    struct channel *c = &s->channel[n];

    c->cs |= CS_END | (c->ti & TI_INTEN ? CS_INT : 0);
    c->len = 0;
    c->conblk = c->next;
    if (!c->conblk)
        stop(c, 0);
    else if (!load_block(s, c))
        stop(c, CS_ERROR);
    update_irq(s, n);
}

/* -- Moving; no lock is held -- */

/* A part of a block, as it was when the turn began. */
struct move {
    uint32_t ti, source, dest, len;
};

static bool is_register(uint32_t bus)
{
    return bus >= PERIPHERALS && bus < PERIPHERALS_END;
}

static bool read_bytes(struct bcm2835_dma *s, const struct move *m, uint8_t *buf)
{
    if (m->ti & TI_SRC_IGNORE) {
        memset(buf, 0, m->len);
        return true;
    }
    if (!is_register(m->source))
        return device_dma_read(&s->dev, m->source & BCM2835_BUS_MASK, buf, m->len);
    for (uint32_t i = 0; i < m->len; i += 4) {
        uint64_t v = 0;
        gpa at = (m->source - PERIPHERALS + s->cpu_base + (m->ti & TI_SRC_INC ? i : 0)) & ~3u;
        uint32_t le;
        if (bus_read(s->dev.dma.as, at, 4, &v) != BUS_OK)
            return false;
        le = GUINT32_TO_LE((uint32_t)v);
        memcpy(buf + i, &le, MIN(4, m->len - i));
    }
    return true;
}

static bool write_bytes(struct bcm2835_dma *s, const struct move *m, const uint8_t *buf)
{
    if (m->ti & TI_DEST_IGNORE)
        return true;
    if (!is_register(m->dest))
        return device_dma_write(&s->dev, m->dest & BCM2835_BUS_MASK, buf, m->len);
    for (uint32_t i = 0; i < m->len; i += 4) {
        gpa at = (m->dest - PERIPHERALS + s->cpu_base + (m->ti & TI_DEST_INC ? i : 0)) & ~3u;
        uint32_t le = 0;
        memcpy(&le, buf + i, MIN(4, m->len - i));
        if (bus_write(s->dev.dma.as, at, 4, GUINT32_FROM_LE(le)) != BUS_OK)
            return false;
    }
    return true;
}

/* Where it does not move on, each word comes from, or goes to, the same one. */
static bool move_bytes(struct bcm2835_dma *s, const struct move *m)
{
    uint8_t buf[CHUNK];

    if (!(m->ti & TI_SRC_INC) && !(m->ti & TI_SRC_IGNORE) && !is_register(m->source)) {
        struct move first = *m;
        first.len = MIN(m->len, 4);
        if (!read_bytes(s, &first, buf))
            return false;
        for (uint32_t i = 4; i < m->len; i++)
            buf[i] = buf[i - 4];
    } else if (!read_bytes(s, m, buf)) {
        return false;
    }
    if (!(m->ti & TI_DEST_INC) && !(m->ti & TI_DEST_IGNORE) && !is_register(m->dest)) {
        struct move last = *m;
        last.len = MIN(m->len, 4);
        return write_bytes(s, &last, buf + m->len - last.len);
    }
    return write_bytes(s, m, buf);
}

/* -- A channel's turn -- */

static void enter(struct bcm2835_dma *s)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->dev.lock);
}

static void leave(struct bcm2835_dma *s)
{
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_DEVICE);
}

/* Bytes that may be moved now: none are left of a row in between. */
static uint32_t next_move(struct channel *c, struct move *m)
{
    *m = (struct move){ .ti = c->ti, .source = c->source, .dest = c->dest, .len = MIN(c->row_left, CHUNK) };
    return m->len;
}

static void moved(struct bcm2835_dma *s, unsigned n, uint32_t len)
{
    struct channel *c = &s->channel[n];

    c->source += c->ti & TI_SRC_INC ? len : 0;
    c->dest += c->ti & TI_DEST_INC ? len : 0;
    c->row_left -= len;
    if (c->row_left)
        return;
    if (--c->rows == 0) {
        end_block(s, n);
        return;
    }
    c->row_left = c->len & 0xffff;
    c->source += (int16_t)c->stride;
    c->dest += (int16_t)(c->stride >> 16);
}

/* The lock is held, and given back while bytes are moved. */
static void take_turn(struct bcm2835_dma *s, unsigned n)
{
    struct channel *c = &s->channel[n];

    for (uint32_t done = 0; done < TURN && (c->cs & CS_ACTIVE) && !waits_for_dreq(s, c); done += 64) {
        uint32_t generation = c->generation;
        struct move m;
        bool ok = true;
        if (next_move(c, &m)) {
            leave(s);
            ok = move_bytes(s, &m);
            enter(s);
        }
        if (c->generation != generation)
            break; /* the guest has changed its mind: there will be another turn if it wants one */
        if (ok) {
            moved(s, n, m.len);
            done += m.len;
            continue;
        }
        device_guest_error(&s->dev, "channel %u: an access failed, 0x%" PRIx32 " to 0x%" PRIx32, n, m.source, m.dest);
        c->debug |= DEBUG_READ_ERROR;
        stop(c, CS_ERROR);
        update_irq(s, n);
    }
    schedule(s, n, TURN_NS);
}

static void turn(void *opaque)
{
    const struct turn *t = opaque;

    enter(t->dma);
    take_turn(t->dma, t->n);
    leave(t->dma);
}

/* -- Requests of peripherals -- */

static void look_at(struct device *d, void *opaque)
{
    if (d->type == &bcm2835_dma_type)
        *(struct device **)opaque = d;
}

void bcm2835_dma_request(struct device *peripheral, struct device **dma, unsigned dreq, bool on)
{
    struct bcm2835_dma *s;

    if (!*dma)
        device_foreach(peripheral->machine, look_at, dma);
    if (!*dma)
        return;
    s = container_of(*dma, struct bcm2835_dma, dev);
    if (on == (__atomic_load_n(&s->requests, __ATOMIC_SEQ_CST) >> dreq & 1))
        return;
    if (!on) {
        __atomic_fetch_and(&s->requests, ~(1u << dreq), __ATOMIC_SEQ_CST);
        return;
    }
    __atomic_fetch_or(&s->requests, 1u << dreq, __ATOMIC_SEQ_CST);
    for (unsigned n = 0; n < CHANNELS; n++)
        if (__atomic_exchange_n(&s->channel[n].waiting, false, __ATOMIC_SEQ_CST))
            timer_set(&s->channel[n].timer, clock_now());
}

/* -- Registers -- */

static void reset_channel(struct bcm2835_dma *s, unsigned n)
{
    struct channel *c = &s->channel[n];

    state_reset(&channel_state, c);
    c->generation++;
    c->debug = n >= LITE_FROM ? DEBUG_LITE : 0;
    update_irq(s, n);
}

static void write_cs(struct bcm2835_dma *s, unsigned n, uint32_t v)
{
    struct channel *c = &s->channel[n];
    bool was_active = c->cs & CS_ACTIVE;

    if (v & CS_RESET) {
        reset_channel(s, n);
        return;
    }
    c->cs &= ~(v & (CS_END | CS_INT));
    c->cs = (c->cs & ~(uint32_t)(CS_KEPT | CS_ACTIVE)) | (v & (CS_KEPT | CS_ACTIVE));
    if (v & CS_ABORT) { /* the block, not the list */
        c->rows = c->row_left = 0;
        c->generation++;
        end_block(s, n);
    } else if ((v & CS_ACTIVE) && !was_active) {
        c->cs &= ~(uint32_t)CS_ERROR;
        if (!c->row_left && (!c->conblk || !load_block(s, c))) /* else it was paused */
            stop(c, c->conblk ? CS_ERROR : 0);
        schedule(s, n, 0);
    } else if (!(v & CS_ACTIVE)) {
        stop(c, 0);
    }
    update_irq(s, n);
}

static uint32_t read_channel(const struct bcm2835_dma *s, const struct channel *c, unsigned reg)
{
    switch (reg) {
    case CS: return c->cs | (waits_for_dreq(s, c) ? CS_DREQ_STOPS : CS_DREQ) | (c->cs & CS_ACTIVE ? 0 : CS_PAUSED);
    case CONBLK_AD: return c->conblk;
    case TI: return c->ti;
    case SOURCE_AD: return c->source;
    case DEST_AD: return c->dest;
    case TXFR_LEN: return c->ti & TI_TDMODE ? c->len : c->row_left;
    case STRIDE: return c->stride;
    case NEXTCONBK: return c->next;
    case DEBUG: return c->debug;
    }
    return 0;
}

static uint64_t bcm2835_dma_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2835_dma *s = opaque;
    uint32_t v = 0;

    if (offset < CHANNELS * CHANNEL_BYTES)
        return read_channel(s, &s->channel[offset / CHANNEL_BYTES], offset % CHANNEL_BYTES);
    if (offset == ENABLE)
        return s->enable;
    for (unsigned n = 0; offset == INT_STATUS && n < CHANNELS; n++)
        v |= (s->channel[n].cs & CS_INT ? 1u : 0) << n;
    return v;
}

static void bcm2835_dma_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2835_dma *s = opaque;
    unsigned n = offset / CHANNEL_BYTES;
    struct channel *c = &s->channel[n];

    if (offset == ENABLE) {
        s->enable = value & ((1u << CHANNELS) - 1);
    } else if (n >= CHANNELS) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    } else {
        switch (offset % CHANNEL_BYTES) {
        case CS: write_cs(s, n, value); break;
        case CONBLK_AD:
            c->conblk = value & ~31u;
            c->row_left = c->cs & CS_ACTIVE ? c->row_left : 0;
            break;
        case NEXTCONBK: c->next = value & ~31u; break;
        case DEBUG: c->debug &= ~(value & DEBUG_CLEARED); break;
        default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to a read-only register", offset); break;
        }
    }
}

static const struct io_ops bcm2835_dma_ops = {
    .read = bcm2835_dma_read, .write = bcm2835_dma_write, .min_size = 4, .max_size = 4
};

/* -- Life -- */

static bool bcm2835_dma_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct bcm2835_dma *s = container_of(d, struct bcm2835_dma, dev);
    uint64_t size;
    gpa addr;

    if (dt_reg(fdt, node, 0, &addr, &size))
        s->cpu_base = addr - OWN_OFFSET;
    return true;
}

static bool bcm2835_dma_realize(struct device *d, GError **err)
{
    struct bcm2835_dma *s = container_of(d, struct bcm2835_dma, dev);

    for (unsigned n = 0; n < CHANNELS; n++) {
        s->turns[n] = (struct turn){ .dma = s, .n = n };
        timer_init(&s->channel[n].timer, turn, &s->turns[n], NULL);
    }
    device_add_io(d, "bcm2835-dma", &bcm2835_dma_ops, REGION_BYTES);
    return true;
}

static void bcm2835_dma_unrealize(struct device *d)
{
    struct bcm2835_dma *s = container_of(d, struct bcm2835_dma, dev);

    for (unsigned n = 0; n < CHANNELS; n++)
        timer_cancel(&s->channel[n].timer);
}

static void bcm2835_dma_reset(struct device *d)
{
    struct bcm2835_dma *s = container_of(d, struct bcm2835_dma, dev);

    for (unsigned n = 0; n < CHANNELS; n++)
        reset_channel(s, n);
}

static const struct property bcm2835_dma_props[] = {
    PROP_NAMED("peripherals", struct bcm2835_dma, cpu_base, U32, 0x20000000, NULL,
               "where the CPU sees bus address 0x7e000000 (default: as the tree says)"),
    PROP_END,
};

static const struct state_row bcm2835_dma_fields[] = {
    FIELD_STRUCTS(struct bcm2835_dma, channel, &channel_state),
    FIELD(struct bcm2835_dma, enable, (1u << CHANNELS) - 1),
    FIELD(struct bcm2835_dma, requests, 0),
    FIELD_NONE(struct bcm2835_dma, turns, "what timers are given"),
    FIELD_END,
};

static bool bcm2835_dma_loaded(void *obj, unsigned version, GError **err)
{
    const struct bcm2835_dma *s = obj;

    for (unsigned n = 0; n < CHANNELS; n++) {
        if (s->channel[n].rows > 0x4000 || (s->channel[n].rows == 0 && (s->channel[n].cs & CS_ACTIVE))) {
            fail(err, "channel %u has %u rows left", n, s->channel[n].rows);
            return false;
        }
    }
    return true;
}

static const struct state_table bcm2835_dma_state = {
    STATE_OF(struct bcm2835_dma),
    .version = 1,
    .rows = bcm2835_dma_fields,
    .loaded = bcm2835_dma_loaded,
};

static const char *const bcm2835_dma_compatible[] = { "brcm,bcm2835-dma", NULL };

const struct device_type bcm2835_dma_type = {
    .name = "bcm2835-dma",
    .desc = "BCM2835 DMA controller",
    .compatible = bcm2835_dma_compatible,
    .size = sizeof(struct bcm2835_dma),
    .props = bcm2835_dma_props,
    .state = &bcm2835_dma_state,
    .realize = bcm2835_dma_realize,
    .unrealize = bcm2835_dma_unrealize,
    .reset = bcm2835_dma_reset,
    .from_dt = bcm2835_dma_from_dt,
};
