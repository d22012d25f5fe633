/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers of the cryptography extensions: AES (Zknd, Zkne), SM4 (Zksed), permutations (Zbkx). Manual: volume I,
 * "Cryptography Extensions: Scalar". They take and give 64 bits; the low 32 are what RV32 uses.
 */
#include "sboxes.h"
#include "trans.h"

static uint8_t byte_of(uint64_t v, unsigned n)
{
    return v >> (8 * n);
}

static uint32_t rotl32(uint32_t v, unsigned n)
{
    return n ? v << n | v >> (32 - n) : v;
}

/* -- AES -- */

/* a * x in GF(2^8). */
static uint8_t xtime(uint8_t a)
{
    return a << 1 ^ (a & 0x80 ? 0x1b : 0);
}

static uint8_t gf_mul(uint8_t a, unsigned b)
{
    uint8_t v = 0;
    for (; b; b >>= 1, a = xtime(a))
        v ^= b & 1 ? a : 0;
    return v;
}

/* A byte's part of its column in MixColumns, where it is the first of the column. */
static uint32_t mix_byte(uint8_t b, bool decrypt)
{
    if (decrypt)
        return (uint32_t)gf_mul(b, 11) << 24 | gf_mul(b, 13) << 16 | gf_mul(b, 9) << 8 | gf_mul(b, 14);
    return (uint32_t)gf_mul(b, 3) << 24 | b << 16 | b << 8 | gf_mul(b, 2);
}

static uint32_t mix_column(uint32_t column, bool decrypt)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < 4; i++)
        v ^= rotl32(mix_byte(byte_of(column, i), decrypt), 8 * i);
    return v;
}

static uint64_t mix_columns(uint64_t v, bool decrypt)
{
    return mix_column(v, decrypt) | (uint64_t)mix_column(v >> 32, decrypt) << 32;
}

/* how: AES_* */
static uint64_t helper_aes32(struct cpu *cpu, uint64_t rs1, uint64_t rs2, uint64_t n, uint64_t how)
{
    uint8_t b = byte_of(rs2, n);
    b = how & AES_DECRYPT ? aes_inverse_sbox[b] : aes_sbox[b];
    uint32_t v = how & AES_MIX ? mix_byte(b, how & AES_DECRYPT) : b;
    return (uint32_t)rs1 ^ rotl32(v, 8 * n);
}

/* ShiftRows, SubBytes and maybe MixColumns: the half of the new state that begins with rs1's column. */
static uint64_t helper_aes64(struct cpu *cpu, uint64_t rs1, uint64_t rs2, uint64_t how)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned column = i / 4, row = i % 4, from = (how & AES_DECRYPT ? column - row : column + row) % 4;
        uint8_t b = byte_of(from < 2 ? rs1 : rs2, from % 2 * 4 + row);
        v |= (uint64_t)(how & AES_DECRYPT ? aes_inverse_sbox[b] : aes_sbox[b]) << (8 * i);
    }
    return how & AES_MIX ? mix_columns(v, how & AES_DECRYPT) : v;
}

static uint64_t helper_aes64im(struct cpu *cpu, uint64_t rs1)
{
    return mix_columns(rs1, true);
}

/* rnum 10: no rotation and no constant. */
static uint64_t helper_aes64ks1(struct cpu *cpu, uint64_t rs1, uint64_t rnum)
{
    static const uint8_t constants[11] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36, 0x00};
    uint32_t word = rs1 >> 32, v = 0;
    if (rnum != 10)
        word = rotl32(word, 24);
    for (unsigned i = 0; i < 4; i++)
        v |= (uint32_t)aes_sbox[byte_of(word, i)] << (8 * i);
    v ^= constants[rnum];
    return v | (uint64_t)v << 32;
}

TRANS_HELPER(aes32, 4, true, IR_H_PURE);
TRANS_HELPER(aes64, 3, true, IR_H_PURE);
TRANS_HELPER(aes64im, 1, true, IR_H_PURE);
TRANS_HELPER(aes64ks1, 2, true, IR_H_PURE);

/* -- SM4 -- */

static uint64_t helper_sm4ed(struct cpu *cpu, uint64_t rs1, uint64_t rs2, uint64_t n)
{
    uint32_t s = sm4_sbox[byte_of(rs2, n)];
    uint32_t v = s ^ s << 8 ^ s << 2 ^ s << 18 ^ (s & 0x3f) << 26 ^ (s & 0xc0) << 10;
    return (uint32_t)rs1 ^ rotl32(v, 8 * n);
}

static uint64_t helper_sm4ks(struct cpu *cpu, uint64_t rs1, uint64_t rs2, uint64_t n)
{
    uint32_t s = sm4_sbox[byte_of(rs2, n)];
    uint32_t v = s ^ (s & 0x07) << 29 ^ (s & 0xfe) << 7 ^ (s & 0x01) << 23 ^ (s & 0xf8) << 13;
    return (uint32_t)rs1 ^ rotl32(v, 8 * n);
}

TRANS_HELPER(sm4ed, 3, true, IR_H_PURE);
TRANS_HELPER(sm4ks, 3, true, IR_H_PURE);

/* -- Permutations: an index beyond rs1 gives zero -- */

static uint64_t helper_xperm8(struct cpu *cpu, uint64_t rs1, uint64_t rs2, uint64_t bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++) {
        unsigned index = byte_of(rs2, i);
        v |= index < bytes ? (uint64_t)byte_of(rs1, index) << (8 * i) : 0;
    }
    return v;
}

static uint64_t helper_xperm4(struct cpu *cpu, uint64_t rs1, uint64_t rs2, uint64_t bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 2 * bytes; i++) {
        unsigned index = rs2 >> (4 * i) & 15;
        v |= index < 2 * bytes ? (rs1 >> (4 * index) & 15) << (4 * i) : 0;
    }
    return v;
}

TRANS_HELPER(xperm8, 3, true, IR_H_PURE);
TRANS_HELPER(xperm4, 3, true, IR_H_PURE);
