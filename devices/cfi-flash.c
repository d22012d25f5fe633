/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parallel NOR flash with Intel's command set: banks of 16-bit chips, one or two side by side. The chips of
 * a bank go in lockstep: a command to one is a command to all, since drivers that take a bank of two for one
 * chip with every other word missing (U-Boot does) otherwise lose half of what they write. Manuals: Intel
 * "StrataFlash Embedded Memory (P30)" and "(J3)", JEDEC JESD68 "Common Flash Interface"; binding:
 * mtd-physmap, cfi-flash. Not modelled: the time operations take (the bank is always ready), suspend,
 * lock-down, OTP registers.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "block.h"
#include "device.h"
#include "dt.h"

#define MAX_BANKS 2
#define CHIP_BLOCK (128 * KiB) /* erased at once in each chip */
#define MAX_BLOCKS 256         /* of a chip: 32 MiB */
#define BUFFER_WRITES 32
#define BUFFER_LOG2 6 /* bytes of a chip's write buffer: BUFFER_WRITES words */

/* Commands, in the low byte of a write. */
enum {
    CMD_LOCK = 0x01, CMD_PROGRAM_ALT = 0x10, CMD_ERASE = 0x20, CMD_PROGRAM = 0x40, CMD_CLEAR_STATUS = 0x50,
    CMD_LOCK_SETUP = 0x60, CMD_READ_STATUS = 0x70, CMD_READ_ID = 0x90, CMD_QUERY = 0x98, CMD_SUSPEND = 0xb0,
    CMD_CONFIRM = 0xd0, CMD_BUFFER = 0xe8, CMD_RESET_ALT = 0xf0, CMD_READ_ARRAY = 0xff,
};
/* What a bank waits for after a first command. */
enum { WAIT_COMMAND, WAIT_WORD, WAIT_ERASE_CONFIRM, WAIT_LOCK, WAIT_COUNT, WAIT_BUFFER, WAIT_BUFFER_CONFIRM };
/* What reads return. */
enum { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY };
/* Status register. */
enum { SR_LOCKED = 0x02, SR_PROGRAM = 0x10, SR_ERASE = 0x20, SR_READY = 0x80 };
#define SR_SEQUENCE (SR_PROGRAM | SR_ERASE) /* not a sequence of commands that there is */

#define MANUFACTURER 0x89
#define DEVICE_ID 0x18

struct flash_bank {
    struct cfi_flash *owner;
    unsigned n;
    unsigned drive; /* its number among the machine's banks: -drive if=pflash,unit= */
    uint64_t size;
    struct ram_block *storage;
    struct block *blk; /* NULL: contents are lost at exit */
    bool read_only;
};

struct cfi_flash {
    struct device dev;
    uint32_t bank_width; /* bytes: 2 or 4 */
    struct block *pflash[2]; /* -M pflash0=, pflash1=: the nodes of the first banks; NULL: -drive if=pflash */
    unsigned first;          /* banks of other nodes that come before: wiring, not state */
    unsigned nbanks;
    struct flash_bank banks[MAX_BANKS];

    /* Each bank's state. */
    uint8_t mode[MAX_BANKS], wait[MAX_BANKS], status[MAX_BANKS];
    uint8_t buffer_left[MAX_BANKS], buffer_used[MAX_BANKS];
    uint32_t buffer_at[MAX_BANKS * BUFFER_WRITES], buffer_data[MAX_BANKS * BUFFER_WRITES];
    uint8_t buffer_size[MAX_BANKS * BUFFER_WRITES];
    uint8_t locked[MAX_BANKS * MAX_BLOCKS];
};

static uint64_t block_bytes(const struct flash_bank *b)
{
    return CHIP_BLOCK * b->owner->bank_width / 2;
}

static uint8_t *block_lock(const struct flash_bank *b, uint64_t offset)
{
    return &b->owner->locked[b->n * MAX_BLOCKS + offset / block_bytes(b)];
}

/* -- Contents -- */

/* Write changed storage through to the image; error is the status bit for a failure. */
static void save(const struct flash_bank *b, uint64_t offset, uint64_t len, uint8_t error)
{
    uint64_t start = offset / BLOCK_SECTOR * BLOCK_SECTOR;
    uint64_t end = (offset + len + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;

    bus_ram_written(b->storage->host + offset, len);
    if (b->blk && block_write_sync(b->blk, start, b->storage->host + start, end - start))
        b->owner->status[b->n] |= error;
}

/* True if the block may be changed; else says so in the status. */
static bool may_change(const struct flash_bank *b, uint64_t offset, uint8_t error)
{
    bool ok = !b->read_only && !*block_lock(b, offset);

    if (!ok)
        b->owner->status[b->n] |= error | SR_LOCKED;
    return ok;
}

/* Programming only clears bits. */
static void program(const struct flash_bank *b, uint64_t offset, unsigned size, uint32_t data)
{
    if (!may_change(b, offset, SR_PROGRAM))
        return;
    for (unsigned i = 0; i < size; i++)
        b->storage->host[offset + i] &= data >> (8 * i);
    save(b, offset, size, SR_PROGRAM);
}

static void erase_block(const struct flash_bank *b, uint64_t offset)
{
    uint64_t start = offset / block_bytes(b) * block_bytes(b);

    if (!may_change(b, offset, SR_ERASE))
        return;
    memset(b->storage->host + start, 0xff, block_bytes(b));
    save(b, start, block_bytes(b), SR_ERASE);
}

/* -- Commands -- */

static void first_command(struct flash_bank *b, uint8_t cmd)
{
    struct cfi_flash *s = b->owner;
    unsigned n = b->n;

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
        device_guest_error(&s->dev, "bank %u: unknown command 0x%02x", n, cmd);
        s->mode[n] = MODE_ARRAY;
        break;
    }
}

static void lock_command(struct flash_bank *b, uint64_t offset, uint8_t cmd)
{
    switch (cmd) {
    case CMD_LOCK: *block_lock(b, offset) = 1; break;
    case CMD_CONFIRM: *block_lock(b, offset) = 0; break;
    case CMD_READ_ARRAY: b->owner->mode[b->n] = MODE_ARRAY; break; /* given up */
    default: b->owner->status[b->n] |= SR_SEQUENCE; break;
    }
}

static void start_buffer(struct flash_bank *b, uint16_t count)
{
    struct cfi_flash *s = b->owner;

    if (count >= BUFFER_WRITES) {
        s->status[b->n] |= SR_SEQUENCE;
        s->wait[b->n] = WAIT_COMMAND;
        return;
    }
    s->buffer_used[b->n] = 0;
    s->buffer_left[b->n] = count + 1;
    s->wait[b->n] = WAIT_BUFFER;
}

static void fill_buffer(struct flash_bank *b, uint64_t offset, unsigned size, uint32_t data)
{
    struct cfi_flash *s = b->owner;
    unsigned i = b->n * BUFFER_WRITES + s->buffer_used[b->n]++;

    s->buffer_at[i] = offset;
    s->buffer_data[i] = data;
    s->buffer_size[i] = size;
    if (--s->buffer_left[b->n] == 0)
        s->wait[b->n] = WAIT_BUFFER_CONFIRM;
}

static void end_buffer(struct flash_bank *b, uint8_t cmd)
{
    struct cfi_flash *s = b->owner;
    unsigned first = b->n * BUFFER_WRITES;

    s->wait[b->n] = WAIT_COMMAND;
    if (cmd != CMD_CONFIRM) {
        s->status[b->n] |= SR_SEQUENCE;
        return;
    }
    for (unsigned i = first; i < first + s->buffer_used[b->n]; i++)
        program(b, s->buffer_at[i], s->buffer_size[i], s->buffer_data[i]);
}

/* Reads go to memory directly while the bank shows its array. */
static void update_romd(const struct flash_bank *b)
{
    struct region *r = &b->owner->dev.regions[b->n];
    bool command = b->owner->mode[b->n] != MODE_ARRAY;

    if (command != r->romd_off)
        region_set_romd(r, command);
}

static void flash_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct flash_bank *b = opaque;
    struct cfi_flash *s = b->owner;
    unsigned wait = s->wait[b->n];
    uint8_t cmd = value;

    if (wait == WAIT_WORD || wait == WAIT_ERASE_CONFIRM || wait == WAIT_LOCK)
        s->wait[b->n] = WAIT_COMMAND;
    switch (wait) {
    case WAIT_COMMAND: first_command(b, cmd); break;
    case WAIT_WORD: program(b, offset, size, value); break;
    case WAIT_ERASE_CONFIRM:
        if (cmd == CMD_CONFIRM)
            erase_block(b, offset);
        else
            s->status[b->n] |= SR_SEQUENCE;
        break;
    case WAIT_LOCK: lock_command(b, offset, cmd); break;
    case WAIT_COUNT: start_buffer(b, value); break;
    case WAIT_BUFFER: fill_buffer(b, offset, size, value); break;
    case WAIT_BUFFER_CONFIRM: end_buffer(b, cmd); break;
    }
    update_romd(b);
}

/* -- Reads -- */

static unsigned log2_of(uint64_t v)
{
    return 63 - __builtin_clzll(v);
}

static uint8_t query_byte(const struct flash_bank *b, uint64_t at)
{
    static const uint8_t table[] = {
        [0x10] = 'Q', 'R', 'Y',
        [0x13] = 0x01, 0x00,   /* Intel's command set */
        [0x15] = 0x31, 0x00,   /* its table */
        [0x1b] = 0x27, 0x36,   /* Vcc 2.7 V to 3.6 V */
        [0x1f] = 7, 7, 10, 0,  /* typical time of word, buffer (2^n us), block, chip (2^n ms) */
        [0x23] = 4, 4, 4, 0,   /* at most 2^n times that */
        [0x28] = 0x01, 0x00,   /* 16 data lines */
        [0x2a] = BUFFER_LOG2, 0,
        [0x2c] = 1,            /* regions of equal blocks */
        [0x2f] = CHIP_BLOCK / 256 & 0xff, CHIP_BLOCK / 256 >> 8,
        [0x31] = 'P', 'R', 'I', '1', '0',
        [0x3f] = 1,            /* protection fields: an empty one */
    };
    uint64_t chip_size = b->size * 2 / b->owner->bank_width, last_block = chip_size / CHIP_BLOCK - 1;

    switch (at) {
    case 0x27: return log2_of(chip_size);
    case 0x2d: return last_block;
    case 0x2e: return last_block >> 8;
    }
    return at < sizeof(table) ? table[at] : 0;
}

static uint8_t id_byte(const struct flash_bank *b, uint64_t offset)
{
    switch (offset % block_bytes(b) / b->owner->bank_width) {
    case 0: return MANUFACTURER;
    case 1: return DEVICE_ID;
    case 2: return *block_lock(b, offset);
    }
    return 0;
}

static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    struct flash_bank *b = opaque;
    uint64_t v = 0;
    uint8_t chip; /* what each chip puts on its low data lines; the high ones are zero */

    switch (b->owner->mode[b->n]) {
    case MODE_STATUS: chip = b->owner->status[b->n]; break;
    case MODE_ID: chip = id_byte(b, offset); break;
    case MODE_QUERY: chip = query_byte(b, offset / b->owner->bank_width); break;
    default:
        for (unsigned i = 0; i < size; i++)
            v |= (uint64_t)b->storage->host[offset + i] << (8 * i);
        return v;
    }
    if (size == 1)
        return offset & 1 ? 0 : chip;
    return size == 2 ? chip : (uint64_t)chip << 16 | chip;
}

static const struct io_ops flash_ops = { flash_read, flash_write, 1, 4, false, false };

/* -- Life -- */

static bool open_image(struct flash_bank *b, GError **err)
{
    struct block *const node = b->drive < ARRAY_SIZE(b->owner->pflash) ? b->owner->pflash[b->drive] : NULL;
    struct block *blk = node ? node : block_drive(BLOCK_IF_PFLASH, b->drive);
    g_autofree char *user = g_strdup_printf("pflash%u", b->drive);

    if (!blk)
        return true;
    if (block_size(blk) != b->size) {
        fail(err, "%s%u%s%s: the image has %" PRIu64 " bytes, the flash bank needs exactly %" PRIu64,
             node ? "-M pflash" : "-drive if=pflash,unit=", b->drive, node ? "=" : ",id=", block_name(blk), block_size(blk),
             b->size);
        return false;
    }
    b->read_only = block_read_only(blk);
    if (!block_claim(blk, user, !b->read_only, err))
        return false;
    if (block_read_sync(blk, 0, b->storage->host, b->size)) {
        fail(err, "%s: can't read '%s'", user, block_name(blk));
        block_release(blk);
        return false;
    }
    b->blk = blk;
    return true;
}

static bool make_bank(struct cfi_flash *s, unsigned i, GError **err)
{
    struct flash_bank *b = &s->banks[i];
    uint64_t chip_size = b->size * 2 / s->bank_width;
    g_autofree char *name = g_strdup_printf("flash%u", s->first + i);
    struct region *r;

    b->owner = s;
    b->n = i;
    b->drive = s->first + i;
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

static void flash_unrealize(struct device *d)
{
    struct cfi_flash *s = container_of(d, struct cfi_flash, dev);

    for (unsigned i = 0; i < s->nbanks; i++) {
        if (s->banks[i].blk)
            block_release(s->banks[i].blk);
        if (s->banks[i].storage)
            ram_block_free(s->banks[i].storage);
    }
}

static bool flash_realize(struct device *d, GError **err)
{
    struct cfi_flash *s = container_of(d, struct cfi_flash, dev);

    if (s->bank_width != 2 && s->bank_width != 4) {
        fail(err, "%s: bank-width=%u: expected 2 or 4", d->id, s->bank_width);
        return false;
    }
    for (unsigned i = 0; i < s->nbanks; i++) {
        if (!make_bank(s, i, err)) {
            flash_unrealize(d);
            return false;
        }
    }
    return true;
}

static void flash_reset(struct device *d)
{
    struct cfi_flash *s = container_of(d, struct cfi_flash, dev);

    for (unsigned i = 0; i < s->nbanks; i++)
        update_romd(&s->banks[i]);
}

static const char *const flash_compatible[] = { "cfi-flash", NULL };

/* Banks are numbered by address; a board may have a node for each. */
static unsigned banks_below(const void *fdt, int node)
{
    unsigned n = 0;
    gpa own = 0, addr;
    uint64_t size;

    dt_reg(fdt, node, 0, &own, &size);
    for (int other = -1; (other = fdt_node_offset_by_compatible(fdt, other, flash_compatible[0])) >= 0;)
        for (unsigned i = 0; i < MAX_BANKS && dt_reg(fdt, other, i, &addr, &size); i++)
            n += addr < own;
    return n;
}

/* Each reg entry is a bank. */
static bool flash_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct cfi_flash *s = container_of(d, struct cfi_flash, dev);
    gpa addr;

    s->first = banks_below(fdt, node);
    while (s->nbanks < MAX_BANKS && dt_reg(fdt, node, s->nbanks, &addr, &s->banks[s->nbanks].size))
        s->nbanks++;
    return true;
}

static const struct property flash_props[] = {
    PROP_NAMED("width", struct cfi_flash, bank_width, U32, 4, "bank-width", "bytes of a bank's data bus: 2 or 4"),
    PROP_NAMES("pflash0", struct cfi_flash, pflash[0], block_prop,
               "image of the first bank (default: -drive if=pflash)"),
    PROP_NAMES("pflash1", struct cfi_flash, pflash[1], block_prop, "image of the second bank"),
    PROP_END,
};

static const struct state_row flash_fields[] = {
    FIELD_ARRAY(struct cfi_flash, mode, MODE_ARRAY),
    FIELD_ARRAY(struct cfi_flash, wait, WAIT_COMMAND),
    FIELD_ARRAY(struct cfi_flash, status, SR_READY),
    FIELD_ARRAY(struct cfi_flash, buffer_left, 0),
    FIELD_ARRAY(struct cfi_flash, buffer_used, 0),
    FIELD_ARRAY(struct cfi_flash, buffer_at, 0),
    FIELD_ARRAY(struct cfi_flash, buffer_data, 0),
    FIELD_ARRAY(struct cfi_flash, buffer_size, 0),
    FIELD_ARRAY(struct cfi_flash, locked, 0),
    FIELD_SAME(struct cfi_flash, first),
    FIELD_SAME(struct cfi_flash, nbanks),
    FIELD_NONE(struct cfi_flash, banks, "as the machine was made; contents are a block of memory"),
    FIELD_END,
};

static bool bank_ok(const struct flash_bank *b)
{
    const struct cfi_flash *s = b->owner;
    unsigned n = b->n, first = n * BUFFER_WRITES;

    if (s->mode[n] > MODE_QUERY || s->wait[n] > WAIT_BUFFER_CONFIRM ||
        s->buffer_left[n] + s->buffer_used[n] > BUFFER_WRITES || (s->wait[n] == WAIT_BUFFER && !s->buffer_left[n]))
        return false;
    for (unsigned i = first; i < first + s->buffer_used[n]; i++)
        if (s->buffer_size[i] > 4 || s->buffer_at[i] > b->size - s->buffer_size[i])
            return false;
    return true;
}

static bool flash_loaded(void *obj, unsigned version, GError **err)
{
    struct cfi_flash *s = obj;

    for (unsigned i = 0; i < s->nbanks; i++) {
        if (!bank_ok(&s->banks[i])) {
            fail(err, "bank %u is in a state that it can't be in", i);
            return false;
        }
    }
    for (unsigned i = 0; i < s->nbanks; i++)
        update_romd(&s->banks[i]);
    return true;
}

static const struct state_table flash_state = {
    STATE_OF(struct cfi_flash),
    .version = 1,
    .rows = flash_fields,
    .loaded = flash_loaded,
};


const struct device_type cfi_flash_type = {
    .name = "cfi.pflash01",
    .desc = "parallel NOR flash with Intel's command set",
    .compatible = flash_compatible,
    .size = sizeof(struct cfi_flash),
    .props = flash_props,
    .state = &flash_state,
    .realize = flash_realize,
    .unrealize = flash_unrealize,
    .reset = flash_reset,
    .from_dt = flash_from_dt,
};
