/* SPDX-License-Identifier: BSD-2-Clause */
/* The accelerators of this program: one line each, the default one first. */
#include <string.h>

#include "accel.h"

extern const struct accel tcg_accel, interp_accel;

const struct accel *const accels[] = {
    &tcg_accel,
    &interp_accel,
    NULL,
};

const struct accel *accel_find(const char *name)
{
    for (unsigned i = 0; accels[i]; i++)
        if (!strcmp(accels[i]->name, name))
            return accels[i];
    return NULL;
}

const char **accel_names(void)
{
    const char **names = g_new0(const char *, ARRAY_SIZE(accels));

    for (unsigned i = 0; accels[i]; i++)
        names[i] = accels[i]->name;
    return names;
}
