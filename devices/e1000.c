/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * e1000: Intel's 82540EM network card. Manual: "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
 * Manual". Not modelled: delays of interrupts, flow control, checksums of what is received, wake-up, errors in the
 * statistics, writing the EEPROM.
 */
#include <inttypes.h>
#include <string.h>

#include "e1000x.h"

enum { EECD_CLOCK = 0x01, EECD_SELECT = 0x02, EECD_IN = 0x04, EECD_OUT = 0x08, EECD_REQUEST = 0x40, EECD_GRANT = 0x80,
       EECD_PRESENT = 0x100 };
enum { EERD_START = 0x01, EERD_DONE = 0x10 };
#define ICR_BITS 0x1ffffu
#define MICROWIRE_READ 6 /* start bit and operation */

struct e1000 {
    struct e1000x x;
    uint32_t eecd;
    uint32_t io_address;
    /* The EEPROM's wire: bits that came in since it was selected, and the bit that goes out. */
    uint32_t wire_in, wire_nin, wire_out;
    bool wire_reading;
};

/* -- Interrupts -- */

static void update_irq(struct e1000x *x)
{
    pci_set_intx(&x->nic.pci, x->icr & x->ims);
}

static void raise_irq(struct e1000x *x, uint32_t bits)
{
    x->icr |= bits;
    update_irq(x);
}

/* -- EEPROM -- */

/* Nine bits in: start, operation, address. Sixteen out, and on with the next word. */
static void write_eecd(struct e1000 *s, uint32_t value)
{
    uint32_t old = s->eecd;
    bool rises = !(old & EECD_CLOCK) && (value & EECD_CLOCK), falls = (old & EECD_CLOCK) && !(value & EECD_CLOCK);

    s->eecd = value & (EECD_CLOCK | EECD_SELECT | EECD_IN | EECD_REQUEST);
    if (!(value & EECD_SELECT)) {
        s->wire_nin = s->wire_in = 0;
        s->wire_reading = false;
        return;
    }
    if (rises && !s->wire_reading) {
        s->wire_in = s->wire_in << 1 | !!(value & EECD_IN);
        if (s->wire_nin == 0 && !s->wire_in) /* no start bit yet */
            return;
        if (++s->wire_nin == 9 && (s->wire_in >> 6 & 7) == MICROWIRE_READ) {
            s->wire_reading = true;
            s->wire_out = ((s->wire_in & 0x3f) << 4) - 1;
        }
    }
    if (falls && s->wire_reading)
        s->wire_out++;
}

static uint32_t read_eecd(const struct e1000 *s)
{
    uint16_t word = e1000_eeprom_word(&s->x, s->wire_out >> 4 & (EEPROM_WORDS - 1));
    bool out = !s->wire_reading || (word >> (15 - (s->wire_out & 15)) & 1);

    return s->eecd | EECD_PRESENT | (s->eecd & EECD_REQUEST ? EECD_GRANT : 0) | (out ? EECD_OUT : 0);
}

/* -- Registers -- */

static void reset_card(struct e1000 *s)
{
    e1000x_reset(&s->x);
    s->x.icr = s->x.ims = s->eecd = s->io_address = 0;
    s->wire_in = s->wire_nin = s->wire_out = 0;
    s->wire_reading = false;
    update_irq(&s->x);
}

static uint64_t card_read(void *opaque, uint64_t offset, unsigned size)
{
    struct e1000 *s = opaque;
    uint32_t v;

    switch (offset) {
    case R_STATUS:
        return STATUS_FULL_DUPLEX | STATUS_1000 | (pci_nic_link_up(&s->x.nic) ? STATUS_LINK_UP : 0);
    case R_EECD:
        return read_eecd(s);
    case R_ICR:
        v = s->x.icr;
        s->x.icr = 0;
        update_irq(&s->x);
        return v;
    case R_IMS:
        return s->x.ims;
    case R_ICS:
    case R_IMC:
        return 0;
    default:
        return e1000x_read(&s->x, offset);
    }
}

static void write_interrupts(struct e1000 *s, unsigned offset, uint32_t value)
{
    value &= ICR_BITS;
    switch (offset) {
    case R_ICR:
        s->x.icr &= ~value;
        break;
    case R_ICS:
        s->x.icr |= value;
        break;
    case R_IMS:
        s->x.ims |= value;
        break;
    case R_IMC:
        s->x.ims &= ~value;
        break;
    }
    update_irq(&s->x);
}

static void card_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct e1000 *s = opaque;

    switch (offset) {
    case R_CTRL:
        if (value & CTRL_RESET)
            reset_card(s);
        *e1000_reg(&s->x, R_CTRL) = value & ~(CTRL_RESET | CTRL_PHY_RESET);
        break;
    case R_EECD:
        write_eecd(s, value);
        break;
    case R_EERD:
        if (value & EERD_START)
            value = EERD_DONE | (value & 0xff00) |
                    (uint32_t)e1000_eeprom_word(&s->x, value >> 8 & (EEPROM_WORDS - 1)) << 16;
        *e1000_reg(&s->x, R_EERD) = value;
        break;
    case R_ICR:
    case R_ICS:
    case R_IMS:
    case R_IMC:
        write_interrupts(s, offset, value);
        break;
    default:
        e1000x_write(&s->x, offset, value);
        break;
    }
}

static const struct io_ops card_ops = { .read = card_read, .write = card_write, .min_size = 4, .max_size = 4 };

/* The same in I/O space: an address, and the register there. */
static uint64_t io_read(void *opaque, uint64_t offset, unsigned size)
{
    struct e1000 *s = opaque;

    return offset == 0 ? s->io_address : offset == 4 ? card_read(s, s->io_address & 0x1fffc, 4) : 0;
}

static void io_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct e1000 *s = opaque;

    if (offset == 0)
        s->io_address = value;
    else if (offset == 4)
        card_write(s, s->io_address & 0x1fffc, value, 4);
}

static const struct io_ops io_ops = { .read = io_read, .write = io_write, .min_size = 4, .max_size = 4 };

/* -- The device -- */

static uint32_t sent(struct e1000x *x, unsigned queue)
{
    return ICR_SENT;
}

static uint32_t received(struct e1000x *x)
{
    return ICR_RECEIVED;
}

static const uint16_t first_phy[PHY_REGISTERS] = {
    [PHY_CONTROL] = 0x1140, [PHY_STATUS] = 0x7949, [PHY_ID1] = 0x0141, [PHY_ID2] = 0x0c20, [4] = 0x0de1, [5] = 0xc1e1,
    [6] = 0x000f, [9] = 0x0e00, [10] = 0x3c00, [15] = 0x3000, [16] = 0x0360, [PHY_SPECIFIC_STATUS] = 0xa800,
    [20] = 0x0d60,
};
static const uint16_t eeprom[EEPROM_WORDS] = { [0x0b] = 0x1100, 0x1af4, 0x100e, 0x8086 };
static const struct e1000_model model = { .phy = first_phy, .eeprom = eeprom, .queues = 1, .raise = raise_irq,
                                          .sent = sent, .received = received };

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x8086, .device = 0x100e, .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100, .revision = 3, .class_code = 0x020000, .pin = true };
    struct e1000 *s = (struct e1000 *)d;
    struct pci_function *f = &s->x.nic.pci;

    if (!pci_init(f, d, &id, NULL, err))
        return false;
    pci_add_bar(f, 0, 0, device_add_io(d, "e1000-mmio", &card_ops, 0x20000));
    pci_add_bar(f, 1, PCI_BAR_IO, device_add_io(d, "e1000-io", &io_ops, 0x40));
    return e1000x_attach(&s->x, &model, err);
}

static void reset(struct device *d)
{
    struct e1000 *s = (struct e1000 *)d;

    reset_card(s);
    pci_reset(&s->x.nic.pci);
}

static const struct property props[] = { PCI_NIC_PROPS(struct e1000, x.nic), PROP_END };

static const struct state_row fields[] = {
    E1000X_FIELDS(struct e1000, x),
    FIELD_KEEP(struct e1000, eecd), /* all: reset_card() */
    FIELD_KEEP(struct e1000, io_address),
    FIELD_KEEP(struct e1000, wire_in),
    FIELD_KEEP(struct e1000, wire_nin),
    FIELD_KEEP(struct e1000, wire_out),
    FIELD_KEEP(struct e1000, wire_reading),
    FIELD_END,
};

static bool loaded(void *obj, unsigned version, GError **err)
{
    return e1000x_loaded(obj, err);
}

static void resume(void *obj, bool after_load)
{
    if (after_load)
        e1000x_resume(obj);
}

static const struct state_table state = {
    STATE_OF(struct e1000),
    .version = 2,
    .rows = fields,
    .loaded = loaded,
    .resume = resume,
};

const struct device_type e1000_type = {
    .name = "e1000",
    .alias = "e1000-82540em",
    .desc = "Intel Gigabit Ethernet",
    .bus = &pci_bus_type,
    .size = sizeof(struct e1000),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = pci_nic_unrealize,
};
