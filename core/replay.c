/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recording inputs with the instruction counts at which they are taken, and replaying them. The log is read ahead up to
 * the next event; what sources note for themselves (values) waits in their streams. Everything here is on the thread
 * that runs the CPUs, or on the main loop before they run and while they are held.
 */
#include "replay.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "opts.h"
#include "replay-log.h"

enum replay_mode replay_mode;
void (*replay_break_reached)(void), (*replay_departed)(void);

static char *log_name;
static GPtrArray *streams;   /* of struct input_stream: every source that ever was, and those of the log */
static GPtrArray *by_id;     /* replay: the streams in the log's numbering, from index 1; NULL where there is none */
static unsigned last_id;     /* recording */
static struct replay_record *next; /* replay: event, end or cut; NULL: the beginning has not been read */
static char *begin_text;     /* replay: that of the recording */
static char *changed;        /* replay: what may differ and does, or NULL */
static bool departed;        /* atomic; read by other threads */
static uint64_t break_at = UINT64_MAX; /* atomic */
static uint64_t events;

/* -- Streams -- */

struct replay_time replay_now(void)
{
    return (struct replay_time){ .count = clock_icount(), .ns = clock_now() };
}

bool replay_active(void)
{
    return replay_mode == REPLAY_PLAY && !__atomic_load_n(&departed, __ATOMIC_RELAXED);
}

bool input_replaying(void)
{
    return replay_mode == REPLAY_PLAY;
}

bool input_ordered(void)
{
    return replay_mode != REPLAY_NONE;
}

struct input_stream *replay_stream(const char *name)
{
    struct input_stream *st;

    if (!streams)
        streams = g_ptr_array_new();
    for (guint i = 0; i < streams->len; i++) {
        st = streams->pdata[i];
        if (!strcmp(st->name, name))
            return st;
    }
    st = g_new0(struct input_stream, 1);
    st->name = g_strdup(name);
    g_queue_init(&st->values);
    g_queue_init(&st->rare);
    st->open = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_ptr_array_add(streams, st);
    return st;
}

static struct input_stream *stream_of_id(unsigned id)
{
    return id < by_id->len ? by_id->pdata[id] : NULL;
}

/* -- Departure -- */

/* The first word about it; the machine stops at this instruction. */
static void stop_replay(const char *text)
{
    struct replay_time now = replay_now();

    if (__atomic_exchange_n(&departed, true, __ATOMIC_RELAXED))
        return;
    fprintf(stderr, "mynah: replay of '%s': at instruction %" PRIu64 " (%" PRId64 " ns): %s\n", log_name, now.count,
            now.ns, text);
    if (changed)
        fprintf(stderr, "mynah: changed since the recording: %s\n", changed);
    if (replay_departed)
        replay_departed();
}

void input_departs(const struct input_source *s, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    g_autofree char *what = g_strdup_vprintf(fmt, args);
    va_end(args);
    g_autofree char *text = g_strdup_printf("%s%s%s: the replay departs from the recording", s ? s->name : "",
                                            s ? ": " : "", what);
    stop_replay(text);
}

static void ends_here(void)
{
    stop_replay("the log is damaged or ends here, without an end: this is as far as it can be replayed");
}

/* -- Recording -- */

static unsigned log_id(struct input_stream *st)
{
    if (!st->id) {
        st->id = ++last_id;
        replay_log_write(&(struct replay_record){ .type = REPLAY_SOURCE, .id = st->id, .data = (uint8_t *)st->name,
                                                  .len = strlen(st->name) });
    }
    return st->id;
}

void replay_note(struct input_source *s, struct replay_time when, const struct input *in)
{
    events++;
    if (replay_mode != REPLAY_RECORD)
        return;
    g_assert(in->len <= INPUT_MAX);
    unsigned id = log_id(s->stream);
    replay_log_write(&(struct replay_record){ .type = REPLAY_EVENT, .id = id, .when = when, .code = in->code,
                                              .key = in->key, .data = (uint8_t *)in->data, .len = in->len });
}

/* -- Replaying: reading ahead -- */

static void new_id(const struct replay_record *r)
{
    if (r->id != by_id->len || memchr(r->data, '\0', r->len))
        return; /* what refers to it will find none */
    g_ptr_array_add(by_id, replay_stream((const char *)r->data));
}

/* Put values into their streams, up to something else. */
static struct replay_record *read_on(void)
{
    for (;;) {
        struct replay_record *r = replay_log_read();
        struct input_stream *st = r->type == REPLAY_VALUE || r->type == REPLAY_RARE ? stream_of_id(r->id) : NULL;
        if (r->type == REPLAY_SOURCE)
            new_id(r);
        else if (st)
            g_queue_push_tail(r->type == REPLAY_VALUE ? &st->values : &st->rare, r);
        else
            return r;
        if (!st)
            g_free(r);
    }
}

const struct replay_record *replay_due(void)
{
    struct replay_time now;

    if (!replay_active() || !next)
        return NULL;
    now = replay_now();
    if (now.count >= __atomic_load_n(&break_at, __ATOMIC_RELAXED)) {
        __atomic_store_n(&break_at, UINT64_MAX, __ATOMIC_RELAXED);
        if (replay_break_reached)
            replay_break_reached();
        return NULL;
    }
    if (now.count < next->when.count || (now.count == next->when.count && now.ns < next->when.ns))
        return NULL;
    if (next->type == REPLAY_CUT)
        ends_here();
    else if (now.count > next->when.count || now.ns > next->when.ns)
        input_departs(NULL, "what was taken at instruction %" PRIu64 " (%" PRId64 " ns) has been passed by",
                      next->when.count, next->when.ns);
    else if (next->type == REPLAY_END)
        input_departs(NULL, "the recording ended here, and the machine would go on");
    else if (next->type == REPLAY_EVENT)
        return next;
    else
        input_departs(NULL, "a record of kind %u makes no sense", next->type);
    return NULL;
}

void replay_next(void)
{
    g_free(next);
    next = read_on();
}

struct input_source *replay_source_of(const struct replay_record *r)
{
    struct input_stream *st = stream_of_id(r->id);

    if (st && st->source && st->source->take)
        return st->source;
    input_departs(NULL, "there is no '%s', of which something was taken", st ? st->name : "(unknown)");
    return NULL;
}

int64_t input_distance(void)
{
    uint64_t now, to;

    if (!replay_active() || !next)
        return INT64_MAX;
    now = clock_icount();
    to = MIN(next->when.count, __atomic_load_n(&break_at, __ATOMIC_RELAXED));
    return to > now ? (int64_t)MIN(to - now, INT64_MAX) : 0;
}

void input_idle(bool no_timer)
{
    struct replay_time now;

    if (!replay_active() || !next)
        return;
    now = replay_now();
    if (next->when.count > now.count)
        no_timer = no_timer && next->type != REPLAY_CUT;
    else if (next->when.count == now.count && next->when.ns > now.ns && !no_timer)
        no_timer = next->when.ns < timers_deadline() && next->type == REPLAY_EVENT;
    if (no_timer && next->type == REPLAY_CUT)
        ends_here();
    else if (no_timer)
        input_departs(NULL, "all CPUs wait, and what was taken at instruction %" PRIu64 " (%" PRId64
                      " ns) will not come", next->when.count, next->when.ns);
}

/* -- Values -- */

/* The oldest one of the queue that is due. NULL after a departure. */
static struct replay_record *next_value(struct input_source *s)
{
    struct replay_record *r = s->stream ? g_queue_pop_head(&s->stream->values) : NULL;

    if (r && r->when.count == clock_icount())
        return r;
    if (!r && next && next->type == REPLAY_CUT)
        ends_here();
    else if (!r)
        input_departs(s, "the host is asked where it was not in the recording");
    else
        input_departs(s, "the host is asked here, and was at instruction %" PRIu64 " in the recording", r->when.count);
    g_free(r);
    return NULL;
}

void input_value(struct input_source *s, void *value, size_t len)
{
    struct replay_record *r;

    if (replay_mode == REPLAY_RECORD) {
        unsigned id = log_id(s->stream);
        replay_log_write(&(struct replay_record){ .type = REPLAY_VALUE, .id = id, .when = replay_now(), .data = value,
                                                  .len = len });
    } else if (replay_active() && (r = next_value(s))) {
        if (r->len == len)
            memcpy(value, r->data, len);
        else
            input_departs(s, "%zu bytes are asked of the host, and were %zu in the recording", len, r->len);
        g_free(r);
    }
}

bool input_rare(struct input_source *s, bool value)
{
    struct replay_record *r;
    struct input_stream *st = s->stream;

    if (replay_mode == REPLAY_NONE)
        return value;
    st->calls++;
    if (replay_mode == REPLAY_RECORD && value) {
        unsigned id = log_id(st);
        replay_log_write(&(struct replay_record){ .type = REPLAY_RARE, .id = id, .key = st->calls });
    }
    if (replay_mode == REPLAY_RECORD)
        return value;
    r = g_queue_peek_head(&st->rare);
    if (!r || r->key != st->calls)
        return false;
    g_free(g_queue_pop_head(&st->rare));
    return true;
}

/* -- Beginning and end -- */

bool replay_open(enum replay_mode mode, const char *name, GError **err)
{
    if (mode == REPLAY_RECORD ? !replay_log_create(name, err) : !replay_log_open(name, err))
        return false;
    replay_mode = mode;
    log_name = g_strdup(name);
    if (mode == REPLAY_RECORD)
        return true;
    by_id = g_ptr_array_new();
    g_ptr_array_add(by_id, NULL);
    struct replay_record *r = read_on();
    if (r->type == REPLAY_BEGIN)
        begin_text = g_strdup((const char *)r->data);
    else
        fail(err, "rrfile=%s: the recording is damaged before its first instruction", name);
    g_free(r);
    return begin_text != NULL;
}

/* Lines that differ: the first that must not, in *first as "recorded" and "now"; the others in changed. */
static bool same_text(const char *recorded, const char *now, char **was, char **is)
{
    g_auto(GStrv) a = g_strsplit(recorded, "\n", -1);
    g_auto(GStrv) b = g_strsplit(now, "\n", -1);

    for (unsigned i = 0; a[i] || b[i]; i++) {
        if (!g_strcmp0(a[i], b[i]))
            continue;
        if (a[i] && b[i] && a[i][0] == '~' && b[i][0] == '~') {
            char *old = changed;
            changed = g_strdup_printf("%s%s%s", old ? old : "", old ? "; " : "", b[i] + 1);
            g_free(old);
            continue;
        }
        *was = g_strdup(a[i] && *a[i] ? a[i] : "nothing");
        *is = g_strdup(b[i] && *b[i] ? b[i] : "nothing");
        return false;
    }
    return true;
}

bool replay_begin(const char *text, GError **err)
{
    g_autofree char *was = NULL, *is = NULL;

    if (replay_mode == REPLAY_RECORD)
        replay_log_write(&(struct replay_record){ .type = REPLAY_BEGIN, .data = (uint8_t *)text, .len = strlen(text) });
    if (replay_mode != REPLAY_PLAY)
        return true;
    if (!replay_active()) { /* that was told already */
        fail(err, "rrfile=%s: the machine cannot be made as it was", log_name);
        return false;
    }
    if (!same_text(begin_text, text, &was, &is)) {
        fail(err, "rrfile=%s: the machine is not the recorded one: recorded: %s; now: %s", log_name, was, is);
        return false;
    }
    next = read_on();
    return true;
}

/* False if the replay has departed. */
static bool end_play(const char *text)
{
    g_autofree char *was = NULL, *is = NULL;

    if (!replay_active())
        return false;
    if (!next || next->type == REPLAY_EVENT || next->type == REPLAY_CUT) /* a user's quit, before the end */
        return true;
    struct replay_time now = replay_now();
    if (next->when.count != now.count || next->when.ns != now.ns)
        return true;
    if (same_text((const char *)next->data, text, &was, &is)) {
        fprintf(stderr, "mynah: replay of '%s': ended as recorded, after %" PRIu64 " instructions\n", log_name,
                now.count);
        return true;
    }
    g_autofree char *what = g_strdup_printf("the end differs: recorded: %s; now: %s", was, is);
    stop_replay(what);
    return false;
}

bool replay_end(const char *text)
{
    bool ok = true;

    if (replay_mode == REPLAY_NONE)
        return true;
    if (log_on(LOG_STATS))
        log_printf("%-19s %" PRIu64 " instructions, %" PRIu64 " inputs\n",
                   replay_mode == REPLAY_RECORD ? "recorded" : "replayed", clock_icount(), events);
    if (replay_mode == REPLAY_RECORD)
        replay_log_write(&(struct replay_record){ .type = REPLAY_END, .when = replay_now(), .data = (uint8_t *)text,
                                                  .len = strlen(text) });
    else
        ok = end_play(text);
    replay_log_close();
    replay_mode = REPLAY_NONE;
    return ok;
}

static void free_stream(gpointer opaque)
{
    struct input_stream *st = opaque;

    if (st->source) /* one that stays for good */
        st->source->stream = NULL;
    g_queue_clear_full(&st->values, g_free);
    g_queue_clear_full(&st->rare, g_free);
    g_hash_table_destroy(st->open);
    g_free(st->name);
    g_free(st);
}

void replay_close(void)
{
    replay_log_close();
    replay_mode = REPLAY_NONE;
    for (guint i = 0; streams && i < streams->len; i++)
        free_stream(streams->pdata[i]);
    g_clear_pointer(&streams, g_ptr_array_unref);
    g_clear_pointer(&by_id, g_ptr_array_unref);
    g_clear_pointer(&next, g_free);
    g_clear_pointer(&begin_text, g_free);
    g_clear_pointer(&changed, g_free);
    g_clear_pointer(&log_name, g_free);
    last_id = 0;
    events = 0;
    __atomic_store_n(&departed, false, __ATOMIC_RELAXED);
    __atomic_store_n(&break_at, UINT64_MAX, __ATOMIC_RELAXED);
}

enum replay_mode replay_under_way(const char **file)
{
    *file = replay_mode == REPLAY_NONE ? NULL : log_name;
    return replay_mode;
}

void replay_info(GString *out)
{
    if (replay_mode == REPLAY_NONE) {
        g_string_append(out, "Record/replay is not active\n");
        return;
    }
    g_string_append_printf(out, "%s execution '%s': instruction count = %" PRIu64 "\n",
                           replay_mode == REPLAY_RECORD ? "Recording" : "Replaying", log_name, clock_icount());
    g_string_append_printf(out, "inputs taken: %" PRIu64 "\n", events);
    if (replay_active() && next)
        g_string_append_printf(out, "%s: instruction %" PRIu64 "\n",
                               next->type == REPLAY_EVENT ? "next input" : next->type == REPLAY_END ? "end" : "log ends",
                               next->when.count);
}

bool replay_set_break(uint64_t count)
{
    if (count <= clock_icount())
        return false;
    __atomic_store_n(&break_at, count, __ATOMIC_RELAXED);
    return true;
}
