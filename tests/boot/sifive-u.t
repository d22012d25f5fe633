#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian 13's kernel for RISC-V on sifive_u: a hart that is firmware's alone, SiFive's clocks and UART.
. "$(dirname "$0")/lib.sh"
linux_guest riscv64
sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin

start "sifive_u" 180 "$MYNAH" -M sifive_u -smp 4 -m 512M -nographic -bios "$sbi" -kernel "$kernel" -initrd "$initramfs" \
    -append "console=ttySIF0" -exit-on '^the end$=6' &&
    expect "sifive_uart" && expect "Run /init" && expect "BOOTED Linux" && expect "on 3 CPUs" &&
    send "cat /proc/interrupts" && expect "10010000.serial" && send "printf '\\nthe end\\n'" && finish 6
done_testing
