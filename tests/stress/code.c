/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that changes while it runs, M-mode without translation: by itself (same page, next page, an instruction that
 * crosses pages, beside data), by another hart, and in pages that are data and code in turn.
 */
#include "rig.h"

#ifndef HARTS
#define HARTS 1
#endif

#define PAGE 4096
static uint8_t area[8 * PAGE] __attribute__((aligned(4096)));

#define RET 0x8067u
#define LI_A0(v) (0x513u | (uint32_t)(v) << 20)
#define ADDI_A0(v) (0x50513u | (uint32_t)(v) << 20)

static void put32(uint8_t *p, uint32_t v)
{
    if ((uintptr_t)p & 3) { /* two parcels: aligned stores */
        *(volatile uint16_t *)p = v;
        *(volatile uint16_t *)(p + 2) = v >> 16;
    } else {
        *(volatile uint32_t *)p = v;
    }
}

static uint64_t call(const uint8_t *p)
{
    register uint64_t a0 __asm__("a0") = 0;

    __asm__ volatile("jalr %1" : "+r"(a0) : "r"(p) : "ra", "memory");
    return a0;
}

/* A function in every position of a page and across its end returns what was last written. */
static void rewrite(uint8_t *base)
{
    for (unsigned n = 0; n < 600; n++) {
        uint8_t *p = base + (n * 26 % (2 * PAGE - 16) & ~1u);
        put32(p, LI_A0(n));
        put32(p + 4, RET);
        fence_i();
        expect(call(p) == n, "rewritten function", p);
        put32(p, LI_A0(n + 1));
        fence_i();
        expect(call(p) == n + 1, "rewritten function again", p);
        expect(call(p) == n + 1, "rewritten function, second call", p);
    }
}

/* The instruction across two pages: its halves are changed one at a time. */
static void straddle(uint8_t *base)
{
    uint8_t *p = base + PAGE - 2;

    put32(p, LI_A0(1));
    put32(p + 4, RET);
    fence_i();
    expect(call(p) == 1, "straddling", 1);
    for (unsigned v = 2; v < 300; v++) {
        *(volatile uint16_t *)(p + 2) = LI_A0(v) >> 16; /* the part in the second page */
        fence_i();
        expect(call(p) == v, "second half written", v);
        *(volatile uint16_t *)p = v & 1 ? 0x0513 : 0x4501 /* c.li a0, 0 */;
        *(volatile uint16_t *)(p + 2) = v & 1 ? LI_A0(v) >> 16 : 0x8082 /* c.jr ra */;
        fence_i();
        expect(call(p) == (v & 1 ? v : 0), "first half written", v);
        put32(p, LI_A0(v));
        put32(p + 4, RET);
        fence_i();
        expect(call(p) == v, "restored", v);
    }
}

/* A loop that writes its own next iteration, and data in the same line as code. */
static void own_loop(uint8_t *base)
{
    /*
     * a0 = 0; a1 = count; a2 = address of the addi; a3 = addi a0, a0, 1
     * loop: sw a3, 0(a2); fence.i; addi a0, a0, ? ; addi a1, -1; lui a4, 0x100 (adds 1 to the immediate); add a3; bnez
     */
    uint32_t code[] = {
        0x00d62023,             /* sw a3, 0(a2) */
        0x0000100f,             /* fence.i */
        ADDI_A0(0), 0xfff58593, /* addi a1, a1, -1 */
        0x00e686bb,             /* addw a3, a3, a4 */
        0xfe0596e3,             /* bnez a1, -20 */
        RET,
    };
    for (unsigned k = 0; k < 3; k++) {
        uint8_t *p = base + (k == 0 ? 64 : k == 1 ? PAGE - 8 : PAGE - 12);
        for (unsigned i = 0; i < sizeof(code) / 4; i++)
            put32(p + 4 * i, code[i]);
        fence_i();
        register uint64_t a0 __asm__("a0") = 0, a1 __asm__("a1") = 500, a2 __asm__("a2") = (uintptr_t)p + 8,
                             a3 __asm__("a3") = ADDI_A0(1), a4 __asm__("a4") = 1 << 20;
        __asm__ volatile("jalr %5" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4) : "r"(p) : "ra", "memory");
        expect(a0 == 500 * 501 / 2, "loop that rewrites itself", a0);
    }
}

/* Code that counts in a word beside it, without fences: every store goes to a page of code. */
static void data_beside(uint8_t *base)
{
    uint32_t code[] = {
        0x00063683, /* ld a3, 0(a2) */
        0x00168693, /* addi a3, a3, 1 */
        0x00d63023, /* sd a3, 0(a2) */
        0x00d6302f, /* amoadd.d zero, a3, (a2) */
        0xfff58593, /* addi a1, a1, -1 */
        0xfe0596e3, /* bnez a1, -20 */
        RET,
    };
    volatile uint64_t *word = (uint64_t *)(base + 32);
    uint64_t want = 0;

    *word = 0;
    for (unsigned i = 0; i < sizeof(code) / 4; i++)
        put32(base + 4 * i, code[i]);
    fence_i();
    register uint64_t a0 __asm__("a0") = 0, a1 __asm__("a1") = 60, a2 __asm__("a2") = (uintptr_t)word;
    __asm__ volatile("jalr %3" : "+r"(a0), "+r"(a1), "+r"(a2) : "r"(base) : "ra", "a3", "memory");
    for (unsigned i = 0; i < 60; i++)
        want = (want + 1) * 2;
    expect(*word == want, "data beside code", *word);
}

/* Each kind of store must be seen. */
static void stores(uint8_t *base)
{
    uint8_t *p = base + 128;

    for (unsigned n = 0; n < 400; n++) {
        uint64_t both = LI_A0(n) | (uint64_t)RET << 32;
        uint64_t f;
        switch (n % 10) {
        case 0: *(volatile uint64_t *)p = both; break;
        case 1: __asm__ volatile("amoswap.d zero, %0, (%1)" : : "r"(both), "r"(p) : "memory"); break;
        case 2:
            __asm__ volatile("lr.d zero, (%2)\n sc.d %0, %1, (%2)" : "=&r"(f) : "r"(both), "r"(p) : "memory");
            break;
        case 3: __asm__ volatile("fmv.d.x ft0, %0\n fsd ft0, (%1)" : : "r"(both), "r"(p) : "ft0", "memory"); break;
        case 4:
            *(volatile uint8_t *)(p + 2) = LI_A0(n) >> 16;
            *(volatile uint8_t *)(p + 3) = LI_A0(n) >> 24;
            break;
        case 5: __asm__ volatile("fmv.w.x ft0, %0\n fsw ft0, (%1)" : : "r"(LI_A0(n)), "r"(p) : "ft0", "memory"); break;
        case 6: __asm__ volatile("sh %0, 2(%1)" : : "r"(LI_A0(n) >> 16), "r"(p) : "memory"); break;
        case 7:
            __asm__ volatile("sd %0, -1(%1)" : : "r"(both << 8 | *(p - 1)), "r"(p) : "memory");
            *(volatile uint8_t *)(p + 7) = 0;
            break;
        case 8:
            __asm__ volatile("amoand.w zero, zero, (%1)\n amoor.w zero, %0, (%1)" : : "r"(LI_A0(n)), "r"(p) : "memory");
            break;
        case 9:
            __asm__ volatile("amoxor.w zero, %0, (%1)" : : "r"(LI_A0(n) ^ *(uint32_t *)p), "r"(p) : "memory");
            break;
        }
        fence_i();
        expect(call(p) == n, "kind of store", n);
    }
}

/* A page is data, then code, then data: fast stores must come back and not hide a write. */
static void turns(uint8_t *base)
{
    for (unsigned n = 0; n < 200; n++) {
        uint8_t *p = base + (n % 7) * 512;
        put32(p, LI_A0(n));
        put32(p + 4, RET);
        fence_i();
        expect(call(p) == n, "page in turns", n);
        for (unsigned i = 0; i < PAGE; i += 8)
            *(volatile uint64_t *)(base + i) = n;
    }
}

/* More blocks than a small cache holds. */
static void many(void)
{
    enum { FUNCTIONS = sizeof(area) / 64 };

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < FUNCTIONS; i++) {
            uint32_t *p = (uint32_t *)(area + 64 * i);
            for (unsigned k = 0; k < 14; k++)
                p[k] = ADDI_A0((i + round) & 0xff);
            p[14] = RET;
        }
        fence_i();
        for (unsigned k = 0; k < 3; k++)
            for (unsigned i = 0; i < FUNCTIONS; i++)
                expect(call(area + 64 * i) == 14 * ((i + round) & 0xff), "one of many functions", i);
    }
}

#if HARTS > 1
/*
 * Hart 0 writes versions of a function; the others run it all the time. With the protocol (code, fence, flag; at the
 * other end flag, fence.i) they must see at least the version announced; without, any version whole.
 */
static uint8_t patched[2 * PAGE] __attribute__((aligned(4096)));
static uint64_t version;
static uint32_t bar, acks;

static void runner(uint64_t hart)
{
    uint8_t *places[] = { patched + 256, patched + PAGE - 2, patched + 1024 };
    uint64_t v, got;

    do {
        for (unsigned k = 0; k < 3; k++) {
            v = load(&version);
            __asm__ volatile("fence r, rw\n fence.i" : : : "memory");
            got = call(places[k]);
            if (got < v || got > load(&version) + 1)
                failed("stale code", v << 32 | got);
        }
        *(volatile uint64_t *)(patched + 512 + 8 * hart) = v; /* data in the page of code */
    } while (v < VERSIONS || load(&acks) != VERSIONS / 4 * (HARTS - 1));
}

static void write_versions(void)
{
    for (uint64_t v = 1; v <= VERSIONS; v++) {
        put32(patched + 256, LI_A0(v));
        *(volatile uint16_t *)(patched + PAGE) = LI_A0(v) >> 16;
        __atomic_store_n((uint32_t *)(patched + 1024), LI_A0(v), __ATOMIC_SEQ_CST);
        __asm__ volatile("fence rw, rw" : : : "memory");
        store(&version, v);
        if (v % 4 == 0) { /* a remote fence.i as kernels do: an interrupt, and all answers are waited for */
            uint32_t goal = load(&acks) + HARTS - 1;
            for (unsigned h = 1; h < HARTS; h++)
                MSIP[h] = 1;
            while (load(&acks) != goal)
                relax(&acks);
        }
    }
}

/* The function is a different page each time, freshly written where other code was. */
static void moving(uint64_t hart)
{
    static uint64_t where;
    for (unsigned n = 1; n <= 60; n++) {
        uint8_t *p = area + (n % 8) * PAGE + n * 16;
        if (hart == 0) {
            put32(p, LI_A0(n));
            put32(p + 4, RET);
            __atomic_store_n(&where, (uint64_t)p, __ATOMIC_RELEASE);
        }
        meet(&bar, HARTS);
        fence_i();
        expect(call((uint8_t *)load(&where)) == n, "moved function", n);
        meet(&bar, HARTS);
    }
}
#endif

void trap(struct frame *f)
{
#if HARTS > 1
    uint64_t hart = csrr(mhartid);
    if (csrr(mcause) == (INTERRUPT | 3)) {
        MSIP[hart] = 0;
        fence_i();
        __atomic_fetch_add(&acks, 1, __ATOMIC_RELAXED);
        return;
    }
#endif
    unexpected(f);
}

int main(uint64_t hart)
{
    if (hart == 0) {
        rewrite(area);
        straddle(area);
        own_loop(area);
        data_beside(area + PAGE);
        stores(area + 2 * PAGE);
        turns(area + 3 * PAGE);
        many();
    }
#if HARTS > 1
    csrw(mie, MIE_MSI);
    csrs(mstatus, MSTATUS_MIE);
    if (hart == 0) {
        put32(patched + 256, LI_A0(0));
        put32(patched + 260, RET);
        put32(patched + PAGE - 2, LI_A0(0));
        put32(patched + PAGE + 2, RET);
        put32(patched + 1024, LI_A0(0));
        put32(patched + 1028, RET);
    }
    fence_i();
    meet(&bar, HARTS);
    fence_i();
    if (hart == 0)
        write_versions();
    else
        runner(hart);
    meet(&bar, HARTS);
    moving(hart);
    meet(&bar, HARTS);
    if (hart == 0)
        passed("interrupts", acks);
#else
    passed("versions", 0);
#endif
    return 0;
}
