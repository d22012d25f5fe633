/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-scsi: a SCSI host adapter, the bus of scsi-hd and scsi-cd. VIRTIO 1.2, section 5.6. Protection information,
 * task attributes and aborting a command are not modelled: an abort is answered when the command has ended by itself.
 */
#include <inttypes.h>
#include <string.h>

#include "scsi.h"
#include "virtio.h"

enum { F_INOUT = 0, F_HOTPLUG = 1, F_CHANGE = 2 };
enum { Q_CONTROL, Q_EVENT, Q_REQUEST };

/* Offsets in the configuration space. */
enum {
    C_NUM_QUEUES = 0,
    C_SEG_MAX = 4,
    C_MAX_SECTORS = 8,
    C_CMD_PER_LUN = 12,
    C_EVENT_INFO_SIZE = 16,
    C_SENSE_SIZE = 20,
    C_CDB_SIZE = 24,
    C_MAX_CHANNEL = 28,
    C_MAX_TARGET = 30,
    C_MAX_LUN = 32,
    C_BYTES = 36,
};
#define SENSE_SIZE 96 /* until the driver says otherwise */
#define CDB_SIZE 32
#define MAX_TARGET 255
#define MAX_LUN 16383

/* A request: address, tag, attributes, command; the answer: lengths, status, response, sense. */
#define LUN_BYTES 8
#define REQUEST_HEADER 19
#define ANSWER_HEADER 12
enum { RESPONSE_OK = 0, RESPONSE_BAD_TARGET = 3, RESPONSE_FAILURE = 9, RESPONSE_INCORRECT_LUN = 12 };

/* Control requests. */
enum { CONTROL_TMF = 0, CONTROL_AN_QUERY = 1, CONTROL_AN_SUBSCRIBE = 2 };
enum { TMF_LUN_RESET = 5, TMF_NEXUS_RESET = 4, TMF_TYPES = 8 };
#define TMF_BYTES 24
#define AN_BYTES 16

/* Events. */
#define EVENT_BYTES 16
enum { EVENT_TRANSPORT_RESET = 1 };
enum { REASON_RESCAN = 1, REASON_REMOVED = 2 };
#define EVENT_MISSED 0x80000000u

struct virtio_scsi {
    struct virtio v;
    struct scsi_bus bus;
    uint32_t sense_size, cdb_size;
    bool missed; /* an event, for lack of a buffer */
    /* Properties. */
    uint32_t num_queues, queue_size, max_sectors, cmd_per_lun;
    bool hotplug, param_change;
};

/* A command under way. */
struct command {
    struct scsi_request r;
    struct virtio_scsi *s;
    struct virtq_elem *elem;
    struct iovec *iov; /* what r.out and r.in point to */
};

static void put32(struct virtio_scsi *s, unsigned offset, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(s->v.config + offset, &value, 4);
}

static void fill_config(struct virtio_scsi *s)
{
    put32(s, C_NUM_QUEUES, s->num_queues);
    put32(s, C_SEG_MAX, s->queue_size - 2);
    put32(s, C_MAX_SECTORS, s->max_sectors);
    put32(s, C_CMD_PER_LUN, s->cmd_per_lun);
    put32(s, C_EVENT_INFO_SIZE, EVENT_BYTES);
    put32(s, C_SENSE_SIZE, s->sense_size);
    put32(s, C_CDB_SIZE, s->cdb_size);
    put32(s, C_MAX_CHANNEL, MAX_TARGET << 16);
    put32(s, C_MAX_LUN, MAX_LUN);
}

/* -- Commands; lock held -- */

/* 1, target, unit in one of two forms, zeros. */
static bool parse_address(const uint8_t *p, unsigned *id, unsigned *lun)
{
    *id = p[1];
    *lun = (p[2] << 8 | p[3]) & 0x3fff;
    return p[0] == 1;
}

static void answer(struct virtio_scsi *s, struct virtq_elem *e, const struct scsi_request *r, uint8_t response,
                   size_t room)
{
    uint8_t b[ANSWER_HEADER + SCSI_SENSE_BYTES] = { 0 };
    bool sense = response == RESPONSE_OK && r->status == SCSI_CHECK_CONDITION;
    uint32_t sense_len = GUINT32_TO_LE(sense ? MIN(SCSI_SENSE_BYTES, s->sense_size) : 0);
    size_t used = response == RESPONSE_OK ? r->transferred : 0;
    uint32_t resid = GUINT32_TO_LE(MIN(room - MIN(used, room), UINT32_MAX));

    memcpy(b, &sense_len, 4);
    memcpy(b + 4, &resid, 4);
    b[10] = r->status;
    b[11] = response;
    memcpy(b + ANSWER_HEADER, r->sense, GUINT32_FROM_LE(sense_len));
    iov_write(e->in, e->nin, 0, b, ANSWER_HEADER + GUINT32_FROM_LE(sense_len));
    struct virtq *q = e->q;
    virtq_push(q, e, ANSWER_HEADER + s->sense_size + (r->nin ? used : 0));
    virtq_interrupt(q);
}

static size_t data_bytes(const struct virtio_scsi *s, const struct virtq_elem *e)
{
    size_t head = REQUEST_HEADER + s->cdb_size, tail = ANSWER_HEADER + s->sense_size;

    return e->out_len > head ? e->out_len - head : e->in_len - tail;
}

static void free_command(struct command *c)
{
    g_free(c->iov);
    g_free(c);
}

static void finish(struct command *c)
{
    answer(c->s, c->elem, &c->r, RESPONSE_OK, data_bytes(c->s, c->elem));
    free_command(c);
}

static void command_done(struct scsi_request *r)
{
    struct command *c = container_of(r, struct command, r);
    struct virtio_scsi *s = c->s;

    g_mutex_lock(&s->v.dev.lock);
    if (virtq_live(c->elem)) {
        finish(c);
    } else {
        virtq_forget(c->elem);
        free_command(c);
    }
    g_mutex_unlock(&s->v.dev.lock);
}

/* Takes the element over, or leaves it to its fate with a broken device. */
static bool start_command(struct virtio_scsi *s, struct virtq_elem *e)
{
    size_t head = REQUEST_HEADER + s->cdb_size, tail = ANSWER_HEADER + s->sense_size;
    uint8_t header[REQUEST_HEADER];
    unsigned id, lun;

    if (e->out_len < head || e->in_len < tail || iov_read(e->out, e->nout, 0, header, sizeof(header)) != sizeof(header)) {
        virtio_error(&s->v, "command of %zu bytes out, %zu in: expected at least %zu and %zu", e->out_len, e->in_len, head,
                     tail);
        virtq_forget(e);
        return false;
    }
    struct command *c = g_new0(struct command, 1);
    c->s = s;
    c->elem = e;
    c->r.done = command_done;
    iov_read(e->out, e->nout, REQUEST_HEADER, c->r.cdb, MIN(s->cdb_size, SCSI_MAX_CDB));
    c->iov = g_new(struct iovec, e->nout + e->nin);
    c->r.nout = iov_window(c->iov, e->out, e->nout, head, e->out_len - head);
    c->r.out = c->iov;
    c->r.in = c->iov + c->r.nout;
    c->r.nin = iov_window(c->iov + c->r.nout, e->in, e->nin, tail, e->in_len - tail);
    bool right = parse_address(header, &id, &lun);
    if (!right || !scsi_has_target(&s->bus, id) || (c->r.nout && c->r.nin)) {
        bool nobody = right && !scsi_has_target(&s->bus, id);
        answer(s, e, &c->r, nobody ? RESPONSE_BAD_TARGET : RESPONSE_FAILURE, data_bytes(s, e));
        free_command(c);
        return true;
    }
    if (scsi_execute(&s->bus, id, scsi_find(&s->bus, id, lun), &c->r))
        finish(c);
    return true;
}

/* -- Control queue; lock held -- */

/* Whatever is under way ends by itself; whoever wants it ended waits until then. */
static uint8_t task_management(struct virtio_scsi *s, const uint8_t *p)
{
    uint32_t type;
    unsigned id, lun;

    memcpy(&type, p + 4, 4);
    if (!parse_address(p + 8, &id, &lun) || GUINT32_FROM_LE(type) >= TMF_TYPES)
        return RESPONSE_FAILURE;
    if (!scsi_has_target(&s->bus, id))
        return RESPONSE_BAD_TARGET;
    if (!scsi_find(&s->bus, id, lun))
        return RESPONSE_INCORRECT_LUN;
    scsi_drain(&s->bus);
    return RESPONSE_OK;
}

static void control(struct virtio_scsi *s, struct virtq_elem *e)
{
    uint8_t p[TMF_BYTES] = { 0 }, answer[5] = { 0 };
    size_t n = iov_read(e->out, e->nout, 0, p, sizeof(p)), len;
    uint32_t type;

    memcpy(&type, p, 4);
    type = GUINT32_FROM_LE(type);
    if (type == CONTROL_TMF && n == TMF_BYTES) {
        answer[0] = task_management(s, p);
        len = 1;
    } else if ((type == CONTROL_AN_QUERY || type == CONTROL_AN_SUBSCRIBE) && n >= AN_BYTES) {
        len = 5; /* no asynchronous notification there is */
    } else {
        virtio_error(&s->v, "control request of type %" PRIu32 ", %zu bytes", type, n);
        virtq_forget(e);
        return;
    }
    struct virtq *q = e->q;
    virtq_push(q, e, iov_write(e->in, e->nin, 0, answer, len));
    virtq_interrupt(q);
}

static void notify(struct virtio *v, struct virtq *q)
{
    struct virtio_scsi *s = (struct virtio_scsi *)v;
    struct virtq_elem *e;

    if (q->index == Q_EVENT)
        return; /* buffers for events wait for some */
    while (!v->broken && (e = virtq_pop(q))) {
        if (q->index == Q_CONTROL)
            control(s, e);
        else
            start_command(s, e);
    }
}

/* -- Events -- */

static void send_event(struct virtio_scsi *s, uint32_t event, unsigned id, unsigned lun, uint32_t reason)
{
    struct virtq *q = virtio_queue(&s->v, Q_EVENT);
    struct virtq_elem *e = virtio_running(&s->v) ? virtq_pop(q) : NULL;
    uint8_t b[EVENT_BYTES] = { 0 };

    if (!e) {
        s->missed = true;
        return;
    }
    event = GUINT32_TO_LE(event | (s->missed ? EVENT_MISSED : 0));
    reason = GUINT32_TO_LE(reason);
    s->missed = false;
    memcpy(b, &event, 4);
    b[4] = 1;
    b[5] = id;
    b[6] = lun < 256 ? 0 : lun >> 8 | 0x40;
    b[7] = lun;
    memcpy(b + 12, &reason, 4);
    virtq_push(q, e, iov_write(e->in, e->nin, 0, b, sizeof(b)));
    virtq_interrupt(q);
}

static void changed(struct scsi_bus *b, struct scsi_device *d, bool there)
{
    struct virtio_scsi *s = container_of(b, struct virtio_scsi, bus);
    unsigned id, lun;

    scsi_address(d, &id, &lun);
    lock_order_enter(LOCK_DEVICE);
    g_mutex_lock(&s->v.dev.lock);
    if (virtio_has(&s->v, F_HOTPLUG))
        send_event(s, EVENT_TRANSPORT_RESET, id, lun, there ? REASON_RESCAN : REASON_REMOVED);
    g_mutex_unlock(&s->v.dev.lock);
    lock_order_leave(LOCK_DEVICE);
}

/* -- The device -- */

static void config_written(struct virtio *v, unsigned offset, unsigned size)
{
    struct virtio_scsi *s = (struct virtio_scsi *)v;
    uint32_t sense, cdb;

    memcpy(&sense, v->config + C_SENSE_SIZE, 4);
    memcpy(&cdb, v->config + C_CDB_SIZE, 4);
    sense = GUINT32_FROM_LE(sense);
    cdb = GUINT32_FROM_LE(cdb);
    if (sense < 65536 && cdb < 256) {
        s->sense_size = sense;
        s->cdb_size = cdb;
    } else {
        device_guest_error(&v->dev, "sense size %" PRIu32 ", command size %" PRIu32 ": too large", sense, cdb);
    }
    fill_config(s);
}

static void queue_stopped(struct virtio *v, struct virtq *q)
{
    scsi_drain(&((struct virtio_scsi *)v)->bus);
}

static void reset(struct virtio *v)
{
    struct virtio_scsi *s = (struct virtio_scsi *)v;

    s->sense_size = SENSE_SIZE;
    s->cdb_size = CDB_SIZE;
    s->missed = false;
    scsi_bus_reset(&s->bus);
    fill_config(s);
}

static const struct virtio_ops ops = { .notify = notify, .config_written = config_written,
                                       .queue_stopped = queue_stopped, .reset = reset };

static bool realize(struct device *d, GError **err)
{
    struct virtio_scsi *s = (struct virtio_scsi *)d;
    uint64_t features = (s->hotplug ? VIRTIO_BIT(F_HOTPLUG) : 0) | (s->param_change ? VIRTIO_BIT(F_CHANGE) : 0);

    if (s->num_queues < 1 || s->num_queues > 64) {
        fail(err, "%s: num_queues=%" PRIu32 ": expected 1 to 64", d->type->name, s->num_queues);
        return false;
    }
    if (s->queue_size < 4 || s->queue_size > VIRTQ_MAX_SIZE || (s->queue_size & (s->queue_size - 1))) {
        fail(err, "%s: virtqueue_size=%" PRIu32 ": expected a power of two from 4 to %u", d->type->name, s->queue_size,
             VIRTQ_MAX_SIZE);
        return false;
    }
    if (!virtio_init(&s->v, &ops, VIRTIO_ID_SCSI, features, C_BYTES, err))
        return false;
    for (unsigned i = 0; i < Q_REQUEST + s->num_queues; i++)
        virtio_add_queue(&s->v, s->queue_size);
    scsi_bus_init(&s->bus, MAX_TARGET, MAX_LUN);
    s->bus.hotplug = true;
    s->bus.changed = changed;
    s->sense_size = SENSE_SIZE;
    s->cdb_size = CDB_SIZE;
    fill_config(s);
    return true;
}

static void unrealize(struct device *d)
{
    struct virtio_scsi *s = (struct virtio_scsi *)d;

    virtio_fini(&s->v);
    scsi_bus_fini(&s->bus);
}

#define SCSI(n, member, kind, d, help) PROP_NAMED(n, struct virtio_scsi, member, kind, d, NULL, help)
static const struct property props[] = {
    SCSI("num_queues", num_queues, U32, 1, "request queues"),
    SCSI("virtqueue_size", queue_size, U32, 256, "slots of each queue"),
    SCSI("max_sectors", max_sectors, U32, 0xffff, "of one command"),
    SCSI("cmd_per_lun", cmd_per_lun, U32, 128, "commands at once"),
    SCSI("hotplug", hotplug, BOOL, 1, "tell of devices that come and go"),
    SCSI("param_change", param_change, BOOL, 1, "tell of changes of a device"),
    VIRTIO_PROPS,
    PROP_END,
};

static const struct state_row fields[] = {
    VIRTIO_FIELDS(struct virtio_scsi),
    FIELD_NONE(struct virtio_scsi, bus, "wiring"),
    FIELD_KEEP(struct virtio_scsi, sense_size), /* reset() */
    FIELD_KEEP(struct virtio_scsi, cdb_size),
    FIELD_KEEP(struct virtio_scsi, missed),
    FIELD_END,
};

static void settle(void *obj)
{
    struct virtio_scsi *s = obj;

    scsi_drain(&s->bus);
    virtio_settle(&s->v);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct virtio_scsi *s = obj;

    if (s->sense_size >= 65536 || s->cdb_size >= 256) {
        fail(err, "sense or command size out of range");
        return false;
    }
    fill_config(s);
    return virtio_loaded(obj, version, err);
}

static const struct state_table state = {
    STATE_OF(struct virtio_scsi),
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
};

const struct device_type virtio_scsi_device_type = {
    .name = "virtio-scsi-device",
    .desc = "virtio SCSI host adapter (a bus of SCSI devices)",
    .bus = &virtio_bus_type,
    .provides_bus = &scsi_bus_type,
    .bus_offset = offsetof(struct virtio_scsi, bus),
    .size = sizeof(struct virtio_scsi),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = virtio_device_reset,
    .unrealize = unrealize,
};
