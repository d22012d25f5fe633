/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fuzz target is: a program that turns bytes into something hostile and feeds it to one part of mynah. It is
 * linked either with libFuzzer ("make fuzz") or with replay.c, which runs the saved inputs and some random ones.
 * See docs/fuzzing.md.
 */
#ifndef MYNAH_FUZZ_H
#define MYNAH_FUZZ_H

#include <glib.h>

#include "types.h"

/* -- What a target provides -- */

extern const char fuzz_name[];     /* "devices": its folder in tests/fuzz/corpus */
extern const unsigned fuzz_runs;   /* random inputs that "make check" tries */
extern const size_t fuzz_max_size; /* of an input, bytes */
/* Once, before the first input. */
void fuzz_init(void);
/* One input. Must not depend on earlier ones; ends by returning, or by any crash, which is a finding. */
void fuzz_one(const uint8_t *data, size_t size);

/* -- What the main program calls, be it libFuzzer's or replay.c's -- */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -- Taking an input apart: what is not there any more reads as zeros -- */

struct fuzz {
    const uint8_t *p;
    size_t left;
};

static inline uint64_t fuzz_uint(struct fuzz *f, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes && f->left; i++, f->left--)
        v |= (uint64_t)*f->p++ << (8 * i);
    return v;
}
static inline uint8_t fuzz_u8(struct fuzz *f) { return fuzz_uint(f, 1); }
static inline uint16_t fuzz_u16(struct fuzz *f) { return fuzz_uint(f, 2); }
static inline uint32_t fuzz_u32(struct fuzz *f) { return fuzz_uint(f, 4); }
static inline uint64_t fuzz_u64(struct fuzz *f) { return fuzz_uint(f, 8); }

/* At most len bytes where they lie; *len becomes what there was. */
const uint8_t *fuzz_bytes(struct fuzz *f, size_t *len);
/* Everything up to a zero byte or the end, as a string to g_free(); the zero byte is skipped. */
char *fuzz_string(struct fuzz *f);
/* A number that is often near 0, a power of two or the maximum. */
uint64_t fuzz_number(struct fuzz *f);
/* A file with these bytes, for interfaces that take paths. The same path for each slot, overwritten. */
const char *fuzz_file(unsigned slot, const void *data, size_t size);
/* Log what FUZZ_LOG (topics, as -d) asks for to FUZZ_LOG_FILE ("%d" is the process id) or standard error. */
void fuzz_log(void);
/* Let the main loop do what is due, at most n rounds. */
void fuzz_main_loop(unsigned n);

#endif
