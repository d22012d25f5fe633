/* SPDX-License-Identifier: BSD-2-Clause */
/* What -smbios said. */
#ifndef MYNAH_SMBIOS_OPTIONS_H
#define MYNAH_SMBIOS_OPTIONS_H

#include <glib.h>

#include "types.h"

/* One -smbios type=TYPE. Of types that a machine has once, a later one adds to the earlier. */
struct smbios_given {
    unsigned type;
    GHashTable *fields;  /* name -> text, checked already */
    GPtrArray *strings;  /* type 11's, in order */
};

/* Number n of those of this type; NULL: there are not so many. */
const struct smbios_given *smbios_given(unsigned type, unsigned n);
/* Its field, NULL where it was not given; as a number, dflt there; as a yes or no. g may be NULL: nothing was given. */
const char *smbios_text(const struct smbios_given *g, const char *field);
uint64_t smbios_number(const struct smbios_given *g, const char *field, uint64_t dflt);
bool smbios_flag(const struct smbios_given *g, const char *field);
/* Anything was said. */
bool smbios_any(void);
/* Structures that came as files, whole, one behind the other. */
const GByteArray *smbios_files(void);

#endif
