/* SPDX-License-Identifier: BSD-2-Clause */
/* The release of QEMU whose command line, monitor and QMP these are. Clients decide by it what they may ask. */
#ifndef MYNAH_QEMU_VERSION_H
#define MYNAH_QEMU_VERSION_H

#define QEMU_MAJOR 10
#define QEMU_MINOR 0
#define QEMU_MICRO 0
#define QEMU_VERSION "10.0.0"

#endif
