# SPDX-License-Identifier: BSD-2-Clause
OBJS += tcg/ir/ops.o tcg/ir/build.o tcg/ir/fold.o tcg/ir/eval.o tcg/ir/eval-vector.o tcg/ir/print.o tcg/ir/verify.o \
	tcg/ir/code.o tcg/ir/optimise.o tcg/ir/localise.o tcg/ir/if-convert.o tcg/ir/loop.o tcg/ir/pagechk.o tcg/ir/rotate.o tcg/ir/strip.o tcg/ir/sink.o tcg/ir/chase.o tcg/ir/merge.o tcg/ir/parse.o
