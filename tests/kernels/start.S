/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of a small kernel, as -bios none -kernel runs it: every hart comes here in M mode, gets a stack and calls
 * kmain(hart): in M mode, or with -DSMODE in S mode, where all traps that can be delegated go. Traps of that mode call
 * trap(cause, epc, tval), which returns where to go on. For 32 and 64 bits.
 */
#if __riscv_xlen == 64
#define SX sd
#define LX ld
#define W 8
#else
#define SX sw
#define LX lw
#define W 4
#endif
#ifdef SMODE
#define XCAUSE scause
#define XEPC sepc
#define XTVAL stval
#define XTVEC stvec
#define XRET sret
#else
#define XCAUSE mcause
#define XEPC mepc
#define XTVAL mtval
#define XTVEC mtvec
#define XRET mret
#endif
#define STACK 0x4000

	.section .text.start, "ax"
	.globl	_start
_start:
	.option	push
	.option	norelax
	la	gp, __global_pointer$
	.option	pop
	csrr	a0, mhartid
	mv	tp, a0
	la	sp, stacks
	li	t0, STACK
	addi	t1, a0, 1
	mul	t0, t0, t1
	add	sp, sp, t0
	la	t0, trap_entry
	csrw	XTVEC, t0
#ifdef SMODE
	li	t0, -1
	csrw	medeleg, t0
	csrw	mideleg, t0
	csrw	mcounteren, t0
	csrw	pmpaddr0, t0		/* S mode reaches everything */
	li	t0, 0xf
	csrw	pmpcfg0, t0
	csrw	satp, zero
	li	t0, 0x1800		/* mret goes to S mode */
	csrc	mstatus, t0
	li	t0, 0x800
	csrs	mstatus, t0
	la	t0, 1f
	csrw	mepc, t0
	mret
#endif
1:	call	kmain
2:	wfi
	j	2b

	.balign	4
trap_entry:
	addi	sp, sp, -16*W
	SX	ra, 0*W(sp)
	.irp	n, 0,1,2,3,4,5,6
	SX	t\n, (1+\n)*W(sp)
	.endr
	.irp	n, 0,1,2,3,4,5,6,7
	SX	a\n, (8+\n)*W(sp)
	.endr
	csrr	a0, XCAUSE
	csrr	a1, XEPC
	csrr	a2, XTVAL
	call	trap
	csrw	XEPC, a0
	LX	ra, 0*W(sp)
	.irp	n, 0,1,2,3,4,5,6
	LX	t\n, (1+\n)*W(sp)
	.endr
	.irp	n, 0,1,2,3,4,5,6,7
	LX	a\n, (8+\n)*W(sp)
	.endr
	addi	sp, sp, 16*W
	XRET

	.bss
	.balign	4096
stacks:	.space	STACK * 8
