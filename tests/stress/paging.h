/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables for stress guests, and code in S-mode. The first 4 GiB are mapped to themselves by gigapages, so that
 * S-mode runs the same program; tests map 4 KiB pages elsewhere. All traps go to M-mode: an ecall with a7 = 0 ends
 * S-mode, a fault that was expected is noted and skipped.
 */
#ifndef MYNAH_STRESS_PAGING_H
#define MYNAH_STRESS_PAGING_H

#include "rig.h"

#define PAGE 4096ull
#define V 1u
#define R 2u
#define W 4u
#define X 8u
#define U 16u
#define G 32u
#define A 64u
#define D 128u
#define RWX (V | R | W | X | A | D)

enum { SV39 = 8, SV48 = 9, SV57 = 10 };

#ifndef TABLES
#define TABLES 256
#endif
static uint64_t tables[TABLES][512] __attribute__((aligned(4096)));
static unsigned tables_used;

static uint64_t *new_table(void)
{
    if (tables_used == TABLES)
        failed("out of page tables", 0);
    return tables[tables_used++];
}

/* The entry of va at level (0: 4 KiB), tables made as needed. */
static uint64_t *entry(uint64_t *root, unsigned sv, uint64_t va, unsigned level)
{
    uint64_t *t = root;

    for (unsigned l = sv - SV39 + 2; l > level; l--) {
        uint64_t *e = &t[va >> (12 + 9 * l) & 511];
        if (!(*e & V))
            *e = (uint64_t)new_table() >> 2 | V;
        t = (uint64_t *)(*e << 2 & ~0xfffull);
    }
    return &t[va >> (12 + 9 * level) & 511];
}

static inline uint64_t pte(uint64_t pa, uint64_t flags)
{
    return pa >> 12 << 10 | flags;
}

static __attribute__((unused)) void map(uint64_t *root, unsigned sv, uint64_t va, const volatile void *pa,
                                        uint64_t flags)
{
    *(volatile uint64_t *)entry(root, sv, va, 0) = pte((uint64_t)pa, flags);
}

static __attribute__((unused)) uint64_t *new_root(unsigned sv)
{
    uint64_t *root = new_table();

    for (uint64_t g = 0; g < 4; g++)
        *entry(root, sv, g << 30, 2) = pte(g << 30, RWX);
    return root;
}

static inline uint64_t satp_of(const uint64_t *root, unsigned sv, unsigned asid)
{
    return (uint64_t)sv << 60 | (uint64_t)asid << 44 | (uint64_t)root >> 12;
}

/* -- Traps -- */

static struct {
    uint64_t cause, tval, epc; /* of the last fault */
    bool expected, seen;
    uint64_t pad[4];
} faults[8];

/* For trap(): true if it was a fault that was waited for, or the end of S-mode. */
static bool paging_trap(struct frame *f)
{
    uint64_t hart = csrr(mhartid), cause = csrr(mcause);

    if (cause == 9 && f->x[17] == 0) { /* back to M-mode */
        f->x[0] += 4;
        csrs(mstatus, MSTATUS_MPP);
        return true;
    }
    if (!faults[hart].expected)
        return false;
    faults[hart].cause = cause;
    faults[hart].tval = csrr(mtval);
    faults[hart].epc = f->x[0];
    faults[hart].seen = true;
    faults[hart].expected = false;
    if (cause == 12 || cause <= 2)
        f->x[0] = f->x[1]; /* not code: return from what was called */
    else
        f->x[0] += 4; /* insns that may fault are 4 bytes */
    return true;
}

/* Go to S-mode, and back: the code in between runs there. */
static __attribute__((unused)) void supervisor(void)
{
    csrc(mstatus, MSTATUS_MPP);
    csrs(mstatus, MSTATUS_MPP_S);
    __asm__ volatile("la t0, 1f\n csrw mepc, t0\n mret\n 1:" : : : "t0", "memory");
}

static __attribute__((unused)) void machine(void)
{
    __asm__ volatile("li a7, 0\n ecall" : : : "a7", "memory");
}

/* Do what must fault; 0: it did not. */
#define FAULT_OF(h, statement)                                                                                         \
    ({                                                                                                                 \
        faults[h].seen = false;                                                                                        \
        faults[h].expected = true;                                                                                     \
        barrier_all();                                                                                                 \
        statement;                                                                                                     \
        barrier_all();                                                                                                 \
        faults[h].expected = false;                                                                                    \
        faults[h].seen ? faults[h].cause : 0;                                                                          \
    })

/* One instruction of 4 bytes. */
#define INSN(op) __asm__ volatile(".option push\n .option norvc\n" op "\n .option pop"
static inline uint64_t ld(uint64_t va)
{
    uint64_t v = 0xbad;
    INSN("ld %0, 0(%1)") : "+r"(v) : "r"(va) : "memory");
    return v;
}
static inline void sd(uint64_t va, uint64_t v)
{
    INSN("sd %0, 0(%1)") : : "r"(v), "r"(va) : "memory");
}
static inline uint64_t amoadd(uint64_t va, uint64_t v)
{
    uint64_t old = 0xbad;
    INSN("amoadd.d %0, %1, (%2)") : "+r"(old) : "r"(v), "r"(va) : "memory");
    return old;
}
static inline uint64_t fld(uint64_t va)
{
    uint64_t v;
    __asm__ volatile("fmv.d.x ft0, zero\n .option push\n .option norvc\n fld ft0, 0(%1)\n .option pop\n fmv.x.d %0, ft0"
                     : "=r"(v)
                     : "r"(va)
                     : "ft0", "memory");
    return v;
}
static inline void fsd(uint64_t va, uint64_t v)
{
    __asm__ volatile("fmv.d.x ft0, %0\n .option push\n .option norvc\n fsd ft0, 0(%1)\n .option pop"
                     :
                     : "r"(v), "r"(va)
                     : "ft0", "memory");
}
static inline uint64_t call(uint64_t va)
{
    register uint64_t a0 __asm__("a0") = 0;
    __asm__ volatile("jalr %1" : "+r"(a0) : "r"(va) : "ra", "memory");
    return a0;
}

#define RET 0x8067u
#define LI_A0(v) (0x513u | (uint32_t)(v) << 20)

enum {
    FAULT_FETCH = 12,
    FAULT_LOAD = 13,
    FAULT_STORE = 15,
    ACCESS_FETCH = 1,
    ACCESS_LOAD = 5,
    ACCESS_STORE = 7,
    MISALIGNED_STORE = 6
};

#endif
