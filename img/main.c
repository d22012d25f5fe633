/* SPDX-License-Identifier: BSD-2-Clause */
/* mynah-img: which command, and what all of them share. */
#include "img.h"

#include <fcntl.h>
#include <unistd.h>

#include "log.h"

static const struct {
    const char *name;
    img_command *run;
    const char *args, *help;
} commands[] = {
    { "bench", img_bench, "[-f FMT] [-c COUNT] [-d DEPTH] [-s SIZE] [-S STEP] [-o OFFSET] [-w] [-i N] FILE",
      "time requests" },
    { "check", img_check, "[-f FMT] [-r leaks|all] [--output=json] FILE", "look for errors, and mend them" },
    { "commit", img_commit, "[-f FMT] [-b BASE] [-d] [-p] FILE", "write what an image has to its backing file" },
    { "compare", img_compare, "[-f FMT] [-F FMT] [-s] [-p] FILE1 FILE2",
      "see whether two images have the same contents" },
    { "convert", img_convert, "[-f FMT] [-O FMT] [-o OPTIONS] [-B BACKING [-F FMT]] [-c] [-n] [-l SNAPSHOT] [-S SIZE] "
                              "[-m N] [-p] FILE... NEW", "copy an image to another, of another format perhaps" },
    { "create", img_create, "[-f FMT] [-o OPTIONS] [-b BACKING -F FMT] [-u] FILE [SIZE]", "make an image" },
    { "dd", img_dd, "[-f FMT] [-O FMT] [bs=N] [count=N] [skip=N] if=FILE of=NEW",
      "copy a part of an image to another" },
    { "info", img_info, "[-f FMT] [-U] [--backing-chain] [--output=json] FILE", "tell what an image is" },
    { "map", img_map, "[-f FMT] [-s OFFSET] [-l LENGTH] [--output=json] FILE", "tell where its contents are" },
    { "measure", img_measure, "[-f FMT] [-O FMT] [-o OPTIONS] [--output=json] --size SIZE|FILE",
      "tell how large a new image would be" },
    { "rebase", img_rebase, "[-f FMT] -b BACKING [-F FMT] [-u] [-p] FILE", "give an image another backing file" },
    { "resize", img_resize, "[-f FMT] [--shrink] [--preallocation=M] FILE [+-]SIZE", "give an image another size" },
    { "snapshot", img_snapshot, "[-f FMT] -l|-a SNAPSHOT|-c SNAPSHOT|-d SNAPSHOT FILE",
      "list, apply, make or delete snapshots in an image" },
};

int img_fail(const char *fmt, ...)
{
    va_list args;

    fflush(stdout);
    fputs("mynah-img: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    return 1;
}

int img_fail_open(const char *file, GError *err)
{
    int status = img_fail("Could not open '%s': %s", file, err->message);

    g_error_free(err);
    return status;
}

int img_usage(const struct img_common *c, const char *what)
{
    return img_fail("%s\nTry 'mynah-img %s --help' for more info", what, c->command);
}

static void help_command(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i].name, name))
            printf("Usage: mynah-img %s %s\nTo %s; mynah-img(1) has the whole.\n", name, commands[i].args,
                   commands[i].help);
}

/* -- Options -- */

int img_option(struct img_common *c, int argc, char **argv, const char *own, const struct option *names)
{
    static const struct option common[] = {
        { "help", no_argument, NULL, 'h' }, { "output", required_argument, NULL, 1000 },
        { "format", required_argument, NULL, 'f' }, { "quiet", no_argument, NULL, 'q' },
        { "progress", no_argument, NULL, 'p' }, { "force-share", no_argument, NULL, 'U' },
        { "cache", required_argument, NULL, 't' }, { "image-opts", no_argument, NULL, 1001 },
        { "object", required_argument, NULL, 1001 },
    };
    g_autoptr(GArray) all = g_array_new(TRUE, FALSE, sizeof(struct option));
    g_autofree char *letters = g_strconcat(":hf:qpUt:T:", own, NULL);
    int o;

    g_array_append_vals(all, common, ARRAY_SIZE(common));
    for (; names && names->name; names++)
        g_array_append_val(all, *names);
    while ((o = getopt_long(argc, argv, letters, (struct option *)(void *)all->data, NULL)) != -1) {
        if (strchr(own, o) && o < 256 && o != ':')
            return o;
        switch (o) {
        case 'h':
            help_command(c->command);
            exit(0);
        case 'f':
            c->format = optarg;
            break;
        case 'q':
            c->quiet = true;
            break;
        case 'p':
            c->progress = true;
            break;
        case 'U':
            c->force_share = true;
            break;
        case 't':
        case 'T':
            c->cache = optarg;
            break;
        case 1000:
            if (strcmp(optarg, "json") && strcmp(optarg, "human"))
                exit(img_fail("--output must be used with human or json as argument."));
            c->json = !strcmp(optarg, "json");
            break;
        case 1001:
            exit(img_fail("'%s': mynah-img does not yet have this", argv[optind - 1]));
        case ':':
        case '?':
            exit(img_usage(c, o == ':' ? "an option wants an argument" : "an option that there is not"));
        default:
            return o;
        }
    }
    return -1;
}

/* -- Images -- */

/* -t, -T. */
static void set_cache(struct node_options *no, const char *mode)
{
    if (!mode)
        return;
    no->no_flush = !strcmp(mode, "unsafe");
    no->direct = !strcmp(mode, "none") || !strcmp(mode, "directsync");
}

struct block *img_open(const struct img_common *c, const char *file, const char *format, bool write, bool backing)
{
    struct node_options no = { .write_cache = true, .locking = !c->force_share, .read_only = !write, .discard = true,
                               .force_share = c->force_share };
    bool probed = false;
    GError *err = NULL;

    set_cache(&no, c->cache);
    struct block *b = image_open(file, format, &no, NULL, backing, &probed, &err);
    if (!b)
        img_fail_open(file, err);
    else if (probed && write && !c->quiet)
        fprintf(stderr, "WARNING: Image format was not specified for '%s' and probing guessed raw.\n"
                        "         Automatically detecting the format is dangerous for raw images, write operations on "
                        "block 0 will be restricted.\n"
                        "         Specify the 'raw' format explicitly to remove the restrictions.\n", file);
    return b;
}

int img_close(struct block *b)
{
    int r = b->read_only ? 0 : node_flush(b);

    if (r < 0)
        img_fail("%s: cannot write: %s", b->filename, g_strerror(-r));
    block_node_unref(b);
    return r < 0;
}

bool img_size(const char *s, uint64_t *out)
{
    if (parse_size(s, 'b', out) && *out <= INT64_MAX)
        return true;
    img_fail("Invalid image size specified: '%s'.", s);
    return false;
}

char *img_size_text(uint64_t bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    unsigned unit = 0;
    double v = bytes;

    for (; v >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
        v /= 1024;
    return g_strdup_printf("%0.3g %s", v, units[unit]);
}

bool img_create_options(const char *format, const char *text, struct block_create *c)
{
    static const char *const preallocs[] = { "off", "metadata", "falloc", "full", NULL };
    static const char *const compats[] = { "0.10", "1.1", "v2", "v3", NULL };
    static const char *const types[] = { "zlib", "zstd", NULL };
    unsigned prealloc = c->prealloc, compat = c->version == 2 ? 0 : 1, type = c->zstd;
    uint64_t bits = c->refcount_bits;
    GError *err = NULL;
    struct opts *o = opts_parse(text, NULL, &err);
    bool qcow2 = !strcmp(format, "qcow2");
    bool ok = o && opts_take_size(o, "size", &c->size, &err) &&
              opts_take_enum(o, "preallocation", preallocs, &prealloc, &err);

    if (ok && qcow2)
        ok = opts_take_size(o, "cluster_size", &c->cluster_size, &err) &&
             opts_take_enum(o, "compat", compats, &compat, &err) &&
             opts_take_enum(o, "compression_type", types, &type, &err) &&
             opts_take_bool(o, "lazy_refcounts", &c->lazy_refcounts, &err) &&
             opts_take_bool(o, "extended_l2", &c->extended_l2, &err) &&
             opts_take_uint(o, "refcount_bits", 1, 64, &bits, &err);
    if (ok && !strcmp(format, "vhdx")) {
        static const char *const subformats[] = { "dynamic", "fixed", NULL };
        unsigned subformat = c->fixed;
        bool zero = !c->not_present;
        ok = opts_take_size(o, "log_size", &c->log_size, &err) &&
             opts_take_size(o, "block_size", &c->block_size, &err) &&
             opts_take_enum(o, "subformat", subformats, &subformat, &err) &&
             opts_take_bool(o, "block_state_zero", &zero, &err);
        c->fixed = subformat;
        c->not_present = !zero;
    }
    const char *backing = ok && qcow2 ? opts_take(o, "backing_file") : NULL;
    const char *fmt = ok && qcow2 ? opts_take(o, "backing_fmt") : NULL;
    ok = ok && opts_done(o, "-o", &err);
    if (ok) {
        c->backing_file = backing ? g_intern_string(backing) : c->backing_file;
        c->backing_format = fmt ? g_intern_string(fmt) : c->backing_format;
        c->prealloc = prealloc;
        c->version = compat % 2 ? 3 : 2;
        c->zstd = type;
        c->refcount_bits = bits;
    } else {
        img_fail("%s", err->message);
        g_error_free(err);
    }
    if (o)
        opts_free(o);
    return ok;
}

int img_make(const char *file, const char *format, const struct block_create *c)
{
    GError *err = NULL;
    int r = image_create(file, format, c, &err);

    if (r == 0)
        return 0;
    img_fail("%s: %s", file, err->message);
    g_error_free(err);
    return 1;
}

/* -- Progress -- */

static void show(const struct img_progress *p)
{
    if (!p->shown)
        return;
    printf("    (%.2f/100%%)\r", p->total ? 100.0 * p->done / p->total : 100.0);
    fflush(stdout);
}

void img_progress_start(struct img_progress *p, const struct img_common *c, uint64_t total)
{
    *p = (struct img_progress){ .shown = c->progress && !c->quiet, .total = total };
    show(p);
}

void img_progress_add(struct img_progress *p, uint64_t bytes)
{
    unsigned was = p->total ? p->done * 1000 / p->total : 0;

    p->done = MIN(p->done + bytes, p->total);
    if (p->total && p->done * 1000 / p->total != was)
        show(p);
}

void img_progress_end(struct img_progress *p)
{
    p->done = p->total;
    show(p);
    if (p->shown)
        putchar('\n');
}

/* -- JSON -- */

static void key(struct img_json *j, const char *key)
{
    if (j->depth)
        g_string_append_printf(j->out, "%s\n%*s", j->first ? "" : ",", 4 * (int)j->depth, "");
    if (key)
        g_string_append_printf(j->out, "\"%s\": ", key);
    j->first = false;
}

void json_begin(struct img_json *j, const char *name, char bracket)
{
    if (!j->out)
        j->out = g_string_new(NULL);
    key(j, name);
    g_string_append_c(j->out, bracket);
    j->depth++;
    j->first = true;
}

void json_end(struct img_json *j, char bracket)
{
    j->depth--;
    g_string_append_printf(j->out, "\n%*s%c", 4 * (int)j->depth, "", bracket);
    j->first = false;
}

void json_string(struct img_json *j, const char *name, const char *value)
{
    key(j, name);
    g_string_append_c(j->out, '"');
    for (; *value; value++) {
        unsigned char c = *value;
        if (c == '"' || c == '\\')
            g_string_append_printf(j->out, "\\%c", c);
        else if (c < 32)
            g_string_append_printf(j->out, "\\u%04x", c);
        else
            g_string_append_c(j->out, c);
    }
    g_string_append_c(j->out, '"');
}

void json_number(struct img_json *j, const char *name, uint64_t value)
{
    key(j, name);
    g_string_append_printf(j->out, "%" PRIu64, value);
}

void json_bool(struct img_json *j, const char *name, bool value)
{
    key(j, name);
    g_string_append(j->out, value ? "true" : "false");
}

void json_print(struct img_json *j)
{
    puts(j->out->str);
    g_string_free(j->out, TRUE);
}

/* -- The program -- */

static void help(void)
{
    printf("mynah-img " VERSION "\nUsage: mynah-img COMMAND [OPTION...] FILE...\n"
           "Commands (mynah-img COMMAND --help):\n");
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
        printf("  %-9s to %s\n", commands[i].name, commands[i].help);
    printf("Supported formats:");
    for (unsigned i = 0; format_names[i]; i++)
        printf(" %s", format_names[i]);
    putchar('\n');
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return img_fail("Not enough arguments\nTry 'mynah-img --help' for more info");
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        help();
        return 0;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        puts("mynah-img version " VERSION);
        return 0;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(argv[1], commands[i].name)) {
            int status = commands[i].run(argc - 1, argv + 1);
            return fflush(stdout) || ferror(stdout) ? img_fail("cannot write to standard output") : status;
        }
    return img_fail("Command not found: %s\nTry 'mynah-img --help' for more info", argv[1]);
}
