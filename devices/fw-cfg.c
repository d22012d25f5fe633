/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's firmware configuration device with its memory-mapped and DMA interfaces. Manual: QEMU's
 * "Firmware Configuration (fw_cfg) Device" specification; binding: qemu,fw-cfg-mmio.
 * Not modelled: writing items, architecture-local keys (0x8000 and up; they read as zeros).
 */
#include <inttypes.h>
#include <string.h>

#include "device.h"
#include "fw-cfg.h"

/* Registers. */
#define DATA 0x0
#define SELECTOR 0x8
#define DMA_HIGH 0x10
#define DMA_LOW 0x14
#define REGION_BYTES 0x18

/* Keys. */
enum {
    KEY_SIGNATURE = 0x00, KEY_ID = 0x01, KEY_UUID = 0x02, KEY_RAM_SIZE = 0x03, KEY_NOGRAPHIC = 0x04,
    KEY_NB_CPUS = 0x05, KEY_KERNEL_SIZE = 0x08, KEY_INITRD_SIZE = 0x0b, KEY_BOOT_MENU = 0x0e, KEY_MAX_CPUS = 0x0f,
    KEY_KERNEL_DATA = 0x11, KEY_INITRD_DATA = 0x12, KEY_CMDLINE_SIZE = 0x14, KEY_CMDLINE_DATA = 0x15,
    KEY_FILE_DIR = 0x19, KEY_FILE_FIRST = 0x20,
};
#define KEY_MASK 0x3fff /* the two upper bits ask for writing and for the architecture's keys */
#define KEY_ARCH 0x8000
#define MAX_FILES 64
#define NKEYS (KEY_FILE_FIRST + MAX_FILES)

enum { ID_TRADITIONAL = 1, ID_DMA = 2 };
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };
#define DMA_SIGNATURE UINT64_C(0x51454d5520434647) /* "QEMU CFG" */

/* An entry of the file directory, all big-endian. */
struct file_entry {
    uint32_t size;
    uint16_t select, reserved;
    char name[56];
};

struct fw_cfg {
    struct device dev;
    GBytes *items[NKEYS];
    char *names[MAX_FILES]; /* of the files, sorted; the item of names[i] is KEY_FILE_FIRST + i */
    unsigned nfiles;

    uint16_t key;
    uint32_t offset;  /* of the next byte in the selected item */
    uint64_t dma_address;
};

/* -- Items -- */

static void set_item(struct fw_cfg *s, unsigned key, const void *data, size_t size)
{
    if (s->items[key])
        g_bytes_unref(s->items[key]);
    s->items[key] = g_bytes_new(data, size);
}

static void set_item_uint(struct fw_cfg *s, unsigned key, uint64_t v, unsigned size)
{
    uint64_t le = GUINT64_TO_LE(v);

    set_item(s, key, &le, size);
}

static void write_directory(struct fw_cfg *s)
{
    g_autoptr(GByteArray) dir = g_byte_array_new();
    uint32_t count = GUINT32_TO_BE(s->nfiles);

    g_byte_array_append(dir, (uint8_t *)&count, sizeof(count));
    for (unsigned i = 0; i < s->nfiles; i++) {
        struct file_entry e = { 0 };
        e.size = GUINT32_TO_BE((uint32_t)g_bytes_get_size(s->items[KEY_FILE_FIRST + i]));
        e.select = GUINT16_TO_BE(KEY_FILE_FIRST + i);
        g_strlcpy(e.name, s->names[i], sizeof(e.name));
        g_byte_array_append(dir, (uint8_t *)&e, sizeof(e));
    }
    set_item(s, KEY_FILE_DIR, dir->data, dir->len);
}

bool fw_cfg_add_file(struct device *d, const char *name, const void *data, uint32_t size, GError **err)
{
    struct fw_cfg *s = container_of(d, struct fw_cfg, dev);
    unsigned at = 0;

    if (!*name || strlen(name) >= sizeof(((struct file_entry *)0)->name)) {
        fail(err, "fw_cfg: file name '%s': expected 1 to 55 characters", name);
        return false;
    }
    if (s->nfiles == MAX_FILES) {
        fail(err, "fw_cfg: more than %u files", MAX_FILES);
        return false;
    }
    while (at < s->nfiles && strcmp(s->names[at], name) < 0)
        at++;
    if (at < s->nfiles && !strcmp(s->names[at], name)) {
        fail(err, "fw_cfg: there already is a file '%s'", name);
        return false;
    }
    memmove(&s->names[at + 1], &s->names[at], (s->nfiles - at) * sizeof(s->names[0]));
    memmove(&s->items[KEY_FILE_FIRST + at + 1], &s->items[KEY_FILE_FIRST + at],
            (s->nfiles - at) * sizeof(s->items[0]));
    s->names[at] = g_strdup(name);
    s->items[KEY_FILE_FIRST + at] = g_bytes_new(data, size);
    s->nfiles++;
    write_directory(s);
    return true;
}

static void set_blob(struct fw_cfg *s, unsigned size_key, unsigned data_key, GBytes *data)
{
    set_item_uint(s, size_key, g_bytes_get_size(data), 4);
    if (s->items[data_key])
        g_bytes_unref(s->items[data_key]);
    s->items[data_key] = g_bytes_ref(data);
}

void fw_cfg_set_kernel(struct device *d, GBytes *kernel, GBytes *initrd, const char *append)
{
    struct fw_cfg *s = container_of(d, struct fw_cfg, dev);

    set_blob(s, KEY_KERNEL_SIZE, KEY_KERNEL_DATA, kernel);
    if (initrd)
        set_blob(s, KEY_INITRD_SIZE, KEY_INITRD_DATA, initrd);
    if (append) {
        set_item_uint(s, KEY_CMDLINE_SIZE, strlen(append) + 1, 4);
        set_item(s, KEY_CMDLINE_DATA, append, strlen(append) + 1);
    }
}

void fw_cfg_set_machine(struct device *d, uint64_t ram_size, unsigned ncpus)
{
    struct fw_cfg *s = container_of(d, struct fw_cfg, dev);

    set_item_uint(s, KEY_RAM_SIZE, ram_size, 8);
    set_item_uint(s, KEY_NB_CPUS, ncpus, 2);
    set_item_uint(s, KEY_MAX_CPUS, ncpus, 2);
}

/* -- Reading the selected item -- */

static void select_key(struct fw_cfg *s, uint16_t key)
{
    s->key = key;
    s->offset = 0;
}

/* The next bytes of the item, zeros beyond its end. */
static void read_item(struct fw_cfg *s, uint8_t *buf, size_t len)
{
    unsigned key = s->key & KEY_MASK;
    gsize size = 0, n;
    const uint8_t *p = NULL;

    if (!(s->key & KEY_ARCH) && key < NKEYS && s->items[key])
        p = g_bytes_get_data(s->items[key], &size);
    n = s->offset < size ? MIN(len, size - s->offset) : 0;
    if (n)
        memcpy(buf, p + s->offset, n);
    memset(buf + n, 0, len - n);
    s->offset += n;
}

static bool dma_transfer(struct fw_cfg *s, uint32_t control, gpa to, uint32_t len)
{
    uint8_t buf[4096];

    if (control & DMA_WRITE)
        return false;
    while (len) {
        uint32_t n = MIN(len, sizeof(buf));
        read_item(s, buf, n);
        if ((control & DMA_READ) && !device_dma_write(&s->dev, to, buf, n))
            return false;
        to += n;
        len -= n;
    }
    return true;
}

/* The guest wrote the address of its request: be32 control, be32 length, be64 address. */
static void run_dma(struct fw_cfg *s)
{
    gpa at = s->dma_address;
    struct {
        uint32_t control, length;
        uint64_t address;
    } req;
    uint32_t control, result;

    s->dma_address = 0;
    if (!device_dma_read(&s->dev, at, &req, sizeof(req))) {
        device_guest_error(&s->dev, "DMA request at 0x%" PRIx64 " is not in memory", at);
        return;
    }
    control = GUINT32_FROM_BE(req.control);
    if (control & DMA_SELECT)
        select_key(s, control >> 16);
    if ((control & (DMA_READ | DMA_SKIP | DMA_WRITE)) &&
        !dma_transfer(s, control, GUINT64_FROM_BE(req.address), GUINT32_FROM_BE(req.length)))
        result = DMA_ERROR;
    else
        result = 0;
    result = GUINT32_TO_BE(result);
    device_dma_write(&s->dev, at, &result, sizeof(result));
}

/* -- Registers -- */

static uint64_t fw_cfg_read(void *opaque, uint64_t offset, unsigned size)
{
    struct fw_cfg *s = opaque;
    uint8_t buf[8];
    uint64_t v = 0;

    if (offset < SELECTOR) {
        read_item(s, buf, size);
        for (unsigned i = 0; i < size; i++)
            v = v << 8 | buf[i];
        return v;
    }
    if (offset >= DMA_HIGH)
        return DMA_SIGNATURE >> (8 * (8 - (offset - DMA_HIGH) - size));
    return 0;
}

static void fw_cfg_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct fw_cfg *s = opaque;

    if (offset == SELECTOR && size == 2) {
        select_key(s, value);
    } else if (offset == DMA_HIGH && size == 8) {
        s->dma_address = value;
        run_dma(s);
    } else if (offset == DMA_HIGH && size == 4) {
        s->dma_address = with_bits(s->dma_address, 32, 32, value);
    } else if (offset == DMA_LOW && size == 4) {
        s->dma_address = with_bits(s->dma_address, 0, 32, value);
        run_dma(s);
    } else {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write of %u bytes", offset, size);
    }
}

static const struct io_ops fw_cfg_ops = { fw_cfg_read, fw_cfg_write, 1, 8, true, true };

/* -- Life -- */

static bool fw_cfg_realize(struct device *d, GError **err)
{
    struct fw_cfg *s = container_of(d, struct fw_cfg, dev);

    set_item(s, KEY_SIGNATURE, "QEMU", 4);
    set_item_uint(s, KEY_ID, ID_TRADITIONAL | ID_DMA, 4);
    set_item_uint(s, KEY_NOGRAPHIC, 1, 2);
    set_item_uint(s, KEY_BOOT_MENU, 0, 2);
    write_directory(s);
    device_add_io(d, "fw_cfg", &fw_cfg_ops, REGION_BYTES);
    return true;
}

static void fw_cfg_unrealize(struct device *d)
{
    struct fw_cfg *s = container_of(d, struct fw_cfg, dev);

    for (unsigned i = 0; i < NKEYS; i++)
        if (s->items[i])
            g_bytes_unref(s->items[i]);
    for (unsigned i = 0; i < s->nfiles; i++)
        g_free(s->names[i]);
}

static const struct state_row fw_cfg_fields[] = {
    FIELD(struct fw_cfg, key, 0),
    FIELD(struct fw_cfg, offset, 0),
    FIELD(struct fw_cfg, dma_address, 0),
    FIELD_NONE(struct fw_cfg, items, "what the program was started with"),
    FIELD_NONE(struct fw_cfg, names, "what the program was started with"),
    FIELD_SAME(struct fw_cfg, nfiles),
    FIELD_END,
};

static const struct state_table fw_cfg_state = {
    STATE_OF(struct fw_cfg),
    .version = 1,
    .rows = fw_cfg_fields,
};

static const char *const fw_cfg_compatible[] = { "qemu,fw-cfg-mmio", NULL };

const struct device_type fw_cfg_type = {
    .name = "fw_cfg_mem",
    .desc = "QEMU's firmware configuration",
    .compatible = fw_cfg_compatible,
    .size = sizeof(struct fw_cfg),
    .state = &fw_cfg_state,
    .realize = fw_cfg_realize,
    .unrealize = fw_cfg_unrealize,
};

static void look_at(struct device *d, void *opaque)
{
    if (d->type == &fw_cfg_type)
        *(struct device **)opaque = d;
}

struct device *fw_cfg_find(struct machine *m)
{
    struct device *d = NULL;

    device_foreach(m, look_at, &d);
    return d;
}
