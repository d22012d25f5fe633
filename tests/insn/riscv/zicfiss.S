//: rv64 -cpu max -DSV=39
//: rv64 -cpu max -DSV=57
//: rv32 -cpu max32 -DSV=32 noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zicfiss, which the assembler does not know: its instructions, on and off; shadow stack pages, and who gets what fault.
 * QEMU 10.0 has menvcfg.SSE on RV64 alone.
 */
#include "macros.h"
#include "paging.h"
#define SSP 0x011
#define MENVCFG 0x30a
#define SENVCFG 0x10a
#define SSE 8
#define SSPUSH_X1 .4byte 0xce104073
#define SSPUSH_X5 .4byte 0xce504073
#define SSPOPCHK_X1 .4byte 0xcdc0c073
#define SSPOPCHK_X5 .4byte 0xcdc2c073
#define SSRDP_A1 .4byte 0xcdc045f3
#define C_SSPUSH_X1 .2byte 0x6081; .2byte 1
#define C_SSPOPCHK_X5 .2byte 0x6281; .2byte 1
/* rd a1, rs2 a2, rs1 s2 */
#define SSAMOSWAP_W .4byte 0x48c925af
#define SSAMOSWAP_D .4byte 0x48c935af
#define PTE_SS (PTE_V | PTE_W | PTE_A | PTE_D)
#define CHECK 18
#define STACK (TEST_VA + 0x800)

    .bss
    .balign 4096
page: .skip 4096
    .text

.macro PUT_SSP value
    li t0, \value
    csrw SSP, t0
.endm

    START
    PAGING_ON
    /* M: off always */
    li ra, 7
    SSPUSH_X1
    SSPOPCHK_X1
    C_SSPUSH_X1
    C_SSPOPCHK_X5
    li a1, 9
    SSRDP_A1
    CHECK_EQ(a1, 0)
    /* the registers: ssp is M's to have; senvcfg.SSE is there with menvcfg.SSE */
    csrr a1, SSP
    CHECK_EQ(a1, 0)
    PUT_SSP STACK
    csrr a1, SSP
    CHECK_EQ(a1, STACK)
    li a0, SSE
#ifndef QEMU
    csrs SENVCFG, a0
    csrr a1, SENVCFG
    and a1, a1, a0
    CHECK_EQ(a1, 0)
    csrc SENVCFG, a0
#endif

    /* off in S and U: may-be-operations, no CSR, no swap, and pages of the kind are reserved */
    MAP 0, page, PTE_SS
    RUN_OK(PRV_S, SSPUSH_X1; SSPOPCHK_X5; C_SSPUSH_X1; C_SSPOPCHK_X5; li a1, 9; SSRDP_A1;)
    CHECK_EQ(a1, 0)
    li a4, 0x011025f3
    RUN_FAULT(PRV_S, 2, a4, .4byte 0x011025f3 /* csrr a1, ssp */)
    RUN_FAULT(PRV_U, 2, a4, .4byte 0x011025f3)
    li a4, 0x48c925af
    RUN_FAULT(PRV_S, 2, a4, SSAMOSWAP_W)
    RUN_FAULT(PRV_U, 2, a4, SSAMOSWAP_W)
    li s2, TEST_VA
    RUN_FAULT(PRV_S, 13, s2, lw a1, 0(s2))
    RUN_FAULT(PRV_S, 15, s2, sw a1, 0(s2))
    csrr a1, SSP
    CHECK_EQ(a1, STACK)

    /* on in S */
    li a0, SSE
    csrs MENVCFG, a0
    csrr a1, MENVCFG
    and a1, a1, a0
    CHECK_EQ(a1, SSE)
    la s3, page
    li ra, 0x11223344
    li t0, 0x55667788
    RUN_OK(PRV_S, SSPUSH_X1; SSPUSH_X5; C_SSPUSH_X1; SSRDP_A1;)
    CHECK_EQ(a1, STACK - 3 * XBYTES)
    csrr a1, SSP
    CHECK_EQ(a1, STACK - 3 * XBYTES)
    LX a1, 0x800 - XBYTES(s3)
    CHECK_EQ(a1, 0x11223344)
    LX a1, 0x800 - 2 * XBYTES(s3)
    CHECK_EQ(a1, 0x55667788)
    LX a1, 0x800 - 3 * XBYTES(s3)
    CHECK_EQ(a1, 0x11223344)
    RUN_OK(PRV_S, SSPOPCHK_X1; C_SSPOPCHK_X5; SSPOPCHK_X1; csrr a1, SSP;)
    CHECK_EQ(a1, STACK)
    /* what is popped is another: ssp stays */
    PUT_SSP STACK - XBYTES
    li t0, 0x11223345
    li a4, 3
    RUN_FAULT(PRV_S, CHECK, a4, SSPOPCHK_X5)
    csrr a1, SSP
    CHECK_EQ(a1, STACK - XBYTES)
    RUN_OK(PRV_S, SSPOPCHK_X1;)
#ifndef QEMU
    /* ssp that is not aligned */
    PUT_SSP STACK + 2
    li a4, STACK + 2 - XBYTES
    RUN_FAULT(PRV_S, 7, a4, SSPUSH_X1)
    li a4, STACK + 2
    RUN_FAULT(PRV_S, 7, a4, SSPOPCHK_X1)
#endif

    /* swaps */
    li s2, STACK - XBYTES
    li a2, 0x77665544
    RUN_OK(PRV_S, SSAMOSWAP_W;)
    CHECK_EQ(a1, 0x11223344)
    lw a1, 0x800 - XBYTES(s3)
    CHECK_EQ(a1, 0x77665544)
#if XLEN == 64
    li a2, 0x8899aabbccddeeff
    RUN_OK(PRV_S, SSAMOSWAP_D;)
    CHECK_EQ(a1, 0x77665544)
    ld a1, 0x800 - XBYTES(s3)
    CHECK_EQ(a1, 0x8899aabbccddeeff)
    RUN_OK(PRV_S, SSAMOSWAP_W;)
    CHECK_EQ(a1, 0xffffffffccddeeff)
#endif

    /* others may read the page, not write or execute it */
    RUN_OK(PRV_S, lw a1, 0(s2);)
    RUN_FAULT(PRV_S, 7, s2, sw a1, 0(s2))
    RUN_FAULT(PRV_S, 7, s2, amoadd.w a1, a1, (s2))
    /* the stack's instructions may go to no other page: an access fault; a page fault where it can't be written */
    PUT_SSP STACK
    li a4, STACK
#ifndef QEMU /* lets them go to any page */
    MAP 0, page, PTE_RW
    sfence.vma
    RUN_FAULT(PRV_S, 7, s2, SSPUSH_X1)
    csrr a1, SSP
    CHECK_EQ(a1, STACK)
    RUN_FAULT(PRV_S, 7, a4, SSPOPCHK_X1)
    RUN_FAULT(PRV_S, 7, s2, SSAMOSWAP_W)
#endif
    MAP 0, page, (PTE_RWX & ~PTE_W)
    sfence.vma
    RUN_FAULT(PRV_S, 15, s2, SSPUSH_X1)
#ifndef QEMU
    RUN_FAULT(PRV_S, 15, a4, SSPOPCHK_X1)
#endif
    MAP 0, page, (PTE_RW & ~PTE_V)
    sfence.vma
    RUN_FAULT(PRV_S, 15, s2, SSPUSH_X1)
    RUN_FAULT(PRV_S, 15, a4, SSPOPCHK_X1)
    MAP 0, page, (PTE_SS | PTE_X) /* still reserved */
    sfence.vma
    RUN_FAULT(PRV_S, 15, s2, SSPUSH_X1)
    RUN_FAULT(PRV_S, 13, s2, lw a1, 0(s2))
    /* a user's page is not S mode's */
    MAP 0, page, (PTE_SS | PTE_U)
    sfence.vma
    RUN_FAULT(PRV_S, 15, s2, SSPUSH_X1)
    RUN_FAULT(PRV_S, 13, s2, lw a1, 0(s2))

    /* U: senvcfg.SSE */
    RUN_OK(PRV_U, SSPUSH_X1; SSPOPCHK_X5; li a1, 9; SSRDP_A1;)
    CHECK_EQ(a1, 0)
    li a4, 0x011025f3
    RUN_FAULT(PRV_U, 2, a4, .4byte 0x011025f3)
    li a0, SSE
    csrs SENVCFG, a0
    RUN_OK(PRV_U, SSPUSH_X1; SSRDP_A1;)
    CHECK_EQ(a1, STACK - XBYTES)
    LX a1, 0x800 - XBYTES(s3)
    CHECK_EQ_REG(a1, ra)
    li a1, 0x1234567
    RUN_OK(PRV_U, csrrw a1, SSP, a1;)
    CHECK_EQ(a1, STACK - XBYTES)
    PUT_SSP STACK - XBYTES
    RUN_OK(PRV_U, SSPOPCHK_X1;)
    RUN_FAULT(PRV_U, 7, s2, sw a1, 0(s2))
    RUN_OK(PRV_U, lw a1, 0(s2);)
    RUN_OK(PRV_U, SSAMOSWAP_W;)
    /* a loop of calls and returns */
    li a3, 300
    li a5, 0
    RUN_OK(PRV_U, 1: SSPUSH_X1; addi a5, a5, 1; SSPOPCHK_X1; addi a3, a3, -1; bnez a3, 1b;)
    CHECK_EQ(a5, 300)
    csrr a1, SSP
    CHECK_EQ(a1, STACK)
    /* menvcfg turns all of it off */
    li a0, SSE
    csrc MENVCFG, a0
#ifndef QEMU /* asks senvcfg alone */
    RUN_OK(PRV_U, SSPUSH_X1; li a1, 9; SSRDP_A1;)
    CHECK_EQ(a1, 0)
    RUN_FAULT(PRV_U, 13, s2, lw a1, 0(s2))
#endif
    li a0, SSE
    csrs MENVCFG, a0
    RUN_OK(PRV_U, lw a1, 0(s2);)

    /* without translation there are no such pages */
    csrr s4, satp
    csrw satp, x0
    li a0, SSE
#ifndef QEMU /* pushes all the same; illegal in M */
    RUN_FAULT(PRV_S, 7, s2, SSPUSH_X1)
    EXPECT_TRAP_TVAL_REG(7, s2, SSAMOSWAP_W)
    csrw satp, s4
    li t0, 0x1800
    csrc mstatus, t0
    li t0, MPRV
    csrs mstatus, t0
    li a2, 0x345
    SSAMOSWAP_W /* as U */
    li t0, MPRV
    csrc mstatus, t0
    lw a1, 0x800 - XBYTES(s3)
    CHECK_EQ(a1, 0x345)
#endif
    PASS
