/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces beside each other, and what is known of each: pages that are global, those that are not, users' and
 * large ones change in any order, each time with no more than the fence that is due; data and code are looked at from
 * S-mode and U-mode, under SUM, MXR and MPRV, without translation, and with PMP in the way. With several harts each has
 * address spaces of its own, and all have the memory in common.
 */
#ifndef HARTS
#define HARTS 1
#endif
#ifndef SPACES
#define SPACES 20
#endif
#ifndef TURNS
#define TURNS 30000
#endif
#ifndef SEED
#define SEED 1
#endif
#define TABLES (HARTS * SPACES * 8)
#include "paging.h"

#define PAGES 24
#define SLOTS 12 /* neighbours; the first four are global in all spaces of the hart, or in none */
#define GLOBALS 4
#define VA 0x140000000ull
#define LARGE (VA + (1ull << 30))
#define MSTATUS_SPP (1u << 8)

/* What a page holds: its number at VALUE, counters, code that returns the number. */
enum { STRADDLER = 4094, VALUE = 16, COUNTER = 24, FUNCTION = 128, USER_FUNCTION = 192, LOOP = 256 };
static uint8_t pages[PAGES][PAGE] __attribute__((aligned(1 << 17)));

struct page {
    int8_t number; /* -1: nothing is mapped */
    uint8_t flags;
};
static struct space {
    uint64_t *root;
    unsigned sv, asid;
    struct page slot[SLOTS];
    struct page large; /* number 0: where the pages are */
} spaces[HARTS][SPACES];
static struct hart {
    uint64_t seed;
    struct space *space; /* in satp */
    unsigned denied;     /* by PMP: that page and no other; PAGES: none */
    unsigned sum, mxr;
    uint64_t checks, faults;
    uint64_t pad[8];
} harts[HARTS];
static uint32_t bar;

void trap(struct frame *f)
{
    uint64_t cause = csrr(mcause), hart = csrr(mhartid);
    bool user = !(csrr(mstatus) & MSTATUS_MPP);

    if (user && (cause == 8 || faults[hart].expected)) { /* a user's function returns, or it can't be called */
        if (cause != 8) {
            faults[hart].cause = cause;
            faults[hart].tval = csrr(mtval);
            faults[hart].seen = true;
        }
        faults[hart].expected = false;
        f->x[0] = f->x[1];
        csrs(mstatus, MSTATUS_MPP_S);
        return;
    }
    if (!paging_trap(f))
        unexpected(f);
}

static uint64_t rnd(struct hart *h, uint64_t n)
{
    return (random_next(&h->seed) >> 20) % n;
}

static void fill_page(unsigned n)
{
    uint8_t *p = pages[n];
    uint32_t li = LI_A0(n + 1);
    uint32_t loop[] = { LI_A0(0), 0x00300593 /* li a1, 3 */, 0x00050513 | (n + 1) << 20, 0xfff58593, 0xfe059ce3, RET };

    *(volatile uint16_t *)p = li >> 16;
    *(volatile uint32_t *)(p + 2) = RET;
    *(volatile uint64_t *)(p + VALUE) = n + 1;
    *(volatile uint32_t *)(p + FUNCTION) = li;
    *(volatile uint32_t *)(p + FUNCTION + 4) = RET;
    *(volatile uint32_t *)(p + USER_FUNCTION) = li;
    *(volatile uint32_t *)(p + USER_FUNCTION + 4) = 0x73;
    for (unsigned i = 0; i < 6; i++)
        *(volatile uint32_t *)(p + LOOP + 4 * i) = loop[i];
    *(volatile uint16_t *)(p + STRADDLER) = (uint16_t)li;
}

static uint64_t call_user(uint64_t va)
{
    register uint64_t a0 __asm__("a0") = 0;
    __asm__ volatile("csrw sepc, %1\n csrc sstatus, %2\n la ra, 1f\n sret\n 1:"
                     : "+r"(a0)
                     : "r"(va), "r"((uint64_t)MSTATUS_SPP)
                     : "ra", "memory");
    return a0;
}

/* -- Changes, each with one of the fences that suffice -- */

static void put(struct space *s, unsigned i, struct page p)
{
    s->slot[i] = p;
    *(volatile uint64_t *)entry(s->root, s->sv, VA + i * PAGE, 0) =
        p.number < 0 ? 0 : pte((uint64_t)pages[p.number], p.flags);
}

static void fence_page_asid(uint64_t va, uint64_t asid)
{
    __asm__ volatile("sfence.vma %0, %1" : : "r"(va), "r"(asid) : "memory");
}

static struct page any_page(struct hart *h, bool global)
{
    static const uint8_t kinds[] = { RWX, RWX, RWX, RWX & ~W, V | X | A | D, RWX & ~X };
    struct page p = { .number = (int)rnd(h, PAGES + 2) - 2, .flags = kinds[rnd(h, 6)] };

    if (p.number < 0)
        p.number = -1;
    if (rnd(h, 3) == 0)
        p.flags |= U;
    if (global)
        p.flags |= G;
    return p;
}

static void change_global(struct hart *h, struct space *all)
{
    unsigned i = rnd(h, GLOBALS);
    bool global = rnd(h, 4);
    struct page p = any_page(h, global);

    for (unsigned k = 0; k < SPACES; k++)
        put(&all[k], i, p);
    if (rnd(h, 2))
        sfence();
    else
        sfence_page(VA + i * PAGE + rnd(h, PAGE));
}

static void change_private(struct hart *h, struct space *all)
{
    struct space *s = rnd(h, 2) ? h->space : &all[rnd(h, SPACES)];
    unsigned i = GLOBALS + rnd(h, SLOTS - GLOBALS);

    put(s, i, any_page(h, false));
    switch (rnd(h, 4)) {
    case 0: sfence(); break;
    case 1: sfence_page(VA + i * PAGE); break;
    case 2: sfence_asid(s->asid); break;
    default: fence_page_asid(VA + i * PAGE, s->asid); break;
    }
}

static void put_large(struct space *s, struct page p)
{
    s->large = p;
    *(volatile uint64_t *)entry(s->root, s->sv, LARGE, 1) =
        p.number < 0 ? 0 : pte((uint64_t)pages & ~0x1fffffull, p.flags);
}

static void change_large(struct hart *h, struct space *all)
{
    struct space *s = rnd(h, 2) ? h->space : &all[rnd(h, SPACES)];
    struct page p = any_page(h, false);
    uint64_t va = LARGE + rnd(h, 0x200000);

    if (p.number >= 0)
        p.number = 0;
    if (rnd(h, 2)) {
        if (rnd(h, 2))
            p.flags |= G;
        for (unsigned k = 0; k < SPACES; k++)
            put_large(&all[k], p);
        sfence_page(va);
    } else if (s->large.number < 0 || !(s->large.flags & G)) {
        put_large(s, p);
        fence_page_asid(va, s->asid);
    }
}

static void go_to(struct hart *h, struct space *s)
{
    h->space = s;
    csrw(satp, satp_of(s->root, s->sv, s->asid));
}

static void modify(struct hart *h)
{
    h->sum = rnd(h, 2) ? MSTATUS_SUM : 0;
    h->mxr = rnd(h, 4) ? 0 : MSTATUS_MXR;
    csrc(sstatus, MSTATUS_SUM | MSTATUS_MXR);
    csrs(sstatus, h->sum | h->mxr);
}

/* PMP takes a page away, or gives it back. */
static void deny(struct hart *h)
{
    h->denied = rnd(h, 2) ? PAGES : rnd(h, PAGES);
    machine();
    if (h->denied < PAGES) {
        csrw(pmpaddr0, (uint64_t)pages[h->denied] >> 2 | (PAGE / 8 - 1));
        csrw(pmpcfg0, 0x1f18);
    } else {
        csrw(pmpcfg0, 0x1f00);
    }
    sfence();
    supervisor();
}

/* -- Looks -- */

enum what { LOAD, STORE, AMO, FETCH };

/* The fault that the access must raise, 0 if it must not. */
static uint64_t wanted(const struct hart *h, struct page p, enum what w, bool user)
{
    static const uint8_t page_fault[] = { FAULT_LOAD, FAULT_STORE, FAULT_STORE, FAULT_FETCH };
    static const uint8_t access_fault[] = { ACCESS_LOAD, ACCESS_STORE, ACCESS_STORE, ACCESS_FETCH };
    bool users = p.flags & U, mine = users == user || (users && h->sum && w != FETCH);
    bool may = w == FETCH ? p.flags & X : w == LOAD ? p.flags & R || (h->mxr && p.flags & X) : p.flags & W;

    if (p.number < 0 || !mine || !may)
        return page_fault[w];
    return h->denied == (unsigned)p.number ? access_fault[w] : 0;
}

static void look_at(struct hart *h, unsigned hart, uint64_t va, struct page p, bool user)
{
    enum what w = rnd(h, 4);
    uint64_t want = wanted(h, p, w, user), v = 0, number = p.number + 1, counter = COUNTER + 8 * hart, got;
    volatile uint64_t *there = (uint64_t *)(pages[p.number < 0 ? 0 : p.number] + counter);
    uint64_t before = p.number < 0 || h->denied == (unsigned)p.number ? 0 : *there, stored = before + 1;

    switch (w) {
    case LOAD:
        got = FAULT_OF(hart, v = ld(va + VALUE));
        expect(got || v == number, "load of another page", v);
        break;
    case STORE: got = FAULT_OF(hart, sd(va + counter, stored)); break;
    case AMO:
        got = FAULT_OF(hart, v = amoadd(va + counter, 1));
        expect(got || v == before, "amo on another page", v);
        break;
    default:
        if (rnd(h, 2)) {
            got = FAULT_OF(hart, v = call(va + FUNCTION));
        } else {
            got = FAULT_OF(hart, v = call(va + LOOP));
            number *= 3;
        }
        expect(got || v == number, "code of another page", v);
    }
    if (got != want) {
        print("va "), print_hex(va), print(" number "), print_hex(p.number), print(" flags "), print_hex(p.flags);
        print(" what "), print_hex(w), print(" sum "), print_hex(h->sum), print(" mxr "), print_hex(h->mxr);
        print(" denied "), print_hex(h->denied), print(" want "), print_hex(want);
        failed("fault", got);
    }
    if (!got && (w == STORE || w == AMO))
        expect(*there == stored, "store to another page", *there);
    h->checks++;
    h->faults += !!got;
}

static void look_user(struct hart *h, unsigned hart, unsigned i)
{
    struct page p = h->space->slot[i];
    uint64_t want = wanted(h, p, FETCH, true), v = 0;
    uint64_t got = FAULT_OF(hart, v = call_user(VA + i * PAGE + USER_FUNCTION));

    expect(got == want, "a user's code: fault", got);
    expect(got || v == p.number + 1ull, "a user's code of another page", v);
}

/* An instruction in two pages: the second says what it loads. */
static void look_straddling(struct hart *h, unsigned hart, unsigned i)
{
    struct page p = h->space->slot[i], q = h->space->slot[i + 1];
    uint64_t first = wanted(h, p, FETCH, false), second = wanted(h, q, FETCH, false), v = 0;
    uint64_t got = FAULT_OF(hart, v = call(VA + i * PAGE + STRADDLER));

    expect(got == (first ? first : second), "straddling instruction: fault", got);
    expect(got || v == q.number + 1ull, "straddling instruction of another page", v);
}

static void look_physical(struct hart *h, unsigned hart)
{
    unsigned n = rnd(h, PAGES);

    csrw(satp, 0);
    look_at(h, hart, (uint64_t)pages[n], (struct page){ n, RWX }, false);
    go_to(h, h->space);
}

/* From M-mode, as S-mode or U-mode. */
static void look_mprv(struct hart *h, unsigned hart, unsigned i)
{
    bool user = rnd(h, 2);
    struct page p = h->space->slot[i];
    uint64_t want = wanted(h, p, LOAD, user), v = 0, got;

    machine();
    csrc(mstatus, MSTATUS_MPP);
    got = FAULT_OF(hart, __asm__ volatile("csrs mstatus, %2\n .option push\n .option norvc\n ld %0, 0(%1)\n .option pop\n"
                                          "csrc mstatus, %3"
                                          : "+r"(v)
                                          : "r"(VA + i * PAGE + VALUE), "r"(MSTATUS_MPRV | (user ? 0ull : MSTATUS_MPP_S)),
                                            "r"((uint64_t)MSTATUS_MPRV)
                                          : "memory"));
    expect(got == want, "MPRV: fault", got);
    expect(got || v == p.number + 1ull, "MPRV: another page", v);
    supervisor();
}

static void look_large(struct hart *h, unsigned hart)
{
    unsigned n = rnd(h, PAGES);
    struct page p = h->space->large;

    p.number = p.number < 0 ? -1 : (int)n;
    look_at(h, hart, LARGE + ((uint64_t)pages[n] & 0x1fffff), p, false);
}

static void turn(struct hart *h, unsigned hart, struct space *all)
{
    unsigned i = rnd(h, SLOTS);

    switch (rnd(h, 32)) {
    case 0: change_global(h, all); break;
    case 1:
    case 2: change_private(h, all); break;
    case 3: change_large(h, all); break;
    case 4: modify(h); break;
    case 5: deny(h); break;
    case 6:
    case 7: look_physical(h, hart); break;
    case 8: look_mprv(h, hart, i); break;
    case 9:
    case 10:
    case 11: go_to(h, &all[rnd(h, SPACES)]); break;
    case 12:
    case 13: go_to(h, &all[rnd(h, 3)]); break;
    case 14:
    case 15: look_user(h, hart, i); break;
    case 16:
    case 17:
    case 18:
    case 19: look_straddling(h, hart, i % (SLOTS - 1)); break;
    case 20:
    case 21: look_large(h, hart); break;
    default: look_at(h, hart, VA + i * PAGE, h->space->slot[i], false);
    }
}

int main(uint64_t hart)
{
    struct hart *h = &harts[hart];
    struct space *all = spaces[hart];

    csrw(pmpaddr1, ~0ull);
    csrw(pmpcfg0, 0x1f00);
    if (hart == 0) {
        for (unsigned i = 0; i < PAGES; i++)
            fill_page(i);
        for (unsigned k = 0; k < HARTS * SPACES; k++) {
            struct space *s = &spaces[k / SPACES][k % SPACES];
            s->sv = k & 1 ? SV48 : SV39;
            s->asid = k % SPACES + 1;
            s->root = new_root(s->sv);
            for (uint64_t g = 0; g < 4; g++)
                *entry(s->root, s->sv, g << 30, 2) |= G;
            for (unsigned i = 0; i < SLOTS; i++)
                put(s, i, (struct page){ .number = -1 });
            put_large(s, (struct page){ .number = -1 });
        }
        sfence();
        fence_i();
    }
    meet(&bar, HARTS);
    h->seed = SEED * 1000 + hart + 1;
    h->denied = PAGES;
    supervisor();
    go_to(h, all);
    for (unsigned n = 0; n < TURNS; n++)
        turn(h, hart, all);
    machine();
    meet(&bar, HARTS);
    passed("faults", h->faults);
    return 0;
}
