/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same pages of code mapped at many addresses, other ones on each hart, and called there in turn: what depends on
 * the PC (auipc, links, the PCs of exceptions), an instruction that crosses into a page which is another one at each
 * address, jumps from one address of a page to another of the same page, and code that is changed meanwhile.
 */
#include "paging.h"

#ifndef HARTS
#define HARTS 1
#endif
#define ALIASES 24 /* of a hart: each is the page and, behind it, one of two second pages */

/* Functions at known offsets of the page. Each leaves addresses in a0 to a3. */
enum { HERE = 0, CROSS = 0xff4, OVER = 0x200, LANDING = 0x300, FAULTS = 0x400, CALLS = 0x500, CHANGED = 0x600 };

__asm__(".section .text.alias, \"ax\"\n"
        ".option push\n .option norelax\n"
        ".balign 4096\n"
        "first_page:\n"
        "    auipc a0, 0x12345\n"
        "    addi a0, a0, -1000\n"
        "    auipc a1, 0x80000\n" /* as far down as it reaches */
        "    ret\n"
        "    .org first_page + 0x200\n" /* OVER: to the same page at its next address */
        "    auipc a1, 0\n"
        "    j first_page + 0x2300\n"
        "    .org first_page + 0x300\n" /* LANDING */
        "    auipc a0, 0\n"
        "    ret\n"
        "    .org first_page + 0x400\n" /* FAULTS */
        "    .option push\n .option norvc\n"
        "    auipc a0, 0\n"
        "    lw a1, 0(a2)\n"
        "    .option pop\n"
        "    ret\n"
        "    .org first_page + 0x500\n" /* CALLS: within the page, near and far */
        "    mv a3, ra\n"
        "    jal 1f\n"
        "    call 1f\n"
        "    mv a1, ra\n"
        "    mv ra, a3\n"
        "    auipc a2, 0\n"
        "    ret\n"
        "1:  mv a0, ra\n"
        "    ret\n"
        "    .org first_page + 0x600\n" /* CHANGED */
        "    .globl changed_insn\n"
        "changed_insn: li a1, 0\n .option push\n .option norvc\n auipc a0, 0\n .option pop\n ret\n"
        "    .org first_page + 0xff4\n" /* CROSS: a loop that ends at an instruction of two pages, addi a0, a2, 11 or 22 */
        "    li a2, 3\n"
        "    li a1, 0\n"
        "1:  addi a2, a2, -1\n"
        "    addi a1, a1, 1\n"
        "    bnez a2, 1b\n"
        "    .org first_page + 0xffe\n"
        "    .half 0x0513\n"
        "second_page_a:\n"
        "    .half 11 << 4 | 12 >> 1\n"
        "    auipc a3, 0\n"
        "    ret\n"
        "    .org first_page + 0x2000\n"
        "second_page_b:\n"
        "    .half 22 << 4 | 12 >> 1\n"
        "    auipc a3, 0\n"
        "    ret\n"
        "    .org first_page + 0x3000\n"
        ".option pop\n"
        ".text\n");
extern uint8_t first_page[], second_page_a[], second_page_b[];

static uint32_t bar, version;
static uint64_t landings[ALIASES]; /* of hart 0: calls of OVER at an alias */

void trap(struct frame *f)
{
    if (!paging_trap(f))
        unexpected(f);
}

struct results {
    uint64_t a0, a1, a2, a3;
};

static struct results call4(uint64_t va, uint64_t arg)
{
    register uint64_t a0 __asm__("a0") = 0, a1 __asm__("a1") = 0, a2 __asm__("a2") = arg, a3 __asm__("a3") = 0;

    __asm__ volatile("jalr %4" : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3) : "r"(va) : "ra", "memory");
    return (struct results){ a0, a1, a2, a3 };
}

/* Alias i of a hart: pairs of pages, some of them at the highest addresses. The last one has no next. */
static uint64_t base(uint64_t hart, unsigned i)
{
    return (hart & 1 ? -0x100000000ull : 0x1480000000ull) + hart * 0x1234000 + 0x2000 * i;
}

static void check(uint64_t hart, unsigned i, unsigned what)
{
    uint64_t va = base(hart, i);
    struct results r;

    switch (what) {
    case 0:
        r = call4(va + HERE, 0);
        expect(r.a0 == va + 0x12345000 - 1000, "auipc", r.a0);
        expect(r.a1 == va + 8 - 0x80000000, "auipc far", r.a1);
        break;
    case 1:
        r = call4(va + CROSS, 0);
        expect(r.a0 == (i & 1 ? 22 : 11) && r.a1 == 3, "instruction of two pages", r.a0);
        expect(r.a3 == va + 0x1002, "auipc in the second page", r.a3);
        break;
    case 2:
        if (i + 1 < ALIASES) {
            if (!hart)
                landings[i]++;
            r = call4(va + OVER, 0);
            expect(r.a0 == va + 0x2000 + LANDING && r.a1 == va + OVER, "jump to the same page", r.a0);
        }
        break;
    case 3:
        expect(FAULT_OF(hart, r = call4(va + FAULTS, 0x3fffffff000)) == FAULT_LOAD, "no fault", va);
        expect(faults[hart].epc == va + FAULTS + 4 && r.a0 == va + FAULTS, "PC of the fault", faults[hart].epc);
        break;
    case 4:
        r = call4(va + CALLS, 0);
        expect(r.a0 == r.a1 && r.a1 - va - CALLS < 32 && r.a2 - va - CALLS < 32, "links", r.a0);
        break;
    default: { /* it is written, then counted */
        uint64_t before = load(&version);
        fence();
        fence_i();
        r = call4(va + CHANGED, 0);
        fence();
        expect(r.a1 >= before && r.a1 <= load(&version) + 1, "changed code", r.a1);
        expect(r.a0 - va - CHANGED < 8, "auipc behind changed code", r.a0);
        break;
    }
    }
}

int main(uint64_t hart)
{
    static uint64_t *root[HARTS];
    uint64_t seed = 88172645463325252ull + hart, rounds = 4000;

    if (!hart) {
        csrw(pmpaddr0, -1ull);
        csrw(pmpcfg0, 0x1f);
        for (unsigned h = 0; h < HARTS; h++) {
            root[h] = new_root(SV39);
            for (unsigned i = 0; i < ALIASES; i++) {
                map(root[h], SV39, base(h, i), first_page, RWX);
                map(root[h], SV39, base(h, i) + PAGE, i & 1 ? second_page_b : second_page_a, RWX);
            }
        }
    } else {
        csrw(pmpaddr0, -1ull);
        csrw(pmpcfg0, 0x1f);
    }
    meet(&bar, HARTS);
    csrw(satp, satp_of(root[hart], SV39, 1));
    sfence();
    supervisor();
    __asm__ volatile(".globl supervisor_begins\nsupervisor_begins:");
    for (uint64_t i = 0; i < rounds; i++) {
        if (!hart && i % 500 == 499 && version < 7) { /* li a1, the version: a compressed instruction */
            *(volatile uint16_t *)(first_page + CHANGED) = 0x4581 | (version + 1) << 2;
            __atomic_fetch_add(&version, 1, __ATOMIC_SEQ_CST);
        }
        uint64_t r = random_next(&seed);
        for (unsigned n = 0; n < 8; n++)
            check(hart, (r >> 8) % ALIASES, r % 6);
    }
    machine();
    meet(&bar, HARTS);
    if (!hart)
        passed("aliases", rounds);
    for (;;)
        __asm__ volatile("wfi");
}
