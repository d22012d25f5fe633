/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-9p: a folder of the host for the guest, by 9P2000.L (p9.c). VIRTIO 1.2, section 5.9. Messages are carried out one
 * after the other on a thread of the device's. What a guest has open is not part of a snapshot: after loading one it has
 * to mount anew.
 */
#include <string.h>

#include "input.h"
#include "p9.h"
#include "virtio.h"

enum { F_MOUNT_TAG = 0 };
enum { C_TAG_LEN = 0, C_TAG = 2, C_TAG_MAX = VIRTIO_MAX_CONFIG - C_TAG };
#define QUEUE_SIZE 128

struct virtio_9p {
    struct virtio v;
    struct p9 *server;    /* the worker's */
    GThreadPool *worker;  /* one thread */
    /* Properties. */
    struct fsdev *fsdev;
    char *mount_tag;
};

/* A message on its way; elem NULL: the device was reset. */
struct job {
    struct virtq_elem *elem;
    size_t len, room;
    uint8_t *answer;
    uint8_t message[];
};

/* -- On the worker -- */

static void finish(struct virtio_9p *s, struct job *j, size_t len)
{
    struct virtq_elem *e = j->elem;

    g_mutex_lock(&s->v.dev.lock);
    if (virtq_live(e)) {
        struct virtq *q = e->q;
        virtq_push(q, e, iov_write(e->in, e->nin, 0, j->answer, len));
        virtq_interrupt(q);
    } else {
        virtq_forget(e);
    }
    g_mutex_unlock(&s->v.dev.lock);
}

static void work(gpointer data, gpointer opaque)
{
    struct virtio_9p *s = opaque;
    struct job *j = data;

    if (j->elem) {
        j->answer = g_malloc(j->room);
        finish(s, j, p9_answer(s->server, j->message, j->len, j->answer, j->room));
        g_free(j->answer);
    } else {
        p9_reset(s->server);
    }
    g_free(j);
}

/* -- Lock held -- */

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_9p *s = (struct virtio_9p *)v;
    struct virtq_elem *e;

    while ((e = virtq_pop(q))) {
        if (e->out_len < P9_HEADER || e->in_len < P9_HEADER || e->out_len > P9_MAX_MESSAGE) {
            virtio_error(v, "message of %zu bytes, with room for an answer of %zu", e->out_len, e->in_len);
            virtq_forget(e);
            return;
        }
        struct job *j = g_malloc0(sizeof(*j) + e->out_len);
        j->elem = e;
        j->len = iov_read(e->out, e->nout, 0, j->message, e->out_len);
        j->room = MIN(e->in_len, P9_MAX_MESSAGE);
        g_thread_pool_push(s->worker, j, NULL);
    }
}

static void reset(struct virtio *v)
{
    struct virtio_9p *s = (struct virtio_9p *)v;

    if (s->worker)
        g_thread_pool_push(s->worker, g_new0(struct job, 1), NULL);
}

static const struct virtio_ops ops = { .notify = notify, .reset = reset };

/* -- The device -- */

static bool realize(struct device *d, GError **err)
{
    struct virtio_9p *s = (struct virtio_9p *)d;
    size_t len = s->mount_tag ? strlen(s->mount_tag) : 0;

    if (!s->fsdev)
        fail(err, "%s: fsdev: expected the id of an -fsdev", d->type->name);
    else if (len == 0 || len > C_TAG_MAX)
        fail(err, "%s: mount_tag: expected a name of 1 to %u bytes", d->type->name, (unsigned)C_TAG_MAX);
    else if (input_ordered())
        fail(err, "%s: what is in files of the host can't be recorded", d->type->name);
    else if (virtio_init(&s->v, &ops, VIRTIO_ID_9P, VIRTIO_BIT(F_MOUNT_TAG), C_TAG + len, err)) {
        virtio_add_queue(&s->v, QUEUE_SIZE);
        s->v.config[C_TAG_LEN] = len;
        memcpy(s->v.config + C_TAG, s->mount_tag, len);
        s->server = p9_new(s->fsdev);
        s->worker = g_thread_pool_new(work, s, 1, FALSE, NULL);
        return true;
    }
    return false;
}

static void unrealize(struct device *d)
{
    struct virtio_9p *s = (struct virtio_9p *)d;

    virtio_fini(&s->v);
    g_thread_pool_free(s->worker, FALSE, TRUE);
    s->worker = NULL;
    p9_free(s->server);
}

static const struct property props[] = {
    PROP_NAMES("fsdev", struct virtio_9p, fsdev, fsdev_prop, "the folder, as -fsdev has it"),
    PROP(struct virtio_9p, mount_tag, STRING, 0, NULL, "the name that the guest mounts it by"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_9p),
    FIELD_NONE(struct virtio_9p, server, "the host's files"),
    FIELD_NONE(struct virtio_9p, worker, "a thread; no message is out"),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct virtio_9p),
    .version = 1,
    .rows = fields,
    .settle = virtio_settle,
    .loaded = virtio_loaded,
};

const struct device_type virtio_9p_device_type = {
    .name = "virtio-9p-device",
    .desc = "virtio file system (9P) of a folder of the host",
    .bus = &virtio_bus_type,
    .size = sizeof(struct virtio_9p),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
