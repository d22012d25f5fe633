# SPDX-License-Identifier: BSD-2-Clause
OBJS += tcg/mmu/softmmu.o
