/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual clock on host time: timers by the main loop, set by any thread, and the clock stopped and started. */
#include "clock.h"

#define MS INT64_C(1000000)

static GMainLoop *loop;
static GMutex lock;
static GString *fired; /* names of timers, in order */

struct named {
    struct timer t;
    char name;
    int64_t deadline, again; /* again: armed for so much later when it fires */
};

static void on_timer(void *opaque)
{
    struct named *n = opaque;

    g_assert_false(g_mutex_trylock(&lock));
    g_assert_cmpint(clock_now(), >=, n->deadline);
    g_string_append_c(fired, n->name);
    if (n->again) {
        n->deadline += n->again;
        timer_set(&n->t, n->deadline);
    }
}

static void arm(struct named *n, char name, int64_t deadline)
{
    *n = (struct named){ .name = name, .deadline = deadline };
    timer_init(&n->t, on_timer, n, &lock);
    timer_set(&n->t, deadline);
}

static gboolean quit(gpointer opaque)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

/* Run the main loop until so many have fired. */
static void until(size_t n)
{
    while (fired->len < n)
        g_main_context_iteration(NULL, TRUE);
}

static void expect_fired(const char *names)
{
    g_assert_cmpstr(fired->str, ==, names);
    g_string_truncate(fired, 0);
}

static void test_order(void)
{
    struct named a, b, c, d;
    int64_t now = clock_now();

    arm(&c, 'c', now + 3 * MS);
    arm(&a, 'a', now + MS / 10);
    arm(&b, 'b', now + 2 * MS + 1);
    arm(&d, 'd', now + 1 * MS);
    timer_cancel(&d.t);
    until(3);
    expect_fired("abc");
    arm(&a, 'a', now);
    arm(&b, 'b', 0);
    arm(&c, 'c', -1);
    until(3);
    expect_fired("cba");
}

static void test_again(void)
{
    struct named a;

    arm(&a, 'a', clock_now() + MS / 20);
    a.again = MS / 20;
    until(100);
    g_mutex_lock(&lock);
    timer_cancel(&a.t);
    g_mutex_unlock(&lock);
    g_string_truncate(fired, 0);
}

static gpointer arm_soon(gpointer opaque)
{
    g_usleep(1000);
    g_mutex_lock(&lock);
    arm(opaque, 'b', clock_now());
    g_mutex_unlock(&lock);
    return NULL;
}

/* The main loop waits for a later one. */
static void test_other_thread(void)
{
    struct named a, b;
    GThread *other;

    arm(&a, 'a', clock_now() + 3600 * 1000 * MS);
    other = g_thread_new("other", arm_soon, &b);
    until(1);
    g_thread_join(other);
    expect_fired("b");
    timer_cancel(&a.t);
}

static void test_stop(void)
{
    struct named a, b;
    int64_t now;

    arm(&a, 'a', clock_now() + MS);
    clock_stop();
    now = clock_now();
    arm(&b, 'b', a.deadline - 1); /* which may be over, too */
    g_timeout_add(20, quit, NULL);
    g_main_loop_run(loop);
    g_assert_cmpint(clock_now(), ==, now);
    expect_fired("");
    clock_start();
    g_assert_cmpint(clock_now(), <, now + 3600 * 1000 * MS);
    until(2);
    expect_fired("ba");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    loop = g_main_loop_new(NULL, FALSE);
    fired = g_string_new(NULL);
    clock_init();
    clock_start();
    g_test_add_func("/clock/order", test_order);
    g_test_add_func("/clock/again", test_again);
    g_test_add_func("/clock/other thread", test_other_thread);
    g_test_add_func("/clock/stop", test_stop);
    return g_test_run();
}
