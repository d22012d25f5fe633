/* SPDX-License-Identifier: BSD-2-Clause */
/* See engines.h. */
#include "engines.h"

#include <errno.h>
#include <inttypes.h>
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
#include "cpus.h"
#include "machine.h"
#include "state.h"
#include "tcg/engine.h"

#define INSNS 1500 /* and as many nanoseconds */

static const struct engines_guest *guest;
static struct machine machine;
static struct cpu *cpus[ENGINES_MODELS];
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
    static struct region ram_region, low_region, device;
    GError *err = NULL;

    accel = interpreter ? &interp_accel : &tcg_accel;
    tcg_config.tb_size_mib = 8; /* evicted often */
    icount.on = true;
    machine.as = address_space_new("memory");
    ram = ram_block_new("ram", ENGINES_RAM_SIZE, &err);
    g_assert(ram);
    ram_region = (struct region){ .name = "ram", .kind = REGION_RAM, .size = ENGINES_RAM_SIZE, .host = ram->host,
                                  .ram = ram };
    low_region = ram_region;
    device = (struct region){ .name = "device", .kind = REGION_IO, .size = 0x1000, .ops = &device_ops };
    address_space_map(machine.as, &ram_region, ENGINES_RAM_BASE, 0);
    if (guest->low_ram)
        address_space_map(machine.as, &low_region, 0, 0);
    address_space_map(machine.as, &device, ENGINES_DEVICE_BASE, 0);
    the_machine = &machine;
    machine.cpus = cpus;
    machine.config.seeded = true; /* both engines' guests get the same entropy */
    for (unsigned i = 0; i < guest->nmodels; i++) {
        cpus[i] = cpu_new(guest->arch, &machine, machine.as, i, guest->models[i], &err);
        if (!cpus[i])
            g_error("%s", err->message);
        guest->arch->reset(cpus[i]);
        cpus[i]->powered_off = true;
        machine.ncpus++;
    }
    timer_init(&end_timer, time_is_up, NULL, NULL);
    if (!cpus_start(&err))
        g_error("%s", err->message);
}

/* -- One run -- */

/* What must agree. */
struct result {
    uint64_t insns, device[8];
    uint64_t pages[ENGINES_RAM_SIZE / PAGE_SIZE]; /* a checksum of each */
    size_t cpu_size;
    uint8_t cpu[16 * KiB]; /* as a snapshot has it */
};

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

void engines_put32(uint32_t offset, const uint32_t *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t le = GUINT32_TO_LE(words[i]);
        memcpy(ram->host + offset + 4 * i, &le, 4);
    }
}

void engines_put64(uint32_t offset, uint64_t word)
{
    uint64_t le = GUINT64_TO_LE(word);
    memcpy(ram->host + offset, &le, 8);
}

void engines_fill(void)
{
    for (unsigned i = 0; i < 0x1000; i++)
        ram->host[ENGINES_DATA + i] = i * 37;
}

void engines_place(const uint8_t *code, size_t len)
{
    if (len)
        memcpy(ram->host + ENGINES_CODE, code, len);
    bus_ram_written(ram->host, ENGINES_RAM_SIZE);
}

static void take_result(struct cpu *cpu, struct result *out)
{
    const struct state_table *t = cpu->arch->state;
    g_autoptr(GByteArray) stream = g_byte_array_new();

    t->settle(cpu);
    state_put(t, cpu, stream);
    memset(out, 0, sizeof(*out));
    g_assert(stream->len <= sizeof(out->cpu));
    memcpy(out->cpu, stream->data, stream->len);
    out->cpu_size = stream->len;
    out->insns = cpu_instret(cpu);
    memcpy(out->device, device_regs, sizeof(out->device));
    for (unsigned i = 0; i < ENGINES_RAM_SIZE; i += 8) {
        uint64_t word;
        memcpy(&word, ram->host + i, 8);
        out->pages[i / PAGE_SIZE] = mix(out->pages[i / PAGE_SIZE], word);
    }
}

/* CPUs are paused before and after. */
static void run(const uint8_t *data, size_t size, struct result *out)
{
    struct fuzz f = { data, size };

    running = cpus[fuzz_u8(&f) % guest->nmodels];
    memset(ram->host, 0, ENGINES_RAM_SIZE);
    memset(device_regs, 0, sizeof(device_regs));
    guest->arch->reset(running);
    guest->prepare(running, &f);
    done = false;
    timer_set(&end_timer, clock_now() + INSNS);
    cpu_power_on(running);
    cpus_resume();
    g_mutex_lock(&done_lock);
    while (!done)
        g_cond_wait(&done_cond, &done_lock);
    g_mutex_unlock(&done_lock);
    cpus_pause();
    take_result(running, out);
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

/* -- What differs -- */

/* The lines of the CPU's two states that do; the CPU gets the other's. */
static void print_cpus(struct cpu *cpu, const struct result *theirs)
{
    const struct state_table *t = cpu->arch->state;
    g_autoptr(GString) ours = g_string_new(NULL);
    g_autoptr(GString) others = g_string_new(NULL);
    unsigned version;
    GError *err = NULL;

    state_describe(t, cpu, "", ours);
    if (!state_take(t, cpu, theirs->cpu, theirs->cpu_size, true, &version, &err))
        g_error("%s", err->message);
    state_describe(t, cpu, "", others);
    g_auto(GStrv) a = g_strsplit(ours->str, "\n", 0);
    g_auto(GStrv) b = g_strsplit(others->str, "\n", 0);
    for (unsigned i = 0; a[i] && b[i]; i++) {
        if (strcmp(a[i], b[i]))
            g_printerr("ours:        %s\ninterpreter: %s\n", a[i], b[i]);
    }
}

static void compare(const struct result *ours, const struct result *theirs)
{
    if (!memcmp(ours, theirs, sizeof(*ours)))
        return;
    if (ours->insns != theirs->insns)
        g_printerr("instructions: %" PRIu64 ", in the interpreter %" PRIu64 "\n", ours->insns, theirs->insns);
    for (unsigned i = 0; i < ARRAY_SIZE(ours->device); i++) {
        if (ours->device[i] != theirs->device[i])
            g_printerr("the device's register %u differs\n", i);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(ours->pages); i++) {
        if (ours->pages[i] != theirs->pages[i])
            g_printerr("memory at 0x%x differs\n", i << PAGE_BITS);
    }
    if (ours->cpu_size != theirs->cpu_size || memcmp(ours->cpu, theirs->cpu, ours->cpu_size))
        print_cpus(running, theirs);
    g_error("the engines differ");
}

/* -- The target -- */

static void stop_engine(void)
{
    cpus_stop();
    cpus_free();
}

void engines_start(const struct engines_guest *g)
{
    guest = g;
    g_assert(g->nmodels <= ENGINES_MODELS);
    if (host_backend)
        start_other();
    start_engine(!host_backend);
    atexit(stop_engine);
}

void engines_run(const uint8_t *data, size_t size)
{
    static struct result ours;

    if (!shared) {
        run(data, size, &ours);
        return;
    }
    g_assert(size <= sizeof(shared->data));
    memcpy(shared->data, data, size);
    shared->size = size;
    sem_post(&shared->go);
    run(data, size, &ours);
    wait_for_other();
    compare(&ours, &shared->result);
}
