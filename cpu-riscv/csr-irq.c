/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CSRs that say which interrupts are pending, enabled and delegated. Manuals: volume II, machine and supervisor
 * level; "RISC-V Advanced Interrupt Architecture" 1.0, "Interrupt filtering and virtual interrupts for supervisor
 * level". No interrupt that mip and mie can have is above 13; mvip and with it sip and sie go to 63.
 */
#include "csr.h"

#define BIT(n) (UINT64_C(1) << (n))
#define S_INTERRUPTS (BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI) | BIT(IRQ_LCOFI))

uint64_t riscv_interrupts(const struct riscv_cpu *r)
{
    return BIT(IRQ_MSI) | BIT(IRQ_MTI) | BIT(IRQ_MEI) |
           (has(r, RVF_s) ? BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI) : 0) |
           (has(r, RVF_sscofpmf) ? BIT(IRQ_LCOFI) : 0);
}

/* -- mie, mip, mideleg -- */

/* The interrupts that sip and sie take from mvip and sie_virtual. */
static uint64_t virtual_bits(const struct riscv_cpu *r)
{
    return r->mvien & ~r->mideleg;
}

static uint64_t mvip_value(const struct riscv_cpu *r)
{
    uint64_t alias = BIT(IRQ_SEI) | (r->mvien & BIT(IRQ_SSI) ? 0 : BIT(IRQ_SSI)) |
                     (r->menvcfg & ENVCFG_STCE ? 0 : BIT(IRQ_STI));
    uint64_t own = ~UINT64_C(0x1fff) | (r->mvien & BIT(IRQ_SSI));
    return (r->mvip & own) | (__atomic_load_n(&r->mip_soft, __ATOMIC_SEQ_CST) & alias);
}

/* After each change of what mideleg, mvien, mvip and sie say about virtual interrupts. */
static void update(struct riscv_cpu *r)
{
    uint64_t v = virtual_bits(r);
    if (v)
        v &= mvip_value(r) & r->sie_virtual;
    __atomic_store_n(&r->virtual_pending, v, __ATOMIC_SEQ_CST); /* has_work reads it on other threads */
    riscv_check_interrupts(r);
}

static void set_mie(struct riscv_cpu *r, uint64_t mie)
{
    __atomic_store_n(&r->mie, mie, __ATOMIC_SEQ_CST);
}

CSR_WRITE(mie)
{
    set_mie(r, value & riscv_interrupts(r));
    riscv_check_interrupts(r);
}

/* mip as read now: a stimecmp that has been reached shows even before its timer has fired. */
CSR_READ(mip)
{
    uint64_t mip = riscv_mip(r) & riscv_interrupts(r);
    if (riscv_stimecmp_due(r, riscv_time(r)))
        mip |= BIT(IRQ_STI);
    return mip;
}

/* Only the bits software owns change: SEIP's wire and an Sstc timer are or-ed in when it is read. */
static void set_mip_soft(struct riscv_cpu *r, uint64_t value, uint64_t mask)
{
    __atomic_and_fetch(&r->mip_soft, ~mask | value, __ATOMIC_SEQ_CST);
    __atomic_or_fetch(&r->mip_soft, value & mask, __ATOMIC_SEQ_CST);
}

/* The bits of S-mode's interrupts that M-mode may write; STIP is not software's under Sstc. */
static uint64_t software_bits(const struct riscv_cpu *r)
{
    return riscv_interrupts(r) & S_INTERRUPTS & ~(r->menvcfg & ENVCFG_STCE ? BIT(IRQ_STI) : 0);
}

CSR_WRITE(mip)
{
    set_mip_soft(r, value, mask & software_bits(r) & ~(r->mvien & BIT(IRQ_SEI)));
    update(r);
}

CSR_WRITE(mideleg)
{
    r->mideleg = value & riscv_interrupts(r) & S_INTERRUPTS;
    update(r);
}

/* -- sie, sip -- */

static uint64_t sie(const struct riscv_cpu *r)
{
    return (r->mie & r->mideleg) | (r->sie_virtual & virtual_bits(r));
}

static void set_sie(struct riscv_cpu *r, uint64_t value)
{
    uint64_t v = virtual_bits(r);
    set_mie(r, (r->mie & ~r->mideleg) | (value & r->mideleg));
    r->sie_virtual = (r->sie_virtual & ~v) | (value & v);
    update(r);
}

CSR_READ(sie)
{
    return riscv_xlen_trunc(r, sie(r));
}

CSR_READ(sieh)
{
    return sie(r) >> 32;
}

CSR_WRITE(sie)
{
    set_sie(r, with_low(r, sie(r), value));
}

CSR_WRITE(sieh)
{
    set_sie(r, with_high(sie(r), value));
}

static uint64_t sip(struct riscv_cpu *r)
{
    return (csr_read_mip(r, 0) & r->mideleg) | (mvip_value(r) & virtual_bits(r));
}

/* What is delegated changes in mip, what is virtual in mvip. SEIP and STIP are not S-mode's to write. */
static void set_sip(struct riscv_cpu *r, uint64_t value, uint64_t mask)
{
    uint64_t v = mask & virtual_bits(r) & ~BIT(IRQ_SEI);
    set_mip_soft(r, value, mask & r->mideleg & (BIT(IRQ_SSI) | BIT(IRQ_LCOFI)));
    r->mvip = (r->mvip & ~v) | (value & v);
    update(r);
}

CSR_READ(sip)
{
    return riscv_xlen_trunc(r, sip(r));
}

CSR_READ(siph)
{
    return sip(r) >> 32;
}

CSR_WRITE(sip)
{
    set_sip(r, value, riscv_xlen_trunc(r, mask));
}

CSR_WRITE(siph)
{
    set_sip(r, value << 32, mask << 32);
}

/* -- mvien, mvip -- */

static void set_mvien(struct riscv_cpu *r, uint64_t value)
{
    __atomic_store_n(&r->mvien, value & MVIEN_BITS, __ATOMIC_RELAXED); /* riscv_mip() reads it on other threads */
    update(r);
}

CSR_READ(mvien)
{
    return riscv_xlen_trunc(r, r->mvien);
}

CSR_WRITE(mvien)
{
    set_mvien(r, with_low(r, r->mvien, value));
}

CSR_WRITE(mvienh)
{
    set_mvien(r, with_high(r->mvien, value));
}

static void set_mvip(struct riscv_cpu *r, uint64_t value, uint64_t mask)
{
    uint64_t own = mask & (~UINT64_C(0x1fff) | (r->mvien & BIT(IRQ_SSI)));
    uint64_t alias = BIT(IRQ_SEI) | BIT(IRQ_STI) | (~r->mvien & BIT(IRQ_SSI));
    set_mip_soft(r, value, mask & alias & software_bits(r));
    r->mvip = (r->mvip & ~own) | (value & own);
    update(r);
}

CSR_READ(mvip)
{
    return riscv_xlen_trunc(r, mvip_value(r));
}

CSR_WRITE(mvip)
{
    set_mvip(r, value, riscv_xlen_trunc(r, mask));
}

CSR_WRITE(mviph)
{
    set_mvip(r, value << 32, mask << 32);
}
