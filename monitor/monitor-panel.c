/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's commands about a board's pins and sensors. */
#include <string.h>

#include "monitor-int.h"
#include "opts.h"
#include "panel.h"

/* NAME and VALUE, either may be missing; more words are a mistake. False with a message. */
static bool two_words(char *args, char **words, const char *expected, GError **err)
{
    char *rest = args;

    for (unsigned i = 0; i < 2; i++) {
        words[i] = *rest ? rest : NULL;
        rest += strcspn(rest, " ");
        if (*rest)
            *rest++ = '\0';
        rest += strspn(rest, " ");
    }
    if (*rest)
        fail(err, "unexpected '%s': expected %s", rest, expected);
    return !*rest;
}

static bool work_pin(char **words, GString *out, GError **err)
{
    static const char *const levels[] = { [PANEL_LOW] = "0", [PANEL_HIGH] = "1", [PANEL_RELEASED] = "z" };

    if (!words[1])
        return panel_list_pins(words[0], out, err);
    for (unsigned i = 0; i < ARRAY_SIZE(levels); i++)
        if (!g_ascii_strcasecmp(words[1], levels[i]))
            return panel_hold_pin(words[0], i, err);
    fail(err, "'%s': expected 0, 1, or z to let it go", words[1]);
    return false;
}

static bool work_sensor(char **words, GString *out, GError **err)
{
    int64_t value;
    char *end;

    if (!words[1])
        return panel_list_sensors(words[0], out, err);
    value = g_ascii_strtoll(words[1], &end, 0);
    if (end == words[1] || *end) {
        fail(err, "'%s': expected a number", words[1]);
        return false;
    }
    return panel_set_sensor(words[0], value, err);
}

void hmp_gpio(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    char *words[2];

    if (!two_words(args, words, "[PIN [0|1|z]]", &err) || !work_pin(words, h->out, &err))
        g_string_append_printf(h->out, "gpio: %s\n", err->message);
}

void hmp_sensor(struct hmp *h, char *args)
{
    g_autoptr(GError) err = NULL;
    char *words[2];

    if (!two_words(args, words, "[SENSOR [VALUE]]", &err) || !work_sensor(words, h->out, &err))
        g_string_append_printf(h->out, "sensor: %s\n", err->message);
}
