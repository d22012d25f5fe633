/* SPDX-License-Identifier: BSD-2-Clause */
/* The address types and small macros that every folder uses. */
#ifndef MYNAH_TYPES_H
#define MYNAH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t gva;  /* guest virtual address */
typedef uint64_t gpa;  /* guest physical address */
typedef uintptr_t hva; /* host virtual address */

#define KiB (UINT64_C(1) << 10)
#define MiB (UINT64_C(1) << 20)
#define GiB (UINT64_C(1) << 30)

/* Guest pages as the soft page table and the translation cache see them. */
#define PAGE_BITS 12
#define PAGE_SIZE (UINT64_C(1) << PAGE_BITS)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Bits [pos, pos + len) of v, 1 <= len <= 63. */
static inline uint64_t bits(uint64_t v, unsigned pos, unsigned len)
{
    return (v >> pos) & ((UINT64_C(1) << len) - 1);
}

/* v with bits [pos, pos + len) replaced by the low bits of field. */
static inline uint64_t with_bits(uint64_t v, unsigned pos, unsigned len, uint64_t field)
{
    uint64_t mask = ((UINT64_C(1) << len) - 1) << pos;
    return (v & ~mask) | ((field << pos) & mask);
}

/* The low len bits of v as a two's complement number, 1 <= len <= 64. */
static inline int64_t sign_extend(uint64_t v, unsigned len)
{
    return (int64_t)(v << (64 - len)) >> (64 - len);
}

#endif
