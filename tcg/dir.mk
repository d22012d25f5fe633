# SPDX-License-Identifier: BSD-2-Clause
# The IR
OBJS += tcg/ir-ops.o tcg/ir-build.o tcg/fold.o tcg/print.o tcg/verify.o tcg/code.o tcg/interp.o tcg/optimise.o tcg/loop.o tcg/parse.o
# The engine
OBJS += tcg/exec.o tcg/tb.o tcg/softmmu.o tcg/code-cache.o tcg/debug.o
# The host's back end (HOST_BACKEND: configure's choice), or none
OBJS_x64 = tcg/x64/emit.o tcg/x64/analyse.o tcg/x64/alloc.o tcg/x64/lower-int.o tcg/x64/lower-mem.o \
	tcg/x64/lower-fp.o tcg/x64/lower-exit.o tcg/x64/side-table.o tcg/x64/entry.o tcg/x64/fault.o \
	tcg/x64/backend.o
OBJS_none = tcg/no-backend.o
OBJS += $(OBJS_$(HOST_BACKEND))
