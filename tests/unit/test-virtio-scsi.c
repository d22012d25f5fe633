/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio-scsi with disks and CDs: commands and their answers, what is refused, hostile commands. */
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "block-medium.h"
#include "devices/scsi.h"
#include "tests/virtio-rig.h"

extern const struct device_type virtio_scsi_device_type, scsi_hd_type, scsi_cd_type;

#define DISK_BYTES (1 * MiB)
#define ROOM 1024

static struct virtio_rig f;
static struct drv control, events, requests;
static struct device *disk, *cd;
static char *path;

struct result {
    uint8_t response, status;
    uint32_t sense, resid;
    uint8_t data[ROOM];
};

static struct device *add_disk(const struct device_type *t, const char *drive, const char *id)
{
    struct device *d = virtio_rig_device(&f, t, f.dev);

    if (drive)
        virtio_rig_set(d, "drive", drive);
    virtio_rig_set(d, "scsi-id", id);
    virtio_rig_set(d, "serial", "abc");
    virtio_rig_realize(d);
    return d;
}

static void open_adapter(void)
{
    GError *err = NULL;
    int fd = g_file_open_tmp("mynah-scsi-XXXXXX", &path, &err);
    g_assert_no_error(err);
    g_assert_cmpint(ftruncate(fd, DISK_BYTES), ==, 0);
    g_assert_cmpint(pwrite(fd, "block 7", 7, 7 * 512), ==, 7);
    close(fd);
    g_autofree char *spec = g_strdup_printf("if=none,id=d,format=raw,discard=unmap,file=%s", path);
    struct opts *o = opts_parse(spec, NULL, &err);
    g_assert_true(block_add_drive(o, BLOCK_IF_NONE, &err));
    opts_free(o);
    virtio_rig_init(&f, false);
    virtio_rig_plug(&f, virtio_rig_device(&f, &virtio_scsi_device_type, f.mmio));
    disk = add_disk(&scsi_hd_type, "d", "3");
    cd = add_disk(&scsi_cd_type, NULL, "4");
    uint64_t features = negotiate(&f, VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(1));
    drv_setup(&control, &f, 0, 16, features);
    drv_setup(&events, &f, 1, 16, features);
    drv_setup(&requests, &f, 2, 16, features);
    driver_ok(&f);
}

static void close_adapter(void)
{
    virtio_rig_unrealize(disk);
    virtio_rig_unrealize(cd);
    virtio_rig_unrealize(f.dev);
    block_close_all();
    unlink(path);
    g_clear_pointer(&path, g_free);
}

/* A command of n bytes with out_len bytes of data to the device, or in_len from it. */
static struct result run(unsigned target, unsigned lun, const uint8_t *cdb, unsigned n, const void *out, uint32_t out_len,
                         uint32_t in_len)
{
    gpa head = guest_alloc(&f, 51, 8), tail = guest_alloc(&f, 108, 8), data = guest_alloc(&f, ROOM, 8);
    uint8_t *h = guest_ptr(&f, head), *t = guest_ptr(&f, tail);
    struct seg s[3] = { { head, 51, false } };
    unsigned segs = 1;
    struct result r = { 0 };

    h[0] = 1;
    h[1] = target;
    h[2] = lun >> 8 | 0x40;
    h[3] = lun;
    memcpy(h + 19, cdb, n);
    if (out_len) {
        memcpy(guest_ptr(&f, data), out, out_len);
        s[segs++] = (struct seg){ data, out_len, false };
    }
    s[segs++] = (struct seg){ tail, 108, true };
    if (in_len)
        s[segs++] = (struct seg){ data, in_len, true };
    uint16_t id = drv_add(&requests, s, segs);
    drv_kick(&requests);
    drv_wait(&requests, id);
    r.response = t[11];
    r.status = t[10];
    r.sense = get32(&f, tail) ? (t[12 + 2] << 16 | t[12 + 12] << 8 | t[12 + 13]) : 0;
    r.resid = get32(&f, tail + 4);
    memcpy(r.data, guest_ptr(&f, data), MIN(in_len, ROOM));
    return r;
}

#define CDB(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

static void expect_sense(struct result r, uint32_t sense)
{
    g_assert_cmpuint(r.response, ==, 0);
    g_assert_cmphex(r.sense, ==, sense);
    g_assert_cmphex(r.status, ==, sense ? 2 : 0);
}

static void test_identity(void)
{
    open_adapter();
    struct result r = run(3, 0, CDB(0x12, 0, 0, 0, 36), NULL, 0, 255);
    expect_sense(r, 0);
    g_assert_cmpmem(r.data + 8, 24, "QEMU    QEMU HARDDISK   ", 24);
    g_assert_cmpuint(r.resid, ==, 255 - 36);
    expect_sense(run(3, 0, CDB(0), NULL, 0, 0), 0x062900); /* it was reset */
    expect_sense(run(3, 0, CDB(0), NULL, 0, 0), 0);
    r = run(3, 0, CDB(0x12, 1, 0x80, 0, 255), NULL, 0, 255);
    g_assert_cmpmem(r.data, 7, "\0\x80\0\3abc", 7);
    expect_sense(run(3, 0, CDB(0x12, 1, 0xee, 0, 255), NULL, 0, 255), 0x052400);
    r = run(3, 0, CDB(0x25), NULL, 0, 8);
    g_assert_cmpmem(r.data, 8, "\0\0\x07\xff\0\0\2\0", 8);
    r = run(3, 0, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0), NULL, 0, 256);
    g_assert_cmpmem(r.data, 16, "\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    r = run(3, 5, CDB(0x12, 0, 0, 0, 36), NULL, 0, 36); /* no such unit */
    g_assert_cmphex(r.data[0], ==, 0x7f);
    expect_sense(run(3, 5, CDB(0), NULL, 0, 0), 0x052500);
    g_assert_cmpuint(run(77, 0, CDB(0), NULL, 0, 0).response, ==, 3); /* no such target */
    expect_sense(run(3, 0, CDB(0xff), NULL, 0, 0), 0x052000);
    close_adapter();
}

static void test_blocks(void)
{
    uint8_t block[512] = "written";
    uint8_t unmap[24] = { 0, 22, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1 };

    open_adapter();
    run(3, 0, CDB(0), NULL, 0, 0);
    struct result r = run(3, 0, CDB(0x28, 0, 0, 0, 0, 7, 0, 0, 1), NULL, 0, 512);
    expect_sense(r, 0);
    g_assert_cmpstr((char *)r.data, ==, "block 7");
    expect_sense(run(3, 0, CDB(0x2a, 8, 0, 0, 0, 9, 0, 0, 1), block, 512, 0), 0);
    r = run(3, 0, CDB(0x08, 0, 0, 9, 1), NULL, 0, 512);
    g_assert_cmpstr((char *)r.data, ==, "written");
    r = run(3, 0, CDB(0x88, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 2), NULL, 0, 1024);
    g_assert_cmpstr((char *)r.data, ==, "block 7");
    expect_sense(run(3, 0, CDB(0x28, 0, 0, 0, 8, 0, 0, 0, 1), NULL, 0, 512), 0x052100); /* behind the end */
    expect_sense(run(3, 0, CDB(0x88, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), NULL, 0, 512),
                 0x052100);
    expect_sense(run(3, 0, CDB(0x28, 0, 0, 0, 0, 7, 0, 0, 4), NULL, 0, 512), 0x052400); /* no room for it */
    expect_sense(run(3, 0, CDB(0x35), NULL, 0, 0), 0);
    expect_sense(run(3, 0, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), unmap, 24, 0), 0);
    r = run(3, 0, CDB(0x28, 0, 0, 0, 0, 7, 0, 0, 1), NULL, 0, 512);
    g_assert_cmpuint(r.data[0], ==, 0);
    unmap[3] = 17;
    expect_sense(run(3, 0, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), unmap, 24, 0), 0x052600);
    unmap[3] = 16;
    unmap[8] = 0xff;
    expect_sense(run(3, 0, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), unmap, 24, 0), 0x052100);
    memset(block, 0, sizeof(block));
    expect_sense(run(3, 0, CDB(0x41, 8, 0, 0, 0, 9, 0, 0, 1), block, 512, 0), 0);
    r = run(3, 0, CDB(0x08, 0, 0, 9, 1), NULL, 0, 512);
    g_assert_cmpuint(r.data[0], ==, 0);
    close_adapter();
}

static void test_modes(void)
{
    uint8_t select[24] = { 0, 0, 0, 0, 8, 18 };

    open_adapter();
    run(3, 0, CDB(0), NULL, 0, 0);
    struct result r = run(3, 0, CDB(0x1a, 8, 8, 0, 255), NULL, 0, 255);
    expect_sense(r, 0);
    g_assert_cmphex(r.data[4], ==, 8);
    g_assert_cmphex(r.data[6] & 4, ==, 4); /* writes are cached */
    expect_sense(run(3, 0, CDB(0x15, 0x10, 0, 0, 24), select, 24, 0), 0);
    r = run(3, 0, CDB(0x1a, 8, 0x3f, 0, 255), NULL, 0, 255);
    g_assert_cmphex(r.data[4 + 12 + 2] & 4, ==, 0);
    select[5] = 200; /* longer than it is */
    expect_sense(run(3, 0, CDB(0x15, 0x10, 0, 0, 24), select, 24, 0), 0x051a00);
    expect_sense(run(3, 0, CDB(0x1a, 8, 0x22, 0, 255), NULL, 0, 255), 0x052400);

    run(4, 0, CDB(0), NULL, 0, 0); /* the CD drive is empty */
    expect_sense(run(4, 0, CDB(0), NULL, 0, 0), 0x023a00);
    r = run(4, 0, CDB(0x03, 0, 0, 0, 18), NULL, 0, 18);
    g_assert_cmphex(r.data[2], ==, 2);
    g_assert_cmphex(r.data[12], ==, 0x3a);
    expect_sense(run(4, 0, CDB(0x46, 0, 0, 0, 0, 0, 0, 0, 40), NULL, 0, 40), 0);
    expect_sense(run(4, 0, CDB(0x43, 0, 0, 0, 0, 0, 0, 0, 20), NULL, 0, 20), 0x023a00);
    expect_sense(run(4, 0, CDB(0x2a, 0, 0, 0, 0, 0, 0, 0, 1), NULL, 0, 0), 0x023a00);
    close_adapter();
}

/* A disk comes and goes: the guest has an event of it, if it had a buffer. */
static void test_events(void)
{
    open_adapter();
    gpa at = guest_alloc(&f, 16, 8);
    uint16_t id = drv_add(&events, &(struct seg){ at, 16, true }, 1);
    scsi_bus_type.plugged(f.dev, disk);
    g_assert_cmpuint(drv_wait(&events, id), ==, 16);
    g_assert_cmphex(get32(&f, at), ==, 1);
    g_assert_cmphex(get32(&f, at + 4), ==, 0x00000301);
    g_assert_cmphex(get32(&f, at + 12), ==, 1);
    virtio_rig_unrealize(cd); /* no buffer */
    id = drv_add(&events, &(struct seg){ at, 16, true }, 1);
    cd = add_disk(&scsi_cd_type, NULL, "6");
    scsi_bus_type.plugged(f.dev, cd);
    drv_wait(&events, id);
    g_assert_cmphex(get32(&f, at), ==, 0x80000001); /* one was missed */
    close_adapter();
}

/* -- The CD drive's tray -- */

static struct block_tray_event moved; /* the last one that was told */
static unsigned moves;

static void tray_moved(const struct block_tray_event *e)
{
    moved = *e;
    moved.device = moved.id = NULL; /* they are gone after the call */
    moves++;
}

/* The guest's moves are told on the main loop. */
static void expect_move(bool open)
{
    unsigned before = moves;

    while (moves == before)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpint(moved.open, ==, open);
}

static struct block *cd_drive(void)
{
    GError *err = NULL;
    struct block *b = block_find_medium(NULL, "scsi-cd", &err);

    g_assert_no_error(err);
    return b;
}

static void expect_failure(bool ok, GError **err, const char *text)
{
    g_assert_false(ok);
    g_assert_nonnull(*err);
    g_assert_nonnull(strstr((*err)->message, text));
    g_clear_error(err);
}

/* Present: code 2; and the event that is told once. */
static void expect_media(unsigned event, unsigned state)
{
    struct result r = run(4, 0, CDB(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8), NULL, 0, 8);

    expect_sense(r, 0);
    g_assert_cmpuint(r.data[4], ==, event);
    g_assert_cmpuint(r.data[5], ==, state);
}

#define READY CDB(0)
#define EJECT CDB(0x1b, 0, 0, 0, 2)
#define LOAD CDB(0x1b, 0, 0, 0, 3)
#define LOCK CDB(0x1e, 0, 0, 0, 1)

static void test_medium(void)
{
    GError *err = NULL;
    struct result r;

    open_adapter();
    block_on_tray(tray_moved);
    struct block *b = cd_drive();
    struct block_medium m = { .file = path, .format = "raw" };
    g_assert_false(block_inserted(b));
    expect_sense(run(4, 0, READY, NULL, 0, 0), 0x062900);
    expect_sense(run(4, 0, READY, NULL, 0, 0), 0x023a00);
    /* The disk is written to: nobody else may have its file. */
    expect_failure(block_change_medium(b, &m, &err), &err, "another program (or drive) uses this image");
    g_autofree char *iso = NULL;
    int fd = g_file_open_tmp("mynah-iso-XXXXXX", &iso, NULL);
    g_assert_cmpint(ftruncate(fd, 8 * 2048), ==, 0);
    g_assert_cmpint(pwrite(fd, "block 2", 7, 2 * 2048), ==, 7);
    close(fd);
    m.file = iso;
    g_assert_true(block_change_medium(b, &m, &err));
    g_assert_true(moves > 0 && !moved.open);
    g_assert_true(block_read_only(b));
    expect_media(2, 2);
    expect_media(0, 2);
    expect_sense(run(4, 0, READY, NULL, 0, 0), 0x063a00); /* it went, and came */
    expect_sense(run(4, 0, READY, NULL, 0, 0), 0x062800);
    expect_sense(run(4, 0, READY, NULL, 0, 0), 0);
    r = run(4, 0, CDB(0x25), NULL, 0, 8);
    g_assert_cmpmem(r.data, 8, "\0\0\0\x07\0\0\x08\0", 8);
    r = run(4, 0, CDB(0x28, 0, 0, 0, 0, 2, 0, 0, 1), NULL, 0, 2048);
    g_assert_cmpstr((char *)r.data, ==, "block 2");
    /* The guest opens the tray and closes it. */
    expect_sense(run(4, 0, EJECT, NULL, 0, 0), 0);
    expect_move(true);
    expect_sense(run(4, 0, READY, NULL, 0, 0), 0x023a00);
    expect_media(0, 1);
    g_assert_true(block_inserted(b));
    expect_sense(run(4, 0, LOAD, NULL, 0, 0), 0);
    expect_move(false);
    expect_sense(run(4, 0, READY, NULL, 0, 0), 0);
    /* A locked one stays where it is, until it has to move. */
    expect_sense(run(4, 0, LOCK, NULL, 0, 0), 0);
    expect_sense(run(4, 0, EJECT, NULL, 0, 0), 0x055302);
    expect_failure(block_eject(b, false, &err), &err, "is locked and force was not specified");
    expect_media(1, 2); /* the guest is asked */
    expect_sense(run(4, 0, READY, NULL, 0, 0), 0);
    g_assert_true(block_eject(b, true, &err));
    g_assert_true(moved.open && !block_inserted(b));
    g_assert_true(block_close_tray(b, &err));
    expect_failure(block_remove_medium(b, &err), &err, "is not open");
    /* A hard disk has no tray. */
    expect_failure(block_eject(block_find("d"), false, &err), &err, "is not removable");
    unlink(iso);
    block_on_tray(NULL);
    close_adapter();
}

/* A node of blockdev-add: it goes in and out, is one drive's at a time, and is there afterwards. */
static void test_inserted_node(void)
{
    GError *err = NULL;
    g_autofree char *iso = NULL;
    int fd = g_file_open_tmp("mynah-iso-XXXXXX", &iso, NULL);

    g_assert_cmpint(ftruncate(fd, 8 * 2048), ==, 0);
    close(fd);
    open_adapter();
    g_autofree char *spec = g_strdup_printf("driver=raw,node-name=n,read-only=on,file.driver=file,file.filename=%s",
                                            iso);
    struct opts *o = opts_parse(spec, NULL, &err);
    g_assert_true(block_add_blockdev(o, &err));
    opts_free(o);
    struct block *b = cd_drive();
    expect_failure(block_insert_medium(b, "n", &err), &err, "is not open");
    g_assert_true(block_open_tray(b, false, &err));
    expect_failure(block_insert_medium(b, "nosuch", &err), &err, "not found");
    g_assert_true(block_insert_medium(b, "n", &err));
    g_assert_true(block_find("n") == b);
    expect_failure(block_insert_medium(b, "n", &err), &err, "already in use");
    expect_failure(block_remove_blockdev("n", &err), &err, "is in use");
    g_assert_cmpuint(block_size(b), ==, 8 * 2048);
    g_assert_true(block_remove_medium(b, &err));
    g_assert_true(block_find("n") && block_find("n") != b);
    g_assert_true(block_insert_medium(b, "n", &err));
    virtio_rig_unrealize(cd); /* the device goes, the node stays */
    g_assert_true(block_find("n") && block_size(block_find("n")) == 8 * 2048);
    g_assert_true(block_remove_blockdev("n", &err));
    cd = add_disk(&scsi_cd_type, NULL, "4");
    unlink(iso);
    close_adapter();
}

/* Any command with any data, at a disk and at a CD. */
static void test_noise(void)
{
    open_adapter();
    for (unsigned i = 0; i < 4000; i++) {
        uint8_t cdb[32], data[64];
        for (unsigned k = 0; k < sizeof(cdb); k++)
            cdb[k] = g_test_rand_int_range(0, 4) ? g_test_rand_int_range(0, 4) : g_test_rand_int();
        if (i % 2)
            cdb[0] = g_test_rand_int();
        for (unsigned k = 0; k < sizeof(data); k++)
            data[k] = g_test_rand_int_range(0, 24);
        bool out = g_test_rand_bit();
        f.heap = (f.heap + 0xfff) & ~(gpa)0xfff;
        gpa heap = f.heap;
        run(3 + g_test_rand_int_range(0, 3), g_test_rand_int_range(0, 2), cdb, sizeof(cdb), data, out ? sizeof(data) : 0,
            out ? 0 : g_test_rand_int_range(0, ROOM));
        f.heap = heap;
    }
    close_adapter();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-scsi/identity", test_identity);
    g_test_add_func("/virtio-scsi/blocks", test_blocks);
    g_test_add_func("/virtio-scsi/modes", test_modes);
    g_test_add_func("/virtio-scsi/events", test_events);
    g_test_add_func("/virtio-scsi/medium", test_medium);
    g_test_add_func("/virtio-scsi/inserted-node", test_inserted_node);
    g_test_add_func("/virtio-scsi/noise", test_noise);
    return g_test_run();
}
