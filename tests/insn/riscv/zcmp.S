//: rv64 -cpu rv64,d=off,zcmp=on
//: rv32 -cpu rv32,d=off,zcmp=on
//: rv64 -cpu max -DABSENT modes=interp,jit
/* SPDX-License-Identifier: BSD-2-Clause */
/* Zcmp, which the assembler does not know: pushes and pops of every list, what faults in the middle, moves. */
#include "macros.h"
#define H(v) .2byte v; .2byte 1 /* c.nop */
#define PUSH(list, adj) (0xb802 | (list) << 4 | (adj) << 2)
#define POP(list, adj) (0xba02 | (list) << 4 | (adj) << 2)
#define POPRETZ(list, adj) (0xbc02 | (list) << 4 | (adj) << 2)
#define POPRET(list, adj) (0xbe02 | (list) << 4 | (adj) << 2)
#define MVSA01(s, t) (0xac22 | (s) << 7 | (t) << 2)
#define MVA01S(s, t) (0xac62 | (s) << 7 | (t) << 2)
#define FILL 0x55

    .bss
    .balign 256
    .skip 256
top: .skip 256 /* where sp points */

    .text
/* \n registers: ra, s0 and so on get i + base */
.macro SET_SAVED base, n
    .set i, 0
    .irp r, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    .if i < \n
    li \r, \base + i
    .endif
    .set i, i + 1
    .endr
.endm

.macro CHECK_SAVED base, n
    .set i, 0
    .irp r, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    .if i < \n
    CHECK_EQ(\r, \base + i)
    .endif
    .set i, i + 1
    .endr
.endm

/* The stack, from its top down: \n registers from the last, then the filling. */
.macro CHECK_STACK base, n
    la t0, top
    .set i, \n
    .rept \n
    .set i, i - 1
    LX a0, -(\n - i) * XBYTES(t0)
    CHECK_EQ(a0, \base + i)
    .endr
    LX a0, 0(t0)
    CHECK_EQ(a0, FILL)
    LX a0, -(\n + 1) * XBYTES(t0)
    CHECK_EQ(a0, FILL)
.endm

fill:
    la t0, top - 256
    li t1, 256 + 64
    li t2, FILL
1:  SX t2, 0(t0)
    addi t0, t0, XBYTES
    addi t1, t1, -XBYTES
    bgtz t1, 1b
    jr t5

.macro FILL_STACK
    jal t5, fill
.endm

/* n: registers of the list; ABYTES: what they take. */
.macro LIST list, n, adj
    .set abytes, ((\n * XBYTES + 15) & ~15) + \adj * 16
    FILL_STACK
    SET_SAVED 0x100, \n
    la sp, top
    H(PUSH(\list, \adj))
    la a4, top
    sub a4, a4, sp
    CHECK_EQ(a4, abytes)
    CHECK_SAVED 0x100, \n
    CHECK_STACK 0x100, \n
    SET_SAVED 0x200, \n
    H(POP(\list, \adj))
    la a4, top
    sub a4, a4, sp
    CHECK_EQ(a4, 0)
    CHECK_SAVED 0x100, \n
.endm

#ifdef ABSENT
    /* with C and D the encodings are c.fsdsp */
    START
    la sp, top
    li a0, 0x123456789
    fmv.d.x fa0, a0
    fmv.d.x fs0, a0
    H(PUSH(10, 1)) /* c.fsdsp fs1, 8*n(sp) */
    la a4, top
    sub a4, a4, sp
    CHECK_EQ(a4, 0)
#else
    START
    .irp adj, 0, 1, 2, 3
    LIST 4, 1, \adj
    LIST 5, 2, \adj
    LIST 6, 3, \adj
    LIST 7, 4, \adj
    LIST 8, 5, \adj
    LIST 9, 6, \adj
    LIST 10, 7, \adj
    LIST 11, 8, \adj
    LIST 12, 9, \adj
    LIST 13, 10, \adj
    LIST 14, 11, \adj
    LIST 15, 13, \adj
    .endr

    /* lists that are reserved */
    .irp list, 0, 1, 2, 3
    EXPECT_ILLEGAL16(PUSH(\list, 1))
    EXPECT_ILLEGAL16(POP(\list, 2))
    EXPECT_ILLEGAL16(POPRET(\list, 3))
    EXPECT_ILLEGAL16(POPRETZ(\list, 0))
    .endr

    /* returns: bit 0 of the address goes; a0 */
    FILL_STACK
    la sp, top
#ifdef QEMU /* jumps there with bit 0 */
#define ODD 0
#else
#define ODD 1
#endif
    la ra, 1f + ODD
    SET_SAVED 0, 0
    li s0, 0x300
    H(PUSH(5, 2))
    li ra, 0
    li s0, 0
    li a0, 7
    H(POPRET(5, 2))
    FAIL
1:  CHECK_EQ(a0, 7)
    CHECK_EQ(s0, 0x300)
    la a4, top
    sub a4, a4, sp
    CHECK_EQ(a4, 0)
    la a4, 1b + ODD
    CHECK_EQ_REG(ra, a4)
    la ra, 1f
    SET_SAVED 0, 0
    li s11, 0x400
    H(PUSH(15, 0))
    li s11, 0
    li ra, 0
    H(POPRETZ(15, 0))
    FAIL
1:  CHECK_EQ(a0, 0)
    CHECK_EQ(s11, 0x400)
    la a4, top
    sub a4, a4, sp
    CHECK_EQ(a4, 0)

    /* many times in a loop, nested */
    li a5, 200
    la sp, top
    li ra, 0x11
    li s0, 0x22
1:  addi s0, s0, 1
    H(PUSH(5, 0))
    addi s0, s0, 77
    li ra, 0
    H(POP(5, 0))
    addi a5, a5, -1
    bnez a5, 1b
    CHECK_EQ(s0, 0x22 + 200)
    CHECK_EQ(ra, 0x11)

    /* sp need not be aligned */
    la sp, top + 1
    SET_SAVED 0x100, 13
    H(PUSH(15, 0))
    SET_SAVED 0x200, 13
    H(POP(15, 0))
    CHECK_SAVED 0x100, 13

    /*
     * A fault in the middle: eight bytes of the stack may not be accessed by a lower privilege, which MPRV is. Nothing but
     * memory above them has changed; then the instruction runs again.
     */
    FILL_STACK
    la t0, top - 24
    srli t0, t0, 2
    csrw pmpaddr0, t0
    li t0, -1
    csrw pmpaddr1, t0
    li t0, 0x1f18
    csrw pmpcfg0, t0
    SET_SAVED 0x100, 8
    la sp, top
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x20000
    ON_TRAP(1f)
    csrs mstatus, t0
2:  .2byte PUSH(11, 1)
    FAIL
1:  la a4, top - 24 + 8 - XBYTES
    CHECK_TRAP_TVAL_REG(7, 2b, a4)
    la a4, top
    CHECK_EQ_REG(a4, sp)
    CHECK_SAVED 0x100, 8
    LX a0, -XBYTES(sp)
    CHECK_EQ(a0, 0x107)
    LX a0, -16(sp)
    CHECK_EQ(a0, 0x108 - 16 / XBYTES)
    LX a0, -24(sp)
    CHECK_EQ(a0, FILL)
    li t0, 0x1f1f
    csrw pmpcfg0, t0
    H(PUSH(11, 1))
    CHECK_STACK 0x100, 8
    li t0, 0x1f18
    csrw pmpcfg0, t0
    SET_SAVED 0x200, 8
    mv a5, sp
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x20000
    ON_TRAP(1f)
    csrs mstatus, t0
2:  .2byte POP(11, 1)
    FAIL
1:  la a4, top - 24 + 8 - XBYTES
    CHECK_TRAP_TVAL_REG(5, 2b, a4)
    CHECK_EQ_REG(a5, sp)
#ifndef QEMU /* has written those it read, as the manual allows */
    CHECK_SAVED 0x200, 8
#endif
    li t0, 0x1f1f
    csrw pmpcfg0, t0
    H(POP(11, 1))
    CHECK_SAVED 0x100, 8
    la a4, top
    CHECK_EQ_REG(a4, sp)
    /* popretz: a0 and ra stay too */
    la ra, 3f
    H(PUSH(11, 1))
    li t0, 0x1f18
    csrw pmpcfg0, t0
    li a0, 9
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x20000
    ON_TRAP(1f)
    csrs mstatus, t0
2:  .2byte POPRETZ(11, 1)
3:  FAIL
1:  CHECK_EQ(a0, 9)
    la a4, top - 24 + 8 - XBYTES
    CHECK_TRAP_TVAL_REG(5, 2b, a4)
    CHECK_EQ_REG(a5, sp)
    li t0, 0x1f1f
    csrw pmpcfg0, t0

    /* moves: all pairs of s0 to s7 */
    .macro MOVE s, rs, t, rt
    .ifnc \s, \t
    SET_SAVED 0x100, 9
    li a0, 0x11
    li a1, 0x22
    H(MVSA01(\s, \t))
    CHECK_EQ(\rs, 0x11)
    CHECK_EQ(\rt, 0x22)
    CHECK_EQ(a1, 0x22)
    li \rs, 0x33
    li \rt, 0x44
    H(MVA01S(\s, \t))
    mv a4, a0
    CHECK_EQ(a4, 0x33)
    CHECK_EQ(a1, 0x44)
    .else
    EXPECT_ILLEGAL16(MVSA01(\s, \t))
    li \rs, 0x55
    H(MVA01S(\s, \t))
    mv a4, a0
    CHECK_EQ(a4, 0x55)
    CHECK_EQ(a1, 0x55)
    .endif
    .endm
    .macro MOVES s, rs
    MOVE \s, \rs, 0, s0
    MOVE \s, \rs, 1, s1
    MOVE \s, \rs, 2, s2
    MOVE \s, \rs, 3, s3
    MOVE \s, \rs, 4, s4
    MOVE \s, \rs, 5, s5
    MOVE \s, \rs, 6, s6
    MOVE \s, \rs, 7, s7
    .endm
    MOVES 0, s0
    MOVES 1, s1
    MOVES 2, s2
    MOVES 3, s3
    MOVES 4, s4
    MOVES 5, s5
    MOVES 6, s6
    MOVES 7, s7
#endif
    PASS
