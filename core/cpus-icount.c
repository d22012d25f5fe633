/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction counting: a CPU has its turn until its budget is used up, which is until the first timer at most. The
 * accelerator takes off it what is executed; what it took off too early it tells by not_begun().
 */
#include "clock.h"
#include "cpus-int.h"

#define TURN_INSNS 100000     /* of a CPU when several share the thread */
#define SLICE_INSNS (1 << 28) /* at most between looks at the clock */
#define SLICE_NS 10000000     /* ... where real time matters */

static uint64_t slice_executed(struct cpu *cpu)
{
    return cpu->vcpu->slice - cpu->budget - accel->not_begun(cpu);
}

static uint64_t icount_pending(void)
{
    return cpu_in_turn ? slice_executed(cpu_in_turn) : 0;
}

/* The first timer is due earlier than the running slice assumed. */
static void deadline_earlier(void)
{
    struct cpu *cpu = cpu_in_turn;

    if (!cpu) {
        cpus_kick();
        return;
    }
    int64_t ns = timers_deadline() - clock_now();
    int64_t left = ns > 0 ? ns >> icount.shift : 0;
    int64_t cut = cpu->budget + (int64_t)accel->not_begun(cpu) - left;
    if (cut > 0) {
        cpu->budget -= cut;
        cpu->vcpu->slice -= cut;
    }
}

void icount_start(void)
{
    clock_deadline_earlier = deadline_earlier;
    clock_icount_pending = icount_pending;
}

uint64_t cpu_instret(struct cpu *cpu)
{
    if (!icount.on)
        return clock_now();
    return cpu->executed + (cpu == cpu_in_turn ? slice_executed(cpu) : 0);
}

void icount_begin(struct cpu *cpu, bool shared)
{
    int64_t limit = shared ? TURN_INSNS : SLICE_INSNS;
    int64_t deadline = timers_deadline();

    if (icount.adapt || icount.align)
        limit = MIN(limit, MAX(SLICE_NS >> icount.shift, 1));
    if (deadline != INT64_MAX) {
        int64_t ns = deadline - clock_now();
        int64_t n = ns > 0 ? (ns + ((int64_t)1 << icount.shift) - 1) >> icount.shift : 0;
        limit = MIN(limit, n);
    }
    cpu->vcpu->slice = cpu->budget = limit;
}

void icount_end(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;
    uint64_t n = v->slice - cpu->budget;

    v->slice = cpu->budget = 0;
    cpu->executed += n;
    clock_icount_add(n);
}
