/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Ethernet controller of Stellaris' LM3S6965, with its PHY. Manual: "LM3S6965 Microcontroller Data Sheet", chapter
 * 15, "Ethernet Controller"; binding: ti,stellaris-ethernet. A frame that the host has no room for is lost. Not
 * modelled: collisions, the LEDs, MDI crossover, frames without their CRC as it should be.
 */
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "device.h"
#include "net.h"

enum { RIS = 0x00, IM = 0x04, RCTL = 0x08, TCTL = 0x0c, DATA = 0x10, IA0 = 0x14, IA1 = 0x18, THR = 0x1c, MCTL = 0x20,
       MDV = 0x24, MTXD = 0x2c, MRXD = 0x30, NP = 0x34, TR = 0x38, TS = 0x3c, REGION_BYTES = 0x1000 };
enum { INT_RX = 0x01, INT_TXER = 0x02, INT_TXEMP = 0x04, INT_FOV = 0x08, INT_MD = 0x20, INT_PHY = 0x40 };
enum { RCTL_RXEN = 1, RCTL_AMUL = 2, RCTL_PRMS = 4, RCTL_BADCRC = 8, RCTL_RSTFIFO = 0x10 };
enum { TCTL_TXEN = 1, TCTL_PADEN = 2, TCTL_CRC = 4 };
enum { MCTL_START = 1, MCTL_WRITE = 2 };
enum { THR_NEVER = 0x3f };

#define FRAMES 31
#define FIFO_BYTES 2048 /* each way */
#define MIN_FRAME 60
#define LENGTH_BYTES 2 /* before a frame, in either FIFO */
#define HEADER_BYTES 14
#define CRC_BYTES 4

struct stellaris_enet {
    struct device dev;
    struct netdev *netdev;
    uint8_t mac[6];
    uint8_t address[6]; /* IA0, IA1 */
    uint32_t ris, im, rctl, tctl, thr, mctl, mdv, mtxd, mrxd, ts;
    uint16_t phy[32];
    /* Frames as they are read: with their length before them and the CRC behind. A ring of bytes. */
    uint8_t rx[FIFO_BYTES];
    uint32_t rx_put, rx_got, rx_left; /* of the first frame */
    uint32_t frames;
    uint8_t tx[FIFO_BYTES];
    uint32_t tx_len;
};

static void update_irq(struct stellaris_enet *s)
{
    device_irq(&s->dev, 0, s->ris & s->im);
}

/* -- Reception -- */

static bool is_ours(const struct stellaris_enet *s, const uint8_t *frame)
{
    static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    if ((s->rctl & RCTL_PRMS) || !memcmp(frame, all, 6))
        return true;
    return frame[0] & 1 ? s->rctl & RCTL_AMUL : !memcmp(frame, s->address, 6);
}

static void put(struct stellaris_enet *s, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s->rx[s->rx_put++ % FIFO_BYTES] = ((const uint8_t *)bytes)[i];
}

static bool receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct stellaris_enet *s = opaque;
    uint8_t padded[MIN_FRAME] = { 0 };

    if (!(s->rctl & RCTL_RXEN) || len < HEADER_BYTES || !is_ours(s, frame))
        return true;
    if (len < MIN_FRAME) {
        memcpy(padded, frame, len);
        frame = padded;
        len = MIN_FRAME;
    }
    size_t total = LENGTH_BYTES + len + CRC_BYTES, words = (total + 3) / 4 * 4;
    if (words > FIFO_BYTES)
        return true;
    if (s->rx_put - s->rx_got + words > FIFO_BYTES || s->frames >= FRAMES) {
        s->ris |= INT_FOV;
        update_irq(s);
        return false; /* again once there is room */
    }
    const uint8_t length[LENGTH_BYTES] = { total, total >> 8 };
    uint32_t crc = GUINT32_TO_LE(crc32(0, frame, len));
    put(s, length, sizeof(length));
    put(s, frame, len);
    put(s, &crc, sizeof(crc));
    s->rx_put = (s->rx_put + 3) & ~3u;
    s->frames++;
    s->ris |= INT_RX;
    update_irq(s);
    return true;
}

static uint32_t rx_data(struct stellaris_enet *s)
{
    const uint8_t *p = &s->rx[s->rx_got % FIFO_BYTES];

    if (!s->frames)
        return 0;
    if (!s->rx_left)
        s->rx_left = MAX((p[0] | p[1] << 8) + 3, 4) / 4 * 4;
    s->rx_got += 4;
    s->rx_left -= 4;
    if (!s->rx_left) {
        s->frames--;
        if (s->netdev)
            net_accept_input(s->netdev);
    }
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void empty_rx(struct stellaris_enet *s)
{
    s->rx_put = s->rx_got = s->rx_left = s->frames = 0;
}

/* -- Transmission -- */

/* Bytes of the frame that is being written, without its length and its CRC. */
static uint32_t frame_length(const struct stellaris_enet *s)
{
    return HEADER_BYTES + (s->tx[0] | s->tx[1] << 8);
}

static bool is_whole(const struct stellaris_enet *s)
{
    return s->tx_len >= LENGTH_BYTES &&
           s->tx_len >= LENGTH_BYTES + frame_length(s) + (s->tctl & TCTL_CRC ? 0 : CRC_BYTES);
}

static void send_frame(struct stellaris_enet *s)
{
    uint32_t len = MIN(frame_length(s), FIFO_BYTES - LENGTH_BYTES);

    if (len < MIN_FRAME && (s->tctl & TCTL_PADEN)) {
        memset(s->tx + LENGTH_BYTES + len, 0, MIN_FRAME - len);
        len = MIN_FRAME;
    }
    if (s->netdev)
        net_send(s->netdev, &(struct iovec){ .iov_base = s->tx + LENGTH_BYTES, .iov_len = len }, 1);
    s->tx_len = 0;
    s->ris |= INT_TXEMP;
}

static void tx_data(struct stellaris_enet *s, uint32_t v)
{
    if (s->tx_len + 4 > FIFO_BYTES) {
        device_guest_error(&s->dev, "the transmitter's FIFO is full");
        s->ris |= INT_TXER;
        s->tx_len = 0;
    }
    for (unsigned i = 0; i < 4; i++)
        s->tx[s->tx_len++] = v >> 8 * i;
    if ((s->tctl & TCTL_TXEN) && s->thr < THR_NEVER && is_whole(s))
        send_frame(s);
    update_irq(s);
}

/* -- PHY -- */

static bool link_up(const struct stellaris_enet *s)
{
    return !s->netdev || net_link_up(s->netdev);
}

static void reset_phy(struct stellaris_enet *s)
{
    memset(s->phy, 0, sizeof(s->phy));
    s->phy[0] = 0x3100;
    s->phy[2] = 0x000e;
    s->phy[3] = 0x7237;
    s->phy[4] = 0x01e1;
    s->phy[5] = 0x41e1;
    s->phy[16] = 0x0140;
}

static void phy_access(struct stellaris_enet *s)
{
    unsigned reg = s->mctl >> 3 & 31;

    if (!(s->mctl & MCTL_WRITE)) {
        s->mrxd = reg == 1 ? 0x7849 | (link_up(s) ? 0x24 : 0) : s->phy[reg];
    } else if (reg == 0 && (s->mtxd & 0x8000)) {
        reset_phy(s);
    } else if (reg == 0) {
        s->phy[0] = s->mtxd & 0x7d80 & ~0x200;
    } else if (reg == 4 || reg >= 16) {
        s->phy[reg] = s->mtxd;
    }
    s->ris |= INT_MD;
}

static void link_changed(void *opaque, bool up)
{
    struct stellaris_enet *s = opaque;

    s->ris |= INT_PHY;
    update_irq(s);
}

/* -- Registers -- */

static uint64_t enet_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stellaris_enet *s = opaque;
    const uint8_t *a = s->address;

    switch (offset) {
    case RIS: return s->ris;
    case IM: return s->im;
    case RCTL: return s->rctl;
    case TCTL: return s->tctl;
    case DATA: return rx_data(s);
    case IA0: return a[0] | a[1] << 8 | a[2] << 16 | (uint32_t)a[3] << 24;
    case IA1: return a[4] | a[5] << 8;
    case THR: return s->thr;
    case MCTL: return s->mctl;
    case MDV: return s->mdv;
    case MTXD: return s->mtxd;
    case MRXD: return s->mrxd;
    case NP: return s->frames;
    case TR: return 0;
    case TS: return s->ts;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void enet_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stellaris_enet *s = opaque;
    uint32_t v = value;

    switch (offset) {
    case RIS: s->ris &= ~v; break;
    case IM: s->im = v & 0x7f; break;
    case RCTL:
        s->rctl = v & 0xf;
        if (v & RCTL_RSTFIFO)
            empty_rx(s);
        if ((v & RCTL_RXEN) && s->netdev)
            net_accept_input(s->netdev);
        break;
    case TCTL: s->tctl = v & 0x17; break;
    case DATA: tx_data(s, v); break;
    case IA0:
        for (unsigned i = 0; i < 4; i++)
            s->address[i] = v >> 8 * i;
        break;
    case IA1:
        s->address[4] = v;
        s->address[5] = v >> 8;
        break;
    case THR: s->thr = v & 0x3f; break;
    case MCTL:
        s->mctl = v & 0xfa;
        if (v & MCTL_START)
            phy_access(s);
        break;
    case MDV: s->mdv = v & 0xff; break;
    case MTXD: s->mtxd = v & 0xffff; break;
    case TR:
        if ((v & 1) && (s->tctl & TCTL_TXEN) && s->tx_len >= LENGTH_BYTES)
            send_frame(s);
        break;
    case TS: s->ts = v & 1; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
    update_irq(s);
}

static const struct io_ops enet_ops = { .read = enet_read, .write = enet_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool enet_realize(struct device *d, GError **err)
{
    struct stellaris_enet *s = container_of(d, struct stellaris_enet, dev);
    const struct net_client c = { .receive = receive, .link_changed = link_changed, .opaque = s, .lock = &d->lock };

    if (!net_plug_board_card(d, err))
        return false;
    device_add_io(d, "stellaris_enet", &enet_ops, REGION_BYTES);
    return net_attach_card(s->netdev, c, d->id, d->type->name, s->mac, err);
}

static void enet_unrealize(struct device *d)
{
    struct stellaris_enet *s = container_of(d, struct stellaris_enet, dev);

    if (s->netdev)
        net_detach(s->netdev, s);
}

static void enet_reset(struct device *d)
{
    struct stellaris_enet *s = container_of(d, struct stellaris_enet, dev);

    memcpy(s->address, s->mac, sizeof(s->mac));
    empty_rx(s);
    reset_phy(s);
    update_irq(s);
}

static bool enet_loaded(void *obj, unsigned version, GError **err)
{
    struct stellaris_enet *s = obj;

    if (s->tx_len <= FIFO_BYTES && s->tx_len % 4 == 0 && s->rx_put - s->rx_got <= FIFO_BYTES && s->rx_got % 4 == 0 &&
        s->rx_put % 4 == 0 && s->rx_left % 4 == 0)
        return true;
    fail(err, "%s: a FIFO has more than it can hold", s->dev.id);
    return false;
}

static const struct property enet_props[] = {
    PROP_NAMES("netdev", struct stellaris_enet, netdev, net_prop, "the -netdev it is plugged to"),
    PROP(struct stellaris_enet, mac, MAC, 0, NULL, "its address"),
    PROP_END,
};

static const struct state_row enet_fields[] = {
    FIELD_KEEP_ARRAY(struct stellaris_enet, address), /* as all that is kept: enet_reset() */
    FIELD(struct stellaris_enet, ris, 0),
    FIELD(struct stellaris_enet, im, 0x7f),
    FIELD(struct stellaris_enet, rctl, RCTL_BADCRC),
    FIELD(struct stellaris_enet, tctl, 0),
    FIELD(struct stellaris_enet, thr, THR_NEVER),
    FIELD(struct stellaris_enet, mctl, 0),
    FIELD(struct stellaris_enet, mdv, 0x80),
    FIELD(struct stellaris_enet, mtxd, 0),
    FIELD(struct stellaris_enet, mrxd, 0),
    FIELD(struct stellaris_enet, ts, 0),
    FIELD_KEEP_ARRAY(struct stellaris_enet, phy),
    FIELD_ARRAY(struct stellaris_enet, rx, 0),
    FIELD_KEEP(struct stellaris_enet, rx_put),
    FIELD_KEEP(struct stellaris_enet, rx_got),
    FIELD_KEEP(struct stellaris_enet, rx_left),
    FIELD_KEEP(struct stellaris_enet, frames),
    FIELD_ARRAY(struct stellaris_enet, tx, 0),
    FIELD(struct stellaris_enet, tx_len, 0),
    FIELD_END,
};

static const struct state_table enet_state = {
    STATE_OF(struct stellaris_enet),
    .version = 1,
    .rows = enet_fields,
    .loaded = enet_loaded,
};

static const char *const enet_compatible[] = { "ti,stellaris-ethernet", NULL };

const struct device_type stellaris_enet_type = {
    .name = "stellaris_enet",
    .desc = "Stellaris Ethernet controller",
    .compatible = enet_compatible,
    .size = sizeof(struct stellaris_enet),
    .props = enet_props,
    .state = &enet_state,
    .realize = enet_realize,
    .unrealize = enet_unrealize,
    .reset = enet_reset,
};
