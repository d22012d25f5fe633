/* SPDX-License-Identifier: BSD-2-Clause */
/* What the targets of snapshots share: all but the machine and the name. */
#ifndef MYNAH_FUZZ_SNAPSHOT_CHANGES_H
#define MYNAH_FUZZ_SNAPSHOT_CHANGES_H

/* Once: a machine of this type, and a right snapshot of it. fuzz_one() is there. */
void snapshot_changes_init(const char *machine);

#endif
