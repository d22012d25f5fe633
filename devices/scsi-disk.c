/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scsi-hd and scsi-cd: disks and CDs by SCSI commands. Manuals: T10's SPC-3, SBC-3 (disks), MMC-6 (CDs: data only).
 * Not modelled: reservations and their like, changes of the mode pages but for the write cache.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "block.h"
#include "block-medium.h"
#include "scsi.h"

/* -- Commands -- */

enum {
    TEST_UNIT_READY = 0x00, REQUEST_SENSE = 0x03, READ_6 = 0x08, WRITE_6 = 0x0a, INQUIRY = 0x12, MODE_SELECT_6 = 0x15,
    MODE_SENSE_6 = 0x1a, START_STOP = 0x1b, PREVENT_REMOVAL = 0x1e, READ_CAPACITY_10 = 0x25, READ_10 = 0x28,
    WRITE_10 = 0x2a, WRITE_VERIFY_10 = 0x2e, VERIFY_10 = 0x2f, SYNCHRONIZE_10 = 0x35, WRITE_SAME_10 = 0x41, UNMAP = 0x42,
    READ_TOC = 0x43, GET_CONFIGURATION = 0x46, GET_EVENT_STATUS = 0x4a, READ_DISC_INFORMATION = 0x51,
    MODE_SELECT_10 = 0x55, MODE_SENSE_10 = 0x5a, READ_16 = 0x88, WRITE_16 = 0x8a, WRITE_VERIFY_16 = 0x8e,
    VERIFY_16 = 0x8f, SYNCHRONIZE_16 = 0x91, WRITE_SAME_16 = 0x93, SERVICE_ACTION_IN = 0x9e, REPORT_LUNS = 0xa0,
    READ_12 = 0xa8, WRITE_12 = 0xaa, SET_CD_SPEED = 0xbb,
};
#define READ_CAPACITY_16 0x10 /* a service action */

/* Sense: key, code, qualifier. */
#define SENSE(key, asc, ascq) ((key) << 16 | (asc) << 8 | (ascq))
enum {
    NO_SENSE = 0,
    NO_MEDIUM = SENSE(2, 0x3a, 0),
    MUST_STAY_EMPTY = SENSE(2, 0x53, 2),
    READ_ERROR = SENSE(3, 0x11, 0),
    WRITE_ERROR = SENSE(3, 0x0c, 0),
    INVALID_COMMAND = SENSE(5, 0x20, 0),
    OUT_OF_RANGE = SENSE(5, 0x21, 0),
    INVALID_FIELD = SENSE(5, 0x24, 0),
    NO_SUCH_UNIT = SENSE(5, 0x25, 0),
    INVALID_PARAMETERS = SENSE(5, 0x26, 0),
    SHORT_PARAMETERS = SENSE(5, 0x1a, 0),
    MUST_STAY = SENSE(5, 0x53, 2),
    MEDIUM_CHANGED = SENSE(6, 0x28, 0),
    WAS_RESET = SENSE(6, 0x29, 0),
    MEDIUM_LEFT = SENSE(6, 0x3a, 0),
    WRITE_PROTECTED = SENSE(7, 0x27, 0),
};

#define CD_BLOCK 2048
#define MAX_ANSWER 1024
#define MAX_UNMAP_RANGES 255
#define MAX_SAME_BLOCKS 0x400000 /* of one WRITE SAME */

enum attention { ATTENTION_RESET = 1, ATTENTION_LEFT = 2, ATTENTION_CHANGED = 4 };
enum media_event { EVENT_NONE, EVENT_EJECT_REQUEST, EVENT_NEW_MEDIA }; /* MMC-6's codes */

struct scsi_device {
    struct device dev;
    bool cd;
    unsigned id, lun;
    uint8_t attention; /* what the guest is to hear of: enum attention, the lowest first */
    bool locked;    /* the medium, by PREVENT REMOVAL */
    bool tray_open;
    uint8_t event;  /* enum media_event: what GET EVENT STATUS is to tell */
    bool wce;       /* writes are cached */
    uint32_t last_sense;
    GMutex busy_lock; /* guards: */
    unsigned busy;    /* requests under way; */
    GCond idle;       /* there is none */
    /* Properties. */
    struct block *drive;
    char *serial, *vendor, *product, *ver, *write_cache;
    uint32_t scsi_id, scsi_lun, channel; /* UINT32_MAX: any */
    uint32_t logical_block_size, physical_block_size, bootindex;
    uint64_t wwn;
    bool removable, share_rw;
};

/* -- Big-endian fields -- */

static uint16_t get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint64_t get64(const uint8_t *p)
{
    return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = v >> 8;
    p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

static void put64(uint8_t *p, uint64_t v)
{
    put32(p, v >> 32);
    put32(p + 4, v);
}

/* -- The end of a command: always true, which says that it is done -- */

static bool good(struct scsi_request *r)
{
    r->status = SCSI_GOOD;
    return true;
}

static bool check(struct scsi_request *r, uint32_t sense)
{
    r->status = SCSI_CHECK_CONDITION;
    memset(r->sense, 0, sizeof(r->sense));
    r->sense[0] = 0x70;
    r->sense[2] = sense >> 16;
    r->sense[7] = SCSI_SENSE_BYTES - 8;
    r->sense[12] = sense >> 8;
    r->sense[13] = sense;
    if (r->dev)
        r->dev->last_sense = sense;
    return true;
}

/* An answer of len bytes, of which the command wants no more than room. */
static bool answer(struct scsi_request *r, const uint8_t *buf, size_t len, size_t room)
{
    r->transferred = 0;
    len = MIN(len, room);
    for (unsigned i = 0; i < r->nin && len > 0; i++) {
        size_t n = MIN(len, r->in[i].iov_len);
        memcpy(r->in[i].iov_base, buf, n);
        r->transferred += n;
        buf += n;
        len -= n;
    }
    return good(r);
}

/* Copy parameters that come with the command. False if they are fewer. */
static bool take(const struct scsi_request *r, uint8_t *buf, size_t len)
{
    for (unsigned i = 0; i < r->nout && len > 0; i++) {
        size_t n = MIN(len, r->out[i].iov_len);
        memcpy(buf, r->out[i].iov_base, n);
        buf += n;
        len -= n;
    }
    return len == 0;
}

/* -- Transfers -- */

static uint32_t block_bytes(const struct scsi_device *d)
{
    return d->cd ? CD_BLOCK : d->logical_block_size;
}

/* There is a medium, and it can be reached. */
static bool ready(const struct scsi_device *d)
{
    return !d->tray_open && block_inserted(d->drive);
}

static uint64_t nblocks(const struct scsi_device *d)
{
    return ready(d) ? block_size(d->drive) / block_bytes(d) : 0;
}

static void begin(struct scsi_device *d)
{
    g_mutex_lock(&d->busy_lock);
    d->busy++;
    g_mutex_unlock(&d->busy_lock);
}

static void end(struct scsi_request *r)
{
    struct scsi_device *d = r->dev;

    g_clear_pointer(&r->params, g_free);
    r->done(r); /* r is gone */
    g_mutex_lock(&d->busy_lock);
    if (--d->busy == 0)
        g_cond_broadcast(&d->idle);
    g_mutex_unlock(&d->busy_lock);
}

static bool is_write(uint8_t op)
{
    return op == WRITE_6 || op == WRITE_10 || op == WRITE_12 || op == WRITE_16 || op == WRITE_VERIFY_10 ||
           op == WRITE_VERIFY_16 || op == WRITE_SAME_10 || op == WRITE_SAME_16 || op == UNMAP || op == SYNCHRONIZE_10 ||
           op == SYNCHRONIZE_16;
}

static void block_ended(void *opaque, int ret)
{
    struct scsi_request *r = opaque;

    if (ret < 0)
        check(r, is_write(r->cdb[0]) ? WRITE_ERROR : READ_ERROR);
    else
        good(r);
    end(r);
}

/* The command's first block and number of blocks, by its group. */
static uint64_t first_block(const uint8_t *cdb, uint64_t *n)
{
    switch (cdb[0] >> 5) {
    case 0:
        *n = cdb[4] ? cdb[4] : 256;
        return get32(cdb) & 0x1fffff;
    case 4:
        *n = get32(cdb + 10);
        return get64(cdb + 2);
    case 5:
        *n = get32(cdb + 6);
        return get32(cdb + 2);
    default:
        *n = get16(cdb + 7);
        return get32(cdb + 2);
    }
}

static bool in_range(const struct scsi_device *d, uint64_t block, uint64_t n)
{
    return block <= nblocks(d) && n <= nblocks(d) - block;
}

/* iovecs of exactly len bytes, in r->params; NULL: there are fewer. */
static struct iovec *window(struct scsi_request *r, const struct iovec *iov, unsigned n, size_t len, unsigned *count)
{
    struct iovec *to = g_new(struct iovec, n + 1);

    *count = 0;
    for (unsigned i = 0; i < n && len > 0; i++) {
        size_t part = MIN(len, iov[i].iov_len);
        if (part)
            to[(*count)++] = (struct iovec){ iov[i].iov_base, part };
        len -= part;
    }
    if (len > 0) {
        g_free(to);
        return NULL;
    }
    r->params = (uint8_t *)to;
    return to;
}

static bool transfer(struct scsi_device *d, struct scsi_request *r, bool write)
{
    uint64_t n, block = first_block(r->cdb, &n);
    const bool group0 = r->cdb[0] >> 5 == 0;
    bool fua = !group0 && (r->cdb[1] & 8);
    unsigned count;

    if (write && block_read_only(d->drive))
        return check(r, WRITE_PROTECTED);
    if (!group0 && (r->cdb[1] & 0xe0)) /* protection information */
        return check(r, INVALID_FIELD);
    if (!in_range(d, block, n))
        return check(r, OUT_OF_RANGE);
    if (n == 0)
        return good(r);
    size_t len = n * block_bytes(d);
    struct iovec *iov = write ? window(r, r->out, r->nout, len, &count) : window(r, r->in, r->nin, len, &count);
    if (!iov)
        return check(r, INVALID_FIELD);
    r->transferred = len;
    begin(d);
    if (write)
        block_write(d->drive, block * block_bytes(d), iov, count, fua || !d->wce ? BLOCK_FUA : 0, block_ended, r);
    else
        block_read(d->drive, block * block_bytes(d), iov, count, block_ended, r);
    return false;
}

static bool verify(const struct scsi_device *d, struct scsi_request *r)
{
    uint64_t n, block = first_block(r->cdb, &n);

    if (r->cdb[1] & 6) /* bytes to compare with */
        return check(r, INVALID_FIELD);
    return in_range(d, block, n) ? good(r) : check(r, OUT_OF_RANGE);
}

static bool synchronize(struct scsi_device *d, struct scsi_request *r)
{
    begin(d);
    block_flush(d->drive, block_ended, r);
    return false;
}

/* Zeros, with or without giving the space back: other contents are not supported. */
static bool write_same(struct scsi_device *d, struct scsi_request *r)
{
    uint64_t n, block = first_block(r->cdb, &n);
    bool no_data = r->cdb[0] == WRITE_SAME_16 && (r->cdb[1] & 1), unmap = r->cdb[1] & 8;
    uint32_t size = block_bytes(d);

    if (block_read_only(d->drive))
        return check(r, WRITE_PROTECTED);
    if (n == 0 && in_range(d, block, 0))
        n = nblocks(d) - block;
    if (!in_range(d, block, n) || n > MAX_SAME_BLOCKS)
        return check(r, in_range(d, block, n) ? INVALID_FIELD : OUT_OF_RANGE);
    if (!no_data) {
        g_autofree uint8_t *buf = g_malloc(size);
        if (!take(r, buf, size) || buf[0] || memcmp(buf, buf + 1, size - 1))
            return check(r, INVALID_FIELD);
        r->transferred = size;
    }
    begin(d);
    block_write_zeroes(d->drive, block * size, n * size, (unmap ? BLOCK_MAY_UNMAP : 0) | (d->wce ? 0 : BLOCK_FUA),
                       block_ended, r);
    return false;
}

/* One range after the other; the parameters were copied and checked. */
static void unmap_next(void *opaque, int ret)
{
    struct scsi_request *r = opaque;
    const uint8_t *p = r->params + r->at;
    const uint32_t size = block_bytes(r->dev);

    if (ret < 0 || r->at == r->end) {
        block_ended(r, ret);
        return;
    }
    r->at += 16;
    block_discard(r->dev->drive, get64(p) * size, (uint64_t)get32(p + 8) * size, unmap_next, r);
}

static bool unmap(struct scsi_device *d, struct scsi_request *r)
{
    size_t len = get16(r->cdb + 7);

    if (block_read_only(d->drive))
        return check(r, WRITE_PROTECTED);
    if (r->cdb[1] & 1) /* anchored */
        return check(r, INVALID_FIELD);
    if (len == 0)
        return good(r);
    uint8_t *p = g_malloc(MAX(len, 8));
    size_t ranges = 0;
    if (len >= 8 && take(r, p, len))
        ranges = get16(p + 2);
    bool ok = len >= 8 && ranges % 16 == 0 && ranges <= len - 8 && get16(p) >= ranges + 6;
    for (size_t at = 8; ok && at < 8 + ranges; at += 16)
        if (!in_range(d, get64(p + at), get32(p + at + 8))) {
            g_free(p);
            return check(r, OUT_OF_RANGE);
        }
    if (!ok || ranges / 16 > MAX_UNMAP_RANGES) {
        g_free(p);
        return check(r, len < 8 ? SHORT_PARAMETERS : INVALID_PARAMETERS);
    }
    r->params = p;
    r->transferred = len;
    r->at = 8;
    r->end = 8 + ranges;
    begin(d);
    block_flush(d->drive, unmap_next, r); /* on a worker from here on */
    return false;
}

/* -- What the device is -- */

static void put_text(uint8_t *to, size_t len, const char *text)
{
    memset(to, ' ', len);
    memcpy(to, text, MIN(len, strlen(text)));
}

/* Vital product data. */
static bool inquiry_page(const struct scsi_device *d, struct scsi_request *r)
{
    uint8_t b[MAX_ANSWER] = { d->cd ? 5 : 0, r->cdb[2] };
    const char *serial = d->serial ? d->serial : "";
    size_t n = 4, len = MIN(strlen(serial), 36);

    switch (r->cdb[2]) {
    case 0x00: {
        static const uint8_t pages[] = { 0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2 };
        for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
            if ((pages[i] != 0x80 || *serial) && (pages[i] < 0xb0 || !d->cd))
                b[n++] = pages[i];
        break;
    }
    case 0x80:
        if (!*serial)
            return check(r, INVALID_FIELD);
        memcpy(b + n, serial, len);
        n += len;
        break;
    case 0x83:
        if (*serial) { /* ASCII, the vendor's */
            b[n] = 2;
            b[n + 3] = len;
            memcpy(b + n + 4, serial, len);
            n += 4 + len;
        }
        if (d->wwn) { /* binary, NAA */
            b[n] = 1;
            b[n + 1] = 3;
            b[n + 3] = 8;
            put64(b + n + 4, d->wwn);
            n += 12;
        }
        break;
    case 0xb0: /* block limits */
        if (d->cd)
            return check(r, INVALID_FIELD);
        n = 64;
        b[4] = 1; /* WRITE SAME must say how many */
        put32(b + 20, MAX_SAME_BLOCKS);
        put32(b + 24, MAX_UNMAP_RANGES);
        put32(b + 28, d->physical_block_size / d->logical_block_size);
        put64(b + 36, MAX_SAME_BLOCKS);
        break;
    case 0xb1: /* characteristics: no rotation is told */
        if (d->cd)
            return check(r, INVALID_FIELD);
        n = 64;
        break;
    case 0xb2: /* provisioning: UNMAP and both WRITE SAME, thin */
        if (d->cd)
            return check(r, INVALID_FIELD);
        n = 8;
        b[5] = 0xe0;
        b[6] = 2;
        break;
    default:
        return check(r, INVALID_FIELD);
    }
    put16(b + 2, n - 4);
    return answer(r, b, n, get16(r->cdb + 3));
}

static bool inquiry(const struct scsi_device *d, struct scsi_request *r)
{
    uint8_t b[36] = { 0 };

    if (r->cdb[1] & 1)
        return d ? inquiry_page(d, r) : check(r, INVALID_FIELD);
    if (r->cdb[2])
        return check(r, INVALID_FIELD);
    b[0] = !d ? 0x7f : d->cd ? 5 : 0;
    b[1] = d && d->removable ? 0x80 : 0;
    b[2] = 5;    /* SPC-3 */
    b[3] = 0x12; /* hierarchical addresses, answers in today's format */
    b[4] = sizeof(b) - 5;
    b[7] = 0x12; /* several commands at once */
    put_text(b + 8, 8, d && d->vendor ? d->vendor : "QEMU");
    put_text(b + 16, 16, d && d->product ? d->product : d && d->cd ? "QEMU CD-ROM" : "QEMU HARDDISK");
    put_text(b + 32, 4, d && d->ver ? d->ver : "2.5+");
    return answer(r, b, sizeof(b), get16(r->cdb + 3));
}

static bool report_luns(const struct scsi_bus *bus, unsigned id, struct scsi_request *r)
{
    g_autoptr(GByteArray) b = g_byte_array_new();
    uint8_t entry[8] = { 0 };
    uint32_t room = get32(r->cdb + 6);

    if (room < 16 || r->cdb[2] > 2)
        return check(r, INVALID_FIELD);
    g_byte_array_append(b, entry, 8);
    g_byte_array_append(b, entry, 8); /* unit 0 is always told */
    for (guint i = 0; i < bus->devices->len; i++) {
        const struct scsi_device *d = g_ptr_array_index(bus->devices, i);
        if (d->id != id || d->lun == 0)
            continue;
        put16(entry, d->lun < 256 ? d->lun : 0x4000 | d->lun);
        g_byte_array_append(b, entry, 8);
    }
    put32(b->data, b->len - 8);
    return answer(r, b->data, b->len, room);
}

static bool read_capacity(const struct scsi_device *d, struct scsi_request *r)
{
    uint8_t b[32] = { 0 };
    uint64_t n = nblocks(d);

    if (n == 0)
        return check(r, NO_MEDIUM);
    if (r->cdb[0] == READ_CAPACITY_10) {
        put32(b, MIN(n - 1, UINT32_MAX));
        put32(b + 4, block_bytes(d));
        return answer(r, b, 8, 8);
    }
    if ((r->cdb[1] & 0x1f) != READ_CAPACITY_16)
        return check(r, INVALID_FIELD);
    put64(b, n - 1);
    put32(b + 8, block_bytes(d));
    if (!d->cd) {
        b[13] = g_bit_storage(d->physical_block_size / d->logical_block_size) - 1;
        b[14] = 0xc0; /* thin, zeros after UNMAP */
    }
    return answer(r, b, sizeof(b), get32(r->cdb + 10));
}

/* -- Mode pages -- */

/* Append a page; false if there is no such. */
static bool mode_page(const struct scsi_device *d, uint8_t page, bool changeable, uint8_t *b, size_t *n)
{
    uint8_t *p = b + *n;

    switch (page) {
    case 0x01: /* recovery from errors */
        p[1] = 10;
        p[2] = changeable ? 0 : 0x80;
        if (d->cd && !changeable)
            p[3] = 0x20;
        break;
    case 0x08: /* caching */
        p[1] = 18;
        p[2] = changeable || d->wce ? 4 : 0;
        break;
    case 0x2a: /* what a CD drive can do */
        if (!d->cd)
            return false;
        p[1] = 20;
        if (changeable)
            break;
        p[2] = 0x3b; /* reads CD-R, CD-RW, DVD-ROM, DVD-R */
        p[4] = 0x7f;
        p[5] = 0xff;
        p[6] = 0x2d | (d->locked ? 2 : 0); /* a tray that locks and ejects */
        put16(p + 8, 50 * 176);
        put16(p + 10, 2);
        put16(p + 12, 2048);
        put16(p + 14, 16 * 176);
        break;
    default:
        return false;
    }
    p[0] = page;
    *n += 2 + p[1];
    return true;
}

static bool mode_sense(const struct scsi_device *d, struct scsi_request *r)
{
    bool six = r->cdb[0] == MODE_SENSE_6, no_descriptor = (r->cdb[1] & 8) || d->cd;
    uint8_t b[256] = { 0 }, page = r->cdb[2] & 0x3f, control = r->cdb[2] >> 6;
    size_t n = six ? 4 : 8;

    if (control == 3) /* saved values */
        return check(r, SENSE(5, 0x39, 0));
    if (!d->cd)
        b[six ? 2 : 3] = 0x10 | (block_read_only(d->drive) ? 0x80 : 0); /* forced unit access */
    if (!no_descriptor) {
        b[six ? 3 : 7] = 8;
        put32(b + n, MIN(nblocks(d), 0xffffff));
        put32(b + n + 4, block_bytes(d));
        n += 8;
    }
    if (page == 0x3f) {
        for (uint8_t i = 0; i < 0x3f; i++)
            mode_page(d, i, control == 1, b, &n);
    } else if (r->cdb[3] || !mode_page(d, page, control == 1, b, &n)) {
        return check(r, INVALID_FIELD);
    }
    if (six)
        b[0] = n - 1;
    else
        put16(b, n - 2);
    return answer(r, b, n, six ? r->cdb[4] : get16(r->cdb + 7));
}

/* Only the write cache can be switched. */
static bool mode_select(struct scsi_device *d, struct scsi_request *r)
{
    bool six = r->cdb[0] == MODE_SELECT_6;
    uint8_t b[256];
    size_t len = six ? r->cdb[4] : get16(r->cdb + 7), at = six ? 4 : 8;

    if (len == 0)
        return good(r);
    if (!(r->cdb[1] & 0x10) || (r->cdb[1] & 1)) /* pages, not saved */
        return check(r, INVALID_FIELD);
    if (len > sizeof(b) || len < at || !take(r, b, len))
        return check(r, SHORT_PARAMETERS);
    at += six ? b[3] : get16(b + 6);
    bool wce = d->wce;
    while (at < len) {
        if (len - at < 2 || b[at + 1] > len - at - 2)
            return check(r, SHORT_PARAMETERS);
        if ((b[at] & 0x3f) == 8 && b[at + 1] >= 1)
            wce = b[at + 2] & 4;
        else if ((b[at] & 0x3f) != 1)
            return check(r, INVALID_PARAMETERS);
        at += 2 + b[at + 1];
    }
    r->transferred = len;
    bool flush = d->wce && !wce;
    d->wce = wce;
    return flush && ready(d) ? synchronize(d, r) : good(r);
}

/* -- CDs -- */

static bool read_toc(const struct scsi_device *d, struct scsi_request *r)
{
    bool msf = r->cdb[1] & 2;
    uint8_t b[20] = { 0, 18, 1, 1, 0, 0x14, 1 }, format = r->cdb[2] & 0xf ? r->cdb[2] & 0xf : r->cdb[9] >> 6;
    uint32_t end = MIN(nblocks(d), UINT32_MAX);

    if (format == 1) { /* of several sessions: there is one */
        b[1] = 10;
        b[5] = 0x14;
        b[6] = 1;
        return answer(r, b, 12, get16(r->cdb + 7));
    }
    if (format != 0 || (r->cdb[6] > 1 && r->cdb[6] != 0xaa))
        return check(r, INVALID_FIELD);
    size_t n = 4;
    if (r->cdb[6] <= 1) /* track 1 */
        n += 8;
    if (msf && n > 4)
        b[10] = 2;
    memset(b + n, 0, 8);
    b[n + 1] = 0x16;
    b[n + 2] = 0xaa;
    if (msf) {
        end += 150;
        b[n + 5] = end / 75 / 60;
        b[n + 6] = end / 75 % 60;
        b[n + 7] = end % 75;
    } else {
        put32(b + n + 4, end);
    }
    n += 8;
    put16(b, n - 2);
    return answer(r, b, n, get16(r->cdb + 7));
}

static bool get_configuration(const struct scsi_device *d, struct scsi_request *r)
{
    bool dvd = nblocks(d) > 80 * 60 * 75;
    uint16_t profile = !ready(d) ? 0 : dvd ? 0x10 : 0x08;
    uint8_t b[40] = { 0 };

    put16(b + 6, profile);
    b[10] = 3; /* the list of profiles: persistent, current */
    b[11] = 8;
    put16(b + 12, 0x10);
    b[14] = profile == 0x10;
    put16(b + 16, 0x08);
    b[18] = profile == 0x08;
    put16(b + 20, 1); /* core */
    b[22] = 0x0b;
    b[23] = 8;
    put32(b + 24, 2); /* ATAPI's interface, which drivers know */
    b[28] = 1;
    put16(b + 32, 3); /* removable medium */
    b[34] = 3;
    b[35] = 4;
    b[36] = 0x29;
    put32(b, sizeof(b) - 4);
    return answer(r, b, sizeof(b), get16(r->cdb + 7));
}

static bool get_event_status(struct scsi_device *d, struct scsi_request *r)
{
    bool media = r->cdb[4] & 0x10;
    uint8_t b[8] = { 0, media ? 6 : 2, media ? 4 : 0x80, 0x10, 0, d->tray_open ? 1 : block_inserted(d->drive) ? 2 : 0 };

    if (!(r->cdb[1] & 1)) /* asynchronous */
        return check(r, INVALID_FIELD);
    if (media && !d->tray_open) {
        b[4] = d->event;
        d->event = EVENT_NONE;
    }
    return answer(r, b, media ? 8 : 4, get16(r->cdb + 7));
}

static bool read_disc_information(const struct scsi_device *d, struct scsi_request *r)
{
    uint8_t b[34] = { 0, 32, 0x0e, 1, 1, 1, 1, 0x20 };

    return answer(r, b, sizeof(b), get16(r->cdb + 7));
}

/* START STOP UNIT: a CD drive's tray moves. Nothing else that it starts or stops matters. */
static bool start_stop(struct scsi_device *d, struct scsi_request *r)
{
    bool start = r->cdb[4] & 1, load_eject = r->cdb[4] & 2, power_condition = r->cdb[4] & 0xf0;

    if (!d->cd || power_condition || !load_eject || d->tray_open == !start)
        return good(r);
    if (!start && d->locked)
        return check(r, block_inserted(d->drive) ? MUST_STAY : MUST_STAY_EMPTY);
    d->tray_open = !start;
    block_tray_moved(d->drive, d->tray_open);
    return good(r);
}

static bool execute_cd(struct scsi_device *d, struct scsi_request *r)
{
    switch (r->cdb[0]) {
    case GET_CONFIGURATION:
        return get_configuration(d, r);
    case GET_EVENT_STATUS:
        return get_event_status(d, r);
    case SET_CD_SPEED:
        return good(r);
    case READ_TOC:
    case READ_DISC_INFORMATION:
        if (!ready(d))
            return check(r, NO_MEDIUM);
        return r->cdb[0] == READ_TOC ? read_toc(d, r) : read_disc_information(d, r);
    default:
        return check(r, INVALID_COMMAND);
    }
}

/* -- All commands -- */

static uint32_t take_attention(struct scsi_device *d)
{
    unsigned first = d->attention & -d->attention;

    d->attention &= ~first;
    return first == ATTENTION_RESET ? WAS_RESET : first == ATTENTION_LEFT ? MEDIUM_LEFT : MEDIUM_CHANGED;
}

static bool request_sense(struct scsi_device *d, struct scsi_request *r)
{
    struct scsi_request copy = { .dev = NULL };

    if (r->cdb[1] & 1) /* descriptors */
        return check(r, INVALID_FIELD);
    check(&copy, d->last_sense == NO_SENSE && d->attention ? take_attention(d) : d->last_sense);
    d->last_sense = NO_SENSE;
    return answer(r, copy.sense, SCSI_SENSE_BYTES, r->cdb[4]);
}

static bool needs_medium(uint8_t op)
{
    return op != MODE_SENSE_6 && op != MODE_SENSE_10 && op != MODE_SELECT_6 && op != MODE_SELECT_10 &&
           op != PREVENT_REMOVAL && op != START_STOP && op != GET_CONFIGURATION && op != GET_EVENT_STATUS &&
           op != SET_CD_SPEED;
}

static bool execute(struct scsi_device *d, struct scsi_request *r)
{
    uint8_t op = r->cdb[0];

    if (!ready(d) && needs_medium(op))
        return check(r, NO_MEDIUM);
    switch (op) {
    case TEST_UNIT_READY:
        return good(r);
    case START_STOP:
        return start_stop(d, r);
    case PREVENT_REMOVAL:
        d->locked = r->cdb[4] & 1;
        return good(r);
    case MODE_SENSE_6:
    case MODE_SENSE_10:
        return mode_sense(d, r);
    case MODE_SELECT_6:
    case MODE_SELECT_10:
        return mode_select(d, r);
    case READ_CAPACITY_10:
    case SERVICE_ACTION_IN:
        return read_capacity(d, r);
    case READ_6:
    case READ_10:
    case READ_12:
    case READ_16:
        return transfer(d, r, false);
    case SYNCHRONIZE_10:
    case SYNCHRONIZE_16:
        return synchronize(d, r);
    case VERIFY_10:
    case VERIFY_16:
        return verify(d, r);
    }
    if (d->cd)
        return execute_cd(d, r);
    switch (op) {
    case WRITE_6:
    case WRITE_10:
    case WRITE_12:
    case WRITE_16:
    case WRITE_VERIFY_10:
    case WRITE_VERIFY_16:
        return transfer(d, r, true);
    case WRITE_SAME_10:
    case WRITE_SAME_16:
        return write_same(d, r);
    case UNMAP:
        return unmap(d, r);
    default:
        return check(r, INVALID_COMMAND);
    }
}

bool scsi_execute(struct scsi_bus *b, unsigned id, struct scsi_device *d, struct scsi_request *r)
{
    r->dev = d;
    r->transferred = 0;
    r->params = NULL;
    if (d && r->cdb[0] != REQUEST_SENSE)
        d->last_sense = NO_SENSE; /* it is the command's before */
    switch (r->cdb[0]) {
    case INQUIRY:
        return inquiry(d, r);
    case REPORT_LUNS:
        return report_luns(b, id, r);
    case REQUEST_SENSE:
        if (d)
            return request_sense(d, r);
        break;
    }
    if (!d)
        return check(r, NO_SUCH_UNIT);
    if (d->attention && r->cdb[0] != GET_CONFIGURATION && r->cdb[0] != GET_EVENT_STATUS)
        return check(r, take_attention(d));
    return execute(d, r);
}

/* -- The bus -- */

void scsi_bus_init(struct scsi_bus *b, unsigned max_id, unsigned max_lun)
{
    b->max_id = max_id;
    b->max_lun = max_lun;
    b->devices = g_ptr_array_new();
}

void scsi_bus_fini(struct scsi_bus *b)
{
    g_ptr_array_free(b->devices, TRUE);
}

struct scsi_device *scsi_find(const struct scsi_bus *b, unsigned id, unsigned lun)
{
    for (guint i = 0; i < b->devices->len; i++) {
        struct scsi_device *d = g_ptr_array_index(b->devices, i);
        if (d->id == id && d->lun == lun)
            return d;
    }
    return NULL;
}

bool scsi_has_target(const struct scsi_bus *b, unsigned id)
{
    for (guint i = 0; i < b->devices->len; i++)
        if (((const struct scsi_device *)g_ptr_array_index(b->devices, i))->id == id)
            return true;
    return false;
}

void scsi_address(const struct scsi_device *d, unsigned *id, unsigned *lun)
{
    *id = d->id;
    *lun = d->lun;
}

void scsi_drain(struct scsi_bus *b)
{
    for (guint i = 0; i < b->devices->len; i++) {
        struct scsi_device *d = g_ptr_array_index(b->devices, i);
        block_drain(d->drive);
    }
}

void scsi_bus_reset(struct scsi_bus *b)
{
    for (guint i = 0; i < b->devices->len; i++)
        ((struct scsi_device *)g_ptr_array_index(b->devices, i))->attention |= ATTENTION_RESET;
}

static struct scsi_bus *bus_of(const struct device *adapter)
{
    return (struct scsi_bus *)((char *)adapter + adapter->type->bus_offset);
}

static bool can_hotplug(const struct device *adapter)
{
    return bus_of(adapter)->hotplug;
}

static bool choose_address(struct device *adapter, struct device *dev, GError **err)
{
    const struct scsi_bus *b = bus_of(adapter);
    struct scsi_device *d = (struct scsi_device *)dev;

    if (d->channel) {
        fail(err, "device %s: channel=%" PRIu32 ": expected 0", dev->type->name, d->channel);
        return false;
    }
    d->lun = d->scsi_lun == UINT32_MAX ? 0 : d->scsi_lun;
    d->id = d->scsi_id;
    if (d->scsi_id == UINT32_MAX)
        for (d->id = 0; d->id <= b->max_id && scsi_find(b, d->id, d->lun); d->id++)
            ;
    if (d->id > b->max_id) {
        fail(err, d->scsi_id == UINT32_MAX ? "no free target" : "bad scsi device id: %u", d->id);
        return false;
    }
    if (d->lun > b->max_lun) {
        fail(err, "bad scsi device lun: %u", d->lun);
        return false;
    }
    const struct scsi_device *other = scsi_find(b, d->id, d->lun);
    if (other) {
        fail(err, "lun already used by '%s'", other->dev.id ? other->dev.id : "");
        return false;
    }
    dev->slot = d->id * (b->max_lun + 1) + d->lun; /* snapshots know it by that */
    return true;
}

static void plug(struct device *adapter, struct device *d)
{
    g_mutex_lock(&adapter->lock);
    g_ptr_array_add(bus_of(adapter)->devices, d);
    g_mutex_unlock(&adapter->lock);
}

static void plugged(struct device *adapter, struct device *d)
{
    struct scsi_bus *b = bus_of(adapter);

    if (b->changed)
        b->changed(b, (struct scsi_device *)d, true);
}

static void unplug(struct device *adapter, struct device *d)
{
    struct scsi_bus *b = bus_of(adapter);

    g_mutex_lock(&adapter->lock);
    g_ptr_array_remove(b->devices, d);
    g_mutex_unlock(&adapter->lock);
    if (b->changed)
        b->changed(b, (struct scsi_device *)d, false);
}

const struct bus_type scsi_bus_type = {
    .name = "SCSI",
    .slots = UINT16_MAX,
    .can_hotplug = can_hotplug,
    .address = choose_address,
    .plug = plug,
    .plugged = plugged,
    .unplug = unplug,
};

/* -- What properties may be -- */

static bool power_of_two(uint32_t n, uint32_t min, uint32_t max)
{
    return n >= min && n <= max && (n & (n - 1)) == 0;
}

static bool check_props(const struct scsi_device *d, GError **err)
{
    const char *name = d->dev.type->name, *cache = d->write_cache ? d->write_cache : "auto";

    if (!d->drive && !d->cd)
        fail(err, "device %s: drive property not set", name);
    else if (!power_of_two(d->logical_block_size, 512, 32768))
        fail(err, "device %s: logical_block_size=%u: expected a power of two from 512 to 32768", name,
             d->logical_block_size);
    else if (!power_of_two(d->physical_block_size, d->logical_block_size, 2 * MiB))
        fail(err, "device %s: physical_block_size=%u: expected a power of two from logical_block_size to 2097152", name,
             d->physical_block_size);
    else if (strcmp(cache, "on") && strcmp(cache, "off") && strcmp(cache, "auto"))
        fail(err, "device %s: write-cache=%s: expected on, off or auto", name, cache);
    else
        return true;
    return false;
}

static bool first_wce(const struct scsi_device *d)
{
    const char *cache = d->write_cache ? d->write_cache : "auto";

    return block_inserted(d->drive) && (!strcmp(cache, "auto") ? block_write_cache(d->drive) : !strcmp(cache, "on"));
}

/* -- A CD drive's tray, as the host has it -- */

/* Whose bus it is on, be it by way of an ide-cd. */
static struct device *adapter_of(const struct scsi_device *d)
{
    struct device *on = d->dev.parent;

    return on->type->inner == d->dev.type ? on->parent : on;
}

static void tray_lock(void *opaque)
{
    g_mutex_lock(&adapter_of(opaque)->lock);
}

static void tray_unlock(void *opaque)
{
    g_mutex_unlock(&adapter_of(opaque)->lock);
}

static bool tray_is_locked(const void *opaque)
{
    return ((const struct scsi_device *)opaque)->locked;
}

static bool tray_is_open(const void *opaque)
{
    return ((const struct scsi_device *)opaque)->tray_open;
}

static void tray_ask(void *opaque, bool force)
{
    struct scsi_device *d = opaque;

    d->event = EVENT_EJECT_REQUEST;
    if (force)
        d->locked = false;
}

static void tray_move(void *opaque, bool open)
{
    struct scsi_device *d = opaque;

    d->tray_open = open;
    d->event = EVENT_NEW_MEDIA;
    d->attention |= ATTENTION_LEFT | (open ? 0 : ATTENTION_CHANGED);
}

static const struct block_tray tray = {
    .lock = tray_lock,
    .unlock = tray_unlock,
    .is_locked = tray_is_locked,
    .is_open = tray_is_open,
    .ask = tray_ask,
    .move = tray_move,
};

/* -- The devices -- */

/* What "info block" and events call it: an ide-cd by its own name. */
static const char *user_name(const struct scsi_device *d)
{
    const struct device *on = d->dev.parent, *who = on && on->type->inner == d->dev.type ? on : &d->dev;

    return who->id ? who->id : who->type->name;
}

static bool claim(struct scsi_device *d, GError **err)
{
    if (!d->cd)
        return block_claim(d->drive, user_name(d), false, err);
    struct block *b = block_claim_tray(d->drive, user_name(d), &tray, d, err);
    if (b)
        d->drive = b;
    return b != NULL;
}

static bool realize(struct device *dev, GError **err)
{
    struct scsi_device *d = (struct scsi_device *)dev;

    if (!check_props(d, err) || !claim(d, err))
        return false;
    g_mutex_init(&d->busy_lock);
    g_cond_init(&d->idle);
    d->attention = ATTENTION_RESET;
    d->wce = first_wce(d);
    return true;
}

static bool realize_cd(struct device *dev, GError **err)
{
    struct scsi_device *d = (struct scsi_device *)dev;

    d->cd = d->removable = true;
    return realize(dev, err);
}

static void unrealize(struct device *dev)
{
    struct scsi_device *d = (struct scsi_device *)dev;

    g_mutex_lock(&d->busy_lock);
    while (d->busy)
        g_cond_wait(&d->idle, &d->busy_lock);
    g_mutex_unlock(&d->busy_lock);
    block_release(d->drive);
    g_mutex_clear(&d->busy_lock);
    g_cond_clear(&d->idle);
}

static void reset(struct device *dev)
{
    struct scsi_device *d = (struct scsi_device *)dev;

    d->wce = first_wce(d);
}

#define DISK(n, member, kind, d, help) PROP_NAMED(n, struct scsi_device, member, kind, d, NULL, help)
#define DISK_PROPS                                                                                                     \
    PROP_NAMES("drive", struct scsi_device, drive, block_prop, "the drive or node"),                                   \
    DISK("channel", channel, U32, 0, "accepted: there is one, 0"),                                                     \
    DISK("scsi-id", scsi_id, U32, UINT32_MAX, "the target's number (default: the first that is free)"),                \
    DISK("lun", scsi_lun, U32, UINT32_MAX, "the unit's number (default: 0)"),                                          \
    DISK("serial", serial, STRING, 0, "serial number"), DISK("vendor", vendor, STRING, 0, "at most 8 characters"),     \
    DISK("product", product, STRING, 0, "at most 16 characters"),                                                      \
    DISK("ver", ver, STRING, 0, "revision, at most 4 characters"), DISK("wwn", wwn, U64, 0, "world wide name (0: none)"), \
    DISK("logical_block_size", logical_block_size, U32, 512, "smallest transfer in bytes, of disks"),                  \
    DISK("physical_block_size", physical_block_size, U32, 512, "best transfer in bytes"),                              \
    DISK("write-cache", write_cache, STRING, 0, "the cache the guest sees: on, off or auto (as the drive's cache=)"),  \
    DISK("share-rw", share_rw, BOOL, 0, "accepted: what others may do is said by file.locking of the drive"),          \
    DISK("bootindex", bootindex, U32, UINT32_MAX, "its place among what firmware boots from, 0 first (default: none)")

static const struct property hd_props[] = {
    DISK_PROPS,
    DISK("removable", removable, BOOL, 0, "say that the medium can be taken out"),
    PROP_END,
};
static const struct property cd_props[] = { DISK_PROPS, PROP_END };

static const struct state_row fields[] = {
    FIELD_SAME(struct scsi_device, cd),
    FIELD_SAME(struct scsi_device, id),
    FIELD_SAME(struct scsi_device, lun),
    FIELD(struct scsi_device, attention, ATTENTION_RESET),
    FIELD(struct scsi_device, locked, 0),
    FIELD(struct scsi_device, tray_open, 0),
    FIELD(struct scsi_device, event, EVENT_NONE),
    FIELD_KEEP(struct scsi_device, wce), /* reset() */
    FIELD(struct scsi_device, last_sense, 0),
    FIELD_NONE(struct scsi_device, busy_lock, "a lock"),
    FIELD_NONE(struct scsi_device, busy, "the adapter settles first"),
    FIELD_NONE(struct scsi_device, idle, "a condition variable"),
    FIELD_END,
};

static void identity(const void *obj, GString *out)
{
    const struct scsi_device *d = obj;

    g_string_append_printf(out, "bytes=%" PRIu64 ",read-only=%d", block_size(d->drive),
                           block_inserted(d->drive) && block_read_only(d->drive));
}

static const struct state_table state = {
    STATE_OF(struct scsi_device),
    .version = 2,
    .rows = fields,
    .identity = identity,
};

#define SCSI_DISK(ident, name_, desc_, props_, realize_)                                                               \
    const struct device_type ident = {                                                                                 \
        .name = name_, .desc = desc_, .bus = &scsi_bus_type, .size = sizeof(struct scsi_device), .props = props_,      \
        .state = &state, .realize = realize_, .reset = reset, .unrealize = unrealize,                                  \
    }
SCSI_DISK(scsi_hd_type, "scsi-hd", "SCSI disk", hd_props, realize);
SCSI_DISK(scsi_cd_type, "scsi-cd", "SCSI CD-ROM drive", cd_props, realize_cd);
