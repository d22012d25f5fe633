/* SPDX-License-Identifier: BSD-2-Clause */
/* A file in memory, for images in tests, that loses what was not flushed, and can be full. */
#ifndef MYNAH_LOSSY_NODE_H
#define MYNAH_LOSSY_NODE_H

#include <limits.h>

#include "block/format.h"

/* A protocol node with these bytes, which it takes over; NULL: empty. */
struct block *lossy_node_new(GByteArray *contents);
/* What a crash leaves: each write since the last flush is there or, one time in `lose`, not. 0: it always is. */
GByteArray *lossy_node_crash(struct block *file, unsigned lose);
/* After so many further writes, resizes and flushes they fail. UINT_MAX: they don't. */
void lossy_node_fail(struct block *file, unsigned after);
/* What is read from it. */
const GByteArray *lossy_node_bytes(const struct block *file);

#endif
