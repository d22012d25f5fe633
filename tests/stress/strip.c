/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops that walk through memory: every kind of walk over pages that lie in one piece or elsewhere than their addresses
 * say, pages that appear, vanish or become read-only in the middle of one, and pages that another hart makes code of while
 * one fills them.
 */
#include "paging.h"

#define HARTS 2
#define VA 0x140000000ull
#define SPAN (3 * PAGE)
#define PAUSE 100000 /* turns */

static uint8_t pages[3][PAGE] __attribute__((aligned(4096)));
static uint8_t model[SPAN];
static uint64_t *root;
static bool in_order; /* the pages are mapped as they lie; else the other way round */

static uint8_t *page_at(uint64_t n)
{
    return pages[in_order ? n : 2 - n];
}

/* Where the next fault is to be, and the flags that the page has from then on; 0: none. */
static volatile uint64_t fault_at, fault_flags, faults_seen;

void trap(struct frame *f)
{
    if (fault_at && csrr(mcause) < 16 && csrr(mtval) >> 12 == fault_at >> 12) {
        expect(csrr(mtval) == fault_at, "address of the fault", csrr(mtval));
        map(root, SV39, fault_at & ~(PAGE - 1), page_at((fault_at - VA) / PAGE), fault_flags);
        sfence();
        fault_at = 0;
        faults_seen++;
        return; /* once more */
    }
    if (!paging_trap(f))
        unexpected(f);
}

static void map_pages(void)
{
    for (unsigned i = 0; i < 3; i++)
        map(root, SV39, VA + i * PAGE, page_at(i), RWX);
    sfence();
}

static volatile uint8_t *byte_at(uint64_t offset)
{
    return &page_at(offset / PAGE)[offset % PAGE];
}

static void check_memory(const char *what)
{
    for (uint64_t i = 0; i < SPAN; i++)
        expect(*byte_at(i) == model[i], what, i);
}

static void fill_all(uint64_t seed)
{
    for (uint64_t i = 0; i < SPAN; i++)
        *byte_at(i) = model[i] = random_next(&seed) >> 32;
}

static uint64_t value(uint64_t offset, unsigned size)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++)
        v |= (uint64_t)model[offset + i] << 8 * i;
    return v;
}

/* -- Walks: each n turns from va on, in a loop of one or more blocks -- */

#define WALK(name, body)                                                                                               \
    static uint64_t __attribute__((noinline)) name(uint64_t va, uint64_t n, uint64_t v)                                \
    {                                                                                                                  \
        uint64_t t, u = 0;                                                                                             \
        __asm__ volatile(".option push\n .option norvc\n 1:" body " addi %1, %1, -1\n bnez %1, 1b\n .option pop"       \
                         : "+r"(va), "+r"(n), "+r"(v), "=&r"(t), "+r"(u)                                               \
                         :                                                                                             \
                         : "memory");                                                                                  \
        return v + u;                                                                                                  \
    }

#define LOADS(name, insn, step) WALK(name, insn " %3, 0(%0)\n add %2, %2, %3\n addi %0, %0, " step "\n")
LOADS(sum_d8, "ld", "8")
LOADS(sum_w4, "lw", "4")
LOADS(sum_h2, "lhu", "2")
LOADS(sum_b1, "lbu", "1")
LOADS(sum_b_1, "lb", "-1")
LOADS(sum_d_8, "ld", "-8")
LOADS(sum_w12, "lwu", "12")
LOADS(sum_w64, "lw", "64")
LOADS(sum_b_48, "lbu", "-48")
LOADS(sum_d0, "ld", "0")
LOADS(sum_w160, "lw", "160")
LOADS(sum_d1000, "ld", "1000")
LOADS(sum_h_202, "lhu", "-202")
LOADS(sum_b_1024, "lb", "-1024")
LOADS(sum_d1032, "ld", "1032")
/* Off a base and an index: those move, or one of them. The index is added to the sum at the end. */
#define INDEXED(name, insn, shift, index, step)                                                                        \
    WALK(name, "slli %3, %4, " shift "\n add %3, %3, %0\n " insn " %3, 0(%3)\n add %2, %2, %3\n addi %4, %4, " index   \
               "\n addi %0, %0, " step "\n")
INDEXED(sum_i8, "ld", "3", "1", "0")
INDEXED(sum_i_4, "lw", "2", "-1", "0")
INDEXED(sum_i2_12, "lhu", "1", "1", "10")
INDEXED(sum_i1, "lb", "0", "1", "0")
INDEXED(sum_i_24_16, "lwu", "3", "-3", "8")
/* Two places of one page and a place where the step is in the middle. */
WALK(sum_record, "ld %3, 0(%0)\n add %2, %2, %3\n addi %0, %0, 24\n lw %3, -8(%0)\n xor %2, %2, %3\n lbu %3, -1(%0)\n"
                 "add %2, %2, %3\n")
/* Places far from each other, as seen from the step. */
WALK(sum_wide, "ld %3, 0(%0)\n add %2, %2, %3\n addi %0, %0, 8\n ld %3, 240(%0)\n xor %2, %2, %3\n")
WALK(fill_d8, "sd %2, 0(%0)\n addi %0, %0, 8\n addi %2, %2, 3\n")
WALK(fill_w160, "sw %2, 4(%0)\n addi %0, %0, 160\n addi %2, %2, 3\n")
/* Two places whose ways differ. */
WALK(fill_h_300, "sh %2, 0(%0)\n lbu %3, 0(%2)\n add %4, %4, %3\n addi %2, %2, 1\n addi %0, %0, -300\n")
WALK(fill_h_2, "sh %2, -2(%0)\n addi %0, %0, -2\n addi %2, %2, 7\n")
WALK(fill_b1, "sb %2, 0(%0)\n addi %2, %2, 5\n addi %0, %0, 1\n")
/* Reads and writes beside each other, which overlap. */
WALK(shift_w4, "lw %3, 0(%0)\n sw %3, 5(%0)\n addi %0, %0, 4\n")
/* It ends early. */
WALK(find_b1, "lbu %3, 0(%0)\n addi %0, %0, 1\n beq %3, %2, 2f\n addi %4, %4, 1\n 3:\n .subsection 1\n 2: addi %1, x0, 1\n"
              "j 3b\n .previous\n")

struct walk {
    uint64_t (*run)(uint64_t va, uint64_t n, uint64_t v);
    int step;
    unsigned size;
    bool is_signed;
    int index; /* by which its index moves */
};

static const struct walk sums[] = {
    {sum_d8, 8, 8}, {sum_w4, 4, 4, true}, {sum_h2, 2, 2}, {sum_b1, 1, 1}, {sum_b_1, -1, 1, true}, {sum_d_8, -8, 8},
    {sum_w12, 12, 4}, {sum_d0, 0, 8}, {sum_w64, 64, 4, true}, {sum_b_48, -48, 1},
    {sum_w160, 160, 4, true}, {sum_d1000, 1000, 8}, {sum_h_202, -202, 2}, {sum_b_1024, -1024, 1, true}, {sum_d1032, 1032, 8},
    {sum_i8, 8, 8, false, 1}, {sum_i_4, -4, 4, true, -1}, {sum_i2_12, 12, 2, false, 1}, {sum_i1, 1, 1, true, 1},
    {sum_i_24_16, -16, 4, false, -3},
};

static uint64_t extended(uint64_t v, const struct walk *w)
{
    unsigned shift = 64 - 8 * w->size;

    return w->is_signed ? (uint64_t)((int64_t)(v << shift) >> shift) : v;
}

/* The address of the first access in the second page, or 0. */
static uint64_t first_in(uint64_t from, int step, unsigned size, uint64_t n, uint64_t page)
{
    for (uint64_t i = 0; i < n; i++, from += step) {
        if (from / PAGE == page)
            return from;
        if ((from + size - 1) / PAGE == page)
            return page * PAGE;
    }
    return ~0ull;
}

/* The middle page is away, until a walk comes there. */
static void take_page(uint64_t from, int step, unsigned size, uint64_t n, bool writes)
{
    uint64_t at = first_in(from, step, size, n, 1);

    if (at == ~0ull)
        return;
    map(root, SV39, VA + PAGE, page_at(1), writes ? RWX & ~W : 0);
    sfence();
    fault_at = VA + at;
    fault_flags = RWX;
}

static void check_sums(uint64_t *seed)
{
    for (unsigned k = 0; k < sizeof(sums) / sizeof(sums[0]); k++) {
        const struct walk *w = &sums[k];
        uint64_t r = random_next(seed), n = 1 + r % (SPAN / 16 - 2), want = r;
        uint64_t from = w->step < 0 ? SPAN - 8 - (r >> 20) % 64 : (r >> 20) % 3000;
        if (r >> 41 & 1) /* a few turns, some of which end with a page */
            n = n % 20 + 1;
        if (r >> 41 & 1 && r >> 42 & 1)
            from = PAGE - 4 - (r >> 43) % 600;
        if (w->step) { /* within the pages */
            uint64_t most = (w->step < 0 ? from : SPAN - 8 - from) / (w->step < 0 ? -w->step : w->step) + 1;
            n = n > most ? most : n;
        }
        for (uint64_t i = 0; i < n; i++)
            want += extended(value(from + i * w->step, w->size), w);
        want += w->index * n;
        if (r >> 40 & 1)
            take_page(from, w->step, w->size, n, false);
        expect(w->run(VA + from, n, r) == want, "sum", k << 16 | from);
        expect(!fault_at, "fault that did not come to a sum", k);
    }
}

static void check_records(uint64_t *seed)
{
    uint64_t r = random_next(seed), n = 1 + r % 400, from = (r >> 20) % 2000, v = r, want = r;

    for (uint64_t i = 0; i < n; i++) {
        want += value(from + 24 * i, 8);
        want ^= (uint64_t)(int32_t)value(from + 24 * i + 16, 4);
        want += model[from + 24 * i + 23];
    }
    expect(sum_record(VA + from, n, v) == want, "record", from);
    n = 1 + (r >> 8) % 1000;
    want = r;
    for (uint64_t i = 0; i < n; i++) {
        want += value(from + 8 * i, 8);
        want ^= value(from + 8 * i + 248, 8);
    }
    expect(sum_wide(VA + from, n, v) == want, "wide record", from);
}

static void put(uint64_t offset, uint64_t v, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        model[offset + i] = v >> 8 * i;
}

static void check_fills(uint64_t *seed)
{
    uint64_t r = random_next(seed), n = 1 + r % 1000, from = (r >> 20) % 4000;

    for (uint64_t i = 0; i < n; i++)
        put(from + 8 * i, r + 3 * i, 8);
    if (r >> 40 & 1)
        take_page(from, 8, 8, n, true);
    fill_d8(VA + from, n, r);
    for (uint64_t i = 0; i < n; i++)
        put(SPAN - 2 - 2 * i, r + 7 * i, 2);
    fill_h_2(VA + SPAN, n, r);
    for (uint64_t i = 0; i < n; i++)
        put(from + i, r + 5 * i, 1);
    if (r >> 41 & 1)
        take_page(from, 1, 1, n, true);
    fill_b1(VA + from, n, r);
    for (uint64_t i = 0; i < n; i++)
        put(from + 4 * i + 5, value(from + 4 * i, 4), 4);
    shift_w4(VA + from, n, 0);
    expect(!fault_at, "fault that did not come", from);
    check_memory("byte after fills");
}

static void check_far_fills(uint64_t *seed)
{
    uint64_t r = random_next(seed), n = 1 + r % 50, from = (r >> 20) % 4000, sum = 0;

    for (uint64_t i = 0; i < n; i++)
        put(from + 160 * i + 4, r + 3 * i, 4);
    if (r >> 40 & 1)
        take_page(from + 4, 160, 4, n, true);
    fill_w160(VA + from, n, r);
    expect(!fault_at, "fault that did not come to a far fill", from);
    n = 1 + r % 30;
    from = SPAN - 2 - (r >> 20) % 3000;
    for (uint64_t i = 0; i < n; i++) {
        put(from - 300 * i, VA + PAGE - 20 + i, 2);
        sum += model[PAGE - 20 + i];
    }
    if (r >> 41 & 1)
        take_page(from, -300, 2, n, true);
    expect(fill_h_300(VA + from, n, VA + PAGE - 20) == VA + PAGE - 20 + n + sum, "sum beside fills", from);
    expect(!fault_at, "fault that did not come to a far fill back", from);
    check_memory("byte after far fills");
}

static void check_find(uint64_t *seed)
{
    uint64_t r = random_next(seed), from = (r >> 20) % 2000, n = 9000, found = 0;
    uint8_t wanted = r >> 50;

    for (uint64_t i = from; i < from + n; i++) /* seldom */
        if (model[i] == wanted && (i * 2654435761u >> 7) % 24)
            *byte_at(i) = ++model[i];
    while (found < n && model[from + found] != wanted)
        found++;
    expect(find_b1(VA + from, n, wanted) == wanted + found, "place found", found);
}

static void walks(unsigned rounds)
{
    uint64_t seed = 0x9e3779b97f4a7c15;

    root = new_root(SV39);
    csrw(satp, satp_of(root, SV39, 0));
    for (unsigned i = 0; i < rounds; i++) {
        if (i % 8 == 0) {
            in_order = i / 8 % 2;
            map_pages();
            fill_all(seed);
        }
        supervisor();
        check_sums(&seed);
        check_records(&seed);
        check_fills(&seed);
        check_far_fills(&seed);
        check_find(&seed);
        machine();
    }
    csrw(satp, 0);
    expect(faults_seen >= rounds / 4, "faults were few", faults_seen);
}

/* -- Code made of a page while it is filled -- */

static uint8_t area[PAGES][PAGE] __attribute__((aligned(4096)));
static uint32_t bar, current, version, version_of;

static void __attribute__((noinline)) fill_code(uint32_t *p, uint32_t insn, uint64_t n)
{
    __asm__ volatile("1: sw %1, 0(%0)\n addi %0, %0, 4\n addi %2, %2, -1\n bnez %2, 1b" : "+r"(p), "+r"(insn), "+r"(n) : : "memory");
}

static void write_code(void)
{
    for (uint32_t v = 1, page; (page = load(&current)) < PAGES; v++) {
        uint32_t *p = (uint32_t *)area[page];
        *(volatile uint32_t *)&p[200] = RET;
        fill_code(p, LI_A0(v & 0x7ff), 200);
        fence();
        store(&version, v);
        fence();
        store(&version_of, page);
        for (unsigned i = 0; i < PAUSE; i++) /* time to translate: what is written meanwhile must be translated again */
            __asm__ volatile("nop");
    }
}

static uint64_t run_code(void)
{
    uint64_t runs = 0;

    for (uint32_t page = 1; page < PAGES; page++) {
        store(&current, page);
        while (load(&version_of) != page)
            relax(&bar);
        for (unsigned n = 0; n < 20; n++) {
            uint32_t low = load(&version);
            fence();
            fence_i();
            uint32_t v = call((uint64_t)area[page]);
            fence();
            uint32_t high = load(&version) + 1;
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
    if (hart == 0)
        walks(ROUNDS);
    meet(&bar, HARTS);
    if (hart)
        write_code();
    else
        passed("runs of code", run_code());
    for (;;)
        ;
}
