/* SPDX-License-Identifier: BSD-2-Clause */
/* Character devices: every back end that needs no terminal, flow control both ways, and the multiplexer. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "chardev.h"
#include "opts.h"
#include "tests/patience.h"

/* A guest device: takes at most room bytes. */
struct guest {
    GString *got;
    GString *events;
    size_t room;
};

static size_t guest_can_read(void *opaque)
{
    return ((struct guest *)opaque)->room;
}

static void guest_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct guest *g = opaque;
    g_assert_cmpuint(len, <=, g->room);
    g->room -= len;
    g_string_append_len(g->got, (const char *)buf, (gssize)len);
}

static void guest_event(void *opaque, enum chardev_event e)
{
    g_string_append_c(((struct guest *)opaque)->events, "OCBIFR"[e]);
}

static struct guest *guest_new(struct chardev *c, size_t room)
{
    struct guest *g = g_new0(struct guest, 1);
    g->got = g_string_new(NULL);
    g->events = g_string_new(NULL);
    g->room = room;
    GError *err = NULL;
    chardev_attach(c, &(struct chardev_client){ .can_read = guest_can_read, .read = guest_read, .event = guest_event, .opaque = g }, &err);
    g_assert_no_error(err);
    return g;
}

static void guest_free(struct chardev *c, struct guest *g)
{
    chardev_detach(c, g);
    g_string_free(g->got, TRUE);
    g_string_free(g->events, TRUE);
    g_free(g);
}

static void guest_write(struct chardev *c, const char *s)
{
    chardev_write(c, (const uint8_t *)s, strlen(s));
}

static struct chardev *make(const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "backend", err);
    struct chardev *c = o ? chardev_create(o, err) : NULL;
    opts_free(o);
    return c;
}

static struct chardev *make_ok(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    g_autofree char *arg = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    GError *err = NULL;
    struct chardev *c = make(arg, &err);
    g_assert_no_error(err);
    return c;
}

static void drop(struct chardev *c)
{
    GError *err = NULL;
    chardev_remove(c, &err);
    g_assert_no_error(err);
}

static gboolean expired(gpointer opaque)
{
    *(bool *)opaque = true;
    return G_SOURCE_REMOVE;
}

/* Run the main loop until the condition holds; a condition that never does fails the test. */
#define run_until(cond)                                                                                                \
    do {                                                                                                               \
        bool late = false;                                                                                             \
        guint timer = g_timeout_add_seconds(patience(20), expired, &late);                                                            \
        while (!(cond) && !late)                                                                                       \
            g_main_context_iteration(NULL, TRUE);                                                                      \
        g_assert_false(late);                                                                                          \
        g_source_remove(timer);                                                                                        \
    } while (0)

/* What is ready now is done. */
static void settle(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static char *tmp_path(const char *name)
{
    static char *dir;
    if (!dir) {
        dir = g_dir_make_tmp("mynah-chardev-XXXXXX", NULL);
        g_assert_nonnull(dir);
    }
    return g_build_filename(dir, name, NULL);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    g_strlcpy(un.sun_path, path, sizeof un.sun_path);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&un, sizeof un), ==, 0);
    return fd;
}

static void read_exactly(int fd, const char *want)
{
    char buf[256];
    size_t len = strlen(want), done = 0;
    g_assert_cmpuint(len, <, sizeof buf);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (done < len) {
        ssize_t n = read(fd, buf + done, len - done);
        if (n < 0 && errno == EAGAIN) {
            settle();
            g_usleep(1000);
            continue;
        }
        g_assert_cmpint(n, >, 0);
        done += (size_t)n;
    }
    buf[done] = 0;
    g_assert_cmpstr(buf, ==, want);
}

/* -- Tests -- */

static void errors(void)
{
    static const struct {
        const char *arg, *message;
    } bad[] = {
        { "null", "expected id=NAME" },
        { "stido,id=a", "'stido': there is no such back end; did you mean 'stdio'?" },
        { "udp,id=a", "udp: QEMU has this back end, mynah does not yet" },
        { "vc,id=a", "vc: there is no display to show a virtual console on" },
        { "file,id=a", "file: expected path=FILE" },
        { "file,id=a,path=/nonexistent/x", "path=/nonexistent/x: No such file or directory" },
        { "socket,id=a,server=on,port=70000", "port=70000: expected a port from 0 to 65535" },
        { "socket,id=a,fd=987654", "fd=987654: expected the number of an open stream socket" },
        { "socket,id=a,path=/nonexistent/x", "/nonexistent/x: cannot connect: No such file or directory" },
        { "socket,id=a,path=/x,wait=on", "wait=on is for servers: give server=on too" },
        { "null,id=taken", "id=taken: another character device has this id" },
        { "null,id=a,mux=maybe", "mux=maybe: expected on or off" },
    };
    struct chardev *taken = make_ok("null,id=taken");
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        GError *err = NULL;
        g_assert_null(make(bad[i].arg, &err));
        g_assert_cmpstr(err->message, ==, bad[i].message);
        g_error_free(err);
    }
    drop(taken);
    GError *err = NULL;
    g_assert_null(chardev_create_compat("x", "chardev:none-such", &err));
    g_clear_error(&err);
    g_assert_null(chardev_create_compat("x", "tcp:nowhere", &err));
    g_clear_error(&err);
    g_assert_null(chardev_create_compat("x", "unix:/tmp/x,sever,nowait", &err));
    g_assert_nonnull(strstr(err->message, "did you mean 'server'?"));
    g_clear_error(&err);
}

static void null_backend(void)
{
    struct chardev *c = make_ok("null,id=n");
    struct guest *g = guest_new(c, 10);
    g_assert_cmpstr(g->events->str, ==, "O");
    guest_write(c, "to nowhere");
    g_assert_cmpuint(chardev_room(c), ==, MiB - 64);
    GError *err = NULL;
    struct chardev_client second = { .can_read = guest_can_read, .read = guest_read, .opaque = &second };
    g_assert_false(chardev_attach(c, &second, &err));
    g_clear_error(&err);
    g_assert_false(chardev_remove(c, &err));
    g_clear_error(&err);
    guest_free(c, g);
    drop(c);
}

static void file_backend(void)
{
    g_autofree char *out = tmp_path("out"), *in = tmp_path("in"), *log = tmp_path("log");
    g_assert_true(g_file_set_contents(in, "from the host", -1, NULL));
    g_assert_true(g_file_set_contents(out, "old", -1, NULL));
    struct chardev *c = make_ok("file,id=f,path=%s,input-path=%s,append=on,logfile=%s", out, in, log);
    struct guest *g = guest_new(c, 100);
    guest_write(c, " new");
    run_until(g->got->len == 13);
    g_assert_cmpstr(g->got->str, ==, "from the host");
    settle(); /* end of file is no end of the guest */
    guest_write(c, " more");
    guest_free(c, g);
    drop(c);
    g_autofree char *text = NULL, *logged = NULL;
    g_assert_true(g_file_get_contents(out, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "old new more");
    g_assert_true(g_file_get_contents(log, &logged, NULL, NULL));
    g_assert_cmpstr(logged, ==, " new more");
    g_unlink(out);
    g_unlink(in);
    g_unlink(log);
}

static void pipe_backend(void)
{
    g_autofree char *name = tmp_path("p"), *in = tmp_path("p.in"), *out = tmp_path("p.out");
    g_assert_cmpint(mkfifo(in, 0600), ==, 0);
    g_assert_cmpint(mkfifo(out, 0600), ==, 0);
    struct chardev *c = make_ok("pipe,id=p,path=%s", name);
    struct guest *g = guest_new(c, 100);
    int w = open(in, O_WRONLY), r = open(out, O_RDONLY);
    g_assert_cmpint(write(w, "ping", 4), ==, 4);
    run_until(g->got->len == 4);
    guest_write(c, "pong");
    read_exactly(r, "pong");
    close(w);
    close(r);
    w = open(in, O_WRONLY); /* the next writer finds it still open */
    g_assert_cmpint(write(w, "again", 5), ==, 5);
    run_until(g->got->len == 9);
    close(w);
    guest_free(c, g);
    drop(c);
    g_unlink(in);
    g_unlink(out);
}

/* A server takes one peer after the other; what the guest cannot take stays in the socket. */
static void unix_server(void)
{
    g_autofree char *path = tmp_path("s");
    struct chardev *c = make_ok("socket,id=s,path=%s,server=on,wait=off", path);
    struct guest *g = guest_new(c, 3);
    guest_write(c, "nobody hears");
    g_assert_false(chardev_is_open(c));
    int fd = connect_unix(path);
    g_assert_cmpint(write(fd, "abcdef", 6), ==, 6);
    run_until(g->got->len == 3);
    g_assert_cmpstr(g->events->str, ==, "O");
    settle();
    g_assert_cmpstr(g->got->str, ==, "abc");
    g->room = 100;
    chardev_accept_input(c);
    run_until(g->got->len == 6);
    g_assert_cmpstr(g->got->str, ==, "abcdef");
    guest_write(c, "hello");
    read_exactly(fd, "hello");

    int second = connect_unix(path);
    g_assert_cmpint(write(second, "2", 1), ==, 1);
    settle();
    g_assert_cmpuint(g->got->len, ==, 6);
    close(fd);
    run_until(g->got->len == 7);
    g_assert_cmpstr(g->events->str, ==, "OCO");
    close(second);
    run_until(!chardev_is_open(c));
    guest_free(c, g);
    drop(c);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* A peer that sends something and goes, before the greeting that every monitor has for it: it is read to its end. */
static void sent_and_gone(void)
{
    g_autofree char *path = tmp_path("g");
    struct chardev *c = make_ok("socket,id=g,path=%s,server=on,wait=off", path);
    struct guest *g = guest_new(c, 100);
    for (unsigned i = 0; i < 2; i++) {
        int fd = connect_unix(path);
        g_assert_cmpint(write(fd, "abcdef", 6), ==, 6);
        close(fd);
        run_until(chardev_is_open(c));
        guest_write(c, "hello");
        run_until(!chardev_is_open(c));
        g_assert_cmpstr(g->got->str, ==, i ? "abcdefab" : "abcdef");
        g_assert_cmpstr(g->events->str, ==, i ? "OCOC" : "OC");
        g->room = 2; /* what the guest can't take keeps nobody waiting */
    }
    guest_free(c, g);
    drop(c);
}

/* A peer that does not read: the guest is told, nothing it was allowed to write is lost. */
static void backlog(void)
{
    g_autofree char *path = tmp_path("b");
    struct chardev *c = make_ok("socket,id=b,path=%s,server=on,wait=off", path);
    struct guest *g = guest_new(c, 0);
    int fd = connect_unix(path);
    run_until(chardev_is_open(c));
    uint64_t sent = 0, got = 0;
    size_t room;
    while ((room = chardev_room(c)) > 0 && sent < 64 * MiB) {
        uint8_t buf[1000];
        size_t n = MIN(room, sizeof buf);
        for (size_t i = 0; i < n; i++)
            buf[i] = (uint8_t)((sent + i) % 251);
        chardev_write(c, buf, n);
        sent += n;
    }
    g_assert_cmpuint(sent, <, 64 * MiB);
    guest_write(c, "a FIFO more");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (got < sent) {
        uint8_t buf[4096];
        ssize_t n = read(fd, buf, MIN(sizeof buf, sent - got));
        if (n < 0) {
            g_assert_cmpint(errno, ==, EAGAIN);
            g_main_context_iteration(NULL, FALSE);
            continue;
        }
        for (ssize_t i = 0; i < n; i++)
            g_assert_cmpuint(buf[i], ==, (got + (uint64_t)i) % 251);
        got += (uint64_t)n;
    }
    settle();
    g_assert_cmpstr(g->events->str, ==, "OR");
    close(fd);
    guest_free(c, g);
    drop(c);
}

static void passed_descriptor(void)
{
    g_autofree char *path = tmp_path("fd");
    struct chardev *c = make_ok("socket,id=fd,path=%s,server=on,wait=off", path);
    struct guest *g = guest_new(c, 10);
    int fd = connect_unix(path), p[2];
    g_assert_cmpint(pipe(p), ==, 0);
    union {
        struct cmsghdr h;
        char space[CMSG_SPACE(sizeof(int))];
    } control = { 0 };
    struct iovec iov = { (char *)"x", 1 };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    control.h =
        (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(&control.h), &p[1], sizeof(int));
    g_assert_cmpint(sendmsg(fd, &msg, 0), ==, 1);
    run_until(g->got->len == 1);
    int mine = chardev_take_fd(c);
    g_assert_cmpint(mine, >=, 0);
    g_assert_cmpint(chardev_take_fd(c), ==, -1);
    g_assert_cmpint(write(mine, "!", 1), ==, 1);
    read_exactly(p[0], "!");
    close(mine);
    close(p[0]);
    close(p[1]);
    close(fd);
    guest_free(c, g);
    drop(c);
}

static void find_port(const char *id, const char *filename, bool open, void *opaque)
{
    const char *p = strrchr(filename, ':');
    if (!strcmp(id, "ts") && p)
        g_strlcpy(opaque, p + 1, strcspn(p + 1, ",") + 1);
}

/* Client and server of one TCP connection; the port is the kernel's choice. */
static void tcp_telnet(void)
{
    struct chardev *s = make_ok("socket,id=ts,host=127.0.0.1,port=0,server=on,wait=off,telnet=on");
    struct guest *g = guest_new(s, 100);
    char port[16] = "";
    chardev_foreach(find_port, port);
    struct chardev *c = make_ok("socket,id=tc,host=127.0.0.1,port=%s", port);
    struct guest *peer = guest_new(c, 100);
    run_until(peer->got->len >= 12);
    g_assert_cmpmem(peer->got->str, 12, "\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00\xff\xfd\x00", 12);
    g_string_set_size(peer->got, 0);
    /* DO ECHO, data, IAC IAC, a subnegotiation, BREAK, data */
    static const uint8_t out[] = "\xff\xfd\x01" "ab\xff\xff" "\xff\xfa\x18xyz\xff\xf0" "\xff\xf3" "c";
    chardev_write(c, out, sizeof out - 1);
    run_until(g->got->len == 4);
    g_assert_cmpmem(g->got->str, 4, "ab\xff" "c", 4);
    g_assert_cmpstr(g->events->str, ==, "OB");
    chardev_write(s, (const uint8_t *)"1\xff" "2", 3);
    run_until(peer->got->len == 4);
    g_assert_cmpmem(peer->got->str, 4, "1\xff\xff" "2", 4);
    guest_free(c, peer);
    drop(c);
    guest_free(s, g);
    drop(s);
}

static void find_name(const char *id, const char *filename, bool open, void *opaque)
{
    if (!strcmp(id, "ls"))
        *(char **)opaque = g_strdup(filename);
}

/* A server without a host is for this machine only, whichever protocol the client tries; peers take turns. */
static void loopback(void)
{
    struct chardev *s = make_ok("socket,id=ls,host=,port=0,server=on,wait=off");
    struct guest *g = guest_new(s, 100);
    g_autofree char *name = NULL;
    chardev_foreach(find_name, &name);
    g_assert_true(g_str_has_prefix(name, "disconnected:tcp:127.0.0.1:"));
    const char *port = strrchr(name, ':') + 1;
    static const char *const hosts[] = { "127.0.0.1", "::1", "localhost" };
    for (unsigned i = 0; i < ARRAY_SIZE(hosts); i++) {
        int len = (int)strcspn(port, ",");
        g_autofree char *arg = g_strdup_printf("socket,id=lc,host=%s,port=%.*s", hosts[i], len, port);
        struct chardev *c = make(arg, NULL);
        if (!c && !strcmp(hosts[i], "::1"))
            continue; /* a machine without IPv6 */
        g_assert_nonnull(c);
        struct guest *peer = guest_new(c, 100);
        guest_write(c, "x");
        run_until(g->got->len == 1);
        g_string_set_size(g->got, 0);
        guest_free(c, peer);
        drop(c);
        run_until(!chardev_is_open(s));
    }
    guest_free(s, g);
    drop(s);
}

static void reconnecting_client(void)
{
    g_autofree char *path = tmp_path("r");
    struct chardev *c = make_ok("socket,id=rc,path=%s,reconnect-ms=10", path);
    struct guest *g = guest_new(c, 100);
    g_assert_false(chardev_is_open(c));
    struct chardev *s = make_ok("socket,id=rs,path=%s,server=on,wait=off", path);
    struct guest *peer = guest_new(s, 100);
    run_until(chardev_is_open(c) && chardev_is_open(s));
    guest_write(c, "found you");
    run_until(peer->got->len == 9);
    guest_free(c, g);
    drop(c);
    guest_free(s, peer);
    drop(s);
}

static void pty_backend(void)
{
    g_autofree char *link = tmp_path("tty");
    struct chardev *c = make_ok("pty,id=t,path=%s", link);
    struct guest *g = guest_new(c, 100);
    int fd = open(link, O_RDWR | O_NOCTTY);
    g_assert_cmpint(fd, >=, 0);
    run_until(chardev_is_open(c));
    g_assert_cmpint(write(fd, "to\n", 3), ==, 3);
    run_until(g->got->len == 3);
    guest_write(c, "fro\n");
    read_exactly(fd, "fro\n");
    close(fd);
    run_until(!chardev_is_open(c));
    g_assert_cmpstr(g->events->str, ==, "OC");
    guest_free(c, g);
    drop(c);
    g_assert_false(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
}

static int quits;

static void count_quit(void)
{
    quits++;
}

static void type_keys(int fd, const char *keys)
{
    g_assert_cmpint(write(fd, keys, strlen(keys)), ==, (ssize_t)strlen(keys));
}

/* Two clients on one socket, and every escape. */
static void mux(void)
{
    g_autofree char *path = tmp_path("m");
    struct chardev *c = make_ok("socket,id=m,path=%s,server=on,wait=off,mux=on", path);
    struct guest *console = guest_new(c, 100), *monitor = guest_new(c, 100);
    int fd = connect_unix(path);
    run_until(chardev_is_open(c));
    g_assert_cmpstr(console->events->str, ==, "IFO");
    g_assert_cmpstr(monitor->events->str, ==, "IO");
    type_keys(fd, "m\001cc\001\001\001b\001zd\001cn");
    run_until(monitor->got->len == 2 && console->got->len == 3);
    settle();
    g_assert_cmpstr(monitor->got->str, ==, "mn");
    g_assert_cmpstr(console->got->str, ==, "c\001d");
    g_assert_cmpstr(console->events->str, ==, "IFOIFB");

    guest_write(c, "out\n");
    read_exactly(fd, "out\n");
    type_keys(fd, "\001h");
    read_exactly(fd, "\n\rC-a h     this help\n\r");
    read_exactly(fd, "C-a x     leave the emulator\n\r");
    char rest[1024];
    while (read(fd, rest, sizeof rest) > 0)
        ;
    settle();
    while (read(fd, rest, sizeof rest) > 0)
        ;

    type_keys(fd, "\001t");
    settle();
    guest_write(c, "a\nb\n");
    read_exactly(fd, "a\n[00:00:");
    type_keys(fd, "\001t");

    /* A client that takes nothing keeps its input and does not stand in the way of Ctrl-a x. */
    monitor->room = 0;
    chardev_on_quit = count_quit;
    type_keys(fd, "later\001x");
    run_until(quits == 1);
    g_assert_cmpstr(monitor->got->str, ==, "mn");
    monitor->room = 100;
    chardev_accept_input(c);
    run_until(monitor->got->len == 7);
    g_assert_cmpstr(monitor->got->str, ==, "mnlater");

    /* One that goes leaves the input to the other. */
    guest_free(c, monitor);
    console->room = 100;
    type_keys(fd, "back");
    run_until(console->got->len == 7);
    chardev_escape = 0;
    type_keys(fd, "\001x");
    run_until(console->got->len == 9);
    chardev_escape = 1;
    g_assert_cmpint(quits, ==, 1);
    close(fd);
    guest_free(c, console);
    drop(c);
}

/* More typed ahead than a multiplexer keeps: the rest waits in the socket. */
static void mux_backpressure(void)
{
    g_autofree char *path = tmp_path("mb");
    struct chardev *c = make_ok("socket,id=mb,path=%s,server=on,wait=off,mux=on", path);
    struct guest *g = guest_new(c, 0);
    int fd = connect_unix(path);
    run_until(chardev_is_open(c));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    uint64_t sent = 0;
    for (;;) {
        uint8_t b = (uint8_t)(2 + sent % 200);
        if (write(fd, &b, 1) == 1) {
            sent++;
            g_assert_cmpuint(sent, <, 16 * MiB);
            continue;
        }
        uint64_t before = sent;
        settle();
        if (write(fd, &b, 1) != 1 && sent == before)
            break;
        sent++;
    }
    g->room = 64 * MiB;
    chardev_accept_input(c);
    run_until(g->got->len == sent);
    for (uint64_t i = 0; i < sent; i++)
        g_assert_cmpuint((uint8_t)g->got->str[i], ==, 2 + i % 200);
    close(fd);
    guest_free(c, g);
    drop(c);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chardev/errors", errors);
    g_test_add_func("/chardev/null", null_backend);
    g_test_add_func("/chardev/file", file_backend);
    g_test_add_func("/chardev/pipe", pipe_backend);
    g_test_add_func("/chardev/unix", unix_server);
    g_test_add_func("/chardev/sent-and-gone", sent_and_gone);
    g_test_add_func("/chardev/backlog", backlog);
    g_test_add_func("/chardev/descriptor", passed_descriptor);
    g_test_add_func("/chardev/telnet", tcp_telnet);
    g_test_add_func("/chardev/loopback", loopback);
    g_test_add_func("/chardev/reconnect", reconnecting_client);
    g_test_add_func("/chardev/pty", pty_backend);
    g_test_add_func("/chardev/mux", mux);
    g_test_add_func("/chardev/mux-backpressure", mux_backpressure);
    return g_test_run();
}
