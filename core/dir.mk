# SPDX-License-Identifier: BSD-2-Clause
OBJS += core/bus.o core/clock.o core/log.o core/ram.o
OBJS += core/archs.o
