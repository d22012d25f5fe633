/* SPDX-License-Identifier: BSD-2-Clause */
/* io_uring, through liburing: one ring for all files, and a thread that takes what has ended. */
#include "uring.h"

#include <liburing.h>

#include "late-library.h"
#include "opts.h"
#include "signal-stack.h"

#define FUNCTIONS(F)                                                                                                   \
    F(__io_uring_get_cqe) F(io_uring_get_sqe) F(io_uring_queue_exit) F(io_uring_queue_init) F(io_uring_submit)
static struct { FUNCTIONS(LATE_MEMBER) } lib;
static const char *const lib_names[] = { FUNCTIONS(LATE_NAME) NULL };

#define UNDER_WAY 256 /* transfers at a time: the ring of ends has room for twice as many */

static struct {
    GMutex lock; /* of what follows and the ring's beginnings; no other is taken under it */
    struct io_uring ring;
    bool tried, works;
    unsigned under_way;
} u;

struct transfer {
    uring_done *done;
    void *opaque;
};

static gpointer take_ends(gpointer unused)
{
    signal_stack_here();
    for (;;) {
        struct io_uring_cqe *cqe;
        if (lib.__io_uring_get_cqe(&u.ring, &cqe, 0, 1, NULL) < 0)
            continue; /* a signal */
        struct transfer *t = io_uring_cqe_get_data(cqe);
        ssize_t n = cqe->res;
        io_uring_cqe_seen(&u.ring, cqe);
        g_mutex_lock(&u.lock);
        u.under_way--;
        g_mutex_unlock(&u.lock);
        t->done(t->opaque, n);
        g_free(t);
    }
    return NULL;
}

/* Lock held. */
static bool start(void)
{
    if (!u.tried) {
        u.tried = true;
        u.works = late_library(G_STRINGIFY(URING_SONAME), lib_names, &lib, NULL) &&
                  lib.io_uring_queue_init(UNDER_WAY, &u.ring, 0) == 0;
        if (u.works)
            g_thread_unref(g_thread_new("io_uring", take_ends, NULL));
    }
    return u.works;
}

bool uring_available(GError **err)
{
    struct io_uring ring;

    if (!late_library(G_STRINGIFY(URING_SONAME), lib_names, &lib, err))
        return false;
    int r = lib.io_uring_queue_init(1, &ring, 0);
    if (r == 0) { /* a host may allow the making of rings, and not their use */
        io_uring_prep_nop(lib.io_uring_get_sqe(&ring));
        r = lib.io_uring_submit(&ring);
        lib.io_uring_queue_exit(&ring);
    }
    if (r < 0)
        fail(err, "the host's kernel does not let us use io_uring: %s", g_strerror(-r));
    return r >= 0;
}

bool uring_transfer(int fd, bool write, uint64_t offset, const struct iovec *iov, unsigned niov, uring_done *done,
                    void *opaque)
{
    struct io_uring_sqe *sqe = NULL;

    g_mutex_lock(&u.lock);
    if (start() && u.under_way < UNDER_WAY)
        sqe = lib.io_uring_get_sqe(&u.ring);
    if (sqe) {
        struct transfer *t = g_new(struct transfer, 1);
        *t = (struct transfer){ done, opaque };
        if (write)
            io_uring_prep_writev(sqe, fd, iov, niov, offset);
        else
            io_uring_prep_readv(sqe, fd, iov, niov, offset);
        io_uring_sqe_set_data(sqe, t);
        u.under_way++;
        while (lib.io_uring_submit(&u.ring) < 0) /* the kernel is short of something, or a signal came */
            g_thread_yield();
    }
    g_mutex_unlock(&u.lock);
    return sqe;
}
