/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks along lists, whose next page is guessed: within pages, from page to page that lie elsewhere than their
 * addresses say, onto pages that vanish and come back, and onto such as have moved since.
 */
#include "paging.h"

#define VA 0x140000000ull
#define PAGES 8
#define NODES (PAGES * (PAGE / sizeof(struct node)))

struct node {
    uint64_t next, value;
    int32_t small;
    uint8_t pad[44];
};

static struct node memory[2 * PAGES][PAGE / sizeof(struct node)] __attribute__((aligned(4096)));
static unsigned where[PAGES]; /* of memory each page is */
static uint64_t *root, seed = 0x9e3779b97f4a7c15;
static int64_t lost = -1; /* the page that is away */
static uint64_t faults_seen;

static void map_page(unsigned page)
{
    map(root, SV39, VA + page * PAGE, memory[where[page]], RWX);
}

void trap(struct frame *f)
{
    if (csrr(mcause) == FAULT_LOAD && lost >= 0 && (csrr(mtval) - VA) / PAGE == (uint64_t)lost) {
        map_page(lost);
        sfence();
        lost = -1;
        faults_seen++;
        return; /* once more */
    }
    if (!paging_trap(f))
        unexpected(f);
}

static struct node *node_at(uint64_t va)
{
    return (struct node *)((char *)memory[where[(va - VA) / PAGE]] + va % PAGE);
}

/* A ring of all nodes: near means that most links stay in their page. */
static void link_nodes(bool near)
{
    static uint16_t order[NODES];

    for (unsigned i = 0; i < NODES; i++)
        order[i] = i;
    for (unsigned i = NODES - 1; i > 0; i--) {
        unsigned span = near ? 24 : NODES, k = i < span ? random_next(&seed) % (i + 1) : i - random_next(&seed) % span;
        uint16_t t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
    for (unsigned i = 0; i < NODES; i++) {
        struct node *n = node_at(VA + order[i] * sizeof(struct node));
        n->next = VA + order[(i + 1) % NODES] * sizeof(struct node);
        n->value = random_next(&seed);
        n->small = n->value >> 20;
    }
}

/* The page's bytes are elsewhere from now on. */
static void move_page(unsigned page)
{
    unsigned to;

    do {
        to = random_next(&seed) % (2 * PAGES);
        for (unsigned i = 0; i < PAGES; i++)
            to = where[i] == to ? 2 * PAGES : to;
    } while (to == 2 * PAGES);
    for (unsigned i = 0; i < PAGE / sizeof(struct node); i++) {
        memory[to][i] = memory[where[page]][i];
        memory[where[page]][i] = (struct node){.next = 1, .value = random_next(&seed)};
    }
    where[page] = to;
    map_page(page);
    sfence();
}

static uint64_t model(uint64_t va, uint64_t n)
{
    uint64_t sum = 0;

    for (; n; n--) {
        const struct node *p = node_at(va);
        sum = (sum ^ p->value) + (uint64_t)(int64_t)p->small;
        va = p->next;
    }
    return sum ^ va;
}

/* In one block, with accesses that share a check. */
static uint64_t __attribute__((noinline)) walk(uint64_t va, uint64_t n)
{
    uint64_t sum = 0, t;

    __asm__ volatile("1: ld %3, 8(%0)\n xor %2, %2, %3\n lw %3, 16(%0)\n add %2, %2, %3\n ld %0, 0(%0)\n"
                     "addi %1, %1, -1\n bnez %1, 1b"
                     : "+r"(va), "+r"(n), "+r"(sum), "=&r"(t)
                     :
                     : "memory");
    return sum ^ va;
}

/* In several, with one access of each base. */
static uint64_t __attribute__((noinline)) walk_apart(uint64_t va, uint64_t n)
{
    uint64_t sum = 0, t, u;

    __asm__ volatile("1: addi %4, %0, 8\n ld %3, 0(%4)\n xor %2, %2, %3\n andi %3, %3, 1\n beqz %3, 2f\n"
                     "lw %3, 16(%0)\n j 3f\n 2: addi %4, %0, 16\n lw %3, 0(%4)\n 3: add %2, %2, %3\n ld %0, 0(%0)\n"
                     "addi %1, %1, -1\n bnez %1, 1b"
                     : "+r"(va), "+r"(n), "+r"(sum), "=&r"(t), "=&r"(u)
                     :
                     : "memory");
    return sum ^ va;
}

static void check_walks(void)
{
    uint64_t r = random_next(&seed), va = VA + r % NODES * sizeof(struct node), n = 1 + (r >> 20) % 700;

    if (r >> 40 & 1)
        move_page(r >> 41 & (PAGES - 1));
    uint64_t want = model(va, n);
    if (r >> 50 & 1) {
        lost = r >> 51 & (PAGES - 1);
        map(root, SV39, VA + lost * PAGE, memory[0], 0);
        sfence();
    }
    expect((r >> 60 & 1 ? walk(va, n) : walk_apart(va, n)) == want, "walk", r);
    if (lost >= 0)
        map_page(lost);
    lost = -1;
}

int main(uint64_t hart)
{
    csrw(pmpaddr0, ~0ull);
    csrw(pmpcfg0, 0x1f);
    root = new_root(SV39);
    csrw(satp, satp_of(root, SV39, 0));
    for (unsigned i = 0; i < PAGES; i++) {
        where[i] = 2 * PAGES - 1 - i;
        map_page(i);
    }
    sfence();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 256 == 0)
            link_nodes(i & 256);
        supervisor();
        check_walks();
        machine();
    }
    csrw(satp, 0);
    expect(faults_seen >= ROUNDS / 16, "faults were few", faults_seen);
    passed("walks", ROUNDS);
}
