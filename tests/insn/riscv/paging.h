/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables for tests of address translation. All of RAM is mapped at its own address for S mode and at UCODE more
 * for U mode, by one large page each; TEST_VA .. is mapped by the entries of table l0, 4 KiB each, which the test sets.
 * -DSV=39, 48, 57 or (XLEN 32) 32.
 */
#define PTE_V 0x01
#define PTE_R 0x02
#define PTE_W 0x04
#define PTE_X 0x08
#define PTE_U 0x10
#define PTE_G 0x20
#define PTE_A 0x40
#define PTE_D 0x80
#define PTE_RW (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)
#define PTE_RWX (PTE_RW | PTE_X)

#define TEST_VA 0x40000000
#define UCODE 0x40000000
#define SUM 0x40000
#define MXR 0x80000
#define MPRV 0x20000

#if XLEN == 64
#define SATP_MODE ((SV - 39) / 9 + 8)
#define SATP_MODE_SHIFT 60
#define ROOT_INDEX(va) ((va) >> 30)
#define MENVCFG_HIGH 0x30a
#define ADUE (1 << 61)
#define PBMTE (1 << 62)
#define STCE (1 << 63)
#else
#define SATP_MODE 1
#define SATP_MODE_SHIFT 31
#define ROOT_INDEX(va) ((va) >> 22)
#define MENVCFG_HIGH 0x31a
#define ADUE (1 << 29)
#define PBMTE (1 << 30)
#define STCE (1 << 31)
#endif
#define PTE_OF(index) ((index) * XBYTES)

/* rd = the entry for the page of a symbol */
.macro PTE rd, page, flags
    la \rd, \page
    srli \rd, \rd, 2
    ori \rd, \rd, \flags
.endm

/* Entry index of l0. Clobbers t0, t1. */
.macro MAP index, page, flags
    PTE t0, \page, \flags
    la t1, l0
    SX t0, PTE_OF(\index)(t1)
.endm

/* Tables, PMP open, paging on for S and U. Clobbers t0, t1. */
.macro PAGING_ON
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    la t1, root
    PTE t0, _start, PTE_RWX
    li t1, PTE_OF(ROOT_INDEX(0x80000000))
    la t2, root
    add t1, t1, t2
    SX t0, 0(t1)
    PTE t0, _start, (PTE_RWX | PTE_U)
    li t1, PTE_OF(ROOT_INDEX(0x80000000 + UCODE))
    add t1, t1, t2
    SX t0, 0(t1)
    li t1, PTE_OF(ROOT_INDEX(TEST_VA))
    add t1, t1, t2
#if XLEN == 64
    PTE t0, l1, PTE_V
    SX t0, 0(t1)
    PTE t0, l0, PTE_V
    la t1, l1
    SX t0, 0(t1)
#else
    PTE t0, l0, PTE_V
    SX t0, 0(t1)
#endif
    la t2, root
#if XLEN == 64 && SV >= 48
    PTE t0, root, PTE_V
    la t2, root48
    SX t0, 0(t2)
#endif
#if XLEN == 64 && SV >= 57
    PTE t0, root48, PTE_V
    la t2, root57
    SX t0, 0(t2)
#endif
    srli t2, t2, 12
    li t0, SATP_MODE << SATP_MODE_SHIFT
    or t0, t0, t2
    csrw satp, t0
    sfence.vma
    .pushsection .bss
    .balign 4096
root: .skip 4096
l1: .skip 4096
l0: .skip 4096
root48: .skip 4096
root57: .skip 4096
    .popsection
.endm

/* Run instructions in S or U mode up to a trap: one of theirs, or the ecall behind them. Clobbers t5, t6. */
#define RUN(prv, ...) \
    ON_TRAP(7f); la t5, 6f; li t6, -UCODE * ((prv) == PRV_U); add t5, t5, t6; csrw mepc, t5; \
    li t5, 0x1800; csrc mstatus, t5; li t5, (prv) << 11; csrs mstatus, t5; mret; 6: __VA_ARGS__; ecall; 7:
/* They run to their end. */
#define RUN_OK(prv, ...) RUN(prv, __VA_ARGS__) la t6, trap_area; LX t6, TRAP_CAUSE(t6); addi t6, t6, -8 - (prv); \
    beqz t6, 8f; la t6, trap_area; LX a0, TRAP_CAUSE(t6); LX a3, TRAP_TVAL(t6); li s10, __LINE__; j fail_line; 8:
/* The first of them traps. tval in a register. */
#define RUN_FAULT(prv, cause, tval, ...) RUN(prv, __VA_ARGS__) \
    CHECK_TRAP_TVAL_REG(cause, 6b + -UCODE * ((prv) == PRV_U), tval)
