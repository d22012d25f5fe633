/* SPDX-License-Identifier: BSD-2-Clause */
/* The gdb server of an ARM machine's: see gdb-packets.c. */
#include "fuzz.h"
#include "gdb-packets.h"

const char fuzz_name[] = "gdb-arm";

void fuzz_init(void)
{
    gdb_packets_init("arm64-virt");
}
