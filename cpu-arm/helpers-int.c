/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of integer instructions. */
#include "trans-a64.h"

/* -- CRC: reflected polynomials, four bits at a time -- */

static uint64_t crc(uint32_t acc, uint64_t value, unsigned bytes, const uint32_t table[16])
{
    for (unsigned i = 0; i < bytes; i++) {
        acc ^= value >> (8 * i) & 0xff;
        acc = acc >> 4 ^ table[acc & 15];
        acc = acc >> 4 ^ table[acc & 15];
    }
    return acc;
}

/* CRCs of the numbers 0 to 15, four bits long. */
#define STEP(c, p) ((c) >> 1 ^ ((c) & 1 ? (p) : 0))
#define ENTRY(n, p) STEP(STEP(STEP(STEP(UINT32_C(n), p), p), p), p)
#define TABLE(p)                                                                                                       \
    {ENTRY(0, p), ENTRY(1, p), ENTRY(2, p),  ENTRY(3, p),  ENTRY(4, p),  ENTRY(5, p),  ENTRY(6, p),  ENTRY(7, p),     \
     ENTRY(8, p), ENTRY(9, p), ENTRY(10, p), ENTRY(11, p), ENTRY(12, p), ENTRY(13, p), ENTRY(14, p), ENTRY(15, p)}

static uint64_t helper_crc32(struct cpu *cpu, uint64_t acc, uint64_t value, uint64_t bytes)
{
    static const uint32_t table[16] = TABLE(0xedb88320);
    return crc(acc, value, bytes, table);
}

static uint64_t helper_crc32c(struct cpu *cpu, uint64_t acc, uint64_t value, uint64_t bytes)
{
    static const uint32_t table[16] = TABLE(0x82f63b78);
    return crc(acc, value, bytes, table);
}

ARM_HELPER(crc32, 3, true, IR_H_PURE);
ARM_HELPER(crc32c, 3, true, IR_H_PURE);
