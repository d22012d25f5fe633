/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation blocks: made, found, chained, dropped when their guest code is written, and evicted region by region
 * when the code cache is full.
 *
 * A page of guest memory becomes a code page before its bytes are read: its flag is set, no CPU keeps
 * a fast path for writes to it, and those that might be in the middle of such a write have been waited
 * for. From then on every write comes through tb_memory_written().
 */
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "engine.h"
#include "log.h"
#include "symbols.h"

#define HASH_BITS 18
#define REGIONS 8
#define REGION_TBS (256 * 1024)  /* blocks in a region at most ... */
#define REGION_JUMPS (512 * 1024) /* ... and exits */
#define ONCE_BYTES (32 * KiB)    /* of host code for a CPU's block that is not kept */
#define DEFAULT_CACHE_MIB 128
#define LINE_BITS 6              /* a code page keeps one bit for 64 bytes */
#define PATIENCE_MIN 16          /* writes beside the blocks of a page before they are dropped */
#define PATIENCE_MAX 4096
#define MAX_INSNS 64             /* of a block */
#define SAMPLES 3                /* jumps back looked at, of those to a block, before it is made as a loop */

GMutex tcg_lock;

/* A page of guest memory that has, or is getting, translated code. */
struct code_page {
    uint8_t *host;
    tb_ref first;         /* blocks, with which of its pages this is */
    uint64_t lines;       /* with translated bytes */
    unsigned building;    /* translations under way */
    uint32_t writes;      /* counts writes */
    uint32_t written[PAGE_SIZE >> LINE_BITS]; /* the last one to a line: what was read before must be read again */
    unsigned beside;      /* writes since its blocks were last dropped ... */
    unsigned patience;    /* ... and how many it takes to drop them all */
    bool ready;           /* no CPU can write by its fast path any more */
};

struct code_region {
    size_t start, end, used;  /* offsets in code_cache; without host code a budget of bytes */
    struct tb *tbs;       /* REGION_TBS of them, the first ntbs in use; in order of address */
    uint32_t ntbs;
    uint32_t njumps;      /* of the REGION_JUMPS from its number on in tb_jumps */
};

static size_t jumps_bytes;
static struct tb *tbs;    /* of all regions */
static tb_ref table[1 << HASH_BITS];
static GHashTable *pages; /* host page -> struct code_page */
static struct code_region regions[REGIONS];
static unsigned current_region;
static bool evicting;
static size_t once_start;
static uint64_t nvalid;

/* The blocks and their exits: pages of them come to be as they are used. */
#define TBS_BYTES ((size_t)REGIONS * REGION_TBS * sizeof(struct tb))
/* Behind them those of the CPUs' blocks that are not kept. */
#define ONCE_JUMPS ((uint32_t)REGIONS * REGION_JUMPS)

static void *lists_map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

bool tb_init(const char **why)
{
    size_t bytes = (size_t)(tcg_config.tb_size_mib ? tcg_config.tb_size_mib : DEFAULT_CACHE_MIB) * MiB;
    size_t start = 0;

    pages = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    if (code_backend->init) {
        if (!code_cache_init(bytes + cpu_count * ONCE_BYTES, why))
            return false;
        for (unsigned i = 0; i < cpu_count; i++) { /* once for each architecture */
            unsigned before = 0;
            while (before < i && cpu_list[before]->arch != cpu_list[i]->arch)
                before++;
            struct code_buf buf = { code_cache.rw + start, code_cache.rx + start, code_cache.size - start };
            size_t used = before == i ? code_backend->init(cpu_list[i]->arch, buf, why) : 0;
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

/* -- References -- */

static tb_ref ref_of(const struct tb *tb, unsigned low)
{
    return (uint32_t)(tb - tbs + 1) << 2 | low;
}

static struct tb *ref_tb(tb_ref ref)
{
    return ref ? &tbs[(ref >> 2) - 1] : NULL;
}

static unsigned ref_low(tb_ref ref)
{
    return ref & 3;
}

_Static_assert(TB_JUMPS <= 4 && (uint64_t)REGIONS * REGION_TBS < UINT64_C(1) << 29, "a block's number and its exit's fit");

static unsigned page_offset(const struct tb *tb)
{
    return (uintptr_t)tb->guest & ~PAGE_MASK;
}

/* -- Look-up -- */

static uint32_t hash_of(const uint8_t *guest, uint32_t key)
{
    uint64_t h = (uintptr_t)guest ^ (uint64_t)key << 40 ^ key;

    h *= UINT64_C(0x9e3779b97f4a7c15);
    return h >> (64 - HASH_BITS);
}

static gva next_page(const struct cpu *cpu, gva va)
{
    return ((va & PAGE_MASK) + PAGE_SIZE) & cpu->va_mask;
}

/* The CPU may enter the block at pc, where its guest code is mapped now, without asking. */
static void jump_cache_insert(struct cpu *cpu, gva pc, struct tb *tb)
{
    struct jump_line *line = jump_line(cpu, pc);
    uint64_t tag = (uint64_t)cpu->exec_gen << 32 | cpu->key;

    if (line->way[0].page != (pc & PAGE_MASK) || line->way[0].tag != tag)
        line->way[1] = line->way[0];
    line->way[0] = (struct jump_way){ pc & PAGE_MASK, tag, tb->code, tb };
    mmu_note_executed(cpu, pc);
    if (tb->guest2)
        mmu_note_executed(cpu, next_page(cpu, pc));
}

static struct tb *find_locked(const uint8_t *guest, uint32_t key, const uint8_t *guest2, bool any_second)
{
    for (struct tb *tb = ref_tb(table[hash_of(guest, key)]); tb; tb = ref_tb(tb->hash_next)) {
        if (tb->guest == guest && tb->key == key && (any_second || tb->guest2 == guest2))
            return tb;
    }
    return NULL;
}

struct tb *tb_find(struct cpu *cpu)
{
    gva pc = cpu->pc;
    struct mmu_slow t = mmu_fetch(cpu, pc);
    struct tb *tb;

    if (!t.host || t.split)
        return NULL;
    const uint8_t *guest = t.host + (pc & ~PAGE_MASK);
    g_mutex_lock(&tcg_lock);
    tb = find_locked(guest, cpu->key, NULL, true);
    if (tb && tb->guest2) { /* the second page must be the one it was made for */
        g_mutex_unlock(&tcg_lock);
        struct mmu_slow t2 = mmu_fetch(cpu, next_page(cpu, pc));
        g_mutex_lock(&tcg_lock);
        tb = t2.host && !t2.split ? find_locked(guest, cpu->key, t2.host, false) : NULL;
    }
    if (tb)
        jump_cache_insert(cpu, pc, tb);
    g_mutex_unlock(&tcg_lock);
    return tb;
}

/* -- Pages -- */

static uint8_t *page_flags(const uint8_t *host)
{
    struct ram_block *b = ram_block_of(host);

    return &b->page_flags[(host - b->host) / PAGE_SIZE];
}

/* Make the host page a code page and keep it one until page_release(). The caller is at a safe point. */
static struct code_page *page_hold(struct cpu *cpu, uint8_t *host, uint32_t *writes)
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

static void release_pages(struct engine_cpu *e)
{
    for (unsigned i = 0; i < 2; i++) {
        if (e->building[i]) {
            e->building[i]->building--;
            page_settle(e->building[i]);
            e->building[i] = NULL;
        }
    }
}

void tb_abandon(struct cpu *cpu)
{
    if (!cpu->engine->building[0])
        return;
    g_mutex_lock(&tcg_lock);
    release_pages(cpu->engine);
    g_mutex_unlock(&tcg_lock);
}

/* The bytes [*from, *to) of its page i that a block covers. */
static void tb_extent(const struct tb *tb, unsigned i, unsigned *from, unsigned *to)
{
    unsigned offset = (uintptr_t)tb->guest & ~PAGE_MASK;

    *from = i ? 0 : offset;
    *to = i ? offset + tb->guest_size - PAGE_SIZE : MIN(offset + tb->guest_size, PAGE_SIZE);
}

static uint64_t lines_of(const struct tb *tb, unsigned i)
{
    unsigned from, to;

    tb_extent(tb, i, &from, &to);
    return (~UINT64_C(0) << (from >> LINE_BITS)) & (~UINT64_C(0) >> (63 - ((to - 1) >> LINE_BITS)));
}

static void page_add(struct code_page *p, struct tb *tb, unsigned i)
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
static void page_remove(struct code_page *p, struct tb *tb, unsigned i)
{
    tb_ref next = tb->page_next[i], prev = tb->page_prev[i];

    if (prev)
        ref_tb(prev)->page_next[ref_low(prev)] = next;
    else
        p->first = next;
    if (next)
        ref_tb(next)->page_prev[ref_low(next)] = prev;
}

/* -- Chains -- */

static struct tb_jump *ref_jump(tb_ref ref)
{
    return tb_jump(ref_tb(ref), ref_low(ref));
}

static void unlink_jump(struct tb *from, unsigned slot)
{
    struct tb_jump *j = tb_jump(from, slot);
    tb_ref *link = &ref_tb(j->to)->in;

    while (*link != ref_of(from, slot))
        link = &ref_jump(*link)->next_in;
    *link = j->next_in;
    j->to = 0;
}

/*
 * Blocks under this key may be made as loops: their instructions are not counted, nothing asks to see each turn, and
 * blocks may have more than one instruction.
 */
static bool may_be_loop(uint32_t key)
{
    return code_backend->patch && !tcg_config.one_insn && !(key & (KEY_ICOUNT | KEY_STEP | KEY_NOCHAIN | KEY_BREAK));
}

void tb_forget_jumps(struct cpu *cpu)
{
    g_mutex_lock(&tcg_lock);
    memset((char *)cpu + JUMP_CACHE, 0xff, JUMP_BYTES);
    g_mutex_unlock(&tcg_lock);
}

void tb_chain(struct tb *from, unsigned slot, struct tb *to)
{
    struct tb_jump *j = tb_jump(from, slot);

    /* At another address of the page the loop may have to stop between the two. */
    if (to->once || to->guest2 || from->once || from->key != to->key ||
        ((to->key & KEY_BREAK) && breakpoint_offset(page_offset(to))))
        return;
    g_mutex_lock(&tcg_lock);
    if (from->hash_next != TB_INVALID && to->hash_next != TB_INVALID && !j->to && j->offset == page_offset(to) &&
        !(((uintptr_t)from->guest ^ (uintptr_t)to->guest) & PAGE_MASK)) {
        j->to = ref_of(to, 0);
        j->next_in = to->in;
        to->in = ref_of(from, slot);
        code_backend->patch(from, slot, to->code);
    }
    g_mutex_unlock(&tcg_lock);
}

/* -- Dropping -- */

/* Wherever its page is mapped. */
static void jump_cache_remove(struct cpu *cpu, const struct tb *tb)
{
    for (gva va = page_offset(tb); va < JUMP_LINES * 2; va += PAGE_SIZE) {
        struct jump_line *line = jump_line(cpu, va);
        for (unsigned w = 0; w < 2; w++) {
            if (line->way[w].tb == tb)
                __atomic_store_n(&line->way[w].page, ~UINT64_C(0), __ATOMIC_RELAXED);
        }
    }
}

/* With tcg_lock held. The code stays until its region is evicted: a CPU may be running it. */
static void invalidate(struct tb *tb)
{
    if (tb->hash_next == TB_INVALID)
        return;
    nvalid--;
    tb_ref *link = &table[hash_of(tb->guest, tb->key)];
    while (*link != ref_of(tb, 0))
        link = &ref_tb(*link)->hash_next;
    *link = tb->hash_next;
    tb->hash_next = TB_INVALID;
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *g = i ? tb->guest2 : tb->guest;
        struct code_page *p = g ? g_hash_table_lookup(pages, (void *)((uintptr_t)g & PAGE_MASK)) : NULL;
        if (p) {
            page_remove(p, tb, i);
            page_settle(p);
        }
    }
    for (unsigned slot = 0; slot < tb->njumps; slot++) {
        if (tb_jump(tb, slot)->to)
            unlink_jump(tb, slot);
    }
    while (tb->in) {
        struct tb *from = ref_tb(tb->in);
        unsigned slot = ref_low(tb->in);
        unlink_jump(from, slot);
        code_backend->patch(from, slot, NULL);
    }
    for (unsigned c = 0; c < cpu_count; c++) {
        if (tb->loops)
            __atomic_store_n(&cpu_list[c]->exit_request, EXIT_REQUESTED, __ATOMIC_SEQ_CST);
        jump_cache_remove(cpu_list[c], tb);
    }
}

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
    if (!(p->lines & lines) && !data)
        return;
    p->lines = 0;
    for (tb_ref link = p->first; link;) {
        struct tb *tb = ref_tb(link);
        unsigned i = ref_low(link), start, end;
        tb_extent(tb, i, &start, &end);
        link = tb->page_next[i];
        if (data || (start < to && from < end)) {
            invalidate(tb);
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

void tb_invalidate_breakable(gva va)
{
    unsigned offset = va & ~PAGE_MASK;

    g_mutex_lock(&tcg_lock);
    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        for (struct tb *tb = ref_tb(table[i]), *next; tb; tb = next) {
            next = ref_tb(tb->hash_next);
            if ((tb->key & KEY_BREAK) && ((offset - page_offset(tb)) & ~PAGE_MASK) < tb->guest_size)
                invalidate(tb);
        }
    }
    g_mutex_unlock(&tcg_lock);
}

/* What the first n blocks of the region were made into beside the code is given back. */
static void release_all(struct code_region *r, uint32_t n)
{
    for (uint32_t i = 0; i < n && code_backend->release; i++)
        code_backend->release(&r->tbs[i]);
}

/* Empty the next region and make it current. The caller is at a safe point, without tcg_lock. */
static void evict_next(struct cpu *cpu)
{
    struct code_region *r;

    g_mutex_lock(&tcg_lock);
    if (evicting) { /* by another CPU: it waits for us, so wait without the lock */
        g_mutex_unlock(&tcg_lock);
        while (__atomic_load_n(&evicting, __ATOMIC_ACQUIRE))
            g_usleep(20);
        return;
    }
    evicting = true;
    r = &regions[(current_region + 1) % REGIONS];
    for (uint32_t i = 0; i < r->ntbs; i++)
        invalidate(&r->tbs[i]);
    g_mutex_unlock(&tcg_lock);
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
    if (!pages)
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
    memset(table, 0, sizeof(table));
    g_clear_pointer(&pages, g_hash_table_destroy);
    nvalid = 0;
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
            if ((uintptr_t)r->tbs[mid].code <= rx)
                lo = mid + 1;
            else
                hi = mid;
        }
        return lo && rx - (uintptr_t)r->tbs[lo - 1].code < r->tbs[lo - 1].code_size ? &r->tbs[lo - 1] : NULL;
    }
    return NULL;
}

/* -- Translation -- */

/* Where tcg_fetch() reads: ir_unit.source. */
struct fetch_source {
    struct mmu_slow page[2];
    bool second;          /* page[1] is known */
    bool keep;            /* the block will be kept: pages are held before they are read */
    bool as_loop;         /* ... and has been jumped back to often */
    bool merged;          /* the unit is a loop of several blocks */
    uint32_t writes[2];
};

/* size bytes (1 to 4) that lie in the page. */
static uint32_t fetch_bytes(struct cpu *cpu, const struct mmu_slow *t, gva va, unsigned size)
{
    uint32_t v = 0;

    if (t->host) { /* it may be written at this moment: the block is made again then */
        const uint8_t *p = t->host + (va & ~PAGE_MASK);
        for (unsigned i = 0; i < size; i++)
            v |= (uint32_t)__atomic_load_n(p + i, __ATOMIC_RELAXED) << (8 * i);
        return v;
    }
    unsigned step = (va | size) & 1 ? 1 : 2;
    for (unsigned i = 0; i < size; i += step) { /* code in a device's window, or in a region smaller than a page */
        gpa pa = t->pa | ((va & ~PAGE_MASK) + i);
        uint64_t part;
        if (bus_read(cpu->as, pa, step, &part) != BUS_OK) {
            struct mmu_fault fault = { .source = MMU_FAULT_BUS, .access = MMU_FETCH, .va = va + i, .pa = pa };
            cpu_sync_pc(cpu);
            cpu->arch->raise_fault(cpu, &fault, 0);
            cpu_loop_exit(cpu);
        }
        v |= (uint32_t)part << (8 * i);
    }
    return v;
}

uint32_t tcg_fetch(struct cpu *cpu, struct ir_unit *u, gva va, unsigned size)
{
    struct fetch_source *src = u->source;

    if ((va & PAGE_MASK) == src->page[0].page && (va & ~PAGE_MASK) + size <= PAGE_SIZE) {
        if (src->page[0].split && ((va & ~PAGE_MASK) < src->page[0].first || (va & ~PAGE_MASK) + size - 1 > src->page[0].last))
            src->page[0] = mmu_fetch(cpu, va);
        return fetch_bytes(cpu, &src->page[0], va, size);
    }
    if ((va & PAGE_MASK) == src->page[0].page) { /* the bytes lie on both sides */
        unsigned here = PAGE_SIZE - (va & ~PAGE_MASK);
        uint32_t low = tcg_fetch(cpu, u, va, here);
        return low | tcg_fetch(cpu, u, (va + here) & cpu->va_mask, size - here) << (8 * here);
    }
    if (!src->second) {
        src->page[1] = mmu_fetch(cpu, va);
        if (src->keep && src->page[1].host && !src->page[1].split)
            cpu->engine->building[1] = page_hold(cpu, src->page[1].host, &src->writes[1]);
        src->second = true;
    }
    return fetch_bytes(cpu, &src->page[1], va, size);
}

/* PMP may divide a page at multiples of four. */
uint64_t mmu_load_code(struct cpu *cpu, gva va, unsigned size)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i += 4) {
        struct mmu_slow t = mmu_fetch(cpu, va + i);
        v |= (uint64_t)fetch_bytes(cpu, &t, va + i, 4) << (8 * i);
    }
    return v;
}

static void log_unit(struct cpu *cpu, const char *title, const struct ir_unit *u)
{
    g_autoptr(GString) s = g_string_new(NULL);

    ir_print(u, s);
    log_printf("%s: pc 0x%" PRIx64 " key 0x%x\n%s\n", title, u->pc, u->key, s->str);
}

/* The IR of at most max_insns at pc, not optimised. */
static void translate(struct cpu *cpu, struct fetch_source *src, struct ir_unit *u, gva pc, unsigned max_insns, gva stop_before)
{
    ir_begin(u, cpu->arch);
    u->va_mask = cpu->va_mask;
    u->pc = pc;
    u->key = cpu->key;
    u->max_insns = max_insns;
    u->stop_before = stop_before;
    u->guest_size = u->ninsns = 0;
    u->source = src;
    cpu->arch->translate(cpu, u);
}

/* For ir_merge_loop(). */
struct loop_source {
    struct cpu *cpu;
    struct fetch_source *src;
};

static void translate_part(void *opaque, struct ir_unit *u, gva pc, gva stop_before)
{
    struct loop_source *l = opaque;

    translate(l->cpu, l->src, u, pc, MAX_INSNS, stop_before);
}

static bool was_executed(void *opaque, gva pc)
{
    struct loop_source *l = opaque;
    const uint8_t *guest = l->src->page[0].host + (pc & ~PAGE_MASK);

    g_mutex_lock(&tcg_lock);
    bool found = find_locked(guest, l->cpu->key, NULL, false);
    g_mutex_unlock(&tcg_lock);
    return found;
}

/* Build the IR of at most max_insns at cpu->pc. */
static void build(struct cpu *cpu, struct fetch_source *src, unsigned max_insns)
{
    struct engine_cpu *e = cpu->engine;
    struct ir_unit *u = e->unit;
    struct loop_source l = { cpu, src };
    const struct ir_source parts = { .translate = translate_part, .executed = was_executed, .opaque = &l };
    gva stop_before = cpu->key & KEY_BREAK ? breakpoint_stop_before(cpu, cpu->pc) : ~UINT64_C(0);
    bool log;

    src->merged = src->as_loop && ir_merge_loop(u, cpu->pc, &parts);
    if (!src->merged)
        translate(cpu, src, u, cpu->pc, max_insns, stop_before);
    log = log_topics && log_addr_ok(u->pc);
    if (log && log_on(LOG_IN_ASM) && !src->merged) {
        g_autoptr(GString) s = g_string_new(NULL);
        symbol_append(s, "", u->pc, false);
        g_string_append_printf(s, "%scpu%u key 0x%x\n", s->len ? " " : "", cpu->index, u->key);
        cpu_disas(cpu, u->pc, u->ninsns, false, s);
        log_printf("IN: %s\n", s->str);
    }
    if (log && log_on(LOG_IR))
        log_unit(cpu, "IR", u);
    ir_optimise(u);
    if (src->as_loop)
        ir_specialise_loop(u);
#ifdef MYNAH_DEBUG
    g_autoptr(GError) err = NULL;
    if (!ir_verify(u, &err)) {
        log_unit(cpu, "IR", u);
        g_error("IR at 0x%" PRIx64 ": %s", u->pc, err->message);
    }
#endif
    if (log && log_on(LOG_IR_OPT))
        log_unit(cpu, "IR_OPT", u);
}

static void log_host_code(const struct tb *tb, gva pc)
{
    if (log_on(LOG_OUT_ASM) && code_backend->disas && log_addr_ok(pc)) {
        g_autoptr(GString) s = g_string_new(NULL);
        code_backend->disas(tb, s);
        log_printf("OUT: pc 0x%" PRIx64 " [%u bytes]\n%s\n", pc, tb->code_size, s->str);
    }
}

static void tb_describe(struct tb *tb, const struct ir_unit *u, uint32_t jumps)
{
    memset(tb, 0, sizeof(*tb));
    tb->jumps = jumps;
    tb->key = u->key;
    tb->guest_size = u->guest_size;
    tb->ninsns = MIN(u->ninsns, MAX_INSNS);
}

static unsigned unit_limit(const struct cpu *cpu)
{
    return tcg_config.one_insn || (cpu->key & KEY_STEP) ? 1 : MAX_INSNS;
}

static uint64_t host_time(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* With tcg_lock held: lower the unit into the current region. NULL: it is full. */
static struct tb *lower(const struct ir_unit *u)
{
    struct code_region *r = &regions[current_region];
    struct tb *tb = &r->tbs[r->ntbs];
    size_t used;

    if (r->ntbs == REGION_TBS || r->njumps + TB_JUMPS > REGION_JUMPS)
        return NULL;
    tb_describe(tb, u, current_region * REGION_JUMPS + r->njumps);
    struct code_buf buf = { .size = r->end - r->used };
    if (code_cache.size) {
        buf.rw = code_cache.rw + r->used;
        buf.rx = code_cache.rx + r->used;
    }
    used = code_backend->compile(u, tb, buf);
    if (!used)
        return NULL;
    r->used += used;
    r->njumps += tb->njumps;
    __atomic_store_n(&r->ntbs, r->ntbs + 1, __ATOMIC_RELEASE);
    return tb;
}

/* With tcg_lock held: the block can be found from now on. first is its page, second the other one or NULL. */
static void publish(struct tb *tb, const uint8_t *guest, const uint8_t *guest2, struct code_page *first,
                    struct code_page *second)
{
    tb_ref *head = &table[hash_of(guest, tb->key)];

    tb->guest = guest;
    tb->guest2 = guest2;
    tb->hash_next = *head;
    *head = ref_of(tb, 0);
    nvalid++;
    page_add(first, tb, 0);
    if (guest2)
        page_add(second, tb, 1);
    tb_made(tb);
}

/* With tcg_lock held: the bytes [from, to) of the page have not been written since that count of writes. */
static bool unwritten_since(const struct code_page *p, uint32_t writes, unsigned from, unsigned to)
{
    for (unsigned i = from >> LINE_BITS; i <= (to - 1) >> LINE_BITS; i++) {
        if ((int32_t)(p->written[i] - writes) > 0)
            return false;
    }
    return true;
}

/* The same for all that was read for the unit. What is written beside it does not matter: that may have no end. */
static bool unit_current(const struct engine_cpu *e, const struct fetch_source *src)
{
    unsigned from = e->unit->pc & ~PAGE_MASK, to = from + e->unit->guest_size;

    return unwritten_since(e->building[0], src->writes[0], from, MIN(to, PAGE_SIZE)) &&
           (!src->second || unwritten_since(e->building[1], src->writes[1], 0, MAX(to, PAGE_SIZE + 1) - PAGE_SIZE));
}

struct tb *tb_make(struct cpu *cpu, bool as_loop)
{
    struct engine_cpu *e = cpu->engine;
    uint64_t start = host_time();

    for (unsigned tries = 0;; tries++) {
        /* What lies between a loop's blocks may be written without end, and a loop may be too much for a region. */
        struct fetch_source src = { .keep = true, .as_loop = as_loop && tries < 2 };
        struct ir_unit *u = e->unit;
        struct tb *tb;

        src.page[0] = mmu_fetch(cpu, cpu->pc);
        if (!src.page[0].host || src.page[0].split) {
            cpu_enter_guest(cpu);
            return tb_make_once(cpu, 1);
        }
        e->building[0] = page_hold(cpu, src.page[0].host, &src.writes[0]);
        build(cpu, &src, unit_limit(cpu));
        if (src.second && !e->building[1]) { /* the rest of the instruction is in no memory */
            tb_abandon(cpu);
            cpu_enter_guest(cpu);
            return tb_make_once(cpu, 1);
        }
        g_mutex_lock(&tcg_lock);
        bool current = unit_current(e, &src);
        const uint8_t *guest = src.page[0].host + (u->pc & ~PAGE_MASK), *guest2 = src.second ? src.page[1].host : NULL;
        tb = current ? find_locked(guest, u->key, guest2, false) : NULL;
        bool made = current && !tb && !evicting;
        if (made) {
            tb = lower(u);
            if (tb) {
                tb->turns = as_loop ? SAMPLES : 0;
                publish(tb, guest, guest2, e->building[0], e->building[1]);
                e->stats.translations++;
                e->stats.translated_insns += tb->ninsns;
                e->stats.host_bytes += tb->code_size;
                log_host_code(tb, u->pc);
            }
        }
        if (tb) {
            jump_cache_insert(cpu, u->pc, tb);
            cpu_enter_guest(cpu); /* before the lock is free to an evictor */
        }
        release_pages(e);
        g_mutex_unlock(&tcg_lock);
        if (tb) {
            e->stats.translated_ns += host_time() - start;
            return tb;
        }
        if (current)
            evict_next(cpu);
    }
}

bool tb_turned(const struct tb *from, struct tb *to)
{
    unsigned samples = __atomic_load_n(&to->turns, __ATOMIC_RELAXED);

    if (samples >= SAMPLES || page_offset(to) > page_offset(from) || from->key != to->key || !may_be_loop(to->key) ||
        from->once || to->once || to->guest2 || (((uintptr_t)from->guest ^ (uintptr_t)to->guest) & PAGE_MASK))
        return false;
    samples = tcg_config.loop_turns ? SAMPLES : samples + 1;
    __atomic_store_n(&to->turns, samples, __ATOMIC_RELAXED);
    if (samples < SAMPLES)
        return false;
    g_mutex_lock(&tcg_lock);
    invalidate(to);
    g_mutex_unlock(&tcg_lock);
    return true;
}

struct tb *tb_make_once(struct cpu *cpu, unsigned max_insns)
{
    struct engine_cpu *e = cpu->engine;
    struct fetch_source src = { .keep = false };
    struct tb *tb = &e->once;

    src.page[0] = mmu_fetch(cpu, cpu->pc);
    build(cpu, &src, MIN(max_insns, unit_limit(cpu)));
    if (code_backend->release && tb->code)
        code_backend->release(tb);
    tb_describe(tb, e->unit, ONCE_JUMPS + TB_JUMPS * cpu->index);
    tb->once = true;
    if (!code_backend->compile(e->unit, tb, e->once_buf))
        g_error("a unit of %u instructions at 0x%" PRIx64 " needs more than %" PRIu64 " bytes", tb->ninsns, cpu->pc,
                ONCE_BYTES);
    log_host_code(tb, cpu->pc);
    return tb;
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
    g_string_append_printf(out, "blocks              %" PRIu64 "\n", nvalid);
    g_string_append_printf(out, "code pages          %u\n", pages ? g_hash_table_size(pages) : 0);
    g_mutex_unlock(&tcg_lock);
}
