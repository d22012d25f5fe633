/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Breakpoints and watchpoints of M-profile's own, which a monitor within the program sets: the comparators of the FPB
 * and the DWT. What they find is a DebugMonitor exception; no debugger is connected by DHCSR. Manuals: DDI 0403, C1.8
 * and C1.11; DDI 0553, B14 and D1.2.
 *
 * A breakpoint comes before its instruction and becomes a HardFault where the monitor can't be entered, a watchpoint
 * comes behind its access or not at all. Not modelled: remapping by the FPB, the DWT's packets, its matches of data
 * and of the PC.
 */
#include "m.h"

#include "cpu-exec.h"

enum { DWT_COMP = 0x1020, DWT_END = 0x1060, FP_CTRL = 0x2000, FP_REMAP = 0x2004, FP_COMP = 0x2008, FP_END = 0x2020 };
#define DFSR_BKPT 2u
#define DFSR_DWTTRAP 4u
#define FUNCTION_MATCHED (1u << 24)
#define FP_CTRL_ENABLE 1u
#define FP_CTRL_KEY 2u
#define FP_COMP_ENABLE 1u

/* -- FPB -- */

/* Version 2 has an address in the comparator, version 1 one of the code region and which halfwords of the word. */
static bool second_version(const struct armm_cpu *m)
{
    return armm_is_v8(m) || armm_has(m, ARMF_fp_dp);
}

static bool breaks_at(const struct armm_cpu *m, unsigned i, uint32_t pc)
{
    uint32_t c = m->fp_comp[i];
    if (!(c & FP_COMP_ENABLE))
        return false;
    if (second_version(m))
        return (c & ~1u) == pc;
    return (c & 0x1ffffffcu) == (pc & ~3u) && (c >> 30 & (pc & 2 ? 2 : 1));
}

bool armm_has_breakpoints(const struct armm_cpu *m)
{
    bool any = false;
    for (unsigned i = 0; i < ARMM_FP_COMPS; i++)
        any |= m->fp_comp[i] & FP_COMP_ENABLE;
    return any && (m->fp_ctrl & FP_CTRL_ENABLE);
}

static uint64_t helper_breakpoint(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    cpu_sync_pc(cpu);
    for (unsigned i = 0; i < ARMM_FP_COMPS; i++) {
        if (breaks_at(m, i, cpu->pc)) {
            m->dfsr |= DFSR_BKPT;
            armm_raise(m, EXC_DEBUGMON, 0);
        }
    }
    return 0;
}

const struct ir_helper armm_helper_breakpoint = {
    .name = "armm_breakpoint", .fn = helper_breakpoint, .nargs = 0, .flags = IR_H_TRAPS | IR_H_STATE,
};

/* -- DWT -- */

/* The accesses that comparator i looks for, bit 0 reads and bit 1 writes. */
static unsigned watches(const struct armm_cpu *m, unsigned i)
{
    static const uint8_t v7[16] = { [5] = 1, [6] = 2, [7] = 3 }, v8[16] = { [4] = 3, [5] = 2, [6] = 1 };
    uint32_t f = m->dwt_function[i];
    if (!(m->demcr & DEMCR_TRCENA))
        return 0;
    if (armm_is_v8(m))
        return bits(f, 4, 2) == 1 ? v8[f & 15] : 0; /* ACTION: a debug event */
    return v7[f & 15];
}

static struct debug_range watched(const struct armm_cpu *m, unsigned i)
{
    uint64_t len = armm_is_v8(m) ? 1u << bits(m->dwt_function[i], 10, 2) : UINT64_C(1) << m->dwt_mask[i];
    return (struct debug_range){ .addr = m->dwt_comp[i] & ~(len - 1), .len = len };
}

void armm_update_watchpoints(struct armm_cpu *m)
{
    struct debug_range list[ARMM_DWT_COMPS];
    unsigned n = 0;
    for (unsigned i = 0; i < ARMM_DWT_COMPS; i++)
        if (watches(m, i))
            list[n++] = watched(m, i);
    if (cpu_guest_watchpoints(&m->arm.cpu, n, list))
        mmu_flush(&m->arm.cpu, NULL, NULL);
}

void armm_watch_hit(struct cpu *cpu, gva va, unsigned len, bool write)
{
    struct armm_cpu *m = armm_cpu(cpu);
    for (unsigned i = 0; i < ARMM_DWT_COMPS; i++) {
        struct debug_range r = watched(m, i);
        if (!(watches(m, i) & (write ? 2 : 1)) || va > r.addr + (r.len - 1) || va + (len - 1) < r.addr)
            continue;
        m->dwt_function[i] |= FUNCTION_MATCHED;
        if (!(m->demcr & DEMCR_MON_EN) || armm_group(m, EXC_DEBUGMON) >= armm_execution_priority(m))
            continue;
        m->dfsr |= DFSR_DWTTRAP;
        armm_set_pending(m, EXC_DEBUGMON);
    }
}

/* -- Registers: offset from 0xe0000000 -- */

bool armm_debug_read(struct armm_cpu *m, unsigned offset, uint32_t *v)
{
    unsigned i;
    if (offset >= DWT_COMP && offset < DWT_END) {
        i = (offset - DWT_COMP) / 16;
        switch (offset & 15) {
        case 0: *v = m->dwt_comp[i]; break;
        case 4: *v = armm_is_v8(m) ? 0 : m->dwt_mask[i]; break;
        case 8:
            *v = m->dwt_function[i] | (armm_is_v8(m) ? 0x58000000u : 0); /* ID: data addresses and the PC */
            m->dwt_function[i] &= ~FUNCTION_MATCHED;
            break;
        default: *v = 0;
        }
        return true;
    }
    if (offset == FP_CTRL) {
        *v = (second_version(m) ? 1u << 28 : 0) | ARMM_FP_COMPS << 4 | m->fp_ctrl;
        return true;
    }
    if (offset < FP_COMP || offset >= FP_END)
        return offset == FP_REMAP && !(*v = 0);
    *v = m->fp_comp[(offset - FP_COMP) / 4];
    return true;
}

bool armm_debug_write(struct armm_cpu *m, unsigned offset, uint32_t value)
{
    if (offset >= DWT_COMP && offset < DWT_END) {
        unsigned i = (offset - DWT_COMP) / 16;
        switch (offset & 15) {
        case 0: m->dwt_comp[i] = value; break;
        case 4: m->dwt_mask[i] = MIN(value & 31, 31); break;
        case 8: m->dwt_function[i] = value & (armm_is_v8(m) ? 0xc3f : 0xfffff); break;
        default: return true;
        }
        armm_update_watchpoints(m);
        return true;
    }
    if (offset == FP_CTRL)
        m->fp_ctrl = value & FP_CTRL_KEY ? value & FP_CTRL_ENABLE : m->fp_ctrl;
    else if (offset >= FP_COMP && offset < FP_END)
        m->fp_comp[(offset - FP_COMP) / 4] = value & (second_version(m) ? ~0u : 0xdffffffdu);
    else
        return offset == FP_REMAP;
    armm_update_key(m);
    return true;
}
