/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSR and system instructions. Manual: volume I, "Zicsr", "Zawrs"; volume II, machine and supervisor levels, "Svinval".
 */
#include "semihost.h"
#include "trans.h"

/* -- CSRs -- */

/* CSRs that are only a register of riscv_cpu: read in place, and written too where a write stores any value. */
static const struct plain_csr {
    uint16_t csr;
    bool write;
    uint32_t offset;
} plain_csrs[] = {
    {0x105, false, offsetof(struct riscv_cpu, stvec)},
    {0x140, true, offsetof(struct riscv_cpu, sscratch)},
    {0x141, false, offsetof(struct riscv_cpu, sepc)},
    {0x142, true, offsetof(struct riscv_cpu, scause)},
    {0x143, true, offsetof(struct riscv_cpu, stval)},
    {0x305, false, offsetof(struct riscv_cpu, mtvec)},
    {0x340, true, offsetof(struct riscv_cpu, mscratch)},
    {0x341, false, offsetof(struct riscv_cpu, mepc)},
    {0x342, true, offsetof(struct riscv_cpu, mcause)},
    {0x343, true, offsetof(struct riscv_cpu, mtval)},
};

/* The row for an access that is surely legal, or NULL. */
static const struct plain_csr *plain_csr(const struct translator *t, unsigned csr, bool write)
{
    unsigned level = bits(csr, 8, 2);
    if (t->prv < level || (level == PRV_S && !t->config->has[RVF_s]))
        return NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(plain_csrs); i++) {
        if (plain_csrs[i].csr == csr)
            return write && !plain_csrs[i].write ? NULL : &plain_csrs[i];
    }
    return NULL;
}

/* True if writing the CSR changes nothing that translations, regimes or pending interrupts depend on. */
static bool write_keeps_state(const struct translator *t, unsigned csr)
{
    switch (csr) {
    case 0x001: /* fflags */
        return t->fs == RVFS_DIRTY;
    case 0x105: /* stvec, sepc, mtvec, mepc, scounteren, mcounteren */
    case 0x106:
    case 0x141:
    case 0x305:
    case 0x306:
    case 0x341:
        return true;
    default:
        return plain_csr(t, csr, true);
    }
}

#define CSR_SSTATUS 0x100u

enum csr_op { CSR_WRITE, CSR_SET, CSR_CLEAR };

/* operand: I64; a register's or an immediate. */
static bool csr_plain(struct translator *t, const struct riscv_args *a, const struct plain_csr *row, enum csr_op op,
                      bool write, ir_val operand)
{
    struct ir_unit *u = t->u;
    ir_val old = ir_load_state(u, IR_I64, IR_MEM_64, row->offset);
    if (write) {
        ir_val v = op == CSR_WRITE ? operand : ir_op2(u, op == CSR_SET ? IR_OR : IR_ANDN, old, operand);
        ir_store_state(u, IR_MEM_64, row->offset, v);
    }
    set_x64(t, a->rd, old);
    return true;
}

/* Any CSR by the helper. What it was before. */
static ir_val csr_call(struct translator *t, unsigned csr, enum csr_op op, bool write, ir_val operand)
{
    ir_val all = const64(t, t->rv32 ? UINT32_MAX : UINT64_MAX);
    ir_val value = op == CSR_WRITE ? operand : op == CSR_SET ? all : const64(t, 0);
    return ir_call(t->u, &riscv_helper_csr, IR_I64, const64(t, csr), value, op == CSR_WRITE ? all : operand,
                   const64(t, write | (uint64_t)t->insn << 32));
}

/*
 * -- sstatus --
 *
 * Kernels turn interrupts off and on, and open user memory to themselves, at every turn: bits of sstatus are set and
 * cleared in place where only SIE or only SUM is meant, without an end of the unit.
 */

static ir_val status(struct translator *t)
{
    return ir_load_state(t->u, IR_I64, IR_MEM_64, offsetof(struct riscv_cpu, mstatus));
}

static ir_val read_sstatus(struct translator *t)
{
    uint64_t uxl = t->rv32 ? 0 : UINT64_C(3) << MSTATUS_UXL_SHIFT, sd = UINT64_C(1) << (t->rv32 ? 31 : 63);
    ir_val v = ir_op2(t->u, IR_AND, status(t), const64(t, riscv_sstatus_mask(t->config) | uxl));
    return t->fs == RVFS_DIRTY ? ir_op2(t->u, IR_OR, v, const64(t, sd)) : v;
}

/* operand has no bit but SIE. An interrupt that can be taken now is taken behind this instruction. */
static void change_sie(struct translator *t, bool set, ir_val operand)
{
    static const uint32_t parts[] = {offsetof(struct riscv_cpu, mip_lines), offsetof(struct riscv_cpu, mip_sstc),
                                     offsetof(struct riscv_cpu, mip_soft)};
    struct ir_unit *u = t->u;
    ir_val v = ir_op2(u, set ? IR_OR : IR_ANDN, status(t), operand);
    ir_store_state(u, IR_MEM_64, offsetof(struct riscv_cpu, mstatus), v);
    if (!set)
        return;
    ir_val mip = const64(t, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(parts); i++)
        mip = ir_op2(u, IR_OR, mip, ir_load_state(u, IR_I64, IR_MEM_64, parts[i]));
    ir_val pending = ir_op2(u, IR_AND, mip, ir_load_state(u, IR_I64, IR_MEM_64, offsetof(struct riscv_cpu, mie)));
    ir_val more = ir_load_state(u, IR_I64, IR_MEM_64, offsetof(struct riscv_cpu, virtual_pending));
    unsigned look = ir_new_block(u, true), on = ir_new_block(u, false);
    ir_brcc(u, IR_NE, ir_op2(u, IR_OR, pending, more), const64(t, 0), look, on);
    ir_place_block(u, look);
    ir_call(u, &riscv_helper_interrupts, IR_VOID, 0, 0, 0, 0);
    set_next_pc(t);
    ir_exit_state(u);
    ir_place_block(u, on);
}

static void change_sum(struct translator *t, bool set)
{
    ir_call(t->u, &riscv_helper_sum, IR_VOID, const64(t, set), 0, 0, 0);
}

/* The value of v if the translation knows it. */
static bool known(const struct translator *t, ir_val v, uint64_t *k)
{
    *k = t->u->ops[v].imm;
    return t->u->ops[v].op == IR_CONST;
}

/* rs1's bits are set or cleared; what they are shows when it runs. rd is not rs1. */
static void change_sstatus(struct translator *t, const struct riscv_args *a, enum csr_op op)
{
    struct ir_unit *u = t->u;
    bool set = op == CSR_SET;
    unsigned on = ir_new_block(u, false), is_sum = ir_new_block(u, false), other = ir_new_block(u, true);
    if (set) { /* interrupts as they were before: SIE or nothing */
        unsigned is_sie = ir_new_block(u, false), no_sie = ir_new_block(u, false);
        ir_brcc(u, IR_EQ, ir_op2(u, IR_ANDN, get_x64(t, a->rs1), const64(t, MSTATUS_SIE)), const64(t, 0), is_sie,
                no_sie);
        ir_place_block(u, is_sie);
        change_sie(t, true, get_x64(t, a->rs1));
        ir_br(u, on);
        ir_place_block(u, no_sie);
    }
    ir_brcc(u, IR_EQ, get_x64(t, a->rs1), const64(t, MSTATUS_SUM), is_sum, other);
    ir_place_block(u, is_sum);
    change_sum(t, set);
    ir_br(u, on);
    ir_place_block(u, other);
    csr_call(t, CSR_SSTATUS, op, true, get_x64(t, a->rs1));
    set_next_pc(t);
    ir_exit_state(u);
    ir_place_block(u, on);
}

static bool has_paging(const struct translator *t)
{
    return riscv_sstatus_mask(t->config) & MSTATUS_SUM;
}

/* False, with nothing built: the instruction is not of those that are done in place. */
static bool csr_sstatus(struct translator *t, const struct riscv_args *a, enum csr_op op, bool write, ir_val operand)
{
    uint64_t k;
    bool constant = write && known(t, operand, &k);
    bool sum = constant && k == MSTATUS_SUM, sie = constant && !(k & ~MSTATUS_SIE);
    if (t->prv < PRV_S || !has_paging(t) || (write && op == CSR_WRITE) || (constant && !sum && !sie) ||
        (write && !constant && a->rd == a->rs1))
        return false;
    if (a->rd)
        set_x64(t, a->rd, read_sstatus(t));
    if (sum)
        change_sum(t, op == CSR_SET);
    else if (sie)
        change_sie(t, op == CSR_SET, operand);
    else if (write)
        change_sstatus(t, a, op);
    return true;
}

static bool csr_access(struct translator *t, const struct riscv_args *a, enum csr_op op, bool write, ir_val operand)
{
    unsigned csr = a->imm & 0xfff;
    const struct plain_csr *row = plain_csr(t, csr, write);
    if (row)
        return csr_plain(t, a, row, op, write, operand);
    if (csr == CSR_SSTATUS && csr_sstatus(t, a, op, write, operand))
        return true;
    set_x64(t, a->rd, csr_call(t, csr, op, write, operand));
    if (write && !write_keeps_state(t, csr))
        exit_next_state(t);
    return true;
}

TRANS(csrrw, csr_access(t, a, CSR_WRITE, true, get_x64(t, a->rs1)))
TRANS(csrrs, csr_access(t, a, CSR_SET, a->rs1 != 0, get_x64(t, a->rs1)))
TRANS(csrrc, csr_access(t, a, CSR_CLEAR, a->rs1 != 0, get_x64(t, a->rs1)))
TRANS(csrrwi, csr_access(t, a, CSR_WRITE, true, const64(t, a->uimm)))
TRANS(csrrsi, csr_access(t, a, CSR_SET, a->uimm != 0, const64(t, a->uimm)))
TRANS(csrrci, csr_access(t, a, CSR_CLEAR, a->uimm != 0, const64(t, a->uimm)))

/* -- Traps and returns -- */

bool trans_ecall(struct translator *t, const struct riscv_args *a)
{
    ir_store_state(t->u, IR_MEM_64, offsetof(struct cpu, pc), pc_const64(t, t->pc));
    ir_call(t->u, &riscv_helper_ecall, IR_VOID, 0, 0, 0, 0);
    ir_exit_state(t->u);
    t->ended = true;
    return true;
}

bool trans_ebreak(struct translator *t, const struct riscv_args *a)
{
    if (semihost.on && t->next - t->pc == 4) {
        ir_call(t->u, &riscv_helper_ebreak, IR_VOID, 0, 0, 0, 0);
        ir_exit_main(t->u);
    } else {
        raise_exception(t, EXC_BREAKPOINT, pc_const64(t, t->pc));
    }
    t->ended = true;
    return true;
}

/* The helper sets cpu->pc and the key. */
static bool trap_return(struct translator *t, const struct ir_helper *h)
{
    ir_call(t->u, h, IR_VOID, const64(t, t->insn), 0, 0, 0);
    ir_exit_state(t->u);
    t->ended = true;
    return true;
}

TRANS(mret, trap_return(t, &riscv_helper_mret))
TRANS(sret, trap_return(t, &riscv_helper_sret))

/* -- Shadow stacks: where they are off, these are may-be-operations, and of rd is only ssrdp's -- */

static bool shadow(struct translator *t, const struct ir_helper *h, unsigned reg)
{
    if (t->sse)
        ir_call(t->u, h, IR_VOID, get_x64(t, reg), 0, 0, 0);
    return true;
}

TRANS(sspush, shadow(t, &riscv_helper_sspush, a->rs2))
TRANS(sspopchk, shadow(t, &riscv_helper_sspopchk, a->rs1))

bool trans_ssrdp(struct translator *t, const struct riscv_args *a)
{
    ir_val zero = const64(t, 0);
    set_x64(t, a->rd, t->sse ? ir_load_state(t->u, IR_I64, IR_MEM_64, offsetof(struct riscv_cpu, ssp)) : zero);
    return true;
}

static bool ssamoswap(struct translator *t, const struct riscv_args *a, unsigned size)
{
    set_x64(t, a->rd, ir_call(t->u, &riscv_helper_ssamoswap, IR_I64, get_x64(t, a->rs1), get_x64(t, a->rs2),
                              const64(t, size), const64(t, t->insn)));
    return true;
}

TRANS(ssamoswap_w, ssamoswap(t, a, 4))
TRANS(ssamoswap_d, ssamoswap(t, a, 8))

/* -- Waiting -- */

bool trans_wfi(struct translator *t, const struct riscv_args *a)
{
    ir_call(t->u, &riscv_helper_wfi, IR_VOID, const64(t, t->insn), 0, 0, 0);
    ir_exit_main(t->u);
    t->ended = true;
    return true;
}

/* wrs.nto, wrs.sto: the wait is a short one in the helper, then whatever else is due. */
bool trans_wrs_nto(struct translator *t, const struct riscv_args *a)
{
    ir_call(t->u, &riscv_helper_wrs, IR_VOID, const64(t, t->insn), 0, 0, 0);
    set_next_pc(t);
    ir_exit_main(t->u);
    t->ended = true;
    return true;
}

/* -- Address translation fences -- */

/* sfence.vma; sinval.vma does its work at once, so that the fences around it need do nothing. */
bool trans_sfence_vma(struct translator *t, const struct riscv_args *a)
{
    unsigned which = (a->rs1 ? 1 : 0) | (a->rs2 ? 2 : 0);
    ir_call(t->u, &riscv_helper_sfence, IR_VOID, get_x64(t, a->rs1), get_x64(t, a->rs2),
            const64(t, which | (uint64_t)t->insn << 32), 0);
    exit_next_state(t);
    return true;
}

/* sfence.w.inval, sfence.inval.ir */
bool trans_sfence_inval(struct translator *t, const struct riscv_args *a)
{
    return t->prv != PRV_U;
}
