/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Editing of one line on a terminal that may be anywhere: plain characters are echoed, and only changes
 * in the middle of a line use ANSI sequences. Keys: arrows, Home, End, Delete, Backspace, Tab, and
 * Ctrl-A B C D E F H K L N P U W.
 */
#include <string.h>

#include "monitor-int.h"

#define LINE_MAX_LEN 4095
#define HISTORY_MAX 64

struct line_editor {
    const char *prompt;
    void (*write)(void *opaque, const char *s, size_t len);
    void (*line)(void *opaque, char *line);
    GPtrArray *(*complete)(const char *line, size_t len);
    void *opaque;

    GString *text;
    size_t cursor;
    enum { PLAIN, ESC, CSI } state;
    unsigned csi_number;
    bool skip_newline; /* the last byte was \r */
    GPtrArray *history;
    unsigned recall;   /* the history's line that is shown; its length: the line being typed */
    char *draft;       /* that line, while another is shown */
};

struct line_editor *line_editor_new(const char *prompt, void (*write)(void *opaque, const char *s, size_t len),
                                    void (*line)(void *opaque, char *line),
                                    GPtrArray *(*complete)(const char *line, size_t len), void *opaque)
{
    struct line_editor *e = g_new0(struct line_editor, 1);
    e->prompt = prompt;
    e->write = write;
    e->line = line;
    e->complete = complete;
    e->opaque = opaque;
    e->text = g_string_new(NULL);
    e->history = g_ptr_array_new_with_free_func(g_free);
    return e;
}

/* -- Output -- */

static void put(struct line_editor *e, const char *s)
{
    e->write(e->opaque, s, strlen(s));
}

static void left(struct line_editor *e, size_t n)
{
    char s[24];
    if (n) {
        g_snprintf(s, sizeof(s), "\033[%zuD", n);
        put(e, s);
    }
}

/* The text from the cursor on has changed. */
static void redraw_tail(struct line_editor *e)
{
    put(e, "\033[K");
    e->write(e->opaque, e->text->str + e->cursor, e->text->len - e->cursor);
    left(e, e->text->len - e->cursor);
}

static void set_line(struct line_editor *e, const char *s)
{
    left(e, e->cursor);
    e->cursor = 0;
    g_string_assign(e->text, s);
    put(e, "\033[K");
    put(e, e->text->str);
    e->cursor = e->text->len;
}

void line_editor_prompt(struct line_editor *e)
{
    put(e, e->prompt);
    put(e, e->text->str);
    left(e, e->text->len - e->cursor);
}

void line_editor_reset(struct line_editor *e)
{
    g_string_truncate(e->text, 0);
    e->cursor = 0;
    e->state = PLAIN;
    e->recall = e->history->len;
    g_clear_pointer(&e->draft, g_free);
}

/* -- Changes -- */

static void insert(struct line_editor *e, const char *s, size_t len)
{
    if (e->text->len + len > LINE_MAX_LEN)
        return;
    g_string_insert_len(e->text, e->cursor, s, len);
    e->write(e->opaque, s, len);
    e->cursor += len;
    if (e->cursor < e->text->len)
        redraw_tail(e);
}

static void erase(struct line_editor *e, size_t from, size_t to)
{
    if (from == to)
        return;
    left(e, e->cursor - MIN(from, e->cursor));
    e->cursor = MIN(from, e->cursor);
    g_string_erase(e->text, from, to - from);
    redraw_tail(e);
}

static void move(struct line_editor *e, size_t to)
{
    if (to < e->cursor)
        left(e, e->cursor - to);
    else
        e->write(e->opaque, e->text->str + e->cursor, to - e->cursor);
    e->cursor = to;
}

static void erase_word(struct line_editor *e)
{
    size_t from = e->cursor;
    while (from && e->text->str[from - 1] == ' ')
        from--;
    while (from && e->text->str[from - 1] != ' ')
        from--;
    erase(e, from, e->cursor);
}

/* -- History -- */

const char *line_editor_history(const struct line_editor *e, unsigned i)
{
    return i < e->history->len ? e->history->pdata[i] : NULL;
}

static void remember(struct line_editor *e, const char *line)
{
    guint n = e->history->len;
    if (!*line || (n && !strcmp(e->history->pdata[n - 1], line)))
        return;
    if (n == HISTORY_MAX)
        g_ptr_array_remove_index(e->history, 0);
    g_ptr_array_add(e->history, g_strdup(line));
}

static void recall(struct line_editor *e, unsigned i)
{
    if (i > e->history->len || i == e->recall)
        return;
    if (e->recall == e->history->len) {
        g_free(e->draft);
        e->draft = g_strdup(e->text->str);
    }
    e->recall = i;
    set_line(e, i == e->history->len ? e->draft ? e->draft : "" : e->history->pdata[i]);
}

/* -- Completion -- */

static size_t common_prefix(const GPtrArray *names)
{
    const char *first = names->pdata[0];
    size_t n = strlen(first);
    for (guint i = 1; i < names->len; i++) {
        const char *s = names->pdata[i];
        size_t k = 0;
        while (k < n && s[k] == first[k])
            k++;
        n = k;
    }
    return n;
}

static void list_names(struct line_editor *e, const GPtrArray *names)
{
    put(e, "\r\n");
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *s = g_strdup_printf("%-18s", (char *)names->pdata[i]);
        put(e, s);
        if (i % 4 == 3 || i + 1 == names->len)
            put(e, "\r\n");
    }
    line_editor_prompt(e);
}

static void complete(struct line_editor *e)
{
    if (!e->complete || e->cursor != e->text->len)
        return;
    g_autoptr(GPtrArray) names = e->complete(e->text->str, e->text->len);
    if (!names->len)
        return;
    const char *space = strrchr(e->text->str, ' ');
    size_t typed = e->text->len - (space ? (size_t)(space + 1 - e->text->str) : 0), n = common_prefix(names);
    if (n > typed)
        insert(e, (const char *)names->pdata[0] + typed, n - typed);
    else if (names->len > 1)
        list_names(e, names);
    if (names->len == 1)
        insert(e, " ", 1);
}

/* -- Keys -- */

static void enter(struct line_editor *e)
{
    g_autofree char *line = g_strdup(e->text->str);
    put(e, "\r\n");
    remember(e, line);
    line_editor_reset(e);
    e->line(e->opaque, line);
}

static void control(struct line_editor *e, uint8_t c)
{
    switch (c) {
    case 'A' - 64:
        move(e, 0);
        break;
    case 'E' - 64:
        move(e, e->text->len);
        break;
    case 'B' - 64:
        move(e, e->cursor - (e->cursor > 0));
        break;
    case 'F' - 64:
        move(e, e->cursor + (e->cursor < e->text->len));
        break;
    case 'C' - 64:
        line_editor_reset(e);
        put(e, "^C\r\n");
        line_editor_prompt(e);
        break;
    case 'D' - 64:
        erase(e, e->cursor, MIN(e->cursor + 1, e->text->len));
        break;
    case 'H' - 64:
    case 127:
        erase(e, e->cursor - (e->cursor > 0), e->cursor);
        break;
    case 'K' - 64:
        erase(e, e->cursor, e->text->len);
        break;
    case 'U' - 64:
        erase(e, 0, e->cursor);
        break;
    case 'W' - 64:
        erase_word(e);
        break;
    case 'L' - 64:
        put(e, "\033[H\033[2J");
        line_editor_prompt(e);
        break;
    case 'P' - 64:
        if (e->recall)
            recall(e, e->recall - 1);
        break;
    case 'N' - 64:
        recall(e, e->recall + 1);
        break;
    case '\t':
        complete(e);
        break;
    case 27:
        e->state = ESC;
        break;
    }
}

/* The final byte of an escape sequence. */
static void sequence(struct line_editor *e, uint8_t c)
{
    static const struct {
        char final;
        uint8_t number;
        char key; /* the control key that does the same */
    } keys[] = { { 'A', 0, 'P' }, { 'B', 0, 'N' }, { 'C', 0, 'F' }, { 'D', 0, 'B' }, { 'H', 0, 'A' }, { 'F', 0, 'E' },
                 { '~', 1, 'A' }, { '~', 3, 'D' }, { '~', 4, 'E' } };

    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        if (keys[i].final == c && keys[i].number == e->csi_number)
            control(e, keys[i].key - 64);
}

static void byte(struct line_editor *e, uint8_t c)
{
    bool second_half = c == '\n' && e->skip_newline;

    e->skip_newline = c == '\r';
    if (second_half)
        return;
    switch (e->state) {
    case ESC:
        e->state = c == '[' || c == 'O' ? CSI : PLAIN;
        e->csi_number = 0;
        return;
    case CSI:
        if (c >= '0' && c <= '9') {
            e->csi_number = (e->csi_number * 10 + (c - '0')) % 1000;
        } else if (c >= 64) {
            e->state = PLAIN;
            sequence(e, c);
        }
        return;
    case PLAIN:
        break;
    }
    if (c == '\r' || c == '\n')
        enter(e);
    else if (c < 32 || c == 127)
        control(e, c);
    else
        insert(e, (const char *)&c, 1);
}

void line_editor_input(struct line_editor *e, const uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++)
        byte(e, buf[i]);
}
