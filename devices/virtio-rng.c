/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-rng: random bytes from the host's generator. VIRTIO 1.2, section 5.4. */
#include <errno.h>
#include <sys/random.h>

#include "virtio.h"

#define CHUNK 4096 /* bytes asked of the host at a time */
#define MAX_ANSWER (64 * KiB) /* bytes of one buffer that are filled */

struct virtio_rng {
    struct virtio v;
    uint64_t max_bytes; /* in a period; 0: no limit */
    uint32_t period;    /* ms */
    uint64_t left;      /* of max_bytes in this period */
    struct timer timer; /* ends the period; armed while bytes were used */
};

/* Fill up to len bytes of e; returns how many. */
static size_t fill(struct virtq_elem *e, size_t len)
{
    uint8_t buf[CHUNK];
    size_t done = 0;

    while (done < len) {
        ssize_t n = getrandom(buf, MIN(len - done, sizeof(buf)), 0);
        if (n < 0 && errno == EINTR)
            continue;
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

    while ((s->max_bytes == 0 || s->left > 0) && (e = virtq_pop(q))) {
        size_t want = MIN(e->in_len, MAX_ANSWER);
        if (s->max_bytes) {
            want = MIN(want, s->left);
            s->left -= want;
            if (!timer_pending(&s->timer))
                timer_set(&s->timer, clock_now() + s->period * INT64_C(1000000));
        }
        virtq_push(q, e, fill(e, want));
        virtq_interrupt(q);
    }
}

static void period_over(void *opaque)
{
    struct virtio_rng *s = opaque;

    s->left = s->max_bytes;
    if (virtio_running(&s->v))
        virtio_notify(&s->v, 0);
}

static const struct virtio_ops ops = { .notify = notify };

static bool realize(struct device *d, GError **err)
{
    struct virtio_rng *s = (struct virtio_rng *)d;

    if (s->period == 0) {
        fail(err, "virtio-rng-device: period=0: expected milliseconds");
        return false;
    }
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_RNG, 0, 0, err))
        return false;
    virtio_add_queue(&s->v, 8);
    timer_init(&s->timer, period_over, s, &d->lock);
    s->left = s->max_bytes;
    virtio_plug(&s->v);
    return true;
}

static void unrealize(struct device *d)
{
    struct virtio_rng *s = (struct virtio_rng *)d;

    virtio_unplug(&s->v);
    g_mutex_lock(&d->lock);
    timer_cancel(&s->timer);
    g_mutex_unlock(&d->lock);
}

static const struct property props[] = {
    PROP_NAMED("max-bytes", struct virtio_rng, max_bytes, U64, 0, NULL, "bytes given out in a period (0: no limit)"),
    PROP_NAMED("period", struct virtio_rng, period, U32, 65536, NULL, "milliseconds"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct field fields[] = {
    VIRTIO_FIELDS,
    FIELD_END,
};

const struct device_type virtio_rng_device_type = {
    .name = "virtio-rng-device",
    .desc = "virtio source of random numbers",
    .bus = "virtio-bus",
    .size = sizeof(struct virtio_rng),
    .props = props,
    .fields = fields,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
