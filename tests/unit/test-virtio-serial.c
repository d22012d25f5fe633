/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-serial's ports and control queue, with the host's ends of character devices behind them. */
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fake-chardev.h"
#include "tests/patience.h"
#include "tests/virtio-rig.h"

extern const struct device_type virtio_serial_device_type, virtconsole_type, virtserialport_type;

enum { READY, ADD, REMOVE, PORT_READY, CONSOLE, RESIZE, OPEN, NAME };

struct serial {
    struct virtio_rig f;
    struct drv in[3], out[3], control_in, control_out; /* ports 0, 1, 2 */
    struct device *console, *port;
    struct chardev *console_chardev, *port_chardev;
    int console_fd, port_fd; /* the host's ends */
};

static struct device *add_port(struct serial *s, const struct device_type *t, struct chardev *c, const char *name)
{
    struct device *d = virtio_rig_device(&s->f, t, s->f.dev);

    virtio_rig_set(d, "chardev", chardev_id(c));
    if (name)
        virtio_rig_set(d, "name", name);
    virtio_rig_realize(d);
    return d;
}

static void spin(unsigned ms)
{
    for (unsigned i = 0; i < ms; i++) {
        while (g_main_context_iteration(NULL, FALSE))
            ;
        g_usleep(1000);
    }
}

static void serial_open(struct serial *s, uint64_t want)
{
    memset(s, 0, sizeof(*s));
    s->console_chardev = fake_chardev("c0");
    s->port_chardev = fake_chardev("p1");
    virtio_rig_init(&s->f, false);
    struct device *d = virtio_rig_device(&s->f, &virtio_serial_device_type, s->f.mmio);
    virtio_rig_plug(&s->f, d);
    s->console = add_port(s, &virtconsole_type, s->console_chardev, NULL);
    s->port = add_port(s, &virtserialport_type, s->port_chardev, "org.mynah.test");
    s->console_fd = fake_chardev_connect(s->console_chardev);
    uint64_t features = negotiate(&s->f, want);
    drv_setup(&s->in[0], &s->f, 0, 64, features);
    drv_setup(&s->out[0], &s->f, 1, 64, features);
    if (features & 2) {
        drv_setup(&s->control_in, &s->f, 2, 64, features);
        drv_setup(&s->control_out, &s->f, 3, 64, features);
        drv_setup(&s->in[1], &s->f, 4, 64, features);
        drv_setup(&s->out[1], &s->f, 5, 64, features);
    }
    driver_ok(&s->f);
}

static void serial_close(struct serial *s)
{
    virtio_rig_unrealize(s->port);
    virtio_rig_unrealize(s->console);
    virtio_rig_unrealize(s->f.dev);
    close(s->console_fd);
    fake_chardev_free(s->console_chardev);
    fake_chardev_free(s->port_chardev);
}

static void tell(struct serial *s, uint32_t id, uint16_t event, uint16_t value)
{
    gpa a = guest_alloc(&s->f, 8, 8);

    put16(&s->f, a, id);
    put16(&s->f, a + 4, event);
    put16(&s->f, a + 6, value);
    uint16_t b = drv_add(&s->control_out, &(struct seg){ a, 8, false }, 1);
    drv_kick(&s->control_out);
    drv_wait(&s->control_out, b);
}

/* The next control message is this; its text in *text. */
static void expect(struct serial *s, uint32_t id, uint16_t event, uint16_t value, const char *text)
{
    gpa a = guest_alloc(&s->f, 64, 8);
    uint16_t b = drv_add(&s->control_in, &(struct seg){ a, 64, true }, 1);

    drv_kick(&s->control_in);
    uint32_t len = drv_wait(&s->control_in, b);
    g_assert_cmpuint(len, ==, 8 + (text ? strlen(text) : 0));
    g_assert_cmpuint(get32(&s->f, a), ==, id);
    g_assert_cmpuint(get16(&s->f, a + 4), ==, event);
    g_assert_cmpuint(get16(&s->f, a + 6), ==, value);
    if (text)
        g_assert_cmpmem(guest_ptr(&s->f, a + 8), len - 8, text, strlen(text));
}

static void say(struct serial *s, struct drv *q, const char *text)
{
    gpa a = guest_alloc(&s->f, strlen(text), 8);

    memcpy(guest_ptr(&s->f, a), text, strlen(text));
    uint16_t b = drv_add(q, &(struct seg){ a, strlen(text), false }, 1);
    drv_kick(q);
    drv_wait(q, b);
}

static void hear(int fd, const char *text)
{
    char buf[200] = "";
    size_t got = 0;

    for (gint64 end = patience_end(10); got < strlen(text) && g_get_monotonic_time() < end;) {
        ssize_t n = recv(fd, buf + got, sizeof(buf) - 1 - got, MSG_DONTWAIT);
        if (n > 0)
            got += n;
        g_main_context_iteration(NULL, FALSE);
        g_usleep(n > 0 ? 0 : 1000);
    }
    g_assert_cmpstr(buf, ==, text);
}

static void single(void)
{
    struct serial s;

    serial_open(&s, 0); /* a driver that knows one console only */
    g_assert_cmpuint(rd(&s.f, 0x104), ==, 31);
    say(&s, &s.out[0], "from the guest");
    hear(s.console_fd, "from the guest");
    gpa a = guest_alloc(&s.f, 64, 8);
    uint16_t b = drv_add(&s.in[0], &(struct seg){ a, 5, true }, 1);
    uint16_t b2 = drv_add(&s.in[0], &(struct seg){ a + 8, 50, true }, 1);
    drv_kick(&s.in[0]);
    g_assert_cmpint(write(s.console_fd, "from the host", 13), ==, 13);
    g_assert_cmpuint(drv_wait(&s.in[0], b), ==, 5);
    g_assert_cmpuint(drv_wait(&s.in[0], b2), ==, 8);
    g_assert_cmpmem(guest_ptr(&s.f, a), 5, "from ", 5);
    g_assert_cmpmem(guest_ptr(&s.f, a + 8), 8, "the host", 8);
    wr(&s.f, 0x108, 'E'); /* emergency write */
    hear(s.console_fd, "E");
    serial_close(&s);
}

static void ports(void)
{
    struct serial s;

    serial_open(&s, UINT64_MAX);
    tell(&s, 0, READY, 1);
    expect(&s, 0, ADD, 1, NULL);
    expect(&s, 1, ADD, 1, NULL);
    tell(&s, 0, PORT_READY, 1);
    expect(&s, 0, CONSOLE, 1, NULL);
    expect(&s, 0, OPEN, 1, NULL);
    tell(&s, 1, PORT_READY, 1);
    expect(&s, 1, NAME, 1, "org.mynah.test");
    tell(&s, 1, OPEN, 1);

    /* The host connects, speaks, hears, hangs up. */
    s.port_fd = fake_chardev_connect(s.port_chardev);
    expect(&s, 1, OPEN, 1, NULL);
    say(&s, &s.out[1], "ping");
    hear(s.port_fd, "ping");
    g_assert_cmpint(write(s.port_fd, "pong", 4), ==, 4);
    spin(20); /* no buffer yet: it waits */
    gpa a = guest_alloc(&s.f, 64, 8);
    uint16_t b = drv_add(&s.in[1], &(struct seg){ a, 64, true }, 1);
    drv_kick(&s.in[1]);
    g_assert_cmpuint(drv_wait(&s.in[1], b), ==, 4);
    g_assert_cmpmem(guest_ptr(&s.f, a), 4, "pong", 4);
    drv_add(&s.in[1], &(struct seg){ a, 64, true }, 1);
    drv_kick(&s.in[1]);
    close(s.port_fd);
    expect(&s, 1, OPEN, 0, NULL);
    serial_close(&s);
}

/* More than the host's end takes waits in the ring, and nothing is lost. */
static void backpressure(void)
{
    struct serial s;
    uint16_t id;
    uint32_t len;
    enum { N = 40, PIECE = 100000 };
    static uint8_t buf[65536];

    serial_open(&s, 0);
    for (unsigned i = 0; i < N; i++) {
        gpa a = guest_alloc(&s.f, PIECE, 8);
        for (unsigned j = 0; j < PIECE; j++)
            *(uint8_t *)guest_ptr(&s.f, a + j) = i + j / 7;
        drv_add(&s.out[0], &(struct seg){ a, PIECE, false }, 1);
    }
    drv_kick(&s.out[0]);
    unsigned back = 0;
    while (drv_used(&s.out[0], &id, &len))
        back++;
    g_assert_cmpuint(back, <, N);
    for (size_t got = 0; got < (size_t)N * PIECE;) {
        ssize_t n = recv(s.console_fd, buf, sizeof(buf), MSG_DONTWAIT);
        for (ssize_t k = 0; k < n; k++, got++)
            g_assert_cmphex(buf[k], ==, (uint8_t)(got / PIECE + got % PIECE / 7));
        g_main_context_iteration(NULL, FALSE);
    }
    while (drv_used(&s.out[0], &id, &len))
        back++;
    g_assert_cmpuint(back, ==, N);
    serial_close(&s);
}

/* Input to a port that the guest has not opened waits until it does. */
static void closed_port(void)
{
    struct serial s;
    uint16_t id;
    uint32_t len;

    serial_open(&s, UINT64_MAX);
    gpa a = guest_alloc(&s.f, 64, 8);
    uint16_t b = drv_add(&s.in[0], &(struct seg){ a, 64, true }, 1);
    drv_kick(&s.in[0]);
    g_assert_cmpint(write(s.console_fd, "early", 5), ==, 5);
    spin(30);
    g_assert_false(drv_used(&s.in[0], &id, &len));
    tell(&s, 0, OPEN, 1);
    g_assert_cmpuint(drv_wait(&s.in[0], b), ==, 5);
    serial_close(&s);
}

static void numbers(void)
{
    struct serial s;
    GError *err = NULL;

    serial_open(&s, 0);
    for (unsigned i = 0; i < 3; i++) {
        static const char *const bad[] = { "0", "1", "31" }; /* the console's, taken, beyond */
        struct device *d = virtio_rig_device(&s.f, &virtserialport_type, s.f.dev);
        virtio_rig_set(d, "nr", bad[i]);
        g_assert_false(s.f.dev->type->provides_bus->address(s.f.dev, d, &err));
        g_test_message("%s", err->message);
        g_clear_error(&err);
    }
    serial_close(&s);
}

/* A port that goes while the guest uses it, and one that comes: the guest is told, and gets its buffers back. */
static void hotplug(void)
{
    struct serial s;

    serial_open(&s, UINT64_MAX);
    tell(&s, 0, READY, 1);
    expect(&s, 0, ADD, 1, NULL);
    expect(&s, 1, ADD, 1, NULL);
    tell(&s, 1, PORT_READY, 1);
    expect(&s, 1, NAME, 1, "org.mynah.test");
    tell(&s, 1, OPEN, 1);
    s.port_fd = fake_chardev_connect(s.port_chardev);
    expect(&s, 1, OPEN, 1, NULL);
    fake_chardev_stuff(s.port_chardev);
    gpa a = guest_alloc(&s.f, 8, 8);
    uint16_t b = drv_add(&s.out[1], &(struct seg){ a, 8, false }, 1), id;
    uint32_t len;
    drv_kick(&s.out[1]);
    g_assert_false(drv_used(&s.out[1], &id, &len)); /* the host has no room for it */
    virtio_rig_unrealize(s.port);
    g_assert_cmpuint(drv_wait(&s.out[1], b), ==, 0);
    expect(&s, 1, REMOVE, 1, NULL);
    tell(&s, 1, OPEN, 0); /* too late */
    close(s.port_fd);
    spin(20);

    s.port = add_port(&s, &virtserialport_type, s.port_chardev, "org.mynah.again");
    expect(&s, 1, ADD, 1, NULL);
    tell(&s, 1, PORT_READY, 1);
    expect(&s, 1, NAME, 1, "org.mynah.again");
    s.port_fd = fake_chardev_connect(s.port_chardev);
    expect(&s, 1, OPEN, 1, NULL);
    say(&s, &s.out[1], "ping");
    hear(s.port_fd, "ping");
    close(s.port_fd);
    serial_close(&s);
}

static void misuse(void)
{
    struct serial s;

    serial_open(&s, UINT64_MAX);
    tell(&s, 7, PORT_READY, 1);
    tell(&s, UINT16_MAX, OPEN, 1);
    tell(&s, 0, 99, 1);
    for (unsigned i = 0; i < 1000; i++) /* answers pile up without buffers: to a limit */
        tell(&s, 0, READY, 1);
    expect(&s, 0, ADD, 1, NULL);
    gpa a = guest_alloc(&s.f, 8, 8);
    uint16_t b = drv_add(&s.control_out, &(struct seg){ a, 7, false }, 1);
    drv_kick(&s.control_out);
    drv_wait(&s.control_out, b);
    g_assert_cmphex(rd(&s.f, 0x70), ==, 15);
    serial_close(&s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/serial/single", single);
    g_test_add_func("/serial/ports", ports);
    g_test_add_func("/serial/backpressure", backpressure);
    g_test_add_func("/serial/closed-port", closed_port);
    g_test_add_func("/serial/numbers", numbers);
    g_test_add_func("/serial/hotplug", hotplug);
    g_test_add_func("/serial/misuse", misuse);
    return g_test_run();
}
