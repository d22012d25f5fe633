//: rv64 -cpu max
//: rv32 -cpu max32 noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zicfilp, which the assembler does not know: who must land on a pad, labels, what traps and returns keep. QEMU 10.0 has
 * menvcfg.LPE on RV64 alone.
 */
#include "macros.h"
#define LPAD(label) .4byte 0x17 | (label) << 12
#define LPE 4
#define MLPE 0x400
#define SPELP (1 << 23)
#define CHECK 18
#define MENVCFG 0x30a
#define SENVCFG 0x10a
#define MSECCFG 0x747

/* MPELP of the last trap. RV32 has it in mstatush, which the handler does not keep. Clobbers a0, a3, t6. */
.macro CHECK_MPELP value
#if XLEN == 64
    la t6, trap_area
    LX a0, TRAP_STATUS(t6)
    srli a0, a0, 41
    andi a0, a0, 1
    li a3, \value
    beq a0, a3, 8f
    FAIL
8:
#endif
.endm

.macro SET_MPELP
#if XLEN == 64
    li t0, 1 << 41
    csrs mstatus, t0
#else
    li t0, 1 << 9
    csrs 0x310, t0
#endif
.endm

    START
    li a0, -1
    csrw pmpaddr0, a0
    li a0, 0x1f
    csrw pmpcfg0, a0
    /* off: a jump goes anywhere; lpad does nothing */
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
1:  la t0, 2f
    jr t0
    FAIL
2:  LPAD(0)
    LPAD(0x12345)
    ecall
3:  la a4, 3b - 4
    CHECK_TRAP_TVAL_REG(9, 3b - 4, x0)

    /* the enables can be set */
    li a0, LPE
    csrs MENVCFG, a0
    csrr a1, MENVCFG
    and a1, a1, a0
    CHECK_EQ(a1, LPE)
    csrs SENVCFG, a0
    csrr a1, SENVCFG
    and a1, a1, a0
    CHECK_EQ(a1, LPE)
    csrc SENVCFG, a0

    /* S: a pad, a label of x7's, none; all registers jump alike but x1, x5 and x7 */
    .macro JUMPS reg, link
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
    .balign 4
1:  la \reg, 2f
    jalr \link, 0(\reg)
    FAIL
    .balign 4
2:  LPAD(0)
    addi a2, a2, 1
    ecall
3:  CHECK_TRAP(9, 3b - 4, 0)
    CHECK_MPELP 0
    .endm
    li a2, 0
    JUMPS a5, x0
    JUMPS t3, ra
    JUMPS t4, t0
    JUMPS s2, a3
    CHECK_EQ(a2, 4)
    .macro LABEL in_x7, in_pad, cause
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
    .balign 4
1:  la a5, 2f
    li t2, \in_x7
    jr a5
    FAIL
    .balign 4
2:  LPAD(\in_pad)
    ecall
3:  .if \cause == 18
    CHECK_TRAP(CHECK, 2b, 2)
    CHECK_MPELP 1
    .else
    CHECK_TRAP(9, 2b + 4, 0)
    .endif
    .endm
    LABEL 0x12345000, 0x12345, 9
    LABEL 0x12345fff, 0x12345, 9
    LABEL -1, 0xfffff, 9
    LABEL 0x12345000, 0, 9
    LABEL 0x12345000, 0x12344, CHECK
    LABEL 0x52345000, 0x12345, CHECK
    LABEL 0, 1, CHECK
#if XLEN == 64
    LABEL 0x7fffffff12345000, 0x12345, 9
#endif
    /* nothing else is a pad: cause 18, tval 2, and the expectation is kept in MPELP */
    .macro NO_PAD insn:vararg
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
    .balign 4
1:  la a5, 2f
    jr a5
    FAIL
    .balign 4
2:  \insn
    FAIL
3:  CHECK_TRAP(CHECK, 2b, 2)
    CHECK_TRAP_FROM(PRV_S)
    CHECK_MPELP 1
    .endm
    NO_PAD nop
    NO_PAD auipc a0, 0
    NO_PAD ecall
    NO_PAD ebreak
    NO_PAD .4byte 0
    NO_PAD lui x0, 0
    /* a pad at an address that is no multiple of four */
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
    .balign 4
1:  la a5, 2f
    jr a5
    .balign 4
    .2byte 1
2:  LPAD(0)
    .2byte 1
    FAIL
3:  CHECK_TRAP(CHECK, 2b, 2)
    /* returns and jumps that software guards, direct ones */
    .macro FREE reg
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
1:  la \reg, 2f
    jr \reg
    FAIL
2:  ecall
3:  CHECK_TRAP(9, 2b, 0)
    .endm
    FREE ra
    FREE t0
    FREE t2
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
1:  jal a0, 2f
    FAIL
2:  ecall
3:  CHECK_TRAP(9, 2b, 0)
    /* compressed jumps alike */
    .macro COMPRESSED insn
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
1:  la a5, 2f
    .2byte \insn
    .2byte 1
    FAIL
    .balign 4
2:  nop
    FAIL
3:  CHECK_TRAP(CHECK, 2b, 2)
    .endm
    COMPRESSED 0x8782 /* c.jr a5 */
    COMPRESSED 0x9782 /* c.jalr a5 */

    /* mret and sret bring the expectation back, once */
    ON_TRAP(3f)
    la t0, 2f
    csrw mepc, t0
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x800
    csrs mstatus, t0
    SET_MPELP
    mret
2:  nop
    FAIL
3:  CHECK_TRAP(CHECK, 2b, 2)
    CHECK_MPELP 1
    ON_TRAP(3f)
    ENTER(PRV_S, 2f)
    .balign 4
2:  LPAD(0)
    nop
    ecall
3:  CHECK_TRAP(9, 3b - 4, 0)
    CHECK_MPELP 0
    li t0, SPELP | 0x100
    csrs sstatus, t0
    csrr a1, sstatus
    li t0, SPELP
    and a1, a1, t0
    CHECK_EQ(a1, SPELP)
    la t0, 2f
    csrw sepc, t0
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
1:  sret
2:  nop
    FAIL
3:  CHECK_TRAP(CHECK, 2b, 2)
    csrr a1, sstatus
    li t0, SPELP
    and a1, a1, t0
    CHECK_EQ(a1, 0)
    /* where S does not enforce it, mret drops it */
    li a0, LPE
    csrc MENVCFG, a0
    SET_MPELP
    ON_TRAP(3f)
    ENTER(PRV_S, 2f)
2:  ecall
3:  CHECK_TRAP(9, 2b, 0)
    CHECK_MPELP 0

    /* U has senvcfg's, whatever menvcfg says */
    ON_TRAP(3f)
    ENTER(PRV_U, 1f)
1:  la a5, 2f
    jr a5
    FAIL
2:  ecall
3:  CHECK_TRAP(8, 2b, 0)
    li a0, LPE
    csrs SENVCFG, a0
    ON_TRAP(3f)
    ENTER(PRV_U, 1f)
1:  la a5, 2f
    jr a5
    FAIL
2:  ecall
3:  CHECK_TRAP(CHECK, 2b, 2)
    CHECK_TRAP_FROM(PRV_U)

    /* delegated: SPELP has it, and S goes on without */
    li t0, 1 << CHECK
    csrs medeleg, t0
    csrr a1, medeleg
    and a1, a1, t0
    CHECK_EQ(a1, 1 << CHECK)
    la t0, 4f
    csrw stvec, t0
    ON_TRAP(3f)
    ENTER(PRV_U, 1f)
1:  la a5, 2f
    jr a5
    FAIL
2:  nop
    FAIL
    .balign 4
4:  csrr a1, scause
    csrr a2, stval
    csrr a4, sepc
    csrr a5, sstatus
    ecall
3:  CHECK_EQ(a1, CHECK)
    CHECK_EQ(a2, 2)
    la t0, 2b
    CHECK_EQ_REG(a4, t0)
    srli a5, a5, 23
    andi a5, a5, 1
    CHECK_EQ(a5, 1)
    csrw medeleg, x0

    /* M: mseccfg.MLPE. Here the trap's resumption must be a pad too: MPELP comes back with mret. */
    li t0, MLPE
    csrs MSECCFG, t0
    csrr a1, MSECCFG
    and a1, a1, t0
    CHECK_EQ(a1, MLPE)
    la a5, 1f
    jr a5
    FAIL
    .balign 4
1:  LPAD(0)
    ON_TRAP(3f)
    la a5, 2f
    jr a5
    FAIL
    .balign 4
2:  nop
    FAIL
    .balign 4
3:  LPAD(0)
    CHECK_TRAP(CHECK, 2b, 2)
    li t0, MLPE
    csrc MSECCFG, t0
    la a5, 1f
    jr a5
    FAIL
1:  nop

    /* a loop through a pad */
    li t0, LPE
    csrs MENVCFG, t0
    ON_TRAP(3f)
    ENTER(PRV_S, 1f)
1:  li a3, 300
    li a4, 0
    la a5, 2f
    j 2f
    .balign 4
2:  LPAD(0)
    addi a4, a4, 1
    beq a4, a3, 4f
    jr a5
4:  ecall
3:  CHECK_TRAP(9, 4b, 0)
    CHECK_EQ(a4, 300)
    PASS
