//: rv64 -cpu max
//: rv32 -cpu max32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Zfa for h. Made by tests/insn/rows.py. */
#include "macros.h"
#include "fp-macros.h"
.macro fminm.h d, s, t
    FP_R 0x16, 2, \d, \s, \t
.endm
.macro fmaxm.h d, s, t
    FP_R 0x16, 3, \d, \s, \t
.endm
.macro fleq.h d, s, t
    FP_R 0x52, 4, \d, \s, \t
.endm
.macro fltq.h d, s, t
    FP_R 0x52, 5, \d, \s, \t
.endm
.macro fround.h d, s, rm=dyn
    .ifc \rm, rne
    FP_R 0x22, 0, \d, \s, f4
    .endif
    .ifc \rm, rtz
    FP_R 0x22, 1, \d, \s, f4
    .endif
    .ifc \rm, rdn
    FP_R 0x22, 2, \d, \s, f4
    .endif
    .ifc \rm, rup
    FP_R 0x22, 3, \d, \s, f4
    .endif
    .ifc \rm, rmm
    FP_R 0x22, 4, \d, \s, f4
    .endif
    .ifc \rm, dyn
    FP_R 0x22, 7, \d, \s, f4
    .endif
.endm
.macro froundnx.h d, s, rm=dyn
    .ifc \rm, rne
    FP_R 0x22, 0, \d, \s, f5
    .endif
    .ifc \rm, rtz
    FP_R 0x22, 1, \d, \s, f5
    .endif
    .ifc \rm, rdn
    FP_R 0x22, 2, \d, \s, f5
    .endif
    .ifc \rm, rup
    FP_R 0x22, 3, \d, \s, f5
    .endif
    .ifc \rm, rmm
    FP_R 0x22, 4, \d, \s, f5
    .endif
    .ifc \rm, dyn
    FP_R 0x22, 7, \d, \s, f5
    .endif
.endm
.macro fli0.h d, s
    FP_R 0x7a, 0, \d, x0, f1
.endm
.macro fli1.h d, s
    FP_R 0x7a, 0, \d, x1, f1
.endm
.macro fli2.h d, s
    FP_R 0x7a, 0, \d, x2, f1
.endm
.macro fli3.h d, s
    FP_R 0x7a, 0, \d, x3, f1
.endm
.macro fli4.h d, s
    FP_R 0x7a, 0, \d, x4, f1
.endm
.macro fli5.h d, s
    FP_R 0x7a, 0, \d, x5, f1
.endm
.macro fli6.h d, s
    FP_R 0x7a, 0, \d, x6, f1
.endm
.macro fli7.h d, s
    FP_R 0x7a, 0, \d, x7, f1
.endm
.macro fli8.h d, s
    FP_R 0x7a, 0, \d, x8, f1
.endm
.macro fli9.h d, s
    FP_R 0x7a, 0, \d, x9, f1
.endm
.macro fli10.h d, s
    FP_R 0x7a, 0, \d, x10, f1
.endm
.macro fli11.h d, s
    FP_R 0x7a, 0, \d, x11, f1
.endm
.macro fli12.h d, s
    FP_R 0x7a, 0, \d, x12, f1
.endm
.macro fli13.h d, s
    FP_R 0x7a, 0, \d, x13, f1
.endm
.macro fli14.h d, s
    FP_R 0x7a, 0, \d, x14, f1
.endm
.macro fli15.h d, s
    FP_R 0x7a, 0, \d, x15, f1
.endm
.macro fli16.h d, s
    FP_R 0x7a, 0, \d, x16, f1
.endm
.macro fli17.h d, s
    FP_R 0x7a, 0, \d, x17, f1
.endm
.macro fli18.h d, s
    FP_R 0x7a, 0, \d, x18, f1
.endm
.macro fli19.h d, s
    FP_R 0x7a, 0, \d, x19, f1
.endm
.macro fli20.h d, s
    FP_R 0x7a, 0, \d, x20, f1
.endm
.macro fli21.h d, s
    FP_R 0x7a, 0, \d, x21, f1
.endm
.macro fli22.h d, s
    FP_R 0x7a, 0, \d, x22, f1
.endm
.macro fli23.h d, s
    FP_R 0x7a, 0, \d, x23, f1
.endm
.macro fli24.h d, s
    FP_R 0x7a, 0, \d, x24, f1
.endm
.macro fli25.h d, s
    FP_R 0x7a, 0, \d, x25, f1
.endm
.macro fli26.h d, s
    FP_R 0x7a, 0, \d, x26, f1
.endm
.macro fli27.h d, s
    FP_R 0x7a, 0, \d, x27, f1
.endm
.macro fli28.h d, s
    FP_R 0x7a, 0, \d, x28, f1
.endm
.macro fli29.h d, s
    FP_R 0x7a, 0, \d, x29, f1
.endm
.macro fli30.h d, s
    FP_R 0x7a, 0, \d, x30, f1
.endm
.macro fli31.h d, s
    FP_R 0x7a, 0, \d, x31, f1
.endm

    START
    FP_START
    FP_fff fminm.h, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff0000, 0xfffffffffffffc00, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff8000, 0xfffffffffffffc00, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xffffffffffff7c00, 0xfffffffffffffc00, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff0000, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff8000, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff7c00, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xfffffffffffffc00, 0xfffffffffffffc00, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3c00, 0xfffffffffffffc00, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xffffffffffff7e00, 0xffffffffffff3c00, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffff3c00, 0xfffffffffffffe00, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffff7c01, 0xffffffffffff3c00, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffff3c00, 0xffffffffffff7c01, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffff7c01, 0xffffffffffff7e00, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffff7e05, 0xffffffffffff7e09, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff7bff, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 0, 0xfffffffffffffbff, 0xffffffffffff7bff, 0x0000000000000000, 0xfffffffffffffbff, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff0001, 0x0000000000000000, 0xffffffffffff0001, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff8001, 0x0000000000000000, 0xffffffffffff8001, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff3c00, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffffbc00, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff0400, 0x0000000000000000, 0xffffffffffff0400, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff0001, 0x0000000000000000, 0xffffffffffff0001, 0
    F 0, 0xffffffffffff0401, 0xffffffffffff3800, 0x0000000000000000, 0xffffffffffff0401, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff3bff, 0x0000000000000000, 0xffffffffffff0400, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff3c01, 0x0000000000000000, 0xffffffffffff0400, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff3c01, 0x0000000000000000, 0xffffffffffff3c01, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff1000, 0x0000000000000000, 0xffffffffffff1000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff0c00, 0x0000000000000000, 0xffffffffffff0c00, 0
    F 0, 0xffffffffffff371b, 0xffffffffffff490b, 0x0000000000000000, 0xffffffffffff371b, 0
    F 0, 0xffffffffffff337b, 0xffffffffffff024a, 0x0000000000000000, 0xffffffffffff024a, 0
    F 0, 0xffffffffffff498a, 0xffffffffffff0001, 0x0000000000000000, 0xffffffffffff0001, 0
    F 0, 0xffffffffffff897e, 0xffffffffffffc99e, 0x0000000000000000, 0xffffffffffffc99e, 0
    F 0, 0xffffffffffffbbff, 0xffffffffffffc048, 0x0000000000000000, 0xffffffffffffc048, 0
    F 0, 0xffffffffffffbc00, 0xffffffffffff2fb6, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 0, 0xffffffffffff3ca4, 0xffffffffffff3274, 0x0000000000000000, 0xffffffffffff3274, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff4efc, 0x0000000000000000, 0xffffffffffff0001, 0
    F 0, 0xfffffffeffff0001, 0xffffffffffff4efc, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffff0001, 0xfffffffeffff4efc, 0x0000000000000000, 0xffffffffffff7e00, 0
    FP_fff fmaxm.h, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xffffffffffff0000, 0xfffffffffffffc00, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xffffffffffff8000, 0xfffffffffffffc00, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xffffffffffff7c00, 0xfffffffffffffc00, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xfffffffffffffc00, 0xfffffffffffffc00, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff0000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff8000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff7c00, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 0, 0xffffffffffff3c00, 0xfffffffffffffc00, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff7e00, 0xffffffffffff3c00, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffff3c00, 0xfffffffffffffe00, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffff7c01, 0xffffffffffff3c00, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffff3c00, 0xffffffffffff7c01, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffff7c01, 0xffffffffffff7e00, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffff7e05, 0xffffffffffff7e09, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff7bff, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 0, 0xfffffffffffffbff, 0xffffffffffff7bff, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff0001, 0x0000000000000000, 0xffffffffffff0001, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff8001, 0x0000000000000000, 0xffffffffffff0001, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff3c00, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffffbc00, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff0400, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff0001, 0x0000000000000000, 0xffffffffffff0400, 0
    F 0, 0xffffffffffff0401, 0xffffffffffff3800, 0x0000000000000000, 0xffffffffffff3800, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff3bff, 0x0000000000000000, 0xffffffffffff3bff, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff3c01, 0x0000000000000000, 0xffffffffffff3c01, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff3c01, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff1000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff0c00, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffffbb64, 0xffffffffffff806c, 0x0000000000000000, 0xffffffffffff806c, 0
    F 0, 0xffffffffffff3d59, 0xffffffffffff43bd, 0x0000000000000000, 0xffffffffffff43bd, 0
    F 0, 0xffffffffffffaf55, 0xffffffffffff3bff, 0x0000000000000000, 0xffffffffffff3bff, 0
    F 0, 0xfffffffffffffc01, 0xffffffffffff3c00, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffffcf80, 0xffffffffffffda80, 0x0000000000000000, 0xffffffffffffcf80, 0
    F 0, 0xffffffffffffbc48, 0xffffffffffff3c00, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff37f8, 0xffffffffffffb801, 0x0000000000000000, 0xffffffffffff37f8, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffffd475, 0x0000000000000000, 0xffffffffffffd475, 0
    F 0, 0xfffffffefffffc00, 0xffffffffffffd475, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xfffffffffffffc00, 0xfffffffeffffd475, 0x0000000000000000, 0xffffffffffff7e00, 0
    FP_xff fleq.h, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0000, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff8000, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff7c00, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xfffffffffffffc00, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff3c00, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7e00, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c01, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 16
    F 0, 0xffffffffffff3c00, 0xffffffffffff7c01, 0x0000000000000000, 0x0000000000000000, 16
    F 0, 0xffffffffffff7c01, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 16
    F 0, 0xffffffffffff7e05, 0xffffffffffff7e09, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xfffffffffffffbff, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff0401, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff1000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff0c00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff03ff, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3d64, 0xffffffffffffc704, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff3f93, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff2ffc, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff1210, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffffc229, 0xffffffffffff5080, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff2516, 0xffffffffffff3f08, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff4c03, 0xffffffffffff3e80, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xfffffffeffff4c03, 0xffffffffffff3e80, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff4c03, 0xfffffffeffff3e80, 0x0000000000000000, 0x0000000000000000, 0
    FP_xff fltq.h, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff0000, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0000, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff8000, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff8000, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c00, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c00, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xfffffffffffffc00, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xfffffffffffffc00, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff3c00, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7e00, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7c01, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 16
    F 0, 0xffffffffffff3c00, 0xffffffffffff7c01, 0x0000000000000000, 0x0000000000000000, 16
    F 0, 0xffffffffffff7c01, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 16
    F 0, 0xffffffffffff7e05, 0xffffffffffff7e09, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xfffffffffffffbff, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff0001, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff0401, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff0400, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff7bff, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff1000, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3c00, 0xffffffffffff0c00, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffffd880, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff42eb, 0xffffffffffffc2ec, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff3d7f, 0xffffffffffff251a, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff4adb, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffffd400, 0xffffffffffff058e, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff2d61, 0xffffffffffff5dc9, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xffffffffffff1796, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff2510, 0xffffffffffff3e9e, 0x0000000000000000, 0x0000000000000001, 0
    F 0, 0xfffffffeffff2510, 0xffffffffffff3e9e, 0x0000000000000000, 0x0000000000000000, 0
    F 0, 0xffffffffffff2510, 0xfffffffeffff3e9e, 0x0000000000000000, 0x0000000000000000, 0
    FP_ff fround.h, 1
    F 0, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 1, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 2, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 3, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 4, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 3, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 2, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 0, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 1, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 2, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 3, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 4, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 0, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 1, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 2, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 3, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 4, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 0, 0xffffffffffff4000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 2, 0xffffffffffff4000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 2, 0xffffffffffffc000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 4, 0xffffffffffffc000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 0, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 1, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 2, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 3, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    F 4, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    F 0, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 1, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 2, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 0
    F 3, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 4, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 0
    F 1, 0xffffffffffff4200, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    F 0, 0xffffffffffff4200, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    F 2, 0xffffffffffffc200, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 0
    F 0, 0xffffffffffffc200, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 0
    F 0, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4400, 0
    F 1, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    F 2, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    F 3, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4400, 0
    F 4, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4400, 0
    F 0, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc400, 0
    F 1, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 0
    F 2, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc400, 0
    F 3, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 0
    F 4, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc400, 0
    F 0, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6000, 0
    F 1, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6000, 0
    F 2, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6000, 0
    F 3, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6002, 0
    F 4, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6002, 0
    F 4, 0xffffffffffff6401, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6401, 0
    F 3, 0xffffffffffff6401, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6401, 0
    F 1, 0xffffffffffff6801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6801, 0
    F 0, 0xffffffffffff6801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6801, 0
    F 0, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 1, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 3, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 3, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 1, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 1, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 2, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 3, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 3, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 2, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 2, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 1, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 4, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 1, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffff7c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 3, 0xffffffffffff7c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 2, 0xfffffffffffffc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xfffffffffffffc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 1, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 2, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 3, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 4, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 1, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 2, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 3, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 4, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 1, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 2, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 3, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 4, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 1, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 4, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 0, 0xfffffffffffffbff, 0x0000000000000000, 0x0000000000000000, 0xfffffffffffffbff, 0
    F 2, 0xfffffffffffffbff, 0x0000000000000000, 0x0000000000000000, 0xfffffffffffffbff, 0
    F 0, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 1, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 2, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 3, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 4, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 1, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 2, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 3, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 4, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 0, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 1, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 2, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 3, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 4, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 0, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 1, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 2, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 3, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 4, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 0, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 1, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 1, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 2, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 3, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 4, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 0, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 1, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 2, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 3, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 4, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 1, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 3, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 0, 0xffffffffffffba53, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 1, 0xffffffffffffba53, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 2, 0xffffffffffffba53, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 3, 0xffffffffffffba53, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 4, 0xffffffffffffba53, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 0, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffffc880, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc880, 0
    F 4, 0xffffffffffffc880, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc880, 0
    F 0, 0xffffffffffff3773, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff3773, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff3773, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff3773, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff3773, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffffcc80, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcc80, 0
    F 4, 0xffffffffffffcc80, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcc80, 0
    F 0, 0xffffffffffff92e1, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 1, 0xffffffffffff92e1, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 2, 0xffffffffffff92e1, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 3, 0xffffffffffff92e1, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 4, 0xffffffffffff92e1, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff2e5a, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff2e5a, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff2e5a, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff2e5a, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff2e5a, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 3, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 0, 0xffffffffffff189d, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff189d, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff189d, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 3, 0xffffffffffff189d, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 4, 0xffffffffffff189d, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 0, 0xfffffffeffff189d, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    FP_ff froundnx.h, 1
    F 0, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 1, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 0, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 1, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 2, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 3, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 4, 0xffffffffffffb800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 3, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 1, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 2, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 0, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 0, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 1, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 2, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 3, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 4, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 0, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 1, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 2, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 3, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 4, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 3, 0xffffffffffff4000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 0, 0xffffffffffff4000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    F 0, 0xffffffffffffc000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 1, 0xffffffffffffc000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 0
    F 0, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 1, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 2, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 3, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 1
    F 4, 0xffffffffffff4100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 1
    F 0, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 1, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 2, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 1
    F 3, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 4, 0xffffffffffffc100, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 1
    F 3, 0xffffffffffff4200, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    F 0, 0xffffffffffff4200, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    F 1, 0xffffffffffffc200, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 0
    F 2, 0xffffffffffffc200, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 0
    F 0, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4400, 1
    F 1, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 1
    F 2, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 1
    F 3, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4400, 1
    F 4, 0xffffffffffff4300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4400, 1
    F 0, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc400, 1
    F 1, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 1
    F 2, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc400, 1
    F 3, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 1
    F 4, 0xffffffffffffc300, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc400, 1
    F 0, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6000, 1
    F 1, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6000, 1
    F 2, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6000, 1
    F 3, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6002, 1
    F 4, 0xffffffffffff6001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6002, 1
    F 3, 0xffffffffffff6401, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6401, 0
    F 0, 0xffffffffffff6401, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6401, 0
    F 4, 0xffffffffffff6801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6801, 0
    F 1, 0xffffffffffff6801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff6801, 0
    F 0, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 1, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff3801, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 0, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 1, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff3800, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 0, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 1, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff3400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 0, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 1, 0xffffffffffff0000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 0
    F 2, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 3, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 1, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 0, 0xffffffffffff3c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    F 2, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 1, 0xffffffffffffbc00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    F 1, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 4, 0xffffffffffff7c00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7c00, 0
    F 4, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xfffffffffffffc00, 0x0000000000000000, 0x0000000000000000, 0xfffffffffffffc00, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 2, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 1, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 3, 0xfffffffffffffe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    F 4, 0xffffffffffff7c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 3, 0xffffffffffff7c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 2, 0xfffffffffffffc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 1, 0xfffffffffffffc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 16
    F 0, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 1, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff0001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 0, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 1, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 2, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 3, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 4, 0xffffffffffff8001, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 0, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 1, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff03ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 0, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 1, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 2, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 3, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 4, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 0, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 1, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff0400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 0, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 1, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 2, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 3, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 4, 0xffffffffffff8400, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 3, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 1, 0xffffffffffff7bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7bff, 0
    F 4, 0xfffffffffffffbff, 0x0000000000000000, 0x0000000000000000, 0xfffffffffffffbff, 0
    F 2, 0xfffffffffffffbff, 0x0000000000000000, 0x0000000000000000, 0xfffffffffffffbff, 0
    F 0, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 1, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 2, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 3, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 4, 0xffffffffffff3c01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 0, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 1, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 2, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 3, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 4, 0xffffffffffffbc01, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 0, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 1, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 2, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 3, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 4, 0xffffffffffff3e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 1
    F 0, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 1, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 2, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 3, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 4, 0xffffffffffffbe00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 0, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 1, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff3bff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 0, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 1, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 2, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 3, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 4, 0xffffffffffffbbff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 0, 0xffffffffffff3958, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 1, 0xffffffffffff3958, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff3958, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff3958, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff3958, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 2, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff8000, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 0
    F 0, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 1, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 2, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 1
    F 3, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 4, 0xffffffffffff83ff, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff8000, 1
    F 0, 0xffffffffffff387b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 1, 0xffffffffffff387b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff387b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff387b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff387b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 0, 0xffffffffffff2d62, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 1, 0xffffffffffff2d62, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff2d62, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff2d62, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff2d62, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 0, 0xffffffffffffcad8, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcb00, 1
    F 1, 0xffffffffffffcad8, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffca80, 1
    F 2, 0xffffffffffffcad8, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcb00, 1
    F 3, 0xffffffffffffcad8, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffca80, 1
    F 4, 0xffffffffffffcad8, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcb00, 1
    F 0, 0xffffffffffffc1cc, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 1
    F 1, 0xffffffffffffc1cc, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 2, 0xffffffffffffc1cc, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 1
    F 3, 0xffffffffffffc1cc, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc000, 1
    F 4, 0xffffffffffffc1cc, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffc200, 1
    F 0, 0xffffffffffffcfea, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffd000, 1
    F 1, 0xffffffffffffcfea, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcfc0, 1
    F 2, 0xffffffffffffcfea, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffd000, 1
    F 3, 0xffffffffffffcfea, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcfc0, 1
    F 4, 0xffffffffffffcfea, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffd000, 1
    F 4, 0xffffffffffff5900, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff5900, 0
    F 3, 0xffffffffffff5900, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff5900, 0
    F 2, 0xffffffffffff4b00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4b00, 0
    F 0, 0xffffffffffff4b00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4b00, 0
    F 0, 0xffffffffffffcb6b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcb80, 1
    F 1, 0xffffffffffffcb6b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcb00, 1
    F 2, 0xffffffffffffcb6b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcb80, 1
    F 3, 0xffffffffffffcb6b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcb00, 1
    F 4, 0xffffffffffffcb6b, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffcb80, 1
    F 0, 0xffffffffffff3599, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 1, 0xffffffffffff3599, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 2, 0xffffffffffff3599, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 3, 0xffffffffffff3599, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 1
    F 4, 0xffffffffffff3599, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0000, 1
    F 0, 0xfffffffeffff3599, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    FP_ff fli0.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffffbc00, 0
    FP_ff fli1.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0400, 0
    FP_ff fli2.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0100, 0
    FP_ff fli3.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff0200, 0
    FP_ff fli4.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff1c00, 0
    FP_ff fli5.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff2000, 0
    FP_ff fli6.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff2c00, 0
    FP_ff fli7.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3000, 0
    FP_ff fli8.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3400, 0
    FP_ff fli9.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3500, 0
    FP_ff fli10.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3600, 0
    FP_ff fli11.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3700, 0
    FP_ff fli12.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3800, 0
    FP_ff fli13.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3900, 0
    FP_ff fli14.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3a00, 0
    FP_ff fli15.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3b00, 0
    FP_ff fli16.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3c00, 0
    FP_ff fli17.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3d00, 0
    FP_ff fli18.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3e00, 0
    FP_ff fli19.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff3f00, 0
    FP_ff fli20.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4000, 0
    FP_ff fli21.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4100, 0
    FP_ff fli22.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4200, 0
    FP_ff fli23.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4400, 0
    FP_ff fli24.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4800, 0
    FP_ff fli25.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff4c00, 0
    FP_ff fli26.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff5800, 0
    FP_ff fli27.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff5c00, 0
    FP_ff fli28.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7800, 0
    FP_ff fli29.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7c00, 0
    FP_ff fli30.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7c00, 0
    FP_ff fli31.h, 0
    F 0, 0xffffffffffff7e00, 0x0000000000000000, 0x0000000000000000, 0xffffffffffff7e00, 0
    PASS
