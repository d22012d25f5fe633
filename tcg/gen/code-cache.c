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

/* Map bytes twice. False: *why says why not, and nothing is mapped. */
static bool map_twice(struct code_buf *c, size_t bytes, const char **why)
{
    int fd = memfd_create("mynah-code", MFD_CLOEXEC);
    void *rw = MAP_FAILED, *rx = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0)
        rw = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (rw != MAP_FAILED)
        rx = mmap(NULL, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    if (rx == MAP_FAILED)
        *why = strerror(errno);
    if (rx == MAP_FAILED && rw != MAP_FAILED)
        munmap(rw, bytes);
    if (fd >= 0)
        close(fd);
    if (rx == MAP_FAILED)
        return false;
    *c = (struct code_buf){ .rw = rw, .rx = rx, .size = bytes };
    return true;
}

bool code_cache_usable(size_t bytes, const char **why)
{
    struct code_buf probe;
    bool ok = map_twice(&probe, bytes, why);

    if (ok) {
        munmap(probe.rw, probe.size);
        munmap((void *)probe.rx, probe.size);
    }
    return ok;
}

bool code_cache_init(size_t bytes, const char **why)
{
    return map_twice(&code_cache, bytes, why);
}

uint8_t *code_rw(const uint8_t *rx)
{
    return code_cache.rw + (rx - code_cache.rx);
}
