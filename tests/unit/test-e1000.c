/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * e1000 and e1000e as a driver finds them: EEPROM and PHY, frames both ways, segments and checksums; causes and
 * messages, and further descriptors, of e1000e; and a driver that writes nonsense.
 */
#include <string.h>

#include "net-frames.h"
#include "net.h"
#include "opts.h"
#include "tests/pci-rig.h"

#define TX (PCI_RIG_RAM + 0x10000)
#define RX (PCI_RIG_RAM + 0x11000)
#define BUFFERS (PCI_RIG_RAM + 0x20000) /* of 2 KiB */
#define DATA (PCI_RIG_RAM + 0x40000)
#define ENTRIES 8

static gpa bar;
static GPtrArray *got; /* GBytes: what came out of the card */

static bool take(void *opaque, const uint8_t *frame, size_t len)
{
    g_ptr_array_add(got, g_bytes_new(frame, len));
    return true;
}

/* Until n frames came out. */
static void await_frames(guint n)
{
    for (unsigned i = 0; i < 600000 && got->len < n; i++)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(100);
    g_assert_cmpuint(got->len, ==, n);
}

static void await_register(unsigned reg, uint32_t value)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < 600000 && (v = rd(bar + reg, 4) & 0xffffff) != value; i++)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(100);
    g_assert_cmphex(v, ==, value);
}

static void add_netdev(const char *arg)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(arg, "type", &err);

    g_assert_true(net_add_netdev(o, &err));
    opts_free(o);
}

static void start(void)
{
    wr(bar, 4, 1 << 26);
    wr(bar + 0x3800, 8, TX);
    wr(bar + 0x3808, 4, 16 * ENTRIES);
    wr(bar + 0x2800, 8, RX);
    wr(bar + 0x2808, 4, 16 * ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        wr(RX + 16 * i, 8, BUFFERS + 2048 * i);
        wr(RX + 16 * i + 8, 8, 0);
    }
    wr(bar + 0x400, 4, 2);
    wr(bar + 0x2818, 4, ENTRIES - 1);
    wr(bar + 0x100, 4, 0x8002);
}

static void open_card(const char *model)
{
    static const struct net_client c = { .receive = take, .opaque = &got };
    g_autoptr(GError) err = NULL;

    got = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    pci_rig_open();
    add_netdev("hubport,id=a,hubid=0");
    add_netdev("hubport,id=b,hubid=0");
    g_assert_true(net_attach(net_find("b"), &c, &err));
    g_autofree char *arg = g_strdup_printf("%s,netdev=a,mac=52:54:00:12:34:56", model);
    pci_rig_add(arg, "");
    bar = pci_rig_enable(1, 0);
    start();
}

static void close_card(void)
{
    net_detach(net_find("b"), &got);
    pci_rig_close();
    net_close_all();
    g_ptr_array_free(got, TRUE);
}

static uint16_t eeprom(unsigned word)
{
    wr(bar + 0x14, 4, word << 8 | 1);
    g_assert_cmphex(rd(bar + 0x14, 4) & 0x10, ==, 0x10);
    return rd(bar + 0x14, 4) >> 16;
}

/* The same by its wire. */
static uint16_t microwire(unsigned word)
{
    uint16_t v = 0;

    wr(bar + 0x10, 4, 0x42);
    g_assert_cmphex(rd(bar + 0x10, 4) & 0x80, ==, 0x80);
    for (unsigned i = 9; i-- > 0;) {
        unsigned bit = ((6 << 6 | word) >> i & 1) << 2;
        wr(bar + 0x10, 4, 0x42 | bit);
        wr(bar + 0x10, 4, 0x43 | bit);
        wr(bar + 0x10, 4, 0x42 | bit);
    }
    for (unsigned i = 0; i < 16; i++) {
        wr(bar + 0x10, 4, 0x43);
        v = v << 1 | (rd(bar + 0x10, 4) >> 3 & 1);
        wr(bar + 0x10, 4, 0x42);
    }
    wr(bar + 0x10, 4, 0);
    return v;
}

static void test_parts(void)
{
    uint16_t sum = 0;

    open_card("e1000");
    g_assert_cmphex(rd(pci_rig_config(1, 0), 4), ==, 0x100e8086);
    g_assert_cmphex(rd(bar + 8, 4), ==, 0x83);
    for (unsigned i = 0; i < 64; i++) {
        sum += eeprom(i);
        g_assert_cmphex(microwire(i), ==, eeprom(i));
    }
    g_assert_cmphex(sum, ==, 0xbaba);
    g_assert_cmphex(eeprom(0), ==, 0x5452);
    wr(bar + 0x20, 4, 2 << 26 | 1 << 21 | 2 << 16);
    g_assert_cmphex(rd(bar + 0x20, 4), ==, 0x18220141);
    wr(bar + 0x20, 4, 2 << 26 | 7 << 21 | 2 << 16);
    g_assert_cmphex(rd(bar + 0x20, 4) & 0x40000000, ==, 0x40000000);
    g_assert_cmphex(rd(bar + 0x5400, 4), ==, 0x12005452);
    wr(bar + 0xd0, 4, 4);
    wr(bar + 0xc8, 4, 4);
    g_assert_cmphex(rd(pci_rig_config(1, 6), 2) & 8, ==, 8);
    g_assert_cmphex(rd(bar + 0xc0, 4), ==, 4);
    g_assert_cmphex(rd(bar + 0xc0, 4), ==, 0);
    g_assert_cmphex(rd(pci_rig_config(1, 6), 2) & 8, ==, 0);
    g_assert_true(net_set_link("a", false));
    g_assert_cmphex(rd(bar + 8, 4), ==, 0x81);
    close_card();
}

static void put_frame(gpa at, const uint8_t *f, size_t len)
{
    for (size_t i = 0; i < len; i++)
        wr(at + i, 1, f[i]);
}

static uint16_t sum_of(const uint8_t *p, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++)
        sum += i & 1 ? p[i] : p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void test_send(gconstpointer model)
{
    uint8_t f[54 + 250] = { 0 };
    gsize n;

    open_card(model);
    ethernet(f, NULL, 0x0800);
    f[14] = 0x45;
    be16(f + 18, 100); /* id */
    f[23] = 6;
    be32(f + 26, IP4(10, 0, 2, 15));
    be32(f + 30, IP4(10, 0, 2, 2));
    be32(f + 34 + 4, 1000); /* sequence */
    f[34 + 12] = 0x50;
    f[34 + 13] = 0x19; /* ACK, PSH, FIN */
    be16(f + 34 + 16, sum_of(f + 26, 8, 6)); /* pseudo header without a length */
    for (unsigned i = 0; i < 250; i++)
        f[54 + i] = i;
    put_frame(DATA, f, sizeof(f));
    /* One as it is, in two pieces. */
    wr(TX, 8, DATA);
    wr(TX + 8, 8, 20);
    wr(TX + 16, 8, DATA + 20);
    wr(TX + 24, 8, 60 | 9 << 24);
    wr(bar + 0x3818, 4, 2);
    await_frames(1);
    const uint8_t *p = g_bytes_get_data(got->pdata[0], &n);
    g_assert_cmpmem(p, n, f, 80);
    g_assert_cmphex(rd(TX + 28, 1), ==, 1);
    g_assert_cmphex(rd(TX + 12, 1), ==, 0);
    /* Cut into segments of 100 bytes. */
    wr(TX + 32, 8, UINT64_C(0x000032220021180e)); /* IP from 14 on, its sum at 24; TCP from 34, its at 50 */
    wr(TX + 40, 8, UINT64_C(0x0064360027000000) | 250);
    wr(TX + 48, 8, DATA);
    wr(TX + 56, 8, UINT64_C(0x0000030000000000) | sizeof(f) | 1 << 20 | UINT64_C(0x2d) << 24);
    wr(bar + 0x3818, 4, 4);
    await_frames(4);
    for (unsigned i = 0; i < 3; i++) {
        p = g_bytes_get_data(got->pdata[1 + i], &n);
        unsigned bytes = i == 2 ? 50 : 100;
        g_assert_cmpuint(n, ==, 54 + bytes);
        g_assert_cmpuint(from_be16(p + 16), ==, 40 + bytes);
        g_assert_cmpuint(from_be16(p + 18), ==, 100 + i);
        g_assert_cmphex(sum_of(p + 14, 20, 0), ==, 0xffff);
        g_assert_cmpuint(from_be32(p + 38), ==, 1000 + 100 * i);
        g_assert_cmphex(p[47], ==, i == 2 ? 0x19 : 0x10);
        g_assert_cmphex(sum_of(p + 34, n - 34, 6 + 20 + bytes + sum_of(p + 26, 8, 0)), ==, 0xffff);
        g_assert_cmpmem(p + 54, bytes, f + 54 + 100 * i, bytes);
    }
    g_assert_cmphex(rd(bar + 0xc0, 4) & 3, ==, 3);
    close_card();
}

static void send_to_card(const uint8_t *f, size_t len)
{
    struct iovec iov = { (void *)f, len };

    g_assert_true(net_send(net_find("b"), &iov, 1));
}

static void test_receive(gconstpointer model)
{
    static const uint8_t other[6] = { 0x52, 0, 0, 0, 0, 1 };
    uint8_t f[3000] = { 0 };

    open_card(model);
    ethernet(f, other, 0x0800); /* not for us */
    send_to_card(f, 100);
    ethernet(f, test_mac, 0x0800);
    send_to_card(f, 50);
    await_register(0x2810, 1);
    g_assert_cmphex(rd(RX + 8, 8), ==, UINT64_C(0x0000000700000040)); /* 60 bytes and a checksum */
    g_assert_cmphex(rd(BUFFERS, 4), ==, 0x12005452);
    wr(bar + 0x100, 4, 0x30022); /* long ones, in buffers of 256 bytes */
    send_to_card(f, 700);
    await_register(0x2810, 4);
    g_assert_cmphex(rd(RX + 24, 8), ==, UINT64_C(0x0000000100000100));
    g_assert_cmphex(rd(RX + 56, 8), ==, UINT64_C(0x00000007000000c0));
    rd(bar + 0xc0, 4);
    send_to_card(f, 900); /* four: one more than there are */
    await_register(0xc0, 0x40);
    wr(bar + 0x2818, 4, 1);
    await_register(0x2810, 0);
    wr(bar, 4, 0x40000000); /* tags are taken off */
    be16(f + 12, 0x8100);
    be16(f + 14, 0x1234);
    send_to_card(f, 100);
    await_register(0x2810, 1);
    g_assert_cmphex(rd(RX + 8, 8), ==, UINT64_C(0x1234000f00000064));
    close_card();
}

/* More than the cable takes at once: what waits goes out as it was, its checksums made once. */
static void test_held_back(gconstpointer model)
{
    static uint8_t f[60000];
    unsigned sent = 0;

    open_card(model);
    ethernet(f, NULL, 0x0800);
    f[14] = 0x45;
    f[23] = 17;
    be16(f + 34 + 6, 0x1234); /* what the pseudo header adds up to, say */
    put_frame(DATA, f, sizeof(f));
    wr(TX, 8, UINT64_C(0x000028220021180e));
    wr(TX + 8, 8, UINT64_C(0x0000000020000000));
    for (unsigned i = 1; i < ENTRIES; i++) {
        wr(TX + 16 * i, 8, DATA);
        wr(TX + 16 * i + 8, 8, UINT64_C(0x0000020000000000) | sizeof(f) | 1 << 20 | 0x29 << 24);
    }
    while (rd(bar + 0x3810, 4) == sent % ENTRIES) { /* until the card waits */
        sent++;
        g_assert_cmpuint(sent, <, 64);
        wr(bar + 0x3818, 4, sent % ENTRIES);
    }
    g_assert_cmpuint(got->len, ==, 0);
    await_register(0x3810, sent % ENTRIES);
    await_frames(sent - (sent + ENTRIES - 1) / ENTRIES); /* without the contexts */
    for (unsigned i = 0; i < got->len; i++) {
        gsize n;
        const uint8_t *p = g_bytes_get_data(got->pdata[i], &n);
        g_assert_cmpuint(n, ==, sizeof(f));
        g_assert_cmphex(from_be16(p + 40), ==, 0xedcb);
    }
    close_card();
}

/* -- e1000e -- */

static void test_express_parts(void)
{
    uint16_t sum = 0;

    open_card("e1000e");
    g_assert_cmphex(rd(pci_rig_config(1, 0), 4), ==, 0x10d38086);
    g_assert_cmphex(rd(bar, 4), ==, 0x140241);
    g_assert_cmphex(rd(bar + 8, 4), ==, 0x80283);
    wr(bar, 4, 0x140245); /* no more accesses to memory */
    g_assert_cmphex(rd(bar + 8, 4), ==, 0x283);
    g_assert_cmphex(rd(bar + 0x10, 4), ==, 0x300);
    for (unsigned i = 0; i < 64; i++) {
        wr(bar + 0x14, 4, i << 2 | 1);
        g_assert_cmphex(rd(bar + 0x14, 4) & 0xffff, ==, i << 2 | 2);
        sum += rd(bar + 0x14, 4) >> 16;
    }
    g_assert_cmphex(sum, ==, 0xbaba);
    wr(bar + 0x20, 4, 2 << 26 | 1 << 21 | 3 << 16);
    g_assert_cmphex(rd(bar + 0x20, 4), ==, 0x18230cb1);
    wr(bar + 0x5b50, 4, 0); /* the semaphore */
    g_assert_cmphex(rd(bar + 0x5b50, 4), ==, 0);
    g_assert_cmphex(rd(bar + 0x5b50, 4), ==, 1);
    g_assert_cmphex(rd(bar + 0x40, 4), ==, 0x12005452);
    close_card();
}

#define MESSAGES (PCI_RIG_RAM + 0x60000)

/* Which vectors have sent since the last call, a bit each. */
static unsigned messages(void)
{
    unsigned v = 0;

    for (unsigned i = 0; i < 5; i++) {
        uint32_t data = rd(MESSAGES + 4 * i, 4);
        g_assert_true(data == 0 || data == 0x100 + i);
        v |= !!data << i;
        wr(MESSAGES + 4 * i, 4, 0);
    }
    return v;
}

/* Causes with and without messages, cleared and masked by themselves or not: as QEMU's card. */
static void test_express_causes(void)
{
    enum { RX0 = 1 << 20, TX0 = 1 << 22, OTHER = 1 << 24, LINK = 4 };

    open_card("e1000e");
    const gpa table = pci_rig_enable(1, 3);
    const unsigned cap = 0xff & rd(pci_rig_config(1, 0x34), 1);
    unsigned msix = cap;
    while (rd(pci_rig_config(1, msix), 1) != 0x11)
        msix = rd(pci_rig_config(1, msix + 1), 1);
    for (unsigned i = 0; i < 5; i++) {
        wr(table + 16 * i, 8, MESSAGES + 4 * i);
        wr(table + 16 * i + 8, 8, 0x100 + i);
    }
    for (unsigned on = 0; on < 2; on++) {
        for (unsigned iame = 0; iame < 2; iame++) {
            wr(pci_rig_config(1, msix + 2), 2, on << 15);
            wr(bar, 4, 1 << 26);
            wr(bar + 0x18, 4, iame << 27);
            wr(bar + 0xdc, 4, RX0);
            wr(bar + 0xe0, 4, UINT32_MAX);
            wr(bar + 0xe4, 4, 0x800b0a08);
            wr(bar + 0xd0, 4, RX0 | TX0 | OTHER | LINK);
            wr(bar + 0xc8, 4, RX0);
            g_assert_cmphex(messages(), ==, on ? 1 : 0);
            wr(bar + 0xc8, 4, TX0);
            g_assert_cmphex(messages(), ==, on ? 4 : 0);
            wr(bar + 0xc8, 4, TX0); /* it is there already */
            g_assert_cmphex(messages(), ==, 0);
            g_assert_true(net_set_link("a", !net_link_up(net_find("a"))));
            g_assert_cmphex(messages(), ==, on ? 8 : 0);
            g_assert_cmphex(rd(bar + 0xd0, 4), ==, (on && !iame ? 0 : RX0) | TX0 | OTHER | LINK);
            g_assert_cmphex(rd(pci_rig_config(1, 6), 2) & 8, ==, on ? 0 : 8);
            g_assert_cmphex(rd(bar + 0xc0, 4), ==, (on ? 0 : RX0) | TX0 | OTHER | LINK | UINT32_C(0x80000000));
            g_assert_cmphex(rd(bar + 0xc0, 4), ==, 0);
            g_assert_cmphex(rd(pci_rig_config(1, 6), 2) & 8, ==, 0);
            g_assert_cmphex(rd(bar + 0xd0, 4), ==, iame ? 0 : (on ? 0 : RX0) | TX0 | OTHER | LINK);
        }
    }
    wr(bar, 4, 1 << 26);
    wr(bar + 0xd0, 4, TX0);
    wr(bar + 0xc8, 4, RX0 | LINK); /* masked: a read leaves it, a one clears it */
    g_assert_cmphex(rd(bar + 0xc0, 4), ==, RX0 | OTHER | LINK);
    g_assert_cmphex(rd(bar + 0xc0, 4), ==, RX0 | OTHER | LINK);
    wr(bar + 0xc0, 4, OTHER);
    g_assert_cmphex(rd(bar + 0xc0, 4), ==, RX0);
    close_card();
}

static void test_express_receive(void)
{
    uint8_t f[3000] = { 0 };

    open_card("e1000e");
    ethernet(f, test_mac, 0x0800);
    f[14] = 0x45;
    f[23] = 17;
    for (unsigned i = 42; i < sizeof(f); i++)
        f[i] = i;
    wr(bar + 0x5008, 4, 0x8000); /* extended descriptors */
    wr(bar + 0x100, 4, 0x4000000 | 0x30022); /* long ones, in buffers of 256 bytes; without their checksum */
    send_to_card(f, 300);
    await_register(0x2810, 2);
    g_assert_cmphex(rd(RX, 8), ==, 0);
    g_assert_cmphex(rd(RX + 8, 8), ==, UINT64_C(0x0000010000000001));
    g_assert_cmphex(rd(RX + 24, 8), ==, UINT64_C(0x0000002c00000007));
    g_assert_cmphex(rd(bar + 0x4074, 4), ==, 1);
    g_assert_cmphex(rd(bar + 0x4074, 4), ==, 0);
    g_assert_cmphex(rd(bar + 0x4088, 4), ==, 304);
    g_assert_cmphex(rd(bar + 0x408c, 4), ==, 0);
    g_assert_cmphex(rd(bar + 0x4088, 4), ==, 0);
    /* Split: headers of up to 128 bytes, then buffers of 1 and 2 KiB. */
    wr(bar + 0x2170, 4, 0x00020101);
    wr(bar + 0x2810, 4, 0);
    wr(bar + 0x2818, 4, 3);
    for (unsigned i = 0; i < ENTRIES / 2; i++)
        for (unsigned k = 0; k < 4; k++)
            wr(RX + 32 * i + 8 * k, 8, BUFFERS + 0x2000 * i + 0x800 * k);
    wr(bar + 0x100, 4, 0x4000000 | 0x10422);
    send_to_card(f, 3000);
    await_register(0x2810, 1);
    g_assert_cmphex(rd(RX + 8, 8), ==, UINT64_C(0x0000002a00000007));
    g_assert_cmphex(rd(RX + 16, 8), ==, UINT64_C(0x0000078e0400802a));
    g_assert_cmphex(rd(BUFFERS, 4), ==, 0x12005452);
    g_assert_cmphex(rd(BUFFERS + 0x800, 1), ==, 42);
    g_assert_cmphex(rd(BUFFERS + 0x1000, 1), ==, 42);
    f[20] = 0x20; /* a fragment: not split */
    send_to_card(f, 100);
    await_register(0x2810, 2);
    g_assert_cmphex(rd(RX + 32 + 8, 8), ==, UINT64_C(0x0000006400000007));
    g_assert_cmphex(rd(RX + 32 + 16, 8), ==, 0);
    close_card();
}

/* The second ring, with packets that wait for their end while the first goes on. */
static void test_express_queues(void)
{
    uint8_t f[100] = { 0 };
    gsize n;

    open_card("e1000e");
    ethernet(f, NULL, 0x88b5);
    put_frame(DATA, f, sizeof(f));
    wr(bar + 0x3900, 8, TX + 0x800);
    wr(bar + 0x3908, 4, 16 * ENTRIES);
    wr(TX + 0x800, 8, DATA);
    wr(TX + 0x808, 8, 40);
    wr(bar + 0x3918, 4, 1);
    wr(TX, 8, DATA);
    wr(TX + 8, 8, 70 | 9 << 24);
    wr(bar + 0x3818, 4, 1);
    await_frames(1);
    g_assert_cmpuint(g_bytes_get_size(got->pdata[0]), ==, 70);
    wr(TX + 0x810, 8, DATA + 40);
    wr(TX + 0x818, 8, 60 | 9 << 24);
    wr(bar + 0x3918, 4, 2);
    await_frames(2);
    const uint8_t *p = g_bytes_get_data(got->pdata[1], &n);
    g_assert_cmpmem(p, n, f, 100);
    g_assert_cmphex(rd(bar + 0x4080, 4), ==, 2);
    close_card();
}

static void test_noise(gconstpointer model)
{
    open_card(model);
    for (unsigned i = 0; i < 20000; i++) {
        static const uint16_t regs[] = { 0x100, 0x400, 0x2800, 0x2808, 0x2810, 0x2818, 0x3800, 0x3808, 0x3810, 0x3818,
                                         0x10, 0x14, 0x20, 0xc8, 0xd0, 0, 0x18, 0xdc, 0xe0, 0xe4, 0x5008, 0x2170,
                                         0x3900, 0x3908, 0x3910, 0x3918 };
        unsigned what = g_test_rand_int_range(0, 16);
        if (what == 0)
            start();
        else if (what < 3)
            wr(bar + 4 * g_test_rand_int_range(0, 0x8000), 4, g_test_rand_int());
        else if (what < 5)
            wr(bar + regs[g_test_rand_int_range(0, ARRAY_SIZE(regs))], 4, g_test_rand_int());
        else if (what < 8)
            wr(bar + 0x3818, 4, g_test_rand_int_range(0, ENTRIES + 1));
        else if (what < 10)
            wr(bar + 0x2818, 4, g_test_rand_int_range(0, ENTRIES + 1));
        else if (what == 10)
            g_main_context_iteration(NULL, FALSE);
        else {
            gpa d = TX + 16 * g_test_rand_int_range(0, ENTRIES);
            wr(d, 8, g_test_rand_bit() ? DATA : (uint64_t)g_test_rand_int());
            wr(d + 8, 4, g_test_rand_int_range(0, 3000) | (uint32_t)g_test_rand_int_range(0, 3) << 20 |
                             (uint32_t)g_test_rand_int() << 24);
            wr(d + 12, 4, g_test_rand_int());
        }
    }
    close_card();
}

static void add_test(const char *model, const char *name, GTestDataFunc fn)
{
    g_autofree char *path = g_strdup_printf("/%s/%s", model, name);

    g_test_add_data_func(path, model, fn);
}

int main(int argc, char **argv)
{
    static const char *const models[] = { "e1000", "e1000e" };

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/e1000/parts", test_parts);
    g_test_add_func("/e1000e/parts", test_express_parts);
    g_test_add_func("/e1000e/causes", test_express_causes);
    g_test_add_func("/e1000e/descriptors", test_express_receive);
    g_test_add_func("/e1000e/queues", test_express_queues);
    for (unsigned i = 0; i < ARRAY_SIZE(models); i++) {
        add_test(models[i], "send", test_send);
        add_test(models[i], "receive", test_receive);
        add_test(models[i], "held-back", test_held_back);
        add_test(models[i], "noise", test_noise);
    }
    return g_test_run();
}
