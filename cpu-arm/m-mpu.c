/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of M-profile: the default map, PMSAv7's regions (PMSAv6 is a part of it). Addresses are not translated; what
 * is executed and who accesses what is checked. Manual: DDI 0403, B3.1 and B3.5.
 */
#include "m.h"

#include <inttypes.h>

#include "log.h"

/* RBAR and RASR come three times more. */
enum { TYPE = 0x0, CTRL = 0x4, RNR = 0x8, RBAR = 0xc, RASR = 0x10 };
#define RBAR_VALID 0x10u
#define RASR_ENABLE 1u
#define RASR_XN (1u << 28)

enum { KEY_UNPRIV = 1, KEY_OFF = 2 };

struct mmu_key armm_key(bool unprivileged, bool off)
{
    return (struct mmu_key){ .mode = (unprivileged ? KEY_UNPRIV : 0) | (off ? KEY_OFF : 0) };
}

bool armm_mpu_off(const struct armm_cpu *m)
{
    if (!(m->mpu_ctrl & MPU_CTRL_ENABLE))
        return true;
    if (m->mpu_ctrl & MPU_CTRL_HFNMIENA)
        return false;
    return m->faultmask || m->exception == EXC_HARDFAULT || m->exception == EXC_NMI;
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

/* A region's range; false: it is off. */
static bool range(const struct armm_cpu *m, unsigned i, uint32_t *first, uint32_t *last)
{
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

/* The region that an address is in, -1: none. [*first, *last] becomes the part of it where that is so. */
static int find_region(const struct armm_cpu *m, uint32_t va, uint32_t *first, uint32_t *last)
{
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
    return -1;
}

/* Reading, writing and executing by AP and XN. */
static unsigned permissions(uint32_t rasr, bool unprivileged)
{
    static const uint8_t priv[8] = { 0, 3, 3, 3, 0, 1, 1, 1 }, user[8] = { 0, 0, 1, 3, 0, 0, 1, 1 };
    unsigned access = (unprivileged ? user : priv)[bits(rasr, 24, 3)];
    bool exec = (access & 1) && !(rasr & RASR_XN);
    return (access & 1) << MMU_READ | (access >> 1) << MMU_WRITE | exec << MMU_FETCH;
}

static void check_regions(const struct armm_cpu *m, uint32_t va, bool unprivileged, struct mmu_page *page)
{
    uint32_t first = va & PAGE_MASK, last = va | ~(uint32_t)PAGE_MASK;
    int region = find_region(m, va, &first, &last);
    if (region >= 0)
        page->prot = permissions(m->mpu_rasr[region], unprivileged);
    else if (!(m->mpu_ctrl & MPU_CTRL_PRIVDEFENA) || unprivileged)
        page->prot = 0;
    if (never_executed(va) && va >> 29 == 7)
        page->prot &= ~(1u << MMU_FETCH); /* the system's space, whatever a region says */
    page->split = last - first != ~(uint32_t)PAGE_MASK;
    page->first = first & ~PAGE_MASK;
    page->last = last & ~PAGE_MASK;
}

bool armm_walk(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
               struct mmu_page *page, struct mmu_fault *fault)
{
    const struct armm_cpu *m = armm_cpu(cpu);
    bool unprivileged = key->mode & KEY_UNPRIV;
    *page = (struct mmu_page){ .pa = (uint32_t)va & PAGE_MASK, .prot = 7, .last = ~PAGE_MASK };
    if (debug)
        return true;
    if (never_executed(va))
        page->prot &= ~(1u << MMU_FETCH);
    bool ppb = in_ppb(va);
    if (ppb && unprivileged) { /* all but STIR, where CCR lets that be */
        bool stir = (va & ~UINT64_C(3)) == 0xe000ef00 && (m->ccr & CCR_USERSETMPEND) && access == MMU_WRITE;
        page->split = true;
        page->first = page->last = va & ~PAGE_MASK;
        page->last |= stir ? 3 : 0;
        page->prot = stir ? 1u << MMU_WRITE : 0;
    } else if (!ppb && !(key->mode & KEY_OFF)) {
        check_regions(m, va, unprivileged, page);
    }
    fault->kind = ppb && access != MMU_FETCH ? ARMM_FAULT_PPB : ARMM_FAULT_MPU;
    bool ok = page->prot >> access & 1;
    if (log_on(LOG_MMU))
        log_printf("cpu %u: access %d to 0x%08" PRIx64 " by mode %u: prot %u%s\n", cpu->index, access, va, key->mode,
                   page->prot, ok ? "" : ", refused");
    return ok;
}

/* -- Registers, from 0xe000ed90 on -- */

/* RBAR with VALID chooses the region, too. */
static void write_base(struct armm_cpu *m, uint32_t value)
{
    if (value & RBAR_VALID) {
        if ((value & 15) >= m->model->mpu_regions)
            return;
        m->mpu_rnr = value & 15;
    }
    if (m->mpu_rnr < m->model->mpu_regions)
        m->mpu_rbar[m->mpu_rnr] = value & ~31u;
}

uint32_t armm_mpu_read(struct armm_cpu *m, unsigned offset)
{
    bool there = m->mpu_rnr < m->model->mpu_regions;
    if (!m->model->mpu_regions)
        return 0;
    switch (offset) {
    case TYPE: return m->model->mpu_regions << 8;
    case CTRL: return m->mpu_ctrl;
    case RNR: return m->mpu_rnr;
    case RBAR: case 0x14: case 0x1c: case 0x24: return there ? m->mpu_rbar[m->mpu_rnr] | m->mpu_rnr : 0;
    case RASR: case 0x18: case 0x20: case 0x28: return there ? m->mpu_rasr[m->mpu_rnr] : 0;
    default: return 0;
    }
}

void armm_mpu_write(struct armm_cpu *m, unsigned offset, uint32_t value)
{
    if (!m->model->mpu_regions)
        return;
    switch (offset) {
    case CTRL:
        m->mpu_ctrl = value & (MPU_CTRL_ENABLE | MPU_CTRL_HFNMIENA | MPU_CTRL_PRIVDEFENA);
        break;
    case RNR:
        m->mpu_rnr = value & 0xff;
        break;
    case RBAR: case 0x14: case 0x1c: case 0x24:
        write_base(m, value);
        break;
    case RASR: case 0x18: case 0x20: case 0x28:
        if (m->mpu_rnr < m->model->mpu_regions)
            m->mpu_rasr[m->mpu_rnr] = value & 0x173fff3fu;
        break;
    default:
        return;
    }
    mmu_flush(&m->arm.cpu, NULL, NULL);
    armm_update_state(m);
}
