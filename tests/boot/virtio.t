#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian 13's kernel, for $ARCH (riscv64 if that is not set), with its own virtio drivers: an ext4 root on a disk, the user network in both directions, random
# numbers, consoles and byte channels; legacy and modern, split and packed rings.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest "${ARCH:-riscv64}"
need_programs xz cpio mke2fs debugfs socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; [ -z "${server:-}" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

# The initramfs with the drivers, and /load to load them in order.
ramfs_modules "" $virtio_modules
mkdir "$work/ramfs/www"
cat >"$work/ramfs/dhcp" <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ifconfig "$interface" "$ip" netmask "$subnet"
ip route add default via "$router"
echo "BOUND $ip $router $dns"
END
echo "served by the guest" >"$work/ramfs/www/index.html"
chmod +x "$work/ramfs/dhcp"
ramfs_pack

# The disk: a root file system with an init of its own.
root=$work/root
mkdir -p "$root"/{bin,sbin,proc,sys,dev,data}
cp "$busybox" "$root/bin/busybox"
for c in sh mount uname poweroff md5sum dd sync cat echo; do ln -s busybox "$root/bin/$c"; done
cat >"$root/sbin/init" <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -o remount,rw /
md5sum /data/blob
dd if=/data/blob of=/data/copy bs=64k 2>/dev/null
sync
echo 3 >/proc/sys/vm/drop_caches
md5sum /data/copy
echo "written by the guest" >/data/out
echo ROOT-ON-EXT4
sync
poweroff -f
END
chmod +x "$root/sbin/init"
head -c 20000000 /dev/urandom >"$root/data/blob"
sum=$(md5sum <"$root/data/blob" | cut -d' ' -f1)
truncate -s 128M "$work/disk.img"
mke2fs -q -t ext4 -d "$root" "$work/disk.img"

guest() { # guest TITLE OPTIONS...
    local title=$1
    shift
    start "$title" 180 "${board[@]}" -m 512M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" "$@" && expect "BOOTED Linux" && send /load && expect "LOADED"
}

boot_from_disk() { # boot_from_disk TITLE OPTIONS...
    guest "$@" || return
    send 'mount -t ext4 -o ro /dev/vda /mnt && exec switch_root /mnt /sbin/init'
    expect "$sum" && expect "$sum" && expect ROOT-ON-EXT4 && finish 0
}

check_disk() { # check_disk TITLE WANTED: what the guest left, and that the file system is whole
    local got
    got=$(debugfs -R "cat /data/out" "$work/disk.img" 2>/dev/null)
    e2fsck -fn "$work/disk.img" >/dev/null 2>&1 || { not_ok "$1: e2fsck"; return; }
    if [ "$got" = "$2" ]; then ok "$1"; else not_ok "$1: got '$got'"; fi
}

before=$(md5sum <"$work/disk.img")
boot_from_disk "disk, -snapshot" -snapshot -drive "file=$work/disk.img,format=raw,if=virtio"
if [ "$before" = "$(md5sum <"$work/disk.img")" ]; then ok "-snapshot leaves the image alone"; else not_ok "-snapshot"; fi
boot_from_disk "disk, legacy" -drive "file=$work/disk.img,format=raw,if=none,id=hd" -device virtio-blk-device,drive=hd
check_disk "legacy: the image has what was written" "written by the guest"
boot_from_disk "disk, modern, 4 CPUs, 4 queues" -smp 4 -global virtio-mmio.force-legacy=false \
    -drive "file=$work/disk.img,format=raw,if=none,id=hd,cache=none,aio=native" \
    -device virtio-blk-device,drive=hd,num-queues=4
check_disk "modern: the image is whole" "written by the guest"
boot_from_disk "disk, packed ring, -blockdev" -global virtio-mmio.force-legacy=false \
    -blockdev "driver=raw,node-name=hd,file.driver=file,file.filename=$work/disk.img" \
    -device virtio-blk-device,drive=hd,packed=on
check_disk "packed: the image is whole" "written by the guest"
boot_from_disk "disk, no event index, no indirect descriptors" -global virtio-mmio.force-legacy=false \
    -drive "file=$work/disk.img,format=raw,if=none,id=hd" \
    -device virtio-blk-device,drive=hd,event_idx=off,indirect_desc=off
check_disk "plain: the image is whole" "written by the guest"

# The network. The host serves a file of 8 MB; the guest fetches it, then serves one itself.
serve 8000000

network() { # network TITLE OPTIONS...: after /load
    local title=$1 forwarded got
    forwarded=$(free_port)
    shift
    rm -f "$work/sent"
    guest "$title" -netdev "user,id=n,hostfwd=tcp:127.0.0.1:$forwarded-:80,guestfwd=tcp:10.0.2.100:80-cmd:$work/serve,\
guestfwd=tcp:10.0.2.101:80-file:$work/sent" "$@" || return
    send "ifconfig eth0 up; udhcpc -q -n -i eth0 -s /dhcp" && expect "BOUND 10.0.2.15 10.0.2.2 10.0.2.3" &&
        send "wget -q -O - http://10.0.2.2:$port/x | md5sum" && expect "$served" &&
        send "wget -q -O - http://10.0.2.100/x | md5sum" && expect "$served" &&
        send 'wget -q -T 2 -O - http://10.0.2.101/y; echo SE""NT' && expect "SENT" &&
        send 'httpd -p 80 -h /www; echo SERV""ING' && expect "SERVING" || return
    wait_for page "$forwarded" # the server may not listen yet
    if [ "$got" = "served by the guest" ]; then ok "$title: hostfwd"; else not_ok "$title: hostfwd: got '$got'"; fi
    if grep -q "^GET /y" "$work/sent"; then ok "$title: guestfwd"; else not_ok "$title: guestfwd"; fi
    send "poweroff -f" && finish 0
}
network "network, legacy" -device virtio-net-device,netdev=n
network "network, modern" -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=n
network "network, packed ring, no merged buffers" -global virtio-mmio.force-legacy=false \
    -device virtio-net-device,netdev=n,packed=on,mrg_rxbuf=off

# Random numbers, a console and a byte channel.
guest "rng and serial" -device virtio-rng-device -device virtio-serial-device \
    -chardev "file,id=con,path=$work/console" -device virtconsole,chardev=con \
    -chardev "socket,id=chan,path=$work/channel,server=on,wait=off" -device virtserialport,chardev=chan,name=org.mynah.test \
    -chardev "socket,id=late,path=$work/late,server=on,wait=off" -qmp "unix:$work/qmp,server=on,wait=off" &&
    send 'cat /sys/class/misc/hw_random/rng_current; head -c 100000 /dev/hwrng | wc -c' && expect "virtio_rng" &&
    expect "100000" && send 'until cat /sys/class/virtio-ports/vport*p1/name 2>/dev/null; do sleep 1; done' && expect "org.mynah.test" &&
    send 'echo "to the console" >/dev/hvc0; echo $((6*7))-written' && expect "42-written" && {
    echo "from the host" | socat -t 10000 - "UNIX-CONNECT:$work/channel,shut-none" >"$work/heard" 2>/dev/null &
    listener=$!
    send 'p=$(echo /dev/vport*p1); exec 5<>$p; until read line <&5; do sleep 1; done; echo "HEARD $line"; echo "from the guest" >&5' &&
        expect "HEARD from the host"
    check "byte channel to the host" wait_for grep -q "from the guest" "$work/heard"
    kill $listener 2>/dev/null
    check "virtconsole" wait_for grep -q "to the console" "$work/console"

    # A port that comes and goes while the guest runs.
    qmp() { # qmp COMMAND ANSWER: sent, and the connection open until the answer has come
        : >"$work/answers"
        { printf '{"execute": "qmp_capabilities"}\n%s\n' "$1"; wait_for grep -q "$2" "$work/answers"; } |
            socat -t 1 - "UNIX-CONNECT:$work/qmp" >>"$work/answers"
    }
    add='{"execute": "device_add", "id": 7, "arguments": {"driver": "virtserialport", "id": "late", "chardev": "late", "name": "org.mynah.late"}}'
    send 'ports() { cat /sys/class/virtio-ports/*/name; }; until ports | grep -q late; do sleep 1; done; echo PLUG""GED'
    qmp "$add" '"id": 7'
    expect "PLUGGED"
    echo "to the late port" | socat -t 10000 - "UNIX-CONNECT:$work/late,shut-none" >"$work/late.heard" 2>/dev/null &
    listener=$!
    send 'exec 6<>$(echo /dev/vport*p2); until read line <&6; do sleep 1; done; echo "HEARD $line"; echo "from the late port" >&6' &&
        expect "HEARD to the late port"
    check "device_add: a byte channel" wait_for grep -q "from the late port" "$work/late.heard"
    kill $listener 2>/dev/null
    send 'while ports | grep -q late; do sleep 1; done; exec 6<&-; echo UNPLUG""GED'
    deleted='"DEVICE_DELETED", "data": {"device": "late"'
    qmp '{"execute": "device_del", "arguments": {"id": "late"}}' "$deleted"
    expect "UNPLUGGED"
    check "DEVICE_DELETED" grep -q "$deleted" "$work/answers"
    send 'until ports | grep -q late; do sleep 1; done; echo PLUG""GED-AGAIN'
    qmp "$add" '"id": 7'
    expect "PLUGGED-AGAIN"
    send "poweroff -f" && finish 0
}
done_testing
