/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ide-hd and ide-cd: ATA disks, and CD-ROM drives whose packets scsi-disk.c carries out. Manual: T13's "ATA8-ACS". Not
 * modelled: addresses by cylinder, head and sector, SMART, security, power states that make a difference.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "block.h"
#include "ide.h"

extern const struct device_type scsi_cd_type;

/* -- Commands -- */

enum {
    DATA_SET_MANAGEMENT = 0x06, DEVICE_RESET = 0x08, READ_SECTORS = 0x20, READ_SECTORS_ONCE = 0x21, READ_SECTORS_EXT =
    0x24, READ_DMA_EXT = 0x25, READ_NATIVE_MAX_EXT = 0x27, READ_MULTIPLE_EXT = 0x29, READ_LOG_EXT = 0x2f,
    WRITE_SECTORS = 0x30, WRITE_SECTORS_ONCE = 0x31, WRITE_SECTORS_EXT = 0x34, WRITE_DMA_EXT = 0x35,
    WRITE_MULTIPLE_EXT = 0x39, WRITE_DMA_FUA_EXT = 0x3d, VERIFY = 0x40, VERIFY_ONCE = 0x41, VERIFY_EXT = 0x42,
    READ_FPDMA = 0x60, WRITE_FPDMA = 0x61, SEEK = 0x70, EXECUTE_DIAGNOSTIC = 0x90, INITIALIZE_PARAMETERS = 0x91,
    PACKET = 0xa0, IDENTIFY_PACKET = 0xa1, READ_MULTIPLE = 0xc4, WRITE_MULTIPLE = 0xc5, SET_MULTIPLE = 0xc6, READ_DMA
    = 0xc8, READ_DMA_ONCE = 0xc9, WRITE_DMA = 0xca, WRITE_DMA_ONCE = 0xcb, WRITE_MULTIPLE_FUA_EXT = 0xce,
    STANDBY_IMMEDIATE = 0xe0, IDLE_IMMEDIATE = 0xe1, STANDBY = 0xe2, IDLE = 0xe3, CHECK_POWER = 0xe5, SLEEP = 0xe6,
    FLUSH_CACHE = 0xe7, FLUSH_CACHE_EXT = 0xea, IDENTIFY = 0xec, SET_FEATURES = 0xef, READ_NATIVE_MAX = 0xf8,
};

enum { DEVICE_LBA = 0x40, DEVICE_FUA = 0x80 }; /* of the device register; FUA of queued commands */
enum { DSM_TRIM = 1 };
enum { SET_CACHE_ON = 0x02, SET_TRANSFER_MODE = 0x03, SET_LOOK_AHEAD_OFF = 0x55, SET_NO_DEFAULTS = 0x66,
       SET_CACHE_OFF = 0x82, SET_LOOK_AHEAD = 0xaa, SET_DEFAULTS = 0xcc };
enum { LOG_DIRECTORY = 0x00, LOG_NCQ_ERROR = 0x10 };

#define MAX_MULTIPLE 16
#define MAX_TRIM_BLOCKS 8
#define TRIM_RANGE 8 /* bytes: 48 bits of address, 16 of length */
#define DIAGNOSTIC_PASSED 1

struct ide_device {
    struct device dev;
    bool cd;
    uint8_t multiple; /* sectors of READ MULTIPLE; 0: not set */
    bool wce;         /* writes are cached */
    uint8_t ncq_log[IDE_SECTOR]; /* the queued command that failed last */
    struct scsi_bus bus; /* of a CD drive: what carries out packets */
    /* Properties. */
    struct block *drive;
    char *serial, *model, *ver, *write_cache;
    uint32_t unit, bootindex, logical_block_size, physical_block_size;
    uint64_t wwn;
    uint16_t rotation_rate;
    bool share_rw;
};

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = v;
    p[1] = v >> 8;
}

static void put_word(uint8_t *id, unsigned word, uint16_t v)
{
    put16(id + 2 * word, v);
}

static void put_words(uint8_t *id, unsigned word, unsigned n, uint64_t v)
{
    for (; n-- > 0; v >>= 16)
        put_word(id, word++, v);
}

/* Text, in whose words the bytes are swapped. */
static void put_text(uint8_t *id, unsigned word, unsigned words, const char *text)
{
    size_t len = strlen(text);

    for (unsigned i = 0; i < 2 * words; i++)
        id[2 * word + (i ^ 1)] = i < len ? text[i] : ' ';
}

/* -- The end of a command: always true, which says that it is done -- */

static bool good(struct ide_request *r)
{
    r->status = IDE_READY | IDE_SEEK_DONE;
    r->error = 0;
    return true;
}

static bool fail_command(struct ide_request *r, uint8_t error)
{
    r->status = IDE_READY | IDE_SEEK_DONE | IDE_ERR;
    r->error = error;
    r->transferred = 0;
    if (r->protocol != IDE_QUEUED)
        return true;
    uint8_t *log = r->dev->ncq_log, sum = 0;
    memset(log, 0, IDE_SECTOR);
    log[0] = r->count >> 3;
    log[2] = r->status;
    log[3] = error;
    for (unsigned i = 0; i < 3; i++) {
        log[4 + i] = r->lba >> 8 * i;
        log[8 + i] = r->lba >> 8 * (3 + i);
    }
    log[7] = r->device;
    for (unsigned i = 0; i < IDE_SECTOR - 1; i++)
        sum += log[i];
    log[IDE_SECTOR - 1] = -sum;
    return true;
}

/* Make the data exactly len bytes. False if there are fewer. */
static bool cut_data(struct ide_request *r, size_t len)
{
    for (unsigned i = 0; i < r->ndata; i++) {
        r->data[i].iov_len = MIN(r->data[i].iov_len, len);
        len -= r->data[i].iov_len;
        if (len == 0)
            r->ndata = i + 1;
    }
    return len == 0;
}

/* Answer with the bytes of a sector. */
static bool answer(struct ide_request *r, const uint8_t *buf)
{
    r->protocol = IDE_PIO_IN;
    if (r->to_device || !cut_data(r, IDE_SECTOR))
        return fail_command(r, IDE_ABORTED);
    for (unsigned i = 0; i < r->ndata; i++) {
        memcpy(r->data[i].iov_base, buf, r->data[i].iov_len);
        buf += r->data[i].iov_len;
    }
    r->transferred = IDE_SECTOR;
    return good(r);
}

/* -- Transfers -- */

static uint64_t sectors(const struct ide_device *d)
{
    return block_size(d->drive) / IDE_SECTOR;
}

bool ide_is_queued(uint8_t command)
{
    return command == READ_FPDMA || command == WRITE_FPDMA;
}

/* On a worker's thread. */
static void block_ended(void *opaque, int ret)
{
    struct ide_request *r = opaque;

    r->failed = ret < 0;
    r->done(r);
}

static void packet_ended(struct scsi_request *scsi)
{
    struct ide_request *r = container_of(scsi, struct ide_request, scsi);

    r->done(r);
}

static bool finish_packet(struct ide_request *r);

void ide_finish(struct ide_request *r)
{
    g_clear_pointer(&r->ranges, g_free);
    if (r->command == PACKET)
        finish_packet(r);
    else if (r->failed)
        fail_command(r, r->protocol != IDE_NO_DATA && !r->to_device ? IDE_UNCORRECTABLE : IDE_ABORTED);
    else
        good(r);
}

static bool in_range(struct ide_device *d, uint64_t lba, uint64_t n)
{
    return lba <= sectors(d) && n <= sectors(d) - lba;
}

/* Where and how much, as commands of 28 and of 48 bits say it. */
static uint64_t place(const struct ide_request *r, bool ext, uint64_t *n)
{
    if (ext) {
        *n = r->count ? r->count : 65536;
        return r->lba;
    }
    *n = r->count & 0xff ? r->count & 0xff : 256;
    return (r->lba & 0xffffff) | (uint64_t)(r->device & 0xf) << 24;
}

static bool transfer(struct ide_device *d, struct ide_request *r, uint64_t lba, uint64_t n, bool write, bool fua)
{
    if (!(r->device & DEVICE_LBA) || write != r->to_device || (write && block_read_only(d->drive)))
        return fail_command(r, IDE_ABORTED);
    if (!in_range(d, lba, n))
        return fail_command(r, IDE_NO_ID);
    if (!cut_data(r, n * IDE_SECTOR)) {
        device_guest_error(&d->dev, "command 0x%02x of %" PRIu64 " sectors: there is no room for them", r->command, n);
        return fail_command(r, IDE_ABORTED);
    }
    r->transferred = n * IDE_SECTOR;
    if (write)
        block_write(d->drive, lba * IDE_SECTOR, r->data, r->ndata, fua || !d->wce ? BLOCK_FUA : 0, block_ended, r);
    else
        block_read(d->drive, lba * IDE_SECTOR, r->data, r->ndata, block_ended, r);
    return false;
}

static bool simple_transfer(struct ide_device *d, struct ide_request *r, enum ide_protocol protocol, bool ext,
                            bool write, bool fua)
{
    uint64_t n, lba = place(r, ext, &n);

    r->protocol = protocol;
    return transfer(d, r, lba, n, write, fua);
}

static bool multiple(struct ide_device *d, struct ide_request *r, bool ext, bool write, bool fua)
{
    if (!d->multiple)
        return fail_command(r, IDE_ABORTED);
    return simple_transfer(d, r, write ? IDE_PIO_OUT : IDE_PIO_IN, ext, write, fua);
}

static bool queued(struct ide_device *d, struct ide_request *r, bool write)
{
    r->protocol = IDE_QUEUED;
    return transfer(d, r, r->lba, r->features ? r->features : 65536, write, r->device & DEVICE_FUA);
}

static bool verify(struct ide_device *d, struct ide_request *r, bool ext)
{
    uint64_t n, lba = place(r, ext, &n);

    if (!(r->device & DEVICE_LBA))
        return fail_command(r, IDE_ABORTED);
    return in_range(d, lba, n) ? good(r) : fail_command(r, IDE_NO_ID);
}

static bool flush(struct ide_device *d, struct ide_request *r)
{
    block_flush(d->drive, block_ended, r);
    return false;
}

static uint64_t range_start(const uint8_t *p)
{
    uint64_t v = 0;

    for (unsigned i = 6; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

static unsigned range_sectors(const uint8_t *p)
{
    return p[6] | p[7] << 8;
}

/* One range after the other; they were copied and checked. */
static void trim_next(void *opaque, int ret)
{
    struct ide_request *r = opaque;

    while (r->at < r->nranges && range_sectors(r->ranges + TRIM_RANGE * r->at) == 0)
        r->at++;
    if (ret < 0 || r->at == r->nranges) {
        block_ended(r, ret);
        return;
    }
    const uint8_t *p = r->ranges + TRIM_RANGE * r->at++;
    block_discard(r->dev->drive, range_start(p) * IDE_SECTOR, (uint64_t)range_sectors(p) * IDE_SECTOR, trim_next, r);
}

static bool trim(struct ide_device *d, struct ide_request *r)
{
    size_t len = (size_t)r->count * IDE_SECTOR, at = 0;

    r->protocol = IDE_DMA;
    if (!(r->features & DSM_TRIM) || !r->to_device || r->count == 0 || r->count > MAX_TRIM_BLOCKS ||
        !cut_data(r, len) || block_read_only(d->drive))
        return fail_command(r, IDE_ABORTED);
    r->ranges = g_malloc(len);
    for (unsigned i = 0; i < r->ndata; i++) {
        memcpy(r->ranges + at, r->data[i].iov_base, r->data[i].iov_len);
        at += r->data[i].iov_len;
    }
    r->at = 0;
    r->nranges = len / TRIM_RANGE;
    for (unsigned i = 0; i < r->nranges; i++) {
        const uint8_t *p = r->ranges + TRIM_RANGE * i;
        if (range_sectors(p) && !in_range(d, range_start(p), range_sectors(p))) {
            g_clear_pointer(&r->ranges, g_free);
            return fail_command(r, IDE_NO_ID);
        }
    }
    r->transferred = len;
    block_flush(d->drive, trim_next, r); /* on a worker from here on */
    return false;
}

/* -- What the device is -- */

static void put_strings(const struct ide_device *d, uint8_t *id)
{
    char number[24];

    snprintf(number, sizeof(number), "QM%05u", d->dev.slot + 1);
    put_text(id, 10, 10, d->serial ? d->serial : number);
    put_text(id, 23, 4, d->ver ? d->ver : "2.5+");
    put_text(id, 27, 20, d->model ? d->model : d->cd ? "QEMU DVD-ROM" : "QEMU HARDDISK");
}

/* A checksum makes the words whole. */
static void seal(uint8_t *id)
{
    uint8_t sum = 0xa5;

    id[510] = 0xa5;
    for (unsigned i = 0; i < 510; i++)
        sum += id[i];
    id[511] = -sum;
}

#define HEADS 16
#define TRACK 63

static void put_geometry(uint8_t *id, uint64_t n)
{
    uint64_t cylinders = MIN(n / (HEADS * TRACK), 16383);
    uint32_t chs = cylinders * HEADS * TRACK;

    put_word(id, 1, cylinders);
    put_word(id, 3, HEADS);
    put_word(id, 6, TRACK);
    put_word(id, 54, cylinders);
    put_word(id, 55, HEADS);
    put_word(id, 56, TRACK);
    put_words(id, 57, 2, chs);
}

static bool identify(struct ide_device *d, struct ide_request *r)
{
    const uint64_t n = sectors(d);
    uint8_t id[IDE_SECTOR] = { 0 };
    unsigned log2_physical = g_bit_storage(d->physical_block_size / IDE_SECTOR) - 1;

    put_word(id, 0, 0x0040); /* not removable */
    put_geometry(id, n);
    put_strings(d, id);
    put_word(id, 47, 0x8000 | MAX_MULTIPLE);
    put_word(id, 48, 1);
    put_word(id, 49, 0x0b00); /* IORDY, LBA, DMA */
    put_word(id, 50, 0x4000);
    put_word(id, 53, 7);      /* words 54 to 58, 64 to 70, 88 say something */
    put_word(id, 59, d->multiple ? 0x100 | d->multiple : 0);
    put_words(id, 60, 2, MIN(n, 0xfffffff));
    put_word(id, 63, 7);      /* multiword DMA */
    put_word(id, 64, 3);      /* PIO 3, 4 */
    for (unsigned i = 65; i <= 68; i++)
        put_word(id, i, 120); /* ns a cycle */
    put_word(id, 75, 31);     /* commands queued, less one */
    put_word(id, 76, 0x0102); /* NCQ; 1.5 Gb/s */
    put_word(id, 80, 0xf0);   /* ATA-4 to 7 */
    put_word(id, 82, 0x4020); /* NOP, write cache */
    put_word(id, 83, 0x7400); /* FLUSH CACHE (EXT), LBA48 */
    put_word(id, 84, 0x4060 | (d->wwn ? 0x100 : 0)); /* logs, FUA */
    put_word(id, 85, 0x4000 | (d->wce ? 0x20 : 0));
    put_word(id, 86, 0x3400);
    put_word(id, 87, 0x4060 | (d->wwn ? 0x100 : 0));
    put_word(id, 88, 0x203f); /* Ultra DMA 5 */
    put_word(id, 93, 0x6001);
    put_words(id, 100, 4, n);
    put_word(id, 105, MAX_TRIM_BLOCKS);
    put_word(id, 106, log2_physical ? 0x6000 | log2_physical : 0);
    for (unsigned i = 0; i < 4; i++)
        put_word(id, 108 + i, d->wwn >> 16 * (3 - i));
    put_word(id, 169, 1);     /* TRIM */
    put_word(id, 217, d->rotation_rate);
    seal(id);
    return answer(r, id);
}

static bool identify_packet(struct ide_device *d, struct ide_request *r)
{
    uint8_t id[IDE_SECTOR] = { 0 };

    put_word(id, 0, 0x85c0);  /* a removable CD-ROM, packets of 12 bytes */
    put_strings(d, id);
    put_word(id, 48, 1);
    put_word(id, 49, 0x0b00);
    put_word(id, 53, 7);
    put_word(id, 63, 7);
    put_word(id, 64, 3);
    for (unsigned i = 65; i <= 68; i++)
        put_word(id, i, 120);
    put_word(id, 76, 0x0002);
    put_word(id, 80, 0xf0);
    put_word(id, 82, 0x4010); /* packets */
    put_word(id, 83, 0x4000);
    put_word(id, 84, 0x4000);
    put_word(id, 85, 0x4010);
    put_word(id, 87, 0x4000);
    put_word(id, 88, 0x203f);
    put_word(id, 93, 0x6001);
    seal(id);
    return answer(r, id);
}

static bool read_log(struct ide_device *d, struct ide_request *r)
{
    uint8_t directory[IDE_SECTOR] = { 1 };

    r->protocol = IDE_PIO_IN;
    if (r->count != 1 || (r->lba >> 8 & 0xff) || (r->lba >> 32 & 0xff)) /* of one page, the first */
        return fail_command(r, IDE_ABORTED);
    if ((r->lba & 0xff) == LOG_NCQ_ERROR)
        return answer(r, d->ncq_log);
    put16(directory + 2 * LOG_NCQ_ERROR, 1);
    return (r->lba & 0xff) == LOG_DIRECTORY ? answer(r, directory) : fail_command(r, IDE_ABORTED);
}

/* -- Settings -- */

static bool set_multiple(struct ide_device *d, struct ide_request *r)
{
    uint8_t n = r->count;

    if (n > MAX_MULTIPLE || (n & (n - 1)))
        return fail_command(r, IDE_ABORTED);
    d->multiple = n;
    return good(r);
}

static bool set_features(struct ide_device *d, struct ide_request *r)
{
    switch (r->features & 0xff) {
    case SET_CACHE_ON:
        d->wce = true;
        return d->cd ? fail_command(r, IDE_ABORTED) : good(r);
    case SET_CACHE_OFF:
        d->wce = false;
        return d->cd ? fail_command(r, IDE_ABORTED) : flush(d, r);
    case SET_TRANSFER_MODE:
        switch (r->count >> 3 & 0x1f) {
        case 0: case 1: case 2: case 4: case 8: /* PIO, DMA, Ultra DMA: all the same here */
            return good(r);
        }
        return fail_command(r, IDE_ABORTED);
    case SET_LOOK_AHEAD:
    case SET_LOOK_AHEAD_OFF:
    case SET_DEFAULTS:
    case SET_NO_DEFAULTS:
        return good(r);
    default:
        return fail_command(r, IDE_ABORTED);
    }
}

static bool native_max(struct ide_device *d, struct ide_request *r, bool ext)
{
    uint64_t last = sectors(d) - 1;

    if (ext) {
        r->lba = last;
    } else {
        last = MIN(last, 0xffffffe);
        r->lba = last & 0xffffff;
        r->device = (r->device & 0xf0) | last >> 24;
    }
    return good(r);
}

/* -- Packets -- */

static bool finish_packet(struct ide_request *r)
{
    r->transferred = r->scsi.transferred;
    r->count = 3; /* command, from the device */
    if (r->scsi.status == SCSI_GOOD)
        return good(r);
    return fail_command(r, (r->scsi.sense[2] & 0xf) << 4 | IDE_ABORTED);
}

static bool packet(struct ide_device *d, struct ide_request *r)
{
    r->protocol = IDE_DMA;
    r->scsi = (struct scsi_request){ .done = packet_ended };
    memcpy(r->scsi.cdb, r->packet, 12);
    if (r->to_device) {
        r->scsi.out = r->data;
        r->scsi.nout = r->ndata;
    } else {
        r->scsi.in = r->data;
        r->scsi.nin = r->ndata;
    }
    return scsi_execute(&d->bus, 0, scsi_find(&d->bus, 0, 0), &r->scsi) && finish_packet(r);
}

/* -- All commands -- */

void ide_signature(struct ide_device *d, struct ide_request *r)
{
    d->multiple = 0;
    r->count = 1;
    r->lba = d->cd ? 0xeb1401 : 1;
    r->device = 0;
    r->error = DIAGNOSTIC_PASSED;
    r->status = d->cd ? 0 : IDE_READY | IDE_SEEK_DONE;
}

static bool diagnose(struct ide_device *d, struct ide_request *r)
{
    ide_signature(d, r);
    return true;
}

static bool execute_cd(struct ide_device *d, struct ide_request *r)
{
    switch (r->command) {
    case PACKET:
        return packet(d, r);
    case IDENTIFY_PACKET:
        return identify_packet(d, r);
    case DEVICE_RESET:
        return diagnose(d, r);
    case IDENTIFY: /* the signature says what to ask for instead */
    case READ_SECTORS:
        ide_signature(d, r);
        return fail_command(r, IDE_ABORTED);
    default:
        return fail_command(r, IDE_ABORTED);
    }
}

static bool execute_hd(struct ide_device *d, struct ide_request *r)
{
    switch (r->command) {
    case IDENTIFY:
        return identify(d, r);
    case READ_SECTORS:
    case READ_SECTORS_ONCE:
    case READ_SECTORS_EXT:
        return simple_transfer(d, r, IDE_PIO_IN, r->command == READ_SECTORS_EXT, false, false);
    case WRITE_SECTORS:
    case WRITE_SECTORS_ONCE:
    case WRITE_SECTORS_EXT:
        return simple_transfer(d, r, IDE_PIO_OUT, r->command == WRITE_SECTORS_EXT, true, false);
    case READ_DMA:
    case READ_DMA_ONCE:
    case READ_DMA_EXT:
        return simple_transfer(d, r, IDE_DMA, r->command == READ_DMA_EXT, false, false);
    case WRITE_DMA:
    case WRITE_DMA_ONCE:
        return simple_transfer(d, r, IDE_DMA, false, true, false);
    case WRITE_DMA_EXT:
    case WRITE_DMA_FUA_EXT:
        return simple_transfer(d, r, IDE_DMA, true, true, r->command == WRITE_DMA_FUA_EXT);
    case READ_MULTIPLE:
    case READ_MULTIPLE_EXT:
        return multiple(d, r, r->command == READ_MULTIPLE_EXT, false, false);
    case WRITE_MULTIPLE:
    case WRITE_MULTIPLE_EXT:
    case WRITE_MULTIPLE_FUA_EXT:
        return multiple(d, r, r->command != WRITE_MULTIPLE, true, r->command == WRITE_MULTIPLE_FUA_EXT);
    case READ_FPDMA:
    case WRITE_FPDMA:
        return queued(d, r, r->command == WRITE_FPDMA);
    case VERIFY:
    case VERIFY_ONCE:
    case VERIFY_EXT:
        return verify(d, r, r->command == VERIFY_EXT);
    case FLUSH_CACHE:
    case FLUSH_CACHE_EXT:
        return flush(d, r);
    case DATA_SET_MANAGEMENT:
        return trim(d, r);
    case READ_LOG_EXT:
        return read_log(d, r);
    case SET_MULTIPLE:
        return set_multiple(d, r);
    case READ_NATIVE_MAX:
    case READ_NATIVE_MAX_EXT:
        return native_max(d, r, r->command == READ_NATIVE_MAX_EXT);
    case SEEK:
    case INITIALIZE_PARAMETERS:
        return good(r);
    default:
        return fail_command(r, IDE_ABORTED);
    }
}

bool ide_execute(struct ide_device *d, struct ide_request *r)
{
    r->dev = d;
    r->protocol = IDE_NO_DATA;
    r->transferred = 0;
    r->failed = false;
    r->ranges = NULL;
    switch (r->command) {
    case EXECUTE_DIAGNOSTIC:
        return diagnose(d, r);
    case CHECK_POWER:
        r->count = 0xff; /* active */
        return good(r);
    case STANDBY_IMMEDIATE:
    case IDLE_IMMEDIATE:
    case STANDBY:
    case IDLE:
    case SLEEP:
        return good(r);
    case SET_FEATURES:
        return set_features(d, r);
    }
    return d->cd ? execute_cd(d, r) : execute_hd(d, r);
}

void ide_drain(struct ide_device *d)
{
    if (d->cd)
        scsi_drain(&d->bus);
    else
        block_drain(d->drive);
}

/* -- The bus -- */

static struct ide_bus *bus_of(const struct device *adapter)
{
    return (struct ide_bus *)((char *)adapter + adapter->type->bus_offset);
}

static bool check_unit(struct device *adapter, struct device *dev, GError **err)
{
    const struct ide_device *d = (struct ide_device *)dev;

    if (d->unit == 0 || d->unit == UINT32_MAX)
        return true;
    fail(err, "Can't create IDE unit %" PRIu32 ", bus supports only 1 units", d->unit);
    return false;
}

static void plug(struct device *adapter, struct device *d)
{
    bus_of(adapter)->drive[d->slot] = (struct ide_device *)d;
}

static void unplug(struct device *adapter, struct device *d)
{
    bus_of(adapter)->leaving(adapter, d->slot);
    bus_of(adapter)->drive[d->slot] = NULL;
}

const struct bus_type ide_bus_type = {
    .name = "IDE",
    .plain_name = "ide",
    .slots = IDE_PORTS,
    .numbered = true,
    .address = check_unit,
    .plug = plug,
    .unplug = unplug,
};

/* The place of what carries out packets on a CD drive. */
static bool name_product(struct device *cd, struct device *scsi, GError **err)
{
    const struct ide_device *d = (struct ide_device *)cd;

    return device_set_prop(scsi, "product", d->model ? d->model : "QEMU DVD-ROM", err);
}

static void plug_scsi(struct device *cd, struct device *scsi)
{
    g_ptr_array_add(((struct ide_device *)cd)->bus.devices, scsi);
}

static void unplug_scsi(struct device *cd, struct device *scsi)
{
    g_ptr_array_remove(((struct ide_device *)cd)->bus.devices, scsi);
}

static const struct bus_type packet_place = { .name = "ATAPI", .slots = 1, .address = name_product, .plug = plug_scsi,
                                              .unplug = unplug_scsi };

/* -- The devices -- */

static bool first_wce(const struct ide_device *d)
{
    const char *cache = d->write_cache ? d->write_cache : "auto";

    return d->drive && (!strcmp(cache, "auto") ? block_write_cache(d->drive) : !strcmp(cache, "on"));
}

static bool check_props(const struct ide_device *d, GError **err)
{
    const char *cache = d->write_cache ? d->write_cache : "auto";
    uint32_t p = d->physical_block_size;

    if (!d->drive)
        fail(err, "device ide-hd: drive property not set");
    else if (block_size(d->drive) < IDE_SECTOR)
        fail(err, "device ide-hd: the drive is empty");
    else if (d->logical_block_size != IDE_SECTOR)
        fail(err, "logical_block_size must be 512 for IDE");
    else if (p < IDE_SECTOR || p > 2 * MiB || (p & (p - 1)))
        fail(err, "device ide-hd: physical_block_size=%" PRIu32 ": expected a power of two from 512 to 2097152", p);
    else if (strcmp(cache, "on") && strcmp(cache, "off") && strcmp(cache, "auto"))
        fail(err, "device ide-hd: write-cache=%s: expected on, off or auto", cache);
    else
        return true;
    return false;
}

static bool realize_hd(struct device *dev, GError **err)
{
    struct ide_device *d = (struct ide_device *)dev;

    return check_props(d, err) && block_claim(d->drive, dev->id ? dev->id : dev->type->name, false, err);
}

static void unrealize_hd(struct device *dev)
{
    block_release(((struct ide_device *)dev)->drive);
}

static bool realize_cd(struct device *dev, GError **err)
{
    struct ide_device *d = (struct ide_device *)dev;

    d->cd = true;
    scsi_bus_init(&d->bus, 0, 0);
    return true;
}

static void unrealize_cd(struct device *dev)
{
    scsi_bus_fini(&((struct ide_device *)dev)->bus);
}

static void reset(struct device *dev)
{
    struct ide_device *d = (struct ide_device *)dev;

    d->wce = first_wce(d);
}

#define DISK(n, member, kind, d, help) PROP_NAMED(n, struct ide_device, member, kind, d, NULL, help)
#define DRIVE_PROPS                                                                                                    \
    DISK("unit", unit, U32, UINT32_MAX, "accepted: there is one at a port, 0"),                                        \
    DISK("model", model, STRING, 0, "at most 40 characters"), DISK("ver", ver, STRING, 0, "at most 8 characters"),     \
    DISK("serial", serial, STRING, 0, "serial number, at most 20 characters")

static const struct property hd_props[] = {
    DRIVE_PROPS,
    PROP_NAMES("drive", struct ide_device, drive, block_prop, "the drive or node"),
    DISK("wwn", wwn, U64, 0, "world wide name (0: none)"),
    DISK("logical_block_size", logical_block_size, U32, 512, "accepted: it is 512"),
    DISK("physical_block_size", physical_block_size, U32, 512, "best transfer in bytes"),
    DISK("rotation_rate", rotation_rate, U16, 0, "a minute; 1: it does not rotate; 0: not told"),
    DISK("write-cache", write_cache, STRING, 0, "the cache the guest sees: on, off or auto (as the drive's cache=)"),
    DISK("share-rw", share_rw, BOOL, 0, "accepted: what others may do is said by file.locking of the drive"),
    DISK("bootindex", bootindex, U32, UINT32_MAX, "its place among what firmware boots from, 0 first (default: none)"),
    PROP_END,
};
static const struct property cd_props[] = { DRIVE_PROPS, PROP_END };

static const struct state_row fields[] = {
    FIELD_SAME(struct ide_device, cd),
    FIELD(struct ide_device, multiple, 0),
    FIELD_KEEP(struct ide_device, wce), /* reset() */
    FIELD_ARRAY(struct ide_device, ncq_log, 0),
    FIELD_NONE(struct ide_device, bus, "wiring"),
    FIELD_END,
};

static void identity(const void *obj, GString *out)
{
    const struct ide_device *d = obj;

    if (d->drive)
        g_string_append_printf(out, "bytes=%" PRIu64 ",read-only=%d", block_size(d->drive), block_read_only(d->drive));
}

static const struct state_table state = {
    STATE_OF(struct ide_device),
    .version = 1,
    .rows = fields,
    .identity = identity,
};

const struct device_type ide_hd_type = {
    .name = "ide-hd",
    .desc = "ATA disk",
    .bus = &ide_bus_type,
    .size = sizeof(struct ide_device),
    .props = hd_props,
    .state = &state,
    .realize = realize_hd,
    .reset = reset,
    .unrealize = unrealize_hd,
};

const struct device_type ide_cd_type = {
    .name = "ide-cd",
    .desc = "ATAPI CD-ROM drive",
    .bus = &ide_bus_type,
    .provides_bus = &packet_place,
    .inner = &scsi_cd_type,
    .size = sizeof(struct ide_device),
    .props = cd_props,
    .state = &state,
    .realize = realize_cd,
    .reset = reset,
    .unrealize = unrealize_cd,
};
