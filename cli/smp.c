/* SPDX-License-Identifier: BSD-2-Clause */
/* -smp: how many CPUs, and how they are grouped. What is not given follows from the rest; cores are preferred. */
#include <inttypes.h>

#include "cmdline.h"

enum { SOCKETS, DIES, CLUSTERS, CORES, THREADS, LEVELS };
static const char *const names[LEVELS] = { "sockets", "dies", "clusters", "cores", "threads" };

/* Groupings that QEMU knows on other machines; 1 says nothing. */
static const char *const absent[] = { "drawers", "books", "modules" };

/* The product of the given levels but one; 0 if it is beyond any machine. */
static uint64_t product(const uint64_t *level, int without)
{
    uint64_t p = 1;
    for (int i = 0; i < LEVELS; i++)
        if (i != without && level[i]) {
            p *= level[i];
            if (p > UINT32_MAX)
                return 0;
        }
    return p;
}

static bool mismatch(const uint64_t *level, uint64_t max_cpus, GError **err)
{
    GString *s = g_string_new(NULL);
    for (int i = 0; i < LEVELS; i++)
        if (level[i] > 1 || i == SOCKETS || i == CORES || i == THREADS)
            g_string_append_printf(s, "%s%s (%" PRIu64 ")", s->len ? " * " : "", names[i], level[i]);
    fail(err, "%s is not maxcpus (%" PRIu64 ")", s->str, max_cpus);
    g_string_free(s, TRUE);
    return false;
}

/* What -smp says; 0 for what it does not say. */
struct topology {
    uint64_t cpus, max_cpus, level[LEVELS];
};

static bool take_topology(struct topology *t, struct opts *o, GError **err)
{
    if (!opts_take_uint(o, "cpus", 1, MACHINE_MAX_CPUS, &t->cpus, err) ||
        !opts_take_uint(o, "maxcpus", 1, MACHINE_MAX_CPUS, &t->max_cpus, err))
        return false;
    for (int i = 0; i < LEVELS; i++)
        if (!opts_take_uint(o, names[i], 1, MACHINE_MAX_CPUS, &t->level[i], err))
            return false;
    for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
        uint64_t n = 1;
        if (!opts_take_uint(o, absent[i], 1, MACHINE_MAX_CPUS, &n, err))
            return false;
        if (n > 1) {
            fail(err, "%s=%" PRIu64 ": no machine here has %s", absent[i], n, absent[i]);
            return false;
        }
    }
    return opts_done(o, "-smp", err);
}

/* How many of a level there are if the others make up the rest of n; at least 1. */
static uint64_t rest(const uint64_t *level, int which, uint64_t n)
{
    uint64_t others = product(level, which);

    return others ? MAX(1, n / others) : 1;
}

/* Levels that were not given: cores take the rest, else sockets, else threads; the others are 1. */
static void fill_levels(struct topology *t)
{
    static const int preferred[] = { CORES, SOCKETS, THREADS };

    for (unsigned i = 0; t->max_cpus && i < ARRAY_SIZE(preferred); i++)
        if (!t->level[preferred[i]]) {
            t->level[preferred[i]] = rest(t->level, preferred[i], t->max_cpus);
            break;
        }
    for (int i = 0; i < LEVELS; i++)
        t->level[i] = MAX(1, t->level[i]);
}

/* All is known then, and agrees. */
static bool complete(struct topology *t, GError **err)
{
    if (!t->max_cpus)
        t->max_cpus = t->cpus;
    fill_levels(t);
    uint64_t n = product(t->level, -1);
    if (!t->max_cpus)
        t->max_cpus = n;
    if (n != t->max_cpus)
        return mismatch(t->level, t->max_cpus, err);
    if (n > MACHINE_MAX_CPUS) {
        fail(err, "%" PRIu64 " CPUs: expected at most %d", n, MACHINE_MAX_CPUS);
        return false;
    }
    if (!t->cpus)
        t->cpus = n;
    if (t->cpus > n) {
        fail(err, "cpus=%" PRIu64 " is more than maxcpus=%" PRIu64, t->cpus, n);
        return false;
    }
    return true;
}

bool smp_resolve(struct opts *o, struct machine_config *config, GError **err)
{
    struct topology t = { 0 };

    if (!take_topology(&t, o, err))
        return false;
    config->clusters_given = t.level[CLUSTERS];
    if (!complete(&t, err))
        return false;
    config->cpus = t.cpus;
    config->max_cpus = t.max_cpus;
    config->sockets = t.level[SOCKETS];
    config->dies = t.level[DIES];
    config->clusters = t.level[CLUSTERS];
    config->cores = t.level[CORES];
    config->threads = t.level[THREADS];
    return true;
}
