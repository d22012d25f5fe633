/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -netdev user: a small network of its own behind the guest's card (gateway, DHCP, DNS, TFTP, forwarded ports), made of
 * the host's sockets by libslirp. Everything runs on the main loop.
 */
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "guestfwd.h"
#include "input.h"
#include "log.h"
#include "merger.h"

#define MAX_CLOCK_LAG (100 * 1000) /* us */

struct user {
    struct netdev *n;
    Slirp *slirp;
    SlirpConfig config;  /* its strings are in strings */
    GPtrArray *strings, *search;
    GPtrArray *hostfwds; /* struct forward *, those that are there */
    GSource *source;
    GArray *polls;       /* of struct poll_slot, in the order of slirp's last question */
    GHashTable *tags;    /* fd -> tag of source for it */
    gint64 due;          /* monotonic us when slirp wants to run */
    gint64 ran;          /* when it last did */
    bool input;          /* it got a frame since it ran: it may have something to send */
    struct in_addr dhcpstart, net;
    bool restricted;
    GPtrArray *guestfwds; /* struct guestfwd * */
    struct merger merger;
};

struct poll_slot {
    int fd;
    gpointer tag;
};

/* -- slirp's timers and output -- */

static ssize_t send_packet(const void *buf, size_t len, void *opaque)
{
    struct user *u = opaque;

    merger_add(&u->merger, u->n, buf, len);
    return len;
}

static void guest_error(const char *msg, void *opaque)
{
    log_to(LOG_GUEST_ERRORS, "user network: %s\n", msg);
}

static int64_t clock_get_ns(void *opaque)
{
    return g_get_monotonic_time() * 1000;
}

struct user_timer {
    GSource *source;
    SlirpTimerId id;
    void *cb_opaque;
    struct user *u;
};

static gboolean timer_dispatch(GSource *source, GSourceFunc fn, gpointer data)
{
    struct user_timer *t = data;

    g_source_set_ready_time(source, -1);
    slirp_handle_timer(t->u->slirp, t->id, t->cb_opaque);
    merger_flush(&t->u->merger, t->u->n);
    return G_SOURCE_CONTINUE;
}

static gboolean nothing(gpointer data)
{
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

static void *timer_new_opaque(SlirpTimerId id, void *cb_opaque, void *opaque)
{
    struct user_timer *t = g_new0(struct user_timer, 1);

    t->id = id;
    t->cb_opaque = cb_opaque;
    t->u = opaque;
    t->source = g_source_new(&timer_funcs, sizeof(GSource));
    g_source_set_callback(t->source, nothing, t, NULL);
    g_source_attach(t->source, NULL);
    return t;
}

static void timer_free(void *timer, void *opaque)
{
    struct user_timer *t = timer;

    g_source_destroy(t->source);
    g_source_unref(t->source);
    g_free(t);
}

static void timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    g_source_set_ready_time(((struct user_timer *)timer)->source, expire_ms * 1000);
}

/* All descriptors are asked for anew before each poll. */
static void poll_fd_unused(int fd, void *opaque)
{
}

static void wake_loop(void *opaque)
{
    struct user *u = opaque;

    for (guint i = 0; u->guestfwds && i < u->guestfwds->len; i++)
        guestfwd_ready(u->guestfwds->pdata[i]);
    g_main_context_wakeup(NULL);
}

static const SlirpCb callbacks = {
    .send_packet = send_packet,
    .guest_error = guest_error,
    .clock_get_ns = clock_get_ns,
    .timer_new_opaque = timer_new_opaque,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = poll_fd_unused,
    .unregister_poll_fd = poll_fd_unused,
    .notify = wake_loop,
};

/* -- slirp's sockets on the main loop: a source whose descriptors follow slirp's wishes -- */

struct user_source {
    GSource source;
    struct user *u;
};

static const struct { int slirp; GIOCondition glib; } conditions[] = {
    { SLIRP_POLL_IN, G_IO_IN }, { SLIRP_POLL_OUT, G_IO_OUT }, { SLIRP_POLL_PRI, G_IO_PRI },
    { SLIRP_POLL_ERR, G_IO_ERR }, { SLIRP_POLL_HUP, G_IO_HUP },
};

static int add_poll(int fd, int events, void *opaque)
{
    struct user *u = opaque;
    GIOCondition cond = 0;
    gpointer tag = g_hash_table_lookup(u->tags, GINT_TO_POINTER(fd));

    for (unsigned i = 0; i < ARRAY_SIZE(conditions); i++)
        if (events & conditions[i].slirp)
            cond |= conditions[i].glib;
    if (tag) {
        g_source_modify_unix_fd(u->source, tag, cond);
    } else {
        tag = g_source_add_unix_fd(u->source, fd, cond);
        g_hash_table_insert(u->tags, GINT_TO_POINTER(fd), tag);
    }
    struct poll_slot slot = { fd, tag };
    g_array_append_val(u->polls, slot);
    return u->polls->len - 1;
}

static int get_revents(int idx, void *opaque)
{
    struct user *u = opaque;
    int events = 0;

    if (idx < 0 || (guint)idx >= u->polls->len)
        return 0;
    GIOCondition cond = g_source_query_unix_fd(u->source, g_array_index(u->polls, struct poll_slot, idx).tag);
    for (unsigned i = 0; i < ARRAY_SIZE(conditions); i++)
        if (cond & conditions[i].glib)
            events |= conditions[i].slirp;
    return events;
}

static gboolean is_gone(gpointer fd, gpointer tag, gpointer data)
{
    struct user *u = data;

    for (guint i = 0; i < u->polls->len; i++)
        if (g_array_index(u->polls, struct poll_slot, i).tag == tag)
            return FALSE;
    g_source_remove_unix_fd(u->source, tag);
    return TRUE;
}

static gboolean user_prepare(GSource *source, gint *timeout)
{
    struct user *u = ((struct user_source *)source)->u;
    uint32_t ms = 60 * 1000;

    g_array_set_size(u->polls, 0);
    slirp_pollfds_fill(u->slirp, &ms, add_poll, u);
    merger_flush(&u->merger, u->n); /* what the monitor's commands led to */
    g_hash_table_foreach_remove(u->tags, is_gone, u);
    u->due = g_get_monotonic_time() + (gint64)ms * 1000;
    *timeout = ms;
    return ms == 0 || u->input;
}

static gboolean user_check(GSource *source)
{
    struct user *u = ((struct user_source *)source)->u;

    for (guint i = 0; i < u->polls->len; i++)
        if (g_source_query_unix_fd(source, g_array_index(u->polls, struct poll_slot, i).tag))
            return TRUE;
    return g_get_monotonic_time() >= u->due;
}

static gboolean user_dispatch(GSource *source, GSourceFunc fn, gpointer data)
{
    struct user *u = ((struct user_source *)source)->u;

    u->input = false;
    u->ran = g_get_monotonic_time();
    slirp_pollfds_poll(u->slirp, 0, get_revents, u);
    merger_flush(&u->merger, u->n);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs user_funcs = { .prepare = user_prepare, .check = user_check, .dispatch = user_dispatch };

/* -- Options -- */

/* "10.0.2.0/24", "10.0.2.0/255.255.255.0" or an address alone, whose class then gives the mask. */
static bool parse_network(const char *text, struct in_addr *net, struct in_addr *mask, GError **err)
{
    g_auto(GStrv) part = g_strsplit(text, "/", 2);
    uint64_t bits;

    if (!inet_aton(part[0], net)) {
        fail(err, "net=%s: expected an IPv4 network such as 10.0.2.0/24", text);
        return false;
    }
    uint32_t a = ntohl(net->s_addr);
    if (!part[1]) {
        mask->s_addr = htonl(!(a & 0x80000000) ? 0xff000000 : (a & 0xc0000000) == 0x80000000 ? 0xffff0000 : 0xffffff00);
    } else if (!strchr(part[1], '.') && parse_uint(part[1], &bits)) {
        if (bits < 4 || bits > 32) {
            fail(err, "net=%s: expected a mask of 4 to 32 bits", text);
            return false;
        }
        mask->s_addr = htonl((uint32_t)(UINT64_C(0xffffffff) << (32 - bits)));
    } else if (!inet_aton(part[1], mask)) {
        fail(err, "net=%s: '%s' is not a mask", text, part[1]);
        return false;
    }
    net->s_addr &= mask->s_addr;
    return true;
}

/* An IPv4 address in the network, by default its given host number. */
static bool take_address(struct opts *o, const char *key, const SlirpConfig *c, uint32_t host, bool inside,
                         struct in_addr *out, GError **err)
{
    out->s_addr = c->vnetwork.s_addr | (htonl(host) & ~c->vnetmask.s_addr);
    char dflt[INET_ADDRSTRLEN];
    const char *text = opts_take_or(o, key, inet_ntop(AF_INET, out, dflt, sizeof(dflt)));
    if (!inet_aton(text, out) || (inside && (out->s_addr & c->vnetmask.s_addr) != c->vnetwork.s_addr)) {
        fail(err, "%s=%s: expected an IPv4 address%s", key, text, inside ? " in the network (net=)" : "");
        return false;
    }
    return true;
}

static bool take_address6(struct opts *o, const char *key, const char *dflt, struct in6_addr *out, GError **err)
{
    const char *text = opts_take_or(o, key, dflt);

    if (inet_pton(AF_INET6, text, out) == 1)
        return true;
    fail(err, "%s=%s: expected an IPv6 address", key, text);
    return false;
}

static bool take_ipv4(struct opts *o, SlirpConfig *c, GError **err)
{
    const char *net = opts_take_or(o, "net", "10.0.2.0/24");

    c->in_enabled = true;
    if (!opts_take_bool(o, "ipv4", &c->in_enabled, err) ||
        !parse_network(net, &c->vnetwork, &c->vnetmask, err) ||
        !take_address(o, "host", c, 2, true, &c->vhost, err) ||
        !take_address(o, "dhcpstart", c, 15, true, &c->vdhcp_start, err) ||
        !take_address(o, "dns", c, 3, true, &c->vnameserver, err))
        return false;
    if (c->vhost.s_addr == c->vnameserver.s_addr || c->vdhcp_start.s_addr == c->vhost.s_addr ||
        c->vdhcp_start.s_addr == c->vnameserver.s_addr) {
        fail(err, "host=, dns= and dhcpstart=: expected three different addresses");
        return false;
    }
    return true;
}

static bool take_ipv6(struct opts *o, SlirpConfig *c, GError **err)
{
    const char *net = opts_take_or(o, "ipv6-net", "fec0::/64");
    g_auto(GStrv) part = g_strsplit(net, "/", 2);
    uint64_t bits = 64;

    c->in6_enabled = true;
    if (!opts_take_bool(o, "ipv6", &c->in6_enabled, err))
        return false;
    const char *prefix = opts_take(o, "ipv6-prefix");
    if (prefix)
        g_free(part[0]), part[0] = g_strdup(prefix);
    if (!opts_take_uint(o, "ipv6-prefixlen", 0, 126, &bits, err))
        return false;
    if (inet_pton(AF_INET6, part[0], &c->vprefix_addr6) != 1 || (part[1] && !parse_uint(part[1], &bits)) ||
        bits > 126) {
        fail(err, "ipv6-net=%s: expected an IPv6 network such as fec0::/64", prefix ? prefix : net);
        return false;
    }
    c->vprefix_len = bits;
    c->vhost6 = c->vprefix_addr6;
    c->vhost6.s6_addr[15] |= 2;
    c->vnameserver6 = c->vprefix_addr6;
    c->vnameserver6.s6_addr[15] |= 3;
    char host[INET6_ADDRSTRLEN], dns[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &c->vhost6, host, sizeof(host));
    inet_ntop(AF_INET6, &c->vnameserver6, dns, sizeof(dns));
    return take_address6(o, "ipv6-host", host, &c->vhost6, err) &&
           take_address6(o, "ipv6-dns", dns, &c->vnameserver6, err);
}

/* Values of a key that may be given several times, or of a JSON array of strings or of {"str": ...}. */
struct collected {
    const char *key;
    GPtrArray *values;
    struct opts *o;
};

static bool collect(const char *key, const char *value, void *opaque)
{
    struct collected *c = opaque;
    size_t n = strlen(c->key);

    if (!strncmp(key, c->key, n) && (key[n] == '\0' || (key[n] == '.' && g_ascii_isdigit(key[n + 1]))))
        g_ptr_array_add(c->values, g_strdup(value));
    return true;
}

static bool mark(const char *key, const char *value, void *opaque)
{
    struct collected *c = opaque;
    size_t n = strlen(c->key);

    if (!strncmp(key, c->key, n) && (key[n] == '\0' || (key[n] == '.' && g_ascii_isdigit(key[n + 1]))))
        opts_take(c->o, key);
    return true;
}

/* NULL-terminated; free with the array. */
static GPtrArray *take_list(struct opts *o, const char *key)
{
    opts_take(o, key); /* for those who list keys or mistype it */
    struct collected c = { key, g_ptr_array_new_with_free_func(g_free), o };

    opts_foreach(o, collect, &c);
    opts_foreach(o, mark, &c);
    g_ptr_array_add(c.values, NULL);
    return c.values;
}

/* Let the strings of the configuration live as long as u. */
static const char *keep(struct user *u, const char *s)
{
    if (s)
        g_ptr_array_add(u->strings, g_strdup(s));
    return s ? u->strings->pdata[u->strings->len - 1] : NULL;
}

static void keep_config(struct user *u, const SlirpConfig *c, GPtrArray *search)
{
    u->config = *c;
    u->config.vhostname = keep(u, c->vhostname);
    u->config.vdomainname = keep(u, c->vdomainname);
    u->config.tftp_path = keep(u, c->tftp_path);
    u->config.tftp_server_name = keep(u, c->tftp_server_name);
    u->config.bootfile = keep(u, c->bootfile);
    if (search->len > 1)
        u->config.vdnssearch = (const char **)search->pdata;
}

/* -- Forwarded ports: PROTOCOL:[ADDRESS]:PORT-[ADDRESS]:PORT -- */

struct forward {
    bool udp;
    struct in_addr host, guest;
    int host_port, guest_port;
};

/* "[ADDRESS]:PORT"; text is consumed up to the end. */
static bool parse_end(const char *text, struct in_addr dflt, struct in_addr *addr, int *port)
{
    const char *colon = strrchr(text, ':');
    uint64_t n;

    if (!colon || !parse_uint(colon + 1, &n) || n > 65535)
        return false;
    g_autofree char *name = g_strndup(text, colon - text);
    *addr = dflt;
    *port = n;
    return !*name || inet_aton(name, addr);
}

/* with_guest: false for the form of hostfwd_remove, which ends after the host's port. */
static bool parse_forward(struct user *u, const char *spec, bool with_guest, struct forward *f, GError **err)
{
    const char *rest = strchr(spec, ':');
    g_autofree char *protocol = rest ? g_strndup(spec, rest - spec) : g_strdup(spec);
    g_auto(GStrv) ends = g_strsplit(rest ? rest + 1 : "", "-", 2);
    struct in_addr any = { htonl(INADDR_ANY) };

    f->udp = !strcmp(protocol, "udp");
    if (rest && (f->udp || !strcmp(protocol, "tcp") || !*protocol) && ends[0] &&
        parse_end(ends[0], any, &f->host, &f->host_port) && (!with_guest || (ends[1] &&
        parse_end(ends[1], u->dhcpstart, &f->guest, &f->guest_port) && f->guest_port > 0)))
        return true;
    fail(err, "hostfwd=%s: expected tcp|udp:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT", spec);
    return false;
}

static bool forward(struct user *u, const struct forward *f)
{
    return slirp_add_hostfwd(u->slirp, f->udp, f->host, f->host_port, f->guest, f->guest_port) >= 0;
}

bool user_hostfwd_add(void *state, const char *spec, GError **err)
{
    struct user *u = state;
    struct forward f;

    if (!parse_forward(u, spec, true, &f, err))
        return false;
    if (!input_replaying() && !forward(u, &f)) { /* a replay listens to nobody */
        fail(err, "hostfwd=%s: cannot listen on this address and port: %s", spec, g_strerror(errno));
        return false;
    }
    g_ptr_array_add(u->hostfwds, g_memdup2(&f, sizeof(f)));
    return true;
}

static gboolean same_host_end(gconstpointer a, gconstpointer b)
{
    const struct forward *x = a, *y = b;

    return x->udp == y->udp && x->host.s_addr == y->host.s_addr && x->host_port == y->host_port;
}

bool user_hostfwd_remove(void *state, const char *spec, GError **err)
{
    struct user *u = state;
    struct forward f;

    if (!parse_forward(u, spec, false, &f, err))
        return false;
    if (slirp_remove_hostfwd(u->slirp, f.udp, f.host, f.host_port) < 0) {
        fail(err, "hostfwd_remove %s: there is no such forwarding", spec);
        return false;
    }
    guint at;
    if (g_ptr_array_find_with_equal_func(u->hostfwds, &f, same_host_end, &at))
        g_ptr_array_remove_index(u->hostfwds, at);
    return true;
}

void user_connections(void *state, GString *out)
{
    struct user *u = state;
    char *text = slirp_connection_info(u->slirp);

    g_string_append(out, text);
    free(text);
}

/* -- The back end -- */

static void user_close(void *state)
{
    struct user *u = state;

    g_source_destroy(u->source);
    if (u->slirp)
        slirp_cleanup(u->slirp);
    g_ptr_array_unref(u->guestfwds);
    g_ptr_array_unref(u->hostfwds);
    g_ptr_array_unref(u->strings);
    if (u->search)
        g_ptr_array_unref(u->search);
    g_source_unref(u->source);
    g_hash_table_unref(u->tags);
    g_array_unref(u->polls);
    g_free(u);
}

static bool take_all(struct opts *o, SlirpConfig *c, GError **err)
{
    static const char *const missing[] = { "smb", "smbserver" };
    bool restricted = false;

    for (unsigned i = 0; i < ARRAY_SIZE(missing); i++)
        if (opts_peek(o, missing[i])) {
            fail(err, "%s=%s: mynah does not yet have this", missing[i], opts_peek(o, missing[i]));
            return false;
        }
    if (!take_ipv4(o, c, err) || !take_ipv6(o, c, err) || !opts_take_bool(o, "restrict", &restricted, err))
        return false;
    c->restricted = restricted;
    c->vhostname = opts_take(o, "hostname");
    c->vdomainname = opts_take(o, "domainname");
    c->tftp_path = opts_take(o, "tftp");
    c->tftp_server_name = opts_take(o, "tftp-server-name");
    c->bootfile = opts_take(o, "bootfile");
    return true;
}

static void *user_open(struct netdev *n, struct opts *o, GError **err)
{
    SlirpConfig c = { .version = 4 };
    GPtrArray *search = take_list(o, "dnssearch");
    g_autoptr(GPtrArray) forwards = take_list(o, "hostfwd");
    g_autoptr(GPtrArray) guestfwds = take_list(o, "guestfwd");

    if (!take_all(o, &c, err) || !net_take_queues(n, o, err) || !net_taken(n, o, err)) {
        g_ptr_array_unref(search);
        return NULL;
    }
    struct user *u = g_new0(struct user, 1);
    u->n = n;
    u->search = search;
    u->strings = g_ptr_array_new_with_free_func(g_free);
    u->hostfwds = g_ptr_array_new_with_free_func(g_free);
    keep_config(u, &c, search);
    u->dhcpstart = c.vdhcp_start;
    u->net = c.vnetwork;
    u->restricted = c.restricted;
    u->guestfwds = g_ptr_array_new_with_free_func(guestfwd_free);
    u->polls = g_array_new(FALSE, FALSE, sizeof(struct poll_slot));
    u->tags = g_hash_table_new(NULL, NULL);
    u->source = g_source_new(&user_funcs, sizeof(struct user_source));
    ((struct user_source *)u->source)->u = u;
    u->slirp = slirp_new(&u->config, &callbacks, u);
    if (!u->slirp) {
        fail(err, "libslirp refuses these options");
        user_close(u);
        return NULL;
    }
    for (guint i = 0; i + 1 < forwards->len; i++)
        if (!user_hostfwd_add(u, g_ptr_array_index(forwards, i), err)) {
            user_close(u);
            return NULL;
        }
    for (guint i = 0; i + 1 < guestfwds->len; i++) {
        struct guestfwd *g = guestfwd_new(u->slirp, guestfwds->pdata[i], err);
        if (!g) {
            user_close(u);
            return NULL;
        }
        g_ptr_array_add(u->guestfwds, g);
    }
    g_source_attach(u->source, NULL);
    return u;
}

/* slirp can't end its connections: a new one takes its place. */
static void user_reopen(void *state)
{
    struct user *u = state;

    g_array_set_size(u->polls, 0);
    g_hash_table_foreach_remove(u->tags, is_gone, u);
    slirp_cleanup(u->slirp);
    u->merger.len = 0;
    u->slirp = slirp_new(&u->config, &callbacks, u);
    if (!u->slirp)
        g_error("-netdev user: libslirp refuses the options that it took before");
    u->input = false;
    for (guint i = 0; i < u->hostfwds->len; i++) {
        const struct forward *f = u->hostfwds->pdata[i];
        if (!forward(u, f))
            log_printf("mynah: warning: port %d of the host cannot be forwarded any more: %s\n", f->host_port,
                       g_strerror(errno));
    }
    for (guint i = 0; i < u->guestfwds->len; i++)
        guestfwd_renew(u->guestfwds->pdata[i], u->slirp);
}

static void user_send(void *state, const uint8_t *frame, size_t len)
{
    struct user *u = state;

    /* slirp's idea of the time is that of its last run, and what it makes now lives from then on. */
    if (g_get_monotonic_time() - u->ran > MAX_CLOCK_LAG) {
        u->ran = g_get_monotonic_time();
        slirp_pollfds_poll(u->slirp, 1, get_revents, u);
    }
    slirp_input(u->slirp, frame, len);
    merger_flush(&u->merger, u->n);
    u->input = true;
}

static unsigned user_gives(void *state)
{
    return MERGER_GIVES;
}

static void user_info(void *state, GString *out)
{
    struct user *u = state;

    g_string_append_printf(out, "net=%s,restrict=%s", inet_ntoa(u->net), u->restricted ? "on" : "off");
}

const struct net_backend net_user = {
    .name = "user",
    .open = user_open,
    .send = user_send,
    .whole_frames = true, /* slirp asks nobody for an MTU, only for sums that are right */
    .gives = user_gives,
    .reopen = user_reopen,
    .info = user_info,
    .close = user_close,
};
