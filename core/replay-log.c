/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a recording: a head, then records. A record is its body's length, the body, and a checksum of both and of
 * every record before, so that none can be missing, moved or damaged unseen. Numbers in a body are of 7 bits a byte,
 * low ones first, the last byte without its top bit. Times are differences to the record before that has one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "log.h"
#include "opts.h"
#include "replay-log.h"

#define MAGIC "MynahRR\n"
#define VERSION_NUMBER 1
#define HEAD_BYTES 16                   /* magic, version and zeroes, little-endian */
#define BODY_MAX (INPUT_MAX + 64 * KiB) /* no sound record is longer */
#define BUFFER_BYTES (64 * KiB)
#define FLUSH_US 1000000 /* at most this old is what a killed recording lacks, as long as inputs come */

static struct {
    FILE *f;
    char *name;
    uint32_t sum;
    struct replay_time last;
    gint64 flushed; /* monotonic us */
    bool failed;
} file;

/* -- The head -- */

static bool fail_file(const char *what, int error, GError **err)
{
    fail(err, "rrfile=%s: %s%s%s", file.name, what, error ? ": " : "", error ? g_strerror(error) : "");
    if (file.f)
        fclose(file.f);
    file.f = NULL;
    return false;
}

static void begin(const char *name)
{
    file.name = g_strdup(name);
    file.sum = (uint32_t)crc32(0, NULL, 0);
    file.last = (struct replay_time){ 0 };
}

bool replay_log_create(const char *name, GError **err)
{
    uint8_t head[HEAD_BYTES] = MAGIC;

    head[8] = VERSION_NUMBER;
    begin(name);
    file.f = fopen(name, "wbe");
    if (!file.f)
        return fail_file("cannot create it", errno, err);
    setvbuf(file.f, NULL, _IOFBF, BUFFER_BYTES);
    if (fwrite(head, sizeof(head), 1, file.f) != 1)
        return fail_file("cannot write to it", errno, err);
    return true;
}

bool replay_log_open(const char *name, GError **err)
{
    uint8_t head[HEAD_BYTES];

    begin(name);
    file.f = fopen(name, "rbe");
    if (!file.f)
        return fail_file("cannot open it", errno, err);
    setvbuf(file.f, NULL, _IOFBF, BUFFER_BYTES);
    if (fread(head, sizeof(head), 1, file.f) != 1 || memcmp(head, MAGIC, 8))
        return fail_file("it is no recording", 0, err);
    if (head[8] != VERSION_NUMBER || head[9] || head[10] || head[11])
        return fail_file("it was recorded by another version of mynah, which writes other logs", 0, err);
    return true;
}

/* -- Writing -- */

static void put(GByteArray *out, uint64_t v)
{
    uint8_t b[10];
    unsigned n = 0;

    for (; v >= 0x80; v >>= 7)
        b[n++] = (uint8_t)v | 0x80;
    b[n++] = (uint8_t)v;
    g_byte_array_append(out, b, n);
}

static void put_time(GByteArray *out, struct replay_time when)
{
    put(out, when.count - file.last.count);
    put(out, (uint64_t)(when.ns - file.last.ns));
    file.last = when;
}

static GByteArray *body_of(const struct replay_record *r)
{
    GByteArray *out = g_byte_array_new();

    put(out, r->type);
    if (r->type != REPLAY_BEGIN && r->type != REPLAY_END)
        put(out, r->id);
    if (r->type == REPLAY_EVENT || r->type == REPLAY_VALUE || r->type == REPLAY_END)
        put_time(out, r->when);
    if (r->type == REPLAY_EVENT)
        put(out, r->code);
    if (r->type == REPLAY_EVENT || r->type == REPLAY_RARE)
        put(out, r->key);
    if (r->len)
        g_byte_array_append(out, r->data, (guint)r->len);
    return out;
}

static void to_le32(uint8_t *b, uint32_t v)
{
    v = GUINT32_TO_LE(v);
    memcpy(b, &v, 4);
}

static uint32_t from_le32(const uint8_t *b)
{
    uint32_t v;

    memcpy(&v, b, 4);
    return GUINT32_FROM_LE(v);
}

static void sum_up(const uint8_t *len, const uint8_t *body, size_t n)
{
    file.sum = (uint32_t)crc32(file.sum, len, 4);
    file.sum = (uint32_t)crc32(file.sum, body, (uInt)n);
}

void replay_log_write(const struct replay_record *r)
{
    gint64 now = g_get_monotonic_time();
    uint8_t len[4], sum[4];

    if (file.failed || !file.f)
        return;
    g_autoptr(GByteArray) body = body_of(r);
    to_le32(len, body->len);
    sum_up(len, body->data, body->len);
    to_le32(sum, file.sum);
    bool ok = fwrite(len, 4, 1, file.f) == 1 && fwrite(body->data, body->len, 1, file.f) == 1 &&
              fwrite(sum, 4, 1, file.f) == 1;
    if (ok && now - file.flushed > FLUSH_US) {
        file.flushed = now;
        ok = fflush(file.f) == 0;
    }
    if (!ok) {
        file.failed = true;
        log_printf("mynah: rrfile=%s: cannot write to it: %s; the recording ends here\n", file.name, g_strerror(errno));
    }
}

/* -- Reading; the file is not trusted -- */

struct cursor {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t get(struct cursor *c)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (c->at == c->end)
            break;
        uint8_t b = *c->at++;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return v;
    }
    c->bad = true;
    return 0;
}

static void get_time(struct cursor *c, struct replay_time *when)
{
    uint64_t count = get(c), ns = get(c);

    c->bad |= count > INT64_MAX - file.last.count || ns > (uint64_t)(INT64_MAX - file.last.ns);
    if (c->bad)
        return;
    file.last.count += count;
    file.last.ns += (int64_t)ns;
    *when = file.last;
}

/* NULL if it is none. */
static struct replay_record *parse(const uint8_t *body, size_t n)
{
    struct cursor c = { body, body + n, false };
    struct replay_record r = { .type = (enum replay_type)get(&c) };

    if (r.type < REPLAY_SOURCE || r.type > REPLAY_END)
        return NULL;
    if (r.type != REPLAY_BEGIN && r.type != REPLAY_END)
        r.id = (unsigned)get(&c);
    if (r.type == REPLAY_EVENT || r.type == REPLAY_VALUE || r.type == REPLAY_END)
        get_time(&c, &r.when);
    if (r.type == REPLAY_EVENT)
        r.code = (unsigned)get(&c);
    if (r.type == REPLAY_EVENT || r.type == REPLAY_RARE)
        r.key = get(&c);
    if (c.bad)
        return NULL;
    r.len = (size_t)(c.end - c.at);
    struct replay_record *copy = g_malloc(sizeof(r) + r.len + 1);
    *copy = r;
    copy->data = (uint8_t *)(copy + 1);
    memcpy(copy->data, c.at, r.len);
    copy->data[r.len] = '\0'; /* of texts */
    return copy;
}

static struct replay_record *read_sound(void)
{
    uint8_t len[4], sum[4];

    if (!file.f || fread(len, 4, 1, file.f) != 1 || from_le32(len) > BODY_MAX)
        return NULL;
    size_t n = from_le32(len);
    g_autofree uint8_t *body = g_malloc(n + 1);
    if (fread(body, 1, n, file.f) != n || fread(sum, 4, 1, file.f) != 1)
        return NULL;
    sum_up(len, body, n);
    return from_le32(sum) == file.sum ? parse(body, n) : NULL;
}

struct replay_record *replay_log_read(void)
{
    struct replay_record *r = read_sound();

    if (!r) {
        r = g_new0(struct replay_record, 1);
        r->type = REPLAY_CUT;
        r->when = file.last;
    }
    return r;
}

void replay_log_close(void)
{
    if (file.f && fclose(file.f) && !file.failed)
        log_printf("mynah: rrfile=%s: cannot write to it: %s; the recording has no end\n", file.name, g_strerror(errno));
    file.f = NULL;
    g_clear_pointer(&file.name, g_free);
}
