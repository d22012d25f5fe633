/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams of snapshots, of a machine that is an object, a block of memory and a disk: what was saved is loaded again,
 * and a file cut off anywhere, with any byte changed, of another version or machine, is refused with nothing changed.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus.h"
#include "opts.h"
#include "snapshot.h"
#include "state.h"

#define PAGES 64
#define DISK_BYTES (200 * 1024 + 512)

/* -- The machine -- */

static struct thing {
    uint32_t a;
    bool b;
    unsigned settled, resumed, loaded;
} thing;
static const char *identity_text = "kind=thing";
static unsigned refuse; /* so many times loaded() says no */
static char *folder;

static void settle(void *obj)
{
    thing.settled++;
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    thing.loaded++;
    if (!refuse)
        return true;
    refuse--;
    fail(err, "not today");
    return false;
}

static void resume(void *obj, bool after_load)
{
    thing.resumed++;
}

static void identity(const void *obj, GString *out)
{
    g_string_append(out, identity_text);
}

static const struct state_row fields[] = { FIELD(struct thing, a, 0), FIELD(struct thing, b, false), FIELD_END };
static const struct state_table table = {
    STATE_OF(struct thing), .version = 1, .rows = fields, .settle = settle, .loaded = loaded, .resume = resume,
    .identity = identity,
};

static uint8_t disk[DISK_BYTES];
static unsigned disk_writes;
static int disk_error; /* what writing gives */

static void *disk_next(void *d) { return d ? NULL : disk; }
static const char *disk_name(void *d) { return "disk0"; }
static uint64_t disk_size(void *d) { return DISK_BYTES; }
static uint64_t disk_hole(void *d, uint64_t offset) { return 0; }

static int disk_read(void *d, uint64_t offset, void *buf, size_t len)
{
    g_assert_cmpuint(offset + len, <=, DISK_BYTES);
    memcpy(buf, disk + offset, len);
    return 0;
}

static int disk_write(void *d, uint64_t offset, const void *buf, size_t len)
{
    g_assert_cmpuint(offset + len, <=, DISK_BYTES);
    disk_writes++;
    if (!disk_error)
        memcpy(disk + offset, buf, len);
    return -disk_error;
}

static int disk_flush(void *d) { return 0; }

static const struct snapshot_disks disks = {
    .next = disk_next, .name = disk_name, .size = disk_size, .hole = disk_hole, .read = disk_read, .write = disk_write,
    .flush = disk_flush,
};

/* Something of everything: pages that are zero, runs longer than a record, a last page. */
static void fill(unsigned seed)
{
    uint8_t *ram = ram_blocks->host;

    thing.a = seed;
    thing.b = seed & 1;
    memset(ram, 0, PAGES * PAGE_SIZE);
    memset(disk, 0, sizeof(disk));
    for (unsigned i = 0; i < PAGES; i++)
        if (i % 7 == seed % 7 || i == PAGES - 1)
            ram[i * PAGE_SIZE + (seed * 13 + i) % PAGE_SIZE] = i + seed;
    disk[seed] = seed;
    disk[DISK_BYTES - 1] = seed;
}

static char *path_of(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void save(const char *name)
{
    g_autofree char *path = path_of(name);
    g_autoptr(GError) err = NULL;

    g_assert_true(snapshot_save(path, name, true, "running", &err));
    g_assert_no_error(err);
}

static bool load(const char *name, bool *harmed, GError **err)
{
    g_autofree char *path = path_of(name);
    struct snapshot_info i;
    bool ok = snapshot_load(path, &i, harmed, err);

    snapshot_info_clear(&i);
    return ok;
}

/* -- Tests -- */

static void there_and_back(void)
{
    bool harmed;

    fill(3);
    uint64_t three = state_hash();
    g_autofree uint8_t *at_three = g_memdup2(disk, sizeof(disk));
    save("three");
    g_assert_cmphex(state_hash(), ==, three);
    fill(5);
    g_assert_cmphex(state_hash(), !=, three);
    g_assert_true(load("three", &harmed, NULL));
    g_assert_false(harmed);
    g_assert_cmphex(state_hash(), ==, three);
    g_assert_true(!memcmp(disk, at_three, sizeof(disk)));
    g_assert_cmpuint(thing.settled, ==, 2);
    g_assert_cmpuint(thing.resumed, ==, 2);
    disk_writes = 0;
    g_assert_true(load("three", &harmed, NULL));
    g_assert_cmpuint(disk_writes, ==, 0); /* it was as it should be */
}

static void info(void)
{
    g_autofree char *path = path_of("three");
    struct snapshot_info i;

    g_assert_true(snapshot_read_info(path, &i, NULL));
    g_assert_cmpstr(i.tag, ==, "three");
    g_assert_true(!strcmp(i.state, "running") && i.disks);
    g_assert_nonnull(strstr(i.machine, "thing: struct thing version=1 kind=thing\n"));
    snapshot_info_clear(&i);
}

/* Load bytes that are to be refused for a reason, and see that nothing has changed. */
static void refused(const void *data, size_t len, const char *why)
{
    g_autofree char *path = path_of("bad");
    g_autoptr(GError) err = NULL;
    bool harmed;
    uint64_t before = state_hash();

    g_assert_true(g_file_set_contents_full(path, data, len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_false(load("bad", &harmed, &err));
    if (!err || (why && !strstr(err->message, why)))
        g_error("'%s' does not say '%s'", err ? err->message : "(nothing)", why);
    g_assert_false(harmed);
    g_assert_cmphex(state_hash(), ==, before);
}

static char *good(gsize *len)
{
    g_autofree char *path = path_of("three");
    char *data;

    g_assert_true(g_file_get_contents(path, &data, len, NULL));
    return data;
}

static void cut_off(void)
{
    gsize len;
    g_autofree char *data = good(&len);

    fill(9);
    disk_writes = 0;
    for (gsize n = 0; n < len; n++)
        refused(data, n, NULL);
    g_assert_cmpuint(disk_writes, ==, 0);
}

static void flipped(void)
{
    gsize len;
    g_autofree char *data = good(&len);

    fill(9);
    disk_writes = 0;
    for (gsize i = 0; i < len; i++) {
        data[i] ^= 1 << i % 8;
        refused(data, len, NULL);
        data[i] ^= 1 << i % 8;
    }
    g_assert_cmpuint(disk_writes, ==, 0);
}

static void another(void)
{
    gsize len;
    g_autofree char *data = good(&len);
    struct thing two = { 0 };

    data[8] = 2;
    refused(data, len, "it is of version 2: this program reads version 1");
    data[8] = 1;
    identity_text = "kind=other";
    refused(data, len, "another machine: 'thing: struct thing version=1 kind=thing' there, 'thing: struct thing version=1 "
            "kind=other' here");
    identity_text = "kind=thing";
    state_register(&(struct state_object){ .name = "two", .table = &table, .obj = &two });
    refused(data, len, "it is of another machine");
    state_unregister(&two);
    snapshot_disks = NULL;
    refused(data, len, "it has a disk that this machine has not");
    snapshot_disks = &disks;
}

/* What loaded() refuses is as it was; its second call is for that. */
static void hook_refuses(void)
{
    bool harmed;
    g_autoptr(GError) err = NULL;

    fill(9);
    uint64_t before = state_hash();
    refuse = 1;
    thing.loaded = 0;
    g_assert_false(load("three", &harmed, &err));
    g_assert_cmpstr(err->message, ==, "thing: not today");
    g_assert_false(harmed);
    g_assert_cmpuint(thing.loaded, ==, 2);
    g_assert_cmphex(state_hash(), ==, before);
}

static void disk_fails(void)
{
    bool harmed;
    g_autoptr(GError) err = NULL;

    fill(9);
    disk_error = ENOSPC;
    g_assert_false(load("three", &harmed, &err));
    g_assert_cmpstr(err->message, ==, "drive 'disk0': No space left on device");
    g_assert_true(harmed);
    disk_error = 0;
    g_assert_true(load("three", &harmed, NULL));
    g_assert_false(harmed);
}

/* A file that can't be written leaves what was there, and nothing beside it. */
static void cannot_write(void)
{
    g_autofree char *path = g_build_filename(folder, "none", "x", NULL);
    g_autoptr(GError) err = NULL;

    g_assert_false(snapshot_save(path, "x", true, "running", &err));
    g_assert_nonnull(strstr(err->message, "No such file or directory"));
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)))
        g_assert_true(!strcmp(name, "three") || !strcmp(name, "bad"));
}

/* why: it is not saved; NULL: it is. */
static void saved(const char *path, const char *why)
{
    g_autoptr(GError) err = NULL;
    bool ok = snapshot_save(path, "x", true, "running", &err);

    g_assert_cmpstr(ok ? NULL : err->message, ==, why);
}

/* What load refuses as too large is not saved. */
static void too_large(void)
{
    static struct large {
        uint8_t bytes[16 * MiB - 16];
    } large;
    static struct larger {
        uint8_t bytes[16 * MiB];
    } larger;
    static const struct state_row large_rows[] = { FIELD_KEEP_BYTES(struct large, bytes), FIELD_END };
    static const struct state_row larger_rows[] = { FIELD_KEEP_BYTES(struct larger, bytes), FIELD_END };
    static const struct state_table large_table = { STATE_OF(struct large), .version = 1, .rows = large_rows };
    static const struct state_table larger_table = { STATE_OF(struct larger), .version = 1, .rows = larger_rows };
    g_autofree char *path = path_of("large"), *name = g_strnfill(5000, 'n');
    bool harmed;

    state_register(&(struct state_object){ .name = "large", .table = &large_table, .obj = &large });
    saved(path, NULL);
    g_assert_true(load("large", &harmed, NULL));
    g_remove(path);
    state_unregister(&large);
    state_register(&(struct state_object){ .name = "larger", .table = &larger_table, .obj = &larger });
    saved(path, "the state of 'larger' has 16777232 bytes: at most 16777216 can be saved");
    state_unregister(&larger);
    state_register(&(struct state_object){ .name = name, .table = &large_table, .obj = &large });
    g_assert_false(snapshot_save(path, "x", true, "running", NULL));
    state_unregister(&large);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* A pipe is no place for a snapshot, and stays one. */
static void no_regular_file(void)
{
    g_autofree char *path = path_of("pipe"), *why = g_strdup_printf("cannot write '%s': it is no regular file", path);
    struct stat st;

    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    saved(path, why);
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_true(S_ISFIFO(st.st_mode));
    g_remove(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("mynah-test-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_assert_nonnull(ram_block_new("ram", PAGES * PAGE_SIZE, NULL));
    state_register(&(struct state_object){ .name = "thing", .table = &table, .obj = &thing });
    snapshot_disks = &disks;
    g_test_add_func("/snapshot/there-and-back", there_and_back);
    g_test_add_func("/snapshot/info", info);
    g_test_add_func("/snapshot/cut-off", cut_off);
    g_test_add_func("/snapshot/flipped", flipped);
    g_test_add_func("/snapshot/another", another);
    g_test_add_func("/snapshot/hook-refuses", hook_refuses);
    g_test_add_func("/snapshot/disk-fails", disk_fails);
    g_test_add_func("/snapshot/cannot-write", cannot_write);
    g_test_add_func("/snapshot/too large", too_large);
    g_test_add_func("/snapshot/no regular file", no_regular_file);
    int status = g_test_run();
    for (const char *const *n = (const char *const[]){ "three", "bad", NULL }; *n; n++) {
        g_autofree char *path = path_of(*n);
        g_unlink(path);
    }
    g_rmdir(folder);
    return status;
}
