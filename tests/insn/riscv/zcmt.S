//: rv64 -cpu rv64,d=off,zcmt=on -DNO_STATEEN
//: rv32 -cpu rv32,d=off,zcmt=on -DNO_STATEEN
//: rv64 -cpu rv64,d=off,zcmt=on,smstateen=on noqemu
//: rv32 -cpu rv32,d=off,zcmt=on,smstateen=on noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/* Zcmt, which the assembler does not know: cm.jt, cm.jalt, jvt, faults of the table's fetch, mstateen0.JVT. */
#include "macros.h"
#define H(v) .2byte v; .2byte 1 /* c.nop */
#define JT(index) (0xa002 | (index) << 2)
#define JVT 0x017
#define STATEEN_JVT 4

    .data
    .balign 4096
table:
    .rept 33
    XWORD 0
    .endr
    .skip XBYTES * (255 - 33)
last: XWORD 0
    .balign 4096
    .text

.macro SET_ENTRY index, label
    la t0, \label
    la t1, table
    li t2, \index * XBYTES
    add t1, t1, t2
    SX t0, 0(t1)
.endm

    START
    /* any value can be written; base and mode */
    li a0, -1
    csrw JVT, a0
    csrr a1, JVT
    CHECK_EQ(a1, -1)
    csrw JVT, x0
    csrr a1, JVT
    CHECK_EQ(a1, 0)

    la a0, table
    csrw JVT, a0
    SET_ENTRY 0, 1f
    li ra, 5
    H(JT(0))
    FAIL
1:  CHECK_EQ(ra, 5)
    SET_ENTRY 31, 1f + 1 /* bit 0 does not count */
    H(JT(31))
    FAIL
1:  CHECK_EQ(ra, 5)
    SET_ENTRY 32, 1f
2:  .2byte JT(32)
    FAIL
1:  la a1, 2b + 2
    CHECK_EQ_REG(ra, a1)
    SET_ENTRY 255, 1f
2:  .2byte JT(255)
    FAIL
1:  la a1, 2b + 2
    CHECK_EQ_REG(ra, a1)
    /* a changed table is seen, also in a loop; back, too */
    li a2, 100
    li a3, 0
3:  SET_ENTRY 7, 1f
    H(JT(7))
    FAIL
1:  addi a3, a3, 1
    SET_ENTRY 7, 2f
    j 4f
    FAIL
2:  addi a3, a3, 1
    addi a2, a2, -1
    bnez a2, 3b
    CHECK_EQ(a3, 200)
    j 5f
4:  H(JT(7))
    FAIL
5:
    /* other modes are reserved */
#ifndef QEMU /* leaves mtval 0 */
    la a0, table + 1
    csrw JVT, a0
    EXPECT_ILLEGAL16(JT(0))
    la a0, table + 0x20
    csrw JVT, a0
    EXPECT_ILLEGAL16(JT(40))
#endif
    la a0, table
    csrw JVT, a0

    /* the table is read as code: U mode must be allowed to execute it, reading is not needed */
    la t0, table
    srli t0, t0, 2
    ori t0, t0, 0x1ff
    csrw pmpaddr0, t0
    li t0, -1
    csrw pmpaddr1, t0
    li t0, 0x1f1c /* X; all else */
    csrw pmpcfg0, t0
    li t0, STATEEN_JVT
#ifndef NO_STATEEN
    csrw 0x30c, t0
    csrw 0x10c, t0
#endif
    SET_ENTRY 3, 2f
    li ra, 5
    ON_TRAP(3f)
    ENTER(PRV_U, 1f)
1:  H(JT(3))
    ecall
2:  li a1, 77
    ecall
3:  CHECK_EQ(a1, 77)
    li t0, 0x1f1b /* R and W alone */
    csrw pmpcfg0, t0
    ON_TRAP(3f)
    ENTER(PRV_U, 4f)
4:  .2byte JT(33)
    FAIL
3:  la a4, table + 33 * XBYTES
    CHECK_TRAP_TVAL_REG(1, 4b, a4)
    CHECK_EQ(ra, 5)
    /* MPRV is for data: M mode may */
    SET_ENTRY 33, 1f
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x20000
    csrs mstatus, t0
    H(JT(33))
    FAIL
1:  li t0, 0x20000
    csrc mstatus, t0

#ifdef NO_STATEEN
    /* jvt is U mode's */
    ON_TRAP(3f)
    ENTER(PRV_U, 1f)
1:  csrr a1, JVT
    csrw JVT, x0
    ecall
3:  la a4, table
    CHECK_EQ_REG(a1, a4)
#else
    /* sstateen0 has the bit, where mstateen0 has it */
    csrr a1, 0x10c
    CHECK_EQ(a1, STATEEN_JVT)
    csrw 0x30c, x0
    csrr a1, 0x10c
    CHECK_EQ(a1, 0)
    /* S and U: off */
    ON_TRAP(3f)
    ENTER(PRV_S, 4f)
4:  csrr a1, JVT
    FAIL
3:  CHECK_TRAP(2, 4b, 0x017025f3)
    ON_TRAP(3f)
    ENTER(PRV_S, 4f)
4:  .2byte JT(3)
    FAIL
3:  CHECK_TRAP(2, 4b, JT(3))
    ON_TRAP(3f)
    ENTER(PRV_U, 4f)
4:  .2byte JT(3)
    FAIL
3:  CHECK_TRAP(2, 4b, JT(3))
    /* S alone */
    li t0, STATEEN_JVT
    csrw 0x30c, t0
    csrr a1, 0x10c
    CHECK_EQ(a1, STATEEN_JVT)
    csrw 0x10c, x0
    li t0, 0x1f1f
    csrw pmpcfg0, t0
    SET_ENTRY 3, 2f
    ON_TRAP(3f)
    ENTER(PRV_S, 4f)
4:  csrr a1, JVT
    H(JT(3))
    FAIL
2:  ecall
3:  la a4, table
    CHECK_EQ_REG(a1, a4)
    ON_TRAP(3f)
    ENTER(PRV_U, 4f)
4:  .2byte JT(3)
    FAIL
3:  CHECK_TRAP(2, 4b, JT(3))
    ON_TRAP(3f)
    ENTER(PRV_U, 4f)
4:  csrw JVT, a1
    FAIL
3:  CHECK_TRAP(2, 4b, 0x01759073)
    /* M without either */
    csrw 0x30c, x0
    SET_ENTRY 3, 2f
    H(JT(3))
    FAIL
2:
#endif
    /* what is left is the same in every mode */
    li a1, 0
    PASS
