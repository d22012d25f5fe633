/* SPDX-License-Identifier: BSD-2-Clause */
/* XXH64: a fast 64-bit checksum of bytes, as its specification has it. It finds accidents, not forgeries. */
#ifndef MYNAH_HASH64_H
#define MYNAH_HASH64_H

#include "types.h"

struct hash64 {
    uint64_t lane[4];
    uint8_t rest[32]; /* what does not fill a stripe yet */
    uint64_t total;   /* bytes so far */
};

/* Begin a checksum, of which the seed makes one of many; then add bytes in their order, in pieces of any length. */
void hash64_init(struct hash64 *h, uint64_t seed);
void hash64_add(struct hash64 *h, const void *data, size_t len);
/* The checksum of these bytes alone. */
uint64_t hash64_of(const void *data, size_t len);
/* The checksum of what was added; more can be added afterwards. */
uint64_t hash64_value(const struct hash64 *h);

#endif
