/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared libraries that are loaded when something first needs them: with all that they need themselves they would cost
 * milliseconds and megabytes at every start. A file that uses one has a list of its functions, and a struct of pointers to
 * them by the names of the header:
 *
 *     #define FUNCTIONS(F) F(cs_open) F(cs_close)
 *     static struct { FUNCTIONS(LATE_MEMBER) } lib;
 *     static const char *const names[] = { FUNCTIONS(LATE_NAME) NULL };
 */
#ifndef MYNAH_LATE_LIBRARY_H
#define MYNAH_LATE_LIBRARY_H

#include <glib.h>
#include <stdbool.h>

#define LATE_MEMBER(f) __typeof__(f) *f;
#define LATE_NAME(f) #f,

/*
 * Load the library of this soname and fill in the struct at lib, a pointer for each of names. Done once for each lib: what
 * is there already costs a lock. False with a message: the library or a function is missing. Any thread.
 */
bool late_library(const char *soname, const char *const *names, void *lib, GError **err);

#endif
