/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers: the table, and what reads and writes of them do. Manual: chapters D19, "AArch64 System Register
 * Descriptions", and C5, "The A64 System Instruction Class".
 */
#include "sysreg.h"

#include <string.h>

#include "aarch32.h"
#include "cpu-exec.h"

static uint64_t *member(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (uint64_t *)((char *)a + r->offset);
}

static uint64_t store_masked(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    uint64_t *m = member(a, r);
    return *m = (*m & ~r->mask) | (value & r->mask);
}

/* -- What translations and regimes depend on -- */

/* The regimes' parameters changed. */
static void write_regime(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    store_masked(a, r, value);
    arm_update_state(a);
}

static void write_sctlr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    uint64_t old = *member(a, r);
    if (store_masked(a, r, value) != old)
        arm_update_state(a);
}

static void write_interrupts(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    write_regime(a, r, value);
    arm_check_interrupts(a);
}

/* HCR_EL2.E2H changes what registers mean; without VHE it stays zero. */
static void write_hcr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    uint64_t mask = r->mask;
    if (!arm_has(a, ARMF_vhe))
        mask &= ~HCR_E2H;
    if (!arm_has(a, ARMF_aarch32))
        value |= HCR_RW;
    if (arm_has(a, ARMF_el3))
        mask &= ~(uint64_t)HCR_HCD;
    a->hcr = value & mask;
    arm_update_state(a);
    arm_check_interrupts(a);
}

static void write_scr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    if (!arm_has(a, ARMF_aarch32))
        value |= SCR_RW;
    value &= ~(uint64_t)SCR_EEL2; /* no secure EL2 */
    if (!arm_has(a, ARMF_el2))
        value &= ~(uint64_t)SCR_HCE;
    write_interrupts(a, r, value | 0x30);
}

static void write_fp_control(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    store_masked(a, r, value);
    arm_update_key(a);
}

/* -- PSTATE -- */

static uint64_t read_current_el(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->el << 2;
}

static uint64_t read_pstate(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->pstate & r->mask;
}

static void write_pstate(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    a->pstate = (a->pstate & ~r->mask) | (value & r->mask);
    arm_update_state(a);
    arm_check_interrupts(a);
}

static uint64_t read_nzcv(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_nzcv(a);
}

static void write_nzcv(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_set_nzcv(a, value);
}

static uint64_t read_spsel(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->pstate & PSTATE_SP;
}

static void write_spsel(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_set_el(a, a->el, value & 1);
    arm_update_key(a);
}

/* SP_ELx at another place than the current stack pointer. */
static uint64_t read_sp(struct arm_cpu *a, const struct arm_sysreg *r)
{
    if (r->offset == (int32_t)offsetof(struct arm_cpu, sp_el[0]) && !(a->pstate & PSTATE_SP))
        arm_undefined(a);
    return *member(a, r);
}

static void write_sp(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    read_sp(a, r);
    *member(a, r) = value;
}

/* -- FP -- */

static uint64_t read_fpcr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->fpcr;
}

static void write_fpcr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_fpcr_write(a, value);
}

static uint64_t read_fpsr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_fpsr_read(a);
}

static void write_fpsr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_fpsr_write(a, value);
}

/* -- Identification -- */

/* Those that tell of a GICv3's CPU interface: it is the board's whether there is one. */
uint64_t arm_id_read(const struct arm_cpu *a, unsigned crm, unsigned op2)
{
    uint64_t v = a->config.id[crm][op2];
    if (a->gic.ops && crm == 4 && op2 == 0) /* ID_AA64PFR0.GIC */
        v = with_bits(v, 24, 4, 1);
    if (a->gic.ops && crm == 1 && op2 == 1) /* ID_PFR1.GIC */
        v = with_bits(v, 28, 4, 1);
    return v;
}

static uint64_t read_id(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_id_read(a, bits(r->enc, 3, 4), bits(r->enc, 0, 3));
}

static uint64_t read_midr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->el == 1 && arm_el2_enabled(a) ? a->vpidr : a->config.id[0][0];
}

static uint64_t read_mpidr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->el == 1 && arm_el2_enabled(a) ? a->vmpidr : a->mpidr;
}

static uint64_t read_config(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return *(const uint64_t *)((const char *)&a->config + r->constant);
}

static uint64_t read_dczid(struct arm_cpu *a, const struct arm_sysreg *r)
{
    bool works = a->cpu.mode.word[0] & ARMKEY_DZE && !(a->el < 2 && arm_el2_enabled(a) && (a->hcr & HCR_TDZ));
    return a->config.dczid | (works ? 0 : 16);
}

static uint64_t read_ccsidr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->config.ccsidr[a->csselr & 7];
}

/* The highest level's to set; AArch32's secure state at EL1 is that where EL3 is AArch32. */
static void write_cntfrq(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    unsigned highest = arm_has(a, ARMF_el3) ? 3 : arm_has(a, ARMF_el2) ? 2 : 1;
    if (a->el < highest && !(arm_a32_has_el3(a) && arm_secure(a)))
        arm_undefined(a);
    a->cntfrq = (uint32_t)value;
}

static uint64_t read_rvbar(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->config.rvbar;
}

static uint64_t read_isr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    uint32_t lines = arm_lines(a);
    uint64_t h = a->el < 2 && arm_el2_enabled(a) ? a->hcr : 0, v = 0;
    if (h & HCR_IMO ? lines & 1u << ARM_VIRQ || h & HCR_VI : lines & 1u << ARM_IRQ)
        v |= PSTATE_I;
    if (h & HCR_FMO ? lines & 1u << ARM_VFIQ || h & HCR_VF : lines & 1u << ARM_FIQ)
        v |= PSTATE_F;
    if (h & HCR_AMO ? h & HCR_VSE : lines & 1u << ARM_SERROR)
        v |= PSTATE_A;
    return v;
}

/* Entropy of the guest's own: repeatable where runs are. */
static uint64_t read_rndr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    uint64_t z = a->entropy += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    arm_set_nzcv(a, 0);
    return z ^ z >> 31;
}

/* -- Debug -- */

static void write_debug(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    store_masked(a, r, value);
    arm_update_debug(a);
}

static void write_mdcr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    bool el3 = r->offset == (int32_t)offsetof(struct arm_cpu, mdcr[3]);
    arm_pm_write_mdcr(a, el3 ? 3 : 2, value & r->mask);
    arm_update_debug(a);
}

static void write_oslar(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    a->oslock = value & 1;
    arm_update_debug(a);
}

static uint64_t read_oslsr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return 8 | a->oslock << 1;
}

static void write_claim_set(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    a->dbgclaim |= value & 0xff;
}

static void write_claim_clear(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    a->dbgclaim &= ~value;
}

/* -- Generic timer: CRm and op2 say which -- */

static uint64_t read_cntpct(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_count(a);
}

static uint64_t read_cntvct(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_virtual_count(a);
}

static uint64_t read_tval(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_timer_tval(a, r->constant);
}

static void write_tval(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_timer_set_tval(a, r->constant, value);
}

static uint64_t read_ctl(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_timer_ctl(a, r->constant);
}

static void write_ctl(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_timer_set_ctl(a, r->constant, value);
}

static uint64_t read_cval(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->timers[r->constant].cval;
}

static void write_cval(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_timer_set_cval(a, r->constant, value);
}

static void write_cntvoff(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_set_cntvoff(a, value);
}

/* -- GIC -- */

bool arm_gic_is_virtual(const struct arm_cpu *a, uint16_t enc)
{
    uint64_t h = a->el == 1 && arm_el2_enabled(a) ? a->hcr : 0;
    unsigned crm = bits(enc, 3, 4), op2 = enc & 7;
    bool group0 = (crm == 8 && op2 <= 3) || (crm == 12 && op2 == 6); /* IAR0, EOIR0, HPPIR0, BPR0; IGRPEN0 */
    bool either = crm == 6 || crm == 11 || (crm == 12 && op2 <= 5); /* PMR, RPR, DIR, CTLR, SRE: with any of both */
    if (bits(enc, 11, 3)) /* ICH_*, ICC_*_EL3 */
        return false;
    return either ? h & (HCR_IMO | HCR_FMO) : group0 || crm == 8 ? h & HCR_FMO : h & HCR_IMO;
}

static struct gic_access gic_access(const struct arm_cpu *a, uint16_t enc)
{
    unsigned el = arm_a32_has_el3(a) && arm_secure(a) ? 3 : a->el;
    return (struct gic_access){ .el = el, .secure = arm_secure(a), .scr_ns = !arm_has(a, ARMF_el3) || (a->scr & SCR_NS),
                                .scr_fiq = a->scr & SCR_FIQ, .virtual = arm_gic_is_virtual(a, enc) };
}

static uint64_t read_gic(struct arm_cpu *a, const struct arm_sysreg *r)
{
    uint64_t value = 0;
    if (!a->gic.ops || !a->gic.ops->read(a->gic.opaque, a->gic.n, r->enc, gic_access(a, r->enc), &value))
        arm_undefined(a);
    return value;
}

static void write_gic(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    if (!a->gic.ops || !a->gic.ops->write(a->gic.opaque, a->gic.n, r->enc, gic_access(a, r->enc), value))
        arm_undefined(a);
}

/* -- The table -- */

#define ENC(op0, op1, crn, crm, op2) .enc = ARM_SYSREG(op0, op1, crn, crm, op2)
#define RW(el) .el_read = el, .el_write = el
#define RO(el) .el_read = el, .el_write = NO_LEVEL
#define WO(el) .el_read = NO_LEVEL, .el_write = el
#define AT(m) .offset = offsetof(struct arm_cpu, m), .mask = UINT64_MAX
#define BITS(m, mask_) .offset = offsetof(struct arm_cpu, m), .mask = mask_
#define NOWHERE .offset = -1
#define ANY .feature = ARMF_COUNT
#define NEEDS(f) .feature = ARMF_##f
#define W32 UINT32_MAX

/* A plain register. */
#define PLAIN(name_, enc_, rw_, at_, ...) { .name = name_, enc_, rw_, at_, ANY, .quiet = true, ##__VA_ARGS__ },
#define CONST(name_, enc_, el_, v_, ...) { .name = name_, enc_, RO(el_), NOWHERE, ANY, .constant = v_, ##__VA_ARGS__ },
/* Reads as zero, ignores writes. */
#define ZERO(name_, enc_) { .name = name_, enc_, RW(1), NOWHERE, ANY, .quiet = true },
#define ID(name_, crm_, op2_)                                                                                          \
    { .name = name_, ENC(3, 0, 0, crm_, op2_), RO(1), NOWHERE, ANY, .trap = TRAP_ID3, .read = read_id },
#define IDS(crm_)                                                                                                      \
    ID(NULL, crm_, 0) ID(NULL, crm_, 1) ID(NULL, crm_, 2) ID(NULL, crm_, 3) ID(NULL, crm_, 4) ID(NULL, crm_, 5)        \
    ID(NULL, crm_, 6) ID(NULL, crm_, 7)
/* The registers that EL1, EL2 and EL3 have each. */
#define BANKED(name_, crn_, crm_, op2_, m_, trap_)                                                                     \
    PLAIN(name_ "_EL1", ENC(3, 0, crn_, crm_, op2_), RW(1), AT(m_[1]), .trap = trap_)                                  \
    PLAIN(name_ "_EL2", ENC(3, 4, crn_, crm_, op2_), RW(2), AT(m_[2]))                                                 \
    PLAIN(name_ "_EL3", ENC(3, 6, crn_, crm_, op2_), RW(3), AT(m_[3]))
#define REGIME(name_, enc_, el_, m_, trap_)                                                                            \
    { .name = name_, enc_, RW(el_), AT(m_), ANY, .trap = trap_, .write = write_regime },
#define DEBUG_(name_, n_, op2_, at_)                                                                                   \
    { .name = name_ #n_ "_EL1", ENC(2, 0, 0, n_, op2_), RW(1), at_, ANY, .trap = TRAP_DEBUG, .write = write_debug },
#define BREAKPOINT(n)                                                                                                  \
    DEBUG_("DBGBVR", n, 4, AT(dbgbvr[n])) DEBUG_("DBGBCR", n, 5, BITS(dbgbcr[n], 0x00fff1e7))
#define WATCHPOINT(n)                                                                                                  \
    DEBUG_("DBGWVR", n, 6, AT(dbgwvr[n])) DEBUG_("DBGWCR", n, 7, BITS(dbgwcr[n], 0x1fffffff))
#define TIMER(name_, op1_, crm_, el_, k_, trap_)                                                                       \
    { .name = name_ "_TVAL", ENC(3, op1_, 14, crm_, 0), RW(el_), NOWHERE, ANY, .trap = trap_, .quiet = true,           \
      .constant = k_, .read = read_tval, .write = write_tval },                                                        \
    { .name = name_ "_CTL", ENC(3, op1_, 14, crm_, 1), RW(el_), NOWHERE, ANY, .trap = trap_, .quiet = true,            \
      .constant = k_, .read = read_ctl, .write = write_ctl },                                                          \
    { .name = name_ "_CVAL", ENC(3, op1_, 14, crm_, 2), RW(el_), NOWHERE, ANY, .trap = trap_, .quiet = true,           \
      .constant = k_, .read = read_cval, .write = write_cval },
#define GIC(name_, op1_, crn_, crm_, op2_, el_)                                                                        \
    { .name = name_, ENC(3, op1_, crn_, crm_, op2_), RW(el_), NOWHERE, ANY, .trap = TRAP_GIC, .quiet = true,           \
      .read = read_gic, .write = write_gic },
#define GIC4(name_, op1_, crn_, crm_, op2_, el_)                                                                       \
    GIC(name_ "0", op1_, crn_, crm_, (op2_), el_) GIC(name_ "1", op1_, crn_, crm_, (op2_) + 1, el_)                    \
    GIC(name_ "2", op1_, crn_, crm_, (op2_) + 2, el_) GIC(name_ "3", op1_, crn_, crm_, (op2_) + 3, el_)
#define PMU1(name_, op2_)                                                                                              \
    { .name = name_, ENC(3, 0, 9, 14, op2_), RW(1), NOWHERE, NEEDS(pmuv3), .trap = TRAP_PMU, .quiet = true,            \
      .read = arm_pm_read, .write = arm_pm_write },
#define PMEV_(name_, crm_, op2_)                                                                                       \
    { .name = name_, ENC(3, 3, 14, crm_, op2_), RW(0), NOWHERE, NEEDS(pmuv3), .trap = TRAP_PMU, .quiet = true,         \
      .read = arm_pm_read, .write = arm_pm_write },
#define PMEV(n_) PMEV_("PMEVCNTR" #n_ "_EL0", 8, n_) PMEV_("PMEVTYPER" #n_ "_EL0", 12, n_)
#define PMU(name_, op2_, crm_, ...)                                                                                    \
    { .name = name_, ENC(3, 3, 9, crm_, op2_), NEEDS(pmuv3), .trap = TRAP_PMU, .quiet = true, ##__VA_ARGS__ },
#define KEY_(name_, crm_, op2_, k_)                                                                                    \
    PLAIN("AP" name_ "KeyLo_EL1", ENC(3, 0, 2, crm_, op2_), RW(1), AT(apkey[k_][0]), .trap = TRAP_PAUTH, NEEDS(pauth)) \
    PLAIN("AP" name_ "KeyHi_EL1", ENC(3, 0, 2, crm_, (op2_) + 1), RW(1), AT(apkey[k_][1]), .trap = TRAP_PAUTH,         \
          NEEDS(pauth))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init" /* NEEDS behind PLAIN's ANY */
const struct arm_sysreg arm_sysregs[] = {
    /* Identification. */
    { .name = "MIDR_EL1", ENC(3, 0, 0, 0, 0), RO(1), NOWHERE, ANY, .read = read_midr },
    { .name = "MPIDR_EL1", ENC(3, 0, 0, 0, 5), RO(1), NOWHERE, ANY, .read = read_mpidr },
    { .name = "REVIDR_EL1", ENC(3, 0, 0, 0, 6), RO(1), NOWHERE, ANY, .trap = TRAP_ID1, .read = read_id },
    { .name = "AIDR_EL1", ENC(3, 1, 0, 0, 7), RO(1), NOWHERE, ANY, .trap = TRAP_ID1 },
    IDS(1) IDS(2) IDS(3) IDS(4) IDS(5) IDS(6) IDS(7)
    { .name = "CTR_EL0", ENC(3, 3, 0, 0, 1), RO(0), NOWHERE, ANY, .trap = TRAP_ID2,
      .constant = offsetof(struct arm_config, ctr), .read = read_config },
    { .name = "DCZID_EL0", ENC(3, 3, 0, 0, 7), RO(0), NOWHERE, ANY, .read = read_dczid },
    { .name = "CLIDR_EL1", ENC(3, 1, 0, 0, 1), RO(1), NOWHERE, ANY, .trap = TRAP_ID2,
      .constant = offsetof(struct arm_config, clidr), .read = read_config },
    { .name = "CCSIDR_EL1", ENC(3, 1, 0, 0, 0), RO(1), NOWHERE, ANY, .trap = TRAP_ID2, .read = read_ccsidr },
    PLAIN("CSSELR_EL1", ENC(3, 2, 0, 0, 0), RW(1), BITS(csselr, 0xf), .trap = TRAP_ID2)
    PLAIN("VPIDR_EL2", ENC(3, 4, 0, 0, 0), RW(2), BITS(vpidr, W32))
    PLAIN("VMPIDR_EL2", ENC(3, 4, 0, 0, 5), RW(2), AT(vmpidr))
    { .name = "RVBAR_EL1", ENC(3, 0, 12, 0, 1), RO(1), NOWHERE, ANY, .read = read_rvbar },
    { .name = "RVBAR_EL2", ENC(3, 4, 12, 0, 1), RO(2), NOWHERE, ANY, .read = read_rvbar },
    { .name = "RVBAR_EL3", ENC(3, 6, 12, 0, 1), RO(3), NOWHERE, ANY, .read = read_rvbar },
    { .name = "ISR_EL1", ENC(3, 0, 12, 1, 0), RO(1), NOWHERE, ANY, .read = read_isr },
    { .name = "RNDR", ENC(3, 3, 2, 4, 0), RO(0), NOWHERE, NEEDS(rng), .read = read_rndr },
    { .name = "RNDRRS", ENC(3, 3, 2, 4, 1), RO(0), NOWHERE, NEEDS(rng), .read = read_rndr },

    /* Control. */
    { .name = "SCTLR_EL1", ENC(3, 0, 1, 0, 0), RW(1), AT(sctlr[1]), ANY, .trap = TRAP_VM, .write = write_sctlr },
    { .name = "SCTLR_EL2", ENC(3, 4, 1, 0, 0), RW(2), AT(sctlr[2]), ANY, .write = write_sctlr },
    { .name = "SCTLR_EL3", ENC(3, 6, 1, 0, 0), RW(3), AT(sctlr[3]), ANY, .write = write_sctlr },
    BANKED("ACTLR", 1, 0, 1, actlr, TRAP_ACTLR)
    { .name = "CPACR_EL1", ENC(3, 0, 1, 0, 2), RW(1), BITS(cpacr, 0x10300000), ANY, .trap = TRAP_CPACR,
      .write = write_fp_control },
    { .name = "CPTR_EL2", ENC(3, 4, 1, 1, 2), RW(2), AT(cptr[2]), ANY, .write = write_fp_control },
    { .name = "CPTR_EL3", ENC(3, 6, 1, 1, 2), RW(3), AT(cptr[3]), ANY, .write = write_fp_control },
    /* Errors: there are no records. Limited ordering regions: there are none. */
    { .name = "ERRIDR_EL1", ENC(3, 0, 5, 3, 0), RO(1), NOWHERE, NEEDS(ras) },
    { .name = "ERRSELR_EL1", ENC(3, 0, 5, 3, 1), RW(1), NOWHERE, NEEDS(ras), .quiet = true },
    { .name = "DISR_EL1", ENC(3, 0, 12, 1, 1), RW(1), NOWHERE, NEEDS(ras), .quiet = true },
    { .name = "VDISR_EL2", ENC(3, 4, 12, 1, 1), RW(2), NOWHERE, NEEDS(ras), .quiet = true },
    { .name = "VSESR_EL2", ENC(3, 4, 5, 2, 3), RW(2), NOWHERE, NEEDS(ras), .quiet = true },
    { .name = "LORSA_EL1", ENC(3, 0, 10, 4, 0), RW(1), NOWHERE, NEEDS(lor), .quiet = true },
    { .name = "LOREA_EL1", ENC(3, 0, 10, 4, 1), RW(1), NOWHERE, NEEDS(lor), .quiet = true },
    { .name = "LORN_EL1", ENC(3, 0, 10, 4, 2), RW(1), NOWHERE, NEEDS(lor), .quiet = true },
    { .name = "LORC_EL1", ENC(3, 0, 10, 4, 3), RW(1), NOWHERE, NEEDS(lor), .quiet = true },
    { .name = "LORID_EL1", ENC(3, 0, 10, 4, 7), RO(1), NOWHERE, NEEDS(lor) },

    { .name = "HCR_EL2", ENC(3, 4, 1, 1, 0), RW(2), BITS(hcr, 0x000003ffffffffff), ANY, .write = write_hcr },
    { .name = "SCR_EL3", ENC(3, 6, 1, 1, 0), RW(3), BITS(scr, 0x0007ffbf), ANY, .write = write_scr },
    PLAIN("SDER32_EL3", ENC(3, 6, 1, 1, 1), RW(3), BITS(sder, 3))
    PLAIN("HSTR_EL2", ENC(3, 4, 1, 1, 3), RW(2), BITS(hstr, W32))
    PLAIN("HACR_EL2", ENC(3, 4, 1, 1, 7), RW(2), BITS(hacr, 0))
    { .name = "MDCR_EL2", ENC(3, 4, 1, 1, 1), RW(2), BITS(mdcr[2], W32), ANY, .write = write_mdcr },
    { .name = "MDCR_EL3", ENC(3, 6, 1, 3, 1), RW(3), BITS(mdcr[3], W32), ANY, .write = write_mdcr },

    /* Memory. */
    REGIME("TTBR0_EL1", ENC(3, 0, 2, 0, 0), 1, ttbr0[1], TRAP_VM)
    REGIME("TTBR1_EL1", ENC(3, 0, 2, 0, 1), 1, ttbr1[1], TRAP_VM)
    REGIME("TCR_EL1", ENC(3, 0, 2, 0, 2), 1, tcr[1], TRAP_VM)
    REGIME("TTBR0_EL2", ENC(3, 4, 2, 0, 0), 2, ttbr0[2], TRAP_NONE)
    { .name = "TTBR1_EL2", ENC(3, 4, 2, 0, 1), RW(2), AT(ttbr1[2]), NEEDS(vhe), .write = write_regime },
    REGIME("TCR_EL2", ENC(3, 4, 2, 0, 2), 2, tcr[2], TRAP_NONE)
    REGIME("TTBR0_EL3", ENC(3, 6, 2, 0, 0), 3, ttbr0[3], TRAP_NONE)
    REGIME("TCR_EL3", ENC(3, 6, 2, 0, 2), 3, tcr[3], TRAP_NONE)
    REGIME("VTTBR_EL2", ENC(3, 4, 2, 1, 0), 2, vttbr, TRAP_NONE)
    REGIME("VTCR_EL2", ENC(3, 4, 2, 1, 2), 2, vtcr, TRAP_NONE)
    BANKED("MAIR", 10, 2, 0, mair, TRAP_VM)
    BANKED("AMAIR", 10, 3, 0, amair, TRAP_VM)
    BANKED("AFSR0", 5, 1, 0, afsr0, TRAP_VM)
    BANKED("AFSR1", 5, 1, 1, afsr1, TRAP_VM)
    BANKED("ESR", 5, 2, 0, esr, TRAP_VM)
    BANKED("FAR", 6, 0, 0, far, TRAP_VM)
    PLAIN("HPFAR_EL2", ENC(3, 4, 6, 0, 4), RW(2), AT(hpfar))
    PLAIN("PAR_EL1", ENC(3, 0, 7, 4, 0), RW(1), AT(par))
    PLAIN("CONTEXTIDR_EL1", ENC(3, 0, 13, 0, 1), RW(1), BITS(contextidr[1], W32), .trap = TRAP_VM)
    PLAIN("CONTEXTIDR_EL2", ENC(3, 4, 13, 0, 1), RW(2), BITS(contextidr[2], W32), NEEDS(vhe))

    /* Exceptions, PSTATE. */
    BANKED("ELR", 4, 0, 1, elr, TRAP_NONE)
    BANKED("SPSR", 4, 0, 0, spsr, TRAP_NONE)
    PLAIN("VBAR_EL1", ENC(3, 0, 12, 0, 0), RW(1), BITS(vbar[1], ~UINT64_C(0x7ff)))
    PLAIN("VBAR_EL2", ENC(3, 4, 12, 0, 0), RW(2), BITS(vbar[2], ~UINT64_C(0x7ff)))
    PLAIN("VBAR_EL3", ENC(3, 6, 12, 0, 0), RW(3), BITS(vbar[3], ~UINT64_C(0x7ff)))
    PLAIN("SPSR_irq", ENC(3, 4, 4, 3, 0), RW(2), BITS(spsr_irq, W32), NEEDS(aarch32))
    PLAIN("SPSR_abt", ENC(3, 4, 4, 3, 1), RW(2), BITS(spsr_abt, W32), NEEDS(aarch32))
    PLAIN("SPSR_und", ENC(3, 4, 4, 3, 2), RW(2), BITS(spsr_und, W32), NEEDS(aarch32))
    PLAIN("SPSR_fiq", ENC(3, 4, 4, 3, 3), RW(2), BITS(spsr_fiq, W32), NEEDS(aarch32))
    PLAIN("DACR32_EL2", ENC(3, 4, 3, 0, 0), RW(2), BITS(dacr32, W32), NEEDS(aarch32))
    PLAIN("IFSR32_EL2", ENC(3, 4, 5, 0, 1), RW(2), BITS(ifsr32, W32), NEEDS(aarch32))
    PLAIN("FPEXC32_EL2", ENC(3, 4, 5, 3, 0), RW(2), BITS(fpexc32, W32), NEEDS(aarch32))
    { .name = "SP_EL0", ENC(3, 0, 4, 1, 0), RW(1), AT(sp_el[0]), ANY, .quiet = true, .read = read_sp,
      .write = write_sp },
    { .name = "SP_EL1", ENC(3, 4, 4, 1, 0), RW(2), AT(sp_el[1]), ANY, .quiet = true, .read = read_sp,
      .write = write_sp },
    { .name = "SP_EL2", ENC(3, 6, 4, 1, 0), RW(3), AT(sp_el[2]), ANY, .quiet = true, .read = read_sp,
      .write = write_sp },
    { .name = "SPSel", ENC(3, 0, 4, 2, 0), RW(1), NOWHERE, ANY, .read = read_spsel, .write = write_spsel },
    { .name = "CurrentEL", ENC(3, 0, 4, 2, 2), RO(1), NOWHERE, ANY, .read = read_current_el },
    { .name = "PAN", ENC(3, 0, 4, 2, 3), RW(1), NOWHERE, NEEDS(pan), .mask = PSTATE_PAN, .read = read_pstate,
      .write = write_pstate },
    { .name = "UAO", ENC(3, 0, 4, 2, 4), RW(1), NOWHERE, NEEDS(uao), .mask = PSTATE_UAO, .read = read_pstate,
      .write = write_pstate },
    { .name = "NZCV", ENC(3, 3, 4, 2, 0), RW(0), NOWHERE, ANY, .quiet = true, .read = read_nzcv, .write = write_nzcv },
    { .name = "DAIF", ENC(3, 3, 4, 2, 1), RW(0), NOWHERE, ANY, .trap = TRAP_DAIF, .mask = PSTATE_DAIF,
      .read = read_pstate, .write = write_pstate },
    { .name = "DIT", ENC(3, 3, 4, 2, 5), RW(0), NOWHERE, NEEDS(dit), .mask = PSTATE_DIT, .read = read_pstate,
      .write = write_pstate },
    { .name = "SSBS", ENC(3, 3, 4, 2, 6), RW(0), NOWHERE, NEEDS(ssbs), .mask = PSTATE_SSBS, .read = read_pstate,
      .write = write_pstate },
    { .name = "FPCR", ENC(3, 3, 4, 4, 0), RW(0), NOWHERE, ANY, .trap = TRAP_FP, .read = read_fpcr,
      .write = write_fpcr },
    { .name = "FPSR", ENC(3, 3, 4, 4, 1), RW(0), NOWHERE, ANY, .trap = TRAP_FP, .quiet = true, .read = read_fpsr,
      .write = write_fpsr },

    /* Threads. */
    PLAIN("TPIDR_EL0", ENC(3, 3, 13, 0, 2), RW(0), AT(tpidr[0]))
    { .name = "TPIDRRO_EL0", ENC(3, 3, 13, 0, 3), .el_read = 0, .el_write = 1, AT(tpidrro), ANY, .quiet = true },
    PLAIN("TPIDR_EL1", ENC(3, 0, 13, 0, 4), RW(1), AT(tpidr[1]))
    PLAIN("TPIDR_EL2", ENC(3, 4, 13, 0, 2), RW(2), AT(tpidr[2]))
    PLAIN("TPIDR_EL3", ENC(3, 6, 13, 0, 2), RW(3), AT(tpidr[3]))
    KEY_("IA", 1, 0, 0) KEY_("IB", 1, 2, 1) KEY_("DA", 2, 0, 2) KEY_("DB", 2, 2, 3) KEY_("GA", 3, 0, 4)

    /* Debug. */
    { .name = "MDSCR_EL1", ENC(2, 0, 0, 2, 2), RW(1), BITS(mdscr, 0x04fff3ff & ~UINT64_C(0x44)), ANY, .trap = TRAP_DEBUG,
      .write = write_debug },
    CONST("MDCCSR_EL0", ENC(2, 3, 0, 1, 0), 0, 0, .trap = TRAP_DEBUG)
    PLAIN("MDCCINT_EL1", ENC(2, 0, 0, 2, 0), RW(1), BITS(mdccint, 3u << 29), .trap = TRAP_DEBUG)
    PLAIN("OSDTRRX_EL1", ENC(2, 0, 0, 0, 2), RW(1), BITS(osdtr[0], W32), .trap = TRAP_DEBUG)
    PLAIN("OSDTRTX_EL1", ENC(2, 0, 0, 3, 2), RW(1), BITS(osdtr[1], W32), .trap = TRAP_DEBUG)
    CONST("OSECCR_EL1", ENC(2, 0, 0, 6, 2), 1, 0, .trap = TRAP_DEBUG)
    CONST("MDRAR_EL1", ENC(2, 0, 1, 0, 0), 1, 0, .trap = TRAP_DEBUG_ROM)
    { .name = "OSLAR_EL1", ENC(2, 0, 1, 0, 4), WO(1), NOWHERE, ANY, .trap = TRAP_DEBUG_OS, .write = write_oslar },
    { .name = "OSLSR_EL1", ENC(2, 0, 1, 1, 4), RO(1), NOWHERE, ANY, .trap = TRAP_DEBUG_OS, .read = read_oslsr },
    { .name = "OSDLR_EL1", ENC(2, 0, 1, 3, 4), RW(1), BITS(osdlr, 1), ANY, .trap = TRAP_DEBUG_OS, .write = write_debug },
    CONST("DBGPRCR_EL1", ENC(2, 0, 1, 4, 4), 1, 0, .trap = TRAP_DEBUG_OS)
    { .name = "DBGCLAIMSET_EL1", ENC(2, 0, 7, 8, 6), RW(1), NOWHERE, ANY, .trap = TRAP_DEBUG, .quiet = true,
      .constant = 0xff, .write = write_claim_set },
    { .name = "DBGCLAIMCLR_EL1", ENC(2, 0, 7, 9, 6), RW(1), AT(dbgclaim), ANY, .trap = TRAP_DEBUG, .quiet = true,
      .write = write_claim_clear },
    CONST("DBGAUTHSTATUS_EL1", ENC(2, 0, 7, 14, 6), 1, 0, .trap = TRAP_DEBUG)
    { .name = "DBGVCR32_EL2", ENC(2, 4, 0, 7, 0), RW(2), BITS(dbgvcr32, W32), NEEDS(aarch32), .write = write_debug },
    BREAKPOINT(0) BREAKPOINT(1) BREAKPOINT(2) BREAKPOINT(3) BREAKPOINT(4) BREAKPOINT(5)
    WATCHPOINT(0) WATCHPOINT(1) WATCHPOINT(2) WATCHPOINT(3)

    /* Performance monitors. */
    PMU("PMCR_EL0", 0, 12, RW(0), NOWHERE, .read = arm_pm_read, .write = arm_pm_write)
    PMU("PMCNTENSET_EL0", 1, 12, RW(0), NOWHERE, .read = arm_pm_read, .write = arm_pm_write)
    PMU("PMCNTENCLR_EL0", 2, 12, RW(0), NOWHERE, .read = arm_pm_read, .write = arm_pm_write)
    PMU("PMOVSCLR_EL0", 3, 12, RW(0), NOWHERE, .read = arm_pm_read, .write = arm_pm_write)
    PMU("PMSWINC_EL0", 4, 12, WO(0), NOWHERE, .write = arm_pm_write)
    PMU("PMSELR_EL0", 5, 12, RW(0), BITS(pmselr, 0x1f))
    PMU("PMCEID0_EL0", 6, 12, RO(0), NOWHERE, .read = arm_pm_read)
    PMU("PMCEID1_EL0", 7, 12, RO(0), NOWHERE)
    PMU("PMCCNTR_EL0", 0, 13, RW(0), NOWHERE, .read = arm_pm_read, .write = arm_pm_write)
    PMU("PMXEVTYPER_EL0", 1, 13, RW(0), NOWHERE, .read = arm_pm_read, .write = arm_pm_write)
    PMU("PMXEVCNTR_EL0", 2, 13, RW(0), NOWHERE, .read = arm_pm_read, .write = arm_pm_write)
    PMU("PMUSERENR_EL0", 0, 14, .el_read = 0, .el_write = 1, BITS(pmuserenr, 0xf))
    PMU("PMOVSSET_EL0", 3, 14, RW(0), NOWHERE, .read = arm_pm_read, .write = arm_pm_write)
    PMU1("PMINTENSET_EL1", 1) PMU1("PMINTENCLR_EL1", 2)
    PMEV(0) PMEV(1) PMEV(2) PMEV(3) PMEV(4) PMEV(5)
    PMEV_("PMCCFILTR_EL0", 15, 7)

    /* Generic timer. */
    { .name = "CNTFRQ_EL0", ENC(3, 3, 14, 0, 0), .el_read = 0, .el_write = 1, BITS(cntfrq, W32), ANY,
      .trap = TRAP_PCT, .quiet = true, .write = write_cntfrq },
    { .name = "CNTPCT_EL0", ENC(3, 3, 14, 0, 1), RO(0), NOWHERE, ANY, .trap = TRAP_PCT, .read = read_cntpct },
    { .name = "CNTVCT_EL0", ENC(3, 3, 14, 0, 2), RO(0), NOWHERE, ANY, .trap = TRAP_VCT, .read = read_cntvct },
    PLAIN("CNTKCTL_EL1", ENC(3, 0, 14, 1, 0), RW(1), BITS(cntkctl, 0x3ff))
    PLAIN("CNTHCTL_EL2", ENC(3, 4, 14, 1, 0), RW(2), BITS(cnthctl, 0xfff))
    { .name = "CNTVOFF_EL2", ENC(3, 4, 14, 0, 3), RW(2), AT(cntvoff), ANY, .quiet = true, .write = write_cntvoff },
    TIMER("CNTP", 3, 2, 0, ARM_TIMER_PHYS, TRAP_PTIMER)
    TIMER("CNTV", 3, 3, 0, ARM_TIMER_VIRT, TRAP_VTIMER)
    TIMER("CNTHP", 4, 2, 2, ARM_TIMER_HYP, TRAP_NONE)
    TIMER("CNTHV", 4, 3, 2, ARM_TIMER_HYPVIRT, TRAP_NONE)
    TIMER("CNTPS", 7, 2, 1, ARM_TIMER_SEC, TRAP_STIMER)

    /* GICv3's CPU interface. */
    GIC("ICC_PMR_EL1", 0, 4, 6, 0, 1)
    GIC("ICC_IAR0_EL1", 0, 12, 8, 0, 1) GIC("ICC_EOIR0_EL1", 0, 12, 8, 1, 1) GIC("ICC_HPPIR0_EL1", 0, 12, 8, 2, 1)
    GIC("ICC_BPR0_EL1", 0, 12, 8, 3, 1) GIC4("ICC_AP0R", 0, 12, 8, 4, 1) GIC4("ICC_AP1R", 0, 12, 9, 0, 1)
    GIC("ICC_DIR_EL1", 0, 12, 11, 1, 1) GIC("ICC_RPR_EL1", 0, 12, 11, 3, 1) GIC("ICC_SGI1R_EL1", 0, 12, 11, 5, 1)
    GIC("ICC_ASGI1R_EL1", 0, 12, 11, 6, 1) GIC("ICC_SGI0R_EL1", 0, 12, 11, 7, 1)
    GIC("ICC_IAR1_EL1", 0, 12, 12, 0, 1) GIC("ICC_EOIR1_EL1", 0, 12, 12, 1, 1) GIC("ICC_HPPIR1_EL1", 0, 12, 12, 2, 1)
    GIC("ICC_BPR1_EL1", 0, 12, 12, 3, 1) GIC("ICC_CTLR_EL1", 0, 12, 12, 4, 1) GIC("ICC_SRE_EL1", 0, 12, 12, 5, 1)
    GIC("ICC_IGRPEN0_EL1", 0, 12, 12, 6, 1) GIC("ICC_IGRPEN1_EL1", 0, 12, 12, 7, 1)
    GIC("ICC_SRE_EL2", 4, 12, 9, 5, 2) GIC("ICC_CTLR_EL3", 6, 12, 12, 4, 3) GIC("ICC_SRE_EL3", 6, 12, 12, 5, 3)
    GIC("ICC_IGRPEN1_EL3", 6, 12, 12, 7, 3)
    GIC4("ICH_AP0R", 4, 12, 8, 0, 2) GIC4("ICH_AP1R", 4, 12, 9, 0, 2) GIC("ICH_HCR_EL2", 4, 12, 11, 0, 2)
    GIC("ICH_VTR_EL2", 4, 12, 11, 1, 2) GIC("ICH_MISR_EL2", 4, 12, 11, 2, 2) GIC("ICH_EISR_EL2", 4, 12, 11, 3, 2)
    GIC("ICH_ELRSR_EL2", 4, 12, 11, 5, 2) GIC("ICH_VMCR_EL2", 4, 12, 11, 7, 2)
    GIC4("ICH_LR", 4, 12, 12, 0, 2) GIC4("ICH_LR", 4, 12, 12, 4, 2) GIC4("ICH_LR", 4, 12, 13, 0, 2)
    GIC4("ICH_LR", 4, 12, 13, 4, 2)

    /* Of the cores alone: they read as zero, and writes do nothing (Cortex-A53, A57, A72). */
    CONST("L2CTLR_EL1", ENC(3, 1, 11, 0, 2), 1, 0)
    CONST("L2ECTLR_EL1", ENC(3, 1, 11, 0, 3), 1, 0)
    ZERO("CPUACTLR_EL1", ENC(3, 1, 15, 2, 0))
    ZERO("CPUECTLR_EL1", ENC(3, 1, 15, 2, 1))
    ZERO("CPUMERRSR_EL1", ENC(3, 1, 15, 2, 2))
    ZERO("L2MERRSR_EL1", ENC(3, 1, 15, 2, 3))
    { .name = "CBAR_EL1", ENC(3, 1, 15, 3, 0), RO(1), NOWHERE, ANY, .constant = offsetof(struct arm_config, cbar),
      .read = read_config },
};
#pragma GCC diagnostic pop
const unsigned arm_sysreg_count = ARRAY_SIZE(arm_sysregs);

/* -- Looking up -- */

static uint16_t by_enc[1 << 16]; /* index + 1 in the table; 0: none */

static void __attribute__((constructor)) index_rows(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(arm_sysregs); i++)
        by_enc[arm_sysregs[i].enc] = i + 1;
}

const struct arm_sysreg *arm_sysreg_find(const struct arm_config *c, uint16_t enc)
{
    unsigned i = by_enc[enc];
    if (!i)
        return NULL;
    const struct arm_sysreg *r = &arm_sysregs[i - 1];
    return r->feature == ARMF_COUNT || c->has[r->feature] ? r : NULL;
}

/* Names of EL1's registers that mean EL2's under E2H. */
static bool has_el12(uint16_t enc)
{
    switch (enc) {
    case ARM_SYSREG(3, 0, 1, 0, 0):  /* SCTLR */
    case ARM_SYSREG(3, 0, 1, 0, 2):  /* CPACR */
    case ARM_SYSREG(3, 0, 2, 0, 0):  /* TTBR0 */
    case ARM_SYSREG(3, 0, 2, 0, 1):  /* TTBR1 */
    case ARM_SYSREG(3, 0, 2, 0, 2):  /* TCR */
    case ARM_SYSREG(3, 0, 4, 0, 0):  /* SPSR */
    case ARM_SYSREG(3, 0, 4, 0, 1):  /* ELR */
    case ARM_SYSREG(3, 0, 5, 1, 0):  /* AFSR0 */
    case ARM_SYSREG(3, 0, 5, 1, 1):  /* AFSR1 */
    case ARM_SYSREG(3, 0, 5, 2, 0):  /* ESR */
    case ARM_SYSREG(3, 0, 6, 0, 0):  /* FAR */
    case ARM_SYSREG(3, 0, 10, 2, 0): /* MAIR */
    case ARM_SYSREG(3, 0, 10, 3, 0): /* AMAIR */
    case ARM_SYSREG(3, 0, 12, 0, 0): /* VBAR */
    case ARM_SYSREG(3, 0, 13, 0, 1): /* CONTEXTIDR */
    case ARM_SYSREG(3, 0, 14, 1, 0): /* CNTKCTL */
        return true;
    default:
        return false;
    }
}

static bool is_timer(uint16_t enc)
{
    return (enc & ~7u) == ARM_SYSREG(3, 3, 14, 2, 0) || (enc & ~7u) == ARM_SYSREG(3, 3, 14, 3, 0);
}

uint16_t arm_sysreg_redirect(uint64_t mode, uint16_t enc)
{
    if (!(mode & ARMKEY_E2H))
        return enc;
    uint16_t op1 = bits(enc, 11, 3), el1 = enc & ~(7u << 11), el0 = el1 | 3u << 11;
    if (op1 == 5 && has_el12(el1))
        return el1;
    if (op1 == 5 && is_timer(el0))
        return el0;
    if (enc == ARM_SYSREG(3, 0, 1, 0, 2))
        return ARM_SYSREG(3, 4, 1, 1, 2);
    if ((op1 == 0 && has_el12(enc)) || is_timer(enc))
        return el1 | 4u << 11;
    return enc;
}

uint64_t arm_sysreg_peek(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return r->read ? r->read(a, r) : r->offset >= 0 ? *member(a, r) : r->constant;
}

/* -- Reset -- */

static void reset_levels(struct arm_cpu *a)
{
    unsigned el = arm_has(a, ARMF_el3) ? 3 : arm_has(a, ARMF_el2) ? 2 : 1;
    a->el = el;
    a->pstate = PSTATE_DAIF | el << PSTATE_EL_SHIFT | PSTATE_SP;
    a->sctlr[1] = a->config.sctlr ? a->config.sctlr : 0x00c50838;
    a->sctlr[2] = a->sctlr[3] = 0x30c50830;
    a->cptr[2] = 0x33ff;
    a->cptr[3] = 0;
    a->scr = arm_has(a, ARMF_aarch32) ? 0x30 : 0x30 | SCR_RW;
    if (!arm_has(a, ARMF_aarch32))
        a->hcr |= HCR_RW;
    a->mdcr[2] = bits(a->config.pmcr, 11, 5); /* HPMN */
    a->mdcr[3] = 0;
    a->cnthctl = 3;
}

void arm_start_at(struct arm_cpu *a, unsigned el)
{
    if (a->config.a32_only) {
        arm_a32_start_at(a, el);
        return;
    }
    if (el == 3 || el >= a->el)
        return;
    if (a->el == 3)
        a->scr |= SCR_NS | SCR_HCE | SCR_RW | (arm_has(a, ARMF_pauth) ? SCR_APK | SCR_API : 0);
    if (el < 2 && arm_has(a, ARMF_el2))
        a->hcr |= HCR_RW | (arm_has(a, ARMF_pauth) ? HCR_APK | HCR_API : 0);
    arm_set_el(a, el, true);
    arm_update_state(a);
}

void arm_sysregs_reset(struct arm_cpu *a)
{
    state_reset(&arm_state, a);
    memset(a->v, 0, sizeof(a->v));
    memset(a->apkey, 0, sizeof(a->apkey));
    reset_levels(a);
    a->vpidr = a->config.id[0][0];
    a->vmpidr = a->mpidr;
    a->cntfrq = a->config.cntfrq;
    a->oslock = 1;
    a->pmcr = 0;
    arm_pm_loaded(a);
    arm_timers_reset(a);
    if (a->config.a32_only)
        arm_a32_reset(a);
    arm_fpcr_write(a, 0);
    arm_fpsr_write(a, 0);
}
