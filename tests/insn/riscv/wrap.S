//: rv32 -cpu max32 -DSV=32 noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address space is circular: instructions and data that begin in RV32's last bytes end at 0. Not for QEMU, whose
 * process crashes.
 */
#include "macros.h"
#include "paging.h"
    .bss
    .balign 4096
last: .skip 4096
first: .skip 4096
table_last: .skip 4096
table_first: .skip 4096

    START
    PAGING_ON
    la t1, root
    li t2, PTE_OF(1023)
    add t2, t2, t1
    PTE t0, table_last, PTE_V
    sw t0, 0(t2)
    PTE t0, table_first, PTE_V
    sw t0, 0(t1)
    la t1, table_last
    li t2, PTE_OF(1023)
    add t2, t2, t1
    PTE t0, last, PTE_RWX
    sw t0, 0(t2)
    la t1, table_first
    PTE t0, first, PTE_RWX
    sw t0, 0(t1)
    sfence.vma
    la s2, last + 4094
    la s3, first
    li t0, 0x00150513 /* addi a0, a0, 1 */
    sh t0, 0(s2)
    srli t0, t0, 16
    sh t0, 0(s3)
    li t0, 0x00000073 /* ecall */
    sh t0, 2(s3)
    sh x0, 4(s3)
    fence.i
    li s4, 5
    li a0, 0
1:  ON_TRAP(2f)
    ENTER(PRV_S, 0xfffffffe)
2:  la t6, trap_area
    lw s5, TRAP_CAUSE(t6)
    CHECK_EQ(s5, 9)
    sfence.vma /* it must be found again */
    addi s4, s4, -1
    bnez s4, 1b
    CHECK_EQ(a0, 5)

    /* Code that is also mapped where nothing wraps around, run in turn at both. */
    la t1, table_last
    li t2, PTE_OF(1021)
    add t1, t1, t2
    PTE t0, last, PTE_RWX
    sw t0, 0(t1)
    PTE t0, first, PTE_RWX
    sw t0, 4(t1)
    sfence.vma
    la t1, last
    la t0, code
    lw t2, 0(t0)
    sw t2, 0x10(t1)
    lw t2, 4(t0)
    sw t2, 0x14(t1)
    lw t2, 8(t0)
    sw t2, 0x18(t1)
    lw t2, 12(t0)
    sw t2, 0x18(s3)
    lw t2, 16(t0)
    sw t2, 0x1c(s3)
    fence.i
    li s4, 6
    li s6, 0xffffd000
1:  addi s7, s6, 0x10
    ON_TRAP(2f)
    csrw mepc, s7
    li t5, 0x1800
    csrc mstatus, t5
    li t5, PRV_S << 11
    csrs mstatus, t5
    mret
2:  li t0, 0x1000
    add s7, s7, t0
    CHECK_EQ_REG(a0, s7)
    li t0, 0x7ffff004
    add s7, s7, t0
    CHECK_EQ_REG(a4, s7)
    addi s7, s6, 0x1c
    CHECK_EQ_REG(a1, s7)
    addi s7, s6, 0x18
    CHECK_EQ_REG(a2, s7)
    la t6, trap_area
    lw s5, TRAP_EPC(t6)
    li t0, 0x101c
    add s7, s6, t0
    CHECK_EQ_REG(s5, s7)
    li t0, 0x2000
    xor s6, s6, t0
    addi s4, s4, -1
    bnez s4, 1b

    li s4, -2
    li a2, 0x12345678
    RUN_OK(PRV_S, lw a1, 0(s4); sw a2, 0(s4); lw a3, 0(s4))
    CHECK_EQ(a1, 0x00150513)
    CHECK_EQ(a3, 0x12345678)
    lhu a1, 0(s2)
    CHECK_EQ(a1, 0x5678)
    lhu a1, 0(s3)
    CHECK_EQ(a1, 0x1234)
    RUN_OK(PRV_S, fld fa0, -4(s4); fsd fa0, -1(s4); lw a1, 3(s4))
    CHECK_EQ(a1, 0x12345678)
    /* what lies there is missing: the address is 0 */
    la t1, table_first
    sw x0, 0(t1)
    sfence.vma
    li s5, 0
    RUN_FAULT(PRV_S, 13, s5, lw a1, 0(s4))
    RUN_FAULT(PRV_S, 15, s5, sw a1, 0(s4))
    li t0, 0x0513
    sh t0, 0(s2)
    fence.i
    ON_TRAP(2f)
    ENTER(PRV_S, 0xfffffffe)
2:  la t6, trap_area
    lw a0, TRAP_CAUSE(t6)
    lw a1, TRAP_TVAL(t6)
    CHECK_EQ(a0, 12)
    CHECK_EQ(a1, 0)
    PASS

code:
    auipc a0, 1
    auipc a4, 0x80000
    .4byte 0x15ef /* jal a1, . + 0x1000 */
    auipc a2, 0xfffff /* at 0x18 of the next page */
    ecall
