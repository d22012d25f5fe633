/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses that are misaligned, cross pages or regions, reach devices, ROM, flash and nothing; code outside RAM; PMP
 * that changes at run time. What a misaligned store leaves behind when its second page faults: nothing of it.
 */
#include "paging.h"

#define VA 0x140000000ull
#define RAM_END 0x84000000ull /* -m 64M */

static uint8_t two[2 * PAGE] __attribute__((aligned(4096)));
static uint64_t *root;

void trap(struct frame *f)
{
    if (!paging_trap(f))
        unexpected(f);
}

/* Loads and stores of size bytes (log 0..3) at any address; FP ones for 4 and 8. */
static uint64_t load_n(uint64_t va, unsigned log, bool fp)
{
    uint64_t v = 0xbad;

    switch (log + 4 * fp) {
    case 0: INSN("lbu %0, 0(%1)") : "+r"(v) : "r"(va) : "memory");
        break;
    case 1: INSN("lhu %0, 0(%1)") : "+r"(v) : "r"(va) : "memory");
        break;
    case 2: INSN("lwu %0, 0(%1)") : "+r"(v) : "r"(va) : "memory");
        break;
    case 3: INSN("ld %0, 0(%1)") : "+r"(v) : "r"(va) : "memory");
        break;
    case 6: INSN("fmv.d.x ft0, zero\n flw ft0, 0(%1)\n fmv.x.w %0, ft0\n"
                 "slli %0, %0, 32\n srli %0, %0, 32") : "=&r"(v) : "r"(va) : "ft0", "memory");
        break;
    default: INSN("fmv.d.x ft0, zero\n fld ft0, 0(%1)\n fmv.x.d %0, ft0") : "=&r"(v) : "r"(va) : "ft0", "memory");
        break;
    }
    return v;
}

static void store_n(uint64_t va, uint64_t v, unsigned log, bool fp)
{
    switch (log + 4 * fp) {
    case 0: INSN("sb %1, 0(%0)") : : "r"(va), "r"(v) : "memory");
        break;
    case 1: INSN("sh %1, 0(%0)") : : "r"(va), "r"(v) : "memory");
        break;
    case 2: INSN("sw %1, 0(%0)") : : "r"(va), "r"(v) : "memory");
        break;
    case 3: INSN("sd %1, 0(%0)") : : "r"(va), "r"(v) : "memory");
        break;
    case 6: INSN("fmv.w.x ft0, %1\n fsw ft0, 0(%0)") : : "r"(va), "r"(v) : "ft0", "memory");
        break;
    default: INSN("fmv.d.x ft0, %1\n fsd ft0, 0(%0)") : : "r"(va), "r"(v) : "ft0", "memory");
        break;
    }
}

static bool kind_exists(unsigned log, bool fp)
{
    return !fp || log >= 2;
}

static uint64_t bytes_at(const uint8_t *p, unsigned log)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 1u << log; i++)
        v |= (uint64_t)((volatile const uint8_t *)p)[i] << 8 * i;
    return v;
}

static void fill_two(void)
{
    for (unsigned i = 0; i < 2 * PAGE; i++)
        ((volatile uint8_t *)two)[i] = i * 37 + i / 256;
}

/* The pages are mapped in reverse order, so that neighbours in one space are none in the other. */
static void misaligned(void)
{
    uint64_t seed = 5;

    fill_two();
    map(root, SV39, VA, two + PAGE, RWX);
    map(root, SV39, VA + PAGE, two, RWX);
    sfence();
    for (unsigned n = 0; n < 4000; n++) {
        uint64_t r = random_next(&seed);
        unsigned log = r & 3, offset = r & 4 ? PAGE - 8 + (r >> 8) % 16 : (r >> 8) % (2 * PAGE - 8);
        bool fp = (r & 8) && log >= 2;
        uint64_t v = r * 0x9e3779b97f4a7c15ull, want = 0;
        uint8_t *at[8];
        for (unsigned i = 0; i < 1u << log; i++)
            at[i] = offset + i < PAGE ? two + PAGE + offset + i : two + offset + i - PAGE;
        if (r & 16) {
            uint8_t before =
                *(volatile uint8_t *)(offset ? (offset - 1 < PAGE ? two + PAGE + offset - 1 : two + offset - 1 - PAGE)
                                             : two);
            store_n(VA + offset, v, log, fp);
            for (unsigned i = 0; i < 1u << log; i++)
                expect(*(volatile uint8_t *)at[i] == (uint8_t)(v >> 8 * i), "misaligned store",
                       offset << 8 | log << 4 | i);
            expect(!offset || before == *(volatile uint8_t *)(offset - 1 < PAGE ? two + PAGE + offset - 1
                                                                                : two + offset - 1 - PAGE),
                   "byte before", offset);
        } else {
            for (unsigned i = 0; i < 1u << log; i++)
                want |= (uint64_t) * (volatile uint8_t *)at[i] << 8 * i;
            expect(load_n(VA + offset, log, fp) == want, "misaligned load", offset << 8 | log << 4 | fp);
        }
    }
}

/* The second page, or the first, is not there or read-only. */
static void half_there(void)
{
    for (unsigned n = 0; n < 2; n++) {
        for (unsigned which = 0; which < 2; which++) {
            fill_two();
            map(root, SV39, VA, two, which == 0 ? (n ? RWX & ~W : 0) : RWX);
            map(root, SV39, VA + PAGE, two + PAGE, which == 1 ? (n ? RWX & ~W : 0) : RWX);
            sfence();
            for (unsigned k = 0; k < 40; k++) {
                unsigned log = k % 3 + 1, offset = PAGE - 1 - (k / 3) % ((1 << log) - 1);
                bool fp = k & 1;
                if (!kind_exists(log, fp))
                    continue;
                uint64_t before = bytes_at(two + offset, log), bad = which ? VA + PAGE : VA + offset, c;
                c = FAULT_OF(0, store_n(VA + offset, ~before, log, fp));
                expect(c == FAULT_STORE, "store across pages", c);
                expect(faults[0].tval == bad, "its address", faults[0].tval);
                expect(bytes_at(two + offset, log) == before, "part of a store that faulted", offset);
                c = FAULT_OF(0, load_n(VA + offset, log, fp));
                if (n) {
                    expect(!c, "load across pages", c);
                } else {
                    expect(c == FAULT_LOAD && faults[0].tval == bad, "load across pages", faults[0].tval);
                }
                /* atomics must be aligned, whatever is there */
                c = FAULT_OF(0, amoadd(VA + PAGE - 4, 1));
                expect(c == MISALIGNED_STORE && faults[0].tval == VA + PAGE - 4, "misaligned amo", c);
            }
        }
    }
}

static void devices(void)
{
    uint64_t c;

    /* the UART's page after one of RAM */
    map(root, SV39, VA, two, RWX);
    map(root, SV39, VA + PAGE, UART, V | R | W | A | D);
    sfence();
    fill_two();
    UART[7] = 0x5a; /* scratch */
    UART[3] = 0x83; /* divisor latch: registers 0 and 1 are harmless storage */
    UART[0] = 0x11;
    UART[1] = 0x22;
    expect(load_n(VA + PAGE - 2, 2, false) == ((uint64_t)two[PAGE - 2] | two[PAGE - 1] << 8 | 0x11 << 16 | 0x22u << 24),
           "load into a device", 0);
    store_n(VA + PAGE - 2, 0x66554433, 2, false);
    expect(two[PAGE - 2] == 0x33 && two[PAGE - 1] == 0x44 && UART[0] == 0x55 && UART[1] == 0x66, "store into a device",
           UART[0]);
    UART[0] = 1;
    UART[1] = 0;
    UART[3] = 3;
    expect(UART[7] == 0x5a, "UART", UART[7]);
    c = FAULT_OF(0, amoadd(VA + PAGE, 0));
    expect(c == ACCESS_STORE && faults[0].tval == VA + PAGE, "amo on a device", c);
    /* RAM after a device: the end of the UART's page has nothing */
    map(root, SV39, VA, UART, V | R | W | A | D);
    map(root, SV39, VA + PAGE, two, RWX);
    sfence();
    for (unsigned k = 0; k < 7; k++) {
        uint64_t before = bytes_at(two, 3);
        c = FAULT_OF(0, store_n(VA + PAGE - 1 - k, 0, 3, false));
        expect(c == ACCESS_STORE, "store from nothing into RAM", c);
        expect(bytes_at(two, 3) == before, "part of that store", k);
        c = FAULT_OF(0, load_n(VA + PAGE - 1 - k, 3, false));
        expect(c == ACCESS_LOAD, "load from nothing into RAM", c);
    }
    machine();
    /* the end of RAM, and nothing anywhere */
    for (unsigned n = 0; n < 3; n++) {
        static const uint64_t nowhere[] = { RAM_END, 0x7000000000ull, ~0xfffull };
        for (unsigned log = 0; log < 4; log++) {
            c = FAULT_OF(0, load_n(nowhere[n], log, false));
            expect(c == ACCESS_LOAD && faults[0].tval == nowhere[n], "load of nothing", c);
            c = FAULT_OF(0, store_n(nowhere[n], 1, log, false));
            expect(c == ACCESS_STORE && faults[0].tval == nowhere[n], "store to nothing", c);
        }
        c = FAULT_OF(0, call(nowhere[n]));
        expect(c == ACCESS_FETCH && faults[0].tval == nowhere[n], "code in nothing", faults[0].tval);
        c = FAULT_OF(0, amoadd(nowhere[n], 1));
        expect(c == ACCESS_STORE, "amo on nothing", c);
    }
    uint64_t last = bytes_at((uint8_t *)RAM_END - 8, 3);
    c = FAULT_OF(0, store_n(RAM_END - 4, ~0ull, 3, false));
    expect(c == ACCESS_STORE, "store across the end of RAM", c);
    expect(bytes_at((uint8_t *)RAM_END - 8, 3) == last, "part of that store", last);
    c = FAULT_OF(0, load_n(RAM_END - 4, 3, false));
    expect(c == ACCESS_LOAD, "load across the end of RAM", c);
    /* an instruction across the end of RAM; one that ends at it */
    *(volatile uint16_t *)(RAM_END - 2) = 0x0513;
    fence_i();
    c = FAULT_OF(0, call(RAM_END - 2));
    expect(c == ACCESS_FETCH && faults[0].tval == RAM_END && faults[0].epc == RAM_END - 2, "instruction across the end",
           faults[0].tval);
    *(volatile uint16_t *)(RAM_END - 2) = 0x8082;
    fence_i();
    call(RAM_END - 2);
    /* flash that holds no instructions; stores are commands, atomics fault */
    c = FAULT_OF(0, call(FLASH + 0x1000));
    expect(c == 2, "flash without code as code", c);
    c = FAULT_OF(0, amoadd(FLASH + 0x1000, 1));
    expect(c == ACCESS_STORE, "amo on flash", c);
    supervisor();
}

/* Program 4-byte words (two x16 chips) and run them, in array mode. */
static void flash_code(void)
{
    volatile uint32_t *f = (uint32_t *)(FLASH + 0x2000000); /* the second bank */

    for (unsigned n = 1; n < 4; n++) {
        uint32_t words[] = { LI_A0(n), RET };
        f[0] = 0x00200020; /* erase the block */
        f[0] = 0x00d000d0;
        while ((f[0] & 0x00800080) != 0x00800080)
            ;
        f[0] = 0x00ff00ff;
        for (unsigned i = 0; i < 2; i++) {
            f[i] = 0x00400040;
            f[i] = words[i];
            while ((f[0] & 0x00800080) != 0x00800080)
                ;
        }
        f[0] = 0x00ff00ff;
        fence_i();
        expect(f[0] == LI_A0(n) && f[1] == RET, "flash programmed", f[0]);
        for (unsigned k = 0; k < 3; k++)
            expect(call((uint64_t)f) == n, "code in flash", n);
        f[0] = 0x00900090; /* identifiers */
        expect(f[0] != LI_A0(n), "identifiers", f[0]);
        f[0] = 0x00ff00ff;
        expect(call((uint64_t)f) == n && f[0] == LI_A0(n), "code in flash after a command", n);
    }
}

/* -- PMP -- */

static void pmp(void)
{
    static uint8_t area[2 * PAGE] __attribute__((aligned(4096)));
    uint64_t base = (uint64_t)area, c;

    /* entries 0 and 1: a range [base + lo, base + hi) with few permissions; 7: everything */
    csrw(pmpaddr7, ~0ull);
    *(volatile uint32_t *)(area + 512) = LI_A0(5);
    *(volatile uint32_t *)(area + 516) = RET;
    fence_i();
    for (unsigned n = 0; n < 24; n++) {
        static const uint16_t bounds[][2] = { { 0, 4096 },  { 0, 8192 },    { 1024, 1032 },
                                              { 64, 4096 }, { 4000, 4200 }, { 512, 516 } };
        unsigned lo = bounds[n % 6][0], hi = bounds[n % 6][1],
                 cfg = (n / 6 + n) % 4; /* 0: nothing, 1: R, 2: X, 3: RW */
        unsigned bits = cfg == 0 ? 0 : cfg == 1 ? 1 : cfg == 2 ? 4 : 3;
        csrw(pmpaddr0, (base + lo) >> 2);
        csrw(pmpaddr1, (base + hi) >> 2);
        csrw(pmpcfg0, (0x1full << 56) | (uint64_t)(bits | 8) << 8);
        csrw(satp, n & 1 ? satp_of(root, SV39, 0) : 0);
        sfence();
        supervisor();
        for (unsigned o = 0; o <= 2 * PAGE - 8; o += o % 1024 == 0 ? 8 : o < 4000 && o > 1100 ? 56 : 4) {
            if (o & 7)
                continue;
            bool in = o + 8 > lo && o < hi, part = in && (o < lo || o + 8 > hi);
            c = FAULT_OF(0, ld(base + o));
            expect(c == ((in && !(bits & 1)) || part ? ACCESS_LOAD : 0), "load under PMP", (uint64_t)n << 32 | o);
            if (o >= 504 && o < 528)
                continue;
            c = FAULT_OF(0, sd(base + o, o));
            expect(c == ((in && !(bits & 2)) || part ? ACCESS_STORE : 0), "store under PMP", (uint64_t)n << 32 | o);
            c = FAULT_OF(0, amoadd(base + o, o));
            expect(c == ((in && bits != 3) || part ? ACCESS_STORE : 0), "amo under PMP", (uint64_t)n << 32 | o);
        }
        bool in = lo < 520 && hi > 512;
        c = FAULT_OF(0, call(base + 512));
        expect(c == (in && !(bits & 4) ? ACCESS_FETCH : 0), "code under PMP", (uint64_t)n << 32 | c);
        /* across the lower bound */
        if (lo) {
            c = FAULT_OF(0, load_n(base + lo - 2, 2, false));
            expect(c == ACCESS_LOAD || (c == 0 && (bits & 1) && (lo & 4095) == 0), "load across a bound of PMP",
                   (uint64_t)n << 32 | c);
        }
        machine();
        expect(ld(base) == *(uint64_t *)area, "M-mode", n);
    }
    csrw(pmpcfg0, 0x1full << 56);
    csrw(satp, 0);
}

int main(uint64_t hart)
{
    csrw(pmpaddr0, ~0ull);
    csrw(pmpcfg0, 0x1f);
    root = new_root(SV39);
    csrw(satp, satp_of(root, SV39, 0));
    sfence();
    supervisor();
    misaligned();
    half_there();
    devices();
    machine();
    csrw(satp, 0);
    flash_code();
    pmp();
    passed("accesses", 0);
    return 0;
}
