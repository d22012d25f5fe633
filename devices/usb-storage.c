/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usb-storage: a disk by USB, whose commands scsi-disk.c carries out. Manual: "Universal Serial Bus Mass Storage Class:
 * Bulk-Only Transport" 1.0. Data wait in memory of ours between the disk and the guest, so that the guest may ask for
 * them in any pieces.
 */
#include <inttypes.h>
#include <string.h>

#include "input.h"
#include "scsi.h"
#include "usb.h"

extern const struct device_type scsi_hd_type;

enum { CLASS_IN = 0xa1, CLASS_OUT = 0x21, RESET = 0xff, GET_MAX_LUN = 0xfe };
enum { EP_IN = 1, EP_OUT = 2 };
#define CBW_BYTES 31
#define CSW_BYTES 13
#define CBW_SIGNATURE 0x43425355
#define CSW_SIGNATURE 0x53425355
#define CBW_IN 0x80
enum csw_status { CSW_PASSED = 0, CSW_FAILED = 1 };
#define MAX_DATA (64 * MiB)

enum phase { PHASE_COMMAND, PHASE_DATA_OUT, PHASE_BUSY, PHASE_DATA_IN, PHASE_STATUS };

struct usb_storage {
    struct usb_device u;
    struct scsi_bus bus;
    uint8_t phase;
    uint8_t status;          /* of the command that is done */
    uint32_t tag, wanted;    /* of the command: bytes of data that the guest speaks of */
    uint8_t cdb[16];
    bool in;                 /* which way they go */
    uint32_t at, have;       /* bytes that were passed on; that there are */
    uint8_t *data;           /* room for wanted */
    GQueue saved;            /* the same for a snapshot */
    /* One that the disk works at. */
    struct scsi_request r;
    struct iovec iov;
    bool busy, forgotten;    /* it is under way; nobody waits for its end */
    GCond idle;
};

static uint32_t get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = v >> 8 * i;
}

/* -- Commands; the controller's lock is held -- */

static void to_command_phase(struct usb_storage *s)
{
    s->phase = PHASE_COMMAND;
    g_clear_pointer(&s->data, g_free);
    s->at = s->have = s->wanted = 0;
}

/* Nobody waits for what is under way any more: its data will be touched no more. */
static void forget(struct usb_storage *s)
{
    if (s->busy) {
        scsi_drain(&s->bus);
        s->forgotten = true;
    } else {
        to_command_phase(s);
    }
}

static void command_ended(struct usb_storage *s)
{
    s->status = s->r.status == SCSI_GOOD ? CSW_PASSED : CSW_FAILED;
    s->have = MIN(s->r.transferred, s->wanted);
    s->at = 0;
    s->phase = s->in && s->wanted ? PHASE_DATA_IN : PHASE_STATUS;
}

/* On a worker's thread. */
static void done(struct scsi_request *r)
{
    struct usb_storage *s = container_of(r, struct usb_storage, r);
    GMutex *lock = &s->u.bus->hc->lock;

    g_mutex_lock(lock);
    s->busy = false;
    if (s->forgotten) {
        s->forgotten = false;
        to_command_phase(s);
    } else {
        command_ended(s);
    }
    s->u.bus->wakeup(s->u.bus, &s->u, EP_IN, true);
    s->u.bus->wakeup(s->u.bus, &s->u, EP_OUT, false);
    g_cond_broadcast(&s->idle);
    g_mutex_unlock(lock);
}

static void execute(struct usb_storage *s)
{
    s->r = (struct scsi_request){ .done = done };
    memcpy(s->r.cdb, s->cdb, sizeof(s->cdb));
    s->iov = (struct iovec){ s->data, s->wanted };
    if (s->in) {
        s->r.in = &s->iov;
        s->r.nin = s->wanted > 0;
    } else {
        s->r.out = &s->iov;
        s->r.nout = s->wanted > 0;
    }
    s->phase = PHASE_BUSY;
    s->busy = true;
    if (scsi_execute(&s->bus, 0, scsi_find(&s->bus, 0, 0), &s->r)) {
        s->busy = false;
        command_ended(s);
    }
}

static enum usb_result take_command(struct usb_storage *s, struct usb_packet *p)
{
    uint8_t cbw[CBW_BYTES];

    if (p->len != CBW_BYTES || usb_get(p, cbw, CBW_BYTES) != CBW_BYTES || get32(cbw) != CBW_SIGNATURE || cbw[13] != 0 ||
        cbw[14] < 1 || cbw[14] > 16 || get32(cbw + 8) > MAX_DATA) {
        device_guest_error(&s->u.dev, "a packet of %zu bytes: expected a command", p->len);
        return USB_STALL;
    }
    s->tag = get32(cbw + 4);
    s->wanted = get32(cbw + 8);
    s->in = cbw[12] & CBW_IN;
    s->at = s->have = 0;
    memset(s->cdb, 0, sizeof(s->cdb));
    memcpy(s->cdb, cbw + 15, cbw[14]);
    g_free(s->data);
    s->data = g_malloc0(MAX(s->wanted, 1));
    s->phase = PHASE_DATA_OUT;
    if (s->in || !s->wanted)
        execute(s);
    return USB_OK;
}

static enum usb_result data_out(struct usb_storage *s, struct usb_packet *p)
{
    if (p->len > s->wanted - s->at)
        return USB_STALL;
    s->at += usb_get(p, s->data + s->at, p->len);
    if (s->at == s->wanted)
        execute(s);
    return USB_OK;
}

/* What there is; a short packet says that there is no more. */
static enum usb_result data_in(struct usb_storage *s, struct usb_packet *p)
{
    s->at += usb_put(p, s->data + s->at, s->have - s->at);
    if (p->done < p->len || s->at == s->wanted)
        s->phase = PHASE_STATUS;
    return USB_OK;
}

static enum usb_result send_status(struct usb_storage *s, struct usb_packet *p)
{
    uint8_t csw[CSW_BYTES];

    put32(csw, CSW_SIGNATURE);
    put32(csw + 4, s->tag);
    put32(csw + 8, s->wanted - s->have);
    csw[12] = s->status;
    usb_put(p, csw, sizeof(csw));
    to_command_phase(s);
    return USB_OK;
}

static enum usb_result data(struct usb_device *d, unsigned ep, bool in, struct usb_packet *p)
{
    struct usb_storage *s = container_of(d, struct usb_storage, u);

    if (ep == EP_OUT && !in) {
        if (s->phase == PHASE_BUSY)
            return USB_NAK;
        return s->phase == PHASE_COMMAND ? take_command(s, p) : s->phase == PHASE_DATA_OUT ? data_out(s, p) : USB_STALL;
    }
    if (ep != EP_IN || !in)
        return USB_STALL;
    switch (s->phase) {
    case PHASE_DATA_IN:
        return data_in(s, p);
    case PHASE_STATUS:
        return send_status(s, p);
    default: /* later */
        return USB_NAK;
    }
}

static enum usb_result control(struct usb_device *d, const struct usb_setup *setup, uint8_t *data, size_t *len)
{
    struct usb_storage *s = container_of(d, struct usb_storage, u);

    switch (USB_REQUEST(setup->type, setup->request)) {
    case USB_REQUEST(CLASS_OUT, RESET):
        forget(s);
        return USB_OK;
    case USB_REQUEST(CLASS_IN, GET_MAX_LUN):
        if (setup->length < 1)
            return USB_STALL;
        data[0] = 0;
        *len = 1;
        return USB_OK;
    default:
        return USB_STALL;
    }
}

static void begin_anew(struct usb_device *d)
{
    forget(container_of(d, struct usb_storage, u));
}

#define CONFIG(packet_low, packet_high)                                                                                \
    9, USB_CONFIG, 32, 0, 1, 1, 4, 0xc0, 0, 9, USB_INTERFACE, 0, 0, 2, 8, 6, 0x50, 0, 7, USB_ENDPOINT, 0x80 | EP_IN,    \
        2, packet_low, packet_high, 0, 7, USB_ENDPOINT, EP_OUT, 2, packet_low, packet_high, 0
static const uint8_t config_full[] = { CONFIG(64, 0) }, config_high[] = { CONFIG(0, 2) };

static const struct usb_model model = {
    .vendor = 0x46f4, .product = 0x0001, .max_packet = { 8, 64 },
    .strings = { "QEMU", "QEMU USB HARDDRIVE", "1", "bulk-only" }, .config = { config_full, config_high },
};

/* -- The place of the disk in it -- */

static void plug(struct device *d, struct device *disk)
{
    g_ptr_array_add(((struct usb_storage *)d)->bus.devices, disk);
}

static void unplug(struct device *d, struct device *disk)
{
    struct usb_storage *s = (struct usb_storage *)d;

    usb_lock(&s->u);
    forget(s);
    while (s->busy)
        g_cond_wait(&s->idle, &s->u.bus->hc->lock);
    g_ptr_array_remove(s->bus.devices, disk);
    usb_unlock(&s->u);
}

static const struct bus_type disk_place = { .name = "usb-disk", .slots = 1, .plug = plug, .unplug = unplug };

/* -- The device -- */

static void unrealize(struct device *d)
{
    struct usb_storage *s = (struct usb_storage *)d;

    scsi_bus_fini(&s->bus);
    g_cond_clear(&s->idle);
    g_free(s->data);
    g_queue_clear_full(&s->saved, (GDestroyNotify)g_bytes_unref);
}

static const struct property props[] = { USB_PROPS(struct usb_storage, u), PROP_END };

static const struct state_row fields[] = {
    USB_FIELDS(struct usb_storage, u),
    FIELD_NONE(struct usb_storage, bus, "wiring"),
    FIELD_KEEP(struct usb_storage, phase), /* all: begin_anew() */
    FIELD_KEEP(struct usb_storage, status),
    FIELD_KEEP(struct usb_storage, tag),
    FIELD_KEEP(struct usb_storage, wanted),
    FIELD_KEEP_ARRAY(struct usb_storage, cdb),
    FIELD_KEEP(struct usb_storage, in),
    FIELD_KEEP(struct usb_storage, at),
    FIELD_KEEP(struct usb_storage, have),
    FIELD_NONE(struct usb_storage, data, "saved is the same"),
    FIELD_QUEUE(struct usb_storage, saved, 1),
    FIELD_NONE(struct usb_storage, r, "nothing is under way"),
    FIELD_NONE(struct usb_storage, iov, "nothing is under way"),
    FIELD_NONE(struct usb_storage, busy, "nothing is under way"),
    FIELD_NONE(struct usb_storage, forgotten, "nothing is under way"),
    FIELD_NONE(struct usb_storage, idle, "a condition variable"),
    FIELD_END,
};

/* The controller's. */
static void settle(struct usb_device *d)
{
    struct usb_storage *s = container_of(d, struct usb_storage, u);

    scsi_drain(&s->bus);
    while (s->busy && !input_ordered()) /* as virtio_settle() */
        g_cond_wait(&s->idle, &d->bus->hc->lock);
    g_queue_clear_full(&s->saved, (GDestroyNotify)g_bytes_unref);
    if (s->data)
        g_queue_push_tail(&s->saved, g_bytes_new(s->data, s->wanted));
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct usb_storage *s = obj;
    const GBytes *saved = g_queue_peek_head(&s->saved);
    size_t n = 0;
    const void *bytes = saved ? g_bytes_get_data((GBytes *)saved, &n) : NULL;
    bool has_data = s->phase == PHASE_DATA_OUT || s->phase == PHASE_DATA_IN;

    if (s->phase > PHASE_STATUS || s->phase == PHASE_BUSY || s->wanted > MAX_DATA || s->at > s->wanted ||
        s->have > s->wanted || (s->phase == PHASE_DATA_IN && s->at > s->have) || (has_data && n != s->wanted)) {
        fail(err, "phase %u with %" PRIu32 ", %" PRIu32 " of %" PRIu32 " bytes", s->phase, s->at, s->have, s->wanted);
        return false;
    }
    g_clear_pointer(&s->data, g_free);
    if (saved) {
        s->data = g_malloc0(MAX(s->wanted, 1));
        memcpy(s->data, bytes, MIN(n, s->wanted));
    }
    return true;
}

static void resume(void *obj, bool after_load)
{
    g_queue_clear_full(&((struct usb_storage *)obj)->saved, (GDestroyNotify)g_bytes_unref);
}

static const struct usb_ops ops = { .control = control, .data = data, .reset = begin_anew, .settle = settle };

static bool realize(struct device *d, GError **err)
{
    struct usb_storage *s = (struct usb_storage *)d;

    usb_init(&s->u, &model, &ops);
    scsi_bus_init(&s->bus, 0, 0);
    g_cond_init(&s->idle);
    g_queue_init(&s->saved);
    return true;
}

static const struct state_table state = {
    STATE_OF(struct usb_storage),
    .version = 1,
    .rows = fields,
    .loaded = loaded,
    .resume = resume,
};

const struct device_type usb_storage_type = {
    .name = "usb-storage",
    .desc = "USB disk",
    .bus = &usb_bus_type,
    .provides_bus = &disk_place,
    .inner = &scsi_hd_type,
    .size = sizeof(struct usb_storage),
    .props = props,
    .state = &state,
    .realize = realize,
    .unrealize = unrealize,
};
