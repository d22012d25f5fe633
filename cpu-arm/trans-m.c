/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * T32 as M-profile has it: what is its own, what of the shared tables it has not, branches that may be exception
 * returns, the FP context. Manuals: DDI 0403, chapters A6, A7 and B5; DDI 0419.
 */
#include "m.h"

#include "trans-a32.h"
#include "trans-m.h"

static unsigned length(const struct translator *t)
{
    return t->next - t->pc;
}

static uint64_t word1(const struct translator *t)
{
    return t->u->mode.word[1];
}

/* -- Exceptions -- */

static void usage_fault(struct translator *t, uint32_t cfsr)
{
    ir_call(t->u, &armm_helper_fault, IR_VOID, const64(t, cfsr), 0, 0, 0);
    ir_exit_main(t->u);
    t->ended = true;
}

void m_invalid_state(struct translator *t)
{
    usage_fault(t, CFSR_INVSTATE);
}

bool a32_m_svc(struct translator *t, const struct a32_args *a)
{
    set_pc_next(t);
    a32_set_it_next(t);
    ir_call(t->u, &armm_helper_svc, IR_VOID, 0, 0, 0, 0);
    a32_exit_state(t);
    return true;
}

bool a32_m_bkpt(struct translator *t, const struct a32_args *a)
{
    ir_call(t->u, &armm_helper_bkpt, IR_VOID, const64(t, a->imm), const64(t, length(t)), 0, 0);
    ir_call(t->u, &arm_helper_a32_key, IR_VOID, 0, 0, 0, 0);
    ir_exit_main(t->u);
    t->ended = true;
    return true;
}

/* -- Branches -- */

/* Out of T32, and in handler mode to EXC_RETURN, by the helper. */
void m_branch_special(struct translator *t, ir_val target, unsigned special, unsigned plain)
{
    struct ir_unit *u = t->u;
    uint32_t first = word1(t) & ARMKEY_SECURITY ? FNC_RETURN : EXC_RETURN_MIN;
    if (word1(t) & (ARMKEY_HANDLER | ARMKEY_SECURITY)) {
        unsigned low = ir_new_block(u, false);
        ir_brcc(u, IR_LTU, target, const32(t, first), low, special);
        ir_place_block(u, low);
    }
    ir_brcc(u, IR_EQ, op2i(t, IR_AND, target, 1), const32(t, 0), special, plain);
}

/* To the other security state. */
static bool change_state(struct translator *t, unsigned rm, bool call)
{
    if (rm == 15 || (rm == 13 && call) || !(word1(t) & ARMKEY_SECURE))
        return false;
    ir_val next = call ? address(t, ir_pc(t->u, IR_I32, (uint32_t)t->next | 1)) : const64(t, 0);
    a32_set_it_next(t);
    ir_call(t->u, &armm_helper_bxns, IR_VOID, address(t, get32(t, rm)), next, 0, 0);
    a32_exit_state(t);
    return true;
}

A32(m_bxns, change_state(t, a->rm, false))
A32(m_blxns, change_state(t, a->rm, true))
A32(m_sg, true) /* where it matters it is no fetch of this state's: see m-security.c */

bool a32_m_tt(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 13 || a->rd == 15 || a->rn == 15 || (a->x && !(word1(t) & ARMKEY_SECURE)))
        return false;
    ir_val v = ir_call(t->u, &armm_helper_tt, IR_I64, address(t, get32(t, a->rn)), const64(t, a->x << 1 | a->y), 0, 0);
    put32(t, a->rd, ir_convert(t->u, IR_TRUNC, IR_I32, v));
    return true;
}

/* -- The stack's limit -- */

void m_check_sp(struct translator *t, ir_val sp)
{
    struct ir_unit *u = t->u;
    if (!is_m_profile(t) || !(word1(t) & ARMKEY_SP_LIMIT))
        return;
    if (t->select < 14) /* where the condition does not hold it stays as it is */
        sp = flag_select(t, t->select, sp, get32(t, 13));
    unsigned low = ir_new_block(u, true), good = ir_new_block(u, false);
    ir_val limit = ir_load_state(u, IR_I32, IR_MEM_32, offsetof(struct armm_cpu, limit));
    ir_brcc(u, IR_LTU, sp, limit, low, good);
    ir_place_block(u, low);
    bool ended = t->ended;
    usage_fault(t, CFSR_STKOF);
    t->ended = ended;
    ir_place_block(u, good);
}

/* -- Special registers -- */

bool a32_m_mrs(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 13 || a->rd == 15)
        return false;
    ir_val v = ir_call(t->u, &armm_helper_mrs, IR_I64, const64(t, a->imm), 0, 0, 0);
    put32(t, a->rd, ir_convert(t->u, IR_TRUNC, IR_I32, v));
    return true;
}

bool a32_m_msr(struct translator *t, const struct a32_args *a)
{
    if (a->rn == 13 || a->rn == 15)
        return false;
    ir_call(t->u, &armm_helper_msr, IR_VOID, const64(t, a->imm), const64(t, t->config->has[ARMF_v7] ? a->op : 2),
            address(t, get32(t, a->rn)), 0);
    forget_flags(t);
    if (a->imm >= 4)
        a32_exit_next(t);
    return true;
}

bool a32_m_cps(struct translator *t, const struct a32_args *a)
{
    ir_call(t->u, &armm_helper_cps, IR_VOID, const64(t, a->op), const64(t, a->x), const64(t, a->y), 0);
    a32_exit_next(t);
    return true;
}

/* -- Hints -- */

enum { HINT_YIELD = 1, HINT_WFE, HINT_WFI, HINT_SEV };

bool a32_m_hint(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    switch (a->imm) {
    case HINT_YIELD:
        ir_call(u, &arm_helper_yield, IR_VOID, 0, 0, 0, 0);
        return true;
    case HINT_WFE:
    case HINT_WFI:
        a32_set_it_next(t);
        ir_call(u, &armm_helper_wait, IR_VOID, const64(t, a->imm == HINT_WFE), const64(t, length(t)), 0, 0);
        ir_call(u, &arm_helper_a32_key, IR_VOID, 0, 0, 0, 0);
        ir_exit_main(u);
        t->ended = true;
        return true;
    case HINT_SEV:
        ir_call(u, &armm_helper_sev, IR_VOID, 0, 0, 0, 0);
        return true;
    default:
        return true;
    }
}

/* -- FP and other coprocessors -- */

static bool no_coprocessor(struct translator *t, const struct a32_args *a)
{
    usage_fault(t, CFSR_NOCP);
    return true;
}

static const struct a32_insn nocp = { .name = "nocp", .trans = no_coprocessor };

bool m_fp_trapped(struct translator *t)
{
    if (t->mode & 3u << ARMKEY_FP_SHIFT)
        return no_coprocessor(t, NULL);
    if (!(word1(t) & ARMKEY_FP_CONTEXT))
        return false;
    /* The context is made, and the instruction comes again under another key. */
    ir_store_state(t->u, IR_MEM_64, offsetof(struct cpu, pc), pc_const(t, t->pc));
    ir_call(t->u, &armm_helper_fp_context, IR_VOID, 0, 0, 0, 0);
    a32_exit_state(t);
    return true;
}

/* Of a core without FP they do nothing. */
bool a32_m_vlstm(struct translator *t, const struct a32_args *a)
{
    if (a->rn == 15 || !(word1(t) & ARMKEY_SECURE))
        return false;
    if (!t->config->has[ARMF_fp])
        return true;
    if (t->mode & 3u << ARMKEY_FP_SHIFT)
        return no_coprocessor(t, a);
    ir_call(t->u, &armm_helper_vlstm, IR_VOID, address(t, get32(t, a->rn)), const64(t, a->s), 0, 0);
    a32_exit_next(t);
    return true;
}

/* There are 16 doubles, and arithmetic with them on some cores only. */
static bool fp_exists(const struct translator *t)
{
    enum { D = 1 << 22, N = 1 << 7, M = 1 << 5 };
    bool dp = t->config->has[ARMF_fp_dp], arithmetic = (t->insn & 0x0f000010) == 0x0e000000, sz = t->insn >> 8 & 1;
    if (!arithmetic) {
        bool lane = (t->insn & 0x0f000010) == 0x0e000010, two = (t->insn & 0x0fe00000) == 0x0c400000;
        return !sz || !(t->insn & (lane ? N : two ? M : D));
    }
    unsigned op = bits(t->insn, 16, 4) << 1 | bits(t->insn, 7, 1);
    bool one = (t->insn & 0x00b00040) == 0x00b00040; /* VFP's instructions of two operands */
    if (one && op == 15) /* between precisions */
        return dp && !(t->insn & (sz ? M : D));
    if (!sz)
        return true;
    bool fixed = op >= 28 || (op >= 20 && op < 24);
    if (one && (op == 4 || op == 5 || op == 16 || op == 17 || fixed)) /* from half precision, from an integer */
        return dp && !(t->insn & D);
    if (one && (op == 6 || op == 7 || (op >= 24 && op < 28))) /* to them */
        return dp && !(t->insn & M);
    return dp && !(t->insn & (one ? D | M : D | N | M));
}

static const struct a32_insn *decode_coprocessor(const struct translator *t, struct a32_args *a)
{
    unsigned cp = bits(t->insn, 8, 4);
    if ((cp != 10 && cp != 11) || (t->mode & 3u << ARMKEY_FP_SHIFT))
        return &nocp;
    if (bits(t->insn, 24, 4) == 15) /* A32 has SVC there, T32 Advanced SIMD */
        return NULL;
    const struct a32_insn *insn = a32_decode(t->config->has, t->insn, a);
    bool other_status = insn && insn->trans == a32_vmrs && a->op != 1; /* only FPSCR is a register */
    return insn && fp_exists(t) && !other_status ? insn : NULL;
}

/* FPv5's instructions beside Armv7's: VSEL, VMAXNM and VMINNM, then VRINTA and the like, and VCVTA. */
bool m_is_fpv5(const struct translator *t)
{
    enum { D = 1 << 22, N = 1 << 7, M = 1 << 5 };
    if (is_narrow(t) || t->insn >> 24 != 0xfe || bits(t->insn, 9, 3) != 5 || (t->insn & 0x10))
        return false;
    bool one = (t->insn & 0x00b00000) == 0x00b00000, to_integer = one && (t->insn & 0x40000);
    bool high = t->insn & (to_integer ? M : one ? D | M : D | N | M);
    return !(t->insn >> 8 & 1) || (t->config->has[ARMF_fp_dp] && !high);
}

/* -- Decoding -- */

/* Divisions by zero trap, where CCR asks for that. */
static void check_division(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    unsigned zero = ir_new_block(u, true), good = ir_new_block(u, false);
    ir_brcc(u, IR_EQ, get32(t, a->rm), const32(t, 0), zero, good);
    ir_place_block(u, zero);
    bool ended = t->ended;
    usage_fault(t, CFSR_DIVBYZERO);
    t->ended = ended;
    ir_place_block(u, good);
}

static bool checked_division(struct translator *t, const struct a32_args *a)
{
    check_division(t, a);
    return a32_sdiv(t, a);
}

const struct a32_insn *m_decode(const struct translator *t, struct a32_args *a)
{
    static const struct a32_insn trapping = { .name = "sdiv", .trans = checked_division };
    const bool *has = t->config->has;
    const struct a32_insn *insn = is_narrow(t) ? t16m_decode(has, t->insn, a) : t32m_decode(has, t->insn, a);
    if (!insn && is_narrow(t))
        insn = t16_decode(has, t->insn, a);
    else if (!insn && (t->insn & 0xec000000) == 0xec000000 && has[ARMF_v7])
        insn = decode_coprocessor(t, a);
    else if (!insn)
        insn = t32_decode(has, t->insn, a);
    return insn && insn->trans == a32_sdiv && (word1(t) & ARMKEY_DIV0) ? &trapping : insn;
}
