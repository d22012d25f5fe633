#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# arm-virt with secure=on: Trusted Firmware-A's SP_MIN in Monitor mode, Debian's armhf kernel behind it, whose PSCI calls it
# answers; and the kernel without firmware. tools/fetch-guests tfa-arm builds the firmware.
. "$(dirname "$0")/lib.sh"
firmware=$guests/tfa-arm/linux.bios
kernel=$guests/installer-armhf/usr/lib/debian-installer/images/13/armhf/text/debian-installer/armhf/vmlinuz
initramfs=$guests/initramfs-armhf.cpio.gz
need "$kernel" "$initramfs"
[ -e "$firmware" ] || { echo "1..0 # SKIP no Trusted Firmware-A: run tools/fetch-guests tfa-arm"; exit 0; }

# The firmware has the kernel in it; what -kernel and -append say is in the device tree, and the initramfs is put in memory.
firmware() { # firmware TITLE SECONDS OPTIONS...
    local title=$1 limit=$2
    shift 2
    start "$title" "$limit" "$MYNAH" -M arm-virt,secure=on -smp 2 -m 1G -nographic -bios "$firmware" -kernel "$kernel" \
        -device loader,file="$initramfs",addr=0x68000000,force-raw=on \
        -append "console=ttyAMA0 initrd=0x68000000,$(stat -L -c %s "$initramfs")" "$@"
    expect "Booting Trusted Firmware" && expect "SP_MIN: v" && expect "PSCIv1.1 detected" && expect "BOOTED Linux" &&
        expect "on 2 CPUs" && send "poweroff -f" && expect "System Power off: with GPIO" && finish 0
}

firmware "Trusted Firmware" 200
firmware "Trusted Firmware, EL2" 200 -M arm-virt,secure=on,virtualization=on
for v in 2 3; do
    start "no firmware, GICv$v" 200 "$MYNAH" -M "arm-virt,secure=on,gic-version=$v" -smp 2 -m 1G -nographic -kernel "$kernel" \
        -initrd "$initramfs" -append console=ttyAMA0
    expect "BOOTED Linux" && expect "on 2 CPUs" && send "poweroff -f" && finish 0
done
done_testing
