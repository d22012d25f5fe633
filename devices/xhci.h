/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the xHCI controller: registers, ports and interrupts (xhci.c), rings and what they ask for
 * (xhci-rings.c). The device's lock is held in all of it.
 */
#ifndef MYNAH_XHCI_H
#define MYNAH_XHCI_H

#include "devices/pci/pci.h"
#include "usb.h"

#define SLOTS 64
#define ENDPOINTS 32 /* by their number in a device context: 0 is the slot's, 1 the control endpoint */
#define INTERRUPTERS 16
#define MAX_PORTS 30

enum { RING_CYCLE = 1, RING_STOP = 2, RING_ABORT = 4, RING_RUNNING = 8 }; /* of the command ring's register */

/* -- Transfer request blocks -- */

enum trb_type {
    T_NORMAL = 1, T_SETUP = 2, T_DATA = 3, T_STATUS = 4, T_ISOCH = 5, T_LINK = 6, T_EVENT_DATA = 7, T_NO_OP = 8,
    T_ENABLE_SLOT = 9, T_DISABLE_SLOT = 10, T_ADDRESS_DEVICE = 11, T_CONFIGURE_ENDPOINT = 12, T_EVALUATE_CONTEXT = 13,
    T_RESET_ENDPOINT = 14, T_STOP_ENDPOINT = 15, T_SET_DEQUEUE = 16, T_RESET_DEVICE = 17, T_NO_OP_COMMAND = 23,
    T_TRANSFER_EVENT = 32, T_COMMAND_EVENT = 33, T_PORT_EVENT = 34, T_HOST_EVENT = 37,
};
#define TRB_BYTES 16
enum trb_control { TRB_CYCLE = 1, TRB_TOGGLE = 2 /* of links */, TRB_SHORT = 4, TRB_CHAIN = 0x10, TRB_IOC = 0x20,
                   TRB_IMMEDIATE = 0x40, TRB_BLOCK_ADDRESS = 0x200, TRB_DECONFIGURE = 0x200 };

enum completion {
    CC_SUCCESS = 1, CC_DATA_BUFFER = 2, CC_TRANSACTION = 4, CC_TRB = 5, CC_STALL = 6, CC_NO_SLOTS = 9,
    CC_SLOT_NOT_ENABLED = 11, CC_ENDPOINT_NOT_ENABLED = 12, CC_SHORT_PACKET = 13, CC_CONTEXT_STATE = 19,
    CC_RING_FULL = 21, CC_RING_STOPPED = 24, CC_STOPPED = 26,
};

/* -- The controller -- */

struct ring {
    uint64_t dequeue;
    bool cycle;
};

struct interrupter {
    uint32_t management, moderation, segments;
    uint64_t table, dequeue;
    /* The segment that events go to. */
    uint64_t start;
    uint32_t size, enqueue; /* TRBs */
    bool cycle, full;
};

enum endpoint_state { EP_DISABLED = 0, EP_RUNNING = 1, EP_HALTED = 2, EP_STOPPED = 3 };

struct endpoint {
    uint8_t state, type;
    struct ring ring;
};

struct slot {
    bool enabled, addressed;
    uint8_t path[USB_MAX_DEPTH]; /* to its device */
    uint16_t interrupter;
    uint64_t context;            /* the device context's address */
    struct endpoint ep[ENDPOINTS];
};

struct xhci {
    struct device dev;
    struct pci_function pci;
    struct usb_bus bus;
    uint32_t command, status, notification, config;
    uint64_t contexts;
    struct ring ring; /* of commands */
    uint32_t ring_control;
    uint32_t port[MAX_PORTS]; /* status and control: those of SuperSpeed come first */
    struct interrupter in[INTERRUPTERS];
    struct slot slot[SLOTS + 1]; /* from 1 */
    uint32_t p2, p3; /* properties */
};

struct trb {
    uint64_t parameter;
    uint32_t status, control;
    gpa at;
};

static inline unsigned trb_type(const struct trb *t)
{
    return t->control >> 10 & 0x3f;
}

/* It runs: its rings are looked at. */
bool xhci_running(const struct xhci *s);

static inline uint32_t xhci_get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t xhci_get64(const uint8_t *p)
{
    return xhci_get32(p) | (uint64_t)xhci_get32(p + 4) << 32;
}
static inline void xhci_put64(uint8_t *p, uint64_t v)
{
    pci_put32(p, v);
    pci_put32(p + 4, v >> 32);
}

/* -- xhci.c -- */

/* Memory of the guest's that must be there is not: the controller gives up. */
void xhci_host_error(struct xhci *s, const char *what, gpa at);
/* An event for the driver, to interrupter n; lost where it has no room. */
void xhci_send_event(struct xhci *s, unsigned n, const struct trb *e);

/* -- xhci-rings.c -- */

/* Commands, as far as there are any. */
void xhci_run_commands(struct xhci *s);
/* Nothing is ever under way: the driver is told that the ring has stopped. */
void xhci_stop_commands(struct xhci *s);
/* Transfers of an endpoint, as far as there are any and its device has something to say. */
void xhci_run_endpoint(struct xhci *s, unsigned slot, unsigned ep);
/* The same for the driver, whose wish starts an endpoint that it has stopped. */
void xhci_start_endpoint(struct xhci *s, unsigned slot, unsigned ep);

#endif
