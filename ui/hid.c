/* SPDX-License-Identifier: BSD-2-Clause */
/* Who gets keys and pointers. Events are inputs like all that comes from outside: input.h. */
#include "hid.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "input.h"

static GArray *sinks; /* of struct hid_sink, those that get events first */
static struct input_source input;
static bool last_was_tablet; /* the last movement */

struct message {
    uint32_t kind, type, code;
    int32_t value;
};

static struct hid_sink *find(enum hid_kind kind)
{
    for (guint i = 0; sinks && i < sinks->len; i++) {
        struct hid_sink *s = &g_array_index(sinks, struct hid_sink, i);
        if (s->kind == kind)
            return s;
    }
    return NULL;
}

static void take(void *opaque, struct input *in)
{
    struct message m;

    if (in->len != sizeof(m))
        return;
    memcpy(&m, in->data, sizeof(m));
    struct hid_sink *s = find(m.kind);
    if (s && m.kind < HID_KINDS && m.type <= HID_SYNC)
        s->event(s->opaque, &(struct hid_event){ m.type, m.code, m.value });
}

void hid_add(const struct hid_sink *s)
{
    if (!sinks) {
        sinks = g_array_new(FALSE, FALSE, sizeof(*s));
        input_source_add(&input, take, NULL, "keys and pointers");
    }
    g_array_prepend_val(sinks, *s);
}

void hid_remove(void *opaque)
{
    for (guint i = 0; sinks && i < sinks->len; i++)
        if (g_array_index(sinks, struct hid_sink, i).opaque == opaque)
            g_array_remove_index(sinks, i--);
    if (!sinks || sinks->len)
        return;
    input_source_remove(&input);
    g_array_free(sinks, TRUE);
    sinks = NULL;
}

/* -- Events -- */

static bool post(enum hid_kind kind, enum hid_type type, unsigned code, int value)
{
    struct message m = { kind, type, code, value };

    if (!find(kind))
        return false;
    input_post(&input, 0, &m, sizeof(m));
    return true;
}

bool hid_send(enum hid_type type, unsigned code, int value)
{
    switch (type) {
    case HID_KEY:
        return post(HID_KEYBOARD, type, code, value);
    case HID_MOVE_X:
    case HID_MOVE_Y:
        last_was_tablet = false;
        return post(HID_MOUSE, type, code, value);
    case HID_AT_X:
    case HID_AT_Y:
        last_was_tablet = true;
        return post(HID_TABLET, type, code, value);
    case HID_BUTTON:
    case HID_WHEEL: {
        enum hid_kind first = last_was_tablet ? HID_TABLET : HID_MOUSE, second = HID_MOUSE + HID_TABLET - first;
        return post(first, type, code, value) || post(second, type, code, value);
    }
    case HID_SYNC: {
        bool any = false;
        for (enum hid_kind k = 0; k < HID_KINDS; k++)
            any |= post(k, type, 0, 0);
        return any;
    }
    }
    return false;
}

/* -- Keys by name -- */

static const struct {
    const char *name;
    unsigned code;
} keys[] = {
    { "shift", KEY_LEFTSHIFT }, { "shift_r", KEY_RIGHTSHIFT }, { "alt", KEY_LEFTALT }, { "alt_r", KEY_RIGHTALT },
    { "ctrl", KEY_LEFTCTRL }, { "ctrl_r", KEY_RIGHTCTRL }, { "menu", KEY_MENU }, { "compose", KEY_COMPOSE },
    { "meta_l", KEY_LEFTMETA }, { "meta_r", KEY_RIGHTMETA }, { "esc", KEY_ESC }, { "1", KEY_1 }, { "2", KEY_2 },
    { "3", KEY_3 }, { "4", KEY_4 }, { "5", KEY_5 }, { "6", KEY_6 }, { "7", KEY_7 }, { "8", KEY_8 }, { "9", KEY_9 },
    { "0", KEY_0 }, { "minus", KEY_MINUS }, { "equal", KEY_EQUAL }, { "backspace", KEY_BACKSPACE }, { "tab", KEY_TAB },
    { "q", KEY_Q }, { "w", KEY_W }, { "e", KEY_E }, { "r", KEY_R }, { "t", KEY_T }, { "y", KEY_Y }, { "u", KEY_U },
    { "i", KEY_I }, { "o", KEY_O }, { "p", KEY_P }, { "bracket_left", KEY_LEFTBRACE }, { "bracket_right", KEY_RIGHTBRACE },
    { "ret", KEY_ENTER }, { "a", KEY_A }, { "s", KEY_S }, { "d", KEY_D }, { "f", KEY_F }, { "g", KEY_G }, { "h", KEY_H },
    { "j", KEY_J }, { "k", KEY_K }, { "l", KEY_L }, { "semicolon", KEY_SEMICOLON }, { "apostrophe", KEY_APOSTROPHE },
    { "grave_accent", KEY_GRAVE }, { "backslash", KEY_BACKSLASH }, { "z", KEY_Z }, { "x", KEY_X }, { "c", KEY_C },
    { "v", KEY_V }, { "b", KEY_B }, { "n", KEY_N }, { "m", KEY_M }, { "comma", KEY_COMMA }, { "dot", KEY_DOT },
    { "slash", KEY_SLASH }, { "asterisk", KEY_KPASTERISK }, { "spc", KEY_SPACE }, { "caps_lock", KEY_CAPSLOCK },
    { "f1", KEY_F1 }, { "f2", KEY_F2 }, { "f3", KEY_F3 }, { "f4", KEY_F4 }, { "f5", KEY_F5 }, { "f6", KEY_F6 },
    { "f7", KEY_F7 }, { "f8", KEY_F8 }, { "f9", KEY_F9 }, { "f10", KEY_F10 }, { "f11", KEY_F11 }, { "f12", KEY_F12 },
    { "num_lock", KEY_NUMLOCK }, { "scroll_lock", KEY_SCROLLLOCK }, { "kp_divide", KEY_KPSLASH },
    { "kp_multiply", KEY_KPASTERISK }, { "kp_subtract", KEY_KPMINUS }, { "kp_add", KEY_KPPLUS },
    { "kp_enter", KEY_KPENTER }, { "kp_decimal", KEY_KPDOT }, { "kp_0", KEY_KP0 }, { "kp_1", KEY_KP1 },
    { "kp_2", KEY_KP2 }, { "kp_3", KEY_KP3 }, { "kp_4", KEY_KP4 }, { "kp_5", KEY_KP5 }, { "kp_6", KEY_KP6 },
    { "kp_7", KEY_KP7 }, { "kp_8", KEY_KP8 }, { "kp_9", KEY_KP9 }, { "kp_equals", KEY_KPEQUAL },
    { "kp_comma", KEY_KPCOMMA }, { "less", KEY_102ND }, { "print", KEY_SYSRQ }, { "sysrq", KEY_SYSRQ },
    { "home", KEY_HOME }, { "pgup", KEY_PAGEUP }, { "pgdn", KEY_PAGEDOWN }, { "end", KEY_END }, { "left", KEY_LEFT },
    { "up", KEY_UP }, { "down", KEY_DOWN }, { "right", KEY_RIGHT }, { "insert", KEY_INSERT }, { "delete", KEY_DELETE },
    { "pause", KEY_PAUSE }, { "power", KEY_POWER }, { "sleep", KEY_SLEEP }, { "wake", KEY_WAKEUP }, { "stop", KEY_STOP },
    { "again", KEY_AGAIN }, { "undo", KEY_UNDO }, { "copy", KEY_COPY }, { "open", KEY_OPEN }, { "paste", KEY_PASTE },
    { "find", KEY_FIND }, { "cut", KEY_CUT }, { "help", KEY_HELP }, { "ro", KEY_RO }, { "hiragana", KEY_HIRAGANA },
    { "henkan", KEY_HENKAN }, { "muhenkan", KEY_MUHENKAN }, { "yen", KEY_YEN },
    { "katakanahiragana", KEY_KATAKANAHIRAGANA }, { "audionext", KEY_NEXTSONG }, { "audioprev", KEY_PREVIOUSSONG },
    { "audiostop", KEY_STOPCD }, { "audioplay", KEY_PLAYPAUSE }, { "audiomute", KEY_MUTE }, { "volumeup", KEY_VOLUMEUP },
    { "volumedown", KEY_VOLUMEDOWN }, { "mail", KEY_MAIL }, { "calculator", KEY_CALC }, { "computer", KEY_COMPUTER },
};

unsigned hid_key_code(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        if (!strcmp(keys[i].name, name))
            return keys[i].code;
    return 0;
}

const char *hid_key_name(unsigned n)
{
    return n < ARRAY_SIZE(keys) ? keys[n].name : NULL;
}

static gboolean release(gpointer opaque)
{
    GArray *codes = opaque;

    while (codes->len) {
        hid_send(HID_KEY, g_array_index(codes, unsigned, codes->len - 1), 0);
        hid_send(HID_SYNC, 0, 0);
        g_array_set_size(codes, codes->len - 1);
    }
    g_array_free(codes, TRUE);
    return G_SOURCE_REMOVE;
}

bool hid_type_keys(const unsigned *codes, unsigned n, unsigned ms)
{
    GArray *down = g_array_new(FALSE, FALSE, sizeof(*codes));
    bool any = false;

    for (unsigned i = 0; i < n; i++) {
        any |= hid_send(HID_KEY, codes[i], 1);
        hid_send(HID_SYNC, 0, 0);
        g_array_append_val(down, codes[i]);
    }
    g_timeout_add(ms, release, down);
    return any;
}

/* -- Mice -- */

static struct hid_sink *mouse(unsigned n)
{
    for (guint i = 0; sinks && i < sinks->len; i++) {
        struct hid_sink *s = &g_array_index(sinks, struct hid_sink, i);
        if (s->kind != HID_KEYBOARD && n-- == 0)
            return s;
    }
    return NULL;
}

void hid_list_mice(GString *out)
{
    struct hid_sink *s;

    for (unsigned n = 0; (s = mouse(n)); n++)
        g_string_append_printf(out, "%c Mouse #%u: %s%s\n", s == find(s->kind) ? '*' : ' ', n, s->name,
                               s->kind == HID_TABLET ? " (absolute)" : "");
    if (!mouse(0))
        g_string_append(out, "No mouse devices connected\n");
}

bool hid_choose_mouse(unsigned n)
{
    const struct hid_sink *s = mouse(n);

    if (!s)
        return false;
    struct hid_sink copy = *s;
    g_array_remove_index(sinks, s - (struct hid_sink *)sinks->data);
    g_array_prepend_val(sinks, copy);
    last_was_tablet = copy.kind == HID_TABLET;
    return true;
}
