/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses off one base, which share a check of their page, while what it relied on changes: frames that reach into a
 * page that is not there, or not writable; an access among them that changes the map; other harts that make code of the
 * page between check and store.
 */
#include "paging.h"

#define HARTS 2
#define VA 0x140000000ull
#define STATUS 0x00800080u
#define CMD_READ_STATUS 0x70
#define CMD_READ_ARRAY 0xff

/* -- Faults: each at its own access, and nothing behind it done before it -- */

static uint8_t pages[2][PAGE] __attribute__((aligned(4096)));
static uint8_t model[2 * PAGE];
static unsigned faulted; /* accesses of frame() that did: bit by number */
static uint64_t frame_code;

void trap(struct frame *f)
{
    if (faulted & 1u << 31 && csrr(mcause) < 16) {
        expect(csrr(mcause) == FAULT_STORE || csrr(mcause) == FAULT_LOAD, "kind of fault", csrr(mcause));
        faulted |= 1u << ((f->x[0] - frame_code) / 4);
        f->x[0] += 4;
        return;
    }
    if (!paging_trap(f))
        unexpected(f);
}

#define ACCESSES 9
static const struct {
    int at;
    unsigned size;
    bool is_store;
} accesses[ACCESSES] = {
    {-32, 8, true}, {-24, 8, true}, {-16, 8, true}, {-16, 8, false}, {-8, 4, true},
    {-6, 2, false}, {0, 8, true},   {0, 8, false},  {13, 1, true},
};

/* The accesses of the table. What is loaded is stored by others; a load that faults leaves 7, 8, 9. */
static void __attribute__((noinline)) frame(uint64_t base, uint64_t v, uint64_t loaded[3])
{
    register uint64_t a3 __asm__("a3") = base, a4 __asm__("a4") = v, a0 __asm__("a0") = 7, a1 __asm__("a1") = 8,
                         a2 __asm__("a2") = 9;

    __asm__ volatile("la t0, 1f\n sd t0, %[code]\n j 1f\n .option push\n .option norvc\n .balign 4\n"
                     "1: sd a4, -32(a3)\n sd a3, -24(a3)\n sd a4, -16(a3)\n ld a0, -16(a3)\n sw a4, -8(a3)\n"
                     "lhu a1, -6(a3)\n sd a3, 0(a3)\n ld a2, 0(a3)\n sb a4, 13(a3)\n .option pop"
                     : "+r"(a0), "+r"(a1), "+r"(a2), [code] "=m"(frame_code)
                     : "r"(a3), "r"(a4)
                     : "t0", "memory");
    loaded[0] = a0;
    loaded[1] = a1;
    loaded[2] = a2;
}

/* The second page allows reads, writes. */
static void check_frame(uint64_t base, uint64_t v, bool reads, bool writes)
{
    const uint64_t stored[ACCESSES] = {v, base, v, 0, v, 0, base, 0, v};
    uint64_t loaded[3], want[3] = {7, 8, 9};
    unsigned faults = 0, loads = 0;

    for (unsigned n = 0; n < ACCESSES; n++) {
        uint64_t at = base + accesses[n].at - VA, value = 0;
        bool ok = at + accesses[n].size <= PAGE || (accesses[n].is_store ? writes : reads);
        faults |= !ok << n;
        for (unsigned i = 0; ok && i < accesses[n].size; i++) {
            if (accesses[n].is_store)
                model[at + i] = stored[n] >> (8 * i);
            value |= (uint64_t)model[at + i] << (8 * i);
        }
        if (!accesses[n].is_store) {
            want[loads] = ok ? value : want[loads];
            loads++;
        }
    }
    faulted = 1u << 31;
    barrier_all();
    frame(base, v, loaded);
    barrier_all();
    expect(faulted == (1u << 31 | faults), "accesses that faulted", faulted);
    faulted = 0;
    for (unsigned n = 0; n < 3; n++)
        expect(loaded[n] == want[n], "value loaded", loaded[n]);
    for (unsigned i = PAGE - 128; i < PAGE + 128; i++)
        expect(((volatile uint8_t *)pages)[i] == model[i], "byte of memory", i);
}

static void frames(void)
{
    static const uint64_t flags[] = {RWX, RWX & ~W, 0, RWX};
    uint64_t *root = new_root(SV39), v = 0x1122334455667788;

    csrw(satp, satp_of(root, SV39, 0));
    map(root, SV39, VA, pages[0], RWX);
    for (unsigned k = 0; k < 4; k++) {
        map(root, SV39, VA + PAGE, pages[1], flags[k]);
        for (unsigned i = 0; i < 80 * 3; i++) {
            uint64_t base = VA + PAGE - 40 + i % 80;
            sfence(); /* the first access of each kind fills the page's entry */
            csrw(satp, satp_of(root, SV39, 0));
            supervisor();
            if (i % 3)
                (void)*(volatile uint8_t *)VA;
            check_frame(base, v += 0x0101010101010101, flags[k] & R, flags[k] & W);
            machine();
        }
    }
    csrw(satp, 0);
}

/* -- A store between two loads changes the map -- */

static void flash(void)
{
    volatile uint32_t *bank = (uint32_t *)(FLASH + 0x2000000ull);
    uint32_t before[3], after[3], array = bank[1];

    for (unsigned n = 0; n < 50; n++) {
        __asm__ volatile("lw %0, 4(%6)\n lw %1, 8(%6)\n lw %2, 12(%6)\n sw %8, (%7)\n lw %3, 4(%6)\n lw %4, 8(%6)\n"
                         "lw %5, 12(%6)"
                         : "=&r"(before[0]), "=&r"(before[1]), "=&r"(before[2]), "=&r"(after[0]), "=&r"(after[1]),
                           "=&r"(after[2])
                         : "r"(bank), "r"(bank + 64), "r"(CMD_READ_STATUS)
                         : "memory");
        for (unsigned i = 0; i < 3; i++) {
            expect(before[i] == array, "array", before[i]);
            expect(after[i] == STATUS, "what was there before", after[i]);
        }
        bank[0] = CMD_READ_ARRAY;
    }
}

/* -- Code written by stores whose check is old -- */

/* Each page is data, written by all harts but the first, until that calls what they write. */
static uint8_t area[PAGES][PAGE] __attribute__((aligned(4096)));
static uint32_t bar, current;
static struct {
    uint32_t page, version;
    uint32_t pad[14];
} written[HARTS] __attribute__((aligned(64)));

static void write_code(uint64_t hart)
{
    for (uint32_t v = 1, page; (page = load(&current)) < PAGES; v++) {
        uint8_t *p = area[page] + 256 * hart;
        *(volatile uint32_t *)(p + 4) = RET;
        /* Roots in a rounding mode that takes long. */
        __asm__ volatile("sd %0, 64(%2)\n sd %0, 72(%2)\n .rept 50\n fsqrt.d ft0, ft0, rmm\n .endr\n sd %0, 80(%2)\n"
                         "sw %1, (%2)"
                         :
                         : "r"((uint64_t)v), "r"(LI_A0(v & 0x7ff)), "r"(p)
                         : "ft0", "memory");
        fence();
        store(&written[hart].version, v);
        fence();
        store(&written[hart].page, page);
    }
}

static uint64_t run_code(void)
{
    uint64_t runs = 0;

    for (uint32_t page = 1; page < PAGES; page++) {
        store(&current, page);
        for (unsigned h = 1; h < HARTS; h++)
            while (load(&written[h].page) != page)
                relax(&bar);
        for (unsigned n = 0; n < 100; n++) {
            unsigned h = 1 + n % (HARTS - 1);
            uint32_t low = load(&written[h].version);
            fence();
            fence_i();
            uint32_t v = call((uint64_t)(area[page] + 256 * h));
            fence();
            uint32_t high = load(&written[h].version) + 1;
            expect(high - low >= 0x7ff || ((v - low) & 0x7ff) <= high - low, "old code", (uint64_t)low << 32 | v);
            runs++;
        }
    }
    store(&current, PAGES);
    return runs;
}

int main(uint64_t hart)
{
    csrw(pmpaddr0, ~0ull);
    csrw(pmpcfg0, 0x1f);
    if (hart == 0) {
        frames();
        flash();
    }
    meet(&bar, HARTS);
    if (hart)
        write_code(hart);
    else
        passed("runs of code", run_code());
    for (;;)
        ;
}
