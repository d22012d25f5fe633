# SPDX-License-Identifier: BSD-2-Clause
OBJS += net/net.o net/nic.o net/slirp.o net/guestfwd.o
