# SPDX-License-Identifier: BSD-2-Clause
OBJS += tcg/accel.o tcg/exec.o tcg/tb.o tcg/breakpoints.o tcg/code-cache.o
include $(srcdir)/tcg/ir/dir.mk
include $(srcdir)/tcg/mmu/dir.mk
include $(srcdir)/tcg/x64/dir.mk
# The host's back end, or none
OBJS_none = tcg/no-backend.o
OBJS += $(OBJS_$(HOST_BACKEND))
