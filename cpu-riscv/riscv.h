/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A RISC-V hart: registers, CSRs, and what the folder's files share. Manuals: "The RISC-V Instruction
 * Set Manual", volumes I (unprivileged, 20240411 and later) and II (privileged, 1.12 and 1.13).
 */
#ifndef MYNAH_RISCV_H
#define MYNAH_RISCV_H

#include "clock.h"
#include "cpu.h"
#include "irq.h"
#include "msi.h"

/* Privilege levels as the manual encodes them. */
enum { PRV_U = 0, PRV_S = 1, PRV_M = 3 };

/* -- Bits of the mode's first word: what a translation depends on besides the features -- */
#define RVKEY_PRV 0x3u         /* current privilege */
#define RVKEY_XL32 0x4u        /* XLEN is 32 */
#define RVKEY_FS_SHIFT 3       /* 2 bits: mstatus.FS as RVFS_* */
#define RVKEY_FRM_SHIFT 5      /* 2 bits: fcsr.frm as RVFRM_* */
#define RVKEY_NOC 0x80u        /* misa.C is clear: jump targets must be 4-byte aligned */
#define RVKEY_LPE 0x100u       /* landing pads are enforced at this privilege */
#define RVKEY_ELP 0x200u       /* the first instruction must be one */
#define RVKEY_SSE 0x400u       /* the shadow stack is on at this privilege */
enum { RVFS_OFF, RVFS_CLEAN /* Initial or Clean: an FP write must set Dirty first */, RVFS_DIRTY };
enum { RVFRM_HOST /* 0..3 */, RVFRM_RMM, RVFRM_INVALID };

/* Indexes in the guest register table: x0 is never accessed through it. */
#define RVREG_X(n) (n)
#define RVREG_F(n) (32 + (n))
#define RVREG_COUNT 64

/* -- Extensions and other -cpu features: one row each in models.c -- */
#define RISCV_FEATURES(F)                                                                                              \
    F(i) F(e) F(m) F(a) F(f) F(d) F(c) F(s) F(u)                                                                       \
    F(zicsr) F(zifencei) F(zicntr) F(zihpm) F(zba) F(zbb) F(zbc) F(zbs) F(zbkb) F(zicond) F(zicbom) F(zicboz)          \
    F(zicbop) F(zfa) F(zfh) F(zfhmin) F(zawrs) F(zacas) F(zihintpause) F(zimop) F(zcb) F(zca) F(zcd) F(zcf) F(zcmop)   \
    F(zmmul) F(zaamo) F(zalrsc) F(zihintntl)                                                                           \
    F(zbkc) F(zbkx) F(zk) F(zkn) F(zknd) F(zkne) F(zknh) F(zkr) F(zks) F(zksed) F(zksh) F(zkt)                         \
    F(zabha) F(zama16b) F(zce) F(zcmp) F(zcmt) F(b)                                                                    \
    F(zic64b) F(ziccamoa) F(ziccif) F(zicclsm) F(ziccrse) F(za64rs)                                                    \
    F(zicfilp) F(zicfiss) F(ssccptr) F(sscounterenw) F(ssstateen) F(sstvala) F(sstvecd) F(ssu64xl)                     \
    F(sv32) F(sv39) F(sv48) F(sv57) F(svade) F(svadu) F(svpbmt) F(svnapot) F(svinval) F(sstc) F(smepmp)                \
    F(svvptc) F(smstateen) F(sscofpmf) F(smaia) F(ssaia) F(mmu) F(pmp)
enum riscv_feature {
#define F(name) RVF_##name,
    RISCV_FEATURES(F)
#undef F
    RVF_COUNT
};

struct riscv_config {
    bool has[RVF_COUNT];
    unsigned xlen;          /* 32 or 64 */
    unsigned priv_minor;    /* of the privileged architecture's version: 1.10 to 1.13 */
    unsigned pmp_count;     /* entries: 0, 16 or 64 */
    unsigned cbo_block;     /* bytes of a cache block for cbo.* (64) */
    uint32_t mvendorid;
    uint64_t marchid, mimpid;
    unsigned number;        /* of the set of features: equal sets have equal numbers */
    gpa reset_vector;       /* set by the board before the first reset */
};

/* An active PMP entry as checks use it: the bytes lo .. hi, and pmpcfg's R, W, X and L bits. */
struct riscv_pmp_range {
    gpa lo, hi;
    uint8_t cfg;
};

struct riscv_cpu {
    struct cpu cpu;

    uint64_t x[32]; /* RV32: the low 32 bits are the register, the high ones zero */
    uint64_t f[32]; /* narrower values are NaN-boxed */

    uint8_t priv;
    /* Load reservation: address (+ 1 if of 8 bytes) and the value seen; ~0: none. */
    gva resv_addr;
    uint64_t resv_value;

    /* CSRs, named as in the manual; only bits that exist are ever set. */
    uint64_t mstatus_mask, sstatus_mask; /* writable bits, from the features */
    uint64_t mstatus, misa, mie, mtvec, mscratch, mepc, mcause, mtval, medeleg, mideleg;
    uint64_t mcounteren, mcountinhibit, menvcfg, mseccfg;
    uint64_t stvec, sscratch, sepc, scause, stval, satp, scounteren, senvcfg, stimecmp;
    uint64_t mstateen[4], sstateen0; /* the other sstateen have no bits */
    uint64_t jvt, ssp;
    bool elp; /* an indirect jump was the last instruction: a landing pad is expected */
    uint8_t pmpcfg[64];
    uint64_t pmpaddr[64];
    struct riscv_pmp_range pmp_range[64]; /* of the active entries, in order of priority: made by pmp.c */
    unsigned pmp_nranges;
    uint64_t mcycle_offset, minstret_offset; /* CSR = source + offset; while inhibited, the CSR itself */
    uint8_t frm;       /* fcsr.frm; the flags are in cpu.fp.flags */

    /* mip is the OR of: lines from outside, STIP from stimecmp under Sstc, the bits software set. All are atomic. */
    uint64_t mip_lines, mip_sstc, mip_soft;
    /* Smaia and Ssaia. mvip: bit 1 where mvien has it, and 13-63; 5 and 9 are those of mip_soft. */
    uint64_t mvien, mvip, miselect, siselect;
    uint64_t sie_virtual;       /* sie where mvien and not mideleg says that it is a register of its own */
    uint64_t virtual_pending;   /* what is pending in mvip and enabled in sie_virtual for S-mode: made by csr-irq.c */
    uint8_t miprio[64], siprio[64];
    bool miprio_set, siprio_set; /* any of them is not 0 */
    uint32_t topei;             /* the interrupt that the last read of mtopei or stopei returned: a write claims it */
    struct msi_file mfile, sfile; /* the hart's IMSIC; without ops there is none */
    struct timer stimer; /* Sstc: fires at stimecmp */
    GMutex stimer_lock;  /* stimecmp and mip_sstc are consistent under it */
    bool stimecmp_written; /* since reset */

    /* What mmu_switch() was last told. */
    struct mmu_key data_key, fetch_key;

    struct riscv_config config;
    uint64_t hartid;     /* mhartid: the index, unless a device tree says otherwise */
    uint64_t time_hz;    /* of the time CSR: the board's timebase-frequency */
    uint64_t entropy;    /* seed's generator under -seed, once it is seeded */
    bool entropy_seeded;
    char *target_xml;
};

static inline struct riscv_cpu *riscv_cpu(struct cpu *c)
{
    return container_of(c, struct riscv_cpu, cpu);
}

/* Exception codes (mcause). */
enum {
    EXC_INSN_MISALIGNED = 0, EXC_INSN_ACCESS = 1, EXC_ILLEGAL = 2, EXC_BREAKPOINT = 3,
    EXC_LOAD_MISALIGNED = 4, EXC_LOAD_ACCESS = 5, EXC_STORE_MISALIGNED = 6, EXC_STORE_ACCESS = 7,
    EXC_ECALL_U = 8, EXC_ECALL_S = 9, EXC_ECALL_M = 11,
    EXC_INSN_PAGE = 12, EXC_LOAD_PAGE = 13, EXC_STORE_PAGE = 15, EXC_SOFTWARE_CHECK = 18,
};
/* xtval of a software check: what failed. */
enum { CHECK_LANDING_PAD = 2, CHECK_SHADOW_STACK = 3 };
/* Interrupt numbers (mip bits). */
enum { IRQ_SSI = 1, IRQ_MSI = 3, IRQ_STI = 5, IRQ_MTI = 7, IRQ_SEI = 9, IRQ_MEI = 11, IRQ_LCOFI = 13 };

/* -- trap.c -- */
/* Take an exception at cpu->pc (exact): sets the trap CSRs, privilege, cpu->pc and key. Does not leave the caller. */
void riscv_trap(struct riscv_cpu *r, unsigned cause, uint64_t tval);
/* The same from a helper or the MMU: syncs the PC, traps, and leaves through cpu_loop_exit(). */
void riscv_raise(struct riscv_cpu *r, unsigned cause, uint64_t tval) __attribute__((noreturn));
/* Recompute cpu->key and the MMU regimes from priv, mstatus, satp, frm ...; call after changing any of them. */
void riscv_update_state(struct riscv_cpu *r);
/* Parts of it: the key alone, and the regime of data accesses where only SUM, MXR, MPRV or MPP have changed. */
void riscv_update_key(struct riscv_cpu *r);
void riscv_update_data_regime(struct riscv_cpu *r);
/* Zicfilp, Zicfiss: on at the current privilege. */
bool riscv_lpe(const struct riscv_cpu *r);
bool riscv_sse(const struct riscv_cpu *r);
/* Kick this hart if an enabled interrupt can be taken. */
void riscv_check_interrupts(struct riscv_cpu *r);
/* cpu_arch's take_interrupt, has_work and raise_fault. */
bool riscv_take_interrupt(struct cpu *cpu);
bool riscv_has_work(struct cpu *cpu);
void riscv_raise_fault(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop);
/* Sstc: set stimecmp, as the guest does (written) or at reset, and with it STIP and the timer. */
void riscv_stimecmp_update(struct riscv_cpu *r, uint64_t stimecmp, bool written);
/*
 * Whether stimecmp has been reached. Its reset value is left open: it is QEMU's 0, and as there it asks for no
 * interrupt before it has been written.
 */
bool riscv_stimecmp_due(const struct riscv_cpu *r, uint64_t now);
void riscv_stimer_init(struct riscv_cpu *r);
/* The time counter: mtime. */
uint64_t riscv_time(const struct riscv_cpu *r);
/* cpu_arch's time_changed. */
void riscv_time_changed(struct cpu *cpu);
/* The hart's interrupt inputs for PLIC, ACLINT and IMSIC: irq.n is the mip bit. */
void riscv_irq_line(struct riscv_cpu *r, unsigned mip_bit, struct irq *line);
/* The current value of mip. */
uint64_t riscv_mip(struct riscv_cpu *r);
/* Pending and enabled interrupts that trap to M-mode, to S-mode (unless something of more privilege does). */
uint64_t riscv_pending_m(struct riscv_cpu *r, uint64_t mip);
uint64_t riscv_pending_s(struct riscv_cpu *r, uint64_t mip);
/* xret, WFI: return false if illegal at this privilege (the caller raises). */
bool riscv_mret(struct riscv_cpu *r);
bool riscv_sret(struct riscv_cpu *r);

/* Bits of mstatus. SD is not stored: csr.c computes it. */
#define MSTATUS_SIE (UINT64_C(1) << 1)
#define MSTATUS_MIE (UINT64_C(1) << 3)
#define MSTATUS_SPIE (UINT64_C(1) << 5)
#define MSTATUS_MPIE (UINT64_C(1) << 7)
#define MSTATUS_SPP (UINT64_C(1) << 8)
#define MSTATUS_MPP_SHIFT 11 /* 2 bits */
#define MSTATUS_MPP (UINT64_C(3) << MSTATUS_MPP_SHIFT)
#define MSTATUS_FS_SHIFT 13 /* 2 bits: off, initial, clean, dirty */
#define MSTATUS_FS (UINT64_C(3) << MSTATUS_FS_SHIFT)
#define MSTATUS_MPRV (UINT64_C(1) << 17)
#define MSTATUS_SUM (UINT64_C(1) << 18)
#define MSTATUS_MXR (UINT64_C(1) << 19)
#define MSTATUS_TVM (UINT64_C(1) << 20)
#define MSTATUS_TW (UINT64_C(1) << 21)
#define MSTATUS_TSR (UINT64_C(1) << 22)
#define MSTATUS_SPELP (UINT64_C(1) << 23)
#define MSTATUS_MPELP (UINT64_C(1) << 41)
#define MSTATUS_UXL_SHIFT 32
#define MSTATUS_SXL_SHIFT 34

/* Bits of menvcfg and senvcfg. */
#define ENVCFG_FIOM (UINT64_C(1) << 0)
#define ENVCFG_LPE (UINT64_C(1) << 2)
#define ENVCFG_SSE (UINT64_C(1) << 3)
#define ENVCFG_CBIE_SHIFT 4 /* 2 bits: 0 illegal, 1 flush, 3 invalidate */
#define ENVCFG_CBCFE (UINT64_C(1) << 6)
#define ENVCFG_CBZE (UINT64_C(1) << 7)
#define ENVCFG_ADUE (UINT64_C(1) << 61)
#define ENVCFG_PBMTE (UINT64_C(1) << 62)
#define ENVCFG_STCE (UINT64_C(1) << 63)

/* Bits of mseccfg. */
#define MSECCFG_MML 1u
#define MSECCFG_MMWP 2u
#define MSECCFG_RLB 4u
#define MSECCFG_USEED 0x100u
#define MSECCFG_SSEED 0x200u
#define MSECCFG_MLPE 0x400u

/* Bits of pmpcfg. */
#define PMP_R 0x01u
#define PMP_W 0x02u
#define PMP_X 0x04u
#define PMP_A_SHIFT 3 /* 2 bits: off, TOR, NA4, NAPOT */
#define PMP_L 0x80u

/* Fields of mmu_key.mode. The root is satp where the privilege translates, else 0. */
#define RVMMU_PRV 0x3u
#define RVMMU_SUM 0x4u
#define RVMMU_MXR 0x8u
#define RVMMU_PAGING_SHIFT 4 /* satp.MODE, where global pages are shared by MMU_GLOBAL */
#define RVMMU_SS 0x100u /* of the shadow stack's instructions */

/* v as a register of the hart holds it: on RV32 the high half is zero. */
static inline uint64_t riscv_xlen_trunc(const struct riscv_cpu *r, uint64_t v)
{
    return r->config.xlen == 32 ? (uint32_t)v : v;
}

/* The address bits an instruction's address may not have set: IALIGN is 16 with compressed instructions, else 32. */
static inline uint64_t riscv_ialign_mask(const struct riscv_cpu *r)
{
    return r->config.has[RVF_zca] ? 1 : 3;
}

/* -- csr.c -- */
enum riscv_csr_result { CSR_OK, CSR_ILLEGAL };
/* Read, then write where write is set: *old gets the value before; new value = (*old & ~mask) | (value & mask). */
enum riscv_csr_result riscv_csr_rw(struct riscv_cpu *r, unsigned csr, uint64_t *old, uint64_t value, uint64_t mask,
                                   bool write);
/* Name of a CSR or NULL if the number has none. */
const char *riscv_csr_name(unsigned csr);
/* A debugger's access: no privilege is asked for. False: the hart has no such CSR (or, to write, it is read-only). */
bool riscv_csr_debug_read(struct riscv_cpu *r, unsigned csr, uint64_t *value);
bool riscv_csr_debug_write(struct riscv_cpu *r, unsigned csr, uint64_t value);
/*
 * aia.c: the first of some interrupts (not 0) by priority when they trap to S-mode or to M-mode. *number, if not NULL,
 * gets its priority number as xtopi has it.
 */
unsigned riscv_top_interrupt(struct riscv_cpu *r, uint64_t pending, bool to_s, unsigned *number);
bool riscv_privilege_exists(const struct riscv_cpu *r, unsigned prv);
bool riscv_satp_possible(const struct riscv_cpu *r, uint64_t satp);
/* Power-on values of all CSRs and other registers, but for the PC. */
void riscv_csr_reset(struct riscv_cpu *r);

/* -- mmu.c, pmp.c -- */
bool riscv_walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
                struct mmu_page *page, struct mmu_fault *fault);
enum { RVFAULT_PAGE, RVFAULT_ACCESS }; /* mmu_fault.kind */
/* What PMP says about the byte at an address, and how far around it, within its page, the same holds. */
struct riscv_pmp_result {
    unsigned prot; /* 1 << enum mmu_access */
    gpa lo, hi;    /* first and last byte: an access that leaves them fails */
};
struct riscv_pmp_result riscv_pmp_lookup(const struct riscv_cpu *r, gpa pa, unsigned priv);
/* True if [pa, pa + len) may be accessed so at an effective privilege; it must not cross a page. */
bool riscv_pmp_allows(const struct riscv_cpu *r, gpa pa, unsigned len, unsigned priv, enum mmu_access access);
/* Writes of the PMP CSRs with their locks, of mseccfg its Smepmp bits only; they flush what depends on them. */
void riscv_pmp_write_cfg(struct riscv_cpu *r, unsigned entry, uint8_t cfg);
void riscv_pmp_write_addr(struct riscv_cpu *r, unsigned entry, uint64_t addr);
void riscv_pmp_write_mseccfg(struct riscv_cpu *r, uint64_t value);
/* Make pmp_range anew from the registers: after reset. */
void riscv_pmp_update(struct riscv_cpu *r);

/* -- models.c, gdb.c -- */
extern const struct cpu_model riscv_models[];
/* Fill c from the -cpu options; system32: the machine takes 32-bit harts only. False with a message. */
bool riscv_model_apply(struct riscv_config *c, struct opts *model, bool system32, GError **err);
/* The bits of sstatus that can be written: those of a hart of these features. */
uint64_t riscv_sstatus_mask(const struct riscv_config *c);
/* cpu_arch.describe_model. */
bool riscv_describe_model(struct opts *model, const char *system, GString *out, GError **err);
const char *riscv_gdb_target_xml(struct cpu *cpu, const char *annex);
unsigned riscv_gdb_read(struct cpu *cpu, int reg, uint8_t *buf);
unsigned riscv_gdb_write(struct cpu *cpu, int reg, const uint8_t *buf);
unsigned riscv_gdb_nregs(struct cpu *cpu);

/*
 * -- helpers called from translated code; defined by the system half (csr.c, trap.c, sys-helpers.c), used by the
 * translator. Each is one entry in riscv_helpers[] as well. --
 */
extern const struct ir_helper riscv_helper_raise;  /* (cause, tval): exception at this instruction. TRAPS */
/*
 * (csr, value, mask, write | insn << 32) -> old value; raises illegal with tval = insn. May change cpu->key: the
 * translator ends the unit with exit_state unless the CSR can't. TRAPS
 */
extern const struct ir_helper riscv_helper_csr;
/* (set): sstatus.SUM becomes that; accesses behind it obey, in the same unit too. STATE */
extern const struct ir_helper riscv_helper_sum;
extern const struct ir_helper riscv_helper_interrupts; /* (): leave soon if an interrupt can be taken. STATE */
extern const struct ir_helper riscv_helper_mret;   /* (insn): sets cpu->pc and key, then exit_state. TRAPS */
extern const struct ir_helper riscv_helper_sret;   /* (insn) */
/* (insn): sets cpu->halted and cpu->pc past it unless work is pending; then exit_main. TRAPS */
extern const struct ir_helper riscv_helper_wfi;
extern const struct ir_helper riscv_helper_wrs;    /* (insn): wrs.nto, wrs.sto */
/* (): takes the trap at cpu->pc, which is exact (sets pc and key); then exit_state. TRAPS */
extern const struct ir_helper riscv_helper_ecall;
/* (): a call of semihosting, or the trap; then exit_main. WRITES, TRAPS */
extern const struct ir_helper riscv_helper_ebreak;
/* (va, asid, which | insn << 32): which bit 0: va given, bit 1: asid given. TRAPS */
extern const struct ir_helper riscv_helper_sfence;
extern const struct ir_helper riscv_helper_fs_dirty; /* (): mstatus.FS = Dirty, key updated; STATE */
extern const struct ir_helper riscv_helper_cbo;    /* (va, op, insn): 0 inval, 1 clean, 2 flush, 4 zero. TRAPS */
extern const struct ir_helper riscv_helper_table_jump; /* (index, insn): the target that jvt's table has. TRAPS */
extern const struct ir_helper riscv_helper_expect_pad; /* (): the next instruction must be a landing pad; key updated */
extern const struct ir_helper riscv_helper_landed;     /* (): it was; key updated */
extern const struct ir_helper riscv_helper_sspush;     /* (value). TRAPS */
extern const struct ir_helper riscv_helper_sspopchk;   /* (value): must be what is popped. TRAPS */
extern const struct ir_helper riscv_helper_ssamoswap;  /* (va, value, size, insn): what was there. TRAPS */
extern const struct ir_helper *const riscv_sys_helpers[]; /* those above, NULL-terminated */

/* -- translate.c -- */
extern const struct ir_helper *const riscv_trans_helpers[]; /* the translator's own, NULL-terminated */
void riscv_translate(const void *features, struct ir_unit *u); /* of the type struct riscv_config */
/* True if the 16- or 32-bit encoding is an instruction of this hart (for tests and tools). */
bool riscv_insn_valid(const struct riscv_config *c, uint32_t insn);

/* -- dt.c: the hart's side of device trees (riscv_arch points to these) -- */
extern const char *const riscv_dt_compatible[];
char *riscv_dt_model(const void *fdt, int node, GError **err);
bool riscv_dt_read(struct cpu *cpu, const void *fdt, int node, GError **err);
int riscv_dt_write(struct cpu *cpu, void *fdt, int node);
bool riscv_dt_irq_in(struct cpu *cpu, const uint32_t *cells, unsigned ncells, struct irq *line);
void riscv_dt_msi_file_in(struct cpu *cpu, const uint32_t *cells, unsigned ncells, const struct msi_file *file);
void riscv_set_reset_pc(struct cpu *cpu, gpa pc);
/* models.c: "rv64imafdc_zicsr_...", the riscv,isa property, in canonical order; g_free() it. */
char *riscv_isa_string(const struct riscv_config *c);
/* The same as a list, for riscv,isa-extensions; g_strfreev() it. */
char **riscv_isa_extensions(const struct riscv_config *c);
/* "riscv,sv39" and so on, the mmu-type property. */
const char *riscv_mmu_type(const struct riscv_config *c);

/* -- disas.c -- */
unsigned riscv_disas(struct cpu *cpu, gva pc, const uint8_t *code, size_t len, GString *out);

extern const struct guest_reg riscv_regs[RVREG_COUNT];
extern const struct cpu_arch riscv_arch;
/* state.c: the table of struct riscv_cpu. */
extern const struct state_table riscv_state;

#endif
