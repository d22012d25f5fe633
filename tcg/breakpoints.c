/* SPDX-License-Identifier: BSD-2-Clause */
/* Where blocks end because of breakpoints. */
#include "engine.h"

gva breakpoint_stop_before(const struct cpu *cpu, gva pc)
{
    const GArray *b = cpu->vcpu->breakpoints;
    gva next = ~UINT64_C(0);

    for (unsigned i = 0; i < b->len; i++) {
        gva there = (pc & PAGE_MASK) | (g_array_index(b, gva, i) & ~PAGE_MASK);
        if (there > pc && there < next)
            next = there;
    }
    return next;
}

bool breakpoint_offset(unsigned offset)
{
    for (unsigned c = 0; c < cpu_count; c++) {
        const GArray *b = cpu_list[c]->vcpu->breakpoints;
        for (unsigned i = 0; i < b->len; i++) {
            if ((g_array_index(b, gva, i) & ~PAGE_MASK) == offset)
                return true;
        }
    }
    return false;
}
