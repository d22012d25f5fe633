/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer and software interrupts of RISC-V harts: the SiFive CLINT, and the ACLINT's MSWI, MTIMER and
 * SSWI as devices of their own. Manuals: "SiFive Interrupt Cookbook" (CLINT), "RISC-V Advanced Core
 * Local Interruptor Specification" 1.0-rc4. Entry n of the node's interrupts-extended is hart n; the
 * CLINT has two a hart, software then timer. Not modelled: more than 1024 harts.
 */
#include <inttypes.h>
#include <libfdt.h>

#include "device.h"

#define MAX_HARTS 1024

/* CLINT: MSWI and MTIMER in one region. */
#define CLINT_MSIP 0x0
#define CLINT_MTIMECMP 0x4000
#define CLINT_MTIME 0xbff8
#define CLINT_SIZE 0x10000

#define SWI_SIZE 0x4000      /* 4095 registers of 4 bytes and 4 reserved ones */
#define MTIMECMP_SIZE 0x7ff8 /* 4095 registers of 8 bytes */
#define MTIME_SIZE 8

struct aclint {
    struct device dev;
    uint32_t timebase; /* Hz */
    unsigned nharts;
    unsigned swi_irq, timer_irq, stride; /* output of hart n: base + n * stride */

    uint32_t msip[MAX_HARTS];
    uint64_t mtimecmp[MAX_HARTS];
    uint64_t mtime_offset; /* MTIME - the time base's ticks */
    struct hart_timer {
        struct timer timer;
        struct aclint *owner;
    } *timers;
    unsigned ntimers; /* one a hart; 0: no MTIMER here */
};

static struct aclint *aclint(struct device *d)
{
    return container_of(d, struct aclint, dev);
}

/* -- Machine and supervisor software interrupts -- */

static void write_msip(struct aclint *s, unsigned hart, uint64_t v)
{
    s->msip[hart] = v & 1;
    device_irq(&s->dev, s->swi_irq + hart * s->stride, v & 1);
}

static uint64_t mswi_read(void *opaque, uint64_t offset, unsigned size)
{
    struct aclint *s = opaque;

    return offset / 4 < s->nharts ? s->msip[offset / 4] : 0;
}

static void mswi_write(void *opaque, uint64_t offset, uint64_t v, unsigned size)
{
    struct aclint *s = opaque;

    if (offset / 4 < s->nharts)
        write_msip(s, offset / 4, v);
}

/* SETSSIP reads as zero; writing 1 makes SSIP pending, which the hart itself clears. */
static uint64_t sswi_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static void sswi_write(void *opaque, uint64_t offset, uint64_t v, unsigned size)
{
    struct aclint *s = opaque;

    if (offset / 4 < s->nharts && (v & 1)) {
        device_irq(&s->dev, offset / 4, true);
        device_irq(&s->dev, offset / 4, false);
    }
}

/* -- Timer -- */

static uint64_t mtime(const struct aclint *s)
{
    return clock_ticks(s->timebase) + s->mtime_offset;
}

/* Set hart's timer interrupt to what MTIME and its MTIMECMP say, and come back when that changes. */
static void update_timer(struct aclint *s, unsigned hart)
{
    uint64_t ticks = clock_ticks(s->timebase), now = ticks + s->mtime_offset, at;
    bool due = now >= s->mtimecmp[hart];

    device_irq(&s->dev, s->timer_irq + hart * s->stride, due);
    if (due || __builtin_add_overflow(ticks, s->mtimecmp[hart] - now, &at))
        timer_cancel(&s->timers[hart].timer);
    else
        timer_set(&s->timers[hart].timer, clock_ticks_to_ns(at, s->timebase));
}

static void timer_fired(void *opaque)
{
    struct hart_timer *t = opaque;

    update_timer(t->owner, t - t->owner->timers);
}

/* One half or the whole of a 64-bit register. */
static uint64_t part_read(uint64_t reg, uint64_t offset, unsigned size)
{
    return size == 8 ? reg : bits(reg, offset & 4 ? 32 : 0, 32);
}

static uint64_t part_write(uint64_t reg, uint64_t offset, unsigned size, uint64_t v)
{
    return size == 8 ? v : with_bits(reg, offset & 4 ? 32 : 0, 32, v);
}

static uint64_t mtimecmp_read(void *opaque, uint64_t offset, unsigned size)
{
    struct aclint *s = opaque;

    return offset / 8 < s->nharts ? part_read(s->mtimecmp[offset / 8], offset, size) : 0;
}

static void mtimecmp_write(void *opaque, uint64_t offset, uint64_t v, unsigned size)
{
    struct aclint *s = opaque;
    uint64_t hart = offset / 8;

    if (hart < s->nharts) {
        s->mtimecmp[hart] = part_write(s->mtimecmp[hart], offset, size, v);
        update_timer(s, hart);
    }
}

static uint64_t mtime_read(void *opaque, uint64_t offset, unsigned size)
{
    return part_read(mtime(opaque), offset, size);
}

static void mtime_write(void *opaque, uint64_t offset, uint64_t v, unsigned size)
{
    struct aclint *s = opaque;
    uint64_t now = mtime(s);

    s->mtime_offset += part_write(now, offset, size, v) - now;
    device_set_time_offset(&s->dev, s->mtime_offset); /* their time CSR shows MTIME */
    for (unsigned h = 0; h < s->nharts; h++)
        update_timer(s, h);
}

/* -- CLINT -- */

static uint64_t clint_read(void *opaque, uint64_t offset, unsigned size)
{
    if (offset < CLINT_MTIMECMP)
        return mswi_read(opaque, offset - CLINT_MSIP, size);
    if (offset < CLINT_MTIME)
        return mtimecmp_read(opaque, offset - CLINT_MTIMECMP, size);
    return offset < CLINT_MTIME + MTIME_SIZE ? mtime_read(opaque, offset - CLINT_MTIME, size) : 0;
}

static void clint_write(void *opaque, uint64_t offset, uint64_t v, unsigned size)
{
    if (offset < CLINT_MTIMECMP && size == 8) {
        /* Two harts' registers at once. */
        mswi_write(opaque, offset - CLINT_MSIP, v, 4);
        mswi_write(opaque, offset - CLINT_MSIP + 4, v >> 32, 4);
    } else if (offset < CLINT_MTIMECMP) {
        mswi_write(opaque, offset - CLINT_MSIP, v, size);
    } else if (offset < CLINT_MTIME) {
        mtimecmp_write(opaque, offset - CLINT_MTIMECMP, v, size);
    } else if (offset < CLINT_MTIME + MTIME_SIZE) {
        mtime_write(opaque, offset - CLINT_MTIME, v, size);
    }
}

static const struct io_ops clint_ops = { clint_read, clint_write, 4, 8, true, false };
static const struct io_ops mswi_ops = { mswi_read, mswi_write, 4, 4, true, false };
static const struct io_ops sswi_ops = { sswi_read, sswi_write, 4, 4, true, false };
static const struct io_ops mtimecmp_ops = { mtimecmp_read, mtimecmp_write, 4, 8, true, false };
static const struct io_ops mtime_ops = { mtime_read, mtime_write, 4, 8, true, false };

/* -- Life -- */

/* Harts from the number of outputs; irqs_per_hart of them each. */
static bool count_harts(struct device *d, unsigned irqs_per_hart, GError **err)
{
    struct aclint *s = aclint(d);

    s->nharts = d->nirqs / irqs_per_hart;
    if (s->timebase == 0) {
        fail(err, "%s: timebase-freq=0: expected 1 or more", d->id);
        return false;
    }
    s->stride = irqs_per_hart;
    if (d->nirqs % irqs_per_hart || s->nharts > MAX_HARTS) {
        fail(err, "%s: interrupts-extended has %u entries: expected %u a hart, at most %u harts", d->id, d->nirqs,
             irqs_per_hart, MAX_HARTS);
        return false;
    }
    return true;
}

static void make_timers(struct aclint *s)
{
    s->timers = g_new0(struct hart_timer, s->nharts ? s->nharts : 1);
    s->ntimers = s->nharts;
    for (unsigned h = 0; h < s->ntimers; h++) {
        s->timers[h].owner = s;
        timer_init(&s->timers[h].timer, timer_fired, &s->timers[h], &s->dev.lock);
    }
}

static bool clint_realize(struct device *d, GError **err)
{
    struct aclint *s = aclint(d);

    if (!count_harts(d, 2, err))
        return false;
    s->timer_irq = 1;
    make_timers(s);
    device_add_io(d, "clint", &clint_ops, CLINT_SIZE);
    return true;
}

static bool mswi_realize(struct device *d, GError **err)
{
    if (!count_harts(d, 1, err))
        return false;
    device_add_io(d, "mswi", &mswi_ops, SWI_SIZE);
    return true;
}

static bool sswi_realize(struct device *d, GError **err)
{
    if (!count_harts(d, 1, err))
        return false;
    device_add_io(d, "sswi", &sswi_ops, SWI_SIZE);
    return true;
}

static bool mtimer_realize(struct device *d, GError **err)
{
    if (!count_harts(d, 1, err))
        return false;
    make_timers(aclint(d));
    device_add_io(d, "mtime", &mtime_ops, MTIME_SIZE);
    device_add_io(d, "mtimecmp", &mtimecmp_ops, MTIMECMP_SIZE);
    return true;
}

static void aclint_unrealize(struct device *d)
{
    struct aclint *s = aclint(d);

    for (unsigned h = 0; h < s->ntimers; h++)
        timer_cancel(&s->timers[h].timer);
    g_free(s->timers);
}

static void aclint_reset(struct device *d)
{
    struct aclint *s = aclint(d);

    for (unsigned n = 0; n < d->nirqs; n++)
        device_irq(d, n, false);
    if (s->timers) {
        s->mtime_offset = -clock_ticks(s->timebase); /* MTIME begins at 0 */
        device_set_time_offset(d, s->mtime_offset);
    }
    for (unsigned h = 0; h < s->ntimers; h++)
        update_timer(s, h);
}

/* The rate of MTIME is that of the harts' time counter: /cpus/timebase-frequency. */
static bool aclint_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    int len;
    const fdt32_t *p = fdt_getprop(fdt, fdt_path_offset(fdt, "/cpus"), "timebase-frequency", &len);

    if (p && len == 4)
        aclint(d)->timebase = fdt32_to_cpu(*p);
    if (aclint(d)->timebase == 0) {
        fail(err, "/cpus: timebase-frequency=0: expected a rate in Hz");
        return false;
    }
    return true;
}

static const struct property aclint_props[] = {
    PROP_NAMED("timebase-freq", struct aclint, timebase, U32, 10000000, NULL, "rate of MTIME in Hz"),
    PROP_END,
};

static const struct state_row hart_timer_fields[] = {
    FIELD_TIMER(struct hart_timer, timer),
    FIELD_NONE(struct hart_timer, owner, "wiring"),
    FIELD_END,
};

static const struct state_table hart_timer_state = {
    STATE_OF(struct hart_timer),
    .version = 1,
    .rows = hart_timer_fields,
};

static const struct state_row aclint_fields[] = {
    FIELD_ARRAY(struct aclint, msip, 0),
    FIELD_ARRAY(struct aclint, mtimecmp, 0), /* left open; kernels that write one half alone rely on QEMU's 0 */
    FIELD(struct aclint, mtime_offset, 0),
    FIELD_SAME(struct aclint, nharts),
    FIELD_NONE(struct aclint, swi_irq, "wiring"),
    FIELD_NONE(struct aclint, timer_irq, "wiring"),
    FIELD_NONE(struct aclint, stride, "wiring"),
    FIELD_STRUCT_LIST(struct aclint, timers, ntimers, &hart_timer_state),
    FIELD_SAME(struct aclint, ntimers),
    FIELD_END,
};

static const struct state_table aclint_state = {
    STATE_OF(struct aclint),
    .version = 1,
    .rows = aclint_fields,
};

#define ACLINT_TYPE(sym, qname, text, realize_fn, ...)                                                                 \
    static const char *const sym##_compatible[] = { __VA_ARGS__, NULL };                                               \
    const struct device_type sym##_type = {                                                                            \
        .name = qname, .desc = text, .compatible = sym##_compatible, .size = sizeof(struct aclint),                    \
        .props = aclint_props, .state = &aclint_state, .realize = realize_fn, .unrealize = aclint_unrealize,           \
        .reset = aclint_reset, .from_dt = aclint_from_dt,                                                              \
    }
ACLINT_TYPE(clint, "riscv.clint", "SiFive CLINT: timer and software interrupts", clint_realize, "sifive,clint0",
            "riscv,clint0");
ACLINT_TYPE(aclint_mswi, "riscv.aclint.mswi", "ACLINT machine software interrupts", mswi_realize, "riscv,aclint-mswi");
ACLINT_TYPE(aclint_sswi, "riscv.aclint.sswi", "ACLINT supervisor software interrupts", sswi_realize,
            "riscv,aclint-sswi");
ACLINT_TYPE(aclint_mtimer, "riscv.aclint.mtimer", "ACLINT machine timer", mtimer_realize, "riscv,aclint-mtimer");
