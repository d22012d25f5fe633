/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network back ends, spoken to in frames: the user network, sockets with back ends or plain sockets at their other
 * ends, hubs; what filter-dump writes; options of -netdev and -nic.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "defaults.h"
#include "net-frames.h"
#include "net.h"
#include "object.h"
#include "opts.h"
#include "tests/patience.h"

static GQueue frames = G_QUEUE_INIT; /* of GBytes: what came for the guest */
static bool refuse;
static unsigned refused, can_sends;

static bool receive(void *opaque, const uint8_t *frame, size_t len)
{
    if (refuse) {
        refused++;
        return false;
    }
    g_queue_push_tail(&frames, g_bytes_new(frame, len));
    return true;
}

static void can_send(void *opaque)
{
    can_sends++;
}

/* A board's rows. */
static const struct nic_default models[] = {
    { .model = "virtio-net-device", .driver = "virtio-net-device" },
    { .model = "virtio", .driver = "virtio-net-device" },
    { .model = NULL },
};

static bool add_nic(struct opts *o, GError **err)
{
    return net_add_nic(o, models, err);
}

static bool add_legacy(struct opts *o, GError **err)
{
    return net_add_legacy(o, models, err);
}

/* On a board that has no place for one. */
static bool add_nowhere(struct opts *o, GError **err)
{
    static const struct nic_default none[] = { { .model = NULL } };

    return net_add_nic(o, none, err);
}

static bool add(bool (*fn)(struct opts *, GError **), const char *arg, const char *message)
{
    GError *err = NULL;
    struct opts *o = opts_parse(arg, "type", &err);

    g_assert_no_error(err);
    bool ok = fn(o, &err);
    opts_free(o);
    g_assert_true(ok == (err == NULL));
    if (err)
        g_test_message("%s", err->message);
    if (message) {
        g_assert_nonnull(err);
        g_assert_nonnull(strstr(err->message, message));
    }
    g_clear_error(&err);
    return ok;
}

static struct netdev *open_user(const char *arg)
{
    struct net_client c = { .receive = receive, .can_send = can_send, .opaque = &frames, .name = "tester",
                            .info = "model=tester" };

    g_assert_true(add(net_add_netdev, arg, NULL));
    struct netdev *n = net_find("n");
    g_assert_nonnull(n);
    g_assert_true(net_attach(n, &c, NULL));
    return n;
}

static void close_all(void)
{
    net_close_all();
    g_queue_clear_full(&frames, (GDestroyNotify)g_bytes_unref);
}

static void send_frame(struct netdev *n, const uint8_t *f, size_t len)
{
    struct iovec iov[2] = { { (void *)f, 14 }, { (void *)(f + 14), len - 14 } };

    g_assert_true(net_send(n, iov, 2));
}

/* Run the main loop until a frame comes that fits; false after ten seconds. */
static bool wait_frame(uint8_t *f, size_t *len, bool (*fits)(const uint8_t *f, size_t n, unsigned arg), unsigned arg)
{
    gint64 end = patience_end(10);

    while (g_get_monotonic_time() < end) {
        GBytes *b = g_queue_pop_head(&frames);
        if (!b) {
            if (!g_main_context_iteration(NULL, FALSE))
                g_usleep(500);
            continue;
        }
        const uint8_t *data = g_bytes_get_data(b, len);
        g_assert_cmpuint(*len, <=, 2000);
        memcpy(f, data, *len);
        g_bytes_unref(b);
        if (fits(f, *len, arg))
            return true;
    }
    return false;
}

static bool fits_arp(const uint8_t *f, size_t n, unsigned op)
{
    return is_arp(f, n, op);
}

static bool fits_ip(const uint8_t *f, size_t n, unsigned protocol)
{
    return is_ip(f, n, protocol);
}

static void arp(void)
{
    struct netdev *n = open_user("user,id=n");
    uint8_t f[2000];
    size_t len = make_arp(f, 1, NULL, IP4(10, 0, 2, 15), IP4(10, 0, 2, 2));

    send_frame(n, f, len);
    g_assert_true(wait_frame(f, &len, fits_arp, 2));
    g_assert_cmphex(from_be32(f + 28), ==, IP4(10, 0, 2, 2));
    g_assert_cmpmem(f, 6, test_mac, 6);
    close_all();
}

static void dhcp(gconstpointer data)
{
    bool other = data != NULL;
    struct netdev *n = open_user(other ? "user,id=n,net=192.168.76.0/24,dhcpstart=192.168.76.9" : "user,id=n");
    uint8_t f[2000];
    size_t len = make_discover(f);

    send_frame(n, f, len);
    g_assert_true(wait_frame(f, &len, fits_ip, 17));
    g_assert_cmpuint(from_be16(f + 34), ==, 67);
    g_assert_cmpuint(f[42], ==, 2);
    g_assert_cmphex(from_be32(f + 42 + 4), ==, 0x12345678);
    g_assert_cmphex(from_be32(f + 42 + 16), ==, other ? IP4(192, 168, 76, 9) : IP4(10, 0, 2, 15));
    close_all();
}

static int bound_socket(int type, uint16_t *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, type, 0);

    if (bind(fd, (struct sockaddr *)&a, n) < 0) {
        close(fd);
        return -1;
    }
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&a, &n), ==, 0);
    *port = ntohs(a.sin_port);
    return fd;
}

/* One that nobody has, below those that the host gives to whoever asks for none: another one each time. */
static uint16_t free_port(int type)
{
    static unsigned asked;

    for (;;) {
        uint16_t port = 20000 + (getpid() + 4001 * asked++) % 12000;
        int fd = bound_socket(type, &port);
        if (fd >= 0) {
            close(fd);
            return port;
        }
    }
}

/* A datagram to 10.0.2.2 reaches the host, and its answer the guest. */
static void udp(void)
{
    struct netdev *n = open_user("user,id=n");
    uint8_t f[2000], gateway[6];
    char text[16] = "";
    uint16_t port = 0;
    int fd = bound_socket(SOCK_DGRAM, &port);
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);

    size_t len = make_arp(f, 1, NULL, IP4(10, 0, 2, 15), IP4(10, 0, 2, 2));
    send_frame(n, f, len);
    g_assert_true(wait_frame(f, &len, fits_arp, 2));
    memcpy(gateway, f + 6, 6);
    len = make_udp(f, gateway, IP4(10, 0, 2, 15), 4000, IP4(10, 0, 2, 2), port, "hello", 5);
    send_frame(n, f, len);
    gint64 end = patience_end(10);
    while (recvfrom(fd, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len) < 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    g_assert_cmpstr(text, ==, "hello");
    g_assert_cmpint(sendto(fd, "world!", 6, 0, (struct sockaddr *)&from, from_len), ==, 6);
    g_assert_true(wait_frame(f, &len, fits_ip, 17));
    g_assert_cmpuint(from_be16(f + 36), ==, 4000);
    g_assert_cmpmem(f + 42, 6, "world!", 6);
    close(fd);
    close_all();
}

/* A connection to a forwarded port arrives as a SYN at the guest; while the guest has no room its frames wait. */
static void hostfwd(void)
{
    uint16_t port = free_port(SOCK_STREAM);
    g_autofree char *arg = g_strdup_printf("user,id=n,hostfwd=tcp:127.0.0.1:%u-:22", port);
    struct netdev *n = open_user(arg);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) }, .sin_port = htons(port) };
    uint8_t f[2000];
    size_t len;
    GError *err = NULL;

    GString *info = g_string_new(NULL);
    net_info(info);
    g_assert_cmpstr(info->str, ==, "tester: index=0,type=nic,model=tester\n \\ n: index=0,type=user,net=10.0.2.0,"
                    "restrict=off\n");
    net_info_user(info);
    g_assert_nonnull(strstr(info->str, "HOST_FORWARD"));
    g_string_free(info, TRUE);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&a, sizeof(a)), ==, 0);
    refuse = true;
    gint64 end = patience_end(10);
    while (refused == 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    refuse = false;
    net_accept_input(n);
    if (wait_frame(f, &len, fits_arp, 1)) { /* "who has 10.0.2.15" */
        g_assert_cmphex(from_be32(f + 38), ==, IP4(10, 0, 2, 15));
        uint8_t gateway[6];
        memcpy(gateway, f + 6, 6);
        len = make_arp(f, 2, gateway, IP4(10, 0, 2, 15), IP4(10, 0, 2, 2));
        send_frame(n, f, len);
    }
    g_assert_true(wait_frame(f, &len, fits_ip, 6));
    g_assert_cmphex(from_be32(f + 30), ==, IP4(10, 0, 2, 15));
    g_assert_cmpuint(from_be16(f + 36), ==, 22);
    g_assert_cmphex(f[47], ==, 2); /* SYN */
    close(fd);
    g_autofree char *spec = g_strdup_printf("tcp:127.0.0.1:%u", port);
    g_assert_true(net_hostfwd_remove(NULL, spec, &err));
    g_assert_false(net_hostfwd_remove("n", spec, &err));
    g_clear_error(&err);
    g_assert_false(net_hostfwd_add("n", "tcp:nonsense", &err));
    g_clear_error(&err);
    close_all();
}

/* A sender faster than the main loop is told to wait, and called when it may go on. */
static void backlog(void)
{
    struct netdev *n = open_user("user,id=n,restrict=on");
    uint8_t f[1500];
    struct iovec iov = { f, sizeof(f) };
    unsigned sent = 0;

    memset(f, 0, sizeof(f));
    ethernet(f, NULL, 0x88b5);
    while (net_send(n, &iov, 1))
        g_assert_cmpuint(++sent, <, 100000);
    g_assert_cmpuint(sent, >, 10);
    can_sends = 0;
    for (int i = 0; i < 1000 && !can_sends; i++)
        g_main_context_iteration(NULL, FALSE);
    g_assert_cmpuint(can_sends, ==, 1);
    g_assert_true(net_send(n, &iov, 1));
    close_all();
}

/* -- Two back ends, or one and a socket of the test's -- */

static char *folder;

static char *in_folder(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

/* A guest's card at a back end of its own. */
struct card {
    struct netdev *n;
    GQueue got; /* of GBytes */
};

static bool card_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct card *c = opaque;

    g_queue_push_tail(&c->got, g_bytes_new(frame, len));
    return true;
}

static void plug_in(struct card *c, const char *id, const char *options, ...)
{
    const struct net_client client = { .receive = card_receive, .opaque = c, .name = "card" };
    va_list ap;

    va_start(ap, options);
    g_autofree char *rest = g_strdup_vprintf(options, ap), *arg = g_strdup_printf("%s,id=%s", rest, id);
    va_end(ap);
    g_queue_init(&c->got);
    g_assert_true(add(net_add_netdev, arg, NULL));
    c->n = net_find(id);
    g_assert_true(net_attach(c->n, &client, NULL));
}

static void card_send(struct card *c, const void *data, size_t len)
{
    struct iovec iov = { (void *)data, len };

    g_assert_true(net_send(c->n, &iov, 1));
}

static void iterate(void)
{
    if (!g_main_context_iteration(NULL, FALSE))
        g_usleep(500);
}

/* The next frame is this one. */
static void card_gets(struct card *c, const void *data, size_t len)
{
    gint64 end = patience_end(10);
    GBytes *b;

    while (!(b = g_queue_pop_head(&c->got))) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        iterate();
    }
    gsize n;
    const void *got = g_bytes_get_data(b, &n);
    g_assert_cmpmem(got, n, data, len);
    g_bytes_unref(b);
}

/* Frames of all sizes, in both directions. The first may come before the other end is there: it is sent until it arrives. */
static void exchange(struct card *a, struct card *b)
{
    static uint8_t frame[NET_MAX_FRAME];
    static const size_t sizes[] = { 14, 60, 1514, 4095, 9000, 65000 };
    gint64 end = patience_end(10);

    while (g_queue_is_empty(&b->got)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        card_send(a, "hello, hello, hello", 19);
        for (unsigned i = 0; i < 20; i++)
            iterate();
    }
    for (unsigned i = 0; i < 100; i++)
        iterate();
    g_queue_clear_full(&b->got, (GDestroyNotify)g_bytes_unref);
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            frame[j] = i + j * 7;
        card_send(a, frame, sizes[i]);
        card_gets(b, frame, sizes[i]);
        frame[0]++;
        card_send(b, frame, sizes[i]);
        card_gets(a, frame, sizes[i]);
    }
}

static void end_cards(void)
{
    net_close_all();
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* sockets are gone */
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
}

static unsigned peers_came, peers_went;
static char *last_peer;

static void on_peer(const struct net_peer *p)
{
    if (p->connected) {
        peers_came++;
        g_free(last_peer);
        last_peer = g_strdup(p->path ? p->path : p->host);
    } else {
        peers_went++;
    }
}

static void stream_unix(void)
{
    g_autofree char *path = in_folder("s");
    struct card a, b;

    peers_came = peers_went = 0;
    net_on_peer = on_peer;
    plug_in(&a, "a", "stream,server=on,addr.type=unix,addr.path=%s", path);
    plug_in(&b, "b", "stream,addr.type=unix,addr.path=%s", path);
    exchange(&a, &b);
    g_assert_cmpuint(peers_came, ==, 2);
    g_assert_cmpstr(last_peer, ==, path);
    net_detach(b.n, &b);
    g_assert_true(net_remove("b", NULL));
    gint64 end = patience_end(10);
    while (!peers_went) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        iterate();
    }
    card_send(&a, "nobody is there now", 19);
    plug_in(&b, "b", "stream,addr.type=unix,addr.path=%s", path);
    exchange(&a, &b);
    net_on_peer = NULL;
    end_cards();
}

/* The client is there first, and tries until the server comes. */
static void stream_reconnect(void)
{
    uint16_t port = free_port(SOCK_STREAM);
    struct card a, b;

    plug_in(&b, "b", "stream,addr.type=inet,addr.host=127.0.0.1,addr.port=%u,reconnect-ms=10", port);
    plug_in(&a, "a", "stream,server=on,addr.type=inet,addr.host=127.0.0.1,addr.port=%u", port);
    exchange(&a, &b);
    end_cards();
}

static void socket_listen(void)
{
    uint16_t port = free_port(SOCK_STREAM);
    struct card a, b;

    plug_in(&a, "a", "socket,listen=127.0.0.1:%u", port);
    plug_in(&b, "b", "socket,connect=127.0.0.1:%u", port);
    exchange(&a, &b);
    end_cards();
}

/* What passt and others do: frames after their lengths. A length that no frame has ends the connection. */
static void stream_bytes(void)
{
    static const uint8_t two[] = { 0, 0, 0, 14, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n',
                                   0, 0, 0, 2, 'x', 'y' }, bad[] = { 0, 1, 0, 15 };
    uint8_t got[32];
    struct card c;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    plug_in(&c, "c", "stream,addr.type=fd,addr.str=%d", pair[0]);
    for (unsigned i = 0; i < sizeof(two); i++) { /* in the smallest pieces */
        g_assert_cmpint(write(pair[1], two + i, 1), ==, 1);
        for (unsigned j = 0; j < 3; j++)
            iterate();
    }
    card_gets(&c, two + 4, 14);
    card_gets(&c, "xy", 2);
    card_send(&c, two + 4, 14);
    gint64 end = patience_end(10);
    while (recv(pair[1], got, sizeof(got), MSG_DONTWAIT | MSG_PEEK) < 18) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        iterate();
    }
    g_assert_cmpint(read(pair[1], got, sizeof(got)), ==, 18);
    g_assert_cmpmem(got, 18, two, 18);
    g_assert_cmpint(write(pair[1], bad, sizeof(bad)), ==, sizeof(bad));
    while (recv(pair[1], got, 1, MSG_DONTWAIT) != 0) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        iterate();
    }
    close(pair[1]);
    end_cards();
}

static void dgram_unix(void)
{
    g_autofree char *one = in_folder("1"), *two = in_folder("2");
    struct card a, b;

    plug_in(&a, "a", "dgram,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s", one, two);
    plug_in(&b, "b", "dgram,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s", two, one);
    exchange(&a, &b);
    end_cards();
}

static void dgram_udp(void)
{
    uint16_t one = free_port(SOCK_DGRAM), two = free_port(SOCK_DGRAM);
    struct card a, b;

    plug_in(&a, "a", "dgram,local.type=inet,local.host=127.0.0.1,local.port=%u,remote.type=inet,"
            "remote.host=127.0.0.1,remote.port=%u", one, two);
    plug_in(&b, "b", "socket,localaddr=127.0.0.1:%u,udp=127.0.0.1:%u", two, one);
    exchange(&a, &b);
    end_cards();
}

static void dgram_fds(void)
{
    struct card a, b;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
    plug_in(&a, "a", "dgram,local.type=fd,local.str=%d", pair[0]);
    plug_in(&b, "b", "socket,fd=%d", pair[1]);
    exchange(&a, &b);
    end_cards();
}

/* What one says all hear. On the loopback interface, for nobody else. */
static void multicast(void)
{
    uint16_t port = free_port(SOCK_DGRAM);
    struct card a, b;

    plug_in(&a, "a", "dgram,remote.type=inet,remote.host=230.0.0.1,remote.port=%u,local.type=inet,local.host=127.0.0.1",
            port);
    plug_in(&b, "b", "socket,mcast=230.0.0.1:%u,localaddr=127.0.0.1", port);
    card_send(&a, "good morning, all", 17);
    card_gets(&b, "good morning, all", 17);
    card_gets(&a, "good morning, all", 17);
    end_cards();
}

/* Three cards and a stream at a hub: what comes in at one goes out at all others, and nowhere else. */
static void hub(void)
{
    struct card a, b, c, other;
    int pair[2];
    uint8_t got[32];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
    plug_in(&a, "a", "hubport,hubid=0");
    plug_in(&b, "b", "hubport,hubid=0");
    plug_in(&c, "c", "hubport,hubid=0");
    plug_in(&other, "other", "hubport,hubid=1");
    g_autofree char *arg = g_strdup_printf("dgram,id=d,local.type=fd,local.str=%d", pair[0]);
    g_assert_true(add(net_add_netdev, arg, NULL));
    g_assert_true(add(net_add_netdev, "hubport,id=p,hubid=0,netdev=d", NULL));
    g_assert_false(net_attach(net_find("p"), &(struct net_client){ .name = "x" }, NULL));
    card_send(&a, "from a", 6);
    card_gets(&b, "from a", 6);
    card_gets(&c, "from a", 6);
    gint64 end = patience_end(10);
    while (recv(pair[1], got, sizeof(got), MSG_DONTWAIT) != 6) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        iterate();
    }
    g_assert_cmpmem(got, 6, "from a", 6);
    g_assert_cmpint(write(pair[1], "from d", 6), ==, 6);
    card_gets(&a, "from d", 6);
    card_gets(&b, "from d", 6);
    card_gets(&c, "from d", 6);
    g_assert_true(g_queue_is_empty(&a.got) && g_queue_is_empty(&other.got));
    close(pair[1]);
    end_cards();
}

/* -- Tap: in a network of the test's own -- */

static int new_tap(short flags, char *name)
{
    struct ifreq r = { .ifr_flags = IFF_NO_PI | flags };
    int fd = open("/dev/net/tun", O_RDWR);

    g_strlcpy(r.ifr_name, "mynah%d", sizeof(r.ifr_name));
    if (fd < 0 || ioctl(fd, TUNSETIFF, &r)) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    strcpy(name, r.ifr_name);
    return fd;
}

static int interface_up(const char *name)
{
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq r = { 0 };

    strcpy(r.ifr_name, name);
    g_assert_cmpint(ioctl(s, SIOCGIFFLAGS, &r), ==, 0);
    r.ifr_flags |= IFF_UP;
    g_assert_cmpint(ioctl(s, SIOCSIFFLAGS, &r), ==, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(IP4(10, 7, 0, 1)) } };
    memcpy(&r.ifr_addr, &a, sizeof(a));
    g_assert_cmpint(ioctl(s, SIOCSIFADDR, &r), ==, 0);
    return s;
}

/* The kernel answers to an ARP request that comes from a card. */
static void tap(gconstpointer header)
{
    char name[IFNAMSIZ], mac[6];
    uint8_t f[60];
    struct card c;
    int fd;

    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) && unshare(CLONE_NEWNET)) {
        g_test_skip("no network namespaces here");
        return;
    }
    fd = new_tap(IFF_TAP | (header ? IFF_VNET_HDR : 0), name);
    if (fd < 0) {
        g_test_skip("no tap devices here");
        return;
    }
    int s = interface_up(name);
    struct ifreq r = { 0 };
    strcpy(r.ifr_name, name);
    g_assert_cmpint(ioctl(s, SIOCGIFHWADDR, &r), ==, 0);
    memcpy(mac, r.ifr_hwaddr.sa_data, 6);
    plug_in(&c, "t", "tap,fd=%d", fd);
    size_t len = make_arp(f, 1, NULL, IP4(10, 7, 0, 2), IP4(10, 7, 0, 1));
    card_send(&c, f, len);
    gint64 end = patience_end(10);
    for (;;) { /* the kernel has something to say by itself, too */
        GBytes *b = g_queue_pop_head(&c.got);
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        if (!b) {
            iterate();
            continue;
        }
        gsize n;
        const uint8_t *data = g_bytes_get_data(b, &n);
        bool answer = is_arp(data, n, 2);
        if (answer)
            g_assert_cmpmem(data + 22, 6, mac, 6);
        g_bytes_unref(b);
        if (answer)
            break;
    }
    close(s);
    end_cards();
    fd = new_tap(IFF_TUN, name);
    g_autofree char *arg = g_strdup_printf("tap,id=t,fd=%d", fd);
    g_assert_false(add(net_add_netdev, arg, "this tun device is not"));
    fd = open("/dev/null", O_RDWR);
    g_autofree char *null = g_strdup_printf("tap,id=t,fd=%d", fd);
    g_assert_false(add(net_add_netdev, null, "expected a tap device"));
}

/* -- filter-dump -- */

static bool add_object(const char *options, ...)
{
    va_list ap;

    va_start(ap, options);
    g_autofree char *arg = g_strdup_vprintf(options, ap);
    va_end(ap);
    struct opts *o = opts_parse(arg, "qom-type", NULL);
    g_autoptr(GError) err = NULL;
    bool ok = object_add(o, &err);
    opts_free(o);
    if (err)
        g_test_message("%s", err->message);
    return ok;
}

static const uint32_t *pcap_frame(const uint32_t *at, uint32_t kept, uint32_t length, const char *data)
{
    g_assert_cmpuint(at[1], <, 1000000);
    g_assert_cmpuint(at[2], ==, kept);
    g_assert_cmpuint(at[3], ==, length);
    g_assert_cmpmem(at + 4, kept, data, kept);
    return (const uint32_t *)((const uint8_t *)(at + 4) + kept);
}

static void dump(void)
{
    g_autofree char *all = in_folder("all"), *out = in_folder("out"), *text = NULL, *text2 = NULL;
    struct card a, b;
    gsize len;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), ==, 0);
    plug_in(&a, "a", "dgram,local.type=fd,local.str=%d", pair[0]);
    plug_in(&b, "b", "dgram,local.type=fd,local.str=%d", pair[1]);
    g_assert_true(add_object("filter-dump,id=f,netdev=a,file=%s,maxlen=8", all));
    g_assert_true(add_object("filter-dump,id=g,netdev=a,file=%s,queue=rx", out));
    g_assert_false(add_object("filter-dump,id=h,netdev=a"));
    g_assert_false(add_object("filter-dump,id=h,file=x"));
    g_assert_false(add_object("filter-dump,id=h,netdev=none,file=%s", out));
    g_assert_false(add_object("filter-dump,id=h,netdev=a,file=%s/none/x", folder));
    struct iovec pieces[] = { { "in ", 3 }, { "three ", 6 }, { "pieces..", 8 } };
    g_assert_true(net_send(a.n, pieces, 3));
    card_gets(&b, "in three pieces..", 17);
    card_send(&b, "answer!!", 8);
    card_gets(&a, "answer!!", 8);
    g_autoptr(GString) info = g_string_new(NULL);
    net_info(info);
    g_assert_nonnull(strstr(info->str, "filters:\n  - f: type=filter-dump,file="));
    g_assert_nonnull(strstr(info->str, ",maxlen=8,position=tail,status=on,insert=behind,netdev=a,queue=all\n"));
    g_assert_true(object_remove("g", NULL));
    g_assert_false(object_remove("g", NULL));
    card_send(&a, "not in out", 10);
    card_gets(&b, "not in out", 10);
    net_close_all();
    g_assert_false(object_remove("f", NULL)); /* it went with its back end */

    g_assert_true(g_file_get_contents(all, &text, &len, NULL));
    const uint32_t *head = (const uint32_t *)text;
    g_assert_cmphex(head[0], ==, 0xa1b2c3d4);
    g_assert_cmphex(head[1], ==, G_BYTE_ORDER == G_LITTLE_ENDIAN ? 0x40002 : 0x20004);
    g_assert_cmpuint(head[4], ==, 8);
    g_assert_cmpuint(head[5], ==, 1);
    const uint32_t *at = pcap_frame(head + 6, 8, 17, "in three");
    at = pcap_frame(at, 8, 8, "answer!!");
    at = pcap_frame(at, 8, 10, "not in o");
    g_assert_true((const char *)at == text + len);
    g_assert_true(g_file_get_contents(out, &text2, &len, NULL));
    head = (const uint32_t *)text2;
    at = pcap_frame(head + 6, 17, 17, "in three pieces..");
    g_assert_true((const char *)at == text2 + len);
    g_unlink(all);
    g_unlink(out);
}

static void bad_options(void)
{
    static const struct { const char *arg, *message; } bad[] = {
        { "user", "id" },
        { "vde,id=x", "mynah does not yet" },
        { "usr,id=x", "expected bridge, dgram, hubport, socket, stream, tap, user" },
        { "tap,id=x,fd=1000000", "expected the number of an open descriptor" },
        { "tap,id=x,fd=0,ifname=y", "not for a descriptor" },
        { "tap,id=x,vhost=on", "vhost=on" },
        { "tap,id=x,fd=0,queues=2", "expected 1" },
        { "tap,id=x,fds=0:1:2,queues=2", "one for each queue" },
        { "user,id=x,queues=33", "32" },
        { "tap,id=x,ifname=abcdefghijklmnopq", "15 characters" },
        { "bridge,id=x,helper=/nonexistent", "bridge helper failed" },
        { "bridge,id=x,helper=/bin/true", "bridge helper failed" },
        { "bridge,id=x,helper=exit 3; :", "bridge helper failed" },
        { "stream,id=x", "addr.type" },
        { "stream,id=x,addr.type=inet,addr.host=x", "addr.port" },
        { "stream,id=x,addr.type=unix,addr.path=/nonexistent/s", "cannot connect" },
        { "stream,id=x,addr.type=fd,addr.str=1000000", "stream socket" },
        { "dgram,id=x", "remote.type" },
        { "dgram,id=x,local.type=unix,local.path=y", "remote.type" },
        { "dgram,id=x,remote.type=inet,remote.host=127.0.0.1,remote.port=1", "local.type" },
        { "dgram,id=x,remote.type=unix,remote.path=y,local.type=inet,local.host=127.0.0.1,local.port=0", "as remote" },
        { "dgram,id=x,remote.type=inet,remote.host=1.2.3.4,remote.port=77777,local.type=unix", "1.2.3.4:77777" },
        { "socket,id=x", "expected one of" },
        { "socket,id=x,listen=:1,connect=:1", "expected one of" },
        { "socket,id=x,udp=127.0.0.1:1", "localaddr" },
        { "socket,id=x,udp=127.0.0.1,localaddr=127.0.0.1:1", "HOST:PORT" },
        { "socket,id=x,mcast=127.0.0.1:1", "multicast" },
        { "socket,id=x,connect=nohost", "[HOST]:PORT" },
        { "socket,id=x,fd=1000000", "open stream socket" },
        { "hubport,id=x", "hubid" },
        { "hubport,id=x,hubid=0,netdev=none", "expected the id" },
        { "user,id=x,bogus=1", "bogus" },
        { "user,id=x,net=ten", "net=ten" },
        { "user,id=x,net=1.2.3.0/99", "mask" },
        { "user,id=x,dhcpstart=1.2.3.4", "dhcpstart" },
        { "user,id=x,dns=10.0.2.2", "different" },
        { "user,id=x,restrict=perhaps", "restrict" },
        { "user,id=x,hostfwd=tcp::99999-:22", "hostfwd" },
        { "user,id=x,hostfwd=sctp::5000-:22", "hostfwd" },
        { "user,id=x,hostfwd=tcp:1.2.3.4:5000-:22", "cannot listen" },
        { "user,id=x,ipv6-net=zz", "ipv6-net" },
        { "user,id=x,guestfwd=tcp:1.2.3.4:5-cmd:true", "expected an address in the network" },
        { "user,id=x,guestfwd=tcp:10.0.2.2:5-null", "expected an address in the network" },
        { "user,id=x,guestfwd=udp:10.0.2.9:5-null", "expected [tcp]:ADDRESS:PORT-DEV" },
        { "user,id=x,guestfwd=tcp:10.0.2.9:0-null", "expected [tcp]:ADDRESS:PORT-DEV" },
        { "user,id=x,guestfwd=tcp:10.0.2.9:5-frob", "there is no such back end" },
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_test_message("%s", bad[i].arg);
        g_assert_false(add(net_add_netdev, bad[i].arg, bad[i].message));
        g_assert_null(net_find("x"));
    }
    g_assert_true(add(net_add_netdev, "user,id=x", NULL));
    g_assert_false(add(net_add_netdev, "user,id=x", "already in use"));
    g_assert_false(add(add_nic, "user,model=e1000", "model=e1000: mynah does not yet have this; expected virtio-net-device"));
    g_assert_true(add(add_nic, "none", NULL));
    g_assert_false(add(add_nowhere, "user", "no place for a network card"));
    g_assert_true(add(add_nic,
                      "{\"type\":\"user\",\"model\":\"virtio\",\"hostfwd\":[{\"str\":\"tcp:127.0.0.1:0-:22\"}]}", NULL));
    g_assert_true(add(add_legacy, "nic,model=virtio,macaddr=52:54:00:00:00:01", NULL));
    g_assert_true(add(add_legacy, "user", NULL));
    GString *info = g_string_new(NULL);
    net_info_user(info);
    g_assert_nonnull(strstr(info->str, "HOST_FORWARD"));
    g_string_free(info, TRUE);
    close_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("mynah-net-XXXXXX", NULL);
    net_add_object_kinds();
    object_complete_all(NULL);
    g_test_add_func("/net/arp", arp);
    g_test_add_data_func("/net/dhcp", NULL, dhcp);
    g_test_add_data_func("/net/dhcp-other-net", "", dhcp);
    g_test_add_func("/net/udp", udp);
    g_test_add_func("/net/hostfwd", hostfwd);
    g_test_add_func("/net/backlog", backlog);
    g_test_add_func("/net/stream/unix", stream_unix);
    g_test_add_func("/net/stream/reconnect", stream_reconnect);
    g_test_add_func("/net/stream/bytes", stream_bytes);
    g_test_add_func("/net/socket/listen", socket_listen);
    g_test_add_func("/net/dgram/unix", dgram_unix);
    g_test_add_func("/net/dgram/udp", dgram_udp);
    g_test_add_func("/net/dgram/fds", dgram_fds);
    g_test_add_func("/net/dgram/multicast", multicast);
    g_test_add_func("/net/hub", hub);
    g_test_add_func("/net/dump", dump);
    g_test_add_func("/net/options", bad_options);
    g_test_add_data_func("/net/tap/plain", NULL, tap); /* the last: they leave the host's network */
    g_test_add_data_func("/net/tap/header", "", tap);
    int failures = g_test_run();
    g_rmdir(folder);
    return failures;
}
