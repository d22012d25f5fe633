/* SPDX-License-Identifier: BSD-2-Clause */
/* The ITS of a GICv3 and the LPIs that it makes pending: on arm64-virt, no CPU running. What is asked is in IHI 0069. */
#include <string.h>

#include "accel.h"
#include "bus.h"
#include "gic-cpu.h"
#include "machine.h"
#include "opts.h"
#include "plug.h"
#include "state.h"

#define GITS UINT64_C(0x8080000)
#define GICR UINT64_C(0x80a0000)
#define FRAME 0x20000
#define TRANSLATER (GITS + 0x10040)
enum { CTLR = 0x0, TYPER = 0x8, CBASER = 0x80, CWRITER = 0x88, CREADR = 0x90, BASER0 = 0x100, BASER1 = 0x108 };
enum { R_CTLR = 0x0, R_TYPER = 0x8, PROPBASER = 0x70, PENDBASER = 0x78 };
#define VALID (UINT64_C(1) << 63)
#define INDIRECT (UINT64_C(1) << 62)
#define STALLED 1

/* Where the guest's tables are. */
#define RAM UINT64_C(0x40000000)
#define QUEUE RAM
#define DEVICES (RAM + 0x100000)
#define COLLECTIONS (RAM + 0x200000)
#define CONFIG (RAM + 0x300000)
#define PENDING(cpu) (RAM + 0x400000 + (cpu) * 0x10000)
#define ITT(n) (RAM + 0x500000 + (n) * 0x1000)
#define LEVEL2 (RAM + 0x600000)
#define NOWHERE UINT64_C(0xf0000000000)

#define SYSREG(op1, crn, crm, op2) (3 << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
enum { PMR = SYSREG(0, 4, 6, 0), IAR1 = SYSREG(0, 12, 12, 0), EOIR1, IGRPEN1 = SYSREG(0, 12, 12, 7), RPR = SYSREG(0, 12, 11, 3) };
#define NONE 1023
#define CPUS 3

static struct machine *m;
static struct device *gic, *its;

static uint64_t rd(gpa at, unsigned size)
{
    uint64_t v = 0;

    g_assert_cmpint(bus_read(m->as, at, size, &v), ==, BUS_OK);
    return v;
}

static void wr(gpa at, unsigned size, uint64_t v)
{
    g_assert_cmpint(bus_write(m->as, at, size, v), ==, BUS_OK);
}

static uint64_t icc(unsigned cpu, unsigned reg, bool write, uint64_t v)
{
    struct gic_access by = { .el = 1 };
    struct gic_cpu g;

    gic->type->gic_cpu(gic, cpu, &g);
    g_assert_true(write ? g.ops->write(g.opaque, g.n, reg, by, v) : g.ops->read(g.opaque, g.n, reg, by, &v));
    return v;
}

/* The interrupt that the CPU takes now, and ends. */
static unsigned take(unsigned cpu)
{
    unsigned irq = icc(cpu, IAR1, false, 0);

    if (irq != NONE)
        icc(cpu, EOIR1, true, irq);
    g_assert_cmphex(icc(cpu, RPR, false, 0), ==, 0xff);
    return irq;
}

static unsigned where; /* in the queue */

/* Have a command done. */
static void command(uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3)
{
    const uint64_t words[4] = { c0, c1, c2, c3 };

    for (unsigned i = 0; i < 4; i++)
        wr(QUEUE + where + 8 * i, 8, words[i]);
    where = (where + 32) % 0x10000;
    wr(GITS + CWRITER, 8, where);
    g_assert_cmphex(rd(GITS + CREADR, 8), ==, where);
}

static void mapd(uint32_t device, unsigned event_bits, gpa itt, bool valid)
{
    command(0x08 | (uint64_t)device << 32, event_bits - 1, itt | (valid ? VALID : 0), 0);
}

static void mapc(unsigned collection, unsigned cpu, bool valid)
{
    command(0x09, 0, collection | (uint64_t)cpu << 16 | (valid ? VALID : 0), 0);
}

static void mapti(uint32_t device, uint32_t event, uint32_t irq, unsigned collection)
{
    command(0x0a | (uint64_t)device << 32, event | (uint64_t)irq << 32, collection, 0);
}

/* A command about an event. */
static void about(unsigned code, uint32_t device, uint32_t event, unsigned collection)
{
    command(code | (uint64_t)device << 32, event, collection, 0);
}
enum { MOVI = 1, INT = 3, CLEAR = 4, SYNC = 5, INV = 0xc, INVALL = 0xd, MOVALL = 0xe, DISCARD = 0xf };

static void config(uint32_t irq, uint8_t v)
{
    wr(CONFIG + (irq - 8192), 1, v);
}

static void message(uint32_t requester, uint32_t event)
{
    g_assert_true(bus_msi(m->as, TRANSLATER, event, requester));
}

static void enable_cpus(void)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        gpa r = GICR + cpu * FRAME;
        wr(r + PROPBASER, 8, CONFIG | 15);
        wr(r + PENDBASER, 8, PENDING(cpu));
        wr(r + R_CTLR, 4, 1);
        icc(cpu, PMR, true, 0xf8);
        icc(cpu, IGRPEN1, true, 1);
    }
}

static struct opts *props;

/* LPIs are on, the ITS too, with these tables of devices (GITS_BASER0). */
static void open_machine(uint64_t devices)
{
    GError *err = NULL;
    struct machine_config c = { .cpus = CPUS };

    c.props = props = opts_parse("virt,gic-version=3", "type", NULL);
    c.type = opts_take(c.props, "type");
    m = machine_new(&c, "aarch64", &err);
    g_assert_no_error(err);
    machine_reset(m);
    for (guint i = 0; i < m->devices->len; i++) {
        struct device *d = g_ptr_array_index(m->devices, i);
        if (!strcmp(d->type->name, "arm-gicv3"))
            gic = d;
        else if (!strcmp(d->type->name, "arm-gicv3-its"))
            its = d;
    }
    wr(0x8000000, 4, 3);
    enable_cpus();
    wr(GITS + BASER0, 8, devices);
    wr(GITS + BASER1, 8, COLLECTIONS | VALID | 1 << 8);
    wr(GITS + CBASER, 8, QUEUE | VALID | 15);
    where = 0;
    wr(GITS + CTLR, 4, 1);
}

static void close_machine(void)
{
    machine_free(m);
    g_clear_pointer(&props, opts_free);
}

#define FLAT (DEVICES | VALID | 1 << 8 | 7) /* eight pages of 16 KiB: 16384 devices */

/* Device 0x110 has two events of LPIs 8200 and 8201 at CPU 1, and one that is not mapped. */
static void setup(void)
{
    open_machine(FLAT);
    mapd(0x110, 2, ITT(0), true);
    mapc(0, 0, true);
    mapc(1, 1, true);
    mapc(2, 2, true);
    mapti(0x110, 0, 8200, 1);
    mapti(0x110, 1, 8201, 1);
    config(8200, 0xa1);
    config(8201, 0x91);
}

static void test_registers(void)
{
    open_machine(FLAT);
    g_assert_cmphex(rd(0x8000004, 4), ==, 0x37a0008); /* as QEMU's */
    g_assert_cmphex(rd(GITS + CTLR, 8), ==, UINT64_C(0x43b80000001));
    g_assert_cmphex(rd(GITS + TYPER, 8), ==, UINT64_C(0x1f0001efb1));
    g_assert_cmphex(rd(GITS + TYPER + 4, 4), ==, 0x1f);
    g_assert_cmphex(rd(GITS + 0xffe0, 4), ==, 0x94);
    g_assert_cmphex(rd(GITS + 0xffe8, 4), ==, 0x3b);
    g_assert_cmphex(rd(GITS + BASER0, 8), ==, FLAT | UINT64_C(0x107) << 48);
    g_assert_cmphex(rd(GITS + BASER0 + 16, 8), ==, 0);
    g_assert_cmphex(rd(GICR + R_CTLR, 4), ==, 3);
    g_assert_cmphex(rd(GICR + R_TYPER, 4) & 1, ==, 1);
    wr(GITS + BASER0, 8, 0); /* not while it is enabled */
    wr(GITS + CBASER, 8, 0);
    wr(GICR + PROPBASER, 8, 0);
    wr(GICR + PENDBASER, 8, 0);
    wr(GITS + CREADR, 8, 0x40);
    g_assert_cmphex(rd(GITS + BASER0, 8), ==, FLAT | UINT64_C(0x107) << 48);
    g_assert_cmphex(rd(GITS + CBASER, 8), ==, QUEUE | VALID | 15);
    g_assert_cmphex(rd(GICR + PROPBASER, 8), ==, CONFIG | 15);
    g_assert_cmphex(rd(GICR + PENDBASER, 8), ==, PENDING(0));
    g_assert_cmphex(rd(GITS + CREADR, 8), ==, 0);
    wr(GITS + CTLR, 4, 0);
    wr(GITS + BASER0, 8, UINT64_MAX);
    g_assert_cmphex(rd(GITS + BASER0, 8), ==, UINT64_C(0xf9e7ffffffffffff));
    wr(GITS + BASER0 + 4, 4, 0);
    g_assert_cmphex(rd(GITS + BASER0, 8), ==, UINT64_C(0x01070000ffffffff));
    machine_reset(m);
    g_assert_cmphex(rd(GITS + BASER0, 8), ==, UINT64_C(0x107000000000200));
    g_assert_cmphex(rd(GITS + BASER1, 8), ==, UINT64_C(0x407000000000200));
    g_assert_cmphex(rd(GICR + R_CTLR, 4), ==, 2);
    close_machine();
}

static void test_messages(void)
{
    setup();
    message(0x110, 0);
    g_assert_cmpuint(take(0), ==, NONE);
    g_assert_cmpuint(take(1), ==, 8200);
    g_assert_cmpuint(take(1), ==, NONE);
    message(0x110, 0);
    message(0x110, 1);
    message(0x110, 1);
    g_assert_cmpuint(take(1), ==, 8201); /* the higher priority */
    g_assert_cmpuint(take(1), ==, 8200);
    g_assert_cmpuint(take(1), ==, NONE);
    message(0x110, 2); /* not mapped; no such event; other devices; beyond the table */
    message(0x110, 4);
    message(0x111, 0);
    message(0, 0);
    message(0xffff, 0);
    message(0x1000110, 0);
    g_assert_true(bus_msi(m->as, GITS + CTLR, 0, 0x110)); /* registers are for CPUs */
    g_assert_cmphex(rd(GITS + CTLR, 4) & 1, ==, 1);
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        g_assert_cmpuint(take(cpu), ==, NONE);
    mapd(0, 1, ITT(1), true); /* a CPU's write is device 0's */
    mapti(0, 0, 8192, 2);
    config(8192, 1);
    wr(TRANSLATER, 4, 0);
    g_assert_cmpuint(take(2), ==, 8192);
    wr(GITS + CTLR, 4, 0);
    message(0x110, 0);
    g_assert_cmpuint(take(1), ==, NONE);
    close_machine();
}

/* Entries are in memory, where a guest may write more bits of events than commands take. */
static void test_own_entry(void)
{
    setup();
    wr(DEVICES + 0x110 * 8, 8, rd(DEVICES + 0x110 * 8, 8) | 31 << 1);
    message(0x110, 1);
    g_assert_cmpuint(take(1), ==, 8201);
    close_machine();
}

static void test_configuration(void)
{
    setup();
    config(8200, 0xa0); /* disabled: it stays pending */
    message(0x110, 0);
    g_assert_cmpuint(take(1), ==, NONE);
    config(8200, 0xa1);
    g_assert_cmpuint(take(1), ==, NONE); /* not looked at until software says so */
    about(INV, 0x110, 0, 0);
    g_assert_cmpuint(take(1), ==, 8200);
    config(8200, 0xa0);
    message(0x110, 0);
    config(8200, 0xa1);
    about(INVALL, 0, 0, 0);
    g_assert_cmpuint(take(1), ==, NONE);
    about(INVALL, 0, 0, 1);
    g_assert_cmpuint(take(1), ==, 8200);
    icc(1, PMR, true, 0xa0);
    message(0x110, 0);
    g_assert_cmpuint(take(1), ==, NONE);
    icc(1, PMR, true, 0xf8);
    wr(0x8000000, 4, 1); /* group 1 off */
    g_assert_cmpuint(take(1), ==, NONE);
    wr(0x8000000, 4, 3);
    g_assert_cmpuint(take(1), ==, 8200);
    close_machine();
}

static void test_commands(void)
{
    setup();
    about(INT, 0x110, 1, 0);
    g_assert_cmpuint(take(1), ==, 8201);
    about(INT, 0x110, 1, 0);
    about(CLEAR, 0x110, 1, 0);
    g_assert_cmpuint(take(1), ==, NONE);
    about(INT, 0x110, 1, 0);
    about(MOVI, 0x110, 1, 2); /* what is pending goes along */
    g_assert_cmpuint(take(1), ==, NONE);
    g_assert_cmpuint(take(2), ==, 8201);
    message(0x110, 1);
    message(0x110, 0);
    g_assert_cmpuint(take(2), ==, 8201);
    g_assert_cmpuint(take(1), ==, 8200);
    about(MOVI, 0x110, 1, 9); /* to a collection that is not mapped: ignored */
    message(0x110, 0);
    message(0x110, 1);
    command(MOVALL, 0, 1 << 16, 0);
    command(MOVALL, 0, 7 << 16, 0);
    g_assert_cmpuint(take(0), ==, 8200);
    g_assert_cmpuint(take(1), ==, NONE);
    g_assert_cmpuint(take(2), ==, 8201);
    mapc(1, 0, true); /* the collection moves: messages from now on */
    message(0x110, 0);
    g_assert_cmpuint(take(0), ==, 8200);
    about(INT, 0x110, 0, 0);
    about(DISCARD, 0x110, 0, 0);
    message(0x110, 0);
    g_assert_cmpuint(take(0), ==, NONE);
    mapd(0x2000, 14, ITT(2), true);
    command(0x0b | UINT64_C(0x2000) << 32, 8193, 2, 0); /* MAPI: event 8193 is LPI 8193 */
    config(8193, 1);
    message(0x2000, 8193);
    g_assert_cmpuint(take(2), ==, 8193);
    mapti(0x2000, 0, 8191, 2); /* no LPIs; no collection of that number is an error, too */
    mapti(0x2000, 0, 65536, 2);
    mapti(0x2000, 16384, 8192, 2);
    message(0x2000, 0);
    mapc(2, CPUS, true); /* no such redistributor: as it was */
    message(0x2000, 8193);
    g_assert_cmpuint(take(2), ==, 8193);
    mapd(0x2000, 14, ITT(2), false);
    message(0x2000, 8193);
    mapc(2, 0, false);
    message(0x110, 1);
    command(SYNC, 0, 0, 0);
    command(0xee, 0, 0, 0); /* none */
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        g_assert_cmpuint(take(cpu), ==, NONE);
    close_machine();
}

/* Two levels; tables that are absent, beyond their ends, or within each other. */
static void test_tables(void)
{
    open_machine(DEVICES | VALID | INDIRECT | 0); /* a page of 4 KiB leads to 512 of 512 devices */
    mapc(0, 0, true);
    config(8192, 1);
    mapd(513, 1, ITT(0), true); /* no second level there yet */
    wr(DEVICES + 8, 8, LEVEL2 | VALID);
    mapti(513, 0, 8192, 0);
    message(513, 0);
    g_assert_cmpuint(take(0), ==, NONE);
    mapd(513, 1, ITT(0), true);
    mapti(513, 0, 8192, 0);
    message(513, 0);
    g_assert_cmpuint(take(0), ==, 8192);
    wr(DEVICES + 8, 8, NOWHERE | VALID);
    message(513, 0);
    wr(DEVICES + 8, 8, DEVICES | VALID); /* leads to itself */
    for (unsigned n = 512; n < 1024; n++) {
        message(n, 0);
        mapd(n, 16, ITT(0), n & 1);
    }
    wr(DEVICES, 8, LEVEL2 | VALID);
    mapd(1, 16, NOWHERE, true);
    mapti(1, 0, 8192, 0);
    message(1, 65535);
    mapd(1, 17, ITT(0), true); /* more events than there can be */
    g_assert_cmpuint(take(0), ==, NONE);
    close_machine();
    open_machine(VALID | (UINT64_C(0xf) << 12) | 2 << 8 | 255); /* at 0xf000000000000 */
    mapd(1, 16, ITT(0), true);
    message(1, 0);
    close_machine();
}

static void test_queue(void)
{
    setup();
    wr(GITS + CTLR, 4, 0);
    wr(GITS + CBASER, 8, NOWHERE | VALID);
    wr(GITS + CTLR, 4, 1);
    wr(GITS + CWRITER, 8, 0x40);
    g_assert_cmphex(rd(GITS + CREADR, 8), ==, STALLED);
    wr(GITS + CWRITER, 8, 0x60);
    g_assert_cmphex(rd(GITS + CREADR, 8), ==, STALLED);
    wr(GITS + CWRITER, 8, 0x61); /* retry */
    g_assert_cmphex(rd(GITS + CREADR, 8), ==, STALLED);
    wr(GITS + CTLR, 4, 0);
    wr(GITS + CBASER, 8, QUEUE | VALID);
    wr(GITS + CTLR, 4, 1); /* what was submitted before is done now */
    g_assert_cmphex(rd(GITS + CREADR, 8), ==, 0x60);
    wr(GITS + CWRITER, 8, 0x1000); /* beyond the queue */
    g_assert_cmphex(rd(GITS + CREADR, 8), ==, 0x60);
    wr(GITS + CWRITER, 8, 0x40); /* around its end */
    g_assert_cmphex(rd(GITS + CREADR, 8), ==, 0x40);
    close_machine();
}

/* LPIs off: what is pending is in memory. On: it is taken from there, unless software says that there is nothing. */
static void test_pending_table(void)
{
    const gpa byte = PENDING(1) + 8200 / 8;

    setup();
    message(0x110, 0);
    g_assert_cmphex(rd(byte, 1), ==, 0);
    wr(GICR + FRAME + R_CTLR, 4, 0);
    g_assert_cmphex(rd(byte, 1), ==, 1);
    g_assert_cmpuint(take(1), ==, NONE);
    message(0x110, 1); /* lost */
    wr(byte, 1, 2);
    wr(GICR + FRAME + R_CTLR, 4, 1);
    g_assert_cmpuint(take(1), ==, 8201);
    wr(GICR + FRAME + R_CTLR, 4, 0);
    wr(byte, 1, 2);
    wr(GICR + FRAME + PENDBASER, 8, PENDING(1) | UINT64_C(1) << 62);
    g_assert_cmphex(rd(GICR + FRAME + PENDBASER, 8), ==, PENDING(1));
    wr(GICR + FRAME + R_CTLR, 4, 1);
    g_assert_cmpuint(take(1), ==, NONE);
    wr(GICR + FRAME + R_CTLR, 4, 0);
    wr(GICR + FRAME + PENDBASER, 8, NOWHERE);
    wr(GICR + FRAME + PROPBASER, 8, NOWHERE | 13); /* and fewer numbers: 16384 */
    wr(GICR + FRAME + R_CTLR, 4, 1);
    message(0x110, 0);
    mapti(0x110, 0, 16384, 1);
    message(0x110, 0);
    wr(GICR + FRAME + PROPBASER, 8, 0); /* stays */
    wr(GICR + FRAME + R_CTLR, 4, 0);
    wr(GICR + FRAME + PROPBASER, 8, CONFIG | 12); /* none */
    wr(GICR + FRAME + R_CTLR, 4, 1);
    message(0x110, 1);
    g_assert_cmpuint(take(1), ==, NONE);
    close_machine();
}

static void test_state(void)
{
    g_autoptr(GByteArray) g = g_byte_array_new(), i = g_byte_array_new();
    unsigned version;

    setup();
    message(0x110, 0);
    state_put(gic->type->state, gic, g);
    state_put(its->type->state, its, i);
    device_reset(gic);
    device_reset(its);
    g_assert_true(state_take(gic->type->state, gic, g->data, g->len, true, &version, NULL));
    g_assert_true(state_take(its->type->state, its, i->data, i->len, true, &version, NULL));
    g_assert_true(gic->type->state->loaded(gic, version, NULL));
    g_assert_true(its->type->state->loaded(its, version, NULL));
    g_assert_cmpuint(take(1), ==, 8200);
    message(0x110, 1);
    g_assert_cmpuint(take(1), ==, 8201);
    close_machine();
}

/* Any command over tables that are anywhere, in each other and in the queue, which the guest changes as it likes. */
static void test_hostile(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    for (unsigned round = 0; round < 20; round++) {
        uint64_t table = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
        open_machine((table & UINT64_C(0x40000000000003ff)) | VALID | (g_rand_boolean(rand) ? DEVICES : QUEUE));
        for (unsigned i = 0; i < 2000; i++) {
            uint64_t c[4];
            for (unsigned k = 0; k < 4; k++)
                c[k] = ((uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand)) & (g_rand_boolean(rand) ? UINT64_C(0x800000010000ffff) : UINT64_MAX);
            c[0] = (c[0] & ~UINT64_C(0xff)) | g_rand_int_range(rand, 0, 17);
            c[2] = (c[2] & ~UINT64_C(0x3fffff0000)) | (RAM + g_rand_int_range(rand, 0, 64) * 0x10000) | g_rand_int_range(rand, 0, 5) << 16;
            command(c[0], c[1], c[2], c[3]);
            if (i % 16 == 0)
                wr(RAM + g_rand_int_range(rand, 0, 0x600000) / 8 * 8, 8, c[3]);
            message(g_rand_int_range(rand, 0, 1024), g_rand_int_range(rand, 0, 64));
            take(i % CPUS);
            if (i % 64 == 0)
                wr(GICR + i / 64 % CPUS * FRAME + R_CTLR, 4, i / 64 & 1);
        }
        close_machine();
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    accel = accels[0];
    g_test_add_func("/its/registers", test_registers);
    g_test_add_func("/its/messages", test_messages);
    g_test_add_func("/its/own-entry", test_own_entry);
    g_test_add_func("/its/configuration", test_configuration);
    g_test_add_func("/its/commands", test_commands);
    g_test_add_func("/its/tables", test_tables);
    g_test_add_func("/its/queue", test_queue);
    g_test_add_func("/its/pending-table", test_pending_table);
    g_test_add_func("/its/state", test_state);
    g_test_add_func("/its/hostile", test_hostile);
    return g_test_run();
}
