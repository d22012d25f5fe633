#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Small devices on PCI under Debian 13's arm64 kernel: a UART, and a watchdog that nobody feeds.
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
done_testing
