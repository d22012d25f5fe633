/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-rng: random bytes from the host's generator, or from a file (-object rng-random). VIRTIO 1.2, section 5.4. */
#include <errno.h>
#include <poll.h>
#include <sys/random.h>
#include <unistd.h>

#include "input.h"
#include "object.h"
#include "virtio.h"

#define CHUNK 4096 /* bytes asked of the host at a time */
#define RETRY_NS (10 * INT64_C(1000000)) /* until a source that had nothing is asked again */
#define MAX_ANSWER (64 * KiB) /* bytes of one buffer that are filled */

struct virtio_rng {
    struct virtio v;
    uint64_t max_bytes; /* in a period; 0: no limit */
    uint32_t period;    /* ms */
    uint64_t left;      /* of max_bytes in this period */
    struct timer timer; /* ends the period; armed while bytes were used */
    char *rng;          /* the object, NULL or empty: the host's generator */
    int fd;             /* that is read, or -1 */
    struct timer retry; /* looks again whether fd has something */
    struct input_source input;
};

static bool source_ready(struct virtio_rng *s)
{
    struct pollfd p = { .fd = s->fd, .events = POLLIN };
    bool ready = s->fd < 0 || poll(&p, 1, 0) > 0;

    if (s->fd >= 0)
        input_value(&s->input, &ready, sizeof(ready));
    return ready;
}

static ssize_t read_host(const struct virtio_rng *s, uint8_t *buf, size_t len)
{
    ssize_t n;

    do {
        n = s->fd < 0 ? getrandom(buf, len, 0) : read(s->fd, buf, len);
    } while (n < 0 && errno == EINTR);
    if (n == 0 && lseek(s->fd, 0, SEEK_SET) == 0)
        n = read(s->fd, buf, len);
    return n;
}

/* Like read(). A file that has come to its end begins anew. In a replay the recorded bytes. */
static ssize_t get_bytes(struct virtio_rng *s, uint8_t *buf, size_t len)
{
    int32_t n = input_replaying() ? -1 : read_host(s, buf, len);

    input_value(&s->input, &n, sizeof(n));
    if (n > (int64_t)len)
        n = -1;
    if (n > 0)
        input_value(&s->input, buf, n);
    return n;
}

/* Fill up to len bytes of e; returns how many. */
static size_t fill(struct virtio_rng *s, struct virtq_elem *e, size_t len)
{
    uint8_t buf[CHUNK];
    size_t done = 0;

    while (done < len) {
        ssize_t n = get_bytes(s, buf, MIN(len - done, sizeof(buf)));
        if (n <= 0)
            break;
        done += iov_write(e->in, e->nin, done, buf, n);
    }
    return done;
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_rng *s = (struct virtio_rng *)v;
    struct virtq_elem *e;

    if (!virtio_running(v))
        return; /* as in QEMU: buffers that came before DRIVER_OK wait for it */
    while ((s->max_bytes == 0 || s->left > 0) && source_ready(s) && (e = virtq_pop(q))) {
        size_t want = MIN(e->in_len, MAX_ANSWER);
        if (s->max_bytes) {
            want = MIN(want, s->left);
            s->left -= want;
            if (!timer_pending(&s->timer))
                timer_set(&s->timer, clock_now() + s->period * INT64_C(1000000));
        }
        virtq_push(q, e, fill(s, e, want));
        virtq_interrupt(q);
    }
    if (!source_ready(s) && !virtq_empty(q))
        timer_set(&s->retry, clock_now() + RETRY_NS);
}

static void look_again(struct virtio_rng *s)
{
    struct virtq *q = virtio_queue(&s->v, 0);

    if (q && q->ready && !s->v.broken)
        notify(&s->v, q);
}

static void period_over(void *opaque)
{
    struct virtio_rng *s = opaque;

    s->left = s->max_bytes;
    look_again(s);
}

static void retry(void *opaque)
{
    look_again(opaque);
}

static const struct virtio_ops ops = { .notify = notify };

static bool realize(struct device *d, GError **err)
{
    struct virtio_rng *s = (struct virtio_rng *)d;

    if (s->period == 0) {
        fail(err, "virtio-rng-device: period=0: expected milliseconds");
        return false;
    }
    s->fd = -1;
    if (s->rng && *s->rng && !object_rng(s->rng, &s->fd, err)) {
        g_prefix_error(err, "virtio-rng-device: rng=%s: ", s->rng);
        return false;
    }
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_RNG, 0, 0, err))
        return false;
    virtio_add_queue(&s->v, 8);
    timer_init(&s->timer, period_over, s, &d->lock);
    timer_init(&s->retry, retry, s, &d->lock);
    s->left = s->max_bytes;
    input_source_add(&s->input, NULL, NULL, "random numbers of %s", d->id ? d->id : d->parent->id);
    return true;
}

static void unrealize(struct device *d)
{
    struct virtio_rng *s = (struct virtio_rng *)d;

    virtio_fini(&s->v);
    input_source_remove(&s->input);
    g_mutex_lock(&d->lock);
    timer_cancel(&s->timer);
    timer_cancel(&s->retry);
    g_mutex_unlock(&d->lock);
}

static const struct property props[] = {
    PROP(struct virtio_rng, rng, STRING, 0, NULL, "-object rng-builtin or rng-random (default: the host's generator)"),
    PROP_NAMED("max-bytes", struct virtio_rng, max_bytes, U64, 0, NULL, "bytes given out in a period (0: no limit)"),
    PROP_NAMED("period", struct virtio_rng, period, U32, 65536, NULL, "milliseconds"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_rng),
    FIELD_KEEP(struct virtio_rng, left),
    FIELD_KEEP_TIMER(struct virtio_rng, timer), /* the guest can't have more by a reset */
    FIELD_NONE(struct virtio_rng, fd, "the host's"),
    FIELD_NONE(struct virtio_rng, input, "wiring"),
    FIELD_KEEP_TIMER(struct virtio_rng, retry),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct virtio_rng),
    .version = 1,
    .rows = fields,
    .settle = virtio_settle,
    .loaded = virtio_loaded,
};

const struct device_type virtio_rng_device_type = {
    .name = "virtio-rng-device",
    .desc = "virtio source of random numbers",
    .bus = &virtio_bus_type,
    .size = sizeof(struct virtio_rng),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
