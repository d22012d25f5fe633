/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -object filter-dump: the frames of a back end into a file that tcpdump and Wireshark read (pcap 2.4, Ethernet, with
 * microseconds of the guest's time). And filter-replay, which command lines made for QEMU have.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "backend.h"
#include "clock.h"
#include "object.h"

#define PCAP_MAGIC 0xa1b2c3d4 /* in the writer's byte order, which readers see by it */
#define LINK_ETHERNET 1

enum queue { ALL, TO_HOST, TO_GUEST };
static const char *const queues[] = { "all", "rx", "tx", NULL }; /* as the back end sees it */

struct filter {
    struct object obj;
    struct net_filter seat; /* at n */
    struct netdev *n;       /* NULL: not yet */
    char *netdev, *file;
    unsigned queue;
    uint64_t maxlen;
    bool on;
    /* Of filter-dump. */
    int fd;
    int64_t began; /* us since 1970 at virtual time 0 */
    bool failed;
    uint8_t frame[NET_MAX_FRAME]; /* the one that is being written */
};

/* -- Both -- */

static struct filter *filter_of(struct object *obj)
{
    return (struct filter *)obj;
}

static bool take(struct object *obj, struct opts *o, GError **err)
{
    struct filter *f = filter_of(obj);

    f->fd = -1;
    f->on = true;
    f->netdev = g_strdup(opts_take(o, "netdev"));
    return opts_take_enum(o, "queue", queues, &f->queue, err) && opts_take_bool(o, "status", &f->on, err);
}

static bool make(struct object *obj, GError **err)
{
    if (filter_of(obj)->netdev)
        return true;
    fail(err, "expected netdev=ID");
    return false;
}

static void info(const struct net_filter *seat, GString *out)
{
    const struct filter *f = container_of(seat, struct filter, seat);

    g_string_append_printf(out, "  - %s: type=%s", f->obj.id, f->obj.kind->name);
    if (f->file)
        g_string_append_printf(out, ",file=%s,maxlen=%u", f->file, (unsigned)f->maxlen);
    g_string_append_printf(out, ",position=tail,status=%s,insert=behind,netdev=%s,queue=%s\n", f->on ? "on" : "off",
                           f->netdev, queues[f->queue]);
}

static void gone(struct net_filter *seat)
{
    struct filter *f = container_of(seat, struct filter, seat);

    f->n = NULL;
    object_remove(f->obj.id, NULL);
}

static bool complete(struct object *obj, GError **err)
{
    struct filter *f = filter_of(obj);
    struct netdev *n = net_find(f->netdev);

    if (!n) {
        fail(err, "netdev=%s: there is no -netdev with this id", f->netdev);
        return false;
    }
    f->n = n;
    f->seat.info = info;
    f->seat.gone = gone;
    net_filter_add(n, &f->seat);
    return true;
}

static void clear(struct object *obj)
{
    struct filter *f = filter_of(obj);

    if (f->n)
        net_filter_remove(f->n, &f->seat);
    if (f->fd >= 0)
        close(f->fd);
    g_free(f->netdev);
    g_free(f->file);
}

/* -- Dump -- */

struct pcap_head {
    uint32_t magic;
    uint16_t major, minor;
    int32_t zone;
    uint32_t accuracy, longest, link;
};

struct pcap_frame {
    uint32_t seconds, microseconds, kept, length;
};

static bool take_dump(struct object *obj, struct opts *o, GError **err)
{
    struct filter *f = filter_of(obj);

    f->maxlen = 65536;
    f->file = g_strdup(opts_take(o, "file"));
    return take(obj, o, err) && opts_take_uint(o, "maxlen", 1, UINT32_MAX, &f->maxlen, err);
}

static bool make_dump(struct object *obj, GError **err)
{
    const struct filter *f = filter_of(obj);

    if (!make(obj, err))
        return false;
    if (!f->file)
        fail(err, "expected file=FILE");
    return f->file != NULL;
}

static void see(struct net_filter *seat, bool to_guest, const struct iovec *iov, unsigned niov)
{
    struct filter *f = container_of(seat, struct filter, seat);
    int64_t us = f->began + clock_now() / 1000;
    struct pcap_frame head = { .seconds = us / 1000000, .microseconds = us % 1000000 };
    const size_t most = MIN(f->maxlen, sizeof(f->frame));

    if (!f->on || f->failed || f->queue == (to_guest ? TO_HOST : TO_GUEST))
        return;
    for (unsigned i = 0; i < niov; i++) {
        size_t n = MIN(iov[i].iov_len, most - head.kept);
        memcpy(f->frame + head.kept, iov[i].iov_base, n);
        head.kept += n;
        head.length += iov[i].iov_len;
    }
    struct iovec out[2] = { { &head, sizeof(head) }, { f->frame, head.kept } };
    ssize_t want = sizeof(head) + head.kept, n;
    while ((n = writev(f->fd, out, 2)) < 0 && errno == EINTR)
        ;
    if (n != want) { /* half a frame is the last that the file can have */
        f->failed = true;
        g_printerr("mynah: -object filter-dump: file=%s: no more is written: %s\n", f->file,
                   n < 0 ? g_strerror(errno) : "the disk is full");
    }
}

static bool complete_dump(struct object *obj, GError **err)
{
    struct filter *f = filter_of(obj);
    const struct pcap_head head = { .magic = PCAP_MAGIC, .major = 2, .minor = 4, .longest = f->maxlen,
                                    .link = LINK_ETHERNET };

    f->fd = open(f->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (f->fd < 0 || write(f->fd, &head, sizeof(head)) != sizeof(head)) {
        fail(err, "file=%s: %s", f->file, g_strerror(errno));
        return false;
    }
    f->began = g_get_real_time() - clock_now() / 1000;
    f->seat.see = see;
    return complete(obj, err);
}

static const struct object_kind dump_kind = {
    .name = "filter-dump",
    .help = "write the frames of netdev=ID to file=FILE, for tcpdump and Wireshark",
    .size = sizeof(struct filter),
    .take = take_dump,
    .make = make_dump,
    .complete = complete_dump,
    .clear = clear,
};

/* -- Replay: frames are recorded and replayed without it -- */

static void see_nothing(struct net_filter *seat, bool to_guest, const struct iovec *iov, unsigned niov)
{
    /* What is seen is recorded elsewhere. */
}

static bool complete_replay(struct object *obj, GError **err)
{
    filter_of(obj)->seat.see = see_nothing;
    return complete(obj, err);
}

static const struct object_kind replay_kind = {
    .name = "filter-replay",
    .help = "accepted for QEMU's sake: -icount rr= has the frames of netdev=ID anyway",
    .size = sizeof(struct filter),
    .take = take,
    .make = make,
    .complete = complete_replay,
    .clear = clear,
};

void net_add_object_kinds(void)
{
    object_kind_add(&dump_kind);
    object_kind_add(&replay_kind);
}
