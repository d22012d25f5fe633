/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One hart in S-mode under Sv39, Sv48, Sv57: pages that are mapped elsewhere under running code, address spaces by the
 * dozen, superpages, permissions and A/D bits that come and go, SUM, MXR and MPRV changed between any two accesses.
 */
#define TABLES 400
#include "paging.h"

static uint8_t pages[64][PAGE] __attribute__((aligned(4096)));
static unsigned sv = SV39;
static uint64_t *root;
#define VA 0x140000000ull /* 5 GiB: beyond what is mapped to itself */

void trap(struct frame *f)
{
    if (!paging_trap(f))
        unexpected(f);
}

static void function(unsigned page, unsigned offset, unsigned value)
{
    uint8_t *p = pages[page] + offset;
    *(volatile uint32_t *)p = LI_A0(value);
    *(volatile uint32_t *)(p + 4) = RET;
}

/* Data and code at one address, moved between pages, with fences by page or for all. */
static void remap(void)
{
    for (unsigned i = 0; i < 16; i++) {
        *(volatile uint64_t *)pages[i] = 0x1000 + i;
        function(i, 64, i);
        /* a loop within the page, chained to itself */
        static const uint32_t loop[] = { 0x00000513, 0x00a00593, 0x00150513 /* addi a0, a0, 1: value patched */,
                                         0xfff58593, 0xfe059ce3, RET };
        for (unsigned k = 0; k < 6; k++)
            *(volatile uint32_t *)(pages[i] + 128 + 4 * k) = k == 2 ? 0x00050513 | i << 20 : loop[k];
    }
    fence_i();
    for (unsigned n = 0; n < 400; n++) {
        unsigned k = n * 7 % 16;
        map(root, sv, VA, pages[k], RWX);
        if (n & 1)
            sfence();
        else
            sfence_page(VA + (n & 0xff8));
        expect(ld(VA) == 0x1000 + k, "data moved", n);
        expect(call(VA + 64) == k, "code moved", n);
        expect(call(VA + 128) == 10 * k, "loop moved", n);
        sd(VA + 8, n);
        expect(*(volatile uint64_t *)(pages[k] + 8) == n, "store moved", n);
        expect(amoadd(VA + 8, 1) == n, "amo moved", n);
    }
}

/* Code in one page calls and jumps into the next; each of the two is moved under it. */
static void remap_neighbours(void)
{
    for (unsigned i = 0; i < 8; i++) {
        /* first page: jumps over its end to the second, straight on: addi a0, a0, i; (next page) addi a0, a0, 16 * i;
         * ret */
        uint32_t *end = (uint32_t *)(pages[i] + PAGE - 8);
        end[0] = LI_A0(i);
        end[1] = 0x00050513; /* addi a0, a0, 0 */
        *(volatile uint32_t *)pages[8 + i] = 0x00050513 | (16 * i) << 20;
        *(volatile uint32_t *)(pages[8 + i] + 4) = RET;
        /* an instruction across both, 2 bytes before the end: addi a0, x0, imm: its immediate lies in the second page
         */
        *(volatile uint16_t *)(pages[16 + i] + PAGE - 2) = 0x0513;
        *(volatile uint16_t *)pages[24 + i] = LI_A0(i + 1) >> 16;
        *(volatile uint32_t *)(pages[24 + i] + 2) = RET;
    }
    *(volatile uint16_t *)(pages[17] + PAGE - 2) = 0x0593; /* li a1 instead: a0 stays 0 */
    fence_i();
    for (unsigned n = 0; n < 600; n++) {
        unsigned i = n / 3 * 5 % 8, j = n * 3 % 8;
        map(root, sv, VA, pages[i], RWX);
        map(root, sv, VA + PAGE, pages[8 + j], RWX);
        if (n % 3 == 0)
            sfence_page(VA);
        sfence_page(VA + PAGE);
        expect(call(VA + PAGE - 8) == i + 16 * j, "across pages", n);
    }
    for (unsigned n = 0; n < 600; n++) {
        unsigned i = n / 3 * 5 % 8, j = n * 3 % 8;
        map(root, sv, VA, pages[16 + i], RWX);
        map(root, sv, VA + PAGE, pages[24 + j], RWX);
        if (n % 3 == 0)
            sfence_page(VA);
        sfence_page(VA + PAGE);
        expect(call(VA + PAGE - 2) == (i == 1 ? 0 : j + 1), "straddling instruction", n);
    }
    /* its second page goes away, and comes back */
    for (unsigned n = 0; n < 20; n++) {
        map(root, sv, VA + PAGE, pages[24], n & 2 ? RWX & ~X : 0);
        sfence_page(VA + PAGE);
        uint64_t c = FAULT_OF(0, call(VA + PAGE - 2));
        expect(c == FAULT_FETCH, "straddling instruction without its second page", c);
        expect(faults[0].tval == VA + PAGE && faults[0].epc == VA + PAGE - 2, "its address", faults[0].tval);
        map(root, sv, VA + PAGE, pages[24], RWX);
        sfence_page(VA + PAGE);
        call(VA + PAGE - 2);
    }
}

/* One page of code at many addresses, low ones and high: each copy knows where it is, and all see changes. */
static void everywhere(void)
{
    static const uint32_t code[] = {
        0x00000517,             /* auipc a0, 0 */
        0x00c0006f,             /* j +12 */
        0x00150513,             /* addi a0, a0, 1: not reached */
        RET,        0x00050513, /* addi a0, a0, n: rewritten */
        0xff9ff06f,             /* j -8, to the ret */
    };
    uint64_t vas[24];

    for (unsigned i = 0; i < 24; i++) {
        vas[i] = i & 1 ? VA + i * 5 * PAGE : i & 2 ? -(1ull << 38) + i * PAGE : 0x100000000ull + i * 0x201000;
        map(root, sv, vas[i], pages[40], RWX);
    }
    for (unsigned k = 0; k < 6; k++)
        *(volatile uint32_t *)(pages[40] + 256 + 4 * k) = code[k];
    fence_i();
    sfence();
    for (unsigned n = 0; n < 40; n++) {
        sd(vas[n % 24] + 256 + 16, 0xff9ff06f00050513ull | (uint64_t)n << 20);
        fence_i();
        for (unsigned i = 0; i < 24; i++)
            for (unsigned k = 0; k < 2; k++)
                expect(call(vas[i] + 256) == vas[i] + 256 + n, "same code at another address", (uint64_t)n << 32 | i);
    }
}

/* Forty address spaces with the same address: one after another, back and forth, ASIDs used again after a fence. */
static void spaces(void)
{
    enum { N = 40 };
    static uint64_t *roots[N];
    static unsigned holds[N];

    for (unsigned i = 0; i < N; i++) {
        holds[i] = i;
        roots[i] = new_root(sv);
        map(roots[i], sv, VA, pages[i], RWX);
        *(volatile uint64_t *)pages[i] = i;
        function(i, 64, i);
    }
    fence_i();
    uint64_t seed = 99;
    for (unsigned n = 0; n < 3000; n++) {
        unsigned i = n < 1000 ? n % N : n < 2000 ? n % 12 : random_next(&seed) % N;
        csrw(satp, satp_of(roots[i], sv, i + 1));
        if (n % 50 == 49) { /* this one's page changes */
            holds[i] = (holds[i] + 1) % N;
            map(roots[i], sv, VA, pages[holds[i]], RWX);
            if (n & 64)
                sfence_asid(i + 1);
            else
                __asm__ volatile("sfence.vma %0, %1" : : "r"(VA), "r"(i + 1ul) : "memory");
        }
        if (n % 190 == 189) { /* another one's page changes while it is not current */
            unsigned o = (i + 3) % N;
            holds[o] = (holds[o] + 5) % N;
            map(roots[o], sv, VA, pages[holds[o]], RWX);
            sfence_asid(o + 1);
        }
        expect(ld(VA) == holds[i], "data by address space", n);
        expect(call(VA + 64) == holds[i], "code by address space", n);
        sd(VA + 8, i);
        expect(*(volatile uint64_t *)(pages[holds[i]] + 8) == i, "store by address space", n);
    }
    csrw(satp, satp_of(root, sv, 0));
}

/*
 * Two address spaces without ASIDs, each changed while the other one is current, and no fence: a kernel must make one,
 * but those that forget it are right on QEMU, where a write of another satp forgets all. Pages that only claim to be
 * global too.
 */
static void without_fences(void)
{
    uint64_t *roots[2] = { root, new_root(sv) };
    static unsigned holds[2];

    for (unsigned i = 0; i < 16; i++) {
        *(volatile uint64_t *)pages[i] = i;
        function(i, 64, i);
    }
    fence_i();
    for (unsigned n = 0; n < 200; n++) {
        unsigned i = n & 1;
        holds[i] = n * 5 % 16;
        map(roots[i], sv, VA, pages[holds[i]], RWX | (n & 32 ? G : 0));
        csrw(satp, satp_of(roots[i], sv, 0));
        expect(ld(VA) == holds[i], "data after a new satp", n);
        expect(call(VA + 64) == holds[i], "code after a new satp", n);
        sd(VA + 8, n);
        expect(*(volatile uint64_t *)(pages[holds[i]] + 8) == n, "store after a new satp", n);
    }
    csrw(satp, satp_of(root, sv, 0));
}

/* A superpage is replaced; the flush names any address within. */
static void superpages(void)
{
    uint64_t base = VA + (1ull << 30); /* 2 MiB page */
    uint64_t pa = (uint64_t)pages & ~0x1fffffull;

    for (unsigned n = 0; n < 60; n++) {
        uint64_t other = pa + (n & 1 ? 0x200000 : 0);
        *(volatile uint64_t *)entry(root, sv, base, 1) = pte(other, RWX);
        sfence_page(base + (n * 7919 & 0x1fffff));
        for (unsigned k = 0; k < 8; k++) {
            uint64_t o = k * 0x33000 & 0x1fff000;
            o &= 0x1ff000;
            uint64_t want = *(volatile uint64_t *)(other + o);
            expect(ld(base + o) == want, "superpage", n);
        }
    }
    *(volatile uint64_t *)entry(root, sv, base, 1) = 0;
    sfence_page(base + 0x100000);
    for (unsigned k = 0; k < 8; k++) {
        uint64_t c = FAULT_OF(0, ld(base + (k * 0x33000 & 0x1ff000)));
        expect(c == FAULT_LOAD, "superpage gone", c);
    }
    /* a superpage with the lowest bits of its number not zero */
    *(volatile uint64_t *)entry(root, sv, base, 1) = pte(pa + 0x1000, RWX);
    sfence();
    uint64_t c = FAULT_OF(0, ld(base));
    expect(c == FAULT_LOAD, "misaligned superpage", c);
    *(volatile uint64_t *)entry(root, sv, base, 1) = 0;
    sfence();
}

static void permissions(void)
{
    volatile uint64_t *e = entry(root, sv, VA, 0);
    volatile uint64_t *p = (uint64_t *)pages[3];
    uint64_t c;

    function(3, 64, 7);
    fence_i();
    for (unsigned n = 0; n < 40; n++) {
        *e = pte((uint64_t)p, RWX & ~W); /* down */
        sfence_page(VA);
        *p = n;
        expect(ld(VA) == n, "read-only page", n);
        c = FAULT_OF(0, sd(VA, 1));
        expect(c == FAULT_STORE && faults[0].tval == VA, "store to read-only page", c);
        c = FAULT_OF(0, amoadd(VA, 1));
        expect(c == FAULT_STORE, "amo to read-only page", c);
        c = FAULT_OF(0, fsd(VA, 1));
        expect(c == FAULT_STORE && *p == n, "fsd to read-only page", c);
        expect(fld(VA) == n, "fld from read-only page", n);
        expect(call(VA + 64) == 7, "code in read-only page", n);
        *e = pte((uint64_t)p, RWX); /* up */
        sfence_page(VA);
        sd(VA, n + 1);
        expect(*p == n + 1 && amoadd(VA, 1) == n + 1, "page writable again", n);
        *e = pte((uint64_t)p, V | X | A | D); /* execute only */
        sfence_page(VA);
        c = FAULT_OF(0, ld(VA));
        expect(c == FAULT_LOAD, "load from execute-only page", c);
        expect(call(VA + 64) == 7, "code in execute-only page", n);
        csrs(sstatus, MSTATUS_MXR);
        expect(ld(VA) == n + 2, "MXR", n);
        c = FAULT_OF(0, sd(VA, 1));
        expect(c == FAULT_STORE, "store under MXR", c);
        csrc(sstatus, MSTATUS_MXR);
        c = FAULT_OF(0, ld(VA));
        expect(c == FAULT_LOAD, "MXR off again", c);
        *e = pte((uint64_t)p, RWX & ~X); /* no execution */
        sfence_page(VA);
        c = FAULT_OF(0, call(VA + 64));
        expect(c == FAULT_FETCH && faults[0].tval == VA + 64, "code in a page without X", c);
        *e = pte((uint64_t)p, RWX | U); /* a user page */
        sfence_page(VA);
        c = FAULT_OF(0, ld(VA));
        expect(c == FAULT_LOAD, "user page", c);
        csrs(sstatus, MSTATUS_SUM);
        expect(ld(VA) == n + 2, "SUM", n);
        sd(VA, n + 3);
        c = FAULT_OF(0, call(VA + 64));
        expect(c == FAULT_FETCH, "user code in S-mode under SUM", c);
        csrc(sstatus, MSTATUS_SUM);
        c = FAULT_OF(0, sd(VA, 1));
        expect(c == FAULT_STORE && *p == n + 3, "SUM off again", c);
        *e = pte((uint64_t)p, V | W | A | D); /* reserved */
        sfence_page(VA);
        c = FAULT_OF(0, ld(VA));
        expect(c == FAULT_LOAD, "W without R", c);
    }
}

/* A and D: faults, or bits that are set (Svadu, or neither extension). */
static void accessed_dirty(bool hardware)
{
    volatile uint64_t *e = entry(root, sv, VA, 0);
    volatile uint64_t *p = (uint64_t *)pages[4];
    uint64_t c;

    function(4, 64, 9);
    fence_i();
    for (unsigned n = 0; n < 20; n++) {
        *e = pte((uint64_t)p, V | R | W | X);
        sfence_page(VA);
        *p = n;
        if (hardware) {
            expect(ld(VA) == n && (*e & (A | D)) == A, "load sets A", *e);
            expect(ld(VA) == n && (*e & (A | D)) == A, "load sets no D", *e);
            sd(VA, n);
            expect((*e & (A | D)) == (A | D), "store sets D", *e);
            *e = pte((uint64_t)p, V | R | W | X);
            sfence_page(VA);
            expect(call(VA + 64) == 9 && (*e & (A | D)) == A, "fetch sets A", *e);
            amoadd(VA, 1);
            expect((*e & (A | D)) == (A | D), "amo sets D", *e);
            *e = pte((uint64_t)p, V | R | X);
            sfence_page(VA);
            c = FAULT_OF(0, sd(VA, 1));
            expect(c == FAULT_STORE && !(*e & D), "a store that faults sets no D", *e);
        } else {
            c = FAULT_OF(0, ld(VA));
            expect(c == FAULT_LOAD && !(*e & A), "load without A", c);
            c = FAULT_OF(0, call(VA + 64));
            expect(c == FAULT_FETCH, "fetch without A", c);
            *e |= A;
            sfence_page(VA);
            expect(ld(VA) == n, "load with A", n);
            c = FAULT_OF(0, sd(VA, 1));
            expect(c == FAULT_STORE, "store without D", c);
            *e |= D;
            sfence_page(VA);
            sd(VA, n + 1);
            expect(*p == n + 1, "store with D", n);
        }
    }
}

/* M-mode: MPRV, MPP, SUM and MXR change before each access. */
static void modifiers(void)
{
    volatile uint64_t *p = (uint64_t *)pages[5];

    *entry(root, sv, VA, 0) = pte((uint64_t)p, RWX | U);
    *entry(root, sv, VA + PAGE, 0) = pte((uint64_t)p, V | X | A | D);
    *entry(root, sv, VA + 2 * PAGE, 0) = pte((uint64_t)p, RWX);
    sfence();
    csrw(satp, satp_of(root, sv, 0));
    uint64_t seed = 4711;
    for (unsigned n = 0; n < 2000; n++) {
        uint64_t bits = random_next(&seed), va = VA + PAGE * (bits >> 60) % 3;
        unsigned page = (bits >> 60) % 3;
        va = VA + PAGE * page;
        bool mprv = bits & 1, sum = bits & 2, mxr = bits & 4, user = bits & 8;
        bool readable = page == 0 ? user || sum : page == 1 ? !user && mxr : !user;
        bool writable = page == 1 ? false : readable;
        if (!mprv)
            continue; /* there is nothing at va in M-mode: below */
        *p = n;
        faults[0].expected = true;
        faults[0].seen = false;
        uint64_t set = MSTATUS_MPRV | (sum ? MSTATUS_SUM : 0) | (mxr ? MSTATUS_MXR : 0) | (user ? 0 : MSTATUS_MPP_S),
                 v = 0xbad;
        csrc(mstatus, MSTATUS_MPP);
        __asm__ volatile(
            "csrs mstatus, %2\n .option push\n .option norvc\n ld %0, 0(%1)\n .option pop\n csrc mstatus, %3"
            : "+r"(v)
            : "r"(va), "r"(set), "r"(MSTATUS_MPRV | MSTATUS_SUM | MSTATUS_MXR)
            : "memory");
        expect(faults[0].seen != readable, "load under MPRV", bits);
        if (readable)
            expect(v == n, "value under MPRV", v);
        faults[0].expected = true;
        faults[0].seen = false;
        csrc(mstatus, MSTATUS_MPP);
        __asm__ volatile(
            "csrs mstatus, %2\n .option push\n .option norvc\n sd %0, 0(%1)\n .option pop\n csrc mstatus, %3"
            :
            : "r"(n + 1ull), "r"(va), "r"(set), "r"(MSTATUS_MPRV | MSTATUS_SUM | MSTATUS_MXR)
            : "memory");
        expect(faults[0].seen != writable, "store under MPRV", bits);
        expect(*p == n + writable, "value stored under MPRV", bits);
        faults[0].expected = false;
        /* M-mode itself sees physical memory through the same registers */
        expect(*(volatile uint64_t *)pages[5] == n + writable, "M-mode after MPRV", n);
    }
    csrc(mstatus, MSTATUS_MPP);
}

/*
 * Addresses that share entries of a flat table (2^40 and 2^41 apart): each access must be exact, in turns and whatever
 * was there before.
 */
static void aliases(void)
{
    unsigned top = sv == SV57 ? 56 : 47;
    uint64_t vas[16];
    unsigned n = 0;

    for (unsigned b = 40; b < top; b += b < 42 ? 1 : 3)
        vas[n++] = VA + (1ull << b);
    vas[n++] = VA;
    vas[n++] = VA - (1ull << 41) - (sv == SV57 ? 1ull << 55 : 0);
    vas[n++] = -(1ull << (top - 1)) + VA;
    vas[n++] = -(1ull << 40) + VA;
    for (unsigned i = 0; i < n; i++) {
        map(root, sv, vas[i], pages[i], RWX);
        map(root, sv, vas[i] + PAGE, pages[20 + i], RWX);
        *(volatile uint64_t *)(pages[i] + 8) = 1000 + i;
        *(volatile uint64_t *)(pages[i] + 16) = 0;
        *(volatile uint64_t *)(pages[i] + PAGE - 8) = i;
        *(volatile uint64_t *)pages[20 + i] = i;
        function(i, 64, i);
    }
    fence_i();
    sfence();
    uint64_t seed = 31337, sums[16];

    for (unsigned i = 0; i < 16; i++)
        sums[i] = 0;
    for (unsigned k = 0; k < 20000; k++) {
        uint64_t r = random_next(&seed), va, v;
        unsigned i = r % n;
        va = vas[i];
        switch (r >> 32 & 15) {
        case 0:
        case 1: expect(ld(va + 8) == 1000 + i, "load of an alias", va); break;
        case 2: expect(fld(va + 8) == 1000 + i, "fld of an alias", va); break;
        case 3:
        case 4: sd(va + 16, sums[i] += k); break;
        case 5: fsd(va + 16, sums[i] += k); break;
        case 6:
            expect(amoadd(va + 16, k) == sums[i], "amo of an alias", va);
            sums[i] += k;
            break;
        case 7:
            __asm__ volatile("amomax.d %0, %1, (%2)" : "=&r"(v) : "r"(sums[i]), "r"(va + 16) : "memory");
            expect(v == sums[i], "amomax of an alias", va);
            break;
        case 8:
            __asm__ volatile("1: lr.d %0, (%1)\n add %0, %0, %2\n sc.d t0, %0, (%1)\n bnez t0, 1b"
                             : "=&r"(v)
                             : "r"(va + 16), "r"((uint64_t)k)
                             : "t0", "memory");
            expect(v == (sums[i] += k), "lr/sc of an alias", va);
            break;
        case 9: /* misaligned, in the page and across two */
            __asm__ volatile("ld %0, 13(%1)" : "=r"(v) : "r"(va) : "memory");
            expect(v == sums[i] << 24, "misaligned load of an alias", v);
            break;
        case 10:
            __asm__ volatile("ld %0, -4(%1)" : "=r"(v) : "r"(va + PAGE) : "memory");
            expect(v == (uint64_t)i << 32, "load across pages of an alias", v);
            break;
        case 11:
            __asm__ volatile("sd %0, -3(%1)" : : "r"((uint64_t)i << 24), "r"(va + PAGE) : "memory");
            expect(*(volatile uint64_t *)pages[20 + i] == i, "store across pages of an alias", va);
            *(volatile uint64_t *)(pages[i] + PAGE - 8) = i;
            break;
        case 12: expect(call(va + 64) == i, "code of an alias", va); break;
        case 13:
            __asm__ volatile("lb %0, 8(%1)" : "=r"(v) : "r"(va) : "memory");
            expect(v == (uint64_t)(int8_t)(1000 + i), "lb of an alias", v);
            break;
        case 14:
            __asm__ volatile("sw %0, 16(%1)\n sh %2, 20(%1)\n sb %3, 22(%1)\n sb %3, 23(%1)"
                             :
                             : "r"(sums[i]), "r"(va), "r"(sums[i] >> 32), "r"(0)
                             : "memory");
            break;
        default: expect(*(volatile uint64_t *)(pages[i] + 16) == sums[i], "memory behind an alias", va); break;
        }
    }
    /* an alias that is not mapped, right after one that is */
    for (unsigned k = 0; k < 64; k++) {
        uint64_t va = vas[k % n], other = va ^ (1ull << 43) ^ (k & 1 ? 1ull << 44 : 0), c;
        bool mapped = false;
        for (unsigned i = 0; i < n; i++)
            mapped |= vas[i] == other;
        if (mapped)
            continue;
        sd(va + 16, 5);
        ld(va + 16);
        c = FAULT_OF(0, ld(other + 16));
        expect(c == FAULT_LOAD && faults[0].tval == other + 16, "load of an alias that is not there", c);
        c = FAULT_OF(0, sd(other + 16, 6));
        expect(c == FAULT_STORE && faults[0].tval == other + 16, "store to an alias that is not there", c);
        c = FAULT_OF(0, amoadd(other + 16, 6));
        expect(c == FAULT_STORE && faults[0].tval == other + 16, "amo on an alias that is not there", c);
        c = FAULT_OF(0, fsd(other + 16, 6));
        expect(c == FAULT_STORE, "fsd to an alias that is not there", c);
        c = FAULT_OF(0, call(other + 64));
        expect(c == FAULT_FETCH, "code in an alias that is not there", c);
        expect(ld(va + 16) == 5, "the alias that is there", va);
    }
    /* not canonical */
    uint64_t c = FAULT_OF(0, ld(VA + (1ull << (top + 3))));
    expect(c == FAULT_LOAD, "address that is not canonical", c);
    c = FAULT_OF(0, sd(VA + (1ull << 63), 0));
    expect(c == FAULT_STORE, "address that is not canonical", c);
}

static unsigned run(unsigned mode)
{
    sv = mode;
    tables_used = 0;
    for (unsigned i = 0; i < TABLES; i++)
        for (unsigned k = 0; k < 512; k++)
            tables[i][k] = 0;
    root = new_root(sv);
    csrw(satp, satp_of(root, sv, 0));
    if (csrr(satp) >> 60 != sv)
        return 0;
    sfence();
    supervisor();
    remap();
    remap_neighbours();
    everywhere();
    spaces();
    without_fences();
    superpages();
    permissions();
    if (sv > SV39)
        aliases();
    machine();
    csrw(satp, satp_of(root, sv, 0));
    for (unsigned hardware = 0; hardware < 2; hardware++) {
        __asm__ volatile("csrc 0x30a, %0" : : "r"(1ull << 61)); /* menvcfg.ADUE */
        if (hardware)
            __asm__ volatile("csrs 0x30a, %0" : : "r"(1ull << 61));
        uint64_t menvcfg = csrr(0x30a);
        supervisor();
        accessed_dirty(menvcfg >> 61 & 1);
        machine();
    }
    modifiers();
    csrw(satp, 0);
    sfence();
    return 1;
}

int main(uint64_t hart)
{
    csrw(pmpaddr0, ~0ull);
    csrw(pmpcfg0, 0x1f);
    unsigned n = run(SV39) + run(SV48) + run(SV57);
    passed("paging modes", n);
    return 0;
}
