/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block jobs while a disk is written: threads write sectors of a qcow2 image with another behind it, and remember what.
 * Whatever a job makes has just that, or for a backup what there was when it began; so has the disk, whose image may be
 * another then. Images pass their checks.
 */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "block-job.h"
#include "block/format.h"
#include "tests/patience.h"

#define SIZE (24 * MiB)
#define SECTORS (SIZE / 512)
#define WRITERS 3
#define WRITES 2000 /* of each: a copy that follows the disk need not be faster than what is written */

static struct block *disk;
static char *folder, *base_file, *top_file, *target_file;

/* The writes. Who makes one has the lock; who has paused the guest keeps it. */
static GMutex guest;
static uint32_t shadow[SECTORS], kept[SECTORS]; /* a sector's number; of the moment when the guest last went on */
static bool stop;

static void pause_guest(void)
{
    g_mutex_lock(&guest);
}

static void resume_guest(void)
{
    memcpy(kept, shadow, sizeof(kept));
    g_mutex_unlock(&guest);
}

struct writer {
    GThread *thread;
    unsigned me, seed;
    GMutex lock;
    GCond ended;
    bool done;
};

static void write_done(void *opaque, int ret)
{
    struct writer *w = opaque;

    g_assert_cmpint(ret, ==, 0);
    g_mutex_lock(&w->lock);
    w->done = true;
    g_cond_signal(&w->ended);
    g_mutex_unlock(&w->lock);
}

static gpointer write_on(gpointer opaque)
{
    struct writer *w = opaque;
    static uint32_t zeroes[128];
    uint32_t data[128];

    for (unsigned done = 0; !__atomic_load_n(&stop, __ATOMIC_SEQ_CST); done++) {
        if (done >= WRITES) {
            g_usleep(1000);
            continue;
        }
        uint32_t i = rand_r(&w->seed) % (SECTORS / WRITERS) * WRITERS + w->me, n = rand_r(&w->seed) | 1;
        bool zero = rand_r(&w->seed) % 8 == 0;
        struct iovec iov = { zero ? zeroes : data, 512 };
        n = zero ? 0 : n;
        for (unsigned k = 0; k < 128; k++)
            data[k] = n;
        w->done = false;
        g_mutex_lock(&guest);
        shadow[i] = n;
        if (zero && rand_r(&w->seed) % 2)
            block_write_zeroes(disk, i * UINT64_C(512), 512, BLOCK_MAY_UNMAP, write_done, w);
        else
            block_write(disk, i * UINT64_C(512), &iov, 1, 0, write_done, w);
        g_mutex_unlock(&guest);
        g_mutex_lock(&w->lock);
        while (!w->done)
            g_cond_wait(&w->ended, &w->lock);
        g_mutex_unlock(&w->lock);
    }
    return NULL;
}

static struct writer writers[WRITERS];

static void begin_writing(void)
{
    stop = false;
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i].me = i;
        writers[i].seed = g_test_rand_int();
        writers[i].thread = g_thread_new("writer", write_on, &writers[i]);
    }
}

static void end_writing(void)
{
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < WRITERS; i++)
        g_thread_join(writers[i].thread);
}

/* -- Images -- */

static struct block *open_image(const char *file, bool backing)
{
    const struct node_options no = { .write_cache = true, .locking = true };
    GError *err = NULL;
    struct block *b = image_open(file, NULL, &no, NULL, backing, NULL, &err);

    g_assert_no_error(err);
    return b;
}

static void compare(struct block *b, const uint32_t *wanted)
{
    static uint32_t data[SECTORS * 128];

    g_assert_cmpint(node_pread(b, 0, data, SIZE), ==, 0);
    for (unsigned i = 0; i < SECTORS; i++)
        for (unsigned k = 0; k < 128; k += 127)
            if (data[i * 128 + k] != wanted[i])
                g_error("sector %u is %x, expected %x", i, data[i * 128 + k], wanted[i]);
}

/* What a file holds, with what lies behind it, when nobody has it open. */
static void compare_file(const char *file, const uint32_t *wanted, const char *behind)
{
    struct block *b = open_image(file, true);
    struct block_check c = { 0 };

    g_assert_cmpstr(b->backing_file, ==, behind);
    compare(b, wanted);
    if (b->driver->check) {
        g_assert_cmpint(b->driver->check(b, &c, 0, NULL), ==, 0);
        g_assert_cmpuint(c.corruptions + c.errors, ==, 0);
    }
    block_node_unref(b);
}

static void make(const char *file, const char *format, const char *behind)
{
    const struct block_create c = { .size = SIZE, .backing_file = behind, .backing_format = behind ? "qcow2" : NULL };
    GError *err = NULL;

    g_assert_cmpint(image_create(file, format, &c, &err), ==, 0);
    g_assert_no_error(err);
}

/* Some sectors of a file. */
static void fill(const char *file, unsigned from, unsigned to)
{
    struct block *b = open_image(file, true);
    uint32_t data[128];

    for (unsigned i = from; i < to; i++) {
        shadow[i] = g_test_rand_int() | 1;
        for (unsigned k = 0; k < 128; k++)
            data[k] = shadow[i];
        g_assert_cmpint(node_pwrite(b, i * UINT64_C(512), data, 512), ==, 0);
    }
    block_node_unref(b);
}

static void set_up(void)
{
    struct opts *o = opts_new();
    GError *err = NULL;

    memset(shadow, 0, sizeof(shadow));
    make(base_file, "qcow2", NULL);
    fill(base_file, 0, SECTORS / 2);
    make(top_file, "qcow2", base_file);
    fill(top_file, SECTORS / 3, SECTORS * 2 / 3);
    opts_set(o, "file", top_file);
    opts_set(o, "id", "d");
    opts_set(o, "if", "none");
    opts_set(o, "discard", "unmap");
    g_assert_true(block_add_drive(o, BLOCK_IF_NONE, &err));
    opts_free(o);
    disk = block_find("d");
    g_assert_true(block_claim(disk, "tester", true, NULL));
}

static void tear_down(void)
{
    block_jobs_end();
    block_release(disk);
    block_close_all();
}

/* -- Jobs -- */

static int seen[5];
static char *last_error;

static void on_job(enum block_job_event e, const struct block_job_info *i)
{
    seen[e]++;
    g_free(last_error);
    last_error = g_strdup(i->error);
}

static struct block_job *start(struct block_job_wish *w)
{
    GError *err = NULL;

    memset(seen, 0, sizeof(seen));
    w->disk = disk;
    g_assert_true(block_job_start(w, &err));
    g_assert_no_error(err);
    g_assert_cmpint(seen[BLOCK_JOB_CREATED], ==, 1);
    return block_job_find(w->id ? w->id : "d");
}

static void await(enum block_job_event e)
{
    gint64 end = patience_end(60);

    while (!seen[e]) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_assert_cmpint(seen[BLOCK_JOB_FAILED], ==, 0);
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(500);
    }
}

static void stream(void)
{
    set_up();
    begin_writing();
    start(&(struct block_job_wish){ .type = BLOCK_JOB_STREAM });
    await(BLOCK_JOB_ENDED);
    g_assert_null(disk->backing);
    end_writing();
    compare(disk, shadow);
    tear_down();
    g_unlink(base_file);
    compare_file(top_file, shadow, NULL);
}

static void commit(void)
{
    struct block_job *j;
    GError *err = NULL;

    set_up();
    begin_writing();
    j = start(&(struct block_job_wish){ .type = BLOCK_JOB_COMMIT });
    await(BLOCK_JOB_READY);
    g_assert_true(block_job_complete(j, &err));
    g_assert_cmpint(seen[BLOCK_JOB_ENDED], ==, 1);
    g_assert_cmpstr(disk->filename, ==, base_file);
    g_assert_false(disk->read_only);
    for (unsigned i = 0; i < 200; i++) /* and on, into the base */
        g_usleep(100);
    end_writing();
    compare(disk, shadow);
    tear_down();
    g_unlink(top_file);
    compare_file(base_file, shadow, NULL);
}

/*
 * Images in the middle of a chain, into the lowest, by themselves: below one that is only read, then below the disk's.
 * What the guest writes meanwhile stays where it is.
 */
static void commit_middle(void)
{
    g_autofree char *second = g_build_filename(folder, "second", NULL);
    struct block_job_wish w = { .type = BLOCK_JOB_COMMIT, .base = base_file, .top = top_file };
    GError *err = NULL;

    set_up();
    g_assert_true(block_take_overlay(disk, second, NULL, true, &err));
    begin_writing();
    g_usleep(20000);
    g_assert_true(block_take_overlay(disk, target_file, NULL, true, &err));
    start(&w);
    await(BLOCK_JOB_ENDED);
    g_assert_cmpint(seen[BLOCK_JOB_READY], ==, 0);
    g_assert_cmpstr(disk->backing->filename, ==, second);
    g_assert_cmpstr(disk->backing->backing->filename, ==, base_file);
    g_assert_true(disk->backing->read_only && disk->backing->backing->read_only);
    w.top = second;
    w.note = "base"; /* as images in one folder name each other */
    start(&w);
    await(BLOCK_JOB_ENDED);
    g_assert_cmpstr(disk->filename, ==, target_file);
    g_assert_cmpstr(disk->backing->filename, ==, base_file);
    end_writing();
    compare(disk, shadow);
    w.top = base_file; /* nothing is behind that */
    w.disk = disk;
    g_assert_false(block_job_start(&w, &err));
    g_clear_error(&err);
    tear_down();
    g_unlink(second);
    g_unlink(top_file);
    compare_file(target_file, shadow, "base");
}

/* One that is given up: the chain is what it was, and the guest goes on reading it. */
static void commit_cancelled(gconstpointer middle)
{
    struct block_job_wish w = { .type = BLOCK_JOB_COMMIT, .top = middle ? top_file : NULL, .speed = 4 * MiB };
    GError *err = NULL;

    set_up();
    if (middle)
        g_assert_true(block_take_overlay(disk, target_file, NULL, true, &err));
    begin_writing();
    struct block_job *j = start(&w);
    for (unsigned i = 0; i < 20; i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    block_job_cancel(j, true);
    g_assert_cmpint(seen[BLOCK_JOB_CANCELLED], ==, 1);
    struct block *base = disk->backing;
    while (base->backing)
        base = base->backing;
    g_assert_cmpstr(base->filename, ==, base_file);
    g_assert_true(base->read_only);
    end_writing();
    compare(disk, shadow);
    tear_down();
    compare_file(middle ? target_file : top_file, shadow, middle ? top_file : base_file);
}

static void mirror(gconstpointer format)
{
    struct block_job_wish w = { .type = BLOCK_JOB_MIRROR, .id = "job", .target = target_file, .format = format,
                                .create = true };
    GError *err = NULL;

    set_up();
    begin_writing();
    struct block_job *j = start(&w);
    await(BLOCK_JOB_READY);
    g_assert_true(block_job_complete(j, &err));
    g_assert_cmpstr(disk->filename, ==, target_file);
    end_writing();
    compare(disk, shadow);
    tear_down();
    g_unlink(base_file);
    g_unlink(top_file);
    if (!strcmp(format, "qcow2"))
        compare_file(target_file, shadow, NULL);
}

/* Only what the image has itself; the copy lies on the same base. Cancelled when it is ready: a copy of that moment. */
static void mirror_top(void)
{
    struct block_job_wish w = { .type = BLOCK_JOB_MIRROR, .target = target_file, .create = true,
                                .sync = BLOCK_JOB_TOP };

    set_up();
    begin_writing();
    struct block_job *j = start(&w);
    await(BLOCK_JOB_READY);
    block_job_cancel(j, false);
    g_assert_cmpint(seen[BLOCK_JOB_ENDED], ==, 1);
    static uint32_t then[SECTORS];
    memcpy(then, kept, sizeof(then));
    g_assert_cmpstr(disk->filename, ==, top_file);
    end_writing();
    tear_down();
    compare_file(target_file, then, base_file);
    compare_file(top_file, shadow, base_file);
}

static void backup(gconstpointer sync)
{
    struct block_job_wish w = { .type = BLOCK_JOB_BACKUP, .target = target_file, .format = "qcow2", .create = true,
                                .sync = GPOINTER_TO_UINT(sync), .speed = 100 * MiB };
    static uint32_t then[SECTORS];

    set_up();
    begin_writing();
    start(&w);
    memcpy(then, kept, sizeof(then));
    await(BLOCK_JOB_ENDED);
    end_writing();
    compare(disk, shadow);
    tear_down();
    compare_file(target_file, then, sync ? base_file : NULL);
    compare_file(top_file, shadow, base_file);
}

/* The disk as it is now lies behind a new image; then that is committed again. */
static void overlay(void)
{
    GError *err = NULL;
    static uint32_t then[SECTORS];

    set_up();
    begin_writing();
    g_assert_true(block_take_overlay(disk, target_file, NULL, true, &err));
    memcpy(then, kept, sizeof(then));
    g_assert_cmpstr(disk->filename, ==, target_file);
    g_usleep(20000);
    end_writing();
    compare(disk, shadow);
    compare(disk->backing, then);
    begin_writing();
    struct block_job *j = start(&(struct block_job_wish){ .type = BLOCK_JOB_COMMIT, .base = top_file });
    await(BLOCK_JOB_READY);
    g_assert_true(block_job_complete(j, &err));
    g_assert_cmpstr(disk->filename, ==, top_file);
    end_writing();
    compare(disk, shadow);
    tear_down();
    compare_file(top_file, shadow, base_file);
}

static void get_info(const struct block_job_info *i, void *opaque)
{
    struct block_job_info *out = opaque;

    *out = *i;
}

/* A slow job: its progress, a pause, its speed, its end before it is done. */
static void control(void)
{
    struct block_job_wish w = { .type = BLOCK_JOB_BACKUP, .target = target_file, .format = "raw", .create = true,
                                .speed = 1 };
    struct block_job_info i = { 0 };
    GError *err = NULL;

    set_up();
    struct block_job *j = start(&w);
    g_assert_false(block_job_start(&w, &err));
    g_assert_nonnull(strstr(err->message, "already in use"));
    g_clear_error(&err);
    w.id = "other";
    g_assert_false(block_job_start(&w, &err));
    g_assert_nonnull(strstr(err->message, "has a job already"));
    g_clear_error(&err);
    g_assert_false(block_job_complete(j, &err));
    g_clear_error(&err);
    block_job_pause(j, true);
    block_job_set_speed(j, 0);
    block_job_foreach(get_info, &i);
    g_assert_true(i.paused);
    g_assert_cmpuint(i.offset, <, SIZE);
    g_assert_cmpuint(i.len, >=, i.offset);
    g_assert_cmpstr(i.type, ==, "backup");
    block_job_cancel(j, false);
    g_assert_cmpint(seen[BLOCK_JOB_CANCELLED], ==, 1);
    g_assert_null(block_job_find("d"));
    w.id = NULL;
    j = start(&w);
    block_job_pause(j, true);
    block_job_set_speed(j, 0);
    block_job_pause(j, false);
    await(BLOCK_JOB_ENDED);
    compare(disk, shadow);

    static const struct block_job_wish bad[] = {
        { .type = BLOCK_JOB_STREAM, .base = "nowhere" }, { .type = BLOCK_JOB_COMMIT, .base = "nowhere" },
        { .type = BLOCK_JOB_COMMIT, .top = "nowhere" },
        { .type = BLOCK_JOB_MIRROR, .target_node = "none" }, { .type = BLOCK_JOB_MIRROR, .target_node = "d" },
        { .type = BLOCK_JOB_BACKUP, .target = "/nonexistent/x", .format = "qcow2", .create = true },
        { .type = BLOCK_JOB_BACKUP, .target = "/nonexistent/x" },
    };
    for (unsigned n = 0; n < G_N_ELEMENTS(bad); n++) {
        w = bad[n];
        w.disk = disk;
        g_assert_false(block_job_start(&w, &err));
        g_test_message("%s", err->message);
        g_clear_error(&err);
    }
    tear_down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("mynah-jobs-XXXXXX", NULL);
    base_file = g_build_filename(folder, "base", NULL);
    top_file = g_build_filename(folder, "top", NULL);
    target_file = g_build_filename(folder, "target", NULL);
    block_jobs_listen(on_job, pause_guest, resume_guest);
    g_test_add_func("/block-jobs/stream", stream);
    g_test_add_func("/block-jobs/commit", commit);
    g_test_add_func("/block-jobs/commit/middle", commit_middle);
    g_test_add_data_func("/block-jobs/commit/cancelled", GUINT_TO_POINTER(false), commit_cancelled);
    g_test_add_data_func("/block-jobs/commit/middle-cancelled", GUINT_TO_POINTER(true), commit_cancelled);
    g_test_add_data_func("/block-jobs/mirror/qcow2", "qcow2", mirror);
    g_test_add_data_func("/block-jobs/mirror/vdi", "vdi", mirror);
    g_test_add_data_func("/block-jobs/mirror/vhdx", "vhdx", mirror);
    g_test_add_func("/block-jobs/mirror/top", mirror_top);
    g_test_add_data_func("/block-jobs/backup/full", GUINT_TO_POINTER(BLOCK_JOB_FULL), backup);
    g_test_add_data_func("/block-jobs/backup/top", GUINT_TO_POINTER(BLOCK_JOB_TOP), backup);
    g_test_add_func("/block-jobs/overlay", overlay);
    g_test_add_func("/block-jobs/control", control);
    int r = g_test_run();
    g_unlink(base_file);
    g_unlink(top_file);
    g_unlink(target_file);
    g_rmdir(folder);
    return r;
}
