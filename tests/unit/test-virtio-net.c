/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-net through its rings, with the user network behind it. */
#include "net-frames.h"
#include "net.h"
#include "tests/patience.h"
#include "tests/virtio-rig.h"

extern const struct device_type virtio_net_device_type;

enum { CSUM = 0, GUEST_CSUM = 1, CTRL_GUEST_OFFLOADS = 2, MRG_RXBUF = 15, STATUS = 16, CTRL_VQ = 17, CTRL_RX = 18,
       CTRL_VLAN = 19, GUEST_ANNOUNCE = 21, MQ = 22, CTRL_MAC_ADDR = 23 };
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
    virtio_rig_set(d, "mac", mac);
    virtio_rig_plug(&c->f, d);
    c->features = negotiate(&c->f, want);
    c->header = !legacy || (c->features & VIRTIO_BIT(MRG_RXBUF)) ? 12 : 10;
    drv_setup(&c->rx, &c->f, 0, 256, c->features);
    drv_setup(&c->tx, &c->f, 1, 256, c->features);
    if (c->features & VIRTIO_BIT(CTRL_VQ))
        drv_setup(&c->ctrl, &c->f, c->features & VIRTIO_BIT(MQ) ? 2 * PAIRS : 2, 64, c->features);
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
    if (c->header == 12)
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
    return g_test_run();
}
