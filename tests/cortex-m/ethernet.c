/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boards' Ethernet, LAN9118 or Stellaris': asks the network for 10.0.2.2's address by ARP, and takes the answer by an
 * interrupt. A LAN9118 sends a frame to itself before. LAN9118 or STELLARIS: where it is; IRQ: its interrupt.
 */
#include "host.h"

enum { ISER = 0xe000e100, FRAME = 60 };
static volatile uint32_t interrupts;
static uint32_t frame[64], got[64];
extern uint32_t bss_start[], bss_end[];
void reset(void);

static void make_arp(const uint8_t *mac)
{
    static const uint8_t fixed[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 }, from[] = { 10, 0, 2, 15 }, to[] = { 10, 0, 2, 2 };
    uint8_t *f = (uint8_t *)frame;
    for (unsigned i = 0; i < 6; i++) {
        f[i] = 0xff;
        f[6 + i] = f[22 + i] = mac[i];
    }
    for (unsigned i = 0; i < sizeof(fixed); i++)
        f[12 + i] = fixed[i];
    for (unsigned i = 0; i < 4; i++) {
        f[28 + i] = from[i];
        f[38 + i] = to[i];
    }
}

#ifdef LAN9118
enum { RX_DATA = LAN9118, TX_DATA = LAN9118 + 0x20, RX_STATUS = LAN9118 + 0x40, TX_STATUS = LAN9118 + 0x48,
       ID_REV = LAN9118 + 0x50, IRQ_CFG = LAN9118 + 0x54, INT_STS = LAN9118 + 0x58, INT_EN = LAN9118 + 0x5c,
       BYTE_TEST = LAN9118 + 0x64, FIFO_INT = LAN9118 + 0x68, RX_CFG = LAN9118 + 0x6c, TX_CFG = LAN9118 + 0x70,
       HW_CFG = LAN9118 + 0x74, RX_DP_CTRL = LAN9118 + 0x78, RX_FIFO_INF = LAN9118 + 0x7c, TX_FIFO_INF = LAN9118 + 0x80,
       PMT_CTRL = LAN9118 + 0x84, GPT_CFG = LAN9118 + 0x8c, GPT_CNT = LAN9118 + 0x90, MAC_CMD = LAN9118 + 0xa4,
       MAC_DATA = LAN9118 + 0xa8, E2P_CMD = LAN9118 + 0xb0, E2P_DATA = LAN9118 + 0xb4 };
enum { MAC_CR = 1, ADDRH, ADDRL, MII_ACC = 6, MII_DATA = 7, RSFL = 8 };
#define BUSY (1u << 31)

static uint32_t mac_read(unsigned reg)
{
    REG(MAC_CMD) = BUSY | 1u << 30 | reg;
    while (REG(MAC_CMD) & BUSY)
        ;
    return REG(MAC_DATA);
}

static void mac_write(unsigned reg, uint32_t v)
{
    REG(MAC_DATA) = v;
    REG(MAC_CMD) = BUSY | reg;
    while (REG(MAC_CMD) & BUSY)
        ;
}

static uint32_t phy_read(unsigned reg)
{
    mac_write(MII_ACC, 1 << 11 | reg << 6);
    return mac_read(MII_DATA);
}

static void phy_write(unsigned reg, uint32_t v)
{
    mac_write(MII_DATA, v);
    mac_write(MII_ACC, 1 << 11 | reg << 6 | 2);
}

/* The handler leaves the frame, and asks for no more until it is taken. */
static void interrupt(void)
{
    interrupts++;
    REG(INT_EN) = 0;
    REG(INT_STS) = RSFL;
    __asm__ volatile("dsb" ::: "memory");
}

static void send(unsigned first)
{
    REG(TX_DATA) = 1u << 31 | 1 << 13 | (first == FRAME ? 1 << 12 : 0) | first; /* command A: in one piece or two */
    REG(TX_DATA) = 0x1234u << 16 | FRAME;
    for (unsigned i = 0; i < first / 4; i++)
        REG(TX_DATA) = frame[i];
    if (first == FRAME)
        return;
    REG(TX_DATA) = 1u << 31 | 1 << 12 | 4 << 16 | (FRAME - first); /* the second one behind four bytes of nothing */
    REG(TX_DATA) = 0x1234u << 16 | FRAME;
    REG(TX_DATA) = 0x55555555;
    for (unsigned i = first / 4; i < FRAME / 4; i++)
        REG(TX_DATA) = frame[i];
}

static uint32_t take(void)
{
    while (!(REG(RX_FIFO_INF) >> 16 & 0xff))
        ;
    uint32_t status = REG(RX_STATUS), words = ((status >> 16 & 0x3fff) + 3) / 4;
    for (unsigned i = 0; i < words; i++) {
        uint32_t w = REG(RX_DATA);
        if (i < 64)
            got[i] = w;
    }
    return status;
}

static void set_up(uint8_t mac[6])
{
    expect(REG(BYTE_TEST), 0x87654321);
    expect(REG(ID_REV) >> 16, 0x118);
    REG(HW_CFG) = 1;
    while (REG(HW_CFG) & 1)
        ;
    expect(REG(PMT_CTRL) & 1, 1);
    expect(REG(TX_FIFO_INF), 4608);
    expect(REG(RX_FIFO_INF), 0);
    uint32_t l = mac_read(ADDRL), h = mac_read(ADDRH);
    for (unsigned i = 0; i < 6; i++)
        mac[i] = i < 4 ? l >> 8 * i : h >> 8 * (i - 4);
    REG(E2P_CMD) = BUSY | 0;
    expect(REG(E2P_DATA), 0xa5);
    REG(E2P_CMD) = BUSY | 6;
    expect(REG(E2P_DATA), mac[5]);
    expect(phy_read(2), 7);
    REG(FIFO_INT) = 0;
    REG(TX_CFG) = 2;
    REG(IRQ_CFG) = 0x111;
    mac_write(MAC_CR, 0xc);
    expect(mac_read(MAC_CR), 0xc);
}

static void test_loop(const uint8_t *mac)
{
    uint8_t *f = (uint8_t *)frame;
    for (unsigned i = 0; i < FRAME; i++)
        f[i] = i < 6 ? mac[i] : i * 7;
    phy_write(0, 0x4000);
    send(FRAME);
    expect(REG(TX_FIFO_INF) >> 16, 1);
    expect(REG(TX_STATUS), 0x12340000);
    expect(REG(INT_STS) >> 21 & 1, 1); /* as asked for on completion */
    REG(INT_STS) = 1 << 21;
    expect(REG(RX_FIFO_INF), 1 << 16 | 64);
    expect(take() >> 16 & 0x3fff, FRAME + 4);
    unsigned same = 0;
    for (unsigned i = 0; i < FRAME / 4; i++)
        same += got[i] == frame[i];
    expect(same, FRAME / 4);
    send(24); /* two pieces */
    send(FRAME);
    expect(REG(RX_FIFO_INF), 2 << 16 | 128);
    take();
    same = 0;
    for (unsigned i = 0; i < FRAME / 4; i++)
        same += got[i] == frame[i];
    expect(same, FRAME / 4);
#ifdef PLAIN
    take();
#else
    REG(RX_STATUS);
    REG(RX_DATA);
    REG(RX_DP_CTRL) = BUSY; /* the rest of it; QEMU's RX_FIFO_INF counts it still */
    while (REG(RX_DP_CTRL) & BUSY)
        ;
#endif
    expect(REG(RX_FIFO_INF), 0);
    f[5] ^= 1; /* not ours */
    send(FRAME);
    expect(REG(RX_FIFO_INF), 0);
    phy_write(0, 0x3000);
    REG(TX_CFG) = 2 | 0x8000;
    expect(REG(TX_FIFO_INF), 4608);
}

static void ask(void)
{
    REG(INT_STS) = 0xffffffff;
    REG(INT_EN) = RSFL;
    send(FRAME);
}
#else
enum { RIS = STELLARIS, IM = STELLARIS + 4, RCTL = STELLARIS + 8, TCTL = STELLARIS + 0xc, DATA = STELLARIS + 0x10,
       IA0 = STELLARIS + 0x14, IA1 = STELLARIS + 0x18, THR = STELLARIS + 0x1c, MDV = STELLARIS + 0x24,
       NP = STELLARIS + 0x34, TR = STELLARIS + 0x38 };

static void interrupt(void)
{
    interrupts++;
    REG(IM) = 0;
    __asm__ volatile("dsb" ::: "memory");
}

static void set_up(uint8_t mac[6])
{
    expect(REG(RCTL), 8);
    expect(REG(THR), 0x3f);
    expect(REG(MDV), 0x80);
    expect(REG(NP), 0);
    uint32_t l = 0x12005452, h = 0x5634;
    REG(IA0) = l;
    REG(IA1) = h;
    expect(REG(IA0), l);
    expect(REG(IA1), h);
    for (unsigned i = 0; i < 6; i++)
        mac[i] = i < 4 ? l >> 8 * i : h >> 8 * (i - 4);
    REG(IM) = 0;
    REG(TCTL) = 7; /* on, padded, with a CRC */
    REG(RCTL) = 0x11;
}

/* In the FIFO the length of what follows the header is before the frame, and shifts it by two bytes. */
static void ask(void)
{
    const uint8_t *f = (const uint8_t *)frame;
    uint32_t w = 42 - 14;
    REG(RIS) = 0xff;
    REG(IM) = 1;
    for (unsigned i = 2; i < 44; i++) {
        w |= (uint32_t)f[i - 2] << 8 * (i % 4);
        if (i % 4 == 3) {
            REG(DATA) = w;
            w = 0;
        }
    }
    REG(TR) = 1;
    while (REG(TR) & 1)
        ;
    expect(REG(RIS) & 4, 4);
}

static uint32_t take(void)
{
    while (!REG(NP))
        ;
    uint32_t w = REG(DATA), total = w & 0xffff;
    for (unsigned i = 2; i < total; i++) {
        if (i % 4 == 0)
            w = REG(DATA);
        if (i - 2 < sizeof(got))
            ((uint8_t *)got)[i - 2] = w >> 8 * (i % 4);
    }
    return total;
}
#endif

static void fault(void)
{
    expect(0, 1);
    end_checks();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 64])(void) = {
    (void (*)(void))STACK, reset, fault, fault, fault, fault, fault, fault, [16 ... 16 + 63] = interrupt,
};

void reset(void)
{
    uint8_t mac[6];
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    set_up(mac);
#ifdef LAN9118
    test_loop(mac);
#endif
    for (unsigned i = 0; i < 64; i++)
        frame[i] = 0;
    make_arp(mac);
    REG(ISER + IRQ / 32 * 4) = 1u << IRQ % 32;
    ask();
    while (!interrupts)
        ;
    take();
    const uint8_t *g = (const uint8_t *)got;
    unsigned to_us = 0;
    for (unsigned i = 0; i < 6; i++)
        to_us += g[i] == mac[i];
    expect(to_us, 6);
    expect(g[12] << 8 | g[13], 0x806);
    expect(g[21], 2); /* an answer */
    expect(g[31] | g[30] << 8 | g[29] << 16 | g[28] << 24, 0x0a000202);
    end_checks();
}
