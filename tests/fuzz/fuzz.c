/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions for all fuzz targets, and libFuzzer's entry points. */
#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "corpus.h"
#include "log.h"

/* What g_error() ends with: libFuzzer knows abort() only. */
static void trapped(int sig)
{
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    corpus_command(*argc, *argv);
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTRAP, trapped);
    fuzz_log();
    fuzz_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[1];

    if (size <= fuzz_max_size)
        fuzz_one(size ? data : nothing, size);
    return 0;
}

void fuzz_log(void)
{
    const char *topics = g_getenv("FUZZ_LOG");
    GError *err = NULL;
    unsigned mask = 0;

    if (topics && !log_parse(topics, &mask, NULL, &err))
        g_error("FUZZ_LOG: %s", err->message);
    log_set(mask);
    if (!log_open(g_getenv("FUZZ_LOG_FILE")))
        g_error("can't open FUZZ_LOG_FILE");
}

const uint8_t *fuzz_bytes(struct fuzz *f, size_t *len)
{
    const uint8_t *p = f->p;

    *len = MIN(*len, f->left);
    f->p += *len;
    f->left -= *len;
    return p;
}

char *fuzz_string(struct fuzz *f)
{
    const uint8_t *end = f->left ? memchr(f->p, 0, f->left) : NULL;
    size_t len = end ? (size_t)(end - f->p) : f->left;
    char *s = g_strndup(len ? (const char *)f->p : "", len);

    f->p += len + (end != NULL);
    f->left -= len + (end != NULL);
    return s;
}

uint64_t fuzz_number(struct fuzz *f)
{
    uint8_t how = fuzz_u8(f);

    switch (how >> 6) {
    case 0: return how & 63;
    case 1: return (UINT64_C(1) << (how & 63)) - 1 + fuzz_u8(f) % 3;
    case 2: return fuzz_uint(f, 1 + (how & 3));
    default: return fuzz_u64(f);
    }
}

const char *fuzz_file(unsigned slot, const void *data, size_t size)
{
    static char paths[4][32];
    static int fds[4] = { -1, -1, -1, -1 };

    if (fds[slot] < 0) {
        fds[slot] = memfd_create("fuzz", MFD_CLOEXEC);
        g_assert(fds[slot] >= 0);
        snprintf(paths[slot], sizeof(paths[slot]), "/proc/self/fd/%d", fds[slot]);
    }
    g_assert(ftruncate(fds[slot], 0) == 0 && pwrite(fds[slot], data, size, 0) == (ssize_t)size);
    return paths[slot];
}

void fuzz_main_loop(unsigned n)
{
    while (n-- && g_main_context_iteration(NULL, FALSE))
        continue;
}
