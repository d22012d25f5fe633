/* SPDX-License-Identifier: BSD-2-Clause */
/* xHCI: rings, slots and endpoints, transfers. The manual is xhci.c's: chapters 4 and 6. */
#include <inttypes.h>
#include <string.h>

#include "iov.h"
#include "xhci.h"

#define TRB_EVENT_DATA 4 /* of transfer events */


#define CONTEXT_BYTES 32
enum { SLOT_DEFAULT = 1, SLOT_ADDRESSED = 2, SLOT_CONFIGURED = 3 };
enum { EP_CONTROL = 4 }; /* of its type, of which the others are: 1 to 3 out, 5 to 7 in; 1 and 5 isochronous */

/* How long guests may keep a controller busy. */
#define MAX_TRBS 1024 /* of a transfer */
#define MAX_LINKS 32  /* one behind the other */
#define MAX_WORK 4096 /* transfers or commands at a time */

/* -- Rings -- */

static bool read_trb(struct xhci *s, gpa at, struct trb *t)
{
    uint8_t b[TRB_BYTES];

    if (!device_dma_read(&s->dev, at, b, sizeof(b))) {
        xhci_host_error(s, "ring", at);
        return false;
    }
    *t = (struct trb){ .parameter = xhci_get64(b), .status = xhci_get32(b + 8), .control = xhci_get32(b + 12),
                       .at = at };
    return true;
}

/* The next TRB that is no link, which the ring goes behind. False: there is none yet. */
static bool next_trb(struct xhci *s, struct ring *r, struct trb *t)
{
    for (unsigned links = 0; links < MAX_LINKS; links++) {
        if (!read_trb(s, r->dequeue, t) || (t->control & TRB_CYCLE) != r->cycle)
            return false;
        if (trb_type(t) != T_LINK) {
            r->dequeue += TRB_BYTES;
            return true;
        }
        r->dequeue = t->parameter & ~UINT64_C(0xf);
        if (t->control & TRB_TOGGLE)
            r->cycle = !r->cycle;
    }
    device_guest_error(&s->dev, "ring at 0x%" PRIx64 ": links and nothing else", r->dequeue);
    return false;
}

/* -- Contexts in memory -- */

static bool read_context(struct xhci *s, gpa at, uint8_t *b)
{
    return device_dma_read(&s->dev, at, b, CONTEXT_BYTES);
}

/* An endpoint's context after its state has changed: the state and where the ring is. */
static void store_endpoint(struct xhci *s, unsigned slot, unsigned ep)
{
    const struct endpoint *e = &s->slot[slot].ep[ep];
    gpa at = s->slot[slot].context + CONTEXT_BYTES * ep;
    uint8_t b[CONTEXT_BYTES];

    if (!read_context(s, at, b))
        return;
    b[0] = (b[0] & ~7) | e->state;
    xhci_put64(b + 8, e->ring.dequeue | e->ring.cycle);
    device_dma_write(&s->dev, at, b, sizeof(b));
}

static void set_endpoint_state(struct xhci *s, unsigned slot, unsigned ep, enum endpoint_state state)
{
    s->slot[slot].ep[ep].state = state;
    store_endpoint(s, slot, ep);
}

/* State and address in the slot's context. */
static void store_slot(struct xhci *s, unsigned slot, uint8_t state, uint8_t address)
{
    uint8_t b[4];

    pci_put32(b, address | (uint32_t)state << 27);
    device_dma_write(&s->dev, s->slot[slot].context + 12, b, 4);
}

/* -- Transfers -- */

/* One that was read: its TRBs, and the memory of those that have data. */
struct transfer {
    GArray *trbs, *iov;
    struct ring after;
    struct usb_packet data;
    uint8_t immediate[8];
    bool broken; /* its memory is none */
};

static void transfer_clear(struct transfer *t)
{
    g_array_free(t->trbs, TRUE);
    g_array_free(t->iov, TRUE);
}

static const struct trb *trb_of(const struct transfer *t, unsigned n)
{
    return &g_array_index(t->trbs, struct trb, n);
}

static uint32_t trb_bytes(const struct trb *t)
{
    return t->status & 0x1ffff;
}

static bool has_data(const struct trb *t)
{
    return trb_type(t) == T_NORMAL || trb_type(t) == T_DATA || trb_type(t) == T_ISOCH;
}

static void add_data(struct xhci *s, struct transfer *t, const struct trb *trb)
{
    gpa addr = trb->parameter;
    size_t left = trb_bytes(trb);

    if (trb->control & TRB_IMMEDIATE) {
        xhci_put64(t->immediate, trb->parameter);
        struct iovec v = { t->immediate, MIN(left, sizeof(t->immediate)) };
        g_array_append_val(t->iov, v);
        left = 0;
    }
    while (left > 0) {
        struct iovec v = { .iov_len = left };
        v.iov_base = device_dma_map(&s->dev, addr, &v.iov_len);
        if (!v.iov_base || v.iov_len == 0) {
            t->broken = true;
            return;
        }
        g_array_append_val(t->iov, v);
        addr += v.iov_len;
        left -= v.iov_len;
    }
}

/*
 * A control transfer goes to its status stage and what is chained to that, others as far as they are chained. False: it
 * is not whole yet. What was read is the caller's to free in either case.
 */
static bool read_transfer(struct xhci *s, const struct endpoint *e, struct transfer *t)
{
    bool end = false, status = e->type != EP_CONTROL;
    struct trb trb;

    *t = (struct transfer){ .trbs = g_array_new(FALSE, FALSE, sizeof(trb)),
                            .iov = g_array_new(FALSE, FALSE, sizeof(struct iovec)), .after = e->ring };
    while (!end) {
        if (t->trbs->len == MAX_TRBS) {
            device_guest_error(&s->dev, "transfer at 0x%" PRIx64 ": more than %u TRBs", e->ring.dequeue, MAX_TRBS);
            return false;
        }
        if (!next_trb(s, &t->after, &trb))
            return false;
        status |= trb_type(&trb) == T_STATUS || trb_type(&trb) == T_NO_OP;
        end = status && !(trb.control & TRB_CHAIN);
        g_array_append_val(t->trbs, trb);
        if (has_data(&trb))
            add_data(s, t, &trb);
    }
    t->data = (struct usb_packet){ .iov = (struct iovec *)t->iov->data, .niov = t->iov->len };
    for (guint i = 0; i < t->iov->len; i++)
        t->data.len += t->data.iov[i].iov_len;
    return true;
}

static void transfer_event(struct xhci *s, unsigned slot, unsigned ep, uint64_t parameter, enum completion code,
                           uint32_t length, bool event_data)
{
    struct trb e = { .parameter = parameter, .status = (uint32_t)code << 24 | (length & 0xffffff),
                     .control = T_TRANSFER_EVENT << 10 | ep << 16 | (uint32_t)slot << 24 |
                                (event_data ? TRB_EVENT_DATA : 0) };

    xhci_send_event(s, s->slot[slot].interrupter, &e);
}

/* Tell of a transfer that has ended: of each TRB that asks for it, and of the one where it went wrong. */
static void report(struct xhci *s, unsigned slot, unsigned ep, const struct transfer *t, enum completion code)
{
    size_t left = t->data.done;
    uint32_t since = 0; /* bytes since the last event with data */
    bool told = false, is_short = false;

    for (unsigned i = 0; i < t->trbs->len; i++) {
        const struct trb *trb = trb_of(t, i);
        unsigned type = trb_type(trb);
        size_t n = 0;
        if (type == T_SETUP || type == T_STATUS)
            told = is_short = false;
        if (has_data(trb)) {
            n = MIN(trb_bytes(trb), left);
            is_short |= n < trb_bytes(trb) && code == CC_SUCCESS;
            left -= n;
            since += n;
        }
        bool wanted = (trb->control & TRB_IOC) || (is_short && (trb->control & TRB_SHORT));
        bool wrong = code != CC_SUCCESS && (i + 1 == t->trbs->len || (has_data(trb) && n < trb_bytes(trb)));
        if (told || !(wanted || wrong))
            continue;
        enum completion c = code != CC_SUCCESS ? code : is_short ? CC_SHORT_PACKET : CC_SUCCESS;
        if (type == T_EVENT_DATA) {
            transfer_event(s, slot, ep, trb->parameter, c, since, true);
            since = 0;
        } else {
            transfer_event(s, slot, ep, trb->at, c, (has_data(trb) ? trb_bytes(trb) : 0) - n, false);
        }
        told = is_short;
        if (code != CC_SUCCESS)
            return;
    }
}

/* Carry a control transfer out. */
static enum usb_result control_transfer(struct usb_device *d, struct transfer *t, enum completion *code)
{
    const struct trb *first = trb_of(t, 0);
    uint64_t p = first->parameter;
    struct usb_setup setup = { .type = p, .request = p >> 8, .value = p >> 16, .index = p >> 32, .length = p >> 48 };
    g_autofree uint8_t *buf = NULL;

    if (trb_type(first) == T_NO_OP)
        return USB_OK;
    if (trb_type(first) != T_SETUP || !(first->control & TRB_IMMEDIATE)) {
        *code = CC_TRB;
        return USB_OK;
    }
    size_t len = MIN(setup.length, t->data.len);
    if (len > USB_MAX_CONTROL)
        return USB_STALL;
    setup.length = len;
    buf = g_malloc0(USB_MAX_CONTROL);
    if (!(setup.type & USB_IN) && usb_get(&t->data, buf, len) != len)
        return USB_STALL;
    enum usb_result r = usb_control(d, &setup, buf, &len);
    if (r == USB_OK && (setup.type & USB_IN))
        usb_put(&t->data, buf, len);
    return r;
}

static enum usb_result carry_out(struct xhci *s, unsigned slot, unsigned ep, struct transfer *t, enum completion *code)
{
    const struct slot *sl = &s->slot[slot];
    struct usb_device *d = usb_find(&s->bus, sl->path);

    *code = CC_SUCCESS;
    if (t->broken)
        *code = CC_DATA_BUFFER;
    else if (!d || !sl->path[0])
        *code = CC_TRANSACTION;
    else if (sl->ep[ep].type == EP_CONTROL)
        return control_transfer(d, t, code);
    else if (trb_type(trb_of(t, 0)) != T_NO_OP)
        return usb_data(d, ep / 2, ep & 1, &t->data);
    return USB_OK;
}

static void written(const struct transfer *t)
{
    size_t left = t->data.done;

    for (unsigned i = 0; i < t->data.niov && left > 0; i++) {
        const struct iovec *v = &t->data.iov[i];
        if (v->iov_base != t->immediate)
            bus_ram_written(v->iov_base, MIN(v->iov_len, left));
        left -= MIN(v->iov_len, left);
    }
}

/* One transfer. False: there is none, or the device has to say something first, or the endpoint has stopped. */
static bool transfer_once(struct xhci *s, unsigned slot, unsigned ep)
{
    struct endpoint *e = &s->slot[slot].ep[ep];
    enum completion code;
    struct transfer t;

    if (e->state != EP_RUNNING || !xhci_running(s))
        return false;
    bool whole = read_transfer(s, e, &t);
    enum usb_result r = whole ? carry_out(s, slot, ep, &t, &code) : USB_NAK;
    if (r == USB_NAK) {
        transfer_clear(&t);
        return false;
    }
    if (r == USB_STALL)
        code = CC_STALL;
    if ((ep & 1) || ep == 1)
        written(&t);
    if (code == CC_SUCCESS)
        e->ring = t.after;
    else
        set_endpoint_state(s, slot, ep, EP_HALTED);
    report(s, slot, ep, &t, code);
    transfer_clear(&t);
    return code == CC_SUCCESS;
}

void xhci_run_endpoint(struct xhci *s, unsigned slot, unsigned ep)
{
    unsigned n = 0;

    while (transfer_once(s, slot, ep))
        if (++n == MAX_WORK) {
            device_guest_error(&s->dev, "slot %u, endpoint %u: transfers without end", slot, ep);
            break;
        }
}

void xhci_start_endpoint(struct xhci *s, unsigned slot, unsigned ep)
{
    if (s->slot[slot].ep[ep].state == EP_STOPPED)
        set_endpoint_state(s, slot, ep, EP_RUNNING);
    xhci_run_endpoint(s, slot, ep);
}

/* -- Commands -- */

static enum completion enable_slot(struct xhci *s, unsigned *slot)
{
    for (unsigned i = 1; i <= SLOTS && i <= (s->config & 0xff); i++) {
        if (s->slot[i].enabled)
            continue;
        s->slot[i] = (struct slot){ .enabled = true };
        *slot = i;
        return CC_SUCCESS;
    }
    return CC_NO_SLOTS;
}

static enum completion disable_slot(struct xhci *s, unsigned slot)
{
    s->slot[slot] = (struct slot){ .enabled = false };
    return CC_SUCCESS;
}

/* Begin with an endpoint as its context in memory says, and have the device's context say so. */
static enum completion start_endpoint(struct xhci *s, unsigned slot, unsigned ep, const uint8_t *context)
{
    struct endpoint *e = &s->slot[slot].ep[ep];
    uint8_t type = context[4] >> 3 & 7, copy[CONTEXT_BYTES];
    uint64_t dequeue = xhci_get64(context + 8);

    if (type == 0 || (ep == 1) != (type == EP_CONTROL))
        return CC_TRB;
    *e = (struct endpoint){ .state = EP_RUNNING, .type = type,
                            .ring = { .dequeue = dequeue & ~UINT64_C(0xf), .cycle = dequeue & 1 } };
    memcpy(copy, context, sizeof(copy));
    copy[0] = (copy[0] & ~7) | EP_RUNNING;
    device_dma_write(&s->dev, s->slot[slot].context + CONTEXT_BYTES * ep, copy, sizeof(copy));
    return CC_SUCCESS;
}

/* Port and route of a slot's context. False: it can't be. */
static bool take_path(const struct xhci *s, const uint8_t *context, uint8_t path[USB_MAX_DEPTH])
{
    uint32_t route = xhci_get32(context) & 0xfffff;
    unsigned port = context[6];

    if (port <= s->p3 || port > s->p3 + s->p2)
        return false;
    memset(path, 0, USB_MAX_DEPTH);
    path[0] = port - s->p3;
    for (unsigned i = 1; i < USB_MAX_DEPTH; i++, route >>= 4)
        path[i] = route & 0xf;
    return true;
}

static enum completion address_device(struct xhci *s, unsigned slot, const struct trb *t)
{
    struct slot *sl = &s->slot[slot];
    uint8_t control[CONTEXT_BYTES], context[CONTEXT_BYTES], ep0[CONTEXT_BYTES], pointer[8];
    gpa in = t->parameter & ~UINT64_C(0xf);

    if (!read_context(s, in, control) || !read_context(s, in + CONTEXT_BYTES, context) ||
        !read_context(s, in + 2 * CONTEXT_BYTES, ep0) ||
        !device_dma_read(&s->dev, s->contexts + 8 * slot, pointer, 8))
        return CC_TRB;
    if (xhci_get32(control) != 0 || xhci_get32(control + 4) != 3)
        return CC_TRB;
    if (!take_path(s, context, sl->path) || !usb_find(&s->bus, sl->path)) {
        memset(sl->path, 0, sizeof(sl->path));
        return CC_TRANSACTION;
    }
    sl->context = xhci_get64(pointer) & ~UINT64_C(0x3f);
    sl->interrupter = xhci_get32(context + 8) >> 22;
    sl->addressed = !(t->control & TRB_BLOCK_ADDRESS);
    pci_put32(context + 12, sl->addressed ? slot | (uint32_t)SLOT_ADDRESSED << 27 : (uint32_t)SLOT_DEFAULT << 27);
    device_dma_write(&s->dev, sl->context, context, sizeof(context));
    return start_endpoint(s, slot, 1, ep0);
}

static void disable_endpoints(struct xhci *s, unsigned slot)
{
    for (unsigned i = 2; i < ENDPOINTS; i++)
        if (s->slot[slot].ep[i].state != EP_DISABLED)
            set_endpoint_state(s, slot, i, EP_DISABLED);
}

static enum completion configure_endpoint(struct xhci *s, unsigned slot, const struct trb *t)
{
    struct slot *sl = &s->slot[slot];
    uint8_t control[CONTEXT_BYTES], context[CONTEXT_BYTES], own[CONTEXT_BYTES];
    gpa in = t->parameter & ~UINT64_C(0xf);

    if (!sl->context)
        return CC_CONTEXT_STATE;
    if (t->control & TRB_DECONFIGURE) {
        disable_endpoints(s, slot);
        store_slot(s, slot, SLOT_ADDRESSED, slot);
        return CC_SUCCESS;
    }
    if (!read_context(s, in, control) || !read_context(s, in + CONTEXT_BYTES, context) ||
        !read_context(s, sl->context, own))
        return CC_TRB;
    uint32_t drop = xhci_get32(control), add = xhci_get32(control + 4);
    if ((drop & 3) || (add & 3) != 1)
        return CC_TRB;
    for (unsigned i = 2; i < ENDPOINTS; i++) {
        uint8_t ep[CONTEXT_BYTES];
        if (drop >> i & 1)
            set_endpoint_state(s, slot, i, EP_DISABLED);
        if (!(add >> i & 1))
            continue;
        enum completion c = read_context(s, in + CONTEXT_BYTES * (1 + i), ep) ? start_endpoint(s, slot, i, ep) : CC_TRB;
        if (c != CC_SUCCESS)
            return c;
    }
    own[3] = (own[3] & 7) | (context[3] & 0xf8); /* how many contexts there are */
    pci_put32(own + 12, (own[12]) | (uint32_t)SLOT_CONFIGURED << 27);
    device_dma_write(&s->dev, sl->context, own, sizeof(own));
    return CC_SUCCESS;
}

/* What may be told of a device once it is known: its interrupter, how large control packets are. */
static enum completion evaluate_context(struct xhci *s, unsigned slot, const struct trb *t)
{
    struct slot *sl = &s->slot[slot];
    uint8_t control[CONTEXT_BYTES], in_slot[CONTEXT_BYTES], in_ep0[CONTEXT_BYTES], own[CONTEXT_BYTES];
    gpa in = t->parameter & ~UINT64_C(0xf);

    if (!sl->context)
        return CC_CONTEXT_STATE;
    if (!read_context(s, in, control) || !read_context(s, in + CONTEXT_BYTES, in_slot) ||
        !read_context(s, in + 2 * CONTEXT_BYTES, in_ep0))
        return CC_TRB;
    uint32_t add = xhci_get32(control + 4);
    if (xhci_get32(control) || (add & ~UINT32_C(3)))
        return CC_TRB;
    if ((add & 1) && read_context(s, sl->context, own)) {
        memcpy(own + 4, in_slot + 4, 2);                                    /* how long it may take to wake up */
        pci_put32(own + 8, (xhci_get32(own + 8) & 0x3fffff) | (xhci_get32(in_slot + 8) & ~UINT32_C(0x3fffff)));
        sl->interrupter = xhci_get32(own + 8) >> 22;
        device_dma_write(&s->dev, sl->context, own, sizeof(own));
    }
    if ((add & 2) && read_context(s, sl->context + CONTEXT_BYTES, own)) {
        memcpy(own + 6, in_ep0 + 6, 2);
        device_dma_write(&s->dev, sl->context + CONTEXT_BYTES, own, sizeof(own));
    }
    return CC_SUCCESS;
}

/* Commands to an endpoint. */
static enum completion endpoint_command(struct xhci *s, unsigned slot, const struct trb *t)
{
    unsigned ep = t->control >> 16 & 0x1f;
    struct endpoint *e = &s->slot[slot].ep[ep];

    if (ep == 0)
        return CC_TRB;
    if (e->state == EP_DISABLED)
        return CC_ENDPOINT_NOT_ENABLED;
    switch (trb_type(t)) {
    case T_RESET_ENDPOINT:
        if (e->state != EP_HALTED)
            return CC_CONTEXT_STATE;
        set_endpoint_state(s, slot, ep, EP_STOPPED);
        return CC_SUCCESS;
    case T_STOP_ENDPOINT: {
        struct transfer waits;
        if (e->state != EP_RUNNING)
            return CC_CONTEXT_STATE;
        if (read_transfer(s, e, &waits)) {
            const struct trb *first = trb_of(&waits, 0);
            transfer_event(s, slot, ep, first->at, CC_STOPPED, trb_bytes(first), false);
        }
        transfer_clear(&waits);
        set_endpoint_state(s, slot, ep, EP_STOPPED);
        return CC_SUCCESS;
    }
    default: /* T_SET_DEQUEUE */
        if (e->state != EP_STOPPED)
            return CC_CONTEXT_STATE;
        e->ring = (struct ring){ .dequeue = t->parameter & ~UINT64_C(0xf), .cycle = t->parameter & 1 };
        store_endpoint(s, slot, ep);
        return CC_SUCCESS;
    }
}

static enum completion reset_device(struct xhci *s, unsigned slot)
{
    struct slot *sl = &s->slot[slot];
    struct usb_device *d = usb_find(&s->bus, sl->path);

    if (!sl->context)
        return CC_CONTEXT_STATE;
    disable_endpoints(s, slot);
    sl->addressed = false;
    store_slot(s, slot, SLOT_DEFAULT, 0);
    if (d && sl->path[0])
        usb_reset(d);
    return CC_SUCCESS;
}

/* Commands to a slot. */
static enum completion slot_command(struct xhci *s, unsigned slot, const struct trb *t)
{
    if (slot < 1 || slot > SLOTS)
        return CC_TRB;
    if (!s->slot[slot].enabled)
        return CC_SLOT_NOT_ENABLED;
    switch (trb_type(t)) {
    case T_DISABLE_SLOT:
        return disable_slot(s, slot);
    case T_ADDRESS_DEVICE:
        return address_device(s, slot, t);
    case T_CONFIGURE_ENDPOINT:
        return configure_endpoint(s, slot, t);
    case T_EVALUATE_CONTEXT:
        return evaluate_context(s, slot, t);
    case T_RESET_DEVICE:
        return reset_device(s, slot);
    default:
        return endpoint_command(s, slot, t);
    }
}

static void command(struct xhci *s, const struct trb *t)
{
    unsigned slot = t->control >> 24, type = trb_type(t);
    enum completion code = CC_TRB;

    if (type == T_ENABLE_SLOT)
        code = enable_slot(s, &slot);
    else if (type == T_NO_OP_COMMAND)
        code = CC_SUCCESS;
    else if (type >= T_DISABLE_SLOT && type <= T_RESET_DEVICE)
        code = slot_command(s, slot, t);
    else
        device_guest_error(&s->dev, "command of type %u: expected one of the manual's", type);
    struct trb e = { .parameter = t->at, .status = (uint32_t)code << 24,
                     .control = T_COMMAND_EVENT << 10 | (uint32_t)slot << 24 };
    xhci_send_event(s, 0, &e);
}

void xhci_run_commands(struct xhci *s)
{
    struct trb t;

    if (!xhci_running(s))
        return;
    s->ring_control |= RING_RUNNING;
    for (unsigned n = 0; n < MAX_WORK && xhci_running(s) && next_trb(s, &s->ring, &t); n++)
        command(s, &t);
}

void xhci_stop_commands(struct xhci *s)
{
    struct trb e = { .parameter = s->ring.dequeue, .status = (uint32_t)CC_RING_STOPPED << 24,
                     .control = T_COMMAND_EVENT << 10 };

    s->ring_control &= ~RING_RUNNING;
    xhci_send_event(s, 0, &e);
}
