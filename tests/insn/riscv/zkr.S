//: rv64 -cpu max
//: rv32 -cpu max32
//: rv64 -cpu rv64,zkr=on -DNO_SMEPMP=1
/* SPDX-License-Identifier: BSD-2-Clause */
/* Zkr: seed, which instructions may write it and which modes. What is read is random: only its state is looked at. */
#include "macros.h"
#define SEED 0x015
#define MSECCFG 0x747
#define USEED 0x100
#define SSEED 0x200
#define OPST_ES16 2
#ifdef QEMU /* sign-extends it on RV64 */
#define CHECK_SEED(reg) slli reg, reg, XLEN - 32; srli reg, reg, XLEN - 2; CHECK_EQ(reg, OPST_ES16)
#else
#define CHECK_SEED(reg) srli reg, reg, 30; CHECK_EQ(reg, OPST_ES16)
#endif
    START
    csrrw a1, SEED, x0
    CHECK_SEED(a1)
    csrrwi a1, SEED, 7
    CHECK_SEED(a1)
    csrrw x0, SEED, x0
    li a2, -1
    csrrs a1, SEED, a2
    CHECK_SEED(a1)
    csrrc a1, SEED, a2
    CHECK_SEED(a1)
    csrrsi a1, SEED, 1
    CHECK_SEED(a1)
    csrrci a1, SEED, 1
    CHECK_SEED(a1)
    /* reserved bits are zero */
    csrrw a1, SEED, x0
    li a2, 0x3f000000
    and a1, a1, a2
    CHECK_EQ(a1, 0)
    /* some of 64 reads differ */
    csrrw a1, SEED, x0
    li a3, 64
    li a4, 0
1:  csrrw a2, SEED, x0
    xor a2, a2, a1
    or a4, a4, a2
    addi a3, a3, -1
    bnez a3, 1b
    snez a4, a4
    CHECK_EQ(a4, 1)
    /* instructions that only read it are illegal */
    EXPECT_ILLEGAL(0x015025f3) /* csrrs a1, seed, x0 */
    EXPECT_ILLEGAL(0x015035f3) /* csrrc a1, seed, x0 */
    EXPECT_ILLEGAL(0x015065f3) /* csrrsi a1, seed, 0 */
    EXPECT_ILLEGAL(0x015075f3) /* csrrci a1, seed, 0 */
    li a1, 0
    li a2, 0

    /* mseccfg has the two bits, and says who else may */
    csrr a1, MSECCFG
    CHECK_EQ(a1, 0)
    li a1, -1
#if defined(NO_SMEPMP) && !defined(QEMU) /* keeps reserved bits */
    csrw MSECCFG, a1
#else
    li a1, USEED | SSEED
    csrw MSECCFG, a1
#endif
    csrr a1, MSECCFG
    CHECK_EQ(a1, USEED | SSEED)
#if XLEN == 32 && !defined(QEMU)
    csrr a1, 0x757 /* mseccfgh */
    CHECK_EQ(a1, 0)
#endif
    li a1, -1 /* all memory for all */
    csrw pmpaddr0, a1
    li a1, 0x1f
    csrw pmpcfg0, a1

    ON_TRAP(2f)
    ENTER(PRV_S, 1f)
1:  csrrw a1, SEED, x0
    ecall
2:  CHECK_SEED(a1)
    ON_TRAP(2f)
    ENTER(PRV_U, 1f)
1:  csrrw a1, SEED, x0
    ecall
2:  CHECK_SEED(a1)

    li a1, USEED
    csrw MSECCFG, a1
    ON_TRAP(2f)
    ENTER(PRV_S, 3f)
3:  csrrw a1, SEED, x0
    FAIL
2:  CHECK_TRAP(2, 3b, 0x015015f3)
    ON_TRAP(2f)
    ENTER(PRV_U, 1f)
1:  csrrw a1, SEED, x0
    ecall
2:  CHECK_SEED(a1)

    li a1, SSEED
    csrw MSECCFG, a1
    ON_TRAP(2f)
    ENTER(PRV_U, 3f)
3:  csrrw a1, SEED, x0
    FAIL
2:  CHECK_TRAP(2, 3b, 0x015015f3)
    ON_TRAP(2f)
    ENTER(PRV_S, 1f)
1:  csrrw a1, SEED, x0
    ecall
2:  CHECK_SEED(a1)
    li a1, 0
    li a4, 0
    PASS
