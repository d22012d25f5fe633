/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pci-testdev: QEMU's device that counts writes, for tests of how fast they reach a device. Manual: QEMU's "QEMU PCI
 * test device" (docs/specs/pci-testdev), and what QEMU does. A test is chosen by the first byte of a BAR; what is there then
 * says where to write what, and how often that has come. Writes that QEMU gives to an eventfd, which nobody reads with
 * TCG, are not counted, as there. membar= is the size of a further BAR, in which nothing answers.
 */
#include <inttypes.h>
#include <string.h>

#include "devices/pci/pci.h"

enum { MMIO, PORTS, BARS };
enum { NO_EVENT, WILDCARD, DATAMATCH, TESTS };
#define MMIO_BYTES 4096
#define PORT_BYTES 256
/* What is read of a test; its name follows. */
enum { H_TEST = 0, H_WIDTH = 1, H_OFFSET = 4, H_DATA = 8, H_COUNT = 12, H_NAME = 16, H_BYTES = 48 };

static const struct test {
    uint8_t number, data;
    uint32_t offset;
    const char *name;
} tests[BARS][TESTS] = {
    [MMIO] = {
        [NO_EVENT] = { 0, 0xfa, 0x800, "mmio-no-eventfd" },
        [WILDCARD] = { 1, 0xce, 0x801, "mmio-wildcard-eventfd" },
        [DATAMATCH] = { 2, 0xfa, 0x802, "mmio-datamatch-eventfd" },
    },
    [PORTS] = {
        [NO_EVENT] = { 3, 0xfa, 0x83, "portio-no-eventfd" },
        [WILDCARD] = { 4, 0xce, 0x84, "portio-wildcard-eventfd" },
        [DATAMATCH] = { 5, 0xfa, 0x85, "portio-datamatch-eventfd" },
    },
};

struct pci_testdev {
    struct device dev;
    struct pci_function pci;
    bool chosen;
    uint8_t bar, test; /* which */
    uint32_t count;
    uint64_t membar; /* a property */
};

static uint64_t read_bar(struct pci_testdev *s, unsigned bar, uint64_t offset, unsigned size)
{
    const struct test *t = &tests[s->bar][s->test];
    uint8_t head[H_BYTES] = { [H_TEST] = t->number, [H_WIDTH] = 1 };
    uint64_t v = 0;

    if (!s->chosen || s->bar != bar || offset >= H_BYTES)
        return 0;
    pci_put32(head + H_OFFSET, t->offset);
    pci_put32(head + H_DATA, t->data);
    pci_put32(head + H_COUNT, s->count);
    memcpy(head + H_NAME, t->name, strlen(t->name));
    memcpy(&v, head + offset, MIN(size, H_BYTES - offset));
    return GUINT64_FROM_LE(v);
}

static void write_bar(struct pci_testdev *s, unsigned bar, uint64_t offset, uint64_t value, unsigned size)
{
    const struct test *t = &tests[s->bar][s->test];
    bool event;

    if (offset == 0) {
        s->chosen = value < TESTS;
        s->bar = bar;
        s->test = s->chosen ? value : 0;
        s->count = 0;
        return;
    }
    if (!s->chosen || s->bar != bar || offset != t->offset)
        return;
    event = s->test != NO_EVENT && size == 1 && (s->test == WILDCARD || value == t->data);
    if (!event && (s->test == WILDCARD || value == t->data))
        s->count++;
}

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned size)
{
    return read_bar(opaque, MMIO, offset, size);
}

static void mmio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    write_bar(opaque, MMIO, offset, value, size);
}

static uint64_t ports_read(void *opaque, uint64_t offset, unsigned size)
{
    return read_bar(opaque, PORTS, offset, size);
}

static void ports_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    write_bar(opaque, PORTS, offset, value, size);
}

static const struct io_ops mmio_ops = { .read = mmio_read, .write = mmio_write, .min_size = 1, .max_size = 4 };
static const struct io_ops ports_ops = { .read = ports_read, .write = ports_write, .min_size = 1, .max_size = 4 };

static uint64_t membar_read(void *opaque, uint64_t offset, unsigned size)
{
    return UINT64_MAX;
}

static void membar_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

static const struct io_ops membar_ops = { .read = membar_read, .write = membar_write };

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1b36, .device = 0x0005, .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100, .class_code = 0x00ff00 };
    struct pci_testdev *s = (struct pci_testdev *)d;

    if (s->membar && (s->membar < 16 || (s->membar & (s->membar - 1)) || s->membar > UINT64_C(1) << 62)) {
        fail(err, "pci-testdev: membar=%" PRIu64 ": expected a power of two from 16 on", s->membar);
        return false;
    }
    if (!pci_init(&s->pci, d, &id, NULL, err))
        return false;
    pci_add_bar(&s->pci, 0, 0, device_add_io(d, "pci-testdev-mmio", &mmio_ops, MMIO_BYTES));
    pci_add_bar(&s->pci, 1, PCI_BAR_IO, device_add_io(d, "pci-testdev-portio", &ports_ops, PORT_BYTES));
    if (s->membar)
        pci_add_bar(&s->pci, 2, PCI_BAR_MEMORY_64 | PCI_BAR_PREFETCH,
                    device_add_io(d, "pci-testdev-membar", &membar_ops, s->membar));
    return true;
}

static void unrealize(struct device *d)
{
    pci_fini(&((struct pci_testdev *)d)->pci);
}

static void reset(struct device *d)
{
    pci_reset(&((struct pci_testdev *)d)->pci);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct pci_testdev *s = obj;

    if (s->bar < BARS && s->test < TESTS)
        return pci_loaded(&s->pci, err);
    fail(err, "there is no such test");
    return false;
}

static const struct property props[] = {
    PCI_PROPS(struct pci_testdev, pci),
    PROP(struct pci_testdev, membar, SIZE, 0, NULL, "bytes of a BAR in which nothing answers; 0: there is none"),
    PROP_END,
};

static const struct state_row fields[] = {
    PCI_FIELDS(struct pci_testdev, pci),
    FIELD(struct pci_testdev, chosen, 0),
    FIELD(struct pci_testdev, bar, 0),
    FIELD(struct pci_testdev, test, 0),
    FIELD(struct pci_testdev, count, 0),
    FIELD_END,
};

static const struct state_table state = {
    STATE_OF(struct pci_testdev),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
};

const struct device_type pci_testdev_type = {
    .name = "pci-testdev",
    .desc = "a device that counts writes",
    .bus = &pci_bus_type,
    .size = sizeof(struct pci_testdev),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
