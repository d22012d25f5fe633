/* SPDX-License-Identifier: BSD-2-Clause */
/* What the vector ops of the IR compute, lane by lane: for the interpreter, and back ends whose host has nothing. */
#include "ir-internal.h"
#include "sboxes.h"
#include "softfp.h"

#include <string.h>

/* desc: op, type << 8, type of the first argument << 16, sub << 24, sub2 << 32, aux << 40, imm << 56 */
struct vector_op {
    enum ir_opcode op;
    unsigned bytes;      /* of the vectors */
    unsigned lane, bits; /* of a lane */
    unsigned sub, sub2, aux, imm;
};

uint64_t ir_vector_desc(const struct ir_op *o, enum ir_type src)
{
    return o->op | (uint64_t)o->type << 8 | (uint64_t)src << 16 | (uint64_t)o->sub << 24 | (uint64_t)o->sub2 << 32 |
           (uint64_t)o->aux << 40 | (uint64_t)o->imm << 56;
}

static struct vector_op unpack(uint64_t desc)
{
    unsigned type = desc >> 8 & 0xff, src = desc >> 16 & 0xff;
    struct vector_op o = {
        .op = desc & 0xff,
        .bytes = ir_type_bits(ir_is_vector(type) ? type : src) / 8,
        .lane = desc >> 40 & 15,
        .sub = desc >> 24 & 0xff,
        .sub2 = desc >> 32 & 0xff,
        .aux = desc >> 40 & 0xffff,
        .imm = desc >> 56,
    };
    o.bits = ir_lane_bits(o.lane);
    return o;
}

unsigned ir_index_limit(const struct ir_op *o, enum ir_type src)
{
    unsigned bits = ir_lane_bits(o->aux & 15);

    switch (o->op) {
    case IR_VSHLI:
    case IR_VSHRI:
    case IR_VSARI:
        return bits;
    case IR_VEXT:
        return ir_type_bits(o->type) / 8;
    case IR_VAES:
        return 6;
    case IR_VSET:
    case IR_VGET:
        return ir_is_vector(src) ? ir_type_bits(src) / bits : 0;
    default:
        return 2; /* the low or the high half */
    }
}

/* -- AES: byte i of the vector is row i % 4, column i / 4 -- */

static uint8_t aes_twice(uint8_t v)
{
    return v << 1 ^ (v & 0x80 ? 0x1b : 0);
}

/* Substituted, row r turned by r columns. */
static void aes_substitute(uint8_t *v, bool inverse)
{
    uint8_t in[16];

    memcpy(in, v, sizeof(in));
    for (unsigned i = 0; i < 16; i++) {
        uint8_t b = in[(inverse ? 13 : 5) * i & 15];
        v[i] = inverse ? aes_inverse_sbox[b] : aes_sbox[b];
    }
}

static void aes_mix(uint8_t *v, bool inverse)
{
    for (uint8_t *column = v; column < v + 16; column += 4) {
        uint8_t in[4];
        for (unsigned i = 0; inverse && i < 2; i++) { /* 14, 11, 13, 9 are 2, 3, 1, 1 times 5, 0, 4, 0 */
            uint8_t t = aes_twice(aes_twice(column[i] ^ column[i + 2]));
            column[i] ^= t;
            column[i + 2] ^= t;
        }
        memcpy(in, column, sizeof(in));
        for (unsigned i = 0; i < 4; i++) {
            uint8_t next = in[(i + 1) & 3];
            column[i] = aes_twice(in[i] ^ next) ^ next ^ in[(i + 2) & 3] ^ in[(i + 3) & 3];
        }
    }
}

static void aes_steps(struct ir_vec *d, const struct ir_vec *a, unsigned steps)
{
    uint8_t v[16];

    for (unsigned i = 0; i < 16; i++) {
        v[i] = a->q[i / 8] >> (i % 8 * 8);
    }
    if (steps < 2 || steps >= 4) {
        aes_substitute(v, steps & 1);
    }
    if (steps >= 2) {
        aes_mix(v, steps & 1);
    }
    *d = (struct ir_vec){ 0 };
    for (unsigned i = 0; i < 16; i++) {
        d->q[i / 8] |= (uint64_t)v[i] << (i % 8 * 8);
    }
}

/* -- Lanes -- */

static uint64_t get(const struct ir_vec *v, unsigned bits, unsigned i)
{
    switch (bits) {
    case 8:
        return v->q[i / 8] >> (i % 8 * 8) & 0xff;
    case 16:
        return v->q[i / 4] >> (i % 4 * 16) & 0xffff;
    case 32:
        return v->q[i / 2] >> (i % 2 * 32) & 0xffffffff;
    default:
        return v->q[i];
    }
}

static void put(struct ir_vec *v, unsigned bits, unsigned i, uint64_t x)
{
    unsigned per = 64 / bits, shift = i % per * bits;
    uint64_t mask = UINT64_MAX >> (64 - bits);

    v->q[i / per] = (v->q[i / per] & ~(mask << shift)) | (x & mask) << shift;
}

/* x, of more bits than there are, in the signed or unsigned range of n bits. */
static uint64_t saturate_signed(__int128 x, unsigned n)
{
    __int128 max = ((__int128)1 << (n - 1)) - 1;
    return (uint64_t)(x > max ? max : x < -max - 1 ? -max - 1 : x);
}

static uint64_t saturate_unsigned(__int128 x, unsigned n)
{
    __int128 max = ((__int128)1 << n) - 1;
    return (uint64_t)(x > max ? max : x < 0 ? 0 : x);
}

/* One lane of an op whose lanes are alone: a and b are zero-extended, bits above n of the result do not matter. */
static uint64_t one_lane(const struct vector_op *o, uint64_t a, uint64_t b)
{
    unsigned n = o->bits;
    int64_t sa = sign_extend(a, n), sb = sign_extend(b, n);

    switch (o->op) {
    case IR_VADD:
        return a + b;
    case IR_VSUB:
        return a - b;
    case IR_VMUL:
        return a * b;
    case IR_VMULHS:
        return (uint64_t)((__int128)sa * sb >> n);
    case IR_VMULHU:
        return (uint64_t)((unsigned __int128)a * b >> n);
    case IR_VADDS:
        return saturate_signed((__int128)sa + sb, n);
    case IR_VADDU:
        return saturate_unsigned((__int128)a + b, n);
    case IR_VSUBS:
        return saturate_signed((__int128)sa - sb, n);
    case IR_VSUBU:
        return saturate_unsigned((__int128)a - b, n);
    case IR_VMINS:
        return sa < sb ? a : b;
    case IR_VMAXS:
        return sa > sb ? a : b;
    case IR_VMINU:
        return a < b ? a : b;
    case IR_VMAXU:
        return a > b ? a : b;
    case IR_VAVGU:
        return (uint64_t)(((unsigned __int128)a + b + 1) >> 1);
    case IR_VABS:
        return sa < 0 ? -a : a;
    case IR_VNEG:
        return -a;
    case IR_VSHL:
        return b < n ? a << b : 0;
    case IR_VSHR:
        return b < n ? a >> b : 0;
    case IR_VSAR:
        return (uint64_t)(sa >> (b < n ? b : n - 1));
    case IR_VSHLI:
        return a << o->imm;
    case IR_VSHRI:
        return a >> o->imm;
    case IR_VSARI:
        return (uint64_t)(sa >> o->imm);
    case IR_VCMPEQ:
        return a == b ? UINT64_MAX : 0;
    case IR_VCMPGTS:
        return sa > sb ? UINT64_MAX : 0;
    case IR_VCMPGTU:
        return a > b ? UINT64_MAX : 0;
    default:
        g_assert_not_reached();
    }
}

/* 64 bits of an op on bits. */
static uint64_t logic(enum ir_opcode op, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
    case IR_VAND:
        return a & b;
    case IR_VOR:
        return a | b;
    case IR_VXOR:
        return a ^ b;
    case IR_VANDN:
        return a & ~b;
    case IR_VNOT:
        return ~a;
    default: /* VSEL */
        return (a & b) | (~a & c);
    }
}

/* x of n bits in half of them. */
static uint64_t narrow(enum ir_opcode op, uint64_t x, unsigned n)
{
    switch (op) {
    case IR_VNARROWS:
        return saturate_signed(sign_extend(x, n), n / 2);
    case IR_VNARROWSU:
        return saturate_unsigned(sign_extend(x, n), n / 2);
    case IR_VNARROWU:
        return saturate_unsigned((__int128)x, n / 2);
    default:
        return x;
    }
}

/* a in twice its n bits, or the product of a and b. */
static uint64_t widen(enum ir_opcode op, uint64_t a, uint64_t b, unsigned n)
{
    switch (op) {
    case IR_VWIDENS:
        return (uint64_t)sign_extend(a, n);
    case IR_VMULLS:
        return (uint64_t)(sign_extend(a, n) * sign_extend(b, n));
    case IR_VMULLU:
        return a * b;
    default:
        return a;
    }
}

/* Ops that move lanes between places. */
static void rearrange(const struct vector_op *o, struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b)
{
    unsigned n = o->bits, lanes = o->bytes * 8 / n, half = lanes / 2;

    switch (o->op) {
    case IR_VMULLS:
    case IR_VMULLU:
    case IR_VWIDENS:
    case IR_VWIDENU:
        for (unsigned i = 0; i < half; i++) {
            put(d, 2 * n, i, widen(o->op, get(a, n, o->imm * half + i), b ? get(b, n, o->imm * half + i) : 0, n));
        }
        break;
    case IR_VNARROW:
    case IR_VNARROWS:
    case IR_VNARROWSU:
    case IR_VNARROWU:
        for (unsigned i = 0; i < lanes; i++) {
            put(d, n / 2, i, narrow(o->op, get(a, n, i), n));
            put(d, n / 2, lanes + i, narrow(o->op, get(b, n, i), n));
        }
        break;
    case IR_VZIPL:
    case IR_VZIPH:
        for (unsigned i = 0, from = o->op == IR_VZIPH ? half : 0; i < half; i++) {
            put(d, n, 2 * i, get(a, n, from + i));
            put(d, n, 2 * i + 1, get(b, n, from + i));
        }
        break;
    case IR_VUZPE:
    case IR_VUZPO:
        for (unsigned i = 0, odd = o->op == IR_VUZPO; i < half; i++) {
            put(d, n, i, get(a, n, 2 * i + odd));
            put(d, n, half + i, get(b, n, 2 * i + odd));
        }
        break;
    case IR_VEXT:
        for (unsigned i = 0; i < o->bytes; i++) {
            unsigned at = o->imm + i;
            put(d, 8, i, at < o->bytes ? get(a, 8, at) : get(b, 8, at - o->bytes));
        }
        break;
    case IR_VTBL:
        for (unsigned i = 0; i < o->bytes; i++) {
            unsigned at = get(b, 8, i);
            put(d, 8, i, at < o->bytes ? get(a, 8, at) : 0);
        }
        break;
    case IR_VAES:
        aes_steps(d, a, o->imm);
        break;
    case IR_VDUP:
        for (unsigned i = 0; i < lanes; i++) {
            put(d, n, i, a->q[0]);
        }
        break;
    case IR_VSCALAR:
        put(d, n, 0, a->q[0]);
        break;
    case IR_VSET:
        *d = *a;
        put(d, n, o->imm, b->q[0]);
        break;
    case IR_VGET:
        d->q[0] = get(a, n, o->imm);
        break;
    case IR_VSUM:
        for (unsigned i = 0; i < lanes; i++) {
            d->q[0] += get(a, n, i);
        }
        d->q[0] &= UINT64_MAX >> (64 - n);
        break;
    case IR_VMSK:
        for (unsigned i = 0; i < lanes; i++) {
            d->q[0] |= get(a, n, i) >> (n - 1) << i;
        }
        break;
    case IR_VHI:
        d->q[0] = a->q[2];
        d->q[1] = a->q[3];
        break;
    case IR_VCAT:
        d->q[2] = b->q[0];
        d->q[3] = b->q[1];
        /* fall through */
    default: /* VLO, VZX */
        d->q[0] = a->q[0];
        d->q[1] = a->q[1];
        break;
    }
}

/* -- Floating point: each lane as the scalar op -- */

static enum ir_opcode scalar_op(enum ir_opcode op)
{
    static const uint8_t scalar[] = {
        [IR_VFADD - IR_VFADD] = IR_FADD, [IR_VFSUB - IR_VFADD] = IR_FSUB, [IR_VFMUL - IR_VFADD] = IR_FMUL,
        [IR_VFDIV - IR_VFADD] = IR_FDIV, [IR_VFSQRT - IR_VFADD] = IR_FSQRT, [IR_VFMA - IR_VFADD] = IR_FMA,
        [IR_VFMIN - IR_VFADD] = IR_FMIN, [IR_VFMAX - IR_VFADD] = IR_FMAX, [IR_VFCMP - IR_VFADD] = IR_FCMP,
        [IR_VF2S - IR_VFADD] = IR_F2S, [IR_VF2U - IR_VFADD] = IR_F2U, [IR_VS2F - IR_VFADD] = IR_S2F,
        [IR_VU2F - IR_VFADD] = IR_U2F, [IR_VF2D - IR_VFADD] = IR_F2F, [IR_VD2F - IR_VFADD] = IR_F2F,
    };
    return scalar[op - IR_VFADD];
}

/* The scalar op from lanes of type src to lanes of type t. */
static uint32_t scalar_desc(const struct vector_op *o, enum ir_type t, enum ir_type src)
{
    struct ir_op s = {.op = scalar_op(o->op), .type = t, .sub = o->sub, .sub2 = o->sub2, .aux = o->aux >> 8};

    return ir_fp_desc(&s, src);
}

/* Lanes of one width. */
static void fp_lanes(struct fp_env *e, const struct vector_op *o, struct ir_vec *d, const struct ir_vec *a,
                     const struct ir_vec *b, const struct ir_vec *c)
{
    enum ir_type fp = ir_lane_type(o->lane), integer = fp == IR_F32 ? IR_I32 : IR_I64;
    bool to_int = o->op == IR_VF2S || o->op == IR_VF2U, from_int = o->op == IR_VS2F || o->op == IR_VU2F;
    uint32_t desc = scalar_desc(o, to_int ? integer : fp, from_int ? integer : fp);

    for (unsigned i = 0; i < o->bytes * 8 / o->bits; i++) {
        uint64_t x = ir_eval_fp(e, desc, get(a, o->bits, i), b ? get(b, o->bits, i) : 0, c ? get(c, o->bits, i) : 0);
        put(d, o->bits, i, o->op == IR_VFCMP ? -x : x);
    }
}

/* Between f16, f32 and f64. */
static void fp_formats(struct fp_env *e, const struct vector_op *o, struct ir_vec *d, const struct ir_vec *a,
                       const struct ir_vec *b)
{
    unsigned words = o->bytes / 4, half = words / 2;
    uint8_t rm = e->rm, cls = e->cls;

    e->cls = o->sub;
    e->rm = o->sub2 == IR_RDYN ? rm : o->sub2;
    switch (o->op) {
    case IR_VF2D:
        for (unsigned i = 0; i < half; i++) {
            put(d, 64, i, fp32_to_64(get(a, 32, o->imm * half + i), e));
        }
        break;
    case IR_VD2F:
        for (unsigned i = 0; i < words; i++) {
            put(d, 32, i, fp64_to_32(get(i < half ? a : b, 64, i % half), e));
        }
        break;
    case IR_VH2F:
        for (unsigned i = 0; i < words; i++) {
            put(d, 32, i, fp16_to_32(get(a, 16, o->imm * words + i), e));
        }
        break;
    default: /* VF2H */
        for (unsigned i = 0; i < 2 * words; i++) {
            put(d, 16, i, fp32_to_16(get(i < words ? a : b, 32, i % words), e));
        }
        break;
    }
    e->rm = rm;
    e->cls = cls;
}

void ir_eval_vector(struct fp_env *e, uint64_t desc, struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b,
                    const struct ir_vec *c)
{
    struct vector_op o = unpack(desc);
    struct ir_vec v = {{0}};

    if (o.op >= IR_VF2D) {
        fp_formats(e, &o, &v, a, b);
    } else if (o.op >= IR_VFADD) {
        fp_lanes(e, &o, &v, a, b, c);
    } else if (o.op >= IR_VMULLS) {
        rearrange(&o, &v, a, b);
    } else if (o.op >= IR_VAND) {
        for (unsigned i = 0; i < o.bytes / 8; i++) {
            v.q[i] = logic(o.op, a->q[i], b ? b->q[i] : 0, c ? c->q[i] : 0);
        }
    } else {
        for (unsigned i = 0; i < o.bytes * 8 / o.bits; i++) {
            put(&v, o.bits, i, one_lane(&o, get(a, o.bits, i), b ? get(b, o.bits, i) : 0));
        }
    }
    *d = v;
}

_Static_assert(IR_VAND > IR_VCMPGTU && IR_VMULLS > IR_VSEL && IR_VFADD > IR_VZX && IR_VF2D > IR_VU2F &&
                   IR_VF2H > IR_VF2D,
               "kinds of vector ops are ranges");
