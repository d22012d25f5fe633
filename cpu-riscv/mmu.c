/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation: the page-table walk of Sv32, Sv39, Sv48 and Sv57 with Svade, Svadu, Svpbmt and
 * Svnapot, and the PMP check of the result and of the walk's own accesses. Manual: volume II,
 * supervisor level, "Virtual Address Translation Process".
 */
#include <inttypes.h>

#include "log.h"
#include "riscv.h"

enum {
    PTE_V = 0x01, PTE_R = 0x02, PTE_W = 0x04, PTE_X = 0x08, PTE_U = 0x10, PTE_G = 0x20, PTE_A = 0x40, PTE_D = 0x80,
};
#define PTE_PPN_SHIFT 10
#define PTE64_RESERVED_SHIFT 54 /* 7 bits */
#define PTE64_PBMT_SHIFT 61     /* 2 bits */
#define PTE64_N (UINT64_C(1) << 63)

/* The shape of a page table. */
struct paging {
    uint8_t levels;
    uint8_t pte_size;
    uint8_t index_bits; /* of a level's index */
    uint8_t va_bits;
};
static const struct paging sv32 = {2, 4, 10, 32}, sv39 = {3, 8, 9, 39}, sv48 = {4, 8, 9, 48}, sv57 = {5, 8, 9, 57};

static const struct paging *paging_of(const struct riscv_cpu *r, uint64_t satp)
{
    if (r->config.xlen == 32)
        return &sv32;
    switch (satp >> 60) {
    case 8:
        return &sv39;
    case 9:
        return &sv48;
    default:
        return &sv57;
    }
}

struct walk {
    struct riscv_cpu *r;
    const struct mmu_key *key;
    gva va;
    enum mmu_access access;
    bool debug;
    bool bad_access; /* the fault is an access fault, not a page fault */
    uint8_t level;   /* of the last entry */
};

enum step { WALK_FAULT, WALK_DONE, WALK_AGAIN };

static enum step access_fault(struct walk *w)
{
    w->bad_access = true;
    return WALK_FAULT;
}

/* -- Permissions of a leaf -- */

/* Zicfiss: what is reserved otherwise. */
static bool is_shadow_stack(const struct riscv_cpu *r, uint64_t pte)
{
    return (pte & (PTE_R | PTE_W | PTE_X)) == PTE_W && (r->menvcfg & ENVCFG_SSE);
}

/* What the R, W, X, U bits grant under the key: 1 << enum mmu_access. */
static unsigned leaf_permissions(uint64_t pte, uint32_t mode)
{
    bool user_page = pte & PTE_U, user = (mode & RVMMU_PRV) == PRV_U;
    bool data = user == user_page || (user_page && (mode & RVMMU_SUM));
    unsigned prot = 0;
    if (data && ((pte & PTE_R) || ((mode & RVMMU_MXR) && (pte & PTE_X))))
        prot |= 1 << MMU_READ;
    if (data && (pte & PTE_W))
        prot |= 1 << MMU_WRITE;
    if (user == user_page && (pte & PTE_X))
        prot |= 1 << MMU_FETCH;
    return prot;
}

/* Hardware sets A and D: always where the hart has neither extension, else as menvcfg says. */
static bool updates_ad(const struct riscv_cpu *r)
{
    if (r->config.has[RVF_svadu])
        return r->menvcfg & ENVCFG_ADUE;
    return !r->config.has[RVF_svade];
}

/* Reserved bits and encodings of RV64 entries. */
static bool reserved_bits_ok(const struct riscv_cpu *r, uint64_t pte, bool leaf)
{
    if (bits(pte, PTE64_RESERVED_SHIFT, 7))
        return false;
    unsigned pbmt = bits(pte, PTE64_PBMT_SHIFT, 2);
    if (pbmt && (!leaf || pbmt == 3 || !(r->menvcfg & ENVCFG_PBMTE)))
        return false;
    return !(pte & PTE64_N) || (leaf && r->config.has[RVF_svnapot]);
}

/* Set A, and D for a store, in the entry at addr. */
static enum step set_ad(struct walk *w, gpa addr, unsigned size, uint64_t old, uint64_t new)
{
    bool swapped;
    if (!riscv_pmp_allows(w->r, addr, size, PRV_S, MMU_WRITE) ||
        !mmu_pte_cas(&w->r->cpu, addr, size, old, new, &swapped))
        return access_fault(w);
    return swapped ? WALK_DONE : WALK_AGAIN;
}

/* A leaf at level: permissions, alignment, A and D. */
static enum step leaf(struct walk *w, const struct paging *p, unsigned level, gpa addr, uint64_t pte,
                      struct mmu_page *page)
{
    uint64_t ppn = p->pte_size == 8 ? bits(pte, PTE_PPN_SHIFT, 44) : pte >> PTE_PPN_SHIFT;
    unsigned size_bits = PAGE_BITS + level * p->index_bits;
    if (pte & PTE64_N) { /* the one encoding: 64 KiB of 4 KiB pages */
        if (level || bits(ppn, 0, 4) != 8)
            return WALK_FAULT;
        size_bits = 16;
        ppn &= ~UINT64_C(15);
    } else if (level && bits(ppn, 0, size_bits - PAGE_BITS)) {
        return WALK_FAULT;
    }
    uint64_t offset_mask = (UINT64_C(1) << size_bits) - 1;
    page->pa = ((ppn << PAGE_BITS) | (w->va & offset_mask)) & PAGE_MASK;
    page->size = size_bits == PAGE_BITS ? 0 : UINT64_C(1) << size_bits;
    page->prot = 7;
    if (w->debug)
        return WALK_DONE;

    bool shadow = is_shadow_stack(w->r, pte), ss = w->key->mode & RVMMU_SS;
    /* Others may read it; its instructions may go nowhere else, where a page that can't be written may become one. */
    page->prot = leaf_permissions(shadow ? pte | PTE_R : pte, w->key->mode);
    if (shadow && !ss)
        page->prot &= ~(1u << MMU_WRITE);
    if (!shadow && ss) {
        if (page->prot >> MMU_WRITE & 1)
            w->bad_access = true;
        return WALK_FAULT;
    }
    if (!(page->prot >> w->access & 1)) {
        w->bad_access = shadow && page->prot;
        return WALK_FAULT;
    }
    uint64_t needed = PTE_A | (w->access == MMU_WRITE ? PTE_D : 0);
    if (needed & ~pte) {
        if (!updates_ad(w->r))
            return WALK_FAULT;
        /* D may not be set by a store that then fails. */
        gpa pa = page->pa | (w->va & ~PAGE_MASK);
        if (!riscv_pmp_allows(w->r, pa, 1, w->key->mode & RVMMU_PRV, w->access))
            return access_fault(w);
        enum step s = set_ad(w, addr, p->pte_size, pte, pte | needed);
        if (s != WALK_DONE)
            return s;
        pte |= needed;
    }
    if (!(pte & PTE_D)) /* the first store must come here to set it */
        page->prot &= ~(1u << MMU_WRITE);
    return WALK_DONE;
}

/* One walk from the root. */
static enum step walk_once(struct walk *w, const struct paging *p, struct mmu_page *page)
{
    gpa table = (p->pte_size == 8 ? bits(w->key->root, 0, 44) : bits(w->key->root, 0, 22)) << PAGE_BITS;
    page->global = false;
    for (int level = p->levels - 1; level >= 0; level--) {
        unsigned index = bits(w->va, PAGE_BITS + level * p->index_bits, p->index_bits);
        w->level = level;
        gpa addr = table + index * p->pte_size;
        uint64_t pte;
        if ((!w->debug && !riscv_pmp_allows(w->r, addr, p->pte_size, PRV_S, MMU_READ)) ||
            !mmu_pte_read(&w->r->cpu, addr, p->pte_size, &pte))
            return access_fault(w);
        page->global |= pte & PTE_G; /* a pointer makes all below it so */
        bool is_leaf = (pte & (PTE_R | PTE_X)) || is_shadow_stack(w->r, pte);
        if (!(pte & PTE_V) || ((pte & (PTE_R | PTE_W)) == PTE_W && !is_shadow_stack(w->r, pte)))
            return WALK_FAULT;
        if (p->pte_size == 8 && !reserved_bits_ok(w->r, pte, is_leaf))
            return WALK_FAULT;
        if (is_leaf)
            return leaf(w, p, level, addr, pte, page);
        if (pte & (PTE_A | PTE_D | PTE_U)) /* reserved in pointers */
            return WALK_FAULT;
        table = (p->pte_size == 8 ? bits(pte, PTE_PPN_SHIFT, 44) : pte >> PTE_PPN_SHIFT) << PAGE_BITS;
    }
    return WALK_FAULT;
}

/* Bits above the virtual address must equal its top bit. */
static bool canonical(const struct paging *p, gva va)
{
    return p->va_bits == 32 ? va >> 32 == 0 : (gva)sign_extend(va, p->va_bits) == va;
}

/* Apply PMP to the page found. */
static bool check_pmp(struct walk *w, struct mmu_page *page)
{
    gpa pa = page->pa | (w->va & ~PAGE_MASK);
    struct riscv_pmp_result res = riscv_pmp_lookup(w->r, pa, w->key->mode & RVMMU_PRV);
    page->split = res.hi - res.lo != PAGE_SIZE - 1;
    page->first = res.lo & ~PAGE_MASK;
    page->last = res.hi & ~PAGE_MASK;
    page->prot &= res.prot;
    /* Also for an access that the engine finds to leave a split page's part. */
    w->bad_access = true;
    return page->prot >> w->access & 1;
}

static bool translate(struct walk *w, struct mmu_page *page)
{
    if (!w->key->root) {
        if (w->key->mode & RVMMU_SS) { /* there are no such pages */
            w->bad_access = true;
            return false;
        }
        page->pa = w->va & PAGE_MASK;
        page->prot = 7;
        page->size = 0;
        return true;
    }
    const struct paging *p = paging_of(w->r, w->key->root);
    if (!canonical(p, w->va))
        return false;
    enum step s;
    do
        s = walk_once(w, p, page);
    while (s == WALK_AGAIN);
    return s == WALK_DONE;
}

bool riscv_walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
                struct mmu_page *page, struct mmu_fault *fault)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    struct walk w = {.r = r, .key = key, .va = va, .access = access, .debug = debug};
    page->split = false;
    bool ok = translate(&w, page) && (debug || check_pmp(&w, page));
    if (debug)
        return ok;
    fault->kind = w.bad_access ? RVFAULT_ACCESS : RVFAULT_PAGE;
    fault->level = w.level;
    if (log_on(LOG_MMU)) {
        static const char *const names[] = {"read", "write", "fetch"};
        if (ok)
            log_printf("hart %u: walk 0x%" PRIx64 " %s root 0x%" PRIx64 " mode %u: 0x%" PRIx64 " prot %u%s\n",
                       cpu->index, va, names[access], key->root, key->mode, page->pa, page->prot,
                       page->split ? " split" : "");
        else
            log_printf("hart %u: walk 0x%" PRIx64 " %s root 0x%" PRIx64 " mode %u: %s fault at level %u\n", cpu->index,
                       va, names[access], key->root, key->mode, w.bad_access ? "access" : "page", w.level);
    }
    return ok;
}
