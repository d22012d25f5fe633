/* SPDX-License-Identifier: BSD-2-Clause */
/* -object: the kinds, and those that were made. */
#include "object.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "opts.h"

static GPtrArray *objects; /* struct object * */
static bool completed;     /* object_complete_all() was called */

/* -- Random bytes -- */

struct rng {
    struct object obj;
    char *filename;
    int fd;
};

static bool take_rng_random(struct object *obj, struct opts *o, GError **err)
{
    struct rng *r = (struct rng *)obj;

    r->filename = g_strdup(opts_take_or(o, "filename", "/dev/urandom"));
    r->fd = -1;
    return true;
}

static bool make_rng_random(struct object *obj, GError **err)
{
    struct rng *r = (struct rng *)obj;

    r->fd = open(r->filename, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (r->fd < 0)
        fail(err, "filename=%s: %s", r->filename, g_strerror(errno));
    return r->fd >= 0;
}

static void clear_rng_random(struct object *obj)
{
    struct rng *r = (struct rng *)obj;

    if (r->fd >= 0)
        close(r->fd);
    g_free(r->filename);
}

static const struct object_kind rng_builtin = {
    .name = "rng-builtin",
    .help = "random bytes of the host's generator, for virtio-rng-device,rng=ID",
    .size = sizeof(struct object),
    .stays = true,
};

static const struct object_kind rng_random = {
    .name = "rng-random",
    .help = "random bytes read from filename=FILE (/dev/urandom)",
    .size = sizeof(struct rng),
    .take = take_rng_random,
    .make = make_rng_random,
    .clear = clear_rng_random,
    .stays = true,
};

/* -- Kinds -- */

#define KINDS_MAX 16

static const struct object_kind *kinds[KINDS_MAX] = { &rng_builtin, &rng_random };

void object_kind_add(const struct object_kind *kind)
{
    unsigned i = 0;

    while (kinds[i])
        i++;
    g_assert(i + 1 < KINDS_MAX);
    for (; i > 0 && strcmp(kinds[i - 1]->name, kind->name) > 0; i--) /* they are listed by name */
        kinds[i] = kinds[i - 1];
    kinds[i] = kind;
}

/* QEMU's other kinds that users may try. */
static const char *const later[] = {
    "acpi-generic-initiator", "authz-list", "authz-simple", "can-bus", "can-host-socketcan", "colo-compare",
    "cryptodev-backend", "dbus-vmstate", "filter-buffer", "filter-mirror", "filter-redirector",
    "filter-rewriter", "input-barrier", "input-linux", "iommufd", "iothread", "main-loop",
    "memory-backend-epc", "memory-backend-shm", "pr-manager-helper",
    "qtest", "rng-egd", "secret", "secret_keyring", "thread-context", "throttle-group", "tls-cipher-suites",
    "tls-creds-anon", "tls-creds-psk", "tls-creds-x509", "x-remote-object", "x-vfio-user-server", NULL,
};

static const struct object_kind *find_kind(const char *name, GError **err)
{
    const char *names[KINDS_MAX + 1] = { NULL }, *near;

    for (unsigned i = 0; kinds[i]; i++) {
        names[i] = kinds[i]->name;
        if (!strcmp(name, names[i]))
            return kinds[i];
    }
    for (unsigned i = 0; later[i]; i++)
        if (!strcmp(name, later[i])) {
            fail(err, "%s: QEMU has this kind of object, mynah does not yet", name);
            return NULL;
        }
    near = nearest_name(name, names);
    fail(err, "'%s': there is no such kind of object%s%s%s", name, near ? "; did you mean '" : " (see -object help)",
         near ? near : "", near ? "'?" : "");
    return NULL;
}

void object_list(GString *out)
{
    g_string_append(out, "Kinds of objects:\n");
    for (unsigned i = 0; kinds[i]; i++)
        g_string_append_printf(out, "  %-20s %s\n", kinds[i]->name, kinds[i]->help);
}

/* -- Objects -- */

struct object *object_find(const char *id)
{
    for (guint i = 0; objects && i < objects->len; i++) {
        struct object *obj = objects->pdata[i];
        if (!strcmp(obj->id, id))
            return obj;
    }
    return NULL;
}

static void object_free(struct object *obj)
{
    if (obj->kind->clear)
        obj->kind->clear(obj);
    g_free(obj->id);
    g_free(obj);
}

static bool complete(struct object *obj, GError **err)
{
    if (!obj->kind->complete || obj->kind->complete(obj, err))
        return true;
    g_prefix_error(err, "-object %s: ", obj->kind->name);
    return false;
}

bool object_add(struct opts *o, GError **err)
{
    const char *name = opts_take(o, "qom-type"), *id = opts_take(o, "id");

    if (!name) {
        fail(err, "expected a kind of object first (see -object help)");
        return false;
    }
    const struct object_kind *kind = find_kind(name, err);
    if (!kind)
        return false;
    struct object *obj = g_malloc0(kind->size);
    obj->kind = kind;
    obj->id = g_strdup(id);
    g_autofree char *what = g_strdup_printf("-object %s", name);
    bool ok = (!kind->take || kind->take(obj, o, err)) && opts_done(o, what, err);
    if (ok && (!id || object_find(id))) {
        fail(err, id ? "id=%s: another object has this id" : "expected id=NAME", id);
        ok = false;
    }
    ok = ok && (!kind->make || kind->make(obj, err));
    if (!ok || (completed && !complete(obj, err))) {
        object_free(obj);
        return false;
    }
    if (!objects)
        objects = g_ptr_array_new();
    g_ptr_array_add(objects, obj);
    return true;
}

bool object_complete_all(GError **err)
{
    completed = true;
    for (guint i = 0; objects && i < objects->len; i++)
        if (!complete(objects->pdata[i], err))
            return false;
    return true;
}

bool object_remove(const char *id, GError **err)
{
    struct object *obj = object_find(id);

    if (!obj)
        fail(err, "object '%s' not found", id);
    else if (obj->kind->stays)
        fail(err, "object '%s' is in use, can not be deleted", id);
    else {
        g_ptr_array_remove(objects, obj);
        object_free(obj);
        return true;
    }
    return false;
}

/* -- For devices and machines -- */

bool object_rng(const char *id, int *fd, GError **err)
{
    struct object *obj = object_find(id);
    struct rng *r = (struct rng *)obj;

    if (obj && obj->kind == &rng_builtin) {
        *fd = -1;
        return true;
    }
    if (!obj || obj->kind != &rng_random) {
        fail(err, "expected the id of an -object rng-builtin or rng-random");
        return false;
    }
    *fd = r->fd;
    return true;
}
