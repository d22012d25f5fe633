# SPDX-License-Identifier: BSD-2-Clause
#: bench         speed beside QEMU's: figures, not verdicts
#= PARTS, KERNELS, ROUNDS, PEER: what make bench measures, see bench/run
bench: all
	MYNAH=./mynah-system-riscv64 $(srcdir)/bench/run
#: bench-io      disk images and mynah-img beside qemu-img, see bench/io
bench-io: mynah-img
	$(srcdir)/bench/io ./mynah-img
.PHONY: bench bench-io
