/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation: VMSAv8-64, both stages, all granules. Manual: chapter D8, "The AArch64 Virtual Memory System
 * Architecture".
 *
 * A regime has more to it than a key's members hold: two roots and a third of stage 2, the registers that say how tables
 * are read. All of that but TTBR0's table and the ASID is interned to a number, which is part of the key's mode; a guest
 * goes between few.
 */
#include "mmu.h"

#include <inttypes.h>
#include <string.h>

#include "aarch32.h"
#include "bus.h"
#include "log.h"
#include "mmu-a32.h"

#define MAX_REGIMES 256

/* Fields of mmu_key.mode. The root is TTBR0's table with the ASID in its high 16 bits. */
#define KEY_UNPRIV 0x1u /* accesses as EL0's */
#define KEY_PAN 0x2u
#define KEY_NUMBER_SHIFT 2

struct arm_regimes {
    unsigned count;
    struct arm_regime list[MAX_REGIMES];
    unsigned last[4]; /* index of what each level had last */
};

/* -- Regimes and keys -- */

void arm_regimes_init(struct arm_cpu *a)
{
    a->regimes = g_new0(struct arm_regimes, 1);
}

void arm_regimes_free(struct arm_cpu *a)
{
    g_free(a->regimes);
}

static bool regimes_equal(const struct arm_regime *a, const struct arm_regime *b)
{
    return a->kind == b->kind && a->secure == b->secure && a->sif == b->sif && a->sctlr == b->sctlr &&
           a->tcr == b->tcr && a->ttbr1 == b->ttbr1 && a->a32 == b->a32 && a->dacr == b->dacr && a->hcr == b->hcr &&
           a->vttbr == b->vttbr && a->vtcr == b->vtcr;
}

/* The number of a regime; when all are used up everything is forgotten. */
static unsigned intern(struct arm_cpu *a, const struct arm_regime *r)
{
    struct arm_regimes *rs = a->regimes;
    unsigned *last = &rs->last[r->kind];
    if (likely(*last < rs->count && regimes_equal(&rs->list[*last], r)))
        return *last;
    unsigned i = 0;
    while (i < rs->count && !regimes_equal(&rs->list[i], r))
        i++;
    if (i == MAX_REGIMES) {
        mmu_flush(&a->cpu, NULL, NULL);
        rs->count = i = 0;
    }
    if (i == rs->count)
        rs->list[rs->count++] = *r;
    return *last = i;
}

const struct arm_regime *arm_regime_of(const struct arm_cpu *a, const struct mmu_key *key)
{
    unsigned n = (key->mode & ~MMU_GLOBAL) >> KEY_NUMBER_SHIFT;
    return n < a->regimes->count ? &a->regimes->list[n] : NULL;
}

static bool is_host(const struct arm_cpu *a)
{
    return arm_el2_enabled(a) && (a->hcr & HCR_E2H);
}

enum arm_regime_kind arm_regime_kind_at(const struct arm_cpu *a, unsigned el)
{
    if (el == 3)
        return ARM_REGIME_EL3;
    if (el == 2)
        return is_host(a) ? ARM_REGIME_EL20 : ARM_REGIME_EL2;
    return el == 0 && is_host(a) && (a->hcr & HCR_TGE) ? ARM_REGIME_EL20 : ARM_REGIME_EL10;
}

#define TTBCR_A1 (1u << 22)
#define TTBCR_EAE (1u << 31)
#define TTBR_BASE UINT64_C(0x0000fffffffffffe)
/* Bits of SCTLR that a walk looks at. */
#define SCTLR_WALK (SCTLR_M | SCTLR_WXN | 1u << 25 /* EE */)

static bool two_ranges(enum arm_regime_kind kind)
{
    return kind == ARM_REGIME_EL10 || kind == ARM_REGIME_EL20;
}

static uint64_t asid_of(const struct arm_cpu *a, enum arm_regime_kind kind, bool secure)
{
    unsigned level = kind == ARM_REGIME_EL10 ? 1 : 2;
    if (!two_ranges(kind))
        return 0;
    if (level == 1 && arm_level_is_a32(a, 1)) {
        struct arm_a32_view v = arm_a32_view(a, secure);
        if (!(v.tcr & TTBCR_EAE))
            return v.contextidr & 0xff;
        return (v.tcr & TTBCR_A1 ? v.ttbr1 : v.ttbr0) >> 48 & 0xff;
    }
    uint64_t ttbr = a->tcr[level] >> 22 & 1 ? a->ttbr1[level] : a->ttbr0[level];
    uint64_t asid = ttbr >> 48;
    return arm_has(a, ARMF_asid16) && (a->tcr[level] >> 36 & 1) ? asid : asid & 0xff;
}

/* Bits of SCTLR that walks look at in AArch32: M, S, R, WXN, UWXN, XP, EE, AFE. */
#define SCTLR_WALK_A32 (SCTLR_M | 3u << 8 | SCTLR_WXN | 1u << 20 | 1u << 23 | 1u << 25 | 1u << 29)

/* What of a regime is AArch32's. Hyp mode's is always of the long format, with one table. */
static void set_a32(const struct arm_cpu *a, struct arm_regime *r)
{
    r->a32 = true;
    if (r->kind == ARM_REGIME_EL2) {
        r->sctlr = a->sctlr[2] & SCTLR_WALK;
        r->tcr = (a->tcr[2] & 7) | TTBCR_EAE;
        return;
    }
    struct arm_a32_view v = arm_a32_view(a, r->secure);
    r->sctlr = v.sctlr & SCTLR_WALK_A32;
    r->tcr = (uint32_t)v.tcr;
    if (!arm_has(a, ARMF_lpae))
        r->tcr &= ~(uint64_t)TTBCR_EAE;
    if (!(r->tcr & TTBCR_EAE))
        r->dacr = v.dacr;
}

/* Bits of TCR that count where translation is off: TBI and TBID. */
static uint64_t tcr_when_off(const struct arm_regime *r)
{
    if (r->a32)
        return 0;
    return r->tcr & (two_ranges(r->kind) ? UINT64_C(3) << 37 | UINT64_C(3) << 51 : 1u << 20 | 1u << 29);
}

static struct mmu_key key_of(struct arm_cpu *a, enum arm_regime_kind kind, bool secure, bool priv, bool pan)
{
    unsigned level = kind == ARM_REGIME_EL10 ? 1 : kind == ARM_REGIME_EL3 ? 3 : 2;
    bool stage2 = kind == ARM_REGIME_EL10 && arm_has(a, ARMF_el2) && !secure;
    struct arm_regime r = {
        .kind = kind,
        .secure = secure,
        .sif = secure && (a->scr & SCR_SIF),
        .sctlr = a->sctlr[level] & SCTLR_WALK,
        .tcr = a->tcr[level],
    };
    if (level < 3 && arm_level_is_a32(a, level))
        set_a32(a, &r);
    if (stage2) {
        r.hcr = a->hcr & (HCR_VM | HCR_DC | HCR_PTW | HCR_TGE);
        if ((r.hcr & HCR_DC) || ((r.hcr & HCR_TGE) && !(a->hcr & HCR_E2H)))
            r.sctlr &= ~(uint64_t)SCTLR_M;
        if (r.hcr & HCR_DC) /* VM is as if it were set */
            r.hcr |= HCR_VM;
    }
    if (r.hcr & HCR_VM) {
        r.vttbr = a->vttbr;
        r.vtcr = a->vtcr;
    }
    uint64_t root = 0;
    if (r.sctlr & SCTLR_M) {
        bool swapped = level == 1 && r.a32;
        struct arm_a32_view v = swapped ? arm_a32_view(a, secure) : (struct arm_a32_view){ 0 };
        if (two_ranges(kind))
            r.ttbr1 = (swapped ? v.ttbr1 : a->ttbr1[level]) & TTBR_BASE;
        root = ((swapped ? v.ttbr0 : a->ttbr0[level]) & TTBR_BASE) | asid_of(a, kind, secure) << 48;
    } else {
        r.tcr = tcr_when_off(&r);
        r.dacr = 0;
    }
    unsigned n = intern(a, &r);
    uint32_t mode = n << KEY_NUMBER_SHIFT | (priv ? 0 : KEY_UNPRIV) | (priv && pan ? KEY_PAN : 0);
    /* Levels above EL0 are kernels, whose pages are global as a rule. */
    if (priv && two_ranges(kind) && (r.sctlr & SCTLR_M))
        mode |= MMU_GLOBAL;
    return (struct mmu_key){ .root = root, .mode = mode };
}

struct mmu_key arm_regime_key(struct arm_cpu *a, enum arm_regime_kind kind, bool priv, bool pan)
{
    bool own = arm_has(a, ARMF_el3) && (!(a->scr & SCR_NS) || arm_in_monitor(a));
    if (kind == ARM_REGIME_EL2 && arm_a32_has_el3(a)) /* Hyp mode's is the non-secure state's, as Monitor mode sees it too */
        own = false;
    return key_of(a, kind, own || kind == ARM_REGIME_EL3, priv, pan);
}

struct mmu_key arm_regime_key_ns(struct arm_cpu *a, bool priv)
{
    return key_of(a, ARM_REGIME_EL10, false, priv, false);
}

void arm_update_regimes(struct arm_cpu *a)
{
    enum arm_regime_kind kind = arm_regime_kind_at(a, a->el);
    struct mmu_key key = arm_regime_key(a, kind, a->el, a->pstate & PSTATE_PAN), fetch = key;
    if (key.mode & KEY_PAN)
        fetch.mode &= ~KEY_PAN;
    if (key.root != a->data_key.root || key.mode != a->data_key.mode || fetch.mode != a->fetch_key.mode) {
        a->data_key = key;
        a->fetch_key = fetch;
        a->excl_addr = ~UINT64_C(0); /* the address may be another's now */
    }
    mmu_switch(&a->cpu, &key, &fetch);
    if (a->el && two_ranges(kind)) { /* for LDTR */
        struct mmu_key unpriv = { .root = key.root, .mode = (key.mode & ~(MMU_GLOBAL | KEY_PAN)) | KEY_UNPRIV };
        mmu_switch_context(&a->cpu, ARM_CTX_UNPRIV, &unpriv);
    }
}

/* -- Walks -- */

/* How the tables of one half of a regime, or of stage 2, are read. */
struct tables {
    gpa root;
    unsigned va_bits;    /* of the input address: 64 - TxSZ */
    unsigned granule;    /* bits of an offset in a page */
    unsigned level;      /* the first */
    unsigned pa_bits;    /* of the output */
    bool big_endian;
    bool stage2, af, dirty; /* hardware sets the access flag, the dirty state */
    bool hierarchical;   /* attributes of tables count */
    bool secure;         /* they are in the secure state's memory */
};

struct walk {
    struct arm_cpu *a;
    const struct arm_regime *r;
    const struct mmu_key *key;
    gva va;
    enum mmu_access access;
    bool debug, unpriv, pan;
    bool stage1_only;    /* stage 2 is for the tables only */
    uint8_t status;      /* of a fault, as in ISS */
    uint8_t level;
    bool stage2;         /* the fault is of stage 2 ... */
    bool s1ptw;          /* ... of a walk's own access */
    gpa ipa;             /* that it refused */
    bool device;         /* stage 2's last leaf is of device memory */
    uint8_t domain;      /* of the short format */
};

/* Status codes of ISS, the level in their low two bits. */
enum {
    FAULT_ADDRESS_SIZE = 0, FAULT_TRANSLATION = 4, FAULT_ACCESS_FLAG = 8, FAULT_PERMISSION = 12, FAULT_EXTERNAL = 0x14,
};
enum step { WALK_FAULT, WALK_DONE, WALK_AGAIN };

static enum step fault(struct walk *w, unsigned status, unsigned level)
{
    w->status = status + level;
    w->level = level;
    return WALK_FAULT;
}

static unsigned pa_bits(const struct arm_cpu *a, unsigned field)
{
    static const uint8_t of_field[8] = { 32, 36, 40, 42, 44, 48, 48, 48 };
    unsigned most = of_field[MIN(bits(a->config.id[7][0], 0, 4), 5)];
    return MIN(of_field[field & 7], most);
}

#define DESC_ADDR UINT64_C(0x0000fffffffff000)
#define DESC_NS (UINT64_C(1) << 5) /* of a secure regime: leads out of its memory */
#define TABLE_NS (UINT64_C(1) << 63)
#define DESC_AF (UINT64_C(1) << 10)
#define DESC_NG (UINT64_C(1) << 11)
#define DESC_GP (UINT64_C(1) << 50)
#define DESC_DBM (UINT64_C(1) << 51)
#define DESC_PXN (UINT64_C(1) << 53)
#define DESC_UXN (UINT64_C(1) << 54)
#define DESC_AP1 (UINT64_C(1) << 6) /* EL0 may; of stage 2: reads */
#define DESC_AP2 (UINT64_C(1) << 7) /* read-only; of stage 2: writes */

static bool stage2_translate(struct walk *w, gpa ipa, enum mmu_access access, bool of_walk, struct mmu_page *page);

/* The fault is of stage 2, for this address; of_walk: of an entry of stage 1's tables. */
static void stage2_refuses(struct walk *w, gpa ipa, bool of_walk)
{
    w->stage2 = true;
    w->s1ptw = of_walk;
    w->ipa = ipa;
}

/* Where a table entry is in memory: an address of stage 1's goes through stage 2. */
static bool locate(struct walk *w, const struct tables *t, gpa *addr, enum mmu_access access)
{
    struct mmu_page page;
    if (t->stage2 || !(w->r->hcr & HCR_VM))
        return true;
    if (!stage2_translate(w, *addr, access, true, &page))
        return false;
    if ((w->r->hcr & HCR_PTW) && w->device) {
        fault(w, FAULT_PERMISSION, w->level);
        stage2_refuses(w, *addr, true);
        return false;
    }
    *addr = page.pa | (*addr & ~PAGE_MASK);
    return true;
}

static bool read_entry(struct walk *w, const struct tables *t, gpa addr, uint64_t *desc, unsigned level)
{
    if (!mmu_pte_read(&w->a->cpu, addr, 8, desc)) {
        fault(w, FAULT_EXTERNAL, level);
        return false;
    }
    if (t->big_endian)
        *desc = __builtin_bswap64(*desc);
    return true;
}

static enum step change_entry(struct walk *w, const struct tables *t, gpa addr, uint64_t old, uint64_t new,
                              unsigned level)
{
    bool swapped;
    if (t->big_endian) {
        old = __builtin_bswap64(old);
        new = __builtin_bswap64(new);
    }
    if (!mmu_pte_cas(&w->a->cpu, addr, 8, old, new, &swapped))
        return fault(w, FAULT_EXTERNAL, level);
    return swapped ? WALK_DONE : WALK_AGAIN;
}

/* What a stage-1 leaf grants: 1 << enum mmu_access. */
static unsigned stage1_permissions(const struct walk *w, uint64_t desc)
{
    bool two = two_ranges(w->r->kind), user = two && (desc & DESC_AP1), ro = desc & DESC_AP2;
    bool read, write, exec;
    if (!two) {
        read = true;
        write = !ro;
        exec = !(desc & DESC_UXN);
    } else if (w->unpriv) {
        read = user;
        write = user && !ro;
        exec = !(desc & DESC_UXN);
    } else {
        read = !(w->pan && user);
        write = !ro && !(w->pan && user);
        exec = !(desc & DESC_PXN) && !(user && !ro);
    }
    if (w->r->a32) { /* XN is for both levels */
        exec = read && !(desc & DESC_UXN) && (w->unpriv || !(desc & DESC_PXN)) &&
               !((w->r->sctlr & 1u << 20 /* UWXN */) && !w->unpriv && user && !ro);
    }
    if ((w->r->sctlr & SCTLR_WXN) && (w->unpriv ? user && !ro : !ro))
        exec = false;
    return read << MMU_READ | write << MMU_WRITE | exec << MMU_FETCH;
}

static unsigned stage2_permissions(const struct walk *w, uint64_t desc)
{
    bool read = desc & DESC_AP1, write = desc & DESC_AP2, exec;
    unsigned xn = bits(desc, 53, 2);
    if (!arm_has(w->a, ARMF_xnx))
        xn &= 2;
    exec = xn == 0 || (xn == 1 && w->unpriv) || (xn == 3 && !w->unpriv);
    if (!arm_has(w->a, ARMF_aarch64)) /* Hyp mode's: what can't be read can't be executed */
        exec = exec && read;
    return read << MMU_READ | write << MMU_WRITE | exec << MMU_FETCH;
}

/* Bits of tables' entries that hold for all below. */
#define TABLE_PXN (UINT64_C(1) << 59)
#define TABLE_UXN (UINT64_C(1) << 60)
#define TABLE_AP0 (UINT64_C(1) << 61) /* nothing for EL0 */
#define TABLE_AP1 (UINT64_C(1) << 62) /* read-only */

/* What a leaf is below tables with these bits. */
static uint64_t below_tables(uint64_t desc, uint64_t tables, bool two)
{
    if (tables & TABLE_AP0)
        desc &= ~DESC_AP1;
    if (tables & TABLE_AP1)
        desc |= DESC_AP2;
    if (tables & TABLE_UXN)
        desc |= DESC_UXN;
    if (two && (tables & TABLE_PXN))
        desc |= DESC_PXN;
    return desc;
}

/*
 * From the first guarded page on that is fetched at a level PSTATE.BTYPE counts there, as of the next exception return: the
 * branch that led to that page has not been followed.
 */
static void note_guarded(struct walk *w, bool guarded)
{
    w->a->walk_guarded = guarded;
    if (guarded && w->access == MMU_FETCH && !w->debug)
        w->a->guarded |= 1u << (w->unpriv ? 0 : w->a->el);
}

/* A leaf: address, access flag, permissions, dirty state. at: where the tables have it; above: of their entries. */
static enum step leaf(struct walk *w, const struct tables *t, uint64_t in, unsigned level, gpa at, uint64_t desc,
                      uint64_t above, enum mmu_access access, struct mmu_page *page)
{
    unsigned size_bits = t->granule + (3 - level) * (t->granule - 3);
    uint64_t offset_mask = (UINT64_C(1) << size_bits) - 1;
    gpa pa = desc & DESC_ADDR & ~offset_mask;
    if (pa >> t->pa_bits)
        return fault(w, FAULT_ADDRESS_SIZE, level);
    page->pa = ((pa | (in & offset_mask)) & PAGE_MASK) | (t->secure && !(desc & DESC_NS) ? BUS_SECURE : 0);
    page->size = size_bits == PAGE_BITS ? 0 : UINT64_C(1) << size_bits;
    page->global = !(desc & DESC_NG);
    page->prot = 7;
    if (t->stage2)
        w->device = !bits(desc, 4, 2); /* MemAttr */
    if (!t->stage2 && arm_has(w->a, ARMF_bti))
        note_guarded(w, desc & DESC_GP);
    if (w->debug)
        return WALK_DONE;
    uint64_t new = desc;
    if (!(desc & DESC_AF)) {
        if (!t->af)
            return fault(w, FAULT_ACCESS_FLAG, level);
        new |= DESC_AF;
    }
    bool writable_clean = t->dirty && (desc & DESC_DBM) && (t->stage2 ? !(desc & DESC_AP2) : desc & DESC_AP2);
    uint64_t dirty = t->stage2 ? new | DESC_AP2 : new & ~DESC_AP2; /* what the entry is once it was written to */
    uint64_t as = below_tables(writable_clean ? dirty : new, above, two_ranges(w->r->kind));
    page->prot = t->stage2 ? stage2_permissions(w, as) : stage1_permissions(w, as);
    if (!(page->prot >> access & 1))
        return fault(w, FAULT_PERMISSION, level);
    if (writable_clean && access == MMU_WRITE)
        new = dirty;
    else if (writable_clean) /* the first store must come here */
        page->prot &= ~(1u << MMU_WRITE);
    if (new == desc)
        return WALK_DONE;
    if (!locate(w, t, &at, MMU_WRITE)) /* stage 2 may let it be read only */
        return WALK_FAULT;
    return change_entry(w, t, at, desc, new, level);
}

/* One walk from the root. */
static enum step walk_once(struct walk *w, struct tables t0, uint64_t in, enum mmu_access access, struct mmu_page *page)
{
    struct tables *t = &t0;
    gpa table = t->root;
    uint64_t above = 0;
    unsigned index_bits = t->granule - 3;
    if (table >> t->pa_bits)
        return fault(w, FAULT_ADDRESS_SIZE, 0);
    for (unsigned level = t->level; level < 4; level++) {
        unsigned shift = t->granule + (3 - level) * index_bits;
        /* The first level's index may be larger: concatenated tables of stage 2, or smaller. */
        unsigned width = level == t->level ? t->va_bits - shift : index_bits;
        gpa at = (table + bits(in, shift, width) * 8) | (t->secure ? BUS_SECURE : 0), addr = at;
        uint64_t desc;
        w->level = level;
        if (!locate(w, t, &addr, MMU_READ) || !read_entry(w, t, addr, &desc, level))
            return WALK_FAULT;
        bool block = (desc & 3) == 1, valid = desc & 1;
        bool may_be_block = level == 2 || (level == 1 && t->granule == 12);
        if (!valid || (block && !may_be_block))
            return fault(w, FAULT_TRANSLATION, level);
        if (block || level == 3)
            return leaf(w, t, in, level, at, desc, above, access, page);
        table = desc & DESC_ADDR & ~((UINT64_C(1) << t->granule) - 1);
        if (table >> t->pa_bits)
            return fault(w, FAULT_ADDRESS_SIZE, level);
        if (desc & TABLE_NS)
            t->secure = false;
        if (t->hierarchical)
            above |= desc;
    }
    return WALK_FAULT; /* not reached */
}

static bool walk_tables(struct walk *w, const struct tables *t, uint64_t in, enum mmu_access access,
                        struct mmu_page *page)
{
    enum step s;
    do
        s = walk_once(w, *t, in, access, page);
    while (s == WALK_AGAIN);
    return s == WALK_DONE;
}

/* -- Stage 2 -- */

/* False: VTCR_EL2 asks for what there is not, a translation fault at level 0. */
static bool stage2_tables(const struct walk *w, struct tables *t)
{
    static const uint8_t granules[4] = { 12, 16, 14, 12 };
    uint64_t vtcr = w->r->vtcr;
    unsigned sl0 = bits(vtcr, 6, 2);
    bool a32 = !arm_has(w->a, ARMF_aarch64); /* a signed size, and nothing to choose */
    *t = (struct tables){
        .root = w->r->vttbr & TTBR_BASE & ~UINT64_C(1),
        .va_bits = a32 ? (unsigned)(32 - sign_extend(vtcr, 4)) : 64 - bits(vtcr, 0, 6),
        .granule = a32 ? 12 : granules[bits(vtcr, 14, 2)],
        .pa_bits = a32 ? 40 : pa_bits(w->a, bits(vtcr, 16, 3)),
        .big_endian = w->a->sctlr[2] >> 25 & 1,
        .stage2 = true,
        .af = arm_has(w->a, ARMF_hafdbs_a) && (vtcr >> 21 & 1),
        .dirty = arm_has(w->a, ARMF_hafdbs_d) && (vtcr >> 21 & 1) && (vtcr >> 22 & 1),
    };
    unsigned pa = pa_bits(w->a, 7); /* few bits need no first level of the largest kind */
    if (sl0 > (a32 ? 1 : 2) || (sl0 == 2 && pa < (t->granule == 14 ? 42u : 44u)))
        return false;
    t->level = t->granule == 12 ? 2 - sl0 : 3 - sl0;
    unsigned shift = t->granule + (3 - t->level) * (t->granule - 3);
    /* At most 16 tables beside each other, and at least one entry. */
    if (t->va_bits > MAX(pa, w->r->a32 ? 40u : 0) || t->va_bits < 25 || t->va_bits <= shift ||
        t->va_bits - shift > t->granule - 3 + 4)
        return false;
    t->root &= ~((UINT64_C(8) << (t->va_bits - shift)) - 1);
    return true;
}

static bool stage2_translate(struct walk *w, gpa ipa, enum mmu_access access, bool of_walk, struct mmu_page *page)
{
    struct tables t;
    bool ok = false;
    if (!stage2_tables(w, &t) || ipa >> t.va_bits)
        fault(w, FAULT_TRANSLATION, arm_has(w->a, ARMF_aarch64) ? 0 : 1); /* AArch32 has no level 0 */
    else
        ok = walk_tables(w, &t, ipa, access, page);
    if (!ok)
        stage2_refuses(w, ipa, of_walk);
    return ok;
}

/* -- Stage 1 -- */

/* The top byte is ignored in this half. */
static bool ignores_top(const struct walk *w, bool high)
{
    uint64_t tcr = w->r->tcr;
    bool two = two_ranges(w->r->kind);
    bool tbi = tcr >> (!two ? 20 : high ? 38 : 37) & 1, data_only = tcr >> (!two ? 29 : high ? 52 : 51) & 1;
    return tbi && !(data_only && w->access == MMU_FETCH && arm_has(w->a, ARMF_pauth));
}

/* The half of a regime with two that an address is in. False: it is in none, or in one that is not walked. */
static bool stage1_tables(const struct walk *w, struct tables *t)
{
    static const uint8_t low[4] = { 12, 16, 14, 12 }, high[4] = { 12, 14, 12, 16 };
    uint64_t tcr = w->r->tcr;
    bool two = two_ranges(w->r->kind), upper = two && (w->va >> 55 & 1);
    unsigned size = bits(tcr, upper ? 16 : 0, 6);
    gva va = ignores_top(w, upper) ? (gva)sign_extend(w->va, 56) : w->va;
    if (!two && ignores_top(w, false))
        va = bits(w->va, 0, 56);
    if (size < 16 || size > 39) /* as if it were the nearest */
        size = size < 16 ? 16 : 39;
    uint64_t top = (int64_t)va >> (64 - size);
    if (upper ? top != UINT64_MAX : top != 0)
        return false;
    if (two && (tcr >> (upper ? 23 : 7) & 1)) /* EPD */
        return false;
    if (two && w->unpriv && arm_has(w->a, ARMF_e0pd) && (tcr >> (upper ? 56 : 55) & 1))
        return false;
    uint64_t ttbr = upper ? w->r->ttbr1 : w->key->root;
    *t = (struct tables){
        .root = ttbr & TTBR_BASE & ~UINT64_C(1),
        .va_bits = 64 - size,
        .granule = upper ? high[bits(tcr, 30, 2)] : low[bits(tcr, 14, 2)],
        .pa_bits = pa_bits(w->a, bits(tcr, two ? 32 : 16, 3)),
        .big_endian = w->r->sctlr >> 25 & 1,
        .af = arm_has(w->a, ARMF_hafdbs_a) && (tcr >> (two ? 39 : 21) & 1),
        .dirty = arm_has(w->a, ARMF_hafdbs_d) && (tcr >> (two ? 39 : 21) & 1) && (tcr >> (two ? 40 : 22) & 1),
        .hierarchical = !(arm_has(w->a, ARMF_hpds) && (tcr >> (two ? upper ? 42 : 41 : 24) & 1)),
        .secure = w->r->secure,
    };
    unsigned index_bits = t->granule - 3, pages = t->va_bits - t->granule;
    t->level = 4 - (pages + index_bits - 1) / index_bits;
    /* A table smaller than a page is aligned to its size. */
    unsigned first = t->va_bits - (t->granule + (3 - t->level) * index_bits);
    t->root &= ~((UINT64_C(8) << first) - 1);
    return true;
}

/* The same of AArch32's long format. */
static bool long_tables(const struct walk *w, struct tables *t)
{
    uint32_t tcr = w->r->tcr, va = w->va;
    unsigned t0 = tcr & 7, t1 = tcr >> 16 & 7;
    bool two = two_ranges(w->r->kind);
    bool low = !t0 || !(va >> (32 - t0)), high = t1 && (uint32_t)~va >> (32 - t1) == 0;
    if (!low && !t1)
        high = two;
    if (t1 && !t0)
        low = !high;
    if (!low && !high)
        return false;
    bool upper = high && !low;
    if (tcr >> (upper ? 23 : 7) & 1) /* EPD */
        return false;
    unsigned size = upper ? t1 : t0;
    *t = (struct tables){
        .root = (upper ? w->r->ttbr1 : w->key->root) & UINT64_C(0x000000ffffffffff),
        .va_bits = 32 - size,
        .granule = 12,
        .level = size < 2 ? 1 : 2,
        .pa_bits = 40,
        .big_endian = w->r->sctlr >> 25 & 1,
        .hierarchical = true,
        .secure = w->r->secure,
    };
    unsigned first = t->va_bits - (12 + (3 - t->level) * 9);
    t->root &= ~((UINT64_C(8) << first) - 1);
    return true;
}

static bool read_short(void *opaque, gpa addr, uint32_t *desc, unsigned level)
{
    struct walk *w = opaque;
    struct tables t = { .big_endian = w->r->sctlr >> 25 & 1 };
    uint64_t v;
    if (!locate(w, &t, &addr, MMU_READ))
        return false;
    if (!mmu_pte_read(&w->a->cpu, addr, 4, &v)) {
        fault(w, FAULT_EXTERNAL, level);
        return false;
    }
    *desc = t.big_endian ? __builtin_bswap32(v) : (uint32_t)v;
    return true;
}

static bool walk_short(struct walk *w, struct mmu_page *page)
{
    struct arm_short_walk s = { .a = w->a, .r = w->r, .secure = w->r->secure, .root = w->key->root, .va = w->va, .access = w->access,
                                .debug = w->debug, .unpriv = w->unpriv, .pan = w->pan, .read = read_short,
                                .opaque = w };
    bool ok = arm_walk_short(&s, page);
    if (!ok && s.status)
        w->status = s.status;
    if (ok || s.status)
        w->level = s.level;
    w->domain = s.domain;
    return ok;
}

static bool stage1(struct walk *w, struct mmu_page *page)
{
    struct tables t;
    if (!(w->r->sctlr & SCTLR_M)) {
        gva va = w->va;
        if (ignores_top(w, two_ranges(w->r->kind) && (va >> 55 & 1)))
            va = bits(va, 0, 56);
        *page = (struct mmu_page){ .pa = (va & PAGE_MASK) | (w->r->secure ? BUS_SECURE : 0), .prot = 7 };
        if (!w->r->a32 && va >> pa_bits(w->a, 7)) {
            fault(w, FAULT_ADDRESS_SIZE, 0);
            return false;
        }
        return true;
    }
    if (w->r->a32 && !(w->r->tcr & TTBCR_EAE))
        return walk_short(w, page);
    if (!(w->r->a32 ? long_tables(w, &t) : stage1_tables(w, &t))) {
        fault(w, FAULT_TRANSLATION, w->r->a32 ? 1 : 0);
        return false;
    }
    return walk_tables(w, &t, w->va, w->access, page);
}

/* SCR.SIF: the secure state does not execute what is outside its memory. */
static bool stage1_and_sif(struct walk *w, struct mmu_page *page)
{
    if (!stage1(w, page))
        return false;
    if (w->r->sif && !(page->pa & BUS_SECURE) && !w->debug) {
        page->prot &= ~(1u << MMU_FETCH);
        if (w->access == MMU_FETCH) {
            fault(w, FAULT_PERMISSION, w->level);
            return false;
        }
    }
    return true;
}

static bool translate(struct walk *w, struct mmu_page *page)
{
    struct mmu_page second;
    if (!stage1_and_sif(w, page))
        return false;
    if (!(w->r->hcr & HCR_VM) || w->stage1_only)
        return true;
    if (!stage2_translate(w, page->pa | (w->va & ~PAGE_MASK), w->access, false, &second))
        return false;
    page->pa = second.pa;
    page->prot &= second.prot;
    page->size = MAX(page->size, second.size);
    return true;
}

static void log_walk(const struct walk *w, bool ok, const struct mmu_page *page)
{
    static const char *const names[] = { "read", "write", "fetch" };
    log_printf("cpu %u: walk 0x%" PRIx64 " %s root 0x%" PRIx64 " mode 0x%x: ", w->a->cpu.index, w->va,
               names[w->access], w->key->root, w->key->mode);
    if (ok)
        log_printf("0x%" PRIx64 " prot %u\n", page->pa, page->prot);
    else
        log_printf("fault 0x%02x of stage %u\n", w->status, w->stage2 ? 2 : 1);
}

static bool walk(struct arm_cpu *a, const struct mmu_key *key, struct walk *w, struct mmu_page *page,
                 struct mmu_fault *fault)
{
    static const struct arm_regime none;
    const struct arm_regime *r = arm_regime_of(a, key);
    w->a = a;
    w->r = r ? r : &none;
    w->key = key;
    w->unpriv = key->mode & KEY_UNPRIV;
    w->pan = key->mode & KEY_PAN;
    *page = (struct mmu_page){ 0 };
    bool ok = translate(w, page);
    if (w->debug)
        return ok;
    fault->kind = w->status | (w->stage2 ? ARM_FAULT_STAGE2 : 0) | (w->s1ptw ? ARM_FAULT_S1PTW : 0);
    fault->level = w->level;
    fault->pa = w->stage2 ? w->ipa : w->domain;
    if (log_on(LOG_MMU))
        log_walk(w, ok, page);
    return ok;
}

bool arm_guarded(struct arm_cpu *a, gva va)
{
    struct mmu_page page;
    struct mmu_fault ignored;
    a->walk_guarded = false;
    return arm_walk(&a->cpu, &a->fetch_key, va, MMU_FETCH, true, &page, &ignored) && a->walk_guarded;
}

unsigned arm_btype(struct arm_cpu *a)
{
    if (!(a->guarded >> a->el & 1))
        return 0;
    return a->btype == 3 && a->btype_pc != ARM_BTYPE_KNOWN && !arm_guarded(a, a->btype_pc) ? 1 : a->btype;
}

bool arm_walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
              struct mmu_page *page, struct mmu_fault *fault)
{
    struct walk w = { .va = va, .access = access, .debug = debug };
    return walk(arm_cpu(cpu), key, &w, page, fault);
}

bool arm_walk_stage1(struct arm_cpu *a, const struct mmu_key *key, gva va, enum mmu_access access,
                     struct mmu_page *page, struct mmu_fault *fault)
{
    struct walk w = { .va = va, .access = access, .stage1_only = true };
    return walk(a, key, &w, page, fault);
}
