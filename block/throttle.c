/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits of a drive's rate. What went through leaks out of each bucket at avg a second; a full one makes wait. */
#include "throttle.h"

#include <string.h>

/* Each bucket's names: the long one is behind "throttling.". */
static const struct {
    const char *name, *long_name;
} names[THROTTLE_COUNT] = {
    [THROTTLE_BPS] = { "bps", "bps-total" }, [THROTTLE_BPS_RD] = { "bps_rd", "bps-read" },
    [THROTTLE_BPS_WR] = { "bps_wr", "bps-write" }, [THROTTLE_IOPS] = { "iops", "iops-total" },
    [THROTTLE_IOPS_RD] = { "iops_rd", "iops-read" }, [THROTTLE_IOPS_WR] = { "iops_wr", "iops-write" },
};

static bool take(struct opts *o, const char *key, uint64_t *out, bool *any, GError **err)
{
    *any |= opts_peek(o, key) != NULL;
    return opts_take_size(o, key, out, err);
}

static bool take_bucket(struct throttle_bucket *b, struct opts *o, unsigned i, bool *any, GError **err)
{
    g_autofree char *avg = g_strconcat("throttling.", names[i].long_name, NULL), *max = g_strconcat(avg, "-max", NULL);
    g_autofree char *length = g_strconcat(max, "-length", NULL), *short_max = g_strconcat(names[i].name, "_max", NULL);
    g_autofree char *short_length = g_strconcat(short_max, "_length", NULL);

    b->length = 1;
    if (!take(o, names[i].name, &b->avg, any, err) || !take(o, avg, &b->avg, any, err) ||
        !take(o, short_max, &b->max, any, err) || !take(o, max, &b->max, any, err) ||
        !take(o, short_length, &b->length, any, err) || !take(o, length, &b->length, any, err))
        return false;
    if (b->avg > INT64_C(1000000000000000) || b->max > INT64_C(1000000000000000) || !b->length || b->length > 86400)
        fail(err, "-drive: %s: expected at most 10^15 a second, and bursts of 1 to 86400 seconds", names[i].name);
    else if (b->max && b->max < b->avg)
        fail(err, "-drive: %s: expected at least %s", short_max, names[i].name);
    else
        return true;
    return false;
}

bool throttle_take(struct throttle *t, struct opts *o, bool *any, GError **err)
{
    *any = false;
    for (unsigned i = 0; i < THROTTLE_COUNT; i++)
        if (!take_bucket(&t->buckets[i], o, i, any, err))
            return false;
    if (!take(o, "iops_size", &t->iops_size, any, err) || !take(o, "throttling.iops-size", &t->iops_size, any, err))
        return false;
    if (t->buckets[THROTTLE_BPS].avg && (t->buckets[THROTTLE_BPS_RD].avg || t->buckets[THROTTLE_BPS_WR].avg))
        fail(err, "-drive: bps and bps_rd or bps_wr: expected one or the other");
    else if (t->buckets[THROTTLE_IOPS].avg && (t->buckets[THROTTLE_IOPS_RD].avg || t->buckets[THROTTLE_IOPS_WR].avg))
        fail(err, "-drive: iops and iops_rd or iops_wr: expected one or the other");
    else
        return true;
    return false;
}

int64_t throttle_account(struct throttle *t, bool write, uint64_t bytes, int64_t now)
{
    static const unsigned of_read[] = { THROTTLE_BPS, THROTTLE_BPS_RD, THROTTLE_IOPS, THROTTLE_IOPS_RD };
    static const unsigned of_write[] = { THROTTLE_BPS, THROTTLE_BPS_WR, THROTTLE_IOPS, THROTTLE_IOPS_WR };
    double seconds = (now - t->last) / 1e6, wait = 0;

    t->last = now;
    for (unsigned i = 0; i < THROTTLE_COUNT; i++)
        t->buckets[i].level = MAX(0, t->buckets[i].level - seconds * t->buckets[i].avg);
    for (unsigned i = 0; i < 4; i++) {
        struct throttle_bucket *b = &t->buckets[write ? of_write[i] : of_read[i]];
        if (!b->avg)
            continue;
        double room = b->max ? (double)b->max * b->length : b->avg / 10.0;
        wait = MAX(wait, (b->level - room) / b->avg);
        b->level += i < 2 ? bytes : t->iops_size ? MAX(1, (double)bytes / t->iops_size) : 1;
    }
    return wait * 1e6;
}
