# SPDX-License-Identifier: BSD-2-Clause
OBJS += cpu-arm/arch.o cpu-arm/dt.o cpu-arm/exception.o cpu-arm/gdb.o cpu-arm/mmu.o cpu-arm/models.o cpu-arm/regime.o \
	cpu-arm/regs.o cpu-arm/state.o cpu-arm/sys-helpers.o cpu-arm/sysregs.o
# The translator.
OBJS += cpu-arm/decode-a64.o cpu-arm/disas.o cpu-arm/trans-sys.o cpu-arm/translate.o
