#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Small devices on PCI under Debian 13's arm64 kernel: a UART, a watchdog that nobody feeds, edu, a panic that is told of.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest arm64
need_programs xz cpio
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
ramfs_modules "" drivers/watchdog/i6300esb
ramfs_pack
guest() {
    local title=$1
    shift
    start "$title" 240 "${board[@]}" -m 256M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" "$@"
    expect "BOOTED Linux" && send /load && expect LOADED
}
guest "a UART" -chardev "file,id=c,path=$work/line" -device pci-serial,chardev=c &&
    send 'for t in /dev/ttyS?; do echo "over the line" >$t 2>/dev/null; done; grep -c "uart:16550A" /proc/tty/driver/serial' && expect 1 &&
    send "poweroff -f" && finish 0
if grep -q "over the line" "$work/line"; then ok "what was sent"; else not_ok "what was sent"; fi
guest "a watchdog" -device i6300esb -watchdog-action poweroff &&
    send 'watchdog -t 1 /dev/watchdog; sleep 4; echo FE""D; killall -9 watchdog' && expect FED && finish 0
guest "a watchdog that resets" -device i6300esb -no-reboot &&
    send 'watchdog -T 2 -t 60 /dev/watchdog' && finish 0
# No driver is there: what is behind BAR 0 of the function with an id, /bar ID gives as an address.
cat >"$work/ramfs/bar" <<'END'
#!/bin/sh
for d in /sys/bus/pci/devices/*; do
    [ "$(cat $d/vendor)$(cat $d/device)" = "$1" ] || continue
    echo 1 >$d/enable
    read -r at rest <$d/resource
    echo $at
done
END
chmod +x "$work/ramfs/bar"
ramfs_pack
guest "edu" -device edu && send 'b=$(/bar 0x12340x11e8); devmem $b 32; devmem $((b + 8)) 32 10; devmem $((b + 8)) 32' &&
    expect 0x010000ED && expect 0x00375F00 && send "poweroff -f" && finish 0
guest "a panic" -device pvpanic-pci -action panic=exit-failure && send 'devmem $(/bar 0x1b360x0011) 8 1' && finish 1
done_testing
