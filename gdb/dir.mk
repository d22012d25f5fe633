# SPDX-License-Identifier: BSD-2-Clause
OBJS += gdb/gdb.o gdb/gdb-packets.o
