//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu rv64
//: rv32 -cpu rv32
/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicsr: forms that read, write, both or neither; CSRs that are not there; fcsr and its parts; mstatus.FS. */
#include "macros.h"
    START
    /* csrrw, csrrs, csrrc */
    li a1, 0x0f0f
    csrw sscratch, a1
    li a2, 0x00ff
    csrrw a0, sscratch, a2
    CHECK_EQ(a0, 0x0f0f)
    li a2, 0x0f00
    csrrs t3, sscratch, a2
    CHECK_EQ(t3, 0x00ff)
    li t4, 0x00f0
    csrrc t3, sscratch, t4
    CHECK_EQ(t3, 0x0fff)
    csrr a0, sscratch
    CHECK_EQ(a0, 0x0f0f)
    /* rd is rs1 */
    li a0, 0x55
    csrrw a0, sscratch, a0
    CHECK_EQ(a0, 0x0f0f)
    li a0, 0xaa
    csrrs a0, sscratch, a0
    CHECK_EQ(a0, 0x55)
    li a0, 0x0f
    csrrc a0, sscratch, a0
    CHECK_EQ(a0, 0xff)
    csrr a0, sscratch
    CHECK_EQ(a0, 0xf0)
    /* rd x0, rs1 x0 */
    csrrw x0, sscratch, a1
    csrrw a0, sscratch, x0
    CHECK_EQ(a0, 0x0f0f)
    csrr a0, sscratch
    CHECK_EQ(a0, 0)
    /* immediates: five bits, zero-extended */
    csrrwi a0, sscratch, 31
    CHECK_EQ(a0, 0)
    csrrsi a0, sscratch, 0
    CHECK_EQ(a0, 31)
    csrrci a0, sscratch, 5
    CHECK_EQ(a0, 31)
    csrrsi a0, sscratch, 1
    CHECK_EQ(a0, 26)
    csrrwi x0, sscratch, 0
    csrr a0, sscratch
    CHECK_EQ(a0, 0)
    li a1, -1
    csrw sscratch, a1
    csrrci a0, sscratch, 31
    csrr a0, sscratch
    CHECK_EQ(a0, -32)

    /* Read-only CSRs: reading forms are fine, writing ones illegal even where nothing would change. */
    csrr a0, mhartid
    CHECK_EQ(a0, 0)
    csrrs a0, 0xf14, x0
    csrrci a0, 0xf14, 0
    li a1, 0
    li a0, 5
    EXPECT_ILLEGAL(0xf1459573) /* csrrw a0, mhartid, a1 */
    EXPECT_ILLEGAL(0xf145a573) /* csrrs a0, mhartid, a1: a1 is 0 */
    EXPECT_ILLEGAL(0xf1405073) /* csrrwi x0, mhartid, 0 */
    EXPECT_ILLEGAL(0xf140e573) /* csrrsi a0, mhartid, 1 */
    EXPECT_ILLEGAL(0xf14015f3) /* csrrw a1, mhartid, x0 */
    /* CSRs that no hart of ours has */
    EXPECT_ILLEGAL(0x00002573) /* csrrs a0, 0x000, x0: ustatus */
    EXPECT_ILLEGAL(0x7ff02573) /* csrr a0, 0x7ff */
    EXPECT_ILLEGAL(0xfff02573) /* csrr a0, 0xfff */
    EXPECT_ILLEGAL(0x00001073) /* csrw 0x000, x0 */

    /* fflags, frm, fcsr are views of one register. */
    li a1, -1
    csrw fcsr, a1
    csrr a0, fcsr
    CHECK_EQ(a0, 0xff)
    csrr a0, fflags
    CHECK_EQ(a0, 0x1f)
    csrr a0, frm
    CHECK_EQ(a0, 7)
    csrrwi a0, frm, 2
    CHECK_EQ(a0, 7)
    csrr a0, fcsr
    CHECK_EQ(a0, 0x5f)
    csrrci a0, fflags, 0x11
    CHECK_EQ(a0, 0x1f)
    csrrsi a0, fcsr, 1
    CHECK_EQ(a0, 0x4e)
    li a1, 0xffffff25
    csrrw a0, fflags, a1
    CHECK_EQ(a0, 0x0f)
    csrr a0, fcsr
    CHECK_EQ(a0, 0x45)
    csrrw a0, frm, x0
    CHECK_EQ(a0, 2)
    fsflags x0
    frcsr a0
    CHECK_EQ(a0, 0)
    /* flags of an instruction are seen by the read that follows, and are cleared where they were */
    li a1, 1
    fcvt.s.w fa1, a1
    fcvt.s.w fa2, x0
    fdiv.s fa0, fa1, fa2
    frflags a0
    CHECK_EQ(a0, 8)
    fsflags a0, x0
    CHECK_EQ(a0, 8)
    frflags a0
    CHECK_EQ(a0, 0)
    fdiv.s fa0, fa2, fa2
    csrrci a0, fflags, 16
    CHECK_EQ(a0, 16)
    frflags a0
    CHECK_EQ(a0, 0)
    /* sticky over instructions that raise none */
    li a3, 3
    fcvt.s.w fa3, a3
    fdiv.s fa0, fa1, fa3
    fadd.s fa0, fa1, fa1
    frflags a0
    CHECK_EQ(a0, 1)
    fsflags x0

    /* mstatus.FS: off makes FP illegal; a write makes it dirty, with SD */
    li s2, 0x6000
    li s3, 0x2000
    csrc mstatus, s2
    li a2, 0
    EXPECT_ILLEGAL(0x003022f3) /* frcsr t0 */
    EXPECT_ILLEGAL(0x00305073) /* csrwi fcsr, 0 */
    EXPECT_ILLEGAL(0x00b57553) /* fadd.s fa0, fa0, fa1 */
    EXPECT_ILLEGAL(0x00012507) /* flw fa0, 0(sp) */
    EXPECT_ILLEGAL(0x00a13027) /* fsd fa0, 0(sp) */
    EXPECT_ILLEGAL(0xe0050553) /* fmv.x.w a0, fa0 */
    EXPECT_ILLEGAL(0xa0b52553) /* feq.s a0, fa0, fa1 */
    EXPECT_ILLEGAL(0x22b50553) /* fsgnj.d fa0, fa0, fa1 */
    EXPECT_ILLEGAL(0x6ab57543) /* fmadd.d fa0, fa0, fa1, fa3 */
    EXPECT_ILLEGAL(0xd2050553) /* fcvt.d.w fa0, a0 */
    EXPECT_ILLEGAL(0xe2051553) /* fclass.d a0, fa0 */
    EXPECT_ILLEGAL(0xf0180553) /* fli.s fa0, 1.0 */
    EXPECT_ILLEGAL16(0x2188) /* c.fld fa0, 0(a1) */
    EXPECT_ILLEGAL16(0xa188) /* c.fsd fa0, 0(a1) */
    EXPECT_ILLEGAL16(0x2502) /* c.fldsp fa0, 0(sp) */
    EXPECT_ILLEGAL16(0xa02a) /* c.fsdsp fa0, 0(sp) */
#if XLEN == 32
    EXPECT_ILLEGAL16(0x6188) /* c.flw fa0, 0(a1) */
    EXPECT_ILLEGAL16(0xe02a) /* c.fswsp fa0, 0(sp) */
#endif
    csrs mstatus, s3
    csrr a0, mstatus
    and a0, a0, s2
    CHECK_EQ(a0, 0x2000)
    fmv.x.w a0, fa0 /* reads only */
    fsw fa0, -8(sp)
    frcsr a0
    csrr a0, mstatus
    and t3, a0, s2
    CHECK_EQ(t3, 0x2000)
    bgez a0, 1f
    FAIL
1:  flw fa0, -8(sp)
    csrr a0, mstatus
    and t3, a0, s2
    CHECK_EQ(t3, 0x6000)
    bltz a0, 1f
    FAIL
1:  csrc mstatus, s2
    csrs mstatus, s3
    csrwi fflags, 0
    csrr a0, mstatus
    and t3, a0, s2
    CHECK_EQ(t3, 0x6000)
    csrc mstatus, s2
    li s4, 0x4000 /* Clean */
    csrs mstatus, s4
    fadd.s fa0, fa1, fa2
    csrr a0, mstatus
    and t3, a0, s2
    CHECK_EQ(t3, 0x6000)
    csrc mstatus, s2
    csrs mstatus, s4
    fdiv.s fa0, fa1, fa2 /* flags alone */
    csrr a0, mstatus
    and t3, a0, s2
    CHECK_EQ(t3, 0x6000)

    /* Rounding modes 5 and 6 are no instructions; 7 takes frm, where 5, 6 and 7 make it none. */
    EXPECT_ILLEGAL(0x00b55553) /* fadd.s fa0, fa0, fa1, 5 */
    EXPECT_ILLEGAL(0x02b56553) /* fadd.d fa0, fa0, fa1, 6 */
    EXPECT_ILLEGAL(0xc0056553) /* fcvt.w.s a0, fa0, 6 */
    EXPECT_ILLEGAL(0x68b5d543) /* fmadd.s fa0, fa1, fa1, fa3, 5 */
    li s2, 5
1:  csrw frm, s2
    EXPECT_ILLEGAL(0x00b57553) /* fadd.s fa0, fa0, fa1 */
    EXPECT_ILLEGAL(0x5805f553) /* fsqrt.s fa0, fa1 */
    EXPECT_ILLEGAL(0xc205f553) /* fcvt.w.d a0, fa1 */
    EXPECT_ILLEGAL(0x4015f553) /* fcvt.s.d fa0, fa1 */
    fadd.s fa0, fa1, fa1, rne /* not asked */
    fmin.s fa0, fa1, fa1
    feq.s a0, fa1, fa1
    fsgnj.d fa0, fa1, fa1
    addi s2, s2, 1
    li t0, 8
    bne s2, t0, 1b
    csrwi frm, 0
    PASS
