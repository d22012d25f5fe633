# SPDX-License-Identifier: BSD-2-Clause
# tests/boot/card.sh: a network card under Debian's arm64 kernel, in both directions (bash, sourced).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"

# card_works DEVICE MODULE...: the guest gets its address, fetches, and sends; the whole of the test
card_works() {
    local device=$1 to
    shift
    linux_guest arm64
    need_programs xz cpio socat
    work=$(mktemp -d)
    trap '[ -z "$guest_pid" ] || stop; kill ${server:-} ${taker:-} 2>/dev/null; rm -rf "$work"' EXIT
    ramfs_modules "" "$@"
    cat >"$work/ramfs/dhcp" <<'EOF'
#!/bin/sh
[ "$1" = bound ] || exit 0
ifconfig "$interface" "$ip" netmask "$subnet"
echo "BOUND $ip"
EOF
    chmod +x "$work/ramfs/dhcp"
    ramfs_pack
    serve 3000000
    to=$(free_port)
    socat -u "TCP-LISTEN:$to,bind=127.0.0.1,reuseaddr" "CREATE:$work/taken" 2>/dev/null &
    taker=$!
    start "$device" 240 "${board[@]}" -smp 2 -m 256M -kernel "$kernel" -initrd "$work/initrd" \
        -append "console=$console quiet" -netdev user,id=n -device "$device,netdev=n,mac=52:54:00:01:02:03"
    expect "BOOTED Linux" && send /load && expect LOADED && send 'cat /sys/class/net/eth0/address' &&
        expect "52:54:00:01:02:03" && send "ifconfig eth0 up; udhcpc -q -n -i eth0 -s /dhcp" && expect "BOUND 10.0.2.15" &&
        send "wget -q -O /x http://10.0.2.2:$port/x; md5sum </x" && expect "$served" &&
        send "nc 10.0.2.2 $to </x; echo SE""NT" && expect SENT && send "poweroff -f" && finish 0 || exit
    wait $taker
    taker=
    if [ "$(md5sum <"$work/taken" | cut -d' ' -f1)" = "$served" ]; then ok "what was sent"; else not_ok "what was sent"; fi
    done_testing
}
