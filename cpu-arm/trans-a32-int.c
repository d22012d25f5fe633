/* SPDX-License-Identifier: BSD-2-Clause */
/* A32 and T32: data processing, multiplication, media instructions. Manual: DDI 0487, chapter F5. */
#include "trans-a32.h"
#include "trans-m.h"

/* -- Shifter operands -- */

/* A value and the shifter's carry in its lowest bit; 0: the carry is as it was. */
struct operand {
    ir_val value, carry;
};

enum { SH_LSL, SH_LSR, SH_ASR, SH_ROR };

static ir_val old_carry(struct translator *t)
{
    return flag_setcc(t, IR_FLAG_C, IR_I32);
}

/* By an immediate as encoded: 0 means 32 of LSR and ASR, RRX of ROR. */
static struct operand shift_imm(struct translator *t, ir_val v, unsigned kind, unsigned n)
{
    switch (kind) {
    case SH_LSL:
        if (!n)
            return (struct operand){ v, 0 };
        return (struct operand){ op2i(t, IR_SHL, v, n), op2i(t, IR_SHR, v, 32 - n) };
    case SH_LSR:
        if (!n)
            return (struct operand){ const32(t, 0), op2i(t, IR_SHR, v, 31) };
        return (struct operand){ op2i(t, IR_SHR, v, n), op2i(t, IR_SHR, v, n - 1) };
    case SH_ASR:
        return (struct operand){ op2i(t, IR_SAR, v, n ? n : 31), op2i(t, IR_SHR, v, n ? n - 1 : 31) };
    default:
        if (n)
            return (struct operand){ op2i(t, IR_ROTR, v, n), op2i(t, IR_SHR, v, n - 1) };
        return (struct operand){ op2(t, IR_OR, op2i(t, IR_SHR, v, 1), op2i(t, IR_SHL, old_carry(t), 31)), v };
    }
}

/* By the low byte of a register, 0 to 255; the carry only where it is wanted. */
static struct operand shift_reg(struct translator *t, ir_val v, unsigned kind, ir_val by, bool carry)
{
    struct ir_unit *u = t->u;
    ir_val n = op2i(t, IR_AND, by, 0xff), c, r;
    ir_val n64 = address(t, op2i(t, IR_MINU, n, 63)), one = const64(t, 1);
    if (kind == SH_ROR) {
        r = op2(t, IR_ROTR, v, n);
        c = op2i(t, IR_SHR, r, 31);
    } else if (kind == SH_LSL) {
        ir_val wide = ir_op2(u, IR_SHL, address(t, v), n64);
        r = ir_convert(u, IR_TRUNC, IR_I32, wide);
        c = carry ? ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, wide, const64(t, 32))) : 0;
    } else { /* with one more bit at the bottom */
        ir_val wide = kind == SH_ASR ? ir_convert(u, IR_SX, IR_I64, v) : address(t, v);
        wide = ir_op2(u, kind == SH_ASR ? IR_SAR : IR_SHR, ir_op2(u, IR_SHL, wide, one), n64);
        c = carry ? ir_convert(u, IR_TRUNC, IR_I32, wide) : 0;
        r = ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, wide, one));
    }
    if (carry)
        c = ir_select(u, IR_EQ, n, const32(t, 0), carry_if_used(t), op2i(t, IR_AND, c, 1));
    return (struct operand){ r, c };
}

static uint32_t rotated(uint32_t v, unsigned n)
{
    return n ? v >> n | v << (32 - n) : v;
}

/* The immediate operand of the current instruction. */
static struct operand immediate(struct translator *t, unsigned imm)
{
    uint32_t v = imm;
    unsigned n = 0;
    if (!t->t32) {
        n = imm >> 8 << 1;
        v = rotated(imm & 0xff, n);
    } else if (!is_narrow(t)) {
        unsigned byte = imm & 0xff;
        n = imm >> 7;
        if (n >= 8)
            v = rotated(0x80 | (imm & 0x7f), n);
        else
            v = (imm >> 8) == 1 ? byte << 16 | byte : (imm >> 8) == 2 ? byte << 24 | byte << 8
              : (imm >> 8) == 3 ? byte * 0x01010101u : byte;
        n = n >= 8 ? n : 0;
    }
    return (struct operand){ const32(t, v), n ? const32(t, v >> 31) : 0 };
}

/* -- Data processing -- */

enum { OP_AND, OP_EOR, OP_SUB, OP_RSB, OP_ADD, OP_ADC, OP_SBC, OP_RSC, OP_TST, OP_TEQ, OP_CMP, OP_CMN, OP_ORR, OP_MOV,
       OP_BIC, OP_MVN, OP_ORN };

static bool is_logical(unsigned op)
{
    return op <= OP_EOR || op == OP_TST || op == OP_TEQ || op >= OP_ORR;
}

static ir_val logical(struct translator *t, unsigned op, ir_val x, ir_val y)
{
    switch (op) {
    case OP_AND: case OP_TST: return op2(t, IR_AND, x, y);
    case OP_EOR: case OP_TEQ: return op2(t, IR_XOR, x, y);
    case OP_ORR: return op2(t, IR_OR, x, y);
    case OP_MOV: return y;
    case OP_BIC: return op2(t, IR_ANDN, x, y);
    case OP_MVN: return ir_op1(t->u, IR_NOT, y);
    default: return op2(t, IR_OR, x, ir_op1(t->u, IR_NOT, y));
    }
}

/* The sum or difference; *f: what its flags are of. */
struct sum_flags {
    enum ir_flag_kind kind;
    ir_val x, y, carry;
};

static ir_val arithmetic(struct translator *t, unsigned op, ir_val x, ir_val y, struct sum_flags *f)
{
    if (op == OP_RSB || op == OP_RSC) {
        ir_val swap = x;
        x = y;
        y = swap;
    }
    if (op == OP_ADD || op == OP_CMN || op == OP_SUB || op == OP_RSB || op == OP_CMP) {
        bool add = op == OP_ADD || op == OP_CMN;
        *f = (struct sum_flags){ add ? IR_FLAG_ADD : IR_FLAG_SUBN, x, y, 0 };
        return op2(t, add ? IR_ADD : IR_SUB, x, y);
    }
    bool add = op == OP_ADC;
    ir_val c = old_carry(t);
    *f = (struct sum_flags){ add ? IR_FLAG_ADC : IR_FLAG_SBCN, x, y, c };
    return ir_op3(t->u, add ? IR_ADC : IR_SBB, x, y, add ? c : flag_setcc(t, IR_FLAG_NC, IR_I32));
}

/* S of the current instruction: 2 means outside of IT blocks. */
static bool sets_flags(const struct translator *t, unsigned s)
{
    return s == 2 ? !in_it_block(t) : s;
}

static bool exception_return(struct translator *t, ir_val pc)
{
    struct ir_unit *u = t->u;
    ir_val spsr = ir_call(u, &arm_helper_a32_spsr, IR_I64, 0, 0, 0, 0);
    ir_call(u, &arm_helper_a32_return, IR_VOID, address(t, pc), spsr, 0, 0);
    a32_exit_state(t);
    return true;
}

static bool data_processing(struct translator *t, unsigned op, unsigned s, unsigned rd, unsigned rn, struct operand y)
{
    bool flags = sets_flags(t, s) && rd != 15;
    ir_val x = op == OP_MOV || op == OP_MVN ? 0 : get32(t, rn);
    struct sum_flags f;
    ir_val r = is_logical(op) ? logical(t, op, x, y.value) : arithmetic(t, op, x, y.value, &f);
    if (rd == 15) {
        if (s)
            return t->el && exception_return(t, r);
        a32_write_pc_alu(t, r);
        return true;
    }
    if (rd == 13 && !is_logical(op))
        m_check_sp(t, r);
    put32(t, rd, r);
    if (flags && is_logical(op))
        set_nz(t, r, y.carry);
    else if (flags)
        set_flags(t, f.kind, false, f.x, f.y, f.carry);
    return true;
}

static bool compare(struct translator *t, unsigned op, unsigned rn, struct operand y)
{
    ir_val x = get32(t, rn);
    struct sum_flags f;
    if (is_logical(op)) {
        set_nz(t, logical(t, op, x, y.value), y.carry);
    } else {
        arithmetic(t, op, x, y.value, &f);
        set_flags(t, f.kind, false, f.x, f.y, f.carry);
    }
    return true;
}

A32(dp_imm, data_processing(t, a->op, a->s, a->rd, a->rn, immediate(t, a->imm)))
A32(cmp_imm, compare(t, OP_TST + (a->op & 3), a->rn, immediate(t, a->imm)))
A32(dp_reg, data_processing(t, a->op, a->s, a->rd, a->rn, shift_imm(t, get32(t, a->rm), a->sh, a->amt)))
A32(cmp_reg, compare(t, OP_TST + (a->op & 3), a->rn, shift_imm(t, get32(t, a->rm), a->sh, a->amt)))
A32(dp_rsr, a->rd != 15 && a->rn != 15 && a->rm != 15 && a->amt != 15 &&
    data_processing(t, a->op, a->s, a->rd, a->rn,
                    shift_reg(t, get32(t, a->rm), a->sh, get32(t, a->amt), a->s && is_logical(a->op))))
A32(cmp_rsr, a->rn != 15 && a->rm != 15 && a->amt != 15 &&
    compare(t, OP_TST + a->op, a->rn, shift_reg(t, get32(t, a->rm), a->sh, get32(t, a->amt), a->op < 2)))

/* T32's opcodes as A32's; 99: there is none. */
static unsigned t32_opcode(unsigned op, bool rn_is_pc)
{
    static const uint8_t ops[16] = { OP_AND, OP_BIC, OP_ORR, OP_ORN, OP_EOR, 99, 99, 99, OP_ADD, 99, OP_ADC, OP_SBC, 99,
                                     OP_SUB, OP_RSB, 99 };
    unsigned a32 = ops[op];
    return rn_is_pc && a32 == OP_ORR ? OP_MOV : rn_is_pc && a32 == OP_ORN ? OP_MVN : a32;
}

static bool t32_processing(struct translator *t, const struct a32_args *a, struct operand y)
{
    unsigned op = t32_opcode(a->op, a->rn == 15);
    if (a->rd != 15 || !a->s)
        return a->rd != 15 && data_processing(t, op, a->s, a->rd, a->rn, y);
    switch (op) { /* no destination */
    case OP_AND: return compare(t, OP_TST, a->rn, y);
    case OP_EOR: return compare(t, OP_TEQ, a->rn, y);
    case OP_ADD: return compare(t, OP_CMN, a->rn, y);
    case OP_SUB: return compare(t, OP_CMP, a->rn, y);
    default: return false;
    }
}

A32(t_dp_imm, t32_opcode(a->op, false) != 99 && t32_processing(t, a, immediate(t, a->imm)))

bool a32_t_dp_reg(struct translator *t, const struct a32_args *a)
{
    if (a->op == 6) { /* PKHBT, PKHTB */
        struct a32_args pkh = *a;
        pkh.x = a->sh >> 1;
        return !a->s && !(a->sh & 1) && t->config->has[ARMF_dsp] && a32_pkh(t, &pkh);
    }
    return t32_opcode(a->op, false) != 99 &&
           t32_processing(t, a, shift_imm(t, get32(t, a->rm), a->sh, a->amt));
}

A32(t_imm8, data_processing(t, a->op, 2, a->rd, a->rd, immediate(t, a->imm)))
A32(t_two, data_processing(t, a->op, 2, a->rd, a->rd, (struct operand){ get32(t, a->rm), 0 }))
A32(t_two_high, data_processing(t, a->op, 0, a->rd, a->rd, (struct operand){ get32(t, a->rm), 0 }))
A32(t_two_shift, data_processing(t, OP_MOV, 2, a->rd, 0,
                                 shift_reg(t, get32(t, a->rd), a->sh, get32(t, a->amt), !in_it_block(t))))
A32(t_shift, a->rd != 15 && a->rm != 15 && a->rn != 15 &&
    data_processing(t, OP_MOV, a->s, a->rd, 0, shift_reg(t, get32(t, a->rn), a->sh, get32(t, a->rm), a->s)))

/* ADDW, SUBW, ADR: the PC is aligned. */
bool a32_addw(struct translator *t, const struct a32_args *a)
{
    ir_val base = a->rn == 15 ? ir_pc(t->u, IR_I32, pc_ahead(t) & ~3u) : get32(t, a->rn);
    if (a->rd == 15)
        return false;
    ir_val v = op2i(t, a->op == OP_ADD ? IR_ADD : IR_SUB, base, a->imm);
    if (a->rd == 13)
        m_check_sp(t, v);
    put32(t, a->rd, v);
    return true;
}

bool a32_movw(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15)
        return false;
    put32(t, a->rd, const32(t, a->imm));
    return true;
}

bool a32_movt(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15)
        return false;
    put32(t, a->rd, ir_bits_set(t->u, get32(t, a->rd), const32(t, a->imm), 16, 16));
    return true;
}

/* -- Bits -- */

bool a32_bfx(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->rn == 15 || a->amt + a->imm > 31)
        return false;
    put32(t, a->rd, ir_bits_get(t->u, !a->x, get32(t, a->rn), a->amt, a->imm + 1));
    return true;
}

/* imm is the highest bit; Rn 15: zeros. */
bool a32_bfi(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->imm < a->amt)
        return false;
    ir_val v = a->rn == 15 ? const32(t, 0) : get32(t, a->rn);
    put32(t, a->rd, ir_bits_set(t->u, get32(t, a->rd), v, a->amt, a->imm - a->amt + 1));
    return true;
}

bool a32_rev(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (a->rd == 15 || a->rm == 15)
        return false;
    ir_val v = get32(t, a->rm);
    switch (a->op) {
    case 0: v = ir_op1(u, IR_BSWAP, v); break;
    case 1: v = ir_op1(u, IR_BSWAP16, v); break;
    case 2: v = ir_op1(u, IR_BITREV, v); break;
    default: v = ir_op1(u, IR_SEXT16, ir_op1(u, IR_BSWAP16, v));
    }
    put32(t, a->rd, v);
    return true;
}

A32(t_rev, a->rn == a->rm && a32_rev(t, a))

bool a32_clz(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->rm == 15)
        return false;
    put32(t, a->rd, ir_op1(t->u, IR_CLZ, get32(t, a->rm)));
    return true;
}

bool a32_pkh(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15)
        return false;
    ir_val n = get32(t, a->rn), m = shift_imm(t, get32(t, a->rm), a->x ? SH_ASR : SH_LSL, a->amt).value;
    put32(t, a->rd, a->x ? ir_bits_set(t->u, n, m, 0, 16) : ir_bits_set(t->u, m, n, 0, 16));
    return true;
}

/* op: bit 2 unsigned, low bits 0 two halves of bytes, 2 a byte, 3 a half. Rn 15: nothing is added. */
bool a32_extend(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    bool is_unsigned = a->op & 4;
    if ((a->op & 3) == 1 || a->rd == 15 || a->rm == 15)
        return false;
    ir_val m = get32(t, a->rm);
    m = a->amt ? op2i(t, IR_ROTR, m, 8 * a->amt) : m;
    if ((a->op & 3) == 0) {
        ir_val low = ir_bits_get(u, !is_unsigned, m, 0, 8), high = ir_bits_get(u, !is_unsigned, m, 16, 8);
        if (a->rn != 15) {
            ir_val n = get32(t, a->rn);
            low = op2(t, IR_ADD, low, n);
            high = op2(t, IR_ADD, high, op2i(t, IR_SHR, n, 16));
        }
        put32(t, a->rd, ir_bits_set(u, low, high, 16, 16));
        return true;
    }
    m = ir_bits_get(u, !is_unsigned, m, 0, (a->op & 3) == 2 ? 8 : 16);
    put32(t, a->rd, a->rn == 15 ? m : op2(t, IR_ADD, get32(t, a->rn), m));
    return true;
}

bool a32_crc32(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (a->rd == 15 || a->rn == 15 || a->rm == 15)
        return false;
    ir_val r = ir_call(u, a->op ? &arm_helper_crc32c : &arm_helper_crc32, IR_I64, address(t, get32(t, a->rn)),
                       address(t, get32(t, a->rm)), const64(t, 1u << a->sz), 0);
    put32(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, r));
    return true;
}

/* -- Saturation: Q is sticky, cpsr_q not zero -- */

void a32_set_q(struct translator *t, ir_val v)
{
    ir_val old = ir_load_state(t->u, IR_I32, IR_MEM_32, STATE(cpsr_q));
    ir_store_state(t->u, IR_MEM_32, STATE(cpsr_q), op2(t, IR_OR, old, v));
}

/* v, an I64, as a signed number of n bits, or an unsigned one. */
static ir_val saturate(struct translator *t, ir_val v, unsigned n, bool is_unsigned)
{
    struct ir_unit *u = t->u;
    int64_t max = is_unsigned ? (INT64_C(1) << n) - 1 : (INT64_C(1) << (n - 1)) - 1, min = is_unsigned ? 0 : -max - 1;
    ir_val r = ir_op2(u, IR_MAXS, ir_op2(u, IR_MINS, v, const64(t, max)), const64(t, min));
    a32_set_q(t, ir_setcc(u, IR_NE, IR_I32, r, v));
    return ir_convert(u, IR_TRUNC, IR_I32, r);
}

static ir_val signed64(struct translator *t, unsigned n)
{
    return ir_convert(t->u, IR_SX, IR_I64, get32(t, n));
}

bool a32_qadd(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (a->rd == 15 || a->rn == 15 || a->rm == 15)
        return false;
    ir_val n = signed64(t, a->rn);
    if (a->op & 2)
        n = ir_convert(u, IR_SX, IR_I64, saturate(t, ir_op2(u, IR_ADD, n, n), 32, false));
    ir_val m = signed64(t, a->rm);
    put32(t, a->rd, saturate(t, ir_op2(u, a->op & 1 ? IR_SUB : IR_ADD, m, n), 32, false));
    return true;
}

bool a32_sat(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->rn == 15)
        return false;
    ir_val v = shift_imm(t, get32(t, a->rn), a->sh, a->amt).value;
    v = ir_convert(t->u, IR_SX, IR_I64, v);
    put32(t, a->rd, saturate(t, v, a->x ? a->imm : a->imm + 1, a->x));
    return true;
}

/* With ASR #0 it is SSAT16, USAT16. */
bool a32_t_sat(struct translator *t, const struct a32_args *a)
{
    if (a->sh && !a->amt)
        return a->imm < 16 && t->config->has[ARMF_dsp] && a32_sat16(t, a);
    return a32_sat(t, a);
}

/* -- Multiplication -- */

static bool multiply(struct translator *t, const struct a32_args *a, bool s, ir_val add)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15)
        return false;
    ir_val r = op2(t, IR_MUL, get32(t, a->rn), get32(t, a->rm));
    r = add ? op2(t, IR_ADD, add, r) : r;
    put32(t, a->rd, r);
    if (s)
        set_nz(t, r, 0);
    return true;
}

A32(mul, multiply(t, a, a->s, 0))
A32(mla, a->ra != 15 && multiply(t, a, a->s, get32(t, a->ra)))
A32(t_mla, multiply(t, a, false, a->ra == 15 ? 0 : get32(t, a->ra)))

bool a32_t_two_mul(struct translator *t, const struct a32_args *a)
{
    struct a32_args m = { .rd = a->rd, .rn = a->rm, .rm = a->rd };
    return multiply(t, &m, !in_it_block(t), 0);
}

bool a32_mls(struct translator *t, const struct a32_args *a)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15 || a->ra == 15)
        return false;
    unsigned q = a->rd == a->rm ? a->rm : a->rn, y = a->rd == a->rm ? a->rn : a->rm;
    ir_val x = get32(t, a->ra);
    put32(t, a->rd, a->rd == q ? multiply_subtract(t, x, get32(t, q), get32(t, y))
                               : op2(t, IR_SUB, x, op2(t, IR_MUL, get32(t, q), get32(t, y))));
    return true;
}

/* RdHi:RdLo is in rd and ra. */
static ir_val get_long(struct translator *t, const struct a32_args *a)
{
    ir_val high = address(t, get32(t, a->rd)), low = address(t, get32(t, a->ra));
    return ir_op2(t->u, IR_OR, ir_op2(t->u, IR_SHL, high, const64(t, 32)), low);
}

static void put_long(struct translator *t, const struct a32_args *a, ir_val v)
{
    struct ir_unit *u = t->u;
    put32(t, a->ra, ir_convert(u, IR_TRUNC, IR_I32, v));
    put32(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, v, const64(t, 32))));
}

static bool long_valid(const struct a32_args *a)
{
    return a->rd != 15 && a->ra != 15 && a->rn != 15 && a->rm != 15 && a->rd != a->ra;
}

/* x: signed. op: accumulates. */
bool a32_mull(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (!long_valid(a))
        return false;
    ir_val x = a->x ? signed64(t, a->rn) : address(t, get32(t, a->rn));
    ir_val y = a->x ? signed64(t, a->rm) : address(t, get32(t, a->rm)), r = ir_op2(u, IR_MUL, x, y);
    r = a->op ? ir_op2(u, IR_ADD, r, get_long(t, a)) : r;
    put_long(t, a, r);
    if (a->s) { /* V and C stay: as of 32 bits that are negative or zero alike */
        ir_val high = ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, r, const64(t, 32)));
        ir_val low = ir_setcc(u, IR_NE, IR_I32, ir_convert(u, IR_TRUNC, IR_I32, r), const32(t, 0));
        set_nz(t, op2(t, IR_OR, high, low), 0);
    }
    return true;
}

bool a32_umaal(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (!long_valid(a))
        return false;
    ir_val r = ir_op2(u, IR_MUL, address(t, get32(t, a->rn)), address(t, get32(t, a->rm)));
    r = ir_op2(u, IR_ADD, r, address(t, get32(t, a->rd)));
    put_long(t, a, ir_op2(u, IR_ADD, r, address(t, get32(t, a->ra))));
    return true;
}

/* A half of a register, signed; high: the top one. */
static ir_val half(struct translator *t, unsigned n, bool high)
{
    ir_val v = get32(t, n);
    return high ? op2i(t, IR_SAR, v, 16) : ir_op1(t->u, IR_SEXT16, v);
}

static ir_val half_product(struct translator *t, const struct a32_args *a)
{
    return op2(t, IR_MUL, half(t, a->rn, a->x), half(t, a->rm, a->y));
}

static bool three_valid(const struct a32_args *a)
{
    return a->rd != 15 && a->rn != 15 && a->rm != 15;
}

/* A sum of 32 bits whose overflow sets Q but which does not saturate. */
static void put_sum_q(struct translator *t, unsigned rd, ir_val sum)
{
    struct ir_unit *u = t->u;
    ir_val low = ir_convert(u, IR_TRUNC, IR_I32, sum);
    a32_set_q(t, ir_setcc(u, IR_NE, IR_I32, ir_convert(u, IR_SX, IR_I64, low), sum));
    put32(t, rd, low);
}

static ir_val widened(struct translator *t, ir_val v)
{
    return ir_convert(t->u, IR_SX, IR_I64, v);
}

bool a32_smul(struct translator *t, const struct a32_args *a)
{
    if (!three_valid(a))
        return false;
    put32(t, a->rd, half_product(t, a));
    return true;
}

bool a32_smla(struct translator *t, const struct a32_args *a)
{
    if (!three_valid(a) || a->ra == 15)
        return false;
    put_sum_q(t, a->rd, ir_op2(t->u, IR_ADD, widened(t, half_product(t, a)), signed64(t, a->ra)));
    return true;
}

/* A product of 48 bits without its lowest 16. */
static ir_val word_half(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    return ir_op2(u, IR_SAR, ir_op2(u, IR_MUL, signed64(t, a->rn), widened(t, half(t, a->rm, a->y))), const64(t, 16));
}

bool a32_smulw(struct translator *t, const struct a32_args *a)
{
    if (!three_valid(a))
        return false;
    put32(t, a->rd, ir_convert(t->u, IR_TRUNC, IR_I32, word_half(t, a)));
    return true;
}

bool a32_smlaw(struct translator *t, const struct a32_args *a)
{
    if (!three_valid(a) || a->ra == 15)
        return false;
    put_sum_q(t, a->rd, ir_op2(t->u, IR_ADD, word_half(t, a), signed64(t, a->ra)));
    return true;
}

bool a32_smlal(struct translator *t, const struct a32_args *a)
{
    if (!long_valid(a))
        return false;
    put_long(t, a, ir_op2(t->u, IR_ADD, get_long(t, a), widened(t, half_product(t, a))));
    return true;
}

/* The sum, or with op the difference, of two products of halves; x exchanges Rm's. As I64. */
static ir_val dual_product(struct translator *t, const struct a32_args *a)
{
    ir_val low = op2(t, IR_MUL, half(t, a->rn, false), half(t, a->rm, a->x));
    ir_val high = op2(t, IR_MUL, half(t, a->rn, true), half(t, a->rm, !a->x));
    return ir_op2(t->u, a->op ? IR_SUB : IR_ADD, widened(t, low), widened(t, high));
}

bool a32_smlad(struct translator *t, const struct a32_args *a)
{
    if (!three_valid(a))
        return false;
    ir_val sum = dual_product(t, a);
    if (a->ra == 15) {
        put_sum_q(t, a->rd, sum);
        return true;
    }
    /* Products, then the sum: each may overflow, and Q is of the whole. */
    put_sum_q(t, a->rd, ir_op2(t->u, IR_ADD, sum, signed64(t, a->ra)));
    return true;
}

bool a32_smlald(struct translator *t, const struct a32_args *a)
{
    if (!long_valid(a))
        return false;
    put_long(t, a, ir_op2(t->u, IR_ADD, get_long(t, a), dual_product(t, a)));
    return true;
}

/* The high half of a 64-bit sum or, with op, difference; x: rounded. Ra 15: of the product. */
bool a32_smmla(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (!three_valid(a) || (a->op && a->ra == 15))
        return false;
    ir_val r = ir_op2(u, IR_MUL, signed64(t, a->rn), signed64(t, a->rm));
    if (a->ra != 15) {
        ir_val add = ir_op2(u, IR_SHL, address(t, get32(t, a->ra)), const64(t, 32));
        r = ir_op2(u, a->op ? IR_SUB : IR_ADD, add, r);
    }
    r = a->x ? ir_op2(u, IR_ADD, r, const64(t, 0x80000000)) : r;
    put32(t, a->rd, ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, r, const64(t, 32))));
    return true;
}

bool a32_sdiv(struct translator *t, const struct a32_args *a)
{
    if (!three_valid(a))
        return false;
    ir_val n = get32(t, a->rn), m = get32(t, a->rm), zero = const32(t, 0);
    put32(t, a->rd, ir_select(t->u, IR_EQ, m, zero, zero, op2(t, a->op ? IR_DIVU : IR_DIVS, n, m)));
    return true;
}

/* -- Branches -- */

bool a32_b(struct translator *t, const struct a32_args *a)
{
    a32_branch(t, pc_ahead(t) + a->imm);
    return true;
}

/* The link register's value: with bit 0 set in T32. */
static void link_next(struct translator *t)
{
    put32(t, 14, ir_pc(t->u, IR_I32, t->next | (t->t32 ? 1 : 0)));
}

bool a32_bl(struct translator *t, const struct a32_args *a)
{
    link_next(t);
    a32_branch(t, pc_ahead(t) + a->imm);
    return true;
}

/* To the other instruction set. */
static bool branch_exchange(struct translator *t, uint32_t target)
{
    link_next(t);
    a32_exit_bx(t, ir_pc(t->u, IR_I32, target | (t->t32 ? 0 : 1)));
    return true;
}

A32(blx_imm, branch_exchange(t, pc_ahead(t) + a->imm))

A32(t_bcond, !in_it_block(t) && a32_b(t, a))
A32(t_b16, a32_b(t, a))

/* The two high bits are stored as whether they equal the sign. */
static int32_t long_offset(int32_t imm)
{
    return imm < 0 ? imm : imm ^ 0xc00000;
}

bool a32_t_b(struct translator *t, const struct a32_args *a)
{
    a32_branch(t, pc_ahead(t) + long_offset(a->imm));
    return true;
}

bool a32_t_bl(struct translator *t, const struct a32_args *a)
{
    link_next(t);
    a32_branch(t, pc_ahead(t) + long_offset(a->imm));
    return true;
}

A32(t_blx, branch_exchange(t, (pc_ahead(t) & ~3u) + long_offset(a->imm)))

bool a32_bx(struct translator *t, const struct a32_args *a)
{
    a32_exit_bx(t, get32(t, a->rm));
    return true;
}

bool a32_blx(struct translator *t, const struct a32_args *a)
{
    if (a->rm == 15)
        return false;
    ir_val target = get32(t, a->rm);
    link_next(t);
    a32_exit_bx(t, target);
    return true;
}

bool a32_t_cbz(struct translator *t, const struct a32_args *a)
{
    struct ir_unit *u = t->u;
    if (in_it_block(t))
        return false;
    bool go_on = t->jumps + 3 <= ARM_UNIT_JUMPS;
    unsigned taken = ir_new_block(u, go_on), not_taken = ir_new_block(u, false);
    ir_brcc(u, a->op ? IR_NE : IR_EQ, get32(t, a->rn), const32(t, 0), taken, not_taken);
    ir_place_block(u, taken);
    a32_branch(t, pc_ahead(t) + a->imm);
    ir_place_block(u, not_taken);
    t->ended = false;
    if (!go_on)
        a32_branch(t, t->next);
    return true;
}

bool a32_it(struct translator *t, const struct a32_args *a)
{
    if (in_it_block(t) || a->op == 15)
        return false;
    t->it_next = a->op << 4 | a->imm;
    return true;
}
