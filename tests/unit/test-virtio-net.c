/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-net through its rings, with the user network behind it. */
#include "devices/virtio-net.h"
#include "net-frames.h"
#include "net.h"
#include "tests/patience.h"
#include "tests/virtio-rig.h"

#include <gio/gio.h>

extern const struct device_type virtio_net_device_type;

enum { CSUM = 0, GUEST_CSUM = 1, CTRL_GUEST_OFFLOADS = 2, MRG_RXBUF = 15, STATUS = 16, CTRL_VQ = 17, CTRL_RX = 18,
       CTRL_VLAN = 19, GUEST_ANNOUNCE = 21, MQ = 22, CTRL_MAC_ADDR = 23, HASH_REPORT = 57, RSS = 60 };
#define PAIRS 4

struct card {
    struct virtio_rig f;
    struct drv rx, tx, ctrl;
    uint64_t features;
    unsigned header;
};

static void card_open(struct card *c, bool legacy, uint64_t want)
{
    GError *err = NULL;
    struct opts *o = opts_parse("user,id=n,restrict=on,queues=" G_STRINGIFY(PAIRS), "type", &err);

    g_assert_true(net_add_netdev(o, &err));
    opts_free(o);
    virtio_rig_init(&c->f, legacy);
    struct device *d = virtio_rig_device(&c->f, &virtio_net_device_type, c->f.mmio);
    virtio_rig_set(d, "packed", "on");
    g_autofree char *mac = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", test_mac[0], test_mac[1], test_mac[2],
                                           test_mac[3], test_mac[4], test_mac[5]);
    virtio_rig_set(d, "netdev", "n");
    virtio_rig_set(d, "mq", "on");
    if (want != UINT64_MAX && want >> HASH_REPORT) {
        virtio_rig_set(d, "rss", "on");
        virtio_rig_set(d, "hash", "on");
    }
    virtio_rig_set(d, "mac", mac);
    virtio_rig_plug(&c->f, d);
    c->features = negotiate(&c->f, want);
    c->header = c->features >> HASH_REPORT & 1 ? 20 : !legacy || (c->features & VIRTIO_BIT(MRG_RXBUF)) ? 12 : 10;
    drv_setup(&c->rx, &c->f, 0, 256, c->features);
    drv_setup(&c->tx, &c->f, 1, 256, c->features);
    if (c->features & VIRTIO_BIT(CTRL_VQ))
        drv_setup(&c->ctrl, &c->f, c->features & (VIRTIO_BIT(MQ) | VIRTIO_BIT(RSS)) ? 2 * PAIRS : 2, 64, c->features);
    driver_ok(&c->f);
}

static void card_close(struct card *c)
{
    virtio_rig_unrealize(c->f.dev);
    net_close_all();
}

/* Send a frame: header and frame in one piece, or each in its own. */
static void transmit(struct card *c, const uint8_t *frame, size_t len, bool split)
{
    gpa a = guest_alloc(&c->f, 4096, 8);
    struct seg one = { a, c->header + len, false }, two[2] = { { a, c->header, false }, { a + c->header, len, false } };

    memcpy((char *)guest_ptr(&c->f, a) + c->header, frame, len);
    uint16_t id = split ? drv_add(&c->tx, two, 2) : drv_add(&c->tx, &one, 1);
    drv_kick(&c->tx);
    g_assert_cmpuint(drv_wait(&c->tx, id), ==, 0);
}

static void arp_exchange(struct card *c, bool split)
{
    gpa a = guest_alloc(&c->f, 2048, 8);
    struct seg in = { a, 2048, true };
    uint8_t f[60];
    uint16_t id = drv_add(&c->rx, &in, 1);

    drv_kick(&c->rx);
    transmit(c, f, make_arp(f, 1, NULL, IP4(10, 0, 2, 15), IP4(10, 0, 2, 2)), split);
    uint32_t len = drv_wait(&c->rx, id);
    const uint8_t *got = guest_ptr(&c->f, a);
    g_assert_cmpuint(len, >=, c->header + 42);
    if (c->header >= 12)
        g_assert_cmpuint(from_be16(got + 10), ==, 0x0100); /* one buffer, little-endian */
    g_assert_true(is_arp(got + c->header, len - c->header, 2));
}

static void exchange(gconstpointer data)
{
    struct card c;
    static const struct { bool legacy; uint64_t want; } modes[] = {
        { true, 0 }, { true, UINT32_MAX }, { false, 0 }, { false, UINT64_MAX & ~(UINT64_C(1) << 34) },
        { false, UINT64_MAX },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        card_open(&c, modes[i].legacy, modes[i].want);
        g_assert_cmphex(rd(&c.f, 0x100), ==, 0x12005452); /* MAC */
        for (unsigned round = 0; round < 5; round++)
            arp_exchange(&c, round & 1);
        card_close(&c);
    }
}

/* DHCP's offer over buffers of 100 bytes, of which there are too few at first. */
static void merged(void)
{
    struct card c;
    uint8_t f[400], whole[800];
    uint16_t ids[10], id;
    uint32_t len;
    gpa at[10];
    size_t total = 0;

    card_open(&c, false, VIRTIO_BIT(MRG_RXBUF));
    for (unsigned i = 0; i < 10; i++)
        at[i] = guest_alloc(&c.f, 100, 4);
    for (unsigned i = 0; i < 2; i++)
        ids[i] = drv_add(&c.rx, &(struct seg){ at[i], 100, true }, 1);
    drv_kick(&c.rx);
    transmit(&c, f, make_discover(f), false);
    for (unsigned i = 0; i < 50; i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(500);
    }
    g_assert_false(drv_used(&c.rx, &id, &len));
    for (unsigned i = 2; i < 10; i++)
        ids[i] = drv_add(&c.rx, &(struct seg){ at[i], 100, true }, 1);
    drv_kick(&c.rx);
    len = drv_wait(&c.rx, ids[0]);
    const uint8_t *head = guest_ptr(&c.f, at[0]);
    unsigned n = head[10] | head[11] << 8;
    g_assert_cmpuint(n, >, 3);
    for (unsigned i = 0; i < n; i++) {
        if (i > 0) {
            g_assert_true(drv_used(&c.rx, &id, &len)); /* all at once */
            g_assert_cmpuint(id, ==, ids[i]);
        }
        g_assert_true(len == 100 || i == n - 1);
        memcpy(whole + total, guest_ptr(&c.f, at[i]), len);
        total += len;
    }
    g_assert_true(is_ip(whole + 12, total - 12, 17));
    g_assert_cmphex(from_be32(whole + 12 + 42 + 16), ==, IP4(10, 0, 2, 15));
    g_assert_false(drv_used(&c.rx, &id, &len));
    card_close(&c);
}

static uint8_t control(struct card *c, const void *message, size_t n)
{
    gpa a = guest_alloc(&c->f, n + 1, 4);
    struct seg s[2] = { { a, n, false }, { a + n, 1, true } };

    memcpy(guest_ptr(&c->f, a), message, n);
    *(uint8_t *)guest_ptr(&c->f, a + n) = 0xff;
    uint16_t id = drv_add(&c->ctrl, s, 2);
    drv_kick(&c->ctrl);
    drv_wait(&c->ctrl, id);
    return *(uint8_t *)guest_ptr(&c->f, a + n);
}

static void control_queue(void)
{
    struct card c;
    static const uint8_t promisc_off[3] = { 0, 0, 0 }, promisc_on[3] = { 0, 0, 1 }, unknown[3] = { 9, 0, 0 };
    static const uint8_t mac[8] = { 1, 1, 2, 0, 0, 0, 0, 9 };
    static const uint8_t table[] = { 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
    static const uint8_t bad_table[] = { 1, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0 };

    card_open(&c, false, VIRTIO_BIT(CTRL_VQ) | VIRTIO_BIT(CTRL_RX) | VIRTIO_BIT(CTRL_MAC_ADDR));
    g_assert_cmpuint(control(&c, promisc_off, 3), ==, 0);
    g_assert_cmpuint(control(&c, unknown, 3), ==, 1);
    g_assert_cmpuint(control(&c, table, sizeof(table)), ==, 0);
    g_assert_cmpuint(control(&c, bad_table, sizeof(bad_table)), ==, 1);
    g_assert_cmpuint(control(&c, mac, 7), ==, 1);
    arp_exchange(&c, false); /* to our address: still wanted */
    g_assert_cmpuint(control(&c, mac, 8), ==, 0);
    g_assert_cmphex(rd(&c.f, 0x100), ==, 2);
    /* Now frames to the old address are not. */
    gpa a = guest_alloc(&c.f, 2048, 8);
    struct seg in = { a, 2048, true };
    uint8_t f[60];
    uint16_t id = drv_add(&c.rx, &in, 1), used;
    uint32_t len;
    drv_kick(&c.rx);
    transmit(&c, f, make_arp(f, 1, NULL, IP4(10, 0, 2, 15), IP4(10, 0, 2, 2)), false);
    for (unsigned i = 0; i < 50; i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(500);
    }
    g_assert_false(drv_used(&c.rx, &used, &len));
    g_assert_cmpuint(control(&c, promisc_on, 3), ==, 0);
    transmit(&c, f, make_arp(f, 1, NULL, IP4(10, 0, 2, 15), IP4(10, 0, 2, 2)), false);
    g_assert_cmpuint(drv_wait(&c.rx, id), >, 12);
    card_close(&c);
}

static void link_status(void)
{
    struct card c;

    card_open(&c, false, VIRTIO_BIT(STATUS));
    uint32_t generation = rd(&c.f, 0xfc);
    g_assert_cmpuint(rd(&c.f, 0x104) >> 16, ==, 1);
    g_assert_true(net_set_link("n", false));
    g_assert_cmpuint(rd(&c.f, 0x104) >> 16, ==, 0);
    g_assert_cmphex(rd(&c.f, 0x60) & 2, ==, 2);
    g_assert_cmpuint(rd(&c.f, 0xfc), !=, generation);
    g_assert_true(net_set_link("virtio-net-device", true));
    g_assert_cmpuint(rd(&c.f, 0x104) >> 16, ==, 1);
    g_assert_false(net_set_link("nobody", true));
    card_close(&c);
}

static void misuse(void)
{
    struct card c;
    gpa a;

    card_open(&c, false, 0); /* a receive buffer without room for the header */
    a = guest_alloc(&c.f, 64, 8);
    drv_add(&c.rx, &(struct seg){ a, 12, true }, 1);
    drv_kick(&c.rx);
    uint8_t f[60];
    transmit(&c, f, make_arp(f, 1, NULL, IP4(10, 0, 2, 15), IP4(10, 0, 2, 2)), false);
    gint64 end = patience_end(10);
    while (!(rd(&c.f, 0x70) & 0x40)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(500);
    }
    g_assert_cmphex(rd(&c.f, 0x70) & 0x40, ==, 0x40);
    card_close(&c);

    card_open(&c, false, 0); /* a frame shorter than its header */
    a = guest_alloc(&c.f, 64, 8);
    drv_add(&c.tx, &(struct seg){ a, 11, false }, 1);
    drv_kick(&c.tx);
    g_assert_cmphex(rd(&c.f, 0x70) & 0x40, ==, 0x40);
    card_close(&c);

    card_open(&c, false, 0); /* a frame of 8 MiB is dropped, an empty one is sent */
    uint16_t id = drv_add(&c.tx, &(struct seg){ RAM_BASE, 8 * MiB, false }, 1);
    drv_kick(&c.tx);
    drv_wait(&c.tx, id);
    id = drv_add(&c.tx, &(struct seg){ RAM_BASE, 12, false }, 1);
    drv_kick(&c.tx);
    drv_wait(&c.tx, id);
    arp_exchange(&c, false);
    card_close(&c);
}

/* Pairs of queues: the answer comes by the pair of the question. */
static void queues(void)
{
    static const uint8_t none[4] = { 4, 0, 0, 0 }, two[4] = { 4, 0, 2, 0 }, five[4] = { 4, 0, 5, 0 };
    struct card c;
    struct drv rx1, tx1;

    card_open(&c, false, VIRTIO_BIT(CTRL_VQ) | VIRTIO_BIT(MQ));
    g_assert_cmpuint(rd(&c.f, 0x108) & 0xffff, ==, PAIRS);
    drv_setup(&rx1, &c.f, 2, 256, c.features);
    drv_setup(&tx1, &c.f, 3, 256, c.features);
    g_assert_cmpuint(control(&c, none, 4), ==, 1);
    g_assert_cmpuint(control(&c, five, 4), ==, 1);
    arp_exchange(&c, false);
    g_assert_cmpuint(control(&c, two, 4), ==, 0);
    c.rx = rx1;
    c.tx = tx1;
    for (unsigned i = 0; i < 3; i++)
        arp_exchange(&c, i & 1);
    g_assert_cmpuint(c.rx.last_used, ==, 3);
    card_close(&c);
}

/* A DHCP discover whose checksum holds the pseudo header's sum, which the card is told of or not. */
static void discover(struct card *c, bool told)
{
    uint8_t f[400];
    size_t len = make_discover(f);
    uint32_t sum = 17 + (len - 34) + 0xffff + 0xffff; /* from 0.0.0.0 to 255.255.255.255 */
    gpa a = guest_alloc(&c->f, 4096, 8);
    uint8_t *head = guest_ptr(&c->f, a);

    be16(f + 40, (sum & 0xffff) + (sum >> 16));
    memcpy(head + 12, f, len);
    head[0] = told;
    head[6] = 34;
    head[8] = 6;
    uint16_t id = drv_add(&c->tx, &(struct seg){ a, 12 + len, false }, 1);
    drv_kick(&c->tx);
    drv_wait(&c->tx, id);
}

/* A checksum that is left to the card, and one that the driver need not look at. */
static void offloads(void)
{
    static const uint8_t off[10] = { 5, 0 }, unknown[10] = { 5, 0, 0, 1 };
    struct card c;

    card_open(&c, false, VIRTIO_BIT(CTRL_VQ) | VIRTIO_BIT(CSUM) | VIRTIO_BIT(GUEST_CSUM) |
                             VIRTIO_BIT(CTRL_GUEST_OFFLOADS));
    for (unsigned round = 0; round < 2; round++) {
        gpa a = guest_alloc(&c.f, 2048, 8);
        uint16_t id = drv_add(&c.rx, &(struct seg){ a, 2048, true }, 1), used;
        uint32_t n;
        drv_kick(&c.rx);
        discover(&c, false); /* its checksum is wrong */
        for (unsigned i = 0; i < 20; i++)
            g_main_context_iteration(NULL, FALSE);
        g_assert_false(drv_used(&c.rx, &used, &n));
        discover(&c, true);
        n = drv_wait(&c.rx, id);
        const uint8_t *got = guest_ptr(&c.f, a);
        g_assert_true(is_ip(got + 12, n - 12, 17));
        g_assert_cmpuint(got[0], ==, round == 0 ? 2 : 0);
        g_assert_cmpuint(control(&c, unknown, 10), ==, 1);
        g_assert_cmpuint(control(&c, off, 10), ==, 0);
    }
    card_close(&c);
}

static void vlans_and_announcements(void)
{
    static const uint8_t add[4] = { 2, 0, 5, 0 }, del[4] = { 2, 1, 5, 0 }, high[4] = { 2, 0, 0, 0x10 }, ack[2] = { 3, 0 };
    struct card c;

    card_open(&c, false, VIRTIO_BIT(CTRL_VQ) | VIRTIO_BIT(CTRL_VLAN) | VIRTIO_BIT(STATUS) | VIRTIO_BIT(GUEST_ANNOUNCE));
    g_assert_cmpuint(control(&c, add, 4), ==, 0);
    g_assert_cmpuint(control(&c, del, 4), ==, 0);
    g_assert_cmpuint(control(&c, high, 4), ==, 1);
    g_assert_cmpuint(control(&c, add, 3), ==, 1);
    g_assert_cmpuint(control(&c, ack, 2), ==, 1);
    net_announce_all();
    g_assert_cmpuint(rd(&c.f, 0x104) >> 16, ==, 3);
    g_assert_cmphex(rd(&c.f, 0x60) & 2, ==, 2);
    g_assert_cmpuint(control(&c, ack, 2), ==, 0);
    g_assert_cmpuint(rd(&c.f, 0x104) >> 16, ==, 1);
    card_close(&c);
}

/* -- Hashes -- */

/* The key and the vectors of Microsoft's "Verifying the RSS Hash Calculation". */
static const uint8_t rss_key[NET_RSS_KEY] = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b,
    0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac,
    0x01, 0xfa,
};
static const struct {
    const char *to, *from;
    uint16_t to_port, from_port;
    uint32_t addresses, ports; /* hashes of these only, and with those */
} vectors[] = {
    { "161.142.100.80", "66.9.149.187", 1766, 2794, 0x323e8fc2, 0x51ccc178 },
    { "65.69.140.83", "199.92.111.2", 4739, 14230, 0xd718262a, 0xc626b0ea },
    { "12.22.207.184", "24.19.198.95", 38024, 12898, 0xd2d0a5de, 0x5c2b394a },
    { "209.142.163.6", "38.27.205.30", 2217, 48228, 0x82989176, 0xafc7327f },
    { "202.188.127.2", "153.39.163.191", 1303, 44251, 0x5d1809c5, 0x10e828a2 },
    { "3ffe:2501:200:3::1", "3ffe:2501:200:1fff::7", 1766, 2794, 0x2cc18cd5, 0x40207d3d },
    { "ff02::1", "3ffe:501:8::260:97ff:fe40:efab", 4739, 14230, 0x0f0c461c, 0xdde51bbf },
    { "fe80::200:f8ff:fe21:67cf", "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 38024, 44251, 0x4b61e985, 0x02d1feef },
};

enum { PLAIN, TAGGED, FRAGMENT, OPTIONS, EXTENSION, HOME, SHAPES };

static void put_address(uint8_t *p, const char *text)
{
    g_autoptr(GInetAddress) a = g_inet_address_new_from_string(text);

    memcpy(p, g_inet_address_to_bytes(a), g_inet_address_get_native_size(a));
}

/* A frame of a vector; HOME: its addresses are in the extension headers, and others in the first one. */
static size_t make_vector(uint8_t *f, unsigned i, uint8_t protocol, unsigned shape)
{
    bool v6 = strchr(vectors[i].to, ':');
    uint8_t *p = f + 14, *next;

    memset(f, 0, 256);
    ethernet(f, test_mac, v6 ? 0x86dd : 0x0800);
    if (shape == TAGGED) {
        be16(f + 12, 0x8100);
        be16(f + 16, v6 ? 0x86dd : 0x0800);
        p += 4;
    }
    if (v6) {
        p[0] = 0x60;
        next = p + 6;
        put_address(p + 8, vectors[i].from);
        put_address(p + 24, vectors[i].to);
        p += 40;
        if (shape == EXTENSION || shape == HOME) { /* hop by hop: nothing */
            *next = 0;
            next = p;
            p += 8;
        }
        if (shape == HOME) {
            static const uint8_t options[8] = { 0, 2, 1, 1, 0, 0, 0xc9, 16 };
            memset(p - 40, 0xee, 32);
            *next = 60; /* PadN of three bytes, then the home address */
            memcpy(p, options, 8);
            put_address(p + 8, vectors[i].from);
            next = p;
            p += 24;
            *next = 43;
            p[1] = 2;
            p[2] = 2;
            p[3] = 1;
            put_address(p + 8, vectors[i].to);
            next = p;
            p += 24;
        }
        if (shape == FRAGMENT) {
            *next = 44;
            next = p;
            be16(p + 2, 8);
            p += 8;
        }
    } else {
        p[0] = shape == OPTIONS ? 0x47 : 0x45;
        next = p + 9;
        if (shape == FRAGMENT)
            be16(p + 6, 0x2000);
        put_address(p + 12, vectors[i].from);
        put_address(p + 16, vectors[i].to);
        p += shape == OPTIONS ? 28 : 20;
    }
    *next = protocol;
    be16(p, vectors[i].from_port);
    be16(p + 2, vectors[i].to_port);
    return p + 20 - f;
}

static void expect_hash(const uint8_t *f, size_t n, uint32_t types, unsigned report, uint32_t value)
{
    struct net_rss r = { .enabled = true, .types = types };
    memcpy(r.key, rss_key, sizeof(rss_key));
    const struct net_hash h = virtio_net_hash(&r, f, n);

    g_assert_cmpuint(h.report, ==, report);
    g_assert_cmphex(h.value, ==, report ? value : 0);
    r.enabled = false;
    g_assert_cmpuint(virtio_net_hash(&r, f, n).report, ==, 0);
}

static void hash_vectors(void)
{
    const uint32_t all = NET_HASH_TYPES, plain = 0x3f;
    uint8_t f[256];

    for (unsigned i = 0; i < G_N_ELEMENTS(vectors); i++) {
        bool v6 = strchr(vectors[i].to, ':');
        unsigned base = v6 ? 3 : 0;
        for (unsigned shape = 0; shape < SHAPES; shape++) {
            bool extended = v6 && (shape == EXTENSION || shape == HOME || shape == FRAGMENT);
            bool fragment = shape == FRAGMENT, moved = shape == HOME && v6;
            for (unsigned udp = 0; udp < 2; udp++) {
                size_t n = make_vector(f, i, udp ? 17 : 6, shape);
                expect_hash(f, n, all, (extended ? 7 : 1 + base) + (fragment ? 0 : 1 + udp),
                            fragment ? vectors[i].addresses : vectors[i].ports);
                if (moved)
                    continue;
                expect_hash(f, n, plain, 1 + base + (fragment ? 0 : 1 + udp),
                            fragment ? vectors[i].addresses : vectors[i].ports);
                expect_hash(f, n, 1u << base, 1 + base, vectors[i].addresses);
                expect_hash(f, n, 1u << (base + 2 - udp), 0, 0); /* of the other protocol */
                expect_hash(f, n, 1u << (3 - base), 0, 0);       /* of the other version */
                expect_hash(f, n, 1u << NET_HASH_IP_EX, extended ? 7 : 0, vectors[i].addresses);
                for (size_t cut = 0; cut < n; cut++) { /* nothing beyond it is read */
                    uint8_t *exact = g_memdup2(f, cut);
                    struct net_rss r = { .enabled = true, .types = all };
                    virtio_net_hash(&r, exact, cut);
                    g_free(exact);
                }
            }
            size_t n = make_vector(f, i, 1, shape);
            expect_hash(f, n, all, extended ? 7 : 1 + base, vectors[i].addresses);
        }
    }
    expect_hash(f, make_arp(f, 1, NULL, IP4(10, 0, 2, 15), IP4(10, 0, 2, 2)), all, 0, 0);
}

/* RSS_CONFIG: rows of a table, pairs to be used, the default one, a key's length. */
static size_t rss_message(uint8_t *m, uint32_t types, unsigned rows, unsigned unclassified, unsigned pairs,
                          unsigned key)
{
    size_t at = 10;

    memset(m, 0, 400);
    m[0] = 4;
    m[1] = 1;
    m[2] = types;
    m[3] = types >> 8;
    m[6] = rows - 1;
    m[7] = (rows - 1) >> 8;
    m[8] = unclassified;
    for (unsigned i = 0; i < rows; i++, at += 2)
        m[at] = i % pairs;
    m[at] = pairs;
    m[at + 2] = key;
    memcpy(m + at + 3, rss_key, MIN(key, sizeof(rss_key)));
    return at + 3 + key;
}

/* The answer to a DHCP discover on any pair, of which the number is returned. */
static unsigned dhcp_pair(struct card *c, struct drv *rx, uint32_t types, struct net_hash *h)
{
    uint8_t f[400];
    uint16_t id;
    uint32_t len;
    gpa at[PAIRS];
    gint64 end = patience_end(10);

    for (unsigned i = 0; i < PAIRS; i++) {
        at[i] = guest_alloc(&c->f, 2048, 8);
        drv_add(&rx[i], &(struct seg){ at[i], 2048, true }, 1);
        drv_kick(&rx[i]);
    }
    transmit(c, f, make_discover(f), false);
    for (;; g_main_context_iteration(NULL, FALSE)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        for (unsigned i = 0; i < PAIRS; i++) {
            if (!drv_used(&rx[i], &id, &len))
                continue;
            const uint8_t *got = guest_ptr(&c->f, at[i]);
            struct net_rss r = { .enabled = true, .types = types };
            memcpy(r.key, rss_key, sizeof(rss_key));
            *h = (struct net_hash){ from_be32(got + 12), from_be16(got + 16) };
            h->value = GUINT32_SWAP_LE_BE(h->value);
            h->report = GUINT16_SWAP_LE_BE(h->report);
            g_assert_true(is_ip(got + 20, len - 20, 17));
            g_assert_cmpuint(h->report, ==, virtio_net_hash(&r, got + 20, len - 20).report);
            g_assert_cmphex(h->value, ==, virtio_net_hash(&r, got + 20, len - 20).value);
            return i;
        }
    }
}

static void rss(void)
{
    static const uint8_t two[4] = { 4, 0, 2, 0 };
    uint8_t m[400];
    struct card c;
    struct drv rx[PAIRS];
    struct net_hash h;

    for (unsigned round = 0; round < 7; round++) {
        card_open(&c, false, VIRTIO_BIT(CTRL_VQ) | VIRTIO_BIT(MQ) | VIRTIO_BIT(RSS) | VIRTIO_BIT(HASH_REPORT));
        g_assert_cmphex(rd(&c.f, 0x110) >> 8, ==, 128 << 8 | 40); /* room for a key and a table; the types */
        g_assert_cmphex(rd(&c.f, 0x114), ==, 0x1ff);
        rx[0] = c.rx;
        for (unsigned i = 1; i < PAIRS; i++)
            drv_setup(&rx[i], &c.f, 2 * i, 256, c.features);
        size_t n;
        switch (round) {
        case 0: /* nothing is configured */
            g_assert_cmpuint(dhcp_pair(&c, rx, 0, &h), ==, 0);
            g_assert_cmpuint(h.report, ==, 0);
            break;
        case 1: /* by the table */
            n = rss_message(m, 0x1ff, 128, 0, PAIRS, 40);
            g_assert_cmpuint(control(&c, m, n), ==, 0);
            g_assert_cmpuint(dhcp_pair(&c, rx, 0x1ff, &h), ==, h.value % PAIRS);
            g_assert_cmpuint(h.report, ==, 3);
            break;
        case 2: /* no UDP: by the addresses */
            n = rss_message(m, 0x1fb, 16, 1, PAIRS, 40);
            for (unsigned i = 0; i < 16; i++)
                m[10 + 2 * i] = 3;
            g_assert_cmpuint(control(&c, m, n), ==, 0);
            g_assert_cmpuint(dhcp_pair(&c, rx, 0x1fb, &h), ==, 3);
            break;
        case 3: /* only TCP: the default pair */
            n = rss_message(m, 2, 4, 2, PAIRS, 40);
            g_assert_cmpuint(control(&c, m, n), ==, 0);
            g_assert_cmpuint(dhcp_pair(&c, rx, 2, &h), ==, 2);
            g_assert_cmpuint(h.report, ==, 0);
            break;
        case 4: /* rows of pairs that are not there */
            n = rss_message(m, 0x1ff, 128, 3, 1, 40);
            memset(m + 10, 0xff, 256);
            g_assert_cmpuint(control(&c, m, n), ==, 0);
            g_assert_cmpuint(dhcp_pair(&c, rx, 0x1ff, &h), ==, 0);
            break;
        case 5: /* told, and not steered */
            n = rss_message(m, 0x1ff, 1, 0, PAIRS, 40);
            m[1] = 2;
            g_assert_cmpuint(control(&c, m, n), ==, 0);
            g_assert_cmpuint(dhcp_pair(&c, rx, 0x1ff, &h), ==, 0);
            g_assert_cmpuint(h.report, ==, 3);
            break;
        case 6: /* pairs without RSS again */
            n = rss_message(m, 2, 4, 3, PAIRS, 40);
            g_assert_cmpuint(control(&c, m, n), ==, 0);
            g_assert_cmpuint(control(&c, two, 4), ==, 0);
            g_assert_cmpuint(dhcp_pair(&c, rx, 0, &h), ==, 0);
        }
        card_close(&c);
    }
}

static void rss_misuse(void)
{
    static const struct { unsigned rows, unclassified, pairs, key, types, cut, want; } tries[] = {
        { 128, 0, 4, 40, 0x1ff, 0, 0 }, { 1, 3, 1, 1, 0x1ff, 0, 0 }, { 4, 0, 4, 0, 0, 0, 0 },
        { 256 / 2 + 1, 0, 4, 40, 0x1ff, 0, 1 }, { 3, 0, 4, 40, 0x1ff, 0, 1 }, { 4, 4, 4, 40, 0x1ff, 0, 1 },
        { 4, 0, 5, 40, 0x1ff, 0, 1 }, { 4, 0, 4, 41, 0x1ff, 0, 1 }, { 4, 0, 4, 0, 1, 0, 1 },
        { 4, 0, 4, 40, 0x1ff, 1, 1 }, { 4, 0, 4, 40, 0x1ff, 41, 1 }, { 4, 0, 4, 40, 0x1ff, 45, 1 },
        { 128, 0, 4, 40, 0x1ff, 100, 1 }, { 4, 0, 4, 40, 0x1ff, 57, 1 },
    };
    uint8_t m[400];
    struct card c;

    card_open(&c, false, VIRTIO_BIT(CTRL_VQ) | VIRTIO_BIT(RSS)); /* without MQ, without hashes in headers */
    for (unsigned i = 0; i < G_N_ELEMENTS(tries); i++) {
        size_t n = rss_message(m, tries[i].types, tries[i].rows, tries[i].unclassified, tries[i].pairs, tries[i].key);
        g_assert_cmpuint(control(&c, m, n - tries[i].cut), ==, tries[i].want);
    }
    size_t n = rss_message(m, 0x1ff, 1, 0, 1, 40);
    m[10 + 2] = 0; /* no pairs */
    g_assert_cmpuint(control(&c, m, n), ==, 1);
    m[1] = 2;
    g_assert_cmpuint(control(&c, m, n), ==, 1); /* HASH_CONFIG */
    m[1] = 3;
    g_assert_cmpuint(control(&c, m, n), ==, 1);
    arp_exchange(&c, false);
    card_close(&c);
    card_open(&c, false, VIRTIO_BIT(CTRL_VQ) | VIRTIO_BIT(MQ));
    m[1] = 1;
    g_assert_cmpuint(control(&c, m, n), ==, 1);
    card_close(&c);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/virtio-net/exchange", NULL, exchange);
    g_test_add_func("/virtio-net/merged", merged);
    g_test_add_func("/virtio-net/control", control_queue);
    g_test_add_func("/virtio-net/link", link_status);
    g_test_add_func("/virtio-net/queues", queues);
    g_test_add_func("/virtio-net/offloads", offloads);
    g_test_add_func("/virtio-net/vlans-announcements", vlans_and_announcements);
    g_test_add_func("/virtio-net/misuse", misuse);
    g_test_add_func("/virtio-net/hash-vectors", hash_vectors);
    g_test_add_func("/virtio-net/rss", rss);
    g_test_add_func("/virtio-net/rss-misuse", rss_misuse);
    return g_test_run();
}
