# SPDX-License-Identifier: BSD-2-Clause
# bench/linux.sh: what Linux does in a guest, for bench/run (bash, sourced). Debian's kernel with an initramfs of busybox and
# the kernel's own virtio modules; the installer for the boot. Each guest says on its console where a part of its work begins
# and ends and waits there for a line; what the emulator has used of the CPU in user mode until then is read from /proc.

linux_need() { # what else the guests are made with
    local p
    for p in xz cpio gzip; do
        command -v $p >/dev/null || { echo "bench: $p not found: install xz-utils, cpio and gzip" >&2; exit 1; }
    done
    linux_sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
    linux_kernel=$(echo "$guests"/linux/boot/vmlinux-*)
    linux_modules=$(echo "$guests"/linux/usr/lib/modules/*/kernel)
    for p in "$linux_sbi" "$linux_kernel" "$linux_modules" "$guests/initramfs.cpio.gz"; do
        [ -e "$p" ] || { echo "bench: $p is missing: run tools/fetch-guests" >&2; exit 1; }
    done
}

# The initramfs with /bench in the place of init, and a disk of 64 MiB.
linux_guest() {
    local m
    mkdir -p "$work/ramfs"
    for m in drivers/virtio/virtio_mmio drivers/block/virtio_blk; do
        xz -dc "$linux_modules/$m.ko.xz" >"$work/ramfs/${m##*/}.ko"
    done
    cat >"$work/ramfs/bench" <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /mnt
insmod /virtio_blk.ko
insmod /virtio_mmio.ko
/bin/busybox stty -echo
part() { # part NAME: what runs until the next one; -: nothing that counts
    echo "@ $1"
    read -r go
}
want() { case ",$parts," in *",$1,"*) return 0 ;; *) return 1 ;; esac; }
busybox=/bin/busybox

if want fork; then
    $busybox true # in the page cache
    part fork
    i=0; while [ $i -lt 400 ]; do $busybox true; i=$((i + 1)); done
    part -
fi
if want block; then
    for i in 1 2 3 4 5 6; do
        echo 3 >/proc/sys/vm/drop_caches
        part block
        dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null
        part -
    done
fi
if want awk; then
    part awk
    $busybox awk 'BEGIN {
        for (i = 1; i <= 400000; i++) { x = i / 3; s += x * x / (1 + x) - x * 0.5; t = t * 0.999 + s / i }
        print s, t
    }'
    part -
fi
if want md5; then
    part md5
    dd if=/dev/zero of=/mnt/zero bs=1M count=64 2>/dev/null
    md5sum /mnt/zero /mnt/zero
    part -
    $busybox rm /mnt/zero
fi
if want gzip; then
    cat /proc/kallsyms $busybox /proc/kallsyms $busybox >/mnt/text
    part gzip
    $busybox gzip -c /mnt/text | $busybox wc -c
    part -
fi
if want loop; then
    part loop
    i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done
    part -
fi
part end
poweroff -f
END
    chmod +x "$work/ramfs/bench"
    { cat "$guests/initramfs.cpio.gz"; (cd "$work/ramfs" && find . | cpio --quiet -o -H newc | gzip -1n); } >"$work/initrd"
    head -c 67108864 /dev/urandom >"$work/disk.img"
}

user_ticks() { # user_ticks PID: what its threads have used in user mode
    local stat
    stat=$(<"/proc/$1/stat") || return
    set -- ${stat##*) }
    echo "${12}"
}

# linux_run EMULATOR: lines "part seconds", a part that comes more than once summed up
linux_run() {
    local line name=- next now then=0 hz pid in out
    hz=$(getconf CLK_TCK)
    coproc GUEST {
        exec "$1" -M virt -m 1G -nographic -bios "$linux_sbi" -kernel "$linux_kernel" -initrd "$work/initrd" \
            -append "console=ttyS0 quiet rdinit=/bench parts=${LINUX// /,}" \
            -drive "file=$work/disk.img,format=raw,if=none,id=d,readonly=on" -device virtio-blk-device,drive=d 2>&1
    }
    pid=$GUEST_PID
    exec {out}<&"${GUEST[0]}" {in}>&"${GUEST[1]}"
    while IFS= read -r -t 600 -u $out line; do
        [[ $line == "@ "* ]] || continue
        next=${line#@ } next=${next%$'\r'}
        now=$(user_ticks "$pid")
        [ "$name" = - ] || echo "$name $((now - then))"
        then=$now name=$next
        printf '\n' >&$in
        [ "$name" != end ] || break
    done | awk -v hz="$hz" '{ s[$1] += $2 } END { for (p in s) print p, s[p] / hz }'
    exec {out}<&- {in}>&-
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

# How a pair of figures for each part is told: ours, the peer's, ours over the peer's.
linux_report() {
    local part a b
    printf '%-44s %8s %8s %12s\n' "Linux: user CPU" "ours s" "peer s" "ours / peer"
    while read -r part name; do
        [[ " $LINUX " == *" $part "* ]] || continue
        a=$(awk -v p="$part" '$1 == p { print $2 }' "$work/linux-a" | median)
        b=$(awk -v p="$part" '$1 == p { print $2 }' "$work/linux-b" | median)
        [ -n "$a" ] && [ -n "$b" ] || { printf '%-44s did not end\n' "$name"; continue; }
        awk -v p="$part" '$1 == p { print $2 }' "$work/linux-a" >"$work/a"
        awk -v p="$part" '$1 == p { print $2 }' "$work/linux-b" | paste "$work/a" - |
            awk '$2 > 0 { print $1 / $2 }' | median | awk -v n="$name" -v a="$a" -v b="$b" \
            '{ printf "%-44s %8.2f %8.2f %12.2f\n", n, a, b, $1 }'
    done <<'END'
boot installer to "Select a language"
fork 400 x fork and exec
block 384 MiB read from a disk
awk floating point in awk
md5 64 MiB to tmpfs, md5 of 128 MiB
gzip gzip of symbols and a program
loop shell loop of 60,000
END
}

linux() {
    linux_need
    linux_guest
    : >"$work/linux-a"; : >"$work/linux-b"
    for ((i = 0; i < (ROUNDS + 1) / 2; i++)); do
        for e in a b; do
            [ $e = a ] && emulator=$MYNAH || emulator=$PEER
            [[ " $LINUX " != *" boot "* ]] || echo "boot $(user_time installer "$emulator")" >>"$work/linux-$e"
            [ "$LINUX" = boot ] || linux_run "$emulator" >>"$work/linux-$e"
        done
    done
    linux_report
}
