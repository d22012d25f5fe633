/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots by tag, each a file of a folder, and migration by way of a file: what the machine does around its stream.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "opts.h"
#include "runstate.h"
#include "snapshot.h"

#define SUFFIX ".state"
#define TAG_MAX 128
#define DISK_TAG_MAX 255 /* QEMU's programs have room for that much */

/* -- Tags -- */

static char *folder; /* absolute, or NULL */

bool snapshot_set_dir(const char *dir, GError **err)
{
    char *path = realpath(dir, NULL);

    if (!path || !g_file_test(path, G_FILE_TEST_IS_DIR)) {
        fail(err, "%s", path ? "expected a folder" : g_strerror(errno));
        free(path);
        return false;
    }
    free(folder);
    folder = path;
    return true;
}

/* Names in images are anybody's, but for what would end the line of a snapshot's head. */
static bool disk_tag_ok(const char *tag, GError **err)
{
    size_t len = strlen(tag);

    for (const char *p = tag; *p; p++)
        if (g_ascii_iscntrl(*p))
            len = 0;
    if (len >= 1 && len <= DISK_TAG_MAX && g_utf8_validate(tag, -1, NULL))
        return true;
    fail(err, "the tag is no name: expected 1 to %d bytes of text", DISK_TAG_MAX);
    return false;
}

static bool tag_ok(const char *tag, size_t len)
{
    if (len < 1 || len > TAG_MAX || !g_ascii_isalnum(*tag))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!g_ascii_isalnum(tag[i]) && !strchr("-_.+:@", tag[i]))
            return false;
    return true;
}

/* True if snapshots are in the disks' images. */
static bool in_disks(void)
{
    return !folder && snapshot_disks && snapshot_disks->can_hold(NULL);
}

/* Why there is neither a folder nor a disk that can hold snapshots. */
static void fail_nowhere(GError **err)
{
    GError *e = NULL;

    if (snapshot_disks)
        snapshot_disks->can_hold(&e);
    if (e)
        g_propagate_prefixed_error(err, e, "expected -snapshot-dir with a folder for snapshots: ");
    else
        fail(err, "no drive can hold snapshots: the folder for them is to be given by -snapshot-dir");
}

/* The file of a snapshot, to be freed; NULL with a message if there can be none. */
static char *file_of(const char *tag, GError **err)
{
    if (!folder)
        fail_nowhere(err);
    else if (!tag_ok(tag, strlen(tag)))
        fail(err, "tag '%s': expected a letter or digit, then at most %d letters, digits or -_.+:@", tag, TAG_MAX - 1);
    else
        return g_strconcat(folder, "/", tag, SUFFIX, NULL);
    return NULL;
}

/* The same for one that is there. */
static char *existing(const char *tag, GError **err)
{
    char *path = file_of(tag, err);

    if (path && access(path, F_OK)) {
        fail(err, "snapshot '%s' does not exist", tag);
        g_clear_pointer(&path, g_free);
    }
    return path;
}

bool snapshot_exists(const char *tag)
{
    if (in_disks())
        return snapshot_disks->exists(tag);
    g_autofree char *path = existing(tag, NULL);

    return path != NULL;
}

/* False with a message in a replay, which goes on as its log says, and for load in a recording. */
static bool free_to_go(bool load, GError **err)
{
    if (!input_replaying() && !(load && input_ordered()))
        return true;
    fail(err, input_replaying() ? "this is a replay" : "this is being recorded");
    return false;
}

/* A file for the state on its way to or from a disk: its name, to be freed, which the caller unlinks. */
static char *temporary(GError **err)
{
    char *path = g_build_filename(g_getenv("TMPDIR") ? g_getenv("TMPDIR") : "/var/tmp", "mynah-state-XXXXXX", NULL);
    int fd = mkostemp(path, O_CLOEXEC);

    if (fd >= 0) {
        close(fd);
        return path;
    }
    fail(err, "cannot make '%s': %s", path, g_strerror(errno));
    g_free(path);
    return NULL;
}

static void unlink_temporary(char *path)
{
    unlink(path);
    g_free(path);
}

/* Write the machine, which is stopped, where snapshots are. */
static bool save(const char *tag, const char *state, GError **err)
{
    struct snapshot_info i = { 0 };

    if (!in_disks()) {
        g_autofree char *path = file_of(tag, err);
        return path && snapshot_save(path, tag, true, state, err);
    }
    char *path = temporary(err);
    if (!path)
        return false;
    bool ok = snapshot_save(path, tag, false, state, err) && snapshot_read_info(path, &i, err) &&
              snapshot_disks->keep(&i, path, err);
    snapshot_info_clear(&i);
    unlink_temporary(path);
    return ok;
}

/* Stop the machine for a snapshot: what it waits for comes in. */
static void stop_for(const char *state)
{
    vm_stop(state);
    input_settle();
}

/* QEMU's names of snapshots that have none: by the time. */
static char *new_tag(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();

    return g_date_time_format(now, "vm-%Y%m%d%H%M%S");
}

bool snapshot_savevm(const char *tag, GError **err)
{
    g_autofree char *name = tag && *tag ? g_strdup(tag) : new_tag();
    g_autofree char *path = in_disks() ? (disk_tag_ok(name, err) ? g_strdup("") : NULL) : file_of(name, err);

    if (!path || !free_to_go(false, err))
        return false;
    if (migration_awaited()) {
        fail(err, "the machine waits for a migration");
        return false;
    }
    life_settle();
    bool running = vm_running();
    const char *state = vm_state();
    stop_for("save-vm");
    bool ok = save(name, state, err);
    if (running)
        vm_start();
    return ok;
}

bool snapshot_record(const char *tag, GError **err)
{
    g_autofree char *path = file_of(tag, err);

    return path && snapshot_save(path, tag, true, vm_state(), err);
}

/* Load into the machine, which is stopped; it is left so. One that was powered off still is, and has to be reset. */
static bool load(const char *path, struct snapshot_info *i, GError **err)
{
    bool harmed;

    if (!snapshot_load(path, i, &harmed, err)) {
        if (harmed) {
            vm_set_state("internal-error");
            g_prefix_error(err, "the machine is lost, and must be reset or loaded again: ");
        }
        return false;
    }
    vm_set_state(!strcmp(i->state, "shutdown") ? "shutdown" : "paused");
    return true;
}

/* The same of a snapshot in the disks. */
static bool load_from_disks(const char *tag, struct snapshot_info *i, GError **err)
{
    char *path = temporary(err);

    *i = (struct snapshot_info){ 0 };
    if (!path)
        return false;
    bool ok = snapshot_disks->fetch(tag, path, err) && load(path, i, err);
    unlink_temporary(path);
    if (!ok || snapshot_disks->restore(tag, err))
        return ok;
    vm_set_state("internal-error");
    g_prefix_error(err, "the machine is lost, and must be reset or loaded again: ");
    return false;
}

/* The file of a snapshot, or "" for one in the disks; NULL with a message. */
static char *place_of(const char *tag, GError **err)
{
    if (!in_disks())
        return existing(tag, err);
    if (snapshot_disks->exists(tag))
        return g_strdup("");
    fail(err, "snapshot '%s' does not exist", tag);
    return NULL;
}

static bool load_place(const char *place, const char *tag, struct snapshot_info *i, GError **err)
{
    return *place ? load(place, i, err) : load_from_disks(tag, i, err);
}

bool snapshot_loadvm(const char *tag, GError **err)
{
    g_autofree char *path = place_of(tag, err);
    struct snapshot_info i;

    if (!path || !free_to_go(true, err))
        return false;
    if (migration_awaited()) {
        fail(err, "the machine waits for a migration");
        return false;
    }
    life_settle();
    bool running = vm_running();
    stop_for("restore-vm");
    bool ok = load_place(path, tag, &i, err);
    if (!ok)
        g_prefix_error(err, "snapshot '%s': ", tag);
    snapshot_info_clear(&i);
    if (running && !vm_needs_reset())
        vm_start();
    return ok;
}

bool snapshot_delvm(const char *tag, GError **err)
{
    g_autofree char *path = place_of(tag, err);

    if (path && !*path)
        return snapshot_disks->remove(tag, err);
    if (path && unlink(path)) {
        fail(err, "snapshot '%s': %s", tag, g_strerror(errno));
        return false;
    }
    return path != NULL;
}

static gint by_date(gconstpointer a, gconstpointer b)
{
    const struct snapshot_info *x = a, *y = b;

    return x->date != y->date ? (x->date < y->date ? -1 : 1) : strcmp(x->tag, y->tag);
}

static void clear_info(gpointer i)
{
    snapshot_info_clear(i);
}

void snapshot_foreach(void (*fn)(const struct snapshot_info *info, void *opaque), void *opaque)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct snapshot_info));
    g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name;

    if (in_disks()) {
        snapshot_disks->foreach(fn, opaque);
        return;
    }
    g_array_set_clear_func(all, clear_info);
    while (dir && (name = g_dir_read_name(dir))) {
        size_t len = g_str_has_suffix(name, SUFFIX) ? strlen(name) - strlen(SUFFIX) : 0;
        g_autofree char *path = g_strconcat(folder, "/", name, NULL);
        struct snapshot_info i;
        if (!tag_ok(name, len) || !snapshot_read_info(path, &i, NULL))
            continue;
        g_free(i.tag);
        i.tag = g_strndup(name, len); /* what loadvm knows it by, if the file was renamed */
        g_array_append_val(all, i);
    }
    g_array_sort(all, by_date);
    for (guint i = 0; i < all->len; i++)
        fn(&g_array_index(all, struct snapshot_info, i), opaque);
}

/* -- Migration -- */

static struct migration last;
static char *incoming; /* what -incoming says, until it is done */
static bool go_on;     /* the machine is to run once the migration is there, if it ran where it was */

const struct migration *migration_last(void)
{
    return &last;
}

const char *migration_status_name(enum migration_status s)
{
    static const char *const names[] = {
        [MIGRATION_NONE] = "none", [MIGRATION_ACTIVE] = "active", [MIGRATION_COMPLETED] = "completed",
        [MIGRATION_FAILED] = "failed",
    };

    return names[s];
}

/* The path of "file:PATH"; NULL with a message. */
static const char *path_of(const char *uri, GError **err)
{
    static const char *const others[] = { "tcp:", "unix:", "exec:", "fd:", "rdma:", NULL };

    if (g_str_has_prefix(uri, "file:") && uri[5])
        return uri + 5;
    for (unsigned i = 0; others[i]; i++)
        if (g_str_has_prefix(uri, others[i])) {
            fail(err, "'%s': QEMU has this way to migrate, mynah does not yet; expected file:PATH", uri);
            return NULL;
        }
    fail(err, "'%s': expected file:PATH", uri);
    return NULL;
}

static void begin(bool in)
{
    g_free(last.error);
    last = (struct migration){ .status = MIGRATION_ACTIVE, .incoming = in };
}

/* e: why it failed, or NULL. */
static void end(gint64 since, uint64_t bytes, const GError *e)
{
    last.status = e ? MIGRATION_FAILED : MIGRATION_COMPLETED;
    last.error = e ? g_strdup(e->message) : NULL;
    last.bytes = bytes;
    last.total_ms = (g_get_monotonic_time() - since) / 1000;
}

static bool migrate_to(const char *path, GError **err)
{
    gint64 since = g_get_monotonic_time();
    struct snapshot_info i = { 0 };
    GError *e = NULL;

    life_settle();
    bool running = vm_running();
    const char *state = vm_state();
    stop_for("finish-migrate");
    if (snapshot_save(path, "", false, state, &e)) {
        snapshot_read_info(path, &i, NULL);
        vm_set_state("postmigrate");
    } else if (running) {
        vm_start();
    }
    end(since, i.bytes, e);
    snapshot_info_clear(&i);
    if (e)
        g_propagate_error(err, e);
    return !last.error;
}

static gboolean migrate_later(gpointer path)
{
    migrate_to(path, NULL);
    g_free(path);
    return G_SOURCE_REMOVE;
}

bool migration_start(const char *uri, bool later, GError **err)
{
    const char *path = path_of(uri, err);

    if (!path || !free_to_go(false, err))
        return false;
    if (last.status == MIGRATION_ACTIVE || migration_awaited()) {
        fail(err, migration_awaited() ? "the machine waits for a migration" : "There's a migration process in progress");
        return false;
    }
    begin(false);
    if (!later)
        return migrate_to(path, err);
    g_idle_add(migrate_later, g_canonicalize_filename(path, NULL));
    return true;
}

bool migration_set_incoming(const char *uri, GError **err)
{
    if (strcmp(uri, "defer") && !path_of(uri, err))
        return false;
    g_free(incoming);
    incoming = g_strdup(uri);
    return true;
}

bool migration_awaited(void)
{
    return incoming != NULL;
}

void migration_go_on(void)
{
    go_on = true;
}

/* Take the machine from a file; it is left stopped, and *run says whether it ran there. */
static bool migrate_from(const char *path, bool *run, GError **err)
{
    gint64 since = g_get_monotonic_time();
    struct snapshot_info i;
    GError *e = NULL;

    begin(true);
    if (load(path, &i, &e))
        g_clear_pointer(&incoming, g_free);
    *run = i.state && !strcmp(i.state, "running");
    end(since, i.bytes, e);
    snapshot_info_clear(&i);
    if (e) {
        g_prefix_error(&e, "'%s': ", path);
        g_propagate_error(err, e);
    }
    return !last.error;
}

bool migration_incoming(const char *uri, GError **err)
{
    const char *path = path_of(uri, err);
    bool run;

    if (!path)
        return false;
    if (!incoming) {
        fail(err, "'-incoming' was not specified on the command line");
        return false;
    }
    if (!migrate_from(path, &run, err))
        return false;
    if (run && go_on)
        vm_start();
    return true;
}

bool snapshot_startup(const char *loadvm, bool *held, GError **err)
{
    struct snapshot_info i;
    bool run;

    if (loadvm && incoming) {
        fail(err, "-loadvm and -incoming are two machines: expected one of them");
        return false;
    }
    if (loadvm) {
        g_autofree char *path = place_of(loadvm, err);
        bool ok = path && load_place(path, loadvm, &i, err);
        if (path)
            snapshot_info_clear(&i);
        *held |= vm_needs_reset();
        if (!ok)
            g_prefix_error(err, path ? "-loadvm %s: snapshot: " : "-loadvm %s: ", loadvm);
        return ok;
    }
    if (!incoming)
        return true;
    go_on = !*held;
    if (!strcmp(incoming, "defer")) {
        vm_set_state("inmigrate");
        return *held = true;
    }
    if (!migrate_from(incoming + 5, &run, err)) {
        g_prefix_error(err, "-incoming file: ");
        return false;
    }
    *held |= !run;
    return true;
}
