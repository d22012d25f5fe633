#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# savevm, loadvm, delvm, info snapshots, -loadvm, migrate, -incoming: what they do, what they refuse, and that nothing is
# harmed by what is refused. The guest is the echo of tests/cli/lib.sh.
. tests/cli/lib.sh
echo_guest "$tmp/echo.bin"
mkdir "$tmp/snaps"
board="-M riscv64-virt -m 32M -bios $tmp/echo.bin -display none"
here="-snapshot-dir $tmp/snaps"

# monitor 'COMMAND;COMMAND...' OPTION...: they are typed at the monitor of a machine that is held; what it prints is in $tmp/out
monitor() {
    (echo "$1" | tr ';' '\n'; echo q) >"$tmp/typed"
    shift
    timeout 60 "$MYNAH" -serial null -monitor stdio -S "$@" <"$tmp/typed" >"$tmp/screen" 2>"$tmp/err"
    status=$?
    sed 's/\r//g; s/.*\x1b\[K//; s/.*\x1b\[D//' "$tmp/screen" | grep -v '^(qemu)' >"$tmp/out"
}
says() { # says TITLE TEXT: it is a line of what was printed
    if grep -qxF -- "$2" "$tmp/out"; then ok "$1"; else
        not_ok "$1"
        awk '{ print "# " $0 }' "$tmp/out" "$tmp/err"
    fi
}
hashes() { sed -n 's/^hash \([0-9a-f]*\),.*/\1/p' "$tmp/out"; }
distinct() { hashes | sort -u | wc -l; }

# -- Tags and the folder --
monitor 'savevm a;info snapshots' $board
says "savevm without a folder" "Error: no drive can hold snapshots: the folder for them is to be given by -snapshot-dir"
says "info snapshots without any" "There is no snapshot available."
for tag in ../a .a a/b -x "a b" '%'; do
    monitor "savevm $tag" $board $here
    says "savevm $tag" "Error: tag '$tag': expected a letter or digit, then at most 127 letters, digits or -_.+:@"
done
check "none of these made a file" [ -z "$(ls -A "$tmp/snaps")" -a ! -e "$tmp/a.state" ]
rejects "-snapshot-dir $tmp/none: No such file or directory" -M riscv64-virt -snapshot-dir "$tmp/none"
monitor 'loadvm a;delvm a;loadvm' $board $here
says "loadvm of what is not there" "Error: snapshot 'a' does not exist"
says "loadvm without a tag" "loadvm: expected the tag of a snapshot (see info snapshots)"

# -- There and back --
monitor 'info hash;savevm a;info hash;cont;xp 0;stop;info hash;loadvm a;info hash;info snapshots' $board $here
check "saving changes nothing, and loading brings it back" [ "$(hashes | uniq | wc -l)" = 3 -a "$(hashes | sed -n 1p)" = "$(hashes | sed -n 4p)" ]
check "info snapshots lists it" grep -q '^--  *a  ' "$tmp/out"
was=$(hashes | head -n 1)
for m in "" "-accel interp" "-accel tcg,thread=single"; do
    monitor 'info hash' $board $here -loadvm a $m
    check "-loadvm in another process $m" [ "$(hashes)" = "$was" ]
done
monitor 'savevm;info snapshots' $board $here
check "a name is made of the time" grep -q '^--  *vm-20[0-9]* ' "$tmp/out"
monitor 'savevm b;savevm b;delvm b;loadvm b' $board $here
says "delvm" "Error: snapshot 'b' does not exist"
check "nothing is left of it" [ -z "$(ls "$tmp/snaps" | grep '^b')" ]

# A guest that runs goes on with what it had: 'x' was typed after the snapshot.
rm -f "$tmp/serial.in" "$tmp/serial.out"
mkfifo "$tmp/serial.in" "$tmp/serial.out"
: >"$tmp/console"
timeout 60 cat "$tmp/serial.out" >"$tmp/console" &
(
    exec 3<>"$tmp/serial.in" # which waits for nobody
    printf 'a' >&3; wait_for grep -q a "$tmp/console"
    echo 'savevm running' ; wait_for [ -e "$tmp/snaps/running.state" ]
    printf 'b' >&3; wait_for grep -q b "$tmp/console"
    echo 'loadvm running'; echo 'print 40+2'; wait_for grep -q 0x2a "$tmp/screen" # it is done: 'c' is behind it
    printf 'c' >&3; wait_for grep -q c "$tmp/console"
    echo 'info status'; echo q
) | timeout 60 "$MYNAH" $board $here -monitor stdio -serial "pipe:$tmp/serial" >"$tmp/screen" 2>&1
check "a running machine runs on after both" [ "$(cat "$tmp/console")" = '>abc' ]
check "and says so" grep -q 'VM status: running' "$tmp/screen"

# -- Devices that were plugged in --
ports="-device virtio-serial-device,id=vs"
monitor 'device_add virtserialport,id=p;info hash;savevm plugged;device_del p;loadvm plugged;device_add virtserialport,id=p;loadvm plugged;info hash' \
    $board $here $ports
check "without the device that was plugged in: refused by name" grep -qF \
    "Error: snapshot 'plugged': it is of another machine: it has 'p: struct port version=1 nr=1 ' where this one has '" "$tmp/out"
check "plugged in again: loaded" [ "$(hashes | wc -l)" = 2 -a "$(distinct)" = 1 ]
was=$(hashes | head -n 1)
monitor 'info hash' $board $here $ports -device virtserialport,id=p -loadvm plugged
check "... in another process too, by -device" [ "$(hashes)" = "$was" ]
monitor 'savevm bare;device_add virtserialport,nr=4;loadvm bare' $board $here $ports
check "with one more than there was: refused by name" grep -qF \
    "' where this one has 'vs.0/0: struct port version=1 nr=4 '" "$tmp/out"

for rr in record replay; do
    monitor 'device_add virtserialport' $board $ports -icount "shift=2,rr=$rr,rrfile=$tmp/log"
    check "device_add in a ${rr}ing is refused" grep -q "Error: what is plugged in stays as it is: this is .*re[cp]" "$tmp/out"
done

# -- What is refused --
refused() { # refused TITLE TEXT FILE: loadvm says so and nothing has changed
    monitor "info hash;loadvm $3;info hash" $board $here
    says "$1" "Error: snapshot '$3': $2"
    check "$1: the machine is unharmed" [ "$(hashes | wc -l)" = 2 -a "$(distinct)" = 1 ]
}
snap=$tmp/snaps/a.state
size=$(wc -c <"$snap")
printf 'something else' >"$tmp/snaps/other.state"
refused "a file that is none" "it is no snapshot of mynah's" other
: >"$tmp/snaps/empty.state"
refused "an empty file" "it is no snapshot of mynah's" empty
head -c $((size / 2)) "$snap" >"$tmp/snaps/half.state"
refused "a half of one" "it is cut off or damaged" half
head -c $((size - 1)) "$snap" >"$tmp/snaps/short.state"
refused "one without its last byte" "it is cut off or damaged" short
(cat "$snap"; echo) >"$tmp/snaps/long.state"
refused "one with a byte more" "it is cut off or damaged" long
flip() { # flip OFFSET FILE
    cp "$snap" "$2"
    byte=$(od -An -tu1 -j "$1" -N 1 "$snap" | tr -d ' ')
    printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$2" bs=1 seek="$1" conv=notrunc 2>/dev/null
}
flip $((size - 3000)) "$tmp/snaps/flip.state"
refused "one with a wrong byte" "it is damaged: its checksum is wrong" flip
flip 8 "$tmp/snaps/newer.state"
refused "one of a newer version" "it is of version 2: this program reads version 1" newer
ln -s /dev/zero "$tmp/snaps/device.state"
refused "a device" "it is no regular file" device
mkfifo "$tmp/snaps/fifo.state"
refused "a pipe" "it is no regular file" fifo

foreign() { # foreign TITLE TEXT OPTION...
    title=$1 want=$2
    shift 2
    timeout 60 "$MYNAH" $board -serial null $here -loadvm a "$@" </dev/null >"$tmp/stdout" 2>"$tmp/stderr"
    status=$?
    if [ $status = 1 ] && [ "$(wc -l <"$tmp/stderr")" = 1 ] && grep -qF -- "$want" "$tmp/stderr"; then ok "$title"; else
        not_ok "$title"
        awk '{ print "# " $0 }' "$tmp/stderr"
    fi
}
foreign "another size of memory" "mynah: -loadvm a: snapshot: it is of another machine: 'machine: " -m 64M
foreign "more CPUs" "it is of another machine: it has" -smp 2
foreign "another CPU" "'cpu0: struct riscv_cpu version=1 model=rv64" -cpu rv64,zba=off
foreign "instruction counting" "another machine: 'clock: struct clock_state version=1 ' there, 'clock: struct clock_state version=1 icount=2' here" -icount 2
foreign "another interrupt controller" "it is of another machine" -M riscv64-virt,aia=aplic
foreign "one device more" "it is of another machine" -device virtio-rng-device
rejects "-loadvm x: snapshot 'x' does not exist" -M riscv64-virt -bios none $here -loadvm x
rejects "-loadvm x: no drive can hold snapshots: the folder for them is to be given by -snapshot-dir" -M riscv64-virt \
    -bios none -loadvm x
rejects "-loadvm and -incoming are two machines: expected one of them" -M riscv64-virt -bios none $here -loadvm a -incoming defer

# -- Disks: the guest has written DCBA to its flash when it prints '>' --
flash_guest "$tmp/flash.bin"
truncate -s 32M "$tmp/flash0"
head -c 33554432 /dev/zero | tr '\0' '\377' >"$tmp/flash1"
flash="-M riscv64-virt -m 32M -bios $tmp/flash.bin -display none -drive if=pflash,unit=0,format=raw,file=$tmp/flash0,readonly=on -drive if=pflash,unit=1,format=raw,file=$tmp/flash1"
written() { [ "$(head -c 4 "$tmp/flash1")" = DCBA ]; }
(
    echo 'savevm before'; wait_for [ -e "$tmp/snaps/before.state" ]
    echo cont; wait_for written
    echo 'savevm after'; wait_for [ -e "$tmp/snaps/after.state" ]
    echo q
) | timeout 60 "$MYNAH" $flash $here -S -serial null -monitor stdio >"$tmp/screen" 2>"$tmp/err"
monitor 'loadvm before' $flash $here
check "loadvm undoes what was written to a drive" [ "$(head -c 4 "$tmp/flash1" | tr '\377' F)" = FFFF ]
monitor 'loadvm after' $flash $here
check "and brings it back" written
monitor 'loadvm before' $flash $here -snapshot
check "with -snapshot the image stays" written

# -- Migration --
monitor "info migrate;migrate file:$tmp/moved;info migrate;info status" $board
says "migrate" "Migration status: completed"
says "the machine is stopped" "VM status: paused (postmigrate)"
monitor "migrate tcp:localhost:4444;migrate file:$tmp/none/x;info migrate" $board
says "migrate over a network" "Error: 'tcp:localhost:4444': QEMU has this way to migrate, mynah does not yet; expected file:PATH"
says "a failure" "Migration status: failed"
mkfifo "$tmp/pipe"
monitor "migrate file:$tmp/pipe;info status" $board
says "migrate to a pipe" "Error: cannot write '$tmp/pipe': it is no regular file"
says "... leaves the machine as it was" "VM status: paused (prelaunch)"
check "... and the pipe" [ -p "$tmp/pipe" ]
monitor 'info hash' $board -incoming "file:$tmp/moved"
moved=$(hashes)
monitor "info status;migrate_incoming file:$tmp/none;migrate_incoming file:$tmp/moved;info status;info hash;migrate_incoming file:$tmp/moved" $board -incoming defer
says "-incoming defer waits" "VM status: paused (inmigrate)"
says "and again after a failure" "VM status: paused"
says "once" "Error: '-incoming' was not specified on the command line"
check "-incoming file: and defer give the same machine" [ -n "$moved" -a "$(hashes)" = "$moved" ]
rejects "-incoming x: 'x': expected file:PATH" -M riscv64-virt -incoming x
(
    printf '%s\n' '{"execute":"qmp_capabilities"}' "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"file:$tmp/byqmp\"}}"
    wait_for [ -e "$tmp/byqmp" ]
    printf '%s\n' '{"execute":"query-migrate"}' '{"execute":"query-status"}' '{"execute":"quit"}'
) | timeout 60 "$MYNAH" $board -serial null -qmp stdio >"$tmp/out" 2>&1
check "query-migrate" grep -q '"status": *"completed"' "$tmp/out"
check "query-status" grep -q '"status": *"postmigrate"' "$tmp/out"
timeout 60 "$MYNAH" $board -serial stdio -incoming "file:$tmp/byqmp" >"$tmp/out" 2>&1 <<END
hiq
END
check "a machine that ran when it was migrated runs at once" grep -q 'hi' "$tmp/out"
done_testing
