/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI on the machine riscv64-virt, as a guest finds it: configuration space, base address registers and where they are
 * seen, pins, MSI-X, places on the bus; and accesses that mean nothing.
 */
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "devices/pci/pci.h"
#include "machine.h"
#include "opts.h"
#include "plug.h"
#include "runstate.h"

#define ECAM UINT64_C(0x30000000)
#define IO UINT64_C(0x3000000)
#define MMIO UINT64_C(0x40000000)
#define MMIO_HIGH UINT64_C(0x400000000)
#define RAM UINT64_C(0x80000000)
#define PLIC_PENDING UINT64_C(0xc001004) /* of sources 32 to 63 */

/* -- A toy with a BAR of each kind, whose pin and messages the test drives -- */

struct toy {
    struct device dev;
    struct pci_function pci;
    uint32_t reg;
};

static uint64_t toy_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((struct toy *)opaque)->reg + offset;
}

static void toy_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ((struct toy *)opaque)->reg = value;
}

static const struct io_ops toy_ops = { .read = toy_read, .write = toy_write, .min_size = 4, .max_size = 4 };

static bool toy_realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1234, .device = 0x5678, .class_code = 0xff0000, .pin = true };
    struct toy *s = (struct toy *)d;

    if (!pci_init(&s->pci, d, &id, NULL, err))
        return false;
    pci_add_bar(&s->pci, 0, PCI_BAR_IO, device_add_io(d, "toy-io", &toy_ops, 16));
    pci_add_bar(&s->pci, 1, 0, device_add_io(d, "toy-memory", &toy_ops, 0x1000));
    pci_add_bar(&s->pci, 2, PCI_BAR_MEMORY_64 | PCI_BAR_PREFETCH, device_add_io(d, "toy-high", &toy_ops, 0x2000));
    pci_msix_init(&s->pci, 4, 3);
    return true;
}

static void toy_unrealize(struct device *d)
{
    pci_fini(&((struct toy *)d)->pci);
}

static void toy_reset(struct device *d)
{
    pci_reset(&((struct toy *)d)->pci);
}

static const struct property toy_props[] = { PCI_PROPS(struct toy, pci), PROP_END };

static const struct device_type toy_type = {
    .name = "toy", .bus = &pci_bus_type, .size = sizeof(struct toy), .props = toy_props, .realize = toy_realize,
    .unrealize = toy_unrealize, .reset = toy_reset,
};

/* -- The machine -- */

static struct machine *m;
static struct opts *props;

static void drop(void)
{
    if (m)
        machine_free(m);
    m = NULL;
    g_clear_pointer(&props, opts_free);
}

static void make(const char *type)
{
    struct machine_config c = { .bios = "none", .ram_size = 16 * MiB };
    g_autoptr(GError) err = NULL;

    drop();
    c.props = props = opts_parse(type, "type", NULL);
    c.type = opts_take(c.props, "type");
    m = machine_new(&c, "riscv64", &err);
    g_assert_no_error(err);
}

static struct device *host(void)
{
    for (guint i = 0; i < m->devices->len; i++) {
        struct device *d = g_ptr_array_index(m->devices, i);
        if (!g_strcmp0(d->bus_name, "pcie.0"))
            return d;
    }
    g_assert_not_reached();
}

static struct device *by_id(const char *id)
{
    for (guint i = 0; i < m->devices->len; i++)
        if (!g_strcmp0(((struct device *)g_ptr_array_index(m->devices, i))->id, id))
            return g_ptr_array_index(m->devices, i);
    return NULL;
}

static struct toy *add_toy_to(struct device *parent, const char *addr)
{
    struct device *d = device_new(&toy_type, m, addr);
    g_autoptr(GError) err = NULL;

    d->parent = parent;
    device_set_prop(d, "addr", addr, NULL);
    device_realize(d, &err);
    g_assert_no_error(err);
    g_ptr_array_add(m->devices, d);
    device_reset(d);
    return (struct toy *)d;
}

static struct toy *add_toy(const char *addr)
{
    return add_toy_to(host(), addr);
}

static void add(const char *arg, const char *error)
{
    struct opts *o = opts_parse(arg, "driver", NULL);
    g_autoptr(GError) err = NULL;

    device_add(m, o, &err);
    g_assert_cmpstr(err ? err->message : "", ==, error);
    opts_free(o);
}

static uint64_t rd(gpa addr, unsigned size)
{
    uint64_t v = 0;

    g_assert_cmpint(bus_read(m->as, addr, size, &v), ==, BUS_OK);
    return v;
}

static void wr(gpa addr, unsigned size, uint64_t v)
{
    g_assert_cmpint(bus_write(m->as, addr, size, v), ==, BUS_OK);
}

static gpa config(unsigned device, unsigned reg)
{
    return ECAM + (device << 15) + reg;
}

/* -- Tests -- */

static void test_identity(void)
{
    static const struct {
        const char *arg;
        uint32_t id, class_rev, subsystem;
    } row[] = {
        { "virtio-rng-pci", 0x10051af4, 0x00ff0000, 0x00041af4 },
        { "virtio-net", 0x10001af4, 0x02000000, 0x00011af4 },
        { "virtio-serial-pci,disable-legacy=on", 0x10431af4, 0x07800001, 0x11001af4 },
        { "virtio-rng,disable-modern=on", 0x10051af4, 0x00ff0000, 0x00041af4 },
    };

    make("virt");
    g_assert_cmphex(rd(config(0, 0), 4), ==, 0x00081b36);
    g_assert_cmphex(rd(config(0, 8), 4), ==, 0x06000000);
    g_assert_cmphex(rd(config(1, 0), 4), ==, UINT32_MAX); /* nobody is there */
    for (unsigned i = 0; i < ARRAY_SIZE(row); i++) {
        add(row[i].arg, "");
        g_assert_cmphex(rd(config(i + 1, 0), 4), ==, row[i].id);
        g_assert_cmphex(rd(config(i + 1, 8), 4), ==, row[i].class_rev);
        g_assert_cmphex(rd(config(i + 1, 0x2c), 4), ==, row[i].subsystem);
        g_assert_cmphex(rd(config(i + 1, 0x3d), 1), ==, 1);
    }
    g_assert_cmphex(rd(ECAM + (UINT64_C(1) << 20), 4), ==, UINT32_MAX); /* bus 1 */
}

/* What a BAR says of its size. */
static uint32_t size_of(unsigned reg)
{
    uint32_t old = rd(config(2, reg), 4), mask;

    wr(config(2, reg), 4, UINT32_MAX);
    mask = rd(config(2, reg), 4);
    wr(config(2, reg), 4, old);
    return mask;
}

static void test_bars(void)
{
    make("virt");
    struct toy *s = add_toy("2");
    s->reg = 0x1000;
    g_assert_cmphex(size_of(0x10), ==, 0xfffffff1);
    g_assert_cmphex(size_of(0x14), ==, 0xfffff000);
    g_assert_cmphex(size_of(0x18), ==, 0xffffe00c);
    g_assert_cmphex(size_of(0x1c), ==, 0xffffffff);
    g_assert_cmphex(size_of(0x24), ==, 0);
    wr(config(2, 0x10), 4, 0x100);
    wr(config(2, 0x14), 4, MMIO + 0x5000);
    wr(config(2, 0x18), 4, 0x8000);
    wr(config(2, 0x1c), 4, MMIO_HIGH >> 32);
    g_assert_cmphex(rd(IO + 0x104, 4), ==, UINT32_MAX); /* nothing is switched on yet */
    g_assert_cmphex(rd(MMIO + 0x5004, 4), ==, UINT32_MAX);
    wr(config(2, 4), 2, PCI_COMMAND_IO);
    g_assert_cmphex(rd(IO + 0x104, 4), ==, 0x1004);
    g_assert_cmphex(rd(MMIO + 0x5004, 4), ==, UINT32_MAX);
    wr(config(2, 4), 2, PCI_COMMAND_MEMORY);
    g_assert_cmphex(rd(IO + 0x104, 4), ==, UINT32_MAX);
    g_assert_cmphex(rd(MMIO + 0x5004, 4), ==, 0x1004);
    g_assert_cmphex(rd(MMIO_HIGH + 0x9ffc, 4), ==, 0x2ffc);
    g_assert_cmphex(rd(MMIO_HIGH + 0xa000, 4), ==, UINT32_MAX);
    wr(MMIO + 0x5000, 4, 7);
    g_assert_cmphex(s->reg, ==, 7);
    wr(config(2, 0x14), 4, MMIO + 0x6000); /* it moves */
    g_assert_cmphex(rd(MMIO + 0x5004, 4), ==, UINT32_MAX);
    g_assert_cmphex(rd(MMIO + 0x6004, 4), ==, 11);
    wr(config(2, 0x14), 4, RAM); /* nothing passes it there */
    g_assert_cmphex(rd(MMIO + 0x6004, 4), ==, UINT32_MAX);
    wr(RAM, 4, 0x1234);
    g_assert_cmphex(rd(RAM, 4), ==, 0x1234);
    wr(config(2, 0x1c), 4, 0); /* a 64-bit one below 4 GiB, in the other window */
    wr(config(2, 0x18), 4, MMIO);
    g_assert_cmphex(rd(MMIO + 4, 4), ==, 11);
    device_reset(&s->dev);
    g_assert_cmphex(rd(config(2, 4), 2), ==, 0);
    g_assert_cmphex(rd(config(2, 0x18), 4), ==, 0xc);
    g_assert_cmphex(rd(MMIO + 4, 4), ==, UINT32_MAX);
}

static uint32_t pending(void)
{
    return rd(PLIC_PENDING, 4);
}

/* Device 2's pin A is line 2, of source 34; two functions may drive it. */
static void test_pins(void)
{
    make("virt");
    struct toy *a = add_toy("2"), *b = add_toy("6");
    const uint32_t line = 1u << 2;
    g_assert_cmphex(pending(), ==, 0);
    pci_set_intx(&a->pci, true);
    g_assert_cmphex(pending(), ==, line);
    g_assert_cmphex(rd(config(2, 6), 2) & PCI_STATUS_INTERRUPT, ==, PCI_STATUS_INTERRUPT);
    g_assert_cmphex(rd(config(6, 6), 2) & PCI_STATUS_INTERRUPT, ==, 0);
    pci_set_intx(&b->pci, true);
    pci_set_intx(&a->pci, false);
    const struct pci_host *h = b->pci.bus->host;
    g_assert_cmpuint(h->asserted[2], ==, 1);
    wr(config(6, 4), 2, PCI_COMMAND_INTX_DISABLE);
    g_assert_cmpuint(h->asserted[2], ==, 0);
    g_assert_cmphex(rd(config(6, 6), 2) & PCI_STATUS_INTERRUPT, ==, PCI_STATUS_INTERRUPT);
    wr(config(6, 4), 2, 0);
    g_assert_cmpuint(h->asserted[2], ==, 1);
    device_reset(&b->dev);
    g_assert_cmpuint(h->asserted[2], ==, 0);
}

static void test_msix(void)
{
    make("virt");
    struct toy *s = add_toy("2");
    unsigned cap = rd(config(2, PCI_CAPABILITY_LIST), 1);
    const gpa table = MMIO + 0x1000, pba = table + 0x800;

    g_assert_cmphex(rd(config(2, cap), 2) & 0xff, ==, PCI_CAP_MSIX);
    g_assert_cmphex(rd(config(2, cap + 2), 2), ==, 2); /* three vectors */
    g_assert_cmphex(rd(config(2, cap + 4), 4), ==, 4);
    g_assert_cmphex(rd(config(2, cap + 8), 4), ==, 0x804);
    wr(config(2, 0x20), 4, table);
    wr(config(2, 4), 2, PCI_COMMAND_MEMORY);
    g_assert_cmphex(rd(table + 12, 4), ==, 1); /* masked */
    wr(config(2, 4), 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    wr(table + 16, 8, RAM + 0x40);
    wr(table + 24, 4, 0xcafe);
    wr(RAM + 0x40, 4, 0);

    pci_msix_notify(&s->pci, 1); /* not switched on */
    g_assert_cmphex(rd(pba, 4), ==, 0);
    wr(config(2, cap + 2), 2, 0x8000);
    g_assert_true(pci_msix_enabled(&s->pci));
    pci_msix_notify(&s->pci, 1);
    g_assert_cmphex(rd(pba, 4), ==, 2);
    g_assert_cmphex(rd(RAM + 0x40, 4), ==, 0);
    wr(table + 28, 4, 0); /* and it goes */
    g_assert_cmphex(rd(pba, 4), ==, 0);
    g_assert_cmphex(rd(RAM + 0x40, 4), ==, 0xcafe);
    wr(RAM + 0x40, 4, 0);
    wr(config(2, cap + 2), 2, 0xc000); /* all are masked */
    pci_msix_notify(&s->pci, 1);
    g_assert_cmphex(rd(RAM + 0x40, 4), ==, 0);
    wr(config(2, cap + 2), 2, 0x8000);
    g_assert_cmphex(rd(RAM + 0x40, 4), ==, 0xcafe);
    wr(RAM + 0x40, 4, 0);
    wr(config(2, 4), 2, PCI_COMMAND_MEMORY); /* the device may not write */
    pci_msix_notify(&s->pci, 1);
    g_assert_cmphex(rd(RAM + 0x40, 4), ==, 0);
    wr(config(2, 4), 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    wr(table + 16, 8, 0x10000000); /* a device's registers: messages do not reach them */
    pci_msix_notify(&s->pci, 1);
    pci_msix_notify(&s->pci, 3); /* there is none */
    g_assert_cmphex(rd(pba, 8), ==, 0);
}

static void test_places(void)
{
    make("virt");
    add("virtio-rng-pci,addr=1f.7", "");
    add("virtio-rng-pci,addr=3.0", "");
    add("virtio-rng-pci,addr=3,id=x", "PCI: slot 3 function 0 not available for virtio-rng-pci, in use by "
                                       "virtio-rng-pci,id=");
    add("virtio-rng-pci,addr=3.1", "PCI: single function device can't be populated in function 3.1");
    add("virtio-rng-pci,addr=4.0,multifunction=on", "");
    add("virtio-rng-pci,addr=4.1", "");
    g_assert_cmphex(rd(config(4, PCI_HEADER_TYPE), 1), ==, 0x80);
    g_assert_cmphex(rd(config(4, 0x1000), 4), ==, 0x10051af4);
    add("virtio-rng-pci,addr=5.1", "");
    add("virtio-rng-pci,addr=5.0", "PCI: 5.0 indicates single function, but 5.1 is already populated.");
    add("virtio-rng-pci,addr=20", "device virtio-rng-pci: addr=20: expected a slot and function in hexadecimal, such as "
                                  "06.0");
    add("virtio-rng-pci,addr=1.8", "device virtio-rng-pci: addr=1.8: expected a slot and function in hexadecimal, such as "
                                   "06.0");
    add("virtio-rng-pci,bus=pcie.0", "");
    g_assert_cmphex(rd(config(1, 0), 4), ==, 0x10051af4);
    add("virtio-rng-pci,bus=pcie.1", "Bus 'pcie.1' not found");
    add("virtio-rng-device,bus=pcie.0", "Device 'virtio-rng-device' can't go on PCI bus: expected a virtio-bus");
    add("virtio-rng-pci,vectors=4000", "device virtio-rng-pci: vectors=4000: expected at most 2048");
    add("virtio-rng-pci,disable-legacy=on,disable-modern=on",
        "device cannot work as neither modern nor legacy mode is enabled");
    add("virtio-rng-pci,period=0", "virtio-rng-device: period=0: expected milliseconds");
    add("virtio-rng-pci,addr=6,vectors=0", ""); /* what failed has left its place */
    g_assert_cmphex(rd(config(2, 0), 4), ==, UINT32_MAX);
    g_assert_cmphex(rd(config(6, PCI_CAPABILITY_LIST), 1), ==, 0x84);
}

/* A device behind a root port: on the bus that the port was told, in what its windows pass, by a pin that it turns. */
static void test_root_port(void)
{
    make("virt");
    add("pcie-root-port,id=rp,addr=3,port=2", "");
    struct device *port = by_id("rp");
    g_assert_cmpstr(port->bus_name, ==, "rp");
    struct device *d = device_new(&toy_type, m, "toy");
    g_autoptr(GError) err = NULL;
    d->parent = port;
    device_realize(d, &err);
    g_assert_no_error(err);
    g_ptr_array_add(m->devices, d);
    device_reset(port);
    add("virtio-rng-pci,bus=rp,addr=1.0", "PCI: slot 1 is not valid for virtio-rng-pci, parent device only allows plugging "
                                          "into slot 0.");
    add("virtio-rng-pci,bus=rp", "PCI: no slot/function available for virtio-rng-pci, all in use or reserved");
    add("pcie-root-port,bus=rp", "device pcie-root-port: expected a place on the host's own bus");
    struct toy *s = (struct toy *)d;
    s->reg = 5;
    const gpa behind = ECAM + (UINT64_C(5) << 20);
    g_assert_cmphex(rd(behind, 4), ==, UINT32_MAX);
    wr(config(3, PCI_PRIMARY_BUS), 4, 0x070500); /* buses 5 to 7 */
    g_assert_cmphex(rd(behind, 4), ==, 0x56781234);
    g_assert_cmphex(rd(behind + (1 << 15), 4), ==, UINT32_MAX);
    g_assert_cmphex(rd(ECAM + (UINT64_C(6) << 20), 4), ==, UINT32_MAX);
    g_assert_cmphex(rd(config(3, PCI_IO_BASE), 2), ==, 0x00f0); /* closed */

    wr(behind + 0x14, 4, MMIO + 0x100000);
    wr(behind + 4, 2, PCI_COMMAND_MEMORY);
    g_assert_cmphex(rd(MMIO + 0x100000, 4), ==, UINT32_MAX);
    wr(config(3, PCI_MEMORY_BASE), 4, 0x40104010); /* one MiB */
    g_assert_cmphex(rd(MMIO + 0x100000, 4), ==, UINT32_MAX);
    wr(config(3, 4), 2, PCI_COMMAND_MEMORY);
    g_assert_cmphex(rd(MMIO + 0x100000, 4), ==, 5);
    wr(config(3, PCI_MEMORY_BASE), 4, 0x40204020);
    g_assert_cmphex(rd(MMIO + 0x100000, 4), ==, UINT32_MAX);
    wr(config(3, PCI_PREF_MEMORY_BASE), 4, 0x40114011);
    wr(config(3, PCI_PREF_BASE_UPPER32), 4, 0);
    wr(config(3, PCI_PREF_LIMIT_UPPER32), 4, 0);
    g_assert_cmphex(rd(MMIO + 0x100000, 4), ==, 5);

    pci_set_intx(&s->pci, true); /* pin A of device 0 behind device 3 */
    g_assert_cmphex(pending(), ==, 1u << 3);
    wr(config(3, PCI_PRIMARY_BUS), 4, 0); /* forgotten, and no ring */
    g_assert_cmphex(rd(behind, 4), ==, UINT32_MAX);
    machine_reset(m);
    g_assert_cmphex(rd(config(3, PCI_MEMORY_BASE), 4), ==, 0x0000fff0);
    g_assert_cmphex(rd(MMIO + 0x100000, 4), ==, UINT32_MAX);
}

/* What a device may do by itself hangs on its command register; its rings may lie there before. */
static void test_master(void)
{
    uint32_t v = 0x11223344;

    make("virt");
    struct toy *s = add_toy("2");
    g_assert_false(device_dma_write(&s->dev, RAM, &v, 4));
    wr(config(2, 4), 2, PCI_COMMAND_MASTER);
    g_assert_true(device_dma_write(&s->dev, RAM, &v, 4));
    g_assert_cmphex(rd(RAM, 4), ==, v);
    device_reset(&s->dev);
    g_assert_false(device_dma_read(&s->dev, RAM, &v, 4));

    add("virtio-rng-pci,addr=3", "");
    wr(config(3, 0x20), 4, MMIO);
    wr(config(3, 4), 2, PCI_COMMAND_MEMORY);
    wr(MMIO + 0x14, 1, 3);
    wr(MMIO + 0x08, 4, 1);
    wr(MMIO + 0x0c, 4, 1);
    wr(MMIO + 0x14, 1, 0xb);
    wr(MMIO + 0x18, 2, 2);
    wr(MMIO + 0x20, 4, RAM + 0x1000);
    wr(MMIO + 0x28, 4, RAM + 0x2000);
    wr(MMIO + 0x30, 4, RAM + 0x3000);
    wr(MMIO + 0x1c, 2, 1);
    wr(RAM + 0x1000, 8, RAM + 0x4000); /* one buffer of 16 bytes to write */
    wr(RAM + 0x1008, 4, 16);
    wr(RAM + 0x100c, 4, 2);
    wr(RAM + 0x2000, 4, 1 << 16);
    wr(MMIO + 0x14, 1, 0xf);
    wr(MMIO + 0x3000, 2, 0);
    g_assert_cmphex(rd(RAM + 0x3000, 4), ==, 0);
    wr(config(3, 4), 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    g_assert_cmphex(rd(RAM + 0x3000, 4), ==, 1 << 16);
    wr(config(3, 4), 2, PCI_COMMAND_MEMORY); /* the device stops */
    g_assert_cmphex(rd(MMIO + 0x14, 1), ==, 0xb);
}

static void test_rom(void)
{
    static const char bytes[] = "U\xaa, and so on";
    g_autofree char *path = g_strdup_printf("%s/mynah-rom-%d", g_get_tmp_dir(), getpid());
    g_autofree char *arg = g_strdup_printf("virtio-rng-pci,addr=2,romfile=%s", path);
    g_autofree char *none = g_strdup_printf("virtio-rng-pci,addr=3,rombar=0,romfile=%s", path);

    g_assert_true(g_file_set_contents(path, bytes, sizeof(bytes), NULL));
    make("virt");
    add(arg, "");
    add(none, "");
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_autofree char *empty = g_strdup_printf("device virtio-rng-pci: romfile=%s: expected a file of at most 16 MiB, not an "
                                             "empty one", path);
    add(arg, "PCI: slot 2 function 0 not available for virtio-rng-pci, in use by virtio-rng-pci,id=");
    arg[strlen("virtio-rng-pci,addr=")] = '4';
    add(arg, empty);
    unlink(path);
    g_assert_cmphex(size_of(PCI_ROM_ADDRESS), ==, 0xfffff801);
    g_assert_cmphex(rd(config(3, PCI_ROM_ADDRESS), 4), ==, 0);
    wr(config(2, 4), 2, PCI_COMMAND_MEMORY);
    wr(config(2, PCI_ROM_ADDRESS), 4, MMIO + 0x800);
    g_assert_cmphex(rd(MMIO + 0x800, 4), ==, UINT32_MAX);
    wr(config(2, PCI_ROM_ADDRESS), 4, MMIO + 0x801);
    g_assert_cmphex(rd(MMIO + 0x800, 4), ==, 0x202caa55);
    wr(MMIO + 0x800, 4, 0); /* it is one */
    g_assert_cmphex(rd(MMIO + 0x800, 4), ==, 0x202caa55);
    g_assert_cmphex(rd(MMIO + 0xffc, 4), ==, 0);
}

/* Bus 1 is behind the root port at device 3. */
#define BEHIND (ECAM + (UINT64_C(1) << 20))

static void open_port(void)
{
    wr(config(3, PCI_PRIMARY_BUS), 4, 0x010100);
    wr(config(3, PCI_MEMORY_BASE), 4, 0x40104010); /* one MiB */
    wr(config(3, 4), 2, PCI_COMMAND_MEMORY);
}

static unsigned find_cap(gpa function, unsigned id)
{
    unsigned at = rd(function + PCI_CAPABILITY_LIST, 1);

    while (at && rd(function + at, 1) != id)
        at = rd(function + at + 1, 1);
    g_assert_cmpuint(at, !=, 0);
    return at;
}

static void test_function_reset(void)
{
    make("virt");
    add("pcie-root-port,id=rp,addr=3", "");
    add("virtio-rng-pci,bus=rp", "");
    machine_reset(m);
    open_port();
    unsigned cap = find_cap(BEHIND, PCI_CAP_EXPRESS);
    g_assert_cmphex(rd(BEHIND + cap + PCIE_DEVICE_CAP, 4) >> 28 & 1, ==, 1);
    for (unsigned bus = 0; bus < 2; bus++) { /* by the function, then by the bridge */
        wr(BEHIND + 0x20, 4, MMIO + 0x100000);
        wr(BEHIND + 4, 2, PCI_COMMAND_MEMORY);
        wr(MMIO + 0x100014, 1, 3);
        g_assert_cmphex(rd(MMIO + 0x100014, 1), ==, 3);
        wr(BEHIND + cap + PCIE_DEVICE_CONTROL, 2, 0x10);
        if (bus)
            wr(config(3, PCI_BRIDGE_CONTROL), 2, PCI_BRIDGE_RESET);
        else
            wr(BEHIND + cap + PCIE_DEVICE_CONTROL, 2, 0x8000);
        g_assert_cmphex(rd(BEHIND + cap + PCIE_DEVICE_CONTROL, 2), ==, 0);
        g_assert_cmphex(rd(BEHIND + 4, 2), ==, 0);
        g_assert_cmphex(rd(MMIO + 0x100014, 1), ==, 0xff);
        wr(BEHIND + 0x20, 4, MMIO + 0x100000);
        wr(BEHIND + 4, 2, PCI_COMMAND_MEMORY);
        g_assert_cmphex(rd(MMIO + 0x100014, 1), ==, 0);
        wr(config(3, PCI_BRIDGE_CONTROL), 2, 0);
    }
}

static GString *gone;

static void unplugged(const char *id)
{
    g_string_append_printf(gone, "%s ", id);
}

static void plug(const char *arg, const char *error)
{
    struct opts *o = opts_parse(arg, "driver", NULL);
    g_autoptr(GError) err = NULL;

    device_plug(m, o, &err);
    g_assert_cmpstr(err ? err->message : "", ==, error);
    opts_free(o);
}

static void unplug(const char *id, const char *error)
{
    g_autoptr(GError) err = NULL;

    device_unplug(m, id, &err);
    g_assert_cmpstr(err ? err->message : "", ==, error);
}

/* A card comes, by which the driver is interrupted, and goes when the driver has switched the slot off. */
static void test_hotplug(void)
{
    make("virt");
    gone = g_string_new(NULL);
    device_unplugged = unplugged;
    add("pcie-root-port,id=fixed,addr=2,hotplug=off", "");
    add("pcie-root-port,id=rp,addr=3,slot=5", "");
    machine_reset(m);
    plug("virtio-rng-pci", "Bus 'pcie.0' does not support hotplugging");
    plug("virtio-rng-pci,bus=fixed", "Bus 'fixed' does not support hotplugging");
    open_port();
    unsigned slot = find_cap(config(3, 0), PCI_CAP_EXPRESS) + PCIE_SLOT_CAP;
    const gpa control = config(3, slot + 4), status = config(3, slot + 6);
    g_assert_cmphex(rd(config(3, slot), 4), ==, 0x002a007b);
    g_assert_cmphex(rd(config(2, slot), 4), ==, 0);
    g_assert_cmphex(rd(control, 4), ==, 0x07c0);
    wr(control, 2, 0x7f9); /* all events interrupt; that this was written is one */
    g_assert_cmphex(rd(status, 2), ==, 0x10);
    g_assert_cmphex(pending(), ==, 1u << 3);
    wr(status, 2, 0x10);
    g_assert_cmphex(rd(status, 2), ==, 0);

    plug("virtio-rng-pci,bus=rp,id=card", "");
    g_assert_cmphex(rd(status, 2), ==, 0x49); /* there, and the button */
    g_assert_cmphex(rd(config(3, slot - 2), 2), ==, 0x2011);
    g_assert_cmphex(rd(BEHIND, 4), ==, UINT32_MAX); /* without power */
    wr(status, 2, 0x19);
    wr(control, 2, 0x1f9);
    g_assert_cmphex(rd(BEHIND, 4), ==, 0x10441af4);
    wr(BEHIND + 0x20, 4, MMIO + 0x100000);
    wr(BEHIND + 4, 2, PCI_COMMAND_MEMORY);
    g_assert_cmphex(rd(MMIO + 0x100012, 2), ==, 1);
    plug("virtio-rng-pci,bus=rp", "PCI: no slot/function available for virtio-rng-pci, all in use or reserved");
    wr(status, 2, 0x19);

    unplug("card", "");
    g_assert_cmphex(rd(status, 2), ==, 0x41);
    g_assert_cmpstr(gone->str, ==, "");
    unplug("card", "Device card is already in the process of unplug");
    wr(control, 2, 0x2f9); /* the light blinks */
    g_assert_cmphex(rd(BEHIND, 4), ==, 0x10441af4);
    wr(control, 2, 0x7f9);
    g_assert_cmphex(rd(BEHIND, 4), ==, UINT32_MAX);
    g_assert_cmphex(rd(MMIO + 0x100012, 2), ==, 0xffff);
    g_assert_cmphex(rd(status, 2) & 0x48, ==, 8);
    while (by_id("card"))
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpstr(gone->str, ==, "card ");
    wr(status, 2, 0x19);

    plug("virtio-rng-pci,bus=rp,id=next", ""); /* taken away before anybody looked */
    unplug("next", "");
    g_assert_null(by_id("next"));
    plug("virtio-rng-pci,bus=rp,id=last", "");
    wr(control, 2, 0x1c0);
    unplug("last", "");
    wr(control, 2, 0x7c0);
    drop(); /* the machine goes before the main loop comes to it */
    while (g_main_context_iteration(NULL, FALSE))
        ;
    device_unplugged = NULL;
    g_string_free(gone, TRUE);
}

/* Slots of a conventional bus, one behind the other. */
static void test_bridges(void)
{
    make("virt");
    add("pci-bridge", "Bridge chassis not specified. Each bridge is required to be assigned a unique chassis id > 0.");
    add("pcie-pci-bridge,id=first,addr=4", "");
    add("pci-bridge,id=second,bus=first,addr=2,chassis_nr=1", "");
    struct toy *s = add_toy_to(by_id("second"), "7.0");
    add("virtio-rng-pci,bus=first,addr=5", "");
    const gpa bus2 = ECAM + (UINT64_C(2) << 20), bus3 = ECAM + (UINT64_C(3) << 20);
    wr(config(4, PCI_PRIMARY_BUS), 4, 0x030200);
    wr(bus2 + (2 << 15) + PCI_PRIMARY_BUS, 4, 0x030302);
    g_assert_cmphex(rd(bus2 + (5 << 15), 4), ==, 0x10051af4); /* both interfaces: it is no link */
    g_assert_cmphex(rd(bus3 + (7 << 15), 4), ==, 0x56781234);
    g_assert_cmphex(rd(bus3 + (7 << 15) + 0x100, 4), ==, UINT32_MAX);
    pci_set_intx(&s->pci, true); /* 7 + 2 + 4 */
    g_assert_cmphex(pending(), ==, 1u << 1);
    plug("virtio-rng-pci,bus=first", "Bus 'first' does not support hotplugging");
    wr(config(4, PCI_BRIDGE_CONTROL), 1, PCI_BRIDGE_RESET); /* and all buses below are forgotten */
    g_assert_false(s->pci.intx);
    g_assert_cmphex(rd(bus3 + (7 << 15), 4), ==, UINT32_MAX);
}

/* A UART that is another device's code: its registers are in the function's BAR, its interrupt is the pin. */
static void test_serial(void)
{
    make("virt");
    add("pci-serial,addr=3", "");
    g_assert_cmphex(rd(config(3, 8), 4), ==, 0x07000201);
    wr(config(3, 0x10), 4, 0x100);
    wr(config(3, 4), 2, PCI_COMMAND_IO);
    g_assert_cmphex(rd(IO + 0x105, 1), ==, 0x60);
    wr(IO + 0x107, 1, 0x5a);
    g_assert_cmphex(rd(IO + 0x107, 1), ==, 0x5a);
    g_assert_cmphex(pending(), ==, 0);
    wr(IO + 0x101, 1, 2); /* the transmitter is empty */
    g_assert_cmphex(pending(), ==, 1u << 3);
    machine_reset(m);
    g_assert_cmphex(pending(), ==, 0);
    g_assert_cmphex(rd(IO + 0x105, 1), ==, 0xff);
}

static void unlock(void)
{
    wr(MMIO + 0xc, 1, 0x80);
    wr(MMIO + 0xc, 1, 0x86);
}

/* Two stages, registers behind a lock, and a lock that stays until a reset. */
static void test_watchdog(void)
{
    make("virt");
    life_actions.watchdog = WATCHDOG_NONE;
    add("i6300esb,addr=2", "");
    wr(config(2, 0x10), 4, MMIO);
    wr(config(2, 4), 2, PCI_COMMAND_MEMORY);
    wr(MMIO, 4, 1); /* locked */
    wr(MMIO + 0xc, 1, 0x86);
    wr(MMIO, 4, 1);
    unlock();
    wr(MMIO, 4, 0xfff00010);
    unlock();
    wr(MMIO + 4, 4, 0x20);
    g_assert_cmpint(timers_deadline(), ==, INT64_MAX);
    wr(config(2, 0x68), 1, 2);
    const int64_t first = timers_deadline();
    g_assert_cmpint(first - clock_now(), ==, (INT64_C(0x10) << 15) * 1000000000 / 33000000 + 1);
    timers_run(first);
    g_assert_cmphex(rd(MMIO + 0xc, 2), ==, 0);
    timers_run(timers_deadline());
    g_assert_cmphex(rd(MMIO + 0xc, 2), ==, 0x200);
    g_assert_cmpint(timers_deadline(), ==, INT64_MAX);
    wr(config(2, 0x68), 1, 0);
    wr(config(2, 0x68), 1, 3);
    wr(config(2, 0x68), 1, 0); /* locked: it goes on */
    g_assert_cmpint(timers_deadline(), !=, INT64_MAX);
    machine_reset(m);
    g_assert_cmpint(timers_deadline(), ==, INT64_MAX);
    g_assert_cmphex(rd(config(2, 0x68), 1), ==, 0);
    wr(config(2, 0x68), 1, 2);
    g_assert_cmphex(rd(config(2, 0x68), 1), ==, 2);
    drop();
    g_assert_cmpint(timers_deadline(), ==, INT64_MAX);
    life_actions.watchdog = WATCHDOG_RESET;
}

/* The window in the configuration space reaches the registers before any BAR is mapped. */
static void test_cfg_window(void)
{
    const unsigned cap = 0x84;

    make("virt");
    add("virtio-rng-pci", "");
    wr(config(1, cap + 4), 1, 4);
    wr(config(1, cap + 8), 4, 0x14); /* device status */
    wr(config(1, cap + 12), 4, 1);
    wr(config(1, cap + 16), 4, 3);
    g_assert_cmphex(rd(config(1, cap + 16), 4), ==, 3);
    wr(config(1, cap + 8), 4, 0x12); /* number of queues */
    wr(config(1, cap + 12), 4, 2);
    g_assert_cmphex(rd(config(1, cap + 16), 4), ==, 1);
    wr(config(1, cap + 12), 4, 3); /* no length: the last answer stays */
    g_assert_cmphex(rd(config(1, cap + 16), 4), ==, 1);
}

/* What is pending goes by the pin until messages are switched on. */
static void test_pin_or_messages(void)
{
    const uint32_t line = 1u << 1;

    make("virt");
    add("virtio-rng-pci", "");
    wr(config(1, 0x20), 4, MMIO);
    wr(config(1, 4), 2, PCI_COMMAND_MEMORY);
    wr(MMIO + 0x14, 1, 3);
    wr(MMIO + 0x08, 4, 1);
    wr(MMIO + 0x0c, 4, 1); /* VERSION_1 */
    wr(MMIO + 0x14, 1, 0xb);
    wr(MMIO + 0x20, 4, 0x1000); /* a ring where no memory is */
    wr(MMIO + 0x1c, 2, 1);
    g_assert_cmphex(pending() & line, ==, 0);
    wr(MMIO + 0x14, 1, 0xf);
    g_assert_cmphex(rd(MMIO + 0x14, 1), ==, 0x4f);
    g_assert_cmphex(pending() & line, ==, line);
    g_assert_cmphex(rd(config(1, 6), 2) & PCI_STATUS_INTERRUPT, ==, PCI_STATUS_INTERRUPT);
    unsigned cap = rd(config(1, PCI_CAPABILITY_LIST), 1);
    wr(config(1, cap + 2), 2, 0x8000);
    g_assert_cmphex(rd(config(1, 6), 2) & PCI_STATUS_INTERRUPT, ==, 0);
    wr(config(1, cap + 2), 2, 0);
    g_assert_cmphex(rd(config(1, 6), 2) & PCI_STATUS_INTERRUPT, ==, PCI_STATUS_INTERRUPT);
    g_assert_cmphex(rd(MMIO + 0x1000, 1), ==, 2); /* and is read away */
    g_assert_cmphex(rd(config(1, 6), 2) & PCI_STATUS_INTERRUPT, ==, 0);
}

/* The legacy registers and the others show the same device. */
static void test_interfaces(void)
{
    make("virt");
    add("virtio-net-pci", "");
    wr(config(1, 0x10), 4, 0x40);
    wr(config(1, 0x20), 4, MMIO);
    wr(config(1, 4), 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    const gpa legacy = IO + 0x40;
    uint32_t low = rd(legacy, 4);
    g_assert_cmphex(low >> 24 & 1, ==, 1); /* notify on empty */
    wr(MMIO, 4, 0);
    g_assert_cmphex(rd(MMIO + 4, 4), ==, low & ~(1u << 24 | 1u << 27));
    wr(MMIO, 4, 1);
    g_assert_cmphex(rd(MMIO + 4, 4) & 1, ==, 1); /* VERSION_1 */
    g_assert_cmpuint(rd(MMIO + 0x12, 2), ==, 3);
    wr(legacy + 0x12, 1, 1);
    wr(legacy + 0x12, 1, 3);
    g_assert_cmphex(rd(MMIO + 0x14, 1), ==, 3);
    wr(legacy + 4, 4, 1u << 5); /* MAC, at once */
    wr(legacy + 0xe, 2, 0);
    g_assert_cmpuint(rd(legacy + 0xc, 2), ==, 256);
    wr(legacy + 8, 4, (RAM + 0x10000) / 4096);
    g_assert_cmphex(rd(legacy + 8, 4), ==, (RAM + 0x10000) / 4096);
    g_assert_cmphex(rd(MMIO + 0x1c, 2), ==, 1); /* it runs */
    g_assert_cmphex(rd(legacy + 0x14, 1), ==, 0x52); /* its address: 52:54:00:... */
    g_assert_cmphex(rd(MMIO + 0x2000, 1), ==, 0x52);
    wr(legacy + 8, 4, 0);
    g_assert_cmphex(rd(MMIO + 0x14, 1), ==, 0);
    /* With messages two registers come between. */
    unsigned cap = rd(config(1, PCI_CAPABILITY_LIST), 1);
    wr(config(1, cap + 2), 2, 0x8000);
    g_assert_cmphex(rd(legacy + 0x14, 2), ==, 0xffff);
    wr(legacy + 0x14, 2, 3);
    g_assert_cmphex(rd(legacy + 0x14, 2), ==, 3);
    wr(legacy + 0x14, 2, 4); /* there are four */
    g_assert_cmphex(rd(legacy + 0x14, 2), ==, 0xffff);
    g_assert_cmphex(rd(legacy + 0x18, 1), ==, 0x52);
}

static void test_noise(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);

    make("virt");
    add("virtio-net-pci", "");
    add("virtio-rng-pci,disable-legacy=on", "");
    add("virtio-serial-pci,disable-modern=on", "");
    add_toy("8");
    for (unsigned i = 0; i < 200000; i++) {
        static const gpa base[] = { ECAM, IO, MMIO, MMIO_HIGH };
        unsigned size = 1u << g_rand_int_range(rand, 0, 4), which = g_rand_int_range(rand, 0, 4);
        gpa at = base[which] + (which ? g_rand_int_range(rand, 0, 0x8000)
                                      : g_rand_int_range(rand, 0, 10) << 15 | g_rand_int_range(rand, 0, 0x120));
        uint64_t v = g_rand_int_range(rand, 0, 4) ? g_rand_int(rand) & 0xffff
                                                  : base[g_rand_int_range(rand, 1, 4)] + g_rand_int_range(rand, 0, 0x8000);
        at &= ~(gpa)(size - 1);
        if (g_rand_boolean(rand))
            bus_write(m->as, at, size, v);
        else
            bus_read(m->as, at, size, &v);
    }
    machine_reset(m);
    const struct pci_host *h = (const struct pci_host *)((char *)host() + host()->type->bus_offset -
                                                         offsetof(struct pci_host, root));
    for (unsigned i = 0; i < PCI_PINS; i++)
        g_assert_cmpuint(h->asserted[i], ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    accel = accels[0];
    g_test_add_func("/pci/identity", test_identity);
    g_test_add_func("/pci/bars", test_bars);
    g_test_add_func("/pci/pins", test_pins);
    g_test_add_func("/pci/msix", test_msix);
    g_test_add_func("/pci/places", test_places);
    g_test_add_func("/pci/master", test_master);
    g_test_add_func("/pci/rom", test_rom);
    g_test_add_func("/pci/root-port", test_root_port);
    g_test_add_func("/pci/bridges", test_bridges);
    g_test_add_func("/pci/function-reset", test_function_reset);
    g_test_add_func("/pci/hotplug", test_hotplug);
    g_test_add_func("/pci/serial", test_serial);
    g_test_add_func("/pci/watchdog", test_watchdog);
    g_test_add_func("/pci/cfg-window", test_cfg_window);
    g_test_add_func("/pci/interfaces", test_interfaces);
    g_test_add_func("/pci/pin-or-messages", test_pin_or_messages);
    g_test_add_func("/pci/noise", test_noise);
    int status = g_test_run();
    drop();
    return status;
}
