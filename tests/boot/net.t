#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two guests with Debian's kernel on one cable, by each back end that makes one, beside the user network on a hub and an
# interface of the host; what filter-dump writes of it; a cable that is unplugged.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest "${ARCH:-riscv64}"
need_programs xz cpio socat python3
work=$(mktemp -d)
trap 'touch "$work/done"; [ -z "$guest_pid" ] || stop; [ -z "${other:-}" ] || kill "$other" 2>/dev/null; wait; rm -rf "$work"' EXIT

# Both run the same: address A.B is 10.A.0.B, at the card whose MAC ends in A.
ramfs_modules "" net/core/failover drivers/net/net_failover drivers/net/virtio_net drivers/virtio/virtio_mmio
mkdir "$work/ramfs/www"
head -c 300000 /dev/urandom >"$work/ramfs/www/blob"
sum=$(md5sum <"$work/ramfs/www/blob" | cut -d' ' -f1)
cat >"$work/ramfs/card" <<'END'
#!/bin/sh
for i in /sys/class/net/*; do
    grep -q ":0$1\$" "$i/address" && ifconfig "${i##*/}" "10.$1.0.$2" netmask 255.255.255.0
done
END
chmod +x "$work/ramfs/card"
ramfs_pack

guest=("${board[@]}" -m 256M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet")
card() { # card NUMBER OWNER OPTIONS: a back end and a card on it
    printf '%s\n' -netdev "$3,id=n$1" -device "virtio-net-device,netdev=n$1,id=card$1,mac=52:54:00:00:0$2:0$1"
}
mapfile -t mine < <(
    card 1 1 "stream,addr.type=unix,addr.path=$work/stream,reconnect-ms=100"
    card 2 1 "dgram,local.type=unix,local.path=$work/d1,remote.type=unix,remote.path=$work/d2"
    card 3 1 "hubport,hubid=0"
    printf '%s\n' -netdev user,id=u,net=10.3.0.0/24 -netdev hubport,id=h,hubid=0,netdev=u
)
mapfile -t others < <(
    card 1 2 "stream,server=on,addr.type=unix,addr.path=$work/stream"
    card 2 2 "dgram,local.type=unix,local.path=$work/d2,remote.type=unix,remote.path=$work/d1"
)

# An interface of the host's, where that may be made: in a network of its own.
alone=()
if unshare -Urn sh -c 'ip tuntap add mode tap name t0' 2>/dev/null; then
    alone=(unshare -Urn)
    printf '#!/bin/sh\nip addr add 10.4.0.1/24 dev "$1" && ip link set "$1" up\n' >"$work/up"
    printf '#!/bin/sh\necho "$1 is down" >"%s/down.said"\n' "$work" >"$work/down"
    chmod +x "$work/up" "$work/down"
    mapfile -t -O "${#mine[@]}" mine < <(card 4 1 "tap,ifname=mynah0,script=$work/up,downscript=$work/down")
fi

# The other one, which serves until we are done.
: >"$work/other.log"
{
    until grep -q "BOOTED Linux" "$work/other.log" || [ -e "$work/done" ]; do sleep 0.2; done
    printf '/load\n/card 1 2\n/card 2 2\nhttpd -p 80 -h /www\n'
    while [ ! -e "$work/done" ]; do sleep 0.2; done
} | timeout -k 5 600 "${guest[@]}" "${others[@]}" >"$work/other.log" 2>&1 &
other=$!

start "two guests" 300 "${alone[@]}" "${guest[@]}" "${mine[@]}" -object "filter-dump,id=dump,netdev=n1,file=$work/pcap" \
    -qmp "unix:$work/qmp,server=on,wait=off" && expect "BOOTED Linux" && send /load && expect LOADED || exit
send '/card 1 1; /card 2 1; /card 3 15; /card 4 15'
fetch() { # fetch TITLE ADDRESS
    send "until wget -q -O /blob http://$2/blob; do sleep 0.2; done; ping -c 2 $2; md5sum </blob" && expect "$sum" ||
        { not_ok "$1"; exit 1; }
}
fetch stream 10.1.0.2
fetch dgram 10.2.0.2
send 'until ping -c 1 -W 1 10.3.0.2 >/dev/null; do sleep 0.2; done; echo HU""B' && expect HUB
if [ ${#alone[@]} != 0 ]; then
    send 'until ping -c 1 -W 1 10.4.0.1 >/dev/null; do sleep 0.2; done; echo TA""P' && expect TAP
else
    ok "tap # SKIP no interface can be made here"
fi

qmp() { # qmp COMMAND...: each after the answer to the one before
    : >"$work/answers" # of the last time
    {
        printf '{"execute": "qmp_capabilities"}\n'
        for c; do printf '%s\n' "$c"; done
        wait_for grep -q '"id": "last"' "$work/answers"
    } | socat -t 1 - "UNIX-CONNECT:$work/qmp" >>"$work/answers"
}
link() { qmp "{\"execute\": \"set_link\", \"arguments\": {\"name\": \"card1\", \"up\": $1}, \"id\": \"last\"}"; }
link false
send 'carrier() { cat $(dirname $(grep -l "01:01$" /sys/class/net/*/address))/carrier; }; while [ $(carrier) = 1 ]; do sleep 0.2; done; echo UNPLUG""GED' && expect UNPLUGGED
link true
send 'while [ $(carrier) = 0 ]; do sleep 0.2; done; echo PLUG""GED' && expect PLUGGED
send 'until ping -c 1 -W 1 10.1.0.2 >/dev/null; do sleep 0.2; done; echo AGA""IN' && expect AGAIN
qmp '{"execute": "object-del", "arguments": {"id": "dump"}, "id": "last"}'
check "object-del of filter-dump" grep -q '"return": {}, "id": "last"' "$work/answers"
send "poweroff -f" && finish 0
[ ${#alone[@]} = 0 ] || check "downscript" grep -q "mynah0 is down" "$work/down.said"

# What was dumped: ARP, pings and their answers, and the file in whole TCP segments.
python3 - "$work/pcap" >"$work/summary" <<'END'
import struct, sys
data = open(sys.argv[1], 'rb').read()
magic, major, minor, zone, accuracy, longest, link = struct.unpack_from('=IHHiIII', data)
assert (magic, major, minor, longest, link) == (0xa1b2c3d4, 2, 4, 65536, 1)
at, before, pings, answers, payload = 24, 0, 0, 0, 0
while at < len(data):
    seconds, us, kept, length = struct.unpack_from('=IIII', data, at)
    assert kept == length and us < 1000000 and seconds + us / 1e6 >= before
    before = seconds + us / 1e6
    f = data[at + 16:at + 16 + kept]
    assert len(f) == kept
    at += 16 + kept
    if f[12:14] == b'\x08\x00' and f[23] == 1:
        pings += f[34] == 8
        answers += f[34] == 0
    if f[12:14] == b'\x08\x00' and f[23] == 6 and f[26:30] == bytes([10, 1, 0, 2]):
        payload += struct.unpack_from('>H', f, 16)[0] - 20 - (f[46] >> 4) * 4
print('pings' if pings >= answers >= 2 else 'no pings', 'file' if payload >= 300000 else 'no file')
END
check "filter-dump has what was said" grep -qx "pings file" "$work/summary"
if command -v tcpdump >/dev/null; then
    tcpdump -nr "$work/pcap" icmp >"$work/tcpdump" 2>/dev/null
    check "tcpdump reads it" grep -q "10.1.0.1 > 10.1.0.2: ICMP echo request" "$work/tcpdump"
fi
done_testing
