/* SPDX-License-Identifier: BSD-2-Clause */
/* Disassembly, by capstone. */
#include <capstone/capstone.h>
#include <inttypes.h>

#include "arm.h"

unsigned arm_disas(struct cpu *cpu, gva pc, const uint8_t *code, size_t len, GString *out)
{
    csh h;
    cs_insn *insn;
    if (len < 4)
        return 0;
    if (cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &h) != CS_ERR_OK)
        return 0;
    if (cs_disasm(h, code, 4, pc, 1, &insn) == 1) {
        g_string_append_printf(out, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
        cs_free(insn, 1);
    } else {
        uint32_t word = code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
        g_string_append_printf(out, ".word 0x%08" PRIx32, word);
    }
    cs_close(&h);
    return 4;
}
