/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's commands that ask the guest: memory back, by a balloon; keys and pointers. */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "balloon.h"
#include "hid.h"
#include "monitor-int.h"
#include "opts.h"

#define HOLD_MS 100 /* keys are held, if nothing is said of it */

/* -- Memory -- */

void hmp_balloon(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    const struct balloon *b = balloon_find(&err);
    uint64_t bytes;

    if (!b)
        g_string_append_printf(h->out, "Error: %s\n", err->message);
    else if (!parse_size(args, 'M', &bytes) || bytes == 0)
        g_string_append_printf(h->out, "balloon: expected a number of megabytes, not '%s'\n", args);
    else
        b->set(b->opaque, bytes);
}

void hmp_info_balloon(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    const struct balloon *b = balloon_find(&err);

    if (b)
        g_string_append_printf(h->out, "balloon: actual=%" G_GUINT64_FORMAT "\n", (guint64)(b->actual(b->opaque) / MiB));
    else
        g_string_append_printf(h->out, "Error: %s\n", err->message);
}

/* -- Keys -- */

#define MAX_KEYS 16

/* "ctrl-alt-f1". The number of keys, 0 with a message. */
static unsigned parse_keys(struct hmp *h, const char *text, unsigned codes[MAX_KEYS])
{
    g_auto(GStrv) names = g_strsplit(text, "-", 0);
    unsigned n = 0;

    for (; names[n]; n++) {
        const char *name = !strcmp(names[n], "<") ? "less" : names[n];
        if (n == MAX_KEYS || !(codes[n] = hid_key_code(name))) {
            g_string_append_printf(h->out, "invalid parameter: %s\n", n == MAX_KEYS ? "too many keys" : names[n]);
            return 0;
        }
    }
    if (n == 0)
        g_string_append(h->out, "sendkey: expected names of keys, such as ctrl-alt-delete\n");
    return n;
}

void hmp_sendkey(struct hmp *h, char *args)
{
    g_auto(GStrv) words = g_strsplit(args, " ", 2);
    unsigned codes[MAX_KEYS], n = parse_keys(h, words[0] ? words[0] : "", codes);
    uint64_t hold = HOLD_MS;

    if (n == 0)
        return;
    if (words[1] && (!parse_uint(g_strstrip(words[1]), &hold) || hold > 3600000))
        g_string_append_printf(h->out, "sendkey: expected milliseconds, not '%s'\n", words[1]);
    else if (!hid_type_keys(codes, n, hold))
        g_string_append(h->out, "sendkey: the machine has no keyboard\n");
}

/* -- Pointers -- */

static bool parse_ints(const char *text, int *to, unsigned min, unsigned max)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 0);
    unsigned n = 0;
    char *end;

    for (char **w = words; *w; w++) {
        if (!**w)
            continue;
        errno = 0;
        long v = strtol(*w, &end, 0);
        if (*end || errno || v < -100000 || v > 100000 || n == max)
            return false;
        to[n++] = v;
    }
    return n >= min;
}

static void no_mouse(struct hmp *h, const char *name)
{
    g_string_append_printf(h->out, "%s: the machine has no such pointer\n", name);
}

void hmp_mouse_move(struct hmp *h, char *args)
{
    int d[3] = { 0 };

    if (!parse_ints(args, d, 2, 3)) {
        g_string_append(h->out, "mouse_move: expected DX DY [DZ]\n");
        return;
    }
    bool moved = hid_send(HID_MOVE_X, 0, d[0]) && hid_send(HID_MOVE_Y, 0, d[1]);
    if (d[2])
        moved |= hid_send(HID_WHEEL, 0, -d[2]);
    hid_send(HID_SYNC, 0, 0);
    if (!moved)
        no_mouse(h, "mouse_move");
}

void hmp_mouse_button(struct hmp *h, char *args)
{
    static const unsigned buttons[] = { BTN_LEFT, BTN_RIGHT, BTN_MIDDLE };
    int state;
    bool any = false;

    if (!parse_ints(args, &state, 1, 1)) {
        g_string_append(h->out, "mouse_button: expected a sum of 1 (left), 2 (right), 4 (middle)\n");
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(buttons); i++)
        any |= hid_send(HID_BUTTON, buttons[i], state >> i & 1);
    hid_send(HID_SYNC, 0, 0);
    if (!any)
        no_mouse(h, "mouse_button");
}

void hmp_mouse_set(struct hmp *h, char *args)
{
    int n;

    if (!parse_ints(args, &n, 1, 1) || n < 0)
        g_string_append(h->out, "mouse_set: expected a number of 'info mice'\n");
    else if (!hid_choose_mouse(n))
        g_string_append_printf(h->out, "Error: Mouse at index '%d' not found\n", n);
}

void hmp_info_mice(struct hmp *h, char *args)
{
    hid_list_mice(h->out);
}
