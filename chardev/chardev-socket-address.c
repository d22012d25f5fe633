/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of character devices on sockets: listening at one, connecting to one, naming one. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "chardev-socket.h"

/* -- Listeners -- */

void socket_add_listener(struct socket *s, int fd)
{
    s->listeners[s->nlisteners++] = (struct listener){ .fd = fd };
}

/* Wait for no peer, since one is there. */
void socket_stop_watching(struct socket *s)
{
    for (unsigned i = 0; i < s->nlisteners; i++)
        if (s->listeners[i].watch) {
            g_source_remove(s->listeners[i].watch);
            s->listeners[i].watch = 0;
        }
}

void socket_close_listeners(struct socket *s)
{
    socket_stop_watching(s);
    while (s->nlisteners)
        close(s->listeners[--s->nlisteners].fd);
}

/* -- Addresses -- */

static bool unix_address(const struct socket *s, struct sockaddr_un *un, socklen_t *len, GError **err)
{
    size_t n = strlen(s->path);
    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    if (n + s->abstract >= sizeof(un->sun_path)) {
        fail(err, "path=%s: longer than the %zu bytes a socket's name can have", s->path,
             sizeof(un->sun_path) - 1 - s->abstract);
        return false;
    }
    memcpy(un->sun_path + s->abstract, s->path, n);
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
    return true;
}

/* A connected socket, or a listening one for a server. -1 with a message. */
int socket_open_unix(struct socket *s, GError **err)
{
    struct sockaddr_un un;
    socklen_t len;
    if (!unix_address(s, &un, &len, err))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->server && !s->abstract)
        unlink(s->path); /* left by an earlier run */
    if (fd < 0 || (s->server ? bind(fd, (struct sockaddr *)&un, len) || listen(fd, 1)
                             : connect(fd, (struct sockaddr *)&un, len))) {
        fail(err, "%s: cannot %s: %s", s->path, s->server ? "listen" : "connect", g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (s->server && !s->abstract && !s->made)
        s->made = g_canonicalize_filename(s->path, NULL);
    return fd;
}

static int try_address(const struct addrinfo *a, bool server)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol), on = 1;
    if (fd < 0)
        return -1;
    if (server)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (server ? bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, 1) : connect(fd, a->ai_addr, a->ai_addrlen)) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool same_host(const union address *a, const union address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    return a->any.sa_family == AF_INET6 ? !memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr))
                                        : a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

static in_port_t *port_of(union address *a)
{
    return a->any.sa_family == AF_INET6 ? &a->v6.sin6_port : &a->v4.sin_port;
}

static bool listens_at(const struct socket *s, const union address *a)
{
    for (unsigned i = 0; i < s->nlisteners; i++) {
        union address own;
        socklen_t len = sizeof(own);
        if (!getsockname(s->listeners[i].fd, &own.any, &len) && same_host(&own, a))
            return true;
    }
    return false;
}

/*
 * Listen on every address of the host. This machine may lack one's family, but a port that somebody else has at any of
 * them is not ours: clients could meet him. The number of the error, 0 for success.
 */
static int listen_at(struct socket *s, const struct addrinfo *list)
{
    int error = EADDRNOTAVAIL;

    for (const struct addrinfo *a = list; a && s->nlisteners < SOCKET_LISTENERS; a = a->ai_next) {
        union address *to = (void *)a->ai_addr, first;
        socklen_t len = sizeof(first);
        if (listens_at(s, to)) /* the name is listed twice */
            continue;
        if (s->nlisteners && !getsockname(s->listeners[0].fd, &first.any, &len))
            *port_of(to) = *port_of(&first); /* what the system chose, for port 0 */
        int fd = try_address(a, true);
        if (fd >= 0) {
            socket_add_listener(s, fd);
            continue;
        }
        error = errno;
        if (error == EADDRINUSE) {
            socket_close_listeners(s);
            break;
        }
    }
    return s->nlisteners ? 0 : error;
}

/* Without a host: this machine's own addresses, which is what getaddrinfo() makes of NULL. */
static bool listen_tcp_port(struct socket *s, const char *port, GError **err)
{
    static const int families[] = { AF_INET, AF_INET6 }; /* "info chardev" names the first */
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
    int unknown = EAI_NONAME, error = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(families) && error != EADDRINUSE; i++) {
        if (s->family != AF_UNSPEC && s->family != families[i])
            continue;
        hints.ai_family = families[i];
        int e = getaddrinfo(*s->host ? s->host : NULL, port, &hints, &list);
        if (e) {
            unknown = e;
            continue;
        }
        error = listen_at(s, list);
        freeaddrinfo(list);
    }
    if (s->nlisteners)
        return true;
    fail(err, "%s:%s: %s%s", s->host, port, error ? "cannot listen: " : "",
         error ? g_strerror(error) : gai_strerror(unknown));
    return false;
}

bool socket_listen_tcp(struct socket *s, GError **err)
{
    uint64_t first;

    if (!s->to || !parse_uint(s->port, &first))
        return listen_tcp_port(s, s->port, err);
    for (uint64_t p = first;; p++) {
        char port[8];
        g_snprintf(port, sizeof(port), "%u", (unsigned)p);
        bool ok = listen_tcp_port(s, port, p < s->to ? NULL : err);
        if (ok || p >= s->to)
            return ok;
    }
}

int socket_connect_tcp(const struct socket *s, GError **err)
{
    struct addrinfo hints = { .ai_family = s->family, .ai_socktype = SOCK_STREAM }, *list;
    const char *host = *s->host ? s->host : s->family == AF_INET6 ? "::1" : "127.0.0.1";
    int e = getaddrinfo(host, s->port, &hints, &list), fd = -1;

    if (e) {
        fail(err, "%s:%s: %s", s->host, s->port, gai_strerror(e));
        return -1;
    }
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = try_address(a, false);
    if (fd < 0)
        fail(err, "%s:%s: cannot connect: %s", s->host, s->port, g_strerror(errno));
    freeaddrinfo(list);
    return fd;
}

/* "127.0.0.1:4444" of a socket's own or other end; "" for Unix sockets. */
void socket_end_name(int fd, bool peer, char *out, size_t size)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    *out = 0;
    if ((peer ? getpeername : getsockname)(fd, (struct sockaddr *)&ss, &len) || ss.ss_family == AF_UNIX ||
        getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return;
    g_snprintf(out, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* Who may connect is nobody's concern here but the user's: what reaches beyond this machine is said. */
void socket_tell_reach(const struct chardev *c, const struct socket *s)
{
    for (unsigned i = 0; i < s->nlisteners; i++) {
        union address a;
        socklen_t len = sizeof(a);
        char name[NI_MAXHOST + 32];
        if (getsockname(s->listeners[i].fd, &a.any, &len) || a.any.sa_family == AF_UNIX)
            continue;
        bool v6 = a.any.sa_family == AF_INET6;
        if (v6 ? IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr) : ntohl(a.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET)
            continue;
        bool all = v6 ? IN6_IS_ADDR_UNSPECIFIED(&a.v6.sin6_addr) : a.v4.sin_addr.s_addr == htonl(INADDR_ANY);
        socket_end_name(s->listeners[i].fd, false, name, sizeof(name));
        fprintf(stderr, "mynah: %s: %s:%s listens on %s, without authentication\n", c->id,
                s->telnet ? "telnet" : "tcp", name, all ? "all interfaces" : "a network");
    }
}
