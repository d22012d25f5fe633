/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bus with RAM, wires and a clock of our own, where fuzz targets put devices: with a character device, a drive
 * and a network back end for them to use. No CPU runs.
 */
#ifndef MYNAH_FUZZ_BENCH_H
#define MYNAH_FUZZ_BENCH_H

#include "fuzz.h"
#include "machine.h"

#define BENCH_RAM UINT64_C(0x80000000)
#define BENCH_RAM_SIZE (256 * KiB)
#define BENCH_DRIVE_SIZE (64 * KiB)

extern struct machine bench;
extern struct ram_block *bench_ram; /* zeroed by bench_begin() */
/* Ids of what devices can be connected to: a socket, a drive, a restricted user network. */
#define BENCH_CHARDEV "c0"
#define BENCH_DRIVE "d0"
#define BENCH_NETDEV "n0"

/* Once. */
void bench_init(void);
/* For each input: an empty bus with RAM; time is 0 ns after the last. */
void bench_begin(void);
/* Remove all devices. */
void bench_end(void);

/*
 * Make a device, with what properties the input says; connected to as many wires as it likes. One that needs a bus
 * goes to the first with room. False if it can't be.
 */
bool bench_add(const struct device_type *t, struct fuzz *f);
/* Access some device's register. */
void bench_access(struct fuzz *f);
/* Read or write a system register that is a device's, as some CPU of its wires. */
void bench_sysreg(struct fuzz *f);
/* Give a device's controller end, if it is one, a random signal. */
void bench_signal(struct fuzz *f);
/* Send bytes to the character device from outside; read what came out. */
void bench_host_input(const uint8_t *p, size_t len);
/* Move the clock on, firing at most 1000 rounds of timers. */
void bench_advance(uint64_t ns);

#endif
