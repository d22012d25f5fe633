//: rv64 -cpu max -DSV=39
//: rv32 -cpu max32 -DSV=32
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops of one block, whose accesses and FP operands the engine may test once instead of in each turn: pointers that are
 * aligned at first, always or never, over the border of pages that are no neighbours; floats that are boxed at first,
 * always or never; faults and interrupts within a turn. Each loop is compared with one that works byte by byte.
 */
#include "macros.h"
#include "paging.h"
#define VA(i) (TEST_VA + (i) * 4096)
#define TURNS 24
#define BEFORE 96  /* bytes before and ... */
#define AROUND 608 /* ... before and after the border that are compared */
    .bss
    .balign 4096
pages: .skip 16 * 4096
bytes: .skip AROUND /* what memory at VA(1) - BEFORE should be */
#define PAGE(i) pages + (i) * 4096

/* rd = the value that memory at addr has, sign- or zero-extended as a load of size does it, made of bytes. Clobbers t0, t1. */
.macro BYTES rd, addr, size, signed
    li \rd, 0
    .set n, 0
    .rept \size
    lbu t0, n(\addr)
    .if n < XBYTES
    slli t0, t0, 8 * n
    or \rd, \rd, t0
    .endif
    .set n, n + 1
    .endr
    .if \size < XBYTES
    slli \rd, \rd, XLEN - 8 * \size
    .if \signed
    srai \rd, \rd, XLEN - 8 * \size
    .else
    srli \rd, \rd, XLEN - 8 * \size
    .endif
    .endif
.endm

/* a2 = a hash of what op loads in turns of a step, from s2 + disp on; a4 the same by bytes. */
.macro LOADS op, size, signed, step, disp
    mv a1, s2
    li a2, 0
    li a3, TURNS
1:  \op a0, \disp(a1)
    slli a5, a2, 1
    add a2, a2, a5
    add a2, a2, a0
    addi a1, a1, \step
    addi a3, a3, -1
    bnez a3, 1b
    addi a1, s2, \disp
    li a4, 0
    li a3, TURNS
1:  BYTES a0, a1, \size, \signed
    slli a5, a4, 1
    add a4, a4, a5
    add a4, a4, a0
    addi a1, a1, \step
    addi a3, a3, -1
    bnez a3, 1b
    CHECK_EQ_REG(a2, a4)
.endm

/* The same where the address is s2 + (turn << shift). */
.macro INDEXED op, size, signed, shift
    li a2, 0
    li a3, TURNS
1:  slli a1, a3, \shift
    add a1, s2, a1
    \op a0, 0(a1)
    slli a5, a2, 1
    add a2, a2, a5
    add a2, a2, a0
    addi a3, a3, -1
    bnez a3, 1b
    li a4, 0
    li a3, TURNS
1:  slli a1, a3, \shift
    add a1, s2, a1
    BYTES a0, a1, \size, \signed
    slli a5, a4, 1
    add a4, a4, a5
    add a4, a4, a0
    addi a3, a3, -1
    bnez a3, 1b
    CHECK_EQ_REG(a2, a4)
.endm

/* The same where the address is s2 in the first two turns, and then what another register was two turns ago. */
.macro MOVED op, size, signed, where
    mv a1, s2
    mv a7, s2
    addi a6, s2, \where
    li a2, 0
    li a3, TURNS
1:  \op a0, 0(a1)
    slli a5, a2, 1
    add a2, a2, a5
    add a2, a2, a0
    mv a1, a7
    mv a7, a6
    addi a6, a6, \size
    addi a3, a3, -1
    bnez a3, 1b
    mv a1, s2
    mv a7, s2
    addi a6, s2, \where
    li a4, 0
    li a3, TURNS
1:  BYTES a0, a1, \size, \signed
    slli a5, a4, 1
    add a4, a4, a5
    add a4, a4, a0
    mv a1, a7
    mv a7, a6
    addi a6, a6, \size
    addi a3, a3, -1
    bnez a3, 1b
    CHECK_EQ_REG(a2, a4)
.endm

/* Memory is as bytes says. Clobbers a1, a3, t0, t1, t2. */
.macro COMPARE
    li a1, VA(1) - BEFORE
    la t2, bytes
    li a3, AROUND
1:  lbu t0, 0(a1)
    lbu t1, 0(t2)
    CHECK_EQ_REG(t0, t1)
    addi a1, a1, 1
    addi t2, t2, 1
    addi a3, a3, -1
    bnez a3, 1b
.endm

/* The bytes of a0 (in s2 + disp's place in bytes) at a5, by single ones. Clobbers t0. */
.macro STORE_BYTES size
    .set n, 0
    .rept \size
    .if n < XBYTES
    srli t0, a0, 8 * n
    .endif
    sb t0, n(a5)
    .set n, n + 1
    .endr
.endm

.macro STORES op, size, step, disp
    mv a1, s2
    li a0, 0x12345678
    li a3, TURNS
1:  \op a0, \disp(a1)
    slli a5, a0, 3
    add a0, a0, a5
    addi a1, a1, \step
    addi a3, a3, -1
    bnez a3, 1b
    li t1, VA(1) - BEFORE
    la a5, bytes + \disp
    sub a5, a5, t1
    add a5, a5, s2
    li a0, 0x12345678
    li a3, TURNS
1:  STORE_BYTES \size
    slli t0, a0, 3
    add a0, a0, t0
    addi a5, a5, \step
    addi a3, a3, -1
    bnez a3, 1b
    COMPARE
.endm

/* An access of each kind in steps that keep and lose its alignment. */
.macro LOADS_OF op, size, signed
    .irp step, 0, 1, 2, 4, 6, 8, 16
    LOADS \op, \size, \signed, \step, 0
    .endr
    LOADS \op, \size, \signed, \size, -1
    LOADS \op, \size, \signed, \size, 2
    LOADS \op, \size, \signed, \size, 8
    LOADS \op, \size, \signed, -\size, 8
    MOVED \op, \size, \signed, 1
    MOVED \op, \size, \signed, \size - 1
    INDEXED \op, \size, \signed, 0
    INDEXED \op, \size, \signed, 1
    INDEXED \op, \size, \signed, 2
    INDEXED \op, \size, \signed, 3
.endm

.macro STORES_OF op, size
    .irp step, 0, 1, 4, 6, 8, 16
    STORES \op, \size, \step, 0
    .endr
    STORES \op, \size, \size, -1
    STORES \op, \size, \size, 8
.endm

    START
    PAGING_ON
    /* Neighbours in virtual memory that are none in physical memory. */
    MAP 0, PAGE(5), PTE_RW
    MAP 1, PAGE(2), PTE_RW
    MAP 2, PAGE(9), 0
    sfence.vma
    li s3, 0
next_offset:
    li s2, VA(1) - 32
    add s2, s2, s3
    RUN_OK(PRV_S, jal ra, all_loops)
    addi s3, s3, 1
    li t0, 9
    bne s3, t0, next_offset
    j floats

all_loops:
    /* Something in memory, and its copy. */
    li a1, VA(1) - BEFORE
    la a2, bytes
    li a3, AROUND
    li a0, 0x5f
1:  sb a0, 0(a1)
    sb a0, 0(a2)
    slli t0, a0, 3
    add a0, a0, t0
    addi a0, a0, 77
    addi a1, a1, 1
    addi a2, a2, 1
    addi a3, a3, -1
    bnez a3, 1b
    LOADS_OF lh, 2, 1
    LOADS_OF lhu, 2, 0
    LOADS_OF lw, 4, 1
#if XLEN == 64
    LOADS_OF lwu, 4, 0
    LOADS_OF ld, 8, 1
    STORES_OF sd, 8
#endif
    STORES_OF sh, 2
    STORES_OF sw, 4
    ecall

/* -- Floating point: unboxed operands are the canonical NaN -- */

#define NAN 0x7fc00000
#define ONE 0x3f800000
#define TWO 0x40000000

/* fa0 = the low half of rs below no box. Clobbers t0. */
.macro UNBOXED fd, rs
    la t0, doubles
    sw \rs, 0(t0)
    sw x0, 4(t0)
    fld \fd, 0(t0)
.endm
    .bss
    .balign 8
doubles: .skip 64
    .text

/* fa1 added up in four turns beginning with fa0: the result's low half. */
.macro ADD_UP expected
    li a3, 4
1:  fadd.s fa0, fa0, fa1
    addi a3, a3, -1
    bnez a3, 1b
    fmv.x.w a0, fa0
    li a1, \expected
    sext a1
    CHECK_EQ_REG(a0, a1)
.endm
.macro sext r
#if XLEN == 64
    sext.w \r, \r
#endif
.endm

floats:
    li s4, ONE
    li s5, TWO
    fmv.w.x fa0, s4
    fmv.w.x fa1, s4
    ADD_UP 0x40a00000 /* 1 + 4 */
    fmv.w.x fa0, s4
    UNBOXED fa1, s4
    ADD_UP NAN
    UNBOXED fa0, s4
    fmv.w.x fa1, s4
    ADD_UP NAN
    /* Boxed in the first turn, not in the second: the last sum counts. */
    la a2, doubles
    fmv.w.x fa1, s4
    fsd fa1, 0(a2)
    UNBOXED fa2, s5 /* over the first: so again */
    la a2, doubles
    fsd fa1, 0(a2)
    fsd fa2, 8(a2)
    fsd fa1, 16(a2)
    fmv.w.x fa0, s4
    li a3, 3
    la a4, sums
1:  fadd.s fa3, fa0, fa1
    fsw fa3, 0(a4)
    fld fa1, 0(a2)
    addi a2, a2, 8
    addi a4, a4, 4
    addi a3, a3, -1
    bnez a3, 1b
    fadd.s fa3, fa0, fa1
    fsw fa3, 0(a4)
    la a4, sums
    lw a0, 0(a4)
    CHECK_EQ(a0, TWO)
    lw a0, 4(a4)
    CHECK_EQ(a0, TWO)
    lw a0, 8(a4)
    CHECK_EQ(a0, NAN)
    lw a0, 12(a4)
    CHECK_EQ(a0, TWO)
    /* Conversions take the float, not what its register holds with the box: no invalid operation. */
    li t0, 0x3fc00000 /* 1.5 */
    fmv.w.x fa1, t0
    csrwi fflags, 0
    li a3, 3
1:  fcvt.w.s a0, fa1, rtz
    fcvt.wu.s a1, fa1, rtz
    fcvt.d.s fa2, fa1
    flt.s a2, fa1, fa1
    addi a3, a3, -1
    bnez a3, 1b
    CHECK_EQ(a0, 1)
    CHECK_EQ(a1, 1)
    CHECK_EQ(a2, 0)
    csrr a0, fflags
    CHECK_EQ(a0, 1) /* NX */
    /* A copy by sign injection takes no float out of its box: a NaN if it has none. */
    UNBOXED fa1, s5
    li a3, 2
1:  fsgnj.s fa2, fa1, fa1
    fmv.d fa3, fa1
    addi a3, a3, -1
    bnez a3, 1b
    fmv.x.w a0, fa2
    CHECK_EQ(a0, NAN)
    fmv.x.w a0, fa3
    CHECK_EQ(a0, TWO)
    .bss
    .balign 4
sums: .skip 16
    .text

/* -- A fault in a turn: as many turns are done as registers and memory say -- */

    li s2, VA(2) - 40
    li s3, 0
2:  add a1, s2, s3
    li a2, 0
    RUN(PRV_S, nop; 1: sw a2, 0(a1); addi a2, a2, 1; addi a1, a1, 4; bnez a1, 1b)
    la t6, trap_area
    LX a0, TRAP_CAUSE(t6)
    CHECK_EQ(a0, 15)
    la t6, trap_area
    LX a0, TRAP_TVAL(t6)
    CHECK_EQ(a0, VA(2))
    li a0, 10
    beqz s3, 1f
    li a0, 9
1:  CHECK_EQ_REG(a2, a0)
    slli a0, a0, 2
    add a0, a0, s2
    add a0, a0, s3
    CHECK_EQ_REG(a1, a0)
    addi s3, s3, 1
    li a0, 4
    bne s3, a0, 2b

/* -- An interrupt ends a loop that waits for nothing else -- */

    csrw satp, x0
    la a1, doubles
    SX x0, 0(a1)
    li a0, CLINT + 0x4000
    li t0, -1
    sw t0, 4(a0)
    sw x0, 0(a0)
    li t0, 0x80
    csrs mie, t0
    ON_TRAP(2f)
    li t0, CLINT + 0xbff8
    lw t0, 0(t0)
    li t1, 20000
    add t0, t0, t1
    li a0, CLINT + 0x4000
    sw t0, 0(a0)
    sw x0, 4(a0)
    csrsi mstatus, 8
1:  LX a2, 0(a1)
    beqz a2, 1b
    FAIL
2:  la t6, trap_area
    LX a0, TRAP_EPC(t6)
    la a2, 1b
    sub a0, a0, a2
    li a2, 4
    bgtu a0, a2, 3f
    li a0, 0
    sw a0, 0(t6)
    li t0, CLINT + 0x4000
    li t1, -1
    sw t1, 4(t0)
    li t0, 0
    li t1, 0
    li a1, 0
    li a2, 0
    SX x0, TRAP_EPC(t6)
    PASS
3:  FAIL
