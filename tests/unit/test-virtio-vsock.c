/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-vsock with the test as the guest's driver and as the host's programs: calls of both, credit, ends, nonsense.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/patience.h"
#include "tests/virtio-rig.h"

extern const struct device_type virtio_vsock_device_type;

enum { REQUEST = 1, RESPONSE, RST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST };
#define HEAD 44
#define BUFFER 4096
#define ROOM (1024 * 1024) /* the guest's, for each connection */

static struct virtio_rig f;
static struct drv rx, tx, event;
static char *folder, *path;
static uint64_t features;
static gpa buffers[64];  /* by descriptor */
static gpa out;

static void offer(void)
{
    gpa a = guest_alloc(&f, BUFFER, 8);

    buffers[drv_add(&rx, &(struct seg){ a, BUFFER, true }, 1)] = a;
}

static void open_vsock(void)
{
    virtio_rig_init(&f, false);
    struct device *d = virtio_rig_device(&f, &virtio_vsock_device_type, f.mmio);
    virtio_rig_set(d, "guest-cid", "7");
    virtio_rig_set(d, "uds-path", path);
    virtio_rig_plug(&f, d);
    features = negotiate(&f, VIRTIO_BIT(VIRTIO_F_VERSION_1));
    g_assert_cmpuint(rd(&f, 0x100), ==, 7);
    drv_setup(&rx, &f, 0, 64, features);
    drv_setup(&tx, &f, 1, 64, features);
    drv_setup(&event, &f, 2, 16, features);
    driver_ok(&f);
    for (unsigned i = 0; i < 16; i++)
        offer();
    drv_kick(&rx);
    out = guest_alloc(&f, HEAD + 65536, 8);
}

static void close_vsock(void)
{
    virtio_rig_unrealize(f.dev);
    g_assert_cmpint(access(path, F_OK), ==, -1);
}

static void put(uint8_t *p, uint64_t v, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        p[i] = v >> (8 * i);
}

static uint32_t forwarded; /* fwd_cnt, in what we send */

static void send_packet(uint16_t op, uint32_t src_port, uint32_t dst_port, uint32_t flags, const void *data, uint32_t n)
{
    uint8_t *h = guest_ptr(&f, out);

    put(h, 7, 8);
    put(h + 8, 2, 8);
    put(h + 16, src_port, 4);
    put(h + 20, dst_port, 4);
    put(h + 24, n, 4);
    put(h + 28, 1, 2);
    put(h + 30, op, 2);
    put(h + 32, flags, 4);
    put(h + 36, ROOM, 4);
    put(h + 40, forwarded, 4);
    if (n)
        memcpy(h + HEAD, data, n);
    uint16_t id = drv_add(&tx, &(struct seg){ out, HEAD + n, false }, 1);
    drv_kick(&tx);
    drv_wait(&tx, id);
}

struct got {
    uint32_t src_port, dst_port, len, flags, alloc, fwd;
    uint16_t op;
    uint8_t data[BUFFER];
};

/* The next packet of the device's. */
static struct got *receive(void)
{
    static struct got g;
    gint64 end = patience_end(10);
    uint16_t id;
    uint32_t len;

    while (!drv_used(&rx, &id, &len)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(100);
    }
    gpa a = buffers[id];
    g_assert_cmpuint(get32(&f, a), ==, 2);
    g_assert_cmpuint(get32(&f, a + 8), ==, 7);
    g = (struct got){ .src_port = get32(&f, a + 16), .dst_port = get32(&f, a + 20), .len = get32(&f, a + 24),
                      .op = get32(&f, a + 28) >> 16, .flags = get32(&f, a + 32), .alloc = get32(&f, a + 36),
                      .fwd = get32(&f, a + 40) };
    g_assert_cmpuint(get16(&f, a + 28), ==, 1);
    g_assert_cmpuint(len, ==, HEAD + g.len);
    memcpy(g.data, guest_ptr(&f, a + HEAD), g.len);
    offer();
    drv_kick(&rx);
    return &g;
}

static struct got *expect(uint16_t op, uint32_t src_port, uint32_t dst_port)
{
    struct got *g = receive();

    g_assert_cmpuint(g->op, ==, op);
    g_assert_cmpuint(g->src_port, ==, src_port);
    g_assert_cmpuint(g->dst_port, ==, dst_port);
    return g;
}

static struct sockaddr_un address(const char *suffix)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    snprintf(a.sun_path, sizeof(a.sun_path), "%s%s", path, suffix);
    return a;
}

static int listen_at(const char *suffix)
{
    struct sockaddr_un a = address(suffix);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    unlink(a.sun_path);
    g_assert_cmpint(bind(s, (struct sockaddr *)&a, sizeof(a)), ==, 0);
    g_assert_cmpint(listen(s, 5), ==, 0);
    return s;
}

static int call(const char *text)
{
    struct sockaddr_un a = address("");
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    g_assert_cmpint(connect(s, (struct sockaddr *)&a, sizeof(a)), ==, 0);
    g_assert_cmpint(send(s, text, strlen(text), 0), ==, strlen(text));
    return s;
}

/* What comes from a socket: n bytes, or 0 for its end. */
static void socket_gets(int s, const void *data, size_t n)
{
    gint64 end = patience_end(10);
    char buf[1024];
    size_t have = 0;

    while (have < n || n == 0) {
        ssize_t r = recv(s, buf + have, n ? n - have : 1, MSG_DONTWAIT);
        if (n == 0 && (r == 0 || (r < 0 && errno == ECONNRESET)))
            return;
        g_assert_true(r > 0 || (r < 0 && errno == EAGAIN));
        if (r > 0)
            have += r;
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        if (!g_main_context_iteration(NULL, FALSE) && r < 0)
            g_usleep(100);
    }
    g_assert_cmpmem(buf, n, data, n);
}

static void test_guest_calls(void)
{
    open_vsock();
    send_packet(REQUEST, 1000, 50, 0, NULL, 0); /* nobody listens */
    expect(RST, 50, 1000);
    int l = listen_at("_50");
    send_packet(REQUEST, 1000, 50, 0, NULL, 0);
    g_assert_cmpuint(expect(RESPONSE, 50, 1000)->alloc, ==, 256 * 1024);
    int s = accept(l, NULL, NULL);
    send_packet(RW, 1000, 50, 0, "hello", 5);
    socket_gets(s, "hello", 5);
    send_packet(CREDIT_REQUEST, 1000, 50, 0, NULL, 0);
    g_assert_cmpuint(expect(CREDIT_UPDATE, 50, 1000)->fwd, ==, 5);
    g_assert_cmpint(send(s, "answer", 6, 0), ==, 6);
    struct got *g = expect(RW, 50, 1000);
    g_assert_cmpmem(g->data, g->len, "answer", 6);
    shutdown(s, SHUT_WR); /* the host has said all, the guest not yet */
    g_assert_cmphex(expect(SHUTDOWN, 50, 1000)->flags, ==, 2);
    send_packet(RW, 1000, 50, 0, "more", 4);
    socket_gets(s, "more", 4);
    send_packet(SHUTDOWN, 1000, 50, 3, NULL, 0);
    socket_gets(s, NULL, 0);
    expect(RST, 50, 1000);
    send_packet(RW, 1000, 50, 0, "x", 1); /* of no connection */
    expect(RST, 50, 1000);
    close(s);
    close(l);
    unlink(address("_50").sun_path);
    close_vsock();
}

static void test_host_calls(void)
{
    open_vsock();
    int bad = call("CONNECT x\n"), long_one = call("CONNECT 00000000000000000000001\n"), s = call("CONNECT 77\nearly");
    struct got *g = receive();
    const uint32_t port = g->src_port;
    g_assert_cmpuint(g->op, ==, REQUEST);
    g_assert_cmpuint(g->dst_port, ==, 77);
    g_assert_cmpuint(port, >=, 1u << 30);
    socket_gets(bad, NULL, 0);
    close(bad);
    close(long_one);
    send_packet(RESPONSE, 77, port, 0, NULL, 0);
    g_autofree char *ok = g_strdup_printf("OK %u\n", port);
    socket_gets(s, ok, strlen(ok));
    g = expect(RW, port, 77);
    g_assert_cmpmem(g->data, g->len, "early", 5);
    send_packet(RST, 77, port, 0, NULL, 0);
    socket_gets(s, NULL, 0);
    close(s);
    s = call("CONNECT 78\n"); /* refused */
    g = receive();
    g_assert_cmpuint(g->dst_port, ==, 78);
    send_packet(RST, 78, g->src_port, 0, NULL, 0);
    socket_gets(s, NULL, 0);
    close(s);
    s = call("CONNECT 79\n"); /* the driver goes */
    receive();
    wr(&f, 0x70, 0);
    socket_gets(s, NULL, 0);
    close(s);
    s = call("CONNECT 79\n"); /* nobody is there */
    socket_gets(s, NULL, 0);
    close(s);
    close_vsock();
}

/* Neither side gets more than it has room for. */
static void test_credit(void)
{
    static uint8_t data[60000];
    unsigned sent = 0;
    size_t total = 0;

    open_vsock();
    int l = listen_at("_50");
    send_packet(REQUEST, 1000, 50, 0, NULL, 0);
    expect(RESPONSE, 50, 1000);
    int s = accept(l, NULL, NULL);
    struct got *g = NULL;
    for (sent = 0; sent < 4; sent++) /* within what was promised, whether the host reads or not */
        send_packet(RW, 1000, 50, 0, data, sizeof(data));
    uint16_t id;
    uint32_t len;
    while (drv_used(&rx, &id, &len)) { /* what the host's buffers took may have been told */
        g_assert_cmpuint(get32(&f, buffers[id] + 28) >> 16, ==, CREDIT_UPDATE);
        offer();
    }
    drv_kick(&rx);
    while (total < sent * sizeof(data)) {
        ssize_t n = recv(s, data, sizeof(data), MSG_DONTWAIT);
        total += n > 0 ? n : 0;
        g_main_context_iteration(NULL, FALSE);
    }
    send_packet(CREDIT_REQUEST, 1000, 50, 0, NULL, 0);
    do {
        g = receive();
    } while (g->op == CREDIT_UPDATE && g->fwd != total);
    g_assert_cmpuint(g->fwd, ==, total);
    for (sent = 0; sent < 20; sent++) /* without credit: it ends */
        send_packet(RW, 1000, 50, 0, data, sizeof(data));
    do {
        g = receive();
    } while (g->op == CREDIT_UPDATE);
    g_assert_cmpuint(g->op, ==, RST);
    close(s);
    close(l);
    unlink(address("_50").sun_path);
    close_vsock();
}

static void test_noise(void)
{
    uint8_t data[300];

    open_vsock();
    int l = listen_at("_50"), s = -1;

    fcntl(l, F_SETFL, O_NONBLOCK);
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t *h = guest_ptr(&f, out);
        uint16_t id;
        uint32_t len, n = g_test_rand_int_range(0, sizeof(data));
        forwarded = g_test_rand_bit() ? 0 : g_test_rand_int();
        if (g_test_rand_int_range(0, 8) == 0) {
            for (unsigned j = 0; j < HEAD; j++)
                h[j] = g_test_rand_bit() ? g_test_rand_int() : h[j];
            uint16_t one = drv_add(&tx, &(struct seg){ out, HEAD + n, false }, 1);
            drv_kick(&tx);
            drv_wait(&tx, one);
        } else {
            send_packet(g_test_rand_int_range(0, 9), g_test_rand_int_range(0, 3), g_test_rand_int_range(49, 51),
                        g_test_rand_int_range(0, 4), data, n);
        }
        if (g_test_rand_int_range(0, 20) == 0)
            close(call(g_test_rand_bit() ? "CONNECT 1\nabc" : "CONN"));
        if (g_test_rand_int_range(0, 20) == 0) {
            int next = accept4(l, NULL, NULL, SOCK_NONBLOCK);
            if (next >= 0 && s >= 0)
                close(s);
            s = next >= 0 ? next : s;
            if (s >= 0)
                g_assert_cmpint(send(s, data, sizeof(data), MSG_NOSIGNAL), >=, -1);
        }
        g_main_context_iteration(NULL, FALSE);
        while (drv_used(&rx, &id, &len) && f.heap < RAM_BASE + RAM_SIZE - 2 * BUFFER)
            offer();
        drv_kick(&rx);
        struct sockaddr_un a = address("_50");
        if (i % 500 == 499 && l >= 0) { /* a queue of callers that nobody took */
            close(l);
            unlink(a.sun_path);
            l = listen_at("_50");
            fcntl(l, F_SETFL, O_NONBLOCK);
        }
    }
    forwarded = 0;
    close(l);
    if (s >= 0)
        close(s);
    unlink(address("_50").sun_path);
    close_vsock();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("mynah-vsock-XXXXXX", NULL);
    path = g_strdup_printf("%s/v", folder);
    g_test_add_func("/virtio-vsock/guest-calls", test_guest_calls);
    g_test_add_func("/virtio-vsock/host-calls", test_host_calls);
    g_test_add_func("/virtio-vsock/credit", test_credit);
    g_test_add_func("/virtio-vsock/noise", test_noise);
    int failures = g_test_run();
    rmdir(folder);
    return failures;
}
