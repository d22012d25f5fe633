#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Snapshots and recordings of ARM guests: Debian's kernels, saved at any moment of their boot, go on as the run they were
# saved in did, to the byte of the console, translated and interpreted; what was recorded is replayed.
. "$(dirname "$0")/lib.sh"
linux_guest arm64
armhf=$guests/installer-armhf/usr/lib/debian-installer/images/13/armhf/text/debian-installer/armhf/vmlinuz
need "$armhf" "$guests/busybox-armhf"
need_programs cpio
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT

# An initramfs whose init tells of the machine and powers off.
ends() { # ends ARCH: $work/ARCH.initrd
    local root=$work/ramfs-$1
    mkdir -p "$root"/{bin,proc,sys,dev}
    cp "$(find "$guests/busybox-$1" -path '*/bin/busybox' -type f | head -n 1)" "$root/bin/busybox"
    cat >"$root/init" <<'END'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
echo "BOOTED $(/bin/busybox uname -srm)"
/bin/busybox cat /proc/interrupts /proc/cpuinfo
/bin/busybox md5sum /bin/busybox
/bin/busybox poweroff -f
END
    chmod +x "$root/init"
    (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc | gzip -1n) >"$work/$1.initrd"
}
ends arm64
ends armhf

verdict() { # verdict TITLE COMMAND...
    local title=$1
    shift
    if "$@"; then ok "$title"; else not_ok "$title"; fi
}

# Run the guest under -icount, its console in a file; commands for the monitor come from stdin.
counted() { # counted CONSOLE OPTION...
    local console=$1
    shift
    timeout -k 5 "${limit:-300}" "$MYNAH" "${guest[@]}" -display none -monitor stdio -serial "file:$work/$console" \
        -icount shift=0,sleep=off -snapshot-dir "$work/snaps" "$@" >"$work/screen" 2>&1
}

is_end_of() { # is_end_of PART WHOLE: the console of a run that began in the middle
    tail -c "$(stat -c %s "$work/$1")" "$work/$2" | cmp -s - "$work/$1"
}

is_begin_of() {
    cmp -s -n "$(stat -c %s "$work/$1")" "$work/$1" "$work/$2"
}

saved() { # saved TITLE OPTION...: of the guest
    local title=$1 i saves=0 middle=0
    shift
    guest=("$@")
    rm -rf "$work/snaps"
    mkdir "$work/snaps"
    counted whole </dev/null
    verdict "$title: runs to its end" grep -q BOOTED "$work/whole"
    for i in 1 2 3; do
        sleep $((RANDOM % 3)).$((RANDOM % 10))
        echo "savevm s$i"
    done | counted again
    verdict "$title: the same while it is saved" cmp -s "$work/whole" "$work/again"
    for i in 1 2 3; do
        [ -e "$work/snaps/s$i.state" ] || continue
        saves=$((saves + 1))
        counted part -loadvm "s$i" </dev/null
        [ ! -s "$work/part" ] || middle=$((middle + 1))
        verdict "$title: snapshot $i goes on" is_end_of part whole
        last=s$i
    done
    verdict "$title: $saves snapshots, $middle of the middle" [ $saves -gt 0 ]
    [ $saves = 0 ] && return
    limit=60 counted slow -accel interp -loadvm "$last" </dev/null # as far as it comes
    verdict "$title: interpreted" is_begin_of slow part
}

linux64=(-M arm64-virt -cpu cortex-a57 -m 256M -kernel "$kernel" -initrd "$work/arm64.initrd" -append "console=ttyAMA0")
linux32=(-M arm-virt -m 256M -kernel "$armhf" -initrd "$work/armhf.initrd" -append "console=ttyAMA0")
saved "arm64, 2 CPUs, GICv2" "${linux64[@]}" -smp 2
saved "arm64, 2 CPUs, GICv3, EL2" "${linux64[@]}" -smp 2 -M arm64-virt,gic-version=3,virtualization=on -cpu max
saved "armhf, 2 CPUs" "${linux32[@]}" -smp 2

# Saved without -icount, loaded by the other engine, and used there.
initramfs=$guests/initramfs-arm64.cpio.gz
for engines in "tcg interp" "interp tcg"; do
    rm -rf "$work/snaps"
    mkdir "$work/snaps"
    start "${engines% *} to ${engines#* }" 300 "${board[@]}" -smp 2 -m 256M -M arm64-virt,gic-version=3 -kernel "$kernel" \
        -initrd "$initramfs" -append console=ttyAMA0 -snapshot-dir "$work/snaps" -accel "${engines% *}"
    expect "BOOTED Linux" && send 'x=ke""pt; (while :; do :; done) & echo READ""Y' && expect READY || continue
    printf '\001c' >&"$guest_in"
    send "savevm s"
    send "q"
    finish 0
    start "${engines% *} to ${engines#* }, loaded" 300 "${board[@]}" -smp 2 -m 256M -M arm64-virt,gic-version=3 -kernel "$kernel" \
        -initrd "$initramfs" -append console=ttyAMA0 -snapshot-dir "$work/snaps" -accel "${engines#* }" -loadvm s
    send 'echo IS-$x; poweroff -f' && expect "IS-kept" && finish 0
done

# Recorded, with what is typed, and replayed.
for cpus in 1 2; do
    replayed=("$MYNAH" -M arm64-virt -cpu cortex-a57 -smp "$cpus" -m 256M -display none -monitor none -kernel "$kernel"
        -initrd "$initramfs" -append "console=ttyAMA0 quiet")
    start "$cpus CPUs, recorded" 240 "${replayed[@]}" -chardev "stdio,id=c,logfile=$work/record" -serial chardev:c \
        -icount "shift=2,rr=record,rrfile=$work/log"
    expect "BOOTED Linux" && send 'date; cat /proc/interrupts; md5sum /init; poweroff -f' && finish 0
    for engine in tcg interp; do
        timeout -k 5 300 "${replayed[@]}" -chardev "null,id=c,logfile=$work/replay" -serial chardev:c \
            -icount "shift=2,rr=replay,rrfile=$work/log" -accel $engine </dev/null >/dev/null 2>"$work/err"
        verdict "$cpus CPUs, replayed by $engine" grep -q "ended as recorded" "$work/err"
        verdict "$cpus CPUs, replayed by $engine: the same console" cmp -s "$work/record" "$work/replay"
    done
done
done_testing
