/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels' images. Manuals: Linux's Documentation/arch/riscv/boot-image-header.rst and arch/arm64/booting.rst; U-Boot's
 * include/image.h for its legacy images.
 */
#include <inttypes.h>
#include <string.h>

#include "formats.h"
#include "loader.h"
#include "opts.h"

static uint64_t le64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return GUINT64_FROM_LE(v);
}

static uint32_t be32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return GUINT32_FROM_BE(v);
}

/* -- Linux -- */

/* Offsets in the headers, which are alike. */
enum { IMG_TEXT_OFFSET = 8, IMG_SIZE = 16, IMG_MAGIC = 48, IMG_MAGIC2 = 56, IMG_HEADER = 64 };

static bool riscv_read(const uint8_t *p, uint64_t size, struct image_header *h)
{
    if (size < IMG_HEADER || memcmp(p + IMG_MAGIC, "RISCV\0\0\0", 8) || memcmp(p + IMG_MAGIC2, "RSC\x05", 4))
        return false;
    *h = (struct image_header){ .memory = le64(p + IMG_SIZE) };
    return true;
}

const struct image_format riscv_image = { .name = "a RISC-V Linux Image", .read = riscv_read };

#define ARM64_OLD_OFFSET 0x80000  /* of kernels before 3.17, which don't say how much memory they need */
#define ARM64_BOOT_CODE 0x1000    /* what is kept at the start of the memory for the code that enters the kernel */
#define ARM64_ALIGN (2 * MiB)

static bool arm64_read(const uint8_t *p, uint64_t size, struct image_header *h)
{
    if (size < IMG_HEADER || memcmp(p + IMG_MAGIC2, "ARM\x64", 4))
        return false;
    *h = (struct image_header){ le64(p + IMG_TEXT_OFFSET), le64(p + IMG_SIZE) };
    if (h->memory == 0)
        *h = (struct image_header){ ARM64_OLD_OFFSET, size };
    if (h->offset < ARM64_BOOT_CODE)
        h->offset += ARM64_ALIGN;
    return true;
}

const struct image_format arm64_image = {
    .name = "an ARM64 Linux Image",
    .read = arm64_read,
    .raw_offset = ARM64_OLD_OFFSET,
    .uimage = 22,
};

/* A zImage moves and unpacks itself. */
enum { ZIMAGE_MAGIC = 0x24, ZIMAGE_HEADER = 0x30 };
#define ARM_OFFSET 0x10000

static bool arm_read(const uint8_t *p, uint64_t size, struct image_header *h)
{
    if (size < ZIMAGE_HEADER || memcmp(p + ZIMAGE_MAGIC, "\x18\x28\x6f\x01", 4))
        return false;
    *h = (struct image_header){ ARM_OFFSET, size };
    return true;
}

const struct image_format arm_image = {
    .name = "an ARM zImage",
    .read = arm_read,
    .raw_offset = ARM_OFFSET,
    .uimage = 2,
};

/* Microcontrollers have no kernels. */
static bool none_read(const uint8_t *p, uint64_t size, struct image_header *h)
{
    return false;
}

const struct image_format no_image = { .read = none_read };

/* -- U-Boot -- */

enum { IH_MAGIC = 0, IH_SIZE = 12, IH_LOAD = 16, IH_EP = 20, IH_ARCH = 29, IH_TYPE = 30, IH_COMP = 31, IH_HEADER = 64 };
enum { IH_TYPE_KERNEL = 2, IH_COMP_NONE = 0, IH_COMP_GZIP = 1 };

bool is_uimage(const uint8_t *p, size_t size)
{
    return size >= IH_HEADER && be32(p + IH_MAGIC) == 0x27051956;
}

bool uimage_read(const char *path, GBytes *file, uint8_t ih_arch, const char *arch, struct uimage *out, GError **err)
{
    gsize size;
    const uint8_t *p = g_bytes_get_data(file, &size);

    if (p[IH_ARCH] != ih_arch)
        fail(err, "%s: is a U-Boot image for another architecture (%u), expected one for %s", path, p[IH_ARCH], arch);
    else if (p[IH_TYPE] != IH_TYPE_KERNEL)
        fail(err, "%s: is a U-Boot image of type %u, expected a kernel", path, p[IH_TYPE]);
    else if (p[IH_COMP] > IH_COMP_GZIP)
        fail(err, "%s: is a U-Boot image with compression %u, expected none or gzip", path, p[IH_COMP]);
    else if (be32(p + IH_SIZE) > size - IH_HEADER)
        fail(err, "%s: the U-Boot image is truncated", path);
    else {
        *out = (struct uimage){ g_bytes_new_from_bytes(file, IH_HEADER, be32(p + IH_SIZE)), p[IH_COMP] == IH_COMP_GZIP,
                                be32(p + IH_LOAD), be32(p + IH_EP) };
        return true;
    }
    return false;
}
