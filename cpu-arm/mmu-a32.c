/* SPDX-License-Identifier: BSD-2-Clause */
/* VMSAv8-32's short-descriptor format and that of VMSAv6 and v5. Manual: DDI 0487, chapter G5; DDI 0100, part B. */
#include "mmu-a32.h"

#include "bus.h"
#include "mmu.h"

#define SCTLR32_S (1u << 8)  /* before v7: system and ROM protection */
#define SCTLR32_R (1u << 9)
#define SCTLR32_UWXN (1u << 20)
#define SCTLR32_XP (1u << 23) /* v6: its format, else v5's */
#define SCTLR32_AFE (1u << 29)
#define TTBCR_N 0x7u
#define TTBCR_PD0 0x10u
#define TTBCR_PD1 0x20u

enum { LEVEL1 = 1, LEVEL2 = 2 };
enum { FAULT_TRANSLATION = 0x04, FAULT_ACCESS_FLAG = 0x08, FAULT_PERMISSION = 0x0c, FAULT_DOMAIN = 0x3c };

static bool fault(struct arm_short_walk *w, unsigned status, unsigned level)
{
    w->status = status + level;
    w->level = level;
    return false;
}

/* A leaf's attributes, wherever its descriptor has them. */
struct leaf {
    gpa pa;
    unsigned size_bits, level;
    uint8_t ap; /* AP[2:0] */
    bool xn, pxn, ng, ns;
    bool quarters; /* each has permissions of its own, in a page of 4 KiB */
};

static bool has_new_format(const struct arm_short_walk *w)
{
    return arm_has(w->a, ARMF_v7) || (arm_has(w->a, ARMF_v6) && (w->r->sctlr & SCTLR32_XP));
}

/* What AP grants: bit 0 reading, bit 1 writing. */
static unsigned access_of(const struct arm_short_walk *w, unsigned ap)
{
    static const uint8_t priv[8] = { 0, 3, 3, 3, 0, 1, 1, 1 }, user[8] = { 0, 0, 1, 3, 0, 0, 1, 1 };
    if (w->r->sctlr & SCTLR32_AFE) /* AP[2:1]: not writable, accessible to user mode */
        return w->unpriv && !(ap & 2) ? 0 : ap & 4 ? 1 : 3;
    if (!ap && !arm_has(w->a, ARMF_v7)) {
        bool s = w->r->sctlr & SCTLR32_S, r = w->r->sctlr & SCTLR32_R;
        return r && !s ? 1 : s && !r ? !w->unpriv : 0;
    }
    return w->unpriv ? user[ap] : priv[ap];
}

static unsigned permissions(const struct arm_short_walk *w, const struct leaf *l)
{
    unsigned access = access_of(w, l->ap);
    bool user_access = w->r->sctlr & SCTLR32_AFE ? l->ap & 2 : l->ap == 2 || l->ap == 3 || l->ap >= 6;
    bool user_writes = w->r->sctlr & SCTLR32_AFE ? (l->ap & 6) == 2 : l->ap == 3;
    bool exec = (access & 1) && !l->xn && (w->unpriv || !l->pxn);
    if ((w->r->sctlr & SCTLR_WXN) && (access & 2))
        exec = false;
    if (!w->unpriv && (w->r->sctlr & SCTLR32_UWXN) && user_writes)
        exec = false;
    if (w->pan && user_access)
        access = 0;
    return (access & 1) << MMU_READ | (access >> 1) << MMU_WRITE | exec << MMU_FETCH;
}

static bool finish(struct arm_short_walk *w, const struct leaf *l, struct mmu_page *page)
{
    unsigned client = bits(w->r->dacr, 2 * w->domain, 2);
    uint64_t mask = (UINT64_C(1) << l->size_bits) - 1;
    page->pa = (((l->pa & ~mask) | (w->va & mask)) & PAGE_MASK) | (w->secure && !l->ns ? BUS_SECURE : 0);
    page->size = l->size_bits <= PAGE_BITS ? 0 : UINT64_C(1) << l->size_bits;
    page->global = !l->ng;
    page->prot = 7;
    w->level = l->level;
    if (l->quarters) {
        page->split = true;
        page->first = w->va & 0xc00;
        page->last = page->first + 0x3ff;
    }
    if (w->debug)
        return true;
    if (has_new_format(w) && (w->r->sctlr & SCTLR32_AFE) && !(l->ap & 1))
        return fault(w, FAULT_ACCESS_FLAG, l->level);
    if (!(client & 1))
        return fault(w, FAULT_DOMAIN, l->level);
    if (client == 3) /* a manager's accesses are not checked */
        return true;
    page->prot = permissions(w, l);
    return page->prot >> w->access & 1 || fault(w, FAULT_PERMISSION, l->level);
}

static bool section(struct arm_short_walk *w, uint32_t desc, struct mmu_page *page)
{
    struct leaf l = { .pa = desc & 0xfff00000, .size_bits = 20, .level = LEVEL1, .ap = bits(desc, 10, 2) };
    w->domain = bits(desc, 5, 4);
    if (has_new_format(w)) {
        l.ap |= bits(desc, 15, 1) << 2;
        l.xn = desc >> 4 & 1;
        l.ng = desc >> 17 & 1;
        l.ns = desc >> 19 & 1;
        l.pxn = arm_has(w->a, ARMF_lpae) && (desc & 1);
        if (desc >> 18 & 1) { /* a supersection */
            l.size_bits = 24;
            l.pa = (desc & 0xff000000) | bits(desc, 20, 4) << 32 | bits(desc, 5, 4) << 36;
            w->domain = 0;
        }
    }
    return finish(w, &l, page);
}

/* Small or large page; of v5's format each quarter has its permissions. There are no pages of 1 KiB. */
static bool page_of(struct arm_short_walk *w, uint32_t desc, bool pxn, bool ns, struct mmu_page *page)
{
    unsigned type = desc & 3, quarter = type == 1 ? bits(w->va, 14, 2) : bits(w->va, 10, 2);
    struct leaf l = { .pa = desc & 0xfffff000, .size_bits = 12, .level = LEVEL2, .pxn = pxn, .ns = ns };
    if (!type)
        return fault(w, FAULT_TRANSLATION, LEVEL2);
    if (type == 1) {
        l.pa = desc & 0xffff0000;
        l.size_bits = 16;
    }
    if (has_new_format(w)) {
        l.ap = bits(desc, 4, 2) | bits(desc, 9, 1) << 2;
        l.ng = desc >> 11 & 1;
        l.xn = type == 1 ? desc >> 15 & 1 : desc & 1;
    } else {
        /* An extended small page (v6 and XScale) has one. */
        l.ap = type == 3 ? bits(desc, 4, 2) : bits(desc, 4 + 2 * quarter, 2);
        l.size_bits = 12;
        l.quarters = type == 2 && bits(desc, 4, 8) != bits(desc, 4, 2) * 0x55u;
        l.pa = (l.pa & ~UINT64_C(0xffff)) | (type == 1 ? w->va & 0xf000 : desc & 0xf000);
    }
    return finish(w, &l, page);
}

/* The table of the first level, 0: it is not walked. */
static bool first_table(const struct arm_short_walk *w, gpa *table, unsigned *index_bits)
{
    unsigned n = w->r->tcr & TTBCR_N;
    bool second = n && w->va >> (32 - n);
    if (w->r->tcr & (second ? TTBCR_PD1 : TTBCR_PD0))
        return false;
    n = second ? 0 : n;
    *index_bits = 12 - n;
    *table = (second ? w->r->ttbr1 : w->root) & (uint32_t)~((1u << (14 - n)) - 1);
    return true;
}

bool arm_walk_short(struct arm_short_walk *w, struct mmu_page *page)
{
    gpa table;
    unsigned index_bits;
    uint32_t desc;
    if (!first_table(w, &table, &index_bits))
        return fault(w, FAULT_TRANSLATION, LEVEL1);
    const gpa state = w->secure ? BUS_SECURE : 0;
    if (!w->read(w->opaque, (table + bits(w->va, 20, index_bits) * 4) | state, &desc, LEVEL1))
        return false;
    switch (desc & 3) {
    case 0:
        return fault(w, FAULT_TRANSLATION, LEVEL1);
    case 3:
        if (!arm_has(w->a, ARMF_lpae)) /* reserved, and v5's fine tables, which nobody used */
            return fault(w, FAULT_TRANSLATION, LEVEL1);
        return section(w, desc, page);
    case 2:
        return section(w, desc, page);
    default: {
        bool pxn = arm_has(w->a, ARMF_lpae) && (desc & 4), ns = desc & 8;
        w->domain = bits(desc, 5, 4);
        if (!w->read(w->opaque, ((desc & 0xfffffc00) + bits(w->va, 12, 8) * 4) | state, &desc, LEVEL2))
            return false;
        return page_of(w, desc, pxn, ns, page);
    }
    }
}
