/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -netdev tap and -netdev bridge: a network interface of the host is the other end of the guest's card. It is made here
 * (which wants CAP_NET_ADMIN), was made by others (fd=), or is made by QEMU's helper, which puts it into a bridge.
 */
#include <fcntl.h>
#include <gio/gio.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "input.h"
#include "offload.h"
#include "packets.h"

#define SCRIPT_UP "/etc/qemu-ifup"
#define SCRIPT_DOWN "/etc/qemu-ifdown"
#define HELPER "/usr/lib/qemu/qemu-bridge-helper"
#define BRIDGE "br0"

struct tap {
    struct packets io[NET_MAX_QUEUES]; /* the first is written to; the kernel gives back on any */
    unsigned nio;
    bool header; /* virtio-net's, as far as a replay can know */
    char *down; /* script that takes the interface down, or NULL */
    char *ifname, *info;
};

/* What is asked for; NULL: not given. */
struct wish {
    const char *ifname, *fd, *fds, *script, *down, *br, *helper;
    uint64_t sndbuf; /* 0: the system's */
    unsigned queues;
    bool header;     /* with virtio-net's header */
};

static bool is_script(const char *s)
{
    return s && *s && strcmp(s, "no");
}

static bool run_script(const char *script, const char *ifname, GError **err)
{
    const char *argv[] = { script, ifname, NULL };
    g_autoptr(GError) e = NULL;
    int status;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL, &status, &e) ||
        !g_spawn_check_wait_status(status, &e)) {
        fail(err, "network script %s: %s", script, e->message);
        return false;
    }
    return true;
}

/* -- Descriptors -- */

/* A new interface, or one that is there. -1 with a message. */
static int make_interface(const char *ifname, const struct wish *w, GError **err)
{
    struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI | (w->header ? IFF_VNET_HDR : 0) |
                                    (w->queues > 1 ? IFF_MULTI_QUEUE : 0) };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        fail(err, "/dev/net/tun: %s", g_strerror(errno));
        return -1;
    }
    g_strlcpy(r.ifr_name, ifname ? ifname : "tap%d", sizeof(r.ifr_name));
    if (!ioctl(fd, TUNSETIFF, &r))
        return fd;
    fail(err, "ifname=%s: the interface cannot be made: %s", ifname ? ifname : "", g_strerror(errno));
    close(fd);
    return -1;
}

static int inherited(const char *text, GError **err)
{
    uint64_t n;

    if (parse_uint(text, &n) && n <= INT32_MAX && fcntl((int)n, F_GETFD) >= 0)
        return (int)n;
    fail(err, "fd=%s: expected the number of an open descriptor", text);
    return -1;
}

/* The descriptor that was sent along a socket, or -1. */
static int passed(int sock)
{
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec iov = { &byte, 1 };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                          .msg_controllen = sizeof(control) };
    int fd = -1;

    if (recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
        return -1;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&msg); h; h = CMSG_NXTHDR(&msg, h))
        if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len >= CMSG_LEN(sizeof(int)))
            memcpy(&fd, CMSG_DATA(h), sizeof(fd));
    return fd;
}

/* helper is a program or, with a space in it, a line for the shell. */
static int ask_helper(const char *helper, const char *br, GError **err)
{
    g_autoptr(GSubprocessLauncher) l = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    g_autofree char *bridge = g_strdup_printf("--br=%s", br), *line = g_strdup_printf("%s --fd=3 %s", helper, bridge);
    g_autoptr(GError) e = NULL;
    int pair[2], fd = -1;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        fail(err, "socketpair: %s", g_strerror(errno));
        return -1;
    }
    g_subprocess_launcher_take_fd(l, pair[1], 3);
    g_autoptr(GSubprocess) child = strpbrk(helper, " \t")
        ? g_subprocess_launcher_spawn(l, &e, "/bin/sh", "-c", line, NULL)
        : g_subprocess_launcher_spawn(l, &e, helper, "--fd=3", bridge, NULL);
    if (child && g_subprocess_wait_check(child, NULL, &e))
        fd = passed(pair[0]);
    close(pair[0]);
    if (fd < 0)
        fail(err, "helper=%s: bridge helper failed%s%s", helper, e ? ": " : "", e ? e->message : "");
    return fd;
}

/* The descriptor of this queue; fds: those of fds=. -1 with a message. */
static int get_fd(const struct tap *t, const struct wish *w, char **fds, unsigned queue, GError **err)
{
    if (fds)
        return inherited(fds[queue], err);
    if (w->fd)
        return inherited(w->fd, err);
    if (w->helper)
        return ask_helper(w->helper, w->br ? w->br : BRIDGE, err);
    return make_interface(queue ? t->ifname : w->ifname, w, err);
}

/* -- The interface -- */

/*
 * See that fd is a tap device and gives frames as they are on a cable. With a virtio-net header (IFF_VNET_HDR) there is
 * one before each frame: its size, else 0, into *header. Whether there is packet information too (no IFF_NO_PI) the
 * kernel does not tell. False with a message.
 */
static bool set_up(struct tap *t, int fd, const struct wish *w, size_t *header, GError **err)
{
    struct ifreq r = { 0 };
    int size = 0, sndbuf = w->sndbuf > INT32_MAX ? INT32_MAX : (int)w->sndbuf;

    if (ioctl(fd, TUNGETIFF, &r)) {
        fail(err, "fd=%d: expected a tap device: %s", fd, g_strerror(errno));
        return false;
    }
    if (!(r.ifr_flags & IFF_TAP)) {
        fail(err, "fd=%d: expected a tap device, which this tun device is not", fd);
        return false;
    }
    if (r.ifr_flags & IFF_VNET_HDR) {
        if (ioctl(fd, TUNGETVNETHDRSZ, &size) || size > PACKETS_HEADER_MAX || ioctl(fd, TUNSETOFFLOAD, 0)) {
            fail(err, "fd=%d: its virtio-net headers cannot be set up: %s", fd, g_strerror(errno));
            return false;
        }
    }
    if (sndbuf && ioctl(fd, TUNSETSNDBUF, &sndbuf)) {
        fail(err, "sndbuf=%d: %s", sndbuf, g_strerror(errno));
        return false;
    }
    *header = size;
    if (!t->ifname)
        t->ifname = g_strdup(r.ifr_name);
    return true;
}

static void tap_close(void *state)
{
    struct tap *t = state;
    g_autoptr(GError) err = NULL;

    for (unsigned i = 0; i < t->nio; i++)
        packets_stop(&t->io[i]);
    if (t->down && t->ifname && !run_script(t->down, t->ifname, &err))
        g_printerr("mynah: -netdev tap: %s\n", err->message);
    g_free(t->down);
    g_free(t->ifname);
    g_free(t->info);
    g_free(t);
}

static char *describe(const struct tap *t, const struct wish *w)
{
    if (w->fd || w->fds)
        return g_strdup_printf("fd=%s", w->fd ? w->fd : w->fds);
    if (w->helper)
        return g_strdup_printf("helper=%s,br=%s", w->helper, w->br ? w->br : BRIDGE);
    return g_strdup_printf("ifname=%s,script=%s,downscript=%s", t->ifname ? t->ifname : "", w->script, w->down);
}

static bool open_queue(struct tap *t, struct netdev *n, const struct wish *w, char **fds, GError **err)
{
    size_t header = 0;
    int fd = get_fd(t, w, fds, t->nio, err);

    if (fd < 0)
        return false;
    if (!set_up(t, fd, w, &header, err)) {
        close(fd);
        return false;
    }
    t->header = header;
    packets_start(&t->io[t->nio++], n, fd, header);
    return true;
}

static void *open_wish(struct netdev *n, const struct wish *w, GError **err)
{
    g_auto(GStrv) fds = w->fds ? g_strsplit(w->fds, ":", -1) : NULL;
    struct tap *t = g_new0(struct tap, 1);
    bool ok = true;

    if (fds && g_strv_length(fds) != w->queues) {
        fail(err, "fds=%s: expected the numbers of %u open descriptors, one for each queue", w->fds, w->queues);
        g_free(t);
        return NULL;
    }
    t->header = w->header;
    if (input_replaying()) {
        t->info = describe(t, w);
        return t;
    }
    for (unsigned i = 0; ok && i < w->queues; i++)
        ok = open_queue(t, n, w, fds, err);
    if (!ok || (is_script(w->script) && !run_script(w->script, t->ifname, err))) {
        tap_close(t);
        return NULL;
    }
    if (is_script(w->down))
        t->down = g_strdup(w->down);
    t->info = describe(t, w);
    return t;
}

/* -- Options -- */

/* What only the host's kernel could do. */
static bool check_rest(struct opts *o, GError **err)
{
    static const char *const off[] = { "vhost", "vhostforce" }, *const no[] = { "vhostfd", "vhostfds" };
    uint64_t poll = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(off); i++) {
        bool on = false;
        if (!opts_take_bool(o, off[i], &on, err))
            return false;
        if (on) {
            fail(err, "%s=on: mynah does not have this", off[i]);
            return false;
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(no); i++)
        if (opts_peek(o, no[i])) {
            fail(err, "%s=%s: mynah does not have this", no[i], opts_peek(o, no[i]));
            return false;
        }
    return opts_take_uint(o, "poll-us", 0, UINT32_MAX, &poll, err);
}

static bool check_one(const struct wish *w, GError **err)
{
    bool given = w->fd || w->fds;

    if (w->fd && w->fds)
        fail(err, "fd=%s: expected it without fds=", w->fd);
    else if (given && (w->ifname || w->script || w->down || w->helper || w->br))
        fail(err, "fd=%s: ifname=, script=, downscript=, br= and helper= are not for a descriptor",
             w->fd ? w->fd : w->fds);
    else if ((w->fd || w->helper) && w->queues > 1)
        fail(err, "queues=%u: expected 1 with fd= or helper=", w->queues);
    else if (w->helper && (w->ifname || w->script || w->down))
        fail(err, "helper=%s: ifname=, script= and downscript= are not for a helper", w->helper);
    else if (w->ifname && strlen(w->ifname) >= IFNAMSIZ)
        fail(err, "ifname=%s: expected at most %d characters", w->ifname, IFNAMSIZ - 1);
    else
        return true;
    return false;
}

/* As many as there are in fds=, if it does not say otherwise. */
static bool take_queues(struct netdev *n, struct opts *o, struct wish *w, GError **err)
{
    if (w->fds && !opts_peek(o, "queues")) {
        g_auto(GStrv) fds = g_strsplit(w->fds, ":", -1);
        g_autofree char *text = g_strdup_printf("%u", g_strv_length(fds));
        opts_set(o, "queues", text);
    }
    if (!net_take_queues(n, o, err))
        return false;
    w->queues = net_queues(n);
    return true;
}

static void *tap_open(struct netdev *n, struct opts *o, GError **err)
{
    struct wish w = {
        .ifname = opts_take(o, "ifname"),     .fd = opts_take(o, "fd"), .script = opts_take(o, "script"),
        .down = opts_take(o, "downscript"),   .br = opts_take(o, "br"), .helper = opts_take(o, "helper"),
        .fds = opts_take(o, "fds"),           .header = true,
    };

    if (!opts_take_size(o, "sndbuf", &w.sndbuf, err) || !opts_take_bool(o, "vnet_hdr", &w.header, err) ||
        !take_queues(n, o, &w, err) || !check_rest(o, err) || !net_taken(n, o, err) || !check_one(&w, err))
        return NULL;
    if (!w.fd && !w.fds && !w.helper) {
        w.script = w.script ? w.script : SCRIPT_UP;
        w.down = w.down ? w.down : SCRIPT_DOWN;
    }
    return open_wish(n, &w, err);
}

static void *bridge_open(struct netdev *n, struct opts *o, GError **err)
{
    struct wish w = { .br = opts_take_or(o, "br", BRIDGE), .helper = opts_take_or(o, "helper", HELPER),
                      .queues = 1 };

    return net_taken(n, o, err) ? open_wish(n, &w, err) : NULL;
}

/* -- The back ends -- */

static void tap_send(void *state, const uint8_t *frame, size_t len)
{
    struct tap *t = state;

    if (t->nio)
        packets_send(&t->io[0], NULL, frame, len, NULL, 0);
}

static bool send_finished(void *state, const uint8_t *frame, size_t len)
{
    tap_send(state, frame, len);
    return true;
}

static void tap_send_offload(void *state, const struct net_offload *o, const uint8_t *frame, size_t len)
{
    struct tap *t = state;

    if (!t->nio)
        return;
    if (t->io[0].header && o->gso != NET_GSO_UDP_L4) { /* which kernels before 6.2 refuse */
        packets_send(&t->io[0], o, frame, len, NULL, 0);
        return;
    }
    g_autofree uint8_t *copy = g_memdup2(frame, len);
    offload_finish(o, false, copy, len, send_finished, t);
}

static unsigned tap_gives(void *state)
{
    const struct tap *t = state;

    return t->header ? NET_TAKES_SUM | NET_TAKES_TCP4 | NET_TAKES_TCP6 | NET_TAKES_ECN | NET_TAKES_UDP : 0;
}

static void tap_takes(void *state, unsigned takes)
{
    static const struct { unsigned take, flag; } flags[] = {
        { NET_TAKES_SUM, TUN_F_CSUM }, { NET_TAKES_TCP4, TUN_F_TSO4 }, { NET_TAKES_TCP6, TUN_F_TSO6 },
        { NET_TAKES_ECN, TUN_F_TSO_ECN }, { NET_TAKES_UDP, TUN_F_UFO },
    };
    const struct tap *t = state;
    unsigned bits = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
        if (takes & flags[i].take)
            bits |= flags[i].flag;
    /* Refused (the interface is gone, UFO is unknown): net.c finishes what still comes. */
    for (unsigned i = 0; i < t->nio; i++)
        if (t->io[i].header && ioctl(t->io[i].fd, TUNSETOFFLOAD, bits))
            ioctl(t->io[i].fd, TUNSETOFFLOAD, bits & ~TUN_F_UFO);
}

static void tap_reopen(void *state)
{
    /* What the host's network knows of the guest is its own affair. */
}

static void tap_info(void *state, GString *out)
{
    g_string_append(out, ((struct tap *)state)->info);
}

const struct net_backend net_tap = {
    .name = "tap",
    .open = tap_open,
    .send = tap_send,
    .send_offload = tap_send_offload,
    .gives = tap_gives,
    .takes = tap_takes,
    .reopen = tap_reopen,
    .info = tap_info,
    .close = tap_close,
};

const struct net_backend net_bridge = {
    .name = "bridge",
    .open = bridge_open,
    .send = tap_send,
    .send_offload = tap_send_offload,
    .gives = tap_gives,
    .takes = tap_takes,
    .reopen = tap_reopen,
    .info = tap_info,
    .close = tap_close,
};
