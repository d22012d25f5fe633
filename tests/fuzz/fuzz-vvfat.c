/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder as a FAT disk: names of any bytes, folders in folders, links, sizes; files that change while the disk is
 * read. What the disk shows is a whole file system: each entry's clusters are a chain of their own, as long as its
 * size says.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block/node.h"
#include "fuzz.h"

const char fuzz_name[] = "vvfat";
const unsigned fuzz_runs = 1500;
const size_t fuzz_max_size = 512;

#define SECTOR 512u
#define ENTRY 32u
#define CLUSTERS 65536u
#define MAX_FILE (80 * KiB)
#define MAX_DEPTH 40
#define MAX_NAMES 64
static uint8_t buf[2 * MiB];

/* -- The folder -- */

static char *root;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

static void remove_root(void)
{
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void clear_root(void)
{
    remove_root();
    g_assert_cmpint(mkdir(root, 0700), ==, 0);
}

void fuzz_init(void)
{
    root = g_dir_make_tmp("mynah-fuzz-XXXXXX", NULL);
    g_assert_nonnull(root);
}

/* A file's name of bytes of the input; some are of kinds that clash as short names. */
static char *any_name(struct fuzz *f)
{
    static const char *const shapes[] = { "Long Name %u.text", "longna%u", ".hidden%u", "A.B.C%u", "%u. ", "\xc3\xa4%u",
                                          "con%u" };
    unsigned shape = fuzz_u8(f) % (G_N_ELEMENTS(shapes) + 3);

    if (shape < G_N_ELEMENTS(shapes))
        return g_strdup_printf(shapes[shape], fuzz_u8(f) % 16);
    size_t len = 1 + fuzz_u8(f);
    const uint8_t *p = fuzz_bytes(f, &len);
    char *s = g_strndup((const char *)p, len);
    g_strdelimit(s, "/", '_');
    if (!*s || !strcmp(s, ".") || !strcmp(s, "..")) {
        g_free(s);
        return g_strdup("x");
    }
    return s;
}

/* Names in folders; what the host refuses (a name too long, one that is there) is left out. */
static void make_names(struct fuzz *f)
{
    GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(folders, g_strdup(root));
    for (unsigned n = fuzz_u8(f) % MAX_NAMES; n > 0; n--) {
        const char *in = folders->pdata[fuzz_u8(f) % folders->len];
        g_autofree char *name = any_name(f), *path = g_strconcat(in, "/", name, NULL);
        unsigned kind = fuzz_u8(f) % 8;
        if (kind == 0 && symlink(fuzz_u8(f) & 1 ? "/" : "x", path) == 0)
            continue;
        if (kind < 4 && mkdir(path, 0700) == 0) {
            g_ptr_array_add(folders, g_steal_pointer(&path));
            continue;
        }
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0) {
            g_assert_cmpint(ftruncate(fd, fuzz_number(f) % MAX_FILE), ==, 0);
            close(fd);
        }
    }
    g_ptr_array_unref(folders);
}

/* -- The disk -- */

static unsigned get16(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

struct disk {
    struct block *b;
    uint64_t fat, data;
    unsigned cluster, root_entries;
    uint8_t *used; /* of clusters: some entry's */
};

static void get(struct disk *d, uint64_t at, void *p, size_t len)
{
    g_assert_cmpint(node_pread(d->b, at, p, len), ==, 0);
}

/* Clusters from the first on, each nobody else's; their number, and their bytes in out. */
static unsigned chain(struct disk *d, uint32_t c, GByteArray *out)
{
    unsigned n = 0;

    for (; c < 0xfff8; n++) {
        uint8_t next[2];
        g_assert_cmpuint(c, >=, 2);
        g_assert_false(d->used[c]);
        d->used[c] = 1;
        if (out) {
            g_byte_array_set_size(out, (n + 1) * d->cluster);
            get(d, d->data + (uint64_t)(c - 2) * d->cluster, out->data + (size_t)n * d->cluster, d->cluster);
        }
        get(d, d->fat + 2 * c, next, 2);
        c = get16(next);
    }
    return n;
}

static void check_folder(struct disk *d, const uint8_t *p, size_t bytes, unsigned depth)
{
    g_assert_cmpuint(depth, <, MAX_DEPTH);
    for (size_t at = 0; at < bytes && p[at]; at += ENTRY) {
        const uint8_t *e = p + at;
        uint32_t first = get16(e + 26), size = get32(e + 28);
        if (e[0] == 0xe5 || e[11] == 0x0f || (e[11] & 8) || e[0] == '.') /* deleted, of a long name, the label, itself */
            continue;
        if (e[11] & 0x10) {
            GByteArray *folder = g_byte_array_new();
            chain(d, first, folder);
            check_folder(d, folder->data, folder->len, depth + 1);
            g_byte_array_unref(folder);
        } else if (size) {
            g_assert_cmpuint(chain(d, first, NULL), ==, (size + d->cluster - 1) / d->cluster);
        } else {
            g_assert_cmpuint(first, ==, 0);
        }
    }
}

static void check_disk(struct block *b)
{
    struct disk d = { .b = b, .used = g_malloc0(CLUSTERS) };
    uint8_t s[SECTOR];

    get(&d, 0, s, SECTOR);
    uint64_t start = (uint64_t)get32(s + 0x1be + 8) * SECTOR;
    get(&d, start, s, SECTOR);
    g_assert_cmpuint(get16(s + 510), ==, 0xaa55);
    d.cluster = s[13] * SECTOR;
    d.root_entries = get16(s + 17);
    d.fat = start + get16(s + 14) * SECTOR;
    uint64_t at = d.fat + (uint64_t)s[16] * get16(s + 22) * SECTOR;
    d.data = at + d.root_entries * ENTRY;
    g_assert_cmpuint(d.root_entries * ENTRY, <=, sizeof(buf));
    g_autofree uint8_t *entries = g_malloc(d.root_entries * ENTRY);
    get(&d, at, entries, d.root_entries * ENTRY);
    check_folder(&d, entries, d.root_entries * ENTRY, 0);
    g_free(d.used);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    const struct node_options no = { .write_cache = true, .read_only = true };
    struct fuzz f = { data, size };
    bool changes = fuzz_u8(&f) & 1;
    g_autofree char *name = g_strconcat("fat:", root, NULL);

    clear_root();
    make_names(&f);
    struct block *b = vvfat_open(name, NULL, &no, NULL);
    if (b)
        check_disk(b);
    if (b && changes) { /* files go, and come again as others */
        clear_root();
        make_names(&f);
    }
    for (unsigned i = 0; b && i < 10; i++) {
        uint64_t at = (fuzz_u8(&f) & 1 ? fuzz_u32(&f) : fuzz_u16(&f) * 64) % b->size;
        size_t len = MIN(1 + fuzz_u32(&f) % sizeof(buf), b->size - at);
        struct extent e;
        if (fuzz_u8(&f) % 4)
            node_pread(b, at, buf, len);
        else
            node_status(b, at, len, &e);
    }
    if (b)
        block_node_unref(b);
    remove_root();
}
