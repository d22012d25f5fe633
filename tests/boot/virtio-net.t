#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# virtio-net's offloads, pairs of queues and RSS under Debian's riscv64 kernel, in both directions: by the user network, which
# takes frames of many segments and gives such, and by a tap device of as many queues, to which they are handed on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest riscv64
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; kill ${server:-} ${taker:-} 2>/dev/null; rm -rf "$work"' EXIT
ramfs_modules "" net/core/failover drivers/net/net_failover drivers/net/virtio_net
ramfs_pack

# The features by bit: the kernel shows a 0 or a 1 for each, the lowest first.
bits="0 1 7 11 14 17 19 21 22"
features() {
    echo 'f=$(cat /sys/bus/virtio/devices/virtio0/features); for b in '"$bits"'; do echo -n "$(echo $f | cut -c $((b + 1)))"; done; echo :'
}

all_taken() { [ "$(stat -c %s "$work/taken")" = 5000000 ]; }

# both TITLE HOST GUEST COMMAND...: files of 5 MB go both ways, between these addresses
both() {
    local title=$1 host=$2 address=$3
    shift 3
    start "$title" 240 "$@" || return
    expect "BOOTED Linux" && send /load && expect LOADED && send "$(features)" && expect "$(printf '1%.0s' $bits):" &&
        send "ifconfig eth0 $address netmask 255.255.255.0; ls -d /sys/class/net/eth0/queues/*x-3 | wc -l" && expect 2 &&
        send 'grep -c "virtio0-\(in\|out\)put" /proc/interrupts' && expect 8 &&
        send "until wget -q -O /x http://$host:$port/x; do sleep 0.2; done; md5sum </x" && expect "$served" &&
        send "nc $host $to </x; echo SE\"\"NT" && expect SENT || return
    tell monitor <<<$'announce_self\nquit' >/dev/null
    finish 0
    wait_for all_taken
    if [ "$(md5sum <"$work/taken" | cut -d' ' -f1)" = "$served" ]; then ok "$title: what was sent"; else not_ok "$title: what was sent"; fi
    rm "$work/taken"
}
machine=("${board[@]}" -M riscv64-virt,aia=aplic-imsic -smp 4 -m 256M -kernel "$kernel" -initrd "$work/initrd"
    -append "console=$console quiet" -monitor "unix:$work/monitor,server=on,wait=off")
serve 5000000
to=$(free_port)
take() { # one file
    socat -u "TCP-LISTEN:$to,bind=127.0.0.1,reuseaddr" "CREATE:$work/taken" 2>/dev/null &
    taker=$!
}
take
both "user network" 10.0.2.2 10.0.2.15 "${machine[@]}" -netdev user,id=n,queues=4 -device virtio-net-pci,netdev=n,mq=on

# Steered by the table that the driver makes, with hashes in all headers.
bits="$bits 57 60"
take
both "RSS" 10.0.2.2 10.0.2.15 "${machine[@]}" -netdev user,id=n,queues=4 -device virtio-net-pci,netdev=n,mq=on,rss=on,hash=on
bits=${bits% 57 60}

# An interface of the host's, where that may be made: in a network of its own, whose servers are the script's and end with Mynah.
if unshare -Urnpf --kill-child sh -c 'ip tuntap add mode tap name t0' 2>/dev/null; then
    cat >"$work/up" <<END
#!/bin/sh
ip addr add 10.4.0.1/24 dev "\$1" && ip link set "\$1" up
socat TCP-LISTEN:$port,reuseaddr,fork EXEC:"$work/serve" >/dev/null 2>&1 &
socat -u TCP-LISTEN:$to,reuseaddr CREATE:"$work/taken" >/dev/null 2>&1 &
END
    chmod +x "$work/up"
    both "tap" 10.4.0.1 10.4.0.15 unshare -Urnpf --kill-child "${machine[@]}" \
        -netdev "tap,id=n,ifname=mynah0,queues=4,script=$work/up,downscript=no" -device virtio-net-pci,netdev=n,mq=on
else
    ok "tap # SKIP no interface can be made here"
fi
done_testing
