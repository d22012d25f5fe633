#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# arm64-virt with secure=on: Trusted Firmware-A at EL3, U-Boot and Debian's kernel behind it, whose PSCI calls it answers
# (power-off is a pin of the secure state's); and the kernel without firmware. tools/fetch-guests tfa builds the firmware.
. "$(dirname "$0")/lib.sh"
linux_guest arm64
for v in 2 3; do
    [ -e "$guests/tfa/gicv$v.bios" ] || { echo "1..0 # SKIP no Trusted Firmware-A: run tools/fetch-guests tfa"; exit 0; }
done

firmware() { # firmware TITLE SECONDS VERSION OPTIONS...: to Linux's shell
    local title=$1 limit=$2 version=$3
    shift 3
    start "$title" "$limit" "${board[@]}" -M "arm64-virt,secure=on,gic-version=$version" -smp 2 -m 1G \
        -bios "$guests/tfa/gicv$version.bios" -kernel "$kernel" -initrd "$initramfs" -append console=ttyAMA0 "$@"
    expect "Booting Trusted Firmware" && expect "Booting BL31" && expect "U-Boot 20" && expect "PSCIv1.1 detected" &&
        expect "BOOTED Linux" && expect "on 2 CPUs" && send "poweroff -f" && expect "System Power off: with GPIO" && finish 0
}

firmware "Trusted Firmware, GICv2" 200 2
firmware "Trusted Firmware, GICv3" 200 3
firmware "Trusted Firmware, GICv3, EL2, max" 200 3 -M arm64-virt,secure=on,gic-version=3,virtualization=on -cpu max
for v in 2 3; do
    start "no firmware, GICv$v" 120 "${board[@]}" -M "arm64-virt,secure=on,gic-version=$v" -smp 2 -m 1G -kernel "$kernel" \
        -initrd "$initramfs" -append console=ttyAMA0
    expect "BOOTED Linux" && expect "on 2 CPUs" && send "poweroff -f" && finish 0
done
done_testing
