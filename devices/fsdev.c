/* SPDX-License-Identifier: BSD-2-Clause */
/* -fsdev and -virtfs. */
#include "fsdev.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "plug.h"

struct virtfs {
    struct fsdev *fs;
    char *tag;
};

static GPtrArray *all;  /* of struct fsdev *; they live as long as the program */
static GArray *virtfs;  /* of struct virtfs */

struct fsdev *fsdev_find(const char *id)
{
    for (guint i = 0; all && i < all->len; i++) {
        struct fsdev *f = g_ptr_array_index(all, i);
        if (!strcmp(f->id, id))
            return f;
    }
    return NULL;
}

static void *find(const char *name)
{
    return fsdev_find(name);
}

static const char *name_of(const void *f)
{
    return ((const struct fsdev *)f)->id;
}

const struct prop_object fsdev_prop = { .kind = "fsdev", .expected = "the id of an -fsdev", .find = find,
                                        .name = name_of };

/* "0644": permissions. */
static bool take_mode(struct opts *o, const char *key, mode_t *mode, GError **err)
{
    const char *text = opts_take(o, key);
    char *end;

    if (!text)
        return true;
    guint64 v = g_ascii_strtoull(text, &end, 8);
    if (*end || end == text || v > 0777) {
        fail(err, "%s=%s: expected permissions in octal, such as 0600", key, text);
        return false;
    }
    *mode = v;
    return true;
}

static bool take_options(struct fsdev *f, const char **path, struct opts *o, GError **err)
{
    static const char *const models[] = { [FSDEV_NONE] = "none", [FSDEV_PASSTHROUGH] = "passthrough",
                                          [FSDEV_MAPPED_XATTR] = "mapped-xattr",
                                          [FSDEV_MAPPED_FILE] = "mapped-file", NULL };
    static const char *const multidevs[] = { "remap", "forbid", "warn", NULL }, *const writeout[] = { "immediate", NULL };
    const char *type = opts_take(o, "type"), *model = opts_take(o, "security_model");
    unsigned ignored = 0;

    if (g_strcmp0(type, "local")) {
        fail(err, "'%s': expected local", type ? type : "");
        return false;
    }
    *path = opts_take(o, "path");
    if (!*path) {
        fail(err, "path property not set: expected path=FOLDER");
        return false;
    }
    if (!model || !strcmp(model, "mapped"))
        model = model ? "mapped-xattr" : "";
    for (f->model = 0; models[f->model] && strcmp(models[f->model], model); f->model++)
        ;
    if (!models[f->model]) {
        fail(err, "security_model=%s: expected none, passthrough, mapped-xattr or mapped-file", model);
        return false;
    }
    f->fmode = 0600;
    f->dmode = 0700;
    return opts_take_bool(o, "readonly", &f->readonly, err) && take_mode(o, "fmode", &f->fmode, err) &&
           take_mode(o, "dmode", &f->dmode, err) && opts_take_enum(o, "multidevs", multidevs, &ignored, err) &&
           opts_take_enum(o, "writeout", writeout, &ignored, err);
}

static struct fsdev *make(struct opts *o, const char *id, GError **err)
{
    struct fsdev f = { .root = -1 };
    const char *path;

    if (fsdev_find(id)) {
        fail(err, "Duplicate ID '%s' for fsdev", id);
        return NULL;
    }
    if (!take_options(&f, &path, o, err) || !opts_done(o, "fsdev", err))
        return NULL;
    f.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f.root < 0) {
        fail(err, "path=%s: %s", path, g_strerror(errno));
        return NULL;
    }
    f.id = g_strdup(id);
    if (!all)
        all = g_ptr_array_new();
    g_ptr_array_add(all, g_memdup2(&f, sizeof(f)));
    return g_ptr_array_index(all, all->len - 1);
}

bool fsdev_add(struct opts *o, GError **err)
{
    const char *id = opts_take(o, "id");

    if (!id)
        fail(err, "expected id=ID");
    return id && make(o, id, err);
}

bool fsdev_add_virtfs(struct opts *o, GError **err)
{
    const char *tag = opts_take(o, "mount_tag"), *id = opts_take(o, "id");

    if (!tag) {
        fail(err, "expected mount_tag=TAG, the name that the guest mounts it by");
        return false;
    }
    struct fsdev *f = make(o, id ? id : tag, err);
    if (!f)
        return false;
    struct virtfs v = { f, g_strdup(tag) };
    if (!virtfs)
        virtfs = g_array_new(FALSE, FALSE, sizeof(v));
    g_array_append_val(virtfs, v);
    return true;
}

static void look_for_pci(struct device *d, void *found)
{
    if (d->type->provides_bus && !strcmp(d->type->provides_bus->name, "PCI"))
        *(bool *)found = true;
}

bool fsdev_make_devices(struct machine *m, GError **err)
{
    bool pci = false, ok = true;

    device_foreach(m, look_for_pci, &pci);
    for (guint i = 0; ok && virtfs && i < virtfs->len; i++) {
        const struct virtfs *v = &g_array_index(virtfs, struct virtfs, i);
        struct opts *o = opts_new();
        opts_set(o, "driver", pci ? "virtio-9p-pci" : "virtio-9p-device");
        opts_set(o, "fsdev", v->fs->id);
        opts_set(o, "mount_tag", v->tag);
        ok = device_add(m, o, err) != NULL;
        opts_free(o);
    }
    return ok;
}
