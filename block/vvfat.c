/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "vvfat" node: a folder of the host as a disk with one partition that has a FAT16 file system. Manual: Microsoft's
 * "FAT: General Overview of On-Disk Format" 1.03. Tables and folders are made when it is opened; files are read from
 * the host when the guest reads them, and one that has become shorter goes on with zeroes. Links and what is neither
 * file nor folder are left out. Not modelled: writing, FAT12, FAT32, floppies.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node.h"

#define SECTOR 512
#define HEADS 16
#define TRACK 63
#define SECTORS (1024u * HEADS * TRACK) /* of the disk */
#define PART TRACK                      /* the partition's first */
#define CLUSTER_SECTORS 16
#define CLUSTER (CLUSTER_SECTORS * SECTOR)
#define FAT_SECTORS 252
#define ROOT_ENTRIES 512
#define ENTRY 32 /* bytes */
#define FAT_AT ((PART + 1) * SECTOR)
#define ROOT_AT (FAT_AT + 2 * FAT_SECTORS * SECTOR)
#define DATA_AT (ROOT_AT + ROOT_ENTRIES * ENTRY)
#define FIRST_CLUSTER 2u
#define END_CLUSTER (FIRST_CLUSTER + (SECTORS - DATA_AT / SECTOR) / CLUSTER_SECTORS)
#define LAST_OF_FILE 0xffff
#define DEPTH 32 /* of folders */
#define LFN_UNITS 13 /* of UTF-16, in an entry of a long name */

enum { ATTR_LABEL = 0x08, ATTR_FOLDER = 0x10, ATTR_ARCHIVE = 0x20, ATTR_LFN = 0x0f };

/* Clusters of a file or of a folder, in a row. */
struct place {
    uint32_t first, count;
    char *path;        /* of a file, within the folder; NULL: */
    GByteArray *bytes; /* of a folder */
};

struct vvfat {
    int dir;
    uint8_t *head;    /* all before the data */
    GArray *places;   /* by first */
    uint32_t next;    /* cluster that is free, with all behind it */
    GMutex lock;      /* guards: */
    int fd;           /* the file read last; -1: none */
    uint32_t fd_of;   /* its first cluster */
};

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = v;
    p[1] = v >> 8;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

/* -- Names -- */

/* What a folder has. */
struct name {
    char *name;
    uint8_t short_name[11];
    gunichar2 *utf16; /* NULL: the short name says all */
    glong units;
    struct stat st;
};

static void free_name(gpointer opaque)
{
    struct name *n = opaque;

    g_free(n->name);
    g_free(n->utf16);
    g_free(n);
}

/* Characters of short names, in capitals; false: some of the text is not in it. */
static bool put_short(uint8_t *out, unsigned room, const char *text, size_t len)
{
    unsigned n = 0;
    bool whole = true;

    for (; len > 0; text++, len--) {
        bool plain = g_ascii_isalnum(*text) || (*text && strchr("$%'-_@~`!(){}^#&", *text));
        if (n == room || *text == ' ' || *text == '.') {
            whole = false;
            continue;
        }
        whole &= plain;
        out[n++] = plain ? g_ascii_toupper(*text) : '_';
    }
    return whole;
}

/* A short name that no other has in the folder. */
static void choose_short(struct name *n, GHashTable *taken)
{
    const char *dot = strrchr(n->name, '.');
    size_t base = dot && dot != n->name ? (size_t)(dot - n->name) : strlen(n->name);
    g_autofree char *key = NULL;
    bool whole;

    memset(n->short_name, ' ', sizeof(n->short_name));
    whole = put_short(n->short_name, 8, n->name, base);
    if (n->name[base])
        whole = put_short(n->short_name + 8, 3, n->name + base + 1, strlen(n->name + base + 1)) && whole;
    for (unsigned i = 1; !whole || g_hash_table_contains(taken, key = g_strndup((char *)n->short_name, 11)); i++) {
        g_autofree char *tail = g_strdup_printf("~%u", i);
        unsigned at = 8 - strlen(tail);
        while (at > 0 && n->short_name[at - 1] == ' ')
            at--;
        for (unsigned k = 0; k < at; k++) /* a tail from before goes */
            if (i > 1 && n->short_name[k] == '~' && g_ascii_isdigit(n->short_name[k + 1]))
                at = k;
        memcpy(n->short_name + at, tail, strlen(tail));
        whole = true;
        g_clear_pointer(&key, g_free);
    }
    g_hash_table_add(taken, g_steal_pointer(&key));
    n->utf16 = NULL;
    g_autofree char *valid = g_utf8_make_valid(n->name, -1);
    g_autofree char *plain = g_strndup((char *)n->short_name, 8), *extension = g_strndup((char *)n->short_name + 8, 3);
    g_autofree char *shown = g_strconcat(g_strchomp(plain), *g_strchomp(extension) ? "." : "", extension, NULL);
    if (strcmp(shown, n->name))
        n->utf16 = g_utf8_to_utf16(valid, -1, NULL, &n->units, NULL);
}

static unsigned entries_of(const struct name *n)
{
    return 1 + (n->utf16 ? (n->units + LFN_UNITS - 1) / LFN_UNITS : 0);
}

/* -- Folders -- */

static void put_time(uint8_t *e, const struct stat *st)
{
    struct tm tm;
    time_t t = st->st_mtime;

    if (!localtime_r(&t, &tm) || tm.tm_year < 80 || tm.tm_year > 207)
        return;
    put16(e + 22, tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
    put16(e + 24, (tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday);
    memcpy(e + 14, e + 22, 4);
    memcpy(e + 18, e + 24, 2);
}

static void put_entry(GByteArray *out, const uint8_t name[11], uint8_t attributes, const struct stat *st,
                      uint32_t cluster, uint32_t size)
{
    uint8_t e[ENTRY] = { 0 };

    memcpy(e, name, 11);
    e[11] = attributes;
    if (st)
        put_time(e, st);
    put16(e + 26, cluster);
    put32(e + 28, size);
    g_byte_array_append(out, e, sizeof(e));
}

/* The entries of a long name, the last part first. */
static void put_long(GByteArray *out, const struct name *n)
{
    static const uint8_t places[LFN_UNITS] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
    unsigned parts = entries_of(n) - 1;
    uint8_t sum = 0;

    for (unsigned i = 0; i < 11; i++)
        sum = (sum << 7 | sum >> 1) + n->short_name[i];
    for (unsigned part = parts; part > 0; part--) {
        uint8_t e[ENTRY] = { part | (part == parts ? 0x40 : 0), [11] = ATTR_LFN, [13] = sum };
        for (unsigned i = 0; i < LFN_UNITS; i++) {
            glong at = (part - 1) * LFN_UNITS + i;
            put16(e + places[i], at < n->units ? n->utf16[at] : at == n->units ? 0 : 0xffff);
        }
        g_byte_array_append(out, e, sizeof(e));
    }
}

/* Clusters in a row for so many bytes; 0 without a message: there are none. */
static uint32_t allocate(struct vvfat *v, uint64_t bytes, struct place *p)
{
    uint64_t count = (bytes + CLUSTER - 1) / CLUSTER;

    if (count > END_CLUSTER - v->next)
        return 0;
    *p = (struct place){ .first = v->next, .count = count };
    for (uint32_t i = 0; i < count; i++)
        put16(v->head + FAT_AT + 2 * (v->next + i), i + 1 < count ? v->next + i + 1 : LAST_OF_FILE);
    v->next += count;
    return p->first;
}

/* What a folder has, by name; NULL with a message. */
static GPtrArray *list(int dir, const char *path, GError **err)
{
    int fd = openat(dir, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    GPtrArray *names = g_ptr_array_new_with_free_func(free_name);
    struct dirent *e;

    if (!d) {
        fail(err, "vvfat: '%s': %s", path, g_strerror(errno));
        if (fd >= 0)
            close(fd);
        g_ptr_array_unref(names);
        return NULL;
    }
    while ((e = readdir(d))) {
        struct name *n = g_new0(struct name, 1);
        n->name = g_strdup(e->d_name);
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
            fstatat(fd, e->d_name, &n->st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !(S_ISREG(n->st.st_mode) || S_ISDIR(n->st.st_mode)))
            free_name(n);
        else
            g_ptr_array_add(names, n);
    }
    closedir(d);
    return names;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(struct name *const *)a)->name, (*(struct name *const *)b)->name);
}

static bool add_folder(struct vvfat *v, const char *path, const struct stat *st, uint32_t parent, unsigned depth,
                       uint32_t *first, GError **err);

static bool add_name(struct vvfat *v, const char *path, const struct name *n, uint32_t folder, unsigned depth,
                     GByteArray *out, GError **err)
{
    g_autofree char *whole = *path ? g_build_filename(path, n->name, NULL) : g_strdup(n->name);
    bool is_folder = S_ISDIR(n->st.st_mode);
    uint32_t first = 0;
    struct place p;

    if (is_folder) {
        if (!add_folder(v, whole, &n->st, folder, depth + 1, &first, err))
            return false;
    } else if (n->st.st_size > 0) {
        first = allocate(v, n->st.st_size, &p);
        p.path = g_strdup(whole);
        if (!first) {
            g_free(p.path);
            fail(err, "vvfat: Directory does not fit in FAT16 (capacity 504.00 MB)");
            return false;
        }
        g_array_append_val(v->places, p);
    }
    if (n->utf16)
        put_long(out, n);
    put_entry(out, n->short_name, is_folder ? ATTR_FOLDER : ATTR_ARCHIVE, &n->st, first,
              is_folder ? 0 : n->st.st_size);
    return true;
}

/* A folder and all in it. path "": the root, which has a place of its own and no st. */
static bool add_folder(struct vvfat *v, const char *path, const struct stat *st, uint32_t parent, unsigned depth,
                       uint32_t *first, GError **err)
{
    static const uint8_t here[11] = ".          ", above[11] = "..         ", label[11] = "QEMU VVFAT ";
    g_autoptr(GPtrArray) names = depth < DEPTH ? list(v->dir, path, err) : NULL;
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GByteArray) out = g_byte_array_new();
    unsigned entries = *path ? 2 : 1;
    struct place p;

    if (!names) {
        if (depth >= DEPTH)
            fail(err, "vvfat: '%s': expected folders within at most %u others", path, DEPTH);
        return false;
    }
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        choose_short(names->pdata[i], taken);
        entries += entries_of(names->pdata[i]);
    }
    *first = 0;
    if (!*path) {
        if (entries > ROOT_ENTRIES) {
            fail(err, "vvfat: Too many entries in root directory");
            return false;
        }
        put_entry(out, label, ATTR_LABEL | ATTR_ARCHIVE, NULL, 0, 0);
    } else {
        if (!(*first = allocate(v, entries * ENTRY, &p))) {
            fail(err, "vvfat: Directory does not fit in FAT16 (capacity 504.00 MB)");
            return false;
        }
        p.bytes = g_byte_array_ref(out);
        g_array_append_val(v->places, p);
        put_entry(out, here, ATTR_FOLDER, st, *first, 0);
        put_entry(out, above, ATTR_FOLDER, st, parent, 0);
    }
    for (guint i = 0; i < names->len; i++)
        if (!add_name(v, path, names->pdata[i], *first, depth, out, err))
            return false;
    if (!*path)
        memcpy(v->head + ROOT_AT, out->data, out->len);
    return true;
}

/* -- The disk -- */

static void make_head(struct vvfat *v)
{
    uint8_t *mbr = v->head, *part = mbr + 446, *boot = v->head + PART * SECTOR;

    put32(mbr + 440, 0xbe1afdfa);
    put32(part, 0x00010180); /* active; first head, track and sector */
    put32(part + 4, 0xffff0f06); /* FAT16 of more than 32 MiB; the last */
    put32(part + 8, PART);
    put32(part + 12, SECTORS - PART);
    put16(mbr + 510, 0xaa55);
    memcpy(boot, "\xeb\x3e\x90" "MSWIN4.1", 11);
    put16(boot + 11, SECTOR);
    boot[13] = CLUSTER_SECTORS;
    put16(boot + 14, 1); /* sectors before the tables */
    boot[16] = 2;
    put16(boot + 17, ROOT_ENTRIES);
    boot[21] = 0xf8;
    put16(boot + 22, FAT_SECTORS);
    put16(boot + 24, TRACK);
    put16(boot + 26, HEADS);
    put32(boot + 28, PART);
    put32(boot + 32, SECTORS - PART);
    boot[36] = 0x80;
    boot[38] = 0x29; /* what follows is there */
    put32(boot + 39, 0xfabe1afd);
    memcpy(boot + 43, "QEMU VVFAT FAT16   ", 19);
    put16(boot + 510, 0xaa55);
    put16(v->head + FAT_AT, 0xfff8);
    put16(v->head + FAT_AT + 2, LAST_OF_FILE);
}

/* The place that has a cluster, or the first behind it; NULL: nothing is there. */
static struct place *find(struct vvfat *v, uint32_t cluster)
{
    guint low = 0, high = v->places->len;

    while (low < high) {
        guint mid = (low + high) / 2;
        struct place *p = &g_array_index(v->places, struct place, mid);
        if (p->first + p->count <= cluster)
            low = mid + 1;
        else
            high = mid;
    }
    return low < v->places->len ? &g_array_index(v->places, struct place, low) : NULL;
}

/* Bytes of a file, and zeroes behind its end. */
static int read_file(struct vvfat *v, const struct place *p, uint64_t at, uint8_t *out, size_t len)
{
    int e = 0;

    g_mutex_lock(&v->lock);
    if (v->fd < 0 || v->fd_of != p->first) {
        if (v->fd >= 0)
            close(v->fd);
        v->fd = openat(v->dir, p->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        v->fd_of = p->first;
        e = v->fd < 0 ? errno : 0;
    }
    while (e == 0 && len > 0) {
        ssize_t n = pread(v->fd, out, len, at);
        if (n == 0)
            break;
        e = n < 0 && errno != EINTR ? errno : 0;
        n = MAX(n, 0);
        out += n;
        at += n;
        len -= n;
    }
    g_mutex_unlock(&v->lock);
    memset(out, 0, len);
    return -e;
}

/* The largest piece from offset on that lies in one place; place NULL: it is in none. */
static size_t piece(struct vvfat *v, uint64_t offset, size_t len, struct place **place, uint64_t *at)
{
    uint32_t cluster = MIN(FIRST_CLUSTER + (offset - DATA_AT) / CLUSTER, END_CLUSTER); /* reads may go beyond the end */
    struct place *p = find(v, cluster);
    uint64_t start = p ? DATA_AT + (uint64_t)(p->first - FIRST_CLUSTER) * CLUSTER : UINT64_MAX;

    *place = p && start <= offset ? p : NULL;
    *at = *place ? offset - start : 0;
    return MIN(len, *place ? (uint64_t)p->count * CLUSTER - *at : start - offset);
}

static int read_bytes(struct vvfat *v, uint64_t offset, uint8_t *out, size_t len)
{
    while (len > 0) {
        size_t n = len;
        int r = 0;
        if (offset < DATA_AT) {
            n = MIN(len, DATA_AT - offset);
            memcpy(out, v->head + offset, n);
        } else {
            struct place *p;
            uint64_t at;
            n = piece(v, offset, len, &p, &at);
            if (p && p->path) {
                r = read_file(v, p, at, out, n);
            } else {
                size_t there = p && at < p->bytes->len ? MIN(n, p->bytes->len - at) : 0;
                if (there > 0)
                    memcpy(out, p->bytes->data + at, there);
                memset(out + there, 0, n - there);
            }
        }
        if (r < 0)
            return r;
        out += n;
        offset += n;
        len -= n;
    }
    return 0;
}

static int vvfat_read(struct block *b, uint64_t offset, const struct iovec *iov, unsigned niov, size_t len)
{
    int r = 0;

    for (unsigned i = 0; i < niov && r == 0; i++) {
        r = read_bytes(b->state, offset, iov[i].iov_base, iov[i].iov_len);
        offset += iov[i].iov_len;
    }
    return r;
}

static int vvfat_status(struct block *b, uint64_t offset, uint64_t len, struct extent *e)
{
    struct place *p = NULL;
    uint64_t at;

    e->flags = EXTENT_ALLOCATED | EXTENT_DATA;
    e->len = offset < DATA_AT ? MIN(len, DATA_AT - offset) : piece(b->state, offset, len, &p, &at);
    if (offset >= DATA_AT && !p)
        e->flags = EXTENT_ALLOCATED | EXTENT_ZERO;
    return 0;
}

static void vvfat_free(struct vvfat *v)
{
    for (guint i = 0; i < v->places->len; i++) {
        struct place *p = &g_array_index(v->places, struct place, i);
        g_free(p->path);
        if (p->bytes)
            g_byte_array_unref(p->bytes);
    }
    g_array_free(v->places, TRUE);
    g_free(v->head);
    if (v->fd >= 0)
        close(v->fd);
    if (v->dir >= 0)
        close(v->dir);
    g_mutex_clear(&v->lock);
    g_free(v);
}

static void vvfat_close(struct block *b)
{
    vvfat_free(b->state);
}

static const struct block_driver driver_vvfat = {
    .name = "vvfat",
    .protocol = true,
    .read = vvfat_read,
    .status = vvfat_status,
    .close = vvfat_close,
};

bool is_vvfat(const char *name)
{
    return g_str_has_prefix(name, "fat:");
}

struct block *vvfat_open(const char *name, const char *node, const struct node_options *no, GError **err)
{
    const char *folder = is_vvfat(name) ? name + strlen("fat:") : name;
    static const char *const others[] = { "rw:", "floppy:", "12:", "32:" };
    struct node_options opened = *no;
    uint32_t first;

    for (unsigned i = 0; is_vvfat(name) && i < ARRAY_SIZE(others); i++) {
        if (g_str_has_prefix(folder, others[i])) {
            fail(err, "'%s': mynah does not yet have this; expected fat:FOLDER", name);
            return NULL;
        }
    }
    if (is_vvfat(name) && g_str_has_prefix(folder, "16:"))
        folder += strlen("16:");
    if (!no->read_only && !no->auto_read_only) {
        fail(err, "'%s': mynah only lets it be read; expected readonly=on", name);
        return NULL;
    }
    struct vvfat *v = g_new0(struct vvfat, 1);
    g_mutex_init(&v->lock);
    v->fd = -1;
    v->next = FIRST_CLUSTER;
    v->places = g_array_new(FALSE, FALSE, sizeof(struct place));
    v->head = g_malloc0(DATA_AT);
    make_head(v);
    v->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->dir < 0)
        fail(err, "'%s': %s", folder, g_strerror(errno));
    struct block *b = NULL;
    if (v->dir >= 0 && add_folder(v, "", NULL, 0, 0, &first, err))
        b = block_node_new(&driver_vvfat, node, &opened, err);
    if (!b) {
        vvfat_free(v);
        return NULL;
    }
    memcpy(v->head + FAT_AT + FAT_SECTORS * SECTOR, v->head + FAT_AT, FAT_SECTORS * SECTOR);
    b->state = v;
    b->size = (uint64_t)SECTORS * SECTOR;
    b->read_only = true;
    b->filename = is_vvfat(name) ? g_strdup(name) : g_strconcat("fat:", name, NULL);
    return b;
}
