/* SPDX-License-Identifier: BSD-2-Clause */
/* The user network, spoken to in frames; options of -netdev and -nic. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "defaults.h"
#include "net-frames.h"
#include "net.h"
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
    struct net_client c = { receive, can_send, NULL, &frames, NULL, "tester", "model=tester" };

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

static int udp_socket(uint16_t *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&a, n), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&a, &n), ==, 0);
    *port = ntohs(a.sin_port);
    return fd;
}

/* A datagram to 10.0.2.2 reaches the host, and its answer the guest. */
static void udp(void)
{
    struct netdev *n = open_user("user,id=n");
    uint8_t f[2000], gateway[6];
    char text[16] = "";
    uint16_t port;
    int fd = udp_socket(&port);
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
    uint16_t port;
    int fd = udp_socket(&port); /* a number that is free */
    g_autofree char *arg = g_strdup_printf("user,id=n,hostfwd=tcp:127.0.0.1:%u-:22", port);
    struct netdev *n = open_user(arg);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) }, .sin_port = htons(port) };
    uint8_t f[2000];
    size_t len;
    GError *err = NULL;

    close(fd);
    GString *info = g_string_new(NULL);
    net_info(info);
    g_assert_cmpstr(info->str, ==, "tester: index=0,type=nic,model=tester\n \\ n: index=0,type=user,net=10.0.2.0,"
                    "restrict=off\n");
    net_info_user(info);
    g_assert_nonnull(strstr(info->str, "HOST_FORWARD"));
    g_string_free(info, TRUE);
    fd = socket(AF_INET, SOCK_STREAM, 0);
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

static void bad_options(void)
{
    static const struct { const char *arg, *message; } bad[] = {
        { "user", "id" },
        { "tap,id=x", "mynah does not yet" },
        { "usr,id=x", "expected user" },
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
    g_test_add_func("/net/arp", arp);
    g_test_add_data_func("/net/dhcp", NULL, dhcp);
    g_test_add_data_func("/net/dhcp-other-net", "", dhcp);
    g_test_add_func("/net/udp", udp);
    g_test_add_func("/net/hostfwd", hostfwd);
    g_test_add_func("/net/backlog", backlog);
    g_test_add_func("/net/options", bad_options);
    return g_test_run();
}
