/* SPDX-License-Identifier: BSD-2-Clause */
/* Disassembly, by capstone, as code of the CPU's current instruction set. */
#include <inttypes.h>

#include "arm.h"
#include "disassembler.h"

static bool open_capstone(const struct capstone *lib, const struct arm_cpu *a, csh *h)
{
    cs_mode mode = a->thumb ? CS_MODE_THUMB : CS_MODE_ARM;
    if (!(a->pstate & PSTATE_NRW))
        return lib->cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, h) == CS_ERR_OK;
    return lib->cs_open(CS_ARCH_ARM, mode | (arm_has(a, ARMF_v8) ? CS_MODE_V8 : 0), h) == CS_ERR_OK;
}

unsigned arm_disas(struct cpu *cpu, gva pc, const uint8_t *code, size_t len, GString *out)
{
    const struct arm_cpu *a = arm_cpu(cpu);
    const struct capstone *lib = capstone();
    csh h;
    cs_insn *insn;
    unsigned size = 4;
    if (len >= 2 && (a->pstate & PSTATE_NRW) && a->thumb && code[1] >> 3 < 0x1d)
        size = 2;
    if (!lib || len < size || !open_capstone(lib, a, &h))
        return 0;
    if (lib->cs_disasm(h, code, size, pc, 1, &insn) == 1) {
        g_string_append_printf(out, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
        lib->cs_free(insn, 1);
    } else {
        uint32_t word = code[0] | code[1] << 8 | (size == 4 ? code[2] << 16 | (uint32_t)code[3] << 24 : 0);
        g_string_append_printf(out, "%s 0x%0*" PRIx32, size == 4 ? ".word" : ".hword", (int)size * 2, word);
    }
    lib->cs_close(&h);
    return size;
}
