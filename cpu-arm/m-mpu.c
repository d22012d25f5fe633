/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of M-profile: the default map, PMSAv7's regions (PMSAv6 is a part of it) and PMSAv8's. Addresses are not
 * translated; what is executed and who accesses what is checked. Manuals: DDI 0403, B3.1 and B3.5; DDI 0553, B9.
 */
#include "m.h"

#include <inttypes.h>

#include "log.h"

/* RBAR and RASR (RLAR) come three times more. */
enum { TYPE = 0x0, CTRL = 0x4, RNR = 0x8, RBAR = 0xc, RASR = 0x10, ALIASES_END = 0x2c, MAIR0 = 0x30, MAIR1 = 0x34 };
#define RBAR_VALID 0x10u
#define RASR_ENABLE 1u
#define RASR_XN (1u << 28)

#define RLAR_ENABLE 1u
#define V8_RBAR_XN 1u

enum { KEY_UNPRIV = 1, KEY_OFF = 2, KEY_SECURE = 4 };

struct mmu_key armm_key(bool secure, bool unprivileged, bool off)
{
    return (struct mmu_key){
        .mode = (unprivileged ? KEY_UNPRIV : 0) | (off ? KEY_OFF : 0) | (secure ? KEY_SECURE : 0),
    };
}

bool armm_mpu_off(const struct armm_cpu *m, bool secure)
{
    if (!(m->mpu_ctrl[secure] & MPU_CTRL_ENABLE))
        return true;
    if (m->mpu_ctrl[secure] & MPU_CTRL_HFNMIENA)
        return false;
    if (armm_has_security(m)) /* the other state's handlers count too */
        return armm_execution_priority(m) < 0;
    return m->faultmask[0] || m->exception == EXC_HARDFAULT || m->exception == EXC_NMI;
}

/* -- Walk -- */

static bool in_ppb(uint32_t va)
{
    return va >> 20 == 0xe00;
}

/* Of the default map: peripherals, devices and the system are not executed. */
static bool never_executed(uint32_t va)
{
    return va >> 29 == 2 || va >> 29 >= 5;
}

/* A region of either state's MPU in the arrays of both. */
static unsigned region_index(bool secure, unsigned i)
{
    return (secure ? ARMM_MPU_REGIONS : 0) + i;
}

/* A region's range; false: it is off. */
static bool range(const struct armm_cpu *m, unsigned i, uint32_t *first, uint32_t *last)
{
    if (armm_is_v8(m)) {
        *first = m->mpu_rbar[i] & ~31u;
        *last = m->mpu_rasr[i] | 31u;
        return (m->mpu_rasr[i] & RLAR_ENABLE) && *first <= *last;
    }
    unsigned size = bits(m->mpu_rasr[i], 1, 5) + 1;
    if (!(m->mpu_rasr[i] & RASR_ENABLE) || size < 5)
        return false;
    uint32_t mask = size == 32 ? UINT32_MAX : (1u << size) - 1;
    *first = m->mpu_rbar[i] & ~31u & ~mask;
    *last = *first | mask;
    return true;
}

/* What of [*first, *last] around va is in the range [from, to], or what is out of it: like va itself. */
static bool narrow(uint32_t va, uint32_t from, uint32_t to, uint32_t *first, uint32_t *last)
{
    if (va < from) {
        *last = MIN(*last, from - 1);
        return false;
    }
    if (va > to) {
        *first = MAX(*first, to + 1);
        return false;
    }
    *first = MAX(*first, from);
    *last = MIN(*last, to);
    return true;
}

enum { NO_REGION = -1, SEVERAL = -2 };

/* PMSAv8's regions must not overlap. */
static int find_region_v8(const struct armm_cpu *m, bool secure, uint32_t va, uint32_t *first, uint32_t *last)
{
    int found = NO_REGION;
    for (unsigned i = 0; i < m->model->mpu_regions; i++) {
        uint32_t from, to;
        if (range(m, region_index(secure, i), &from, &to) && narrow(va, from, to, first, last))
            found = found == NO_REGION ? (int)i : SEVERAL;
    }
    return found;
}

/* The region that an address is in, or NO_REGION, SEVERAL. [*first, *last] becomes the part of it where that is so. */
static int find_region(const struct armm_cpu *m, bool secure, uint32_t va, uint32_t *first, uint32_t *last)
{
    if (armm_is_v8(m))
        return find_region_v8(m, secure, va, first, last);
    for (int i = m->model->mpu_regions - 1; i >= 0; i--) {
        uint32_t from, to;
        if (!range(m, i, &from, &to) || !narrow(va, from, to, first, last))
            continue;
        uint8_t disabled = bits(m->mpu_rasr[i], 8, 8);
        uint32_t eighth = (uint32_t)(((uint64_t)to - from + 1) / 8);
        if (!disabled || eighth < 32)
            return i;
        unsigned sub = (va - from) / eighth;
        narrow(va, from + sub * eighth, from + sub * eighth + (eighth - 1), first, last);
        if (!(disabled >> sub & 1))
            return i;
    }
    return NO_REGION;
}

/* Reading, writing and executing by what AP says of the level's accesses, bit 0 reading and bit 1 writing. */
static unsigned rights(unsigned access, bool xn)
{
    return (access & 1) << MMU_READ | (access >> 1) << MMU_WRITE | ((access & 1) && !xn) << MMU_FETCH;
}

static unsigned permissions(const struct armm_cpu *m, unsigned i, bool unprivileged)
{
    static const uint8_t priv[8] = { 0, 3, 3, 3, 0, 1, 1, 1 }, user[8] = { 0, 0, 1, 3, 0, 0, 1, 1 };
    if (!armm_is_v8(m))
        return rights((unprivileged ? user : priv)[bits(m->mpu_rasr[i], 24, 3)], m->mpu_rasr[i] & RASR_XN);
    unsigned ap = bits(m->mpu_rbar[i], 1, 2), access = ap & 2 ? 1 : 3;
    return rights(unprivileged && !(ap & 1) ? 0 : access, m->mpu_rbar[i] & V8_RBAR_XN);
}

/* As armm_mpu_prot(); [*first, *last] as find_region(). */
static unsigned mpu_prot(const struct armm_cpu *m, bool secure, bool unprivileged, uint32_t va, int *region,
                         uint32_t *first, uint32_t *last)
{
    unsigned prot = never_executed(va) ? 7 & ~(1u << MMU_FETCH) : 7;
    *region = find_region(m, secure, va, first, last);
    if (*region >= 0)
        prot = permissions(m, region_index(secure, *region), unprivileged);
    else if (*region == SEVERAL || !(m->mpu_ctrl[secure] & MPU_CTRL_PRIVDEFENA) || unprivileged)
        prot = 0;
    if (never_executed(va) && va >> 29 == 7)
        prot &= ~(1u << MMU_FETCH); /* the system's space, whatever a region says */
    return prot;
}

unsigned armm_mpu_prot(const struct armm_cpu *m, bool secure, bool unprivileged, uint32_t va, int *region)
{
    uint32_t first = 0, last = UINT32_MAX;
    if (armm_mpu_off(m, secure)) {
        *region = NO_REGION;
        return never_executed(va) ? 7 & ~(1u << MMU_FETCH) : 7;
    }
    return mpu_prot(m, secure, unprivileged, va, region, &first, &last);
}

/* What of the page there is one answer for. */
static void set_part(struct mmu_page *page, uint32_t first, uint32_t last)
{
    page->split = last - first != ~(uint32_t)PAGE_MASK;
    page->first = first & ~PAGE_MASK;
    page->last = last & ~PAGE_MASK;
}

/* Whose the address is: where the access goes, and whether it may. False: it may not. */
static bool check_security(const struct armm_cpu *m, uint32_t va, bool secure, enum mmu_access access,
                           struct mmu_page *page, uint32_t *first, uint32_t *last)
{
    struct armm_attribution a = armm_attribute(m, va, access == MMU_FETCH, first, last);
    if (a.exempt)
        a.ns = !secure;
    page->pa |= a.ns ? 0 : BUS_SECURE;
    return secure ? access != MMU_FETCH || !a.ns : a.ns;
}

bool armm_walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
               struct mmu_page *page, struct mmu_fault *fault)
{
    const struct armm_cpu *m = armm_cpu(cpu);
    bool unprivileged = key->mode & KEY_UNPRIV, secure = key->mode & KEY_SECURE;
    uint32_t first = va & PAGE_MASK, last = va | ~(uint32_t)PAGE_MASK;
    *page = (struct mmu_page){ .pa = (uint32_t)va & PAGE_MASK, .prot = 7, .last = ~PAGE_MASK };
    bool refused = armm_has_security(m) && !check_security(m, va, secure, access, page, &first, &last);
    if (debug)
        return true;
    if (refused) {
        fault->kind = ARMM_FAULT_SECURE;
        return false;
    }
    if (never_executed(va))
        page->prot &= ~(1u << MMU_FETCH);
    bool ppb = in_ppb(va);
    if (ppb && unprivileged) { /* all but STIR, where CCR lets that be */
        bool stir = (va & ~UINT64_C(3)) == 0xe000ef00 && (m->ccr[secure] & CCR_USERSETMPEND) && access == MMU_WRITE;
        page->split = true;
        page->first = page->last = va & ~PAGE_MASK;
        page->last |= stir ? 3 : 0;
        page->prot = stir ? 1u << MMU_WRITE : 0;
    } else if (!ppb && !(key->mode & KEY_OFF)) {
        int region;
        page->prot = mpu_prot(m, secure, unprivileged, va, &region, &first, &last);
    }
    if (!ppb || !unprivileged)
        set_part(page, first, last);
    fault->kind = ppb && access != MMU_FETCH ? ARMM_FAULT_PPB : ARMM_FAULT_MPU;
    bool ok = page->prot >> access & 1;
    if (log_on(LOG_MMU))
        log_printf("cpu %u: access %d to 0x%08" PRIx64 " by mode %u: prot %u%s\n", cpu->index, access, va, key->mode,
                   page->prot, ok ? "" : ", refused");
    return ok;
}

/* -- Registers, from 0xe000ed90 on -- */

/* PMSAv7's RBAR with VALID chooses the region, too. */
static void write_base(struct armm_cpu *m, uint32_t value)
{
    if (value & RBAR_VALID) {
        if ((value & 15) >= m->model->mpu_regions)
            return;
        m->mpu_rnr[0] = value & 15;
    }
    if (m->mpu_rnr[0] < m->model->mpu_regions)
        m->mpu_rbar[m->mpu_rnr[0]] = value & ~31u;
}

/* The region that RBAR, RLAR or one of their further places at this offset is of. */
static unsigned aliased(const struct armm_cpu *m, bool secure, unsigned offset)
{
    unsigned alias = (offset - RBAR) / 8, rnr = m->mpu_rnr[secure];
    return armm_is_v8(m) && alias ? (rnr & ~3u) + alias : rnr;
}

static bool is_base(unsigned offset)
{
    return (offset & 4) == (RBAR & 4);
}

uint32_t armm_mpu_read(struct armm_cpu *m, bool secure, unsigned offset)
{
    if (!m->model->mpu_regions)
        return 0;
    if (offset >= RBAR && offset < ALIASES_END) {
        unsigned i = aliased(m, secure, offset);
        if (i >= m->model->mpu_regions)
            return 0;
        uint32_t base = m->mpu_rbar[region_index(secure, i)];
        if (is_base(offset))
            return armm_is_v8(m) ? base : base | i;
        return m->mpu_rasr[region_index(secure, i)];
    }
    switch (offset) {
    case TYPE: return m->model->mpu_regions << 8;
    case CTRL: return m->mpu_ctrl[secure];
    case RNR: return m->mpu_rnr[secure];
    case MAIR0: case MAIR1: return m->mpu_mair[secure * 2 + (offset == MAIR1)];
    default: return 0;
    }
}

static void write_region(struct armm_cpu *m, bool secure, unsigned offset, uint32_t value)
{
    unsigned i = aliased(m, secure, offset);
    if (is_base(offset) && !armm_is_v8(m))
        write_base(m, value);
    else if (i < m->model->mpu_regions && is_base(offset))
        m->mpu_rbar[region_index(secure, i)] = value;
    else if (i < m->model->mpu_regions)
        m->mpu_rasr[region_index(secure, i)] = value & (armm_is_v8(m) ? ~0x10u : 0x173fff3fu);
}

void armm_mpu_write(struct armm_cpu *m, bool secure, unsigned offset, uint32_t value)
{
    if (!m->model->mpu_regions)
        return;
    if (offset >= RBAR && offset < ALIASES_END) {
        write_region(m, secure, offset, value);
    } else if (offset == CTRL) {
        m->mpu_ctrl[secure] = value & (MPU_CTRL_ENABLE | MPU_CTRL_HFNMIENA | MPU_CTRL_PRIVDEFENA);
    } else if (offset == RNR) {
        m->mpu_rnr[secure] = value & 0xff;
    } else {
        if (offset == MAIR0 || offset == MAIR1)
            m->mpu_mair[secure * 2 + (offset == MAIR1)] = armm_is_v8(m) ? value : 0;
        return;
    }
    mmu_flush(&m->arm.cpu, NULL, NULL);
    armm_update_state(m);
}
