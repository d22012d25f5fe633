/* SPDX-License-Identifier: BSD-2-Clause */
/* Modes and their numbers: see cpu-mode.h. */
#include "cpu.h"

#define BUCKETS 4096

/* Modes of CPUs of one architecture and one set of features have numbers of their own. */
struct interned {
    const struct cpu_arch *arch;
    unsigned feature_set;
    struct cpu_mode mode;
    uint32_t number;
    struct interned *next;
};

/*
 * The lock, under which no other is taken, guards these. No GHashTable: it computes in floating point, and a guest's
 * flags may be loaded.
 */
static GMutex lock;
static struct interned *buckets[BUCKETS];
static uint32_t count;

static bool same_mode(struct cpu_mode a, struct cpu_mode b)
{
    return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}

static struct interned **bucket_of(const struct cpu_arch *arch, unsigned feature_set, struct cpu_mode mode)
{
    uint64_t h = (uintptr_t)arch ^ feature_set;

    for (unsigned i = 0; i < CPU_MODE_WORDS; i++)
        h = (h ^ mode.word[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return &buckets[h >> 32 & (BUCKETS - 1)];
}

/* Numbers are never 0 and never given up. */
uint32_t cpu_mode_number(const struct cpu_arch *arch, unsigned feature_set, struct cpu_mode mode)
{
    struct interned **bucket = bucket_of(arch, feature_set, mode), *m;

    g_mutex_lock(&lock);
    for (m = *bucket; m; m = m->next) {
        if (m->arch == arch && m->feature_set == feature_set && same_mode(m->mode, mode))
            break;
    }
    if (!m) {
        m = g_new(struct interned, 1);
        *m = (struct interned){ arch, feature_set, mode, ++count, *bucket };
        *bucket = m;
        if (count >> CPU_MODE_BITS)
            g_error("more than %d modes of CPUs", 1 << CPU_MODE_BITS);
    }
    uint32_t number = m->number;
    g_mutex_unlock(&lock);
    return number;
}

/* A mode that the CPU was not in lately: remember it. */
static void __attribute__((noinline)) learn(struct cpu *cpu, struct cpu_mode_memo *m, uint64_t word0, uint64_t word1)
{
    struct cpu_mode mode = { .word = { word0, word1 } };

    *m = (struct cpu_mode_memo){ .mode = mode, .number = cpu_mode_number(cpu->arch, cpu->feature_set, mode) };
}

/*
 * By the low bits, which are to be those that change most: two modes between which a guest goes at each turn must not
 * share a place.
 */
static unsigned memo_index(uint64_t word0, uint64_t word1)
{
    uint64_t h = word0 ^ word1 * 5;

    return (h ^ h >> 6 ^ h >> 12 ^ h >> 24) % CPU_MODE_MEMO;
}

void cpu_set_mode(struct cpu *cpu, uint64_t word0, uint64_t word1)
{
    struct cpu_mode_memo *m = &cpu->mode_memo[memo_index(word0, word1)];

    if (unlikely(!m->number || m->mode.word[0] != word0 || m->mode.word[1] != word1))
        learn(cpu, m, word0, word1);
    cpu->mode.word[0] = word0;
    cpu->mode.word[1] = word1;
    cpu->key = (cpu->key & ~KEY_MODE_MASK) | m->number;
}
