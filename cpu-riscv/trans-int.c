/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer instructions: RV32I and RV64I but loads, stores and system; M, Zba, Zbb, Zbc, Zbs, Zbkb, Zicond. */
#include "trans.h"

/* -- Shapes -- */

/* rd = op(rs1, rs2) */
static bool op_xx(struct translator *t, const struct riscv_args *a, enum ir_opcode op)
{
    set_x(t, a->rd, ir_op2(t->u, op, get_x(t, a->rs1), get_x(t, a->rs2)));
    return true;
}

/* rd = op(rs1, imm) */
static bool op_xi(struct translator *t, const struct riscv_args *a, enum ir_opcode op)
{
    set_x(t, a->rd, ir_op2(t->u, op, get_x(t, a->rs1), xconst(t, a->imm)));
    return true;
}

/* rd = op(rs1) */
static bool op_x(struct translator *t, const struct riscv_args *a, enum ir_opcode op)
{
    set_x(t, a->rd, ir_op1(t->u, op, get_x(t, a->rs1)));
    return true;
}

/* The same in 32 bits, the result sign-extended. */
static bool op_ww(struct translator *t, const struct riscv_args *a, enum ir_opcode op)
{
    set_w(t, a->rd, ir_op2(t->u, op, get_w(t, a->rs1), get_w(t, a->rs2)));
    return true;
}

static bool op_wi(struct translator *t, const struct riscv_args *a, enum ir_opcode op)
{
    set_w(t, a->rd, ir_op2(t->u, op, get_w(t, a->rs1), ir_const(t->u, IR_I32, a->imm)));
    return true;
}

static bool op_w(struct translator *t, const struct riscv_args *a, enum ir_opcode op)
{
    set_w(t, a->rd, ir_op1(t->u, op, get_w(t, a->rs1)));
    return true;
}

static bool set_if(struct translator *t, const struct riscv_args *a, enum ir_cc cc, ir_val b)
{
    set_x(t, a->rd, ir_setcc(t->u, cc, t->xl, get_x(t, a->rs1), b));
    return true;
}

/* -- Constants and arithmetic -- */

bool trans_lui(struct translator *t, const struct riscv_args *a)
{
    set_x(t, a->rd, xconst(t, a->imm));
    return true;
}

bool trans_auipc(struct translator *t, const struct riscv_args *a)
{
    set_x(t, a->rd, pc_const(t, t->pc + (int64_t)a->imm));
    return true;
}

TRANS(addi, op_xi(t, a, IR_ADD))
TRANS(xori, op_xi(t, a, IR_XOR))
TRANS(ori, op_xi(t, a, IR_OR))
TRANS(andi, op_xi(t, a, IR_AND))
TRANS(slli, op_xi(t, a, IR_SHL))
TRANS(srli, op_xi(t, a, IR_SHR))
TRANS(srai, op_xi(t, a, IR_SAR))
TRANS(slti, set_if(t, a, IR_LT, xconst(t, a->imm)))
TRANS(sltiu, set_if(t, a, IR_LTU, xconst(t, a->imm)))
TRANS(add, op_xx(t, a, IR_ADD))
TRANS(sub, op_xx(t, a, IR_SUB))
TRANS(xor, op_xx(t, a, IR_XOR))
TRANS(or, op_xx(t, a, IR_OR))
TRANS(and, op_xx(t, a, IR_AND))
TRANS(sll, op_xx(t, a, IR_SHL))
TRANS(srl, op_xx(t, a, IR_SHR))
TRANS(sra, op_xx(t, a, IR_SAR))
TRANS(slt, set_if(t, a, IR_LT, get_x(t, a->rs2)))
TRANS(sltu, set_if(t, a, IR_LTU, get_x(t, a->rs2)))
TRANS(addiw, op_wi(t, a, IR_ADD))
TRANS(slliw, op_wi(t, a, IR_SHL))
TRANS(srliw, op_wi(t, a, IR_SHR))
TRANS(sraiw, op_wi(t, a, IR_SAR))
TRANS(addw, op_ww(t, a, IR_ADD))
TRANS(subw, op_ww(t, a, IR_SUB))
TRANS(sllw, op_ww(t, a, IR_SHL))
TRANS(srlw, op_ww(t, a, IR_SHR))
TRANS(sraw, op_ww(t, a, IR_SAR))

/* M: the IR's division has RISC-V's results for a zero divisor and for overflow. */
TRANS(mul, op_xx(t, a, IR_MUL))
TRANS(mulh, op_xx(t, a, IR_MULHS))
TRANS(mulhu, op_xx(t, a, IR_MULHU))
TRANS(mulhsu, op_xx(t, a, IR_MULHSU))
TRANS(div, op_xx(t, a, IR_DIVS))
TRANS(divu, op_xx(t, a, IR_DIVU))
TRANS(rem, op_xx(t, a, IR_REMS))
TRANS(remu, op_xx(t, a, IR_REMU))
TRANS(mulw, op_ww(t, a, IR_MUL))
TRANS(divw, op_ww(t, a, IR_DIVS))
TRANS(divuw, op_ww(t, a, IR_DIVU))
TRANS(remw, op_ww(t, a, IR_REMS))
TRANS(remuw, op_ww(t, a, IR_REMU))

/* -- Jumps and branches -- */

/* End the block by going to a known address, which is misaligned only where IALIGN is 32. */
static void jump(struct translator *t, gva target)
{
    if (t->ialign32 && (target & 2)) {
        raise_exception(t, EXC_INSN_MISALIGNED, pc_const64(t, target));
    } else {
        ir_exit_jump(t->u, target);
        t->jumps++;
    }
}

bool trans_jal(struct translator *t, const struct riscv_args *a)
{
    gva target = guest_pc(t, t->pc + (int64_t)a->imm);
    if (!t->ialign32 || !(target & 2))
        set_x(t, a->rd, pc_const(t, t->next));
    jump(t, target);
    t->ended = true;
    return true;
}

bool trans_jalr(struct translator *t, const struct riscv_args *a)
{
    struct ir_unit *u = t->u;
    ir_val sum = ir_op2(u, IR_ADD, get_x(t, a->rs1), xconst(t, a->imm));
    ir_val target = ir_op2(u, IR_AND, sum, xconst(t, ~INT64_C(1)));
    if (t->rv32)
        target = ir_convert(u, IR_ZX, IR_I64, target);
    if (t->ialign32) {
        unsigned local = scratch_local(t), misaligned = ir_new_block(u, true), good = ir_new_block(u, false);
        ir_put_local(u, local, target);
        ir_brcc(u, IR_NE, ir_op2(u, IR_AND, target, const64(t, 2)), const64(t, 0), misaligned, good);
        ir_place_block(u, misaligned);
        ir_call(u, &riscv_helper_raise, IR_VOID, const64(t, EXC_INSN_MISALIGNED), ir_get_local(u, local), 0, 0);
        ir_exit_main(u);
        ir_place_block(u, good);
        target = ir_get_local(u, local);
    }
    set_x(t, a->rd, pc_const(t, t->next));
    if (t->lpe && a->rs1 != 1 && a->rs1 != 5 && a->rs1 != 7) { /* no return, nor guarded by software */
        ir_store_state(u, IR_MEM_64, offsetof(struct cpu, pc), target);
        ir_call(u, &riscv_helper_expect_pad, IR_VOID, 0, 0, 0, 0);
        ir_exit_state(u);
    } else {
        ir_exit_reg(u, target);
    }
    t->ended = true;
    return true;
}

/*
 * A forward branch's taken side leaves, out of line, and the unit goes on behind it, as long as its
 * direct exits don't run out: two more are kept for the branch or jump that ends it.
 */
static bool branch(struct translator *t, const struct riscv_args *a, enum ir_cc cc)
{
    struct ir_unit *u = t->u;
    gva target = guest_pc(t, t->pc + (int64_t)a->imm);
    bool go_on = a->imm > 0 && t->jumps + 3 <= RISCV_UNIT_JUMPS;
    unsigned taken = ir_new_block(u, go_on), not_taken = ir_new_block(u, false);

    ir_brcc(u, cc, get_x(t, a->rs1), get_x(t, a->rs2), taken, not_taken);
    ir_place_block(u, taken);
    jump(t, target);
    ir_place_block(u, not_taken);
    if (!go_on) {
        ir_exit_jump(u, t->next);
        t->ended = true;
    }
    return true;
}

TRANS(beq, branch(t, a, IR_EQ))
TRANS(bne, branch(t, a, IR_NE))
TRANS(blt, branch(t, a, IR_LT))
TRANS(bge, branch(t, a, IR_GE))
TRANS(bltu, branch(t, a, IR_LTU))
TRANS(bgeu, branch(t, a, IR_GEU))

/* -- Zba -- */

/* rd = (base << shift) + rs2 */
static bool shift_add(struct translator *t, const struct riscv_args *a, ir_val base, unsigned shift)
{
    ir_val shifted = ir_op2(t->u, IR_SHL, base, xconst(t, shift));
    set_x(t, a->rd, ir_op2(t->u, IR_ADD, shifted, get_x(t, a->rs2)));
    return true;
}

static ir_val get_uw(struct translator *t, unsigned n)
{
    return ir_op1(t->u, IR_ZEXT32, get_x(t, n));
}

TRANS(sh1add, shift_add(t, a, get_x(t, a->rs1), 1))
TRANS(sh2add, shift_add(t, a, get_x(t, a->rs1), 2))
TRANS(sh3add, shift_add(t, a, get_x(t, a->rs1), 3))
TRANS(add_uw, shift_add(t, a, get_uw(t, a->rs1), 0))
TRANS(sh1add_uw, shift_add(t, a, get_uw(t, a->rs1), 1))
TRANS(sh2add_uw, shift_add(t, a, get_uw(t, a->rs1), 2))
TRANS(sh3add_uw, shift_add(t, a, get_uw(t, a->rs1), 3))

bool trans_slli_uw(struct translator *t, const struct riscv_args *a)
{
    set_x(t, a->rd, ir_op2(t->u, IR_SHL, get_uw(t, a->rs1), xconst(t, a->imm)));
    return true;
}

/* -- Zbb, Zbkb -- */

static bool op_x_not(struct translator *t, const struct riscv_args *a, enum ir_opcode op)
{
    ir_val inverted = ir_op1(t->u, IR_NOT, get_x(t, a->rs2));
    set_x(t, a->rd, ir_op2(t->u, op, get_x(t, a->rs1), inverted));
    return true;
}

TRANS(andn, op_xx(t, a, IR_ANDN))
TRANS(orn, op_x_not(t, a, IR_OR))
TRANS(xnor, op_x_not(t, a, IR_XOR))
TRANS(clz, op_x(t, a, IR_CLZ))
TRANS(ctz, op_x(t, a, IR_CTZ))
TRANS(cpop, op_x(t, a, IR_POPCNT))
TRANS(clzw, op_w(t, a, IR_CLZ))
TRANS(ctzw, op_w(t, a, IR_CTZ))
TRANS(cpopw, op_w(t, a, IR_POPCNT))
TRANS(sext_b, op_x(t, a, IR_SEXT8))
TRANS(sext_h, op_x(t, a, IR_SEXT16))
TRANS(zext_h, op_x(t, a, IR_ZEXT16))
TRANS(min, op_xx(t, a, IR_MINS))
TRANS(minu, op_xx(t, a, IR_MINU))
TRANS(max, op_xx(t, a, IR_MAXS))
TRANS(maxu, op_xx(t, a, IR_MAXU))
TRANS(rol, op_xx(t, a, IR_ROTL))
TRANS(ror, op_xx(t, a, IR_ROTR))
TRANS(rori, op_xi(t, a, IR_ROTR))
TRANS(rolw, op_ww(t, a, IR_ROTL))
TRANS(rorw, op_ww(t, a, IR_ROTR))
TRANS(roriw, op_wi(t, a, IR_ROTR))
TRANS(rev8, op_x(t, a, IR_BSWAP))

/* Bit 7 of each byte tells whether it is not zero; then 2 * 0x80 - 1 fills the byte, and no borrow leaves it. */
bool trans_orc_b(struct translator *t, const struct riscv_args *a)
{
    struct ir_unit *u = t->u;
    ir_val low7 = xconst(t, 0x7f7f7f7f7f7f7f7f), v = get_x(t, a->rs1);
    ir_val carried = ir_op2(u, IR_ADD, ir_op2(u, IR_AND, v, low7), low7);
    ir_val top = ir_op2(u, IR_ANDN, ir_op2(u, IR_OR, carried, v), low7);
    ir_val twice = ir_op2(u, IR_SHL, top, xconst(t, 1));
    set_x(t, a->rd, ir_op2(u, IR_SUB, twice, ir_op2(u, IR_SHR, top, xconst(t, 7))));
    return true;
}

/* v with each group of shift bits swapped with its neighbour; even has the groups that move up. */
static ir_val swap_groups(struct translator *t, ir_val v, unsigned shift, uint64_t even)
{
    struct ir_unit *u = t->u;
    ir_val mask = xconst(t, even), n = xconst(t, shift);
    ir_val up = ir_op2(u, IR_SHL, ir_op2(u, IR_AND, v, mask), n);
    ir_val down = ir_op2(u, IR_AND, ir_op2(u, IR_SHR, v, n), mask);
    return ir_op2(u, IR_OR, up, down);
}

bool trans_brev8(struct translator *t, const struct riscv_args *a)
{
    ir_val v = swap_groups(t, get_x(t, a->rs1), 1, 0x5555555555555555);
    v = swap_groups(t, v, 2, 0x3333333333333333);
    set_x(t, a->rd, swap_groups(t, v, 4, 0x0f0f0f0f0f0f0f0f));
    return true;
}

/* low | high << shift */
static ir_val join(struct translator *t, ir_val low, ir_val high, unsigned shift, enum ir_type type)
{
    return ir_op2(t->u, IR_OR, low, ir_op2(t->u, IR_SHL, high, ir_const(t->u, type, shift)));
}

bool trans_packw(struct translator *t, const struct riscv_args *a)
{
    set_w(t, a->rd, join(t, ir_op1(t->u, IR_ZEXT16, get_w(t, a->rs1)), get_w(t, a->rs2), 16, IR_I32));
    return true;
}

bool trans_pack(struct translator *t, const struct riscv_args *a)
{
    if (t->rv32)
        return trans_packw(t, a);
    set_x(t, a->rd, join(t, get_uw(t, a->rs1), get_x(t, a->rs2), 32, IR_I64));
    return true;
}

bool trans_packh(struct translator *t, const struct riscv_args *a)
{
    ir_val low = ir_op1(t->u, IR_ZEXT8, get_x(t, a->rs1)), high = ir_op1(t->u, IR_ZEXT8, get_x(t, a->rs2));
    set_x(t, a->rd, join(t, low, high, 8, t->xl));
    return true;
}

static bool call_x(struct translator *t, const struct riscv_args *a, const struct ir_helper *h)
{
    set_x64(t, a->rd, ir_call(t->u, h, IR_I64, get_x64(t, a->rs1), 0, 0, 0));
    return true;
}

TRANS(zip, call_x(t, a, &riscv_helper_zip))
TRANS(unzip, call_x(t, a, &riscv_helper_unzip))

/* -- Zbc -- */

static ir_val carryless(struct translator *t, const struct riscv_args *a, const struct ir_helper *h)
{
    return ir_call(t->u, h, IR_I64, get_x64(t, a->rs1), get_x64(t, a->rs2), 0, 0);
}

bool trans_clmul(struct translator *t, const struct riscv_args *a)
{
    set_x64(t, a->rd, carryless(t, a, &riscv_helper_clmul));
    return true;
}

/* Bits of the product from the given one up; a product of 32-bit values fits 64 bits. */
static bool clmul_high(struct translator *t, const struct riscv_args *a, unsigned from32)
{
    struct ir_unit *u = t->u;
    if (t->rv32) {
        set_x64(t, a->rd, ir_op2(u, IR_SHR, carryless(t, a, &riscv_helper_clmul), const64(t, from32)));
    } else if (from32 == 32) {
        set_x(t, a->rd, carryless(t, a, &riscv_helper_clmulh));
    } else {
        ir_val high = carryless(t, a, &riscv_helper_clmulh), low = carryless(t, a, &riscv_helper_clmul);
        ir_val twice = ir_op2(u, IR_SHL, high, const64(t, 1));
        set_x(t, a->rd, ir_op2(u, IR_OR, twice, ir_op2(u, IR_SHR, low, const64(t, 63))));
    }
    return true;
}

TRANS(clmulh, clmul_high(t, a, 32))
TRANS(clmulr, clmul_high(t, a, 31))

/* -- Zbs -- */

static bool one_bit(struct translator *t, const struct riscv_args *a, enum ir_opcode op, ir_val index)
{
    ir_val bit = ir_op2(t->u, IR_SHL, xconst(t, 1), index);
    set_x(t, a->rd, ir_op2(t->u, op, get_x(t, a->rs1), bit));
    return true;
}

static bool extract_bit(struct translator *t, const struct riscv_args *a, ir_val index)
{
    ir_val moved = ir_op2(t->u, IR_SHR, get_x(t, a->rs1), index);
    set_x(t, a->rd, ir_op2(t->u, IR_AND, moved, xconst(t, 1)));
    return true;
}

TRANS(bclr, one_bit(t, a, IR_ANDN, get_x(t, a->rs2)))
TRANS(bset, one_bit(t, a, IR_OR, get_x(t, a->rs2)))
TRANS(binv, one_bit(t, a, IR_XOR, get_x(t, a->rs2)))
TRANS(bext, extract_bit(t, a, get_x(t, a->rs2)))
TRANS(bclri, one_bit(t, a, IR_ANDN, xconst(t, a->imm)))
TRANS(bseti, one_bit(t, a, IR_OR, xconst(t, a->imm)))
TRANS(binvi, one_bit(t, a, IR_XOR, xconst(t, a->imm)))
TRANS(bexti, extract_bit(t, a, xconst(t, a->imm)))

/* -- Zicond -- */

/* rd = cc(rs2, 0) ? 0 : rs1 */
static bool zero_if(struct translator *t, const struct riscv_args *a, enum ir_cc cc)
{
    ir_val zero = xconst(t, 0);
    set_x(t, a->rd, ir_select(t->u, cc, get_x(t, a->rs2), zero, zero, get_x(t, a->rs1)));
    return true;
}

TRANS(czero_eqz, zero_if(t, a, IR_EQ))
TRANS(czero_nez, zero_if(t, a, IR_NE))
