# SPDX-License-Identifier: BSD-2-Clause
OBJS += cli/options.o cli/settings.o cli/settings-finish.o cli/startup.o cli/accepted.o cli/help.o cli/ends.o cli/run.o cli/semihost.o cli/smp.o cli/numa.o cli/daemon.o
