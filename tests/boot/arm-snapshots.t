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

size() { stat -c %s "$work/$1"; }

# Wait until FILE has so many bytes, or the guest has powered off. A guest that was ended hears no question.
grown() { # grown FILE BYTES
    while [ "$(size "$1")" -lt "$2" ] && ! powered_off && echo 'info status'; do sleep 0.1; done
}

# Run the guest under -icount, its console in a file, until it has powered off or that has BYTES. It is held until the
# monitor lets it go, and -no-shutdown keeps it once it has powered off: so however fast the host is, there is a guest to be
# saved, as s1 and so on when the console has as many bytes as SAVES say, the first one before its first instruction.
counted() { # counted CONSOLE BYTES SAVES OPTION...
    local console=$1 bytes=$2 saves=$3 at i=0
    shift 3
    : >"$work/$console" >"$work/screen"
    {
        for at in $saves; do
            grown "$console" "$at" && echo "savevm s$((i += 1))"
            [ $i != 1 ] || echo cont
        done
        [ $i != 0 ] || echo cont
        grown "$console" "$bytes"
        echo q
    } 2>/dev/null | timeout -k 5 300 "$MYNAH" "${guest[@]}" -display none -monitor stdio -serial "file:$work/$console" \
        -icount shift=0,sleep=off -snapshot-dir "$work/snaps" -S -no-shutdown "$@" >>"$work/screen" 2>&1
}
all=1000000000 # more bytes than any console has
powered_off() { grep -q '(shutdown)' "$work/screen"; }

is_end_of() { # is_end_of PART WHOLE: the console of a run that began in the middle and went to the end
    powered_off && tail -c "$(size "$1")" "$work/$2" | cmp -s - "$work/$1"
}

is_begin_of() { # is_begin_of PART WHOLE BYTES: PART has that many, or is the whole
    { powered_off || [ "$(size "$1")" -ge "$3" ]; } && cmp -s -n "$(size "$1")" "$work/$1" "$work/$2"
}

saved() { # saved TITLE OPTION...: of the guest
    local title=$1 i whole
    shift
    guest=("$@")
    rm -rf "$work/snaps"
    mkdir "$work/snaps"
    counted whole $all ""
    verdict "$title: runs to its end" grep -q BOOTED "$work/whole"
    whole=$(size whole)
    counted again $all "0 $((whole / 3)) $((whole * 2 / 3))"
    verdict "$title: the same while it is saved" cmp -s "$work/whole" "$work/again"
    for i in 1 2 3; do
        counted part $all "" -loadvm "s$i"
        echo "# snapshot $i: $(size part) of $whole bytes come after it"
        verdict "$title: snapshot $i goes on" is_end_of part whole
        [ $i != 1 ] || verdict "$title: snapshot 1 is of the beginning" [ "$(size part)" = "$whole" ]
    done
    counted slow 500 "" -accel interp -loadvm s3
    echo "# interpreted: $(size slow) of $(size part) bytes"
    verdict "$title: interpreted" is_begin_of slow part 500
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
