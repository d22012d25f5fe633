# SPDX-License-Identifier: BSD-2-Clause
# The IR
OBJS += tcg/ir-ops.o tcg/ir-build.o tcg/fold.o tcg/print.o tcg/verify.o tcg/code.o tcg/interp.o tcg/optimise.o tcg/parse.o
# The engine
OBJS += tcg/exec.o tcg/tb.o tcg/softmmu.o tcg/code-cache.o tcg/debug.o
# Until there is a back end for this host
OBJS += tcg/no-backend.o
