/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual clock, its timers, and the real-time clock's view of it. */
#include "clock.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "input.h"
#include "lock-order.h"
#include "opts.h"
#include "state.h"

struct icount_config icount;

#define ADAPT_NS 100000000 /* of real time, between looks at the shift */

/* Host time minus the time that the machine has run while it runs; that time itself while it is stopped. */
static GMutex clock_lock; /* for changes; readers look without it. No other lock is taken under it */
static int64_t clock_base;
static bool clock_running;
static unsigned clock_version; /* odd while clock_base changes: readers retry */

static uint64_t icount_executed; /* instructions; written by the vCPU thread only */
static int64_t icount_bias;      /* ns added by warps, and made up for at changes of the shift */
static int64_t icount_idle;      /* ns of warps alone */

static int64_t host_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int64_t clock_host_ns(void)
{
    return host_ns(CLOCK_MONOTONIC);
}

/* The real time that the machine has run. */
static int64_t real_now(void)
{
    int64_t base = __atomic_load_n(&clock_base, __ATOMIC_RELAXED);

    return __atomic_load_n(&clock_running, __ATOMIC_RELAXED) ? host_ns(CLOCK_MONOTONIC) - base : base;
}

static int64_t counted_now(void)
{
    unsigned shift = __atomic_load_n(&icount.shift, __ATOMIC_RELAXED);

    return (int64_t)(clock_icount() << shift) + __atomic_load_n(&icount_bias, __ATOMIC_RELAXED);
}

/* fn()'s value, which depends on what change_begin() and change_end() enclose. */
static int64_t read_clock(int64_t (*fn)(void))
{
    for (;;) {
        unsigned v = __atomic_load_n(&clock_version, __ATOMIC_ACQUIRE);
        int64_t now = fn();
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (!(v & 1) && v == __atomic_load_n(&clock_version, __ATOMIC_RELAXED))
            return now;
    }
}

int64_t clock_now(void)
{
    return read_clock(icount.on ? counted_now : real_now);
}

/* With clock_lock held. */
static void change_begin(void)
{
    __atomic_fetch_add(&clock_version, 1, __ATOMIC_ACQ_REL);
}

static void change_end(void)
{
    __atomic_fetch_add(&clock_version, 1, __ATOMIC_RELEASE);
}

static void clock_change(int64_t base, bool running)
{
    change_begin();
    __atomic_store_n(&clock_base, base, __ATOMIC_RELAXED);
    __atomic_store_n(&clock_running, running, __ATOMIC_RELAXED);
    change_end();
}

uint64_t clock_ticks(uint64_t hz)
{
    return (uint64_t)((unsigned __int128)clock_now() * hz / 1000000000u);
}

int64_t clock_ticks_to_ns(uint64_t ticks, uint64_t hz)
{
    /* Rounded up: at the returned time the counter has reached ticks. */
    unsigned __int128 ns = ((unsigned __int128)ticks * 1000000000u + hz - 1) / hz;

    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

/* -- The real-time clock -- */

static bool rtc_follows_vm;
static struct input_source rtc_input;
static int64_t rtc_offset; /* ns to add to host UTC (clock=host) or to virtual time (clock=vm) */

bool clock_rtc_repeats(void)
{
    return rtc_follows_vm || icount.on;
}

int64_t clock_rtc_ns(void)
{
    return (clock_rtc_repeats() ? clock_now() : host_ns(CLOCK_REALTIME)) + rtc_offset;
}

bool clock_set_rtc(const char *base, const char *clock, GError **err)
{
    int64_t host = host_ns(CLOCK_REALTIME);
    int64_t start = host;

    if (clock && strcmp(clock, "host") && strcmp(clock, "vm") && strcmp(clock, "rt")) {
        fail(err, "-rtc: clock=%s: expected host, rt or vm", clock);
        return false;
    }
    if (base && !strcmp(base, "localtime")) {
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        start += g_date_time_get_utc_offset(now) * 1000;
    } else if (base && strcmp(base, "utc")) {
        g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
        g_autofree char *full = strchr(base, 'T') ? g_strdup(base) : g_strconcat(base, "T00:00:00", NULL);
        g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(full, utc);
        if (!date) {
            fail(err, "-rtc: base=%s: expected utc, localtime or a date such as 2006-06-17T16:01:21", base);
            return false;
        }
        if (__builtin_mul_overflow(g_date_time_to_unix(date), INT64_C(1000000000), &start) || start < 0) {
            fail(err, "-rtc: base=%s: expected a date from 1970 to 2261", base);
            return false;
        }
    }
    if (!rtc_input.name)
        input_source_add(&rtc_input, NULL, NULL, "rtc");
    input_value(&rtc_input, &start, sizeof(start)); /* in a replay it is as late as it was */
    rtc_follows_vm = clock && !strcmp(clock, "vm");
    rtc_offset = start - (rtc_follows_vm || icount.on ? clock_now() : host);
    return true;
}

/* -- Timers: a binary heap by deadline -- */

static GMutex timers_lock; /* guards these. A timer's own lock comes before it; no other is taken under it */
static struct timer **heap;
static size_t heap_len, heap_cap;
static int64_t next_deadline = INT64_MAX; /* heap[0]'s: read without the lock */
static uint64_t armings;                  /* the order of the last timer that was armed */

static void heap_put(size_t i, struct timer *t)
{
    heap[i] = t;
    t->heap_index = i;
}

static bool before(const struct timer *a, const struct timer *b)
{
    return a->deadline < b->deadline || (a->deadline == b->deadline && a->order < b->order);
}

static void heap_fix(size_t i, struct timer *t)
{
    while (i > 0 && before(t, heap[(i - 1) / 2])) {
        heap_put(i, heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (;;) {
        size_t c = 2 * i + 1;
        if (c + 1 < heap_len && before(heap[c + 1], heap[c]))
            c++;
        if (c >= heap_len || !before(heap[c], t))
            break;
        heap_put(i, heap[c]);
        i = c;
    }
    heap_put(i, t);
}

static void heap_remove(struct timer *t)
{
    struct timer *last = heap[--heap_len];

    if (last != t)
        heap_fix(t->heap_index, last);
    __atomic_store_n(&t->deadline, INT64_MAX, __ATOMIC_RELAXED); /* timer_pending() takes no lock */
}

void timer_init(struct timer *t, void (*fn)(void *opaque), void *opaque, GMutex *lock)
{
    *t = (struct timer){ .deadline = INT64_MAX, .fn = fn, .opaque = opaque, .lock = lock };
}

/*
 * The host's timer that wakes the main loop: to the nanosecond, where poll() has milliseconds, and set by whoever moves
 * the first deadline, without waking the main loop for that. It may go off early, never late.
 */
static int host_timer = -1;
static int64_t host_timer_at = INT64_MAX; /* virtual time it is set for; guarded by timers_lock */
void (*clock_deadline_earlier)(void);

static bool clock_is_running(void)
{
    return __atomic_load_n(&clock_running, __ATOMIC_RELAXED);
}

/* With timers_lock held: the host's timer goes off at the first deadline. */
static void set_host_timer(void)
{
    int64_t d = heap_len ? heap[0]->deadline : INT64_MAX, at;

    if (icount.on || host_timer < 0 || !clock_is_running() || d >= host_timer_at)
        return;
    host_timer_at = d;
    if (__builtin_add_overflow(d, __atomic_load_n(&clock_base, __ATOMIC_RELAXED), &at))
        at = INT64_MAX;
    at = d > 0 && at > 0 ? at : 1; /* 0 would disarm it */
    struct itimerspec t = { .it_value = { .tv_sec = at / 1000000000, .tv_nsec = at % 1000000000 } };
    timerfd_settime(host_timer, TFD_TIMER_ABSTIME, &t, NULL);
}

/* The heap changed: publish its first deadline; true if that became earlier. */
static bool publish_deadline(void)
{
    int64_t d = heap_len ? heap[0]->deadline : INT64_MAX;
    bool earlier = d < next_deadline;

    __atomic_store_n(&next_deadline, d, __ATOMIC_RELEASE);
    set_host_timer();
    return earlier;
}

/* order 0: the next one. */
static void arm(struct timer *t, int64_t deadline, uint64_t order)
{
    bool earlier;

    g_mutex_lock(&timers_lock);
    if (t->deadline != INT64_MAX)
        heap_remove(t);
    t->order = order ? order : ++armings;
    if (deadline != INT64_MAX) {
        if (heap_len == heap_cap) {
            heap_cap = heap_cap ? heap_cap * 2 : 64;
            heap = g_renew(struct timer *, heap, heap_cap);
        }
        __atomic_store_n(&t->deadline, deadline, __ATOMIC_RELAXED);
        heap_len++;
        heap_fix(heap_len - 1, t);
    }
    earlier = publish_deadline();
    g_mutex_unlock(&timers_lock);
    if (earlier && icount.on && clock_deadline_earlier)
        clock_deadline_earlier();
}

void timer_set(struct timer *t, int64_t deadline)
{
    arm(t, deadline, 0);
}

void timer_restore(struct timer *t, int64_t deadline, uint64_t order)
{
    arm(t, deadline, order);
}

void timer_cancel(struct timer *t)
{
    g_mutex_lock(&timers_lock);
    if (t->deadline != INT64_MAX)
        heap_remove(t);
    publish_deadline();
    g_mutex_unlock(&timers_lock);
}

bool timer_pending(const struct timer *t)
{
    return __atomic_load_n(&t->deadline, __ATOMIC_RELAXED) != INT64_MAX;
}

int64_t timers_deadline(void)
{
    return __atomic_load_n(&next_deadline, __ATOMIC_ACQUIRE);
}

void timers_run(int64_t now)
{
    g_mutex_lock(&timers_lock);
    while (heap_len && heap[0]->deadline <= now) {
        struct timer *t = heap[0];
        void (*fn)(void *) = t->fn;
        void *opaque = t->opaque;
        GMutex *lock = t->lock;
        if (lock && !g_mutex_trylock(lock)) {
            /* The owner may be about to move the timer, holding its lock: wait for it without ours, then look again. */
            g_mutex_unlock(&timers_lock);
            g_mutex_lock(lock);
            g_mutex_lock(&timers_lock);
            if (!heap_len || heap[0] != t || t->deadline > now) {
                g_mutex_unlock(lock);
                continue;
            }
        }
        heap_remove(t);
        publish_deadline();
        g_mutex_unlock(&timers_lock);
        if (lock)
            lock_order_enter(LOCK_DEVICE);
        fn(opaque);
        if (lock) {
            lock_order_leave(LOCK_DEVICE);
            g_mutex_unlock(lock);
        }
        g_mutex_lock(&timers_lock);
    }
    g_mutex_unlock(&timers_lock);
}

/* -- The main loop's source -- */

static gboolean host_timer_fired(gint fd, GIOCondition condition, gpointer opaque)
{
    uint64_t times;

    g_mutex_lock(&timers_lock);
    host_timer_at = INT64_MAX;
    g_mutex_unlock(&timers_lock);
    if (clock_is_running())
        timers_run(clock_now());
    g_mutex_lock(&timers_lock);
    set_host_timer();
    /* To set it anew ends that fd is readable, too. */
    if (host_timer_at == INT64_MAX && read(fd, &times, sizeof(times)) < 0 && errno != EAGAIN)
        g_error("the timer of the host: %s", g_strerror(errno));
    g_mutex_unlock(&timers_lock);
    return G_SOURCE_CONTINUE;
}

/*
 * What a snapshot has of the clock. Offsets of the real-time clock are those of a machine whose time is not the host's.
 */
static struct clock_state {
    int64_t now;           /* the real time that the machine has run; 0 under -icount, where it is no state */
    uint64_t executed;     /* icount_executed and so on */
    int64_t bias, idle;
    uint32_t shift;
    int64_t rtc_offset;
    uint64_t armings;
} saved;

static void clock_settle(void *obj)
{
    struct clock_state *s = obj;

    *s = (struct clock_state){ .now = icount.on ? 0 : read_clock(real_now), .executed = icount_executed,
                               .bias = icount_bias, .idle = icount_idle, .shift = icount.shift, .armings = armings,
                               .rtc_offset = clock_rtc_repeats() ? rtc_offset : 0 };
}

#define FAR (INT64_C(1) << 61) /* times beyond are nobody's, and sums with them would overflow */

static bool near(int64_t ns)
{
    return ns > -FAR && ns < FAR;
}

/* The machine is stopped: so is the clock. */
static bool clock_loaded(void *obj, unsigned version, GError **err)
{
    const struct clock_state *s = obj;

    if (!near(s->now) || !near(s->bias) || !near(s->idle) || !near(s->rtc_offset) || s->now < 0 ||
        s->shift > ICOUNT_SHIFT_MAX || s->executed >= (uint64_t)FAR >> s->shift || s->armings >= UINT64_MAX / 2) {
        fail(err, "the clock's time is out of range");
        return false;
    }
    g_mutex_lock(&clock_lock);
    change_begin();
    __atomic_store_n(&clock_base, icount.on ? (int64_t)(s->executed << s->shift) + s->bias : s->now, __ATOMIC_RELAXED);
    if (icount.on) {
        __atomic_store_n(&icount_executed, s->executed, __ATOMIC_RELAXED);
        __atomic_store_n(&icount_bias, s->bias, __ATOMIC_RELAXED);
        __atomic_store_n(&icount.shift, s->shift, __ATOMIC_RELAXED);
        icount_idle = s->idle;
    }
    change_end();
    g_mutex_unlock(&clock_lock);
    if (clock_rtc_repeats())
        rtc_offset = s->rtc_offset;
    armings = s->armings;
    return true;
}

static void clock_identity(const void *obj, GString *out)
{
    if (icount.on && icount.adapt)
        g_string_append(out, "icount=auto");
    else if (icount.on)
        g_string_append_printf(out, "icount=%u", icount.shift);
}

static const struct state_row clock_fields[] = {
    FIELD_KEEP(struct clock_state, now),
    FIELD_KEEP(struct clock_state, executed),
    FIELD_KEEP(struct clock_state, bias),
    FIELD_KEEP(struct clock_state, idle),
    FIELD_KEEP(struct clock_state, shift),
    FIELD_KEEP(struct clock_state, rtc_offset),
    FIELD_KEEP(struct clock_state, armings),
    FIELD_END,
};

static const struct state_table clock_table = {
    STATE_OF(struct clock_state),
    .version = 1,
    .rows = clock_fields,
    .settle = clock_settle,
    .loaded = clock_loaded,
    .identity = clock_identity,
};

void clock_init(void)
{
    GSource *s;

    state_register(&(struct state_object){ .name = "clock", .table = &clock_table, .obj = &saved });

    host_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (host_timer < 0)
        g_error("no timer of the host: %s", g_strerror(errno));
    s = g_unix_fd_source_new(host_timer, G_IO_IN);
    g_source_set_name(s, "virtual clock");
    g_source_set_priority(s, G_PRIORITY_HIGH);
    g_source_set_callback(s, G_SOURCE_FUNC(host_timer_fired), NULL, NULL);
    g_source_set_can_recurse(s, TRUE); /* it does not; else glib wakes the loop twice each time for what it blocks */
    g_source_attach(s, NULL);
    g_source_unref(s);
}

void clock_stop(void)
{
    g_mutex_lock(&clock_lock);
    if (clock_running)
        clock_change(real_now(), false);
    g_mutex_unlock(&clock_lock);
}

void clock_start(void)
{
    g_mutex_lock(&clock_lock);
    if (!clock_running)
        clock_change(host_ns(CLOCK_MONOTONIC) - clock_base, true);
    g_mutex_unlock(&clock_lock);
    g_mutex_lock(&timers_lock);
    host_timer_at = INT64_MAX; /* it was set by the time before the stop */
    set_host_timer();
    g_mutex_unlock(&timers_lock);
}

/* -- icount -- */

void clock_icount_add(uint64_t instructions)
{
    __atomic_store_n(&icount_executed, icount_executed + instructions, __ATOMIC_RELAXED);
}

uint64_t (*clock_icount_pending)(void);

uint64_t clock_icount(void)
{
    return __atomic_load_n(&icount_executed, __ATOMIC_RELAXED) + (clock_icount_pending ? clock_icount_pending() : 0);
}

void clock_icount_passed(int64_t ns)
{
    icount_idle += ns;
    __atomic_store_n(&icount_bias, icount_bias + ns, __ATOMIC_RELAXED);
}

void clock_icount_warp(void)
{
    int64_t d = timers_deadline();
    int64_t now = clock_now();

    if (d != INT64_MAX && d > now)
        clock_icount_passed(d - now);
}

int64_t clock_icount_ahead(void)
{
    return clock_now() - read_clock(real_now);
}

/* Time goes on from where it is. */
static void set_shift(unsigned shift)
{
    int64_t before = icount_executed << icount.shift, after = icount_executed << shift;

    g_mutex_lock(&clock_lock);
    change_begin();
    __atomic_store_n(&icount_bias, icount_bias + before - after, __ATOMIC_RELAXED);
    __atomic_store_n(&icount.shift, shift, __ATOMIC_RELAXED);
    change_end();
    g_mutex_unlock(&clock_lock);
}

/*
 * An instruction should last as long as it did in the last interval, without the time that was idle, but so much less
 * or more that virtual time meets real time at the end of the next. That is rarely a power of two: the shift goes to
 * and fro between two of them, by one step at a time.
 */
void clock_icount_adapt(void)
{
    static int64_t last_real, last_idle;
    static uint64_t last_executed;
    int64_t real = read_clock(real_now);

    if (!icount.adapt || real - last_real < ADAPT_NS)
        return;
    int64_t busy = real - last_real - (icount.sleep ? icount_idle - last_idle : 0) - clock_icount_ahead();
    int64_t executed = icount_executed - last_executed;
    last_real = real;
    last_idle = icount_idle;
    last_executed = icount_executed;
    if (executed < 1000)
        return;
    if (icount.shift > 0 && busy < executed << icount.shift)
        set_shift(icount.shift - 1);
    else if (icount.shift < ICOUNT_SHIFT_MAX && busy > executed << (icount.shift + 1))
        set_shift(icount.shift + 1);
}
