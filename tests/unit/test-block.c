/* SPDX-License-Identifier: BSD-2-Clause */
/* The block layer on real files: options, nodes, requests, locks. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block.h"
#include "defaults.h"
#include "opts.h"

/* A file of size bytes whose byte i is i / 512 * 7 + i. */
static char *make_image(size_t size)
{
    char *name;
    int fd = g_file_open_tmp("mynah-test-XXXXXX.img", &name, NULL);
    g_autofree uint8_t *data = g_malloc(size);

    for (size_t i = 0; i < size; i++)
        data[i] = i / 512 * 7 + i;
    g_assert_cmpint(write(fd, data, size), ==, size);
    close(fd);
    return name;
}

static uint8_t expected(size_t i)
{
    return i / 512 * 7 + i;
}

static bool add_drive(const char *fmt, const char *file, char **message)
{
    g_autofree char *arg = g_strdup_printf(fmt, file);
    GError *err = NULL;
    struct opts *o = opts_parse(arg, NULL, &err);

    g_assert_no_error(err);
    bool ok = block_add_drive(o, BLOCK_IF_VIRTIO, &err);
    opts_free(o);
    g_assert_true(ok == (err == NULL));
    if (err && message)
        *message = g_strdup(err->message);
    else if (err)
        g_test_message("%s", err->message);
    g_clear_error(&err);
    return ok;
}

static bool add_blockdev(const char *fmt, const char *file, char **message)
{
    g_autofree char *arg = g_strdup_printf(fmt, file);
    GError *err = NULL;
    struct opts *o = opts_parse(arg, "driver", &err);

    g_assert_no_error(err);
    bool ok = block_add_blockdev(o, &err);
    opts_free(o);
    g_assert_true(ok == (err == NULL));
    if (err && message)
        *message = g_strdup(err->message);
    g_clear_error(&err);
    return ok;
}

static void clean_up(char *name)
{
    block_close_all();
    g_unlink(name);
    g_free(name);
}

static uint8_t file_byte(const char *name, off_t at)
{
    uint8_t b = 0;
    int fd = open(name, O_RDONLY);

    g_assert_cmpint(pread(fd, &b, 1, at), ==, 1);
    close(fd);
    return b;
}

/* -- Requests -- */

struct waiter {
    GMutex lock;
    GCond cond;
    int left, ret;
};

static GThread *starter; /* of requests: no callback runs there */

static void done(void *opaque, int ret)
{
    struct waiter *w = opaque;

    g_assert_true(g_thread_self() != starter);
    g_mutex_lock(&w->lock);
    w->left--;
    if (ret)
        w->ret = ret;
    g_cond_signal(&w->cond);
    g_mutex_unlock(&w->lock);
}

static int wait_for(struct waiter *w)
{
    g_mutex_lock(&w->lock);
    while (w->left > 0)
        g_cond_wait(&w->cond, &w->lock);
    int ret = w->ret;
    w->ret = 0;
    g_mutex_unlock(&w->lock);
    return ret;
}

static void requests(void)
{
    char *name = make_image(65536);
    uint8_t a[700], b[324], buf[512];
    struct iovec iov[2] = { { a, sizeof(a) }, { b, sizeof(b) } };
    struct waiter w = { .left = 1 };

    g_assert_true(add_drive("file=%s,format=raw,id=d", name, NULL));
    struct block *d = block_find("d");
    g_assert_nonnull(d);
    g_assert_true(block_drive(BLOCK_IF_VIRTIO, 0) == d);
    g_assert_cmpuint(block_size(d), ==, 65536);
    block_read(d, 1024, iov, 2, done, &w);
    g_assert_cmpint(wait_for(&w), ==, 0);
    for (unsigned i = 0; i < 1024; i++)
        g_assert_cmphex(i < 700 ? a[i] : b[i - 700], ==, expected(1024 + i));

    memset(a, 0x11, sizeof(a));
    memset(b, 0x22, sizeof(b));
    w.left = 1;
    block_write(d, 2048, iov, 2, BLOCK_FUA, done, &w);
    g_assert_cmpint(wait_for(&w), ==, 0);
    g_assert_cmphex(file_byte(name, 2048), ==, 0x11);
    g_assert_cmphex(file_byte(name, 2048 + 700), ==, 0x22);
    g_assert_cmphex(file_byte(name, 3072), ==, expected(3072));

    w.left = 1;
    block_write_zeroes(d, 4096, 8192, BLOCK_MAY_UNMAP, done, &w);
    g_assert_cmpint(wait_for(&w), ==, 0);
    g_assert_cmphex(file_byte(name, 4096), ==, 0);
    g_assert_cmphex(file_byte(name, 12287), ==, 0);
    g_assert_cmphex(file_byte(name, 12289), ==, expected(12289));
    w.left = 1;
    block_flush(d, done, &w);
    g_assert_cmpint(wait_for(&w), ==, 0);

    /* Beyond the end: the callbacks come from a worker, since we may hold what they wait for. */
    w.left = 4;
    g_mutex_lock(&w.lock);
    block_read(d, 65536 - 512, iov, 2, done, &w);
    block_write(d, UINT64_MAX - 511, iov, 1, 0, done, &w);
    block_discard(d, 65536, 512, done, &w);
    block_write_zeroes(d, 65536 - 512, 1024, 0, done, &w);
    block_drain(d);
    g_assert_cmpint(w.left, ==, 4);
    g_mutex_unlock(&w.lock);
    g_assert_cmpint(wait_for(&w), ==, -EINVAL);
    g_assert_cmpint(block_read_sync(d, 65536, buf, 1), ==, -EINVAL);
    g_assert_cmpint(block_read_sync(d, 65535, buf, 1), ==, 0);
    clean_up(name);
}

/* Many at once, on all workers; a drain ends after their last. */
static void parallel(void)
{
    char *name = make_image(1 << 20);
    static uint8_t bufs[256][4096];
    struct iovec iov[256];
    struct waiter w = { .left = 256 };

    g_assert_true(add_drive("file=%s,format=raw,id=d", name, NULL));
    struct block *d = block_find("d");
    for (unsigned i = 0; i < 256; i++) {
        iov[i] = (struct iovec){ bufs[i], 4096 };
        memset(bufs[i], i, 4096);
        block_write(d, (255 - i) * 4096, &iov[i], 1, 0, done, &w);
    }
    block_drain(d);
    for (unsigned i = 0; i < 256; i++)
        g_assert_cmphex(file_byte(name, (255 - i) * 4096 + 17), ==, i);
    g_assert_cmpint(wait_for(&w), ==, 0);
    clean_up(name);
}

/* -- Drives -- */

static void snapshot(void)
{
    char *name = make_image(20000);
    uint8_t buf[20480], data[5000];

    g_assert_true(add_drive("file=%s,format=raw,id=d,snapshot=on", name, NULL));
    struct block *d = block_find("d");
    g_assert_cmpuint(block_size(d), ==, 20480);
    g_assert_false(block_read_only(d));
    memset(data, 0xee, sizeof(data));
    g_assert_cmpint(block_write_sync(d, 3000, data, sizeof(data)), ==, 0);
    g_assert_cmpint(block_write_sync(d, 20000, data, 480), ==, 0);
    g_assert_cmpint(block_read_sync(d, 0, buf, sizeof(buf)), ==, 0);
    for (unsigned i = 0; i < sizeof(buf); i++) {
        bool written = (i >= 3000 && i < 8000) || i >= 20000;
        g_assert_cmphex(buf[i], ==, written ? 0xee : expected(i));
    }
    for (unsigned i = 0; i < 20000; i += 100)
        g_assert_cmphex(file_byte(name, i), ==, expected(i));
    clean_up(name);
}

/* What was written goes to the image, which stays as it is afterwards; nothing else of the image changes. */
static void commit(void)
{
    char *name = make_image(300 * 1024);
    GError *err = NULL;
    static uint8_t data[100000];

    g_assert_true(add_drive("file=%s,format=raw,id=d,snapshot=on", name, NULL));
    struct block *d = block_find("d");
    memset(data, 0xee, sizeof(data));
    g_assert_cmpint(block_write_sync(d, 3000, data, sizeof(data)), ==, 0);
    g_assert_cmpint(block_write_sync(d, 300 * 1024 - 700, data, 700), ==, 0);
    g_assert_cmphex(file_byte(name, 3000), ==, expected(3000));
    g_assert_true(block_commit("d", &err));
    for (unsigned i = 0; i < 300 * 1024; i += 50)
        g_assert_cmphex(file_byte(name, i), ==,
                        (i >= 3000 && i < 103000) || i >= 300 * 1024 - 700 ? 0xee : expected(i));
    memset(data, 0x11, sizeof(data));
    g_assert_cmpint(block_write_sync(d, 4096, data, 512), ==, 0);
    g_assert_cmphex(file_byte(name, 4096), ==, 0xee);
    g_assert_cmpint(block_read_sync(d, 3000, data, 2000), ==, 0);
    g_assert_cmphex(data[0], ==, 0xee);
    g_assert_cmphex(data[1096], ==, 0x11);
    g_assert_cmphex(data[1608], ==, 0xee);
    g_assert_true(block_commit("all", &err));
    g_assert_cmphex(file_byte(name, 4096), ==, 0x11);
    g_assert_false(block_commit("e", &err));
    g_assert_cmpstr(err->message, ==, "there is no drive 'e'");
    g_clear_error(&err);
    clean_up(name);

    name = make_image(4096);
    g_assert_true(add_drive("file=%s,format=raw,id=d", name, NULL));
    g_assert_true(block_commit("all", &err)); /* of none */
    g_assert_false(block_commit("d", &err));
    g_assert_nonnull(strstr(err->message, "nothing to commit"));
    g_clear_error(&err);
    clean_up(name);
}

/* Another drive on the image reads it meanwhile: it must not be written to. */
static void commit_shared(void)
{
    char *name = make_image(4096);
    GError *err = NULL;

    g_assert_true(add_drive("file=%s,format=raw,id=d,snapshot=on", name, NULL));
    g_assert_true(add_drive("file=%s,format=raw,id=e,readonly=on,if=none", name, NULL));
    g_assert_cmpint(block_write_sync(block_find("d"), 0, "x", 1), ==, 0);
    g_assert_false(block_commit("d", &err));
    g_assert_nonnull(strstr(err->message, "cannot write to"));
    g_clear_error(&err);
    g_assert_cmphex(file_byte(name, 0), ==, expected(0));
    uint8_t byte;
    g_assert_cmpint(block_read_sync(block_find("d"), 0, &byte, 1), ==, 0);
    g_assert_cmphex(byte, ==, 'x');
    clean_up(name);
}

static void read_only(void)
{
    char *name = make_image(4096);
    GError *err = NULL;

    g_assert_true(add_drive("file=%s,format=raw,id=d,readonly=on,if=none", name, NULL));
    struct block *d = block_find("d");
    g_assert_true(block_read_only(d));
    g_assert_cmpint(block_write_sync(d, 0, "x", 1), ==, -EACCES);
    struct iovec iov = { &err, 1 };
    struct waiter w = { .left = 1 };
    g_mutex_lock(&w.lock);
    block_write(d, 0, &iov, 1, 0, done, &w);
    g_mutex_unlock(&w.lock);
    g_assert_cmpint(wait_for(&w), ==, -EACCES);
    g_assert_false(block_claim(d, "me", true, &err));
    g_assert_nonnull(strstr(err->message, "read-only"));
    g_clear_error(&err);
    g_assert_true(block_claim(d, "me", false, &err));
    g_assert_false(block_claim(d, "you", false, &err));
    g_assert_nonnull(strstr(err->message, "me"));
    g_clear_error(&err);
    block_release(d);
    g_assert_true(block_claim(d, "you", false, &err));
    clean_up(name);
}

/* A folder as a disk: nothing changes it, and a guest that flushes it is told so. */
static void folder(void)
{
    g_autofree char *dir = g_dir_make_tmp("test-block-XXXXXX", NULL);
    uint8_t signature[2];

    g_assert_true(add_drive("file=fat:%s,format=raw,id=d,readonly=on", dir, NULL));
    struct block *d = block_find("d");
    g_assert_cmpint(block_flush_sync(d), ==, 0);
    g_assert_cmpint(block_write_sync(d, 0, "x", 1), ==, -EACCES);
    g_assert_cmpint(block_read_sync(d, 510, signature, 2), ==, 0);
    g_assert_cmpmem(signature, 2, "\x55\xaa", 2);
    block_close_all();
    g_rmdir(dir);
}

/* A second writer in this or another program is refused; readers share. */
static void locks(void)
{
    char *name = make_image(4096), *message = NULL;

    g_assert_true(add_drive("file=%s,format=raw,id=a", name, NULL));
    g_assert_false(add_drive("file=%s,format=raw,id=b", name, &message));
    g_assert_nonnull(strstr(message, "another program"));
    g_free(message);
    g_assert_false(add_drive("file=%s,format=raw,id=b,readonly=on", name, NULL));
    g_assert_true(add_drive("file=%s,format=raw,id=b,file.locking=off", name, NULL));
    block_close_all();
    g_assert_true(add_drive("file=%s,format=raw,id=a,readonly=on", name, NULL));
    g_assert_true(add_drive("file=%s,format=raw,id=b,readonly=on", name, NULL));
    g_assert_false(add_drive("file=%s,format=raw,id=c", name, NULL));
    clean_up(name);
}

static void indices(void)
{
    char *name = make_image(4096);

    g_assert_true(add_drive("file=%s,format=raw,readonly=on,if=pflash,unit=1", name, NULL));
    g_assert_true(add_drive("file=%s,format=raw,readonly=on,if=pflash", name, NULL));
    g_assert_true(add_drive("file=%s,format=raw,readonly=on", name, NULL));
    g_assert_false(add_drive("file=%s,format=raw,readonly=on,if=pflash,index=1", name, NULL));
    g_assert_cmpstr(block_name(block_drive(BLOCK_IF_PFLASH, 0)), ==, "pflash0");
    g_assert_cmpstr(block_name(block_drive(BLOCK_IF_PFLASH, 1)), ==, "pflash1");
    g_assert_cmpstr(block_name(block_drive(BLOCK_IF_VIRTIO, 0)), ==, "virtio0");
    g_assert_null(block_drive(BLOCK_IF_NONE, 0));
    GError *err = NULL;
    g_assert_false(block_check_unused(virtio_mmio_defaults.drives, &err));
    g_clear_error(&err);
    GString *info = g_string_new(NULL);
    block_info(info, true, NULL);
    g_assert_nonnull(strstr(info->str, "pflash1 (#block"));
    g_assert_nonnull(strstr(info->str, "(raw, read-only)"));
    g_string_free(info, TRUE);
    clean_up(name);
}

static void bad_options(void)
{
    static const struct { const char *options, *message; } bad[] = {
        { "file=%s.gone,format=raw", "No such file" },
        { "format=raw", "file" },
        { "file=%s,format=qcow2", "not a qcow2 image" },
        { "file=%s,format=vmdk", "not a vmdk image" },
        { "file=%s,format=qed", "mynah does not yet" },
        { "file=%s,format=rawr", "expected a format" },
        { "file=iscsi:localhost:1,format=raw", "protocol 'iscsi'" },
        { "file=%s,format=raw,cache=never", "cache" },
        { "file=%s,format=raw,bogus=1", "bogus" },
        { "file=%s,format=raw,aio=later", "aio" },
        { "file=%s,format=raw,if=nosuch", "if" },
        { "file=%s,format=raw,index=-1", "index" },
        { "file=%s,format=raw,readonly=maybe", "readonly" },
        { "file=%s,format=raw,werror=stopp", "werror" },
        { "file=%s,format=raw,detect-zeroes=unmap", "discard" },
        { "file=%s,format=raw,bps=1,bps_wr=1", "bps" },
        { "file=%s,format=raw,iops_max=1,iops=2", "iops_max" },
        { "file=/,format=raw,readonly=on", "expected a file" },
        { "file=%s,format=raw,offset=512,size=1M", "beyond the end" },
    };
    char *name = make_image(4096);

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        char *message = NULL;
        g_assert_false(add_drive(bad[i].options, name, &message));
        g_test_message("%s", message);
        g_assert_nonnull(strstr(message, bad[i].message));
        g_free(message);
    }
    g_assert_null(block_find("virtio0"));
    clean_up(name);
}

static void probing(void)
{
    char *name = make_image(4096), *message = NULL;
    uint8_t sector[512] = "QFI\xfb";
    int fd;

    /* Found raw: what would change that is refused, the rest is not. */
    g_assert_true(add_drive("file=%s,id=d", name, NULL));
    struct block *d = block_find("d");
    g_assert_cmpint(block_write_sync(d, 0, sector, 512), ==, -EPERM);
    g_assert_cmpint(block_write_sync(d, 0, "Q", 1), ==, 0);
    g_assert_cmpint(block_write_sync(d, 1, "FI\xfb", 3), ==, -EPERM);
    g_assert_cmpint(block_write_sync(d, 512, sector, 512), ==, 0);
    block_close_all();

    fd = open(name, O_WRONLY);
    g_assert_cmpint(pwrite(fd, sector, 512, 0), ==, 512);
    close(fd);
    g_assert_false(add_drive("file=%s,id=d", name, &message));
    g_assert_nonnull(strstr(message, "qcow2"));
    g_free(message);
    g_assert_true(add_drive("file=%s,id=d,format=raw", name, NULL));
    clean_up(name);
}

/* -- Nodes -- */

static void blockdev(void)
{
    char *name = make_image(8192), *message = NULL;
    uint8_t b;

    g_assert_true(add_blockdev("file,node-name=f,filename=%s", name, NULL));
    g_assert_true(add_blockdev("raw,node-name=r,file=f,offset=1024,size=2k", name, NULL));
    struct block *r = block_find("r");
    g_assert_cmpuint(block_size(r), ==, 2048);
    g_assert_cmpint(block_read_sync(r, 5, &b, 1), ==, 0);
    g_assert_cmphex(b, ==, expected(1029));
    g_assert_cmpint(block_write_sync(r, 2047, "z", 1), ==, 0);
    g_assert_cmphex(file_byte(name, 3071), ==, 'z');
    g_assert_cmpint(block_write_sync(r, 2047, "zz", 2), ==, -EINVAL);
    GError *err = NULL;
    g_assert_false(block_claim(block_find("f"), "me", false, &err)); /* r has it */
    g_clear_error(&err);
    g_assert_false(add_blockdev("raw,node-name=r2,file=f%.0s", name, &message));
    g_assert_nonnull(strstr(message, "already in use"));
    g_clear_pointer(&message, g_free);
    block_close_all();

    g_assert_true(add_blockdev("raw,node-name=r,file.driver=file,file.filename=%s,read-only=on", name, NULL));
    g_assert_true(block_read_only(block_find("r")));
    block_close_all();
    g_assert_true(add_blockdev("{\"driver\":\"raw\",\"node-name\":\"j\","
                               "\"file\":{\"driver\":\"file\",\"filename\":\"%s\"}}", name, NULL));
    g_assert_nonnull(block_find("j"));
    g_assert_false(add_blockdev("raw,node-name=j,file.driver=file,file.filename=%s,file.locking=off", name, &message));
    g_assert_nonnull(strstr(message, "in use"));
    g_clear_pointer(&message, g_free);
    g_assert_false(add_blockdev("raw,file.driver=file,file.filename=%s,file.locking=off", name, &message));
    g_assert_nonnull(strstr(message, "node-name"));
    g_clear_pointer(&message, g_free);
    g_assert_false(add_blockdev("qcow2,node-name=q,file.driver=file,file.filename=%s,file.locking=off", name,
                                &message));
    g_assert_nonnull(strstr(message, "not a qcow2 image"));
    g_clear_pointer(&message, g_free);
    g_assert_false(add_blockdev("qed,node-name=q,file.driver=file,file.filename=%s", name, &message));
    g_assert_nonnull(strstr(message, "mynah does not yet"));
    g_clear_pointer(&message, g_free);
    g_assert_false(add_blockdev("raw,node-name=q,file=nobody%.0s", name, &message));
    g_assert_nonnull(strstr(message, "nobody"));
    g_clear_pointer(&message, g_free);
    clean_up(name);
}

/* -- What a drive does besides -- */

static void zeroes(void)
{
    char *name = make_image(1 * MiB);
    g_autofree uint8_t *zero = g_malloc0(256 * KiB);
    struct stat before, after;

    g_assert_true(add_drive("file=%s,id=d,format=raw,discard=unmap,detect-zeroes=unmap", name, NULL));
    g_assert_cmpint(stat(name, &before), ==, 0);
    g_assert_cmpint(block_write_sync(block_find("d"), 512 * KiB, zero, 256 * KiB), ==, 0);
    g_assert_cmpint(stat(name, &after), ==, 0);
    g_assert_cmpint(after.st_blocks, <, before.st_blocks);
    g_assert_cmphex(file_byte(name, 512 * KiB + 77), ==, 0);
    clean_up(name);
}

static unsigned finished;

static void count_finished(void *opaque, int ret)
{
    *(int *)opaque = ret;
    __atomic_add_fetch(&finished, 1, __ATOMIC_RELEASE);
}

static void wait_finished(unsigned n)
{
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < n)
        g_usleep(1000);
}

/* Requests wait for their turn, and end; or are drained, and do not wait. */
static void limits(void)
{
    char *name = make_image(64 * KiB);
    static uint8_t buf[512];
    struct iovec iov = { buf, sizeof(buf) };
    int rets[40];

    finished = 0;
    g_assert_true(add_drive("file=%s,id=d,format=raw,iops=200,bps=100M", name, NULL));
    struct block *d = block_find("d");
    for (unsigned i = 0; i < 40; i++)
        block_read(d, i * 512, &iov, 1, count_finished, &rets[i]);
    wait_finished(40);
    block_close_all();
    g_assert_true(add_drive("file=%s,id=d,format=raw,iops_wr=1,iops_rd=1000000", name, NULL));
    d = block_find("d");
    for (unsigned i = 0; i < 40; i++) /* three quarters of a minute, else */
        block_write(d, i * 512, &iov, 1, 0, count_finished, &rets[i]);
    block_drain(d);
    wait_finished(80);
    for (unsigned i = 0; i < 40; i++)
        g_assert_cmpint(rets[i], ==, 0);
    clean_up(name);
}

static const struct block_error *seen;
static int seen_error;

static void error_seen(const struct block_error *e)
{
    seen_error = e->error;
    g_assert_cmpstr(e->device, ==, "d");
    g_assert_true(e->write);
    seen = e;
}

/* A file that must not grow beyond 32 KiB is a disk that is full: the request waits, and ends when there is room. */
static void full_disk(void)
{
    struct rlimit was, small = { 32 * KiB, RLIM_INFINITY };
    char *name = make_image(512);
    uint8_t buf[512];
    struct iovec iov = { buf, sizeof(buf) };
    int ret = 1;

    memset(buf, 'x', sizeof(buf));
    g_assert_cmpint(truncate(name, 64 * KiB), ==, 0);
    g_assert_true(add_drive("file=%s,id=d,format=raw,werror=stop", name, NULL));
    struct block *d = block_find("d");
    g_assert_true(block_claim(d, "test", true, NULL));
    block_on_error(error_seen);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    small.rlim_max = was.rlim_max;
    for (unsigned round = 0; round < 2; round++) { /* tried again; then drained, which ends it */
        finished = 0;
        seen = NULL;
        setrlimit(RLIMIT_FSIZE, &small);
        block_write(d, 48 * KiB, &iov, 1, 0, count_finished, &ret);
        while (!seen)
            g_main_context_iteration(NULL, TRUE);
        g_assert_cmpint(seen_error, ==, EFBIG);
        g_assert_cmpuint(finished, ==, 0);
        if (round == 0) {
            setrlimit(RLIMIT_FSIZE, &was);
            block_retry();
        } else {
            block_drain(d);
        }
        wait_finished(1);
        g_assert_cmpint(ret, ==, round == 0 ? 0 : -EFBIG);
    }
    setrlimit(RLIMIT_FSIZE, &was);
    g_assert_cmphex(file_byte(name, 48 * KiB), ==, 'x');
    block_on_error(NULL);
    block_release(d);
    clean_up(name);
}

/* Odd offsets, lengths and memory, past the page cache. */
static void direct(void)
{
    char *name = make_image(1 * MiB), *message = NULL;
    g_autofree uint8_t *buf = g_malloc(64 * KiB + 1);

    if (!add_drive("file=%s,id=d,format=raw,cache=none", name, &message)) {
        g_test_skip(message);
        g_free(message);
        clean_up(name);
        return;
    }
    struct block *d = block_find("d");
    for (unsigned i = 0; i < 64; i++) {
        uint64_t at = i % 4 * 512 + i * 8 * KiB, len = i % 3 ? 64 * KiB : 512 * (1 + i);
        len = MIN(len, MiB - at);
        g_assert_cmpint(block_read_sync(d, at, buf + i % 2, len), ==, 0);
        for (uint64_t k = 0; k < len; k++)
            g_assert_cmphex(buf[i % 2 + k], ==, expected(at + k));
        g_assert_cmpint(block_write_sync(d, at, buf + i % 2, len), ==, 0);
    }
    g_assert_cmpint(block_flush_sync(d), ==, 0);
    block_close_all();
    for (unsigned i = 0; i < MiB; i += 509)
        g_assert_cmphex(file_byte(name, i), ==, expected(i));
    clean_up(name);
}

/* What the kernel carries out: many at a time, more than it takes, beyond the file's end, with drains between. */
static void ring(void)
{
    enum { REQUESTS = 600, EACH = 4096, TAIL = 1000 };
    static const char *const caches[] = { "writeback", "none" };
    uint8_t *bufs = g_malloc0(REQUESTS * EACH + EACH), *at = bufs + EACH - (uintptr_t)bufs % EACH;
    g_autofree struct iovec *iov = g_new(struct iovec, REQUESTS);

    for (unsigned c = 0; c < G_N_ELEMENTS(caches); c++) {
        char *name = make_image(REQUESTS * EACH - TAIL), *message = NULL;
        g_autofree char *spec = g_strdup_printf("file=%%s,id=d,format=raw,aio=io_uring,cache=%s", caches[c]);
        if (!add_drive(spec, name, &message)) {
            g_test_skip(message);
            g_assert_true(strstr(message, "io_uring") || strstr(message, "O_DIRECT"));
            g_free(message);
            clean_up(name);
            continue;
        }
        struct block *d = block_find("d");
        for (unsigned pass = 0; pass < 2; pass++) {
            struct waiter w = { .left = REQUESTS };
            for (unsigned i = 0; i < REQUESTS; i++) {
                iov[i] = (struct iovec){ at + i * EACH, i == REQUESTS - 1 ? EACH - TAIL / 512 * 512 : EACH };
                if (pass) {
                    memset(iov[i].iov_base, i, EACH);
                    block_write(d, i * EACH, &iov[i], 1, 0, done, &w);
                } else {
                    block_read(d, i * EACH, &iov[i], 1, done, &w);
                }
            }
            block_drain(d);
            if (!pass)
                for (unsigned i = 0; i < REQUESTS * EACH - EACH; i += 7)
                    g_assert_cmphex(at[i], ==, expected(i));
            g_assert_cmpint(wait_for(&w), ==, 0);
        }
        g_assert_cmpint(block_flush_sync(d), ==, 0);
        block_close_all();
        for (unsigned i = 0; i < REQUESTS * EACH - 2 * EACH; i += 509)
            g_assert_cmphex(file_byte(name, i), ==, i / EACH & 255);
        clean_up(name);
    }
    g_free(bufs);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    starter = g_thread_self();
    g_test_add_func("/block/requests", requests);
    g_test_add_func("/block/parallel", parallel);
    g_test_add_func("/block/snapshot", snapshot);
    g_test_add_func("/block/commit", commit);
    g_test_add_func("/block/commit-shared", commit_shared);
    g_test_add_func("/block/read-only", read_only);
    g_test_add_func("/block/folder", folder);
    g_test_add_func("/block/locks", locks);
    g_test_add_func("/block/indices", indices);
    g_test_add_func("/block/bad-options", bad_options);
    g_test_add_func("/block/probing", probing);
    g_test_add_func("/block/zeroes", zeroes);
    g_test_add_func("/block/limits", limits);
    g_test_add_func("/block/full-disk", full_disk);
    g_test_add_func("/block/direct", direct);
    g_test_add_func("/block/ring", ring);
    g_test_add_func("/block/blockdev", blockdev);
    return g_test_run();
}
