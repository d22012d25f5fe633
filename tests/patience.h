/* SPDX-License-Identifier: BSD-2-Clause */
/* How long tests wait for what does not come, and how much they do. */
#ifndef MYNAH_TESTS_PATIENCE_H
#define MYNAH_TESTS_PATIENCE_H

#include <glib.h>
#include <stdlib.h>

/* So many seconds, times $TIME_FACTOR, which is 1 if it is not set. A limit is for what hangs, however busy the machine is. */
static inline unsigned patience(unsigned seconds)
{
    const char *factor = getenv("TIME_FACTOR");
    int times = factor ? atoi(factor) : 1;

    return seconds * (unsigned)MAX(times, 1);
}

/* The end of that time, as g_get_monotonic_time() counts. */
static inline gint64 patience_end(unsigned seconds)
{
    return g_get_monotonic_time() + patience(seconds) * G_TIME_SPAN_SECOND;
}

/* Of so many random inputs, those worth their time: a build with ThreadSanitizer is slow, and one thread has no races. */
static inline unsigned worth_trying(unsigned inputs)
{
#ifdef MYNAH_TSAN
    return inputs / 20;
#else
    return inputs;
#endif
}

#endif
