/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kill -9 while disks are written: a child has four threads write and flush random sectors of an image and keeps in
 * shared memory what it has asked for and what a flush has confirmed; it is killed at a random moment, and any part of
 * what was not flushed is lost. Then the image
 * passes its check and each sector has a write that is not older than what was confirmed. Meanwhile there may be block
 * jobs, by which the disk is now in one image and now in another. DISK_KILLS: how often for each kind (3).
 */
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "block-job.h"
#include "block/format.h"
#include "tests/lossy-files.h"

#define SIZE (8 * MiB)
#define SECTORS (SIZE / 512)
#define THREADS 4

/* Where the disk is: its first image, a copy of it, an overlay of one of these. */
enum { FIRST, COPY, OVERLAY, PLACES };
static const char *const place_names[] = { "image", "copy", "overlay" };
static char *places[PLACES];

/* Numbers of writes, by sector. 0: none. */
struct shared {
    uint32_t asked[SECTORS], confirmed[SECTORS];
    uint32_t working; /* a thread has flushed */
    uint32_t place, moves; /* where the disk is; how often it went elsewhere */
};

struct kind {
    const char *name, *format;
    struct block_create create;
    bool backed, jobs;
};

static const struct kind kinds[] = {
    { .name = "raw", .format = "raw", .create = { .size = SIZE } },
    { .name = "qcow2", .format = "qcow2", .create = { .size = SIZE } },
    { .name = "qcow2-512-lazy", .format = "qcow2",
      .create = { .size = SIZE, .cluster_size = 512, .lazy_refcounts = true } },
    { .name = "qcow2-backed-extended", .format = "qcow2", .create = { .size = SIZE, .extended_l2 = true },
      .backed = true },
    { .name = "vhdx", .format = "vhdx", .create = { .size = SIZE, .block_size = MiB } },
    { .name = "raw-jobs", .format = "raw", .create = { .size = SIZE }, .jobs = true },
    { .name = "qcow2-jobs", .format = "qcow2", .create = { .size = SIZE }, .backed = true, .jobs = true },
};

static GMutex guest[THREADS]; /* a thread's while it asks for something; all are a job's while the guest waits */

struct writer {
    struct block *b;
    struct shared *s;
    unsigned me, seed;
    bool slow; /* a job that follows the disk has to come to its end */
};

/* Sectors of a thread's own: those of its number, modulo all. */
static gpointer write_on(gpointer opaque)
{
    struct writer *w = opaque;
    g_autofree uint32_t *wrote = g_new0(uint32_t, SECTORS);
    uint32_t sector[128];

    for (uint32_t n = 1;; n++) {
        uint32_t i = rand_r(&w->seed) % (SECTORS / THREADS) * THREADS + w->me;
        for (unsigned k = 0; k < 128; k++)
            sector[k] = n;
        __atomic_store_n(&w->s->asked[i], n, __ATOMIC_SEQ_CST);
        g_mutex_lock(&guest[w->me]);
        if (block_write_sync(w->b, i * UINT64_C(512), sector, 512) < 0)
            _exit(3);
        g_mutex_unlock(&guest[w->me]);
        wrote[i] = n;
        if (w->slow)
            g_usleep(1000);
        if (rand_r(&w->seed) % 50 == 0) {
            g_mutex_lock(&guest[w->me]);
            if (block_flush_sync(w->b) < 0)
                _exit(4);
            g_mutex_unlock(&guest[w->me]);
            for (i = w->me; i < SECTORS; i += THREADS)
                __atomic_store_n(&w->s->confirmed[i], wrote[i], __ATOMIC_SEQ_CST);
            __atomic_store_n(&w->s->working, 1, __ATOMIC_SEQ_CST);
        }
    }
    return NULL;
}

static struct block *open_image(const char *path, const char *format, bool inspect)
{
    const struct node_options no = { .write_cache = true, .locking = true, .discard = true, .inspect = inspect };
    GError *err = NULL;
    struct block *b = image_open(path, format, &no, NULL, true, NULL, &err);

    g_assert_no_error(err);
    return b;
}

/* -- Jobs -- */

static struct block *disk;
static struct shared *shared;
static int event; /* the last one's */

static void pause_guest(void)
{
    for (unsigned i = 0; i < THREADS; i++)
        g_mutex_lock(&guest[i]);
}

static void resume_guest(void)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (!strcmp(disk->filename, places[i]) && __atomic_exchange_n(&shared->place, i, __ATOMIC_SEQ_CST) != i)
            __atomic_add_fetch(&shared->moves, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < THREADS; i++)
        g_mutex_unlock(&guest[i]);
}

static void on_job(enum block_job_event e, const struct block_job_info *i)
{
    event = e;
    if (e == BLOCK_JOB_FAILED)
        _exit(6);
}

static void run_job(struct block_job_wish w)
{
    w.disk = disk;
    w.id = "job";
    if (!block_job_start(&w, NULL))
        _exit(7);
    while (event != BLOCK_JOB_READY && event != BLOCK_JOB_ENDED)
        g_main_context_iteration(NULL, TRUE);
    if (event == BLOCK_JOB_READY && !block_job_complete(block_job_find("job"), NULL))
        _exit(8);
}

/* One after the other, as often as there is time for. */
static void run_jobs(void)
{
    block_jobs_listen(on_job, pause_guest, resume_guest);
    if (disk->backing)
        run_job((struct block_job_wish){ .type = BLOCK_JOB_STREAM });
    for (unsigned here = FIRST;; here = COPY - here) {
        run_job((struct block_job_wish){ .type = BLOCK_JOB_MIRROR, .target = places[COPY - here], .create = true });
        if (!block_take_overlay(disk, places[OVERLAY], NULL, true, NULL))
            _exit(9);
        run_job((struct block_job_wish){ .type = BLOCK_JOB_COMMIT });
    }
}

static void child(const struct kind *k, struct shared *s, unsigned seed)
{
    struct writer w[THREADS];
    GThread *t[THREADS];
    struct block *b = open_image(places[FIRST], k->format, false);

    disk = b;
    shared = s;

    for (unsigned i = 0; i < THREADS; i++) {
        w[i] = (struct writer){ .b = b, .s = s, .me = i, .seed = seed + i, .slow = k->jobs };
        t[i] = g_thread_new("writer", write_on, &w[i]);
    }
    if (k->jobs)
        run_jobs();
    g_thread_join(t[0]);
    _exit(5);
}

static void run_and_kill(const struct kind *k, struct shared *s)
{
    unsigned seed = g_test_rand_int();
    int status;
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0)
        child(k, s, seed);
    unsigned moves = k->jobs ? g_test_rand_int_range(0, 6) : 0;
    while ((!__atomic_load_n(&s->working, __ATOMIC_SEQ_CST) || __atomic_load_n(&s->moves, __ATOMIC_SEQ_CST) < moves) &&
           waitpid(pid, &status, WNOHANG) == 0)
        g_usleep(500);
    g_usleep(g_test_rand_int_range(0, 30000));
    kill(pid, SIGKILL);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Without mending it first: it has no errors but what lazy refcounts are for. */
static void check_image(const char *path, const char *format, const struct kind *k)
{
    struct block *b = open_image(path, format, true);
    struct block_check c = { 0 };

    if (b->driver->check) {
        g_assert_cmpint(b->driver->check(b, &c, 0, NULL), ==, 0);
        if (!k->create.lazy_refcounts)
            g_assert_cmpuint(c.corruptions + c.errors, ==, 0);
    }
    block_node_unref(b);
    b = open_image(path, format, false);
    c = (struct block_check){ 0 };
    if (b->driver->check) {
        g_assert_cmpint(b->driver->check(b, &c, 0, NULL), ==, 0);
        g_assert_cmpuint(c.corruptions + c.errors, ==, 0);
    }
    block_node_unref(b);
}

/* What is there now is what the next round begins with. */
static void check_sectors(const char *path, const char *format, struct shared *s)
{
    struct block *b = open_image(path, format, false);
    uint32_t sector[128];

    for (unsigned i = 0; i < SECTORS; i++) {
        g_assert_cmpint(node_pread(b, i * UINT64_C(512), sector, 512), ==, 0);
        for (unsigned n = 1; n < 128; n++)
            g_assert_cmpuint(sector[n], ==, sector[0]);
        if (sector[0] < s->confirmed[i] || sector[0] > s->asked[i])
            g_error("sector %u has write %u; %u was confirmed, %u asked for", i, sector[0], s->confirmed[i],
                    s->asked[i]);
    }
    block_node_unref(b);
}

static void test_kill(gconstpointer opaque)
{
    const struct kind *k = opaque;
    const char *often = g_getenv("DISK_KILLS");
    g_autofree char *folder = g_dir_make_tmp("mynah-kill-XXXXXX", NULL);
    g_autofree char *base = g_build_filename(folder, "base", NULL);
    struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct block_create c = k->create, below = { .size = SIZE };

    g_assert_true(s != MAP_FAILED);
    for (unsigned i = 0; i < PLACES; i++)
        places[i] = g_build_filename(folder, place_names[i], NULL);
    if (k->backed) {
        g_assert_cmpint(image_create(base, "raw", &below, NULL), ==, 0);
        c.backing_file = "base";
        c.backing_format = "raw";
    }
    for (int i = often ? atoi(often) : 3; i > 0; i--) {
        memset(s, 0, sizeof(*s));
        g_assert_cmpint(image_create(places[FIRST], k->format, &c, NULL), ==, 0);
        lossy_begin();
        run_and_kill(k, s);
        lossy_crash();
        const char *path = places[s->place], *format = s->place == OVERLAY ? "qcow2" : k->format;
        g_test_message("the disk was in %s", path);
        check_image(path, format, k);
        check_sectors(path, format, s);
    }
    munmap(s, sizeof(*s));
    for (unsigned i = 0; i < PLACES; i++) {
        g_unlink(places[i]);
        g_free(places[i]);
    }
    g_unlink(base);
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *name = g_strdup_printf("/disk-kill/%s", kinds[i].name);
        g_test_add_data_func(name, &kinds[i], test_kill);
    }
    return g_test_run();
}
