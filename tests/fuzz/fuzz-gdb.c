/* SPDX-License-Identifier: BSD-2-Clause */
/* The gdb server of a RISC-V machine's: see gdb-packets.c. */
#include "fuzz.h"
#include "gdb-packets.h"

const char fuzz_name[] = "gdb";

void fuzz_init(void)
{
    gdb_packets_init("riscv64-virt");
}
