#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian 13's installer for RISC-V: to its first screen, and to a shell.
. "$(dirname "$0")/lib.sh"
sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
images=$guests/installer/usr/lib/debian-installer/images/13/riscv64/text/debian-installer/riscv64
need "$sbi" "$images/linux" "$images/initrd.gz"

installer() { # installer TITLE APPEND OPTIONS...
    local title=$1 append=$2
    shift 2
    start "$title" 240 "$MYNAH" -M riscv64-virt -m 1G -nographic -bios "$sbi" -kernel "$images/linux" \
        -initrd "$images/initrd.gz" -append "$append" "$@"
}

for smp in 1 4; do
    installer "installer, $smp CPUs" "console=ttyS0" -smp $smp && expect "Linux version 6." && expect "Freeing unused kernel" &&
        expect "Select a language" && stop
done
installer "installer's shell" "console=ttyS0 rdinit=/bin/sh" && expect "built-in shell" && send "uname -m" &&
    expect "riscv64" && send "poweroff -f" && finish 0
done_testing
