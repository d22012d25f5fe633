/* SPDX-License-Identifier: BSD-2-Clause */
/* A stand-in for hardware that is not modelled: reads as zero, ignores writes, and logs both (-d unimp). */
#include <inttypes.h>

#include "device.h"

struct unimp {
    struct device dev;
    uint64_t size;
};

static uint64_t unimp_read(void *opaque, uint64_t offset, unsigned size)
{
    struct device *d = opaque;

    log_to(LOG_UNIMP, "%s: read of %u bytes at offset 0x%" PRIx64 "\n", d->id, size, offset);
    return 0;
}

static void unimp_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct device *d = opaque;

    log_to(LOG_UNIMP, "%s: write of 0x%" PRIx64 " (%u bytes) at offset 0x%" PRIx64 "\n", d->id, value, size, offset);
}

static const struct io_ops unimp_ops = { unimp_read, unimp_write, 1, 8, false, false };

static bool unimp_realize(struct device *d, GError **err)
{
    struct unimp *s = container_of(d, struct unimp, dev);

    if (s->size == 0) {
        fail(err, "%s: size=0: expected at least 1", d->id);
        return false;
    }
    device_add_io(d, d->id, &unimp_ops, s->size);
    return true;
}

static const struct property unimp_props[] = {
    PROP(struct unimp, size, SIZE, 0, NULL, "bytes of the region"),
    PROP_END,
};

static const struct state_row unimp_fields[] = { FIELD_END };

static const struct state_table unimp_state = {
    STATE_OF(struct unimp),
    .version = 1,
    .rows = unimp_fields,
};

const struct device_type unimp_type = {
    .name = "unimplemented-device",
    .desc = "stand-in for hardware that is not modelled",
    .size = sizeof(struct unimp),
    .props = unimp_props,
    .state = &unimp_state,
    .realize = unimp_realize,
};
