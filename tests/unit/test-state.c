/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of state: what is written is read again, and nothing else is taken. With --list: every table that there is,
 * for tests/cli/state.t.
 */
#include <stdio.h>
#include <string.h>

#include "cpu.h"
#include "device.h"
#include "hash64.h"
#include "state.h"

/* -- A struct with a row of each kind -- */

struct part {
    uint16_t a;
    bool b;
};

struct whole {
    uint8_t u8;
    uint64_t u64;
    bool flag;
    uint32_t array[3];
    bool flags[2];
    uint64_t kept;
    uint32_t same;
    struct part part, parts[2];
    unsigned n;
    struct part *list;
    struct timer timer;
    GQueue queue;
    uint32_t younger;
    void *wiring;
};

static const struct state_row part_fields[] = {
    FIELD(struct part, a, 7),
    FIELD_KEEP(struct part, b),
    FIELD_END,
};
static const struct state_table part_table = { STATE_OF(struct part), .version = 1, .rows = part_fields };

static const struct state_row whole_fields[] = {
    FIELD(struct whole, u8, 1),
    FIELD(struct whole, u64, 2),
    FIELD(struct whole, flag, true),
    FIELD_ARRAY(struct whole, array, 3),
    FIELD_ARRAY(struct whole, flags, false),
    FIELD_KEEP(struct whole, kept),
    FIELD_SAME(struct whole, same),
    FIELD_STRUCT(struct whole, part, &part_table),
    FIELD_STRUCTS(struct whole, parts, &part_table),
    FIELD_SAME(struct whole, n),
    FIELD_STRUCT_LIST(struct whole, list, n, &part_table),
    FIELD_TIMER(struct whole, timer),
    FIELD_QUEUE(struct whole, queue, 3),
    { STATE_ONE(struct whole, younger), .reset = 99, .since = 2 },
    FIELD_NONE(struct whole, wiring, "wiring"),
    FIELD_END,
};
static const struct state_table whole_table = {
    STATE_OF(struct whole), .version = 2, .oldest = 1, .rows = whole_fields,
};

static struct whole *whole_new(uint64_t seed)
{
    struct whole *w = g_new0(struct whole, 1);

    w->u8 = seed;
    w->u64 = seed * UINT64_C(0x0123456789abcdef);
    w->flag = seed & 1;
    for (unsigned i = 0; i < 3; i++)
        w->array[i] = seed + i;
    w->flags[1] = true;
    w->kept = ~seed;
    w->same = 5;
    w->part = (struct part){ seed, true };
    w->parts[1].a = seed + 1;
    w->n = 2;
    w->list = g_new0(struct part, 2);
    w->list[1].a = seed + 2;
    timer_init(&w->timer, NULL, NULL, NULL);
    timer_set(&w->timer, 1000 + seed);
    g_queue_init(&w->queue);
    g_queue_push_tail(&w->queue, g_bytes_new("abc", 3));
    g_queue_push_tail(&w->queue, g_bytes_new("", 0));
    w->younger = seed + 3;
    w->wiring = w;
    return w;
}

static void whole_free(struct whole *w)
{
    timer_cancel(&w->timer);
    g_queue_clear_full(&w->queue, (GDestroyNotify)g_bytes_unref);
    g_free(w->list);
    g_free(w);
}

static GByteArray *form_of(struct whole *w)
{
    GByteArray *a = g_byte_array_new();

    state_put(&whole_table, w, a);
    return a;
}

static bool same_form(struct whole *a, struct whole *b)
{
    GByteArray *x = form_of(a), *y = form_of(b);
    bool same = x->len == y->len && !memcmp(x->data, y->data, x->len);

    g_byte_array_unref(x);
    g_byte_array_unref(y);
    return same;
}

static void round_trip(void)
{
    struct whole *a = whole_new(3), *b = whole_new(40);
    GByteArray *form = form_of(a);
    unsigned version;

    g_assert_true(state_take(&whole_table, b, form->data, form->len, false, &version, NULL));
    g_assert_false(same_form(a, b)); /* it was only looked at */
    g_assert_true(state_take(&whole_table, b, form->data, form->len, true, &version, NULL));
    g_assert_cmpuint(version, ==, 2);
    g_assert_true(same_form(a, b));
    g_assert_true(b->wiring == b);
    g_assert_cmpint(b->timer.deadline, ==, 1003);
    g_assert_cmpuint(g_queue_get_length(&b->queue), ==, 2);
    g_byte_array_unref(form);
    whole_free(a);
    whole_free(b);
}

static void reset(void)
{
    struct whole *w = whole_new(3);

    state_reset(&whole_table, w);
    g_assert_cmpuint(w->u8, ==, 1);
    g_assert_cmpuint(w->u64, ==, 2);
    g_assert_true(w->flag);
    g_assert_cmpuint(w->array[2], ==, 3);
    g_assert_false(w->flags[1]);
    g_assert_cmpuint(w->kept, ==, ~UINT64_C(3));
    g_assert_cmpuint(w->same, ==, 5);
    g_assert_cmpuint(w->part.a, ==, 7);
    g_assert_true(w->part.b);
    g_assert_cmpuint(w->list[1].a, ==, 7);
    g_assert_false(timer_pending(&w->timer));
    g_assert_true(g_queue_is_empty(&w->queue));
    whole_free(w);
}

static void cut_off(void)
{
    struct whole *a = whole_new(3), *b = whole_new(40);
    GByteArray *form = form_of(a), *before = form_of(b);
    unsigned version;

    for (size_t len = 0; len < form->len; len++) {
        g_autofree uint8_t *exact = g_memdup2(form->data, len); /* so that a sanitizer sees what is read beyond */
        g_autoptr(GError) err = NULL;
        g_assert_false(state_take(&whole_table, b, exact, len, false, &version, &err));
        g_assert_nonnull(err);
    }
    GByteArray *after = form_of(b);
    g_assert_true(before->len == after->len && !memcmp(before->data, after->data, after->len));
    g_byte_array_unref(form);
    g_byte_array_unref(before);
    g_byte_array_unref(after);
    whole_free(a);
    whole_free(b);
}

/* Any byte may be anything: it is taken or refused. What was agreed to can also be set. */
static void flipped(void)
{
    struct whole *a = whole_new(3), *b = whole_new(40);
    GByteArray *form = form_of(a);
    unsigned version, taken = 0, refused = 0;

    for (size_t i = 0; i < form->len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            form->data[i] ^= 1 << bit;
            if (state_take(&whole_table, b, form->data, form->len, false, &version, NULL)) {
                g_assert_true(state_take(&whole_table, b, form->data, form->len, true, &version, NULL));
                taken++;
            } else {
                refused++;
            }
            form->data[i] ^= 1 << bit;
        }
    }
    g_assert_cmpuint(taken, >, 100);
    g_assert_cmpuint(refused, >, 500);
    g_byte_array_unref(form);
    whole_free(a);
    whole_free(b);
}

static void refuses(struct whole *b, GByteArray *form, const char *why)
{
    g_autoptr(GError) err = NULL;
    unsigned version;

    g_assert_false(state_take(&whole_table, b, form->data, form->len, false, &version, &err));
    if (!strstr(err->message, why))
        g_error("'%s' does not say '%s'", err->message, why);
    g_byte_array_unref(form);
}

static void another(void)
{
    struct whole *a = whole_new(3), *b = whole_new(40);

    a->same = 6;
    refuses(b, form_of(a), "same is 0x6 in the snapshot, 0x5 here");
    a->same = 5;
    a->n = 1;
    refuses(b, form_of(a), "n is 0x1 in the snapshot, 0x2 here");
    a->n = 2;
    for (unsigned i = 0; i < 2; i++)
        g_queue_push_tail(&a->queue, g_bytes_new("x", 1));
    refuses(b, form_of(a), "more elements than it can have");
    GByteArray *form = form_of(b);
    form->data[0] = 3;
    refuses(b, form, "version 3: this program reads 1 to 2");
    whole_free(a);
    whole_free(b);
}

/* A stream of version 1 has no row for what came later. */
static void older(void)
{
    struct state_row rows[ARRAY_SIZE(whole_fields)];
    struct state_table old = { STATE_OF(struct whole), .version = 1, .rows = rows };
    struct whole *a = whole_new(3), *b = whole_new(40);
    GByteArray *form = g_byte_array_new();
    unsigned version, n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(whole_fields); i++)
        if (whole_fields[i].since < 2)
            rows[n++] = whole_fields[i];
    state_put(&old, a, form);
    g_assert_true(state_take(&whole_table, b, form->data, form->len, true, &version, NULL));
    g_assert_cmpuint(version, ==, 1);
    g_assert_cmpuint(b->younger, ==, 99);
    form->data[0] = 2;
    refuses(b, form, "younger: it is missing");
    whole_free(a);
    whole_free(b);
}

/* -- The checksum -- */

static void xxh64(void)
{
    /* Values of the specification's sanity check: bytes of a generator that multiplies, seeds 0 and the prime. */
    static const struct { size_t len; uint64_t seed, value; } cases[] = {
        { 0, 0, UINT64_C(0xef46db3751d8e999) },
        { 0, 2654435761u, UINT64_C(0xac75fda2929b17ef) },
        { 1, 0, UINT64_C(0xe934a84adb052768) },
        { 1, 2654435761u, UINT64_C(0x5014607643a9b4c3) },
        { 4, 0, UINT64_C(0x9136a0dca57457ee) },
        { 14, 0, UINT64_C(0x8282dcc4994e35c8) },
        { 14, 2654435761u, UINT64_C(0xc3bd6bf63deb6df0) },
        { 222, 0, UINT64_C(0xb641ae8cb691c174) },
        { 222, 2654435761u, UINT64_C(0x20cb8ab7ae10c14a) },
    };
    uint8_t bytes[222];
    uint64_t g = 2654435761u;

    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = g >> 56;
        g *= UINT64_C(11400714785074694797);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct hash64 h, parts;
        hash64_init(&h, cases[i].seed);
        hash64_add(&h, bytes, cases[i].len);
        g_assert_cmphex(hash64_value(&h), ==, cases[i].value);
        hash64_init(&parts, cases[i].seed);
        for (size_t at = 0, n; at < cases[i].len; at += n) {
            n = MIN(cases[i].len - at, 1 + at % 37);
            hash64_add(&parts, bytes + at, n);
        }
        g_assert_cmphex(hash64_value(&parts), ==, cases[i].value);
    }
}

/* -- Listing -- */

static void list_table(const struct state_table *t, const struct property *props, GHashTable *seen)
{
    static const char *const kinds[] = {
        [STATE_NUMBER] = "number", [STATE_BOOL] = "bool", [STATE_TIMER] = "timer", [STATE_STRUCT] = "struct",
        [STATE_QUEUE] = "queue", [STATE_NONE] = "none",
    };

    if (!g_hash_table_add(seen, (gpointer)t))
        return;
    printf("table %s\n", t->type);
    for (const struct property *p = props; p && p->name; p++)
        printf("prop %u\n", p->offset);
    for (const struct state_row *r = t->rows; r->kind != STATE_END; r++)
        printf("row %s %s%s\n", r->name, kinds[r->kind], r->kind == STATE_NONE && !(r->why && *r->why) ? " unsaid" : "");
    for (const struct state_row *r = t->rows; r->kind != STATE_END; r++)
        if (r->kind == STATE_STRUCT)
            list_table(r->table, props && !r->offset ? props : NULL, seen);
}

static void list_object(const struct state_object *o, void *seen)
{
    list_table(o->table, NULL, seen);
}

static void list_all(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    const struct irq none = { 0 };

    for (unsigned i = 0; device_types[i]; i++) {
        if (!device_types[i]->state && device_types[i]->size > sizeof(struct device))
            printf("no table: device %s\n", device_types[i]->name);
        else if (device_types[i]->state)
            list_table(device_types[i]->state, device_types[i]->props, seen);
    }
    for (unsigned i = 0; cpu_archs[i]; i++)
        list_table(cpu_archs[i]->state, NULL, seen);
    clock_init();
    wired_or_new(&none);
    state_foreach(list_object, seen);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--list")) {
        list_all();
        return 0;
    }
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/state/round-trip", round_trip);
    g_test_add_func("/state/reset", reset);
    g_test_add_func("/state/cut-off", cut_off);
    g_test_add_func("/state/flipped", flipped);
    g_test_add_func("/state/another", another);
    g_test_add_func("/state/older", older);
    g_test_add_func("/state/xxh64", xxh64);
    return g_test_run();
}
