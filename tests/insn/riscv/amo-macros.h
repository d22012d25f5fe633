/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows for atomic memory operations: AMO op, w|d, then "V4 memory, rs2, old value as rd gets it, new memory". s1:
 * amo_slot.
 */
#if XLEN == 64
#define LOAD_UNSIGNED_w lwu
#else
#define LOAD_UNSIGNED_w lw
#endif
#define GUARD 0x5a5a5a5a

.macro V4 memory, b, old, new
    .pushsection .data.rows, "aw"
    XWORD 1, \memory, \b, \old, \new
    .popsection
.endm

/* Check rd in a0 and the slot at a6, and that its neighbours are as they were. */
.macro AMO_CHECK n, width
    li a4, \n
    LX a3, 3*XBYTES(gp)
    beq a0, a3, 9f
    j fail_row
9:  LX a3, 4*XBYTES(gp)
.ifc \width, w
    LOAD_UNSIGNED_w a0, 0(a6)
.else
    LX a0, 0(a6)
.endif
    li a4, 100 + \n
    beq a0, a3, 9f
    j fail_row
9:  li a3, GUARD
    lw a0, -4(a6)
    li a4, 200 + \n
    beq a0, a3, 9f
    j fail_row
9:
.ifc \width, w
    lw a0, 4(a6)
.else
    lw a0, 8(a6)
.endif
    beq a0, a3, 9f
    j fail_row
9:
.endm

.macro AMO_SET width
    li t0, GUARD
    sw t0, -4(a6)
.ifc \width, w
    sw t0, 4(a6)
    sw a1, 0(a6)
.else
    sw t0, 8(a6)
    SX a1, 0(a6)
.endif
.endm

.macro AMO op, width
    ROWS "\op"
    .ifndef amo_slot
    .pushsection .bss
    .balign 64
    .skip 16
amo_slot: .skip 64
    .popsection
    .endif
1:
    LX t0, 0(gp)
    bnez t0, 3f
    j 2f
3:
    LX a1, XBYTES(gp)
    LX a2, 2*XBYTES(gp)
    mv a6, s1
    AMO_SET \width
    \op a0, a2, (a6)
    AMO_CHECK 1, \width
    AMO_SET \width
    mv t3, a2
    mv t4, a6
    \op\().aqrl t5, t3, (t4)
    mv a0, t5
    AMO_CHECK 2, \width
    AMO_SET \width
    mv a0, a2
    \op\().aq a0, a0, (a6)
    AMO_CHECK 3, \width
    AMO_SET \width
    mv a0, a6
    \op\().rl a0, a2, (a0)
    AMO_CHECK 4, \width
    AMO_SET \width
    LX a0, 3*XBYTES(gp)
    \op x0, a2, (a6)
    AMO_CHECK 5, \width
.ifc \width, w
    addi a6, a6, 4
    AMO_SET \width
    \op a0, a2, (a6)
    AMO_CHECK 6, \width
.endif
    addi gp, gp, 5*XBYTES
    j 1b
2:
.endm

/*
 * Zabha, which the assembler does not know: SUB name, funct5, funct3, offset, then "V4 word, rs2, old value, new word".
 * The byte or halfword is at the offset in the word; the rest of the word stays.
 */
.macro SUB_CHECK n
    li a4, \n
    LX a3, 3*XBYTES(gp)
    beq a0, a3, 9f
    j fail_row
9:  LX a3, 4*XBYTES(gp)
    LOAD_UNSIGNED_w a0, 0(s1)
    li a4, 100 + \n
    beq a0, a3, 9f
    j fail_row
9:
.endm

.macro SUB name, funct5, funct3, offset
    ROWS "\name"
    .ifndef amo_slot
    .pushsection .bss
    .balign 64
    .skip 16
amo_slot: .skip 64
    .popsection
    .endif
    addi a6, s1, \offset
1:
    LX t0, 0(gp)
    beqz t0, 2f
    LX a1, XBYTES(gp)
    LX a2, 2*XBYTES(gp)
    sw a1, 0(s1)
    .insn r 0x2f, \funct3, \funct5 << 2, a0, a6, a2
    SUB_CHECK 1
    sw a1, 0(s1)
    mv t3, a2
    mv t4, a6
    .insn r 0x2f, \funct3, \funct5 << 2 | 3, t5, t4, t3
    mv a0, t5
    SUB_CHECK 2
    sw a1, 0(s1)
    mv a0, a2
    .insn r 0x2f, \funct3, \funct5 << 2 | 2, a0, a6, a0
    SUB_CHECK 3
    sw a1, 0(s1)
    mv a0, a6
    .insn r 0x2f, \funct3, \funct5 << 2 | 1, a0, a0, a2
    SUB_CHECK 4
    sw a1, 0(s1)
    LX a0, 3*XBYTES(gp)
    .insn r 0x2f, \funct3, \funct5 << 2, x0, a6, a2
    SUB_CHECK 5
    addi gp, gp, 5*XBYTES
    j 1b
2:
.endm
