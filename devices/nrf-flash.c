/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nRF51's flash, its controller (NVMC), and its pages of information: FICR, which the factory has written, and UICR.
 * Manual: "nRF51 Series Reference Manual" v3.0.1, chapters 6 to 8. Regions: NVMC, FICR, UICR, flash; what the guest
 * has written stays until the machine is made anew, but for what was loaded, which comes back with a reset. Not
 * modelled: the time that writing and erasing take, protection.
 */
#include <inttypes.h>
#include <string.h>

#include "device.h"

enum { READY = 0x400, CONFIG = 0x504, ERASEPAGE = 0x508, ERASEALL = 0x50c, ERASEPCR0 = 0x510, ERASEUICR = 0x514 };
enum { CONFIG_WEN = 1, CONFIG_EEN = 2 };
enum {
    FICR_CODEPAGESIZE = 0x010, FICR_CODESIZE = 0x014, FICR_NUMRAMBLOCK = 0x02c, FICR_SIZERAMBLOCK0 = 0x034,
    FICR_CONFIGID = 0x05c, FICR_DEVICEID0 = 0x060, FICR_DEVICEID1 = 0x064, FICR_DEVICEADDRTYPE = 0x0a0,
    FICR_DEVICEADDR0 = 0x0a4, FICR_DEVICEADDR1 = 0x0a8, FICR_BYTES = 0x100,
};
#define REGION_BYTES 0x1000
#define FLASH_PAGE 0x400u

struct nrf_flash {
    struct device dev;
    uint64_t size;               /* bytes, a multiple of a page */
    struct ram_block *storage, *uicr;
    uint32_t config;
};

/* -- Flash and UICR: reads are memory's, writes come here and make bits 0 only -- */

static uint64_t memory_read(const struct ram_block *b, uint64_t offset, unsigned size)
{
    uint64_t v = 0;

    memcpy(&v, b->host + offset, size);
    return v;
}

static void memory_write(struct nrf_flash *s, struct ram_block *b, uint64_t offset, uint64_t value, unsigned size)
{
    uint64_t v = memory_read(b, offset, size) & value;

    if (!(s->config & CONFIG_WEN)) {
        device_guest_error(&s->dev, "%s 0x%" PRIx64 ": write while CONFIG.WEN is clear", b->name, offset);
        return;
    }
    memcpy(b->host + offset, &v, size);
    bus_ram_written(b->host + offset, size);
}

static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    return memory_read(((const struct nrf_flash *)opaque)->storage, offset, size);
}

static void flash_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_flash *s = opaque;

    memory_write(s, s->storage, offset, value, size);
}

static const struct io_ops flash_ops = { .read = flash_read, .write = flash_write, .min_size = 4, .max_size = 4 };

static uint64_t uicr_read(void *opaque, uint64_t offset, unsigned size)
{
    return memory_read(((const struct nrf_flash *)opaque)->uicr, offset, size);
}

static void uicr_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_flash *s = opaque;

    memory_write(s, s->uicr, offset, value, size);
}

static const struct io_ops uicr_ops = { .read = uicr_read, .write = uicr_write, .min_size = 4, .max_size = 4 };

static void erase(struct nrf_flash *s, struct ram_block *b, uint64_t offset, uint64_t size)
{
    if (!(s->config & CONFIG_EEN)) {
        device_guest_error(&s->dev, "an erase while CONFIG.EEN is clear");
    } else if (offset >= b->size) {
        device_guest_error(&s->dev, "there is no flash at 0x%" PRIx64 " to erase", offset);
    } else {
        memset(b->host + offset, 0xff, size);
        bus_ram_written(b->host + offset, size);
    }
}

/* -- NVMC -- */

static uint64_t nvmc_read(void *opaque, uint64_t offset, unsigned size)
{
    struct nrf_flash *s = opaque;

    switch (offset) {
    case READY: return 1;
    case CONFIG: return s->config;
    case ERASEPAGE: case ERASEALL: case ERASEPCR0: case ERASEUICR: return 0;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void nvmc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_flash *s = opaque;

    switch (offset) {
    case CONFIG: s->config = value & 3; break;
    case ERASEPAGE: case ERASEPCR0:
        erase(s, s->storage, value & ~(uint64_t)(FLASH_PAGE - 1), FLASH_PAGE);
        break;
    case ERASEALL:
        if (value & 1) {
            erase(s, s->storage, 0, s->size);
            erase(s, s->uicr, 0, s->uicr->size);
        }
        break;
    case ERASEUICR:
        if (value & 1)
            erase(s, s->uicr, 0, s->uicr->size);
        break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static const struct io_ops nvmc_ops = { .read = nvmc_read, .write = nvmc_write, .min_size = 4, .max_size = 4 };

/* -- FICR: the device number and address are nobody's -- */

static uint64_t ficr_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct nrf_flash *s = opaque;

    switch (offset) {
    case FICR_CODEPAGESIZE: return FLASH_PAGE;
    case FICR_CODESIZE: return s->size / FLASH_PAGE;
    case FICR_NUMRAMBLOCK: return 2;
    case FICR_SIZERAMBLOCK0: case FICR_SIZERAMBLOCK0 + 4: return 0x2000;
    case FICR_CONFIGID: return 0xffff0072; /* revision 3 */
    case FICR_DEVICEID0: return 0x12345678;
    case FICR_DEVICEID1: return 0x9abcdef1;
    case FICR_DEVICEADDRTYPE: return 1; /* random */
    case FICR_DEVICEADDR0: return 0x1122aabb;
    case FICR_DEVICEADDR1: return 0x000000cc;
    }
    return UINT32_MAX;
}

static void ficr_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nrf_flash *s = opaque;

    device_guest_error(&s->dev, "FICR 0x%" PRIx64 " can't be written", offset);
}

static const struct io_ops ficr_ops = { .read = ficr_read, .write = ficr_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

/* Reads of the region are those of the block. */
static void add_memory(struct nrf_flash *s, struct ram_block *b, const struct io_ops *ops)
{
    struct region *r = device_add_io(&s->dev, b->name, ops, b->size);

    memset(b->host, 0xff, b->size);
    r->kind = REGION_ROMD;
    r->host = b->host;
    r->ram = b;
}

static void flash_unrealize(struct device *d)
{
    struct nrf_flash *s = container_of(d, struct nrf_flash, dev);

    if (s->storage)
        ram_block_free(s->storage);
    if (s->uicr)
        ram_block_free(s->uicr);
}

static bool flash_realize(struct device *d, GError **err)
{
    struct nrf_flash *s = container_of(d, struct nrf_flash, dev);

    if (!s->size || s->size % PAGE_SIZE || s->size > 16 * MiB) {
        fail(err, "%s: size=0x%" PRIx64 ": expected a multiple of 4 KiB up to 16 MiB", d->id, s->size);
        return false;
    }
    s->storage = ram_block_new("flash", s->size, err);
    s->uicr = s->storage ? ram_block_new("uicr", REGION_BYTES, err) : NULL;
    if (!s->uicr) {
        flash_unrealize(d);
        return false;
    }
    device_add_io(d, "nrf-nvmc", &nvmc_ops, REGION_BYTES);
    device_add_io(d, "nrf-ficr", &ficr_ops, REGION_BYTES);
    add_memory(s, s->uicr, &uicr_ops);
    add_memory(s, s->storage, &flash_ops);
    return true;
}

static const struct property flash_props[] = {
    PROP_NAMED("size", struct nrf_flash, size, SIZE, 256 * KiB, NULL, "bytes of flash"),
    PROP_END,
};

static const struct state_row flash_fields[] = {
    FIELD_NONE(struct nrf_flash, storage, "guest memory, which has its own part of a snapshot"),
    FIELD(struct nrf_flash, config, 0),
    FIELD_NONE(struct nrf_flash, uicr, "the same"),
    FIELD_END,
};

static const struct state_table flash_state = {
    STATE_OF(struct nrf_flash),
    .version = 1,
    .rows = flash_fields,
};

static const char *const flash_compatible[] = { "nordic,nrf51-flash-controller", NULL };

const struct device_type nrf_flash_type = {
    .name = "nrf51_soc.nvm",
    .desc = "nRF51 flash with its controller",
    .compatible = flash_compatible,
    .size = sizeof(struct nrf_flash),
    .props = flash_props,
    .state = &flash_state,
    .realize = flash_realize,
    .unrealize = flash_unrealize,
};
