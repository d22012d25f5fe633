/* SPDX-License-Identifier: BSD-2-Clause */
/* Four harts: atomic counters, LR/SC, locks, and litmus tests whose outcomes RVWMO forbids. */
#include "rig.h"

#define HARTS 4
#define CELLS 64

struct cell {
    uint64_t v;
    uint64_t pad[7];
};

static uint32_t bar;
static struct {
    uint64_t add __attribute__((aligned(64)));
    uint32_t addw;
    uint64_t lrsc __attribute__((aligned(64)));
    uint32_t lrscw[2];
    uint64_t max, min, bits;
    uint64_t sc_failed;
} shared = { .min = ~0ull };

static void counters(uint64_t hart)
{
    enum { N = 20000 };

    for (uint64_t i = 0; i < N; i++) {
        uint64_t t, f;
        uint32_t w;
        __asm__ volatile("amoadd.d %0, %1, (%2)" : "=r"(t) : "r"(1ull << 32 | 1), "r"(&shared.add) : "memory");
        __asm__ volatile("amoadd.w.aqrl %0, %1, (%2)" : "=r"(w) : "r"(-1), "r"(&shared.addw) : "memory");
        __asm__ volatile("1: lr.d %0, (%3)\n addi %0, %0, 3\n sc.d %1, %0, (%3)\n bnez %1, 1b\n"
                         : "=&r"(t), "=&r"(f), "+m"(shared.lrsc)
                         : "r"(&shared.lrsc));
        __asm__ volatile("1: lr.w %0, (%3)\n addw %0, %0, %4\n sc.w %1, %0, (%3)\n bnez %1, 1b\n"
                         : "=&r"(t), "=&r"(f), "+m"(shared.lrscw[1])
                         : "r"(&shared.lrscw[1]), "r"(0x40000001));
        __asm__ volatile("amomaxu.d zero, %0, (%1)" : : "r"(i << 2 | hart), "r"(&shared.max) : "memory");
        __asm__ volatile("amominu.d zero, %0, (%1)" : : "r"(~(i << 2 | hart)), "r"(&shared.min) : "memory");
        __asm__ volatile("amoxor.d zero, %0, (%1)" : : "r"(1ull << (hart * 16 + i % 16)), "r"(&shared.bits) : "memory");
    }
    meet(&bar, HARTS);
    if (hart == 0) {
        expect(shared.add == (uint64_t)HARTS * N * (1ull << 32 | 1), "amoadd.d", shared.add);
        expect(shared.addw == (uint32_t) - (HARTS * N), "amoadd.w", shared.addw);
        expect(shared.lrsc == 3ull * HARTS * N, "lr.d/sc.d", shared.lrsc);
        expect(shared.lrscw[1] == (uint32_t)(0x40000001u * HARTS * N), "lr.w/sc.w", shared.lrscw[1]);
        expect(shared.lrscw[0] == 0, "sc.w wrote beside", shared.lrscw[0]);
        expect(shared.max == (((N - 1) << 2) | 3), "amomaxu.d", shared.max);
        expect(shared.min == ~(uint64_t)(((N - 1) << 2) | 3), "amominu.d", shared.min);
        expect(shared.bits == 0, "amoxor.d", shared.bits);
    }
    meet(&bar, HARTS);
}

/* An SC to another address, after a trap, or after another hart's store must fail. */
static void reservations(uint64_t hart)
{
    static uint64_t x[2];
    uint64_t f;

    if (hart == 0) {
        __asm__ volatile("lr.d zero, (%1)\n sc.d %0, zero, (%2)" : "=&r"(f) : "r"(&x[0]), "r"(&x[1]) : "memory");
        expect(f, "sc to another address", f);
        __asm__ volatile("lr.d zero, (%1)\n sc.d %0, zero, (%1)\n sc.d %0, zero, (%1)"
                         : "=&r"(f)
                         : "r"(&x[0])
                         : "memory");
        expect(f, "second sc", f);
    }
    meet(&bar, HARTS);
}

/* -- Locks -- */

static uint32_t spin, ticket, serving;
static struct cell guarded[4];

static void locks(uint64_t hart)
{
    enum { N = 500 };

    for (unsigned i = 0; i < N; i++) {
        if (i & 1) {
            uint32_t t;
            do
                __asm__ volatile("amoswap.w.aq %0, %1, (%2)" : "=r"(t) : "r"(1), "r"(&spin) : "memory");
            while (t && (relax(&spin), true));
        } else {
            uint32_t mine = __atomic_fetch_add(&ticket, 1, __ATOMIC_RELAXED);
            while (load(&serving) != mine)
                relax(&serving);
            __asm__ volatile("fence r, rw" : : : "memory");
        }
        struct cell *c = &guarded[(i & 1) * 2];
        uint64_t a = load(&c[0].v), b = load(&c[1].v);
        expect(a == b, "lock", a ^ b);
        store(&c[0].v, a + 1);
        store(&c[1].v, b + 1);
        if (i & 1) {
            __asm__ volatile("amoswap.w.rl zero, zero, (%0)" : : "r"(&spin) : "memory");
        } else {
            __asm__ volatile("fence rw, w" : : : "memory");
            store(&serving, load(&serving) + 1);
        }
    }
    meet(&bar, HARTS);
    expect(guarded[0].v == HARTS * N / 2 && guarded[2].v == HARTS * N / 2, "lock count", guarded[0].v);
    meet(&bar, HARTS);
}

/* -- Litmus tests: harts 0 and 1, or all four; x and y are arrays, so that one meeting serves many trials -- */

static struct cell x[CELLS] __attribute__((aligned(64))), y[CELLS] __attribute__((aligned(64)));
static uint64_t r[HARTS][CELLS][2];
static uint64_t sb_seen;

enum { SB_FENCE, SB_AMO, SB_LR, SB_PLAIN, MP, LB, IRIW, KINDS };
static const char *const names[] = { "SB+fences", "SB+amoswap.aqrl", "SB+lr.aqrl", "SB",
                                     "MP+fences", "LB+fences",       "IRIW+fences" };

static void trial(uint64_t hart, unsigned kind, unsigned i)
{
    uint64_t *mine = hart ? &y[i].v : &x[i].v, *other = hart ? &x[i].v : &y[i].v, t = 0;

    switch (kind) {
    case SB_FENCE:
        if (hart < 2)
            __asm__ volatile("sd %1, (%2)\n fence rw, rw\n ld %0, (%3)"
                             : "=&r"(t)
                             : "r"(1ull), "r"(mine), "r"(other)
                             : "memory");
        break;
    case SB_AMO:
        if (hart < 2)
            __asm__ volatile("amoswap.d.aqrl zero, %1, (%2)\n ld %0, (%3)"
                             : "=&r"(t)
                             : "r"(1ull), "r"(mine), "r"(other)
                             : "memory");
        break;
    case SB_LR:
        if (hart < 2)
            __asm__ volatile("sd %1, (%2)\n lr.d.aqrl %0, (%3)"
                             : "=&r"(t)
                             : "r"(1ull), "r"(mine), "r"(other)
                             : "memory");
        break;
    case SB_PLAIN:
        if (hart < 2)
            __asm__ volatile("sd %1, (%2)\n ld %0, (%3)" : "=&r"(t) : "r"(1ull), "r"(mine), "r"(other) : "memory");
        break;
    case MP:
        if (hart == 0)
            __asm__ volatile("sd %0, (%1)\n fence w, w\n sd %0, (%2)"
                             :
                             : "r"(1ull), "r"(&x[i].v), "r"(&y[i].v)
                             : "memory");
        else if (hart == 1)
            __asm__ volatile("ld %0, (%2)\n fence r, r\n ld %1, (%3)"
                             : "=&r"(r[1][i][0]), "=&r"(t)
                             : "r"(&y[i].v), "r"(&x[i].v)
                             : "memory");
        break;
    case LB:
        if (hart < 2)
            __asm__ volatile("ld %0, (%3)\n fence rw, rw\n sd %1, (%2)"
                             : "=&r"(t)
                             : "r"(1ull), "r"(mine), "r"(other)
                             : "memory");
        break;
    case IRIW:
        if (hart < 2)
            store(mine, 1);
        else if (hart == 2)
            __asm__ volatile("ld %0, (%2)\n fence r, r\n ld %1, (%3)"
                             : "=&r"(r[2][i][0]), "=&r"(t)
                             : "r"(&x[i].v), "r"(&y[i].v)
                             : "memory");
        else
            __asm__ volatile("ld %0, (%2)\n fence r, r\n ld %1, (%3)"
                             : "=&r"(r[3][i][0]), "=&r"(t)
                             : "r"(&y[i].v), "r"(&x[i].v)
                             : "memory");
        break;
    }
    if (kind < MP || kind == LB || hart)
        r[hart][i][1] = t;
}

static void judge(unsigned kind)
{
    for (unsigned i = 0; i < CELLS; i++) {
        switch (kind) {
        case SB_PLAIN: sb_seen += !r[0][i][1] && !r[1][i][1]; break;
        case SB_FENCE:
        case SB_AMO:
        case SB_LR: expect(r[0][i][1] || r[1][i][1], names[kind], i); break;
        case MP: expect(!r[1][i][0] || r[1][i][1], names[kind], i); break;
        case LB: expect(!r[0][i][1] || !r[1][i][1], names[kind], i); break;
        default: expect(!(r[2][i][0] && !r[2][i][1] && r[3][i][0] && !r[3][i][1]), names[kind], i);
        }
    }
}

static uint64_t litmus(uint64_t hart)
{
    static uint64_t end_at;
    static bool over[KINDS];
    uint64_t rounds = 0;

    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (hart == 0)
            end_at = after_ms(LITMUS_MS);
        do {
            if (hart == 0) {
                for (unsigned i = 0; i < CELLS; i++)
                    x[i].v = y[i].v = 0;
            }
            meet(&bar, HARTS);
            if (kind == IRIW || hart < 2)
                for (unsigned i = 0; i < CELLS; i++)
                    trial(hart, kind, i);
            meet(&bar, HARTS);
            if (hart == 0) {
                judge(kind);
                over[kind] = now() >= end_at;
            }
            rounds++;
            meet(&bar, HARTS);
        } while (!load(&over[kind]));
    }
    return rounds;
}

void trap(struct frame *f)
{
    unexpected(f);
}

int main(uint64_t hart)
{
    counters(hart);
    reservations(hart);
    locks(hart);
    uint64_t rounds = litmus(hart);
    meet(&bar, HARTS);
    if (hart == 0) {
        print("store buffering without fences seen ");
        print_dec(sb_seen);
        print(" times\n");
        passed("rounds", rounds);
    }
    return 0;
}
