/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ARM CPU without an engine, for unit tests of its system half: what it calls of the engine and the clock is
 * recorded here, guest memory is one array. Included once by each test program.
 */
#ifndef TEST_ARM_CORE_H
#define TEST_ARM_CORE_H

#include <string.h>

#include "bus.h"
#include "cpu-arm/arm.h"
#include "cpu-arm/regime.h"
#include "cpu-arm/sysreg.h"
#include "cpu-exec.h"
#include "cpus.h"
#include "life.h"
#include "opts.h"
#include "vcpu.h"

#define BIT(n) (UINT64_C(1) << (n))

/* -- Recorded calls -- */

static struct {
    unsigned switches, flushes, page_flushes, kicks;
    struct mmu_key data, fetch, unpriv; /* of the last mmu_switch() and mmu_switch_context() */
    gva flushed_page;
    bool answer; /* what the match function of a flush said of asked */
    int64_t now; /* ns */
    unsigned resets, shutdowns;
    bool left;   /* through cpu_loop_exit() */
} seen;
static struct mmu_key asked; /* a key that flushes are asked about */

#include "no-engine.h"

void mmu_switch(struct cpu *cpu, const struct mmu_key *data, const struct mmu_key *fetch)
{
    seen.switches++;
    seen.data = *data;
    seen.fetch = *fetch;
}

void mmu_switch_context(struct cpu *cpu, unsigned context, const struct mmu_key *key)
{
    g_assert_cmpuint(context, ==, ARM_CTX_UNPRIV);
    seen.unpriv = *key;
}

void mmu_flush(struct cpu *cpu, bool (*match)(const struct mmu_key *key, void *opaque), void *opaque)
{
    seen.flushes++;
    seen.answer = !match || match(&asked, opaque);
}

void mmu_flush_page(struct cpu *cpu, gva va, bool (*match)(const struct mmu_key *key, void *opaque), void *opaque)
{
    seen.page_flushes++;
    seen.flushed_page = va;
    seen.answer = !match || match(&asked, opaque);
}

void cpu_power_on(struct cpu *cpu)
{
    cpu->powered_off = false;
}

void request_reset(enum shutdown_cause cause)
{
    seen.resets++;
}

void request_shutdown(enum shutdown_cause cause, int status)
{
    seen.shutdowns++;
}

void cpus_wait_while(bool (*behind)(struct cpu *cpu, void *opaque), void (*meanwhile)(void *opaque), void *opaque)
{
    meanwhile(opaque);
}

struct cpu **cpu_list;
unsigned cpu_count;

/* -- Guest memory: RAM_SIZE bytes at RAM_BASE -- */

#define RAM_BASE UINT64_C(0x40000000)
#define RAM_SIZE (UINT64_C(1) << 21)
static uint8_t ram[RAM_SIZE];

/* Both security states see it; where the last access of a walk went. */
static bool ram_secure;

static uint8_t *ram_at(gpa addr, unsigned size)
{
    ram_secure = addr & BUS_SECURE;
    addr &= ~BUS_SECURE;
    return addr >= RAM_BASE && addr - RAM_BASE <= RAM_SIZE - size ? ram + (addr - RAM_BASE) : NULL;
}

static uint64_t ram_read(gpa addr)
{
    uint64_t v = 0;
    memcpy(&v, ram_at(addr, 8), 8);
    return v;
}

static void __attribute__((unused)) ram_write(gpa addr, uint64_t v)
{
    memcpy(ram_at(addr, 8), &v, 8);
}

bool mmu_pte_read(struct cpu *cpu, gpa addr, unsigned size, uint64_t *pte)
{
    if (!ram_at(addr, size))
        return false;
    *pte = ram_read(addr);
    return true;
}

/* Called before each compare-exchange: a test's other CPU. */
static void (*before_cas)(gpa addr);

bool mmu_pte_cas(struct cpu *cpu, gpa addr, unsigned size, uint64_t old, uint64_t new, bool *swapped)
{
    if (!ram_at(addr, size))
        return false;
    if (before_cas)
        before_cas(addr);
    *swapped = ram_read(addr) == old;
    if (*swapped)
        ram_write(addr, new);
    return true;
}

/* Of instructions: virtual addresses are physical ones. */
bool mmu_try_load(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned memop, uint64_t *v,
                  struct mmu_fault *fault)
{
    *v = 0;
    if (ram_at(va, 8))
        memcpy(v, ram_at(va, 8), 1u << (memop & IR_MEM_SIZE));
    return ram_at(va, 8);
}

struct icount_config icount;

uint64_t cpu_instret(struct cpu *cpu)
{
    return 0;
}

bool cpu_guest_watchpoints(struct cpu *cpu, unsigned n, const struct debug_range *list)
{
    return n;
}

/* -- The clock -- */

uint64_t clock_ticks(uint64_t hz)
{
    return (unsigned __int128)seen.now * hz / 1000000000;
}

int64_t clock_ticks_to_ns(uint64_t ticks, uint64_t hz)
{
    unsigned __int128 ns = ((unsigned __int128)ticks * 1000000000 + hz - 1) / hz;
    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

void timer_init(struct timer *t, void (*fn)(void *opaque), void *opaque, GMutex *lock)
{
    *t = (struct timer){ .deadline = INT64_MAX, .fn = fn, .opaque = opaque, .lock = lock };
}

void timer_set(struct timer *t, int64_t deadline)
{
    t->deadline = deadline;
}

void timer_restore(struct timer *t, int64_t deadline, uint64_t order)
{
    t->deadline = deadline;
}

bool timer_pending(const struct timer *t)
{
    return t->deadline != INT64_MAX;
}

void timer_cancel(struct timer *t)
{
    t->deadline = INT64_MAX;
}

/* Move time; timers fire if they are due. */
static void __attribute__((unused)) time_to(struct arm_cpu *a, int64_t now)
{
    seen.now = now;
    for (unsigned k = 0; k < ARM_TIMERS; k++) {
        struct timer *t = &a->timers[k].timer;
        if (t->deadline > now)
            continue;
        t->deadline = INT64_MAX;
        g_mutex_lock(t->lock);
        t->fn(t->opaque);
        g_mutex_unlock(t->lock);
    }
}

/* -- The CPU -- */

static const struct cpu_arch test_arch = { .name = "arm", .ncontexts = 1, .walk = arm_walk };

/* A fresh CPU of a -cpu argument behind its reset, and empty memory; the same storage each time. */
static struct arm_cpu *core(const char *model)
{
    static struct arm_cpu a;
    static struct cpu *list[1] = { &a.cpu };
    GError *err = NULL;
    if (a.regimes) {
        arm_regimes_free(&a);
        arm_tlbi_fini(&a);
        g_mutex_clear(&a.timer_lock);
    }
    memset(&a, 0, sizeof(a));
    memset(ram, 0, sizeof(ram));
    before_cas = NULL;
    cpu_list = list;
    cpu_count = 1;
    a.cpu.arch = &test_arch;
    struct opts *o = opts_parse(model, "model", &err);
    g_assert_no_error(err);
    arm_model_apply(&a, o, &err);
    g_assert_no_error(err);
    opts_free(o);
    a.mpidr = BIT(31);
    arm_timers_init(&a);
    arm_tlbi_init(&a);
    arm_regimes_init(&a);
    arm_sysregs_reset(&a);
    arm_update_state(&a);
    memset(&seen, 0, sizeof(seen));
    return &a;
}

/* At another level, as if by a return. */
static void __attribute__((unused)) set_level(struct arm_cpu *a, unsigned el)
{
    arm_set_el(a, el, el != 0);
    arm_update_state(a);
}

#endif
