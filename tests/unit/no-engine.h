/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the system half of every architecture calls of an engine that is not there. Included by a rig behind its struct
 * seen, in which it counts (kicks) and notes (left).
 */
#ifndef TEST_NO_ENGINE_H
#define TEST_NO_ENGINE_H

#include "debug.h"
#include "semihost.h"

struct semihost_config semihost;

bool semihost_call(struct semihost_call *c)
{
    g_assert_not_reached();
}

bool cpu_memory_read(struct cpu *cpu, gva va, void *buf, size_t len)
{
    g_assert_not_reached();
}

void cpu_kick(struct cpu *cpu)
{
    seen.kicks++;
}

bool cpu_yield(struct cpu *cpu)
{
    return false;
}

void cpu_sync_pc(struct cpu *cpu)
{
}

void cpu_loop_exit(struct cpu *cpu)
{
    seen.left = true;
    longjmp(cpu->loop_env, 1);
}

/* Run a statement that may leave through cpu_loop_exit(); seen.left says whether it did. */
#define MAY_LEAVE(c, statement)                                                                                        \
    do {                                                                                                               \
        seen.left = false;                                                                                             \
        if (!setjmp((c)->cpu.loop_env)) {                                                                              \
            statement;                                                                                                 \
        }                                                                                                              \
    } while (0)

void fp_flags_sync(struct cpu *cpu)
{
}

void fp_flags_set(struct cpu *cpu, unsigned flags)
{
    cpu->fp.flags = flags;
}

void fp_rounding_set(struct cpu *cpu, unsigned rm)
{
    cpu->fp.rm = rm;
}

#endif
