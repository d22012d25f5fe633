#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A machine of two architectures: a RISC-V hart and a Cortex-A53 on one bus, that pass messages. Translated, interpreted, and
# both on one thread; logs, a recording and its replay, the monitor, gdb with an inferior for each, snapshots.
. "$(dirname "$0")/../debug/lib.sh"
here=tests/arm
need dtc riscv64-unknown-elf-gcc aarch64-linux-gnu-gcc aarch64-linux-gnu-objcopy gdb-multiarch socat

dtc -q -O dtb -o "$tmp/two.dtb" $here/two.dts || exit 1
build() { # build MESSAGES
    riscv64-unknown-elf-gcc -g -O1 -Wall -Wextra -DMESSAGES="$1" -march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany -nostdlib \
        -ffreestanding -static -Wl,-Ttext=0x80000000,-e,_start,--no-relax,--build-id=none -o "$tmp/hart.elf" $here/two-riscv.c &&
        aarch64-linux-gnu-gcc -g -O1 -Wall -Wextra -mgeneral-regs-only -nostdlib -ffreestanding -static \
            -Wl,-Ttext=0x80100000,-e,_start,--build-id=none -o "$tmp/core.elf" $here/two-arm.c || { echo "Bail out! they cannot be built"; exit 1; }
}
build 5000
two=(-M "dtb=$tmp/two.dtb" -bios "$tmp/hart.elf" -device "loader,file=$tmp/core.elf,cpu-num=1")
for how in "-accel tcg" "-accel interp" "-accel tcg,thread=single" "-icount shift=0,sleep=off"; do
    # shellcheck disable=SC2086
    timeout 100 "$MYNAH" "${two[@]}" -display none -monitor none -serial stdio $how </dev/null >"$tmp/out" 2>&1
    check "$how: ends" [ $? = 0 ]
    line "$how: all messages were answered" "5000 messages, 0 wrong, an interrupt each"
done

# A program in pieces: the core's as raw bytes, its entry by another loader. For the hart the core's file is data.
aarch64-linux-gnu-objcopy -O binary "$tmp/core.elf" "$tmp/core.bin"
entry=0x$(aarch64-linux-gnu-nm "$tmp/core.elf" | sed -n 's/ [Tt] _start$//p')
timeout 100 "$MYNAH" -M "dtb=$tmp/two.dtb" -bios "$tmp/hart.elf" -device "loader,file=$tmp/core.bin,addr=0x80100000,force-raw=on" \
    -device "loader,addr=$entry,cpu-num=1" -display none -monitor none -serial stdio </dev/null >"$tmp/out" 2>&1
line "raw bytes and an entry: all messages were answered" "5000 messages, 0 wrong, an interrupt each"
timeout 100 "$MYNAH" -M "dtb=$tmp/two.dtb" -bios "$tmp/hart.elf" -device "loader,file=$tmp/core.elf,cpu-num=0" -display none \
    -monitor none -serial null </dev/null >"$tmp/out" 2>&1
shows "the core's program for the hart" "is a 64-bit ELF file for 64-bit ARM, expected one for 64-bit RISC-V"

# Logs have each CPU's instructions and registers; a recording has both.
build 20
timeout 100 "$MYNAH" "${two[@]}" -display none -monitor none -serial null -d in_asm,int,cpu -D "$tmp/out" \
    -icount "shift=0,rr=record,rrfile=$tmp/rr" </dev/null >"$tmp/log" 2>&1
for text in "msr vbar_el3, x0" "csrw mie,a5" "cpu 1: IRQ" " mstatus " "EL3h"; do
    shows "logs: $text" "$text"
done
timeout 100 "$MYNAH" "${two[@]}" -display none -monitor none -serial stdio -icount "shift=0,rr=replay,rrfile=$tmp/rr" </dev/null \
    >"$tmp/out" 2>&1
line "replay: all messages were answered" "20 messages, 0 wrong, an interrupt each"
shows "replay: ends" "ended as recorded"

# Snapshots in the middle, taken by one engine and gone on with by the other.
snapshots=(-snapshot-dir "$tmp")
messages() { sed -n 's/^0*80800000: \(0x[0-9a-f]*\).*/\1/p' "$tmp/out" | head -n 1; }
further() { # there were more messages than before
    printf 'xp /2wx 0x80800000\n' | talk hmp
    [ "$(($(messages)))" -gt "$((before))" ]
}
for engines in "tcg interp" "interp tcg"; do
    build 4000000000u # they never end
    rm -f "$tmp/two.state"
    timeout 100 "$MYNAH" "${two[@]}" "${snapshots[@]}" -display none -serial null -accel "${engines% *}" -S \
        -monitor "unix:$tmp/hmp,server=on,wait=off" >"$tmp/log" 2>&1 &
    machine=$!
    wait_for listens "$tmp/hmp"
    printf 'cont\n' | talk hmp
    before=0
    wait_for further
    printf 'stop\nsavevm two\ninfo hash\nxp /2wx 0x80800000\ninfo cpus\nq\n' | talk hmp
    cp "$tmp/out" "$tmp/saved"
    shows "${engines% *}: info cpus: the hart" "model=rv64"
    shows "${engines% *}: info cpus: the core" "model=cortex-a53"
    wait "$machine"
    timeout 100 "$MYNAH" "${two[@]}" "${snapshots[@]}" -display none -serial null -accel "${engines#* }" -S -loadvm two \
        -monitor "unix:$tmp/hmp2,server=on,wait=off" >"$tmp/log" 2>&1 &
    machine=$!
    wait_for listens "$tmp/hmp2"
    mv "$tmp/hmp2" "$tmp/hmp"
    printf 'info hash\nxp /2wx 0x80800000\ncont\n' | talk hmp
    check "${engines#* }: has the state that ${engines% *} saved" [ "$(grep -o 'hash [0-9a-f]*' "$tmp/out")" = "$(grep -o 'hash [0-9a-f]*' "$tmp/saved")" ]
    before=$(messages)
    check "${engines#* }: goes on from $before" wait_for further
    printf 'q\n' | talk hmp
    wait "$machine"
    machine=
done

# gdb: an inferior for each architecture, with its own registers and breakpoints.
build 1000
timeout 120 "$MYNAH" "${two[@]}" -display none -serial null -S -gdb "unix:$tmp/gdb" -monitor none >"$tmp/log" 2>&1 &
machine=$!
wait_for listens "$tmp/gdb"
cat >"$tmp/commands" <<END
set pagination off
set confirm off
set width 0
set tcp connect-timeout 10
file $tmp/hart.elf
target extended-remote $tmp/gdb
add-inferior -exec $tmp/core.elf
inferior 2
attach 2
info threads
set schedule-multiple on
printf "EL%d\n", (\$cpsr >> 2) & 3
stepi
printf "a step to %x\n", \$pc - (long)_start
watch *(unsigned *)0x80800004
continue
printf "watched: %d, in inferior %d\n", *(unsigned *)0x80800004, \$_inferior
delete
break core_got
continue
printf "core: n is %d, in inferior %d\n", \$x0, \$_inferior
backtrace 2
delete
inferior 1
break hart_got
continue
printf "hart: n is %ld, in inferior %d\n", \$a0, \$_inferior
printf "misa there: %d\n", \$misa != 0
info inferiors
kill inferiors 1 2
END
timeout -k 5 100 gdb-multiarch -nx -batch -x "$tmp/commands" </dev/null >"$tmp/out" 2>&1
shows "gdb: the core is a thread of the second inferior" "Thread 2.2"
shows "gdb: it has AArch64's registers" "EL3"
shows "gdb: a step there" "a step to 4"
shows "gdb: a watchpoint there" "watched: 1, in inferior 2"
shows "gdb: a breakpoint in its code" "core: n is 2, in inferior 2"
shows "gdb: backtrace there" "interrupt ()"
shows "gdb: a breakpoint in the hart's" "hart: n is 2, in inferior 1"
shows "gdb: it has RISC-V's registers" "misa there: 1"
kill "$machine" 2>/dev/null
machine=
done_testing
