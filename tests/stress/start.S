/* SPDX-License-Identifier: BSD-2-Clause */
/* Start of a bare-metal guest: every hart calls main(hartid) in M-mode with a stack; traps call trap(frame). */
	.globl _start
_start:
	csrr	a0, mhartid
	la	sp, stacks
	li	t0, 0x4000
	addi	t1, a0, 1
	mul	t0, t0, t1
	add	sp, sp, t0
	csrw	mscratch, sp		/* traps have the top of the stack */
	li	t0, -0x1000
	add	sp, sp, t0
	la	t0, trap_entry
	csrw	mtvec, t0
	li	t0, 0x6000		/* FS */
	csrs	mstatus, t0
	call	main
1:	wfi
	j	1b

	.balign	4
	.globl trap_entry
trap_entry:				
	csrrw	sp, mscratch, sp
	addi	sp, sp, -272
	.irp	n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd	x\n, 8*\n(sp)
	.endr
	csrr	t0, mepc
	sd	t0, 0(sp)
	addi	t0, sp, 272
	csrrw	t0, mscratch, t0	/* nested traps are not supported: the same stack again */
	sd	t0, 16(sp)
	mv	a0, sp
	call	trap
	ld	t0, 0(sp)
	csrw	mepc, t0
	.irp	n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	x\n, 8*\n(sp)
	.endr
	ld	sp, 16(sp)
	mret

	.bss
	.balign	4096
stacks:	.space	0x4000 * 8
