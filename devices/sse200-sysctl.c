/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of ARM's SSE-200 (IoT kit) is about its CPUs: the system control element, which says where they begin and which
 * of them waits, and the block by which each finds out which one it is. Manual: "Arm CoreLink SSE-200 Subsystem for
 * Embedded" (101104), "System Control Register Block", "CPU Identity". Power, clocks and debug access are registers
 * that keep what is written; a software reset resets the board.
 */
#include <inttypes.h>

#include "device.h"
#include "life.h"

enum { SECDBGSTAT = 0x0, SECDBGSET = 0x4, SECDBGCLR = 0x8, SCSECCTRL = 0xc, FCLK_DIV = 0x10, SYSCLK_DIV = 0x14,
       CLOCK_FORCE = 0x18, RESET_SYNDROME = 0x100, RESET_MASK = 0x104, SWRESET = 0x108, GRETREG = 0x10c,
       INITSVTOR0 = 0x110, INITSVTOR1 = 0x114, CPUWAIT = 0x118, NMI_ENABLE = 0x11c, WICCTRL = 0x120, EWCTRL = 0x124,
       PDCM_PD_SYS_SENSE = 0x200, PDCM_PD_SRAM0_SENSE = 0x20c, PDCM_PD_SRAM3_SENSE = 0x218, PID4 = 0xfd0,
       REGION_BYTES = 0x1000 };
#define SWRESETREQ 0x200u
#define CPUS 2

static const uint8_t ids[12] = { 0x04, 0, 0, 0, 0x54, 0xb8, 0x1b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
static const uint8_t cpuid_ids[12] = { 0x04, 0, 0, 0, 0x58, 0xb8, 0x0b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

struct sse200_sysctl {
    struct device dev;
    uint32_t secdbg, initsvtor[CPUS], cpuwait, reset_syndrome;
    uint32_t cpuwait_reset;
    uint32_t kept[REGION_BYTES / 4]; /* registers without a meaning here, by their offsets */
};

/* Registers that keep what is written. */
static bool is_kept(uint64_t offset)
{
    switch (offset) {
    case SCSECCTRL: case FCLK_DIV: case SYSCLK_DIV: case CLOCK_FORCE: case RESET_MASK: case GRETREG: case NMI_ENABLE:
    case WICCTRL: case EWCTRL: case PDCM_PD_SYS_SENSE:
        return true;
    default:
        return offset >= PDCM_PD_SRAM0_SENSE && offset <= PDCM_PD_SRAM3_SENSE;
    }
}

static uint64_t sysctl_read(void *opaque, uint64_t offset, unsigned size)
{
    struct sse200_sysctl *s = opaque;

    switch (offset) {
    case SECDBGSTAT: return s->secdbg;
    case RESET_SYNDROME: return s->reset_syndrome;
    case INITSVTOR0: case INITSVTOR1: return s->initsvtor[(offset - INITSVTOR0) / 4];
    case CPUWAIT: return s->cpuwait;
    case SECDBGSET: case SECDBGCLR: case SWRESET: return 0;
    }
    if (is_kept(offset))
        return s->kept[offset / 4];
    if (offset >= PID4)
        return ids[(offset - PID4) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_cpuwait(struct sse200_sysctl *s, uint32_t value)
{
    uint32_t released = s->cpuwait & ~value;

    s->cpuwait = value & ((1u << CPUS) - 1);
    for (unsigned i = 0; i < CPUS; i++)
        if (released >> i & 1)
            device_release_cpu(&s->dev, i, s->initsvtor[i]);
}

static void sysctl_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct sse200_sysctl *s = opaque;

    switch (offset) {
    case SECDBGSET: s->secdbg |= value; return;
    case SECDBGCLR: s->secdbg &= ~value; return;
    case RESET_SYNDROME: s->reset_syndrome &= value; return;
    case INITSVTOR0: case INITSVTOR1: s->initsvtor[(offset - INITSVTOR0) / 4] = value & ~0x7fu; return;
    case CPUWAIT: write_cpuwait(s, value); return;
    case SWRESET:
        if (value & SWRESETREQ)
            request_reset(SHUTDOWN_GUEST_RESET);
        return;
    }
    if (is_kept(offset))
        s->kept[offset / 4] = value;
    else
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
}

static const struct io_ops sysctl_ops = { .read = sysctl_read, .write = sysctl_write, .min_size = 4, .max_size = 4 };

static bool sysctl_realize(struct device *d, GError **err)
{
    device_add_io(d, "sse200-sysctl", &sysctl_ops, REGION_BYTES);
    return true;
}

static void sysctl_reset(struct device *d)
{
    struct sse200_sysctl *s = container_of(d, struct sse200_sysctl, dev);

    for (unsigned i = 0; i < CPUS; i++)
        s->initsvtor[i] = 0x10000000;
    s->cpuwait = s->cpuwait_reset;
    s->kept[PDCM_PD_SYS_SENSE / 4] = 0x7f;
}

static const struct property sysctl_props[] = {
    PROP_NAMED("CPUWAIT_RST", struct sse200_sysctl, cpuwait_reset, U32, 0, "arm,cpuwait-reset",
               "CPUWAIT after a reset: a bit for each CPU that waits"),
    PROP_END,
};

static const struct state_row sysctl_fields[] = {
    FIELD(struct sse200_sysctl, secdbg, 0),
    FIELD_KEEP_ARRAY(struct sse200_sysctl, initsvtor),
    FIELD_KEEP(struct sse200_sysctl, cpuwait),
    FIELD(struct sse200_sysctl, reset_syndrome, 1),
    FIELD_ARRAY(struct sse200_sysctl, kept, 0),
    FIELD_END,
};

static const struct state_table sysctl_state = {
    STATE_OF(struct sse200_sysctl),
    .version = 1,
    .rows = sysctl_fields,
};

static const char *const sysctl_compatible[] = { "arm,sse200-sysctl", NULL };

const struct device_type sse200_sysctl_type = {
    .name = "iotkit-sysctl",
    .desc = "SSE-200 system control",
    .compatible = sysctl_compatible,
    .size = sizeof(struct sse200_sysctl),
    .props = sysctl_props,
    .state = &sysctl_state,
    .realize = sysctl_realize,
    .reset = sysctl_reset,
};

/* -- CPU identity: each CPU reads its own number at the same address -- */

static uint64_t cpuid_read(void *opaque, uint64_t offset, unsigned size)
{
    struct device *d = opaque;

    if (offset >= PID4)
        return cpuid_ids[(offset - PID4) / 4];
    if (offset)
        device_guest_error(d, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return offset ? 0 : device_cpu(d);
}

static void cpuid_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    device_guest_error((struct device *)opaque, "offset 0x%" PRIx64 ": write to no writable register", offset);
}

static const struct io_ops cpuid_ops = { .read = cpuid_read, .write = cpuid_write, .min_size = 4, .max_size = 4 };

static bool cpuid_realize(struct device *d, GError **err)
{
    device_add_io(d, "sse200-cpuid", &cpuid_ops, REGION_BYTES);
    return true;
}

static const char *const cpuid_compatible[] = { "arm,sse200-cpuid", NULL };

const struct device_type sse200_cpuid_type = {
    .name = "armsse-cpuid",
    .desc = "SSE-200 CPU identity",
    .compatible = cpuid_compatible,
    .size = sizeof(struct device),
    .realize = cpuid_realize,
};
