/* SPDX-License-Identifier: BSD-2-Clause */
/* Translation regimes, and what their keys stand for. */
#ifndef MYNAH_ARM_REGIME_H
#define MYNAH_ARM_REGIME_H

#include "arm.h"

enum arm_regime_kind { ARM_REGIME_EL10, ARM_REGIME_EL20 /* a host's */, ARM_REGIME_EL2, ARM_REGIME_EL3 };

/* What a walk depends on besides TTBR0's table and the ASID, which are the key's root, and who accesses. */
struct arm_regime {
    uint8_t kind;
    bool secure, sif;      /* sif: of the secure state, with SCR.SIF */
    bool a32;              /* VMSAv8-32, in the short format unless tcr has EAE */
    uint64_t sctlr, tcr;   /* those bits that count */
    uint64_t ttbr1;        /* its table */
    uint32_t dacr;         /* of the short format */
    uint64_t hcr;          /* VM, DC, PTW, TGE where there is a stage 2, else 0; with VM: */
    uint64_t vttbr, vtcr;
};

/* mmu_fault.kind: the status code of ISS, and these. mmu_fault.pa is the address that stage 2 refused. */
#define ARM_FAULT_STAGE2 0x40u
#define ARM_FAULT_S1PTW 0x80u

/* The level whose translation regime the current level uses: its SCTLR and TCR count. regime.c */
unsigned arm_regime_level(const struct arm_cpu *a);
void arm_regimes_init(struct arm_cpu *a);
void arm_regimes_free(struct arm_cpu *a);
enum arm_regime_kind arm_regime_kind_at(const struct arm_cpu *a, unsigned el);
/* The key of a regime in its present state. priv: for its own level's accesses, with pan as PSTATE.PAN; else EL0's. */
struct mmu_key arm_regime_key(struct arm_cpu *a, enum arm_regime_kind kind, bool priv, bool pan);
/* That of EL1 and EL0 in the non-secure state, whatever the current one is. */
struct mmu_key arm_regime_key_ns(struct arm_cpu *a, bool priv);
/* As arm_walk(), to the address that stage 1 gives; tables are read through stage 2. */
bool arm_walk_stage1(struct arm_cpu *a, const struct mmu_key *key, gva va, enum mmu_access access,
                     struct mmu_page *page, struct mmu_fault *fault);
/* What the key stands for. NULL: a key of before the numbers began anew. */
const struct arm_regime *arm_regime_of(const struct arm_cpu *a, const struct mmu_key *key);

#endif
