#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# MicroPython on the micro:bit: the prompt answers, in each engine mode. Its package is in Debian 12 only: installed on
# the host, or unpacked in the guests' folder.
. "$(dirname "$0")/lib.sh"
path=usr/share/firmware-microbit-micropython/firmware.hex
firmware=$guests/microbit/$path
[ -e "$firmware" ] || firmware=/$path
[ -e "$firmware" ] || miss "$firmware is missing: install Debian 12's package firmware-microbit-micropython"

python() { # python TITLE OPTIONS...
    local title=$1
    shift
    start "MicroPython$title" 60 "$MYNAH" -M microbit -nographic "$@" -device "loader,file=$firmware"
    expect "MicroPython v1" && expect ">>> " && send $'print(6*7)\r' && expect "42" && expect ">>> " &&
        send $'from microbit import *; sleep(50); print(accelerometer.get_z() < -900, running_time() >= 50)\r' &&
        expect "True True" && expect ">>> " && send $'1/0\r' && expect "ZeroDivisionError" && send $'reset()\r' &&
        expect "MicroPython v1" && expect ">>> " && stop
}

python ""
python " (interpreter)" -accel interp
python " under icount" -icount shift=4
done_testing
