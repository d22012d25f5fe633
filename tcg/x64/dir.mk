# SPDX-License-Identifier: BSD-2-Clause
# HOST_BACKEND is configure's choice.
OBJS_x64 = tcg/x64/emit.o tcg/x64/analyse.o tcg/x64/alloc.o tcg/x64/lower-int.o tcg/x64/lower-bits.o tcg/x64/lower-flags.o tcg/x64/lower-vec.o tcg/x64/lower-mem.o tcg/x64/lower-check.o \
	tcg/x64/lower-fp.o tcg/x64/lower-exit.o tcg/x64/side-table.o tcg/x64/entry.o tcg/x64/fault.o \
	tcg/x64/pins.o tcg/x64/narrow.o tcg/x64/late.o tcg/x64/backend.o
