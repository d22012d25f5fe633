/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The accelerator that interprets IR: for hosts that no back end translates to, and as the measure of those. It shares
 * the loop, the blocks and the soft page tables with tcg; what a block is made into is a copy of its IR.
 */
#include "accel.h"
#include "clock.h"
#include "opts.h"
#include "tcg/engine.h"

static __thread const struct ir_code *running; /* what this thread interprets; NULL: nothing */

static uint64_t not_begun(struct cpu *cpu)
{
    return running ? running->ninsns - cpu->unit_insns : 0;
}

/* -- The back end -- */

static size_t room(const struct ir_unit *u)
{
    return sizeof(struct ir_code) + u->nops * sizeof(struct ir_op);
}

static size_t compile(const struct ir_unit *u, struct tb *tb, struct code_buf buf)
{
    size_t size = room(u);

    if (size > buf.size)
        return 0;
    tb->code = (const uint8_t *)ir_code_new(u);
    return size;
}

static void release(struct tb *tb)
{
    ir_code_free((struct ir_code *)tb->code);
}

static struct jit_exit enter(struct cpu *cpu, const uint8_t *code)
{
    running = (const struct ir_code *)code;
    cpu->unit_insns = 0;
    if (icount.on)
        cpu->budget -= running->ninsns;
    ir_interpret(running, cpu);
    if (icount.on)
        cpu->budget += not_begun(cpu); /* it may have been left before its end */
    running = NULL;
    return (struct jit_exit){ 0 };
}

static const struct backend interpreter = {
    .name = "interpreter",
    .room = room,
    .compile = compile,
    .release = release,
    .enter = enter,
};

/* -- The accelerator -- */

static const struct accel *configure(struct opts *o, GError **err)
{
    return engine_configure(o, err) && opts_done(o, "-accel interp", err) ? &interp_accel : NULL;
}

/*
 * The flat table is of no use: an aliasing address faults on the host, and only translated code can be resumed there.
 */
static void init(void)
{
    engine_init(&interpreter, false);
}

/* It is exact at every instruction. */
static void sync_pc(struct cpu *cpu)
{
}

static void loop_exit(struct cpu *cpu)
{
    if (icount.on && running)
        cpu->budget += not_begun(cpu);
    else if (icount.on)
        cpu->budget--; /* a failed fetch takes its time too: a guest may do nothing else */
    running = NULL;
    engine_leave(cpu);
}

const struct accel interp_accel = {
    .name = "interp",
    .desc = "interprets guest code: slow, on any host",
    .configure = configure,
    .help = engine_help,
    .init = init,
    .sync_pc = sync_pc,
    .loop_exit = loop_exit,
    .not_begun = not_begun,
    ENGINE_ROWS,
};
