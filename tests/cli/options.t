#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Options and their values: each mistake is one line and status 1.
. tests/cli/lib.sh
power_off_guest "$tmp/off.bin"
v="-M riscv64-virt -display none -bios $tmp/off.bin"

# -- Names --
rejects "-kernle: there is no such option; did you mean '-kernel'?" -kernle x
rejects "--serail: there is no such option; did you mean '-serial'?" --serail x
rejects "-frobnicate-everything: there is no such option (see --help)" -frobnicate-everything
rejects "-kernel: expected an argument" -M riscv64-virt -kernel
for o in vnc usb object readconfig loadvm incoming sandbox virtfs spice numa smbios semihosting; do
    rejects "-$o: QEMU has this option, mynah does not yet" -$o x
done
ln -s "$MYNAH" "$tmp/mynah-system-vax"
check "a link of unknown name is refused" sh -c '! "$1" -version 2>/dev/null' sh "$tmp/mynah-system-vax"

# -- Machines, CPUs, memory --
rejects "-M: no machine is given (see -M help)" -display none
rejects "-M riscv64-vrit: no such machine (did you mean 'riscv64-virt'?)" -M riscv64-vrit
rejects "-m: size=0: expected a size such as 512M or 2G (a bare number is MiB)" $v -m 0
rejects "-m: size=1Q: expected a size such as 512M or 2G (a bare number is MiB)" $v -m 1Q
rejects "-m: maxmem: QEMU has memory hot-plug, mynah does not yet" $v -m 1G,maxmem=2G
rejects "-m: there is no property 'szie'; did you mean 'size'?" $v -m szie=1G
rejects "-uuid 1234: expected a UUID such as 6e9b2d6c-8f0e-4f43-9a05-1c1d4b9a3c5e" $v -uuid 1234
rejects "-accel tcg: thread=both: expected one of: multi, single" $v -accel tcg,thread=both

done_testing
