/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that means harm to the devices: every hart accesses any register of the board with any size, kind of access
 * and value; what virtio's registers lead to is in virtio.c. Then the guest resets the machine and goes on with another
 * seed, since memory stays; after RESETS of these it ends with status DONE, which nobody else does: not a hart by chance, nor
 * a signal. -DSEED=N, -DHARTS=N; -DROUNDS=N: accesses of a hart between two resets.
 */
#include "rig.h"

/*
 * What is not checked when devices are told where to write (powers of two, their sums in a ring's layout) may come to the
 * beginning of memory: all that is there is a jump to the program, and no hart does harm before all have taken it.
 */
#define PROGRAM 0x80234c00ul /* linked to by mmio.t */
#define PROGRAM_SIZE 0x30000
__asm__(".section .entry, \"ax\"\n tail _start\n .text");

#ifndef SEED
#define SEED 1
#endif
#ifndef HARTS
#define HARTS 1
#endif
#ifndef ROUNDS
#define ROUNDS 20000
#endif
#ifndef RESETS
#define RESETS 3
#endif

#define ARENA 0x82000000u /* what devices are told to read and write; beyond it is the count of resets */
#define ARENA_SIZE 0x01000000u
#define RUNS (*(volatile uint64_t *)(ARENA + ARENA_SIZE))
#define RUNS_MAGIC (0x5eed0000ull + SEED)
#define TEST_RESET 0x7777
#define DONE 42

static const struct {
    uint32_t base, size;
} windows[] = {
    { 0x10001000, 0x8000 },  { 0x10001000, 0x200 },  { 0x10002000, 0x200 },   { 0x10003000, 0x200 },
    { 0x10004000, 0x200 },   { 0x10008000, 0x200 },  { 0x10000000, 0x100 },   { 0x101000, 0x100 },
    { 0x10100000, 0x20 },    { 0x2000000, 0x10000 }, { 0x2f00000, 0x4000 },   { 0x0c000000, 0x600000 },
    { 0x0c000000, 0x8000 },  { 0x0c000000, 0x1000 }, { 0x0c200000, 0x10000 }, { 0x0d000000, 0x8000 },
    { 0x20000000, 0x4000000 }, { 0x20000000, 0x1000 }, { 0x24000000, 0x8000 }, { 0x28000000, 0x8000 },
    { 0x1000, 0xf000 },      { 0x100000, 0x1000 },   { 0x4000000, 0x2000000 }, { 0x30000000, 0x10000 },
    { 0x80000000 - 32, 16 }, /* not up to the program: PCI's window is there, and lets the first half of a store pass */
};

static uint64_t seeds[8];
static uint32_t here __attribute__((section(".data"))), done __attribute__((section(".data"))); /* harts; 0 again after a reset */

static uint64_t any(uint64_t h)
{
    return random_next(&seeds[h]) >> 8;
}

static bool one_in(uint64_t h, unsigned n)
{
    return any(h) % n == 0;
}

/* An address in the arena, often one that others use too. */
static uint64_t arena(uint64_t h)
{
    uint64_t v = any(h);

    return ARENA + (v % 4 ? (v >> 8) % 16 * 0x10000 : (v >> 8) % ARENA_SIZE);
}

/* A value for a register or a field in memory; never one that leads a device to this program. */
static uint64_t value(uint64_t h)
{
    static const uint64_t of_interest[] = {
        0, 1, 2, 3, 4, 7, 8, 11, 15, 16, 64, 128, 255, 256, 1024, 1025, 4096, 32768, 65535, 65536, 0x7fffffff, 0xffffffff,
        -1ull, 1ull << 63,
    };
    uint64_t v = any(h);

    switch (v % 8) {
    case 0: return arena(h);
    case 1: return arena(h) >> 12;
    case 2: return 1ull << (v >> 8) % 64;
    case 3: v >>= 8 + (v >> 8) % 48; break;
    default: return of_interest[(v >> 8) % (sizeof(of_interest) / 8)];
    }
    if ((uint32_t)v - PROGRAM < PROGRAM_SIZE || (uint32_t)v - (PROGRAM >> 12) <= PROGRAM_SIZE >> 12)
        v ^= 0x02000002;
    return v;
}

/* -- Accesses. Those that fault are passed over by trap(). -- */

static void access_any(uint64_t h, uint64_t a)
{
    uint64_t v = value(h);

    if ((a & ~0xfffull) == 0x100000 && ((v & 0xffff) == 0x5555 || (v & 0xffff) == 0x3333))
        v = 0;
    switch (any(h) % 14) {
    case 0: *(volatile uint8_t *)a; break;
    case 1: *(volatile uint16_t *)a; break;
    case 2: case 3: *(volatile uint32_t *)a; break;
    case 4: *(volatile uint64_t *)a; break;
    case 5: *(volatile uint8_t *)a = v; break;
    case 6: *(volatile uint16_t *)a = v; break;
    case 7: case 8: case 9: *(volatile uint32_t *)a = v; break;
    case 10: *(volatile uint64_t *)a = v; break;
    case 11: __asm__ volatile("amoswap.w zero, %1, (%0)" : : "r"(a), "r"(v) : "memory"); break;
    case 12: __asm__ volatile("lr.w t0, (%0)\n sc.w t0, %1, (%0)" : : "r"(a), "r"(v) : "t0", "memory"); break;
    case 13: __asm__ volatile("fld ft0, 0(%0)\n fsd ft0, 0(%0)" : : "r"(a) : "ft0", "memory"); break;
    }
}

static void access_window(uint64_t h)
{
    unsigned w = any(h) % (sizeof(windows) / sizeof(windows[0]));
    uint64_t offset = any(h) % windows[w].size;

    access_any(h, windows[w].base + (one_in(h, 8) ? offset : offset & ~3ull));
}

/* The interrupt files of the hart, by their indirect registers; where there are none these are illegal instructions. */
static void access_aia(uint64_t h)
{
    uint64_t select = one_in(h, 2) ? 0x70 + any(h) % 0x90 : any(h) % 0x100, v = value(h);

    __asm__ volatile("csrw 0x350, %0\n csrrw t0, 0x351, %1\n csrw 0x150, %0\n csrrw t0, 0x151, %1\n csrrw t0, 0x35c, %1\n"
                     "csrrw t0, 0x15c, %1\n csrr t0, 0xfb0"
                     : : "r"(select), "r"(v) : "t0");
}

/* -- The harts -- */

void trap(struct frame *f)
{
    uint64_t cause = csrr(mcause);

    if (cause >> 63) { /* acknowledged by chance only: not again until the hart asks for it */
        csrc(mie, 1ull << (cause & 63));
        return;
    }
    if (f->x[0] - PROGRAM >= PROGRAM_SIZE) {
        UART[3] = 3; /* the line as it was, for the message */
        UART[4] = UART[2] = UART[1] = 0;
        print("\n\ncause ");
        print_hex(cause);
        print(" ra ");
        print_hex(f->x[1]);
        failed(" the program was left", f->x[0]);
    }
    f->x[0] += (*(uint16_t *)f->x[0] & 3) == 3 ? 4 : 2;
}

static void act(uint64_t h)
{
    if (one_in(h, 64))
        access_aia(h);
    else if (one_in(h, 256))
        csrs(mie, MIE_MSI | MIE_MTI | 0xb00);
    else if (one_in(h, 8)) /* what devices find if they read memory */
        *(volatile uint64_t *)(arena(h) & ~7ull) = value(h);
    else
        access_window(h);
}

int main(uint64_t hart)
{
    if (hart >= HARTS)
        return 0;
    if (hart == 0) {
        if (RUNS / 0x10000 != RUNS_MAGIC / 0x10000)
            RUNS = RUNS_MAGIC / 0x10000 * 0x10000;
    }
    __atomic_fetch_add(&here, 1, __ATOMIC_SEQ_CST);
    while (load(&here) != HARTS)
        ;
    fence();
    seeds[hart] = (88172645463325252ull + hart * 7919 + SEED * 104729) ^ (RUNS & 0xffff) << 32;
    for (unsigned i = 0; i < 8; i++)
        any(hart);
    csrs(mstatus, MSTATUS_MIE);
    for (unsigned i = 0; i < ROUNDS; i++)
        act(hart);
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
    while (hart != 0 || load(&done) != HARTS)
        if (hart != 0)
            __asm__ volatile("wfi");
    RUNS = RUNS + 1;
    fence();
    TEST_DEVICE = (RUNS & 0xffff) < RESETS ? TEST_RESET : DONE << 16 | 0x3333;
    for (;;)
        ;
}
