/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of system registers: a row each. */
#ifndef MYNAH_ARM_SYSREG_H
#define MYNAH_ARM_SYSREG_H

#include "arm.h"

#define NO_LEVEL 4 /* of el_read, el_write: at none */

/* What may trap an access from below besides the level itself, or make it undefined. */
enum arm_sysreg_trap {
    TRAP_NONE,
    TRAP_VM,     /* HCR_EL2.TVM, TRVM */
    TRAP_ACTLR,  /* TACR */
    TRAP_ID1,    /* TID1 */
    TRAP_ID2,    /* TID2, and SCTLR_EL1.UCT from EL0 */
    TRAP_ID3,    /* TID3 */
    TRAP_CPACR,  /* CPTR_ELx.TCPAC */
    TRAP_FP,     /* as FP instructions */
    TRAP_DAIF,   /* SCTLR_EL1.UMA from EL0 */
    TRAP_PMU,    /* MDCR_ELx.TPM; PMUSERENR_EL0.EN from EL0 */
    TRAP_DEBUG,  /* MDCR_ELx.TDA, TDE */
    TRAP_DEBUG_OS, /* MDCR_ELx.TDOSA */
    TRAP_DEBUG_ROM, /* MDCR_ELx.TDRA */
    TRAP_PAUTH,  /* HCR_EL2.APK, SCR_EL3.APK */
    TRAP_VCT, TRAP_PCT, TRAP_VTIMER, TRAP_PTIMER, /* CNTKCTL_EL1, CNTHCTL_EL2 */
    TRAP_STIMER, /* EL1: SCR_EL3.ST */
    TRAP_GIC,
    TRAP_SECURE, /* of AArch32: the secure state's; where EL3 is AArch64 EL3 takes it */
    TRAP_SECURE_DEBUG, /* of AArch32: the secure state's; and as TRAP_DEBUG */
    TRAP_MONITOR, /* of AArch32: the secure state's where EL3 is AArch32 */
};

struct arm_sysreg {
    const char *name;
    uint16_t enc;               /* ARM_SYSREG() */
    uint8_t el_read, el_write;  /* lowest level that may, or NO_LEVEL */
    uint8_t trap;               /* enum arm_sysreg_trap */
    uint8_t feature;            /* that it needs; ARMF_COUNT: none */
    bool quiet;                 /* a write changes nothing that translations, regimes or pending interrupts depend on */
    int32_t offset;             /* of the member of struct arm_cpu that it is, -1: of none ... */
    uint64_t mask;              /* ... and the bits that a write changes; without functions it is accessed in place */
    uint64_t constant;          /* where it is neither a member nor read by a function */
    uint64_t (*read)(struct arm_cpu *a, const struct arm_sysreg *r);
    void (*write)(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value);
};

/* The row of an encoding for a CPU of these features, or NULL. */
const struct arm_sysreg *arm_sysreg_find(const struct arm_config *c, uint16_t enc);
/* What an encoding means under a mode: E2H and the names _EL12 and _EL02. */
uint16_t arm_sysreg_redirect(uint64_t mode, uint16_t enc);
/* Every row; those of ID registers that are not allocated have no name. */
extern const struct arm_sysreg arm_sysregs[];
extern const unsigned arm_sysreg_count;
/* The same of AArch32's coprocessors; an encoding may have several rows, by feature. */
extern const struct arm_sysreg arm_cp_regs[];
extern const unsigned arm_cp_count;
uint64_t arm_sysreg_peek(struct arm_cpu *a, const struct arm_sysreg *r);
/* The ID register with this CRm and op2, as the CPU shows it on its board. */
uint64_t arm_id_read(const struct arm_cpu *a, unsigned crm, unsigned op2);

/* An access to this register of the GIC's CPU interface means the virtual one. */
bool arm_gic_is_virtual(const struct arm_cpu *a, uint16_t enc);
/* EL2 wants to see EL1's access to it, by its AArch64 encoding; called only where there is EL2 in this state. */
bool arm_gic_trapped_to_el2(const struct arm_cpu *a, uint16_t enc);

/* Traps by their kinds and AArch64 encodings, of AArch32's registers too: sys-helpers.c. From EL0, what EL1 (or a host's EL2)
 * has not opened. */
bool arm_closed_to_el0(const struct arm_cpu *a, unsigned trap, uint16_t enc, bool write);
/* EL2 wants to see EL0's or EL1's access; called only where there is EL2 in this state. */
bool arm_trapped_to_el2(const struct arm_cpu *a, unsigned trap, uint16_t enc, bool write);
/* EL3 wants to see an access from below. */
bool arm_trapped_to_el3(const struct arm_cpu *a, unsigned trap, uint16_t enc);

/* -- pmu.c -- */
uint64_t arm_pm_read(struct arm_cpu *a, const struct arm_sysreg *r);
void arm_pm_write(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value);
/* MDCR_EL2 or MDCR_EL3 (el), which say who has which counters, and where they count. */
void arm_pm_write_mdcr(struct arm_cpu *a, unsigned el, uint64_t value);
void arm_pm_init(struct arm_cpu *a);
/* Behind a reset or a load: counting goes on from now. */
void arm_pm_loaded(struct arm_cpu *a);
/* Before registers are saved: they have what was counted. */
void arm_pm_settle(struct arm_cpu *a);

/* -- timer.c -- */
void arm_timers_init(struct arm_cpu *a);
void arm_timers_reset(struct arm_cpu *a);
void arm_timers_sync(struct arm_cpu *a);
void arm_time_changed(struct cpu *cpu);
uint64_t arm_count(const struct arm_cpu *a);         /* CNTPCT */
uint64_t arm_virtual_count(const struct arm_cpu *a); /* CNTVCT, as it is read at the current level */
uint64_t arm_timer_ctl(struct arm_cpu *a, enum arm_timer_kind k);
uint64_t arm_timer_tval(struct arm_cpu *a, enum arm_timer_kind k);
void arm_timer_set_ctl(struct arm_cpu *a, enum arm_timer_kind k, uint64_t ctl);
void arm_timer_set_cval(struct arm_cpu *a, enum arm_timer_kind k, uint64_t cval);
void arm_timer_set_tval(struct arm_cpu *a, enum arm_timer_kind k, uint64_t tval);
void arm_set_cntvoff(struct arm_cpu *a, uint64_t value);

#endif
