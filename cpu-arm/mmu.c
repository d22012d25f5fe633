/* SPDX-License-Identifier: BSD-2-Clause */
/* Address translation. Manual: chapter D8, "The AArch64 Virtual Memory System Architecture". */
#include "arm.h"

void arm_update_regimes(struct arm_cpu *a)
{
    struct mmu_key key = { .mode = a->el };
    mmu_switch(&a->cpu, &key, &key);
    a->data_key = a->fetch_key = key;
}

bool arm_walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
              struct mmu_page *page, struct mmu_fault *fault)
{
    *page = (struct mmu_page){ .pa = va & PAGE_MASK, .prot = 7 };
    return true;
}
