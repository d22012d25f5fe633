/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device or a CPU keeps, as one table a struct: a row for each member. Reset, the monitor and snapshots walk the
 * same rows. tests/cli/state.t finds members that are neither in a row nor a property.
 */
#ifndef MYNAH_STATE_H
#define MYNAH_STATE_H

#include <glib.h>

#include "clock.h"
#include "types.h"

enum state_kind {
    STATE_END,    /* of the table */
    STATE_NUMBER, /* unsigned of size bytes: 1, 2, 4, 8 */
    STATE_BOOL,
    STATE_TIMER,  /* struct timer: whether it is armed, and for when */
    STATE_STRUCT, /* with a table of its own */
    STATE_QUEUE,  /* GQueue of GBytes, at most count of them */
    STATE_NONE,   /* not saved and left alone by reset: why says the reason */
};

enum state_life {
    STATE_RESET, /* a reset sets it (of a struct: the rows of its table) */
    STATE_KEPT,  /* a reset leaves it alone (real-time clocks, wires) */
    STATE_SAME,  /* settled when the machine was made: a snapshot in which it is another is refused */
};

struct state_table;

struct state_row {
    const char *name;
    enum state_kind kind;
    enum state_life life;
    uint32_t offset;
    uint32_t size;        /* of an element */
    uint32_t count;       /* elements in a row. With count_of: at most */
    uint64_t reset;       /* value after a reset */
    bool pointer;         /* the member points to the elements */
    bool counted;         /* count_of holds: */
    uint32_t count_of;    /* offset of an unsigned that says how many elements there are */
    unsigned since;       /* version of the table that first had the row; older streams leave it at its reset value */
    const struct state_table *table; /* STATE_STRUCT */
    const char *why;      /* STATE_NONE */
};

/*
 * The table of a struct. The hooks may be NULL; they run on the main loop while no CPU runs, with the object's lock
 * held (state_register()).
 */
struct state_table {
    const char *type;  /* "struct ns16550" */
    size_t size;
    unsigned version;  /* counts changes of the rows that older programs can't read; from 1 */
    unsigned oldest;   /* version that can still be read; 0: version itself */
    const struct state_row *rows;
    /* Before the rows are read: what is under way with the host ends, what lies elsewhere comes into its members. */
    void (*settle)(void *obj);
    /*
     * The rows were set from a stream, all objects' of the machine, guest memory not yet: check what the rows can't
     * say, make what follows from it. False with a message: the machine is put back to what it was.
     */
    bool (*loaded)(void *obj, unsigned version, GError **err);
    /* After the machine was saved or loaded, guest memory included: go on with what settle() interrupted. */
    void (*resume)(void *obj, bool loaded);
    /* Append what a snapshot must have been made with: "model=rv64", on one line. */
    void (*identity)(const void *obj, GString *out);
};
#define STATE_OF(type_) .type = #type_, .size = sizeof(type_)

#define STATE_MEMBER(type, member) (((type *)0)->member)
#define STATE_KIND(x) _Generic((x), bool: STATE_BOOL, default: STATE_NUMBER)
#define STATE_ONE(type, member)                                                                                        \
    .name = #member, .kind = STATE_KIND(STATE_MEMBER(type, member)), .offset = offsetof(type, member),                 \
    .size = sizeof(STATE_MEMBER(type, member)), .count = 1
#define STATE_ARRAY(type, member)                                                                                      \
    .name = #member, .kind = STATE_KIND(STATE_MEMBER(type, member)[0]), .offset = offsetof(type, member),              \
    .size = sizeof(STATE_MEMBER(type, member)[0]),                                                                     \
    .count = sizeof(STATE_MEMBER(type, member)) / sizeof(STATE_MEMBER(type, member)[0])

/* A number or bool; arrays of them. */
#define FIELD(type, member, rst) { STATE_ONE(type, member), .reset = rst }
#define FIELD_KEEP(type, member) { STATE_ONE(type, member), .life = STATE_KEPT }
#define FIELD_SAME(type, member) { STATE_ONE(type, member), .life = STATE_SAME }
#define FIELD_ARRAY(type, member, rst) { STATE_ARRAY(type, member), .reset = rst }
#define FIELD_KEEP_ARRAY(type, member) { STATE_ARRAY(type, member), .life = STATE_KEPT }
#define FIELD_SAME_ARRAY(type, member) { STATE_ARRAY(type, member), .life = STATE_SAME }
/* An array that the member points to; counter, an unsigned of the same struct, says how long it is and is the same. */
#define FIELD_KEEP_LIST(type, member, counter)                                                                         \
    { .name = #member, .kind = STATE_KIND(*STATE_MEMBER(type, member)), .life = STATE_KEPT,                            \
      .offset = offsetof(type, member), .size = sizeof(*STATE_MEMBER(type, member)), .count = UINT32_MAX,              \
      .pointer = true, .counted = true, .count_of = offsetof(type, counter) }
/* Bytes of any shape: arrays of arrays. */
#define FIELD_KEEP_BYTES(type, member)                                                                                 \
    { .name = #member, .kind = STATE_NUMBER, .life = STATE_KEPT, .offset = offsetof(type, member), .size = 1,          \
      .count = sizeof(STATE_MEMBER(type, member)) }
/* A timer, or an array of them: disarmed at a reset. */
#define FIELD_TIMER(type, member)                                                                                      \
    { .name = #member, .kind = STATE_TIMER, .offset = offsetof(type, member), .size = sizeof(struct timer), .count = 1 }
#define FIELD_TIMERS(type, member)                                                                                     \
    { .name = #member, .kind = STATE_TIMER, .offset = offsetof(type, member), .size = sizeof(struct timer),            \
      .count = sizeof(STATE_MEMBER(type, member)) / sizeof(struct timer) }
#define FIELD_KEEP_TIMER(type, member)                                                                                 \
    { .name = #member, .kind = STATE_TIMER, .life = STATE_KEPT, .offset = offsetof(type, member),                      \
      .size = sizeof(struct timer), .count = 1 }
/* A struct or an array of structs, with the table of one. */
#define FIELD_STRUCT(type, member, t)                                                                                  \
    { .name = #member, .kind = STATE_STRUCT, .offset = offsetof(type, member),                                         \
      .size = sizeof(STATE_MEMBER(type, member)), .count = 1, .table = t }
#define FIELD_STRUCTS(type, member, t)                                                                                 \
    { .name = #member, .kind = STATE_STRUCT, .offset = offsetof(type, member),                                         \
      .size = sizeof(STATE_MEMBER(type, member)[0]),                                                                   \
      .count = sizeof(STATE_MEMBER(type, member)) / sizeof(STATE_MEMBER(type, member)[0]), .table = t }
/* The same as FIELD_KEEP_LIST() of structs, each reset by its own table. */
#define FIELD_STRUCT_LIST(type, member, counter, t)                                                                    \
    { .name = #member, .kind = STATE_STRUCT, .offset = offsetof(type, member),                                         \
      .size = sizeof(*STATE_MEMBER(type, member)), .count = UINT32_MAX, .pointer = true, .counted = true,              \
      .count_of = offsetof(type, counter), .table = t }
/* A GQueue of GBytes, at most max: emptied at a reset. */
#define FIELD_QUEUE(type, member, max)                                                                                 \
    { .name = #member, .kind = STATE_QUEUE, .offset = offsetof(type, member), .size = sizeof(GQueue), .count = max }
/* A member without a row, and the reason. */
#define FIELD_NONE(type, member, reason)                                                                               \
    { .name = #member, .kind = STATE_NONE, .offset = offsetof(type, member), .why = reason }
#define FIELD_END { .kind = STATE_END }

/* -- One object; its lock is held -- */

/* Rows to their reset values. */
void state_reset(const struct state_table *t, void *obj);
/* A line a row, each after before: "  ier = 1". */
void state_describe(const struct state_table *t, const void *obj, const char *before, GString *out);
/* Append the rows to a stream. */
void state_put(const struct state_table *t, const void *obj, GByteArray *out);
/*
 * Check that all of data is what state_put() makes of such an object (one made alike, of a version that can be read),
 * and with set also set the rows, but call no hook. *version is the stream's. False with a message that names the row;
 * with set, only what was not checked before can fail.
 */
bool state_take(const struct state_table *t, void *obj, const uint8_t *data, size_t len, bool set, unsigned *version,
                GError **err);

/* -- Every object of the machine. Main loop, or before it runs -- */

struct state_object {
    char *name; /* "cpu0", "/soc/serial@10000000" */
    const struct state_table *table;
    void *obj;
    GMutex *lock; /* taken around what is done with it; NULL: none */
    void (*identity)(const void *obj, GString *out); /* more for the table's identity(), before it; or NULL */
};

/* From now on it is part of snapshots, in the order of the calls. The name is copied; it must be the only one. */
void state_register(const struct state_object *o);
/* Nothing if it was not registered. */
void state_unregister(void *obj);
void state_foreach(void (*fn)(const struct state_object *o, void *opaque), void *opaque);
/* Around what is done with an object. */
void state_lock(const struct state_object *o);
void state_unlock(const struct state_object *o);

/* Call settle(), resume() of all. The machine is stopped. */
void state_settle_all(void);
void state_resume_all(bool loaded);
/*
 * A checksum of the whole machine: all objects' rows and guest memory. The machine is stopped and settled. The same for
 * the same state, whatever the process, the accelerator or the host.
 */
uint64_t state_hash(void);

#endif
