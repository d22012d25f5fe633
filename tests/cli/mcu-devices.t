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

# -- Stellaris, MPS2 --
check "stellaris.c compiles" build stellaris stellaris cortex-m3 -DEND
for option in "-accel tcg" "-accel interp" "-icount shift=4"; do
    # shellcheck disable=SC2086
    check "devices of lm3s6965evb, $option" run "$MYNAH" lm3s6965evb stellaris 0 -device tmp105,bus=i2c-bus.0 $option
done
build stellaris shown cortex-m3 -DPLAIN
m3="cortex-m3 -DSTACK=0x20003000"
m33="cortex-m33 -DBOARD_TZ=1 -DSTACK=0x30003000 -Wl,--defsym=code_start=0x10000000 -Wl,--defsym=data_start=0x30000000"
for row in "mps2-an385 $m3" "mps2-an386 $m3" "mps2-an500 $m3" "mps2-an505 $m33" "mps2-an521 $m33"; do
    # shellcheck disable=SC2086
    set -- $row
    board=$1
    shift
    set -- "$@" "-DSCC_ID=0x4104${board#mps2-an}0"
    check "mps2.c compiles for $board" build mps2 mps2 "$@"
    check "devices of $board" run "$MYNAH" "$board" mps2 0
    check "devices of $board, time by instructions" run "$MYNAH" "$board" mps2 0 -icount shift=4
    if command -v qemu-system-arm >/dev/null; then
        build mps2 plain "$@" -DPLAIN
        check "devices of QEMU's $board" run qemu-system-arm "$board" plain 0 -icount shift=6
    fi
done

# -- Ethernet: asks the user network's gateway for its address --
lan="-DLAN9118=0x40200000 -DIRQ=13"
for row in "mps2-an385 lan9118 $m3 $lan" "mps2-an386 lan9118 $m3 $lan" \
    "mps2-an500 lan9118 $m3 -DLAN9118=0xa0000000 -DIRQ=13" "mps2-an505 lan9118 $m33 -DLAN9118=0x52000000 -DIRQ=48" \
    "lm3s6965evb stellaris $m3 -DSTELLARIS=0x40048000 -DIRQ=42"; do
    # shellcheck disable=SC2086
    set -- $row
    board=$1 nic=$2
    shift 2
    check "ethernet.c compiles for $board" build ethernet ethernet "$@"
    check "Ethernet of $board" run "$MYNAH" "$board" ethernet 0 -nic user,model="$nic",mac=52:54:00:12:34:56
    check "Ethernet of $board, time by instructions, -net" run "$MYNAH" "$board" ethernet 0 -net nic,model="$nic" \
        -net user -icount shift=4
    if command -v qemu-system-arm >/dev/null; then
        build ethernet plain "$@" -DPLAIN
        check "Ethernet of QEMU's $board" run qemu-system-arm "$board" plain 0 -nic user,model="$nic"
    fi
done
rejects "-nic: the board's own network cards are taken" -M mps2-an385 -nic user -nic user
rejects "-nic: model=e1000: mynah does not yet have this; expected lan9118" -M mps2-an385 -nic user,model=e1000

# -- Displays: a program draws, says so, and the monitor looks --
shot() { # shot EMULATOR BOARD PROGRAM COMMAND...: the monitor's answers are in $tmp/answers
    emulator=$1 board=$2 program=$tmp/$3.elf
    shift 3
    rm -f "$tmp/commands" "$tmp/console" "$tmp/answers"
    mkfifo "$tmp/commands"
    exec 3<>"$tmp/commands"
    timeout 120 "$emulator" -M "$board" -display none -serial none -monitor stdio -chardev file,id=c,path="$tmp/console" \
        -semihosting-config enable=on,chardev=c -icount shift=4 -kernel "$program" <"$tmp/commands" >"$tmp/answers" 2>&1 3>&- &
    drawer=$!
    until grep -qs drawn "$tmp/console" || ! kill -0 $drawer 2>/dev/null; do sleep 0.05; done
    for command in "$@"; do echo "$command" >&3; done
    wait $drawer
    exec 3>&-
}
shot "$MYNAH" lm3s6965evb shown "screendump $tmp/oled.ppm" quit
check "the display's picture" test "$(cksum <"$tmp/oled.ppm")" = "253632610 393231"
if command -v qemu-system-arm >/dev/null; then
    shot qemu-system-arm lm3s6965evb shown "screendump $tmp/qemu.ppm" quit
    check "... is QEMU's" cmp "$tmp/oled.ppm" "$tmp/qemu.ppm"
fi
check "leds.c compiles" build leds leds cortex-m0
shot "$MYNAH" microbit leds 'info displays' "screendump $tmp/leds.ppm" 'gpio BUTTON_A 0'
check "the micro:bit's heart" test "$(tr -d '\r' <"$tmp/answers" | grep '^[0-9]\{5\}$' | tr '\n' ' ')" = \
    "09090 99999 99999 09990 00900 "
check "... as a picture of 160 by 160" test "$(head -c 15 "$tmp/leds.ppm" | tr '\n' ' ')" = "P6 160 160 255 "
check "... until button A is pressed" grep -q '^button A$' "$tmp/console"

# -- Random instructions: the same sums in each engine, and on QEMU --
sums() { # sums EMULATOR BOARD [OPTION...]
    emulator=$1 board=$2
    shift 2
    timeout 120 "$emulator" -M "$board" -display none -monitor none -serial null "$@" -semihosting \
        -kernel "$tmp/random.elf" 2>&1 </dev/null
}
if have python3; then
    ram="-DSTACK=0x20003000"
    secure="-DSTACK=0x30003000 -Wl,--defsym=code_start=0x10000000 -Wl,--defsym=data_start=0x30000000"
    # QEMU has no cortex-m23; what that one has, its cortex-m33 has, too.
    for row in "m0 cortex-m0 microbit $ram" "m3 cortex-m3 mps2-an385 $ram" \
        "m4 cortex-m4 mps2-an386 $ram -mfloat-abi=softfp -mfpu=fpv4-sp-d16" \
        "m7 cortex-m7 mps2-an500 $ram -mfloat-abi=softfp -mfpu=fpv5-d16" "m23 cortex-m23 mps2-an505 $secure" \
        "m33 cortex-m33 mps2-an505 $secure -mfloat-abi=softfp -mfpu=fpv5-sp-d16"; do
        # shellcheck disable=SC2086
        set -- $row
        core=$1 cpu=$2 board=$3
        shift 3
        python3 $source/make-random.py 1 300 "$core" >"$tmp/random.S"
        arm-none-eabi-gcc -mcpu="$cpu" -mthumb "$@" -O1 -ffreestanding -nostdlib -I$source -T $source/link.ld \
            -o "$tmp/random.elf" "$source/random.c" "$tmp/random.S" -lgcc
        sums "$MYNAH" "$board" -cpu "$cpu" >"$tmp/sums"
        check "random instructions of $core" grep -q passed "$tmp/sums"
        sums "$MYNAH" "$board" -cpu "$cpu" -accel interp >"$tmp/others"
        check "... interpreted" cmp "$tmp/sums" "$tmp/others"
        if command -v qemu-system-arm >/dev/null; then
            sums qemu-system-arm "$board" >"$tmp/others"
            check "... on QEMU" cmp "$tmp/sums" "$tmp/others"
        fi
    done
fi

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
