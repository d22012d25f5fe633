/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host registers and what each is for. Manual: "Intel 64 and IA-32 Architectures Software Developer's
 * Manual", volume 1, chapter 3.
 *
 * RBP is the struct cpu. Eleven integer and thirteen FP guest registers, the heaviest of the
 * architecture's table, are pinned: they are in the same host register in all translated code. RAX,
 * RCX, RDX and XMM0..2 are temporaries.
 */
#ifndef MYNAH_X64_REGS_H
#define MYNAH_X64_REGS_H

#include <stdint.h>

enum {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
    XMM0, XMM1, XMM2, XMM3, XMM15 = XMM0 + 15,
    HOST_REGS,
    NOREG = 0xff,
};

#define REG_BIT(r) (1u << (r))
#define TEMP_GPRS (REG_BIT(RAX) | REG_BIT(RCX) | REG_BIT(RDX))
#define TEMP_XMMS (REG_BIT(XMM0) | REG_BIT(XMM1) | REG_BIT(XMM2))
#define TEMP_REGS (TEMP_GPRS | TEMP_XMMS)
#define ALL_XMMS 0xffff0000u
/* Registers that a C function may change, among the pinned ones. */
#define CALLER_SAVED (REG_BIT(RSI) | REG_BIT(RDI) | REG_BIT(R8) | REG_BIT(R9) | REG_BIT(R10) | REG_BIT(R11) | ~0xffffu)

static inline int is_xmm(unsigned r)
{
    return r >= XMM0;
}

/* Condition codes of jcc, setcc, cmovcc. */
enum { CC_O = 0, CC_B = 2, CC_AE = 3, CC_E = 4, CC_NE = 5, CC_BE = 6, CC_A = 7, CC_S = 8, CC_NS = 9, CC_P = 10,
       CC_NP = 11, CC_L = 12, CC_GE = 13, CC_LE = 14, CC_G = 15 };

#endif
