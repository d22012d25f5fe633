/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ITM of a Cortex-M: what programs write to a stimulus port goes to a character device, as text, without the
 * packets of a trace port. Manual: DDI 0403, C1.7; binding: arm,armv7m-itm, with reg. Its chardev: -global
 * armv7m-itm.chardev=ID, its port: -global armv7m-itm.port=N. Not modelled: packets, timestamps, the DWT's events;
 * DEMCR.TRCENA, which would keep accesses out.
 */
#include <inttypes.h>

#include "chardev.h"
#include "device.h"

enum { STIM_END = 0x80, TER = 0xe00, TPR = 0xe40, TCR = 0xe80, LAR = 0xfb0, LSR = 0xfb4, PID4 = 0xfd0,
       REGION_BYTES = 0x1000 };
#define TCR_ITMENA 1u
#define TCR_MASK 0x7f0f0fu
#define FIFOREADY 1u

static const uint8_t ids[12] = { 0x04, 0, 0, 0, 0x01, 0xb0, 0x3b, 0, 0x0d, 0xe0, 0x05, 0xb1 };

struct armv7m_itm {
    struct device dev;
    char *name; /* the chardev's: -global comes before it is made */
    struct chardev *chardev;
    uint8_t port;
    uint32_t ter, tpr, tcr;
};

static uint64_t itm_read(void *opaque, uint64_t offset, unsigned size)
{
    struct armv7m_itm *s = opaque;

    if (offset < STIM_END)
        return FIFOREADY;
    switch (offset) {
    case TER: return s->ter;
    case TPR: return s->tpr;
    case TCR: return s->tcr;
    case LSR: return 0; /* there is no lock */
    }
    if (offset >= PID4)
        return ids[(offset - PID4) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

/* Bytes of the port, the lowest first; of a port that is off they are lost. */
static void stimulate(struct armv7m_itm *s, unsigned port, uint64_t value, unsigned size)
{
    uint8_t bytes[4];

    if (!(s->tcr & TCR_ITMENA) || !(s->ter >> port & 1) || port != s->port || !s->chardev)
        return;
    for (unsigned i = 0; i < size; i++)
        bytes[i] = value >> (8 * i);
    chardev_write(s->chardev, bytes, size);
}

static void itm_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct armv7m_itm *s = opaque;

    if (offset < STIM_END) {
        stimulate(s, offset / 4, value, size);
        return;
    }
    switch (offset) {
    case TER: s->ter = value; break;
    case TPR: s->tpr = value & 0xf; break;
    case TCR: s->tcr = value & TCR_MASK; break;
    case LAR: break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    }
}

static const struct io_ops itm_ops = { .read = itm_read, .write = itm_write, .min_size = 1, .max_size = 4 };

static size_t nothing(void *opaque)
{
    return 0;
}

static void ignore(void *opaque, const uint8_t *buf, size_t len)
{
}

static bool itm_realize(struct device *d, GError **err)
{
    struct armv7m_itm *s = container_of(d, struct armv7m_itm, dev);
    const struct chardev_client client = { .can_read = nothing, .read = ignore, .opaque = s, .lock = &d->lock,
                                           .guest = true };

    if (s->port > 31) {
        fail(err, "%s: port=%u: there are 32", d->id, s->port);
        return false;
    }
    if (s->name && !(s->chardev = chardev_find(s->name))) {
        fail(err, "%s: chardev='%s': expected the id of a -chardev", d->id, s->name);
        return false;
    }
    if (s->chardev && !chardev_attach(s->chardev, &client, err))
        return false;
    device_add_io(d, "itm", &itm_ops, REGION_BYTES);
    return true;
}

static void itm_unrealize(struct device *d)
{
    struct armv7m_itm *s = container_of(d, struct armv7m_itm, dev);

    if (s->chardev)
        chardev_detach(s->chardev, s);
}

static const struct property itm_props[] = {
    PROP_NAMED("chardev", struct armv7m_itm, name, STRING, 0, NULL, "the id of a -chardev, where the port's bytes go"),
    PROP_NAMED("port", struct armv7m_itm, port, U8, 0, NULL, "the stimulus port, 0 to 31"),
    PROP_END,
};

static const struct state_row itm_fields[] = {
    FIELD_NONE(struct armv7m_itm, chardev, "the host's"),
    FIELD(struct armv7m_itm, ter, 0),
    FIELD(struct armv7m_itm, tpr, 0),
    FIELD(struct armv7m_itm, tcr, 0),
    FIELD_END,
};

static const struct state_table itm_state = {
    STATE_OF(struct armv7m_itm),
    .version = 1,
    .rows = itm_fields,
};

static const char *const itm_compatible[] = { "arm,armv7m-itm", "arm,armv8m-itm", NULL };

const struct device_type armv7m_itm_type = {
    .name = "armv7m-itm",
    .desc = "Cortex-M's ITM: a stimulus port to a character device",
    .compatible = itm_compatible,
    .size = sizeof(struct armv7m_itm),
    .props = itm_props,
    .state = &itm_state,
    .realize = itm_realize,
    .unrealize = itm_unrealize,
};
