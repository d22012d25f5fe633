/* SPDX-License-Identifier: BSD-2-Clause */
/* What debuggers need of CPUs: breakpoints, watchpoints, guest memory by virtual address, disassembly. */
#include <inttypes.h>
#include <string.h>

#include "accel.h"
#include "bus.h"
#include "debug.h"
#include "cpu-exec.h"
#include "machine.h"
#include "symbols.h"
#include "vcpu.h"

void (*cpu_debug_handler)(const struct debug_stop *stop);
bool cpu_step_interrupts;

/* -- Stopping -- */

static gboolean stopped(gpointer opaque)
{
    struct cpu *cpu = opaque;

    vm_stop("debug"); /* the CPU's state is ours then */
    struct debug_stop stop = cpu->vcpu->stop;
    cpu->vcpu->debug_stopped = false;
    if (cpu_debug_handler)
        cpu_debug_handler(&stop);
    return G_SOURCE_REMOVE;
}

void debug_stop(struct cpu *cpu, enum debug_event event, gva addr, enum watch_type type)
{
    cpu->vcpu->stop = (struct debug_stop){ cpu, event, addr, type };
    cpu->vcpu->debug_stopped = true;
    g_idle_add_full(G_PRIORITY_HIGH, stopped, cpu, NULL);
}

void cpu_debug_resume(struct cpu *cpu, enum debug_resume how)
{
    cpu->single_step = how == DEBUG_STEP_ONE;
    cpu->vcpu->held = how == DEBUG_HOLD;
    if (cpu->single_step)
        cpu_set_halted(cpu, false); /* a stepped wait ends at once, as if nothing had been waited for */
}

/* -- Breakpoints -- */

bool debug_breakpoint_at(const struct cpu *cpu, gva va)
{
    const GArray *b = cpu->vcpu->breakpoints;

    for (unsigned i = 0; i < b->len; i++) {
        if (g_array_index(b, gva, i) == va)
            return true;
    }
    return false;
}

bool cpu_breakpoint_insert(struct cpu *cpu, gva va)
{
    g_array_append_val(cpu->vcpu->breakpoints, va);
    accel->breakpoint_added(va);
    return true;
}

bool cpu_breakpoint_remove(struct cpu *cpu, gva va)
{
    GArray *b = cpu->vcpu->breakpoints;

    for (unsigned i = 0; i < b->len; i++) {
        if (g_array_index(b, gva, i) == va) {
            g_array_remove_index(b, i);
            return true;
        }
    }
    return false;
}

/* -- Watchpoints: their pages have no fast path, so every access asks debug_check_watch() -- */

bool cpu_watchpoint_insert(struct cpu *cpu, gva va, uint64_t len, enum watch_type type)
{
    struct watchpoint w = { .addr = va, .len = len, .type = type };

    if (!len || va + (len - 1) < va)
        return false;
    g_array_append_val(cpu->vcpu->watchpoints, w);
    accel->flush(cpu);
    return true;
}

bool cpu_watchpoint_remove(struct cpu *cpu, gva va, uint64_t len, enum watch_type type)
{
    GArray *list = cpu->vcpu->watchpoints;

    for (unsigned i = 0; i < list->len; i++) {
        const struct watchpoint *w = &g_array_index(list, struct watchpoint, i);
        if (w->addr == va && w->len == len && w->type == type && !w->guest) {
            g_array_remove_index(list, i);
            return true;
        }
    }
    return false;
}

bool cpu_guest_watchpoints(struct cpu *cpu, unsigned n, const struct debug_range *list)
{
    GArray *all = cpu->vcpu->watchpoints;
    unsigned same = 0, old = 0;

    for (unsigned i = all->len; i--;) {
        const struct watchpoint *w = &g_array_index(all, struct watchpoint, i);
        if (!w->guest)
            continue;
        old++;
        for (unsigned k = 0; k < n; k++)
            same += w->addr == list[k].addr && w->len == list[k].len;
    }
    if (old == n && same >= n)
        return false;
    for (unsigned i = all->len; i--;)
        if (g_array_index(all, struct watchpoint, i).guest)
            g_array_remove_index(all, i);
    for (unsigned i = 0; i < n; i++) {
        struct watchpoint w = { .addr = list[i].addr, .len = list[i].len, .type = WATCH_ACCESS, .guest = true };
        g_array_append_val(all, w);
    }
    return true;
}

void debug_check_watch(struct cpu *cpu, gva va, unsigned len, enum watch_type type)
{
    struct vcpu *v = cpu->vcpu;

    if (v->watch_pass)
        return;
    for (unsigned i = 0; i < v->watchpoints->len; i++) {
        const struct watchpoint *w = &g_array_index(v->watchpoints, struct watchpoint, i);
        if (!(w->type & type) || va > w->addr + (w->len - 1) || va + (len - 1) < w->addr)
            continue;
        if (w->guest) {
            cpu->arch->watch_hit(cpu, va, len, type & WATCH_WRITE);
            continue;
        }
        cpu_sync_pc(cpu);
        if (cpu->arch->watch_before) {
            debug_stop(cpu, DEBUG_WATCHPOINT, MAX(va, w->addr), w->type);
            cpu_loop_exit(cpu);
        }
        /* The instruction is run again alone, and the machine stops behind it. */
        v->stop = (struct debug_stop){ cpu, DEBUG_WATCHPOINT, MAX(va, w->addr), w->type };
        v->watch_pass = v->step_over = true;
        cpu_loop_exit(cpu);
    }
}

/* -- Guest memory -- */

bool cpu_debug_translate(struct cpu *cpu, gva va, gpa *pa)
{
    return accel->translate(cpu, va, pa);
}

/* A device's registers, as a debugger that asks for them wants: one access a register. */
static bool read_device(struct cpu *cpu, gpa pa, uint8_t *buf, size_t len)
{
    while (len) {
        unsigned size = len >= 4 && !(pa & 3) ? 4 : 1;
        uint64_t v;
        if (bus_read(cpu->as, pa, size, &v) != BUS_OK)
            return false;
        memcpy(buf, &v, size);
        buf += size;
        pa += size;
        len -= size;
    }
    return true;
}

static bool write_device(struct cpu *cpu, gpa pa, const uint8_t *buf, size_t len)
{
    while (len) {
        unsigned size = len >= 4 && !(pa & 3) ? 4 : 1;
        uint64_t v = 0;
        memcpy(&v, buf, size);
        if (bus_write(cpu->as, pa, size, v) != BUS_OK)
            return false;
        buf += size;
        pa += size;
        len -= size;
    }
    return true;
}

static size_t in_page(gva va, size_t len)
{
    return MIN(len, PAGE_SIZE - (va & ~PAGE_MASK));
}

bool cpu_physical_read(struct cpu *cpu, gpa pa, void *buf, size_t len)
{
    return dma_read(cpu->as, pa, buf, len) || read_device(cpu, pa, buf, len);
}

bool cpu_physical_write(struct cpu *cpu, gpa pa, const void *buf, size_t len)
{
    return rom_write(cpu->as, pa, buf, len) || write_device(cpu, pa, buf, len);
}

bool cpu_memory_read(struct cpu *cpu, gva va, void *buf, size_t len)
{
    for (size_t n; len; va += n, buf = (uint8_t *)buf + n, len -= n) {
        gpa pa;
        n = in_page(va, len);
        if (!cpu_debug_translate(cpu, va, &pa) || !cpu_physical_read(cpu, pa, buf, n))
            return false;
    }
    return true;
}

bool cpu_memory_write(struct cpu *cpu, gva va, const void *buf, size_t len)
{
    for (size_t n; len; va += n, buf = (const uint8_t *)buf + n, len -= n) {
        gpa pa;
        n = in_page(va, len);
        if (!cpu_debug_translate(cpu, va, &pa) || !cpu_physical_write(cpu, pa, buf, n))
            return false;
    }
    return true;
}

void cpu_disas(struct cpu *cpu, gva va, unsigned n, bool phys, GString *out)
{
    for (unsigned i = 0; i < n; i++) {
        uint8_t code[16];
        size_t len = sizeof(code);
        g_autoptr(GString) text = g_string_new(NULL);
        while (len && !(phys ? dma_read(cpu->as, va, code, len) : cpu_memory_read(cpu, va, code, len)))
            len--;
        unsigned size = cpu->arch->disas(cpu, va, code, len, text);
        if (!size) {
            g_string_append_printf(out, "0x%016" PRIx64 ":  cannot be read\n", va);
            break;
        }
        if (i && !phys && symbol_begins(va)) {
            symbol_append(out, "", va, false);
            g_string_append(out, ":\n");
        }
        g_string_append_printf(out, "0x%016" PRIx64 ":  ", va);
        for (unsigned b = size; b-- > 0;)
            g_string_append_printf(out, "%02x", code[b]);
        g_string_append_printf(out, "%*s%s\n", MAX(1, 18 - 2 * (int)size), "", text->str);
        va += size;
    }
}
