#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gdb-multiarch on a small program, in every way that instructions are run.
. "$(dirname "$0")/lib.sh"
need gdb-multiarch
build_guest

breakpoints() { # breakpoints MODE
    debug <<'EOF'
target remote TMP/gdb
printf "reset pc %lx\n", $pc
break add_up
continue
printf "n is %ld, pc off by %ld\n", $a0, (long)$pc - (long)&add_up
backtrace
finish
delete
hbreak trap_twice
continue
printf "at the call: %d\n", $pc == (long)&ecall_here
delete
stepi
printf "gdb steps over a trap: %d\n", $pc == (long)&after_ecall
tbreak spin
continue
print loops
next
next
info registers mhartid
kill
EOF
    shows "$1: starts stopped, at the reset vector" "reset pc 1000"
    shows "$1: breakpoint" "hit Breakpoint 1, add_up"
    shows "$1: registers there" "n is 10, pc off by 0"
    shows "$1: backtrace through two callers" "in hart0 ()"
    shows "$1: finish" "Value returned is \$1 = 55"
    shows "$1: hardware breakpoint" "at the call: 1"
    shows "$1: step over a trap and its return" "gdb steps over a trap: 1"
    shows "$1: temporary breakpoint" "hit Temporary breakpoint 3, spin"
    shows "$1: a register by its CSR name" "mhartid        0x0"
    shows "$1: kill" "killed]"
}

steps() { # without gdb's own way for Linux programs, the server is asked to step
    debug <<'EOF'
set osabi none
target remote TMP/gdb
hbreak *ecall_here
continue
delete
stepi
printf "trapped: %d, cause %ld, from the call: %d\n", $pc == (long)&trap_entry, $mcause, $mepc == (long)&ecall_here
tbreak *trap_return
continue
printf "traps %ld\n", traps
stepi
printf "returned: %d\n", $pc == (long)&after_ecall
stepi
stepi
printf "trapped again: %d\n", $pc == (long)&trap_entry
tbreak outer
set $pc = (long)&hart0
continue
stepi 4
printf "four instructions on: %d\n", $pc == (long)&add_up
step
step
info symbol $pc
EOF
    shows "$1: step into a trap" "trapped: 1, cause 11, from the call: 1"
    shows "$1: a breakpoint in the handler; memory" "traps 1"
    shows "$1: step over mret" "returned: 1"
    shows "$1: and on" "trapped again: 1"
    shows "$1: stepi 4 after a write of pc" "four instructions on: 1"
    shows "$1: step by lines" "add_up"
}

watchpoints() {
    debug <<'EOF'
target remote TMP/gdb
watch watched
continue
printf "written: %ld\n", watched
delete
rwatch read_me
continue
delete
awatch both
continue
continue
continue
delete
watch *(char *)(((char *)&loops) + 1)
continue
printf "loops is %ld\n", loops
delete
watch both if both == 12345
hbreak *spin
set $pc = (long)&hart0
continue
printf "nothing more: %d\n", $pc == (long)&spin
EOF
    shows "$1: write watchpoint" "Hardware watchpoint 1: watched"
    shows "$1: it is shown once the store is done" "written: 56"
    shows "$1: read watchpoint" "Value = 1234605616436508552"
    shows "$1: access watchpoint: store" "New value = 1234605616436508553"
    shows "$1: access watchpoint: load" "Value = 1234605616436508553"
    shows "$1: access watchpoint: store again" "New value = 1234605616436508554"
    shows "$1: watchpoint on one byte of a word" "loops is 256"
    shows "$1: a condition that is never true" "nothing more: 1"
}

# A step over the very store that is watched must neither repeat it nor lose it.
watched_step() {
    debug <<'EOF'
set osabi none
target remote TMP/gdb
tbreak spin
continue
stepi 4
watch loops
stepi
printf "loops %ld\n", loops
stepi
printf "loops %ld\n", loops
stepi
stepi
stepi
stepi
printf "loops %ld\n", loops
EOF
    shows "$1: steps around a watched store: first" "loops 1"
    shows "$1: steps around a watched store: second" "loops 2"
    shows_not "$1: steps around a watched store: not done twice" "loops 3"
}

threads() {
    debug <<'EOF'
target remote TMP/gdb
info threads
hbreak hart1_step
continue
printf "hart %ld stopped\n", $mhartid
delete
set scheduler-locking on
stepi
thread 1
set var $before = hart1_count
stepi
stepi
printf "hart 1 stood still: %d\n", hart1_count == $before
thread 2
printf "hart %ld chosen\n", $mhartid
set scheduler-locking off
break hart1_step thread 2
continue
printf "hart %ld again\n", $mhartid
monitor info cpus
thread 1
monitor info cpus
EOF
    shows "$1: one thread a hart" "Thread 1.2 (CPU#1"
    shows "$1: a breakpoint of the second hart" "hart 1 stopped"
    shows "$1: only one hart steps" "hart 1 stood still: 1"
    shows "$1: registers of the chosen hart" "hart 1 chosen"
    shows "$1: monitor info cpus follows the thread" "* CPU #1"
    shows "$1: ... to the other" "* CPU #0"
}

state() {
    debug <<'EOF'
target remote TMP/gdb
tbreak spin
continue
set var $mscratch = 0x123456789abc
printf "mscratch %lx\n", $mscratch
set var $mstatus = 0x1880
printf "mstatus %lx\n", $mstatus & 0x1fff
set var $satp = 0
printf "priv %ld\n", $priv
set var $s3 = 0x1122334455667788
printf "s3 %lx\n", $s3
set var $fa0.double = 1.5
printf "fa0 %f\n", $fa0.double
set var traps = 77
printf "traps %ld\n", traps
print text
print $_as_string(1)
set var text = "another\n\0"
x/s &text
print loops = 0
monitor xp/1xg 0x80000000
monitor info registers
monitor frobnicate
set var *(unsigned *)0x100000 = 0
find /b 0x80000000, +0x200, 0x73, 0, 0, 0
monitor help
call add_up(100)
restore TMP/guest.elf binary 0x80100000
dump binary memory TMP/dump 0x80100000 0x80100000+SIZE
print *(int *)0x10000000000
EOF
    shows "$1: CSRs are written" "mscratch 123456789abc"
    shows "$1: ... as the hart has them" "mstatus 1880"
    shows "$1: privilege" "priv 3"
    shows "$1: registers are written" "s3 1122334455667788"
    shows "$1: floating point registers are written" "fa0 1.5"
    shows "$1: memory is written" "traps 77"
    shows "$1: memory is read" '"a string\n"'
    shows "$1: a string is written" '"another\n"'
    shows "$1: what is not mapped can't be read" "Cannot access memory at address 0x10000000000"
    shows "$1: monitor commands print" "x9/s1"
    shows "$1: unknown monitor commands say so" "unknown command: 'frobnicate'"
    shows "$1: search in memory" "<trap_twice"
    shows "$1: a function is called" "= 5050"
    check "$1: a big write and read of memory" cmp -s "$tmp/guest.elf" "$tmp/dump"
}

# Both harts through the same breakpoint, again and again: every hit is told of, none is taken for something else.
crowd() {
    debug <<'EOF'
target remote TMP/gdb
hbreak hart0
continue
delete
set var $pc = (long)&hart1
break hart1_step
ignore 2 100
continue
info breakpoints
delete
set var $before = hart1_count
tbreak *hart1_step
continue
set scheduler-locking on
tbreak *hart1_step
continue
printf "one more: %d\n", hart1_count > $before
EOF
    shows "$1: both harts at one breakpoint" "already hit 101 times"
    shows_not "$1: no stop without a reason" "SIGTRAP"
    shows "$1: a breakpoint set again where it was" "one more: 1"
}

narrow() {
    debug <<'EOF'
target remote TMP/gdb
show architecture
break add_up
continue
backtrace
finish
set var $mscratch = 0x12345678
printf "mscratch %lx, pc %d bytes\n", $mscratch, sizeof($pc)
watch watched
continue
print $s3 = 0x55667788
stepi
printf "s3 %lx\n", $s3
info registers priv
monitor info registers
EOF
    shows "rv32: the architecture" "riscv:rv32"
    shows "rv32: breakpoint" "Breakpoint 1, add_up"
    shows "rv32: backtrace" "in hart0 ()"
    shows "rv32: finish" "Value returned is \$1 = 55"
    shows "rv32: CSRs" "mscratch 12345678, pc 4 bytes"
    shows "rv32: watchpoint" "New value = 56"
    shows "rv32: registers" "s3 55667788"
    shows "rv32: monitor" "x10/a0   00000038"
}

# Ctrl-C, and connections that come and go.
sessions() {
    debug <<'EOF'
target remote TMP/gdb
break spin
continue
detach
EOF
    shows "$1: detach" "detached]"
    talk hmp <<'EOF'
info status
EOF
    shows "$1: after it, the machine runs" "VM status: running"
    debug <<'EOF'
target remote TMP/gdb
printf "spinning: %d\n", loops > 0
set var $before = loops
shell (RUNNING; kill -INT $PPID) &
continue
printf "ran on: %d\n", loops > $before
disconnect
EOF
    shows "$1: a second connection; no breakpoint was left" "spinning: 1"
    shows "$1: Ctrl-C" "received signal SIGINT"
    shows "$1: the machine ran till then" "ran on: 1"
    talk hmp <<'EOF'
info status
system_reset
info status
gdbserver none
EOF
    shows "$1: a client that leaves without a word leaves it stopped" "VM status: paused"
    shows "$1: gdbserver none" "Disabled gdbserver"
    check "$1: the socket is gone" [ ! -e "$tmp/gdb" ]
    talk hmp <<EOF
gdbserver unix:$tmp/gdb
EOF
    shows "$1: gdbserver DEV" "Waiting for gdb connection on device 'unix:$tmp/gdb'"
    debug <<'EOF'
target remote TMP/gdb
printf "reset pc %lx\n", $pc
shell (RUNNING; printf 'stop\n' | socat -t1 - UNIX-CONNECT:TMP/hmp >/dev/null) &
continue
printf "stopped: %d\n", 1
monitor quit
EOF
    shows "$1: the monitor's reset" "reset pc 1000"
    shows "$1: the monitor's stop" "received signal SIGINT"
    ends "$1: monitor quit"
}

# Other ways to reach the server.
places() {
    debug <<'EOF'
target remote | exec MYNAH -M riscv64-virt -display none -serial null -m 32M -bios TMP/guest.elf -S -gdb stdio
tbreak spin
continue
kill
EOF
    shows "-gdb stdio as gdb's own child" "Temporary breakpoint 1, spin ()"
    start -chardev "socket,path=$tmp/g2,server=on,wait=off,id=g2" -gdb chardev:g2
    check "a later -gdb replaces the first" [ ! -e "$tmp/gdb" ]
    debug <<'EOF'
target remote TMP/g2
tbreak spin
continue
EOF
    shows "-gdb chardev:ID" "Temporary breakpoint 1, spin ()"
    finish
    local port
    port=$(free_port)
    start -gdb "tcp:127.0.0.1:$port"
    sed "s/PORT/$port/" <<'EOF' | debug
target remote 127.0.0.1:PORT
tbreak spin
continue
EOF
    shows "-gdb tcp:" "Temporary breakpoint 1, spin ()"
    finish
}

# Fill in what the quoted scripts cannot say.
real_debug=$(declare -f debug)
eval "raw_$real_debug"
# RUNNING: until gdb, whose child it is, has the machine run
running="until echo info status \\| socat -t1 - UNIX-CONNECT:TMP/hmp \\| grep -q running \\|\\| ! kill -0 \$PPID; do sleep 0.05; done"
debug() { sed "s|RUNNING|$running|; s|TMP|$tmp|g; s|MYNAH|$MYNAH|g; s|SIZE|$(stat -c %s "$tmp/guest.elf")|g" | raw_debug; }

for mode in "tcg" "tcg,interp=on" "tcg,thread=single"; do
    start -smp 2 -accel "$mode"
    breakpoints "$mode"
    ends "$mode: kill ends the program"
    start -smp 2 -accel "$mode"
    steps "$mode"
    finish
    start -accel "$mode"
    watchpoints "$mode"
    finish
    start -accel "$mode"
    watched_step "$mode"
    finish
    start -smp 2 -accel "$mode"
    threads "$mode"
    finish
    start -smp 2 -accel "$mode"
    crowd "$mode"
    finish
    start -accel "$mode"
    state "$mode"
    finish
done
start -smp 2
sessions "tcg"
places
start -icount shift=0 -smp 2
steps "icount"
finish
build_guest 32
board=riscv32-virt
start
narrow
finish
done_testing
