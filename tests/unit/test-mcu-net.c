/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet of microcontrollers' boards: LAN9118, the Stellaris' controller. The other end of the cable is the test. */
#include "net-frames.h"
#include "net.h"
#include "tests/device-rig.h"

static struct rig rig;
static struct device *dev;

static uint32_t rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 4);
}

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, 4, v);
}

/* -- The cable -- */

static struct {
    uint8_t frame[2048];
    size_t len;
    unsigned frames;
} got;

static bool take(void *opaque, const uint8_t *frame, size_t len)
{
    memcpy(got.frame, frame, MIN(len, sizeof(got.frame)));
    got.len = len;
    got.frames++;
    return true;
}

static void add_netdev(const char *arg)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(arg, "type", &err);
    g_assert_no_error(err);
    g_assert_true(net_add_netdev(o, &err));
    g_assert_no_error(err);
    opts_free(o);
}

static void setup(const char *type)
{
    static const struct net_client c = { .receive = take, .opaque = &got };
    g_autoptr(GError) err = NULL;

    memset(&got, 0, sizeof(got));
    add_netdev("hubport,id=a,hubid=0");
    add_netdev("hubport,id=b,hubid=0");
    g_assert_true(net_attach(net_find("b"), &c, &err));
    dev = rig_new(&rig, type, 1);
    g_assert_true(device_set_prop(dev, "netdev", "a", &err));
    g_assert_true(device_set_prop(dev, "mac", "52:54:00:12:34:56", &err));
    rig_start(&rig, dev);
}

static void teardown(void)
{
    rig_fuzz(&rig, dev, 5000);
    rig_remove(&rig, dev);
    net_detach(net_find("b"), &got);
    net_close_all();
}

/* How many have come; the hub delivers from the main loop. */
static unsigned frames(void)
{
    while (g_main_context_iteration(NULL, FALSE)) {}
    return got.frames;
}

static void send(uint8_t *frame, size_t len)
{
    const struct iovec iov = { .iov_base = frame, .iov_len = len };

    g_assert_true(net_send(net_find("b"), &iov, 1));
    frames();
}

/* A frame of so many bytes to that address, NULL: to all; its bytes behind the header count. */
static void make(uint8_t *f, const uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        f[i] = i;
    ethernet(f, to, 0x88b5);
}

static uint32_t word_of(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* -- LAN9118 -- */

enum { RX_DATA = 0x00, TX_DATA = 0x20, RX_STATUS = 0x40, TX_STATUS = 0x48, ID_REV = 0x50, IRQ_CFG = 0x54, INT_STS = 0x58,
       INT_EN = 0x5c, BYTE_TEST = 0x64, FIFO_INT = 0x68, RX_CFG = 0x6c, TX_CFG = 0x70, HW_CFG = 0x74,
       RX_FIFO_INF = 0x7c, TX_FIFO_INF = 0x80, PMT_CTRL = 0x84, GPT_CFG = 0x8c, GPT_CNT = 0x90, MAC_CMD = 0xa4,
       MAC_DATA = 0xa8 };
enum { MAC_CR = 1, ADDRH, ADDRL, MII_ACC = 6, MII_DATA };
#define BUSY (1u << 31)

static uint32_t mac_rd(unsigned reg)
{
    wr(MAC_CMD, BUSY | 1 << 30 | reg);
    return rd(MAC_DATA);
}

static void mac_wr(unsigned reg, uint32_t v)
{
    wr(MAC_DATA, v);
    wr(MAC_CMD, BUSY | reg);
}

static void test_lan9118(void)
{
    uint8_t f[128];

    setup("lan9118");
    g_assert_cmphex(rd(BYTE_TEST), ==, 0x87654321);
    g_assert_cmphex(rd(ID_REV) >> 16, ==, 0x0118);
    g_assert_cmphex(rd(PMT_CTRL) & 1, ==, 1);
    g_assert_cmphex(mac_rd(ADDRL), ==, 0x12005452);
    g_assert_cmphex(mac_rd(ADDRH), ==, 0x5634);
    mac_wr(MII_ACC, 1 << 11 | 1 << 6); /* the PHY's status: there is a link */
    g_assert_cmphex(mac_rd(MII_DATA) & 4, ==, 4);

    /* A frame goes out in two buffers, the first one with an offset. */
    wr(IRQ_CFG, 1 << 8 | 1 << 4 | 1);
    wr(INT_EN, 1 << 21);
    mac_wr(MAC_CR, 1 << 2 | 1 << 3);
    wr(TX_CFG, 2);
    make(f, NULL, 64);
    wr(TX_DATA, 1 << 13 | 2 << 16 | 6);
    wr(TX_DATA, 0xabcd0000 | 64);
    wr(TX_DATA, f[0] << 16 | (uint32_t)f[1] << 24);
    wr(TX_DATA, word_of(f + 2));
    g_assert_cmpuint(frames(), ==, 0);
    wr(TX_DATA, 1u << 31 | 1 << 12 | 58);
    wr(TX_DATA, 0xabcd0000 | 64);
    for (unsigned i = 6; i < 64; i += 4)
        wr(TX_DATA, word_of(f + i));
    g_assert_cmpuint(frames(), ==, 1);
    g_assert_cmpuint(got.len, ==, 64);
    g_assert_cmpmem(got.frame, 64, f, 64);
    g_assert_true(rig.wire[0]);
    wr(INT_STS, 1 << 21);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(TX_FIFO_INF) >> 16, ==, 1);
    g_assert_cmphex(rd(TX_STATUS), ==, 0xabcd0000);
    g_assert_cmphex(rd(TX_STATUS), ==, 0);

    /* One that is not as long as it says. */
    wr(TX_DATA, 1 << 13 | 1 << 12 | 4);
    wr(TX_DATA, 8);
    wr(TX_DATA, 0);
    g_assert_cmphex(rd(INT_STS) & 1 << 13, ==, 1 << 13);
    g_assert_cmpuint(frames(), ==, 1);

    /* Frames come in: for all, for us, for another. */
    wr(FIFO_INT, 0);
    wr(INT_EN, 1 << 3);
    make(f, NULL, 64);
    send(f, 64);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(RX_FIFO_INF), ==, 1 << 16 | 68);
    g_assert_cmphex(rd(RX_STATUS), ==, 68 << 16 | 1 << 13 | 1 << 5);
    for (unsigned i = 0; i < 64; i += 4)
        g_assert_cmphex(rd(RX_DATA), ==, word_of(f + i));
    rd(RX_DATA); /* the CRC */
    g_assert_cmphex(rd(RX_FIFO_INF), ==, 0);
    wr(INT_STS, 1 << 3);
    g_assert_false(rig.wire[0]);
    make(f, test_mac, 61);
    wr(RX_CFG, 2 << 8); /* two bytes further */
    send(f, 61);
    g_assert_cmphex(rd(RX_STATUS), ==, 65 << 16 | 1 << 5);
    g_assert_cmphex(rd(RX_DATA) >> 16, ==, (f[0] | f[1] << 8));
    g_assert_cmphex(rd(RX_DATA), ==, word_of(f + 2));
    wr(RX_CFG, 1 << 15);
    g_assert_cmphex(rd(RX_FIFO_INF), ==, 0);
    f[5] ^= 1;
    send(f, 61);
    g_assert_cmphex(rd(RX_FIFO_INF), ==, 0);
    mac_wr(MAC_CR, 1 << 2 | 1 << 18); /* promiscuous */
    send(f, 61);
    g_assert_cmphex(rd(RX_FIFO_INF) >> 16, ==, 1);

    /* The timer at 10 kHz; the soft reset. */
    wr(INT_EN, 1 << 19);
    wr(GPT_CFG, 1 << 29 | 9);
    rig_advance(500000);
    g_assert_cmpuint(rd(GPT_CNT), <=, 5);
    rig_advance(600000);
    g_assert_true(rig.wire[0]);
    wr(HW_CFG, 1);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(INT_EN), ==, 0);
    g_assert_cmphex(rd(HW_CFG) & 0xf0000, ==, 0x50000);
    teardown();
}

/* -- Stellaris -- */

enum { RIS = 0x00, IM = 0x04, RCTL = 0x08, TCTL = 0x0c, DATA = 0x10, IA0 = 0x14, IA1 = 0x18, THR = 0x1c, MCTL = 0x20,
       MTXD = 0x2c, MRXD = 0x30, NP = 0x34, TR = 0x38 };

static void test_stellaris(void)
{
    uint8_t f[128];

    setup("stellaris_enet");
    g_assert_cmphex(rd(THR), ==, 0x3f);
    wr(IA0, word_of(test_mac));
    wr(IA1, test_mac[4] | test_mac[5] << 8);
    wr(IM, 5);
    wr(MCTL, 1 << 3 | 1); /* the PHY's status: there is a link */
    g_assert_cmphex(rd(MRXD) & 4, ==, 4);
    g_assert_cmphex(rd(RIS), ==, 0x20);
    wr(RIS, 0x20);

    /* Data of 46 bytes behind the header. */
    make(f, NULL, 60);
    wr(TCTL, 7);
    wr(DATA, 46 | f[0] << 16 | (uint32_t)f[1] << 24);
    for (unsigned i = 2; i < 60; i += 4)
        wr(DATA, word_of(f + i));
    g_assert_cmpuint(frames(), ==, 0);
    wr(TR, 1);
    g_assert_cmpuint(frames(), ==, 1);
    g_assert_cmpmem(got.frame, got.len, f, 60);
    g_assert_true(rig.wire[0]);
    wr(RIS, 4);
    g_assert_false(rig.wire[0]);
    wr(THR, 1); /* by itself once it is whole; a short one is padded */
    wr(DATA, 2 | f[0] << 16 | (uint32_t)f[1] << 24);
    for (unsigned i = 2; i < 16; i += 4)
        wr(DATA, word_of(f + i));
    g_assert_cmpuint(frames(), ==, 2);
    g_assert_cmpuint(got.len, ==, 60);

    send(f, 60); /* it does not listen */
    g_assert_cmpuint(rd(NP), ==, 0);
    wr(RCTL, 1);
    wr(RIS, 0xff);
    send(f, 60);
    g_assert_true(rig.wire[0]);
    g_assert_cmpuint(rd(NP), ==, 1);
    g_assert_cmphex(rd(DATA), ==, (66 | f[0] << 16 | (uint32_t)f[1] << 24));
    for (unsigned i = 2; i < 58; i += 4)
        g_assert_cmphex(rd(DATA), ==, word_of(f + i));
    rd(DATA);
    g_assert_cmpuint(rd(NP), ==, 1);
    rd(DATA);
    g_assert_cmpuint(rd(NP), ==, 0);
    make(f, test_mac, 60);
    f[5] ^= 1;
    send(f, 60);
    g_assert_cmpuint(rd(NP), ==, 0);
    wr(RCTL, 5);
    send(f, 60);
    g_assert_cmpuint(rd(NP), ==, 1);
    wr(RCTL, 0x10);
    g_assert_cmpuint(rd(NP), ==, 0);
    teardown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/mcu-net/lan9118", test_lan9118);
    g_test_add_func("/mcu-net/stellaris", test_stellaris);
    return g_test_run();
}
