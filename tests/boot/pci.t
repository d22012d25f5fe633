#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Virtio on PCI with Debian 13's riscv64 kernel: by pins and by messages, old interface and new.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest riscv64
need_programs xz cpio
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; [ -z "${server:-}" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
ramfs_modules "" $virtio_modules
cat >"$work/ramfs/dhcp" <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ifconfig "$interface" "$ip" netmask "$subnet"
ip route add default via "$router"
echo "BOUND $ip"
END
chmod +x "$work/ramfs/dhcp"
ramfs_pack
head -c 8000000 /dev/urandom >"$work/disk.img"
sum=$(md5sum <"$work/disk.img" | cut -d' ' -f1)
serve 3000000

# both TITLE INTERRUPTS OPTIONS: a disk is read and written, a card fetches, /proc/interrupts names INTERRUPTS
both() {
    local title=$1 interrupts=$2
    shift 2
    cp "$work/disk.img" "$work/copy.img"
    start "$title" 180 "${board[@]}" -m 512M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
        -netdev user,id=n -drive "file=$work/copy.img,format=raw,if=none,id=d" "$@" || return
    expect "BOOTED Linux" && send /load && expect LOADED && send 'md5sum </dev/vda' && expect "$sum" &&
        send 'dd if=/dev/vda of=/dev/vda bs=4096 seek=1 count=1 conv=notrunc 2>/dev/null; sync; echo WRIT""TEN' && expect WRITTEN &&
        send "ifconfig eth0 up; udhcpc -q -n -i eth0 -s /dhcp" && expect "BOUND 10.0.2.15" &&
        send "wget -q -O - http://10.0.2.2:$port/x | md5sum" && expect "$served" &&
        send 'grep virtio /proc/interrupts' && expect "$interrupts" && send "poweroff -f" && finish 0
    if cmp -s <(head -c 4096 "$work/disk.img") <(tail -c +4097 "$work/copy.img" | head -c 4096); then
        ok "$title: what was written"
    else
        not_ok "$title: what was written"
    fi
}
both "transitional, by pins" "SiFive PLIC" -device virtio-blk-pci,drive=d -device virtio-net-pci,netdev=n
both "messages, 4 CPUs" "PCI-MSIX" -M riscv64-virt,aia=aplic-imsic -smp 4 -device virtio-blk,drive=d,num-queues=4 \
    -device virtio-net,netdev=n,addr=1f.0
both "behind root ports" "PCI-MSIX" -M riscv64-virt,aia=aplic-imsic -device pcie-root-port,id=a,chassis=1 \
    -device pcie-root-port,id=b,chassis=2,slot=1 -device virtio-blk-pci,drive=d,bus=a -device virtio-net-pci-non-transitional,netdev=n,bus=b
both "legacy only" "SiFive PLIC" -device virtio-blk-pci,drive=d,disable-modern=on -device virtio-net-pci,netdev=n,disable-modern=on
both "modern only, packed rings, no MSI-X" "SiFive PLIC" -device virtio-blk-pci,drive=d,disable-legacy=on,packed=on,vectors=0 \
    -device virtio-net-pci,netdev=n,disable-legacy=on,packed=on
done_testing
