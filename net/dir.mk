# SPDX-License-Identifier: BSD-2-Clause
OBJS += net/net.o net/nic.o net/slirp.o net/guestfwd.o net/tap.o net/socket.o net/stream.o net/dgram.o net/packets.o net/hub.o \
	net/filters.o net/offload.o net/merger.o
