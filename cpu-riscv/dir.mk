# SPDX-License-Identifier: BSD-2-Clause
OBJS += cpu-riscv/arch.o cpu-riscv/csr.o cpu-riscv/gdb.o cpu-riscv/mmu.o cpu-riscv/models.o cpu-riscv/pmp.o \
	cpu-riscv/sys-helpers.o cpu-riscv/trap.o
OBJS += cpu-riscv/dt.o
