/* SPDX-License-Identifier: BSD-2-Clause */
/* The toy architecture: see toy-arch.h. */
#include "toy-arch.h"
#include "cpu-exec.h"

#include <string.h>

#define SLOT(field, i) (offsetof(struct toy_cpu, field) + 8 * (i))
#define REG(name_, type_, offset_, weight_) \
    { .name = name_, .type = type_, .offset = offset_, .gdb = -1, .weight = weight_ }
#define X(i) REG("x" #i, IR_I64, SLOT(x, i), 100 - (i))
#define W(i) REG("w" #i, IR_I32, SLOT(w, i), 20 - (i))
#define D(i) REG("d" #i, IR_F64, SLOT(d, i), 50 - (i))
#define S(i) REG("s" #i, IR_F32, SLOT(s, i), 10 - (i))
#define V(i) REG("v" #i, IR_V128, offsetof(struct toy_cpu, v[i]), 10 - (i))
#define Y(i) REG("y" #i, IR_V256, offsetof(struct toy_cpu, y[i]), 10 - (i))

static const struct guest_reg toy_regs[TOY_REGS] = {
    X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15),
    X(16), X(17), X(18), X(19), X(20), X(21), X(22), X(23),
    W(0), W(1), W(2), W(3),
    D(0), D(1), D(2), D(3), D(4), D(5), D(6), D(7), D(8), D(9), D(10), D(11), D(12), D(13), D(14), D(15),
    S(0), S(1), S(2), S(3),
    V(0), V(1), V(2), V(3), V(4), V(5),
    Y(0), Y(1), Y(2), Y(3), Y(4),
};

static struct toy_cpu *toy(struct cpu *cpu)
{
    return container_of(cpu, struct toy_cpu, cpu);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

uint64_t toy_hash_registers(const struct toy_cpu *t)
{
    uint64_t h = 1;

    for (unsigned i = 0; i < TOY_REGS; i++) {
        for (unsigned n = 0; n < ir_slot_bytes(toy_regs[i].type); n += 8) {
            h = mix(h, *(const uint64_t *)((const char *)t + toy_regs[i].offset + n));
        }
    }
    return h;
}

/* -- Helpers -- */

static uint64_t helper_pure(struct cpu *cpu, uint64_t a, uint64_t b)
{
    return a * 3 + b;
}

static uint64_t helper_reads(struct cpu *cpu)
{
    return toy_hash_registers(toy(cpu));
}

static uint64_t helper_writes(struct cpu *cpu, uint64_t a)
{
    toy(cpu)->x[1] += a;
    toy(cpu)->d[1] ^= a;
    return 0;
}

static uint64_t helper_state(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return toy(cpu)->calls = mix(mix(mix(mix(toy(cpu)->calls, a), b), c), d);
}

static uint64_t helper_vector(struct cpu *cpu, uint64_t result, uint64_t a, uint64_t b)
{
    struct ir_vec *d = (struct ir_vec *)(uintptr_t)result;
    const struct ir_vec *v = (const struct ir_vec *)(uintptr_t)a;

    *d = (struct ir_vec){{v->q[0] + b, v->q[1] + b}};
    return 0;
}

static uint64_t helper_trap(struct cpu *cpu, uint64_t a)
{
    if (toy(cpu)->trap_armed) {
        cpu_sync_pc(cpu);
        cpu->pc = ~cpu->pc;
        cpu_loop_exit(cpu);
    }
    return a + 1;
}

const struct ir_helper toy_pure = {
    .name = "toy_pure", .fn = helper_pure, .nargs = 2, .result = true, .flags = IR_H_PURE,
};
const struct ir_helper toy_reads = {
    .name = "toy_reads", .fn = helper_reads, .nargs = 0, .result = true, .flags = IR_H_READS,
};
const struct ir_helper toy_writes = {
    .name = "toy_writes", .fn = helper_writes, .nargs = 1, .result = false, .flags = IR_H_READS | IR_H_WRITES,
};
const struct ir_helper toy_state = {
    .name = "toy_state", .fn = helper_state, .nargs = 4, .result = true, .flags = IR_H_STATE,
};
const struct ir_helper toy_trap = {
    .name = "toy_trap", .fn = helper_trap, .nargs = 1, .result = true, .flags = IR_H_TRAPS,
};

const struct ir_helper toy_vector = {
    .name = "toy_vector", .fn = helper_vector, .nargs = 2, .result = true, .flags = IR_H_PURE,
    .vectors = 1 | IR_H_VECTOR,
};

static const struct ir_helper *const toy_helpers[] = {&toy_pure, &toy_reads, &toy_writes, &toy_state, &toy_trap,
                                                      &toy_vector, NULL};

const struct cpu_arch toy_arch = {
    .name = "toy",
    .cpu_size = sizeof(struct toy_cpu),
    .regs = toy_regs,
    .nregs = TOY_REGS,
    .ncontexts = TOY_CONTEXTS,
    .helpers = toy_helpers,
};

/* -- CPUs -- */

struct toy_cpu *toy_new(void)
{
    struct toy_cpu *t = g_new0(struct toy_cpu, 1);

    t->cpu.arch = &toy_arch;
    t->cpu.regs = toy_arch.regs;
    return t;
}

bool toy_equal(const struct toy_cpu *a, const struct toy_cpu *b)
{
    size_t from = offsetof(struct toy_cpu, x), to = offsetof(struct toy_cpu, trap_armed);
    return memcmp((const char *)a + from, (const char *)b + from, to - from) == 0;
}

void toy_print_difference(const struct toy_cpu *a, const struct toy_cpu *b, GString *out)
{
    for (unsigned i = 0; i < TOY_REGS; i++) {
        for (unsigned n = 0; n < ir_slot_bytes(toy_regs[i].type); n += 8) {
            uint64_t va = *(const uint64_t *)((const char *)a + toy_regs[i].offset + n);
            uint64_t vb = *(const uint64_t *)((const char *)b + toy_regs[i].offset + n);
            if (va != vb) {
                g_string_append_printf(out, "%s[%u]: 0x%" G_GINT64_MODIFIER "x 0x%" G_GINT64_MODIFIER "x\n",
                                       toy_regs[i].name, n, va, vb);
            }
        }
    }
    if (memcmp(a->state, b->state, sizeof(a->state)) || a->calls != b->calls) {
        g_string_append(out, "the state area or the calls made\n");
    }
}
