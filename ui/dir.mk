# SPDX-License-Identifier: BSD-2-Clause
OBJS += ui/display.o ui/hid.o ui/panel.o
