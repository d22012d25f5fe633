#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs of ours on Cortex-M boards: exceptions, faults, the MPU and FP's context in each engine mode, and the same on
# QEMU where that is installed; semihosting, with its files, console and exit status.
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
    grep -v '^ok ' "$tmp/out" | sed 's/^/# /'
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
done

# -- Semihosting --
build semihosting cortex-m3
elf=$tmp/semihosting-cortex-m3.elf
mkdir "$tmp/files"
echo secret >"$tmp/outside"
ln -s ../outside "$tmp/files/link"
mkfifo "$tmp/files/pipe"
printf xyz >"$tmp/input"
check "semihosting" run "$MYNAH" mps2-an385 "$elf" 3 -chardev "file,id=c,path=$tmp/console,input-path=$tmp/input" \
    -semihosting-config "enable=on,chardev=c,folder=$tmp/files,arg=program,arg=a,arg=b"
check "its checks are on the console" test "$(grep -c '^ok ' "$tmp/console")" = 43
check "none failed" test "$(grep -c '^not ok' "$tmp/console")" = 0
check "the files are in the folder" test "$(cat "$tmp/files/kept.txt")" = kept
check "what is outside is as it was" test "$(cat "$tmp/outside")" = secret
rejects "-semihosting-config target=gdb: target=gdb: QEMU has gdb's File-I/O, mynah does not yet" \
    -M mps2-an385 -semihosting-config target=gdb
rejects "-semihosting-config chardev=x: chardev=x: there is no chardev with this id" -M mps2-an385 \
    -semihosting-config chardev=x
rejects "-m: machine microbit has 16 KiB of memory" -M microbit -m 1M
rejects "-bios: machine microbit takes a program by -kernel only" -M microbit -bios x
done_testing
