# SPDX-License-Identifier: BSD-2-Clause
#: bench         speed beside QEMU's: figures, not verdicts
#= PARTS, KERNELS, ROUNDS, PEER: what make bench measures, see bench/run
bench: all
	MYNAH=./mynah-system-riscv64 $(srcdir)/bench/run
#: bench-io      mynah-img beside qemu-img, and a guest's disks, network and folders, see bench/io and bench/io-guest
bench-io: all
	$(srcdir)/bench/io ./mynah-img
	$(srcdir)/bench/io-guest ./mynah-system-riscv64
.PHONY: bench bench-io
