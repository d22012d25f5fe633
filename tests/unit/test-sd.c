/* SPDX-License-Identifier: BSD-2-Clause */
/* An SD card, behind each of a BCM2835's hosts and its DMA controller. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "devices/sd.h"
#include "plug.h"
#include "tests/device-rig.h"

#define IMAGE (1 * MiB)
#define DMA_BASE 0x60000000u
#define HOST_BASE 0x10000000u /* where the bench maps the host's registers */
#define RCA 0x45670000u

static struct rig rig;
static struct device *gpio, *card;
static char *path;
static uint8_t image[IMAGE];

/* -- The bench: a card of the pattern, on the pins' bus -- */

static void unmap(struct device *d)
{
    for (unsigned i = 0; i < d->nregions; i++)
        address_space_unmap(rig.m.as, &d->regions[i]);
}

static void make_drive(const char *id, uint64_t size, const char *more)
{
    g_autofree char *arg = NULL;
    g_autoptr(GError) err = NULL;
    struct opts *o;

    g_assert_true(g_file_set_contents(path, (const char *)image, MIN(size, IMAGE), NULL));
    g_assert_cmpint(truncate(path, size), ==, 0);
    arg = g_strdup_printf("if=none,id=%s,format=raw,file=%s%s", id, path, more);
    o = opts_parse(arg, NULL, &err);
    g_assert_no_error(err);
    block_add_drive(o, BLOCK_IF_NONE, &err);
    g_assert_no_error(err);
    opts_free(o);
}

static struct device *add_card(const char *id, GError **err)
{
    g_autofree char *arg = g_strdup_printf("sd-card,drive=%s", id);
    struct opts *o = opts_parse(arg, "driver", NULL);
    struct device *d = device_add(&rig.m, o, err);

    opts_free(o);
    return d;
}

/* The card's pins lead to the host: function 4 is the SDHOST's, 7 the SDHCI's. */
static void route(unsigned function)
{
    unsigned both = function | function << 3;

    rig_write(&rig, 0, 0x10, 4, both << 24);
    rig_write(&rig, 0, 0x14, 4, both | both << 6);
}

static struct device *setup(const char *host, unsigned function)
{
    static unsigned n;
    g_autofree char *id = g_strdup_printf("d%u", n++);
    g_autoptr(GError) err = NULL;
    struct device *d;

    for (unsigned i = 0; i < IMAGE; i++)
        image[i] = i / 512 + i;
    make_drive(id, IMAGE, "");
    gpio = rig_new(&rig, "bcm2835_gpio", 4);
    rig_start(&rig, gpio);
    route(function);
    unmap(gpio);
    card = add_card(id, &err);
    g_assert_no_error(err);
    device_reset(card);
    d = rig_new(&rig, host, 1);
    rig_start(&rig, d);
    return d;
}

static void teardown(struct device *host)
{
    rig_fuzz(&rig, host, 20000);
    rig_remove(&rig, host);
    g_ptr_array_remove(rig.m.devices, card);
    g_ptr_array_set_size(gpio->children, 0);
    device_free(card);
    rig_remove(&rig, gpio);
}

static uint32_t rd(unsigned reg)
{
    return rig_read(&rig, 0, reg, 4);
}

static void wr(unsigned reg, uint32_t v)
{
    rig_write(&rig, 0, reg, 4, v);
}

/* -- The card itself -- */

static uint32_t word[4];

static enum sd_response cmd(uint8_t command, uint32_t arg)
{
    memset(word, 0, sizeof(word));
    return sd_command(card, command, arg, word);
}

static enum sd_response acmd(uint8_t command, uint32_t arg, uint32_t rca)
{
    g_assert_cmpint(cmd(55, rca), ==, SD_R1);
    return cmd(command, arg);
}

static void to_transfer_state(void)
{
    cmd(0, 0);
    g_assert_cmpint(cmd(8, 0x1aa), ==, SD_R7);
    g_assert_cmphex(word[0], ==, 0x1aa);
    g_assert_cmpint(acmd(41, 0, 0), ==, SD_R3); /* asked only */
    g_assert_cmphex(word[0], ==, 0x00ffff00);
    g_assert_cmpint(acmd(41, 0x40300000, 0), ==, SD_R3);
    g_assert_cmphex(word[0], ==, 0x80ffff00);
    g_assert_cmpint(cmd(2, 0), ==, SD_R2);
    g_assert_cmpint(cmd(3, 0), ==, SD_R6);
    g_assert_cmphex(word[0], ==, RCA | 0x500); /* it was in "ident" */
    g_assert_cmpint(cmd(9, RCA), ==, SD_R2);
    g_assert_cmphex(word[0] >> 30, ==, 0);
    g_assert_cmphex(word[1] & 0xf0000, ==, 0x90000); /* READ_BL_LEN */
    g_assert_cmphex((word[1] & 0x3ff) << 2 | word[2] >> 30, ==, IMAGE / 512 / 512 - 1); /* C_SIZE */
    g_assert_cmphex(word[2] >> 15 & 7, ==, 7);
    g_assert_cmpint(cmd(7, RCA), ==, SD_R1);
    g_assert_cmpint(cmd(13, RCA), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x900);
}

static void test_card(void)
{
    struct device *host = setup("bcm2835-sdhost", 4);
    uint8_t b[1024], all_ff[512];

    g_assert_cmpint(cmd(17, 0), ==, SD_NONE); /* not now */
    g_assert_cmpint(cmd(5, 0), ==, SD_NONE);  /* SDIO's */
    to_transfer_state();
    /* Registers. */
    g_assert_cmpint(acmd(51, 0, RCA), ==, SD_R1);
    g_assert_true(sd_sends(card));
    g_assert_true(sd_read_data(card, b, 8));
    g_assert_cmpmem(b, 4, "\x02\x25\x80\x02", 4);
    g_assert_false(sd_read_data(card, b, 1));
    g_assert_cmpint(cmd(6, 0x80fffff1), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 64));
    g_assert_cmphex(b[13], ==, 3);
    g_assert_cmphex(b[16], ==, 1);
    g_assert_cmpint(acmd(6, 2, RCA), ==, SD_R1);
    g_assert_cmpint(acmd(13, 0, RCA), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 64));
    g_assert_cmphex(b[0], ==, 0x80);
    /* Reading: one, until it is told to stop, a number of them, a part of one. */
    g_assert_cmpint(cmd(17, 1024), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 512));
    g_assert_cmpmem(b, 512, image + 1024, 512);
    g_assert_false(sd_sends(card));
    g_assert_cmpint(cmd(18, 512), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 700));
    g_assert_cmpmem(b, 700, image + 512, 700);
    g_assert_true(sd_sends(card));
    g_assert_cmpint(cmd(12, 0), ==, SD_R1);
    g_assert_false(sd_sends(card));
    g_assert_cmpint(cmd(23, 2), ==, SD_R1);
    g_assert_cmpint(cmd(18, 0), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 1024));
    g_assert_false(sd_sends(card));
    g_assert_cmpint(cmd(16, 16), ==, SD_R1);
    g_assert_cmpint(cmd(17, 530), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 16));
    g_assert_cmpmem(b, 16, image + 530, 16);
    g_assert_false(sd_sends(card));
    g_assert_cmpint(cmd(16, 512), ==, SD_R1);
    /* Writing. */
    memset(all_ff, 0xff, 512);
    g_assert_cmpint(cmd(24, 2048), ==, SD_R1);
    g_assert_true(sd_receives(card));
    g_assert_true(sd_write_data(card, all_ff, 300));
    g_assert_true(sd_write_data(card, all_ff, 212));
    g_assert_false(sd_receives(card));
    g_assert_cmpint(cmd(25, 4096), ==, SD_R1);
    for (unsigned i = 0; i < 3; i++)
        g_assert_true(sd_write_data(card, all_ff, 512));
    g_assert_true(sd_receives(card));
    g_assert_cmpint(cmd(12, 0), ==, SD_R1);
    g_assert_cmpint(acmd(22, 0, RCA), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 4));
    g_assert_cmpmem(b, 4, "\0\0\0\3", 4);
    g_assert_cmpint(cmd(17, 5120), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 512));
    g_assert_cmpmem(b, 512, all_ff, 512);
    /* Erasing. */
    g_assert_cmpint(cmd(32, 4096), ==, SD_R1);
    g_assert_cmpint(cmd(33, 4608), ==, SD_R1);
    g_assert_cmpint(cmd(38, 0), ==, SD_R1);
    g_assert_cmpint(cmd(17, 4608), ==, SD_R1);
    g_assert_true(sd_read_data(card, b, 512));
    g_assert_cmphex(b[511], ==, 0);
    teardown(host);
}

/* Errors are told with the next status, once. */
static void test_card_errors(void)
{
    struct device *host = setup("bcm2835-sdhost", 4);
    uint8_t b[512];

    to_transfer_state();
    g_assert_cmpint(cmd(17, IMAGE), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x80000900);
    g_assert_false(sd_sends(card));
    g_assert_cmpint(cmd(17, 100), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x40000900);
    g_assert_cmpint(cmd(60, 0), ==, SD_NONE);
    g_assert_cmpint(cmd(13, RCA), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x00400900);
    g_assert_cmpint(cmd(13, RCA), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x900);
    g_assert_cmpint(cmd(13, 0x12340000), ==, SD_NONE); /* another card */
    g_assert_cmpint(cmd(16, 1024), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x20000900);
    g_assert_cmpint(cmd(38, 0), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x10000900);
    g_assert_cmpint(cmd(18, IMAGE - 512), ==, SD_R1); /* over its end */
    g_assert_true(sd_read_data(card, b, 512));
    g_assert_false(sd_read_data(card, b, 512));
    g_assert_cmphex(b[0], ==, 0);
    g_assert_cmpint(cmd(12, 0), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x80000b00);
    g_assert_cmpint(cmd(7, 0), ==, SD_NONE); /* it is let go of */
    g_assert_cmpint(cmd(17, 0), ==, SD_NONE);
    g_assert_cmpint(cmd(15, RCA), ==, SD_NONE); /* for good, until a reset */
    g_assert_cmpint(cmd(0, 0), ==, SD_NONE);
    g_assert_cmpint(cmd(8, 0x1aa), ==, SD_NONE);
    g_assert_cmpint(sd_command(NULL, 8, 0x1aa, word), ==, SD_NONE);
    g_assert_false(sd_read_data(NULL, b, 1));
    g_assert_false(sd_write_data(NULL, b, 1));
    teardown(host);
}

static void expect_refused(const char *id, uint64_t size, const char *what)
{
    g_autoptr(GError) err = NULL;

    make_drive(id, size, "");
    g_assert_null(add_card(id, &err));
    g_assert_nonnull(strstr(err->message, what));
}

static void test_sizes(void)
{
    g_autoptr(GError) err = NULL, missing = NULL;
    struct opts *o = opts_parse("sd-card", "driver", NULL);

    gpio = rig_new(&rig, "bcm2835_gpio", 4);
    rig_start(&rig, gpio);
    expect_refused("s0", 3 * MiB, "power of 2");
    expect_refused("s1", 32 * KiB, "power of 2");
    g_assert_null(device_add(&rig.m, o, &missing));
    g_assert_nonnull(strstr(missing->message, "drive="));
    opts_free(o);
    /* A high capacity card, read-only. */
    make_drive("s2", 4 * GiB, ",readonly=on");
    card = add_card("s2", &err);
    g_assert_no_error(err);
    device_reset(card);
    cmd(8, 0x1aa);
    acmd(41, 0x40300000, 0);
    g_assert_cmphex(word[0], ==, 0xc0ffff00);
    cmd(2, 0);
    cmd(3, 0);
    g_assert_cmpint(cmd(9, RCA), ==, SD_R2);
    g_assert_cmphex(word[0] >> 30, ==, 1);
    g_assert_cmphex((word[1] & 0x3f) << 16 | word[2] >> 16, ==, 4 * GiB / (512 * KiB) - 1);
    cmd(7, RCA);
    g_assert_cmpint(cmd(24, 0), ==, SD_R1);
    g_assert_cmphex(word[0], ==, 0x04000900); /* it is write-protected */
    g_assert_cmpint(cmd(17, 4 * GiB / 512 - 1), ==, SD_R1); /* blocks */
    g_assert_cmphex(word[0], ==, 0x900);
    g_ptr_array_remove(rig.m.devices, card);
    g_ptr_array_set_size(gpio->children, 0);
    device_free(card);
    rig_remove(&rig, gpio);
}

/* -- Broadcom's host -- */

enum { SDCMD = 0x00, SDARG = 0x04, SDRSP0 = 0x10, SDHSTS = 0x20, SDVDD = 0x30, SDEDM = 0x34, SDHCFG = 0x38, SDHBCT = 0x3c,
       SDDATA = 0x40, SDHBLC = 0x50 };

static void sdhost_cmd(uint32_t command, uint32_t arg)
{
    wr(SDARG, arg);
    wr(SDCMD, 0x8000 | command);
    g_assert_cmphex(rd(SDCMD) & 0x8000, ==, 0);
}

static void test_sdhost(void)
{
    struct device *host = setup("bcm2835-sdhost", 4);

    g_assert_cmphex(rd(SDEDM), ==, 0xc60f); /* QEMU's */
    wr(SDVDD, 1);
    wr(SDEDM, rd(SDEDM));
    g_assert_cmphex(rd(SDEDM) & 0xf, ==, 0);
    sdhost_cmd(0x400, 0);
    g_assert_cmphex(rd(SDHSTS), ==, 0);
    sdhost_cmd(5, 0); /* nobody answers */
    g_assert_cmphex(rd(SDCMD), ==, 0x4005);
    g_assert_cmphex(rd(SDHSTS), ==, 0x40);
    wr(SDHSTS, 0x40);
    to_transfer_state();
    sdhost_cmd(13, RCA);
    g_assert_cmphex(rd(SDRSP0), ==, 0x900);
    /* Two blocks, with their interrupts. */
    wr(SDHCFG, 0x510);
    wr(SDHBCT, 512);
    wr(SDHBLC, 2);
    sdhost_cmd(0x40 | 18, 0);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(SDHSTS), ==, 1);
    g_assert_cmphex(rd(SDEDM) & 0x1ff, ==, 0x102); /* a full FIFO */
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t *p = image + 4 * i;
        g_assert_cmphex(rd(SDDATA), ==, p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24);
    }
    g_assert_cmphex(rd(SDHSTS), ==, 0x200);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(SDEDM) & 0x1ff, ==, 1);
    wr(SDHSTS, 0x200);
    g_assert_false(rig.wire[0]);
    g_assert_cmphex(rd(SDDATA), ==, 0);
    g_assert_cmphex(rd(SDHSTS), ==, 8);
    wr(SDHSTS, 8);
    sdhost_cmd(0x800 | 12, 0);
    g_assert_cmphex(rd(SDHSTS), ==, 0x400);
    wr(SDHSTS, 0x400);
    /* The block interrupt waits until it is enabled. */
    wr(SDHCFG, 0);
    wr(SDHBLC, 1);
    sdhost_cmd(0x80 | 24, 512);
    for (unsigned i = 0; i < 128; i++)
        wr(SDDATA, 0x01020304);
    g_assert_false(rig.wire[0]);
    wr(SDHCFG, 0x100);
    g_assert_true(rig.wire[0]);
    wr(SDHSTS, 0x200);
    sdhost_cmd(0x40 | 17, 512);
    g_assert_cmphex(rd(SDDATA), ==, 0x01020304);
    wr(SDEDM, rd(SDEDM) | 1 << 19); /* enough */
    g_assert_cmphex(rd(SDEDM) & 0x1ff, ==, 1);
    teardown(host);
}

/* -- Arasan's -- */

enum { ARG2 = 0x00, BLOCKS = 0x04, ARG1 = 0x08, CMDTM = 0x0c, RESP0 = 0x10, BUFFER = 0x20, PRESENT = 0x24, CLOCK = 0x2c,
       INT = 0x30, INT_ENABLE = 0x34, INT_SIGNAL = 0x38, CAPS = 0x40, SLOT = 0xfc };

static void sdhci_cmd(uint32_t command, uint32_t mode, uint32_t arg)
{
    wr(ARG1, arg);
    wr(CMDTM, command << 24 | mode);
}

static void test_sdhci(void)
{
    struct device *host = setup("generic-sdhci", 7);

    g_assert_cmphex(rd(CAPS), ==, 0x052134b4);
    g_assert_cmphex(rd(SLOT), ==, 0x24020000);
    g_assert_cmphex(rd(PRESENT), ==, 0x01ff0000);
    wr(CLOCK, 1);
    g_assert_cmphex(rd(CLOCK), ==, 3);
    wr(INT_ENABLE, 0x7ff00ff);
    wr(INT_SIGNAL, 0x10001);
    sdhci_cmd(5, 0x20000, 0);
    g_assert_true(rig.wire[0]);
    g_assert_cmphex(rd(INT), ==, 0x18000);
    wr(INT, 0x10000);
    g_assert_cmphex(rd(INT), ==, 0);
    to_transfer_state();
    sdhci_cmd(13, 0x20000, RCA);
    g_assert_cmphex(rd(RESP0), ==, 0x900);
    g_assert_cmphex(rd(INT), ==, 1);
    wr(INT, 1);
    g_assert_false(rig.wire[0]);
    /* Two blocks, counted, with a CMD12 of its own. */
    wr(BLOCKS, 2 << 16 | 512);
    sdhci_cmd(18, 0x200036, 0);
    g_assert_cmphex(rd(INT) & 0x30, ==, 0x20);
    g_assert_cmphex(rd(PRESENT) & 0xf02, ==, 0xa02);
    wr(INT, 0x21);
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t *p = image + 4 * i;
        g_assert_cmphex(rd(BUFFER), ==, p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24);
        g_assert_cmphex(rd(INT) & 0x20, ==, i >= 127 ? 0x20 : 0);
    }
    g_assert_cmphex(rd(INT), ==, 0x22);
    g_assert_cmphex(rd(PRESENT) & 0xf02, ==, 0);
    g_assert_false(sd_sends(card));
    wr(INT, ~0u);
    /* By halves and bytes. */
    rig_write(&rig, 0, BLOCKS, 2, 512);
    rig_write(&rig, 0, BLOCKS + 2, 2, 1);
    wr(ARG1, 1024);
    rig_write(&rig, 0, CMDTM, 2, 0x00);
    g_assert_false(sd_receives(card));
    rig_write(&rig, 0, CMDTM + 2, 2, 24 << 8 | 0x3a);
    g_assert_cmphex(rd(INT), ==, 0x11);
    for (unsigned i = 0; i < 512; i++)
        rig_write(&rig, 0, BUFFER, 1, i);
    g_assert_cmphex(rd(INT), ==, 0x13);
    wr(INT, ~0u);
    sdhci_cmd(17, 0x200010, 1024);
    g_assert_cmphex(rd(BUFFER), ==, 0x03020100);
    g_assert_cmphex(rig_read(&rig, 0, BUFFER, 2), ==, 0x0504);
    wr(CLOCK, 1 << 26); /* reset of the data's part */
    g_assert_cmphex(rd(PRESENT) & 0xf02, ==, 0);
    wr(CLOCK, 1 << 24);
    g_assert_cmphex(rd(INT_ENABLE), ==, 0);
    teardown(host);
}

/* A host that the pins do not lead to has no card. */
static void test_routing(void)
{
    struct device *host = setup("generic-sdhci", 4);

    g_assert_cmphex(rd(PRESENT), ==, 0x01fa0000);
    unmap(host);
    address_space_map(rig.m.as, &gpio->regions[0], HOST_BASE, 0);
    route(7);
    unmap(gpio);
    address_space_map(rig.m.as, &host->regions[0], HOST_BASE, 0);
    g_assert_cmphex(rd(PRESENT), ==, 0x01ff0000);
    teardown(host);
}

/* -- DMA -- */

static void dma_wr(unsigned reg, uint32_t v)
{
    g_assert_cmpint(bus_write(rig.m.as, DMA_BASE + reg, 4, v), ==, BUS_OK);
}

static uint32_t dma_rd(unsigned reg)
{
    uint64_t v = 0;

    g_assert_cmpint(bus_read(rig.m.as, DMA_BASE + reg, 4, &v), ==, BUS_OK);
    return v;
}

static struct region low_ram; /* bus addresses are of 1 GiB: the bench's own memory is elsewhere */

static void set_block(uint32_t at, uint32_t ti, uint32_t source, uint32_t dest, uint32_t len, uint32_t stride, uint32_t next)
{
    const uint32_t block[8] = { GUINT32_TO_LE(ti), GUINT32_TO_LE(source), GUINT32_TO_LE(dest), GUINT32_TO_LE(len),
                                GUINT32_TO_LE(stride), GUINT32_TO_LE(next) };

    memcpy(low_ram.host + at, block, sizeof(block));
}

static struct device *add_dma(void)
{
    struct device *d = rig_new(&rig, "bcm2835-dma", 16);
    g_autofree char *base = g_strdup_printf("%u", HOST_BASE - 0x202000);

    if (!low_ram.host) {
        struct ram_block *b = ram_block_new("low", MiB, NULL);
        low_ram = (struct region){ .name = "low", .kind = REGION_RAM, .size = MiB, .host = b->host, .ram = b };
        address_space_map(rig.m.as, &low_ram, 0, 0);
    }
    memset(low_ram.host, 0, MiB);
    g_assert_true(device_set_prop(d, "peripherals", base, NULL));
    g_assert_true(device_realize(d, NULL));
    g_ptr_array_add(rig.m.devices, d);
    address_space_map(rig.m.as, &d->regions[0], DMA_BASE, 0);
    device_reset(d);
    return d;
}

static void remove_dma(struct device *d)
{
    rig_remove(&rig, d);
}

static void test_dma_memory(void)
{
    struct device *dma = add_dma();
    uint8_t *m = low_ram.host;

    for (unsigned i = 0; i < 0x1000; i++)
        m[0x1000 + i] = i * 7;
    /* Two blocks, bus addresses of different aliases; the second interrupts. */
    set_block(0x100, 0x110, 0xc0001000, 0x40008000, 100, 0, 0x120);
    set_block(0x120, 0x111, 0x1100, 0x9000, 70000, 0, 0);
    dma_wr(0x104, 0x100);
    dma_wr(0x100, 1);
    for (unsigned i = 0; i < 10; i++)
        rig_advance(100000);
    g_assert_cmpmem(m + 0x8000, 100, m + 0x1000, 100);
    g_assert_cmpmem(m + 0x9000, 0xf00, m + 0x1100, 0xf00);
    g_assert_cmphex(dma_rd(0x100) & 0x107, ==, 6);
    g_assert_true(rig.wire[1]);
    g_assert_cmphex(dma_rd(0xfe0), ==, 2);
    dma_wr(0x100, 6);
    g_assert_false(rig.wire[1]);
    /* 2D: three rows of eight bytes. */
    set_block(0x100, 0x112, 0x1000, 0x8000, 2 << 16 | 8, (uint32_t)24 << 16 | 8, 0);
    memset(m + 0x8000, 0, 100);
    dma_wr(4, 0x100);
    dma_wr(0, 1);
    rig_advance(100000);
    for (unsigned y = 0; y < 3; y++) {
        g_assert_cmpmem(m + 0x8000 + 32 * y, 8, m + 0x1000 + 16 * y, 8);
        g_assert_cmphex(m[0x8008 + 32 * y], ==, 0);
    }
    /* Filling: a source that stays; ignored ones are zero. */
    set_block(0x100, 0x10, 0x1004, 0x8000, 64, 0, 0x120);
    set_block(0x120, 0x810, 0, 0x8040, 64, 0, 0);
    memset(m + 0x8000, 0xee, 200);
    dma_wr(4, 0x100);
    dma_wr(0, 1);
    rig_advance(100000);
    g_assert_cmpmem(m + 0x803c, 4, m + 0x1004, 4);
    g_assert_cmphex(m[0x8040], ==, 0);
    g_assert_cmphex(m[0x8080], ==, 0xee);
    /* Lists that lead nowhere, and one without an end. */
    dma_wr(4, 0x3ffffe0);
    dma_wr(0, 1);
    rig_advance(100000);
    g_assert_cmphex(dma_rd(0) & 0x101, ==, 0x100);
    set_block(0x100, 0x110, 0x1000, 0x3f000000, 64, 0, 0);
    dma_wr(4, 0x100);
    dma_wr(0, 1);
    rig_advance(100000);
    g_assert_cmphex(dma_rd(0) & 0x101, ==, 0x100);
    g_assert_cmphex(dma_rd(0x20) & 4, ==, 4);
    set_block(0x100, 0x110, 0x1000, 0x8000, 0, 0, 0x100);
    dma_wr(4, 0x100);
    dma_wr(0, 1);
    rig_advance(1000000);
    g_assert_cmphex(dma_rd(0) & 1, ==, 1);
    dma_wr(0, 1u << 31);
    g_assert_cmphex(dma_rd(0) & 1, ==, 0);
    remove_dma(dma);
}

static void test_dma_sdhost(void)
{
    struct device *dma = add_dma(), *host = setup("bcm2835-sdhost", 4);
    uint8_t *m = low_ram.host;

    to_transfer_state();
    /* It waits for the host, which asks once it has data. */
    set_block(0x100, 0x411 | 13 << 16, 0x7e202040, 0xc0008000, 1024, 0, 0);
    dma_wr(4, 0x100);
    dma_wr(0, 1);
    rig_advance(1000000);
    g_assert_cmphex(dma_rd(0) & 0x21, ==, 0x21);
    wr(SDHBCT, 512);
    wr(SDHBLC, 2);
    sdhost_cmd(0x40 | 18, 2048);
    rig_advance(1000000);
    g_assert_cmpmem(m + 0x8000, 1024, image + 2048, 1024);
    g_assert_cmphex(dma_rd(0) & 7, ==, 6);
    sdhost_cmd(0x800 | 12, 0);
    /* And back. */
    memset(m + 0x8000, 0x5a, 512);
    set_block(0x100, 0x140 | 13 << 16, 0xc0008000, 0x7e202040, 512, 0, 0);
    wr(SDHBLC, 1);
    sdhost_cmd(0x80 | 24, 512);
    dma_wr(4, 0x100);
    dma_wr(0, 7);
    rig_advance(1000000);
    g_assert_cmphex(dma_rd(0) & 3, ==, 2);
    sdhost_cmd(0x40 | 17, 512);
    g_assert_cmphex(rd(SDDATA), ==, 0x5a5a5a5a);
    /* Anything anywhere. */
    for (unsigned i = 0; i < 20000; i++) {
        unsigned reg = g_test_rand_int_range(0, 0x400) * 4;
        if (reg % 0x100 == 4)
            dma_wr(reg, g_test_rand_int_range(0, 64) * 32);
        else
            dma_wr(reg, g_test_rand_int());
        if (i % 16 == 0)
            low_ram.host[g_test_rand_int_range(0, 0x800)] = g_test_rand_int();
        if (i % 64 == 0)
            rig_advance(100000);
    }
    teardown(host);
    remove_dma(dma);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    rig_init(&rig);
    path = g_strdup_printf("%s/test-sd-%d", g_get_tmp_dir(), getpid());
    g_test_add_func("/sd/card", test_card);
    g_test_add_func("/sd/card-errors", test_card_errors);
    g_test_add_func("/sd/sizes", test_sizes);
    g_test_add_func("/sd/sdhost", test_sdhost);
    g_test_add_func("/sd/sdhci", test_sdhci);
    g_test_add_func("/sd/routing", test_routing);
    g_test_add_func("/sd/dma-memory", test_dma_memory);
    g_test_add_func("/sd/dma-sdhost", test_dma_sdhost);
    result = g_test_run();
    g_remove(path);
    return result;
}
