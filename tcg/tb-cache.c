/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Room for blocks and their host code: regions of the code cache, used up one after another and emptied oldest first. A
 * block is made in room that was reserved for it, without a lock; regions are given to others when none is under way.
 */
#include "tb-int.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "cpus.h"

#define REGIONS 8
#define REGION_TBS (256 * 1024)  /* blocks in a region at most ... */
#define REGION_JUMPS (512 * 1024) /* ... and exits */
#define DEFAULT_CACHE_MIB 128
#define ROOM_MIN 512             /* bytes that are worth a try */

struct code_region {
    size_t start, end, used;  /* offsets in code_cache; without host code a budget of bytes */
    struct tb *tbs;       /* REGION_TBS of them, the first ntbs in use; in order of address */
    uint32_t ntbs;
    unsigned making;      /* blocks under way in it; atomic */
    uint32_t njumps;      /* of the REGION_JUMPS from its number on in tb_jumps */
};

struct tb *tbs;
static size_t jumps_bytes;
static struct code_region regions[REGIONS];
static unsigned current_region;
static bool evicting;
static size_t once_start;

_Static_assert(TB_JUMPS <= 4 && (uint64_t)REGIONS * REGION_TBS < UINT64_C(1) << 29, "a block's number and its exit's fit");

/* The blocks and their exits: pages of them come to be as they are used. */
#define TBS_BYTES ((size_t)REGIONS * REGION_TBS * sizeof(struct tb))
/* Behind them those of the CPUs' blocks that are not kept. */
#define ONCE_JUMPS ((uint32_t)REGIONS * REGION_JUMPS)

static void *lists_map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

size_t tb_cache_bytes(void)
{
    return (size_t)(tcg_config.tb_size_mib ? tcg_config.tb_size_mib : DEFAULT_CACHE_MIB) * MiB;
}

bool tb_init(const char **why)
{
    size_t bytes = tb_cache_bytes();
    size_t start = 0;

    tb_pages_init();
    if (code_backend->init) {
        if (!code_cache_init(bytes + cpu_count * ONCE_BYTES, why))
            return false;
        for (unsigned i = 0; i < cpu_count; i++) { /* once for each table of registers */
            unsigned before = 0;
            while (before < i && cpu_list[before]->regs != cpu_list[i]->regs)
                before++;
            struct code_buf buf = { code_cache.rw + start, code_cache.rx + start, code_cache.size - start };
            size_t used = before == i ? code_backend->init(cpu_list[i]->arch, cpu_list[i]->regs, buf, why) : 0;
            if (before == i && !used)
                return false;
            start += used;
        }
        once_start = (start + 63) & ~(size_t)63;
        for (unsigned i = 0; i < cpu_count; i++) {
            size_t at = once_start + i * ONCE_BYTES;
            cpu_list[i]->engine->once_buf = (struct code_buf){ code_cache.rw + at, code_cache.rx + at, ONCE_BYTES };
        }
        start = once_start + cpu_count * ONCE_BYTES;
        bytes = code_cache.size;
        code_faults_init();
    } else {
        for (unsigned i = 0; i < cpu_count; i++)
            cpu_list[i]->engine->once_buf.size = SIZE_MAX;
    }
    tbs = lists_map(TBS_BYTES);
    jumps_bytes = (ONCE_JUMPS + (size_t)TB_JUMPS * cpu_count) * sizeof(struct tb_jump);
    tb_jumps = lists_map(jumps_bytes);
    if (!tbs || !tb_jumps) {
        *why = "no memory for the list of blocks";
        return false;
    }
    for (unsigned i = 0; i < REGIONS; i++) {
        struct code_region *r = &regions[i];
        r->start = start + (bytes - start) / REGIONS / 64 * 64 * i;
        r->end = r->start + (bytes - start) / REGIONS / 64 * 64;
        r->used = r->start;
        r->tbs = tbs + (size_t)i * REGION_TBS;
    }
    return true;
}

uint32_t tb_once_jumps(const struct cpu *cpu)
{
    return ONCE_JUMPS + TB_JUMPS * cpu->index;
}

/* -- Reservation -- */

bool tb_reserve(struct tb_room *room, size_t bytes)
{
    struct code_region *r = &regions[current_region];
    size_t left = r->end - r->used;
    struct tb *tb = &r->tbs[r->ntbs];

    if (evicting || r->ntbs == REGION_TBS || r->njumps + TB_JUMPS > REGION_JUMPS || left < ROOM_MIN)
        return false;
    bytes = MIN((bytes + 63) & ~(size_t)63, left);
    *room = (struct tb_room){ .region = r, .tb = tb, .start = r->used, .end = r->used + bytes };
    r->used = room->end;
    __atomic_fetch_add(&r->making, 1, __ATOMIC_RELAXED);
    memset(tb, 0, sizeof(*tb));
    tb->hash_next = TB_INVALID;
    tb->jumps = current_region * REGION_JUMPS + r->njumps;
    r->njumps += TB_JUMPS;
    if (code_cache.size)
        tb->code = code_cache.rx + room->start; /* for tb_of_code(): blocks are in order of address */
    __atomic_store_n(&r->ntbs, r->ntbs + 1, __ATOMIC_RELEASE);
    return true;
}

/*
 * What the block has not used is the next one's if none was reserved meanwhile, be it given up by now: its number stays
 * taken, and blocks are in order of address.
 */
void tb_settle(const struct tb_room *room, size_t used)
{
    struct code_region *r = room->region;
    uint32_t jumps = room->tb->jumps % REGION_JUMPS;

    if (room->tb == &r->tbs[r->ntbs - 1])
        r->used = room->start + used;
    if (r->njumps == jumps + TB_JUMPS)
        r->njumps = jumps + (used ? room->tb->njumps : 0);
    __atomic_fetch_sub(&r->making, 1, __ATOMIC_RELEASE);
}

bool tb_room_is_last(const struct tb_room *room)
{
    return room->end == room->region->end;
}

bool tb_room_is_lost(const struct tb_room *room)
{
    return evicting && room->region == &regions[(current_region + 1) % REGIONS];
}

/* -- Eviction -- */

/* What the first n blocks of the region were made into beside the code is given back. */
static void release_all(struct code_region *r, uint32_t n)
{
    for (uint32_t i = 0; i < n && code_backend->release; i++) {
        if (r->tbs[i].code)
            code_backend->release(&r->tbs[i]);
    }
}

void tb_evict_next(struct cpu *cpu)
{
    struct code_region *r;

    g_mutex_lock(&tcg_lock);
    if (evicting) { /* by another CPU: it waits for us, so wait without the lock */
        g_mutex_unlock(&tcg_lock);
        while (__atomic_load_n(&evicting, __ATOMIC_ACQUIRE))
            g_usleep(20);
        return;
    }
    __atomic_store_n(&evicting, true, __ATOMIC_RELAXED); /* others read it without the lock */
    r = &regions[(current_region + 1) % REGIONS];
    for (uint32_t i = 0; i < r->ntbs; i++)
        tb_invalidate(&r->tbs[i]);
    g_mutex_unlock(&tcg_lock);
    while (__atomic_load_n(&r->making, __ATOMIC_ACQUIRE))
        g_usleep(20);
    if (r->ntbs) {
        cpus_wait_safe(cpu);
        cpu->engine->stats.evictions++;
    }
    g_mutex_lock(&tcg_lock);
    uint32_t n = r->ntbs;
    __atomic_store_n(&r->ntbs, 0, __ATOMIC_RELEASE);
    release_all(r, n);
    r->used = r->start;
    r->njumps = 0;
    current_region = (current_region + 1) % REGIONS;
    __atomic_store_n(&evicting, false, __ATOMIC_RELEASE);
    g_mutex_unlock(&tcg_lock);
}

void tb_fini(void)
{
    if (!tbs)
        return; /* nothing was set up */
    for (unsigned i = 0; i < REGIONS; i++) {
        struct code_region *r = &regions[i];
        release_all(r, r->ntbs);
        *r = (struct code_region){ 0 };
    }
    if (tbs)
        munmap(tbs, TBS_BYTES);
    if (tb_jumps)
        munmap(tb_jumps, jumps_bytes);
    tbs = NULL;
    tb_jumps = NULL;
    tb_forget_table();
    tb_pages_fini();
}

/* -- Questions -- */

/* Of a block under way too: compiling it writes what is there already. */
static uintptr_t code_of(const struct tb *tb)
{
    return (uintptr_t)__atomic_load_n(&tb->code, __ATOMIC_RELAXED);
}

struct tb *tb_of_code(uintptr_t rx)
{
    size_t offset = rx - (uintptr_t)code_cache.rx;

    if (offset >= code_cache.size)
        return NULL;
    if (offset < regions[0].start) {
        size_t i = (offset - once_start) / ONCE_BYTES;
        return offset >= once_start && i < cpu_count ? &cpu_list[i]->engine->once : NULL;
    }
    for (unsigned k = 0; k < REGIONS; k++) {
        struct code_region *r = &regions[k];
        if (offset < r->start || offset >= r->end)
            continue;
        uint32_t lo = 0, hi = __atomic_load_n(&r->ntbs, __ATOMIC_ACQUIRE);
        while (lo < hi) {
            uint32_t mid = (lo + hi) / 2;
            if (code_of(&r->tbs[mid]) <= rx)
                lo = mid + 1;
            else
                hi = mid;
        }
        if (!lo)
            return NULL;
        /* One whose code runs was complete before, by whichever chain it was reached; others may be under way. */
        struct tb *tb = &r->tbs[lo - 1];
        return rx - code_of(tb) < __atomic_load_n(&tb->code_size, __ATOMIC_RELAXED) ? tb : NULL;
    }
    return NULL;
}

void tb_info(GString *out)
{
    size_t used = 0, total = 0;

    g_mutex_lock(&tcg_lock);
    for (unsigned i = 0; i < REGIONS; i++) {
        used += regions[i].used - regions[i].start;
        total += regions[i].end - regions[i].start;
    }
    g_string_append_printf(out, "code cache          %zu KiB used of %zu KiB in %d regions\n", used / 1024, total / 1024,
                           REGIONS);
    g_string_append_printf(out, "blocks              %" PRIu64 ", %" PRIu64 " invalidated, %" PRIu64 " jumps chained\n",
                           tb_nvalid, tb_ninvalidated, tb_nchained);
    g_string_append_printf(out, "code pages          %u\n", tb_pages_count());
    g_mutex_unlock(&tcg_lock);
}
