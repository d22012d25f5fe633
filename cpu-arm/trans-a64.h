/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the translations of A64's instructions share. A function a64_NAME() makes the IR of one row of a64.decode; it
 * returns false, with nothing built, if the instruction is undefined after all.
 */
#ifndef MYNAH_ARM_TRANS_A64_H
#define MYNAH_ARM_TRANS_A64_H

#include <string.h>

#include "cpu-arm/a64.h"
#include "trans.h"

/* a64_NAME() as one expression. */
#define A64(name, expr)                                                                                                \
    bool a64_##name(struct translator *t, const struct a64_args *a)                                                    \
    {                                                                                                                  \
        return expr;                                                                                                   \
    }

/* A constant of a general register's width. */
static inline ir_val const_r(struct translator *t, bool sf, int64_t v)
{
    return ir_const(t->u, x_type(sf), sf ? v : (int32_t)v);
}

/* -- trans-int.c -- */

/* An extended register operand, as opt says (UXTB to SXTX), shifted left. */
ir_val extended(struct translator *t, bool sf, unsigned rm, unsigned opt, unsigned shift);
/* The value of a logical immediate; false if it is reserved. */
bool logical_immediate(bool sf, unsigned n, unsigned immr, unsigned imms, uint64_t *value);

/* -- trans-mem.c -- */

/* A vector register's low 1 << size bytes from and to memory; loading clears the rest. disp is the access's. */
void load_v(struct translator *t, unsigned n, unsigned size, ir_val addr, int32_t disp);
void store_v(struct translator *t, unsigned n, unsigned size, ir_val addr, int32_t disp);

/* -- helpers-int.c -- */
extern const struct ir_helper arm_helper_crc32;  /* (crc, value, bytes): CRC of the value's low bytes */
extern const struct ir_helper arm_helper_crc32c; /* the same by Castagnoli's polynomial */

/* -- Vectors, trans-simd.c. q: 0 64 bits, 1 128, 2 a scalar in lane 0 -- */

/* A vector op on 128 bits; see ir_vector(). */
static inline ir_val vop(struct translator *t, enum ir_opcode op, unsigned lane, int64_t imm, ir_val a, ir_val b)
{
    return ir_vector(t->u, op, IR_V128, lane, imm, a, b, 0);
}

/* A vector of these bits. */
ir_val vector_const(struct translator *t, uint64_t low, uint64_t high);
/* The register's bits that the instruction takes repeated all over, for ops with an effect of every lane. */
ir_val get_repeated(struct translator *t, unsigned q, unsigned size, unsigned n);
/* Set the part of the register that the instruction has; the rest becomes 0. */
void set_part(struct translator *t, unsigned q, unsigned size, unsigned n, ir_val v);
/* Lane index of a register in every lane. */
ir_val repeat_lane(struct translator *t, unsigned size, unsigned n, unsigned index);
/* Of a row by element: the register and lane of the second operand. */
unsigned element_register(const struct a64_args *a, unsigned size);
unsigned element_index(const struct a64_args *a, unsigned size);
/* The width of the immediate shift's elements, as sh says; the shift's distances. */
unsigned shift_size(const struct a64_args *a);
unsigned shift_right_count(const struct a64_args *a);
unsigned shift_left_count(const struct a64_args *a);

/* -- trans-struct.c -- */

/* What bytes of memory, from an address on, are which bytes of registers. Begin with .size and .align. */
struct simd_map {
    unsigned size;  /* log2 of an element's bytes: what has a byte order, and where asked for is aligned */
    unsigned align; /* alignment that the instruction demands, 0: none */
    unsigned bytes, n;
    struct simd_map_reg {
        uint8_t reg, bytes; /* 8: the low half */
        uint8_t where[16];
    } reg[4];
};

/* The register's bytes, 8 or 16, are those of memory. No more than four registers of V. */
void simd_map_add(struct simd_map *m, unsigned reg, const uint8_t *where, unsigned bytes);
/* Load or store them; the map is used up. Memory up to 64 bytes, a multiple of 8. */
void simd_map_access(struct translator *t, struct simd_map *m, bool load, ir_val addr);
/* The same of an address that needs no further test of its alignment. */
void simd_map_words(struct translator *t, struct simd_map *m, bool load, ir_val addr);
/* An alignment fault where the address is no multiple of align, a power of two up to 32. */
void simd_check_alignment(struct translator *t, ir_val addr, unsigned align, bool store);

/* -- trans-vfp.c -- */

/* FCMLA by a pair of lanes, index, of the V register rm. sz: log2 of a lane's bytes */
bool simd_complex_element(struct translator *t, const struct a64_args *a, unsigned index);

/* -- helpers-simd.c -- */

/* What arm_helper_simd2 does with each lane of a and b. */
enum simd_op {
    SIMD_HADD, SIMD_RHADD, SIMD_HSUB, SIMD_SHL, SIMD_QSHL, SIMD_RSHL, SIMD_QRSHL,
    SIMD_QSHLU, /* signed to unsigned */
    SIMD_PMUL, SIMD_QDMULH, SIMD_QRDMULH, SIMD_CLS, SIMD_CLZ, SIMD_RBIT, SIMD_QABS, SIMD_QNEG,
    SIMD_QACC,  /* a of its kind, b of the other */
};

static inline uint64_t simd_desc(enum simd_op op, unsigned size, bool u)
{
    return op | size << 8 | (unsigned)u << 12;
}

extern const struct ir_helper arm_helper_simd2;       /* (a, b, simd_desc()) */
extern const struct ir_helper arm_helper_simd_qdmull; /* (a, b, size << 8 | high << 12) */
extern const struct ir_helper arm_helper_simd_pmull;  /* the same */
/* (d, a, b) */
extern const struct ir_helper arm_helper_sqrdmlah_h, arm_helper_sqrdmlah_s, arm_helper_sqrdmlsh_h,
    arm_helper_sqrdmlsh_s, arm_helper_sdot, arm_helper_udot;

/* -- helpers-fp.c -- */

/* Formats, as the type field of scalar instructions has them. */
enum { FP_SINGLE = 0, FP_DOUBLE = 1, FP_HALF = 3 };

/* What arm_helper_fp2 does; those of one operand ignore b. */
enum fp_op {
    FPOP_ADD, FPOP_SUB, FPOP_MUL, FPOP_DIV, FPOP_MAX, FPOP_MIN, FPOP_MAXNM, FPOP_MINNM, FPOP_MULX, FPOP_RECPS, FPOP_RSQRTS,
    FPOP_RECPS_32, FPOP_RSQRTS_32, /* AArch32's, which round twice */
    FPOP_ABD, FPOP_CMEQ, FPOP_CMGE, FPOP_CMGT, FPOP_ACGE, FPOP_ACGT,
    FPOP_SQRT, FPOP_RINT, FPOP_RINTX, FPOP_RECPE, FPOP_RSQRTE, FPOP_RECPX,
    FPOP_RINT_WITHIN,                                /* n: bits of the integers */
    FPOP_TO_S, FPOP_TO_U, FPOP_FROM_S, FPOP_FROM_U, /* integers of the format's width; n: fraction bits */
};

/* Beside fp_desc(), of vectors: FPSCR's standard value instead of FPCR's. */
#define FP_STANDARD (1u << 24)

static inline uint64_t fp_desc(enum fp_op op, unsigned format, enum ir_rm rm, unsigned n)
{
    return op | format << 8 | rm << 12 | n << 16;
}

/* The environment of an operation on a format, without flags: FPCR's, or with FP_STANDARD in desc FPSCR's standard value. */
struct fp_env arm_fp_begin(struct cpu *cpu, unsigned format, uint64_t desc);

extern const struct ir_helper arm_helper_fp2;            /* (a, b, fp_desc()) */
extern const struct ir_helper arm_helper_vfp2;           /* the same of vectors */
extern const struct ir_helper arm_helper_vfp_reduce;     /* (vector, fp_desc(), n: its lanes): a number */
extern const struct ir_helper arm_helper_fma;            /* (a, b, c, IR_FMA_NEG_* | format << 8) */
/* (d, a, b, a64_neon_chain()'s op | format << 8) */
extern const struct ir_helper arm_helper_fp_chain;
/* (v, fp_desc() | width << 24): as fp_to_fixed, of integers of 16 bits too, extended */
extern const struct ir_helper arm_helper_fp_to_fixed_32;
/* (d, a, b): d + a * b of half precision, and by FPSCR's standard value */
extern const struct ir_helper arm_helper_vfma_h, arm_helper_vfma_standard_h, arm_helper_vfma_standard_s;
extern const struct ir_helper arm_helper_fp_convert;     /* (v, from | to << 4) */
extern const struct ir_helper arm_helper_fp_convert_odd; /* (double): single, rounded to odd */
extern const struct ir_helper arm_helper_vh_to_s;        /* (v, fp_desc()): its low half's lanes */
extern const struct ir_helper arm_helper_vs_to_h;        /* (v, fp_desc()): in the low half */
extern const struct ir_helper arm_helper_fp_to_fixed;    /* (v, fp_desc() | width << 24) */
extern const struct ir_helper arm_helper_fp_from_fixed;  /* the same */
extern const struct ir_helper arm_helper_fp_compare;     /* (a, b, format << 8 | signalling): NZCV */
extern const struct ir_helper arm_helper_fp_javascript;  /* (double): low 32 bits, Z in bit 32 */
extern const struct ir_helper arm_helper_vestimate;      /* (v, root): URECPE, URSQRTE */

/* -- helpers-product.c: (d, a, b) in 128 bits -- */
#define ARM_PRODUCT_HELPERS(H)                                                                                         \
    H(fmlal) H(fmlal_standard) H(smmla) H(ummla) H(usmmla) H(usdot) H(bfdot) H(bfmmla) H(bfmlalb) H(bfmlalt)           \
    H(bfmlalb_standard) H(bfmlalt_standard) H(bfcvt)
#define H(name) extern const struct ir_helper arm_helper_##name;
ARM_PRODUCT_HELPERS(H) /* bfcvt: (v, standard): bfloat16 of four singles, in the low half */
#undef H

/* -- helpers-crypto.c: (d, n, m), of two (d, n), of one (n) -- */
#define ARM_CRYPTO_HELPERS(H)                                                                                          \
    H(sha1c, 3) H(sha1p, 3) H(sha1m, 3) H(sha1su1, 2) H(sha256h, 3)     \
    H(sha256h2, 3) H(sha256su0, 2) H(sha256su1, 3) H(sha512h, 3) H(sha512h2, 3) H(sha512su0, 2) H(sha512su1, 3)        \
    H(sm3ss1, 3) H(sm3tt1a, 3) H(sm3tt1b, 3) H(sm3tt2a, 3) H(sm3tt2b, 3) H(sm3partw1, 3) H(sm3partw2, 3) H(sm4e, 2)    \
    H(sm4ekey, 2)
#define H(name, nargs) extern const struct ir_helper arm_helper_##name;
ARM_CRYPTO_HELPERS(H)
#undef H

#endif
