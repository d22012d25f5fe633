#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Messages of PCI devices through a GICv3's ITS, with Debian's arm64 kernel on four CPUs: devices on the host's bus, behind a
# root port and behind a bridge to a conventional bus; interrupts move between CPUs, and when one goes offline.
# Then the same kernel without an ITS.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest arm64
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; [ -z "${server:-}" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
ramfs_modules "" drivers/nvme/common/nvme-auth drivers/nvme/host/nvme-core drivers/nvme/host/nvme $virtio_modules
cat >"$work/ramfs/dhcp" <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ifconfig "$interface" "$ip" netmask "$subnet"
echo "BOUND $ip"
END
# moved IRQ CPU: the interrupt goes to that CPU alone from now on; it comes there while a file is fetched
cat >"$work/ramfs/moved" <<'END'
#!/bin/sh
irq=$(grep "$1" /proc/interrupts | head -n 1 | cut -d: -f1 | tr -d ' ')
echo "$2" >/proc/irq/$irq/smp_affinity_list
count() { grep "^ *$irq:" /proc/interrupts | awk -v n=$(($1 + 2)) '{ print $n }'; }
before=$(count $2)
wget -q -O - "$3" | md5sum
[ "$(count $2)" -gt "$before" ] && echo "MOVED $2"
END
chmod +x "$work/ramfs/dhcp" "$work/ramfs/moved"
ramfs_pack
head -c 8192000 /dev/urandom >"$work/a.img"
head -c 4096000 /dev/urandom >"$work/b.img"
sum_a=$(md5sum <"$work/a.img" | cut -d' ' -f1) sum_b=$(md5sum <"$work/b.img" | cut -d' ' -f1)
serve 3000000

machine() { # machine TITLE OPTION...
    local title=$1
    shift
    start "$title" 300 "${board[@]}" -smp 4 -m 512M -kernel "$kernel" -initrd "$work/initrd" \
        -append "console=$console quiet" -drive "file=$work/a.img,format=raw,if=none,id=a,snapshot=on" \
        -drive "file=$work/b.img,format=raw,if=none,id=b,snapshot=on" -netdev user,id=n \
        -device pcie-root-port,id=port,chassis=1 -device pcie-pci-bridge,id=bridge \
        -device nvme,drive=a,serial=s,bus=port -device virtio-blk-pci,drive=b,bus=bridge,addr=3 \
        -device virtio-net-pci,netdev=n "$@"
}
disks() {
    expect "BOOTED Linux" && send /load && expect LOADED &&
        send 'while [ ! -e /dev/nvme0n1 ]; do sleep 0.2; done; md5sum </dev/nvme0n1' && expect "$sum_a" &&
        send 'md5sum </dev/vda' && expect "$sum_b"
}
machine "ITS" -M arm64-virt,gic-version=3 && disks && send 'grep nvme0q1 /proc/interrupts' && expect "ITS-PCI-MSIX-0000:01:00.0" &&
    send 'grep req /proc/interrupts' && expect "ITS-PCI-MSIX-0000:02:03.0" &&
    send "ifconfig eth0 up; udhcpc -q -n -i eth0 -s /dhcp" && expect "BOUND 10.0.2.15" &&
    send "/moved virtio0-input 3 http://10.0.2.2:$port/x" && expect "$served" && expect "MOVED 3" &&
    send "/moved virtio0-input 1 http://10.0.2.2:$port/x" && expect "$served" && expect "MOVED 1" &&
    send 'echo 0 >/sys/devices/system/cpu/cpu1/online; md5sum </dev/nvme0n1' && expect "$sum_a" &&
    send "wget -q -O - http://10.0.2.2:$port/x | md5sum" && expect "$served" &&
    send 'echo 1 >/sys/devices/system/cpu/cpu1/online; dd if=/dev/vda of=/dev/null bs=64k; md5sum </dev/vda' && expect "$sum_b" &&
    send "poweroff -f" && finish 0
machine "no ITS" -M arm64-virt,gic-version=3,its=off && disks && send 'grep -c ITS /proc/interrupts' && expect 0 &&
    send 'grep virtio0 /proc/interrupts' && expect GICv3 && send "poweroff -f" && finish 0
done_testing
