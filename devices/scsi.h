/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCSI: targets, and how host adapters of any kind (virtio-scsi, USB, AHCI's packets) have them carry out commands. The
 * adapter's lock guards what is here. Manuals: T10's SPC-3, SBC-3 and MMC-6.
 */
#ifndef MYNAH_SCSI_H
#define MYNAH_SCSI_H

#include <sys/uio.h>

#include "device.h"

#define SCSI_MAX_CDB 32
#define SCSI_SENSE_BYTES 18 /* fixed format */

enum scsi_status { SCSI_GOOD = 0x00, SCSI_CHECK_CONDITION = 0x02 };

struct scsi_device;

/* A command under way; the adapter's memory. */
struct scsi_request {
    /* Set by the adapter. */
    uint8_t cdb[SCSI_MAX_CDB]; /* zeros behind the command */
    const struct iovec *out, *in; /* data to the device, from the device; valid until it is done */
    unsigned nout, nin;
    /* Not called if scsi_execute() was true: it is done, on a worker's thread or any other without a lock. */
    void (*done)(struct scsi_request *r);
    /* Set when it is done. */
    uint8_t status;    /* enum scsi_status */
    uint8_t sense[SCSI_SENSE_BYTES]; /* with SCSI_CHECK_CONDITION */
    size_t transferred; /* bytes of out or in that were used */
    /* The device's. */
    struct scsi_device *dev;
    uint8_t *params;   /* of a command that is carried out in steps */
    size_t at, end;
};

/* What offers a bus to scsi-hd and scsi-cd has this at its type's bus_offset. */
struct scsi_bus {
    unsigned max_id, max_lun; /* addresses are 0 to these */
    bool hotplug;
    /* A device came while the machine was there, or goes; main loop, no lock is held. May be NULL. */
    void (*changed)(struct scsi_bus *b, struct scsi_device *d, bool there);
    GPtrArray *devices;       /* of struct scsi_device, under the adapter's lock */
};
extern const struct bus_type scsi_bus_type;

/* In realize and unrealize of the adapter. */
void scsi_bus_init(struct scsi_bus *b, unsigned max_id, unsigned max_lun);
void scsi_bus_fini(struct scsi_bus *b);
/* NULL: there is none. */
struct scsi_device *scsi_find(const struct scsi_bus *b, unsigned id, unsigned lun);
/* True if there is any device with this id. */
bool scsi_has_target(const struct scsi_bus *b, unsigned id);
/* Its address. */
void scsi_address(const struct scsi_device *d, unsigned *id, unsigned *lun);
/*
 * Carry a command out; the adapter's lock is held. d may be NULL: the target id is there, but no such unit. True: it is
 * done. False: r->done() follows.
 */
bool scsi_execute(struct scsi_bus *b, unsigned id, struct scsi_device *d, struct scsi_request *r);
/* Wait until no request of any device's touches its data: block_drain(). */
void scsi_drain(struct scsi_bus *b);
/* The bus was reset: the next command of each device hears of it. */
void scsi_bus_reset(struct scsi_bus *b);

#endif
