# SPDX-License-Identifier: BSD-2-Clause
OBJS += tcg/gen/code-cache.o tcg/gen/pins.o
