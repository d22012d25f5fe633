/* SPDX-License-Identifier: BSD-2-Clause */
/* A server of 9P2000.L for one client. Manual: Linux' Documentation/filesystems/9p.rst and the protocol's description in
 * diod's protocol.md; "Plan 9 Programmer's Manual", section 5. */
#ifndef MYNAH_P9_H
#define MYNAH_P9_H

#include "fsdev.h"
#include "types.h"

#define P9_HEADER 7           /* size, type, tag */
#define P9_MAX_MESSAGE (1 * MiB)

struct p9;

/* It holds fsdev as long as it is. One thread at a time may use it. */
struct p9 *p9_new(const struct fsdev *f);
void p9_free(struct p9 *p);
/* Forget the client: what it has open is closed. */
void p9_reset(struct p9 *p);
/*
 * Answer the message of len bytes, which begins with a header: up to room bytes in answer. Returns the answer's length, 0
 * if there is no room for any or the message has no header.
 */
size_t p9_answer(struct p9 *p, const uint8_t *message, size_t len, uint8_t *answer, size_t room);

#endif
