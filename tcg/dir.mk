# SPDX-License-Identifier: BSD-2-Clause
OBJS += tcg/accel.o tcg/engine.o tcg/exec.o tcg/tb.o tcg/tb-cache.o tcg/tb-make.o tcg/tb-pages.o tcg/breakpoints.o tcg/faults.o
include $(srcdir)/tcg/gen/dir.mk
include $(srcdir)/tcg/interp/dir.mk
include $(srcdir)/tcg/ir/dir.mk
include $(srcdir)/tcg/mmu/dir.mk
include $(srcdir)/tcg/x64/dir.mk
# The host's back end, or none
OBJS_none = tcg/no-backend.o
OBJS += $(OBJS_$(HOST_BACKEND))
