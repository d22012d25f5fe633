/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of a recording, and a machine that replays it. An input is either a file as it is, or records that then get
 * checksums that are right, and may be cut off anywhere; what follows is what a machine does meanwhile: instructions
 * pass, inputs are taken, the host is asked, requests are made, sources come and go. Whatever the log says, the replay
 * goes on or departs, and lets every request end.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "core/replay-log.h"
#include "fuzz.h"
#include "input.h"
#include "replay.h"

const char fuzz_name[] = "recording";
const unsigned fuzz_runs = 4000;
const size_t fuzz_max_size = 2048;

enum { CHARACTERS, VALUES, REQUESTS, SOURCES };
static const char *const names[SOURCES] = { "characters", "values", "requests" };

static struct input_source sources[SOURCES];
static bool present[SOURCES];
static FILE *nowhere; /* what is told of departures */
static unsigned requests; /* that have no end yet */

void fuzz_init(void)
{
    icount.on = true;
    icount.shift = 1;
    clock_init();
    input_gate_close();
    nowhere = fopen("/dev/null", "we");
    g_assert(nowhere);
}

/* -- Sources -- */

static void take(void *opaque, struct input *in)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < in->len; i++)
        sum += ((const uint8_t *)in->data)[i];
    if (in->replayed && sum == 0xee)
        input_departs(&sources[CHARACTERS], "no room for them");
    if (sum & 1)
        input_post(&sources[CHARACTERS], in->code, in->data, in->len); /* dropped */
}

static void request_ended(void *opaque, struct input *in)
{
    if (!in->ref) { /* block.c's does the same */
        input_departs(&sources[REQUESTS], "a request without a number ended here");
        return;
    }
    g_assert(requests > 0 && in->key && in->ref == &requests);
    requests--;
}

static void add(unsigned i)
{
    input_source_add(&sources[i], i == CHARACTERS ? take : i == REQUESTS ? request_ended : NULL, NULL, "%s", names[i]);
    present[i] = true;
}

static void drop(unsigned i)
{
    if (i == REQUESTS)
        requests = 0;
    input_source_remove(&sources[i]);
    present[i] = false;
}

/* -- Logs -- */

static void write_text(enum replay_type type, unsigned id, const char *text)
{
    replay_log_write(&(struct replay_record){ .type = type, .id = id, .data = (uint8_t *)text, .len = strlen(text) });
}

static void write_record(struct fuzz *f, struct replay_time *when)
{
    struct replay_record r = { .type = REPLAY_SOURCE + fuzz_u8(f) % 7, .id = fuzz_u8(f) % 6, .code = fuzz_u8(f) };
    uint8_t how = fuzz_u8(f);

    r.key = how & 64 ? fuzz_number(f) : how & 7;
    when->count += how & 128 ? fuzz_number(f) % INT32_MAX : how >> 3 & 7;
    when->ns += (how & 32 ? fuzz_u8(f) : how >> 3 & 7) * 2;
    r.when = *when;
    r.len = fuzz_u8(f) % 24;
    r.data = (uint8_t *)fuzz_bytes(f, &r.len);
    replay_log_write(&r);
}

/* A log of the input's first part. */
static const char *cook(struct fuzz *f)
{
    static const uint8_t nothing[1];
    const char *path = fuzz_file(0, nothing, 0);
    uint8_t n = fuzz_u8(f), cut = fuzz_u8(f);
    struct replay_time when = replay_now();

    g_assert(replay_log_create(path, NULL));
    for (unsigned i = 0; i < SOURCES; i++)
        write_text(REPLAY_SOURCE, i + 1, names[i]);
    write_text(REPLAY_BEGIN, 0, "machine: toy\n~image: written at 5\n");
    for (n %= 64; n; n--)
        write_record(f, &when);
    if (cut & 1)
        replay_log_write(
        &(struct replay_record){ .type = REPLAY_END, .when = when, .data = (uint8_t *)"end: 1\n", .len = 7 });
    replay_log_close();
    if (cut >= 200) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        off_t size = lseek(fd, 0, SEEK_END);
        g_assert(fd >= 0 && ftruncate(fd, MAX(0, size - cut % 64)) == 0);
        close(fd);
    }
    return path;
}

/* -- A machine -- */

static void ask(struct fuzz *f)
{
    uint8_t value[8] = { 0 };

    if (present[VALUES])
        input_value(&sources[VALUES], value, fuzz_u8(f) % sizeof(value));
}

static void request(struct fuzz *f)
{
    uint8_t code = fuzz_u8(f);

    if (!present[REQUESTS])
        return;
    uint64_t key = input_key(&sources[REQUESTS]);
    requests++;
    input_answer(&sources[REQUESTS], key, code, &requests);
}

static void step(struct fuzz *f)
{
    uint8_t what = fuzz_u8(f);

    switch (what % 9) {
    case 0: clock_icount_add(what >> 4); break;
    case 1: clock_icount_add(MIN(input_distance(), 100000)); break;
    case 2: input_take(); break;
    case 3: ask(f); break;
    case 4:
        if (present[VALUES])
            input_rare(&sources[VALUES], what & 128);
        break;
    case 5: request(f); break;
    case 6: input_idle(what & 128); break;
    case 7: replay_set_break(clock_icount() + (what >> 4)); break;
    default:
        what = what >> 4 & 3;
        if (what < SOURCES && present[what])
            drop(what);
        else if (what < SOURCES)
            add(what);
        break;
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };
    uint8_t how = fuzz_u8(&f);
    size_t n = f.left / 2;
    const uint8_t *bytes = f.p;
    FILE *terminal = stderr;
    const char *path = how % 8 == 0 ? fuzz_file(0, fuzz_bytes(&f, &n), n) : cook(&f);
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert(how % 8 || bytes + n == f.p);
    stderr = nowhere;
    if (replay_open(REPLAY_PLAY, path, &err)) {
        for (unsigned i = 0; i < SOURCES; i++)
            add(i);
        if (replay_begin(how & 8 ? "machine: other\n" : "machine: toy\n~image: written at 6\n", &err))
            for (unsigned i = 0; i < 500 && f.left && replay_active(); i++)
                step(&f);
        replay_info(text);
        for (unsigned i = 0; i < SOURCES; i++)
            if (present[i])
                drop(i);
    }
    replay_end("end: 1\n");
    replay_close();
    stderr = terminal;
    g_assert(!input_ordered() && !input_waiting());
}
