/* SPDX-License-Identifier: BSD-2-Clause */
/* System instructions: manual, chapter C4.1, "Branches, Exception Generating and System instructions". */
#include "semihost.h"
#include "sysreg.h"
#include "trans.h"

/* An index of CPU state as translated code accesses it. */
#define STATE(m) offsetof(struct arm_cpu, m)

/* -- Exceptions -- */

/*
 * SVC, HVC, SMC: they return behind the instruction, and may change all that the mode depends on. Those that firmware of
 * ours may answer by a halt go to the loop.
 */
static bool call_level(struct translator *t, const struct ir_helper *h, unsigned imm)
{
    set_pc_next(t);
    if (t->mode & ARMKEY_SS) /* the step is done when the handler begins */
        ir_call(t->u, &arm_helper_stepped, IR_VOID, 0, 0, 0, 0);
    ir_call(t->u, h, IR_VOID, const64(t, imm), 0, 0, 0);
    if (h == &arm_helper_svc)
        ir_exit_state(t->u);
    else
        ir_exit_main(t->u);
    t->ended = true;
    return true;
}

static bool semihosting(struct translator *t)
{
    ir_call(t->u, &arm_helper_semihost, IR_VOID, 0, 0, 0, 0);
    if (t->mode & ARMKEY_SS)
        ir_call(t->u, &arm_helper_stepped, IR_VOID, 0, 0, 0, 0);
    ir_exit_main(t->u);
    t->ended = true;
    return true;
}

static bool exception_generation(struct translator *t)
{
    unsigned opc = bits(t->insn, 21, 3), imm = bits(t->insn, 5, 16), low = t->insn & 31;
    if (opc == 0 && low == 1)
        return call_level(t, &arm_helper_svc, imm);
    if (opc == 0 && low == 2 && t->el)
        return call_level(t, &arm_helper_hvc, imm);
    if (opc == 0 && low == 3 && t->el)
        return call_level(t, &arm_helper_smc, imm);
    if (opc == 1 && low == 0) {
        ir_call(t->u, &arm_helper_brk, IR_VOID, const64(t, imm), 0, 0, 0);
        ir_exit_main(t->u);
        t->ended = true;
        return true;
    }
    if (opc == 2 && low == 0 && imm == 0xf000 && semihost_enabled(t->el))
        return semihosting(t);
    return false; /* other HLT, and DCPS, too: there is no external debugger */
}

/* key: -1, or that of ERETAA, ERETAB */
static bool eret(struct translator *t, int key)
{
    if (!t->el)
        return false;
    if (key >= 0 && !t->config->has[ARMF_pauth])
        return false;
    ir_val target = ir_load_state(t->u, IR_I64, IR_MEM_64, STATE(elr[t->el]));
    if (key >= 0)
        target = pauth_return(t, key, target);
    ir_call(t->u, &arm_helper_eret, IR_VOID, target, 0, 0, 0);
    ir_exit_state(t->u);
    t->ended = true;
    return true;
}

/* -- Hints -- */

static bool hint(struct translator *t)
{
    unsigned n = bits(t->insn, 5, 7);
    if (n == 7 || (n >= 8 && n < 16) || (n >= 24 && n < 32))
        return pauth_hint(t, n);
    switch (n) {
    case 1: /* YIELD */
        ir_call(t->u, &arm_helper_yield, IR_VOID, 0, 0, 0, 0);
        return true;
    case 2: /* WFE */
        ir_call(t->u, &arm_helper_wfe, IR_VOID, 0, 0, 0, 0);
        ir_exit_main(t->u);
        t->ended = true;
        return true;
    case 4: /* SEV */
    case 5: /* SEVL */
        ir_call(t->u, &arm_helper_sev, IR_VOID, const64(t, n == 4), 0, 0, 0);
        return true;
    case 3: /* WFI */
        ir_call(t->u, &arm_helper_wfi, IR_VOID, 0, 0, 0, 0);
        ir_exit_main(t->u);
        t->ended = true;
        return true;
    default:
        return true;
    }
}

/* -- Barriers -- */

static void fence(struct translator *t)
{
    switch (bits(t->insn, 8, 2)) { /* what is ordered, by CRm */
    case 1: /* loads with what follows */
        ir_fence_op(t->u, IR_FENCE_R, IR_FENCE_R | IR_FENCE_W);
        break;
    case 2: /* stores with stores */
        ir_fence_op(t->u, IR_FENCE_W, IR_FENCE_W);
        break;
    default:
        ir_fence_op(t->u, IR_FENCE_R | IR_FENCE_W, IR_FENCE_R | IR_FENCE_W);
    }
}

/* Behind TLBI that other CPUs must do too, wait for them. */
static void dsb(struct translator *t)
{
    struct ir_unit *u = t->u;
    unsigned wait = ir_new_block(u, true), on = ir_new_block(u, false);
    fence(t);
    ir_brcc(u, IR_NE, ir_load_state(u, IR_I32, IR_MEM_32, STATE(tlbi_posted)), const32(t, 0), wait, on);
    ir_place_block(u, wait);
    ir_call(u, &arm_helper_dsb, IR_VOID, 0, 0, 0, 0);
    set_pc_next(t);
    ir_exit_main(u);
    ir_place_block(u, on);
}

static bool barrier(struct translator *t)
{
    switch (bits(t->insn, 5, 3)) {
    case 2: /* CLREX */
        ir_store_state(t->u, IR_MEM_64, STATE(excl_addr), const64(t, ~UINT64_C(0)));
        return true;
    case 1: /* DSB nXS */
    case 4: /* DSB, SSBB, PSSBB */
        dsb(t);
        return true;
    case 5: /* DMB */
        fence(t);
        return true;
    case 6: /* ISB: what was changed before counts from the next instruction on */
        exit_next(t);
        return true;
    case 7: /* SB */
        return t->config->has[ARMF_sb];
    default:
        return false;
    }
}

/* -- MSR (immediate) -- */

static ir_val load_pstate(struct translator *t)
{
    return ir_load_state(t->u, IR_I32, IR_MEM_32, STATE(pstate));
}

static void store_pstate(struct translator *t, ir_val v)
{
    ir_store_state(t->u, IR_MEM_32, STATE(pstate), v);
}

#define MDSCR_ENABLES 0x8001u /* SS, MDE: debug exceptions that PSTATE.D may mask */

/*
 * PSTATE.DAIF was written: debug exceptions may be enabled or not, and, where bits were cleared, an interrupt that can be
 * taken now is.
 */
static void masks_changed(struct translator *t, bool set)
{
    struct ir_unit *u = t->u;
    ir_val look = ir_op2(u, IR_AND, ir_load_state(u, IR_I32, IR_MEM_32, STATE(mdscr)), const32(t, MDSCR_ENABLES));
    if (!set)
        look = ir_op2(u, IR_OR, look, ir_load_state(u, IR_I32, IR_MEM_32, STATE(lines)));
    if (!set && t->config->has[ARMF_el2]) {
        ir_val h = ir_load_state(u, IR_I32, IR_MEM_32, STATE(hcr));
        look = ir_op2(u, IR_OR, look, ir_op2(u, IR_AND, h, const32(t, HCR_VI | HCR_VF | HCR_VSE)));
    }
    unsigned wait = ir_new_block(u, true), on = ir_new_block(u, false);
    ir_brcc(u, IR_NE, look, const32(t, 0), wait, on);
    ir_place_block(u, wait);
    ir_call(u, &arm_helper_masks, IR_VOID, 0, 0, 0, 0);
    set_pc_next(t);
    ir_exit_state(u);
    ir_place_block(u, on);
}

/* From EL0 SCTLR_EL1.UMA decides: the register's row has that. */
static bool daif_immediate(struct translator *t, bool set, unsigned imm)
{
    if (!t->el) {
        const struct arm_sysreg *r = arm_sysreg_find(t->config, ARM_SYSREG(3, 3, 4, 2, 1));
        ir_call(t->u, &arm_helper_mrs, IR_I64, const64(t, (uintptr_t)r), const64(t, t->insn), 0, 0);
    }
    ir_val mask = const32(t, imm << 6);
    store_pstate(t, ir_op2(t->u, set ? IR_OR : IR_ANDN, load_pstate(t), mask));
    if (!set || (imm & 8 /* D */))
        masks_changed(t, set);
    return true;
}

static bool flag_instruction(struct translator *t, unsigned op2)
{
    struct ir_unit *u = t->u;
    ir_val n = flag_setcc(t, IR_FLAG_S, IR_I32), z = flag_setcc(t, IR_FLAG_Z, IR_I32);
    ir_val c = flag_setcc(t, IR_FLAG_C, IR_I32), v = flag_setcc(t, IR_FLAG_O, IR_I32);
    ir_val one = const32(t, 1), out[4];
    switch (op2) {
    case 0: /* CFINV */
        out[0] = n, out[1] = z, out[2] = ir_op2(u, IR_XOR, c, one), out[3] = v;
        break;
    case 1: /* XAFLAG */
        out[0] = ir_op2(u, IR_ANDN, ir_op2(u, IR_XOR, c, one), z);
        out[1] = ir_op2(u, IR_AND, z, c);
        out[2] = ir_op2(u, IR_OR, c, z);
        out[3] = ir_op2(u, IR_ANDN, z, c);
        break;
    default: /* AXFLAG */
        out[0] = out[3] = const32(t, 0);
        out[1] = ir_op2(u, IR_OR, z, v);
        out[2] = ir_op2(u, IR_ANDN, c, v);
    }
    ir_val packed = const32(t, 0);
    for (unsigned i = 0; i < 4; i++)
        packed = ir_op2(u, IR_OR, packed, ir_op2(u, IR_SHL, out[i], const32(t, 31 - i)));
    set_nzcv(t, packed);
    return true;
}

static bool key_pstate(struct translator *t, uint32_t bit, bool set)
{
    const struct arm_config *c = t->config;
    uint16_t enc = bit == PSTATE_UAO ? ARM_SYSREG(3, 0, 4, 2, 4) : bit == PSTATE_SSBS ? ARM_SYSREG(3, 3, 4, 2, 6)
                                                                                       : ARM_SYSREG(3, 3, 4, 2, 5);
    const struct arm_sysreg *r = arm_sysreg_find(c, enc);
    if (!r)
        return false;
    ir_call(t->u, &arm_helper_msr, IR_VOID, const64(t, (uintptr_t)r), const64(t, set ? bit : 0), const64(t, 0), 0);
    exit_next(t);
    return true;
}

static bool msr_immediate(struct translator *t)
{
    unsigned op1 = bits(t->insn, 16, 3), op2 = bits(t->insn, 5, 3), imm = bits(t->insn, 8, 4);
    switch (op1 << 3 | op2) {
    case 000: /* CFINV */
        return t->config->has[ARMF_flagm] && flag_instruction(t, op2);
    case 001: /* XAFLAG */
    case 002: /* AXFLAG */
        return t->config->has[ARMF_flagm2] && flag_instruction(t, op2);
    case 003: /* UAO */
        return t->el && key_pstate(t, PSTATE_UAO, imm & 1);
    case 004: /* PAN */
        if (!t->el || !t->config->has[ARMF_pan])
            return false;
        ir_call(t->u, &arm_helper_pan, IR_VOID, const64(t, imm & 1), 0, 0, 0);
        return true;
    case 005: { /* SPSel */
        const struct arm_sysreg *r = arm_sysreg_find(t->config, ARM_SYSREG(3, 0, 4, 2, 0));
        if (!t->el)
            return false;
        ir_call(t->u, &arm_helper_msr, IR_VOID, const64(t, (uintptr_t)r), const64(t, imm & 1), const64(t, 0), 0);
        exit_next(t);
        return true;
    }
    case 031: /* SSBS */
        return key_pstate(t, PSTATE_SSBS, imm & 1);
    case 032: /* DIT */
        return key_pstate(t, PSTATE_DIT, imm & 1);
    case 036:
        return daif_immediate(t, true, imm);
    case 037:
        return daif_immediate(t, false, imm);
    default:
        return false;
    }
}

/* -- SYS: caches, address translation -- */

static bool cache_operation(struct translator *t, uint64_t hcr)
{
    if (t->el < 2 && (!t->el || t->config->has[ARMF_el2]))
        ir_call(t->u, &arm_helper_cache, IR_VOID, const64(t, t->insn), const64(t, hcr), 0, 0);
    return true;
}

/* 64 bytes, whatever DCZID_EL0 says: it says that. */
static bool dc_zva(struct translator *t)
{
    struct ir_unit *u = t->u;
    if (!t->el || (t->el == 1 && (t->mode & ARMKEY_HCR_TRAPS)))
        ir_call(u, &arm_helper_no_zva, IR_VOID, const64(t, t->insn), 0, 0, 0);
    ir_val block = ir_op2(u, IR_AND, get_x(t, t->insn & 31), const64(t, ~UINT64_C(63)));
    ir_val zero = ir_vector(u, IR_VDUP, IR_V128, IR_LANE_64, 0, const64(t, 0), 0, 0);
    for (unsigned i = 0; i < 4; i++)
        ir_store(u, IR_MEM_128, block, 16 * i, zero);
    return true;
}

static bool sys(struct translator *t)
{
    unsigned op1 = bits(t->insn, 16, 3), op2 = bits(t->insn, 5, 3);
    unsigned crn = bits(t->insn, 12, 4), crm = bits(t->insn, 8, 4);
    ir_val x = get_x(t, t->insn & 31);
    if (crn == 8) { /* TLBI */
        if (t->el < (op1 == 0 ? 1u : op1 == 4 ? 2u : 3u) || !arm_tlbi_exists(t->config, bits(t->insn, 5, 16)))
            return false;
        ir_call(t->u, &arm_helper_tlbi, IR_VOID, const64(t, t->insn), x, 0, 0);
        exit_next(t);
        return true;
    }
    if (crn != 7)
        return false;
    switch (op1 << 8 | crm << 4 | op2) {
    case 0x010: /* IC IALLUIS */
    case 0x050: /* IC IALLU */
        return t->el && cache_operation(t, HCR_TPU);
    case 0x351: /* IC IVAU */
        return cache_operation(t, HCR_TPU);
    case 0x061: /* DC IVAC */
        return t->el && cache_operation(t, HCR_TPC);
    case 0x062: /* DC ISW, CSW, CISW */
    case 0x0a2:
    case 0x0e2:
        return t->el && cache_operation(t, HCR_TSW);
    case 0x341:
        return dc_zva(t);
    case 0x3a1: /* DC CVAC, CVAU, CIVAC */
    case 0x3e1:
        return cache_operation(t, HCR_TPC);
    case 0x3b1:
        return cache_operation(t, HCR_TPU);
    case 0x3c1: /* DC CVAP */
        return t->config->has[ARMF_dpb] && cache_operation(t, HCR_TPC);
    case 0x3d1: /* DC CVADP */
        return t->config->has[ARMF_dpb2] && cache_operation(t, HCR_TPC);
    case 0x080: case 0x081: case 0x082: case 0x083: /* AT S1E1R, S1E1W, S1E0R, S1E0W */
    case 0x480: case 0x481: case 0x484: case 0x485: case 0x486: case 0x487: /* AT S1E2R, S1E2W, S12E1R ... */
    case 0x680: case 0x681: /* AT S1E3R, S1E3W */
    case 0x090: case 0x091: /* AT S1E1RP, S1E1WP */
        if (t->el < (op1 == 0 ? 1u : op1 == 4 ? 2u : 3u) || (crm == 9 && !t->config->has[ARMF_pan2]))
            return false;
        ir_call(t->u, &arm_helper_at, IR_VOID, const64(t, t->insn), x, 0, 0);
        return true;
    default:
        return false;
    }
}

/* -- MSR, MRS (register) -- */

/* The register is only a member of arm_cpu, and nothing can trap the access in this mode. */
static bool in_place(const struct translator *t, const struct arm_sysreg *r, bool write)
{
    if (r->offset < 0 || (write ? r->write || !r->quiet : (bool)r->read))
        return false;
    switch (r->trap) {
    case TRAP_NONE:
        return true;
    case TRAP_VM:
        return !(t->mode & ARMKEY_HCR_TRAPS) && t->el;
    default:
        return false;
    }
}

static ir_val masked(struct translator *t, const struct arm_sysreg *r, ir_val v)
{
    if (r->mask == UINT64_MAX)
        return v;
    ir_val old = ir_load_state(t->u, IR_I64, IR_MEM_64, r->offset);
    ir_val keep = ir_op2(t->u, IR_AND, old, const64(t, ~r->mask));
    return ir_op2(t->u, IR_OR, keep, ir_op2(t->u, IR_AND, v, const64(t, r->mask)));
}

static bool is_sp_el0(const struct translator *t, const struct arm_sysreg *r)
{
    return r->offset == (int32_t)STATE(sp_el[0]) && (t->mode & ARMKEY_SPSEL);
}

/* Cases that are done in place although the row has functions. True: it was one. */
static bool mrs_special(struct translator *t, const struct arm_sysreg *r, unsigned rt)
{
    struct ir_unit *u = t->u;
    if (is_sp_el0(t, r)) {
        set_r(t, rt, ir_load_state(u, IR_I64, IR_MEM_64, STATE(sp_el[0])));
        return true;
    }
    switch (r->enc) {
    case ARM_SYSREG(3, 3, 4, 2, 0): /* NZCV */
        set_r(t, rt, packed_flags(t));
        return true;
    case ARM_SYSREG(3, 3, 4, 2, 1): /* DAIF */
        if (!t->el)
            return false;
        set_r(t, rt, ir_op2(u, IR_AND, load_pstate(t), const32(t, PSTATE_DAIF)));
        return true;
    case ARM_SYSREG(3, 0, 4, 2, 2): /* CurrentEL */
        set_r(t, rt, const64(t, t->el << 2));
        return true;
    default:
        return false;
    }
}

static bool msr_special(struct translator *t, const struct arm_sysreg *r, unsigned rt)
{
    struct ir_unit *u = t->u;
    if (is_sp_el0(t, r)) {
        ir_store_state(u, IR_MEM_64, STATE(sp_el[0]), get_x(t, rt));
        return true;
    }
    switch (r->enc) {
    case ARM_SYSREG(3, 3, 4, 2, 0): /* NZCV */
        set_nzcv(t, ir_op2(u, IR_AND, get_w(t, rt), const32(t, PSTATE_NZCV)));
        return true;
    case ARM_SYSREG(3, 3, 4, 2, 1): { /* DAIF */
        if (!t->el)
            return false;
        ir_val rest = ir_op2(u, IR_AND, load_pstate(t), const32(t, ~PSTATE_DAIF));
        store_pstate(t, ir_op2(u, IR_OR, rest, ir_op2(u, IR_AND, get_w(t, rt), const32(t, PSTATE_DAIF))));
        masks_changed(t, false);
        return true;
    }
    default:
        return false;
    }
}

static bool move_register(struct translator *t, bool read)
{
    struct ir_unit *u = t->u;
    unsigned rt = t->insn & 31;
    uint16_t enc = arm_sysreg_redirect(t->mode, bits(t->insn, 5, 16));
    const struct arm_sysreg *r = arm_sysreg_find(t->config, enc);
    if (!r || t->el < (read ? r->el_read : r->el_write))
        return false;
    if (r->trap == TRAP_FP && fp_trapped(t))
        return true;
    if (read ? mrs_special(t, r, rt) : msr_special(t, r, rt))
        return true;
    ir_val row = const64(t, (uintptr_t)r), insn = const64(t, t->insn);
    if (read) {
        ir_val v = in_place(t, r, false) ? ir_load_state(u, IR_I64, IR_MEM_64, r->offset)
                                         : ir_call(u, &arm_helper_mrs, IR_I64, row, insn, 0, 0);
        set_r(t, rt, v);
        if (!r->quiet)
            forget_flags(t); /* of RNDR they are set */
        return true;
    }
    if (in_place(t, r, true)) {
        ir_store_state(u, IR_MEM_64, r->offset, masked(t, r, get_x(t, rt)));
        return true;
    }
    ir_call(u, &arm_helper_msr, IR_VOID, row, get_x(t, rt), insn, 0);
    if (!r->quiet)
        exit_next(t);
    return true;
}

/* -- All of them -- */

bool arm_decode_system(struct translator *t)
{
    uint32_t insn = t->insn;
    if (insn >> 24 == 0xd4)
        return exception_generation(t);
    if (insn == 0xd69f03e0)
        return eret(t, -1);
    if (insn == 0xd69f0bff || insn == 0xd69f0fff)
        return eret(t, insn >> 10 & 1);
    if (insn >> 22 != 0x354) /* 1101 0101 00 */
        return false;
    bool read = insn >> 21 & 1;
    unsigned op0 = bits(insn, 19, 2), crn = bits(insn, 12, 4), op1 = bits(insn, 16, 3);
    if (op0 >= 2)
        return move_register(t, read);
    if (op0 == 1)
        return !read && sys(t);
    if (read || (insn & 31) != 31)
        return false;
    if (op1 == 3 && crn == 2)
        return hint(t);
    if (op1 == 3 && crn == 3)
        return barrier(t);
    return crn == 4 && msr_immediate(t);
}
