/* SPDX-License-Identifier: BSD-2-Clause */
/* What csr.c, csr-irq.c and aia.c share: the CSRs' functions for the table in csr.c, and small checks. */
#ifndef MYNAH_RISCV_CSR_H
#define MYNAH_RISCV_CSR_H

#include "riscv.h"

/* Bits of mstateen0. */
#define STATEEN_SE (UINT64_C(1) << 63)
#define STATEEN_ENVCFG (UINT64_C(1) << 62)
#define STATEEN_CSRIND (UINT64_C(1) << 60)
#define STATEEN_AIA (UINT64_C(1) << 59)
#define STATEEN_IMSIC (UINT64_C(1) << 58)
#define STATEEN_JVT (UINT64_C(1) << 2) /* of sstateen0 too */

static inline bool has(const struct riscv_cpu *r, enum riscv_feature f)
{
    return r->config.has[f];
}

static inline bool rv32(const struct riscv_cpu *r)
{
    return r->config.xlen == 32;
}

/* value with its high or low 32 bits replaced: the halves of 64-bit CSRs on RV32. */
static inline uint64_t with_high(uint64_t value, uint64_t high)
{
    return (uint32_t)value | high << 32;
}

static inline uint64_t with_low(const struct riscv_cpu *r, uint64_t value, uint64_t low)
{
    return rv32(r) ? (value & ~UINT64_C(0xffffffff)) | (uint32_t)low : low;
}

/* True if mstateen0 leaves the state that its bit controls to the current privilege. */
static inline bool csr_state_enabled(const struct riscv_cpu *r, uint64_t bit)
{
    return r->priv == PRV_M || !has(r, RVF_smstateen) || (r->mstateen[0] & bit);
}

/* The same for state that U-mode has too: there sstateen0 decides as well. */
static inline bool csr_user_state_enabled(const struct riscv_cpu *r, uint64_t bit)
{
    return csr_state_enabled(r, bit) &&
           (r->priv != PRV_U || !has(r, RVF_smstateen) || !has(r, RVF_s) || (r->sstateen0 & bit));
}

/* CSRs of the supervisor level and of the machine level have the same functions: this tells them apart. */
static inline bool csr_is_s(unsigned csr)
{
    return (csr >> 8 & 3) == PRV_S;
}

/* -- csr-irq.c -- */
/* The interrupts this hart has in mip and mie. */
uint64_t riscv_interrupts(const struct riscv_cpu *r);
/* Bits that mvien can have. */
#define MVIEN_BITS (UINT64_C(1) << IRQ_SSI | UINT64_C(1) << IRQ_SEI | ~UINT64_C(0x1fff))

#define CSR_READ(name) uint64_t csr_read_##name(struct riscv_cpu *r, unsigned csr)
#define CSR_WRITE(name) void csr_write_##name(struct riscv_cpu *r, unsigned csr, uint64_t value, uint64_t mask)
CSR_WRITE(mideleg);
CSR_WRITE(mie);
CSR_READ(mip);
CSR_WRITE(mip);
CSR_READ(sie);
CSR_READ(sieh);
CSR_WRITE(sie);
CSR_WRITE(sieh);
CSR_READ(sip);
CSR_READ(siph);
CSR_WRITE(sip);
CSR_WRITE(siph);
CSR_READ(mvien);
CSR_WRITE(mvien);
CSR_WRITE(mvienh);
CSR_READ(mvip);
CSR_WRITE(mvip);
CSR_WRITE(mviph);

/* -- aia.c: xiselect, xireg, xtopei, xtopi -- */
CSR_WRITE(iselect);
bool csr_ireg_allowed(const struct riscv_cpu *r, unsigned csr);
CSR_READ(ireg);
CSR_WRITE(ireg);
bool csr_topei_allowed(const struct riscv_cpu *r, unsigned csr);
CSR_READ(topei);
CSR_WRITE(topei);
CSR_READ(topi);

#endif
