# SPDX-License-Identifier: BSD-2-Clause
OBJS += core/balloon.o core/sboxes.o
OBJS += core/bus.o core/clock.o core/device.o core/dt.o core/lock-order.o core/log.o core/plug.o core/ram.o core/ram-source.o core/signal-stack.o
OBJS += core/late-library.o core/disassembler.o core/archs.o core/cpu-state.o core/hash64.o core/state.o core/symbols.o core/cpu-global.o core/cpu-mode.o core/object.o core/opts.o core/runstate.o core/semihost.o core/semihost-gdb.o
OBJS += core/stream.o core/snapshot.o core/savevm.o
OBJS += core/input.o core/replay.o core/replay-log.o
OBJS += core/accels.o core/cpus.o core/cpus-exec.o core/cpus-icount.o core/cpus-pause.o core/cpus-safe.o \
	core/cpus-threads.o core/debug.o core/elf-file.o
