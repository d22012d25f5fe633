/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch32's modes, its status register, its exceptions, its coprocessor registers. */
#ifndef MYNAH_ARM_AARCH32_H
#define MYNAH_ARM_AARCH32_H

#include "arm.h"

/* Modes: CPSR's low five bits. */
enum a32_mode {
    MODE_USR = 0x10, MODE_FIQ = 0x11, MODE_IRQ = 0x12, MODE_SVC = 0x13, MODE_MON = 0x16, MODE_ABT = 0x17,
    MODE_HYP = 0x1a, MODE_UND = 0x1b, MODE_SYS = 0x1f,
};

/* Bits of CPSR; NZCV, A, I, F, M and those of v8 are where PSTATE_* are. */
#define A32_M 0x1fu
#define A32_T 0x20u
#define A32_E 0x200u
#define A32_IT_LOW 0x06000000u /* IT[1:0]; IT[7:2] are bits 15 to 10 */
#define A32_IT_HIGH 0xfc00u
#define A32_GE 0xf0000u
#define A32_J 0x1000000u
#define A32_Q 0x8000000u

/* op0 of ARM_SYSREG() for coprocessor registers; of the 64-bit ones op1 and op2 are opc1's low and high bits. */
enum { CP15, CP15_64, CP14, CP14_64 };

/* arm_sysreg.trap of rows that are operations, which arm_sysreg.constant names. */
#define TRAP_CP_OP 64
enum { CP_OP_NOTHING = 1, CP_OP_ISB, CP_OP_DSB, CP_OP_DMB, CP_OP_WFI };

/* The current state is AArch32. */
static inline bool arm_in_a32(const struct arm_cpu *a)
{
    return a->pstate & PSTATE_NRW;
}

/* EL3 is AArch32: Monitor mode and the secure modes beside it. arm_cpu.el of the latter is 1, and of Monitor mode too. */
static inline bool arm_a32_has_el3(const struct arm_cpu *a)
{
    return arm_has(a, ARMF_el3) && a->config.a32_only;
}

static inline bool arm_in_monitor(const struct arm_cpu *a)
{
    return (a->pstate & (PSTATE_NRW | A32_M)) == (PSTATE_NRW | MODE_MON);
}

/* -- aarch32.c -- */
/* A level's own state is AArch32 (what it is while another is current, too). */
bool arm_level_is_a32(const struct arm_cpu *a, unsigned el);
/* CPSR, all of it; and back, with the banks of its mode: nothing is checked. Keys and regimes are not updated. */
uint32_t arm_cpsr_read(const struct arm_cpu *a);
void arm_cpsr_write(struct arm_cpu *a, uint32_t cpsr);
/* The exception level of its mode. */
unsigned arm_a32_level(uint32_t cpsr);
/* A value that may become CPSR by a return to that state. */
bool arm_cpsr_legal(const struct arm_cpu *a, uint32_t cpsr);
/* Where AArch64 has register n of the current mode: the number of an X register. */
unsigned arm_a32_x(const struct arm_cpu *a, unsigned n);
/* What a syndrome calls register n of the current mode: cp15.c. */
unsigned arm_a32_syndrome_register(const struct arm_cpu *a, unsigned n);
/* From AArch64 to the state of an SPSR that names AArch32, and from AArch32: general registers move. */
void arm_a32_enter(struct arm_cpu *a, uint32_t cpsr);
void arm_a32_leave(struct arm_cpu *a);
/* After a reset of a CPU without AArch64. */
void arm_a32_reset(struct arm_cpu *a);
/* An exception to EL1, EL2 or EL3, which is AArch32; EL3: to Monitor mode, 1 also to the secure state's other modes. */
void arm_a32_take_exception(struct arm_cpu *a, enum arm_vector v, unsigned to_el, uint64_t esr);
/* As arm_start_at(). */
void arm_a32_start_at(struct arm_cpu *a, unsigned el);
/* DFSR, DFAR or IFSR, IFAR of a fault that goes to EL1, or EL3's Monitor mode; status as in ESR_ELx's ISS. */
void arm_a32_set_fault(struct arm_cpu *a, unsigned to_el, bool fetch, bool write, unsigned status, unsigned domain,
                       uint32_t va);
/* CPSR's bits in mask are written as MSR does it. */
void arm_a32_write_status(struct arm_cpu *a, uint32_t value, uint32_t mask);

/* FPSCR: FPCR, FPSR and flags of its own. */
uint32_t arm_fpscr_read(struct arm_cpu *a);
void arm_fpscr_write(struct arm_cpu *a, uint32_t value);
/* The name of CPSR's mode as monitors print it: "svc". */
const char *arm_a32_mode_name(uint32_t cpsr);

/* -- a32-security.c: EL3 in AArch32 -- */
/* SCR.NS becomes that, and with it which copies of registers count; regimes and keys are not updated. */
void arm_a32_set_ns(struct arm_cpu *a, bool ns);
/* SCR, all of it; regimes and keys follow. */
void arm_a32_write_scr(struct arm_cpu *a, uint32_t value);
/* What translation at PL1 and PL0 goes by: Monitor mode has the secure state's, whatever SCR.NS selects. */
struct arm_a32_view {
    uint64_t sctlr, tcr, ttbr0, ttbr1, contextidr, dacr;
};
struct arm_a32_view arm_a32_view(const struct arm_cpu *a, bool secure);
uint64_t arm_a32_sctlr(const struct arm_cpu *a, bool secure);
uint32_t arm_a32_vbar(const struct arm_cpu *a, bool secure);
/* FP and Advanced SIMD are the secure state's alone: NSACR. */
bool arm_a32_fp_closed(const struct arm_cpu *a);
/* An interrupt to a level (3: Monitor mode) is masked by its bit of CPSR, or comes through. */
bool arm_a32_interrupt_masked(const struct arm_cpu *a, unsigned to, uint32_t mask);
extern const struct state_table arm_a32_copy_table;

/* -- cp15.c -- */
struct arm_sysreg;
/* The row of a coprocessor register for a CPU of these features, or NULL. */
const struct arm_sysreg *arm_cp_find(const struct arm_config *c, uint16_t enc);
/* insn: of the access, for a trap's syndrome. */
uint64_t arm_cp_read(struct arm_cpu *a, const struct arm_sysreg *r, uint32_t insn);
void arm_cp_write(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value, uint32_t insn);

#endif
