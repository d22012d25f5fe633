/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of a RISC-V machine: see snapshot-changes.c. */
#include "fuzz.h"
#include "snapshot-changes.h"

const char fuzz_name[] = "snapshot";

void fuzz_init(void)
{
    snapshot_changes_init("riscv64-virt");
}
