/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The encoder: instructions to bytes. An opcode is a number that holds the opcode byte, its map and its
 * prefixes; operands are host registers of regs.h and memory operands. Manual: "Intel 64 and IA-32
 * Architectures Software Developer's Manual", volume 2, chapter 2.
 */
#ifndef MYNAH_X64_EMIT_H
#define MYNAH_X64_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regs.h"

/* Where code goes: written at p, executed at the same distance from rx. */
struct emit {
    uint8_t *start, *p, *limit;
    const uint8_t *rx;
    uint32_t nrelative; /* operands so far that are relative to where they are */
};

/* [base + index * 2^scale + disp]; base or index NOREG: none. */
struct x64_mem {
    uint8_t base, index, scale;
    bool gs;     /* relative to the GS base ... */
    bool addr32; /* ... address computed modulo 2^32 */
    int32_t disp;
};

/* Opcode numbers: opcode byte | map | mandatory prefix | flags. */
enum {
    OP_0F = 0x100, OP_0F38 = 0x200, OP_0F3A = 0x300, OP_MAP = 0x300,
    OP_66 = 0x400, OP_F3 = 0x800, OP_F2 = 0xc00, OP_PREFIX = 0xc00,
    OP_W = 0x1000,    /* 64-bit operand (REX.W, VEX.W) */
    OP_BYTE = 0x2000, /* a register operand is 8 bits wide: SPL..DIL need a REX prefix */
    OP_LOCK = 0x4000,
    OP_L = 0x8000,    /* VEX: 256 bits */
};

enum {
    OP_ADD = 0x03, OP_OR = 0x0b, OP_AND = 0x23, OP_SUB = 0x2b, OP_XOR = 0x33, OP_CMP = 0x3b,
    OP_TEST = 0x85, OP_TEST8 = 0x84 | OP_BYTE, OP_XCHG = 0x87,
    OP_MOV = 0x8b, OP_MOV_STORE = 0x89, OP_MOV_STORE8 = 0x88 | OP_BYTE, OP_MOV_STORE16 = 0x89 | OP_66,
    OP_MOV_STORE_IMM = 0xc7, OP_MOV_STORE_IMM8 = 0xc6, OP_LEA = 0x8d, OP_MOVSXD = 0x63 | OP_W,
    OP_MOVZX8 = 0xb6 | OP_0F, OP_MOVZX16 = 0xb7 | OP_0F, OP_MOVSX8 = 0xbe | OP_0F, OP_MOVSX16 = 0xbf | OP_0F,
    OP_IMUL = 0xaf | OP_0F, OP_IMUL_IMM = 0x69, OP_IMUL_IMM8 = 0x6b,
    OP_GROUP1 = 0x81, OP_GROUP1_IMM8 = 0x83, OP_GROUP3 = 0xf7, OP_GROUP3_8 = 0xf6 | OP_BYTE, OP_GROUP5 = 0xff,
    OP_SHIFT_IMM = 0xc1, OP_SHIFT_CL = 0xd3,
    OP_ADC = 0x13, OP_SBB = 0x1b, OP_SHRD_IMM = 0xac | OP_0F, OP_BT_IMM = 0xba | OP_0F, /* /4 */
    OP_CMOV = 0x40 | OP_0F, OP_SET = 0x90 | OP_0F | OP_BYTE,
    OP_BSR = 0xbd | OP_0F, OP_BSF = 0xbc | OP_0F, OP_LZCNT = 0xbd | OP_0F | OP_F3, OP_TZCNT = 0xbc | OP_0F | OP_F3,
    OP_POPCNT = 0xb8 | OP_0F | OP_F3,
    OP_XADD = 0xc1 | OP_0F, OP_XADD8 = 0xc0 | OP_0F | OP_BYTE, OP_CMPXCHG = 0xb1 | OP_0F,
    OP_CMPXCHG8 = 0xb0 | OP_0F | OP_BYTE, OP_XCHG8 = 0x86 | OP_BYTE,
    /* VEX-encoded, on general registers */
    OP_ANDN = 0xf2 | OP_0F38, OP_SHLX = 0xf7 | OP_0F38 | OP_66, OP_SHRX = 0xf7 | OP_0F38 | OP_F2,
    OP_SARX = 0xf7 | OP_0F38 | OP_F3, OP_RORX = 0xf0 | OP_0F3A | OP_F2,
    /* SSE; with emit_v*() their AVX forms */
    OP_MOVSS = 0x10 | OP_0F | OP_F3, OP_MOVSD = 0x10 | OP_0F | OP_F2, OP_MOVSS_STORE = 0x11 | OP_0F | OP_F3,
    OP_MOVSD_STORE = 0x11 | OP_0F | OP_F2, OP_MOVAPS = 0x28 | OP_0F, OP_MOVD_TO = 0x6e | OP_0F | OP_66,
    OP_MOVD_FROM = 0x7e | OP_0F | OP_66, OP_MOVQ = 0x7e | OP_0F | OP_F3, OP_UCOMISS = 0x2e | OP_0F,
    OP_UCOMISD = 0x2e | OP_0F | OP_66, OP_COMISS = 0x2f | OP_0F, OP_COMISD = 0x2f | OP_0F | OP_66,
    OP_ANDPS = 0x54 | OP_0F, OP_ANDNPS = 0x55 | OP_0F, OP_ORPS = 0x56 | OP_0F, OP_XORPS = 0x57 | OP_0F,
    OP_ADDSS = 0x58 | OP_0F | OP_F3, OP_MULSS = 0x59 | OP_0F | OP_F3, OP_SUBSS = 0x5c | OP_0F | OP_F3,
    OP_MINSS = 0x5d | OP_0F | OP_F3, OP_DIVSS = 0x5e | OP_0F | OP_F3, OP_MAXSS = 0x5f | OP_0F | OP_F3,
    OP_SQRTSS = 0x51 | OP_0F | OP_F3, OP_CVTSS2SD = 0x5a | OP_0F | OP_F3, OP_CVTSD2SS = 0x5a | OP_0F | OP_F2,
    OP_CVTSI2SS = 0x2a | OP_0F | OP_F3, OP_CVTTSS2SI = 0x2c | OP_0F | OP_F3, OP_CVTSS2SI = 0x2d | OP_0F | OP_F3,
    OP_ROUNDSS = 0x0a | OP_0F3A | OP_66, OP_PEXTRD = 0x16 | OP_0F3A | OP_66,
    OP_MOVUPS = 0x10 | OP_0F, OP_MOVUPS_STORE = 0x11 | OP_0F, OP_SHUFPS = 0xc6 | OP_0F, OP_PSHUFD = 0x70 | OP_0F | OP_66,
    OP_PALIGNR = 0x0f | OP_0F3A | OP_66, OP_INSERTPS = 0x21 | OP_0F3A | OP_66, OP_CMP8_IMM = 0x80, /* group 1 */
    OP_PSHUFLW = 0x70 | OP_0F | OP_F2, OP_PAND = 0xdb | OP_0F | OP_66, OP_PANDN = 0xdf | OP_0F | OP_66,
    OP_POR = 0xeb | OP_0F | OP_66, OP_PXOR = 0xef | OP_0F | OP_66, OP_PCMPEQD = 0x76 | OP_0F | OP_66,
    OP_SS_TO_SD = OP_F3 ^ OP_F2, /* xor: the double form of a scalar single one */
    OP_FMADD231SS = 0xb9 | OP_0F38 | OP_66, OP_FMSUB231SS = 0xbb | OP_0F38 | OP_66, /* VEX; with OP_W double */
    OP_FNMADD231SS = 0xbd | OP_0F38 | OP_66, OP_FNMSUB231SS = 0xbf | OP_0F38 | OP_66,
    OP_STMXCSR = 0xae | OP_0F, /* /3; /2 is ldmxcsr */
};

/* Extensions in the reg field of groups. */
enum { EXT_ADD = 0, EXT_OR = 1, EXT_ADC = 2, EXT_SBB = 3, EXT_AND = 4, EXT_SUB = 5, EXT_XOR = 6, EXT_CMP = 7 };
enum { EXT_ROL = 0, EXT_ROR = 1, EXT_SHL = 4, EXT_SHR = 5, EXT_SAR = 7 };
enum { EXT_TEST = 0, EXT_NOT = 2, EXT_NEG = 3, EXT_MUL = 4, EXT_IMUL = 5, EXT_DIV = 6, EXT_IDIV = 7 };
enum { EXT_CALL = 2, EXT_JMP = 4 };

static inline void emit8(struct emit *e, unsigned v)
{
    *e->p++ = v;
}
static inline void emit32(struct emit *e, uint32_t v)
{
    __builtin_memcpy(e->p, &v, 4);
    e->p += 4;
}
static inline void emit64(struct emit *e, uint64_t v)
{
    __builtin_memcpy(e->p, &v, 8);
    e->p += 8;
}
static inline uint32_t emit_offset(const struct emit *e)
{
    return e->p - e->start;
}

static inline struct x64_mem mem_base(unsigned base, int32_t disp)
{
    return (struct x64_mem){.base = base, .index = NOREG, .disp = disp};
}
static inline struct x64_mem mem_index(unsigned base, unsigned index, int32_t disp)
{
    return (struct x64_mem){.base = base, .index = index, .disp = disp};
}

/* op reg, rm with both in registers; reg may be a group's extension. Immediates are appended by the caller. */
void emit_rr(struct emit *e, unsigned op, unsigned reg, unsigned rm);
/* op reg, [m] */
void emit_rm(struct emit *e, unsigned op, unsigned reg, struct x64_mem m);
/* op reg, [rip to target]; imm: bytes of immediates that follow. */
void emit_rip(struct emit *e, unsigned op, unsigned reg, const uint8_t *target, unsigned imm);
/* VEX forms with the second source v. */
void emit_vrr(struct emit *e, unsigned op, unsigned reg, unsigned v, unsigned rm);
void emit_vrm(struct emit *e, unsigned op, unsigned reg, unsigned v, struct x64_mem m);
void emit_vrip(struct emit *e, unsigned op, unsigned reg, unsigned v, const uint8_t *target, unsigned imm);

/* Group 1 (EXT_ADD ...) with an immediate; w: OP_W or 0. */
void emit_alu_ri(struct emit *e, unsigned w, unsigned ext, unsigned reg, int32_t imm);
void emit_alu_mi(struct emit *e, unsigned w, unsigned ext, struct x64_mem m, int32_t imm);
void emit_shift_ri(struct emit *e, unsigned w, unsigned ext, unsigned reg, unsigned imm);
/* reg = v by the shortest encoding that leaves the host flags alone. */
void emit_mov_ri(struct emit *e, unsigned reg, uint64_t v);
void emit_bswap(struct emit *e, unsigned w, unsigned reg);
/* 64-bit register move; nothing if they are equal. */
void emit_mov_rr(struct emit *e, unsigned dst, unsigned src);

/* jmp, jcc, call with rel32 to be filled by emit_fix(); returns the offset of the rel32. */
uint32_t emit_jmp(struct emit *e);
uint32_t emit_call(struct emit *e);
uint32_t emit_jcc(struct emit *e, unsigned cc);
/* Short forms, for jumps over less than 128 bytes; the offset is for emit_fix8(). */
uint32_t emit_jcc8(struct emit *e, unsigned cc);
/* The rel32 at offset at goes to offset target of the same buffer. */
void emit_fix(struct emit *e, uint32_t at, uint32_t target);
void emit_fix8(struct emit *e, uint32_t at);
/* jmp, jcc and call to executable address target. */
void emit_jmp_to(struct emit *e, const uint8_t *target);
void emit_jcc_to(struct emit *e, unsigned cc, const uint8_t *target);
void emit_call_to(struct emit *e, const uint8_t *target);
/* n bytes of nops. */
void emit_nops(struct emit *e, unsigned n);

#endif
