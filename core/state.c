/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State by tables: reset, text, and the stream form. The form of an object is its table's version (32 bits), then its
 * rows in the table's order, but for those without state: name (a byte of length, then that), kind (a byte), size of an
 * element (a byte), number of elements (32 bits), and the elements. All numbers are little-endian. An element is
 *
 *   a number      size bytes
 *   a bool        a byte, 0 or 1
 *   a timer       deadline and order (clock.h), 64 bits each
 *   a struct      its length (32 bits), then its form
 *   of a queue    its length (32 bits), then its bytes
 */
#include "state.h"

#include <inttypes.h>
#include <string.h>

#include "bus.h"
#include "hash64.h"
#include "lock-order.h"
#include "opts.h"

#define TIMER_BYTES 16
#define SHOWN_MAX 64 /* elements of an array in text */

/* -- Rows -- */

static uint32_t count_of(const struct state_row *r, const void *obj)
{
    return r->counted ? *(const unsigned *)((const char *)obj + r->count_of) : r->count;
}

static char *elements(const struct state_row *r, const void *obj)
{
    char *at = (char *)obj + r->offset;

    return r->pointer ? *(char **)at : at;
}

static uint64_t load(const void *at, unsigned size)
{
    switch (size) {
    case 1: return *(const uint8_t *)at;
    case 2: return *(const uint16_t *)at;
    case 4: return *(const uint32_t *)at;
    default: return *(const uint64_t *)at;
    }
}

static void store(void *at, unsigned size, uint64_t v)
{
    switch (size) {
    case 1: *(uint8_t *)at = v; break;
    case 2: *(uint16_t *)at = v; break;
    case 4: *(uint32_t *)at = v; break;
    default: *(uint64_t *)at = v; break;
    }
}

/* -- Reset -- */

static void reset_element(const struct state_row *r, void *at)
{
    switch (r->kind) {
    case STATE_NUMBER:
    case STATE_BOOL:
        store(at, r->size, r->reset);
        break;
    case STATE_TIMER:
        timer_cancel(at);
        break;
    case STATE_STRUCT:
        state_reset(r->table, at);
        break;
    case STATE_QUEUE:
        g_queue_clear_full(at, (GDestroyNotify)g_bytes_unref);
        break;
    case STATE_END:
    case STATE_NONE:
        break;
    }
}

static void reset_row(const struct state_row *r, void *obj)
{
    char *at = elements(r, obj);

    for (uint32_t n = r->kind == STATE_QUEUE ? 1 : count_of(r, obj); n; n--, at += r->size)
        reset_element(r, at);
}

void state_reset(const struct state_table *t, void *obj)
{
    for (const struct state_row *r = t->rows; r->kind != STATE_END; r++)
        if (r->life == STATE_RESET && r->kind != STATE_NONE)
            reset_row(r, obj);
}

/* -- Text -- */

static void describe_values(const struct state_row *r, const void *obj, GString *out)
{
    const char *at = elements(r, obj);
    uint32_t n = count_of(r, obj);

    for (uint32_t i = 0; i < MIN(n, SHOWN_MAX); i++, at += r->size) {
        if (r->kind != STATE_TIMER)
            g_string_append_printf(out, " %" PRIx64, load(at, r->size));
        else if (timer_pending((const struct timer *)at))
            g_string_append_printf(out, " at %" PRId64 " ns", ((const struct timer *)at)->deadline);
        else
            g_string_append(out, " off");
    }
    g_string_append(out, n > SHOWN_MAX ? " ...\n" : "\n");
}

static void describe_structs(const struct state_row *r, const void *obj, const char *before, GString *out)
{
    const char *at = elements(r, obj);
    uint32_t n = count_of(r, obj);

    for (uint32_t i = 0; i < MIN(n, SHOWN_MAX); i++, at += r->size) {
        g_autofree char *path = r->count == 1 ? g_strdup_printf("%s%s.", before, r->name)
                                              : g_strdup_printf("%s%s[%u].", before, r->name, i);
        state_describe(r->table, at, path, out);
    }
}

void state_describe(const struct state_table *t, const void *obj, const char *before, GString *out)
{
    for (const struct state_row *r = t->rows; r->kind != STATE_END; r++) {
        if (r->kind == STATE_NONE)
            continue;
        if (r->kind == STATE_STRUCT) {
            describe_structs(r, obj, before, out);
            continue;
        }
        g_string_append_printf(out, "%s%s =", before, r->name);
        if (r->kind == STATE_QUEUE)
            g_string_append_printf(out, " %u waiting\n", g_queue_get_length((GQueue *)elements(r, obj)));
        else
            describe_values(r, obj, out);
    }
}

/* -- To a stream -- */

static void put(GByteArray *out, uint64_t v, unsigned bytes)
{
    v = GUINT64_TO_LE(v);
    g_byte_array_append(out, (const guint8 *)&v, bytes);
}

static void put_32_at(GByteArray *out, guint at, uint32_t v)
{
    v = GUINT32_TO_LE(v);
    memcpy(out->data + at, &v, 4);
}

static void put_bytes(gpointer message, gpointer out)
{
    gsize len;
    const void *data = g_bytes_get_data(message, &len);

    put(out, len, 4);
    g_byte_array_append(out, data, len);
}

static void put_element(const struct state_row *r, const char *at, GByteArray *out)
{
    const struct timer *timer = (const struct timer *)at;
    guint start = out->len;

    switch (r->kind) {
    case STATE_TIMER:
        put(out, timer->deadline, 8);
        put(out, timer_pending(timer) ? timer->order : 0, 8);
        break;
    case STATE_STRUCT:
        put(out, 0, 4);
        state_put(r->table, at, out);
        put_32_at(out, start, out->len - start - 4);
        break;
    default:
        put(out, load(at, r->size), r->size);
        break;
    }
}

static void put_row(const struct state_row *r, const void *obj, GByteArray *out)
{
    uint32_t n = r->kind == STATE_QUEUE ? g_queue_get_length((GQueue *)elements(r, obj)) : count_of(r, obj);
    const char *at = elements(r, obj);

    put(out, strlen(r->name), 1);
    g_byte_array_append(out, (const guint8 *)r->name, strlen(r->name));
    put(out, r->kind, 1);
    put(out, r->kind == STATE_NUMBER ? r->size : 0, 1);
    put(out, n, 4);
    if (r->kind == STATE_QUEUE) {
        g_queue_foreach((GQueue *)at, put_bytes, out);
        return;
    }
    if (r->kind <= STATE_BOOL && G_BYTE_ORDER == G_LITTLE_ENDIAN) {
        if (n)
            g_byte_array_append(out, (const guint8 *)at, n * r->size);
        return;
    }
    for (; n; n--, at += r->size)
        put_element(r, at, out);
}

void state_put(const struct state_table *t, const void *obj, GByteArray *out)
{
    put(out, t->version, 4);
    for (const struct state_row *r = t->rows; r->kind != STATE_END; r++)
        if (r->kind != STATE_NONE)
            put_row(r, obj, out);
}

/* -- From a stream -- */

struct cursor {
    const uint8_t *p;
    size_t left;
    bool set;
    GError **err;
};

static const uint8_t *take(struct cursor *c, size_t n)
{
    const uint8_t *p = c->p;

    if (n > c->left)
        return NULL;
    c->p += n;
    c->left -= n;
    return p;
}

static bool take_uint(struct cursor *c, unsigned bytes, uint64_t *v)
{
    const uint8_t *p = take(c, bytes);

    *v = 0;
    if (p)
        memcpy(v, p, bytes);
    *v = GUINT64_FROM_LE(*v);
    return p != NULL;
}

/* The reason as an error's text. False. */
static bool wrong(struct cursor *c, const struct state_table *t, const struct state_row *r, const char *what)
{
    fail(c->err, "%s%s%s: %s", t->type, r ? "." : "", r ? r->name : "", what);
    return false;
}

static bool take_number(struct cursor *c, const struct state_table *t, const struct state_row *r, char *at)
{
    uint64_t v;

    if (!take_uint(c, r->size, &v))
        return wrong(c, t, r, "its values are cut off");
    if (r->kind == STATE_BOOL && v > 1)
        return wrong(c, t, r, "neither true nor false");
    if (r->life == STATE_SAME && v != load(at, r->size)) {
        fail(c->err, "%s.%s is 0x%" PRIx64 " in the snapshot, 0x%" PRIx64 " here", t->type, r->name, v,
             load(at, r->size));
        return false;
    }
    if (c->set && r->life != STATE_SAME)
        store(at, r->size, v);
    return true;
}

static bool take_timer(struct cursor *c, const struct state_table *t, const struct state_row *r, char *at)
{
    uint64_t deadline, order;

    if (!take_uint(c, 8, &deadline) || !take_uint(c, 8, &order))
        return wrong(c, t, r, "the timer is cut off");
    if (deadline > INT64_MAX)
        return wrong(c, t, r, "a time before the machine's first");
    if (c->set)
        timer_restore((struct timer *)at, deadline, order);
    return true;
}

static bool take_struct(struct cursor *c, const struct state_table *t, const struct state_row *r, char *at)
{
    uint64_t len;
    unsigned version;
    const uint8_t *p = take_uint(c, 4, &len) ? take(c, len) : NULL;

    if (!p)
        return wrong(c, t, r, "the struct is cut off");
    return state_take(r->table, at, p, len, c->set, &version, c->err);
}

static bool take_queue(struct cursor *c, const struct state_table *t, const struct state_row *r, GQueue *q, uint32_t n)
{
    if (n > r->count)
        return wrong(c, t, r, "more elements than it can have");
    if (c->set)
        g_queue_clear_full(q, (GDestroyNotify)g_bytes_unref);
    for (; n; n--) {
        uint64_t len;
        const uint8_t *p = take_uint(c, 4, &len) ? take(c, len) : NULL;
        if (!p)
            return wrong(c, t, r, "an element is cut off");
        if (c->set)
            g_queue_push_tail(q, g_bytes_new(p, len));
    }
    return true;
}

static bool take_elements(struct cursor *c, const struct state_table *t, const struct state_row *r, void *obj,
                          uint32_t n)
{
    char *at = elements(r, obj);

    if (r->kind == STATE_QUEUE)
        return take_queue(c, t, r, (GQueue *)at, n);
    if (n != count_of(r, obj)) {
        fail(c->err, "%s.%s has %u elements in the snapshot, %u here", t->type, r->name, n, count_of(r, obj));
        return false;
    }
    for (; n; n--, at += r->size) {
        bool ok = r->kind == STATE_TIMER    ? take_timer(c, t, r, at)
                  : r->kind == STATE_STRUCT ? take_struct(c, t, r, at)
                                            : take_number(c, t, r, at);
        if (!ok)
            return false;
    }
    return true;
}

/* The next row's head; *r steps to it over rows that are younger than the stream. */
static bool take_row(struct cursor *c, const struct state_table *t, const struct state_row **next, void *obj,
                     unsigned version)
{
    const struct state_row *r = *next;
    uint64_t len, kind, size, n;
    const uint8_t *name = take_uint(c, 1, &len) ? take(c, len) : NULL;

    if (!name || !take_uint(c, 1, &kind) || !take_uint(c, 1, &size) || !take_uint(c, 4, &n))
        return wrong(c, t, NULL, "a row is cut off");
    while (r->kind != STATE_END && (r->kind == STATE_NONE || (r->since > version && (strlen(r->name) != len ||
                                                              memcmp(r->name, name, len))))) {
        if (c->set && r->kind != STATE_NONE)
            reset_row(r, obj);
        r++;
    }
    if (r->kind == STATE_END || strlen(r->name) != len || memcmp(r->name, name, len))
        return wrong(c, t, r->kind == STATE_END ? NULL : r, "another row is in its place");
    if (kind != r->kind || size != (r->kind == STATE_NUMBER ? r->size : 0))
        return wrong(c, t, r, "it is of another kind");
    *next = r + 1;
    return take_elements(c, t, r, obj, n);
}

bool state_take(const struct state_table *t, void *obj, const uint8_t *data, size_t len, bool set, unsigned *version,
                GError **err)
{
    struct cursor c = { .p = data, .left = len, .set = set, .err = err };
    const struct state_row *r = t->rows;
    uint64_t v;

    if (!take_uint(&c, 4, &v))
        return wrong(&c, t, NULL, "its state is cut off");
    if (v > t->version || v < (t->oldest ? t->oldest : t->version)) {
        fail(err, "%s: its state is of version %" PRIu64 ": this program reads %u to %u", t->type, v,
             t->oldest ? t->oldest : t->version, t->version);
        return false;
    }
    *version = v;
    while (c.left)
        if (!take_row(&c, t, &r, obj, v))
            return false;
    for (; r->kind != STATE_END; r++) {
        if (r->kind == STATE_NONE)
            continue;
        if (r->since <= v)
            return wrong(&c, t, r, "it is missing");
        if (set)
            reset_row(r, obj);
    }
    return true;
}

/* -- All objects -- */

static GPtrArray *objects; /* of struct state_object */

static void free_object(gpointer opaque)
{
    struct state_object *o = opaque;

    g_free(o->name);
    g_free(o);
}

void state_register(const struct state_object *o)
{
    struct state_object *copy = g_memdup2(o, sizeof(*o));

    copy->name = g_strdup(o->name);
    if (!objects)
        objects = g_ptr_array_new_with_free_func(free_object);
    g_ptr_array_add(objects, copy);
}

void state_unregister(void *obj)
{
    for (guint i = 0; objects && i < objects->len; i++) {
        if (((struct state_object *)objects->pdata[i])->obj == obj) {
            g_ptr_array_remove_index(objects, i);
            break;
        }
    }
    if (objects && !objects->len)
        g_clear_pointer(&objects, g_ptr_array_unref);
}

void state_foreach(void (*fn)(const struct state_object *o, void *opaque), void *opaque)
{
    for (guint i = 0; objects && i < objects->len; i++)
        fn(objects->pdata[i], opaque);
}

void state_lock(const struct state_object *o)
{
    if (!o->lock)
        return;
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(o->lock);
}

void state_unlock(const struct state_object *o)
{
    if (!o->lock)
        return;
    g_mutex_unlock(o->lock);
    lock_order_leave(LOCK_DEVICE);
}

static void settle(const struct state_object *o, void *opaque)
{
    state_lock(o);
    if (o->table->settle)
        o->table->settle(o->obj);
    state_unlock(o);
}

void state_settle_all(void)
{
    state_foreach(settle, NULL);
}

static void resume(const struct state_object *o, void *opaque)
{
    state_lock(o);
    if (o->table->resume)
        o->table->resume(o->obj, *(bool *)opaque);
    state_unlock(o);
}

void state_resume_all(bool loaded)
{
    state_foreach(resume, &loaded);
}

/* -- The checksum -- */

struct hashing {
    struct hash64 hash;
    GByteArray *buf;
};

static void hash_object(const struct state_object *o, void *opaque)
{
    struct hashing *h = opaque;

    g_byte_array_set_size(h->buf, 0);
    state_lock(o);
    state_put(o->table, o->obj, h->buf);
    state_unlock(o);
    hash64_add(&h->hash, o->name, strlen(o->name));
    hash64_add(&h->hash, h->buf->data, h->buf->len);
}

uint64_t state_hash(void)
{
    struct hashing h = { .buf = g_byte_array_new() };

    hash64_init(&h.hash, 0);
    state_foreach(hash_object, &h);
    g_byte_array_unref(h.buf);
    for (const struct ram_block *b = ram_blocks; b; b = b->next) {
        struct ram_run run = { 0 };
        hash64_add(&h.hash, b->name, strlen(b->name));
        while (ram_next_run(b, &run)) {
            for (uint64_t at = run.start; at < run.end; at += PAGE_SIZE) {
                if (ram_is_zero(b->host + at))
                    continue;
                uint64_t where = GUINT64_TO_LE(at);
                hash64_add(&h.hash, &where, sizeof(where));
                hash64_add(&h.hash, b->host + at, PAGE_SIZE);
            }
        }
    }
    return hash64_value(&h.hash);
}
