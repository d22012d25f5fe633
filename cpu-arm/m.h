/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An M-profile CPU: Armv6-M to Armv8-M with what is private to it, the interrupt controller (NVIC), SysTick, the MPU,
 * the SAU. Its registers are those of struct arm_cpu as AArch32 has them. Manuals: "Armv8-M Architecture Reference
 * Manual" (DDI 0553), "Armv7-M Architecture Reference Manual" (DDI 0403), "Armv6-M Architecture Reference Manual"
 * (DDI 0419); names are theirs.
 *
 * What Armv8-M has for each security state is an array of two, of which the second is the secure state's: [secure]. A
 * CPU without the Security Extension is non-secure. What there is once is in the bank that armm_top() says.
 *
 * Other threads set lines, and SysTick's timer fires: they change level[], pending[] and check by atomic operations,
 * and kick. For that they read SCR, AIRCR and itns, which the CPU sets atomically. All else is the CPU's own.
 */
#ifndef MYNAH_ARM_M_H
#define MYNAH_ARM_M_H

#include "arm.h"

/* -- Exceptions by their numbers; interrupt n is 16 + n -- */
enum armm_exception {
    EXC_RESET = 1, EXC_NMI, EXC_HARDFAULT, EXC_MEMMANAGE, EXC_BUSFAULT, EXC_USAGEFAULT, EXC_SECUREFAULT,
    EXC_SVCALL = 11, EXC_DEBUGMON, EXC_PENDSV = 14, EXC_SYSTICK, EXC_IRQ,
};
#define ARMM_EXCEPTIONS 512
/*
 * A slot: what is enabled, pending and active by itself. It is the exception's number; the secure one of those that
 * each state has of its own is SLOT_SECURE further.
 */
#define SLOT_SECURE ARMM_EXCEPTIONS
#define ARMM_SLOTS (ARMM_EXCEPTIONS + 32)
#define ARMM_WORDS (ARMM_SLOTS / 32)
#define ARMM_MAX_IRQS (ARMM_EXCEPTIONS - EXC_IRQ)

/* -- Bits of registers -- */
#define CONTROL_NPRIV 1u
#define CONTROL_SPSEL 2u
#define CONTROL_FPCA 4u
#define CONTROL_SFPA 8u
#define XPSR_T (1u << 24)
#define XPSR_Q (1u << 27)
#define XPSR_GE 0xf0000u
#define XPSR_ALIGN (1u << 9) /* of a stacked one: SP was a multiple of 4, not of 8 */
#define XPSR_IPSR 0x1ffu
#define XPSR_SFPA (1u << 20) /* of a stacked one */
#define CCR_NONBASETHRDENA 1u
#define CCR_USERSETMPEND 2u
#define CCR_UNALIGN_TRP 8u
#define CCR_DIV_0_TRP 0x10u
#define CCR_BFHFNMIGN 0x100u
#define CCR_STKALIGN 0x200u
#define CCR_STKOFHFNMIGN 0x400u
#define SCR_SLEEPONEXIT 2u
#define SCR_SEVONPEND 0x10u
#define DEMCR_MON_EN (1u << 16)
#define DEMCR_MON_PEND (1u << 17)
#define DEMCR_SDME (1u << 20)
#define DEMCR_TRCENA (1u << 24)
#define HFSR_VECTTBL 2u
#define HFSR_FORCED (1u << 30)
#define HFSR_DEBUGEVT (1u << 31)
#define CFSR_IACCVIOL 1u
#define CFSR_DACCVIOL 2u
#define CFSR_MUNSTKERR 8u
#define CFSR_MSTKERR 0x10u
#define CFSR_MLSPERR 0x20u
#define CFSR_MMARVALID 0x80u
#define CFSR_IBUSERR 0x100u
#define CFSR_PRECISERR 0x200u
#define CFSR_UNSTKERR 0x800u
#define CFSR_STKERR 0x1000u
#define CFSR_LSPERR 0x2000u
#define CFSR_BFARVALID 0x8000u
#define CFSR_UNDEFINSTR (1u << 16)
#define CFSR_INVSTATE (1u << 17)
#define CFSR_INVPC (1u << 18)
#define CFSR_NOCP (1u << 19)
#define CFSR_STKOF (1u << 20)
#define CFSR_UNALIGNED (1u << 24)
#define CFSR_DIVBYZERO (1u << 25)
#define CFSR_BUS 0xff00u /* what is in it of BusFaults */
#define SFSR_INVEP 1u
#define SFSR_INVIS 2u
#define SFSR_INVER 4u
#define SFSR_AUVIOL 8u
#define SFSR_INVTRAN 0x10u
#define SFSR_LSPERR 0x20u
#define SFSR_SFARVALID 0x40u
#define SFSR_LSERR 0x80u
#define AIRCR_SYSRESETREQS 8u
#define AIRCR_BFHFNMINS (1u << 13)
#define AIRCR_PRIS (1u << 14)
#define NSACR_CP10 (1u << 10)
#define FPCCR_LSPACT 1u
#define FPCCR_USER 2u
#define FPCCR_S 4u
#define FPCCR_THREAD 8u
#define FPCCR_HFRDY 0x10u
#define FPCCR_MMRDY 0x20u
#define FPCCR_BFRDY 0x40u
#define FPCCR_SFRDY 0x80u
#define FPCCR_MONRDY 0x100u
#define FPCCR_SPLIMVIOL 0x200u
#define FPCCR_UFRDY 0x400u
#define FPCCR_TS (1u << 26)
#define FPCCR_CLRONRETS (1u << 27)
#define FPCCR_CLRONRET (1u << 28)
#define FPCCR_LSPENS (1u << 29)
#define FPCCR_LSPEN (1u << 30)
#define FPCCR_ASPEN (1u << 31)
#define MPU_CTRL_ENABLE 1u
#define MPU_CTRL_HFNMIENA 2u
#define MPU_CTRL_PRIVDEFENA 4u

/* Branches to this and above are exception returns in handler mode; with bit 0 either way, to the secure state. */
#define EXC_RETURN_MIN 0xff000000u
#define FNC_RETURN 0xfefffffeu
/* ... of Armv8-M */
#define EXC_RETURN_ES 1u
#define EXC_RETURN_SPSEL 4u
#define EXC_RETURN_MODE 8u
#define EXC_RETURN_FTYPE 0x10u
#define EXC_RETURN_DCRS 0x20u
#define EXC_RETURN_S 0x40u

#define ARMM_MPU_REGIONS 16
#define ARMM_SAU_REGIONS 8
#define ARMM_DWT_COMPS 4
#define ARMM_FP_COMPS 6
#define ARMM_NMI 0x10002u /* as an interrupt's number in a device tree */
#define ARMM_IDAU_NSC 0x10000u /* as an interrupt's number in a device tree: bits of idau_nsc */
/* From this bit on an interrupt's number in a device tree says whose it is: 1 the first CPU's alone; 0 each one's. */
#define ARMM_IRQ_CPU_SHIFT 20
/* The number of a stack pointer. */
#define ARMM_SP(secure, psp) ((secure) * 2u + (psp))

/* What a model is besides the features. */
struct armm_model {
    struct arm_config config;
    uint32_t cpuid;
    uint32_t id[16];    /* ID_PFR0 to ID_ISAR4 and what follows, from 0xe000ed40 on */
    uint32_t mvfr[3];
    uint8_t mpu_regions; /* as the core has them; 0: it has no MPU */
    bool user;          /* there is unprivileged thread mode */
    bool vtor;          /* the vector table moves */
    bool bitband;       /* there are bit-band regions */
    bool v8;            /* Armv8-M */
    uint8_t sau_regions; /* it has the Security Extension, and so many regions of its SAU */
};

struct armm_systick {
    struct armm_cpu *m;
    bool secure;        /* whose it is */
    GMutex lock;        /* of this struct; as a device's in the order of locks */
    struct timer timer; /* for the next time that the counter gets to zero */
    uint32_t csr;       /* SYST_CSR: ENABLE, TICKINT, CLKSOURCE, COUNTFLAG */
    uint32_t rvr;
    uint32_t held;      /* the counter while it does not count */
    uint64_t zero;      /* the tick at which it gets to zero, while it counts */
};

struct armm_cpu {
    struct arm_cpu arm;
    const struct armm_model *model; /* reduced */
    struct armm_model reduced;      /* the model without what options take away */

    uint8_t secure;       /* the security state */
    uint32_t sp_bank[4];  /* by ARMM_SP(); the current one is in arm.x[13], at its place here is nothing of use */
    uint8_t spsel;        /* which is current */
    uint32_t sp_limit[4]; /* MSPLIM, PSPLIM: in the same order */
    uint32_t limit;       /* the current one; 0: none is, or it is not to be looked at */
    uint16_t exception;   /* IPSR: 0 is thread mode */
    uint8_t control[2];   /* nPRIV, SPSEL */
    uint8_t fpca, sfpa;   /* CONTROL's other bits */
    uint8_t primask[2], faultmask[2], basepri[2];
    uint8_t event;        /* the event register, of WFE; atomic */
    uint8_t waits;        /* it sleeps for an event, not for an interrupt alone */
    uint8_t lockup;       /* locked up: only a reset or NMI helps */

    /* SCB. cfsr of BusFaults is in the bank that armm_top() says, FPCCR's bits that there are once, too. */
    uint32_t vtor[2], prigroup[2], scr[2], ccr[2], cfsr[2], mmfar[2], cpacr[2], actlr[2];
    uint32_t fpccr[2], fpcar[2], fpdscr[2];
    uint32_t hfsr, dfsr, bfar, demcr, dhcsr, nsacr, sfsr, sfar;
    uint32_t aircr;       /* PRIS, BFHFNMINS, SYSRESETREQS; set atomically */

    /* NVIC: a bit a slot. */
    uint32_t enabled[ARMM_WORDS], active[ARMM_WORDS];
    uint32_t pending[ARMM_WORDS]; /* atomic */
    uint32_t level[ARMM_WORDS];   /* of the lines; atomic */
    uint32_t itns[ARMM_WORDS];    /* interrupts that are the non-secure state's; set atomically */
    uint8_t prio[ARMM_SLOTS];
    uint32_t check;       /* what is pending, or its priority, may have changed; atomic */
    unsigned nirqs;
    unsigned prio_bits;   /* of a priority that are implemented, from the top */

    struct armm_systick systick[2];
    uint64_t hz;          /* of the core, and of SysTick */

    /* MPU. mpu_rasr is RLAR of Armv8-M. */
    uint32_t mpu_ctrl[2], mpu_rnr[2];
    uint32_t mpu_rbar[2 * ARMM_MPU_REGIONS], mpu_rasr[2 * ARMM_MPU_REGIONS]; /* the secure state's behind the other's */
    uint32_t mpu_mair[4];

    /* SAU, IDAU. */
    uint32_t sau_ctrl, sau_rnr, sau_rbar[ARMM_SAU_REGIONS], sau_rlar[ARMM_SAU_REGIONS];
    bool idau;            /* addresses with bit 28 set are secure, as the SSE-200 has it */
    uint32_t idau_nsc;    /* bit 0: those of code (0x1xxxxxxx) may be called, bit 1: of RAM (0x3xxxxxxx); atomic */
    uint32_t idau_seen;   /* what of it has been seen in what the engine has looked up */

    /* DWT's cycle counter: what it is ahead of the clock, and its value while it stands. */
    uint32_t dwt_ctrl, dwt_offset, dwt_held;
    /* DWT's and FPB's comparators. */
    uint32_t dwt_comp[ARMM_DWT_COMPS], dwt_mask[ARMM_DWT_COMPS], dwt_function[ARMM_DWT_COMPS];
    uint32_t fp_ctrl, fp_comp[ARMM_FP_COMPS];

    struct armm_cpu *next; /* with the same lines and private peripherals on the same bus, from the first one on */
    bool held;            /* it waits from a reset on to be released */
    uint32_t released_at; /* it is released: its vector table's address with bit 0 set; atomic */

    uint32_t entry;       /* where it begins instead of where the vector table says; bit 0 set: it is so */
    struct region scs, scs_ns, ppb, bitband[2]; /* what of the CPU's is on its bus */
};

static inline struct armm_cpu *armm_cpu(struct cpu *cpu)
{
    return container_of(cpu, struct armm_cpu, arm.cpu);
}

static inline struct armm_cpu *armm_of(struct arm_cpu *a)
{
    return container_of(a, struct armm_cpu, arm);
}

static inline bool armm_has(const struct armm_cpu *m, enum arm_feature f)
{
    return m->arm.config.has[f];
}

/* Armv7-M or later with its main extension. */
static inline bool armm_is_v7(const struct armm_cpu *m)
{
    return armm_has(m, ARMF_v7);
}

static inline bool armm_is_v8(const struct armm_cpu *m)
{
    return m->model->v8;
}

/* It has the Security Extension. */
static inline bool armm_has_security(const struct armm_cpu *m)
{
    return m->model->sau_regions;
}

/* The bank of what there is once. */
static inline unsigned armm_top(const struct armm_cpu *m)
{
    return armm_has_security(m);
}

static inline bool armm_privileged(const struct armm_cpu *m)
{
    return m->exception || !(m->control[m->secure] & CONTROL_NPRIV);
}

/* -- m-arch.c -- */
/* Where the vector table is after a reset. */
void armm_set_vector_table(struct armm_cpu *m, gpa table);
/* It was held: on its thread, it begins at this vector table. */
void armm_begin(struct armm_cpu *m, uint32_t vectors);
/* The mode and the regimes follow from the state. */
void armm_update_key(struct armm_cpu *m);
void armm_update_state(struct armm_cpu *m);
/* Which stack pointer is current follows from the mode and CONTROL. */
void armm_select_sp(struct armm_cpu *m);
/* A stack pointer, by ARMM_SP(). */
uint32_t armm_sp(const struct armm_cpu *m, unsigned which);
void armm_set_sp(struct armm_cpu *m, unsigned which, uint32_t value);
/* The other state, and what follows from it but for armm_update_state(). */
void armm_set_secure(struct armm_cpu *m, bool secure);
/* CONTROL of a state. */
uint32_t armm_control(const struct armm_cpu *m, bool secure);
/* xPSR with all its parts, and back without IPSR. */
uint32_t armm_xpsr(const struct armm_cpu *m);
void armm_set_xpsr(struct armm_cpu *m, uint32_t xpsr);

/* -- m-exception.c -- */
/* Take the exception of highest priority that is pending, if that may interrupt what runs. True: it did. */
bool armm_take_pending(struct armm_cpu *m);
/* A synchronous exception at this instruction, with what of CFSR says why. In a helper. */
void armm_raise(struct armm_cpu *m, enum armm_exception n, uint32_t cfsr) __attribute__((noreturn));
/* The same, of an exception that returns to cpu->pc: in a helper that sets that. */
void armm_call(struct armm_cpu *m, enum armm_exception n);
/* The current state's fault n is pending, or what it becomes if it can't be taken; with what of CFSR says why. */
void armm_pend_fault(struct armm_cpu *m, enum armm_exception n, uint32_t cfsr);
/* The same of a state; sfsr: of a SecureFault, which is the secure state's anyhow. */
void armm_pend_fault_of(struct armm_cpu *m, enum armm_exception n, bool secure, uint32_t cfsr);
void armm_pend_secure_fault(struct armm_cpu *m, uint32_t sfsr);
/* Return by EXC_RETURN from handler mode. */
void armm_exception_return(struct armm_cpu *m, uint32_t exc_return);
/* An access of stacking's or the like failed in a state: the fault that is pending then, with the bits that say so. */
void armm_pend_access(struct armm_cpu *m, const struct mmu_fault *fault, bool secure, uint32_t memmanage, uint32_t bus,
                      uint32_t sfsr);
/* Of an FP instruction: what is interrupted goes to at, some time; limit: if that is above the stack's limit. */
void armm_note_lazy(struct armm_cpu *m, uint32_t at, bool limit);
/* An access below this limit is no overflow at the priority of what runs. */
bool armm_ignores_limit(const struct armm_cpu *m, bool secure);
void armm_raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop);

/* -- m-fp.c -- */
/* FP instructions may be used by a state at this level; NSACR is not looked at. */
bool armm_fp_enabled(const struct armm_cpu *m, bool secure, bool privileged);
/* An FP instruction needs armm_helper_fp_context before it. */
bool armm_fp_needs_context(const struct armm_cpu *m);
/* S0 to S15 or S31 (all) and FPSCR to or from memory. False and *fault: it is not possible. */
bool armm_fp_save(struct armm_cpu *m, const struct mmu_key *key, uint32_t at, bool all, struct mmu_fault *fault);
bool armm_fp_restore(struct armm_cpu *m, const struct mmu_key *key, uint32_t at, bool all, struct mmu_fault *fault);
void armm_fp_clear(struct armm_cpu *m, bool all);
uint32_t armm_fpscr(struct armm_cpu *m);
void armm_set_fpscr(struct armm_cpu *m, uint32_t value);

/* -- m-nvic.c -- */
/* Of an exception in a state; armm_slot_secure(): the state that takes it. */
unsigned armm_slot(const struct armm_cpu *m, unsigned n, bool secure);
bool armm_slot_secure(const struct armm_cpu *m, unsigned slot);
/* A slot's priority, as bits 7 to 0 of its register; fixed ones are negative. */
int armm_priority(const struct armm_cpu *m, unsigned slot);
/* The part of it that says what interrupts what. */
int armm_group(const struct armm_cpu *m, unsigned slot);
/* Of the handlers that are active; of what runs: PRIMASK and the like included. 256: anything may interrupt it. */
int armm_raw_priority(const struct armm_cpu *m);
int armm_execution_priority(const struct armm_cpu *m);
/* The slot that comes next, with its group priority; 0: none is pending. Any thread while the CPU sleeps. */
unsigned armm_next(const struct armm_cpu *m, int *group);
/* By slots. Pending or not. Any thread for interrupts, SysTick and NMI. */
void armm_set_pending(struct armm_cpu *m, unsigned slot);
void armm_clear_pending(struct armm_cpu *m, unsigned slot);
bool armm_is_pending(const struct armm_cpu *m, unsigned slot);
void armm_activate(struct armm_cpu *m, unsigned slot);
void armm_deactivate(struct armm_cpu *m, unsigned slot);
/* From any thread: the CPU looks at what is asked of it before it goes on. */
void armm_ask(struct armm_cpu *m);
/* Of what may interrupt something may have changed: the CPU looks at it soon. */
void armm_check(struct armm_cpu *m);
bool armm_has_work(struct cpu *cpu);
bool armm_take_interrupt(struct cpu *cpu);
bool armm_irq_in(struct cpu *cpu, const uint32_t *cells, unsigned ncells, struct irq *line);
void armm_nvic_reset(struct armm_cpu *m);
static inline bool armm_bit(const uint32_t *map, unsigned n)
{
    return __atomic_load_n(&map[n / 32], __ATOMIC_RELAXED) >> (n % 32) & 1;
}

/* -- m-systick.c: offset from 0xe000e010, of a state's -- */
uint32_t armm_systick_read(struct armm_cpu *m, bool secure, unsigned offset);
void armm_systick_write(struct armm_cpu *m, bool secure, unsigned offset, uint32_t value);
void armm_systick_init(struct armm_cpu *m);
void armm_systick_reset(struct armm_cpu *m);
void armm_systick_fini(struct armm_cpu *m);

/* -- m-scs.c, m-ppb.c -- */
extern const struct io_ops armm_scs_ops, armm_scs_ns_ops;
/* The CPU whose access to what each has of its own is under way, of those on the bus; m is one of them. */
struct armm_cpu *armm_accessing(struct armm_cpu *m);
/* The machine's first Cortex-M, which may be m. */
struct armm_cpu *armm_first(struct armm_cpu *m);
/* Map what is the CPU's own on its bus; undo that. */
void armm_ppb_init(struct armm_cpu *m);
void armm_ppb_fini(struct armm_cpu *m);

/* -- m-debug.c -- */
/* Each instruction may be one that the FPB has a breakpoint at: the key says so. */
bool armm_has_breakpoints(const struct armm_cpu *m);
/* What the DWT watches has changed; so does the engine's list. On the CPU's thread. */
void armm_update_watchpoints(struct armm_cpu *m);
void armm_watch_hit(struct cpu *cpu, gva va, unsigned len, bool write);
/* Registers of both, offset from 0xe0000000. False: there is none. */
bool armm_debug_read(struct armm_cpu *m, unsigned offset, uint32_t *v);
bool armm_debug_write(struct armm_cpu *m, unsigned offset, uint32_t value);

/* -- m-mpu.c -- */
/* mmu_fault.kind */
enum armm_fault {
    ARMM_FAULT_MPU, ARMM_FAULT_PPB,
    ARMM_FAULT_SECURE, /* the non-secure state and what is secure, or a fetch the other way round */
};
bool armm_walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
               struct mmu_page *page, struct mmu_fault *fault);
/* The key of a state's accesses at this level; off: the MPU is bypassed. */
struct mmu_key armm_key(bool secure, bool unprivileged, bool off);
/* A state's MPU does not check what runs now: it is off, or its priority is below zero and HFNMIENA clear. */
bool armm_mpu_off(const struct armm_cpu *m, bool secure);
/* What a state's MPU permits at an address, as mmu_page.prot. *region: the one that says so, -1: none. */
unsigned armm_mpu_prot(const struct armm_cpu *m, bool secure, bool unprivileged, uint32_t va, int *region);
uint32_t armm_mpu_read(struct armm_cpu *m, bool secure, unsigned offset);
void armm_mpu_write(struct armm_cpu *m, bool secure, unsigned offset, uint32_t value);

/* -- m-security.c -- */
/* What SAU and IDAU say of an address. */
struct armm_attribution {
    bool ns, nsc;   /* non-secure; secure, and the other state may call it */
    bool exempt;    /* whatever the state is, it may */
    int sau, idau;  /* the region of each that says so, -1: none */
};
/* [*first, *last] around va becomes what of it has the same attribution. */
struct armm_attribution armm_attribute(const struct armm_cpu *m, uint32_t va, bool fetch, uint32_t *first,
                                       uint32_t *last);
uint32_t armm_sau_read(struct armm_cpu *m, unsigned offset);
void armm_sau_write(struct armm_cpu *m, unsigned offset, uint32_t value);
/* A fetch of the non-secure state met what is secure: SG there is executed, and all else is a SecureFault. */
void armm_enter_secure(struct armm_cpu *m);
/* A branch to FNC_RETURN. */
void armm_function_return(struct armm_cpu *m);
/* From the IDAU of a board: bits of idau_nsc. Any thread. */
void armm_set_idau_nsc(struct armm_cpu *m, unsigned bit, bool on);

/* -- m-models.c, m-gdb.c, m-state.c -- */
extern const struct cpu_model armm_models[];
bool armm_model_apply(struct armm_cpu *m, struct opts *model, GError **err);
bool armm_describe_model(struct opts *model, const char *system, GString *out, GError **err);
extern const char *const armm_dt_compatible[], *const armm_dt_parts[];
char *armm_dt_model(const void *fdt, int node, GError **err);
bool armm_dt_read(struct cpu *cpu, const void *fdt, int node, GError **err);
const char *armm_gdb_target_xml(struct cpu *cpu, const char *annex);
unsigned armm_gdb_read(struct cpu *cpu, int reg, uint8_t *buf);
unsigned armm_gdb_write(struct cpu *cpu, int reg, const uint8_t *buf);
unsigned armm_gdb_nregs(struct cpu *cpu);
extern const struct state_table armm_state;

/* -- m-helpers.c: called from translated code -- */
extern const struct ir_helper armm_helper_undefined;  /* (): UsageFault. TRAPS */
extern const struct ir_helper armm_helper_fault;      /* (CFSR's bit): UsageFault. TRAPS */
extern const struct ir_helper armm_helper_svc;        /* (): cpu->pc is behind it; then exit_state. WRITES */
extern const struct ir_helper armm_helper_bkpt;       /* (imm, length). TRAPS */
extern const struct ir_helper armm_helper_bx;         /* (target): a return, or a branch to another state; exit_state */
extern const struct ir_helper armm_helper_mrs;        /* (SYSm) -> value. READS */
extern const struct ir_helper armm_helper_msr;        /* (SYSm, mask, value): the key may change. WRITES */
extern const struct ir_helper armm_helper_cps;        /* (set, PRIMASK, FAULTMASK): the key may change */
extern const struct ir_helper armm_helper_wait;       /* (is WFE, length): halts, cpu->pc past it; exit_main */
extern const struct ir_helper armm_helper_sev;        /* () */
extern const struct ir_helper armm_helper_breakpoint; /* (): DebugMonitor if the FPB has one here. TRAPS */
extern const struct ir_helper armm_helper_bxns;       /* (target, LR or 0): BXNS; BLXNS. exit_state */
extern const struct ir_helper armm_helper_tt;         /* (address, A << 1 | T) -> what it says. TRAPS */
extern const struct ir_helper armm_helper_vlstm;      /* (address, is a load): the key may change. WRITES, TRAPS */
extern const struct ir_helper armm_helper_fp_context; /* (): preserve and make FP's; the key changes. WRITES, TRAPS */
extern const struct ir_helper *const armm_helpers[];  /* NULL-terminated */

extern const struct cpu_arch armm_arch;

#endif
