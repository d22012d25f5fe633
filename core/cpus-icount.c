/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction counting: a CPU has a budget of instructions, until the first timer or the next input of a replay at
 * most. The accelerator takes off it what is executed; what it took off too early it tells by not_begun(). CPUs take
 * turns, and whose turn it is depends on counts and on what the guest does, not on when other threads look.
 */
#include "clock.h"
#include "cpu-exec.h"
#include "cpus-int.h"
#include "input.h"
#include "opts.h"
#include "state.h"

#define TURN_INSNS 100000     /* of a CPU when several share the thread */
#define SLICE_INSNS (1 << 28) /* at most between looks at the clock */
#define SLICE_NS 10000000     /* ... where real time matters */

/*
 * Whose turn it is, by index, and how many instructions are left of it. What happens between two instructions, in
 * however many steps, changes none of the two: the next turn is decided when one is executed. The CPUs' thread's, and
 * the main loop's while they are held.
 */
static struct turns {
    uint32_t turn;
    int64_t left;
    bool over; /* another CPU was kicked, by what the guest or an input did, or this one yields */
} turns;

static const struct state_row turn_fields[] = {
    FIELD_KEEP(struct turns, turn),
    FIELD_KEEP(struct turns, left),
    FIELD_KEEP(struct turns, over),
    FIELD_END,
};

static bool turns_loaded(void *obj, unsigned version, GError **err)
{
    const struct turns *t = obj;

    if (t->turn < cpu_count && t->left <= SLICE_INSNS)
        return true;
    fail(err, "it is the turn of CPU %u, for %" G_GINT64_FORMAT " instructions", t->turn, t->left);
    return false;
}

static const struct state_table turn_table = {
    STATE_OF(struct turns),
    .version = 1,
    .rows = turn_fields,
    .loaded = turns_loaded,
};

void icount_init(void)
{
    state_register(&(struct state_object){ .name = "turns", .table = &turn_table, .obj = &turns });
}

static uint64_t slice_executed(struct cpu *cpu)
{
    return cpu->vcpu->slice - cpu->budget - accel->not_begun(cpu);
}

static uint64_t icount_pending(void)
{
    return cpu_in_turn ? slice_executed(cpu_in_turn) : 0;
}

/* Nothing is executed beyond left more instructions and the end of the unit under way. */
static void cut_slice(struct cpu *cpu, int64_t left)
{
    int64_t cut = cpu->budget + (int64_t)accel->not_begun(cpu) - left;

    if (cut > 0) {
        cpu->budget -= cut;
        cpu->vcpu->slice -= cut;
    }
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
    cut_slice(cpu, ns > 0 ? ns >> icount.shift : 0);
}

/*
 * By what the guest does: seen at the end of the unit, whichever way blocks are chained. Other threads kick for nothing
 * that the guest could see: what is from outside comes through input.h.
 */
void icount_kick(const struct cpu *cpu)
{
    cut_slice(cpu_in_turn, 0);
    turns.over |= cpu != cpu_in_turn;
}

/* Something was posted. By the guest itself: it is no kick, since in a replay nothing is posted. */
static void look_for_inputs(void)
{
    if (cpu_in_turn)
        cut_slice(cpu_in_turn, 0);
    else
        cpus_kick();
}

void icount_start(void)
{
    clock_deadline_earlier = deadline_earlier;
    clock_icount_pending = icount_pending;
    input_attention = look_for_inputs;
}

uint64_t cpu_instret(struct cpu *cpu)
{
    if (!icount.on)
        return clock_now();
    return cpu->executed + (cpu == cpu_in_turn ? slice_executed(cpu) : 0);
}

/* -- Slices: what is executed at a stretch -- */

/* left: of the CPU's turn. */
static void begin_slice(struct cpu *cpu, int64_t left)
{
    int64_t limit = MIN(left, input_distance());
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

/* The instructions that were executed. */
static int64_t end_slice(struct cpu *cpu)
{
    struct vcpu *v = cpu->vcpu;
    int64_t n = v->slice - cpu->budget;

    v->slice = cpu->budget = 0;
    cpu->executed += n;
    clock_icount_add(n);
    return n;
}

/* -- Turns -- */

static bool can_run(struct cpu *cpu)
{
    const struct vcpu *v = cpu->vcpu;

    return !cpu->powered_off && !v->debug_stopped && !v->held && (!cpu->halted || cpu->arch->has_work(cpu));
}

/* The CPU that is to execute the next instruction, and how many; -1: all wait. */
static int next_turn(const struct vcpu_thread *t, int64_t *left)
{
    bool over = turns.over || turns.left <= 0 || !can_run(t->cpus[turns.turn]);

    *left = !over ? turns.left : t->ncpus > 1 ? TURN_INSNS : SLICE_INSNS;
    for (unsigned i = over; i <= t->ncpus; i++) {
        unsigned n = (turns.turn + i) % t->ncpus;
        if (can_run(t->cpus[n]))
            return n;
    }
    return -1;
}

/*
 * Between two instructions: timers that are due, then what has come from outside, each with the timers that it made
 * due. False if the CPUs are to be paused. When it is called again before an instruction was executed, as more comes
 * in, that gives what it would have given had all come at once: in a replay it does.
 */
static bool boundary(struct vcpu_thread *t)
{
    cpu_in_turn = t->cpus[turns.turn]; /* for cpu_kick() */
    for (unsigned i = 0; i < t->ncpus; i++) {
        __atomic_exchange_n(&t->cpus[i]->exit_request, 0, __ATOMIC_SEQ_CST); /* before looking what there is to do */
        cpu_do_work(t->cpus[i]);
    }
    timers_run(clock_now());
    clock_icount_adapt();
    while (!cpus_must_park() && input_take())
        ;
    return !cpus_must_park();
}

bool icount_turn(struct vcpu_thread *t)
{
    int64_t left;
    int n;

    if (!boundary(t))
        return true;
    if ((n = next_turn(t, &left)) < 0)
        return false;
    struct cpu *cpu = t->cpus[n];
    bool over = turns.over, halted = cpu->halted;
    cpu_in_turn = cpu;
    __atomic_store_n(&t->running, cpu, __ATOMIC_RELAXED);
    turns.over = cpu->halted = false;
    begin_slice(cpu, left);
    if (cpu->budget > 0)
        cpu_run_turn(cpu);
    int64_t executed = end_slice(cpu);
    if (executed > 0) {
        turns.turn = n;
        turns.left = left - executed;
    } else { /* something from outside was first */
        turns.over |= over;
        cpu->halted = halted;
    }
    return true;
}
