/* SPDX-License-Identifier: BSD-2-Clause */
/* mynah-img info, check, map, measure, snapshot: what an image is. */
#include "img.h"

#include <sys/stat.h>
#include <time.h>

/* -- info -- */

static uint64_t actual_size(const char *file)
{
    struct stat st;

    return stat(file, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

static const char *yes(bool b)
{
    return b ? "true" : "false";
}

static void print_snapshots(struct block *b)
{
    const struct snapshot_ops *ops = b->driver->snapshots;

    printf("Snapshot list:\n%-7s %-16s %8s %19s %15s %10s\n", "ID", "TAG", "VM_SIZE", "DATE", "VM_CLOCK", "ICOUNT");
    for (unsigned i = 0; i < ops->count(b); i++) {
        const struct image_snapshot *s = ops->get(b, i);
        time_t t = s->date_sec;
        struct tm tm;
        char date[32], clock[32], icount[24] = "--";
        g_autofree char *size = img_size_text(s->vm_size);
        uint64_t sec = s->clock / 1000000000;
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", localtime_r(&t, &tm));
        snprintf(clock, sizeof(clock), "%04u:%02u:%02u.%03u", (unsigned)(sec / 3600), (unsigned)(sec / 60 % 60),
                 (unsigned)(sec % 60), (unsigned)(s->clock / 1000000 % 1000));
        if (s->icount != UINT64_MAX)
            snprintf(icount, sizeof(icount), "%" PRIu64, s->icount);
        printf("%-7s %-16s %8s %19s %15s %10s\n", s->id, s->name, size, date, clock, icount);
    }
}

static bool is_v2(const struct image_info *i)
{
    return !strcmp(i->compat, "0.10");
}

static void print_specific(const struct image_info *i)
{
    printf("Format specific information:\n    compat: %s\n    compression type: %s\n", i->compat, i->compression);
    if (!is_v2(i))
        printf("    lazy refcounts: %s\n", yes(i->lazy_refcounts));
    printf("    refcount bits: %u\n", i->refcount_bits);
    if (!is_v2(i))
        printf("    corrupt: %s\n    extended l2: %s\n", yes(i->corrupt), yes(i->extended_l2));
}

static void print_info(struct block *b, bool first)
{
    struct image_info i = { 0 };
    uint64_t disk = actual_size(b->filename);
    g_autofree char *size = img_size_text(b->size), *actual = img_size_text(disk);
    g_autofree char *length = img_size_text(b->child->size);

    if (b->driver->info)
        b->driver->info(b, &i);
    printf("%simage: %s\nfile format: %s\nvirtual size: %s (%" PRIu64 " bytes)\ndisk size: %s\n", first ? "" : "\n",
           b->filename, b->driver->name, size, b->size, actual);
    if (i.dirty)
        puts("cleanly shut down: no");
    if (i.cluster_size)
        printf("cluster_size: %" PRIu64 "\n", i.cluster_size);
    if (b->backing_file) {
        g_autofree char *path = backing_path(b->filename, b->backing_file);
        printf("backing file: %s", b->backing_file);
        printf(strcmp(path, b->backing_file) ? " (actual path: %s)\n" : "\n", path);
        if (b->backing_format)
            printf("backing file format: %s\n", b->backing_format);
    }
    if (b->driver->snapshots && b->driver->snapshots->count(b))
        print_snapshots(b);
    if (i.has_specific)
        print_specific(&i);
    printf("Child node '/file':\n    filename: %s\n    protocol type: file\n    file length: %s (%" PRIu64 " bytes)\n"
           "    disk size: %s\n", b->filename, length, b->child->size, actual);
}

static void json_file(struct img_json *j, const struct block *b)
{
    json_begin(j, "children", '[');
    json_begin(j, NULL, '{');
    json_string(j, "name", "file");
    json_begin(j, "info", '{');
    json_begin(j, "children", '[');
    json_end(j, ']');
    json_number(j, "virtual-size", b->child->size);
    json_string(j, "filename", b->filename);
    json_string(j, "format", "file");
    json_number(j, "actual-size", actual_size(b->filename));
    json_begin(j, "format-specific", '{');
    json_string(j, "type", "file");
    json_begin(j, "data", '{');
    json_end(j, '}');
    json_end(j, '}');
    json_bool(j, "dirty-flag", false);
    json_end(j, '}');
    json_end(j, '}');
    json_end(j, ']');
}

static void json_snapshots(struct img_json *j, struct block *b)
{
    const struct snapshot_ops *ops = b->driver->snapshots;

    if (!ops || !ops->count(b))
        return;
    json_begin(j, "snapshots", '[');
    for (unsigned i = 0; i < ops->count(b); i++) {
        const struct image_snapshot *s = ops->get(b, i);
        json_begin(j, NULL, '{');
        if (s->icount != UINT64_MAX)
            json_number(j, "icount", s->icount);
        json_number(j, "vm-clock-nsec", s->clock % 1000000000);
        json_string(j, "name", s->name);
        json_number(j, "date-sec", s->date_sec);
        json_number(j, "date-nsec", s->date_nsec);
        json_number(j, "vm-clock-sec", s->clock / 1000000000);
        json_string(j, "id", s->id);
        json_number(j, "vm-state-size", s->vm_size);
        json_end(j, '}');
    }
    json_end(j, ']');
}

static void json_specific(struct img_json *j, const struct block *b, const struct image_info *i)
{
    json_begin(j, "format-specific", '{');
    json_string(j, "type", b->driver->name);
    json_begin(j, "data", '{');
    json_string(j, "compat", i->compat);
    json_string(j, "compression-type", i->compression);
    if (!is_v2(i))
        json_bool(j, "lazy-refcounts", i->lazy_refcounts);
    json_number(j, "refcount-bits", i->refcount_bits);
    if (!is_v2(i)) {
        json_bool(j, "corrupt", i->corrupt);
        json_bool(j, "extended-l2", i->extended_l2);
    }
    json_end(j, '}');
    json_end(j, '}');
}

static void json_info(struct img_json *j, struct block *b)
{
    struct image_info i = { 0 };

    if (b->driver->info)
        b->driver->info(b, &i);
    json_begin(j, NULL, '{');
    json_file(j, b);
    json_snapshots(j, b);
    if (b->backing_format)
        json_string(j, "backing-filename-format", b->backing_format);
    json_number(j, "virtual-size", b->size);
    json_string(j, "filename", b->filename);
    if (i.cluster_size)
        json_number(j, "cluster-size", i.cluster_size);
    json_string(j, "format", b->driver->name);
    json_number(j, "actual-size", actual_size(b->filename));
    if (i.has_specific)
        json_specific(j, b, &i);
    if (b->backing_file) {
        g_autofree char *path = backing_path(b->filename, b->backing_file);
        json_string(j, "full-backing-filename", path);
        json_string(j, "backing-filename", b->backing_file);
    }
    json_bool(j, "dirty-flag", i.dirty);
    json_end(j, '}');
}

/* One image after the other, by their names: a chain that is broken is told of as far as it goes. */
static int info_chain(const struct img_common *c, const char *file, bool chain)
{
    struct img_json j = { 0 };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *name = g_strdup(file), *format = g_strdup(c->format);
    int status = 0;

    if (c->json && chain)
        json_begin(&j, NULL, '[');
    for (bool first = true; name && !status; first = false) {
        if (!g_hash_table_add(seen, g_strdup(name))) {
            status = img_fail("Backing file '%s' creates an infinite loop.", name);
            break;
        }
        struct block *b = img_open(c, name, format, false, false);
        if (!b) {
            status = 1;
            break;
        }
        if (c->json)
            json_info(&j, b);
        else
            print_info(b, first);
        g_free(name);
        g_free(format);
        name = chain && b->backing_file ? backing_path(b->filename, b->backing_file) : NULL;
        format = g_strdup(b->backing_format);
        block_node_unref(b);
    }
    if (c->json && chain)
        json_end(&j, ']');
    if (c->json && !status)
        json_print(&j);
    return status;
}

int img_info(int argc, char **argv)
{
    static const struct option names[] = { { "backing-chain", no_argument, NULL, 'b' }, { .name = NULL } };
    struct img_common c = { .command = "info" };
    bool chain = false;

    while (img_option(&c, argc, argv, "b", names) != -1)
        chain = true;
    return optind + 1 == argc ? info_chain(&c, argv[optind], chain) : img_usage(&c, "Expecting one image file name");
}

/* -- check -- */

enum { CHECK_FAILED = 1, CHECK_CORRUPT = 2, CHECK_LEAKS = 3, CHECK_NOT_SUPPORTED = 63 };

static void print_check(const struct block_check *k, const struct img_common *c)
{
    if (c->quiet)
        return;
    if (!k->corruptions && !k->leaks && !k->errors)
        puts("No errors were found on the image.");
    if (k->corruptions)
        printf("\n%" PRIu64 " errors were found on the image.\n"
               "Data may be corrupted, or further writes to the image may corrupt it.\n", k->corruptions);
    if (k->leaks)
        printf("\n%" PRIu64 " leaked clusters were found on the image.\n"
               "This means waste of disk space, but no harm to data.\n", k->leaks);
    if (k->errors)
        printf("\n%" PRIu64 " internal errors have occurred during the check.\n", k->errors);
    if (k->total_clusters && k->allocated)
        printf("%" PRIu64 "/%" PRIu64 " = %0.2f%% allocated, %0.2f%% fragmented, %0.2f%% compressed clusters\n",
               k->allocated, k->total_clusters, k->allocated * 100.0 / k->total_clusters,
               k->fragmented * 100.0 / k->allocated, k->compressed * 100.0 / k->allocated);
    if (k->end_offset)
        printf("Image end offset: %" PRIu64 "\n", k->end_offset);
}

static void nonzero(struct img_json *j, const char *key, uint64_t value)
{
    if (value)
        json_number(j, key, value);
}

static void json_check(const struct block_check *k, const struct block *b)
{
    struct img_json j = { 0 };

    json_begin(&j, NULL, '{');
    nonzero(&j, "image-end-offset", k->end_offset);
    nonzero(&j, "compressed-clusters", k->compressed);
    nonzero(&j, "total-clusters", k->total_clusters);
    nonzero(&j, "corruptions", k->corruptions);
    json_number(&j, "check-errors", k->errors);
    nonzero(&j, "leaks", k->leaks);
    nonzero(&j, "leaks-fixed", k->leaks_fixed);
    nonzero(&j, "corruptions-fixed", k->corruptions_fixed);
    nonzero(&j, "allocated-clusters", k->allocated);
    json_string(&j, "filename", b->filename);
    json_string(&j, "format", b->driver->name);
    nonzero(&j, "fragmented-clusters", k->fragmented);
    json_end(&j, '}');
    json_print(&j);
}

/* Check once: false after a message. */
static bool check_once(struct block *b, struct block_check *k, unsigned fix, bool quiet)
{
    GError *err = NULL;

    *k = (struct block_check){ .out = quiet ? NULL : g_string_new(NULL) };
    bool ok = b->driver->check(b, k, fix, &err) == 0;
    if (k->out) {
        fputs(k->out->str, stderr);
        g_string_free(k->out, TRUE);
        k->out = NULL;
    }
    if (!ok) {
        img_fail("Check failed: %s", err->message);
        g_error_free(err);
    }
    return ok;
}

static int run_check(struct block *b, const struct img_common *c, unsigned fix)
{
    struct block_check k;

    if (!b->driver->check) {
        img_fail("This image format does not support checks");
        return CHECK_NOT_SUPPORTED;
    }
    if (!check_once(b, &k, fix, c->quiet))
        return CHECK_FAILED;
    if (k.corruptions_fixed || k.leaks_fixed) {
        uint64_t corruptions = k.corruptions_fixed, leaks = k.leaks_fixed;
        if (!c->json && !c->quiet)
            printf("The following inconsistencies were found and repaired:\n\n    %" PRIu64 " leaked clusters\n"
                   "    %" PRIu64 " corruptions\n\nDouble checking the fixed image now...\n", leaks, corruptions);
        fflush(stdout);
        if (!check_once(b, &k, 0, c->quiet))
            return CHECK_FAILED;
        k.corruptions_fixed = corruptions;
        k.leaks_fixed = leaks;
    }
    if (c->json)
        json_check(&k, b);
    else
        print_check(&k, c);
    return k.errors ? CHECK_FAILED : k.corruptions ? CHECK_CORRUPT : k.leaks ? CHECK_LEAKS : 0;
}

int img_check(int argc, char **argv)
{
    static const struct option names[] = { { "repair", required_argument, NULL, 'r' }, { .name = NULL } };
    struct img_common c = { .command = "check" };
    unsigned fix = 0;
    GError *err = NULL;

    while (img_option(&c, argc, argv, "r:", names) != -1) {
        if (strcmp(optarg, "leaks") && strcmp(optarg, "all"))
            return img_fail("--repair option (-r) expects 'leaks' or 'all' as argument.");
        fix = CHECK_FIX_LEAKS | (strcmp(optarg, "all") ? 0 : CHECK_FIX_ERRORS);
    }
    if (optind + 1 != argc)
        return img_usage(&c, "Expecting one image file name");
    struct node_options no = { .write_cache = true, .locking = !c.force_share, .read_only = !fix, .inspect = true,
                               .force_share = c.force_share };
    struct block *b = image_open(argv[optind], c.format, &no, NULL, false, NULL, &err);
    if (!b)
        return img_fail_open(argv[optind], err);
    int status = run_check(b, &c, fix);
    block_node_unref(b);
    return status;
}

/* -- map -- */

struct piece {
    uint64_t start;
    struct extent e;
    unsigned depth;
    const char *file;
};

static bool same(const struct piece *a, const struct piece *b)
{
    return a->e.flags == b->e.flags && a->depth == b->depth &&
           (!(a->e.flags & EXTENT_HOST) || a->e.host + a->e.len == b->e.host);
}

static bool print_piece(const struct piece *p, bool json, bool *first)
{
    unsigned f = p->e.flags;
    bool data = f & EXTENT_DATA;

    if (json) {
        printf("%s{ \"start\": %" PRIu64 ", \"length\": %" PRIu64 ", \"depth\": %u, \"present\": %s, \"zero\": %s, "
               "\"data\": %s, \"compressed\": %s", *first ? "[" : ",\n", p->start, p->e.len, p->depth,
               yes(f & EXTENT_ALLOCATED), yes(f & EXTENT_ZERO), yes(data), yes(f & EXTENT_COMPRESSED));
        if (f & EXTENT_HOST)
            printf(", \"offset\": %" PRIu64, p->e.host);
        putchar('}');
        *first = false;
        return true;
    }
    data &= !(f & EXTENT_ZERO);
    if (data && f & EXTENT_HOST)
        printf("%#-16" PRIx64 "%#-16" PRIx64 "%#-16" PRIx64 "%s\n", p->start, p->e.len, p->e.host, p->file);
    return !data || f & EXTENT_HOST;
}

static int map(struct block *b, const struct img_common *c, uint64_t at, uint64_t end)
{
    struct piece last = { .e.len = 0 };
    bool first = true, ok = true;

    if (!c->json)
        printf("%-16s%-16s%-16s%s\n", "Offset", "Length", "Mapped to", "File");
    while (at < end && ok) {
        struct piece p = { .start = at };
        int r = chain_status(b, NULL, at, end - at, &p.e, &p.depth);
        if (r < 0)
            return img_fail("Failed to read image metadata: %s", g_strerror(-r));
        const struct block *in = b;
        for (unsigned d = 0; d < p.depth && in->backing; d++)
            in = in->backing;
        p.file = in->filename;
        for (unsigned d = 0; (in = d ? in->backing : b); d++) /* nobody has it: the last one says so */
            p.depth = in->backing ? p.depth : MIN(p.depth, d);
        if (last.e.len && same(&last, &p)) {
            last.e.len += p.e.len;
        } else {
            ok = !last.e.len || print_piece(&last, c->json, &first);
            last = p;
        }
        at += p.e.len;
    }
    if (ok && last.e.len)
        ok = print_piece(&last, c->json, &first);
    if (c->json)
        puts(first ? "[]" : "]");
    return ok ? 0 : img_fail("File contains external, encrypted or compressed clusters.");
}

int img_map(int argc, char **argv)
{
    static const struct option names[] = {
        { "start-offset", required_argument, NULL, 's' }, { "max-length", required_argument, NULL, 'l' },
            { .name = NULL }
    };
    struct img_common c = { .command = "map" };
    uint64_t start = 0, len = UINT64_MAX;
    int o;

    while ((o = img_option(&c, argc, argv, "s:l:", names)) != -1)
        if (!img_size(optarg, o == 's' ? &start : &len))
            return 1;
    if (optind + 1 != argc)
        return img_usage(&c, "Expecting one image file name");
    struct block *b = img_open(&c, argv[optind], c.format, false, true);
    if (!b)
        return 1;
    int status = map(b, &c, MIN(start, b->size), start < b->size ? start + MIN(len, b->size - start) : b->size);
    block_node_unref(b);
    return status;
}

/* -- measure -- */

static uint64_t round_up(uint64_t n, uint64_t to)
{
    return (n + to - 1) / to * to;
}

/* Bytes of tables that a qcow2 image of this size has, once all of the disk is allocated. */
static uint64_t qcow2_tables(uint64_t size, const struct block_create *c)
{
    uint64_t cluster = c->cluster_size ? c->cluster_size : 64 * KiB, entry = c->extended_l2 ? 16 : 8;
    uint64_t per_block = cluster * 8 / (c->refcount_bits ? c->refcount_bits : 16);
    uint64_t data = round_up(size, cluster) / cluster, l2 = round_up(data, cluster / entry) * entry;
    uint64_t tables = cluster + l2 + round_up(round_up(l2 / cluster, cluster / 8) * 8, cluster);
    uint64_t clusters = data + tables / cluster, blocks = 0, table = 0, was;

    do {
        was = blocks + table;
        blocks = (clusters + was + per_block - 1) / per_block;
        table = (blocks + cluster / 8 - 1) / (cluster / 8);
    } while (blocks + table != was);
    return tables + (blocks + table) * cluster;
}

/* Bytes of whole clusters that have data. */
static int count_data(struct block *b, uint64_t cluster, uint64_t *bytes)
{
    uint64_t counted = 0; /* up to there */

    for (uint64_t at = 0; at < b->size;) {
        struct extent e;
        int r = chain_status(b, NULL, at, b->size - at, &e, NULL);
        if (r < 0)
            return img_fail("Unable to query image: %s", g_strerror(-r));
        if (!(e.flags & EXTENT_ZERO)) {
            uint64_t start = MAX(at / cluster * cluster, counted), end = round_up(at + e.len, cluster);
            *bytes += end > start ? end - start : 0;
            counted = MAX(counted, end);
        }
        at += e.len;
    }
    return 0;
}

static int measure(struct block *b, uint64_t size, const char *format, const struct block_create *k, bool json)
{
    uint64_t cluster = k->cluster_size ? k->cluster_size : 64 * KiB, data = 0;
    uint64_t required = size, full = size;
    struct image_info i = { .compat = "0.10" };

    if (!strcmp(format, "qcow2")) {
        if (size >> (2 * g_bit_nth_msf(cluster, -1) - (k->extended_l2 ? 4 : 3)) > 32 * MiB / 8)
            return img_fail("The image size is too large (try using a larger cluster size)");
        if (b && count_data(b, cluster, &data))
            return 1;
        uint64_t tables = qcow2_tables(size, k);
        full = tables + round_up(size, cluster);
        required = tables + (k->prealloc >= PREALLOC_FALLOC ? round_up(size, cluster) : data);
    }
    if (b && b->driver->info)
        b->driver->info(b, &i);
    bool bitmaps = !strcmp(format, "qcow2") && !is_v2(&i); /* those of the source, of which we have none */
    if (json) {
        struct img_json j = { 0 };
        json_begin(&j, NULL, '{');
        if (bitmaps)
            json_number(&j, "bitmaps", 0);
        json_number(&j, "required", required);
        json_number(&j, "fully-allocated", full);
        json_end(&j, '}');
        json_print(&j);
        return 0;
    }
    printf("required size: %" PRIu64 "\nfully allocated size: %" PRIu64 "\n", required, full);
    if (bitmaps)
        puts("bitmaps size: 0");
    return 0;
}

int img_measure(int argc, char **argv)
{
    static const struct option names[] = {
        { "size", required_argument, NULL, 's' }, { "target-format", required_argument, NULL, 'O' },
        { "options", required_argument, NULL, 'o' }, { .name = NULL }
    };
    struct img_common c = { .command = "measure" };
    struct block_create k = { 0 };
    const char *format = "raw", *options = NULL;
    uint64_t size = UINT64_MAX;
    int o;

    while ((o = img_option(&c, argc, argv, "s:O:o:", names)) != -1) {
        if (o == 'O')
            format = optarg;
        else if (o == 'o')
            options = optarg;
        else if (!img_size(optarg, &size))
            return 1;
    }
    if (strcmp(format, "raw") && strcmp(format, "qcow2"))
        return img_fail("Block driver '%s' does not support size measurement", format);
    if (options && !img_create_options(format, options, &k))
        return 1;
    if ((size == UINT64_MAX) != (optind + 1 == argc))
        return img_usage(&c, "Either --size N or one filename must be specified.");
    if (size != UINT64_MAX)
        return measure(NULL, round_up(size, 512), format, &k, c.json);
    struct block *b = img_open(&c, argv[optind], c.format, false, true);
    if (!b)
        return 1;
    int status = measure(b, b->size, format, &k, c.json);
    block_node_unref(b);
    return status;
}

/* -- snapshot -- */

static int change_snapshots(struct block *b, int action, const char *name)
{
    const struct snapshot_ops *ops = b->driver->snapshots;
    int i = snapshot_find(b, name), r;
    GError *err = NULL;

    if (action == 'c') {
        gint64 now = g_get_real_time();
        struct image_snapshot s = { .name = (char *)name, .date_sec = now / 1000000, .icount = 0,
                                    .date_nsec = now % 1000000 * 1000 };
        if (i >= 0)
            return img_fail("Could not create snapshot '%s': there is one of this name", name);
        r = ops->create(b, &s, &err);
    } else if (i < 0) {
        return img_fail("Could not %s snapshot '%s': snapshot not found", action == 'a' ? "apply" : "delete", name);
    } else {
        r = action == 'a' ? ops->load(b, i, &err) : ops->remove(b, i, &err);
    }
    if (r == 0)
        return 0;
    img_fail("Could not %s snapshot '%s': %s", action == 'c' ? "create" : action == 'a' ? "apply" : "delete", name,
             err->message);
    g_error_free(err);
    return 1;
}

int img_snapshot(int argc, char **argv)
{
    static const struct option names[] = {
        { "list", no_argument, NULL, 'l' }, { "apply", required_argument, NULL, 'a' },
        { "create", required_argument, NULL, 'c' }, { "delete", required_argument, NULL, 'd' }, { .name = NULL }
    };
    struct img_common c = { .command = "snapshot" };
    const char *name = NULL;
    int o, action = 0;

    while ((o = img_option(&c, argc, argv, "la:c:d:", names)) != -1) {
        if (action)
            return img_usage(&c, "Cannot mix '-l', '-a', '-c', '-d'");
        action = o;
        name = optarg;
    }
    if (optind + 1 != argc)
        return img_usage(&c, "Expecting one image file name");
    action = action ? action : 'l';
    struct block *b = img_open(&c, argv[optind], c.format, action != 'l', false);
    if (!b)
        return 1;
    int status = 0;
    if (!b->driver->snapshots)
        status = action == 'l' ? 0 : img_fail("the format '%s' has no snapshots", b->driver->name);
    else if (action != 'l')
        status = change_snapshots(b, action, name);
    else if (b->driver->snapshots->count(b))
        print_snapshots(b);
    return img_close(b) | status;
}
