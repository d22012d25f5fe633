#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Recordings and replays (-icount rr=) of a guest whose course hangs on when characters and the disk's answers come.
. tests/kernels/lib.sh

perl -e 'print pack("V", $_), "\0" x 508 for 0 .. 2047' >"$tmp/disk"
cp -p "$tmp/disk" "$tmp/disk0"

rrsnapshot=

# rr MODE LOG OPTION...: standard input is the console's; $tmp/out, $tmp/err, $status
rr() {
    local mode=$1 log=$2
    shift 2
    timeout -k 5 "$limit" "$MYNAH" -M riscv64-virt -m 16M -display none -serial "${serial:-stdio}" -monitor none -bios none \
        -kernel "$tmp/replay.elf" -global virtio-mmio.force-legacy=off \
        -drive "file=$tmp/disk,if=none,id=d,format=raw" -device virtio-blk-device,drive=d \
        -icount "shift=4,rr=$mode,rrfile=$log$rrsnapshot" "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
}

# is TITLE CONDITION...
is() {
    local title=$1
    shift
    if "$@"; then
        ok "$title"
    else
        not_ok "$title"
        echo "# status $status"
        head -n 20 "$tmp/out" "$tmp/err" | sed 's/\r$//; s/^/# /'
    fi
}
says() { grep -q -- "$1" "$tmp/err"; }

typing() { # slowly, so that the guest waits, and then more than a FIFO holds
    for c in a b c d e; do printf %s $c; sleep 0.05; done
    printf 'the quick brown fox jumps over the lazy dog'
    sleep 0.2
    printf .
}

record() { # record TITLE OPTION...
    local title=$1
    shift
    rr record "$tmp/log" "$@" < <(typing)
    cp "$tmp/out" "$tmp/recorded"
    is "$title: recorded" test $status = 0
    is "$title: to its end" grep -q '^passed: 49 characters' "$tmp/out"
}

same() { # same TITLE OPTION...: replayed, it prints the same and ends the same
    local title=$1
    shift
    rr replay "$tmp/log" "$@" </dev/null
    is "$title" test $status = 0
    is "$title: ended as recorded" says "ended as recorded"
    is "$title: the same output" cmp -s "$tmp/out" "$tmp/recorded"
}

for harts in 1 3; do
    kernel 64 replay -DHARTS=$harts
    record "$harts harts" -smp $harts
    same "$harts harts, first replay" -smp $harts
    same "$harts harts, second replay" -smp $harts
    same "$harts harts, interpreted" -smp $harts -accel tcg,interp=on
    same "$harts harts, evicted" -smp $harts -accel tcg,tb-size=1
done
is "the disk is as it was" cmp -s "$tmp/disk" "$tmp/disk0"

# What is not as it was.
printf 'changed' | dd of="$tmp/disk" bs=1 seek=$((7 * 512)) conv=notrunc 2>/dev/null
rr replay "$tmp/log" -smp 3 </dev/null
is "another image: it departs" test $status = 1
is "another image: where" says "at instruction [0-9]* ([0-9]* ns): drive d: the 512 bytes read at 3584 of the image"
is "another image: that it was written" says "changed since the recording: image disk"
cp -p "$tmp/disk0" "$tmp/disk"
rr replay "$tmp/log" -smp 2 </dev/null
is "another machine" test $status = 1
is "another machine: what differs" says "the machine is not the recorded one: recorded: CPUs: 3; now: CPUs: 2"

# With the machine that the recording began with, disks included, the image may be another by then.
mkdir "$tmp/snaps"
here="-snapshot-dir $tmp/snaps"
rrsnapshot=,rrsnapshot=begin
record "rrsnapshot" -smp 3 $here
is "rrsnapshot: it is there" test -e "$tmp/snaps/begin.state"
printf 'changed' | dd of="$tmp/disk" bs=1 seek=$((7 * 512)) conv=notrunc 2>/dev/null
same "rrsnapshot" -smp 3 $here
rr replay "$tmp/log" -smp 3 </dev/null
is "rrsnapshot without a folder" says "expected -snapshot-dir with a folder for snapshots"
rm "$tmp/snaps/begin.state"
rr replay "$tmp/log" -smp 3 $here </dev/null
is "rrsnapshot of which the snapshot is gone" says "snapshot 'begin' does not exist"
rrsnapshot=
cp -p "$tmp/disk0" "$tmp/disk"
record "without it again" -smp 3

# Logs that are damaged or cut off: up to there.
size=$(stat -c %s "$tmp/log")
for n in 4 100 $((size / 2)) $((size - 60)) $((size - 1)); do
    head -c "$n" "$tmp/log" >"$tmp/cut"
    rr replay "$tmp/cut" -smp 3 </dev/null
    is "$n of $size bytes: refused or not to the end" test $status = 1
    is "$n of $size bytes: says so" grep -Eq "no recording|damaged before|the log is damaged or ends here" "$tmp/err"
done
cp "$tmp/log" "$tmp/cut"
printf 'xxxx' | dd of="$tmp/cut" bs=1 seek=$((size - 4)) conv=notrunc 2>/dev/null
rr replay "$tmp/cut" -smp 3 </dev/null
is "its last bytes changed: says so" says "the log is damaged or ends here"
# On a slow host all that was typed may have come before the guest's first line.
as_recorded() { says "at instruction [1-9]" && cmp -s -n "$(stat -c %s "$tmp/out")" "$tmp/out" "$tmp/recorded"; }
is "its last bytes changed: as far as it goes" as_recorded

# Logs that are whole and say what no recording does: the beginning of a right one, and then an input at instruction 0.
forge() { # forge SOURCE CODE KEY DATA
    perl -MCompress::Zlib -e '
        my ($source, $code, $key, $data) = @ARGV;
        local $/; my $log = <STDIN>; my ($at, $sum, $id) = (16, 0, 0);
        my $put = sub { my ($body) = @_; $sum = crc32(pack("V", length $body) . $body, $sum);
                        print pack("V", length $body), $body, pack("V", $sum) };
        print substr $log, 0, 16;
        for (;;) {
            my $body = substr $log, $at + 4, unpack("V", substr $log, $at, 4);
            my $type = ord $body;
            $put->($body); $at += 8 + length $body;
            $id++ if $type == 1;
            last if $type == 2;
        }
        $put->(chr(1) . chr($id + 1) . $source);
        $put->(chr(3) . chr($id + 1) . "\0\0" . chr($code) . chr($key) . $data)' "$@" <"$tmp/log" >"$tmp/forged"
}
forged() { # forged TITLE TEXT SOURCE CODE KEY DATA
    local title=$1 text=$2
    shift 2
    forge "$@"
    rr replay "$tmp/forged" -smp 3 -qmp null </dev/null
    is "$title: departs" test $status = 1
    is "$title: says why" says "$text"
}
forged "the end of no request" "drive d: a request without a number ended here" "drive d" 0 0 x
forged "a reset for no reason" "machine: there is no reason 7 for a reset or the end" machine 0 0 $'\x07'
forged "an end for no reason" "machine: there is no reason 255 for a reset or the end" machine 1 0 $'\xff'
forged "nothing that a machine can be asked for" "machine: there is no request 9 to a machine" machine 9 0 ""

# A user quits, and the replay ends there.
serial=mon:stdio
rr record "$tmp/log" -smp 3 < <(printf ab; sleep 0.3; printf '\001x')
is "left by Ctrl-a x: recorded" test $status = 0
rr replay "$tmp/log" -smp 3 </dev/null
is "left by Ctrl-a x: replayed" says "ended as recorded"
done_testing
