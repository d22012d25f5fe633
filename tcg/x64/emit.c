/* SPDX-License-Identifier: BSD-2-Clause */
/* The encoder: see emit.h. */
#include "emit.h"

/* -- Prefixes -- */

static void emit_opcode_bytes(struct emit *e, unsigned op)
{
    static const uint8_t second[] = {0, 0, 0x38, 0x3a};
    unsigned map = (op & OP_MAP) >> 8;

    if (map) {
        emit8(e, 0x0f);
        if (map > 1) {
            emit8(e, second[map]);
        }
    }
    emit8(e, op);
}

/* Legacy prefixes, REX and opcode. Registers are 0..15; index and base are 0 if there are none. */
static void emit_legacy(struct emit *e, unsigned op, unsigned reg, unsigned index, unsigned base, bool force_rex)
{
    static const uint8_t prefix[] = {0, 0x66, 0xf3, 0xf2};
    unsigned rex = (op & OP_W ? 8 : 0) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;

    if (op & OP_LOCK) {
        emit8(e, 0xf0);
    }
    if (op & OP_PREFIX) {
        emit8(e, prefix[(op & OP_PREFIX) >> 10]);
    }
    if (rex || force_rex) {
        emit8(e, 0x40 | rex);
    }
    emit_opcode_bytes(e, op);
}

static void emit_vex(struct emit *e, unsigned op, unsigned reg, unsigned v, unsigned index, unsigned base)
{
    static const uint8_t pp[] = {0, 1, 2, 3};
    unsigned low = (~v & 15) << 3 | (op & OP_L ? 4 : 0) | pp[(op & OP_PREFIX) >> 10];

    if ((op & OP_MAP) == OP_0F && !(op & OP_W) && index < 8 && base < 8) {
        emit8(e, 0xc5);
        emit8(e, (reg < 8 ? 0x80 : 0) | low);
    } else {
        emit8(e, 0xc4);
        emit8(e, (reg < 8 ? 0x80 : 0) | (index < 8 ? 0x40 : 0) | (base < 8 ? 0x20 : 0) | (op & OP_MAP) >> 8);
        emit8(e, (op & OP_W ? 0x80 : 0) | low);
    }
    emit8(e, op);
}

/* -- ModRM -- */

static void emit_modrm(struct emit *e, unsigned mod, unsigned reg, unsigned rm)
{
    emit8(e, mod << 6 | (reg & 7) << 3 | (rm & 7));
}

static void emit_mem(struct emit *e, unsigned reg, struct x64_mem m)
{
    unsigned mod;

    if (m.base == NOREG) {
        emit_modrm(e, 0, reg, 4);
        emit8(e, m.scale << 6 | (m.index == NOREG ? 4 : m.index & 7) << 3 | 5);
        emit32(e, m.disp);
        return;
    }
    mod = m.disp == 0 && (m.base & 7) != RBP ? 0 : m.disp == (int8_t)m.disp ? 1 : 2;
    if (m.index != NOREG || (m.base & 7) == RSP) {
        emit_modrm(e, mod, reg, 4);
        emit8(e, m.scale << 6 | (m.index == NOREG ? 4 : m.index & 7) << 3 | (m.base & 7));
    } else {
        emit_modrm(e, mod, reg, m.base);
    }
    if (mod == 1) {
        emit8(e, m.disp);
    } else if (mod == 2) {
        emit32(e, m.disp);
    }
}

static void emit_segment(struct emit *e, struct x64_mem m)
{
    if (m.gs) {
        emit8(e, 0x65);
    }
    if (m.addr32) {
        emit8(e, 0x67);
    }
}

static unsigned field(uint8_t r)
{
    return r == NOREG ? 0 : r & 15;
}

/* The register needs a REX prefix to be taken as SPL..DIL. */
static bool byte_rex(unsigned op, unsigned r)
{
    return (op & OP_BYTE) && r >= 4 && r < 8;
}

static void emit_rel(struct emit *e, const uint8_t *target, unsigned imm)
{
    const uint8_t *next = e->rx + emit_offset(e) + 4 + imm;

    e->nrelative++;
    emit32(e, (uint32_t)(target - next));
}

/* -- Instructions -- */

void emit_rr(struct emit *e, unsigned op, unsigned reg, unsigned rm)
{
    /* movzx and movsx: only rm is a byte. */
    bool force = byte_rex(op, reg & 15) || byte_rex(op, rm & 15) ||
                 (((op & ~OP_W) == OP_MOVZX8 || (op & ~OP_W) == OP_MOVSX8) && (rm & 15) >= 4);
    emit_legacy(e, op, reg & 15, 0, rm & 15, force);
    emit_modrm(e, 3, reg, rm);
}

void emit_rm(struct emit *e, unsigned op, unsigned reg, struct x64_mem m)
{
    emit_segment(e, m);
    emit_legacy(e, op, reg & 15, field(m.index), field(m.base), byte_rex(op, reg & 15));
    emit_mem(e, reg, m);
}

void emit_rip(struct emit *e, unsigned op, unsigned reg, const uint8_t *target, unsigned imm)
{
    emit_legacy(e, op, reg & 15, 0, 0, byte_rex(op, reg & 15));
    emit_modrm(e, 0, reg, 5);
    emit_rel(e, target, imm);
}

void emit_vrr(struct emit *e, unsigned op, unsigned reg, unsigned v, unsigned rm)
{
    emit_vex(e, op, reg & 15, v & 15, 0, rm & 15);
    emit_modrm(e, 3, reg, rm);
}

void emit_vrm(struct emit *e, unsigned op, unsigned reg, unsigned v, struct x64_mem m)
{
    emit_segment(e, m);
    emit_vex(e, op, reg & 15, v & 15, field(m.index), field(m.base));
    emit_mem(e, reg, m);
}

void emit_vrip(struct emit *e, unsigned op, unsigned reg, unsigned v, const uint8_t *target, unsigned imm)
{
    emit_vex(e, op, reg & 15, v & 15, 0, 0);
    emit_modrm(e, 0, reg, 5);
    emit_rel(e, target, imm);
}

static void emit_alu_imm(struct emit *e, int32_t imm)
{
    if (imm == (int8_t)imm) {
        emit8(e, imm);
    } else {
        emit32(e, imm);
    }
}

void emit_alu_ri(struct emit *e, unsigned w, unsigned ext, unsigned reg, int32_t imm)
{
    emit_rr(e, (imm == (int8_t)imm ? OP_GROUP1_IMM8 : OP_GROUP1) | w, ext, reg);
    emit_alu_imm(e, imm);
}

void emit_alu_mi(struct emit *e, unsigned w, unsigned ext, struct x64_mem m, int32_t imm)
{
    emit_rm(e, (imm == (int8_t)imm ? OP_GROUP1_IMM8 : OP_GROUP1) | w, ext, m);
    emit_alu_imm(e, imm);
}

void emit_shift_ri(struct emit *e, unsigned w, unsigned ext, unsigned reg, unsigned imm)
{
    emit_rr(e, OP_SHIFT_IMM | w, ext, reg);
    emit8(e, imm);
}

void emit_mov_ri(struct emit *e, unsigned reg, uint64_t v)
{
    if (v == (uint32_t)v) {
        if (reg >= 8) {
            emit8(e, 0x41);
        }
        emit8(e, 0xb8 | (reg & 7));
        emit32(e, v);
    } else if ((int64_t)v == (int32_t)v) {
        emit_rr(e, OP_MOV_STORE_IMM | OP_W, 0, reg);
        emit32(e, v);
    } else {
        emit8(e, 0x48 | reg >> 3);
        emit8(e, 0xb8 | (reg & 7));
        emit64(e, v);
    }
}

void emit_bswap(struct emit *e, unsigned w, unsigned reg)
{
    emit_legacy(e, OP_0F | w | 0xc8 | (reg & 7), 0, 0, reg, false);
}

void emit_mov_rr(struct emit *e, unsigned dst, unsigned src)
{
    if (dst != src) {
        emit_rr(e, is_xmm(dst) ? OP_MOVAPS : OP_MOV | OP_W, dst, src);
    }
}

/* -- Jumps -- */

static uint32_t rel32_hole(struct emit *e)
{
    e->nrelative++;
    emit32(e, 0);
    return emit_offset(e) - 4;
}

uint32_t emit_jmp(struct emit *e)
{
    emit8(e, 0xe9);
    return rel32_hole(e);
}

uint32_t emit_jcc(struct emit *e, unsigned cc)
{
    emit8(e, 0x0f);
    emit8(e, 0x80 | cc);
    return rel32_hole(e);
}

uint32_t emit_call(struct emit *e)
{
    emit8(e, 0xe8);
    return rel32_hole(e);
}

uint32_t emit_jcc8(struct emit *e, unsigned cc)
{
    e->nrelative++;
    emit8(e, 0x70 | cc);
    emit8(e, 0);
    return emit_offset(e) - 1;
}

void emit_fix(struct emit *e, uint32_t at, uint32_t target)
{
    uint32_t rel = target - (at + 4);
    __builtin_memcpy(e->start + at, &rel, 4);
}

void emit_fix8(struct emit *e, uint32_t at)
{
    e->start[at] = emit_offset(e) - (at + 1);
}

void emit_jmp_to(struct emit *e, const uint8_t *target)
{
    emit8(e, 0xe9);
    emit_rel(e, target, 0);
}

void emit_jcc_to(struct emit *e, unsigned cc, const uint8_t *target)
{
    emit8(e, 0x0f);
    emit8(e, 0x80 | cc);
    emit_rel(e, target, 0);
}

void emit_call_to(struct emit *e, const uint8_t *target)
{
    emit8(e, 0xe8);
    emit_rel(e, target, 0);
}

void emit_nops(struct emit *e, unsigned n)
{
    static const uint8_t nops[][8] = {
        {0x90}, {0x66, 0x90}, {0x0f, 0x1f, 0x00}, {0x0f, 0x1f, 0x40, 0}, {0x0f, 0x1f, 0x44, 0, 0},
        {0x66, 0x0f, 0x1f, 0x44, 0, 0}, {0x0f, 0x1f, 0x80, 0, 0, 0, 0}, {0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},
    };

    while (n > 0) {
        unsigned k = n < 8 ? n : 8;
        __builtin_memcpy(e->p, nops[k - 1], k);
        e->p += k;
        n -= k;
    }
}
