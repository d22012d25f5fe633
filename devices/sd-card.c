/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SD memory card in SD bus mode, with an image behind it. Manual: SD Association, "Physical Layer Simplified
 * Specification", version 3.01; the response to what it leaves open is QEMU's. Up to 2 GiB it is a standard capacity card,
 * above a high capacity one. Requests to the image are done at once.
 * Not modelled: SPI mode, passwords, write protection of groups, security, UHS.
 */
#include <inttypes.h>
#include <string.h>

#include "block.h"
#include "sd.h"

#define BLOCK 512
#define STANDARD_MAX (2 * GiB)
#define MIN_SIZE (64 * KiB)
#define MAX_SIZE (128 * GiB)   /* what C_SIZE has room for in a card of high capacity is 2 TiB; beyond 128 it is no SDHC/SDXC */
#define RCA_STEP 0x4567        /* QEMU's */

/* CURRENT_STATE of the card status. */
enum state { IDLE, READY, IDENT, STBY, TRAN, DATA, RCV, PRG, DIS, INACTIVE };

/* The card status, as in an R1. */
#define OUT_OF_RANGE (1u << 31)
#define ADDRESS_ERROR (1u << 30)
#define BLOCK_LEN_ERROR (1u << 29)
#define ERASE_SEQ_ERROR (1u << 28)
#define WP_VIOLATION (1u << 26)
#define ILLEGAL_COMMAND (1u << 22)
#define CARD_ERROR (1u << 19)
enum { STATUS_STATE_SHIFT = 9, STATUS_READY_FOR_DATA = 0x100, STATUS_APP_CMD = 0x20 };

#define OCR_POWERED (1u << 31)
#define OCR_HIGH_CAPACITY (1u << 30)
#define OCR_VOLTAGES 0x00ffff00u

/* What the data lines are for. */
enum transfer { NO_TRANSFER, READ_REGISTER, READ_SINGLE, READ_MULTIPLE, WRITE_SINGLE, WRITE_MULTIPLE, TRANSFERS };

struct sd_card {
    struct device dev;
    struct block *drive;

    uint8_t state;       /* enum state */
    uint8_t transfer;    /* enum transfer */
    bool app_command;    /* the next one is an ACMD */
    bool high_capacity;
    uint16_t rca;
    uint32_t status;     /* errors, until they have been told */
    uint32_t block_len;  /* CMD16's: of a standard capacity card */
    uint64_t addr;       /* of the block in the buffer, or the next */
    uint32_t blocks;     /* left of a transfer whose length CMD23 has said; 0: it has not */
    uint32_t next_blocks; /* CMD23 came just before */
    uint32_t written;    /* blocks of the last write, for ACMD22 */
    uint32_t erase_start, erase_end;
    bool erase_has_start, erase_has_end;
    uint8_t bus_width;   /* as in SD_STATUS: 0: 1 bit, 2: 4 */
    uint8_t speed;       /* of the switch functions: 0, or 1: high */
    uint8_t buffer[BLOCK];
    uint32_t used, len;  /* bytes of the buffer that are through, and that there are */
};

const struct bus_type sd_bus = { .name = "sd-bus", .slots = 1 };

/* -- Registers -- */

static void set_bits(uint8_t *reg, unsigned nbytes, unsigned low, unsigned nbits, uint32_t v)
{
    for (unsigned i = 0; i < nbits; i++) {
        unsigned bit = low + i;
        uint8_t *byte = &reg[nbytes - 1 - bit / 8];
        *byte = with_bits(*byte, bit % 8, 1, v >> i & 1);
    }
}

static void make_cid(uint8_t cid[16])
{
    static const uint8_t named[16] = { 0xaa, 'X', 'Y', 'Q', 'E', 'M', 'U', '!', 0x01, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x62 };

    memcpy(cid, named, 16);
}

/* Fields of a CSD by their lowest bit, both versions'. */
static void make_csd(const struct sd_card *s, uint8_t csd[16])
{
    uint64_t size = block_size(s->drive);
    unsigned block_bits = size > GiB ? 10 : 9, mult = size < MiB ? 0 : 7;

    memset(csd, 0, 16);
    set_bits(csd, 16, 112, 8, 0x0e);    /* TAAC */
    set_bits(csd, 16, 96, 8, 0x32);     /* TRAN_SPEED: 25 MHz */
    set_bits(csd, 16, 84, 12, 0x5b5);   /* CCC: classes of commands */
    set_bits(csd, 16, 46, 1, 1);        /* ERASE_BLK_EN */
    set_bits(csd, 16, 39, 7, 0x7f);     /* SECTOR_SIZE */
    set_bits(csd, 16, 26, 3, 2);        /* R2W_FACTOR */
    set_bits(csd, 16, 12, 1, block_read_only(s->drive)); /* TMP_WRITE_PROTECT */
    set_bits(csd, 16, 0, 1, 1);
    if (s->high_capacity) {
        set_bits(csd, 16, 126, 2, 1);   /* CSD_STRUCTURE: 2.0 */
        set_bits(csd, 16, 80, 4, 9);    /* READ_BL_LEN */
        set_bits(csd, 16, 48, 22, size / (512 * KiB) - 1);
        set_bits(csd, 16, 22, 4, 9);    /* WRITE_BL_LEN */
        return;
    }
    set_bits(csd, 16, 80, 4, block_bits);
    set_bits(csd, 16, 79, 1, 1);        /* READ_BL_PARTIAL */
    set_bits(csd, 16, 62, 12, (size >> (mult + 2 + block_bits)) - 1); /* C_SIZE */
    set_bits(csd, 16, 47, 3, mult);     /* C_SIZE_MULT */
    set_bits(csd, 16, 22, 4, block_bits);
}

static void make_scr(const struct sd_card *s, uint8_t scr[8])
{
    memset(scr, 0, 8);
    scr[0] = 0x02;                              /* version 2.00 or higher */
    scr[1] = s->high_capacity ? 0x35 : 0x25;    /* security; 1 and 4 bits */
    scr[2] = 0x80;                              /* 3.0 */
    scr[3] = 0x02;                              /* CMD23 */
}

/* What CMD6 answers; with switch, it is done. */
static void switch_functions(struct sd_card *s, uint32_t arg, uint8_t status[64])
{
    unsigned want = arg & 0xf, result = want == 0xf ? s->speed : want <= 1 ? want : 0xf;

    memset(status, 0, 64);
    status[1] = 1; /* mA */
    for (unsigned group = 0; group < 6; group++) { /* of 6 to 1: which functions there are */
        status[2 + 2 * group] = 0x80;
        status[3 + 2 * group] = group == 5 ? 0x03 : 0x01;
    }
    status[16] = result;
    if ((arg & 1u << 31) && result != 0xf)
        s->speed = result;
}

/* -- Transfers -- */

static void end_transfer(struct sd_card *s)
{
    s->transfer = NO_TRANSFER;
    s->state = TRAN;
    s->used = s->len = s->blocks = 0;
}

static void send_register(struct sd_card *s, const uint8_t *bytes, unsigned len)
{
    memcpy(s->buffer, bytes, len);
    s->used = 0;
    s->len = len;
    s->transfer = READ_REGISTER;
    s->state = DATA;
}

/* The argument of a command for blocks, in bytes. False with the error in the status. */
static bool block_address(struct sd_card *s, uint32_t arg, bool write)
{
    unsigned len = s->high_capacity || write ? BLOCK : s->block_len;

    s->addr = s->high_capacity ? (uint64_t)arg * BLOCK : arg;
    if (s->addr % BLOCK + len > BLOCK)
        s->status |= ADDRESS_ERROR;
    else if (s->addr >= block_size(s->drive))
        s->status |= OUT_OF_RANGE;
    else
        return true;
    return false;
}

static void begin_read(struct sd_card *s, uint32_t arg, bool multiple)
{
    uint32_t blocks = s->next_blocks;

    if (!block_address(s, arg, false))
        return;
    s->transfer = multiple ? READ_MULTIPLE : READ_SINGLE;
    s->blocks = multiple ? blocks : 1;
    s->state = DATA;
    s->used = s->len = 0;
}

static void begin_write(struct sd_card *s, uint32_t arg, bool multiple)
{
    uint32_t blocks = s->next_blocks;

    if (!block_address(s, arg, true))
        return;
    if (block_read_only(s->drive)) {
        s->status |= WP_VIOLATION;
        return;
    }
    s->transfer = multiple ? WRITE_MULTIPLE : WRITE_SINGLE;
    s->blocks = multiple ? blocks : 1;
    s->state = RCV;
    s->used = s->written = 0;
    s->len = BLOCK;
}

/* The next block to the buffer. False: there is none. */
static bool fill_buffer(struct sd_card *s)
{
    if (s->addr >= block_size(s->drive)) {
        s->status |= OUT_OF_RANGE;
        return false;
    }
    if (block_read_sync(s->drive, s->addr / BLOCK * BLOCK, s->buffer, BLOCK)) {
        s->status |= CARD_ERROR;
        return false;
    }
    s->used = s->addr % BLOCK; /* a standard capacity card reads parts of blocks too */
    s->len = s->high_capacity ? BLOCK : MIN(s->used + s->block_len, BLOCK);
    return true;
}

/* What is in the buffer is through. */
static void buffer_sent(struct sd_card *s)
{
    s->addr += s->len - s->addr % BLOCK;
    s->used = s->len = 0;
    if (s->blocks && --s->blocks == 0)
        end_transfer(s);
}

static bool write_buffer(struct sd_card *s)
{
    if (s->addr >= block_size(s->drive)) {
        s->status |= OUT_OF_RANGE;
        return false;
    }
    if (block_write_sync(s->drive, s->addr, s->buffer, BLOCK) ||
        (!block_write_cache(s->drive) && block_flush_sync(s->drive))) {
        s->status |= CARD_ERROR;
        return false;
    }
    s->addr += BLOCK;
    s->used = 0;
    s->written++;
    if (s->blocks && --s->blocks == 0)
        end_transfer(s);
    return true;
}

static void erase(struct sd_card *s)
{
    uint64_t unit = s->high_capacity ? BLOCK : 1, start = s->erase_start * unit, end = s->erase_end * unit + BLOCK;
    static const uint8_t zeros[64 * KiB];

    if (!s->erase_has_start || !s->erase_has_end || start % BLOCK || s->erase_end < s->erase_start) {
        s->status |= ERASE_SEQ_ERROR;
    } else if (end > block_size(s->drive)) {
        s->status |= OUT_OF_RANGE;
    } else if (block_read_only(s->drive)) {
        s->status |= WP_VIOLATION;
    } else {
        for (uint64_t at = start / BLOCK * BLOCK; at < end / BLOCK * BLOCK; at += sizeof(zeros))
            if (block_write_sync(s->drive, at, zeros, MIN(sizeof(zeros), end / BLOCK * BLOCK - at)))
                s->status |= CARD_ERROR;
    }
    s->erase_has_start = s->erase_has_end = false;
}

/* -- Commands -- */

/* The card status; errors are told once. */
static uint32_t card_status(struct sd_card *s, enum state before)
{
    uint32_t v = s->status | before << STATUS_STATE_SHIFT | STATUS_READY_FOR_DATA | (s->app_command ? STATUS_APP_CMD : 0);

    s->status = 0;
    return v;
}

static void go_idle(struct sd_card *s)
{
    state_reset(s->dev.type->state, s);
}

static bool states(const struct sd_card *s, unsigned set)
{
    return set >> s->state & 1;
}
#define IN(x) (1u << (x))

/* What one of its commands does; SD_NONE: it is illegal now, or has no response. */
typedef enum sd_response command_fn(struct sd_card *s, uint32_t arg, uint32_t word[4]);

static void long_response(const uint8_t reg[16], uint32_t word[4])
{
    for (unsigned i = 0; i < 4; i++)
        word[i] = (uint32_t)reg[4 * i] << 24 | reg[4 * i + 1] << 16 | reg[4 * i + 2] << 8 | reg[4 * i + 3];
    word[3] &= ~UINT32_C(0xff);
}

static enum sd_response illegal(struct sd_card *s)
{
    s->status |= ILLEGAL_COMMAND;
    return SD_NONE;
}

static enum sd_response all_send_cid(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    uint8_t cid[16];

    if (!states(s, IN(READY)))
        return illegal(s);
    s->state = IDENT;
    make_cid(cid);
    long_response(cid, word);
    return SD_R2;
}

static enum sd_response send_relative_address(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    uint32_t status;

    if (!states(s, IN(IDENT) | IN(STBY)))
        return illegal(s);
    status = card_status(s, s->state);
    s->rca += RCA_STEP;
    s->state = STBY;
    word[0] = (uint32_t)s->rca << 16 | (status >> 8 & 0xc000) | (status >> 6 & 0x2000) | (status & 0x1fff);
    return SD_R6;
}

static enum sd_response switch_function(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    uint8_t status[64];

    if (!states(s, IN(TRAN)))
        return illegal(s);
    word[0] = card_status(s, s->state);
    switch_functions(s, arg, status);
    send_register(s, status, sizeof(status));
    return SD_R1;
}

static enum sd_response select_card(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    bool mine = s->rca && arg >> 16 == s->rca;

    if (!states(s, IN(STBY) | IN(TRAN) | IN(DATA) | IN(PRG) | IN(DIS)))
        return illegal(s);
    if (!mine) { /* another card, or none: it is silent */
        end_transfer(s);
        s->state = STBY;
        return SD_NONE;
    }
    if (s->state != STBY)
        return illegal(s);
    word[0] = card_status(s, s->state);
    s->state = TRAN;
    return SD_R1;
}

static enum sd_response send_if_cond(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    if (!states(s, IN(IDLE)))
        return illegal(s);
    if ((arg >> 8 & 0xf) != 1) /* 2.7 to 3.6 V */
        return SD_NONE;
    word[0] = arg & 0xfff;
    return SD_R7;
}

static enum sd_response send_csd(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    uint8_t csd[16];

    if (!states(s, IN(STBY)) || arg >> 16 != s->rca)
        return states(s, IN(STBY)) ? SD_NONE : illegal(s);
    make_csd(s, csd);
    long_response(csd, word);
    return SD_R2;
}

static enum sd_response send_cid(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    uint8_t cid[16];

    if (!states(s, IN(STBY)) || arg >> 16 != s->rca)
        return states(s, IN(STBY)) ? SD_NONE : illegal(s);
    make_cid(cid);
    long_response(cid, word);
    return SD_R2;
}

static enum sd_response stop_transmission(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    if (!states(s, IN(DATA) | IN(RCV) | IN(TRAN)))
        return illegal(s);
    word[0] = card_status(s, s->state);
    end_transfer(s);
    return SD_R1;
}

static enum sd_response send_status(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    if (arg >> 16 != s->rca || states(s, IN(IDLE) | IN(READY) | IN(IDENT)))
        return SD_NONE;
    word[0] = card_status(s, s->state);
    return SD_R1;
}

static enum sd_response set_blocklen(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    if (!states(s, IN(TRAN)))
        return illegal(s);
    if (arg == 0 || arg > BLOCK)
        s->status |= BLOCK_LEN_ERROR;
    else
        s->block_len = arg;
    word[0] = card_status(s, s->state);
    return SD_R1;
}

static enum sd_response set_block_count(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    if (!states(s, IN(TRAN)))
        return illegal(s);
    s->next_blocks = arg & 0xffff;
    word[0] = card_status(s, s->state);
    return SD_R1;
}

/* CMD17, 18, 24 and 25. */
static enum sd_response transfer(struct sd_card *s, uint32_t arg, uint32_t word[4], bool write, bool multiple)
{
    enum state before = s->state;

    if (!states(s, IN(TRAN)))
        return illegal(s);
    if (write)
        begin_write(s, arg, multiple);
    else
        begin_read(s, arg, multiple);
    word[0] = card_status(s, before);
    return SD_R1;
}

static enum sd_response erase_range(struct sd_card *s, uint32_t arg, uint32_t word[4], bool end)
{
    if (!states(s, IN(TRAN)))
        return illegal(s);
    *(end ? &s->erase_end : &s->erase_start) = arg;
    *(end ? &s->erase_has_end : &s->erase_has_start) = true;
    word[0] = card_status(s, s->state);
    return SD_R1;
}

static enum sd_response erase_command(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    if (!states(s, IN(TRAN)))
        return illegal(s);
    erase(s);
    word[0] = card_status(s, s->state);
    return SD_R1;
}

static enum sd_response app_command(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    if (states(s, IN(READY) | IN(IDENT)) || arg >> 16 != s->rca)
        return SD_NONE;
    s->app_command = true;
    word[0] = card_status(s, s->state);
    return SD_R1;
}

static enum sd_response plain_command(struct sd_card *s, uint8_t command, uint32_t arg, uint32_t word[4])
{
    switch (command) {
    case 0: go_idle(s); return SD_NONE;
    case 2: return all_send_cid(s, arg, word);
    case 3: return send_relative_address(s, arg, word);
    case 6: return switch_function(s, arg, word);
    case 7: return select_card(s, arg, word);
    case 8: return send_if_cond(s, arg, word);
    case 9: return send_csd(s, arg, word);
    case 10: return send_cid(s, arg, word);
    case 12: return stop_transmission(s, arg, word);
    case 13: return send_status(s, arg, word);
    case 15: s->state = arg >> 16 == s->rca ? INACTIVE : s->state; return SD_NONE;
    case 16: return set_blocklen(s, arg, word);
    case 17: return transfer(s, arg, word, false, false);
    case 18: return transfer(s, arg, word, false, true);
    case 23: return set_block_count(s, arg, word);
    case 24: return transfer(s, arg, word, true, false);
    case 25: return transfer(s, arg, word, true, true);
    case 32: return erase_range(s, arg, word, false);
    case 33: return erase_range(s, arg, word, true);
    case 38: return erase_command(s, arg, word);
    case 55: return app_command(s, arg, word);
    }
    return illegal(s);
}

/* -- Application commands -- */

static enum sd_response send_op_cond(struct sd_card *s, uint32_t arg, uint32_t word[4])
{
    if (!states(s, IN(IDLE)))
        return illegal(s);
    if (arg & OCR_VOLTAGES) /* else it is only asked */
        s->state = READY;
    word[0] = OCR_VOLTAGES | (s->state == READY ? OCR_POWERED : 0) | (s->high_capacity ? OCR_HIGH_CAPACITY : 0);
    return SD_R3;
}

/* Those that send a register. */
static enum sd_response send_app_register(struct sd_card *s, uint8_t command, uint32_t word[4])
{
    uint8_t reg[64] = { 0 };
    unsigned len = command == 13 ? 64 : command == 22 ? 4 : 8;

    word[0] = card_status(s, s->state) | STATUS_APP_CMD;
    if (command == 13)
        reg[0] = s->bus_width << 6;
    else if (command == 22)
        set_bits(reg, 4, 0, 32, s->written);
    else
        make_scr(s, reg);
    send_register(s, reg, len);
    return SD_R1;
}

static enum sd_response app_specific(struct sd_card *s, uint8_t command, uint32_t arg, uint32_t word[4])
{
    if (command == 41)
        return send_op_cond(s, arg, word);
    if (command != 6 && command != 13 && command != 22 && command != 23 && command != 42 && command != 51)
        return plain_command(s, command, arg, word);
    if (!states(s, IN(TRAN)))
        return illegal(s);
    if (command == 13 || command == 22 || command == 51)
        return send_app_register(s, command, word);
    if (command == 6)
        s->bus_width = arg & 2;
    word[0] = card_status(s, s->state) | STATUS_APP_CMD;
    return SD_R1;
}

/* -- The bus -- */

static struct sd_card *enter(struct device *card)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&card->lock);
    return container_of(card, struct sd_card, dev);
}

static void leave(struct device *card)
{
    g_mutex_unlock(&card->lock);
    lock_order_leave(LOCK_CONTROLLER);
}

enum sd_response sd_command(struct device *card, uint8_t command, uint32_t arg, uint32_t word[4])
{
    enum sd_response r = SD_NONE;
    struct sd_card *s;
    bool app;

    if (!card)
        return SD_NONE;
    s = enter(card);
    app = s->app_command;
    s->app_command = false;
    if (s->state != INACTIVE)
        r = app ? app_specific(s, command, arg, word) : plain_command(s, command, arg, word);
    if (command != 23)
        s->next_blocks = 0;
    leave(card);
    return r;
}

static bool is_read(const struct sd_card *s)
{
    return s->transfer >= READ_REGISTER && s->transfer <= READ_MULTIPLE;
}

static bool is_write(const struct sd_card *s)
{
    return s->transfer == WRITE_SINGLE || s->transfer == WRITE_MULTIPLE;
}

bool sd_read_data(struct device *card, uint8_t *buf, size_t len)
{
    struct sd_card *s = card ? enter(card) : NULL;
    size_t n = 0;

    while (s && n < len && is_read(s) && (s->used < s->len || (s->transfer != READ_REGISTER && fill_buffer(s)))) {
        size_t part = MIN(len - n, s->len - s->used);
        memcpy(buf + n, s->buffer + s->used, part);
        n += part;
        s->used += part;
        if (s->used < s->len)
            continue;
        if (s->transfer == READ_REGISTER)
            end_transfer(s);
        else
            buffer_sent(s);
    }
    if (s)
        leave(card);
    memset(buf + n, 0, len - n);
    return n == len;
}

bool sd_write_data(struct device *card, const uint8_t *buf, size_t len)
{
    struct sd_card *s = card ? enter(card) : NULL;
    size_t n = 0;

    while (s && n < len && is_write(s)) {
        size_t part = MIN(len - n, BLOCK - s->used);
        memcpy(s->buffer + s->used, buf + n, part);
        n += part;
        s->used += part;
        if (s->used == BLOCK && !write_buffer(s))
            end_transfer(s);
    }
    if (s)
        leave(card);
    return n == len;
}

bool sd_sends(struct device *card)
{
    bool v = false;

    if (card) {
        v = is_read(enter(card));
        leave(card);
    }
    return v;
}

bool sd_receives(struct device *card)
{
    bool v = false;

    if (card) {
        v = is_write(enter(card));
        leave(card);
    }
    return v;
}

/* -- Life -- */

static bool sd_card_realize(struct device *d, GError **err)
{
    struct sd_card *s = container_of(d, struct sd_card, dev);
    uint64_t size;

    if (!s->drive) {
        fail(err, "%s: drive= is missing: expected the id of a -drive", d->type->name);
        return false;
    }
    size = block_size(s->drive);
    if (size < MIN_SIZE || size > MAX_SIZE || (size & (size - 1))) {
        fail(err, "Invalid SD card size: drive %s has %" PRIu64 " bytes, expected a power of 2 from 64 KiB to 128 GiB",
             block_name(s->drive), size);
        return false;
    }
    if (!block_claim(s->drive, d->id ? d->id : d->type->name, false, err))
        return false;
    s->high_capacity = size > STANDARD_MAX;
    return true;
}

static void sd_card_unrealize(struct device *d)
{
    block_release(container_of(d, struct sd_card, dev)->drive);
}

static const struct property sd_card_props[] = {
    PROP_NAMES("drive", struct sd_card, drive, block_prop, "the image: a -drive or -blockdev"),
    PROP_END,
};

static const struct state_row sd_card_fields[] = {
    FIELD(struct sd_card, state, IDLE),
    FIELD(struct sd_card, transfer, NO_TRANSFER),
    FIELD(struct sd_card, app_command, 0),
    FIELD_SAME(struct sd_card, high_capacity),
    FIELD(struct sd_card, rca, 0),
    FIELD(struct sd_card, status, 0),
    FIELD(struct sd_card, block_len, BLOCK),
    FIELD(struct sd_card, addr, 0),
    FIELD(struct sd_card, blocks, 0),
    FIELD(struct sd_card, next_blocks, 0),
    FIELD(struct sd_card, written, 0),
    FIELD(struct sd_card, erase_start, 0),
    FIELD(struct sd_card, erase_end, 0),
    FIELD(struct sd_card, erase_has_start, 0),
    FIELD(struct sd_card, erase_has_end, 0),
    FIELD(struct sd_card, bus_width, 0),
    FIELD(struct sd_card, speed, 0),
    FIELD_ARRAY(struct sd_card, buffer, 0),
    FIELD(struct sd_card, used, 0),
    FIELD(struct sd_card, len, 0),
    FIELD_END,
};

static bool sd_card_loaded(void *obj, unsigned version, GError **err)
{
    const struct sd_card *s = obj;

    if (s->state <= INACTIVE && s->transfer < TRANSFERS && s->len <= BLOCK && s->used <= s->len && s->block_len >= 1 &&
        s->block_len <= BLOCK && (!is_write(s) || (s->len == BLOCK && s->used < BLOCK && s->addr % BLOCK == 0)))
        return true;
    fail(err, "the card is in a state that it can't be in");
    return false;
}

static const struct state_table sd_card_state = {
    STATE_OF(struct sd_card),
    .version = 1,
    .rows = sd_card_fields,
    .loaded = sd_card_loaded,
};

const struct device_type sd_card_type = {
    .name = "sd-card",
    .desc = "SD memory card",
    .bus = &sd_bus,
    .size = sizeof(struct sd_card),
    .props = sd_card_props,
    .state = &sd_card_state,
    .realize = sd_card_realize,
    .unrealize = sd_card_unrealize,
};
