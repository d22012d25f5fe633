/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's memory balloon, by which devices and monitors find each other. */
#include "balloon.h"

#include "opts.h"

static const struct balloon *the_balloon;

void (*balloon_changed)(uint64_t actual);

bool balloon_add(const struct balloon *b, GError **err)
{
    if (the_balloon) {
        fail(err, "Another balloon device already registered");
        return false;
    }
    the_balloon = b;
    return true;
}

void balloon_remove(const struct balloon *b)
{
    if (the_balloon == b)
        the_balloon = NULL;
}

const struct balloon *balloon_find(GError **err)
{
    if (!the_balloon)
        g_set_error(err, MYNAH_ERROR, BALLOON_NONE, "No balloon device has been activated");
    return the_balloon;
}
