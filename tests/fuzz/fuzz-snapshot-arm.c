/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of an ARM machine: see snapshot-changes.c. */
#include "fuzz.h"
#include "snapshot-changes.h"

const char fuzz_name[] = "snapshot-arm";

void fuzz_init(void)
{
    snapshot_changes_init("arm64-virt");
}
