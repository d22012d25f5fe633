# SPDX-License-Identifier: BSD-2-Clause
OBJS += cpu-riscv/arch.o cpu-riscv/csr.o cpu-riscv/gdb.o cpu-riscv/mmu.o cpu-riscv/models.o cpu-riscv/pmp.o \
	cpu-riscv/regs.o cpu-riscv/sys-helpers.o cpu-riscv/trap.o cpu-riscv/aia.o cpu-riscv/csr-irq.o
OBJS += cpu-riscv/dt.o cpu-riscv/state.o
# The translator; its decoder is made from insns.decode.
RISCV_TRANS = cpu-riscv/disas.o cpu-riscv/translate.o cpu-riscv/trans-int.o cpu-riscv/trans-mem.o cpu-riscv/trans-fp.o \
	cpu-riscv/trans-crypto.o cpu-riscv/trans-zcm.o cpu-riscv/trans-priv.o cpu-riscv/trans-helpers.o cpu-riscv/crypto-helpers.o \
	cpu-riscv/fp-helpers.o cpu-riscv/decoder.o
OBJS += $(RISCV_TRANS)
UNIT_TESTS += tests/unit/test-riscv-decode tests/unit/test-riscv-user
TEST_OBJS += tests/riscv-random.o
tests/unit/test-riscv-user: tests/riscv-random.o tests/toy-memory.o tests/command.o
tests/riscv-random.o: cpu-riscv/insns.h
CLEAN += cpu-riscv/decoder.c cpu-riscv/insns.h

cpu-riscv/decoder.c: tools/decodegen $(srcdir)/cpu-riscv/insns.decode
	tools/decodegen decoder $(srcdir)/cpu-riscv/insns.decode > $@.new && mv $@.new $@
cpu-riscv/insns.h: tools/decodegen $(srcdir)/cpu-riscv/insns.decode
	tools/decodegen header $(srcdir)/cpu-riscv/insns.decode > $@.new && mv $@.new $@
$(RISCV_TRANS): cpu-riscv/insns.h

UNIT_TESTS += tests/unit/test-riscv-csr tests/unit/test-riscv-aia
UNIT_TESTS += tests/unit/test-riscv-trap
UNIT_TESTS += tests/unit/test-riscv-mmu
UNIT_TESTS += tests/unit/test-riscv-pmp
UNIT_TESTS += tests/unit/test-riscv-models
