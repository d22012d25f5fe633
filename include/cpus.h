/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPUs of the machine and their threads: made, started, paused, kicked, run on, and told of changes of the memory
 * map.
 */
#ifndef MYNAH_CPUS_H
#define MYNAH_CPUS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address_space;
struct cpu;
struct cpu_arch;
struct machine;

/* -- Making them: the main thread, before cpus_start() -- */

/*
 * -global DRIVER.NAME=VALUE for the type of an architecture's CPUs ("riscv-cpu") or of a model ("rv64-riscv-cpu").
 * False if there is no such type.
 */
bool cpu_add_global(const char *driver, const char *name, const char *value);
/* The model, as in -cpu, with what globals say of it; g_free() it. */
char *cpu_with_globals(const struct cpu_arch *arch, const char *model);
/* Create the CPU of the architecture; model as in -cpu. NULL with a message. */
struct cpu *cpu_new(const struct cpu_arch *arch, struct machine *m, struct address_space *as, unsigned index,
                    const char *model, GError **err);
/* Free every CPU with its translations. None was started, or cpus_stop() was called. */
void cpus_free(void);

/* -- Threads -- */

/*
 * Start the vCPU threads, and wait until they are paused: the CPUs' state is the caller's, until cpus_resume(). False with a
 * message.
 */
bool cpus_start(GError **err);
/* Stop every CPU outside translated code and wait until all have. Nests; not from a vCPU thread. */
void cpus_pause(void);
/*
 * The same without the wait, by any thread; a device's lock may be held. Within an access to a device the CPU that
 * makes it executes no instruction after this one.
 */
void cpus_hold(void);
/* Undo one cpus_pause() or cpus_hold(). Any thread. */
void cpus_resume(void);
/* Stop the threads for good and print statistics (-d stats). */
void cpus_stop(void);

/* -- One CPU -- */

/* True if the calling thread runs guest code of some CPU; that CPU. */
struct cpu *cpu_current(void);
/* The system's number of the thread that runs the CPU, for who wants to pin it; 0 before it runs. Any thread. */
int cpu_thread_id(const struct cpu *cpu);
/* Make the CPU leave translated code and look for work; wakes it if halted. Any thread, lock-free. */
void cpu_kick(struct cpu *cpu);
/* Run fn on the CPU's thread (or in place if it is paused) and wait for it. Not while holding a device lock. */
void cpu_run_on(struct cpu *cpu, void (*fn)(struct cpu *cpu, void *opaque), void *opaque);
/* A CPU that was powered off runs from its pc on. Any thread. */
void cpu_power_on(struct cpu *cpu);

/*
 * In a helper, on a CPU's thread: wait until no other CPU that runs guest code is behind(), one that was asked for
 * something and kicked. Outside guest code it looks by cpu_arch.take_interrupt() before it runs any. meanwhile() is
 * called now and then, as one of the others may be waiting for this CPU; changes of the memory map are caught up with for
 * the same reason.
 */
void cpus_wait_while(bool (*behind)(struct cpu *cpu, void *opaque), void (*meanwhile)(void *opaque), void *opaque);

/* -- Memory -- */

/*
 * What an address space maps has changed: every CPU forgets what it looked up, this thread's at once, others soon, and
 * all before cpus_mapping_wait() returns. A number for cpus_mapping_forgotten(). Any thread.
 */
uint32_t cpus_mapping_changed(void);
/* Not with a device's lock held: another CPU may be waiting for it. */
void cpus_mapping_wait(void);
/* True if no CPU uses a pointer any more that it looked up before that change. */
bool cpus_mapping_forgotten(uint32_t change);
/* Guest RAM at host was written by other means than a CPU's store: translations of it are dropped. */
void cpus_code_written(const uint8_t *host, size_t len);
/* What is found of accesses of translated code, and may be found again where they are: see struct accel. */
enum access_habit {
    ACCESS_MISALIGNED,
    ACCESS_CROSSING,  /* checks that several accesses share cross pages */
    ACCESS_SCATTERED, /* the pages' entries are seldom those guessed */
    ACCESS_HABITS
};
/* On the CPU's thread, in a helper for an access. */
void cpu_note_access(struct cpu *cpu, enum access_habit habit);

#endif
