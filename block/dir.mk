# SPDX-License-Identifier: BSD-2-Clause
OBJS += block/block.o block/drive.o block/file.o block/raw.o block/snapshot.o block/state.o
