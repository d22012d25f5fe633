# SPDX-License-Identifier: BSD-2-Clause

OBJS += softfp/arith.o softfp/compare.o softfp/convert.o softfp/nan.o
