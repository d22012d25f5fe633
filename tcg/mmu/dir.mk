# SPDX-License-Identifier: BSD-2-Clause
OBJS += tcg/mmu/access.o tcg/mmu/atomics.o tcg/mmu/fill.o tcg/mmu/flush.o tcg/mmu/probe.o tcg/mmu/sets.o tcg/mmu/wide.o
