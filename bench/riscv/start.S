/* SPDX-License-Identifier: BSD-2-Clause */
/* Bare-metal start on riscv64-virt: page tables in M-mode, then main() in S-mode under Sv39. */
    .section .text.start, "ax"
    .globl _start
_start:
    csrr t0, mhartid
    bnez t0, park
    la sp, stack_top
    la t0, __bss_start
    la t1, __bss_end
1:  bgeu t0, t1, 2f
    sd zero, (t0)
    addi t0, t0, 8
    j 1b
2:  call make_page_tables       /* a0 = satp */
    csrw satp, a0
    sfence.vma
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f                 /* NAPOT, RWX: all of memory */
    csrw pmpcfg0, t0
    li t0, 7                    /* S-mode may read cycle, time, instret */
    csrw mcounteren, t0
    la t0, m_trap
    csrw mtvec, t0
    csrw mideleg, zero
    csrw medeleg, zero
    li t0, 0x80                 /* S-mode may execute cbo.zero: CBZE */
    csrw 0x30a, t0              /* menvcfg */
    li t0, 0x1800
    csrc mstatus, t0
    li t0, 0x0800 | 0x2000      /* MPP = S, FS = Initial */
    csrs mstatus, t0
    la t0, enter_s
    csrw mepc, t0
    mret
enter_s:
    call main
    call finish
park:
    wfi
    j park

    .align 2
    .globl m_trap
m_trap:                          /* an ecall from S-mode returns at once; anything else ends the run with its cause */
    csrw mscratch, t0
    csrr t0, mcause
    addi t0, t0, -9
    bnez t0, 1f
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    csrr t0, mscratch
    mret
1:  csrr a0, mcause
    slli a0, a0, 16
    li t0, 0x3333
    or a0, a0, t0
    li t0, 0x100000
    sw a0, (t0)
    j park

    .bss
    .align 12
stack:
    .space 262144
stack_top:
