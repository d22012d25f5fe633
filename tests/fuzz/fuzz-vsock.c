/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-vsock between a hostile guest and hostile programs on the host. An input's steps are packets of the guest's,
 * with headers that are right but for some fields, buffers for what comes, and what is done at two Unix sockets: the one
 * that a program listens at, and the one where others connect.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"
#include "plug.h"

const char fuzz_name[] = "vsock";
const unsigned fuzz_runs = 1000;
const size_t fuzz_max_size = 1024;

#define MMIO UINT64_C(0x100000000)
#define SLOTS 16
#define GUEST_CID 7
#define HOST_PORT 5
#define HEAD 44
enum { RX, TX, EVENT, QUEUES };
enum { BUFFER = 0x1000, BUFFERS = BENCH_RAM + 0x10000 }; /* a slot's: of receiving, then of sending */
#define ENDS 4 /* of connections, on the host */

static char *folder, *path, *host_path;
static int listener = -1, ends[ENDS];
static uint16_t next[QUEUES];

/* -- The host's programs -- */

static int unix_socket(const char *at, bool listening)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", at);
    if (listening ? bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, 4) == 0
                  : connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void host_step(struct fuzz *f)
{
    uint8_t op = fuzz_u8(f);
    int *end = &ends[op % ENDS];
    char buf[4096];

    switch (op / ENDS % 8) {
    case 0:
        shut(end);
        *end = unix_socket(path, false);
        if (*end >= 0 && op & 0x80) {
            int n = snprintf(buf, sizeof(buf), "CONNECT %u\n", fuzz_u16(f) % 4);
            if (write(*end, buf, n) < 0)
                shut(end);
        }
        break;
    case 1:
        shut(end);
        *end = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        break;
    case 2:
        shut(end);
        break;
    case 3:
        if (*end >= 0)
            shutdown(*end, op & 0x80 ? SHUT_RD : SHUT_WR);
        break;
    case 4:
    case 5:
        if (*end >= 0) {
            size_t len = op & 0x80 ? sizeof(buf) : fuzz_u8(f);
            const uint8_t *p = op & 0x80 ? (uint8_t *)buf : fuzz_bytes(f, &len);
            memset(buf, 'x', sizeof(buf));
            if (send(*end, p, len, MSG_NOSIGNAL) < 0)
                shut(end);
        }
        break;
    default:
        if (*end >= 0 && read(*end, buf, sizeof(buf)) == 0)
            shut(end);
        break;
    }
}

/* -- The guest -- */

static void wr(unsigned reg, uint32_t v)
{
    bus_write(bench.as, MMIO + reg, 4, v);
}

static void poke(gpa at, uint64_t v, unsigned size)
{
    v = GUINT64_TO_LE(v);
    dma_write(bench.as, at, &v, size);
}

static gpa ring(unsigned q)
{
    return BENCH_RAM + q * 0x4000;
}

static void start(void)
{
    memset(next, 0, sizeof(next));
    wr(0x70, 1);
    wr(0x70, 3);
    wr(0x24, 1);
    wr(0x20, 1); /* VIRTIO_F_VERSION_1 */
    wr(0x70, 11);
    for (unsigned q = 0; q < QUEUES; q++) {
        wr(0x30, q);
        wr(0x38, SLOTS);
        wr(0x80, ring(q));
        wr(0x90, ring(q) + 0x1000);
        wr(0xa0, ring(q) + 0x2000);
        wr(0x44, 1);
    }
    wr(0x70, 15);
}

static void offer(unsigned q, uint32_t len)
{
    unsigned slot = next[q] % SLOTS;
    gpa desc = ring(q) + 16 * slot;

    poke(desc, BUFFERS + (q * SLOTS + slot) * BUFFER, 8);
    poke(desc + 8, len, 4);
    poke(desc + 12, q == TX ? 0 : 2, 2);
    poke(ring(q) + 0x1000 + 4 + 2 * slot, slot, 2);
    poke(ring(q) + 0x1000 + 2, ++next[q], 2);
    wr(0x50, q);
}

static uint32_t peek(gpa at, unsigned size)
{
    uint32_t v = 0;

    dma_read(bench.as, at, &v, size);
    return GUINT32_FROM_LE(v);
}

/* The port of who has sent the last packet. */
static uint32_t caller(void)
{
    gpa used = ring(RX) + 0x2000;
    unsigned last = (peek(used + 2, 2) + SLOTS - 1) % SLOTS, slot = peek(used + 4 + 8 * last, 4) % SLOTS;

    return peek(BUFFERS + (RX * SLOTS + slot) * BUFFER + 16, 4);
}

static void send_packet(struct fuzz *f)
{
    uint8_t how = fuzz_u8(f), ports = fuzz_u8(f), wrong = fuzz_u8(f);
    gpa at = BUFFERS + (TX * SLOTS + next[TX] % SLOTS) * BUFFER;
    uint32_t len = how & 8 ? fuzz_u8(f) * 16u : 0;

    poke(at, GUEST_CID, 8);
    poke(at + 8, 2, 8);
    poke(at + 16, ports & 3, 4);
    poke(at + 20, ports & 0x80 ? ports : HOST_PORT, 4);
    if (ports & 0x40)
        poke(at + 20, caller(), 4);
    poke(at + 24, len, 4);
    poke(at + 28, 1, 2);
    poke(at + 30, how & 8 ? 5 : how & 7, 2); /* data or another operation */
    poke(at + 32, how >> 4, 4);
    poke(at + 36, ports & 0x20 ? fuzz_number(f) : 65536, 4);
    poke(at + 40, ports & 0x10 ? fuzz_number(f) : 0, 4);
    if (wrong > 224)
        poke(at + (wrong & 15) * 3 % HEAD, fuzz_number(f), 4);
    offer(TX, wrong == 1 ? fuzz_u8(f) : HEAD + len);
}

/* -- One input -- */

static void remove_folder(void)
{
    g_rmdir(folder);
}

void fuzz_init(void)
{
    bench_init();
    folder = g_dir_make_tmp("mynah-vsock-XXXXXX", NULL);
    g_assert(folder);
    atexit(remove_folder);
    path = g_build_filename(folder, "v", NULL);
    host_path = g_strdup_printf("%s_%u", path, HOST_PORT);
}

static bool add_device(void)
{
    uint8_t wires_and_version[] = { 1, 0xb2 }; /* one wire; force-legacy is off */
    struct fuzz transport = { wires_and_version, sizeof(wires_and_version) };
    struct opts *o = opts_new();
    g_autoptr(GError) err = NULL;

    bench_add(device_type_find("virtio-mmio"), &transport);
    opts_set(o, "driver", "virtio-vsock-device");
    opts_set(o, "guest-cid", G_STRINGIFY(GUEST_CID));
    opts_set(o, "uds-path", path);
    bool ok = device_add(&bench, o, &err) != NULL;
    opts_free(o);
    g_assert_no_error(err);
    return ok;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };

    bench_begin();
    listener = unix_socket(host_path, true);
    for (unsigned i = 0; i < ENDS; i++)
        ends[i] = -1;
    if (add_device())
        start();
    for (unsigned steps = 0; f.left && steps < 200; steps++) {
        uint8_t op = fuzz_u8(&f);
        if (op < 100)
            send_packet(&f);
        else if (op < 130)
            offer(op & 1 ? RX : EVENT, op & 2 ? fuzz_u8(&f) : BUFFER);
        else if (op < 200)
            host_step(&f);
        else if (op < 245)
            fuzz_main_loop(4);
        else if (op < 250)
            bench_advance(fuzz_number(&f));
        else if (op < 252) {
            wr(0x70, 0);
            start();
        }
    }
    for (unsigned i = 0; i < ENDS; i++)
        shut(&ends[i]);
    shut(&listener);
    g_unlink(host_path);
    bench_end();
}
