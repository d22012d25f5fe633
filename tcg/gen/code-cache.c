/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of translated code: one memfd mapped twice, writable and executable, so that no page is ever both. And the
 * exits of the blocks in it.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"

struct code_buf code_cache;
struct tb_jump *tb_jumps;

bool code_cache_init(size_t bytes, const char **why)
{
    int fd = memfd_create("mynah-code", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, bytes)) {
        *why = strerror(errno);
        return false;
    }
    code_cache.rw = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    code_cache.rx = mmap(NULL, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    close(fd);
    if (code_cache.rw == MAP_FAILED || code_cache.rx == MAP_FAILED) {
        *why = strerror(errno);
        return false;
    }
    code_cache.size = bytes;
    return true;
}

uint8_t *code_rw(const uint8_t *rx)
{
    return code_cache.rw + (rx - code_cache.rx);
}
