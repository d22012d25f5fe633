# SPDX-License-Identifier: BSD-2-Clause
OBJS += chardev/chardev.o chardev/chardev-compat.o chardev/chardev-file.o chardev/chardev-io.o chardev/chardev-mux.o \
	chardev/chardev-pty.o chardev/chardev-socket.o chardev/chardev-socket-address.o chardev/chardev-stdio.o
