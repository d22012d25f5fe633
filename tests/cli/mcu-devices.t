#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs of ours that use the devices of Cortex-M boards, and the same on QEMU where that models it; pins, sensors and
# displays from the monitor.
. tests/cli/lib.sh
have arm-none-eabi-gcc || { done_testing; exit; }
source=tests/cortex-m

build() { # build SOURCE NAME CPU [FLAG...]: $tmp/NAME.elf
    from=$1 name=$2 cpu=$3
    shift 3
    arm-none-eabi-gcc -mcpu="$cpu" -mthumb "$@" -O1 -ffreestanding -nostdlib -Wall -T $source/link.ld \
        -o "$tmp/$name.elf" "$source/$from.c" -lgcc
}

# run EMULATOR BOARD PROGRAM STATUS [OPTION...]: ends with that status; what it prints is in $tmp/out
run() {
    emulator=$1 board=$2 program=$tmp/$3.elf want=$4
    shift 4
    timeout 120 "$emulator" -M "$board" -display none -monitor none -serial stdio "$@" -semihosting -kernel "$program" \
        >"$tmp/out" 2>&1 </dev/null
    status=$?
    [ $status = "$want" ] && grep -q '^passed' "$tmp/out" && ! grep -q '^not ok' "$tmp/out" && return
    echo "# status $status, expected $want"
    grep -v '^ok ' "$tmp/out" | awk '{ print "# " $0 }'
    return 1
}

# -- STM32: the program ends by its watchdog --
i2c="-device tmp105,bus=i2c-bus.0,address=0x48 -device at24c-eeprom,bus=i2c-bus.0 -watchdog-action poweroff"
for row in "netduino2 cortex-m3" "netduinoplus2 cortex-m4" "olimex-stm32-h405 cortex-m4" "stm32vldiscovery cortex-m3 -DF1"; do
    # shellcheck disable=SC2086
    set -- $row
    board=$1 cpu=$2
    shift 2
    check "stm32.c compiles for $board" build stm32 stm32 "$cpu" "$@" -Wl,--defsym=code_start=0x8000000
    for option in "-accel tcg" "-accel interp" "-icount shift=4"; do
        # shellcheck disable=SC2086
        check "devices of $board, $option" run "$MYNAH" "$board" stm32 0 $i2c $option
        check "... what DMA wrote to the USART" grep -q '^by DMA$' "$tmp/out"
        check "... the watchdog was the last" grep -q 'now the watchdog' "$tmp/out"
    done
    if command -v qemu-system-arm >/dev/null && [ "$board" != stm32vldiscovery ]; then
        build stm32 plain "$cpu" "$@" -DPLAIN -Wl,--defsym=code_start=0x8000000
        check "devices of QEMU's $board" run qemu-system-arm "$board" plain 0
    fi
done

# -- Pins and sensors from the monitor --
monitor() { # monitor BOARD COMMAND...: what the monitor answers, in $tmp/out
    board=$1
    shift
    printf '%s\n' "$@" q | timeout 60 "$MYNAH" -M "$board" -display none -serial none -monitor stdio -S \
        -device tmp105,bus=i2c-bus.0,id=room >"$tmp/out" 2>&1
}
answers() { # answers LINE: the monitor has said so
    tr -d '\r' <"$tmp/out" | grep -qxF "$1" && return
    awk '{ print "# " $0 }' "$tmp/out"
    return 1
}
check "the monitor works pins and sensors" monitor netduinoplus2 'gpio pa5 1' 'gpio PA5' 'gpio PA5 z' 'gpio PA5' \
    'gpio PA16' 'gpio PA5 2' 'gpio PA5 1 1' 'sensor adc.5 2048' 'sensor adc.5' 'sensor room.temperature -1500' \
    'sensor room.temperature' 'sensor nothing' 'sensor adc.5 4096' 'sensor adc.5 x'
for want in 'PA5: high, input, held' 'PA5: low, input' "gpio: there is no pin 'PA16'" \
    "gpio: '2': expected 0, 1, or z to let it go" "gpio: unexpected '1': expected [PIN [0|1|z]]" \
    'adc@40012000.5: 2048 of 4096 (0 to 4095)' 'room.temperature: -1500 m degrees C (-128000 to 127999)' \
    "sensor: there is no sensor 'nothing'" 'sensor: adc.5: 4096: expected 0 to 4095 of 4096' \
    "sensor: 'x': expected a number"; do
    check "... $want" answers "$want"
done
done_testing
