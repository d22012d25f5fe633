/* SPDX-License-Identifier: BSD-2-Clause */
/* Pausing CPUs, and work that others have for a CPU's thread. */
#include "bus.h"
#include "cpus-int.h"

/* Guards these. No other lock is taken under it. */
static GMutex pause_lock;
static GCond parked, resumed;
static unsigned pause_count = 1; /* CPUs run when it is 0; read without the lock too */
static unsigned nactive;         /* threads that are not parked */
static bool quitting;            /* read without the lock too */

/* -- The threads' side -- */

void pause_threads_start(unsigned n)
{
    g_mutex_lock(&pause_lock);
    nactive = n;
    g_mutex_unlock(&pause_lock);
}

void pause_thread_ends(void)
{
    g_mutex_lock(&pause_lock);
    nactive--;
    g_cond_broadcast(&parked);
    g_mutex_unlock(&pause_lock);
}

void pause_quit(void)
{
    g_mutex_lock(&pause_lock);
    __atomic_store_n(&quitting, true, __ATOMIC_SEQ_CST);
    g_cond_broadcast(&resumed);
    g_mutex_unlock(&pause_lock);
}

bool pause_quitting(void)
{
    return __atomic_load_n(&quitting, __ATOMIC_ACQUIRE);
}

bool cpus_must_park(void)
{
    return __atomic_load_n(&pause_count, __ATOMIC_SEQ_CST) || __atomic_load_n(&quitting, __ATOMIC_RELAXED);
}

static void do_all_work(struct vcpu_thread *t)
{
    for (unsigned i = 0; i < t->ncpus; i++)
        cpu_do_work(t->cpus[i]);
}

void cpus_park(struct vcpu_thread *t)
{
    __atomic_store_n(&t->running, NULL, __ATOMIC_RELAXED);
    cpu_in_turn = NULL;
    for (unsigned i = 0; i < t->ncpus; i++)
        t->cpus[i]->vcpu->last_insn = false; /* asked for by an access that is no store */
    do_all_work(t); /* before cpus_pause() returns: then the CPUs' state is the caller's */
    g_mutex_lock(&pause_lock);
    nactive--;
    g_cond_broadcast(&parked);
    while (pause_count && !quitting) {
        if (!t->work_posted) {
            g_cond_wait(&resumed, &pause_lock);
            continue;
        }
        t->work_posted = false; /* who posted it waits for it */
        g_mutex_unlock(&pause_lock);
        do_all_work(t);
        g_mutex_lock(&pause_lock);
    }
    nactive++;
    g_mutex_unlock(&pause_lock);
}

/* -- The others' side -- */

void cpus_hold(void)
{
    g_mutex_lock(&pause_lock);
    __atomic_store_n(&pause_count, pause_count + 1, __ATOMIC_SEQ_CST);
    g_mutex_unlock(&pause_lock);
    if (cpu_in_turn && bus_in_access())
        cpu_in_turn->vcpu->last_insn = true;
    cpus_kick();
}

void pause_wait(void)
{
    g_mutex_lock(&pause_lock);
    while (nactive)
        g_cond_wait(&parked, &pause_lock);
    g_mutex_unlock(&pause_lock);
}

void cpus_pause(void)
{
    g_assert(!cpu_in_turn); /* it would wait for itself */
    cpus_hold();
    pause_wait();
}

void cpus_resume(void)
{
    g_mutex_lock(&pause_lock);
    if (pause_count)
        __atomic_store_n(&pause_count, pause_count - 1, __ATOMIC_SEQ_CST);
    g_cond_broadcast(&resumed);
    g_mutex_unlock(&pause_lock);
}

/* -- Work for a CPU's thread -- */

struct cpu_work {
    void (*fn)(struct cpu *cpu, void *opaque);
    void *opaque;
    bool done;
};

void cpu_do_work(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;
    struct cpu_work *w;

    cpu_map_catch_up(cpu);
    __atomic_store_n(&v->map_left, v->map_seen, __ATOMIC_SEQ_CST); /* nothing of before is on our stack either */
    if (__atomic_exchange_n(&v->power_request, false, __ATOMIC_SEQ_CST))
        cpu->powered_off = false;
    g_mutex_lock(&v->thread->lock);
    while ((w = g_queue_pop_head(&v->work))) {
        g_mutex_unlock(&v->thread->lock);
        w->fn(cpu, w->opaque);
        g_mutex_lock(&v->thread->lock);
        w->done = true;
        g_cond_broadcast(&v->thread->wake);
    }
    g_mutex_unlock(&v->thread->lock);
}

void cpu_run_on(struct cpu *cpu, void (*fn)(struct cpu *cpu, void *opaque), void *opaque)
{
    struct vcpu_thread *t = cpu->vcpu->thread;
    struct cpu_work w = { .fn = fn, .opaque = opaque };

    if (!t || cpu == cpu_in_turn) {
        fn(cpu, opaque);
        return;
    }
    g_mutex_lock(&t->lock);
    g_queue_push_tail(&cpu->vcpu->work, &w);
    g_mutex_unlock(&t->lock);
    cpu_kick(cpu);
    g_mutex_lock(&pause_lock);
    t->work_posted = true;
    g_cond_broadcast(&resumed);
    g_mutex_unlock(&pause_lock);
    g_mutex_lock(&t->lock);
    while (!w.done)
        g_cond_wait(&t->wake, &t->lock);
    g_mutex_unlock(&t->lock);
}
