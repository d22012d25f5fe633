/* SPDX-License-Identifier: BSD-2-Clause */
/* A32 and T32: exceptions, status registers, hints, barriers, coprocessors. Manual: DDI 0487, chapters F5 and G8. */
#include "aarch32.h"
#include "semihost.h"
#include "sysreg.h"
#include "trans-a32.h"

static unsigned length(const struct translator *t)
{
    return t->next - t->pc;
}

/* -- Exceptions -- */

/* A call returns behind the instruction. */
static bool call_level(struct translator *t, const struct ir_helper *h, unsigned imm)
{
    set_pc_next(t);
    a32_set_it_next(t);
    if (t->mode & ARMKEY_SS)
        ir_call(t->u, &arm_helper_stepped, IR_VOID, 0, 0, 0, 0);
    ir_call(t->u, h, IR_VOID, const64(t, imm), const64(t, length(t)), 0, 0);
    ir_exit_state(t->u);
    t->ended = true;
    return true;
}

static bool semihosting(struct translator *t)
{
    ir_call(t->u, &arm_helper_a32_semihost, IR_VOID, const64(t, length(t)), 0, 0, 0);
    if (t->mode & ARMKEY_SS)
        ir_call(t->u, &arm_helper_stepped, IR_VOID, 0, 0, 0, 0);
    ir_call(t->u, &arm_helper_a32_key, IR_VOID, 0, 0, 0, 0);
    ir_exit_main(t->u);
    t->ended = true;
    return true;
}

bool a32_svc(struct translator *t, const struct a32_args *a)
{
    if (a->imm == (t->t32 ? 0xab : 0x123456) && semihost_enabled(t->el))
        return semihosting(t);
    return call_level(t, &arm_helper_a32_svc, a->imm);
}

/* There is no external debugger. */
bool a32_hlt(struct translator *t, const struct a32_args *a)
{
    return a->imm == (t->t32 ? 0x3c : 0xf000) && semihost_enabled(t->el) && semihosting(t);
}

A32(hvc, t->el && call_level(t, &arm_helper_a32_hvc, a->imm))
A32(smc, t->el && call_level(t, &arm_helper_a32_smc, a->imm))

bool a32_bkpt(struct translator *t, const struct a32_args *a)
{
    ir_call(t->u, &arm_helper_a32_bkpt, IR_VOID, const64(t, a->imm), 0, 0, 0);
    ir_exit_main(t->u);
    t->ended = true;
    return true;
}

static bool return_to(struct translator *t, ir_val pc, ir_val cpsr)
{
    ir_call(t->u, &arm_helper_a32_return, IR_VOID, address(t, pc), cpsr, 0, 0);
    a32_exit_state(t);
    return true;
}

static ir_val spsr(struct translator *t)
{
    return ir_call(t->u, &arm_helper_a32_spsr, IR_I64, 0, 0, 0, 0);
}

A32(eret, t->el && return_to(t, get32(t, 14), spsr(t)))

/* SUBS PC, LR, #imm; with 0 also ERET. */
bool a32_t_eret(struct translator *t, const struct a32_args *a)
{
    if (!t->el || (a->rn != 14 && a->imm) || (t->el == 2 && a->imm))
        return false;
    return return_to(t, op2i(t, IR_SUB, get32(t, 14), a->imm), spsr(t));
}

/* The lower address of two words, and what becomes of the base. */
static ir_val pair_address(struct translator *t, ir_val base, unsigned puw, ir_val *moved)
{
    bool up = puw & 2, pre = puw & 4;
    int32_t from = up ? (pre ? 4 : 0) : (pre ? -8 : -4);
    *moved = op2i(t, IR_ADD, base, up ? 8 : -8);
    return address(t, op2i(t, IR_ADD, base, from));
}

static bool return_from(struct translator *t, unsigned rn, unsigned puw)
{
    struct ir_unit *u = t->u;
    unsigned memop = memop_of(t, IR_MEM_32) | IR_MEM_ALIGN;
    ir_val moved;
    if (!t->el || t->el == 2 || rn == 15)
        return false;
    ir_val addr = pair_address(t, get32(t, rn), puw, &moved);
    ir_val pc = ir_load(u, IR_I32, memop, addr, 0), cpsr = ir_load(u, IR_I32, memop, addr, 4);
    if (puw & 1)
        put32(t, rn, moved);
    return return_to(t, pc, address(t, cpsr));
}

A32(rfe, return_from(t, a->rn, a->puw))
A32(t_rfe, return_from(t, a->rn, a->puw | a->y))

/* LR and SPSR to the stack of another mode. */
static bool store_return(struct translator *t, unsigned mode, unsigned puw)
{
    struct ir_unit *u = t->u;
    unsigned memop = memop_of(t, IR_MEM_32) | IR_MEM_ALIGN;
    ir_val moved;
    if (!t->el || t->el == 2)
        return false;
    ir_val sp = ir_call(u, &arm_helper_a32_bank_sp, IR_I64, const64(t, mode), 0, 0, 0);
    ir_val addr = pair_address(t, ir_convert(u, IR_TRUNC, IR_I32, sp), puw, &moved);
    ir_val saved = ir_convert(u, IR_TRUNC, IR_I32, spsr(t));
    ir_store(u, memop, addr, 0, get32(t, 14));
    ir_store(u, memop, addr, 4, saved);
    if (puw & 1)
        ir_call(u, &arm_helper_a32_set_bank_sp, IR_VOID, const64(t, mode), address(t, moved), 0, 0);
    return true;
}

A32(srs, store_return(t, a->imm, a->puw))
A32(t_srs, store_return(t, a->imm, a->puw | a->y))

/* -- Status registers -- */

bool a32_mrs(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (a->rd == 15 || (a->x && !t->el))
        return false;
    ir_val v = a->x ? spsr(t) : ir_call(u, &arm_helper_a32_cpsr, IR_I64, 0, 0, 0, 0);
    put32(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, v));
    return true;
}

/* fields: bytes c, x, s, f. Of CPSR only what the mode and the architecture let be written. */
static bool write_status(struct translator *t, bool to_spsr, unsigned fields, ir_val v)
{
    uint32_t mask = (fields & 1 ? 0xff : 0) | (fields & 2 ? 0xff00 : 0) | (fields & 4 ? 0xff0000 : 0) |
                    (fields & 8 ? 0xff000000 : 0);
    if (to_spsr && !t->el)
        return false;
    if (!to_spsr && fields == 8 && !t->config->has[ARMF_v5]) {
        set_nzcv(t, op2i(t, IR_AND, v, PSTATE_NZCV));
        return true;
    }
    ir_call(t->u, to_spsr ? &arm_helper_a32_set_spsr : &arm_helper_a32_set_cpsr, IR_VOID, address(t, v),
            const64(t, mask), 0, 0);
    forget_flags(t);
    if (!to_spsr && t->el && (fields & 7)) /* mode, masks, byte order */
        a32_exit_next(t);
    return true;
}

static uint32_t a32_constant(unsigned imm)
{
    unsigned n = imm >> 8 << 1, v = imm & 0xff;
    return n ? v >> n | v << (32 - n) : v;
}

A32(msr_reg, a->rn != 15 && write_status(t, a->x, a->op, get32(t, a->rn)))
A32(msr_imm, write_status(t, a->x, a->op, const32(t, a32_constant(a->imm))))

/* They came with the Virtualization Extensions. */
static bool has_banked_moves(const struct translator *t)
{
    return t->config->has[ARMF_v8] || t->config->has[ARMF_el2];
}

bool a32_mrs_bank(struct translator *t, const struct a32_args *a)
{
    if (!t->el || a->rd == 15 || !has_banked_moves(t))
        return false;
    ir_val v = ir_call(t->u, &arm_helper_a32_banked, IR_I64, const64(t, a->x << 5 | a->imm), 0, 0, 0);
    put32(t, a->rd, ir_convert(t->u, IR_TRUNC, IR_I32, v));
    return true;
}

bool a32_msr_bank(struct translator *t, const struct a32_args *a)
{
    if (!t->el || a->rn == 15 || !has_banked_moves(t))
        return false;
    ir_call(t->u, &arm_helper_a32_set_banked, IR_VOID, const64(t, a->x << 5 | a->imm),
            address(t, get32(t, a->rn)), 0, 0);
    return true;
}

/* op: 2 enables interrupts, 3 disables them; imm: A, I, F; x: to the mode rd. Without effect in user mode. */
bool a32_cps(struct translator *t, const struct a32_args *a)
{
    uint32_t masks = (a->imm & 4 ? PSTATE_A : 0) | (a->imm & 2 ? PSTATE_I : 0) | (a->imm & 1 ? PSTATE_F : 0);
    uint32_t mask = (a->op & 2 ? masks : 0) | (a->x ? 0x1f : 0), value = (a->op == 3 ? masks : 0) | (a->x ? a->rd : 0);
    if (a->op == 1)
        return false;
    if (!t->el)
        return true;
    ir_call(t->u, &arm_helper_a32_set_cpsr, IR_VOID, const64(t, value), const64(t, mask), 0, 0);
    forget_flags(t);
    a32_exit_next(t);
    return true;
}

/* A bit of arm_cpu.pstate that the key or the regime depends on. */
static void set_pstate(struct translator *t, uint32_t bit, bool set)
{
    struct ir_unit *u = t->u;
    ir_val old = ir_load_state(u, IR_I32, IR_MEM_32, STATE(pstate));
    ir_store_state(u, IR_MEM_32, STATE(pstate), op2i(t, set ? IR_OR : IR_ANDN, old, bit));
}

bool a32_setend(struct translator *t, const struct a32_args *a)
{
    set_pstate(t, A32_E, a->x);
    a32_exit_next(t);
    return true;
}

bool a32_setpan(struct translator *t, const struct a32_args *a)
{
    if (!t->el)
        return true;
    ir_call(t->u, &arm_helper_pan, IR_VOID, const64(t, a->x), 0, 0, 0);
    a32_exit_next(t);
    return true;
}

/* -- Hints, barriers -- */

bool a32_hint(struct translator *t, const struct a32_args *a)
{
    if (!t->config->has[ARMF_v6k])
        return true;
    switch (a->imm) {
    case 1:
        ir_call(t->u, &arm_helper_yield, IR_VOID, 0, 0, 0, 0);
        return true;
    case 2:
    case 3:
        a32_set_it_next(t);
        ir_call(t->u, a->imm == 3 ? &arm_helper_a32_wfi : &arm_helper_a32_wfe, IR_VOID, const64(t, length(t)), 0, 0, 0);
        ir_call(t->u, &arm_helper_a32_key, IR_VOID, 0, 0, 0, 0);
        ir_exit_main(t->u);
        t->ended = true;
        return true;
    case 4: /* SEV */
    case 5: /* SEVL */
        if (a->imm == 4 || t->config->has[ARMF_v8])
            ir_call(t->u, &arm_helper_sev, IR_VOID, const64(t, a->imm == 4), 0, 0, 0);
        return true;
    default:
        return true;
    }
}

bool a32_clrex(struct translator *t, const struct a32_args *a)
{
    ir_store_state(t->u, IR_MEM_64, STATE(excl_addr), const64(t, ~UINT64_C(0)));
    return true;
}

/* Behind TLBI that other CPUs must do too, wait for them. */
static void dsb(struct translator *t)
{
    struct ir_unit *u = t->u;
    unsigned wait = ir_new_block(u, true), on = ir_new_block(u, false);
    ir_fence_op(u, IR_FENCE_R | IR_FENCE_W, IR_FENCE_R | IR_FENCE_W);
    ir_brcc(u, IR_NE, ir_load_state(u, IR_I32, IR_MEM_32, STATE(tlbi_posted)), const32(t, 0), wait, on);
    ir_place_block(u, wait);
    ir_call(u, &arm_helper_dsb, IR_VOID, 0, 0, 0, 0);
    set_pc_next(t);
    a32_set_it_next(t);
    ir_call(u, &arm_helper_a32_key, IR_VOID, 0, 0, 0, 0);
    ir_exit_main(u);
    ir_place_block(u, on);
}

static void dmb(struct translator *t)
{
    ir_fence_op(t->u, IR_FENCE_R | IR_FENCE_W, IR_FENCE_R | IR_FENCE_W);
}

bool a32_barrier(struct translator *t, const struct a32_args *a)
{
    switch (a->op) {
    case 0: dsb(t); break;
    case 1: dmb(t); break;
    case 2: a32_exit_next(t); break;
    }
    return true;
}

/* -- Coprocessors -- */

static bool is_monitor(const struct translator *t)
{
    return t->u->mode.word[1] & ARMKEY_MONITOR;
}

/* Nothing can trap the access in this mode, and it is only memory. */
static bool in_place(const struct translator *t, const struct arm_sysreg *r, bool write)
{
    if (is_monitor(t) && r->el_read == 2)
        return false;
    return r->offset >= 0 && !(write ? r->write || !r->quiet : (bool)r->read) && !(t->mode & ARMKEY_HCR_TRAPS) &&
           (r->trap == TRAP_NONE || (t->el && r->trap == TRAP_VM));
}

/* Cache maintenance, barriers, waits: without a register. True: it was one. */
static bool operation(struct translator *t, const struct arm_sysreg *r)
{
    switch (r->constant) {
    case CP_OP_NOTHING:
        return true;
    case CP_OP_ISB:
        a32_exit_next(t);
        return true;
    case CP_OP_DSB:
        dsb(t);
        return true;
    case CP_OP_DMB:
        dmb(t);
        return true;
    case CP_OP_WFI: {
        struct a32_args a = { .imm = 3 };
        ir_call(t->u, &arm_helper_a32_wfi, IR_VOID, const64(t, length(t)), 0, 0, 0);
        ir_exit_main(t->u);
        t->ended = true;
        return a.imm;
    }
    default:
        return false;
    }
}

static bool move_from(struct translator *t, const struct arm_sysreg *r, unsigned rt, unsigned rt2, bool both)
{
    struct ir_unit *u = t->u;
    ir_val v;
    if (in_place(t, r, false))
        v = ir_load_state(u, IR_I64, both ? IR_MEM_64 : IR_MEM_32, r->offset);
    else
        v = ir_call(u, &arm_helper_a32_mrc, IR_I64, const64(t, (uintptr_t)r), const64(t, t->insn), 0, 0);
    ir_val low = ir_convert(u, IR_TRUNC, IR_I32, v);
    if (both) {
        put32(t, rt, low);
        put32(t, rt2, ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, v, const64(t, 32))));
    } else if (rt == 15) { /* the flags */
        set_nzcv(t, op2i(t, IR_AND, low, PSTATE_NZCV));
    } else {
        put32(t, rt, low);
    }
    return true;
}

static bool move_to(struct translator *t, const struct arm_sysreg *r, unsigned rt, unsigned rt2, bool both)
{
    struct ir_unit *u = t->u;
    ir_val v = address(t, get32(t, rt));
    if (both)
        v = ir_op2(u, IR_OR, v, ir_op2(u, IR_SHL, address(t, get32(t, rt2)), const64(t, 32)));
    if (in_place(t, r, true) && r->mask == UINT64_MAX) {
        ir_store_state(u, both ? IR_MEM_64 : IR_MEM_32, r->offset, both ? v : ir_convert(u, IR_TRUNC, IR_I32, v));
        return true;
    }
    ir_call(u, &arm_helper_a32_mcr, IR_VOID, const64(t, (uintptr_t)r), v, const64(t, t->insn), 0);
    if (!r->quiet)
        a32_exit_next(t);
    return true;
}

static bool coprocessor(struct translator *t, unsigned cp, uint16_t enc, const struct a32_args *a, bool both)
{
    if (cp < 14)
        return false;
    const struct arm_sysreg *r = arm_cp_find(t->config, enc);
    unsigned level = is_monitor(t) ? 2 : t->el; /* where it may be, the call says */
    if (!r || level < (a->s ? r->el_read : r->el_write))
        return false;
    bool trapped = (t->mode & ARMKEY_HCR_TRAPS) && r->constant == CP_OP_NOTHING; /* by the helper, which does no more */
    if (r->trap == TRAP_CP_OP && !trapped && operation(t, r))
        return true;
    return a->s ? move_from(t, r, a->rd, a->ra, both) : move_to(t, r, a->rd, a->ra, both);
}

A32(mcr, coprocessor(t, a->amt, ARM_SYSREG(a->amt == 15 ? CP15 : CP14, a->op, a->rn, a->rm, a->sh), a, false))
A32(mcrr, a->rd != 15 && a->ra != 15 &&
    coprocessor(t, a->amt, ARM_SYSREG(a->amt == 15 ? CP15_64 : CP14_64, a->op & 7, 0, a->rm, a->op >> 3), a, true))
