/* SPDX-License-Identifier: BSD-2-Clause */
/* -object: the kinds, and those that were made. They live as long as the program. */
#include "object.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "opts.h"

enum kind { RNG_BUILTIN, RNG_RANDOM, MEMORY, FILTER_REPLAY };

struct object {
    enum kind kind;
    char *id;
    int fd;        /* RNG_RANDOM */
    uint64_t size; /* MEMORY */
    char *netdev;  /* FILTER_REPLAY */
};

/* What a kind takes. */
struct wish {
    const char *filename, *netdev;
    uint64_t size;
};

static GPtrArray *objects; /* struct object * */

static bool take_nothing(struct wish *w, struct opts *o, GError **err)
{
    return true;
}

static bool make_nothing(struct object *obj, const struct wish *w, GError **err)
{
    return true;
}

static bool take_rng_random(struct wish *w, struct opts *o, GError **err)
{
    w->filename = opts_take_or(o, "filename", "/dev/urandom");
    return true;
}

static bool make_rng_random(struct object *obj, const struct wish *w, GError **err)
{
    obj->fd = open(w->filename, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (obj->fd < 0)
        fail(err, "filename=%s: %s", w->filename, g_strerror(errno));
    return obj->fd >= 0;
}

/* How the memory is got is ours to decide; the size counts. */
static bool take_memory(struct wish *w, struct opts *o, GError **err)
{
    static const struct {
        const char *name;
        bool dflt;
    } flags[] = { { "dump", true }, { "merge", true }, { "prealloc", false }, { "reserve", true }, { "share", false } };

    for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
        bool b = flags[i].dflt;
        if (!opts_take_bool(o, flags[i].name, &b, err))
            return false;
    }
    return opts_take_size(o, "size", &w->size, err);
}

static bool make_memory(struct object *obj, const struct wish *w, GError **err)
{
    obj->size = w->size;
    if (!obj->size)
        fail(err, "expected size=SIZE");
    return obj->size != 0;
}

/* Frames are recorded and replayed without it: it is for command lines made for QEMU, where they need it. */
static bool take_filter_replay(struct wish *w, struct opts *o, GError **err)
{
    w->netdev = opts_take(o, "netdev");
    return true;
}

static bool make_filter_replay(struct object *obj, const struct wish *w, GError **err)
{
    obj->netdev = g_strdup(w->netdev);
    if (!w->netdev)
        fail(err, "expected netdev=ID");
    return w->netdev != NULL;
}

const char *object_filter(unsigned n)
{
    for (guint i = 0; objects && i < objects->len; i++) {
        const struct object *obj = objects->pdata[i];
        if (obj->kind == FILTER_REPLAY && n-- == 0)
            return obj->netdev;
    }
    return NULL;
}

static const struct {
    const char *name, *help;
    enum kind kind;
    bool (*take)(struct wish *w, struct opts *o, GError **err);
    bool (*make)(struct object *obj, const struct wish *w, GError **err);
} kinds[] = {
    { "filter-replay", "accepted for QEMU's sake: -icount rr= has the frames of netdev=ID anyway", FILTER_REPLAY,
      take_filter_replay, make_filter_replay },
    { "memory-backend-ram", "memory of size=SIZE, for -M memory-backend=ID", MEMORY, take_memory, make_memory },
    { "rng-builtin", "random bytes of the host's generator, for virtio-rng-device,rng=ID", RNG_BUILTIN, take_nothing,
      make_nothing },
    { "rng-random", "random bytes read from filename=FILE (/dev/urandom)", RNG_RANDOM, take_rng_random,
      make_rng_random },
};

/* QEMU's other kinds that users may try. */
static const char *const later[] = {
    "acpi-generic-initiator", "authz-list", "authz-simple", "can-bus", "can-host-socketcan", "colo-compare",
    "cryptodev-backend", "dbus-vmstate", "filter-buffer", "filter-dump", "filter-mirror", "filter-redirector",
    "filter-rewriter", "input-barrier", "input-linux", "iommufd", "iothread", "main-loop",
    "memory-backend-epc", "memory-backend-file", "memory-backend-memfd", "memory-backend-shm", "pr-manager-helper",
    "qtest", "rng-egd", "secret", "secret_keyring", "thread-context", "throttle-group", "tls-cipher-suites",
    "tls-creds-anon", "tls-creds-psk", "tls-creds-x509", "x-remote-object", "x-vfio-user-server", NULL,
};

static struct object *find(const char *id)
{
    for (guint i = 0; objects && i < objects->len; i++) {
        struct object *obj = objects->pdata[i];
        if (!strcmp(obj->id, id))
            return obj;
    }
    return NULL;
}

static bool fail_kind(const char *name, GError **err)
{
    const char *names[ARRAY_SIZE(kinds) + 1] = { NULL }, *near;

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
        names[i] = kinds[i].name;
    for (unsigned i = 0; later[i]; i++)
        if (!strcmp(name, later[i])) {
            fail(err, "%s: QEMU has this kind of object, mynah does not yet", name);
            return false;
        }
    near = nearest_name(name, names);
    fail(err, "'%s': there is no such kind of object%s%s%s", name, near ? "; did you mean '" : " (see -object help)",
         near ? near : "", near ? "'?" : "");
    return false;
}

bool object_add(struct opts *o, GError **err)
{
    const char *name = opts_take(o, "qom-type"), *id = opts_take(o, "id");
    unsigned i;

    if (!name) {
        fail(err, "expected a kind of object first (see -object help)");
        return false;
    }
    for (i = 0; i < ARRAY_SIZE(kinds) && strcmp(name, kinds[i].name); i++)
        ;
    if (i == ARRAY_SIZE(kinds))
        return fail_kind(name, err);
    struct wish w = { 0 };
    g_autofree char *what = g_strdup_printf("-object %s", name);
    if (!kinds[i].take(&w, o, err) || !opts_done(o, what, err))
        return false;
    if (!id || find(id)) {
        fail(err, id ? "id=%s: another object has this id" : "expected id=NAME", id);
        return false;
    }
    struct object *obj = g_new0(struct object, 1);
    obj->kind = kinds[i].kind;
    obj->fd = -1;
    if (!kinds[i].make(obj, &w, err)) {
        g_free(obj);
        return false;
    }
    obj->id = g_strdup(id);
    if (!objects)
        objects = g_ptr_array_new();
    g_ptr_array_add(objects, obj);
    return true;
}

void object_list(GString *out)
{
    g_string_append(out, "Kinds of objects:\n");
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
        g_string_append_printf(out, "  %-20s %s\n", kinds[i].name, kinds[i].help);
}

/* -- For devices and machines -- */

bool object_rng(const char *id, int *fd, GError **err)
{
    const struct object *obj = find(id);

    if (!obj || obj->kind == MEMORY) {
        fail(err, "expected the id of an -object rng-builtin or rng-random");
        return false;
    }
    *fd = obj->fd;
    return true;
}

bool object_memory(const char *id, uint64_t *size, GError **err)
{
    const struct object *obj = find(id);

    if (!obj || obj->kind != MEMORY) {
        fail(err, "expected the id of an -object memory-backend-ram");
        return false;
    }
    *size = obj->size;
    return true;
}
