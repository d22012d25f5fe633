/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An NVMe controller with one namespace. Manual: "NVM Express Base Specification" 1.4. Not modelled: SGLs, the
 * controller's own memory, several namespaces, metadata and protection, asynchronous events (requests for them wait),
 * weights of queues. A command under way can't be aborted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "block.h"
#include "devices/pci/pci.h"
#include "input.h"

/* -- Numbers of the manual -- */

enum nvme_register {
    R_CAP = 0x00, R_CAP_HIGH = 0x04, R_VS = 0x08, R_INTMS = 0x0c, R_INTMC = 0x10, R_CC = 0x14, R_CSTS = 0x1c, R_AQA = 0x24,
    R_ASQ = 0x28, R_ASQ_HIGH = 0x2c, R_ACQ = 0x30, R_ACQ_HIGH = 0x34, R_DOORBELLS = 0x1000,
};
enum { CC_ENABLE = 1, CC_SHUTDOWN = 0xc000 };
enum { CSTS_READY = 1, CSTS_FATAL = 2, CSTS_SHUTDOWN_DONE = 8 };
#define CAP_LOW (UINT32_C(2047) | 1 << 16 | 0x0fu << 24) /* entries of a queue, contiguous, 7.5 s to get ready */
#define CAP_HIGH (1u << 5) /* the NVM command set; no stride between doorbells, pages of 4 KiB */
#define NVME_VERSION 0x10400
#define MAX_ENTRIES 2048
#define SQE_BYTES 64
#define CQE_BYTES 16

enum admin { DELETE_SQ = 0x00, CREATE_SQ = 0x01, GET_LOG = 0x02, DELETE_CQ = 0x04, CREATE_CQ = 0x05, IDENTIFY = 0x06,
             ABORT = 0x08, SET_FEATURES = 0x09, GET_FEATURES = 0x0a, ASYNC_EVENT = 0x0c };
enum command { FLUSH = 0x00, WRITE = 0x01, READ = 0x02, WRITE_ZEROES = 0x08, DATASET = 0x09 };
enum feature { F_TEMPERATURE = 4, F_WRITE_CACHE = 6, F_QUEUES = 7, F_VECTOR = 9, FEATURES = 12 };

enum status {
    OK = 0,
    INVALID_OPCODE = 0x4001,
    INVALID_FIELD = 0x4002,
    TRANSFER_ERROR = 0x4004,
    INTERNAL_ERROR = 0x0006,
    INVALID_NAMESPACE = 0x400b,
    INVALID_PRP = 0x4013,
    OUT_OF_RANGE = 0x4080,
    READ_ONLY = 0x4182,
    WRITE_FAULT = 0x0280,
    READ_FAULT = 0x0281,
    INVALID_CQ = 0x4100,
    INVALID_QUEUE = 0x4101,
    INVALID_SIZE = 0x4102,
    TOO_MANY_EVENTS = 0x4105,
    INVALID_VECTOR = 0x4108,
    INVALID_LOG = 0x4109,
    INVALID_DELETION = 0x410c,
    NO_STATUS = 0xffff, /* the command is under way */
};

#define MAX_QUEUES 65 /* pairs, that of the administration included */
#define MAX_EVENTS 4
#define MDTS 7        /* transfers of 2^7 pages */
#define MAX_RANGES 256
#define MAX_ZEROES 0x10000 /* blocks */
#define BAR_BYTES 0x4000
#define MSIX_BAR 4

/* -- The controller -- */

struct sq {
    bool there;
    uint64_t base;
    uint32_t size, head, tail; /* entries */
    uint32_t cq;
    uint32_t busy;             /* commands under way */
    uint32_t run;              /* which of those that had this number: commands belong to one */
};

struct cq {
    bool there, interrupts, phase;
    uint64_t base;
    uint32_t size, head, tail;
    uint32_t vector;
    uint32_t reserved; /* entries for commands under way */
    uint32_t users;    /* submission queues */
};

struct nvme {
    struct device dev;
    struct pci_function pci;
    uint32_t cc, csts, aqa, masked;
    uint64_t asq, acq;
    struct sq sq[MAX_QUEUES];
    struct cq cq[MAX_QUEUES];
    uint16_t events[MAX_EVENTS]; /* commands that wait for an event */
    uint32_t nevents;
    uint32_t features[FEATURES];
    uint32_t runs; /* counts submission queues that were made */
    uint32_t busy; /* commands that the host works at */
    GCond idle;
    /* Properties. */
    struct block *drive;
    char *serial;
    uint32_t max_ioqpairs, bootindex, logical_block_size, physical_block_size;
};

/* A command as it was read. */
struct sqe {
    uint8_t opcode, flags;
    uint16_t cid;
    uint32_t nsid;
    uint64_t prp1, prp2;
    uint32_t dw[6]; /* 10 to 15 */
};

/* One that the host works at. */
struct request {
    struct nvme *s;
    uint32_t run, sqid;
    uint16_t cid;
    uint8_t opcode;
    struct iovec *iov;
    unsigned niov;
    uint8_t *ranges;  /* of DATASET */
    unsigned at, nranges;
};

static uint32_t get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put64(uint8_t *p, uint64_t v)
{
    pci_put32(p, v);
    pci_put32(p + 4, v >> 32);
}

/* -- Interrupts -- */

static void update_pin(struct nvme *s)
{
    bool level = false;

    for (unsigned i = 0; i < MAX_QUEUES; i++) {
        const struct cq *q = &s->cq[i];
        level |= q->there && q->interrupts && q->head != q->tail && !(q->vector < 32 && s->masked >> q->vector & 1);
    }
    pci_set_intx(&s->pci, level && !pci_msix_enabled(&s->pci));
}

/* -- The end of a command -- */

static void complete(struct nvme *s, uint32_t sqid, uint16_t cid, uint16_t status, uint32_t result)
{
    struct cq *q = &s->cq[s->sq[sqid].cq];
    uint8_t e[CQE_BYTES] = { 0 };

    pci_put32(e, result);
    pci_put16(e + 8, s->sq[sqid].head);
    pci_put16(e + 10, sqid);
    pci_put16(e + 12, cid);
    pci_put16(e + 14, status << 1 | q->phase);
    s->sq[sqid].busy--;
    q->reserved--;
    gpa at = q->base + (uint64_t)q->tail * CQE_BYTES;
    /* The phase comes last: with it the driver believes the rest. */
    if (!device_dma_write(&s->dev, at, e, 12) || !device_dma_write(&s->dev, at + 12, e + 12, 4)) {
        device_guest_error(&s->dev, "completion queue at 0x%" PRIx64 ": expected RAM", q->base);
        s->csts |= CSTS_FATAL;
        return;
    }
    if (++q->tail == q->size) {
        q->tail = 0;
        q->phase = !q->phase;
    }
    if (q->interrupts && pci_msix_enabled(&s->pci))
        pci_msix_notify(&s->pci, q->vector);
    update_pin(s);
}

static void process(struct nvme *s, uint32_t sqid);

static void process_all(struct nvme *s, uint32_t cqid)
{
    for (uint32_t i = 0; i < MAX_QUEUES; i++)
        if (s->sq[i].there && s->sq[i].cq == cqid)
            process(s, i);
}

/* On a worker's thread. */
static void request_done(void *opaque, int ret)
{
    struct request *r = opaque;
    struct nvme *s = r->s;
    uint16_t status = ret >= 0 ? OK : r->opcode == READ ? READ_FAULT : WRITE_FAULT;

    g_mutex_lock(&s->dev.lock);
    if (s->sq[r->sqid].there && r->run == s->sq[r->sqid].run) {
        uint32_t cqid = s->sq[r->sqid].cq;
        for (unsigned i = 0; r->opcode == READ && i < r->niov; i++)
            bus_ram_written(r->iov[i].iov_base, r->iov[i].iov_len);
        complete(s, r->sqid, r->cid, status, 0);
        process_all(s, cqid);
    }
    if (--s->busy == 0)
        g_cond_broadcast(&s->idle);
    g_mutex_unlock(&s->dev.lock);
    g_free(r->iov);
    g_free(r->ranges);
    g_free(r);
}

/* -- Data; PRPs say where it is -- */

static uint32_t page_bytes(const struct nvme *s)
{
    return 4096u << (s->cc >> 7 & 0xf);
}

/* Append memory of the guest's. False if it is none. */
static bool add_piece(struct nvme *s, GArray *iov, gpa addr, size_t len)
{
    while (len > 0) {
        struct iovec v = { .iov_len = len };
        v.iov_base = device_dma_map(&s->dev, addr, &v.iov_len);
        if (!v.iov_base || v.iov_len == 0)
            return false;
        g_array_append_val(iov, v);
        addr += v.iov_len;
        len -= v.iov_len;
    }
    return true;
}

/* len bytes from a list of pages, which goes on in another at its page's end. */
static uint16_t add_list(struct nvme *s, GArray *iov, gpa list, size_t len)
{
    const uint32_t page = page_bytes(s);

    while (len > 0) {
        uint8_t raw[8];
        bool last = (list & (page - 1)) == page - 8;
        if ((list & 7) || !device_dma_read(&s->dev, list, raw, 8))
            return INVALID_PRP;
        uint64_t entry = get64(raw);
        if (last && len > page) {
            list = entry;
            if (list & (page - 1))
                return INVALID_PRP;
            continue;
        }
        if (entry & (page - 1))
            return INVALID_PRP;
        if (!add_piece(s, iov, entry, MIN(len, page)))
            return TRANSFER_ERROR;
        len -= MIN(len, page);
        list += 8;
    }
    return OK;
}

static uint16_t map_data(struct nvme *s, const struct sqe *c, size_t len, GArray *iov)
{
    const uint32_t page = page_bytes(s);
    size_t first = MIN(len, page - (c->prp1 & (page - 1)));

    if (c->flags & 0xc0) /* an SGL */
        return INVALID_FIELD;
    if (c->prp1 & 3)
        return INVALID_PRP;
    if (!add_piece(s, iov, c->prp1, first))
        return TRANSFER_ERROR;
    len -= first;
    if (len > page)
        return add_list(s, iov, c->prp2, len);
    if (len == 0)
        return OK;
    if (c->prp2 & (page - 1))
        return INVALID_PRP;
    return add_piece(s, iov, c->prp2, len) ? OK : TRANSFER_ERROR;
}

/* Answer with bytes, of which the command wants no more than it says. */
static uint16_t send_data(struct nvme *s, const struct sqe *c, const uint8_t *p, size_t len)
{
    g_autoptr(GArray) iov = g_array_new(FALSE, FALSE, sizeof(struct iovec));
    uint16_t status = map_data(s, c, len, iov);

    for (guint i = 0; status == OK && i < iov->len; i++) {
        const struct iovec *v = &g_array_index(iov, struct iovec, i);
        memcpy(v->iov_base, p, v->iov_len);
        bus_ram_written(v->iov_base, v->iov_len);
        p += v->iov_len;
    }
    return status;
}

/* -- Commands of the namespace -- */

static uint64_t nblocks(const struct nvme *s)
{
    return block_size(s->drive) / s->logical_block_size;
}

static struct request *new_request(struct nvme *s, uint32_t sqid, const struct sqe *c)
{
    struct request *r = g_new0(struct request, 1);

    *r = (struct request){ .s = s, .run = s->sq[sqid].run, .sqid = sqid, .cid = c->cid, .opcode = c->opcode };
    s->busy++;
    return r;
}

static bool in_range(const struct nvme *s, uint64_t block, uint64_t n)
{
    return block <= nblocks(s) && n <= nblocks(s) - block;
}

static unsigned write_flags(const struct nvme *s, const struct sqe *c)
{
    return !s->features[F_WRITE_CACHE] || (c->dw[2] >> 30 & 1) ? BLOCK_FUA : 0;
}

static uint16_t transfer(struct nvme *s, uint32_t sqid, const struct sqe *c)
{
    uint64_t block = c->dw[0] | (uint64_t)c->dw[1] << 32, n = (c->dw[2] & 0xffff) + 1;
    g_autoptr(GArray) iov = g_array_new(FALSE, FALSE, sizeof(struct iovec));
    uint64_t bytes = n * s->logical_block_size;

    if (bytes > (uint64_t)4096 << MDTS)
        return INVALID_FIELD;
    if (!in_range(s, block, n))
        return OUT_OF_RANGE;
    if (c->opcode == WRITE && block_read_only(s->drive))
        return READ_ONLY;
    uint16_t status = map_data(s, c, bytes, iov);
    if (status != OK)
        return status;
    struct request *r = new_request(s, sqid, c);
    r->niov = iov->len;
    r->iov = (struct iovec *)g_array_free(g_steal_pointer(&iov), FALSE);
    if (c->opcode == WRITE)
        block_write(s->drive, block * s->logical_block_size, r->iov, r->niov, write_flags(s, c), request_done, r);
    else
        block_read(s->drive, block * s->logical_block_size, r->iov, r->niov, request_done, r);
    return NO_STATUS;
}

static uint16_t write_zeroes(struct nvme *s, uint32_t sqid, const struct sqe *c)
{
    uint64_t block = c->dw[0] | (uint64_t)c->dw[1] << 32, n = (c->dw[2] & 0xffff) + 1;

    if (!in_range(s, block, n))
        return OUT_OF_RANGE;
    if (block_read_only(s->drive))
        return READ_ONLY;
    block_write_zeroes(s->drive, block * s->logical_block_size, n * s->logical_block_size,
                       write_flags(s, c) | (c->dw[2] >> 25 & 1 ? BLOCK_MAY_UNMAP : 0), request_done,
                       new_request(s, sqid, c));
    return NO_STATUS;
}

/* One range after the other; they were copied and checked. */
static void discard_next(void *opaque, int ret)
{
    struct request *r = opaque;
    const struct nvme *s = r->s;

    if (ret < 0 || r->at == r->nranges) {
        request_done(r, ret);
        return;
    }
    const uint8_t *p = r->ranges + 16 * r->at++;
    block_discard(s->drive, get64(p + 8) * s->logical_block_size, (uint64_t)get32(p + 4) * s->logical_block_size,
                  discard_next, r);
}

static uint16_t dataset(struct nvme *s, uint32_t sqid, const struct sqe *c)
{
    unsigned n = (c->dw[0] & 0xff) + 1;
    g_autoptr(GArray) iov = g_array_new(FALSE, FALSE, sizeof(struct iovec));
    g_autofree uint8_t *ranges = g_malloc(16 * MAX_RANGES), *to = ranges;
    uint16_t status = map_data(s, c, 16 * n, iov);

    to = ranges;
    for (guint i = 0; status == OK && i < iov->len; i++) {
        const struct iovec *v = &g_array_index(iov, struct iovec, i);
        memcpy(to, v->iov_base, v->iov_len);
        to += v->iov_len;
    }
    to = NULL;
    for (unsigned i = 0; status == OK && i < n; i++)
        if (!in_range(s, get64(ranges + 16 * i + 8), get32(ranges + 16 * i + 4)))
            status = OUT_OF_RANGE;
    if (status != OK || !(c->dw[1] & 4) || block_read_only(s->drive)) /* other attributes are hints */
        return status;
    struct request *r = new_request(s, sqid, c);
    r->ranges = g_steal_pointer(&ranges);
    r->nranges = n;
    block_flush(s->drive, discard_next, r); /* on a worker from here on */
    return NO_STATUS;
}

static uint16_t execute(struct nvme *s, uint32_t sqid, const struct sqe *c)
{
    if (c->nsid != 1 && !(c->opcode == FLUSH && c->nsid == UINT32_MAX))
        return INVALID_NAMESPACE;
    switch (c->opcode) {
    case FLUSH:
        block_flush(s->drive, request_done, new_request(s, sqid, c));
        return NO_STATUS;
    case READ:
    case WRITE:
        return transfer(s, sqid, c);
    case WRITE_ZEROES:
        return write_zeroes(s, sqid, c);
    case DATASET:
        return dataset(s, sqid, c);
    default:
        return INVALID_OPCODE;
    }
}

/* -- Commands of the administration -- */

static void put_text(uint8_t *to, size_t len, const char *text)
{
    memset(to, ' ', len);
    memcpy(to, text, MIN(len, strlen(text)));
}

static void identify_controller(const struct nvme *s, uint8_t *b)
{
    pci_put16(b, 0x1b36);
    pci_put16(b + 2, 0x1af4);
    put_text(b + 4, 20, s->serial);
    put_text(b + 24, 40, "QEMU NVMe Ctrl");
    put_text(b + 64, 8, "10.0");
    b[72] = 6; /* commands that are best given at once: 2^6 */
    b[73] = 0x00;
    b[74] = 0x54;
    b[75] = 0x52;
    b[77] = MDTS;
    pci_put32(b + 80, NVME_VERSION);
    b[258] = 3;              /* aborts at once, less one */
    b[259] = MAX_EVENTS - 1;
    b[260] = 0x02;           /* one slot for firmware */
    b[261] = 0x04;           /* log pages by offset */
    pci_put16(b + 266, 343); /* warning and critical temperature, kelvin */
    pci_put16(b + 268, 373);
    b[512] = 0x66; /* sizes of entries */
    b[513] = 0x44;
    pci_put32(b + 516, 1);    /* namespaces */
    pci_put16(b + 520, 0x0c); /* WRITE_ZEROES, DATASET */
    b[525] = 1;               /* a write cache */
    snprintf((char *)b + 768, 256, "nqn.2019-08.org.qemu:%s", s->serial);
    pci_put16(b + 2048, 2500); /* the only power state: 25 W */
}

static void identify_namespace(const struct nvme *s, uint8_t *b)
{
    for (unsigned i = 0; i < 3; i++)
        put64(b + 8 * i, nblocks(s));
    b[130] = g_bit_storage(s->logical_block_size) - 1; /* the only format */
}

static uint16_t identify(struct nvme *s, const struct sqe *c)
{
    uint8_t b[4096] = { 0 };

    switch (c->dw[0] & 0xff) {
    case 0x00:
        if (c->nsid != 1)
            return INVALID_NAMESPACE;
        identify_namespace(s, b);
        break;
    case 0x01:
        identify_controller(s, b);
        break;
    case 0x02:
        if (c->nsid >= UINT32_MAX - 1)
            return INVALID_NAMESPACE;
        pci_put32(b, c->nsid < 1 ? 1 : 0);
        break;
    case 0x03: { /* a UUID, which is the same for the same serial number */
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);
        gsize n = 16;
        if (c->nsid != 1)
            return INVALID_NAMESPACE;
        b[0] = 3;
        b[1] = 16;
        g_checksum_update(sum, (const guchar *)s->serial, -1);
        g_checksum_get_digest(sum, b + 4, &n);
        break;
    }
    default:
        return INVALID_FIELD;
    }
    return send_data(s, c, b, sizeof(b));
}

static uint16_t get_log(struct nvme *s, const struct sqe *c)
{
    uint8_t b[4096] = { 0 };
    uint64_t offset = c->dw[2] | (uint64_t)c->dw[3] << 32, words = c->dw[0] >> 16 | (c->dw[1] & 0xffff) << 16;
    uint64_t len = (words + 1) * 4;
    size_t size = 512;

    switch (c->dw[0] & 0xff) {
    case 0x01: /* errors: none */
        size = 64;
        break;
    case 0x02: /* health */
        pci_put16(b + 1, 323);
        b[3] = 100;
        b[4] = 10;
        break;
    case 0x03: /* firmware */
        b[0] = 1;
        put_text(b + 8, 8, "10.0");
        break;
    default:
        return INVALID_LOG;
    }
    if (offset > size || (offset & 3))
        return INVALID_FIELD;
    return send_data(s, c, b + offset, MIN(len, size - offset));
}

static bool usable_queue(const struct nvme *s, uint32_t id)
{
    return id >= 1 && id <= s->max_ioqpairs;
}

static uint16_t create_cq(struct nvme *s, const struct sqe *c)
{
    uint32_t id = c->dw[0] & 0xffff, size = (c->dw[0] >> 16) + 1, vector = c->dw[1] >> 16;

    if (!usable_queue(s, id) || s->cq[id].there)
        return INVALID_QUEUE;
    if (size < 2 || size > MAX_ENTRIES)
        return INVALID_SIZE;
    if (c->prp1 % 4096 || !(c->dw[1] & 1))
        return INVALID_FIELD;
    if (vector >= (s->pci.msix.n ? s->pci.msix.n : 1))
        return INVALID_VECTOR;
    s->cq[id] = (struct cq){ .there = true, .interrupts = c->dw[1] & 2, .phase = true, .base = c->prp1, .size = size,
                             .vector = vector };
    return OK;
}

static uint16_t create_sq(struct nvme *s, const struct sqe *c)
{
    uint32_t id = c->dw[0] & 0xffff, size = (c->dw[0] >> 16) + 1, cq = c->dw[1] >> 16;

    if (!usable_queue(s, cq) || !s->cq[cq].there)
        return INVALID_CQ;
    if (!usable_queue(s, id) || s->sq[id].there)
        return INVALID_QUEUE;
    if (size < 2 || size > MAX_ENTRIES)
        return INVALID_SIZE;
    if (c->prp1 % 4096 || !(c->dw[1] & 1))
        return INVALID_FIELD;
    s->sq[id] = (struct sq){ .there = true, .base = c->prp1, .size = size, .cq = cq, .run = ++s->runs };
    s->cq[cq].users++;
    return OK;
}

/* What is under way is carried out, but nobody hears of it. */
static uint16_t delete_queue(struct nvme *s, const struct sqe *c)
{
    uint32_t id = c->dw[0] & 0xffff;

    if (c->opcode == DELETE_CQ) {
        if (!usable_queue(s, id) || !s->cq[id].there)
            return INVALID_QUEUE;
        if (s->cq[id].users)
            return INVALID_DELETION;
        s->cq[id].there = false;
        update_pin(s);
        return OK;
    }
    if (!usable_queue(s, id) || !s->sq[id].there)
        return INVALID_QUEUE;
    block_drain(s->drive);
    s->sq[id].there = false;
    s->cq[s->sq[id].cq].users--;
    s->cq[s->sq[id].cq].reserved -= s->sq[id].busy;
    return OK;
}

static uint16_t get_feature(struct nvme *s, const struct sqe *c, uint32_t *result)
{
    uint8_t id = c->dw[0];

    if (id == 0 || id >= FEATURES || id == 3)
        return INVALID_FIELD;
    *result = s->features[id];
    if (id == F_QUEUES)
        *result = (s->max_ioqpairs - 1) | (s->max_ioqpairs - 1) << 16;
    else if (id == F_VECTOR)
        *result = c->dw[1] & 0xffff;
    return OK;
}

static uint16_t set_feature(struct nvme *s, const struct sqe *c, uint32_t *result)
{
    uint8_t id = c->dw[0];

    if (id == 0 || id >= FEATURES || id == 3 || c->dw[0] >> 31) /* nothing is kept over a reset */
        return INVALID_FIELD;
    if (id == F_QUEUES)
        return get_feature(s, c, result);
    s->features[id] = id == F_WRITE_CACHE ? c->dw[1] & 1 : c->dw[1];
    return OK;
}

static uint16_t wait_for_event(struct nvme *s, const struct sqe *c)
{
    if (s->nevents == MAX_EVENTS)
        return TOO_MANY_EVENTS;
    s->events[s->nevents++] = c->cid;
    s->cq[0].reserved--; /* it comes to no end */
    s->sq[0].busy--;
    return NO_STATUS;
}

static uint16_t administer(struct nvme *s, const struct sqe *c, uint32_t *result)
{
    switch (c->opcode) {
    case DELETE_SQ:
    case DELETE_CQ:
        return delete_queue(s, c);
    case CREATE_SQ:
        return create_sq(s, c);
    case CREATE_CQ:
        return create_cq(s, c);
    case GET_LOG:
        return get_log(s, c);
    case IDENTIFY:
        return identify(s, c);
    case ABORT:
        *result = 1; /* it was not */
        return OK;
    case SET_FEATURES:
        return set_feature(s, c, result);
    case GET_FEATURES:
        return get_feature(s, c, result);
    case ASYNC_EVENT:
        return wait_for_event(s, c);
    default:
        return INVALID_OPCODE;
    }
}

/* -- Queues -- */

static bool read_command(struct nvme *s, const struct sq *q, struct sqe *c)
{
    uint8_t e[SQE_BYTES];

    if (!device_dma_read(&s->dev, q->base + (uint64_t)q->head * SQE_BYTES, e, sizeof(e)))
        return false;
    *c = (struct sqe){ .opcode = e[0], .flags = e[1], .cid = e[2] | e[3] << 8, .nsid = get32(e + 4), .prp1 = get64(e + 24),
                       .prp2 = get64(e + 32) };
    for (unsigned i = 0; i < 6; i++)
        c->dw[i] = get32(e + 40 + 4 * i);
    return true;
}

/* A command is taken only when there is room for its end. */
static bool has_room(const struct cq *q)
{
    return (q->tail + q->size - q->head) % q->size + q->reserved < q->size - 1;
}

static void process(struct nvme *s, uint32_t sqid)
{
    struct sq *q = &s->sq[sqid];
    struct sqe c;

    while (q->there && q->head != q->tail && (s->csts & (CSTS_READY | CSTS_FATAL)) == CSTS_READY &&
           has_room(&s->cq[q->cq])) {
        if (!read_command(s, q, &c)) {
            device_guest_error(&s->dev, "submission queue at 0x%" PRIx64 ": expected RAM", q->base);
            s->csts |= CSTS_FATAL;
            return;
        }
        q->head = (q->head + 1) % q->size;
        q->busy++;
        s->cq[q->cq].reserved++;
        uint32_t result = 0;
        uint16_t status = sqid == 0 ? administer(s, &c, &result) : execute(s, sqid, &c);
        if (status != NO_STATUS)
            complete(s, sqid, c.cid, status, result);
    }
}

static void ring(struct nvme *s, uint64_t offset, uint32_t value)
{
    uint32_t id = (offset - R_DOORBELLS) / 8;
    bool completion = offset & 4;

    if (id >= MAX_QUEUES || !(s->csts & CSTS_READY) || (offset & 3) || !(completion ? s->cq[id].there : s->sq[id].there) ||
        value >= (completion ? s->cq[id].size : s->sq[id].size)) {
        device_guest_error(&s->dev, "doorbell 0x%" PRIx64 ": %" PRIu32 " is no entry of a queue", offset, value);
        return;
    }
    if (completion) {
        s->cq[id].head = value;
        update_pin(s);
        process_all(s, id);
    } else {
        s->sq[id].tail = value;
        process(s, id);
    }
}

/* -- Registers -- */

/* No command's data is touched any more, and nobody hears of those under way. */
static void stop(struct nvme *s)
{
    s->csts = 0;
    memset(s->sq, 0, sizeof(s->sq));
    memset(s->cq, 0, sizeof(s->cq));
    s->nevents = 0;
    block_drain(s->drive);
    update_pin(s);
}

static void start(struct nvme *s)
{
    uint32_t sq = (s->aqa & 0xfff) + 1, cq = (s->aqa >> 16 & 0xfff) + 1;

    if (sq < 2 || cq < 2 || s->asq % 4096 || s->acq % 4096 || (s->cc >> 7 & 0xf) || (s->cc >> 4 & 7)) {
        device_guest_error(&s->dev, "enabled with queues of %u and %u at 0x%" PRIx64 " and 0x%" PRIx64 ", CC 0x%x", sq, cq,
                           s->asq, s->acq, s->cc);
        s->csts = CSTS_FATAL;
        return;
    }
    s->sq[0] = (struct sq){ .there = true, .base = s->asq, .size = sq, .run = ++s->runs };
    s->cq[0] = (struct cq){ .there = true, .interrupts = true, .phase = true, .base = s->acq, .size = cq, .users = 1 };
    s->csts = CSTS_READY;
}

static void write_cc(struct nvme *s, uint32_t value)
{
    bool was = s->cc & CC_ENABLE, is = value & CC_ENABLE;

    s->cc = value;
    if (is && !was)
        start(s);
    else if (!is && was)
        stop(s);
    if (value & CC_SHUTDOWN)
        s->csts |= CSTS_SHUTDOWN_DONE;
    else
        s->csts &= ~CSTS_SHUTDOWN_DONE;
}

static uint64_t bar_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct nvme *s = opaque;

    switch (offset) {
    case R_CAP:
        return CAP_LOW;
    case R_CAP_HIGH:
        return CAP_HIGH;
    case R_VS:
        return NVME_VERSION;
    case R_INTMS:
    case R_INTMC:
        return s->masked;
    case R_CC:
        return s->cc;
    case R_CSTS:
        return s->csts;
    case R_AQA:
        return s->aqa;
    case R_ASQ:
    case R_ASQ_HIGH:
        return s->asq >> 8 * (offset & 4);
    case R_ACQ:
    case R_ACQ_HIGH:
        return s->acq >> 8 * (offset & 4);
    default:
        return 0;
    }
}

static void bar_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct nvme *s = opaque;

    switch (offset) {
    case R_INTMS:
        s->masked |= value;
        update_pin(s);
        break;
    case R_INTMC:
        s->masked &= ~value;
        update_pin(s);
        break;
    case R_CC:
        write_cc(s, value);
        break;
    case R_AQA:
        s->aqa = value & 0x0fff0fff;
        break;
    case R_ASQ:
    case R_ASQ_HIGH:
        s->asq = with_bits(s->asq, 8 * (offset & 4), 32, value);
        break;
    case R_ACQ:
    case R_ACQ_HIGH:
        s->acq = with_bits(s->acq, 8 * (offset & 4), 32, value);
        break;
    default:
        if (offset >= R_DOORBELLS)
            ring(s, offset, value);
        else
            device_guest_error(&s->dev, "write of 0x%" PRIx64 ": no register to write", offset);
        break;
    }
}

static const struct io_ops bar_ops = { .read = bar_read, .write = bar_write, .min_size = 4, .max_size = 4 };

static void config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    update_pin(container_of(f, struct nvme, pci)); /* messages may have been switched on or off */
}

static const struct pci_ops pci_ops = { .config_written = config_written };

/* -- The device -- */

static bool check_props(const struct nvme *s, GError **err)
{
    uint32_t l = s->logical_block_size;

    if (!s->drive)
        fail(err, "nvme: drive property not set");
    else if (!s->serial || !*s->serial)
        fail(err, "nvme: serial property not set");
    else if (s->max_ioqpairs < 1 || s->max_ioqpairs >= MAX_QUEUES)
        fail(err, "nvme: max_ioqpairs=%" PRIu32 ": expected 1 to %u", s->max_ioqpairs, MAX_QUEUES - 1);
    else if (l < 512 || l > 4096 || (l & (l - 1)))
        fail(err, "nvme: logical_block_size=%" PRIu32 ": expected 512, 1024, 2048 or 4096", l);
    else
        return true;
    return false;
}

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x1b36, .device = 0x0010, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
                                      .revision = 2, .class_code = 0x010802, .pin = true };
    struct nvme *s = (struct nvme *)d;

    if (!check_props(s, err) || !block_claim(s->drive, d->id ? d->id : d->type->name, false, err))
        return false;
    if (!pci_init(&s->pci, d, &id, &pci_ops, err)) {
        block_release(s->drive);
        return false;
    }
    g_cond_init(&s->idle);
    pci_add_bar(&s->pci, 0, PCI_BAR_MEMORY_64, device_add_io(d, "nvme", &bar_ops, BAR_BYTES));
    if (s->pci.bus->one_device) {
        pci_add_express(&s->pci, PCIE_TYPE_ENDPOINT, 0);
        pci_add_function_reset(&s->pci);
        pci_add_power(&s->pci);
    }
    pci_msix_init(&s->pci, MSIX_BAR, s->max_ioqpairs + 1);
    return true;
}

static void wait_idle(struct nvme *s)
{
    while (s->busy)
        g_cond_wait(&s->idle, &s->dev.lock);
}

static void unrealize(struct device *d)
{
    struct nvme *s = (struct nvme *)d;

    g_mutex_lock(&d->lock);
    stop(s);
    wait_idle(s);
    g_mutex_unlock(&d->lock);
    pci_fini(&s->pci);
    block_release(s->drive);
    g_cond_clear(&s->idle);
}

static void reset(struct device *d)
{
    struct nvme *s = (struct nvme *)d;

    stop(s);
    memset(s->features, 0, sizeof(s->features));
    s->features[F_WRITE_CACHE] = block_write_cache(s->drive);
    s->features[F_TEMPERATURE] = 343;
    pci_reset(&s->pci);
}

static const struct property props[] = {
    PCI_PROPS(struct nvme, pci),
    PROP_NAMES("drive", struct nvme, drive, block_prop, "the drive or node"),
    PROP(struct nvme, serial, STRING, 0, NULL, "serial number, at most 20 characters"),
    PROP(struct nvme, max_ioqpairs, U32, 64, NULL, "pairs of queues for commands"),
    PROP(struct nvme, logical_block_size, U32, 512, NULL, "bytes of a block: up to 4096"),
    PROP(struct nvme, physical_block_size, U32, 512, NULL, "accepted"),
    PROP(struct nvme, bootindex, U32, UINT32_MAX, NULL, "its place among what firmware boots from, 0 first (default: none)"),
    PROP_END,
};

static const struct state_row sq_fields[] = {
    FIELD_KEEP(struct sq, there), FIELD_KEEP(struct sq, base), FIELD_KEEP(struct sq, size), FIELD_KEEP(struct sq, head),
    FIELD_KEEP(struct sq, tail),  FIELD_KEEP(struct sq, cq),   FIELD_NONE(struct sq, busy, "nothing is under way"),
    FIELD_NONE(struct sq, run, "of commands that are under way, and none is"), FIELD_END,
};
static const struct state_table sq_table = { STATE_OF(struct sq), .version = 1, .rows = sq_fields };

static const struct state_row cq_fields[] = {
    FIELD_KEEP(struct cq, there),
    FIELD_KEEP(struct cq, interrupts),
    FIELD_KEEP(struct cq, phase),
    FIELD_KEEP(struct cq, base),
    FIELD_KEEP(struct cq, size),
    FIELD_KEEP(struct cq, head),
    FIELD_KEEP(struct cq, tail),
    FIELD_KEEP(struct cq, vector),
    FIELD_NONE(struct cq, reserved, "nothing is under way"),
    FIELD_KEEP(struct cq, users),
    FIELD_END,
};
static const struct state_table cq_table = { STATE_OF(struct cq), .version = 1, .rows = cq_fields };

static const struct state_row fields[] = {
    PCI_FIELDS(struct nvme, pci),
    FIELD(struct nvme, cc, 0),
    FIELD_KEEP(struct nvme, csts), /* stop() */
    FIELD(struct nvme, aqa, 0),
    FIELD(struct nvme, masked, 0),
    FIELD(struct nvme, asq, 0),
    FIELD(struct nvme, acq, 0),
    FIELD_STRUCTS(struct nvme, sq, &sq_table),
    FIELD_STRUCTS(struct nvme, cq, &cq_table),
    FIELD_KEEP_ARRAY(struct nvme, events),
    FIELD_KEEP(struct nvme, nevents),
    FIELD_KEEP_ARRAY(struct nvme, features),
    FIELD_NONE(struct nvme, runs, "of commands that are under way, and none is"),
    FIELD_NONE(struct nvme, busy, "nothing is under way"),
    FIELD_NONE(struct nvme, idle, "a condition variable"),
    FIELD_END,
};

static void settle(void *obj)
{
    struct nvme *s = obj;

    block_drain(s->drive);
    if (!input_ordered()) /* as virtio_settle() */
        wait_idle(s);
}

static bool queues_ok(const struct nvme *s)
{
    uint32_t users[MAX_QUEUES] = { 0 };

    for (unsigned i = 0; i < MAX_QUEUES; i++) {
        const struct sq *q = &s->sq[i];
        if (!q->there)
            continue;
        if (q->size < 2 || q->size > 4096 || q->head >= q->size || q->tail >= q->size || q->cq >= MAX_QUEUES ||
            !s->cq[q->cq].there)
            return false;
        users[q->cq]++;
    }
    for (unsigned i = 0; i < MAX_QUEUES; i++) {
        const struct cq *q = &s->cq[i];
        if (q->there && (q->size < 2 || q->size > 4096 || q->head >= q->size || q->tail >= q->size ||
                         q->users != users[i]))
            return false;
    }
    return s->nevents <= MAX_EVENTS;
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct nvme *s = obj;

    if (!queues_ok(s)) {
        fail(err, "there are no such queues");
        return false;
    }
    for (unsigned i = 0; i < MAX_QUEUES; i++) {
        s->sq[i].busy = 0;
        s->sq[i].run = ++s->runs;
        s->cq[i].reserved = 0;
    }
    return pci_loaded(&s->pci, err);
}

static void identity(const void *obj, GString *out)
{
    const struct nvme *s = obj;

    g_string_append_printf(out, "bytes=%" PRIu64 ",read-only=%d", block_size(s->drive), block_read_only(s->drive));
}

static const struct state_table state = {
    STATE_OF(struct nvme),
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
    .identity = identity,
};

const struct device_type nvme_type = {
    .name = "nvme",
    .desc = "NVMe controller with a disk",
    .bus = &pci_bus_type,
    .size = sizeof(struct nvme),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
