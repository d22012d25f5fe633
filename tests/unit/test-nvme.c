/* SPDX-License-Identifier: BSD-2-Clause */
/* NVMe as a driver finds it on riscv64-virt: queues, commands, what is refused; and a driver that writes nonsense. */
#include <string.h>

#include "tests/pci-rig.h"

#define ASQ (PCI_RIG_RAM + 0x10000)
#define ACQ (PCI_RIG_RAM + 0x20000)
#define SQ (PCI_RIG_RAM + 0x30000)
#define CQ (PCI_RIG_RAM + 0x40000)
#define DATA (PCI_RIG_RAM + 0x100000)
#define SIZE 8 /* entries of each queue */
#define DISK_BYTES (1 * MiB)

static gpa bar;
static unsigned tail[2], head[2];

static void enable(void)
{
    wr(bar + 0x14, 4, 0);
    memset(tail, 0, sizeof(tail));
    memset(head, 0, sizeof(head));
    for (gpa a = ASQ; a < CQ + 0x1000; a += 8)
        wr(a, 8, 0);
    wr(bar + 0x24, 4, (SIZE - 1) << 16 | (SIZE - 1));
    wr(bar + 0x28, 8, ASQ);
    wr(bar + 0x30, 8, ACQ);
    wr(bar + 0x14, 4, 0x460001);
    g_assert_cmphex(rd(bar + 0x1c, 4), ==, 1);
}

static void open_controller(const char *props)
{
    pci_rig_open();
    pci_rig_disk("d", DISK_BYTES, "block 7");
    pci_rig_add(props, "");
    bar = pci_rig_enable(1, 0);
    enable();
}

/* A command to queue 0 or 1, and its status. */
static uint16_t run(unsigned queue, uint8_t opcode, uint32_t nsid, gpa prp1, gpa prp2, uint32_t dw10, uint32_t dw11,
                    uint32_t dw12)
{
    gpa e = (queue ? SQ : ASQ) + 64 * tail[queue], at = (queue ? CQ : ACQ) + 16 * head[queue];
    static uint16_t cid;

    for (unsigned i = 0; i < 64; i += 8)
        wr(e + i, 8, 0);
    uint32_t old = rd(at + 14, 2) & 1;
    wr(e, 4, opcode | (uint32_t)++cid << 16);
    wr(e + 4, 4, nsid);
    wr(e + 24, 8, prp1);
    wr(e + 32, 8, prp2);
    wr(e + 40, 4, dw10);
    wr(e + 44, 4, dw11);
    wr(e + 48, 4, dw12);
    tail[queue] = (tail[queue] + 1) % SIZE;
    wr(bar + 0x1000 + 8 * queue, 4, tail[queue]);
    pci_rig_await(at + 14, 2, 1, !old);
    g_assert_cmphex(rd(at + 12, 2), ==, cid);
    head[queue] = (head[queue] + 1) % SIZE;
    wr(bar + 0x1004 + 8 * queue, 4, head[queue]);
    return rd(at + 14, 2) >> 1;
}

static void make_queues(void)
{
    g_assert_cmphex(run(0, 5, 0, CQ, 0, (SIZE - 1) << 16 | 1, 3, 0), ==, 0);
    g_assert_cmphex(run(0, 1, 0, SQ, 0, (SIZE - 1) << 16 | 1, 1 << 16 | 1, 0), ==, 0);
}

static void test_identify(void)
{
    open_controller("nvme,drive=d,serial=abc,max_ioqpairs=2");
    g_assert_cmphex(rd(pci_rig_config(1, 0), 4), ==, 0x00101b36);
    g_assert_cmphex(rd(pci_rig_config(1, 8), 4), ==, 0x01080202);
    g_assert_cmphex(rd(bar + 8, 4), ==, 0x10400);
    g_assert_cmphex(run(0, 6, 0, DATA, 0, 1, 0, 0), ==, 0);
    g_assert_cmphex(rd(DATA + 4, 8), ==, UINT64_C(0x2020202020636261));
    g_assert_cmphex(run(0, 6, 1, DATA, 0, 0, 0, 0), ==, 0);
    g_assert_cmpuint(rd(DATA, 8), ==, DISK_BYTES / 512);
    g_assert_cmpuint(rd(DATA + 130, 1), ==, 9);
    g_assert_cmphex(run(0, 6, 7, DATA, 0, 0, 0, 0), ==, 0x400b);
    g_assert_cmphex(run(0, 6, 0, DATA, 0, 99, 0, 0), ==, 0x4002);
    g_assert_cmphex(run(0, 6, 0, 0x2000000, 0, 1, 0, 0), ==, 0x4004); /* no memory is there */
    g_assert_cmphex(run(0, 6, 0, DATA + 0xffc, DATA + 4, 1, 0, 0), ==, 0x4013);
    g_assert_cmphex(run(0, 9, 0, 0, 0, 7, 0, 0), ==, 0);
    g_assert_cmphex(rd(ACQ + 16 * ((head[0] + SIZE - 1) % SIZE), 4), ==, 0x10001);
    g_assert_cmphex(run(0, 2, 0, DATA, 0, 127 << 16 | 2, 0, 0), ==, 0);
    g_assert_cmphex(run(0, 2, 0, DATA, 0, 0xee, 0, 0), ==, 0x4109);
    g_assert_cmphex(run(0, 0xee, 0, 0, 0, 0, 0, 0), ==, 0x4001);
    /* Queues that can't be. */
    g_assert_cmphex(run(0, 1, 0, SQ, 0, 7 << 16 | 1, 1 << 16 | 1, 0), ==, 0x4100);
    g_assert_cmphex(run(0, 5, 0, CQ, 0, 7 << 16 | 3, 3, 0), ==, 0x4101);
    g_assert_cmphex(run(0, 5, 0, CQ, 0, 0xffffu << 16 | 1, 3, 0), ==, 0x4102);
    g_assert_cmphex(run(0, 5, 0, CQ, 0, 7 << 16 | 1, 99 << 16 | 3, 0), ==, 0x4108);
    make_queues();
    g_assert_cmphex(run(0, 4, 0, 0, 0, 1, 0, 0), ==, 0x410c); /* it is in use */
    g_assert_cmphex(run(0, 0, 0, 0, 0, 1, 0, 0), ==, 0);
    g_assert_cmphex(run(0, 4, 0, 0, 0, 1, 0, 0), ==, 0);
    pci_rig_add("nvme,serial=x", "nvme: drive property not set");
    pci_rig_add("nvme,drive=d", "nvme: serial property not set");
    pci_rig_close();
}

static void test_blocks(void)
{
    open_controller("nvme,drive=d,serial=abc");
    make_queues();
    g_assert_cmphex(run(1, 2, 1, DATA, 0, 7, 0, 0), ==, 0);
    g_assert_cmphex(rd(DATA, 4), ==, 0x636f6c62);
    wr(DATA, 8, 0x1122334455667788);
    g_assert_cmphex(run(1, 1, 1, DATA, 0, 9, 0, 0), ==, 0);
    g_assert_cmphex(run(1, 2, 1, DATA + 0x1e00, DATA + 0x3000, 8, 0, 1), ==, 0); /* over a page's end */
    g_assert_cmphex(rd(DATA + 0x3000, 8), ==, UINT64_C(0x1122334455667788));
    for (unsigned i = 0; i < 15; i++) /* a list: 16 pages in all */
        wr(DATA + 0x10000 + 8 * i, 8, DATA + 0x21000 + 0x1000 * i);
    g_assert_cmphex(run(1, 2, 1, DATA + 0x20000, DATA + 0x10000, 0, 0, 127), ==, 0);
    g_assert_cmphex(rd(DATA + 0x21200, 8), ==, UINT64_C(0x1122334455667788));
    g_assert_cmphex(run(1, 2, 1, DATA + 0x20000, DATA + 0x10004, 0, 0, 127), ==, 0x4013);
    g_assert_cmphex(run(1, 2, 1, DATA, 0, 2048, 0, 0), ==, 0x4080); /* behind the end */
    g_assert_cmphex(run(1, 2, 1, DATA, 0, UINT32_MAX, UINT32_MAX, 0), ==, 0x4080);
    g_assert_cmphex(run(1, 2, 1, DATA, DATA, 0, 0, 0xffff), ==, 0x4002);
    g_assert_cmphex(run(1, 2, 5, DATA, 0, 0, 0, 0), ==, 0x400b);
    g_assert_cmphex(run(1, 2, 1, 0x2000000, 0, 0, 0, 0), ==, 0x4004);
    g_assert_cmphex(run(1, 0, 1, 0, 0, 0, 0, 0), ==, 0);
    wr(DATA, 8, UINT64_C(1) << 32);
    wr(DATA + 8, 8, 9);
    g_assert_cmphex(run(1, 9, 1, DATA, 0, 0, 4, 0), ==, 0);
    g_assert_cmphex(run(1, 2, 1, DATA, 0, 9, 0, 0), ==, 0);
    g_assert_cmphex(rd(DATA, 8), ==, 0);
    wr(DATA, 8, UINT64_C(1) << 32);
    wr(DATA + 8, 8, UINT64_MAX);
    g_assert_cmphex(run(1, 9, 1, DATA, 0, 0, 4, 0), ==, 0x4080);
    g_assert_cmphex(run(1, 8, 1, 0, 0, 7, 0, 0), ==, 0);
    g_assert_cmphex(run(1, 2, 1, DATA, 0, 7, 0, 0), ==, 0);
    g_assert_cmphex(rd(DATA, 8), ==, 0);
    pci_rig_close();
}

/* Ends wait for room; commands under way at a reset are nobody's. */
static void test_queues(void)
{
    open_controller("nvme,drive=d,serial=abc");
    make_queues();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < SIZE - 1; i++) {
            wr(SQ + 64 * i, 8, UINT64_C(1) << 32 | i << 16 | 2);
            wr(SQ + 64 * i + 24, 8, DATA);
        }
        wr(bar + 0x1008, 4, SIZE - 1);
        wr(bar + 0x1008, 4, SIZE); /* no such entry */
        wr(bar + 0x100c, 4, UINT32_MAX);
        wr(bar + 0x13f8, 4, 1); /* no such queue */
        enable();
        make_queues();
    }
    for (unsigned i = 0; i < SIZE; i++) { /* as many as there can be ends of, and one more */
        wr(SQ + 64 * i, 8, UINT64_C(1) << 32 | i << 16 | 0xee);
    }
    wr(bar + 0x1008, 4, SIZE - 1);
    g_assert_cmphex(rd(CQ + 16 * (SIZE - 2) + 14, 2), ==, 0x8003);
    wr(bar + 0x1008, 4, 0);
    g_assert_cmphex(rd(CQ + 16 * (SIZE - 1) + 14, 2), ==, 0);
    wr(bar + 0x100c, 4, 1);
    g_assert_cmphex(rd(CQ + 16 * (SIZE - 1) + 14, 2), ==, 0x8003);
    wr(bar + 0x14, 4, 0); /* a queue that is no memory */
    wr(bar + 0x28, 8, 0x2000000);
    wr(bar + 0x14, 4, 0x460001);
    wr(bar + 0x1000, 4, 1);
    g_assert_cmphex(rd(bar + 0x1c, 4) & 2, ==, 2);
    pci_rig_close();
}

static void test_noise(void)
{
    open_controller("nvme,drive=d,serial=abc,max_ioqpairs=3");
    for (unsigned i = 0; i < 20000; i++) {
        unsigned what = g_test_rand_int_range(0, 16);
        if (what == 0)
            enable();
        else if (what < 3)
            wr(bar + g_test_rand_int_range(0, 20) * 4, 4, g_test_rand_int());
        else if (what < 8)
            wr(bar + 0x1000 + g_test_rand_int_range(0, 10) * 4, 4, g_test_rand_int_range(0, SIZE + 1));
        else if (what < 9)
            wr(ASQ + 64 * g_test_rand_int_range(0, SIZE), 8, g_test_rand_int_range(0, 2) ? 5 : 1);
        else {
            gpa e = (g_test_rand_bit() ? SQ : ASQ) + 64 * g_test_rand_int_range(0, SIZE);
            wr(e, 4, g_test_rand_int_range(0, 13));
            wr(e + 4, 4, g_test_rand_int_range(0, 3));
            bool wild = !g_test_rand_int_range(0, 4);
            uint32_t any = g_test_rand_int(), few = g_test_rand_int_range(0, 4);
            wr(e + 24, 8, wild ? any : SQ + 0x1000 * (uint64_t)g_test_rand_int_range(0, 64));
            wr(e + 32, 8, wild ? any : CQ + 8 * (uint64_t)g_test_rand_int_range(0, 4096));
            wr(e + 40, 4, wild ? any : few | 7 << 16);
            wr(e + 44, 4, wild ? any : few | 1 << 16);
            wr(e + 48, 4, g_test_rand_int_range(0, 300));
        }
    }
    pci_rig_close();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nvme/identify", test_identify);
    g_test_add_func("/nvme/blocks", test_blocks);
    g_test_add_func("/nvme/queues", test_queues);
    g_test_add_func("/nvme/noise", test_noise);
    return g_test_run();
}
