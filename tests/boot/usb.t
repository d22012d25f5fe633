#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# xHCI under Debian's kernels: a disk, one that comes and goes, a keyboard behind a hub, a mouse and a tablet; by messages on
# arm64, by the pin's line on riscv64.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
head -c 8192000 /dev/urandom >"$work/disk.img"
head -c 4096000 /dev/urandom >"$work/b.img"
sum=$(md5sum <"$work/disk.img" | cut -d' ' -f1) b=$(md5sum <"$work/b.img" | cut -d' ' -f1)
qmp() { { echo '{"execute":"qmp_capabilities"}'; cat; } | tell qmp >/dev/null; }
hmp() { qmp <<<'{"execute":"human-monitor-command","arguments":{"command-line":"'"$1"'"}}'; }

# usb ARCH CONTROLLER INTERRUPTS
usb() {
    linux_guest "$1"
    rm -rf "$work/ramfs"
    ramfs_modules "" drivers/scsi/scsi_common drivers/scsi/scsi_mod drivers/scsi/sd_mod drivers/usb/common/usb-common \
        drivers/usb/core/usbcore drivers/usb/host/xhci-hcd drivers/usb/host/xhci-pci drivers/usb/storage/usb-storage \
        drivers/hid/hid drivers/hid/hid-generic drivers/hid/usbhid/usbhid drivers/input/evdev
    ramfs_pack
    cp "$work/disk.img" "$work/copy.img"
    start "$1" 240 "${board[@]}" -smp 2 -m 256M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
        -qmp "unix:$work/qmp,server=on,wait=off" -drive "file=$work/copy.img,format=raw,if=none,id=d" \
        -drive "file=$work/b.img,format=raw,if=none,id=b" \
        -device "$2,id=xhci" -device usb-storage,drive=d,bus=xhci.0 -device usb-hub,port=2 -device usb-kbd,port=2.3 \
        -device usb-mouse -device usb-tablet,port=4 || return
    expect "BOOTED Linux" && send /load && expect LOADED &&
        send 'while [ ! -e /dev/sda ]; do sleep 0.2; done; md5sum </dev/sda' && expect "$sum" &&
        send 'dd if=/dev/sda of=/dev/sda bs=4096 seek=1 count=1 conv=notrunc,fsync 2>/dev/null; echo WRIT""TEN' && expect WRITTEN &&
        send 'grep xhci /proc/interrupts' && expect "$3" || return
    cat <<'END' | while read -r line; do send "$line"; done
find_input() { for d in /sys/class/input/event*; do grep -q "$1" $d/device/name && echo /dev/input/${d##*/}; done; }
for n in Keyboard Mouse Tablet; do while [ -z "$(find_input $n)" ]; do sleep 0.2; done; done
k=$(find_input Keyboard) m=$(find_input Mouse) t=$(find_input Tablet)
for d in $k $m $t; do [ -e $d ] || mknod $d c $(tr : ' ' </sys/class/input/${d##*/}/dev); done
mkdir -p /dev/input; exec 3<$k 4<$m 5<$t; echo READ""ING
END
    expect READING || return
    qmp <<'END'
{"execute":"send-key","arguments":{"keys":[{"type":"qcode","data":"a"}]}}
{"execute":"human-monitor-command","arguments":{"command-line":"mouse_move 5 -7"}}
{"execute":"input-send-event","arguments":{"events":[{"type":"abs","data":{"axis":"x","value":1000}},{"type":"abs","data":{"axis":"y","value":2000}}]}}
END
    # An event is 24 bytes: type at 16, code at 18, value at 20.
    send 'show() { set -- $1 $(dd bs=24 count=$3 <&$2 2>/dev/null | od -A n -v -t d2 | tr -s " \n" " "); echo "$1: ${10} ${11} ${12} / ${22} ${23} ${24}."; }' &&
        send 'show keys 3 3; show moves 4 3; show places 5 3' &&
        expect "keys: 4 4 4 / 1 30 1." && expect "moves: 2 0 5 / 2 1 -7." && expect "places: 3 0 1000 / 3 1 2000." || return
    hmp "device_add usb-storage,bus=xhci.0,drive=b,id=second,port=2.1"
    send 'while [ ! -e /dev/sdb ]; do sleep 0.2; done; md5sum </dev/sdb' && expect "$b" || return
    hmp "device_del second"
    send 'while [ -e /dev/sdb ]; do sleep 0.2; done; echo GO""NE' && expect GONE && send "poweroff -f" && finish 0
    if cmp -s <(head -c 4096 "$work/disk.img") <(tail -c +4097 "$work/copy.img" | head -c 4096); then ok "$1: written"; else not_ok "$1: written"; fi
}
usb arm64 qemu-xhci MSI
usb riscv64 nec-usb-xhci PLIC
done_testing
