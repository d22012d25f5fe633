/* SPDX-License-Identifier: BSD-2-Clause */
/* Recordings of what comes through input.h, and their replays: -icount rr=, rrfile=. */
#ifndef MYNAH_REPLAY_H
#define MYNAH_REPLAY_H

#include <glib.h>

#include "types.h"

enum replay_mode { REPLAY_NONE, REPLAY_RECORD, REPLAY_PLAY };

/* Create or open the log, after input_gate_close() and before the first source is added. False with a message. */
bool replay_open(enum replay_mode mode, const char *file, GError **err);
/*
 * The machine is made and its first instruction comes next. text says what it is, a line "NAME: VALUE" for each thing
 * that must be the same in a replay; lines that begin with "~" may differ, and are told of if the replay departs. False
 * with a message that names what differs.
 */
bool replay_begin(const char *text, GError **err);
/*
 * The CPUs have stopped for good, before input_gate_open(). text is what is left of it, in lines as above: recorded, or
 * compared. False if the replay has departed, with the message printed.
 */
bool replay_end(const char *text);
/* After it, when nobody takes or asks any more: forget what is known of it. Another can be opened. */
void replay_close(void);
/* What is under way, and with which log; *file is NULL if nothing is. Main loop. */
enum replay_mode replay_under_way(const char **file);
/* "info replay". */
void replay_info(GString *out);
/*
 * In a replay: stop the machine after so many instructions (UINT64_MAX: don't). Main loop. False: that is over already.
 */
bool replay_set_break(uint64_t count);
/* Called at that count, and when the replay departs; on the CPUs' thread or the main loop. Set by the run state. */
extern void (*replay_break_reached)(void), (*replay_departed)(void);

#endif
