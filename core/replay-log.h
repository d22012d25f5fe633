/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of inputs: between the gate (input.c), recording and replay (replay.c) and the file (replay-log.c). */
#ifndef MYNAH_REPLAY_LOG_H
#define MYNAH_REPLAY_LOG_H

#include "input.h"
#include "replay.h"

/* When: instructions executed, and virtual time, which passes while every CPU waits. */
struct replay_time {
    uint64_t count;
    int64_t ns;
};

/* What one source has in the log. Found by the source's name: it may come and go. */
struct input_stream {
    char *name;
    struct input_source *source; /* NULL: there is none now */
    unsigned id;       /* in the log, from 1; 0: nothing is logged yet */
    uint64_t calls;    /* of input_rare() */
    GQueue values;     /* replay: of struct replay_record, read ahead, for input_value() ... */
    GQueue rare;       /* ... and input_rare() */
    GHashTable *open;  /* replay: of uint64_t: keys of questions that the log has not answered */
};

enum replay_type {
    REPLAY_SOURCE = 1, /* id, name */
    REPLAY_BEGIN,      /* text */
    REPLAY_EVENT,      /* id, when, code, key, data */
    REPLAY_VALUE,      /* id, when, data */
    REPLAY_RARE,       /* id, key: which call */
    REPLAY_END,        /* when, text */
    REPLAY_CUT,        /* not in the file: the log is damaged or ends here */
};

struct replay_record {
    enum replay_type type;
    unsigned id, code;
    struct replay_time when;
    uint64_t key;
    size_t len;
    uint8_t *data; /* behind the struct, if read */
};

/* -- replay-log.c; one thread at a time -- */

bool replay_log_create(const char *file, GError **err);
/* Checks the head only. */
bool replay_log_open(const char *file, GError **err);
/* Buffered; a failure to write is told once, and nothing is recorded any more. */
void replay_log_write(const struct replay_record *r);
/* The next record; g_free() it. Of type REPLAY_CUT where there is no sound one. */
struct replay_record *replay_log_read(void);
/* Write what is buffered and close. */
void replay_log_close(void);

/* -- replay.c, for the gate -- */

extern enum replay_mode replay_mode;

struct replay_time replay_now(void);
/* The stream of that name, made if there is none. */
struct input_stream *replay_stream(const char *name);
/* An input was taken, at that time. */
void replay_note(struct input_source *s, struct replay_time when, const struct input *in);
/* The next event, which is due now; NULL if none is. It stays the next until replay_next(). */
const struct replay_record *replay_due(void);
void replay_next(void);
/* Whose event it is; NULL and a departure if there is no such source. */
struct input_source *replay_source_of(const struct replay_record *r);
/* True in a replay that has not departed. */
bool replay_active(void);

#endif
