/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The execution loop: blocks looked up, made, chained and run until something outside must be looked at.
 *
 * In the guest (vcpu.h) a CPU may run translated code and hold pointers to blocks. At a safe point it holds none, so that
 * others can reuse code memory. Translation happens at safe points.
 */
#include <inttypes.h>

#include "cpus.h"
#include "engine.h"
#include "log.h"
#include "symbols.h"

static uint32_t engine_key(const struct cpu *cpu)
{
    uint32_t key = 0;

    if (icount.on)
        key |= KEY_ICOUNT;
    if (cpu->single_step)
        key |= KEY_STEP | KEY_NOCHAIN;
    if (tcg_config.no_chain || (log_topics & LOG_NOCHAIN))
        key |= KEY_NOCHAIN;
    if (cpu->vcpu->breakpoints->len)
        key |= KEY_BREAK;
    return key;
}

static struct tb *jump_cache_find(struct cpu *cpu)
{
    const struct jump_line *line = jump_line(cpu, cpu->pc);
    uint64_t tag = (uint64_t)cpu->exec_gen << 32 | cpu->key;

    for (unsigned w = 0; w < 2; w++) {
        if (line->way[w].tag == tag && __atomic_load_n(&line->way[w].page, __ATOMIC_RELAXED) == (cpu->pc & PAGE_MASK))
            return line->way[w].tb;
    }
    return NULL;
}

static void log_execution(struct cpu *cpu, const struct tb *tb)
{
    if (!log_addr_ok(cpu->pc))
        return;
    if (log_topics & LOG_EXEC) {
        g_autofree char *where = symbol_text(" ", cpu->pc, false);
        log_printf("Trace %u: %p [%016" PRIx64 "/%08x]%s\n", cpu->index, (const void *)tb->code, cpu->pc, cpu->key,
                   where ? where : "");
    }
    if (log_topics & LOG_CPU) {
        g_autoptr(GString) s = g_string_new(NULL);
        cpu->arch->print_state(cpu, s);
        log_printf("%s", s->str);
    }
}

/* Behind cpu_end_insn(): the instruction at cpu->pc is done. A translation of it alone says how long it is. */
static void skip_insn(struct cpu *cpu)
{
    struct tb *tb;

    cpu->vcpu->last_insn = false;
    cpu_leave_guest(cpu);
    tb = tb_make_once(cpu, 1);
    cpu->pc = (cpu->pc + tb->guest_size) & cpu->va_mask;
}

/* The block to run next; the chain from the last one is made if it was left by a direct exit. */
static struct tb *next_block(struct cpu *cpu, struct jit_exit *from)
{
    struct engine_cpu *e = cpu->engine;
    struct tb *tb;

    if (cpu->vcpu->step_over) {
        from->tb = NULL;
        cpu_leave_guest(cpu);
        tb = tb_make_once(cpu, 1);
        cpu_enter_guest(cpu);
        return tb;
    }
    tb = jump_cache_find(cpu);
    if (!tb) {
        e->stats.lookups++;
        tb = tb_find(cpu);
    }
    unsigned as_loop = 0;
    if (cpu->turns_left < 0) {
        cpu->turns_left = tcg_config.loop_turns ? tcg_config.loop_turns - 1 : LOOP_TURNS;
        as_loop = tb && from->tb ? tb_turned(from->tb, tb) : 0;
    }
    if (!tb || as_loop) {
        from->tb = NULL; /* it may be evicted meanwhile */
        cpu_leave_guest(cpu);
        tb = tb_make(cpu, as_loop); /* in the guest again */
    }
    if (from->tb && !(cpu->key & KEY_NOCHAIN))
        tb_chain(from->tb, from->slot, tb);
    if (icount.on && tb->ninsns > cpu->budget) {
        cpu_leave_guest(cpu);
        tb = tb_make_once(cpu, cpu->budget);
        cpu_enter_guest(cpu);
    }
    return tb;
}

static struct jit_exit run_block(struct cpu *cpu, struct tb *tb)
{
    struct jit_exit x;

    if (log_topics & (LOG_EXEC | LOG_CPU))
        log_execution(cpu, tb);
    cpu->code_page = cpu->pc & PAGE_MASK;
    x = code_backend->enter(cpu, tb->code);
    cpu->host_ra = 0;
    if (x.tb)
        tb_reached(x.tb);
    return x;
}

void engine_leave(struct cpu *cpu)
{
    cpu->engine->stats.exceptions++;
    longjmp(cpu->loop_env, 1);
}

/* Run until something outside translated code must be looked at, or an exception leaves through cpu_loop_exit(). */
static void run_blocks(struct cpu *cpu)
{
    struct engine_cpu *e = cpu->engine;
    struct vcpu *v = cpu->vcpu;
    struct jit_exit from = { 0 };

    cpu->key = (cpu->key & KEY_MODE_MASK) | engine_key(cpu);
    cpu_enter_guest(cpu);
    while (!__atomic_load_n(&cpu->exit_request, __ATOMIC_RELAXED) && !cpu->halted && !v->debug_stopped &&
           (!icount.on || cpu->budget > 0)) {
        if ((!cpu->single_step || cpu_step_interrupts) && !v->step_over && cpu->arch->take_interrupt(cpu)) {
            e->stats.interrupts++;
            from.tb = NULL;
        }
        if ((cpu->key & KEY_BREAK) && !v->step_over && debug_breakpoint_at(cpu, cpu->pc)) {
            debug_stop(cpu, DEBUG_BREAKPOINT, cpu->pc, 0);
            break;
        }
        struct tb *tb = next_block(cpu, &from);
        /* It was outside code for a moment: the block may be from the old map, or something was asked for. */
        if (unlikely(cpu_map_behind(cpu) || __atomic_load_n(&cpu->exit_request, __ATOMIC_SEQ_CST)))
            break;
        v->step_over = false;
        from = run_block(cpu, tb);
        if (unlikely(v->watch_pass)) {
            v->watch_pass = false;
            debug_stop(cpu, v->stop.event, v->stop.addr, v->stop.watch);
        } else if (unlikely(cpu->single_step)) {
            debug_stop(cpu, DEBUG_STEP, cpu->pc, 0);
        }
    }
    cpu_leave_guest(cpu);
}

void engine_run(struct cpu *cpu)
{
    if (setjmp(cpu->loop_env)) {
        cpu = cpu_current(); /* setjmp may have lost it */
        if (cpu->vcpu->last_insn)
            skip_insn(cpu);
        if (cpu->single_step && !cpu->vcpu->debug_stopped && !cpu->vcpu->watch_pass)
            debug_stop(cpu, DEBUG_STEP, cpu->pc, 0);
    }
    run_blocks(cpu_current());
}
