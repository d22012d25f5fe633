/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A loop in a loop with registers that 32-bit operations write: what faults and interrupts see in any turn is extended
 * by sign, whether nobody looks at the high halves in the loops, the register had something else before them, or has
 * something else on one of two ways.
 */
#include "rig.h"

#define OUTER 40000
#define INNER 33
#define ADDED -0x6dcba989
#define BEFORE 0x123456789abcdef0ull
#define OTHER 0x7fffffff80000001ull

/* x5 of the assembly is for what lies between; x11 and x12 count the turns down. */
struct state {
    uint64_t t1, t2, t3, a6, a7;
};

static struct state model;
static uint64_t done; /* turns of the model */
static volatile uint64_t faults, interrupts;

static uint64_t sext(uint64_t v)
{
    return (int64_t)(int32_t)v;
}

static void turn(void)
{
    if (done % INNER == 0) {
        model.t1 = 0;
        model.t2 = BEFORE;
    }
    model.t1 = sext(model.t1 + ADDED);
    model.t3 = sext(model.t1 * ADDED);
    model.t2 = sext(model.t2 + ADDED);
    model.a6 = sext(sext(model.a6 << 1) + model.t1);
    model.a7 = (INNER - done % INNER) & 3 ? sext(model.a7 - ADDED) : OTHER;
    done++;
}

static void compare(const struct state *s, const char *when)
{
    expect(s->t1 == model.t1, when, s->t1);
    expect(s->t2 == model.t2, when, s->t2);
    expect(s->t3 == model.t3, when, s->t3);
    expect(s->a6 == model.a6, when, s->a6);
    expect(s->a7 == model.a7, when, s->a7);
}

void trap(struct frame *f)
{
    struct state s = {f->x[6], f->x[7], f->x[28], f->x[16], f->x[17]};

    if (csrr(mcause) == (INTERRUPT | 7)) {
        expect(s.t1 == sext(s.t1) && s.t3 == sext(s.t3) && s.a6 == sext(s.a6), "high halves in an interrupt", s.a6);
        expect(s.t2 == BEFORE || s.t2 == sext(s.t2), "t2 in an interrupt", s.t2);
        expect(s.a7 == OTHER || s.a7 == sext(s.a7), "a7 in an interrupt", s.a7);
        MTIMECMP[0] = now() + 300;
        interrupts++;
        return;
    }
    if (csrr(mcause) != 5)
        unexpected(f);
    /* At the turn's begin, with mtval 0, or its end. */
    while (done < (OUTER - f->x[12]) * INNER + INNER - f->x[11] + (csrr(mtval) != 0))
        turn();
    if (f->x[11] == INNER && csrr(mtval) == 0) { /* the outer loop has begun anew */
        model.t1 = 0;
        model.t2 = BEFORE;
    }
    compare(&s, "register in a fault");
    f->x[0] += 4;
    faults++;
}

/* A load from t0's place, or where there is nothing if t0 is 0. */
#define LOAD(offset)                                                                                                   \
    "snez t0, t0\n neg t0, t0\n and t0, t0, t4\n .option push\n .option norvc\n ld t0, " offset "(t0)\n .option pop\n"

static void __attribute__((noinline)) loops(struct state *end)
{
    __asm__ volatile("li t1, 0\n li t2, 0\n li t3, 0\n mv t4, %0\n li a6, 0\n li a7, 0\n"
                     "li a4, %1\n li a5, %2\n li a3, %3\n li a2, %4\n .balign 64\n"
                     "1: li t1, 0\n mv t2, a5\n li a1, %5\n"
                     "2: andi t0, a2, 1\n add t0, t0, a1\n addi t0, t0, -%5 - 1\n" LOAD("0")
                     "addw t1, t1, a4\n mulw t3, t1, a4\n addw t2, t2, a4\n slliw a6, a6, 1\n addw a6, a6, t1\n"
                     "andi t0, a1, 3\n beqz t0, 3f\n subw a7, a7, a4\n j 4f\n"
                     "3: mv a7, a3\n"
                     "4: addi t0, a1, -8\n" LOAD("8")
                     "addi a1, a1, -1\n bnez a1, 2b\n"
                     "addi a2, a2, -1\n bnez a2, 1b\n"
                     "sd t1, 0(%0)\n sd t2, 8(%0)\n sd t3, 16(%0)\n sd a6, 24(%0)\n sd a7, 32(%0)\n"
                     :
                     : "r"(end), "i"(ADDED), "i"(BEFORE), "i"(OTHER), "i"(OUTER), "i"(INNER)
                     : "memory", "t0", "t1", "t2", "t3", "t4", "a1", "a2", "a3", "a4", "a5", "a6", "a7");
}

int main(uint64_t hart)
{
    static struct state end;

    csrs(mie, MIE_MTI);
    MTIMECMP[0] = now() + 300;
    csrs(mstatus, MSTATUS_MIE);
    loops(&end);
    csrc(mstatus, MSTATUS_MIE);
    while (done < OUTER * INNER)
        turn();
    compare(&end, "register at the end");
    expect(faults == OUTER + OUTER / 2, "faults", faults);
    passed("interrupts:", interrupts);
}
