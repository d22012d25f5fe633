/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's DMA controllers: F2's and F4's with 8 streams, F1's with 7 channels. Manuals: RM0090, chapter 10; RM0041,
 * chapter 9; bindings: st,stm32-dma (-v1), st,stm32-dma-v2bis. A stream moves items on the machine's clock, without the
 * controller's lock while it is at memory or a register, so that no device is entered by its own access. It waits for
 * the peripheral whose register it is at, if that can say when (dma_ready); others are always ready: CHSEL is only
 * kept. Output N is stream N's. Not modelled: FIFO and bursts (packing between sizes is done), priorities, the
 * peripheral as flow controller.
 */
#include "stm32-dma.h"

#include <inttypes.h>

#include "dt.h"

enum { LISR = 0x00, HISR = 0x04, LIFCR = 0x08, HIFCR = 0x0c, STREAMS_BASE = 0x10, STREAM_BYTES = 0x18,
       F1_ISR = 0x00, F1_IFCR = 0x04, F1_CHANNELS_BASE = 0x08, F1_CHANNEL_BYTES = 0x14, REGION_BYTES = 0x400 };
enum { S_CR = 0x00, S_NDTR = 0x04, S_PAR = 0x08, S_M0AR = 0x0c, S_M1AR = 0x10, S_FCR = 0x14 };
/* What F2 and F4 have in CR; a channel's CCR of F1 is kept as these. */
enum { CR_EN = 1, CR_DMEIE = 2, CR_TEIE = 4, CR_HTIE = 8, CR_TCIE = 0x10, CR_CIRC = 0x100, CR_PINC = 0x200,
       CR_MINC = 0x400, CR_DBM = 0x40000, CR_CT = 0x80000 };
enum { FROM_PERIPHERAL, FROM_MEMORY, MEMORY_TO_MEMORY };
enum { F1_EN = 1, F1_TCIE = 2, F1_HTIE = 4, F1_TEIE = 8, F1_DIR = 0x10, F1_CIRC = 0x20, F1_PINC = 0x40, F1_MINC = 0x80,
       F1_MEM2MEM = 0x4000, F1_MASK = 0x7fff };
enum { FLAG_TE = 8, FLAG_HT = 0x10, FLAG_TC = 0x20, FLAGS = 0x3d };

#define STREAMS 8
#define F1_CHANNELS 7
#define TURN 4096      /* items in a turn of a stream */
#define TURN_NS 2000   /* until its next one */

struct stream {
    uint32_t cr, ndtr, par, mar[2], fcr;
    uint32_t ndtr_reload, par_now, mar_now; /* of the transfer */
    uint8_t flags;
    struct device *peer; /* whose register par is, or NULL. Atomic */
    bool waiting;        /* for its peripheral. Atomic */
    uint32_t generation; /* changed whenever the guest writes to the stream: what a turn without the lock goes by */
    struct timer timer;  /* its next turn */
};

struct turn {
    struct stm32_dma *dma;
    unsigned n;
};

struct stm32_dma {
    struct device dev;
    bool f1;
    struct stream stream[STREAMS];
    struct turn turns[STREAMS]; /* what timers get */
};

static unsigned direction(const struct stream *c)
{
    return c->cr >> 6 & 3;
}

/* Bytes of an item at the peripheral's end, and at memory's. */
static unsigned peripheral_size(const struct stream *c)
{
    return 1u << MIN(c->cr >> 11 & 3, 2);
}

/* F2 and F4 pack and unpack, which is the same bytes in the same places as if MSIZE were PSIZE. */
static unsigned memory_size(const struct stm32_dma *s, const struct stream *c)
{
    return s->f1 ? 1u << MIN(c->cr >> 13 & 3, 2) : peripheral_size(c);
}

static void update_irq(struct stm32_dma *s, unsigned n)
{
    const struct stream *c = &s->stream[n];

    device_irq(&s->dev, n, ((c->flags & FLAG_TC) && (c->cr & CR_TCIE)) || ((c->flags & FLAG_HT) && (c->cr & CR_HTIE)) ||
                               ((c->flags & FLAG_TE) && (c->cr & CR_TEIE)));
}

/* -- Moving; no lock is held -- */

/* A step of a stream: an item at its peripheral's end, and the same at memory's. */
struct step {
    struct device *peer;
    uint32_t from, to;
    unsigned from_size, to_size;
    bool writes_peer;
};

/* The peripheral lets it, or can't say. */
static bool is_ready(const struct step *m)
{
    if (!m->peer || !m->peer->type->dma_ready)
        return true;
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&m->peer->lock);
    bool ready = m->peer->type->dma_ready(m->peer, m->writes_peer);
    g_mutex_unlock(&m->peer->lock);
    lock_order_leave(LOCK_DEVICE);
    return ready;
}

/* Low bits of addresses are not looked at. Where sizes are two (F1), an item is cut off, or made longer by zeros. */
static bool move(struct stm32_dma *s, const struct step *m)
{
    uint64_t v;

    return bus_read(s->dev.dma.as, m->from & ~(m->from_size - 1), m->from_size, &v) == BUS_OK &&
           bus_write(s->dev.dma.as, m->to & ~(m->to_size - 1), m->to_size, v) == BUS_OK;
}

/* -- A stream's turn; the lock is held, and given back in between -- */

static void enter(struct stm32_dma *s)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->dev.lock);
}

static void leave(struct stm32_dma *s)
{
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_DEVICE);
}

static struct step next_step(struct stm32_dma *s, const struct stream *c)
{
    bool writes = direction(c) == FROM_MEMORY;
    unsigned psize = peripheral_size(c), msize = memory_size(s, c);

    return (struct step){
        .peer = c->peer,
        .from = writes ? c->mar_now : c->par_now,
        .to = writes ? c->par_now : c->mar_now,
        .from_size = writes ? msize : psize,
        .to_size = writes ? psize : msize,
        .writes_peer = writes,
    };
}

static void end_transfer(struct stream *c)
{
    c->flags |= FLAG_TC;
    if (c->cr & CR_DBM)
        c->cr ^= CR_CT;
    if ((c->cr & (CR_CIRC | CR_DBM)) && direction(c) != MEMORY_TO_MEMORY) {
        c->ndtr = c->ndtr_reload;
        c->par_now = c->par;
        c->mar_now = c->mar[(c->cr & CR_DBM) && (c->cr & CR_CT)];
    } else {
        c->cr &= ~(uint32_t)CR_EN;
    }
}

static void stepped(struct stream *c, const struct step *m)
{
    unsigned mem = m->writes_peer ? m->from_size : m->to_size;

    c->par_now += c->cr & CR_PINC ? peripheral_size(c) : 0;
    c->mar_now += c->cr & CR_MINC ? mem : 0;
    c->ndtr--;
    if (c->ndtr == c->ndtr_reload / 2)
        c->flags |= FLAG_HT;
    if (c->ndtr == 0)
        end_transfer(c);
}

static void fail_stream(struct stm32_dma *s, unsigned n, const struct step *m)
{
    struct stream *c = &s->stream[n];

    device_guest_error(&s->dev, "stream %u: an access failed, 0x%" PRIx32 " to 0x%" PRIx32, n, m->from, m->to);
    c->flags |= FLAG_TE;
    c->cr &= ~(uint32_t)CR_EN;
}

static void take_turn(struct stm32_dma *s, unsigned n)
{
    struct stream *c = &s->stream[n];

    for (unsigned i = 0; i < TURN && (c->cr & CR_EN); i++) {
        uint32_t generation = c->generation;
        struct step m = next_step(s, c);
        bool ready, ok = true;
        /* Before it looks: a wake-up that comes now is not lost. */
        __atomic_store_n(&c->waiting, true, __ATOMIC_SEQ_CST);
        leave(s);
        ready = is_ready(&m);
        if (ready)
            ok = move(s, &m);
        enter(s);
        if (c->generation != generation)
            break; /* the guest has changed its mind: there will be another turn if it wants one */
        if (!ready) {
            update_irq(s, n);
            return;
        }
        __atomic_store_n(&c->waiting, false, __ATOMIC_SEQ_CST);
        if (ok)
            stepped(c, &m);
        else
            fail_stream(s, n, &m);
        if (c->flags && (c->cr & (CR_TCIE | CR_HTIE | CR_TEIE)))
            break; /* its interrupt is first */
    }
    update_irq(s, n);
    if (c->cr & CR_EN)
        timer_set(&c->timer, clock_now() + TURN_NS);
}

static void turn(void *opaque)
{
    const struct turn *t = opaque;

    enter(t->dma);
    take_turn(t->dma, t->n);
    leave(t->dma);
}

/* -- Who has the register -- */

static GPtrArray *controllers; /* of struct stm32_dma */

void stm32_dma_wake(struct device *peripheral)
{
    for (guint i = 0; controllers && i < controllers->len; i++) {
        struct stm32_dma *s = g_ptr_array_index(controllers, i);
        for (unsigned n = 0; n < STREAMS; n++) {
            struct stream *c = &s->stream[n];
            if (__atomic_load_n(&c->waiting, __ATOMIC_SEQ_CST) &&
                __atomic_load_n(&c->peer, __ATOMIC_SEQ_CST) == peripheral &&
                __atomic_exchange_n(&c->waiting, false, __ATOMIC_SEQ_CST))
                timer_set(&c->timer, clock_now());
        }
    }
}

struct search {
    const struct region *region;
    struct device *found;
};

static void look_at(struct device *d, void *opaque)
{
    struct search *f = opaque;

    for (unsigned i = 0; i < d->nregions; i++)
        if (&d->regions[i] == f->region)
            f->found = d;
}

/* On a CPU's thread, or while all stand still. */
static void find_peer(struct stm32_dma *s, struct stream *c)
{
    const struct mapping *m = address_space_find(s->dev.dma.as, c->par);
    struct search f = { .region = m ? m->region : NULL };

    if (f.region && direction(c) != MEMORY_TO_MEMORY)
        device_foreach(s->dev.machine, look_at, &f);
    __atomic_store_n(&c->peer, f.found, __ATOMIC_SEQ_CST);
}

/* -- Registers -- */

static void write_cr(struct stm32_dma *s, unsigned n, uint32_t value)
{
    struct stream *c = &s->stream[n];
    bool was_on = c->cr & CR_EN;

    c->cr = value;
    if (!(value & CR_EN)) {
        timer_cancel(&c->timer);
        __atomic_store_n(&c->waiting, false, __ATOMIC_SEQ_CST);
        if (was_on && !s->f1)
            c->flags |= FLAG_TC; /* the stream has come to its end */
    } else if (!was_on) {
        if (!c->ndtr) {
            c->cr &= ~(uint32_t)CR_EN;
            return;
        }
        c->ndtr_reload = c->ndtr;
        c->par_now = c->par;
        c->mar_now = c->mar[(c->cr & CR_DBM) && (c->cr & CR_CT)];
        find_peer(s, c);
        timer_set(&c->timer, clock_now());
    }
}

static void write_stream(struct stm32_dma *s, unsigned n, unsigned reg, uint32_t value)
{
    struct stream *c = &s->stream[n];

    if (reg != S_CR && (c->cr & CR_EN) && !(reg == S_M0AR && (c->cr & CR_DBM)) && !(reg == S_M1AR)) {
        device_guest_error(&s->dev, "stream %u: register 0x%x written while it is on", n, reg);
        return;
    }
    c->generation++;
    switch (reg) {
    case S_CR: write_cr(s, n, value); break;
    case S_NDTR: c->ndtr = value & 0xffff; break;
    case S_PAR: c->par = value; break;
    case S_M0AR: c->mar[0] = value; break;
    case S_M1AR: c->mar[1] = value; break;
    case S_FCR: c->fcr = value & 0x87; break;
    }
    update_irq(s, n);
    if ((c->cr & CR_EN) && !timer_pending(&c->timer)) /* a turn that is under way goes no further */
        timer_set(&c->timer, clock_now());
}

static uint32_t read_stream(const struct stream *c, unsigned reg)
{
    switch (reg) {
    case S_CR: return c->cr;
    case S_NDTR: return c->ndtr;
    case S_PAR: return c->par;
    case S_M0AR: return c->mar[0];
    case S_M1AR: return c->mar[1];
    case S_FCR: return c->fcr | 0x20; /* empty: there is no FIFO here */
    }
    return 0;
}

/* Streams 0 to 3, or 4 to 7, have their flags at these bits. */
static const uint8_t flag_shift[] = { 0, 6, 16, 22 };

static uint64_t f4_read(struct stm32_dma *s, uint64_t offset)
{
    uint32_t v = 0;

    if (offset >= STREAMS_BASE && offset < STREAMS_BASE + STREAMS * STREAM_BYTES)
        return read_stream(&s->stream[(offset - STREAMS_BASE) / STREAM_BYTES], (offset - STREAMS_BASE) % STREAM_BYTES);
    if (offset > HIFCR)
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    for (unsigned i = 0; i < 4 && offset <= HISR; i++)
        v |= (uint32_t)s->stream[(offset == HISR ? 4 : 0) + i].flags << flag_shift[i];
    return v;
}

static void f4_write(struct stm32_dma *s, uint64_t offset, uint32_t value)
{
    if (offset >= STREAMS_BASE && offset < STREAMS_BASE + STREAMS * STREAM_BYTES) {
        write_stream(s, (offset - STREAMS_BASE) / STREAM_BYTES, (offset - STREAMS_BASE) % STREAM_BYTES, value);
    } else if (offset == LIFCR || offset == HIFCR) {
        for (unsigned i = 0; i < 4; i++) {
            unsigned n = (offset == HIFCR ? 4 : 0) + i;
            s->stream[n].flags &= ~(value >> flag_shift[i]);
            update_irq(s, n);
        }
    } else {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    }
}

/* -- F1's registers, which are the same in other places -- */

static const struct {
    uint16_t f1;
    uint32_t cr;
} f1_bits[] = {
    { F1_EN, CR_EN }, { F1_TCIE, CR_TCIE }, { F1_HTIE, CR_HTIE }, { F1_TEIE, CR_TEIE }, { F1_CIRC, CR_CIRC },
    { F1_PINC, CR_PINC }, { F1_MINC, CR_MINC }, { F1_DIR, FROM_MEMORY << 6 }, { F1_MEM2MEM, MEMORY_TO_MEMORY << 6 },
};

/* Sizes and priority are three fields of two bits: 11:8 and 13:12, which are 14:11 and 17:16. */
static uint32_t from_f1(uint32_t v)
{
    uint32_t cr = (v >> 8 & 15) << 11 | (v >> 12 & 3) << 16;

    for (unsigned i = 0; i < ARRAY_SIZE(f1_bits); i++)
        cr |= v & f1_bits[i].f1 ? f1_bits[i].cr : 0;
    return cr;
}

static uint32_t to_f1(uint32_t cr)
{
    uint32_t v = (cr >> 11 & 15) << 8 | (cr >> 16 & 3) << 12;

    for (unsigned i = 0; i < ARRAY_SIZE(f1_bits); i++)
        v |= cr & f1_bits[i].cr ? f1_bits[i].f1 : 0;
    return v;
}

static uint64_t f1_read(struct stm32_dma *s, uint64_t offset)
{
    uint64_t at = offset - F1_CHANNELS_BASE;
    uint32_t v = 0;

    if (offset >= F1_CHANNELS_BASE && at < F1_CHANNELS * F1_CHANNEL_BYTES) {
        const struct stream *c = &s->stream[at / F1_CHANNEL_BYTES];
        return at % F1_CHANNEL_BYTES == 0 ? to_f1(c->cr) : read_stream(c, at % F1_CHANNEL_BYTES);
    }
    if (offset > F1_IFCR)
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    for (unsigned n = 0; n < F1_CHANNELS && offset == F1_ISR; n++) {
        uint8_t f = s->stream[n].flags;
        uint32_t b = (f & FLAG_TC ? 2 : 0) | (f & FLAG_HT ? 4 : 0) | (f & FLAG_TE ? 8 : 0);
        v |= (b ? b | 1 : 0) << (4 * n);
    }
    return v;
}

static void f1_write(struct stm32_dma *s, uint64_t offset, uint32_t value)
{
    uint64_t at = offset - F1_CHANNELS_BASE;

    if (offset >= F1_CHANNELS_BASE && at < F1_CHANNELS * F1_CHANNEL_BYTES) {
        unsigned reg = at % F1_CHANNEL_BYTES;
        if (reg <= S_M0AR)
            write_stream(s, at / F1_CHANNEL_BYTES, reg, reg == S_CR ? from_f1(value & F1_MASK) : value);
    } else if (offset == F1_IFCR) {
        for (unsigned n = 0; n < F1_CHANNELS; n++) {
            uint32_t b = value >> (4 * n) & 15;
            uint8_t clear = (b & 2 ? FLAG_TC : 0) | (b & 4 ? FLAG_HT : 0) | (b & 8 ? FLAG_TE : 0);
            s->stream[n].flags &= b & 1 ? 0 : ~clear;
            update_irq(s, n);
        }
    } else {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    }
}

static uint64_t dma_reg_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_dma *s = opaque;

    return s->f1 ? f1_read(s, offset) : f4_read(s, offset);
}

static void dma_reg_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_dma *s = opaque;

    if (s->f1)
        f1_write(s, offset, value);
    else
        f4_write(s, offset, value);
}

static const struct io_ops dma_ops = { .read = dma_reg_read, .write = dma_reg_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool dma_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    container_of(d, struct stm32_dma, dev)->f1 = dt_compatible(fdt, node, "st,stm32-dma-v2bis");
    return true;
}

static bool dma_realize(struct device *d, GError **err)
{
    struct stm32_dma *s = container_of(d, struct stm32_dma, dev);

    for (unsigned n = 0; n < STREAMS; n++) {
        s->turns[n] = (struct turn){ .dma = s, .n = n };
        timer_init(&s->stream[n].timer, turn, &s->turns[n], NULL);
    }
    device_add_io(d, "stm32-dma", &dma_ops, REGION_BYTES);
    if (!controllers)
        controllers = g_ptr_array_new();
    g_ptr_array_add(controllers, s);
    return true;
}

static void dma_unrealize(struct device *d)
{
    struct stm32_dma *s = container_of(d, struct stm32_dma, dev);

    for (unsigned n = 0; n < STREAMS; n++)
        timer_cancel(&s->stream[n].timer);
    g_ptr_array_remove(controllers, s);
    if (!controllers->len)
        g_clear_pointer(&controllers, g_ptr_array_unref);
}

static void dma_reset(struct device *d)
{
    struct stm32_dma *s = container_of(d, struct stm32_dma, dev);

    for (unsigned n = 0; n < STREAMS; n++) {
        s->stream[n].generation++;
        update_irq(s, n);
    }
}

static const struct state_row stream_fields[] = {
    FIELD(struct stream, cr, 0),
    FIELD(struct stream, ndtr, 0),
    FIELD(struct stream, par, 0),
    FIELD_ARRAY(struct stream, mar, 0),
    FIELD(struct stream, fcr, 1),
    FIELD(struct stream, ndtr_reload, 0),
    FIELD(struct stream, par_now, 0),
    FIELD(struct stream, mar_now, 0),
    FIELD(struct stream, flags, 0),
    FIELD(struct stream, waiting, 0),
    FIELD_NONE(struct stream, generation, "counts what the guest does during a turn"),
    FIELD_NONE(struct stream, peer, "found again by par"),
    FIELD_TIMER(struct stream, timer),
    FIELD_END,
};

static const struct state_table stream_state = { STATE_OF(struct stream), .version = 1, .rows = stream_fields };

static const struct state_row dma_fields[] = {
    FIELD_SAME(struct stm32_dma, f1),
    FIELD_STRUCTS(struct stm32_dma, stream, &stream_state),
    FIELD_NONE(struct stm32_dma, turns, "what timers get"),
    FIELD_END,
};

static bool dma_loaded(void *obj, unsigned version, GError **err)
{
    struct stm32_dma *s = obj;

    for (unsigned n = 0; n < STREAMS; n++) {
        s->stream[n].generation++;
        find_peer(s, &s->stream[n]);
    }
    return true;
}

static const struct state_table dma_state = {
    STATE_OF(struct stm32_dma),
    .version = 1,
    .rows = dma_fields,
    .loaded = dma_loaded,
};

static const char *const dma_compatible[] = { "st,stm32-dma", "st,stm32-dma-v1", "st,stm32-dma-v2bis", NULL };

const struct device_type stm32_dma_type = {
    .name = "stm32-dma",
    .desc = "STM32 DMA controller (F1, F2, F4)",
    .compatible = dma_compatible,
    .size = sizeof(struct stm32_dma),
    .state = &dma_state,
    .realize = dma_realize,
    .unrealize = dma_unrealize,
    .reset = dma_reset,
    .from_dt = dma_from_dt,
};
