/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The execution loop: vCPU threads, pausing and kicking them, safe points, and instruction counting.
 *
 * A CPU with in_code set may run translated code and hold pointers to blocks. Outside it (at a safe
 * point) it holds none, so that others can reuse code memory and rely on its memory accesses being
 * complete. Translation happens at safe points.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cpus.h"
#include "engine.h"
#include "log.h"
#include "machine.h"
#include "opts.h"
#include "symbols.h"

#define TURN_INSNS 100000      /* of a CPU under icount when several share the thread */
#define TURN_MS 10             /* of a CPU under thread=single */
#define SLICE_INSNS (1 << 28)  /* at most between looks at the clock under icount */
#define SLICE_NS 10000000      /* ... where real time matters */
#define ALIGN_NS 3000000       /* virtual time may be ahead by, with align=on */
#define AUTO_AHEAD_NS 100000000 /* ... with shift=auto, on a host for which 0 is too much */

struct tcg_config tcg_config;
bool tcg_smp;
struct cpu **engine_cpus;
unsigned engine_ncpus;

static __thread struct cpu *current_cpu;

/* exec_lock guards these. */
static GMutex exec_lock;
static GCond parked, resumed;
static unsigned pause_count = 1; /* CPUs run when it is 0; read without the lock too */
static unsigned nactive;         /* threads that are not parked */
static bool quitting;

static struct vcpu_thread *threads;
static unsigned nthreads;

static uint32_t map_changes; /* counts cpus_mapping_changed() */

struct cpu *cpu_current(void)
{
    return current_cpu;
}

int cpu_thread_id(const struct cpu *cpu)
{
    const struct vcpu_thread *t = cpu->engine->thread;

    return t ? __atomic_load_n(&t->id, __ATOMIC_RELAXED) : 0;
}

/* -- Making CPUs -- */

/* What cpu_new() made, but for what arch->init() did. */
static void cpu_free(struct cpu *cpu)
{
    struct engine_cpu *e = cpu->engine;

    mmu_cpu_fini(cpu);
    g_array_free(e->breakpoints, TRUE);
    g_array_free(e->watchpoints, TRUE);
    if (!host_code())
        ir_code_free(e->once.ir);
    ir_unit_free(e->unit);
    g_free(e->unit);
    g_aligned_free(e);
    g_free(cpu->model);
    g_aligned_free((char *)cpu + JUMP_CACHE);
}

/* A CPU with an empty jump cache before it. */
static struct cpu *cpu_alloc(size_t size)
{
    char *p = g_aligned_alloc(1, JUMP_BYTES + ((size + 63) & ~(size_t)63), 64);

    memset(p, 0xff, JUMP_BYTES);
    memset(p + JUMP_BYTES, 0, size);
    return (struct cpu *)(p + JUMP_BYTES);
}

/* The architecture's number: that of its first CPU's. */
static unsigned isa_of(const struct cpu_arch *arch)
{
    unsigned n = 0;

    for (unsigned i = 0; i < engine_ncpus; i++) {
        if (engine_cpus[i]->arch == arch)
            return engine_cpus[i]->engine->isa;
        n = MAX(n, engine_cpus[i]->engine->isa + 1);
    }
    g_assert(n < 1u << (32 - KEY_ISA_SHIFT));
    return n;
}

struct cpu *cpu_new(const struct cpu_arch *arch, struct machine *m, struct address_space *as, unsigned index,
                    const char *model, GError **err)
{
    struct opts *o = opts_parse(model, "model", err);
    struct cpu *cpu;
    struct engine_cpu *e;

    if (!o)
        return NULL;
    if (!engine_ncpus)
        mmu_init();
    cpu = cpu_alloc(arch->cpu_size);
    e = g_aligned_alloc0(1, sizeof(*e), _Alignof(struct engine_cpu)); /* it has a block in it */
    cpu->arch = arch;
    cpu->machine = m;
    cpu->as = as;
    cpu->index = index;
    cpu->va_mask = ~(gva)0;
    cpu->model = g_strdup(opts_peek(o, "model"));
    cpu->engine = e;
    e->cpu = cpu;
    e->isa = isa_of(arch);
    e->unit = g_new0(struct ir_unit, 1);
    e->breakpoints = g_array_new(FALSE, FALSE, sizeof(gva));
    e->watchpoints = g_array_new(FALSE, FALSE, sizeof(struct watchpoint));
    g_queue_init(&e->work);
    bool ok = mmu_cpu_init(cpu);
    if (!ok)
        fail(err, "CPU %u: no address space for %d soft page tables of 4 GiB: -accel tcg,mmu=tagged does without",
             index, MMU_SETS_MIN);
    ok = ok && arch->init(cpu, o, err);
    opts_free(o);
    if (!ok) {
        cpu_free(cpu);
        return NULL;
    }
    engine_cpus = g_renew(struct cpu *, engine_cpus, engine_ncpus + 1);
    engine_cpus[engine_ncpus++] = cpu;
    if (arch->state) {
        g_autofree char *name = g_strdup_printf("cpu%u", index);
        state_register(&(struct state_object){ .name = name, .table = arch->state, .obj = cpu });
    }
    return cpu;
}

void cpus_free(void)
{
    for (unsigned i = 0; i < engine_ncpus; i++) {
        state_unregister(engine_cpus[i]);
        engine_cpus[i]->arch->fini(engine_cpus[i]);
        cpu_free(engine_cpus[i]);
    }
    engine_ncpus = 0;
    g_clear_pointer(&engine_cpus, g_free);
    g_clear_pointer(&threads, g_free);
    tb_fini();
}

/* -- Kicks and safe points -- */

static void wake(struct vcpu_thread *t)
{
    if (!__atomic_load_n(&t->sleeping, __ATOMIC_SEQ_CST))
        return;
    g_mutex_lock(&t->lock);
    g_cond_signal(&t->wake);
    g_mutex_unlock(&t->lock);
}

void cpu_kick(struct cpu *cpu)
{
    struct vcpu_thread *t = cpu->engine->thread;

    __atomic_store_n(&cpu->exit_request, EXIT_REQUESTED, __ATOMIC_SEQ_CST);
    if (!t)
        return;
    struct cpu *running = __atomic_load_n(&t->running, __ATOMIC_RELAXED);
    if (running && running != cpu)
        __atomic_store_n(&running->exit_request, EXIT_REQUESTED, __ATOMIC_SEQ_CST);
    wake(t);
}

void cpu_yield(struct cpu *cpu)
{
    if (cpu->engine->thread->ncpus > 1)
        __atomic_store_n(&cpu->exit_request, EXIT_REQUESTED, __ATOMIC_SEQ_CST);
}

static void enter_code(struct engine_cpu *e)
{
    __atomic_store_n(&e->in_code, true, __ATOMIC_SEQ_CST);
}

static void leave_code(struct engine_cpu *e)
{
    __atomic_store_n(&e->safe_seq, e->safe_seq + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&e->in_code, false, __ATOMIC_RELEASE);
}

void cpus_wait_safe(struct cpu *self)
{
    if (!tcg_smp)
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < engine_ncpus; i++) {
        struct cpu *cpu = engine_cpus[i];
        struct engine_cpu *e = cpu->engine;
        uint32_t seq = __atomic_load_n(&e->safe_seq, __ATOMIC_ACQUIRE);
        if (cpu == self || !__atomic_load_n(&e->in_code, __ATOMIC_ACQUIRE))
            continue;
        __atomic_store_n(&cpu->exit_request, EXIT_REQUESTED, __ATOMIC_SEQ_CST);
        for (unsigned tries = 0; __atomic_load_n(&e->in_code, __ATOMIC_ACQUIRE) &&
                                 __atomic_load_n(&e->safe_seq, __ATOMIC_ACQUIRE) == seq; tries++) {
            if (tries < 50)
                g_thread_yield();
            else
                g_usleep(20);
        }
    }
}

/* -- Changes of the memory map -- */

/* True if the CPU may still hold what it looked up before the last change. */
static bool map_behind(const struct engine_cpu *e)
{
    return __atomic_load_n(&e->map_flushed, __ATOMIC_SEQ_CST) != __atomic_load_n(&map_changes, __ATOMIC_SEQ_CST);
}

/* Forget what was looked up before the last change. On the CPU's thread. */
static void map_catch_up(struct cpu *cpu)
{
    uint32_t n = __atomic_load_n(&map_changes, __ATOMIC_SEQ_CST);

    mmu_flush(cpu, NULL, NULL);
    __atomic_store_n(&cpu->engine->map_flushed, n, __ATOMIC_SEQ_CST);
}

uint32_t cpus_mapping_changed(void)
{
    uint32_t n = __atomic_add_fetch(&map_changes, 1, __ATOMIC_SEQ_CST);

    if (current_cpu)
        map_catch_up(current_cpu);
    for (unsigned i = 0; i < engine_ncpus; i++)
        cpu_kick(engine_cpus[i]);
    return n;
}

void cpus_mapping_wait(void)
{
    uint32_t n = __atomic_load_n(&map_changes, __ATOMIC_SEQ_CST);

    for (unsigned i = 0; i < engine_ncpus; i++) {
        struct engine_cpu *e = engine_cpus[i]->engine;
        /* Outside translated code it looks before it enters: run_blocks(). */
        for (unsigned tries = 0; engine_cpus[i] != current_cpu && __atomic_load_n(&e->in_code, __ATOMIC_SEQ_CST) &&
                                 (int32_t)(__atomic_load_n(&e->map_flushed, __ATOMIC_SEQ_CST) - n) < 0; tries++) {
            if (current_cpu && map_behind(current_cpu->engine))
                map_catch_up(current_cpu); /* it may be waiting for us */
            if (tries < 50)
                g_thread_yield();
            else
                g_usleep(20);
        }
    }
}

bool cpus_mapping_forgotten(uint32_t change)
{
    for (unsigned i = 0; threads && i < engine_ncpus; i++) {
        if ((int32_t)(__atomic_load_n(&engine_cpus[i]->engine->map_left, __ATOMIC_SEQ_CST) - change) < 0)
            return false;
    }
    return true;
}

/* -- FP control: the hardware register is the guest's while translated code runs -- */

void fp_flags_sync(struct cpu *cpu)
{
    if (host_code())
        cpu->fp.flags |= host_backend->fp_take_flags(cpu, cpu->host_ra != 0);
}

void fp_flags_set(struct cpu *cpu, unsigned flags)
{
    fp_flags_sync(cpu);
    cpu->fp.flags = flags;
}

void fp_rounding_set(struct cpu *cpu, unsigned rm)
{
    fp_flags_sync(cpu);
    cpu->fp.rm = rm;
    if (host_code() && rm < IR_RMM)
        host_backend->fp_set_rounding(cpu, rm, cpu->host_ra != 0);
}

/* -- Where a helper was called from -- */

/* The block and its instruction that is being executed: page offset and index; NULL outside translated code. */
static struct tb *executing(struct cpu *cpu, unsigned *offset, unsigned *index)
{
    struct tb *tb = cpu->host_ra ? tb_of_code(cpu->host_ra - 1) : NULL;

    if (tb)
        host_backend->lookup_pc(tb, cpu->host_ra, offset, index);
    return tb;
}

void cpu_sync_pc(struct cpu *cpu)
{
    unsigned offset, index;

    if (executing(cpu, &offset, &index))
        cpu->pc = cpu->code_page | offset;
}

/* -- Instruction counting: a unit takes all its instructions off the budget when it is entered -- */

static __thread struct tb *interpreted; /* the unit that the interpreter runs */

/* Instructions of the running unit that have been paid for but not begun. */
static uint64_t not_begun(struct cpu *cpu)
{
    unsigned offset, index;

    if (interpreted)
        return interpreted->ninsns - cpu->unit_insns;
    struct tb *tb = executing(cpu, &offset, &index);
    return tb ? tb->ninsns - index - 1 : 0;
}

static uint64_t slice_executed(struct cpu *cpu)
{
    return cpu->engine->slice - cpu->budget - not_begun(cpu);
}

static uint64_t icount_pending(void)
{
    return current_cpu ? slice_executed(current_cpu) : 0;
}

/* The first timer is due earlier than the running slice assumed. */
static void deadline_earlier(void)
{
    struct cpu *cpu = current_cpu;

    if (!cpu) {
        for (unsigned i = 0; i < engine_ncpus; i++)
            cpu_kick(engine_cpus[i]);
        return;
    }
    int64_t ns = timers_deadline() - clock_now();
    int64_t left = ns > 0 ? ns >> icount.shift : 0;
    int64_t cut = cpu->budget + (int64_t)not_begun(cpu) - left;
    if (cut > 0) {
        cpu->budget -= cut;
        cpu->engine->slice -= cut;
    }
}

uint64_t cpu_instret(struct cpu *cpu)
{
    if (!icount.on)
        return clock_now();
    return cpu->executed + (cpu == current_cpu ? slice_executed(cpu) : 0);
}

static void begin_slice(struct cpu *cpu)
{
    struct engine_cpu *e = cpu->engine;
    int64_t limit = cpu->engine->thread->ncpus > 1 ? TURN_INSNS : SLICE_INSNS;
    int64_t deadline = timers_deadline();

    if (icount.adapt || icount.align)
        limit = MIN(limit, MAX(SLICE_NS >> icount.shift, 1));
    if (deadline != INT64_MAX) {
        int64_t ns = deadline - clock_now();
        int64_t n = ns > 0 ? (ns + ((int64_t)1 << icount.shift) - 1) >> icount.shift : 0;
        limit = MIN(limit, n);
    }
    e->slice = cpu->budget = limit;
}

static void end_slice(struct cpu *cpu)
{
    struct engine_cpu *e = cpu->engine;
    uint64_t n = e->slice - cpu->budget;

    e->slice = cpu->budget = 0;
    cpu->executed += n;
    clock_icount_add(n);
}

/* -- The loop -- */

void cpu_loop_exit(struct cpu *cpu)
{
    if (icount.on && (interpreted || cpu->host_ra))
        cpu->budget += not_begun(cpu);
    else if (icount.on)
        cpu->budget--; /* a failed fetch takes its time too: a guest may do nothing else */
    interpreted = NULL;
    if (cpu->host_ra) {
        host_backend->unwind(cpu);
        cpu->host_ra = 0;
    }
    cpu->engine->stats.exceptions++;
    longjmp(cpu->loop_env, 1);
}

static uint32_t engine_key(const struct cpu *cpu)
{
    const struct engine_cpu *e = cpu->engine;
    uint32_t key = e->isa << KEY_ISA_SHIFT;

    if (icount.on)
        key |= KEY_ICOUNT;
    if (cpu->single_step)
        key |= KEY_STEP | KEY_NOCHAIN;
    if (tcg_config.no_chain || (log_topics & LOG_NOCHAIN))
        key |= KEY_NOCHAIN;
    if (e->breakpoints->len)
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

void cpu_end_insn(struct cpu *cpu)
{
    cpu_sync_pc(cpu);
    cpu_loop_exit(cpu);
}

/* Behind cpu_end_insn(): the instruction at cpu->pc is done. A translation of it alone says how long it is. */
static void skip_insn(struct cpu *cpu)
{
    struct engine_cpu *e = cpu->engine;
    struct tb *tb;

    e->last_insn = false;
    leave_code(e);
    tb = tb_make_once(cpu, 1);
    cpu->pc = (cpu->pc + tb->guest_size) & cpu->va_mask;
}

/* The block to run next; the chain from the last one is made if it was left by a direct exit. */
static struct tb *next_block(struct cpu *cpu, struct jit_exit *from)
{
    struct engine_cpu *e = cpu->engine;
    struct tb *tb;

    if (e->step_over) {
        from->tb = NULL;
        leave_code(e);
        tb = tb_make_once(cpu, 1);
        enter_code(e);
        return tb;
    }
    tb = jump_cache_find(cpu);
    if (!tb) {
        e->stats.lookups++;
        tb = tb_find(cpu);
    }
    bool as_loop = tb && from->tb == tb && tb_turned(tb);
    if (!tb || as_loop) {
        from->tb = NULL; /* it may be evicted meanwhile */
        leave_code(e);
        tb = tb_make(cpu, as_loop); /* in_code is set again */
    }
    if (from->tb && !(cpu->key & KEY_NOCHAIN))
        tb_chain(from->tb, from->slot, tb);
    if (icount.on && tb->ninsns > cpu->budget) {
        leave_code(e);
        tb = tb_make_once(cpu, cpu->budget);
        enter_code(e);
    }
    return tb;
}

static struct jit_exit run_block(struct cpu *cpu, struct tb *tb)
{
    struct jit_exit x = { 0 };

    if (log_topics & (LOG_EXEC | LOG_CPU))
        log_execution(cpu, tb);
    cpu->code_page = cpu->pc & PAGE_MASK;
    if (!host_code()) {
        cpu->unit_insns = 0;
        interpreted = tb;
        if (icount.on)
            cpu->budget -= tb->ninsns;
        ir_interpret(tb->ir, cpu);
        if (icount.on)
            cpu->budget += (int64_t)tb->ninsns - cpu->unit_insns; /* it may have been left before its end */
        interpreted = NULL;
    } else {
        x = host_backend->enter(cpu, tb->code);
        cpu->host_ra = 0;
    }
    return x;
}

/* Run until something outside translated code must be looked at, or an exception leaves through cpu_loop_exit(). */
static void run_blocks(struct cpu *cpu)
{
    struct engine_cpu *e = cpu->engine;
    struct jit_exit from = { 0 };

    cpu->key = (cpu->key & KEY_ARCH_MASK) | engine_key(cpu);
    enter_code(e);
    while (!__atomic_load_n(&cpu->exit_request, __ATOMIC_RELAXED) && !cpu->halted && !e->debug_stopped &&
           (!icount.on || cpu->budget > 0)) {
        if ((!cpu->single_step || cpu_step_interrupts) && !e->step_over && cpu->arch->take_interrupt(cpu)) {
            e->stats.interrupts++;
            from.tb = NULL;
        }
        if ((cpu->key & KEY_BREAK) && !e->step_over && debug_breakpoint_at(e, cpu->pc)) {
            debug_stop(cpu, DEBUG_BREAKPOINT, cpu->pc, 0);
            break;
        }
        struct tb *tb = next_block(cpu, &from);
        if (unlikely(map_behind(e))) /* since it was outside code for a moment: the block may be from the old map */
            break;
        e->step_over = false;
        from = run_block(cpu, tb);
        if (unlikely(e->watch_pass)) {
            e->watch_pass = false;
            debug_stop(cpu, e->stop.event, e->stop.addr, e->stop.watch);
        } else if (unlikely(cpu->single_step)) {
            debug_stop(cpu, DEBUG_STEP, cpu->pc, 0);
        }
    }
    leave_code(e);
}

static void run(struct cpu *cpu)
{
    if (setjmp(cpu->loop_env)) {
        cpu = current_cpu; /* setjmp may have lost it */
        tb_abandon(cpu);
        if (cpu->engine->last_insn)
            skip_insn(cpu);
        if (cpu->single_step && !cpu->engine->debug_stopped && !cpu->engine->watch_pass)
            debug_stop(cpu, DEBUG_STEP, cpu->pc, 0);
    }
    run_blocks(current_cpu);
}

/* -- Work for a CPU's thread -- */

struct cpu_work {
    void (*fn)(struct cpu *cpu, void *opaque);
    void *opaque;
    bool done;
};

static void do_work(struct cpu *cpu)
{
    struct engine_cpu *e = cpu->engine;
    struct cpu_work *w;

    if (map_behind(e))
        map_catch_up(cpu);
    __atomic_store_n(&e->map_left, e->map_flushed, __ATOMIC_SEQ_CST); /* nothing of before is on our stack either */
    if (__atomic_exchange_n(&e->power_request, false, __ATOMIC_SEQ_CST))
        cpu->powered_off = false;
    g_mutex_lock(&e->thread->lock);
    while ((w = g_queue_pop_head(&e->work))) {
        g_mutex_unlock(&e->thread->lock);
        w->fn(cpu, w->opaque);
        g_mutex_lock(&e->thread->lock);
        w->done = true;
        g_cond_broadcast(&e->thread->wake);
    }
    g_mutex_unlock(&e->thread->lock);
}

void cpu_run_on(struct cpu *cpu, void (*fn)(struct cpu *cpu, void *opaque), void *opaque)
{
    struct vcpu_thread *t = cpu->engine->thread;
    struct cpu_work w = { fn, opaque, false };

    if (!t || cpu == current_cpu) {
        fn(cpu, opaque);
        return;
    }
    g_mutex_lock(&t->lock);
    g_queue_push_tail(&cpu->engine->work, &w);
    g_mutex_unlock(&t->lock);
    cpu_kick(cpu);
    g_mutex_lock(&exec_lock);
    t->work_posted = true;
    g_cond_broadcast(&resumed);
    g_mutex_unlock(&exec_lock);
    g_mutex_lock(&t->lock);
    while (!w.done)
        g_cond_wait(&t->wake, &t->lock);
    g_mutex_unlock(&t->lock);
}

void cpu_power_on(struct cpu *cpu)
{
    __atomic_store_n(&cpu->engine->power_request, true, __ATOMIC_SEQ_CST);
    cpu_kick(cpu);
}

/* -- Threads -- */

static bool must_park(void)
{
    return __atomic_load_n(&pause_count, __ATOMIC_SEQ_CST) || __atomic_load_n(&quitting, __ATOMIC_RELAXED);
}

static void do_all_work(struct vcpu_thread *t)
{
    for (unsigned i = 0; i < t->ncpus; i++)
        do_work(t->cpus[i]);
}

static void park(struct vcpu_thread *t)
{
    __atomic_store_n(&t->running, NULL, __ATOMIC_RELAXED);
    current_cpu = NULL;
    for (unsigned i = 0; i < t->ncpus; i++)
        t->cpus[i]->engine->last_insn = false; /* asked for by an access that is no store */
    do_all_work(t); /* before cpus_pause() returns: then the CPUs' state is the caller's */
    g_mutex_lock(&exec_lock);
    nactive--;
    g_cond_broadcast(&parked);
    while (pause_count && !quitting) {
        if (!t->work_posted) {
            g_cond_wait(&resumed, &exec_lock);
            continue;
        }
        t->work_posted = false; /* who posted it waits for it */
        g_mutex_unlock(&exec_lock);
        do_all_work(t);
        g_mutex_lock(&exec_lock);
    }
    nactive++;
    g_mutex_unlock(&exec_lock);
}

/* Give a CPU its turn. False if it had nothing to run. */
static bool take_turn(struct vcpu_thread *t, struct cpu *cpu)
{
    struct engine_cpu *e = cpu->engine;

    current_cpu = cpu;
    __atomic_store_n(&t->running, cpu, __ATOMIC_RELAXED);
    __atomic_exchange_n(&cpu->exit_request, 0, __ATOMIC_SEQ_CST);
    do_work(cpu);
    if (must_park() || cpu->powered_off || e->debug_stopped || e->held)
        return false;
    if (cpu->halted) {
        if (!cpu->arch->has_work(cpu))
            return false;
        cpu->halted = false;
    }
    mmu_activate(cpu);
    if (icount.on) {
        begin_slice(cpu);
        if (cpu->budget > 0)
            run(cpu);
        end_slice(cpu);
        timers_run(clock_now());
        clock_icount_adapt();
    } else {
        run(cpu);
    }
    return true;
}

static bool something_to_do(const struct vcpu_thread *t)
{
    if (must_park())
        return true;
    for (unsigned i = 0; i < t->ncpus; i++) {
        struct cpu *cpu = t->cpus[i];
        if (__atomic_load_n(&cpu->exit_request, __ATOMIC_SEQ_CST))
            return true;
        if (!cpu->powered_off && !cpu->engine->debug_stopped && !cpu->engine->held && cpu->halted && cpu->arch->has_work(cpu))
            return true;
    }
    return false;
}

/* Nothing runs on this thread: sleep until kicked or, under icount, until the next timer. */
static void idle(struct vcpu_thread *t)
{
    bool timed_out = icount.on && !icount.sleep;
    int64_t until = 0, ahead = icount.adapt ? clock_icount_ahead() : 0;

    if (icount.on && icount.sleep && timers_deadline() != INT64_MAX)
        until = g_get_monotonic_time() + MAX(0, timers_deadline() - clock_now()) / 1000;
    current_cpu = NULL;
    __atomic_store_n(&t->running, NULL, __ATOMIC_RELAXED);
    if (!(timed_out && timers_deadline() != INT64_MAX)) {
        timed_out = false;
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
    }
    if (timed_out) {
        clock_icount_warp();
        timers_run(clock_now());
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
    current_cpu = NULL;
    __atomic_store_n(&t->running, NULL, __ATOMIC_RELAXED);
    int64_t until = g_get_monotonic_time() + ahead / 1000;
    g_mutex_lock(&t->lock);
    __atomic_store_n(&t->sleeping, true, __ATOMIC_SEQ_CST);
    while (!must_park() && g_cond_wait_until(&t->wake, &t->lock, until))
        ;
    __atomic_store_n(&t->sleeping, false, __ATOMIC_SEQ_CST);
    g_mutex_unlock(&t->lock);
}

static gpointer vcpu_thread(gpointer opaque)
{
    struct vcpu_thread *t = opaque;
    unsigned next = 0;

    __atomic_store_n(&t->id, gettid(), __ATOMIC_RELAXED);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* idle() is to end when it says */
    while (!__atomic_load_n(&quitting, __ATOMIC_ACQUIRE)) {
        bool ran = false;
        if (must_park()) {
            park(t);
            continue;
        }
        for (unsigned i = 0; i < t->ncpus && !must_park(); i++) {
            ran |= take_turn(t, t->cpus[next]);
            next = (next + 1) % t->ncpus; /* after a pause too, or the first CPU would have all turns between frequent ones */
        }
        if (!ran && !must_park())
            idle(t);
        else if (icount.align || (icount.adapt && icount.sleep))
            align(t);
    }
    g_mutex_lock(&exec_lock);
    nactive--;
    g_cond_broadcast(&parked);
    g_mutex_unlock(&exec_lock);
    return NULL;
}

/* thread=single: end the running CPU's turn. */
static gboolean next_turn(gpointer opaque)
{
    struct cpu *running = __atomic_load_n(&threads[0].running, __ATOMIC_RELAXED);

    if (running)
        __atomic_store_n(&running->exit_request, EXIT_REQUESTED, __ATOMIC_SEQ_CST);
    return G_SOURCE_CONTINUE;
}

bool cpus_start(struct machine *m, GError **err)
{
    bool single = tcg_config.single_thread || icount.on;
    const char *why;

    tcg_smp = engine_ncpus > 1 && !single;
    if (!tb_init(&why)) {
        fail(err, "-accel tcg: cannot set up the translation cache: %s", why);
        return false;
    }
    if (icount.on) {
        clock_deadline_earlier = deadline_earlier;
        clock_icount_pending = icount_pending;
    }
    nthreads = single ? 1 : engine_ncpus;
    threads = g_new0(struct vcpu_thread, nthreads);
    nactive = nthreads;
    for (unsigned i = 0; i < nthreads; i++) {
        struct vcpu_thread *t = &threads[i];
        g_mutex_init(&t->lock);
        g_cond_init(&t->wake);
        t->cpus = single ? engine_cpus : &engine_cpus[i];
        t->ncpus = single ? engine_ncpus : 1;
        for (unsigned k = 0; k < t->ncpus; k++)
            t->cpus[k]->engine->thread = t;
    }
    for (unsigned i = 0; i < nthreads; i++) {
        g_autofree char *name = g_strdup_printf("vcpu%u", i);
        threads[i].handle = g_thread_new(name, vcpu_thread, &threads[i]);
    }
    if (single && engine_ncpus > 1 && !icount.on)
        g_timeout_add(TURN_MS, next_turn, NULL);
    return true;
}

static void kick_all(void)
{
    for (unsigned i = 0; i < engine_ncpus; i++)
        cpu_kick(engine_cpus[i]);
}

void cpus_hold(void)
{
    g_mutex_lock(&exec_lock);
    __atomic_store_n(&pause_count, pause_count + 1, __ATOMIC_SEQ_CST);
    g_mutex_unlock(&exec_lock);
    if (current_cpu && bus_in_access())
        current_cpu->engine->last_insn = true;
    kick_all();
}

void cpus_pause(void)
{
    cpus_hold();
    g_mutex_lock(&exec_lock);
    while (nactive)
        g_cond_wait(&parked, &exec_lock);
    g_mutex_unlock(&exec_lock);
}

void cpus_resume(void)
{
    g_mutex_lock(&exec_lock);
    if (pause_count)
        __atomic_store_n(&pause_count, pause_count - 1, __ATOMIC_SEQ_CST);
    g_cond_broadcast(&resumed);
    g_mutex_unlock(&exec_lock);
}

void cpus_stop(void)
{
    g_mutex_lock(&exec_lock);
    __atomic_store_n(&quitting, true, __ATOMIC_SEQ_CST);
    g_cond_broadcast(&resumed);
    g_mutex_unlock(&exec_lock);
    kick_all();
    for (unsigned i = 0; i < nthreads; i++)
        g_thread_join(threads[i].handle);
    nthreads = 0;
    if (log_on(LOG_STATS)) {
        g_autoptr(GString) s = g_string_new(NULL);
        tcg_info(s);
        log_printf("%s", s->str);
    }
}

void tcg_info(GString *out)
{
    struct tcg_stats sum = { 0 };

    if (nthreads)
        cpus_pause(); /* the counters are the CPUs' own */
    for (unsigned i = 0; i < engine_ncpus; i++) { /* all counters, as one array */
        const uint64_t *from = (const uint64_t *)&engine_cpus[i]->engine->stats;
        for (size_t k = 0; k < sizeof(sum) / sizeof(uint64_t); k++)
            ((uint64_t *)&sum)[k] += from[k];
    }
    if (nthreads)
        cpus_resume();
    g_string_append_printf(out, "engine              %s, %s soft page tables, %u thread%s\n",
                           host_code() ? host_backend->name : "interpreter", flat_tables ? "flat" : "tagged",
                           tcg_smp ? engine_ncpus : 1, tcg_smp ? "s" : "");
    tb_info(out);
    g_string_append_printf(out, "translations        %" PRIu64 " of %" PRIu64 " instructions\n", sum.translations,
                           sum.translated_insns);
    if (sum.translations)
        g_string_append_printf(out, "translation         %" PRIu64 " ns and %" PRIu64 " host bytes a block\n",
                               sum.translated_ns / sum.translations, sum.host_bytes / sum.translations);
    g_string_append_printf(out, "block look-ups      %" PRIu64 "\n", sum.lookups);
    g_string_append_printf(out, "code mappings       %" PRIu64 " changes\n", sum.generations);
    g_string_append_printf(out, "evictions           %" PRIu64 "\n", sum.evictions);
    g_string_append_printf(out, "page table fills    %" PRIu64 "\n", sum.fills);
    g_string_append_printf(out, "flushes             %" PRIu64 ", of one page %" PRIu64 ", of which in a large one %" PRIu64 "\n",
                           sum.flushes, sum.page_flushes, sum.large_flushes);
    g_string_append_printf(out, "regime switches     %" PRIu64 ", %" PRIu64 " to a new one\n", sum.set_switches,
                           sum.set_evictions);
    g_string_append_printf(out, "slow loads, stores  %" PRIu64 ", %" PRIu64 "\n", sum.slow_loads, sum.slow_stores);
    g_string_append_printf(out, "exceptions          %" PRIu64 " by helpers; interrupts %" PRIu64 "\n", sum.exceptions,
                           sum.interrupts);
}
