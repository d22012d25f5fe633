/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLB maintenance, on this CPU and on others; address translation instructions. Manual: chapters D8.13 and C5.5.
 *
 * An invalidation for all CPUs is left with each other one, which does it before it runs on; the issuer's DSB waits.
 */
#include "aarch32.h"
#include "bus.h"
#include "cpus.h"
#include "regime.h"
#include "vcpu.h"

#define QUEUED 16 /* invalidations that wait for a CPU; more become one of everything */

struct tlbi {
    uint16_t enc;
    uint16_t vmid;
    bool secure;
    bool host;      /* of EL1's names: they mean the EL2&0 regime, as HCR_EL2.E2H and TGE are set */
    uint64_t value;
};

struct arm_tlbi_queue {
    GMutex lock;
    bool waiting;  /* there are some: atomic */
    bool all;      /* there were too many */
    unsigned n;
    struct tlbi queue[QUEUED];
    uint32_t posted, done; /* atomic, counted under the lock */
};

void arm_tlbi_init(struct arm_cpu *a)
{
    a->tlbi = g_new0(struct arm_tlbi_queue, 1);
    g_mutex_init(&a->tlbi->lock);
}

void arm_tlbi_fini(struct arm_cpu *a)
{
    g_mutex_clear(&a->tlbi->lock);
    g_free(a->tlbi);
}

/* -- What an encoding means -- */

enum scope {
    SCOPE_NONE, SCOPE_ALL, SCOPE_VMALL, SCOPE_ASID, SCOPE_VA, SCOPE_VA_ALL_ASIDS, SCOPE_IPA, SCOPE_VMALLS12, SCOPE_ALLE1,
};

struct meaning {
    uint8_t scope;
    uint8_t kind; /* enum arm_regime_kind; EL2 stands for EL2 and its host's */
    bool broadcast;
};

static struct meaning meaning_of(uint16_t enc, bool host)
{
    static const uint8_t el1[8] = { SCOPE_VMALL, SCOPE_VA, SCOPE_ASID, SCOPE_VA_ALL_ASIDS, SCOPE_NONE,
                                    SCOPE_VA, SCOPE_NONE, SCOPE_VA_ALL_ASIDS };
    static const uint8_t el2[8] = { SCOPE_ALL, SCOPE_VA, SCOPE_NONE, SCOPE_NONE, SCOPE_ALLE1, SCOPE_VA, SCOPE_VMALLS12,
                                    SCOPE_NONE };
    static const uint8_t el3[8] = { SCOPE_ALL, SCOPE_VA, SCOPE_NONE, SCOPE_NONE, SCOPE_NONE, SCOPE_VA, SCOPE_NONE,
                                    SCOPE_NONE };
    unsigned op1 = bits(enc, 11, 3), crm = bits(enc, 3, 4), op2 = enc & 7;
    struct meaning m = { .broadcast = crm == 3 || crm == 0 };
    if (op1 == 4 && (crm == 0 || crm == 4) && (op2 == 1 || op2 == 5)) { /* IPAS2E1, IPAS2LE1 */
        m.scope = SCOPE_IPA;
        m.kind = ARM_REGIME_EL10;
        return m;
    }
    if (crm != 3 && crm != 7)
        return m;
    switch (op1) {
    case 0:
        m.scope = el1[op2];
        m.kind = host ? ARM_REGIME_EL20 : ARM_REGIME_EL10;
        break;
    case 4:
        m.scope = el2[op2];
        m.kind = m.scope == SCOPE_ALLE1 || m.scope == SCOPE_VMALLS12 ? ARM_REGIME_EL10 : ARM_REGIME_EL2;
        break;
    case 6:
        m.scope = el3[op2];
        m.kind = ARM_REGIME_EL3;
        break;
    }
    return m;
}

bool arm_tlbi_exists(const struct arm_config *c, uint16_t enc)
{
    return meaning_of(enc, false).scope != SCOPE_NONE;
}

/* -- On this CPU -- */

struct matching {
    const struct arm_cpu *a;
    const struct tlbi *t;
    struct meaning m;
    uint16_t asid;
};

static bool matches(const struct mmu_key *key, void *opaque)
{
    const struct matching *x = opaque;
    const struct arm_regime *r = arm_regime_of(x->a, key);
    if (!r)
        return true;
    bool kind = x->m.kind == ARM_REGIME_EL2 ? r->kind == ARM_REGIME_EL2 || r->kind == ARM_REGIME_EL20
                                            : r->kind == x->m.kind;
    if (!kind || r->secure != (x->t->secure || x->m.kind == ARM_REGIME_EL3))
        return false;
    /* Without stage 2 a regime is of VMID 0's, and of any's. */
    if (x->m.kind == ARM_REGIME_EL10 && x->m.scope != SCOPE_ALLE1 && r->vttbr && r->vttbr >> 48 != x->t->vmid)
        return false;
    switch (x->m.scope) {
    case SCOPE_ASID: /* what is global stays */
        return key->root != MMU_ANY_ROOT && key->root >> 48 == x->asid;
    case SCOPE_VA: /* EL2's own has no ASID, but as a host's */
        return r->kind == ARM_REGIME_EL2 || r->kind == ARM_REGIME_EL3 || key->root == MMU_ANY_ROOT || (key->mode & MMU_GLOBAL) ||
               key->root >> 48 == x->asid;
    default:
        return true;
    }
}

static void flush(struct arm_cpu *a, const struct tlbi *t)
{
    struct matching x = { .a = a, .t = t, .m = meaning_of(t->enc, t->host), .asid = t->value >> 48 };
    if (x.m.scope == SCOPE_VA || x.m.scope == SCOPE_VA_ALL_ASIDS) {
        gva va = t->value << 12; /* bits 55 to 12 */
        bool two = x.m.kind != ARM_REGIME_EL3;
        va = two ? (gva)sign_extend(va, 56) : bits(va, 0, 56);
        mmu_flush_page(&a->cpu, va, matches, &x);
    } else {
        mmu_flush(&a->cpu, matches, &x);
    }
}

void arm_tlbi_catch_up(struct arm_cpu *a)
{
    struct arm_tlbi_queue *q = a->tlbi;
    if (likely(!__atomic_load_n(&q->waiting, __ATOMIC_SEQ_CST)))
        return;
    g_mutex_lock(&q->lock);
    if (q->all)
        mmu_flush(&a->cpu, NULL, NULL);
    for (unsigned i = 0; i < q->n && !q->all; i++)
        flush(a, &q->queue[i]);
    q->n = 0;
    q->all = false;
    __atomic_store_n(&q->waiting, false, __ATOMIC_SEQ_CST);
    __atomic_store_n(&q->done, q->posted, __ATOMIC_SEQ_CST);
    g_mutex_unlock(&q->lock);
}

/* -- On others -- */

static bool is_other_arm(const struct arm_cpu *a, const struct cpu *cpu)
{
    return cpu != &a->cpu && cpu->arch == a->cpu.arch;
}

static void post(struct arm_cpu *to, const struct tlbi *t)
{
    struct arm_tlbi_queue *q = to->tlbi;
    g_mutex_lock(&q->lock);
    bool asked = q->waiting;
    if (q->n < QUEUED)
        q->queue[q->n++] = *t;
    else
        q->all = true;
    __atomic_store_n(&q->posted, q->posted + 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&q->waiting, true, __ATOMIC_SEQ_CST);
    g_mutex_unlock(&q->lock);
    /* One that sleeps or is off looks before it runs, and so does one that was asked before and has not looked yet. */
    if (!asked && !__atomic_load_n(&to->cpu.halted, __ATOMIC_SEQ_CST) && !arm_psci_is_off(to))
        cpu_kick(&to->cpu);
}

void arm_tlbi(struct arm_cpu *a, uint16_t enc, uint64_t value)
{
    bool hyp = arm_a32_has_el3(a) && bits(enc, 11, 3) == 4; /* by name the non-secure state's */
    struct tlbi t = { .enc = enc, .value = value, .secure = arm_has(a, ARMF_el3) && !(a->scr & SCR_NS) && !hyp };
    t.host = arm_el2_enabled(a) && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE);
    t.vmid = arm_el2_enabled(a) && !t.host ? a->vttbr >> 48 : 0;
    flush(a, &t);
    /* EL2, whose guests go from one CPU to another, may have all of theirs reach all. */
    bool forced = a->el == 1 && arm_el2_enabled(a) && (a->hcr & HCR_FB);
    if (!forced && !meaning_of(enc, t.host).broadcast)
        return;
    for (unsigned i = 0; i < cpu_count; i++) {
        if (is_other_arm(a, cpu_list[i])) {
            post(arm_cpu(cpu_list[i]), &t);
            a->tlbi_posted = 1;
        }
    }
}

static bool behind(struct cpu *cpu, void *opaque)
{
    const struct arm_cpu *self = opaque;
    if (!is_other_arm(self, cpu))
        return false;
    const struct arm_tlbi_queue *q = arm_cpu(cpu)->tlbi;
    return __atomic_load_n(&q->done, __ATOMIC_SEQ_CST) != __atomic_load_n(&q->posted, __ATOMIC_SEQ_CST);
}

static void meanwhile(void *opaque)
{
    arm_tlbi_catch_up(opaque);
}

void arm_tlbi_wait(struct arm_cpu *a)
{
    a->tlbi_posted = 0;
    cpus_wait_while(behind, meanwhile, a);
}

/* -- AT -- */

/* PAR_EL1 of a translation that worked; attributes are those of Normal memory. */
static uint64_t par_of(const struct mmu_page *page)
{
    unsigned ns = page->pa & BUS_SECURE ? 0 : 1u << 9;
    return (page->pa & UINT64_C(0x0000fffffffff000)) | UINT64_C(0xff) << 56 | 1u << 11 | ns | 3u << 7;
}

void arm_at(struct arm_cpu *a, uint16_t enc, uint64_t va)
{
    unsigned op1 = bits(enc, 11, 3), op2 = enc & 7, crm = bits(enc, 3, 4);
    bool write = op2 & 1, both = op1 == 4 && op2 >= 4, unpriv = op1 != 6 && (op2 & 2);
    enum arm_regime_kind kind = op1 == 6 ? ARM_REGIME_EL3 : ARM_REGIME_EL10;
    if (op1 == 4 && !both)
        kind = arm_regime_kind_at(a, 2);
    if (op1 == 0 && a->el == 2)
        kind = arm_el2_enabled(a) && (a->hcr & HCR_E2H) && (a->hcr & HCR_TGE) ? ARM_REGIME_EL20 : kind;
    struct mmu_page page;
    struct mmu_fault fault;
    bool pan = crm == 9 && (a->pstate & PSTATE_PAN);
    struct mmu_key key = both && arm_in_a32(a) ? arm_regime_key_ns(a, !unpriv) : arm_regime_key(a, kind, !unpriv, pan);
    enum mmu_access access = write ? MMU_WRITE : MMU_READ;
    bool done = both ? arm_walk(&a->cpu, &key, va, access, false, &page, &fault)
                     : arm_walk_stage1(a, &key, va, access, &page, &fault);
    arm_update_regimes(a); /* if numbers of regimes began anew with key's, the current ones have none */
    if (done) {
        a->par = par_of(&page);
        return;
    }
    /* External aborts, and what EL1 may not know of: that stage 2 hides its tables. */
    bool external = (fault.kind & 0x3c) == 0x14;
    if (external || (a->el == 1 && !both && (fault.kind & ARM_FAULT_S1PTW))) {
        fault.va = va;
        fault.access = access;
        fault.source = MMU_FAULT_WALK;
        arm_raise_at_fault(a, &fault);
    }
    a->par = 1 | (fault.kind & 0x3f) << 1 | 1u << 11 | (fault.kind & ARM_FAULT_STAGE2 ? 1u << 9 : 0) |
             (fault.kind & ARM_FAULT_S1PTW ? 1u << 8 : 0);
}
