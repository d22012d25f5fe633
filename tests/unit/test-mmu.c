/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Soft page tables with an architecture made for them: three data contexts, each under a regime of its own; walks that
 * say why they fail; accesses that raise nothing. By host code with flat tables and with tagged TLBs, and interpreted.
 *
 * Instructions have four bytes: what to do, context, register of the value, register of the address.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "accel.h"
#include "clock.h"
#include "cpu.h"
#include "cpus.h"
#include "mmu.h"
#include "tcg/engine.h"
#include "tests/patience.h"

#define RAM_PAGES 64
#define CODE_VA 0x3f000 /* the last page, at its own address under every root */
enum { OP_END, OP_LOAD, OP_STORE, OP_ADD, OP_LOAD_BE, OP_SWITCH };
/* How a regime refuses: bits of its mode. */
enum { MODE_NONE = 1, MODE_READ_ONLY = 2 };
enum { KIND_NO_PAGE = 5, KIND_READ_ONLY = 9 };

struct paged_cpu {
    struct cpu cpu;
    uint64_t x[8];
    struct mmu_key next; /* for OP_SWITCH: the regime of a context */
    bool ended;
    unsigned faults;
    struct mmu_fault fault;
};

static struct paged_cpu *paged(struct cpu *cpu)
{
    return container_of(cpu, struct paged_cpu, cpu);
}

/* -- The architecture -- */

static uint64_t helper_end(struct cpu *cpu)
{
    cpu->halted = true;
    __atomic_store_n(&paged(cpu)->ended, true, __ATOMIC_RELEASE);
    return 0;
}

static uint64_t helper_switch(struct cpu *cpu, uint64_t context)
{
    struct mmu_key fetch = { 0 };

    if (context)
        mmu_switch_context(cpu, context, &paged(cpu)->next);
    else
        mmu_switch(cpu, &paged(cpu)->next, &fetch);
    return 0;
}

static const struct ir_helper paged_end = { .name = "paged_end", .fn = helper_end, .flags = IR_H_STATE };
static const struct ir_helper paged_switch = {
    .name = "paged_switch", .fn = helper_switch, .nargs = 1, .flags = IR_H_STATE,
};
static const struct ir_helper *const helpers[] = { &paged_end, &paged_switch, NULL };
#define X(i)                                                                                                           \
    { .name = "x" #i, .type = IR_I64, .offset = offsetof(struct paged_cpu, x) + 8 * (i), .gdb = -1, .weight = 10 - (i) }
static const struct guest_reg regs[] = { X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7) };

static void translate(const void *features, struct ir_unit *u)
{
    gva pc = u->pc;

    do {
        uint32_t word;
        if (!tcg_fetch(u, pc, 4, &word))
            break;
        unsigned m = IR_MEM_64 | (word >> 8 & 0xff) << IR_MEM_CTX_SHIFT, value = word >> 16 & 7;
        ir_insn(u, pc, 4);
        pc += 4;
        ir_val addr = ir_get(u, word >> 24, IR_I64);
        switch (word & 0xff) {
        case OP_LOAD:
            ir_put(u, value, ir_load(u, IR_I64, m, addr, 0));
            break;
        case OP_LOAD_BE:
            ir_put(u, value, ir_load(u, IR_I64, m | IR_MEM_BE, addr, 0));
            break;
        case OP_STORE:
            ir_store(u, m, addr, 0, ir_get(u, value, IR_I64));
            break;
        case OP_ADD:
            ir_put(u, value, ir_amo_op(u, IR_AMO_ADD, m, addr, ir_get(u, value, IR_I64)));
            break;
        case OP_SWITCH:
            ir_call(u, &paged_switch, IR_VOID, ir_const(u, IR_I64, word >> 8 & 0xff), 0, 0, 0);
            break;
        default:
            ir_call(u, &paged_end, IR_VOID, 0, 0, 0, 0);
            ir_store_state(u, IR_MEM_64, offsetof(struct cpu, pc), ir_pc(u, IR_I64, pc));
            ir_exit_main(u);
            return;
        }
    } while (u->ninsns < u->max_insns && ir_has_room(u));
    if (u->ninsns)
        ir_exit_jump(u, pc);
}

static bool init(struct cpu *cpu, struct opts *model, GError **err)
{
    return true;
}

static void fini(struct cpu *cpu)
{
}

/* A page is at its number plus the root's and this, but for the last one. The top byte of an address is ignored. */
static unsigned moved;

static bool walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
                 struct mmu_page *page, struct mmu_fault *fault)
{
    unsigned n = bits(va, PAGE_BITS, 56 - PAGE_BITS);

    fault->level = n & 7;
    fault->pa = key->root << PAGE_BITS;
    fault->kind = n >= RAM_PAGES || (key->mode & MODE_NONE) ? KIND_NO_PAGE : KIND_READ_ONLY;
    if (fault->kind == KIND_NO_PAGE || (access == MMU_WRITE && (key->mode & MODE_READ_ONLY)))
        return false;
    gpa pa = n == RAM_PAGES - 1 ? n : (n + key->root + moved) % (RAM_PAGES - 1);
    *page = (struct mmu_page){ .pa = pa << PAGE_BITS, .prot = key->mode & MODE_READ_ONLY ? 5 : 7 };
    return true;
}

static void raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop)
{
    struct paged_cpu *p = paged(cpu);

    p->faults++;
    p->fault = *fault;
    cpu->pc += 4; /* go on behind it */
}

static bool no(struct cpu *cpu)
{
    return false;
}

static const struct cpu_arch paged_arch = {
    .name = "paged", .cpu_size = sizeof(struct paged_cpu), .regs = regs, .nregs = ARRAY_SIZE(regs), .helpers = helpers,
    .ncontexts = 2, .init = init, .fini = fini, .translate = translate, .walk = walk, .raise_fault = raise_fault,
    .take_interrupt = no, .has_work = no,
};

/* -- Programs -- */

static struct region ram_region = { .name = "ram", .kind = REGION_RAM, .size = RAM_PAGES * PAGE_SIZE };
static struct ram_block *ram;
static struct paged_cpu *guest;
static unsigned next_insn;

static void insn(unsigned op, unsigned context, unsigned value, unsigned addr)
{
    uint8_t *p = ram->host + CODE_VA + 4 * next_insn++;

    p[0] = op;
    p[1] = context;
    p[2] = value;
    p[3] = addr;
}

static void run(void)
{
    insn(OP_END, 0, 0, 0);
    g_assert_cmpuint(4 * next_insn, <=, PAGE_SIZE);
    __atomic_store_n(&guest->ended, false, __ATOMIC_RELAXED);
    guest->cpu.pc = CODE_VA;
    guest->cpu.halted = false;
    cpus_code_written(ram->host + CODE_VA, PAGE_SIZE);
    cpu_power_on(&guest->cpu);
    cpus_resume();
    while (!__atomic_load_n(&guest->ended, __ATOMIC_ACQUIRE))
        g_usleep(100);
    cpus_pause();
    guest->cpu.powered_off = true;
    next_insn = 0;
}

static uint64_t *at(unsigned page, unsigned offset)
{
    return (uint64_t *)(ram->host + page * PAGE_SIZE + offset);
}

/* A context's regime becomes that. */
static void use(unsigned context, uint64_t root, uint32_t mode)
{
    guest->next = (struct mmu_key){ .root = root, .mode = mode };
    insn(OP_SWITCH, context, 0, 0);
    run();
}

/* -- Tests, in a process of their own for each engine -- */

static void test_contexts(void)
{
    for (unsigned page = 0; page < RAM_PAGES - 1; page++)
        *at(page, 8) = 0x1000 + page;
    /* Before it is set up a context's regime is that of the empty key. */
    guest->x[1] = 2 * PAGE_SIZE + 8;
    insn(OP_LOAD, 1, 2, 1);
    run();
    g_assert_cmphex(guest->x[2], ==, 0x1002);
    use(0, 10, 0);
    use(1, 20, 0);
    use(2, 30, 0);
    for (unsigned turn = 0; turn < 3; turn++) { /* slow and fast */
        for (unsigned c = 0; c < 3; c++)
            insn(OP_LOAD, c, 2 + c, 1);
        insn(OP_LOAD_BE, 2, 5, 1);
        run();
        g_assert_cmphex(guest->x[2], ==, 0x100c);
        g_assert_cmphex(guest->x[3], ==, 0x1016);
        g_assert_cmphex(guest->x[4], ==, 0x1020);
        g_assert_cmphex(guest->x[5], ==, GUINT64_SWAP_LE_BE(0x1020));
    }
    guest->x[6] = 5;
    guest->x[7] = 7;
    for (unsigned turn = 0; turn < 3; turn++) {
        insn(OP_STORE, 1, 6, 1);
        insn(OP_ADD, 2, 7, 1);
        run();
        g_assert_cmphex(guest->x[7], ==, 0x1020 + (turn ? 7 : 0) + (turn > 1 ? 0x1020 : 0));
    }
    g_assert_cmphex(*at(22, 8), ==, 5);
    g_assert_cmphex(*at(12, 8), ==, 0x100c);
    /* In the middle of a unit, behind accesses of the same page, and back. */
    guest->next = (struct mmu_key){ .root = 3 };
    for (unsigned turn = 0; turn < 3; turn++) {
        insn(OP_LOAD, 1, 2, 1);
        insn(OP_SWITCH, 1, 0, 0);
        insn(OP_LOAD, 1, 3, 1);
        insn(OP_LOAD, 0, 4, 1);
        run();
        g_assert_cmphex(guest->x[2], ==, turn ? 0x1005 : 5);
        g_assert_cmphex(guest->x[3], ==, 0x1005);
        g_assert_cmphex(guest->x[4], ==, 0x100c);
    }
}

/* More regimes than there are tables: those of contexts stay. */
static void test_many_regimes(void)
{
    guest->x[1] = 8;
    use(1, 50, 0);
    use(2, 51, 0);
    for (unsigned page = 0; page < RAM_PAGES - 1; page++)
        *at(page, 8) = 0x1000 + page;
    for (unsigned root = 0; root < 40; root++) {
        use(0, root, 0);
        for (unsigned c = 0; c < 3; c++)
            insn(OP_LOAD, c, 2 + c, 1);
        run();
        g_assert_cmphex(guest->x[2], ==, 0x1000 + root);
        g_assert_cmphex(guest->x[3], ==, 0x1032);
        g_assert_cmphex(guest->x[4], ==, 0x1033);
    }
}

static void check_fault(const struct mmu_fault *f, enum mmu_access access, gva va, unsigned kind, gpa pa)
{
    g_assert_cmpint(f->source, ==, MMU_FAULT_WALK);
    g_assert_cmpint(f->access, ==, access);
    g_assert_cmphex(f->va, ==, va);
    g_assert_cmpuint(f->kind, ==, kind);
    g_assert_cmpuint(f->level, ==, (va >> PAGE_BITS) & 7);
    g_assert_cmphex(f->pa, ==, pa);
}

static void test_faults(void)
{
    use(0, 1, 0);
    use(1, 2, MODE_READ_ONLY);
    use(2, 3, MODE_NONE);
    guest->x[1] = 0x5010;
    guest->faults = 0;
    insn(OP_LOAD, 1, 2, 1);
    insn(OP_STORE, 1, 2, 1);
    run();
    g_assert_cmpuint(guest->faults, ==, 1);
    check_fault(&guest->fault, MMU_WRITE, 0x5010, KIND_READ_ONLY, 0x2000);
    insn(OP_LOAD, 2, 2, 1);
    run();
    check_fault(&guest->fault, MMU_READ, 0x5010, KIND_NO_PAGE, 0x3000);
    guest->x[1] = RAM_PAGES * PAGE_SIZE - 4; /* the second page is not there */
    insn(OP_LOAD, 0, 2, 1);
    run();
    check_fault(&guest->fault, MMU_READ, RAM_PAGES * PAGE_SIZE, KIND_NO_PAGE, 0x1000);
    g_assert_cmpuint(guest->faults, ==, 3);
}

/* A flush of a page is one of all addresses that differ from it in the top byte. */
static void flush_page(struct cpu *cpu, void *opaque)
{
    moved++;
    mmu_flush_page(cpu, 0x5000, NULL, NULL);
}

static void test_top_byte(void)
{
    use(0, 0, 0);
    for (unsigned page = 0; page < RAM_PAGES - 1; page++)
        *at(page, 8) = 0x1000 + page;
    for (unsigned turn = 0; turn < 3; turn++) {
        for (unsigned again = 0; again < 3; again++) { /* slow and fast */
            guest->x[1] = 0x5008 | UINT64_C(0x5a) << 56;
            guest->x[6] = 0x100 + turn;
            insn(OP_LOAD, 0, 2, 1);
            insn(OP_STORE, 0, 6, 1);
            run();
            g_assert_cmphex(guest->x[2], ==, again ? 0x100 + turn : 0x1005 + turn);
        }
        cpu_run_on(&guest->cpu, flush_page, NULL);
    }
    moved = 0;
    cpu_run_on(&guest->cpu, flush_page, NULL);
    moved = 0;
}

/* On the CPU's thread, as an exception's entry would. */
static void try_all(struct cpu *cpu, void *opaque)
{
    struct mmu_key open = { .root = 4 }, read_only = { .root = 4, .mode = MODE_READ_ONLY };
    struct mmu_fault f;
    uint64_t v = 0;

    *at(9, 0x20) = 0x1122334455667788;
    for (unsigned turn = 0; turn < 3; turn++) {
        g_assert_true(mmu_try_load(cpu, &open, 0x5020, IR_MEM_64, &v, &f));
        g_assert_cmphex(v, ==, 0x1122334455667788);
        g_assert_true(mmu_try_load(cpu, &open, 0x5020, IR_MEM_16 | IR_MEM_BE, &v, &f));
        g_assert_cmphex(v, ==, 0x8877);
        g_assert_true(mmu_try_store(cpu, &open, 0x5ffc, 0x0123456789abcdef, IR_MEM_64, &f));
        g_assert_cmphex(*(uint32_t *)at(9, 0xffc), ==, 0x89abcdef);
        g_assert_cmphex(*(uint32_t *)at(10, 0), ==, 0x01234567);
        g_assert_false(mmu_try_store(cpu, &read_only, 0x5020, 0, IR_MEM_64, &f));
        check_fault(&f, MMU_WRITE, 0x5020, KIND_READ_ONLY, 0x4000);
        g_assert_cmphex(*at(9, 0x20), ==, 0x1122334455667788);
        g_assert_false(mmu_try_load(cpu, &open, 0x123456789000, IR_MEM_8, &v, &f));
        check_fault(&f, MMU_READ, 0x123456789000, KIND_NO_PAGE, 0x4000);
        g_assert_false(mmu_try_load(cpu, &open, 0x5021, IR_MEM_64 | IR_MEM_ALIGN, &v, &f));
        g_assert_cmpint(f.source, ==, MMU_FAULT_ALIGN);
        g_assert_cmphex(f.va, ==, 0x5021);
    }
    address_space_unmap(cpu->as, &ram_region);
    g_assert_false(mmu_try_store(cpu, &(struct mmu_key){ .root = 6 }, 0x1008, 0, IR_MEM_32, &f));
    g_assert_cmpint(f.source, ==, MMU_FAULT_BUS);
    g_assert_cmpint(f.access, ==, MMU_WRITE);
    g_assert_cmphex(f.pa, ==, 0x7008);
    address_space_map(cpu->as, &ram_region, 0, 0);
}

static void test_try(void)
{
    guest->faults = 0;
    cpu_run_on(&guest->cpu, try_all, NULL);
    g_assert_cmpuint(guest->faults, ==, 0);
}

/* -- Page-table entries in a flash chip: there while that shows its array -- */

#define FLASH 0x100000
static uint64_t pte;

static void read_pte(struct cpu *cpu, void *found)
{
    *(bool *)found = mmu_pte_read(cpu, FLASH + 0x18, 8, &pte);
}

static bool pte_found(void)
{
    bool found;

    cpu_run_on(&guest->cpu, read_pte, &found);
    return found;
}

static void swap_pte(struct cpu *cpu, void *done)
{
    bool swapped;

    *(bool *)done = mmu_pte_cas(cpu, FLASH + 0x18, 8, pte, 0, &swapped);
}

static void test_flash_ptes(void)
{
    struct region flash = { .name = "flash", .kind = REGION_ROMD, .size = PAGE_SIZE, .host = ram->host, .ram = ram };
    bool done;

    *(uint64_t *)(ram->host + 0x18) = 0x1234567;
    g_assert_false(pte_found());
    address_space_map(guest->cpu.as, &flash, FLASH, 0);
    g_assert_true(pte_found());
    g_assert_cmphex(pte, ==, 0x1234567);
    region_set_romd(&flash, true);
    g_assert_false(pte_found());
    region_set_romd(&flash, false);
    g_assert_true(pte_found());
    cpu_run_on(&guest->cpu, swap_pte, &done);
    g_assert_false(done);
    address_space_unmap(guest->cpu.as, &flash);
}

static _Noreturn void child(const char *engine)
{
    struct address_space *as = address_space_new("test");

    alarm(patience(60));
    accel = strcmp(engine, "interpreter") ? &tcg_accel : &interp_accel;
    tcg_config.tagged_tlb = strcmp(engine, "tagged") == 0;
    tcg_config.tb_size_mib = 16;
    ram = ram_block_new("ram", RAM_PAGES * PAGE_SIZE, NULL);
    g_assert_nonnull(ram);
    ram_region.host = ram->host;
    ram_region.ram = ram;
    address_space_map(as, &ram_region, 0, 0);
    guest = paged(cpu_new(&paged_arch, NULL, as, 0, "any", NULL));
    guest->cpu.powered_off = true;
    g_assert_true(cpus_start(NULL));
    test_contexts();
    test_many_regimes();
    test_faults();
    test_top_byte();
    test_try();
    test_flash_ptes();
    cpus_stop();
    cpus_free();
    _exit(0);
}

static void test_engine(gconstpointer engine)
{
    int status;
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (!pid)
        child(engine);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/mmu/flat", "flat", test_engine);
    g_test_add_data_func("/mmu/tagged", "tagged", test_engine);
    g_test_add_data_func("/mmu/interpreter", "interpreter", test_engine);
    return g_test_run();
}
