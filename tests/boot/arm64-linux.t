#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian 13's kernel for 64-bit ARM with an initramfs on arm64-virt: CPU models and counts, both interrupt controllers,
# EL2, power-off, reboot, the power key; the installer.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
need_programs xz cpio socat
linux_guest arm64
images=$guests/installer-arm64/usr/lib/debian-installer/images/13/arm64/text/debian-installer/arm64
need "$images/linux" "$images/initrd.gz"

linux() { # linux TITLE SECONDS OPTIONS...
    local title=$1 limit=$2
    shift 2
    start "$title" "$limit" "${board[@]}" -m 512M -kernel "$kernel" -initrd "$initramfs" -append "console=$console" "$@"
}
off() { send "echo GUEST-BOOT-\"\"OK; poweroff -f" && expect "GUEST-BOOT-OK" && finish 0; }

linux "cortex-a57" 120 && expect "Linux version 6." && expect "BOOTED Linux" && expect "on 1 CPUs" && off
linux "2 CPUs" 120 -smp 2 && expect "BOOTED Linux" && expect "on 2 CPUs" && off
linux "4 CPUs" 120 -smp 4 && expect "BOOTED Linux" && expect "on 4 CPUs" &&
    send "cat /proc/interrupts" && expect "GIC-0" && expect "arch_timer" && expect "uart-pl011" && off
linux "8 CPUs" 200 -smp 8 && expect "BOOTED Linux" && expect "on 8 CPUs" && off
linux "8 CPUs, GICv3" 200 -M arm64-virt,gic-version=3 -smp 8 && expect "BOOTED Linux" && expect "on 8 CPUs" && off
linux "GICv3" 120 -M arm64-virt,gic-version=3 -smp 4 && expect "GICv3: 256 SPIs" && expect "GICv3: CPU3: found redistributor 3" &&
    expect "on 4 CPUs" && off
linux "EL2" 120 -M arm64-virt,virtualization=on -smp 2 && expect "started at EL2" && expect "Hyp nVHE mode initialized" &&
    expect "on 2 CPUs" && off
linux "-cpu max, GICv3" 120 -cpu max -M arm64-virt,gic-version=3 -smp 2 && expect "on 2 CPUs" && off
linux "-cpu max, GICv3, EL2" 180 -cpu max -M arm64-virt,gic-version=3,virtualization=on -smp 2 && expect "started at EL2" &&
    expect "on 2 CPUs" && off
linux "reboot" 180 && expect "BOOTED Linux" && send "reboot -f" && expect "Linux version 6." && expect "BOOTED Linux" && off
linux "-icount" 300 -icount shift=0,sleep=off && expect "BOOTED Linux" && off
linux "interpreter" 600 -accel interp && expect "BOOTED Linux" && off

# The power key, by way of the GPIO and its driver.
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
ramfs_modules "" drivers/input/keyboard/gpio_keys drivers/input/evdev
ramfs_pack
initramfs=$work/initrd
linux "power key" 120 -qmp "unix:$work/qmp,server=on,wait=off" && expect "BOOTED Linux" && send /load && expect LOADED &&
    send 'cat /sys/class/input/input0/name; exec 7</dev/input/event0; echo WAIT""ING; head -c 24 <&7 | od -x | head -n 2; echo PRESS""ED' &&
    expect "gpio-keys" && expect "WAITING" && {
    printf '{"execute": "qmp_capabilities"}\n{"execute": "system_powerdown"}\n' | tell qmp >/dev/null
    expect "0001 0074 0001 0000" && expect "PRESSED" && off
}

# The same board from outside, whose CPUs have all levels.
"${board[@]}" -M arm64-virt,dumpdtb="$work/virt.dtb" -smp 2 -m 512M
start "-M dtb=" 120 "$MYNAH" -M dtb="$work/virt.dtb" -nographic -kernel "$kernel" -initrd "$initramfs" -append "console=$console" &&
    expect "started at EL2" && expect "on 2 CPUs" && off

# The installer, from its package.
start "installer" 300 "${board[@]}" -m 1G -kernel "$images/linux" -initrd "$images/initrd.gz" &&
    expect "Freeing unused kernel" && expect "Select a language" && stop
start "installer, GICv3" 300 "${board[@]}" -M arm64-virt,gic-version=3 -cpu max -smp 2 -m 1G -kernel "$images/linux" \
    -initrd "$images/initrd.gz" && expect "Freeing unused kernel" && expect "Select a language" && stop
done_testing
