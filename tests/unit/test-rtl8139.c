/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtl8139 as drivers find it: EEPROM, both ways of sending and receiving, checksums; and a driver that writes nonsense.
 */
#include <string.h>

#include "net-frames.h"
#include "net.h"
#include "opts.h"
#include "tests/pci-rig.h"

#define TX (PCI_RIG_RAM + 0x10000)
#define RX (PCI_RIG_RAM + 0x11000)
#define RING (PCI_RIG_RAM + 0x20000) /* of bytes: 8 KiB and what may lie beyond */
#define BUFFERS (PCI_RIG_RAM + 0x30000)
#define DATA (PCI_RIG_RAM + 0x40000)
#define OWN 0x80000000u

static gpa bar;
static GPtrArray *got; /* GBytes: what came out of the card */

static bool take(void *opaque, const uint8_t *frame, size_t len)
{
    g_ptr_array_add(got, g_bytes_new(frame, len));
    return true;
}

static void await_frames(guint n)
{
    for (unsigned i = 0; i < 600000 && got->len < n; i++)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(100);
    g_assert_cmpuint(got->len, ==, n);
}

static void await_interrupt(uint16_t bits)
{
    for (unsigned i = 0; i < 600000 && (rd(bar + 0x3e, 2) & bits) != bits; i++)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(100);
    g_assert_cmphex(rd(bar + 0x3e, 2) & bits, ==, bits);
    wr(bar + 0x3e, 2, 0xffff);
}

static void add_netdev(const char *arg)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(arg, "type", &err);

    g_assert_true(net_add_netdev(o, &err));
    opts_free(o);
}

static void open_card(void)
{
    static const struct net_client c = { .receive = take, .opaque = &got };
    g_autoptr(GError) err = NULL;

    got = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    pci_rig_open();
    add_netdev("hubport,id=a,hubid=0");
    add_netdev("hubport,id=b,hubid=0");
    g_assert_true(net_attach(net_find("b"), &c, &err));
    pci_rig_add("rtl8139,netdev=a,mac=52:54:00:12:34:56", "");
    bar = pci_rig_enable(1, 1);
    wr(bar + 0x37, 1, 0x10);
    g_assert_cmphex(rd(bar + 0x37, 1), ==, 1); /* the reset is over, nothing has come */
}

static void close_card(void)
{
    net_detach(net_find("b"), &got);
    pci_rig_close();
    net_close_all();
    g_ptr_array_free(got, TRUE);
}

static uint16_t microwire(unsigned word)
{
    uint16_t v = 0;

    wr(bar + 0x50, 1, 0x80);
    wr(bar + 0x50, 1, 0x88);
    for (unsigned i = 11; i-- > 0;) {
        unsigned bit = ((6 << 6 | word) >> i & 1) << 1;
        wr(bar + 0x50, 1, 0x88 | bit);
        wr(bar + 0x50, 1, 0x8c | bit);
    }
    wr(bar + 0x50, 1, 0x88);
    for (unsigned i = 0; i < 16; i++) {
        wr(bar + 0x50, 1, 0x8c);
        v = v << 1 | (rd(bar + 0x50, 1) & 1);
        wr(bar + 0x50, 1, 0x88);
    }
    wr(bar + 0x50, 1, 0);
    return v;
}

static void send_to_card(const uint8_t *f, size_t len)
{
    struct iovec iov = { (void *)f, len };

    g_assert_true(net_send(net_find("b"), &iov, 1));
}

static void test_parts(void)
{
    open_card();
    g_assert_cmphex(rd(pci_rig_config(1, 0), 4), ==, 0x813910ec);
    g_assert_cmphex(rd(pci_rig_config(1, 8), 1), ==, 0x20);
    g_assert_cmphex(rd(bar, 4), ==, 0x12005452);
    g_assert_cmphex(microwire(0), ==, 0x8129);
    g_assert_cmphex(microwire(7), ==, 0x5452);
    g_assert_cmphex(microwire(9), ==, 0x5634);
    g_assert_cmphex(rd(bar + 0x64, 2) & 4, ==, 4);
    g_assert_true(net_set_link("a", false));
    g_assert_cmphex(rd(bar + 0x64, 2) & 4, ==, 0);
    g_assert_cmphex(rd(bar + 0x58, 1) & 4, ==, 4);
    wr(bar + 0x3c, 2, 0x20);
    g_assert_cmphex(rd(pci_rig_config(1, 6), 2) & 8, ==, 8);
    wr(bar + 0x3e, 2, 0x20);
    g_assert_cmphex(rd(pci_rig_config(1, 6), 2) & 8, ==, 0);
    close_card();
}

/* The old way: registers and a ring of bytes, which comes to its end. */
static void test_registers(void)
{
    uint8_t f[1500] = { 0 };
    uint32_t place = 0;

    open_card();
    wr(bar + 0x37, 1, 0x0c);
    wr(bar + 0x30, 4, RING);
    wr(bar + 0x44, 4, 0x0a); /* ours and everybody's; 8 KiB, wrapped */
    for (unsigned i = 0; i < 5; i++) {
        wr(DATA, 8, i);
        wr(bar + 0x20 + 4 * (i % 4), 4, DATA);
        wr(bar + 0x10 + 4 * (i % 4), 4, 60 + i);
        g_assert_cmphex(rd(bar + 0x10 + 4 * (i % 4), 4), ==, 0xa000 | (60 + i));
        await_frames(i + 1);
        gsize n;
        const uint8_t *p = g_bytes_get_data(got->pdata[i], &n);
        g_assert_cmpuint(n, ==, 60 + i);
        g_assert_cmpuint(p[0], ==, i);
    }
    await_interrupt(4);
    ethernet(f, test_mac, 0x0800);
    for (unsigned i = 0; i < 20; i++) {
        f[20] = i;
        send_to_card(f, i ? 1000 : 20);
        await_interrupt(1);
        unsigned n = i ? 1004 : 64;
        g_assert_cmphex(rd(RING + place, 4), ==, n << 16 | 0x4001);
        g_assert_cmphex(rd(RING + (place + 24) % 8192, 1), ==, i);
        g_assert_cmphex(rd(bar + 0x37, 1) & 1, ==, 0);
        place = (place + n + 4 + 3) / 4 * 4 % 8192;
        g_assert_cmpuint(rd(bar + 0x3a, 2), ==, place);
        wr(bar + 0x38, 2, place - 16);
        g_assert_cmphex(rd(bar + 0x37, 1) & 1, ==, 1);
    }
    for (unsigned i = 0; i < 9; i++) /* more than there is room for: the last waits */
        send_to_card(f, 1000);
    await_interrupt(0x11);
    wr(bar + 0x38, 2, place + 1008 - 16);
    await_interrupt(1);
    wr(bar + 0x44, 4, 0x08); /* ours no more */
    uint16_t before = rd(bar + 0x3a, 2);
    send_to_card(f, 100);
    for (unsigned i = 0; i < 20; i++)
        g_main_context_iteration(NULL, FALSE);
    g_assert_cmpuint(rd(bar + 0x3a, 2), ==, before);
    close_card();
}

static void put_frame(gpa at, const uint8_t *f, size_t len)
{
    for (size_t i = 0; i < len; i++)
        wr(at + i, 1, f[i]);
}

static uint16_t sum_of(uint32_t sum, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i & 1 ? p[i] : p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void descriptor(gpa at, uint32_t word, uint32_t word2, gpa buffer)
{
    wr(at + 4, 4, word2);
    wr(at + 8, 8, buffer);
    wr(at, 4, word);
}

/* C+ mode: rings of descriptors. */
static void test_rings(void)
{
    uint8_t f[54 + 250] = { 0 };
    gsize n;

    open_card();
    wr(bar + 0xe0, 2, 0x43);
    wr(bar + 0x37, 1, 0x0c);
    wr(bar + 0x44, 4, 0x0a);
    wr(bar + 0x20, 4, (uint32_t)TX);
    wr(bar + 0x24, 4, TX >> 32);
    wr(bar + 0xe4, 4, (uint32_t)RX);
    wr(bar + 0xe8, 4, RX >> 32);
    ethernet(f, NULL, 0x0800);
    f[14] = 0x45;
    be16(f + 16, 40 + 250);
    f[22] = 64;
    f[23] = 6;
    be32(f + 26, IP4(10, 0, 2, 15));
    be32(f + 30, IP4(10, 0, 2, 2));
    be32(f + 38, 1000);
    f[46] = 0x50;
    f[47] = 0x10;
    put_frame(DATA, f, sizeof(f));
    /* In two pieces with checksums, with a tag, and in segments of 100; the ring ends after that. */
    descriptor(TX, OWN | 1 << 29 | 5 << 16 | 20, 0, DATA);
    descriptor(TX + 16, OWN | 1 << 28 | 5 << 16 | (sizeof(f) - 20), 0, DATA + 20);
    descriptor(TX + 32, OWN | 3 << 28 | 60, 1 << 17 | 0x3412, DATA);
    descriptor(TX + 48, OWN | 1 << 30 | 3 << 28 | 1 << 27 | 100 << 16 | sizeof(f), 0, DATA);
    wr(bar + 0xd9, 1, 0x40);
    await_frames(5);
    const uint8_t *p = g_bytes_get_data(got->pdata[0], &n);
    g_assert_cmpuint(n, ==, sizeof(f));
    g_assert_cmphex(sum_of(0, p + 14, 20), ==, 0xffff);
    g_assert_cmphex(sum_of(sum_of(6 + 270, p + 26, 8), p + 34, 270), ==, 0xffff);
    p = g_bytes_get_data(got->pdata[1], &n);
    g_assert_cmpuint(n, ==, 64);
    g_assert_cmphex(from_be32(p + 12), ==, 0x81001234);
    for (unsigned i = 0; i < 3; i++) {
        p = g_bytes_get_data(got->pdata[2 + i], &n);
        unsigned bytes = i == 2 ? 50 : 100;
        g_assert_cmpuint(n, ==, 54 + bytes);
        g_assert_cmpuint(from_be32(p + 38), ==, 1000 + 100 * i);
        g_assert_cmphex(sum_of(0, p + 14, 20), ==, 0xffff);
        g_assert_cmphex(sum_of(sum_of(6 + 20 + bytes, p + 26, 8), p + 34, n - 34), ==, 0xffff);
    }
    for (unsigned i = 0; i < 4; i++)
        g_assert_cmphex(rd(TX + 16 * i, 4) & OWN, ==, 0);
    await_interrupt(0x84);

    descriptor(RX, OWN | 2000, 0, BUFFERS);
    descriptor(RX + 16, OWN | 1 << 30 | 2000, 0, BUFFERS + 2048);
    ethernet(f, test_mac, 0x8100);
    be16(f + 14, 0x1234);
    send_to_card(f, 30);
    await_interrupt(1);
    g_assert_cmphex(rd(RX, 4), ==, 0x32000000 | 60); /* the tag is taken off */
    g_assert_cmphex(rd(RX + 4, 4), ==, 0x13412);
    ethernet(f, NULL, 0x0800);
    send_to_card(f, 200);
    await_interrupt(1);
    g_assert_cmphex(rd(RX + 16, 4), ==, 0x71000000 | 204);
    send_to_card(f, 200); /* no descriptor is left: it waits */
    await_interrupt(0x10);
    descriptor(RX, OWN | 2000, 0, BUFFERS);
    wr(bar + 0x3c, 2, 0);
    await_interrupt(1);
    g_assert_cmphex(rd(RX, 4), ==, 0x31000000 | 204);
    close_card();
}

static void test_noise(void)
{
    uint8_t f[1500] = { 0 };

    open_card();
    for (unsigned i = 0; i < 20000; i++) {
        unsigned what = g_test_rand_int_range(0, 12), size = 1 << g_test_rand_int_range(0, 3);
        if (what < 3) {
            wr(bar + g_test_rand_int_range(0, 256 / size) * size, size, g_test_rand_int());
        } else if (what == 3) {
            wr(bar + 0xe0, 2, g_test_rand_int_range(0, 4) | 0x40);
            wr(bar + 0x37, 1, 0x0c);
            wr(bar + 0x44, 4, 0x0f | g_test_rand_int_range(0, 4) << 11);
            wr(bar + 0x30, 4, RING);
            wr(bar + 0x20, 8 / 2, (uint32_t)TX);
            wr(bar + 0xe4, 8 / 2, (uint32_t)RX);
            wr(bar + 0x24, 4, 0);
            wr(bar + 0xe8, 4, 0);
        } else if (what < 6) {
            wr(bar + 0xd9, 1, 0x40);
        } else if (what < 8) {
            descriptor((what & 1 ? TX : RX) + 16 * g_test_rand_int_range(0, 4),
                       (uint32_t)g_test_rand_int() | (g_test_rand_bit() ? OWN : 0), g_test_rand_int(),
                       g_test_rand_bit() ? DATA : (uint64_t)g_test_rand_int());
        } else if (what < 10) {
            memset(f, g_test_rand_bit() ? 0xff : 0, 6);
            be16(f + 12, g_test_rand_bit() ? 0x8100 : 0x0800);
            struct iovec iov = { f, g_test_rand_int_range(14, sizeof(f)) };
            net_send(net_find("b"), &iov, 1);
        } else {
            g_main_context_iteration(NULL, FALSE);
        }
    }
    close_card();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtl8139/parts", test_parts);
    g_test_add_func("/rtl8139/registers", test_registers);
    g_test_add_func("/rtl8139/rings", test_rings);
    g_test_add_func("/rtl8139/noise", test_noise);
    return g_test_run();
}
