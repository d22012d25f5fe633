/* SPDX-License-Identifier: BSD-2-Clause */
/* Cryptography: Zbkx, Zknd, Zkne, Zknh, Zksed, Zksh. Manual: volume I, "Cryptography Extensions: Scalar". */
#include "trans.h"

/* -- Permutations, AES, SM4 -- */

/* rd = h(rs1, rs2, c, d), the last two being constants. */
static bool call_xx(struct translator *t, const struct riscv_args *a, const struct ir_helper *h, unsigned c, unsigned d)
{
    ir_val fourth = h->nargs == 4 ? const64(t, d) : 0;
    set_x64(t, a->rd, ir_call(t->u, h, IR_I64, get_x64(t, a->rs1), get_x64(t, a->rs2), const64(t, c), fourth));
    return true;
}

TRANS(xperm8, call_xx(t, a, &riscv_helper_xperm8, t->rv32 ? 4 : 8, 0))
TRANS(xperm4, call_xx(t, a, &riscv_helper_xperm4, t->rv32 ? 4 : 8, 0))
TRANS(aes32esi, call_xx(t, a, &riscv_helper_aes32, a->uimm, 0))
TRANS(aes32esmi, call_xx(t, a, &riscv_helper_aes32, a->uimm, AES_MIX))
TRANS(aes32dsi, call_xx(t, a, &riscv_helper_aes32, a->uimm, AES_DECRYPT))
TRANS(aes32dsmi, call_xx(t, a, &riscv_helper_aes32, a->uimm, AES_DECRYPT | AES_MIX))
TRANS(aes64es, call_xx(t, a, &riscv_helper_aes64, 0, 0))
TRANS(aes64esm, call_xx(t, a, &riscv_helper_aes64, AES_MIX, 0))
TRANS(aes64ds, call_xx(t, a, &riscv_helper_aes64, AES_DECRYPT, 0))
TRANS(aes64dsm, call_xx(t, a, &riscv_helper_aes64, AES_DECRYPT | AES_MIX, 0))

bool trans_aes64im(struct translator *t, const struct riscv_args *a)
{
    set_x(t, a->rd, ir_call(t->u, &riscv_helper_aes64im, IR_I64, get_x(t, a->rs1), 0, 0, 0));
    return true;
}

bool trans_aes64ks1i(struct translator *t, const struct riscv_args *a)
{
    ir_val rnum = const64(t, a->uimm);
    set_x(t, a->rd, ir_call(t->u, &riscv_helper_aes64ks1, IR_I64, get_x(t, a->rs1), rnum, 0, 0));
    return true;
}

/* Each word of the result is the one before it, xored with rs2's. */
bool trans_aes64ks2(struct translator *t, const struct riscv_args *a)
{
    struct ir_unit *u = t->u;
    ir_val by32 = const64(t, 32), rs2 = get_x(t, a->rs2);
    ir_val low = ir_op2(u, IR_XOR, ir_op2(u, IR_SHR, get_x(t, a->rs1), by32), ir_op1(u, IR_ZEXT32, rs2));
    ir_val high = ir_op2(u, IR_XOR, low, ir_op2(u, IR_SHR, rs2, by32));
    set_x(t, a->rd, ir_op2(u, IR_OR, low, ir_op2(u, IR_SHL, high, by32)));
    return true;
}

static bool sm4(struct translator *t, const struct riscv_args *a, const struct ir_helper *h)
{
    ir_val v = ir_call(t->u, h, IR_I64, get_x64(t, a->rs1), get_x64(t, a->rs2), const64(t, a->uimm), 0);
    set_w(t, a->rd, ir_convert(t->u, IR_TRUNC, IR_I32, v));
    return true;
}

TRANS(sm4ed, sm4(t, a, &riscv_helper_sm4ed))
TRANS(sm4ks, sm4(t, a, &riscv_helper_sm4ks))

/* -- SHA-2, SM3: three rotations or shifts, xored -- */

enum { ROTATE = 0, SHIFT = 1 };

/* v rotated right by a and b, and by c or shifted right by it. */
static ir_val mix3(struct translator *t, ir_val v, enum ir_type type, unsigned a, unsigned b, unsigned c, bool shift)
{
    struct ir_unit *u = t->u;
    ir_val first = ir_op2(u, IR_ROTR, v, ir_const(u, type, a)), second = ir_op2(u, IR_ROTR, v, ir_const(u, type, b));
    ir_val third = ir_op2(u, shift ? IR_SHR : IR_ROTR, v, ir_const(u, type, c));
    return ir_op2(u, IR_XOR, ir_op2(u, IR_XOR, first, second), third);
}

static bool sha256(struct translator *t, const struct riscv_args *args, unsigned a, unsigned b, unsigned c, bool shift)
{
    set_w(t, args->rd, mix3(t, get_w(t, args->rs1), IR_I32, a, b, c, shift));
    return true;
}

TRANS(sha256sum0, sha256(t, a, 2, 13, 22, ROTATE))
TRANS(sha256sum1, sha256(t, a, 6, 11, 25, ROTATE))
TRANS(sha256sig0, sha256(t, a, 7, 18, 3, SHIFT))
TRANS(sha256sig1, sha256(t, a, 17, 19, 10, SHIFT))

static bool sha512(struct translator *t, const struct riscv_args *args, unsigned a, unsigned b, unsigned c, bool shift)
{
    set_x(t, args->rd, mix3(t, get_x(t, args->rs1), IR_I64, a, b, c, shift));
    return true;
}

TRANS(sha512sum0, sha512(t, a, 28, 34, 39, ROTATE))
TRANS(sha512sum1, sha512(t, a, 14, 18, 41, ROTATE))
TRANS(sha512sig0, sha512(t, a, 1, 8, 7, SHIFT))
TRANS(sha512sig1, sha512(t, a, 19, 61, 6, SHIFT))

/*
 * RV32: one half of the result. The low one is that of the whole for rs2:rs1, the high one, with its operands the
 * other way round, the upper half of the whole for rs1:rs2. For sums, which only rotate, both are the same.
 */
static bool sha512_half(struct translator *t, const struct riscv_args *args, bool high, unsigned a, unsigned b,
                        unsigned c, bool shift)
{
    struct ir_unit *u = t->u;
    ir_val by32 = const64(t, 32), rs1 = get_x64(t, args->rs1), rs2 = get_x64(t, args->rs2);
    ir_val whole = ir_op2(u, IR_OR, high ? rs2 : rs1, ir_op2(u, IR_SHL, high ? rs1 : rs2, by32));
    ir_val v = mix3(t, whole, IR_I64, a, b, c, shift);
    set_x64(t, args->rd, high ? ir_op2(u, IR_SHR, v, by32) : v);
    return true;
}

TRANS(sha512sum0r, sha512_half(t, a, false, 28, 34, 39, ROTATE))
TRANS(sha512sum1r, sha512_half(t, a, false, 14, 18, 41, ROTATE))
TRANS(sha512sig0l, sha512_half(t, a, false, 1, 8, 7, SHIFT))
TRANS(sha512sig0h, sha512_half(t, a, true, 1, 8, 7, SHIFT))
TRANS(sha512sig1l, sha512_half(t, a, false, 19, 61, 6, SHIFT))
TRANS(sha512sig1h, sha512_half(t, a, true, 19, 61, 6, SHIFT))

/* v ^ rotl(v, a) ^ rotl(v, b) */
static bool sm3(struct translator *t, const struct riscv_args *args, unsigned a, unsigned b)
{
    struct ir_unit *u = t->u;
    ir_val v = get_w(t, args->rs1);
    ir_val first = ir_op2(u, IR_ROTL, v, ir_const(u, IR_I32, a));
    ir_val second = ir_op2(u, IR_ROTL, v, ir_const(u, IR_I32, b));
    set_w(t, args->rd, ir_op2(u, IR_XOR, ir_op2(u, IR_XOR, v, first), second));
    return true;
}

TRANS(sm3p0, sm3(t, a, 9, 17))
TRANS(sm3p1, sm3(t, a, 15, 23))
