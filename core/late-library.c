/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared libraries, loaded when they are needed. */
#include "late-library.h"

#include <dlfcn.h>

#include "opts.h"

bool late_library(const char *soname, const char *const *names, void *lib, GError **err)
{
    static GMutex lock; /* a leaf */
    void **to = lib;
    bool ok = true;

    g_mutex_lock(&lock);
    void *handle = *to ? NULL : dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (!*to && !handle) {
        fail(err, "%s", dlerror());
        ok = false;
    }
    for (unsigned i = 0; handle && ok && names[i]; i++) {
        void *symbol = dlsym(handle, names[i]);
        ok = symbol;
        if (!ok)
            fail(err, "%s has no %s", soname, names[i]);
        else if (i)
            to[i] = symbol;
    }
    if (handle && ok)
        to[0] = dlsym(handle, names[0]); /* last: it says that all are there */
    g_mutex_unlock(&lock);
    return ok;
}
