/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine to a stream and back. The body is records, each a byte of kind and then
 *
 *   'o'  an object: name (16 bits of length, then that), length (32 bits) and its form (core/state.c)
 *   'r'  a block of memory: name, size (64 bits); pages of it follow
 *   'p'  pages: number of the first (64 bits), how many (32 bits), their bytes. Others are zero
 *   'd'  a disk: name, size; chunks of it follow
 *   'c'  a chunk: offset (64 bits), length (32 bits), its bytes. What lies between is zero
 *   'e'  the end
 *
 * objects in the order in which they were registered, then memory, then disks. A load goes over the file three times:
 * the checksum, then every record against this machine with nothing changed, then for good. Objects come first, and
 * what they were is kept until all have agreed.
 */
#include "snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "bus.h"
#include "clock.h"
#include "opts.h"
#include "state.h"
#include "stream.h"

#define RUN_PAGES 256          /* of one record */
#define CHUNK (64 * KiB)       /* of a disk */
#define OBJECT_MAX (16 * MiB)  /* bytes of one object */
#define NAME_MAX_BYTES 4096

const struct snapshot_disks *snapshot_disks;

/* -- The head -- */

static void add_line(const struct state_object *o, void *opaque)
{
    GString *s = opaque;

    g_string_append_printf(s, "%s: %s version=%u ", o->name, o->table->type, o->table->version);
    if (o->identity)
        o->identity(o->obj, s);
    if (o->table->identity)
        o->table->identity(o->obj, s);
    g_string_append_c(s, '\n');
}

/* What this machine is made of. */
static char *describe_machine(void)
{
    GString *s = g_string_new(NULL);

    state_foreach(add_line, s);
    for (const struct ram_block *b = ram_blocks; b; b = b->next)
        g_string_append_printf(s, "memory %s: %" PRIu64 " bytes\n", b->name, b->size);
    return g_string_free(s, FALSE);
}

static char *make_head(const char *tag, bool disks, const char *state, uint64_t objects)
{
    g_autofree char *machine = describe_machine();

    return g_strdup_printf("program=mynah " VERSION "\ntag=%s\ndate=%" PRId64 "\nclock=%" PRId64 "\nicount=%" PRIu64
                           "\nobjects=%" PRIu64 "\ndisks=%d\nstate=%s\n\n%s", tag, g_get_real_time() / 1000000,
                           clock_now(), icount.on ? clock_icount() : 0, objects, disks, state, machine);
}

void snapshot_info_clear(struct snapshot_info *i)
{
    g_free(i->tag);
    g_free(i->state);
    g_free(i->machine);
    *i = (struct snapshot_info){ 0 };
}

static void parse_line(struct snapshot_info *i, const char *key, const char *value)
{
    if (!strcmp(key, "tag")) {
        g_free(i->tag);
        i->tag = g_strdup(value);
    } else if (!strcmp(key, "date")) {
        i->date = g_ascii_strtoll(value, NULL, 10);
    } else if (!strcmp(key, "clock")) {
        i->clock = g_ascii_strtoll(value, NULL, 10);
    } else if (!strcmp(key, "icount")) {
        i->icount = g_ascii_strtoull(value, NULL, 10);
    } else if (!strcmp(key, "objects")) {
        i->objects = g_ascii_strtoull(value, NULL, 10);
    } else if (!strcmp(key, "disks")) {
        i->disks = !strcmp(value, "1");
    } else if (!strcmp(key, "state")) {
        g_free(i->state);
        i->state = g_strdup(value);
    }
}

static bool parse_head(const struct stream_reader *r, struct snapshot_info *i, GError **err)
{
    const char *head = stream_head(r), *gap = strstr(head, "\n\n");

    *i = (struct snapshot_info){ .bytes = stream_bytes(r), .tag = g_strdup(""), .state = g_strdup("") };
    if (!gap || !g_utf8_validate(head, -1, NULL)) {
        fail(err, "it is damaged: its head has no end");
        snapshot_info_clear(i);
        return false;
    }
    g_autofree char *text = g_strndup(head, gap - head);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        char *eq = strchr(*l, '=');
        if (eq) {
            *eq = 0;
            parse_line(i, *l, eq + 1);
        }
    }
    i->machine = g_strdup(gap + 2);
    return true;
}

bool snapshot_read_info(const char *path, struct snapshot_info *i, GError **err)
{
    struct stream_reader *r = stream_open(path, err);
    bool ok = r && parse_head(r, i, err);

    if (r)
        stream_close(r);
    return ok;
}

/* The part of a line that names what it is about. */
static size_t subject(const char *line)
{
    return strcspn(line, ":");
}

/* False with a message that names the first difference. */
static bool same_machine(const char *theirs, GError **err)
{
    g_autofree char *ours = describe_machine();
    g_auto(GStrv) a = g_strsplit(theirs, "\n", -1), b = g_strsplit(ours, "\n", -1);
    unsigned i = 0;

    while (a[i] && b[i] && !strcmp(a[i], b[i]))
        i++;
    if (!a[i] && !b[i])
        return true;
    const char *there = a[i] ? a[i] : "", *here = b[i] ? b[i] : "";
    if (*there && subject(there) == subject(here) && !strncmp(there, here, subject(here)))
        fail(err, "it is of another machine: '%s' there, '%s' here", there, here);
    else if (*there)
        fail(err, "it is of another machine: it has '%s'%s%s%s", there,
             *here ? " where this one has '" : ", this one not", here, *here ? "'" : "");
    else
        fail(err, "it is of another machine: it has no '%s'", here);
    return false;
}

/* -- Saving -- */

static void put(struct stream_writer *w, uint64_t v, unsigned bytes)
{
    v = GUINT64_TO_LE(v);
    stream_write(w, &v, bytes);
}

static void put_name(struct stream_writer *w, char kind, const char *name)
{
    put(w, (uint8_t)kind, 1);
    put(w, strlen(name), 2);
    stream_write(w, name, strlen(name));
}

static void keep_object(const struct state_object *o, void *opaque)
{
    GByteArray *a = g_byte_array_new();

    state_lock(o);
    state_put(o->table, o->obj, a);
    state_unlock(o);
    g_ptr_array_add(opaque, g_byte_array_free_to_bytes(a));
}

/* The forms of all objects as GBytes, in their order. */
static GPtrArray *keep_objects(void)
{
    GPtrArray *forms = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

    state_foreach(keep_object, forms);
    return forms;
}

struct object_writer {
    struct stream_writer *w;
    GPtrArray *forms;
    guint next;
};

static void write_object(const struct state_object *o, void *opaque)
{
    struct object_writer *ow = opaque;
    gsize len;
    const void *data = g_bytes_get_data(ow->forms->pdata[ow->next++], &len);

    put_name(ow->w, 'o', o->name);
    put(ow->w, len, 4);
    stream_write(ow->w, data, len);
}

static void write_pages(struct stream_writer *w, const struct ram_block *b, uint64_t start, uint64_t end)
{
    put(w, 'p', 1);
    put(w, start / PAGE_SIZE, 8);
    put(w, (end - start) / PAGE_SIZE, 4);
    stream_write(w, b->host + start, end - start);
}

static void write_block(struct stream_writer *w, const struct ram_block *b)
{
    struct ram_run run = { 0 };

    put_name(w, 'r', b->name);
    put(w, b->size, 8);
    while (ram_next_run(b, &run)) {
        for (uint64_t at = run.start, start; at < run.end;) {
            for (; at < run.end && ram_is_zero(b->host + at); at += PAGE_SIZE)
                ;
            for (start = at; at < run.end && at - start < RUN_PAGES * PAGE_SIZE && !ram_is_zero(b->host + at);)
                at += PAGE_SIZE;
            if (at > start)
                write_pages(w, b, start, at);
        }
    }
}

static bool is_zero(const uint8_t *p, size_t len)
{
    return !*p && !memcmp(p, p + 1, len - 1);
}

static bool write_disk(struct stream_writer *w, void *disk, GError **err)
{
    const struct snapshot_disks *d = snapshot_disks;
    g_autofree uint8_t *buf = g_malloc(CHUNK);
    uint64_t size = d->size(disk);

    put_name(w, 'd', d->name(disk));
    put(w, size, 8);
    for (uint64_t at = 0; at < size;) {
        uint64_t hole = d->hole(disk, at) / CHUNK * CHUNK;
        if (hole) {
            at += hole;
            continue;
        }
        size_t n = MIN(CHUNK, size - at);
        int r = d->read(disk, at, buf, n);
        if (r < 0) {
            fail(err, "cannot read drive '%s': %s", d->name(disk), g_strerror(-r));
            return false;
        }
        if (!is_zero(buf, n)) {
            put(w, 'c', 1);
            put(w, at, 8);
            put(w, n, 4);
            stream_write(w, buf, n);
        }
        at += n;
    }
    return true;
}

static bool write_disks(struct stream_writer *w, GError **err)
{
    void *disk = NULL;

    while (snapshot_disks && (disk = snapshot_disks->next(disk)))
        if (!write_disk(w, disk, err))
            return false;
    return true;
}

static bool flush_disks(GError **err)
{
    void *disk = NULL;

    while (snapshot_disks && (disk = snapshot_disks->next(disk))) {
        int r = snapshot_disks->flush(disk);
        if (r < 0) {
            fail(err, "cannot flush drive '%s': %s", snapshot_disks->name(disk), g_strerror(-r));
            return false;
        }
    }
    return true;
}

/* What a reader would refuse is not written. */
static bool fits(const char *what, const char *name, uint64_t bytes, GError **err)
{
    if (strlen(name) > NAME_MAX_BYTES)
        fail(err, "the name of %s '%.100s...' is too long", what, name);
    else if (bytes > OBJECT_MAX)
        fail(err, "the state of '%s' has %" PRIu64 " bytes: at most %" PRIu64 " can be saved", name, bytes,
             (uint64_t)OBJECT_MAX);
    else
        return true;
    return false;
}

struct fit_check {
    const GPtrArray *forms;
    guint next;
    bool ok;
    GError **err;
};

static void check_object(const struct state_object *o, void *opaque)
{
    struct fit_check *c = opaque;

    c->ok = c->ok && fits("object", o->name, g_bytes_get_size(c->forms->pdata[c->next++]), c->err);
}

static bool all_fit(const GPtrArray *forms, bool disks, GError **err)
{
    struct fit_check c = { forms, 0, true, err };
    void *disk = NULL;

    state_foreach(check_object, &c);
    for (const struct ram_block *b = ram_blocks; b && c.ok; b = b->next)
        c.ok = fits("memory", b->name, 0, err);
    while (c.ok && disks && snapshot_disks && (disk = snapshot_disks->next(disk)))
        c.ok = fits("drive", snapshot_disks->name(disk), 0, err);
    return c.ok;
}

static uint64_t total(const GPtrArray *forms)
{
    uint64_t n = 0;

    for (guint i = 0; i < forms->len; i++)
        n += g_bytes_get_size(forms->pdata[i]);
    return n;
}

bool snapshot_save(const char *path, const char *tag, bool disks, const char *state, GError **err)
{
    bool ok = true;

    state_settle_all();
    g_autoptr(GPtrArray) forms = keep_objects();
    g_autofree char *head = make_head(tag, disks, state, total(forms));
    struct stream_writer *w = all_fit(forms, disks, err) ? stream_create(path, head, err) : NULL;
    struct object_writer ow = { w, forms, 0 };
    if (w) {
        state_foreach(write_object, &ow);
        for (const struct ram_block *b = ram_blocks; b; b = b->next)
            write_block(w, b);
        ok = disks ? write_disks(w, err) : flush_disks(err);
        put(w, 'e', 1);
        ok = stream_finish(w, ok, err);
    }
    state_resume_all(false);
    return w && ok;
}

/* -- Loading: records -- */

struct loading {
    struct stream_reader *r;
    bool set;         /* the last time over the file */
    bool disks;
    GPtrArray *forms; /* of the objects, gathered while !set */
    GError **err;
    uint8_t *buf;     /* RUN_PAGES pages */
};

static bool get(struct loading *l, uint64_t *v, unsigned bytes)
{
    *v = 0;
    if (!stream_read(l->r, v, bytes, l->err))
        return false;
    *v = GUINT64_FROM_LE(*v);
    return true;
}

static bool damaged(struct loading *l, const char *what)
{
    fail(l->err, "it is damaged: %s", what);
    return false;
}

/* The rest of a record's head, whose kind was read already: it is to be of this kind, and have this name. */
static bool get_name(struct loading *l, uint64_t kind, char expected, const char *name)
{
    char text[NAME_MAX_BYTES];
    uint64_t len;

    if (kind != (uint8_t)expected)
        return damaged(l, "a record is not in its place");
    if (!get(l, &len, 2))
        return false;
    if (len != strlen(name) || len > sizeof(text))
        return damaged(l, "a record is not in its place");
    if (!stream_read(l->r, text, len, l->err))
        return false;
    return !memcmp(text, name, len) || damaged(l, "a record is not in its place");
}

/* -- Loading: objects -- */

struct object_reader {
    struct loading *l;
    bool ok;
};

static void read_object(const struct state_object *o, void *opaque)
{
    struct object_reader *or = opaque;
    struct loading *l = or->l;
    uint64_t kind, len;
    unsigned version;

    if (!or->ok || !(or->ok = get(l, &kind, 1) && get_name(l, kind, 'o', o->name) && get(l, &len, 4)))
        return;
    if (len > OBJECT_MAX) {
        or->ok = damaged(l, "an object is too large");
        return;
    }
    uint8_t *data = g_malloc(MAX(len, 1));
    or->ok = stream_read(l->r, data, len, l->err);
    if (or->ok && !l->set) {
        state_lock(o);
        or->ok = state_take(o->table, o->obj, data, len, false, &version, l->err);
        state_unlock(o);
        if (or->ok) {
            g_ptr_array_add(l->forms, g_bytes_new_take(data, len));
            return;
        }
        g_prefix_error(l->err, "%s: ", o->name);
    }
    g_free(data);
}

static bool read_objects(struct loading *l)
{
    struct object_reader or = { l, true };

    state_foreach(read_object, &or);
    return or.ok;
}

struct object_setter {
    GPtrArray *forms;
    guint next;
    bool hooks; /* the second time over them */
    bool ok;
    GError **err;
};

static void set_object(const struct state_object *o, void *opaque)
{
    struct object_setter *s = opaque;
    gsize len;
    const uint8_t *data = g_bytes_get_data(s->forms->pdata[s->next++], &len);
    unsigned version;

    if (!s->ok)
        return;
    state_lock(o);
    if (!s->hooks) {
        s->ok = state_take(o->table, o->obj, data, len, true, &version, s->err);
    } else if (o->table->loaded) {
        uint32_t v;
        memcpy(&v, data, sizeof(v));
        s->ok = o->table->loaded(o->obj, GUINT32_FROM_LE(v), s->err);
    }
    state_unlock(o);
    if (!s->ok)
        g_prefix_error(s->err, "%s: ", o->name);
}

static bool set_objects(GPtrArray *forms, GError **err)
{
    struct object_setter s = { forms, 0, false, true, err };

    state_foreach(set_object, &s);
    s.next = 0;
    s.hooks = true;
    state_foreach(set_object, &s);
    return s.ok;
}

/* All objects as forms says, or all as they were. */
static bool set_objects_or_none(GPtrArray *forms, GError **err)
{
    g_autoptr(GPtrArray) before = keep_objects();
    GError *again = NULL;

    if (set_objects(forms, err))
        return true;
    if (!set_objects(before, &again))
        g_error("the machine's own state is refused: %s", again->message);
    return false;
}

/* -- Loading: memory -- */

/* Nothing was there before, or it is made so. Pages that are zero stay as they are. */
static void clear_pages(struct ram_block *b, uint64_t start, uint64_t end)
{
    uint64_t at = start;

    while (at < end && ram_is_zero(b->host + at))
        at += PAGE_SIZE;
    ram_clear(b, at, end);
}

static bool take_pages(struct loading *l, struct ram_block *b, uint64_t *done)
{
    uint64_t first, n;

    if (!get(l, &first, 8) || !get(l, &n, 4))
        return false;
    if (n == 0 || n > RUN_PAGES || first < *done || first > b->size / PAGE_SIZE || n > b->size / PAGE_SIZE - first)
        return damaged(l, "pages are not in their place");
    if (l->set)
        clear_pages(b, *done * PAGE_SIZE, first * PAGE_SIZE);
    *done = first + n;
    return stream_read(l->r, l->set ? b->host + first * PAGE_SIZE : l->buf, n * PAGE_SIZE, l->err);
}

/* Records of a kind up to the next of another, which is left in *kind. */
static bool read_block(struct loading *l, struct ram_block *b, uint64_t *kind)
{
    uint64_t size, done = 0;

    if (!get(l, &size, 8))
        return false;
    if (size != b->size)
        return damaged(l, "a block of memory has another size");
    while (get(l, kind, 1)) {
        if (*kind == 'p') {
            if (!take_pages(l, b, &done))
                return false;
            continue;
        }
        if (l->set)
            clear_pages(b, done * PAGE_SIZE, b->size);
        return true;
    }
    return false;
}

/* -- Loading: disks -- */

static bool disk_failed(struct loading *l, void *disk, int r)
{
    fail(l->err, "drive '%s': %s", snapshot_disks->name(disk), g_strerror(-r));
    return false;
}

/* Bytes of a disk become data (NULL: zero). Those that are right are not written. */
static bool set_chunk(struct loading *l, void *disk, uint64_t at, const uint8_t *data, size_t len)
{
    static const uint8_t zeroes[CHUNK];
    g_autofree uint8_t *now = g_malloc(CHUNK);
    int r;

    if (!data)
        data = zeroes;
    if ((r = snapshot_disks->read(disk, at, now, len)) < 0)
        return disk_failed(l, disk, r);
    if (!memcmp(now, data, len))
        return true;
    r = snapshot_disks->write(disk, at, data, len);
    return r < 0 ? disk_failed(l, disk, r) : true;
}

static bool clear_disk(struct loading *l, void *disk, uint64_t at, uint64_t end)
{
    while (at < end) {
        uint64_t hole = snapshot_disks->hole(disk, at) / CHUNK * CHUNK;
        size_t n = MIN(CHUNK, end - at);
        if (!hole && !set_chunk(l, disk, at, NULL, n))
            return false;
        at += hole ? MIN(hole, end - at) : n;
    }
    return true;
}

static bool take_chunk(struct loading *l, void *disk, uint64_t size, uint64_t *done)
{
    uint64_t at, len;

    if (!get(l, &at, 8) || !get(l, &len, 4))
        return false;
    if (len == 0 || len > CHUNK || at % CHUNK || at < *done || at > size || len > size - at ||
        (len != CHUNK && at + len != size))
        return damaged(l, "a part of a disk is not in its place");
    if (!stream_read(l->r, l->buf, len, l->err))
        return false;
    if (l->set && (!clear_disk(l, disk, *done, at) || !set_chunk(l, disk, at, l->buf, len)))
        return false;
    *done = at + len;
    return true;
}

static bool read_disk(struct loading *l, void *disk, uint64_t *kind)
{
    uint64_t size, done = 0;

    if (!get(l, &size, 8))
        return false;
    if (size != snapshot_disks->size(disk)) {
        fail(l->err, "drive '%s' has %" PRIu64 " bytes there, %" PRIu64 " here", snapshot_disks->name(disk), size,
             snapshot_disks->size(disk));
        return false;
    }
    while (get(l, kind, 1)) {
        if (*kind == 'c') {
            if (!take_chunk(l, disk, size, &done))
                return false;
            continue;
        }
        if (!l->set)
            return true;
        if (!clear_disk(l, disk, done, size))
            return false;
        int r = snapshot_disks->flush(disk);
        return r < 0 ? disk_failed(l, disk, r) : true;
    }
    return false;
}

/* -- Loading: all of it -- */

static bool read_records(struct loading *l)
{
    void *disk = NULL;
    uint64_t kind;

    stream_rewind(l->r);
    if (!read_objects(l) || !get(l, &kind, 1))
        return false;
    for (struct ram_block *b = ram_blocks; b; b = b->next)
        if (!get_name(l, kind, 'r', b->name) || !read_block(l, b, &kind))
            return false;
    while (l->disks && snapshot_disks && (disk = snapshot_disks->next(disk)))
        if (!get_name(l, kind, 'd', snapshot_disks->name(disk)) || !read_disk(l, disk, &kind))
            return false;
    if (kind == 'd') {
        fail(l->err, "it has a disk that this machine has not");
        return false;
    }
    return (kind == 'e' || damaged(l, "a record is not in its place")) && stream_at_end(l->r, l->err);
}

static bool apply(struct loading *l, bool *harmed)
{
    if (!set_objects_or_none(l->forms, l->err))
        return false;
    *harmed = true;
    l->set = true;
    bool ok = read_records(l);
    for (const struct ram_block *b = ram_blocks; b; b = b->next)
        bus_ram_written(b->host, b->size);
    *harmed = !ok;
    return ok;
}

bool snapshot_load(const char *path, struct snapshot_info *i, bool *harmed, GError **err)
{
    struct stream_reader *r = stream_open(path, err);
    struct loading l = { .r = r, .err = err };

    *harmed = false;
    *i = (struct snapshot_info){ 0 };
    if (!r)
        return false;
    l.forms = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    l.buf = g_malloc(RUN_PAGES * PAGE_SIZE);
    bool ok = parse_head(r, i, err);
    l.disks = i->disks;
    ok = ok && stream_verify(r, err) && same_machine(i->machine, err) && read_records(&l);
    if (ok) {
        state_settle_all();
        ok = apply(&l, harmed);
        state_resume_all(ok || *harmed);
    }
    g_ptr_array_unref(l.forms);
    g_free(l.buf);
    stream_close(r);
    return ok;
}
