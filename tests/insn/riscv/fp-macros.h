/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows for floating point: "F rm, a, b, c, result, flags", all operands as 64-bit register contents (narrower formats
 * boxed). FP_fff, FP_ff, FP_ffff, FP_xff, FP_xf, FP_fx, FP_fxx op, rounds: the letters are the destination's and the
 * operands' register files; rounds=1: the instruction takes a rounding mode, and each row is tried with it in frm and
 * in the instruction (under another frm). Flags are checked from clear and from set.
 */
#define ROW_A 8
#define ROW_B 16
#define ROW_C 24
#define ROW_RESULT 32
#define ROW_FLAGS 40
#define ROW_SIZE 48

.macro F rm, a, b, c, result, flags
    .pushsection .data.rows, "aw"
    .dword \rm + 16, \a, \b, \c, \result, \flags
    .popsection
.endm

.macro COPY_DOUBLE to, from
    fld ft0, \from
    fsd ft0, \to
.endm

/* Once a file. s1: scratch for the result. */
.macro FP_START
    la s1, fp_got
    j 1f
    .pushsection .bss
    .balign 8
fp_got: .skip 8
    .popsection
fail_fp: /* a4: form, t1: flags expected, t0: flags got */
    la s11, report - 8
    COPY_DOUBLE REPORT_ARGS(s11), ROW_A(gp)
    COPY_DOUBLE REPORT_ARGS+8(s11), ROW_B(gp)
    COPY_DOUBLE REPORT_ARGS+16(s11), ROW_C(gp)
    COPY_DOUBLE REPORT_EXPECTED(s11), ROW_RESULT(gp)
    COPY_DOUBLE REPORT_GOT(s11), 0(s1)
    SX t0, REPORT_GOT_FLAGS(s11)
    SX t1, REPORT_EXPECTED_FLAGS(s11)
    SX a4, REPORT_VARIANT(s11)
    SX tp, REPORT_NAME(s11)
    li s10, 0
    j failed
1:
.endm

.macro FP_BEGIN op
    .pushsection .data.rows, "aw"
    .balign 8
    .dword 0
1001:
    .popsection
    .pushsection .rodata
1002: .asciz "\op"
    .popsection
    la gp, 1001b
    la tp, 1002b
1:
    lw s0, 0(gp)
    bnez s0, 3f
    j 2f
3:
    addi s0, s0, -16
    fld fa1, ROW_A(gp)
    fld fa2, ROW_B(gp)
    fld fa3, ROW_C(gp)
    LX a1, ROW_A(gp)
.endm

.macro FP_END
    addi gp, gp, ROW_SIZE
    j 1b
2:
.endm

.macro GOT_f reg
    fsd \reg, 0(s1)
.endm
.macro GOT_x reg
    SX \reg, 0(s1)
.endm

/* s2: what fcsr must be. */
.macro FP_CHECK n, kind, reg
    frcsr t0
    GOT_\kind \reg
    mv t1, s2
    li a4, \n
    beq t0, t1, 9f
    j fail_fp
9:
    LX a0, 0(s1)
    LX a3, ROW_RESULT(gp)
    beq a0, a3, 9f
    j fail_fp
9:
#if XLEN == 32
.ifc \kind, f
    lw a0, 4(s1)
    lw a3, ROW_RESULT+4(gp)
    beq a0, a3, 9f
    j fail_fp
9:
.endif
#endif
.endm

/* Rounding mode in frm; the flags given are set before. */
.macro FP_FORM n, pre, kind, reg, insn:vararg
    slli t0, s0, 5
    ori t0, t0, \pre
    lw s2, ROW_FLAGS(gp)
    or s2, s2, t0
    fscsr t0
    \insn
    FP_CHECK \n, \kind, \reg
.endm

/* Rounding mode in the instruction. */
.macro FP_STATIC n, kind, reg, insn:vararg
    li t0, 1 << 5
    bne s0, x0, 9f
    li t0, 3 << 5
9:
    lw s2, ROW_FLAGS(gp)
    or s2, s2, t0
    fscsr t0
    li t1, 1
    beq s0, t1, 11f
    li t1, 2
    beq s0, t1, 12f
    li t1, 3
    beq s0, t1, 13f
    li t1, 4
    beq s0, t1, 14f
    \insn , rne
    j 15f
11: \insn , rtz
    j 15f
12: \insn , rdn
    j 15f
13: \insn , rup
    j 15f
14: \insn , rmm
15:
    FP_CHECK \n, \kind, \reg
.endm

.macro FP_fff op, rounds
    FP_BEGIN \op
    FP_FORM 1, 0, f, fa0, \op fa0, fa1, fa2
    fmv.d ft8, fa1
    fmv.d ft9, fa2
    FP_FORM 2, 31, f, ft10, \op ft10, ft8, ft9
    FP_FORM 3, 0, f, ft8, \op ft8, ft8, fa2
    FP_FORM 4, 8, f, ft9, \op ft9, fa1, ft9
    fmv.d fa0, fa2
    FP_FORM 5, 0, f, fa0, \op fa0, fa1, fa0
    fmv.d fs5, fa1
    FP_FORM 6, 0, f, fs5, \op fs5, fs5, fa2
.if \rounds
    FP_STATIC 7, f, fa0, \op fa0, fa1, fa2
.endif
    FP_END
.endm

.macro FP_ff op, rounds
    FP_BEGIN \op
    FP_FORM 1, 0, f, fa0, \op fa0, fa1
    fmv.d ft8, fa1
    FP_FORM 2, 31, f, ft10, \op ft10, ft8
    FP_FORM 3, 0, f, ft8, \op ft8, ft8
    fmv.d fa0, fa1
    FP_FORM 4, 0, f, fa0, \op fa0, fa0
.if \rounds
    FP_STATIC 7, f, fa0, \op fa0, fa1
.endif
    FP_END
.endm

.macro FP_ffff op, rounds
    FP_BEGIN \op
    FP_FORM 1, 0, f, fa0, \op fa0, fa1, fa2, fa3
    fmv.d ft8, fa1
    fmv.d ft9, fa2
    fmv.d fs4, fa3
    FP_FORM 2, 31, f, ft10, \op ft10, ft8, ft9, fs4
    FP_FORM 3, 0, f, ft8, \op ft8, ft8, fa2, fs4
    FP_FORM 4, 0, f, ft9, \op ft9, fa1, ft9, fa3
    FP_FORM 5, 0, f, fs4, \op fs4, fa1, fa2, fs4
    fmv.d fa0, fa3
    FP_FORM 6, 0, f, fa0, \op fa0, fa1, fa2, fa0
.if \rounds
    FP_STATIC 7, f, fa0, \op fa0, fa1, fa2, fa3
.endif
    FP_END
.endm

.macro FP_xff op, rounds
    FP_BEGIN \op
    FP_FORM 1, 0, x, a0, \op a0, fa1, fa2
    fmv.d ft8, fa1
    fmv.d ft9, fa2
    FP_FORM 2, 31, x, t3, \op t3, ft8, ft9
    FP_FORM 3, 0, x, t4, \op t4, ft8, fa2
    FP_END
.endm

.macro FP_xf op, rounds
    FP_BEGIN \op
    FP_FORM 1, 0, x, a0, \op a0, fa1
    fmv.d ft8, fa1
    FP_FORM 2, 31, x, t3, \op t3, ft8
.if \rounds
    FP_STATIC 7, x, a0, \op a0, fa1
    FP_STATIC 8, x, t3, \op t3, ft8
.endif
    FP_END
.endm

.macro FP_fx op, rounds
    FP_BEGIN \op
    FP_FORM 1, 0, f, fa0, \op fa0, a1
    mv t4, a1
    FP_FORM 2, 31, f, ft10, \op ft10, t4
.if \rounds
    FP_STATIC 7, f, fa0, \op fa0, a1
    FP_STATIC 8, f, ft10, \op ft10, t4
.endif
    FP_END
.endm

.macro FP_fxx op, rounds
    FP_BEGIN \op
    LX a2, ROW_B(gp)
    FP_FORM 1, 0, f, fa0, \op fa0, a1, a2
    mv t4, a1
    mv t5, a2
    FP_FORM 2, 31, f, ft10, \op ft10, t4, t5
    FP_FORM 3, 0, f, fa0, \op fa0, a1, t5
    FP_END
.endm

/* An FP instruction by its encoding, with registers of either file as operands and a rounding mode's number. */
.macro FP_R funct7, rm, d, s, t
    .insn r 0x53, \rm, \funct7, \d, \s, \t
.endm
