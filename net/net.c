/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registry of network back ends and the two queues of frames between each and its guest device. Devices send from
 * any thread; everything else happens on the main loop, which a source with a ready time wakes.
 */
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "device.h"
#include "input.h"
#include "offload.h"
#include "plug.h"
#include "state.h"

#define TO_HOST_MAX (1 * MiB)   /* bytes queued before the sender must wait */
#define TO_GUEST_MAX (16 * MiB) /* bytes kept while the guest has no room */

struct netdev {
    char *id, *what; /* "-netdev user": for messages */
    const struct net_backend *backend;
    void *state;
    GSource *wake; /* dispatched when its ready time is 0 */

    /* Where inputs are taken: the main loop, or the CPUs' thread; and net_attach() before it runs. */
    struct net_client client;
    struct input_source input; /* while attached */
    bool attached;
    bool link_down;  /* atomic */
    unsigned takes;  /* atomic: enum net_takes, of the card */
    unsigned queues; /* constant */
    GQueue to_guest; /* of GBytes: OFFLOAD_BYTES, then the frame */
    size_t to_guest_bytes;
    bool flush_posted; /* gated: CODE_FLUSH is on its way */

    GMutex lock; /* guards what follows. The device's comes before it; under it a recording's file at most */
    GQueue to_host;  /* of GBytes, as to_guest */
    size_t to_host_bytes;
    bool sender_waits;

    GMutex filters_lock; /* the innermost, but for files; guards: */
    GPtrArray *filters;  /* of struct net_filter */
};

/* -- State -- */

#define FRAMES_MAX (TO_GUEST_MAX / (OFFLOAD_BYTES + 14)) /* a header is the least that a frame has */

static bool netdev_loaded(void *obj, unsigned version, GError **err);
static void netdev_resume(void *obj, bool loaded);

static const struct state_row netdev_fields[] = {
    FIELD_NONE(struct netdev, id, "wiring"),
    FIELD_NONE(struct netdev, what, "for messages"),
    FIELD_NONE(struct netdev, backend, "wiring"),
    FIELD_NONE(struct netdev, state, "the host's: its connections end with a load"),
    FIELD_NONE(struct netdev, wake, "wiring"),
    FIELD_KEEP(struct netdev, link_down),
    FIELD_NONE(struct netdev, takes, "told by the card"),
    FIELD_NONE(struct netdev, queues, "constant"),
    FIELD_NONE(struct netdev, client, "wiring"),
    FIELD_NONE(struct netdev, attached, "wiring"),
    FIELD_QUEUE(struct netdev, to_guest, FRAMES_MAX),
    FIELD_NONE(struct netdev, to_guest_bytes, "counted anew"),
    FIELD_NONE(struct netdev, lock, "a lock"),
    FIELD_QUEUE(struct netdev, to_host, FRAMES_MAX),
    FIELD_NONE(struct netdev, to_host_bytes, "counted anew"),
    FIELD_KEEP(struct netdev, sender_waits),
    FIELD_NONE(struct netdev, filters_lock, "a lock"),
    FIELD_NONE(struct netdev, filters, "wiring"),
    FIELD_END,
};

static const struct state_table netdev_table = {
    STATE_OF(struct netdev),
    .version = 2,
    .rows = netdev_fields,
    .loaded = netdev_loaded,
    .resume = netdev_resume,
};

static void add_length(gpointer frame, gpointer sum)
{
    size_t n = g_bytes_get_size(frame);

    *(size_t *)sum += n < OFFLOAD_BYTES || n > OFFLOAD_BYTES + NET_MAX_FRAME ? TO_GUEST_MAX + 1 : n;
}

static bool netdev_loaded(void *obj, unsigned version, GError **err)
{
    struct netdev *n = obj;

    n->to_guest_bytes = n->to_host_bytes = 0;
    g_queue_foreach(&n->to_guest, add_length, &n->to_guest_bytes);
    g_queue_foreach(&n->to_host, add_length, &n->to_host_bytes);
    if (n->to_guest_bytes <= TO_GUEST_MAX && n->to_host_bytes <= TO_HOST_MAX + OFFLOAD_BYTES + NET_MAX_FRAME)
        return true;
    fail(err, "the frames under way are more or longer than there can be");
    return false;
}

/* The guest's connections are those of another time. */
static void netdev_resume(void *obj, bool loaded)
{
    struct netdev *n = obj;

    if (loaded)
        n->backend->reopen(n->state);
    g_source_set_ready_time(n->wake, 0);
}

static GPtrArray *netdevs; /* of struct netdev, in order of creation; NULL while there is none */

static const struct net_backend *const backends[] = {
    &net_bridge, &net_dgram, &net_hubport, &net_socket, &net_stream, &net_tap, &net_user,
};

/* -- Filters -- */

void net_filter_add(struct netdev *n, struct net_filter *f)
{
    g_mutex_lock(&n->filters_lock);
    g_ptr_array_add(n->filters, f);
    g_mutex_unlock(&n->filters_lock);
}

void net_filter_remove(struct netdev *n, struct net_filter *f)
{
    g_mutex_lock(&n->filters_lock);
    g_ptr_array_remove(n->filters, f);
    g_mutex_unlock(&n->filters_lock);
}

static void show_filters(struct netdev *n, bool to_guest, const struct iovec *iov, unsigned niov)
{
    if (!net_link_up(n))
        return;
    g_mutex_lock(&n->filters_lock);
    for (guint i = 0; i < n->filters->len; i++) {
        struct net_filter *f = g_ptr_array_index(n->filters, i);
        f->see(f, to_guest, iov, niov);
    }
    g_mutex_unlock(&n->filters_lock);
}

/* -- Frames -- */

enum { CODE_FRAME, CODE_FLUSH, CODE_CAN_SEND, CODE_LINK, CODE_OFFLOAD, CODE_ANNOUNCE };

/* A frame and what is in front of it, for a queue. */
static GBytes *frame_new(const struct net_offload *o, const struct iovec *iov, unsigned niov, size_t len)
{
    uint8_t *copy = g_malloc(OFFLOAD_BYTES + len);
    size_t done = OFFLOAD_BYTES;

    offload_put(copy, o);
    for (unsigned i = 0; i < niov; done += iov[i++].iov_len)
        memcpy(copy + done, iov[i].iov_base, iov[i].iov_len);
    return g_bytes_new_take(copy, OFFLOAD_BYTES + len);
}

/* What must be taken by who gets it; 0 for a frame that is finished. */
static unsigned takes_needed(const struct net_offload *o)
{
    static const unsigned kinds[] = { [NET_GSO_TCP4] = NET_TAKES_TCP4, [NET_GSO_UDP] = NET_TAKES_UDP,
                                      [NET_GSO_TCP6] = NET_TAKES_TCP6, [NET_GSO_UDP_L4] = NET_TAKES_UDP_L4 };
    unsigned kind = o->gso & ~NET_GSO_ECN;

    return (o->flags & NET_SUM_NEEDED ? NET_TAKES_SUM : 0) | (o->gso & NET_GSO_ECN ? NET_TAKES_ECN : 0) |
           (kind < ARRAY_SIZE(kinds) ? kinds[kind] : ~0u);
}

static bool offer_finished(void *opaque, const uint8_t *frame, size_t len)
{
    static const struct net_offload nothing_left;
    struct netdev *n = opaque;

    return n->client.receive_offload ? n->client.receive_offload(n->client.opaque, &nothing_left, frame, len)
                                     : n->client.receive(n->client.opaque, frame, len);
}

/* Offer to the guest. False: no room. */
static bool offer(struct netdev *n, const struct net_offload *o, const uint8_t *frame, size_t len)
{
    bool taken;

    if (!n->attached || !net_link_up(n))
        return true;
    if (n->client.lock)
        g_mutex_lock(n->client.lock);
    if (takes_needed(o) & ~net_offloads_taken(n)) { /* the driver has changed its mind: its loss if there is no room */
        g_autofree uint8_t *copy = g_memdup2(frame, len);
        offload_finish(o, false, copy, len, offer_finished, n);
        taken = true;
    } else if (n->client.receive_offload) {
        taken = n->client.receive_offload(n->client.opaque, o, frame, len);
    } else {
        taken = n->client.receive(n->client.opaque, frame, len);
    }
    if (n->client.lock)
        g_mutex_unlock(n->client.lock);
    return taken;
}

static void flush_to_guest(struct netdev *n)
{
    GBytes *b;

    while ((b = g_queue_peek_head(&n->to_guest))) {
        size_t len;
        const uint8_t *bytes = g_bytes_get_data(b, &len);
        const struct net_offload o = offload_get(bytes);
        if (!offer(n, &o, bytes + OFFLOAD_BYTES, len - OFFLOAD_BYTES))
            return;
        n->to_guest_bytes -= len;
        g_bytes_unref(g_queue_pop_head(&n->to_guest));
    }
}

static void frame_for_guest(struct netdev *n, const struct net_offload *o, const uint8_t *frame, size_t len)
{
    const struct iovec iov = { (void *)frame, len };

    show_filters(n, true, &iov, 1);
    if (g_queue_is_empty(&n->to_guest) && offer(n, o, frame, len))
        return;
    if (n->to_guest_bytes + OFFLOAD_BYTES + len > TO_GUEST_MAX)
        return;
    g_queue_push_tail(&n->to_guest, frame_new(o, &iov, 1, len));
    n->to_guest_bytes += OFFLOAD_BYTES + len;
}

void net_deliver(struct netdev *n, const uint8_t *frame, size_t len)
{
    if (len <= NET_MAX_FRAME && n->attached)
        input_post(&n->input, CODE_FRAME, frame, len);
}

void net_deliver_offload(struct netdev *n, const struct net_offload *o, const uint8_t *frame, size_t len)
{
    if (len > NET_MAX_FRAME || !n->attached)
        return;
    if (!o->flags && !o->gso) {
        net_deliver(n, frame, len);
        return;
    }
    g_autofree uint8_t *copy = g_malloc(OFFLOAD_BYTES + len);
    offload_put(copy, o);
    memcpy(copy + OFFLOAD_BYTES, frame, len);
    input_post(&n->input, CODE_OFFLOAD, copy, OFFLOAD_BYTES + len);
}

unsigned net_offloads_taken(const struct netdev *n)
{
    return __atomic_load_n(&n->takes, __ATOMIC_RELAXED);
}

static void tell_sender(struct netdev *n)
{
    if (!n->client.can_send)
        return;
    if (n->client.lock)
        g_mutex_lock(n->client.lock);
    n->client.can_send(n->client.opaque);
    if (n->client.lock)
        g_mutex_unlock(n->client.lock);
}

static bool send_finished(void *opaque, const uint8_t *frame, size_t len)
{
    const struct netdev *n = opaque;

    n->backend->send(n->state, frame, len);
    return true;
}

/* bytes are ours to change. */
static void send_to_host(struct netdev *n, uint8_t *bytes, size_t len)
{
    const struct net_offload o = offload_get(bytes);

    if (!net_link_up(n))
        return;
    if (n->backend->send_offload)
        n->backend->send_offload(n->state, &o, bytes + OFFLOAD_BYTES, len - OFFLOAD_BYTES);
    else
        offload_finish(&o, n->backend->whole_frames, bytes + OFFLOAD_BYTES, len - OFFLOAD_BYTES, send_finished, n);
}

/* Carry what the guest sent to the back end; then tell a sender that waited. */
static void flush_to_host(struct netdev *n)
{
    GQueue frames = G_QUEUE_INIT;
    bool waited;
    GBytes *b;

    g_mutex_lock(&n->lock);
    frames = n->to_host;
    g_queue_init(&n->to_host);
    n->to_host_bytes = 0;
    waited = n->sender_waits;
    n->sender_waits = false;
    g_mutex_unlock(&n->lock);
    while ((b = g_queue_pop_head(&frames))) {
        gsize len;
        uint8_t *bytes = g_bytes_unref_to_data(b, &len);
        send_to_host(n, bytes, len);
        g_free(bytes);
    }
    if (waited && n->attached)
        input_post(&n->input, CODE_CAN_SEND, NULL, 0);
}

static gboolean wake_dispatch(GSource *source, GSourceFunc fn, gpointer data)
{
    struct netdev *n = data;

    g_source_set_ready_time(source, -1);
    if (!input_gated())
        flush_to_guest(n);
    flush_to_host(n);
    return G_SOURCE_CONTINUE;
}

static gboolean nothing(gpointer data)
{
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs wake_funcs = { .dispatch = wake_dispatch };

bool net_send(struct netdev *n, const struct iovec *iov, unsigned niov)
{
    return net_send_offload(n, &(struct net_offload){ 0 }, iov, niov);
}

bool net_send_offload(struct netdev *n, const struct net_offload *o, const struct iovec *iov, unsigned niov)
{
    size_t len = 0;

    for (unsigned i = 0; i < niov; i++)
        len += iov[i].iov_len;
    if (len > NET_MAX_FRAME)
        return true;
    g_mutex_lock(&n->lock);
    bool full = input_rare(&n->input, n->to_host_bytes > 0 && n->to_host_bytes + len > TO_HOST_MAX);
    if (input_replaying()) {
        /* It was sent once. */
    } else if (full) {
        n->sender_waits = true;
    } else {
        g_queue_push_tail(&n->to_host, frame_new(o, iov, niov, len));
        n->to_host_bytes += OFFLOAD_BYTES + len;
    }
    g_mutex_unlock(&n->lock);
    if (!full) {
        show_filters(n, false, iov, niov);
        g_source_set_ready_time(n->wake, 0);
    }
    return !full;
}

void net_accept_input(struct netdev *n)
{
    if (!input_gated()) {
        g_source_set_ready_time(n->wake, 0);
    } else if (!n->flush_posted && !g_queue_is_empty(&n->to_guest)) {
        n->flush_posted = true;
        input_post(&n->input, CODE_FLUSH, NULL, 0);
    }
}

/* -- Back ends -- */

struct netdev *net_find(const char *id)
{
    for (guint i = 0; netdevs && i < netdevs->len; i++) {
        struct netdev *n = g_ptr_array_index(netdevs, i);
        if (!strcmp(n->id, id))
            return n;
    }
    return NULL;
}

static void free_bytes(gpointer b)
{
    g_bytes_unref(b);
}

static void netdev_free(struct netdev *n)
{
    state_unregister(n);
    if (n->attached)
        net_detach(n, n->client.opaque);
    if (n->state)
        n->backend->close(n->state);
    g_source_destroy(n->wake);
    g_source_unref(n->wake);
    g_queue_clear_full(&n->to_guest, free_bytes);
    g_queue_clear_full(&n->to_host, free_bytes);
    while (n->filters->len) {
        struct net_filter *f = g_ptr_array_index(n->filters, n->filters->len - 1);
        net_filter_remove(n, f);
        f->gone(f);
    }
    g_ptr_array_unref(n->filters);
    g_mutex_clear(&n->filters_lock);
    g_mutex_clear(&n->lock);
    g_free(n->what);
    g_free(n->id);
    g_free(n);
}

static const struct net_backend *find_backend(const char *option, const char *type, GError **err)
{
    static const char *const missing[] = { "l2tpv3", "vde", "vhost-user", "vhost-vdpa", "af-xdp", "passt", NULL };
    g_autoptr(GString) names = g_string_new(NULL);

    for (unsigned i = 0; i < ARRAY_SIZE(backends); i++) {
        if (type && !strcmp(type, backends[i]->name))
            return backends[i];
        g_string_append_printf(names, "%s%s", i ? ", " : "", backends[i]->name);
    }
    bool known = false;
    for (unsigned i = 0; type && missing[i]; i++)
        known |= !strcmp(type, missing[i]);
    fail(err, "%s%s%s: %sexpected %s", option, type ? " " : "", type ? type : "",
         known ? "QEMU has this type, mynah does not yet; " : "", names->str);
    return NULL;
}

bool net_taken(const struct netdev *n, struct opts *o, GError **err)
{
    if (!opts_done(o, n->what, err))
        return false;
    if (!n->id)
        fail(err, "id: expected a name for the back end");
    else if (net_find(n->id))
        fail(err, "id=%s is already in use", n->id);
    else
        return true;
    return false;
}

bool net_take_queues(struct netdev *n, struct opts *o, GError **err)
{
    uint64_t queues = 1;

    if (!opts_take_uint(o, "queues", 1, NET_MAX_QUEUES, &queues, err))
        return false;
    n->queues = queues;
    return true;
}

void net_list(GString *out)
{
    for (unsigned i = 0; i < ARRAY_SIZE(backends); i++)
        g_string_append_printf(out, "%s\n", backends[i]->name);
}

/* Open the back end that o describes. o's type and id are taken already; without an id it is an error. */
static struct netdev *open_netdev(const char *option, const char *type, const char *id, struct opts *o, GError **err)
{
    const struct net_backend *backend = find_backend(option, type, err);

    if (!backend)
        return NULL;
    struct netdev *n = g_new0(struct netdev, 1);
    n->id = g_strdup(id);
    n->what = g_strdup_printf("%s %s", option, type);
    n->queues = 1;
    n->backend = backend;
    g_mutex_init(&n->lock);
    g_mutex_init(&n->filters_lock);
    n->filters = g_ptr_array_new();
    g_queue_init(&n->to_guest);
    g_queue_init(&n->to_host);
    n->wake = g_source_new(&wake_funcs, sizeof(GSource));
    g_source_set_callback(n->wake, nothing, n, NULL);
    g_source_attach(n->wake, NULL);
    GError *e = NULL;
    n->state = backend->open(n, o, &e);
    if (!n->state) {
        if (!g_str_has_prefix(e->message, n->what)) /* opts_done() has said it */
            g_prefix_error(&e, "%s: ", n->what);
        g_propagate_error(err, e);
        netdev_free(n);
        return NULL;
    }
    if (!netdevs)
        netdevs = g_ptr_array_new();
    g_ptr_array_add(netdevs, n);
    g_autofree char *name = g_strdup_printf("netdev %s", n->id);
    state_register(&(struct state_object){ .name = name, .table = &netdev_table, .obj = n });
    return n;
}

bool net_add_netdev(struct opts *o, GError **err)
{
    const char *type = opts_take(o, "type"), *id = opts_take(o, "id");

    return open_netdev("-netdev", type, id, o, err) != NULL;
}

bool net_can_change(GError **err)
{
    if (input_ordered())
        fail(err, "what is plugged in stays as it is: this is a recording or a replay");
    return !input_ordered();
}

bool net_remove(const char *id, GError **err)
{
    struct netdev *n = net_find(id);

    if (!n)
        g_set_error(err, MYNAH_ERROR, DEVICE_NOT_FOUND, "Device '%s' not found", id);
    else if (n->attached)
        fail(err, "network back end '%s' is in use by %s", id, n->client.name);
    else if (net_can_change(err)) {
        g_ptr_array_remove(netdevs, n);
        netdev_free(n);
        return true;
    }
    return false;
}

void net_tell_unused(void)
{
    for (guint i = 0; netdevs && i < netdevs->len; i++) {
        const struct netdev *n = g_ptr_array_index(netdevs, i);
        if (!n->attached)
            fprintf(stderr, "mynah: warning: the network back end %s is not used by a device\n", n->id);
    }
}

void net_close_all(void)
{
    while (netdevs && netdevs->len > 0) {
        netdev_free(g_ptr_array_index(netdevs, netdevs->len - 1));
        g_ptr_array_set_size(netdevs, netdevs->len - 1);
    }
}

/* -- The cable -- */

static void change_link(struct netdev *n, bool up)
{
    if (net_link_up(n) == up)
        return;
    __atomic_store_n(&n->link_down, !up, __ATOMIC_RELAXED);
    if (!n->attached || !n->client.link_changed)
        return;
    if (n->client.lock)
        g_mutex_lock(n->client.lock);
    n->client.link_changed(n->client.opaque, up);
    if (n->client.lock)
        g_mutex_unlock(n->client.lock);
}

static void take_frame(struct netdev *n, const struct input *in)
{
    size_t head = in->code == CODE_OFFLOAD ? OFFLOAD_BYTES : 0;
    struct net_offload o = { 0 };

    if (in->len < head || in->len - head > NET_MAX_FRAME) { /* a log says anything */
        input_departs(&n->input, "there is no frame of %zu bytes", in->len);
        return;
    }
    if (head)
        o = offload_get(in->data);
    frame_for_guest(n, &o, (const uint8_t *)in->data + head, in->len - head);
}

static void announce(struct netdev *n)
{
    if (!n->attached || !n->client.announce)
        return;
    if (n->client.lock)
        g_mutex_lock(n->client.lock);
    n->client.announce(n->client.opaque);
    if (n->client.lock)
        g_mutex_unlock(n->client.lock);
}

static void take_input(void *opaque, struct input *in)
{
    struct netdev *n = opaque;

    switch (in->code) {
    case CODE_FRAME:
    case CODE_OFFLOAD:
        take_frame(n, in);
        break;
    case CODE_FLUSH:
        n->flush_posted = false;
        flush_to_guest(n);
        break;
    case CODE_CAN_SEND:
        tell_sender(n);
        break;
    case CODE_LINK:
        change_link(n, in->len && *(const uint8_t *)in->data);
        break;
    case CODE_ANNOUNCE:
        announce(n);
        break;
    }
}

bool net_attach(struct netdev *n, const struct net_client *client, GError **err)
{
    if (n->attached) {
        fail(err, "netdev '%s' is already in use by %s", n->id, n->client.name);
        return false;
    }
    n->client = *client;
    n->attached = true;
    input_source_add(&n->input, take_input, n, "netdev %s", n->id);
    return true;
}

bool net_attach_card(struct netdev *n, struct net_client client, const char *id, const char *model,
                     const uint8_t mac[6], GError **err)
{
    if (mac[0] & 1) {
        fail(err, "%s: mac=%02x:...: expected a unicast address (first byte even)", model, mac[0]);
        return false;
    }
    snprintf(client.name, sizeof(client.name), "%s", id ? id : model);
    snprintf(client.info, sizeof(client.info), "model=%s,macaddr=%02x:%02x:%02x:%02x:%02x:%02x", model, mac[0], mac[1],
             mac[2], mac[3], mac[4], mac[5]);
    return !n || net_attach(n, &client, err);
}

void net_detach(struct netdev *n, void *opaque)
{
    if (n->attached && n->client.opaque == opaque) {
        n->attached = false;
        input_source_remove(&n->input);
    }
    net_take_offloads(n, 0);
    g_queue_clear_full(&n->to_guest, free_bytes);
    n->to_guest_bytes = 0;
}

unsigned net_gives(const struct netdev *n)
{
    return n && n->backend->gives ? n->backend->gives(n->state) : 0;
}

void net_take_offloads(struct netdev *n, unsigned takes)
{
    __atomic_store_n(&n->takes, takes, __ATOMIC_RELAXED);
    if (n->backend->takes)
        n->backend->takes(n->state, takes);
}

unsigned net_queues(const struct netdev *n)
{
    return n ? n->queues : 1;
}

void net_announce_all(void)
{
    for (guint i = 0; netdevs && i < netdevs->len; i++) {
        struct netdev *n = g_ptr_array_index(netdevs, i);
        if (n->attached)
            input_post(&n->input, CODE_ANNOUNCE, NULL, 0);
    }
}

bool net_link_up(const struct netdev *n)
{
    return !__atomic_load_n(&n->link_down, __ATOMIC_RELAXED);
}

/* By the back end's id or its device's name. */
static struct netdev *find_either_end(const char *id)
{
    for (guint i = 0; netdevs && i < netdevs->len; i++) {
        struct netdev *n = g_ptr_array_index(netdevs, i);
        if (n->attached && !strcmp(n->client.name, id))
            return n;
    }
    return net_find(id);
}

bool net_set_link(const char *id, bool up)
{
    struct netdev *n = find_either_end(id);

    if (!n)
        return false;
    if (n->attached)
        input_post(&n->input, CODE_LINK, &(uint8_t){ up }, 1);
    else
        change_link(n, up);
    return true;
}

/* -- Monitor -- */

void net_info(GString *out)
{
    for (guint i = 0; netdevs && i < netdevs->len; i++) {
        struct netdev *n = g_ptr_array_index(netdevs, i);
        if (n->attached)
            g_string_append_printf(out, "%s: index=0,type=nic,%s\n \\ ", n->client.name, n->client.info);
        g_string_append_printf(out, "%s: index=0,type=%s,", n->id, n->backend->name);
        n->backend->info(n->state, out);
        g_string_append(out, !net_link_up(n) ? ",link=off\n" : "\n");
        if (n->filters->len)
            g_string_append(out, "filters:\n");
        for (guint j = 0; j < n->filters->len; j++) {
            const struct net_filter *f = g_ptr_array_index(n->filters, j);
            f->info(f, out);
        }
    }
}

void *net_user_state(const char *id, GError **err)
{
    for (guint i = 0; netdevs && i < netdevs->len; i++) {
        struct netdev *n = g_ptr_array_index(netdevs, i);
        if (n->backend == &net_user && (!id || !strcmp(n->id, id)))
            return n->state;
    }
    if (id)
        fail(err, "'%s': expected the id of a user network back end", id);
    else
        fail(err, "there is no user network back end");
    return NULL;
}

bool net_hostfwd_add(const char *id, const char *spec, GError **err)
{
    void *state = net_user_state(id, err);

    return state && user_hostfwd_add(state, spec, err);
}

bool net_hostfwd_remove(const char *id, const char *spec, GError **err)
{
    void *state = net_user_state(id, err);

    return state && user_hostfwd_remove(state, spec, err);
}

void net_info_user(GString *out)
{
    for (guint i = 0; netdevs && i < netdevs->len; i++) {
        struct netdev *n = g_ptr_array_index(netdevs, i);
        if (n->backend == &net_user) {
            g_string_append_printf(out, "%s:\n", n->id);
            user_connections(n->state, out);
        }
    }
}

/* Used by nic.c to make back ends without an id of the user's. */
struct netdev *net_open_for_nic(const char *option, const char *type, const char *id, struct opts *o, GError **err)
{
    static unsigned counter;
    g_autofree char *name = NULL;

    do {
        g_free(name);
        name = id ? g_strdup(id) : g_strdup_printf("#net%03u", counter++);
    } while (!id && net_find(name));
    return open_netdev(option, type, name, o, err);
}

const char *net_id(const struct netdev *n)
{
    return n->id;
}

static void *find_for_prop(const char *id)
{
    return net_find(id);
}

static const char *name_for_prop(const void *n)
{
    return net_id(n);
}

const struct prop_object net_prop = {
    .kind = "netdev",
    .expected = "the id of a -netdev",
    .find = find_for_prop,
    .name = name_for_prop,
};
