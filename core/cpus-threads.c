/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threads that run CPUs: one each, or one for all of them in turns. A CPU has its turn until the accelerator
 * returns; a thread none of whose CPUs has something to run sleeps until one is kicked.
 */
#include <sys/prctl.h>
#include <unistd.h>

#include "clock.h"
#include "cpu-exec.h"
#include "cpus-int.h"
#include "input.h"
#include "log.h"
#include "opts.h"
#include "signal-stack.h"

#define TURN_MS 10              /* of a CPU under thread=single */
#define ALIGN_NS 3000000        /* virtual time may be ahead by, with align=on */
#define AUTO_AHEAD_NS 100000000 /* ... with shift=auto, on a host for which 0 is too much */

bool cpus_one_thread;

static struct vcpu_thread *threads;
static unsigned nthreads;

int cpu_thread_id(const struct cpu *cpu)
{
    const struct vcpu_thread *t = cpu->vcpu->thread;

    return t ? __atomic_load_n(&t->id, __ATOMIC_RELAXED) : 0;
}

/* -- Kicks -- */

void cpu_request_exit(struct cpu *cpu)
{
    __atomic_store_n(&cpu->exit_request, EXIT_REQUESTED, __ATOMIC_SEQ_CST);
}

/* The order is that of idle(): there sleeping is set before it looks for what there is to do, here the reverse. */
static void wake(struct vcpu_thread *t)
{
    if (!__atomic_load_n(&t->sleeping, __ATOMIC_SEQ_CST))
        return;
    g_mutex_lock(&t->lock); /* it has not looked yet, or it waits */
    g_mutex_unlock(&t->lock);
    g_cond_signal(&t->wake); /* without the lock, which whoever wakes takes at once */
}

void cpu_kick(struct cpu *cpu)
{
    struct vcpu_thread *t = cpu->vcpu->thread;

    cpu_request_exit(cpu);
    if (!t)
        return;
    if (icount.on && cpu_in_turn)
        icount_kick(cpu);
    struct cpu *running = __atomic_load_n(&t->running, __ATOMIC_RELAXED);
    if (running && running != cpu)
        cpu_request_exit(running);
    wake(t);
}

void cpus_kick(void)
{
    for (unsigned i = 0; i < cpu_count; i++)
        cpu_kick(cpu_list[i]);
}

bool cpu_yield(struct cpu *cpu)
{
    if (cpu->vcpu->thread->ncpus == 1)
        return false;
    cpu_request_exit(cpu);
    if (icount.on)
        icount_kick(NULL);
    return true;
}

void cpu_power_on(struct cpu *cpu)
{
    __atomic_store_n(&cpu->vcpu->power_request, true, __ATOMIC_SEQ_CST);
    cpu_kick(cpu);
}

/* -- Turns -- */

void cpu_run_turn(struct cpu *cpu)
{
    accel->activate(cpu);
    accel->run(cpu);
    g_assert(!cpu->vcpu->in_guest);
}

/* Give a CPU its turn. False if it had nothing to run. */
static bool take_turn(struct vcpu_thread *t, struct cpu *cpu)
{
    cpu_in_turn = cpu;
    __atomic_store_n(&t->running, cpu, __ATOMIC_RELAXED);
    __atomic_exchange_n(&cpu->exit_request, 0, __ATOMIC_SEQ_CST); /* before the looks at what there is to do */
    cpu_do_work(cpu);
    if (cpus_must_park() || cpu->powered_off || cpu->vcpu->debug_stopped || cpu->vcpu->held)
        return false;
    if (cpu->halted) {
        if (!cpu->arch->has_work(cpu))
            return false;
        cpu_set_halted(cpu, false);
    }
    cpu_run_turn(cpu);
    return true;
}

static void end_turns(struct vcpu_thread *t)
{
    cpu_in_turn = NULL;
    __atomic_store_n(&t->running, NULL, __ATOMIC_RELAXED);
}

static bool something_to_do(const struct vcpu_thread *t)
{
    if (cpus_must_park() || input_waiting())
        return true;
    for (unsigned i = 0; i < t->ncpus; i++) {
        struct cpu *cpu = t->cpus[i];
        const struct vcpu *v = cpu->vcpu;
        if (__atomic_load_n(&cpu->exit_request, __ATOMIC_SEQ_CST))
            return true;
        /* One that is not halted was refused its turn for a pause that is over. */
        if (!cpu->powered_off && !v->debug_stopped && !v->held && (!cpu->halted || cpu->arch->has_work(cpu)))
            return true;
    }
    return false;
}

/* Until kicked, or until that host time (0: without one). True: the time has come. */
static bool sleep_until(struct vcpu_thread *t, int64_t until)
{
    bool timed_out = false;

    g_mutex_lock(&t->lock);
    __atomic_store_n(&t->sleeping, true, __ATOMIC_SEQ_CST);
    while (!timed_out && !something_to_do(t)) {
        if (until)
            timed_out = !g_cond_wait_until(&t->wake, &t->lock, until);
        else
            g_cond_wait(&t->wake, &t->lock);
    }
    __atomic_store_n(&t->sleeping, false, __ATOMIC_SEQ_CST);
    g_mutex_unlock(&t->lock);
    return timed_out;
}

/* Nothing runs on this thread: sleep until kicked or, under icount, until the next timer. */
static void idle(struct vcpu_thread *t)
{
    bool at_once = !icount.sleep || input_replaying();
    bool timed_out = icount.on && at_once && timers_deadline() != INT64_MAX;
    int64_t until = 0, ahead = icount.adapt ? clock_icount_ahead() : 0;

    if (icount.on)
        input_idle(timers_deadline() == INT64_MAX);
    if (icount.on && icount.sleep && timers_deadline() != INT64_MAX)
        until = g_get_monotonic_time() + MAX(0, timers_deadline() - clock_now()) / 1000;
    end_turns(t);
    if (!timed_out)
        timed_out = sleep_until(t, until);
    if (timed_out) {
        if (!cpus_must_park())
            clock_icount_warp(); /* icount_turn() runs the timers */
    } else if (icount.adapt && icount.sleep) { /* woken: the time that went by is no speed of the host's */
        int64_t passed = ahead - clock_icount_ahead(), left = timers_deadline() - clock_now();
        clock_icount_passed(CLAMP(passed, 0, MAX(left, 0)));
    }
}

/* -icount align=on and shift=auto: let real time catch up. */
static void align(struct vcpu_thread *t)
{
    int64_t ahead = clock_icount_ahead();

    if (ahead < (icount.align ? ALIGN_NS : AUTO_AHEAD_NS))
        return;
    end_turns(t);
    int64_t until = g_get_monotonic_time() + ahead / 1000;
    g_mutex_lock(&t->lock);
    __atomic_store_n(&t->sleeping, true, __ATOMIC_SEQ_CST);
    while (!cpus_must_park() && g_cond_wait_until(&t->wake, &t->lock, until))
        ;
    __atomic_store_n(&t->sleeping, false, __ATOMIC_SEQ_CST);
    g_mutex_unlock(&t->lock);
}

static gpointer vcpu_thread(gpointer opaque)
{
    struct vcpu_thread *t = opaque;
    unsigned next = 0;

    signal_stack_here();
    __atomic_store_n(&t->id, gettid(), __ATOMIC_RELAXED);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* idle() is to end when it says */
    while (!pause_quitting()) {
        bool ran = false;
        if (cpus_must_park()) {
            cpus_park(t);
            continue;
        }
        if (icount.on)
            ran = icount_turn(t);
        for (unsigned i = 0; !icount.on && i < t->ncpus && !cpus_must_park(); i++) {
            ran |= take_turn(t, t->cpus[next]);
            /* after a pause too, or the first CPU would have all turns between frequent ones */
            next = (next + 1) % t->ncpus;
        }
        if (!ran && !cpus_must_park())
            idle(t);
        else if (icount.align || (icount.adapt && icount.sleep))
            align(t);
    }
    pause_thread_ends();
    return NULL;
}

/* thread=single: end the running CPU's turn. */
static gboolean next_turn(gpointer opaque)
{
    struct cpu *running = __atomic_load_n(&threads[0].running, __ATOMIC_RELAXED);

    if (running)
        cpu_request_exit(running);
    return G_SOURCE_CONTINUE;
}

/* -- Start and stop -- */

static void thread_init(struct vcpu_thread *t, struct cpu **cpus, unsigned n)
{
    g_mutex_init(&t->lock);
    g_cond_init(&t->wake);
    t->cpus = cpus;
    t->ncpus = n;
    for (unsigned k = 0; k < n; k++)
        cpus[k]->vcpu->thread = t;
}

bool cpus_start(GError **err)
{
    bool single = cpus_one_thread || icount.on;

    cpus_parallel = cpu_count > 1 && !single;
    if (!accel->start(err))
        return false;
    if (icount.on)
        icount_start();
    nthreads = single ? 1 : cpu_count;
    threads = g_new0(struct vcpu_thread, nthreads);
    pause_threads_start(nthreads);
    for (unsigned i = 0; i < nthreads; i++)
        thread_init(&threads[i], cpu_list + i, single ? cpu_count : 1);
    for (unsigned i = 0; i < nthreads; i++) {
        g_autofree char *name = g_strdup_printf("vcpu%u", i);
        threads[i].handle = g_thread_new(name, vcpu_thread, &threads[i]);
    }
    pause_wait();
    if (single && cpu_count > 1 && !icount.on)
        g_timeout_add(TURN_MS, next_turn, NULL);
    return true;
}

void cpus_stop(void)
{
    pause_quit();
    cpus_kick();
    for (unsigned i = 0; i < nthreads; i++)
        g_thread_join(threads[i].handle);
    if (log_on(LOG_STATS)) {
        g_autoptr(GString) s = g_string_new(NULL);
        accel_info(s);
        log_printf("%s", s->str);
    }
}

void cpus_threads_free(void)
{
    g_clear_pointer(&threads, g_free);
    nthreads = 0;
}
