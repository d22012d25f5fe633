/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The side table of a block: for each return address of a helper call and each access that may fault on
 * the host, the guest instruction and the slow path. Entries are differences to the entry before as
 * LEB128 numbers: return address, instruction index and the guest PC's page offset signed; access + 1 (or 0)
 * and slow path as plain offsets.
 */
#include "compile.h"

/* -- Writing -- */

struct writer {
    uint8_t *p;
    const uint8_t *limit;
};

static void put(struct writer *w, uint64_t v)
{
    do {
        if (w->p >= w->limit) {
            return;
        }
        *w->p++ = (v & 0x7f) | (v > 0x7f ? 0x80 : 0);
        v >>= 7;
    } while (v);
}

static void put_signed(struct writer *w, int64_t v)
{
    put(w, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

size_t x64_write_map(const struct x64 *c, uint8_t *p, const uint8_t *limit)
{
    struct writer w = {p, limit};
    struct site last = {.pc = c->u->pc & PAGE_MASK};

    put(&w, c->nsites);
    for (unsigned i = 0; i < c->nsites; i++) {
        const struct site *s = &c->site[i];
        put_signed(&w, (int64_t)s->ra - last.ra);
        put_signed(&w, s->insn - last.insn);
        put_signed(&w, (int64_t)(s->pc - last.pc));
        put(&w, s->access ? s->access + 1 : 0);
        if (s->access) {
            put(&w, s->slow);
        }
        last = *s;
    }
    return w.p < limit ? (size_t)(w.p - p) : 0;
}

/* -- Reading -- */

static uint64_t get(const uint8_t **p)
{
    uint64_t v = 0;
    unsigned shift = 0;

    do {
        v |= (uint64_t)(**p & 0x7f) << shift;
        shift += 7;
    } while (*(*p)++ & 0x80);
    return v;
}

static int64_t get_signed(const uint8_t **p)
{
    uint64_t v = get(p);
    return (int64_t)(v >> 1 ^ -(v & 1));
}

static void next(const uint8_t **p, struct site *s)
{
    s->ra += get_signed(p);
    s->insn += get_signed(p);
    s->pc += get_signed(p);
    s->access = get(p);
    s->slow = s->access ? get(p) : 0;
}

void x64_lookup_pc(const struct tb *tb, uintptr_t host_ra, unsigned *offset, unsigned *index)
{
    uint32_t ra = host_ra - (uintptr_t)tb->code;
    const uint8_t *p = tb->code + tb->code_size;
    struct site s = {.pc = 0};

    for (uint64_t n = get(&p); n > 0; n--) {
        next(&p, &s);
        if (s.ra == ra) {
            *offset = s.pc;
            *index = s.insn;
            return;
        }
    }
    g_assert_not_reached();
}

uint32_t x64_lookup_slow(const struct tb *tb, uint32_t access)
{
    const uint8_t *p = tb->code + tb->code_size;
    struct site s = {.pc = 0};

    for (uint64_t n = get(&p); n > 0; n--) {
        next(&p, &s);
        if (s.access == access + 1) {
            return s.slow;
        }
    }
    return 0;
}
