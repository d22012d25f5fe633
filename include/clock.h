/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest time. One virtual clock in nanoseconds: it runs with the host's monotonic clock while the
 * machine runs and stands still while it is stopped; under -icount it is the number of instructions
 * executed, scaled, and so exactly repeatable.
 */
#ifndef MYNAH_CLOCK_H
#define MYNAH_CLOCK_H

#include <glib.h>

#include "types.h"

/* Virtual time in ns since the machine was started. Any thread. */
int64_t clock_now(void);
/* The host's monotonic clock, ns: for what the guest can't see. */
int64_t clock_host_ns(void);

/* Virtual time as ticks of a counter of hz (1 .. 10^10), computed without overflow. */
uint64_t clock_ticks(uint64_t hz);

/* The virtual time in ns at which such a counter reaches ticks; INT64_MAX if that is beyond range. */
int64_t clock_ticks_to_ns(uint64_t ticks, uint64_t hz);

/* Seconds since the epoch as the guest's real-time clock (-rtc) shows it, in ns. */
int64_t clock_rtc_ns(void);

/* True if that is virtual time with an offset, the same in every run. */
bool clock_rtc_repeats(void);

/* -rtc: base "utc", "localtime" or an ISO 8601 date; clock "host" or "vm". */
bool clock_set_rtc(const char *base, const char *clock, GError **err);

/* Stop or restart virtual time (monitor stop/cont). */
void clock_stop(void);
void clock_start(void);

/*
 * A one-shot timer on the virtual clock. The callback runs with lock held (if not NULL): on the
 * main loop, or under -icount on the vCPU thread at the exact instruction.
 */
struct timer {
    int64_t deadline; /* ns; INT64_MAX: not armed */
    void (*fn)(void *opaque);
    void *opaque;
    GMutex *lock;
    uint64_t order;    /* of timers with the same deadline the one that was armed first fires first: counts armings */
    size_t heap_index; /* private */
};

/* Prepare a timer; it is not armed. */
void timer_init(struct timer *t, void (*fn)(void *opaque), void *opaque, GMutex *lock);
/* Arm (or re-arm) for a virtual time in ns; a time already past fires at once. Any thread. */
void timer_set(struct timer *t, int64_t deadline);
/* Disarm. The callback may be running at that moment in another thread unless the caller holds its lock. */
void timer_cancel(struct timer *t);
/* As it was when a snapshot was made: deadline INT64_MAX: not armed. */
void timer_restore(struct timer *t, int64_t deadline, uint64_t order);
/* True if armed. */
bool timer_pending(const struct timer *t);

/* The earliest deadline of all timers; INT64_MAX if there is none. */
int64_t timers_deadline(void);
/* Run what is due at virtual time now. Called by the main loop, or by the vCPU under -icount. */
void timers_run(int64_t now);
/* Attach the clock to the default GLib main context. Once, at start. */
void clock_init(void);

/*
 * -icount. shift: one instruction lasts 2^shift ns (0..ICOUNT_SHIFT_MAX). sleep: an idle machine waits for real time.
 * adapt: shift follows the speed of the host, so that virtual time keeps to real time. align: the machine waits where
 * virtual time is ahead of real time.
 */
struct icount_config {
    bool on;
    unsigned shift; /* atomic if adapt: changed by the vCPU thread */
    bool sleep, adapt, align;
};
#define ICOUNT_SHIFT_MAX 20
#define ICOUNT_SHIFT_AUTO 3 /* adapt: to begin with */
extern struct icount_config icount;
/* Under -icount: the instructions executed so far. Set by the execution loop only. */
void clock_icount_add(uint64_t instructions);
uint64_t clock_icount(void);
/* Under -icount with every CPU idle: move time to the next deadline. The caller has waited if icount.sleep. */
void clock_icount_warp(void);
/* Under -icount with every CPU idle: so many ns went by before there was something to do again. */
void clock_icount_passed(int64_t ns);
/* Under -icount, on the vCPU thread between slices: adapt the shift if that is asked for and due. */
void clock_icount_adapt(void);
/* How far virtual time is ahead of the real time that the machine has run, in ns; negative: behind. */
int64_t clock_icount_ahead(void);
/*
 * Under -icount: instructions that the calling thread's CPU has executed and not added yet. Set by the execution loop.
 */
extern uint64_t (*clock_icount_pending)(void);
/*
 * Under -icount: called when a timer is armed that is due before all others, by any thread. Set by the execution loop.
 */
extern void (*clock_deadline_earlier)(void);

#endif
