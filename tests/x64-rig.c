/* SPDX-License-Identifier: BSD-2-Clause */
/* See x64-rig.h. Also what the engine would provide: sync, exits, faults, configuration. */
#include "x64-rig.h"
#include "cpu-exec.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE_BYTES (4 * MiB)

bool flat_tables, cpus_parallel;

static struct code_buf code;
static size_t stub_bytes;
static struct tb the_tb, landing_tb = {.jumps = TB_JUMPS};
static struct tb_jump exits[2 * TB_JUMPS];
struct tb_jump *tb_jumps = exits;
static gva the_page;
static void *flat;
static struct tlb_entry tlb[TLB_ENTRIES];

/* Where CPUs run: with a jump cache. */
static struct {
    struct jump_line lines[JUMP_LINES];
    struct toy_cpu toy;
} place;
_Static_assert(offsetof(__typeof__(place), toy) == JUMP_BYTES, "the cache is where translated code expects it");

uint8_t *code_rw(const uint8_t *rx)
{
    return code.rw + (rx - code.rx);
}

void cpu_sync_pc(struct cpu *cpu)
{
    unsigned offset, index;

    if (cpu->host_ra) {
        host_backend->lookup_pc(&the_tb, cpu->host_ra, &offset, &index);
        cpu->pc = cpu->code_page | offset;
    }
}

void cpu_loop_exit(struct cpu *cpu)
{
    if (cpu->host_ra) {
        host_backend->unwind(cpu);
    }
    siglongjmp(cpu->loop_env, 1);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    if (!host_backend->fault(&the_tb, context)) {
        signal(sig, SIG_DFL);
    }
}

/* toy_arch without pins for floats: their host registers are temporaries, and a loop's vectors have pins there. */
static struct guest_reg unpinned_regs[TOY_REGS];

const struct guest_reg *rig_unpinned(void)
{
    return unpinned_regs;
}

static void init_unpinned(void)
{
    const char *why = "";

    memcpy(unpinned_regs, toy_arch.regs, sizeof(unpinned_regs));
    for (unsigned i = 0; i < TOY_REGS; i++) {
        unpinned_regs[i].weight = unpinned_regs[i].type == IR_F64 ? 0 : unpinned_regs[i].weight;
    }
    struct code_buf rest = {code.rw + stub_bytes, code.rx + stub_bytes, code.size - stub_bytes};
    stub_bytes += host_backend->init(&toy_arch, unpinned_regs, rest, &why);
}

void rig_init(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    const char *why = "";
    int fd = memfd_create("code", 0);

    g_assert_cmpint(ftruncate(fd, CODE_BYTES), ==, 0);
    code.rw = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    code.rx = mmap(NULL, CODE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    code.size = CODE_BYTES;
    stub_bytes = host_backend->init(&toy_arch, toy_arch.regs, code, &why);
    g_assert_cmpuint(stub_bytes, >, 0);
    init_unpinned();
    g_assert_cmpuint(stub_bytes % 16, ==, 0);
    flat = mmap(NULL, FLAT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    g_assert_true(flat != MAP_FAILED);
    host_backend->set_base(flat);
    memset(place.lines, 0xff, sizeof(place.lines));
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
}

void rig_set_mmu(struct cpu *cpu, bool use_flat)
{
    flat_tables = use_flat;
    cpu->tlb = use_flat ? NULL : tlb;
    for (unsigned i = 0; i < TOY_CONTEXTS; i++)
        cpu->context_table[i] = use_flat ? flat : tlb;
    for (unsigned i = 0; i < CPU_PAGE_GUESSES; i++)
        cpu->page_guess[i] = 1;
    cpu->guesses_left = 1000;
    memset(tlb, 0xff, sizeof(tlb));
    for (gva va = TOY_MEM_BASE; va < TOY_MEM_BASE + TOY_MEM_SIZE; va += PAGE_SIZE) {
        int64_t entry = (int64_t)((uintptr_t)toy_memory + (va - TOY_MEM_BASE) - va);
        unsigned page = (va - TOY_MEM_BASE) / PAGE_SIZE;
        bool load = page != 1, store = page != 1 && page != 2;
        *flat_load_entry(flat, va) = load ? entry : 0;
        *flat_store_entry(flat, va) = store ? entry : 0;
        *tlb_entry(tlb, va) = (struct tlb_entry){load ? va : va | TLB_INVALID, store ? va : va | TLB_INVALID, entry, 0};
    }
}

void rig_map(gva va, uint8_t *host)
{
    int64_t entry = (int64_t)((uintptr_t)host - va);

    *flat_load_entry(flat, va) = *flat_store_entry(flat, va) = entry;
    *tlb_entry(tlb, va) = (struct tlb_entry){va, va, entry, 0};
}

struct tb *rig_compile(const struct ir_unit *u)
{
    struct code_buf buf = {code.rw + stub_bytes, code.rx + stub_bytes, code.size - stub_bytes};
    size_t n;

    memset(&the_tb, 0, sizeof(the_tb));
    the_page = u->pc & PAGE_MASK;
    the_tb.key = u->key;
    the_tb.ninsns = u->ninsns;
    n = host_backend->compile(u, &the_tb, buf);
    g_assert_cmpuint(n, >, 0);
    g_assert_cmpuint(n % 16, ==, 0);
    return &the_tb;
}

char *rig_disas(const struct tb *tb)
{
    GString *s = g_string_new(NULL);

    host_backend->disas(tb, s);
    return g_string_free(s, FALSE);
}

struct jump_line *rig_jump_line(gva pc)
{
    return jump_line(&place.toy.cpu, pc);
}

const uint8_t *rig_landing(void)
{
    size_t at = CODE_BYTES / 2;
    struct code_buf buf = {code.rw + at, code.rx + at, CODE_BYTES / 2};
    static struct ir_unit u;

    u.pc = 0x9000;
    u.key = 0;
    ir_begin(&u, &toy_arch);
    ir_insn(&u, u.pc, 4);
    ir_exit_jump(&u, 0x9004);
    host_backend->compile(&u, &landing_tb, buf);
    return landing_tb.code;
}

bool rig_landed(const struct jit_exit *out)
{
    return out->tb == &landing_tb;
}

uint8_t *rig_buffer(void)
{
    return code.rw + stub_bytes;
}

size_t rig_try_compile(const struct ir_unit *u, size_t size)
{
    return host_backend->compile(u, &the_tb, (struct code_buf){code.rw + stub_bytes, code.rx + stub_bytes, size});
}

bool rig_run(struct tb *tb, struct cpu *own, struct jit_exit *out)
{
    struct toy_cpu *toy = container_of(own, struct toy_cpu, cpu);
    struct cpu *cpu = &place.toy.cpu;
    volatile bool ok = false;

    place.toy = *toy;
    if (!cpu->code_page) {
        cpu->code_page = the_page;
    }
    host_backend->fp_set_rounding(cpu, cpu->fp.rm, false);
    if (sigsetjmp(cpu->loop_env, 0) == 0) {
        *out = host_backend->enter(cpu, tb->code);
        ok = true;
    }
    g_assert_cmphex(cpu->host_ra, ==, 0);
    cpu->fp.flags |= host_backend->fp_take_flags(cpu, false);
    *toy = place.toy;
    return ok;
}

bool rig_interpret(const struct ir_unit *u, struct cpu *cpu)
{
    struct ir_code *c = ir_code_new(u);
    volatile bool ok = false;

    if (!cpu->code_page) {
        cpu->code_page = u->pc & PAGE_MASK;
    }
    if (sigsetjmp(cpu->loop_env, 0) == 0) {
        ir_interpret(c, cpu);
        ok = true;
    }
    ir_code_free(c);
    return ok;
}
