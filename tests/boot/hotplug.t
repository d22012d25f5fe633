#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Disks and network cards that come to root ports and go while Debian 13's arm64 kernel works with them: by HMP and QMP.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest arm64
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; kill ${server:-} ${client:-} 2>/dev/null; rm -rf "$work"' EXIT
ramfs_modules "" $virtio_modules
cat >"$work/ramfs/dhcp" <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ifconfig "$interface" "$ip" netmask "$subnet"
ip route add default via "$router"
echo "BOUND $ip"
END
# there FILE, gone FILE: waits for it
cat >"$work/ramfs/there" <<'END'
#!/bin/sh
while [ ! -e "$1" ]; do sleep 0.1; done
echo "THERE $1"
END
cat >"$work/ramfs/gone" <<'END'
#!/bin/sh
while [ -e "$1" ]; do sleep 0.1; done
echo "GONE $1"
END
chmod +x "$work"/ramfs/{dhcp,there,gone}
ramfs_pack
head -c 3000000 /dev/urandom >"$work/disk.img"
sum=$(head -c $((3000000 / 512 * 512)) "$work/disk.img" | md5sum | cut -d' ' -f1)
truncate -s $((3000000 / 512 * 512)) "$work/disk.img"
serve 1000000

# says TEXT: QMP does, sooner or later
says() {
    wait_for grep -qF -e "$1" "$work/out" && { ok "$guest_name: $1"; return; }
    not_ok "$guest_name: $1"
    awk '{ print "# " $0 }' "$work/out"
    return 1
}

connect() { # QMP, at descriptor 9
    wait_for listens "$work/qmp"
    rm -f "$work/in"
    mkfifo "$work/in"
    socat - "UNIX-CONNECT:$work/qmp" <"$work/in" >"$work/out" 9>&- &
    client=$!
    exec 9>"$work/in"
    qmp '{"execute":"qmp_capabilities"}'
}
qmp() { printf '%s\n' "$1" >&9; }
hmp() { printf '%s\n' "$1" | tell hmp >/dev/null 9>&-; }

come_and_go() { # come_and_go TITLE OPTION...
    start "$@" -m 256M -smp 2 -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
        -drive "file=$work/disk.img,format=raw,if=none,id=d" \
        -device pcie-root-port,id=a,chassis=1,slot=1 -device pcie-root-port,id=b,chassis=2,slot=2 \
        -monitor "unix:$work/hmp,server=on,wait=off" -qmp "unix:$work/qmp,server=on,wait=off" || return
    connect
    expect "BOOTED Linux" && send /load && expect LOADED || return
    local i
    for i in 1 2; do # the disk twice: its drive is free again
        hmp "device_add virtio-blk-pci,bus=a,drive=d,id=disk$i"
        send '/there /dev/vda' && expect "THERE /dev/vda" && send 'md5sum </dev/vda' && expect "$sum" || return
        qmp "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"disk$i\"}}"
        says "\"device\": \"disk$i\"" && send '/gone /dev/vda' && expect "GONE /dev/vda" || return
    done
    qmp '{"execute":"netdev_add","arguments":{"type":"user","id":"n"}}'
    qmp '{"execute":"device_add","arguments":{"driver":"virtio-net-pci","bus":"b","netdev":"n","id":"card"}}'
    send '/there /sys/class/net/eth0' && expect "THERE /sys" && send "ifconfig eth0 up; udhcpc -q -n -i eth0 -s /dhcp" &&
        expect "BOUND 10.0.2.15" && send "wget -q -O - http://10.0.2.2:$port/x | md5sum" && expect "$served" || return
    hmp "device_del card"
    says '"device": "card"' && send '/gone /sys/class/net/eth0' && expect "GONE /sys" || return
    # The guest lets go of a card by itself.
    qmp '{"execute":"device_add","arguments":{"driver":"virtio-rng-pci","bus":"a","id":"rng"}}'
    send '/there /sys/bus/pci/devices/0000:01:00.0' && expect "THERE /sys" &&
        send 'echo 0 >/sys/bus/pci/slots/1/power; /gone /sys/bus/pci/devices/0000:01:00.0' && expect "GONE /sys" &&
        says '"device": "rng"' || return
    send "poweroff -f" && finish 0
    exec 9>&-
    kill "$client" 2>/dev/null
    client=
}
come_and_go "root ports" 400 "${board[@]}"
done_testing
