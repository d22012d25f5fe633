# SPDX-License-Identifier: BSD-2-Clause
OBJS += cpu-arm/arch.o cpu-arm/debug.o cpu-arm/dt.o cpu-arm/exception.o cpu-arm/gdb.o cpu-arm/isv.o cpu-arm/mmu.o cpu-arm/models.o cpu-arm/pmu.o cpu-arm/psci.o \
	cpu-arm/regime.o cpu-arm/regs.o cpu-arm/state.o cpu-arm/sys-helpers.o cpu-arm/sysregs.o cpu-arm/timer.o cpu-arm/tlb.o \
	cpu-arm/aarch32.o cpu-arm/a32-security.o cpu-arm/cp15.o cpu-arm/mmu-a32.o cpu-arm/models-a32.o
# The translators; their decoders are made from *.decode.
A64_TRANS = cpu-arm/decode-a64.o cpu-arm/a64-decoder.o cpu-arm/trans-int.o cpu-arm/trans-mem.o cpu-arm/helpers-int.o \
	cpu-arm/trans-simd.o cpu-arm/trans-fp.o cpu-arm/trans-vfp.o cpu-arm/trans-struct.o cpu-arm/helpers-simd.o cpu-arm/helpers-fp.o \
	cpu-arm/trans-crypto.o cpu-arm/helpers-crypto.o cpu-arm/trans-pauth.o cpu-arm/pauth.o \
	cpu-arm/trans-product.o cpu-arm/helpers-product.o
A32_TRANS = cpu-arm/translate-a32.o cpu-arm/trans-a32-int.o cpu-arm/trans-a32-mem.o cpu-arm/trans-a32-sys.o \
	cpu-arm/trans-a32-vfp.o cpu-arm/trans-neon.o cpu-arm/trans-a32-parallel.o cpu-arm/a32-decoder.o cpu-arm/t32-decoder.o cpu-arm/t16-decoder.o \
	cpu-arm/neon-decoder.o
# M-profile
OBJS += cpu-arm/m-arch.o cpu-arm/m-debug.o cpu-arm/m-exception.o cpu-arm/m-fp.o cpu-arm/m-gdb.o cpu-arm/m-helpers.o cpu-arm/m-mpu.o \
	cpu-arm/m-models.o cpu-arm/m-nvic.o cpu-arm/m-ppb.o cpu-arm/m-scs.o cpu-arm/m-security.o cpu-arm/m-state.o cpu-arm/m-systick.o
A32_TRANS += cpu-arm/trans-m.o cpu-arm/t32m-decoder.o cpu-arm/t16m-decoder.o
OBJS += cpu-arm/disas.o cpu-arm/trans-sys.o cpu-arm/trans-flags.o cpu-arm/translate.o $(A64_TRANS) $(A32_TRANS)
ARM_TABLES = cpu-arm/a64 cpu-arm/a32 cpu-arm/t32 cpu-arm/t16 cpu-arm/neon cpu-arm/t32m cpu-arm/t16m
CLEAN += $(ARM_TABLES:=-decoder.c) $(ARM_TABLES:=.h)
$(ARM_TABLES:=-decoder.c): cpu-arm/%-decoder.c: tools/decodegen $(srcdir)/cpu-arm/%.decode
	@mkdir -p $(@D)
	tools/decodegen decoder $(srcdir)/cpu-arm/$*.decode > $@.new && mv $@.new $@
$(ARM_TABLES:=.h): cpu-arm/%.h: tools/decodegen $(srcdir)/cpu-arm/%.decode
	@mkdir -p $(@D)
	tools/decodegen header $(srcdir)/cpu-arm/$*.decode > $@.new && mv $@.new $@
$(A64_TRANS): cpu-arm/a64.h
cpu-arm/trans-a32-vfp.o cpu-arm/trans-neon.o cpu-arm/translate-a32.o cpu-arm/trans-a32-parallel.o: cpu-arm/a64.h cpu-arm/neon.h
cpu-arm/trans-fp.o cpu-arm/trans-vfp.o cpu-arm/trans-product.o: cpu-arm/neon.h
$(A32_TRANS) cpu-arm/aarch32.o cpu-arm/m-arch.o cpu-arm/m-helpers.o: cpu-arm/a32.h cpu-arm/t32.h cpu-arm/t16.h \
	cpu-arm/t32m.h cpu-arm/t16m.h
UNIT_TESTS += tests/unit/test-arm-mmu tests/unit/test-arm-system tests/unit/test-arm-v6
