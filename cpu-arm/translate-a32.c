/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From AArch32 code to a unit of IR: fetch, decode, conditions, IT blocks; ways to leave. Manual: DDI 0487, chapters F2
 * and F3.
 */
#include "trans-a32.h"
#include "trans-m.h"
#include "trans-neon.h"

/* -- Registers -- */

/* M-profile's SP plus or minus a multiple of 4, as it is one itself. */
static bool is_sp_multiple(struct translator *t, ir_val v)
{
    const struct ir_op *o = &t->u->ops[v], *b = &t->u->ops[o->arg[1]];

    if ((o->op != IR_ADD && o->op != IR_SUB) || b->op != IR_CONST || b->imm & 3)
        return false;
    o = &t->u->ops[o->arg[0]];
    return (o->op == IR_GET && o->imm == ARMREG_X(arm_a32_slot[13])) ||
           (o->op == IR_AND && t->u->ops[o->arg[1]].op == IR_CONST && !(t->u->ops[o->arg[1]].imm & 3));
}

void put32(struct translator *t, unsigned n, ir_val v)
{
    unsigned reg = ARMREG_X(arm_a32_slot[n]);
    if (t->select < 14)
        v = flag_select(t, t->select, v, ir_get(t->u, reg, IR_I32));
    /* M-profile's SP is a multiple of 4. Of the short instructions only ADD and MOV of any register can break that. */
    if (n == 13 && is_m_profile(t) && (!is_narrow(t) || t->insn >> 10 == 0x11) && !is_sp_multiple(t, v))
        v = op2i(t, IR_AND, v, ~3u);
    ir_put(t->u, reg, v);
}

/* -- Leaving -- */

static void set_pc(struct translator *t, ir_val pc)
{
    ir_store_state(t->u, IR_MEM_64, offsetof(struct cpu, pc), pc);
}

static void set_it_state(struct translator *t, unsigned it)
{
    ir_store_state(t->u, IR_MEM_8, STATE(itstate), const32(t, it));
}

/* arm_cpu.itstate becomes it, on the way out. True: the key is another than the unit's. */
static bool leave_it(struct translator *t, unsigned it)
{
    if (it != t->it_state)
        set_it_state(t, it);
    return it != bits(t->u->mode.word[1], ARMKEY_IT_SHIFT, 8);
}

void a32_set_it_next(struct translator *t)
{
    leave_it(t, t->it_next);
}

void a32_exit_state(struct translator *t)
{
    if (t->mode & ARMKEY_SS)
        ir_call(t->u, &arm_helper_stepped, IR_VOID, 0, 0, 0, 0);
    ir_exit_state(t->u);
    t->ended = true;
}

/* cpu->pc is set; so is what the key depends on. */
static void exit_new_key(struct translator *t)
{
    ir_call(t->u, &arm_helper_a32_key, IR_VOID, 0, 0, 0, 0);
    a32_exit_state(t);
}

/* The instruction set and ITSTATE, which are set, are all that has changed of what the key depends on. */
static void exit_known_key(struct translator *t, bool t32, unsigned it)
{
    struct cpu_mode m = t->u->mode;
    m.word[1] &= ~(uint64_t)(ARMKEY_T32 | 0xff << ARMKEY_IT_SHIFT);
    m.word[1] |= (t32 ? ARMKEY_T32 : 0) | it << ARMKEY_IT_SHIFT;
    uint32_t number = cpu_mode_number(t->u->arch, t->config->number, m);
    ir_store_state(t->u, IR_MEM_64, offsetof(struct cpu, mode.word[1]), const64(t, m.word[1]));
    ir_store_state(t->u, IR_MEM_32, offsetof(struct cpu, key), const32(t, (t->u->key & ~KEY_MODE_MASK) | number));
    ir_exit_state(t->u);
    t->ended = true;
}

static void exit_to(struct translator *t, gva target, unsigned it)
{
    bool other = leave_it(t, it);
    t->ended = true;
    if (other || (t->mode & ARMKEY_SS)) {
        set_pc(t, address(t, ir_pc(t->u, IR_I32, (uint32_t)target)));
        if (t->mode & ARMKEY_SS)
            exit_new_key(t);
        else
            exit_known_key(t, t->t32, it);
    } else if (target != (uint32_t)target) { /* around the end of memory */
        ir_exit_reg(t->u, address(t, ir_pc(t->u, IR_I32, (uint32_t)target)));
    } else {
        t->jumps++;
        ir_exit_jump(t->u, target);
    }
}

void a32_branch(struct translator *t, uint32_t target)
{
    exit_to(t, target, 0);
}

void a32_exit_next(struct translator *t)
{
    set_pc_next(t);
    leave_it(t, t->it_next);
    exit_new_key(t);
}

static void exit_interworking(struct translator *t, ir_val target, bool other_set)
{
    if (other_set && !is_m_profile(t) && !(t->mode & ARMKEY_SS)) {
        ir_store_state(t->u, IR_MEM_8, STATE(thumb), const32(t, !t->t32));
        set_pc(t, address(t, op2i(t, IR_AND, target, ~1u)));
        exit_known_key(t, !t->t32, 0);
        return;
    }
    ir_call(t->u, is_m_profile(t) ? &armm_helper_bx : &arm_helper_a32_bx, IR_VOID, address(t, target), 0, 0, 0);
    a32_exit_state(t);
}

void a32_exit_bx(struct translator *t, ir_val target)
{
    struct ir_unit *u = t->u;
    bool other = leave_it(t, 0);
    if (other || (t->mode & ARMKEY_SS)) {
        exit_interworking(t, target, false);
        return;
    }
    unsigned same = ir_new_block(u, false), cross = ir_new_block(u, true);
    if (is_m_profile(t))
        m_branch_special(t, target, cross, same);
    else
        ir_brcc(u, t->t32 ? IR_NE : IR_EQ, op2i(t, IR_AND, target, 1), const32(t, 0), same, cross);
    ir_place_block(u, cross);
    exit_interworking(t, target, true);
    ir_place_block(u, same);
    ir_exit_reg(u, address(t, t->t32 ? op2i(t, IR_AND, target, ~1u) : target));
    t->ended = true;
}

/* In the same instruction set. */
void a32_branch_register(struct translator *t, ir_val v)
{
    v = address(t, op2i(t, IR_AND, v, t->t32 ? ~1u : ~3u));
    if (leave_it(t, 0) || (t->mode & ARMKEY_SS)) {
        set_pc(t, v);
        exit_new_key(t);
        return;
    }
    ir_exit_reg(t->u, v);
    t->ended = true;
}

void a32_write_pc_alu(struct translator *t, ir_val v)
{
    if (!t->t32 && t->config->has[ARMF_v7])
        a32_exit_bx(t, v);
    else
        a32_branch_register(t, v);
}

void a32_write_pc_load(struct translator *t, ir_val v)
{
    if (t->config->has[ARMF_v5])
        a32_exit_bx(t, v);
    else
        a32_branch_register(t, v);
}

/* -- Conditions -- */

typedef bool trans_function(struct translator *t, const struct a32_args *a);

/* The current instruction: a row of the tables of A32 and T32, or of Advanced SIMD's; neither: it is undefined. */
struct decoded {
    const struct a32_insn *insn;
    const struct a64_insn *neon;
    struct a32_args a;
    struct a64_args v;
};

/* Its only effect is one put32(), it can't trap: then the result is chosen. */
static bool only_puts(trans_function *f, const struct a32_args *a, bool it)
{
    if (f == a32_dp_imm || f == a32_dp_reg || f == a32_dp_rsr)
        return (a->s == 0 || (a->s == 2 && it)) && a->rd != 15;
    if (f == a32_t_dp_imm || f == a32_t_dp_reg)
        return a->s == 0 && a->rd != 15;
    if (f == a32_t_two || f == a32_t_two_shift || f == a32_t_imm8 || f == a32_t_two_high)
        return it && (f != a32_t_two_high || a->rd != 15);
    return (f == a32_movw || f == a32_movt || f == a32_bfx || f == a32_bfi || f == a32_extend || f == a32_rev ||
            f == a32_clz || f == a32_addw) && a->rd != 15;
}

/* Of a branch with its target in imm: it goes forwards. */
static bool is_branch(trans_function *f)
{
    return f == a32_b || f == a32_t_bcond || f == a32_t_b || f == a32_t_b16;
}

static bool build(struct translator *t, const struct decoded *d)
{
    if (d->insn ? d->insn->trans(t, &d->a) : d->neon && neon_trans(t, d->neon, &d->v))
        return true;
    ir_call(t->u, is_m_profile(t) ? &armm_helper_undefined : &arm_helper_undefined, IR_VOID, 0, 0, 0, 0);
    ir_exit_main(t->u);
    t->ended = true;
    return false;
}

static void build_conditional(struct translator *t, const struct decoded *d, unsigned cond)
{
    struct ir_unit *u = t->u;
    const struct a32_insn *insn = d->insn;
    const struct a32_args *a = &d->a;
    flags_known(t, cond);
    if (insn && only_puts(insn->trans, a, in_it_block(t))) {
        t->select = cond;
        build(t, d);
        t->select = 14;
        return;
    }
    bool branch = insn && is_branch(insn->trans);
    t->stop = t->jumps + 3 > ARM_UNIT_JUMPS || (branch && a->imm <= 0);
    unsigned body = ir_new_block(u, branch && !t->stop), skip = ir_new_block(u, false);
    flag_branch(t, cond, body, skip);
    struct known_flags before = t->known;
    ir_place_block(u, body);
    build(t, d);
    if (t->ended) { /* of the body only */
        t->ended = false;
        ir_place_block(u, skip);
        t->known = before;
        if (t->stop)
            exit_to(t, t->next, t->it_next);
        return;
    }
    ir_br(u, skip);
    ir_place_block(u, skip);
    join_flags(t, &before);
}

/* -- The unit -- */

/* Whether an exception may see ITSTATE at a T32 instruction: those without are the commonest. */
static bool may_trap(const struct translator *t)
{
    if (is_narrow(t)) {
        unsigned top = t->insn >> 10;
        return !(top < 16 || top == 16 || t->insn >> 12 == 10 || t->insn >> 8 == 0xb0 || t->insn >> 8 == 0xb2);
    }
    unsigned op = bits(t->insn, 25, 7);
    bool dp = op == 0x75 || op == 0x7d || ((op & 0x7c) == 0x78 && !(t->insn >> 15 & 1));
    return !dp;
}

static bool fetch(struct translator *t)
{
    struct ir_unit *u = t->u;
    uint32_t low;
    if (!t->t32) {
        t->next = t->pc + 4;
        return tcg_fetch(u, t->pc, 4, &t->insn);
    }
    if (!tcg_fetch(u, t->pc, 2, &t->insn))
        return false;
    t->next = t->pc + 2;
    if (t->insn >> 11 < 0x1d)
        return true;
    if ((t->pc != u->pc && !(t->next & ~PAGE_MASK)) || !tcg_fetch(u, t->next, 2, &low))
        return false;
    t->next += 2;
    t->insn = t->insn << 16 | low;
    return true;
}

static void decode(const struct translator *t, struct decoded *d)
{
    const bool *has = t->config->has;
    uint32_t encoding;
    if (is_m_profile(t)) {
        d->insn = m_decode(t, &d->a);
        if (!d->insn && m_is_fpv5(t))
            d->neon = neon_decode(has, t->insn, &d->v);
        return;
    }
    if (!t->t32)
        d->insn = a32_decode(has, t->insn, &d->a);
    else
        d->insn = is_narrow(t) ? t16_decode(has, t->insn, &d->a) : t32_decode(has, t->insn, &d->a);
    if (d->insn || is_narrow(t))
        return;
    if (t->t32 && t->insn >> 24 >= 0xec && t->insn >> 24 <= 0xee && (t->insn >> 10 & 3) == 2)
        d->insn = a32_decode(has, t->insn, &d->a); /* VFP */
    if (!d->insn && neon_encoding(t, &encoding))
        d->neon = neon_decode(has, encoding, &d->v);
}

static void translate_insn(struct translator *t)
{
    struct decoded d = { 0 };
    unsigned cond = 14;
    if (stopped_before(t))
        return;
    decode(t, &d);
    const struct a32_insn *insn = d.insn;
    if (!t->t32) {
        cond = MIN(t->insn >> 28, 14);
    } else {
        if (in_it_block(t))
            cond = MIN(t->it >> 4, 14);
        else if (insn && insn->trans == a32_t_bcond)
            cond = d.a.op;
        if (t->it != t->it_state && may_trap(t)) {
            set_it_state(t, t->it);
            t->it_state = t->it;
        }
    }
    if (insn && (insn->trans == a32_bkpt || insn->trans == a32_hlt || insn->trans == a32_m_bkpt))
        cond = 14; /* in IT blocks, too */
    if (cond < 14)
        build_conditional(t, &d, cond);
    else
        build(t, &d);
}

/* ITSTATE behind an instruction of an IT block. */
static uint8_t advance_it(uint8_t it)
{
    return it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
}

void arm_translate_a32(struct translator *t)
{
    struct ir_unit *u = t->u;
    uint64_t word = u->mode.word[1];
    u->va_mask = UINT32_MAX;
    t->t32 = word & ARMKEY_T32;
    t->it = t->it_state = bits(word, ARMKEY_IT_SHIFT, 8);
    t->select = 14;
    if (is_m_profile(t) && !t->t32) {
        ir_insn(u, t->pc, 2);
        m_invalid_state(t);
        return;
    }
    if (u->pc & (t->t32 ? 1 : 3)) {
        ir_insn(u, t->pc, 4);
        ir_call(u, &arm_helper_pc_alignment, IR_VOID, 0, 0, 0, 0);
        ir_exit_main(u);
        return;
    }
    do {
        if (!fetch(t))
            break;
        ir_insn(u, t->pc, t->next - t->pc);
        t->it_next = advance_it(t->it);
        translate_insn(t);
        t->pc = t->next;
        t->it = t->it_next;
    } while (!t->ended && may_continue(t));
    if (!t->ended && u->ninsns)
        exit_to(t, t->pc, t->it);
}
