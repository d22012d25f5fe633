/* SPDX-License-Identifier: BSD-2-Clause */
/* What the targets of the gdb server's protocol share: all but the machine and the name. */
#ifndef MYNAH_FUZZ_GDB_PACKETS_H
#define MYNAH_FUZZ_GDB_PACKETS_H

/* Once: a machine of this type with a gdb server. fuzz_one() is there. */
void gdb_packets_init(const char *machine);

#endif
