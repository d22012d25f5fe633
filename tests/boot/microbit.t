#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# MicroPython on the micro:bit: the prompt answers, in each engine mode.
. "$(dirname "$0")/lib.sh"
firmware=$guests/microbit/usr/share/firmware-microbit-micropython/firmware.hex
need "$firmware"

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
