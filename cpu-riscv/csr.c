/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control and status registers: which exist, who may access them, what a write leaves. One row each
 * in csrs[]. Manual: volume II, chapters 2 (numbers), 3 (machine level), supervisor level, and the
 * chapters of Smstateen, Sstc, Smepmp and Sscofpmf; volume I, "Scalar Cryptography" for seed. Those of interrupts are
 * in csr-irq.c and aia.c. The hardware performance counters are read-only zero, and so is the trigger module: it has no
 * triggers.
 */
#include <sys/random.h>

#include "csr.h"
#include "cpu-exec.h"
#include "input.h"
#include "machine.h"

#define SATP32_MODE (UINT64_C(1) << 31)

/*
 * One CSR. Privilege and read-only follow from its number (bits 9:8 and 11:10); check adds what else
 * the hart's features and state demand.
 */
struct csr {
    const char *name;
    /* False: illegal. exists: at all on this hart; allowed: to the current privilege. NULL: always. */
    bool (*exists)(const struct riscv_cpu *r, unsigned csr);
    bool (*allowed)(const struct riscv_cpu *r, unsigned csr);
    uint64_t (*read)(struct riscv_cpu *r, unsigned csr);
    /* value is the whole new value, mask the bits the instruction wrote. NULL: writes have no effect. */
    void (*write)(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask);
    uint16_t field; /* for read_field() and write_field(): offset of the uint64_t in struct riscv_cpu */
};

static const struct csr csrs[4096];

/* -- Existence -- */

/* What came with the privileged architecture 1.11 and 1.12. */
static bool if_priv11(const struct riscv_cpu *r, unsigned csr)
{
    return r->config.priv_minor >= 11;
}

static bool if_priv12(const struct riscv_cpu *r, unsigned csr)
{
    return r->config.priv_minor >= 12;
}

static bool if_s(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_s);
}

static bool if_u(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_u);
}

static bool if_f(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_f);
}

static bool if_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return rv32(r);
}

static bool if_u_priv12(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_u) && if_priv12(r, csr);
}

static bool if_s_priv12(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_s) && if_priv12(r, csr);
}

static bool if_u_priv12_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return if_u_priv12(r, csr) && rv32(r);
}

static bool if_s_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_s) && rv32(r);
}

static bool if_zicntr(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_zicntr);
}

static bool if_zicntr_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_zicntr) && rv32(r);
}

static bool if_zihpm(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_zihpm);
}

static bool if_zihpm_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_zihpm) && rv32(r);
}

static bool if_sstc(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_sstc);
}

static bool if_sstc_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_sstc) && rv32(r);
}

static bool if_zcmt(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_zcmt);
}

static bool if_zicfiss(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_zicfiss);
}

static bool if_zkr(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_zkr);
}

static bool if_mseccfg(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_smepmp) || has(r, RVF_zkr) || has(r, RVF_zicfilp);
}

static bool if_mseccfg_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return if_mseccfg(r, csr) && rv32(r);
}

static bool if_smstateen(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_smstateen);
}

static bool if_smstateen_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_smstateen) && rv32(r);
}

static bool if_smstateen_s(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_smstateen) && has(r, RVF_s);
}

static bool if_sscofpmf(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_sscofpmf);
}

static bool if_sscofpmf_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_sscofpmf) && rv32(r);
}

static bool if_smaia(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_smaia);
}

static bool if_smaia_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_smaia) && rv32(r);
}

static bool if_smaia_s(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_smaia) && has(r, RVF_s);
}

static bool if_smaia_s_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return if_smaia_s(r, csr) && rv32(r);
}

static bool if_ssaia(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_ssaia);
}

static bool if_ssaia_rv32(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_ssaia) && rv32(r);
}

static bool if_mfile(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_smaia) && r->mfile.ops;
}

static bool if_sfile(const struct riscv_cpu *r, unsigned csr)
{
    return has(r, RVF_ssaia) && r->sfile.ops;
}

/* pmpcfg: four entries a register on RV32; on RV64 eight, and only even numbers exist. */
static bool if_pmpcfg(const struct riscv_cpu *r, unsigned csr)
{
    unsigned n = csr - 0x3a0;
    return n * 4 < r->config.pmp_count && (rv32(r) || n % 2 == 0);
}

static bool if_pmpaddr(const struct riscv_cpu *r, unsigned csr)
{
    return csr - 0x3b0 < r->config.pmp_count;
}

/* -- Permission -- */

static bool fs_on(const struct riscv_cpu *r, unsigned csr)
{
    return (r->mstatus & MSTATUS_FS) != 0;
}

/* User-level counters: mcounteren opens them to S and, where there is no S, to U; scounteren to U. */
static bool counter_enabled(const struct riscv_cpu *r, unsigned csr)
{
    unsigned n = csr & 31;
    if (r->priv == PRV_M)
        return true;
    if (!(r->mcounteren >> n & 1))
        return false;
    return r->priv == PRV_S || !has(r, RVF_s) || (r->scounteren >> n & 1);
}

static bool stimecmp_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return r->priv == PRV_M || ((r->mcounteren & 2) && (r->menvcfg & ENVCFG_STCE));
}

static bool satp_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return r->priv != PRV_S || !(r->mstatus & MSTATUS_TVM);
}

static bool senvcfg_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return csr_state_enabled(r, STATEEN_ENVCFG);
}

static bool sstateen_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return r->priv == PRV_M || (r->mstateen[csr & 3] & STATEEN_SE);
}

static bool aia_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return csr_state_enabled(r, STATEEN_AIA);
}

static bool siselect_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return csr_state_enabled(r, STATEEN_CSRIND);
}

static bool jvt_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return csr_user_state_enabled(r, STATEEN_JVT);
}

static bool ssp_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return r->priv == PRV_M || riscv_sse(r);
}

static bool seed_enabled(const struct riscv_cpu *r, unsigned csr)
{
    return r->priv == PRV_M || (r->mseccfg & (r->priv == PRV_S ? MSECCFG_SSEED : MSECCFG_USEED));
}

/* -- Plain registers -- */

static uint64_t read_zero(struct riscv_cpu *r, unsigned csr)
{
    return 0;
}

static uint64_t *field(struct riscv_cpu *r, unsigned csr)
{
    return (uint64_t *)((char *)r + csrs[csr].field);
}

static uint64_t read_field(struct riscv_cpu *r, unsigned csr)
{
    return *field(r, csr);
}

static void write_field(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    *field(r, csr) = value;
}

static uint64_t read_field_high(struct riscv_cpu *r, unsigned csr)
{
    return *field(r, csr) >> 32;
}

/* xepc: the bits below IALIGN are zero. */
static void write_epc(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    *field(r, csr) = value & ~riscv_ialign_mask(r);
}

/* xtvec: modes direct and vectored exist. */
static void write_tvec(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    *field(r, csr) = value & ~UINT64_C(2);
}

/* -- Identity -- */

static uint64_t read_mvendorid(struct riscv_cpu *r, unsigned csr)
{
    return r->config.mvendorid;
}

static uint64_t read_marchid(struct riscv_cpu *r, unsigned csr)
{
    return r->config.marchid;
}

static uint64_t read_mimpid(struct riscv_cpu *r, unsigned csr)
{
    return r->config.mimpid;
}

static uint64_t read_mhartid(struct riscv_cpu *r, unsigned csr)
{
    return r->hartid;
}

/* -- Entropy -- */

#define CSR_SEED 0x015
#define SEED_ES16 (UINT64_C(2) << 30) /* the state in which the low 16 bits are entropy */

/* The mixing step of SplitMix64, a generator whose state is a counter. */
static uint64_t scramble(uint64_t v)
{
    v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
    return v ^ v >> 31;
}

/* The host's. With -seed, where all that the guest gets is to be the same each time, a sequence of the hart's own. */
static uint64_t read_seed(struct riscv_cpu *r, unsigned csr)
{
    static struct input_source entropy;
    const struct machine *m = r->cpu.machine;
    uint16_t v;
    if (m && m->config.seeded) {
        if (!r->entropy_seeded)
            r->entropy = m->config.seed ^ scramble(r->cpu.index);
        r->entropy_seeded = true;
        v = scramble(r->entropy += UINT64_C(0x9e3779b97f4a7c15)) >> 48;
    } else if (getrandom(&v, sizeof(v), 0) != sizeof(v)) {
        return 0; /* BIST: not yet */
    } else if (input_gated()) { /* on one thread */
        if (!entropy.name)
            input_source_add(&entropy, NULL, NULL, "entropy source");
        input_value(&entropy, &v, sizeof(v));
    }
    return SEED_ES16 | v;
}

/* -- Floating point: the flags live in the engine's environment -- */

static void fp_touched(struct riscv_cpu *r)
{
    r->mstatus |= MSTATUS_FS;
    riscv_update_state(r);
}

static void set_frm(struct riscv_cpu *r, unsigned frm)
{
    r->frm = frm;
    fp_rounding_set(&r->cpu, frm <= IR_RMM ? frm : IR_RNE);
}

static uint64_t read_fflags(struct riscv_cpu *r, unsigned csr)
{
    fp_flags_sync(&r->cpu);
    return r->cpu.fp.flags & 0x1f;
}

static void write_fflags(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    fp_flags_set(&r->cpu, value & 0x1f);
    fp_touched(r);
}

static uint64_t read_frm(struct riscv_cpu *r, unsigned csr)
{
    return r->frm;
}

static void write_frm(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_frm(r, value & 7);
    fp_touched(r);
}

static uint64_t read_fcsr(struct riscv_cpu *r, unsigned csr)
{
    return read_fflags(r, csr) | r->frm << 5;
}

static void write_fcsr(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    fp_flags_set(&r->cpu, value & 0x1f);
    set_frm(r, value >> 5 & 7);
    fp_touched(r);
}

/* -- mstatus and sstatus -- */

bool riscv_privilege_exists(const struct riscv_cpu *r, unsigned prv)
{
    return prv == PRV_M || (prv == PRV_S && has(r, RVF_s)) || (prv == PRV_U && has(r, RVF_u));
}

static void set_mstatus(struct riscv_cpu *r, uint64_t value, uint64_t mask)
{
    uint64_t old = r->mstatus;
    uint64_t new = (old & ~mask) | (value & mask);
    if (!riscv_privilege_exists(r, bits(new, MSTATUS_MPP_SHIFT, 2)))
        new = (new & ~MSTATUS_MPP) | (old & MSTATUS_MPP);
    r->mstatus = new;
    if ((old ^ new) & MSTATUS_FS)
        riscv_update_key(r);
    if ((old ^ new) & (MSTATUS_MPRV | MSTATUS_MPP | MSTATUS_SUM | MSTATUS_MXR))
        riscv_update_data_regime(r);
    if (new & ~old & (MSTATUS_MIE | MSTATUS_SIE))
        riscv_check_interrupts(r);
}

static uint64_t mstatus_sd(struct riscv_cpu *r)
{
    if ((r->mstatus & MSTATUS_FS) != MSTATUS_FS)
        return 0;
    return rv32(r) ? UINT64_C(1) << 31 : UINT64_C(1) << 63;
}

static uint64_t read_mstatus(struct riscv_cpu *r, unsigned csr)
{
    return riscv_xlen_trunc(r, r->mstatus) | mstatus_sd(r);
}

/* RV32: MPELP; data is little-endian. */
static uint64_t read_mstatush(struct riscv_cpu *r, unsigned csr)
{
    return r->mstatus >> 32;
}

static void write_mstatush(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_mstatus(r, value << 32, r->mstatus_mask & ~UINT64_C(0xffffffff));
}

static void write_mstatus(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_mstatus(r, value, riscv_xlen_trunc(r, r->mstatus_mask));
}

static uint64_t read_sstatus(struct riscv_cpu *r, unsigned csr)
{
    uint64_t uxl = rv32(r) ? 0 : UINT64_C(3) << MSTATUS_UXL_SHIFT;
    return (r->mstatus & (r->sstatus_mask | uxl)) | mstatus_sd(r);
}

static void write_sstatus(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_mstatus(r, value, r->sstatus_mask);
}

/* -- Delegation of exceptions -- */

#define DELEGABLE_EXCEPTIONS                                                                                           \
    (1 << EXC_INSN_MISALIGNED | 1 << EXC_INSN_ACCESS | 1 << EXC_ILLEGAL | 1 << EXC_BREAKPOINT |                        \
     1 << EXC_LOAD_MISALIGNED | 1 << EXC_LOAD_ACCESS | 1 << EXC_STORE_MISALIGNED | 1 << EXC_STORE_ACCESS |             \
     1 << EXC_ECALL_U | 1 << EXC_ECALL_S | 1 << EXC_INSN_PAGE | 1 << EXC_LOAD_PAGE | 1 << EXC_STORE_PAGE |             \
     1 << EXC_SOFTWARE_CHECK)

static void write_medeleg(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    r->medeleg = value & DELEGABLE_EXCEPTIONS;
}

/* -- Counters -- */

/* mcycle counts instructions, as minstret does: both count from cpu_instret(). */
static uint64_t counter_value(struct riscv_cpu *r, unsigned n)
{
    uint64_t offset = n == 0 ? r->mcycle_offset : r->minstret_offset;
    return r->mcountinhibit >> n & 1 ? offset : offset + cpu_instret(&r->cpu);
}

/* A write replaces the increment by the instruction that writes: it shows under icount, where counts are exact. */
static void counter_set(struct riscv_cpu *r, unsigned n, uint64_t value)
{
    if (!(r->mcountinhibit >> n & 1))
        value -= cpu_instret(&r->cpu) + (icount.on ? 1 : 0);
    if (n == 0)
        r->mcycle_offset = value;
    else
        r->minstret_offset = value;
}

static uint64_t read_counter(struct riscv_cpu *r, unsigned csr)
{
    return riscv_xlen_trunc(r, counter_value(r, csr & 31));
}

static uint64_t read_counter_high(struct riscv_cpu *r, unsigned csr)
{
    return counter_value(r, csr & 31) >> 32;
}

static void write_counter(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    unsigned n = csr & 31;
    counter_set(r, n, with_low(r, counter_value(r, n), value));
}

static void write_counter_high(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    unsigned n = csr & 31;
    counter_set(r, n, with_high(counter_value(r, n), value));
}

static uint64_t read_time(struct riscv_cpu *r, unsigned csr)
{
    return riscv_xlen_trunc(r, riscv_time(r));
}

static uint64_t read_time_high(struct riscv_cpu *r, unsigned csr)
{
    return riscv_time(r) >> 32;
}

static void write_mcountinhibit(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    uint64_t changed = (value ^ r->mcountinhibit) & 5;
    uint64_t self = icount.on ? value & changed : 0; /* what is inhibited now counts the instruction that writes */
    uint64_t cycle = counter_value(r, 0) + (self & 1), instret = counter_value(r, 2) + (self >> 2);
    r->mcountinhibit = value & 5;
    if (changed & 1)
        counter_set(r, 0, cycle);
    if (changed & 4)
        counter_set(r, 2, instret);
}

static uint64_t counteren_bits(const struct riscv_cpu *r)
{
    return (has(r, RVF_zicntr) ? 7 : 0) | (has(r, RVF_zihpm) ? 0xfffffff8 : 0);
}

static void write_counteren(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    *field(r, csr) = value & counteren_bits(r);
}

/* -- Environment configuration and state enables -- */

static uint64_t envcfg_bits(const struct riscv_cpu *r)
{
    return ENVCFG_FIOM | (has(r, RVF_zicbom) ? UINT64_C(3) << ENVCFG_CBIE_SHIFT | ENVCFG_CBCFE : 0) |
           (has(r, RVF_zicboz) ? ENVCFG_CBZE : 0) | (has(r, RVF_zicfilp) ? ENVCFG_LPE : 0) |
           (has(r, RVF_zicfiss) ? ENVCFG_SSE : 0);
}

/* The reserved CBIE value 2 leaves the field as it was. */
static uint64_t envcfg_legal(uint64_t old, uint64_t value)
{
    if (bits(value, ENVCFG_CBIE_SHIFT, 2) == 2)
        value = with_bits(value, ENVCFG_CBIE_SHIFT, 2, bits(old, ENVCFG_CBIE_SHIFT, 2));
    return value;
}

static void set_menvcfg(struct riscv_cpu *r, uint64_t value)
{
    uint64_t legal = envcfg_bits(r) | (has(r, RVF_svadu) ? ENVCFG_ADUE : 0) | (has(r, RVF_svpbmt) ? ENVCFG_PBMTE : 0) |
                     (has(r, RVF_sstc) ? ENVCFG_STCE : 0);
    uint64_t old = r->menvcfg;
    uint64_t new = envcfg_legal(old, value & legal);
    __atomic_store_n(&r->menvcfg, new, __ATOMIC_RELAXED); /* has_work reads it on other threads */
    if ((old ^ new) & (ENVCFG_ADUE | ENVCFG_PBMTE | ENVCFG_SSE))
        mmu_flush(&r->cpu, NULL, NULL);
    riscv_update_state(r);
    if ((old ^ new) & ENVCFG_STCE) {
        riscv_time_changed(&r->cpu);
        riscv_check_interrupts(r);
    }
}

static uint64_t read_menvcfg(struct riscv_cpu *r, unsigned csr)
{
    return riscv_xlen_trunc(r, r->menvcfg);
}

static void write_menvcfg(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_menvcfg(r, with_low(r, r->menvcfg, value));
}

static void write_menvcfgh(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_menvcfg(r, with_high(r->menvcfg, value));
}

/* SSE is zero where menvcfg.SSE is. */
static uint64_t read_senvcfg(struct riscv_cpu *r, unsigned csr)
{
    return r->menvcfg & ENVCFG_SSE ? r->senvcfg : r->senvcfg & ~ENVCFG_SSE;
}

static void write_senvcfg(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    r->senvcfg = envcfg_legal(r->senvcfg, value & envcfg_bits(r));
    riscv_update_state(r);
}

/* What sstateen0 controls. */
static uint64_t user_stateen0_bits(const struct riscv_cpu *r)
{
    return has(r, RVF_zcmt) ? STATEEN_JVT : 0;
}

/* What mstateen0 controls besides sstateen0; the others control only their sstateen. */
static uint64_t stateen0_bits(const struct riscv_cpu *r)
{
    return user_stateen0_bits(r) | STATEEN_ENVCFG | (has(r, RVF_ssaia) ? STATEEN_CSRIND | STATEEN_AIA : 0) |
           (if_sfile(r, 0) ? STATEEN_IMSIC : 0);
}

static void set_mstateen(struct riscv_cpu *r, unsigned n, uint64_t value)
{
    uint64_t legal = has(r, RVF_s)             ? STATEEN_SE | (n == 0 ? stateen0_bits(r) : 0)
                     : has(r, RVF_u) && n == 0 ? user_stateen0_bits(r)
                                               : 0;
    r->mstateen[n] = value & legal;
}

static uint64_t read_mstateen(struct riscv_cpu *r, unsigned csr)
{
    return riscv_xlen_trunc(r, r->mstateen[csr & 3]);
}

static uint64_t read_mstateenh(struct riscv_cpu *r, unsigned csr)
{
    return r->mstateen[csr & 3] >> 32;
}

static void write_mstateen(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_mstateen(r, csr & 3, with_low(r, r->mstateen[csr & 3], value));
}

static void write_mstateenh(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_mstateen(r, csr & 3, with_high(r->mstateen[csr & 3], value));
}

/* Bits that are off in mstateen0 read zero and keep what they have. */
static uint64_t read_sstateen0(struct riscv_cpu *r, unsigned csr)
{
    return r->sstateen0 & r->mstateen[0];
}

static void write_sstateen0(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    uint64_t writable = user_stateen0_bits(r) & r->mstateen[0];
    r->sstateen0 = (r->sstateen0 & ~writable) | (value & writable);
}

/* -- satp, stimecmp -- */

static bool satp_mode_exists(const struct riscv_cpu *r, unsigned mode)
{
    switch (mode) {
    case 0:
        return true;
    case 1:
        return has(r, RVF_sv32);
    case 8:
        return has(r, RVF_sv39);
    case 9:
        return has(r, RVF_sv48);
    case 10:
        return has(r, RVF_sv57);
    default:
        return false;
    }
}

static bool is_paged(const struct mmu_key *key, void *opaque)
{
    return key->root;
}

/*
 * A write with a mode that does not exist has no effect at all. To another table under the same ASID belongs a fence,
 * which costs nothing after this; who forgets it finds what QEMU has, where each new satp forgets all.
 */
static void write_satp(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    unsigned mode = rv32(r) ? (value & SATP32_MODE) != 0 : value >> 60;
    if (!satp_mode_exists(r, mode) || value == r->satp)
        return;
    uint64_t changed = value ^ r->satp;
    r->satp = value;
    if (!(rv32(r) ? bits(changed, 22, 9) : bits(changed, 44, 16)))
        mmu_flush(&r->cpu, is_paged, NULL);
    riscv_update_state(r);
}

static void set_stimecmp(struct riscv_cpu *r, uint64_t value)
{
    riscv_stimecmp_update(r, value, true);
    riscv_check_interrupts(r);
}

static uint64_t read_stimecmp(struct riscv_cpu *r, unsigned csr)
{
    return riscv_xlen_trunc(r, r->stimecmp);
}

static void write_stimecmp(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_stimecmp(r, with_low(r, r->stimecmp, value));
}

static void write_stimecmph(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    set_stimecmp(r, with_high(r->stimecmp, value));
}

/* -- PMP -- */

static uint64_t read_pmpcfg(struct riscv_cpu *r, unsigned csr)
{
    unsigned first = (csr - 0x3a0) * 4, n = rv32(r) ? 4 : 8;
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)r->pmpcfg[first + i] << (8 * i);
    return v;
}

static void write_pmpcfg(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    unsigned first = (csr - 0x3a0) * 4, n = rv32(r) ? 4 : 8;
    for (unsigned i = 0; i < n; i++)
        riscv_pmp_write_cfg(r, first + i, value >> (8 * i));
}

static uint64_t read_pmpaddr(struct riscv_cpu *r, unsigned csr)
{
    return r->pmpaddr[csr - 0x3b0];
}

static void write_pmpaddr(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    riscv_pmp_write_addr(r, csr - 0x3b0, value);
}

static void write_mseccfg(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
{
    uint64_t plain = has(r, RVF_zkr) ? (has(r, RVF_s) ? MSECCFG_SSEED : 0) | (has(r, RVF_u) ? MSECCFG_USEED : 0) : 0;
    if (has(r, RVF_zicfilp))
        plain |= MSECCFG_MLPE;
    r->mseccfg = (r->mseccfg & ~plain) | (value & plain);
    riscv_pmp_write_mseccfg(r, value);
    riscv_update_state(r);
}

/* -- Triggers -- */

/* The type field's only possible value is 0: there is no such trigger. */
static uint64_t read_tinfo(struct riscv_cpu *r, unsigned csr)
{
    return 1;
}

/* -- The table -- */

#define RO(name, exists, allowed, read) {name, exists, allowed, read, NULL, 0}
#define RW(name, exists, allowed, read, write) {name, exists, allowed, read, write, 0}
/* Registers that are a field, and the high halves of such. */
#define REG(name, exists, allowed, write, f) {name, exists, allowed, read_field, write, offsetof(struct riscv_cpu, f)}
#define HIGH(name, exists, allowed, write, f)                                                                          \
    {name, exists, allowed, read_field_high, write, offsetof(struct riscv_cpu, f)}

static const struct csr csrs[4096] = {
    [0x001] = RW("fflags", if_f, fs_on, read_fflags, write_fflags),
    [0x002] = RW("frm", if_f, fs_on, read_frm, write_frm),
    [0x003] = RW("fcsr", if_f, fs_on, read_fcsr, write_fcsr),

    [0x011] = REG("ssp", if_zicfiss, ssp_enabled, write_field, ssp),
    [0x017] = REG("jvt", if_zcmt, jvt_enabled, write_field, jvt),
    [CSR_SEED] = RW("seed", if_zkr, seed_enabled, read_seed, NULL),

    [0xc00] = RO("cycle", if_zicntr, counter_enabled, read_counter),
    [0xc01] = RO("time", if_zicntr, counter_enabled, read_time),
    [0xc02] = RO("instret", if_zicntr, counter_enabled, read_counter),
    [0xc03 ... 0xc1f] = RO("hpmcounter", if_zihpm, counter_enabled, read_zero),
    [0xc80] = RO("cycleh", if_zicntr_rv32, counter_enabled, read_counter_high),
    [0xc81] = RO("timeh", if_zicntr_rv32, counter_enabled, read_time_high),
    [0xc82] = RO("instreth", if_zicntr_rv32, counter_enabled, read_counter_high),
    [0xc83 ... 0xc9f] = RO("hpmcounterh", if_zihpm_rv32, counter_enabled, read_zero),

    [0x100] = RW("sstatus", if_s, NULL, read_sstatus, write_sstatus),
    [0x104] = RW("sie", if_s, NULL, csr_read_sie, csr_write_sie),
    [0x105] = REG("stvec", if_s, NULL, write_tvec, stvec),
    [0x106] = REG("scounteren", if_s, NULL, write_counteren, scounteren),
    [0x10a] = RW("senvcfg", if_s_priv12, senvcfg_enabled, read_senvcfg, write_senvcfg),
    [0x10c] = RW("sstateen0", if_smstateen_s, sstateen_enabled, read_sstateen0, write_sstateen0),
    [0x10d] = RO("sstateen1", if_smstateen_s, sstateen_enabled, read_zero),
    [0x10e] = RO("sstateen2", if_smstateen_s, sstateen_enabled, read_zero),
    [0x10f] = RO("sstateen3", if_smstateen_s, sstateen_enabled, read_zero),
    [0x114] = RW("sieh", if_ssaia_rv32, aia_enabled, csr_read_sieh, csr_write_sieh),
    [0x140] = REG("sscratch", if_s, NULL, write_field, sscratch),
    [0x141] = REG("sepc", if_s, NULL, write_epc, sepc),
    [0x142] = REG("scause", if_s, NULL, write_field, scause),
    [0x143] = REG("stval", if_s, NULL, write_field, stval),
    [0x144] = RW("sip", if_s, NULL, csr_read_sip, csr_write_sip),
    [0x14d] = RW("stimecmp", if_sstc, stimecmp_enabled, read_stimecmp, write_stimecmp),
    [0x150] = REG("siselect", if_ssaia, siselect_enabled, csr_write_iselect, siselect),
    [0x151] = RW("sireg", if_ssaia, csr_ireg_allowed, csr_read_ireg, csr_write_ireg),
    [0x154] = RW("siph", if_ssaia_rv32, aia_enabled, csr_read_siph, csr_write_siph),
    [0x15c] = RW("stopei", if_sfile, csr_topei_allowed, csr_read_topei, csr_write_topei),
    [0x15d] = HIGH("stimecmph", if_sstc_rv32, stimecmp_enabled, write_stimecmph, stimecmp),
    [0x180] = REG("satp", if_s, satp_enabled, write_satp, satp),
    [0xdb0] = RO("stopi", if_ssaia, aia_enabled, csr_read_topi),
    [0xda0] = RO("scountovf", if_sscofpmf, NULL, read_zero),

    [0xf11] = RO("mvendorid", NULL, NULL, read_mvendorid),
    [0xf12] = RO("marchid", NULL, NULL, read_marchid),
    [0xf13] = RO("mimpid", NULL, NULL, read_mimpid),
    [0xf14] = RO("mhartid", NULL, NULL, read_mhartid),
    [0xf15] = RO("mconfigptr", if_priv12, NULL, read_zero),

    [0x300] = RW("mstatus", NULL, NULL, read_mstatus, write_mstatus),
    [0x301] = REG("misa", NULL, NULL, NULL, misa),
    [0x302] = REG("medeleg", if_s, NULL, write_medeleg, medeleg),
    [0x303] = REG("mideleg", if_s, NULL, csr_write_mideleg, mideleg),
    [0x304] = REG("mie", NULL, NULL, csr_write_mie, mie),
    [0x305] = REG("mtvec", NULL, NULL, write_tvec, mtvec),
    [0x306] = REG("mcounteren", if_u, NULL, write_counteren, mcounteren),
    [0x308] = RW("mvien", if_smaia_s, NULL, csr_read_mvien, csr_write_mvien),
    [0x309] = RW("mvip", if_smaia_s, NULL, csr_read_mvip, csr_write_mvip),
    [0x30a] = RW("menvcfg", if_u_priv12, NULL, read_menvcfg, write_menvcfg),
    [0x30c ... 0x30f] = RW("mstateen", if_smstateen, NULL, read_mstateen, write_mstateen),
    [0x310] = RW("mstatush", if_rv32, NULL, read_mstatush, write_mstatush),
    [0x312] = RO("medelegh", if_s_rv32, NULL, read_zero),
    [0x313] = RO("midelegh", if_smaia_s_rv32, NULL, read_zero),
    [0x314] = RO("mieh", if_smaia_rv32, NULL, read_zero),
    [0x318] = HIGH("mvienh", if_smaia_s_rv32, NULL, csr_write_mvienh, mvien),
    [0x319] = HIGH("mviph", if_smaia_s_rv32, NULL, csr_write_mviph, mvip),
    [0x31a] = HIGH("menvcfgh", if_u_priv12_rv32, NULL, write_menvcfgh, menvcfg),
    [0x31c ... 0x31f] = RW("mstateenh", if_smstateen_rv32, NULL, read_mstateenh, write_mstateenh),
    [0x340] = REG("mscratch", NULL, NULL, write_field, mscratch),
    [0x341] = REG("mepc", NULL, NULL, write_epc, mepc),
    [0x342] = REG("mcause", NULL, NULL, write_field, mcause),
    [0x343] = REG("mtval", NULL, NULL, write_field, mtval),
    [0x344] = RW("mip", NULL, NULL, csr_read_mip, csr_write_mip),
    [0x350] = REG("miselect", if_smaia, NULL, csr_write_iselect, miselect),
    [0x351] = RW("mireg", if_smaia, csr_ireg_allowed, csr_read_ireg, csr_write_ireg),
    [0x354] = RO("miph", if_smaia_rv32, NULL, read_zero),
    [0x35c] = RW("mtopei", if_mfile, NULL, csr_read_topei, csr_write_topei),
    [0xfb0] = RO("mtopi", if_smaia, NULL, csr_read_topi),

    [0x3a0 ... 0x3af] = RW("pmpcfg", if_pmpcfg, NULL, read_pmpcfg, write_pmpcfg),
    [0x3b0 ... 0x3ef] = RW("pmpaddr", if_pmpaddr, NULL, read_pmpaddr, write_pmpaddr),
    [0x747] = REG("mseccfg", if_mseccfg, NULL, write_mseccfg, mseccfg),
    [0x757] = RO("mseccfgh", if_mseccfg_rv32, NULL, read_zero),

    [0xb00] = RW("mcycle", NULL, NULL, read_counter, write_counter),
    [0xb02] = RW("minstret", NULL, NULL, read_counter, write_counter),
    [0xb03 ... 0xb1f] = RO("mhpmcounter", NULL, NULL, read_zero),
    [0xb80] = RW("mcycleh", if_rv32, NULL, read_counter_high, write_counter_high),
    [0xb82] = RW("minstreth", if_rv32, NULL, read_counter_high, write_counter_high),
    [0xb83 ... 0xb9f] = RO("mhpmcounterh", if_rv32, NULL, read_zero),
    [0x320] = REG("mcountinhibit", if_priv11, NULL, write_mcountinhibit, mcountinhibit),
    [0x323 ... 0x33f] = RO("mhpmevent", NULL, NULL, read_zero),
    [0x723 ... 0x73f] = RO("mhpmeventh", if_sscofpmf_rv32, NULL, read_zero),

    [0x7a0] = RO("tselect", NULL, NULL, read_zero),
    [0x7a1] = RO("tdata1", NULL, NULL, read_zero),
    [0x7a2] = RO("tdata2", NULL, NULL, read_zero),
    [0x7a3] = RO("tdata3", NULL, NULL, read_zero),
    [0x7a4] = RO("tinfo", NULL, NULL, read_tinfo),
};

/* -- Access -- */

static bool exists(const struct riscv_cpu *r, unsigned csr)
{
    const struct csr *c = &csrs[csr];
    return c->name && (!c->exists || c->exists(r, csr));
}

enum riscv_csr_result riscv_csr_rw(struct riscv_cpu *r, unsigned csr, uint64_t *old, uint64_t value, uint64_t mask,
                                   bool write)
{
    const struct csr *c = &csrs[csr & 0xfff];
    csr &= 0xfff;
    if (unlikely(!exists(r, csr) || r->priv < (csr >> 8 & 3) || (write && csr >> 10 == 3) ||
                 (c->allowed && !c->allowed(r, csr)) || (csr == CSR_SEED && !write)))
        return CSR_ILLEGAL;
    uint64_t v = c->read(r, csr);
    *old = v;
    if (write && c->write)
        c->write(r, csr, riscv_xlen_trunc(r, (v & ~mask) | (value & mask)), mask);
    return CSR_OK;
}

bool riscv_csr_debug_read(struct riscv_cpu *r, unsigned csr, uint64_t *value)
{
    if (csr >= ARRAY_SIZE(csrs) || !exists(r, csr))
        return false;
    *value = csrs[csr].read(r, csr);
    return true;
}

bool riscv_csr_debug_write(struct riscv_cpu *r, unsigned csr, uint64_t value)
{
    if (csr >= ARRAY_SIZE(csrs) || !exists(r, csr) || csr >> 10 == 3)
        return false;
    csrs[csr].read(r, csr); /* what an instruction does too: a write of xtopei claims what was read */
    if (csrs[csr].write)
        csrs[csr].write(r, csr, riscv_xlen_trunc(r, value), UINT64_MAX);
    return true;
}

/* -- Names: rows of several CSRs are numbered -- */

static const struct {
    uint16_t first, last;
    const char *format;
    uint8_t number; /* of the first */
} numbered[] = {
    {0xc03, 0xc1f, "hpmcounter%u", 3},   {0xc83, 0xc9f, "hpmcounter%uh", 3}, {0xb03, 0xb1f, "mhpmcounter%u", 3},
    {0xb83, 0xb9f, "mhpmcounter%uh", 3}, {0x323, 0x33f, "mhpmevent%u", 3},   {0x723, 0x73f, "mhpmevent%uh", 3},
    {0x30c, 0x30f, "mstateen%u", 0},     {0x31c, 0x31f, "mstateen%uh", 0},   {0x3a0, 0x3af, "pmpcfg%u", 0},
    {0x3b0, 0x3ef, "pmpaddr%u", 0},
};

static const char *names[4096];

static const char *const *names_make(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(csrs); i++)
        names[i] = csrs[i].name;
    for (unsigned i = 0; i < ARRAY_SIZE(numbered); i++) {
        for (unsigned csr = numbered[i].first; csr <= numbered[i].last; csr++) {
            char text[24];
            g_snprintf(text, sizeof(text), numbered[i].format, csr - numbered[i].first + numbered[i].number);
            names[csr] = g_intern_string(text);
        }
    }
    return names;
}

const char *riscv_csr_name(unsigned csr)
{
    static gsize once;
    if (g_once_init_enter(&once))
        g_once_init_leave(&once, (gsize)names_make());
    return csr < ARRAY_SIZE(names) ? names[csr] : NULL;
}

/* -- Reset -- */

static uint64_t misa_value(const struct riscv_config *c)
{
    static const struct {
        char letter;
        enum riscv_feature feature;
    } letters[] = {{'A', RVF_a}, {'C', RVF_c}, {'D', RVF_d}, {'E', RVF_e}, {'F', RVF_f},
                   {'I', RVF_i}, {'M', RVF_m}, {'S', RVF_s}, {'U', RVF_u}, {'B', RVF_b}};
    uint64_t misa = c->xlen == 32 ? UINT64_C(1) << 30 : UINT64_C(2) << 62;
    for (unsigned i = 0; i < ARRAY_SIZE(letters); i++)
        if (c->has[letters[i].feature])
            misa |= UINT64_C(1) << (letters[i].letter - 'A');
    return misa;
}

static uint64_t mstatus_mask(const struct riscv_cpu *r)
{
    uint64_t mask = riscv_sstatus_mask(&r->config) | MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP |
                    (has(r, RVF_f) ? MSTATUS_FS : 0) | (has(r, RVF_zicfilp) ? MSTATUS_MPELP : 0);
    if (has(r, RVF_u))
        mask |= MSTATUS_MPRV | MSTATUS_TW;
    if (has(r, RVF_s))
        mask |= MSTATUS_TVM | MSTATUS_TSR;
    return mask;
}

bool riscv_satp_possible(const struct riscv_cpu *r, uint64_t satp)
{
    return satp_mode_exists(r, satp >> (rv32(r) ? 31 : 60));
}

void riscv_csr_reset(struct riscv_cpu *r)
{
    state_reset(&riscv_state, r);
    r->mstatus_mask = mstatus_mask(r);
    r->sstatus_mask = riscv_sstatus_mask(&r->config);
    /* MPP is left open; test programs set bits of it and rely on QEMU's 0. */
    r->mstatus = has(r, RVF_u) ? 0 : PRV_M << MSTATUS_MPP_SHIFT;
    if (!rv32(r) && has(r, RVF_u))
        r->mstatus |= UINT64_C(2) << MSTATUS_UXL_SHIFT;
    if (!rv32(r) && has(r, RVF_s))
        r->mstatus |= UINT64_C(2) << MSTATUS_SXL_SHIFT;
    r->misa = misa_value(&r->config);
    riscv_pmp_update(r);

    /* Without firmware to turn them on, page-based memory types and hardware A/D updates are there from the start. */
    r->menvcfg = (has(r, RVF_svpbmt) ? ENVCFG_PBMTE : 0) | (has(r, RVF_svadu) && !has(r, RVF_svade) ? ENVCFG_ADUE : 0);
    riscv_stimecmp_update(r, 0, false);

    r->cpu.fp = (struct fp_env){.cls = IR_FP_RISCV};
    fp_flags_set(&r->cpu, 0);
    set_frm(r, IR_RNE);
}
