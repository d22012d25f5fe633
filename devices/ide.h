/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ATA drives, and how the adapters they are plugged into have them carry out commands. The adapter's lock guards what
 * is here. Manuals: T13's ATA8-ACS, SATA 2.6.
 */
#ifndef MYNAH_IDE_H
#define MYNAH_IDE_H

#include <sys/uio.h>

#include "device.h"
#include "scsi.h"

#define IDE_SECTOR 512
#define IDE_MAX_TRANSFER (65536 * IDE_SECTOR)
#define IDE_PACKET_BYTES 16

enum ide_status { IDE_ERR = 0x01, IDE_DRQ = 0x08, IDE_SEEK_DONE = 0x10, IDE_READY = 0x40, IDE_BUSY = 0x80 };
enum ide_error { IDE_ABORTED = 0x04, IDE_NO_ID = 0x10, IDE_UNCORRECTABLE = 0x40 };

/* How a command's end is told: by the protocol that it belongs to. */
enum ide_protocol { IDE_NO_DATA, IDE_PIO_IN, IDE_PIO_OUT, IDE_DMA, IDE_QUEUED };

struct ide_device;

/* A command under way; the adapter's memory. */
struct ide_request {
    /* Set by the adapter. count, lba and device are the drive's answer when it is done. */
    uint8_t command, device;
    uint16_t features, count;
    uint64_t lba;              /* 48 bits */
    uint8_t packet[IDE_PACKET_BYTES];
    struct iovec *data;        /* what there is for data; valid until it is done; the drive may shorten it */
    unsigned ndata;
    bool to_device;            /* data goes that way */
    /* Not called if ide_execute() was true: ide_finish() is next. On a worker's thread or any other without a lock. */
    void (*done)(struct ide_request *r);
    /* Set when it is finished. */
    enum ide_protocol protocol;
    uint8_t status, error;
    size_t transferred;        /* bytes */
    /* The drive's. */
    struct ide_device *dev;
    bool failed;               /* block devices said so */
    uint8_t *ranges;           /* of a command that is carried out in steps */
    unsigned at, nranges;
    struct scsi_request scsi;  /* a packet */
};

/* True if the command is one of those of which several may be under way: its tag is count >> 3. */
bool ide_is_queued(uint8_t command);
/* Carry a command out. True: it is finished. False: r->done() follows. */
bool ide_execute(struct ide_device *d, struct ide_request *r);
/* After done(). */
void ide_finish(struct ide_request *r);
/* The drive was reset by its adapter; r's count, lba, device, status and error say what it is. Nothing is under way. */
void ide_signature(struct ide_device *d, struct ide_request *r);
/* Wait until no request touches its data: block_drain(). */
void ide_drain(struct ide_device *d);

#define IDE_PORTS 6
/* What offers this bus has this at its type's bus_offset. A port is a bus of its own. */
struct ide_bus {
    struct ide_device *drive[IDE_PORTS]; /* at each port, or NULL */
    /* The drive at a port goes: its commands end first. Main loop, no lock is held. */
    void (*leaving)(struct device *adapter, unsigned port);
};
extern const struct bus_type ide_bus_type;

#endif
