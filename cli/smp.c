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

bool smp_resolve(struct opts *o, struct machine_config *config, GError **err)
{
    uint64_t cpus = 0, max_cpus = 0, level[LEVELS] = { 0 }, n;

    if (!opts_take_uint(o, "cpus", 1, MACHINE_MAX_CPUS, &cpus, err) ||
        !opts_take_uint(o, "maxcpus", 1, MACHINE_MAX_CPUS, &max_cpus, err))
        return false;
    for (int i = 0; i < LEVELS; i++)
        if (!opts_take_uint(o, names[i], 1, MACHINE_MAX_CPUS, &level[i], err))
            return false;
    for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
        n = 1;
        if (!opts_take_uint(o, absent[i], 1, MACHINE_MAX_CPUS, &n, err))
            return false;
        if (n > 1) {
            fail(err, "%s=%" PRIu64 ": no machine here has %s", absent[i], n, absent[i]);
            return false;
        }
    }
    if (!opts_done(o, "-smp", err))
        return false;

    if (!max_cpus)
        max_cpus = cpus;
    uint64_t want = max_cpus ? max_cpus : 1;
    if (max_cpus && !level[CORES])
        level[CORES] = MAX(1, product(level, CORES) ? want / product(level, CORES) : 0);
    else if (max_cpus && !level[SOCKETS])
        level[SOCKETS] = MAX(1, product(level, SOCKETS) ? want / product(level, SOCKETS) : 0);
    else if (max_cpus && !level[THREADS])
        level[THREADS] = MAX(1, product(level, THREADS) ? want / product(level, THREADS) : 0);
    for (int i = 0; i < LEVELS; i++)
        level[i] = MAX(1, level[i]);
    n = product(level, -1);
    if (!max_cpus)
        max_cpus = n;
    if (n != max_cpus)
        return mismatch(level, max_cpus, err);
    if (max_cpus > MACHINE_MAX_CPUS) {
        fail(err, "%" PRIu64 " CPUs: expected at most %d", max_cpus, MACHINE_MAX_CPUS);
        return false;
    }
    if (!cpus)
        cpus = max_cpus;
    if (cpus > max_cpus) {
        fail(err, "cpus=%" PRIu64 " is more than maxcpus=%" PRIu64, cpus, max_cpus);
        return false;
    }
    config->cpus = (unsigned)cpus;
    config->max_cpus = (unsigned)max_cpus;
    config->sockets = (unsigned)level[SOCKETS];
    config->dies = (unsigned)level[DIES];
    config->clusters = (unsigned)level[CLUSTERS];
    config->cores = (unsigned)level[CORES];
    config->threads = (unsigned)level[THREADS];
    return true;
}
