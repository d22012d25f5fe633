# SPDX-License-Identifier: BSD-2-Clause
OBJS += cpu-arm/arch.o cpu-arm/dt.o cpu-arm/exception.o cpu-arm/gdb.o cpu-arm/mmu.o cpu-arm/models.o cpu-arm/psci.o \
	cpu-arm/regime.o cpu-arm/regs.o cpu-arm/state.o cpu-arm/sys-helpers.o cpu-arm/sysregs.o cpu-arm/timer.o cpu-arm/tlb.o
# The translator; its decoder is made from a64.decode.
A64_TRANS = cpu-arm/decode-a64.o cpu-arm/a64-decoder.o cpu-arm/trans-int.o cpu-arm/trans-mem.o cpu-arm/helpers-int.o \
	cpu-arm/trans-simd.o cpu-arm/trans-fp.o cpu-arm/trans-vfp.o cpu-arm/trans-struct.o cpu-arm/helpers-simd.o cpu-arm/helpers-fp.o \
	cpu-arm/trans-crypto.o cpu-arm/helpers-crypto.o
OBJS += cpu-arm/disas.o cpu-arm/trans-sys.o cpu-arm/translate.o $(A64_TRANS)
CLEAN += cpu-arm/a64-decoder.c cpu-arm/a64.h
cpu-arm/a64-decoder.c: tools/decodegen $(srcdir)/cpu-arm/a64.decode
	@mkdir -p $(@D)
	tools/decodegen decoder $(srcdir)/cpu-arm/a64.decode > $@.new && mv $@.new $@
cpu-arm/a64.h: tools/decodegen $(srcdir)/cpu-arm/a64.decode
	@mkdir -p $(@D)
	tools/decodegen header $(srcdir)/cpu-arm/a64.decode > $@.new && mv $@.new $@
$(A64_TRANS): cpu-arm/a64.h
UNIT_TESTS += tests/unit/test-arm-mmu tests/unit/test-arm-system
