/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPUs: made by their architecture and the accelerator, found, and freed. */
#include "cpus.h"

#include <string.h>

#include "clock.h"
#include "cpus-int.h"
#include "log.h"
#include "opts.h"

const struct accel *accel;
struct cpu **cpu_list;
unsigned cpu_count;
bool cpus_parallel;

__thread struct cpu *cpu_in_turn;

struct cpu *cpu_current(void)
{
    return cpu_in_turn;
}

/* What cpu_new() made, but for what the architecture and the accelerator did. */
static void cpu_free(struct cpu *cpu)
{
    g_array_free(cpu->vcpu->breakpoints, TRUE);
    g_array_free(cpu->vcpu->watchpoints, TRUE);
    g_free(cpu->vcpu);
    g_free(cpu->model);
    g_aligned_free((char *)cpu - accel->before_cpu);
}

static struct cpu *cpu_alloc(const struct cpu_arch *arch)
{
    size_t size = (arch->cpu_size + 63) & ~(size_t)63;
    char *p = g_aligned_alloc0(1, accel->before_cpu + size, 64);
    struct cpu *cpu = (struct cpu *)(p + accel->before_cpu);

    cpu->vcpu = g_new0(struct vcpu, 1);
    cpu->vcpu->breakpoints = g_array_new(FALSE, FALSE, sizeof(gva));
    cpu->vcpu->watchpoints = g_array_new(FALSE, FALSE, sizeof(struct watchpoint));
    g_queue_init(&cpu->vcpu->work);
    return cpu;
}

struct cpu *cpu_new(const struct cpu_arch *arch, struct machine *m, struct address_space *as, unsigned index,
                    const char *model, GError **err)
{
    struct opts *o = opts_parse(model, "model", err);
    struct cpu *cpu;

    if (!o)
        return NULL;
    if (!cpu_count && icount.on)
        icount_init();
    if (!cpu_count)
        accel->init();
    cpu = cpu_alloc(arch);
    cpu->arch = arch;
    cpu->regs = arch->regs;
    cpu->machine = m;
    cpu->as = as;
    cpu->index = index;
    cpu->va_mask = ~(gva)0;
    cpu->model = g_strdup(opts_peek(o, "model"));
    bool made = accel->cpu_init(cpu, err), ok = made && arch->init(cpu, o, err);
    opts_free(o);
    if (!ok) {
        if (made)
            accel->cpu_fini(cpu);
        cpu_free(cpu);
        return NULL;
    }
    cpu_set_mode(cpu, 0, 0); /* of which another architecture's CPU has another number */
    cpu_list = g_renew(struct cpu *, cpu_list, cpu_count + 1);
    cpu_list[cpu_count++] = cpu;
    if (arch->state) {
        g_autofree char *name = g_strdup_printf("cpu%u", index);
        state_register(&(struct state_object){ .name = name, .table = arch->state, .obj = cpu });
    }
    return cpu;
}

void cpus_free(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        state_unregister(cpu_list[i]);
        cpu_list[i]->arch->fini(cpu_list[i]);
        accel->cpu_fini(cpu_list[i]);
        cpu_free(cpu_list[i]);
    }
    cpu_count = 0;
    g_clear_pointer(&cpu_list, g_free);
    cpus_threads_free();
    if (accel)
        accel->fini();
}

void cpus_code_written(const uint8_t *host, size_t len)
{
    if (cpu_count)
        accel->memory_written(host, len);
}

void cpu_note_access(struct cpu *cpu, enum access_habit habit)
{
    if (accel->note_access)
        accel->note_access(cpu, habit);
}

void accel_info(GString *out)
{
    bool started = cpu_count && cpu_list[0]->vcpu->thread;

    if (started)
        cpus_pause(); /* the counters are the CPUs' own */
    accel->info(out);
    if (started)
        cpus_resume();
}
