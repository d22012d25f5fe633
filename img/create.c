/* SPDX-License-Identifier: BSD-2-Clause */
/* mynah-img create, resize, rebase, commit: images made and changed. */
#include "img.h"

#define CHUNK (2 * MiB) /* compared or written at once */

/* -- create -- */

/* What QEMU's says: scripts show it. */
static void print_formatted(const char *file, const char *format, const struct block_create *c)
{
    static const char *const preallocs[] = { "off", "metadata", "falloc", "full" };

    printf("Formatting '%s', fmt=%s", file, format);
    if (!strcmp(format, "qcow2"))
        printf(" cluster_size=%" PRIu64 " extended_l2=%s", c->cluster_size ? c->cluster_size : 64 * KiB,
               c->extended_l2 ? "on" : "off");
    if (c->prealloc)
        printf(" preallocation=%s", preallocs[c->prealloc]);
    if (!strcmp(format, "qcow2"))
        printf(" compression_type=%s", c->zstd ? "zstd" : "zlib");
    printf(" size=%" PRIu64, c->size);
    if (!strcmp(format, "vhdx"))
        printf(" log_size=%" PRIu64 " block_size=%" PRIu64 "%s%s", c->log_size ? c->log_size : MiB, c->block_size,
               c->fixed ? " subformat=fixed" : "", c->not_present ? " block_state_zero=off" : "");
    if (c->backing_file)
        printf(" backing_file=%s", c->backing_file);
    if (c->backing_format)
        printf(" backing_fmt=%s", c->backing_format);
    if (!strcmp(format, "qcow2"))
        printf("%s lazy_refcounts=%s refcount_bits=%u", c->version == 2 ? " compat=0.10" : "",
               c->lazy_refcounts ? "on" : "off", c->refcount_bits ? c->refcount_bits : 16);
    putchar('\n');
}

/* The backing file is there and of its format; its size, if none is given. False after a message. */
static bool look_at_backing(const char *file, struct block_create *c, bool need_size, bool unsafe)
{
    g_autofree char *path = backing_path(file, c->backing_file);
    struct node_options no = { .read_only = true, .write_cache = true, .force_share = true };
    GError *err = NULL;

    if (unsafe && !need_size)
        return true;
    struct block *b = image_open(path, c->backing_format, &no, NULL, true, NULL, &err);
    if (!b) {
        img_fail("%s: Could not open '%s': %s\nCould not open backing image.", file, path, err->message);
        g_error_free(err);
        return false;
    }
    bool ok = c->backing_format || unsafe;
    if (!ok)
        img_fail("%s: Backing file specified without backing format\nDetected format of %s.", file, b->driver->name);
    if (need_size)
        c->size = b->size;
    block_node_unref(b);
    return ok;
}

int img_create(int argc, char **argv)
{
    static const struct option names[] = {
        { "options", required_argument, NULL, 'o' }, { "backing", required_argument, NULL, 'b' },
        { "backing-format", required_argument, NULL, 'F' }, { "backing-unsafe", no_argument, NULL, 'u' },
            { .name = NULL }
    };
    struct img_common c = { .command = "create" };
    struct block_create k = { .size = UINT64_MAX };
    g_autoptr(GPtrArray) options = g_ptr_array_new();
    const char *backing = NULL, *backing_format = NULL;
    bool unsafe = false;
    int o;

    while ((o = img_option(&c, argc, argv, "o:b:F:u", names)) != -1) {
        if (o == 'o')
            g_ptr_array_add(options, optarg);
        else if (o == 'b')
            backing = optarg;
        else if (o == 'F')
            backing_format = optarg;
        else
            unsafe = true;
    }
    if (optind >= argc || optind + 2 < argc)
        return img_usage(&c, "Expecting image file name and size");
    const char *file = argv[optind], *format = c.format ? c.format : "raw";
    for (guint i = 0; i < options->len; i++)
        if (!img_create_options(format, options->pdata[i], &k))
            return 1;
    k.backing_file = backing ? backing : k.backing_file;
    k.backing_format = backing_format ? backing_format : k.backing_format;
    if (optind + 2 == argc && !img_size(argv[optind + 1], &k.size))
        return 1;
    if (k.backing_file && strcmp(format, "qcow2"))
        return img_fail("%s: Backing file not supported for file format '%s'", file, format);
    if (k.backing_file && !look_at_backing(file, &k, k.size == UINT64_MAX, unsafe))
        return 1;
    if (k.size == UINT64_MAX)
        return img_fail("%s: Image creation needs a size parameter", file);
    k.size = (k.size + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;
    if (!c.quiet)
        print_formatted(file, format, &k);
    return img_make(file, format, &k);
}

/* -- resize -- */

int img_resize(int argc, char **argv)
{
    static const struct option names[] = {
        { "shrink", no_argument, NULL, 's' }, { "preallocation", required_argument, NULL, 'P' }, { .name = NULL }
    };
    struct img_common c = { .command = "resize" };
    bool shrink = false;
    GError *err = NULL;
    uint64_t size;
    int o;

    /* "-1G" is the last argument, and no option. */
    const char *text = argc > 2 ? argv[--argc] : NULL;
    char sign = text && (*text == '+' || *text == '-') ? *text++ : 0;
    while ((o = img_option(&c, argc, argv, "sP:", names)) != -1) {
        if (o == 'P' && strcmp(optarg, "off"))
            return img_fail("--preallocation=%s: mynah-img does not yet have this; expected off", optarg);
        shrink |= o == 's';
    }
    if (!text || optind + 1 != argc)
        return img_usage(&c, "Expecting image file name and size");
    if (!img_size(text, &size))
        return 1;
    struct block *b = img_open(&c, argv[optind], c.format, true, true);
    if (!b)
        return 1;
    size = (size + BLOCK_SECTOR - 1) / BLOCK_SECTOR * BLOCK_SECTOR;
    size = sign == '+' ? b->size + size : sign == '-' ? b->size - MIN(size, b->size) : size;
    int status = 0;
    if (size < b->size && !shrink) {
        img_fail("Use the --shrink option to perform a shrink operation.");
        status = img_fail("warning: Shrinking an image will delete all data beyond the shrunken image's end. Before "
                          "performing such an operation, make sure there is no important data there.");
    } else if (!b->driver->resize || b->driver->resize(b, size, &err) < 0) {
        status = img_fail("%s", err ? err->message : "This image does not support resize");
        g_clear_error(&err);
    }
    status |= img_close(b);
    if (!status && !c.quiet)
        puts("Image resized.");
    return status;
}

/* -- rebase -- */

/* Write what the disk would read differently with the new backing file (NULL: none). */
static int keep_contents(struct block *b, struct block *new, struct img_progress *p)
{
    g_autofree uint8_t *is = g_malloc(CHUNK), *would = g_malloc(CHUNK);
    int r = 0;

    for (uint64_t at = 0; at < b->size && r == 0;) {
        struct extent e;
        r = node_status(b, at, MIN(b->size - at, CHUNK), &e);
        if (r == 0 && !(e.flags & EXTENT_ALLOCATED)) {
            r = node_pread(b, at, is, e.len);
            memset(would, 0, e.len);
            if (r == 0 && new)
                r = node_pread(new, at, would, e.len);
            for (uint64_t i = 0; i < e.len && r == 0;) { /* in runs of what differs */
                uint64_t unit = MIN(e.len - i, 64 * KiB), n = 0;
                while (i + n < e.len && memcmp(is + i + n, would + i + n, MIN(e.len - i - n, unit)))
                    n += MIN(e.len - i - n, unit);
                if (n)
                    r = node_pwrite(b, at + i, is + i, n);
                i += n ? n : unit;
            }
        }
        img_progress_add(p, e.len);
        at += e.len;
    }
    return r;
}

static int rebase(struct block *b, const struct img_common *c, const char *backing, const char *format, bool unsafe)
{
    struct block *new = NULL;
    struct img_progress p;
    GError *err = NULL;

    if (!b->driver->set_backing)
        return img_fail("Cannot change the backing file: the format '%s' has none", b->driver->name);
    if (!unsafe && *backing) {
        g_autofree char *path = backing_path(b->filename, backing);
        new = img_open(c, path, format, false, true);
        if (!new)
            return 1;
    }
    img_progress_start(&p, c, b->size);
    int r = unsafe ? 0 : keep_contents(b, new, &p);
    if (r == 0)
        r = node_flush(b);
    if (r < 0)
        img_fail("error while writing: %s", g_strerror(-r));
    else if ((r = b->driver->set_backing(b, *backing ? backing : NULL, format, &err)) < 0)
        img_fail("Could not change the backing file to '%s': %s", backing, err->message);
    g_clear_error(&err);
    img_progress_end(&p);
    if (new)
        block_node_unref(new);
    return r < 0;
}

int img_rebase(int argc, char **argv)
{
    static const struct option names[] = {
        { "backing", required_argument, NULL, 'b' }, { "backing-format", required_argument, NULL, 'F' },
        { "backing-unsafe", no_argument, NULL, 'u' }, { .name = NULL }
    };
    struct img_common c = { .command = "rebase" };
    const char *backing = NULL, *format = NULL;
    bool unsafe = false;
    int o;

    while ((o = img_option(&c, argc, argv, "b:F:u", names)) != -1) {
        if (o == 'b')
            backing = optarg;
        else if (o == 'F')
            format = optarg;
        else
            unsafe = true;
    }
    if (optind + 1 != argc)
        return img_usage(&c, "Expecting one image file name");
    if (!backing)
        return img_usage(&c, "Must specify backing file (-b) or use simple rebase mode (-u)");
    struct block *b = img_open(&c, argv[optind], c.format, true, !unsafe);
    if (!b)
        return 1;
    return rebase(b, &c, backing, format, unsafe) | img_close(b);
}

/* -- commit -- */

/* Write to base, which is b's backing node or behind it, what the images above have. */
static int commit_to(struct block *b, struct block *base, struct img_progress *p)
{
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    GError *err = NULL;
    int r = 0;

    if (b->size > base->size && (!base->driver->resize || (r = base->driver->resize(base, b->size, &err)) < 0)) {
        r = r < 0 ? r : -ENOTSUP;
        img_fail("%s", err ? err->message : "the backing file can't be made larger");
        g_clear_error(&err);
        return r;
    }
    for (uint64_t at = 0; at < b->size && r == 0;) {
        struct extent e;
        r = chain_status(b, base, at, MIN(b->size - at, CHUNK), &e, NULL);
        if (r == 0 && e.flags & EXTENT_ZERO) {
            r = node_zeroes(base, at, e.len, true);
        } else if (r == 0 && e.flags) {
            r = node_pread(b, at, buf, e.len);
            r = r < 0 ? r : node_pwrite(base, at, buf, e.len);
        }
        img_progress_add(p, e.len);
        at += e.len;
    }
    return r < 0 ? r : node_flush(base);
}

static int commit(struct block *b, const struct img_common *c, const char *base_name, bool keep)
{
    struct block *base = b->backing;
    struct img_progress p;

    for (; base && base_name; base = base->backing)
        if (!strcmp(base->filename, base_name))
            break;
    if (!base)
        return base_name ? img_fail("Did not find '%s' in the backing chain of '%s'", base_name, b->filename)
                         : img_fail("Image does not have a backing file");
    int r = base->driver->set_writable ? base->driver->set_writable(base, true) : -ENOTSUP;
    if (r < 0)
        return img_fail("Could not open '%s' to write to it: %s", base->filename, g_strerror(-r));
    img_progress_start(&p, c, b->size);
    r = commit_to(b, base, &p);
    base->driver->set_writable(base, false);
    if (r == 0 && !keep && base == b->backing && b->driver->make_empty)
        r = b->driver->make_empty(b);
    img_progress_end(&p);
    if (r < 0)
        return img_fail("Could not commit: %s", g_strerror(-r));
    if (!c->quiet)
        puts("Image committed.");
    return 0;
}

int img_commit(int argc, char **argv)
{
    struct img_common c = { .command = "commit" };
    const char *base = NULL;
    bool keep = false;
    int o;

    while ((o = img_option(&c, argc, argv, "b:dr:", NULL)) != -1) {
        if (o == 'b')
            base = optarg;
        else if (o == 'r')
            return img_fail("-r: mynah-img does not yet limit rates");
        else
            keep = true;
    }
    if (optind + 1 != argc)
        return img_usage(&c, "Expecting one image file name");
    struct block *b = img_open(&c, argv[optind], c.format, true, true);
    if (!b)
        return 1;
    return commit(b, &c, base, keep) | img_close(b);
}
