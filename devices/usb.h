/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * USB devices, and how host controllers reach them. Nothing is ever under way between the two: a device that has no
 * data or no room says so (USB_NAK), and wakes the controller when that has changed. The controller's lock guards what is
 * here. Manual: "Universal Serial Bus Specification" 2.0.
 */
#ifndef MYNAH_USB_H
#define MYNAH_USB_H

#include <sys/uio.h>

#include "device.h"

#define USB_MAX_DEPTH 6     /* ports from the controller to a device: five hubs */
#define USB_MAX_CONTROL 4096 /* bytes of a control transfer's data */

enum usb_speed { USB_FULL_SPEED = 1, USB_LOW_SPEED = 2, USB_HIGH_SPEED = 3 }; /* as xHCI numbers them */
enum usb_result { USB_OK, USB_NAK, USB_STALL };
enum usb_descriptor { USB_DEVICE = 1, USB_CONFIG = 2, USB_STRING = 3, USB_INTERFACE = 4, USB_ENDPOINT = 5,
                      USB_QUALIFIER = 6, USB_OTHER_SPEED = 7, USB_HID = 0x21, USB_REPORT = 0x22, USB_HUB = 0x29 };

/* A control request. */
struct usb_setup {
    uint8_t type, request;
    uint16_t value, index, length;
};
#define USB_IN 0x80 /* of type: data go to the host */
/* Type and request in one number, for switches. */
#define USB_REQUEST(type, request) ((type) << 8 | (request))

/* Data of a transfer, in the guest's memory. */
struct usb_packet {
    struct iovec *iov;
    unsigned niov;
    size_t len, done; /* bytes there are, and those that were used */
};
/* Copy from p, or into it, behind what is done; how many there were. */
size_t usb_get(struct usb_packet *p, void *buf, size_t len);
size_t usb_put(struct usb_packet *p, const void *buf, size_t len);

struct usb_device;

/* A kind of device. The controller's lock is held in all of them. */
struct usb_ops {
    /*
     * A request that is not standard, or to an interface: data has room for setup->length bytes, or has as many; *len
     * is how many there are. USB_STALL: it is not known.
     */
    enum usb_result (*control)(struct usb_device *d, const struct usb_setup *setup, uint8_t *data, size_t *len);
    /* A transfer of endpoint ep, which the configuration has. p->done grows if it is USB_OK. */
    enum usb_result (*data)(struct usb_device *d, unsigned ep, bool in, struct usb_packet *p);
    /* The bus was reset, or the device was configured anew. May be NULL. */
    void (*reset)(struct usb_device *d);
    /* Wait until nothing is under way with the host; a snapshot is made. May be NULL. */
    void (*settle)(struct usb_device *d);
    /* Of hubs: a device came to its port, or went. */
    void (*port_changed)(struct usb_device *d, unsigned port, bool there);
};

/* Descriptors. */
struct usb_model {
    uint16_t vendor, product, release;
    uint8_t device_class, max_packet[2]; /* of endpoint 0; here and below: at full, at high speed */
    const char *strings[4];  /* manufacturer, product, serial number, configuration: 1 to 4 */
    const uint8_t *config[2]; /* with all that belongs to it; NULL: it knows no such speed */
};

struct usb_device {
    struct device dev;
    const struct usb_ops *ops;
    const struct usb_model *model;
    struct usb_bus *bus;
    uint8_t path[USB_MAX_DEPTH]; /* ports that lead to it, from 1; 0 behind the last */
    uint8_t speed;
    uint8_t ports;               /* a hub has so many, others 0 */
    uint8_t configuration;
    bool remote_wakeup;
    uint16_t halted[2];          /* endpoints, a bit each: out, in */
    char *port;                  /* a property: "1.3" */
    char *serial;                /* a property */
};

/* What a controller has at its type's bus_offset. */
struct usb_bus {
    struct device *hc;
    unsigned ports;     /* of its own, for these devices: the first has number 1 */
    GPtrArray *devices; /* of struct usb_device */
    /* A device came to a port of the controller, or is gone from it. */
    void (*changed)(struct usb_bus *b, unsigned port, bool there);
    /* An endpoint may have something to say. */
    void (*wakeup)(struct usb_bus *b, struct usb_device *d, unsigned ep, bool in);
};
extern const struct bus_type usb_bus_type;

/* -- Controllers -- */

/* In realize and unrealize. */
void usb_bus_init(struct usb_bus *b, struct device *hc, unsigned ports);
void usb_bus_fini(struct usb_bus *b);
/* The device at the end of a path, 0 behind its last; NULL: there is none. */
struct usb_device *usb_find(const struct usb_bus *b, const uint8_t path[USB_MAX_DEPTH]);
/* In settle of the controller's table of state. */
void usb_settle(struct usb_bus *b);
/* A port was reset: what is there begins anew. */
void usb_reset(struct usb_device *d);
/* A control transfer: as ops->control(), for all requests. */
enum usb_result usb_control(struct usb_device *d, const struct usb_setup *setup, uint8_t *data, size_t *len);
/* A transfer of another endpoint, 1 to 15. */
enum usb_result usb_data(struct usb_device *d, unsigned ep, bool in, struct usb_packet *p);

/* -- Devices -- */

#define USB_PROPS(type, u)                                                                                             \
    PROP_NAMED("port", type, u.port, STRING, 0, NULL, "a port of the controller, and of hubs behind it: 1, 1.3"),      \
    PROP_NAMED("serial", type, u.serial, STRING, 0, NULL, "serial number")
#define USB_FIELDS(type, u) FIELD_STRUCT(type, u, &usb_device_table)
extern const struct state_table usb_device_table;

/* In realize. */
void usb_init(struct usb_device *d, const struct usb_model *model, const struct usb_ops *ops);
/* From callbacks that hold no lock: take the controller's, and give it back. */
void usb_lock(struct usb_device *d);
void usb_unlock(struct usb_device *d);

#endif
