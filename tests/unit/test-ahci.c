/* SPDX-License-Identifier: BSD-2-Clause */
/* AHCI with a disk and a CD as a driver finds them: commands, what is refused; and a driver that writes nonsense. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "block-medium.h"
#include "block.h"
#include "tests/pci-rig.h"

#define LIST (PCI_RIG_RAM + 0x10000)
#define FIS (PCI_RIG_RAM + 0x11000)
#define TABLE (PCI_RIG_RAM + 0x20000) /* of slot n: 0x1000 bytes behind that of n - 1 */
#define DATA (PCI_RIG_RAM + 0x100000)
#define DISK_BYTES (1 * MiB)
#define PORT(n) (bar + 0x100 + 0x80 * (n))
#define IS 0x10
#define CMD 0x18
#define TFD 0x20
#define SERR 0x30
#define SACT 0x34
#define CI 0x38
#define D2H (FIS + 0x40)
#define WRITE 0x40
#define PACKET 0x20
#define TASK_FILE 0x40000000

static gpa bar;

static void start(unsigned port)
{
    wr(PORT(port) + CMD, 4, 0);
    wr(PORT(port), 8, LIST);
    wr(PORT(port) + 8, 8, FIS);
    wr(PORT(port) + SERR, 4, UINT32_MAX);
    wr(PORT(port) + IS, 4, UINT32_MAX);
    wr(PORT(port) + CMD, 4, 0x11);
    g_assert_cmphex(rd(PORT(port) + CMD, 4) & 0xc011, ==, 0xc011);
}

static void open_controller(void)
{
    pci_rig_open();
    pci_rig_disk("d", DISK_BYTES, "sector 7");
    pci_rig_disk("c", DISK_BYTES, "from the CD");
    pci_rig_add("ahci,id=a", "");
    pci_rig_add("ide-hd,drive=d,bus=a.1,serial=abc", "");
    pci_rig_add("ide-cd,drive=c,bus=a.4", "");
    bar = pci_rig_enable(1, 5);
    wr(bar + 4, 4, 2);
}

/* Fill a slot: bytes of data in two pieces. */
static void fill(unsigned slot, uint8_t command, uint64_t lba, uint16_t count, uint16_t features, unsigned flags,
                 uint32_t bytes)
{
    gpa t = TABLE + 0x1000 * slot, h = LIST + 32 * slot;
    unsigned first = bytes > 4 ? 4 : bytes;

    wr(h, 4, 5 | flags | (bytes > 4 ? 2 : bytes ? 1 : 0) << 16);
    wr(h + 4, 4, 0);
    wr(h + 8, 8, t);
    wr(t, 4, 0x8027 | (uint32_t)command << 16 | (uint32_t)(features & 0xff) << 24);
    wr(t + 4, 4, (lba & 0xffffff) | 0x40000000);
    wr(t + 8, 4, (lba >> 24 & 0xffffff) | (uint32_t)(features >> 8) << 24);
    wr(t + 12, 4, count);
    if (!bytes)
        return;
    wr(t + 0x80, 8, DATA);
    wr(t + 0x8c, 4, first - 1);
    wr(t + 0x90, 8, DATA + 4);
    wr(t + 0x9c, 4, bytes - first - 1);
}

/* Carry one out in slot 0, and its status and error. */
static uint16_t run(unsigned port, uint8_t command, uint64_t lba, uint16_t count, uint16_t features, unsigned flags,
                    uint32_t bytes)
{
    wr(PORT(port) + IS, 4, UINT32_MAX);
    fill(0, command, lba, count, features, flags, bytes);
    wr(PORT(port) + CI, 4, 1);
    for (unsigned i = 0; i < 600000 && !rd(PORT(port) + IS, 4); i++)
        g_usleep(100);
    g_assert_cmphex(rd(PORT(port) + IS, 4), !=, 0);
    uint16_t tfd = rd(PORT(port) + TFD, 4);
    if (tfd & 1) {
        g_assert_cmphex(rd(PORT(port) + IS, 4) & TASK_FILE, ==, TASK_FILE);
        g_assert_cmphex(rd(PORT(port) + CI, 4), ==, 1);
        start(port);
    }
    g_assert_cmphex(rd(PORT(port) + CI, 4), ==, 0);
    return tfd;
}

static void test_ports(void)
{
    open_controller();
    g_assert_cmphex(rd(pci_rig_config(1, 0), 4), ==, 0x29228086);
    g_assert_cmphex(rd(pci_rig_config(1, 8), 4), ==, 0x01060102);
    g_assert_cmphex(rd(bar, 4), ==, 0xc0141f05);
    g_assert_cmphex(rd(bar + 0x0c, 4), ==, 0x3f);
    g_assert_cmphex(rd(PORT(0) + 0x28, 4), ==, 0);
    g_assert_cmphex(rd(PORT(1) + 0x28, 4), ==, 0x113);
    g_assert_cmphex(rd(PORT(0) + 0x24, 4), ==, UINT32_MAX);
    g_assert_cmphex(rd(PORT(1) + 0x24, 4), ==, UINT32_MAX); /* until it can be received */
    start(1);
    g_assert_cmphex(rd(PORT(1) + 0x24, 4), ==, 0x101);
    g_assert_cmphex(rd(PORT(1) + TFD, 4), ==, 0x150);
    g_assert_cmphex(rd(D2H, 4), ==, 0x01500034);
    start(4);
    g_assert_cmphex(rd(PORT(4) + 0x24, 4), ==, 0xeb140101);
    wr(PORT(1) + 0x2c, 4, 0x301); /* reset the link */
    g_assert_cmphex(rd(PORT(1) + 0x28, 4), ==, 0);
    wr(PORT(1) + 0x2c, 4, 0x300);
    g_assert_cmphex(rd(PORT(1) + 0x28, 4), ==, 0x113);
    wr(bar + 4, 4, 0x80000001); /* reset all */
    g_assert_cmphex(rd(bar + 4, 4), ==, 0x80000000);
    g_assert_cmphex(rd(PORT(1) + CMD, 4), ==, 6);
    pci_rig_add("ide-hd,drive=c,bus=a.1", "Bus 'a.1' is full");
    pci_rig_add("ide-hd,drive=c,bus=a.6", "Bus 'a.6' not found");
    pci_rig_add("ide-hd,bus=a.2", "device ide-hd: drive property not set");
    pci_rig_add("ahci", "");
    pci_rig_add("ide-cd,bus=ide.8", "Bus 'ide.8' not found"); /* the second controller, but the first without an id */
    pci_rig_close();
}

static void test_disk(void)
{
    open_controller();
    start(1);
    g_assert_cmphex(run(1, 0xec, 0, 0, 0, 0, 512), ==, 0x50);
    g_assert_cmphex(rd(LIST + 4, 4), ==, 512);
    g_assert_cmphex(rd(DATA + 20, 4), ==, 0x63206162); /* "abc" in swapped words */
    g_assert_cmpuint(rd(DATA + 200, 8), ==, DISK_BYTES / 512);
    g_assert_cmphex(run(1, 0xc8, 7, 1, 0, 0, 512), ==, 0x50);
    g_assert_cmphex(rd(DATA, 8), ==, UINT64_C(0x3720726f74636573));
    g_assert_cmphex(run(1, 0x20, 7, 1, 0, 0, 512), ==, 0x50);
    g_assert_cmphex(rd(FIS + 0x20, 4), ==, 0x58605f);
    wr(DATA, 8, UINT64_C(0x1122334455667788));
    g_assert_cmphex(run(1, 0x35, 9, 2, 0, WRITE, 1024), ==, 0x50);
    wr(DATA, 8, 0);
    g_assert_cmphex(run(1, 0x25, 9, 2, 0, 0, 1024), ==, 0x50);
    g_assert_cmphex(rd(DATA, 8), ==, UINT64_C(0x1122334455667788));
    g_assert_cmphex(run(1, 0xea, 0, 0, 0, 0, 0), ==, 0x50);
    wr(DATA, 8, UINT64_C(1) << 48 | 9);
    for (unsigned i = 8; i < 512; i += 8)
        wr(DATA + i, 8, 0);
    g_assert_cmphex(run(1, 0x06, 0, 1, 1, WRITE, 512), ==, 0x50);
    g_assert_cmphex(run(1, 0x25, 9, 1, 0, 0, 512), ==, 0x50);
    g_assert_cmphex(rd(DATA, 8), ==, 0);
    /* What is refused. */
    g_assert_cmphex(run(1, 0x25, DISK_BYTES / 512, 1, 0, 0, 512), ==, 0x1051);
    g_assert_cmphex(run(1, 0x25, UINT64_C(0xffffffffffff), 2, 0, 0, 1024), ==, 0x1051);
    g_assert_cmphex(run(1, 0x25, 0, 2, 0, 0, 512), ==, 0x451); /* no room */
    g_assert_cmphex(run(1, 0x25, 0, 1, 0, WRITE, 512), ==, 0x451);
    g_assert_cmphex(run(1, 0xee, 0, 0, 0, 0, 0), ==, 0x451);
    g_assert_cmphex(run(1, 0xa0, 0, 0, 0, PACKET, 0), ==, 0x451);
    wr(DATA, 8, UINT64_C(0xffff) << 48 | 9);
    g_assert_cmphex(run(1, 0x06, 0, 1, 1, WRITE, 512), ==, 0x1051);
    g_assert_cmphex(run(1, 0xc4, 0, 1, 0, 0, 512), ==, 0x451); /* how many at once was never said */
    g_assert_cmphex(run(1, 0xc6, 0, 16, 0, 0, 0), ==, 0x50);
    g_assert_cmphex(run(1, 0xc4, 7, 1, 0, 0, 512), ==, 0x50);
    /* Memory that is none. */
    fill(0, 0xc8, 0, 1, 0, 0, 512);
    wr(TABLE + 0x80, 8, 0x2000000);
    wr(PORT(1) + CI, 4, 1);
    g_assert_cmphex(rd(PORT(1) + IS, 4) & 0x20000000, ==, 0x20000000);
    start(1);
    /* A reset by the control register. */
    fill(0, 0, 0, 0, 0, 0, 0);
    wr(TABLE, 4, 0x27);
    wr(TABLE + 12, 4, 0x04000000);
    wr(PORT(1) + CI, 4, 1);
    g_assert_cmphex(rd(PORT(1) + TFD, 4) & 0x80, ==, 0x80);
    wr(TABLE + 12, 4, 0);
    wr(PORT(1) + CI, 4, 1);
    g_assert_cmphex(rd(PORT(1) + TFD, 4), ==, 0x150);
    pci_rig_close();
}

static void nothing(void)
{
    wr(bar + 4, 4, 0x80000001);
}

static void test_queue(void)
{
    open_controller();
    start(1);
    for (unsigned i = 0; i < 32; i++) {
        fill(i, 0x60, 7, i << 3, 1, 0, 512);
        wr(TABLE + 0x1000 * i + 0x80, 8, DATA + 0x1000 * i);
        wr(TABLE + 0x1000 * i + 0x90, 8, DATA + 0x1000 * i + 4);
    }
    wr(PORT(1) + SACT, 4, UINT32_MAX);
    wr(PORT(1) + CI, 4, UINT32_MAX);
    pci_rig_await(PORT(1) + SACT, 4, UINT32_MAX, 0);
    for (unsigned i = 0; i < 32; i++)
        g_assert_cmphex(rd(DATA + 0x1000 * i, 8), ==, UINT64_C(0x3720726f74636573));
    g_assert_cmphex(rd(FIS + 0x58, 2), ==, 0x40a1);
    /* One that fails, and the log of it. */
    wr(PORT(1) + IS, 4, UINT32_MAX);
    fill(3, 0x60, 99999, 3 << 3, 1, 0, 512);
    wr(PORT(1) + SACT, 4, 8);
    wr(PORT(1) + CI, 4, 8);
    g_assert_cmphex(rd(PORT(1) + SACT, 4), ==, 8);
    g_assert_cmphex(rd(PORT(1) + IS, 4) & TASK_FILE, ==, TASK_FILE);
    pci_rig_resume(nothing);
    g_assert_cmphex(rd(PORT(1) + SACT, 4), ==, 8);
    start(1);
    g_assert_cmphex(run(1, 0x2f, 0x10, 1, 0, 0, 512), ==, 0x50);
    g_assert_cmphex(rd(DATA, 4), ==, 0x10510003);
    pci_rig_close();
}

static void packet(uint8_t op, uint8_t count)
{
    wr(TABLE + 0x40, 8, op | (uint64_t)1 << 40); /* from block 1 on */
    wr(TABLE + 0x48, 8, count);
    wr(TABLE + 0x40 + 4, 1, op == 0x03 || op == 0x12 ? 64 : 0);
}

static void test_cd(void)
{
    open_controller();
    start(4);
    g_assert_cmphex(run(4, 0xec, 0, 0, 0, 0, 512), ==, 0x451);
    g_assert_cmphex(rd(PORT(4) + 0x24, 4), ==, 0xeb140101);
    g_assert_cmphex(run(4, 0xa1, 0, 0, 0, 0, 512), ==, 0x50);
    g_assert_cmphex(rd(DATA, 2), ==, 0x85c0);
    packet(0x00, 0);
    g_assert_cmphex(run(4, 0xa0, 0, 0, 0, PACKET, 0), ==, 0x6451); /* it was reset */
    packet(0x03, 0);
    g_assert_cmphex(run(4, 0xa0, 0, 0, 1, PACKET, 64), ==, 0x50);
    packet(0x12, 0);
    g_assert_cmphex(run(4, 0xa0, 0, 0, 1, PACKET, 64), ==, 0x50);
    g_assert_cmphex(rd(DATA + 16, 8), ==, UINT64_C(0x44564420554d4551));
    packet(0x28, 1);
    g_assert_cmphex(run(4, 0xa0, 0, 0, 1, PACKET, 2048), ==, 0x50);
    g_assert_cmphex(rd(DATA + 7 * 512 - 2048, 8), ==, UINT64_C(0x656874206d6f7266));
    packet(0x2a, 1);
    g_assert_cmphex(run(4, 0xa0, 0, 0, 1, PACKET | WRITE, 2048), ==, 0x5451);
    pci_rig_close();
}

/* -- The CD drive's tray -- */

static unsigned moves, open_now;

static void tray_moved(const struct block_tray_event *e)
{
    open_now = e->open;
    moves++;
}

/* The guest's moves are told on the main loop. */
static void expect_move(bool open)
{
    unsigned before = moves;

    while (moves == before)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(open_now, ==, open);
}

/* A command without data, with this fifth byte: status and error, or for a refused one the sense's key and code. */
static unsigned tray_command(uint8_t op, uint8_t what)
{
    wr(TABLE + 0x40, 8, op | (uint64_t)what << 32);
    wr(TABLE + 0x48, 8, 0);
    uint16_t tfd = run(4, 0xa0, 0, 0, 0, PACKET, 0);
    if (!(tfd & 1))
        return tfd;
    packet(0x03, 0);
    g_assert_cmphex(run(4, 0xa0, 0, 0, 1, PACKET, 64), ==, 0x50);
    g_assert_cmphex(rd(DATA + 2, 1), ==, tfd >> 12);
    return rd(DATA + 2, 1) << 8 | rd(DATA + 12, 1);
}

#define READY 0x00
#define MOVE 0x1b /* 2: out, 3: in */
#define LOCK 0x1e
#define DONE 0x50

static void test_tray(void)
{
    g_autofree char *iso = NULL;
    int fd = g_file_open_tmp("mynah-iso-XXXXXX", &iso, NULL);
    struct block_medium m = { .file = iso, .format = "raw" };
    GError *err = NULL;

    g_assert_cmpint(ftruncate(fd, 8 * 2048), ==, 0);
    g_assert_cmpint(pwrite(fd, "another one", 11, 2048), ==, 11);
    close(fd);
    open_controller();
    start(4);
    moves = 0;
    block_on_tray(tray_moved);
    struct block *b = block_find("c");
    g_assert_cmphex(tray_command(READY, 0), ==, 0x629); /* it was reset */
    g_assert_cmphex(tray_command(READY, 0), ==, DONE);
    /* The guest opens the tray, and closes it. */
    g_assert_cmphex(tray_command(MOVE, 2), ==, DONE);
    expect_move(true);
    g_assert_cmphex(tray_command(READY, 0), ==, 0x23a);
    g_assert_cmphex(tray_command(MOVE, 3), ==, DONE);
    expect_move(false);
    g_assert_cmphex(tray_command(READY, 0), ==, DONE);
    /* Another medium: the guest hears that one went, and that one came. */
    g_assert_true(block_change_medium(b, &m, &err));
    g_assert_false(open_now);
    g_assert_cmphex(tray_command(READY, 0), ==, 0x63a);
    g_assert_cmphex(tray_command(READY, 0), ==, 0x628);
    packet(0x28, 1);
    g_assert_cmphex(run(4, 0xa0, 0, 0, 1, PACKET, 2048), ==, DONE);
    g_assert_cmphex(rd(DATA, 8), ==, UINT64_C(0x20726568746f6e61));
    /* A locked one stays, until it has to move. */
    g_assert_cmphex(tray_command(LOCK, 1), ==, DONE);
    g_assert_cmphex(tray_command(MOVE, 2), ==, 0x553);
    g_assert_false(block_eject(b, false, &err));
    g_assert_nonnull(strstr(err->message, "is locked"));
    g_clear_error(&err);
    g_assert_true(block_eject(b, true, &err));
    g_assert_true(open_now && !block_inserted(b));
    g_assert_cmphex(tray_command(READY, 0), ==, 0x63a);
    g_assert_cmphex(tray_command(READY, 0), ==, 0x23a);
    block_on_tray(NULL);
    pci_rig_close();
    unlink(iso);
}

static void test_noise(void)
{
    open_controller();
    for (unsigned i = 0; i < 20000; i++) {
        unsigned what = g_test_rand_int_range(0, 16), port = g_test_rand_bit() ? 1 : 4;
        unsigned slot = g_test_rand_int_range(0, 32);
        static const uint8_t commands[] = { 0x60, 0x61, 0x25, 0x35, 0xa0, 0xec, 0xa1, 0x2f, 0x06, 0xea, 0xc8, 0x20 };
        if (what == 0)
            start(port);
        else if (what < 3)
            wr(PORT(port) + g_test_rand_int_range(0, 16) * 4, 4, g_test_rand_int());
        else if (what == 3)
            wr(bar + g_test_rand_int_range(0, 16) * 4, 4, g_test_rand_int());
        else if (what < 8)
            wr(PORT(port) + (g_test_rand_bit() ? SACT : CI), 4, g_test_rand_int());
        else {
            uint8_t command = commands[g_test_rand_int_range(0, sizeof(commands))];
            fill(slot, command, g_test_rand_int_range(0, 3000), slot << 3, g_test_rand_int_range(0, 5),
                 g_test_rand_int_range(0, 4) * 0x20, g_test_rand_int_range(0, 5000));
            if (what == 15)
                wr(TABLE + 0x1000 * slot + g_test_rand_int_range(0, 64) * 4, 4, g_test_rand_int());
            if (what == 14)
                wr(LIST + g_test_rand_int_range(0, 256) * 4, 4, g_test_rand_int());
        }
    }
    pci_rig_close();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ahci/ports", test_ports);
    g_test_add_func("/ahci/disk", test_disk);
    g_test_add_func("/ahci/queue", test_queue);
    g_test_add_func("/ahci/cd", test_cd);
    g_test_add_func("/ahci/tray", test_tray);
    g_test_add_func("/ahci/noise", test_noise);
    return g_test_run();
}
