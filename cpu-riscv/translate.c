/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From guest code to a unit of IR: fetch, decode, translate, until something ends the unit. A unit goes
 * on behind a conditional branch forward, whose taken side leaves; see also trans-int.c.
 */
#include "trans.h"

/* -- What instructions' translations share -- */

void raise_exception(struct translator *t, unsigned cause, ir_val tval)
{
    ir_call(t->u, &riscv_helper_raise, IR_VOID, const64(t, cause), tval, 0, 0);
    ir_exit_main(t->u);
}

void set_next_pc(struct translator *t)
{
    ir_store_state(t->u, IR_MEM_64, offsetof(struct cpu, pc), pc_const64(t, t->next));
}

void exit_next_state(struct translator *t)
{
    set_next_pc(t);
    ir_exit_state(t->u);
    t->ended = true;
}

unsigned scratch_local(struct translator *t)
{
    if (t->scratch < 0)
        t->scratch = ir_new_local(t->u, IR_I64);
    return t->scratch;
}

bool trans_nop(struct translator *t, const struct riscv_args *a)
{
    return true;
}

/* mop.r, mop.rr: may-be-operations that no extension here has redefined. */
bool trans_mop(struct translator *t, const struct riscv_args *a)
{
    set_x(t, a->rd, xconst(t, 0));
    return true;
}

/* -- The unit -- */

/*
 * Fetch the instruction at t->pc. False if it is not to be had, or must begin a unit of its own because it leaves the
 * page.
 */
static bool fetch(struct translator *t)
{
    struct ir_unit *u = t->u;
    uint32_t high;
    if (!tcg_fetch(u, t->pc, 2, &t->insn))
        return false;
    unsigned len = (t->insn & 3) == 3 ? 4 : 2;
    if (len == 4) {
        gva at = guest_pc(t, t->pc + 2);
        if ((t->pc != u->pc && !(at & ~PAGE_MASK)) || !tcg_fetch(u, at, 2, &high))
            return false;
        t->insn |= high << 16;
    }
    t->next = guest_pc(t, t->pc + len);
    ir_insn(u, t->pc, len);
    return true;
}

/* The first instruction after an indirect jump: a landing pad without a label, or with the one in x7. */
static void translate_landing_pad(struct translator *t)
{
    struct ir_unit *u = t->u;
    bool pad = (t->insn & 0xfff) == 0x17 && !(t->pc & 3);
    uint32_t label = t->insn >> 12;
    if (!pad) {
        raise_exception(t, EXC_SOFTWARE_CHECK, const64(t, CHECK_LANDING_PAD));
        t->ended = true;
        return;
    }
    if (label) {
        unsigned wrong = ir_new_block(u, true), good = ir_new_block(u, false);
        ir_val expected = ir_op2(u, IR_SHR, get_w(t, 7), ir_const(u, IR_I32, 12));
        ir_brcc(u, IR_NE, expected, ir_const(u, IR_I32, label), wrong, good);
        ir_place_block(u, wrong);
        raise_exception(t, EXC_SOFTWARE_CHECK, const64(t, CHECK_LANDING_PAD));
        ir_place_block(u, good);
    }
    ir_call(u, &riscv_helper_landed, IR_VOID, 0, 0, 0, 0);
    exit_next_state(t);
}

static void translate_insn(struct translator *t)
{
    struct riscv_args a;
    const struct riscv_insn *insn = riscv_decode(t->config, t->rv32, t->insn, &a);
    if (!insn || !insn->trans(t, &a)) {
        raise_exception(t, EXC_ILLEGAL, const64(t, t->insn));
        t->ended = true;
    } else if (t->key_changed && !t->ended) {
        exit_next_state(t);
    }
}

/* True if the unit may take the instruction at t->pc, not its first. */
static bool may_continue(const struct translator *t)
{
    const struct ir_unit *u = t->u;
    return u->ninsns < u->max_insns && (t->pc & PAGE_MASK) == (u->pc & PAGE_MASK) && t->pc > u->pc &&
           t->pc < u->stop_before && ir_has_room(u);
}

void riscv_translate(const void *features, struct ir_unit *u)
{
    uint32_t mode = u->mode.word[0];
    struct translator t = {
        .u = u,
        .config = features,
        .pc = u->pc,
        .rv32 = mode & RVKEY_XL32,
        .xl = mode & RVKEY_XL32 ? IR_I32 : IR_I64,
        .ialign32 = mode & RVKEY_NOC,
        .lpe = mode & RVKEY_LPE,
        .sse = mode & RVKEY_SSE,
        .prv = mode & RVKEY_PRV,
        .fs = bits(mode, RVKEY_FS_SHIFT, 2),
        .frm = bits(mode, RVKEY_FRM_SHIFT, 2),
        .scratch = -1,
    };
    do {
        if (!fetch(&t))
            break;
        if (mode & RVKEY_ELP)
            translate_landing_pad(&t);
        else
            translate_insn(&t);
        t.pc = t.next;
    } while (!t.ended && may_continue(&t));
    if (!t.ended && u->ninsns)
        ir_exit_jump(u, t.pc);
}

/* False for the rounding modes 5 and 6, which are reserved. */
static bool valid_rounding(const struct riscv_insn *insn, const struct riscv_args *a)
{
    for (unsigned i = 0; i < insn->noperands; i++) {
        if (insn->operands[i].arg == RVA_rm && (a->rm == 5 || a->rm == 6))
            return false;
    }
    return true;
}

bool riscv_insn_valid(const struct riscv_config *c, uint32_t insn)
{
    struct riscv_args a;
    const struct riscv_insn *found = riscv_decode(c, c->xlen == 32, insn, &a);
    return found && valid_rounding(found, &a);
}
