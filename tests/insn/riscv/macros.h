/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What assembly tests are made of. A test is START, checks, PASS. Expected values are in the checks;
 * a failing check leaves a report at the start of RAM and ends the run with status 1.
 *
 * -DNO_CSR, -DNO_FP: the hart has no CSRs, no floating point. XLEN is 32 or 64.
 */
#if XLEN == 64
#define LX ld
#define SX sd
#define XBYTES 8
#define XWORD .dword
#else
#define LX lw
#define SX sw
#define XBYTES 4
#define XWORD .word
#endif

#define FINISHER 0x100000
#define CLINT 0x2000000

#define REPORT_LINE 8
#define REPORT_NAME 16
#define REPORT_ARGS 24
#define REPORT_EXPECTED 48
#define REPORT_GOT 56
#define REPORT_EXPECTED_FLAGS 64
#define REPORT_GOT_FLAGS 72
#define REPORT_VARIANT 80

    .option norvc
    .option norelax

/* -- The frame -- */

.macro START
    .section .text.start, "ax"
    .globl _start
_start:
    j main
    .balign 8
report:
    .skip 80
    .text
main:
    la sp, stack_top
#ifndef NO_CSR
    la t0, trap_entry
    csrw mtvec, t0
    la t0, trap_area
    csrw mscratch, t0
#ifndef NO_FP
    li t0, 0x2000 /* FS: Initial */
    csrs mstatus, t0
#endif
#endif
.endm

.macro PASS
    j passed
    .pushsection .bss
    .balign 16
    .skip 4096
stack_top:
    .popsection
    .pushsection .data.rows, "aw"
    .balign 8
    XWORD 0 /* ends the last table of rows */
    .popsection

passed:
    li t0, FINISHER
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b

/* a0: got, a1, a2, a6: operands, a3: expected, a4: form, tp: name */
fail_row:
    la s11, report - 8
    SX a1, REPORT_ARGS(s11)
    SX a2, REPORT_ARGS+8(s11)
    SX a6, REPORT_ARGS+16(s11)
    SX a3, REPORT_EXPECTED(s11)
    SX a0, REPORT_GOT(s11)
    SX tp, REPORT_NAME(s11)
    SX a4, REPORT_VARIANT(s11)
    li s10, 0
/* s10: line or 0 */
failed:
    la s11, report - 8
    SX s10, REPORT_LINE(s11)
    li s11, FINISHER
    li s10, 0x13333
    sw s10, 0(s11)
1:  j 1b

/* a0: got, a3: expected, s10: line */
fail_line:
    la s11, report - 8
    SX a3, REPORT_EXPECTED(s11)
    SX a0, REPORT_GOT(s11)
    la a5, 1f
    SX a5, REPORT_NAME(s11)
    j failed
    .pushsection .rodata
1:  .asciz "check"
    .popsection
#ifndef NO_CSR
    TRAP_HANDLER
#endif
.endm

/* -- Single checks, by line -- */

/* The register has the value; clobbers a0, a3, s10 only if it has not, else t6. */
#define CHECK_EQ(reg, value) li t6, value; beq reg, t6, 8f; mv a0, reg; mv a3, t6; li s10, __LINE__; j fail_line; 8:
#define CHECK_EQ_REG(reg, other) beq reg, other, 8f; mv a0, reg; mv a3, other; li s10, __LINE__; j fail_line; 8:
#define FAIL li s10, __LINE__; li a0, 0; li a3, 1; j fail_line

/* -- Traps --
 *
 * A trap to M mode goes on in M mode at trap_resume, with interrupts off and every register as the trap found it;
 * what it was is in trap_area. EXPECT_TRAP(cause, tval, instruction): the instruction traps, here.
 */
#define TRAP_CAUSE 0
#define TRAP_EPC (1 * XBYTES)
#define TRAP_TVAL (2 * XBYTES)
#define TRAP_STATUS (3 * XBYTES)
#define TRAP_RESUME (4 * XBYTES)
#define TRAP_SAVE (5 * XBYTES)
#define TRAP_COUNT (6 * XBYTES)

.macro TRAP_HANDLER
    .option rvc /* or the assembler can't fill two bytes */
    .balign 4
    .option norvc
trap_entry:
    csrrw t6, mscratch, t6
    SX t5, TRAP_SAVE(t6)
    csrr t5, mcause
    SX t5, TRAP_CAUSE(t6)
    csrr t5, mepc
    SX t5, TRAP_EPC(t6)
    csrr t5, mtval
    SX t5, TRAP_TVAL(t6)
    csrr t5, mstatus
    SX t5, TRAP_STATUS(t6)
    LX t5, TRAP_COUNT(t6)
    addi t5, t5, 1
    SX t5, TRAP_COUNT(t6)
    LX t5, TRAP_RESUME(t6)
    beqz t5, unexpected_trap
    SX x0, TRAP_RESUME(t6)
    csrw mepc, t5
    li t5, 0x20080 /* MPRV off: an mret to M leaves it; and no interrupts */
    csrc mstatus, t5
    li t5, 0x1800
    csrs mstatus, t5
    LX t5, TRAP_SAVE(t6)
    csrrw t6, mscratch, t6
    mret
unexpected_trap:
    la s11, report - 8
    LX a0, TRAP_CAUSE(t6)
    SX a0, REPORT_ARGS(s11)
    LX a0, TRAP_EPC(t6)
    SX a0, REPORT_ARGS+8(s11)
    LX a0, TRAP_TVAL(t6)
    SX a0, REPORT_ARGS+16(s11)
    la a0, 1f
    SX a0, REPORT_NAME(s11)
    li s10, 0
    j failed
    .pushsection .rodata
1:  .asciz "unexpected trap: cause, epc, tval"
    .popsection
    .pushsection .data
    .balign 8
trap_area:
    .skip 8 * XBYTES
    .popsection
.endm

/* The next trap goes on at label. Clobbers t5, t6. */
#define ON_TRAP(label) la t6, trap_area; la t5, label; SX t5, TRAP_RESUME(t6)
/* The last trap's record. Clobbers a0, a3, t5, t6. */
#define CHECK_TRAP(cause, epc, tval) \
    la t6, trap_area; LX a0, TRAP_CAUSE(t6); li a3, cause; beq a0, a3, 8f; li s10, __LINE__; j fail_line; 8: \
    LX a0, TRAP_EPC(t6); la a3, epc; beq a0, a3, 8f; li s10, __LINE__; j fail_line; 8: \
    LX a0, TRAP_TVAL(t6); li a3, tval; beq a0, a3, 8f; li s10, __LINE__; j fail_line; 8:
/* tval in a register other than a0, a3, t5, t6 */
#define CHECK_TRAP_TVAL_REG(cause, epc, tval) \
    la t6, trap_area; LX a0, TRAP_CAUSE(t6); li a3, cause; beq a0, a3, 8f; li s10, __LINE__; j fail_line; 8: \
    LX a0, TRAP_EPC(t6); la a3, epc; beq a0, a3, 8f; li s10, __LINE__; j fail_line; 8: \
    LX a0, TRAP_TVAL(t6); mv a3, tval; beq a0, a3, 8f; li s10, __LINE__; j fail_line; 8:
/* MPP of the last trap: the privilege it came from. */
#define CHECK_TRAP_FROM(prv) \
    la t6, trap_area; LX a0, TRAP_STATUS(t6); srli a0, a0, 11; andi a0, a0, 3; li a3, prv; beq a0, a3, 8f; \
    li s10, __LINE__; j fail_line; 8:
#define EXPECT_TRAP(cause, tval, ...) \
    ON_TRAP(7f); 6: __VA_ARGS__; FAIL; 7: CHECK_TRAP(cause, 6b, tval)
#define EXPECT_TRAP_TVAL_REG(cause, tval, ...) \
    ON_TRAP(7f); 6: __VA_ARGS__; FAIL; 7: CHECK_TRAP_TVAL_REG(cause, 6b, tval)
/* The 32-bit encoding is an illegal instruction, and mtval says so. */
#define EXPECT_ILLEGAL(encoding) EXPECT_TRAP(2, encoding, .4byte encoding)
#define EXPECT_ILLEGAL16(encoding) EXPECT_TRAP(2, encoding, .2byte encoding; .option rvc; c.nop; .option norvc)

#define PRV_U 0
#define PRV_S 1
#define PRV_M 3
/* Go on at label in another privilege. Clobbers t5. */
#define ENTER(prv, label) la t5, label; csrw mepc, t5; li t5, 0x1800; csrc mstatus, t5; li t5, (prv) << 11; csrs mstatus, t5; mret

/* -- Rows of operands and results --
 *
 * RR op: rows "V a, b, result" follow. Each is tried with operands from memory in several assignments of registers, and
 * with constants. RI op: rows "VI a, immediate, result". RU op: rows "VU a, result".
 */

/* Compare a0 with a3, form n. */
.macro MATCH n
    beq a0, a3, 9f
    li a4, \n
    j fail_row
9:
.endm

/* Begin a table of rows: gp is the first, tp the name. */
.macro ROWS name
    .pushsection .data.rows, "aw"
    .balign 8
    XWORD 0 /* ends the table before */
    .balign 8
1001:
    .popsection
    .pushsection .rodata
1002: .asciz "\name"
    .popsection
    la gp, 1001b
    la tp, 1002b
.endm

.macro RR op
    ROWS "\op"
    .purgem CUR
    .macro CUR d, s, t
    \op \d, \s, \t
    .endm
1:
    LX t0, 0(gp)
    beqz t0, 2f
    LX a1, XBYTES(gp)
    LX a2, 2*XBYTES(gp)
    LX a3, 3*XBYTES(gp)
    li a6, 0
    \op a0, a1, a2
    MATCH 1
    mv t4, a1
    mv t5, a2
    \op t3, t4, t5
    mv a0, t3
    MATCH 2
    mv a0, a1
    \op a0, a0, a2
    MATCH 3
    mv a0, a2
    \op a0, a1, a0
    MATCH 4
    \op t3, a1, t5
    mv a0, t3
    MATCH 5
    mv t4, a2
    \op t4, a1, t4
    mv a0, t4
    MATCH 6
    mv t4, a1
    \op t4, t4, a2
    mv a0, t4
    MATCH 7
    bne a1, a2, 3f
    \op a0, a1, a1
    MATCH 8
    mv a0, a1
    \op a0, a0, a0
    MATCH 9
3:
    \op x0, a1, a2
    mv a0, x0
    mv s9, a3
    li a3, 0
    MATCH 10
    mv a3, s9
    addi gp, gp, 4*XBYTES
    j 1b
2:
.endm

.macro CUR
.endm

.macro V a, b, result
    .pushsection .data.rows, "aw"
    XWORD 1, \a, \b, \result
    .popsection
    li a1, \a
    li a2, \b
    CUR a0, a1, a2
    li a3, \result
    MATCH 20
.endm

.macro RU op
    ROWS "\op"
    .purgem CUR
    .macro CUR d, s
    \op \d, \s
    .endm
1:
    LX t0, 0(gp)
    beqz t0, 2f
    LX a1, XBYTES(gp)
    LX a3, 2*XBYTES(gp)
    li a2, 0
    li a6, 0
    \op a0, a1
    MATCH 1
    mv t4, a1
    \op t3, t4
    mv a0, t3
    MATCH 2
    mv a0, a1
    \op a0, a0
    MATCH 3
    mv t4, a1
    \op t4, t4
    mv a0, t4
    MATCH 4
    \op a0, t4 /* of the result: must not disturb t4 */
    mv a0, t4
    MATCH 5
    \op x0, a1
    mv a0, x0
    mv s9, a3
    li a3, 0
    MATCH 10
    mv a3, s9
    addi gp, gp, 3*XBYTES
    j 1b
2:
.endm

.macro VU a, result
    .pushsection .data.rows, "aw"
    XWORD 1, \a, \result
    .popsection
    li a1, \a
    CUR a0, a1
    li a3, \result
    MATCH 20
.endm

.macro RI op
    ROWS "\op"
    .purgem CUR
    .macro CUR d, s, i
    \op \d, \s, \i
    .endm
.endm

.macro VI a, i, result
    .pushsection .data.rows, "aw"
    .balign 8
1003: XWORD \a
    .popsection
    la t0, 1003b
    LX a1, 0(t0)
    li a2, \i
    li a3, \result
    CUR a0, a1, \i
    MATCH 1
    mv t4, a1
    CUR t3, t4, \i
    mv a0, t3
    MATCH 2
    mv a0, a1
    CUR a0, a0, \i
    MATCH 3
    CUR t4, t4, \i
    mv a0, t4
    MATCH 4
    li a0, \a
    CUR a0, a0, \i
    MATCH 20
.endm
