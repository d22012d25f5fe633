/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces, their flat views, and accesses through them. */
#include "bus.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "cpus.h"
#include "lock-order.h"
#include "log.h"

struct view {
    unsigned n;
    struct mapping maps[]; /* sorted, disjoint */
};

struct address_space {
    char *name;
    /* Guards what follows. Devices' and controllers' locks come before it; under it CPUs' threads are kicked. */
    GMutex lock;
    GArray *declared; /* of struct mapping, in order of address_space_map() */
    struct view *view; /* replaced as a whole; readers take no lock */
    GArray *retired;   /* of struct retired: a reader on another thread may still use one */
    bool secure;       /* the view has all of it a second time, under BUS_SECURE */
};

/* A view that was replaced, freed once CPUs have passed the change and no other thread is in a look-up. */
struct retired {
    struct view *view;
    uint32_t change; /* of cpus_mapping_changed() */
};

static unsigned readers;             /* threads that are no CPU's and use a view */
static __thread unsigned in_access;  /* register accesses under way, one within the other */
static __thread bool map_changed;    /* ... and what is mapped was changed by one */
static __thread bool secure_access;  /* the innermost is a secure one */
static __thread const uint32_t *message_by; /* it is a device's message: whose */

bool bus_in_access(void)
{
    return in_access;
}

bool bus_access_is_secure(void)
{
    return secure_access;
}

bool bus_access_is_message(uint32_t *requester)
{
    if (message_by)
        *requester = *message_by;
    return message_by;
}

/* Before and after the use of a view. CPUs need not say so: see cpus_mapping_forgotten(). */
static bool begin_reading(void)
{
    if (cpu_current())
        return false;
    __atomic_fetch_add(&readers, 1, __ATOMIC_SEQ_CST);
    return true;
}

static void end_reading(bool begun)
{
    if (begun)
        __atomic_fetch_sub(&readers, 1, __ATOMIC_SEQ_CST);
}

struct address_space *address_space_new(const char *name)
{
    struct address_space *as = g_new0(struct address_space, 1);

    as->name = g_strdup(name);
    as->declared = g_array_new(FALSE, FALSE, sizeof(struct mapping));
    as->view = g_malloc0(sizeof(struct view));
    as->retired = g_array_new(FALSE, FALSE, sizeof(struct retired));
    return as;
}

void address_space_free(struct address_space *as)
{
    g_array_free(as->declared, TRUE);
    for (unsigned i = 0; i < as->retired->len; i++)
        g_free(g_array_index(as->retired, struct retired, i).view);
    g_array_free(as->retired, TRUE);
    g_free(as->view);
    g_free(as->name);
    g_mutex_clear(&as->lock);
    g_free(as);
}

const char *address_space_name(const struct address_space *as)
{
    return as->name;
}

/* -- The flat view -- */

static int compare_addresses(const void *a, const void *b)
{
    gpa x = *(const gpa *)a, y = *(const gpa *)b;

    return x < y ? -1 : x > y;
}

/* The declared mapping seen at addr: highest priority, then the latest. */
static const struct mapping *winner(const GArray *declared, gpa addr)
{
    const struct mapping *best = NULL;

    for (unsigned i = 0; i < declared->len; i++) {
        const struct mapping *m = &g_array_index(declared, struct mapping, i);
        if (addr - m->base < m->size && (!best || m->priority >= best->priority))
            best = m;
    }
    return best;
}

/* Below all that is declared. */
#define SHADOW_PRIORITY (-1000)

/* What is declared and, below it, the same for secure accesses, where they have nothing of their own. */
static GArray *with_shadows(const GArray *declared)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct mapping));

    g_array_append_vals(all, declared->data, declared->len);
    for (unsigned i = 0; i < declared->len; i++) {
        struct mapping m = g_array_index(declared, struct mapping, i);
        if (m.base >= BUS_SECURE)
            continue;
        m.size = MIN(m.size, BUS_SECURE - m.base);
        m.base |= BUS_SECURE;
        m.priority += SHADOW_PRIORITY;
        g_array_append_val(all, m);
    }
    return all;
}

static struct view *make_view(const GArray *declared)
{
    g_autofree gpa *edges = g_new(gpa, declared->len * 2 + 1);
    struct view *v = g_malloc0(sizeof(struct view) + declared->len * 2 * sizeof(struct mapping));
    unsigned n = 0;

    for (unsigned i = 0; i < declared->len; i++) {
        const struct mapping *m = &g_array_index(declared, struct mapping, i);
        edges[n++] = m->base;
        if (m->base + m->size) /* not the end of the address space */
            edges[n++] = m->base + m->size;
    }
    qsort(edges, n, sizeof(gpa), compare_addresses);
    for (unsigned i = 0; i < n; i++) {
        if (i && edges[i] == edges[i - 1])
            continue;
        const struct mapping *m = winner(declared, edges[i]);
        if (!m)
            continue;
        unsigned j = i + 1;
        while (j < n && edges[j] == edges[i])
            j++;
        gpa end = j < n ? edges[j] : m->base + m->size;
        uint64_t offset = m->region_offset + (edges[i] - m->base);
        struct mapping *last = v->n ? &v->maps[v->n - 1] : NULL;
        if (last && last->region == m->region && last->base + last->size == edges[i] &&
            last->region_offset + last->size == offset)
            last->size += end - edges[i];
        else
            v->maps[v->n++] = (struct mapping){ edges[i], end - edges[i], offset, m->region, m->priority };
    }
    return v;
}

/* With as->lock held. */
static void free_retired(struct address_space *as)
{
    if (__atomic_load_n(&readers, __ATOMIC_SEQ_CST))
        return; /* next time */
    for (unsigned i = as->retired->len; i-- > 0;) {
        struct retired *r = &g_array_index(as->retired, struct retired, i);
        if (cpus_mapping_forgotten(r->change)) {
            g_free(r->view);
            g_array_remove_index_fast(as->retired, i);
        }
    }
}

/* Every CPU is to see a change before the register access that made it ends, when no lock is held any more. */
static void await_change(void)
{
    if (in_access)
        map_changed = true;
    else
        cpus_mapping_wait();
}

/* declared has changed; as->lock is held, and released. */
static void publish_and_unlock(struct address_space *as)
{
    struct retired old = { .view = as->view };
    g_autoptr(GArray) all = as->secure ? with_shadows(as->declared) : g_array_ref(as->declared);

    __atomic_store_n(&as->view, make_view(all), __ATOMIC_SEQ_CST);
    old.change = cpus_mapping_changed();
    g_array_append_val(as->retired, old);
    free_retired(as);
    g_mutex_unlock(&as->lock);
    await_change();
}

void address_space_map(struct address_space *as, struct region *r, gpa base, int priority)
{
    struct mapping m = { base, r->size, 0, r, priority };

    if (base + (r->size - 1) < base)
        m.size = -base; /* what does not fit is not there */
    g_mutex_lock(&as->lock);
    g_array_append_val(as->declared, m);
    publish_and_unlock(as);
}

void address_space_unmap(struct address_space *as, struct region *r)
{
    g_mutex_lock(&as->lock);
    for (unsigned i = as->declared->len; i-- > 0;) {
        if (g_array_index(as->declared, struct mapping, i).region == r)
            g_array_remove_index(as->declared, i);
    }
    publish_and_unlock(as);
}

void address_space_add_secure(struct address_space *as)
{
    g_mutex_lock(&as->lock);
    if (as->secure) {
        g_mutex_unlock(&as->lock);
        return;
    }
    as->secure = true;
    publish_and_unlock(as);
}

void region_set_romd(struct region *r, bool off)
{
    if (__atomic_exchange_n(&r->romd_off, off, __ATOMIC_ACQ_REL) == off)
        return;
    cpus_mapping_changed();
    await_change();
}

const struct mapping *address_space_find(struct address_space *as, gpa addr)
{
    const struct view *v = __atomic_load_n(&as->view, __ATOMIC_SEQ_CST);
    unsigned lo = 0, hi = v->n;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        const struct mapping *m = &v->maps[mid];
        if (addr < m->base)
            hi = mid;
        else if (addr - m->base >= m->size)
            lo = mid + 1;
        else
            return m;
    }
    return NULL;
}

void address_space_foreach(struct address_space *as, bool flat, void (*fn)(const struct mapping *m, void *opaque),
                           void *opaque)
{
    if (flat) {
        bool begun = begin_reading();
        const struct view *v = __atomic_load_n(&as->view, __ATOMIC_SEQ_CST);
        for (unsigned i = 0; i < v->n; i++)
            fn(&v->maps[i], opaque);
        end_reading(begun);
        return;
    }
    g_mutex_lock(&as->lock);
    for (unsigned i = 0; i < as->declared->len; i++)
        fn(&g_array_index(as->declared, struct mapping, i), opaque);
    g_mutex_unlock(&as->lock);
}

/* -- A CPU's accesses -- */

static bool reads_memory(const struct region *r)
{
    return r->kind != REGION_IO && !__atomic_load_n(&r->romd_off, __ATOMIC_ACQUIRE);
}

static uint64_t host_load(const uint8_t *p, unsigned size)
{
    switch (size) {
    case 1: return __atomic_load_n(p, __ATOMIC_RELAXED);
    case 2: return GUINT16_FROM_LE(__atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED));
    case 4: return GUINT32_FROM_LE(__atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED));
    default: return GUINT64_FROM_LE(__atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED));
    }
}

static void host_store(uint8_t *p, unsigned size, uint64_t v)
{
    switch (size) {
    case 1: __atomic_store_n(p, v, __ATOMIC_RELAXED); break;
    case 2: __atomic_store_n((uint16_t *)p, GUINT16_TO_LE(v), __ATOMIC_RELAXED); break;
    case 4: __atomic_store_n((uint32_t *)p, GUINT32_TO_LE(v), __ATOMIC_RELAXED); break;
    default: __atomic_store_n((uint64_t *)p, GUINT64_TO_LE(v), __ATOMIC_RELAXED); break;
    }
}

static uint64_t swap_bytes(uint64_t v, unsigned size)
{
    return GUINT64_SWAP_LE_BE(v) >> (64 - 8 * size);
}

static uint64_t size_mask(unsigned size)
{
    return size == 8 ? ~UINT64_C(0) : (UINT64_C(1) << (8 * size)) - 1;
}

/* Around a device's callback. */
static void begin_access(const struct region *r)
{
    in_access++;
    if (r->lock) {
        lock_order_enter(r->msi ? LOCK_CONTROLLER : LOCK_DEVICE);
        g_mutex_lock(r->lock);
    }
}

static void end_access(const struct region *r)
{
    if (r->lock) {
        g_mutex_unlock(r->lock);
        lock_order_leave(r->msi ? LOCK_CONTROLLER : LOCK_DEVICE);
    }
    if (!--in_access && unlikely(map_changed)) {
        map_changed = false;
        cpus_mapping_wait();
    }
}

static enum bus_result io_read(struct region *r, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct io_ops *ops = r->ops;
    unsigned min = ops->min_size ? ops->min_size : 1, max = ops->max_size ? ops->max_size : 8;
    uint64_t v = 0;

    if (!ops->read || (ops->strict && (size < min || size > max)))
        return BUS_ERROR;
    begin_access(r);
    if (size < min) { /* the register that holds the bytes */
        unsigned shift = (offset & (min - 1)) * 8;
        v = ops->read(r->opaque, offset & ~(uint64_t)(min - 1), min);
        if (ops->big_endian)
            v = swap_bytes(v, min);
        v >>= shift;
    } else {
        unsigned step = MIN(size, max);
        for (unsigned i = 0; i < size; i += step) {
            uint64_t part = ops->read(r->opaque, offset + i, step) & size_mask(step);
            if (ops->big_endian)
                part = swap_bytes(part, step);
            v |= part << (8 * i);
        }
    }
    end_access(r);
    *value = v & size_mask(size);
    return BUS_OK;
}

static enum bus_result io_write(struct region *r, uint64_t offset, unsigned size, uint64_t value)
{
    const struct io_ops *ops = r->ops;
    unsigned min = ops->min_size ? ops->min_size : 1, max = ops->max_size ? ops->max_size : 8;
    unsigned step = MIN(size, max);

    if (!ops->write || (ops->strict && (size < min || size > max)))
        return BUS_ERROR;
    begin_access(r);
    for (unsigned i = 0; i < size; i += step) {
        uint64_t part = (value >> (8 * i)) & size_mask(step);
        ops->write(r->opaque, offset + i, ops->big_endian ? swap_bytes(part, step) : part, step);
    }
    end_access(r);
    return BUS_OK;
}

enum bus_result bus_read_mapped(const struct mapping *m, gpa addr, unsigned size, uint64_t *value)
{
    uint64_t offset = addr - m->base + m->region_offset;

    if (size > m->size - (addr - m->base))
        return BUS_DECODE_ERROR;
    if (!reads_memory(m->region)) {
        bool outer = secure_access;
        secure_access = m->base >= BUS_SECURE;
        enum bus_result result = io_read(m->region, offset, size, value);
        secure_access = outer;
        return result;
    }
    *value = host_load(m->region->host + offset, size);
    return BUS_OK;
}

enum bus_result bus_write_mapped(const struct mapping *m, gpa addr, unsigned size, uint64_t value)
{
    struct region *r = m->region;
    uint64_t offset = addr - m->base + m->region_offset;

    if (size > m->size - (addr - m->base))
        return BUS_DECODE_ERROR;
    switch (r->kind) {
    case REGION_RAM:
        host_store(r->host + offset, size, value);
        bus_ram_written(r->host + offset, size);
        return BUS_OK;
    case REGION_ROM:
        log_to(LOG_GUEST_ERRORS, "write to ROM %s at 0x%" PRIx64 " ignored\n", r->name, addr);
        return BUS_OK;
    default: {
        bool outer = secure_access;
        secure_access = m->base >= BUS_SECURE;
        enum bus_result result = io_write(r, offset, size, value);
        secure_access = outer;
        return result;
    }
    }
}

enum bus_result bus_read(struct address_space *as, gpa addr, unsigned size, uint64_t *value)
{
    bool begun = begin_reading();
    const struct mapping *m = address_space_find(as, addr);
    enum bus_result result = m ? bus_read_mapped(m, addr, size, value) : BUS_DECODE_ERROR;

    end_reading(begun);
    return result;
}

enum bus_result bus_write(struct address_space *as, gpa addr, unsigned size, uint64_t value)
{
    bool begun = begin_reading();
    const struct mapping *m = address_space_find(as, addr);
    enum bus_result result = m ? bus_write_mapped(m, addr, size, value) : BUS_DECODE_ERROR;

    end_reading(begun);
    return result;
}

/* -- Copies -- */

enum copy { COPY_READ, COPY_WRITE, COPY_WRITE_ROM };

static bool copy_all(struct address_space *as, gpa addr, uint8_t *buf, size_t len, enum copy how)
{
    while (len) {
        const struct mapping *m = address_space_find(as, addr);
        if (how == COPY_WRITE_ROM && (!m || m->region->kind == REGION_IO)) { /* what secure accesses find there */
            addr |= BUS_SECURE;
            m = address_space_find(as, addr);
        }
        if (!m || m->region->kind == REGION_IO || (how == COPY_WRITE && m->region->kind != REGION_RAM) ||
            (how == COPY_READ && !reads_memory(m->region)))
            return false;
        size_t n = MIN(len, m->size - (addr - m->base));
        uint8_t *host = m->region->host + (addr - m->base + m->region_offset);
        if (how == COPY_READ) {
            memcpy(buf, host, n);
        } else {
            memcpy(host, buf, n);
            bus_ram_written(host, n);
        }
        addr += n;
        buf += n;
        len -= n;
    }
    return true;
}

static bool copy(struct address_space *as, gpa addr, uint8_t *buf, size_t len, enum copy how)
{
    bool begun = begin_reading();
    bool done = copy_all(as, addr, buf, len, how);

    end_reading(begun);
    return done;
}

bool dma_read(struct address_space *as, gpa addr, void *buf, size_t len)
{
    return copy(as, addr, buf, len, COPY_READ);
}

bool dma_write(struct address_space *as, gpa addr, const void *buf, size_t len)
{
    return copy(as, addr, (uint8_t *)buf, len, COPY_WRITE);
}

bool rom_write(struct address_space *as, gpa addr, const void *buf, size_t len)
{
    return copy(as, addr, (uint8_t *)buf, len, COPY_WRITE_ROM);
}

bool bus_msi(struct address_space *as, gpa addr, uint32_t data, uint32_t requester)
{
    bool begun = begin_reading();
    const struct mapping *m = addr % 4 ? NULL : address_space_find(as, addr);

    message_by = &requester;
    bool done = m && (m->region->kind == REGION_RAM || m->region->msi) && bus_write_mapped(m, addr, 4, data) == BUS_OK;
    message_by = NULL; /* what takes a message sends none */
    end_reading(begun);
    return done;
}

uint8_t *dma_map(struct address_space *as, gpa addr, size_t *len)
{
    bool begun = begin_reading();
    const struct mapping *m = address_space_find(as, addr);
    uint8_t *host = NULL;

    if (m && m->region->kind == REGION_RAM) {
        *len = MIN(*len, m->size - (addr - m->base));
        host = m->region->host + (addr - m->base + m->region_offset);
    }
    end_reading(begun);
    return host;
}

void bus_ram_written(const uint8_t *host, size_t len)
{
    struct ram_block *b = len ? ram_block_of(host) : NULL;

    if (!b)
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the bytes before the flags: a translator does it the other way round */
    for (size_t p = (host - b->host) / PAGE_SIZE, last = (host - b->host + len - 1) / PAGE_SIZE; p <= last; p++) {
        if (__atomic_load_n(&b->page_flags[p], __ATOMIC_RELAXED) & RAM_PAGE_CODE) {
            cpus_code_written(host, len);
            return;
        }
    }
}
