/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A loop of several blocks with every register, of which most are pinned anew in it, that faults in some turns and is
 * interrupted: what traps see, and change, and what is left in the end.
 */
#include "rig.h"

#define TURNS 400000ull
#define ADDED 1000000
#define FAULTS (TURNS / 16)

#define COUNTING "6,7,8,9,10,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define FLOATS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30"

static uint64_t faults, interrupts;

/* A register that counts its number at each turn. x1 to x4, x5, x11, x30 don't. */
static bool counts(unsigned i)
{
    return i > 5 && i != 11 && i != 30;
}

#define CHECK_F(i)                                                                                                     \
    do {                                                                                                               \
        uint64_t v_;                                                                                                   \
        __asm__ volatile("fcvt.l.d %0, f" #i : "=r"(v_));                                                              \
        expect(v_ == done, "f" #i " in a trap", v_);                                                                   \
    } while (0)

void trap(struct frame *f)
{
    uint64_t done = TURNS - f->x[11];

    if (csrr(mcause) == (INTERRUPT | 7)) {
        MTIMECMP[0] = now() + 500;
        interrupts++;
        return;
    }
    if (csrr(mcause) != 5)
        unexpected(f);
    for (unsigned i = 0; i < 32; i++)
        expect(!counts(i) || f->x[i] == i * done, "register in a trap:", i | done << 8);
    expect(f->x[30] == 30 * done + faults * ADDED, "x30 in a trap", f->x[30]);
    CHECK_F(0);
    CHECK_F(5);
    CHECK_F(8);
    CHECK_F(15);
    CHECK_F(17);
    CHECK_F(27);
    CHECK_F(30);
    f->x[30] += ADDED;
    f->x[0] += 4;
    faults++;
}

uint64_t x[32], save[16]; /* for the assembly */

int main(uint64_t hart)
{
    csrs(mie, MIE_MTI);
    MTIMECMP[0] = now() + 500;
    csrs(mstatus, MSTATUS_MIE);
    __asm__ volatile("la t0, save\n sd ra, 0(t0)\n sd gp, 8(t0)\n sd tp, 16(t0)\n sd s0, 24(t0)\n sd s1, 32(t0)\n"
                     ".irp n, " COUNTING "\n li x\\n, 0\n .endr\n"
                     ".irp n, " FLOATS "\n"
                     "fcvt.d.l f\\n, zero\n .endr\n li x5, 1\n fcvt.d.l f31, x5\n li a1, %0\n .balign 64\n"
                     "1: addi a1, a1, -1\n"
                     ".irp n, 6,7,8,9,10,12,13,14,15,16,17,18,19,20,21,22,23,24\n addi x\\n, x\\n, \\n\n .endr\n"
                     "j 3f\n ret\n"
                     "3: .irp n, 25,26,27,28,29,30,31\n addi x\\n, x\\n, \\n\n .endr\n"
                     ".irp n, " FLOATS "\n"
                     "fadd.d f\\n, f\\n, f31\n .endr\n"
                     "andi x5, a1, 15\n bnez x5, 2f\n .option push\n .option norvc\n ld x5, 0(zero)\n .option pop\n"
                     "2: bnez a1, 1b\n"
                     "la a1, x\n"
                     ".irp n, " COUNTING "\n"
                     "sd x\\n, 8*\\n(a1)\n .endr\n"
                     "la t0, save\n ld ra, 0(t0)\n ld gp, 8(t0)\n ld tp, 16(t0)\n ld s0, 24(t0)\n ld s1, 32(t0)\n"
                     :
                     : "i"(TURNS)
                     : "memory", "t0", "t1", "t2", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2",
                       "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "f0",
                       "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f13",
                       "f14", "f15", "f16", "f17", "f18", "f19", "f20", "f21", "f22", "f23", "f24", "f25",
                       "f26", "f27", "f28", "f29", "f30", "f31");
    csrc(mstatus, MSTATUS_MIE);
    for (unsigned i = 0; i < 32; i++)
        expect(!counts(i) || x[i] == i * TURNS, "register at the end:", i);
    expect(x[30] == 30 * TURNS + FAULTS * ADDED, "x30 at the end", x[30]);
    expect(faults == FAULTS, "faults", faults);
    passed("interrupts:", interrupts);
}
