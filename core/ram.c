/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host memory of guest RAM and ROM. All blocks lie in one window of 2^39 bytes of the host's address
 * space, and every alias of a block at a multiple of 2^40 from it is kept reserved without access:
 * the flat soft page table (tcg/mmu/layout.h) can then ignore the high bits of guest addresses, because an
 * access through an entry of another address that shares it hits such an alias and faults.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bus.h"
#include "opts.h"
#include "ram-source.h"

#define WINDOW_BASE RAM_WINDOW_BASE
#define WINDOW_SIZE (UINT64_C(1) << RAM_WINDOW_BITS)
#define ALIAS_STEP (2 * WINDOW_SIZE)
#define USER_END (UINT64_C(1) << 47)
#define PLACE_STEP (16 * MiB) /* between placements tried */
#define GUARD (64 * KiB)      /* after a block: no access */
#define SHARED_SPAN (64 * MiB)
#define SHARED_MAX (17 * MiB)  /* larger blocks have a span of their own */
#define SHARED_STEP (2 * MiB)  /* of the host's huge pages */

struct ram_block *ram_blocks;
static uint64_t next_place = PLACE_STEP; /* offset in the window; never 0, which has its alias at host address 0 */
static bool aliases_free = true;
static bool aliases_required;

/* Small blocks lie in one span, since to reserve one with its aliases takes 128 calls of the host. */
static struct {
    uint8_t *host;
    uint64_t used;   /* bytes */
    unsigned blocks; /* in it now */
    bool aliases;
} shared;

bool ram_aliases_reserved(void)
{
#ifdef MYNAH_SANITIZE
    return false; /* the shadow memory lies where aliases would */
#else
    return aliases_free;
#endif
}

void ram_require_aliases(void)
{
    aliases_required = true;
}

bool ram_in_window(hva host)
{
    return host - WINDOW_BASE < WINDOW_SIZE;
}

static void *reserve(uint64_t at, uint64_t len)
{
    void *p = mmap((void *)at, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
                   0);

    if (p != MAP_FAILED && p != (void *)at) { /* a kernel without MAP_FIXED_NOREPLACE */
        munmap(p, len);
        return MAP_FAILED;
    }
    return p;
}

/*
 * Reserve [offset, offset + len) of the window with all its aliases, or only the block itself. The highest alias is
 * tried first: that is where the kernel puts other mappings, so that a taken place costs one call and not hundreds.
 */
static void *place(uint64_t offset, uint64_t len, bool aliases)
{
    uint64_t host = WINDOW_BASE + offset, first = aliases ? host % ALIAS_STEP : host, last = first, at;

    while (aliases && last + ALIAS_STEP < USER_END)
        last += ALIAS_STEP;
    for (at = last; at + len <= USER_END && reserve(at, len) != MAP_FAILED; at -= ALIAS_STEP)
        if (at == first)
            return (void *)host;
    while (at != last) {
        at += ALIAS_STEP;
        munmap((void *)at, len);
    }
    return NULL;
}

/*
 * Between the parts of the address space that aliases may need: in the upper half of each ALIAS_STEP. A machine with
 * hundreds of CPUs has so many tables that, anywhere else, they would leave no place for RAM.
 */
void *ram_map_table(uint64_t size)
{
    static uint64_t next = WINDOW_SIZE;

    for (uint64_t tries = USER_END / 2 / size; tries; tries--) {
        uint64_t at = next;
        next += size;
        if (!(next & WINDOW_SIZE)) /* that half is used up */
            next += WINDOW_SIZE;
        if (next + size > USER_END)
            next = WINDOW_SIZE;
        errno = 0;
        if (reserve(at, size) == MAP_FAILED) {
            if (errno == ENOMEM)
                return NULL; /* a limit, not something in the way */
            continue;
        }
        if (!mprotect((void *)at, size, PROT_READ | PROT_WRITE))
            return (void *)at;
        munmap((void *)at, size);
        return NULL;
    }
    return NULL;
}

/* Undo place(), and get_memory(). */
static void unplace(const uint8_t *host, uint64_t len, bool aliases)
{
    uint64_t at = (uintptr_t)host;

    if (shared.host && (uint64_t)(host - shared.host) < SHARED_SPAN) {
        /* A host that refuses this keeps the memory: nothing refers to it. */
        mmap((void *)host, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        if (--shared.blocks == 0)
            shared.used = 0;
        return;
    }
    munmap((void *)host, len - GUARD); /* huge pages are unmapped as such or not at all */
    for (uint64_t a = aliases ? at % ALIAS_STEP : at; a < USER_END && (aliases || a == at); a += ALIAS_STEP)
        munmap((void *)a, len);
    next_place = MIN(next_place, at - WINDOW_BASE);
}

/* A place for so many bytes, without access; with aliases, which *aliases says, where these can be had. NULL: none. */
static uint8_t *find_place(uint64_t span, bool *aliases)
{
    *aliases = ram_aliases_reserved();
    for (;;) {
        for (uint64_t at = next_place; at + span <= WINDOW_SIZE; at += PLACE_STEP) {
            uint8_t *host = place(at, span, *aliases);
            if (host) {
                next_place = (at + span + PLACE_STEP - 1) / PLACE_STEP * PLACE_STEP;
                return host;
            }
        }
        if (aliases_required)
            return NULL;
        aliases_free = false;
        if (!*aliases)
            return NULL;
        *aliases = false;
    }
}

/* The same within the span that small blocks share; a new one where it is full, whose blocks then are as if alone. */
static uint8_t *find_shared(uint64_t span, bool *aliases)
{
    if (!shared.host || span > SHARED_SPAN - shared.used) {
        shared.host = find_place(SHARED_SPAN, &shared.aliases);
        shared.used = shared.blocks = 0;
    }
    if (!shared.host)
        return NULL;
    uint8_t *host = shared.host + shared.used;
    shared.used += (span + SHARED_STEP - 1) / SHARED_STEP * SHARED_STEP;
    shared.blocks++;
    *aliases = shared.aliases;
    return host;
}

static bool map_sources(struct ram_block *b, const struct ram_source *const *sources, unsigned n, GError **err)
{
    uint64_t at = 0, sum = 0;

    for (unsigned i = 0; i < n; i++)
        sum += sources[i]->size ? sources[i]->size : b->size;
    if (sum != b->size) {
        fail(err, "%s: the machine has %" G_GUINT64_FORMAT " KiB of memory, what it is to be made of has %"
             G_GUINT64_FORMAT, b->name, (guint64)(b->size / KiB), (guint64)(sum / KiB));
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        uint64_t len = sources[i]->size ? sources[i]->size : b->size;
        if (!ram_source_map(sources[i], b->name, b->host + at, len, err))
            return false;
        at += len;
    }
    return true;
}

/* The block's host memory; b->aliases too. */
static bool get_memory(struct ram_block *b, const struct ram_source *const *sources, unsigned n, GError **err)
{
    uint64_t span = b->size + GUARD;

    b->host = n == 0 && span <= SHARED_MAX ? find_shared(span, &b->aliases) : find_place(span, &b->aliases);
    if (b->host && n > 0) {
        for (unsigned i = 0; i < n; i++)
            b->given |= sources[i]->fd >= 0 || sources[i]->share;
        if (map_sources(b, sources, n, err))
            return true;
        unplace(b->host, span, b->aliases);
        return false;
    }
    if (!b->host || mprotect(b->host, b->size, PROT_READ | PROT_WRITE)) {
        fail(err, "%s: cannot get %" G_GUINT64_FORMAT " MiB of memory: %s", b->name, (guint64)(b->size / MiB),
             b->host ? strerror(errno) : "the host has no such range of addresses free");
        if (b->host)
            unplace(b->host, span, b->aliases);
        return false;
    }
    madvise(b->host, b->size, MADV_HUGEPAGE);
    madvise(b->host, b->size, MADV_DONTDUMP);
    return true;
}

static bool get_page_flags(struct ram_block *b, GError **err)
{
    b->page_flags =
        mmap(NULL, b->size / PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (b->page_flags != MAP_FAILED)
        return true;
    fail(err, "%s: cannot get memory for page flags: %s", b->name, strerror(errno));
    unplace(b->host, b->size + GUARD, b->aliases);
    return false;
}

struct ram_block *ram_block_new(const char *name, uint64_t size, GError **err)
{
    return ram_block_of_sources(name, size, NULL, 0, err);
}

struct ram_block *ram_block_of_sources(const char *name, uint64_t size, const struct ram_source *const *sources,
                                       unsigned n, GError **err)
{
    uint64_t len = (size + PAGE_SIZE - 1) & PAGE_MASK;

    if (len < size || len + GUARD > WINDOW_SIZE) {
        fail(err, "%s: %" G_GUINT64_FORMAT " bytes of guest memory: at most %" G_GUINT64_FORMAT " GiB can be had", name,
             size, (guint64)(WINDOW_SIZE / GiB - 1));
        return NULL;
    }
    struct ram_block *b = g_new0(struct ram_block, 1);
    b->name = g_strdup(name);
    b->size = len;
    if (!get_memory(b, sources, n, err) || !get_page_flags(b, err)) {
        g_free(b->name);
        g_free(b);
        return NULL;
    }
    b->next = ram_blocks;
    ram_blocks = b;
    return b;
}

void ram_block_free(struct ram_block *b)
{
    struct ram_block **link = &ram_blocks;

    while (*link != b)
        link = &(*link)->next;
    *link = b->next;
    munmap(b->page_flags, b->size / PAGE_SIZE);
    unplace(b->host, b->size + GUARD, b->aliases);
    g_free(b->name);
    g_free(b);
}

struct ram_block *ram_block_of(const uint8_t *host)
{
    for (struct ram_block *b = ram_blocks; b; b = b->next) {
        if ((size_t)(host - b->host) < b->size)
            return b;
    }
    return NULL;
}

/* -- What was touched: /proc/self/pagemap has 64 bits a page, of which the upper two say that there is something -- */

#define PAGEMAP_THERE (UINT64_C(3) << 62)
#define PAGEMAP_CHUNK 512 /* entries read at a time */

/* Entries of up to PAGEMAP_CHUNK pages from at on; their number, 0 where the host does not say. */
static unsigned read_pagemap(const struct ram_block *b, uint64_t at, uint64_t *entries)
{
    static int fd = -2;
    size_t want = MIN((b->size - at) / PAGE_SIZE, PAGEMAP_CHUNK) * 8;

    if (fd == -2)
        fd = sysconf(_SC_PAGESIZE) == PAGE_SIZE ? open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd < 0 ? -1 : pread(fd, entries, want, ((uintptr_t)b->host + at) / PAGE_SIZE * 8);
    return n > 0 ? n / 8 : 0;
}

bool ram_next_run(const struct ram_block *b, struct ram_run *run)
{
    uint64_t entries[PAGEMAP_CHUNK], at = run->end;
    bool found = false;

    while (at < b->size) {
        unsigned n = b->given ? 0 : read_pagemap(b, at, entries);
        if (n == 0) { /* all that is left may have been touched */
            run->start = found ? run->start : at;
            run->end = b->size;
            return true;
        }
        for (unsigned i = 0; i < n; i++, at += PAGE_SIZE) {
            bool there = entries[i] & PAGEMAP_THERE;
            if (there && !found)
                run->start = at;
            found |= there;
            if (found && !there) {
                run->end = at;
                return true;
            }
        }
    }
    run->end = b->size;
    return found;
}

bool ram_is_zero(const uint8_t *page)
{
    /* The first word is, and each equals the one before it. */
    return !*(const uint64_t *)page && !memcmp(page, page + 8, PAGE_SIZE - 8);
}

void ram_clear(struct ram_block *b, uint64_t start, uint64_t end)
{
    if (start < end && madvise(b->host + start, end - start, b->given ? MADV_REMOVE : MADV_DONTNEED))
        memset(b->host + start, 0, end - start);
}
