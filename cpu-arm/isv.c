/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the syndrome of a data abort tells a hypervisor of the instruction, so that it can do the access in the guest's
 * stead: ISV, SAS, SSE, SRT, SF and AR of ESR_EL2 and HSR. Manual: DDI 0487, "ISS encoding for an exception from a Data
 * Abort": loads and stores of one general register, without writeback. And whether it accesses memory as EL0 does.
 */
#include "aarch32.h"
#include "cpu-exec.h"

#define ISV (1u << 24)
#define ISS_SF (1u << 15)
#define ISS_AR (1u << 14)

static uint32_t access_iss(unsigned size, bool sign, unsigned reg, uint32_t flags)
{
    return ISV | size << 22 | (sign ? 1u << 21 : 0) | reg << 16 | flags;
}

/* -- A64 -- */

static uint32_t iss_a64(uint32_t insn)
{
    unsigned size = insn >> 30, opc = bits(insn, 22, 2), rt = insn & 31;
    if ((insn & 0x3b000000) == 0x18000000) { /* literals */
        if (size == 3)
            return 0;
        return size == 2 ? access_iss(2, true, rt, ISS_SF) : access_iss(2 + size, false, rt, size ? ISS_SF : 0);
    }
    if ((insn & 0x3fa00000) == 0x08800000) /* LDAR, STLR, LDLAR, STLLR */
        return access_iss(size, false, rt, ISS_AR | (size == 3 ? ISS_SF : 0));
    if ((insn & 0x3ffffc00) == 0x38bfc000) /* LDAPR */
        return access_iss(size, false, rt, ISS_AR | (size == 3 ? ISS_SF : 0));
    bool released = (insn & 0x3f200c00) == 0x19000000; /* LDAPUR, STLUR */
    bool single = (insn & 0x3f000000) == 0x39000000 || (insn & 0x3f200400) == 0x38000000 ||
                  (insn & 0x3f200c00) == 0x38200800;
    if (!(single || released) || (size == 3 && opc > 1) || (size == 2 && opc == 3))
        return 0;
    bool wide = opc < 2 ? size == 3 : opc == 2;
    return access_iss(size, opc > 1, rt, (wide ? ISS_SF : 0) | (released ? ISS_AR : 0));
}

/* -- A32, T32 -- */

static uint32_t iss_a32(uint32_t insn)
{
    unsigned rt = bits(insn, 12, 4), op = bits(insn, 5, 2);
    bool load = insn >> 20 & 1, plain = (insn & 0x01200000) == 0x01000000; /* P, no W */
    if ((insn & 0x0f8003f0) == 0x01800090) { /* LDA, STL */
        static const uint8_t sizes[4] = { 2, 0, 0, 1 };
        unsigned kind = bits(insn, 21, 2);
        return kind == 1 ? 0 : access_iss(sizes[kind], false, load ? rt : insn & 15, ISS_AR);
    }
    if (!plain)
        return 0;
    if ((insn & 0x0c000000) == 0x04000000 && (insn & 0x02000010) != 0x02000010)
        return access_iss(insn >> 22 & 1 ? 0 : 2, false, rt, 0);
    if ((insn & 0x0e000090) == 0x00000090 && op) {
        if (!load && op > 1) /* LDRD, STRD */
            return 0;
        return access_iss(op == 2 ? 0 : 1, op > 1, rt, 0);
    }
    return 0;
}

static uint32_t iss_t16(uint32_t insn)
{
    static const uint8_t sizes[8] = { 2, 1, 0, 0, 2, 1, 0, 1 };
    unsigned op = bits(insn, 9, 3), low = insn & 7, high = bits(insn, 8, 3);
    switch (insn >> 12) {
    case 4: return insn >> 11 & 1 ? access_iss(2, false, high, 0) : 0;
    case 5: return access_iss(sizes[op], op == 3 || op == 7, low, 0);
    case 6: return access_iss(2, false, low, 0);
    case 7: return access_iss(0, false, low, 0);
    case 8: return access_iss(1, false, low, 0);
    case 9: return access_iss(2, false, high, 0);
    default: return 0;
    }
}

/* The first halfword is the high one. */
static uint32_t iss_t32(uint32_t insn)
{
    unsigned rt = bits(insn, 12, 4), size = bits(insn, 21, 2), form = bits(insn, 8, 4);
    bool sign = insn >> 24 & 1, literal = (insn >> 16 & 0xf) == 15;
    if ((insn & 0xffe000c0) == 0xe8c00080) { /* LDA, STL */
        unsigned kind = bits(insn, 4, 2);
        return kind == 3 ? 0 : access_iss(kind, false, rt, ISS_AR);
    }
    if ((insn & 0xfe000000) != 0xf8000000 || size == 3)
        return 0;
    bool offset = insn >> 23 & 1 || literal || (insn & 0xfc0) == 0 || form == 0xc || form == 0xe;
    return offset ? access_iss(size, sign, rt, 0) : 0;
}

/* -- Of the current instruction -- */

static bool fetch(struct arm_cpu *a, gva pc, unsigned memop, uint64_t *insn)
{
    struct mmu_fault fault;
    return mmu_try_load(&a->cpu, &a->fetch_key, pc, memop, insn, &fault);
}

uint32_t arm_access_iss(struct arm_cpu *a, bool *narrow)
{
    *narrow = false;
    uint64_t insn, second;
    if (!arm_in_a32(a))
        return fetch(a, a->cpu.pc, IR_MEM_32, &insn) ? iss_a64(insn) : 0;
    uint32_t iss = 0;
    if (!a->thumb) {
        iss = fetch(a, a->cpu.pc, IR_MEM_32, &insn) ? iss_a32(insn) : 0;
    } else if (fetch(a, a->cpu.pc, IR_MEM_16, &insn)) {
        if (insn >= 0xe800)
            iss = fetch(a, a->cpu.pc + 2, IR_MEM_16, &second) ? iss_t32(insn << 16 | second) : 0;
        else
            iss = iss_t16(insn);
        *narrow = iss && insn < 0xe800;
    }
    if (bits(iss, 16, 4) == 15)
        iss = 0; /* a branch */
    /* A hypervisor in AArch64 sees banked registers at their places there. */
    if ((iss & ISV) && !arm_level_is_a32(a, 2))
        iss = with_bits(iss, 16, 5, arm_a32_x(a, bits(iss, 16, 4)));
    return iss;
}

/* Fixed bits of LDTR and STTR; of LDRT, STRT and of those of halfwords and signed bytes, in T32 all. */
static bool is_unprivileged(uint32_t insn, bool a64, bool thumb)
{
    if (a64)
        return (insn & 0x3f200c00) == 0x38000800;
    if (thumb)
        return (insn & 0xfe800f00) == 0xf8000e00;
    return (insn & 0x0d200000) == 0x04200000 || ((insn & 0x0f200090) == 0x00200090 && bits(insn, 5, 2));
}

bool arm_access_is_unprivileged(struct arm_cpu *a)
{
    uint64_t insn, second = 0;
    bool a64 = !arm_in_a32(a), thumb = !a64 && a->thumb;
    if (!a->el || (a64 && !(a->cpu.mode.word[0] & ARMKEY_UNPRIV)))
        return !a->el;
    if (!fetch(a, a->cpu.pc, thumb ? IR_MEM_16 : IR_MEM_32, &insn))
        return false;
    if (thumb && (insn < 0xe800 || !fetch(a, a->cpu.pc + 2, IR_MEM_16, &second)))
        return false;
    return is_unprivileged(thumb ? insn << 16 | second : insn, a64, thumb);
}
