/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random loops that walk through memory: several pointers with steps of their own, loads and stores of all sizes at odd
 * places, ways out and over, through pages that are away, read-only, devices' registers, parts of a page that PMP
 * protects, code, and addresses that a table of pages can't tell apart. Each fault, with all registers at it, and what
 * memory and registers are in the end go into a sum: every engine must come to the same. -DSEED=N -DLOOPS=N.
 */
#include "paging.h"

#ifndef SEED
#define SEED 1
#endif
#ifndef LOOPS
#define LOOPS 300
#endif

#define SV SV48
#define VA 0x140000000ull     /* VA + ALIAS maps the same pages in another order */
#define ALIAS (1ull << 40)
#define PAGES 6
#define SPAN 40               /* pages at VA, of these */
#define FAULTS_MAX 40         /* of a loop, which ends with the last */
#define PLIC 0x0c000000       /* priorities of sources: words that can be read and written */
#define CODE_WORDS 64

static uint8_t memory[PAGES][PAGE] __attribute__((aligned(4096)));
static uint32_t code[8][PAGE / 4] __attribute__((aligned(4096)));
static uint64_t *root, seed = 88172645463325252ull + SEED * 104729, sum, faults_of_loop, faults_in_all, loops_cut;
static uint32_t *leave; /* where the loop goes when it is to end */

static uint64_t any(unsigned n)
{
    return (random_next(&seed) >> 16) % n;
}

static void note(uint64_t v)
{
    sum = (sum ^ v) * 0x9e3779b97f4a7c15ull;
    sum ^= sum >> 29;
}

/* -- Pages -- */

static uint64_t random_flags(void)
{
    switch (any(8)) {
    case 0: return 0;
    case 1: return RWX & ~W;
    case 2: return RWX & ~(uint64_t)D;  /* where the CPU does not set it, a fault */
    case 3: return RWX & ~(uint64_t)A;
    case 4: return V | W | A | D;       /* reserved */
    default: return RWX;
    }
}

static void map_one(uint64_t va, unsigned page, uint64_t flags)
{
    map(root, SV, va, any(80) ? (void *)memory[page] : any(3) ? (void *)code[any(2) + 6] : (void *)PLIC, flags);
}

static void map_pages(void)
{
    unsigned strange = any(4) ? any(3) : 4; /* pages of eight */

    for (unsigned i = 0; i < SPAN; i++) {
        map_one(VA + i * PAGE, (i * 5 + 2) % PAGES, any(8) < strange ? random_flags() : RWX);
        map_one(VA + ALIAS + i * PAGE, (i + 3) % PAGES, any(8) < strange ? random_flags() : RWX);
    }
    sfence();
}

/* -- Traps -- */

void trap(struct frame *f)
{
    uint64_t cause = csrr(mcause), at = csrr(mtval);

    if (cause == 9) {
        paging_trap(f);
        return;
    }
    if ((cause != 5 && cause != 7 && cause != 13 && cause != 15) || f->x[0] - (uint64_t)code >= sizeof(code))
        unexpected(f);
    note(cause);
    note(at);
    for (unsigned i = 0; i < 32; i++)
        if (i != 2 && i != 3 && i != 4)
            note(f->x[i]);
    faults_in_all++;
    if (++faults_of_loop >= FAULTS_MAX) {
        f->x[0] = (uint64_t)leave;
        loops_cut++;
    } else if (cause >= 13 && any(3) && (at & ~ALIAS) - VA < SPAN * PAGE) {
        map(root, SV, at & ~(PAGE - 1), memory[any(PAGES)], RWX); /* and once more */
        sfence();
    } else {
        f->x[0] += 4;
    }
}

/* -- Loops -- */

/* Registers: a0 to a3 walk, a4 counts, a5 to a7 and t1 to t6 are anything; f0 to f3 too. */
static const uint8_t temps[] = {15, 16, 17, 6, 7, 28, 29, 30, 31};
static uint32_t *out; /* the next instruction's place */

static unsigned temp(void)
{
    return temps[any(sizeof(temps))];
}

static uint32_t i_type(unsigned op, unsigned f3, unsigned rd, unsigned rs, int imm)
{
    return (uint32_t)imm << 20 | rs << 15 | f3 << 12 | rd << 7 | op;
}

static uint32_t s_type(unsigned op, unsigned f3, unsigned base, unsigned rs, int imm)
{
    return (uint32_t)(imm >> 5 & 127) << 25 | rs << 20 | base << 15 | f3 << 12 | (uint32_t)(imm & 31) << 7 | op;
}

static uint32_t b_type(unsigned f3, unsigned a, unsigned b, int imm)
{
    return (uint32_t)(imm >> 12 & 1) << 31 | (uint32_t)(imm >> 5 & 63) << 25 | b << 20 | a << 15 | f3 << 12 |
           (uint32_t)(imm >> 1 & 15) << 8 | (uint32_t)(imm >> 11 & 1) << 7 | 0x63;
}

static void emit(uint32_t insn)
{
    *out++ = insn;
}

static int displacement(void)
{
    switch (any(8)) {
    case 0: return (int)any(400) - 200;
    case 1: return (int)any(4000) - 2000;
    case 2: return 0;
    default: return (int)any(16) * 4 - 16;
    }
}

static void emit_access(unsigned pointers)
{
    unsigned p = 10 + any(pointers);
    int d = displacement();

    switch (any(10)) {
    case 0: case 1: case 2: case 3: emit(i_type(0x03, any(7), temp(), p, d)); break;
    case 4: case 5: case 6: case 7: emit(s_type(0x23, any(4), p, temp(), d)); break;
    case 8: emit(i_type(0x07, 2 + any(2), any(4), p, d)); break;
    case 9: emit(s_type(0x27, 2 + any(2), p, any(4), d)); break;
    }
}

static void emit_sum(void)
{
    unsigned rd = temp(), a = temp(), b = temp();
    static const uint32_t ops[] = {0x33, 0x40000033, 0x4033, 0x6033, 0x7033, 0x1033, 0x5033, 0x3b, 0x2000033, 0x3033};

    if (any(2))
        emit(ops[any(10)] | rd << 7 | a << 15 | b << 20);
    else
        emit(i_type(any(2) ? 0x13 : 0x1b, 0, rd, a, (int)any(4096) - 2048));
}

static int step(void)
{
    static const int8_t steps[] = {1, 2, 4, 8, 8, 8, 16, 24, 12, 3, 64, 48, 40, 0};
    int s = steps[any(sizeof(steps))];

    return any(3) ? s : -s;
}

/* From start on, to a loop's end and the return behind it. */
static void make_loop(uint32_t *start)
{
    unsigned pointers = 1 + any(4), n = 1 + any(7), steps = 0;
    uint32_t *skip = NULL, *exits[4], *begin;
    unsigned nexits = 0, skip_until = 0;

    out = start;
    for (unsigned i = any(4); i > 0; i--)
        emit(0x13);
    begin = out;
    for (unsigned i = 0; i < n; i++) {
        unsigned what = any(12);
        if (what < 6) {
            emit_access(pointers);
        } else if (what < 8) {
            emit_sum();
        } else if (what < 10) {
            emit(i_type(0x13, 0, 10 + steps % pointers, 10 + steps % pointers, step()));
            steps++;
        } else if (what == 10 && nexits < 4) { /* seldom taken */
            emit(i_type(0x13, 7, 5, temp(), 0x7ff));
            exits[nexits++] = out;
            emit(0);
        } else if (!skip) {
            skip = out;
            skip_until = i + 1 + any(2);
            emit(0);
            continue;
        }
        if (skip && i >= skip_until && skip_until) {
            *skip = b_type(any(2) ? 4 : 7, temp(), temp(), (out - skip) * 4);
            skip_until = 0;
        }
    }
    if (skip && skip_until)
        *skip = b_type(any(2) ? 4 : 7, temp(), temp(), (out - skip) * 4);
    for (; steps < pointers; steps++)
        emit(i_type(0x13, 0, 10 + steps, 10 + steps, step()));
    emit(i_type(0x13, 0, 14, 14, -1));
    emit(b_type(any(2) ? 1 : 5, 14, 0, (begin - out) * 4)); /* bnez, bgez */
    for (unsigned i = 0; i < nexits; i++)
        *exits[i] = b_type(0, 5, 0, (out - exits[i]) * 4);
    leave = out;
    emit(RET);
}

/* Run it, with a0 to a7 and t1 to t6 as regs has them, which gets what they are then. */
static void run(uint64_t va, uint64_t *regs)
{
    register uint64_t *r __asm__("s2") = regs;
    register uint64_t at __asm__("s3") = va;

    __asm__ volatile(
        "ld a0, 0(s2)\n ld a1, 8(s2)\n ld a2, 16(s2)\n ld a3, 24(s2)\n ld a4, 32(s2)\n ld a5, 40(s2)\n ld a6, 48(s2)\n"
        "ld a7, 56(s2)\n ld t1, 64(s2)\n ld t2, 72(s2)\n ld t3, 80(s2)\n ld t4, 88(s2)\n ld t5, 96(s2)\n ld t6, 104(s2)\n"
        "fmv.d.x ft0, a5\n fmv.d.x ft1, a6\n fmv.d.x ft2, a7\n fmv.d.x ft3, t1\n"
        "jalr s3\n"
        "sd a0, 0(s2)\n sd a1, 8(s2)\n sd a2, 16(s2)\n sd a3, 24(s2)\n sd a4, 32(s2)\n sd a5, 40(s2)\n sd a6, 48(s2)\n"
        "sd a7, 56(s2)\n sd t1, 64(s2)\n sd t2, 72(s2)\n sd t3, 80(s2)\n sd t4, 88(s2)\n sd t5, 96(s2)\n sd t6, 104(s2)\n"
        "fsd ft0, 112(s2)\n fsd ft1, 120(s2)\n fsd ft2, 128(s2)\n fsd ft3, 136(s2)\n"
        : : "r"(r), "r"(at)
        : "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "ra", "ft0", "ft1", "ft2",
          "ft3", "memory");
}

static uint64_t pointer(void)
{
    uint64_t va = VA + (any(4) ? 0 : ALIAS);

    switch (any(4)) {
    case 0: return va + any(SPAN * PAGE);
    case 1: return va + any(SPAN) * PAGE + any(64) - 32;
    default: return va + 10 * PAGE + any((SPAN - 20) * PAGE / 8) * 8;
    }
}

static void turn(uint32_t *start)
{
    uint64_t regs[18];

    for (unsigned i = 0; i < 4; i++)
        regs[i] = pointer();
    regs[4] = any(3) ? 1 + any(2000) : 1 + any(40);
    for (unsigned i = 5; i < 14; i++)
        regs[i] = random_next(&seed) >> any(64);
    faults_of_loop = 0;
    run((uint64_t)start, regs);
    for (unsigned i = 0; i < 18; i++)
        note(regs[i]);
}

static void note_memory(void)
{
    for (unsigned i = 0; i < PAGES; i++)
        for (unsigned j = 0; j < PAGE; j += 8)
            note(*(uint64_t *)&memory[i][j]);
}

int main(uint64_t hart)
{
    uint32_t made[CODE_WORDS];

    /* 0 and 1: 104 bytes in the middle of the third page may not be written; 2: the rest may. */
    csrw(pmpaddr0, ((uint64_t)memory[2] + 2000) >> 2);
    csrw(pmpaddr1, ((uint64_t)memory[2] + 2104) >> 2);
    csrw(pmpaddr2, ~0ull >> 10);
    csrw(pmpcfg0, 0x0f | 0x09 << 8 | 0x0full << 16);
    root = new_root(SV);
    csrw(satp, satp_of(root, SV, 0));
    for (unsigned i = 0; i < LOOPS; i++) {
        uint32_t *start = code[i % 6] + any(PAGE / 4 - CODE_WORDS);
        make_loop(made);
        leave = start + (leave - made);
        map_pages();
        supervisor();
        for (unsigned k = 0; k < CODE_WORDS; k++) /* a loop that makes code of a page that had some */
            ((volatile uint32_t *)start)[k] = made[k];
        fence_i();
        for (unsigned k = 0; k < 6; k++)
            turn(start);
        machine();
        note_memory();
    }
    print("faults ");
    print_dec(faults_in_all);
    print(", loops cut ");
    print_dec(loops_cut);
    print(", sum ");
    print_hex(sum);
    print("\n");
    passed("loops", LOOPS);
}
