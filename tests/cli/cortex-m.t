#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs of ours on Cortex-M boards: exceptions, faults, the MPU and FP's context in each engine mode, and the same on
# QEMU where that is installed; UARTs; ends of programs; gdb.
. tests/cli/lib.sh
have arm-none-eabi-gcc || { done_testing; exit; }
source=tests/cortex-m

build() { # build NAME CPU [FLAG...]: $tmp/NAME-CPU.elf
    name=$1 cpu=$2
    shift 2
    arm-none-eabi-gcc -mcpu="$cpu" -mthumb "$@" -O1 -ffreestanding -nostdlib -Wall -T $source/link.ld \
        -o "$tmp/$name-$cpu.elf" "$source/$name.c" -lgcc
}

# run EMULATOR BOARD PROGRAM STATUS [OPTION...]: ends with that status; what it prints is in $tmp/out
run() {
    emulator=$1 board=$2 program=$3 want=$4
    shift 4
    timeout 60 "$emulator" -M "$board" -nographic -monitor none -serial none "$@" -kernel "$program" \
        >"$tmp/out" 2>&1 </dev/null
    status=$?
    [ $status = "$want" ] && ! grep -q '^not ok' "$tmp/out" && return
    echo "# status $status, expected $want"
    grep -v '^ok ' "$tmp/out" | awk '{ print "# " $0 }'
    return 1
}

for row in "microbit cortex-m0" "mps2-an385 cortex-m3" "mps2-an386 cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16" \
    "mps2-an500 cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16"; do
    # shellcheck disable=SC2086
    set -- $row
    board=$1
    shift
    check "exceptions.c compiles for $1" build exceptions "$@"
    elf=$tmp/exceptions-$1.elf
    check "exceptions on $board" run "$MYNAH" "$board" "$elf" 0 -semihosting
    check "exceptions on $board, interpreted" run "$MYNAH" "$board" "$elf" 0 -semihosting -accel interp
    check "exceptions on $board, an instruction a block" run "$MYNAH" "$board" "$elf" 0 -semihosting \
        -accel tcg,one-insn-per-tb=on
    check "exceptions on $board, time by instructions" run "$MYNAH" "$board" "$elf" 0 -semihosting -icount shift=4
    if command -v qemu-system-arm >/dev/null; then
        check "exceptions on QEMU's $board" run qemu-system-arm "$board" "$elf" 0 -semihosting
    fi
    [ "$1" != cortex-m0 ] || continue
    check "stacking.c compiles for $1" build stacking "$@"
    elf=$tmp/stacking-$1.elf
    for option in "-accel tcg" "-accel interp" "-accel tcg,one-insn-per-tb=on" "-icount shift=4"; do
        # shellcheck disable=SC2086
        check "stacking on $board, $option" run "$MYNAH" "$board" "$elf" 0 -semihosting $option
    done
    if command -v qemu-system-arm >/dev/null; then
        build stacking "$@" -DPLAIN
        check "stacking on QEMU's $board" run qemu-system-arm "$board" "$elf" 0 -semihosting
    fi
done

# -- Armv8-M: the same of its baseline, then what two security states are about --
check "exceptions.c compiles for cortex-m23" build exceptions cortex-m23 -Wl,--defsym=code_start=0x10000000
check "exceptions on mps2-an505 with a cortex-m23" run "$MYNAH" mps2-an505 "$tmp/exceptions-cortex-m23.elf" 0 \
    -semihosting -cpu cortex-m23
build_security() { # build_security NAME [FLAG...]
    name=$1
    shift
    arm-none-eabi-gcc -mcpu=cortex-m33 -mthumb -mfloat-abi=softfp -mfpu=fpv5-sp-d16 -O1 -ffreestanding -nostdlib \
        -Wall "$@" -T $source/security.ld -o "$tmp/$name.elf" $source/security.c -lgcc
}
check "security.c compiles" build_security security
check "security states on mps2-an505" run "$MYNAH" mps2-an505 "$tmp/security.elf" 0 -semihosting
by_run() {
    timeout 60 "$MYNAH" run "$tmp/security.elf" >"$tmp/out" 2>&1 </dev/null
}
check "... by mynah run" by_run
check "... with a cortex-m35p" run "$MYNAH" mps2-an505 "$tmp/security.elf" 0 -semihosting -cpu cortex-m35p
check "... interpreted" run "$MYNAH" mps2-an505 "$tmp/security.elf" 0 -semihosting -accel interp
check "... an instruction a block" run "$MYNAH" mps2-an505 "$tmp/security.elf" 0 -semihosting \
    -accel tcg,one-insn-per-tb=on
check "... time by instructions" run "$MYNAH" mps2-an505 "$tmp/security.elf" 0 -semihosting -icount shift=4
if command -v qemu-system-arm >/dev/null; then
    build_security plain -DPLAIN
    check "security states on QEMU's mps2-an505" run qemu-system-arm mps2-an505 "$tmp/plain.elf" 0 -semihosting
fi

# -- Two CPUs --
build_dual() { # build_dual NAME [FLAG...]: for what the second one has
    name=$1
    shift
    arm-none-eabi-gcc -mcpu=cortex-m33 -mthumb -mfloat-abi=softfp -mfpu=fpv5-sp-d16 -O1 -ffreestanding -nostdlib \
        -Wall "$@" -T $source/security.ld -o "$tmp/$name.elf" $source/dual.c -lgcc
}
check "dual.c compiles" build_dual dual
for option in "-accel tcg" "-accel interp" "-accel tcg,one-insn-per-tb=on" "-accel tcg,thread=single" "-icount shift=4"; do
    # shellcheck disable=SC2086
    check "two CPUs on mps2-an521, $option" run "$MYNAH" mps2-an521 "$tmp/dual.elf" 0 -semihosting $option
done
"$MYNAH" -M mps2-an521,dumpdtb="$tmp/an521.dtb"
check "its tree makes the same machine" run "$MYNAH" dtb="$tmp/an521.dtb" "$tmp/dual.elf" 0 -semihosting
if command -v qemu-system-arm >/dev/null; then
    build_dual dual-plain -DPLAIN
    check "two CPUs on QEMU's mps2-an521" run qemu-system-arm mps2-an521 "$tmp/dual-plain.elf" 0 -semihosting
fi

# -- The program's own breakpoints and watchpoints, and the ITM --
for row in "mps2-an385 cortex-m3 -DSTACK=0x20003000" "mps2-an500 cortex-m7 -DSTACK=0x20003000" \
    "mps2-an505 cortex-m33 -DSTACK=0x30003000 -Wl,--defsym=code_start=0x10000000 -Wl,--defsym=data_start=0x30000000"; do
    # shellcheck disable=SC2086
    set -- $row
    board=$1
    shift
    check "debug.c compiles for $1" build debug "$@"
    for option in "-accel tcg" "-accel interp"; do
        rm -f "$tmp/trace"
        # shellcheck disable=SC2086
        check "debug on $board, $option" run "$MYNAH" "$board" "$tmp/debug-$1.elf" 0 -semihosting $option \
            -chardev file,id=swo,path="$tmp/trace" -global armv7m-itm.chardev=swo
        check "... its trace" test "$(tr '\n' ' ' <"$tmp/trace")" = "traced end "
    done
done

# -- UARTs, by interrupts, behind a clock set-up that waits for ready bits --

talk() { # talk EMULATOR PROGRAM OPTION...: types when the program has said hello, as what comes before is lost
    emulator=$1 program=$2
    shift 2
    rm -f "$tmp/typed" "$tmp/out"
    mkfifo "$tmp/typed"
    exec 3<>"$tmp/typed"
    timeout 60 "$emulator" "$@" -display none -monitor none -serial stdio -semihosting -kernel "$program" \
        <"$tmp/typed" >"$tmp/out" 2>"$tmp/err" 3>&- &
    talker=$!
    until grep -qs hello "$tmp/out" && [ "$(wc -l <"$tmp/out")" = 1 ] || ! kill -0 $talker 2>/dev/null; do sleep 0.05; done
    printf 'abc!q' >&3
    wait $talker
    status=$?
    exec 3>&-
    [ $status = 0 ] && [ "$(tr '\n' ' ' <"$tmp/out")" = "hello ABC!Q" ] && return
    echo "# status $status"
    return 1
}

f4="-DSTM32 -DUART=0x40011000 -DIRQ=37 -DRCC=0x40023800 -DCFGR=0x40023808 -DFLASH=0x40023c00"
for row in "microbit cortex-m0 0 -DNRF -DUART=0x40002000 -DIRQ=2" "mps2-an385 cortex-m3 0 -DCMSDK -DUART=0x40004000 -DIRQ=0" \
    "mps2-an386 cortex-m4 0 -DCMSDK -DUART=0x40004000 -DIRQ=0" \
    "mps2-an500 cortex-m7 0 -DCMSDK -DUART=0x40004000 -DIRQ=0" \
    "mps2-an505 cortex-m33 0x10000000 -DCMSDK -DUART=0x50200000 -DIRQ=32 -Wl,--defsym=data_start=0x30000000" \
    "mps2-an521 cortex-m33 0x10000000 -DCMSDK -DUART=0x50200000 -DIRQ=32 -Wl,--defsym=data_start=0x30000000" \
    "lm3s6965evb cortex-m3 0 -DPL011 -DUART=0x4000c000 -DIRQ=5" \
    "netduino2 cortex-m3 0x8000000 $f4" "netduinoplus2 cortex-m4 0x8000000 $f4" \
    "olimex-stm32-h405 cortex-m4 0x8000000 $f4" \
    "stm32vldiscovery cortex-m3 0x8000000 -DSTM32 -DUART=0x40013800 -DIRQ=37 -DRCC=0x40021000 -DCFGR=0x40021004 -DFLASH=0x40022000"; do
    # shellcheck disable=SC2086
    set -- $row
    board=$1 cpu=$2 start=$3
    shift 3
    check "uart.c compiles for $board" build uart "$cpu" "$@" -Wl,--defsym=code_start="$start"
    check "UART of $board" talk "$MYNAH" "$tmp/uart-$cpu.elf" -M "$board"
    if command -v qemu-system-arm >/dev/null; then
        build uart "$cpu" "$@" -DPLAIN -Wl,--defsym=code_start="$start"
        check "UART of QEMU's $board" talk qemu-system-arm "$tmp/uart-$cpu.elf" -M "$board"
    fi
done

# -- Rules for registers of a board from outside: the same program where the tree has none --
if have fdtput; then
    # shellcheck disable=SC2086
    build uart cortex-m3 $f4 -Wl,--defsym=code_start=0x8000000
    elf=$tmp/uart-cortex-m3.elf
    "$MYNAH" -M netduino2,dumpdtb="$tmp/board.dtb"
    check "a board's tree makes the same machine" talk "$MYNAH" "$elf" -M dtb="$tmp/board.dtb"
    fdtput -d "$tmp/board.dtb" /soc/rcc@40023800 mynah,registers
    printf '%s\n' '# node register' 'rcc 0x00 reset=0x83 ready=0x05010001<<1' '' 'rcc@40023800 0x08 ready=0x3<<2 # CFGR' \
        >"$tmp/rules"
    check "rules from a file" talk "$MYNAH" "$elf" -M dtb="$tmp/board.dtb" \
        -global unimplemented-device.rules="$tmp/rules"
    check "registers of the command line" talk "$MYNAH" "$elf" -M dtb="$tmp/board.dtb" \
        -global unimp.rcc.0x00=0x03030000 -global unimp.rcc.0x08=0x0a
    echo 'rcc 0x00 redy=1' >"$tmp/wrong"
    rejects "rules=$tmp/wrong: line 1: 'redy=1': expected reset=VALUE, mask=VALUE, set=VALUE or ready=MASK<<N" \
        -M dtb="$tmp/board.dtb" -global unimplemented-device.rules="$tmp/wrong"
    rejects "-global unimp.rcc=1: expected unimp.NODE.OFFSET=VALUE" -M dtb="$tmp/board.dtb" -global unimp.rcc=1
fi

# -- Trees in the way of Zephyr's: what is known of them works, the rest is logged --
if have dtc; then
    for soc in stm32f4 rp2040 imxrt k64f; do dtc -q -o "$tmp/$soc.dtb" $source/$soc.dts; done
    # shellcheck disable=SC2086
    build uart cortex-m4 $f4 -Wl,--defsym=code_start=0x8000000
    check "an STM32F4's tree" talk "$MYNAH" "$tmp/uart-cortex-m4.elf" -M dtb="$tmp/stm32f4.dtb" \
        -global unimp.rcc.0x00=0x03030000 -global unimp.rcc.0x08=0x0a
    build uart cortex-m0plus -DPLAIN -DPL011 -DUART=0x40034000 -DIRQ=20 -Wl,--defsym=code_start=0x10000000
    check "an RP2040's tree" talk "$MYNAH" "$tmp/uart-cortex-m0plus.elf" -M dtb="$tmp/rp2040.dtb"
    build uart cortex-m7 -DLPUART -DUART=0x40184000 -DIRQ=20
    echo 'anatop 0x00 set=0x80000000' >"$tmp/rules"
    check "an i.MX RT's tree, its UART" talk "$MYNAH" "$tmp/uart-cortex-m7.elf" -M dtb="$tmp/imxrt.dtb" \
        -global unimplemented-device.rules="$tmp/rules"
    build uart cortex-m4 -DKINETIS -DUART=0x4006a000 -DIRQ=31
    check "a Kinetis K64F's tree" talk "$MYNAH" "$tmp/uart-cortex-m4.elf" -M dtb="$tmp/k64f.dtb" \
        -global unimp.clock-controller@40064000.0x04=0x004a0000
    check "an i.MX RT's tree" run "$MYNAH" dtb="$tmp/imxrt.dtb" "$tmp/exceptions-cortex-m7.elf" 0 -semihosting
    printf 'info mtree\ngpio PA0\nquit\n' | timeout 60 "$MYNAH" -M dtb="$tmp/stm32f4.dtb" -S -display none -serial none \
        -monitor stdio >"$tmp/out" 2>&1
    check "... its port within the pins' controller" grep -q 'PA0: low' "$tmp/out"
fi

# -- Ends --
ends() { # ends STATUS PROGRAM OPTION...
    want=$1 elf=$2
    shift 2
    timeout 60 "$MYNAH" -M mps2-an385 -display none -monitor none -serial stdio -kernel "$elf" "$@" >"$tmp/out" \
        2>"$tmp/err" </dev/null
    status=$?
    [ $status = "$want" ] && return
    echo "# status $status, expected $want"
    return 1
}
build uart cortex-m3 -DCMSDK -DUART=0x40004000 -DIRQ=0
elf=$tmp/uart-cortex-m3.elf
check "-timeout" ends 124 "$elf" -timeout 0.3
check "... says so" test "$(cat "$tmp/err")" = "mynah: -timeout: 0.3 seconds are over"
check "-exit-on" ends 5 "$elf" -timeout 500 -exit-on 'nothing=1' -exit-on '^h[el]+o$=5'
check "... with all that was printed" test "$(cat "$tmp/out")" = hello
check "-exit-on with status 0" ends 0 "$elf" -timeout 500 -exit-on 'ell=0'
check "-exit-on under -icount" ends 7 "$elf" -timeout 500 -exit-on 'hello=7' -icount shift=4
check "-exit-on of semihosting's output" ends 9 "$tmp/exceptions-cortex-m3.elf" -timeout 500 -semihosting \
    -exit-on '^passed=9' -exit-on '^ok entered$=9'
rejects "-exit-on x: expected REGEX=STATUS, with a status from 0 to 255" -M mps2-an385 -exit-on x
rejects "-exit-on x=256: expected REGEX=STATUS, with a status from 0 to 255" -M mps2-an385 -exit-on x=256
rejects "-timeout 0: expected a number of seconds" -M mps2-an385 -timeout 0

# -- gdb: the features m-profile, m-system and vfp, breakpoints in what it takes for flash, watchpoints --
if have gdb-multiarch; then
    arm-none-eabi-gcc -g -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -O1 -ffreestanding -nostdlib \
        -T $source/link.ld -o "$tmp/gdb.elf" "$source/exceptions.c" -lgcc
    "$MYNAH" -M mps2-an386 -display none -monitor none -serial none -semihosting -kernel "$tmp/gdb.elf" -S \
        -gdb unix:"$tmp/gdb.sock",server=on,wait=off -timeout 600 2>"$tmp/err" &
    emulator=$!
    wait_for listens "$tmp/gdb.sock"
    cat >"$tmp/commands" <<END
target remote $tmp/gdb.sock
printf "begin %x %x %x\n", (int)\$pc & 1, \$msp, \$xpsr
break on_svc
continue
printf "handler %d %x\n", \$xpsr & 0x1ff, frame[7] & 0x1000000
delete
watch entered
continue
printf "entered %d\n", entered
delete
set \$basepri = 0x40
printf "basepri %x\n", \$basepri
set \$basepri = 0
break test_fp
continue
set \$d0 = 1.5
printf "d0 %g control %d\n", \$d0, \$control
delete
continue
END
    timeout 50 gdb-multiarch -nx -q -batch -x "$tmp/commands" "$tmp/gdb.elf" >"$tmp/out" 2>&1
    wait $emulator
    check "the program ends with status 0 under gdb" test $? = 0
    for want in "begin 0 20003000 1000000" "handler 11 1000000" "entered 1" "basepri 40" "d0 1.5 control 0"; do
        check "gdb prints '$want'" grep -qx "$want" "$tmp/out"
    done
fi

rejects "-m: machine microbit has 16 KiB of memory" -M microbit -m 1M
rejects "-smp: Invalid SMP CPUs 1. The min CPUs supported by machine 'mps2-an521' is 2" -M mps2-an521 -smp 1
rejects "-bios: machine microbit takes a program by -kernel only" -M microbit -bios x
done_testing
