/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate by which everything from outside reaches the guest: characters, ends of block requests, network frames,
 * requests to the machine's life, and what devices look at of the host.
 *
 * Without -icount an input is taken at once, on the thread that posts it. Under -icount it waits until all CPUs, which
 * take turns on one thread, are between two instructions, and is taken on that thread (or, while the machine is
 * stopped, by the main loop): so a run is a function of its inputs and of the instruction counts at which they are
 * taken. Those are what a recording (replay.h) writes to its log, and what a replay takes from there instead.
 */
#ifndef MYNAH_INPUT_H
#define MYNAH_INPUT_H

#include <glib.h>

#include "types.h"

/* One input. Codes and data are the source's own. */
struct input {
    unsigned code;
    /*
     * Up to INPUT_MAX bytes. Where take() itself decides what is taken (as many characters as there is room for), it
     * sets code, data and len to what it took: valid until it is called again.
     */
    const void *data;
    size_t len;
    uint64_t key;  /* of an answer: to which question, as input_key() gave it; else 0 */
    void *ref;     /* of an answer: the question. Not logged: a replay finds its own by the key */
    bool replayed; /* code and data are what was taken in the recording: take the same, or call input_departs() */
};
#define INPUT_MAX (1 * MiB)

/* Where inputs come from. */
struct input_source {
    char *name;
    /* Takes one input. No lock is held: it takes its device's. It may post, and neither adds nor removes a source. */
    void (*take)(void *opaque, struct input *in);
    void *opaque;
    /* Private. */
    uint64_t keys;                /* given out by input_key() */
    struct input_stream *stream;  /* in the log; NULL: there is none */
};

/*
 * Begin and end a source, which stays where it is. The name is the same in a recording and in its replay, and no other
 * source has it at that time: "drive d0". take may be NULL for one that only has values. What was posted and not taken
 * when it is removed is forgotten. Main loop, while the CPUs are held or none can reach the source's device.
 */
void input_source_add(struct input_source *s, void (*take)(void *opaque, struct input *in), void *opaque,
                      const char *name, ...) __attribute__((format(printf, 4, 5)));
void input_source_remove(struct input_source *s);

/*
 * True if inputs wait for instruction boundaries (-icount): then what take() reads is touched on the CPUs' thread, else
 * on the thread that posts.
 */
static inline bool input_gated(void)
{
    extern bool input_gate;

    return unlikely(__atomic_load_n(&input_gate, __ATOMIC_RELAXED));
}

/*
 * An input has come: take() gets it at once or, with a copy of the data, soon. In a replay it is dropped. Which thread
 * posts is the source's affair. Locks that take() needs may be held under input_gated() only.
 */
void input_post(struct input_source *s, unsigned code, const void *data, size_t len);

/*
 * A question of the guest's to the outside that gets one answer (a block request): its number, which is the same in a
 * replay. Under input_gated() only, on the CPUs' thread or while they are held.
 */
uint64_t input_key(struct input_source *s);
/* The answer to it. In a replay it is kept until the log says that it was taken. Any thread that holds no lock. */
void input_answer(struct input_source *s, uint64_t key, unsigned code, void *ref);

/*
 * What a device sees of the host within one of its accesses, or while the machine is made: noted by a recording, and
 * overwritten in a replay by what was noted. On the CPUs' thread, or before they run.
 */
void input_value(struct input_source *s, void *value, size_t len);
/* The same for a condition that is rarely true, of which only that is noted. */
bool input_rare(struct input_source *s, bool value);

/* True in a replay: output goes nowhere, and nobody outside is asked. */
bool input_replaying(void);
/* True in a recording and in a replay: what may be carried out in any order is carried out in the order asked for. */
bool input_ordered(void);
/*
 * The replay is not any more what was recorded: said once, with the instruction count; the machine stops, with status
 * 1.
 */
void input_departs(const struct input_source *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* -- For the loop that runs the CPUs, and for the main loop -- */

/* -icount: from now on inputs wait. Before the first source is added. */
void input_gate_close(void);
/* Inputs are taken at once again, those that waited first. The CPUs have stopped for good. */
void input_gate_open(void);
/*
 * Take one input, after the timers that are due. False: there is none. The CPUs' thread between two instructions, with
 * the CPU whose turn it is as cpu_current() and not while the CPUs are to be held; or the main loop while they are.
 */
bool input_take(void);
/*
 * Main loop, while the CPUs are held and no replay is: take all there is, and what the guest has asked for and waits
 * for.
 */
void input_settle(void);
/* True if input_take() may find something. Any thread. */
bool input_waiting(void);
/* Instructions until the next input of a replay, or until it is to be stopped; else INT64_MAX. The CPUs' thread. */
int64_t input_distance(void);
/*
 * All CPUs wait for an interrupt and time passes now to the first timer's, or never (no_timer): a replay whose next
 * input should have been before that departs. The CPUs' thread.
 */
void input_idle(bool no_timer);
/* Called when something was posted: has the CPUs' thread come to input_take() soon. Set by it. */
extern void (*input_attention)(void);

#endif
