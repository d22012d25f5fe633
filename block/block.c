/* SPDX-License-Identifier: BSD-2-Clause */
/* The block graph's nodes, and requests: checked, then carried out on worker threads. */
#include "node.h"

#include <string.h>

#include "block-job.h"
#include "hash64.h"
#include "log.h"
#include "signal-stack.h"
#include "throttle.h"
#include "uring.h"

#define WORKERS 16               /* threads for requests, of all nodes together; 1 where their order matters */

GPtrArray *block_nodes, *block_drives;

/* -- Nodes -- */

static void take_end(void *opaque, struct input *in);

static struct block *node_find(const char *name)
{
    for (guint i = 0; block_nodes && i < block_nodes->len; i++) {
        struct block *b = g_ptr_array_index(block_nodes, i);
        if (!strcmp(b->node, name))
            return b;
    }
    return NULL;
}

/* QEMU's rule for ids: a letter, then letters, digits, '-', '.', '_'. */
static bool name_ok(const char *s)
{
    if (!g_ascii_isalpha(*s))
        return false;
    while (*++s)
        if (!g_ascii_isalnum(*s) && !strchr("-._", *s))
            return false;
    return true;
}

struct block *block_node_new(const struct block_driver *driver, const char *node, const struct node_options *no,
                             GError **err)
{
    static unsigned counter;
    if (node && !name_ok(node)) {
        fail(err, "node-name '%s': expected a letter followed by letters, digits, '-', '.' or '_'", node);
        return NULL;
    }
    if (node && (strlen(node) > 31 || block_find(node))) {
        fail(err, strlen(node) > 31 ? "node-name '%s': expected at most 31 characters"
                                    : "node-name '%s' is already in use", node);
        return NULL;
    }
    struct block *b = g_new0(struct block, 1);
    b->driver = driver;
    b->node = node ? g_strdup(node) : g_strdup_printf("#block%03u", counter++);
    b->read_only = no->read_only;
    b->discard = no->discard;
    b->write_cache = no->write_cache;
    b->no_flush = no->no_flush;
    b->detect_zeroes = no->detect_zeroes;
    b->on_write_error = ON_ERROR_ENOSPC;
    b->refs = 1;
    g_cond_init(&b->idle);
    if (!block_nodes)
        block_nodes = g_ptr_array_new();
    g_ptr_array_add(block_nodes, b);
    return b;
}

void block_node_set_child(struct block *b, struct block *child)
{
    b->child = child;
    b->filename = g_strdup(child->filename);
    child->parents++;
}

static void drop_parent(struct block *below)
{
    if (!below)
        return;
    below->parents--;
    block_node_unref(below);
}

void block_node_set_backing(struct block *b, struct block *backing)
{
    if (backing)
        backing->parents++;
    drop_parent(b->backing);
    b->backing = backing;
}

void block_node_unref(struct block *b)
{
    if (--b->refs > 0)
        return;
    struct block *child = b->child, *backing = b->backing;
    b->of_device = false; /* nothing is left to be dropped */
    g_ptr_array_remove(block_nodes, b);
    if (b->state)
        b->driver->close(b);
    g_cond_clear(&b->idle);
    g_free(b->node);
    g_free(b->filename);
    g_free(b->backing_file);
    g_free(b->backing_format);
    g_free(b->throttle);
    block_release(b);
    g_free(b);
    drop_parent(child);
    drop_parent(backing);
}

#define EXCHANGE(a, b, member) \
    do { \
        __typeof__((a)->member) kept = (a)->member; \
        (a)->member = (b)->member; \
        (b)->member = kept; \
    } while (0)

void block_node_exchange(struct block *a, struct block *b)
{
    EXCHANGE(a, b, driver);
    EXCHANGE(a, b, node);
    EXCHANGE(a, b, filename);
    EXCHANGE(a, b, state);
    EXCHANGE(a, b, child);
    EXCHANGE(a, b, backing);
    EXCHANGE(a, b, backing_file);
    EXCHANGE(a, b, backing_format);
    EXCHANGE(a, b, size);
    EXCHANGE(a, b, read_only);
    EXCHANGE(a, b, of_blockdev);
    if (a->driver->moved)
        a->driver->moved(a);
    if (b->driver->moved)
        b->driver->moved(b);
}

struct block *block_find(const char *name)
{
    for (guint i = 0; block_drives && i < block_drives->len; i++) {
        struct drive *d = g_ptr_array_index(block_drives, i);
        if (!strcmp(d->id, name))
            return d->root;
    }
    return node_find(name);
}

void drive_free(struct drive *d)
{
    g_ptr_array_remove(block_drives, d);
    d->root->drive = NULL;
    block_node_unref(d->root);
    g_free(d->id);
    g_free(d->serial);
    g_free(d);
}

struct block *block_drive(enum block_if type, unsigned index)
{
    for (guint i = 0; block_drives && i < block_drives->len; i++) {
        struct drive *d = g_ptr_array_index(block_drives, i);
        if (d->type == type && d->index == index)
            return d->root;
    }
    return NULL;
}

bool block_claim_node(struct block *b, const char *user, GError **err)
{
    if (b->user) {
        fail(err, "drive '%s' is already in use by %s", block_name(b), b->user);
        return false;
    }
    if (b->parents > 0) {
        fail(err, "node '%s' is already in use by another node", b->node);
        return false;
    }
    b->user = g_strdup(user);
    input_source_add(&b->input, take_end, b, "drive %s", block_name(b));
    return true;
}

bool block_claim(struct block *b, const char *user, bool need_write, GError **err)
{
    if (!block_inserted(b)) {
        fail(err, "Device needs media, but drive is empty");
        return false;
    }
    if (need_write && b->read_only) {
        fail(err, "drive '%s' is read-only", block_name(b));
        return false;
    }
    return block_claim_node(b, user, err);
}

void block_release(struct block *b)
{
    if (b->user)
        input_source_remove(&b->input);
    g_clear_pointer(&b->user, g_free);
    medium_released(b);
}

bool block_is_named(const struct block *b, const char *name)
{
    return !strcmp(b->node, name) || !g_strcmp0(b->filename, name);
}

const char *block_name(const struct block *b)
{
    return b->drive ? b->drive->id : b->node;
}

uint64_t block_size(const struct block *b)
{
    return b->size;
}

bool block_read_only(const struct block *b)
{
    return b->read_only;
}

bool block_write_cache(const struct block *b)
{
    return b->write_cache;
}

/* -- Requests -- */

enum request_kind { REQ_READ, REQ_WRITE, REQ_FLUSH, REQ_DISCARD, REQ_ZEROES };

struct request {
    struct block *b;
    enum request_kind kind;
    unsigned niov, flags;
    const struct iovec *iov;
    uint64_t offset, len;
    block_done *done;
    void *opaque;
    bool finished; /* only done is left to be called, with ret; not in inflight any more */
    int ret;
    uint64_t key;  /* input_key() */
    /*
     * Under input_gated() the guest's memory is read when the request is made and written when its end is taken, both
     * on the CPUs' thread: what is carried out is between the image and this copy.
     */
    uint8_t *copy;
    bool copied; /* a read: to the guest */
    gint64 not_before; /* us of the monotonic clock, where the rate is limited; else 0 */
};

/* The worker threads and what waits for them. */
static struct {
    GMutex lock; /* guards these and each image's inflight. A device's comes before it; no other is taken under it */
    GCond work;
    GQueue queue; /* of struct request */
    GQueue delayed; /* the same, by not_before: the thread below puts them into queue */
    GCond delay;    /* delayed has another first one */
    GThread *delayer;
    unsigned threads, idle;
} pool;

static __thread bool on_worker; /* this thread is one of them */

static int check(const struct request *r)
{
    const struct block *b = r->b;
    if (r->kind != REQ_FLUSH && (r->offset > b->size || r->len > b->size - r->offset))
        return -EINVAL;
    if ((r->kind == REQ_WRITE || r->kind == REQ_DISCARD || r->kind == REQ_ZEROES) && b->read_only)
        return -EACCES;
    return 0;
}

static int carry_out_alone(const struct request *r)
{
    struct block *b = r->b;
    int ret = 0;
    switch (r->kind) {
    case REQ_READ:
        if (b->copy_on_read && b->driver->copy_up && !b->read_only)
            b->driver->copy_up(b, r->offset, r->len); /* if it fails, the image stays without */
        return b->driver->read(b, r->offset, r->iov, r->niov, r->len);
    case REQ_WRITE:
        if (b->detect_zeroes && iov_is_zero(r->iov, r->niov))
            ret = node_zeroes(b, r->offset, r->len, b->detect_zeroes == DETECT_UNMAP && b->discard);
        else
            ret = b->driver->write(b, r->offset, r->iov, r->niov, r->len);
        break;
    case REQ_FLUSH:
        return b->no_flush ? 0 : node_flush(b);
    case REQ_DISCARD:
        return b->discard ? node_discard(b, r->offset, r->len) : 0;
    case REQ_ZEROES:
        ret = node_zeroes(b, r->offset, r->len, b->discard && (r->flags & BLOCK_MAY_UNMAP));
        break;
    }
    if (ret == 0 && (r->flags & BLOCK_FUA) && !b->no_flush)
        ret = node_flush(b);
    return ret;
}

/* Under the eyes of the disk's job, if there is one. */
static int carry_out(const struct request *r)
{
    struct block_job *j = r->kind == REQ_READ || r->kind == REQ_FLUSH ? NULL : r->b->job;

    if (!j)
        return carry_out_alone(r);
    block_job_before_write(j, r->offset, r->len);
    int ret = carry_out_alone(r);
    block_job_written(j, r->offset, r->len);
    return ret;
}

/* Carry out with the copy in place of the guest's memory. */
static int carry_out_copied(struct request *r)
{
    struct request copied = *r;
    struct iovec iov = { r->copy, r->len };

    copied.iov = &iov;
    copied.niov = 1;
    return carry_out(&copied);
}

/* -- Errors that stop the machine -- */

static void (*on_error)(const struct block_error *e);

void block_on_error(void (*fn)(const struct block_error *e))
{
    on_error = fn;
}

/* A struct block_error with its strings behind it, on the main loop. */
static gboolean tell_error(gpointer e)
{
    on_error(e);
    return G_SOURCE_REMOVE;
}

static void note_error(const struct request *r, int action)
{
    const char *device = r->b->drive ? r->b->drive->id : "", *node = r->b->node;
    size_t n = strlen(device) + 1, m = strlen(node) + 1;
    struct block_error *e = g_malloc(sizeof(*e) + n + m);
    char *strings = (char *)(e + 1);

    memcpy(strings, device, n);
    memcpy(strings + n, node, m);
    *e = (struct block_error){ strings, strings + n, action, r->kind != REQ_READ, -r->ret };
    g_idle_add_full(G_PRIORITY_DEFAULT, tell_error, e, g_free);
}

/* What is done with a guest's request that failed: true if it is put aside. Lock held. */
static bool park(struct request *r)
{
    struct block *b = r->b;
    enum on_error what = r->kind == REQ_READ ? b->on_read_error : b->on_write_error;

    if (r->ret >= 0 || !b->user || !on_error || input_replaying())
        return false;
    if (what == ON_ERROR_ENOSPC)
        what = r->ret == -ENOSPC || r->ret == -EDQUOT || r->ret == -EFBIG ? ON_ERROR_STOP : ON_ERROR_REPORT;
    note_error(r, what == ON_ERROR_STOP ? BLOCK_ERROR_STOP : what == ON_ERROR_IGNORE ? BLOCK_ERROR_IGNORE
                                                                                     : BLOCK_ERROR_REPORT);
    if (what == ON_ERROR_IGNORE)
        r->ret = 0;
    if (what != ON_ERROR_STOP)
        return false;
    r->finished = false;
    g_queue_push_tail(&b->parked, r);
    return true;
}

/*
 * Carry out a request that was taken from the queue. The lock is held, and dropped meanwhile. False if it is put aside.
 */
static bool run_locked(struct request *r)
{
    struct block *b = r->b;

    g_mutex_unlock(&pool.lock);
    r->ret = r->copy ? carry_out_copied(r) : carry_out(r);
    r->finished = true;
    g_mutex_lock(&pool.lock);
    bool ended = !park(r);
    if (--b->inflight == 0)
        g_cond_broadcast(&b->idle);
    return ended;
}

/* Put aside requests into the queue: to be tried again or, with their error, ended. Lock held. */
static void unpark(struct block *b, bool again)
{
    struct request *r;

    while ((r = g_queue_pop_head(&b->parked))) {
        b->inflight += again;
        r->finished = !again;
        g_queue_push_tail(&pool.queue, r);
        g_cond_signal(&pool.work);
    }
}

void block_retry(void)
{
    g_mutex_lock(&pool.lock);
    for (guint i = 0; block_nodes && i < block_nodes->len; i++)
        unpark(g_ptr_array_index(block_nodes, i), true);
    g_mutex_unlock(&pool.lock);
}

/* What is recorded of a request's end, little-endian; all but kind must be the same in the replay. */
struct end {
    uint32_t kind, ret;
    uint64_t offset, len, hash;
};

static struct end end_of(const struct request *r, uint64_t hash)
{
    return (struct end){ GUINT32_TO_LE(r->kind), GUINT32_TO_LE((uint32_t)r->ret), GUINT64_TO_LE(r->offset),
                         GUINT64_TO_LE(r->len), GUINT64_TO_LE(hash) };
}

/* In a replay: what ended must have been asked for so, and its data be the recorded ones. */
static void compare_end(const struct request *r, const struct input *in, const struct end *is)
{
    static const char *const names[] = { "read", "write", "flush", "discard", "write of zeroes" };
    struct end was;

    if (in->len != sizeof(was)) {
        input_departs(&r->b->input, "the recording has %zu bytes for the end of a request", in->len);
        return;
    }
    memcpy(&was, in->data, sizeof(was));
    unsigned kind = GUINT32_FROM_LE(was.kind);
    if (was.kind != is->kind || was.offset != is->offset || was.len != is->len)
        input_departs(&r->b->input, "request %" G_GUINT64_FORMAT ", a %s of %" G_GUINT64_FORMAT " bytes at %"
                      G_GUINT64_FORMAT ", was a %s of %" G_GUINT64_FORMAT " bytes at %" G_GUINT64_FORMAT, r->key,
                      names[r->kind], r->len, r->offset, kind < ARRAY_SIZE(names) ? names[kind] : "request",
                      GUINT64_FROM_LE(was.len), GUINT64_FROM_LE(was.offset));
    else if (was.ret != is->ret)
        input_departs(&r->b->input, "a %s of %" G_GUINT64_FORMAT " bytes at %" G_GUINT64_FORMAT " ended with %s, and "
                      "with %s in the recording", names[r->kind], r->len, r->offset, g_strerror(-r->ret),
                      g_strerror(-(int)GUINT32_FROM_LE(was.ret)));
    else if (was.hash != is->hash)
        input_departs(&r->b->input, "the %" G_GUINT64_FORMAT " bytes %s at %" G_GUINT64_FORMAT " of the image are not "
                      "those of the recording", r->len, r->kind == REQ_READ ? "read" : "written", r->offset);
}

/* The one place that calls done. */
static void finish(struct request *r)
{
    r->done(r->opaque, r->ret); /* may wait for a lock that one who drains holds */
    g_free(r->copy);
    g_free(r);
}

static void copy_to_guest(struct request *r)
{
    if (r->kind == REQ_READ && r->copy && !r->copied && r->ret == 0)
        iov_scatter(r->iov, r->niov, r->copy);
    r->copied = true;
}

/* The guest's end is taken, on the CPUs' thread if that is gated. */
static void take_end(void *opaque, struct input *in)
{
    static struct end end; /* the last one's, for the log */
    struct request *r = in->ref;
    struct block *b = opaque;

    if (!r) { /* a log says anything */
        input_departs(&b->input, "a request without a number ended here");
        return;
    }
    copy_to_guest(r);
    if (r->key) {
        g_mutex_lock(&pool.lock);
        g_queue_remove(&r->b->asked, r);
        g_mutex_unlock(&pool.lock);
    }
    if (input_ordered())
        end = end_of(r, r->copy && r->ret == 0 ? hash64_of(r->copy, r->len) : 0);
    if (in->replayed)
        compare_end(r, in, &end);
    in->data = &end;
    in->len = sizeof(end);
    finish(r);
}

static void tell(struct request *r)
{
#ifdef MYNAH_DEBUG
    g_assert(on_worker);
#endif
    if (r->key)
        input_answer(&r->b->input, r->key, 0, r);
    else
        finish(r);
}

static gpointer worker(gpointer unused)
{
    on_worker = true;
    signal_stack_here();
    g_mutex_lock(&pool.lock);
    for (;;) {
        struct request *r = g_queue_pop_head(&pool.queue);
        if (!r) {
            pool.idle++;
            g_cond_wait(&pool.work, &pool.lock);
            pool.idle--;
            continue;
        }
        if (!r->finished && !run_locked(r))
            continue;
        g_mutex_unlock(&pool.lock);
        tell(r);
        g_mutex_lock(&pool.lock);
    }
    return NULL;
}

static unsigned max_workers(void)
{
    return input_ordered() ? 1 : WORKERS;
}

/* One of the workers takes the latest request of the queue, which has `more` others coming. Lock held. */
static void wake_worker(unsigned more)
{
    if (g_queue_get_length(&pool.queue) + more > pool.idle && pool.threads < max_workers()) {
        pool.threads++;
        g_thread_unref(g_thread_new("block", worker, NULL));
    } else {
        g_cond_signal(&pool.work);
    }
}

/* A request of a guest's: see struct request. */
static void gate(struct request *r)
{
    r->key = input_key(&r->b->input);
    if (r->finished || !r->iov)
        return;
    r->copy = g_malloc(r->len + 1);
    if (r->kind == REQ_WRITE)
        iov_gather(r->copy, r->iov, r->niov);
}

/* -- Limits of rates -- */

static gpointer delayer(gpointer unused)
{
    g_mutex_lock(&pool.lock);
    for (;;) {
        struct request *r = g_queue_peek_head(&pool.delayed);
        if (!r) {
            g_cond_wait(&pool.delay, &pool.lock);
        } else if (r->not_before > g_get_monotonic_time()) {
            g_cond_wait_until(&pool.delay, &pool.lock, r->not_before);
        } else {
            g_queue_push_tail(&pool.queue, g_queue_pop_head(&pool.delayed));
            g_cond_signal(&pool.work);
        }
    }
    return NULL;
}

static gint by_time(gconstpointer a, gconstpointer b, gpointer unused)
{
    const struct request *x = a, *y = b;

    return x->not_before < y->not_before ? -1 : x->not_before > y->not_before;
}

/* Count a request; true if it has to wait, and does. Lock held. */
static bool delay(struct request *r)
{
    if (!r->b->throttle || r->finished || input_ordered() || (r->kind != REQ_READ && r->kind != REQ_WRITE))
        return false;
    gint64 now = g_get_monotonic_time(), wait = throttle_account(r->b->throttle, r->kind == REQ_WRITE, r->len, now);
    if (wait <= 0)
        return false;
    r->not_before = now + wait;
    g_queue_insert_sorted(&pool.delayed, r, by_time, NULL);
    if (!pool.delayer)
        pool.delayer = g_thread_new("block-delay", delayer, NULL);
    g_cond_signal(&pool.delay);
    return true;
}

/* -- What the kernel carries out -- */

/* Workers tell of the end, for which they may have to wait; and do again, to see why, what was not done as a whole. */
static void transfer_ended(void *opaque, ssize_t n)
{
    struct request *r = opaque;
    struct block *b = r->b;

    g_mutex_lock(&pool.lock);
    r->finished = n >= 0 && (size_t)n == r->len;
    if (r->finished)
        b->inflight--;
    g_queue_push_tail(&pool.queue, r);
    g_cond_broadcast(&b->idle);
    wake_worker(0);
    g_mutex_unlock(&pool.lock);
}

/* aio=io_uring: where the kernel is to carry out the request, as block_driver.transfer says; -1: it is the workers'. */
static int transfer_of(const struct request *r, uint64_t *offset)
{
    const struct block *b = r->b;
    bool write = r->kind == REQ_WRITE;

    if (!b->driver->transfer || (r->kind != REQ_READ && !write) || r->finished || r->key || b->job ||
        (write ? b->detect_zeroes || (r->flags & BLOCK_FUA) : b->copy_on_read))
        return -1;
    *offset = r->offset;
    return b->driver->transfer(r->b, write, offset, r->iov, r->niov, r->len);
}

/* A request that can't be carried out ends on a worker too: the caller may hold a lock that done takes. */
static void submit(struct request what)
{
    struct request *r = g_memdup2(&what, sizeof(what));

    r->ret = check(r);
    r->finished = r->ret < 0;
    if (input_gated() && r->b->user)
        gate(r);
    g_mutex_lock(&pool.lock);
    if (r->key)
        g_queue_push_tail(&r->b->asked, r);
    if (!r->finished)
        r->b->inflight++;
    bool waits = delay(r);
    uint64_t at;
    int fd = waits ? -1 : transfer_of(r, &at);
    if (fd >= 0) {
        g_mutex_unlock(&pool.lock); /* the kernel may do all of it at once */
        if (uring_transfer(fd, r->kind == REQ_WRITE, at, r->iov, r->niov, transfer_ended, r))
            return;
        g_mutex_lock(&pool.lock);
    }
    if (!waits)
        g_queue_push_tail(&pool.queue, r);
    wake_worker(waits);
    g_mutex_unlock(&pool.lock);
}

void block_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, block_done *done,
                void *opaque)
{
    submit((struct request){ .b = b, .kind = REQ_READ, .offset = offset, .iov = iov, .niov = niov,
                             .len = iov_length(iov, niov), .done = done, .opaque = opaque });
}

void block_write(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, unsigned flags,
                 block_done *done, void *opaque)
{
    submit((struct request){ .b = b, .kind = REQ_WRITE, .offset = offset, .iov = iov, .niov = niov, .flags = flags,
                             .len = iov_length(iov, niov), .done = done, .opaque = opaque });
}

void block_flush(struct block *b, block_done *done, void *opaque)
{
    submit((struct request){ .b = b, .kind = REQ_FLUSH, .done = done, .opaque = opaque });
}

void block_discard(struct block *b, uint64_t offset, uint64_t len, block_done *done, void *opaque)
{
    submit((struct request){ .b = b, .kind = REQ_DISCARD, .offset = offset, .len = len, .done = done,
                             .opaque = opaque });
}

void block_write_zeroes(struct block *b, uint64_t offset, uint64_t len, unsigned flags, block_done *done, void *opaque)
{
    submit((struct request){ .b = b, .kind = REQ_ZEROES, .offset = offset, .len = len, .flags = flags, .done = done,
                             .opaque = opaque });
}

static int at_once(struct request r)
{
    int ret = check(&r);
    return ret < 0 ? ret : carry_out(&r);
}

int block_read_sync(struct block *b, uint64_t offset, void *buf, size_t len)
{
    struct iovec iov = { buf, len };
    return at_once((struct request){ .b = b, .kind = REQ_READ, .offset = offset, .iov = &iov, .niov = 1, .len = len });
}

int block_write_sync(struct block *b, uint64_t offset, const void *buf, size_t len)
{
    struct iovec iov = { (void *)buf, len };
    return at_once((struct request){ .b = b, .kind = REQ_WRITE, .offset = offset, .iov = &iov, .niov = 1, .len = len });
}

int block_flush_sync(struct block *b)
{
    return at_once((struct request){ .b = b, .kind = REQ_FLUSH });
}

uint64_t block_hole(struct block *b, uint64_t offset)
{
    struct extent e;

    if (offset >= b->size || chain_status(b, NULL, offset, b->size - offset, &e, NULL) < 0)
        return 0;
    return e.flags & EXTENT_ZERO ? e.len : 0;
}

/* -- Draining and the end -- */

/* A queued request of b that nobody has begun, taken out of the queue; NULL if there is none. */
static struct request *take_queued(struct block *b)
{
    GQueue *const queues[] = { &pool.queue, &pool.delayed };

    for (unsigned i = 0; i < ARRAY_SIZE(queues); i++)
        for (GList *l = queues[i]->head; l; l = l->next) {
            struct request *r = l->data;
            if (r->b == b && !r->finished) {
                g_queue_delete_link(queues[i], l);
                return r;
            }
        }
    return NULL;
}

/*
 * The workers may all be waiting, in callbacks, for a lock that our caller holds: so we carry out what is queued
 * ourselves, and leave the callbacks to them.
 */
static void wait_idle(struct block *b)
{
    struct request *r;

    g_mutex_lock(&pool.lock);
    while (b->inflight > 0) {
        if (input_ordered() || !(r = take_queued(b))) { /* in order: only the one worker, which waits for no lock */
            g_cond_wait(&b->idle, &pool.lock);
            continue;
        }
        if (!run_locked(r))
            continue;
        g_queue_push_tail(&pool.queue, r);
        g_cond_signal(&pool.work);
    }
    unpark(b, false);
    g_mutex_unlock(&pool.lock);
}

void block_drain(struct block *b)
{
    wait_idle(b);
    g_mutex_lock(&pool.lock);
    for (GList *l = b->asked.head; l; l = l->next) /* the guest's memory is not to be touched later */
        copy_to_guest(l->data);
    g_mutex_unlock(&pool.lock);
}

void block_drain_all(void)
{
    for (guint i = 0; block_nodes && i < block_nodes->len; i++)
        wait_idle(g_ptr_array_index(block_nodes, i));
}

void block_close_all(void)
{
    block_drain_all();
    for (guint i = 0; block_nodes && i < block_nodes->len; i++) {
        struct block *b = g_ptr_array_index(block_nodes, i);
        int r = b->read_only || b->parents > 0 ? 0 : block_flush_sync(b);
        if (r < 0)
            log_printf("mynah: %s: cannot flush: %s\n", block_name(b), g_strerror(-r));
    }
    for (guint i = 0; block_nodes && i < block_nodes->len; i++)
        ((struct block *)g_ptr_array_index(block_nodes, i))->place = NULL; /* media stay where they are */
    while (block_drives && block_drives->len > 0)
        drive_free(g_ptr_array_index(block_drives, block_drives->len - 1));
    /* Parents were made after their children: from the end, each one's own reference is what is left of it. */
    while (block_nodes && block_nodes->len > 0)
        block_node_unref(g_ptr_array_index(block_nodes, block_nodes->len - 1));
}
