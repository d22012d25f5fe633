/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * edu: QEMU's device for learning to write drivers, with MSI and DMA. Manual: QEMU's "EDU device" (docs/specs/edu). A
 * factorial is there at once.
 */
#include <inttypes.h>
#include <string.h>

#include "devices/pci/pci.h"

enum edu_register {
    R_ID = 0x00, R_LIVENESS = 0x04, R_FACTORIAL = 0x08, R_STATUS = 0x20, R_INTERRUPT = 0x24, R_RAISE = 0x60,
    R_ACKNOWLEDGE = 0x64, R_SOURCE = 0x80, R_DESTINATION = 0x88, R_COUNT = 0x90, R_COMMAND = 0x98,
};
#define EDU_ID 0x010000ed
enum { STATUS_INTERRUPT = 0x80 };
enum { INTERRUPT_FACTORIAL = 0x001, INTERRUPT_DMA = 0x100 };
enum { COMMAND_START = 1, COMMAND_TO_RAM = 2, COMMAND_INTERRUPT = 4 };
#define BUFFER 0x40000
#define BUFFER_BYTES 4096
#define DMA_NS (100 * INT64_C(1000000))

struct edu {
    struct device dev;
    struct pci_function pci;
    uint32_t liveness, factorial, status, interrupt;
    uint64_t source, destination, count, command;
    uint8_t buffer[BUFFER_BYTES];
    struct timer timer; /* of the transfer that is under way */
    uint64_t dma_mask;  /* a property */
};

static void raise_irq(struct edu *s, uint32_t bits)
{
    s->interrupt |= bits;
    pci_interrupt(&s->pci, s->interrupt);
}

/* n! of 32 bits, of which nothing is left for a large n. */
static uint32_t factorial(uint32_t n)
{
    uint32_t v = 1;

    for (; n > 1 && v; n--)
        v *= n;
    return v;
}

/* Where in the buffer an address of the device is. False: the transfer would leave it. */
static bool in_buffer(const struct edu *s, uint64_t addr, uint64_t *at)
{
    *at = addr - BUFFER;
    return addr >= BUFFER && *at <= BUFFER_BYTES && s->count <= BUFFER_BYTES - *at;
}

static void transfer(void *opaque)
{
    struct edu *s = opaque;
    bool to_ram = s->command & COMMAND_TO_RAM, ok = false;
    uint64_t at;

    if (!in_buffer(s, to_ram ? s->source : s->destination, &at))
        device_guest_error(&s->dev, "a transfer of %" PRIu64 " bytes leaves the buffer", s->count);
    else if (to_ram)
        ok = device_dma_write(&s->dev, s->destination & s->dma_mask, s->buffer + at, s->count);
    else
        ok = device_dma_read(&s->dev, s->source & s->dma_mask, s->buffer + at, s->count);
    if (!ok)
        device_guest_error(&s->dev, "a transfer of %" PRIu64 " bytes failed", s->count);
    s->command &= ~(uint64_t)COMMAND_START;
    if (s->command & COMMAND_INTERRUPT)
        raise_irq(s, INTERRUPT_DMA);
}

/* What can be written of a transfer, while none is under way. NULL: nothing is there. */
static uint64_t *transfer_register(struct edu *s, uint64_t offset)
{
    switch (offset & ~UINT64_C(7)) {
    case R_SOURCE:
        return &s->source;
    case R_DESTINATION:
        return &s->destination;
    case R_COUNT:
        return &s->count;
    case R_COMMAND:
        return &s->command;
    default:
        return NULL;
    }
}

static uint64_t bar_read(void *opaque, uint64_t offset, unsigned size)
{
    struct edu *s = opaque;
    const uint64_t *wide = transfer_register(s, offset);

    if (wide)
        return *wide >> 8 * (offset & 4);
    if (size != 4)
        return UINT64_MAX;
    switch (offset) {
    case R_ID:
        return EDU_ID;
    case R_LIVENESS:
        return s->liveness;
    case R_FACTORIAL:
        return s->factorial;
    case R_STATUS:
        return s->status;
    case R_INTERRUPT:
        return s->interrupt;
    default:
        return UINT32_MAX;
    }
}

static void bar_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct edu *s = opaque;
    uint64_t *wide = transfer_register(s, offset);

    if (wide) {
        if (s->command & COMMAND_START) /* one is under way */
            return;
        *wide = size == 8 ? value : with_bits(*wide, 8 * (offset & 4), 32, value);
        if (wide == &s->command && (s->command & COMMAND_START))
            timer_set(&s->timer, clock_now() + DMA_NS);
        return;
    }
    if (size != 4)
        return;
    switch (offset) {
    case R_LIVENESS:
        s->liveness = ~value;
        break;
    case R_FACTORIAL:
        s->factorial = factorial(value);
        if (s->status & STATUS_INTERRUPT)
            raise_irq(s, INTERRUPT_FACTORIAL);
        break;
    case R_STATUS:
        s->status = value & STATUS_INTERRUPT;
        break;
    case R_RAISE:
        raise_irq(s, value);
        break;
    case R_ACKNOWLEDGE:
        s->interrupt &= ~value;
        pci_set_intx(&s->pci, s->interrupt && !pci_msi_enabled(&s->pci));
        break;
    default:
        device_guest_error(&s->dev, "write of 0x%" PRIx64 ": no register to write", offset);
        break;
    }
}

static const struct io_ops bar_ops = { .read = bar_read, .write = bar_write, .min_size = 4, .max_size = 8 };

static void config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    struct edu *s = container_of(f, struct edu, pci);

    pci_interrupt(f, s->interrupt);
}

static const struct pci_ops pci_ops = { .config_written = config_written };

/* -- The device -- */

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1234, .device = 0x11e8, .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100, .revision = 0x10, .class_code = 0x00ff00, .pin = true };
    struct edu *s = (struct edu *)d;

    if (!pci_init(&s->pci, d, &id, &pci_ops, err))
        return false;
    pci_msi_init(&s->pci);
    pci_add_bar(&s->pci, 0, 0, device_add_io(d, "edu-mmio", &bar_ops, 1 * MiB));
    timer_init(&s->timer, transfer, s, &d->lock);
    return true;
}

static void unrealize(struct device *d)
{
    struct edu *s = (struct edu *)d;

    g_mutex_lock(&d->lock);
    timer_cancel(&s->timer);
    g_mutex_unlock(&d->lock);
    pci_fini(&s->pci);
}

static void reset(struct device *d)
{
    pci_reset(&((struct edu *)d)->pci);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    return pci_loaded(&((struct edu *)obj)->pci, err);
}

static const struct property props[] = {
    PCI_PROPS(struct edu, pci),
    PROP(struct edu, dma_mask, U64, 0xfffffff, NULL, "bits of memory addresses that it can say"),
    PROP_END,
};

static const struct state_row fields[] = {
    PCI_FIELDS(struct edu, pci),
    FIELD(struct edu, liveness, 0),
    FIELD(struct edu, factorial, 0),
    FIELD(struct edu, status, 0),
    FIELD(struct edu, interrupt, 0),
    FIELD(struct edu, source, 0),
    FIELD(struct edu, destination, 0),
    FIELD(struct edu, count, 0),
    FIELD(struct edu, command, 0),
    FIELD_ARRAY(struct edu, buffer, 0),
    FIELD_TIMER(struct edu, timer),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct edu),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

const struct device_type edu_type = {
    .name = "edu",
    .desc = "a device to learn to write drivers with",
    .bus = &pci_bus_type,
    .size = sizeof(struct edu),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
