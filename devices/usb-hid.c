/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usb-kbd, usb-mouse, usb-tablet. Manual: "Device Class Definition for Human Interface Devices" 1.11; usages are those
 * of the "HID Usage Tables" 1.12. Not modelled: reports again and again while nothing changes (SET_IDLE is accepted).
 * Lights are taken from the guest and shown nowhere.
 */
#include <linux/input-event-codes.h>
#include <string.h>

#include "hid.h"
#include "usb.h"

enum { GET_REPORT = 1, GET_IDLE = 2, GET_PROTOCOL = 3, SET_REPORT = 9, SET_IDLE = 10, SET_PROTOCOL = 11 };
enum { FROM_INTERFACE = 0x81, CLASS_IN = 0xa1, CLASS_OUT = 0x21, GET_DESCRIPTOR = 6 };
#define REPORTS 32     /* that wait for the guest */
#define REPORT_BYTES 8 /* at most */
#define KEYS 6         /* of a keyboard's report, besides its modifiers */
#define MODIFIERS 0xe0 /* the first usage of eight */
#define ROLL_OVER 1    /* too many keys */

struct usb_hid {
    struct usb_device u;
    uint8_t queue[REPORTS][REPORT_BYTES];
    uint32_t first, n; /* of those that wait */
    uint8_t protocol, idle, leds;
    /* What is so now. */
    uint8_t modifiers, nkeys, keys[16]; /* usages, in the order they were pressed */
    uint8_t buttons;
    uint32_t x, y;       /* a tablet's place */
    int32_t dx, dy, wheel; /* since the last report */
    uint32_t usb_version;  /* a property */
};

/* -- What they are -- */

static const uint8_t keyboard_report[] = {
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01,                         /* a keyboard */
    0x75, 0x01, 0x95, 0x08, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, /* eight modifiers, a bit each */
    0x15, 0x00, 0x25, 0x01, 0x81, 0x02,
    0x95, 0x01, 0x75, 0x08, 0x81, 0x01,                         /* a byte of nothing */
    0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02, /* five lights */
    0x95, 0x01, 0x75, 0x03, 0x91, 0x01,
    0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0xff, 0x05, 0x07, 0x19, 0x00, 0x29, 0xff, 0x81, 0x00, /* six keys */
    0xc0,
};

#define BUTTONS                                                                                                        \
    0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01, 0x95, 0x05, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75,  \
        0x03, 0x81, 0x01 /* five, and three bits of nothing */

static const uint8_t mouse_report[] = {
    0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00, BUTTONS,
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x09, 0x38, /* X, Y, wheel: relative */
    0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x03, 0x81, 0x06, 0xc0, 0xc0,
};

static const uint8_t tablet_report[] = {
    0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00, BUTTONS,
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, /* X, Y: absolute */
    0x15, 0x00, 0x26, 0xff, 0x7f, 0x35, 0x00, 0x46, 0xff, 0x7f, 0x75, 0x10, 0x95, 0x02, 0x81, 0x02,
    0x09, 0x38, 0x15, 0x81, 0x25, 0x7f, 0x35, 0x00, 0x45, 0x00, 0x75, 0x08, 0x95, 0x01, 0x81, 0x06, 0xc0, 0xc0,
};

/* A configuration of one interface with one endpoint; its last byte is the interval. */
#define CONFIG(subclass, protocol, report, packet, interval)                                                           \
    9, USB_CONFIG, 34, 0, 1, 1, 4, 0xa0, 50, 9, USB_INTERFACE, 0, 0, 1, 3, subclass, protocol, 0, 9, USB_HID, 0x11, 1,  \
        0, 1, USB_REPORT, sizeof(report), 0, 7, USB_ENDPOINT, 0x81, 3, packet, 0, interval

struct hid_model {
    enum hid_kind kind;
    const uint8_t *report;
    uint8_t report_bytes, bytes; /* of the descriptor; of a report */
    struct usb_model usb, usb_1; /* at both speeds; at full speed only (usb_version=1) */
};

#define MODEL(kind_, report_, bytes_, text, fast, slow, release_)                                                      \
    {                                                                                                                  \
        .kind = kind_, .report = report_, .report_bytes = sizeof(report_), .bytes = bytes_,                            \
        .usb = { .vendor = 0x0627, .product = 1, .release = release_, .max_packet = { 8, 64 },                         \
                 .strings = { "QEMU", text, "42", "HID" }, .config = { slow, fast } },                                 \
        .usb_1 = { .vendor = 0x0627, .product = 1, .release = release_, .max_packet = { 8, 64 },                       \
                   .strings = { "QEMU", text, "42", "HID" }, .config = { slow, NULL } },                               \
    }

static const uint8_t keyboard_slow[] = { CONFIG(1, 1, keyboard_report, 8, 10) };
static const uint8_t keyboard_fast[] = { CONFIG(1, 1, keyboard_report, 8, 7) };
static const uint8_t mouse_slow[] = { CONFIG(1, 2, mouse_report, 4, 10) };
static const uint8_t mouse_fast[] = { CONFIG(1, 2, mouse_report, 4, 7) };
static const uint8_t tablet_slow[] = { CONFIG(0, 0, tablet_report, 8, 10) };
static const uint8_t tablet_fast[] = { CONFIG(0, 0, tablet_report, 8, 4) };

static const struct hid_model models[] = {
    [HID_KEYBOARD] = MODEL(HID_KEYBOARD, keyboard_report, 8, "QEMU USB Keyboard", keyboard_fast, keyboard_slow, 0),
    [HID_MOUSE] = MODEL(HID_MOUSE, mouse_report, 4, "QEMU USB Mouse", mouse_fast, mouse_slow, 0),
    [HID_TABLET] = MODEL(HID_TABLET, tablet_report, 6, "QEMU USB Tablet", tablet_fast, tablet_slow, 0),
};

static const struct hid_model *model(const struct usb_hid *s);

/* The key of each usage of the keyboard page; 0: we know none. */
static const uint8_t keys[256] = {
    [0x04] = KEY_A, KEY_B, KEY_C, KEY_D, KEY_E, KEY_F, KEY_G, KEY_H, KEY_I, KEY_J, KEY_K, KEY_L, KEY_M, KEY_N, KEY_O,
    KEY_P, KEY_Q, KEY_R, KEY_S, KEY_T, KEY_U, KEY_V, KEY_W, KEY_X, KEY_Y, KEY_Z, KEY_1, KEY_2, KEY_3, KEY_4, KEY_5,
    KEY_6, KEY_7, KEY_8, KEY_9, KEY_0, KEY_ENTER, KEY_ESC, KEY_BACKSPACE, KEY_TAB, KEY_SPACE, KEY_MINUS, KEY_EQUAL,
    KEY_LEFTBRACE, KEY_RIGHTBRACE, KEY_BACKSLASH,
    [0x33] = KEY_SEMICOLON, KEY_APOSTROPHE, KEY_GRAVE, KEY_COMMA, KEY_DOT, KEY_SLASH, KEY_CAPSLOCK, KEY_F1, KEY_F2,
    KEY_F3, KEY_F4, KEY_F5, KEY_F6, KEY_F7, KEY_F8, KEY_F9, KEY_F10, KEY_F11, KEY_F12, KEY_SYSRQ, KEY_SCROLLLOCK,
    KEY_PAUSE, KEY_INSERT, KEY_HOME, KEY_PAGEUP, KEY_DELETE, KEY_END, KEY_PAGEDOWN, KEY_RIGHT, KEY_LEFT, KEY_DOWN,
    KEY_UP, KEY_NUMLOCK, KEY_KPSLASH, KEY_KPASTERISK, KEY_KPMINUS, KEY_KPPLUS, KEY_KPENTER, KEY_KP1, KEY_KP2, KEY_KP3,
    KEY_KP4, KEY_KP5, KEY_KP6, KEY_KP7, KEY_KP8, KEY_KP9, KEY_KP0, KEY_KPDOT, KEY_102ND, KEY_COMPOSE, KEY_POWER,
    KEY_KPEQUAL, KEY_F13, KEY_F14, KEY_F15, KEY_F16, KEY_F17, KEY_F18, KEY_F19, KEY_F20, KEY_F21, KEY_F22, KEY_F23,
    KEY_F24, KEY_OPEN, KEY_HELP, KEY_PROPS, KEY_FRONT, KEY_STOP, KEY_AGAIN, KEY_UNDO, KEY_CUT, KEY_COPY, KEY_PASTE,
    KEY_FIND, KEY_MUTE, KEY_VOLUMEUP, KEY_VOLUMEDOWN,
    [0x85] = KEY_KPCOMMA, [0x87] = KEY_RO, KEY_KATAKANAHIRAGANA, KEY_YEN, KEY_HENKAN, KEY_MUHENKAN, KEY_KPJPCOMMA,
    [0x90] = KEY_HANGEUL, KEY_HANJA, KEY_KATAKANA, KEY_HIRAGANA, KEY_ZENKAKUHANKAKU,
    [0xe0] = KEY_LEFTCTRL, KEY_LEFTSHIFT, KEY_LEFTALT, KEY_LEFTMETA, KEY_RIGHTCTRL, KEY_RIGHTSHIFT, KEY_RIGHTALT,
    KEY_RIGHTMETA,
};

static unsigned usage_of(unsigned key)
{
    for (unsigned i = 0; i < ARRAY_SIZE(keys) && key; i++)
        if (keys[i] == key)
            return i;
    return 0;
}

/* -- Reports; the controller's lock is held -- */

static void put_key_state(const struct usb_hid *s, uint8_t *r)
{
    r[0] = s->modifiers;
    for (unsigned i = 0; i < KEYS; i++)
        r[2 + i] = s->nkeys > KEYS ? ROLL_OVER : i < s->nkeys ? s->keys[i] : 0;
}

/* As much of a way as a byte holds. */
static uint8_t part_of(int32_t *way)
{
    int32_t n = CLAMP(*way, -127, 127);

    *way -= n;
    return n;
}

static void put_pointer_state(struct usb_hid *s, uint8_t *r)
{
    r[0] = s->buttons;
    if (model(s)->kind == HID_MOUSE) {
        r[1] = part_of(&s->dx);
        r[2] = part_of(&s->dy);
        r[3] = part_of(&s->wheel);
        return;
    }
    r[1] = s->x;
    r[2] = s->x >> 8;
    r[3] = s->y;
    r[4] = s->y >> 8;
    r[5] = part_of(&s->wheel);
}

static void put_state(struct usb_hid *s, uint8_t *r)
{
    memset(r, 0, REPORT_BYTES);
    if (model(s)->kind == HID_KEYBOARD)
        put_key_state(s, r);
    else
        put_pointer_state(s, r);
}

/*
 * What is so now waits for the guest. Where it is far behind, it misses what was between; a mouse's way is told when
 * there is room.
 */
static void push(struct usb_hid *s)
{
    if (!s->u.configuration)
        return;
    if (s->n == REPORTS && model(s)->kind == HID_MOUSE)
        return;
    if (s->n < REPORTS)
        s->n++;
    put_state(s, s->queue[(s->first + s->n - 1) % REPORTS]);
    s->u.bus->wakeup(s->u.bus, &s->u, 1, true);
}

static void key_event(struct usb_hid *s, unsigned code, bool down)
{
    unsigned usage = usage_of(code), i = 0;

    if (usage >= MODIFIERS) {
        uint8_t bit = 1 << (usage - MODIFIERS);
        s->modifiers = down ? s->modifiers | bit : s->modifiers & ~bit;
    } else if (usage) {
        while (i < s->nkeys && s->keys[i] != usage)
            i++;
        if (down && i == s->nkeys && s->nkeys < ARRAY_SIZE(s->keys)) {
            s->keys[s->nkeys++] = usage;
        } else if (!down && i < s->nkeys) {
            memmove(s->keys + i, s->keys + i + 1, s->nkeys - i - 1);
            s->nkeys--;
        }
    }
    push(s);
}

static void take_event(struct usb_hid *s, const struct hid_event *e)
{
    static const uint16_t buttons[] = { BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_SIDE, BTN_EXTRA };

    switch (e->type) {
    case HID_KEY:
        key_event(s, e->code, e->value);
        break;
    case HID_BUTTON:
        for (unsigned i = 0; i < ARRAY_SIZE(buttons); i++)
            if (buttons[i] == e->code)
                s->buttons = e->value ? s->buttons | 1 << i : s->buttons & ~(1 << i);
        break;
    case HID_MOVE_X:
        s->dx = CLAMP(s->dx + (int64_t)e->value, -32768, 32767);
        break;
    case HID_MOVE_Y:
        s->dy = CLAMP(s->dy + (int64_t)e->value, -32768, 32767);
        break;
    case HID_WHEEL:
        s->wheel = CLAMP(s->wheel + (int64_t)e->value, -127, 127);
        break;
    case HID_AT_X:
        s->x = CLAMP(e->value, 0, HID_AT_MAX);
        break;
    case HID_AT_Y:
        s->y = CLAMP(e->value, 0, HID_AT_MAX);
        break;
    case HID_SYNC:
        if (model(s)->kind != HID_KEYBOARD)
            push(s);
        break;
    }
}

static void hid_event(void *opaque, const struct hid_event *e)
{
    struct usb_hid *s = opaque;

    usb_lock(&s->u);
    take_event(s, e);
    usb_unlock(&s->u);
}

static enum usb_result data(struct usb_device *d, unsigned ep, bool in, struct usb_packet *p)
{
    struct usb_hid *s = container_of(d, struct usb_hid, u);

    if (ep != 1 || !in)
        return USB_STALL;
    if (s->n == 0 && (s->dx || s->dy) && model(s)->kind == HID_MOUSE) { /* the rest of a long way */
        put_state(s, s->queue[s->first]);
        s->n = 1;
    }
    if (s->n == 0)
        return USB_NAK;
    usb_put(p, s->queue[s->first], model(s)->bytes);
    s->first = (s->first + 1) % REPORTS;
    s->n--;
    return USB_OK;
}

/* -- Requests -- */

static enum usb_result answer(uint8_t *to, size_t *len, const struct usb_setup *setup, const uint8_t *from, size_t n)
{
    *len = MIN(n, setup->length);
    memcpy(to, from, *len);
    return USB_OK;
}

static enum usb_result control(struct usb_device *d, const struct usb_setup *setup, uint8_t *data, size_t *len)
{
    struct usb_hid *s = container_of(d, struct usb_hid, u);
    const struct hid_model *m = model(s);
    uint8_t report[REPORT_BYTES];

    switch (USB_REQUEST(setup->type, setup->request)) {
    case USB_REQUEST(FROM_INTERFACE, GET_DESCRIPTOR):
        if (setup->value >> 8 == USB_REPORT)
            return answer(data, len, setup, m->report, m->report_bytes);
        if (setup->value >> 8 == USB_HID)
            return answer(data, len, setup, m->usb.config[0] + 18, 9);
        return USB_STALL;
    case USB_REQUEST(CLASS_IN, GET_REPORT):
        put_state(s, report);
        return answer(data, len, setup, report, m->bytes);
    case USB_REQUEST(CLASS_IN, GET_IDLE):
        return answer(data, len, setup, &s->idle, 1);
    case USB_REQUEST(CLASS_IN, GET_PROTOCOL):
        return answer(data, len, setup, &s->protocol, 1);
    case USB_REQUEST(CLASS_OUT, SET_REPORT):
        s->leds = *len ? data[0] : s->leds;
        return USB_OK;
    case USB_REQUEST(CLASS_OUT, SET_IDLE):
        s->idle = setup->value >> 8;
        return USB_OK;
    case USB_REQUEST(CLASS_OUT, SET_PROTOCOL):
        s->protocol = setup->value;
        return USB_OK;
    default:
        return USB_STALL;
    }
}

static void begin_anew(struct usb_device *d)
{
    struct usb_hid *s = container_of(d, struct usb_hid, u);

    s->first = s->n = 0;
    s->protocol = 1;
    s->idle = s->leds = 0;
    s->dx = s->dy = s->wheel = 0;
}

static const struct usb_ops ops = { .control = control, .data = data, .reset = begin_anew };

/* -- The devices -- */

static bool realize(struct device *d, GError **err)
{
    struct usb_hid *s = (struct usb_hid *)d;
    const struct hid_model *m = model(s);

    if (s->usb_version != 1 && s->usb_version != 2) {
        fail(err, "%s: usb_version=%u: expected 1 or 2", d->type->name, s->usb_version);
        return false;
    }
    usb_init(&s->u, s->usb_version == 2 ? &m->usb : &m->usb_1, &ops);
    hid_add(&(struct hid_sink){ .name = m->usb.strings[1], .kind = m->kind, .event = hid_event, .opaque = s });
    return true;
}

static void unrealize(struct device *d)
{
    hid_remove(d);
}

static const struct property props[] = {
    USB_PROPS(struct usb_hid, u),
    PROP(struct usb_hid, usb_version, U32, 2, NULL, "1: at full speed only"),
    PROP_END,
};

static const struct state_row fields[] = {
    USB_FIELDS(struct usb_hid, u),
    FIELD_KEEP_BYTES(struct usb_hid, queue), /* all: begin_anew() */
    FIELD_KEEP(struct usb_hid, first),
    FIELD_KEEP(struct usb_hid, n),
    FIELD_KEEP(struct usb_hid, protocol),
    FIELD_KEEP(struct usb_hid, idle),
    FIELD_KEEP(struct usb_hid, leds),
    FIELD_KEEP(struct usb_hid, modifiers), /* whoever presses keys knows of no reset */
    FIELD_KEEP(struct usb_hid, nkeys),
    FIELD_KEEP_ARRAY(struct usb_hid, keys),
    FIELD_KEEP(struct usb_hid, buttons),
    FIELD_KEEP(struct usb_hid, x),
    FIELD_KEEP(struct usb_hid, y),
    FIELD_KEEP(struct usb_hid, dx),
    FIELD_KEEP(struct usb_hid, dy),
    FIELD_KEEP(struct usb_hid, wheel),
    FIELD_END,
};

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct usb_hid *s = obj;

    if (s->first < REPORTS && s->n <= REPORTS && s->nkeys <= ARRAY_SIZE(s->keys))
        return true;
    fail(err, "%u reports from %u on, %u keys", s->n, s->first, s->nkeys);
    return false;
}

static const struct state_table state = {
    STATE_OF(struct usb_hid),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

#define USB_HID_TYPE(ident, name_, desc_)                                                                              \
    const struct device_type ident = {                                                                                 \
        .name = name_, .desc = desc_, .bus = &usb_bus_type, .size = sizeof(struct usb_hid), .props = props,            \
        .state = &state, .realize = realize, .unrealize = unrealize,                                   \
    }
USB_HID_TYPE(usb_kbd_type, "usb-kbd", "USB keyboard");
USB_HID_TYPE(usb_mouse_type, "usb-mouse", "USB mouse");
USB_HID_TYPE(usb_tablet_type, "usb-tablet", "USB tablet");

static const struct hid_model *model(const struct usb_hid *s)
{
    const struct device_type *t = s->u.dev.type;

    if (t == &usb_kbd_type)
        return &models[HID_KEYBOARD];
    return &models[t == &usb_mouse_type ? HID_MOUSE : HID_TABLET];
}
