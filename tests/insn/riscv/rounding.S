//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rounding mode of every instruction that has one: 0 to 4 are modes, 5 and 6 make it no instruction, 7 takes frm,
 * whose values from 5 on make it none. Instructions without one do not look at frm. Results are in the tables of
 * operands.
 */
#include "macros.h"
#define RNE 0
#define RDN 2
#define DYN 7

/* rd is register 10, of which nothing is kept, rs1 11. */
.macro MODES encoding
    la tp, 9f
    .pushsection .rodata
9:  .asciz "\encoding"
    .popsection
    csrwi frm, 7
    .set rm, 0
    .rept 5
    .4byte (\encoding) | rm << 12
    .set rm, rm + 1
    .endr
    EXPECT_ILLEGAL((\encoding) | 5 << 12)
    EXPECT_ILLEGAL((\encoding) | 6 << 12)
    EXPECT_ILLEGAL((\encoding) | DYN << 12)
    csrwi frm, 5
    EXPECT_ILLEGAL((\encoding) | DYN << 12)
    csrwi frm, 6
    EXPECT_ILLEGAL((\encoding) | DYN << 12)
    .set rm, 0
    .rept 5
    csrwi frm, rm
    .4byte (\encoding) | DYN << 12
    .set rm, rm + 1
    .endr
.endm
#define R_TYPE(funct7, rs2) 0x53 | (funct7) << 25 | (rs2) << 20 | 11 << 15 | 10 << 7
#define R4_TYPE(opcode, fmt) (opcode) | 13 << 27 | (fmt) << 25 | 12 << 20 | 11 << 15 | 10 << 7
    START
    .irp fmt, 0, 1, 2 /* S, D, H */
    MODES R_TYPE(0x00 | \fmt, 12) /* fadd */
    MODES R_TYPE(0x04 | \fmt, 12) /* fsub */
    MODES R_TYPE(0x08 | \fmt, 12) /* fmul */
    MODES R_TYPE(0x0c | \fmt, 12) /* fdiv */
    MODES R_TYPE(0x2c | \fmt, 0) /* fsqrt */
    MODES R4_TYPE(0x43, \fmt) /* fmadd, fmsub, fnmsub, fnmadd */
    MODES R4_TYPE(0x47, \fmt)
    MODES R4_TYPE(0x4b, \fmt)
    MODES R4_TYPE(0x4f, \fmt)
    MODES R_TYPE(0x60 | \fmt, 0) /* to w, wu */
    MODES R_TYPE(0x60 | \fmt, 1)
    MODES R_TYPE(0x68 | \fmt, 0) /* from w, wu: exact for D, and no different */
    MODES R_TYPE(0x68 | \fmt, 1)
#if XLEN == 64
    MODES R_TYPE(0x60 | \fmt, 2) /* l, lu */
    MODES R_TYPE(0x60 | \fmt, 3)
    MODES R_TYPE(0x68 | \fmt, 2)
    MODES R_TYPE(0x68 | \fmt, 3)
#endif
    MODES R_TYPE(0x20 | \fmt, 4) /* fround */
    MODES R_TYPE(0x20 | \fmt, 5) /* froundnx */
    .endr
    MODES R_TYPE(0x20, 1) /* fcvt.s.d */
    MODES R_TYPE(0x20, 2) /* fcvt.s.h */
    MODES R_TYPE(0x21, 0) /* fcvt.d.s */
    MODES R_TYPE(0x21, 2) /* fcvt.d.h */
    MODES R_TYPE(0x22, 0) /* fcvt.h.s */
    MODES R_TYPE(0x22, 1) /* fcvt.h.d */

    /* fcvtmod.w.d has one that must be rtz. */
    .4byte R_TYPE(0x61, 8) | 1 << 12
    .irp rm, 0, 2, 3, 4, 5, 6, 7
    EXPECT_ILLEGAL(R_TYPE(0x61, 8) | \rm << 12)
    .endr
    csrwi frm, RDN
    EXPECT_ILLEGAL(R_TYPE(0x61, 8) | DYN << 12)

    /* The field says what the instruction is. */
    csrwi frm, 6
    .irp fmt, 0, 1, 2
    .4byte R_TYPE(0x10 | \fmt, 12) | 0 << 12 /* fsgnj, fsgnjn, fsgnjx */
    .4byte R_TYPE(0x10 | \fmt, 12) | 1 << 12
    .4byte R_TYPE(0x10 | \fmt, 12) | 2 << 12
    EXPECT_ILLEGAL(R_TYPE(0x10 | \fmt, 12) | 3 << 12)
    EXPECT_ILLEGAL(R_TYPE(0x10 | \fmt, 12) | 7 << 12)
    .4byte R_TYPE(0x14 | \fmt, 12) | 0 << 12 /* fmin, fmax, fminm, fmaxm */
    .4byte R_TYPE(0x14 | \fmt, 12) | 1 << 12
    .4byte R_TYPE(0x14 | \fmt, 12) | 2 << 12
    .4byte R_TYPE(0x14 | \fmt, 12) | 3 << 12
    EXPECT_ILLEGAL(R_TYPE(0x14 | \fmt, 12) | 4 << 12)
    .4byte R_TYPE(0x50 | \fmt, 12) | 0 << 12 /* fle, flt, feq, fleq, fltq */
    .4byte R_TYPE(0x50 | \fmt, 12) | 1 << 12
    .4byte R_TYPE(0x50 | \fmt, 12) | 2 << 12
    .4byte R_TYPE(0x50 | \fmt, 12) | 4 << 12
    .4byte R_TYPE(0x50 | \fmt, 12) | 5 << 12
    EXPECT_ILLEGAL(R_TYPE(0x50 | \fmt, 12) | 3 << 12)
    .4byte R_TYPE(0x70 | \fmt, 0) | 1 << 12 /* fclass */
    EXPECT_ILLEGAL(R_TYPE(0x70 | \fmt, 0) | 2 << 12)
    .4byte R_TYPE(0x78 | \fmt, 1) /* fli */
    EXPECT_ILLEGAL(R_TYPE(0x78 | \fmt, 1) | 1 << 12)
    .endr
    .4byte R_TYPE(0x70, 0) /* fmv.x.w, fmv.w.x */
    .4byte R_TYPE(0x78, 0)
    .4byte R_TYPE(0x72, 0) /* fmv.x.h, fmv.h.x */
    .4byte R_TYPE(0x7a, 0)
#if XLEN == 64
    .4byte R_TYPE(0x71, 0) /* fmv.x.d, fmv.d.x */
    .4byte R_TYPE(0x79, 0)
#else
    .4byte R_TYPE(0x71, 1) /* fmvh.x.d, fmvp.d.x */
    .4byte R_TYPE(0x59, 12)
#endif
    PASS
