/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parallel NOR flash with Intel's command set: banks of one or two 16-bit chips side by side. Each
 * chip sees its 16 data lines of every access and has its own state. Manuals: Intel "StrataFlash
 * Embedded Memory (P30)" and "(J3)", JEDEC JESD68 "Common Flash Interface"; binding: mtd-physmap, cfi-flash.
 * Not modelled: the time operations take (a chip is always ready), suspend, lock-down, OTP registers,
 * chips wider or narrower than 16 bits.
 */
#include <inttypes.h>
#include <string.h>

#include "block.h"
#include "device.h"
#include "dt.h"
#include "machine.h"

#define MAX_BANKS 2
#define MAX_LANES 2 /* chips of a bank */
#define MAX_CHIPS (MAX_BANKS * MAX_LANES)
#define CHIP_BLOCK (128 * KiB)
#define MAX_BLOCKS 256 /* of a chip: 32 MiB */
#define BUFFER_WORDS 32

/* Commands, in the low byte of a word. */
enum {
    CMD_LOCK = 0x01, CMD_PROGRAM_ALT = 0x10, CMD_ERASE = 0x20, CMD_PROGRAM = 0x40, CMD_CLEAR_STATUS = 0x50,
    CMD_LOCK_SETUP = 0x60, CMD_READ_STATUS = 0x70, CMD_READ_ID = 0x90, CMD_QUERY = 0x98, CMD_SUSPEND = 0xb0,
    CMD_CONFIRM = 0xd0, CMD_BUFFER = 0xe8, CMD_RESET_ALT = 0xf0, CMD_READ_ARRAY = 0xff,
};
/* What a chip waits for after a first command. */
enum { WAIT_COMMAND, WAIT_WORD, WAIT_ERASE_CONFIRM, WAIT_LOCK, WAIT_COUNT, WAIT_BUFFER, WAIT_BUFFER_CONFIRM };
/* What reads return. */
enum { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY };
/* Status register. */
enum { SR_LOCKED = 0x02, SR_PROGRAM = 0x10, SR_ERASE = 0x20, SR_READY = 0x80 };

#define MANUFACTURER 0x89
#define DEVICE_ID 0x18

struct flash_bank {
    struct cfi_flash *owner;
    unsigned index;
    uint64_t size;
    struct ram_block *storage;
    struct block *blk; /* NULL: contents are lost at exit */
    bool read_only;
};

struct cfi_flash {
    struct device dev;
    uint32_t bank_width; /* bytes: 2 or 4 */
    unsigned nbanks;
    struct flash_bank banks[MAX_BANKS];

    /* A chip's state; chip number: bank * MAX_LANES + lane. Addresses count words of the chip. */
    uint8_t mode[MAX_CHIPS], wait[MAX_CHIPS], status[MAX_CHIPS];
    uint8_t buffer_left[MAX_CHIPS], buffer_used[MAX_CHIPS];
    uint32_t buffer_addr[MAX_CHIPS * BUFFER_WORDS];
    uint16_t buffer_data[MAX_CHIPS * BUFFER_WORDS];
    uint8_t locked[MAX_CHIPS * MAX_BLOCKS];
};

/* One chip within an operation. */
struct chip {
    struct cfi_flash *s;
    struct flash_bank *bank;
    unsigned lane, n;
};

static struct chip chip_of(struct flash_bank *b, unsigned lane)
{
    return (struct chip){ b->owner, b, lane, b->index * MAX_LANES + lane };
}

/* -- Contents -- */

static uint64_t byte_offset(const struct chip *c, uint32_t word)
{
    return (uint64_t)word * c->s->bank_width + c->lane * 2;
}

static uint16_t array_word(const struct chip *c, uint32_t word)
{
    const uint8_t *p = c->bank->storage->host + byte_offset(c, word);

    return p[0] | p[1] << 8;
}

/* Write changed storage through to the image. False if that fails. */
static bool save(const struct flash_bank *b, uint64_t offset, uint64_t len)
{
    uint64_t start = offset / BLOCK_SECTOR * BLOCK_SECTOR;
    uint64_t end = (offset + len + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;

    bus_ram_written(b->storage->host + offset, len);
    return !b->blk || block_write_sync(b->blk, start, b->storage->host + start, end - start) == 0;
}

/* True if the block of the word may be changed; else sets the error, error being SR_PROGRAM or SR_ERASE. */
static bool may_change(struct chip *c, uint32_t word, uint8_t error)
{
    uint64_t block = (uint64_t)word * 2 / CHIP_BLOCK;

    if (c->bank->read_only || c->s->locked[c->n * MAX_BLOCKS + block]) {
        c->s->status[c->n] |= error | SR_LOCKED;
        return false;
    }
    return true;
}

/* Programming only clears bits. */
static void program_word(struct chip *c, uint32_t word, uint16_t data)
{
    uint64_t at = byte_offset(c, word);
    uint8_t *p = c->bank->storage->host + at;

    if (!may_change(c, word, SR_PROGRAM))
        return;
    p[0] &= data;
    p[1] &= data >> 8;
    if (!save(c->bank, at, 2))
        c->s->status[c->n] |= SR_PROGRAM;
}

static void erase_block(struct chip *c, uint32_t word)
{
    uint32_t first = word & ~(uint32_t)(CHIP_BLOCK / 2 - 1);

    if (!may_change(c, word, SR_ERASE))
        return;
    for (uint32_t w = first; w < first + CHIP_BLOCK / 2; w++) {
        uint8_t *p = c->bank->storage->host + byte_offset(c, w);
        p[0] = p[1] = 0xff;
    }
    if (!save(c->bank, byte_offset(c, first) - 2 * c->lane, CHIP_BLOCK / 2 * c->s->bank_width))
        c->s->status[c->n] |= SR_ERASE;
}

/* -- Commands -- */

static void first_command(struct chip *c, uint8_t cmd)
{
    struct cfi_flash *s = c->s;
    unsigned n = c->n;

    s->mode[n] = MODE_STATUS;
    switch (cmd) {
    case CMD_READ_ARRAY:
    case CMD_RESET_ALT: s->mode[n] = MODE_ARRAY; break;
    case CMD_READ_ID: s->mode[n] = MODE_ID; break;
    case CMD_QUERY: s->mode[n] = MODE_QUERY; break;
    case CMD_CLEAR_STATUS:
        s->status[n] = SR_READY;
        s->mode[n] = MODE_ARRAY;
        break;
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALT: s->wait[n] = WAIT_WORD; break;
    case CMD_ERASE: s->wait[n] = WAIT_ERASE_CONFIRM; break;
    case CMD_LOCK_SETUP: s->wait[n] = WAIT_LOCK; break;
    case CMD_BUFFER: s->wait[n] = WAIT_COUNT; break;
    case CMD_READ_STATUS:
    case CMD_SUSPEND:
    case CMD_CONFIRM: break;
    default:
        device_guest_error(&s->dev, "bank %u: unknown command 0x%02x", c->bank->index, cmd);
        s->mode[n] = MODE_ARRAY;
        break;
    }
}

static void lock_command(struct chip *c, uint32_t word, uint8_t cmd)
{
    uint8_t *locked = &c->s->locked[c->n * MAX_BLOCKS + (uint64_t)word * 2 / CHIP_BLOCK];

    switch (cmd) {
    case CMD_LOCK: *locked = 1; break;
    case CMD_CONFIRM: *locked = 0; break;
    case CMD_READ_ARRAY: c->s->mode[c->n] = MODE_ARRAY; break; /* given up */
    default: c->s->status[c->n] |= SR_PROGRAM | SR_ERASE; break;
    }
}

static void start_buffer(struct chip *c, uint16_t count)
{
    if (count >= BUFFER_WORDS) {
        c->s->status[c->n] |= SR_PROGRAM | SR_ERASE;
        c->s->wait[c->n] = WAIT_COMMAND;
        return;
    }
    c->s->buffer_used[c->n] = 0;
    c->s->buffer_left[c->n] = count + 1;
    c->s->wait[c->n] = WAIT_BUFFER;
}

static void fill_buffer(struct chip *c, uint32_t word, uint16_t data)
{
    unsigned i = c->n * BUFFER_WORDS + c->s->buffer_used[c->n]++;

    c->s->buffer_addr[i] = word;
    c->s->buffer_data[i] = data;
    if (--c->s->buffer_left[c->n] == 0)
        c->s->wait[c->n] = WAIT_BUFFER_CONFIRM;
}

static void end_buffer(struct chip *c, uint8_t cmd)
{
    const unsigned base = c->n * BUFFER_WORDS;

    c->s->wait[c->n] = WAIT_COMMAND;
    if (cmd != CMD_CONFIRM) {
        c->s->status[c->n] |= SR_PROGRAM | SR_ERASE;
        return;
    }
    for (unsigned i = 0; i < c->s->buffer_used[c->n]; i++)
        program_word(c, c->s->buffer_addr[base + i], c->s->buffer_data[base + i]);
}

/* A write as the chip sees it. */
static void chip_write(struct chip *c, uint32_t word, uint16_t data)
{
    struct cfi_flash *s = c->s;

    switch (s->wait[c->n]) {
    case WAIT_COMMAND: first_command(c, data); break;
    case WAIT_WORD:
        s->wait[c->n] = WAIT_COMMAND;
        program_word(c, word, data);
        break;
    case WAIT_ERASE_CONFIRM:
        s->wait[c->n] = WAIT_COMMAND;
        if ((data & 0xff) == CMD_CONFIRM)
            erase_block(c, word);
        else
            s->status[c->n] |= SR_PROGRAM | SR_ERASE;
        break;
    case WAIT_LOCK:
        s->wait[c->n] = WAIT_COMMAND;
        lock_command(c, word, data);
        break;
    case WAIT_COUNT: start_buffer(c, data); break;
    case WAIT_BUFFER: fill_buffer(c, word, data); break;
    case WAIT_BUFFER_CONFIRM: end_buffer(c, data); break;
    }
}

/* -- Reads outside the array -- */

static unsigned log2_of(uint64_t v)
{
    return 63 - __builtin_clzll(v);
}

static uint8_t query_byte(const struct chip *c, uint32_t at)
{
    static const uint8_t table[] = {
        [0x10] = 'Q', 'R', 'Y',
        [0x13] = 0x01, 0x00,   /* Intel's command set */
        [0x15] = 0x31, 0x00,   /* its table */
        [0x1b] = 0x27, 0x36,   /* Vcc 2.7 V to 3.6 V */
        [0x1f] = 7, 7, 10, 0,  /* typical time of word, buffer (2^n us), block, chip (2^n ms) */
        [0x23] = 4, 4, 4, 0,   /* at most 2^n times that */
        [0x28] = 0x01, 0x00,   /* 16 data lines */
        [0x2a] = 6, 0,         /* bytes of the write buffer: 2^n */
        [0x2c] = 1,            /* regions of equal blocks */
        [0x2f] = CHIP_BLOCK / 256 & 0xff, CHIP_BLOCK / 256 >> 8,
        [0x31] = 'P', 'R', 'I', '1', '0',
        [0x3f] = 1,            /* protection fields: an empty one */
    };
    uint64_t chip_size = c->bank->size * 2 / c->s->bank_width, last_block = chip_size / CHIP_BLOCK - 1;

    switch (at) {
    case 0x27: return log2_of(chip_size);
    case 0x2d: return last_block;
    case 0x2e: return last_block >> 8;
    }
    return at < sizeof(table) ? table[at] : 0;
}

static uint16_t id_word(const struct chip *c, uint32_t word)
{
    uint32_t in_block = word & (CHIP_BLOCK / 2 - 1);

    switch (in_block) {
    case 0: return MANUFACTURER;
    case 1: return DEVICE_ID;
    case 2: return c->s->locked[c->n * MAX_BLOCKS + (uint64_t)word * 2 / CHIP_BLOCK];
    }
    return 0;
}

static uint16_t chip_read(const struct chip *c, uint32_t word)
{
    switch (c->s->mode[c->n]) {
    case MODE_STATUS: return c->s->status[c->n];
    case MODE_ID: return id_word(c, word);
    case MODE_QUERY: return query_byte(c, word);
    }
    return array_word(c, word);
}

/* -- The bank's bus -- */

/* Reads go to memory directly while every chip shows its array. */
static void update_romd(struct flash_bank *b)
{
    struct cfi_flash *s = b->owner;
    bool command = false;

    for (unsigned lane = 0; lane < s->bank_width / 2; lane++)
        command |= s->mode[b->index * MAX_LANES + lane] != MODE_ARRAY;
    if (command != s->dev.regions[b->index].romd_off)
        region_set_romd(&s->dev.regions[b->index], command);
}

static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    struct flash_bank *b = opaque;
    unsigned width = b->owner->bank_width;
    uint64_t v = 0;

    for (unsigned done = 0; done < size; done += 2) {
        struct chip c = chip_of(b, (offset + done) % width / 2);
        v |= (uint64_t)chip_read(&c, (offset + done) / width) << (8 * done);
    }
    return size == 1 ? v >> (8 * (offset & 1)) & 0xff : v;
}

static void flash_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct flash_bank *b = opaque;
    unsigned width = b->owner->bank_width;

    /* The chips have no byte lanes: a byte leaves the other eight data lines high. */
    if (size == 1)
        value = offset & 1 ? value << 8 | 0xff : value | 0xff00;
    for (unsigned done = 0; done < size; done += 2) {
        struct chip c = chip_of(b, (offset + done) % width / 2);
        chip_write(&c, (offset + done) / width, value >> (8 * done));
    }
    update_romd(b);
}

static const struct io_ops flash_ops = { flash_read, flash_write, 1, 4, false, false };

/* -- Life -- */

static bool open_image(struct flash_bank *b, GError **err)
{
    struct device *d = &b->owner->dev;
    const char *node = b->index < ARRAY_SIZE(d->machine->pflash) ? d->machine->pflash[b->index] : NULL;
    g_autofree char *user = g_strdup_printf("pflash%u", b->index);

    b->blk = node ? block_find(node) : block_drive(BLOCK_IF_PFLASH, b->index);
    if (node && !b->blk) {
        fail(err, "-M pflash%u=%s: there is no such block node", b->index, node);
        return false;
    }
    if (!b->blk)
        return true;
    if (block_size(b->blk) != b->size) {
        fail(err, "%s: '%s' has %" PRIu64 " bytes, the flash bank needs exactly %" PRIu64, user, block_name(b->blk),
             block_size(b->blk), b->size);
        return false;
    }
    b->read_only = block_read_only(b->blk);
    if (!block_claim(b->blk, user, !b->read_only, err))
        return false;
    if (block_read_sync(b->blk, 0, b->storage->host, b->size)) {
        fail(err, "%s: can't read '%s'", user, block_name(b->blk));
        block_release(b->blk);
        return false;
    }
    return true;
}

static bool make_bank(struct cfi_flash *s, unsigned i, GError **err)
{
    struct flash_bank *b = &s->banks[i];
    uint64_t chip_size = b->size * 2 / s->bank_width;
    g_autofree char *name = g_strdup_printf("flash%u", i);
    struct region *r;

    b->owner = s;
    b->index = i;
    if (chip_size < CHIP_BLOCK || chip_size > MAX_BLOCKS * CHIP_BLOCK || (chip_size & (chip_size - 1))) {
        fail(err, "%s: bank %u has 0x%" PRIx64 " bytes: expected a power of two from 256 KiB to 64 MiB", s->dev.id, i,
             b->size);
        return false;
    }
    b->storage = ram_block_new(name, b->size, err);
    if (!b->storage || !open_image(b, err))
        return false;
    r = device_add_io(&s->dev, b->storage->name, &flash_ops, b->size);
    r->kind = REGION_ROMD;
    r->host = b->storage->host;
    r->ram = b->storage;
    r->opaque = b;
    return true;
}

static bool flash_realize(struct device *d, GError **err)
{
    struct cfi_flash *s = container_of(d, struct cfi_flash, dev);

    if (s->bank_width != 2 && s->bank_width != 4) {
        fail(err, "%s: bank-width=%u: expected 2 or 4", d->id, s->bank_width);
        return false;
    }
    for (unsigned i = 0; i < s->nbanks; i++)
        if (!make_bank(s, i, err))
            return false;
    return true;
}

static void flash_unrealize(struct device *d)
{
    struct cfi_flash *s = container_of(d, struct cfi_flash, dev);

    for (unsigned i = 0; i < s->nbanks; i++)
        if (s->banks[i].blk)
            block_release(s->banks[i].blk);
}

static void flash_reset(struct device *d)
{
    struct cfi_flash *s = container_of(d, struct cfi_flash, dev);

    for (unsigned i = 0; i < s->nbanks; i++)
        update_romd(&s->banks[i]);
}

/* Each reg entry is a bank. */
static bool flash_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct cfi_flash *s = container_of(d, struct cfi_flash, dev);
    gpa addr;

    while (s->nbanks < MAX_BANKS && dt_reg(fdt, node, s->nbanks, &addr, &s->banks[s->nbanks].size))
        s->nbanks++;
    return true;
}

static const struct property flash_props[] = {
    PROP_NAMED("width", struct cfi_flash, bank_width, U32, 4, "bank-width", "bytes of a bank's data bus: 2 or 4"),
    PROP_END,
};

static const struct field flash_fields[] = {
    FIELD_ARRAY(struct cfi_flash, mode, MODE_ARRAY),
    FIELD_ARRAY(struct cfi_flash, wait, WAIT_COMMAND),
    FIELD_ARRAY(struct cfi_flash, status, SR_READY),
    FIELD_ARRAY(struct cfi_flash, buffer_left, 0),
    FIELD_ARRAY(struct cfi_flash, buffer_used, 0),
    FIELD_ARRAY(struct cfi_flash, buffer_addr, 0),
    FIELD_ARRAY(struct cfi_flash, buffer_data, 0),
    FIELD_ARRAY(struct cfi_flash, locked, 0),
    FIELD_END,
};

static const char *const flash_compatible[] = { "cfi-flash", NULL };

const struct device_type cfi_flash_type = {
    .name = "cfi.pflash01",
    .desc = "parallel NOR flash with Intel's command set",
    .compatible = flash_compatible,
    .size = sizeof(struct cfi_flash),
    .props = flash_props,
    .fields = flash_fields,
    .realize = flash_realize,
    .unrealize = flash_unrealize,
    .reset = flash_reset,
    .from_dt = flash_from_dt,
};
