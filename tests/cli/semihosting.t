#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Semihosting of every architecture: each call by a program of ours; programs with picolibc and newlib, as Debian's cross
# compilers make them, end with their status, here and on QEMU.
. tests/cli/lib.sh
source=tests/semihosting
mkdir "$tmp/files"
echo secret >"$tmp/outside"
ln -s ../outside "$tmp/files/link"
mkfifo "$tmp/files/pipe"
printf xyz >"$tmp/input"

build() { # build NAME START COMPILER [FLAG...]: $tmp/NAME.elf
    name=$1 start=$2
    shift 2
    "$@" -g -O1 -ffreestanding -nostdlib -static -Wall -Wl,--build-id=none,--no-warn-rwx-segments -Wl,--defsym=START="$start" -T $source/link.ld \
        -o "$tmp/$name.elf" $source/start.S $source/calls.c
}

# ends STATUS ELF SYSTEM OPTION...: ends so
ends() {
    want=$1 elf=$2 system=$3
    shift 3
    timeout 60 "$MYNAH-system-$system" -nographic -monitor none -serial none -kernel "$elf" "$@" >"$tmp/out" 2>&1 </dev/null
    status=$?
    [ $status = "$want" ] && return
    echo "# status $status, expected $want"
    awk '{ print "# " $0 }' "$tmp/out"
    return 1
}

# calls NAME SYSTEM OPTION...: all of them
calls() {
    name=$1
    shift
    rm -f "$tmp/console" "$tmp/files/kept.txt"
    ends 3 "$tmp/$name.elf" "$@" -chardev "file,id=c,path=$tmp/console,input-path=$tmp/input" \
        -semihosting-config "enable=on,chardev=c,folder=$tmp/files,arg=program,arg=a,arg=b" &&
        [ "$(grep -c '^ok ' "$tmp/console")" = 43 ] && ! grep '^not ok' "$tmp/console" &&
        [ "$(tail -n 1 "$tmp/console")" = "by characters" ] &&
        [ "$(cat "$tmp/files/kept.txt")" = kept ] && [ "$(cat "$tmp/outside")" = secret ]
}

# program NAME START "SYSTEM OPTION..." COMPILER [FLAG...]: in each of the engines; unprivileged; off
program() {
    id=$1 start=$2 machine=$3
    shift 3
    command -v "$1" >/dev/null || { have "$1"; return; }
    build "$id" "$start" "$@"
    # shellcheck disable=SC2086
    check "calls of $id" calls "$id" $machine
    # shellcheck disable=SC2086
    check "calls of $id, interpreted" calls "$id" $machine -accel interp
    build "$id-user" "$start" "$@" -DUSER
    # shellcheck disable=SC2086
    check "unprivileged calls of $id" calls "$id-user" $machine -semihosting-config userspace=on
    # shellcheck disable=SC2086
    check "... are refused" ends 7 "$tmp/$id-user.elf" $machine -semihosting
    # shellcheck disable=SC2086
    check "... on QEMU, too" on_qemu 7 "$tmp/$id-user.elf" $machine -semihosting
}

on_qemu() { # on_qemu STATUS ELF SYSTEM OPTION...: ends so there, too, if it is installed
    want=$1 elf=$2 system=$3
    shift 3
    command -v "qemu-system-$system" >/dev/null || return 0
    timeout 60 "qemu-system-$system" -nographic -monitor none -serial none -nic none -kernel "$elf" "$@" >"$tmp/out" 2>&1 </dev/null
    status=$?
    [ $status = "$want" ] && return
    echo "# status $status, expected $want"
    return 1
}

program m 0 "arm -M mps2-an385" arm-none-eabi-gcc -mcpu=cortex-m3 -DNOWHERE=0x30000000
program a32 0x40200000 "arm -M virt -cpu cortex-a15" arm-none-eabi-gcc -mcpu=cortex-a15 -marm -DNOWHERE=0x30000000
program a32-hlt 0x40200000 "arm -M virt -cpu cortex-a15" arm-none-eabi-gcc -mcpu=cortex-a15 -marm -DHALT \
    -DNOWHERE=0x30000000
program t32 0x40200000 "arm -M virt -cpu cortex-a15" arm-none-eabi-gcc -mcpu=cortex-a15 -mthumb -DNOWHERE=0x30000000
program t32-hlt 0x40200000 "arm -M virt -cpu cortex-a15" arm-none-eabi-gcc -mcpu=cortex-a15 -mthumb -DHALT \
    -DNOWHERE=0x30000000
program a64 0x40200000 "aarch64 -M virt -cpu cortex-a53" aarch64-linux-gnu-gcc -mgeneral-regs-only -mstrict-align \
    -fno-pic -no-pie -DNOWHERE=0x30000000
program rv64 0x80000000 "riscv64 -M virt -bios none" riscv64-unknown-elf-gcc -march=rv64imac_zicsr -mabi=lp64 \
    -mcmodel=medany -DNOWHERE=0x30000000
program rv32 0x80000000 "riscv32 -M virt -bios none" riscv64-unknown-elf-gcc -march=rv32imac_zicsr -mabi=ilp32 \
    -mcmodel=medany -DNOWHERE=0x30000000

# -- What others build: a C library's start-up code, printf, files, the status of main --

cat >"$tmp/main.c" <<END
#include <stdio.h>
int main(int argc, char **argv)
{
    char line[20] = "";
    FILE *f = fopen("library.txt", "w");
    if (!f || fprintf(f, "%d\n", 6 * 7) < 0 || fclose(f))
        return 1;
    f = fopen("library.txt", "r");
    printf("read %s", f ? fgets(line, sizeof(line), f) : "nothing");
    return 33;
}
END

library() { # library NAME "SYSTEM OPTION..." COMPILER FLAG...
    name=$1 machine=$2
    shift 2
    command -v "$1" >/dev/null || { have "$1"; return; }
    if ! "$@" -O1 -o "$tmp/$name.elf" "$tmp/main.c" 2>"$tmp/gcc.log"; then
        [ -z "${CI:-}" ] || { cat "$tmp/gcc.log"; echo "Bail out! $name cannot be built"; exit 1; }
        ok "$name cannot be built # SKIP"
        return
    fi
    # shellcheck disable=SC2086
    check "$name ends with main's status" ends 33 "$tmp/$name.elf" $machine \
        -semihosting-config "enable=on,folder=$tmp/files"
    check "$name prints" grep -qx "read 42" "$tmp/out"
    # shellcheck disable=SC2086
    (cd "$tmp" && on_qemu 33 "$tmp/$name.elf" $machine -semihosting)
    check "$name on QEMU" test $? = 0
}

picolibc() { # picolibc START: the options that place a program
    echo "--specs=picolibc.specs --oslib=semihost --crt0=hosted -Wl,--defsym=__flash=$1 -Wl,--defsym=__flash_size=0x100000
        -Wl,--defsym=__ram=$2 -Wl,--defsym=__ram_size=${3:-0x200000}"
}

# shellcheck disable=SC2046
{
    library picolibc-m3 "arm -M mps2-an385" arm-none-eabi-gcc -mcpu=cortex-m3 $(picolibc 0 0x20000000)
    library picolibc-m0 "arm -M microbit" arm-none-eabi-gcc -mcpu=cortex-m0 $(picolibc 0 0x20000000 0x4000)
    library picolibc-m4 "arm -M mps2-an386" arm-none-eabi-gcc -mcpu=cortex-m4 -mfloat-abi=hard $(picolibc 0 0x20000000)
    library picolibc-a32 "arm -M virt -cpu cortex-a7" arm-none-eabi-gcc -mcpu=cortex-a7 $(picolibc 0x40200000 0x40300000)
    library picolibc-rv64 "riscv64 -M virt -bios none" riscv64-unknown-elf-gcc -march=rv64imac -mabi=lp64 -mcmodel=medany \
        $(picolibc 0x80000000 0x80100000)
    library picolibc-rv64gc "riscv64 -M virt -bios none" riscv64-unknown-elf-gcc -march=rv64gc -mabi=lp64d -mcmodel=medany \
        $(picolibc 0x80000000 0x80100000)
    library picolibc-rv32 "riscv32 -M virt -bios none" riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32 \
        $(picolibc 0x80000000 0x80100000)
}
for set in marm mthumb; do
    library newlib-$set "arm -M virt -cpu cortex-a7" arm-none-eabi-gcc --specs=rdimon.specs -mcpu=cortex-a7 -$set \
        -Wl,-Ttext-segment=0x40200000,--section-start=.init=0x40200000
done

# -- gdb's File-I/O: its files are those of the folder that it runs in --

by_gdb() { # by_gdb ELF TARGET COMMAND...: what gdb prints is in $tmp/out
    elf=$1 target=$2
    shift 2
    rm -rf "$tmp/gdb.sock" "$tmp/cwd"
    mkdir "$tmp/cwd"
    # shellcheck disable=SC2086
    timeout 100 "$MYNAH-system-arm" ${board:--M virt -cpu cortex-a7} -nographic -monitor none -serial none -kernel "$elf" \
        -semihosting-config "enable=on,target=$target" -S -gdb "unix:$tmp/gdb.sock,server=on,wait=off" 2>"$tmp/err" </dev/null &
    emulator=$!
    wait_for listens "$tmp/gdb.sock"
    printf '%s\n' "set remote system-call-allowed 1" "target remote $tmp/gdb.sock" "$@" >"$tmp/commands"
    (cd "$tmp/cwd" && echo typed | timeout 100 gdb-multiarch -nx -q -batch -x "$tmp/commands" "$elf" >"$tmp/out" 2>&1)
    wait $emulator
}

if have gdb-multiarch && have arm-none-eabi-gcc; then
    arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -g -O1 -ffreestanding -nostdlib -Wall -Wl,--defsym=START=0,--defsym=DATA=0x20000000 \
        -T $source/link.ld -o "$tmp/handler.elf" $source/start.S $source/handler.c
    board="-M mps2-an385" by_gdb "$tmp/handler.elf" gdb continue
    check "gdb's calls between an interrupt handler's: the status" test $? = 33
    seq -f 'line %02g' 0 59 >"$tmp/lines"
    check "... each is carried out once" cmp "$tmp/lines" "$tmp/cwd/lines.txt"
    check "... the handler's too" test "$(tr -dc @ <"$tmp/out" | wc -c)" = 60
    for set in marm mthumb; do
        arm-none-eabi-gcc --specs=rdimon.specs -g -O1 -Wall -mcpu=cortex-a7 -$set -o "$tmp/gdb.elf" $source/debugger.c \
            -Wl,-Ttext-segment=0x40200000,--section-start=.init=0x40200000
        for target in gdb auto; do
            by_gdb "$tmp/gdb.elf" $target "break main" continue continue
            check "target=$target, $set: the status of main" test $? = 33
            check "... gdb knows of it" grep -q "exited with code 041" "$tmp/out"
            for want in "read 42" "the command's status 3" "read typed" "a terminal: [01]"; do
                check "... '$want'" grep -qx "$want" "$tmp/out"
            done
            check "... its file" test "$(wc -c <"$tmp/cwd/two.txt")" = 40003
            check "... and no other" test "$(ls "$tmp/cwd")" = two.txt
        done
        by_gdb "$tmp/gdb.elf" gdb "stepi 2000" "info registers pc" "kill"
        check "steps, $set" grep -q "^pc " "$tmp/out"
        by_gdb "$tmp/gdb.elf" auto detach
        check "target=auto without gdb: there is no file, $set" test $? = 1
        by_gdb "$tmp/gdb.elf" gdb detach
        check "target=gdb without it, $set" test $? = 1
    done
fi

rejects "-semihosting-config chardev=x: chardev=x: there is no chardev with this id" -M mps2-an385 \
    -semihosting-config chardev=x
done_testing
