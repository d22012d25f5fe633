/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors. A V128 is in an XMM register or in memory as any value. A V256 has a slot of the frame from its definition to
 * its last use: an op loads what it takes into XMM0..2, computes, and stores, by AVX2 where the host has it, else one half
 * after the other. Where the host has AVX most ops of V128 are one instruction; else they go by XMM0..2, too. What the host
 * has no instruction for is evaluated by ir_eval_vector().
 */
#include "compile.h"

#define CHUNK 16 /* bytes that SSE does at once */

/* -- Places -- */

unsigned x64_vector_slot(struct x64 *c, ir_val v)
{
    if (c->v[v].vslot < 0) {
        c->v[v].vslot = c->nvfree ? c->vfree[--c->nvfree] : c->nvslots++;
        g_assert(c->nvslots + c->u->nlocals <= VECTOR_SLOTS);
    }
    return c->v[v].vslot;
}

void x64_vector_drop(struct x64 *c, ir_val v)
{
    if (c->v[v].vslot >= 0) {
        c->vfree[c->nvfree++] = c->v[v].vslot;
        c->v[v].vslot = -1;
    }
}

/* Byte at of a V256 value. */
static struct x64_mem value_mem(struct x64 *c, ir_val v, unsigned at)
{
    return mem_base(RSP, FRAME_VECTOR(x64_vector_slot(c, v)) + (int32_t)at);
}

static struct x64_mem arg_mem(struct x64 *c, unsigned n, unsigned at)
{
    return value_mem(c, x64_arg(c, n), at);
}

static struct x64_mem result_mem(struct x64 *c, unsigned at)
{
    return value_mem(c, c->i, at);
}

/* Locals are in slots from the last one down. */
struct x64_mem x64_vector_local(unsigned local, unsigned at)
{
    return mem_base(RSP, FRAME_VECTOR(VECTOR_SLOTS - 1 - (int32_t)local) + (int32_t)at);
}

static struct x64_mem vector_arg(unsigned n, unsigned at)
{
    return mem_base(RSP, FRAME_VECTOR_ARG(n) + (int32_t)at);
}

static struct x64_mem moved(struct x64_mem m, unsigned by)
{
    m.disp += (int32_t)by;
    return m;
}

static bool is_v128(const struct x64 *c, ir_val v)
{
    return c->ops[v].type == IR_V128;
}

static unsigned bytes_of(const struct x64 *c, ir_val v)
{
    return ir_type_bits(c->ops[v].type) / 8;
}

static void load(struct x64 *c, unsigned reg, struct x64_mem m)
{
    emit_rm(&c->e, OP_MOVUPS, reg, m);
}

static void store(struct x64 *c, unsigned reg, struct x64_mem m)
{
    emit_rm(&c->e, OP_MOVUPS_STORE, reg, m);
}

static unsigned temp(struct x64 *c)
{
    return x64_temp_xmm(c, 0);
}

/* Copy through x; the host's flags are kept. */
static void copy(struct x64 *c, unsigned x, struct x64_mem to, struct x64_mem from, unsigned bytes)
{
    for (unsigned at = 0; at < bytes; at += CHUNK) {
        load(c, x, moved(from, at));
        store(c, x, moved(to, at));
    }
}

/* x = 16 bytes of a vector, from byte at of it on. */
static void load_value(struct x64 *c, unsigned x, ir_val v, unsigned at)
{
    if (is_v128(c, v)) {
        x64_copy(c, x, v);
    } else {
        load(c, x, value_mem(c, v, at));
    }
}

static void load_arg(struct x64 *c, unsigned x, unsigned n, unsigned at)
{
    load_value(c, x, x64_arg(c, n), at);
}

/* Those 16 bytes of the result are in x, one of XMM0 to XMM2, which are locked. */
static void set_result(struct x64 *c, unsigned x, unsigned at)
{
    if (is_v128(c, c->i)) {
        c->locked &= ~TEMP_XMMS;
        x64_finish(c, x);
    } else {
        store(c, x, result_mem(c, at));
    }
}

/* A vector where memory has it: in its slot. */
static void to_slot(struct x64 *c, ir_val v)
{
    if (is_v128(c, v) && c->v[v].vslot < 0) {
        unsigned r = x64_use(c, v);
        store(c, r, mem_base(RSP, FRAME_VECTOR(x64_vector_slot(c, v))));
        c->locked = 0;
    }
}

/* -- By ir_eval_vector() -- */

/* The vectors in the frame by the numbers of their slots + 1, 16 bits each, the result's first; 0: there is none. */
static uint64_t eval(struct cpu *cpu, uint64_t frame, uint64_t desc, uint64_t slots)
{
    struct ir_vec *v[4], scalar;

    for (unsigned i = 0; i < 4; i++) {
        unsigned n = slots >> (16 * i) & 0xffff;
        v[i] = n ? (struct ir_vec *)(uintptr_t)(frame + FRAME_VECTOR(n - 1)) : NULL;
    }
    ir_eval_vector(&cpu->fp, desc, v[0] ? v[0] : &scalar, v[1], v[2], v[3]);
    return v[0] ? 0 : scalar.q[0];
}

static void store_imm(struct x64 *c, unsigned n, uint64_t k)
{
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_arg(n));
    emit32(&c->e, k);
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_base(RSP, FRAME_ARG(n) + 4));
    emit32(&c->e, k >> 32);
}

/* Arg slot n = the address of m. RAX is free. */
static void store_address(struct x64 *c, unsigned n, struct x64_mem m)
{
    emit_rm(&c->e, OP_LEA | OP_W, RAX, m);
    emit_rm(&c->e, OP_MOV_STORE | OP_W, RAX, mem_arg(n));
}

uint64_t x64_vector_op(struct cpu *cpu, uint64_t frame, uint64_t desc)
{
    struct ir_vec *v[4];

    for (unsigned i = 0; i < 4; i++) {
        v[i] = (struct ir_vec *)(uintptr_t)(frame + FRAME_VECTOR_ARG(i));
    }
    ir_eval_vector(&cpu->fp, desc, v[3], v[0], v[1], v[2]);
    return 0;
}

/* Operands are in their slots, the temporaries are clear. A scalar result is in RAX. */
static void call_eval(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    uint64_t slots = ir_is_vector(o->type) ? x64_vector_slot(c, c->i) + 1 : 0;

    for (unsigned n = 0; n < ir_op_nargs(o->op); n++) {
        slots |= (uint64_t)(x64_vector_slot(c, x64_arg(c, n)) + 1) << (16 * (n + 1));
    }
    store_address(c, 0, mem_base(RSP, 0));
    store_imm(c, 1, ir_vector_desc(o, c->ops[o->arg[0]].type));
    store_imm(c, 2, slots);
    emit_mov_ri(&c->e, RAX, (uintptr_t)eval);
    x64_call_thunk(c, THUNK_CALL_PURE);
    x64_site_here(c);
}

static void operands_to_slots(struct x64 *c)
{
    for (unsigned n = 0; n < ir_op_nargs(c->ops[c->i].op); n++) {
        to_slot(c, x64_arg(c, n));
    }
}

static void lower_eval(struct x64 *c)
{
    operands_to_slots(c);
    x64_clear_temps(c, ~0u);
    call_eval(c);
    if (!ir_is_vector(c->ops[c->i].type)) {
        x64_finish(c, RAX);
    }
}

/* -- The host's instructions -- */

/* An instruction of two operands, and what the host must have for it in 128 bits. code 0: there is none. */
struct native {
    uint16_t code;
    uint16_t needs;
};

#define SSE2(code) {(code) | OP_0F | OP_66, 0}
#define SSE41(code) {(code) | OP_0F38 | OP_66, X64_SSE41}
#define SSE42(code) {(code) | OP_0F38 | OP_66, X64_AVX}
#define NONE {0, 0}

/* By op from VADD and lane: d = a op b. */
static const struct native binary[][4] = {
    [IR_VADD - IR_VADD] = {SSE2(0xfc), SSE2(0xfd), SSE2(0xfe), SSE2(0xd4)},
    [IR_VSUB - IR_VADD] = {SSE2(0xf8), SSE2(0xf9), SSE2(0xfa), SSE2(0xfb)},
    [IR_VMUL - IR_VADD] = {NONE, SSE2(0xd5), SSE41(0x40)},
    [IR_VMULHS - IR_VADD] = {NONE, SSE2(0xe5)},
    [IR_VMULHU - IR_VADD] = {NONE, SSE2(0xe4)},
    [IR_VADDS - IR_VADD] = {SSE2(0xec), SSE2(0xed)},
    [IR_VADDU - IR_VADD] = {SSE2(0xdc), SSE2(0xdd)},
    [IR_VSUBS - IR_VADD] = {SSE2(0xe8), SSE2(0xe9)},
    [IR_VSUBU - IR_VADD] = {SSE2(0xd8), SSE2(0xd9)},
    [IR_VMINS - IR_VADD] = {SSE41(0x38), SSE2(0xea), SSE41(0x39)},
    [IR_VMAXS - IR_VADD] = {SSE41(0x3c), SSE2(0xee), SSE41(0x3d)},
    [IR_VMINU - IR_VADD] = {SSE2(0xda), SSE41(0x3a), SSE41(0x3b)},
    [IR_VMAXU - IR_VADD] = {SSE2(0xde), SSE41(0x3e), SSE41(0x3f)},
    [IR_VAVGU - IR_VADD] = {SSE2(0xe0), SSE2(0xe3)},
    [IR_VCMPEQ - IR_VADD] = {SSE2(0x74), SSE2(0x75), SSE2(0x76), SSE41(0x29)},
    [IR_VCMPGTS - IR_VADD] = {SSE2(0x64), SSE2(0x65), SSE2(0x66), SSE42(0x37)},
    [IR_VAND - IR_VADD] = {SSE2(0xdb)},
    [IR_VOR - IR_VADD] = {SSE2(0xeb)},
    [IR_VXOR - IR_VADD] = {SSE2(0xef)},
};

/* Shifts by vectors: VEX only. */
static const struct native shifts[][4] = {
    [IR_VSHL - IR_VSHL] = {NONE, NONE, {0x47 | OP_0F38 | OP_66, X64_AVX2}, {0x47 | OP_0F38 | OP_66 | OP_W, X64_AVX2}},
    [IR_VSHR - IR_VSHL] = {NONE, NONE, {0x45 | OP_0F38 | OP_66, X64_AVX2}, {0x45 | OP_0F38 | OP_66 | OP_W, X64_AVX2}},
    [IR_VSAR - IR_VSHL] = {NONE, NONE, {0x46 | OP_0F38 | OP_66, X64_AVX2}},
};

/* By op from VNARROWS and source lane from 16: packs. */
static const struct native packs[][2] = {
    [IR_VNARROWS - IR_VNARROWS] = {SSE2(0x63), SSE2(0x6b)},
    [IR_VNARROWSU - IR_VNARROWS] = {SSE2(0x67), SSE41(0x2b)},
};

/* By high half and lane. */
static const struct native zips[2][4] = {
    {SSE2(0x60), SSE2(0x61), SSE2(0x62), SSE2(0x6c)},
    {SSE2(0x68), SSE2(0x69), SSE2(0x6a), SSE2(0x6d)},
};

/* By unsigned and lane: the low 8 bytes widened. */
static const struct native widens[2][3] = {
    {SSE41(0x20), SSE41(0x23), SSE41(0x25)},
    {SSE41(0x30), SSE41(0x33), SSE41(0x35)},
};

static bool has(const struct x64 *c, struct native n)
{
    return n.code && (!n.needs || feature(c, n.needs));
}

/* Lanes that are alone can be done 32 bytes at once. */
static bool whole(const struct x64 *c)
{
    return c->ops[c->i].type == IR_V256 && feature(c, X64_AVX2);
}

static unsigned lane_of(const struct x64 *c)
{
    return c->ops[c->i].aux & 15;
}

/* The three, free. */
static void scratch(struct x64 *c)
{
    x64_clear_scratch(c);
}

/* x = op(a, b) of whole V256s, in YMM0 and YMM1. */
static void load256(struct x64 *c, unsigned reg, struct x64_mem m)
{
    emit_vrm(&c->e, OP_MOVUPS | OP_L, reg, 0, m);
    c->upper = true;
}

static void store256(struct x64 *c, unsigned reg, struct x64_mem m)
{
    emit_vrm(&c->e, OP_MOVUPS_STORE | OP_L, reg, 0, m);
}

/* How an op on XMM0 (a), XMM1 (b) and XMM2 (c) is done, its result in XMM0: for 16 bytes, or 32 in VEX form. */
typedef void lower_fn(struct x64 *c, bool wide, const void *how);

/* op dst, src with dst as the first source too. */
static void op2(struct x64 *c, bool wide, unsigned code, unsigned dst, unsigned src)
{
    if (wide) {
        emit_vrr(&c->e, code | OP_L, dst, dst, src);
    } else {
        emit_rr(&c->e, code, dst, src);
    }
}

/* All of the vectors, in as few parts as the host can. */
static void by_parts(struct x64 *c, lower_fn *fn, const void *how)
{
    const struct ir_op *o = &c->ops[c->i];
    bool wide = whole(c);
    unsigned bytes = bytes_of(c, c->i), step = wide ? 2 * CHUNK : CHUNK, n = ir_op_nargs(o->op);

    scratch(c);
    for (unsigned at = 0; at < bytes; at += step) {
        for (unsigned i = 0; i < n; i++) {
            if (wide) {
                load256(c, XMM0 + i, arg_mem(c, i, at));
            } else {
                load_arg(c, XMM0 + i, i, at);
            }
        }
        fn(c, wide, how);
        if (wide) {
            store256(c, XMM0, result_mem(c, at));
        } else {
            set_result(c, XMM0, at);
        }
    }
}

static void fn_binary(struct x64 *c, bool wide, const void *how)
{
    op2(c, wide, ((const struct native *)how)->code, XMM0, XMM1);
}

/* a & ~b: the host complements the destination. */
static void fn_andn(struct x64 *c, bool wide, const void *how)
{
    op2(c, wide, OP_PANDN, XMM1, XMM0);
    op2(c, wide, OP_PXOR, XMM0, XMM0);
    op2(c, wide, OP_POR, XMM0, XMM1);
}

static void fn_not(struct x64 *c, bool wide, const void *how)
{
    op2(c, wide, OP_PCMPEQD, XMM1, XMM1);
    op2(c, wide, OP_PXOR, XMM0, XMM1);
}

static void fn_sel(struct x64 *c, bool wide, const void *how)
{
    op2(c, wide, OP_PAND, XMM1, XMM0);
    op2(c, wide, OP_PANDN, XMM0, XMM2);
    op2(c, wide, OP_POR, XMM0, XMM1);
}

/* 0 - a */
static void fn_neg(struct x64 *c, bool wide, const void *how)
{
    unsigned code = binary[IR_VSUB - IR_VADD][lane_of(c)].code;

    op2(c, wide, OP_PXOR, XMM1, XMM1);
    op2(c, wide, code, XMM1, XMM0);
    op2(c, wide, OP_PXOR, XMM0, XMM0);
    op2(c, wide, OP_POR, XMM0, XMM1);
}

static void fn_abs(struct x64 *c, bool wide, const void *how)
{
    unsigned code = (0x1c + lane_of(c)) | OP_0F38 | OP_66;

    if (wide) {
        emit_vrr(&c->e, code | OP_L, XMM0, 0, XMM0);
    } else {
        emit_rr(&c->e, code, XMM0, XMM0);
    }
}

/* a > b unsigned: the smaller of both is not a. how: the minimum. */
static void fn_cmpgtu(struct x64 *c, bool wide, const void *how)
{
    op2(c, wide, ((const struct native *)how)->code, XMM1, XMM0);
    op2(c, wide, binary[IR_VCMPEQ - IR_VADD][lane_of(c)].code, XMM0, XMM1);
    op2(c, wide, OP_PCMPEQD, XMM1, XMM1);
    op2(c, wide, OP_PXOR, XMM0, XMM1);
}

/* Shifts by vectors have VEX forms only. */
static void fn_shift(struct x64 *c, bool wide, const void *how)
{
    emit_vrr(&c->e, ((const struct native *)how)->code | (wide ? OP_L : 0), XMM0, XMM0, XMM1);
}

static void fn_shift_imm(struct x64 *c, bool wide, const void *how)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned code = (0x70 + lane_of(c)) | OP_0F | OP_66, ext = o->op == IR_VSHLI ? 6 : o->op == IR_VSHRI ? 2 : 4;

    if (wide) {
        emit_vrr(&c->e, code | OP_L, ext, XMM0, XMM0);
    } else {
        emit_rr(&c->e, code, ext, XMM0);
    }
    emit8(&c->e, o->imm);
}

/* A V128 that one VEX instruction makes where its operands are. False: it is none, or the host has no AVX. */
static bool lower_vex(struct x64 *c, unsigned code)
{
    unsigned a, b, d;

    if (c->ops[c->i].type != IR_V128 || !feature(c, X64_AVX)) {
        return false;
    }
    a = x64_use(c, x64_arg(c, 0));
    b = x64_use(c, x64_arg(c, 1));
    d = x64_def(c, a, 0);
    emit_vrr(&c->e, code, d, a, b);
    x64_set(c, d);
    return true;
}

static bool lower_vex_shift(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned code = (0x70 + lane_of(c)) | OP_0F | OP_66, a, d;

    if (o->type != IR_V128 || !feature(c, X64_AVX)) {
        return false;
    }
    a = x64_use(c, x64_arg(c, 0));
    d = x64_def(c, a, 0);
    emit_vrr(&c->e, code, o->op == IR_VSHLI ? 6 : o->op == IR_VSHRI ? 2 : 4, d, a);
    emit8(&c->e, o->imm);
    x64_set(c, d);
    return true;
}

/* Lanes that are alone, and bits; false: the host has nothing. */
static bool lower_lanes(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned lane = lane_of(c);
    const struct native *n;

    switch (o->op) {
    case IR_VANDN:
        by_parts(c, fn_andn, NULL);
        return true;
    case IR_VNOT:
        by_parts(c, fn_not, NULL);
        return true;
    case IR_VSEL:
        by_parts(c, fn_sel, NULL);
        return true;
    case IR_VNEG:
        by_parts(c, fn_neg, NULL);
        return true;
    case IR_VABS:
        if (lane > IR_LANE_32 || !feature(c, X64_SSE41)) {
            return false;
        }
        by_parts(c, fn_abs, NULL);
        return true;
    case IR_VSHL:
    case IR_VSHR:
    case IR_VSAR:
        n = &shifts[o->op - IR_VSHL][lane];
        if (!has(c, *n)) {
            return false;
        }
        by_parts(c, fn_shift, n);
        return true;
    case IR_VSHLI:
    case IR_VSHRI:
    case IR_VSARI:
        if (lane == IR_LANE_8 || (o->op == IR_VSARI && lane == IR_LANE_64)) {
            return false;
        }
        if (!lower_vex_shift(c)) {
            by_parts(c, fn_shift_imm, NULL);
        }
        return true;
    case IR_VCMPGTU:
        n = &binary[IR_VMINU - IR_VADD][lane];
        if (!has(c, *n)) {
            return false;
        }
        by_parts(c, fn_cmpgtu, n);
        return true;
    default:
        if (o->op > IR_VXOR) {
            return false;
        }
        n = &binary[o->op - IR_VADD][lane];
        if (!has(c, *n)) {
            return false;
        }
        if (!lower_vex(c, n->code)) {
            by_parts(c, fn_binary, n);
        }
        return true;
    }
}

_Static_assert(IR_VSHR == IR_VSHL + 1 && IR_VSAR == IR_VSHL + 2 && IR_VNARROWSU == IR_VNARROWS + 1 &&
               IR_VXOR > IR_VCMPGTU && IR_VANDN == IR_VXOR + 1, "the tables' order");

/* -- Lanes that move: 16 bytes of the result at a time -- */

/* The part of the result at at is op of 16 bytes of a and of b. */
static void two_parts(struct x64 *c, unsigned code, unsigned a, unsigned a_at, unsigned b, unsigned b_at, unsigned at)
{
    load_arg(c, XMM0, a, a_at);
    load_arg(c, XMM1, b, b_at);
    emit_rr(&c->e, code, XMM0, XMM1);
    set_result(c, XMM0, at);
}

static bool lower_zip(struct x64 *c)
{
    unsigned lane = lane_of(c), bytes = bytes_of(c, c->i), half = c->ops[c->i].op == IR_VZIPH;

    scratch(c);
    if (bytes == CHUNK) {
        two_parts(c, zips[half][lane].code, 0, 0, 1, 0, 0);
        return true;
    }
    for (unsigned part = 0; part < 2; part++) {
        two_parts(c, zips[part][lane].code, 0, half * CHUNK, 1, half * CHUNK, part * CHUNK);
    }
    return true;
}

static bool lower_pack(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned bytes = bytes_of(c, c->i);

    if (lane_of(c) == IR_LANE_64 || !has(c, packs[o->op - IR_VNARROWS][lane_of(c) - IR_LANE_16])) {
        return false;
    }
    unsigned code = packs[o->op - IR_VNARROWS][lane_of(c) - IR_LANE_16].code;
    scratch(c);
    if (bytes == CHUNK) {
        two_parts(c, code, 0, 0, 1, 0, 0);
        return true;
    }
    for (unsigned n = 0; n < 2; n++) {
        two_parts(c, code, n, 0, n, CHUNK, n * CHUNK);
    }
    return true;
}

/* x's low half = a's high one. */
static void high_half(struct x64 *c, unsigned x, unsigned a)
{
    emit_rr(&c->e, OP_PSHUFD, x, a);
    emit8(&c->e, 0xee);
}

/* 8 bytes make 16. */
static bool lower_widen(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned bytes = bytes_of(c, c->i);
    struct native n = widens[o->op == IR_VWIDENU][lane_of(c)];

    if (!has(c, n)) {
        return false;
    }
    scratch(c);
    if (bytes == CHUNK) {
        load_arg(c, XMM0, 0, 0);
        if (o->imm) {
            high_half(c, XMM0, XMM0);
        }
        emit_rr(&c->e, n.code, XMM0, XMM0);
        set_result(c, XMM0, 0);
        return true;
    }
    for (unsigned at = 0; at < bytes; at += CHUNK) {
        emit_rm(&c->e, n.code, XMM0, arg_mem(c, 0, (unsigned)o->imm * bytes / 2 + at / 2));
        store(c, XMM0, result_mem(c, at));
    }
    return true;
}

/* Products of 16-bit lanes from their halves; of 32-bit ones by the host's multiplication of even lanes. */
static bool lower_mull(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned bytes = bytes_of(c, c->i), lane = lane_of(c), from = (unsigned)o->imm * bytes / 2;
    bool is_signed = o->op == IR_VMULLS;

    if (lane == IR_LANE_8 || (lane == IR_LANE_32 && is_signed && !feature(c, X64_SSE41))) {
        return false;
    }
    scratch(c);
    for (unsigned at = 0; at < bytes; at += CHUNK) {
        for (unsigned k = 0; k < 2; k++) {
            if (bytes > CHUNK) {
                emit_rm(&c->e, OP_MOVQ, XMM0 + k, arg_mem(c, k, from + at / 2));
            } else if (from) {
                load_arg(c, XMM0 + k, k, 0);
                high_half(c, XMM0 + k, XMM0 + k);
            } else {
                load_arg(c, XMM0 + k, k, 0);
            }
        }
        if (lane == IR_LANE_16) {
            emit_mov_rr(&c->e, XMM2, XMM0);
            emit_rr(&c->e, binary[(is_signed ? IR_VMULHS : IR_VMULHU) - IR_VADD][IR_LANE_16].code, XMM2, XMM1);
            emit_rr(&c->e, binary[IR_VMUL - IR_VADD][IR_LANE_16].code, XMM0, XMM1);
            emit_rr(&c->e, zips[0][IR_LANE_16].code, XMM0, XMM2);
        } else {
            emit_rr(&c->e, zips[0][IR_LANE_32].code, XMM0, XMM0);
            emit_rr(&c->e, zips[0][IR_LANE_32].code, XMM1, XMM1);
            emit_rr(&c->e, is_signed ? 0x28 | OP_0F38 | OP_66 : 0xf4 | OP_0F | OP_66, XMM0, XMM1);
        }
        set_result(c, XMM0, at);
    }
    return true;
}

/* Lanes of XMM0 and XMM1 shifted: ext is 2 for right, 4 for right with sign, 6 for left. */
static void shift_both(struct x64 *c, unsigned lane, unsigned ext, unsigned n)
{
    for (unsigned x = XMM0; x <= XMM1; x++) {
        emit_rr(&c->e, (0x70 + lane) | OP_0F | OP_66, ext, x);
        emit8(&c->e, n);
    }
}

/* Halves of the lanes of XMM0, then of XMM1, into XMM0: each lane becomes a number that a pack leaves as it is. */
static void pack_halves(struct x64 *c, unsigned lane, bool high)
{
    unsigned half = 4u << lane, right = lane == IR_LANE_16 ? 2 : 4;

    if (lane == IR_LANE_64) {
        emit_rr(&c->e, OP_SHUFPS, XMM0, XMM1);
        emit8(&c->e, high ? 0xdd : 0x88);
        return;
    }
    if (!high) {
        shift_both(c, lane, 6, half);
    }
    shift_both(c, lane, right, half);
    emit_rr(&c->e, packs[lane == IR_LANE_16][lane - IR_LANE_16].code, XMM0, XMM1);
}

_Static_assert(IR_VNARROWSU == IR_VNARROWS + 1, "bytes are packed unsigned, 16-bit lanes signed");

/* Even or odd lanes of two vectors; the low halves of lanes are the even ones of half the width. */
static bool lower_uzp(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    bool odd = o->op == IR_VUZPO;
    unsigned lane = o->op == IR_VNARROW ? lane_of(c) - 1 : lane_of(c);

    if (o->type != IR_V128) {
        return false;
    }
    scratch(c);
    load_arg(c, XMM0, 0, 0);
    load_arg(c, XMM1, 1, 0);
    if (lane == IR_LANE_64) {
        emit_rr(&c->e, zips[odd][IR_LANE_64].code, XMM0, XMM1);
    } else {
        pack_halves(c, lane + 1, odd);
    }
    set_result(c, XMM0, 0);
    return true;
}

/* Bytes of two vectors in a row: they are put in a row. */
static bool lower_ext(struct x64 *c)
{
    unsigned bytes = bytes_of(c, c->i), imm = c->ops[c->i].imm;

    scratch(c);
    if (bytes == CHUNK && feature(c, X64_SSE41)) {
        load_arg(c, XMM0, 1, 0);
        load_arg(c, XMM1, 0, 0);
        emit_rr(&c->e, OP_PALIGNR, XMM0, XMM1);
        emit8(&c->e, imm);
        set_result(c, XMM0, 0);
        return true;
    }
    for (unsigned at = 0; at < bytes; at += CHUNK) {
        load_arg(c, XMM0, 0, at);
        load_arg(c, XMM1, 1, at);
        store(c, XMM0, mem_base(RSP, FRAME_VECTOR_ARG(0) + (int32_t)at));
        store(c, XMM1, mem_base(RSP, FRAME_VECTOR_ARG(0) + (int32_t)(bytes + at)));
    }
    if (bytes == CHUNK) {
        load(c, XMM0, vector_arg(0, imm));
        set_result(c, XMM0, 0);
    } else {
        copy(c, XMM0, result_mem(c, 0), vector_arg(0, imm), bytes);
    }
    return true;
}

/* Indexes beyond 15 get their bit 7 set by a saturated sum, for which the host gives 0. */
static bool lower_tbl(struct x64 *c)
{
    if (c->ops[c->i].type != IR_V128 || !feature(c, X64_SSE41)) {
        return false;
    }
    scratch(c);
    load_arg(c, XMM0, 0, 0);
    load_arg(c, XMM1, 1, 0);
    emit_rip(&c->e, binary[IR_VADDU - IR_VADD][IR_LANE_8].code, XMM1, x64_k(c, KC_BYTES70), 0);
    emit_rr(&c->e, 0x00 | OP_0F38 | OP_66, XMM0, XMM1);
    set_result(c, XMM0, 0);
    return true;
}

/* -- AES -- */

/*
 * AESENCLAST and AESENC with a key of zeros; MixColumns alone is AESENC of what AESDECLAST makes. AESIMC is the inverse alone.
 */
static bool lower_aes(struct x64 *c)
{
    enum { AESIMC = 0xdb, AESENC = 0xdc, AESENCLAST = 0xdd, AESDEC = 0xde, AESDECLAST = 0xdf };
    static const uint8_t code[] = { AESENCLAST, AESDECLAST, AESENC, AESIMC, AESENC, AESDEC };
    unsigned steps = c->ops[c->i].imm;

    if (!feature(c, X64_AES)) {
        return false;
    }
    scratch(c);
    load_arg(c, XMM0, 0, 0);
    emit_rr(&c->e, OP_PXOR, XMM1, XMM1);
    if (steps == 2) {
        emit_rr(&c->e, AESDECLAST | OP_0F38 | OP_66, XMM0, XMM1);
    }
    emit_rr(&c->e, code[steps] | OP_0F38 | OP_66, XMM0, steps == 3 ? XMM0 : XMM1);
    set_result(c, XMM0, 0);
    return true;
}

/* -- Single lanes -- */

/* The same 16 bytes all over, from the register x. */
static void set_repeated(struct x64 *c, unsigned x)
{
    if (is_v128(c, c->i)) {
        set_result(c, x, 0);
        return;
    }
    for (unsigned at = 0; at < 2 * CHUNK; at += CHUNK) {
        store(c, x, result_mem(c, at));
    }
}

/* The scalar argument n in a register: one of the locked three if it is a float. */
static unsigned scalar_arg(struct x64 *c, unsigned n, unsigned x)
{
    ir_val v = x64_arg(c, n);

    if (!is_xmm_type(c->ops[v].type)) {
        return x64_use(c, v);
    }
    x64_copy(c, x, v);
    return x;
}

static bool lower_dup(struct x64 *c)
{
    static const uint16_t broadcast[] = {0x78, 0x79, 0x58, 0x59, 0x58, 0x59};
    unsigned lane = lane_of(c), x = XMM0, r;

    scratch(c);
    r = scalar_arg(c, 0, x);
    if (!is_xmm(r)) {
        emit_rr(&c->e, OP_MOVD_TO | (lane == IR_LANE_64 ? OP_W : 0), x, r);
    }
    if (feature(c, X64_AVX2)) {
        emit_vrr(&c->e, broadcast[lane] | OP_0F38 | OP_66, x, 0, x);
        set_repeated(c, x);
        return true;
    }
    switch (lane) {
    case IR_LANE_8:
        emit_rr(&c->e, zips[0][IR_LANE_8].code, x, x);
        /* fall through */
    case IR_LANE_16:
        emit_rr(&c->e, OP_PSHUFLW, x, x);
        emit8(&c->e, 0);
        emit_rr(&c->e, zips[0][IR_LANE_64].code, x, x);
        break;
    case IR_LANE_32:
    case IR_LANE_F32:
        emit_rr(&c->e, OP_PSHUFD, x, x);
        emit8(&c->e, 0);
        break;
    default:
        emit_rr(&c->e, zips[0][IR_LANE_64].code, x, x);
        break;
    }
    set_repeated(c, x);
    return true;
}

/* A float in an XMM register becomes a V128 there: what is above it is cleared, unless it is known to be clear. */
static bool lower_float(struct x64 *c)
{
    ir_val a = x64_arg(c, 0);
    unsigned lane = lane_of(c), r, d;

    if (!is_v128(c, c->i) || lane < IR_LANE_F32 || (lane == IR_LANE_F32 && !feature(c, X64_SSE41))) {
        return false;
    }
    r = x64_use(c, a);
    d = x64_def(c, r, 0);
    if (c->v[a].zero_from <= ir_lane_bits(lane)) {
        emit_mov_rr(&c->e, d, r);
    } else if (lane == IR_LANE_F64) {
        emit_rr(&c->e, OP_MOVQ, d, r);
    } else {
        if (feature(c, X64_AVX)) { /* the other form waits for what was in d */
            emit_vrr(&c->e, OP_INSERTPS, d, r, r);
        } else {
            emit_rr(&c->e, OP_INSERTPS, d, r);
        }
        emit8(&c->e, 0x0e);
    }
    x64_set(c, d);
    return true;
}

/* Moves to XMM registers clear what is above; bytes and halfwords are put into a zero in memory. */
static bool lower_scalar(struct x64 *c)
{
    unsigned lane = lane_of(c), x = XMM0, r;

    if (lower_float(c)) {
        return true;
    }
    scratch(c);
    r = scalar_arg(c, 0, XMM1);
    if (lane == IR_LANE_32 || lane == IR_LANE_64) {
        emit_rr(&c->e, OP_MOVD_TO | (lane == IR_LANE_64 ? OP_W : 0), x, r);
    } else if (lane < IR_LANE_32) {
        unsigned t = x64_temp(c, REG_BIT(r));
        emit_rr(&c->e, lane == IR_LANE_8 ? OP_MOVZX8 | OP_BYTE : OP_MOVZX16, t, r);
        emit_rr(&c->e, OP_MOVD_TO, x, t);
    } else {
        emit_rr(&c->e, OP_XORPS, x, x);
        emit_rr(&c->e, lane == IR_LANE_F64 ? OP_MOVSD : OP_MOVSS, x, r);
    }
    set_result(c, x, 0);
    if (!is_v128(c, c->i)) {
        emit_rr(&c->e, OP_XORPS, x, x);
        store(c, x, result_mem(c, CHUNK));
    }
    return true;
}

/* What sets that lane of an XMM register from another one or a general one; *imm: its operand, -1: it has none. */
static unsigned insertion(enum ir_lane type, unsigned lane, int *imm)
{
    static const uint32_t insert[] = {0x20 | OP_0F3A | OP_66, 0xc4 | OP_0F | OP_66, 0x22 | OP_0F3A | OP_66,
                                      0x22 | OP_0F3A | OP_66 | OP_W, OP_INSERTPS};

    *imm = type == IR_LANE_F64 ? -1 : type == IR_LANE_F32 ? (int)lane << 4 : (int)lane;
    return type < IR_LANE_F64 ? insert[type] : lane ? zips[0][IR_LANE_64].code : OP_MOVSD;
}

/* By way of memory; of V128 where the host can, within a register. */
static bool lower_set(struct x64 *c)
{
    static const uint16_t store_op[] = {OP_MOV_STORE8, OP_MOV_STORE16, OP_MOV_STORE, OP_MOV_STORE | OP_W,
                                        OP_MOVSS_STORE, OP_MOVSD_STORE};
    unsigned lane = lane_of(c), imm = c->ops[c->i].imm, r;
    int operand;

    if (is_v128(c, c->i) && feature(c, X64_AVX)) {
        unsigned code = insertion(lane, imm, &operand), a, d;
        a = x64_use(c, x64_arg(c, 0));
        r = x64_use(c, x64_arg(c, 1));
        d = x64_def(c, a, 0);
        emit_vrr(&c->e, code, d, a, r);
        if (operand >= 0) {
            emit8(&c->e, operand);
        }
        x64_set(c, d);
        return true;
    }
    scratch(c);
    r = scalar_arg(c, 1, XMM1);
    if (is_v128(c, c->i) && (feature(c, X64_SSE41) || lane == IR_LANE_16)) {
        unsigned code = insertion(lane, imm, &operand);
        load_arg(c, XMM0, 0, 0);
        emit_rr(&c->e, code, XMM0, r);
        if (operand >= 0) {
            emit8(&c->e, operand);
        }
        set_result(c, XMM0, 0);
        return true;
    }
    unsigned bytes = bytes_of(c, c->i), at = imm * ir_lane_bits(lane) / 8;
    for (unsigned k = 0; k < bytes; k += CHUNK) {
        load_arg(c, XMM0, 0, k);
        store(c, XMM0, bytes == CHUNK ? vector_arg(0, k) : result_mem(c, k));
    }
    emit_rm(&c->e, store_op[lane], r, bytes == CHUNK ? vector_arg(0, at) : result_mem(c, at));
    if (bytes == CHUNK) {
        load(c, XMM0, vector_arg(0, 0));
        set_result(c, XMM0, 0);
    }
    return true;
}

static bool lower_get(struct x64 *c)
{
    static const uint16_t load_op[] = {OP_MOVZX8, OP_MOVZX16, OP_MOV, OP_MOV | OP_W, OP_MOVSS, OP_MOVSD};
    unsigned lane = lane_of(c), imm = c->ops[c->i].imm, at = imm * ir_lane_bits(lane) / 8, d, r;
    ir_val a = x64_arg(c, 0);
    struct x64_mem m = vector_arg(0, at);

    if (!is_v128(c, a)) {
        m = arg_mem(c, 0, at);
    } else if (c->v[a].reg == NOREG) {
        struct src s = x64_stable(c, a, OP_W);
        m = moved(s.mem, at);
    } else {
        r = x64_use(c, a);
        if (lane >= IR_LANE_F32) {
            d = x64_def(c, NOREG, REG_BIT(r));
            emit_rr(&c->e, OP_PSHUFD, d, r);
            emit8(&c->e, lane == IR_LANE_F32 ? 0xe4 + imm : imm ? 0xee : 0xe4);
            x64_set(c, d);
            return true;
        }
        if (imm == 0 && lane >= IR_LANE_32) {
            d = x64_def(c, NOREG, 0);
            emit_rr(&c->e, OP_MOVD_FROM | (lane == IR_LANE_64 ? OP_W : 0), r, d);
            x64_set(c, d);
            return true;
        }
        if (feature(c, X64_SSE41)) {
            d = x64_def(c, NOREG, 0);
            emit_rr(&c->e, (0x14 + (lane == IR_LANE_64 ? 2 : lane)) | OP_0F3A | OP_66 | (lane == IR_LANE_64 ? OP_W : 0), r, d);
            emit8(&c->e, imm);
            x64_set(c, d);
            return true;
        }
        store(c, r, vector_arg(0, 0));
    }
    d = x64_def(c, NOREG, 0);
    emit_rm(&c->e, load_op[lane], d, m);
    x64_set(c, d);
    return true;
}

static bool lower_msk(struct x64 *c)
{
    static const uint16_t code[] = {0xd7 | OP_0F | OP_66, 0, 0x50 | OP_0F, 0x50 | OP_0F | OP_66};
    unsigned lane = lane_of(c), x, d;

    if (lane == IR_LANE_16 || !is_v128(c, x64_arg(c, 0))) {
        return false;
    }
    x = x64_use(c, x64_arg(c, 0));
    d = x64_def(c, NOREG, 0);
    emit_rr(&c->e, code[lane], d, x);
    x64_set(c, d);
    return true;
}

/* The sum of all lanes, in halves; of bytes by the host's sum of differences from 0. */
static bool lower_sum(struct x64 *c)
{
    unsigned lane = lane_of(c), d;

    if (!is_v128(c, x64_arg(c, 0))) {
        return false;
    }
    scratch(c);
    load_arg(c, XMM0, 0, 0);
    if (lane == IR_LANE_8) {
        emit_rr(&c->e, OP_PXOR, XMM1, XMM1);
        emit_rr(&c->e, 0xf6 | OP_0F | OP_66, XMM0, XMM1); /* psadbw */
    }
    high_half(c, XMM1, XMM0);
    unsigned code = binary[IR_VADD - IR_VADD][lane == IR_LANE_8 ? IR_LANE_64 : lane].code;
    emit_rr(&c->e, code, XMM0, XMM1);
    if (lane == IR_LANE_16 || lane == IR_LANE_32) {
        emit_rr(&c->e, OP_PSHUFD, XMM1, XMM0);
        emit8(&c->e, 1);
        emit_rr(&c->e, code, XMM0, XMM1);
    }
    d = x64_def(c, NOREG, 0);
    emit_rr(&c->e, OP_MOVD_FROM | (lane == IR_LANE_64 ? OP_W : 0), XMM0, d);
    if (lane == IR_LANE_16) {
        unsigned t = x64_temp(c, REG_BIT(d));
        emit_rr(&c->e, OP_MOV, t, d);
        emit_shift_ri(&c->e, 0, EXT_SHR, t, 16);
        emit_rr(&c->e, OP_ADD, d, t);
        emit_rr(&c->e, OP_MOVZX16, d, d);
    } else if (lane == IR_LANE_8) {
        emit_rr(&c->e, OP_MOVZX8 | OP_BYTE, d, d);
    }
    x64_set(c, d);
    return true;
}

static bool lower_halves(struct x64 *c)
{
    scratch(c);
    switch (c->ops[c->i].op) {
    case IR_VLO:
    case IR_VHI:
        load(c, XMM0, arg_mem(c, 0, c->ops[c->i].op == IR_VHI ? CHUNK : 0));
        set_result(c, XMM0, 0);
        break;
    case IR_VCAT:
        load_arg(c, XMM0, 0, 0);
        store(c, XMM0, result_mem(c, 0));
        load_arg(c, XMM0, 1, 0);
        store(c, XMM0, result_mem(c, CHUNK));
        break;
    default: /* VZX */
        load_arg(c, XMM0, 0, 0);
        store(c, XMM0, result_mem(c, 0));
        emit_rr(&c->e, OP_XORPS, XMM0, XMM0);
        store(c, XMM0, result_mem(c, CHUNK));
        break;
    }
    return true;
}

/*
 * -- Floating point: the host's, unless a result is a NaN --

 * ARM's rules differ further where denormals are flushed, which is looked at when the op runs, and for a result that
 * rounding made the smallest normal number, an underflow there.
 */

static bool is_arm(const struct x64 *c)
{
    return (c->ops[c->i].sub & 3) == IR_FP_ARM;
}

/* The host's answer is the guest's, but for what is looked at. */
static bool fp_native(const struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];

    if ((o->sub & 3) != IR_FP_RISCV && (!is_arm(c) || o->op == IR_VFCMP)) {
        return false;
    }
    if (o->op == IR_VFCMP) {
        return o->sub >> 2 <= IR_FLE;
    }
    return o->sub2 == IR_RDYN && (o->op <= IR_VFSQRT || (o->op == IR_VFMA && feature(c, X64_FMA)));
}

static void fp_part(struct x64 *c)
{
    static const uint8_t code[] = {
        [IR_VFADD - IR_VFADD] = 0x58, [IR_VFSUB - IR_VFADD] = 0x5c, [IR_VFMUL - IR_VFADD] = 0x59,
        [IR_VFDIV - IR_VFADD] = 0x5e, [IR_VFSQRT - IR_VFADD] = 0x51,
    };
    static const uint8_t fma[] = {0xb8, 0xbc, 0xba, 0xbe}; /* a * b + c in the third operand */
    const struct ir_op *o = &c->ops[c->i];
    unsigned prefix = OP_0F | (lane_of(c) == IR_LANE_F64 ? OP_66 : 0);

    if (o->op == IR_VFCMP) {
        emit_rr(&c->e, 0xc2 | prefix, XMM0, XMM1);
        emit8(&c->e, o->sub >> 2); /* equal, less, less or equal */
    } else if (o->op == IR_VFMA) {
        emit_vrr(&c->e, fma[o->aux >> 8] | OP_0F38 | OP_66 | (lane_of(c) == IR_LANE_F64 ? OP_W : 0), XMM2, XMM0, XMM1);
        emit_mov_rr(&c->e, XMM0, XMM2);
    } else {
        emit_rr(&c->e, code[o->op - IR_VFADD] | prefix, XMM0, o->op == IR_VFSQRT ? XMM0 : XMM1);
    }
}

_Static_assert(IR_FEQ == 0 && IR_FLT == 1 && IR_FLE == 2, "the host's predicates");

/* Bits in RAX for the lanes of XMM0 that are NaNs. XMM0 is lost. */
static void find_nans(struct x64 *c, bool more)
{
    unsigned prefix = OP_0F | (lane_of(c) == IR_LANE_F64 ? OP_66 : 0);

    emit_rr(&c->e, 0xc2 | prefix, XMM0, XMM0);
    emit8(&c->e, 3); /* unordered */
    emit_rr(&c->e, 0x50 | prefix, more ? RCX : RAX, XMM0);
    if (more) {
        emit_rr(&c->e, OP_OR, RAX, RCX);
    }
}

/* Or-ed into RAX: bits for the lanes of x whose number is the smallest normal one, of doubles or a little above it. */
static void find_least(struct x64 *c, unsigned x)
{
    bool sf = lane_of(c) == IR_LANE_F64;

    emit_mov_rr(&c->e, XMM0, x);
    emit_rr(&c->e, (sf ? 0xd4 : 0xfe) | OP_0F | OP_66, XMM0, XMM0); /* twice: without the sign */
    emit_rip(&c->e, OP_PCMPEQD, XMM0, x64_k(c, sf ? KC_LEASTS64 : KC_LEASTS32), 0); /* of words: a double's sign is in its high one */
    emit_rr(&c->e, 0x50 | OP_0F | (sf ? OP_66 : 0), RCX, XMM0);
    emit_rr(&c->e, OP_OR, RAX, RCX);
}

/* Behind a part of the result in XMM0: bits in RAX for the lanes of it that are not to be relied on. It is lost. */
static void find_doubtful(struct x64 *c, unsigned result, bool more)
{
    const struct ir_op *o = &c->ops[c->i];

    find_nans(c, more);
    if (is_arm(c) && (o->op == IR_VFMUL || o->op == IR_VFDIV || o->op == IR_VFMA)) {
        find_least(c, result);
    }
}

static void fp_by_slots(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned bytes = bytes_of(c, c->i), n = ir_op_nargs(o->op);
    uint32_t over, flushed = 0;

    operands_to_slots(c);
    x64_clear_temps(c, ~0u);
    if (is_arm(c)) {
        emit_rm(&c->e, OP_MOVZX8, RAX, CPU_MEM(fp.flush_in));
        emit_rr(&c->e, OP_TEST, RAX, RAX);
        flushed = emit_jcc(&c->e, CC_NE);
    }
    for (unsigned at = 0; at < bytes; at += CHUNK) {
        for (unsigned i = 0; i < n; i++) {
            load(c, XMM0 + i, arg_mem(c, i, at));
        }
        fp_part(c);
        store(c, XMM0, result_mem(c, at));
        if (o->op != IR_VFCMP) {
            emit_mov_rr(&c->e, XMM2, XMM0);
            find_doubtful(c, XMM2, at > 0);
        }
    }
    if (o->op != IR_VFCMP) {
        emit_rr(&c->e, OP_TEST, RAX, RAX);
        over = emit_jcc(&c->e, CC_E);
        if (is_arm(c)) {
            emit_fix(&c->e, flushed, emit_offset(&c->e));
        }
        call_eval(c);
        emit_fix(&c->e, over, emit_offset(&c->e));
    }
}

/* The same of V128 in registers; temporaries but the first three and RAX and RCX stay as they are. */
static void fp_in_registers(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned n = ir_op_nargs(o->op), d;
    struct cold *k;

    scratch(c);
    x64_take(c, RAX);
    x64_take(c, RCX);
    k = x64_cold(c, COLD_VECTOR_FP);
    for (unsigned i = 0; i < n; i++) {
        k->reg[1 + i] = x64_use(c, x64_arg(c, i)); /* not one of the three */
    }
    d = x64_def(c, NOREG, REG_BIT(k->reg[1]) | REG_BIT(k->reg[1 + (n > 1)]) | REG_BIT(k->reg[n]));
    k->reg[0] = d;
    k->aux = n;
    k->imm = (int64_t)ir_vector_desc(o, IR_V128);
    if (is_arm(c)) {
        emit_rm(&c->e, OP_CMP8_IMM, EXT_CMP, CPU_MEM(fp.flush_in));
        emit8(&c->e, 0);
        k->from[0] = emit_jcc(&c->e, CC_NE);
    }
    for (unsigned i = 0; i < n; i++) {
        emit_mov_rr(&c->e, XMM0 + i, k->reg[1 + i]);
    }
    fp_part(c);
    emit_mov_rr(&c->e, d, XMM0);
    if (o->op != IR_VFCMP) {
        find_doubtful(c, d, false);
        emit_rr(&c->e, OP_TEST, RAX, RAX);
        k->from[1] = emit_jcc(&c->e, CC_NE);
    }
    k->back = emit_offset(&c->e);
    x64_set(c, d);
}

void x64_cold_vector_fp(struct x64 *c, const struct cold *k)
{
    for (unsigned i = 0; i < k->aux; i++) {
        store(c, k->reg[1 + i], vector_arg(i, 0));
    }
    store_address(c, 0, mem_base(RSP, 0));
    store_imm(c, 1, (uint64_t)k->imm);
    x64_call_thunk(c, THUNK_VECTOR_FP);
    load(c, k->reg[0], vector_arg(3, 0));
    emit_fix(&c->e, emit_jmp(&c->e), k->back);
}

static bool lower_fp(struct x64 *c)
{
    if (!fp_native(c)) {
        return false;
    }
    if (is_v128(c, c->i) && __builtin_popcount(c->temps & ALL_XMMS & ~TEMP_XMMS) >= 4) {
        fp_in_registers(c);
    } else {
        fp_by_slots(c);
    }
    return true;
}

/* -- State, choice, calls -- */

/* Of V256. */
static void lower_put(struct x64 *c)
{
    x64_vacate_home(c, c->ops[c->i].imm);
    c->locked = 0;
    copy(c, temp(c), mem_base(RBP, c->a->regs[c->ops[c->i].imm].offset), arg_mem(c, 0, 0), bytes_of(c, c->i));
}

static unsigned condition(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];

    return o->op == IR_SELECT ? x64_compare(c, o->sub, o->sub2, x64_arg(c, 0), x64_arg(c, 1))
                              : x64_flag_condition(c, o->sub, o->arg[0]);
}

/* Moves keep the host's flags. */
static void lower_select(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned n = o->op == IR_SELECT ? 2 : 1, cc, bytes = bytes_of(c, c->i), x;
    uint32_t skip;

    if (is_v128(c, c->i)) {
        scratch(c);
        load_arg(c, XMM0, n, 0);
        load_arg(c, XMM1, n + 1, 0);
        store(c, XMM0, vector_arg(0, 0)); /* the condition may be a call */
        store(c, XMM1, vector_arg(1, 0));
        c->locked = 0;
        cc = condition(c);
        c->locked = 0;
        x = x64_def(c, NOREG, 0);
        load(c, x, vector_arg(0, 0));
        skip = emit_jcc(&c->e, cc);
        load(c, x, vector_arg(1, 0));
        emit_fix(&c->e, skip, emit_offset(&c->e));
        x64_set(c, x);
        return;
    }
    x = temp(c);
    copy(c, x, result_mem(c, 0), arg_mem(c, n + 1, 0), bytes);
    c->locked &= ~REG_BIT(x);
    cc = condition(c);
    c->locked = 0;
    x = temp(c);
    skip = emit_jcc(&c->e, cc ^ 1);
    copy(c, x, result_mem(c, 0), arg_mem(c, n, 0), bytes);
    emit_fix(&c->e, skip, emit_offset(&c->e));
}

/* A scalar argument, 32-bit ones zero-extended. */
static void store_scalar(struct x64 *c, unsigned n, unsigned arg)
{
    unsigned r = x64_use(c, x64_arg(c, arg));

    if (c->ops[c->ops[c->i].arg[arg]].type == IR_I32) {
        emit_rm(&c->e, OP_MOV_STORE, r, mem_arg(n));
        emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_base(RSP, FRAME_ARG(n) + 4));
        emit32(&c->e, 0);
    } else {
        emit_rm(&c->e, OP_MOV_STORE | OP_W, r, mem_arg(n));
    }
    c->locked = 0;
}

static void call_helper(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    const struct ir_helper *h = ir_op_helper(o);
    bool result = h->vectors & IR_H_VECTOR;

    for (unsigned n = 0; n < h->nargs; n++) {
        if (!(h->vectors >> n & 1)) {
            store_scalar(c, n + result, n);
        }
    }
    for (unsigned n = 0; n < h->nargs; n++) {
        ir_val v = x64_arg(c, n);
        if ((h->vectors >> n & 1) && is_v128(c, v)) {
            store(c, x64_use(c, v), vector_arg(n, 0));
            c->locked = 0;
        }
    }
    if (h->flags & IR_H_WRITES) {
        x64_clear_guest(c);
    }
    x64_clear_temps(c, ~0u);
    for (unsigned n = 0; n < h->nargs; n++) {
        if (h->vectors >> n & 1) {
            unsigned bytes = bytes_of(c, o->arg[n]);
            if (bytes < sizeof(struct ir_vec)) {
                emit_rr(&c->e, OP_XORPS, XMM0, XMM0);
                store(c, XMM0, vector_arg(n, bytes));
            } else {
                copy(c, XMM0, vector_arg(n, 0), arg_mem(c, n, 0), bytes);
            }
            store_address(c, n + result, vector_arg(n, 0));
        }
    }
    if (result) {
        store_address(c, 0, vector_arg(3, 0));
    }
    emit_mov_ri(&c->e, RAX, (uintptr_t)h->fn);
    x64_call_thunk(c, h->flags & IR_H_WRITES ? THUNK_CALL_WRITES
                      : h->flags & (IR_H_READS | IR_H_TRAPS) ? THUNK_CALL : THUNK_CALL_PURE);
    x64_site_here(c);
    if (o->type == IR_V128) {
        unsigned d = x64_def(c, NOREG, 0);
        load(c, d, vector_arg(3, 0));
        x64_set(c, d);
    } else if (o->type == IR_V256) {
        copy(c, XMM0, result_mem(c, 0), vector_arg(3, 0), bytes_of(c, c->i));
    } else if (o->type != IR_VOID) {
        if (o->type == IR_I32) {
            emit_rr(&c->e, OP_MOV, RAX, RAX);
        }
        x64_finish(c, RAX);
    }
}

/* -- Guest memory -- */

/* One host access can do it, with what flat tables tell. */
static bool access_fast(const struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned order = IR_MEM_ACQUIRE | IR_MEM_RELEASE;

    return flat_tables && !(o->aux & IR_MEM_BE) && !(o->aux >> IR_MEM_CTX_SHIFT & 7) &&
           (o->type == IR_V128 || feature(c, X64_AVX)) && (o->op == IR_LD || (o->aux & order) != order);
}

/* t = host minus guest address for the bytes at b + disp; out of line if they cross a page. */
static void find_page(struct x64 *c, struct cold *k, unsigned t, unsigned b, int32_t disp)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned bytes = 1u << (o->aux & IR_MEM_SIZE);

    if (o->aux & IR_MEM_ALIGN) {
        x64_lea(c, t, b, disp);
        emit_rr(&c->e, OP_GROUP3, EXT_TEST, t);
        emit32(&c->e, bytes - 1);
        k->from[1] = emit_jcc(&c->e, CC_NE);
    }
    x64_page_and_offset(c, t, b, disp);
    emit_rip(&c->e, OP_CMP | OP_W, t, x64_k(c, KC_CHECK_END) + bytes / 2 - CHUNK / 2, 0);
    k->from[0] = emit_jcc(&c->e, CC_AE);
    x64_flat_entry(c, t, 0, o->op == IR_ST);
    emit_rr(&c->e, OP_TEST | OP_W, t, t);
    k->from[2] = emit_jcc(&c->e, CC_E);
}

static void lower_access(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    bool is_load = o->op == IR_LD, wide = o->type == IR_V256;
    struct x64_mem v = wide ? (is_load ? result_mem(c, 0) : arg_mem(c, 1, 0)) : vector_arg(0, 0);
    unsigned b, t, x;
    struct cold *k;

    b = x64_use(c, x64_arg(c, 0));
    t = x64_temp(c, REG_BIT(b));
    x = wide ? temp(c) : is_load ? x64_def(c, NOREG, 0) : x64_use(c, x64_arg(c, 1));
    k = x64_cold(c, COLD_VECTOR);
    k->reg[0] = b;
    k->reg[1] = t;
    k->reg[2] = wide ? NOREG : x;
    k->imm = o->imm;
    k->aux = o->aux;
    k->src.mem = v;
    if (!access_fast(c)) {
        k->from[0] = emit_jmp(&c->e);
    } else {
        if (!is_load && wide) {
            load256(c, x, v);
        }
        find_page(c, k, t, b, o->imm);
        k->access = emit_offset(&c->e);
        if (wide) {
            emit_vrm(&c->e, (is_load ? OP_MOVUPS : OP_MOVUPS_STORE) | OP_L, x, 0, mem_index(t, b, o->imm));
        } else {
            emit_rm(&c->e, is_load ? OP_MOVUPS : OP_MOVUPS_STORE, x, mem_index(t, b, o->imm));
        }
        if (wide) {
            c->upper = true;
        }
        if (is_load && wide) {
            store256(c, x, v);
        }
    }
    k->back = emit_offset(&c->e);
    x64_note_checks(c, k);
    if (is_load && !wide) {
        x64_set(c, x);
    }
}

/* LDH, STH of a V128. */
static void lower_checked(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    bool is_load = o->op == IR_LDH;
    unsigned b = x64_use(c, x64_arg(c, 0)), h = x64_use(c, x64_arg(c, is_load ? 1 : 2));
    unsigned x = is_load ? x64_def(c, NOREG, 0) : x64_use(c, x64_arg(c, 1));
    struct cold *k = NULL;

    if (!(o->aux & IR_MEM_SURE)) {
        k = x64_cold(c, COLD_VECTOR);
        k->reg[0] = b;
        k->reg[1] = h;
        k->reg[2] = x;
        k->imm = o->imm;
        k->aux = o->aux;
        k->src.mem = vector_arg(0, 0);
        emit_rr(&c->e, OP_TEST | OP_W, h, h);
        k->from[0] = emit_jcc(&c->e, CC_E);
        k->access = emit_offset(&c->e);
    }
    emit_rm(&c->e, is_load ? OP_MOVUPS : OP_MOVUPS_STORE, x, mem_index(h, b, o->imm));
    if (k) {
        k->back = emit_offset(&c->e);
        x64_note_checks(c, k);
    }
    if (is_load) {
        x64_set(c, x);
    }
}

/* softmmu_load_vector() or softmmu_store_vector() of the slot, or by way of the frame from and to the register. */
void x64_cold_vector(struct x64 *c, const struct cold *k)
{
    uint32_t slow = emit_offset(&c->e);
    unsigned t = k->reg[1];

    emit_rm(&c->e, OP_LEA | OP_W, t, mem_base(k->reg[0], k->imm));
    emit_rm(&c->e, OP_MOV_STORE | OP_W, t, mem_arg(0));
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_arg(1));
    emit32(&c->e, k->aux);
    emit_rm(&c->e, OP_LEA | OP_W, t, k->src.mem);
    emit_rm(&c->e, OP_MOV_STORE | OP_W, t, mem_arg(2));
    if (k->reg[2] != NOREG && (k->aux & IR_MEM_STORE)) {
        store(c, k->reg[2], k->src.mem);
    }
    x64_late_store(c, k, t);
    x64_call_thunk(c, k->aux & IR_MEM_STORE ? THUNK_STORE_VECTOR : THUNK_LOAD_VECTOR);
    x64_site(c, k, slow);
    x64_late_restore(c, k, t);
    x64_void_checks(c, k);
    if (k->reg[2] != NOREG && !(k->aux & IR_MEM_STORE)) {
        load(c, k->reg[2], k->src.mem);
    }
    emit_fix(&c->e, emit_jmp(&c->e), k->back);
}

static void lower_cas(struct x64 *c)
{
    struct cold k = {0};

    store_scalar(c, 0, 0);
    for (unsigned n = 1; n <= 2; n++) {
        store(c, x64_use(c, x64_arg(c, n)), vector_arg(n, 0));
        c->locked = 0;
    }
    x64_clear_temps(c, ~0u);
    store_imm(c, 1, c->ops[c->i].aux);
    store_address(c, 2, vector_arg(1, 0));
    store_address(c, 3, vector_arg(2, 0));
    emit_mov_ri(&c->e, RAX, (uintptr_t)softmmu_cas_vector);
    x64_call_thunk(c, THUNK_CALL);
    x64_site_here(c);
    x64_note_checks(c, &k);
    x64_void_checks(c, &k);
    unsigned d = x64_def(c, NOREG, 0);
    load(c, d, vector_arg(1, 0));
    x64_set(c, d);
}

/* -- Choice -- */

void x64_vector_end(struct x64 *c)
{
    if (c->ops[c->i].type != IR_V256) {
        emit8(&c->e, 0xc5); /* vzeroupper */
        emit8(&c->e, 0xf8);
        emit8(&c->e, 0x77);
        c->upper = false;
    }
}

/* A vector op proper by the host's instructions; false: it has none. */
static bool lower_native(struct x64 *c)
{
    switch (c->ops[c->i].op) {
    case IR_VZIPL:
    case IR_VZIPH:
        return lower_zip(c);
    case IR_VNARROWS:
    case IR_VNARROWSU:
        return lower_pack(c);
    case IR_VWIDENS:
    case IR_VWIDENU:
        return lower_widen(c);
    case IR_VMULLS:
    case IR_VMULLU:
        return lower_mull(c);
    case IR_VNARROW:
    case IR_VUZPE:
    case IR_VUZPO:
        return lower_uzp(c);
    case IR_VEXT:
        return lower_ext(c);
    case IR_VTBL:
        return lower_tbl(c);
    case IR_VAES:
        return lower_aes(c);
    case IR_VDUP:
        return lower_dup(c);
    case IR_VSCALAR:
        return lower_scalar(c);
    case IR_VSET:
        return lower_set(c);
    case IR_VGET:
        return lower_get(c);
    case IR_VMSK:
        return lower_msk(c);
    case IR_VSUM:
        return lower_sum(c);
    case IR_VLO:
    case IR_VHI:
    case IR_VCAT:
    case IR_VZX:
        return lower_halves(c);
    default:
        return c->ops[c->i].op >= IR_VFADD ? lower_fp(c) : lower_lanes(c);
    }
}

/* A V128 moves as a scalar does. True: it was one. */
static bool lower_move(struct x64 *c)
{
    unsigned d;

    if (c->ops[c->i].type != IR_V128) {
        return false;
    }
    switch (c->ops[c->i].op) {
    case IR_GET:
        x64_get(c);
        return true;
    case IR_PUT:
        x64_put(c);
        return true;
    case IR_GETL:
        x64_getl(c);
        return true;
    case IR_PUTL:
        x64_putl(c);
        return true;
    case IR_LDS:
        d = x64_def(c, NOREG, 0);
        load(c, d, mem_base(RBP, c->ops[c->i].imm));
        x64_set(c, d);
        return true;
    case IR_STS:
        store(c, x64_use(c, x64_arg(c, 0)), mem_base(RBP, c->ops[c->i].imm));
        return true;
    default:
        return false;
    }
}

void x64_lower_vector(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];

    if (lower_move(c)) {
        return;
    }
    switch (o->op) {
    case IR_GET:
        copy(c, temp(c), result_mem(c, 0), mem_base(RBP, c->a->regs[o->imm].offset), bytes_of(c, c->i));
        break;
    case IR_PUT:
        lower_put(c);
        break;
    case IR_LDS:
        copy(c, temp(c), result_mem(c, 0), mem_base(RBP, o->imm), bytes_of(c, c->i));
        break;
    case IR_STS:
        copy(c, temp(c), mem_base(RBP, o->imm), arg_mem(c, 0, 0), bytes_of(c, c->i));
        break;
    case IR_GETL:
        copy(c, temp(c), result_mem(c, 0), x64_vector_local(o->imm, 0), bytes_of(c, c->i));
        break;
    case IR_PUTL:
        copy(c, temp(c), x64_vector_local(o->imm, 0), arg_mem(c, 0, 0), bytes_of(c, c->i));
        break;
    case IR_SELECT:
    case IR_FLAGSEL:
        lower_select(c);
        break;
    case IR_LD:
    case IR_ST:
        lower_access(c);
        break;
    case IR_LDH:
    case IR_STH:
        lower_checked(c);
        break;
    case IR_CAS:
        lower_cas(c);
        break;
    case IR_CALL:
        call_helper(c);
        break;
    default:
        if (!lower_native(c)) {
            lower_eval(c);
        }
        break;
    }
}
