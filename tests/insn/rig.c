/* SPDX-License-Identifier: BSD-2-Clause */
/* A CPU on a bench, run by the engine in a process of its own: see rig.h. */
#include "rig.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"
#include "accel.h"
#include "clock.h"
#include "cpu-arm/m.h"
#include "cpu-exec.h"
#include "cpu-riscv/riscv.h"
#include "cpus.h"
#include "tcg/engine.h"
#include "tests/patience.h"

#define GUEST_SECONDS 20  /* a guest that has not ended by then, times $TIME_FACTOR, is stuck */
#define EXTERNAL 0x10 /* of the finisher: levels of the external interrupts, M's and S's */
#define FP 0x18       /* of the finisher: reads as 1/3, a double by the host's arithmetic */
#define CLINT 0x2000000
#define CLINT_MSIP 0x0
#define CLINT_MTIMECMP 0x4000
#define CLINT_MTIME 0xbff8
#define TIME_HZ 10000000

const struct rig_mode rig_modes[] = {
    {.name = "interp", .desc = "the IR interpreter", .interp = true},
    {.name = "interp-one", .desc = "the interpreter, one instruction a unit", .interp = true, .one_insn = true},
    {.name = "interp-icount", .desc = "the interpreter, counting instructions", .interp = true, .icount = true},
    {.name = "jit", .desc = "host code", .needs_backend = true},
    {.name = "nochain", .desc = "host code, units not chained", .needs_backend = true, .no_chain = true},
    {.name = "one", .desc = "host code, one instruction a unit", .needs_backend = true, .one_insn = true},
    {.name = "tagged", .desc = "host code, tagged TLB", .needs_backend = true, .tagged_tlb = true},
    {.name = "single", .desc = "host code, thread=single", .needs_backend = true, .single_thread = true},
    {.name = "sse2", .desc = "host code without optional host features", .needs_backend = true, .no_features = true},
    {.name = "icount", .desc = "host code, counting instructions", .needs_backend = true, .icount = true},
    {.name = "smp", .desc = "host code made for several threads, with loops made as such when they are hot only", .needs_backend = true, .smp = true},
    {0},
};

bool rig_mode_available(const struct rig_mode *m)
{
    return !m->needs_backend || host_backend;
}

/* -- In the child: the bus -- */

static struct rig_result *result;
static GMainLoop *loop;
static struct cpu *first_cpu;
static struct irq line_msi, line_mti, line_mei, line_sei;
static struct timer mtimer;
static uint64_t mtimecmp = UINT64_MAX;
static GMutex lock;
static bool finished; /* the first word counts */

static gboolean end_loop(gpointer opaque)
{
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static uint64_t third(double v)
{
    volatile double a = v, b = 3;
    union {
        double d;
        uint64_t bits;
    } u = { .d = a / b };

    return u.bits;
}

static uint64_t finisher_read(void *opaque, uint64_t offset, unsigned size)
{
    return offset == FP ? third(1) : 0;
}

static void finisher_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    if (offset == FP) {
        (void)third(value);
        return;
    }
    if (offset == EXTERNAL) {
        irq_set(&line_mei, value & 1);
        irq_set(&line_sei, value & 2);
        return;
    }
    if (finished || offset != 0)
        return;
    finished = true;
    result->status = (value & 0xffff) == 0x5555 ? RIG_PASS : (int)(value >> 16 & 0xffff);
    g_idle_add(end_loop, NULL);
}

static void mtimer_update(void)
{
    bool due = clock_ticks(TIME_HZ) >= mtimecmp;
    irq_set(&line_mti, due);
    if (due)
        timer_cancel(&mtimer);
    else
        timer_set(&mtimer, clock_ticks_to_ns(mtimecmp, TIME_HZ));
}

static void mtimer_fired(void *opaque)
{
    mtimer_update();
}

static bool msip;

static uint64_t clint_read(void *opaque, uint64_t offset, unsigned size)
{
    unsigned shift = offset & 4 ? 32 : 0;
    switch (offset & ~UINT64_C(4)) {
    case CLINT_MSIP: return shift ? 0 : msip;
    case CLINT_MTIMECMP: return mtimecmp >> shift;
    case CLINT_MTIME: return clock_ticks(TIME_HZ) >> shift;
    default: return 0;
    }
}

static void clint_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    unsigned shift = offset & 4 ? 32 : 0;
    switch (offset & ~UINT64_C(4)) {
    case CLINT_MSIP:
        if (!shift) {
            msip = value & 1;
            irq_set(&line_msi, msip);
        }
        break;
    case CLINT_MTIMECMP:
        mtimecmp = size == 8 ? value : with_bits(mtimecmp, shift, 32, value);
        mtimer_update();
        break;
    }
}

static const struct io_ops finisher_ops = {finisher_read, finisher_write, 1, 8, false, false};
static const struct io_ops clint_ops = {clint_read, clint_write, 4, 8, true, false};
static struct region finisher_region = {.name = "finisher", .kind = REGION_IO, .size = 0x1000, .ops = &finisher_ops,
                                        .lock = &lock};
static struct region clint_region = {.name = "clint", .kind = REGION_IO, .size = 0x10000, .ops = &clint_ops,
                                     .lock = &lock};
static struct region ram_region = {.name = "ram", .kind = REGION_RAM};

/* -- In the child: a run -- */

static void must(bool ok, GError *err)
{
    if (ok)
        return;
    g_snprintf(result->message, sizeof(result->message), "%s", err ? err->message : "failed");
    _exit(1);
}

static struct ram_block *make_ram(const struct rig_image *image)
{
    GError *err = NULL;
    struct ram_block *ram = ram_block_new("ram", image->ram_size, &err);
    must(ram != NULL, err);
    memcpy(ram->host, image->ram, image->ram_used);
    ram_region.size = image->ram_size;
    ram_region.host = ram->host;
    ram_region.ram = ram;
    return ram;
}

static gboolean stuck(gpointer opaque)
{
    result->status = RIG_STUCK;
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

static void configure(const struct rig_mode *mode)
{
    accel = mode->interp ? &interp_accel : &tcg_accel;
    tcg_config.one_insn = mode->one_insn;
    tcg_config.no_chain = mode->no_chain;
    tcg_config.tagged_tlb = mode->tagged_tlb;
    cpus_one_thread = mode->single_thread;
    if (host_backend)
        *host_backend->features_off = mode->no_features ? ~0u : 0;
    tcg_config.tb_size_mib = 16;
    tcg_config.loop_turns = mode->smp ? 0 : 1;
    icount.on = mode->icount;
}

/*
 * Two blocks of 1 GB: devices at 0, and the RAM; EL0 may access and execute all of it. Levels above EL1 must not be
 * there.
 */
static void start_arm(struct arm_cpu *a, struct ram_block *ram, const struct rig_image *image)
{
    enum { AF = 1 << 10, EL0 = 1 << 6, INNER = 3 << 8, NORMAL = 1 << 2, BLOCK = 1, TABLE = 3 };
    if (a->config.a32_only) {
        a->cpacr = 0xf << 20;
        a->fpexc32 = 1 << 30;
        arm_update_state(a);
        return;
    }
    if (image->el1)
        return;
    uint64_t table = ram_region.size - 4096, *pte = (uint64_t *)(void *)(ram->host + table);

    memset(a->apkey, 0x5a, sizeof(a->apkey));
    pte[-512] = (RIG_RAM_BASE + table) | TABLE; /* 48 bits: the page before has the table above */
    pte[0] = AF | EL0 | BLOCK;
    pte[RIG_RAM_BASE >> 30] = RIG_RAM_BASE | AF | EL0 | INNER | NORMAL | BLOCK;
    a->ttbr0[1] = RIG_RAM_BASE + table - 4096;
    a->mair[1] = 0xff00;
    /* 48 bits, 4 KB, TBI0, no second half: as user mode of the other implementation */
    a->tcr[1] = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | UINT64_C(2) << 32 | UINT64_C(1) << 37;
    a->sctlr[1] |= 1 | 1 << 2 | 1 << 12 | 1 << 14 | 1 << 15 | 1 << 26 | /* M, C, I, DZE, UCT, UCI */
                   1u << 31 | 1 << 30 | 1 << 27 | 1 << 13;              /* EnIA, EnIB, EnDA, EnDB */
    a->cpacr = 3 << 20;
    if (image->a32)
        arm_pstate_write(a, PSTATE_NRW);
    else
        arm_set_el(a, 0, false);
    arm_update_state(a);
}

static void add_cpu(struct address_space *as, const struct rig_image *image, struct ram_block *ram, unsigned index)
{
    GError *err = NULL;
    struct cpu *cpu = cpu_new(image->arch, NULL, as, index, image->cpu, &err);
    must(cpu != NULL, err);
    cpu->arch->set_reset_pc(cpu, image->entry);
    cpu->arch->reset(cpu);
    if (cpu->arch == &arm_arch)
        start_arm(arm_cpu(cpu), ram, image);
    cpu->powered_off = index > 0;
    if (index == 0)
        first_cpu = cpu;
}

static void wire_hart(struct riscv_cpu *hart)
{
    riscv_irq_line(hart, IRQ_MSI, &line_msi);
    riscv_irq_line(hart, IRQ_MTI, &line_mti);
    riscv_irq_line(hart, IRQ_MEI, &line_mei);
    riscv_irq_line(hart, IRQ_SEI, &line_sei);
}

static void describe_stuck(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (first_cpu->arch == &riscv_arch) {
        const struct riscv_cpu *h = riscv_cpu(first_cpu);
        g_string_append_printf(text, "mcause 0x%" PRIx64 ", mepc 0x%" PRIx64 ", mtval 0x%" PRIx64, h->mcause, h->mepc,
                               h->mtval);
    } else {
        const struct arm_cpu *a = arm_cpu(first_cpu);
        g_string_append_printf(text, "ESR 0x%" PRIx64 ", ELR 0x%" PRIx64 ", FAR 0x%" PRIx64, a->esr[1], a->elr[1],
                               a->far[1]);
    }
    g_snprintf(result->message, sizeof(result->message), "no end after %u s: pc 0x%" PRIx64 ", %s",
               patience(GUEST_SECONDS), first_cpu->pc, text->str);
}

static void take_state(void)
{
    const struct cpu_arch *arch = first_cpu->arch;

    arch->state->settle(first_cpu);
    g_assert(arch->nregs <= RIG_REGS);
    for (unsigned i = 0; i < arch->nregs; i++)
        memcpy(result->reg[i], (const char *)first_cpu + arch->regs[i].offset, ir_slot_bytes(arch->regs[i].type));
    result->pc = first_cpu->pc;
    result->fp = first_cpu->fp.flags | first_cpu->fp.rm << 5;
    if (result->status == RIG_STUCK)
        describe_stuck();
}

static _Noreturn void child(const struct rig_mode *mode, const struct rig_image *image)
{
    GError *err = NULL;
    struct address_space *as = address_space_new("rig");

    configure(mode);
    clock_init();
    loop = g_main_loop_new(NULL, FALSE);
    struct ram_block *ram = make_ram(image);
    address_space_map(as, &ram_region, RIG_RAM_BASE, 0);
    address_space_map(as, &finisher_region, RIG_FINISHER, 0);
    address_space_map(as, &clint_region, CLINT, 0);
    timer_init(&mtimer, mtimer_fired, NULL, &lock);
    for (unsigned i = 0; i < (mode->smp ? 2 : 1); i++)
        add_cpu(as, image, ram, i);
    if (image->arch == &riscv_arch)
        wire_hart(riscv_cpu(first_cpu));
    must(cpus_start(&err), err);
    clock_start();
    g_timeout_add_seconds(patience(GUEST_SECONDS), stuck, NULL);
    alarm(2 * patience(GUEST_SECONDS));
    cpus_resume();
    g_main_loop_run(loop);
    cpus_pause();
    take_state();
    memcpy(result->ram, ram->host, image->ram_used);
    _exit(0);
}

/* -- In the parent -- */

static size_t result_size(const struct rig_image *image)
{
    return sizeof(struct rig_result) + image->ram_used;
}

struct rig_result *rig_run(const struct rig_mode *mode, const struct rig_image *image)
{
    int status;

    result = mmap(NULL, result_size(image), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(result != MAP_FAILED);
    result->status = RIG_DIED;
    fflush(NULL);
    pid_t pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0)
        child(mode, image);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        result->status = RIG_DIED;
        if (!result->message[0])
            g_snprintf(result->message, sizeof(result->message), "the process ended with %s %d",
                       WIFSIGNALED(status) ? "signal" : "status",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return result;
}

void rig_result_free(struct rig_result *r, const struct rig_image *image)
{
    munmap(r, result_size(image));
}

static void compare_registers(const struct rig_result *a, const struct rig_result *b, const struct cpu_arch *arch,
                              GString *out)
{
    for (unsigned i = 0; i < arch->nregs; i++) {
        const uint64_t *x = a->reg[i], *y = b->reg[i];
        if (x[0] != y[0] || x[1] != y[1])
            g_string_append_printf(out, "  %s: 0x%" PRIx64 "%016" PRIx64 " and 0x%" PRIx64 "%016" PRIx64 "\n",
                                   arch->regs[i].name, x[1], x[0], y[1], y[0]);
    }
}

void rig_compare(const struct rig_result *a, const struct rig_result *b, const struct rig_image *image, bool ram,
                 GString *out)
{
    unsigned shown = 0;

    if (a->status != b->status)
        g_string_append_printf(out, "  status: %d and %d\n", a->status, b->status);
    if (a->pc != b->pc)
        g_string_append_printf(out, "  pc: 0x%" PRIx64 " and 0x%" PRIx64 "\n", a->pc, b->pc);
    compare_registers(a, b, image->arch, out);
    if (a->fp != b->fp)
        g_string_append_printf(out, "  FP status: 0x%x and 0x%x\n", a->fp, b->fp);
    for (size_t i = 0; ram && i < image->ram_used && shown < 8; i += 8) {
        size_t n = MIN(8, image->ram_used - i);
        if (memcmp(a->ram + i, b->ram + i, n)) {
            uint64_t va = 0, vb = 0;
            memcpy(&va, a->ram + i, n);
            memcpy(&vb, b->ram + i, n);
            g_string_append_printf(out, "  memory at 0x%" PRIx64 ": 0x%" PRIx64 " and 0x%" PRIx64 "\n",
                                   RIG_RAM_BASE + i, va, vb);
            shown++;
        }
    }
}
