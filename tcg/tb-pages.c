/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of guest memory with translated code, and what follows from writes to them.
 *
 * A page becomes a code page before its bytes are read: its flag is set, no CPU keeps
 * a fast path for writes to it, and those that might be in the middle of such a write have been waited
 * for. From then on every write comes through tb_memory_written().
 */
#include "tb-int.h"

#include "cpus.h"

#define PATIENCE_MIN 16          /* writes beside the blocks of a page before they are dropped */
#define PATIENCE_MAX 4096

static GHashTable *pages; /* host page -> struct code_page */

void tb_pages_init(void)
{
    pages = g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

void tb_pages_fini(void)
{
    g_clear_pointer(&pages, g_hash_table_destroy);
}

unsigned tb_pages_count(void)
{
    return pages ? g_hash_table_size(pages) : 0;
}

/* -- Pages -- */

static uint8_t *page_flags(const uint8_t *host)
{
    struct ram_block *b = ram_block_of(host);

    return &b->page_flags[(host - b->host) / PAGE_SIZE];
}

struct code_page *tb_page_hold(struct cpu *cpu, uint8_t *host, uint32_t *writes)
{
    struct code_page *p;
    bool first;

    g_mutex_lock(&tcg_lock);
    p = g_hash_table_lookup(pages, host);
    if (!p) {
        p = g_new0(struct code_page, 1);
        p->host = host;
        p->patience = PATIENCE_MIN;
        g_hash_table_insert(pages, host, p);
    }
    p->building++;
    first = !(__atomic_fetch_or(page_flags(host), RAM_PAGE_CODE, __ATOMIC_SEQ_CST) & RAM_PAGE_CODE);
    if (first)
        __atomic_store_n(&p->ready, false, __ATOMIC_RELAXED);
    g_mutex_unlock(&tcg_lock);
    if (first) {
        if (mmu_protect(host, cpu))
            cpus_wait_safe(cpu);
        __atomic_store_n(&p->ready, true, __ATOMIC_RELEASE);
    } else {
        while (!__atomic_load_n(&p->ready, __ATOMIC_ACQUIRE))
            g_usleep(10);
    }
    *writes = __atomic_load_n(&p->writes, __ATOMIC_SEQ_CST);
    return p;
}

/* With tcg_lock held: without blocks and translations a page is ordinary memory again. */
static void page_settle(struct code_page *p)
{
    if (!p->first && !p->building) {
        p->lines = 0;
        __atomic_fetch_and(page_flags(p->host), ~RAM_PAGE_CODE, __ATOMIC_SEQ_CST);
    }
}

void tb_page_release(struct code_page *p)
{
    p->building--;
    page_settle(p);
}

struct code_page *tb_page_find(const uint8_t *guest)
{
    return g_hash_table_lookup(pages, (void *)((uintptr_t)guest & PAGE_MASK));
}

/* The bytes [*from, *to) of its page i that a block covers. */
static void tb_extent(const struct tb *tb, unsigned i, unsigned *from, unsigned *to)
{
    unsigned offset = (uintptr_t)tb->guest & ~PAGE_MASK;

    *from = i ? 0 : offset - tb_before(tb);
    *to = i ? offset + tb->guest_size - PAGE_SIZE : MIN(offset + tb->guest_size, PAGE_SIZE);
}

static uint64_t lines_of(const struct tb *tb, unsigned i)
{
    unsigned from, to;

    tb_extent(tb, i, &from, &to);
    return (~UINT64_C(0) << (from >> LINE_BITS)) & (~UINT64_C(0) >> (63 - ((to - 1) >> LINE_BITS)));
}

void tb_page_add(struct code_page *p, struct tb *tb, unsigned i)
{
    tb_ref self = ref_of(tb, i);

    tb->page_next[i] = p->first;
    tb->page_prev[i] = 0;
    if (p->first)
        ref_tb(p->first)->page_prev[ref_low(p->first)] = self;
    p->first = self;
    p->lines |= lines_of(tb, i);
}

/* The page's lines stay as they are: page_written() makes them anew when it finds them stale. */
void tb_page_remove(struct code_page *p, struct tb *tb, unsigned i)
{
    tb_ref next = tb->page_next[i], prev = tb->page_prev[i];

    if (prev)
        ref_tb(prev)->page_next[ref_low(prev)] = next;
    else
        p->first = next;
    if (next)
        ref_tb(next)->page_prev[ref_low(next)] = prev;
    page_settle(p);
}

bool tb_unwritten_since(const struct code_page *p, uint32_t writes, unsigned from, unsigned to)
{
    for (unsigned i = from >> LINE_BITS; i <= (to - 1) >> LINE_BITS; i++) {
        if ((int32_t)(p->written[i] - writes) > 0)
            return false;
    }
    return true;
}

/* -- Writes -- */

/*
 * Bytes [from, to) of the page were written. A page that is written beside its blocks again and again
 * holds data now: its blocks are dropped, so that it becomes ordinary memory. If they come back, the
 * page is given more time at each turn.
 */
static void page_written(struct code_page *p, unsigned from, unsigned to)
{
    uint64_t lines = (~UINT64_C(0) << (from >> LINE_BITS)) & (~UINT64_C(0) >> (63 - ((to - 1) >> LINE_BITS)));
    bool data = ++p->beside > p->patience;

    __atomic_store_n(&p->writes, p->writes + 1, __ATOMIC_SEQ_CST);
    for (unsigned i = from >> LINE_BITS; i <= (to - 1) >> LINE_BITS; i++)
        p->written[i] = p->writes;
    for (unsigned h = 0; h < ACCESS_HABITS; h++)
        __atomic_store_n(&p->habit[h], p->habit[h] & ~lines, __ATOMIC_RELAXED);
    if (!(p->lines & lines) && !data)
        return;
    p->lines = 0;
    for (tb_ref link = p->first; link;) {
        struct tb *tb = ref_tb(link);
        unsigned i = ref_low(link), start, end;
        tb_extent(tb, i, &start, &end);
        link = tb->page_next[i];
        if (data || (start < to && from < end)) {
            tb_invalidate(tb);
            link = p->first; /* a block may be in the list twice */
            p->lines = 0;
        } else {
            p->lines |= lines_of(tb, i);
        }
    }
    if (data) {
        p->beside = 0;
        p->patience = MIN(p->patience * 2, PATIENCE_MAX);
    }
}

void tb_memory_written(const uint8_t *host, size_t len)
{
    g_mutex_lock(&tcg_lock);
    while (len && pages) {
        uint8_t *page = (uint8_t *)((uintptr_t)host & PAGE_MASK);
        unsigned from = host - page;
        size_t n = MIN(len, PAGE_SIZE - from);
        struct code_page *p = g_hash_table_lookup(pages, page);
        if (p)
            page_written(p, from, from + n);
        host += n;
        len -= n;
    }
    g_mutex_unlock(&tcg_lock);
}
