/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From guest code to a unit of IR: fetch, decode, translate, until something ends the unit. And what the instructions'
 * translations share.
 */
#include "trans.h"
#include "trans-m.h"

/* -- Leaving -- */

void raise_sync_to(struct translator *t, unsigned el, uint32_t esr)
{
    ir_call(t->u, &arm_helper_raise, IR_VOID, const64(t, el), const64(t, esr), 0, 0);
    ir_exit_main(t->u);
    t->ended = true;
}

/* Level 1 stands for what EL0 and EL1 raise: the helper looks where that goes. */
void raise_sync(struct translator *t, uint32_t esr)
{
    raise_sync_to(t, 1, esr);
}

void set_pc_next(struct translator *t)
{
    ir_store_state(t->u, IR_MEM_64, offsetof(struct cpu, pc), pc_const(t, t->next));
}

void exit_next(struct translator *t)
{
    set_pc_next(t);
    if (t->mode & ARMKEY_SS)
        ir_call(t->u, &arm_helper_stepped, IR_VOID, 0, 0, 0, 0);
    ir_exit_state(t->u);
    t->ended = true;
}

/* A software step ends with its instruction: cpu->pc is set. */
static void exit_stepped(struct translator *t)
{
    ir_call(t->u, &arm_helper_stepped, IR_VOID, 0, 0, 0, 0);
    ir_exit_state(t->u);
}

void exit_branch(struct translator *t, gva target)
{
    if (t->mode & ARMKEY_SS) {
        ir_store_state(t->u, IR_MEM_64, offsetof(struct cpu, pc), pc_const(t, target));
        exit_stepped(t);
        return;
    }
    t->jumps++;
    ir_exit_jump(t->u, target);
}

/* An address as a branch takes it: where the top byte is ignored it becomes copies of bit 55, or zero. */
static ir_val branch_address(struct translator *t, ir_val target)
{
    struct ir_unit *u = t->u;
    unsigned tbi = bits(t->mode, ARMKEY_TBI_SHIFT, 2);
    if (!tbi)
        return target;
    ir_val cut = ir_bits_get(u, true, target, 0, 56);
    if (!(t->mode & ARMKEY_TWO_RANGES))
        return ir_bits_get(u, false, target, 0, 56);
    if (tbi == 3)
        return cut;
    /* One half only: of addresses there bit 55 is known. */
    ir_val high = ir_op2(u, IR_AND, target, const64(t, UINT64_C(1) << 55));
    return tbi == 1 ? ir_select(u, IR_EQ, high, const64(t, 0), cut, target)
                    : ir_select(u, IR_NE, high, const64(t, 0), cut, target);
}

/* What of an indirect branch its target is to see; where BR came from says whether that is guarded. */
static void set_btype(struct translator *t, unsigned btype)
{
    struct ir_unit *u = t->u;
    if (!(t->mode & ARMKEY_GUARDED) || !btype)
        return;
    ir_store_state(u, IR_MEM_8, offsetof(struct arm_cpu, btype), const32(t, btype));
    if (btype == BTYPE_JUMP)
        ir_store_state(u, IR_MEM_64, offsetof(struct arm_cpu, btype_pc), pc_const(t, t->pc));
}

void exit_register(struct translator *t, ir_val target, unsigned btype)
{
    struct ir_unit *u = t->u;
    target = branch_address(t, target);
    set_btype(t, btype);
    t->ended = true;
    if (t->mode & ARMKEY_SS) {
        ir_store_state(u, IR_MEM_64, offsetof(struct cpu, pc), target);
        exit_stepped(t);
        return;
    }
    ir_exit_reg(u, target);
}

/* The BTYPEs with which an instruction of a guarded page may be come to, as bits. */
static unsigned accepted_btypes(const struct translator *t)
{
    static const uint8_t of_bti[4] = { 1, 1 | 2 | 4, 1 | 2 | 8, 15 }; /* BTI; c, j, jc */
    uint32_t insn = t->insn;
    if ((insn & 0xffffff3f) == 0xd503241f)
        return of_bti[bits(insn, 6, 2)];
    if ((insn & 0xffffffbf) == 0xd503233f) /* PACIASP, PACIBSP */
        return t->mode & ARMKEY_BT ? 7 : 15;
    return (insn & 0xffe0001f) == 0xd4200000 || (insn & 0xffe0001f) == 0xd4400000 ? 15 : 1; /* BRK, HLT */
}

/* The first instruction of a unit, which an indirect branch may have come to. */
static void check_landing(struct translator *t)
{
    struct ir_unit *u = t->u;
    const uint32_t btype = offsetof(struct arm_cpu, btype);
    unsigned accept = accepted_btypes(t);
    if (!(t->mode & ARMKEY_GUARDED))
        return;
    if (accept != 15) {
        unsigned cold = ir_new_block(u, true), on = ir_new_block(u, false);
        ir_val b = ir_load_state(u, IR_I32, IR_MEM_8, btype);
        unsigned refused = accept == 1 ? 0 : accept == 7 ? BTYPE_JUMP : BTYPE_CALL;
        ir_brcc(u, refused ? IR_EQ : IR_NE, b, const32(t, refused), cold, on);
        ir_place_block(u, cold);
        ir_call(u, &arm_helper_bti, IR_VOID, const64(t, accept), pc_const(t, t->pc), 0, 0);
        ir_br(u, on);
        ir_place_block(u, on);
    }
    if (accept != 1)
        ir_store_state(u, IR_MEM_8, btype, const32(t, 0));
}

/* -- FP -- */

bool fp_trapped(struct translator *t)
{
    unsigned level = bits(t->mode, ARMKEY_FP_SHIFT, 2);
    if (is_m_profile(t))
        return m_fp_trapped(t);
    if (!level)
        return false;
    raise_sync_to(t, level, arm_syndrome(EC_FP, 0x1e << 20)); /* CV, COND: always */
    return true;
}

/* -- Memory -- */

ir_val base_address(struct translator *t, unsigned rn)
{
    struct ir_unit *u = t->u;
    ir_val base = get_x_sp(t, rn);
    if (rn != 31 || !(t->mode & ARMKEY_SP_ALIGN) || t->sp_aligned)
        return base;
    unsigned wrong = ir_new_block(u, true), good = ir_new_block(u, false);
    ir_brcc(u, IR_NE, ir_op2(u, IR_AND, base, const64(t, 15)), const64(t, 0), wrong, good);
    ir_place_block(u, wrong);
    bool ended = t->ended;
    raise_sync(t, arm_syndrome(EC_SP_ALIGN, 0));
    t->ended = ended;
    ir_place_block(u, good);
    t->sp_aligned = true;
    return get_x_sp(t, rn);
}

unsigned memop_of(const struct translator *t, unsigned memop)
{
    return memop | t->order | (t->mode & ARMKEY_ALIGN ? IR_MEM_ALIGN : 0);
}

unsigned memop_unprivileged(const struct translator *t, unsigned memop)
{
    return memop_of(t, memop) | (t->mode & ARMKEY_UNPRIV ? ARM_CTX_UNPRIV << IR_MEM_CTX_SHIFT : 0);
}

static bool same_address(const struct ir_unit *u, ir_val a, ir_val b)
{
    const struct ir_op *x = &u->ops[a], *y = &u->ops[b];
    return a == b || (x->op == IR_ZX && y->op == IR_ZX && x->arg[0] == y->arg[0]);
}

ir_val monitored(struct translator *t, ir_val addr)
{
    const struct ir_unit *u = t->u;
    ir_val seen = 0;
    for (uint32_t i = u->nops; i-- > u->blocks[u->current].first;) {
        const struct ir_op *o = &u->ops[i];
        if (o->op == IR_CALL) /* it may open the monitor */
            return 0;
        if (o->op == IR_STS && o->imm == offsetof(struct arm_cpu, excl_value) && !seen)
            seen = o->arg[0];
        if (o->op == IR_STS && o->imm == offsetof(struct arm_cpu, excl_addr))
            return same_address(u, o->arg[0], addr) ? seen : 0;
    }
    return 0;
}

/* -- The unit -- */

#define SHORT_FUNCTION 16 /* instructions of a function that is worth a copy where it is called */

bool stopped_before(struct translator *t)
{
    if (t->mode & ARMKEY_SS_PENDING) {
        ir_call(t->u, &arm_helper_step, IR_VOID, 0, 0, 0, 0);
        ir_exit_main(t->u);
        t->ended = true;
        return true;
    }
    if (unlikely(t->u->mode.word[1] & ARMKEY_BREAKPOINTS))
        ir_call(t->u, is_m_profile(t) ? &armm_helper_breakpoint : &arm_helper_breakpoint, IR_VOID, 0, 0, 0, 0);
    if (t->mode & ARMKEY_ILLEGAL) {
        raise_sync(t, arm_syndrome(EC_ILLEGAL, 0));
        return true;
    }
    return false;
}

static void translate_insn(struct translator *t)
{
    if (stopped_before(t))
        return;
    if (!arm_decode_a64(t)) {
        ir_call(t->u, &arm_helper_undefined, IR_VOID, 0, 0, 0, 0);
        ir_exit_main(t->u);
        t->ended = true;
    }
}

bool may_continue(const struct translator *t)
{
    const struct ir_unit *u = t->u;
    return u->ninsns < u->max_insns && (t->pc & PAGE_MASK) == (u->pc & PAGE_MASK) && ir_has_room(u) &&
           (t->called || (t->pc > u->pc && t->pc < u->stop_before)) && !(t->mode & ARMKEY_SS);
}

/* Code at target, in the unit's page, comes to RET soon and without another branch. */
static bool is_short_function(const struct translator *t, gva target)
{
    for (unsigned n = 0; n < SHORT_FUNCTION; n++, target += 4) {
        uint32_t insn;
        if ((target & PAGE_MASK) != (t->u->pc & PAGE_MASK) || !tcg_fetch(t->u, target, 4, &insn))
            return false;
        if (insn == 0xd65f03c0)
            return true;
        if (bits(insn, 26, 3) == 5) /* branches, exceptions, system instructions */
            return false;
    }
    return false;
}

bool follow_call(struct translator *t, gva target)
{
    if (!t->u->follow_calls || t->called || !is_short_function(t, target))
        return false;
    t->called = true;
    t->return_to = t->next;
    t->next = target;
    return true;
}

bool follow_return(struct translator *t, ir_val to)
{
    const struct ir_op *o = &t->u->ops[to];
    if (!t->called || o->op != IR_PC || (gva)o->imm != t->return_to)
        return false;
    t->called = false;
    t->next = t->return_to;
    return true;
}

/* A misaligned PC faults before the fetch. */
static bool misaligned_pc(struct translator *t)
{
    if (!(t->u->pc & 3))
        return false;
    ir_insn(t->u, t->pc, 4);
    ir_call(t->u, &arm_helper_pc_alignment, IR_VOID, 0, 0, 0, 0);
    ir_exit_main(t->u);
    return true;
}

void arm_translate(const void *features, struct ir_unit *u)
{
    uint64_t mode = u->mode.word[0];
    struct translator t = {
        .u = u,
        .config = features,
        .pc = u->pc,
        .mode = mode,
        .el = mode & ARMKEY_EL,
        .order = mode & ARMKEY_BE ? IR_MEM_BE : 0,
    };
    if (mode & ARMKEY_A32) {
        arm_translate_a32(&t);
        return;
    }
    if (misaligned_pc(&t))
        return;
    do {
        if (!tcg_fetch(u, t.pc, 4, &t.insn))
            break;
        t.next = t.pc + 4;
        ir_insn(u, t.pc, 4);
        if (t.pc == u->pc)
            check_landing(&t);
        translate_insn(&t);
        t.pc = t.next;
    } while (!t.ended && may_continue(&t));
    if (!t.ended && u->ninsns && (mode & ARMKEY_SS)) { /* the step is done: what follows is another key */
        ir_store_state(u, IR_MEM_64, offsetof(struct cpu, pc), pc_const(&t, t.pc));
        exit_stepped(&t);
    } else if (!t.ended && u->ninsns) {
        ir_exit_jump(u, t.pc);
    }
}
