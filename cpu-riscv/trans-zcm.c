/* SPDX-License-Identifier: BSD-2-Clause */
/* Zcmp and Zcmt: pushes, pops, moves of s registers, jumps through a table. Manual: volume I, "Zc*". */
#include "trans.h"

/* False: the list names registers that RV32E and RV64E have not. */
static bool list_exists(const struct translator *t, const struct riscv_args *a)
{
    return !t->config->has[RVF_e] || riscv_list_saved(a->uimm) <= 2;
}

/* Register i of a list: ra, s0, s1 and so on. They are in memory in this order, the last one at the top. */
static unsigned list_register(unsigned i)
{
    return i ? riscv_saved_register(i - 1) : 1;
}

static int32_t adjustment(const struct translator *t, const struct riscv_args *a)
{
    return riscv_list_bytes(a->uimm, t->rv32) + a->imm;
}

static void add_to_sp(struct translator *t, int32_t n)
{
    set_x(t, 2, ir_op2(t->u, IR_ADD, get_x(t, 2), xconst(t, n)));
}

/* sp and the registers change only after the last access: what faulted can run again. */
bool trans_cm_push(struct translator *t, const struct riscv_args *a)
{
    unsigned n = riscv_list_saved(a->uimm) + 1, memop = t->rv32 ? IR_MEM_32 : IR_MEM_64;
    int32_t bytes = t->rv32 ? 4 : 8, at = 0;
    if (!list_exists(t, a))
        return false;
    for (unsigned i = n; i-- > 0;)
        store_at(t, memop, 2, at -= bytes, get_x(t, list_register(i)));
    add_to_sp(t, -adjustment(t, a));
    return true;
}

bool trans_cm_pop(struct translator *t, const struct riscv_args *a)
{
    unsigned n = riscv_list_saved(a->uimm) + 1, memop = t->rv32 ? IR_MEM_32 | IR_MEM_SIGNED : IR_MEM_64;
    int32_t bytes = t->rv32 ? 4 : 8, at = adjustment(t, a);
    ir_val values[13];
    if (!list_exists(t, a))
        return false;
    for (unsigned i = n; i-- > 0;)
        values[i] = load_at(t, t->xl, memop, 2, at -= bytes);
    for (unsigned i = 0; i < n; i++)
        set_x(t, list_register(i), values[i]);
    add_to_sp(t, adjustment(t, a));
    return true;
}

static bool pop_and_return(struct translator *t, const struct riscv_args *a, bool zero)
{
    if (!trans_cm_pop(t, a))
        return false;
    if (zero)
        set_x(t, 10, xconst(t, 0));
    ir_exit_reg(t->u, ir_op2(t->u, IR_AND, get_x64(t, 1), const64(t, ~UINT64_C(1))));
    t->ended = true;
    return true;
}

TRANS(cm_popret, pop_and_return(t, a, false))
TRANS(cm_popretz, pop_and_return(t, a, true))

/* Twice the same register is reserved. */
bool trans_cm_mvsa01(struct translator *t, const struct riscv_args *a)
{
    if (a->rs1 == a->rs2)
        return false;
    ir_val a0 = get_x(t, 10), a1 = get_x(t, 11);
    set_x(t, a->rs1, a0);
    set_x(t, a->rs2, a1);
    return true;
}

bool trans_cm_mva01s(struct translator *t, const struct riscv_args *a)
{
    ir_val first = get_x(t, a->rs1), second = get_x(t, a->rs2);
    set_x(t, 10, first);
    set_x(t, 11, second);
    return true;
}

/* cm.jt, and from index 32 on cm.jalt, which links. */
bool trans_table_jump(struct translator *t, const struct riscv_args *a)
{
    unsigned index = a->imm + a->uimm;
    ir_val target = ir_call(t->u, &riscv_helper_table_jump, IR_I64, const64(t, index), const64(t, t->insn), 0, 0);
    if (index >= 32)
        set_x(t, 1, pc_const(t, t->next));
    ir_exit_reg(t->u, target);
    t->ended = true;
    return true;
}
