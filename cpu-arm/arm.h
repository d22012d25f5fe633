/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An A-profile ARM CPU: registers, system registers, and what the folder's files share. Manual: "Arm Architecture
 * Reference Manual for A-profile architecture" (DDI 0487); names are its.
 */
#ifndef MYNAH_ARM_H
#define MYNAH_ARM_H

#include "clock.h"
#include "cpu.h"
#include "gic-cpu.h"
#include "irq.h"

/* -- Features: a row each in models.c, which says the field of an ID register that shows it -- */
#define ARM_FEATURES(F)                                                                                                \
    F(aarch32) F(fp) F(asimd) F(fp16) F(el2) F(el3)                                                                    \
    F(aes) F(pmull) F(sha1) F(sha256) F(sha512) F(sha3) F(sm3) F(sm4) F(crc32) F(lse) F(rdm) F(dotprod) F(fhm)         \
    F(flagm) F(flagm2) F(rng) F(dpb) F(dpb2) F(pauth) F(fcma) F(jscvt) F(lrcpc) F(lrcpc2) F(frintts) F(sb) F(i8mm)     \
    F(bf16) F(bti) F(ssbs) F(dit) F(pan) F(pan2) F(uao) F(vhe) F(vmid16) F(hafdbs_a) F(hafdbs_d) F(hpds) F(e0pd)       \
    F(lse2) F(tgran4) F(tgran16) F(tgran64) F(asid16) F(cnp) F(xnx) F(csv3) F(gicv3) F(pmuv3) F(ras) F(lor)                   \
    F(fmac) F(fphp) F(aarch64) F(v5) F(v6) F(v6k) F(v7) F(v7ve) F(v8) F(sec) F(swp) F(mp) F(idiv) F(idiv_a32) F(lpae)          \
    F(gtimer) F(a_profile) F(m_profile) F(dsp) F(fp_dp) F(fpshvec) F(fpv5)
enum arm_feature {
#define F(name) ARMF_##name,
    ARM_FEATURES(F)
#undef F
    ARMF_COUNT
};

/* Algorithms of pointer authentication. */
enum { ARM_PAUTH_OWN, ARM_PAUTH_QARMA5, ARM_PAUTH_QARMA3 };

/* What a CPU of some model is: constant once it is made. */
struct arm_config {
    bool has[ARMF_COUNT];
    uint64_t id[8][8];  /* ID registers by CRm and op2, those with op0 = 3, op1 = 0, CRn = 0 (MIDR_EL1 is id[0][0]) */
    uint64_t fpsid, dbgdidr; /* of AArch32 */
    uint64_t pmcr;      /* the constant fields of PMCR: IMP, IDCODE, N */
    uint64_t ctr, dczid, clidr, ccsidr[8]; /* caches; ccsidr by CSSELR_EL1 */
    uint64_t sctlr;     /* SCTLR_EL1 after a reset; 0: as Armv8.0's cores */
    uint64_t cbar;      /* CBAR_EL1, CBAR: where the board has the interrupt controller */
    uint64_t rvbar;     /* where it starts after a reset */
    uint64_t cntfrq;    /* Hz */
    uint8_t pauth, pauth_level; /* ARM_PAUTH_*; PAUTH_* of pauth.h */
    bool a32_only;      /* no AArch64: the features are said, not read from ID registers */
    unsigned number;    /* of the features: equal ones mean equal translations */
};

/* -- The mode: what translations depend on besides the features. Bits of cpu->mode.word[0] -- */
#define ARMKEY_EL 0x3u          /* current exception level */
#define ARMKEY_A32 0x4u         /* AArch32 */
#define ARMKEY_ALIGN 0x8u       /* SCTLR.A: every access must be aligned */
#define ARMKEY_SP_ALIGN 0x10u   /* SCTLR.SA or SA0: loads and stores by SP need 16-byte alignment of it */
#define ARMKEY_TBI_SHIFT 5      /* 2 bits: instruction addresses with bit 55 clear, set ignore their top byte */
#define ARMKEY_ILLEGAL 0x80u    /* PSTATE.IL: every instruction is an illegal-state exception */
#define ARMKEY_SS 0x100u        /* single step is active: one instruction, then the exception (PSTATE.SS set) ... */
#define ARMKEY_SS_PENDING 0x200u /* ... which is due before any (PSTATE.SS clear) */
#define ARMKEY_FP_SHIFT 10      /* 2 bits: 0 FP and SIMD work, else the level that their use traps to */
#define ARMKEY_BE 0x1000u       /* data is big-endian */
#define ARMKEY_BT 0x2000u       /* SCTLR.BT: PACIASP is no landing pad of BR */
#define ARMKEY_GUARDED 0x4000u  /* guarded pages were met at this level: PSTATE.BTYPE counts */
#define ARMKEY_PAC_SHIFT 16     /* 4 bits: SCTLR.EnIA, EnIB, EnDA, EnDB: the instructions do something */
#define ARMKEY_UNPRIV 0x100000u /* LDTR and STTR access as EL0 does (context 1); else as other accesses */
#define ARMKEY_FPRM_SHIFT 21    /* 2 bits: FPCR.RMode, as enum ir_rm but for RMM (FPCR has none) */
#define ARMKEY_FZ16 0x800000u   /* FPCR.FZ16 */
#define ARMKEY_AHP 0x1000000u   /* FPCR.AHP */
#define ARMKEY_FZ 0x2000000u    /* FPCR.FZ */
#define ARMKEY_DN 0x4000000u    /* FPCR.DN */
#define ARMKEY_DZE 0x8000000u   /* DC ZVA works at this level */
#define ARMKEY_TWO_RANGES 0x10000000u /* the regime has a low and a high range of addresses */
#define ARMKEY_E2H 0x20000000u  /* EL2 with HCR_EL2.E2H: names of EL1's registers mean EL2's */
#define ARMKEY_SPSEL 0x40000000u /* PSTATE.SP */
#define ARMKEY_HCR_TRAPS 0x80000000u /* EL0 or EL1, and HCR_EL2 may trap accesses to system registers */
/* Of word[1]; the others than the first are AArch32's only */
#define ARMKEY_BREAKPOINTS 0x2u /* each instruction may be one that the guest has a breakpoint at */
#define ARMKEY_T32 0x1u
#define ARMKEY_MONITOR 0x4u     /* Monitor mode: Hyp mode's registers may be reached */
/* ... and of M-profile */
#define ARMKEY_HANDLER 0x80u  /* handler mode: branches to EXC_RETURN are returns */
#define ARMKEY_FP_CONTEXT 0x4u /* an FP instruction must make its context first */
#define ARMKEY_DIV0 0x8u      /* divisions by zero trap */
#define ARMKEY_SECURE 0x10u   /* the secure state */
#define ARMKEY_SECURITY 0x40u /* there are two states */
#define ARMKEY_SP_LIMIT 0x20u /* SP has a limit: armm_cpu.limit */
#define ARMKEY_IT_SHIFT 8 /* 8 bits: ITSTATE */
/* Of A-profile: FPSCR.LEN, 3 bits, and behind a bit STRIDE, 2 bits, where there are short vectors. */
#define ARMKEY_VECTOR_SHIFT 16
#define ARMKEY_STRIDE_SHIFT 20

/* Data contexts besides the current one (IR_MEM_CTX). */
#define ARM_CTX_UNPRIV 1u /* EL0's, for LDTR and STTR */

/* -- Guest registers: indexes in arm_regs[] -- */
#define ARMREG_X(n) (n) /* 0 .. 30 */
#define ARMREG_SP 31    /* the current one */
#define ARMREG_NZCV 32  /* as IR_LAYOUT_NZCV, other bits zero; where the flags are kept so, see enum arm_flags */
#define ARMREG_V(n) (33 + (n))
/* Members of arm_cpu.flags; of what was put as I32 the low half counts only. */
#define ARMREG_FLAGS_A 65
#define ARMREG_FLAGS_B 66
#define ARMREG_FLAGS_IN 67
#define ARMREG_FLAGS_NZ 68
#define ARMREG_FLAGS_C 69
#define ARMREG_FLAGS_KIND 70
#define ARMREG_COUNT 71

/*
 * N, Z, C and V are kept as what they are to be computed from, as most of them are overwritten before anything looks at
 * them: arm_cpu.flags.kind says how. arm_nzcv() computes them.
 */
enum arm_flags {
    ARM_FLAGS_PACKED,                   /* in arm_cpu.nzcv; the others are of flags.a and flags.b ... */
    ARM_FLAGS_ADD32, ARM_FLAGS_ADD64,
    ARM_FLAGS_SUB32, ARM_FLAGS_SUB64,
    ARM_FLAGS_LOGIC32, ARM_FLAGS_LOGIC64, /* ... of a result a; C and V are clear */
    ARM_FLAGS_ADC32, ARM_FLAGS_ADC64,     /* ... and of the carry that came in, the lowest bit of flags.in */
    ARM_FLAGS_SBC32, ARM_FLAGS_SBC64,
    ARM_FLAGS_WHAT = 15, /* mask of those */
    ARM_FLAGS_NZ = 16,   /* but N and Z are of flags.nz, 32 bits */
    ARM_FLAGS_C = 32,    /* but C is the lowest bit of flags.c */
};

/* -- PSTATE, without NZCV and BTYPE: bits as in SPSR_ELx -- */
#define PSTATE_SP 0x1u
#define PSTATE_EL_SHIFT 2
#define PSTATE_NRW 0x10u
#define PSTATE_F 0x40u
#define PSTATE_I 0x80u
#define PSTATE_A 0x100u
#define PSTATE_D 0x200u
#define PSTATE_DAIF 0x3c0u
#define PSTATE_BTYPE_SHIFT 10
#define PSTATE_SSBS 0x1000u
#define PSTATE_IL 0x100000u
#define PSTATE_SS 0x200000u
#define PSTATE_PAN 0x400000u
#define PSTATE_UAO 0x800000u
#define PSTATE_DIT 0x1000000u
#define PSTATE_NZCV 0xf0000000u

/* -- Lines into the CPU: bits of arm_cpu.lines, and the cell that cpu_arch.irq_in() takes -- */
enum arm_line {
    ARM_IRQ, ARM_FIQ, ARM_VIRQ, ARM_VFIQ,
    ARM_GROUP1_S, ARM_GROUP1_NS, /* of a GICv3: IRQ or FIQ, as the security state is another's or its own */
    ARM_SERROR, ARM_LINES
};

/* -- Generic timers, and lines out of the CPU: the number that cpu_arch.irq_out() takes -- */
enum arm_timer_kind { ARM_TIMER_PHYS, ARM_TIMER_VIRT, ARM_TIMER_HYP, ARM_TIMER_SEC, ARM_TIMER_HYPVIRT, ARM_TIMERS };
enum arm_out { ARM_OUT_TIMER = 0 /* + enum arm_timer_kind */, ARM_OUT_PMU = ARM_TIMERS, ARM_OUTS };
#define ARM_CNTFRQ 62500000 /* Hz, where nobody says otherwise */

#define ARM_PM_COUNTERS 6u /* event counters */

struct arm_timer {
    struct arm_cpu *owner;
    struct timer timer;
    uint64_t cval;
    uint8_t ctl; /* CNTx_CTL: ENABLE, IMASK */
};

/* How PSCI and SMCCC calls come: by an instruction that firmware of ours answers. */
enum arm_conduit { ARM_CONDUIT_NONE, ARM_CONDUIT_HVC, ARM_CONDUIT_SMC };

/* Of AArch32 registers that each security state has, one state's copies: names are those of the members for AArch64's. */
struct arm_a32_copy {
    uint64_t sctlr, actlr, ttbr0, ttbr1, tcr, dacr, dfsr, ifsr, far, adfsr, aifsr, par, mair, amair, vbar, contextidr;
    uint64_t tpidr_user, tpidrro, tpidr, csselr;
};

struct arm_cpu {
    struct cpu cpu;
    uint64_t x[31];
    uint64_t sp;         /* of PSTATE.EL and SPSel; sp_el[] has the others, at the current one's place nothing of use */
    uint64_t nzcv;       /* if flags.kind is ARM_FLAGS_PACKED */
    struct {
        uint64_t a, b, in, nz, c, kind; /* enum arm_flags */
    } flags;
    struct {
        uint64_t q[2];
    } v[32] __attribute__((aligned(16)));
    uint32_t pstate;     /* PSTATE_*, without NZCV and BTYPE */
    uint8_t btype;       /* PSTATE.BTYPE, if guarded has the level; 3 of an unguarded page's BR counts as 1 */
    uint8_t guarded;     /* levels, as bits, at which guarded pages were met */
    bool walk_guarded;   /* the last walk of stage 1 ended at a guarded page */
    uint64_t btype_pc;   /* where the BR was, or ... */
#define ARM_BTYPE_KNOWN UINT64_MAX /* ... 3 is 3 */
    uint8_t el;          /* the same as in pstate */
    /* AArch32: general registers of the current mode are in x as arm_a32_slot says; others' are here, as is of CPSR
     * what pstate has not. */
    uint8_t thumb, itstate, cpsr_ge; /* T, IT, GE */
    uint32_t fpscr_nzcv;             /* FPSCR's flags */
    uint32_t cpsr_q;                 /* not 0: Q */
    uint32_t bank_sp[8], bank_lr[8], bank_high[2][5]; /* SP and LR by bank, see aarch32.c; R8 to R12: [1] of FIQ mode */
    uint32_t fpcr;       /* what follows of it is in cpu.fp */
    uint64_t qc;         /* FPSR.QC: not 0: set. The other flags are in cpu.fp.flags */
    uint64_t excl_addr;  /* exclusive monitor: address, ~0: open ... */
    uint64_t excl_value[2]; /* ... and what was read there */
    uint8_t event;       /* the event register of WFE; atomic, set by others */
    bool for_event;      /* it waits by WFE */

    /* System registers, by the level in their name where there are several. */
    uint64_t sp_el[4], elr[4], spsr[4], esr[4], far[4], vbar[4], sctlr[4], actlr[4], afsr0[4], afsr1[4];
    uint64_t mair[4], amair[4];
    uint64_t ttbr0[4], ttbr1[4], tcr[4], tpidr[4], tpidrro, contextidr[4];
    uint64_t cpacr, cptr[4], hcr, scr, hstr, hacr, hpfar, vttbr, vtcr, vpidr, vmpidr, sder, par, csselr;
    uint64_t spsr_abt, spsr_und, spsr_irq, spsr_fiq, dacr32, ifsr32, fpexc32, teecr, teehbr;
    uint64_t mdcr[4], mdscr, mdccint, oslock, osdlr, osdtr[2], dbgbvr[16], dbgbcr[16], dbgwvr[16], dbgwcr[16], dbgclaim;
    uint64_t dbgvcr32;
    struct arm_a32_copy other; /* with EL3 in AArch32: the copies that SCR.NS does not select */
    uint64_t nsacr;
    uint64_t cntkctl, cnthctl, cntvoff, cntfrq, cntps_access;
    uint64_t pmcr, pmcntenset, pmovsset, pmselr, pmuserenr, pmintenset, pmevcntr[ARM_PM_COUNTERS];
    uint64_t pmevtyper[ARM_PM_COUNTERS], pmccntr, pmccfiltr;
    uint32_t pm_counting;     /* counters that count: what source() says since pm_last, of which the last is the cycles' */
    bool pm_filtered;         /* it depends on the level which do */
    bool pm_due;              /* an overflow is to be looked for; atomic */
    uint64_t pm_last[ARM_PM_COUNTERS + 1];
    struct timer pm_timer;
    uint64_t apkey[5][2]; /* APIA, APIB, APDA, APDB, APGA */
    uint64_t mpidr;

    /* Interrupts. */
    uint32_t lines;      /* 1 << enum arm_line; atomic, written by other threads */
    struct irq out[ARM_OUTS];
    struct arm_timer timers[ARM_TIMERS];
    GMutex timer_lock;   /* of timers and cnt*; as a device's in the order of locks */
    struct gic_cpu gic;  /* GICv3's CPU interface; ops NULL: there is none */

    /* Invalidations of TLBs that other CPUs asked for, see tlb.c. */
    struct arm_tlbi_queue *tlbi;
    uint32_t tlbi_posted; /* this CPU has asked others since its last DSB */

    /* PSCI: how a CPU is to be started by another. */
    uint8_t power;       /* POWER_* of psci.c; atomic */
    bool start;          /* it is; atomic, set behind the others */
    uint8_t start_el;
    uint64_t start_pc, start_x0;

    void (*update_key)(struct arm_cpu *a); /* what arm_update_key() is of another profile; NULL: A's */
    struct arm_config config;
    enum arm_conduit psci_conduit;
    bool below_el3;      /* it starts as firmware at EL3 would leave it */
    uint64_t entropy;    /* state of RNDR */
    struct arm_regimes *regimes; /* what numbers in mmu_key.mode stand for: see mmu.c */
    struct mmu_key data_key, fetch_key, unpriv_key;
    char *target_xml;
};

static inline struct arm_cpu *arm_cpu(struct cpu *cpu)
{
    return container_of(cpu, struct arm_cpu, cpu);
}

static inline bool arm_has(const struct arm_cpu *a, enum arm_feature f)
{
    return a->config.has[f];
}

/* -- Bits of registers -- */
#define SCTLR_M 0x1u
#define SCTLR_A 0x2u
#define SCTLR_C 0x4u
#define SCTLR_UMA (1u << 9)
#define SCTLR_DZE (1u << 14)
#define SCTLR_SW (1u << 10) /* AArch32 before v8 */
#define SCTLR_UCT (1u << 15)
#define SCTLR_NTWI (1u << 16)
#define SCTLR_NTWE (1u << 18)
#define SCTLR_WXN (1u << 19)
#define SCTLR_SPAN (1u << 23)
#define SCTLR_UCI (1u << 26)
#define SCTLR_DSSBS (UINT64_C(1) << 44)
#define SCR_NS 1u
#define SCR_IRQ 2u
#define SCR_FIQ 4u
#define SCR_EA 8u
#define SCR_FW (1u << 4)
#define SCR_AW (1u << 5)
#define SCR_SMD (1u << 7)
#define SCR_HCE (1u << 8)
#define SCR_SIF (1u << 9)
#define SCR_RW (1u << 10)
#define SCR_ST (1u << 11)
#define SCR_TWI (1u << 12)
#define SCR_TWE (1u << 13)
#define SCR_APK (1u << 16)
#define SCR_API (1u << 17)
#define SCR_EEL2 (1u << 18)
#define HCR_VM 0x1u
#define HCR_PTW 0x4u
#define HCR_FMO (1u << 3)
#define HCR_IMO (1u << 4)
#define HCR_AMO (1u << 5)
#define HCR_VF (1u << 6)
#define HCR_VI (1u << 7)
#define HCR_VSE (1u << 8)
#define HCR_FB (1u << 9)
#define HCR_DC (1u << 12)
#define HCR_TWI (1u << 13)
#define HCR_TWE (1u << 14)
#define HCR_TID0 (1u << 15)
#define HCR_TID1 (1u << 16)
#define HCR_TID2 (1u << 17)
#define HCR_TID3 (1u << 18)
#define HCR_TSC (1u << 19)
#define HCR_TIDCP (1u << 20)
#define HCR_TACR (1u << 21)
#define HCR_TSW (1u << 22)
#define HCR_TPC (1u << 23)
#define HCR_TPU (1u << 24)
#define HCR_TTLB (1u << 25)
#define HCR_TVM (1u << 26)
#define HCR_TGE (1u << 27)
#define HCR_TDZ (1u << 28)
#define HCR_HCD (1u << 29)
#define HCR_TRVM (1u << 30)
#define HCR_RW (UINT64_C(1) << 31)
#define HCR_CD (UINT64_C(1) << 32)
#define HCR_E2H (UINT64_C(1) << 34)
#define HCR_APK (UINT64_C(1) << 40)
#define HCR_API (UINT64_C(1) << 41)
/* Those that trap accesses to system registers and instructions. */
#define HCR_TRAPS                                                                                                      \
    (HCR_TID0 | HCR_TID1 | HCR_TID2 | HCR_TID3 | HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_TPC | HCR_TPU | HCR_TTLB |         \
     HCR_TVM | HCR_TDZ | HCR_TRVM)
#define MDCR_TPMCR (1u << 5) /* of MDCR_EL2 and HDCR */
#define MDCR_TPM (1u << 6)
#define MDCR_TDE (1u << 8)

/* -- Syndromes: ESR_ELx -- */
enum arm_ec {
    EC_UNKNOWN = 0x00, EC_WFX = 0x01, EC_CP15_RT = 0x03, EC_CP15_RRT = 0x04, EC_CP14_RT = 0x05, EC_CP14_LDC = 0x06,
    EC_FP = 0x07, EC_FP_ID = 0x08, EC_PAUTH = 0x09, EC_CP14_RRT = 0x0c, EC_BTI = 0x0d, EC_ILLEGAL = 0x0e,
    EC_SVC32 = 0x11, EC_HVC32 = 0x12, EC_SMC32 = 0x13,
    EC_SVC64 = 0x15, EC_HVC64 = 0x16, EC_SMC64 = 0x17, EC_SYSREG = 0x18, EC_SVE = 0x19, EC_FPAC = 0x1c,
    EC_IABT_LOWER = 0x20, EC_IABT = 0x21, EC_PC_ALIGN = 0x22, EC_DABT_LOWER = 0x24, EC_DABT = 0x25, EC_SP_ALIGN = 0x26,
    EC_FP32 = 0x28, EC_FP64 = 0x2c, EC_SERROR = 0x2f, EC_BREAKPOINT_LOWER = 0x30, EC_BREAKPOINT = 0x31,
    EC_STEP_LOWER = 0x32, EC_STEP = 0x33, EC_WATCHPOINT_LOWER = 0x34, EC_WATCHPOINT = 0x35, EC_BKPT32 = 0x38,
    EC_VECTOR_CATCH = 0x3a, EC_BRK64 = 0x3c,
};
#define ESR_IL (1u << 25) /* a 32-bit instruction */

static inline uint32_t arm_syndrome(enum arm_ec ec, uint32_t iss)
{
    return (uint32_t)ec << 26 | ESR_IL | iss;
}

/* The encoding of a system register or instruction as one number, 16 bits: as in bits 20 to 5 of MSR, MRS, SYS. */
#define ARM_SYSREG(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* -- exception.c -- */
enum arm_vector { ARM_VECTOR_SYNC, ARM_VECTOR_IRQ, ARM_VECTOR_FIQ, ARM_VECTOR_SERROR };
/* The level that an exception from the current one goes to, as HCR_EL2.TGE routes it; 1 for what EL0 and EL1 do. */
unsigned arm_exception_level(const struct arm_cpu *a, unsigned level);
/* The level that debug exceptions go to. */
unsigned arm_debug_level(const struct arm_cpu *a);
/* Take an exception to a level: state, cpu->pc (which is the preferred return address before) and regimes. */
void arm_take_exception(struct arm_cpu *a, enum arm_vector v, unsigned to_el, uint64_t esr);
/* In a helper with IR_H_TRAPS: a synchronous exception at this instruction to a level. */
void arm_raise(struct arm_cpu *a, unsigned to_el, uint64_t esr) __attribute__((noreturn));
/* The instruction is undefined in this state. */
void arm_undefined(struct arm_cpu *a) __attribute__((noreturn));
/* Return from an exception to an address: ERET, to ELR_ELx. cpu->pc, state and key are the target's. */
void arm_eret(struct arm_cpu *a, uint64_t target);
bool arm_take_interrupt(struct cpu *cpu);
bool arm_has_work(struct cpu *cpu);
/* WFE: true if it does not wait, the event register was set, and is not now. */
bool arm_event_taken(struct arm_cpu *a);
/* Wait for an event, or an interrupt, or give others a turn; cpu->pc is the next instruction. */
void arm_wait_for_event(struct arm_cpu *a);
/* SEV: an event of all ARM CPUs; SEVL, and returns from exceptions: of this one. */
void arm_send_event(struct arm_cpu *a);
void arm_send_event_local(struct arm_cpu *a);
/* Leave soon if an interrupt can be taken: after a change of masks. */
void arm_check_interrupts(struct arm_cpu *a);
void arm_raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop);
/* In a helper: AT met a fault that is an exception and no result. */
void arm_raise_at_fault(struct arm_cpu *a, const struct mmu_fault *fault) __attribute__((noreturn));
/* Any thread. */
void arm_irq_line(struct arm_cpu *a, enum arm_line n, struct irq *line);
/* isv.c: ISV to AR of the syndrome of a data abort at the current instruction; narrow: it has 16 bits, so IL is clear. */
uint32_t arm_access_iss(struct arm_cpu *a, bool *narrow);
/* It accesses memory as EL0 does: in EL0, and LDTR, STTR and AArch32's alike. cpu->pc is exact. */
bool arm_access_is_unprivileged(struct arm_cpu *a);
/* The lines, with what GICv3's groups are in the current state. */
uint32_t arm_lines(const struct arm_cpu *a);
bool arm_secure(const struct arm_cpu *a);      /* EL3, or SCR_EL3.NS is clear */
bool arm_el2_enabled(const struct arm_cpu *a); /* there is EL2, in the current security state */
/* PSTATE as SPSR_ELx has it, and back (with the bank of SP that it says); the key is not updated. */
uint64_t arm_pstate_read(const struct arm_cpu *a);
void arm_pstate_write(struct arm_cpu *a, uint64_t spsr);
/* N, Z, C and V in PSTATE's bits; the same set, other bits are ignored. */
uint32_t arm_nzcv(const struct arm_cpu *a);
void arm_set_nzcv(struct arm_cpu *a, uint32_t value);
/* Bits of PSTATE that select SP change: the banks are exchanged. */
void arm_set_el(struct arm_cpu *a, unsigned el, bool spsel);

/* -- debug.c -- */
/* The level that debug exceptions from the levels below it go to: 2 or 1. */
unsigned arm_debug_target(const struct arm_cpu *a);
/* Debug exceptions other than those of instructions are enabled at a level with these masks. */
bool arm_debug_enabled_at(const struct arm_cpu *a, unsigned el, uint64_t pstate);
/* Breakpoints are enabled, and one is there, so that each instruction has to ask. */
bool arm_breakpoints_armed(const struct arm_cpu *a);
/* Registers of breakpoints and watchpoints, or what enables them, have changed: the engine and the key are told. */
void arm_update_debug(struct arm_cpu *a);
void arm_watch_hit(struct cpu *cpu, gva va, unsigned len, bool write);
/* AArch32: a prefetch abort to a level, its reason in DBGDSCR.MOE. */
enum arm_debug_moe { MOE_BREAKPOINT = 1, MOE_BKPT = 3, MOE_VECTOR_CATCH = 5, MOE_WATCHPOINT = 10 };
void arm_debug_abort(struct arm_cpu *a, unsigned to, enum arm_debug_moe moe) __attribute__((noreturn));

/* -- regime.c: the mode and the regimes follow from the state -- */
void arm_update_key(struct arm_cpu *a);
void arm_update_state(struct arm_cpu *a);
/* Debug exceptions are enabled at a level with these masks, and MDSCR_EL1.SS asks for steps. */
bool arm_step_enabled_at(const struct arm_cpu *a, unsigned el, uint64_t pstate);
/* The level that use of FP and SIMD traps to by CPACR and the like, 0: none. */
unsigned arm_fp_access_level(const struct arm_cpu *a);
/* FPCR as the guest writes it, FPSR as it reads it. */
void arm_fpcr_write(struct arm_cpu *a, uint64_t value);
uint64_t arm_fpsr_read(struct arm_cpu *a);
void arm_fpsr_write(struct arm_cpu *a, uint64_t value);

/* -- mmu.c -- */
/* The keys of the current state, for data, fetches and LDTR. */
void arm_update_regimes(struct arm_cpu *a);
/* BTI: whether a page is guarded in the regime of fetches; PSTATE.BTYPE. */
bool arm_guarded(struct arm_cpu *a, gva va);
unsigned arm_btype(struct arm_cpu *a);
bool arm_walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
              struct mmu_page *page, struct mmu_fault *fault);

/* -- models.c -- */
extern const struct cpu_model arm_models[];
bool arm_model_apply(struct arm_cpu *a, struct opts *model, GError **err);
/* True if the CPU that "-cpu TEXT" asks for has no AArch64. */
bool arm_model_is_a32(const char *text);
bool arm_describe_model(struct opts *model, const char *system, GString *out, GError **err);

/* -- pmu.c -- */
/* Count up to now; the level may be another than before. On the CPU's thread. */
void arm_pm_sync(struct arm_cpu *a);
/* An overflow was due (arm_cpu.pm_due). */
void arm_pm_due(struct arm_cpu *a);

/* -- sysregs.c -- */
void arm_sysregs_reset(struct arm_cpu *a);
/* Behind a reset: to a lower level, with what firmware on the way there sets so that it works. */
void arm_start_at(struct arm_cpu *a, unsigned el);

/* -- tlb.c -- */
/* What TLBI encodings there are; op0 is 1. */
bool arm_tlbi_exists(const struct arm_config *c, uint16_t enc);
void arm_tlbi(struct arm_cpu *a, uint16_t enc, uint64_t value);
/* Wait until other CPUs have done what this one asked for: in a helper; its caller leaves for the loop. */
void arm_tlbi_wait(struct arm_cpu *a);
/* Do what others have asked for: on the CPU's thread, before it runs guest code. */
void arm_tlbi_catch_up(struct arm_cpu *a);
void arm_tlbi_init(struct arm_cpu *a);
void arm_tlbi_fini(struct arm_cpu *a);
/* AT: PAR_EL1 becomes its result. */
void arm_at(struct arm_cpu *a, uint16_t enc, uint64_t va);

/* -- psci.c -- */
/* Answer the call in x0 and so on; cpu->pc is behind the instruction. False: it is for somebody else. */
bool arm_psci_call(struct arm_cpu *a);
/* It runs nothing before another CPU starts it. Any thread. */
bool arm_psci_is_off(const struct arm_cpu *a);
/* The CPU was started by another (a->start): its state becomes that. */
void arm_psci_started(struct arm_cpu *a);

/* -- helpers called from translated code: sys-helpers.c -- */
extern const struct ir_helper arm_helper_raise;     /* (level, esr): exception at this instruction. TRAPS */
extern const struct ir_helper arm_helper_undefined; /* (): TRAPS */
extern const struct ir_helper arm_helper_pc_alignment; /* (): the PC is misaligned. TRAPS */
/* (imm): take it, cpu->pc is the next instruction; then exit_state, of HVC and SMC exit_main. TRAPS, WRITES */
extern const struct ir_helper arm_helper_svc, arm_helper_hvc, arm_helper_smc;
extern const struct ir_helper arm_helper_brk;       /* (imm): TRAPS */
extern const struct ir_helper arm_helper_semihost;  /* (): cpu->pc is set; then exit_main. WRITES, TRAPS */
extern const struct ir_helper arm_helper_eret;      /* (target): cpu->pc and key are the target's; then exit_state. WRITES */
extern const struct ir_helper arm_helper_bti;       /* (accept, pc): BTYPEs that may come to this instruction, as bits. TRAPS */
extern const struct ir_helper arm_helper_breakpoint; /* (): a breakpoint exception if one is here. TRAPS */
extern const struct ir_helper arm_helper_step;      /* (): the software step exception. TRAPS */
extern const struct ir_helper arm_helper_stepped;   /* (): one instruction was stepped; key updated. STATE */
extern const struct ir_helper arm_helper_nzcv;      /* () -> arm_nzcv(). READS */
extern const struct ir_helper arm_helper_masks;     /* (): PSTATE.DAIF was written; then exit_state. STATE */
extern const struct ir_helper arm_helper_pan;       /* (set): PSTATE.PAN, for accesses of the same unit too. STATE */
extern const struct ir_helper arm_helper_wfi;       /* (): halts, cpu->pc past it; then exit_main. TRAPS */
extern const struct ir_helper arm_helper_wfe;       /* (): may halt, cpu->pc past it; then exit_main. TRAPS */
extern const struct ir_helper arm_helper_sev;       /* (all): an event of all CPUs or this one. STATE */
extern const struct ir_helper arm_helper_yield;     /* () */
extern const struct ir_helper arm_helper_mrs;       /* (row, insn) -> value. TRAPS, WRITES */
/* (row, value, insn): the key may change unless the row is quiet. TRAPS, WRITES */
extern const struct ir_helper arm_helper_msr;
extern const struct ir_helper arm_helper_cache;     /* (insn, HCR_EL2's bit): may this level do it. TRAPS */
extern const struct ir_helper arm_helper_no_zva;    /* (insn): the same of DC ZVA. TRAPS */
extern const struct ir_helper arm_helper_tlbi, arm_helper_at; /* (insn, value). TRAPS */
extern const struct ir_helper arm_helper_dsb;       /* (): wait for other CPUs' TLBI; then exit_main. STATE */
extern const struct ir_helper *const arm_sys_helpers[]; /* NULL-terminated */
extern const struct ir_helper *const arm_a32_helpers[]; /* AArch32's, NULL-terminated */

/* -- translate.c, trans-*.c -- */
void arm_translate(const void *features, struct ir_unit *u); /* of the type struct arm_config */
extern const struct ir_helper *const arm_trans_helpers[];    /* the translator's own, NULL-terminated */

/* -- gdb.c, disas.c, dt.c -- */
const char *arm_gdb_target_xml(struct cpu *cpu, const char *annex);
unsigned arm_gdb_read(struct cpu *cpu, int reg, uint8_t *buf);
unsigned arm_gdb_write(struct cpu *cpu, int reg, const uint8_t *buf);
unsigned arm_gdb_nregs(struct cpu *cpu);
unsigned arm_disas(struct cpu *cpu, gva pc, const uint8_t *code, size_t len, GString *out);
extern const char *const arm_dt_compatible[];
char *arm_dt_model(const void *fdt, int node, GError **err);
bool arm_dt_read(struct cpu *cpu, const void *fdt, int node, GError **err);
int arm_dt_write(struct cpu *cpu, void *fdt, int node);
extern const struct cpu_node arm_cpu_nodes[];

extern const uint8_t arm_a32_slot[15];
extern const struct guest_reg arm_regs[ARMREG_COUNT];
/* The same of CPUs without AArch64, by what their code uses. */
extern const struct guest_reg arm_a32_regs[ARMREG_COUNT];
extern const struct cpu_arch arm_arch;
/* state.c: the table of struct arm_cpu. */
extern const struct state_table arm_state;

#endif
