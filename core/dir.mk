# SPDX-License-Identifier: BSD-2-Clause
OBJS += core/bus.o core/clock.o core/lock-order.o core/log.o core/ram.o
OBJS += core/archs.o core/cpu-global.o
OBJS += core/opts.o core/options.o core/settings.o core/startup.o core/accepted.o core/object.o core/help.o core/smp.o core/runstate.o core/daemon.o
OBJS += core/chardev.o core/chardev-file.o core/chardev-mux.o core/chardev-pty.o core/chardev-socket.o core/chardev-stdio.o
OBJS += core/gdb.o core/gdb-packets.o
OBJS += core/monitor.o core/monitor-commands.o core/monitor-info.o core/monitor-memory.o core/line-editor.o
OBJS += core/qmp.o core/qmp-commands.o core/describe.o
