/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LAN9118: SMSC's Ethernet controller behind a static memory bus, with its FIFOs, MAC, PHY and EEPROM. Manual: SMSC's
 * "LAN9118 High Performance Single-Chip 10/100 Non-PCI Ethernet Controller"; binding: smsc,lan9115. A frame is sent when
 * its last word is written; one that the host has no room for is lost, as one that finds no room here is. Not modelled:
 * the 16-bit bus, wake-up frames, flow control, collisions, GPIO, writes to the EEPROM.
 */
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "device.h"
#include "net.h"

/* -- Registers -- */

enum { RX_DATA = 0x00, TX_DATA = 0x20, RX_STATUS = 0x40, RX_STATUS_PEEK = 0x44, TX_STATUS = 0x48, TX_STATUS_PEEK = 0x4c,
       ID_REV = 0x50, IRQ_CFG = 0x54, INT_STS = 0x58, INT_EN = 0x5c, BYTE_TEST = 0x64, FIFO_INT = 0x68, RX_CFG = 0x6c,
       TX_CFG = 0x70, HW_CFG = 0x74, RX_DP_CTRL = 0x78, RX_FIFO_INF = 0x7c, TX_FIFO_INF = 0x80, PMT_CTRL = 0x84,
       GPIO_CFG = 0x88, GPT_CFG = 0x8c, GPT_CNT = 0x90, WORD_SWAP = 0x98, FREE_RUN = 0x9c, RX_DROP = 0xa0, MAC_CMD = 0xa4,
       MAC_DATA = 0xa8, AFC_CFG = 0xac, E2P_CMD = 0xb0, E2P_DATA = 0xb4, REGION_BYTES = 0x100 };
enum { IRQ_ACTIVE = 1 << 12, IRQ_EN = 1 << 8, IRQ_HIGH = 1 << 4, IRQ_PUSH_PULL = 1 << 0 };
enum { INT_RSFL = 1 << 3, INT_RSFF = 1 << 4, INT_RXDF = 1 << 6, INT_TSFL = 1 << 7, INT_TSFF = 1 << 8, INT_TDFA = 1 << 9,
       INT_TDFO = 1 << 10, INT_TXE = 1 << 13, INT_RXE = 1 << 14, INT_TXSO = 1 << 16, INT_PHY = 1 << 18,
       INT_GPT = 1 << 19, INT_RXD = 1 << 20, INT_TX_IOC = 1 << 21, INT_RXDFH = 1 << 23, INT_RXSTOP = 1 << 24,
       INT_TXSTOP = 1 << 25 };
#define INT_SW (1u << 31)
enum { CFG_DUMP = 1 << 15 };                                                   /* RX_CFG */
enum { STOP_TX = 1 << 0, TX_ON = 1 << 1, TXSAO = 1 << 2, TXD_DUMP = 1 << 14, TXS_DUMP = 1 << 15 }; /* TX_CFG */
enum { HW_SRST = 1 << 0, HW_32_BITS = 1 << 2, HW_MBO = 1 << 20 };
enum { PMT_READY = 1 << 0, PMT_PHY_RESET = 1 << 10 };
enum { GPT_ON = 1 << 29, GPT_HZ = 10000 };
#define BUSY (1u << 31) /* MAC_CMD, E2P_CMD */
enum { MAC_READ = 1 << 30, E2P_RELOAD = 7, E2P_LOADED = 1 << 8 };
enum { A_IOC = 1u << 31, A_FIRST = 1 << 13, A_LAST = 1 << 12 }; /* a command's first word */
enum { RX_MULTICAST = 1 << 10, RX_BROADCAST = 1 << 13, RX_FILTERED = 1 << 30, RX_TYPE = 1 << 5 };

/* The MAC's, and the PHY's behind it */
enum { MAC_CR = 1, ADDRH, ADDRL, HASHH, HASHL, MII_ACC, MII_DATA, MAC_FLOW, VLAN1, VLAN2, WUFF, WUCSR, MAC_REGISTERS };
enum { CR_RXEN = 1 << 2, CR_TXEN = 1 << 3, CR_BCAST = 1 << 11, CR_HPFILT = 1 << 13, CR_HFILT = 1 << 15,
       CR_INVFILT = 1 << 17, CR_PRMS = 1 << 18, CR_MCPAS = 1 << 19, CR_LOOPBACK = 1 << 21 };
#define CR_RXALL (1u << 31)
enum { MII_WRITE = 1 << 1, PHY_ADDRESS = 1 };
enum { PHY_CONTROL = 0, PHY_STATUS, PHY_ID1, PHY_ID2, PHY_ADVERTISED, PHY_PARTNER, PHY_INT = 29, PHY_INT_EN = 30,
       PHY_SPECIAL = 31 };
enum { PHY_RESET = 0x8000, PHY_LOOPBACK = 0x4000, PHY_RESTART = 0x200, PHY_LINK = 4, PHY_INT_DOWN = 0x10,
       PHY_INT_DONE = 0x40 };

#define MAX_FRAME 2048
#define RX_WORDS 4096 /* more than RX_DATA can have with any TX_FIF_SZ; a power of two, as the others */
#define RX_FRAMES 256
#define TX_FRAMES 128
#define MIN_FRAME 60
#define EEPROM_BYTES 128

struct lan9118 {
    struct device dev;
    struct netdev *netdev;
    uint8_t mac[6];
    uint32_t irq_cfg, int_sts, int_en, fifo_int, rx_cfg, tx_cfg, hw_cfg, pmt_ctrl, gpio_cfg, gpt_cfg, word_swap, rx_drop,
        mac_cmd, mac_data, afc_cfg, e2p_cmd, e2p_data;
    uint32_t mac_regs[MAC_REGISTERS];
    uint16_t phy_control, phy_advertised, phy_int, phy_int_en;
    /* Rings: what was put, what was taken. */
    uint32_t rx_words[RX_WORDS], rx_put, rx_got;
    uint32_t rx_status[RX_FRAMES], rx_status_put, rx_status_got;
    uint16_t rx_size[RX_FRAMES], rx_size_got; /* words of each frame; the first one's are counted down */
    uint32_t tx_status[TX_FRAMES], tx_status_put, tx_status_got;
    /* The command that is being written, and the frame so far. */
    uint32_t tx_a, tx_b, tx_skip, tx_bytes, tx_pad, tx_words, tx_len;
    uint8_t tx_frame[MAX_FRAME];
    uint64_t gpt_tick;
    struct timer gpt;
};

/* -- Interrupts -- */

static unsigned tx_kib(const struct lan9118 *s)
{
    return CLAMP(s->hw_cfg >> 16 & 15, 2, 14);
}

static unsigned rx_status_room(const struct lan9118 *s)
{
    return (16 - tx_kib(s)) * 1024 / 16 / 4;
}

static unsigned rx_data_room(const struct lan9118 *s)
{
    return (16 - tx_kib(s)) * 1024 / 4 - rx_status_room(s);
}

static unsigned tx_free(const struct lan9118 *s)
{
    return tx_kib(s) * 1024 - 512 - s->tx_words * 4;
}

static void update_irq(struct lan9118 *s)
{
    if (s->rx_status_put - s->rx_status_got > (s->fifo_int & 0xff))
        s->int_sts |= INT_RSFL;
    if (s->tx_status_put - s->tx_status_got > (s->fifo_int >> 16 & 0xff))
        s->int_sts |= INT_TSFL;
    if (tx_free(s) > (s->fifo_int >> 24) * 64)
        s->int_sts |= INT_TDFA;
    s->int_sts = (s->int_sts & ~INT_PHY) | (s->phy_int & s->phy_int_en ? INT_PHY : 0);
    bool active = s->int_sts & s->int_en;
    s->irq_cfg = (s->irq_cfg & ~IRQ_ACTIVE) | (active ? IRQ_ACTIVE : 0);
    bool high = (s->irq_cfg & (IRQ_HIGH | IRQ_PUSH_PULL)) == (IRQ_HIGH | IRQ_PUSH_PULL);
    device_irq(&s->dev, 0, (active && (s->irq_cfg & IRQ_EN)) == high);
}

static void raise_int(struct lan9118 *s, uint32_t bits)
{
    s->int_sts |= bits;
    update_irq(s);
}

/* -- Reception -- */

static bool is_ours(const struct lan9118 *s, const uint8_t *frame)
{
    static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    uint32_t cr = s->mac_regs[MAC_CR], l = s->mac_regs[ADDRL], h = s->mac_regs[ADDRH];
    const uint8_t own[6] = { l, l >> 8, l >> 16, l >> 24, h, h >> 8 };
    bool perfect = !memcmp(frame, own, 6);

    if (!memcmp(frame, all, 6))
        return !(cr & CR_BCAST);
    if (cr & CR_PRMS)
        return true;
    if ((frame[0] & 1) && (cr & CR_MCPAS))
        return true;
    if (frame[0] & 1 ? cr & CR_HPFILT : cr & CR_HFILT) { /* by the upper bits of the CRC, as it is sent */
        uint32_t crc = crc32(0, frame, 6), bit = 0;
        for (unsigned i = 0; i < 6; i++) /* the CRC is kept reflected */
            bit = bit << 1 | (~crc >> i & 1);
        return s->mac_regs[bit & 32 ? HASHH : HASHL] >> (bit & 31) & 1;
    }
    return perfect != !!(cr & CR_INVFILT);
}

/* The frame with its CRC, behind the offset that RX_CFG wants, in words. */
static void put_frame(struct lan9118 *s, const uint8_t *frame, size_t len, uint32_t status)
{
    uint8_t bytes[31 + MAX_FRAME + 4 + 31] = { 0 };
    unsigned offset = s->rx_cfg >> 8 & 31, align = (const uint8_t[4]){ 4, 16, 32, 4 }[s->rx_cfg >> 30];
    size_t size = (offset + len + 4 + align - 1) / align * align;
    uint32_t crc = GUINT32_TO_LE(crc32(0, frame, len));

    if (s->rx_put - s->rx_got + size / 4 > rx_data_room(s) || s->rx_status_put - s->rx_status_got >= rx_status_room(s)) {
        s->rx_drop++;
        raise_int(s, INT_RXDF | (s->rx_drop >> 31 ? INT_RXDFH : 0));
        return;
    }
    memcpy(bytes + offset, frame, len);
    memcpy(bytes + offset + len, &crc, 4);
    for (size_t i = 0; i < size / 4; i++) {
        uint32_t w;
        memcpy(&w, bytes + 4 * i, 4);
        s->rx_words[s->rx_put++ % RX_WORDS] = GUINT32_FROM_LE(w);
    }
    s->rx_size[s->rx_status_put % RX_FRAMES] = size / 4;
    s->rx_status[s->rx_status_put++ % RX_FRAMES] = status | (len + 4) << 16;
    update_irq(s);
}

static bool receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct lan9118 *s = opaque;
    uint8_t padded[MIN_FRAME] = { 0 };
    uint32_t status = 0;

    if (!(s->mac_regs[MAC_CR] & CR_RXEN) || len > MAX_FRAME || len < 14)
        return true;
    if (!is_ours(s, frame)) {
        if (!(s->mac_regs[MAC_CR] & CR_RXALL))
            return true;
        status |= RX_FILTERED;
    }
    if ((frame[0] & frame[1] & frame[2] & frame[3] & frame[4] & frame[5]) == 0xff)
        status |= RX_BROADCAST;
    else
        status |= frame[0] & 1 ? RX_MULTICAST : 0;
    status |= frame[12] << 8 >= 0x600 ? RX_TYPE : 0;
    if (len < MIN_FRAME) {
        memcpy(padded, frame, len);
        frame = padded;
        len = MIN_FRAME;
    }
    put_frame(s, frame, len, status);
    return true;
}

/*
 * Which frame's data is read next: rx_size_got counts frames as rx_status_got does, but statuses and data are taken
 * each in its own time.
 */
static uint16_t *rx_head(struct lan9118 *s)
{
    uint16_t *n = &s->rx_size[s->rx_size_got % RX_FRAMES];

    if (s->rx_put != s->rx_got && !*n)
        n = &s->rx_size[++s->rx_size_got % RX_FRAMES];
    return n;
}

static uint32_t rx_data(struct lan9118 *s)
{
    if (s->rx_put == s->rx_got) {
        raise_int(s, INT_RXE);
        return 0;
    }
    uint16_t *left = rx_head(s);
    --*left;
    return s->rx_words[s->rx_got++ % RX_WORDS];
}

/* RX_DP_CTRL.FFWD: the rest of the first frame. */
static void fast_forward(struct lan9118 *s)
{
    uint16_t *left = rx_head(s);

    s->rx_got += MIN(*left, s->rx_put - s->rx_got);
    *left = 0;
}

static void dump_rx(struct lan9118 *s)
{
    memset(s->rx_size, 0, sizeof(s->rx_size));
    s->rx_put = s->rx_got = s->rx_status_put = s->rx_status_got = s->rx_size_got = 0;
}

static uint32_t rx_status(struct lan9118 *s, bool peek)
{
    if (s->rx_status_put == s->rx_status_got)
        return 0;
    return s->rx_status[(peek ? s->rx_status_got : s->rx_status_got++) % RX_FRAMES];
}

/* -- Transmission -- */

static void dump_tx(struct lan9118 *s)
{
    s->tx_a = s->tx_b = s->tx_skip = s->tx_bytes = s->tx_pad = s->tx_words = s->tx_len = 0;
}

static void send_frame(struct lan9118 *s)
{
    bool loops = (s->phy_control & PHY_LOOPBACK) || (s->mac_regs[MAC_CR] & CR_LOOPBACK);
    size_t len = s->tx_len;

    if (len < MIN_FRAME && !(s->tx_b & 1 << 12)) {
        memset(s->tx_frame + len, 0, MIN_FRAME - len);
        len = MIN_FRAME;
    }
    if (loops)
        receive(s, s->tx_frame, len);
    else if (s->netdev)
        net_send(s->netdev, &(struct iovec){ .iov_base = s->tx_frame, .iov_len = len }, 1);
    if (s->tx_status_put - s->tx_status_got < TX_FRAMES)
        s->tx_status[s->tx_status_put++ % TX_FRAMES] = s->tx_b & 0xffff0000;
    else
        s->int_sts |= s->tx_cfg & TXSAO ? 0 : INT_TXSO;
    s->int_sts |= s->tx_a & A_IOC ? INT_TX_IOC : 0;
    s->tx_words = s->tx_len = 0;
}

/* A buffer's last word is there. */
static void end_buffer(struct lan9118 *s)
{
    bool on = (s->tx_cfg & TX_ON) && (s->mac_regs[MAC_CR] & CR_TXEN);

    if (!(s->tx_a & A_LAST)) {
        s->tx_a = 0;
        return;
    }
    if (s->tx_len != (s->tx_b & 0x7ff) || !on) {
        device_guest_error(&s->dev, "a frame of %" PRIu32 " bytes%s", s->tx_len,
                           on ? ", which is not the length of its command" : " while the transmitter is off");
        s->int_sts |= INT_TXE;
        s->tx_words = s->tx_len = 0;
    } else {
        send_frame(s);
    }
    s->tx_a = 0;
}

static void tx_byte(struct lan9118 *s, uint8_t v)
{
    if (s->tx_skip) {
        s->tx_skip--;
    } else if (s->tx_bytes) {
        s->tx_bytes--;
        if (s->tx_len < MAX_FRAME)
            s->tx_frame[s->tx_len++] = v;
    } else if (s->tx_pad) {
        s->tx_pad--;
    }
}

/* Command A, command B, data, as the state says: with command A one of tx_a's flags for segments or its size is set. */
static void tx_data(struct lan9118 *s, uint32_t v)
{
    if (tx_free(s) < 4) {
        raise_int(s, INT_TDFO);
        return;
    }
    s->tx_words++;
    if (!s->tx_a) {
        s->tx_a = v & (A_IOC | 0x031f0000u | A_FIRST | A_LAST | 0x7ff);
        if (!s->tx_a)
            return;
        s->tx_a |= 1 << 14; /* reserved there: command B is next */
        s->tx_len = v & A_FIRST ? 0 : s->tx_len;
        return;
    }
    if (s->tx_a & 1 << 14) {
        unsigned align = (const uint8_t[4]){ 4, 16, 32, 4 }[s->tx_a >> 24 & 3];
        s->tx_a &= ~(1u << 14);
        s->tx_b = v;
        s->tx_skip = s->tx_a >> 16 & 31;
        s->tx_bytes = s->tx_a & 0x7ff;
        s->tx_pad = -(s->tx_skip + s->tx_bytes) & (align - 1);
    } else {
        for (unsigned i = 0; i < 4; i++)
            tx_byte(s, v >> 8 * i);
    }
    if (!s->tx_skip && !s->tx_bytes && !s->tx_pad)
        end_buffer(s);
    update_irq(s);
}

static uint32_t tx_status(struct lan9118 *s, bool peek)
{
    if (s->tx_status_put == s->tx_status_got)
        return 0;
    return s->tx_status[(peek ? s->tx_status_got : s->tx_status_got++) % TX_FRAMES];
}

/* -- PHY -- */

static bool link_up(const struct lan9118 *s)
{
    return !s->netdev || net_link_up(s->netdev);
}

static void reset_phy(struct lan9118 *s)
{
    s->phy_control = 0x3000;
    s->phy_advertised = 0x1e1;
    s->phy_int = link_up(s) ? PHY_INT_DONE : PHY_INT_DOWN;
    s->phy_int_en = 0;
}

static void link_changed(void *opaque, bool up)
{
    struct lan9118 *s = opaque;

    s->phy_int |= up ? PHY_INT_DONE : PHY_INT_DOWN;
    update_irq(s);
}

static uint32_t phy_read(struct lan9118 *s, unsigned reg)
{
    uint16_t v;

    switch (reg) {
    case PHY_CONTROL: return s->phy_control;
    case PHY_STATUS: return 0x7809 | (link_up(s) ? PHY_LINK | 0x20 : 0);
    case PHY_ID1: return 0x0007;
    case PHY_ID2: return 0xc0d1;
    case PHY_ADVERTISED: return s->phy_advertised;
    case PHY_PARTNER: return 0x45e1;
    case PHY_INT:
        v = s->phy_int;
        s->phy_int = 0;
        update_irq(s);
        return v;
    case PHY_INT_EN: return s->phy_int_en;
    case PHY_SPECIAL: return 0x1058; /* 100 Mbit/s, full duplex */
    default: return 0;
    }
}

static void phy_write(struct lan9118 *s, unsigned reg, uint16_t v)
{
    switch (reg) {
    case PHY_CONTROL:
        if (v & PHY_RESET) {
            reset_phy(s);
            break;
        }
        s->phy_control = v & 0x7d80 & ~PHY_RESTART;
        s->phy_int |= v & PHY_RESTART ? PHY_INT_DONE : 0;
        break;
    case PHY_ADVERTISED: s->phy_advertised = (v & 0x2d7f) | 1; break;
    case PHY_INT_EN: s->phy_int_en = v & 0xff; break;
    default: break;
    }
    update_irq(s);
}

/* -- MAC, EEPROM -- */

static uint32_t mac_read(struct lan9118 *s, unsigned reg)
{
    return reg && reg < MAC_REGISTERS ? s->mac_regs[reg] : 0;
}

static void mac_write(struct lan9118 *s, unsigned reg, uint32_t v)
{
    static const uint32_t masks[MAC_REGISTERS] = {
        [MAC_CR] = 0x817fb7ec, [ADDRH] = 0xffff, [ADDRL] = UINT32_MAX, [HASHH] = UINT32_MAX, [HASHL] = UINT32_MAX,
        [MII_ACC] = 0xffc2, [MII_DATA] = 0xffff, [MAC_FLOW] = 0xffff0006, [VLAN1] = 0xffff, [VLAN2] = 0xffff,
        [WUCSR] = 0x206,
    };
    uint32_t old = s->mac_regs[MAC_CR];

    if (!reg || reg >= MAC_REGISTERS)
        return;
    s->mac_regs[reg] = v & masks[reg];
    if (reg == MAC_CR && (old & CR_RXEN) && !(v & CR_RXEN))
        s->int_sts |= INT_RXSTOP;
    if (reg == MAC_CR && (v & CR_RXEN) && s->netdev)
        net_accept_input(s->netdev);
    if (reg != MII_ACC || (v >> 11 & 31) != PHY_ADDRESS)
        return;
    if (v & MII_WRITE)
        phy_write(s, v >> 6 & 31, s->mac_regs[MII_DATA]);
    else
        s->mac_regs[MII_DATA] = phy_read(s, v >> 6 & 31);
}

static void reload_address(struct lan9118 *s)
{
    s->mac_regs[ADDRL] = s->mac[0] | s->mac[1] << 8 | s->mac[2] << 16 | (uint32_t)s->mac[3] << 24;
    s->mac_regs[ADDRH] = s->mac[4] | s->mac[5] << 8;
}

static void eeprom_command(struct lan9118 *s, uint32_t v)
{
    unsigned at = v & 0xff;

    s->e2p_cmd = (s->e2p_cmd & E2P_LOADED) | (v & 0x700000ff);
    switch (v >> 28 & 7) {
    case 0: s->e2p_data = at == 0 ? 0xa5 : at <= 6 ? s->mac[at - 1] : 0xff; break;
    case E2P_RELOAD:
        reload_address(s);
        s->e2p_cmd |= E2P_LOADED;
        break;
    default: break;
    }
}

/* -- The general purpose timer: down from its load, at 10 kHz, again and again -- */

static uint32_t gpt_count(const struct lan9118 *s)
{
    uint32_t load = s->gpt_cfg & 0xffff;

    return s->gpt_cfg & GPT_ON ? load - (clock_ticks(GPT_HZ) - s->gpt_tick) % (load + 1) : 0xffff;
}

static void set_gpt(struct lan9118 *s)
{
    if (s->gpt_cfg & GPT_ON)
        timer_set(&s->gpt, clock_ticks_to_ns(s->gpt_tick + (s->gpt_cfg & 0xffff) + 1, GPT_HZ));
    else
        timer_cancel(&s->gpt);
}

static void gpt_fired(void *opaque)
{
    struct lan9118 *s = opaque;

    s->gpt_tick += (s->gpt_cfg & 0xffff) + 1;
    set_gpt(s);
    raise_int(s, INT_GPT);
}

/* -- The bus -- */

static void soft_reset(struct lan9118 *s)
{
    s->irq_cfg &= IRQ_HIGH | IRQ_PUSH_PULL;
    s->int_sts = s->int_en = s->rx_cfg = s->tx_cfg = s->gpio_cfg = s->word_swap = s->rx_drop = 0;
    s->fifo_int = 0x48000000;
    s->hw_cfg = HW_32_BITS | 5 << 16;
    s->pmt_ctrl = 0;
    s->gpt_cfg = 0xffff;
    s->mac_cmd = s->mac_data = s->afc_cfg = s->e2p_data = 0;
    s->e2p_cmd = E2P_LOADED;
    memset(s->mac_regs, 0, sizeof(s->mac_regs));
    s->mac_regs[MAC_CR] = 0x40000;
    reload_address(s);
    dump_rx(s);
    dump_tx(s);
    s->tx_status_put = s->tx_status_got = 0;
    timer_cancel(&s->gpt);
    update_irq(s);
}

static uint64_t lan_read(void *opaque, uint64_t offset, unsigned size)
{
    struct lan9118 *s = opaque;
    uint32_t v;

    if (offset < TX_DATA)
        return rx_data(s);
    switch (offset) {
    case RX_STATUS: return rx_status(s, false);
    case RX_STATUS_PEEK: return rx_status(s, true);
    case TX_STATUS: return tx_status(s, false);
    case TX_STATUS_PEEK: return tx_status(s, true);
    case ID_REV: return 0x01180001;
    case IRQ_CFG: return s->irq_cfg;
    case INT_STS: return s->int_sts;
    case INT_EN: return s->int_en;
    case BYTE_TEST: return 0x87654321;
    case FIFO_INT: return s->fifo_int;
    case RX_CFG: return s->rx_cfg;
    case TX_CFG: return s->tx_cfg;
    case HW_CFG: return s->hw_cfg;
    case RX_DP_CTRL: return 0;
    case RX_FIFO_INF: return (s->rx_status_put - s->rx_status_got) << 16 | (s->rx_put - s->rx_got) * 4;
    case TX_FIFO_INF: return (s->tx_status_put - s->tx_status_got) << 16 | tx_free(s);
    case PMT_CTRL: return s->pmt_ctrl | PMT_READY;
    case GPIO_CFG: return s->gpio_cfg;
    case GPT_CFG: return s->gpt_cfg;
    case GPT_CNT: return gpt_count(s);
    case WORD_SWAP: return s->word_swap;
    case FREE_RUN: return clock_ticks(25000000);
    case RX_DROP:
        v = s->rx_drop;
        s->rx_drop = 0;
        return v;
    case MAC_CMD: return s->mac_cmd;
    case MAC_DATA: return s->mac_data;
    case AFC_CFG: return s->afc_cfg;
    case E2P_CMD: return s->e2p_cmd;
    case E2P_DATA: return s->e2p_data;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset); return 0;
    }
}

static void write_tx_cfg(struct lan9118 *s, uint32_t v)
{
    if (v & TXD_DUMP)
        dump_tx(s);
    if (v & TXS_DUMP)
        s->tx_status_put = s->tx_status_got = 0;
    s->tx_cfg = v & (TX_ON | TXSAO);
    if (v & STOP_TX) {
        s->tx_cfg &= ~TX_ON;
        s->int_sts |= INT_TXSTOP;
    }
}

static void lan_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct lan9118 *s = opaque;
    uint32_t v = value;

    if (offset >= TX_DATA && offset < RX_STATUS) {
        tx_data(s, v);
        return;
    }
    switch (offset) {
    case IRQ_CFG: s->irq_cfg = (v & 0xff000111) | (s->irq_cfg & IRQ_ACTIVE); break;
    case INT_STS: s->int_sts &= ~v; break;
    case INT_EN:
        s->int_sts |= ~s->int_en & v & INT_SW;
        s->int_en = v & 0x83bfe7dfu;
        break;
    case FIFO_INT: s->fifo_int = v; break;
    case RX_CFG:
        if (v & CFG_DUMP)
            dump_rx(s);
        s->rx_cfg = v & 0xcfff1f00u;
        break;
    case TX_CFG: write_tx_cfg(s, v); break;
    case HW_CFG:
        if (v & HW_SRST)
            soft_reset(s);
        else
            s->hw_cfg = (v & (0xf0000 | HW_MBO)) | HW_32_BITS;
        break;
    case RX_DP_CTRL:
        if (v & BUSY)
            fast_forward(s);
        break;
    case PMT_CTRL:
        if (v & PMT_PHY_RESET)
            reset_phy(s);
        s->pmt_ctrl = v & 0x34e;
        break;
    case GPIO_CFG: s->gpio_cfg = v & 0x7777071f; break;
    case GPT_CFG:
        s->gpt_cfg = v & (GPT_ON | 0xffff);
        s->gpt_tick = clock_ticks(GPT_HZ);
        set_gpt(s);
        break;
    case WORD_SWAP: s->word_swap = v; break;
    case MAC_CMD:
        s->mac_cmd = v & (MAC_READ | 0xf);
        if (!(v & BUSY))
            break;
        if (v & MAC_READ)
            s->mac_data = mac_read(s, v & 0xf);
        else
            mac_write(s, v & 0xf, s->mac_data);
        break;
    case MAC_DATA: s->mac_data = v; break;
    case AFC_CFG: s->afc_cfg = v & 0xffffff; break;
    case E2P_CMD: eeprom_command(s, v); break;
    case E2P_DATA: s->e2p_data = v & 0xff; break;
    case BYTE_TEST: break; /* wakes it up */
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops lan_ops = { .read = lan_read, .write = lan_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool lan_realize(struct device *d, GError **err)
{
    struct lan9118 *s = container_of(d, struct lan9118, dev);
    const struct net_client c = { .receive = receive, .link_changed = link_changed, .opaque = s, .lock = &d->lock };

    if (!net_plug_board_card(d, err))
        return false;
    device_add_io(d, "lan9118", &lan_ops, REGION_BYTES);
    timer_init(&s->gpt, gpt_fired, s, &d->lock);
    return net_attach_card(s->netdev, c, d->id, d->type->name, s->mac, err);
}

static void lan_unrealize(struct device *d)
{
    struct lan9118 *s = container_of(d, struct lan9118, dev);

    timer_cancel(&s->gpt);
    if (s->netdev)
        net_detach(s->netdev, s);
}

static void lan_reset(struct device *d)
{
    struct lan9118 *s = container_of(d, struct lan9118, dev);

    s->irq_cfg = 0;
    reset_phy(s);
    soft_reset(s);
    device_irq(d, 0, false); /* low, until a program says what is active: no controller hears of it before */
}

/* A snapshot's rings may not say that there is more in them than fits. */
static bool lan_loaded(void *obj, unsigned version, GError **err)
{
    struct lan9118 *s = obj;

    if (s->rx_put - s->rx_got <= RX_WORDS && s->rx_status_put - s->rx_status_got <= RX_FRAMES &&
        s->tx_status_put - s->tx_status_got <= TX_FRAMES && s->tx_len <= MAX_FRAME && s->tx_words * 4 <= 14 * 1024)
        return true;
    fail(err, "%s: a FIFO has more than it can hold", s->dev.id);
    return false;
}

static const struct property lan_props[] = {
    PROP_NAMES("netdev", struct lan9118, netdev, net_prop, "the -netdev it is plugged to"),
    PROP(struct lan9118, mac, MAC, 0, NULL, "its address"),
    PROP_END,
};

#define KEEP(member) FIELD_KEEP(struct lan9118, member)
#define KEEPS(member) FIELD_KEEP_ARRAY(struct lan9118, member)
static const struct state_row lan_fields[] = { /* all: lan_reset() */
    KEEP(irq_cfg), KEEP(int_sts), KEEP(int_en), KEEP(fifo_int), KEEP(rx_cfg), KEEP(tx_cfg), KEEP(hw_cfg), KEEP(pmt_ctrl),
    KEEP(gpio_cfg), KEEP(gpt_cfg), KEEP(word_swap), KEEP(rx_drop), KEEP(mac_cmd), KEEP(mac_data), KEEP(afc_cfg),
    KEEP(e2p_cmd), KEEP(e2p_data), KEEPS(mac_regs), KEEP(phy_control), KEEP(phy_advertised), KEEP(phy_int),
    KEEP(phy_int_en), KEEPS(rx_words), KEEP(rx_put), KEEP(rx_got), KEEPS(rx_status), KEEP(rx_status_put),
    KEEP(rx_status_got), KEEPS(rx_size), KEEP(rx_size_got), KEEPS(tx_status), KEEP(tx_status_put), KEEP(tx_status_got),
    KEEP(tx_a), KEEP(tx_b), KEEP(tx_skip), KEEP(tx_bytes), KEEP(tx_pad), KEEP(tx_words), KEEP(tx_len), KEEPS(tx_frame),
    KEEP(gpt_tick), FIELD_KEEP_TIMER(struct lan9118, gpt), FIELD_END,
};

static const struct state_table lan_state = {
    STATE_OF(struct lan9118),
    .version = 1,
    .rows = lan_fields,
    .loaded = lan_loaded,
};

static const char *const lan_compatible[] = { "smsc,lan9118", "smsc,lan9220", "smsc,lan9115", NULL };

const struct device_type lan9118_type = {
    .name = "lan9118",
    .desc = "SMSC LAN9118 Ethernet controller",
    .compatible = lan_compatible,
    .size = sizeof(struct lan9118),
    .props = lan_props,
    .state = &lan_state,
    .realize = lan_realize,
    .unrealize = lan_unrealize,
    .reset = lan_reset,
};
