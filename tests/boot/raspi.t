#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The Raspberry Pi boards with Debian's packages: U-Boot on raspi3b with its console on the framebuffer; kernels with the boards'
# own device trees on raspi3b, raspi2b and raspi0, with root on an SD card, reboot and power-off.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
need_programs xz cpio socat mkfs.ext4 debugfs
linux_guest arm64
uboot=$guests/uboot-rpi/usr/lib/u-boot/rpi_3/u-boot.bin
armhf=$guests/installer-armhf/usr/lib/debian-installer/images/13/armhf/text/debian-installer/armhf/vmlinuz
dtb3=$(echo "$guests"/linux-arm64/usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb)
dtb2=$(echo "$guests"/linux-armel/usr/lib/linux-image-*/bcm2836-rpi-2-b.dtb)
dtb0=$(echo "$guests"/linux-armel/usr/lib/linux-image-*/bcm2835-rpi-zero.dtb)
need "$uboot" "$armhf" "$guests/initramfs-armhf.cpio.gz" "$dtb3" "$dtb2" "$dtb0"
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
pi() { echo "$MYNAH" -display none -monitor none -M "$1"; }

card() { # card ARCH: $work/card.img, an ext4 root file system of busybox with a file "pattern"
    local root=$work/root
    rm -rf "$root"
    mkdir -p "$root"/{bin,dev,proc}
    cp "$(find "$guests/busybox-$1" -path '*/bin/busybox' -type f | head -n 1)" "$root/bin/busybox"
    for c in sh mount grep echo md5sum sync poweroff reboot dd cat; do ln -s busybox "$root/bin/$c"; done
    printf '#!/bin/sh\nmount -t proc proc /proc\ngrep /dev/mmcblk0 /proc/mounts\necho "ROOT IS sd"\nexec sh\n' >"$root/init"
    chmod +x "$root/init"
    head -c 3000000 /dev/urandom >"$root/pattern"
    sum=$(md5sum <"$root/pattern" | cut -d' ' -f1)
    rm -f "$work/card.img"
    truncate -s 64M "$work/card.img"
    mkfs.ext4 -q -F -d "$root" "$work/card.img"
}
# What the guest's /load does with it.
to_card='until [ -e /dev/mmcblk0 ]; do sleep 1; done; mount -t ext4 /dev/mmcblk0 /mnt && mount -t devtmpfs dev /mnt/dev && echo MOUNTED'
ext4="crypto/crc32c_generic lib/crc16 fs/mbcache fs/jbd2/jbd2 fs/ext4/ext4"
on_card() { # the shell is the card's: read a file, write one that is there after the end
    send "exec switch_root /mnt /init" && expect "ROOT IS sd" && send "md5sum pattern" && expect "$sum" &&
        send "echo wri\"\"tten >new; sync; echo SYN\"\"CED" && expect SYNCED
}
was_written() { # was_written TITLE
    if debugfs -R "cat new" "$work/card.img" 2>/dev/null | grep -qx written; then ok "$1: written to the card"; else
        not_ok "$1: written to the card"
    fi
}

# U-Boot, and what its console looks like.
truncate -s 16M "$work/empty.img"
start "U-Boot" 120 $(pi raspi3b) -serial null -serial stdio -qmp "unix:$work/qmp,server=on,wait=off" -kernel "$uboot" -dtb "$dtb3" \
    -drive if=sd,format=raw,file="$work/empty.img" &&
    expect "Hit any key" && send "" && expect "U-Boot> " && send "mmc info" && expect "Capacity: 16 MiB" && {
    printf '{"execute": "qmp_capabilities"}\n{"execute": "screendump", "arguments": {"filename": "%s"}}\n' "$work/u.ppm" |
        tell qmp >/dev/null
    if [ "$(tail -c +16 "$work/u.ppm" | od -An -v -tx1 -w3 | grep -c ' c0 c0 c0')" -gt 1000 ]; then ok "U-Boot: text on the display"; else
        not_ok "U-Boot: text on the display"
    fi
    send "reset" && expect "Core: " && expect "Hit any key" && stop
}

linux() { # linux TITLE BOARD KERNEL DTB INITRD CONSOLE OPTIONS...
    local title=$1 board=$2 kernel=$3 dtb=$4 initrd=$5 console=$6
    shift 6
    start "$title" 300 $(pi "$board") -kernel "$kernel" -dtb "$dtb" -initrd "$initrd" -append "console=$console,115200" "$@"
}
sd() { echo -drive if=sd,format=raw,file="$work/card.img"; }

# raspi3b: 64 bits, four cores, the mini-UART; SD host and watchdog are modules.
card arm64
ramfs_modules "$to_card" $ext4 drivers/mmc/host/bcm2835 drivers/watchdog/bcm2835_wdt
ramfs_pack
linux raspi3b raspi3b "$kernel" "$dtb3" "$work/initrd" ttyS1 -serial null -serial stdio $(sd) &&
    expect "Linux version 6." && expect "on 4 CPUs" && send /load && expect MOUNTED && expect LOADED && on_card &&
    send "poweroff -f" && finish 0 && was_written raspi3b

# raspi0: Armv6, the PL011; all but the file system is in the kernel.
card armel
linux_guest armel
rm -rf "$work/ramfs"
ramfs_modules "$to_card" $ext4
ramfs_pack
linux raspi0 raspi0 "$kernel" "$dtb0" "$work/initrd" ttyAMA0 -serial stdio $(sd) && expect "ARMv6-compatible processor" &&
    expect "on 1 CPUs" && send "reboot -f" && expect "Restarting system" && expect "Linux version 6." && expect "on 1 CPUs" &&
    send /load && expect MOUNTED && expect LOADED && on_card && send "poweroff -f" && finish 0 && was_written raspi0
linux "raspi0, interpreter" raspi0 "$kernel" "$dtb0" "$initramfs" ttyAMA0 -serial stdio -accel interp && expect "on 1 CPUs" &&
    send "poweroff -f" && finish 0
linux "raspi0, -icount" raspi0 "$kernel" "$dtb0" "$initramfs" ttyAMA0 -serial stdio -icount shift=2,sleep=off &&
    expect "on 1 CPUs" && send "poweroff -f" && finish 0

# raspi2b: 32 bits, four cores, started by their mailboxes.
linux raspi2b raspi2b "$armhf" "$dtb2" "$guests/initramfs-armhf.cpio.gz" ttyAMA0 -serial stdio && expect "on 4 CPUs" &&
    send "cat /proc/interrupts" && expect "bcm2836-timer" && expect "Rescheduling interrupts" && stop

# The boards' own trees are the kernels' too.
linux_guest arm64
start "raspi3b with its own tree" 120 $(pi raspi3b) -kernel "$kernel" -initrd "$initramfs" -append "console=ttyS1,115200" -serial null \
    -serial stdio && expect "Machine model: Raspberry Pi 3 Model B" && expect "on 4 CPUs" && stop
linux_guest armel
start "raspi1ap with its own tree" 120 $(pi raspi1ap) -kernel "$kernel" -initrd "$initramfs" -append "console=ttyAMA0,115200" \
    -serial stdio && expect "Machine model: Raspberry Pi Model A+" && expect "on 1 CPUs" && send "poweroff -f" && finish 0
done_testing
