/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-input: keyboard, mouse, tablet. VIRTIO 1.2, section 5.8; numbers are Linux' (linux/input.h). Lights are taken
 * from the guest and shown nowhere.
 */
#include <linux/input.h>
#include <stdio.h>
#include <string.h>

#include "hid.h"
#include "virtio.h"

enum { Q_EVENTS, Q_STATUS };
#define QUEUE_SIZE 64
#define EVENT_BYTES 8
#define BATCH 64 /* events that may belong together */
#define VENDOR 0x0627

/* The configuration space: what is asked for, and the answer. */
enum { C_SELECT = 0, C_SUBSEL = 1, C_SIZE = 2, C_DATA = 8, C_DATA_BYTES = 128, C_BYTES = C_DATA + C_DATA_BYTES };
enum { CFG_ID_NAME = 0x01, CFG_ID_SERIAL = 0x02, CFG_ID_DEVIDS = 0x03, CFG_EV_BITS = 0x11, CFG_ABS_INFO = 0x12 };

/* What makes a kind of device. */
struct input_model {
    enum hid_kind kind;
    const char *name;
    uint16_t product, version;
};

struct virtio_input {
    struct virtio v;
    uint8_t batch[BATCH][EVENT_BYTES]; /* events since the last sync */
    uint32_t nbatch;                   /* more than BATCH: too many to fit */
    char *serial; /* a property */
};

static const struct input_model models[] = {
    [HID_KEYBOARD] = { HID_KEYBOARD, "QEMU Virtio Keyboard", 1, 1 },
    [HID_MOUSE] = { HID_MOUSE, "QEMU Virtio Mouse", 2, 2 },
    [HID_TABLET] = { HID_TABLET, "QEMU Virtio Tablet", 3, 2 },
};

static const struct input_model *model(const struct virtio_input *s);

/* -- Configuration -- */

/* Bits of an answer; it is as long as the last of them. */
static void put_bit(uint8_t *c, unsigned bit)
{
    c[C_DATA + bit / 8] |= 1 << (bit % 8);
    c[C_SIZE] = MAX(c[C_SIZE], bit / 8 + 1);
}

static void put_bits(uint8_t *c, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        put_bit(c, i);
}

static void answer_events(const struct virtio_input *s, uint8_t *c, uint8_t type)
{
    enum hid_kind kind = model(s)->kind;

    if (kind == HID_KEYBOARD) {
        if (type == EV_KEY)
            put_bits(c, KEY_ESC, KEY_MICMUTE);
        else if (type == EV_REP)
            put_bits(c, REP_DELAY, REP_PERIOD);
        else if (type == EV_LED)
            put_bits(c, LED_NUML, LED_SCROLLL);
        return;
    }
    if (type == EV_KEY) {
        put_bits(c, BTN_LEFT, BTN_EXTRA);
        put_bits(c, BTN_GEAR_DOWN, BTN_GEAR_UP);
    } else if (type == EV_REL) {
        if (kind == HID_MOUSE)
            put_bits(c, REL_X, REL_Y);
        put_bit(c, REL_WHEEL);
    } else if (type == EV_ABS && kind == HID_TABLET) {
        put_bits(c, ABS_X, ABS_Y);
    }
}

static void answer_text(uint8_t *c, const char *text)
{
    size_t n = text ? strlen(text) : 0;

    c[C_SIZE] = MIN(n, C_DATA_BYTES);
    memcpy(c + C_DATA, text ? text : "", c[C_SIZE]);
}

static void answer(struct virtio_input *s)
{
    uint8_t *c = s->v.config, select = c[C_SELECT], sub = c[C_SUBSEL];
    const struct input_model *m = model(s);
    const uint16_t ids[] = { GUINT16_TO_LE(BUS_VIRTUAL), GUINT16_TO_LE(VENDOR), GUINT16_TO_LE(m->product),
                             GUINT16_TO_LE(m->version) };
    const uint32_t abs[] = { 0, GUINT32_TO_LE(HID_AT_MAX), 0, 0, 0 };

    memset(c + C_SIZE, 0, C_BYTES - C_SIZE);
    if (select == CFG_ID_NAME && sub == 0) {
        answer_text(c, m->name);
    } else if (select == CFG_ID_SERIAL && sub == 0) {
        answer_text(c, s->serial);
    } else if (select == CFG_ID_DEVIDS && sub == 0) {
        c[C_SIZE] = sizeof(ids);
        memcpy(c + C_DATA, ids, sizeof(ids));
    } else if (select == CFG_EV_BITS) {
        answer_events(s, c, sub);
    } else if (select == CFG_ABS_INFO && m->kind == HID_TABLET && sub <= ABS_Y) {
        c[C_SIZE] = sizeof(abs);
        memcpy(c + C_DATA, abs, sizeof(abs));
    }
}

static void config_written(struct virtio *v, unsigned offset, unsigned size)
{
    answer((struct virtio_input *)v);
}

/* -- Events; lock held -- */

static void add_event(struct virtio_input *s, uint16_t type, uint16_t code, uint32_t value)
{
    if (s->nbatch < BATCH) {
        uint8_t *e = s->batch[s->nbatch];
        type = GUINT16_TO_LE(type);
        code = GUINT16_TO_LE(code);
        value = GUINT32_TO_LE(value);
        memcpy(e, &type, 2);
        memcpy(e + 2, &code, 2);
        memcpy(e + 4, &value, 4);
    }
    s->nbatch = MIN(s->nbatch + 1, BATCH + 1);
}

/* All that belongs together, or nothing if the guest has too few buffers. */
static void send_batch(struct virtio_input *s)
{
    struct virtq *q = virtio_queue(&s->v, Q_EVENTS);
    struct virtq_elem *elems[BATCH];
    uint32_t written[BATCH];
    unsigned n = 0, want = s->nbatch;

    s->nbatch = 0;
    if (want == 0 || want > BATCH || !virtio_running(&s->v))
        return;
    while (n < want && (elems[n] = virtq_pop(q)))
        n++;
    if (n < want) {
        while (n > 0)
            virtq_unpop(q, elems[--n]);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        written[i] = iov_write(elems[i]->in, elems[i]->nin, 0, s->batch[i], EVENT_BYTES);
    virtq_push_many(q, elems, written, n);
    virtq_interrupt(q);
}

static void take_event(struct virtio_input *s, const struct hid_event *e)
{
    switch (e->type) {
    case HID_KEY:
    case HID_BUTTON:
        add_event(s, EV_KEY, e->code, e->value != 0);
        break;
    case HID_MOVE_X:
        add_event(s, EV_REL, REL_X, e->value);
        break;
    case HID_MOVE_Y:
        add_event(s, EV_REL, REL_Y, e->value);
        break;
    case HID_WHEEL:
        add_event(s, EV_REL, REL_WHEEL, e->value);
        break;
    case HID_AT_X:
        add_event(s, EV_ABS, ABS_X, e->value);
        break;
    case HID_AT_Y:
        add_event(s, EV_ABS, ABS_Y, e->value);
        break;
    case HID_SYNC:
        if (s->nbatch)
            add_event(s, EV_SYN, SYN_REPORT, 0);
        send_batch(s);
        break;
    }
}

static void hid_event(void *opaque, const struct hid_event *e)
{
    struct virtio_input *s = opaque;

    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->v.dev.lock);
    take_event(s, e);
    g_mutex_unlock(&s->v.dev.lock);
    lock_order_leave(LOCK_DEVICE);
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtq_elem *e;

    if (q->index != Q_STATUS)
        return; /* buffers for events wait for some */
    while ((e = virtq_pop(q)))
        virtq_push(q, e, 0);
    virtq_interrupt(q);
}

static void reset(struct virtio *v)
{
    struct virtio_input *s = (struct virtio_input *)v;

    s->nbatch = 0;
    memset(v->config, 0, C_BYTES);
}

static const struct virtio_ops ops = { .notify = notify, .config_written = config_written, .reset = reset };

/* -- The device -- */

static bool realize(struct device *d, GError **err)
{
    struct virtio_input *s = (struct virtio_input *)d;
    const struct input_model *m = model(s);

    if (!virtio_init(&s->v, &ops, VIRTIO_ID_INPUT, 0, C_BYTES, err))
        return false;
    virtio_add_queue(&s->v, QUEUE_SIZE);
    virtio_add_queue(&s->v, QUEUE_SIZE);
    hid_add(&(struct hid_sink){ .name = m->name, .kind = m->kind, .event = hid_event, .opaque = s });
    return true;
}

static void unrealize(struct device *d)
{
    hid_remove(d);
    virtio_fini((struct virtio *)d);
}

static const struct property props[] = {
    PROP(struct virtio_input, serial, STRING, 0, NULL, "what tells it from others of its kind"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_input),
    FIELD_KEEP_BYTES(struct virtio_input, batch),
    FIELD_KEEP(struct virtio_input, nbatch),
    FIELD_END,
};

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct virtio_input *s = obj;

    s->nbatch = MIN(s->nbatch, BATCH + 1);
    answer(s);
    return virtio_loaded(obj, version, err);
}

static const struct state_table state = {
    STATE_OF(struct virtio_input),
    .version = 1,
    .rows = fields,
    .settle = virtio_settle,
    .loaded = loaded,
};

#define VIRTIO_INPUT(kind, text, desc_)                                                                                \
    const struct device_type virtio_##kind##_device_type = {                                                           \
        .name = "virtio-" text "-device", .desc = desc_, .bus = &virtio_bus_type, .size = sizeof(struct virtio_input), \
        .props = props, .state = &state, .realize = realize, .reset = virtio_device_reset, .unrealize = unrealize,     \
    }
VIRTIO_INPUT(keyboard, "keyboard", "virtio keyboard");
VIRTIO_INPUT(mouse, "mouse", "virtio mouse");
VIRTIO_INPUT(tablet, "tablet", "virtio tablet");

static const struct input_model *model(const struct virtio_input *s)
{
    const struct device_type *t = s->v.dev.type;

    if (t == &virtio_keyboard_device_type)
        return &models[HID_KEYBOARD];
    return &models[t == &virtio_mouse_device_type ? HID_MOUSE : HID_TABLET];
}
