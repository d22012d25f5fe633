/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block jobs: a thread each, which copies what a bitmap says is to be copied. Writes of the guest's go through the job
 * of the disk (block.c): a backup copies the old contents first, a mirror notes what is to be copied again.
 *
 * A job begins, and ends, on the main loop with the CPUs paused and the disk drained. Where its target takes the disk's
 * place, the two nodes exchange what they are, and the device goes on with the node that it has.
 */
#include "block-job.h"

#include <string.h>

#include "format.h"

#define CLUSTER (64 * KiB)
#define AT_ONCE 16 /* clusters */
#define FEW 64     /* clusters that may be left when a job is ready: copied at its end, while the guest waits */

struct block_job {
    enum block_job_type type;
    enum block_job_sync sync;
    char *id;
    struct block *disk, *target; /* target: a reference is ours, but a commit's */
    struct block *base;          /* stream, commit: where it ends; NULL: nowhere */
    struct block *top;           /* commit of a node behind the disk: that; NULL: the disk itself */
    char *note;                  /* stream, commit: what the image is called in that above it; NULL: as it was opened */
    bool base_opened;            /* commit: it was made writable */
    GThread *thread;
    guint told;                  /* source of look_after(); 0: none */
    bool completing;             /* asked for */

    /* Guards what follows, and for a backup that a cluster is copied once. Workers take it, holding none. */
    GMutex lock;
    GCond changed;
    uint8_t *todo; /* a bit a cluster of the disk */
    uint64_t clusters, left, next; /* left: bits that are set; next: where to look first */
    uint64_t speed, offset;
    bool paused, stop, ready, busy;
    int error; /* positive errno; 0: none */
    gint64 slice_end; /* us: the bytes of this slice of time are used up until then */
};

static GPtrArray *jobs;
static void (*listener)(enum block_job_event e, const struct block_job_info *i);
static void (*pause_guest)(void), (*resume_guest)(void);

static const char *const type_names[] = { "stream", "commit", "mirror", "backup" };

/* -- What is to be copied -- */

static bool is_todo(const struct block_job *j, uint64_t c)
{
    return j->todo[c / 8] >> (c % 8) & 1;
}

static void set_todo(struct block_job *j, uint64_t c, bool on)
{
    if (is_todo(j, c) == on)
        return;
    j->todo[c / 8] ^= 1 << (c % 8);
    j->left += on ? 1 : -1;
}

/* The next run of clusters that are to be copied, of at most AT_ONCE; false: there is none. Lock held. */
static bool next_run(struct block_job *j, uint64_t *first, uint64_t *n)
{
    if (j->left == 0)
        return false;
    while (!is_todo(j, j->next))
        j->next = j->next + 1 < j->clusters ? j->next + 1 : 0;
    *first = j->next;
    for (*n = 1; *n < AT_ONCE && *first + *n < j->clusters && is_todo(j, *first + *n);)
        ++*n;
    return true;
}

/* -- Copying -- */

static int stream_range(const struct block_job *j, uint64_t at, uint64_t len)
{
    const struct block_driver *d = j->disk->driver;

    while (len > 0) {
        struct extent e = { .flags = EXTENT_ALLOCATED, .len = len };
        int r = j->disk->backing ? chain_status(j->disk->backing, j->base, at, len, &e, NULL) : 0;
        if (r == 0 && (e.flags & EXTENT_ALLOCATED || !j->base))
            r = d->copy_up(j->disk, at, e.len);
        if (r < 0)
            return r;
        at += e.len;
        len -= e.len;
    }
    return 0;
}

static bool follows(const struct block_job *j)
{
    return j->type == BLOCK_JOB_MIRROR || (j->type == BLOCK_JOB_COMMIT && !j->top);
}

/* Where what is copied is read. */
static struct block *source(const struct block_job *j)
{
    return j->top ? j->top : j->disk;
}

/* Below which node the contents are the target's too; NULL: nothing is. */
static const struct block *common(const struct block_job *j)
{
    if (j->type == BLOCK_JOB_COMMIT)
        return j->target;
    return j->sync == BLOCK_JOB_TOP ? j->disk->backing : NULL;
}

static int copy_range(const struct block_job *j, uint64_t at, uint64_t len)
{
    const struct block *below = common(j);
    g_autofree uint8_t *buf = g_malloc(len);

    while (len > 0) {
        struct extent e;
        int r = chain_status(source(j), below, at, len, &e, NULL);
        if (r == 0 && e.flags & EXTENT_ZERO) {
            r = node_zeroes(j->target, at, e.len, true);
        } else if (r == 0 && (e.flags & EXTENT_ALLOCATED || !below)) {
            r = node_pread(source(j), at, buf, e.len);
            r = r < 0 ? r : node_pwrite(j->target, at, buf, e.len);
        }
        if (r < 0)
            return r;
        at += e.len;
        len -= e.len;
    }
    return 0;
}

static int copy_clusters(const struct block_job *j, uint64_t first, uint64_t n)
{
    uint64_t at = first * CLUSTER, len = MIN(n * CLUSTER, source(j)->size - at);

    return j->type == BLOCK_JOB_STREAM ? stream_range(j, at, len) : copy_range(j, at, len);
}

/* -- On workers -- */

/* A backup's cluster that was not copied is, before it changes. If that fails the backup ends. */
void block_job_before_write(struct block_job *j, uint64_t offset, uint64_t len)
{
    if (j->type != BLOCK_JOB_BACKUP || len == 0)
        return;
    g_mutex_lock(&j->lock);
    for (uint64_t c = offset / CLUSTER; c <= (offset + len - 1) / CLUSTER && !j->error && !j->stop; c++) {
        int r = is_todo(j, c) ? copy_clusters(j, c, 1) : 0;
        set_todo(j, c, false);
        if (r < 0) {
            j->error = -r;
            g_cond_signal(&j->changed);
        }
    }
    g_mutex_unlock(&j->lock);
}

void block_job_written(struct block_job *j, uint64_t offset, uint64_t len)
{
    if (len == 0 || !follows(j))
        return;
    g_mutex_lock(&j->lock);
    for (uint64_t c = offset / CLUSTER; c <= (offset + len - 1) / CLUSTER; c++)
        set_todo(j, c, true);
    g_cond_signal(&j->changed);
    g_mutex_unlock(&j->lock);
}

/* -- The thread -- */

static gboolean look_after(gpointer opaque);

/* Have the main loop see what has become of the job. Lock held. */
static void tell_main(struct block_job *j)
{
    if (!j->told)
        j->told = g_idle_add(look_after, j);
}

/* What was copied took its share of the time. Lock held. */
static void account(struct block_job *j, uint64_t bytes)
{
    gint64 now = g_get_monotonic_time();

    j->offset += bytes;
    if (j->speed)
        j->slice_end = MAX(j->slice_end, now) + bytes * G_USEC_PER_SEC / j->speed;
}

/* True if there is something to do now; else after a while or a signal. Lock held. */
static bool may_go_on(struct block_job *j)
{
    if (j->paused || j->left == 0)
        g_cond_wait(&j->changed, &j->lock);
    else if (j->speed && g_get_monotonic_time() < j->slice_end)
        g_cond_wait_until(&j->changed, &j->lock, j->slice_end);
    else
        return true;
    return false;
}

static gpointer job_thread(gpointer opaque)
{
    struct block_job *j = opaque;
    uint64_t first, n;

    g_mutex_lock(&j->lock);
    while (!j->stop && !j->error && (follows(j) || j->left)) {
        if (j->left <= FEW && !j->ready && follows(j)) {
            j->ready = true;
            tell_main(j);
        }
        if (!may_go_on(j) || !next_run(j, &first, &n))
            continue;
        bool alone = j->type == BLOCK_JOB_BACKUP;
        for (uint64_t c = first; c < first + n; c++)
            set_todo(j, c, false);
        j->busy = true;
        if (!alone)
            g_mutex_unlock(&j->lock);
        int r = copy_clusters(j, first, n);
        if (!alone)
            g_mutex_lock(&j->lock);
        j->busy = false;
        if (r < 0)
            j->error = -r;
        account(j, n * CLUSTER);
    }
    tell_main(j);
    g_mutex_unlock(&j->lock);
    return NULL;
}

/* -- Nodes -- */

/* The node behind b of that name, or with that file. */
static struct block *find_behind(struct block *b, const char *name)
{
    for (b = b->backing; b; b = b->backing)
        if (block_is_named(b, name))
            return b;
    return NULL;
}

/* The node of the disk's chain whose backing node b is. */
static struct block *node_above(struct block *disk, const struct block *b)
{
    while (disk->backing != b)
        disk = disk->backing;
    return disk;
}

/* The target becomes the disk; what the disk was is closed with it. */
static void take_place(struct block_job *j)
{
    struct block *b = j->disk;

    if (j->type == BLOCK_JOB_COMMIT) {
        struct block *over = node_above(b, j->target);
        over->backing = NULL; /* its reference is ours now */
        j->target->parents--;
    }
    block_node_exchange(b, j->target);
    if (j->type == BLOCK_JOB_COMMIT)
        b->read_only = false;
    block_node_unref(j->target);
    j->target = NULL;
}

/* From now on base, or nothing, lies behind b. */
static int put_behind(const struct block_job *j, struct block *b, struct block *base, GError **err)
{
    const char *file = base && j->note ? j->note : base ? base->filename : NULL;
    bool opened = b->read_only;
    int r = opened ? b->driver->set_writable(b, true) : 0;

    if (r < 0) {
        fail(err, "'%s' cannot be written: %s", b->filename, g_strerror(-r));
        return r;
    }
    r = b->driver->set_backing ? b->driver->set_backing(b, file, base ? base->driver->name : NULL, err) : 0;
    if (opened)
        b->driver->set_writable(b, false);
    if (r < 0)
        return r;
    if (base)
        base->refs++;
    block_node_set_backing(b, base);
    return 0;
}

/* What was made writable is that no more: all of it is in the file then. Nothing is under way. */
static int close_base(struct block_job *j)
{
    int r = j->base_opened && j->target ? j->target->driver->set_writable(j->target, false) : 0;

    j->base_opened = false;
    return r;
}

/* The job's work is done, and in its target: what is behind what changes. */
static int change_chain(struct block_job *j, GError **err)
{
    if (j->type == BLOCK_JOB_STREAM)
        return put_behind(j, j->disk, j->base, err);
    if (!j->top)
        return 0;
    int r = close_base(j);
    return r < 0 ? r : put_behind(j, node_above(j->disk, j->top), j->base, err);
}

/* -- Ends -- */

/* As it is now: its thread and the workers go on. */
static struct block_job_info info_of(struct block_job *j)
{
    g_mutex_lock(&j->lock);
    struct block_job_info i = {
        .id = j->id, .type = type_names[j->type], .len = j->offset + j->left * CLUSTER, .offset = j->offset,
        .speed = j->speed, .paused = j->paused, .ready = j->ready, .busy = j->busy,
        .error = j->error ? g_strerror(j->error) : NULL,
    };
    g_mutex_unlock(&j->lock);
    return i;
}

static void emit(struct block_job *j, enum block_job_event e)
{
    struct block_job_info i = info_of(j);

    if (listener)
        listener(e, &i);
}

/* What the guest has written since: the thread has ended, and nothing is under way. */
static void copy_rest(struct block_job *j)
{
    uint64_t first, n;

    while (!j->error && next_run(j, &first, &n)) {
        int r = copy_clusters(j, first, n);
        for (uint64_t c = first; c < first + n; c++)
            set_todo(j, c, false);
        j->error = r < 0 ? -r : 0;
        j->offset += n * CLUSTER;
    }
}

static void job_free(struct block_job *j)
{
    if (j->target && j->type != BLOCK_JOB_COMMIT)
        block_node_unref(j->target);
    g_mutex_clear(&j->lock);
    g_cond_clear(&j->changed);
    g_free(j->todo);
    g_free(j->note);
    g_free(j->id);
    g_free(j);
}

/* The thread has ended, or is told to now. */
static void end(struct block_job *j, enum block_job_event e)
{
    g_autoptr(GError) err = NULL;
    bool whole = e == BLOCK_JOB_ENDED;

    g_mutex_lock(&j->lock);
    j->stop = true;
    g_cond_signal(&j->changed);
    g_mutex_unlock(&j->lock);
    g_thread_join(j->thread);
    if (j->told)
        g_source_remove(j->told);
    pause_guest();
    block_drain(j->disk);
    if (whole && follows(j))
        copy_rest(j);
    if (j->target) {
        int r = node_flush(j->target);
        if (r < 0 && !j->error)
            j->error = -r;
    }
    if (whole && !j->error && change_chain(j, &err) < 0)
        j->error = EIO;
    if (whole && !j->error && j->completing)
        take_place(j);
    close_base(j);
    j->disk->job = NULL;
    resume_guest();
    g_ptr_array_remove(jobs, j);
    emit(j, j->error && e != BLOCK_JOB_CANCELLED ? BLOCK_JOB_FAILED : e);
    job_free(j);
}

static gboolean look_after(gpointer opaque)
{
    struct block_job *j = opaque;

    g_mutex_lock(&j->lock);
    j->told = 0;
    bool failed = j->error, ready = j->ready && !failed && !j->stop;
    g_mutex_unlock(&j->lock);
    if (ready)
        emit(j, BLOCK_JOB_READY);
    else
        end(j, failed ? BLOCK_JOB_FAILED : BLOCK_JOB_ENDED);
    return G_SOURCE_REMOVE;
}

/* -- Beginnings -- */

static bool make_image(const struct block_job_wish *w, GError **err)
{
    const struct block *b = w->disk;
    struct block_create c = { .size = b->size };

    if (w->sync == BLOCK_JOB_TOP && b->backing) {
        c.backing_file = b->backing->filename;
        c.backing_format = b->backing->driver->name;
    }
    return image_create(w->target, w->format ? w->format : b->driver->name, &c, err) == 0;
}

static struct block *open_target(const struct block_job_wish *w, GError **err)
{
    const struct node_options no = { .write_cache = true, .locking = true };
    struct block *t;

    if (w->target_node) {
        t = block_find(w->target_node);
        if (!t || t->user || t->parents || t->drive || t == w->disk || t->read_only) {
            fail(err, "'%s': expected the name of a node that is not in use and can be written", w->target_node);
            return NULL;
        }
        t->refs++;
    } else {
        const char *format = w->format ? w->format : w->create ? w->disk->driver->name : NULL;
        if (w->create && !make_image(w, err))
            return NULL;
        t = image_open(w->target, format, &no, NULL, w->sync == BLOCK_JOB_TOP, NULL, err);
    }
    if (t && t->size != w->disk->size) {
        fail(err, "'%s': expected a disk of %" G_GUINT64_FORMAT " bytes", t->filename, w->disk->size);
        g_clear_pointer(&t, block_node_unref);
    }
    return t;
}

/* What lies behind becomes writable. */
static bool open_base(struct block_job *j, GError **err)
{
    struct block *base = j->base;

    if (base->size != source(j)->size) {
        fail(err, "'%s' has another size than '%s': mynah cannot commit to that", base->filename, source(j)->filename);
        return false;
    }
    int r = base->driver->set_writable ? base->driver->set_writable(base, true) : -ENOTSUP;
    if (r < 0) {
        fail(err, "'%s' cannot be written: %s", base->filename, g_strerror(-r));
        return false;
    }
    j->target = base;
    return j->base_opened = true;
}

/* The image above that which goes can name another. */
static bool can_change(const struct block_job *j, GError **err)
{
    const struct block *over = j->top ? node_above(j->disk, j->top) : NULL;

    if (!over || (over->driver->set_backing && (!over->read_only || over->driver->set_writable)))
        return true;
    fail(err, "'%s': expected an image that can have another behind it", over->filename);
    return false;
}

/* Where stream and commit end, and what all copy to. */
static bool find_ends(struct block_job *j, const struct block_job_wish *w, GError **err)
{
    struct block *b = j->disk;

    if (w->type == BLOCK_JOB_MIRROR || w->type == BLOCK_JOB_BACKUP)
        return (j->target = open_target(w, err)) != NULL;
    if (w->top && !block_is_named(b, w->top) && !(j->top = find_behind(b, w->top))) {
        fail(err, "'%s' is not behind '%s'", w->top, block_name(b));
        return false;
    }
    if (w->base && !(j->base = find_behind(source(j), w->base))) {
        fail(err, "'%s' is not behind '%s'", w->base, j->top ? j->top->filename : block_name(b));
        return false;
    }
    if (w->type == BLOCK_JOB_STREAM) {
        if (!b->driver->copy_up || b->read_only)
            fail(err, "'%s': expected an image that can have another behind it, and can be written", block_name(b));
        return b->driver->copy_up && !b->read_only;
    }
    for (struct block *at = source(j)->backing; at && !w->base; at = at->backing)
        j->base = at;
    if (!j->base)
        fail(err, "there is nothing behind '%s' to commit to", j->top ? j->top->filename : block_name(b));
    return j->base && can_change(j, err) && open_base(j, err);
}

/* While nothing reads what a commit makes writable. */
static bool find_ends_drained(struct block_job *j, const struct block_job_wish *w, GError **err)
{
    bool quiet = w->type == BLOCK_JOB_COMMIT, ok;

    if (quiet) {
        pause_guest();
        block_drain(j->disk);
    }
    ok = find_ends(j, w, err);
    if (quiet)
        resume_guest();
    return ok;
}

static bool may_start(const struct block_job_wish *w, const char *id, GError **err)
{
    if (input_ordered())
        fail(err, "disks stay as they are: this is a recording or a replay");
    else if (block_job_find(id))
        fail(err, "Job ID '%s' already in use", id);
    else if (w->disk->job)
        fail(err, "'%s' has a job already", block_name(w->disk));
    else if (w->disk->parents)
        fail(err, "node '%s' is below another one", w->disk->node);
    else
        return true;
    return false;
}

bool block_job_start(const struct block_job_wish *w, GError **err)
{
    const char *id = w->id ? w->id : block_name(w->disk);

    if (!may_start(w, id, err))
        return false;
    struct block_job *j = g_new0(struct block_job, 1);
    j->type = w->type;
    j->sync = w->sync;
    j->id = g_strdup(id);
    j->disk = w->disk;
    j->speed = w->speed;
    j->note = g_strdup(w->note);
    g_mutex_init(&j->lock);
    g_cond_init(&j->changed);
    if (!find_ends_drained(j, w, err)) {
        job_free(j);
        return false;
    }
    j->clusters = (source(j)->size + CLUSTER - 1) / CLUSTER;
    j->todo = g_malloc0(j->clusters / 8 + 1);
    for (uint64_t c = 0; j->sync != BLOCK_JOB_NONE && c < j->clusters; c++)
        set_todo(j, c, true);
    if (!jobs)
        jobs = g_ptr_array_new();
    g_ptr_array_add(jobs, j);
    pause_guest();
    block_drain(j->disk);
    j->disk->job = j;
    resume_guest();
    emit(j, BLOCK_JOB_CREATED);
    j->thread = g_thread_new("block job", job_thread, j);
    return true;
}

bool block_take_overlay(struct block *disk, const char *file, const char *format, bool create, GError **err)
{
    const struct node_options no = { .write_cache = true, .locking = true };
    const struct block_job_wish w = { .disk = disk, .target = file, .format = format ? format : "qcow2" };
    const struct block_create c = { .size = disk->size, .backing_file = disk->filename,
                                    .backing_format = disk->driver->name };

    if (!may_start(&w, "", err) || (create && image_create(file, w.format, &c, err) < 0))
        return false;
    struct block *over = image_open(file, w.format, &no, NULL, false, NULL, err);
    if (!over)
        return false;
    if (!over->driver->set_backing || over->size != disk->size) {
        fail(err, "'%s': expected an image of %" G_GUINT64_FORMAT " bytes that can have another behind it", file,
             disk->size);
        block_node_unref(over);
        return false;
    }
    pause_guest();
    block_drain(disk);
    int r = node_flush(disk);
    if (r == 0) {
        block_node_exchange(disk, over);
        over->read_only = true;
        block_node_set_backing(disk, over);
    }
    resume_guest();
    if (r == 0)
        return true;
    fail(err, "'%s': %s", disk->filename, g_strerror(-r));
    block_node_unref(over);
    return false;
}

/* -- Control -- */

struct block_job *block_job_find(const char *id)
{
    for (guint i = 0; jobs && i < jobs->len; i++) {
        struct block_job *j = g_ptr_array_index(jobs, i);
        if (!strcmp(j->id, id))
            return j;
    }
    return NULL;
}

bool block_job_complete(struct block_job *j, GError **err)
{
    g_mutex_lock(&j->lock);
    bool ready = j->ready && follows(j) && !j->error;
    g_mutex_unlock(&j->lock);
    if (!ready) {
        fail(err, "The active block job '%s' cannot be completed", j->id);
        return false;
    }
    j->completing = true;
    end(j, BLOCK_JOB_ENDED);
    return true;
}

void block_job_cancel(struct block_job *j, bool force)
{
    g_mutex_lock(&j->lock);
    bool whole = j->ready && j->type == BLOCK_JOB_MIRROR && !force && !j->error;
    g_mutex_unlock(&j->lock);
    end(j, whole ? BLOCK_JOB_ENDED : BLOCK_JOB_CANCELLED);
}

void block_job_pause(struct block_job *j, bool pause)
{
    g_mutex_lock(&j->lock);
    j->paused = pause;
    g_cond_signal(&j->changed);
    g_mutex_unlock(&j->lock);
}

void block_job_set_speed(struct block_job *j, uint64_t speed)
{
    g_mutex_lock(&j->lock);
    j->speed = speed;
    j->slice_end = 0;
    g_cond_signal(&j->changed);
    g_mutex_unlock(&j->lock);
}

void block_job_foreach(void (*fn)(const struct block_job_info *i, void *opaque), void *opaque)
{
    for (guint i = 0; jobs && i < jobs->len; i++) {
        struct block_job *j = g_ptr_array_index(jobs, i);
        struct block_job_info info = info_of(j);
        fn(&info, opaque);
    }
}

void block_jobs_listen(void (*fn)(enum block_job_event e, const struct block_job_info *i), void (*pause)(void),
                       void (*resume)(void))
{
    listener = fn;
    pause_guest = pause;
    resume_guest = resume;
}

void block_jobs_end(void)
{
    while (jobs && jobs->len)
        block_job_cancel(g_ptr_array_index(jobs, 0), true);
}
