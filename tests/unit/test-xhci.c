/* SPDX-License-Identifier: BSD-2-Clause */
/* xHCI and USB devices as a driver finds them: rings, slots, transfers, ports; and a driver that writes nonsense. */
#include <string.h>

#include "hid.h"
#include "tests/pci-rig.h"

#define RAM PCI_RIG_RAM
#define CONTEXTS (RAM + 0x10000) /* the array of pointers */
#define COMMANDS (RAM + 0x11000)
#define EVENTS (RAM + 0x12000)
#define TABLE (RAM + 0x13000)
#define INPUT (RAM + 0x14000)
#define DEVICE (RAM + 0x15000)   /* contexts of slot n: 0x1000 bytes behind those of n - 1 */
#define RINGS (RAM + 0x20000)    /* of endpoints likewise */
#define DATA (RAM + 0x100000)
#define OP (bar + 0x40)
#define PORT(n) (bar + 0x440 + 0x10 * ((n) - 1))
#define DISK_BYTES (1 * MiB)

static gpa bar;
static unsigned ncommands, nevents, filled[32]; /* TRBs; filled: of each endpoint's ring */

static void put_trb(gpa at, uint64_t parameter, uint32_t status, uint32_t control)
{
    wr(at, 8, parameter);
    wr(at + 8, 4, status);
    wr(at + 12, 4, control | 1);
}

static void start(void)
{
    ncommands = nevents = 0;
    memset(filled, 0, sizeof(filled));
    for (gpa a = CONTEXTS; a < RINGS + 0x20000; a += 8)
        wr(a, 8, 0);
    wr(OP, 4, 2);
    g_assert_cmphex(rd(OP + 4, 4) & 1, ==, 1);
    wr(OP + 0x38, 4, 64);
    wr(OP + 0x30, 8, CONTEXTS);
    wr(OP + 0x18, 8, COMMANDS | 1);
    wr(TABLE, 8, EVENTS);
    wr(TABLE + 8, 8, 256);
    wr(bar + 0x1028, 4, 1);
    wr(bar + 0x1038, 8, EVENTS);
    wr(bar + 0x1030, 8, TABLE);
    wr(OP, 4, 1);
    g_assert_cmphex(rd(OP + 4, 4) & 1, ==, 0);
}

static void open_controller(void)
{
    pci_rig_open();
    pci_rig_disk("d", DISK_BYTES, "sector 7");
    pci_rig_add("qemu-xhci,id=x", "");
    pci_rig_add("usb-storage,drive=d", "");
    pci_rig_add("usb-hub,port=2,id=h", "");
    pci_rig_add("usb-kbd,port=2.3", "");
    pci_rig_add("usb-tablet", "");
    pci_rig_add("usb-mouse,port=2.3", "usb port 2.3 (bus x.0) not found (in use?)");
    pci_rig_add("usb-mouse,port=1.1", "usb port 1.1 (bus x.0) not found (in use?)");
    pci_rig_add("usb-mouse,port=7", "usb port 7 (bus x.0) not found (in use?)");
    bar = pci_rig_enable(1, 0);
    start();
}

/* The next event, which must come: its code; *parameter and *control are the rest. */
static uint8_t event(unsigned type, uint64_t *parameter, uint32_t *control)
{
    gpa at = EVENTS + 16 * nevents++;

    pci_rig_await(at + 12, 4, 1, 1);
    g_assert_cmpuint(rd(at + 12, 4) >> 10 & 0x3f, ==, type);
    if (parameter)
        *parameter = rd(at, 8);
    if (control)
        *control = rd(at + 12, 4);
    wr(bar + 0x1038, 8, (at + 16) | 8);
    return rd(at + 8, 4) >> 24;
}

static uint8_t command(uint64_t parameter, uint32_t control)
{
    gpa at = COMMANDS + 16 * ncommands++;
    uint64_t back;

    put_trb(at, parameter, 0, control);
    wr(bar + 0x2000, 4, 0);
    uint8_t code = event(33, &back, NULL);
    g_assert_cmphex(back, ==, at);
    return code;
}

static void reset_port(unsigned n)
{
    g_assert_cmphex(rd(PORT(n), 4) & 0x20001, ==, 0x20001);
    wr(PORT(n), 4, 0x20210); /* forget the change, reset */
    g_assert_cmpuint(event(34, NULL, NULL), ==, 1);
    g_assert_cmphex(rd(PORT(n), 4) & 0x200003, ==, 0x200003);
    wr(PORT(n), 4, 0x200200);
}

/* A slot for the device at a port, by way of a route: its number, with its control endpoint ready. */
static unsigned attach(unsigned port, uint32_t route)
{
    uint32_t control;
    gpa at = COMMANDS + 16 * ncommands++;

    put_trb(at, 0, 0, 9 << 10);
    wr(bar + 0x2000, 4, 0);
    g_assert_cmpuint(event(33, NULL, &control), ==, 1);
    unsigned slot = control >> 24;
    memset(filled, 0, sizeof(filled));
    wr(CONTEXTS + 8 * slot, 8, DEVICE + 0x1000 * slot);
    for (unsigned i = 0; i < 0x420; i += 8)
        wr(INPUT + i, 8, 0);
    wr(INPUT + 4, 4, 3);
    wr(INPUT + 0x20, 4, 1 << 27 | route);
    wr(INPUT + 0x24, 4, port << 16);
    wr(INPUT + 0x44, 4, 64 << 16 | 4 << 3);
    wr(INPUT + 0x48, 8, (RINGS + 0x10000 * slot) | 1);
    g_assert_cmpuint(command(INPUT, 11 << 10 | slot << 24), ==, 1);
    g_assert_cmphex(rd(DEVICE + 0x1000 * slot + 12, 4), ==, slot | 2 << 27);
    return slot;
}

static gpa ring_at(unsigned slot, unsigned ep)
{
    return RINGS + 0x10000 * slot + 0x800 * (ep - 1) + 16 * filled[ep]++;
}

/* A control transfer: the code it ends with. */
static uint8_t control(unsigned slot, uint64_t setup)
{
    unsigned len = setup >> 48, in = setup & 0x80;

    put_trb(ring_at(slot, 1), setup, 8, 2 << 10 | 0x40);
    if (len)
        put_trb(ring_at(slot, 1), DATA, len, 3 << 10 | (in ? 0x10000 : 0));
    put_trb(ring_at(slot, 1), 0, 0, 4 << 10 | 0x20);
    wr(bar + 0x2000 + 4 * slot, 4, 1);
    return event(32, NULL, NULL);
}

/* Endpoints of a slot, which is configured: types by number. */
static uint8_t configure(unsigned slot, unsigned ep1, unsigned type1, unsigned ep2, unsigned type2)
{
    wr(INPUT, 4, 0);
    wr(INPUT + 4, 4, 1 | 1u << ep1 | 1u << ep2);
    wr(INPUT + 0x20, 4, 31u << 27);
    for (unsigned i = 0; i < 2; i++) {
        unsigned ep = i ? ep2 : ep1, type = i ? type2 : type1;
        wr(INPUT + 0x20 * (ep + 1) + 4, 4, 512 << 16 | type << 3);
        wr(INPUT + 0x20 * (ep + 1) + 8, 8, (RINGS + 0x10000 * slot + 0x800 * (ep - 1)) | 1);
    }
    g_assert_cmpuint(control(slot, 0x10900), ==, 1);
    return command(INPUT, 12 << 10 | slot << 24);
}

static void transfer(unsigned slot, unsigned ep, gpa data, uint32_t len)
{
    put_trb(ring_at(slot, ep), data, len, 1 << 10 | 0x24);
    wr(bar + 0x2000 + 4 * slot, 4, ep);
}

static void test_slots(void)
{
    open_controller();
    g_assert_cmphex(rd(pci_rig_config(1, 0), 4), ==, 0x000d1b36);
    g_assert_cmphex(rd(pci_rig_config(1, 8), 4), ==, 0x0c033001);
    g_assert_cmphex(rd(bar, 4), ==, 0x01000040);
    g_assert_cmphex(rd(bar + 4, 4), ==, 0x08001040);
    g_assert_cmphex(rd(PORT(1), 4), ==, 0x2a0); /* SuperSpeed: nobody is there */
    reset_port(5);
    g_assert_cmpuint(rd(PORT(5), 4) >> 10 & 0xf, ==, 3);
    unsigned slot = attach(5, 0);
    g_assert_cmpuint(control(slot, UINT64_C(0x0012000001000680)), ==, 1);
    g_assert_cmphex(rd(DATA, 8), ==, UINT64_C(0x4000000002000112));
    g_assert_cmphex(rd(DATA + 8, 4), ==, 0x000146f4);
    g_assert_cmpuint(control(slot, UINT64_C(0x00ff000003020680)), ==, 1);
    g_assert_cmphex(rd(DATA + 2, 8), ==, UINT64_C(0x0055004d00450051));
    g_assert_cmpuint(control(slot, UINT64_C(0x000000000000ff42)), ==, 6); /* nobody knows that: the endpoint stalls */
    g_assert_cmphex(rd(DEVICE + 0x1000 * slot + 0x20, 4) & 7, ==, 2);
    g_assert_cmpuint(command(0, 14 << 10 | 1 << 16 | slot << 24), ==, 1);
    g_assert_cmpuint(command(0, 14 << 10 | 1 << 16 | slot << 24), ==, 19);
    g_assert_cmpuint(command((RINGS + 0x10000 * slot + 16 * filled[1]) | 1, 16 << 10 | 1 << 16 | slot << 24), ==, 1);
    g_assert_cmpuint(control(slot, UINT64_C(0x0001000000000880)), ==, 1);
    g_assert_cmphex(rd(DATA, 1), ==, 0);
    /* What is refused. */
    g_assert_cmpuint(command(0, 11 << 10 | 9 << 24), ==, 11);
    g_assert_cmpuint(command(0, 15 << 10 | 7 << 16 | slot << 24), ==, 12);
    g_assert_cmpuint(command(0, 63 << 10), ==, 5);
    g_assert_cmpuint(command(0x2000000, 12 << 10 | slot << 24), ==, 5);
    g_assert_cmpuint(command(0, 10 << 10 | slot << 24), ==, 1);
    g_assert_cmpuint(command(0, 10 << 10 | slot << 24), ==, 11);
    g_assert_cmpuint(command(0, 23 << 10), ==, 1);
    pci_rig_close();
}

static void cbw(unsigned slot, uint32_t len, bool in, uint64_t cdb, uint16_t rest)
{
    wr(DATA, 8, UINT64_C(0x1234567843425355));
    wr(DATA + 8, 8, len | (uint64_t)(in ? 0x80 : 0) << 32 | UINT64_C(10) << 48);
    wr(DATA + 15, 1, cdb);
    for (unsigned i = 0; i < 8; i++)
        wr(DATA + 15 + i, 1, cdb >> 8 * i);
    wr(DATA + 23, 1, rest);
    wr(DATA + 24, 1, rest >> 8);
    transfer(slot, 4, DATA, 31);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 1);
}

static uint8_t csw(unsigned slot)
{
    transfer(slot, 3, DATA + 0x800, 13);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 1);
    g_assert_cmphex(rd(DATA + 0x800, 4), ==, 0x53425355);
    g_assert_cmphex(rd(DATA + 0x804, 4), ==, 0x12345678);
    return rd(DATA + 0x80c, 1);
}

static void nothing(void)
{
    wr(OP, 4, 2);
}

static void test_storage(void)
{
    open_controller();
    reset_port(5);
    unsigned slot = attach(5, 0);
    g_assert_cmpuint(configure(slot, 3, 6, 4, 2), ==, 1);
    g_assert_cmphex(rd(DEVICE + 0x1000 * slot + 12, 4), ==, slot | 3 << 27);
    cbw(slot, 0, false, 0, 0); /* TEST UNIT READY: it was reset */
    g_assert_cmpuint(csw(slot), ==, 1);
    cbw(slot, 512, true, 0x28, 0);
    wr(DATA + 0x1000, 8, 0);
    transfer(slot, 3, DATA + 0x1000, 512);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 13); /* no block was asked for: a short packet */
    g_assert_cmpuint(csw(slot), ==, 0);
    cbw(slot, 512, true, UINT64_C(0x0000070000000028), 1); /* READ(10) of sector 7 */
    transfer(slot, 3, DATA + 0x1000, 256);                 /* in two pieces */
    g_assert_cmpuint(event(32, NULL, NULL), ==, 1);
    g_assert_cmphex(rd(DATA + 0x1000, 8), ==, UINT64_C(0x3720726f74636573));
    pci_rig_resume(nothing);
    transfer(slot, 3, DATA + 0x1000, 256);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 1);
    g_assert_cmpuint(csw(slot), ==, 0);
    cbw(slot, 512, false, UINT64_C(0x000009000000002a), 1); /* WRITE(10) */
    wr(DATA + 0x1000, 8, UINT64_C(0x1122334455667788));
    transfer(slot, 4, DATA + 0x1000, 512);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 1);
    g_assert_cmpuint(csw(slot), ==, 0);
    wr(DATA + 0x1000, 8, 0);
    cbw(slot, 1024, true, UINT64_C(0x0000090000000028), 1); /* more room than there are data */
    transfer(slot, 3, DATA + 0x1000, 1024);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 13);
    g_assert_cmphex(rd(DATA + 0x1000, 8), ==, UINT64_C(0x1122334455667788));
    g_assert_cmpuint(csw(slot), ==, 0);
    g_assert_cmpuint(rd(DATA + 0x808, 4), ==, 512);
    transfer(slot, 4, DATA, 30); /* no command */
    g_assert_cmpuint(event(32, NULL, NULL), ==, 6);
    pci_rig_close();
}

static void test_hub(void)
{
    open_controller();
    reset_port(6);
    unsigned hub = attach(6, 0);
    g_assert_cmpuint(configure(hub, 3, 7, 3, 7), ==, 1);
    g_assert_cmpuint(control(hub, UINT64_C(0x000b0000290006a0)), ==, 1);
    g_assert_cmphex(rd(DATA, 4), ==, 0x0908290b);
    transfer(hub, 3, DATA + 0x100, 2);
    /* Power for port 3: there is somebody, of which the endpoint that waits tells first. */
    put_trb(ring_at(hub, 1), UINT64_C(0x0000000300080323), 8, 2 << 10 | 0x40);
    put_trb(ring_at(hub, 1), 0, 0, 4 << 10 | 0x20);
    wr(bar + 0x2000 + 4 * hub, 4, 1);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 1);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 1);
    g_assert_cmphex(rd(DATA + 0x100, 2), ==, 8);
    g_assert_cmpuint(control(hub, UINT64_C(0x00040003000000a3)), ==, 1);
    g_assert_cmphex(rd(DATA, 4), ==, 0x00010101);
    g_assert_cmpuint(control(hub, UINT64_C(0x0000000300040323)), ==, 1); /* reset it */
    unsigned keyboard = attach(6, 3);
    g_assert_cmpuint(control(keyboard, UINT64_C(0x0012000001000680)), ==, 1);
    g_assert_cmphex(rd(DATA + 8, 4), ==, 0x00010627);
    pci_rig_close();
}

static void test_tablet(void)
{
    open_controller();
    reset_port(7);
    unsigned slot = attach(7, 0);
    g_assert_cmpuint(configure(slot, 3, 7, 3, 7), ==, 1);
    g_assert_cmpuint(control(slot, UINT64_C(0x00ff000022000681)), ==, 1);
    g_assert_cmphex(rd(DATA, 4), ==, 0x02090105);
    transfer(slot, 3, DATA, 8); /* waits */
    hid_send(HID_AT_X, 0, 1000);
    hid_send(HID_AT_Y, 0, 2000);
    hid_send(HID_SYNC, 0, 0);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 13);
    g_assert_cmphex(rd(DATA + 1, 1), ==, 0xe8);
    g_assert_cmphex(rd(DATA + 2, 2), ==, 0xd003);
    transfer(slot, 3, DATA, 8);
    put_trb(COMMANDS + 16 * ncommands++, 0, 0, 15 << 10 | 3 << 16 | slot << 24); /* stop */
    wr(bar + 0x2000, 4, 0);
    g_assert_cmpuint(event(32, NULL, NULL), ==, 26);
    g_assert_cmpuint(event(33, NULL, NULL), ==, 1);
    pci_rig_close();
}

static void test_noise(void)
{
    open_controller();
    reset_port(5);
    attach(5, 0);
    for (unsigned i = 0; i < 20000; i++) {
        unsigned what = g_test_rand_int_range(0, 16);
        gpa ram = CONTEXTS + 4 * g_test_rand_int_range(0, 0x10000 / 4);
        if (what == 0)
            start();
        else if (what == 1)
            wr(bar + 4 * g_test_rand_int_range(0, 0x1000), 4, g_test_rand_int());
        else if (what == 2)
            wr(PORT(g_test_rand_int_range(1, 9)), 4, 1u << g_test_rand_int_range(0, 32));
        else if (what < 6)
            wr(bar + 0x2000 + 4 * g_test_rand_int_range(0, 3), 4, g_test_rand_int_range(0, 6));
        else if (what == 6)
            wr(ram, 4, g_test_rand_int());
        else if (what == 7)
            wr(ram & ~7, 8, RAM + 0x10 * g_test_rand_int_range(0, 0x4000));
        else {
            bool on_commands = g_test_rand_bit();
            gpa ring = on_commands ? COMMANDS : RINGS + 0x10000 + 0x800 * (gpa)g_test_rand_int_range(0, 5);
            unsigned type = on_commands ? g_test_rand_int_range(6, 24) : g_test_rand_int_range(1, 9);
            uint32_t slot = g_test_rand_int_range(0, 3), ep = g_test_rand_int_range(0, 6);
            put_trb(ring + 16 * g_test_rand_int_range(0, 32),
                    g_test_rand_bit() ? INPUT : UINT64_C(0x0012000001000680) + (g_test_rand_int() & 0x0f0f),
                    g_test_rand_int_range(0, 5000),
                    type << 10 | slot << 24 | ep << 16 | (g_test_rand_int() & 0x3ff));
        }
    }
    pci_rig_close();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xhci/slots", test_slots);
    g_test_add_func("/xhci/storage", test_storage);
    g_test_add_func("/xhci/hub", test_hub);
    g_test_add_func("/xhci/tablet", test_tablet);
    g_test_add_func("/xhci/noise", test_noise);
    return g_test_run();
}
