#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian 13 recorded and replayed (docs/replay.md): typed input, writes to a disk, transfers over the network in both
# directions, random numbers; with one CPU and with two.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
kernel=$(echo "$guests"/linux/boot/vmlinux-*)
modules=$(echo "$guests"/linux/usr/lib/modules/*/kernel)
need "$sbi" "$kernel" "$modules" "$guests/initramfs.cpio.gz"
need_programs xz cpio mke2fs debugfs socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; [ -z "${server:-}" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

ramfs_modules "ifconfig eth0 10.0.2.15 && ifconfig eth0 up && route add default gw 10.0.2.2
mount -t ext4 /dev/vda /mnt" $virtio_modules
mkdir "$work/ramfs/www"
echo "served by the guest" >"$work/ramfs/www/index.html"
ramfs_pack
mkdir "$work/root"
head -c 8000000 /dev/urandom >"$work/root/blob"
truncate -s 64M "$work/disk.img"
mke2fs -q -t ext4 -b 4096 -d "$work/root" "$work/disk.img"
before=$(md5sum <"$work/disk.img")

serve 3000000

# The command line for MODE (record, replay) into the array command; the console's bytes go to $work/MODE.
command_for() {
    local mode=$1
    shift
    command=("$MYNAH" -M riscv64-virt -m 256M -display none -monitor none -bios "$sbi" -kernel "$kernel"
        -initrd "$work/initrd" -append "console=ttyS0 quiet"
        -chardev "stdio,id=c,logfile=$work/$mode" -serial chardev:c
        -drive "file=$work/disk.img,format=raw,if=virtio"
        -netdev "user,id=n,hostfwd=tcp:127.0.0.1:$forwarded-:80" -device virtio-net-device,netdev=n
        -device virtio-rng-device -icount "shift=2,rr=$mode,rrfile=$work/log" "$@")
}

record() {
    title=$1
    shift
    forwarded=$(free_port)
    command_for record "$@"
    start "$title, recorded" 240 "${command[@]}"
    expect "BOOTED Linux" && send /load && expect LOADED &&
        send 'cp /mnt/blob /mnt/copy; sync; echo 3 >/proc/sys/vm/drop_caches; cmp /mnt/blob /mnt/copy; echo CMP-$?' &&
        expect "CMP-0" && send "wget -q -O /mnt/got http://10.0.2.2:$port/x; md5sum </mnt/got" && expect "$served" &&
        send 'head -c 1000 /dev/hwrng | md5sum; httpd -p 80 -h /www; echo SERV""ING' && expect "SERVING" || return
    wait_for page "$forwarded" # the server may not listen yet
    if [ "$got" = "served by the guest" ]; then ok "$title: hostfwd"; else not_ok "$title: hostfwd: got '$got'"; fi
    send 'sync; date; cat /proc/interrupts; poweroff -f' && finish 0
}

replay() { # replay TITLE WANTED-STATUS WANTED-TEXT OPTION...
    local what=$1 want=$2 text=$3 status
    shift 3
    command_for replay "$@"
    timeout -k 5 240 "${command[@]}" </dev/null >/dev/null 2>"$work/err"
    status=$?
    if [ $status = "$want" ] && grep -q "$text" "$work/err"; then
        ok "$what: $(head -n 1 "$work/err" | sed "s#'$work/log'##; s/^mynah: //")"
    else
        not_ok "$what: status $status, expected $want and '$text'"
        head -n 5 "$work/err" | awk '{ print "# " $0 }'
    fi
}

same_console() {
    if cmp -s "$work/record" "$work/replay"; then ok "$1: the same console"; else not_ok "$1: the console differs"; fi
}

for cpus in 1 2; do
    record "$cpus CPUs" -smp $cpus || continue
    if [ "$before" = "$(md5sum <"$work/disk.img")" ]; then ok "the image is as it was"; else not_ok "the image changed"; fi
    for n in first second; do
        replay "$cpus CPUs, $n replay" 0 "ended as recorded" -smp $cpus
        same_console "$cpus CPUs, $n replay"
    done
done
replay "interpreted" 0 "ended as recorded" -smp 2 -accel tcg,interp=on
same_console "interpreted"

# A byte of the blob's 900th block is another: the replay goes as far as where that is read.
block=$(debugfs -R "bmap /blob 900" "$work/disk.img" 2>/dev/null)
printf 'another image' | dd of="$work/disk.img" bs=1 seek=$((block * 4096)) conv=notrunc 2>/dev/null
replay "another image" 1 "drive virtio0: the [0-9]* bytes read at [0-9]* of the image are not those of the recording" -smp 2
done_testing
