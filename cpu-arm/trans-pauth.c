/* SPDX-License-Identifier: BSD-2-Clause */
/* A64: pointer authentication, and landing pads of branches. Manual: DDI 0487, D8.10 and D8.4.6. */
#include "pauth.h"
#include "trans-a64.h"

/* -- Codes -- */

/* SCTLR_ELx lets the key's instructions do something. */
static bool enabled(const struct translator *t, unsigned key)
{
    return t->mode >> (ARMKEY_PAC_SHIFT + key) & 1;
}

static ir_val signed_pointer(struct translator *t, unsigned key, ir_val ptr, ir_val modifier)
{
    return enabled(t, key) ? ir_call(t->u, &arm_helper_pac, IR_I64, ptr, modifier, const64(t, key), 0) : ptr;
}

static ir_val authenticated(struct translator *t, unsigned key, ir_val ptr, ir_val modifier, bool combined)
{
    ir_val what = const64(t, key | (combined ? PAUTH_COMBINED : 0));
    return enabled(t, key) ? ir_call(t->u, &arm_helper_aut, IR_I64, ptr, modifier, what, 0) : ptr;
}

/* Register 32 stands for the modifier zero, 31 for SP. */
static ir_val modifier(struct translator *t, unsigned n)
{
    return n == 32 ? const64(t, 0) : get_x_sp(t, n);
}

bool a64_pac(struct translator *t, const struct a64_args *a)
{
    set_r(t, a->rd, signed_pointer(t, a->op, get_x(t, a->rd), modifier(t, a->rn)));
    return true;
}

bool a64_aut(struct translator *t, const struct a64_args *a)
{
    set_r(t, a->rd, authenticated(t, a->op, get_x(t, a->rd), modifier(t, a->rn), false));
    return true;
}

bool a64_pacga(struct translator *t, const struct a64_args *a)
{
    set_r(t, a->rd, ir_call(t->u, &arm_helper_pacga, IR_I64, get_x(t, a->rn), get_x_sp(t, a->rm), 0, 0));
    return true;
}

static ir_val stripped(struct translator *t, ir_val ptr, bool data)
{
    return ir_call(t->u, &arm_helper_xpac, IR_I64, ptr, const64(t, data), 0, 0);
}

bool a64_xpac(struct translator *t, const struct a64_args *a)
{
    set_r(t, a->rd, stripped(t, get_x(t, a->rd), a->op));
    return true;
}

bool pauth_hint(struct translator *t, unsigned n)
{
    bool b = n & 2;
    if (!t->config->has[ARMF_pauth])
        return true;
    switch (n) {
    case 7: /* XPACLRI */
        set_r(t, 30, stripped(t, get_x(t, 30), false));
        return true;
    case 8: case 10: /* PACIA1716, PACIB1716 */
        set_r(t, 17, signed_pointer(t, b, get_x(t, 17), get_x(t, 16)));
        return true;
    case 12: case 14: /* AUTIA1716, AUTIB1716 */
        set_r(t, 17, authenticated(t, b, get_x(t, 17), get_x(t, 16), false));
        return true;
    case 24: case 25: case 26: case 27: /* PACIAZ, PACIASP, PACIBZ, PACIBSP */
        set_r(t, 30, signed_pointer(t, b, get_x(t, 30), modifier(t, n & 1 ? 31 : 32)));
        return true;
    case 28: case 29: case 30: case 31: /* AUTIAZ, AUTIASP, AUTIBZ, AUTIBSP */
        set_r(t, 30, authenticated(t, b, get_x(t, 30), modifier(t, n & 1 ? 31 : 32), false));
        return true;
    default:
        return true;
    }
}

/* -- Branches and loads -- */

/* Rm is SP or a register with bit set, else the modifier is zero. */
static ir_val target(struct translator *t, const struct a64_args *a)
{
    return authenticated(t, a->op, get_x(t, a->rn), a->bit ? get_x_sp(t, a->rm) : const64(t, 0), true);
}

bool a64_bra(struct translator *t, const struct a64_args *a)
{
    exit_register(t, target(t, a), a->rn == 16 || a->rn == 17 ? BTYPE_JUMP_IP : BTYPE_JUMP);
    return true;
}

bool a64_blra(struct translator *t, const struct a64_args *a)
{
    ir_val to = target(t, a);
    set_r(t, 30, pc_const(t, t->next));
    exit_register(t, to, BTYPE_CALL);
    return true;
}

ir_val pauth_return(struct translator *t, unsigned key, ir_val ptr)
{
    return authenticated(t, key, ptr, get_x_sp(t, 31), true);
}

bool a64_reta(struct translator *t, const struct a64_args *a)
{
    exit_register(t, pauth_return(t, a->op, get_x(t, 30)), BTYPE_RETURN);
    return true;
}

/* The base is authenticated by a data key; opt: it is written back. */
bool a64_ldra(struct translator *t, const struct a64_args *a)
{
    ir_val base = base_address(t, a->rn);
    base = authenticated(t, PAUTH_DA + a->op, base, const64(t, 0), true);
    ir_val addr = ir_op2(t->u, IR_ADD, base, const64(t, a->imm));
    ir_val v = ir_load(t->u, IR_I64, memop_of(t, IR_MEM_64), addr, 0);
    if (a->opt)
        set_r_sp(t, a->rn, addr);
    set_r(t, a->rd, v);
    return true;
}
