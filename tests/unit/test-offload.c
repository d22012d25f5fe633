/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cards leave to the cable, net/offload.c, and frames of several segments, net/merger.c: packets of all kinds are
 * cut, each piece is looked at, and the pieces become what they were.
 */
#include <string.h>

#include "net-frames.h"
#include "net/merger.h"
#include "net/offload.h"

#define MAX_PIECES 200

static GBytes *pieces[MAX_PIECES];
static unsigned npieces;

static bool gather(void *opaque, const uint8_t *frame, size_t len)
{
    g_assert_cmpuint(npieces, <, MAX_PIECES);
    pieces[npieces++] = g_bytes_new(frame, len);
    return npieces != GPOINTER_TO_UINT(opaque);
}

static void forget(void)
{
    while (npieces > 0)
        g_bytes_unref(pieces[--npieces]);
}

static const uint8_t *piece(unsigned i, size_t *len)
{
    g_assert_cmpuint(i, <, npieces);
    return g_bytes_get_data(pieces[i], len);
}

static uint16_t sum_of(uint32_t sum, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i & 1 ? p[i] : p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* A packet of TCP or UDP over IPv4 or IPv6 as a card gets it, its payload bytes that tell their place. */
struct packet {
    uint8_t frame[NET_MAX_FRAME];
    size_t ip, l4, data, len;
    bool v6;
    uint8_t protocol;
};

static void make(struct packet *p, bool v6, uint8_t protocol, size_t payload, bool vlan)
{
    memset(p, 0, sizeof(*p));
    p->v6 = v6;
    p->protocol = protocol;
    p->ip = vlan ? 18 : 14;
    p->l4 = p->ip + (v6 ? 40 : 20);
    p->data = p->l4 + (protocol == 17 ? 8 : 32);
    p->len = p->data + payload;
    ethernet(p->frame, NULL, vlan ? 0x8100 : v6 ? 0x86dd : 0x0800);
    if (vlan)
        be16(p->frame + 16, v6 ? 0x86dd : 0x0800);
    uint8_t *ip = p->frame + p->ip, *l4 = p->frame + p->l4;
    if (v6) {
        ip[0] = 0x60;
        be16(ip + 4, p->len - p->l4);
        ip[6] = protocol;
        ip[7] = 64;
        memset(ip + 8, 0x21, 16);
        memset(ip + 24, 0x43, 16);
    } else {
        ip[0] = 0x45;
        be16(ip + 2, p->len - p->ip);
        be16(ip + 4, 0xfff0);
        ip[8] = 64;
        ip[9] = protocol;
        be32(ip + 12, IP4(10, 0, 2, 15));
        be32(ip + 16, IP4(10, 0, 2, 2));
        be16(ip + 10, ~sum_of(0, ip, 20));
    }
    be16(l4, 1234);
    be16(l4 + 2, 80);
    if (protocol == 6) {
        be32(l4 + 4, 0xffffff00);
        be32(l4 + 8, 77);
        l4[12] = 8 << 4;
        l4[13] = 0x10;
        be16(l4 + 14, 500);
        memset(l4 + 20, 1, 12); /* no-operations */
    } else {
        be16(l4 + 4, p->len - p->l4);
    }
    for (size_t i = 0; i < payload; i++)
        p->frame[p->data + i] = i ^ i >> 8;
    be16(l4 + (protocol == 6 ? 16 : 6), sum_of(protocol + p->len - p->l4, ip + (v6 ? 8 : 12), v6 ? 32 : 8));
}

static struct net_offload offload_of(const struct packet *p, uint8_t gso, uint16_t size)
{
    return (struct net_offload){ .flags = NET_SUM_NEEDED, .gso = gso, .headers = p->data, .size = size,
                                 .start = p->l4, .at = p->protocol == 6 ? 16 : 6 };
}

/* The headers of a frame are right. */
static void check_sums(const struct packet *p, const uint8_t *f, size_t len)
{
    const uint8_t *ip = f + p->ip;

    if (!p->v6) {
        g_assert_cmphex(sum_of(0, ip, 20), ==, 0xffff);
        g_assert_cmpuint(from_be16(ip + 2), ==, len - p->ip);
    } else {
        g_assert_cmpuint(from_be16(ip + 4), ==, len - p->l4);
    }
    g_assert_cmphex(sum_of(sum_of(p->protocol + len - p->l4, ip + (p->v6 ? 8 : 12), p->v6 ? 32 : 8), f + p->l4,
                           len - p->l4), ==, 0xffff);
}

static void test_sums(void)
{
    static struct packet p;

    for (unsigned i = 0; i < 16; i++) {
        make(&p, i & 1, i & 2 ? 6 : 17, 100 + (i & 4 ? 1 : 0), i & 8);
        const struct net_offload o = offload_of(&p, 0, 0);
        uint8_t bytes[OFFLOAD_BYTES];
        offload_put(bytes, &o);
        const struct net_offload back = offload_get(bytes);
        g_assert_cmpmem(&back, sizeof(back), &o, sizeof(o));
        g_assert_true(offload_finish(&o, i & 1, p.frame, p.len, gather, NULL));
        size_t len;
        const uint8_t *f = piece(0, &len);
        g_assert_cmpuint(len, ==, p.len);
        check_sums(&p, f, len);
        forget();
    }
}

static void test_segments(void)
{
    static struct packet p;

    for (unsigned i = 0; i < 16; i++) {
        bool v6 = i & 1, tcp = i & 2, whole = i & 8;
        size_t done = 0, len;
        make(&p, v6, tcp ? 6 : 17, 3000 + i * 777, i & 4);
        p.frame[p.l4 + 13] |= tcp ? 0x89 : 0; /* CWR, PSH, FIN */
        const struct net_offload o =
            offload_of(&p, tcp ? (v6 ? NET_GSO_TCP6 : NET_GSO_TCP4) | NET_GSO_ECN : NET_GSO_UDP_L4, 1000);
        if (!tcp)
            be16(p.frame + p.l4 + 4, 0); /* it is set anew */
        g_assert_true(offload_finish(&o, whole, p.frame, p.len, gather, NULL));
        g_assert_cmpuint(npieces, ==, whole && tcp ? 1 : (p.len - p.data + 999) / 1000);
        for (unsigned j = 0; j < npieces; j++) {
            const uint8_t *f = piece(j, &len);
            check_sums(&p, f, len);
            g_assert_cmpmem(f + p.data, len - p.data, p.frame + p.data + done, len - p.data);
            if (tcp) {
                g_assert_cmphex(from_be32(f + p.l4 + 4), ==, (uint32_t)(0xffffff00 + done));
                g_assert_cmphex(f[p.l4 + 13], ==, 0x10 | (j == 0 ? 0x80 : 0) | (j == npieces - 1 ? 9 : 0));
            } else {
                g_assert_cmpuint(from_be16(f + p.l4 + 4), ==, len - p.l4);
            }
            if (!v6)
                g_assert_cmphex(from_be16(f + p.ip + 4), ==, (uint16_t)(0xfff0 + j));
            done += len - p.data;
        }
        g_assert_cmpuint(done, ==, p.len - p.data);
        forget();
    }
    make(&p, false, 6, 5000, false); /* who takes them has enough */
    const struct net_offload o = offload_of(&p, NET_GSO_TCP4, 1000);
    g_assert_false(offload_finish(&o, false, p.frame, p.len, gather, GUINT_TO_POINTER(2)));
    g_assert_cmpuint(npieces, ==, 2);
    forget();
}

/* A datagram in fragments is put together as a receiver does. */
static void test_fragments(void)
{
    static struct packet p;
    static uint8_t whole[70000];

    for (unsigned v6 = 0; v6 < 2; v6++) {
        size_t len, end = 0, head;
        make(&p, v6, 17, 20000, false);
        const struct net_offload o = offload_of(&p, NET_GSO_UDP, 1477);
        g_assert_true(offload_finish(&o, false, p.frame, p.len, gather, NULL));
        g_assert_cmpuint(npieces, ==, (20008 + 1471) / 1472);
        for (unsigned j = 0; j < npieces; j++) {
            const uint8_t *f = piece(j, &len), *ip = f + 14;
            uint16_t place = from_be16(v6 ? ip + 42 : ip + 6);
            head = v6 ? 62 : 34;
            if (v6) {
                g_assert_cmpuint(from_be16(ip + 4), ==, len - 54);
                g_assert_cmpuint(ip[6], ==, 44);
                g_assert_cmpuint(ip[40], ==, 17);
                g_assert_cmphex(from_be32(ip + 44), ==, 1234 << 16 | 80);
            } else {
                g_assert_cmphex(sum_of(0, ip, 20), ==, 0xffff);
                g_assert_cmpuint(from_be16(ip + 2), ==, len - 14);
                g_assert_cmphex(from_be16(ip + 4), ==, 0xfff0);
            }
            g_assert_cmpuint(!!(place & (v6 ? 1 : 0x2000)), ==, j + 1 < npieces);
            size_t at = v6 ? place & ~7 : (place & 0x1fff) * 8u;
            g_assert_cmpuint(at, ==, end);
            memcpy(whole + p.l4 + at, f + head, len - head);
            end = at + len - head;
        }
        g_assert_cmpuint(end, ==, p.len - p.l4);
        memcpy(whole, p.frame, p.l4);
        check_sums(&p, whole, p.len);
        g_assert_cmpmem(whole + p.data, 20000, p.frame + p.data, 20000);
        forget();
    }
}

/* Headers that are none: nothing comes of them, or what is there. */
static void test_nonsense(void)
{
    static struct packet p;

    for (unsigned i = 0; i < 30000; i++) {
        bool tcp = g_test_rand_bit();
        make(&p, g_test_rand_bit(), tcp ? 6 : 17, g_test_rand_int_range(0, 3000), g_test_rand_bit());
        struct net_offload o = offload_of(&p, g_test_rand_int_range(0, 7), g_test_rand_int_range(0, 3) * 700 + 40);
        for (unsigned j = g_test_rand_int_range(0, 4); j > 0; j--)
            p.frame[g_test_rand_int_range(0, 90)] = g_test_rand_int();
        if (g_test_rand_bit())
            o.start = g_test_rand_int_range(0, 200);
        if (g_test_rand_int_range(0, 8) == 0)
            o.at = g_test_rand_int();
        size_t len = g_test_rand_bit() ? p.len : (size_t)g_test_rand_int_range(0, p.len + 1);
        g_autofree uint8_t *exact = g_memdup2(p.frame, len); /* for the sanitizer */
        offload_finish(&o, g_test_rand_bit(), exact, len, gather, NULL);
        forget();
    }
}

/* -- Merging -- */

static struct {
    struct net_offload o[8];
    GBytes *frame[8];
    unsigned n;
} came;

static bool take(void *opaque, const struct net_offload *o, const uint8_t *frame, size_t len)
{
    g_assert_cmpuint(came.n, <, 8);
    came.o[came.n] = *o;
    came.frame[came.n++] = g_bytes_new(frame, len);
    return true;
}

static void forget_came(void)
{
    while (came.n > 0)
        g_bytes_unref(came.frame[--came.n]);
}

static void test_merging(void)
{
    static const struct net_client client = { .receive_offload = take, .opaque = &came, .name = "card" };
    static struct packet p;
    g_autofree struct merger *m = g_new0(struct merger, 1);
    g_autoptr(GError) err = NULL;
    struct opts *opts = opts_parse("hubport,id=n,hubid=0", "type", &err);

    g_assert_true(net_add_netdev(opts, &err));
    opts_free(opts);
    struct netdev *n = net_find("n");
    g_assert_true(net_attach(n, &client, &err));
    net_take_offloads(n, MERGER_GIVES);
    for (unsigned i = 0; i < 8; i++) {
        bool v6 = i & 1, push = i & 2, odd = i & 4;
        uint8_t gso = v6 ? NET_GSO_TCP6 : NET_GSO_TCP4;
        size_t len;
        make(&p, v6, 6, 50000 + odd, false);
        p.frame[p.l4 + 13] |= push ? 8 : 0;
        const struct net_offload o = offload_of(&p, gso, 1460);
        g_assert_true(offload_finish(&o, false, p.frame, p.len, gather, NULL));
        for (unsigned j = 0; j < npieces; j++) {
            const uint8_t *f = piece(j, &len);
            merger_add(m, n, f, len);
        }
        merger_flush(m, n);
        g_assert_cmpuint(came.n, ==, 1);
        g_assert_cmpmem(&came.o[0], sizeof(o), &o, sizeof(o));
        const uint8_t *back = g_bytes_get_data(came.frame[0], &len);
        g_assert_cmpmem(back, len, p.frame, p.len);
        forget_came();

        /* Without one in the middle: what is before it, what is behind it. */
        for (unsigned j = 0; j < npieces; j++) {
            const uint8_t *f = piece(j, &len);
            if (j != 10)
                merger_add(m, n, f, len);
        }
        merger_flush(m, n);
        g_assert_cmpuint(came.n, ==, 2);
        g_assert_cmpuint(g_bytes_get_size(came.frame[0]), ==, p.data + 10 * 1460);
        g_assert_cmpuint(g_bytes_get_size(came.frame[1]), ==, p.len - 11 * 1460);
        forget_came();

        /* A card that takes none gets each as it is. */
        net_take_offloads(n, 0);
        for (unsigned j = 0; j < 3; j++) {
            const uint8_t *f = piece(j, &len);
            merger_add(m, n, f, len);
            g_assert_cmpuint(came.n, ==, j + 1);
            g_assert_cmpuint(came.o[j].flags, ==, 0);
            g_assert_true(g_bytes_equal(came.frame[j], pieces[j]));
        }
        net_take_offloads(n, MERGER_GIVES);
        forget_came();
        forget();
    }
    make(&p, false, 17, 100, false); /* other things pass by, and let out what was there */
    merger_add(m, n, p.frame, p.len);
    g_assert_cmpuint(came.n, ==, 1);
    g_assert_cmpuint(came.o[0].flags, ==, NET_SUM_VALID);
    forget_came();
    net_close_all();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/offload/sums", test_sums);
    g_test_add_func("/offload/segments", test_segments);
    g_test_add_func("/offload/fragments", test_fragments);
    g_test_add_func("/offload/nonsense", test_nonsense);
    g_test_add_func("/offload/merging", test_merging);
    return g_test_run();
}
