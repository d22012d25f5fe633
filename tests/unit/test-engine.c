/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The execution engine with two architectures at once, whose instructions have four bytes at any address. The same
 * bytes add in one and subtract in the other.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "accel.h"
#include "clock.h"
#include "cpu.h"
#include "cpus.h"
#include "tcg/engine.h"
#include "tests/patience.h"

#define RAM_BASE 0x10000u
#define RAM_SIZE 0x10000u
#define OP_SUM 1 /* in the low byte; the others are the number */

struct sum_cpu {
    struct cpu cpu;
    uint64_t sum;
    bool ended;
};

static struct sum_cpu *sum_cpu(struct cpu *cpu)
{
    return container_of(cpu, struct sum_cpu, cpu);
}

/* -- The architectures -- */

static uint64_t helper_end(struct cpu *cpu)
{
    cpu->halted = true;
    __atomic_store_n(&sum_cpu(cpu)->ended, true, __ATOMIC_RELEASE);
    return 0;
}

static const struct ir_helper sum_end = { .name = "sum_end", .fn = helper_end, .flags = IR_H_STATE };
static const struct ir_helper *const helpers[] = { &sum_end, NULL };
static const struct guest_reg regs[] = { { .name = "sum", .type = IR_I64, .offset = offsetof(struct sum_cpu, sum), .gdb = -1, .weight = 1 } };

static void translate(struct ir_unit *u, enum ir_opcode op)
{
    gva pc = u->pc;

    do {
        uint32_t word;
        if (!tcg_fetch(u, pc, 4, &word))
            break;
        ir_insn(u, pc, 4);
        pc += 4;
        if ((word & 0xff) != OP_SUM) {
            ir_call(u, &sum_end, IR_VOID, 0, 0, 0, 0);
            ir_store_state(u, IR_MEM_64, offsetof(struct cpu, pc), ir_pc(u, IR_I64, pc));
            ir_exit_main(u);
            return;
        }
        ir_put(u, 0, ir_op2(u, op, ir_get(u, 0, IR_I64), ir_const(u, IR_I64, word >> 8)));
    } while (u->ninsns < u->max_insns && ir_has_room(u) && ((pc + 3) & PAGE_MASK) == (u->pc & PAGE_MASK));
    if (u->ninsns)
        ir_exit_jump(u, pc);
}

static void translate_add(const void *features, struct ir_unit *u)
{
    translate(u, IR_ADD);
}

static void translate_sub(const void *features, struct ir_unit *u)
{
    translate(u, IR_SUB);
}

static bool init(struct cpu *cpu, struct opts *model, GError **err)
{
    return true;
}

static void fini(struct cpu *cpu)
{
}

static bool walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
                 struct mmu_page *page, struct mmu_fault *fault)
{
    *page = (struct mmu_page){ .pa = va & PAGE_MASK, .prot = 7 };
    return true;
}

static void raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop)
{
    g_error("a fault at 0x%" G_GINT64_MODIFIER "x", fault->va);
}

static bool no(struct cpu *cpu)
{
    return false;
}

#define SUM_ARCH(how)                                                                                                  \
    {                                                                                                                  \
        .name = #how, .cpu_size = sizeof(struct sum_cpu), .regs = regs, .nregs = ARRAY_SIZE(regs), .helpers = helpers, \
        .init = init, .fini = fini, .translate = translate_##how, .walk = walk, .raise_fault = raise_fault,        \
        .take_interrupt = no, .has_work = no,                                      \
    }
static const struct cpu_arch archs[] = { SUM_ARCH(add), SUM_ARCH(sub) };

/* -- Programs -- */

static struct region ram_region = { .name = "ram", .kind = REGION_RAM, .size = RAM_SIZE };

/* n instructions at start that sum up 1 to n; a last one that ends. */
static void put_program(struct ram_block *ram, gva start, unsigned n)
{
    uint8_t *p = ram->host + (start - RAM_BASE);

    for (unsigned i = 1; i <= n + 1; i++, p += 4) {
        p[0] = i <= n ? OP_SUM : 0;
        p[1] = i;
        p[2] = p[3] = 0;
    }
}

/* CPU i runs the program from its beginning; what it adds up. */
static uint64_t run(struct cpu *cpu, gva start)
{
    struct sum_cpu *s = sum_cpu(cpu);

    s->sum = 0;
    __atomic_store_n(&s->ended, false, __ATOMIC_RELAXED);
    cpu->pc = start;
    cpu->halted = false;
    cpu_power_on(cpu);
    cpus_resume();
    while (!__atomic_load_n(&s->ended, __ATOMIC_ACQUIRE))
        g_usleep(100);
    cpus_pause();
    cpu->powered_off = true;
    return s->sum;
}

static _Noreturn void child(bool interp)
{
    static const gva starts[] = { RAM_BASE,          RAM_BASE + 0x1ffd, RAM_BASE + 0x2fff,
                                  RAM_BASE + 0x4ffe, RAM_BASE + 0x5f81, RAM_BASE + 0x7f03 };
    struct address_space *as = address_space_new("test");
    struct ram_block *ram = ram_block_new("ram", RAM_SIZE, NULL);
    struct cpu *cpus[2];

    alarm(patience(60));
    accel = interp ? &interp_accel : &tcg_accel;
    tcg_config.tb_size_mib = 16;
    g_assert_nonnull(ram);
    ram_region.host = ram->host;
    ram_region.ram = ram;
    address_space_map(as, &ram_region, RAM_BASE, 0);
    for (unsigned i = 0; i < 2; i++) {
        cpus[i] = cpu_new(&archs[i], NULL, as, i, "any", NULL);
        g_assert_nonnull(cpus[i]);
        g_assert_cmpuint((uintptr_t)cpus[i]->engine % _Alignof(struct engine_cpu), ==, 0); /* host vectors rely on it */
        cpus[i]->powered_off = true;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(starts); i++)
        put_program(ram, starts[i], 40 + i);
    g_assert_true(cpus_start(NULL));
    for (unsigned i = 0; i < cpu_count; i++)
        g_assert_cmpint(cpu_thread_id(cpu_list[i]), !=, 0); /* it has been where it waits: the CPU's state is ours */
    for (unsigned turn = 0; turn < 2; turn++) {
        for (unsigned i = 0; i < ARRAY_SIZE(starts); i++) {
            uint64_t sum = (40 + i) * (41 + i) / 2;
            g_assert_cmpuint(run(cpus[turn], starts[i]), ==, turn ? -sum : sum);
            g_assert_cmpuint(run(cpus[!turn], starts[i]), ==, turn ? sum : -sum);
        }
    }
    cpus_stop();
    cpus_free();
    _exit(0);
}

static void test_two(gconstpointer interp)
{
    int status;
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (!pid)
        child(interp != NULL);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/engine/two architectures, host code", NULL, test_two);
    g_test_add_data_func("/engine/two architectures, interpreter", "", test_two);
    return g_test_run();
}
