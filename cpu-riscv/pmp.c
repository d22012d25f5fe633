/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory protection. Manual: volume II, "Physical Memory Protection" and Smepmp. The grain
 * is 4 bytes. Entries are decoded to byte ranges when they are written; a check finds the first range
 * that holds the address and how far around it the answer is the same.
 */
#include "riscv.h"

enum { A_OFF, A_TOR, A_NA4, A_NAPOT };

static unsigned a_field(uint8_t cfg)
{
    return bits(cfg, PMP_A_SHIFT, 2);
}

static bool mml(const struct riscv_cpu *r)
{
    return r->mseccfg & MSECCFG_MML;
}

static bool rlb(const struct riscv_cpu *r)
{
    return r->mseccfg & MSECCFG_RLB;
}

/* -- Registers to ranges -- */

/* False: the entry matches no address. */
static bool entry_range(const struct riscv_cpu *r, unsigned i, gpa *lo, gpa *hi)
{
    uint64_t addr = r->pmpaddr[i];
    switch (a_field(r->pmpcfg[i])) {
    case A_TOR: {
        uint64_t bottom = i ? r->pmpaddr[i - 1] : 0;
        if (bottom >= addr)
            return false;
        *lo = bottom << 2;
        *hi = (addr << 2) - 1;
        return true;
    }
    case A_NA4:
        *lo = addr << 2;
        *hi = *lo + 3;
        return true;
    case A_NAPOT: {
        uint64_t low = addr ^ (addr + 1); /* the trailing ones and the zero above them */
        *lo = (addr & ~low) << 2;
        *hi = *lo | low << 2 | 3;
        return true;
    }
    default:
        return false;
    }
}

void riscv_pmp_update(struct riscv_cpu *r)
{
    r->pmp_nranges = 0;
    for (unsigned i = 0; i < r->config.pmp_count; i++) {
        struct riscv_pmp_range *p = &r->pmp_range[r->pmp_nranges];
        if (!entry_range(r, i, &p->lo, &p->hi))
            continue;
        p->cfg = r->pmpcfg[i] & (PMP_R | PMP_W | PMP_X | PMP_L);
        r->pmp_nranges++;
    }
}

static void changed(struct riscv_cpu *r)
{
    riscv_pmp_update(r);
    mmu_flush(&r->cpu, NULL, NULL);
}

/* -- Register writes -- */

static bool locked(const struct riscv_cpu *r, unsigned i)
{
    return (r->pmpcfg[i] & PMP_L) && !rlb(r);
}

/* Smepmp: rules that M-mode alone may execute, and locked shared ones with X, can't be added under MML. */
static bool executable_for_m(uint8_t cfg)
{
    switch (cfg & (PMP_L | PMP_R | PMP_W | PMP_X)) {
    case PMP_L | PMP_X:
    case PMP_L | PMP_R | PMP_X:
    case PMP_L | PMP_W:
    case PMP_L | PMP_W | PMP_X:
        return true;
    default:
        return false;
    }
}

void riscv_pmp_write_cfg(struct riscv_cpu *r, unsigned entry, uint8_t cfg)
{
    if (entry >= r->config.pmp_count || locked(r, entry))
        return;
    cfg &= PMP_L | PMP_R | PMP_W | PMP_X | 3 << PMP_A_SHIFT;
    if (mml(r)) {
        if (executable_for_m(cfg) && !rlb(r))
            return;
    } else if ((cfg & (PMP_R | PMP_W)) == PMP_W) {
        cfg &= ~PMP_W; /* W without R is reserved */
    }
    if (r->pmpcfg[entry] == cfg)
        return;
    r->pmpcfg[entry] = cfg;
    changed(r);
}

void riscv_pmp_write_addr(struct riscv_cpu *r, unsigned entry, uint64_t addr)
{
    if (entry >= r->config.pmp_count || locked(r, entry))
        return;
    if (entry + 1 < r->config.pmp_count && locked(r, entry + 1) && a_field(r->pmpcfg[entry + 1]) == A_TOR)
        return;
    addr = r->config.xlen == 32 ? (uint32_t)addr : bits(addr, 0, 54);
    if (r->pmpaddr[entry] == addr)
        return;
    r->pmpaddr[entry] = addr;
    changed(r);
}

/* MML and MMWP stay set; RLB can't be set again once an entry is locked without it. The other bits are kept. */
void riscv_pmp_write_mseccfg(struct riscv_cpu *r, uint64_t value)
{
    const uint64_t rules = MSECCFG_MML | MSECCFG_MMWP | MSECCFG_RLB;
    bool any_locked = false;
    if (!r->config.has[RVF_smepmp])
        return;
    for (unsigned i = 0; i < r->config.pmp_count; i++)
        any_locked |= (r->pmpcfg[i] & PMP_L) != 0;
    uint64_t new = (r->mseccfg & ~rules) | (value & rules);
    new |= r->mseccfg & (MSECCFG_MML | MSECCFG_MMWP);
    if (any_locked && !rlb(r))
        new &= ~(uint64_t)MSECCFG_RLB;
    if (new == r->mseccfg)
        return;
    r->mseccfg = new;
    changed(r);
}

/* -- Checks -- */

#define MR (1u << MMU_READ)
#define MW (1u << MMU_WRITE)
#define MX (1u << MMU_FETCH)

static unsigned rwx(uint8_t cfg)
{
    return (cfg & PMP_R ? MR : 0) | (cfg & PMP_W ? MW : 0) | (cfg & PMP_X ? MX : 0);
}

/* Smepmp's table for MML, by L, R, W, X from bit 3 down. */
static unsigned mml_permissions(uint8_t cfg, bool m)
{
    static const struct {
        uint8_t m, su;
    } table[16] = {
        [1] = {0, MX},       [2] = {MR | MW, MR}, [3] = {MR | MW, MR | MW}, [4] = {0, MR},
        [5] = {0, MR | MX},  [6] = {0, MR | MW},  [7] = {0, MR | MW | MX},  [9] = {MX, 0},
        [10] = {MX, MX},     [11] = {MR | MX, MX}, [12] = {MR, 0},          [13] = {MR | MX, 0},
        [14] = {MR | MW, 0}, [15] = {MR, MR},
    };
    unsigned i = (cfg & PMP_L ? 8 : 0) | (cfg & PMP_R ? 4 : 0) | (cfg & PMP_W ? 2 : 0) | (cfg & PMP_X ? 1 : 0);
    return m ? table[i].m : table[i].su;
}

static unsigned permissions(const struct riscv_cpu *r, uint8_t cfg, bool m)
{
    if (mml(r))
        return mml_permissions(cfg, m);
    return m && !(cfg & PMP_L) ? MR | MW | MX : rwx(cfg);
}

/* Where no entry matches. */
static unsigned default_permissions(const struct riscv_cpu *r, bool m)
{
    if (!m)
        return r->config.pmp_count ? 0 : MR | MW | MX;
    if (r->mseccfg & MSECCFG_MMWP)
        return 0;
    return mml(r) ? MR | MW : MR | MW | MX;
}

struct riscv_pmp_result riscv_pmp_lookup(const struct riscv_cpu *r, gpa pa, unsigned priv)
{
    struct riscv_pmp_result res = {.lo = pa & PAGE_MASK, .hi = pa | ~PAGE_MASK};
    bool m = priv == PRV_M;
    for (unsigned i = 0; i < r->pmp_nranges; i++) {
        const struct riscv_pmp_range *p = &r->pmp_range[i];
        if (pa < p->lo) {
            if (p->lo <= res.hi)
                res.hi = p->lo - 1;
        } else if (pa > p->hi) {
            if (p->hi >= res.lo)
                res.lo = p->hi + 1;
        } else {
            res.lo = MAX(res.lo, p->lo);
            res.hi = MIN(res.hi, p->hi);
            res.prot = permissions(r, p->cfg, m);
            return res;
        }
    }
    res.prot = default_permissions(r, m);
    return res;
}

bool riscv_pmp_allows(const struct riscv_cpu *r, gpa pa, unsigned len, unsigned priv, enum mmu_access access)
{
    struct riscv_pmp_result res = riscv_pmp_lookup(r, pa, priv);
    return (res.prot >> access & 1) && pa + len - 1 <= res.hi;
}
