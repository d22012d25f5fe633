/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Integer ops. Each takes its operands where they are, computes in the register that the result shall
 * end in where it can, and uses three-operand forms (lea, andn, shlx, rorx) of hosts that have them.
 */
#include "compile.h"

/* -- Helpers for hosts without the instruction -- */

static uint64_t popcount32(struct cpu *cpu, uint64_t v)
{
    return __builtin_popcount((uint32_t)v);
}

static uint64_t popcount64(struct cpu *cpu, uint64_t v)
{
    return __builtin_popcountll(v);
}

/* -- Common forms -- */

static unsigned own_width(const struct x64 *c)
{
    return width(c->ops[c->i].type);
}

/* op dst, s for the ALU's eight */
static void alu(struct x64 *c, unsigned w, unsigned ext, unsigned dst, struct src s)
{
    switch (s.kind) {
    case SRC_IMM:
        emit_alu_ri(&c->e, w, ext, dst, s.imm);
        break;
    case SRC_REG:
        emit_rr(&c->e, (ext << 3 | 3) | w, dst, s.reg);
        break;
    case SRC_MEM:
        emit_rm(&c->e, (ext << 3 | 3) | w, dst, s.mem);
        break;
    }
}

/* The bits of a register that a memory operand reads. */
static uint32_t src_bit(struct src s)
{
    return s.kind == SRC_REG ? REG_BIT(s.reg) : 0;
}

/* A group 3 instruction (mul, div ...) on s. */
static void group3(struct x64 *c, unsigned w, unsigned ext, struct src s)
{
    if (s.kind == SRC_MEM) {
        emit_rm(&c->e, OP_GROUP3 | w, ext, s.mem);
    } else {
        emit_rr(&c->e, OP_GROUP3 | w, ext, s.reg);
    }
}

/* -- Addition and logic -- */

static void lower_add_imm(struct x64 *c, unsigned w, ir_val a, int32_t imm)
{
    unsigned ra = x64_use(c, a), d = x64_def(c, ra, 0);

    if (d == ra) {
        emit_alu_ri(&c->e, w, EXT_ADD, d, imm);
    } else if (imm == 0) {
        emit_rr(&c->e, OP_MOV | w, d, ra);
    } else {
        emit_rm(&c->e, OP_LEA | w, d, mem_base(ra, imm));
    }
    x64_set(c, d);
}

static void lower_add_scaled(struct x64 *c, unsigned w, unsigned which, unsigned scale)
{
    unsigned index = x64_use(c, x64_used(c, c->i, which)), base = x64_use(c, x64_arg(c, !which));
    unsigned d = x64_def(c, base, 0);
    struct x64_mem m = mem_index(base, index, 0);

    m.scale = scale;
    emit_rm(&c->e, OP_LEA | w, d, m);
    x64_set(c, d);
}

static void lower_add(struct x64 *c)
{
    unsigned w = own_width(c), ra, d, scaled, scale = x64_scale(c, c->i, &scaled);
    ir_val a = x64_arg(c, 0), b = x64_arg(c, 1);
    struct src s;
    int64_t k;

    if (scale) {
        lower_add_scaled(c, w, scaled, scale);
        return;
    }
    if (x64_const(c, a, w, &k)) {
        ir_val t = a;
        a = b;
        b = t;
    }
    if (x64_const(c, b, w, &k) && k == (int32_t)k) {
        lower_add_imm(c, w, a, k);
        return;
    }
    ra = x64_use(c, a);
    s = x64_src(c, b, w);
    d = x64_def(c, ra, 0);
    if (d == ra) {
        alu(c, w, EXT_ADD, d, s);
    } else if (s.kind == SRC_REG && d == s.reg) {
        emit_rr(&c->e, OP_ADD | w, d, ra);
    } else if (s.kind == SRC_REG) {
        emit_rm(&c->e, OP_LEA | w, d, mem_index(ra, s.reg, 0));
    } else {
        emit_mov_rr(&c->e, d, ra);
        alu(c, w, EXT_ADD, d, s);
    }
    x64_set(c, d);
}

static void lower_sub(struct x64 *c)
{
    unsigned w = own_width(c), ra, d;
    ir_val a = x64_arg(c, 0), b = x64_arg(c, 1);
    struct src s;
    int64_t k;

    if (x64_const(c, b, w, &k) && k == (int32_t)k && k != INT32_MIN) {
        lower_add_imm(c, w, a, -k);
        return;
    }
    if (x64_const(c, a, w, &k) && k == 0) {
        ra = x64_use(c, b);
        d = x64_def(c, ra, 0);
        emit_mov_rr(&c->e, d, ra);
        emit_rr(&c->e, OP_GROUP3 | w, EXT_NEG, d);
        x64_set(c, d);
        return;
    }
    ra = x64_use(c, a);
    s = x64_src(c, b, w);
    d = x64_def(c, ra, 0);
    if (d != ra && s.kind == SRC_REG && d == s.reg) {
        emit_rr(&c->e, OP_GROUP3 | w, EXT_NEG, d);
        emit_rr(&c->e, OP_ADD | w, d, ra);
    } else {
        emit_mov_rr(&c->e, d, ra);
        alu(c, w, EXT_SUB, d, s);
    }
    x64_set(c, d);
}

static void lower_logic(struct x64 *c, unsigned ext)
{
    unsigned w = own_width(c), ra, d;
    ir_val a = x64_arg(c, 0), b = x64_arg(c, 1);
    struct src s;
    int64_t k;

    if (x64_const(c, a, w, &k)) {
        ir_val t = a;
        a = b;
        b = t;
    }
    if (ext == EXT_AND && x64_const(c, b, w, &k) && (k == 0xff || k == 0xffff || k == 0xffffffff)) {
        ra = x64_use(c, a);
        d = x64_def(c, ra, 0);
        emit_rr(&c->e, k == 0xff ? OP_MOVZX8 : k == 0xffff ? OP_MOVZX16 : OP_MOV, d, ra);
        x64_set(c, d);
        return;
    }
    ra = x64_use(c, a);
    s = x64_src(c, b, w);
    d = x64_def(c, ra, 0);
    if (d != ra && s.kind == SRC_REG && d == s.reg) {
        s.reg = ra;
    } else {
        emit_mov_rr(&c->e, d, ra);
    }
    alu(c, w, ext, d, s);
    x64_set(c, d);
}

static void lower_andn(struct x64 *c)
{
    unsigned w = own_width(c), ra, rb, d;

    ra = x64_use(c, x64_arg(c, 0));
    rb = x64_use(c, x64_arg(c, 1));
    if (feature(c, X64_BMI1)) {
        d = x64_def(c, ra, 0);
        emit_vrr(&c->e, OP_ANDN | w, d, rb, ra);
    } else {
        d = x64_def(c, rb, REG_BIT(ra));
        emit_mov_rr(&c->e, d, rb);
        emit_rr(&c->e, OP_GROUP3 | w, EXT_NOT, d);
        emit_rr(&c->e, OP_AND | w, d, ra);
    }
    x64_set(c, d);
}

/* neg, not, bswap and extensions: d = op(a) */
static void lower_unary(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned w = own_width(c), ra = x64_use(c, x64_arg(c, 0)), d = x64_def(c, ra, 0);

    switch (o->op) {
    case IR_NEG:
    case IR_NOT:
        emit_mov_rr(&c->e, d, ra);
        emit_rr(&c->e, OP_GROUP3 | w, o->op == IR_NEG ? EXT_NEG : EXT_NOT, d);
        break;
    case IR_BSWAP:
        emit_mov_rr(&c->e, d, ra);
        emit_bswap(&c->e, w, d);
        break;
    case IR_SEXT8:
        emit_rr(&c->e, OP_MOVSX8 | w, d, ra);
        break;
    case IR_SEXT16:
        emit_rr(&c->e, OP_MOVSX16 | w, d, ra);
        break;
    case IR_SEXT32:
    case IR_SX:
        emit_rr(&c->e, OP_MOVSXD, d, ra);
        break;
    case IR_ZEXT8:
        emit_rr(&c->e, OP_MOVZX8, d, ra);
        break;
    case IR_ZEXT16:
        emit_rr(&c->e, OP_MOVZX16, d, ra);
        break;
    default: /* ZEXT32, ZX */
        emit_rr(&c->e, OP_MOV, d, ra);
        break;
    }
    x64_set(c, d);
}

/* -- Shifts -- */

static unsigned shift_ext(unsigned op)
{
    switch (op) {
    case IR_SHL:
        return EXT_SHL;
    case IR_SHR:
        return EXT_SHR;
    case IR_SAR:
        return EXT_SAR;
    case IR_ROTL:
        return EXT_ROL;
    default:
        return EXT_ROR;
    }
}

static void lower_shift_imm(struct x64 *c, unsigned n)
{
    unsigned op = c->ops[c->i].op, w = own_width(c), bits = w ? 64 : 32;
    unsigned ra = x64_use(c, x64_arg(c, 0)), d = x64_def(c, ra, 0);

    if ((op == IR_ROTL || op == IR_ROTR) && d != ra && feature(c, X64_BMI2)) {
        emit_vrr(&c->e, OP_RORX | w, d, 0, ra);
        emit8(&c->e, op == IR_ROTR ? n : (bits - n) & (bits - 1));
    } else if (op == IR_SHL && n == 1 && d != ra) {
        emit_rm(&c->e, OP_LEA | w, d, mem_index(ra, ra, 0));
    } else {
        if (n == 0) {
            emit_rr(&c->e, OP_MOV | w, d, ra);
        } else {
            emit_mov_rr(&c->e, d, ra);
            emit_shift_ri(&c->e, w, shift_ext(op), d, n);
        }
    }
    x64_set(c, d);
}

static void lower_shift_bmi(struct x64 *c)
{
    unsigned op = c->ops[c->i].op, w = own_width(c);
    unsigned code = op == IR_SHL ? OP_SHLX : op == IR_SHR ? OP_SHRX : OP_SARX;
    unsigned rb = x64_use(c, x64_arg(c, 1));
    struct src s = x64_src(c, x64_arg(c, 0), w);
    unsigned d;

    if (s.kind == SRC_IMM) {
        s.reg = x64_use(c, x64_arg(c, 0));
    }
    d = x64_def(c, s.kind == SRC_MEM ? rb : s.reg, 0);
    if (s.kind == SRC_MEM) {
        emit_vrm(&c->e, code | w, d, rb, s.mem);
    } else {
        emit_vrr(&c->e, code | w, d, rb, s.reg);
    }
    x64_set(c, d);
}

static void lower_shift(struct x64 *c)
{
    unsigned op = c->ops[c->i].op, w = own_width(c), d;
    ir_val b = x64_arg(c, 1);
    struct src a;
    int64_t k;

    if (x64_const(c, b, w, &k)) {
        lower_shift_imm(c, k & (w ? 63 : 31));
        return;
    }
    if (feature(c, X64_BMI2) && op != IR_ROTL && op != IR_ROTR) {
        lower_shift_bmi(c);
        return;
    }
    /* The count must be in CL. */
    ir_val av = x64_arg(c, 0);
    unsigned ra = c->v[av].reg;
    if (av != b && ra != NOREG && ra != RCX && (!(c->temps & REG_BIT(ra)) || c->v[av].last <= c->i)) {
        a = (struct src){.kind = SRC_REG, .reg = x64_use(c, av)};
    } else {
        a = x64_stable(c, av, w);
    }
    if (c->v[b].reg != RCX) {
        x64_take(c, RCX);
        x64_copy(c, RCX, b);
    } else {
        c->locked |= REG_BIT(RCX);
        if (c->v[b].last > c->i) {
            x64_take(c, RCX);
            if (c->v[b].reg != NOREG) {
                emit_mov_rr(&c->e, RCX, c->v[b].reg);
            }
        }
    }
    d = x64_def(c, a.kind == SRC_REG ? a.reg : NOREG, REG_BIT(RCX) | (c->v[b].reg != NOREG ? REG_BIT(c->v[b].reg) : 0));
    x64_load_src(c, w, d, a);
    emit_rr(&c->e, OP_SHIFT_CL | w, shift_ext(op), d);
    x64_set(c, d);
}

/* -- Multiplication and division -- */

static void lower_mul(struct x64 *c)
{
    unsigned w = own_width(c), ra, d;
    ir_val a = x64_arg(c, 0), b = x64_arg(c, 1);
    struct src s;
    int64_t k;

    if (x64_const(c, a, w, &k)) {
        ir_val t = a;
        a = b;
        b = t;
    }
    if (x64_const(c, b, w, &k) && k == (int32_t)k) {
        ra = x64_use(c, a);
        d = x64_def(c, ra, 0);
        emit_rr(&c->e, (k == (int8_t)k ? OP_IMUL_IMM8 : OP_IMUL_IMM) | w, d, ra);
        if (k == (int8_t)k) {
            emit8(&c->e, k);
        } else {
            emit32(&c->e, k);
        }
        x64_set(c, d);
        return;
    }
    ra = x64_use(c, a);
    s = x64_src(c, b, w);
    d = x64_def(c, ra, 0);
    if (d != ra && s.kind == SRC_REG && d == s.reg) {
        s.reg = ra;
    } else {
        emit_mov_rr(&c->e, d, ra);
    }
    if (s.kind == SRC_MEM) {
        emit_rm(&c->e, OP_IMUL | w, d, s.mem);
    } else {
        emit_rr(&c->e, OP_IMUL | w, d, s.reg);
    }
    x64_set(c, d);
}

/* The operand in a form that mul and div take; an immediate goes to RCX. */
static struct src mul_operand(struct x64 *c, unsigned w, struct src s)
{
    if (s.kind == SRC_IMM) {
        x64_load_src(c, w, RCX, s);
        return (struct src){.kind = SRC_REG, .reg = RCX};
    }
    return s;
}

static void lock_temps(struct x64 *c)
{
    c->locked |= TEMP_GPRS;
}

/* High halves of 32-bit products, by one 64-bit multiplication. */
static void lower_mulh32(struct x64 *c)
{
    unsigned op = c->ops[c->i].op;
    struct src a = x64_stable(c, x64_arg(c, 0), 0), b = x64_stable(c, x64_arg(c, 1), 0);

    x64_clear_temps(c, TEMP_GPRS);
    lock_temps(c);
    x64_load_src(c, 0, RAX, a);
    x64_load_src(c, 0, RCX, b);
    if (op != IR_MULHU) {
        emit_rr(&c->e, OP_MOVSXD, RAX, RAX);
    }
    if (op == IR_MULHS) {
        emit_rr(&c->e, OP_MOVSXD, RCX, RCX);
    }
    emit_rr(&c->e, OP_IMUL | OP_W, RAX, RCX);
    emit_shift_ri(&c->e, OP_W, EXT_SHR, RAX, 32);
    x64_finish(c, RAX);
}

static void lower_mulh64(struct x64 *c)
{
    unsigned op = c->ops[c->i].op;
    struct src a = x64_stable(c, x64_arg(c, 0), OP_W), b = x64_stable(c, x64_arg(c, 1), OP_W);

    x64_clear_temps(c, TEMP_GPRS);
    lock_temps(c);
    x64_load_src(c, OP_W, RAX, a);
    b = mul_operand(c, OP_W, b);
    group3(c, OP_W, op == IR_MULHS ? EXT_IMUL : EXT_MUL, b);
    if (op == IR_MULHSU) {
        /* signed a = unsigned a - 2^64 * sign: take b from the high half. */
        x64_load_src(c, OP_W, RAX, a);
        emit_shift_ri(&c->e, OP_W, EXT_SAR, RAX, 63);
        alu(c, OP_W, EXT_AND, RAX, b);
        emit_rr(&c->e, OP_SUB | OP_W, RDX, RAX);
    }
    x64_finish(c, RDX);
}

/*
 * Division. The divisors 0 and -1 (signed: the overflow, and the host would trap) go out of line. A
 * constant divisor needs no test.
 */
static void lower_div(struct x64 *c)
{
    unsigned op = c->ops[c->i].op, w = own_width(c);
    bool is_signed = op == IR_DIVS || op == IR_REMS, rem = op == IR_REMS || op == IR_REMU;
    ir_val bv = x64_arg(c, 1);
    struct src a = x64_stable(c, x64_arg(c, 0), w), b = x64_stable(c, bv, w);
    struct cold *k = NULL;
    int64_t divisor;

    x64_clear_temps(c, TEMP_GPRS);
    lock_temps(c);
    x64_load_src(c, w, RAX, a);
    if (b.kind != SRC_REG) {
        x64_load_src(c, w, RCX, b);
        b = (struct src){.kind = SRC_REG, .reg = RCX};
    }
    if (!x64_const(c, bv, w, &divisor) || divisor == 0 || divisor == -1) {
        k = x64_cold(c, COLD_DIV);
        k->reg[0] = b.reg;
        k->type = c->ops[c->i].type;
        if (is_signed) {
            emit_rm(&c->e, OP_LEA | w, RDX, mem_base(b.reg, 1));
            emit_alu_ri(&c->e, w, EXT_CMP, RDX, 1);
            k->from[0] = emit_jcc(&c->e, CC_BE);
        } else {
            emit_rr(&c->e, OP_TEST | w, b.reg, b.reg);
            k->from[0] = emit_jcc(&c->e, CC_E);
        }
    }
    if (is_signed) {
        if (w) {
            emit8(&c->e, 0x48);
        }
        emit8(&c->e, 0x99); /* cdq, cqo */
    } else {
        emit_rr(&c->e, OP_XOR, RDX, RDX);
    }
    emit_rr(&c->e, OP_GROUP3 | w, is_signed ? EXT_IDIV : EXT_DIV, b.reg);
    if (k) {
        k->back = emit_offset(&c->e);
    }
    x64_finish(c, rem ? RDX : RAX);
}

/* RAX is the dividend; the quotient goes to RAX or the remainder to RDX. */
void x64_cold_div(struct x64 *c, const struct cold *k)
{
    unsigned w = width(k->type), op = c->ops[k->op].op;
    uint32_t zero;

    switch (op) {
    case IR_DIVU:
        emit_mov_ri(&c->e, RAX, w ? UINT64_MAX : UINT32_MAX);
        break;
    case IR_REMU:
        emit_rr(&c->e, OP_MOV | w, RDX, RAX);
        break;
    case IR_DIVS:
        /* RDX is divisor + 1: by -1 gives -a, by 0 gives -1. */
        emit_rr(&c->e, OP_GROUP3 | w, EXT_NEG, RAX);
        emit_rr(&c->e, OP_TEST, RDX, RDX);
        zero = emit_jcc8(&c->e, CC_E);
        emit_mov_ri(&c->e, RAX, w ? UINT64_MAX : UINT32_MAX);
        emit_fix8(&c->e, zero);
        break;
    default:
        emit_rr(&c->e, OP_TEST, RDX, RDX);
        emit_mov_ri(&c->e, RDX, 0);
        emit_rr(&c->e, OP_CMOV | CC_NE | w, RDX, RAX);
        break;
    }
    emit_fix(&c->e, emit_jmp(&c->e), k->back);
}

/* -- Counting bits -- */

static void lower_count(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned w = own_width(c), bits = w ? 64 : 32, feat, code, ra, d;
    ir_val a = x64_arg(c, 0);

    feat = o->op == IR_CLZ ? X64_LZCNT : o->op == IR_CTZ ? X64_BMI1 : X64_POPCNT;
    code = o->op == IR_CLZ ? OP_LZCNT : o->op == IR_CTZ ? OP_TZCNT : OP_POPCNT;
    if (!feature(c, feat) && o->op == IR_POPCNT) {
        x64_call_fn(c, w ? (void *)popcount64 : (void *)popcount32, 1, &a, THUNK_CALL_PURE);
        x64_finish(c, RAX);
        return;
    }
    ra = x64_use(c, a);
    if (feature(c, feat)) {
        d = x64_def(c, ra, 0);
        if (d != ra) {
            emit_rr(&c->e, OP_XOR, d, d); /* the instruction waits for its destination on some hosts */
        }
        emit_rr(&c->e, code | w, d, ra);
    } else {
        unsigned t = x64_temp(c, REG_BIT(ra));
        d = x64_def(c, NOREG, REG_BIT(ra) | REG_BIT(t));
        emit_mov_ri(&c->e, t, o->op == IR_CLZ ? 2 * bits - 1 : bits);
        emit_rr(&c->e, (o->op == IR_CLZ ? OP_BSR : OP_BSF) | w, d, ra);
        emit_rr(&c->e, OP_CMOV | CC_E | w, d, t);
        if (o->op == IR_CLZ) {
            emit_alu_ri(&c->e, 0, EXT_XOR, d, bits - 1);
        }
    }
    x64_set(c, d);
}

/* -- Comparison -- */

static const uint8_t host_cc[] = {
    [IR_EQ] = CC_E, [IR_NE] = CC_NE, [IR_LT] = CC_L, [IR_GE] = CC_GE, [IR_LE] = CC_LE, [IR_GT] = CC_G,
    [IR_LTU] = CC_B, [IR_GEU] = CC_AE, [IR_LEU] = CC_BE, [IR_GTU] = CC_A,
};
/* The condition with its operands swapped. */
static const uint8_t swapped_cc[] = {
    [IR_EQ] = IR_EQ, [IR_NE] = IR_NE, [IR_LT] = IR_GT, [IR_GE] = IR_LE, [IR_LE] = IR_GE, [IR_GT] = IR_LT,
    [IR_LTU] = IR_GTU, [IR_GEU] = IR_LEU, [IR_LEU] = IR_GEU, [IR_GTU] = IR_LTU,
};

/* The host's flags of the AND of what the op takes instead of its own arguments. wc: it compares so many bits. */
static void emit_test(struct x64 *c, unsigned wc)
{
    unsigned w = width(c->ops[c->v[c->i].tested].type) & wc, a;
    ir_val x = x64_used(c, c->i, 0), mask = x64_used(c, c->i, 1);
    struct src s;
    int64_t k;

    if (x64_const(c, x, w, &k)) {
        ir_val t = x;
        x = mask;
        mask = t;
    }
    a = x64_use(c, x);
    if (x64_const(c, mask, w, &k) && (!w || k == (uint32_t)k)) { /* bits above have no part in it */
        emit_rr(&c->e, OP_GROUP3, EXT_TEST, a);
        emit32(&c->e, k);
        return;
    }
    s = x64_src(c, mask, w);
    if (s.kind == SRC_IMM) {
        emit_rr(&c->e, OP_GROUP3 | w, EXT_TEST, a);
        emit32(&c->e, s.imm);
    } else if (s.kind == SRC_MEM) {
        emit_rm(&c->e, OP_TEST | w, a, s.mem);
    } else {
        emit_rr(&c->e, OP_TEST | w, a, s.reg);
    }
}

unsigned x64_compare(struct x64 *c, unsigned cc, unsigned type, ir_val a, ir_val b)
{
    unsigned w = width(type);
    struct src sa, sb;
    int64_t k;

    if (c->v[c->i].tested) {
        emit_test(c, w);
        return host_cc[cc];
    }
    if (x64_const(c, a, w, &k) && !x64_const(c, b, w, &k)) {
        ir_val t = a;
        a = b;
        b = t;
        cc = swapped_cc[cc];
    }
    sa = x64_src(c, a, w);
    if (sa.kind == SRC_IMM) {
        sa = (struct src){.kind = SRC_REG, .reg = x64_use(c, a)};
    }
    sb = x64_src(c, b, w);
    if (sa.kind == SRC_MEM && sb.kind == SRC_MEM) {
        sa = (struct src){.kind = SRC_REG, .reg = x64_use(c, a)};
    }
    if (sa.kind == SRC_MEM) {
        if (sb.kind == SRC_IMM) {
            emit_alu_mi(&c->e, w, EXT_CMP, sa.mem, sb.imm);
        } else {
            emit_rm(&c->e, 0x39 | w, sb.reg, sa.mem);
        }
    } else if (sb.kind == SRC_IMM && sb.imm == 0) {
        emit_rr(&c->e, OP_TEST | w, sa.reg, sa.reg);
    } else {
        alu(c, w, EXT_CMP, sa.reg, sb);
    }
    return host_cc[cc];
}

static void lower_setcc(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    ir_val a = x64_arg(c, 0), b = x64_arg(c, 1);
    unsigned cc = x64_compare(c, o->sub, o->sub2, a, b), d = x64_def(c, c->v[a].reg, 0);

    emit_rr(&c->e, OP_SET | cc, 0, d);
    emit_rr(&c->e, OP_MOVZX8, d, d);
    x64_set(c, d);
}

/* The value as an operand, in a temporary only if others of this op's operands have less than max of them. */
static struct src src_within(struct x64 *c, ir_val v, unsigned w, int max)
{
    return __builtin_popcount(c->locked & TEMP_GPRS) < max ? x64_src(c, v, w) : x64_stable(c, v, w);
}

/* cc(a, b) ? x : y, for integers; b and x may be in memory. One temporary is left for the result. */
static void lower_select_int(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    ir_val a = x64_arg(c, 0), b = x64_arg(c, 1), x = x64_arg(c, 2), y = x64_arg(c, 3);
    unsigned w = width(o->type), wc = width(o->sub2), cc, d, ra;
    enum { OPERANDS = 2 }; /* in temporaries */
    struct src sb, sx;
    int64_t k;

    ra = x64_use(c, a);
    bool is_const = x64_const(c, x, w, &k);

    sb = src_within(c, b, wc, is_const ? OPERANDS - 1 : OPERANDS);
    sx = is_const ? (struct src){.kind = SRC_IMM} : src_within(c, x, w, OPERANDS);
    if (sx.kind == SRC_IMM) {
        sx = (struct src){.kind = SRC_REG, .reg = x64_use(c, x)};
    }
    cc = host_cc[o->sub];
    bool y_const = x64_const(c, y, w, &k), room = __builtin_popcount(c->locked & TEMP_GPRS) < OPERANDS;
    if (sx.kind == SRC_REG && !is_const && c->v[c->i].hint == sx.reg && (!y_const || room)) {
        /* x is there already, if it may be written. */
        struct src sy = y_const ? (struct src){.kind = SRC_REG, .reg = x64_use(c, y)} : x64_stable(c, y, w);
        d = x64_def(c, NOREG, REG_BIT(ra) | src_bit(sb) | src_bit(sy));
        if (d == sx.reg) {
            sx = sy;
            cc ^= 1;
        } else {
            x64_load_src(c, w, d, sy);
        }
    } else {
        d = x64_def(c, c->v[y].reg, REG_BIT(ra) | src_bit(sb) | src_bit(sx));
        x64_copy(c, d, y);
    }
    alu(c, wc, EXT_CMP, ra, sb);
    if (sx.kind == SRC_MEM) {
        emit_rm(&c->e, OP_CMOV | cc | w, d, sx.mem);
    } else {
        emit_rr(&c->e, OP_CMOV | cc | w, d, sx.reg);
    }
    x64_set(c, d);
}

static void lower_select_fp(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    ir_val x = x64_arg(c, 2), y = x64_arg(c, 3);
    unsigned cc, d, rx = x64_use(c, x);
    uint32_t skip;

    d = x64_def(c, c->v[y].reg, REG_BIT(rx));
    x64_copy(c, d, y);
    cc = x64_compare(c, o->sub, o->sub2, x64_arg(c, 0), x64_arg(c, 1));
    skip = emit_jcc8(&c->e, cc ^ 1);
    emit_rr(&c->e, OP_MOVAPS, d, rx);
    emit_fix8(&c->e, skip);
    x64_set(c, d);
}

static void lower_minmax(struct x64 *c)
{
    static const uint8_t take_b[] = {CC_G, CC_L, CC_A, CC_B};
    unsigned op = c->ops[c->i].op, w = own_width(c), ra, d, cc = take_b[op - IR_MINS];
    ir_val b = x64_arg(c, 1);
    struct src s;

    ra = x64_use(c, x64_arg(c, 0));
    s = x64_src(c, b, w);
    if (s.kind == SRC_IMM) {
        s = (struct src){.kind = SRC_REG, .reg = x64_use(c, b)};
    }
    d = x64_def(c, ra, src_bit(s) & ~REG_BIT(ra));
    emit_mov_rr(&c->e, d, ra);
    alu(c, w, EXT_CMP, d, s);
    if (s.kind == SRC_MEM) {
        emit_rm(&c->e, OP_CMOV | cc | w, d, s.mem);
    } else {
        emit_rr(&c->e, OP_CMOV | cc | w, d, s.reg);
    }
    x64_set(c, d);
}

_Static_assert(IR_MAXS == IR_MINS + 1 && IR_MINU == IR_MINS + 2 && IR_MAXU == IR_MINS + 3, "take_b's order");

/* -- CPU state -- */

static void lower_lds(struct x64 *c)
{
    static const uint16_t zero[] = {OP_MOVZX8, OP_MOVZX16, OP_MOV, OP_MOV | OP_W};
    static const uint16_t sign[] = {OP_MOVSX8, OP_MOVSX16, OP_MOVSXD, OP_MOV | OP_W};
    const struct ir_op *o = &c->ops[c->i];
    unsigned size = o->aux & IR_MEM_SIZE, w = own_width(c), d = x64_def(c, NOREG, 0);
    struct x64_mem m = mem_base(RBP, o->imm);

    if ((o->aux & IR_MEM_SIGNED) && size < IR_MEM_32) {
        emit_rm(&c->e, sign[size] | w, d, m);
    } else if ((o->aux & IR_MEM_SIGNED) && w) {
        emit_rm(&c->e, sign[size], d, m);
    } else {
        emit_rm(&c->e, size == IR_MEM_64 && !w ? OP_MOV : zero[size], d, m);
    }
    x64_set(c, d);
}

static void lower_sts(struct x64 *c)
{
    static const uint16_t store[] = {OP_MOV_STORE8, OP_MOV_STORE16, OP_MOV_STORE, OP_MOV_STORE | OP_W};
    const struct ir_op *o = &c->ops[c->i];
    unsigned size = o->aux & IR_MEM_SIZE;
    ir_val v = x64_arg(c, 0);
    struct x64_mem m = mem_base(RBP, o->imm);
    int64_t k;

    if (size >= IR_MEM_32 && x64_const(c, v, size == IR_MEM_64 ? OP_W : 0, &k) && k == (int32_t)k) {
        emit_rm(&c->e, OP_MOV_STORE_IMM | (size == IR_MEM_64 ? OP_W : 0), 0, m);
        emit32(&c->e, k);
        return;
    }
    emit_rm(&c->e, store[size], x64_use(c, v), m);
}

void x64_lower_int(struct x64 *c)
{
    switch (c->ops[c->i].op) {
    case IR_ADD:
        lower_add(c);
        break;
    case IR_SUB:
        lower_sub(c);
        break;
    case IR_AND:
        lower_logic(c, EXT_AND);
        break;
    case IR_OR:
        lower_logic(c, EXT_OR);
        break;
    case IR_XOR:
        lower_logic(c, EXT_XOR);
        break;
    case IR_ANDN:
        lower_andn(c);
        break;
    case IR_MUL:
        lower_mul(c);
        break;
    case IR_MULHS:
    case IR_MULHU:
    case IR_MULHSU:
        if (own_width(c)) {
            lower_mulh64(c);
        } else {
            lower_mulh32(c);
        }
        break;
    case IR_DIVS:
    case IR_DIVU:
    case IR_REMS:
    case IR_REMU:
        lower_div(c);
        break;
    case IR_SHL:
    case IR_SHR:
    case IR_SAR:
    case IR_ROTL:
    case IR_ROTR:
        lower_shift(c);
        break;
    case IR_MINS:
    case IR_MAXS:
    case IR_MINU:
    case IR_MAXU:
        lower_minmax(c);
        break;
    case IR_CLZ:
    case IR_CTZ:
    case IR_POPCNT:
        lower_count(c);
        break;
    case IR_SETCC:
        lower_setcc(c);
        break;
    case IR_SELECT:
        if (is_fp_type(c->ops[c->i].type)) {
            lower_select_fp(c);
        } else {
            lower_select_int(c);
        }
        break;
    case IR_LDS:
        lower_lds(c);
        break;
    case IR_STS:
        lower_sts(c);
        break;
    default:
        lower_unary(c);
        break;
    }
}
