/* SPDX-License-Identifier: BSD-2-Clause */
/* Data in pieces of memory. */
#ifndef MYNAH_IOV_H
#define MYNAH_IOV_H

#include <sys/uio.h>

/* Copy from or to pieces from offset bytes on; returns the bytes copied, fewer than len at the end. */
size_t iov_read(const struct iovec *iov, unsigned n, size_t offset, void *buf, size_t len);
size_t iov_write(const struct iovec *iov, unsigned n, size_t offset, const void *buf, size_t len);
/* The window of len bytes from offset, as far as there are any, as pieces of its own; returns their number, <= n. */
unsigned iov_window(struct iovec *to, const struct iovec *iov, unsigned n, size_t offset, size_t len);

#endif
