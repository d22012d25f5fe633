#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gdb-multiarch on a small program of A64, A32 and T32; the monitor's registers there.
. "$(dirname "$0")/lib.sh"
need gdb-multiarch aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc

build() { # build COMPILER OPTION...
    "$@" -g -O1 -nostdlib -ffreestanding -static -Wl,-Ttext=0x40100000,-e,_start,--build-id=none -o "$tmp/guest.elf" "$here/arm.c" \
        2>"$tmp/gcc.log" && return
    cat "$tmp/gcc.log" >&2
    echo "Bail out! the guest cannot be built"
    exit 1
}

run() { # run MODE FIRST FLAGS: its first argument's register, the one with the flags
    debug <<END
target remote $tmp/gdb
printf "begins: %d\n", \$pc == (long)&_start
break add_up
continue
printf "n is %d\n", \$$2
finish
delete
stepi
hbreak outer
continue
printf "d3 is %f\n", $4
printf "flags %x\n", \$$3 & 0x1f
delete
watch sum
set var numbers[0] = 10
continue
delete
tbreak add_up
continue
set var n = 1
finish
info registers $5
kill
END
    shows "$1: starts at the entry" "begins: 1"
    shows "$1: breakpoint" "Breakpoint 1, add_up (n="
    shows "$1: argument" "n is 8"
    shows "$1: finish" "Value returned is \$1 = 31"
    shows "$1: hardware breakpoint" "Breakpoint 2, outer ()"
    shows "$1: FP register" "d3 is 2.500000"
    shows "$1: status register" "flags $6"
    shows "$1: watchpoint" "Old value = 31"
    shows "$1: after a write to memory" "New value = 38"
    shows "$1: after a write to a register" "Value returned is \$2 = 10"
    shows "$1: a system register" "$7"
}

guest() { # guest MODE FIRST FLAGS FP SYSTEM MODE-BITS VALUE OPTION...
    local arguments=("${@:1:7}")
    shift 7
    for option in "" interp=on; do
        start -m 64M -bios none -kernel "$tmp/guest.elf" "$@" ${option:+-accel tcg,$option}
        run "${arguments[0]}${option:+, $option}" "${arguments[@]:1}"
        finish
    done
}

board=arm64-virt
build aarch64-linux-gnu-gcc -mgeneral-regs-only
guest A64 x0 cpsr '$v3.d[0]' SCTLR_EL1 5 "SCTLR_EL1      0xc50838"
start -m 64M -bios none -kernel "$tmp/guest.elf"
talk hmp <<'END'
info registers
END
shows "A64: info registers" "EL1h"
finish
start -m 64M -bios none -cpu max -kernel "$tmp/guest.elf"
debug <<END
target remote $tmp/gdb
printf "masks %lx %lx\n", \$pauth_cmask, \$pauth_dmask_high
kill
END
shows "A64: pauth masks" "masks ffff000000000000 ffff000000000000"
finish
board=arm-virt
for state in arm thumb; do
    build arm-linux-gnueabihf-gcc -m$state -march=armv7-a -mfloat-abi=soft
    bits=13
    guest $state r0 cpsr '$d3' SCTLR $bits "SCTLR          0xc50078"
done
start -m 64M -bios none -kernel "$tmp/guest.elf"
talk hmp <<'END'
info registers
print/x $sp
END
shows "A32: info registers" "A svc32"
shows "A32: FPSCR" "FPSCR: 00000000"
finish
done_testing
