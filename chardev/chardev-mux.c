/* SPDX-License-Identifier: BSD-2-Clause */
/* Several clients on one character device: one of them has the input, and Ctrl-a escapes change which, or leave. */
#include <string.h>

#include "chardev-int.h"

uint8_t chardev_escape = 1; /* Ctrl-a */
void (*chardev_on_quit)(void);
void (*chardev_on_commit)(void);

static void say(struct chardev *c, const char *text)
{
    chardev_write(c, (const uint8_t *)text, strlen(text));
}

/* "C-a", or "0x.." for an escape that is no control letter. */
static const char *escape_name(void)
{
    static char name[8];
    if (chardev_escape >= 1 && chardev_escape <= 26)
        g_snprintf(name, sizeof(name), "C-%c", chardev_escape - 1 + 'a');
    else
        g_snprintf(name, sizeof(name), "0x%02x", chardev_escape);
    return name;
}

static void help(struct chardev *c)
{
    static const char *const lines[][2] = {
        { "h", "this help" },
        { "x", "leave the emulator" },
        { "s", "save disk data back to the images (with -snapshot)" },
        { "t", "times before each line, on and off" },
        { "b", "send a break" },
        { "c", "switch between console and monitor" },
    };
    say(c, "\n\r");
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
        char *line = g_strdup_printf("%s %-5s %s\n\r", escape_name(), lines[i][0], lines[i][1]);
        say(c, line);
        g_free(line);
    }
    char *line = g_strdup_printf("%s %-5s send %s itself\n\r", escape_name(), escape_name(), escape_name());
    say(c, line);
    g_free(line);
}

void chardev_mux_focus(struct chardev *c, struct chardev_slot *s)
{
    struct chardev_slot *old = c->focus;
    if (old == s)
        return;
    c->focus = s;
    if (old)
        chardev_slot_event(old, CHARDEV_FOCUS_OUT);
    chardev_slot_event(s, CHARDEV_FOCUS_IN);
}

static void focus_next(struct chardev *c)
{
    guint i = 0;
    if (!c->slots->len)
        return;
    g_ptr_array_find(c->slots, c->focus, &i);
    chardev_mux_focus(c, c->slots->pdata[(i + 1) % c->slots->len]);
}

static void toggle_timestamps(struct chardev *c)
{
    g_mutex_lock(&c->lock);
    c->timestamps = !c->timestamps;
    c->line_start = false;
    if (!c->timestamps_from)
        c->timestamps_from = g_get_monotonic_time();
    g_mutex_unlock(&c->lock);
}

static void escape(struct chardev *c, uint8_t ch)
{
    switch (ch) {
    case '?':
    case 'h':
        help(c);
        break;
    case 'x':
        say(c, "mynah: terminated\n\r");
        if (chardev_on_quit)
            chardev_on_quit();
        break;
    case 's':
        if (chardev_on_commit)
            chardev_on_commit();
        break;
    case 't':
        toggle_timestamps(c);
        break;
    case 'b':
        if (c->focus)
            chardev_slot_break(c->focus);
        break;
    case 'c':
        focus_next(c);
        break;
    }
}

void chardev_mux_input(struct chardev *c, const uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_escape = chardev_escape && buf[i] == chardev_escape;
        if (c->escaped && !is_escape) {
            c->escaped = false;
            escape(c, buf[i]);
        } else if (is_escape && !c->escaped) {
            c->escaped = true;
        } else {
            c->escaped = false;
            if (c->focus)
                chardev_slot_input(c->focus, &buf[i], 1);
        }
    }
}
