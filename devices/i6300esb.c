/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watchdog of Intel's 6300ESB. Manual: "Intel 6300ESB I/O Controller Hub Datasheet", chapter 16. What happens when
 * it runs out is the user's to say (-watchdog-action). The interrupt between its two stages is not modelled.
 */
#include <inttypes.h>

#include "devices/pci/pci.h"
#include "life.h"

enum config_register { CONFIG = 0x60, LOCK = 0x68 };
enum { CONFIG_SCALE_1MHZ = 0x04, CONFIG_NO_REBOOT = 0x20, CONFIG_BITS = 0x27 };
enum { LOCK_LOCKED = 0x01, LOCK_ENABLE = 0x02, LOCK_FREE_RUN = 0x04, LOCK_BITS = 0x07 };
enum esb_register { TIMER_1 = 0x00, TIMER_2 = 0x04, GENERAL_STATUS = 0x08, RELOAD = 0x0c };
enum { RELOAD_RELOADS = 0x100, RELOAD_TIMED_OUT = 0x200 };
enum { UNLOCK_FIRST = 0x80, UNLOCK_SECOND = 0x86 }; /* written to RELOAD before each write that counts */
#define TIMER_BITS 0xfffff
#define PCI_HZ 33000000

struct i6300esb {
    struct device dev;
    struct pci_function pci;
    uint32_t preload[2];  /* of the two stages */
    uint8_t stage;        /* 0: it stands; 1 or 2 */
    uint8_t unlocked;     /* how many of the two were written */
    bool timed_out;       /* before the last reset */
    struct timer timer;
};

/* -- The timer; lock held -- */

static void begin_stage(struct i6300esb *s, uint8_t stage)
{
    unsigned shift = s->pci.config[CONFIG] & CONFIG_SCALE_1MHZ ? 5 : 15;
    uint64_t ticks = (uint64_t)s->preload[stage - 1] << shift;

    s->stage = stage;
    timer_set(&s->timer, clock_now() + ticks * 1000000000 / PCI_HZ + 1);
}

static void stop(struct i6300esb *s)
{
    s->stage = 0;
    timer_cancel(&s->timer);
}

static void expired(void *opaque)
{
    struct i6300esb *s = opaque;

    if (s->stage == 1) {
        begin_stage(s, 2);
        return;
    }
    bool act = !(s->pci.config[CONFIG] & CONFIG_NO_REBOOT);
    if (s->pci.config[LOCK] & LOCK_FREE_RUN)
        begin_stage(s, 1);
    else
        stop(s);
    if (!act)
        return;
    s->timed_out = true;
    watchdog_expired();
}

/* -- Registers -- */

static uint64_t bar_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct i6300esb *s = opaque;

    return offset == RELOAD && s->timed_out ? RELOAD_TIMED_OUT : 0;
}

static void write_unlocked(struct i6300esb *s, uint64_t offset, uint32_t value)
{
    if (offset == TIMER_1 || offset == TIMER_2) {
        s->preload[offset / 4] = value & TIMER_BITS;
        return;
    }
    if (offset != RELOAD)
        return;
    if ((value & RELOAD_RELOADS) && s->stage)
        begin_stage(s, 1);
    if (value & RELOAD_TIMED_OUT)
        s->timed_out = false;
}

static void bar_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct i6300esb *s = opaque;

    if (offset == RELOAD && value == UNLOCK_FIRST) {
        s->unlocked = 1;
    } else if (offset == RELOAD && value == UNLOCK_SECOND && s->unlocked == 1) {
        s->unlocked = 2;
    } else if (s->unlocked == 2) {
        write_unlocked(s, offset, value);
        s->unlocked = 0;
    } else {
        device_guest_error(&s->dev, "write of 0x%" PRIx64 ": the register is locked", offset);
    }
}

static const struct io_ops bar_ops = { .read = bar_read, .write = bar_write, .min_size = 1, .max_size = 4 };

static void config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    struct i6300esb *s = container_of(f, struct i6300esb, pci);

    if (!pci_overlaps(offset, size, LOCK, LOCK + 1))
        return;
    if (f->config[LOCK] & LOCK_LOCKED) /* until the next reset */
        f->writable[LOCK] = 0;
    bool on = f->config[LOCK] & LOCK_ENABLE;
    if (on && !s->stage)
        begin_stage(s, 1);
    else if (!on)
        stop(s);
}

static const struct pci_ops pci_ops = { .config_written = config_written };

/* -- The device -- */

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x8086, .device = 0x25ab, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
                                      .class_code = 0x088000 };
    struct i6300esb *s = (struct i6300esb *)d;

    if (!pci_init(&s->pci, d, &id, &pci_ops, err))
        return false;
    pci_add_bar(&s->pci, 0, 0, device_add_io(d, "i6300esb", &bar_ops, 0x10));
    timer_init(&s->timer, expired, s, &d->lock);
    return true;
}

static void unrealize(struct device *d)
{
    struct i6300esb *s = (struct i6300esb *)d;

    g_mutex_lock(&d->lock);
    timer_cancel(&s->timer);
    g_mutex_unlock(&d->lock);
    pci_fini(&s->pci);
}

static void reset(struct device *d)
{
    struct i6300esb *s = (struct i6300esb *)d;

    pci_put16(s->pci.writable + CONFIG, CONFIG_BITS);
    s->pci.writable[LOCK] = LOCK_BITS;
    pci_reset(&s->pci);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct i6300esb *s = obj;

    if (s->stage > 2 || s->unlocked > 2) {
        fail(err, "there is no stage %u, %u", s->stage, s->unlocked);
        return false;
    }
    s->pci.writable[LOCK] = s->pci.config[LOCK] & LOCK_LOCKED ? 0 : LOCK_BITS;
    return pci_loaded(&s->pci, err);
}

static const struct property props[] = { PCI_PROPS(struct i6300esb, pci), PROP_END };

static const struct state_row fields[] = {
    PCI_FIELDS(struct i6300esb, pci),
    FIELD_ARRAY(struct i6300esb, preload, TIMER_BITS),
    FIELD(struct i6300esb, stage, 0),
    FIELD(struct i6300esb, unlocked, 0),
    FIELD_KEEP(struct i6300esb, timed_out),
    FIELD_TIMER(struct i6300esb, timer),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct i6300esb),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

const struct device_type i6300esb_type = {
    .name = "i6300esb",
    .desc = "Intel 6300ESB watchdog",
    .bus = &pci_bus_type,
    .size = sizeof(struct i6300esb),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
