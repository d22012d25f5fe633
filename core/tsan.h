/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before everything in a build with ThreadSanitizer: GLib itself is not built with it, so its locks must be
 * told of, and that what was written before a function was given to the main loop is seen by it. The rest of GLib takes care
 * of itself.
 */
#ifndef MYNAH_TSAN_H
#define MYNAH_TSAN_H

#include <glib.h>
#include <sanitizer/tsan_interface.h>

static inline void tsan_mutex_lock(GMutex *m)
{
    g_mutex_lock(m);
    __tsan_acquire(m);
}

static inline gboolean tsan_mutex_trylock(GMutex *m)
{
    gboolean got = g_mutex_trylock(m);

    if (got)
        __tsan_acquire(m);
    return got;
}

static inline void tsan_mutex_unlock(GMutex *m)
{
    __tsan_release(m);
    g_mutex_unlock(m);
}

static inline void tsan_cond_wait(GCond *c, GMutex *m)
{
    __tsan_release(m);
    g_cond_wait(c, m);
    __tsan_acquire(m);
}

static inline gboolean tsan_cond_wait_until(GCond *c, GMutex *m, gint64 end)
{
    __tsan_release(m);
    gboolean woken = g_cond_wait_until(c, m, end);
    __tsan_acquire(m);
    return woken;
}

static inline void tsan_reader_lock(GRWLock *l)
{
    g_rw_lock_reader_lock(l);
    __tsan_acquire(l);
}

static inline void tsan_reader_unlock(GRWLock *l)
{
    __tsan_release(l);
    g_rw_lock_reader_unlock(l);
}

static inline void tsan_writer_lock(GRWLock *l)
{
    g_rw_lock_writer_lock(l);
    __tsan_acquire(l);
}

static inline void tsan_writer_unlock(GRWLock *l)
{
    __tsan_release(l);
    g_rw_lock_writer_unlock(l);
}

struct tsan_idle {
    GSourceFunc fn;
    gpointer data;
    GDestroyNotify notify;
};

static gboolean tsan_idle_run(gpointer opaque)
{
    const struct tsan_idle *i = opaque;

    __tsan_acquire(opaque);
    return i->fn(i->data);
}

static void tsan_idle_end(gpointer opaque)
{
    const struct tsan_idle *i = opaque;

    __tsan_acquire(opaque);
    if (i->notify)
        i->notify(i->data);
    g_free(opaque);
}

static inline guint tsan_idle_add_full(gint priority, GSourceFunc fn, gpointer data, GDestroyNotify notify)
{
    struct tsan_idle *i = g_new(struct tsan_idle, 1);

    *i = (struct tsan_idle){ fn, data, notify };
    __tsan_release(i);
    return g_idle_add_full(priority, tsan_idle_run, i, tsan_idle_end);
}

static inline guint tsan_idle_add(GSourceFunc fn, gpointer data)
{
    return tsan_idle_add_full(G_PRIORITY_DEFAULT_IDLE, fn, data, NULL);
}

#define g_idle_add tsan_idle_add
#define g_idle_add_full tsan_idle_add_full
#define g_mutex_lock tsan_mutex_lock
#define g_mutex_trylock tsan_mutex_trylock
#define g_mutex_unlock tsan_mutex_unlock
#define g_cond_wait tsan_cond_wait
#define g_cond_wait_until tsan_cond_wait_until
#define g_rw_lock_reader_lock tsan_reader_lock
#define g_rw_lock_reader_unlock tsan_reader_unlock
#define g_rw_lock_writer_lock tsan_writer_lock
#define g_rw_lock_writer_unlock tsan_writer_unlock

#endif
