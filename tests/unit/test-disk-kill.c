/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kill -9 while disks are written: a child has four threads write and flush random sectors of an image and keeps in
 * shared
 * memory what it has asked for and what a flush has confirmed; it is killed at a random moment. Then the image passes
 * its
 * check and each sector has a write that is not older than what was confirmed. DISK_KILLS: how often for each kind (3).
 */
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "block/format.h"

#define SIZE (8 * MiB)
#define SECTORS (SIZE / 512)
#define THREADS 4

/* Numbers of writes, by sector. 0: none. */
struct shared {
    uint32_t asked[SECTORS], confirmed[SECTORS];
    uint32_t working; /* a thread has flushed */
};

struct kind {
    const char *name, *format;
    struct block_create create;
    bool backed;
};

static const struct kind kinds[] = {
    { "raw", "raw", { .size = SIZE }, false },
    { "qcow2", "qcow2", { .size = SIZE }, false },
    { "qcow2-512-lazy", "qcow2", { .size = SIZE, .cluster_size = 512, .lazy_refcounts = true }, false },
    { "qcow2-backed-extended", "qcow2", { .size = SIZE, .extended_l2 = true }, true },
};

struct writer {
    struct block *b;
    struct shared *s;
    unsigned me, seed;
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
        if (node_pwrite(w->b, i * UINT64_C(512), sector, 512) < 0)
            _exit(3);
        wrote[i] = n;
        if (rand_r(&w->seed) % 50 == 0) {
            if (node_flush(w->b) < 0)
                _exit(4);
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

static void child(const char *path, const char *format, struct shared *s, unsigned seed)
{
    struct writer w[THREADS];
    GThread *t[THREADS];
    struct block *b = open_image(path, format, false);

    for (unsigned i = 0; i < THREADS; i++) {
        w[i] = (struct writer){ b, s, i, seed + i };
        t[i] = g_thread_new("writer", write_on, &w[i]);
    }
    g_thread_join(t[0]);
    _exit(5);
}

static void run_and_kill(const char *path, const char *format, struct shared *s)
{
    unsigned seed = g_test_rand_int();
    int status;
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0)
        child(path, format, s, seed);
    while (!__atomic_load_n(&s->working, __ATOMIC_SEQ_CST) && waitpid(pid, &status, WNOHANG) == 0)
        g_usleep(500);
    g_usleep(g_test_rand_int_range(0, 30000));
    kill(pid, SIGKILL);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Without mending it first: it has no errors but what lazy refcounts are for. */
static void check_image(const char *path, const struct kind *k)
{
    struct block *b = open_image(path, k->format, true);
    struct block_check c = { 0 };

    if (b->driver->check) {
        g_assert_cmpint(b->driver->check(b, &c, 0, NULL), ==, 0);
        if (!k->create.lazy_refcounts)
            g_assert_cmpuint(c.corruptions + c.errors, ==, 0);
    }
    block_node_unref(b);
    b = open_image(path, k->format, false);
    c = (struct block_check){ 0 };
    if (b->driver->check) {
        g_assert_cmpint(b->driver->check(b, &c, 0, NULL), ==, 0);
        g_assert_cmpuint(c.corruptions + c.errors, ==, 0);
    }
    block_node_unref(b);
}

/* What is there now is what the next round begins with. */
static void check_sectors(const char *path, const struct kind *k, struct shared *s)
{
    struct block *b = open_image(path, k->format, false);
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
    g_autofree char *folder = g_dir_make_tmp("mynah-kill-XXXXXX", NULL), *path = g_build_filename(folder, "image",
                                                                                                  NULL);
    g_autofree char *base = g_build_filename(folder, "base", NULL);
    struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct block_create c = k->create, below = { .size = SIZE };

    g_assert_true(s != MAP_FAILED);
    if (k->backed) {
        g_assert_cmpint(image_create(base, "raw", &below, NULL), ==, 0);
        c.backing_file = "base";
        c.backing_format = "raw";
    }
    for (int i = often ? atoi(often) : 3; i > 0; i--) {
        memset(s, 0, sizeof(*s));
        g_assert_cmpint(image_create(path, k->format, &c, NULL), ==, 0);
        run_and_kill(path, k->format, s);
        check_image(path, k);
        check_sectors(path, k, s);
    }
    munmap(s, sizeof(*s));
    g_unlink(path);
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
