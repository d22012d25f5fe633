# SPDX-License-Identifier: BSD-2-Clause
OBJS += block/block.o block/job.o block/drive.o block/file.o block/io.o block/medium.o block/open.o block/raw.o block/snapshot.o block/state.o block/throttle.o block/uring.o \
	block/blockmap.o block/nbd.o block/vvfat.o block/vdi.o block/vhdx.o block/vhdx-log.o block/vmdk.o block/vpc.o \
	block/qcow2.o block/qcow2-cache.o block/qcow2-check.o block/qcow2-compress.o block/qcow2-io.o block/qcow2-map.o \
	block/qcow2-refs.o block/qcow2-resize.o block/qcow2-snapshot.o
