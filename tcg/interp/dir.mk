# SPDX-License-Identifier: BSD-2-Clause
OBJS += tcg/interp/accel.o tcg/interp/interp.o
