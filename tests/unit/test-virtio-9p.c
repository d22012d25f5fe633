/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 9P server: messages of a client that wants out of its folder, that breaks off, that sends nonsense; owners of the
 * mapped models.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "devices/p9-files.h"
#include "devices/p9.h"
#include "fsdev.h"
#include "opts.h"

enum { TLOPEN = 12, TLCREATE = 14, TSYMLINK = 16, TREADLINK = 22, TGETATTR = 24, TXATTRCREATE = 32, TREADDIR = 40, TLINK = 70,
       TMKDIR = 72, TRENAMEAT = 74, TUNLINKAT = 76, TVERSION = 100, TATTACH = 104, TWALK = 110, TREAD = 116, TWRITE = 118,
       TCLUNK = 120 };

static char *top, *folder; /* what is exported is a folder in top */
static struct p9 *p;
static GByteArray *m;
static uint8_t answer[65536];
static size_t answer_len;

static void begin(uint8_t type)
{
    const uint8_t head[] = { 0, 0, 0, 0, type, 1, 0 };

    g_byte_array_set_size(m, 0);
    g_byte_array_append(m, head, sizeof(head));
}

static void num(unsigned bytes, uint64_t v)
{
    v = GUINT64_TO_LE(v);
    g_byte_array_append(m, (uint8_t *)&v, bytes);
}

static void str(const char *s)
{
    num(2, strlen(s));
    g_byte_array_append(m, (const uint8_t *)s, strlen(s));
}

/* The error, or 0. */
static int send(void)
{
    uint32_t len = GUINT32_TO_LE(m->len);

    memcpy(m->data, &len, 4);
    answer_len = p9_answer(p, m->data, m->len, answer, sizeof(answer));
    g_assert_cmpuint(answer_len, >=, 7);
    if (answer[4] != 7) {
        g_assert_cmpuint(answer[4], ==, m->data[4] + 1);
        return 0;
    }
    return answer[7] | answer[8] << 8;
}

static int walk(uint32_t from, uint32_t to, unsigned n, const char *const *names)
{
    begin(TWALK);
    num(4, from);
    num(4, to);
    num(2, n);
    for (unsigned i = 0; i < n; i++)
        str(names[i]);
    int error = send();
    return error ? error : answer[7] != n ? ENOENT : 0; /* fewer */
}

static int walk1(uint32_t from, uint32_t to, const char *name)
{
    return walk(from, to, 1, &name);
}

static void put_file(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void open_server(const char *model)
{
    static unsigned n;
    g_autoptr(GError) err = NULL;
    g_autofree char *id = g_strdup_printf("f%u", n++);

    top = g_dir_make_tmp("mynah-9p-XXXXXX", NULL);
    folder = g_build_filename(top, "folder", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    put_file(top, "secret", "secret");
    put_file(folder, "file", "hello");
    g_autofree char *link = g_build_filename(folder, "out", NULL);
    g_assert_cmpint(symlink("..", link), ==, 0);
    g_autofree char *spec = g_strdup_printf("local,id=%s,path=%s,security_model=%s", id, folder, model);
    struct opts *o = opts_parse(spec, "type", NULL);
    fsdev_add(o, &err);
    g_assert_no_error(err);
    opts_free(o);
    p = p9_new(fsdev_find(id));
    m = g_byte_array_new();
    begin(TVERSION);
    num(4, 65536);
    str("9P2000.L");
    g_assert_cmpint(send(), ==, 0);
    begin(TATTACH);
    num(4, 0);
    num(4, UINT32_MAX);
    str("");
    str("");
    num(4, 55);
    g_assert_cmpint(send(), ==, 0);
    g_assert_cmphex(answer[7], ==, 0x80);
}

static void close_server(void)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", top);

    p9_free(p);
    g_byte_array_free(m, TRUE);
    g_assert_cmpint(system(command), ==, 0);
    g_free(top);
    g_free(folder);
}

static int open_fid(uint32_t fid, uint32_t flags)
{
    begin(TLOPEN);
    num(4, fid);
    num(4, flags);
    return send();
}

static int make_dir(uint32_t fid, const char *name)
{
    begin(TMKDIR);
    num(4, fid);
    str(name);
    num(4, 0755);
    num(4, 0);
    return send();
}

/* No name leads out, nor does a link of the host's or the guest's. */
static void test_escape(void)
{
    open_server("none");
    g_assert_cmpint(walk1(0, 1, "file"), ==, 0);
    g_assert_cmpint(walk1(0, 2, ".."), ==, 0); /* the folder itself */
    g_assert_cmpint(walk1(2, 3, "secret"), ==, ENOENT);
    g_assert_cmpint(walk1(2, 3, "file"), ==, 0);
    g_assert_cmpint(walk1(0, 4, "../secret"), ==, ENOENT);
    g_assert_cmpint(walk1(0, 4, "/etc"), ==, ENOENT);
    g_assert_cmpint(walk1(0, 4, "."), ==, ENOENT);
    g_assert_cmpint(walk1(0, 4, ""), ==, ENOENT);
    g_assert_cmpint(walk1(0, 5, "out"), ==, 0); /* the link, not where it leads */
    g_assert_cmphex(answer[9], ==, 2);
    g_assert_cmpint(walk1(5, 6, "secret"), ==, ENOTDIR);
    g_assert_cmpint(open_fid(5, O_RDONLY), ==, ENXIO);
    const char *const both[] = { "out", "secret" };
    g_assert_cmpint(walk(0, 7, 2, both), ==, ENOENT);
    begin(TLCREATE); /* over a link to a file outside */
    num(4, 2);
    str("out");
    num(4, O_RDWR | O_CREAT | O_TRUNC);
    num(4, 0644);
    num(4, 0);
    g_assert_cmpint(send(), !=, 0);
    const char *const bad[] = { "..", ".", "", "a/b", "../x", "/x" };
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_cmpint(make_dir(0, bad[i]), ==, EINVAL);
        begin(TRENAMEAT);
        num(4, 0);
        str("file");
        num(4, 0);
        str(bad[i]);
        g_assert_cmpint(send(), ==, EINVAL);
        begin(TUNLINKAT);
        num(4, 0);
        str(bad[i]);
        num(4, 0x200);
        g_assert_cmpint(send(), ==, EINVAL);
        begin(TSYMLINK);
        num(4, 0);
        str(bad[i]);
        str("x");
        num(4, 0);
        g_assert_cmpint(send(), ==, EINVAL);
    }
    /* A folder that is renamed while a handle below it is open: up is still down here. */
    g_assert_cmpint(make_dir(0, "a"), ==, 0);
    g_assert_cmpint(walk1(0, 10, "a"), ==, 0);
    g_assert_cmpint(make_dir(10, "b"), ==, 0);
    g_assert_cmpint(walk1(10, 11, "b"), ==, 0);
    begin(TRENAMEAT);
    num(4, 10);
    str("b");
    num(4, 0);
    str("b");
    g_assert_cmpint(send(), ==, 0);
    const char *const up[] = { "..", "..", "..", "secret" };
    g_assert_cmpint(walk(11, 12, 4, up), ==, ENOENT);
    close_server();
}

/* A client that goes ever deeper, or takes ever more handles, is stopped before the host is out of descriptors. */
static void test_limits(void)
{
    unsigned old = p9_max_nodes;

    open_server("none");
    p9_max_nodes = 40;
    g_assert_cmpint(walk(0, 1, 0, NULL), ==, 0);
    int error = 0;
    for (unsigned i = 0; i < 100 && !error; i++)
        if (!(error = make_dir(1, "deep")))
            error = walk1(1, 1, "deep");
    g_assert_cmpint(error, ==, EMFILE);
    g_assert_cmpint(walk1(0, 2, "file"), ==, EMFILE);
    begin(TCLUNK);
    num(4, 1);
    g_assert_cmpint(send(), ==, 0);
    g_assert_cmpint(walk1(0, 2, "file"), ==, 0);
    p9_max_nodes = old;
    close_server();
}

static void test_handles(void)
{
    open_server("none");
    g_assert_cmpint(walk1(99, 1, "file"), ==, EBADF);
    g_assert_cmpint(walk1(0, 0, "file"), ==, 0); /* it becomes the file */
    g_assert_cmpint(open_fid(0, O_RDWR), ==, 0);
    begin(TREAD);
    num(4, 0);
    num(8, 1);
    num(4, UINT32_MAX);
    g_assert_cmpint(send(), ==, 0);
    g_assert_cmpmem(answer + 7, 8, "\4\0\0\0ello", 8);
    begin(TWRITE); /* less than it says */
    num(4, 0);
    num(8, 0);
    num(4, 1000);
    g_assert_cmpint(send(), ==, EINVAL);
    begin(TREADDIR);
    num(4, 0);
    num(8, 0);
    num(4, 100);
    g_assert_cmpint(send(), ==, EBADF);
    begin(TXATTRCREATE);
    num(4, 0);
    str("user.virtfs.uid");
    num(8, 4);
    num(4, 0);
    g_assert_cmpint(send(), ==, EINVAL); /* it is open */
    begin(TCLUNK);
    num(4, 0);
    g_assert_cmpint(send(), ==, 0);
    g_assert_cmpint(send(), ==, EBADF);
    close_server();
}

/* Owners that the host does not know are kept, and are nothing that the guest can forge. */
static void test_mapped(const char *model)
{
    open_server(model);
    begin(TSYMLINK);
    num(4, 0);
    str("link");
    str("/etc/passwd");
    num(4, 77);
    g_assert_cmpint(send(), ==, 0);
    g_assert_cmphex(answer[7], ==, 2);
    g_autofree char *path = g_build_filename(folder, "link", NULL);
    g_assert_false(g_file_test(path, G_FILE_TEST_IS_SYMLINK)); /* on the host it is a file */
    g_assert_cmpint(walk1(0, 1, "link"), ==, 0);
    begin(TREADLINK);
    num(4, 1);
    g_assert_cmpint(send(), ==, 0);
    g_assert_cmpmem(answer + 9, 11, "/etc/passwd", 11);
    begin(TGETATTR);
    num(4, 1);
    num(8, UINT64_MAX);
    g_assert_cmpint(send(), ==, 0);
    g_assert_cmpuint(answer[7 + 8 + 13 + 4], ==, 55); /* owner and group */
    g_assert_cmpuint(answer[7 + 8 + 13 + 4 + 4], ==, 77);
    begin(TXATTRCREATE);
    num(4, 1);
    str("user.virtfs.uid");
    num(8, 4);
    num(4, 0);
    g_assert_cmpint(send(), ==, EOPNOTSUPP);
    if (!strcmp(model, "mapped-file")) {
        g_assert_cmpint(walk1(0, 2, ".virtfs_metadata"), ==, ENOENT);
        g_assert_cmpint(make_dir(0, ".virtfs_metadata"), ==, EINVAL);
    }
    begin(TUNLINKAT);
    num(4, 0);
    str("link");
    num(4, 0);
    g_assert_cmpint(send(), ==, 0);
    close_server();
}

static void test_mapped_file(void)
{
    test_mapped("mapped-file");
}

static void test_mapped_xattr(void)
{
    g_autofree char *path = g_strdup_printf("%s/mynah-9p-probe-%d", g_get_tmp_dir(), getpid());

    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    bool there = setxattr(path, "user.x", "y", 1, 0) == 0;
    unlink(path);
    if (there)
        test_mapped("mapped-xattr");
    else
        g_test_skip("no extended attributes here");
}

/* Bytes, of known messages or none: an answer or none, and nothing outside changes. */
static void test_noise(void)
{
    static const char *const names[] = { "..", "file", "out", "a", "b/c", "", "secret" };

    open_server("none");
    for (unsigned i = 0; i < 30000; i++) {
        begin(g_test_rand_int_range(0, 130));
        for (int n = g_test_rand_int_range(0, 12); n > 0; n--) {
            if (g_test_rand_int_range(0, 3) == 0)
                str(names[g_test_rand_int_range(0, G_N_ELEMENTS(names))]);
            else
                num(1 << g_test_rand_int_range(0, 4), g_test_rand_int_range(0, 4) ? g_test_rand_int_range(0, 6)
                                                                                  : g_test_rand_int());
        }
        uint32_t len = GUINT32_TO_LE(g_test_rand_int_range(0, 20) ? m->len : (unsigned)g_test_rand_int());
        memcpy(m->data, &len, 4);
        size_t room = g_test_rand_int_range(0, 4) ? sizeof(answer) : (size_t)g_test_rand_int_range(0, 64);
        g_assert_cmpuint(p9_answer(p, m->data, m->len, answer, room), <=, room);
    }
    g_autofree char *secret = g_build_filename(top, "secret", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(secret, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "secret");
    GDir *d = g_dir_open(top, 0, NULL);
    unsigned there = 0;
    while (g_dir_read_name(d))
        there++;
    g_dir_close(d);
    g_assert_cmpuint(there, ==, 2);
    close_server();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/9p/escape", test_escape);
    g_test_add_func("/9p/limits", test_limits);
    g_test_add_func("/9p/handles", test_handles);
    g_test_add_func("/9p/mapped-file", test_mapped_file);
    g_test_add_func("/9p/mapped-xattr", test_mapped_xattr);
    g_test_add_func("/9p/noise", test_noise);
    return g_test_run();
}
