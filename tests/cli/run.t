#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mynah run: the machine that a program is for is guessed, and the program runs there; boards without a board.
. tests/cli/lib.sh

cat >"$tmp/main.c" <<END
#include <stdio.h>
int main(void)
{
    printf("%d\n", 6 * 7);
    return 33;
}
END

# guess NAME COMMAND COMPILER FLASH RAM RAM-SIZE FLAG...: mynah run says that command, and main's status is its own
guess() {
    name=$1 command=$2 compiler=$3 flash=$4 ram=$5 size=$6
    shift 6
    command -v "$compiler" >/dev/null || { have "$compiler"; return; }
    if ! "$compiler" --specs=picolibc.specs --oslib=semihost --crt0=hosted -O1 "-Wl,--defsym=__flash=$flash" \
        -Wl,--defsym=__flash_size=0x40000 "-Wl,--defsym=__ram=$ram" "-Wl,--defsym=__ram_size=$size" "$@" \
        -o "$tmp/$name.elf" "$tmp/main.c" 2>"$tmp/gcc.log"; then
        [ -z "${CI:-}" ] || { cat "$tmp/gcc.log"; echo "Bail out! $name cannot be built"; exit 1; }
        ok "$name cannot be built # SKIP"
        return
    fi
    (cd "$tmp" && timeout 60 "$MYNAH" run "$name.elf" </dev/null >out 2>err)
    status=$?
    check "$name ends with main's status" test $status = 33
    check "... on $command" grep -qxF -e "mynah: mynah -M $command -display none -monitor none -serial stdio -semihosting \
-kernel $name.elf" "$tmp/err"
    check "... and prints" grep -qx 42 "$tmp/err"
    [ $status = 33 ] || awk '{ print "# " $0 }' "$tmp/err"
}

case $MYNAH in /*) ;; *) MYNAH=$PWD/$MYNAH ;; esac
arm=arm-none-eabi-gcc riscv=riscv64-unknown-elf-gcc
guess m0 microbit $arm 0 0x20000000 0x4000 -mcpu=cortex-m0
guess m0-large "cortex-m-generic,flash=0x0+1M,ram=0x20000000+64K -cpu cortex-m0" $arm 0 0x20000000 0x8000 -mcpu=cortex-m0
guess m3 mps2-an385 $arm 0 0x20000000 0x10000 -mcpu=cortex-m3
guess m3-stm netduino2 $arm 0x8000000 0x20000000 0x10000 -mcpu=cortex-m3
guess m4 mps2-an386 $arm 0 0x20000000 0x10000 -mcpu=cortex-m4 -mfloat-abi=hard
guess m4-stm netduinoplus2 $arm 0x8000000 0x20000000 0x20000 -mcpu=cortex-m4
guess m4-large "cortex-m-generic,flash=0x8000000+1M,ram=0x20000000+192K -cpu cortex-m4" $arm 0x8000000 0x20000000 0x30000 \
    -mcpu=cortex-m4
guess m4-behind "cortex-m-generic,flash=0x8000000+1M,ram=0x20000000+64K,vectors=0x8010000 -cpu cortex-m4" $arm 0x8010000 \
    0x20000000 0x10000 -mcpu=cortex-m4
guess m7 mps2-an500 $arm 0 0x20000000 0x10000 -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16
guess m7-qspi "cortex-m-generic,flash=0x90000000+1M,ram=0x24000000+512K,vectors=0x90000000 -cpu cortex-m7" $arm 0x90000000 \
    0x24000000 0x80000 -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16
guess a7 arm-virt $arm 0x40200000 0x40300000 0x10000 -mcpu=cortex-a7
guess rv64 "riscv64-virt -bios none" $riscv 0x80000000 0x80100000 0x10000 -march=rv64gc -mabi=lp64d -mcmodel=medany
guess rv32 "riscv32-virt -bios none" $riscv 0x80000000 0x80100000 0x10000 -march=rv32imac -mabi=ilp32
guess rv32-flash riscv32-sifive_e $riscv 0x20400000 0x80000000 0x4000 -march=rv32imac -mabi=ilp32
guess rv32-other "riscv32-generic,flash=0x20400000+1M,ram=0x80000000+64K" $riscv 0x20400000 0x80000000 0x10000 \
    -march=rv32imac -mabi=ilp32
guess rv64-tohost "riscv64-spike -bios none" $riscv 0x80000000 0x80100000 0x10000 -march=rv64gc -mabi=lp64d -mcmodel=medany \
    -Wl,--defsym=tohost=0x80200000 -Wl,--defsym=fromhost=0x80200008

# uart KIND FLAG...: the UART of the generic board says hello
uart() {
    kind=$1
    shift
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -O1 -ffreestanding -nostdlib -Wall -DPLAIN -DUART=0x40001000 -DIRQ=7 "$@" \
        -T tests/cortex-m/link.ld -Wl,--defsym=code_start=0x400000 -o "$tmp/uart.elf" tests/cortex-m/uart.c
    timeout 60 "$MYNAH" -M "cortex-m-generic,flash=0x400000+64K,ram=0x20000000+16K,uart=$kind@0x40001000:7" -display none \
        -monitor none -serial stdio -kernel "$tmp/uart.elf" -exit-on '^hello$=5' </dev/null >"$tmp/out" 2>&1
    [ $? = 5 ] && [ "$(cat "$tmp/out")" = hello ]
}
if have arm-none-eabi-gcc; then
    check "cortex-m-generic,uart=cmsdk" uart cmsdk -DCMSDK
    check "cortex-m-generic,uart=stm32" uart stm32 -DSTM32
    check "cortex-m-generic,uart=pl011" uart pl011 -DPL011
fi

if [ -e "$tmp/m3.elf" ]; then
    cd "$tmp" || exit 1
    timeout 60 "$MYNAH" run m3.elf -M mps2-an386 -serial none -- -x 'a b,c' </dev/null >out 2>err
    check "options that are given stay" test $? = 33
    check "... and are told, with arguments" grep -qxF "mynah: mynah -M mps2-an386 -serial none -semihosting-config \
'enable=on,arg=m3.elf,arg=-x,arg=a b,,c' -kernel m3.elf" err
    rejects "run: expected a program: mynah run FILE [OPTION...] [--] [ARGUMENT...]" run
    rejects "missing.elf: No such file or directory" run missing.elf
    rejects "$MYNAH: is a program for an operating system, not for a machine" run "$MYNAH"
    echo :00000001FF >m3.hex
    rejects "m3.hex: is no little-endian ELF file, by which the machine could be told; -M names one" run m3.hex
    rejects "-M cortex-m-generic: ram=5: expected ADDRESS+SIZE, as 0x20000000+128K" -M cortex-m-generic,ram=5
    rejects "-M riscv64-generic: uart=16550: expected KIND@ADDRESS[:INTERRUPT]..., of the kinds 16550, cmsdk, nrf, pl011, \
sifive, stm32" -M riscv64-generic,uart=16550
fi
done_testing
