#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# spike with programs that use HTIF, as riscv-tests do; sifive_e with its UART and clocks. The same on QEMU.
. tests/cli/lib.sh
have riscv64-unknown-elf-gcc || { done_testing; exit; }
source=tests/riscv-boards

build() { # build NAME XLEN START FLAG...: $tmp/NAME-XLEN.elf
    name=$1 xlen=$2 start=$3
    shift 3
    abi=ilp32
    [ "$xlen" = 32 ] || abi=lp64
    riscv64-unknown-elf-gcc "-march=rv${xlen}imac_zicsr" -mabi=$abi -mcmodel=medany -O1 -ffreestanding -nostdlib -static -Wall \
        -Wl,--build-id=none,--no-warn-rwx-segments -T tests/semihosting/link.ld "-Wl,--defsym=START=$start" "$@" \
        -o "$tmp/$name-$xlen.elf" tests/semihosting/start.S "$source/$name.c"
}

# htif EMULATOR XLEN: what the program prints, and its status
htif() {
    printf xy | timeout 60 "$1" -M spike -display none -monitor none -serial stdio -bios none -kernel "$tmp/htif-$2.elf" \
        >"$tmp/out" 2>&1
    status=$?
    [ $status = 5 ] && [ "$(tr '\n' ' ' <"$tmp/out")" = "by characters by a call got xy " ] && return
    echo "# status $status"
    awk '{ print "# " $0 }' "$tmp/out"
    return 1
}

for xlen in 64 32; do
    build htif $xlen 0x80000000 -Wl,--section-start=.tohost=0x80010000
    check "HTIF, RV$xlen" htif "$MYNAH-system-riscv$xlen" $xlen
    if command -v qemu-system-riscv$xlen >/dev/null; then
        build htif $xlen 0x80000000 -Wl,--section-start=.tohost=0x80010000 -DQEMU
        check "HTIF on QEMU, RV$xlen" htif qemu-system-riscv$xlen $xlen
    fi
    timeout 60 "$MYNAH-system-riscv$xlen" -M spike -smp 2 -display none -monitor none -serial stdio \
        -exit-on 'Platform Console Device *: htif=3' </dev/null >"$tmp/out" 2>"$tmp/err"
    status=$?
    if grep -q "can't find OpenSBI" "$tmp/err"; then
        ok "spike's firmware is not here, RV$xlen # SKIP"
    else
        check "spike's firmware speaks by HTIF, RV$xlen" [ $status = 3 ]
    fi
done

# uart XLEN: input waits with the sender until it is read
uart() {
    printf 'abc!q' | timeout 60 "$MYNAH-system-riscv$1" -M sifive_e -display none -monitor none -serial stdio \
        -kernel "$tmp/uart-$1.elf" -exit-on '^end$=7' >"$tmp/out" 2>&1
    [ $? = 7 ] && [ "$(tr '\n' ' ' <"$tmp/out")" = "hello ABC!Q end " ] && return
    awk '{ print "# " $0 }' "$tmp/out"
    return 1
}
for xlen in 32 64; do
    build uart $xlen 0x20400000 -Wl,--defsym=DATA=0x80000000
    check "sifive_e, RV$xlen" uart $xlen
done
rejects "-m: machine riscv32-sifive_e has 16 KiB of memory" -M riscv32-sifive_e -m 1M
rejects "-smp 1: machine sifive_u has at least 2 CPUs" -M sifive_u -smp 1
done_testing
