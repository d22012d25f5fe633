/* SPDX-License-Identifier: BSD-2-Clause */
/* mynah-img convert, dd, compare, bench: contents read, written and compared. */
#include "img.h"

#include <sys/time.h>
#include <unistd.h>

#define CHUNK (2 * MiB) /* the largest cluster */

static bool is_zero(const uint8_t *p, size_t len)
{
    return len == 0 || (!*p && !memcmp(p, p + 1, len - 1));
}

/* -- Copies, on several threads -- */

/* The sources one behind the other. */
struct source {
    struct block *b;
    uint64_t start;
};

struct copy {
    GArray *sources;   /* of struct source */
    struct block *to;
    uint64_t size, skip; /* bytes to be copied; of the source, before them */
    uint64_t unit;     /* of zeroes that are left out, or compressed: 0: nothing is */
    bool compress, zero_already; /* the target reads as zeroes where nothing is written */
    struct block *backing; /* the target's: what it has and the source not is to be overwritten */
    struct block *same_below; /* -B: the source's node that the target's backing is: from it on nothing is copied */
    GMutex lock;       /* of these */
    uint64_t next;
    int error;
    struct img_progress progress;
};

/* The source at an offset, and how far it goes. */
static struct block *source_at(const struct copy *k, uint64_t *at, uint64_t *len)
{
    for (guint i = 0; i < k->sources->len; i++) {
        const struct source *s = &g_array_index(k->sources, struct source, i);
        if (*at < s->start + s->b->size) {
            *at -= s->start;
            *len = MIN(*len, s->b->size - *at);
            return s->b;
        }
    }
    return NULL;
}

/* What to do with a run of bytes. */
static int put_zeroes(struct copy *k, uint64_t at, uint64_t len)
{
    return k->zero_already ? 0 : node_zeroes(k->to, at, len, true);
}

static int put_compressed(struct copy *k, uint64_t at, const uint8_t *buf, uint64_t len)
{
    int r = k->to->driver->write_compressed(k->to, at, buf, len);

    return r == -ENOTSUP ? node_pwrite(k->to, at, buf, len) : r;
}

static int put(struct copy *k, uint64_t at, const uint8_t *buf, uint64_t len)
{
    for (uint64_t i = 0; i < len;) {
        uint64_t n = k->unit ? MIN(k->unit - (at + i) % k->unit, len - i) : len - i;
        bool zero = k->unit && is_zero(buf + i, n);
        while (k->unit && !k->compress && i + n < len && is_zero(buf + i + n, MIN(k->unit, len - i - n)) == zero)
            n += MIN(k->unit, len - i - n);
        int r = zero ? put_zeroes(k, at + i, n)
                     : k->compress ? put_compressed(k, at + i, buf + i, n) : node_pwrite(k->to, at + i, buf + i, n);
        if (r < 0)
            return r;
        i += n;
    }
    return 0;
}

/* Copy a chunk. Compressed, it is gathered as a whole first, so that clusters are. */
static int copy_chunk(struct copy *k, uint64_t at, uint64_t len, uint8_t *buf)
{
    for (uint64_t done = 0; done < len;) {
        uint64_t from = k->skip + at + done, n = len - done;
        struct block *b = source_at(k, &from, &n);
        struct extent e = { EXTENT_ZERO, n, 0 };
        int r = b ? chain_status(b, k->same_below, from, n, &e, NULL) : 0;
        bool nothing = r == 0 && !e.flags && k->same_below;
        if (r == 0 && nothing && !k->compress) {
            done += e.len; /* the backing file has it */
            continue;
        }
        if (r == 0 && e.flags & EXTENT_ZERO) {
            memset(buf + done, 0, k->compress ? e.len : 0);
            r = k->compress ? 0 : put_zeroes(k, at + done, e.len);
        } else if (r == 0) {
            r = node_pread(b, from, buf + done, e.len);
            if (r == 0 && !k->compress)
                r = put(k, at + done, buf + done, e.len);
        }
        if (r < 0)
            return r;
        done += e.len;
    }
    return k->compress ? put(k, at, buf, len) : 0;
}

static gpointer copy_thread(gpointer opaque)
{
    struct copy *k = opaque;
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    uint64_t len = 0;

    g_mutex_lock(&k->lock);
    while (k->next < k->size && !k->error) {
        uint64_t at = k->next;
        len = MIN(CHUNK, k->size - at);
        k->next += len;
        g_mutex_unlock(&k->lock);
        int r = copy_chunk(k, at, len, buf);
        g_mutex_lock(&k->lock);
        if (r < 0 && !k->error)
            k->error = r;
        img_progress_add(&k->progress, len);
    }
    g_mutex_unlock(&k->lock);
    return NULL;
}

static int run_copy(struct copy *k, const struct img_common *c, unsigned threads)
{
    GThread *t[16];

    threads = MIN(threads, G_N_ELEMENTS(t));
    img_progress_start(&k->progress, c, k->size);
    for (unsigned i = 0; i < threads; i++)
        t[i] = g_thread_new("copy", copy_thread, k);
    for (unsigned i = 0; i < threads; i++)
        g_thread_join(t[i]);
    img_progress_end(&k->progress);
    return k->error ? img_fail("error while copying: %s", g_strerror(-k->error)) : 0;
}

/* -- convert -- */

struct convert {
    struct img_common c;
    const char *to_format, *backing, *backing_format, *snapshot;
    GPtrArray *options;
    uint64_t unit, threads;
    bool compress, no_create, target_zero;
};

static int convert_option(struct convert *v, int o)
{
    switch (o) {
    case 'O':
        v->to_format = optarg;
        break;
    case 'o':
        g_ptr_array_add(v->options, optarg);
        break;
    case 'B':
        v->backing = optarg;
        break;
    case 'F':
        v->backing_format = optarg;
        break;
    case 'c':
        v->compress = true;
        break;
    case 'n':
        v->no_create = true;
        break;
    case 'l':
        v->snapshot = g_str_has_prefix(optarg, "snapshot.name=") ? optarg + strlen("snapshot.name=") :
                      g_str_has_prefix(optarg, "snapshot.id=") ? optarg + strlen("snapshot.id=") : optarg;
        break;
    case 'S':
        if (!img_size(optarg, &v->unit))
            return 1;
        if (v->unit % BLOCK_SECTOR || v->unit > CHUNK)
            return img_fail("Invalid buffer size for sparse output specified. Valid sizes are multiples of 512 up to "
                            "%u. Select 0 to disable sparse detection (fully allocates output).", (unsigned)CHUNK);
        break;
    case 'm':
        if (!parse_uint(optarg, &v->threads) || v->threads < 1 || v->threads > 16)
            return img_fail("Invalid number of coroutines. Allowed number of coroutines is between 1 and 16");
        break;
    case 1:
        v->target_zero = true;
        break;
    case 'r':
        return img_fail("-r: mynah-img does not yet limit rates");
    }
    return 0;
}

static int open_sources(struct copy *k, const struct convert *v, char **names, unsigned n)
{
    GError *err = NULL;

    for (unsigned i = 0; i < n; i++) {
        struct source s = { img_open(&v->c, names[i], v->c.format, false, true), k->size };
        if (!s.b)
            return 1;
        g_array_append_val(k->sources, s);
        if (v->snapshot) {
            int at = snapshot_find(s.b, v->snapshot);
            if (at < 0)
                return img_fail("Failed to load snapshot: Can't find snapshot");
            if (s.b->driver->snapshots->view(s.b, at, &err) < 0) {
                int status = img_fail("Failed to load snapshot: %s", err->message);
                g_error_free(err);
                return status;
            }
        }
        k->size += s.b->size;
    }
    return 0;
}

/* Open the target, which is new but for -n. */
static int open_target(struct copy *k, struct convert *v, const char *name)
{
    struct block_create new = { .size = k->size };
    bool given = false;

    for (guint i = 0; i < v->options->len; i++)
        if (!img_create_options(v->to_format, v->options->pdata[i], &new))
            return 1;
    given = new.size != k->size;
    new.backing_file = v->backing ? v->backing : new.backing_file;
    new.backing_format = v->backing_format ? v->backing_format : new.backing_format;
    if (new.backing_file && !new.backing_format && !v->no_create)
        return img_fail("backing format must be specified (-F)");
    if (given && new.size < k->size)
        return img_fail("the new image is smaller than what is copied to it");
    if (!v->no_create && img_make(name, v->to_format, &new))
        return 1;
    struct img_common c = v->c;
    c.cache = "unsafe";
    k->to = img_open(&c, name, v->to_format, true, true);
    if (!k->to)
        return 1;
    if (k->to->size < k->size)
        return img_fail("output file is smaller than input file");
    k->zero_already = (!v->no_create || v->target_zero) && !k->to->backing && new.prealloc != PREALLOC_FULL;
    if (new.backing_file && k->sources->len == 1) /* -B: what comes from that file below is there already */
        for (struct block *b = g_array_index(k->sources, struct source, 0).b; b && k->to->backing; b = b->backing)
            if (!strcmp(b->filename, k->to->backing->filename))
                k->same_below = b;
    if (v->compress && !k->to->driver->write_compressed)
        return img_fail("Compression not supported for this file format");
    return 0;
}

static int convert(struct convert *v, char **names, unsigned n)
{
    struct copy k = { .sources = g_array_new(FALSE, FALSE, sizeof(struct source)), .unit = v->unit,
                      .compress = v->compress };
    struct image_info i = { 0 };
    int status = open_sources(&k, v, names, n - 1);

    if (!status)
        status = open_target(&k, v, names[n - 1]);
    if (!status && v->compress) {
        k.to->driver->info(k.to, &i);
        k.unit = i.cluster_size;
    }
    if (!status)
        status = run_copy(&k, &v->c, v->threads ? v->threads : MIN(g_get_num_processors(), 8));
    if (k.to)
        status |= img_close(k.to);
    for (guint s = 0; s < k.sources->len; s++)
        block_node_unref(g_array_index(k.sources, struct source, s).b);
    g_array_unref(k.sources);
    return status;
}

int img_convert(int argc, char **argv)
{
    static const struct option names[] = {
        { "target-format", required_argument, NULL, 'O' }, { "target-options", required_argument, NULL, 'o' },
        { "source-format", required_argument, NULL, 'f' }, { "source-snapshot", required_argument, NULL, 'l' },
        { "compress", no_argument, NULL, 'c' }, { "backing", required_argument, NULL, 'B' },
        { "backing-format", required_argument, NULL, 'F' }, { "no-create", no_argument, NULL, 'n' },
        { "sparse-size", required_argument, NULL, 'S' }, { "parallel", required_argument, NULL, 'm' },
        { "oob-writes", no_argument, NULL, 'W' }, { "target-is-zero", no_argument, NULL, 1 }, { .name = NULL }
    };
    struct convert v = { .c.command = "convert", .to_format = "raw", .unit = 4096 };
    g_autoptr(GPtrArray) options = g_ptr_array_new();
    int o;

    v.options = options;
    while ((o = img_option(&v.c, argc, argv, "O:o:B:F:cnl:S:m:Wr:", names)) != -1)
        if (convert_option(&v, o))
            return 1;
    if (argc - optind < 2)
        return img_fail("Must specify image file name");
    return convert(&v, argv + optind, argc - optind);
}

/* -- dd -- */

int img_dd(int argc, char **argv)
{
    static const struct option names[] = { { "target-format", required_argument, NULL, 'O' }, { .name = NULL } };
    struct img_common c = { .command = "dd" };
    const char *in = NULL, *out = NULL, *format = "raw";
    uint64_t bs = 512, count = UINT64_MAX, skip = 0;

    while (img_option(&c, argc, argv, "O:", names) != -1)
        format = optarg;
    for (; optind < argc; optind++) {
        char *a = argv[optind];
        if (g_str_has_prefix(a, "if="))
            in = a + 3;
        else if (g_str_has_prefix(a, "of="))
            out = a + 3;
        else if (!(g_str_has_prefix(a, "bs=") ? img_size(a + 3, &bs) : g_str_has_prefix(a, "count=") ?
                   img_size(a + 6, &count) : g_str_has_prefix(a, "skip=") ? img_size(a + 5, &skip) :
                   (img_fail("unrecognized operand %s", a), false)))
            return 1;
    }
    if (!in || !out)
        return img_fail("Must specify both input and output files");
    if (!bs || bs > INT32_MAX)
        return img_fail("invalid number: bs=%" PRIu64, bs);
    struct block *b = img_open(&c, in, c.format, false, true);
    if (!b)
        return 1;
    uint64_t from = skip > b->size / bs ? b->size : skip * bs;
    uint64_t size = count > (b->size - from) / bs ? b->size - from : count * bs;
    struct block_create new = { .size = (size + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR };
    struct source s = { b, 0 };
    struct copy k = { .sources = g_array_new(FALSE, FALSE, sizeof(s)), .size = size, .skip = from, .unit = 4096,
                      .zero_already = true };
    g_array_append_val(k.sources, s);
    int status = img_make(out, format, &new);
    if (!status && !(k.to = img_open(&c, out, format, true, true)))
        status = 1;
    if (!status)
        status = run_copy(&k, &c, 1);
    if (k.to)
        status |= img_close(k.to);
    block_node_unref(b);
    g_array_unref(k.sources);
    return status;
}

/* -- compare -- */

enum { COMPARE_DIFFERENT = 1, COMPARE_ERROR = 2 };

/* Bytes from `at` on that read the same in both, up to len of them; *r is -errno. NULL reads as zeroes. */
static uint64_t equal_run(struct block *a, struct block *b, uint64_t at, uint64_t len, uint8_t *x, uint8_t *y, int *r)
{
    struct extent e = { EXTENT_ZERO, len, 0 }, f = { EXTENT_ZERO, len, 0 };

    len = MIN(len, CHUNK);
    *r = a ? chain_status(a, NULL, at, len, &e, NULL) : 0;
    if (*r == 0 && b)
        *r = chain_status(b, NULL, at, len, &f, NULL);
    if (*r < 0)
        return 0;
    len = MIN(len, MIN(e.len, f.len));
    if (e.flags & f.flags & EXTENT_ZERO)
        return len;
    if (!a)
        memset(x, 0, len);
    if (!b)
        memset(y, 0, len);
    *r = a ? node_pread(a, at, x, len) : 0;
    if (*r == 0 && b)
        *r = node_pread(b, at, y, len);
    if (*r < 0 || !memcmp(x, y, len))
        return len;
    uint64_t same = 0;
    while (x[same] == y[same])
        same++;
    *r = 1;
    return same;
}

static int compare(struct block *a, struct block *b, const struct img_common *c, bool strict)
{
    g_autofree uint8_t *x = g_malloc(CHUNK), *y = g_malloc(CHUNK);
    uint64_t total = MAX(a->size, b->size), both = MIN(a->size, b->size);
    struct img_progress p;
    int r = 0;

    if (a->size != b->size && strict) {
        if (!c->quiet)
            puts("Strict mode: Image size mismatch!");
        return COMPARE_DIFFERENT;
    }
    img_progress_start(&p, c, total);
    for (uint64_t at = 0; at < total;) {
        uint64_t n = equal_run(at < a->size ? a : NULL, at < b->size ? b : NULL, at, (at < both ? both : total) - at,
                               x, y, &r);
        if (r < 0) {
            img_fail("Error while reading: %s", g_strerror(-r));
            return COMPARE_ERROR;
        }
        if (r > 0) {
            if (!c->quiet)
                printf("Content mismatch at offset %" PRIu64 "!\n", at + n / 512 * 512);
            return COMPARE_DIFFERENT;
        }
        img_progress_add(&p, n);
        at += n;
    }
    img_progress_end(&p);
    if (a->size != b->size && !c->quiet)
        puts("Warning: Image size mismatch!");
    if (!c->quiet)
        puts("Images are identical.");
    return 0;
}

int img_compare(int argc, char **argv)
{
    static const struct option names[] = {
        { "strict", no_argument, NULL, 's' }, { "b-format", required_argument, NULL, 'F' }, { .name = NULL }
    };
    struct img_common c = { .command = "compare" };
    const char *other = NULL;
    bool strict = false;
    int o, status = COMPARE_ERROR;

    while ((o = img_option(&c, argc, argv, "sF:", names)) != -1) {
        if (o == 'F')
            other = optarg;
        else
            strict = true;
    }
    if (optind + 2 != argc)
        return img_usage(&c, "Expecting two image file names"), COMPARE_ERROR;
    struct block *a = img_open(&c, argv[optind], c.format, false, true);
    struct block *b = a ? img_open(&c, argv[optind + 1], other, false, true) : NULL;
    if (b)
        status = compare(a, b, &c, strict);
    if (a)
        block_node_unref(a);
    if (b)
        block_node_unref(b);
    return status;
}

/* -- bench -- */

struct bench {
    struct block *b;
    uint64_t count, depth, size, step, offset, at, flush_each, begun, ended;
    bool write;
    uint8_t *buf;
    int error;
    GMutex lock;
    GCond cond;
};

static void bench_done(void *opaque, int ret)
{
    struct bench *k = opaque;

    g_mutex_lock(&k->lock);
    k->ended++;
    if (ret < 0)
        k->error = ret;
    g_cond_signal(&k->cond);
    g_mutex_unlock(&k->lock);
}

static int run_bench(struct bench *k)
{
    struct iovec iov = { k->buf, k->size };

    g_mutex_lock(&k->lock);
    while (k->ended < k->count && !k->error) {
        if (k->begun == k->count || k->begun - k->ended >= k->depth) {
            g_cond_wait(&k->cond, &k->lock);
            continue;
        }
        uint64_t at = k->at;
        k->at = at + k->step + k->size > k->b->size ? k->offset : at + k->step;
        bool flush = k->flush_each && (k->begun + 1) % k->flush_each == 0;
        k->begun++;
        g_mutex_unlock(&k->lock);
        if (k->write)
            block_write(k->b, at, &iov, 1, flush ? BLOCK_FUA : 0, bench_done, k);
        else
            block_read(k->b, at, &iov, 1, bench_done, k);
        g_mutex_lock(&k->lock);
    }
    while (k->ended < k->begun)
        g_cond_wait(&k->cond, &k->lock);
    g_mutex_unlock(&k->lock);
    return k->error;
}

int img_bench(int argc, char **argv)
{
    static const struct option names[] = {
        { "count", required_argument, NULL, 'c' }, { "depth", required_argument, NULL, 'd' },
        { "size", required_argument, NULL, 's' }, { "step-size", required_argument, NULL, 'S' },
        { "offset", required_argument, NULL, 'o' }, { "write", no_argument, NULL, 'w' },
        { "flush-interval", required_argument, NULL, 'F' }, { "native", no_argument, NULL, 'n' },
        { "aio", required_argument, NULL, 'i' }, { .name = NULL }
    };
    struct img_common c = { .command = "bench" };
    struct bench k = { .count = 75000, .depth = 64, .size = 4096 };
    int o;

    while ((o = img_option(&c, argc, argv, "c:d:s:S:o:wni:", names)) != -1) {
        uint64_t *const number = o == 'c' ? &k.count : o == 'd' ? &k.depth : o == 's' ? &k.size : o == 'S' ? &k.step :
                                 o == 'o' ? &k.offset : o == 'F' ? &k.flush_each : NULL;
        if (number && !img_size(optarg, number))
            return 1;
        k.write |= o == 'w';
    }
    if (optind + 1 != argc)
        return img_usage(&c, "Expecting one image file name");
    if (!k.count || !k.depth || !k.size || k.size > 64 * MiB || k.size % BLOCK_SECTOR || k.offset % BLOCK_SECTOR)
        return img_fail("Invalid count, depth, size or offset");
    k.step = k.step ? k.step : k.size;
    k.b = img_open(&c, argv[optind], c.format, k.write, true);
    if (!k.b)
        return 1;
    if (k.size > k.b->size || k.offset > k.b->size - k.size) {
        block_node_unref(k.b);
        return img_fail("the image is smaller than a request");
    }
    k.buf = g_malloc0(k.size);
    k.at = k.offset;
    printf("Sending %" PRIu64 " %s requests, %" PRIu64 " bytes each, %" PRIu64 " in parallel (starting at offset "
           "%" PRIu64 ", step size %" PRIu64 ")\n", k.count, k.write ? "write" : "read", k.size, k.depth, k.offset,
               k.step);
    gint64 start = g_get_monotonic_time();
    int r = run_bench(&k);
    if (r < 0)
        img_fail("Failed request: %s", g_strerror(-r));
    else
        printf("Run completed in %.3f seconds.\n", (g_get_monotonic_time() - start) / 1e6);
    block_drain(k.b);
    int status = img_close(k.b) | (r < 0);
    g_free(k.buf);
    return status;
}
