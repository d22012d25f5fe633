# SPDX-License-Identifier: BSD-2-Clause
# Not part of check: figures, not verdicts. See bench/run for its settings.
bench: all
	MYNAH=./mynah-system-riscv64 $(srcdir)/bench/run
.PHONY: bench
