/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coprocessors 14 and 15 of AArch32 as a table: names of the registers that AArch64 has too, and those of its own.
 * Manual: DDI 0487, chapter G8; older cores' technical reference manuals.
 */
#include "aarch32.h"
#include "cpu-exec.h"
#include "cpus.h"
#include "sysreg.h"
#include "vcpu.h"

/* -- Members: the low or the high half of one of AArch64's, or all of it -- */

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define LOW_AT 0
#define HIGH_AT 4
#else
#define LOW_AT 4
#define HIGH_AT 0
#endif

static bool is_wide(const struct arm_sysreg *r)
{
    unsigned op0 = r->enc >> 14;
    return op0 == CP15_64 || op0 == CP14_64;
}

static uint64_t read_member(const struct arm_cpu *a, const struct arm_sysreg *r)
{
    const char *p = (const char *)a + r->offset;
    return is_wide(r) ? *(const uint64_t *)p : *(const uint32_t *)p;
}

static void write_member(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    char *p = (char *)a + r->offset;
    uint64_t v = (read_member(a, r) & ~r->mask) | (value & r->mask);
    if (is_wide(r))
        *(uint64_t *)p = v;
    else
        *(uint32_t *)p = v;
}

/* -- What translations and regimes depend on -- */

static void write_regime(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    if ((read_member(a, r) ^ value) & r->mask) {
        write_member(a, r, value);
        arm_update_regimes(a);
    }
}

static void write_state(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    write_member(a, r, value);
    arm_update_state(a);
}

/* In the short format only the low eight bits are an ASID. */
static void write_contextidr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    a->contextidr[1] = value;
    arm_update_regimes(a);
}

static void write_ttb(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    write_regime(a, r, value);
}

/* -- Security states -- */

static void write_scr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_a32_write_scr(a, value);
}

#define CPACR_FP 0xf00000u

/* What the secure state keeps is not there. */
static uint64_t read_cpacr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return arm_a32_fp_closed(a) ? a->cpacr & ~(uint64_t)CPACR_FP : a->cpacr;
}

static void write_cpacr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    if (!arm_a32_fp_closed(a))
        write_state(a, r, value);
}

static uint64_t read_nsacr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return a->config.a32_only ? a->nsacr : 0xc00;
}

/* -- Debug -- */

static void write_debug(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    write_member(a, r, value);
    arm_update_debug(a);
}

/* Before v8 the lock has a key. */
static void write_oslar(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    a->oslock = arm_has(a, ARMF_v8) ? value & 1 : value == 0xc5acce55;
    arm_update_debug(a);
}

static uint64_t read_oslsr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return 8 | a->oslock << 1;
}

static void write_sdcr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    arm_pm_write_mdcr(a, 3, value & r->mask);
    arm_update_debug(a);
}

/* -- Identification -- */

static uint64_t read_id(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (uint32_t)arm_id_read(a, bits(r->enc, 3, 4), r->enc & 7);
}

static uint64_t read_midr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (uint32_t)(a->el == 1 && arm_el2_enabled(a) ? a->vpidr : a->config.id[0][0]);
}

static uint64_t read_mpidr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (uint32_t)(a->el == 1 && arm_el2_enabled(a) ? a->vmpidr : a->mpidr);
}

static uint64_t read_config(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (uint32_t)*(const uint64_t *)((const char *)&a->config + r->constant);
}

static uint64_t read_ccsidr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (uint32_t)a->config.ccsidr[a->csselr & 7];
}

/* How many CPUs share the second-level cache. */
static uint64_t read_l2ctlr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    return (MIN(cpu_count, 4u) - 1) << 24 | 1u << 23 /* it is there */;
}

/* -- TLB maintenance: as the AArch64 instruction that constant encodes, with the operands that takes -- */

#define TLBI(crm, op2) ARM_SYSREG(1, 0, 8, crm, op2)

static void write_tlbi(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    unsigned op2 = r->constant & 7;
    uint64_t operand = op2 == 2 ? (value & 0xff) << 48 : (value >> 12 & 0xfffff) | (value & 0xff) << 48;
    arm_tlbi(a, r->constant, op2 ? operand : 0);
}

/* -- Address translation -- */

static void write_at(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    bool both = (r->constant & 7) >= 4; /* through the non-secure state's tables and stage 2 */
    uint64_t tcr = both ? arm_a32_view(a, false).tcr : a->tcr[1];
    bool lpae = a->el == 2 || (arm_has(a, ARMF_lpae) && (tcr >> 31 & 1)) ||
                (both && arm_has(a, ARMF_el2) && (a->hcr & (HCR_VM | HCR_DC)));
    arm_at(a, r->constant, (uint32_t)value);
    if (a->par & 1)
        a->par = lpae ? a->par | 1u << 9 : 1 | (a->par & 0x7e);
    else
        a->par = lpae ? a->par | 1u << 11 : (a->par & 0xfffff200); /* with NS */
}

/* -- Performance monitors, timers: AArch64's rows do it -- */

/* The secure state's physical timer is another one. */
static const struct arm_sysreg *twin(const struct arm_cpu *a, const struct arm_sysreg *r)
{
    uint16_t enc = r->constant;
    if (r->trap == TRAP_PTIMER && arm_a32_has_el3(a) && !(a->scr & SCR_NS))
        enc |= 4u << 11; /* CNTPS_*_EL1 */
    return arm_sysreg_find(&a->config, enc);
}

static uint64_t read_twin(struct arm_cpu *a, const struct arm_sysreg *r)
{
    const struct arm_sysreg *t = twin(a, r);
    uint64_t v = !t ? 0 : t->read ? t->read(a, t) : t->offset >= 0 ? *(uint64_t *)((char *)a + t->offset) : t->constant;
    return is_wide(r) ? v : (uint32_t)v;
}

static void write_twin(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    const struct arm_sysreg *t = twin(a, r);
    if (t && t->write)
        t->write(a, t, value);
    else if (t && t->offset >= 0)
        *(uint64_t *)((char *)a + t->offset) = (*(uint64_t *)((char *)a + t->offset) & ~t->mask) | (value & t->mask);
}

/* ICH_LR<n> and ICH_LRC<n> are the halves of one register. */
static bool is_lrc(const struct arm_sysreg *r)
{
    return bits(r->enc, 3, 4) >= 14;
}

static uint64_t read_lr(struct arm_cpu *a, const struct arm_sysreg *r)
{
    const struct arm_sysreg *t = twin(a, r);
    return is_lrc(r) ? t->read(a, t) >> 32 : (uint32_t)t->read(a, t);
}

static void write_lr(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value)
{
    const struct arm_sysreg *t = twin(a, r);
    t->write(a, t, with_bits(t->read(a, t), is_lrc(r) ? 32 : 0, 32, value));
}

/* -- Who may -- */

/* CP15's registers that HCR traps by their places. */
static uint64_t hcr_trap(unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    switch (crn) {
    case 0:
        if (op1)
            return op1 == 1 && op2 == 7 ? HCR_TID1 : HCR_TID2;
        return crm ? HCR_TID3 : op2 == 1 ? HCR_TID2 : op2 == 2 || op2 == 3 || op2 == 6 ? HCR_TID1 : 0;
    case 1:
        return !op1 && !crm && op2 == 1 ? HCR_TACR : 0;
    case 7:
        if (crm == 8)
            return 0;
        if (op2 == 2)
            return HCR_TSW;
        return op2 == 1 && (crm == 6 || crm == 10 || crm == 14) ? HCR_TPC : op2 < 2 ? HCR_TPU : 0;
    case 8:
        return HCR_TTLB;
    case 9:
        return crm < 9 ? HCR_TIDCP : 0;
    case 11:
    case 15:
        return HCR_TIDCP;
    default:
        return 0;
    }
}

/* A register's number in a syndrome, which an AArch64 level reads as one of its own. */
unsigned arm_a32_syndrome_register(const struct arm_cpu *a, unsigned n)
{
    if (!arm_has(a, ARMF_aarch64))
        return n;
    return n == 15 ? 31 : arm_a32_x(a, n);
}

/* The syndrome of an access; A32's and T32's instructions have all at the same places. */
static uint32_t access_syndrome(const struct arm_cpu *a, const struct arm_sysreg *r, uint32_t insn)
{
    static const enum arm_ec ecs[] = { [CP15] = EC_CP15_RT, [CP15_64] = EC_CP15_RRT, [CP14] = EC_CP14_RT,
                                       [CP14_64] = EC_CP14_RRT };
    uint32_t iss = 1u << 24 | (a->thumb ? 0xe : insn >> 28) << 20 | (insn & 15) << 1 | (insn >> 20 & 1);
    iss |= arm_a32_syndrome_register(a, bits(insn, 12, 4)) << 5;
    if (is_wide(r))
        iss |= bits(insn, 4, 4) << 16 | arm_a32_syndrome_register(a, bits(insn, 16, 4)) << 10;
    else
        iss |= bits(insn, 5, 3) << 17 | bits(insn, 21, 3) << 14 | bits(insn, 16, 4) << 10;
    return arm_syndrome(ecs[r->enc >> 14], iss);
}

/* What only the secure state may reach, and Monitor mode beside Hyp mode; undefined in others. */
static void check_security(struct arm_cpu *a, const struct arm_sysreg *r, uint32_t insn)
{
    bool secure = arm_secure(a), from_el3 = secure && arm_level_is_a32(a, 3);
    bool read = insn >> 20 & 1;
    bool open = (r->write == write_at && a->el == 2) || (r->read == read_nsacr && read && !secure);
    if (r->trap == TRAP_SECURE && secure && !from_el3)
        arm_raise(a, 3, access_syndrome(a, r, insn));
    if ((r->trap == TRAP_SECURE || r->trap == TRAP_MONITOR) && !from_el3 && !open)
        arm_undefined(a);
    if (r->trap == TRAP_SECURE_DEBUG && !secure)
        arm_undefined(a);
    /* SCR.NS makes Hyp mode's registers Monitor mode's too, but for TLB maintenance, which always is. */
    if (arm_in_monitor(a) && !(a->scr & SCR_NS) && MIN(r->el_read, r->el_write) == 2 && r->write != write_tlbi)
        arm_undefined(a);
}

/* HSTR: CP15's registers by their number; ThumbEE's before v8. */
static bool hstr_traps(const struct arm_cpu *a, const struct arm_sysreg *r)
{
    unsigned op0 = r->enc >> 14, primary = is_wide(r) ? bits(r->enc, 3, 4) : bits(r->enc, 7, 4);
    if (op0 == CP15 || op0 == CP15_64)
        return primary != 4 && primary != 14 && (a->hstr >> primary & 1);
    return op0 == CP14 && bits(r->enc, 11, 3) == 6 && !arm_has(a, ARMF_v8) && (a->hstr >> 16 & 1);
}

static bool trapped_to_el2(const struct arm_cpu *a, const struct arm_sysreg *r, bool write)
{
    unsigned op1 = bits(r->enc, 11, 3), crn = bits(r->enc, 7, 4), crm = bits(r->enc, 3, 4), op2 = r->enc & 7;
    if (a->el == 0 && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE)) /* below a host */
        return false;
    if (hstr_traps(a, r) || arm_trapped_to_el2(a, r->trap, r->constant, write))
        return true;
    if (r->enc >> 14 == CP14)
        return op1 == 7 && !crn && (a->hcr & HCR_TID0); /* JIDR */
    return r->enc >> 14 == CP15 && (a->hcr & hcr_trap(op1, crn, crm, op2));
}

static void check_access(struct arm_cpu *a, const struct arm_sysreg *r, uint32_t insn)
{
    bool write = !(insn >> 20 & 1);
    if (!a->el && arm_closed_to_el0(a, r->trap, r->constant, write)) {
        unsigned to = arm_exception_level(a, 1);
        arm_raise(a, to, arm_level_is_a32(a, to) ? arm_syndrome(EC_UNKNOWN, 0) : access_syndrome(a, r, insn));
    }
    if (a->el < 2 && arm_el2_enabled(a) && trapped_to_el2(a, r, write))
        arm_raise(a, 2, access_syndrome(a, r, insn));
    check_security(a, r, insn);
    bool above = arm_a32_has_el3(a) ? !arm_secure(a) : arm_has(a, ARMF_el3);
    if (above && arm_trapped_to_el3(a, r->trap, r->constant))
        arm_raise(a, 3, access_syndrome(a, r, insn));
}

uint64_t arm_cp_read(struct arm_cpu *a, const struct arm_sysreg *r, uint32_t insn)
{
    check_access(a, r, insn);
    return r->read ? r->read(a, r) : r->offset >= 0 ? read_member(a, r) : r->constant;
}

void arm_cp_write(struct arm_cpu *a, const struct arm_sysreg *r, uint64_t value, uint32_t insn)
{
    check_access(a, r, insn);
    if (r->write)
        r->write(a, r, value);
    else if (r->offset >= 0)
        write_member(a, r, value);
}

/* -- The table -- */

#define C15(op1, crn, crm, op2) .enc = ARM_SYSREG(CP15, op1, crn, crm, op2)
#define D15(op1, crm) .enc = ARM_SYSREG(CP15_64, (op1) & 7, 0, crm, (op1) >> 3)
#define C14(op1, crn, crm, op2) .enc = ARM_SYSREG(CP14, op1, crn, crm, op2)
#define RW(el) .el_read = el, .el_write = el
#define RO(el) .el_read = el, .el_write = NO_LEVEL
#define WO(el) .el_read = NO_LEVEL, .el_write = el
#define ROW(r, w) .el_read = r, .el_write = w
#define OFFSET(m) offsetof(struct arm_cpu, m)
#define LOW(m) .offset = OFFSET(m) + LOW_AT, .mask = UINT64_MAX
#define HIGH(m) .offset = OFFSET(m) + HIGH_AT, .mask = UINT64_MAX
#define WHOLE(m) .offset = OFFSET(m), .mask = UINT64_MAX
#define NOWHERE .offset = -1
#define ANY .feature = ARMF_COUNT
#define NEEDS(f) .feature = ARMF_##f

/* A plain register. */
#define PLAIN(name_, enc_, rw_, at_, gate_, ...) { .name = name_, enc_, rw_, at_, gate_, .quiet = true, ##__VA_ARGS__ },
#define REGIME(name_, enc_, at_, gate_)                                                                                \
    { .name = name_, enc_, RW(1), at_, gate_, .trap = TRAP_VM, .write = write_regime },
#define ID(name_, crm_, op2_) { .name = name_, C15(0, 0, crm_, op2_), RO(1), NOWHERE, ANY, .read = read_id },
#define ZERO_TRAP(name_, enc_, rw_, gate_, trap_)                                                                      \
    { .name = name_, enc_, rw_, NOWHERE, gate_, .trap = trap_, .quiet = true },
#define ZERO(name_, enc_, rw_, gate_) { .name = name_, enc_, rw_, NOWHERE, gate_, .quiet = true },
#define OP(name_, enc_, el_, gate_, op_)                                                                               \
    { .name = name_, enc_, .el_read = el_, .el_write = el_, NOWHERE, gate_, .trap = TRAP_CP_OP, .constant = op_ },
#define CACHE(name_, crm_, op2_, gate_) OP(name_, C15(0, 7, crm_, op2_), 1, gate_, CP_OP_NOTHING)
#define TLB(name_, crm_, op2_, gate_, to_)                                                                             \
    { .name = name_, C15(0, 8, crm_, op2_), WO(1), NOWHERE, gate_, .write = write_tlbi, .constant = to_ },
#define TLBS(crm_, gate_)                                                                                              \
    TLB("ITLBIALL", crm_, 0, gate_, TLBI(7, 0)) TLB("ITLBIMVA", crm_, 1, gate_, TLBI(7, 3))                            \
    TLB("ITLBIASID", crm_, 2, gate_, TLBI(7, 2))
#define AT(name_, op2_, to_)                                                                                           \
    { .name = name_, C15(0, 7, 8, op2_), WO(1), NOWHERE, NEEDS(sec), .quiet = true, .write = write_at,                 \
      .constant = to_ },
#define TWIN(name_, enc_, rw_, trap_, gate_, to_)                                                                      \
    { .name = name_, enc_, rw_, NOWHERE, gate_, .trap = trap_, .quiet = true, .read = read_twin, .write = write_twin,  \
      .constant = to_ },
#define PMU(name_, crm_, op2_, rw_)                                                                                    \
    { .name = name_, C15(0, 9, crm_, op2_), rw_, NOWHERE, NEEDS(pmuv3), .trap = TRAP_PMU, .quiet = true,               \
      .read = read_twin, .write = write_twin, .constant = ARM_SYSREG(3, 3, 9, crm_, op2_) },
#define PMEV(n_)                                                                                                       \
    TWIN("PMEVCNTR" #n_, C15(0, 14, 8, n_), RW(0), TRAP_PMU, NEEDS(pmuv3), ARM_SYSREG(3, 3, 14, 8, n_))                \
    TWIN("PMEVTYPER" #n_, C15(0, 14, 12, n_), RW(0), TRAP_PMU, NEEDS(pmuv3), ARM_SYSREG(3, 3, 14, 12, n_))
#define PMU1(name_, op2_)                                                                                              \
    TWIN(name_, C15(0, 9, 14, op2_), RW(1), TRAP_PMU, NEEDS(pmuv3), ARM_SYSREG(3, 0, 9, 14, op2_))
#define TIMER(name_, crm_, op2_, trap_)                                                                                \
    TWIN(name_, C15(0, 14, crm_, op2_), RW(0), trap_, NEEDS(gtimer), ARM_SYSREG(3, 3, 14, crm_, op2_))

#define DEBUG_(name_, enc_, m_)                                                                                        \
    { .name = name_, enc_, RW(1), LOW(m_), NEEDS(v7), .trap = TRAP_DEBUG, .write = write_debug },
#define HYP(name_, enc_, at_) PLAIN(name_, enc_, RW(2), at_, NEEDS(el2))
/* Of what translations and regimes depend on: as AArch64's. */
#define HYP_TWIN(name_, enc_, to_)                                                                                     \
    { .name = name_, enc_, RW(2), NOWHERE, NEEDS(el2), .read = read_twin, .write = write_twin, .constant = to_ },
#define HYP_TLB(name_, crm_, op2_)                                                                                     \
    { .name = name_, C15(4, 8, crm_, op2_), WO(2), NOWHERE, NEEDS(el2), .write = write_tlbi,                           \
      .constant = ARM_SYSREG(1, 4, 8, crm_, op2_) },
#define HYP_AT(name_, op1_, op2_, to_)                                                                                 \
    { .name = name_, C15(op1_, 7, 8, op2_), WO(2), NOWHERE, NEEDS(el2), .quiet = true, .write = write_at,              \
      .constant = to_ },
#define AT_NS(name_, op2_, gate_)                                                                                      \
    { .name = name_, C15(0, 7, 8, op2_), WO(1), NOWHERE, gate_, .trap = TRAP_SECURE, .quiet = true, .write = write_at, \
      .constant = ARM_SYSREG(1, 4, 7, 8, op2_) },
#define AT_NONSECURE(gate_)                                                                                            \
    AT_NS("ATS12NSOPR", 4, gate_) AT_NS("ATS12NSOPW", 5, gate_) AT_NS("ATS12NSOUR", 6, gate_)                          \
    AT_NS("ATS12NSOUW", 7, gate_)
#define GIC(name_, crn_, crm_, op2_)                                                                                   \
    TWIN(name_, C15(0, crn_, crm_, op2_), RW(1), TRAP_GIC, NEEDS(v7), ARM_SYSREG(3, 0, crn_, crm_, op2_))

#define ICH(name_, crm_, op2_, write_)                                                                                 \
    TWIN(name_, C15(4, 12, crm_, op2_), ROW(2, write_), TRAP_NONE, NEEDS(el2), ARM_SYSREG(3, 4, 12, crm_, op2_))
#define LIST_HALF(name_, crm_, op2_, from_)                                                                            \
    { .name = name_, C15(4, 12, crm_, op2_), RW(2), NOWHERE, NEEDS(el2), .quiet = true, .read = read_lr,               \
      .write = write_lr, .constant = ARM_SYSREG(3, 4, 12, from_, op2_) },
#define LIST(n_, high_, op2_)                                                                                          \
    LIST_HALF("ICH_LR" #n_, 12 + (high_), op2_, 12 + (high_)) LIST_HALF("ICH_LRC" #n_, 14 + (high_), op2_, 12 + (high_))

const struct arm_sysreg arm_cp_regs[] = {
    { .name = "MIDR", C15(0, 0, 0, 0), RO(1), NOWHERE, ANY, .read = read_midr },
    { .name = "MIDR", C15(0, 0, 0, 4), RO(1), NOWHERE, ANY, .read = read_midr },
    { .name = "MIDR", C15(0, 0, 0, 7), RO(1), NOWHERE, ANY, .read = read_midr },
    { .name = "CTR", C15(0, 0, 0, 1), RO(1), NOWHERE, ANY, .read = read_config,
      .constant = offsetof(struct arm_config, ctr) },
    ZERO("TCMTR", C15(0, 0, 0, 2), RO(1), ANY)
    ZERO("TLBTR", C15(0, 0, 0, 3), RO(1), ANY)
    { .name = "MPIDR", C15(0, 0, 0, 5), RO(1), NOWHERE, NEEDS(v6), .read = read_mpidr },
    ID("REVIDR", 0, 6)
    ID("ID_PFR0", 1, 0) ID("ID_PFR1", 1, 1) ID("ID_DFR0", 1, 2) ID("ID_AFR0", 1, 3) ID("ID_MMFR0", 1, 4)
    ID("ID_MMFR1", 1, 5) ID("ID_MMFR2", 1, 6) ID("ID_MMFR3", 1, 7)
    ID("ID_ISAR0", 2, 0) ID("ID_ISAR1", 2, 1) ID("ID_ISAR2", 2, 2) ID("ID_ISAR3", 2, 3) ID("ID_ISAR4", 2, 4)
    ID("ID_ISAR5", 2, 5) ID("ID_MMFR4", 2, 6) ID("ID_ISAR6", 2, 7)
#define RESERVED(crm_)                                                                                                 \
    ZERO("ID", C15(0, 0, crm_, 0), RO(1), NEEDS(v6)) ZERO("ID", C15(0, 0, crm_, 1), RO(1), NEEDS(v6))                  \
    ZERO("ID", C15(0, 0, crm_, 2), RO(1), NEEDS(v6)) ZERO("ID", C15(0, 0, crm_, 3), RO(1), NEEDS(v6))                  \
    ZERO("ID", C15(0, 0, crm_, 4), RO(1), NEEDS(v6)) ZERO("ID", C15(0, 0, crm_, 5), RO(1), NEEDS(v6))                  \
    ZERO("ID", C15(0, 0, crm_, 6), RO(1), NEEDS(v6)) ZERO("ID", C15(0, 0, crm_, 7), RO(1), NEEDS(v6))
    RESERVED(3) RESERVED(4) RESERVED(5) RESERVED(6) RESERVED(7)
    { .name = "CCSIDR", C15(1, 0, 0, 0), RO(1), NOWHERE, NEEDS(v7), .read = read_ccsidr },
    { .name = "CLIDR", C15(1, 0, 0, 1), RO(1), NOWHERE, NEEDS(v7), .read = read_config,
      .constant = offsetof(struct arm_config, clidr) },
    ZERO("AIDR", C15(1, 0, 0, 7), RO(1), NEEDS(v7))
    PLAIN("CSSELR", C15(2, 0, 0, 0), RW(1), LOW(csselr), NEEDS(v7))

    { .name = "SCTLR", C15(0, 1, 0, 0), RW(1), LOW(sctlr[1]), ANY, .trap = TRAP_VM, .write = write_state },
    PLAIN("ACTLR", C15(0, 1, 0, 1), RW(1), LOW(actlr[1]), ANY)
    { .name = "CPACR", C15(0, 1, 0, 2), RW(1), .offset = OFFSET(cpacr) + LOW_AT, .mask = CPACR_FP, NEEDS(v6),
      .trap = TRAP_CPACR, .read = read_cpacr, .write = write_cpacr },
    { .name = "SCR", C15(0, 1, 1, 0), RW(1), LOW(scr), NEEDS(el3), .trap = TRAP_SECURE, .write = write_scr },
    { .name = "SDER", C15(0, 1, 1, 1), RW(1), .offset = OFFSET(sder) + LOW_AT, .mask = 3, NEEDS(el3),
      .trap = TRAP_SECURE_DEBUG, .write = write_state },
    { .name = "NSACR", C15(0, 1, 1, 2), RW(1), .offset = OFFSET(nsacr) + LOW_AT, .mask = 0xc00, NEEDS(el3),
      .trap = TRAP_SECURE, .read = read_nsacr, .write = write_state },
    { .name = "SDCR", C15(0, 1, 3, 1), RW(1), .offset = OFFSET(mdcr[3]) + LOW_AT, .mask = 0x2c000, NEEDS(v8),
      .trap = TRAP_SECURE, .write = write_sdcr },

    { .name = "TTBR0", C15(0, 2, 0, 0), RW(1), LOW(ttbr0[1]), ANY, .trap = TRAP_VM, .write = write_ttb },
    { .name = "TTBR1", C15(0, 2, 0, 1), RW(1), LOW(ttbr1[1]), NEEDS(v6), .trap = TRAP_VM, .write = write_ttb },
    REGIME("TTBCR", C15(0, 2, 0, 2), LOW(tcr[1]), NEEDS(v6))
    REGIME("TTBCR2", C15(0, 2, 0, 3), HIGH(tcr[1]), NEEDS(v8))
    { .name = "TTBR0", D15(0, 2), RW(1), WHOLE(ttbr0[1]), NEEDS(lpae), .trap = TRAP_VM, .write = write_ttb },
    { .name = "TTBR1", D15(1, 2), RW(1), WHOLE(ttbr1[1]), NEEDS(lpae), .trap = TRAP_VM, .write = write_ttb },
    REGIME("DACR", C15(0, 3, 0, 0), LOW(dacr32), ANY)

    PLAIN("DFSR", C15(0, 5, 0, 0), RW(1), LOW(esr[1]), ANY, .trap = TRAP_VM)
    PLAIN("IFSR", C15(0, 5, 0, 1), RW(1), LOW(ifsr32), ANY, .trap = TRAP_VM)
    PLAIN("ADFSR", C15(0, 5, 1, 0), RW(1), LOW(afsr0[1]), NEEDS(v7), .trap = TRAP_VM)
    PLAIN("AIFSR", C15(0, 5, 1, 1), RW(1), LOW(afsr1[1]), NEEDS(v7), .trap = TRAP_VM)
    PLAIN("DFAR", C15(0, 6, 0, 0), RW(1), LOW(far[1]), ANY, .trap = TRAP_VM)
    PLAIN("IFAR", C15(0, 6, 0, 2), RW(1), HIGH(far[1]), NEEDS(v6), .trap = TRAP_VM)

    OP("WFI", C15(0, 7, 0, 4), 1, ANY, CP_OP_WFI)
    CACHE("ICIALLUIS", 1, 0, NEEDS(mp)) CACHE("BPIALLIS", 1, 6, NEEDS(mp))
    PLAIN("PAR", C15(0, 7, 4, 0), RW(1), LOW(par), NEEDS(sec))
    PLAIN("PAR", D15(0, 7), RW(1), WHOLE(par), NEEDS(lpae))
    CACHE("ICIALLU", 5, 0, ANY) CACHE("ICIMVAU", 5, 1, ANY) CACHE("ICISW", 5, 2, ANY)
    OP("CP15ISB", C15(0, 7, 5, 4), 0, NEEDS(v6), CP_OP_ISB)
    CACHE("BPIALL", 5, 6, ANY) CACHE("BPIMVA", 5, 7, ANY)
    CACHE("DCIALL", 6, 0, ANY) CACHE("DCIMVAC", 6, 1, ANY) CACHE("DCISW", 6, 2, ANY)
    CACHE("ICDCIALL", 7, 0, ANY) CACHE("CIMVA", 7, 1, ANY)
    AT("ATS1CPR", 0, ARM_SYSREG(1, 0, 7, 8, 0)) AT("ATS1CPW", 1, ARM_SYSREG(1, 0, 7, 8, 1))
    AT("ATS1CUR", 2, ARM_SYSREG(1, 0, 7, 8, 2)) AT("ATS1CUW", 3, ARM_SYSREG(1, 0, 7, 8, 3))
    CACHE("DCCALL", 10, 0, ANY) CACHE("DCCMVAC", 10, 1, ANY) CACHE("DCCSW", 10, 2, ANY)
    /* Test and clean: a read's Z flag says that nothing is dirty. */
    { .name = "DCTC", C15(0, 7, 10, 3), RO(1), NOWHERE, ANY, .constant = 1u << 30 },
    OP("CP15DSB", C15(0, 7, 10, 4), 0, ANY, CP_OP_DSB)
    OP("CP15DMB", C15(0, 7, 10, 5), 0, NEEDS(v6), CP_OP_DMB)
    CACHE("CUALL", 11, 0, ANY) CACHE("DCCMVAU", 11, 1, ANY) CACHE("CUSW", 11, 2, ANY)
    OP("PLI", C15(0, 7, 13, 1), 0, NEEDS(v6), CP_OP_NOTHING)
    CACHE("DCCIALL", 14, 0, ANY) CACHE("DCCIMVAC", 14, 1, ANY) CACHE("DCCISW", 14, 2, ANY)
    CACHE("CIUALL", 15, 0, ANY) CACHE("CIUMVA", 15, 1, ANY) CACHE("CIUSW", 15, 2, ANY)
    { .name = "DCTCI", C15(0, 7, 14, 3), RO(1), NOWHERE, ANY, .constant = 1u << 30 },

    TLB("TLBIALLIS", 3, 0, NEEDS(mp), TLBI(3, 0)) TLB("TLBIMVAIS", 3, 1, NEEDS(mp), TLBI(3, 1))
    TLB("TLBIASIDIS", 3, 2, NEEDS(mp), TLBI(3, 2)) TLB("TLBIMVAAIS", 3, 3, NEEDS(mp), TLBI(3, 3))
    TLB("TLBIMVALIS", 3, 5, NEEDS(v8), TLBI(3, 5)) TLB("TLBIMVAALIS", 3, 7, NEEDS(v8), TLBI(3, 7))
    TLBS(5, ANY) TLBS(6, ANY)
    TLB("TLBIALL", 7, 0, ANY, TLBI(7, 0)) TLB("TLBIMVA", 7, 1, ANY, TLBI(7, 1)) TLB("TLBIASID", 7, 2, ANY, TLBI(7, 2))
    TLB("TLBIMVAA", 7, 3, NEEDS(v6), TLBI(7, 3)) TLB("TLBIMVAL", 7, 5, NEEDS(v8), TLBI(7, 5))
    TLB("TLBIMVAAL", 7, 7, NEEDS(v8), TLBI(7, 7))

    PMU("PMCR", 12, 0, RW(0)) PMU("PMCNTENSET", 12, 1, RW(0)) PMU("PMCNTENCLR", 12, 2, RW(0))
    PMU("PMOVSR", 12, 3, RW(0))
    PMU("PMSWINC", 12, 4, WO(0)) PMU("PMSELR", 12, 5, RW(0)) PMU("PMCEID0", 12, 6, RO(0)) PMU("PMCEID1", 12, 7, RO(0))
    PMU("PMCCNTR", 13, 0, RW(0)) PMU("PMXEVTYPER", 13, 1, RW(0)) PMU("PMXEVCNTR", 13, 2, RW(0))
    PMU("PMUSERENR", 14, 0, ROW(0, 1)) PMU("PMOVSSET", 14, 3, RW(0))
    PMU1("PMINTENSET", 1) PMU1("PMINTENCLR", 2)
    TWIN("PMCCNTR", D15(0, 9), RW(0), TRAP_PMU, NEEDS(pmuv3), ARM_SYSREG(3, 3, 9, 13, 0))
    PMEV(0) PMEV(1) PMEV(2) PMEV(3) PMEV(4) PMEV(5)
    TWIN("PMCCFILTR", C15(0, 14, 15, 7), RW(0), TRAP_PMU, NEEDS(pmuv3), ARM_SYSREG(3, 3, 14, 15, 7))
    { .name = "L2CTLR", C15(1, 9, 0, 2), RW(1), NOWHERE, NEEDS(v7), .quiet = true, .read = read_l2ctlr },
    ZERO("L2ECTLR", C15(1, 9, 0, 3), RW(1), NEEDS(v7))
    { .name = "CBAR", C15(4, 15, 0, 0), RO(1), NOWHERE, NEEDS(v7ve), .read = read_config,
      .constant = offsetof(struct arm_config, cbar) },

    PLAIN("PRRR", C15(0, 10, 2, 0), RW(1), LOW(mair[1]), NEEDS(v6), .trap = TRAP_VM)
    PLAIN("NMRR", C15(0, 10, 2, 1), RW(1), HIGH(mair[1]), NEEDS(v6), .trap = TRAP_VM)
    PLAIN("AMAIR0", C15(0, 10, 3, 0), RW(1), LOW(amair[1]), NEEDS(lpae), .trap = TRAP_VM)
    PLAIN("AMAIR1", C15(0, 10, 3, 1), RW(1), HIGH(amair[1]), NEEDS(lpae), .trap = TRAP_VM)

    { .name = "VBAR", C15(0, 12, 0, 0), RW(1), .offset = OFFSET(vbar[1]) + LOW_AT, .mask = 0xffffffe0, NEEDS(sec),
      .quiet = true },
    { .name = "MVBAR", C15(0, 12, 0, 1), RW(1), .offset = OFFSET(vbar[3]) + LOW_AT, .mask = 0xffffffe0, NEEDS(el3),
      .trap = TRAP_SECURE, .quiet = true },
    TWIN("ISR", C15(0, 12, 1, 0), RO(1), TRAP_NONE, NEEDS(sec), ARM_SYSREG(3, 0, 12, 1, 0))

    ZERO("FCSEIDR", C15(0, 13, 0, 0), RW(1), ANY)
    { .name = "CONTEXTIDR", C15(0, 13, 0, 1), RW(1), LOW(contextidr[1]), ANY, .trap = TRAP_VM,
      .write = write_contextidr },
    PLAIN("TPIDRURW", C15(0, 13, 0, 2), RW(0), LOW(tpidr[0]), NEEDS(v6k))
    PLAIN("TPIDRURO", C15(0, 13, 0, 3), ROW(0, 1), LOW(tpidrro), NEEDS(v6k))
    PLAIN("TPIDRPRW", C15(0, 13, 0, 4), RW(1), LOW(tpidr[1]), NEEDS(v6k))

    TWIN("CNTFRQ", C15(0, 14, 0, 0), ROW(0, 1), TRAP_PCT, NEEDS(gtimer), ARM_SYSREG(3, 3, 14, 0, 0))
    PLAIN("CNTKCTL", C15(0, 14, 1, 0), RW(1), LOW(cntkctl), NEEDS(gtimer))
    TIMER("CNTP_TVAL", 2, 0, TRAP_PTIMER) TIMER("CNTP_CTL", 2, 1, TRAP_PTIMER)
    TIMER("CNTV_TVAL", 3, 0, TRAP_VTIMER) TIMER("CNTV_CTL", 3, 1, TRAP_VTIMER)
    TWIN("CNTPCT", D15(0, 14), RO(0), TRAP_PCT, NEEDS(gtimer), ARM_SYSREG(3, 3, 14, 0, 1))
    TWIN("CNTVCT", D15(1, 14), RO(0), TRAP_VCT, NEEDS(gtimer), ARM_SYSREG(3, 3, 14, 0, 2))
    TWIN("CNTP_CVAL", D15(2, 14), RW(0), TRAP_PTIMER, NEEDS(gtimer), ARM_SYSREG(3, 3, 14, 2, 2))
    TWIN("CNTV_CVAL", D15(3, 14), RW(0), TRAP_VTIMER, NEEDS(gtimer), ARM_SYSREG(3, 3, 14, 3, 2))

    /* GICv3's CPU interface. */
    GIC("ICC_PMR", 4, 6, 0) GIC("ICC_IAR0", 12, 8, 0) GIC("ICC_EOIR0", 12, 8, 1) GIC("ICC_HPPIR0", 12, 8, 2)
    GIC("ICC_BPR0", 12, 8, 3) GIC("ICC_AP0R0", 12, 8, 4) GIC("ICC_AP1R0", 12, 9, 0) GIC("ICC_DIR", 12, 11, 1)
    GIC("ICC_RPR", 12, 11, 3) GIC("ICC_IAR1", 12, 12, 0) GIC("ICC_EOIR1", 12, 12, 1) GIC("ICC_HPPIR1", 12, 12, 2)
    GIC("ICC_BPR1", 12, 12, 3) GIC("ICC_CTLR", 12, 12, 4) GIC("ICC_SRE", 12, 12, 5) GIC("ICC_IGRPEN0", 12, 12, 6)
    GIC("ICC_IGRPEN1", 12, 12, 7)
    TWIN("ICC_SGI1R", D15(0, 12), WO(1), TRAP_GIC, NEEDS(v7), ARM_SYSREG(3, 0, 12, 11, 5))
    TWIN("ICC_ASGI1R", D15(1, 12), WO(1), TRAP_GIC, NEEDS(v7), ARM_SYSREG(3, 0, 12, 11, 6))
    TWIN("ICC_SGI0R", D15(2, 12), WO(1), TRAP_GIC, NEEDS(v7), ARM_SYSREG(3, 0, 12, 11, 7))

    TWIN("ICC_MCTLR", C15(6, 12, 12, 4), RW(1), TRAP_MONITOR, NEEDS(el3), ARM_SYSREG(3, 6, 12, 12, 4))
    TWIN("ICC_MSRE", C15(6, 12, 12, 5), RW(1), TRAP_MONITOR, NEEDS(el3), ARM_SYSREG(3, 6, 12, 12, 5))
    TWIN("ICC_MGRPEN1", C15(6, 12, 12, 7), RW(1), TRAP_MONITOR, NEEDS(el3), ARM_SYSREG(3, 6, 12, 12, 7))
    ICH("ICC_HSRE", 9, 5, 2)
    ICH("ICH_AP0R0", 8, 0, 2) ICH("ICH_AP0R1", 8, 1, 2) ICH("ICH_AP0R2", 8, 2, 2) ICH("ICH_AP0R3", 8, 3, 2)
    ICH("ICH_AP1R0", 9, 0, 2) ICH("ICH_AP1R1", 9, 1, 2) ICH("ICH_AP1R2", 9, 2, 2) ICH("ICH_AP1R3", 9, 3, 2)
    ICH("ICH_HCR", 11, 0, 2) ICH("ICH_VTR", 11, 1, NO_LEVEL) ICH("ICH_MISR", 11, 2, NO_LEVEL) ICH("ICH_EISR", 11, 3, NO_LEVEL)
    ICH("ICH_ELRSR", 11, 5, NO_LEVEL) ICH("ICH_VMCR", 11, 7, 2)
    LIST(0, 0, 0) LIST(1, 0, 1) LIST(2, 0, 2) LIST(3, 0, 3) LIST(4, 0, 4) LIST(5, 0, 5) LIST(6, 0, 6) LIST(7, 0, 7)
    LIST(8, 1, 0) LIST(9, 1, 1) LIST(10, 1, 2) LIST(11, 1, 3) LIST(12, 1, 4) LIST(13, 1, 5) LIST(14, 1, 6) LIST(15, 1, 7)

    /* Hyp mode's. */
    HYP("VPIDR", C15(4, 0, 0, 0), LOW(vpidr)) HYP("VMPIDR", C15(4, 0, 0, 5), LOW(vmpidr))
    HYP_TWIN("HSCTLR", C15(4, 1, 0, 0), ARM_SYSREG(3, 4, 1, 0, 0)) HYP("HACTLR", C15(4, 1, 0, 1), LOW(actlr[2]))
    HYP_TWIN("HCR", C15(4, 1, 1, 0), ARM_SYSREG(3, 4, 1, 1, 0)) HYP_TWIN("HDCR", C15(4, 1, 1, 1), ARM_SYSREG(3, 4, 1, 1, 1))
    HYP_TWIN("HCPTR", C15(4, 1, 1, 2), ARM_SYSREG(3, 4, 1, 1, 2))
    { .name = "HSTR", C15(4, 1, 1, 3), RW(2), LOW(hstr), NEEDS(el2), .write = write_state },
    ZERO("HACR", C15(4, 1, 1, 7), RW(2), NEEDS(el2))
    HYP_TWIN("HTCR", C15(4, 2, 0, 2), ARM_SYSREG(3, 4, 2, 0, 2)) HYP_TWIN("VTCR", C15(4, 2, 1, 2), ARM_SYSREG(3, 4, 2, 1, 2))
    HYP_TWIN("HTTBR", D15(4, 2), ARM_SYSREG(3, 4, 2, 0, 0)) HYP_TWIN("VTTBR", D15(6, 2), ARM_SYSREG(3, 4, 2, 1, 0))
    HYP("HADFSR", C15(4, 5, 1, 0), LOW(afsr0[2])) HYP("HAIFSR", C15(4, 5, 1, 1), LOW(afsr1[2]))
    HYP("HSR", C15(4, 5, 2, 0), LOW(esr[2])) HYP("HDFAR", C15(4, 6, 0, 0), LOW(far[2]))
    HYP("HIFAR", C15(4, 6, 0, 2), HIGH(far[2])) HYP("HPFAR", C15(4, 6, 0, 4), LOW(hpfar))
    HYP_AT("ATS1HR", 4, 0, ARM_SYSREG(1, 4, 7, 8, 0)) HYP_AT("ATS1HW", 4, 1, ARM_SYSREG(1, 4, 7, 8, 1))
    AT_NONSECURE(NEEDS(el2)) AT_NONSECURE(NEEDS(el3))
    HYP_TLB("TLBIALLHIS", 3, 0) HYP_TLB("TLBIMVAHIS", 3, 1) HYP_TLB("TLBIALLNSNHIS", 3, 4)
    HYP_TLB("TLBIALLH", 7, 0) HYP_TLB("TLBIMVAH", 7, 1) HYP_TLB("TLBIALLNSNH", 7, 4)
    HYP("HMAIR0", C15(4, 10, 2, 0), LOW(mair[2])) HYP("HMAIR1", C15(4, 10, 2, 1), HIGH(mair[2]))
    HYP("HAMAIR0", C15(4, 10, 3, 0), LOW(amair[2])) HYP("HAMAIR1", C15(4, 10, 3, 1), HIGH(amair[2]))
    { .name = "HVBAR", C15(4, 12, 0, 0), RW(2), .offset = OFFSET(vbar[2]) + LOW_AT, .mask = 0xffffffe0, NEEDS(el2),
      .quiet = true },
    HYP("HTPIDR", C15(4, 13, 0, 2), LOW(tpidr[2]))
    TWIN("CNTHCTL", C15(4, 14, 1, 0), RW(2), TRAP_NONE, NEEDS(el2), ARM_SYSREG(3, 4, 14, 1, 0))
    TWIN("CNTHP_TVAL", C15(4, 14, 2, 0), RW(2), TRAP_NONE, NEEDS(el2), ARM_SYSREG(3, 4, 14, 2, 0))
    TWIN("CNTHP_CTL", C15(4, 14, 2, 1), RW(2), TRAP_NONE, NEEDS(el2), ARM_SYSREG(3, 4, 14, 2, 1))
    TWIN("CNTHP_CVAL", D15(6, 14), RW(2), TRAP_NONE, NEEDS(el2), ARM_SYSREG(3, 4, 14, 2, 2))
    TWIN("CNTVOFF", D15(4, 14), RW(2), TRAP_NONE, NEEDS(el2), ARM_SYSREG(3, 4, 14, 0, 3))

    /* Armv6's debug architecture is not modelled: zero says that there is none. */
    { .name = "DBGDIDR", C14(0, 0, 0, 0), RO(0), NOWHERE, NEEDS(v6), .trap = TRAP_DEBUG, .read = read_config,
      .constant = offsetof(struct arm_config, dbgdidr) },
    ZERO_TRAP("DBGDSCRint", C14(0, 0, 1, 0), RO(0), NEEDS(v7), TRAP_DEBUG)
    DEBUG_("DBGDSCRext", C14(0, 0, 2, 2), mdscr)
    DEBUG_("DBGVCR", C14(0, 0, 7, 0), dbgvcr32)
    ZERO_TRAP("DBGDRAR", C14(0, 1, 0, 0), RO(0), NEEDS(v7), TRAP_DEBUG_ROM)
    ZERO_TRAP("DBGDSAR", C14(0, 2, 0, 0), RO(0), NEEDS(v7), TRAP_DEBUG_ROM)
    { .name = "DBGOSLAR", C14(0, 1, 0, 4), WO(1), NOWHERE, NEEDS(v7), .trap = TRAP_DEBUG_OS, .write = write_oslar },
    { .name = "DBGOSLSR", C14(0, 1, 1, 4), RO(1), NOWHERE, NEEDS(v7), .trap = TRAP_DEBUG_OS, .read = read_oslsr },
    ZERO_TRAP("DBGOSDLR", C14(0, 1, 3, 4), RW(1), NEEDS(v7), TRAP_DEBUG_OS)
    ZERO_TRAP("DBGPRCR", C14(0, 1, 4, 4), RW(1), NEEDS(v7), TRAP_DEBUG_OS)
#define BREAKPOINT(n_)                                                                                                 \
    DEBUG_("DBGBVR" #n_, C14(0, 0, n_, 4), dbgbvr[n_]) DEBUG_("DBGBCR" #n_, C14(0, 0, n_, 5), dbgbcr[n_])
#define WATCHPOINT(n_)                                                                                                 \
    DEBUG_("DBGWVR" #n_, C14(0, 0, n_, 6), dbgwvr[n_]) DEBUG_("DBGWCR" #n_, C14(0, 0, n_, 7), dbgwcr[n_])
    BREAKPOINT(0) BREAKPOINT(1) BREAKPOINT(2) BREAKPOINT(3) BREAKPOINT(4) BREAKPOINT(5)
    WATCHPOINT(0) WATCHPOINT(1) WATCHPOINT(2) WATCHPOINT(3)
    /* VMIDs, of those that know contexts. */
    { .name = "DBGBXVR4", C14(0, 1, 4, 1), RW(1), HIGH(dbgbvr[4]), NEEDS(el2), .trap = TRAP_DEBUG, .write = write_debug },
    { .name = "DBGBXVR5", C14(0, 1, 5, 1), RW(1), HIGH(dbgbvr[5]), NEEDS(el2), .trap = TRAP_DEBUG, .write = write_debug },
    /* ThumbEE's registers, which Linux switches; there is no way into its state. */
    { .name = "TEECR", C14(6, 0, 0, 0), RW(1), .offset = OFFSET(teecr) + LOW_AT, .mask = 1, NEEDS(v7), .quiet = true },
    PLAIN("TEEHBR", C14(6, 1, 0, 0), RW(0), LOW(teehbr), NEEDS(v7))
    ZERO("JIDR", C14(7, 0, 0, 0), RO(0), NEEDS(v5))
    ZERO("JOSCR", C14(7, 1, 0, 0), RW(1), NEEDS(v5))
    ZERO("JMCR", C14(7, 2, 0, 0), RW(1), NEEDS(v5))
    /* Armv6's ranges of caches. Last: with a generic timer and with a GICv3 these encodings are CNTPCT and ICC_SGI1R. */
    OP("ICIMVAR", D15(0, 5), 1, NEEDS(v6), CP_OP_NOTHING) OP("DCIMVAR", D15(0, 6), 1, NEEDS(v6), CP_OP_NOTHING)
    OP("DCCMVAR", D15(0, 12), 1, NEEDS(v6), CP_OP_NOTHING) OP("DCCIMVAR", D15(0, 14), 1, NEEDS(v6), CP_OP_NOTHING)
};
const unsigned arm_cp_count = ARRAY_SIZE(arm_cp_regs);

const struct arm_sysreg *arm_cp_find(const struct arm_config *c, uint16_t enc)
{
    for (const struct arm_sysreg *r = arm_cp_regs; r < arm_cp_regs + arm_cp_count; r++) {
        if (r->enc == enc && (r->feature == ARMF_COUNT || c->has[r->feature]))
            return r;
    }
    return NULL;
}
