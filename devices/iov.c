/* SPDX-License-Identifier: BSD-2-Clause */
#include "iov.h"

#include <glib.h>
#include <string.h>

size_t iov_read(const struct iovec *iov, unsigned n, size_t offset, void *buf, size_t len)
{
    size_t done = 0;

    for (unsigned i = 0; i < n && done < len; i++) {
        if (offset >= iov[i].iov_len) {
            offset -= iov[i].iov_len;
            continue;
        }
        size_t part = MIN(iov[i].iov_len - offset, len - done);
        memcpy((char *)buf + done, (char *)iov[i].iov_base + offset, part);
        done += part;
        offset = 0;
    }
    return done;
}

size_t iov_write(const struct iovec *iov, unsigned n, size_t offset, const void *buf, size_t len)
{
    size_t done = 0;

    for (unsigned i = 0; i < n && done < len; i++) {
        if (offset >= iov[i].iov_len) {
            offset -= iov[i].iov_len;
            continue;
        }
        size_t part = MIN(iov[i].iov_len - offset, len - done);
        memcpy((char *)iov[i].iov_base + offset, (const char *)buf + done, part);
        done += part;
        offset = 0;
    }
    return done;
}

unsigned iov_window(struct iovec *to, const struct iovec *iov, unsigned n, size_t offset, size_t len)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n && len > 0; i++) {
        if (offset >= iov[i].iov_len) {
            offset -= iov[i].iov_len;
            continue;
        }
        size_t part = MIN(iov[i].iov_len - offset, len);
        to[count++] = (struct iovec){ (char *)iov[i].iov_base + offset, part };
        len -= part;
        offset = 0;
    }
    return count;
}
