#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Serial ports on every kind of character device, the terminal, the escapes, and how the program ends.
. tests/cli/lib.sh
echo_guest "$tmp/echo.bin"
run="timeout 60 $MYNAH -M riscv64-virt -m 32M -bios $tmp/echo.bin"

# output_is NAME WANT STATUS: of the last command, whose output is in $tmp/out and whose status is $status
output_is() {
    if [ "$(cat "$tmp/out")" = "$2" ] && [ "$status" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1"
        echo "# status $status, expected $3; output, expected '$2':"
        awk '{ print "# " $0 }' "$tmp/out"
    fi
}

# -- stdio that is no terminal --
printf 'helloq' | $run -nographic >"$tmp/out"; status=$?
output_is "-nographic on a pipe" '>helloq' 0
printf 'helloq' | $run -display none -serial stdio >"$tmp/out"; status=$?
output_is "-serial stdio" '>helloq' 0
printf 'helloq' >"$tmp/in"
$run -display none -chardev stdio,id=c -serial chardev:c <"$tmp/in" >"$tmp/out"; status=$?
output_is "-chardev stdio on files" '>helloq' 0
printf 'no: f' | $run -nographic >"$tmp/out"; status=$?
output_is "the guest's failure is the exit status" '>no: f' 3
printf 'ar' | $run -nographic -no-reboot >"$tmp/out"; status=$?
output_is "-no-reboot ends at a reset" '>ar' 0
printf 'ar' | $run -nographic -action reboot=shutdown >"$tmp/out"; status=$?
output_is "-action reboot=shutdown too" '>ar' 0
(printf 'ar'; wait_for grep -q 'r>' "$tmp/out"; printf 'bq') | $run -nographic >"$tmp/out"; status=$?
output_is "a reset starts the guest again" '>ar>bq' 0

# A disk that is full is told of, once, and the guest goes on.
printf 'helloq' | $run -display none -chardev stdio,id=i,logfile=/dev/full -serial chardev:i >"$tmp/out" 2>"$tmp/err"; status=$?
output_is "a log on a full disk" '>helloq' 0
check "a log on a full disk: told once" [ "$(cat "$tmp/err")" = "mynah: chardev 'i': cannot write its log: No space left on device" ]
printf 'helloq' | $run -display none -serial stdio >/dev/full 2>"$tmp/err"; status=$?
check "output to a full disk: the guest goes on" [ $status = 0 ]
check "output to a full disk: told once" [ "$(cat "$tmp/err")" = "mynah: chardev 'serial0': cannot write: No space left on device; its output is dropped from now on" ]

# A big input: nothing is lost on the way to a guest with a 16-byte FIFO, and back.
head -c 100000 /dev/zero | tr '\0' 'x' >"$tmp/in"
printf 'q' >>"$tmp/in"
$run -nographic <"$tmp/in" >"$tmp/out"; status=$?
check "100,000 bytes to the guest and back" sh -c 'printf ">" | cat - "$1/in" | cmp -s - "$1/out"' sh "$tmp"

# -- Escapes --
printf '\001bc\001\001dq' | $run -nographic | tr '\001' '@' >"$tmp/out"; status=0
output_is "Ctrl-a b is a break, Ctrl-a Ctrl-a the character" '>Bc@dq' 0
printf 'a\001h' >"$tmp/keys"
(cat "$tmp/keys"; wait_for grep -q 'C-a x' "$tmp/out"; printf q) | $run -nographic >"$tmp/out"; status=$?
check "Ctrl-a h lists the escapes" grep -q 'C-a C-a *send C-a itself' "$tmp/out"
(wait_for grep -q '>' "$tmp/out"; printf '\001x') | $run -nographic >"$tmp/out"; status=$?
check "Ctrl-a x says so" grep -q 'mynah: terminated' "$tmp/out"
check "Ctrl-a x ends with status 0" [ $status = 0 ]
(wait_for grep -q '>' "$tmp/out"; printf '\024x') | $run -nographic -echr 20 >"$tmp/out"; status=$?
check "-echr 20: Ctrl-t x" grep -q 'mynah: terminated' "$tmp/out"
printf 'a\001xq' | $run -display none -serial stdio | tr '\001' '@' >"$tmp/out"; status=0
output_is "without a multiplexer there are no escapes" '>a@xq' 0

# -- Ctrl-a s and commit: the images get what -snapshot keeps apart --
flash_guest "$tmp/flash.bin"
truncate -s 32M "$tmp/flash0"
head -c 33554432 /dev/zero | tr '\0' '\377' >"$tmp/flash1"
flash="-drive if=pflash,unit=0,format=raw,file=$tmp/flash0,readonly=on -drive if=pflash,unit=1,format=raw,id=f,file=$tmp/flash1"
has() { [ "$(head -c 4 "$tmp/flash1")" = "$1" ]; }
run_flash() { # with stdin; output in $tmp/out from now on
    timeout 60 "$MYNAH" -M riscv64-virt -m 32M -bios "$tmp/flash.bin" -nographic -snapshot $flash >"$tmp/out" 2>"$tmp/err"
}
rm -f "$tmp/out"
(wait_for grep -sq '>' "$tmp/out"; printf q) | run_flash
check "-snapshot keeps the image as it was" [ "$(head -c 4 "$tmp/flash1" | tr '\377' F)" = FFFF ]
rm -f "$tmp/out"
(wait_for grep -sq '>' "$tmp/out"; printf '\001s'; wait_for has DCBA; printf q) | run_flash
check "Ctrl-a s writes it" has DCBA
check "and says nothing" [ ! -s "$tmp/err" ]
head -c 33554432 /dev/zero | tr '\0' '\377' >"$tmp/flash1"
rm -f "$tmp/out"
(wait_for grep -sq '>' "$tmp/out"; printf '\001ccommit\ncommit g\ncommit pflash0\ncommit f\n'; wait_for has DCBA; printf 'quit\n') | run_flash
check "commit ID writes it" has DCBA
check "commit without an id" grep -q "commit: expected all, or the id of a drive" "$tmp/out"
check "commit of no drive" grep -q "commit: there is no drive 'g'" "$tmp/out"
check "commit of a drive without a snapshot" grep -q "commit: drive 'pflash0' is written to directly" "$tmp/out"

# -- Others --
$run -display none -serial file:"$tmp/log" </dev/null & pid=$!
check "-serial file:" wait_for grep -sq ">" "$tmp/log"
kill $pid; wait $pid
check "SIGTERM ends it with status 0 and the file whole" [ "$(cat "$tmp/log")" = '>' ]

mkfifo "$tmp/p.in" "$tmp/p.out"
$run -display none -serial pipe:"$tmp/p" </dev/null & pid=$!
exec 3<>"$tmp/p.in" 4<>"$tmp/p.out"
printf 'pipeq' >&3
check "-serial pipe:" [ "$(timeout 30 head -c 6 <&4)" = '>pipeq' ]
wait $pid

if have socat; then
    $run -display none -serial unix:"$tmp/s",server </dev/null 2>"$tmp/err" >"$tmp/out" & pid=$!
    wait_for listens "$tmp/s"
    (printf 'unixq'; wait_for [ ! -e "$tmp/s" ]) | timeout 30 socat -t30 - UNIX-CONNECT:"$tmp/s" >"$tmp/out2"; wait $pid
    check "-serial unix:PATH,server waits for its peer" [ "$(cat "$tmp/out2")" = '>unixq' ]
    check "and says so" grep -q "waiting for a connection on unix:$tmp/s,server=on" "$tmp/err"
    check "and removes the socket" [ ! -e "$tmp/s" ]

    $run -display none -serial pty </dev/null >"$tmp/out" & pid=$!
    wait_for grep -q 'label serial0' "$tmp/out"
    tty=$(sed -n 's/^char device redirected to \(.*\) (label serial0)$/\1/p' "$tmp/out")
    # The echo is read before the guest powers off: what a closed pty still held is lost.
    (printf pty; wait_for grep -q pty "$tmp/out2"; printf q) | timeout 30 socat -t30 - "$tty",raw,echo=0 >"$tmp/out2" 2>/dev/null
    wait $pid
    check "-serial pty" grep -q 'pty' "$tmp/out2"

    # What a terminal looks like before, during and after. The inner script runs on a terminal of its own.
    cat >"$tmp/inner" <<END
#!/bin/sh
trap : INT
ulimit -c 0
stty -g >"$tmp/before"
$MYNAH -M riscv64-virt -m 32M -bios $tmp/echo.bin "\$@"
echo \$? >"$tmp/status"
stty -g >"$tmp/after"
END
    chmod +x "$tmp/inner"
    on_terminal() { # on_terminal KEYS ARGUMENT...: types KEYS once the guest has started
        keys=$1
        shift
        rm -f "$tmp/before" "$tmp/after" "$tmp/status"
        : >"$tmp/out"
        (wait_for sh -c 'grep -q ">" "$1/out" || [ -s "$1/after" ]' sh "$tmp"; printf "$keys"; wait_for [ -s "$tmp/after" ]) |
            timeout 60 socat -t5 - EXEC:"$tmp/inner $*",pty,setsid,ctty >"$tmp/out" 2>/dev/null
        [ -s "$tmp/after" ] && [ "$(cat "$tmp/before")" = "$(cat "$tmp/after")" ]
    }
    dies_by() { # dies_by SIGNAL ARGUMENT...: it comes once the guest has started
        signal=$1
        shift
        rm -f "$tmp/before" "$tmp/after" "$tmp/status" "$tmp/dying"
        : >"$tmp/out"
        (wait_for sh -c 'grep -q ">" "$1/out" || [ -s "$1/after" ]' sh "$tmp"; kill -s "$signal" "$(cat "$tmp/dying")"
            wait_for [ -s "$tmp/after" ]) |
            timeout 60 socat -t5 - EXEC:"$tmp/inner $* -pidfile $tmp/dying",pty,setsid,ctty >"$tmp/out" 2>/dev/null
        [ -s "$tmp/after" ] && [ "$(cat "$tmp/before")" = "$(cat "$tmp/after")" ] &&
            [ "$(kill -l "$(cat "$tmp/status")")" = "$signal" ]
    }
    # A build with AddressSanitizer would take some of them for itself.
    export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0:handle_sigbus=0:handle_sigfpe=0"
    export TSAN_OPTIONS="${TSAN_OPTIONS:+$TSAN_OPTIONS }handle_segv=0 handle_sigbus=0 handle_sigfpe=0"
    for s in SEGV BUS ILL FPE ABRT QUIT TRAP SYS USR1 ALRM; do
        check "SIG$s restores the terminal and kills" dies_by $s -nographic
    done
    check "the terminal is restored after power off" on_terminal 'q' -nographic
    check "the guest sees each key once" grep -q '>q' "$tmp/out"
    check "the terminal is restored after Ctrl-a x" on_terminal '\001x' -nographic
    check "status 0" [ "$(cat "$tmp/status")" = 0 ]
    check "the terminal is restored after Ctrl-c with signals" on_terminal '\003' -display none -serial stdio
    check "status 0" [ "$(cat "$tmp/status")" = 0 ]
    check "Ctrl-c is the guest's with -nographic" on_terminal 'a\003q' -nographic
    check "the guest got it" sh -c 'tr "\003" @ <"$1" | grep -q ">a@q"' sh "$tmp/out"
    check "the terminal is restored after an error" on_terminal 'x' -nographic -device nothing-such
fi

# -- The process --
$run -display none -serial file:"$tmp/log2" -daemonize -pidfile "$tmp/pid" >"$tmp/out" 2>&1 </dev/null; status=$?
output_is "-daemonize returns once the machine is made" '' 0
pid=$(cat "$tmp/pid")
check "-pidfile names a live process" kill -0 "$pid"
check "its guest runs" wait_for grep -sq ">" "$tmp/log2"
rejects "-pidfile $tmp/pid: another process holds it" -M riscv64-virt -display none -pidfile "$tmp/pid"
kill "$pid"
gone() { ! kill -0 "$pid" 2>/dev/null; }
check "it ends by SIGTERM" wait_for gone
check "-pidfile is removed" [ ! -e "$tmp/pid" ]
: >"$tmp/out"
$run -display none -no-shutdown -serial stdio </dev/null >"$tmp/out" & pid=$!
wait_for grep -q '>' "$tmp/out"
kill $pid; wait $pid; status=$?
output_is "-no-shutdown does not stand in SIGTERM's way" '>' 0
$run -display none -S -serial file:"$tmp/log3" </dev/null & pid=$!
wait_for [ -e "$tmp/log3" ]
sleep 0.3
check "-S holds the guest" [ ! -s "$tmp/log3" ]
kill $pid; wait $pid

done_testing
