/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card leaves to the cable (checksums, segments), done here for back ends that want finished frames. */
#ifndef MYNAH_NET_OFFLOAD_H
#define MYNAH_NET_OFFLOAD_H

#include "net.h"

#define OFFLOAD_BYTES 10 /* of a struct net_offload in front of a frame: as in virtio-net's header, little-endian */

void offload_put(uint8_t bytes[OFFLOAD_BYTES], const struct net_offload *o);
struct net_offload offload_get(const uint8_t bytes[OFFLOAD_BYTES]);

/* One finished frame. False: the others need not come. */
typedef bool offload_emit(void *opaque, const uint8_t *frame, size_t len);

/*
 * Finish a frame: its checksum, and segments of o->size bytes of payload, or with whole only one of any size, but for
 * the checksums. The frame is changed. What its headers do not bear out is dropped. True if all segments were taken.
 */
bool offload_finish(const struct net_offload *o, bool whole, uint8_t *frame, size_t len, offload_emit *emit,
                    void *opaque);

/* The Internet's sum (not its complement) of bytes, added to sum: folded to 16 bits. */
uint16_t offload_sum(uint32_t sum, const uint8_t *p, size_t len);

#endif
