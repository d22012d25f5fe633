/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as guest code: decoded, translated, optimised and run by the engine as the machine does it, for a bounded
 * number of instructions counted under -icount. Where there is a host back end a second process runs the same input in
 * the interpreter, and both must end in the same state.
 *
 * An input: which hart, privilege and paging, how many registers are set; their values; the code. The code can reach its
 * own RAM, with page tables in it, and a device that remembers what was written to it. A trap goes to a handler that
 * goes on after the instruction.
 */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel.h"
#include "cpu-exec.h"
#include "cpu-riscv/riscv.h"
#include "cpus.h"
#include "fuzz.h"
#include "machine.h"
#include "tcg/engine.h"

const char fuzz_name[] = "translate";
const unsigned fuzz_runs = 3000;
const size_t fuzz_max_size = 1024;

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE (64 * KiB)
#define CODE_OFFSET 0x3f80u /* so that longer code crosses into the next page */
#define TABLE_OFFSET 0xe000u
#define HANDLER_OFFSET 0xf000u
#define DEVICE_BASE UINT64_C(0x10000000)
#define INSNS 1500 /* and as many nanoseconds */

static const char *const models[] = {
    "rv64", "rv32", "max", "rv64i", "rv32i", "rv64,zba=off,zbb=off,c=off", "rv32,zfh=on,zacas=on,e=off",
    "rv64i,m=on,a=on,s=on,u=on,mmu=on,pmp=on,zicsr=on",
};
#define MODELS ARRAY_SIZE(models)

static struct machine machine;
static struct cpu *cpus[MODELS];
static struct ram_block *ram;

/* -- A device with eight registers -- */

static uint64_t device_regs[8];

static uint64_t device_read(void *opaque, uint64_t offset, unsigned size)
{
    return device_regs[offset / 8 % 8] >> (offset % 8 * 8);
}

static void device_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    device_regs[offset / 8 % 8] = device_regs[offset / 8 % 8] * 3 + value + size;
}

static const struct io_ops device_ops = { .read = device_read, .write = device_write };

/* -- Stopping after INSNS -- */

static struct timer end_timer;
static struct cpu *running;
static GMutex done_lock;
static GCond done_cond;
static bool done;

static void time_is_up(void *opaque)
{
    running->powered_off = true;
    g_mutex_lock(&done_lock);
    done = true;
    g_cond_signal(&done_cond);
    g_mutex_unlock(&done_lock);
}

static void start_engine(bool interpreter)
{
    static struct region ram_region, device;
    GError *err = NULL;

    accel = interpreter ? &interp_accel : &tcg_accel;
    tcg_config.tb_size_mib = 8; /* evicted often */
    icount.on = true;
    machine.as = address_space_new("memory");
    ram = ram_block_new("ram", RAM_SIZE, &err);
    g_assert(ram);
    ram_region = (struct region){ .name = "ram", .kind = REGION_RAM, .size = RAM_SIZE, .host = ram->host, .ram = ram };
    device = (struct region){ .name = "device", .kind = REGION_IO, .size = 0x1000, .ops = &device_ops };
    address_space_map(machine.as, &ram_region, RAM_BASE, 0);
    address_space_map(machine.as, &device, DEVICE_BASE, 0);
    the_machine = &machine;
    machine.cpus = cpus;
    machine.config.seeded = true; /* both engines' guests get the same entropy */
    for (unsigned i = 0; i < MODELS; i++) {
        cpus[i] = cpu_new(&riscv_arch, &machine, machine.as, i, models[i], &err);
        if (!cpus[i])
            g_error("%s", err->message);
        riscv_arch.reset(cpus[i]);
        cpus[i]->powered_off = true;
        machine.ncpus++;
    }
    timer_init(&end_timer, time_is_up, NULL, NULL);
    if (!cpus_start(&err))
        g_error("%s", err->message);
    cpus_pause(); /* and wait until all are: their state is ours then */
    cpus_resume();
}

/* -- One run -- */

/* What must agree. */
struct result {
    uint64_t x[32], f[32], pc, priv, fflags, insns, ram_hash, csr_hash, device[8];
    uint64_t csr[8]; /* of shown_csrs */
};
static const uint16_t shown_csrs[8] = { 0x300, 0x341, 0x342, 0x343, 0x141, 0x142, 0x143, 0x180 };

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static void put_words(uint32_t offset, const uint32_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t le = GUINT32_TO_LE(words[i]);
        memcpy(ram->host + offset + 4 * i, &le, 4);
    }
}

/* Identity mappings of the first and third GiB (Sv39) or of the third (Sv32), to all privileges that may have them. */
static void make_tables(bool rv32, bool user)
{
    uint64_t bits = 0xcf | (user ? 0x10 : 0);

    for (unsigned i = 0; rv32 && i < 1024; i++) { /* 4 MiB each */
        uint32_t pte = GUINT32_TO_LE((uint32_t)(i << 20 | bits));
        memcpy(ram->host + TABLE_OFFSET + 4 * i, &pte, 4);
    }
    for (unsigned i = 0; !rv32 && i < 512; i++) { /* 1 GiB each */
        uint64_t pte = GUINT64_TO_LE((uint64_t)i << 28 | bits);
        memcpy(ram->host + TABLE_OFFSET + 8 * i, &pte, 8);
    }
}

/* The hart's state for this input; the code is placed. */
static void prepare(struct riscv_cpu *r, struct fuzz *f)
{
    /* csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; csrr t6, mcause; mret. */
    static const uint32_t handler[] = { 0x34102ff3, 0x004f8f93, 0x341f9073, 0x34202ff3, 0x30200073 };
    uint8_t mode = fuzz_u8(f), nregs = fuzz_u8(f) % 32;
    bool rv32 = r->config.xlen == 32, paged = mode & 4;
    static const uint8_t privs[] = { PRV_M, PRV_S, PRV_U, PRV_M };
    uint64_t values[32] = { 0 };
    size_t len = RAM_SIZE / 4;

    for (unsigned i = 1; i <= nregs; i++)
        values[i % 32] = fuzz_number(f);
    memset(ram->host, 0, RAM_SIZE);
    if (mode & 8) /* something to read */
        for (unsigned i = 0; i < 0x1000; i++)
            ram->host[0x8000 + i] = i * 37;
    make_tables(rv32, mode & 3 & 2);
    put_words(HANDLER_OFFSET, handler, ARRAY_SIZE(handler));
    const uint8_t *code = fuzz_bytes(f, &len);
    if (len)
        memcpy(ram->host + CODE_OFFSET, code, len);
    bus_ram_written(ram->host, RAM_SIZE);
    memset(device_regs, 0, sizeof(device_regs));

    riscv_arch.reset(&r->cpu);
    for (unsigned i = 1; i < 32; i++) {
        r->x[i] = riscv_xlen_trunc(r, i <= nregs ? values[i] : RAM_BASE + 0x8000 + i * 0x10);
        r->f[i] = i <= nregs ? values[i] : UINT64_C(0xffffffff3f800000) + i;
    }
    if (r->config.has[RVF_zicsr]) {
        riscv_csr_debug_write(r, 0x305, RAM_BASE + HANDLER_OFFSET);           /* mtvec */
        riscv_csr_debug_write(r, 0x306, mode & 16 ? ~UINT64_C(0) : 0);        /* mcounteren */
        riscv_csr_debug_write(r, 0x3b0, ~UINT64_C(0));                        /* pmpaddr0: everything ... */
        riscv_csr_debug_write(r, 0x3a0, 0x1f);                                /* ... for everyone */
        if (mode & 32)
            riscv_csr_debug_write(r, 0x300, r->mstatus | MSTATUS_FS | MSTATUS_MIE | MSTATUS_MXR | MSTATUS_SUM);
        if (paged && r->config.has[RVF_mmu])
            riscv_csr_debug_write(r, 0x180, (RAM_BASE + TABLE_OFFSET) >> 12 | (rv32 ? UINT64_C(1) << 31 : UINT64_C(8) << 60));
    }
    r->priv = privs[mode & 3];
    if ((r->priv == PRV_S && !r->config.has[RVF_s]) || (r->priv == PRV_U && !r->config.has[RVF_u]))
        r->priv = PRV_M;
    riscv_update_state(r);
    r->cpu.pc = RAM_BASE + CODE_OFFSET;
}

static void take_result(struct riscv_cpu *r, struct result *out)
{
    uint64_t word;

    memset(out, 0, sizeof(*out));
    fp_flags_sync(&r->cpu);
    memcpy(out->x, r->x, sizeof(out->x));
    memcpy(out->f, r->f, sizeof(out->f));
    out->pc = r->cpu.pc;
    out->priv = r->priv;
    out->fflags = r->cpu.fp.flags;
    out->insns = cpu_instret(&r->cpu);
    memcpy(out->device, device_regs, sizeof(out->device));
    for (unsigned i = 0; i < RAM_SIZE; i += 8) {
        memcpy(&word, ram->host + i, 8);
        out->ram_hash = mix(out->ram_hash, word);
    }
    for (unsigned csr = 0; csr < 4096; csr++)
        if (riscv_csr_debug_read(r, csr, &word))
            out->csr_hash = mix(out->csr_hash, word);
    for (unsigned i = 0; i < ARRAY_SIZE(shown_csrs); i++)
        riscv_csr_debug_read(r, shown_csrs[i], &out->csr[i]);
}

/* CPUs are paused before and after. */
static void run(const uint8_t *data, size_t size, struct result *out)
{
    struct fuzz f = { data, size };

    running = cpus[fuzz_u8(&f) % MODELS];
    prepare(riscv_cpu(running), &f);
    done = false;
    timer_set(&end_timer, clock_now() + INSNS);
    cpu_power_on(running);
    cpus_resume();
    g_mutex_lock(&done_lock);
    while (!done)
        g_cond_wait(&done_cond, &done_lock);
    g_mutex_unlock(&done_lock);
    cpus_pause();
    take_result(riscv_cpu(running), out);
}

/* -- The other engine, in a process of its own -- */

static struct shared {
    sem_t go, ready;
    size_t size;
    uint8_t data[2048];
    struct result result;
} *shared;
static pid_t other;

static _Noreturn void serve(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fuzz_log(); /* to a file of its own */
    start_engine(true);
    for (;;) {
        while (sem_wait(&shared->go))
            continue;
        uint8_t *copy = g_memdup2(shared->data, MAX(shared->size, 1));
        run(copy, shared->size, &shared->result);
        g_free(copy);
        sem_post(&shared->ready);
    }
}

static void start_other(void)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert(shared != MAP_FAILED && !sem_init(&shared->go, 1, 0) && !sem_init(&shared->ready, 1, 0));
    other = fork();
    g_assert(other >= 0);
    if (other == 0)
        serve();
}

static void wait_for_other(void)
{
    for (;;) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_sec++;
        if (!sem_timedwait(&shared->ready, &t))
            return;
        g_assert(errno == ETIMEDOUT || errno == EINTR);
        if (waitpid(other, NULL, WNOHANG) != 0)
            g_error("the interpreter's process died of this input");
    }
}

#define CHECK(field) \
    do { \
        if (ours->field != theirs->field) \
            g_error(#field " differs: %" G_GINT64_MODIFIER "x, in the interpreter %" G_GINT64_MODIFIER "x", \
                    (guint64)ours->field, (guint64)theirs->field); \
    } while (0)

static void compare(const struct result *ours, const struct result *theirs)
{
    CHECK(pc);
    CHECK(insns);
    for (unsigned i = 0; i < 32; i++) {
        if (ours->x[i] != theirs->x[i] || ours->f[i] != theirs->f[i])
            g_printerr("register %u\n", i);
        CHECK(x[i]);
        CHECK(f[i]);
    }
    CHECK(priv);
    CHECK(fflags);
    for (unsigned i = 0; i < ARRAY_SIZE(shown_csrs); i++)
        CHECK(csr[i]);
    for (unsigned i = 0; i < 8; i++)
        CHECK(device[i]);
    CHECK(ram_hash);
    CHECK(csr_hash);
}

/* -- Target -- */

static void stop_engine(void)
{
    cpus_stop();
    cpus_free();
}

void fuzz_init(void)
{
    if (host_backend)
        start_other();
    start_engine(!host_backend);
    atexit(stop_engine);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct result ours;

    if (!shared) {
        run(data, size, &ours);
        return;
    }
    memcpy(shared->data, data, size);
    shared->size = size;
    sem_post(&shared->go);
    run(data, size, &ours);
    wait_for_other();
    compare(&ours, &shared->result);
}
