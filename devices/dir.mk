# SPDX-License-Identifier: BSD-2-Clause
OBJS += devices/virtio.o devices/virtio-ring.o devices/virtio-mmio.o devices/virtio-blk.o devices/virtio-net.o \
	devices/virtio-rng.o
