/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * e1000e: Intel's 82574L network card, on PCI Express. Manual: "82574 GbE Controller Family Datasheet"; what that
 * leaves open is as QEMU's card has it. Receive descriptors of all three formats, two transmit rings, MSI and MSI-X with
 * their causes. Not modelled: the second receive ring and RSS, delays and moderation of interrupts, checksums of what is
 * received, flow control, time stamps, management, wake-up, flash, errors in the statistics, writing the EEPROM, the
 * old addresses of rings' registers.
 */
#include <inttypes.h>
#include <string.h>

#include "e1000x.h"

enum e1000e_register {
    R_CTRL_DUPLICATE = 0x0004, R_CTRL_EXT = 0x0018, R_RAL_OLD = 0x0040, R_EIAC = 0x00dc, R_IAM = 0x00e0,
    R_IVAR = 0x00e4, R_EXTCNF_CTRL = 0x0f00, R_EEMNGCTL = 0x1010, R_FACTPS = 0x5b30, R_SWSM = 0x5b50,
};
enum { CTRL_AFTER_RESET = 0x140241 };
enum { STATUS_MASTER = 0x80000, STATUS_DETECTED_1000 = 0x200 };
enum { EECD_REQUEST = 0x40, EECD_GRANT = 0x80, EECD_PRESENT = 0x100, EECD_LOADED = 0x200 };
enum { EERD_START = 0x01, EERD_DONE = 0x02 };
enum { CTRL_EXT_EEPROM_RESET = 1 << 13, CTRL_EXT_EIAME = 1 << 24, CTRL_EXT_IAME = 1 << 27 };
enum { SWSM_SMBI = 0x01 };

/* Causes of interrupts beyond the common ones. */
enum { ICR_RX0 = 1 << 20, ICR_TX0 = 1 << 22, ICR_OTHER = 1 << 24 };
#define ICR_ASSERTED 0x80000000u
#define ICR_OTHERS 0x70244u   /* causes that OTHER stands for: link, overrun, MDIO, small packet, ACK, management */
#define ICR_BITS 0x01f7fff7u
#define IMS_BITS 0x01f7fff7u

#define VECTORS 5
#define BAR_MSIX 3

struct e1000e {
    struct e1000x x;
    uint32_t io_address;
};

/* -- Interrupts -- */

/* The causes that have their own field in IVAR. */
static const struct {
    uint32_t cause;
    unsigned shift;
} ivar[] = { { ICR_RX0, 0 }, { ICR_RX0 << 1, 4 }, { ICR_TX0, 8 }, { ICR_TX0 << 1, 12 }, { ICR_OTHER, 16 } };

/* Messages for causes that came up. */
static void send_messages(struct e1000x *x, uint32_t causes)
{
    for (unsigned i = 0; i < ARRAY_SIZE(ivar); i++) {
        uint32_t entry = *e1000_reg(x, R_IVAR) >> ivar[i].shift, extended = *e1000_reg(x, R_CTRL_EXT), clear;
        if (!(causes & ivar[i].cause))
            continue;
        if (entry & 8)
            pci_msix_notify(&x->nic.pci, entry & 7);
        clear = *e1000_reg(x, R_EIAC) & ivar[i].cause;
        x->icr &= ~clear;
        if (!(extended & CTRL_EXT_IAME))
            x->ims &= ~clear;
        if (extended & CTRL_EXT_EIAME)
            x->ims &= ~(*e1000_reg(x, R_IAM) & ivar[i].cause);
    }
}

/* Causes and masks become these. */
static void set_interrupts(struct e1000x *x, uint32_t icr, uint32_t ims)
{
    const uint32_t before = x->icr & x->ims;

    if ((icr & ~x->icr) & ICR_OTHERS)
        icr |= ICR_OTHER;
    x->icr = icr & ICR_BITS;
    x->ims = ims & IMS_BITS;
    const uint32_t now = x->icr & x->ims;
    x->icr |= now ? ICR_ASSERTED : 0;
    if (pci_msix_enabled(&x->nic.pci))
        send_messages(x, now & ~before);
    else if (!now != !before)
        pci_interrupt(&x->nic.pci, now);
}

static void raise_irq(struct e1000x *x, uint32_t causes)
{
    set_interrupts(x, x->icr | causes, x->ims);
}

/* The mask once the driver has looked at the causes. */
static uint32_t auto_masked(struct e1000x *x)
{
    bool on = (x->icr & ICR_ASSERTED) && (*e1000_reg(x, R_CTRL_EXT) & CTRL_EXT_IAME);

    return on ? x->ims & ~*e1000_reg(x, R_IAM) : x->ims;
}

/* It was seen by the driver: what was asserted is over. */
static uint32_t read_icr(struct e1000x *x)
{
    const uint32_t icr = x->icr;

    if (!x->ims || (icr & ICR_ASSERTED))
        set_interrupts(x, 0, auto_masked(x));
    return icr;
}

static void write_icr(struct e1000x *x, uint32_t value)
{
    if (value & ICR_OTHER)
        value |= ICR_OTHERS;
    set_interrupts(x, x->icr & ~value, auto_masked(x));
}

static uint32_t sent(struct e1000x *x, unsigned queue)
{
    return pci_msix_enabled(&x->nic.pci) ? ICR_TX0 << queue : ICR_SENT;
}

static uint32_t received(struct e1000x *x)
{
    return pci_msix_enabled(&x->nic.pci) ? ICR_RX0 : ICR_RECEIVED;
}

static void config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    struct e1000x *x = container_of(f, struct e1000x, nic.pci);

    pci_msix_config_written(f, offset, size);
    pci_set_intx(f, (x->icr & x->ims) && !pci_msix_enabled(f) && !pci_msi_enabled(f));
}

static const struct pci_ops pci_ops = { .config_written = config_written };

/* -- Registers -- */

static void reset_card(struct e1000e *s)
{
    static const struct { uint16_t reg; uint32_t value; } first[] = {
        { R_CTRL, CTRL_AFTER_RESET }, { R_EERD, EERD_DONE }, { 0x0410, 0x602008 }, { 0x0e00, 0x068302 },
        { R_EXTCNF_CTRL, 0x08 }, { 0x1000, 0x140014 }, { 0x1008, 0x28 }, { R_EEMNGCTL, 0x80000000 },
        { R_PSRCTL, 0x040402 }, { 0x2828, 0x10000 }, { 0x2928, 0x10000 }, { 0x3840, 0x403 }, { 0x3940, 0x403 },
        { 0x5000, 0x300 }, { R_FACTPS, 0x20000004 }, { R_SWSM, SWSM_SMBI },
    };
    e1000x_reset(&s->x);
    s->io_address = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(first); i++)
        *e1000_reg(&s->x, first[i].reg) = first[i].value;
    set_interrupts(&s->x, 0, 0);
}

static unsigned without_old(unsigned offset)
{
    if (offset >= R_RAL_OLD && offset < R_RAL_OLD + 128)
        return offset - R_RAL_OLD + R_RAL;
    return offset == R_CTRL_DUPLICATE ? R_CTRL : offset;
}

static uint64_t card_read(void *opaque, uint64_t at, unsigned size)
{
    struct e1000e *s = opaque;
    struct e1000x *x = &s->x;
    const unsigned offset = without_old(at);
    uint32_t v = e1000x_read(x, offset);

    switch (offset) {
    case R_STATUS:
        return STATUS_FULL_DUPLEX | STATUS_1000 | STATUS_DETECTED_1000 |
               (pci_nic_link_up(&x->nic) ? STATUS_LINK_UP : 0) |
               (*e1000_reg(x, R_CTRL) & CTRL_MASTER_DISABLE ? 0 : STATUS_MASTER);
    case R_EECD:
        return v | EECD_PRESENT | EECD_LOADED | (v & EECD_REQUEST ? EECD_GRANT : 0);
    case R_ICR:
        return read_icr(x);
    case R_IMS:
        return x->ims;
    case R_ICS:
        return x->icr;
    case R_IMC:
        return 0;
    case R_SWSM: /* who finds 0 has the semaphore */
        *e1000_reg(x, R_SWSM) |= SWSM_SMBI;
        return v;
    default:
        return v;
    }
}

static void card_write(void *opaque, uint64_t at, uint64_t value, unsigned size)
{
    struct e1000e *s = opaque;
    struct e1000x *x = &s->x;
    const unsigned offset = without_old(at);

    switch (offset) {
    case R_CTRL:
        if (value & CTRL_RESET)
            reset_card(s);
        else
            *e1000_reg(x, R_CTRL) = value & ~CTRL_PHY_RESET;
        break;
    case R_CTRL_EXT:
        *e1000_reg(x, R_CTRL_EXT) = value & ~(uint32_t)CTRL_EXT_EEPROM_RESET;
        break;
    case R_EECD:
        *e1000_reg(x, R_EECD) = value & ~(EECD_GRANT | EECD_PRESENT | EECD_LOADED);
        break;
    case R_EERD:
        if (value & EERD_START)
            value = EERD_DONE | (value & 0xfffc) |
                    (uint32_t)e1000_eeprom_word(x, value >> 2 & (EEPROM_WORDS - 1)) << 16;
        *e1000_reg(x, R_EERD) = value;
        break;
    case R_ICR:
        write_icr(x, value);
        break;
    case R_ICS:
        raise_irq(x, value);
        break;
    case R_IMS:
        set_interrupts(x, x->icr, x->ims | value);
        break;
    case R_IMC:
        set_interrupts(x, x->icr, x->ims & ~value);
        break;
    case R_EEMNGCTL:
    case R_FACTPS:
        break;
    default:
        e1000x_write(x, offset, value);
        break;
    }
}

static const struct io_ops card_ops = { .read = card_read, .write = card_write, .min_size = 4, .max_size = 4 };

/* Flash: there is none. */
static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static void flash_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

static const struct io_ops flash_ops = { .read = flash_read, .write = flash_write, .min_size = 1, .max_size = 4 };

/* The same in I/O space: an address, and the register there. */
static uint64_t io_read(void *opaque, uint64_t offset, unsigned size)
{
    struct e1000e *s = opaque;

    return offset == 0 ? s->io_address : offset == 4 ? card_read(s, s->io_address & 0x1fffc, 4) : 0;
}

static void io_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct e1000e *s = opaque;

    if (offset == 0)
        s->io_address = value;
    else if (offset == 4)
        card_write(s, s->io_address & 0x1fffc, value, 4);
}

static const struct io_ops io_ops = { .read = io_read, .write = io_write, .min_size = 4, .max_size = 4 };

/* -- The device -- */

static const uint16_t first_phy[PHY_REGISTERS] = {
    [PHY_CONTROL] = 0x1140, [PHY_STATUS] = 0x7949, [PHY_ID1] = 0x0141, [PHY_ID2] = 0x0cb1, [4] = 0x0de1, [5] = 0x07e0,
    [6] = 0x0005, [7] = 0x2001, [9] = 0x0f00, [10] = 0x3c00, [15] = 0x3000, [16] = 0x3360,
    [PHY_SPECIFIC_STATUS] = 0xa808,
};
static const uint16_t eeprom[EEPROM_WORDS] = {
    [0x03] = 0x0420, 0xf746, 0x2010, 0xffff, 0xffff,
    [0x0a] = 0x026b, 0x10d3, 0x8086, 0x10d3, 0x0000, 0x8058,
    [0x11] = 0x2001, 0x7e7c, 0xffff, 0x1000, 0x00c8, 0x0000, 0x2704,
    [0x18] = 0x6cc9, 0x3150, 0x070e, 0x460b, 0x2d84, 0x0100, 0xf000, 0x0706,
};
static const struct e1000_model model = { .phy = first_phy, .eeprom = eeprom, .queues = 2, .formats = true,
                                          .raise = raise_irq, .sent = sent, .received = received };

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x8086, .device = 0x10d3, .subsystem_vendor = 0x8086, .subsystem = 0,
                                      .class_code = 0x020000, .pin = true };
    struct e1000e *s = (struct e1000e *)d;
    struct pci_function *f = &s->x.nic.pci;

    if (!pci_init(f, d, &id, &pci_ops, err))
        return false;
    pci_add_bar(f, 0, 0, device_add_io(d, "e1000e-mmio", &card_ops, 0x20000));
    pci_add_bar(f, 1, 0, device_add_io(d, "e1000e-flash", &flash_ops, 0x20000));
    pci_add_bar(f, 2, PCI_BAR_IO, device_add_io(d, "e1000e-io", &io_ops, 0x20));
    pci_msix_init(f, BAR_MSIX, VECTORS);
    if (f->bus->one_device || !f->bus->bridge)
        pci_add_express(f, f->bus->one_device ? PCIE_TYPE_ENDPOINT : PCIE_TYPE_INTEGRATED, 0);
    pci_msi_init(f);
    pci_add_power(f);
    return e1000x_attach(&s->x, &model, err);
}

static void reset(struct device *d)
{
    struct e1000e *s = (struct e1000e *)d;

    reset_card(s);
    pci_reset(&s->x.nic.pci);
}

static const struct property props[] = { PCI_NIC_PROPS(struct e1000e, x.nic), PROP_END };

static const struct state_row fields[] = {
    E1000X_FIELDS(struct e1000e, x),
    FIELD_KEEP(struct e1000e, io_address), /* reset_card() */
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
    STATE_OF(struct e1000e),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
    .resume = resume,
};

const struct device_type e1000e_type = {
    .name = "e1000e",
    .desc = "Intel 82574L GbE Controller",
    .bus = &pci_bus_type,
    .size = sizeof(struct e1000e),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = pci_nic_unrealize,
};
