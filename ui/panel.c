/* SPDX-License-Identifier: BSD-2-Clause */
/* Pins and sensors by their names, and the way from the monitor to their devices. */
#include "panel.h"

#include <inttypes.h>
#include <string.h>

#include "input.h"
#include "lock-order.h"
#include "opts.h"

static GArray *banks;   /* of struct panel_pins */
static GArray *sensors; /* of struct panel_sensor */
static struct input_source input;

enum { CODE_PIN, CODE_SENSOR };

struct message {
    uint32_t index, n;
    int64_t value;
};

static void enter(GMutex *lock)
{
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(lock);
}

static void leave(GMutex *lock)
{
    g_mutex_unlock(lock);
    lock_order_leave(LOCK_DEVICE);
}

static void take(void *opaque, struct input *in)
{
    struct message m;

    if (in->len != sizeof(m))
        return;
    memcpy(&m, in->data, sizeof(m));
    if (in->code == CODE_PIN && m.index < banks->len) {
        const struct panel_pins *p = &g_array_index(banks, struct panel_pins, m.index);
        enter(p->lock);
        p->hold(p->opaque, m.n, m.value);
        leave(p->lock);
    } else if (in->code == CODE_SENSOR && m.index < sensors->len) {
        const struct panel_sensor *s = &g_array_index(sensors, struct panel_sensor, m.index);
        enter(s->lock);
        s->set(s->opaque, s->n, m.value);
        leave(s->lock);
    }
}

static void post(unsigned code, uint32_t index, uint32_t n, int64_t value)
{
    struct message m = { .index = index, .n = n, .value = value };

    input_post(&input, code, &m, sizeof(m));
}

/* -- Devices -- */

static void begin(void)
{
    if (banks)
        return;
    banks = g_array_new(FALSE, FALSE, sizeof(struct panel_pins));
    sensors = g_array_new(FALSE, FALSE, sizeof(struct panel_sensor));
    input_source_add(&input, take, NULL, "pins and sensors");
}

void panel_add_pins(const struct panel_pins *p)
{
    begin();
    g_array_append_val(banks, *p);
}

void panel_add_sensor(const struct panel_sensor *s)
{
    begin();
    g_array_append_val(sensors, *s);
}

void panel_remove(void *opaque)
{
    if (!banks)
        return;
    for (guint i = 0; i < banks->len; i++)
        if (g_array_index(banks, struct panel_pins, i).opaque == opaque)
            g_array_remove_index(banks, i--);
    for (guint i = 0; i < sensors->len; i++)
        if (g_array_index(sensors, struct panel_sensor, i).opaque == opaque)
            g_array_remove_index(sensors, i--);
    if (banks->len || sensors->len)
        return;
    input_source_remove(&input);
    g_clear_pointer(&banks, g_array_unref);
    g_clear_pointer(&sensors, g_array_unref);
}

/* -- Pins -- */

static void list_pin(const struct panel_pins *p, unsigned n, const char *name, GString *out)
{
    bool output, held;

    enter(p->lock);
    bool level = p->level(p->opaque, n, &output, &held);
    leave(p->lock);
    g_string_append_printf(out, "%s: %s, %s%s\n", name, level ? "high" : "low", output ? "output" : "input",
                           held ? ", held" : "");
}

/* The first pin of that name from *n of bank *i on; NULL: the first at all. Its own name, or NULL: there is none. */
static char *next_pin(const char *name, guint *i, unsigned *n)
{
    for (; banks && *i < banks->len; ++*i, *n = 0) {
        const struct panel_pins *p = &g_array_index(banks, struct panel_pins, *i);
        for (; *n < p->count; ++*n) {
            char *own = p->name(p->opaque, *n);
            if (!name || !g_ascii_strcasecmp(own, name))
                return own;
            g_free(own);
        }
    }
    return NULL;
}

bool panel_list_pins(const char *name, GString *out, GError **err)
{
    guint i = 0;
    unsigned n = 0;
    char *own;

    for (; (own = next_pin(name, &i, &n)); n++) {
        list_pin(&g_array_index(banks, struct panel_pins, i), n, own, out);
        g_free(own);
        if (name)
            return true;
    }
    if (name)
        fail(err, "there is no pin '%s'", name);
    else if (!banks || !banks->len)
        g_string_append(out, "there are no pins\n");
    return !name;
}

bool panel_hold_pin(const char *name, enum panel_level level, GError **err)
{
    guint i = 0;
    unsigned n = 0;
    g_autofree char *own = next_pin(name, &i, &n);

    if (own)
        post(CODE_PIN, i, n, level);
    else
        fail(err, "there is no pin '%s'", name);
    return own != NULL;
}

/* -- Sensors -- */

/* "accelerometer.x" is /soc/i2c@40003000/accelerometer@1d's, if no other device is called so. */
static char *sensor_name(const struct panel_sensor *s)
{
    const char *slash = strrchr(s->device, '/');

    return g_strdup_printf("%s.%s", slash ? slash + 1 : s->device, s->what);
}

/* The whole name, or one without the address in it. */
static bool is_sensor(const struct panel_sensor *s, const char *name)
{
    g_autofree char *own = sensor_name(s), *plain = g_strdup(own);
    char *at = strchr(plain, '@');

    if (at)
        memmove(at, at + strcspn(at, "."), strlen(at + strcspn(at, ".")) + 1);
    return !strcmp(own, name) || !strcmp(plain, name);
}

bool panel_list_sensors(const char *name, GString *out, GError **err)
{
    bool any = false;

    for (guint i = 0; sensors && i < sensors->len; i++) {
        const struct panel_sensor *s = &g_array_index(sensors, struct panel_sensor, i);
        if (name && !is_sensor(s, name))
            continue;
        g_autofree char *own = sensor_name(s);
        enter(s->lock);
        int64_t v = s->get(s->opaque, s->n);
        leave(s->lock);
        g_string_append_printf(out, "%s: %" PRId64 " %s (%" PRId64 " to %" PRId64 ")\n", own, v, s->unit, s->min,
                               s->max);
        any = true;
    }
    if (!any && name)
        fail(err, "there is no sensor '%s'", name);
    else if (!any)
        g_string_append(out, "there are no sensors\n");
    return any || !name;
}

bool panel_set_sensor(const char *name, int64_t value, GError **err)
{
    for (guint i = 0; sensors && i < sensors->len; i++) {
        const struct panel_sensor *s = &g_array_index(sensors, struct panel_sensor, i);
        if (!is_sensor(s, name))
            continue;
        if (value < s->min || value > s->max) {
            fail(err, "%s: %" PRId64 ": expected %" PRId64 " to %" PRId64 " %s", name, value, s->min, s->max, s->unit);
            return false;
        }
        post(CODE_SENSOR, i, s->n, value);
        return true;
    }
    fail(err, "there is no sensor '%s'", name);
    return false;
}
