/* SPDX-License-Identifier: BSD-2-Clause */
/* bootindex: the paths that firmware gets, which are QEMU's for these devices, and their order. */
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "block.h"
#include "boot-order.h"
#include "machine.h"
#include "opts.h"
#include "plug.h"

#define FW_CFG UINT64_C(0x10100000)
#define SELECTOR 8
#define KEY_FILE_DIR 0x19

static struct opts *props;

static void drop(void)
{
    if (the_machine)
        machine_free(the_machine);
    g_clear_pointer(&props, opts_free);
}

static struct machine *make(void)
{
    g_autoptr(GError) err = NULL;
    struct machine_config c = { .type = "virt", .bios = "none" };

    drop();
    c.props = props = opts_new();
    machine_new(&c, "riscv64", &err);
    g_assert_no_error(err);
    return the_machine;
}

static void add(const char *option)
{
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(option, "driver", NULL);

    device_add(the_machine, o, &err);
    g_assert_no_error(err);
    opts_free(o);
}

/* With a drive of 1 MiB, whose file has no name any more. */
static void add_disk(const char *option)
{
    static unsigned n;
    g_autoptr(GError) err = NULL;
    g_autofree char *image = g_strdup_printf("%s/mynah-boot-order.%d", g_get_tmp_dir(), (int)getpid());
    g_autofree char *node = g_strdup_printf("raw,node-name=n%u,file.driver=file,file.filename=%s", ++n, image);
    g_autofree char *whole = g_strdup_printf("%s,drive=n%u", option, n);
    struct opts *o = opts_parse(node, "driver", NULL);

    g_assert_true(g_file_set_contents(image, "", 0, NULL) && !truncate(image, MiB));
    block_add_blockdev(o, &err);
    g_assert_no_error(err);
    unlink(image);
    opts_free(o);
    add(whole);
}

static void read_bytes(void *buf, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++) {
        g_assert_cmpint(bus_read(the_machine->as, FW_CFG, 1, &v), ==, BUS_OK);
        ((uint8_t *)buf)[i] = v;
    }
}

static void select_key(unsigned key)
{
    bus_write(the_machine->as, FW_CFG + SELECTOR, 2, GUINT16_TO_BE((uint16_t)key));
}

/* The file with its zero; NULL: there is none. */
static char *boot_order(void)
{
    struct {
        uint32_t size;
        uint16_t select, reserved;
        char name[56];
    } e;
    uint32_t count;
    char *text;

    select_key(KEY_FILE_DIR);
    read_bytes(&count, 4);
    for (count = GUINT32_FROM_BE(count); count; count--) {
        read_bytes(&e, sizeof(e));
        if (strcmp(e.name, "bootorder"))
            continue;
        text = g_malloc0(GUINT32_FROM_BE(e.size) + 1);
        select_key(GUINT16_FROM_BE(e.select));
        read_bytes(text, GUINT32_FROM_BE(e.size));
        return text;
    }
    return NULL;
}

/* What qemu-system-riscv64 10 offers for the same options. */
static void test_paths(void)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *text = NULL;

    make();
    add_disk("virtio-blk-pci,bootindex=3,addr=1");
    add_disk("nvme,serial=x,bootindex=1,addr=2");
    add("ahci,id=ahci,addr=3");
    add_disk("ide-hd,bus=ahci.1,bootindex=2");
    add("virtio-scsi-pci,id=s,addr=4");
    add_disk("scsi-hd,bus=s.0,bootindex=4,lun=1,scsi-id=2");
    add("qemu-xhci,id=u,addr=5");
    add_disk("usb-storage,bus=u.0,bootindex=5");
    add("virtio-net-pci,bootindex=6,addr=6");
    add_disk("virtio-blk-device,bootindex=7");
    add("pcie-root-port,id=r,slot=1,addr=7");
    add_disk("virtio-blk-pci,bus=r,bootindex=8");
    add("e1000,bootindex=9,addr=10.3");
    g_assert_true(boot_order_offer(the_machine, &err));
    text = boot_order();
    g_assert_cmpstr(text, ==,
                    "/pci@ffffffffffffffff/pci1b36,0010@2/namespace@1,0\n"
                    "/pci@ffffffffffffffff/pci8086,2922@3/drive@1/disk@0\n"
                    "/pci@ffffffffffffffff/scsi@1/disk@0,0\n"
                    "/pci@ffffffffffffffff/scsi@4/channel@0/disk@2,1\n"
                    "/pci@ffffffffffffffff/usb@5/storage@1/channel@0/disk@0,0\n"
                    "/pci@ffffffffffffffff/ethernet@6/ethernet-phy@0\n"
                    "/virtio-mmio@0000000010008000/disk@0,0\n"
                    "/pci@ffffffffffffffff/pci-bridge@7/scsi@0/disk@0,0\n"
                    "/pci@ffffffffffffffff/ethernet@10,3/ethernet-phy@0");
}

static void test_none(void)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *text = NULL;

    make();
    add_disk("virtio-blk-pci");
    g_assert_true(boot_order_offer(the_machine, &err));
    text = boot_order();
    g_assert_cmpstr(text, ==, "");
}

static void test_twice(void)
{
    g_autoptr(GError) err = NULL;

    make();
    add_disk("virtio-blk-pci,bootindex=3");
    add_disk("nvme,serial=x,bootindex=3");
    g_assert_false(boot_order_offer(the_machine, &err));
    g_assert_cmpstr(err->message, ==, "bootindex=3: two devices have it");
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    accel = accels[0];
    g_test_add_func("/boot-order/paths", test_paths);
    g_test_add_func("/boot-order/none", test_none);
    g_test_add_func("/boot-order/twice", test_twice);
    status = g_test_run();
    drop();
    return status;
}
