/* SPDX-License-Identifier: BSD-2-Clause */
/* Transfers of files that the kernel carries out by itself, with no thread that waits for each: io_uring. */
#ifndef MYNAH_BLOCK_URING_H
#define MYNAH_BLOCK_URING_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* A transfer ended: bytes, which may be fewer than were asked for, or -errno. On a thread of its own, without a lock. */
typedef void uring_done(void *opaque, ssize_t n);

/* False with a message: the host's kernel has no io_uring for us. Any thread. */
bool uring_available(GError **err);

/*
 * Begin to read or write the bytes of fd from offset on. iov (at most IOV_MAX pieces), what it points to and fd stay until
 * done, which may be called before this returns. False: nothing was begun, as enough is under way, or there is no
 * io_uring. Any thread.
 */
bool uring_transfer(int fd, bool write, uint64_t offset, const struct iovec *iov, unsigned niov, uring_done *done,
                    void *opaque);

#endif
