/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of core/ that have the CPUs share: threads, how they are made to wait, who runs on this one. */
#ifndef MYNAH_CPUS_INT_H
#define MYNAH_CPUS_INT_H

#include "accel.h"
#include "cpus.h"
#include "vcpu.h"

/* The thread that runs a CPU, or all of them in turns (thread=single, -icount). */
struct vcpu_thread {
    GThread *handle;
    int id;              /* the system's; 0 before it runs; atomic */
    /* Guards sleeping, the CPUs' work, and the wait on wake. Any lock may come before it; none is taken under it. */
    GMutex lock;
    GCond wake;
    bool sleeping;
    bool work_posted;    /* by cpu_run_on(), for when it is parked; guarded by the pause's lock */
    struct cpu *running; /* whose turn it is; atomic */
    struct cpu **cpus;
    unsigned ncpus;
};

/* Whose turn it is on this thread; NULL: it runs no guest code now. */
extern __thread struct cpu *cpu_in_turn;

/* -- cpus-pause.c -- */

/* n threads are about to start, paused. */
void pause_threads_start(unsigned n);
/* Wait until every thread is parked, with pauses in force. */
void pause_wait(void);
/* The calling thread of them ends. */
void pause_thread_ends(void);
/* All threads are to end: cpus_must_park() is true from now on. */
void pause_quit(void);
/* True once pause_quit() was called. */
bool pause_quitting(void);
/* True if CPUs are to be paused, or to end. Any thread. */
bool cpus_must_park(void);
/* Stay until CPUs are to run again, or to end; work for the thread's CPUs is done meanwhile. */
void cpus_park(struct vcpu_thread *t);
/* What is to be done for the CPU between two runs: changes of the memory map, its power, work by cpu_run_on(). */
void cpu_do_work(struct cpu *cpu);

/* -- cpus-threads.c -- */

/* Run cpu, whose turn it is on this thread, until the accelerator returns. */
void cpu_run_turn(struct cpu *cpu);
/* Kick every CPU. Any thread. */
void cpus_kick(void);
/* Its turn on the thread is over soon. Any thread. */
void cpu_request_exit(struct cpu *cpu);

/* Behind cpus_stop(), when nobody kicks a CPU any more. */
void cpus_threads_free(void);

/* -- cpus-safe.c -- */

/* Forget what was looked up before the last change of the memory map, if it is not yet. */
void cpu_map_catch_up(struct cpu *cpu);

/* -- cpus-icount.c -- */

/* Under -icount: take what has come from outside and execute instructions of one CPU. False: all of them wait. */
bool icount_turn(struct vcpu_thread *t);
/* Under -icount, on the CPUs' thread: cpu was kicked by what cpu_in_turn does; or cpu_in_turn yields (NULL). */
void icount_kick(const struct cpu *cpu);
/* -icount is on, and the first CPU is made next: what is saved of turns is registered. */
void icount_init(void);
/* -icount is on, and CPUs are going to be started. */
void icount_start(void);

#endif
