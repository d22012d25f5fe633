/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor for people: a prompt on a character device. */
#include "monitor.h"

#include <string.h>

#include "chardev.h"
#include "machine.h"
#include "monitor-int.h"
#include "qmp.h"

struct monitor {
    struct chardev *dev;
    struct line_editor *editor;
    struct hmp hmp;
    bool open;     /* a peer is there */
    bool focus;    /* it listens to us and not to another client of a multiplexer */
    bool greeted;
    guint showing; /* the source that will show the prompt */
};

static void emit(void *opaque, const char *s, size_t len)
{
    struct monitor *m = opaque;
    chardev_write(m->dev, (const uint8_t *)s, len);
}

/* What commands print, for a terminal: \n becomes \r\n. */
static void emit_text(struct monitor *m, const GString *text)
{
    const char *p = text->str, *nl;

    for (; (nl = strchr(p, '\n')); p = nl + 1) {
        emit(m, p, nl - p);
        emit(m, "\r\n", 2);
    }
    emit(m, p, strlen(p));
}

static void run_line(void *opaque, char *line)
{
    struct monitor *m = opaque;

    g_string_truncate(m->hmp.out, 0);
    hmp_run(&m->hmp, line);
    emit_text(m, m->hmp.out);
    line_editor_prompt(m->editor);
}

/* A multiplexer that starts with its other client in focus gets no greeting: it is decided once all are attached. */
static gboolean show(gpointer opaque)
{
    struct monitor *m = opaque;
    static const char banner[] = "Mynah " VERSION " monitor - type 'help' for more information\r\n";

    m->showing = 0;
    if (!m->open || !m->focus)
        return G_SOURCE_REMOVE;
    if (!m->greeted)
        emit(m, banner, sizeof(banner) - 1);
    else
        emit(m, "\r\n", 2);
    m->greeted = true;
    line_editor_prompt(m->editor);
    return G_SOURCE_REMOVE;
}

static void event(void *opaque, enum chardev_event e)
{
    struct monitor *m = opaque;

    switch (e) {
    case CHARDEV_OPENED:
        m->open = true;
        m->greeted = false;
        break;
    case CHARDEV_CLOSED:
        m->open = false;
        line_editor_reset(m->editor);
        return;
    case CHARDEV_FOCUS_IN:
        m->focus = true;
        break;
    case CHARDEV_FOCUS_OUT:
        m->focus = false;
        return;
    default:
        return;
    }
    if (!m->showing)
        m->showing = g_idle_add_full(G_PRIORITY_HIGH, show, m, NULL);
}

static size_t can_read(void *opaque)
{
    const struct monitor *m = opaque;
    return m->showing ? 0 : 4096;
}

static void receive(void *opaque, const uint8_t *buf, size_t len)
{
    struct monitor *m = opaque;
    line_editor_input(m->editor, buf, len);
}

bool monitor_new(struct chardev *c, enum monitor_mode mode, bool pretty, GError **err)
{
    if (mode == MONITOR_QMP)
        return qmp_new(c, pretty, err);
    struct monitor *m = g_new0(struct monitor, 1);
    struct chardev_client client = { .can_read = can_read, .read = receive, .event = event, .opaque = m };
    m->dev = c;
    m->focus = true;
    m->editor = line_editor_new("(qemu) ", emit, run_line, hmp_complete, m);
    m->hmp = (struct hmp){ .out = g_string_new(NULL), .editor = m->editor };
    return chardev_attach(c, &client, err);
}
