/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main program of a fuzz target where libFuzzer is not linked. Speaks TAP. Usage:
 *   fuzz-NAME [--tap] [-n RUNS] [-s SEED]   all of tests/fuzz/corpus/NAME, then RUNS inputs made from a random SEED
 *   fuzz-NAME FILE...                       these inputs (-b: the files are binary, as libFuzzer writes them)
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "corpus.h"
#include "fuzz.h"
#include "tests/patience.h"

#define TIME_LIMIT 60 /* seconds for one input, times $TIME_FACTOR: it hangs */

/* -- Running -- */

static const char *running; /* the name of ... */
static GByteArray *current; /* ... the input that is running, or NULL */

/* The input that is running, for whoever looks at the crash. */
static void report(void)
{
    static const char text[] = "Bail out! crash or hang in this input:\n";

    if (current && write(STDERR_FILENO, text, sizeof(text) - 1) > 0) {
        FILE *to = fdopen(STDERR_FILENO, "w"); /* a target may have stderr elsewhere */
        fprintf(to, "# %s\n", running);
        corpus_print(to, current);
        fflush(to);
    }
    current = NULL;
}

static void report_signal(int sig)
{
    report();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* Sanitizers call back before they end the program. */
void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak));

static void run(const char *name, GByteArray *a)
{
    running = name;
    current = a;
    alarm(patience(TIME_LIMIT));
    /* An exact copy, so that reading beyond it is seen. */
    uint8_t *copy = g_memdup2(a->data, a->len);
    LLVMFuzzerTestOneInput(copy, a->len);
    g_free(copy);
    alarm(0);
    current = NULL;
}

/* A random input: bytes from nothing, or a saved input with some of them changed. */
static GByteArray *random_input(GRand *rng, GPtrArray *saved)
{
    GByteArray *a = g_byte_array_new();
    unsigned changes = 1u << g_rand_int_range(rng, 0, 5);

    if (saved->len && g_rand_int_range(rng, 0, 4)) {
        GByteArray *s = g_ptr_array_index(saved, g_rand_int_range(rng, 0, saved->len));
        g_byte_array_append(a, s->data, MIN(s->len, fuzz_max_size));
    } else {
        g_byte_array_set_size(a, g_rand_int_range(rng, 1, MIN(fuzz_max_size, 1u << g_rand_int_range(rng, 2, 12)) + 1));
        for (guint i = 0; i < a->len; i++)
            a->data[i] = g_rand_int(rng);
    }
    while (a->len && changes--) {
        guint at = g_rand_int_range(rng, 0, a->len), n = g_rand_int_range(rng, 1, 9);
        guint8 b = g_rand_int(rng);
        switch (g_rand_int_range(rng, 0, 5)) {
        case 0: a->data[at] = b; break;
        case 1: a->data[at] ^= 1u << (b & 7); break;
        case 2: a->data[at] = (b & 1) ? 0xff : 0; break;
        case 3: g_byte_array_remove_range(a, at, MIN(n, a->len - at)); break;
        case 4:
            if (a->len + n <= fuzz_max_size) {
                g_byte_array_set_size(a, a->len + n);
                memmove(a->data + at + n, a->data + at, a->len - n - at);
            }
            break;
        }
    }
    return a;
}

/* -- Program -- */

static void run_all(unsigned runs, unsigned seed)
{
    g_autoptr(GPtrArray) list = corpus_list();
    g_autoptr(GPtrArray) saved = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
    GRand *rng = g_rand_new_with_seed(seed);

    printf("1..%u\n", list->len + 1);
    for (guint i = 0; i < list->len; i++) {
        const char *path = g_ptr_array_index(list, i);
        g_ptr_array_add(saved, corpus_read(path, false));
        run(path, g_ptr_array_index(saved, i));
        g_autofree char *base = g_path_get_basename(path);
        printf("ok %u - %s\n", i + 1, base);
        fflush(stdout);
    }
    for (unsigned i = 0; i < runs; i++) {
        g_autofree char *name = g_strdup_printf("random input %u of seed %u", i, seed);
        GByteArray *a = random_input(rng, saved);
        run(name, a);
        g_byte_array_unref(a);
    }
    printf("ok %u - %u random inputs\n", list->len + 1, runs);
    g_rand_free(rng);
}

int main(int argc, char **argv)
{
    unsigned runs = worth_trying(fuzz_runs), seed = 1;
    bool binary = false, any = false;
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGALRM };

    for (int i = 1; i < argc; i++) /* a target may change the folder */
        if (argv[i][0] != '-' && strcmp(argv[i - 1], "-n") && strcmp(argv[i - 1], "-s"))
            argv[i] = g_canonicalize_filename(argv[i], NULL);
    /* Before the target's own: translated code has faults that are none. */
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
        signal(signals[i], report_signal);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(report);
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-n") && i + 1 < argc) {
            runs = strtoul(argv[++i], NULL, 0);
        } else if (!strcmp(argv[i], "-s") && i + 1 < argc) {
            seed = strtoul(argv[++i], NULL, 0);
        } else if (!strcmp(argv[i], "-b")) {
            binary = true;
        } else if (argv[i][0] != '-') {
            GByteArray *a = corpus_read(argv[i], binary);
            run(argv[i], a);
            g_byte_array_unref(a);
            any = true;
        }
    }
    if (!any)
        run_all(runs, seed);
    return 0;
}
