# SPDX-License-Identifier: BSD-2-Clause
OBJS += monitor/monitor.o monitor/monitor-commands.o monitor/monitor-devices.o monitor/monitor-display.o monitor/monitor-guest.o monitor/monitor-info.o monitor/monitor-memory.o monitor/monitor-panel.o monitor/monitor-snapshots.o monitor/line-editor.o
OBJS += monitor/qmp.o monitor/qmp-commands.o monitor/qmp-guest.o monitor/qmp-jobs.o monitor/qmp-ends.o monitor/qmp-block.o monitor/qmp-media.o monitor/monitor-block.o monitor/describe.o monitor/describe-replay.o
