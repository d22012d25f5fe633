/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drivers without manners: every hart does anything to every virtio device, at once and in any order, with rings and
 * buffers in the last MiB of memory, up to its end. The emulator lives, and at the end each device works again after a
 * reset. -DHARTS=n, -DROUNDS=n, -DSEED=n.
 */
#include "rig.h"

#ifndef HARTS
#define HARTS 1
#endif
#ifndef ROUNDS
#define ROUNDS 50000
#endif
#ifndef SEED
#define SEED 1
#endif

#define END 0x84000000ul
#define AREA (END - 0x100000)
#define SLOTS 8
#define QUEUES 6
#define R(slot, offset) (*(volatile uint32_t *)(0x10001000ul + 0x1000 * (slot) + (offset)))

static uint64_t seed[8];
static uint32_t bar;

static uint32_t any(uint64_t h)
{
    return random_next(&seed[h]) >> 24;
}

/* What some hart last told a device of its queues; the others believe it. */
static struct {
    uint64_t at[3]; /* descriptors, driver's area, device's area */
    uint16_t num, next;
    bool packed, wrap;
} told[SLOTS][QUEUES];

/* -- Rings -- */

/* Where a ring's area may be: in the area, at the end of memory, or where no memory is. */
static uint64_t place(uint64_t h, unsigned part)
{
    static const uint16_t before_end[3][3] = { { 128, 16, 32 }, { 8, 4, 22 }, { 4, 14, 70 } };
    uint32_t v = any(h);

    switch (v & 15) {
    case 0 ... 5: return END - before_end[part][(v >> 4) % 3];
    case 6: return v & 16 ? 0x1000 : 0x10001000;
    case 7: return AREA + (v >> 4 & 0xffffe);
    default: return AREA + (v >> 4 & 3) * 0x4000 + part * 0x1000;
    }
}

static void store_at(uint64_t at, uint64_t v, unsigned size)
{
    if (at < AREA || at + size > END || at % size)
        return;
    switch (size) {
    case 2: *(volatile uint16_t *)at = v; break;
    case 4: *(volatile uint32_t *)at = v; break;
    case 8: *(volatile uint64_t *)at = v; break;
    }
}

static void put_desc(uint64_t at, uint64_t addr, uint32_t len, uint16_t a, uint16_t b)
{
    store_at(at, addr, 8);
    store_at(at + 8, len, 4);
    store_at(at + 12, a, 2);
    store_at(at + 14, b, 2);
}

/* A request of a disk, or anything else's buffer, in the next slots of a queue. */
static void add_chain(uint64_t h, unsigned s, unsigned q)
{
    uint32_t v = any(h);
    uint64_t data = AREA + 0x10000 + (v & 0x3f) * 0x2000;
    unsigned num = told[s][q].num, n = v & 0x40 ? 3 : 1, next = told[s][q].next;
    bool packed = told[s][q].packed, wrap = told[s][q].wrap;

    if (num == 0)
        return;
    store_at(data, v >> 8 & 15, 8); /* a request's type, and its sector */
    store_at(data + 8, v >> 12 & 127, 8);
    for (unsigned i = 0; i < n; i++) {
        unsigned slot = (next + i) % num;
        uint64_t at = told[s][q].at[0] + 16 * slot;
        bool in = n == 1 ? v >> 20 & 1 : i == 2 || (i == 1 && !(v >> 8 & 1));
        uint16_t flags = (i + 1 < n) | in << 1;
        if (packed)
            put_desc(at, data + i * 0x800, i == 1 ? 512 : 16, next, flags | (wrap ? 0x80 : 0x8000));
        else
            put_desc(at, data + i * 0x800, i == 1 ? 512 : 16, flags, (slot + 1) % num);
        if (packed && slot == num - 1)
            wrap = !wrap;
    }
    if (packed) {
        told[s][q].next = (next + n) % num;
        told[s][q].wrap = wrap;
    } else {
        store_at(told[s][q].at[1] + 4 + 2 * (next % num), next % num, 2);
        store_at(told[s][q].at[1] + 2, next + 1, 2);
        told[s][q].next = next + 1;
    }
    fence();
    if (v >> 24 & 1)
        R(s, 0x50) = q;
}

/* A stray bit of a ring. */
static void touch(uint64_t h, unsigned s, unsigned q)
{
    uint32_t v = any(h);

    store_at(told[s][q].at[v & 1] + (v >> 1 & 30), v >> 8, 2);
}

/* -- A driver's steps -- */

static void reset(unsigned s)
{
    R(s, 0x70) = 0;
    for (unsigned q = 0; q < QUEUES; q++) {
        told[s][q].num = told[s][q].next = 0;
        told[s][q].wrap = true;
    }
}

static void negotiate(uint64_t h, unsigned s)
{
    uint32_t parts = any(h), features = 0;

    if (parts & 1)
        reset(s);
    R(s, 0x70) = 3;
    for (unsigned sel = 0; (parts & 6) && sel < 2; sel++) {
        R(s, 0x14) = sel;
        R(s, 0x24) = sel;
        features = R(s, 0x10) & (parts & 8 ? any(h) : ~0u);
        R(s, 0x20) = features;
    }
    if (parts & 0x70)
        R(s, 0x70) = 11;
    if (parts & 0x180)
        R(s, 0x70) = 15;
    for (unsigned q = 0; q < QUEUES; q++)
        told[s][q].packed = features & 4;
}

static void set_queue(uint64_t h, unsigned s)
{
    static const uint16_t sizes[] = { 8, 8, 8, 1, 2, 16, 256, 1024, 7, 0, 1025 };
    uint32_t v = any(h), q = v % QUEUES, num = sizes[(v >> 4) % (sizeof(sizes) / 2)];
    uint64_t at[3];

    R(s, 0x30) = q;
    R(s, 0x38) = num;
    if (R(s, 0x04) == 1) {
        uint32_t page = v & 0x300 ? 4096 : 1u << (v >> 10 & 31), align = v & 0x300 ? 4096 : 1u << (v >> 11 & 15);
        R(s, 0x28) = page;
        R(s, 0x3c) = align;
        at[0] = place(h, 0) & -(uint64_t)page;
        R(s, 0x40) = at[0] / page;
        at[1] = at[0] + 16 * num;
        at[2] = (at[1] + 6 + 2 * num + align - 1) & -(uint64_t)align;
    } else {
        if (v & 0x400)
            R(s, 0x44) = 0;
        for (unsigned i = 0; i < 3; i++) {
            at[i] = place(h, i);
            R(s, 0x80 + 16 * i) = at[i];
            R(s, 0x84 + 16 * i) = at[i] >> 32;
        }
        store_at(at[1], 0, 2);
        store_at(at[1] + 2, told[s][q].next, 2);
        R(s, 0x44) = 1;
    }
    for (unsigned i = 0; i < 3; i++)
        told[s][q].at[i] = at[i];
    told[s][q].num = num;
}

static void step(uint64_t h)
{
    uint32_t v = any(h);
    unsigned s = v % SLOTS, q = (v >> 20) % QUEUES;
    bool one_in_four = !(v >> 28 & 3);

    switch (v >> 4 & 15) {
    case 0: negotiate(h, s); break;
    case 1: set_queue(h, s); break;
    case 2: R(s, 0x70) = 15; break;
    case 3: one_in_four ? touch(h, s, q) : add_chain(h, s, q); break;
    case 4: R(s, 0x70) = one_in_four ? v >> 8 & 0xff : 15; break;
    case 5:
        if (one_in_four)
            reset(s);
        break;
    case 6: (void)R(s, v >> 8 & 0x1fc); break;
    case 7: *(volatile uint8_t *)&R(s, 0x100 + (v >> 8 & 63)) = v >> 16; break;
    case 8: R(s, 0x64) = R(s, 0x60); break;
    case 9: /* any register, but no address of what is not the area's */
        if (one_in_four && ((v >> 8 & 0xff) < 0x28 || (v >> 8 & 0xff) > 0xa4))
            R(s, v >> 8 & 0xfc) = any(h);
        break;
    case 10: R(s, 0x50) = v >> 8 & 3; break;
    default: add_chain(h, s, q); break;
    }
}

int main(uint64_t h)
{
    seed[h] = (SEED + h) * 0x9e3779b97f4a7c15;
    meet(&bar, HARTS);
    for (unsigned i = 0; i < ROUNDS; i++)
        step(h);
    meet(&bar, HARTS);
    if (h)
        return 0;
    unsigned n = 0;
    for (unsigned s = 0; s < SLOTS; s++) {
        if (R(s, 0x08) == 0)
            continue;
        n++;
        R(s, 0x70) = 0;
        expect(R(s, 0x70) == 0 && R(s, 0x60) == 0, "status after a reset", R(s, 0x70));
        R(s, 0x70) = 3;
        expect(R(s, 0x70) == 3, "status", R(s, 0x70));
    }
    passed("devices", n);
}

void trap(struct frame *f)
{
    unexpected(f);
}
