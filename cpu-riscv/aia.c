/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Smaia and Ssaia: the order of interrupts, and the CSRs behind which there is more: priorities and the hart's
 * interrupt files. Manual: "RISC-V Advanced Interrupt Architecture" 1.0, chapters on CSRs, the IMSIC, and machine and
 * supervisor level. Priority numbers have 8 bits and can be given to every interrupt but the level's own external one.
 */
#include "csr.h"

#define BIT(n) (UINT64_C(1) << (n))
#define ISELECT_BITS 0x1ff

/* Ranges of xiselect. */
enum { IPRIO0 = 0x30, IPRIO15 = 0x3f, FILE_FIRST = 0x70, FILE_EIP0 = 0x80, FILE_LAST = 0xff };

/* -- Priorities -- */

/* All interrupts there can be, first the highest. Those for custom use, which only mvip can have, come last. */
static const uint8_t default_order[64] = {
    47, 23, 46, 45, 22, 44, 43, 21, 42, 41, 20, 40,
    IRQ_MEI, IRQ_MSI, IRQ_MTI, IRQ_SEI, IRQ_SSI, IRQ_STI, 12, 10, 2, 6, IRQ_LCOFI, 14, 15,
    39, 19, 38, 37, 18, 36, 35, 17, 34, 33, 16, 32,
    63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 31, 30, 29, 28, 27, 26, 25, 24, 8, 4, 0,
};

#define LOWEST 0xffff /* behind all numbers */

/*
 * The priority number of the external interrupt. A wire brings none: its sources count as the highest. A virtual one
 * has no controller behind it, which is 256 by the manual.
 */
static unsigned external_number(struct riscv_cpu *r, bool s)
{
    const struct msi_file *f = s ? &r->sfile : &r->mfile;
    unsigned irq = s ? IRQ_SEI : IRQ_MEI, top;
    bool wired = (__atomic_load_n(&r->mip_lines, __ATOMIC_SEQ_CST) & BIT(irq)) && (!s || (r->mideleg & BIT(irq)));
    if (!wired)
        return 256;
    if (!f->ops)
        return 1;
    top = f->ops->top(f->opaque, f->n);
    return top ? top : 256;
}

unsigned riscv_top_interrupt(struct riscv_cpu *r, uint64_t pending, bool s, unsigned *number)
{
    const uint8_t *iprio = s ? r->siprio : r->miprio;
    unsigned external = s ? IRQ_SEI : IRQ_MEI, best = 0, best_number = UINT_MAX;
    bool above = true, by_number = s ? r->siprio_set : r->miprio_set;
    for (unsigned i = 0; i < ARRAY_SIZE(default_order); i++) {
        unsigned irq = default_order[i], p;
        if (irq == external)
            above = false;
        if (!(pending >> irq & 1))
            continue;
        if (!by_number && !number)
            return irq;
        p = irq == external ? external_number(r, s) : iprio[irq] ? iprio[irq] : above ? 0 : LOWEST;
        if (p < best_number) {
            best = irq;
            best_number = p;
        }
    }
    if (number)
        *number = MIN(best_number, 255);
    return best;
}

CSR_READ(topi)
{
    uint64_t mip = csr_read_mip(r, csr);
    bool s = csr_is_s(csr);
    uint64_t pending = s ? riscv_pending_s(r, mip) : riscv_pending_m(r, mip);
    unsigned number, irq;
    if (!pending)
        return 0;
    irq = riscv_top_interrupt(r, pending, s, &number);
    return irq << 16 | number;
}

/* True if the interrupt's byte in the level's iprio array can be other than zero. */
static bool has_number(const struct riscv_cpu *r, bool s, unsigned irq)
{
    uint64_t enables = s ? r->mideleg | r->mvien : riscv_interrupts(r);
    return irq != (s ? IRQ_SEI : IRQ_MEI) && (enables >> irq & 1);
}

static uint64_t iprio_read(const struct riscv_cpu *r, bool s, unsigned reg)
{
    const uint8_t *iprio = s ? r->siprio : r->miprio;
    unsigned first = 4 * (reg - IPRIO0);
    uint64_t v = 0;
    for (unsigned i = 0; i < r->config.xlen / 8; i++)
        if (has_number(r, s, first + i))
            v |= (uint64_t)iprio[first + i] << (8 * i);
    return v;
}

static void iprio_write(struct riscv_cpu *r, bool s, unsigned reg, uint64_t value)
{
    uint8_t *iprio = s ? r->siprio : r->miprio;
    unsigned first = 4 * (reg - IPRIO0);
    bool any = false;
    for (unsigned i = 0; i < r->config.xlen / 8; i++)
        if (has_number(r, s, first + i))
            iprio[first + i] = value >> (8 * i);
    for (unsigned i = 0; i < 64; i++)
        any |= iprio[i] != 0;
    *(s ? &r->siprio_set : &r->miprio_set) = any;
}

/* -- The window: xiselect and xireg -- */

CSR_WRITE(iselect)
{
    *(csr_is_s(csr) ? &r->siselect : &r->miselect) = value & ISELECT_BITS;
}

static unsigned iselect(const struct riscv_cpu *r, unsigned csr)
{
    return csr_is_s(csr) ? r->siselect : r->miselect;
}

static const struct msi_file *file_of(const struct riscv_cpu *r, unsigned csr)
{
    return csr_is_s(csr) ? &r->sfile : &r->mfile;
}

static bool is_iprio(unsigned reg)
{
    return reg >= IPRIO0 && reg <= IPRIO15;
}

/* The register exists. On RV64 those with odd numbers are the high halves of the ones before. */
static bool ireg_exists(const struct riscv_cpu *r, unsigned csr)
{
    unsigned reg = iselect(r, csr);
    bool whole = rv32(r) || !(reg & 1);
    if (is_iprio(reg))
        return whole;
    return reg >= FILE_FIRST && reg <= FILE_LAST && file_of(r, csr)->ops && (whole || reg < FILE_EIP0);
}

/* mvien says that M-mode has taken the supervisor's external interrupts, so that S-mode must not see their file. */
static bool file_enabled(const struct riscv_cpu *r, unsigned csr)
{
    if (!csr_is_s(csr))
        return true;
    return csr_state_enabled(r, STATEEN_IMSIC) && !(r->priv == PRV_S && (r->mvien & BIT(IRQ_SEI)));
}

bool csr_ireg_allowed(const struct riscv_cpu *r, unsigned csr)
{
    if (!ireg_exists(r, csr))
        return false;
    if (!csr_is_s(csr))
        return true;
    return csr_state_enabled(r, STATEEN_CSRIND) &&
           (is_iprio(r->siselect) ? csr_state_enabled(r, STATEEN_AIA) : file_enabled(r, csr));
}

/* A debugger comes here even if there is no such register. */
CSR_READ(ireg)
{
    const struct msi_file *f = file_of(r, csr);
    unsigned reg = iselect(r, csr);
    if (!ireg_exists(r, csr))
        return 0;
    return is_iprio(reg) ? iprio_read(r, csr_is_s(csr), reg) : f->ops->read(f->opaque, f->n, reg, r->config.xlen);
}

CSR_WRITE(ireg)
{
    const struct msi_file *f = file_of(r, csr);
    unsigned reg = iselect(r, csr);
    if (!ireg_exists(r, csr))
        return;
    if (is_iprio(reg))
        iprio_write(r, csr_is_s(csr), reg, value);
    else
        f->ops->write(f->opaque, f->n, reg, r->config.xlen, value, riscv_xlen_trunc(r, mask));
    riscv_check_interrupts(r);
}

/* -- mtopei, stopei -- */

bool csr_topei_allowed(const struct riscv_cpu *r, unsigned csr)
{
    return file_enabled(r, csr);
}

CSR_READ(topei)
{
    const struct msi_file *f = file_of(r, csr);
    r->topei = f->ops->top(f->opaque, f->n);
    return r->topei << 16 | r->topei;
}

/* Claims what this instruction read, though an MSI may have brought a higher one since. */
CSR_WRITE(topei)
{
    const struct msi_file *f = file_of(r, csr);
    if (r->topei)
        f->ops->claim(f->opaque, f->n, r->topei);
}
