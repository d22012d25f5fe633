/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SiFive's test finisher: one register that ends or restarts the simulation. Binding:
 * sifive,test0 and sifive,test1 (which adds reset). Guests use it through syscon-poweroff and syscon-reboot.
 */
#include <inttypes.h>

#include "device.h"
#include "life.h"

#define FINISHER 0x0
#define FINISHER_FAIL 0x3333 /* the exit status is in the upper half */
#define FINISHER_PASS 0x5555
#define FINISHER_RESET 0x7777
#define REGION_BYTES 0x1000

static uint64_t finisher_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static void finisher_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct device *d = opaque;

    if (offset == FINISHER) {
        switch (value & 0xffff) {
        case FINISHER_FAIL: request_shutdown(SHUTDOWN_GUEST_PANIC, value >> 16 & 0xffff); return;
        case FINISHER_PASS: request_shutdown(SHUTDOWN_GUEST, 0); return;
        case FINISHER_RESET: request_reset(SHUTDOWN_GUEST_RESET); return;
        }
    }
    device_guest_error(d, "offset 0x%" PRIx64 ": write of 0x%" PRIx64, offset, value);
}

static const struct io_ops finisher_ops = { finisher_read, finisher_write, 2, 4, true, false };

static bool finisher_realize(struct device *d, GError **err)
{
    device_add_io(d, "test", &finisher_ops, REGION_BYTES);
    return true;
}

static const char *const finisher_compatible[] = { "sifive,test1", "sifive,test0", NULL };

const struct device_type sifive_test_type = {
    .name = "riscv.sifive.test",
    .desc = "SiFive test finisher: power off, exit status, reset",
    .compatible = finisher_compatible,
    .size = sizeof(struct device),
    .realize = finisher_realize,
};
