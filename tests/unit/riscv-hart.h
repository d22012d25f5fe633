/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A RISC-V hart without an engine, for unit tests of its system half: what it calls of the engine and
 * the clock is recorded here, guest memory is one array. Included once by each test program.
 */
#ifndef TEST_RISCV_HART_H
#define TEST_RISCV_HART_H

#include <stdio.h>
#include <string.h>

#include "cpu-exec.h"
#include "cpu-riscv/riscv.h"
#include "cpus.h"
#include "input.h"
#include "opts.h"

/* -- Recorded calls -- */

static struct {
    unsigned switches, flushes, page_flushes, kicks;
    struct mmu_key data, fetch; /* of the last mmu_switch() */
    gva flushed_page;
    bool (*match)(const struct mmu_key *key, void *opaque); /* of the last flush, with a copy of its opaque */
    uint8_t opaque[6]; /* struct fence */
    uint64_t instret;
    int64_t now; /* ns */
    bool left; /* through cpu_loop_exit() */
} seen;

#include "no-engine.h"

void mmu_switch(struct cpu *cpu, const struct mmu_key *data, const struct mmu_key *fetch)
{
    seen.switches++;
    seen.data = *data;
    seen.fetch = *fetch;
}

void mmu_switch_data(struct cpu *cpu, const struct mmu_key *data)
{
    seen.switches++;
    seen.data = *data;
}

void mmu_flush(struct cpu *cpu, bool (*match)(const struct mmu_key *key, void *opaque), void *opaque)
{
    seen.flushes++;
    seen.match = match;
    if (opaque)
        memcpy(seen.opaque, opaque, sizeof(seen.opaque));
}

void mmu_flush_page(struct cpu *cpu, gva va, bool (*match)(const struct mmu_key *key, void *opaque), void *opaque)
{
    seen.page_flushes++;
    seen.flushed_page = va;
    seen.match = match;
    memcpy(seen.opaque, opaque, sizeof(seen.opaque));
}

uint64_t cpu_instret(struct cpu *cpu)
{
    return seen.instret;
}

/* -- Guest memory: RAM_SIZE bytes at RAM_BASE, the last page of it read-only -- */

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE (UINT64_C(1) << 20)
static uint8_t ram[RAM_SIZE];

static uint8_t *ram_at(gpa addr, unsigned size)
{
    return addr >= RAM_BASE && addr - RAM_BASE <= RAM_SIZE - size ? ram + (addr - RAM_BASE) : NULL;
}

static uint64_t ram_read(gpa addr, unsigned size)
{
    uint64_t v = 0;
    memcpy(&v, ram_at(addr, size), size);
    return v;
}

static void __attribute__((unused)) ram_write(gpa addr, unsigned size, uint64_t v)
{
    memcpy(ram_at(addr, size), &v, size);
}

/* As the engine does it, where everything is mapped. */
void *mmu_probe_as(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned len, enum mmu_access access,
                   unsigned memop)
{
    g_assert_not_reached();
}

uint64_t mmu_load_as(struct cpu *cpu, const struct mmu_key *key, gva va, unsigned memop)
{
    g_assert_not_reached();
}

void mmu_store_as(struct cpu *cpu, const struct mmu_key *key, gva va, uint64_t v, unsigned memop)
{
    g_assert_not_reached();
}

uint64_t mmu_load_code(struct cpu *cpu, gva va, unsigned size)
{
    g_assert_not_reached();
}

void *mmu_probe(struct cpu *cpu, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    struct mmu_page page;
    struct mmu_fault fault = {.source = MMU_FAULT_WALK, .access = access, .va = va};
    if (!riscv_walk(cpu, &riscv_cpu(cpu)->data_key, va, access, false, &page, &fault)) {
        riscv_raise_fault(cpu, &fault, memop);
        cpu_loop_exit(cpu);
    }
    return ram_at(page.pa | (va & ~PAGE_MASK), len);
}

/* There is no soft page table. */
void *mmu_lookup(struct cpu *cpu, gva va, unsigned len, enum mmu_access access)
{
    return NULL;
}

bool mmu_pte_read(struct cpu *cpu, gpa addr, unsigned size, uint64_t *pte)
{
    if (!ram_at(addr, size))
        return false;
    *pte = ram_read(addr, size);
    return true;
}

/* Called before each compare-exchange: a test's other hart. */
static void (*before_cas)(gpa addr);

bool mmu_pte_cas(struct cpu *cpu, gpa addr, unsigned size, uint64_t old, uint64_t new, bool *swapped)
{
    if (!ram_at(addr, size) || addr >= RAM_BASE + RAM_SIZE - PAGE_SIZE)
        return false;
    if (before_cas)
        before_cas(addr);
    *swapped = ram_read(addr, size) == old;
    if (*swapped)
        ram_write(addr, size, new);
    return true;
}

/* There is no translated code here. */
void bus_ram_written(const uint8_t *host, size_t len)
{
}

/* -- Inputs: none waits -- */

bool input_gate;

void input_source_add(struct input_source *s, void (*take)(void *opaque, struct input *in), void *opaque,
                      const char *name, ...)
{
}

void input_value(struct input_source *s, void *value, size_t len)
{
}

/* -- The clock: 1 tick is 100 ns at the hart's 10 MHz -- */

struct icount_config icount;

uint64_t clock_ticks(uint64_t hz)
{
    return seen.now * (hz / 1000) / 1000000;
}

int64_t clock_ticks_to_ns(uint64_t ticks, uint64_t hz)
{
    return ticks > INT64_MAX / 1000 ? INT64_MAX : (int64_t)(ticks * 1000 / (hz / 1000000));
}

void timer_init(struct timer *t, void (*fn)(void *opaque), void *opaque, GMutex *lock)
{
    *t = (struct timer){.deadline = INT64_MAX, .fn = fn, .opaque = opaque, .lock = lock};
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

/* Move time; the hart's timer fires if it is due. */
static void __attribute__((unused)) time_to(struct riscv_cpu *r, int64_t now)
{
    seen.now = now;
    if (r->stimer.deadline > now)
        return;
    r->stimer.deadline = INT64_MAX;
    g_mutex_lock(r->stimer.lock);
    r->stimer.fn(r->stimer.opaque);
    g_mutex_unlock(r->stimer.lock);
}

/* -- The hart -- */

/* As a reset does: what is in memory stays. */
static void hart_reset(struct riscv_cpu *r)
{
    memset(&seen, 0, sizeof(seen));
    before_cas = NULL;
    r->priv = PRV_M;
    r->cpu.pc = RAM_BASE;
    r->mip_lines = 0;
    r->resv_addr = ~UINT64_C(0);
    riscv_csr_reset(r);
    riscv_update_state(r);
    memset(&seen, 0, sizeof(seen));
}

/* A fresh hart of a -cpu argument, and empty memory; the same storage each time. */
static struct riscv_cpu *hart(const char *model)
{
    static struct riscv_cpu r;
    GError *err = NULL;
    memset(&r, 0, sizeof(r));
    memset(ram, 0, sizeof(ram));
    struct opts *o = opts_parse(model, "model", &err);
    g_assert_no_error(err);
    riscv_model_apply(&r.config, o, false, &err);
    g_assert_no_error(err);
    opts_free(o);
    r.time_hz = 10000000;
    riscv_stimer_init(&r);
    hart_reset(&r);
    return &r;
}

static void __attribute__((unused)) set_priv(struct riscv_cpu *r, unsigned priv)
{
    r->priv = priv;
    riscv_update_state(r);
}

/* Write a CSR as csrrw does; the CSR must be accessible. */
static void __attribute__((unused)) csr_write(struct riscv_cpu *r, unsigned csr, uint64_t value)
{
    uint64_t old;
    g_assert_cmpint(riscv_csr_rw(r, csr, &old, value, UINT64_MAX, true), ==, CSR_OK);
}

static uint64_t __attribute__((unused)) csr_read(struct riscv_cpu *r, unsigned csr)
{
    uint64_t old = 0;
    g_assert_cmpint(riscv_csr_rw(r, csr, &old, 0, 0, false), ==, CSR_OK);
    return old;
}

static bool __attribute__((unused)) csr_allowed(struct riscv_cpu *r, unsigned csr, bool write)
{
    uint64_t old;
    return riscv_csr_rw(r, csr, &old, 0, write ? UINT64_MAX : 0, write) == CSR_OK;
}

#endif
