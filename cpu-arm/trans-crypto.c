/* SPDX-License-Identifier: BSD-2-Clause */
/* A64: AES, SHA-1, SHA-2, SHA-3, SM3 and SM4. Manual: DDI 0487, C7.2. */
#include "trans-a64.h"

/* -- Shapes: d = helper(...) -- */

static bool of_dn(struct translator *t, const struct a64_args *a, const struct ir_helper *h)
{
    if (!fp_trapped(t))
        set_v(t, a->rd, ir_call(t->u, h, IR_V128, get_v(t, a->rd), get_v(t, a->rn), 0, 0));
    return true;
}

static bool of_dnm(struct translator *t, const struct a64_args *a, const struct ir_helper *h)
{
    if (!fp_trapped(t))
        set_v(t, a->rd, ir_call(t->u, h, IR_V128, get_v(t, a->rd), get_v(t, a->rn), get_v(t, a->rm), 0));
    return true;
}

/* AESE, AESD, AESMC, AESIMC; the second two of what the first two gave in this block are one step with it. */
bool a64_aes(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    if (fp_trapped(t))
        return true;
    ir_val v = get_v(t, a->rn);
    const struct ir_op *o = &u->ops[v];
    unsigned steps = a->op;
    if (steps < 2) {
        v = vop(t, IR_VXOR, 0, 0, get_v(t, a->rd), v);
    } else if (o->op == IR_VAES && o->imm == steps - 2) {
        v = o->arg[0];
        steps += 2;
    }
    set_v(t, a->rd, vop(t, IR_VAES, 0, steps, v, 0));
    return true;
}

A64(sha1c, of_dnm(t, a, a->op == 0 ? &arm_helper_sha1c : a->op == 1 ? &arm_helper_sha1p : &arm_helper_sha1m))
A64(sha1su1, of_dn(t, a, &arm_helper_sha1su1))
A64(sha256h, of_dnm(t, a, a->op ? &arm_helper_sha256h2 : &arm_helper_sha256h))
A64(sha256su0, of_dn(t, a, &arm_helper_sha256su0))
A64(sha256su1, of_dnm(t, a, &arm_helper_sha256su1))
A64(sha512h, of_dnm(t, a, a->op ? &arm_helper_sha512h2 : &arm_helper_sha512h))
A64(sha512su0, of_dn(t, a, &arm_helper_sha512su0))
A64(sha512su1, of_dnm(t, a, &arm_helper_sha512su1))
A64(sm3partw1, of_dnm(t, a, a->op ? &arm_helper_sm3partw2 : &arm_helper_sm3partw1))
A64(sm4e, of_dn(t, a, &arm_helper_sm4e))

/* The state is n here, the keys are m. */
bool a64_sm4ekey(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_v(t, a->rd, ir_call(t->u, &arm_helper_sm4ekey, IR_V128, get_v(t, a->rn), get_v(t, a->rm), 0, 0));
    return true;
}

bool a64_sm3ss1(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_v(t, a->rd, ir_call(t->u, &arm_helper_sm3ss1, IR_V128, get_v(t, a->ra), get_v(t, a->rn), get_v(t, a->rm), 0));
    return true;
}

bool a64_sm3tt(struct translator *t, const struct a64_args *a)
{
    static const struct ir_helper *const helpers[] = {&arm_helper_sm3tt1a, &arm_helper_sm3tt1b, &arm_helper_sm3tt2a,
                                                      &arm_helper_sm3tt2b};
    if (!fp_trapped(t))
        set_v(t, a->rd, ir_call(t->u, helpers[a->op], IR_V128, get_v(t, a->rd), get_v(t, a->rn),
                                repeat_lane(t, 2, a->rm, a->idx), 0));
    return true;
}

bool a64_sha1h(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val v = ir_vector(t->u, IR_VGET, IR_I32, IR_LANE_32, 0, get_v(t, a->rn), 0, 0);
    v = ir_op2(t->u, IR_ROTL, v, const32(t, 30));
    set_v(t, a->rd, vop(t, IR_VSCALAR, IR_LANE_32, 0, v, 0));
    return true;
}

/* d ^ m ^ the middle of n and d */
bool a64_sha1su0(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    ir_val d = get_v(t, a->rd), middle = vop(t, IR_VEXT, 0, 8, d, get_v(t, a->rn));
    set_v(t, a->rd, vop(t, IR_VXOR, 0, 0, vop(t, IR_VXOR, 0, 0, d, middle), get_v(t, a->rm)));
    return true;
}

/* 64-bit lanes rotated left. */
static ir_val rotate(struct translator *t, ir_val v, unsigned n)
{
    if (!n)
        return v;
    return vop(t, IR_VOR, 0, 0, vop(t, IR_VSHLI, IR_LANE_64, n, v, 0), vop(t, IR_VSHRI, IR_LANE_64, 64 - n, v, 0));
}

bool a64_rax1(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_v(t, a->rd, vop(t, IR_VXOR, 0, 0, get_v(t, a->rn), rotate(t, get_v(t, a->rm), 1)));
    return true;
}

bool a64_xar(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_v(t, a->rd, rotate(t, vop(t, IR_VXOR, 0, 0, get_v(t, a->rn), get_v(t, a->rm)), -a->imm & 63));
    return true;
}

bool a64_eor3(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_v(t, a->rd, vop(t, IR_VXOR, 0, 0, vop(t, IR_VXOR, 0, 0, get_v(t, a->rn), get_v(t, a->rm)), get_v(t, a->ra)));
    return true;
}

bool a64_bcax(struct translator *t, const struct a64_args *a)
{
    if (!fp_trapped(t))
        set_v(t, a->rd, vop(t, IR_VXOR, 0, 0, get_v(t, a->rn), vop(t, IR_VANDN, 0, 0, get_v(t, a->rm), get_v(t, a->ra))));
    return true;
}
