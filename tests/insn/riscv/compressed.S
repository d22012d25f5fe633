//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu rv64i,c=on,zicsr=on,d=on
//: rv32 -cpu rv32i,c=on,zicsr=on,d=on
/* SPDX-License-Identifier: BSD-2-Clause */
/* C (Zca, Zcd, Zcf): every instruction, with its least and greatest immediates. */
#include "macros.h"
#define RVC(...) .option rvc; __VA_ARGS__; .option norvc
    .data
    .balign 16
doubles: .double 1.5, -2.25, 3.0
    .bss
    .balign 4096
    .skip 1024
area: .skip 1024

    START
    .balign 4
    /* constants */
    RVC(c.li a0, -32; c.nop)
    CHECK_EQ(a0, -32)
    RVC(c.li t6, 31; c.nop; c.mv a0, t6; c.nop)
    CHECK_EQ(a0, 31)
    RVC(c.lui a1, 1; c.lui t3, 31)
    CHECK_EQ(a1, 0x1000)
    CHECK_EQ(t3, 0x1f000)
    RVC(c.lui a1, 0xfffe0; c.lui s4, 0xfffff)
    CHECK_EQ(a1, -0x20000)
    CHECK_EQ(s4, -0x1000)
    RVC(c.addi a1, 31; c.addi s4, -32)
    CHECK_EQ(a1, -0x20000 + 31)
    CHECK_EQ(s4, -0x1000 - 32)
    mv s2, sp
    RVC(c.addi16sp sp, 496; c.nop)
    addi a0, s2, 496
    CHECK_EQ_REG(sp, a0)
    RVC(c.addi16sp sp, -512; c.nop)
    addi a0, s2, -16
    CHECK_EQ_REG(sp, a0)
    mv sp, s2
    RVC(c.addi4spn a0, sp, 4; c.addi4spn s1, sp, 1020)
    addi a1, sp, 4
    CHECK_EQ_REG(a0, a1)
    addi a1, sp, 1020
    CHECK_EQ_REG(s1, a1)
    RVC(c.addi4spn a5, sp, 8; c.addi4spn s0, sp, 64)
    addi a1, sp, 8
    CHECK_EQ_REG(a5, a1)
    addi a1, sp, 64
    CHECK_EQ_REG(s0, a1)
    /* register with register */
    li a0, 0x0ff0
    li a1, 0x00ff
    mv a2, a0
    RVC(c.and a2, a1; c.nop)
    CHECK_EQ(a2, 0xf0)
    mv a2, a0
    RVC(c.or a2, a1; c.nop)
    CHECK_EQ(a2, 0xfff)
    mv a2, a0
    RVC(c.xor a2, a1; c.nop)
    CHECK_EQ(a2, 0xf0f)
    mv s1, a1
    RVC(c.sub s1, a0; c.nop)
    CHECK_EQ(s1, 0xff - 0xff0)
    RVC(c.sub s1, s1; c.nop)
    CHECK_EQ(s1, 0)
    RVC(c.mv t5, a0; c.add t5, a1)
    CHECK_EQ(t5, 0xff0 + 0xff)
    RVC(c.mv a3, t5; c.add a3, t5)
    CHECK_EQ(a3, 2 * (0xff0 + 0xff))
    RVC(c.andi a3, -32; c.andi a0, 31)
    CHECK_EQ(a3, (2 * (0xff0 + 0xff)) & -32)
    CHECK_EQ(a0, 0x10)
    /* shifts */
    li a0, -0x7654
    RVC(c.slli a0, 1; c.nop)
    CHECK_EQ(a0, -0x7654 * 2)
    RVC(c.srai a0, 5; c.nop)
    CHECK_EQ(a0, -1894)
    li t4, 1
    RVC(c.slli t4, XLEN - 1; c.mv a5, t4)
    li a0, -1
    srli a0, a0, 1
    not a0, a0
    CHECK_EQ_REG(t4, a0)
    RVC(c.srli a5, XLEN - 1; c.nop)
    CHECK_EQ(a5, 1)
    mv s0, t4
    RVC(c.srai s0, XLEN - 1; c.nop)
    CHECK_EQ(s0, -1)
#if XLEN == 64
    li a0, 0x7fffffff
    RVC(c.addiw a0, 1; c.nop)
    CHECK_EQ(a0, 0xffffffff80000000)
    li t5, 0x100000005
    RVC(c.addiw t5, 0; c.nop)
    CHECK_EQ(t5, 5)
    li s3, -1
    RVC(c.addiw s3, -32; c.addiw s3, 31)
    CHECK_EQ(s3, -2)
    li a0, 0x123456789
    li a1, 0x87654321
    RVC(c.addw a0, a1; c.nop)
    CHECK_EQ(a0, 0xffffffffaaaaaaaa)
    li a2, 0x100000001
    RVC(c.subw a2, a1; c.nop)
    CHECK_EQ(a2, 0x789abce0)
#endif
    /* loads and stores */
    la s0, area
    li a0, 0x89abcdef
    RVC(c.sw a0, 0(s0); c.sw a0, 124(s0))
    RVC(c.lw a1, 124(s0); c.lw a5, 0(s0))
    lw a2, 124(s0)
    CHECK_EQ_REG(a1, a2)
    CHECK_EQ_REG(a5, a2)
    RVC(c.sw s0, 64(s0); c.nop)
    lw a2, 64(s0)
    sub a2, a2, s0
    slli a2, a2, XLEN - 32
    CHECK_EQ(a2, 0)
    mv s2, sp
    la sp, area
    li t3, 0x12345678
    RVC(c.swsp t3, 0(sp); c.swsp t3, 252(sp))
    RVC(c.lwsp t4, 252(sp); c.lwsp ra, 0(sp))
    CHECK_EQ(t4, 0x12345678)
    CHECK_EQ(ra, 0x12345678)
    lw a0, 252(s0)
    CHECK_EQ(a0, 0x12345678)
#if XLEN == 64
    li a0, 0x8123456789abcdef
    RVC(c.sd a0, 0(s0); c.sd a0, 248(s0))
    RVC(c.ld a3, 248(s0); c.nop)
    CHECK_EQ_REG(a3, a0)
    ld a1, 0(s0)
    CHECK_EQ_REG(a1, a0)
    addi a0, a0, 1
    RVC(c.sdsp a0, 504(sp); c.sdsp a0, 8(sp))
    RVC(c.ldsp t6, 504(sp); c.ldsp s5, 8(sp))
    CHECK_EQ_REG(s5, a0)
    ld a1, 504(s0)
    CHECK_EQ_REG(a1, a0)
#endif
    /* doubles, and singles on RV32 */
    la a1, doubles
    RVC(c.fld fa0, 0(a1); c.fld fs1, 16(a1))
    RVC(c.fsd fs1, 0(s0); c.fsd fa0, 248(s0))
    RVC(c.fldsp ft9, 248(sp); c.fldsp fa5, 0(sp))
    RVC(c.fsdsp ft9, 504(sp); c.fsdsp fa5, 16(sp))
    fld ft0, 504(s0)
    fld ft1, 16(s0)
    fld ft2, 0(a1)
    fld ft3, 16(a1)
    feq.d a0, ft0, ft2
    CHECK_EQ(a0, 1)
    feq.d a0, ft1, ft3
    CHECK_EQ(a0, 1)
#if XLEN == 32
    li a0, 0x40490fdb
    sw a0, 124(s0)
    RVC(c.flw fa3, 124(s0); c.fsw fa3, 0(s0))
    lw a2, 0(s0)
    CHECK_EQ_REG(a2, a0)
    RVC(c.flwsp ft10, 0(sp); c.fswsp ft10, 252(sp))
    lw a2, 252(s0)
    CHECK_EQ_REG(a2, a0)
    fsd ft10, 8(s0)
    lw a2, 12(s0)
    CHECK_EQ(a2, -1)
#endif
    mv sp, s2
    /* jumps and branches */
    li a0, 0
    li a1, 1
    RVC(c.beqz a0, 1f; c.nop)
    FAIL
1:  RVC(c.bnez a0, 2f; c.bnez a1, 1f)
2:  FAIL
1:  RVC(c.beqz a1, 2b; c.j 1f)
    FAIL
3:  j 4f
1:  li s1, 3
1:  RVC(c.addi s1, -1; c.bnez s1, 1b)
    CHECK_EQ(s1, 0)
    RVC(c.j 3b; c.nop)
4:  la t3, 5f
    .option rvc
    c.jr t3
    .option norvc
    FAIL
    .option rvc
    c.nop
5:  la t4, 6f
    c.jalr t4
7:  c.nop
    .option norvc
    FAIL
6:  la a0, 7b
    CHECK_EQ_REG(ra, a0)
    la ra, 6f
    .option rvc
    c.jalr ra /* link register as target */
7:  c.nop
    .option norvc
    FAIL
6:  la a0, 7b
    CHECK_EQ_REG(ra, a0)
#if XLEN == 32
    .option rvc
    c.jal 6f
7:  c.nop
    .option norvc
    FAIL
6:  la a0, 7b
    CHECK_EQ_REG(ra, a0)
#endif
    ON_TRAP(1f)
    .option rvc
2:  c.ebreak
    c.nop
    .option norvc
    FAIL
1:  la s11, trap_area
    LX a0, TRAP_CAUSE(s11)
    CHECK_EQ(a0, 3)
    LX a0, TRAP_EPC(s11)
    la a1, 2b
    CHECK_EQ_REG(a0, a1)
    /* hints change nothing */
    li a0, 7
    .option rvc
    .2byte 0x0001 | 5 << 2 /* c.nop 5 */
    .2byte 0x4001 | 9 << 2 /* c.li x0, 9 */
    .2byte 0x6001 | 9 << 2 /* c.lui x0, 9 */
    .2byte 0x8002 | 10 << 2 /* c.mv x0, a0 */
    .2byte 0x9002 | 10 << 2 /* c.add x0, a0 */
    .2byte 0x0002 | 3 << 2 /* c.slli x0, 3 */
    .2byte 0x0502 /* c.slli a0, 0 */
    .2byte 0x8101 /* c.srli a0, 0 */
    .2byte 0x0501 /* c.addi a0, 0 */
    .option norvc
    CHECK_EQ(a0, 7)
    CHECK_EQ(x0, 0)
    /* a 32-bit instruction at an odd half, across a page */
    la s2, odd
    jalr s2
    CHECK_EQ(a0, 0x123)
    PASS
    .balign 4096
    .skip 4096 - 2
odd:
    .option rvc
    addi a0, x0, 0x123
    c.jr ra
