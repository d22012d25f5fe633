/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for CPUs to be at a safe point, and changes of the memory map, which all of them must have seen. */
#include "cpus-int.h"

#define PATIENCE 50      /* looks at another CPU, giving up the host's, before there is a pause between them */
#define LOOK_EVERY_US 20

uint32_t cpus_map_changes;

static void let_others_run(unsigned tries)
{
    if (tries < PATIENCE)
        g_thread_yield();
    else
        g_usleep(LOOK_EVERY_US);
}

void cpus_wait_safe(struct cpu *self)
{
    if (!cpus_parallel)
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *cpu = cpu_list[i];
        struct vcpu *v = cpu->vcpu;
        uint32_t seq = __atomic_load_n(&v->safe_seq, __ATOMIC_ACQUIRE);
        if (cpu == self || !__atomic_load_n(&v->in_guest, __ATOMIC_ACQUIRE))
            continue;
        cpu_request_exit(cpu);
        for (unsigned tries = 0; __atomic_load_n(&v->in_guest, __ATOMIC_ACQUIRE) &&
                                 __atomic_load_n(&v->safe_seq, __ATOMIC_ACQUIRE) == seq; tries++)
            let_others_run(tries);
    }
}

void cpus_wait_while(bool (*behind)(struct cpu *cpu, void *opaque), void (*meanwhile)(void *opaque), void *opaque)
{
    if (!cpus_parallel) /* the others have their turns later */
        return;
    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *cpu = cpu_list[i];
        for (unsigned tries = 0; cpu != cpu_in_turn && __atomic_load_n(&cpu->vcpu->in_guest, __ATOMIC_SEQ_CST) &&
                                 behind(cpu, opaque); tries++) {
            meanwhile(opaque);
            if (cpu_in_turn)
                cpu_map_catch_up(cpu_in_turn); /* the other may be in cpus_mapping_wait() */
            let_others_run(tries);
        }
    }
}

/* -- Changes of the memory map -- */

void cpu_map_catch_up(struct cpu *cpu)
{
    if (!cpu_map_behind(cpu))
        return;
    /* The number first: a change that comes meanwhile is one more to catch up with. */
    uint32_t n = __atomic_load_n(&cpus_map_changes, __ATOMIC_SEQ_CST);
    accel->flush(cpu);
    __atomic_store_n(&cpu->vcpu->map_seen, n, __ATOMIC_SEQ_CST);
}

uint32_t cpus_mapping_changed(void)
{
    uint32_t n = __atomic_add_fetch(&cpus_map_changes, 1, __ATOMIC_SEQ_CST);

    if (cpu_in_turn)
        cpu_map_catch_up(cpu_in_turn);
    cpus_kick();
    return n;
}

/* True if the CPU runs guest code and has not seen the change. */
static bool runs_behind(const struct vcpu *v, uint32_t change)
{
    return __atomic_load_n(&v->in_guest, __ATOMIC_SEQ_CST) &&
           (int32_t)(__atomic_load_n(&v->map_seen, __ATOMIC_SEQ_CST) - change) < 0;
}

void cpus_mapping_wait(void)
{
    uint32_t n = __atomic_load_n(&cpus_map_changes, __ATOMIC_SEQ_CST);

    for (unsigned i = 0; i < cpu_count; i++) {
        /* Outside guest code it looks before it enters: struct accel's run(). */
        for (unsigned tries = 0; cpu_list[i] != cpu_in_turn && runs_behind(cpu_list[i]->vcpu, n); tries++) {
            if (cpu_in_turn)
                cpu_map_catch_up(cpu_in_turn); /* it may be waiting for us */
            let_others_run(tries);
        }
    }
}

bool cpus_mapping_forgotten(uint32_t change)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        const struct vcpu *v = cpu_list[i]->vcpu;
        if (v->thread && (int32_t)(__atomic_load_n(&v->map_left, __ATOMIC_SEQ_CST) - change) < 0)
            return false;
    }
    return true;
}
