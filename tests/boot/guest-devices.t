#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Devices by which one speaks to the guest, with Debian 13's arm64 kernel: balloon, keyboard, mouse, tablet; by messages.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest arm64
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
ramfs_modules "" drivers/virtio/virtio_balloon drivers/virtio/virtio_input drivers/input/evdev
ramfs_pack
qmp() { # what answers to the commands of stdin
    { echo '{"execute":"qmp_capabilities"}'; cat; } | tell qmp >"$work/answer"
}
shows() {
    if grep -qF -e "$2" "$work/answer"; then ok "$1"; else not_ok "$1"; awk '{ print "# " $0 }' "$work/answer"; fi
}

start "balloon and input" 240 "${board[@]}" -m 512M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
    -qmp "unix:$work/qmp,server=on,wait=off" -device virtio-balloon-pci,id=balloon0,free-page-reporting=on \
    -device virtio-keyboard-pci -device virtio-mouse -device virtio-tablet-pci
expect "BOOTED Linux" && send /load && expect LOADED && send 'grep -c "virtio.-" /proc/interrupts' && expect 8 || exit
qmp <<<'{"execute":"balloon","arguments":{"value":134217728}}'
send 'while [ $(($(grep MemTotal /proc/meminfo | tr -dc 0-9))) -gt 150000 ]; do sleep 0.2; done; echo SM""ALL' && expect SMALL
shrunk() { qmp <<<'{"execute":"query-balloon"}' && grep -qF '"actual": 134217728' "$work/answer"; }
wait_for shrunk # the last pages take their time
shows "the guest has what it was told to make do with" '"actual": 134217728'
qmp <<<'{"execute":"qom-set","arguments":{"path":"/machine/peripheral/balloon0","property":"guest-stats-polling-interval","value":1}}'
counted() {
    qmp <<<'{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon0","property":"guest-stats"}}' &&
        grep -q '"last-update": [1-9]' "$work/answer"
}
wait_for counted
shows "statistics" '"stat-free-memory": '
qmp <<<'{"execute":"balloon","arguments":{"value":536870912}}'
send 'while [ $(($(grep MemTotal /proc/meminfo | tr -dc 0-9))) -lt 400000 ]; do sleep 0.2; done; echo LA""RGE' && expect LARGE

# An event is 24 bytes: type at 16, code at 18, value at 20.
cat <<'END' | while read -r line; do send "$line"; done
find_input() { for d in /sys/class/input/event*; do grep -q "$1" $d/device/name && echo /dev/input/${d##*/}; done; }
k=$(find_input Keyboard) m=$(find_input Mouse) t=$(find_input Tablet)
for d in $k $m $t; do [ -e $d ] || mknod $d c $(tr : ' ' </sys/class/input/${d##*/}/dev); done
mkdir -p /dev/input; exec 3<$k 4<$m 5<$t; echo READ""ING
END
expect READING
qmp <<'END'
{"execute":"send-key","arguments":{"keys":[{"type":"qcode","data":"a"}]}}
{"execute":"human-monitor-command","arguments":{"command-line":"mouse_move 5 -7"}}
{"execute":"input-send-event","arguments":{"events":[{"type":"abs","data":{"axis":"x","value":1000}},{"type":"abs","data":{"axis":"y","value":2000}}]}}
END
send 'show() { set -- $1 $(dd bs=24 count=$3 <&$2 2>/dev/null | od -A n -v -t d2 | tr -s " \n" " "); echo "$1: ${10} ${11} ${12} / ${22} ${23} ${24}."; }' &&
    send 'show keys 3 4; show moves 4 3; show places 5 3' &&
    expect "keys: 1 30 1 / 0 0 0." && expect "moves: 2 0 5 / 2 1 -7." && expect "places: 3 0 1000 / 3 1 2000."
send "poweroff -f" && finish 0
done_testing
