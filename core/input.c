/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate: inputs that wait for an instruction boundary, and taking them; with a replay's log in their place. */
#include "input.h"

#include <stdarg.h>
#include <string.h>

#include "clock.h"
#include "replay-log.h"

bool input_gate;
void (*input_attention)(void);

/* An input that waits. */
struct posted {
    struct input_source *source;
    struct input in; /* data is behind the struct */
};

static GMutex lock;     /* innermost; guards what follows */
static GQueue queue;    /* of struct posted, oldest first */
static GQueue answers;  /* replay: of struct posted, until the log calls for them */
static GCond answered;
static unsigned asked;   /* questions without an answer */
static unsigned waiting; /* length of queue; read without the lock too */

/* -- Sources -- */

void input_source_add(struct input_source *s, void (*take)(void *opaque, struct input *in), void *opaque,
                      const char *name, ...)
{
    va_list args;

    va_start(args, name);
    *s = (struct input_source){ .name = g_strdup_vprintf(name, args), .take = take, .opaque = opaque };
    va_end(args);
    if (replay_mode != REPLAY_NONE) {
        s->stream = replay_stream(s->name);
        s->stream->source = s;
    }
}

static void forget(GQueue *q, const struct input_source *s)
{
    for (GList *l = q->head, *after; l; l = after) {
        struct posted *p = l->data;
        after = l->next;
        if (p->source != s)
            continue;
        g_queue_delete_link(q, l);
        g_free(p);
    }
}

void input_source_remove(struct input_source *s)
{
    g_mutex_lock(&lock);
    forget(&queue, s);
    forget(&answers, s);
    __atomic_store_n(&waiting, g_queue_get_length(&queue), __ATOMIC_SEQ_CST);
    g_mutex_unlock(&lock);
    if (s->stream) {
        s->stream->source = NULL;
        g_hash_table_remove_all(s->stream->open); /* nobody answers these any more */
    }
    s->stream = NULL;
    g_clear_pointer(&s->name, g_free);
}

/* -- Posting -- */

/* False: the gate is open. */
static bool keep(struct input_source *s, const struct input *in)
{
    bool closed, answer = in->key && replay_active();

    g_mutex_lock(&lock);
    closed = input_gate;
    if (closed && (answer || !input_replaying())) {
        struct posted *p = g_malloc(sizeof(*p) + in->len);
        *p = (struct posted){ .source = s, .in = *in };
        p->in.data = p + 1;
        memcpy(p + 1, in->data ? in->data : "", in->len);
        g_queue_push_tail(answer ? &answers : &queue, p);
        asked -= in->key != 0;
        __atomic_store_n(&waiting, g_queue_get_length(&queue), __ATOMIC_SEQ_CST);
        g_cond_broadcast(&answered);
    }
    g_mutex_unlock(&lock);
    if (closed && input_attention)
        input_attention();
    return closed;
}

void input_post(struct input_source *s, unsigned code, const void *data, size_t len)
{
    struct input in = { .code = code, .data = data, .len = len };

    if (!input_gated() || !keep(s, &in))
        s->take(s->opaque, &in);
}

uint64_t input_key(struct input_source *s)
{
    uint64_t key = __atomic_add_fetch(&s->keys, 1, __ATOMIC_RELAXED);

    g_mutex_lock(&lock);
    asked++;
    g_mutex_unlock(&lock);
    if (input_replaying() && s->stream)
        g_hash_table_add(s->stream->open, g_memdup2(&key, sizeof(key)));
    return key;
}

void input_answer(struct input_source *s, uint64_t key, unsigned code, void *ref)
{
    struct input in = { .code = code, .key = key, .ref = ref };

    if (!input_gated() || !keep(s, &in))
        s->take(s->opaque, &in);
}

void input_gate_close(void)
{
    __atomic_store_n(&input_gate, true, __ATOMIC_RELAXED);
}

/* -- Taking -- */

static void take(struct input_source *s, struct input *in)
{
    timers_run(clock_now());
    struct replay_time when = replay_now();
    s->take(s->opaque, in);
    replay_note(s, when, in);
}

/* What waits for key, when it has come. NULL: nothing can come, since nobody asked. */
static struct posted *wait_for_answer(struct input_source *s, uint64_t key)
{
    struct posted *found = NULL;

    if (!g_hash_table_remove(s->stream->open, &key))
        return NULL;
    g_mutex_lock(&lock);
    for (GList *l; !found;) {
        for (l = answers.head; l; l = l->next) {
            struct posted *p = l->data;
            if (p->source == s && p->in.key == key)
                break;
        }
        if (l) {
            found = l->data;
            g_queue_delete_link(&answers, l);
        } else {
            g_cond_wait(&answered, &lock); /* a worker is at it */
        }
    }
    g_mutex_unlock(&lock);
    return found;
}

static void take_replayed(const struct replay_record *r)
{
    struct input_source *s = replay_source_of(r);
    struct input in = { .code = r->code, .data = r->data, .len = r->len, .key = r->key, .replayed = true };
    struct posted *p = NULL;

    if (!s)
        return;
    if (r->key && !(p = wait_for_answer(s, r->key))) {
        input_departs(s, "request %" G_GUINT64_FORMAT ", which was answered here, has not been made", r->key);
        return;
    }
    in.ref = p ? p->in.ref : NULL;
    take(s, &in);
    g_free(p);
}

static struct posted *pop(void)
{
    g_mutex_lock(&lock);
    struct posted *p = g_queue_pop_head(&queue);
    __atomic_store_n(&waiting, g_queue_get_length(&queue), __ATOMIC_SEQ_CST);
    g_mutex_unlock(&lock);
    return p;
}

bool input_take(void)
{
    const struct replay_record *r = replay_due();
    struct posted *p = r || !input_waiting() ? NULL : pop();

    if (r) {
        take_replayed(r);
        replay_next();
    } else if (p) {
        take(p->source, &p->in);
        g_free(p);
    }
    return r || p;
}

void input_settle(void)
{
    if (!input_gated())
        return;
    g_mutex_lock(&lock);
    while (asked > 0)
        g_cond_wait(&answered, &lock);
    g_mutex_unlock(&lock);
    while (input_take())
        ;
}

bool input_waiting(void)
{
    return __atomic_load_n(&waiting, __ATOMIC_SEQ_CST) != 0;
}

void input_gate_open(void)
{
    struct posted *p;

    g_mutex_lock(&lock);
    __atomic_store_n(&input_gate, false, __ATOMIC_RELAXED);
    while ((p = g_queue_pop_head(&queue)) || (p = g_queue_pop_head(&answers))) {
        g_mutex_unlock(&lock);
        p->source->take(p->source->opaque, &p->in);
        g_free(p);
        g_mutex_lock(&lock);
    }
    waiting = 0;
    g_mutex_unlock(&lock);
}
