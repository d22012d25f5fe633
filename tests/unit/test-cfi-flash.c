/* SPDX-License-Identifier: BSD-2-Clause */
/* NOR flash: identification, programming, erasing, locking, the image behind it. */
#include <libfdt.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "tests/device-rig.h"
#include "tests/dts.h"

#define BANK (1 * MiB)
#define BLOCK (256 * KiB) /* of a bank */

static struct rig rig;
static struct device *flash;

static const char tree[] = "/dts-v1/; / { #address-cells = <1>; #size-cells = <1>;"
                           " flash@0 { reg = <0 0x100000 0x100000 0x100000>; bank-width = <4>; }; };";

static uint32_t rd(uint64_t offset)
{
    return rig_read(&rig, 0, offset, 4);
}

static void wr(uint64_t offset, uint32_t v)
{
    rig_write(&rig, 0, offset, 4, v);
}

/* A command to both chips. */
static void cmd(uint64_t offset, uint16_t c)
{
    wr(offset, c << 16 | c);
}

static void setup(void)
{
    g_autofree void *fdt = dts_compile(tree, NULL);
    g_autoptr(GError) err = NULL;

    flash = rig_new(&rig, "cfi.pflash01", 0);
    g_assert_true(flash->type->from_dt(flash, fdt, fdt_path_offset(fdt, "/flash@0"), &err));
    rig_start(&rig, flash);
}

static void erase(uint64_t offset)
{
    cmd(offset, 0x20);
    cmd(offset, 0xd0);
    g_assert_cmphex(rd(0), ==, 0x800080);
    cmd(0, 0xff);
}

static void program(uint64_t offset, uint32_t v)
{
    cmd(offset, 0x40);
    wr(offset, v);
    g_assert_cmphex(rd(0), ==, 0x800080);
    cmd(0, 0xff);
}

static void test_identify(void)
{
    setup();
    g_assert_cmpuint(flash->nregions, ==, 2);
    cmd(0x55 * 4, 0x98);
    g_assert_true(flash->regions[0].romd_off);
    g_assert_cmphex(rd(0x10 * 4), ==, 'Q' << 16 | 'Q');
    g_assert_cmphex(rd(0x11 * 4), ==, 'R' << 16 | 'R');
    g_assert_cmphex(rd(0x12 * 4), ==, 'Y' << 16 | 'Y');
    g_assert_cmphex(rd(0x13 * 4), ==, 0x10001);
    g_assert_cmphex(rd(0x27 * 4), ==, 0x130013);       /* a chip: 512 KiB */
    g_assert_cmphex(rd(0x2d * 4) & 0xffff, ==, 3);     /* four blocks */
    g_assert_cmphex(rd(0x30 * 4) & 0xffff, ==, 2);     /* of 128 KiB */
    g_assert_cmphex(rig_read(&rig, 0, 0x10 * 4 + 2, 1), ==, 'Q');
    cmd(0, 0x90);
    g_assert_cmphex(rd(0), ==, 0x890089);
    g_assert_cmphex(rd(4), ==, 0x180018);
    g_assert_cmphex(rd(8), ==, 0);
    cmd(0, 0xff);
    g_assert_false(flash->regions[0].romd_off);
    /* The chips go in lockstep: half of the bus is enough. */
    rig_write(&rig, 0, 0, 2, 0x90);
    g_assert_cmphex(rd(0), ==, 0x890089);
    device_reset(flash);
    g_assert_false(flash->regions[0].romd_off);
    rig_remove(&rig, flash);
}

static void test_program_and_erase(void)
{
    setup();
    erase(BLOCK);
    g_assert_cmphex(rd(BLOCK - 4), ==, 0);
    g_assert_cmphex(rd(BLOCK), ==, 0xffffffff);
    g_assert_cmphex(rd(2 * BLOCK - 4), ==, 0xffffffff);
    g_assert_cmphex(rd(2 * BLOCK), ==, 0);
    program(BLOCK + 8, 0x12345678);
    program(BLOCK + 8, 0xff00ffff); /* bits only go from one to zero */
    g_assert_cmphex(rd(BLOCK + 8), ==, 0x12005678);
    /* An erase that is not confirmed does nothing and says so. */
    cmd(BLOCK, 0x20);
    cmd(BLOCK, 0x00);
    g_assert_cmphex(rd(0), ==, 0xb000b0);
    cmd(0, 0x50);
    g_assert_cmphex(rd(BLOCK + 8), ==, 0x12005678);
    rig_remove(&rig, flash);
}

static void test_buffer(void)
{
    setup();
    erase(0);
    cmd(0, 0xe8);
    g_assert_cmphex(rd(0), ==, 0x800080);
    cmd(0, 3);
    for (unsigned i = 0; i < 4; i++)
        wr(0x40 + 4 * i, 0x11111111 * (i + 1));
    cmd(0, 0xd0);
    g_assert_cmphex(rd(0), ==, 0x800080);
    cmd(0, 0xff);
    for (unsigned i = 0; i < 4; i++)
        g_assert_cmphex(rd(0x40 + 4 * i), ==, 0x11111111 * (i + 1));
    cmd(0, 0xe8);
    cmd(0, 32); /* more than the buffer has */
    g_assert_cmphex(rd(0), ==, 0xb000b0);
    cmd(0, 0x50);
    cmd(0, 0xe8);
    cmd(0, 0);
    wr(0x80, 0);
    cmd(0, 0xff); /* not confirmed */
    cmd(0, 0xff);
    g_assert_cmphex(rd(0x80), ==, 0xffffffff);
    rig_remove(&rig, flash);
}

/* A driver that takes the bank for one 16-bit chip programs it half by half. */
static void test_narrow_driver(void)
{
    setup();
    rig_write(&rig, 0, 0, 2, 0x20);
    rig_write(&rig, 0, 0, 2, 0xd0);
    rig_write(&rig, 0, 0, 2, 0xe8);
    g_assert_cmphex(rig_read(&rig, 0, 0, 2), ==, 0x80);
    rig_write(&rig, 0, 0, 2, 3);
    for (unsigned i = 0; i < 4; i++)
        rig_write(&rig, 0, 8 + 2 * i, 2, 0x1111 * (i + 1));
    rig_write(&rig, 0, 0, 2, 0xd0);
    g_assert_cmphex(rig_read(&rig, 0, 0, 2), ==, 0x80);
    rig_write(&rig, 0, 0, 2, 0xff);
    g_assert_cmphex(rd(8), ==, 0x22221111);
    g_assert_cmphex(rd(12), ==, 0x44443333);
    g_assert_cmphex(rd(16), ==, 0xffffffff);
    rig_remove(&rig, flash);
}

static void test_lock(void)
{
    setup();
    erase(0);
    cmd(0, 0x60);
    cmd(0, 0x01);
    cmd(0, 0x90);
    g_assert_cmphex(rd(8), ==, 0x10001);
    g_assert_cmphex(rd(BLOCK + 8), ==, 0);
    cmd(0, 0x40);
    wr(0, 0);
    g_assert_cmphex(rd(0), ==, 0x920092);
    cmd(0, 0x50);
    g_assert_cmphex(rd(0), ==, 0xffffffff);
    cmd(0, 0x60);
    cmd(0, 0xd0);
    program(0, 0);
    g_assert_cmphex(rd(0), ==, 0);
    rig_remove(&rig, flash);
}

static void add_drive(const char *path, const char *more)
{
    g_autofree char *arg = g_strdup_printf("if=pflash,index=0,id=fw,format=raw,file=%s%s", path, more);
    g_autoptr(GError) err = NULL;
    struct opts *o = opts_parse(arg, NULL, &err);

    g_assert_no_error(err);
    block_add_drive(o, BLOCK_IF_NONE, &err);
    g_assert_no_error(err);
    opts_free(o);
}

/* What is programmed is in the file, and comes back from it. */
static void test_image(void)
{
    g_autofree uint8_t *data = g_malloc0(BANK);
    g_autofree char *path = NULL, *read_back = NULL;
    gsize size;

    memset(data, 0xff, BANK);
    memcpy(data, "firmware", 8);
    path = temp_file(data, BANK);
    add_drive(path, "");
    setup();
    g_assert_cmphex(rd(0), ==, 0x6d726966);
    program(BLOCK + 0x104, 0xdeadbeef);
    erase(0);
    rig_remove(&rig, flash);
    block_close_all();
    g_assert_true(g_file_get_contents(path, &read_back, &size, NULL));
    g_assert_cmpuint(size, ==, BANK);
    memset(data, 0xff, BANK);
    memcpy(data + BLOCK + 0x104, "\xef\xbe\xad\xde", 4);
    g_assert_cmpmem(read_back, size, data, BANK);

    add_drive(path, ",readonly=on");
    setup();
    cmd(0, 0x40);
    wr(0, 0);
    g_assert_cmphex(rd(0), ==, 0x920092);
    rig_remove(&rig, flash);
    block_close_all();
    unlink(path);
}

static void test_image_of_wrong_size(void)
{
    g_autofree char *path = temp_file("short", 5);
    g_autofree void *fdt = dts_compile(tree, NULL);
    g_autoptr(GError) err = NULL;

    add_drive(path, "");
    flash = rig_new(&rig, "cfi.pflash01", 0);
    g_assert_true(flash->type->from_dt(flash, fdt, fdt_path_offset(fdt, "/flash@0"), &err));
    g_assert_false(device_realize(flash, &err));
    g_assert_nonnull(strstr(err->message, "1048576"));
    device_free(flash);
    block_close_all();
    unlink(path);
}

static void test_fuzz(void)
{
    setup();
    rig_fuzz(&rig, flash, 20000);
    rig_remove(&rig, flash);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    g_test_add_func("/cfi-flash/identify", test_identify);
    g_test_add_func("/cfi-flash/program-and-erase", test_program_and_erase);
    g_test_add_func("/cfi-flash/buffer", test_buffer);
    g_test_add_func("/cfi-flash/narrow-driver", test_narrow_driver);
    g_test_add_func("/cfi-flash/lock", test_lock);
    g_test_add_func("/cfi-flash/image", test_image);
    g_test_add_func("/cfi-flash/wrong-size", test_image_of_wrong_size);
    g_test_add_func("/cfi-flash/fuzz", test_fuzz);
    return g_test_run();
}
