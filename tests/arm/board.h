/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bare-metal programs of this folder share: a console, power-off, and exceptions that are noted and returned
 * from. They run at EL1 of QEMU's virt board, or at EL2 with -DEL2, EL3 with -DEL3, in A64, or in A32 with -DA32, with
 * -DHYP in Hyp mode, with -DMON in the secure state's Supervisor mode, with -DV5 of Armv5, without exceptions, with -DV6 of Armv6.
 */
#ifndef TEST_ARM_BOARD_H
#define TEST_ARM_BOARD_H

typedef unsigned long long u64;
typedef unsigned long ulong;
typedef _Bool bool;
#define true 1
#define false 0

/* The last exception; how many there were. */
struct seen {
    ulong count, syndrome, fault_address, pc; /* ESR_ELx, FAR_ELx, ELR_ELx; of A32 FSR, FAR, the aborted instruction */
    ulong kind;                               /* offset of the vector; with MONITOR: of Monitor mode's */
#define MONITOR 0x100
};
extern volatile struct seen seen;
/* Called of each exception; returns what is added to the PC to return to. */
extern ulong (*volatile on_exception)(void);

void print(const char *text);
void print_hex(u64 v);
/* One line of TAP. */
void check(const char *name, u64 got, u64 expected);
void finish(void) __attribute__((noreturn));

#define READ(reg) ({ ulong v_; __asm__ volatile("mrs %0, " #reg : "=r"(v_)); v_; })
#define WRITE(reg, v) __asm__ volatile("msr " #reg ", %0\n isb" ::"r"((ulong)(v)) : "memory")
/* coproc, opc1, CRn, CRm, opc2 as in MRC: CP_READ("p15, 0, %0, c1, c0, 0") */
#define CP_READ(reg) ({ ulong v_; __asm__ volatile("mrc " reg : "=r"(v_)); v_; })
#define CP_WRITE(reg, v) __asm__ volatile("mcr " reg "\n isb" ::"r"((ulong)(v)) : "memory")

/* Armv6's barriers are writes to coprocessor registers, which ignore r0 here. */
#ifdef V6
__asm__(".macro isb\n mcr p15, 0, r0, c7, c5, 4\n .endm\n.macro dsb\n mcr p15, 0, r0, c7, c10, 4\n .endm\n.arch armv7ve\n");
#endif

#endif
