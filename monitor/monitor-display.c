/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's commands about displays. */
#include <string.h>

#include "display.h"
#include "monitor-int.h"
#include "opts.h"

static int format_of(const char *name)
{
    for (int i = 0; display_formats[i]; i++)
        if (name && !strcmp(display_formats[i], name))
            return i;
    return -1;
}

struct screendump {
    const char *file, *format, *device, *head;
};

/* FILE [-f FORMAT] [DEVICE [HEAD]]; -f may be anywhere. False with a message. */
static bool parse(char **words, struct screendump *s, GError **err)
{
    const char **rest[] = { &s->file, &s->device, &s->head };
    unsigned n = 0;

    for (; *words; words++) {
        if (!strcmp(*words, "-f") && words[1]) {
            s->format = *++words;
        } else if (n < ARRAY_SIZE(rest)) {
            *rest[n++] = *words;
        } else {
            fail(err, "unexpected '%s': expected FILE [-f FORMAT] [DEVICE [HEAD]]", *words);
            return false;
        }
    }
    if (!s->file)
        fail(err, "filename expected");
    else if (s->head && strcmp(s->head, "0"))
        fail(err, "head '%s' of '%s': a display has one, 0", s->head, s->device);
    else
        return true;
    return false;
}

void hmp_screendump(struct hmp *h, char *args)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) err = NULL;
    struct screendump s = { .format = "ppm" };

    if (*args && !g_shell_parse_argv(args, NULL, &words, &err)) {
        g_string_append_printf(h->out, "Error: %s\n", err->message);
        return;
    }
    if (parse(words ? words : (char *[]){ NULL }, &s, &err)) {
        if (format_of(s.format) < 0)
            fail(&err, "Parameter 'format' does not accept value '%s'", s.format);
        else
            display_dump(s.device, s.file, format_of(s.format), &err);
    }
    if (err)
        g_string_append_printf(h->out, "Error: %s\n", err->message);
}

void hmp_info_displays(struct hmp *h, char *args)
{
    display_list(h->out);
}
