/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UC Berkeley's host-target interface, as Spike has it: two words of memory, tohost and fromhost, by which a program
 * ends with a status, writes and reads characters, and has the host carry out system calls. There is no manual: what
 * programs use of it is in riscv-tests' and riscv-pk's sources. Binding: ucb,htif0. Not modelled: system calls other
 * than write to standard output and error, disks, the identification of devices.
 */
#include <inttypes.h>
#include <string.h>

#include "chardev.h"
#include "device.h"
#include "life.h"
#include "uart.h"

enum { FROMHOST = 0, TOHOST = 8, REGION_BYTES = 16 };
enum { DEV_SYSTEM, DEV_CONSOLE };
enum { CONSOLE_GET, CONSOLE_PUT };
#define SYS_WRITE 64
#define WRITE_MAX (1 * MiB)
#define CHUNK 4096
#define VALID 0x100 /* a character that was read, or written */

struct htif {
    struct device dev;
    struct chardev *chardev;
    uint64_t tohost, fromhost;
    uint8_t low_written; /* the lower half of tohost, and not yet the upper one */
    uint8_t wants_char;  /* the guest waits for a character */
};

/* -- Answers -- */

static void answer(struct htif *s, unsigned device, unsigned command, uint64_t payload)
{
    s->fromhost = (uint64_t)device << 56 | (uint64_t)command << 48 | payload;
}

static size_t host_can_read(void *opaque)
{
    const struct htif *s = opaque;

    return s->wants_char && !s->fromhost;
}

static void host_read(void *opaque, const uint8_t *buf, size_t len)
{
    struct htif *s = opaque;

    if (!len)
        return;
    s->wants_char = 0;
    answer(s, DEV_CONSOLE, CONSOLE_GET, VALID | *buf);
}

static void accept(struct htif *s)
{
    if (s->chardev)
        chardev_accept_input(s->chardev);
}

/* -- Requests -- */

static uint64_t write_file(struct htif *s, uint64_t file, uint64_t at, uint64_t len)
{
    uint8_t buf[CHUNK];
    uint64_t done = 0;

    if (file != 1 && file != 2)
        return -UINT64_C(9); /* EBADF */
    for (len = MIN(len, WRITE_MAX); done < len;) {
        size_t n = MIN(len - done, CHUNK);
        if (!device_dma_read(&s->dev, at + done, buf, n))
            return -UINT64_C(14); /* EFAULT */
        if (s->chardev)
            chardev_write(s->chardev, buf, n);
        done += n;
    }
    return done;
}

/* The payload is the address of the call: its number, its arguments; the result takes the number's place. */
static void system_call(struct htif *s, uint64_t payload)
{
    uint64_t call[4], result = -UINT64_C(38); /* ENOSYS */

    if (!device_dma_read(&s->dev, payload, call, sizeof(call))) {
        device_guest_error(&s->dev, "a system call at 0x%" PRIx64 ", where there is no memory", payload);
        return;
    }
    if (call[0] == SYS_WRITE)
        result = write_file(s, call[1], call[2], call[3]);
    else
        device_guest_error(&s->dev, "system call %" PRIu64, call[0]);
    device_dma_write(&s->dev, payload, &result, sizeof(result));
    answer(s, DEV_SYSTEM, 0, 1);
}

static void request(struct htif *s)
{
    unsigned device = s->tohost >> 56, command = s->tohost >> 48 & 0xff;
    uint64_t payload = s->tohost & ((UINT64_C(1) << 48) - 1);
    uint8_t byte = payload;

    s->low_written = 0;
    if (!s->tohost)
        return;
    s->tohost = 0;
    if (device == DEV_SYSTEM && command == 0) {
        if (payload & 1)
            request_shutdown(SHUTDOWN_GUEST, payload >> 1 & 0xff);
        else
            system_call(s, payload);
    } else if (device == DEV_CONSOLE && command == CONSOLE_PUT) {
        if (s->chardev)
            chardev_write(s->chardev, &byte, 1);
        answer(s, device, command, VALID | byte);
    } else if (device == DEV_CONSOLE && command == CONSOLE_GET) {
        s->wants_char = 1;
        accept(s);
    } else {
        device_guest_error(&s->dev, "request %u of device %u", command, device);
    }
}

/* -- Registers -- */

static void put(uint64_t *reg, uint64_t offset, uint64_t value, unsigned size)
{
    unsigned shift = (offset & 4) * 8;

    *reg = size == 8 ? value : (*reg & ~(UINT64_C(0xffffffff) << shift)) | (value & UINT32_MAX) << shift;
}

/* 32-bit programs write the lower half, then the upper; some the lower one only, again and again. */
static void write_tohost(struct htif *s, uint64_t offset, uint64_t value, unsigned size)
{
    bool low = size == 4 && !(offset & 4), again = low && s->low_written;

    put(&s->tohost, offset, value, size);
    s->low_written = low;
    if (!low || again)
        request(s);
}

static uint64_t reg_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct htif *s = opaque;
    uint64_t v = offset < TOHOST ? s->fromhost : s->tohost;

    return size == 8 ? v : (uint32_t)(v >> (offset & 4) * 8);
}

static void reg_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct htif *s = opaque;

    if (offset >= TOHOST) {
        write_tohost(s, offset, value, size);
        return;
    }
    put(&s->fromhost, offset, value, size);
    if (!s->fromhost)
        accept(s);
}

static uint64_t tohost_read(void *opaque, uint64_t offset, unsigned size)
{
    return reg_read(opaque, TOHOST + offset, size);
}

static void tohost_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    reg_write(opaque, TOHOST + offset, value, size);
}

static const struct io_ops reg_ops = { .read = reg_read, .write = reg_write, .min_size = 4, .max_size = 8 };
static const struct io_ops tohost_ops = { .read = tohost_read, .write = tohost_write, .min_size = 4, .max_size = 8 };

/* -- Life -- */

static bool htif_realize(struct device *d, GError **err)
{
    struct htif *s = container_of(d, struct htif, dev);
    const struct chardev_client client = { .can_read = host_can_read, .read = host_read, .opaque = s };

    if (!uart_line_attach(d, s->chardev, client, err))
        return false;
    /* All at the node's address; a board maps the others where the program says. */
    device_add_io(d, "htif", &reg_ops, REGION_BYTES);
    device_add_io(d, "fromhost", &reg_ops, TOHOST);
    device_add_io(d, "tohost", &tohost_ops, REGION_BYTES - TOHOST);
    return true;
}

static void htif_unrealize(struct device *d)
{
    struct htif *s = container_of(d, struct htif, dev);

    uart_line_detach(s->chardev, s);
}

static const struct property htif_props[] = {
    PROP_NAMES("chardev", struct htif, chardev, chardev_prop, "host end of the console"),
    PROP_END,
};

static const struct state_row htif_fields[] = {
    FIELD(struct htif, tohost, 0),
    FIELD(struct htif, fromhost, 0),
    FIELD(struct htif, low_written, 0),
    FIELD(struct htif, wants_char, 0),
    FIELD_END,
};

static void htif_resume(void *obj, bool loaded)
{
    struct htif *s = obj;

    uart_line_resume(s->chardev, NULL, s);
}

static const struct state_table htif_state = {
    STATE_OF(struct htif),
    .version = 1,
    .rows = htif_fields,
    .resume = htif_resume,
};

static const char *const htif_compatible[] = { "ucb,htif0", NULL };

const struct device_type htif_type = {
    .name = "riscv.htif",
    .desc = "host-target interface: exit status, console",
    .compatible = htif_compatible,
    .size = sizeof(struct htif),
    .props = htif_props,
    .state = &htif_state,
    .realize = htif_realize,
    .unrealize = htif_unrealize,
};
